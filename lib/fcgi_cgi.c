/* fcgi_cgi - one request as CGI (RFC 3875). */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "fcgi_private.h"

#define DISCARD_MOST	((size_t)32 << 20) /* of a body that is too large */

extern char **environ;

/* A body as it is read. */
struct body {
	char	*p;
	size_t	 n, most;
	bool	 over;
};

static bool
body_grow(struct body *b, struct arena *a)
{
	size_t	 most = b->most == 0 ? 4096 : b->most * 2;
	char	*p = arena_alloc(a, most);

	if (p == NULL)
		return false;
	if (b->n > 0)
		memcpy(p, b->p, b->n);
	b->p = p;
	b->most = most;
	return true;
}

static size_t
read_some(char *to, size_t most)
{
	ssize_t	 n;

	do
		n = read(STDIN_FILENO, to, most);
	while (n < 0 && errno == EINTR);
	return n > 0 ? (size_t)n : 0;
}

/*
 * What is to be read: as much as was stated, for there may be no end behind it;
 * in chunks, which the server took apart, up to the end.
 */
static size_t
expected(size_t stated)
{
	return stated == 0 && getenv("HTTP_TRANSFER_ENCODING") != NULL ? SIZE_MAX :
	    stated;
}

/* Keep `limit` of it. */
static void
body_read(struct body *b, struct arena *a, size_t limit, size_t stated)
{
	char	 scrap[4096];
	size_t	 n, want, passed = 0;

	while (passed < stated && passed < DISCARD_MOST) {
		if (b->n == b->most && !b->over && !body_grow(b, a))
			b->over = true;
		want = b->over ? sizeof(scrap) : b->most - b->n;
		want = want < stated - passed ? want : stated - passed;
		if ((n = read_some(b->over ? scrap : b->p + b->n, want)) == 0)
			break;
		passed += n;
		b->n += b->over ? 0 : n;
		b->over |= b->n > limit;
	}
}

static void
put_stdout(void *to, struct str s)
{
	(void)to;
	while (s.n > 0) {
		ssize_t	 n = write(STDOUT_FILENO, s.p, s.n);

		if (n <= 0 && errno != EINTR)
			return;
		s = str_from(s, n > 0 ? (size_t)n : 0);
	}
}

int
fcgi_cgi(struct program *p)
{
	struct app_thread	*t;
	struct body		 b = { .p = NULL };
	size_t			 stated = stated_length(environ);

	program_cache(p);	/* others may cache what this one writes */
	if ((t = thread_open(p)) == NULL)
		return 1;
	body_read(&b, &t->arena, p->body_most, expected(stated));
	serve(t, &(struct input){ .env = environ, .body = { b.p, b.n },
	    .over = b.over, .cut = !b.over && b.n < stated }, put_stdout, NULL);
	app_close(t);
	return 0;
}
