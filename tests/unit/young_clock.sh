#!/bin/bash
# young_clock - the unit tests with a monotonic clock that starts at five seconds, as
# on a machine that has just started: a time namespace shifts it (time_namespaces(7)).
set -u

cd "$(dirname "$0")/../.." || exit 2
B=${B:-build}
passed=0 failed=0
tmp=$(mktemp -d /tmp/young.XXXXXX) || exit 2
trap 'rm -rf "$tmp"' EXIT

# young COMMAND...: five seconds after the start of the machine.
young() {
	local up

	read -r up _ </proc/uptime
	unshare --user --map-root-user --time --fork --monotonic -$((${up%.*} - 5)) \
	    --boottime -$((${up%.*} - 5)) "$@"
}

if ! read -r up _ < <(young cat /proc/uptime 2>/dev/null) || [ "${up%.*}" -gt 60 ]; then
	echo "young_clock: this kernel has no time namespaces for us"
	echo "young_clock: 0 passed, 0 failed, 1 skipped"
	exit
fi
for file in tests/unit/test_*.c; do
	name=$(basename "$file" .c)
	if young "$B/unit/$name" >"$tmp/out" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "young_clock: $name: $(grep -E '^ +[0-9]+\. ' "$tmp/out" | head -n 3)"
	fi
done

echo "young_clock: $passed passed, $failed failed"
[ $failed = 0 ]
