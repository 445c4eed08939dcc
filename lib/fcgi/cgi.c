/* cgi - one request as CGI (RFC 3875). */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "fcgi/fcgi.h"
#include "fcgi/params.h"
#include "fcgi/respond.h"
#include "program/program.h"

#define MAX_DISCARDED	((size_t)32 << 20)	/* then respond before the body ends */

/*
 * How many bytes to read: Content-Length, because standard input may have no end
 * after them (RFC 3875 4.2).  A web server that has decoded a chunked body states
 * no length: read to the end.
 */
static size_t
expected_length(size_t stated)
{
	return stated == 0 && getenv("HTTP_TRANSFER_ENCODING") != NULL ? SIZE_MAX :
	    stated;
}

static size_t
read_stdin(char *to, size_t n)
{
	ssize_t	 some;

	do
		some = read(STDIN_FILENO, to, n);
	while (some < 0 && errno == EINTR);
	return some > 0 ? (size_t)some : 0;
}

/* Read `left` bytes or to the end into the arena, at most max_body bytes. */
static void
read_body(struct program_request *in, struct arena *a, size_t left, size_t max_body)
{
	struct buf	 b;
	char		 some[16384];
	size_t		 n, all = 0;

	buf_init(&b, a);
	while (left > 0 && all <= MAX_DISCARDED) {
		n = read_stdin(some, left < sizeof(some) ? left : sizeof(some));
		if (n == 0)
			break;
		left -= n;
		all += n;
		if (all <= max_body)
			buf_put(&b, some, n);
	}
	explicit_bzero(some, sizeof(some));
	in->body_over = all > max_body || !buf_ok(&b);
	in->body = in->body_over ? STR("") : buf_view(&b);
}

static void
write_stdout(struct str s)
{
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
	struct program_thread	*t;
	struct program_request	 in = { .env = environ };
	size_t			 stated = fcgi_params_content_length(environ);

	program_open_cache(p);	/* other processes cache what this one writes */
	if ((t = program_thread_open(p)) == NULL)
		return 1;
	read_body(&in, &t->arena, expected_length(stated), p->max_body);
	in.body_cut = !in.body_over && stated > in.body.n;
	write_stdout(fcgi_respond(t, &in));
	program_thread_close(t);
	return 0;
}
