#!/bin/sh
# dist - build a tarball that runs on hosts where only a web server is installed.
#
#	admin/build/dist/dist.sh BUILD VERSION	writes BUILD/brisk-VERSION-linux-ARCH.tar.gz
#
# It is built in a root of Debian 11, the oldest supported system, which is kept in
# BUILD/dist-root.  It needs root, or sudo without a password.
set -eu

if [ "$(id -u)" != 0 ]; then
	sudo -n true 2>/dev/null || {
		echo "dist: building in a root of Debian 11 needs root; please run" >&2
		echo "    sudo make dist" >&2
		exit 1
	}
	exec sudo -n "$0" "$@"
fi

source=$(cd "$(dirname "$0")/../../.." && pwd -P)
mkdir -p "$1"
build=$(cd "$1" && pwd -P) version=$2
root=$build/dist-root/bullseye
name=brisk-$version-linux-$(uname -m)

"$source/admin/build/dist/root.sh" bullseye "$root" libcunit1-dev \
    $("$source/admin/build/packages.sh" --list build)

rm -rf "$root/src" "$root/out"
mkdir -p "$root/src" "$root/out"
(cd "$source" && cp -a Makefile LICENSE CHANGELOG.md lib handlers admin migrations \
    lighttpd apache doc "$root/src/")
mkdir -p "$root/src/tests" && cp -a "$source/tests/unit" "$root/src/tests/"

# gcc 10 has warnings that later versions lack, so they are not errors here.
cat >"$root/src/dist" <<'END'
set -eu
cd /src
rm -rf /b/share /b/bin
make -j2 B=/b WARN="-std=c11 -Wall" \
    LDFLAGS="-Wl,--disable-new-dtags '-Wl,-rpath,\$\$ORIGIN/.htlib:\$\$ORIGIN/../lib'" all
admin/build/install.sh --root /b /out/brisk
# Tests of code that depends on the version of OpenSSL.
for t in crypto crypto_key token password; do
	[ ! -e tests/unit/test_$t.c ] || {
		make B=/b WARN="-std=c11 -Wall" /b/unit/test_$t
		/b/unit/test_$t
	}
done
strip /out/brisk/bin/*
admin/build/dist/libraries.sh /out/brisk
END
echo "building in Debian 11"
chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C sh /src/dist \
    >"$build/dist.log" 2>&1 || { tail -n 20 "$build/dist.log" >&2; exit 1; }

"$source/admin/build/pages.sh" "$root/out/brisk/share/pages"	# npm may be installed here
# If it is unpacked into a web folder by mistake, Apache serves none of it.
echo "Require all denied" >"$root/out/brisk/.htaccess"
cp "$source/LICENSE" "$source/apache/INSTALL.md" "$root/out/brisk/"
tar -C "$root/out" --owner=0 --group=0 --numeric-owner --sort=name -czf \
    "$build/$name.tar.gz.new" brisk
mv "$build/$name.tar.gz.new" "$build/$name.tar.gz"
rm -rf "$root/src" "$root/out"
ls -l "$build/$name.tar.gz" | awk '{ printf "%s: %.1f MB\n", $NF, $5 / 1e6 }'
