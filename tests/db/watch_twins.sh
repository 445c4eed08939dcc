#!/bin/bash
# watch_twins - the tests of the sweep, run on copies of it with one fault each:
# every one must make them fail.
set -u -o pipefail

cd "$(dirname "$0")/../.." || exit 2
CC=${CC:-cc} B=${B:-build} ROOT=$PWD
export ROOT
passed=0 failed=0 n=0
tmp=$(mktemp -d /tmp/twins.XXXXXX)
trap 'rm -rf "$tmp"' EXIT
libs=$(sed -n 's/^LDLIBS[^=]*= *//p' Makefile)
flags="-std=c11 -w -O1 -D_GNU_SOURCE -Ilib -Itests/unit ${CFLAGS:-}"

# try FOLDER LABEL FILE SCRIPT: sed's SCRIPT plants the fault.
try() {
	local tmp=$1 label=$2 file=$3 script=$4 status

	cp lib/watch.c lib/store_watch.c "$tmp"
	sed -E -i "$script" "$tmp/$file"
	if [ "$label" != none ] && cmp -s "$tmp/$file" "lib/$file"; then
		echo "FAILED: $label: nothing was changed"
		return
	fi
	if ! $CC $flags -o "$tmp/test" tests/db/test_watch.c "$tmp/watch.c" \
	    "$tmp/store_watch.c" "$B/libbrisk.a" -lcunit $libs 2>"$tmp/out"; then
		echo "FAILED: $label: does not compile: $(head -n 3 "$tmp/out")"
		return
	fi
	TMPDIR=$tmp timeout 300 "$tmp/test" >"$tmp/out" 2>&1
	status=$?
	[ "$label" != none ] || status=$((status == 0))
	[ $status = 1 ] || echo "FAILED: $label: status $status: $(tail -n 1 "$tmp/out")"
}

# Each says what is wrong with it, or nothing; as many at once as there are cores.
twin() {
	n=$((n + 1))
	[ "$(jobs -rp | wc -l)" -lt "$(nproc)" ] || wait -n
	mkdir "$tmp/$n"
	try "$tmp/$n" "$@" >"$tmp/$n.told" &
}

all_told() {
	local i

	wait
	for ((i = 1; i <= n; i++)); do
		if [ -s "$tmp/$i.told" ]; then
			failed=$((failed + 1))
			cat "$tmp/$i.told"
		else
			passed=$((passed + 1))
		fi
	done
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

all_told
echo "watch_twins: $passed passed, $failed failed"
[ $failed = 0 ]
