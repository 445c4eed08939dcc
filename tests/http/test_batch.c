/* batches: up to 1000 products in one transaction, all of them or none. */
#include "shop.h"

#define UPSERT	POSTED "Prefer: resolution=merge-duplicates\n"
#define BODY	((size_t)9 << 20)

static char	 body[BODY];

/* Products wire-0 to wire-(n-1) of that price, with a description of `long` bytes. */
static const char *
items(int n, int price, int bytes)
{
	size_t	 at = (size_t)snprintf(body, sizeof(body), "{'items':[");

	for (int i = 0; i < n; i++) {
		at += (size_t)snprintf(body + at, sizeof(body) - at, "%s{'sku':'" MINE
		    "%d','name':'N%d','price':{'amount':%d,'currency':'EUR'}",
		    i > 0 ? "," : "", i, i, price);
		if (bytes > 0)
			at += (size_t)snprintf(body + at, sizeof(body) - at,
			    ",'description':'%0*d'", bytes, 0);
		at += (size_t)snprintf(body + at, sizeof(body) - at, "}");
	}
	(void)snprintf(body + at, sizeof(body) - at, "]}");
	return body;
}

static int
rows(void)
{
	struct reply	 r = ask_get(PRODUCTS "?q=wirebatch&count=exact&limit=1", NULL);
	const char	*total = reply_member(&r, "total");

	return total == NULL ? -1 : atoi(total);
}

static const int	 sizes[] = { 1, 2, 3, 63, 64, 65, 127, 128, 129, 500, 1000 };

static void
test_sizes(void)
{
	static struct ids	 ids;
	char			 label[32];

	for (size_t i = 0; i < NELEMS(sizes); i++) {
		struct reply	 r;
		struct str	 rest;
		int		 n = 0;

		shop_clear();
		snprintf(label, sizeof(label), "%d items", sizes[i]);
		r = ask_with("POST", PRODUCTS, POSTED, items(sizes[i], 100, 0));
		CHECK_INT(label, r.status, 201);
		CHECK_TEXT(label, reply_header(&r, "Location"), NULL);
		ids.n = 0;
		ids_take(&ids, &r);
		CHECK_INT(label, ids.n, sizes[i]);
		for (rest = r.body; rest.n > 0; n++) {
			char		 sku[32];
			const char	*at;

			snprintf(sku, sizeof(sku), "\"sku\":\"" MINE "%d\"", n);
			at = memmem(rest.p, rest.n, sku, strlen(sku));
			if (at == NULL)
				break;
			rest = str_from(rest, (size_t)(at - rest.p));
		}
		CHECK_INT("in the order they were given", n, sizes[i]);
		for (size_t j = 1; j < ids.n; j++)
			CHECK("keys rise", strcmp(ids.id[j - 1], ids.id[j]) < 0);
	}
	let("last", ids.id[999]);
	CHECK_INT("the last can be got", get_status(PRODUCTS "/{last}"), 200);
	shop_end();
}

#define ITEM(sku, more)	"{'sku':'" MINE sku "','name':'wirebatch'," EUR(1) more "}"
#define BATCH(...)	"{'items':[" __VA_ARGS__ "]}"

