/* resource/write - create, update and delete, each in one transaction. */
#include "db/row.h"
#include "http/etag.h"
#include "schema/encode.h"
#include "resource/operations.h"
#include "resource/parent.h"
#include "resource/reference.h"
#include "resource/sql.h"
#include "resource/tree.h"

/* A copy that the transaction may change; NULL: no memory. */
static char *
copy_row(const struct req *rq, const void *row)
{
	size_t	 size = rq->route->resource->schema->size;
	char	*copy = arena_alloc(rq->arena, size);

	return copy == NULL ? NULL : memcpy(copy, row, size);
}

static struct change
change_begin(struct req *rq, struct resp *rs)
{
	const struct list_query	*q = rq->input.list;
	struct change		 c = { .rq = rq, .rs = rs,
				    .r = rq->route->resource, .n = 1,
				    .batch = resource_is_batch(rq) };

	c.view = (struct list_query){ .visibility = q->visibility, .show = ENCODE_ALL,
	    .need = ENCODE_ALL, .limit = 1 };
	c.view.visibility.hidden_rows = true;
	return c;
}

/*
 * Refuse with the faults that the transaction found.  A single conflict in a single
 * row is a 409 with its code (sku_taken); conflicts in a batch or in a child, and all
 * other faults, are a 422.
 */
static enum db_err
refuse_faults(struct change *c)
{
	const char	*code = c->fs.n > 0 ? c->fs.v[0].code : "";
	bool		 inside = c->fs.n > 0 && c->fs.v[0].pointer != NULL &&
			    strchr(c->fs.v[0].pointer, '/') !=
			    strrchr(c->fs.v[0].pointer, '/');
	bool		 conflict = !c->batch && !inside && c->fs.n == 1 &&
			    (str_ends(str_of(code), STR("_taken")) ||
			    strcmp(code, "already_exists") == 0 ||
			    strcmp(code, "conflict") == 0);

	c->status = conflict ?
	    resp_faults(c->rs, HTTP_CONFLICT, code, &c->fs) :
	    resp_faults(c->rs, HTTP_UNPROCESSABLE, "validation_failed", &c->fs);
	return DB_ABORT;
}

/* Rules that are not constraints of the table: the tree, and .guard. */
static enum db_err
run_guards(struct store *st, struct change *c, size_t item, const void *old,
    const void *now)
{
	enum db_err	 err = now == NULL ? DB_OK : tree_check(st, c, item, old, now);

	if (err != DB_OK || c->r->guard == NULL)
		return err;
	c->status = c->r->guard(c->rq, c->rs, old, now);
	return c->status == 0 ? DB_OK : DB_ABORT;
}

/* A merge sets the owner later, when it knows which rows are new. */
static enum db_err
create_check(struct store *st, struct change *c)
{
	enum db_err	 err;

	faults_init(&c->fs, c->rq->arena);
	c->created = 0;
	c->status = 0;
	err = c->merge ? DB_OK : change_set_owner(c);
	if (err == DB_OK)
		err = reference_check(st, c, NULL);
	return err == DB_OK && c->fs.n > 0 ? refuse_faults(c) : err;
}

static enum db_err
create_run(struct store *st, void *arg)
{
	struct change	*c = arg;
	enum db_err	 err = create_check(st, c);

	for (size_t i = 0; err == DB_OK && i < c->n; i++)
		err = run_guards(st, c, i, NULL, change_row(c, i));
	if (err == DB_OK && c->merge)
		err = change_merge_rows(st, c);
	if (err == DB_OK && c->merge)
		err = change_set_owner(c);
	if (err == DB_OK && c->fs.n == 0)
		err = change_insert_rows(st, c);
	if (err == DB_OK && c->fs.n == 0)
		err = lists_insert(st, c);
	if (err != DB_OK)
		return err;
	if (c->fs.n > 0 || c->fs.failed)
		return refuse_faults(c);
	if ((err = change_audit(st, c, "create")) != DB_OK)
		return err;
	return c->batch ? change_batch_response(st, c) :
	    rows_respond(c->rq, c->rs, c->r, &c->view, change_row(c, 0));
}

/* The path of the new row: the path of the list and the rest of the key. */
static struct str
item_path(const struct change *c)
{
	const struct field	*key[MAX_KEY_COLUMNS];
	size_t			 n = resource_key_fields(c->r, key);
	struct buf		 b;

	buf_init(&b, c->rq->arena);
	for (size_t i = 0; i < c->rq->target.segments; i++) {
		buf_byte(&b, '/');
		buf_str(&b, c->rq->target.segment[i]);
	}
	for (size_t i = 0; i < n; i++)
		if (!parent_has_field(c->r, key[i])) {
			buf_byte(&b, '/');
			resource_key_print(&b, key[i], change_row(c, 0));
		}
	return buf_ok(&b) ? buf_view(&b) : str_of(c->r->path);
}

