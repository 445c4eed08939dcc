#!/bin/bash
# cache_page - every test that lib/cache/CACHE.md names is there: `unit/test_generation: words`
# is a test of tests/unit/test_generation.c or .sh that has these words.
set -u

cd "$(dirname "$0")/../.." || exit 2
passed=0 failed=0

there() {
	local file=tests/${1%%: *} words=${1#*: } ext

	for ext in c sh; do
		[ ! -e "$file.$ext" ] || ! grep -qF -- "$words" "$file.$ext" || return 0
	done
	return 1
}

while read -r name; do
	if there "$name"; then
		passed=$((passed + 1))
	else
		echo "FAIL: lib/cache/CACHE.md names $name"
		failed=$((failed + 1))
	fi
done < <(grep -oE '`(unit|db|http|system|model|chaos)/[a-z_]+: [^`]+`' lib/cache/CACHE.md | tr -d '\`')
! there "unit/test_generation: a test that is not there" || failed=$((failed + 1))

echo "cache_page: $passed passed, $failed failed"
[ $failed = 0 ] && [ $passed -gt 30 ]
