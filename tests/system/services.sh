#!/bin/bash
# services: with each service alone and with none, what is routed, migrated and
# told in the document is theirs and the core's, and no more.  B.
#
# Behind each form once; the stores are kept over the starts.
set -u -o pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
B=${B:-$ROOT/build}
[[ $B == /* ]] || B=$ROOT/$B
tmp=$(mktemp -d /tmp/brisk.XXXXXX) || exit 2
. "${BASH_SOURCE%/*}/../kit/kit.sh"
export B
unset BRISK_CONF TOKEN

finish() {
	trap '' INT TERM HUP
	VAR=$tmp/var "${BRISK:-$ROOT/build/bin/brisk}" stack stop >/dev/null 2>&1
	rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

port=$((20000 + RANDOM % 12000))
code() { curl -s -m 60 -o "$tmp/body" -w '%{http_code}' "http://127.0.0.1:$port$1"; }
equal() { [ "$1" = "$2" ] || { echo "got <$1> want <$2>"; return 1; }; }
# begins SERVER SERVICES: a new installation, or the same with other services.
begins() {
	[ ! -e "$tmp/var/brisk.conf" ] ||
	    sed -i "s/^services = .*/services = $2/" "$tmp/var/brisk.conf" || return
	VAR=$tmp/var PORT=$port SERVER=$1 SERVICES=$2 SET=rate_limit=off "${BRISK:-$ROOT/build/bin/brisk}" stack start
}
# Prefixes of programs whose services are all in the list.
mounts_of() {
	local service name path one

	while read -r service name path; do
		for one in ${service//+/ }; do
			[[ " core $1 " == *" $one "* ]] || continue 2
		done
		echo "$path"
	done <"$B/share/mounts"
}
tables() { mariadb --no-defaults -S "$tmp/var/db.sock" -u root -N brisk -e 'SHOW TABLES'; }
same() { diff <(sort -u "$1") <(sort -u "$2"); }

# Which belong to the services, of what the document tells.
document() {
	equal "$(code /openapi.json)" 200 || return
	jq -r '.paths | keys[]' "$tmp/body" >"$tmp/paths"
	mounts_of "$1" >"$tmp/own"
	while read -r path; do
		grep -qE "^$path(/|$)" "$tmp/paths" || [ "$path" = /docs ] || echo "$path is missing" >>"$tmp/own.bad"
	done <"$tmp/own"
	while read -r path; do
		awk -v p="$path/" 'index(p, $1 "/") == 1 { found = 1 } END { exit !found }' "$tmp/own" ||
		    echo "$path is nobody's" >>"$tmp/own.bad"
	done <"$tmp/paths"
	! cat "$tmp/own.bad" 2>/dev/null
}

# with SERVER SERVICES
with() {
	local service name path

	rm -f "$tmp/own.bad"
	check "$1 with <$2>: starts" begins "$1" "$2"
	check "$1 with <$2>: the document" document "$2"
	mounts_of "$2" >"$tmp/own"
	check "$1 with <$2>: a server in it" equal "$(jq -r '.servers[0].url' "$tmp/body")" /
	while read -r service name path; do
		[ "$service" != core ] || continue
		if grep -qxF "$path" "$tmp/own"; then
			check "$1 with <$2>: $path" test "$(code "$path")" != 404
		else
			check "$1 with <$2>: no $path" equal "$(code "$path")" 404
		fi
	done <"$B/share/mounts"
}

# Each alone, and those together that a program needs.
services=$(cut -d' ' -f1 "$B/share/mounts" | sort -u | grep -vx core)
with lighttpd ""
tables >"$tmp/core"
check "no table of a service without it" test -z "$(grep -x products "$tmp/core")"
with apache ""
for one in $services; do
	with lighttpd "${one//+/ }"
	with apache "${one//+/ }"
	with proxy "${one//+/ }"
done
case " $services " in
*shop*) check "tables of shop with it" grep -qx products <(tables) ;;
esac
with lighttpd ""

tally
