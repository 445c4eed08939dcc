/* resource/body - the body of a write: If-Match, size, rows. */
#include "http/etag.h"
#include "resource/change.h"

bool
resource_is_batch(const struct req *rq)
{
	const struct resource	*r = rq->route->resource;

	return rq->route->op == OP_CREATE && rq->body.json != NULL &&
	    doc_kind(rq->body.json) == DOC_OBJECT && doc_has(rq->body.json, "items") &&
	    schema_find(r->schema, STR("items")) == NULL;
}

static struct str
skip_bytes(struct str s, const char *bytes)
{
	while (s.n > 0 && s.p[0] != '\0' && strchr(bytes, s.p[0]) != NULL)
		s = str_from(s, 1);
	return s;
}

/* Called before the body is parsed: a batch has one member, so `"items"` comes first. */
size_t
resource_max_body(const struct req *rq)
{
	size_t		 one = rq->route->resource->max_body;
	struct str	 s = skip_bytes(rq->body.bytes, " \t\r\n");

	if (rq->route->op == OP_CREATE && s.n > 0 && s.p[0] == '{' &&
	    str_starts(skip_bytes(str_from(s, 1), " \t\r\n"), STR("\"items\"")))
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
		    "send the ETag of the version you change in If-Match");
	if (!etag_valid(given))
		return resp_problem(rs, HTTP_BAD_REQUEST, "invalid_header",
		    "If-Match is not a list of entity tags");
	return 0;
}

/* Report a text key that cannot be a path segment: the row would have no URL. */
static bool
check_key_path(const struct req *rq, const void *row, const char *at, struct faults *fs)
{
	const struct resource	*r = rq->route->resource;
	const struct field	*key[MAX_KEY_COLUMNS];
	size_t			 n = resource_key_fields(r, key), before = fs->n;

	for (size_t i = 0; i < n; i++) {
		struct str	 s = *(const struct str *)field_at(key[i], row);
		char		*pointer;

		if (key[i]->kind != FIELD_KIND_STR || (key[i]->flags & FIELD_READONLY) ||
		    (s.n > 0 && memchr(s.p, '/', s.n) == NULL &&
		    !str_is(s, ".") && !str_is(s, "..")))
			continue;
		pointer = arena_fmt(fs->arena, "%s/%s", at, key[i]->name);
		fault_add(fs, pointer == NULL ? at : pointer, "invalid_format",
		    "cannot be used in a path");
	}
	return fs->n == before;
}

/* Decode and validate the body of one row. */
static bool
decode_body(struct req *rq, struct faults *fs)
{
	const struct list_query	*q = rq->input.list;
	const struct schema	*sh = visibility_input_schema(rq->route->resource, &q->visibility,
				    rq->arena);
	enum decode_mode	 mode = rq->route->op == OP_PATCH ? DECODE_MERGE :
				    DECODE_WHOLE;
	void			*row = sh == NULL ? NULL :
				    arena_zero(rq->arena, 1, sh->size);

	rq->input.body = row;
	if (row == NULL)
		return !(fs->failed = true);
	return decode_object(sh, rq->body.json, mode, "#", row, NULL, fs) &&
	    (rq->route->op != OP_CREATE || check_key_path(rq, row, "#", fs));
}

static bool
decode_batch(struct req *rq, struct faults *fs)
{
	const struct list_query	*q = rq->input.list;
	const struct schema	*sh = visibility_input_schema(rq->route->resource, &q->visibility,
				    rq->arena);
	struct batch		*it = arena_new(rq->arena, struct batch);

	rq->input.body = it;
	if (it == NULL || sh == NULL)
		return !(fs->failed = true);
	if (!decode_items(sh, rq->body.json, "items", &it->rows, &it->n, fs))
		return false;
	for (size_t i = 0; i < it->n; i++) {
		char	*at = arena_fmt(fs->arena, "#/items/%zu", i);

		(void)check_key_path(rq, (char *)it->rows + i * sh->size,
		    at == NULL ? "#" : at, fs);
	}
	return fs->n == 0;
}

enum http_status
resource_body(struct req *rq, struct resp *rs)
{
	struct faults	 fs;

	faults_init(&fs, rq->arena);
	if (resource_is_batch(rq) ? decode_batch(rq, &fs) : decode_body(rq, &fs))
		return 0;
	return resp_faults(rs, HTTP_UNPROCESSABLE, "validation_failed", &fs);
}
