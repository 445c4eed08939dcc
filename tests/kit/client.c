/* client - libcurl, told to send what it is given. */
#include <curl/curl.h>
#include <json-c/json.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "client.h"

#define VARIABLES	32
#define SECONDS		30L

static _Thread_local struct {
	CURL		*curl;
	struct arena	 arena;
	struct {
		const char	*name, *value;
	} variables[VARIABLES];
	size_t		 n, made;
	bool		 open;
} me;

#define MEMORY		((size_t)512 << 20)

static const char *
given(const char *name)
{
	const char	*value = getenv(name);

	if (value != NULL)
		return value;
	fprintf(stderr, "%s is not set: see tests/run.sh\n", name);
	exit(2);
}

static void
open_me(void)
{
	if (me.open)
		return;
	if (!arena_init(&me.arena, MEMORY) ||
	    (me.curl = curl_easy_init()) == NULL)
		exit(2);
	me.open = true;
	let("token", given("TOKEN"));
}

void
client_end(void)
{
	if (!me.open)
		return;
	curl_easy_cleanup(me.curl);
	arena_free(&me.arena);
	me.open = false;
	me.n = 0;
}

static const char *
kept(struct str s)
{
	struct str	 copy = arena_copy(&me.arena, s);

	if (copy.p == NULL)
		exit(2);
	return copy.p;
}

void
let(const char *name, const char *value)
{
	size_t	 i = 0;

	open_me();
	while (i < me.n && strcmp(me.variables[i].name, name) != 0)
		i++;
	if (i == VARIABLES)
		exit(2);
	me.n += i == me.n;
	me.variables[i].name = name;
	me.variables[i].value = kept(str_of(value == NULL ? "" : value));
}

/* The variable that {name} at the start of `s` names. */
static const char *
variable(struct str s, size_t *n)
{
	struct str	 name;

	for (size_t i = 0; i < me.n; i++) {
		name = str_of(me.variables[i].name);
		*n = name.n + 2;
		if (s.n >= *n && s.p[0] == '{' && s.p[*n - 1] == '}' &&
		    str_starts(str_from(s, 1), name))
			return me.variables[i].value;
	}
	return NULL;
}

static struct str
fill(struct str s, bool quotes)
{
	struct buf	 b;
	const char	*value;
	size_t		 n;

	buf_init(&b, &me.arena);
	buf_puts(&b, "");
	for (size_t i = 0; i < s.n; i++)
		if ((value = variable(str_from(s, i), &n)) != NULL) {
			buf_puts(&b, value);
			i += n - 1;
		} else {
			buf_byte(&b, quotes && s.p[i] == '\'' ? '"' : s.p[i]);
		}
	if (!buf_ok(&b))
		exit(2);
	return b.p == NULL ? STR("") : (struct str){ kept(buf_view(&b)), b.n };
}

const char *
filled(const char *text)
{
	open_me();
	return fill(str_of(text), false).p;
}

static void
another(void)
{
	char	 text[64];

	snprintf(text, sizeof(text), "t%lx-%lx-%zx", (unsigned long)time(NULL),
	    (unsigned long)gettid(), me.made++);
	let("new", text);
}

static size_t
take(char *p, size_t size, size_t n, void *to)
{
	buf_put(to, p, size * n);
	return size * n;
}

/* What curl would add of its own is left out unless the test says it. */
static struct curl_slist *
header_lines(const char *text)
{
	static const char *const	 silent[] = { "Expect:", "Accept:",
					     "Content-Type:" };
	struct str			 rest = fill(str_of(text), false);
	struct curl_slist		*list = NULL;

	for (size_t i = 0; i < NELEMS(silent); i++)
		if (strcasestr(rest.p, silent[i]) == NULL)
			list = curl_slist_append(list, silent[i]);
	while (rest.p != NULL) {
		struct str	 line = str_cut(&rest, '\n');

		if (line.n > 0)
			list = curl_slist_append(list, kept(line));
	}
	return list;
}

