/* resource/routes - the routes of a declared table, and what is wrong with a declaration. */
#include <stdio.h>
#include <stdlib.h>
#include "resource/expand.h"
#include "resource/operations.h"
#include "resource/parent.h"

/* Paths of items and scopes, kept for ever, as the routes that name them are. */
static struct kept {
	struct kept	*next;
	char		 text[256];
} *kept_paths;

static const char *
keep_text(const char *text)
{
	struct kept	*k = kept_paths;

	while (k != NULL && strcmp(k->text, text) != 0)
		k = k->next;
	if (k == NULL && (k = malloc(sizeof(*k))) != NULL) {
		k->next = kept_paths;
		kept_paths = k;
		memcpy(k->text, text, strlen(text) + 1);
	}
	return k == NULL ? NULL : k->text;
}

/* "users:write users:admin": either will do. */
static const char *
scope_or(const char *scope, const char *others)
{
	char	 text[256];

	if (scope == NULL || others == NULL || strcmp(scope, SCOPE_NONE) == 0 ||
	    strcmp(scope, SCOPE_OWN) == 0 || strcmp(scope, others) == 0)
		return scope;
	(void)snprintf(text, sizeof(text), "%s %s", scope, others);
	return keep_text(text);
}

static const char *
op_scope(const struct resource *r, enum resource_op op, bool write)
{
	const char	*scope = write ? r->write : r->read;

	if (op == OP_LIST && r->list != NULL)
		scope = r->list;
	return resource_is_owned(r) ? scope_or(scope, r->admin_scope) : scope;
}

static const char *
item_path(const struct resource *r)
{
	const struct field	*key[MAX_KEY_COLUMNS];
	size_t			 n = resource_key_fields(r, key);
	char			 text[256];
	int			 at = snprintf(text, sizeof(text), "%s", r->path);

	for (size_t i = 0; i < n && at < (int)sizeof(text) - 40; i++)
		if (!parent_has_field(r, key[i]))
			at += snprintf(text + at, sizeof(text) - (size_t)at, "/{%s}",
			    key[i]->name);
	return keep_text(text);
}

static const struct {
	enum resource_op	 op;
	enum http_method	 method;
	bool			 item, write;
	enum resource_operations	 operation;
	enum http_status	(*run)(struct req *, struct resp *);
} ops[RESOURCE_ROUTES] = {
	{ OP_LIST, HTTP_GET, false, false, OPS_LIST, resource_list },
	{ OP_CREATE, HTTP_POST, false, true, OPS_CREATE, resource_create },
	{ OP_GET, HTTP_GET, true, false, OPS_GET, resource_get },
	{ OP_PATCH, HTTP_PATCH, true, true, OPS_PATCH, resource_change },
	{ OP_PUT, HTTP_PUT, true, true, OPS_PUT, resource_change },
	{ OP_DELETE, HTTP_DELETE, true, true, OPS_DELETE, resource_delete },
};

size_t
resource_routes(const struct resource *r, struct route out[RESOURCE_ROUTES])
{
	const char	*item = item_path(r);
	size_t		 n = 0;

	for (size_t i = 0; i < RESOURCE_ROUTES && item != NULL; i++) {
		if (r->operations != 0 && !(r->operations & ops[i].operation))
			continue;
		out[n++] = (struct route){
			.method = ops[i].method, .run = ops[i].run,
			.path = ops[i].item ? item : r->path,
			.scope = op_scope(r, ops[i].op, ops[i].write),
			.answer = r->schema, .doc = r->doc, .resource = r,
			.problems = ops[i].write ? r->problems : NULL,
			.op = ops[i].op, .max_body = ops[i].op == OP_CREATE ?
			    RESOURCE_BATCH : r->max_body,
			.limit = ops[i].write ? r->limit_write : r->limit_read,
			.idempotency = ops[i].op == OP_CREATE ? r->idempotency :
			    IDEM_NONE,
			.deprecated = r->deprecated, .sunset = r->sunset,
			.cached = ops[i].write ? (struct freshness){ .ttl = 0 } :
			    r->cached,
		};
	}
	return n;
}

