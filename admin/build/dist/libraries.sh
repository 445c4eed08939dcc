#!/bin/sh
# libraries - copy the shared libraries of the programs of a folder into it.
#
#	admin/build/dist/libraries.sh FOLDER		in the root where they were built
#
# FOLDER/lib gets the libraries that FOLDER/bin/* and MariaDB's plugins load, except
# glibc, which the host provides; FOLDER/lib/plugin the plugins; FOLDER/licences the
# copyright file of each package and the licence texts; FOLDER/LIBRARIES the list.
set -eu

to=$1
here=$(cd "$(dirname "$0")" && pwd -P)
mkdir -p "$to/lib/plugin" "$to/licences"
cp /usr/lib/*/libmariadb3/plugin/*.so "$to/lib/plugin"

# package_of FILE: the package of a file; /lib may be a link to /usr/lib.
package_of() {
	for path in "$1" "$(realpath "$1")" "${1#/usr}" "/usr$1"; do
		dpkg-query -S "$path" 2>/dev/null | sed -n '1s/:.*//p' | grep . && return
	done
	echo "libraries: no package of $1" >&2
	exit 1
}

# licences_of PACKAGE: its licences, from its copyright file or from the table `licences`.
licences_of() {
	found=$(sed -n 's/^License: *//p' "/usr/share/doc/$1/copyright" | sort -u |
	    paste -sd, - | sed 's/,/, /g')
	[ -z "$found" ] || { echo "$found"; return; }
	grep -v '^#' "$here/licences" | while read -r pattern licence; do
		case $1 in
		$pattern) echo "$licence"; return ;;
		esac
	done | grep . || {
		echo "libraries: add the licence of $1 to admin/build/dist/licences" >&2
		exit 1
	}
}

note() {
	grep -qx "$1" "$to/packages.new" 2>/dev/null || echo "$1" >>"$to/packages.new"
}

ldd "$to"/bin/* "$to"/lib/plugin/*.so | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p' | sort -u |
while read -r library; do
	case $library in
	"$to"/*) continue ;;
	esac
	package=$(package_of "$library")
	[ "$package" != libc6 ] || continue
	cp -L "$library" "$to/lib/"
	note "$package"
done
note "$(package_of "$(echo /usr/lib/*/libmariadb3/plugin/dialog.so)")"

{
	echo "Included third-party libraries: package, version, licences (full texts in"
	echo "licences/), and the source package, available from Debian with"
	echo "apt-get source NAME=VERSION."
	echo
	sort "$to/packages.new" | while read -r package; do
		cp "/usr/share/doc/$package/copyright" "$to/licences/$package"
		dpkg-query -W -f '${Package} ${Version}\n' "$package" | head -n 1
		echo "    source $(dpkg-query -W \
		    -f '${source:Package} ${source:Version}\n' "$package" | head -n 1)"
		licence=$(licences_of "$package")
		echo "    licence $licence"
	done
} >"$to/LIBRARIES"
rm -f "$to/packages.new"
cp -RL /usr/share/common-licenses "$to/licences/common-licenses"
chmod -R u+rwX,go+rX,go-w "$to/lib" "$to/licences" "$to/LIBRARIES"
