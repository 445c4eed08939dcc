#!/bin/bash
# super: a program that is rolled, spoilt and killed goes on answering.  B, VAR.
#
# On a lighttpd of its own with copies of the programs; the counts of long runs
# are those of tests/chaos/rolls.sh.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
B=${B:-$root/build}
[[ $B == /* ]] || B=$root/$B
suite=super
. "$root/tests/chaos/super_kit.sh"

at_open
at_up && ok || wrong "starts" "$(tail -n 3 "$at_dir"/log/*.log)"

# --- a roll under load ----------------------------------------------------------
load 300
was=$(super pid) workers_were=$(workers pid) builds_were=$(workers build)
put_good
[[ $(brisk status) == *"the file at its path is newer"* ]] && ok || wrong "status of a new file" "says nothing"
told=$(brisk restart products) && ok || wrong "roll" "$told"
unload
is "roll: none refused" "$refused $broken" "0 0"
within "roll: answered" "$answered" 100 10000000
is "roll: the supervisor stays" "$(super pid)" "$was"
[ "$(workers pid)" != "$workers_were" ] && ok || wrong "roll" "the same workers"
[ "$(workers build)" != "$builds_were" ] && ok || wrong "roll" "the same build"
is "roll: counted" "$(super rolls) $(super refused)" "1 0"
[[ $told == "products: build ${builds_were%% *} -> $(super build), serves after "*" ms"*"2 old workers ended after "*" ms" ]] &&
    ok || wrong "roll: what is told" "$told"

# --- status ---------------------------------------------------------------------
help=$(brisk help status) table=$(brisk status)
for column in $(head -n 1 <<<"$table"); do
	case $column in
	PROGRAM|PID) ;;
	*) grep -qE "^  .*\<$column\>" <<<"$help" && ok || wrong "brisk help status" "nothing of $column" ;;
	esac
done
within "status: columns" "$(awk '{ if (length > n) n = length } END { print n }' <<<"$table")" 60 100
code >/dev/null
curl -s -m 60 -o /dev/null "http://127.0.0.1:$at_port/v1/products?limit=17"
is "status --json" "$(json | jq -c '[.programs[] | select(.program == "products") |
    .answered > 0, .per_second > 0, .p50_us > 0, .p99_us >= .p50_us, .connections > 0,
    .resident_kib > 1000, .errors == 0] | unique')" '[true]'
sum() { json | jq -c "[.workers[] | select(.program == \"products\") | .$1] | add"; }
is "status: a program is its workers" "$(sum answered)" "$(super answered)"
within "status: connections, not more than the database has" "$(json | jq '[.workers[].connections] | add')" 1 \
    "$(mariadb --no-defaults -S "$VAR/db.sock" -u root -N -e \
    "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'brisk'")"
# Two looks; the second ends when nobody reads on.
watched=$("$B/bin/brisk" status --watch 1 2>/dev/null | awk '/^PROGRAM/ && ++n == 2 { exit } { print }')
is "status --watch: no screen, plain" "$(grep -c "^products .*serving" <<<"$watched") $(grep -c $'\033' <<<"$watched")" "1 0"
script -qfec "timeout 60 $B/bin/brisk status --watch" /dev/null </dev/null >"$at_dir/screen" 2>&1 &
screen=$!
waits grep -q $'\033\[H' "$at_dir/screen" && ok || wrong "status --watch" "draws no screen: $(head -c 300 "$at_dir/screen")"
kill $screen 2>/dev/null
wait $screen 2>/dev/null
brisk status --watch 0 >/dev/null && wrong "status --watch 0" "is fine" || ok
brisk status 5 >/dev/null && wrong "status 5" "is fine" || ok

# --- a slow request over a roll ---------------------------------------------------
# A change waits for rows that somebody else holds, while its program is exchanged.
token=$(brisk token --scope "products:write ops:read" | awk 'END { print $NF }')
code >/dev/null
item=/v1/products/$(jq -r '.items[0].id' "$at_dir/body")
code "$item" >/dev/null
tag=$(sed -n 's/^etag: *\([^\r]*\)\r*$/\1/Ip' "$at_dir/head")
at_conf "statement_ms = 30000"
brisk restart products >/dev/null
hold_rows
workers_were=$(workers pid)
curl -s -m 60 -o /dev/null -w '%{http_code} %{time_total}' -X PATCH -H "If-Match: $tag" \
    -H "Authorization: Bearer $token" -H 'Content-Type: application/merge-patch+json' \
    -d "{\"name\":$(jq .name "$at_dir/body")}" "http://127.0.0.1:$at_port$item" >"$at_dir/slow" &
slow=$!
waits in_hand 1 && ok || wrong "a slow request" "never came: $(brisk status)"
rolls=$(super rolls)
brisk restart products >"$at_dir/told" &
roll=$!
served() { serving && [ "$(super rolls)" != "$rolls" ]; }
waits served && ok || wrong "roll beside a slow request" "$(cat "$at_dir/told")"
kill -0 $slow 2>/dev/null && ok || wrong "a slow request" "was not slow: $(cat "$at_dir/slow")"
is "status beside it" "$(json | jq '[.workers[] | select(.state == "draining") | .in_flight] | add')" 1
is "others are answered meanwhile" "$(code)" 200
let_rows_go
wait $slow
read -r status took <"$at_dir/slow"
is "finished by the old program" "$status" 200
wait $roll && ok || wrong "roll beside a slow request" "$(cat "$at_dir/told")"
is "it waits for the old workers" "$(grep -cE "${workers_were// /|}none" <<<"$(at_pids)")" 0

# --- programs that are not taken ------------------------------------------------
echo 'not a program' >"$at_dir/rubbish"
chmod +x "$at_dir/rubbish"
was=$(super pid) workers_were=$(workers pid)
start_seconds=2 at_conf	# two of them hang for so long
brisk restart products >/dev/null
workers_were=$(workers pid)
load 300
for name in check-exits check-crashes check-hangs worker-exits worker-crashes \
    worker-hangs rubbish; do
	[ "$name" = rubbish ] || spoilt $name
	put "$at_dir/$name"
	told=$(brisk restart products) && wrong "$name" "was taken: $told" || ok
	[[ $told == *"is refused: "?*"; the old program goes on"* ]] && ok || wrong "$name" "$told"
	# Given by name, it does not stay at the program's path.
	put_good
	told=$(brisk restart --with "$at_dir/$name" products) && wrong "$name" "was taken: $told" || ok
	cmp -s "$at_bin/products" "$B/bin/products" && ok || wrong "$name, given" "lies at the path"
	put "$at_dir/$name"
done
is "no other file stays there" "$(ls -A "$at_bin" | grep -c '^\.')" 0
is "spoilt: the same processes" "$(super pid) $(workers pid)" "$was $workers_were"
# Who dies comes again from the file that ran, not from the one at the path.
kill -9 ${workers_were%% *}
waits serving && ok || wrong "killed beside a spoilt file" "$(brisk status)"
unload
within "spoilt: only the killed one's requests" "$((refused + broken))" 0 8
put_good
brisk restart products >/dev/null && ok || wrong "a good one after them" "$(brisk status)"
at_conf
brisk restart products >/dev/null

# --- back, and forth ---------------------------------------------------------------
put "$at_dir/check-exits"
brisk restart products >/dev/null && wrong "a bad one" "was taken" || ok
was=$(super build)
printf x >>"$at_dir/rubbish"
cp "$B/bin/products" "$at_dir/longer"
printf longer >>"$at_dir/longer"
brisk restart --with "$at_dir/longer" products >/dev/null || wrong "another build" "$(brisk status)"
load 300
began=$(date +%s%N)
told=$(brisk rollback products) && ok || wrong "rollback" "$told"
took=$((($(date +%s%N) - began) / 1000000))
cmp -s "$at_bin/products" "$B/bin/products" && ok || wrong "rollback" "another file lies at the path"
told=$(brisk rollback products) && ok || wrong "rollback of a rollback" "$told"
cmp -s "$at_bin/products" "$at_dir/longer" && ok || wrong "rollback of a rollback" "another file lies at the path"
unload
is "rollback: none refused" "$refused $broken" "0 0"
echo "super: rollback in $took ms under load"
told=$(brisk rollback ops) && wrong "nothing to go back to" "was fine: $told" || ok
put_good
brisk restart products >/dev/null

# --- deaths ---------------------------------------------------------------------
was=$(super pid)
load 300
kill -9 "$was"
waits serving "$was" && ok || wrong "supervisor killed" "$(brisk status)"
unload
is "supervisor killed: none refused" "$refused $broken" "0 0"
is "supervisor killed: its workers follow it" "$(workers pid | wc -w)" 2

spoilt resume-crashes
put "$at_dir/resume-crashes"
was=$(super pid)
load 300
told=$(brisk restart products)
waits serving "$was" && ok || wrong "dies when it takes over" "$told $(brisk status)"
unload
is "dies when it takes over: none refused" "$refused $broken" "0 0"
put_good

# --- bounds of a worker, and more of them ---------------------------------------
at_conf "worker_requests = 100" "workers_max = 3" "queue_ms = 50" "threads = 1" "cache_lru_bytes = 0"
sed -i 's/^cache_socket *=.*/cache_socket =/' "$BRISK_CONF"
brisk restart products >/dev/null
workers_were=$(workers pid)
load 300 24
grown() { [ "$(super workers)" = 3 ]; }
waits grown && ok || wrong "requests wait" "not one worker more: $(brisk status)"
recycled() { [[ " $(workers pid)" != *" ${workers_were%% *} "* ]]; }
waits recycled && ok || wrong "recycled" "still there: $workers_were"
unload
is "recycled: none refused" "$refused $broken" "0 0"
at_conf
brisk restart products >/dev/null

# --- figures --------------------------------------------------------------------
counted() {
	curl -s -m 60 -H "Authorization: Bearer $token" "http://127.0.0.1:$at_port/metrics" |
	    awk '/^api_http_requests_total.*"\/v1\/products",method="GET",status="200"/ { print $2 }'
}
before=$(counted)
load 300
for i in 1 2 3; do
	put_good
	was=$(super pid)
	if [ $i = 2 ]; then
		kill -9 "$was"
		waits serving "$was" || wrong "supervisor killed" "$(brisk status)"
	else
		brisk restart products >/dev/null
	fi
done
unload
is "none refused" "$refused $broken" "0 0"
is "each answer counted once" "$(($(counted) - before))" "$answered"

# --- options that are wrong -----------------------------------------------------
at_conf "threads = many"
told=$(brisk restart products) && wrong "a wrong option" "was taken" || ok
is "a wrong option: the old one goes on" "$(code)" 200
kill -9 ${workers_were:-0} $(workers pid) 2>/dev/null
waits answers 503 && ok || wrong "a wrong option, all workers killed" "$(code)"
at_conf
waits answers 200 && ok || wrong "cured by itself" "$(code)"

at_conf "threads = many"
kill -9 "$at_web"
waits none_left
at_up 503
is "cold start with a wrong option" "$(code)" 503
grep -qi '^retry-after: *[0-9]' "$at_dir/head" && ok || wrong "cold start" "no Retry-After"
is "status says so" "$(super state)" fallback
brisk status >/dev/null && wrong "status" "calls it good" || ok
at_conf
brisk restart products >/dev/null && ok || wrong "cured by a roll" "$(brisk status)"
is "cured" "$(code)" 200

# --- stop and start -------------------------------------------------------------
told=$(brisk stop products) && ok || wrong "stop" "$told"
is "stopped" "$(code) $(super state)" "503 stopped"
told=$(brisk start products) && ok || wrong "start" "$told"
is "started" "$(code) $(super state)" "200 serving"
# One that the web server runs as plain CGI leaves no trace of itself.
cgi() { REQUEST_METHOD=GET REQUEST_URI=/v1/categories "$B/bin/categories" 2>/dev/null | head -n 1 | tr -d '\r'; }
is "as CGI" "$(cgi)" "Status: 200 OK"
told=$(brisk stop categories) && ok || wrong "stop of a CGI program" "$told"
is "stopped as CGI" "$(cgi)" "Status: 503 Service Unavailable"
told=$(brisk start categories) && ok || wrong "start of a CGI program" "$told"
is "started as CGI" "$(cgi)" "Status: 200 OK"
brisk restart nothing >/dev/null && wrong "restart of nothing" "is fine" || ok
brisk stop ../products >/dev/null && wrong "stop of a path" "is fine" || ok

# --- the web server dies ----------------------------------------------------------
kill -9 "$at_web"
gone() { [ -z "$(at_pids)" ]; }
waits gone && ok || wrong "web server killed" "left: $(at_pids)"
is "web server killed: its socket" "$(ls "$at_dir/run" | grep -c sock)" 0
at_up && ok || wrong "a new web server" "$(code)"

# All at once: where lighttpd does not start it again, `brisk start` does.
for i in 1 2; do
	at_kill
	answers 200 || brisk start products >/dev/null
	waits answers 200 && ok || wrong "all killed at once" "$(code) $(brisk status)"
done

tally
