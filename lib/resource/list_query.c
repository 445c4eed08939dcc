/* resource/list_query - decode the query string of a list or get. */
#include <strings.h>

#include "db/row.h"
#include "schema/utf8.h"
#include "schema/encode.h"
#include "resource/cursor.h"

#define LIMIT_DEFAULT	20
#define MAX_LIMIT	100

/* The type of a filter's values: a list's item, a money's amount. */
static struct field
filter_type(const struct field *f)
{
	struct field	 as = f->kind == FIELD_KIND_LIST ? *f->item : *f;

	if (as.kind == FIELD_KIND_MONEY) {
		as.kind = FIELD_KIND_INT;
		as.def = NULL;
	}
	as.off = 0;
	as.opt = false;
	as.name = f->name;
	return as;
}

/* Decode one value of a filter into the value to bind. */
static bool
decode_filter_value(const struct filter *f, const struct field *as,
    struct str text, struct val *out, struct faults *fs)
{
	union { int64_t i; double d; bool b; struct str s; struct uuid u;
	    struct stamp t; struct decimal m; }	 scratch;
	struct uuid				*kept;

	memset(&scratch, 0, sizeof(scratch));
	if (!decode_text(as, str_of(f->name), text, &scratch, fs))
		return false;
	if (as->kind == FIELD_KIND_UUID) {
		if ((kept = arena_new(fs->arena, struct uuid)) == NULL)
			return !(fs->failed = true);
		*kept = scratch.u;
		*out = VAL_OF_UUID(kept);
		return true;
	}
	return row_bind(as, &scratch, fs->arena, out);
}

static void
decode_field_filter(const struct resource *r, struct filter_value *g, struct str text,
    struct faults *fs)
{
	const struct field	*f = schema_find(r->schema, str_of(g->filter->field));
	struct field		 as = filter_type(f);
	bool			 many = g->filter->kind == FILTER_EQUAL;

	while (text.p != NULL && g->n < LIST_QUERY_VALUES) {
		struct str	 piece = text;

		if (many)
			piece = str_cut(&text, ',');
		else
			text = (struct str){ NULL, 0 };
		if (!decode_filter_value(g->filter, &as, piece, &g->v[g->n], fs))
			return;
		g->n++;
	}
	if (text.p != NULL)
		fault_add_parameter(fs, str_of(g->filter->name), "too_many_items",
		    "has more than %d values", LIST_QUERY_VALUES);
}

/* The bytes of the first character of `s`; 0: it is not part of a word. */
static size_t
word_char_bytes(struct str s)
{
	/* U+0080-00BF, U+2000-207F, U+3000-303F: punctuation. */
	static const char *const	 gaps[] = { "\xc2", "\xe2\x80", "\xe2\x81",
	    "\xe3\x80" };
	size_t				 n = str_utf8_len(s);

	if (n == 1)
		return s.p[0] == '_' || (s.p[0] >= '0' && s.p[0] <= '9') ||
		    ((s.p[0] | 32) >= 'a' && (s.p[0] | 32) <= 'z');
	for (size_t i = 0; i < NELEMS(gaps); i++)
		if (str_starts(s, str_of(gaps[i])))
			return 0;
	return n;
}

/* InnoDB's default stop words: they are not in the index, so no row would match them. */
static bool
is_common_word(struct str s)
{
	static const char *const	 common[] = { "about", "are", "com", "for",
	    "from", "how", "that", "the", "this", "und", "was", "what", "when",
	    "where", "who", "will", "with", "www" };

	for (size_t i = 0; i < NELEMS(common); i++)
		if (s.n == strlen(common[i]) && strncasecmp(s.p, common[i], s.n) == 0)
			return true;
	return false;
}

/*
 * "+word +word": every word must occur.  Operators of boolean mode count as spaces.
 * Words that the index omits (under three characters, stop words) are skipped.
 */
static void
decode_search(struct filter_value *g, struct str text, struct faults *fs)
{
	const struct field	 as = { .name = g->filter->name,
				    .kind = FIELD_KIND_STR, .min = 3, .max = 100 };
	struct str		 s, word;
	struct buf		 words;
	size_t			 step;

	if (!decode_text(&as, str_of(g->filter->name), text, &s, fs))
		return;
	buf_init(&words, fs->arena);
	for (; s.n > 0; s = str_from(s, word.n + (word.n < s.n))) {
		word = (struct str){ s.p, 0 };
		while ((step = word_char_bytes(str_from(s, word.n))) > 0)
			word.n += step;
		if (utf8_length(word) < 3 || is_common_word(word))
			continue;
		buf_puts(&words, words.n > 0 ? " +" : "+");
		buf_str(&words, word);
	}
	if (!buf_ok(&words))
		fs->failed = true;
	else if (words.n == 0)
		fault_add_parameter(fs, str_of(g->filter->name), "too_short",
		    "needs a word of at least three characters that is not a stop word");
	g->v[g->n++] = VAL_OF_STR(buf_view(&words));
}

