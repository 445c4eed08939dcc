#!/bin/bash
# rehearse - planted regressions and rolls of the same program under writes, as
# tests/system/rehearse.sh, with many rolls and a program that hangs.
#
#	tests/chaos/rehearse.sh		B; ROLLS (100)
#
# Against an installation of its own.
set -u -o pipefail

root=$(cd "$(dirname "$0")/../.." && pwd -P)
B=${B:-build}
[[ $B == /* ]] || B=$root/$B
cd "$root" || exit 2

stores=$(mktemp -d /tmp/brisk.XXXXXX) || exit 2
export B VAR=$stores/var ROLLS=${ROLLS:-100} HANGS=1
cleanup() {
	"${BRISK:-build/bin/brisk}" stack stop
	rm -rf "$stores"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

PORT=$((20000 + RANDOM % 12000)) SET=rate_limit=off "${BRISK:-build/bin/brisk}" stack start >"$stores/start" 2>&1 || {
	cat "$stores/start"
	echo "rehearse: 0 passed, 1 failed"
	exit 1
}
tests/system/rehearse.sh
