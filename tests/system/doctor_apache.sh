#!/bin/bash
# doctor_apache: what `brisk doctor` finds behind a real Apache with mod_fcgid and
# .htaccess, as a host sets it up: its limit on bodies, what is missing in .htaccess.
# B.
#
# An installation of its own, from a copy of the tree.
set -u -o pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
B=${B:-$root/build}
[[ $B == /* ]] || B=$root/$B
. "${BASH_SOURCE%/*}/../kit/kit.sh"
tmp=$(mktemp -d /tmp/doctor.XXXXXX) || exit 2
if ! command -v apache2 >/dev/null || [ ! -e /usr/lib/apache2/modules/mod_fcgid.so ]; then
	echo "doctor_apache: SKIPPED: no Apache with mod_fcgid here"
	rm -rf "$tmp"
	echo "doctor_apache: 0 passed, 0 failed, 1 skipped"
	exit 0
fi

tidy() {
	VAR=$tmp/var "$tmp/tree/build/bin/brisk" stack stop >/dev/null 2>&1
	rm -rf "$tmp"
}
trap tidy EXIT
trap 'exit 130' INT TERM HUP

doctor() { BRISK_CONF=${conf:-$tmp/var/brisk.conf} "$B/bin/brisk" doctor --only "$@" 2>&1; }
clean() {
	local out

	out=$(doctor "$1") && [[ $out == "ok "* && $out != *$'\n'* ]] && ok || wrong "$1: clean" "$out"
}
# finds CHECK TEXT CURE
finds() {
	local out status

	out=$(doctor "$1")
	status=$?
	[ $status = 1 ] && [[ $out == "wrong "*"$2"*"-> "*"$3"* ]] && ok || wrong "$1: $2" "status $status: $out"
}

mkdir "$tmp/tree" && cp -r "$root"/{admin,apache,lighttpd,migrations} "$tmp/tree/"
mkdir -p "$tmp/tree/build/bin" && cp "$B/bin/brisk" "$tmp/tree/build/bin/"
# A host that has raised nothing.
sed -i '/^FcgidMaxRequestLen/d' "$tmp/tree/apache/fcgid.conf"
if ! env -u SET VAR="$tmp/var" PORT="$(free_port)" SERVER=apache B="$B" \
    "$tmp/tree/build/bin/brisk" stack start >"$tmp/start" 2>&1; then
	wrong "starts" "$(tail -n 5 "$tmp/start")"
	tally
	exit 1
fi
for check in running web routing authorization private-files etag web-clock; do
	clean $check
done
finds bodies "a body of 135168 bytes does not reach a program: 500" "FcgidMaxRequestLen"

# .htaccess is read at each request.
file=$tmp/var/www/.htaccess
cp "$file" "$tmp/kept"
sed -i '/^CGIPassAuth/d' "$file"
finds authorization "no token reaches a program" "CGIPassAuth On"
cp "$tmp/kept" "$file"
sed -i '/RewriteRule.*categories/d' "$file"
finds routing "/v1/categories reaches another program, not categories" "write the routing again"
cp "$tmp/kept" "$file"
clean routing
echo 'DirectoryIndex disabled' >>"$file"	# an account may not say that
finds web "the web server itself answers 500" "own log"
cp "$tmp/kept" "$file"

# A configuration in the folder of the web: what routes all that is there hides it.
cp "$tmp/var/brisk.conf" "$tmp/var/www/brisk.conf" && chmod 644 "$tmp/var/www/brisk.conf"
conf=$tmp/var/www/brisk.conf clean private-files
grep -vE '^Rewrite' "$tmp/kept" >"$file"
cat >>"$file" <<'END'
RewriteEngine On
RewriteBase /
RewriteCond "%{REQUEST_FILENAME}" "!-f"
RewriteRule "^" "docs.fcgi" [END]
END
conf=$tmp/var/www/brisk.conf finds private-files "brisk.conf is public" "move it out"
rm "$tmp/var/www/brisk.conf"
cp "$tmp/kept" "$file"
clean private-files

tally
