/*
 * idem: requests with an idempotency key, through the web server: many at once,
 * of several people, refused and not.
 */
#include <unistd.h>

#include "people.h"

#define KEY(k)		"Idempotency-Key: " k "\n"
#define KEYED(k)	POSTED KEY(k)
#define AT_ONCE		100

static struct {
	int	 status;
	int	 busy;		/* answers before that, */
	int	 odd;		/* and those that were no good */
	char	 body[1024];
} answers[AT_ONCE];

static bool
is_replay(const struct reply *r)
{
	return reply_header(r, "Idempotent-Replayed") != NULL;
}

/* Until it is answered, as a client does it that is told to come again. */
static void
insist(size_t i)
{
	struct reply	 r;

	do {
		r = ask_with("POST", PRODUCTS, KEYED("wire-at-once"),
		    "{'sku':'wire-once','name':'Once'," EUR(100) "}");
		if (r.status != 409)
			break;
		if (!reply_holds(&r, "\"idempotency_in_progress\"") ||
		    reply_header(&r, "Retry-After") == NULL)
			answers[i].odd++;
		usleep(20000);
	} while (++answers[i].busy < 1000);
	answers[i].status = r.status;
	snprintf(answers[i].body, sizeof(answers[i].body), "%.*s", STR_ARG(r.body));
}

static void
test_at_once(void)
{
	int	 rows, busy = 0;

	shop_begin();
	sql("DELETE FROM idempotency_keys");
	rows = rows_of(PRODUCTS);
	at_once(AT_ONCE, insist);
	for (size_t i = 0; i < AT_ONCE; i++) {
		CHECK_INT("made", answers[i].status, 201);
		CHECK_INT("busy, and when to come again", answers[i].odd, 0);
		CHECK_TEXT("the same bytes", answers[i].body, answers[0].body);
		busy += answers[i].busy;
	}
	CHECK_INT("one row", rows_of(PRODUCTS), rows + 1);
	fprintf(stderr, "  %d times it was still running\n", busy);
	shop_end();
}

/* A key says nothing of a request that was not begun. */
static void
test_not_begun(void)
{
	static const struct trial	 cases[] = {
		REFUSED("no token", "POST", PRODUCTS, JSON KEY("wire-early"),
		    SPADE(""), 401, "unauthenticated", NULL),
		REFUSED("another type", "POST", PRODUCTS, BEARER
		    "Content-Type: text/plain\n" KEY("wire-early"), SPADE(""), 415,
		    "unsupported_media_type", NULL),
		REFUSED("no JSON", "POST", PRODUCTS, KEYED("wire-early"), "{", 400,
		    "malformed_json", NULL),
		REFUSED("values", "POST", PRODUCTS, KEYED("wire-early"), "{}", 422,
		    "validation_failed", NULL),
		REFUSED("no key", "POST", PRODUCTS, KEYED("wire early"), SPADE(""), 400,
		    "invalid_header", NULL),
		REFUSED("two keys", "POST", PRODUCTS, KEYED("wire-early")
		    KEY("wire-early"), SPADE(""), 400, "invalid_header", NULL),
		TAKEN("then the first", "POST", PRODUCTS, KEYED("wire-early"), SPADE(""), 201),
		REFUSED("other bytes", "POST", PRODUCTS, KEYED("wire-early"),
		    SPADE(" "), 422, "idempotency_key_reused", NULL),
		TAKEN("another path", "POST", CATEGORIES, KEYED("wire-early"), SHELF(""), 201),
		REFUSED("a reference to nothing", "POST", CATEGORIES, KEYED("wire-late"),
		    "{'name':'Tools','slug':'wire-late','parent_id':'" NONE "'}", 422,
		    "validation_failed", "#/parent_id reference_not_found"),
		TAKEN("not looked at by others", "PATCH", PRODUCT, PATCHED KEY("a b"),
		    "{}", 200),
	};

	trial_begin();
	sql("DELETE FROM idempotency_keys");
	TRIALS(cases);
	trial_end();
}

/* What is kept is given again, whatever became of it since; by its name only. */
static void
test_again(void)
{
	struct reply	 a, b;

	shop_begin();
	sql("DELETE FROM idempotency_keys");
	a = ask_with("POST", PRODUCTS, KEYED("wire-again"),
	    "{'sku':'wire-again','name':'Again'," EUR(100) "}");
	CHECK_INT("first", a.status, 201);
	b = ask_with("POST", PRODUCTS, KEYED("wire-again-2"),
	    "{'sku':'wire-again','name':'Again'," EUR(100) "}");
	CHECK_TEXT("taken", reply_member(&b, "code"), "sku_taken");
	sql("DELETE FROM products WHERE sku = 'wire-again'");
	b = ask_with("POST", PRODUCTS, KEYED("\"wire-again-2\""),
	    "{'sku':'wire-again','name':'Again'," EUR(100) "}");
	CHECK("still taken", b.status == 409 && is_replay(&b));
	b = ask_with("POST", PRODUCTS, KEYED("\"wire-again\""),
	    "{'sku':'wire-again','name':'Again'," EUR(100) "}");
	CHECK("still made", b.status == 201 && is_replay(&b) && str_eq(a.body, b.body));
	CHECK_TEXT("there", reply_header(&b, "Location"), reply_header(&a, "Location"));
	CHECK_TEXT("so", reply_header(&b, "ETag"), reply_header(&a, "ETag"));
	CHECK_INT("one type", (long long)reply_headers(&b, "Content-Type"), 1);
	CHECK_INT("one request", (long long)reply_headers(&b, "X-Request-Id"), 1);
	CHECK("of its own", strcmp(reply_header(&a, "X-Request-Id"),
	    reply_header(&b, "X-Request-Id")) != 0);
	shop_end();
}

static void
test_people(void)
{
	struct reply	 a, b;
	char		 headers[4096];

	shop_begin();
	sql("DELETE FROM idempotency_keys");
	person_new("ann", "merchant");
	CHECK_INT("in", person_login("ann").status, 200);
	a = ask_with("POST", CATEGORIES, KEYED("wire-people"),
	    "{'name':'One','slug':'wire-people-{new}'}");
	CHECK_INT("ours", a.status, 201);
	snprintf(headers, sizeof(headers), "%s\n" JSON KEY("wire-people"), bearer("ann"));
	b = ask_with("POST", CATEGORIES, headers, "{'name':'One','slug':'wire-people-{new}'}");
	CHECK_INT("hers", b.status, 201);
	CHECK("another one", !is_replay(&b) && !str_eq(a.body, b.body));
	b = ask_with("POST", USERS, JSON KEY("wire-people"), "{'email':'{ann}_b@example.org',"
	    "'username':'{ann}_b','password':'" PASSWORD "'}");
	CHECK_INT("nobody's", b.status, 201);
	CHECK("no replay", !is_replay(&b));
	b = post_form(TOKENS, KEY("a b"), "grant_type=refresh_token&client_id=docs"
	    "&refresh_token=none");
	CHECK_TEXT("no key of a form", reply_member(&b, "error"), "invalid_grant");
	shop_end();
}

TESTS(idem, { "a hundred at once", test_at_once }, { "not begun", test_not_begun },
    { "again", test_again }, { "people", test_people })
