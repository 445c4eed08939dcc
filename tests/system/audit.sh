#!/bin/bash
# audit: each row that a resource writes is told once, in the same transaction:
# who, what, by which request; and nothing that was not written.  The programs
# are asked as CGI, against the installation of VAR.  B.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd -P)
B=${B:-$root/build}
[[ $B == /* ]] || B=$root/$B
export BRISK_CONF=$VAR/brisk.conf
. "${BASH_SOURCE%/*}/../kit/kit.sh"
slug=audit-$$-$RANDOM
start=$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)

sql() { mariadb --no-defaults -S "$VAR/db.sock" -u root -N -B brisk "$@"; }
tidy() { sql -e "DELETE FROM categories WHERE slug LIKE '$slug%'"; }
trap tidy EXIT

token=$("$B/bin/brisk" token --sub "writer-$slug" --scope products:write | awk '{ print $NF }')

# ask METHOD URI BODY [NAME=VALUE...]: the whole answer into `out`.
ask() {
	local method=$1 uri=$2 body=$3 type=application/json

	shift 3
	[ "$method" != PATCH ] || type=application/merge-patch+json
	out=$(printf %s "$body" | env "$@" GATEWAY_INTERFACE=CGI/1.1 \
	    REQUEST_METHOD="$method" REQUEST_URI="$uri" CONTENT_TYPE=$type \
	    CONTENT_LENGTH="$(printf %s "$body" | wc -c)" REMOTE_ADDR=198.51.100.7 \
	    HTTP_AUTHORIZATION="Bearer $token" "$B/bin/categories" 2>/dev/null)
	out=${out//$'\r'/}
}
status() { sed -n '1s/Status: \([0-9]*\).*/\1/p' <<<"$out"; }
field() { sed -n "s/^$1: //p" <<<"$out"; }
# What the log holds of this test: one "action target" a line.
told() { "$B/bin/brisk" audit --since "$start" --actor "writer-$slug" --json "$@"; }
count() { told "$@" | wc -l; }

ask POST /v1/categories "{\"name\":\"A\",\"slug\":\"$slug\"}"
is "created" "$(status)" 201
id=$(field Location) id=${id##*/}
is "one row" "$(count)" 1
row=$(told)
is "it says all" "$(sed 's/{"at":"[^"]*",//' <<<"$row")" \
    "\"actor\":\"writer-$slug\",\"client_id\":\"brisk\",\"action\":\"categories.create\",\"target\":\"categories/$id\",\"ip\":\"198.51.100.7\",\"request_id\":\"$(field X-Request-Id)\"}"

ask POST /v1/categories "{\"name\":\"A\",\"slug\":\"$slug\"}"
is "taken" "$(status)" 409
ask POST /v1/categories "{\"name\":\"\"}"
is "refused" "$(status)" 422
ask POST /v1/categories "{\"items\":[{\"name\":\"B\",\"slug\":\"$slug-b\"},{\"name\":\"C\",\"slug\":\"$slug\"}]}"
is "a batch that is not made" "$(status)" 422
ask PATCH "/v1/categories/$id" '{"name":"B"}' 'HTTP_IF_MATCH="999-00000000"'
is "stale" "$(status)" 412
ask PATCH "/v1/categories/$id" '{"name":"A"}' 'HTTP_IF_MATCH=*'
is "nothing changed" "$(status)" 200
is "none of these is told" "$(count)" 1

ask PATCH "/v1/categories/$id" '{"name":"B"}' 'HTTP_IF_MATCH=*'
is "changed" "$(status)" 200
is "as that" "$(count --action categories.update --target "categories/$id")" 1
ask POST /v1/categories "{\"items\":[$(for i in {1..69}; do
	printf '%s{"name":"N","slug":"%s"}' "$([ $i = 1 ] || echo ,)" "$slug-$i"
done)]}"
is "a batch" "$(status)" 201
is "each of its rows" "$(count --action categories.create)" 70
is "by one request" "$(told --action categories.create | grep -c "$(field X-Request-Id)")" 69
is "each its own" "$(told | sed 's/.*"target":"\([^"]*\)".*/\1/' | sort -u | wc -l)" 70
ask DELETE "/v1/categories/$id" '' 'HTTP_IF_MATCH=*'
is "deleted" "$(status)" 204
is "as that" "$(count --action categories.delete --target "categories/$id")" 1
is "by text" "$("$B/bin/brisk" audit --since 10m --target "categories/$id" | wc -l)" 3
is "the last" "$("$B/bin/brisk" audit --target "categories/$id" --last 1 | grep -c delete)" 1

ask POST /v1/categories "{\"name\":\"O\",\"slug\":\"$slug-off\"}" BRISK_AUDIT_WRITES=off
is "created, switched off" "$(status)" 201
is "is not told" "$(count --action categories.create)" 70

"$B/bin/brisk" audit --since yesterday >/dev/null 2>&1
is "no time" $? 2
"$B/bin/brisk" audit --last 0 >/dev/null 2>&1
is "no number" $? 2

# Without the row there is no change either.
sql -e 'RENAME TABLE audit TO audit_away'
ask POST /v1/categories "{\"name\":\"X\",\"slug\":\"$slug-x\"}"
"$B/bin/categories" --check >/dev/null 2>&1
check=$?
sql -e 'RENAME TABLE audit_away TO audit'
is "no log, no change" "$(status) $(sql -e "SELECT COUNT(*) FROM categories WHERE slug = '$slug-x'")" "500 0"
is "and the check says so" $check 1

tally
