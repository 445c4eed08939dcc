#!/bin/bash
# model - the cache's protocol in every order its steps can happen: Spin looks
# at all states.  The protocol must hold, and with each part left out it must
# break, or the model would say nothing.
#
#	tests/model/run.sh		DEEP=1: larger ones, some minutes more
#
# Bounds: SECONDS_EACH (200) and MEGABYTES (3000) of one run; one that does not
# finish within them counts as failed.  The last line is "model: N passed, N
# failed[, N skipped]".
set -u -o pipefail

HERE=$(cd "$(dirname "$0")" && pwd -P)
most=${SECONDS_EACH:-200} megabytes=${MEGABYTES:-3000} CC=${CC:-cc}
passed=0 failed=0

if ! command -v spin >/dev/null; then
	echo "SKIPPED: the model is not looked at: no spin (apt-get install spin)"
	echo "model: 0 passed, 0 failed, 1 skipped"
	exit 0
fi
tmp=$(mktemp -d /tmp/brisk-model.XXXXXX) || exit 2
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM HUP

# look FILE -D...: what came out, as "holds", "breaks" or words of why not.
look() {
	local file=$HERE/$1.pml dir

	shift
	dir=$(mktemp -d "$tmp/XXXXXX") && cd "$dir" || return
	if ! spin "$@" -a "$file" >spin.out 2>&1 ||
	    ! $CC -O2 -w -DSAFETY -DCOLLAPSE -DMEMLIM="$megabytes" -o pan pan.c 2>cc.out; then
		echo "can not be built: $(cat spin.out cc.out 2>/dev/null | tail -n 1)"
		return
	fi
	timeout "$most" ./pan -m200000 >out 2>&1
	states=$(awk '/states, stored/ { print $1 }' out)
	if grep -q 'assertion violated' out; then
		echo "breaks $states"
	elif grep -q 'errors: 0' out && ! grep -qE 'pan: (reached|out of)|max search depth too small|not complete' out; then
		echo "holds $states"
	else
		echo "neither: $(grep -m 1 -E '^pan|error' out || echo "not done in $most s")"
	fi
	rm -rf "$dir"
}

# want holds|breaks WORDS FILE -D...
want() {
	local wanted=$1 words=$2 got

	shift 2
	got=$(look "$@")
	if [ "${got%% *}" = "$wanted" ]; then
		passed=$((passed + 1))
		printf '  %-6s %10s states  %s\n' "$wanted" "${got#* }" "$words"
	else
		failed=$((failed + 1))
		printf 'FAIL: %s: %s, should be: %s\n' "$words" "$got" "$wanted"
	fi
}

want holds "two writers, one reader" cache -DWRITERS=2 -DREADERS=1
want holds "one writer, two readers" cache -DWRITERS=1 -DREADERS=2
want holds "the same with an L1 in each process" cache -DWRITERS=1 -DREADERS=2 -DL1
want holds "the same with waiting for a fill" cache -DWRITERS=1 -DREADERS=2 -DWAIT
want holds "a write by hand and its purge, L1" cache -DWRITERS=1 -DREADERS=2 -DREADS=1 -DADMIN -DL1
want holds "a write by hand and its purge, three reads" cache -DWRITERS=1 -DREADERS=1 -DREADS=3 -DADMIN
want holds "each step once: two writers, two deaths" steps
want holds "each step once: two writes each" steps -DWRITES=2 -DDEATHS=1
if [ -n "${DEEP:-}" ]; then
	want holds "two writers, two readers" cache -DWRITERS=2 -DREADERS=2 -DREADS=1
	want holds "L1 and waiting" cache -DWRITERS=1 -DREADERS=2 -DL1 -DWAIT
	want holds "each step once: three deaths" steps -DWRITES=2 -DDEATHS=3
fi

one="-DWRITERS=1 -DREADERS=2"
want breaks "the bump left out" cache $one -DNO_BUMP
want breaks "pending ignored" cache $one -DNO_PENDING
want breaks "generation read after the query" cache $one -DLATE_GENERATION
want breaks "generation looked at before pending" cache $one -DGENERATION_FIRST
want breaks "recovery without a bump" cache $one -DNO_RECOVERY_BUMP
want breaks "mark lifted before the lost connection was gone" cache $one -DEARLY_LIFT
want breaks "the dead's mark lifted before its connection was gone" cache $one -DEARLY_RECOVERY
want breaks "a waiter takes what was filled without a look" cache $one -DWAIT -DBLIND_WAITER
want breaks "L1 stamps what it takes from L2 anew" cache $one -DL1 -DFRESH_STAMP
want breaks "no purge after a write by hand" cache -DWRITERS=1 -DREADERS=1 -DADMIN -DNO_PURGE
want breaks "epoch read after the query" cache -DWRITERS=1 -DREADERS=1 -DADMIN -DLATE_EPOCH
want breaks "the step before is not counted" steps -DUNCOUNTED
want breaks "who takes over looks at the count alone" steps -DBLIND
want breaks "who takes over looks at the count first" steps -DSTALE_COUNT

echo "model: $passed passed, $failed failed"
[ $failed = 0 ] && [ $passed != 0 ]
