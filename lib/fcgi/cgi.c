/* fcgi_cgi - one request as CGI (RFC 3875). */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "fcgi/private.h"

extern char **environ;

/*
 * What is to be read: as much as was stated, for there may be no end behind it;
 * in chunks, which the server took apart, up to the end.
 */
static size_t
expected(void)
{
	size_t	 stated = fcgi_content_length(environ);

	return stated == 0 && getenv("HTTP_TRANSFER_ENCODING") != NULL ? SIZE_MAX :
	    stated;
}

static size_t
read_stdin(void *from, char *to, size_t most)
{
	size_t	*left = from;
	ssize_t	 n;

	most = most < *left ? most : *left;
	do
		n = read(STDIN_FILENO, to, most);
	while (n < 0 && errno == EINTR);
	*left -= n > 0 ? (size_t)n : 0;
	return n > 0 ? (size_t)n : 0;
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
	struct program_thread	*t;
	struct input		 in = { .env = environ };
	size_t			 left = expected();

	program_open_cache(p);	/* others may cache what this one writes */
	if ((t = program_thread_open(p)) == NULL)
		return 1;
	input_read(&in, &t->arena, p->max_body, read_stdin, &left);
	fcgi_serve(t, &in, put_stdout, NULL);
	program_thread_close(t);
	return 0;
}
