#!/bin/sh
# What drives the browser, into $1.  Status 3: it can not be had.
set -eu
from=$(cd "$(dirname "$0")" && pwd)
to=$1

command -v node >/dev/null && command -v npm >/dev/null || exit 3
[ -x "${CHROMIUM:-/usr/bin/chromium}" ] || exit 3
mkdir -p "$to"
cp "$from"/*.mjs "$from"/*.json "$to/"
cmp -s "$from/package-lock.json" "$to/.installed" && exit 0
(cd "$to" && npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1) || {
	tail -n 3 "$to/npm.log" >&2
	exit 3
}
cp "$from/package-lock.json" "$to/.installed"
