#ifndef BRISK_RESOURCE_STATEMENT_H
#define BRISK_RESOURCE_STATEMENT_H
/*
 * statement - one SQL statement with its bound values, while it is built
 * and run.  Private to the room.
 */
#include "resource/resource.h"

/* Failure is sticky: a statement without memory is found by statement_ok(). */
struct statement {
	struct buf	 sql;
	struct val	*v;		/* bound values, in order */
	size_t		 n, cap;
	uint64_t	 need;		/* of a SELECT: fields that are read */
};

void		 statement_init(struct statement *, struct arena *);
bool		 statement_ok(const struct statement *) MUSTCHECK;
void		 statement_bind(struct statement *, struct val);
/* Bind a field of a row: one value, or two of a money. */
void		 statement_bind_field(struct statement *, const struct field *, const void *row);
/* Do two rows bind the same values for a field?  Are two values the same? */
bool		 statement_field_same(const struct field *, struct arena *, const void *x,
		    const void *y);
bool		 statement_val_same(const struct val *, const struct val *);
/* Run a statement that returns no rows; the result may be NULL. */
enum db_err	 statement_run(struct store *, struct statement *,
		    struct db_result *) MUSTCHECK;

#endif
