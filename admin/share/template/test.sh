#!/bin/sh
# @NAME@: what it takes, what it refuses, and that a list is never stale.
# `make test` runs it on an installation of its own: BASE, TOKEN (ops:admin).
set -u
url=$BASE/v1/@NAME@
good=0 bad=0

# says LABEL TEXT CURL-ARGUMENTS...: the answer's status and body hold TEXT.
says() {
	label=$1 text=$2
	shift 2
	got=$(curl -s -m 10 -w '\n%{http_code}' "$@")
	case $got in
	*"$text"*) good=$((good + 1)) ;;
	*) bad=$((bad + 1)); echo "@NAME@: [$label] want $text, got $got" ;;
	esac
}
create() {
	says "$1" "$2" -H "Authorization: Bearer $TOKEN" \
	    -H 'Content-Type: application/json' -d "$3" "$url"
}

says "nothing yet" '{"items":[]}' "$url"
create "create" '201' '{"title":"Tea","author":"Ann","stars":5}'
says "the cached list shows it" '"title":"Tea"' "$url"
says "and so does a filter" '"title":"Tea"' "$url?author=Ann"
says "others' are left out" '{"items":[]}' "$url?author=Bob"
create "too many stars" '#/stars' '{"title":"Tea","author":"Ann","stars":6}'
create "a member nobody knows" '422' '{"title":"Tea","author":"Ann","stars":1,"x":1}'
says "no token" '401' -H 'Content-Type: application/json' -d '{}' "$url"
says "in the document" '"/v1/@NAME@"' "$BASE/openapi.json"

echo "@NAME@: $good passed, $bad failed"
[ "$bad" = 0 ]
