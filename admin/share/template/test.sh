#!/bin/sh
# @NAME@: accepted and refused requests, and that a cached list is never stale.
# `make test` runs it with a private installation: BASE, TOKEN (with ops:admin).
set -u
url=$BASE/v1/@NAME@
good=0 bad=0

# says LABEL TEXT CURL-ARGUMENTS...: status and body of the response contain TEXT.
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

says "an empty list" '{"items":[]}' "$url"
create "create" '201' '{"title":"Tea","author":"Ann","stars":5}'
says "the cached list shows it" '"title":"Tea"' "$url"
says "the filter finds it" '"title":"Tea"' "$url?author=Ann"
says "the filter excludes it" '{"items":[]}' "$url?author=Bob"
create "too many stars" '#/stars' '{"title":"Tea","author":"Ann","stars":6}'
create "an unknown member" '422' '{"title":"Tea","author":"Ann","stars":1,"x":1}'
says "no token" '401' -H 'Content-Type: application/json' -d '{}' "$url"
says "in the document" '"/v1/@NAME@"' "$BASE/openapi.json"

echo "@NAME@: $good passed, $bad failed"
[ "$bad" = 0 ]
