#!/bin/bash
# crash - a handler that crashes on one request in a hundred never disturbs
# another: REQUESTS (800) to it, 100 a second, while the other is asked 16 at a
# time.  (Faster, its crashes are a loop, and back-off answers 503 meanwhile.)
#
#	tests/chaos/crash.sh		B
#
# The last line is "crash: N passed, N failed".
set -u -o pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
cd "$ROOT" || exit 2
. tests/kit/kit.sh
B=${B:-build} CC=${CC:-cc} requests=${REQUESTS:-800}
[[ $B == /* ]] || B=$ROOT/$B
tmp=$(mktemp -d /tmp/brisk-crash.XXXXXX) || exit 2
PORT=$((20000 + RANDOM % 12000)) VAR=$tmp/var
export PORT VAR

die() {
	printf 'FAIL: %s\ncrash: 0 passed, 1 failed\n' "$*"
	exit 1
}

finish() {
	trap '' INT TERM HUP
	[ ! -e "$VAR/brisk.conf" ] || B=$tmp/b "${BRISK:-build/bin/brisk}" stack stop >/dev/null
	rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

. tests/chaos/scratch_kit.sh

# ask PATH N OPTION...: each request's status, a line.
ask() {
	curl -s -m 20 -o /dev/null -w '%{http_code}\n' "${@:3}" \
	    "http://127.0.0.1:$PORT$1#[1-$2]" 2>/dev/null
}

scratch crash tests/chaos/crash_program.c
B=$tmp/b SET="rate_limit=off log_level=error cache_lru_bytes=0 workers_min=2" \
    "${BRISK:-build/bin/brisk}" stack start >"$tmp/start" 2>&1 || die "$(cat "$tmp/start")"
ask /v1/crash "$requests" --rate 6000/m >"$tmp/crash" &
while kill -0 $! 2>/dev/null; do
	ask "/v1/products?limit=5" 500 -Z --parallel-max 16
done >"$tmp/products"
wait
lost=$(grep -vc '^200$' "$tmp/crash") others=$(wc -l <"$tmp/products")
echo "  of $requests answers of the crashing one $lost were lost, of $others others $(
    grep -vc '^200$' "$tmp/products")"
check "the other answers all" test "$(grep -c '^200$' "$tmp/products")" -eq "$others"
check "and was asked meanwhile" test "$others" -ge 1000
check "it did crash" test "$lost" -ge 1
check "and goes on all the same" test "$lost" -lt $((requests / 10))
check "at the end, too" test "$(curl -s --retry 5 --retry-all-errors -o /dev/null \
    -w '%{http_code}' "http://127.0.0.1:$PORT/v1/crash")" = 200
tally
