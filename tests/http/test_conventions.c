/* What every answer keeps: forms of values, statuses, headers. */
#include <ctype.h>

#include "trial.h"

/* `form`: 9 a digit, x a hexadecimal one in small letters, all else itself. */
static bool
has_form(const char *text, const char *form)
{
	size_t	 i;

	for (i = 0; text != NULL && text[i] != '\0' && form[i] != '\0'; i++) {
		bool	 ok = text[i] == form[i];

		if (form[i] == '9')
			ok = isdigit((unsigned char)text[i]);
		else if (form[i] == 'x')
			ok = isdigit((unsigned char)text[i]) ||
			    (text[i] >= 'a' && text[i] <= 'f');
		if (!ok)
			return false;
	}
	return text != NULL && text[i] == form[i];
}

#define UUID7	"xxxxxxxx-xxxx-7xxx-xxxx-xxxxxxxxxxxx"
#define TIME	"9999-99-99T99:99:99.999Z"

static void
test_values(void)
{
	static const struct {
		const char	*path, *member, *form;
	}	 cases[] = {
		{ PRODUCT, "id", UUID7 },
		{ PRODUCT, "category_ids.0", UUID7 },
		{ PRODUCT, "created_at", TIME },
		{ PRODUCT, "updated_at", TIME },
		{ PRODUCT, "price.amount", "9999" },
		{ PRODUCT, "available", "9" },
		{ CATEGORY, "id", UUID7 },
		{ CATEGORY, "updated_at", TIME },
	};

	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct reply	 r = ask_get(cases[i].path, NULL);
		const char	*text = reply_member(&r, cases[i].member);

		CHECK_INT(cases[i].path, r.status, 200);
		if (!has_form(text, cases[i].form))
			CHECK_TEXT(cases[i].member, text, cases[i].form);
	}
}

/* Absent is absent; empty lists are there; nothing is ever null. */
static void
test_absent(void)
{
	struct reply	 r = ask_with("POST", PRODUCTS, POSTED, SPADE(""));

	CHECK_INT("the least product", r.status, 201);
	CHECK_TEXT("no description", reply_member(&r, "description"), NULL);
	CHECK_TEXT("empty list", reply_member(&r, "category_ids"), "[]");
	CHECK_TEXT("its default", reply_member(&r, "status"), "active");
	CHECK_TEXT("the price", reply_member(&r, "price"),
	    "{\"amount\":1999,\"currency\":\"EUR\"}");
	CHECK("no null", !reply_holds(&r, "null"));
	CHECK("no space between", !reply_holds(&r, "\": ") && !reply_holds(&r, "\n"));
	remove_made(&r);
	r = ask_get(CATEGORY, NULL);
	CHECK_TEXT("no parent", reply_member(&r, "parent_id"), NULL);
	r = ask_get(PRODUCTS "?sku=there-is-none", NULL);
	CHECK_TEXT("an empty page", r.body.p, "{\"items\":[]}");
	r = ask_get(PRODUCTS "?category_id={cat}", NULL);
	CHECK_TEXT("the last page", reply_member(&r, "next_cursor"), NULL);
	CHECK_TEXT("no link", reply_header(&r, "Link"), NULL);
}

/* Made, seen, changed, deleted once and not twice. */
static void
test_life(void)
{
	struct reply	 made = ask_with("POST", PRODUCTS, POSTED, SPADE("")), r;
	const char	*at = reply_header(&made, "Location");
	char		 want[64];

	CHECK_INT("201", made.status, 201);
	snprintf(want, sizeof(want), PRODUCTS "/%s", reply_member(&made, "id"));
	CHECK_TEXT("Location", at, want);
	CHECK_TEXT("its type", reply_header(&made, "Content-Type"), "application/json");
	CHECK_TEXT("not kept", reply_header(&made, "Cache-Control"), "no-store");
	r = ask_get(at == NULL ? "/" : at, NULL);
	CHECK_TEXT("the body is what a GET shows", r.body.p, made.body.p);
	CHECK_TEXT("so is the tag", reply_header(&r, "ETag"),
	    reply_header(&made, "ETag"));
	CHECK_TEXT("the type", reply_header(&r, "Content-Type"), "application/json");
	r = ask_with("PATCH", want, PATCHED, "{'name':'Fork'}");
	CHECK_INT("PATCH", r.status, 200);
	CHECK_TEXT("all of it", reply_member(&r, "sku"), reply_member(&made, "sku"));
	CHECK_TEXT("changed", reply_member(&r, "name"), "Fork");
	CHECK_TEXT("no Location", reply_header(&r, "Location"), NULL);
	r = ask_with("DELETE", want, BEARER ANY, NULL);
	CHECK_INT("DELETE", r.status, 204);
	CHECK_INT("no body", r.body.n, 0);
	CHECK_TEXT("no type", reply_header(&r, "Content-Type"), NULL);
	r = ask_with("DELETE", want, BEARER ANY, NULL);
	check_problem("DELETE again", &r, 404, "not_found");
	r = ask_get(want, NULL);
	check_problem("gone", &r, 404, "not_found");
	r = ask_with("PATCH", want, PATCHED, "{'name':'Rake'}");
	check_problem("PATCH of what is gone", &r, 404, "not_found");
}