/* Escape the wildcards of LIKE. */
static void
decode_prefix(struct filter_value *g, struct str text, struct faults *fs)
{
	const struct field	 as = { .name = g->filter->name,
				    .kind = FIELD_KIND_STR, .min = 2, .max = 50 };
	struct str		 s;
	struct buf		 b;

	if (!decode_text(&as, str_of(g->filter->name), text, &s, fs))
		return;
	buf_init(&b, fs->arena);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '%' || s.p[i] == '_' || s.p[i] == '\\')
			buf_byte(&b, '\\');
		buf_byte(&b, s.p[i]);
	}
	buf_byte(&b, '%');
	if (!buf_ok(&b))
		fs->failed = true;
	g->v[g->n++] = VAL_OF_STR(buf_view(&b));
}

static void
decode_condition(struct filter_value *g, struct str text, struct faults *fs)
{
	const struct field	 as = { .name = g->filter->name,
				    .kind = FIELD_KIND_BOOL };
	bool			 yes = false;

	if (decode_text(&as, str_of(g->filter->name), text, &yes, fs))
		g->v[g->n++] = VAL_OF_INT(yes);
}

static void
decode_filter(const struct resource *r, struct list_query *q, const struct filter *f,
    struct str text, struct faults *fs)
{
	struct filter_value	*g = &q->filter[q->nfilters];

	*g = (struct filter_value){ f, arena_array(fs->arena, struct val, LIST_QUERY_VALUES), 0 };
	if (g->v == NULL) {
		fs->failed = true;
		return;
	}
	q->nfilters++;
	switch (f->kind) {
	case FILTER_EQUAL:
	case FILTER_MIN:
	case FILTER_MAX:
		decode_field_filter(r, g, text, fs);
		break;
	case FILTER_SEARCH:
		decode_search(g, text, fs);
		break;
	case FILTER_PREFIX:
		decode_prefix(g, text, fs);
		break;
	case FILTER_IS:
		decode_condition(g, text, fs);
		break;
	}
}

static void
parse_limit(struct list_query *q, struct str text, struct faults *fs)
{
	const struct field	 as = { .name = "limit", .kind = FIELD_KIND_INT,
				    .min = 1, .max = INT_SAFE };

	if (decode_text(&as, STR("limit"), text, &q->limit, fs) &&
	    q->limit > MAX_LIMIT)
		q->limit = MAX_LIMIT;
}

static bool
may_sort(const struct resource *r, const struct list_query *q, size_t order)
{
	struct sort_column	 by[MAX_SORT_COLUMNS];

	(void)sort_columns(r, order, by);
	return visibility_may_sort(r, &q->visibility, by[0].field);
}

static void
parse_sort(const struct resource *r, struct list_query *q, struct str text,
    struct faults *fs)
{
	for (size_t i = 0; r->sorts[i].by != NULL; i++)
		if (str_is(text, r->sorts[i].by) && may_sort(r, q, i)) {
			q->sort = i;
			return;
		}
	fault_add_parameter(fs, STR("sort"), "invalid_value",
	    "must be one of the declared sorts");
}

static void
parse_fields(const struct resource *r, struct list_query *q, struct str text,
    struct faults *fs)
{
	q->show = 0;
	while (text.p != NULL) {
		struct str		 name = str_cut(&text, ',');
		const struct field	*f = schema_find(r->schema, name);

		if (f == NULL || (f->flags & FIELD_HIDDEN) ||
		    !visibility_may_select(r, &q->visibility, f))
			fault_add_parameter(fs, STR("fields"), "invalid_value",
			    "names an unknown field");
		else
			q->show |= UINT64_C(1) << (f - r->schema->fields);
	}
}

static void
parse_expand(const struct resource *r, struct list_query *q, struct str text,
    struct faults *fs)
{
	while (text.p != NULL) {
		struct str	 name = str_cut(&text, ',');
		size_t		 i = 0;

		while (r->expands[i].name != NULL && !str_is(name, r->expands[i].name))
			i++;
		if (r->expands[i].name == NULL)
			fault_add_parameter(fs, STR("expand"), "invalid_value",
			    "names a member that cannot be expanded");
		else
			q->expand |= 1u << i;
	}
}

static void
parse_count(struct list_query *q, struct str text, struct faults *fs)
{
	q->count = str_is(text, "exact");
	if (!q->count)
		fault_add_parameter(fs, STR("count"), "invalid_value", "must be `exact`");
}

/* Parse a parameter that every list or every get has; false: it is another one. */
static bool
parse_common(const struct req *rq, struct list_query *q, const struct pair *p,
    struct str *cursor, struct faults *fs)
{
	const struct resource	*r = rq->route->resource;
	bool			 list = rq->route->op == OP_LIST;

