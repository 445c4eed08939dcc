/*
 * Answers that stay open, as far as each server lets them: live.py looks at what
 * is in them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "trial.h"

#define STREAM	"Accept: text/event-stream\n"

static bool
is_behind(const char *servers)
{
	const char	*mine = getenv("SERVER");

	for (struct str rest = str_of(servers); mine != NULL && rest.p != NULL; )
		if (str_is(str_cut(&rest, ' '), mine))
			return true;
	return false;
}

/* {short}: a token whose end is near, so that a stream has one. */
static void
mint(void)
{
	char	 line[4096] = "";
	FILE	*f = popen("BRISK_CONF=\"$VAR/brisk.conf\" \"$B/bin/brisk\" token "
		    "--scope products:write --seconds 2", "r");

	while (f != NULL && fscanf(f, "%4095s", line) == 1)
		;
	CHECK("a token", f != NULL && pclose(f) == 0 && line[0] != '\0');
	let("short", line);
}

static void
test_stream(void)
{
	struct reply	 r;

	mint();
	r = ask_get(PRODUCT, STREAM "Authorization: Bearer {short}\n");
	if (is_behind("apache proxy-htaccess cgi")) {
		CHECK_INT("not here", r.status, 406);
		return;
	}
	CHECK_INT("status", r.status, 200);
	CHECK_TEXT("type", reply_header(&r, "Content-Type"), "text/event-stream");
	CHECK("it is told when to come again", reply_holds(&r, "retry: 3000\n\n"));
	CHECK("the state", reply_holds(&r, "event: change\ndata: {\"id\":\""));
	CHECK("the end", reply_holds(&r, "event: expired\ndata: {}\n\n"));
}

static void
test_refused(void)
{
	static const struct trial	 rows[] = {
		REFUSED("nobody's", "GET", NOBODY, "Accept: text/event-stream, "
		    "application/json\n", NULL, 404, "not_found", NULL),
		REFUSED("a bad token", "GET", PRODUCT, "Accept: text/event-stream, "
		    "application/json\nAuthorization: Bearer " MARK "\n", NULL, 401,
		    "invalid_token", NULL),
		REFUSED("a DELETE is a plain one", "DELETE", PRODUCT, STREAM, NULL, 401,
		    "unauthenticated", NULL),
		REFUSED("what depends on nothing", "GET", "/openapi.json", STREAM, NULL, 406,
		    "not_acceptable", NULL),
	};

	TRIALS(rows);
}

static void
test_wait(void)
{
	struct reply	 r = ask_get(PRODUCT, "Prefer: wait=1\nIf-None-Match: {etag}\n");
	bool		 waits = !is_behind("apache cgi");

	CHECK_INT("unchanged", r.status, 304);
	CHECK_TEXT("followed", reply_header(&r, "Preference-Applied"),
	    waits ? "wait=1" : NULL);
	r = ask_get(PRODUCT, "Prefer: wait=30\nIf-None-Match: \"other\"\n");
	CHECK_INT("another: at once", r.status, 200);
	CHECK_TEXT("another: followed", reply_header(&r, "Preference-Applied"),
	    waits ? "wait=30" : NULL);
	CHECK("another: the row", reply_holds(&r, "\"sku\""));
}

static void
test_begin(void)
{
	trial_begin();
}

static void
test_end(void)
{
	trial_end();
	client_end();
}

TESTS(live,
    { "begin", test_begin },
    { "stream", test_stream },
    { "refused", test_refused },
    { "Prefer: wait", test_wait },
    { "end", test_end })