static void
put_table(struct buf *b, const struct resource *r, const char *table)
{
	buf_fmt(b, "%s %s ", table, r->table);
}

static void
put_freshness(struct buf *b, const struct resource *r)
{
	buf_fmt(b, " %d %s\n", r->cached.ttl, r->cached.others_write ? "others" : "-");
}

void
resource_tables(const struct resource *r, struct buf *b)
{
	const struct field	*key[MAX_KEY_COLUMNS];
	size_t			 n = resource_key_fields(r, key);

	put_table(b, r, r->table);
	for (size_t i = 0; i < n; i++)
		buf_fmt(b, "%s%s", i > 0 ? "," : "", field_column(key[i]));
	put_freshness(b, r);
	for (const struct field *f = r->schema->fields; f->name != NULL; f++)
		if (f->link != NULL) {
			put_table(b, r, f->link->table);
			buf_puts(b, f->link->owner);
			put_freshness(b, r);
		}
}

/* A secret, say; a hidden field that nobody sends is there to be asked by. */
static bool
is_taken_only(const struct field *f)
{
	return (f->flags & FIELD_HIDDEN) && !(f->flags & FIELD_READONLY);
}

/* What names a field for other ends than showing it. */
static bool
is_children(const struct resource *r, const char *name)
{
	const struct field	*f = schema_find(r->schema, str_of(name));

	return f != NULL && field_has_children(f);
}

static const char *
children_wrong(const struct resource *r, size_t keys)
{
	for (const struct field *f = r->schema->fields; f->name != NULL; f++)
		if (field_has_children(f) && keys != 1)
			return "has children, and a key of several columns";
	for (const struct expand *e = r->expands; e != NULL && e->name != NULL; e++)
		if (is_children(r, e->field))
			return "has an expansion of children, which are shown anyway";
	return NULL;
}

static const char *
filter_wrong(const struct resource *r, const struct filter *f)
{
	bool	 by_field = f->kind == FILTER_EQUAL || f->kind == FILTER_MIN ||
		    f->kind == FILTER_MAX;

	if (by_field && (f->field == NULL ||
	    schema_find(r->schema, str_of(f->field)) == NULL))
		return "has a filter on a field it lacks";
	if (!by_field && f->sql == NULL)
		return "has a filter without .sql";
	if (by_field && is_children(r, f->field))
		return "has a filter on children";
	if (by_field && is_taken_only(schema_find(r->schema, str_of(f->field))))
		return "has a filter on a field that is never shown";
	return NULL;
}

/* What resource_key_print() can write and a path can say. */
static bool
is_key_kind(const struct field *f)
{
	return !f->opt && (f->kind == FIELD_KIND_INT || f->kind == FIELD_KIND_STR ||
	    f->kind == FIELD_KIND_DECIMAL || f->kind == FIELD_KIND_UUID);
}

/* Rows of users: whose, and what only they are shown. */
static const char *
owner_wrong(const struct resource *r)
{
	const struct field	*f = resource_owner_field(r);
	bool			 own = strcmp(r->read, SCOPE_OWN) == 0 ||
				    (r->write != NULL && strcmp(r->write, SCOPE_OWN) == 0);

	for (const struct field *p = r->schema->fields; p->name != NULL; p++)
		if ((p->flags & FIELD_PRIVATE) && r->owner == NULL && r->admin_scope == NULL)
			return "has a private member, and no .owner or .admin_scope to see it";
	if (r->owner_sql != NULL)
		return r->operations == 0 || (r->operations & ~(unsigned)OPS_READ) != 0 ||
		    r->owner != NULL ? "has .owner_sql, and an .owner or writes" : NULL;
	if (r->owner == NULL)
		return own && (r->parent == NULL || !resource_is_owned(r->parent)) ?
		    "is SCOPE_OWN without .owner" : NULL;
	if (f == NULL || f->sql != NULL || (f->kind != FIELD_KIND_UUID &&
	    f->kind != FIELD_KIND_STR))
		return "has an .owner that is no field with a UUID or text";
	if (!(f->flags & (FIELD_READONLY | FIELD_OPTIONAL)))
		return "has an .owner that a client must send: FIELD_READONLY, or FIELD_OPTIONAL";
	if ((f->flags & FIELD_KEY) && (r->operations == 0 || (r->operations & OPS_CREATE)))
		return "can not be created: its .owner is its key";
	if (r->write != NULL && strcmp(r->write, SCOPE_NONE) == 0)
		return "has an .owner, and is written by anybody";
	return NULL;
}