static const struct {
	const char	*label, *prefer, *body;
	int		 status;
	const char	*errors;
} refused[] = {
	{ "no items", POSTED, "{'items':[]}", 422, "#/items too_few_items" },
	{ "items null", POSTED, "{'items':null}", 422, "#/items type_mismatch" },
	{ "items no array", POSTED, "{'items':{}}", 422, "#/items type_mismatch" },
	{ "something beside", POSTED, "{'items':[" ITEM("a", "") "],'x':1}", 422,
	  "#/x unknown_field" },
	{ "an item that is a number", POSTED, BATCH(ITEM("a", "") ",7"), 422,
	  "#/items/1 type_mismatch" },
	{ "an item that is null", POSTED, BATCH("null," ITEM("a", "")), 422,
	  "#/items/0 type_mismatch" },
	{ "one without a price", POSTED, BATCH(ITEM("a", "") ",{'sku':'" MINE "b',"
	    "'name':'x'}"), 422, "#/items/1/price required" },
	{ "several kinds at once", POSTED, BATCH(
	    ITEM("a", "") "," ITEM("b", ",'nmae':1") "," ITEM("c", ",'id':'" NONE "'") ","
	    ITEM("d", ",'status':'gone'") ",{'sku':'a b','name':'','price':"
	    "{'amount':1.5,'currency':'XXQ'}}"), 422,
	  "#/items/1/nmae unknown_field, #/items/2/id read_only_field, "
	  "#/items/3/status invalid_value, #/items/4/sku invalid_format, "
	  "#/items/4/name too_short, #/items/4/price/amount not_an_integer, "
	  "#/items/4/price/currency invalid_value" },
	{ "one sku twice", POSTED, BATCH(ITEM("a", "") "," ITEM("b", "") ","
	    ITEM("a", "")), 422, "#/items/2/sku sku_taken" },
	{ "the sku of a row", POSTED, BATCH(ITEM("a", "") "," ITEM("there", "")), 422,
	  "#/items/1/sku sku_taken" },
	{ "of a row, and twice, and again", POSTED, BATCH(ITEM("there", "") ","
	    ITEM("a", "") "," ITEM("a", "") "," ITEM("b", "") "," ITEM("a", "")), 422,
	  "#/items/0/sku sku_taken, #/items/2/sku sku_taken, #/items/4/sku sku_taken" },
	{ "a shelf that is not there", POSTED, BATCH(ITEM("a", ",'category_ids':['{c1}']")
	    "," ITEM("b", ",'category_ids':['{c1}','" NONE "']")), 422,
	  "#/items/1/category_ids/1 reference_not_found" },
	{ "a shelf twice", POSTED, BATCH(ITEM("a", ",'category_ids':['{c1}']") ","
	    ITEM("b", ",'category_ids':['{c1}','{c1}']")), 422,
	  "#/items/1/category_ids/1 invalid_value" },
	{ "of one item alone", POSTED, BATCH(ITEM("there", "")), 422,
	  "#/items/0/sku sku_taken" },
	{ "a merge with one sku twice", UPSERT, BATCH(ITEM("a", "") "," ITEM("a", "")),
	  422, "#/items/1/sku sku_taken" },
	{ "a merge with a row's sku twice", UPSERT, BATCH(ITEM("there", "") ","
	    ITEM("b", "") "," ITEM("there", "")), 422, "#/items/2/sku sku_taken" },
	{ "a merge onto no shelf", UPSERT, BATCH(ITEM("b", "") ","
	    ITEM("there", ",'category_ids':['{c1}','" NONE "']")), 422,
	  "#/items/1/category_ids/1 reference_not_found" },
	{ "another preference", POSTED "Prefer: resolution=ignore-duplicates\n",
	  BATCH(ITEM("there", "")), 422, "#/items/0/sku sku_taken" },
};

static void
test_refused(void)
{
	struct reply	 r, there;

	shop_begin();
	there = make("there", PRODUCTS, "there", ITEM("there", ",'category_ids':['{c2}']"));
	for (size_t i = 0; i < NELEMS(refused); i++) {
		r = ask_with("POST", PRODUCTS, refused[i].prefer, refused[i].body);
		check_problem(refused[i].label, &r, refused[i].status, "validation_failed");
		CHECK_TEXT(refused[i].label, reply_errors(&r), refused[i].errors);
		CHECK_INT("none is made", rows(), 1);
		r = ask_get(PRODUCTS "/{there}", NULL);
		CHECK("none is changed", str_eq(r.body, there.body));
	}
	shop_end();
}

static void
test_too_many(void)
{
	struct reply	 r;
	size_t		 at;
	int		 n = 0;

	shop_clear();
	r = ask_with("POST", PRODUCTS, POSTED, items(1001, 1, 0));
	check_problem("1001 items", &r, 422, "validation_failed");
	CHECK_TEXT("1001 items", reply_errors(&r), "#/items too_many_items");
	at = (size_t)snprintf(body, sizeof(body), "{'items':[");
	for (int i = 0; i < 100; i++)
		at += (size_t)snprintf(body + at, sizeof(body) - at, "%s{}", i > 0 ? "," : "");
	(void)snprintf(body + at, sizeof(body) - at, "]}");
	r = ask_with("POST", PRODUCTS, POSTED, body);
	for (const char *p = reply_errors(&r); (p = strstr(p, "required")) != NULL; p++)
		n++;
	CHECK_INT("at most twenty are told", n, 20);
	r = ask_with("POST", PRODUCTS, POSTED, items(1000, -1, 0));
	CHECK_INT("a thousand faults", r.status, 422);
	shop_end();
}

