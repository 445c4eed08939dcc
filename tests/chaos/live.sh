#!/bin/bash
# live - streams while all behind them is rolled and killed, memcached too, and
# rows change: each ends at what a GET says, and none is sent the same bytes again.
#
#	tests/chaos/live.sh		B; STREAMS (500), SECONDS_EACH (40)
#
# Against an installation of its own.  Then twice more with a fault planted, which
# must be noticed: what an answer depends on is noted after it was made; what a
# dead writer left pending is not looked at.  The last line is
# "live: N passed, N failed".
set -u -o pipefail

root=$(cd "$(dirname "$0")/../.." && pwd -P)
B=${B:-build} streams=${STREAMS:-500} seconds=${SECONDS_EACH:-40}
[[ $B == /* ]] || B=$root/$B
cd "$root" || exit 2
passed=0 failed=0
tmp=$(mktemp -d /tmp/brisk.XXXXXX) || exit 2
while PORT=$((20000 + RANDOM % 12000)); (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; do
	:
done
export B PORT VAR=$tmp/var BASE=http://127.0.0.1:$PORT
export BRISK_CONF=$VAR/brisk.conf LIVE_PLANT=$tmp/plant
command -v python3 >/dev/null || {
	echo "live: SKIPPED, there is no python3" >&2
	echo "live: 0 passed, 0 failed, 1 skipped"
	exit 0
}

cleanup() {
	[ -z "${killer:-}" ] || kill "$killer" 2>/dev/null
	"${BRISK:-build/bin/brisk}" stack stop
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

# Threads that work on a queue would finish a dead writer's write, too.
start() {
	SET="rate_limit=off jobs_threads=0" "${BRISK:-build/bin/brisk}" stack start >"$tmp/start" 2>&1 && return
	cat "$tmp/start"
	echo "live: 0 passed, 1 failed"
	exit 1
}

# As `brisk stack` starts it, with nothing in it.
kill_memcached() {
	local root=()

	[ "$(id -u)" != 0 ] || root=(-u root)
	kill -s KILL "$(<"$VAR/cache.pid")" 2>/dev/null
	rm -f "$VAR/cache.sock"
	BRISK_STACK=$VAR setsid memcached "${root[@]}" -s "$VAR/cache.sock" -a 0600 \
	    -m 64 -c 1024 -t 2 -I 1m </dev/null >>"$VAR/log/cache.log" 2>&1 &
	echo $! >"$VAR/cache.pid"
	disown
}

# part FILE ARGUMENT...: sets `good` and `bad`.
part() {
	local told

	python3 "tests/system/$1.py" "${@:2}" >"$tmp/told" 2>&1
	grep -v '^live[_a-z]*: ' "$tmp/told"
	grep '^live[_a-z]*: ' "$tmp/told" | sort | uniq -c | head -n 5
	told=$(tail -n 1 "$tmp/told")
	good=0 bad=1
	[[ ! $told =~ :\ ([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]] ||
	    good=${BASH_REMATCH[1]} bad=${BASH_REMATCH[2]}
}

${CC:-cc} -D_GNU_SOURCE -std=c11 -Ilib -Ilib/app -o "$LIVE_PLANT" tests/fakes/live_writer.c \
    "$B/libbrisk.a" \
    -lm -pthread || exit 2
start
while sleep 5; do
	kill_memcached
done &
killer=$!
part live_storm "$streams" "$seconds"
kill $killer
killer=
passed=$((passed + good)) failed=$((failed + bad))

# mutant LABEL FILE SCRIPT PART...: sed's SCRIPT plants it, in a copy of the tree.
mutant() {
	local label=$1 file=$2 script=$3

	echo "--- planted: $label"
	rm -rf "$tmp/tree"
	mkdir "$tmp/tree"
	cp -a Makefile CHANGELOG.md lib handlers admin migrations lighttpd apache tests "$tmp/tree"
	cp -a "$B" "$tmp/tree/build"
	sed -E -i "$script" "$tmp/tree/$file"
	if cmp -s "$file" "$tmp/tree/$file" ||
	    ! make -s -C "$tmp/tree" B=build -j2 all >"$tmp/make" 2>&1; then
		tail -n 5 "$tmp/make"
		echo "FAIL: $label: not planted"
		failed=$((failed + 1))
		return
	fi
	B=$tmp/tree/build start
	B=$tmp/tree/build part "${@:4}"
	if [ "$bad" != 0 ]; then
		passed=$((passed + 1))
	else
		echo "FAIL: $label: not noticed"
		failed=$((failed + 1))
	fi
}

# The time between the query and the note is made longer, so that it is hit.
mutant "noted after the answer" lib/program/answer.c \
    's/^	exchange_snapshot\(c\);$//
     s/^	if \(status == HTTP_OK && c->rq.route->method == HTTP_GET && is_not_modified\(c\)\)$/	if (exchange_is_live(c))\n		usleep(30000);\n	exchange_snapshot(c);\n&/
     s/^#include "program\/exchange.h"$/#include <unistd.h>\n&/' live_storm 60 10
mutant "pending is not looked at" lib/live/topic.c 's/\(pending && is_pending/(pending \&\& false \&\& is_pending/' live dead
echo "live: $passed passed, $failed failed"
[ $failed = 0 ]
