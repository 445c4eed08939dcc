#!/bin/bash
# login - do times tell which names there are, and can logins starve the rest?
# On an installation of its own; the table of login.py.
#
#	tests/bench/login.sh [SAMPLES]
set -u -o pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
tmp=$(mktemp -d /tmp/brisk-login.XXXXXX) || exit 2
VAR=$tmp/var PORT=$((20000 + RANDOM % 12000))
export VAR PORT BASE=http://127.0.0.1:$PORT

finish() {
	trap '' INT TERM HUP
	"${BRISK:-$ROOT/build/bin/brisk}" stack stop >/dev/null
	rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

SET="log_level=error limit_auth=off limit_public=off limit_write=off workers_max=8 threads=8" \
    "${BRISK:-$ROOT/build/bin/brisk}" stack start >"$tmp/start" 2>&1 || {
	cat "$tmp/start"
	exit 1
}
python3 "$ROOT/tests/bench/login.py" times "${1:-2000}" &&
    python3 "$ROOT/tests/bench/login.py" crowd 8 32
