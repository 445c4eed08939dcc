/* resource_write - create one or many, change, delete: each one transaction. */
#include "encode.h"
#include "resource_private.h"

#define NO_MEMORY	"there is not enough memory for this request"

bool
is_batch(const struct req *rq)
{
	const struct resource	*r = rq->route->resource;

	return rq->route->op == OP_CREATE && rq->doc != NULL &&
	    doc_kind(rq->doc) == DOC_OBJECT && doc_has(rq->doc, "items") &&
	    shape_find(r->shape, STR("items")) == NULL;
}

static struct str
skip(struct str s, const char *bytes)
{
	while (s.n > 0 && s.p[0] != '\0' && strchr(bytes, s.p[0]) != NULL)
		s = str_from(s, 1);
	return s;
}

/* Before it is parsed: a batch has one member, so its name comes first. */
size_t
resource_body_most(const struct req *rq)
{
	size_t		 one = rq->route->resource->body_most;
	struct str	 s = skip(rq->body, " \t\r\n");

	if (rq->route->op == OP_CREATE && s.n > 0 && s.p[0] == '{' &&
	    str_starts(skip(str_from(s, 1), " \t\r\n"), STR("\"items\"")))
		return RESOURCE_BATCH;
	return one != 0 ? one : ROUTE_BODY;
}

enum http_status
resource_condition(struct req *rq, struct resp *rs)
{
	struct str	 given = req_env(rq, "HTTP_IF_MATCH");

	if (rq->route->op < OP_PATCH)
		return 0;
	if (given.p == NULL)
		return resp_problem(rs, HTTP_PRECONDITION_REQUIRED,
		    "precondition_required",
		    "send the ETag of what you change in If-Match");
	if (!etag_valid(given))
		return resp_problem(rs, HTTP_BAD_REQUEST, "invalid_header",
		    "If-Match is not a list of entity tags");
	return 0;
}

/* A copy that a transaction may write to; NULL: no memory. */
static char *
row_copy(const struct req *rq, const void *row)
{
	size_t	 size = rq->route->resource->shape->size;
	char	*copy = arena_alloc(rq->arena, size);

	return copy == NULL ? NULL : memcpy(copy, row, size);
}

/* A row whose key no path can name would be nobody's to get. */
static bool
key_has_path(const struct req *rq, const void *row, const char *at, struct faults *fs)
{
	const struct resource	*r = rq->route->resource;
	const struct field	*key[KEY_COLUMNS];
	size_t			 n = key_fields(r, key), before = fs->n;

	for (size_t i = 0; i < n; i++) {
		struct str	 s = *(const struct str *)field_at(key[i], row);
		char		*pointer;

		if (key[i]->kind != FIELD_KIND_STR || (key[i]->flags & FIELD_READONLY) ||
		    (s.n > 0 && memchr(s.p, '/', s.n) == NULL &&
		    !str_is(s, ".") && !str_is(s, "..")))
			continue;
		pointer = arena_fmt(fs->arena, "%s/%s", at, key[i]->name);
		fault_at(fs, pointer == NULL ? at : pointer, "invalid_format",
		    "can not stand in a path");
	}
	return fs->n == before;
}

/* The rows of a body, judged as far as they can be without the table's. */
static bool
take_body(struct req *rq, struct faults *fs)
{
	const struct shape	*sh = rq->route->resource->shape;
	enum decode_mode	 mode = rq->route->op == OP_PATCH ? DECODE_MERGE :
				    DECODE_WHOLE;
	void			*row = arena_zero(rq->arena, 1, sh->size);

	rq->input = row;
	if (row == NULL)
		return !(fs->failed = true);
	return decode_object(sh, rq->doc, mode, "#", row, NULL, fs) &&
	    (rq->route->op != OP_CREATE || key_has_path(rq, row, "#", fs));
}

/* What comes of a batch: how many rows stand behind rq->input. */
struct items {
	void	*rows;
	size_t	 n;
};

static bool
take_items(struct req *rq, struct faults *fs)
{
	const struct shape	*sh = rq->route->resource->shape;
	struct items		*it = arena_new(rq->arena, struct items);

	rq->input = it;
	if (it == NULL)
		return !(fs->failed = true);
	if (!decode_items(sh, rq->doc, "items", &it->rows, &it->n, fs))
		return false;
	for (size_t i = 0; i < it->n; i++) {
		char	*at = arena_fmt(fs->arena, "#/items/%zu", i);

		(void)key_has_path(rq, (char *)it->rows + i * sh->size,
		    at == NULL ? "#" : at, fs);
	}
	return fs->n == 0;
}

