#!/bin/sh
# The pages, in a browser, and that the documentation's need no other host.
# BASE, VAR, B.  The pictures it takes: B/pages-shots.
set -u
here=$(cd "$(dirname "$0")" && pwd)
B=${B:-build}
mkdir -p "$B/npm-pages" "$B/pages-shots"
to=$(cd "$B/npm-pages" && pwd) shots=$(cd "$B/pages-shots" && pwd)

if ! "$here/pages/install.sh" "$to"; then
	echo "SKIPPED: no node, npm, Chromium or what drives it: no page was looked at"
	echo "pages: 0 passed, 0 failed, 1 skipped"
	exit 0
fi
# Who logs in there.
name=page_$$
password="correct horse $$ battery"
echo "$password" | BRISK_CONF=$VAR/brisk.conf "$B/bin/brisk" user add --admin \
    "$name@nursery.example" "$name" >/dev/null || {
	echo "pages: 0 passed, 1 failed"
	exit 1
}
cd "$to" && exec timeout 240 node pages.mjs "$BASE" "$shots" "$name" "$password"
