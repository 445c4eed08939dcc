# check_kit - invariants as queries, and proof that each of them can fail.
#
# check_NAME.sql holds queries, each below a line "-- WORD what it says", where
# WORD is the invariant and a name ("L1.sum"); one that returns a row has found
# what should not be.  fault_NAME.sql holds, in the same form, statements that
# spoil what the query of that WORD looks at; they are rolled back, so none of
# them may end a transaction (no DDL).
#
# Sourced by tests/chaos/money.sh; wants sql (root's client) and tmp.
#
#	check_run FILE ...	rows found, "WORD: row"; fails when there are any,
#				or a query can not be run
#	check_plants FILE ...	of check files: plants what lies beside each, and
#				tells which query does not find it, or has no plant

check_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
check_word='^-- [A-Z][0-9]+[.][a-z_]+'

check_words() { grep -hoE "$check_word" "$@" | cut -c4-; }

# check_part WORD FILE ...: what stands below that line.
check_part() {
	local word=$1

	shift
	awk -v word="$word" '
	    /^-- [A-Z][0-9]+[.]/ { on = $2 == word; next }
	    on' "$@"
}

# The session of a check.  A long list of rows says no more than its begin.
check_begin="SET SESSION sql_mode = REPLACE(@@sql_mode, 'ONLY_FULL_GROUP_BY', ''),
    group_concat_max_len = 4000, sql_select_limit = 5, time_zone = '+00:00';"

check_run() {
	awk -v begin="$check_begin" 'BEGIN { print begin }
	    /^-- [A-Z][0-9]+[.]/ { print "SELECT \047@\047, \047" $2 "\047;" }
	    { print }' "$@" |
	    sql -N --force brisk >"$tmp/checked" 2>"$tmp/check.wrong"
	awk -F '\t' '$1 == "@" { word = $2; next } { print word ": " $0; n++ } END { exit n > 0 }' \
	    "$tmp/checked" && [ ! -s "$tmp/check.wrong" ] ||
	    { cat "$tmp/check.wrong"; return 1; }
}

# check_plant WORD CHECK PLANT: does the query find what is planted?  2: no row
# was there to be spoilt.
check_plant() {
	{
		echo "$check_begin"
		echo "SET SESSION check_constraint_checks = 0, foreign_key_checks = 0;"
		echo "BEGIN;"
		check_part "$1" "$3"
		echo "SELECT '@', ROW_COUNT();"
		check_part "$1" "$2"
		echo "ROLLBACK;"
	} >"$tmp/plant.sql"
	sql -N brisk <"$tmp/plant.sql" >"$tmp/planted" 2>"$tmp/plant.wrong" || {
		printf '%s: can not be planted: %s\n' "$1" "$(<"$tmp/plant.wrong")"
		return 1
	}
	grep -qx "@[[:space:]]0" "$tmp/planted" && {
		echo "$1: there is nothing to spoil"
		return 2
	}
	awk '$1 == "@" { on = 1; next } on { n++ } END { exit !n }' "$tmp/planted" || {
		echo "$1: what was planted is not found"
		return 1
	}
}

# Sets check_planted, check_missed and check_idle: those with no row to be spoilt.
check_plants() {
	local file plant word

	check_planted=0 check_missed=0 check_idle=0
	for file; do
		plant=${file/check_/fault_}
		for word in $(check_words "$file"); do
			if ! check_words "$plant" 2>/dev/null | grep -qxF "$word"; then
				echo "$word: nothing is planted for it"
				check_missed=$((check_missed + 1))
				continue
			fi
			check_plant "$word" "$file" "$plant"
			case $? in
			0) check_planted=$((check_planted + 1)) ;;
			2) check_idle=$((check_idle + 1)) ;;
			*) check_missed=$((check_missed + 1)) ;;
			esac
		done
	done
	[ $check_missed = 0 ]
}
