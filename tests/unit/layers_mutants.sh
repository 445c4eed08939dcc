#!/bin/bash
# layers_mutants - tests/layers.sh on copies of the tree with one violation each: it
# must pass the clean copy, and name the violation in every other.
set -u -o pipefail

cd "$(dirname "$0")/../.." || exit 2
B=${B:-build}
CC=${CC:-cc}
passed=0 failed=0
tmp=$(mktemp -d /tmp/layers.XXXXXX)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/admin" "$tmp/handlers/core" "$tmp/objects"
cp -r --parents lib tests/layers.sh "$tmp"
for room in lib/*/; do
	mkdir -p "$tmp/objects/${room#lib/}"
	cp "$B/$room"*.o "$tmp/objects/${room#lib/}" || exit 2
done

verdict() {
	if [ "$1" = 0 ]; then
		passed=$((passed + 1))
	else
		echo "FAILED: $2"
		failed=$((failed + 1))
	fi
}

# layers COMPILERS OBJECTS
layers() {
	COMPILERS=$1 OBJECTS=$2 "$tmp/tests/layers.sh" >"$tmp/out" 2>&1
}

# Must layers.sh fail with a line that has WANTED?  Usage: named LABEL STATUS WANTED
named() {
	[ "$2" != 0 ] && grep -qF "FAILED: $3" "$tmp/out"
	verdict $? "$1: $(tail -n 3 "$tmp/out")"
}

# fault LABEL COMPILERS FILE TEXT WANTED: TEXT is appended to FILE.
fault() {
	local file=$tmp/$3 existed=0

	[ ! -e "$file" ] || existed=1
	[ $existed = 0 ] || cp "$file" "$tmp/kept"
	mkdir -p "$(dirname "$file")"
	printf '%b\n' "$4" >>"$file"
	layers "$2" none
	named "$1" $? "$5"
	rm "$file"
	[ $existed = 0 ] || cp "$tmp/kept" "$file"
}

# object LABEL ROOM CODE WANTED: an object with CODE is added to the room.
object() {
	printf '%s\n' "$3" >"$tmp/lib/$2/planted.c"
	$CC -c -o "$tmp/objects/$2/planted.o" "$tmp/lib/$2/planted.c" || exit 2
	layers '' "$tmp/objects"
	named "$1" $? "$4"
	rm "$tmp/objects/$2/planted.o" "$tmp/lib/$2/planted.c"
}

# One compile of each header is enough, and the violations need none.
layers '' "$tmp/objects"
verdict $? "the tree as it is: $(grep FAILED "$tmp/out")"

while IFS='|' read -r label compilers file text wanted; do
	fault "$label" "$compilers" "$file" "$text" "$wanted"
done <<'END'
header of a higher room in a header||lib/base/clock.h|#include "db/db.h"|lib/base/clock.h must not include db/db.h
header of a higher room in a source||lib/schema/field.c|#include "app/app.h"|lib/schema/field.c must not include app/app.h
include with more spaces||lib/schema/field.c|  #  include  "app/app.h"|lib/schema/field.c must not include app/app.h
header of the next room||lib/base/buf.h|#include "conf/conf.h"|lib/base/buf.h must not include conf/conf.h
private header of another room||lib/http/http.c|#include "db/private.h"|lib/http/http.c must not include db/private.h
part header that says it is private||lib/base/clock.h|/* Private to the room. */|lib/super/child.c must not include base/clock.h
private header in a handler||handlers/core/x.c|#include "db/private.h"|handlers/core/x.c includes db/private.h
private header in brisk||admin/x.c|#include "db/private.h"|admin/x.c includes db/private.h
private header that is installed||lib/app/app.h|#include "crypto/private.h"|lib/crypto/private.h is private, and is installed
header that does not exist||lib/schema/field.c|#include "schema/nothing.h"|lib/schema/field.c must not include schema/nothing.h
header without its room||lib/schema/field.c|#include "field.h"|lib/schema/field.c must not include field.h
folder that is no room||lib/cellar/cellar.h|int cellar(void);|lib/cellar is no room
file outside any room||lib/attic.c|int attic;|lib/attic.c is no room
room without a folder||lib/LAYERS|attic  things of the past|lib/LAYERS names attic
room without a sentence||lib/LAYERS|attic|lib/LAYERS: attic has no sentence
database in another room||lib/cache/store.c|#include <mysql.h>|lib/cache/store.c includes <mysql.h>
JSON in another room||lib/schema/encode.c|#include <json-c/json.h>|lib/schema/encode.c includes <json-c/json.h>
memcached in another file||lib/cache/store.c|#include <libmemcached/memcached.h>|lib/cache/store.c includes <libmemcached
keys in another file||lib/crypto/token.c|#include <openssl/evp.h>|lib/crypto/token.c includes <openssl
patterns in another file||lib/schema/field.c|#include <pcre2.h>|lib/schema/field.c includes <pcre2.h>
FastCGI in a handler||handlers/core/x.c|#include <fcgiapp.h>|handlers/core/x.c includes <fcgiapp.h>
header that needs another before it|gcc|lib/base/clock.h|int clock_of(struct db *);|lib/base/clock.h does not compile alone with gcc
header without a guard|gcc|lib/base/clock.h|struct twice { int a; };|lib/base/clock.h does not compile alone with gcc
header that only clang refuses|clang|lib/base/base.h|#ifdef __clang__|lib/base/base.h does not compile alone with clang
END

object "symbol of a higher room" base 'int app_main(int, char **, void *);
int base_planted(void) { return app_main(0, 0, 0); }' "lib/base refers to app_main of lib/app"
object "symbol without a prefix" db 'int planted(void) { return 0; }' \
    "lib/db exports planted, which begins with no header or struct"
object "symbol with another room's prefix" db 'int arena_planted(void) { return 0; }' \
    "lib/db exports arena_planted, which begins with no header or struct"

echo "layers_mutants: $passed passed, $failed failed"
[ $failed = 0 ]
