/* record - FastCGI 1.0, as far as a responder needs it. */
#include <stdlib.h>

#include "record.h"

#define VERSION_1	1
#define RESPONDER	1
#define PARAMS_MOST	((size_t)1 << 20)
#define BODY_PASSED	((size_t)32 << 20)	/* of one that is too large */

enum type { BEGIN = 1, ABORT = 2, END = 3, PARAMS = 4, STDIN = 5, STDOUT = 6 };

void
record_init(struct record *r, size_t body_most)
{
	memset(r, 0, sizeof(*r));
	r->body_most = body_most;
}

/* A client's password or token may be among them. */
static void
drop(struct record_bytes *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->n);
	free(b->p);
	*b = (struct record_bytes){ NULL, 0, 0 };
}

void
record_free(struct record *r)
{
	drop(&r->params);
	drop(&r->body);
}

size_t
record_held(const struct record *r)
{
	return r->params.most + r->body.most;
}

/* realloc() would leave a copy where they were. */
static bool
grow(struct record_bytes *b, size_t most)
{
	struct record_bytes	 more = { malloc(most), b->n, most };

	if (more.p == NULL)
		return false;
	if (b->n > 0)
		memcpy(more.p, b->p, b->n);
	drop(b);
	*b = more;
	return true;
}

static bool
put(struct record_bytes *b, const char *p, size_t n)
{
	size_t	 most = b->most == 0 ? 2048 : b->most;

	while (most < b->n + n)
		most *= 2;
	if (most != b->most && !grow(b, most))
		return false;
	memcpy(b->p + b->n, p, n);
	b->n += n;
	return true;
}

/* --- what a record says --------------------------------------------------- */

static enum record_state
take_role(struct record *r, const char *p, size_t n)
{
	for (size_t i = 0; i < n && r->role_n < sizeof(r->role); i++)
		r->role[r->role_n++] = (uint8_t)p[i];
	return RECORD_MORE;
}

static enum record_state
take_params(struct record *r, const char *p, size_t n)
{
	if (r->params.n + n > PARAMS_MOST)
		return RECORD_GONE;
	return put(&r->params, p, n) ? RECORD_MORE : RECORD_MEMORY;
}

/* Of a body that is too large nothing is kept, but its end is waited for. */
static enum record_state
take_body(struct record *r, const char *p, size_t n)
{
	r->passed += n;
	r->over |= r->passed > r->body_most;
	if (r->over)
		return r->passed > BODY_PASSED ? RECORD_DONE : RECORD_MORE;
	return put(&r->body, p, n) ? RECORD_MORE : RECORD_MEMORY;
}

static bool
is_ours(const struct record *r)
{
	return r->begun && r->id == (uint16_t)(r->head[2] << 8 | r->head[3]);
}

static enum record_state
take_content(struct record *r, const char *p, size_t n)
{
	switch (is_ours(r) ? r->head[1] : 0) {
	case BEGIN:
		return take_role(r, p, n);
	case PARAMS:
		return take_params(r, p, n);
	case STDIN:
		return take_body(r, p, n);
	default:
		return RECORD_MORE;
	}
}

/* A head is whole.  An empty STDIN is the end. */
static enum record_state
begin_record(struct record *r)
{
	if (r->head[0] != VERSION_1)
		return RECORD_GONE;
	r->content = (size_t)(r->head[4] << 8 | r->head[5]);
	r->padding = r->head[6];
	if (r->head[1] == BEGIN && !r->begun) {
		r->begun = true;
		r->id = (uint16_t)(r->head[2] << 8 | r->head[3]);
	}
	if (is_ours(r) && r->head[1] == ABORT)
		return RECORD_GONE;
	if (!is_ours(r) || r->head[1] != STDIN || r->content > 0)
		return RECORD_MORE;
	return r->role_n == sizeof(r->role) && r->role[0] == 0 &&
	    r->role[1] == RESPONDER ? RECORD_DONE : RECORD_GONE;
}

/* --- bytes ---------------------------------------------------------------- */

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Part of one record; how many bytes that were. */
static size_t
take_some(struct record *r, const char *p, size_t n)
{
	size_t	 some;

	if (r->have < sizeof(r->head)) {
		some = least(n, sizeof(r->head) - r->have);
		memcpy(r->head + r->have, p, some);
		if ((r->have += some) == sizeof(r->head))
			r->state = begin_record(r);
	} else if (r->content > 0) {
		some = least(n, r->content);
		r->content -= some;
		r->state = take_content(r, p, some);
	} else {
		some = least(n, r->padding);
		r->padding -= some;
	}
	if (r->have == sizeof(r->head) && r->content == 0 && r->padding == 0)
		r->have = 0;
	return some;
}

enum record_state
record_take(struct record *r, const char *p, size_t n)
{
	for (size_t at = 0; at < n && r->state == RECORD_MORE; )
		at += take_some(r, p + at, n - at);
	return r->state;
}

/* --- the environment ------------------------------------------------------ */

/* A length has one byte, or four when its first bit is set. */
static bool
take_length(struct str *s, size_t *length)
{
	const uint8_t	*p = (const uint8_t *)s->p;
	size_t		 bytes = s->n > 0 && p[0] >> 7 ? 4 : 1;

	if (s->n < bytes)
		return false;
	*length = bytes == 1 ? p[0] : (size_t)(p[0] & 0x7f) << 24 |
	    (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	*s = str_from(*s, bytes);
	return true;
}

/* The next pair as one string; NULL when there is none, or no memory. */
static char *
take_pair(struct str *s, struct arena *a)
{
	size_t	 name, value;
	char	*pair;

	if (!take_length(s, &name) || !take_length(s, &value) || name > s->n ||
	    value > s->n - name || (pair = arena_alloc(a, name + value + 2)) == NULL)
		return NULL;
	memcpy(pair, s->p, name);
	pair[name] = '=';
	memcpy(pair + name + 1, s->p + name, value);
	pair[name + 1 + value] = '\0';
	*s = str_from(*s, name + value);
	return pair;
}

char **
record_env(const struct record *r, struct arena *a)
{
	struct str	 rest = { r->params.p, r->params.n };
	size_t		 n = 0, most = 64;
	char		**env = arena_array(a, char *, most), **more;

	while (env != NULL && rest.n > 0) {
		if (n + 1 == most) {
			if ((more = arena_array(a, char *, most * 2)) == NULL)
				return NULL;
			memcpy(more, env, most * sizeof(*env));
			env = more;
			most *= 2;
		}
		if ((env[n++] = take_pair(&rest, a)) == NULL)
			return NULL;
	}
	return env;
}

/* --- the answer ----------------------------------------------------------- */

static void
put_head(const struct record *r, enum type type, size_t content, uint8_t *p)
{
	p[0] = VERSION_1;
	p[1] = (uint8_t)type;
	p[2] = (uint8_t)(r->id >> 8);
	p[3] = (uint8_t)r->id;
	p[4] = (uint8_t)(content >> 8);
	p[5] = (uint8_t)content;
	p[6] = p[7] = 0;
}

void
record_head(const struct record *r, size_t part, uint8_t head[RECORD_HEAD])
{
	put_head(r, STDOUT, part, head);
}

/* No more of it, and: complete. */
void
record_tail(const struct record *r, uint8_t tail[RECORD_TAIL])
{
	memset(tail, 0, RECORD_TAIL);
	put_head(r, STDOUT, 0, tail);
	put_head(r, END, 8, tail + RECORD_HEAD);
}
