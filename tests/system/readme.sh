#!/bin/bash
# readme: every line to copy in README.md is run, and what it shows is so.
#
# ```sh run		against the installation of BASE; what it prints must be
#			like the ```http answer block after it
# ```... file=PATH	goes into a copy of the tree, which is built and started
# ```sh run endpoint	is run there
#
# B, BASE, PORT, VAR, SERVER.
set -u -o pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
B=${B:-$ROOT/build} SERVER=${SERVER:-lighttpd}
[[ $B == /* ]] || B=$ROOT/$B
README=${README:-$ROOT/README.md}
passed=0 failed=0
tmp=$(mktemp -d /tmp/readme.XXXXXX) || exit 2
tree=$tmp/tree

tidy() {
	[ ! -e "$tmp/var/brisk.conf" ] || VAR=$tmp/var "${BRISK:-$ROOT/build/bin/brisk}" stack stop
	rm -rf "$tmp"
}
trap tidy EXIT
trap 'exit 130' INT TERM HUP

check() {
	local what=$1

	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "readme: $what"
	fi
}

# BLOCKS/01.run, 02.endpoint: the lines; the same with .want: the answer.
extract() {
	mkdir -p "$tmp/blocks" "$tree"
	awk -v to="$tmp/blocks" -v tree="$tree" '
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
	}' "$README"
}

# run_blocks KIND FOLDER URL: all in one shell, as one would type them.
run_blocks() {
	local block

	for block in "$tmp"/blocks/*."$1"; do
		printf '{\n%s\n} >%q 2>%q\n' "$(sed "s|http://127.0.0.1:8080|$3|g" "$block")" \
		    "$block.got" "$block.err"
	done >"$tmp/script"
	(cd "$2" && env -u BRISK_CONF -u TOKEN timeout 60 bash "$tmp/script")
	for block in "$tmp"/blocks/*."$1"; do
		compare "$block" "${block%.*}.want"
	done
}

compare() {
	local told

	if [ ! -e "$2" ] || [ ! -e "$1.got" ]; then
		check "$(basename "$1"): not shown, or not run" false
		return
	fi
	told=$(jq -rn --rawfile want "$2" --rawfile got "$1.got" \
	    -f "$ROOT/tests/system/readme.jq" 2>&1)
	check "$(head -n 1 "$1"): $told $(tail -n 2 "$1.err" 2>/dev/null)" [ -z "$told" ]
}

# The planted mutant: an answer that is not the shown one must be noticed.
mutant() {
	local told

	told=$(jq -rn --arg want "$2" --arg got "$3" -f "$ROOT/tests/system/readme.jq" 2>&1)
	check "mutant, $1: not noticed" [ -n "$told" ]
}

free_port() {
	local port

	while port=$((20000 + RANDOM % 12000)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
		:
	done
	echo $port
}

copy_tree() {
	(cd "$ROOT" && cp -a Makefile lib handlers admin migrations lighttpd apache tests "$tree") &&
	    cp -a "$B" "$tree/build"
}

# As the reader would: make start, in a copy of the tree.
start_tree() {
	port=$(free_port)
	env -u BRISK_CONF make -C "$tree" start B=build VAR="$tmp/var" PORT="$port" \
	    SERVER="$SERVER" >"$tmp/start" 2>&1 && ln -s "$tmp/var" "$tree/var" && return
	tail -n 15 "$tmp/start"
	return 1
}

conf_same() {
	diff <(sed -n '/^<!-- conf -->$/,/^<!-- \/conf -->$/p' "$README" | sed '1d;$d') \
	    <("$B/bin/brisk" conf --markdown)
}

# "## Four doors": each with at most 15 lines that are not empty.
doors_short() {
	awk '/^## /{ in_doors = /Four doors/ } /^### / { n = 0; doors += in_doors }
	    in_doors && NF && !/^#/ && ++n > 15 { long = 1 }
	    END { exit long || doors != 4 }' "$README"
}

links_lead() {
	local link wrong=0

	while read -r link; do
		case $link in
		'#'*) grep -qxF -- "${link#\#}" <(sed -n 's/^##* //p' "$README" |
		    tr '[:upper:] ' '[:lower:]-' | tr -d ',?.') ;;
		*) [ -e "$ROOT/$link" ] ;;
		esac || { echo "no $link"; wrong=1; }
	done < <(grep -o '](\([^)]*\))' "$README" | sed 's/^](//; s/)$//')
	return $wrong
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

check "no files shown" extract >"$tmp/files"
run=("$tmp"/blocks/*.run) endpoint=("$tmp"/blocks/*.endpoint)
check "too few lines to run: ${#run[@]}" [ ${#run[@]} -ge 7 ]
check "too few lines for the endpoint: ${#endpoint[@]}" [ ${#endpoint[@]} -ge 3 ]
check "the configuration's table is not what brisk prints" conf_same
check "a door is over 15 lines, or not one of four" doors_short
check "a link leads nowhere" links_lead

mkdir "$tmp/tour" && ln -s "$B" "$tmp/tour/build" && ln -s "$VAR" "$tmp/tour/var"
run_blocks run "$tmp/tour" "$BASE"

# Files of the README are laid over the copy, never over what is there.
while read -r file; do
	check "$file is in the tree already" [ ! -e "$ROOT/$file" ]
	[[ $file != *.c ]] || check "$file has over 30 lines" [ "$(wc -l <"$tree/$file")" -le 30 ]
done <"$tmp/files"
check "the tree could not be copied" copy_tree
check "the endpoint could not be built and started" start_tree
if [ -e "$tree/var" ]; then
	run_blocks endpoint "$tree" "http://127.0.0.1:$port"
	check "--check of the endpoint" env BRISK_CONF="$tmp/var/brisk.conf" \
	    "$tree/build/bin/suppliers" --check >"$tmp/told"
fi

echo "readme: $passed passed, $failed failed"
[ $failed = 0 ]
