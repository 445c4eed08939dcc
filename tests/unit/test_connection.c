/* connection, pending: requests that arrive slowly, and responses in records. */
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi/pending.h"
#include "test.h"

/* A request of id 3: BEGIN, PARAMS with A=b, the end of PARAMS. */
#define HEAD	"\1\1\0\3\0\10\0\0\0\1\0\0\0\0\0\0" \
		"\1\4\0\3\0\4\0\0\1\1Ab" "\1\4\0\3\0\0\0\0"
#define BODY	"\1\5\0\3\0\5\0\0hello"
#define END	"\1\5\0\3\0\0\0\0"

static int	 web;		/* the web server's end */

/* Our end of a new connection. */
static int
connect_web(void)
{
	int	 pair[2];

	CHECK("socketpair", socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	web = pair[1];
	return pair[0];
}

static void
send_web(const char *p, size_t n)
{
	CHECK("send", send(web, p, n, MSG_NOSIGNAL) == (ssize_t)n);
}

static void
test_read(void)
{
	static const char	 request[] = HEAD BODY END;
	struct connection	 c;

	CHECK("open", connection_open(&c, connect_web(), 1000, 1000));
	for (size_t i = 0; i < sizeof(request) - 1; i++) {
		CHECK_INT("incomplete", connection_read(&c), FCGI_PARSER_MORE);
		send_web(request + i, 1);
	}
	CHECK_INT("complete", connection_read(&c), FCGI_PARSER_DONE);
	CHECK_INT("its id", c.id, 3);
	CHECK("its body", c.in->body.n == 5 && memcmp(c.in->body.p, "hello", 5) == 0);
	connection_forget_request(&c);
	CHECK("forgotten", c.in == NULL);
	connection_close(&c);
	close(web);
	CHECK("open", connection_open(&c, connect_web(), 1000, 1000));
	send_web(HEAD, sizeof(HEAD) - 1);
	close(web);
	CHECK_INT("the web server went away", connection_read(&c), FCGI_PARSER_ABORTED);
	connection_close(&c);
}

/* --- responses ------------------------------------------------------------------ */

struct received {
	size_t	 n, records, longest;
	bool	 ended, good;
};

/* The web server: all records until the end of the connection. */
static void *
receive(void *arg)
{
	struct received			*r = arg;
	struct fcgi_record_reader	 reader = { .have = 0 };
	struct fcgi_record_piece	 piece;
	char				 some[5000];
	ssize_t				 n;
	size_t				 used;

	while ((n = recv(web, some, sizeof(some), 0)) > 0)
		for (size_t at = 0; at < (size_t)n; at += used) {
			used = fcgi_record_read(&reader, some + at, (size_t)n - at, &piece);
			if (used == 0)
				return NULL;
			r->good &= piece.type == 0 || (piece.id == 3 && !(r->ended &&
			    piece.first));
			r->records += piece.first && piece.type == FCGI_STDOUT;
			r->longest = piece.first && piece.length > r->longest ?
			    piece.length : r->longest;
			r->ended |= piece.type == FCGI_END_REQUEST;
			for (size_t i = 0; piece.type == FCGI_STDOUT &&
			    i < piece.content.n; i++)
				r->good &= piece.content.p[i] == (char)(r->n++ % 251);
		}
	return NULL;
}

static void
check_response(size_t n, size_t records)
{
	static char		 text[200000];
	struct connection	 c;
	struct received		 r = { .good = true };
	pthread_t		 thread;

	for (size_t i = 0; i < n; i++)
		text[i] = (char)(i % 251);
	CHECK("open", connection_open(&c, connect_web(), 1000, 1000));
	send_web(HEAD END, sizeof(HEAD END) - 1);
	CHECK_INT("complete", connection_read(&c), FCGI_PARSER_DONE);
	CHECK("thread", pthread_create(&thread, NULL, receive, &r) == 0);
	connection_respond(&c, (struct str){ text, n });
	connection_close(&c);
	pthread_join(thread, NULL);
	close(web);
	CHECK("bytes and ids", r.good && r.ended);
	CHECK_INT("length", r.n, n);
	CHECK_INT("records, and the empty one", r.records, records + 1);
	CHECK("records are not too long", r.longest <= FCGI_RECORD_MAX);
}

static void
test_respond(void)
{
	struct connection	 c;

	check_response(1, 1);
	check_response(FCGI_RECORD_MAX, 1);
	check_response(FCGI_RECORD_MAX + 1, 2);
	check_response(200000, 4);
	CHECK("open", connection_open(&c, connect_web(), 1000, 1000));
	close(web);
	connection_respond(&c, STR("nobody reads this"));
	CHECK_INT("a peer that is gone", connection_send(&c, "x", 1), -1);
	connection_close(&c);
}

/* --- pending -------------------------------------------------------------------- */

static void
test_pending(void)
{
	struct pending	*p;

	CHECK("open", pending_open(1000));
	p = pending_accept(connect_web());
	CHECK("nothing has arrived", p == NULL && pending_count() == 1);
	CHECK("nor later", pending_next(0) == NULL);
	send_web(HEAD BODY, sizeof(HEAD BODY) - 1);
	CHECK("most of it", pending_next(1000) == NULL && pending_count() == 1);
	send_web(END, sizeof(END) - 1);
	p = pending_next(1000);
	CHECK("all of it", p != NULL && pending_count() == 0);
	if (p != NULL)
		pending_close(p);
	close(web);
	p = pending_accept(connect_web());
	send_web(HEAD, sizeof(HEAD) - 1);
	close(web);
	CHECK("given up by the web server", p == NULL && pending_next(1000) == NULL);
	CHECK("more of it, then its end", pending_count() == 0 ||
	    (pending_next(1000) == NULL && pending_count() == 0));
}

/* The oldest of too many is closed, by the thread that reads its end. */
static void
test_evict(void)
{
	enum { N = 1026 };
	static int	 webs[N];
	struct rlimit	 files;
	size_t		 gone = 0;
	char		 c;

	CHECK("limit of files", getrlimit(RLIMIT_NOFILE, &files) == 0);
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
	for (size_t i = 0; i < N; i++) {
		(void)!pending_accept(connect_web());
		webs[i] = web;
		(void)!pending_next(0);		/* as the threads do */
	}
	for (size_t i = 0; i < N; i++)
		gone += recv(webs[i], &c, 1, MSG_DONTWAIT) == 0;
	CHECK_INT("as many as are too many", gone, N - 1024);
	CHECK("the oldest", recv(webs[0], &c, 1, MSG_DONTWAIT) == 0);
	for (size_t i = 0; i < N; i++)
		close(webs[i]);
	for (int i = 0; i < 3000 && pending_count() > 0; i++)
		(void)!pending_next(10);
	CHECK_INT("none is left", pending_count(), 0);
}

TESTS(connection,
    { "a request in pieces", test_read },
    { "responses", test_respond },
    { "pending requests", test_pending },
    { "too many of them", test_evict })
