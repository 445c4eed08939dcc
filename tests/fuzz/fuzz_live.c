/*
 * Live answers: a web server's bytes, and what programs answer, through the loop's
 * own parts and real sockets.  Whatever comes, what goes out is whole records; what
 * is told between programs stays there; and nobody and nothing is left over.
 *
 *	MODE			a digit: 1, the request is records already; 2, so are
 *				the answers; 3, both; 0, neither
 *	CGI_VARIABLE=value
 *				(empty line)
 *	answers			with 0x1e between; the last comes again and again
 */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/clock.h"
#include "app.h"
#include "fuzz_app.h"
#include "live/subscriber.h"
#include "live/topic.h"
#include "live/upstream.h"

#define ROUNDS		4
#define HEAD		8
#define MAX_LINES	16

enum type { BEGIN = 1, END = 3, PARAMS = 4, STDIN = 5, STDOUT = 6 };

static const struct app		 app = { .name = "fuzz", .service = "fuzz",
	.mounts = (const char *const[]){ "*", NULL }, .loop = &live_loop };

static struct live		 live;
static struct sockaddr_un	 place = { .sun_family = AF_UNIX };
static int			 listening;

static void
leave(void)
{
	(void)unlink(place.sun_path);
}

static void
open_all(struct arena *a)
{
	struct buf	 token;

	buf_init(&token, a);
	live.t = fuzz_app_open(&app, &token);
	live.p = live.t->p;
	live.ep = epoll_create1(EPOLL_CLOEXEC);
	live.topics = calloc(LIVE_HASH, sizeof(*live.topics));
	live.subjects = calloc(LIVE_HASH, sizeof(*live.subjects));
	(void)snprintf(place.sun_path, sizeof(place.sun_path), "/tmp/fuzz-live.%ld",
	    (long)getpid());
	listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	MUST(bind(listening, (struct sockaddr *)&place, sizeof(place)) == 0);
	MUST(listen(listening, ROUNDS) == 0 && atexit(leave) == 0);
}

/* --- records ------------------------------------------------------------------ */

static void
put_record(struct buf *b, enum type type, struct str s)
{
	const uint8_t	 head[HEAD] = { 1, (uint8_t)type, 0, 1, (uint8_t)(s.n >> 8),
			    (uint8_t)s.n };

	buf_put(b, head, sizeof(head));
	buf_str(b, s);
}

static void
put_length(struct buf *b, size_t n)
{
	const uint8_t	 four[] = { 0x80, 0, (uint8_t)(n >> 8), (uint8_t)n };

	buf_put(b, n < 128 ? four + 3 : four, n < 128 ? 1 : 4);
}

/* One whole record cut off; NULL: there is none. */
static const uint8_t *
cut_record(struct str *s, struct str *content)
{
	const uint8_t	*h = (const uint8_t *)s->p;
	size_t		 n;

	if (s->n < HEAD)
		return NULL;
	n = (size_t)(h[4] << 8 | h[5]);
	if (s->n < HEAD + n + h[6])
		return NULL;
	*content = (struct str){ s->p + HEAD, n };
	*s = str_from(*s, HEAD + n + h[6]);
	return h;
}

