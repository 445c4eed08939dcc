#!/bin/bash
# stampede: a thousand ask for one list that nobody has yet, while the database
# is slow: it is asked once, and all get the same.  Killed meanwhile: twice.
# B, BASE, VAR.
#
# What reaches the database is in its general log.  It is slow for as long as this
# script likes, and each step waits for what it needs: nothing here is a matter of
# time, but for the bound of a statement, which is put out of the way.
set -u -o pipefail

. "${BASH_SOURCE%/*}/../kit/kit.sh"
tmp=$(mktemp -d /tmp/stampede.XXXXXX) || exit 2
sql() { mariadb --no-defaults -S "$VAR/db.sock" -u root "$@"; }
patience() {
	sed -i '/^statement_ms/d' "$VAR/brisk.conf"
	[ -z "$1" ] || echo "statement_ms = $1" >>"$VAR/brisk.conf"
	BRISK_CONF=$VAR/brisk.conf "${B:-build}/bin/brisk" restart --all >/dev/null
}
finish() {
	release
	patience ""
	sql -e "SET GLOBAL general_log = OFF; SET GLOBAL log_output = '$output'" 2>/dev/null
	rm -rf "$tmp"
}
output=$(sql -N -e 'SELECT @@log_output')
trap finish EXIT
trap 'exit 130' INT TERM HUP

log_begins() {
	sql -e "SET GLOBAL general_log = OFF; SET GLOBAL log_output = 'TABLE';
	    TRUNCATE mysql.general_log; SET GLOBAL general_log = ON"
}

# How often a list of so many was asked for: one row more, to see if there are.
asked() {
	sql -N -e "SELECT COUNT(*) FROM mysql.general_log WHERE
	    command_type = 'Execute' AND argument LIKE '%FROM _products_ t%LIMIT $(($1 + 1))'"
}

# until_true COMMAND...: 60 s are far more than it takes.
until_true() {
	local i

	for ((i = 0; i < 1200; i++)); do
		! "$@" || return 0
		sleep 0.05
	done
	wrong "waited in vain" "$*"
	return 1
}

# As long as the table is locked every query for it waits.
holder() {
	sql -N -e "SELECT id FROM information_schema.processlist WHERE info = 'DO SLEEP(300)'"
}
is_held() { [ -n "$(holder)" ]; }
hold() {
	sql brisk -e "LOCK TABLES products WRITE, stock WRITE; DO SLEEP(300)" 2>/dev/null &
	held=$!
	until_true is_held
}
release() {
	local id

	id=$(holder 2>/dev/null)
	[ -z "$id" ] || sql -e "KILL $id"
}

# A word of the file is 0, or the pid of who makes an answer in its low 22 bits.
makers() {
	local pid

	tail -c +17 "$VAR/run/fill" | od -An -v -t u8 -w16 |
	    awk '$1 > 0 { print $1 % 4194304 }' | sort -u |
	    while read -r pid; do
		[ ! -d "/proc/$pid" ] || echo "$pid"
	done
}
is_made() { [ -n "$(makers)" ]; }

# crowd URL PROCESSES: 250 requests each, all at the same time.
crowd() {
	local i pids=

	rm -rf "$tmp"/[0-9]*
	for ((i = 0; i < $2; i++)); do
		mkdir "$tmp/$i"
		printf "url = \"$1\"\noutput = \"$tmp/$i/%d\"\n" {1..250} >"$tmp/$i.conf"
		curl -sS -Z --parallel-immediate --parallel-max 250 -m 120 -K "$tmp/$i.conf" \
		    -w '%{http_code}\n' >"$tmp/$i/codes" 2>"$tmp/$i/errors" &
		pids="$pids $!"
	done
	until_true is_made
	[ -z "${meanwhile-}" ] || "$meanwhile"
	sleep 0.5			# so that there are many: nothing hangs on it
	release
	wait $pids "$held"
	codes=$(cat "$tmp"/*/codes | sort | uniq -c | awk '{ print $2 "x" $1 }' | paste -sd' ')
	answers=$(find "$tmp" -regex '.*/[0-9]+/[0-9]+' -size +0 -print0 |
	    xargs -0 grep -lZ '"items"' | xargs -0 md5sum | cut -d' ' -f1 | sort -u | wc -l)
}

# What an earlier run left does not count.
BRISK_CONF=$VAR/brisk.conf "${B:-build}/bin/brisk" cache purge || wrong "purge" "failed"

patience 60000 || wrong "statement_ms" "not set"

# --- one query ------------------------------------------------------------------
log_begins
hold
crowd "$BASE/v1/products?limit=83" 4
is "a thousand at once: answered" "$codes" "200x1000"
is "a thousand at once: all the same" "$answers" 1
is "a thousand at once: queries" "$(asked 83)" 1

# --- its maker is killed ----------------------------------------------------------
is_taken_over() { is_made && [ "$(makers)" != "$maker" ]; }
kill_maker() {
	maker=$(makers)
	kill -s KILL $maker
	until_true is_taken_over
}
log_begins
hold
meanwhile=kill_maker
crowd "$BASE/v1/products?limit=84" 2
[[ $maker =~ ^[0-9]+$ ]] && ok || wrong "killed: one makes it" "$maker"
answered=$(sed -n 's/.*200x\([0-9]*\).*/\1/p' <<<"$codes")
[ "${answered:-0}" -ge 490 ] && ok || wrong "killed: answered" "$codes"
is "killed: all the same" "$answers" 1
is "killed: queries" "$(asked 84)" 2

# --- what can not be kept is made by each -----------------------------------------
hold
meanwhile=
crowd "$BASE/v1/products/00000000-0000-7000-8000-000000000000" 1
is "not found: answered" "$codes" "404x250"

tally
