#!/bin/bash
# fuzz - every target with libFuzzer, for a bounded time, two at once.
#
#	tests/fuzz/fuzz.sh [NAME ...]		fuzz_NAME.c; all when none is named
#
# SECONDS_EACH (20) is the time of one.  Built by clang with the address and
# undefined sanitizers in $B/fuzz, where each target's corpus is kept for the
# next time.  A crash is kept in tests/fuzz/crashes/NAME, for `make test` to
# replay; the last line is "fuzz: N passed, N failed".
set -u -o pipefail

cd "$(dirname "$0")/../.." || exit 2
each=${SECONDS_EACH:-20} to=${B:-build}/fuzz
export ASAN_OPTIONS=detect_stack_use_after_return=1:allocator_may_return_null=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
passed=0 failed=0

# The most bytes of an input: what it is in life, or a little more.
most() {
	case $1 in
	header | path | query) echo 1024 ;;
	cursor | token) echo 3000 ;;
	*) echo 8192 ;;
	esac
}

# Runs in the background: its status is the target's.
run() {
	local name=$1 corpus=$to/corpus/$1 found=tests/fuzz/crashes/$1

	mkdir -p "$corpus" "$found"
	timeout -k 10 $((each + 60)) "$to/replay/fuzz_$name" -max_total_time="$each" \
	    -max_len="$(most "$name")" -rss_limit_mb=1024 -timeout=10 -verbosity=1 \
	    -print_final_stats=1 -dict=tests/fuzz/dict \
	    -artifact_prefix="$found/" "$corpus" "tests/fuzz/seeds/$name" "$found" \
	    >"$to/$name.log" 2>&1
	set -- $?
	rmdir "$found" 2>/dev/null	# only when it is empty
	return "$1"
}

tell() {
	local runs

	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$to/$1.log")
	if [ "$2" = 0 ]; then
		passed=$((passed + 1))
		echo "  $1: ${runs:-0} runs"
	else
		failed=$((failed + 1))
		echo "FAIL: $1 (status $2): $to/$1.log"
		grep -E 'not so|ERROR|runtime error|SUMMARY|Test unit written' "$to/$1.log"
	fi
}

names=("$@")
if [ ${#names[@]} = 0 ]; then
	names=(tests/fuzz/fuzz_*.c)
	names=("${names[@]#tests/fuzz/fuzz_}")
	names=("${names[@]%.c}")
fi

echo "fuzz: building"
sanitize=-fsanitize=address,undefined
if ! make -j2 B="$to" CC=clang HARDEN= fuzz_main= \
    CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link $sanitize -fno-sanitize-recover=undefined" \
    LDFLAGS=-fsanitize=fuzzer "${names[@]/#/$to/replay/fuzz_}" >"$to.build" 2>&1; then
	grep -E 'error|\*\*\*' "$to.build"
	echo "fuzz: 0 passed, 1 failed"
	exit 1
fi

echo "fuzz: ${#names[@]} targets, $each s each"
declare -A of
for name in "${names[@]}"; do
	while [ "$(jobs -rp | wc -l)" -ge 2 ]; do
		wait -n
	done
	run "$name" &
	of[$name]=$!
done
for name in "${names[@]}"; do
	wait "${of[$name]}"
	tell "$name" $?
done
echo "fuzz: $passed passed, $failed failed"
[ $failed = 0 ] && [ $passed != 0 ]
