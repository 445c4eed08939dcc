#!/bin/bash
# layers_twin - tests/layers.sh, on copies of the tree with one fault each: it
# must pass the clean one, and name the fault of every other.
set -u -o pipefail

cd "$(dirname "$0")/../.." || exit 2
passed=0 failed=0
tmp=$(mktemp -d /tmp/layers.XXXXXX)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/admin" "$tmp/handlers/core"
cp -r --parents lib tests/layers.sh "$tmp"

verdict() {
	if [ "$1" = 0 ]; then
		passed=$((passed + 1))
	else
		echo "FAILED: $2"
		failed=$((failed + 1))
	fi
}

# The includes alone are looked at where compiling would tell nothing more.
COMPILERS='' "$tmp/tests/layers.sh" >"$tmp/out"
verdict $? "the tree as it is: $(grep FAILED "$tmp/out")"

# fault LABEL COMPILERS FILE TEXT WANTED: TEXT is added to FILE; layers must end
# with failure and a line that has WANTED.
fault() {
	local file=$tmp/$3 there=1

	[ -e "$file" ] || there=0
	[ $there = 0 ] || cp "$file" "$tmp/kept"
	printf '%s\n' "$4" >>"$file"
	COMPILERS=$2 "$tmp/tests/layers.sh" >"$tmp/out" 2>&1 && echo "passed all the same" >>"$tmp/out"
	grep -qF "FAILED: $5" "$tmp/out" && ! grep -q '^passed' "$tmp/out"
	verdict $? "$1: $(tail -n 3 "$tmp/out")"
	if [ $there = 1 ]; then
		cp "$tmp/kept" "$file"
	else
		rm "$file"
	fi
}

while IFS='|' read -r label compilers file text wanted; do
	fault "$label" "$compilers" "$file" "$text" "$wanted"
done <<'END'
header reaches up||lib/schema/value.h|#include "db.h"|lib/schema/value.h must not include db.h
program text reaches up||lib/schema/text.c|#include "app.h"|lib/schema/text.c must not include app.h
spaces hide nothing||lib/schema/text.c|  #  include  "app.h"|lib/schema/text.c must not include app.h
same line, further right||lib/base/buf.h|#include "mapped.h"|lib/base/buf.h must not include mapped.h
private header of another room||lib/http/http.c|#include "db_private.h"|lib/http/http.c must not include db_private.h
private header, by its other name||lib/http/http.c|#include "decode_doc.h"|lib/http/http.c must not include decode_doc.h
private header in a handler||handlers/core/x.c|#include "app_private.h"|handlers/core/x.c includes app_private.h
private header in brisk||admin/x.c|#include "db_private.h"|admin/x.c includes db_private.h
header that is not there||lib/schema/text.c|#include "nothing.h"|lib/schema/text.c must not include nothing.h
header of no room||lib/attic.h|int attic(void);|lib/attic.h is of no room
source of no room||lib/attic.c|int attic;|lib/attic.c is of no room
row without a header||lib/LAYERS|9 attic.h|lib/LAYERS names attic.h
database in another room||lib/cache/store.c|#include <mysql.h>|lib/cache/store.c includes <mysql.h>
JSON in another room||lib/schema/encode.c|#include <json-c/json.h>|lib/schema/encode.c includes <json-c/json.h>
cache in another room||lib/cache/store.c|#include <libmemcached/memcached.h>|lib/cache/store.c includes <libmemcached
keys in another room||lib/crypto/token.c|#include <openssl/evp.h>|lib/crypto/token.c includes <openssl
patterns in another room||lib/schema/text.c|#include <pcre2.h>|lib/schema/text.c includes <pcre2.h>
FastCGI in a handler||handlers/core/x.c|#include <fcgiapp.h>|handlers/core/x.c includes <fcgiapp.h>
header that leans on others|gcc|lib/base/clock.h|int clock_of(struct db *);|lib/base/clock.h does not compile alone with gcc
header without a guard|gcc|lib/schema/value.h|struct twice { int a; };|lib/schema/value.h does not compile alone with gcc
header that only clang refuses|clang|lib/base/base.h|#ifdef __clang__|lib/base/base.h does not compile alone with clang
END

echo "layers_twin: $passed passed, $failed failed"
[ $failed = 0 ]
