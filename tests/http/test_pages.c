/* pages: in each order, none that loses or repeats a row. */
#include "shop.h"

#define N	SHOP_ROWS
#define LIST	PRODUCTS "?category_id={c1}"

static const char *const	 orders[] = { "-created_at", "created_at", "price",
    "-price" };

/* All pages of a list, by the body's cursor; each page but the last is full. */
static void
walk(const char *list, int limit, struct ids *ids)
{
	char	 path[2600];

	ids->n = 0;
	snprintf(path, sizeof(path), "%s&limit=%d", list, limit);
	for (int pages = 0; pages <= N + 1; pages++) {
		struct reply	 r = ask_get(path, NULL);
		size_t		 before = ids->n;
		const char	*cursor = reply_member(&r, "next_cursor");

		CHECK_INT(list, r.status, 200);
		ids_take(ids, &r);
		CHECK(list, (reply_header(&r, "Link") != NULL) == (cursor != NULL));
		if (cursor == NULL)
			return;
		CHECK_INT("a full page", ids->n - before, limit);
		snprintf(path, sizeof(path), "%s&limit=%d&cursor=%s", list, limit, cursor);
	}
	CHECK("the pages come to an end", false);
}

/* The same by the Link header alone. */
static void
follow(const char *list, struct ids *ids)
{
	char		 path[2600];
	const char	*link = "";

	ids->n = 0;
	snprintf(path, sizeof(path), "%s", list);
	for (int pages = 0; link != NULL && pages <= N + 1; pages++) {
		struct reply	 r = ask_get(path, NULL);
		struct str	 uri;

		CHECK_INT(list, r.status, 200);
		ids_take(ids, &r);
		if ((link = reply_header(&r, "Link")) == NULL)
			return;
		uri = str_of(link);
		CHECK("Link", str_starts(uri, STR("</v1/")) &&
		    str_ends(uri, STR(">; rel=\"next\"")));
		snprintf(path, sizeof(path), "%.*s", (int)strcspn(link + 1, ">"), link + 1);
	}
	CHECK("the links come to an end", link == NULL);
}

/* Is row i + 1 behind row i, by price and then by key? */
static bool
in_order(const struct reply *r, const char *order, size_t i)
{
	const char	*name = order + (order[0] == '-'), *value[2], *id[2];
	char		 path[64];
	int		 less;

	for (size_t j = 0; j < 2; j++) {
		snprintf(path, sizeof(path), "items.%zu.%s%s", i + j, name,
		    strcmp(name, "price") == 0 ? ".amount" : "");
		value[j] = reply_member(r, path);
		snprintf(path, sizeof(path), "items.%zu.id", i + j);
		id[j] = reply_member(r, path);
		if (value[j] == NULL || id[j] == NULL)
			return false;
	}
	less = name[0] == 'p' ? atoi(value[0]) - atoi(value[1]) :
	    strcmp(value[0], value[1]);
	less = less != 0 ? less : strcmp(id[0], id[1]);
	return order[0] == '-' ? less > 0 : less < 0;
}

static bool
mirrored(const struct ids *a, const struct ids *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->id[i], b->id[a->n - 1 - i]) != 0)
			return false;
	return true;
}

static void
check_pages(const char *list, const struct ids *whole)
{
	static const int	 sizes[] = { 1, 7, N - 1, N, N + 1 };
	struct ids		 ids;

	for (size_t i = 0; i < NELEMS(sizes); i++) {
		walk(list, sizes[i], &ids);
		CHECK(list, ids_same(&ids, whole));
	}
}

