#!/bin/bash
# watch: what another program writes into a watched table is shown within a
# second, over HTTP; without triggers it is not, and everybody says so.
# BASE, VAR, B, TOKEN.
#
# The other program is the mariadb client with an account of its own, that may
# write the shop's tables and nothing of Brisk's.
set -u -o pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
B=${B:-$root/build}
[[ $B == /* ]] || B=$root/$B
. "${BASH_SOURCE%/*}/../kit/kit.sh"
dir=$(mktemp -d /tmp/watch.XXXXXX) || exit 2
export BRISK_CONF=$VAR/brisk.conf

# says LABEL STATUS TEXT COMMAND...
says() {
	local label=$1 want=$2 text=$3 out status

	shift 3
	out=$("$@" 2>&1)
	status=$?
	[ "$status" = "$want" ] && [[ $out == *"$text"* ]] && ok ||
	    wrong "$label" "status $status: $out"
}

sql() { mariadb --no-defaults -S "$VAR/db.sock" -u root -N -B brisk -e "$1"; }
others() { mariadb --no-defaults -S "$VAR/db.sock" -u watch_other -pfar-away -N -B brisk -e "$1"; }
brisk() { "$B/bin/brisk" "$@"; }
watch() { brisk cache watch "$1" --user root; }

tidy() {
	for table in products categories product_categories; do
		brisk cache unwatch $table --user root
	done
	sql "DROP USER IF EXISTS watch_other@localhost; DELETE FROM categories WHERE slug LIKE 'watched-%'"
	brisk cache purge
	rm -rf "$dir"
} >/dev/null 2>&1
trap tidy EXIT

sql "CREATE OR REPLACE USER watch_other@localhost IDENTIFIED BY 'far-away';
    GRANT SELECT, INSERT, UPDATE, DELETE ON brisk.products TO watch_other@localhost;
    GRANT SELECT, INSERT, UPDATE, DELETE ON brisk.categories TO watch_other@localhost;
    GRANT SELECT, INSERT, DELETE ON brisk.product_categories TO watch_other@localhost"

get() { curl -s -m 60 "$BASE$1"; }
name_of() { get "$item?fields=name" | jq -r .name; }
listed() { get "/v1/products?sku=$sku&fields=name" | jq -r '.items[0].name'; }
product=$(get '/v1/products?limit=1' | jq '.items[0]')
id=$(jq -r .id <<<"$product") sku=$(jq -r .sku <<<"$product") item=/v1/products/$(jq -r .id <<<"$product")
was=$(jq -r .name <<<"$product")
where="id = UNHEX(REPLACE('$id', '-', ''))"
rename_it() { others "UPDATE products SET name = '$1' WHERE $where"; }

# shows LABEL WANT COMMAND...: a minute is far more than it takes.
shows() {
	local label=$1 want=$2 got= until=$((SECONDS + 60))

	shift 2
	while [ $SECONDS -lt $until ]; do
		got=$("$@")
		[ "$got" != "$want" ] || { ok; return; }
		sleep 0.05
	done
	wrong "$label" "still <$got>"
}
# Long enough that a watched one would be shown.
stays() {
	local label=$1 want=$2

	shift 2
	sleep 1.5
	is "$label" "$("$@")" "$want"
}

# From here on nobody watches.
for table in $(sql 'SELECT DISTINCT table_name FROM cache_watches'); do
	brisk cache unwatch "$table" --user root >/dev/null
done

# --- nobody watches: the time to live alone ---------------------------------------
name_of >/dev/null && listed >/dev/null
rename_it "Far 1"
stays "mutant: not watched, a row" "$was" name_of
is "mutant: not watched, a list" "$(listed)" "$was"
is "nothing is noted" "$(sql 'SELECT COUNT(*) FROM cache_changes')" 0

# --- who may, and what is refused -------------------------------------------------
says "without the privilege" 1 "TRIGGER command denied" brisk cache watch products
says "it says what that means" 1 "visible when cached responses expire, after 60 s" \
    brisk cache watch products
is "no trigger was made" "$(sql 'SHOW TRIGGERS' | wc -l)" 0
says "no such table" 1 "no such table" watch nothing
says "no table's name" 1 "a table name must" watch 'products; DROP TABLE jobs'
says "two tables" 2 "usage" brisk cache watch products categories
says "unwatch nothing" 2 "usage" brisk cache unwatch
says "none is watched" 0 "" brisk cache watch

# --- watched ------------------------------------------------------------------------
says "watch" 0 "visible within a second" watch products
says "once more" 0 "visible within a second" watch products
says "the list" 0 "products" brisk cache watch
says "status" 0 "watched since" brisk cache status
is "what was changed before is shown at once" "$(name_of)" "Far 1"
is "in lists, too" "$(listed)" "Far 1"
rename_it "Far 2"
shows "a row" "Far 2" name_of
shows "a list" "Far 2" listed
others "START TRANSACTION; UPDATE products SET name = 'Far 3' WHERE $where; ROLLBACK"
stays "rolled back" "Far 2" name_of
mkfifo "$dir/slow"
mariadb --no-defaults -S "$VAR/db.sock" -u watch_other -pfar-away brisk <"$dir/slow" &
exec 7>"$dir/slow"
echo "START TRANSACTION; UPDATE products SET name = 'Far 4' WHERE $where;" >&7
stays "not yet committed" "Far 2" name_of
echo "COMMIT;" >&7
exec 7>&-
wait $!
shows "committed late" "Far 4" name_of
is "notes are swept" "$(name_of >/dev/null; sleep 1.1; name_of >/dev/null; sql 'SELECT COUNT(*) FROM cache_changes')" 0
says "status, when" 0 "last sweep" brisk cache status

# Another row's answer stays.  Its answer is changed behind everybody's back: a
# trigger does not look at who says that the writer bumps by itself.
mutant=$(get '/v1/products?limit=2' | jq -r '.items[1].id')
get "/v1/products/$mutant?fields=name" >"$dir/before"
others "SET @brisk_bumps = 1; UPDATE products SET name = 'Unseen'
    WHERE id = UNHEX(REPLACE('$mutant', '-', ''))"
rename_it "Far 5"
shows "the row" "Far 5" name_of
get "/v1/products/$mutant?fields=name" >"$dir/after"
cmp -s "$dir/before" "$dir/after" && ok || wrong "only the row is stale" "$(cat "$dir/after")"
brisk cache purge
is "(it was changed)" "$(get "/v1/products/$mutant?fields=name" | jq -r .name)" "Unseen"
sql "UPDATE products SET name = $(jq .name "$dir/before") WHERE id = UNHEX(REPLACE('$mutant', '-', ''))"

# --- a row comes, gets another key, goes --------------------------------------------
says "watch" 0 "visible within a second" watch categories
shelves() { get "/v1/categories?slug=$1" | jq -r '.items[0].name'; }
shelf() { curl -s -m 60 -o /dev/null -w '%{http_code}' "$BASE/v1/categories/$1"; }
one=01900000-0000-7000-8000-000000000001 two=01900000-0000-7000-8000-000000000002
is "not there" "$(shelves watched-1) $(shelf $one) $(shelf $two)" "null 404 404"
others "INSERT INTO categories (id, name, slug) VALUES (UNHEX(REPLACE('$one', '-', '')), 'W', 'watched-1')"
shows "inserted" W shelves watched-1
is "inserted: the row" "$(shelf $one)" 200
others "UPDATE categories SET id = UNHEX(REPLACE('$two', '-', '')) WHERE slug = 'watched-1'"
shows "another key: gone here" 404 shelf $one
is "another key: there" "$(shelf $two)" 200
others "DELETE FROM categories WHERE slug = 'watched-1'"
shows "deleted" 404 shelf $two
is "deleted: the list" "$(shelves watched-1)" null

# --- a list that is kept in a table of its own --------------------------------------
says "watch" 0 "visible within a second" watch product_categories
on_shelves() { get "$item?fields=category_ids" | jq '.category_ids | length'; }
n=$(on_shelves)
other=$(sql "SELECT LOWER(HEX(id)) FROM categories WHERE id NOT IN (SELECT category_id
    FROM product_categories WHERE product_$where) LIMIT 1")
others "INSERT INTO product_categories (product_id, category_id) VALUES
    (UNHEX(REPLACE('$id', '-', '')), UNHEX('$other'))"
shows "a link more" $((n + 1)) on_shelves
others "DELETE FROM product_categories WHERE product_$where AND category_id = UNHEX('$other')"
shows "and less" "$n" on_shelves

# --- our own writes -----------------------------------------------------------------
next() { sql "SELECT auto_increment FROM information_schema.tables WHERE table_schema = 'brisk' AND table_name = 'cache_changes'"; }
before=$(next)
tag=$(curl -s -m 60 -o /dev/null -D - "$BASE$item" | sed -n 's/^etag: *\([^\r]*\)\r*$/\1/Ip')
code=$(curl -s -m 60 -o "$dir/told" -w '%{http_code}' -X PATCH "$BASE$item" -H "If-Match: $tag" \
    -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/merge-patch+json' \
    -d "{\"name\":$(jq -n --arg n "$was" '$n')}")
is "written through the API" "$code" 200
is "shown at once" "$(name_of)" "$was"
is "and not noted again" "$(next)" "$before"

# --- not watched any more -----------------------------------------------------------
says "unwatch" 0 "no longer watched" brisk cache unwatch products --user root
says "without the privilege" 1 "TRIGGER command denied" brisk cache unwatch categories
says "unwatch" 0 "no longer watched" brisk cache unwatch categories --user root
says "unwatch" 0 "no longer watched" brisk cache unwatch product_categories --user root
is "no trigger is left" "$(sql 'SHOW TRIGGERS' | wc -l)" 0
name_of >/dev/null
rename_it "Far 6"
stays "mutant: not watched any more" "$was" name_of
sql "UPDATE products SET name = $(jq -n --arg n "$was" '$n') WHERE $where"

# --- a resource that says that others write -----------------------------------------
# Copies of brisk and of one program that says so, in a folder of their own.
mkdir -p "$dir/bin" "$dir/share"
cp "$B/bin/brisk" "$dir/bin/" && grep ' categories ' "$B/share/mounts" >"$dir/share/mounts"
sed 's/\.cached = { \.ttl = 60/.cached = { .others_write = true, .ttl = 60/' \
    "$root/handlers/shop/categories.c" >"$dir/categories.c"
libs=$(sed -n 's/^LDLIBS[^=]*= *//p' "$root/Makefile")
${CC:-cc} -std=c11 -O1 -D_GNU_SOURCE ${CFLAGS:-} -I"$root/lib" -I"$root/lib/app" -I"$root/handlers/shop" \
    -o "$dir/bin/categories" "$dir/categories.c" "$B/libbrisk.a" $libs || wrong "compiles" "no"
late() { "$dir/bin/brisk" "$@"; }
cgi() {
	REQUEST_METHOD=GET REQUEST_URI=/v1/categories "$dir/bin/categories" </dev/null 2>&1
}
says "TTL-only: status" 0 "NOT watched, but written by other software: responses may be 60 s old" late cache status
says "TTL-only: list" 0 "NOT watched" late cache watch
says "TTL-only: doctor" 0 "categories is written by other software and not watched" late doctor --only watch
cgi >/dev/null
says "TTL-only: its log" 0 "other programs write categories, which is not watched" cgi
says "TTL-only: the document" 0 "within a second if the table is watched, otherwise within 60 s." "$dir/bin/categories" --openapi
says "watch" 0 "visible within a second" late cache watch categories --user root
says "watched: doctor" 0 "ok " late doctor --only watch
cgi >/dev/null
[[ $(cgi) != *"not watched"* ]] && ok || wrong "watched: its log" "$(cgi | grep watched)"
[[ $(late cache status) != *NOT* ]] && ok || wrong "watched: status" "$(late cache status)"

tally
