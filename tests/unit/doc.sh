#!/bin/bash
# doc: the pages are complete: links lead somewhere, generated parts are up to date,
# README.md is one page, and the man pages have every command and option.
#
# B.
set -u -o pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
B=${B:-build}
[[ $B == /* ]] || B=$ROOT/$B
cd "$ROOT" || exit 2
. tests/kit/kit.sh
tmp=$(mktemp -d /tmp/doc.XXXXXX) || exit 2
trap 'rm -rf "$tmp"' EXIT

not() {
	! "$@"
}

# The anchors of a page, as GitHub forms them from the headings.
anchors() {
	sed -n '/^```/,/^```$/!s/^##* //p' "$1" | tr '[:upper:] ' '[:lower:]-' | tr -cd 'a-z0-9_\n-'
}

# Print the links of a page that lead nowhere.
broken_links() {
	local link file folder

	folder=$(dirname "$1")
	sed '/^```/,/^```$/d' "$1" | grep -o '](\([^)]*\))' | sed 's/^](//; s/)$//' |
	while read -r link; do
		file=${link%%#*}
		case $link in
		http*) continue ;;
		'#'*) file=$1 ;;
		*) file=$folder/$file ;;
		esac
		[ -e "$file" ] || { echo "$1: $link"; continue; }
		[[ $link != *'#'* ]] || grep -qxF -- "${link##*#}" <(anchors "$file") ||
		    echo "$1: $link"
	done
}

# Print the names in the C excerpts of a page that the tree does not have.
unknown_names() {
	local name

	awk '/^```c$/ { on = 1; next } /^```/ { on = 0 } on' "$1" |
	    grep -oE '\b[a-z_]+\(|\.[a-z_]+ =' | tr -d '(. =' | sort -u |
	while read -r name; do
		grep -rqw --include='*.[ch]' -- "$name" lib handlers || echo "$name"
	done
}

# Is a page as `make doc` would write it?
is_current() {
	cp "$1" "$tmp/page.md"
	admin/build/doc.sh "$B" "$tmp/page.md" && cmp -s "$1" "$tmp/page.md"
}

man_warnings() {
	LC_ALL=C.UTF-8 groff -man -Tutf8 -ww "$1" 2>&1 >/dev/null
}

# man_has PAGE WORD: as a heading of an item.
man_has() {
	grep -qE "^\\.(B|SS) \"?$2(\"| |\$)" <(sed 's/\\-/-/g' "$1")
}

check "README.md has over 8192 bytes" [ "$(wc -c <README.md)" -le 8192 ]
for page in README.md HACKING.md SECURITY.md CHANGELOG.md apache/INSTALL.md doc/*.md; do
	links=$(broken_links "$page")
	check "broken link: $links" [ -z "$links" ]
done
for page in doc/*.md; do
	names=$(unknown_names "$page")
	check "$page: no such name: $names" [ -z "$names" ]
	check "README.md has no link to $page" grep -qF "($page)" README.md
done
for page in doc/configuration.md doc/architecture.md; do
	check "$page is not current: run make doc" is_current "$page"
done
sed 's/`threads`/`thread`/' doc/configuration.md >"$tmp/mutant.md"
check "mutant: a changed table was not noticed" not is_current "$tmp/mutant.md"

for page in man1/brisk.1 man5/brisk.conf.5; do
	if command -v groff >/dev/null; then
		warnings=$(man_warnings "$B/share/man/$page")
		check "$page: $warnings" [ -z "$warnings" ]
	fi
done
for command in $("$B/bin/brisk" help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p'); do
	check "brisk(1) lacks $command" man_has "$B/share/man/man1/brisk.1" "brisk $command"
done
for option in $("$B/bin/brisk" conf --markdown | sed -n 's/^| `\([a-z_]*\)`.*/\1/p'); do
	check "brisk.conf(5) lacks $option" man_has "$B/share/man/man5/brisk.conf.5" "$option"
done

tally
