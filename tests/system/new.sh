#!/bin/bash
# new: from a table to a handler that answers.  `brisk new` writes into a copy
# of the tree, which is built; the program is asked as CGI and, with its own
# generated test, behind a lighttpd of the shipped configuration.  VAR, B.
#
# Its database lies in the installation's server, and is dropped.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd -P)
B=${B:-$root/build}
[[ $B == /* ]] || B=$root/$B
scratch=brisk_new_test
. "${BASH_SOURCE%/*}/../kit/kit.sh"
web=
dir=$(mktemp -d /tmp/new.XXXXXX) || exit 2

sql() {
	mariadb --no-defaults -S "$VAR/db.sock" -u root -N -B "$@"
}
tidy() {
	[ -z "$web" ] || { kill "$web" && wait "$web"; } 2>/dev/null
	sql -e "DROP DATABASE IF EXISTS $scratch"
	rm -rf "$dir"
}
trap tidy EXIT

# says LABEL TEXT COMMAND...: succeeds, and prints text with that in it.
says() {
	local label=$1 text=$2 out

	shift 2
	if out=$("$@" 2>&1) && [[ $out == *"$text"* ]]; then
		ok
	else
		wrong "$label" "$out"
	fi
}
end() {
	tally
	exit
}

# The installation's options, but root's account and another database.
sed -e '/^database_/d' -e "s|^run_dir *=.*|run_dir = run|" \
    "$VAR/brisk.conf" >"$dir/brisk.conf"
cat >>"$dir/brisk.conf" <<END
database_socket = $VAR/db.sock
database_user = root
database_name = $scratch
END
mkdir -m 0700 "$dir/run" "$dir/log" "$dir/tmp"
export BRISK_CONF="$dir/brisk.conf"

sql -e "CREATE OR REPLACE DATABASE $scratch CHARACTER SET utf8mb4"
BRISK_SERVICES='' "$B/bin/brisk" migrate up --user root --dir "$root/migrations" >/dev/null || {
	wrong "the core's tables" "could not be made"
	end
}
sql <<'S'
USE brisk_new_test;
CREATE TABLE beds (
  id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(40) NOT NULL, code CHAR(4) NOT NULL UNIQUE,
  plants SMALLINT UNSIGNED NOT NULL DEFAULT 0, sown DATE NULL,
  kind ENUM('open', 'glass') NOT NULL DEFAULT 'open',
  updated_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
  KEY (kind));
CREATE TABLE `Old Things` (
  `key a` INT NOT NULL, `Key B` VARCHAR(10) NOT NULL, `int` TINYINT(1) NULL,
  `big` BIGINT UNSIGNED NOT NULL, `small` TINYINT UNSIGNED NULL, `medium` MEDIUMINT NOT NULL,
  `exact` DECIMAL(20,6) NULL, `real` DOUBLE NULL, `f` FLOAT NOT NULL DEFAULT 1.5,
  `text` MEDIUMTEXT NULL, `set` SET('a','b') NULL, `doc` JSON NULL, `at` DATETIME NULL,
  `fine` DATETIME(6) NULL, `year` YEAR NULL, `who` BINARY(16) NULL, `uuid` UUID NULL,
  `class` VARCHAR(8) CHARACTER SET latin1 COMMENT 'Says "*/" and ??/', `photo` BLOB NULL,
  `double` INT GENERATED ALWAYS AS (`key a` * 2) VIRTUAL,
  created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (`key a`, `Key B`), KEY (`fine`), UNIQUE KEY (`class`));
INSERT INTO `Old Things` (`key a`, `Key B`, big, medium) VALUES
  (1, 'a b', 18446744073709551615, -1), (2, 'ü', 0, 0);
S

# What is built is built again only where it is older; the documents of the other
# programs are from no installation, and so must be those of the new ones.
tree=$dir/tree
mkdir "$tree"
cp -a "$root"/{Makefile,lib,handlers,admin,migrations,lighttpd,apache} "$tree"
mkdir -p "$tree/tests" && cp -a "$root/tests/http" "$root/tests/kit" "$root/tests/unit" "$tree/tests"
cp -a "$B" "$dir/b"
cd "$tree" || exit 2

says "new" "tests/system/beds.sh" "$B/bin/brisk" new beds --from-table beds --read none \
    --write products:write
says "new, all types" "tests/system/things.sh" "$B/bin/brisk" new things \
    --from-table "Old Things" --path /v1/old-things --read ops:read --write ops:admin
says "what no field describes is told" "photo" "$B/bin/brisk" new other \
    --from-table "Old Things" --dir "$dir/other"
lines=$(wc -l <handlers/shop/beds.c)
if [ "$lines" -ge 25 ] && [ "$lines" -le 45 ]; then
	ok
else
	wrong "about 35 lines" "$lines"
fi
awk 'length > 90' handlers/shop/{beds,things}.c | grep -q . && wrong "long lines" \
    "$(awk 'length > 90' handlers/shop/{beds,things}.c)" || ok
if ! env -u BRISK_CONF make B="$dir/b" CC="${CC:-cc}" >"$dir/made" 2>&1; then
	wrong "it builds" "$(tail -n 20 "$dir/made")"
	end
fi
ok
says "beds --check" "statements fit" "$dir/b/bin/beds" --check
says "things --check" "statements fit" "$dir/b/bin/things" --check
says "its path in the document" '"/v1/beds/{id}"' cat "$dir/b/share/openapi.json"
says "both keys in the document" '"/v1/old-things/{key_a}/{Key_B}"' cat "$dir/b/share/openapi.json"
says "its schema in the document" '"Bed"' cat "$dir/b/share/openapi.json"

token=$("$dir/b/bin/brisk" token --scope "products:write ops:read ops:admin" | awk '{ print $NF }')

# cgi LABEL PROGRAM METHOD URI STATUS TEXT [BODY]: what a CGI program prints.
cgi() {
	local label=$1 program=$2 method=$3 uri=$4 status=$5 text=$6 body=${7:-} out
	local length=()

	[ -z "$body" ] || length=(CONTENT_LENGTH=$(printf %s "$body" | wc -c)
	    CONTENT_TYPE=application/json)
	out=$(printf %s "$body" | env -i BRISK_CONF="$BRISK_CONF" GATEWAY_INTERFACE=CGI/1.1 \
	    REQUEST_METHOD="$method" REQUEST_URI="$uri" "${length[@]}" \
	    HTTP_AUTHORIZATION="Bearer $token" "$dir/b/bin/$program" 2>>"$dir/log/cgi")
	if [[ $out == "Status: $status"* && $out == *"$text"* ]]; then
		ok
	else
		wrong "$label" "$out"
	fi
}
cgi "CGI, an empty list" beds GET /v1/beds 200 '{"items":[]}'
cgi "CGI, create" beds POST /v1/beds 201 'Location: /v1/beds/1' \
    '{"name":"North","code":"N1","sown":"2026-03-01"}'
cgi "CGI, what it became" beds GET /v1/beds/1 200 \
    '{"id":1,"name":"North","code":"N1","plants":0,"sown":"2026-03-01","kind":"open","updated_at":'
cgi "CGI, taken" beds POST /v1/beds 409 code_taken '{"name":"Other","code":"N1"}'
cgi "CGI, all faults" beds POST /v1/beds 422 '#/plants' \
    '{"code":"N1","plants":65536,"kind":"none"}'
cgi "CGI, found" beds GET '/v1/beds?kind=open&count=exact' 200 '"total":1'
cgi "CGI, an old row" things GET /v1/old-things/1/a%20b 200 '"big":"18446744073709551615"'
cgi "CGI, another" things GET /v1/old-things/2/%C3%BC 200 '"double_":4'
cgi "CGI, every type" things POST /v1/old-things 201 '"uuid":"0190f5a4-0000-7000-8000-000000000001"' \
    '{"key_a":3,"Key_B":"n","int_":true,"big":"1","small":255,"medium":-8388608,"exact":"1.5","real":0.5,"f":2,"text":"a\nb","set":"a,b","doc":{"a":1},"at":"2026-01-01T00:00:00Z","year":2026,"who":"0190f5a4-0000-7000-8000-000000000001","uuid":"0190f5a4-0000-7000-8000-000000000001","class":"ä"}'
cgi "CGI, a generated column" things POST /v1/old-things 422 '#/double_' \
    '{"key_a":4,"Key_B":"n","big":"1","medium":0,"double_":8}'

# Behind the shipped configuration.
while port=$((20000 + RANDOM % 12000)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
	:
done
cp "$dir/b/share/lighttpd-mounts.conf" "$dir/mounts.conf"
BRISK_VAR=$dir BRISK_SOCKETS=$dir BRISK_BIN=$dir/b/bin BRISK_SHARE=$dir/b/share BRISK_PORT=$port \
    lighttpd -D -f lighttpd/lighttpd.conf >"$dir/log/start" 2>&1 &
web=$!
export BASE=http://127.0.0.1:$port
for _ in {1..100}; do
	curl -fsS -o "$dir/list" "$BASE/v1/beds" 2>/dev/null && break
	sleep 0.05
done
says "HTTP" '"name":"North"' cat "$dir/list"
says "HTTP, the document" '"/v1/beds"' curl -fsS "$BASE/openapi.json"
for name in beds things; do
	if out=$(B=$dir/b VAR=$dir sh "tests/system/$name.sh" 2>&1) &&
	    [[ $out =~ $name:\ [1-9][0-9]*\ passed,\ 0\ failed$ ]]; then
		ok
	else
		wrong "its own test, $name" "$out"
	fi
done
[ -z "$(git -C "$root" status --porcelain -- handlers/shop/beds.c handlers/shop/things.c 2>/dev/null)" ] &&
    ok || wrong "the tree is as it was" "handlers/shop"
end
