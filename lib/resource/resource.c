/* resource - the key, the owner, the parent and the cache tags of a declared table. */
#include <stdio.h>
#include <stdlib.h>

#include "resource/lists.h"
#include "resource/parent.h"

size_t
resource_key_fields(const struct resource *r, const struct field *out[MAX_KEY_COLUMNS])
{
	size_t	 n = 0;

	for (const struct field *f = r->schema->fields; f->name != NULL; f++)
		if ((f->flags & FIELD_KEY) && n < MAX_KEY_COLUMNS)
			out[n++] = f;
	return n;
}

static bool
key_made(const struct resource *r, enum field_kind kind)
{
	const struct field	*key[MAX_KEY_COLUMNS];

	return resource_key_fields(r, key) == 1 && key[0]->kind == kind &&
	    (key[0]->flags & FIELD_READONLY);
}

bool
resource_key_is_generated(const struct resource *r)
{
	return key_made(r, FIELD_KIND_UUID);
}

bool
resource_key_is_auto_increment(const struct resource *r)
{
	return key_made(r, FIELD_KIND_INT);
}

void
resource_key_print(struct buf *b, const struct field *f, const void *row)
{
	char	 text[UUID_LEN + 1];

	switch (f->kind) {
	case FIELD_KIND_UUID:
		uuid_text(*(const struct uuid *)field_at(f, row), text);
		buf_puts(b, text);
		break;
	case FIELD_KIND_INT:
		buf_int(b, *(const int64_t *)field_at(f, row));
		break;
	default:
		buf_str(b, *(const struct str *)field_at(f, row));
	}
}

struct str
resource_key_text(const struct resource *r, struct arena *a, const void *row)
{
	const struct field	*key[MAX_KEY_COLUMNS];
	size_t			 n = resource_key_fields(r, key);
	struct buf		 b;

	buf_init(&b, a);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_byte(&b, '/');
		resource_key_print(&b, key[i], row);
	}
	return buf_ok(&b) ? buf_view(&b) : STR("?");
}

const struct filter *
filter_find(const struct resource *r, struct str name)
{
	for (const struct filter *f = r->filters; f != NULL && f->name != NULL; f++)
		if (str_is(name, f->name))
			return f;
	return NULL;
}

size_t
sort_columns(const struct resource *r, size_t i,
    struct sort_column out[MAX_SORT_COLUMNS])
{
	const struct field	*key[MAX_KEY_COLUMNS];
	size_t			 nkey = resource_key_fields(r, key), n = 0;
	const char		*name = r->sorts == NULL ? NULL :
				    r->sorts[i].by;
	bool			 descending = name != NULL && name[0] == '-';

	if (name != NULL)
		out[n++] = (struct sort_column){ schema_find(r->schema,
		    str_of(name + descending)), descending, false };
	if (n == 1)
		out[0].nullable = out[0].field->opt ||
		    (out[0].field->flags & FIELD_OPTIONAL);
	for (size_t k = 0; k < nkey; k++)
		if (n == 0 || key[k] != out[0].field)
			out[n++] = (struct sort_column){ key[k], descending, false };
	return n;
}

static struct str
row_tag(const struct req *rq, const char *table)
{
	const struct resource	*r = rq->route->resource;
	struct str		 key = resource_key_text(r, rq->arena, rq->input.keys);
	char			*tag = arena_fmt(rq->arena, "%s/%.*s", table,
				    STR_ARG(key));

	return tag == NULL ? str_of(table) : str_of(tag);
}

/* "orders/" and a star: every single row. */
static struct str
rows_tag(struct arena *a, const char *table)
{
	char	*tag = arena_fmt(a, "%s/*", table);

	return str_of(tag == NULL ? table : tag);
}

struct str
resource_rows_tag(const struct resource *r, struct arena *a)
{
	return rows_tag(a, r->table);
}

size_t
resource_tags(const struct req *rq, struct str tags[GENERATION_TAGS])
{
	const struct resource	*r = rq->route->resource;
	const struct list_query	*q = rq->input.list;
	size_t			 n = 0;

	if (rq->route->op == OP_GET) {
		tags[n++] = row_tag(rq, r->table);
		if (r->depends_on != NULL) {
			tags[n++] = row_tag(rq, r->depends_on);
			tags[n++] = rows_tag(rq->arena, r->depends_on);
		}
		if (r->merge_by != NULL)
			tags[n++] = resource_rows_tag(r, rq->arena);
	} else {
		tags[n++] = str_of(r->table);
	}
	if (r->parent != NULL)
		tags[n++] = parent_tag(rq);
	for (size_t i = 0; r->expands != NULL && r->expands[i].name != NULL; i++)
		if (q != NULL && (q->expand & 1u << i) && n < GENERATION_TAGS)
			tags[n++] = str_of(r->expands[i].table);
	return n;
}

size_t
parent_fields(const struct resource *r, const struct field *out[MAX_KEY_COLUMNS])
{
	struct str	 name;
	size_t		 n = 0;
	bool		 is_key;

	for (size_t i = 0; r->parent != NULL && n < MAX_KEY_COLUMNS &&
	    (name = route_segment(r->path, i, &is_key)).p != NULL; i++)
		if (is_key && (out[n] = schema_find(r->schema, name)) != NULL)
			n++;
	return n;
}

bool
parent_has_field(const struct resource *r, const struct field *f)
{
	const struct field	*fields[MAX_KEY_COLUMNS];
	size_t			 n = parent_fields(r, fields);

	while (n > 0 && fields[n - 1] != f)
		n--;
	return n > 0;
}

void *
parent_key(const struct req *rq, const struct resource *r, const void *row)
{
	const struct field	*fields[MAX_KEY_COLUMNS], *keys[MAX_KEY_COLUMNS];
	size_t			 n = parent_fields(r, fields);
	void			*key = arena_zero(rq->arena, 1, r->parent->schema->size);

	(void)resource_key_fields(r->parent, keys);
	for (size_t i = 0; key != NULL && i < n; i++)
		memcpy(field_in(keys[i], key), field_at(fields[i], row),
		    field_size(fields[i]));
	return key;
}

struct str
parent_tag(const struct req *rq)
{
	const struct resource	*r = rq->route->resource;
	const void		*key = parent_key(rq, r, rq->input.keys);
	struct str		 text;
	char			*tag;

	if (key == NULL)
		return str_of(r->parent->table);
	text = resource_key_text(r->parent, rq->arena, key);
	tag = arena_fmt(rq->arena, "%s/%.*s", r->parent->table, STR_ARG(text));
	return str_of(tag == NULL ? r->parent->table : tag);
}

bool
resource_is_owned(const struct resource *r)
{
	return r->owner != NULL || r->owner_sql != NULL;
}

const struct field *
resource_owner_field(const struct resource *r)
{
	return r->owner == NULL ? NULL : schema_find(r->schema, str_of(r->owner));
}

struct resource
lists_child_resource(const struct field *f)
{
	return (struct resource){ .table = f->link->table, .schema = f->schema };
}
