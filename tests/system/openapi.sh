#!/bin/bash
# The document: by an independent validator, by rules of our own, and by a
# client that is generated from it, compiled and run.  BASE, TOKEN, B.
set -u
here=$(cd "$(dirname "$0")" && pwd)
to=${B:-build}/npm
. "${BASH_SOURCE%/*}/../kit/kit.sh"

tell() {
	tally
	exit
}

# Shows what a program of ours tells, and counts its last line.
run() {
	"$@" >"$to/told" 2>&1
	sed '$d' "$to/told"
	last=$(tail -n 1 "$to/told")
	numbers=$(echo "$last" |
	    sed -n 's/^.*: \([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p')
	if [ -z "$numbers" ]; then
		echo "$last"
		wrong "$1 $2 did not come to its end"
		return
	fi
	# shellcheck disable=SC2086
	set -- $numbers
	passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

mkdir -p "$to"
to=$(cd "$to" && pwd)
if curl -fsS "$BASE/openapi.json" -o "$to/openapi.json"; then
	ok
else
	wrong "GET $BASE/openapi.json"
	tell
fi
if ! "$here/openapi/install.sh" "$to"; then
	skip "node, npm or its packages can not be had: no validator, no rules"
	skip "and no TypeScript client"
	if python3 -c 'import jsonschema' 2>/dev/null; then
		run python3 "$here/openapi/check.py" "$to/openapi.json"
	fi
	tell
fi
cd "$to" || exit 2
run node check.mjs openapi.json
if node node_modules/openapi-typescript/bin/cli.js openapi.json -o api.d.ts \
    --default-non-nullable=false >types.log 2>&1; then
	ok
else
	cat types.log
	wrong "no types could be made"
	tell
fi
rm -rf out
if node node_modules/typescript/bin/tsc -p . ; then
	ok
else
	wrong "the client does not compile"
	tell
fi
run node out/client.js "$BASE" "${TOKEN:-}"
tell