enum http_status
resource_body(struct req *rq, struct resp *rs)
{
	struct faults	 fs;

	faults_init(&fs, rq->arena);
	if (is_batch(rq) ? take_items(rq, &fs) : take_body(rq, &fs))
		return 0;
	return resp_faults(rs, HTTP_UNPROCESSABLE, "validation_failed", &fs);
}

/*
 * The faults a transaction found: all of one code that is a conflict is that
 * conflict (409 sku_taken); of a batch, or anything else, they are 422.
 */
static enum db_err
faults_stop(struct change *c)
{
	const char	*code = c->fs.n > 0 ? c->fs.v[0].code : "";
	bool		 conflict = !c->batch && c->fs.n == 1 &&
			    (str_ends(str_of(code), STR("_taken")) ||
			    strcmp(code, "already_exists") == 0 ||
			    strcmp(code, "conflict") == 0);

	c->status = conflict ?
	    resp_faults(c->rs, HTTP_CONFLICT, code, &c->fs) :
	    resp_faults(c->rs, HTTP_UNPROCESSABLE, "validation_failed", &c->fs);
	return DB_STOP;
}

/* Rules that no constraint of the table keeps. */
static enum db_err
guarded(struct store *st, struct change *c, const void *old, const void *now)
{
	enum db_err	 err = now == NULL ? DB_OK : tree_check(st, c, old, now);

	if (err != DB_OK || c->r->guard == NULL)
		return err;
	c->status = c->r->guard(c->rq, c->rs, old, now);
	return c->status == 0 ? DB_OK : DB_STOP;
}

static const struct want	 everything = { .show = ENCODE_ALL,
	.need = ENCODE_ALL, .limit = 1 };

/* Rows by their keys, in any order. */
static enum db_err
find_by_keys(struct store *st, const struct resource *r, const char *rows,
    size_t n, struct found *out)
{
	const struct field	*key[KEY_COLUMNS];
	struct statement	 sql;
	struct val		*v = arena_array(st->arena, struct val, n + 1), pair[2];

	(void)key_fields(r, key);
	for (size_t i = 0; v != NULL && i < n; i++) {
		if (!row_vals(key[0], rows + i * r->shape->size, st->arena, pair))
			return DB_MEMORY;
		v[i] = pair[0];
	}
	if (v == NULL)
		return DB_MEMORY;
	statement_init(&sql, st->arena);
	sql_rows(&sql, r, key[0], v, n);
	return rows_find(st, r, &sql, out);
}

/* By a key of several columns: one row. */
static enum db_err
find_by_key(struct store *st, const struct resource *r, const char *row,
    struct found *out)
{
	struct statement	 sql;

	statement_init(&sql, st->arena);
	sql_select(&sql, r, ENCODE_ALL, COLUMNS_ALL);
	sql_from(&sql, r, COLUMNS_ALL, NULL);
	buf_puts(&sql.sql, " WHERE ");
	sql_key(&sql, r, row);
	return rows_find(st, r, &sql, out);
}

/* A page of a batch's answer; the rows asked for at once are bounded. */
static enum db_err
batch_page(struct store *st, struct change *c, size_t from, size_t n)
{
	struct found	 found;
	enum db_err	 err = n == 1 ?
			    find_by_key(st, c->r, change_row(c, from), &found) :
			    find_by_keys(st, c->r, change_row(c, from), n, &found);

	for (size_t i = from; err == DB_OK && i < from + n; i++) {
		const void	*row = row_of_key(c->r, st->arena, &found,
				    change_row(c, i));

		if (row == NULL)
			return DB_MEMORY;
		if (i > 0)
			buf_byte(&c->rs->body, ',');
		item_encode(&c->rs->body, c->r, &everything, NULL, 0, row);
	}
	return err;
}

#define BATCH_PAGE	128

static enum db_err
batch_answer(struct store *st, struct change *c)
{
	const struct field	*key[KEY_COLUMNS];
	size_t			 page = key_fields(c->r, key) == 1 ? BATCH_PAGE : 1;
	enum db_err		 err = DB_OK;

	buf_init(&c->rs->body, c->rq->arena);
	buf_puts(&c->rs->body, "{\"items\":[");
	for (size_t i = 0; err == DB_OK && i < c->n; i += page)
		err = batch_page(st, c, i, c->n - i < page ? c->n - i : page);
	buf_puts(&c->rs->body, "]}");
	return err;
}

