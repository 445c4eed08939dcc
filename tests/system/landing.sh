#!/bin/bash
# landing: the lines to copy on the page at / do what they say.
# BASE, VAR, B.
set -u -o pipefail

B=${B:-build}
[[ $B == /* ]] || B=$PWD/$B
. "${BASH_SOURCE%/*}/../kit/kit.sh"
tmp=$(mktemp -d /tmp/landing.XXXXXX) || exit 2
trap 'rm -rf "$tmp"' EXIT
ln -s "$B" "$tmp/build" && ln -s "$VAR" "$tmp/var" && cd "$tmp" || exit 2
unset BRISK_CONF TOKEN

# Block i of the page as 01.sh, 02.sh, ...
curl -fsS "$BASE/" >page || exit 2
awk '/<pre/ { file = sprintf("%02d.sh", ++n); sub(/.*<pre[^>]*>/, "") }
    file != "" { line = $0; gsub(/<\/pre>.*/, "", line); gsub(/&amp;/, "\\&", line)
	gsub(/&lt;/, "<", line); gsub(/&gt;/, ">", line); print line >file }
    /<\/pre>/ { close(file); file = "" }' page
sed -i "s|^BASE=.*|BASE=$BASE|" 01.sh
for block in [0-9]*.sh; do
	printf '. ./%s >%s.got 2>%s.err\n' "$block" "$block" "$block"
done >all
timeout 60 bash all
status=$?
check "the lines could not be run" [ $status = 0 ]

# What a block that asks must have got, by a word of it.
while read -r word members; do
	block=$(grep -lF -- "$word" [0-9]*.sh | head -n 1)
	check "no line with $word" [ -n "$block" ]
	check "$word" jq -e "$members" "$block.got"
done <<'END'
limit=3 .items | length == 3
price_max=2000 .items | length > 0 and all(.price.amount <= 2000 and .available > 0)
q=fern .items | length > 0 and all("\(.name) \(.description)" | test("fern"; "i"))
expand=categories .id and (.categories | type == "array")
colour=green .status == 400 and (.errors | length == 2)
FERN-1 .id or .code == "sku_taken"
END
for path in $(grep -o '<a href="[^":]*"' page | sed 's/.*"\(.*\)"/\1/' | sort -u); do
	check "$path" curl -fsS -o /dev/null "$BASE/$path"
done

tally