static void
test_upsert(void)
{
	struct reply	 r;

	shop_begin();
	r = ask_with("POST", PRODUCTS, UPSERT, items(3, 100, 0));
	CHECK_INT("all new", r.status, 201);
	CHECK_TEXT("is told", reply_header(&r, "Preference-Applied"),
	    "resolution=merge-duplicates");
	let("first", reply_member(&r, "items.0.id"));
	CHECK_INT("kept", get_status(PRODUCTS "/{first}"), 200);
	r = ask_with("POST", PRODUCTS, UPSERT, items(5, 200, 0));
	CHECK_INT("some new", r.status, 201);
	check_members("in order", &r, MEMBERS({ "items.0.id", "{first}" },
	    { "items.0.price.amount", "200" }, { "items.4.sku", MINE "4" }));
	r = ask_get(PRODUCTS "/{first}", NULL);
	check_members("bug: a merge left its rows in the cache", &r,
	    MEMBERS({ "price.amount", "200" }));
	CHECK("a version on", str_starts(str_of(reply_header(&r, "ETag")), STR("\"2-")));
	let("etag", reply_header(&r, "ETag"));
	r = ask_with("POST", PRODUCTS, UPSERT, items(5, 200, 0));
	CHECK_INT("none new", r.status, 200);
	r = ask_get(PRODUCTS "/{first}", NULL);
	CHECK_TEXT("the same again is no version", reply_header(&r, "ETag"),
	    filled("{etag}"));
	r = ask_with("POST", PRODUCTS, UPSERT, BATCH(
	    "{'sku':'" MINE "1','name':'x'," EUR(3) ",'category_ids':['{c1}','{c2}']},"
	    "{'sku':'" MINE "0','name':'x'," EUR(3) ",'category_ids':['{c2}']}"));
	CHECK_INT("shelves", r.status, 200);
	check_members("shelves", &r, MEMBERS(
	    { "items.0.category_ids", "[\"{c1}\",\"{c2}\"]" },
	    { "items.1.category_ids", "[\"{c2}\"]" }));
	r = ask_with("POST", PRODUCTS, UPSERT, items(1, 3, 0));
	check_members("what is not said is gone", &r, MEMBERS(
	    { "items.0.category_ids", "[]" }, { "items.0.name", "N0" }));
	r = ask_with("POST", PRODUCTS, POSTED, items(2, 3, 0));
	CHECK_INT("without the preference", r.status, 422);
	CHECK_TEXT("without the preference", reply_header(&r, "Preference-Applied"), NULL);
	r = ask_with("POST", PRODUCTS, UPSERT, "{'sku':'" MINE "0','name':'x'," EUR(3) "}");
	check_problem("one alone is no batch", &r, 409, "sku_taken");
	shop_end();
}

static void
test_links(void)
{
	struct reply	 r;

	shop_begin();
	r = ask_with("POST", PRODUCTS, POSTED, BATCH(
	    ITEM("a", ",'category_ids':['{c1}','{c2}']") "," ITEM("b", "") ","
	    ITEM("c", ",'category_ids':['{c2}']")));
	CHECK_INT("links", r.status, 201);
	check_members("links", &r, MEMBERS(
	    { "items.0.category_ids", "[\"{c1}\",\"{c2}\"]" },
	    { "items.1.category_ids", "[]" },
	    { "items.2.category_ids", "[\"{c2}\"]" }));
	r = ask_get(PRODUCTS "?category_id={c2}&count=exact&sort=created_at", NULL);
	check_members("are found by", &r, MEMBERS({ "total", "2" },
	    { "items.0.sku", MINE "a" }, { "items.1.sku", MINE "c" }));
	shop_end();
}

