#!/bin/bash
# live: answers that stay open (text/event-stream, Prefer: wait), and what becomes
# of them while programs are rolled and killed.  BASE, B, VAR.
set -u
if ! command -v python3 >/dev/null; then
	echo "live: SKIPPED, there is no python3" >&2
	echo "live: 0 passed, 0 failed, 1 skipped"
	exit 0
fi
here=$(cd "$(dirname "$0")" && pwd -P)
export B=${B:-$here/../../build}
[[ $B == /* ]] || B=$here/../../$B
export BRISK_CONF=$VAR/brisk.conf
passed=0 failed=0
tmp=$(mktemp -d /tmp/live.XXXXXX) || exit 2
cp "$BRISK_CONF" "$tmp/conf"
export LIVE_PLANT=$tmp/plant
(
	cd "$here/../../lib" && ${CC:-cc} -D_GNU_SOURCE -std=c11 -I. -Iapp -o "$LIVE_PLANT" \
	    "$here/../fakes/live_writer.c" "$B/libbrisk.a" \
	    -lm -pthread
) || exit 2

# options LINE...: of the program stream alone, from now on.
options() {
	{
		grep -v '^rate_limit' "$tmp/conf"
		printf '%s\n' "$@"
	} >"$BRISK_CONF"
	"$B/bin/brisk" restart stream >/dev/null
}

finish() {
	cmp -s "$tmp/conf" "$BRISK_CONF" || {
		cat "$tmp/conf" >"$BRISK_CONF"
		"$B/bin/brisk" restart stream >/dev/null
	}
	rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

# part FILE ARGUMENT...: its last line counts.
part() {
	python3 "$here/$1.py" "${@:2}" >"$tmp/told" 2>&1
	cat "$tmp/told"
	if [[ $(tail -n 1 "$tmp/told") =~ ^$1\.py:\ ([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		passed=$((passed + BASH_REMATCH[1]))
		failed=$((failed + BASH_REMATCH[2]))
	else
		failed=$((failed + 1))
	fi
}

part live
part live_storm 30 6
options "rate_limit = on" "streams_per_client = 3" "streams_max = 8" "limit_stream = 4/86400"
part live quotas
echo "live: $passed passed, $failed failed"
