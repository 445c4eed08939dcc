#!/bin/bash
# rehearse: what a new program would answer otherwise is found before it serves,
# and what others write meanwhile is no difference.  B, VAR.
#
#	ROLLS (10)	rolls of the same program under writes
#	HANGS		also a program that hangs: its bound is waited for
#
# On a lighttpd of its own with copies of the programs; tests/chaos/rehearse.sh
# runs it longer.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
B=${B:-$root/build}
[[ $B == /* ]] || B=$root/$B
suite=rehearse
. "$root/tests/chaos/super_kit.sh"

at_open
at_up && ok || wrong "starts" "$(tail -n 3 "$at_dir"/log/*.log)"
rehearse() { brisk restart --rehearse 200 "$@" products; }
get() { curl -s -m 60 -g -o "$at_dir/body" "${@:2}" "http://127.0.0.1:$at_port/v1/products$1"; }

told=$(brisk restart --rehearse 200 ops) && ok || wrong "nobody asked yet" "$told"
[[ $told == *"nothing to rehearse"*"serves after"* ]] && ok || wrong "nobody asked yet" "$told"

# --- what is asked --------------------------------------------------------------
get '?limit=100'
id=$(jq -r '.items[0].id' "$at_dir/body") sku=$(jq -r '.items[1].sku' "$at_dir/body")
shelf=$(jq -r '[.items[].category_ids // [] | .[]] | first' "$at_dir/body")
for query in '' '?limit=2' '?limit=3&sort=price' '?sort=-price&limit=5' '?in_stock=true' \
    '?in_stock=false&limit=7' "?sku=$sku" '?price_max=1500' '?price_min=500&limit=4' \
    "?category_id=$shelf" '?q=maple' '?fields=sku,name&limit=9' '?expand=categories&limit=6' \
    '?limit=none&colour=green' '?cursor=x' "/$id" "/$id?fields=name,available" \
    "/00000000-0000-4000-8000-000000000000" /nothing; do
	get "$query"
done
get '?limit=8' -H 'Accept: application/json'
get '?limit=8' -H 'Accept: text/html'
token=$(brisk token --scope "products:write" | awk 'END { print $NF }')
get '?limit=11' -H "Authorization: Bearer $token"
told=$(rehearse) && ok || wrong "the same program" "$told"
[[ $told =~ rehearsed\ ([0-9]+)\ requests\ with ]] || wrong "the same program" "$told"
within "requests, each different one once" "${BASH_REMATCH[1]:-0}" 22 24
strings -n 8 "$at_dir/run/products.recent" >"$at_dir/noted"
grep -q 'limit=7' "$at_dir/noted" && ok || wrong "noted" "not what was asked"
! grep -qE 'limit=11|Bearer|127\.0\.0\.1' "$at_dir/noted" && ok ||
    wrong "noted" "what came with a token, or from where"
told=$(brisk restart --rehearse 3 products)
[[ $told == *"rehearsed 3 requests"* ]] && ok || wrong "only three" "$told"

# --- regressions in its declaration ------------------------------------------------
include=$(pkg-config --cflags libmariadb 2>/dev/null || echo -I/usr/include/mariadb)
libraries=${LDLIBS:-$(sed -n 's/^LDLIBS[^=]*= *//p' "$root/Makefile")}
link() {
	${CC:-cc} -D_GNU_SOURCE -std=c11 -O0 ${LDFLAGS:-} ${CFLAGS:-} -I"$root/lib" -I"$root/lib/app" \
	    -I"$root/handlers/shop" -I"$root/handlers/domain" $include "$@" \
	    "$B/libdomain.a" "$B/libbrisk.a" $libraries
}
caught=0 planted=0
# plant NAME FILE [TEXT]: refused, with a difference told that has this text.
plant() {
	planted=$((planted + 1))
	if told=$(rehearse --with "$2"); then
		wrong "$1" "was taken: $told"
		put_good
		brisk restart products >/dev/null
	elif [[ $told == *"the old program goes on"* && $told == *GET\ /v1/products*"${3:-}"* ]]; then
		caught=$((caught + 1))
		ok
	else
		wrong "$1" "$told"
	fi
}
# edited NAME TEXT SED...
edited() {
	sed "${@:3}" "$root/handlers/shop/products.c" >"$at_dir/edited.c"
	if cmp -s "$at_dir/edited.c" "$root/handlers/shop/products.c" ||
	    ! link -o "$at_dir/edited" "$at_dir/edited.c"; then
		wrong "$1" "can not be made"
		return
	fi
	plant "$1" "$at_dir/edited" "$2"
}
was="$(super pid) $(workers pid)"
edited "field dropped" '"available"' -e '/FIELD_INT(struct product, available/,+2d'
edited "other order" '@ body' -e 's/SORTS(SORT_ON("-created_at"/SORTS(SORT_ON("!created_at"/' \
    -e 's/SORT_ON("created_at"/SORT_ON("-created_at"/' -e 's/"!created_at"/"created_at"/'
edited "other sum" '@ body' -e 's/s.on_hand - s.reserved/s.on_hand + 1/'
edited "condition turned round" '@ body' -e 's/s.on_hand > s.reserved/s.on_hand <= s.reserved/'
edited "filter dropped" '+ Status: 400' -e '/"price_max", FILTER_MAX/d'
edited "expand dropped" '+ Status: 400' -e '/\.expands = /,+1d'
edited "no Last-Modified" '- Last-Modified' -e 's/ \.modified = "updated_at",//'
edited "other Cache-Control" '+ Cache-Control' -e 's/\.ttl = 60/.ttl = 60, .max_age = 60/'
edited "another field dropped" '"attributes"' -e '/FIELD_JSON(struct product, attributes/,/}"),/d'
edited "wants a token" '+ Status: 401' -e 's/\.read = SCOPE_NONE/.read = "products:write"/'
edited "other version" 'ETag' -e 's/\.version = "version", //'

# --- and anywhere else ---------------------------------------------------------------
blank=@@@@@@@@@@@@@@@@@@@@@@@@
link -o "$at_dir/planted" -Wl,--wrap=exchange_write "-DNAME=\"$blank\"" \
    "$root/tests/system/rehearse/plant.c" "$root/handlers/shop/products.c" || wrong "plants" "can not be made"
named() {
	sed "s/$blank/$(printf "%-${#blank}s" "$1")/" "$at_dir/planted" >"$at_dir/$1"
	chmod +x "$at_dir/$1"
}
while read -r name text; do
	[ "$name" != hang-on-some ] || [ -n "${HANGS:-}" ] || continue
	named "$name"
	plant "$name" "$at_dir/$name" "$text"
done <<'END'
other-status + Status: 203
500-on-some + Status: 500
header-dropped - X-Frame-Options
header-added + X-Powered-By: us
other-type + Content-Type: text/json
link-dropped - Link:
etag-strong - ETag: W/
etag-other + ETag: "0
control-other + Cache-Control: no-store
one-byte EUr
null-not-absent "x":null
number-as-text "amount":"1"
problem-code unknown-
statement-more SQL statements
statements-by-row SQL statements
crash-on-some died by signal 6
exit-on-some ended with 0
hang-on-some does not answer in
newline-more @ body
one-request-alone limit=3
body-cut @ body
never-twice-alike @ body
END
is "the same processes all the while" "$(super pid) $(workers pid)" "$was"
# One that is put at its path, not given, is refused as well.
put "$at_dir/one-byte"
told=$(rehearse) && wrong "at its path" "was taken" || ok
# What is meant goes on without it, and back.
told=$(brisk restart products) && ok || wrong "without a rehearsal" "$told"
[[ $(get '?limit=2'; cat "$at_dir/body") == *EUr* ]] && ok || wrong "without a rehearsal" "does not serve"
load 300
began=$(date +%s%N)
told=$(brisk rollback products) && ok || wrong "rollback" "$told"
took=$((($(date +%s%N) - began) / 1000000))
unload
is "rollback: none refused" "$refused $broken" "0 0"
[[ $(get '?limit=2'; cat "$at_dir/body") != *EUr* ]] && ok || wrong "rollback" "the new one serves still"
cmp -s "$at_bin/products" "$B/bin/products" && ok || wrong "rollback" "another file lies there"

# --- the same program while data is written ---------------------------------------------
write_all() {
	while :; do
		mariadb --no-defaults -S "$VAR/db.sock" -u root brisk 2>/dev/null <<-END
		UPDATE stock SET on_hand = on_hand + 1;
		DO SLEEP(0.02);
		UPDATE products SET name = CONCAT('~', name), version = version + 1 ORDER BY RAND() LIMIT 3;
		DO SLEEP(0.02);
		UPDATE stock SET on_hand = on_hand - 1;
		UPDATE products SET name = SUBSTR(name, 2) WHERE name LIKE '~%';
		DO SLEEP(0.05);
		END
		echo >>"$at_dir/written"
	done
}
# Did the writer finish a turn after it had finished $1?
writes() { [ "$(cat "$at_dir/written" 2>/dev/null | wc -l)" -gt "$1" ]; }
write_all &
writer=$!
alike=0 compared=0 rolls=${ROLLS:-10}
for ((i = 0; i < rolls; i++)); do
	put_good
	waits writes "$i" || wrong "writer" "does not write"
	if told=$(rehearse); then
		alike=$((alike + 1))
		[[ $told =~ rehearsed\ ([0-9]+) ]] && compared=$((compared + BASH_REMATCH[1]))
		[[ $told =~ alike\;\ ([0-9]+)\ not ]] && compared=$((compared - BASH_REMATCH[1]))
	else
		wrong "the same program, written to" "$told"
	fi
	get "?limit=$((20 + i % 50))"
done
kill $writer
wait $writer 2>/dev/null
mariadb --no-defaults -S "$VAR/db.sock" -u root brisk -e \
    "UPDATE products SET name = SUBSTR(name, 2) WHERE name LIKE '~%'"
within "it was written to meanwhile" "$(wc -l <"$at_dir/written")" "$rolls" 1000000
within "and yet compared" "$compared" $((rolls * 10)) 10000000
is "no false alarm" "$alike" "$rolls"

echo "$caught of $planted regressions caught; $((rolls - alike)) false alarms in $rolls rolls" \
    "of the same program ($compared answers compared); rollback in $took ms"
tally
