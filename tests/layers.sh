#!/bin/bash
# layers - does the library keep to lib/LAYERS?
#
#	tests/layers.sh
#
# A room is a folder of lib/.  lib/LAYERS lists the rooms, lowest first, with one
# sentence each.  Rules:
#
#	each header compiles alone, and twice in a row, with both compilers
#	a file includes headers of its own room and of lower rooms only
#	another room's private header (private.h, *_private.h, or one that says
#	    "private to the room") is never included
#	a foreign library is included by the one file that wraps it
#	an object refers to symbols of its own room and of lower rooms only, so
#	    that there is no cycle between rooms
#	an exported symbol begins with the name of its room, or of a header or a
#	    struct of the room
#	a header that is installed is not private
#
# COMPILERS="gcc clang" says which to use.  B is the build folder; without
# objects in it the rules on symbols are not checked (OBJECTS=none says so).
set -u -o pipefail

cd "$(dirname "$0")/.." || exit 2
COMPILERS=${COMPILERS-gcc clang}
B=${B:-build}
OBJECTS=${OBJECTS-$B/lib}
WARN=${WARN:--std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wcast-qual -Wvla -Werror}
FLAGS="-D_GNU_SOURCE -Ilib $(pkg-config --cflags libmariadb 2>/dev/null || echo -I/usr/include/mariadb)"
passed=0 failed=0

# check WHAT COMMAND...: counts; prints WHAT if the command fails.
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

# report N TEXT: N checks, of which each line of TEXT failed.
report() {
	local bad=0

	if [ -n "$2" ]; then
		bad=$(printf '%s\n' "$2" | wc -l)
		printf '%s\n' "$2" | sed 's/^/FAILED: /'
	fi
	passed=$((passed + $1 - bad)) failed=$((failed + bad))
}

# --- includes -----------------------------------------------------------------

