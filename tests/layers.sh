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
#	each foreign library is included by one room alone
#
# A file that belongs to no room (fcgi.c) stands above them all.
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
	room=$(basename "$1")
	room=${room%.*}
	while [ -n "$room" ] && [ -z "${place[$room]-}" ]; do
		[[ $room == *_* ]] || room=_
		room=${room%_*}
	done
}

is_listed() {
	[ -n "${place[$(basename "$1" .h)]-}" ]
}

# The headers between quotes, or between <>.
quoted() { sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' "$1"; }
foreign() { sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*<\([^>]*\)>.*/\1/p' "$1"; }

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
	[ -z "$mine" ] || [ "${place[$theirs]}" -lt "${place[$mine]}" ]
}

# FILE of handlers/ or admin/: any room, but nobody's private header.
may_use() {
	[ ! -e "lib/$2" ] || is_listed "$2"
}

# The files that may include a foreign header; nothing: everybody.
owners() {
	case $1 in
	fcgiapp.h|fcgi_stdio.h|fcgios.h) echo lib/fcgi.c ;;
	json-c/*|json.h|json_*.h) echo lib/decode_doc.h lib/decode_doc.c ;;
	mysql*|mariadb*|ma_*|errmsg.h) echo lib/db_private.h ;;
	libmemcached*) echo lib/cache.c ;;
	openssl/*) echo lib/crypto.c ;;
	pcre2*) echo lib/decode_rule.c ;;
	esac
}

may_own() {
	local of

	of=$(owners "$2")
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
for name in "${!place[@]}"; do
	check "lib/LAYERS names $name.h, which is not there" [ -e "lib/$name.h" ]
done
for file in lib/*.h; do
	check "$file is neither in lib/LAYERS nor private to a room" has_place "$file"
	for cc in $COMPILERS; do
		check "$file does not compile alone with $cc" compiles "$cc" "$file"
	done
done
for file in lib/*.[ch]; do
	for header in $(quoted "$file"); do
		check "$file must not include $header" may_include "$file" "$header"
	done
done
for file in handlers/*/*.[ch] admin/*.[ch]; do
	for header in $(quoted "$file"); do
		check "$file includes $header, which is private" may_use "$file" "$header"
	done
done
for file in lib/*.[ch] handlers/*/*.[ch] admin/*.[ch]; do
	for header in $(foreign "$file"); do
		check "$file includes <$header>: only $(owners "$header") may" \
		    may_own "$file" "$header"
	done
done

echo "layers: $passed passed, $failed failed"
[ $failed = 0 ]
