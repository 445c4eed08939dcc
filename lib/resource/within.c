/*
 * resource_within - rows that hang on a row of another resource, which the path
 * names: "/v1/accounts/{account_id}/entries".
 */
#include "resource/private.h"

const char *
within_wrong(const struct resource *r)
{
	const struct field	*ours[KEY_COLUMNS], *theirs[KEY_COLUMNS];
	size_t			 n = within_fields(r, ours);

	if (r->parent == NULL)
		return strchr(r->path, '{') == NULL ? NULL :
		    "has a {name} in its path, and no .parent";
	if (r->parent->parent != NULL)
		return "is .parent one that is within another";
	if (n == 0 || key_fields(r->parent, theirs) != n)
		return "does not name the key of .parent in its path, by fields of its own";
	for (size_t i = 0; i < n; i++) {
		if (ours[i]->kind != theirs[i]->kind || ours[i]->opt)
			return "names .parent by fields of another kind than its key";
		if (!(ours[i]->flags & FIELD_READONLY))
			return "names .parent by a field that is not FIELD_READONLY";
	}
	return NULL;
}

void
within_set(const struct resource *r, const struct sight *s, void *row)
{
	const struct field	*ours[KEY_COLUMNS];
	size_t			 n = s->above == NULL ? 0 : within_fields(r, ours);

	for (size_t i = 0; i < n; i++)
		memcpy(field_in(ours[i], row), field_at(ours[i], s->above),
		    field_size(ours[i]));
}

/*
 * Rows that belong to nobody by themselves are changed by who may change the
 * row above; those that do (comments) by who may see it.
 */
enum http_status
within_there(struct req *rq, struct resp *rs)
{
	const struct resource	*r = rq->route->resource;
	bool			 write = rq->route->method != HTTP_GET && r->owner == NULL;
	struct want		 w = { .limit = 1 };
	struct statement	 sql;
	struct found		 found;
	const void		*key;
	enum db_err		 err;

	if (r->parent == NULL)
		return 0;
	if ((key = above_key(rq, r, rq->keys)) == NULL)
		return resp_db(rs, DB_NO_MEMORY);
	sight_of(r->parent, rq, write, &w.sight);
	statement_init(&sql, rq->arena);
	sql_get(&sql, r->parent, &w, key);
	err = rows_find(rq->store, r->parent, &sql, &found);
	if (err == DB_OK && found.n > 0)
		return 0;
	return resp_db(rs, err == DB_OK ? DB_NOT_FOUND : err);
}
