#!/bin/bash
# payments: orders are paid, declined, cancelled and given back, with the wallet
# and with tests/card_test, a provider that keeps a book of its own and can be
# slow, silent, away, or lie; workers are killed between its answer and COMMIT.
# On an installation of its own.  B.
#
# A program is planted that asks with a new key at each try: the book must show it.
set -u -o pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
cd "$ROOT" || exit 2
. tests/kit/kit.sh
B=${B:-$ROOT/build} CC=${CC:-cc}
[[ $B == /* ]] || B=$ROOT/$B
if ! command -v python3 >/dev/null; then
	echo "payments: SKIPPED, there is no python3" >&2
	echo "payments: 0 passed, 0 failed, 1 skipped"
	exit 0
fi
tmp=$(mktemp -d /tmp/brisk-pay.XXXXXX) || exit 2
VAR=$tmp/var
export B ROOT VAR tmp
unset TOKEN BRISK_CONF

finish() {
	trap '' INT TERM HUP
	B=$tmp/b "${BRISK:-$ROOT/build/bin/brisk}" stack stop >/dev/null 2>&1
	rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

# What the Makefile calls $1.
of_make() {
	printf 'include Makefile\ntold: ; @echo $(%s)\n' "$1" |
	    make -s --no-print-directory -f - told B="$B"
}

# A copy of the programs, and payments with a bug: $tmp/payments.
plant() {
	local flags

	mkdir -p "$tmp/b" && cp -r "$B/bin" "$B/share" migrations "$tmp/b/" || return
	flags="$(of_make CPPFLAGS) $(of_make WARN) $(of_make CFLAGS)"
	$CC ${flags//-MMD -MP/} $(of_make LDFLAGS) -Wl,--wrap=payment_key -o "$tmp/payments" \
	    handlers/shop/payments.c tests/fakes/payments_fault.c "$B/libdomain.a" \
	    "$B/libbrisk.a" $(of_make LDLIBS) >"$tmp/plant" 2>&1
}

PORT=$(free_port) PROVIDER_PORT=$(free_port)
export PORT PROVIDER_PORT BASE=http://127.0.0.1:$PORT SECRET=provider-secret-$RANDOM$RANDOM
plant || {
	cat "$tmp/plant"
	echo "payments: 0 passed, 1 failed"
	exit 1
}
SERVER=lighttpd SERVICES="shop ledger" SET="rate_limit=off cache_wait_ms=5000 provider_ms=400
    card_test_url=http://127.0.0.1:$PROVIDER_PORT card_test_secret=$SECRET" \
    B=$tmp/b "${BRISK:-$ROOT/build/bin/brisk}" stack start >"$tmp/start" 2>&1 || {
	cat "$tmp/start"
	echo "payments: 0 passed, 1 failed"
	exit 1
}
export BRISK_CONF=$VAR/brisk.conf
B=$tmp/b python3 tests/system/payments.py
