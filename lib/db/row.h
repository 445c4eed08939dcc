#ifndef BRISK_ROW_H
#define BRISK_ROW_H
/*
 * row - between a struct and the columns of its table, by its schema.
 *
 * A field is one column, a money two (NAME_amount and the currency), a list
 * kept in a link table none; a nested object or a plain list is a column of
 * JSON text.  What comes from SQL is believed only as far as the C type goes:
 * a value that does not fit (a NULL in a plain int64_t becomes its default)
 * never overflows.
 */
#include "db/db.h"
#include "schema/field.h"

/* How many columns the field has: 0, 1 or 2. */
size_t	row_columns(const struct field *);

/* The name of its column c. */
const char *row_column_name(const struct field *, size_t c);

/* The values to bind for its columns; false: no memory. */
bool	row_bind(const struct field *, const void *base, struct arena *,
	    struct val *out) MUSTCHECK;

/* Columns of a result into the member; false: no memory, or not such a value. */
bool	row_read(const struct field *, const struct val *, struct arena *,
	    void *base) MUSTCHECK;
/* Which of both: DB_NO_MEMORY; or DB_BUG and a line of the log, of a field of `whose`. */
enum db_err row_read_error(const struct arena *, const char *whose, const struct field *)
	    MUSTCHECK;

/*
 * Does this column of a result suit column c of the field?  NULL, or what is
 * wrong as a phrase ("is text, the field is an integer").
 */
const char *row_mismatch(const struct field *, size_t c, const struct db_column *);

#endif
