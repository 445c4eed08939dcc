# mutants - tests that are run on copies of what they test, with one fault each:
# every one must make them fail.  Read by the scripts *_mutants.sh:
#
#	sources="lib/cache/generation.c lib/cache/generation_write.c" tests="tests/unit/test_generation.c"
#	flags="-DSTRESS_MS=100"
#	. tests/kit/mutants.sh
#	mutant none generation.c ''
#	mutant "bump left out" generation_write.c 's/bump/false/' [test_gen]
#	mutants_end generation_mutants
#
# Without a name the first of the tests is taken.  CC, B, CFLAGS.
CC=${CC:-cc} B=${B:-build} ROOT=$PWD
export ROOT
passed=0 failed=0 n=0
tmp=$(mktemp -d /tmp/mutants.XXXXXX) || exit 2
trap 'rm -rf "$tmp"' EXIT
libs=$(sed -n 's/^LDLIBS[^=]*= *//p' Makefile)
flags="-std=c11 -w -O1 -D_GNU_SOURCE -Ilib -Ilib/app -Ihandlers/domain -Itests/kit \
    $(pkg-config --cflags libmariadb 2>/dev/null) ${flags-} ${CFLAGS:-}"
for test in $tests; do
	$CC $flags -c -o "$tmp/$(basename "$test" .c).o" "$test" || exit 2
done
test=$(basename "${tests%% *}" .c)

# try FOLDER LABEL FILE SCRIPT TEST: sed's SCRIPT plants the fault.
try() {
	local tmp=$1 label=$2 file=$3 script=$4 test=$5 status

	cp $sources "$tmp"
	sed -E -i.old "$script" "$tmp/$file"
	if [ "$label" != none ] && cmp -s "$tmp/$file" "$tmp/$file.old"; then
		echo "FAILED: $label: nothing was changed"
		return
	fi
	if ! $CC $flags -o "$tmp/test" "$tmp/../$test.o" "$tmp"/*.c "$B/libbrisk.a" \
	    -lcunit $libs 2>"$tmp/out"; then
		echo "FAILED: $label: does not compile: $(head -n 3 "$tmp/out")"
		return
	fi
	TMPDIR=$tmp timeout 300 "$tmp/test" >"$tmp/out" 2>&1
	status=$?
	[ "$label" != none ] || status=$((status == 0))
	[ $status = 1 ] || echo "FAILED: $label: status $status: $(tail -n 1 "$tmp/out")"
}

# Each says what is wrong with it, or nothing; as many at once as there are cores.
mutant() {
	n=$((n + 1))
	[ "$(jobs -rp | wc -l)" -lt "$(nproc)" ] || wait -n
	mkdir "$tmp/$n"
	try "$tmp/$n" "$1" "$2" "$3" "${4:-$test}" >"$tmp/$n.told" &
}

mutants_end() {
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
	echo "$1: $passed passed, $failed failed"
	[ $failed = 0 ]
}
