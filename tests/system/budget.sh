#!/bin/bash
# budget: 40 threads in 10 workers of two programs share 10 connections: never
# more of them, every request is answered, both programs get on.
set -u

HERE=$(cd "$(dirname "$0")" && pwd -P)
ROOT=$(cd "$HERE/../.." && pwd -P)
B=${B:-$ROOT/build}
TMP=$(mktemp -d /tmp/brisk-budget.XXXXXX) || exit 1
PORT=$((21000 + RANDOM % 8000))
. "${BASH_SOURCE%/*}/../kit/kit.sh"

stack() {	# start|stop BUDGET
	B=$B VAR=$TMP/var PORT=$PORT SERVER=lighttpd \
	    SET="rate_limit=off cache_socket= cache_lru_bytes=0 threads=4 workers_min=5 workers_max=5 \
	    database_connections=$2 database_wait_ms=10000" \
	    "${BRISK:-$ROOT/build/bin/brisk}" stack "$1" >"$TMP/$1.log" 2>&1
}

finish() {
	stack stop 0
	rm -rf "$TMP"
}
trap finish EXIT

sql() {
	mariadb --no-defaults -S "$TMP/var/db.sock" -u root -N -e "$1"
}

look() {
	sql "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER='brisk'"
}

# A connection that ended a moment ago may still be listed: look twice.
connections() {
	local n

	n=$(look)
	[ "$n" -le 10 ] || { sleep 0.05; n=$(look); }
	echo "$n"
}

# How often the server itself, which takes 10 of us, had to say no.
refusals() {
	grep -c 'too many connections' "$TMP/var/log/handlers.log"
}

# 600 requests, 40 at a time; prints each status.
load() {
	local url="http://127.0.0.1:$PORT$1?limit=[1-100]"

	curl -s -Z --parallel-max 40 -w '%{http_code}\n' $(for _ in 1 2 3 4 5 6; do
		printf -- '-o /dev/null %s ' "$url"
	done) >"$TMP/$2" 2>/dev/null
}

# Both programs under load; the most connections that were seen.
measure() {	# BUDGET
	local one two

	stack start "$1" || {
		cat "$TMP/start.log"
		exit 1
	}
	sql "ALTER USER brisk@localhost WITH MAX_USER_CONNECTIONS 10"
	: >"$TMP/seen"
	load /v1/products products &
	one=$!
	load /v1/categories categories &
	two=$!
	while kill -0 $one 2>/dev/null || kill -0 $two 2>/dev/null; do
		connections >>"$TMP/seen"
	done
	wait $one $two
	most=$(sort -n "$TMP/seen" | tail -n 1)
}

measure 10
check "never more than the budget" test "$most" -le 10
check "and the budget is used" test "$most" -ge 5
check "it was looked at" test "$(wc -l <"$TMP/seen")" -ge 3
for name in products categories; do
	check "$name: every request is answered" test "$(grep -c '^200$' "$TMP/$name")" -eq 600
done
check "the server never had to refuse" test "$(refusals)" -eq 0
measure 0
check "mutant: without a budget it has to" test "$(refusals)" -gt 0
tally
