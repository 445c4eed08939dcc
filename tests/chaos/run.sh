#!/bin/bash
# run - `make chaos`: every script of this folder in turn, each against an
# installation of its own, and a table of what came out.
#
#	tests/chaos/run.sh [NAME ...]	all, but kits that others include
#
# The last line of each is "NAME: N passed, N failed[, N skipped]"; its whole
# output is in $B/chaos/NAME.log.  B, PORT and more as each script says.
set -u -o pipefail

HERE=$(cd "$(dirname "$0")" && pwd -P)
cd "$HERE/../.." || exit 2
B=${B:-build}
[[ $B == /* ]] || B=$PWD/$B
export B
unset VAR
mkdir -p "$B/chaos"
passed=0 failed=0 skipped=0 table=()

wanted() {
	local file

	[ $# = 0 ] || { printf '%s\n' "$@"; return; }
	for file in "$HERE"/*.sh; do
		case $(basename "$file" .sh) in
		run | *_kit) ;;
		*) basename "$file" .sh ;;
		esac
	done
}

# What it tells is shown as it is told; its last line counts.
one() {
	local name=$1 began=$SECONDS status last row

	echo "=== $name"
	"$HERE/$name.sh" 2>&1 | tee "$B/chaos/$name.log"
	status=$?
	last=$(tail -n 1 "$B/chaos/$name.log")
	if [[ $last =~ ^[a-z_]+:\ ([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)?$ ]]; then
		row=("${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" "${BASH_REMATCH[4]:-0}")
	else
		echo "FAIL: $name ended with status $status and no count"
		row=(0 1 0)
	fi
	[ $status = 0 ] || [ "${row[1]}" != 0 ] || row[1]=1
	passed=$((passed + row[0])) failed=$((failed + row[1])) skipped=$((skipped + row[2]))
	table+=("$(printf '%-16s %7s %7s %8s %6s s' "$name" "${row[@]}" $((SECONDS - began)))")
}

for name in $(wanted "$@"); do
	[ -x "$HERE/$name.sh" ] || { echo "chaos: no $name.sh" >&2; exit 2; }
	one "$name"
done
printf '\n%-16s %7s %7s %8s\n' "" passed failed skipped
printf '%s\n' "${table[@]}"
printf 'chaos: %d passed, %d failed' $passed $failed
[ $skipped = 0 ] || printf ', %d skipped' $skipped
echo
[ $failed = 0 ] && [ $passed != 0 ]
