#!/bin/bash
# check: --check passes against the migrated tables, and names the column when
# one was dropped, renamed or given another type.  VAR, B.
#
# The databases are made anew in the installation's server, and dropped.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd -P)
B=${B:-$root/build}
[[ $B == /* ]] || B=$root/$B
scratch=brisk_check_test
. "${BASH_SOURCE%/*}/../kit/kit.sh"
dir=$(mktemp -d) || exit 2

sql() {
	mariadb --no-defaults -S "$VAR/db.sock" -u root -N -B "$@"
}
tidy() {
	sql -e "DROP DATABASE IF EXISTS $scratch"
	rm -rf "$dir"
}
trap tidy EXIT

# The installation's options, but root's account and another database.
sed -e '/^database_/d' -e "s|^run_dir *=.*|run_dir = $dir/run|" \
    "$VAR/brisk.conf" >"$dir/brisk.conf"
cat >>"$dir/brisk.conf" <<END
database_socket = $VAR/db.sock
database_user = root
database_name = $scratch
END
mkdir -m 0700 "$dir/run"
export BRISK_CONF="$dir/brisk.conf"

# fresh: the tables as the migrations make them.
fresh() {
	sql -e "DROP DATABASE IF EXISTS $scratch; CREATE DATABASE $scratch CHARACTER SET utf8mb4" &&
	    (cd "$root" && "$B/bin/brisk" migrate up --user root) >"$dir/told" 2>&1
}

# fits LABEL PROGRAM
fits() {
	out=$("$B/bin/$2" --check 2>&1) && [[ $out == *" statements fit" ]] && ok ||
	    wrong "$1" "$out"
}

# told LABEL PROGRAM TEXT CHANGE: after the change it fails, and tells of TEXT.
told() {
	local status

	if ! fresh || ! sql "$scratch" -e "$4"; then
		wrong "$1" "the table could not be changed"
		return
	fi
	out=$("$B/bin/$2" --check 2>&1)
	status=$?
	[ "$status" = 1 ] && ok || wrong "$1" "status $status"
	[[ $out == *"not all fit" ]] && ok || wrong "$1" "${out##*$'\n'}"
	[[ $out == *"$3"* ]] && ok || wrong "$1" "no word of $3 in: ${out:0:600}"
}

# still LABEL PROGRAM CHANGE: what the program does not need may be there.
still() {
	if fresh && sql "$scratch" -e "$3"; then
		fits "$1" "$2"
	else
		wrong "$1" "the table could not be changed"
	fi
}

if fresh; then
	ok
else
	wrong "migrate" "$(cat "$dir/told")"
fi
for program in $(awk '{ print $2 }' "$B/share/mounts" | sort -u); do
	fits "$program as migrated" "$program"
done

free='ALTER TABLE products DROP CONSTRAINT'
told "column dropped" products name 'ALTER TABLE products DROP INDEX words, DROP COLUMN name'
told "column renamed" products description \
    'ALTER TABLE products CHANGE description story MEDIUMTEXT NULL'
told "column of a filter renamed" products price_amount \
    "$free products_price, CHANGE price_amount price BIGINT NOT NULL"
told "version dropped" products version 'ALTER TABLE products DROP COLUMN version'
told "status dropped" products status \
    "$free products_status, DROP INDEX by_creation, DROP INDEX by_price, DROP COLUMN status"
told "link's column renamed" products product_categories \
    'DROP TABLE product_categories; CREATE TABLE product_categories
    (shelf_id BINARY(16), product_id BINARY(16))'
told "link's table dropped" products product_categories 'DROP TABLE product_categories'
told "joined table dropped" products stock 'DROP TABLE stock'
told "joined column renamed" products on_hand \
    'ALTER TABLE stock DROP CONSTRAINT stock_on_hand, DROP CONSTRAINT stock_reserved,
    CHANGE on_hand held INT NOT NULL'
told "no index of words" products FULLTEXT 'ALTER TABLE products DROP INDEX words'
told "number becomes text" products price_amount \
    "$free products_price, MODIFY price_amount VARCHAR(20) NOT NULL"
told "text becomes number" products sku 'ALTER TABLE products MODIFY sku BIGINT NOT NULL'
told "time becomes text" products created_at \
    'ALTER TABLE products MODIFY created_at VARCHAR(40) NOT NULL'
told "time becomes number" products updated_at \
    'ALTER TABLE products MODIFY updated_at BIGINT NOT NULL'
told "key becomes a number" products '`id`' \
    'DROP TABLE cart_items, stock_moves, stock, product_categories;
    CREATE TABLE product_categories (product_id BINARY(16), category_id BINARY(16));
    CREATE TABLE stock (product_id BINARY(16), on_hand INT, reserved INT);
    ALTER TABLE products MODIFY id BIGINT NOT NULL'
told "expanded table's column" products slug \
    'ALTER TABLE categories CHANGE slug nick VARCHAR(80) NOT NULL'
told "category's name dropped" categories name \
    'ALTER TABLE categories DROP INDEX by_name, DROP INDEX by_parent, ADD INDEX (parent_id), DROP COLUMN name'
told "category's parent renamed" categories parent_id \
    'ALTER TABLE categories CHANGE parent_id upper_id BINARY(16) NULL'
told "category's time a number" categories updated_at \
    'ALTER TABLE categories MODIFY updated_at BIGINT NOT NULL'
told "table dropped" categories categories \
    'DROP TABLE product_categories, categories'

still "a column more" products 'ALTER TABLE products ADD COLUMN weight INT NULL'
still "a wider text" products 'ALTER TABLE products MODIFY name VARCHAR(300) NOT NULL'
still "a column more" categories 'ALTER TABLE categories ADD COLUMN icon TEXT NULL'

# Nothing that --check tries is done.
fresh && "$B/bin/products" --check >/dev/null 2>&1
rows=$(sql "$scratch" -e 'SELECT (SELECT COUNT(*) FROM products) + (SELECT COUNT(*) FROM categories)')
[ "$rows" = 0 ] && ok || wrong "nothing is written" "$rows rows"

# Without a database it says so, and ends.
sed -i "s|^database_socket.*|database_socket = $dir/none.sock|" "$BRISK_CONF"
timeout 20 "$B/bin/products" --check >"$dir/told" 2>&1
status=$?
[ "$status" = 1 ] && ok || wrong "no database" "status $status: $(head -c 300 "$dir/told")"

tally
