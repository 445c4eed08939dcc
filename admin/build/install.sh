#!/bin/sh
# install - install the build, so that project folders can build programs with it.
#
#	admin/build/install.sh BUILD PREFIX VERSION LIBS...	below $DESTDIR
#	admin/build/install.sh --root BUILD FOLDER		PREFIX/lib/brisk alone
#
# PREFIX/bin/brisk			a link to the one in lib/brisk
# PREFIX/include/brisk PREFIX/lib	headers, libbrisk.a, pkgconfig/brisk.pc
# PREFIX/lib/brisk			a whole installation: bin/ (the programs),
#					share/ (routing, API document, pages),
#					migrations/ lighttpd/ apache/ admin/
#
# No file contains PREFIX, so the folder can be moved.
set -eu

source=$(cd "$(dirname "$0")/../.." && pwd -P)

# copy MODE FOLDER FILE...: replace files, never write into a running program.
copy() {
	mode=$1 folder=$2
	shift 2
	mkdir -p "$folder"
	for file; do
		[ -e "$file" ] || continue
		name=$(basename "$file")
		install -m "$mode" "$file" "$folder/$name.new"
		mv -f "$folder/$name.new" "$folder/$name"
	done
}

# copy_tree FROM TO: copy a folder with its subfolders.
copy_tree() {
	(cd "$1" && find . -type f ! -name '*.new') | while read -r file; do
		copy 644 "$2/$(dirname "$file")" "$1/$file"
	done
}

root() {
	copy 755 "$2/bin" "$1/bin/brisk"
	cut -d' ' -f2 "$1/share/mounts" | sort -u | while read -r name; do
		copy 755 "$2/bin" "$1/bin/$name"
	done
	copy_tree "$1/share" "$2/share"
	copy_tree "$source/migrations" "$2/migrations"
	copy 644 "$2/lighttpd" "$source"/lighttpd/*
	copy 644 "$2/apache" "$source"/apache/*
	copy 644 "$2/doc" "$source"/doc/*
	copy 755 "$2/admin/share" "$source"/admin/share/*.sh
	copy 644 "$2/admin/share" "$source"/admin/share/*.awk "$source"/admin/share/*.cnf
	copy_tree "$source/admin/share/template" "$2/admin/share/template"
}

if [ "$1" = --root ]; then
	root "$2" "$3"
	exit
fi

build=$1 prefix=$2 version=$3
shift 3
to=${DESTDIR-}$prefix
root "$build" "$to/lib/brisk"
mkdir -p "$to/bin" "$to/lib/pkgconfig"
ln -sfn ../lib/brisk/bin/brisk "$to/bin/brisk"
for section in 1 5; do
	copy 644 "$to/share/man/man$section" "$build/share/man/man$section"/*."$section"
done

# hidden FILE: libbrisk.a as one object, in which only the symbols that the
# installed headers declare are global.
hidden() {
	tmp=$(mktemp -d)
	nm -g --defined-only "$build/libbrisk.a" 2>/dev/null | awk 'NF == 3 { print $3 }' |
	    sort -u >"$tmp/defined"
	(cd "$source" && grep -ohw '[a-z_0-9]*' $headers) | sort -u |
	    comm -12 - "$tmp/defined" >"$tmp/public"
	ld -r -o "$tmp/brisk.o" --whole-archive "$build/libbrisk.a"
	objcopy --keep-global-symbols="$tmp/public" "$tmp/brisk.o"
	rm -f "$1.new"
	ar rcs "$1.new" "$tmp/brisk.o"
	chmod 644 "$1.new"
	mv -f "$1.new" "$1"
	rm -r "$tmp"
}

# The headers meant for handlers: app.h, and what it includes.
headers=$(cd "$source" && ${CC:-cc} -MM -MT x -D_GNU_SOURCE -Ilib \
    $(pkg-config --cflags libmariadb) lib/app/app.h | tr ' \\' '\n\n' | grep '^lib/' | sort -u)
for header in $headers; do
	copy 644 "$to/include/brisk/$(basename "$(dirname "$header")")" "$source/$header"
done
mv -f "$to/include/brisk/app/app.h" "$to/include/brisk/app.h"
rmdir "$to/include/brisk/app"
hidden "$to/lib/libbrisk.a"

# There is no shared library, so what links with it needs all the others.
cat >"$to/lib/pkgconfig/brisk.pc" <<END
prefix=\${pcfiledir}/../..
libdir=\${prefix}/lib
includedir=\${prefix}/include
root=\${libdir}/brisk

Name: brisk
Description: REST backends in C behind Apache or lighttpd
Version: $version
Libs: -L\${libdir} -lbrisk $*
Cflags: -I\${includedir} -I\${includedir}/brisk
END
echo "installed in $to"