static void
test_orders(void)
{
	static struct ids	 whole[NELEMS(orders)], ids;
	char			 path[256];
	struct reply		 r;

	shop_rows();
	for (size_t i = 0; i < NELEMS(orders); i++) {
		whole[i].n = 0;
		snprintf(path, sizeof(path), LIST "&sort=%s&limit=100", orders[i]);
		r = ask_get(path, NULL);
		ids_take(&whole[i], &r);
		CHECK_INT(orders[i], whole[i].n, N);
		CHECK_TEXT(orders[i], reply_header(&r, "Link"), NULL);
		for (size_t j = 0; j + 1 < N; j++)
			CHECK(orders[i], in_order(&r, orders[i], j));
		snprintf(path, sizeof(path), LIST "&sort=%s", orders[i]);
		check_pages(path, &whole[i]);
		snprintf(path, sizeof(path), LIST "&sort=%s&limit=9&fields=id,price",
		    orders[i]);
		follow(path, &ids);
		CHECK("followed", ids_same(&ids, &whole[i]));
	}
	CHECK("falling is rising backwards", mirrored(&whole[0], &whole[1]));
	CHECK("falling is rising backwards", mirrored(&whole[2], &whole[3]));
	walk(LIST, 7, &ids);
	CHECK("the first is the default", ids_same(&ids, &whole[0]));
	shop_end();
}

/* Names that sort alike, and a parent to list them by. */
static void
test_category_orders(void)
{
	static const char *const	 alike[] = { "alpha", "Alpha", "ÀLPHA", "beta",
	    "alpha", "BETA", "Ölbaum", "olbaum", "zz", "alpha" };
	static const char *const	 sorts[] = { "name", "-updated_at" };
	static struct ids		 whole, ids;
	char				 text[256];
	struct reply			 r;

	shop_clear();
	(void)make("parent", CATEGORIES, "c", "{'name':'c','slug':'" MINE "c'}");
	for (size_t i = 0; i < NELEMS(alike); i++) {
		snprintf(text, sizeof(text), "{'name':'%s','slug':'" MINE "%zu',"
		    "'parent_id':'{c}'}", alike[i], i);
		(void)make(alike[i], CATEGORIES, "row", text);
	}
	for (size_t i = 0; i < NELEMS(sorts); i++) {
		whole.n = 0;
		snprintf(text, sizeof(text), CATEGORIES "?parent_id={c}&sort=%s", sorts[i]);
		r = ask_get(text, NULL);
		ids_take(&whole, &r);
		CHECK_INT(sorts[i], whole.n, NELEMS(alike));
		for (int limit = 1; limit < 4; limit++) {
			walk(text, limit, &ids);
			CHECK(sorts[i], ids_same(&ids, &whole));
		}
	}
	shop_end();
}

/* Something comes and something goes: one that was seen, one that was not. */
static void
disturb(const struct ids *seen, const struct ids *whole, struct ids *gone)
{
	const char	*victims[2] = { seen->id[seen->n - 2], NULL };
	char		 path[64];

	for (size_t i = whole->n; i-- > 0 && victims[1] == NULL;)
		if (ids_count(seen, whole->id[i]) + ids_count(gone, whole->id[i]) == 0)
			victims[1] = whole->id[i];
	(void)make("comes", PRODUCTS, "row", "{'sku':'" MINE "{new}','name':'New',"
	    EUR(300) ",'category_ids':['{c1}']}");
	for (size_t i = 0; i < 2; i++) {
		if (victims[i] == NULL || ids_count(gone, victims[i]) > 0)
			continue;
		snprintf(path, sizeof(path), PRODUCTS "/%s", victims[i]);
		CHECK_INT("goes", ask_with("DELETE", path, BEARER ANY, NULL).status, 204);
		snprintf(gone->id[gone->n++], sizeof(gone->id[0]), "%s", victims[i]);
	}
}

static void
walk_disturbed(const char *order, int limit)
{
	static struct ids	 whole, seen, gone;
	char			 path[2600], list[128];
	const char		*cursor = "";
	struct reply		 r;

	whole.n = seen.n = gone.n = 0;
	snprintf(list, sizeof(list), LIST "&sort=%s&limit=%d", order, limit);
	snprintf(path, sizeof(path), LIST "&sort=%s&limit=100", order);
	r = ask_get(path, NULL);
	ids_take(&whole, &r);
	snprintf(path, sizeof(path), "%s", list);
	for (int pages = 0; cursor != NULL && pages < 4 * N; pages++) {
		r = ask_get(path, NULL);
		CHECK_INT(order, r.status, 200);
		ids_take(&seen, &r);
		if ((cursor = reply_member(&r, "next_cursor")) != NULL)
			snprintf(path, sizeof(path), "%s&cursor=%s", list, cursor);
		if (pages < 8 && seen.n >= 2)
			disturb(&seen, &whole, &gone);
	}
	CHECK("the pages come to an end", cursor == NULL);
	for (size_t i = 0; i < seen.n; i++)
		CHECK("nothing twice", ids_count(&seen, seen.id[i]) == 1);
	for (size_t i = 0; i < whole.n; i++)
		if (ids_count(&gone, whole.id[i]) == 0)
			CHECK("each old one once", ids_count(&seen, whole.id[i]) == 1);
}

