#!/bin/bash
# memory - one CGI request each of list, get, create and change, as often as it
# allocates, and each time another allocation fails; then again, with all after
# that one failing too.  The program answers with a status that is documented
# (never 500), or ends without an answer and without a signal.  Where it falls
# inside of a library, nothing of ours could help it: such are counted as skipped.
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
export B VAR=$tmp/var PORT=$((20000 + RANDOM % 12000)) SET="rate_limit=off log_level=error"
key=
fern='"name":"Ferns","slug":"ferns-@"'

cleanup() {
	[ ! -e "$VAR/brisk.conf" ] || admin/stack.sh stop
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

die() {
	echo "FAIL: $*"
	echo "memory: 0 passed, 1 failed"
	exit 1
}

# request METHOD URI BODY TYPE AT|FROM N: in $out what it answered, its status
# returned.  With an idempotency key where $key is one; @ as in a body.
request() {
	local body=${3//@/$6-$RANDOM} keyed=${key//@/$5-$6-$RANDOM}

	out=$(printf %s "$body" | timeout -s KILL 20 env -i BRISK_CONF="$VAR/brisk.conf" \
	    GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD="$1" REQUEST_URI="$2" \
	    CONTENT_TYPE="$4" CONTENT_LENGTH=${#body} REMOTE_ADDR=127.0.0.1 \
	    HTTP_AUTHORIZATION="Bearer $TOKEN" HTTP_IF_MATCH='*' \
	    ${keyed:+HTTP_IDEMPOTENCY_KEY="$keyed"} LD_PRELOAD="$B/failmalloc.so" "FAIL_$5=$6" FAIL_TOLD="$told" \
	    "$B/bin/categories" 2>"$tmp/stderr.$BASHPID")
}

# 0 where answer and end are such as may be.
judge() {
	local status

	[ "$1" -lt 124 ] || [ "$1" -gt 192 ] || return 1
	[ -n "$out" ] || [ "$1" != 0 ] || return 1
	[ -n "$out" ] || return 0
	status=${out#Status: }
	case ${status%% *} in
	200 | 201 | 204 | 503) return 0 ;;
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
admin/stack.sh start >"$tmp/start" 2>&1 || die "$(cat "$tmp/start")"
TOKEN=$(BRISK_CONF=$VAR/brisk.conf "$B/bin/brisk" token --seconds 7200 --scope products:write) ||
    die "brisk token"
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

failed=$(grep -c FAIL "$tmp/all")
passed=$(grep -c passed "$tmp/all")
skipped=$(grep -c skipped "$tmp/all")
echo "memory: $passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