declare -A level=()		# of a room: how many are below it
read_layers() {
	local room sentence

	while read -r room sentence; do
		check "lib/LAYERS: $room has no sentence" [ -n "$sentence" ]
		check "lib/LAYERS names $room, which is no folder of lib/" [ -d "lib/$room" ]
		level[$room]=${#level[@]}
	done <lib/LAYERS
}

is_private() {
	[[ ${1##*/} == @(private.h|*_private.h) ]] || grep -qi 'private to the room' "lib/$1"
}

# "FILE HEADER" for each include: between quotes, between <>.
include='[[:space:]]*#[[:space:]]*include[[:space:]]*'
quoted() { grep -Ho "^$include\"[^\"]*" "$@" | sed "s/:$include\"/ /"; }
foreign() { grep -Ho "^$include<[^>]*" "$@" | sed "s/:$include</ /"; }

# may_include FILE HEADER: both of lib/.
may_include() {
	local mine=${1#lib/} theirs=${2%%/*}

	mine=${mine%%/*}
	[ -e "lib/$2" ] && [ -n "${level[$theirs]-}" ] && [ -n "${level[$mine]-}" ] || return 1
	[ "$mine" != "$theirs" ] || return 0
	! is_private "$2" && [ "${level[$theirs]}" -lt "${level[$mine]}" ]
}

# may_use HEADER: handlers and brisk may use any room, but no private header.
may_use() {
	[ ! -e "lib/$1" ] || ! is_private "$1"
}

# Sets `owners`: the files that may include a foreign header; empty: every file.
owners_of() {
	case $1 in
	fcgi*) owners=lib/fcgi/mode.c ;;
	fastcgi.h) owners=lib/fcgi/record.h ;;
	json*) owners="lib/schema/decode_doc.h lib/schema/decode_doc.c admin/brisk/openapi.c" ;;
	errmsg.h) owners=lib/db/error.c ;;
	mysql*|mariadb*) owners=lib/db/private.h ;;
	libmemcached*) owners=lib/cache/cache.c ;;
	curl/*) owners=lib/crypto/fetch.c ;;
	openssl/*) owners=lib/crypto/private.h ;;
	argon2.h) owners=lib/crypto/password.c ;;
	pcre2*) owners=lib/schema/decode_rule.c ;;
	*) owners= ;;
	esac
}

may_own() {
	[ -z "$owners" ] || [[ " $owners " == *" $1 "* ]]
}

compiles() {
	local header=${2#lib/} errors

	errors=$(printf '#include "%s"\n#include "%s"\nextern int brisk_layers;\n' "$header" "$header" |
	    $1 $FLAGS $WARN -fsyntax-only -x c - 2>&1) || {
		printf '%s\n' "$errors" | head -n 5
		return 1
	}
}

# --- symbols ------------------------------------------------------------------

# "ROOM KIND SYMBOL" of each symbol that crosses an object's border.
symbols() {
	local source room

	for source in lib/*/*.c; do
		room=${source#lib/}
		nm -g "$OBJECTS/${room%.c}.o" 2>/dev/null | awk -v room="${room%%/*}" \
		    'NF >= 2 && $(NF - 1) ~ /^[A-Zu]$/ { print room, $(NF - 1), $NF }'
	done
}

# Symbols of a higher room that a lower one refers to.
upward() {
	awk '
	FILENAME == ARGV[1] { level[$1] = NR; next }
	$2 != "U" { home[$3] = $1; next }
	{ uses[$1 " " $3] = 1 }
	END {
		for (u in uses) {
			split(u, part, " ")
			if (part[2] in home && level[home[part[2]]] > level[part[1]])
				print "lib/" part[1] " refers to " part[2] " of lib/" home[part[2]]
		}
	}' lib/LAYERS "$tmp/symbols" | sort
}

# "ROOM NAME" of each header and each struct that a room declares.
prefixes() {
	local room

	for room in "${!level[@]}"; do
		echo "$room $room"
		(cd "lib/$room" && ls ./*.h) | sed "s|^\./|$room |; s|\.h$||"
		sed -n "s/^struct[[:space:]]*\([a-z_0-9]*\)[[:space:]]*{.*/$room \1/p" lib/"$room"/*.h
	done | grep -v ' private$'
}

# Exported symbols without a prefix that tells where they belong.
unnamed() {
	prefixes >"$tmp/prefixes"
	awk '
	FILENAME == ARGV[1] { prefix[$1] = prefix[$1] " " $2; next }
	$2 == "U" || $3 in seen { next }
	{
		seen[$3] = 1
		n = split(prefix[$1], name, " ")
		for (i = 1; i <= n; i++)
			if ($3 == name[i] || index($3, name[i] "_") == 1)
				next
		print "lib/" $1 " exports " $3 ", which begins with no header or struct of the room"
	}' "$tmp/prefixes" "$tmp/symbols" | sort
}

# --- all of it ----------------------------------------------------------------

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
read_layers
for cc in $COMPILERS; do
	check "there is no $cc" command -v "$cc" >/dev/null
done
shopt -s nullglob
rooms=(lib/*/*.[ch])
others=(handlers/*/*.[ch] admin/*.[ch] admin/*/*.[ch] admin/*/*/*.[ch])
for file in lib/*; do
	[ "$file" = lib/LAYERS ] ||
	    check "$file is no room in lib/LAYERS" [ -n "${level[${file#lib/}]-}" ]
done
for file in lib/*/*.h; do
	for cc in $COMPILERS; do
		check "$file does not compile alone with $cc" compiles "$cc" "$file"
	done
done
while read -r file header; do
	check "$file must not include $header" may_include "$file" "$header"
done < <(quoted "${rooms[@]}")
while read -r file header; do
	check "$file includes $header, which is private" may_use "$header"
done < <(quoted /dev/null "${others[@]}")
while read -r file header; do
	owners_of "$header"
	check "$file includes <$header>: only $owners may" may_own "$file"
done < <(foreign "${rooms[@]}" "${others[@]}")
for header in $(cc -MM -MT x $FLAGS lib/app/app.h | tr ' \\' '\n\n' | grep '^lib/' | sort -u); do
	check "$header is private, and is installed: app.h includes it" may_use "${header#lib/}"
done
if [ "$OBJECTS" != none ]; then
	symbols >"$tmp/symbols"
	check "there are no objects in $OBJECTS: run make first" [ -s "$tmp/symbols" ]
	report "$(grep -c ' U ' "$tmp/symbols")" "$(upward)"
	report "$(grep -vc ' U ' "$tmp/symbols")" "$(unnamed)"
fi

echo "layers: $passed passed, $failed failed"
[ $failed = 0 ]
