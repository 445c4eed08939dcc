/*
 * resource/parent - rows below a row of another resource, which the path names:
 * "/v1/accounts/{account_id}/entries".
 */
#include "resource/parent.h"
#include "resource/sql.h"

const char *
parent_error(const struct resource *r)
{
	const struct field	*fields[MAX_KEY_COLUMNS], *keys[MAX_KEY_COLUMNS];
	size_t			 n = parent_fields(r, fields);

	if (r->parent == NULL)
		return strchr(r->path, '{') == NULL ? NULL :
		    "has a {name} in its path but no .parent: declare .parent";
	if (r->parent->parent != NULL)
		return "has a .parent that itself has a .parent: only one level is supported";
	if (n == 0 || resource_key_fields(r->parent, keys) != n)
		return "must name every key column of .parent in its path, by fields of its own";
	for (size_t i = 0; i < n; i++) {
		if (fields[i]->kind != keys[i]->kind || fields[i]->opt)
			return "names .parent by a field of another type than the key of .parent";
		if (!(fields[i]->flags & FIELD_READONLY))
			return "names .parent by a field that is not FIELD_READONLY: add the flag";
	}
	return NULL;
}

void
parent_set_key(const struct resource *r, const struct visibility *s, void *row)
{
	const struct field	*fields[MAX_KEY_COLUMNS];
	size_t			 n = s->parent_row == NULL ? 0 : parent_fields(r, fields);

	for (size_t i = 0; i < n; i++)
		memcpy(field_in(fields[i], row), field_at(fields[i], s->parent_row),
		    field_size(fields[i]));
}

/*
 * Rows with an .owner of their own (comments) need a parent that the caller may see;
 * rows without need a parent that the caller may change.
 */
enum http_status
parent_check(struct req *rq, struct resp *rs)
{
	const struct resource	*r = rq->route->resource;
	bool			 write = rq->route->method != HTTP_GET && r->owner == NULL;
	struct list_query		 q = { .limit = 1 };
	struct statement	 sql;
	struct rows		 found;
	const void		*key;
	enum db_err		 err;

	if (r->parent == NULL)
		return 0;
	if ((key = parent_key(rq, r, rq->input.keys)) == NULL)
		return resp_db_error(rs, DB_NO_MEMORY);
	visibility_init(r->parent, rq, write, &q.visibility);
	statement_init(&sql, rq->arena);
	sql_get(&sql, r->parent, &q, key);
	err = rows_select(rq->store, r->parent, &sql, &found);
	if (err == DB_OK && found.n > 0)
		return 0;
	return resp_db_error(rs, err == DB_OK ? DB_NOT_FOUND : err);
}
