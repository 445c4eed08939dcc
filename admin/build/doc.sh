#!/bin/sh
# doc - write the generated parts of pages anew.
#
#	admin/build/doc.sh BUILD PAGE...
#
# Between <!-- options --> and <!-- /options --> is the table of options, as
# `brisk conf --markdown` prints it; between <!-- layers --> and <!-- /layers --> is
# lib/LAYERS as a table.
set -eu

source=$(cd "$(dirname "$0")/../.." && pwd -P)
build=$1
shift
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

"$build/bin/brisk" conf --markdown >"$tmp/options"
{
	printf '| part | contents |\n|---|---|\n'
	sed 's/^\([a-z]*\) *\(.*\)/| `lib\/\1\/` | \2 |/' "$source/lib/LAYERS"
} >"$tmp/layers"

for page; do
	awk -v folder="$tmp" '
	/^<!-- [a-z]+ -->$/ && !inside {
		print
		file = folder "/" $2
		while ((getline line <file) > 0)
			print line
		inside = 1
	}
	/^<!-- \/[a-z]+ -->$/ { inside = 0 }
	!inside { print }' "$page" >"$tmp/page"
	cmp -s "$tmp/page" "$page" || cat "$tmp/page" >"$page"
done
