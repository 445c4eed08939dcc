/* resource/fault - constraint violations as validation faults. */
#include "db/row.h"
#include "schema/encode.h"
#include "resource/change.h"

/* The FIELD_UNIQUE field whose index has this name; NULL: none. */
static const struct field *
field_of_index(const struct resource *r, const char *index)
{
	for (const struct field *f = r->schema->fields; f->name != NULL; f++)
		if ((f->flags & FIELD_UNIQUE) && strcmp(field_column(f), index) == 0)
			return f;
	return NULL;
}

static const struct field *
field_of_column(const struct resource *r, const char *column)
{
	for (const struct field *f = r->schema->fields; f->name != NULL; f++)
		if (row_columns(f) == 1 && strcmp(field_column(f), column) == 0)
			return f;
	return NULL;
}

const char *
change_pointer(const struct change *c, size_t item, const char *member)
{
	const char	*slash = member == NULL ? "" : "/";
	char		*p;

	if (member == NULL)
		member = "";
	p = c->batch ? arena_fmt(c->rq->arena, "#/items/%zu%s%s",
	    c->first + item, slash, member) :
	    arena_fmt(c->rq->arena, "#%s%s", slash, member);
	return p == NULL ? "#" : p;
}

void
change_constraint_fault(struct change *c, const struct resource *r, enum db_err err,
    const char *detail, const char *at)
{
	const struct field	*f = err == DB_DUPLICATE ? field_of_index(r, detail) :
				    field_of_column(r, detail);
	const char		*code = "conflict";

	if (f != NULL && (at = arena_fmt(c->rq->arena, "%s/%s", at, f->name)) == NULL)
		at = "#";
	if (err == DB_BAD_REFERENCE || err == DB_BAD_VALUE) {
		fault_add(&c->fs, at, err == DB_BAD_VALUE ? "invalid_value" :
		    "reference_not_found", err == DB_BAD_VALUE ?
		    "is not accepted by the table" : "refers to a row that does not exist");
		return;
	}
	if (f != NULL && (code = arena_fmt(c->rq->arena, "%s_taken", f->name)) == NULL)
		code = "conflict";
	else if (f == NULL && strcmp(detail, "PRIMARY") == 0)
		code = "already_exists";
	fault_add(&c->fs, at, code, "already exists");
}

bool
change_is_constraint(enum db_err err)
{
	return err == DB_DUPLICATE || err == DB_BAD_REFERENCE || err == DB_BAD_VALUE;
}

enum db_err
change_in_batches(struct store *st, struct change *c, size_t n, size_t most,
    enum db_err (*insert)(struct store *, struct change *, size_t from, size_t n),
    void (*fault)(struct store *, struct change *, enum db_err, size_t i))
{
	size_t		 span;
	enum db_err	 err;

	for (size_t from = 0; from < n; from += span) {
		for (span = most; span > n - from; span /= 2)
			;
		err = insert(st, c, from, span);
		if (err != DB_OK && !change_is_constraint(err))
			return err;
		if (err != DB_OK && span == 1)
			fault(st, c, err, from);
		for (size_t i = 0; err != DB_OK && span > 1 && i < span; i++) {
			enum db_err	 one = insert(st, c, from + i, 1);

			if (change_is_constraint(one))
				fault(st, c, one, from + i);
			else if (one != DB_OK)
				return one;
		}
	}
	return DB_OK;
}