static void
test_disturbed(void)
{
	static const int	 sizes[] = { 1, 7 };

	for (size_t i = 0; i < NELEMS(orders); i++)
		for (size_t j = 0; j < NELEMS(sizes); j++) {
			shop_rows();
			walk_disturbed(orders[i], sizes[j]);
		}
	shop_end();
}

static const struct {
	const char	*label, *path;	/* {cursor} is of LIST&sort=price&limit=7 */
	int		 status;
} cursors[] = {
	{ "as it was", LIST "&sort=price&limit=7&cursor={cursor}", 200 },
	{ "another limit", LIST "&sort=price&limit=9&cursor={cursor}", 200 },
	{ "first in the query", PRODUCTS "?cursor={cursor}&sort=price&category_id={c1}", 200 },
	{ "other fields", LIST "&sort=price&cursor={cursor}&fields=id", 200 },
	{ "counted", LIST "&sort=price&cursor={cursor}&count=exact", 200 },
	{ "expanded", LIST "&sort=price&cursor={cursor}&expand=categories", 200 },
	{ "another order", LIST "&sort=-price&cursor={cursor}", 400 },
	{ "the default order", LIST "&cursor={cursor}", 400 },
	{ "another shelf", PRODUCTS "?category_id={c2}&sort=price&cursor={cursor}", 400 },
	{ "no shelf", PRODUCTS "?sort=price&cursor={cursor}", 400 },
	{ "a filter more", LIST "&sort=price&price_min=0&cursor={cursor}", 400 },
	{ "another list", CATEGORIES "?cursor={cursor}", 400 },
	{ "empty", LIST "&sort=price&cursor=", 400 },
	{ "a word", LIST "&sort=price&cursor=abc", 400 },
	{ "longer", LIST "&sort=price&cursor={cursor}A", 400 },
	{ "padded", LIST "&sort=price&cursor={cursor}%3D", 400 },
	{ "twice over", LIST "&sort=price&cursor={cursor}{cursor}", 400 },
	{ "not base64", LIST "&sort=price&cursor=%21%21%21%21", 400 },
};

static void
test_cursors(void)
{
	char		 cursor[2048], path[2600];
	struct reply	 r;

	shop_rows();
	r = ask_get(LIST "&sort=price&limit=7", NULL);
	snprintf(cursor, sizeof(cursor), "%s", reply_member(&r, "next_cursor"));
	let("cursor", cursor);
	for (size_t i = 0; i < NELEMS(cursors); i++) {
		r = ask_get(cursors[i].path, NULL);
		CHECK_INT(cursors[i].label, r.status, cursors[i].status);
		if (cursors[i].status == 400)
			CHECK_TEXT(cursors[i].label, reply_errors(&r), "cursor invalid_cursor");
	}
	for (size_t i = 0; cursor[i] != '\0'; i++) {
		char	 was = cursor[i];

		cursor[i] = was == 'A' ? 'B' : 'A';
		snprintf(path, sizeof(path), LIST "&sort=price&cursor=%s", cursor);
		CHECK_INT("one character changed", get_status(path), 400);
		snprintf(path, sizeof(path), LIST "&sort=price&cursor=%.*s", (int)i, cursor);
		CHECK_INT("cut short", get_status(path), 400);
		cursor[i] = was;
	}
	shop_end();
}

TESTS(pages, { "orders", test_orders }, { "categories' orders", test_category_orders },
    { "rows come and go", test_disturbed }, { "cursors", test_cursors })