/* Location, percent-encoded (RFC 3986 section 2.3). */
static void
put_location(struct change *c)
{
	static const char	 plain[] = "-._~/";
	struct str		 key = item_path(c);
	struct buf		 b;

	buf_init(&b, c->rq->arena);
	for (size_t i = 0; i < key.n; i++) {
		unsigned char	 ch = (unsigned char)key.p[i];

		if ((ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') ||
		    (ch >= 'A' && ch <= 'Z') || (ch != 0 && strchr(plain, ch) != NULL))
			buf_byte(&b, (char)ch);
		else
			buf_fmt(&b, "%%%02X", ch);
	}
	if (buf_ok(&b))
		resp_header(c->rs, "Location", "%.*s%.*s",
		    STR_ARG(c->rq->target.base), STR_ARG(buf_view(&b)));
}

/*
 * The cache tags that the write invalidates: the table, and the row.  A merge does
 * not know its rows before the transaction, so it invalidates every single row.
 */
static size_t
write_tags(const struct change *c, struct str tags[GENERATION_TAGS])
{
	size_t	 n = 0;
	char	*tag;

	tags[n++] = str_of(c->r->table);
	if (c->merge)
		tags[n++] = resource_rows_tag(c->r, c->rq->arena);
	if (c->batch)
		return n;
	tag = arena_fmt(c->rq->arena, "%s/%.*s", c->r->table,
	    STR_ARG(resource_key_text(c->r, c->rq->arena, change_row(c, 0))));
	if (tag != NULL)
		tags[n++] = str_of(tag);
	for (size_t i = 0; c->r->invalidates != NULL && c->r->invalidates[i] != NULL; i++)
		if (n < GENERATION_TAGS && c->rq->route->op >= OP_PATCH)
			tags[n++] = route_tag(c->rq, c->r->invalidates[i]);
	return n;
}

static enum http_status
finish_write(struct change *c, enum db_err err, enum http_status good)
{
	if (err == DB_ABORT)
		return c->status;
	if (err != DB_OK)
		return resp_db_error(c->rs, err);
	return resp_json(c->rs, good);
}

enum http_status
resource_create(struct req *rq, struct resp *rs)
{
	const struct resource	*r = rq->route->resource;
	struct change		 c = change_begin(rq, rs);
	const struct batch	*it = rq->input.body;
	struct str		 tags[GENERATION_TAGS];
	enum db_err		 err;
	enum http_status	 good = HTTP_CREATED, status = parent_check(rq, rs);

	if (status != 0)
		return status;
	c.rows = c.batch ? it->rows : copy_row(rq, rq->input.body);
	if (c.rows == NULL)
		return resp_db_error(rs, DB_NO_MEMORY);
	if (c.batch)
		c.n = it->n;
	for (size_t i = 0; i < c.n; i++)
		parent_set_key(r, &c.view.visibility, change_row(&c, i));
	c.merge = c.batch && r->merge_by != NULL &&
	    req_prefers(rq, "resolution", "merge-duplicates");
	err = store_write(rq->store, tags, write_tags(&c, tags), create_run, &c);
	if (err == DB_OK && c.batch && c.created == 0)
		good = HTTP_OK;
	if (err == DB_OK && c.merge)
		resp_header(rs, "Preference-Applied", "resolution=merge-duplicates");
	if (err == DB_OK && !c.batch)
		put_location(&c);
	return finish_write(&c, err, good);
}

/* Decode the body over the old row; read-only members keep their values. */
static bool
decode_next_row(struct change *c, const void *old)
{
	const struct schema	*sh = visibility_input_schema(c->r, &c->view.visibility, c->rq->arena);
	void			*now = change_row(c, 0);

	memcpy(now, old, c->r->schema->size);
	if (sh == NULL)
		return !(c->fs.failed = true);
	if (c->rq->route->op == OP_PATCH)
		return decode_object(sh, c->rq->body.json, DECODE_MERGE, "#",
		    now, old, &c->fs);
	if (!decode_object(sh, c->rq->body.json, DECODE_WHOLE, "#", now, old,
	    &c->fs))
		return false;
	change_keep_readonly(c, now, old);
	return true;
}

/* Lock the row and compare its version with If-Match; 412 with the current ETag. */
static enum db_err
lock_if_match(struct store *st, struct change *c, struct rows *old)
{
	enum db_err	 err = change_lock_row(st, c, old);

	if (err != DB_OK ||
	    etag_if_match(req_env(c->rq, "HTTP_IF_MATCH"), old->versions[0]) == ETAG_YES)
		return err;
	err = rows_respond(c->rq, c->rs, c->r, &c->view, c->rq->input.keys);
	if (err != DB_OK)
		return err;
	c->status = resp_problem(c->rs, HTTP_PRECONDITION_FAILED,
	    "precondition_failed", "the row has changed; the ETag header has its current version");
	return DB_ABORT;
}

static enum db_err
change_run(struct store *st, void *arg)
{
	struct change	*c = arg;
	struct rows	 old;
	enum db_err	 err = lock_if_match(st, c, &old);

	faults_init(&c->fs, c->rq->arena);
	if (err != DB_OK)
		return err;
	if (!decode_next_row(c, old.rows))
		return refuse_faults(c);
	if ((err = reference_check(st, c, old.rows)) != DB_OK)
		return err;
	if (c->fs.n > 0)
		return refuse_faults(c);
	if ((err = run_guards(st, c, 0, old.rows, c->rows)) != DB_OK)
		return err;
	if (c->fs.n == 0 && !change_row_same(c->r, st->arena, old.rows, c->rows)) {
		if ((err = change_update_row(st, c, 0, old.rows)) == DB_OK && c->fs.n == 0)
			err = change_audit(st, c, "update");
		if (err != DB_OK)
			return err;
	}
	if (c->fs.n > 0 || c->fs.failed)
		return refuse_faults(c);
	return rows_respond(c->rq, c->rs, c->r, &c->view, c->rq->input.keys);
}

enum http_status
resource_update(struct req *rq, struct resp *rs)
{
	struct change		 c = change_begin(rq, rs);
	struct str		 tags[GENERATION_TAGS];
	enum http_status	 status = parent_check(rq, rs);

	if (status != 0)
		return status;
	if ((c.rows = copy_row(rq, rq->input.keys)) == NULL)
		return resp_db_error(rs, DB_NO_MEMORY);
	return finish_write(&c, store_write(rq->store, tags, write_tags(&c, tags),
	    change_run, &c), HTTP_OK);
}

/*
 * Delete the lists of a row before the row itself.  With .soft_delete the row and its
 * children stay, and only its rows in link tables are deleted.
 */
static enum db_err
delete_lists(struct store *st, const struct change *c)
{
	const struct field	*key[MAX_KEY_COLUMNS];
	struct val		 owner[2];
	enum db_err		 err = DB_OK;

	(void)resource_key_fields(c->r, key);
	if (!row_bind(key[0], c->rq->input.keys, st->arena, owner))
		return DB_NO_MEMORY;
	for (const struct field *f = c->r->schema->fields; err == DB_OK &&
	    f->name != NULL; f++) {
		struct statement	 sql;

		if (f->link == NULL || field_has_children(f) == (c->r->soft_delete != NULL))
			continue;
		statement_init(&sql, st->arena);
		sql_delete_links(&sql, f, owner);
		err = statement_run(st, &sql, NULL);
	}
	return err;
}

static enum db_err
delete_run(struct store *st, void *arg)
{
	struct change		*c = arg;
	struct rows		 old;
	struct statement	 sql;
	enum db_err		 err = lock_if_match(st, c, &old);

	if (err != DB_OK || (err = run_guards(st, c, 0, old.rows, NULL)) != DB_OK)
		return err;
	statement_init(&sql, st->arena);
	sql_delete(&sql, c->r, c->rq->input.keys);
	if ((err = delete_lists(st, c)) == DB_OK)
		err = statement_run(st, &sql, NULL);
	if (err == DB_OK)
		err = change_audit(st, c, "delete");
	if (err != DB_IN_USE)
		return err;
	c->status = resp_problem(c->rs, HTTP_CONFLICT,
	    c->r->in_use != NULL ? c->r->in_use : "in_use",
	    "another row refers to this one");
	return DB_ABORT;
}

enum http_status
resource_delete(struct req *rq, struct resp *rs)
{
	struct change		 c = change_begin(rq, rs);
	struct str		 tags[GENERATION_TAGS];
	enum http_status	 status = parent_check(rq, rs);
	enum db_err		 err;

	if (status != 0)
		return status;
	if ((c.rows = copy_row(rq, rq->input.keys)) == NULL)
		return resp_db_error(rs, DB_NO_MEMORY);
	err = store_write(rq->store, tags, write_tags(&c, tags), delete_run, &c);
	return finish_write(&c, err, HTTP_NO_CONTENT);
}
