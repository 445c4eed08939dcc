#!/bin/bash
# jobs: work for later, through rolls and deaths of those who do it.  B, CC.
#
# On an installation of its own with a program more, tests/chaos/jobs_program.c.
set -u -o pipefail
ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
cd "$ROOT" || exit 2
B=${B:-build} SET="workers_max=2 jobs_threads=2"
[[ $B == /* ]] || B=$ROOT/$B
suite=jobs
. "$ROOT/tests/chaos/jobs_kit.sh"
jobs_start

# --- done -----------------------------------------------------------------------
is "queued" "$(queue work 1 25)" 202
# By itself an idle thread looks each 15 seconds.
WAIT=10 holds "done as soon as it is committed" waits is_state done:25
is "each once" "$(effects)" "25 25"
is "counted" "$(ended work "done")" 25
is "what is not there is not done" "$(sql 'SELECT COUNT(*) FROM dead_letters')" 0

# --- a program that is rolled while it works ---------------------------------------
forget
is "200 of 50 ms" "$(queue work 1 200 50)" 202
holds "some are done" waits is_sql 1 "SELECT COUNT(*) > 3 FROM chores"
holds "and some are not" is_sql 1 "SELECT COUNT(*) < 190 FROM chores"
brisk restart chores >"$tmp/told" || die "$(cat "$tmp/told")"
brisk restart chores >"$tmp/told" || die "$(cat "$tmp/told")"
is "none was given up by a worker that ended" "$(sql "SELECT COUNT(*) FROM jobs WHERE last_error IS NOT NULL")" 0
holds "all are done" waits is_state done:200
is "each once" "$(effects)" "200 200"
is "each at the first try" "$(sql "SELECT MAX(attempts) FROM jobs WHERE queue = 'chores'")" 1

# --- workers that are killed while they work ----------------------------------------
forget
is "60 of 100 ms" "$(queue work 1 60 100)" 202
for ((i = 0; i < 4; i++)); do
	waits is_sql 1 "SELECT COUNT(*) > 0 FROM jobs WHERE queue = 'chores' AND state = 'running'"
	kill -9 $(pids) 2>/dev/null
	sleep 0.3
done
holds "all are done" waits is_state done:60
is "each once" "$(effects)" "60 60"
holds "some at a later try" [ "$(sql "SELECT MAX(attempts) FROM jobs WHERE queue = 'chores'")" -gt 1 ]

# --- poison ---------------------------------------------------------------------------
forget
# queued KIND FROM COUNT: the worker that answers may die before its answer.
queued() {
	until is_sql "$3" "SELECT COUNT(*) FROM jobs WHERE queue = 'chores' AND kind = '$1'"; do
		queue "$@" >/dev/null
	done
}
holds "one that ends its worker" queued crash 1 1
holds "and others" queued work 2 20
holds "these are done, that is given up" waits is_state "dead:1 done:20"
is "each once" "$(effects)" "20 20"
serves() { [ "$(queue work 50 1)" = 202 ]; }
holds "the program goes on" waits serves

# --- dead letters ---------------------------------------------------------------------
forget
is "refused" "$(queue refuse 7 1)" 202
holds "given up" waits is_state dead:1
url=http://127.0.0.1:$PORT/v1
# ask SCOPE CURL...: the body, then the status.
ask() { curl -s -m 60 -w '\n%{http_code}\n' -H "Authorization: Bearer $(brisk token --scope "$1")" "${@:2}"; }
post='-X POST -H Content-Length:0'
field() { jq -r "$1" <<<"$(head -n 1 <<<"$told")"; }
told=$(ask ops:read "$url/dead-letters?queue=chores")
is "one" "$(field '.items | length')" 1
is "why" "$(field '.items[0] | [.queue, .kind, .attempts, .last_error] | join(" ")')" "chores refuse 1 it can not be done"
is "its input is not for all" "$(field '.items[0] | has("payload")')" false
is "of another queue there is none" "$(ask ops:read "$url/dead-letters?queue=orders" | head -n 1)" '{"items":[]}'
told=$(ask "ops:read ops:admin" "$url/dead-letters")
is "but for admins" "$(field '.items[0].payload.n')" 7
letter=$(field '.items[0].id') job=$(field '.items[0].job_id')
is "the job" "$(ask ops:read "$url/jobs/$job" | head -n 1 | jq -r '[.kind, .state, .attempts] | join(" ")')" "refuse dead 1"
is "nobody" "$(curl -s -o /dev/null -w '%{http_code}' "$url/jobs/$job")" 401
is "without the scope" "$(ask ops:read $post -H 'Idempotency-Key: a' "$url/dead-letters/$letter/retry" | tail -n 1)" 403
is "without a key" "$(ask ops:admin $post "$url/dead-letters/$letter/retry" | tail -n 1)" 400
is "no such one" "$(ask ops:admin $post -H 'Idempotency-Key: b' "$url/dead-letters/$job/retry" | tail -n 1)" 404
told=$(ask ops:admin -D "$tmp/head" $post -H 'Idempotency-Key: c' "$url/dead-letters/$letter/retry")
is "queued anew" "$(tail -n 1 <<<"$told") $(field .kind)" "202 refuse"
is "where" "$(sed -n 's/^location: *\([^\r]*\)\r*$/\1/Ip' "$tmp/head")" "/v1/jobs/$(field .id)"
is "the same key" "$(ask ops:admin $post -H 'Idempotency-Key: c' "$url/dead-letters/$letter/retry" | head -n 1)" "$(head -n 1 <<<"$told")"
is "another key" "$(ask ops:admin $post -H 'Idempotency-Key: d' "$url/dead-letters/$letter/retry" | tail -n 1)" 409
holds "it dies again" waits is_state dead:2

# --- the command -------------------------------------------------------------------------
holds "brisk jobs list" grep -q " refuse .*it can not be done" <(brisk jobs list --state dead)
is "of what is left to do" "$(brisk jobs list --queue chores)" ""
is "brisk jobs kinds" "$(brisk jobs kinds --queue chores | awk '{ print $2 }' | paste -sd ' ')" "work brief poison nothing fail refuse crash"
holds "brisk jobs retry" grep -q '^job ' <(brisk jobs retry --all --queue chores)
holds "queued and dead again" waits is_state dead:3
brisk jobs retry "$letter" >"$tmp/told" 2>&1 && is "retried twice" fine refused
holds "says so" grep -q "queued again before" "$tmp/told"

# --- without threads: by cron ---------------------------------------------------------------
forget
sed -i 's/^jobs_threads.*/jobs_threads = 0/' "$VAR/brisk.conf"
brisk restart chores >"$tmp/told" || die "$(cat "$tmp/told")"
is "queued" "$(queue work 1 30)" 202
sleep 1
is "nobody works" "$(states)" ready:30
brisk jobs run --for 3s --queue chores 2>"$tmp/log" || die "$(cat "$tmp/log")"
is "brisk jobs run does" "$(states)" done:30
is "each once" "$(effects)" "30 30"
is "a line each" "$(grep -c '"kind":"work","attempt":1,"result":"done"' "$tmp/log")" 30
"$tmp/b/bin/chores" --jobs --for ever 2>/dev/null && is "--for ever" fine refused
is "a program without a queue" "$("$tmp/b/bin/products" --jobs --for 60s 2>&1)" ""
is "all programs" "$(brisk jobs run --for 1s 2>/dev/null; echo $?)" 0

is "no fault is in the log" "$(grep -h '"level":"error"' "$VAR"/log/handlers.log | grep -v '"room":"super"' | head -n 3)" ""
tally