/* Bytes of the body; the limit of one is 256 KiB, of a batch 4 MiB. */
static void
test_size(void)
{
	struct reply	 r;
	size_t		 n;

	shop_clear();
	r = ask_with("POST", PRODUCTS, POSTED, items(20, 1, 19000));
	CHECK_INT("larger than one may be", r.status, 201);
	shop_clear();
	(void)items(208, 1, 20000);
	n = strlen(body);
	CHECK("nearly all there may be", n < (size_t)4 << 20 && n > (size_t)4100000);
	memset(body + n, ' ', ((size_t)4 << 20) - n);
	body[(size_t)4 << 20] = '\0';
	r = ask_with("POST", PRODUCTS, POSTED, body);
	CHECK_INT("4 MiB", r.status, 201);
	shop_clear();
	body[(size_t)4 << 20] = ' ';
	body[((size_t)4 << 20) + 1] = '\0';
	r = ask_with("POST", PRODUCTS, POSTED, body);
	check_problem("a byte more", &r, 413, "body_too_large");
	(void)items(390, 1, 20000);
	r = ask_with("POST", PRODUCTS, POSTED, body);
	CHECK_INT("nearly twice", r.status, 413);
	CHECK_INT("and nothing of it is there", ask_get(PRODUCTS "?sku=" MINE "0",
	    NULL).body.n, sizeof("{\"items\":[]}") - 1);
	n = (size_t)snprintf(body, sizeof(body), "{'sku':'" MINE "0','name':'x'," EUR(1)
	    ",'description':'%0*d'}", 20000, 0);
	memset(body + n, ' ', ((size_t)256 << 10) - n);
	body[(size_t)256 << 10] = '\0';
	r = ask_with("POST", PRODUCTS, POSTED, body);
	CHECK_INT("one of 256 KiB", r.status, 201);
	body[(size_t)256 << 10] = ' ';
	body[((size_t)256 << 10) + 1] = '\0';
	memcpy(body, "{'sku':'" MINE "1", sizeof("{'sku':'" MINE "1") - 1);
	r = ask_with("POST", PRODUCTS, POSTED, body);
	check_problem("one, a byte larger", &r, 413, "body_too_large");
	shop_end();
}

static int	 answers[8];

/* Each batch shares a SKU with every other: one at most is made. */
static void
post_batch(size_t i)
{
	char	 text[512];

	snprintf(text, sizeof(text), "{'items':[{'sku':'" MINE "r%zu','name':'wirebatch',"
	    EUR(1) "},{'sku':'" MINE "shared','name':'wirebatch'," EUR(1) "}]}", i);
	answers[i] = ask_with("POST", PRODUCTS, POSTED, text).status;
}

static void
test_race(void)
{
	int	 made = 0, refused_n = 0;

	shop_clear();
	at_once(8, post_batch);
	for (size_t i = 0; i < 8; i++) {
		made += answers[i] == 201;
		refused_n += answers[i] == 422;
	}
	CHECK_INT("one is made", made, 1);
	CHECK_INT("the others are refused", refused_n, 7);
	CHECK_INT("whole", rows(), 2);
	shop_end();
}

static void
upsert_batch(size_t i)
{
	char	 text[1024];
	size_t	 n = (size_t)snprintf(text, sizeof(text), "{'items':[");

	/* Half of them name the rows the other way round. */
	for (int j = 0; j < 4; j++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s{'sku':'" MINE
		    "u%d','name':'wirebatch','price':{'amount':%zu,'currency':'EUR'}}",
		    j > 0 ? "," : "", i % 2 == 0 ? j : 3 - j, i);
	(void)snprintf(text + n, sizeof(text) - n, "]}");
	answers[i] = ask_with("POST", PRODUCTS, UPSERT, text).status;
}

static void
test_upsert_race(void)
{
	struct reply	 r;
	const char	*price[2];

	for (int round = 0; round < 5; round++) {
		shop_clear();
		at_once(8, upsert_batch);
		for (size_t i = 0; i < 8; i++)
			CHECK("merged, or asked to come again", answers[i] == 200 ||
			    answers[i] == 201 || answers[i] == 422 || answers[i] == 503);
		CHECK_INT("each row once", rows(), 4);
		r = ask_get(PRODUCTS "?q=wirebatch&fields=price", NULL);
		price[0] = reply_member(&r, "items.0.price.amount");
		for (int i = 1; i < 4; i++) {
			char	 path[32];

			snprintf(path, sizeof(path), "items.%d.price.amount", i);
			price[1] = reply_member(&r, path);
			CHECK_TEXT("all of one batch", price[1], price[0]);
		}
	}
	shop_end();
}

TESTS(batch, { "sizes", test_sizes }, { "refused", test_refused },
    { "too many", test_too_many }, { "upsert", test_upsert }, { "links", test_links },
    { "size of the body", test_size }, { "batches at once", test_race },
    { "upserts at once", test_upsert_race })