/* Rows of a merge that are there already get their new values. */
static enum db_err
merge_rows(struct store *st, struct change *c)
{
	struct found	 old;
	enum db_err	 err = rows_match(st, c, &old);

	for (size_t i = 0; err == DB_OK && i < c->n; i++) {
		const void	*was = c->there[i] ?
				    row_of_key(c->r, st->arena, &old,
				    change_row(c, i)) : NULL;

		if (was != NULL && !row_same(c->r, st->arena, was, change_row(c, i)))
			err = row_update(st, c, i, was);
	}
	return err;
}

static enum db_err
create_run(struct store *st, void *arg)
{
	struct change	*c = arg;
	enum db_err	 err = DB_OK;

	faults_init(&c->fs, c->rq->arena);
	c->created = 0;
	c->status = 0;
	for (c->first = 0; err == DB_OK && c->first < c->n; c->first++)
		err = guarded(st, c, NULL, change_row(c, c->first));
	c->first = 0;
	if (err == DB_OK && c->merge)
		err = merge_rows(st, c);
	if (err == DB_OK && c->fs.n == 0)
		err = rows_insert(st, c);
	if (err == DB_OK && c->fs.n == 0)
		err = links_insert(st, c);
	if (err != DB_OK)
		return err;
	if (c->fs.n > 0 || c->fs.failed)
		return faults_stop(c);
	return c->batch ? batch_answer(st, c) :
	    item_answer(c->rq, c->rs, &everything, change_row(c, 0), true);
}

/* The new row's path; text keys are percent-encoded. */
static void
put_location(struct change *c)
{
	static const char	 plain[] = "-._~/";
	struct str		 key = key_text(c->r, c->rq->arena, change_row(c, 0));
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
		resp_header(c->rs, "Location", "%s/%.*s", c->r->path,
		    STR_ARG(buf_view(&b)));
}

/*
 * Tags that a write to these rows makes stale: the table, and the row.  Which
 * rows a merge changes is not known before: it is all of them.
 */
static size_t
write_tags(const struct change *c, struct str tags[GEN_TAGS])
{
	size_t	 n = 0;
	char	*tag;

	tags[n++] = str_of(c->r->table);
	if (c->merge)
		tags[n++] = merge_tag(c->r, c->rq->arena);
	if (c->batch)
		return n;
	tag = arena_fmt(c->rq->arena, "%s/%.*s", c->r->table,
	    STR_ARG(key_text(c->r, c->rq->arena, change_row(c, 0))));
	if (tag != NULL)
		tags[n++] = str_of(tag);
	return n;
}

static enum http_status
finish(struct change *c, enum db_err err, enum http_status good)
{
	if (err == DB_STOP)
		return c->status;
	if (err != DB_OK)
		return resp_db(c->rs, err);
	return resp_json(c->rs, good);
}

enum http_status
resource_create(struct req *rq, struct resp *rs)
{
	const struct resource	*r = rq->route->resource;
	struct change		 c = { .rq = rq, .rs = rs, .r = r, .n = 1,
				    .batch = is_batch(rq) };
	const struct items	*it = rq->input;
	struct str		 tags[GEN_TAGS];
	enum db_err		 err;
	enum http_status	 good = HTTP_CREATED;

	c.rows = c.batch ? it->rows : row_copy(rq, rq->input);
	if (c.rows == NULL)
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable", NO_MEMORY);
	if (c.batch)
		c.n = it->n;
	c.merge = c.batch && r->merge_by != NULL &&
	    req_prefers(rq, "resolution", "merge-duplicates");
	err = store_write(rq->store, tags, write_tags(&c, tags), create_run, &c);
	if (err == DB_OK && c.batch && c.created == 0)
		good = HTTP_OK;
	if (err == DB_OK && c.merge)
		resp_header(rs, "Preference-Applied", "resolution=merge-duplicates");
	if (err == DB_OK && !c.batch)
		put_location(&c);
	return finish(&c, err, good);
}

/* The row as a PATCH or PUT makes it: what it may not set stays. */
static bool
next_row(struct change *c, const void *old)
{
	void	*now = change_row(c, 0);

	memcpy(now, old, c->r->shape->size);
	if (c->rq->route->op == OP_PATCH)
		return decode_object(c->r->shape, c->rq->doc, DECODE_MERGE, "#",
		    now, old, &c->fs);
	if (!decode_object(c->r->shape, c->rq->doc, DECODE_WHOLE, "#", now, old,
	    &c->fs))
		return false;
	for (const struct field *f = c->r->shape->fields; f->name != NULL; f++)
		if (f->flags & (FIELD_READONLY | FIELD_KEY))
			memcpy(field_in(f, now), field_at(f, old), field_size(f));
	return true;
}

