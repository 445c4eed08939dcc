#!/bin/bash
# admin: what `brisk` does to a database, and what it refuses.
# TEST_DB_SOCKET is a MariaDB's whose root has no password; its database
# brisk_admin_test is made anew and dropped.
set -u
brisk=${B:-build}/bin/brisk
if [ -z "${TEST_DB_SOCKET:-}" ]; then
	echo "admin: SKIPPED, TEST_DB_SOCKET names no database" >&2
	echo "admin: 0 passed, 0 failed, 1 skipped"
	exit 0
fi
dir=$(mktemp -d) && dir=$(cd "$dir" && pwd)
. "${BASH_SOURCE%/*}/../kit/kit.sh"

sql() {
	mariadb --no-defaults -S "$TEST_DB_SOCKET" -u root -N -B "$@"
}
tidy() {
	sql -e 'DROP DATABASE IF EXISTS brisk_admin_test'
	rm -rf "$dir"
}
trap tidy EXIT

# says LABEL STATUS TEXT COMMAND...: its status, and text that it prints.
says() {
	label=$1 want=$2 text=$3
	shift 3
	out=$("$@" 2>&1)
	got=$?
	case $out in
	*"$text"*) ;;
	*) got="$got without the text" ;;
	esac
	if [ "$got" = "$want" ]; then
		ok
	else
		wrong "$label" "status $got, want $want and <$text>: $out"
	fi
}
migrate() {
	"$brisk" migrate --dir "$dir/m" "$@"
}
# file NAME UP DOWN
file() {
	printf -- '-- migrate:up\n%s\n\n-- migrate:down\n%s\n' "$2" "$3" >"$dir/m/$1"
}

sql -e 'DROP DATABASE IF EXISTS brisk_admin_test; CREATE DATABASE brisk_admin_test'
mkdir -p "$dir/m/core" "$dir/m/shop" "$dir/m/feed" "$dir/m/sample"
export BRISK_CONF="$dir/brisk.conf"
cat >"$BRISK_CONF" <<C
secret = 0123456789abcdef0123456789abcdef
services = shop
database_socket = $TEST_DB_SOCKET
database_user = root
database_name = brisk_admin_test
C

# Commands and their flags.
says "no command" 2 "usage:" "$brisk"
says "unknown command" 2 "unknown command" "$brisk" dance
says "help" 0 "migrate" "$brisk" help
says "conf" 0 "***" "$brisk" conf
says "conf, table" 0 '| `threads` | `4` |' "$brisk" conf --markdown
says "unknown flag" 2 "unknown flag" "$brisk" migrate up --fast
says "flag without value" 2 "needs a value" "$brisk" migrate up --socket
says "down 0" 2 "must be an integer from 1 to 10000" "$brisk" migrate down 0

# Migrations.
file core/0001_a.sql 'CREATE TABLE a (id INT PRIMARY KEY);' 'DROP TABLE a;'
file shop/0001_b.sql 'CREATE TABLE b (id INT); INSERT INTO a VALUES (1);' \
    'DROP TABLE b; DELETE FROM a;'
file feed/0001_f.sql 'CREATE TABLE f (id INT);' 'DROP TABLE f;'
echo 'INSERT INTO nowhere VALUES (1);' >"$dir/m/sample/shop.sql"
says "pending" 1 "pending" migrate status --check
says "status changes nothing" 0 "0" sql brisk_admin_test -e \
    'SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()'
says "up" 0 "2 applied" migrate up
says "core first" 0 "core/0001" sql brisk_admin_test -e \
    'SELECT MIN(version) FROM schema_migrations'
says "up again" 0 "up to date" migrate up
says "all applied" 0 "shop/0001_b.sql" migrate status --check

file shop/0002_c.sql 'INSERT INTO a VALUES (2); INSERT INTO a VALUES (2);' \
    'DELETE FROM a WHERE id = 2;'
says "failed" 1 "Duplicate entry" migrate up
says "taken back" 0 "1" sql brisk_admin_test -e 'SELECT COUNT(*) FROM a'
says "failed, status" 1 "failed" migrate status --check
says "failed, up" 1 "up --retry" migrate up
file shop/0002_c.sql 'INSERT INTO a VALUES (2);' 'DELETE FROM a WHERE id = 2;'
says "retry" 0 "1 applied" migrate up --retry
echo '-- later' >>"$dir/m/shop/0002_c.sql"
says "changed, status" 1 "changed" migrate status --check
says "changed, up" 1 "shop/0002_c.sql: the file was changed" migrate up
sed -i '$d' "$dir/m/shop/0002_c.sql"
mv "$dir/m/shop/0002_c.sql" "$dir/c.sql"
says "missing" 1 "missing" migrate status --check
mv "$dir/c.sql" "$dir/m/shop/0002_c.sql"

