#!/bin/bash
# install: from `make install` to an endpoint of one's own, in an empty folder.
# Everything lies in a temporary folder; B.
set -u -o pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
B=${B:-$ROOT/build}
[[ $B == /* ]] || B=$ROOT/$B
build=$B
. "${BASH_SOURCE%/*}/../kit/kit.sh"
dir=$(mktemp -d /tmp/inst.XXXXXX) || exit 2
unset B VAR PORT BASE TOKEN BRISK_CONF SET

stop() {
	[ ! -e "$1/brisk.conf" ] || VAR=$1 "${BRISK:-$ROOT/build/bin/brisk}" stack stop >"$dir/stopped" 2>&1
}
tidy() {
	stop "$dir/var"
	stop "$dir/var2"
	rm -rf "$dir"
}
trap tidy EXIT
trap 'exit 130' INT TERM HUP

# says LABEL TEXT COMMAND...: succeeds, and prints text with that in it.
says() {
	local label=$1 text=$2 out

	shift 2
	if out=$("$@" 2>&1) && [[ $out == *"$text"* ]]; then
		ok
	else
		wrong "$label" "$(tail -n 8 <<<"$out")"
	fi
}
# refuses LABEL TEXT COMMAND...: fails, and says why.
refuses() {
	local label=$1 text=$2 out

	shift 2
	if ! out=$("$@" 2>&1) && [[ $out == *"$text"* ]]; then
		ok
	else
		wrong "$label" "$(tail -n 8 <<<"$out")"
	fi
}
end() {
	tally
	exit
}

# --- three commands, in an empty folder ---------------------------------------

port=$(free_port)
mkdir "$dir/empty" && cd "$dir/empty" || exit 2
cat >"$dir/three" <<END
make -C $ROOT B=$build install PREFIX=$dir/p
$dir/p/bin/brisk new myapi/
make -C myapi start PORT=$port VAR=$dir/var
END
check "more than three commands" [ "$(wc -l <"$dir/three")" -le 3 ]
while read -r line; do
	check "$line" bash -c "$line"
done <"$dir/three"
url=http://127.0.0.1:$port
export BRISK_CONF=$dir/var/brisk.conf
says "it answers" '{"items":[]}' curl -fsS "$url/v1/myapi"
# A new installation caches nothing in its first moments: asked until it does.
hit() {
	local i

	for ((i = 0; i < 100; i++)); do
		curl -fsS "$url/v1/myapi" >/dev/null || return 1
		"$dir/p/bin/brisk" cache status |
		    awk '$1 == "/v1/myapi" { n = $2 + $3 } END { exit !n }' && return
		sleep 0.2
	done
	return 1
}
check "a hit is counted" hit
says "documented" '"/v1/myapi/{id}"' curl -fsS "$url/openapi.json"
token=$("$dir/p/bin/brisk" token --scope ops:admin)
says "its own test there" ' 0 failed' env BASE="$url" TOKEN="$token" \
    sh myapi/tests/system/myapi.sh
check "its Makefile has over 20 lines" [ "$(wc -l <myapi/Makefile)" -le 20 ]
check "its handler has over 30 lines" [ "$(wc -l <myapi/handlers/myapi/myapi.c)" -le 30 ]
check "stop" make -C myapi stop VAR="$dir/var"
refuses "stopped" 'connect' curl -sS "$url/v1/myapi"
unset BRISK_CONF

# --- its test alone, and one that must fail -----------------------------------

says "make test" '9 passed, 0 failed' make -C myapi test
sed -i 's/"title":"Tea"/"title":"Coffee"/; s/BASE\/v1/BASE\/v2/' myapi/tests/system/myapi.sh
refuses "make test, of a wrong one" ' failed' make -C myapi test

# --- into the installation ----------------------------------------------------

"$dir/p/bin/brisk" new other/ >"$dir/out" && sed -i 's|/v1/other|/v1/products/x|' \
    other/handlers/other/other.c
refuses "a path inside another's" 'overlap' make -C other install
check "and it is not there" [ ! -e "$dir/p/lib/brisk/bin/other" ]
"$dir/p/bin/brisk" new products/ >"$dir/out"
refuses "a name of another's" 'has another program with this name' make -C products install
sed -i 's|"other", .service = "other"|"other", .service = "shop"|' other/handlers/other/other.c
refuses "a service that is not its folder" 'and is not in its folder' make -C other install
says "make install" 'brisk migrate up' make -C myapi install
says "its mount" 'myapi myapi /v1/myapi' cat "$dir/p/lib/brisk/share/mounts"
says "the others' mounts" 'shop products /v1/products' cat "$dir/p/lib/brisk/share/mounts"
says "its part of the document" '"/v1/myapi"' cat "$dir/p/lib/brisk/share/openapi.json"
cd "$dir" || exit 2
port=$(free_port)
check "brisk stack start" env VAR="$dir/var2" PORT="$port" SERVICES="shop myapi" \
    "$dir/p/bin/brisk" stack start
url=http://127.0.0.1:$port
says "beside the others" '{"items":[]}' curl -fsS "$url/v1/myapi"
says "the others" '"items":[{' curl -fsS "$url/v1/products?limit=1"
says "migrate status" 'myapi/0001_myapi.sql' env BRISK_CONF="$dir/var2/brisk.conf" \
    "$dir/p/bin/brisk" migrate status
says "restarted as any other" 'myapi' env BRISK_CONF="$dir/var2/brisk.conf" \
    "$dir/p/bin/brisk" restart myapi
stop "$dir/var2"

# --- refusals, and where it goes ----------------------------------------------

cd "$dir/empty" || exit 2
before=$(cat myapi/*/myapi/*)
refuses "a folder that is there" 'myapi/Makefile' "$dir/p/bin/brisk" new myapi/
check "and it is as it was" [ "$(cat myapi/*/myapi/*)" = "$before" ]
for name in My-Api/ 9lives/ ../ /; do
	refuses "the name $name" 'begin with a letter' "$dir/p/bin/brisk" new "$name"
done
refuses "a name without a slash" 'usage' "$dir/p/bin/brisk" new plain
says "--folder" '/v1/plain' "$dir/p/bin/brisk" new plain --folder
refuses "not installed" 'make install' "$build/bin/brisk" new mine/
refuses "own, elsewhere" 'no program' "$dir/p/bin/brisk" own test
check "DESTDIR" make -C "$ROOT" B="$build" install PREFIX=/opt/brisk DESTDIR="$dir/stage"
for file in bin/brisk lib/libbrisk.a lib/pkgconfig/brisk.pc include/brisk/app.h \
    lib/brisk/bin/products lib/brisk/migrations/shop/0001_catalogue.sql \
    lib/brisk/share/openapi.json lib/brisk/share/www/index.html \
    lib/brisk/share/errors/404.html lib/brisk/apache/httpd.conf \
    lib/brisk/lighttpd/lighttpd.conf lib/brisk/doc/tour.md \
    share/man/man1/brisk.1 share/man/man5/brisk.conf.5; do
	check "$file" [ -s "$dir/stage/opt/brisk/$file" ]
done
check "private headers" [ ! -e "$dir/stage/opt/brisk/include/brisk/db_private.h" ]
check "writable by others" [ -z "$(find "$dir/stage" -type f -perm /022)" ]
check "a place of the build is in it" bash -c "! grep -rlI -e '$ROOT' -e '$dir' '$dir/stage'"
says "brisk.pc" "-L$dir/stage/opt/brisk/lib" env \
    PKG_CONFIG_PATH="$dir/stage/opt/brisk/lib/pkgconfig" pkg-config brisk --libs
end
