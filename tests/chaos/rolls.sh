#!/bin/bash
# rolls - what becomes of requests while a program is exchanged and killed.
#
#	tests/chaos/rolls.sh		B; TIMES (1) as often
#
# Against an installation of its own.  Prints a table, of each attack: answers,
# those that are not 2xx, connections that broke, the slowest, and how many more
# the metrics counted than the load got.  The last line is
# "rolls: N passed, N failed".
set -u -o pipefail

root=$(cd "$(dirname "$0")/../.." && pwd -P)
B=${B:-build} times=${TIMES:-1}
[[ $B == /* ]] || B=$root/$B
suite=rolls
cd "$root" || exit 2
. "$root/tests/chaos/super_kit.sh"

stores=$(mktemp -d /tmp/brisk.XXXXXX) || exit 2
export B VAR=$stores/var
cleanup() {
	at_close
	VAR=$stores/var "${BRISK:-build/bin/brisk}" stack stop
	rm -rf "$stores"
}

PORT=$(free_port) SET=rate_limit=off "${BRISK:-build/bin/brisk}" stack start >"$stores/start" 2>&1 || {
	cat "$stores/start"
	echo "$suite: 0 passed, 1 failed"
	exit 1
}
at_open
trap cleanup EXIT
at_up || exit 1
token=$(brisk token --scope ops:read | awk 'END { print $NF }')
counted() {
	curl -s -m 60 -H "Authorization: Bearer $token" "http://127.0.0.1:$at_port/metrics" |
	    awk '/^api_http_requests_total.*"\/v1\/products",method="GET",status="200"/ { print $2 }'
}

# attack LABEL SECONDS COMMAND...: the command runs under load; sets off, how
# many more were counted than answered.
attack() {
	local label=$1 before

	before=$(counted)
	load "$2"
	sleep 0.2
	shift 2
	"$@"
	loaded
	waits serving
	off=$(($(counted) - before - fine))
	printf '%-42s %9d %7d %7d %6d ms %+7d\n' "$label" "$answered" "$refused" \
	    "$broken" "$slowest" "$off"
}

# clean LEAST: nobody noticed, and each answer was counted once.
clean() {
	is "$label: refused, broken" "$refused $broken" "0 0"
	within "$label: answered" "$answered" "$1" 100000000
	is "$label: counted" "$off" 0
}

rolls() {
	local i pids builds super

	super=$(super pid) same=0
	for ((i = 0; i < 50 * times; i++)); do
		pids=$(workers pid) builds=$(workers build)
		put_good
		brisk restart products >/dev/null || wrong "roll $i" "$(brisk status)"
		[ "$(workers pid)" != "$pids" ] && [ "$(workers build)" != "$builds" ] ||
		    same=$((same + 1))
	done
	is "the supervisor stays" "$(super pid)" "$super"
	is "rolls that changed nothing" $same 0
}

burst() {
	local i pid

	pid=$(super pid)
	for ((i = 0; i < 50; i++)); do
		kill -HUP "$pid"
		[ $((i % 10)) != 0 ] || put_good
		sleep 0.00$((i % 5))
	done
	waits serving
	is "a burst: the supervisor stays" "$(super pid)" "$pid"
}

kill_supervisors() {
	local i pid

	for ((i = 0; i < 10 * times; i++)); do
		pid=$(super pid)
		kill -9 "$pid"
		waits serving "$pid" || wrong "no successor" "$(brisk status)"
	done
}

roll_and_kill_supervisors() {
	local i pid

	for ((i = 0; i < 10 * times; i++)); do
		pid=$(super pid)
		put_good
		kill -HUP "$pid"
		sleep 0.0$((i % 10))
		kill -9 "$pid"
		waits serving "$pid" || wrong "no successor in a roll" "$(brisk status)"
	done
}

kill_workers() {
	local i pids

	killed=0
	for ((i = 0; i < 20 * times; i++)); do
		pids=$(workers pid)
		[ -n "$pids" ] && kill -9 ${pids%% *} && killed=$((killed + 1))
		sleep 0.1
	done
}

recycle() {
	at_conf "worker_requests = 500"
	brisk restart products >/dev/null
	sleep 3
	at_conf
	brisk restart products >/dev/null
}

printf '%-42s %9s %7s %7s %9s %7s\n' attack answers non-2xx broken slowest counted
label="50 rolls"
attack "$((50 * times)) rolls" $((16 * times)) rolls
clean 50000
label="50 HUPs in a burst"
attack "$label" 4 burst
clean 1000
label="supervisor killed"
attack "$((10 * times)) supervisors killed" $((5 * times)) kill_supervisors
clean 1000
label="supervisor killed in a roll"
attack "$((10 * times)) supervisors killed in a roll" $((6 * times)) roll_and_kill_supervisors
clean 1000
label="recycled after 500 requests"
attack "$label" 4 recycle
clean 1000

# Of a killed worker the requests in flight are lost: up to one a thread.  Those
# that were counted and not yet written differ, a few at most.
attack "$((20 * times)) workers killed" $((4 * times)) kill_workers
within "workers killed" "$killed" $((10 * times)) $((20 * times))
within "workers killed: only requests in flight" $((refused + broken)) 0 $((4 * killed))
within "workers killed: counted" "$off" 0 "$killed"

# A connection that never says what it wants pins a thread; a stopped worker
# does not hear of its end.  Both are gone at their bounds.
at_conf "drain_seconds = 1"
brisk restart products >/dev/null
hold() {
	exec python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.send(b"\1\1\0\1\0\10\0\0\0\1\0\0\0")
time.sleep(20)' "$(super socket)"
}
hold &
held=$!
sleep 0.3
pids=$(workers pid)
kill -STOP ${pids%% *}
hung() {
	brisk restart products >/dev/null
	for ((i = 0; i < 100; i++)); do
		[ -n "$(ps -o pid= $pids)" ] || return
		sleep 0.05
	done
}
attack "rolled: one worker hung, one stopped" 5 hung
is "hung and stopped: gone" "$(ps -o pid= $pids)" ""
is "hung and stopped: none refused" "$refused" 0
kill $held 2>/dev/null
at_conf
brisk restart products >/dev/null

# Another program next to one that dies all the time.
url=/metrics
kill_products() {
	local i pids

	for ((i = 0; i < 30; i++)); do
		pids=$(workers pid)
		[ -z "$pids" ] || kill -9 $pids 2>/dev/null
		sleep 0.05
	done
}
load 3
kill_products
loaded
printf '%-42s %9d %7d %7d %6d ms\n' "another program meanwhile" "$answered" \
    "$refused" "$broken" "$slowest"
is "another program: none refused" "$refused $broken" "0 0"
url=/v1/products?limit=1
waits answers 200 && ok || wrong "after them" "$(brisk status)"

# The web server dies, and comes again.
gone() { [ -z "$(at_pids)" ]; }
for ((i = 0; i < 5 * times; i++)); do
	kill -9 "$at_web"
	waits gone && ok || wrong "web server killed" "left: $(at_pids)"
	at_up && ok || wrong "web server started" "$(code)"
done
printf '%-42s %9d times\n' "web server killed, all gone, started" $((5 * times))

# All processes at once: some of these the web server heals itself.
itself=0
for ((i = 0; i < 5 * times; i++)); do
	at_kill
	if answers 200; then
		itself=$((itself + 1))
	else
		brisk start products >/dev/null
	fi
	waits answers 200 && ok || wrong "all killed at once" "$(code) $(brisk status)"
done
printf '%-42s %9d times, %d healed without brisk start\n' "all processes killed at once" \
    $((5 * times)) $itself

tally
