/* route - split paths into segments and match them with the route table. */
#include "route/route.h"

#include "schema/decode.h"

static bool
is_dots(struct str s)
{
	return str_is(s, ".") || str_is(s, "..");
}

bool
route_parse_path(struct req *rq)
{
	struct str	 rest = rq->target.path, piece;

	if (rest.n == 0 || rest.p[0] != '/')
		return false;
	for (rest = str_from(rest, 1); rest.p != NULL; rq->target.segments++) {
		piece = str_cut(&rest, '/');
		if (piece.n == 0 || rq->target.segments == HTTP_SEGMENTS ||
		    !decode_segment(rq->arena, piece, &rq->target.segment[rq->target.segments]) ||
		    is_dots(rq->target.segment[rq->target.segments]))
			return false;
	}
	return true;
}

struct str
route_segment(const char *path, size_t i, bool *is_key)
{
	struct str	 rest = str_of(path + 1), piece = { NULL, 0 };

	for (size_t at = 0; rest.p != NULL; at++) {
		piece = str_cut(&rest, '/');
		if (at < i)
			continue;
		*is_key = piece.n > 1 && piece.p[0] == '{';
		return *is_key ? (struct str){ piece.p + 1, piece.n - 2 } : piece;
	}
	return (struct str){ NULL, 0 };
}

static bool
path_matches(const char *path, const struct req *rq)
{
	struct str	 piece;
	size_t		 i = 0;
	bool		 key;

	for (; (piece = route_segment(path, i, &key)).p != NULL; i++)
		if (i >= rq->target.segments || (!key && !str_eq(piece, rq->target.segment[i])))
			return false;
	return i == rq->target.segments;
}

struct route_match
route_match(const struct route *routes, size_t n, const struct req *rq)
{
	struct route_match	 m = { NULL, NULL, 0 };
	enum http_method	 want = rq->method == HTTP_HEAD ? HTTP_GET : rq->method;

	for (size_t i = 0; i < n; i++) {
		if (!path_matches(routes[i].path, rq))
			continue;
		m.allow |= 1u << routes[i].method;
		m.other = &routes[i];
		if (routes[i].method == want && m.route == NULL)
			m.route = &routes[i];
	}
	return m;
}

void
route_allow(struct buf *b, unsigned allow)
{
	const char	*comma = "";

	allow |= 1u << HTTP_OPTIONS;
	if (allow & 1u << HTTP_GET)
		allow |= 1u << HTTP_HEAD;
	for (enum http_method m = HTTP_GET; m < HTTP_METHODS; m++)
		if (allow & 1u << m) {
			buf_puts(b, comma);
			buf_puts(b, http_method_name(m));
			comma = ", ";
		}
}

struct str
route_key(const struct req *rq, const char *key)
{
	struct str	 piece;
	bool		 is_key;

	for (size_t i = 0; i < rq->target.segments; i++) {
		piece = route_segment(rq->route->path, i, &is_key);
		if (is_key && str_is(piece, key))
			return rq->target.segment[i];
	}
	return (struct str){ NULL, 0 };
}

struct str
route_tag(const struct req *rq, const char *tag)
{
	struct str	 rest = str_of(tag), key;
	struct buf	 b;

	buf_init(&b, rq->arena);
	buf_str(&b, str_cut(&rest, '{'));
	if (rest.p != NULL) {
		key = str_cut(&rest, '}');
		key = arena_copy(rq->arena, key);
		buf_str(&b, key.p == NULL ? key : route_key(rq, key.p));
		buf_str(&b, rest);
	}
	return buf_ok(&b) ? buf_view(&b) : str_of(tag);
}

const char *
route_body_type(const struct route *r)
{
	if (r->form != NULL)
		return "application/x-www-form-urlencoded";
	return r->method == HTTP_PATCH ? "application/merge-patch+json" :
	    "application/json";
}

/* Is each {name} of the path a field of .keys? */
static bool
keys_declared(const struct route *r)
{
	struct str	 piece;
	bool		 key;

	for (size_t i = 0; (piece = route_segment(r->path, i, &key)).p != NULL; i++)
		if (key && (r->keys == NULL || schema_find(r->keys, piece) == NULL))
			return false;
	return true;
}

bool
route_is_live(const struct route *r)
{
	return r != NULL && r->method == HTTP_GET && r->answer_type == NULL &&
	    (r->reads != NULL || r->op == OP_LIST || r->op == OP_GET);
}

enum limit_class
route_limit(const struct route *r)
{
	if (r->limit != LIMIT_DEFAULT)
		return r->limit;
	if (r->method != HTTP_GET)
		return LIMIT_WRITE;
	return strcmp(r->scope, SCOPE_NONE) == 0 ? LIMIT_PUBLIC : LIMIT_READ;
}

enum idem_rule
route_idempotency(const struct route *r)
{
	return r->method == HTTP_POST && r->form == NULL ? r->idempotency : IDEM_NONE;
}

static bool
is_day(const char *day)
{
	return day == NULL || value_date_is_valid(str_of(day));
}

static bool
client_declared(const struct route *r)
{
	return r->form != NULL && schema_find(r->form, STR("client_id")) != NULL &&
	    schema_find(r->form, STR("client_secret")) != NULL;
}

const char *
route_error(const struct route *r)
{
	const struct schema	*schemas[] = { r->keys, r->params, r->body, r->form,
				    r->answer };
	const char		*wrong;

	if (r->path == NULL || r->path[0] != '/')
		return "has no .path that begins with /";
	if (r->scope == NULL)
		return "has no .scope: name a scope, SCOPE_OWN or SCOPE_NONE";
	if (r->doc == NULL || r->run == NULL)
		return r->doc == NULL ? "has no .doc" : "has no function (.run)";
	if (!is_day(r->deprecated) || !is_day(r->sunset))
		return "has a .deprecated or .sunset that is not a date like 2027-01-31";
	if (r->sunset != NULL && r->deprecated == NULL)
		return "has .sunset without .deprecated: declare both";
	if (r->resource == NULL && !keys_declared(r))
		return "has a {name} in its path that .keys lacks";
	if (r->body != NULL && r->form != NULL)
		return "has both .body and .form: declare one of them";
	if (r->idempotency == IDEM_REQUIRED && route_idempotency(r) == IDEM_NONE)
		return "has IDEM_REQUIRED, but is not a POST or takes a .form";
	if (strcmp(r->scope, SCOPE_CLIENT) == 0 && !client_declared(r))
		return "has SCOPE_CLIENT, but its .form lacks client_id or client_secret";
	for (size_t i = 0; i < NELEMS(schemas); i++)
		if (schemas[i] != NULL && (wrong = schema_error(schemas[i])) != NULL)
			return wrong;
	return NULL;
}
