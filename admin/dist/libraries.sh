#!/bin/sh
# libraries - what the programs of a folder load, put beside them.
#
#	admin/dist/libraries.sh FOLDER		in the root where they were built
#
# FOLDER/lib gets the libraries that FOLDER/bin/* and MariaDB's plugins load, all
# but those of glibc, which is the host's; FOLDER/lib/plugin the plugins;
# FOLDER/licences the copyright file of each package, FOLDER/LIBRARIES the list.
set -eu

to=$1
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

# The licences that a copyright file names, each once.
licences_of() {
	found=$(sed -n 's/^License: *//p' "$1" | sort -u | paste -sd, - | sed 's/,/, /g')
	echo "${found:-see licences/$2}"
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
		echo "    licence $(licences_of "/usr/share/doc/$package/copyright" "$package")"
	done
} >"$to/LIBRARIES"
rm -f "$to/packages.new"
chmod -R u+rwX,go+rX,go-w "$to/lib" "$to/licences" "$to/LIBRARIES"
