#ifndef BRISK_ROW_H
#define BRISK_ROW_H
/*
 * row - converts between a struct and the columns of a table, by its schema.
 *
 * A field is one column.  Money is two (NAME_amount and the currency), a list
 * kept in a link table is none, and a nested object or a plain list is a column
 * of JSON text.  Values from the database are checked: a value that does not fit
 * the C type is an error, never an overflow.  NULL becomes the default of the
 * field.
 */
#include "db/db.h"
#include "schema/field.h"

/* The number of columns of the field: 0, 1 or 2. */
size_t	row_columns(const struct field *);

/* The name of its column c; valid until the next call in this thread. */
const char *row_column_name(const struct field *, size_t c);

/* The values to bind for its columns.  False: no memory. */
bool	row_bind(const struct field *, const void *base, struct arena *,
	    struct val *out) MUSTCHECK;

/*
 * Store the columns of a result row in the member.  False: no memory, or the
 * value does not fit; row_read_error() tells which.
 */
bool	row_read(const struct field *, const struct val *, struct arena *,
	    void *base) MUSTCHECK;
/* DB_NO_MEMORY; or DB_BUG and a line in the log that names schema and field. */
enum db_err row_read_error(const struct arena *, const char *schema,
	    const struct field *) MUSTCHECK;

/*
 * Does a column of a result suit column c of the field?  NULL: yes.  Otherwise
 * what is wrong ("column n is not text, which field name needs"), valid until the
 * next call in this thread.
 */
const char *row_mismatch(const struct field *, size_t c, const struct db_column *);

#endif