static void
set_body(const struct ask *a)
{
	struct str	 body = fill(a->body, !a->raw);

	curl_easy_setopt(me.curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
	curl_easy_setopt(me.curl, CURLOPT_POSTFIELDS, body.p);
}

static void
set_request(const struct ask *a, struct buf *headers, struct buf *body)
{
	curl_easy_reset(me.curl);
	curl_easy_setopt(me.curl, CURLOPT_URL, given("BASE"));
	curl_easy_setopt(me.curl, CURLOPT_REQUEST_TARGET,
	    fill(str_of(a->path), false).p);
	curl_easy_setopt(me.curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(me.curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(me.curl, CURLOPT_TIMEOUT, SECONDS);
	curl_easy_setopt(me.curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(me.curl, CURLOPT_HEADERFUNCTION, take);
	curl_easy_setopt(me.curl, CURLOPT_HEADERDATA, headers);
	curl_easy_setopt(me.curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(me.curl, CURLOPT_WRITEDATA, body);
	if (a->body.p != NULL)
		set_body(a);
	if (strcmp(a->method, "HEAD") == 0)
		curl_easy_setopt(me.curl, CURLOPT_NOBODY, 1L);
	curl_easy_setopt(me.curl, CURLOPT_CUSTOMREQUEST, a->method);
}

struct reply
ask(const struct ask *a)
{
	struct curl_slist	*lines;
	struct buf		 headers, body;
	struct reply		 r = { 0 };
	long			 status = 0;

	open_me();
	another();
	buf_init(&headers, &me.arena);
	buf_init(&body, &me.arena);
	set_request(a, &headers, &body);
	lines = header_lines(a->headers == NULL ? "" : a->headers);
	curl_easy_setopt(me.curl, CURLOPT_HTTPHEADER, lines);
	if (curl_easy_perform(me.curl) == CURLE_OK)
		curl_easy_getinfo(me.curl, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(lines);
	r.status = (int)status;
	r.headers = (struct str){ kept(buf_view(&headers)), headers.n };
	r.body = (struct str){ kept(buf_view(&body)), body.n };
	return r;
}

struct reply
ask_get(const char *path, const char *headers)
{
	return ask(&(struct ask){ .method = "GET", .path = path, .headers = headers });
}

void
ask_aside(const char *path, const char *headers,
    void (*look)(const struct reply *, void *), void *arg)
{
	struct arena	 mine;
	struct reply	 r;

	open_me();
	mine = me.arena;
	if (!arena_init(&me.arena, MEMORY))
		exit(2);
	r = ask_get(path, headers);
	look(&r, arg);
	arena_free(&me.arena);
	me.arena = mine;
}

struct reply
ask_with(const char *method, const char *path, const char *headers,
    const char *body)
{
	return ask(&(struct ask){ .method = method, .path = path,
	    .headers = headers, .body = str_of(body) });
}

/* The next header line that has this name, its value without spaces around. */
static bool
next_value(struct str *rest, const char *name, struct str *value)
{
	while (rest->p != NULL) {
		struct str	 line = str_cut(rest, '\n'), field = str_cut(&line, ':');

		if (line.p == NULL || field.n != strlen(name) ||
		    strncasecmp(field.p, name, field.n) != 0)
			continue;
		while (line.n > 0 && line.p[0] == ' ')
			line = str_from(line, 1);
		while (line.n > 0 && (line.p[line.n - 1] == '\r' ||
		    line.p[line.n - 1] == ' '))
			line.n--;
		*value = line;
		return true;
	}
	return false;
}

const char *
reply_header(const struct reply *r, const char *name)
{
	struct str	 rest = r->headers, value;

	return next_value(&rest, name, &value) ? kept(value) : NULL;
}

size_t
reply_headers(const struct reply *r, const char *name)
{
	struct str	 rest = r->headers, value;
	size_t		 n = 0;

	while (next_value(&rest, name, &value))
		n++;
	return n;
}

bool
reply_holds(const struct reply *r, const char *text)
{
	return memmem(r->body.p, r->body.n, text, strlen(text)) != NULL;
}

/* NULL: not a whole JSON text. */
static struct json_object *
parsed(const struct reply *r)
{
	struct json_tokener	*t = json_tokener_new();
	struct json_object	*top;

	if (t == NULL)
		exit(2);
	top = json_tokener_parse_ex(t, r->body.p, (int)r->body.n);
	if (json_tokener_get_parse_end(t) != r->body.n) {
		json_object_put(top);
		top = NULL;
	}
	json_tokener_free(t);
	return top;
}

const char *
reply_member(const struct reply *r, const char *path)
{
	struct json_object	*top = parsed(r), *at = top;
	struct str		 rest = str_of(path);
	const char		*text = NULL;

	while (at != NULL && rest.p != NULL) {
		const char	*name = kept(str_cut(&rest, '.'));

		if (json_object_is_type(at, json_type_array))
			at = json_object_array_get_idx(at, (size_t)atoi(name));
		else if (!json_object_object_get_ex(at, name, &at))
			at = NULL;
	}
	if (at != NULL)
		text = kept(str_of(json_object_is_type(at, json_type_string) ?
		    json_object_get_string(at) :
		    json_object_to_json_string_ext(at, JSON_C_TO_STRING_PLAIN)));
	json_object_put(top);
	return text;
}

static void
put_error(struct buf *b, struct json_object *error)
{
	static const char *const	 places[] = { "pointer", "parameter", "header" };
	struct json_object		*v;

	if (b->n > 0)
		buf_puts(b, ", ");
	for (size_t i = 0; i < NELEMS(places); i++)
		if (json_object_object_get_ex(error, places[i], &v))
			buf_fmt(b, "%s ", json_object_get_string(v));
	if (json_object_object_get_ex(error, "code", &v))
		buf_puts(b, json_object_get_string(v));
}

const char *
reply_errors(const struct reply *r)
{
	struct json_object	*top = parsed(r), *list = NULL;
	struct buf		 b;

	buf_init(&b, &me.arena);
	if (top != NULL && json_object_object_get_ex(top, "errors", &list) &&
	    json_object_is_type(list, json_type_array))
		for (size_t i = 0; i < json_object_array_length(list); i++)
			put_error(&b, json_object_array_get_idx(list, i));
	json_object_put(top);
	return kept(buf_view(&b));
}
