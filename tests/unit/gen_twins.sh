#!/bin/bash
# gen_twins - the tests of the generations, run on copies of gen with one fault
# each: every one must make them fail.
set -u -o pipefail

cd "$(dirname "$0")/../.." || exit 2
CC=${CC:-cc}
passed=0 failed=0 n=0
tmp=$(mktemp -d /tmp/twins.XXXXXX)
trap 'rm -rf "$tmp"' EXIT

# try FOLDER LABEL FILE SCRIPT TEST: sed's SCRIPT plants the fault.
try() {
	local tmp=$1 label=$2 file=$3 script=$4 test=$5 status

	cp lib/gen.c lib/gen_write.c "$tmp"
	sed -E -i "$script" "$tmp/$file"
	if [ "$label" != none ] && cmp -s "$tmp/$file" "lib/$file"; then
		echo "FAILED: $label: nothing was changed"
		return
	fi
	if ! $CC -std=c11 -w -O1 -D_GNU_SOURCE -Ilib -Itests/unit -DSWEEPS=4 -DSTRESS_MS=100 \
	    -o "$tmp/test" "tests/unit/$test.c" "$tmp/gen.c" "$tmp/gen_write.c" \
	    lib/{mapped,log,clock,buf,arena,text_utf8,value,value_time}.c -lcunit -lm -pthread 2>"$tmp/out"; then
		echo "FAILED: $label: does not compile: $(head -n 3 "$tmp/out")"
		return
	fi
	TMPDIR=$tmp timeout 300 "$tmp/test" >"$tmp/out" 2>&1
	status=$?
	[ "$label" != none ] || status=$((status == 0))
	[ $status = 1 ] || echo "FAILED: $label: status $status"
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

twin none gen.c '' test_gen_crash
twin "bump left out" gen_write.c 's/bump \&\& i < e->n/i < 0/' test_gen
twin "pending ignored" gen.c 's/pending_of\(&cell\[m->cell\[i\]\]\) != 0/false/' test_gen
twin "not noted before it is raised" gen_write.c \
    's/^	atomic_store\(&e->state, RAISED\);//' test_gen_crash
twin "generation looked at before pending" gen.c '/^gen_fresh/,/^}/ {
	/if \(atomic_load_explicit/,/return false/d
	s/^	size_t.* i;$/&\
	for (i = 0; i < m->n \&\& m->cell[i] <= ALL; i++)\
		if (atomic_load(\&cell[m->cell[i]].generation) != m->generation[i])\
			return false;/
	}' test_gen_crash
twin "recovery without bump" gen_write.c \
    's/at < n \? n : at, true/at < n ? n : at, false/' test_gen_crash
twin "others do not count a step before they change its cell" gen_write.c \
    's/^		count\(f, WHO\(was\), STEP\(was\)\);//' test_gen_crash
twin "a cell's last change not looked at" gen_write.c \
    's/WHO\(w\) == who \&\& STEP/false \&\& STEP/' test_gen_crash
twin "a dead writer's connection not asked for" gen_write.c \
    's/if \(ended\(arg, f->entry\[at\]\.writer\)\)/if (true)/' test_gen_crash
twin "the dead are left alone" gen_write.c 's/^		inherit\(f, i\);//' test_gen_crash

all_told
echo "gen_twins: $passed passed, $failed failed"
[ $failed = 0 ]
