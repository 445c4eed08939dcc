#ifndef BRISK_RESOURCE_ROWS_H
#define BRISK_RESOURCE_ROWS_H
/*
 * rows - rows as they were read, and how an answer shows them.  Private to the
 * room.
 */
#include "resource/list_query.h"
#include "resource/statement.h"

/* Rows of r->schema->size bytes each, in the arena of the store. */
struct rows {
	char		*rows;
	struct str	*versions;	/* of each row: the text that its ETag begins with */
	size_t		 n;
};

static inline void *
rows_at(const struct resource *r, const struct rows *f, size_t i)
{
	return f->rows + i * r->schema->size;
}

/* Run a SELECT of sql_select()'s columns, and read the lists of its rows. */
enum db_err	 rows_select(struct store *, const struct resource *,
		    struct statement *, struct rows *) MUSTCHECK;
/* The version of a row: .version, or a hash of the members `of`. */
struct str	 rows_version(const struct resource *, struct arena *,
		    const void *row, const struct val *version, uint64_t of);
/* The row with the key of `like`; NULL: not among them. */
const void	*rows_find_key(const struct resource *, struct arena *,
		    const struct rows *, const void *like);

struct expansion;

/* Append one row as the API shows it, with its expansions. */
void		 rows_encode(struct buf *, const struct resource *,
		    const struct list_query *, const struct expansion *, size_t n,
		    const void *row);
/*
 * Answer with one row: body, ETag, Last-Modified.  DB_NOT_FOUND: there is no
 * such row, or the caller may not see it.
 */
enum db_err	 rows_respond(struct req *, struct resp *, const struct resource *,
		    const struct list_query *, const void *key) MUSTCHECK;

#endif
