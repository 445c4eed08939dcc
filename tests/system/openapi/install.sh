#!/bin/sh
# The tools that judge the document, into $1.  Status 3: they can not be had.
set -eu
from=$(cd "$(dirname "$0")" && pwd)
to=$1

command -v node >/dev/null && command -v npm >/dev/null || exit 3
mkdir -p "$to"
exec 9>"$to/.lock"
flock 9 2>/dev/null || :
cp "$from"/*.mjs "$from"/*.ts "$from"/*.json "$to/"
cmp -s "$from/package-lock.json" "$to/.installed" && exit 0
(cd "$to" && npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1) || {
	tail -n 3 "$to/npm.log" >&2
	exit 3
}
cp "$from/package-lock.json" "$to/.installed"