	if (str_is(p->name, "fields"))
		parse_fields(r, q, p->value, fs);
	else if (str_is(p->name, "expand") && r->expands != NULL)
		parse_expand(r, q, p->value, fs);
	else if (list && str_is(p->name, "limit"))
		parse_limit(q, p->value, fs);
	else if (list && str_is(p->name, "cursor"))
		*cursor = p->value;
	else if (list && str_is(p->name, "sort") && r->sorts != NULL)
		parse_sort(r, q, p->value, fs);
	else if (list && str_is(p->name, "count"))
		parse_count(q, p->value, fs);
	else
		return false;
	return true;
}

static void
parse_pairs(const struct req *rq, struct list_query *q, const struct pair *pairs,
    size_t n, struct str *cursor, struct faults *fs)
{
	const struct resource	*r = rq->route->resource;

	for (size_t i = 0; i < n; i++) {
		const struct filter	*f = rq->route->op == OP_LIST ?
					    filter_find(r, pairs[i].name) : NULL;

		if (parse_common(rq, q, &pairs[i], cursor, fs))
			continue;
		if (f != NULL && visibility_may_filter(r, &q->visibility, f))
			decode_filter(r, q, f, pairs[i].value, fs);
		else
			fault_add_parameter(fs, pairs[i].name, "unknown_parameter",
			    "unknown parameter");
	}
}

/* Filters in the order of the declaration, so that equal requests make equal statements. */
static void
order_filters(struct list_query *q)
{
	for (size_t i = 1; i < q->nfilters; i++)
		for (size_t j = i; j > 0 &&
		    q->filter[j].filter < q->filter[j - 1].filter; j--) {
			struct filter_value	 swap = q->filter[j];

			q->filter[j] = q->filter[j - 1];
			q->filter[j - 1] = swap;
		}
}

/* A cursor is valid only for the same list, filters and sort. */
static bool
set_fingerprint(const struct req *rq, struct list_query *q, const struct pair *pairs, size_t n)
{
	struct buf	 b;

	buf_init(&b, rq->arena);
	if (rq->route->resource->parent != NULL)
		buf_str(&b, rq->target.path);
	buf_fmt(&b, "%zu", q->sort);
	for (size_t i = 0; i < q->nfilters; i++)
		for (size_t j = 0; j < n; j++)
			if (str_is(pairs[j].name, q->filter[i].filter->name)) {
				buf_fmt(&b, "&%s=", q->filter[i].filter->name);
				buf_str(&b, pairs[j].value);
			}
	q->fingerprint = buf_view(&b);
	return buf_ok(&b);
}

/* The fields to select: those shown, and those whose references are expanded. */
static uint64_t
fields_to_select(const struct resource *r, const struct list_query *q)
{
	uint64_t	 need = q->show;

	for (size_t i = 0; r->expands != NULL && r->expands[i].name != NULL; i++)
		if (q->expand & 1u << i)
			need |= UINT64_C(1) << (schema_find(r->schema,
			    str_of(r->expands[i].field)) - r->schema->fields);
	return need;
}

/* The members that are shown without `fields`. */
static uint64_t
default_members(const struct resource *r, enum resource_op op)
{
	uint64_t	 show = ENCODE_ALL;

	for (const struct field *f = r->schema->fields; op == OP_LIST && f->name != NULL; f++)
		if ((f->flags & FIELD_DETAIL) == FIELD_DETAIL)
			show &= ~(UINT64_C(1) << (f - r->schema->fields));
	return show;
}

enum http_status
resource_query(struct req *rq, struct resp *rs)
{
	struct list_query	*q = arena_new(rq->arena, struct list_query);
	struct str	 cursor = { NULL, 0 };
	struct pair	*pairs = NULL;
	struct faults	 fs;
	size_t		 n;

	faults_init(&fs, rq->arena);
	if (q == NULL)
		return resp_db_error(rs, DB_NO_MEMORY);
	visibility_init(rq->route->resource, rq, rq->route->method != HTTP_GET, &q->visibility);
	q->keys = arena_zero(rq->arena, 1, rq->route->resource->schema->size);
	if (q->keys == NULL)
		return resp_db_error(rs, DB_NO_MEMORY);
	q->visibility.parent_row = rq->route->resource->parent != NULL ? q->keys : NULL;
	q->limit = LIMIT_DEFAULT;
	q->show = default_members(rq->route->resource, rq->route->op);
	rq->input.list = q;
	if (decode_pairs(rq->target.query, &pairs, &n, &fs) || n > 0)
		parse_pairs(rq, q, pairs, n, &cursor, &fs);
	order_filters(q);
	q->need = fields_to_select(rq->route->resource, q);
	if (fs.n == 0 && !set_fingerprint(rq, q, pairs, n))
		fs.failed = true;
	if (fs.n == 0 && cursor.p != NULL && !cursor_read(rq, q, cursor))
		fault_add_parameter(&fs, STR("cursor"), "invalid_cursor",
		    "belongs to a list with other filters or another sort");
	if (fs.n > 0 || fs.failed)
		return resp_faults(rs, HTTP_BAD_REQUEST, "invalid_parameter", &fs);
	return 0;
}
