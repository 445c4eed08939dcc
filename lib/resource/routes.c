/* resource/routes - the routes of a declared table, and the check of its declaration. */
#include <stdio.h>
#include <stdlib.h>
#include "resource/expand.h"
#include "resource/operations.h"
#include "resource/parent.h"

/* Texts that routes point to; never freed, as routes are not. */
static struct interned {
	struct interned	*next;
	char		 text[256];
} *interned;

static const char *
intern_text(const char *text)
{
	struct interned	*k = interned;

	while (k != NULL && strcmp(k->text, text) != 0)
		k = k->next;
	if (k == NULL && (k = malloc(sizeof(*k))) != NULL) {
		k->next = interned;
		interned = k;
		memcpy(k->text, text, strlen(text) + 1);
	}
	return k == NULL ? NULL : k->text;
}

/* "users:write users:admin": either scope will do. */
static const char *
scope_either(const char *scope, const char *others)
{
	char	 text[256];

	if (scope == NULL || others == NULL || strcmp(scope, SCOPE_NONE) == 0 ||
	    strcmp(scope, SCOPE_OWN) == 0 || strcmp(scope, others) == 0)
		return scope;
	(void)snprintf(text, sizeof(text), "%s %s", scope, others);
	return intern_text(text);
}

static const char *
op_scope(const struct resource *r, enum resource_op op, bool write)
{
	const char	*scope = write ? r->write : r->read;

	if (op == OP_LIST && r->list != NULL)
		scope = r->list;
	return resource_is_owned(r) ? scope_either(scope, r->admin_scope) : scope;
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
	return intern_text(text);
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
	{ OP_PATCH, HTTP_PATCH, true, true, OPS_PATCH, resource_update },
	{ OP_PUT, HTTP_PUT, true, true, OPS_PUT, resource_update },
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
print_table(struct buf *b, const struct resource *r, const char *table)
{
	buf_fmt(b, "%s %s ", table, r->table);
}

static void
print_freshness(struct buf *b, const struct resource *r)
{
	buf_fmt(b, " %d %s\n", r->cached.ttl, r->cached.others_write ? "others" : "-");
}

void
resource_tables(const struct resource *r, struct buf *b)
{
	const struct field	*key[MAX_KEY_COLUMNS];
	size_t			 n = resource_key_fields(r, key);

	print_table(b, r, r->table);
	for (size_t i = 0; i < n; i++)
		buf_fmt(b, "%s%s", i > 0 ? "," : "", field_column(key[i]));
	print_freshness(b, r);
	for (const struct field *f = r->schema->fields; f->name != NULL; f++)
		if (f->link != NULL) {
			print_table(b, r, f->link->table);
			buf_puts(b, f->link->owner);
			print_freshness(b, r);
		}
}

/* Write-only, such as a password.  A hidden read-only field may exist only for filtering. */
static bool
is_write_only(const struct field *f)
{
	return (f->flags & FIELD_HIDDEN) && !(f->flags & FIELD_READONLY);
}

static bool
is_children(const struct resource *r, const char *name)
{
	const struct field	*f = schema_find(r->schema, str_of(name));

	return f != NULL && field_has_children(f);
}

static const char *
children_error(const struct resource *r, size_t keys)
{
	for (const struct field *f = r->schema->fields; f->name != NULL; f++)
		if (field_has_children(f) && keys != 1)
			return "has children (.link) and a key of several columns: use a key of one column";
	for (const struct expand *e = r->expands; e != NULL && e->name != NULL; e++)
		if (is_children(r, e->field))
			return "expands children, which every response shows anyway: remove the expansion";
	return NULL;
}

static const char *
filter_error(const struct resource *r, const struct filter *f)
{
	bool	 by_field = f->kind == FILTER_EQUAL || f->kind == FILTER_MIN ||
		    f->kind == FILTER_MAX;

	if (by_field && (f->field == NULL ||
	    schema_find(r->schema, str_of(f->field)) == NULL))
		return "has a filter on a field that .schema lacks";
	if (!by_field && f->sql == NULL)
		return "has a FILTER_SEARCH, FILTER_PREFIX or FILTER_IS without .sql";
	if (by_field && is_children(r, f->field))
		return "has a filter on children: filter by a field of the row or by .sql";
	if (by_field && is_write_only(schema_find(r->schema, str_of(f->field))))
		return "has a filter on a write-only field (FIELD_HIDDEN without FIELD_READONLY)";
	return NULL;
}

/* The kinds that resource_key_print() can write. */
static bool
is_key_kind(const struct field *f)
{
	return !f->opt && (f->kind == FIELD_KIND_INT || f->kind == FIELD_KIND_STR ||
	    f->kind == FIELD_KIND_DECIMAL || f->kind == FIELD_KIND_UUID);
}

/* The rules of .owner, .owner_sql and private members. */
static const char *
owner_error(const struct resource *r)
{
	const struct field	*f = resource_owner_field(r);
	bool			 own = strcmp(r->read, SCOPE_OWN) == 0 ||
				    (r->write != NULL && strcmp(r->write, SCOPE_OWN) == 0);

	for (const struct field *p = r->schema->fields; p->name != NULL; p++)
		if ((p->flags & FIELD_PRIVATE) && r->owner == NULL && r->admin_scope == NULL)
			return "has a FIELD_PRIVATE member that nobody may see: "
			    "declare .owner or .admin_scope";
	if (r->owner_sql != NULL)
		return r->operations == 0 || (r->operations & ~(unsigned)OPS_READ) != 0 ||
		    r->owner != NULL ? "has .owner_sql together with .owner or with writes: "
		    "set .operations to OPS_READ" : NULL;
	if (r->owner == NULL)
		return own && (r->parent == NULL || !resource_is_owned(r->parent)) ?
		    "uses SCOPE_OWN without .owner: declare .owner or name a scope" : NULL;
	if (f == NULL || f->sql != NULL || (f->kind != FIELD_KIND_UUID &&
	    f->kind != FIELD_KIND_STR))
		return "has an .owner that is not a UUID or text field of its table";
	if (!(f->flags & (FIELD_READONLY | FIELD_OPTIONAL)))
		return "has an .owner that clients would have to send: add FIELD_READONLY or FIELD_OPTIONAL";
	if ((f->flags & FIELD_KEY) && (r->operations == 0 || (r->operations & OPS_CREATE)))
		return "cannot have OPS_CREATE, because its .owner is its key: set .operations";
	if (r->write != NULL && strcmp(r->write, SCOPE_NONE) == 0)
		return "has an .owner, but .write is SCOPE_NONE: name a scope or SCOPE_OWN";
	return NULL;
}

/* Never sort by a hidden field; not by default by a private one. */
static const char *
sort_error(const struct resource *r, size_t i)
{
	const struct field	*f = schema_find(r->schema, str_of(r->sorts[i].by +
				    (r->sorts[i].by[0] == '-')));

	if (f == NULL || field_has_children(f))
		return "has a sort by a field that .schema lacks, or by children: sort by a column";
	if (f->flags & FIELD_HIDDEN)
		return "has a sort by a FIELD_HIDDEN field: sort by a visible one";
	if (i == 0 && (f->flags & FIELD_PRIVATE))
		return "has a default sort by a FIELD_PRIVATE field: put another sort first";
	return NULL;
}

const char *
resource_error(const struct resource *r)
{
	const struct field	*key[MAX_KEY_COLUMNS];
	const char		*error = schema_error(r->schema);
	size_t			 n = 0, keys;

	if (error != NULL)
		return error;
	if (r->path == NULL || r->table == NULL || r->doc == NULL)
		return "needs .path, .table and .doc";
	if (r->read == NULL || (r->write == NULL &&
	    (r->operations == 0 || (r->operations & ~(unsigned)OPS_READ) != 0)))
		return "needs .read and, unless .operations is OPS_READ, .write";
	if ((keys = resource_key_fields(r, key)) == 0)
		return "has no key: set FIELD_KEY on a field";
	for (size_t i = 0; i < keys; i++)
		if (!is_key_kind(key[i]))
			return "has a FIELD_KEY field that is not an integer, text, decimal or UUID";
	for (const struct filter *f = r->filters; f != NULL && f->name != NULL; f++, n++)
		if ((error = filter_error(r, f)) != NULL)
			return error;
	if (n > LIST_QUERY_FILTERS)
		return "has more than 24 filters";
	if ((error = children_error(r, keys)) != NULL)
		return error;
	for (size_t i = 0; r->sorts != NULL && r->sorts[i].by != NULL; i++)
		if ((error = sort_error(r, i)) != NULL)
			return error;
	error = parent_error(r);
	return error != NULL ? error : owner_error(r);
}

static bool
decode_keys(const struct req *rq, const struct field *const *key, size_t n, void *row)
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
	const struct list_query	*q = rq->input.list;
	const struct field	*key[MAX_KEY_COLUMNS], *parent[MAX_KEY_COLUMNS];
	size_t			 n = resource_key_fields(r, key), m = parent_fields(r, parent);

	rq->input.keys = q->keys;
	if (rq->route->op == OP_LIST || rq->route->op == OP_CREATE)
		n = 0;
	if (!decode_keys(rq, parent, m, q->keys) || !decode_keys(rq, key, n, q->keys))
		return resp_problem(rs, HTTP_NOT_FOUND, "not_found",
		    "no such resource");
	return 0;
}
