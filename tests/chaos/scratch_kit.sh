# scratch_kit - a scratch copy of the programs with one more, for
# tests/chaos/crash.sh and tests/bench/concurrency.sh.  Wants B, CC, tmp and die.

of_make() {
	printf 'include Makefile\ntold: ; @echo $(%s)\n' "$1" |
	    make -s --no-print-directory -f - told B="$B"
}

# scratch NAME FILE.c: $tmp/b is B's bin and share, with NAME at /v1/NAME.
scratch() {
	local flags

	make -s B="$B" all >"$tmp/make" 2>&1 || die "$(cat "$tmp/make")"
	flags="$(of_make CPPFLAGS) $(of_make CFLAGS)"
	mkdir -p "$tmp/b" && cp -r "$B/bin" "$B/share" migrations "$tmp/b/" &&
	    $CC ${flags//-MMD -MP/} -o "$tmp/b/bin/$1" "$2" \
		"$B/libbrisk.a" $(of_make LDLIBS) || die "$2 can not be built"
	echo "shop $1 /v1/$1" >"$tmp/mounts"
	awk -v form=lighttpd -f admin/mounts.awk "$tmp/mounts" |
	    sed 1d >>"$tmp/b/share/lighttpd-mounts.conf"
}
