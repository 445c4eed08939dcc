#!/bin/bash
# deep - what `make test` does not see: every test again under the address and
# undefined sanitizers, threads under the thread sanitizer, allocations that
# fail, the fuzzers for a while, and the tarball on bare machines.
#
#	tests/deep.sh [asan|tsan|memory|model|fuzz|dist ...]	all when none is named
#
# Each part's last line is "PART: N passed, N failed"; its whole output is in
# $B/deep/PART.log.  SECONDS_EACH (20) is the time of one fuzz target.
set -u -o pipefail

cd "$(dirname "$0")/.." || exit 2
B=${B:-build}
[[ $B == /* ]] || B=$PWD/$B
to=$B/deep frame='-O1 -g -fno-omit-frame-pointer'
passed=0 failed=0
mkdir -p "$to"

# TSan's map of memory does not fit a kernel that places things too freely.
steady() { setarch "$(uname -m)" -R "$@"; }

asan() {
	export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
	export UBSAN_OPTIONS=print_stacktrace=1
	make B="$B/asan" HARDEN= \
	    CFLAGS="$frame -fsanitize=address,undefined -fno-sanitize-recover=undefined" test
}

# Without the fuzzers' files: they are of one thread.  The fences of recent.c,
# which TSan does not know, order what only another process reads.
tsan() {
	export TSAN_OPTIONS=halt_on_error=0:second_deadlock_stack=1
	steady make B="$B/tsan" HARDEN= CFLAGS="$frame -fsanitize=thread -Wno-tsan" test \
	    SUITES="unit/ test_cache test_categories test_products test_batch metrics"
}

memory() {
	make -j2 B="$B" all && B=$B tests/chaos/memory_live.sh && B=$B tests/chaos/memory.sh
}

fuzz() {
	B=$B tests/fuzz/fuzz.sh
}

# The cache's protocol, and that every part of it is needed.
model() {
	tests/model/run.sh
}

# The tarball, on machines where nothing is installed.
dist() {
	tests/dist/dist.sh
}

# part NAME: what it tells passes by as it is told, and its last line counts.
part() {
	local began=$SECONDS status last

	echo "--- $1"
	("$1") 2>&1 | tee "$to/$1.log" |
	    grep --line-buffered -E '(passed|skipped), |FAIL|^ {2}[a-z]+: |Sanitizer|runtime error|\*\*\*|error:'
	status=${PIPESTATUS[0]}
	last=$(grep -E '^([a-z]+: )?[0-9]+ passed, [0-9]+ failed' "$to/$1.log" | tail -n 1)
	if [ "$status" = 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
	echo "$1: ${last#*: }${last:+, }status $status, $((SECONDS - began)) s"
}

[ $# != 0 ] || set -- asan tsan memory model fuzz dist
for name in "$@"; do
	case $name in
	asan | tsan | memory | model | fuzz | dist) part "$name" ;;
	*) echo "deep: no part $name" >&2; exit 2 ;;
	esac
done
echo "test-deep: $passed passed, $failed failed"
[ $failed = 0 ] && [ $passed != 0 ]
