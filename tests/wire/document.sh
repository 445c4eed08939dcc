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
cd "$to" && exec node document.mjs "$BASE" "${TOKEN:-}"
