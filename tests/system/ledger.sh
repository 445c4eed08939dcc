#!/bin/bash
# ledger: random transactions on twenty accounts while workers are killed; then
# the invariants of tests/chaos/check_ledger.sql, sampled during all this too, and
# proof that each of its queries finds what it looks for.  B, BASE, VAR,
# TEST_DB_SOCKET.
set -u -o pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
B=${B:-$ROOT/build}
[[ $B == /* ]] || B=$ROOT/$B
tmp=$(mktemp -d /tmp/brisk.XXXXXX) || exit 2
. "${BASH_SOURCE%/*}/../kit/kit.sh"
export BRISK_CONF=$VAR/brisk.conf ACCEPTED=$tmp/accepted
trap 'trap "" INT TERM HUP; kill $(jobs -p) 2>/dev/null; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM HUP

sql() { mariadb --no-defaults -S "$TEST_DB_SOCKET" -u root "$@"; }
. "$ROOT/tests/chaos/check_kit.sh"

# All that can be asked without the records of the chaos harness.
awk '/^-- [A-Z][0-9]+[.]/ { out = $2 == "L5.told" || $2 == "L5.doubled" } !out' \
    "$ROOT/tests/chaos/check_ledger.sql" >"$tmp/check_ledger.sql"
cp "$ROOT/tests/chaos/fault_ledger.sql" "$tmp/"
for word in L1.sum L2.sums L2.pending L2.balance L3.now L6.total; do
	echo "-- $word"
	check_part $word "$tmp/check_ledger.sql"
done >"$tmp/quick.sql"

# One consistent read of everything.
sample() {
	check_begin="$check_begin SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ;
	    START TRANSACTION WITH CONSISTENT SNAPSHOT;" check_run "$tmp/quick.sql"
}

workers() {
	local pid

	for pid in $(grep -lzxF -- --worker /proc/[0-9]*/cmdline 2>/dev/null | cut -d/ -f3); do
		[ "$(readlink "/proc/$pid/exe")" = "$B/bin/$1" ] &&
		    grep -zqxF "BRISK_STACK=$VAR" "/proc/$pid/environ" && echo "$pid"
	done 2>/dev/null
}

# A line for each that was.
kill_on() {
	local pid

	while sleep 0.4; do
		pid=$(workers transactions | shuf -n 1)
		[ -z "$pid" ] || ! kill -KILL "$pid" 2>/dev/null || echo "$pid"
	done
}

waiting() { sql -N brisk -e "SELECT COUNT(*) FROM transactions WHERE status = 'queued'"; }

# Every accepted one, by its id, came to an end.
all_ended() {
	{
		echo "CREATE TEMPORARY TABLE told (id CHAR(36));"
		sed "s/.*/INSERT INTO told VALUES ('&');/" "$ACCEPTED"
		echo "SELECT told.id, t.status FROM told LEFT JOIN transactions t
		    ON t.id = UNHEX(REPLACE(told.id, '-', ''))
		    WHERE t.id IS NULL OR t.status = 'queued' OR
			(t.status = 'pending' AND t.kind <> 'pending');"
	} | sql -N brisk >"$tmp/lost" && [ ! -s "$tmp/lost" ] || { head -5 "$tmp/lost"; return 1; }
}

# Nothing that serves changes an entry.
entries_stay() {
	"$B/bin/brisk" grants >"$tmp/grants" && grep -q 'INSERT.*`entries`' "$tmp/grants" &&
	    ! grep -E '(UPDATE|DELETE).*`entries`' "$tmp/grants"
}

TOKEN=$("$B/bin/brisk" token --scope "ledger:read ledger:write" | awk '{ print $NF }')
export TOKEN
samples=0
python3 "$ROOT/tests/system/ledger.py" "${MAX_SECONDS:-6}" 20 >"$tmp/load" 2>&1 &
load=$!
kill_on >"$tmp/kills" &
killer=$!
while kill -0 $load 2>/dev/null; do
	sleep 0.2
	samples=$((samples + 1))
	check "sample $samples" sample
done
wait $load
kill $killer
kills=$(wc -l <"$tmp/kills")
read -r accepted odd < <(tail -n 1 "$tmp/load")
check "some are accepted, none in another way" test "${accepted:-0}" -gt 20 -a "${odd:-1}" = 0
[ "${odd:-1}" = 0 ] || head -5 "$tmp/load"
check "workers were killed" test "$kills" -gt 0
for ((i = 0; i < 600; i++)); do
	[ "$(waiting)" != 0 ] || break
	sleep 0.2
done
check "nothing is left in the queue" test "$(waiting)" = 0
check "what was accepted came to an end" all_ended
check "all of it, when all is done" check_run "$tmp/check_ledger.sql"
check "nothing was given up" test -z "$(sql -N brisk -e "SELECT last_error FROM dead_letters WHERE queue = 'transactions'")"
check "entries are only added" entries_stay
check "each query finds what is planted" check_plants "$tmp/check_ledger.sql"
passed=$((passed + check_planted))
echo "ledger: $accepted accepted, $kills kills, $samples samples"

tally
