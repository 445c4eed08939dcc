#!/bin/bash
# A FIELD macro on a member of another C type must not compile.
set -u
cd "$(dirname "$0")/../.." || exit 2
cc=${CC:-cc}
. tests/kit/kit.sh

# builds TYPE MACRO [ARGUMENTS]: does this declaration compile?
builds() {
	$cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Werror -Ilib -Ilib/app -fsyntax-only -x c - 2>/dev/null <<C
#include "schema/field.h"
struct other { struct str a; };
typedef $1 member;
struct row { int64_t before; member m; };
extern const struct schema inner, sh;
const struct schema inner = SCHEMA("Other", struct other, FIELD_STR(struct other, a, .doc = "A"));
const struct schema sh = SCHEMA("Row", struct row,
	$2(struct row, m, ${3:-}.doc = "M"));
C
}

# field MACRO ARGUMENTS TYPE...: these compile, and no other of the list does.
field() {
	macro=$1 more=$2
	shift 2
	for right; do
		if builds "$right" "$macro" "$more"; then
			ok
		else
			wrong "$macro on $right" "does not compile"
		fi
	done
	while read -r other; do
		for right; do
			[ "$other" != "$right" ] || continue 2
		done
		if builds "$other" "$macro" "$more"; then
			wrong "$macro on $other" "compiles"
		else
			ok
		fi
	done <<T
int
int32_t
uint64_t
int64_t
int64_t *
float
double
bool
char
const char *
struct opt_int
struct opt_num
struct opt_bool
struct str
struct uuid
struct stamp
struct money
struct decimal
struct json
struct list
struct other
struct other *
struct str *
void *
T
}

field FIELD_INT "" int64_t "struct opt_int"
field FIELD_NUM "" double "struct opt_num"
field FIELD_BOOL "" bool "struct opt_bool"
field FIELD_STR "" "struct str"
field FIELD_UUID "" "struct uuid"
field FIELD_STAMP "" "struct stamp"
field FIELD_MONEY "" "struct money"
field FIELD_DECIMAL "" "struct decimal"
field FIELD_JSON "" "struct json"
field FIELD_LIST "" "struct list"
field FIELD_OBJECT "struct other, .schema = &inner, " "struct other *"

tally
