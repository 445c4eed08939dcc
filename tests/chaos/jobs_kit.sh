# jobs_kit - an installation of its own with the program chores, for
# tests/system/jobs.sh and tests/chaos/jobs.sh.  Wants ROOT, B and suite; SET adds
# to its options.

. "$ROOT/tests/kit/kit.sh"
CC=${CC:-cc}
tmp=$(mktemp -d /tmp/brisk-jobs.XXXXXX) || exit 2
PORT=$((20000 + RANDOM % 12000)) VAR=$tmp/var
export PORT VAR BRISK_CONF=$VAR/brisk.conf
unset TEST_DB_SOCKET TEST_CACHE_SOCKET

die() {
	printf 'FAIL: %s\n%s: %d passed, %d failed\n' "$*" "$suite" "$passed" $((failed + 1))
	exit 1
}

finish() {
	trap '' INT TERM HUP
	[ ! -e "$VAR/brisk.conf" ] || B=$tmp/b "${BRISK:-build/bin/brisk}" stack stop >/dev/null 2>&1
	rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

. "$ROOT/tests/chaos/scratch_kit.sh"

# holds LABEL COMMAND...
holds() {
	local label=$1

	shift
	if "$@" >/dev/null; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAIL: %s: %s\n' "$label" "$*"
	fi
}

# For as long as a busy machine takes; false: a minute, or WAIT seconds, was not enough.
waits() {
	local i

	for ((i = 0; i < ${WAIT:-60} * 10; i++)); do
		"$@" && return
		sleep 0.1
	done
	return 1
}

sql() { mariadb --no-defaults -S "$VAR/db.sock" -u root -N brisk -e "$1"; }
brisk() { "$tmp/b/bin/brisk" "$@"; }

# queue KIND FROM COUNT [MS]: the status.
queue() {
	curl -s -m 60 -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' \
	    -d "{\"kind\":\"$1\",\"from\":$2,\"count\":$3,\"ms\":${4:-0}}" \
	    "http://127.0.0.1:$PORT/v1/chores"
}

states() { sql "SELECT CONCAT(state, ':', COUNT(*)) FROM jobs WHERE queue = 'chores' GROUP BY state ORDER BY state" | paste -sd ' '; }
is_sql() { [ "$(sql "$2")" = "$1" ]; }
is_state() { [ "$(states)" = "$1" ]; }
idle() { [ "$(sql "SELECT COUNT(*) FROM jobs WHERE queue = 'chores' AND state IN ('ready', 'running')")" = 0 ]; }
# "25 25": rows, and how many of them differ.
effects() { sql "SELECT CONCAT(COUNT(*), ' ', COUNT(DISTINCT n)) FROM chores"; }
# Of /metrics: tries of this kind that ended so.
ended() {
	curl -s -m 60 "http://127.0.0.1:$PORT/metrics" | awk -v n=0 -v row="api_jobs_total{kind=\"$1\",result=\"$2\"}" \
	    '$1 == row { n = $2 } END { print n }'
}
pids() { brisk status --json | jq -r '.workers[] | select(.program == "chores") | .pid'; }
# Nothing is left for the server to clear away meanwhile.
forget() { sql "TRUNCATE jobs; TRUNCATE dead_letters; TRUNCATE chores"; }

jobs_start() {
	scratch chores tests/chaos/jobs_program.c
	echo "shop chores /v1/chores" >>"$tmp/b/share/mounts"
	"$tmp/b/bin/chores" --openapi >"$tmp/b/share/openapi/chores.json"
	B=$tmp/b SET="rate_limit=off ${SET:-}" "${BRISK:-build/bin/brisk}" stack start >"$tmp/start" 2>&1 ||
	    die "$(cat "$tmp/start")"
	sql "CREATE TABLE chores (n INT NOT NULL)" || die "no table"
}