file shop/0003_d.sql 'CREATE TABLE d (id INT); DO SLEEP(30);' 'DROP TABLE IF EXISTS d;'
"$brisk" migrate --dir "$dir/m" up >"$dir/log" 2>&1 &
pid=$!
until sql brisk_admin_test -e 'SHOW TABLES' | grep -qx d; do sleep 0.1; done
says "others wait for the lock" 0 "0" sql brisk_admin_test -e \
    "SELECT GET_LOCK('brisk_migrate_brisk_admin_test', 0)"
kill -9 "$pid"
wait "$pid" 2>/dev/null
for id in $(sql -e "SELECT id FROM information_schema.processlist
    WHERE info LIKE '%SLEEP(30)%' AND id <> CONNECTION_ID()"); do
	sql -e "KILL $id"
done
says "cut off, status" 1 "interrupted" migrate status --check
says "cut off, up" 1 "interrupted earlier" migrate up
says "cut off, down" 0 "shop/0003_d.sql" migrate down
rm "$dir/m/shop/0003_d.sql"
says "down all" 0 "no migration is left" migrate down 9
says "all gone" 0 "0" sql brisk_admin_test -e \
    "SELECT COUNT(*) FROM brisk_migrations"

printf 'SELECT 1;\n' >"$dir/m/shop/0004_e.sql"
says "no mark" 1 'SQL before "-- migrate:up"' migrate up
printf -- '-- migrate:up\n-- nothing\n' >"$dir/m/shop/0004_e.sql"
says "no statement" 1 "has no statement" migrate up
printf -- '-- migrate:up\nDO 1;\n' >"$dir/m/shop/0004_e.sql"
says "no way back, up" 0 "applied" migrate up
says "no way back" 1 "cannot be reverted" migrate down
cp "$dir/m/shop/0004_e.sql" "$dir/m/shop/0004_f.sql"
says "a number twice" 1 "the same number" migrate up
rm "$dir/m/shop/0004_f.sql"
says "no database" 1 "cannot connect" migrate status --socket "$dir/none"

# Tokens, and the keys that sign them.
says "no tables" 1 "cannot issue a token" "$brisk" token --scope "ops:read"
sql -e 'CREATE OR REPLACE DATABASE brisk_admin_test'
says "core" 0 "applied" "$brisk" migrate up --dir "${ROOT:-.}/migrations"
says "no keys yet" 0 "" "$brisk" key list
says "token" 0 "eyJ" "$brisk" token --scope "ops:read"
says "two keys" 0 "2" sql brisk_admin_test -e "SELECT COUNT(*) FROM signing_keys"
says "the next" 0 " next     created 20" "$brisk" key list
says "too early" 1 "can sign from" "$brisk" key rotate
kid() { sql brisk_admin_test -e "SELECT kid FROM signing_keys WHERE state = '$1'"; }
first=$(kid current) next=$(kid next)
says "--now" 0 "$next signs from now on" "$brisk" key rotate --now
says "turn" 0 "$next" kid current
says "kept" 0 "$first" kid previous
says "three keys" 0 "valid until 20" "$brisk" key list
says "revoke what signs" 1 "is the current or next key" "$brisk" key revoke "$next"
says "revoke what is not" 1 "no such key" "$brisk" key revoke x
says "revoke" 0 "is revoked" "$brisk" key revoke "$first"
says "two again" 0 "2" sql brisk_admin_test -e "SELECT COUNT(*) FROM signing_keys"
says "rotate again" 0 "signs from now on" "$brisk" key rotate --now
sql brisk_admin_test -e "UPDATE signing_keys SET published_at = published_at -
    INTERVAL 2 HOUR, retire_at = IF(state = 'previous', UTC_TIMESTAMP(3), NULL)"
says "two hours later" 0 "signs from now on" "$brisk" key rotate
says "the retired one is gone" 0 "3" sql brisk_admin_test -e \
    "SELECT COUNT(*) FROM signing_keys"
says "another secret" 1 "another \`secret\`" env BRISK_SECRET=0123456789abcdef0123456789abcdeX \
    "$brisk" token --scope "ops:read"
says "and no word of ours in it" 0 "0" sql brisk_admin_test -e \
    "SELECT COUNT(*) FROM signing_keys WHERE public_jwk LIKE '%\"d\"%'"
says "no key to do it with" 2 "usage" "$brisk" key
says "unknown user" 1 "no such user" "$brisk" token --scope "ops:read" \
    --sub 00000000-0000-7000-8000-000000000000
says "unknown scope" 1 "unknown scope" "$brisk" token --scope "ops:read all"
says "no scope" 2 "usage" "$brisk" token
says "no time" 1 "must be an integer from 1" "$brisk" token --scope ops:read --seconds 0

# Documents.
part() {
	printf '{"openapi":"3.1.0","info":{},"paths":{"/v1/%s":{"%s":{}}},' "$1" "$2"
	printf '"components":{"schemas":{"S":{"type":"%s"}}},' "$3"
	printf '"tags":[{"name":"%s"}]}' "$1"
}
part b get object >"$dir/1.json"
part a get object >"$dir/2.json"
part a post object >"$dir/3.json"
part c get string >"$dir/4.json"
says "united, sorted" 0 '"paths":{"/v1/a":{"get":{},"post":{}},"/v1/b":{"get":{}}}' \
    "$brisk" openapi "$dir/1.json" "$dir/2.json" "$dir/3.json"
says "tags" 0 '"tags":[{"name":"a"},{"name":"b"}]' \
    "$brisk" openapi "$dir/1.json" "$dir/2.json" "$dir/3.json"
says "a method twice" 1 "get /v1/b" "$brisk" openapi "$dir/1.json" "$dir/1.json"
says "schemas differ" 1 "schemas S" "$brisk" openapi "$dir/1.json" "$dir/4.json"
says "no JSON" 1 "cannot be read" "$brisk" openapi "$BRISK_CONF"

# Handlers from tables.
sql brisk_admin_test <<'S'
CREATE TABLE old (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
 `odd name` VARCHAR(10) NULL, `int` INT NOT NULL DEFAULT 5,
 kind ENUM('a', 'it''s') NOT NULL, price DECIMAL(12,3) NOT NULL, ok TINYINT(1) NOT NULL,
 big BIGINT UNSIGNED NOT NULL, day DATE NULL, doc JSON NULL, photo BLOB NULL,
 note TEXT NOT NULL COMMENT 'Of "theirs"\\', password VARCHAR(80) NOT NULL,
 created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, KEY (kind));
CREATE TABLE keyless (a INT);
CREATE TABLE timed (at DATETIME PRIMARY KEY);
CREATE TABLE kinds (id INT, kind ENUM('a', 'b'), PRIMARY KEY (id, kind));
S
new() {
	"$brisk" new "$@" --dir "$dir/tree"
}
handler=$dir/tree/handlers/shop/pairs.c
says "new" 0 "tests/system/pairs.sh" new pairs --from-table old
says "not over a file" 1 "already exists" new pairs --from-table old
says "compiles" 0 "" ${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Werror \
    -D_GNU_SOURCE -Ilib -Ilib/app -fsyntax-only "$handler"
says "its test is a script" 0 "" sh -n "$dir/tree/tests/system/pairs.sh"
for text in '.column = "odd name"' 'FIELD_INT(struct pair_row, int_, .column = "int"' \
    'ENUM("a", "it'"'"'s")' '.digits = 12' 'FORMAT_DATE' 'FIELD_JSON' 'FIELD_BOOL' \
    '.digits = 20' 'FIELD_HIDDEN' '.doc = "Of \"theirs\"\\"' \
    'FILTERS(FILTER_BY("kind"))' 'SORTS(SORT_BY("id"))' '.def = "5"' \
    'FIELD_KEY | FIELD_READONLY' 'FIELD_STAMP(struct pair_row, created_at, .flags = FIELD_READONLY'; do
	says "writes $text" 0 "$text" cat "$handler"
done
says "no such table" 1 "no such table" new x --from-table nothing
says "no key" 1 "no primary key" new x --from-table keyless
says "a key no path can say" 1 "a key of type datetime" new x --from-table timed
says "a key sorted by position" 1 "a key of type enum" new x --from-table kinds
says "a bad name" 1 "a name must consist of" new ../x --from-table old
says "a bad service" 1 "must be a name" new x --from-table old --service ..
says "a bad path" 1 "must be a path" new x --from-table old --path '/v1/"'
says "a bad scope" 1 "unknown scope" new x --from-table old --read everybody

tally
