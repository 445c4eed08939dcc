# scratch_kit - a scratch copy of the programs with one more, or with something
# preloaded: for tests/chaos/crash.sh, money.sh and tests/bench.  Wants B, CC, tmp
# and die.

of_make() {
	printf 'include Makefile\ntold: ; @echo $(%s)\n' "$1" |
	    make -s --no-print-directory -f - told B="$B"
}

# scratch_copy: $tmp/b is B's bin and share.
scratch_copy() {
	make -s B="$B" all >"$tmp/make" 2>&1 || die "$(cat "$tmp/make")"
	mkdir -p "$tmp/b" && cp -r "$B/bin" "$B/share" migrations "$tmp/b/" || die "no copy"
}

# preload FILE.so [NAME=VALUE ...]: into each program of the copy, from its next
# start on; without FILE nothing any more.
preload() {
	local more="" pair

	for pair in ${1:+"LD_PRELOAD=$1"} "${@:2}"; do
		more+="\"${pair%%=*}\" => \"${pair#*=}\", "
	done
	sed "s|^\(.*\)\"BRISK_STACK\" => |\1$more\"BRISK_STACK\" => |" \
	    "$B/share/lighttpd-mounts.conf" >"$tmp/b/share/lighttpd-mounts.conf"
}

# scratch NAME FILE.c: $tmp/b is B's bin and share, with NAME at /v1/NAME.
scratch() {
	local flags

	scratch_copy
	flags="$(of_make CPPFLAGS) $(of_make CFLAGS)"
	$CC ${flags//-MMD -MP/} -o "$tmp/b/bin/$1" "$2" \
		"$B/libbrisk.a" $(of_make LDLIBS) || die "$2 can not be built"
	echo "shop $1 /v1/$1" >"$tmp/mounts"
	awk -v form=lighttpd -f admin/share/mounts.awk "$tmp/mounts" |
	    sed 1d >>"$tmp/b/share/lighttpd-mounts.conf"
}
