#!/bin/sh
# Do the answers agree with the document?  BASE, TOKEN, B.
set -u
here=$(cd "$(dirname "$0")" && pwd)
to=${B:-build}/npm

if ! "$here/openapi/install.sh" "$to"; then
	echo "SKIPPED: node, npm or its packages can not be had: no answer is compared"
	echo "document: 0 passed, 0 failed, 1 skipped"
	exit 0
fi

# A token of somebody who may ask for everything.
export BRISK_CONF="$VAR/brisk.conf"
name=d$$_$(date +%s)
id=$(echo "violet-tractor-anthem-52" | "$B/bin/brisk" user add "$name@example.org" "$name") &&
    TOKEN=$("$B/bin/brisk" token --sub "$id" --scope \
    "users:read users:write users:admin products:write orders:read orders:write \
    ledger:read ledger:write payments:write ops:read ops:admin")
cd "$to" && exec node document.mjs "$BASE" "${TOKEN:-}"
