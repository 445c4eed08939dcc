#!/bin/bash
# fcgid: where the web server starts the workers by itself, the same commands
# exchange, stop and rehearse a program.  B; VAR and PORT of its own.
#
#	TIMES (5)	programs put in place under load
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
B=${B:-$root/build}
[[ $B == /* ]] || B=$root/$B
suite=fcgid
. "$root/tests/chaos/super_kit.sh"

if ! command -v apache2 >/dev/null || [ ! -e /usr/lib/apache2/modules/mod_fcgid.so ]; then
	echo "$suite: Apache or mod_fcgid is not installed: NOTHING OF IT WAS TRIED" >&2
	echo "$suite: 0 passed, 0 failed, 1 skipped"
	exit 0
fi
own=$(mktemp -d /tmp/brisk.XXXXXX) || exit 2
at_port=$(free_port) at_dir=$own
export B VAR=$own/v PORT=$at_port BRISK_CONF=$own/v/brisk.conf
# Sanitizers take a lot of memory.
stack() { SERVER=apache SET="rate_limit=off drain_seconds=5 worker_memory=65536" "${BRISK:-$root/build/bin/brisk}" stack "$1" >"$own/$1.log" 2>&1; }
finish() {
	kill ${at_load:-} ${beside:-} 2>/dev/null
	stack stop
	rm -rf "$own"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP
if ! stack start; then
	cat "$own/start.log"
	echo "$suite: 0 passed, 1 failed"
	exit 1
fi
${CC:-cc} -D_GNU_SOURCE -std=c11 -O2 -o "$own/load" "$root/tests/chaos/load.c" -pthread || exit 2
pids() { json | jq -r ".workers[] | select(.program == \"$1\") | .pid" | sort | tr '\n' ' '; }
builds() { json | jq -r "[.workers[] | select(.program == \"products\") | .build] | unique | join(\" \")"; }

# --- what it finds ------------------------------------------------------------------
for i in 1 2 3 4 5; do
	code "/v1/products?limit=$i" >/dev/null
	code "/v1/categories?limit=$i" >/dev/null
done
[[ $(brisk status) == *products*"started by the web server"*worker*serving* ]] && ok ||
    wrong "status" "$(brisk status)"
brisk status >/dev/null && ok || wrong "status" "calls it bad"
is "its program is known" "$(super state)" serving
file=$(super file)
[ -x "$file" ] && ok || wrong "its file" "$file"

# --- exchanged ------------------------------------------------------------------------
told=$(brisk restart products) && ok || wrong "restart" "$told"
[[ $told =~ build\ ([0-9a-f]+)\ -\>\ ([0-9a-f]+) ]] && [ "${BASH_REMATCH[1]}" != "${BASH_REMATCH[2]}" ] &&
    ok || wrong "restart: a new inode" "$told"
[[ $told == *"old workers ended"* ]] && ok || wrong "restart" "$told"
is "restart: answers" "$(code)" 200
is "restart: by the new one" "$(builds)" "${BASH_REMATCH[2]}"

others=$(pids categories) same=0 times=${TIMES:-5}
load 600 4
"$own/load" "$at_port" '/v1/categories?limit=1' 2 600 >"$own/beside" &
beside=$!
waits grep -q begun "$own/beside" || wrong "another program" "nothing is answered"
for ((i = 0; i < times; i++)); do
	was=$(builds)
	cp "$B/bin/products" "$own/new"
	told=$(brisk restart --with "$own/new" products) || wrong "replacement $i" "$told"
	is_new() { [ "$(builds)" != "$was" ]; }
	waits is_new || same=$((same + 1))
done
unload
kill $beside
wait $beside
beside=
read -r _ _ refused_beside broken_beside _ < <(tail -n 1 "$own/beside")
is "replaced under load: none refused" "$refused $broken" "0 0"
is "another program meanwhile: none refused" "$refused_beside $broken_beside" "0 0"
within "replaced under load: answered" "$answered" 100 10000000
is "replacements that changed nothing" $same 0
for pid in $others; do
	kill -0 "$pid" 2>/dev/null || others=gone
done
[ "$others" != gone ] && ok || wrong "another program" "its workers were ended"

# --- refused ----------------------------------------------------------------------------
was=$(pids products)
told=$(brisk restart --with /bin/false products) && wrong "a bad one" "was taken" || ok
[[ $told == *"its --check failed"* ]] && ok || wrong "a bad one" "$told"
is "a bad one: the same workers" "$(pids products)" "$was"
cp "$B/bin/categories" "$own/other"
for i in 1 2 3 4 5 6; do
	code "/v1/products?limit=$i" >/dev/null
done
told=$(brisk restart --rehearse 50 --with "$own/other" products) && wrong "rehearsal" "was taken" || ok
[[ $told == *"+ Status: 404"*differ*"goes on"* ]] && ok || wrong "rehearsal" "$told"
told=$(brisk restart --rehearse 50 --with "$B/bin/products" products) && ok ||
    wrong "rehearsal of the same" "$told"
[[ $told == *"with equal answers"* ]] && ok || wrong "rehearsal of the same" "$told"

# --- back ---------------------------------------------------------------------------------
brisk restart --with "$own/other" products >/dev/null && ok || wrong "another program" "not taken"
is "it serves" "$(code)" 404
load 600 4
told=$(brisk rollback products) && ok || wrong "rollback" "$told"
unload
is "rollback: answers" "$(code)" 200
is "rollback: nothing broke" "$broken" 0
cmp -s "$file" "$B/bin/products" && ok || wrong "rollback" "another file lies at $file"

# --- stopped ------------------------------------------------------------------------------
told=$(brisk stop products) && ok || wrong "stop" "$told"
is "stopped" "$(code) $(super state)" "503 stopped"
grep -qi '^retry-after: *[0-9]' "$own/head" && ok || wrong "stopped" "no Retry-After"
is "stopped: the other answers" "$(code '/v1/categories?limit=1')" 200
brisk restart products >/dev/null && wrong "restart of a stopped one" "is fine" || ok
kill $(pids products)
is "stopped: also those that come" "$(code)" 503
told=$(brisk start products) && ok || wrong "start" "$told"
is "started" "$(code) $(super state)" "200 serving"
brisk stop nothing >/dev/null && wrong "stop of nothing" "is fine" || ok

tally
