#!/bin/sh
# libraries - what the programs of a folder load, put beside them.
#
#	admin/build/dist/libraries.sh FOLDER		in the root where they were built
#
# FOLDER/lib gets the libraries that FOLDER/bin/* and MariaDB's plugins load, all
# but those of glibc, which is the host's; FOLDER/lib/plugin the plugins;
# FOLDER/licences the copyright file of each package, and the texts that those lead
# to; FOLDER/LIBRARIES the list.
set -eu

to=$1
here=$(cd "$(dirname "$0")" && pwd -P)
mkdir -p "$to/lib/plugin" "$to/licences"
cp /usr/lib/*/libmariadb3/plugin/*.so "$to/lib/plugin"

# The package that a file came with; /lib may be a link to /usr/lib.
package_of() {
	for path in "$1" "$(realpath "$1")" "${1#/usr}" "/usr$1"; do
		dpkg-query -S "$path" 2>/dev/null | sed -n '1s/:.*//p' | grep . && return
	done
	echo "libraries: no package of $1" >&2
	exit 1
}

# The licences of a package, each once: what its copyright file names, else the
# table of this folder.
licences_of() {
	found=$(sed -n 's/^License: *//p' "/usr/share/doc/$1/copyright" | sort -u |
	    paste -sd, - | sed 's/,/, /g')
	[ -z "$found" ] || { echo "$found"; return; }
	grep -v '^#' "$here/licences" | while read -r pattern licence; do
		case $1 in
		$pattern) echo "$licence"; return ;;
		esac
	done | grep . || {
		echo "libraries: the licence of $1 is to be told in admin/build/dist/licences" >&2
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
	echo "The parts of others that are carried along: package, version, licences"
	echo "(in full in licences/), and the source package, which Debian keeps:"
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