/* All or nothing, in the order given. */
static void
test_batch(void)
{
	int		 before = rows_of(PRODUCTS);
	struct reply	 r = ask_with("POST", PRODUCTS, POSTED, "{'items':["
			    SPADE("") ",{'sku':'{new}-b','name':'Rake','price':"
			    "{'amount':1,'currency':'JPY'}}]}");

	CHECK_INT("two", r.status, 201);
	CHECK_TEXT("the first", reply_member(&r, "items.0.name"), "Spade");
	CHECK_TEXT("the second", reply_member(&r, "items.1.name"), "Rake");
	CHECK_TEXT("no Location", reply_header(&r, "Location"), NULL);
	CHECK_INT("both are there", rows_of(PRODUCTS), before + 2);
	remove_made(&r);
	CHECK_INT("both are gone", rows_of(PRODUCTS), before);
}

static const struct {
	const char	*name, *value;
} always[] = {
	{ "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'" },
	{ "X-Powered-By", NULL },
	{ "Strict-Transport-Security", NULL },	/* this is not HTTPS */
	{ "Access-Control-Allow-Origin", NULL },
};

/* Vary names this header, and whatever else the server in front minds. */
static bool
names_of(const struct reply *r, const char *name)
{
	const char	*vary = reply_header(r, "Vary");

	return vary != NULL && strcasestr(vary, name) != NULL;
}

static void
test_headers(void)
{
	static const struct {
		const char	*label, *method, *path, *headers, *body;
		int		 status;
		const char	*cache, *vary;
	}	 cases[] = {
		{ "a list", "GET", PRODUCTS, "", NULL, 200,
		    "public, no-cache", "Accept-Encoding" },
		{ "one", "GET", PRODUCT, "", NULL, 200,
		    "public, no-cache", "Accept-Encoding" },
		{ "one, seen by who may see drafts", "GET", PRODUCT, BEARER, NULL, 200,
		    "private, no-cache", "Accept-Encoding" },
		{ "HEAD", "HEAD", PRODUCT, "", NULL, 200,
		    "public, no-cache", "Accept-Encoding" },
		{ "the document", "GET", "/openapi.json", "", NULL, 200,
		    "public, max-age=300", "Accept-Encoding" },
		{ "OPTIONS", "OPTIONS", PRODUCTS, "", NULL, 204, "no-store", NULL },
		{ "a change", "PATCH", PRODUCT, PATCHED, "{}", 200, "no-store", NULL },
		{ "not there", "GET", NOBODY, "", NULL, 404, "no-store", NULL },
		{ "no program's", "GET", "/v1/nothing", "", NULL, 404, "no-store", NULL },
		{ "refused", "POST", PRODUCTS, JSON, "{}", 401, "no-store", NULL },
		{ "unreadable", "POST", PRODUCTS, POSTED, "{", 400, "no-store", NULL },
		{ "unknown headers are ignored", "GET", PRODUCT,
		    "X-What: ever\nTraceparent: nonsense\nX-Request-Id: " MARK "\n",
		    NULL, 200, "public, no-cache", "Accept-Encoding" },
	};

	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct reply	 r = ask_with(cases[i].method, cases[i].path,
				    cases[i].headers, cases[i].body);
		const char	*id = reply_header(&r, "X-Request-Id");
		const char	*server = reply_header(&r, "Server");

		CHECK_INT(cases[i].label, r.status, cases[i].status);
		if (!has_form(id, UUID7))
			CHECK_TEXT(cases[i].label, id, UUID7);
		CHECK_INT(cases[i].label, reply_headers(&r, "X-Request-Id"), 1);
		CHECK_TEXT(cases[i].label, reply_header(&r, "Cache-Control"),
		    cases[i].cache);
		if (cases[i].vary != NULL && !names_of(&r, cases[i].vary))
			CHECK_TEXT(cases[i].label, reply_header(&r, "Vary"),
			    cases[i].vary);
		CHECK("no version of the server", server == NULL ||
		    strpbrk(server, "0123456789/") == NULL);
		for (size_t h = 0; h < NELEMS(always); h++)
			CHECK_TEXT(cases[i].label, reply_header(&r, always[h].name),
			    always[h].value);
	}
}

/* No two requests have the same name. */
static void
test_ids(void)
{
	struct reply	 a = ask_get(PRODUCT, NULL), b = ask_get(PRODUCT, NULL);
	const char	*one = reply_header(&a, "X-Request-Id");
	const char	*two = reply_header(&b, "X-Request-Id");

	CHECK("rising", one != NULL && two != NULL && strcmp(one, two) < 0);
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

TESTS(conventions,
    { "begin", test_begin },
    { "forms of values", test_values },
    { "what is absent", test_absent },
    { "made, changed, deleted", test_life },
    { "many at once", test_batch },
    { "headers", test_headers },
    { "names of requests", test_ids },
    { "end", test_end })
