/* trial - rows of a table, asked and judged. */
#include "trial.h"

#define TITLES	64

/* A title belongs to its code: it is the same wherever it was seen. */
static void
check_title(const char *label, const char *code, const char *title)
{
	static struct {
		char	 code[64], title[128];
	}		 seen[TITLES];
	static size_t	 n;
	size_t		 i = 0;

	CHECK(label, title != NULL && title[0] != '\0');
	if (title == NULL || code == NULL)
		return;
	while (i < n && strcmp(seen[i].code, code) != 0)
		i++;
	if (i == n && n < TITLES) {
		snprintf(seen[n].code, sizeof(seen[n].code), "%s", code);
		snprintf(seen[n++].title, sizeof(seen[0].title), "%s", title);
	}
	if (i < n)
		CHECK_TEXT(label, title, seen[i].title);
}

/* ".../problems/not-found" for not_found. */
static void
check_type(const char *label, const char *code, const char *type)
{
	char	 end[128];

	snprintf(end, sizeof(end), "/problems/%s", code);
	for (char *p = end; *p != '\0'; p++)
		*p = *p == '_' ? '-' : *p;
	CHECK(label, type != NULL && str_starts(str_of(type), STR("http")) &&
	    str_ends(str_of(type), str_of(end)));
}

static void
check_instance(const char *label, const struct reply *r)
{
	const char	*id = reply_header(r, "X-Request-Id");
	const char	*instance = reply_member(r, "instance");

	CHECK(label, id != NULL && strlen(id) == 36);
	CHECK(label, instance != NULL && str_starts(str_of(instance), STR("urn:uuid:")));
	if (instance != NULL)
		CHECK_TEXT(label, instance + 9, id);
}

void
check_problem(const char *label, const struct reply *r, int status,
    const char *code)
{
	char	 number[16];

	CHECK_INT(label, r->status, status);
	CHECK_TEXT(label, reply_header(r, "Content-Type"), "application/problem+json");
	CHECK_TEXT(label, reply_header(r, "Cache-Control"), "no-store");
	CHECK_TEXT(label, reply_member(r, "code"), code);
	snprintf(number, sizeof(number), "%d", status);
	CHECK_TEXT(label, reply_member(r, "status"), number);
	check_type(label, code, reply_member(r, "type"));
	check_title(label, reply_member(r, "code"), reply_member(r, "title"));
	CHECK(label, reply_member(r, "detail") != NULL);
	check_instance(label, r);
	CHECK("nothing of it is echoed", !reply_holds(r, MARK));
}

void
check_reply(const struct trial *t, const struct reply *r)
{
	if (t->code != NULL)
		check_problem(t->label, r, t->status, t->code);
	else
		CHECK_INT(t->label, r->status, t->status);
	if (t->errors != NULL)
		CHECK_TEXT(t->label, reply_errors(r), t->errors);
	if (t->code == NULL && r->status >= 400)
		printf("    it says: %.*s\n", STR_ARG(r->body));
}

struct reply
trial_ask(const struct trial *t)
{
	struct ask	 a = { .method = t->method, .path = t->path,
			    .headers = t->headers, .body = str_of(t->body),
			    .raw = t->raw };

	if (t->n > 0)
		a.body.n = t->n;
	return ask(&a);
}

static void
remove_at(const char *path)
{
	struct reply	 r = ask_with("DELETE", path, BEARER ANY, NULL);

	CHECK_INT(path, r.status, 204);
}

void
remove_made(const struct reply *r)
{
	const char	*at = reply_header(r, "Location"), *id;
	char		 name[32], path[64];

	if (at != NULL) {
		remove_at(at);
		return;
	}
	for (int i = 0; ; i++) {
		snprintf(name, sizeof(name), "items.%d.id", i);
		if ((id = reply_member(r, name)) == NULL)
			return;
		snprintf(path, sizeof(path), PRODUCTS "/%s", id);
		remove_at(path);
	}
}

int
rows_of(const char *list)
{
	char		 path[128];
	struct reply	 r;
	const char	*total;

	snprintf(path, sizeof(path), "%s?count=exact&limit=1", list);
	r = ask_get(path, NULL);
	total = reply_member(&r, "total");
	CHECK(list, total != NULL);
	return total == NULL ? -1 : atoi(total);
}

void
trials(const struct trial *t, size_t n)
{
	int	 products = rows_of(PRODUCTS), categories = rows_of(CATEGORIES);

	for (size_t i = 0; i < n; i++) {
		struct reply	 r = trial_ask(&t[i]);

		check_reply(&t[i], &r);
		if (r.status == 201)
			remove_made(&r);
	}
	CHECK_INT("as many products as before", rows_of(PRODUCTS), products);
	CHECK_INT("as many categories as before", rows_of(CATEGORIES), categories);
}

void
trial_begin(void)
{
	struct reply	 r = ask_with("POST", CATEGORIES, POSTED, SHELF(""));

	CHECK_INT("a category of one's own", r.status, 201);
	let("cat", reply_member(&r, "id"));
	let("slug", reply_member(&r, "slug"));
	let("cat_etag", reply_header(&r, "ETag"));
	r = ask_with("POST", PRODUCTS, POSTED,
	    SPADE(",'category_ids':['{cat}'],'description':'Steel'"));
	CHECK_INT("a product of one's own", r.status, 201);
	let("id", reply_member(&r, "id"));
	let("sku", reply_member(&r, "sku"));
	let("etag", reply_header(&r, "ETag"));
}

void
trial_end(void)
{
	remove_at(PRODUCT);
	remove_at(CATEGORY);
}
