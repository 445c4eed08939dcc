#!/bin/bash
# watch_twins - the tests of the sweep, run on copies of it with one fault each:
# every one must make them fail.
set -u -o pipefail

cd "$(dirname "$0")/../.." || exit 2
CC=${CC:-cc} B=${B:-build} ROOT=$PWD
export ROOT
passed=0 failed=0
tmp=$(mktemp -d /tmp/twins.XXXXXX)
trap 'rm -rf "$tmp"' EXIT
libs=$(sed -n 's/^LDLIBS[^=]*= *//p' Makefile)
flags="-std=c11 -w -O1 -D_GNU_SOURCE -Ilib -Itests/unit ${CFLAGS:-}"

# twin LABEL FILE SCRIPT: sed's SCRIPT plants the fault.
twin() {
	local label=$1 file=$2 script=$3 status

	cp lib/watch.c lib/store_watch.c "$tmp"
	sed -E -i "$script" "$tmp/$file"
	if [ "$label" != none ] && cmp -s "$tmp/$file" "lib/$file"; then
		echo "FAILED: $label: nothing was changed"
		failed=$((failed + 1))
		return
	fi
	if ! $CC $flags -o "$tmp/test" tests/db/test_watch.c "$tmp/watch.c" \
	    "$tmp/store_watch.c" "$B/libbrisk.a" -lcunit $libs 2>"$tmp/out"; then
		echo "FAILED: $label: does not compile: $(head -n 3 "$tmp/out")"
		failed=$((failed + 1))
		return
	fi
	TMPDIR=$tmp timeout 60 "$tmp/test" >"$tmp/out" 2>&1
	status=$?
	rm -rf "$tmp"/test_gen.*
	[ "$label" != none ] || status=$((status == 0))
	if [ $status = 1 ]; then
		passed=$((passed + 1))
	else
		echo "FAILED: $label: status $status: $(tail -n 1 "$tmp/out")"
		failed=$((failed + 1))
	fi
}

twin none watch.c ''
twin "bump left out" store_watch.c 's/^	gen_stale\(st->gen, tags, 2\);//'
twin "any row taken for none" store_watch.c '/^make_stale/,/^}/s/^		gen_bump_all\(st->gen\);//'
twin "a full look taken for all" store_watch.c '/^bump/,/^}/s/^		gen_bump_all\(st->gen\);//'
twin "notes stay" store_watch.c 's/cache_changes WHERE id IN \(\?/cache_changes WHERE 0 IN (?/'
twin "deleted up to a number" store_watch.c 's/WHERE id IN \(\?/WHERE id <= GREATEST(0, ?/'
twin "served although not swept" store_watch.c '/^store_swept/,/^}/s/return (done|false);/return true;/'
twin "no turns" watch.c '/^take\(/,/^}/s/^	(if|pthread|return false).*/	return true;/'
twin "a sweep is good for ever" watch.c 's/age < LATE_US/true/'
twin "the list is not looked at" watch.c 's/^	return n >= MANY;/	return false;/; s/== hash\)/== 0)/'
twin "a change of the list is not heard of" watch.c '/^watch_forget/,/^}/s/^	atomic_fetch.*//'

echo "watch_twins: $passed passed, $failed failed"
[ $failed = 0 ]
