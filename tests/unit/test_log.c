#include <fcntl.h>
#include <json-c/json.h>
#include <pthread.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "test.h"

#define AT	INT64_C(1795345428123)	/* 2026-11-22T11:03:48.123Z */

static char	 out[4 * LOG_MAX];	/* output since begin() */
static size_t	 out_n;
static int	 saved, readable;

/* Redirects standard error to a pipe until end(). */
static void
begin(void)
{
	int	 ends[2];

	if (pipe2(ends, O_NONBLOCK) == -1)
		exit(2);
	saved = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	readable = ends[0];
}

static void
end(void)
{
	ssize_t	 n = read(readable, out, sizeof(out) - 1);

	dup2(saved, STDERR_FILENO);
	close(saved);
	close(readable);
	out_n = n < 0 ? 0 : (size_t)n;
	out[out_n] = '\0';
}

/* A member of the last line, as text; NULL if the line is not valid JSON. */
static const char *
member(const char *name)
{
	static char		 text[LOG_MAX];
	struct json_tokener	*t = json_tokener_new();
	struct json_object	*o, *m = NULL;

	json_tokener_set_flags(t, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	o = json_tokener_parse_ex(t, out, (int)out_n - 1);
	if (o != NULL && json_object_object_get_ex(o, name, &m))
		snprintf(text, sizeof(text), "%s", json_object_get_string(m));
	json_object_put(o);
	json_tokener_free(t);
	return m == NULL ? NULL : text;
}

static void
test_line(void)
{
	char	 want[256];

	clock_set_ms(AT);
	log_init("products", LOG_INFO);
	begin();
	log_event(LOG_ERROR, "db", "cannot connect: %s (%d)", "refused", 111);
	end();
	snprintf(want, sizeof(want), "{\"at\":\"2026-11-22T11:03:48.123Z\",\"level\":"
	    "\"error\",\"program\":\"products\",\"pid\":%ld,\"room\":\"db\",\"event\":"
	    "\"cannot connect: refused (111)\"}\n", (long)getpid());
	CHECK("the whole line", strcmp(out, want) == 0);
	log_set_request("abc-1");
	begin();
	log_event(LOG_WARN, "db", "slow");
	end();
	CHECK_TEXT("request", member("request_id"), "abc-1");
	CHECK_TEXT("level", member("level"), "warn");
	log_set_request("");
	begin();
	log_event(LOG_WARN, "db", "slow");
	end();
	CHECK_TEXT("no request", member("request_id"), NULL);
	clock_set_ms(0);
}

static void
test_escapes(void)
{
	static const struct { const char *label, *event, *want; } t[] = {
		{ "quote", "a\"b", "a\"b" },
		{ "backslash", "a\\b", "a\\b" },
		{ "newline", "a\nb", "a\nb" },
		{ "forged line", "x\"}\n{\"level\":\"error", "x\"}\n{\"level\":\"error" },
		{ "terminal escape", "\x1b[2J", "\x1b[2J" },
		{ "DEL", "\x7f", "\x7f" },
		{ "runes", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
		    "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "stray byte", "a\xff" "b", "a\xef\xbf\xbd" "b" },
		{ "rune cut off", "a\xe2\x82", "a\xef\xbf\xbd\xef\xbf\xbd" },
		{ "surrogate", "\xed\xa0\x80",
		    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "empty", "", "" },
	};
	size_t	 i;

	for (i = 0; i < NELEMS(t); i++) {
		begin();
		log_event(LOG_ERROR, "test", "%s", t[i].event);
		end();
		CHECK_TEXT(t[i].label, member("event"), t[i].want);
		CHECK(t[i].label, out_n != 0 && strchr(out, '\n') == out + out_n - 1);
		CHECK(t[i].label, strpbrk(out, "\x1b\x7f") == NULL);
	}
}

/* Events longer than a line are cut and remain valid JSON, at each length near the limit. */
static void
test_long(void)
{
	static const char *const	 fill[] = { "a", "\"", "\xe2\x82\xac", "\x01",
		"\xff", "\xf0\x9f\x98\x80" };
	static char			 text[3 * LOG_MAX];
	size_t				 i, shift;

	log_set_request("0123456789012345678901234567890123456789012345678901234567890123"
	    "456789");
	for (i = 0; i < NELEMS(fill); i++)
		for (shift = 0; shift < 8; shift++) {
			text[0] = '\0';
			memset(text, 'x', shift);
			text[shift] = '\0';
			while (strlen(text) < 2 * LOG_MAX)
				strcat(text, fill[i]);
			begin();
			log_event(LOG_ERROR, text, "%s", text);
			end();
			CHECK("good JSON", member("event") != NULL);
			CHECK("one line", out_n <= LOG_MAX && out[out_n - 1] == '\n');
			CHECK("nearly full", out_n > LOG_MAX - 8);
		}
	log_set_request("");
}

static void
test_levels(void)
{
	static const struct { const char *name; enum log_level level; } t[] = {
		{ "error", LOG_ERROR }, { "warn", LOG_WARN }, { "info", LOG_INFO },
		{ "debug", LOG_DEBUG }, { "", 0 }, { "Error", 0 }, { "errors", 0 },
		{ "err", 0 }, { "5", 0 },
	};
	size_t	 i;

	for (i = 0; i < NELEMS(t); i++)
		CHECK_INT(t[i].name, log_level_parse(str_of(t[i].name)), t[i].level);
	log_init("test", LOG_WARN);
	begin();
	log_event(LOG_INFO, "test", "too low");
	log_line(STR("{}"));
	end();
	CHECK_INT("below the level", out_n, 0);
	begin();
	log_event(LOG_WARN, "test", "just so");
	end();
	CHECK_TEXT("at the level", member("event"), "just so");
	log_init("test", LOG_INFO);
}

static void
test_ready_line(void)
{
	static char	 text[LOG_MAX + 1];

	begin();
	log_line(STR("{\"a\":1}"));
	end();
	CHECK("as it is", strcmp(out, "{\"a\":1}\n") == 0);
	memset(text, ' ', sizeof(text));
	begin();
	log_line((struct str){ text, LOG_MAX - 1 });
	end();
	CHECK_INT("the longest", out_n, LOG_MAX);
	begin();
	log_line((struct str){ text, LOG_MAX });
	end();
	CHECK_TEXT("too long", member("event"), "dropped a line of 4096 bytes");
}

static void *
other_thread(void *arg)
{
	log_event(LOG_ERROR, "test", "there");
	log_set_request("theirs");
	return arg;
}

static void
test_threads(void)
{
	pthread_t	 t;

	log_set_request("mine");
	begin();
	if (pthread_create(&t, NULL, other_thread, NULL) == 0)
		pthread_join(t, NULL);
	end();
	CHECK_TEXT("another thread has none", member("request_id"), NULL);
	CHECK_TEXT("but it wrote", member("event"), "there");
	begin();
	log_event(LOG_ERROR, "test", "here");
	end();
	CHECK_TEXT("this thread keeps its own id", member("request_id"), "mine");
	log_set_request("");
}

static void
test_gone(void)
{
	int	 keep = dup(STDERR_FILENO);

	close(STDERR_FILENO);
	log_event(LOG_ERROR, "test", "nobody hears");
	dup2(keep, STDERR_FILENO);
	close(keep);
	CHECK("a closed standard error does no harm", true);
}

TESTS(log,
    { "a line", test_line },
    { "bytes that need care", test_escapes },
    { "events longer than a line", test_long },
    { "levels", test_levels },
    { "a ready line", test_ready_line },
    { "threads", test_threads },
    { "standard error closed", test_gone })
