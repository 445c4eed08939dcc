#!/bin/bash
# memory - one CGI request each of list, get, create and change, of a checkout, a
# payment and a transaction, and a while at the queue, as often as it allocates,
# and each time another allocation fails; then again, with all after that one
# failing too.  The program answers with a status that is documented (never 500),
# or ends without an answer and without a signal; nothing is done by half, and a
# job is done at last.  Where it falls inside of a library, nothing of ours could
# help it: such are counted as skipped.
#
#	tests/chaos/memory.sh		B
#
# Against an installation of its own; the last line is "memory: N passed, N failed".
set -u -o pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
B=${B:-build}
[[ $B == /* ]] || B=$ROOT/$B
cd "$ROOT" || exit 2
tmp=$(mktemp -d /tmp/brisk.XXXXXX)
export B VAR=$tmp/var PORT=$((20000 + RANDOM % 12000))
export SET="rate_limit=off log_level=error jobs_threads=0 card_test_url=http://127.0.0.1:1 card_test_secret=memory"
key= program=categories
fern='"name":"Ferns","slug":"ferns-@"'

cleanup() {
	[ ! -e "$VAR/brisk.conf" ] || "${BRISK:-build/bin/brisk}" stack stop
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

die() {
	echo "FAIL: $*"
	echo "memory: 0 passed, 1 failed"
	exit 1
}

sql() { mariadb --no-defaults -S "$VAR/db.sock" -u root -N -B brisk "$@"; }

# request METHOD URI BODY TYPE AT|FROM N: in $out what $program answered, its status
# returned.  With an idempotency key where $key is one; @ as in a body.  # in it is
# the last digits of an id, another for each.
request() {
	local body=${3//@/$6-$RANDOM} keyed=${key//@/$5-$6-$RANDOM} nth=$((2 * $6))

	[ "$5" = AT ] || nth=$((nth + 1))
	body=${body//#/$(printf %012x $nth)}
	out=$(printf %s "$body" | timeout -s KILL 20 env -i BRISK_CONF="$VAR/brisk.conf" \
	    GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD="$1" REQUEST_URI="$2" \
	    CONTENT_TYPE="$4" CONTENT_LENGTH=${#body} REMOTE_ADDR=127.0.0.1 \
	    HTTP_AUTHORIZATION="Bearer $TOKEN" HTTP_IF_MATCH='*' \
	    ${keyed:+HTTP_IDEMPOTENCY_KEY="$keyed"} LD_PRELOAD="$B/failmalloc.so" "FAIL_$5=$6" FAIL_TOLD="$told" \
	    "$B/bin/$program" 2>"$tmp/stderr.$BASHPID")
}

# 0 where answer and end are such as may be.
judge() {
	local status

	[ "$1" -lt 124 ] || [ "$1" -gt 192 ] || return 1
	[ -n "$out" ] || [ "$1" != 0 ] || return 1
	[ -n "$out" ] || return 0
	status=${out#Status: }
	case ${status%% *} in
	200 | 201 | 202 | 204 | 503) return 0 ;;
	esac
	return 1
}

# walk METHOD URI BODY TYPE AT|FROM MOST: a line for each.
walk() {
	local n told=$tmp/told.$BASHPID rc

	for ((n = 1; n <= $6; n++)); do
		request "${@:1:5}" "$n"
		rc=$?
		if [ $rc = 99 ]; then
			echo skipped
		elif judge $rc; then
			echo passed
		else
			echo "FAIL: $1 $2, ${5,,} allocation $n: ended with $rc, ${out%%$'\r'*}"
		cat "$tmp"/stderr.*
		fi
	done
}

# try NAME METHOD URI BODY TYPE
try() {
	local name=$1 told=$tmp/told total

	shift
	request "$@" AT 0 || die "$name ended with $? and no allocation failing"
	case $out in
	"Status: 20"*) ;;
	*) die "$name: ${out%%$'\r'*} and no allocation failing" ;;
	esac
	total=$(<"$told")
	walk "$@" AT "$total" >"$tmp/at" &
	walk "$@" FROM "$total" >"$tmp/from"
	wait $!
	cat "$tmp/at" "$tmp/from" >>"$tmp/all"
	grep -h FAIL "$tmp/at" "$tmp/from" | head -n 20
	echo "  $name: each of $total allocations failed"
}

mkdir -p "$B"
${CC:-cc} -D_GNU_SOURCE -Wall -Wextra -shared -fPIC -O2 -o "$B/failmalloc.so" tests/chaos/failmalloc.c ||
    die "failmalloc.so can not be built"
"${BRISK:-build/bin/brisk}" stack start >"$tmp/start" 2>&1 || die "$(cat "$tmp/start")"
buyer=01a20000-0000-7000-8000-ffffffffffff
token() { BRISK_CONF=$VAR/brisk.conf "$B/bin/brisk" token --seconds 7200 "$@" || die "brisk token"; }
TOKEN=$(token --scope "products:write ledger:write")
told=$tmp/told
request POST /v1/categories "{$fern}" application/json AT 0
id=$(sed -n 's/.*{"id":"\([^"]*\)".*/\1/p' <<<"$out")
[ -n "$id" ] || die "no row to begin with: $out"

try list GET '/v1/categories?limit=5' '' ''
try get GET "/v1/categories/$id" '' ''
try create POST /v1/categories "{$fern}" application/json
key=new-@ try "create with a key" POST /v1/categories "{$fern}" application/json
key=same try "answer again" POST /v1/categories '{"name":"Fern","slug":"fern"}' application/json
try change PATCH "/v1/categories/$id" '{"name":"Moss @"}' application/merge-patch+json

# --- money ------------------------------------------------------------------

# id PART: an expression, of so many rows' ids: seq_FROM_to_TO has the last digits.
id() { echo "UNHEX(CONCAT('01a200000000700081$1', LPAD(HEX(seq), 12, '0')))"; }
one() { echo "UNHEX('01a200000000700082$1000000000000')"; }

# More carts and orders than any request allocates; and two accounts.
sql <<END || die "what is bought can not be prepared"
INSERT INTO users (id, username) VALUES (UNHEX(REPLACE('$buyer', '-', '')), 'memory');
INSERT INTO products (id, sku, name, price_amount, currency)
    VALUES ($(one 01), 'memory', 'Spade', 1000, 'EUR');
INSERT INTO stock (product_id, on_hand) VALUES ($(one 01), 1000000);
INSERT INTO carts (id, user_id, currency, open_key)
    SELECT $(id 00), UNHEX(REPLACE('$buyer', '-', '')), 'EUR', UNHEX(LPAD(HEX(seq), 38, '0'))
    FROM seq_0_to_9999;
INSERT INTO cart_items (cart_id, product_id, quantity, price_seen)
    SELECT $(id 00), $(one 01), 1, 1000 FROM seq_0_to_9999;
INSERT INTO carts (id, user_id, currency, status)
    SELECT $(id 01), UNHEX(REPLACE('$buyer', '-', '')), 'EUR', 'ordered' FROM seq_0_to_9999;
INSERT INTO orders (id, user_id, cart_id, currency, total, address, expires_at)
    SELECT $(id 02), UNHEX(REPLACE('$buyer', '-', '')), $(id 01), 'EUR', 1000, '{}',
	NOW() + INTERVAL 1 DAY FROM seq_0_to_9999;
INSERT INTO accounts (id, code, currency, kind) VALUES
    ($(one 02), 'memory:bank', 'EUR', 'asset'), ($(one 03), 'memory:ada', 'EUR', 'liability');
DELETE FROM idempotency_keys;
END
cart='"cart_id":"01a20000-0000-7000-8100-#","cart_version":1,"expected_total":{"amount":1000,"currency":"EUR"}'
address='"shipping_address":{"name":"A","line1":"B","postal_code":"1","city":"C","country":"DE"}'
order='"order_id":"01a20000-0000-7000-8102-#","method":{"type":"card_test","token":"tok_ok"}'
entry() { echo "{\"account_id\":\"01a20000-0000-7000-82$1-000000000000\",\"direction\":\"$2\",\"amount\":7}"; }
move="\"kind\":\"transfer\",\"currency\":\"EUR\",\"entries\":[$(entry 02 debit),$(entry 03 credit)]"

scope="orders:write payments:write"
program=orders key=order-@ TOKEN=$(token --sub $buyer --scope "$scope") \
    try checkout POST /v1/orders "{$cart,$address}" application/json
program=payments key=pay-@ TOKEN=$(token --sub $buyer --scope "$scope") \
    try pay POST /v1/payments "{$order}" application/json
program=transactions key=move-@ \
    try transaction POST /v1/transactions "{$move}" application/json

# --- the queue --------------------------------------------------------------

# Something to do: what is not done yet, as if it were new; else one more.
refill() {
	[ "$(sql -e "UPDATE jobs SET state = 'ready', run_at = NOW(3), attempts = 0,
	    lease_until = NULL, lease_token = NULL
	    WHERE queue = 'transactions' AND state <> 'done' AND kind = 'transaction.post';
	    SELECT COUNT(*) FROM jobs WHERE queue = 'transactions' AND state = 'ready'
	    AND kind = 'transaction.post'")" = 0 ] || return 0
	program=transactions key=more-@ told=/dev/null \
	    request POST /v1/transactions "{$move}" application/json AT 0
}

# work AT|FROM N: a second at the program's own queue.
work() {
	timeout -s KILL 30 env BRISK_CONF="$VAR/brisk.conf" LD_PRELOAD="$B/failmalloc.so" \
	    "FAIL_$1=$2" FAIL_TOLD="$told" "$B/bin/transactions" --jobs --for 1s >"$tmp/worked" 2>&1
}

# work_off: until nothing is left to do.
work_off() {
	local i

	for ((i = 0; i < 60; i++)); do
		work AT 0 || die "the queue: $(<"$tmp/worked")"
		[ "$(sql -e "SELECT COUNT(*) FROM transactions WHERE status = 'queued'")" != 0 ] || return 0
	done
}

# Every third is enough: many are alike.
work_through() {
	local n rc

	for ((n = 1; n <= $2; n += 3)); do
		refill
		work "$1" "$n"
		rc=$?
		if [ $rc = 99 ]; then
			echo skipped
		elif [ $rc -lt 124 ] || [ $rc -gt 192 ]; then
			echo passed
		else
			echo "FAIL: a turn at the queue, ${1,,} allocation $n: ended with $rc"
		fi
	done
}

told=$tmp/told
work_off
refill
work_off
total=$(<"$told")
for kind in AT FROM; do
	work_through $kind "$total" | tee -a "$tmp/all" | grep FAIL | head -n 20
done
echo "  the queue: each third of $total allocations failed"
refill
work_off

# --- and nothing by half ------------------------------------------------------

# none WHAT QUERY: it finds nothing.
none() {
	local found

	if found=$(sql -e "$2" 2>&1) && [ -z "$found" ]; then
		echo passed >>"$tmp/all"
	else
		echo "FAIL: $1: ${found:0:300}" | tee -a "$tmp/all"
	fi
}

none "an order is whole" "SELECT HEX(o.id) FROM orders o JOIN carts c ON c.id = o.cart_id
    WHERE o.address <> '{}' AND (c.status <> 'ordered'
    OR (SELECT COUNT(*) FROM order_lines l WHERE l.order_id = o.id) <> 1
    OR (SELECT COUNT(*) FROM stock_moves m WHERE m.ref_id = o.id) <> 1)"
none "a cart that was not ordered is open" "SELECT HEX(c.id) FROM carts c
    LEFT JOIN orders o ON o.cart_id = c.id WHERE c.status <> 'open' AND o.id IS NULL"
none "what is reserved was ordered" "SELECT reserved FROM stock WHERE product_id = $(one 01)
    AND reserved <> (SELECT COUNT(*) FROM orders WHERE address <> '{}')"
none "each order will expire" "SELECT 1 FROM DUAL WHERE (SELECT COUNT(*) FROM jobs
    WHERE kind = 'order.expire') <> (SELECT COUNT(*) FROM orders WHERE address <> '{}')"
none "each payment is asked for" "SELECT 1 FROM DUAL WHERE (SELECT COUNT(*) FROM jobs
    WHERE kind = 'payment.charge') <> (SELECT COUNT(*) FROM payments)"
none "each transaction is posted" "SELECT HEX(id), status FROM transactions t WHERE status <> 'posted'
    OR (SELECT COUNT(*) FROM entries e WHERE e.transaction_id = t.id) <> 2"
none "sums are of entries" "SELECT code FROM accounts a WHERE debits_posted + credits_posted <>
    (SELECT SUM(amount) FROM entries e WHERE e.account_id = a.id) OR debits_pending <> 0"
none "a key has its answer" "SELECT id FROM idempotency_keys WHERE status IS NULL OR status = 0"
none "a key has its effect" "SELECT COUNT(*) FROM idempotency_keys HAVING COUNT(*) <>
    (SELECT COUNT(*) FROM orders WHERE address <> '{}') +
    (SELECT COUNT(*) FROM payments) + (SELECT COUNT(*) FROM transactions)"
none "nothing is given up" "SELECT kind, last_error FROM dead_letters"

failed=$(grep -c FAIL "$tmp/all")
passed=$(grep -c passed "$tmp/all")
skipped=$(grep -c skipped "$tmp/all")
echo "memory: $passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
