#!/bin/bash
# layers - does lib/LAYERS hold?
#
#	tests/layers.sh
#
# lib/LAYERS names the rooms, bottom first, left before right.  A room is its
# header and all files whose name begins with its own: decode.h, decode.c,
# decode_rule.c, decode_private.h.  What is checked:
#
#	each header compiles alone, twice over, with both compilers
#	a file includes its own room, or rooms that stand before it
#	nobody else includes a room's private headers
#	each foreign library is included by one file alone (and JSON by brisk)
#
# fcgi*, live* and super*, the loops around a request and what runs it, are of the room app.
# COMPILERS="gcc clang" says which to use.
set -u -o pipefail

cd "$(dirname "$0")/.." || exit 2
COMPILERS=${COMPILERS-gcc clang}
WARN=${WARN:--std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wcast-qual -Wvla -Werror}
MYSQL=$(pkg-config --cflags libmariadb 2>/dev/null || echo -I/usr/include/mariadb)
passed=0 failed=0

# check WHAT command...: counts; WHAT is told when it fails.
check() {
	local what=$1

	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		echo "FAILED: $what"
		failed=$((failed + 1))
	fi
}

# --- the rooms ----------------------------------------------------------------

declare -A place=()		# of a room: how many stand before it
read_layers() {
	local header n=0

	for header in $(sed 's/^[0-9]*//' lib/LAYERS); do
		place[${header%.h}]=$n
		n=$((n + 1))
	done
}

# Sets `room`: the longest name that the file's begins with; empty: none.
room_of() {
	room=${1##*/}
	room=${room%.*}
	[[ $room != @(fcgi|fcgi_*|live|live_*|super|super_*) ]] || room=app
	while [ -n "$room" ] && [ -z "${place[$room]-}" ]; do
		[[ $room == *_* ]] || room=_
		room=${room%_*}
	done
}

is_listed() {
	[ -n "${place[${1%.h}]-}" ]
}

# "FILE HEADER" for each include: between quotes, between <>.
include='[[:space:]]*#[[:space:]]*include[[:space:]]*'
quoted() { grep -Ho "^$include\"[^\"]*" "$@" | sed "s/:$include\"/ /"; }
foreign() { grep -Ho "^$include<[^>]*" "$@" | sed "s/:$include</ /"; }

# --- the rules ----------------------------------------------------------------

# may_include FILE HEADER: both of lib/.
may_include() {
	local mine theirs

	[ -e "lib/$2" ] || return 1
	room_of "$1"
	mine=$room
	room_of "$2"
	theirs=$room
	[ -n "$theirs" ] || return 1
	[ "$mine" != "$theirs" ] || return 0
	is_listed "$2" || return 1
	[ -n "$mine" ] && [ "${place[$theirs]}" -lt "${place[$mine]}" ]
}

# FILE of handlers/ or admin/: any room, but nobody's private header.
may_use() {
	[ ! -e "lib/$2" ] || is_listed "$2"
}

# Sets `of`: the files that may include a foreign header; empty: everybody.
owners() {
	case $1 in
	fcgiapp.h|fcgi_stdio.h) of=lib/fcgi/fcgi.c ;;
	json*) of="lib/schema/decode_doc.h lib/schema/decode_doc.c admin/merge.c" ;;
	errmsg.h) of=lib/db/error.c ;;
	mysql*|mariadb*) of=lib/db/private.h ;;
	libmemcached*) of=lib/cache/cache.c ;;
	curl/*) of=lib/crypto/fetch.c ;;
	openssl/*) of=lib/crypto/private.h ;;
	argon2.h) of=lib/crypto/password.c ;;
	pcre2*) of=lib/schema/decode_rule.c ;;
	*) of= ;;
	esac
}

may_own() {
	[ -z "$of" ] || [[ " $of " == *" $1 "* ]]
}

has_place() {
	room_of "$1"
	[ -n "$room" ]
}

compiles() {
	local header=${2#lib/} said

	said=$(printf '#include "%s"\n#include "%s"\nextern int brisk_layers;\n' "$header" "$header" |
	    $1 -D_GNU_SOURCE -Ilib $MYSQL $WARN -fsyntax-only -x c - 2>&1) || {
		printf '%s\n' "$said" | head -n 5
		return 1
	}
}

# --- all of it ----------------------------------------------------------------

read_layers
for cc in $COMPILERS; do
	check "there is no $cc" command -v "$cc" >/dev/null
done
for name in "${!place[@]}"; do
	check "lib/LAYERS names $name.h, which is not there" [ -e "lib/$name.h" ]
done
for file in lib/*.h; do
	for cc in $COMPILERS; do
		check "$file does not compile alone with $cc" compiles "$cc" "$file"
	done
done
shopt -s nullglob
rooms=(lib/*.[ch])
others=(handlers/*/*.[ch] admin/*.[ch])
for file in "${rooms[@]}"; do
	check "$file is of no room in lib/LAYERS" has_place "$file"
done
while read -r file header; do
	check "$file must not include $header" may_include "$file" "$header"
done < <(quoted "${rooms[@]}")
while read -r file header; do
	check "$file includes $header, which is private" may_use "$file" "$header"
done < <(quoted /dev/null "${others[@]}")
while read -r file header; do
	owners "$header"
	check "$file includes <$header>: only $of may" may_own "$file" "$header"
done < <(foreign "${rooms[@]}" "${others[@]}")

echo "layers: $passed passed, $failed failed"
[ $failed = 0 ]
