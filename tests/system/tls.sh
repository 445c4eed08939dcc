#!/bin/bash
# tls: HTTPS and HTTP/2 with a certificate of its own making, by the shipped
# configurations, in front of the programs of an installation.  B.
set -u -o pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
B=${B:-$ROOT/build}
[[ $B == /* ]] || B=$ROOT/$B
tmp=$(mktemp -d /tmp/brisk.XXXXXX) || exit 2
. "${BASH_SOURCE%/*}/../kit/kit.sh"
export B VAR=$tmp/var
unset BRISK_CONF TOKEN

finish() {
	trap '' INT TERM HUP
	"${BRISK:-$ROOT/build/bin/brisk}" stack stop >/dev/null 2>&1
	rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

mkdir -p -m 0700 "$tmp/tls"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
    -keyout "$tmp/tls/key.pem" -out "$tmp/tls/cert.pem" -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>"$tmp/told" || { cat "$tmp/told"; exit 1; }
export BRISK_TLS=$tmp/tls

for SERVER in lighttpd apache proxy; do
	export SERVER PORT=$((20000 + RANDOM % 10000)) TLS_PORT=$((30000 + RANDOM % 1900)) SET=rate_limit=off
	if [ "$SERVER" = lighttpd ] && [ ! -e /usr/lib/lighttpd/mod_openssl.so ]; then
		echo "SKIPPED: no mod_openssl for lighttpd"
		skipped=$((skipped + 1))
		continue
	fi
	"${BRISK:-$ROOT/build/bin/brisk}" stack start >"$tmp/start" 2>&1
	is "$SERVER starts" "$?: $(grep brisk: "$tmp/start" | head -n 1)" "0: "
	at=https://localhost:$TLS_PORT
	ask() { curl -s -m 60 --cacert "$tmp/tls/cert.pem" -D "$tmp/head" -o "$tmp/body" \
	    -w '%{http_code} %{http_version}' "$@"; }
	is "$SERVER: HTTP/2" "$(ask --http2 "$at/v1/products?limit=1")" "200 2"
	is "$SERVER: an item" "$(jq '.items | length' "$tmp/body")" 1
	is "$SERVER: HTTPS reaches the program" \
	    "$(grep -ci '^strict-transport-security:' "$tmp/head")" 1
	is "$SERVER: HTTP/1.1" "$(ask --http1.1 "$at/v1/products?limit=1")" "200 1.1"
	is "$SERVER: a refusal" "$(ask --http2 "$at/v1/products?colour=green")" "400 2"
	is "$SERVER: no TLS 1.1" "$(ask --tls-max 1.1 "$at/" >/dev/null; echo $(($? != 0)))" 1
	is "$SERVER: a stranger's certificate is refused" \
	    "$(curl -s -m 60 -o /dev/null -w '%{http_code}' "$at/")" 000
	is "$SERVER: the plain port" "$(ask "http://127.0.0.1:$PORT/v1/products?limit=1")" "200 1.1"
	is "$SERVER: no such header there" \
	    "$(grep -ci '^strict-transport-security:' "$tmp/head")" 0
	is "$SERVER: four at once" "$(curl -s -m 60 -Z --http2 --cacert "$tmp/tls/cert.pem" -w '%{http_code} ' \
	    $(for i in 1 2 3 4; do echo "-o /dev/null $at/v1/categories?limit=$i"; done) 2>/dev/null)" "200 200 200 200 "
done

tally
