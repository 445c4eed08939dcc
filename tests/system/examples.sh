#!/bin/bash
# examples: the blocks of README.md and doc/*.md are run, and print what is shown.
#
# ```sh run		runs in the installation of BASE; its output must match the
#			```http answer block that follows (examples.jq)
# ```... file=PATH	is written into a copy of the tree, which is built and started
# ```sh run endpoint	runs there
#
# The blocks of a page run in one shell, in their order; pages run in the order
# below.  A page may use the data that earlier pages created, but not their
# variables.
#
# B, BASE, PORT, VAR, SERVER.
set -u -o pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
B=${B:-$ROOT/build} SERVER=${SERVER:-lighttpd}
[[ $B == /* ]] || B=$ROOT/$B
BRISK=${BRISK:-$ROOT/build/bin/brisk}
first=(README.md doc/tour.md doc/auth.md doc/shop.md)
. "${BASH_SOURCE%/*}/../kit/kit.sh"
tmp=$(mktemp -d /tmp/examples.XXXXXX) || exit 2
tree=$tmp/tree

cleanup() {
	[ ! -e "$tmp/var/brisk.conf" ] || VAR=$tmp/var "$BRISK" stack stop
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

# The pages, in the order in which they run.
pages() {
	printf '%s\n' "${first[@]}"
	(cd "$ROOT" && printf '%s\n' doc/*.md) | grep -vxF "$(printf '%s\n' "${first[@]}")"
}

# Write the blocks of a page to $tmp/blocks/PAGE: 01.run, 02.endpoint, the expected
# output to 01.want; print the names of the files that the page shows.
extract() {
	local to=$tmp/blocks/$1

	mkdir -p "$to" "$tree"
	awk -v to="$to" -v tree="$tree" '
	/^```$/ && file != "" { close(file); file = ""; next }
	file != "" { print >file; next }
	/^```sh run/ {
		name = sprintf("%s/%02d", to, ++n)
		file = name ($3 == "endpoint" ? ".endpoint" : ".run")
	}
	/^```http answer$/ { file = name ".want" }
	/^```.* file=/ {
		file = $0
		sub(/.*file=/, "", file)
		print file
		file = tree "/" file
		system("mkdir -p \"$(dirname \"" file "\")\"")
	}' "$ROOT/$1"
}

# run_blocks KIND FOLDER URL PAGE: in one shell, as a reader would type them.
run_blocks() {
	local block blocks=("$tmp/blocks/$4"/*."$1")

	[ -e "${blocks[0]}" ] || return
	for block in "${blocks[@]}"; do
		printf '{\n%s\n} >%q 2>%q\n' "$(sed "s|http://127.0.0.1:8080|$3|g" "$block")" \
		    "$block.got" "$block.err"
	done >"$tmp/script"
	(cd "$2" && env -u BRISK_CONF -u TOKEN timeout 120 bash "$tmp/script")
	for block in "${blocks[@]}"; do
		compare "$4" "$block" "${block%.*}.want"
	done
}

compare() {
	local differs

	if [ ! -e "$3" ] || [ ! -e "$2.got" ]; then
		check "$1, $(basename "$2"): no answer is shown, or the block did not run" false
		return
	fi
	differs=$(jq -rn --rawfile want "$3" --rawfile got "$2.got" \
	    -f "$ROOT/tests/system/examples.jq" 2>&1)
	check "$1, $(head -n 1 "$2"): $differs $(tail -n 2 "$2.err" 2>/dev/null)" [ -z "$differs" ]
}

# An answer that differs from the shown one must be noticed.
mutant() {
	local differs

	differs=$(jq -rn --arg want "$2" --arg got "$3" -f "$ROOT/tests/system/examples.jq" 2>&1)
	check "mutant, $1: not noticed" [ -n "$differs" ]
}

copy_tree() {
	(cd "$ROOT" && cp -a Makefile CHANGELOG.md lib handlers admin migrations lighttpd apache doc \
	    tests "$tree") && cp -a "$B" "$tree/build"
}

# make start, in the copy of the tree.
start_tree() {
	port=$(free_port)
	env -u BRISK_CONF make -C "$tree" start B=build VAR="$tmp/var" PORT="$port" \
	    SERVER="$SERVER" >"$tmp/start" 2>&1 && ln -s "$tmp/var" "$tree/var" && return
	tail -n 15 "$tmp/start"
	return 1
}

mutant "status" $'HTTP/1.1 200 OK' $'HTTP/1.1 404 Not Found\r\n\r\n'
mutant "header" $'HTTP/1.1 200 OK\nETag: "…"' $'HTTP/1.1 200 OK\r\nETag: x\r\n\r\n'
mutant "member missing" '{"a":1,"b":2}' '{"a":1}'
mutant "member more" '{"a":1}' '{"a":1,"b":2}'
mutant "another value" '{"a":["…",{"b":2}]}' '{"a":["x",{"b":3}]}'
mutant "another length" '{"a":["…"]}' '{"a":["x","y"]}'
mutant "another text" 'one…three' 'one two'
mutant "a named member missing" '{"a":1,…}' '{"b":1}'
mutant "not any list" '{"a":1,"b":[…]}' '{"a":2,"b":[3]}'
mutant "no answer" '{"a":1}' ''

for page in $(pages); do
	extract "$page"
done >"$tmp/files"
run=("$tmp"/blocks/*.md/*.run "$tmp"/blocks/doc/*.md/*.run)
endpoint=("$tmp"/blocks/*.md/*.endpoint "$tmp"/blocks/doc/*.md/*.endpoint)
check "too few blocks to run: ${#run[@]}" [ ${#run[@]} -ge 30 ]
check "too few blocks of endpoints: ${#endpoint[@]}" [ ${#endpoint[@]} -ge 7 ]

mkdir "$tmp/work" && ln -s "$B" "$tmp/work/build" && ln -s "$VAR" "$tmp/work/var"
for page in $(pages); do
	run_blocks run "$tmp/work" "$BASE" "$page"
done

# The files are added to the copy; they never replace a file of the tree.
while read -r file; do
	check "$file exists in the tree" [ ! -e "$ROOT/$file" ]
done <"$tmp/files"
check "the endpoint of README.md has over 30 lines" \
    [ "$(wc -l <"$tree/handlers/shop/suppliers.c")" -le 30 ]
check "the tree could not be copied" copy_tree
check "the endpoints could not be built and started" start_tree
if [ -e "$tree/var" ]; then
	for page in $(pages); do
		run_blocks endpoint "$tree" "http://127.0.0.1:$port" "$page"
	done
	for file in $(grep '\.c$' "$tmp/files"); do
		program=$(basename "$file" .c)
		check "$program --check" env BRISK_CONF="$tmp/var/brisk.conf" \
		    "$tree/build/bin/$program" --check >"$tmp/checked"
	done
fi

tally