static size_t
cut_length(struct str *s)
{
	const uint8_t	*p = (const uint8_t *)s->p;
	size_t		 width = s->n > 0 && p[0] >= 128 ? 4 : 1;

	MUST(s->n >= width);
	*s = str_from(*s, width);
	return width == 1 ? p[0] : (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

/* --- what is fed -------------------------------------------------------------- */

static struct str
request_of(struct arena *a, struct str text, bool raw)
{
	struct buf	 b, params;
	struct str	 line, value;

	if (raw)
		return text;
	buf_init(&params, a);
	for (int i = 0; text.p != NULL && i < MAX_LINES; i++) {
		value = str_cut(&text, '\n');
		line = str_cut(&value, '=');
		put_length(&params, line.n);
		put_length(&params, value.n);
		buf_str(&params, line);
		buf_str(&params, value);
	}
	buf_init(&b, a);
	put_record(&b, BEGIN, (struct str){ "\0\1\0\0\0\0\0\0", 8 });
	put_record(&b, PARAMS, buf_view(&params));
	put_record(&b, PARAMS, STR(""));
	put_record(&b, STDIN, STR(""));
	MUST(buf_ok(&b) && buf_ok(&params));
	return buf_view(&b);
}

static struct str
answer_of(struct arena *a, struct str *answers, bool raw)
{
	struct str	 text = str_cut(answers, 0x1e);
	struct buf	 b;

	if (answers->p == NULL)
		*answers = text;
	if (raw)
		return text;
	buf_init(&b, a);
	put_record(&b, STDOUT, text);
	put_record(&b, END, (struct str){ "\0\0\0\0\0\0\0\0", 8 });
	MUST(buf_ok(&b));
	return buf_view(&b);
}

static void
feed(int fd, struct str s)
{
	MUST(s.n == 0 || send(fd, s.p, s.n, MSG_NOSIGNAL | MSG_DONTWAIT) ==
	    (ssize_t)s.n);
}

/* All that is there. */
static struct str
drain(struct arena *a, int fd)
{
	struct buf	 b;
	char		 piece[4096];
	ssize_t		 n;

	buf_init(&b, a);
	while ((n = recv(fd, piece, sizeof(piece), MSG_DONTWAIT)) > 0)
		buf_put(&b, piece, (size_t)n);
	MUST(buf_ok(&b));
	return buf_view(&b);
}

/* --- what must hold ------------------------------------------------------------- */

/* A whole request, of us alone: one GET that says who asks, once. */
static void
check_asked(struct str asked)
{
	struct fcgi_parser	 r;
	struct str	 params, name, rest;
	size_t		 ours = 0, gets = 0, n, m;

	fcgi_parser_init(&r, asked.n, 0);
	MUST(fcgi_parser_feed(&r, asked.p, asked.n) == FCGI_PARSER_DONE);
	fcgi_parser_free(&r);
	MUST(cut_record(&asked, &params) != NULL && cut_record(&asked, &params) != NULL);
	for (rest = params; rest.n > 0; rest = str_from(rest, n + m)) {
		n = cut_length(&rest);
		m = cut_length(&rest);
		MUST(n <= rest.n && m <= rest.n - n);
		name = (struct str){ rest.p, n };
		ours += str_is(name, EXCHANGE_LIVE);
		gets += str_is(name, "REQUEST_METHOD") && m == 3;
	}
	MUST(ours == 1 && gets == 1);
}

static void
check_head(struct str out)
{
	struct str	 line;

	while (out.p != NULL) {
		line = str_cut(&out, '\n');
		if (line.n == 0 || str_is(line, "\r"))
			return;
		MUST(line.n < 6 || strncasecmp(line.p, "Brisk-", 6) != 0);
	}
}

/* Whole records of one request, nothing behind its end. */
static void
check_sent(struct arena *a, struct str sent)
{
	const uint8_t	*h, *id = (const uint8_t *)sent.p + 2;
	struct str	 content;
	struct buf	 out;
	bool		 end = false;

	buf_init(&out, a);
	while (sent.n > 0) {
		h = cut_record(&sent, &content);
		MUST(h != NULL && !end && h[0] == 1 && memcmp(h + 2, id, 2) == 0);
		MUST(h[1] == STDOUT || (h[1] == END && content.n == 8));
		end = h[1] == END;
		if (!end)
			buf_str(&out, content);
	}
	MUST(buf_ok(&out));
	check_head(buf_view(&out));
}

static void
check_empty(void)
{
	MUST(live.nsubscribers == 0 && live.nopen == 0 && live.ntopics == 0 &&
	    live.nrequests == 0);
	MUST(live.queue_first == NULL && live.requests == NULL && live.finished == NULL);
	for (size_t i = 0; i < LIVE_HASH; i += 1)
		MUST(live.topics[i] == NULL && live.subjects[i] == NULL);
}

/* --- a turn ----------------------------------------------------------------------- */

static void
know_owner(void)
{
	struct req	 rq = { .target.path = STR("/") };
	struct upstream	*o = upstream_of(&rq);

	memcpy(o->socket, place.sun_path, sizeof(o->socket));
	o->checked_ms = clock_mono_us() / 1000;
}

static void
answer(struct arena *a, struct str s)
{
	struct upstream_request	*k;
	int		 fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);

	if (fd == -1)
		return;
	MUST((k = live.requests) != NULL);
	upstream_request_continue(&live, k);
	check_asked(drain(a, fd));
	feed(fd, s);
	MUST(shutdown(fd, SHUT_WR) == 0);
	while (live.requests == k)
		upstream_request_continue(&live, k);
	close(fd);
}

static void
finish_turn(void)
{
	subscriber_free_all(&live);
	upstream_request_free_all(&live);
	arena_reset(&live.t->arena);
}

static void
turns(struct arena *a, struct str request, struct str answers, int mode)
{
	int	 pair[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	live.now_ms = clock_mono_us() / 1000;
	subscriber_new(&live, pair[0]);
	feed(pair[1], request_of(a, request, (mode & 1) != 0));
	subscriber_read(&live, live.subscribers[0], EPOLLIN);
	for (int i = 0; i < ROUNDS && live.nsubscribers > 0; i++) {
		know_owner();
		topic_check_all(&live, false);
		answer(a, answer_of(a, &answers, (mode & 2) != 0));
		finish_turn();
		live.now_ms += 1000;
	}
	live.now_ms += MAX_LIVE_WAIT * 1000;
	subscriber_check_all(&live);
	if (live.nsubscribers > 0)
		subscriber_close(&live, live.subscribers[0]);
	finish_turn();
	check_sent(a, drain(a, pair[1]));
	close(pair[1]);
	check_empty();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena	*a = fuzz_arena();
	struct str	 text = fuzz_text(p, n), mode = str_cut(&text, '\n');
	const char	*end = text.n == 0 ? NULL : memmem(text.p, text.n, "\n\n", 2);
	struct str	 request = text, answers = STR("");

	if (live.t == NULL)
		open_all(a);
	if (end != NULL) {
		request.n = (size_t)(end - text.p);
		answers = str_from(text, request.n + 2);
	}
	turns(a, request, answers, mode.n == 0 ? 0 : mode.p[0] & 3);
	return 0;
}
