#!/bin/sh
# web - fill the web folder of an account whose Apache obeys .htaccess: the programs, each
# as NAME.fcgi, and the routing in .htaccess.
#
#	admin/share/web.sh FOLDER		mod_fcgid starts the programs
#	admin/share/web.sh --proxy FOLDER	the programs run already (brisk start --all),
#						and mod_proxy_fcgi uses their sockets
#
# B is the build folder (build), BRISK_CONF the file of options.  The programs of
# `services` are installed below the path of `base_url`.  A second run replaces programs
# without losing a request.
set -eu

form=htaccess
[ "${1:-}" != --proxy ] || { form=htaccess-proxy; shift; }
[ $# = 1 ] && [ -f "${BRISK_CONF:-}" ] || {
	echo "usage: BRISK_CONF=FILE web.sh [--proxy] FOLDER" >&2
	exit 2
}
root=$(cd "$(dirname "$0")/../.." && pwd -P)
B=${B:-$root/build}
to=$1
conf=$(cd "$(dirname "$BRISK_CONF")" && pwd -P)/$(basename "$BRISK_CONF")

# put FILE AS MODE: replace a file atomically, unless it is unchanged.
put() {
	cmp -s "$1" "$to/$2" && return
	cp "$1" "$to/.ht.new"
	chmod "$3" "$to/.ht.new"
	mv "$to/.ht.new" "$to/$2"
}

# The value of an option.
option() {
	"$B/bin/brisk" conf | sed -n "s/^$1  *\(.*\)  \[.*/\1/p" | sed 's/^(empty)$//'
}

services="core $(option services)"
base=$(option base_url | sed 's|^[a-z]*://[^/]*||')
run=$(option run_dir)
body=$(option max_body)
mkdir -p "$to/errors"
chmod 755 "$to/errors"
on() { awk -v on="$services" "$@"; }

names=$(on -f "$root/admin/share/enabled.awk" "$B/share/mounts" | cut -d' ' -f2)
while read -r _ name _; do
	case " $(echo $names) " in
	*" $name "*) put "$B/bin/$name" "$name.fcgi" 755 ;;
	*) rm -f "$to/$name.fcgi" ;;
	esac
done <"$B/share/mounts"
for page in "$B"/share/errors/*; do
	put "$page" "errors/$(basename "$page")" 644
done
put "$root/apache/htaccess-errors" errors/.htaccess 644
put "$B/share/www/index.html" index.html 644
ln -sfn "$conf" "$to/.htbrisk.conf"
ln -sfn "$(cd "$B/share" && pwd -P)" "$to/.htshare"
[ ! -e "$root/lib/plugin" ] || ln -sfn "$root/lib" "$to/.htlib"

text=$(mktemp)
trap 'rm -f "$text"' EXIT
{
	cat "$root/apache/htaccess"
	on -v RS= -v ORS='\n\n' -f "$root/admin/share/enabled.awk" "$B/share/$form-mounts.conf"
} | sed -e "s|@BASE@|$base|" -e "s|@RUN@|$run|" \
    -e "s|@BODY@|$((body + body / 4))|" >"$text"
put "$text" .htaccess 644
"$B/bin/brisk" openapi --install