/* The locked row, if If-Match names its version; else 412 with its ETag. */
static enum db_err
lock_matching(struct store *st, struct change *c, struct found *old)
{
	enum db_err	 err = row_lock(st, c->r, c->rq->keys, old);

	if (err != DB_OK ||
	    etag_if_match(req_env(c->rq, "HTTP_IF_MATCH"), old->versions[0]) == ETAG_YES)
		return err;
	err = item_answer(c->rq, c->rs, &everything, c->rq->keys, true);
	if (err != DB_OK)
		return err;
	c->status = resp_problem(c->rs, HTTP_PRECONDITION_FAILED,
	    "precondition_failed", "it was changed meanwhile; its ETag is in the header");
	return DB_STOP;
}

static enum db_err
change_run(struct store *st, void *arg)
{
	struct change	*c = arg;
	struct found	 old;
	enum db_err	 err = lock_matching(st, c, &old);

	faults_init(&c->fs, c->rq->arena);
	if (err != DB_OK)
		return err;
	if (!next_row(c, old.rows))
		return faults_stop(c);
	if ((err = guarded(st, c, old.rows, c->rows)) != DB_OK)
		return err;
	if (c->fs.n == 0 && !row_same(c->r, st->arena, old.rows, c->rows) &&
	    (err = row_update(st, c, 0, old.rows)) != DB_OK)
		return err;
	if (c->fs.n > 0 || c->fs.failed)
		return faults_stop(c);
	return item_answer(c->rq, c->rs, &everything, c->rq->keys, true);
}

enum http_status
resource_change(struct req *rq, struct resp *rs)
{
	const struct resource	*r = rq->route->resource;
	struct change		 c = { .rq = rq, .rs = rs, .r = r, .n = 1 };
	struct str		 tags[GEN_TAGS];

	if ((c.rows = row_copy(rq, rq->keys)) == NULL)
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable", NO_MEMORY);
	return finish(&c, store_write(rq->store, tags, write_tags(&c, tags),
	    change_run, &c), HTTP_OK);
}

/* A row that stays for the sake of history leaves its link tables. */
static enum db_err
links_leave(struct store *st, const struct change *c)
{
	const struct field	*key[KEY_COLUMNS];
	struct val		 owner[2];
	enum db_err		 err = DB_OK;

	(void)key_fields(c->r, key);
	if (!row_vals(key[0], c->rq->keys, st->arena, owner))
		return DB_MEMORY;
	for (const struct field *f = c->r->shape->fields; err == DB_OK &&
	    f->name != NULL; f++) {
		struct statement	 sql;

		if (f->link == NULL)
			continue;
		statement_init(&sql, st->arena);
		sql_links_remove(&sql, f, owner);
		err = statement_run(st, &sql, NULL);
	}
	return err;
}

static enum db_err
delete_run(struct store *st, void *arg)
{
	struct change		*c = arg;
	struct found		 old;
	struct statement	 sql;
	enum db_err		 err = lock_matching(st, c, &old);

	if (err != DB_OK || (err = guarded(st, c, old.rows, NULL)) != DB_OK)
		return err;
	statement_init(&sql, st->arena);
	sql_remove(&sql, c->r, c->rq->keys);
	err = statement_run(st, &sql, NULL);
	if (err == DB_OK && c->r->retire != NULL)
		return links_leave(st, c);
	if (err != DB_IN_USE)
		return err;
	c->status = resp_problem(c->rs, HTTP_CONFLICT,
	    c->r->in_use != NULL ? c->r->in_use : "in_use",
	    "something else refers to it");
	return DB_STOP;
}

enum http_status
resource_delete(struct req *rq, struct resp *rs)
{
	const struct resource	*r = rq->route->resource;
	struct change		 c = { .rq = rq, .rs = rs, .r = r, .n = 1 };
	struct str		 tags[GEN_TAGS];
	enum db_err		 err;

	if ((c.rows = row_copy(rq, rq->keys)) == NULL)
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable", NO_MEMORY);
	err = store_write(rq->store, tags, write_tags(&c, tags), delete_run, &c);
	return finish(&c, err, HTTP_NO_CONTENT);
}
