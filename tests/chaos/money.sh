#!/bin/bash
# money - is money or stock ever lost or doubled?  Buyers, who fill carts, check
# out, pay, cancel and get their money back, and transfers between accounts that
# all want at once, each write repeated with its key until it is answered; while
# workers, programs and MariaDB are killed, programs rolled, connections cut and
# memcached stopped.  Then queries (check_*.sql) compare the tables with each
# other and with what the clients were told.
#
#	tests/chaos/money.sh [quick]
#
# MAX_SECONDS (90) of the load, CLIENTS (64), BUYERS (500) for 100 pieces; PARTS
# ("sold key cart refunds wallet load"); MUTANTS (faults of money_shim.c that must be
# caught; "" none); DB_KILLS (2), CACHE_STOP (20) seconds; ORDER_SECONDS (10) until
# an order expires.  quick: a few seconds, without kills and mutants.  B as for make.
# KEEP=1 leaves the installation's folder.
#
# The last line is "money: N passed, N failed[, N skipped]".
set -u -o pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
cd "$ROOT" || exit 2
B=${B:-build} CC=${CC:-cc}
[[ $B == /* ]] || B=$ROOT/$B
quick=
[ "${1:-}" != quick ] || quick=1
tmp=$(mktemp -d /tmp/brisk-money.XXXXXX) || exit 2
. tests/kit/kit.sh
VAR=$tmp/var PORT=$((20000 + RANDOM % 12000)) SERVICES="shop ledger"
export B VAR PORT SERVICES BASE=http://127.0.0.1:$PORT RECORDS=$tmp/records PEOPLE=$tmp/people
if [ -n "$quick" ]; then
	export CLIENTS=${CLIENTS:-32} BUYERS=${BUYERS:-110} MAX_SECONDS=${MAX_SECONDS:-5}
	export ATTACKS=${ATTACKS:-0} LEAVE=${LEAVE:-0}
	mutants=${MUTANTS-}
else
	export CLIENTS=${CLIENTS:-64} BUYERS=${BUYERS:-500} MAX_SECONDS=${MAX_SECONDS:-90}
	mutants=${MUTANTS-no_guard one_piece no_key no_job no_lock no_rest one_cent}
fi
export ORDER_SECONDS=${ORDER_SECONDS:-10}
parts=${PARTS-sold key cart refunds wallet load}
checks=(tests/chaos/check_*.sql)
loops=()
mkdir -p "$RECORDS"

. tests/chaos/check_kit.sh
. tests/chaos/scratch_kit.sh

right() { passed=$((passed + 1)); }

sql() { mariadb --no-defaults --default-character-set=utf8mb4 --local-infile=1 -S "$VAR/db.sock" -u root "$@"; }

finish() {
	local pid

	trap '' INT TERM HUP PIPE
	for pid in "${loops[@]}"; do
		kill "$pid" 2>/dev/null
	done
	[ ! -e "$VAR/brisk.conf" ] || B=$tmp/b "${BRISK:-build/bin/brisk}" stack stop >"$tmp/stop" 2>&1 || cat "$tmp/stop"
	[ -n "${KEEP:-}" ] || rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

end() {
	[ -z "${KEEP:-}" ] || echo "kept: $tmp"
	if [ $failed != 0 ] && [ -d "$VAR/log" ]; then
		rm -rf "$B/money-log"
		cp -r "$VAR/log" "$B/money-log" && cp "$RECORDS"/* "$B/money-log/" 2>/dev/null
		echo "logs and records: $B/money-log"
	fi
	tally
	exit
}

die() {
	wrong "$*"
	end
}

build() {
	local flags

	scratch_copy
	preload "$tmp/shim.so"
	flags="$(of_make CPPFLAGS) $(of_make WARN) $(of_make CFLAGS)"
	flags=${flags//-MMD -MP/}
	$CC $flags -o "$tmp/money" tests/chaos/money{,_client,_buyer,_ledger,_fixed}.c \
	    tests/chaos/{http,hand}.c -lcurl -ljson-c 2>>"$tmp/make" &&
	    $CC $flags -shared -fPIC -o "$tmp/shim.so" tests/chaos/money_shim.c -ldl 2>>"$tmp/make"
}

token() { BRISK_CONF=$VAR/brisk.conf "$B/bin/brisk" token --seconds 7200 "$@"; }

# Rows of users and a token for each, without the hashing of passwords.
people() {
	sql brisk <<-END || return
	INSERT INTO users (id, email, username, display_name)
	    SELECT UNHEX(CONCAT('0192', LPAD(HEX(seq), 8, '0'), '7000800000000000')),
		CONCAT('buyer', seq, '@example.org'), CONCAT('buyer', seq), 'A buyer'
	    FROM seq_1_to_$BUYERS;
	END
	sql -N brisk -e "SELECT LOWER(INSERT(INSERT(INSERT(INSERT(HEX(id), 9, 0, '-'), 14, 0, '-'),
	    19, 0, '-'), 24, 0, '-')) FROM users WHERE username LIKE 'buyer%'" |
	    while read -r id; do
		echo "$id $(token --sub "$id" --scope "orders:read orders:write payments:write ledger:read")"
	    done >"$PEOPLE"
	[ "$(grep -c '\..*\.' "$PEOPLE")" = "$BUYERS" ]
}

# The provider of card payments, which has a book of its own.
provider_port=$((20000 + RANDOM % 12000)) provider_secret=chaos-of-money-0123456789
provider_on() {
	tests/fakes/card_test.py "$tmp/book" "$provider_secret" \
	    "$BASE/v1/payments/webhooks/card_test" "$provider_port" >"$tmp/provider" 2>&1 &
	loops+=($!)
	for ((i = 0; i < 100; i++)); do
		[ ! -s "$tmp/provider" ] || return 0
		sleep 0.05
	done
	return 1
}

# What goes wrong there, again and again: of each, so many of the next calls.
moods_on() {
	while sleep 3; do
		curl -s -m 5 -o /dev/null -H "Authorization: Bearer $provider_secret" \
		    -H "Content-Type: application/json" -d '{"silent": 1, "deaf": 1, "broken": 2,
		    "refusing": 2, "dropped": 2, "garbage": 1, "liar": 1, "early": 3, "twice": 5,
		    "late": 5, "mute": 2, "hold": 4}' "http://127.0.0.1:$provider_port/moods"
	done
}

# Its book, for the queries.
book() {
	sql -e "CREATE TABLE chaos.book (provider_key CHAR(36), order_id BINARY(16), amount BIGINT,
	    status VARCHAR(24), KEY (order_id))" &&
	    python3 - "$tmp/book" <<-'END' | sql chaos
	import sqlite3, sys
	for key, order, amount, status in sqlite3.connect(sys.argv[1]).execute(
	        "SELECT key, COALESCE(reference, ''), amount, status FROM charges"):
	    print(f"INSERT INTO book VALUES ('{key}', UNHEX('{order.replace('-', '')}'), {amount}, '{status}');")
	END
}

# --- while it runs --------------------------------------------------------------

# What must hold at any moment, in one consistent read each.
sample_on() {
	while sleep 2; do
		sql -N brisk >>"$tmp/samples" 2>/dev/null <<-'END'
		SELECT 'sum', COALESCE(SUM(direction * amount), 0) FROM entries;
		SELECT 'accounts', COALESCE(SUM(credits_posted) - SUM(debits_posted), 0) FROM accounts;
		SELECT 'below', COUNT(*) FROM accounts WHERE constraint_kind = 'no_debit_balance'
		    AND debits_posted + debits_pending > credits_posted;
		SELECT 'promised', COUNT(*) FROM stock WHERE reserved > on_hand OR reserved < 0;
		END
	done
}

# --- afterwards -------------------------------------------------------------------

# How much is still to be done.
waiting() {
	sql -N brisk -e "SELECT (SELECT COUNT(*) FROM jobs WHERE state = 'running' OR
	    (state = 'ready' AND run_at < NOW(3) + INTERVAL 60 SECOND AND JSON_LENGTH(payload) > 0)) +
	    (SELECT COUNT(*) FROM transactions WHERE status IN ('queued', 'pending')) +
	    (SELECT COUNT(*) FROM payments WHERE status = 'processing')" 2>/dev/null
}

# drain [SECONDS]
drain() {
	local until=$((SECONDS + ${1:-120})) began=$SECONDS left

	while left=$(waiting); [ "$left" != 0 ]; do
		# What failed is put off for up to five minutes: that is told to be over.
		sql brisk -e "UPDATE jobs SET run_at = NOW(3)
		    WHERE state = 'ready' AND attempts > 0 AND run_at > NOW(3)"
		if [ $SECONDS -ge $until ]; then
			echo "  after $((SECONDS - began)) s, $left things are still to be done:"
			sql -N brisk -e "SELECT 'job', kind, state, run_at, attempts, last_error FROM jobs
			    WHERE state = 'running' OR (state = 'ready' AND run_at < NOW(3) + INTERVAL 60 SECOND)
			    UNION ALL SELECT 'transaction', kind, status, created_at, '', reference
			    FROM transactions WHERE status IN ('queued', 'pending')
			    UNION ALL SELECT 'payment', method_type, status, created_at, '', HEX(id)
			    FROM payments WHERE status = 'processing' LIMIT 10" | sed 's/^/    /'
			return 1
		fi
		sleep 1
	done
	echo "  all queues are empty after $((SECONDS - began)) s"
}

records() {
	sql <<-END || return
	DROP DATABASE IF EXISTS chaos;
	CREATE DATABASE chaos CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
	CREATE TABLE chaos.tries (
		client INT, try INT, began BIGINT, ended BIGINT, status SMALLINT, replayed TINYINT,
		who VARCHAR(40), kind VARCHAR(24), method VARCHAR(8), path VARCHAR(200),
		\`key\` VARCHAR(48), request MEDIUMTEXT, answer MEDIUMTEXT, sure TINYINT,
		KEY (\`key\`), KEY (kind, status));
	$(printf "LOAD DATA LOCAL INFILE '%s' INTO TABLE chaos.tries FIELDS ESCAPED BY '';\n" "$RECORDS"/*.tsv)
	END
	sql <tests/chaos/money.sql && book
}

report() {
	echo "  requests by kind: tries, writes, answers"
	sql -N brisk -e "
	SELECT CONCAT('    ', RPAD(kind, 18, ' '), LPAD(SUM(n), 8, ' '), LPAD(SUM(again), 8, ' '), '  ',
	    GROUP_CONCAT(CONCAT(IF(status = 0, 'none', status), ': ', n) ORDER BY status SEPARATOR ', '))
	FROM (SELECT kind, status, COUNT(*) n, SUM(try BETWEEN 1 AND 99) again FROM chaos.tries GROUP BY kind, status) t
	GROUP BY kind;
	SELECT CONCAT('  requests ', COUNT(*), '; writes with a key ', (SELECT COUNT(*) FROM chaos.writes),
	    ', repeated ', SUM(try BETWEEN 1 AND 99), ', answered from their key ', SUM(replayed),
	    ', never answered ', (SELECT COUNT(*) FROM chaos.writes WHERE status = 0)) FROM chaos.tries;"
	[ ! -s "$tmp/samples" ] || awk '{ n++; if ($2 != 0) bad++ } END {
	    printf "  samples while it ran: %d, wrong %d\n", n, bad }' "$tmp/samples"
	deaths
}

deaths() {
	local at

	printf '  killed by itself, at:'
	for at in s:statement c:COMMIT C:committed p:provider; do
		printf '%s %s %s' "$([ "$at" = s:statement ] || echo ,)" "${at#*:}" \
		    "$(cat "$VAR/fault.deaths" 2>/dev/null | tr -cd "${at%:*}" | wc -c)"
	done
	echo
}

samples_good() {
	[ -s "$tmp/samples" ] && ! awk '$2 != 0 { print "sample: " $0; bad = 1 } END { exit !bad }' "$tmp/samples"
}

judge() {
	records || { wrong "the records can not be read"; return; }
	report
	echo "--- queries: $(check_words "${checks[@]}" | wc -l)"
	if check_run "${checks[@]}"; then right; else wrong "what the queries found is above"; fi
	check_plants "${checks[@]}"
	echo "  bugs planted in the tables and found: $check_planted, not found: $check_missed, not possible: $check_idle"
	failed=$((failed + check_missed))
	# A few seconds may not have brought about all that can be spoilt.
	if [ -n "$quick" ]; then
		skipped=$check_idle
	else
		failed=$((failed + check_idle))
	fi
	passed=$((passed + check_planted))
}

# --- planted in the programs ---------------------------------------------------------

# Of each fault: the parts that show it, the queries of which one must find it (or
# the part itself does: "told"), and the last line of defence in the tables, which
# would.
declare -A shows=(
    [no_guard]="sold:told,S1.bounds,S2.sold:ALTER TABLE stock DROP CONSTRAINT stock_reserved"
    [no_key]="key:told,I1.same,I3.answer:"
    [no_job]="cart:L5.queued,Q2.orders:"
    [one_piece]="load:S1.moves,S4.reserved:ALTER TABLE stock DROP CONSTRAINT stock_reserved"
    [no_lock]="wallet:told,L2.balance,L3.wallet:ALTER TABLE accounts DROP CONSTRAINT accounts_no_debit"
    [no_rest]="refunds:told:ALTER TABLE payments DROP CONSTRAINT payments_refunded"
    [one_cent]="wallet:L1.sum,L2.sums:")

# All that came of what was sold and moved; products and people stay.
wipe() {
	{
		echo "SET foreign_key_checks = 0;"
		for table in idempotency_keys jobs dead_letters carts cart_items orders order_lines \
		    stock stock_moves payments payment_attempts refunds payment_events \
		    entries transaction_accounts transactions accounts; do
			echo "TRUNCATE $table;"
		done
	} | sql brisk && BRISK_CONF=$VAR/brisk.conf "$B/bin/brisk" cache purge >/dev/null
	rm -f "$RECORDS"/*
	python3 - "$tmp/book" <<-'END'
	import sqlite3, sys
	sqlite3.connect(sys.argv[1]).executescript("DELETE FROM charges; DELETE FROM refunds;")
	END
}

# begin_anew [OPTION=VALUE]: all programs, so that no statement is prepared yet.
begin_anew() {
	B=$tmp/b SET="$options $*" "${BRISK:-build/bin/brisk}" stack start >"$tmp/start" 2>&1 ||
	    { cat "$tmp/start"; return 1; }
}

# mutant NAME: is it seen?
mutant() {
	local parts words defence found

	IFS=: read -r parts words defence <<<"${shows[$1]}"
	echo "--- planted: $1"
	wipe && sql brisk -e "${defence:-DO 0}" && echo "$1" >"$VAR/fault" &&
	    begin_anew workers_min=3 || {	# so that jobs run abreast
		wrong "$1 can not be planted"
		return
	}
	CLIENTS=16 ATTACKS=0 MAX_SECONDS=15 "$tmp/money" $parts >"$tmp/told" 2>&1
	found=$(grep -q '^FAIL' "$tmp/told" && echo told)
	drain 20 >/dev/null
	records && check_run "${checks[@]}" >"$tmp/found" 2>&1
	found+=" $(cut -d: -f1 "$tmp/found" | sort -u | tr '\n' ' ')"
	if grep -qwF -f <(tr , '\n' <<<"$words") <<<"$found"; then
		echo "  found by: $found"
		right
	else
		cat "$tmp/told"
		wrong "planted $1 was not caught; found: $found"
	fi
}

# run PART ...: what fails is told there.
run() {
	local last

	"$tmp/money" "$@" 2>&1 | tee "$tmp/told" | grep --line-buffered -v '^money: '
	last=$(tail -n 1 "$tmp/told")
	if [[ $last =~ ^money:\ ([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
	else
		wrong "the clients did not get to their end"
		end
	fi
}

build || die "it can not be built: $(<"$tmp/make")"
provider_on || die "no provider of card payments: $(<"$tmp/provider")"
export CARDS=1
options="rate_limit=off log_level=warn token_seconds=86400 order_seconds=$ORDER_SECONDS provider_ms=2000"
options+=" card_test_url=http://127.0.0.1:$provider_port card_test_secret=$provider_secret ${SET:-}"
begin_anew || die "no installation"
SHOP_TOKEN=$(token --scope "products:write payments:write") &&
    LEDGER_TOKEN=$(token --scope "ledger:read ledger:write") && people ||
    die "no people"
export SHOP_TOKEN LEDGER_TOKEN
sample_on &
loops+=($!)
moods_on &
loops+=($!)
run $parts
kill "${loops[-1]}" "${loops[-2]}"
if drain; then right; else wrong "not all came to its end"; fi
if samples_good; then right; else wrong "something did not hold while it ran"; fi
judge
for name in $mutants; do
	mutant "$name"
done
end
