#!/bin/bash
# checkout - POST /v1/orders by CLIENTS (64) at once, beside the same transaction
# without us: checkout.c runs the statements of one such request, with its values,
# on as many connections to the same database.
#
#	tests/bench/checkout.sh
#
# ROUNDS (9), DURATION (3) seconds of each measure.  Each round has both, in turn;
# the ratios are of the same round, and the last line shows their median.  Carts
# of two lines of 2000 products are put into the tables before each measure.
set -u -o pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
cd "$ROOT" || exit 2
B=${B:-build} CC=${CC:-cc} ROUNDS=${ROUNDS:-9} DURATION=${DURATION:-3} CLIENTS=${CLIENTS:-64}
[[ $B == /* ]] || B=$ROOT/$B
USERS=256 PRODUCTS=2000
tmp=$(mktemp -d /tmp/brisk-checkout.XXXXXX) || exit 2
VAR=$tmp/var PORT=$((20000 + RANDOM % 12000))
export B VAR PORT CARTS=$tmp/carts TOKENS=$tmp/tokens

die() {
	printf 'checkout: %s\n' "$*" >&2
	exit 1
}

finish() {
	trap '' INT TERM HUP PIPE
	[ ! -e "$VAR/brisk.conf" ] || B=$tmp/b "${BRISK:-build/bin/brisk}" stack stop >/dev/null
	rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

sql() { mariadb --no-defaults --default-character-set=utf8mb4 -S "$VAR/db.sock" -u root "$@"; }

. tests/chaos/scratch_kit.sh

start() {
	B=$tmp/b SERVICES="shop ledger" SET="rate_limit=off log_level=warn order_seconds=86400 \
	    token_seconds=86400 database_connections=120 threads=16 workers_min=2 ${SET:-}" \
	    "${BRISK:-build/bin/brisk}" stack start >"$tmp/start" 2>&1 || die "$(cat "$tmp/start")"
}

build() {
	local flags="-std=c11 -D_GNU_SOURCE -O2 -Wall $(pkg-config --cflags libmariadb)"

	scratch_copy
	$CC $flags -o "$tmp/checkout" tests/bench/checkout.c -lmariadb -pthread &&
	    $CC $flags -shared -fPIC -o "$tmp/told.so" tests/bench/told.c -ldl || die "it can not be built"
}

id() { printf "UNHEX(CONCAT('0192000%s', LPAD(HEX(%s), 8, '0'), '700080000000000%s'))" "$1" "$2" "$1"; }

tables() {
	sql brisk <<-END || die "no rows"
	INSERT INTO users (id, email, username, display_name)
	    SELECT $(id 1 seq), CONCAT('bench', seq, '@example.org'), CONCAT('bench', seq), 'A buyer'
	    FROM seq_0_to_$((USERS - 1));
	INSERT INTO products (id, sku, name, price_amount, currency)
	    SELECT $(id 2 seq), CONCAT('bench-', seq), CONCAT('A plant of the bench ', seq), 1000, 'EUR'
	    FROM seq_0_to_$((PRODUCTS - 1));
	INSERT INTO stock (product_id, on_hand) SELECT $(id 2 seq), 1000000
	    FROM seq_0_to_$((PRODUCTS - 1));
	END
	sql -N brisk -e "SELECT LOWER(HEX(id)) FROM users WHERE username LIKE 'bench%'" |
	    while read -r user; do
		echo "$user $(BRISK_CONF=$VAR/brisk.conf "$B/bin/brisk" token --seconds 86400 --sub \
		    "$(sed 's/\(.\{8\}\)\(....\)\(....\)\(....\)/\1-\2-\3-\4-/' <<<"$user")" \
		    --scope "orders:read orders:write")"
	    done >"$TOKENS"
}

# carts N: so many new ones, and a line of ids for each in CARTS.
made=0
carts() {
	local from=$made to=$((made + $1 - 1))

	made=$((made + $1))
	sql brisk <<-END || die "no carts"
	INSERT INTO carts (id, user_id, currency, open_key) SELECT $(id 3 seq),
	    $(id 1 "seq % $USERS"), 'EUR', RANDOM_BYTES(19) FROM seq_${from}_to_$to;
	INSERT INTO cart_items (cart_id, product_id, quantity, price_seen)
	    SELECT $(id 3 seq), $(id 2 "seq * 2 % $PRODUCTS"), 1, 1000 FROM seq_${from}_to_$to
	    UNION ALL SELECT $(id 3 seq), $(id 2 "(seq * 2 + 1) % $PRODUCTS"), 1, 1000 FROM seq_${from}_to_$to;
	END
	sql -N brisk -e "SELECT LOWER(CONCAT_WS(' ', HEX($(id 3 seq)), HEX($(id 1 "seq % $USERS")),
	    HEX($(id 2 "seq * 2 % $PRODUCTS")), HEX($(id 2 "(seq * 2 + 1) % $PRODUCTS"))))
	    FROM seq_${from}_to_$to" >"$CARTS"
}

# post: by wrk; "RATE FAILED".
post() {
	wrk -t1 -c"$CLIENTS" -d"$1s" --latency -s tests/bench/checkout.lua "http://127.0.0.1:$PORT" |
	    awk '/Requests\/sec/ { rate = $2 }
	    /99%/ { p99 = $2 }
	    /Non-2xx/ { bad += $NF }
	    /Socket errors/ { gsub(",", ""); bad += $4 + $6 + $8 + $10 }
	    END { printf "%d %d %s\n", rate, bad, p99 }'
}

# What one checkout asks: of the last transaction that made an order.
tell() {
	preload "$tmp/told.so" TOLD="$tmp/all"
	start
	tables
	carts 500
	CLIENTS=4 post 1 >/dev/null
	carts 1
	: >"$tmp/all"
	CLIENTS=1 post 1 >/dev/null
	awk 'NR == FNR { ids = $0; next }
	    $1 == "Q" && $3 == "START" { block = ids "\n"; mine = $2; order = 0 }
	    $1 == "Q" || $1 == "S" { on = $2 == mine }
	    on { block = block $0 "\n" }
	    on && /INSERT INTO orders/ { order = 1 }
	    on && order && $3 == "COMMIT" { printf "%s", block; exit }' "$CARTS" "$tmp/all" >"$tmp/told"
	[ -s "$tmp/told" ] || die "no checkout was told"
	rm "$tmp/all"
	echo "statements of a checkout:"
	sed -n 's/^[SQ] [^ ]* \(.\{1,100\}\).*/  \1/p' "$tmp/told"
	preload
	start
}

# Were there enough carts?
enough() {
	[ "$(sql -N brisk -e "SELECT COUNT(*) FROM carts WHERE status = 'open' AND
	    id >= $(id 3 "$((made - $1))")")" != 0 ] || die "$1 carts are not enough"
}

rounds() {
	local round n=$((DURATION * ${RATE:-2500})) ours bad p99 bare again

	echo "round  POST /v1/orders   p99   bare transaction   begun again  ratio"
	for ((round = 1; round <= ROUNDS; round++)); do
		carts $n
		read -r ours bad p99 < <(post "$DURATION")
		[ "$bad" = 0 ] || die "$bad requests failed: $(tail -n 3 "$VAR/log/handlers.log")"
		enough $n
		carts $n
		read -r bare again < <("$tmp/checkout" "$VAR/db.sock" "$CLIENTS" "$DURATION" "$tmp/told" "$CARTS") ||
		    die "the bare transaction failed"
		printf '%5d %11s /s %10s %14s /s %13s %6.2f\n' "$round" "$ours" "$p99" "$bare" "$again" \
		    "$(awk "BEGIN { print $ours / $bare }")" | tee -a "$tmp/rounds"
	done
	awk '{ print $NF }' "$tmp/rounds" | sort -n | awk '{ r[NR] = $1 } END {
	    printf "checkout beside its bare transaction, median of %d rounds: %.2f\n", NR,
		NR % 2 ? r[(NR + 1) / 2] : (r[NR / 2] + r[NR / 2 + 1]) / 2 }'
}

for tool in wrk mariadb; do
	command -v "$tool" >/dev/null || die "$tool is not there"
done
build
tell
rounds
