/*
 * log - events as lines of JSON, on standard error.
 *
 * Lines are built in a fixed buffer and not with the JSON writer (schema/json.h),
 * because an event must be logged even if no memory is left.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define LOG_NAME	64	/* bytes of a program's name or a request id, NUL included */
#define LOG_TAIL	3	/* bytes reserved for the end: "} and newline */

/* A line under construction.  Code points that do not fit are dropped. */
struct line {
	char	 p[LOG_MAX];
	size_t	 n;
};

static const char *const	 levels[] = {
	[LOG_ERROR] = "error", [LOG_WARN] = "warn", [LOG_INFO] = "info",
	[LOG_DEBUG] = "debug" };
static char			 program[LOG_NAME] = "brisk";
static _Atomic int		 lowest = LOG_INFO;
static _Thread_local char	 request[LOG_NAME];

void
log_init(const char *name, enum log_level level)
{
	snprintf(program, sizeof(program), "%s", name);
	atomic_store(&lowest, (int)level);
}

void
log_set_request(const char *id)
{
	snprintf(request, sizeof(request), "%s", id);
}

enum log_level
log_level_parse(struct str name)
{
	size_t	 i;

	for (i = LOG_ERROR; i < NELEMS(levels); i++)
		if (str_is(name, levels[i]))
			return (enum log_level)i;
	return (enum log_level)0;
}

/* Errors are ignored: a closed pipe or a full disk must not make the request fail. */
static void
write_out(struct iovec *parts, int n)
{
	ssize_t	 done;

	do
		done = writev(STDERR_FILENO, parts, n);
	while (done == -1 && errno == EINTR);
}

static bool
line_put(struct line *l, const char *p, size_t n)
{
	if (n > sizeof(l->p) - LOG_TAIL - l->n)
		return false;
	memcpy(l->p + l->n, p, n);
	l->n += n;
	return true;
}

/* Append one code point of `n` bytes, escaped; n = 0, invalid UTF-8: U+FFFD. */
static bool
line_code_point(struct line *l, struct str s, size_t n)
{
	unsigned char	 c = (unsigned char)s.p[0];
	char		 text[8];

	if (n == 0)
		return line_put(l, "\xef\xbf\xbd", 3);
	if (c == '"' || c == '\\')
		snprintf(text, sizeof(text), "\\%c", c);
	else if (c < 0x20 || c == 0x7f)
		snprintf(text, sizeof(text), "\\u%04x", (unsigned)c);
	else
		return line_put(l, s.p, n);
	return line_put(l, text, strlen(text));
}

static void
line_text(struct line *l, const char *text, size_t max)
{
	struct str	 rest = { text, strnlen(text, max) };
	size_t		 n;

	while (rest.n != 0) {
		n = str_utf8_len(rest);
		if (!line_code_point(l, rest, n))
			return;
		rest = str_from(rest, n == 0 ? 1 : n);
	}
}

/* A member before the event.  Its length is limited, so that all of them always fit. */
static void
line_member(struct line *l, const char *name, const char *text)
{
	l->n += (size_t)snprintf(l->p + l->n, 32, ",\"%.20s\":\"", name);
	line_text(l, text, LOG_NAME - 1);
	l->p[l->n++] = '"';
}

static void
line_begin(struct line *l, enum log_level level)
{
	int64_t		 ms = clock_now_ms();
	time_t		 s = (time_t)(ms / 1000);
	struct tm	 t;
	int		 n;

	gmtime_r(&s, &t);
	n = snprintf(l->p, sizeof(l->p), "{\"at\":\"%04d-%02d-%02dT%02d:%02d:%02d"
	    ".%03dZ\",\"level\":\"%s\"", t.tm_year + 1900, t.tm_mon + 1,
	    t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, (int)(ms % 1000),
	    levels[level]);
	l->n = (size_t)n;
	line_member(l, "program", program);
	l->n += (size_t)snprintf(l->p + l->n, 32, ",\"pid\":%ld", (long)getpid());
}

void
log_event(enum log_level level, const char *room, const char *fmt, ...)
{
	struct line	 l;
	char		 text[LOG_MAX];
	va_list		 args;
	int		 saved = errno;

	if ((int)level > atomic_load_explicit(&lowest, memory_order_relaxed))
		return;
	va_start(args, fmt);
	if (vsnprintf(text, sizeof(text), fmt, args) < 0)
		snprintf(text, sizeof(text), "%s", fmt);
	va_end(args);
	line_begin(&l, level);
	line_member(&l, "room", room);
	if (request[0] != '\0')
		line_member(&l, "request_id", request);
	(void)line_put(&l, ",\"event\":\"", 10);
	line_text(&l, text, sizeof(text));
	memcpy(l.p + l.n, "\"}\n", LOG_TAIL);
	write_out(&(struct iovec){ l.p, l.n + LOG_TAIL }, 1);
	errno = saved;
}

void
log_line(struct str json)
{
	char		 text[LOG_MAX];
	int		 saved = errno;

	if (LOG_INFO > atomic_load_explicit(&lowest, memory_order_relaxed))
		return;
	if (json.n >= sizeof(text)) {
		log_event(LOG_WARN, "log", "dropped a line of %zu bytes", json.n);
		return;
	}
	memcpy(text, json.p, json.n);
	text[json.n] = '\n';
	write_out(&(struct iovec){ text, json.n + 1 }, 1);
	errno = saved;
}
