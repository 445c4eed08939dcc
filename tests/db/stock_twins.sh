#!/bin/bash
# stock_twins - the tests of stock, run on copies of it with one fault each: every
# one must make them fail.
set -u -o pipefail

cd "$(dirname "$0")/../.." || exit 2
CC=${CC:-cc} B=${B:-build} ROOT=$PWD
export ROOT
passed=0 failed=0 n=0
tmp=$(mktemp -d /tmp/twins.XXXXXX)
trap 'rm -rf "$tmp"' EXIT
libs=$(sed -n 's/^LDLIBS[^=]*= *//p' Makefile)
flags="-std=c11 -w -O1 -D_GNU_SOURCE -Ilib -Ihandlers/shared -Itests/unit ${CFLAGS:-}"

# try FOLDER LABEL FILE SCRIPT: sed's SCRIPT plants the fault.
try() {
	local tmp=$1 label=$2 file=$3 script=$4 status

	cp handlers/shared/stock.c handlers/shared/order.c "$tmp"
	sed -E -i "$script" "$tmp/$file"
	if [ "$label" != none ] && cmp -s "$tmp/$file" "handlers/shared/$file"; then
		echo "FAILED: $label: nothing was changed"
		return
	fi
	if ! $CC $flags -o "$tmp/test" tests/db/test_stock.c "$tmp/stock.c" \
	    "$tmp/order.c" "$B/libbrisk.a" -lcunit $libs 2>"$tmp/out"; then
		echo "FAILED: $label: does not compile: $(head -n 3 "$tmp/out")"
		return
	fi
	TMPDIR=$tmp timeout 300 "$tmp/test" >"$tmp/out" 2>&1
	status=$?
	[ "$label" != none ] || status=$((status == 0))
	[ $status = 1 ] || echo "FAILED: $label: status $status: $(tail -n 1 "$tmp/out")"
}

# Each says what is wrong with it, or nothing; as many at once as there are cores.
twin() {
	n=$((n + 1))
	[ "$(jobs -rp | wc -l)" -lt "$(nproc)" ] || wait -n
	mkdir "$tmp/$n"
	try "$tmp/$n" "$@" >"$tmp/$n.told" &
}

all_told() {
	local i

	wait
	for ((i = 1; i <= n; i++)); do
		if [ -s "$tmp/$i.told" ]; then
			failed=$((failed + 1))
			cat "$tmp/$i.told"
		else
			passed=$((passed + 1))
		fi
	done
}

twin none stock.c ''
twin "pieces promised twice" stock.c '/\[RESERVE\]/,/\}/s/on_hand - reserved >= \?/0 <= ?/'
twin "a shortage is passed over" stock.c 's/return some_short \? tell_shorts\(st, c\) : /return /'
twin "what is free again stays promised" stock.c '/\[RELEASE\]/,/\}/s/reserved - \?/reserved - 0 * ?/'
twin "what is sold stays on the shelf" stock.c 's/on_hand = on_hand - \?/on_hand = on_hand - 0 * ?/'
twin "what comes back is lost" stock.c '/\[RETURN\]/s/on_hand \+ \?/on_hand + 0 * ?/'
twin "no move is noted" stock.c 's/return query_insert\(.*/return DB_OK;/'
twin "more is taken away than is there" stock.c '/\[ADJUST\]/,/\}/s/on_hand - reserved >= - \?/0 < ABS(?)/'
twin "an order ends in any state" order.c 's/ AND status = \?/ AND status <> REPEAT(?, 2)/'
twin "an end that moves nothing" order.c 's/err = move\(st, &c\);/err = DB_OK;/'
twin "paid pieces are free again" order.c 's/"paid", stock_sell/"paid", stock_release/'
all_told
echo "stock_twins: $passed passed, $failed failed"
[ $failed = 0 ]
