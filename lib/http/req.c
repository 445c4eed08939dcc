/* req - a request from CGI variables. */
#include <ctype.h>
#include <stdlib.h>

#include "http/req.h"

#include "base/log.h"

struct str
req_env(const struct req *rq, const char *name)
{
	size_t	 n = strlen(name);

	for (char *const *e = rq->env; *e != NULL; e++)
		if (**e == *name && strncmp(*e, name, n) == 0 && (*e)[n] == '=')
			return str_of(*e + n + 1);
	return (struct str){ NULL, 0 };
}

/* Remove scheme and host of the absolute form "http://host/path" (RFC 9112 3.2.2). */
static struct str
origin_form(struct str uri)
{
	struct str	 rest = str_from(uri, str_starts(uri, STR("https://")) ? 8 : 7);

	if (!str_starts(uri, STR("http://")) && !str_starts(uri, STR("https://")))
		return uri;
	(void)str_cut(&rest, '/');
	return rest.p == NULL ? STR("/") :
	    (struct str){ rest.p - 1, rest.n + 1 };
}

static void
set_target(struct req *rq, struct str uri)
{
	rq->target.uri = uri;
	rq->target.query = uri;
	rq->target.path = str_cut(&rq->target.query, '?');
	if (rq->target.query.p == NULL)
		rq->target.query = STR("");
}

void
req_init(struct req *rq, struct arena *a, char *const *env)
{
	memset(rq, 0, sizeof(*rq));
	rq->arena = a;
	rq->env = env;
	uuid_text(uuid_new(), rq->id);
	rq->method = http_method_of(req_env(rq, "REQUEST_METHOD"));
	set_target(rq, origin_form(req_env(rq, "REQUEST_URI")));
}

/* Cut off the next byte of a path, percent-decoded; -1: the end. */
static int
next_path_byte(struct str *s)
{
	char	 hex[3] = "";
	int	 c = s->n == 0 ? -1 : (unsigned char)s->p[0];

	if (c == '%' && s->n > 2 && isxdigit((unsigned char)s->p[1]) &&
	    isxdigit((unsigned char)s->p[2])) {
		memcpy(hex, s->p + 1, 2);
		*s = str_from(*s, 2);
		c = (int)strtol(hex, NULL, 16);
	}
	if (c != -1)
		*s = str_from(*s, 1);
	return c;
}

void
req_strip_base(struct req *rq, const char *base)
{
	struct str	 rest = rq->target.path, prefix = str_of(base);

	rq->target.base = prefix;
	while (prefix.n > 0)
		if (next_path_byte(&prefix) != next_path_byte(&rest))
			return;
	if (rest.n == 0 || rest.p[0] == '/')
		set_target(rq, str_from(rq->target.uri, rq->target.path.n - rest.n));
}

/* A handler that reads another type than its route declares is a bug: stop at once. */
static const void *
input_of_type(const void *input, const char *declared, const char *type)
{
	if (declared != NULL && strcmp(declared, type) == 0)
		return input;
	log_event(LOG_ERROR, "http", "the handler reads %s, but its route declares %s",
	    type, declared == NULL ? "none" : declared);
	abort();
}

const void *
req_input_body(const struct req *rq, const char *type)
{
	return input_of_type(rq->input.body, rq->input.body_type, type);
}

const void *
req_input_keys(const struct req *rq, const char *type)
{
	return input_of_type(rq->input.keys, rq->input.keys_type, type);
}

const void *
req_input_params(const struct req *rq, const char *type)
{
	return input_of_type(rq->input.params, rq->input.params_type, type);
}

/* Cut elements off `*rest` up to the next preference with this name. */
static bool
next_preference(struct str *rest, const char *name, struct str *given)
{
	while (rest->p != NULL) {
		struct str	 piece = str_cut(rest, ','), key;

		*given = str_cut(&piece, ';');
		key = str_trim(str_cut(given, '='));
		*given = str_trim(*given);
		if (given->n > 1 && given->p[0] == '"')
			*given = (struct str){ given->p + 1, given->n - 2 };
		if (str_is(key, name))
			return true;
	}
	return false;
}

bool
req_preference(const struct req *rq, const char *name, struct str *value)
{
	struct str	 rest = req_env(rq, "HTTP_PREFER");

	return next_preference(&rest, name, value);
}

bool
req_prefers(const struct req *rq, const char *name, const char *value)
{
	struct str	 rest = req_env(rq, "HTTP_PREFER"), given;

	while (next_preference(&rest, name, &given))
		if (str_is(given, value))
			return true;
	return false;
}