/* What nobody is shown is no way to ask; what not all are is not the first. */
static const char *
order_wrong(const struct resource *r, size_t i)
{
	const struct field	*f = schema_find(r->schema, str_of(r->sorts[i].by +
				    (r->sorts[i].by[0] == '-')));

	if (f == NULL || field_has_children(f))
		return "has an order by a field it lacks";
	if (f->flags & FIELD_HIDDEN)
		return "has an order by a field that is never shown";
	if (i == 0 && (f->flags & FIELD_PRIVATE))
		return "has a first order by a field that not all are shown";
	return NULL;
}

const char *
resource_error(const struct resource *r)
{
	const struct field	*key[MAX_KEY_COLUMNS];
	const char		*wrong = schema_wrong(r->schema);
	size_t			 n = 0, keys;

	if (wrong != NULL)
		return wrong;
	if (r->path == NULL || r->table == NULL || r->doc == NULL)
		return "needs .path, .table and .doc";
	if (r->read == NULL || (r->write == NULL &&
	    (r->operations == 0 || (r->operations & ~(unsigned)OPS_READ) != 0)))
		return "does not say who may (.read, .write)";
	if ((keys = resource_key_fields(r, key)) == 0)
		return "has no field with FIELD_KEY";
	for (size_t i = 0; i < keys; i++)
		if (!is_key_kind(key[i]))
			return "has a key that is no integer, text, decimal or UUID";
	for (const struct filter *f = r->filters; f != NULL && f->name != NULL; f++, n++)
		if ((wrong = filter_wrong(r, f)) != NULL)
			return wrong;
	if (n > LIST_QUERY_FILTERS)
		return "has too many filters";
	if ((wrong = children_wrong(r, keys)) != NULL)
		return wrong;
	for (size_t i = 0; r->sorts != NULL && r->sorts[i].by != NULL; i++)
		if ((wrong = order_wrong(r, i)) != NULL)
			return wrong;
	wrong = parent_error(r);
	return wrong != NULL ? wrong : owner_wrong(r);
}

static bool
take_keys(const struct req *rq, const struct field *const *key, size_t n, void *row)
{
	struct faults	 fs;

	faults_init(&fs, rq->arena);
	for (size_t i = 0; i < n; i++)
		if (!decode_text(key[i], str_of(key[i]->name),
		    route_key(rq, key[i]->name), row, &fs))
			return false;
	return true;
}

enum http_status
resource_key(struct req *rq, struct resp *rs)
{
	const struct resource	*r = rq->route->resource;
	const struct list_query	*w = rq->input.list;
	const struct field	*key[MAX_KEY_COLUMNS], *above[MAX_KEY_COLUMNS];
	size_t			 n = resource_key_fields(r, key), m = parent_fields(r, above);

	rq->input.keys = w->keys;
	if (rq->route->op == OP_LIST || rq->route->op == OP_CREATE)
		n = 0;
	if (!take_keys(rq, above, m, w->keys) || !take_keys(rq, key, n, w->keys))
		return resp_problem(rs, HTTP_NOT_FOUND, "not_found",
		    "no such resource");
	return 0;
}
