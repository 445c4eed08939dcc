#!/bin/bash
# limits: quotas over HTTP, whose they are behind proxies, and pages elsewhere;
# on an installation of its own with the quotas on.
set -u

ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
B=${B:-$ROOT/build}
if ! command -v python3 >/dev/null; then
	echo "limits: SKIPPED, there is no python3" >&2
	echo "limits: 0 passed, 0 failed, 1 skipped"
	exit 0
fi
TMP=$(mktemp -d /tmp/brisk-limits.XXXXXX) || exit 1
VAR=$TMP/var
PORT=$((21000 + RANDOM % 8000))
export B VAR PORT BASE=http://127.0.0.1:$PORT
unset TOKEN
passed=0 failed=0

stack() {	# start|stop OPTIONS
	SERVER=lighttpd SET="rate_limit=on workers_min=3 workers_max=4 threads=4 ${2:-}" \
	    "${BRISK:-$ROOT/build/bin/brisk}" stack "$1" >"$TMP/$1.log" 2>&1
}

finish() {
	stack stop
	rm -rf "$TMP"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

# One part of limits.py, on an installation with these options.
part() {	# PART OPTIONS
	local line

	# What was taken before is not to be seen.
	stack stop
	rm -f "$VAR/run/limits"
	stack start "$2" || {
		cat "$TMP/start.log"
		failed=$((failed + 1))
		return
	}
	python3 "$ROOT/tests/system/limits.py" "$1" >"$TMP/told" 2>&1
	cat "$TMP/told"
	line=$(tail -n 1 "$TMP/told")
	if [[ $line =~ ^limits\.py:\ ([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		passed=$((passed + BASH_REMATCH[1]))
		failed=$((failed + BASH_REMATCH[2]))
	else
		failed=$((failed + 1))
	fi
}

# A day long, so that what a test takes does not come back while it runs.
part behind "trusted_proxies=127.0.0.0/8,10.1.0.0/16 cors_origins=https://app.example.com,http://localhost:3000 \
    limit_public=40/86400 limit_read=6/86400 limit_write=5/86400"
part direct "limit_public=7/86400 limit_write=off"

echo "limits: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
