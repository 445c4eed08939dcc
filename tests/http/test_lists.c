/* lists: filters, search and limits. */
#include "shop.h"

#define LIST	PRODUCTS "?category_id={c1}"

static bool all(int i) { (void)i; return true; }
static bool none(int i) { (void)i; return false; }
static bool third(int i) { return i % 3 == 0; }
static bool from_300(int i) { return i % 7 >= 3; }
static bool to_300(int i) { return i % 7 <= 3; }
static bool from_200_to_400(int i) { return i % 7 >= 2 && i % 7 <= 4; }
static bool only_300(int i) { return i % 7 == 3; }
static bool in_stock(int i) { return i % 4 != 0; }
static bool sold_out(int i) { return i % 4 == 0; }
static bool seven(int i) { return i == 7; }
static bool some(int i) { return i == 7 || i == 8 || i == 60; }
static bool even(int i) { return i % 2 == 0; }
static bool together(int i) { return third(i) && from_200_to_400(i) && in_stock(i) && even(i); }

static const struct {
	const char	*label, *query;
	bool		(*wanted)(int);
} filters[] = {
	{ "one shelf", "", all },
	{ "another shelf", "?category_id={c2}", third },
	{ "either shelf: once each", "?category_id={c2},{c1}", all },
	{ "a shelf that is not there", "?category_id=" NONE, none },
	{ "or one that is", "?category_id=" NONE ",{c2}", third },
	{ "at least", "&price_min=300", from_300 },
	{ "at most", "&price_max=300", to_300 },
	{ "between", "&price_min=200&price_max=400", from_200_to_400 },
	{ "exactly", "&price_min=300&price_max=300", only_300 },
	{ "the other way round", "&price_min=400&price_max=200", none },
	{ "dearer than all", "&price_min=601", none },
	{ "in stock", "&in_stock=true", in_stock },
	{ "sold out", "&in_stock=false", sold_out },
	{ "one sku", "&sku=" MINE "007", seven },
	{ "any of three", "&sku=" MINE "007," MINE "008," MINE "060", some },
	{ "named twice", "&sku=" MINE "007," MINE "007", seven },
	{ "sku in other letters", "&sku=WIRE-007", none },
	{ "a word", "&q=wirefern", all },
	{ "two words", "&q=wirefern%20even", even },
	{ "a word that none has", "&q=wirefern%20purple", none },
	{ "all together", "?category_id={c2}&price_min=200&price_max=400"
	    "&in_stock=true&q=even", together },
	{ "in another order", "?q=even&in_stock=true&price_max=400&price_min=200"
	    "&category_id={c2}", together },
};

/* Rows of the answer, by their number: each wanted one once, no other. */
static void
check_rows(const char *label, const struct reply *r, bool (*wanted)(int))
{
	char	 total[16], sku[32];
	int	 n = 0;

	for (int i = 0; i < SHOP_ROWS; i++) {
		const char	*first;
		struct str	 rest = r->body;

		n += wanted(i);
		snprintf(sku, sizeof(sku), "\"" MINE "%03d\"", i);
		first = memmem(rest.p, rest.n, sku, strlen(sku));
		if ((first != NULL) != wanted(i))
			CHECK_INT(label, i, -1);
		if (first == NULL)
			continue;
		rest = str_from(rest, (size_t)(first - rest.p) + 1);
		CHECK(label, memmem(rest.p, rest.n, sku, strlen(sku)) == NULL);
	}
	snprintf(total, sizeof(total), "%d", n);
	CHECK_TEXT(label, reply_member(r, "total"), total);
	if (n == 0)
		CHECK_STR(label, r->body, "{\"items\":[],\"total\":0}");
}

static void
test_filters(void)
{
	shop_rows();
	for (size_t i = 0; i < NELEMS(filters); i++) {
		char		 path[512];
		struct reply	 r;

		snprintf(path, sizeof(path), "%s%s&count=exact&fields=sku&limit=100",
		    filters[i].query[0] == '?' ? PRODUCTS : LIST, filters[i].query);
		r = ask_get(path, NULL);
		CHECK_INT(filters[i].label, r.status, 200);
		check_rows(filters[i].label, &r, filters[i].wanted);
	}
	shop_end();
}

static const struct trial	 refused[] = {
	{ .label = "shelf no key", .path = PRODUCTS "?category_id=7",
	  .errors = "category_id invalid_format" },
	{ .label = "second shelf no key", .path = PRODUCTS "?category_id=" NONE ",7",
	  .errors = "category_id invalid_format" },
	{ .label = "price no number", .path = PRODUCTS "?price_min=cheap",
	  .errors = "price_min type_mismatch" },
	{ .label = "price with a fraction", .path = PRODUCTS "?price_max=1.5",
	  .errors = "price_max not_an_integer" },
	{ .label = "in_stock maybe", .path = PRODUCTS "?in_stock=maybe",
	  .errors = "in_stock type_mismatch" },
	{ .label = "sort", .path = PRODUCTS "?sort=name", .errors = "sort invalid_value" },
	{ .label = "sort, the other sign", .path = PRODUCTS "?sort=+price",
	  .errors = "sort invalid_value" },
	{ .label = "count", .path = PRODUCTS "?count=about", .errors = "count invalid_value" },
	{ .label = "limit 0", .path = PRODUCTS "?limit=0", .errors = "limit out_of_range" },
	{ .label = "limit -1", .path = PRODUCTS "?limit=-1", .errors = "limit out_of_range" },
	{ .label = "limit word", .path = PRODUCTS "?limit=abc", .errors = "limit type_mismatch" },
	{ .label = "limit 1.5", .path = PRODUCTS "?limit=1.5", .errors = "limit not_an_integer" },
	{ .label = "limit empty", .path = PRODUCTS "?limit=", .errors = "limit type_mismatch" },
	{ .label = "limit beyond 2^53", .path = PRODUCTS "?limit=9007199254740993",
	  .errors = "limit out_of_range" },
	{ .label = "offset", .path = PRODUCTS "?offset=5", .errors = "offset unknown_parameter" },
	{ .label = "status", .path = PRODUCTS "?status=draft",
	  .errors = "status unknown_parameter" },
	{ .label = "a filter twice", .path = PRODUCTS "?price_min=1&price_min=2",
	  .errors = "price_min repeated_parameter" },
	{ .label = "all faults at once", .path = PRODUCTS "?limit=0&sort=x&in_stock=y",
	  .errors = "limit out_of_range, sort invalid_value, in_stock type_mismatch" },
	{ .label = "q of two", .path = PRODUCTS "?q=ab", .errors = "q too_short" },
	{ .label = "q of two, far from ASCII", .path = PRODUCTS "?q=%E8%A1%80%E7%9A%AE",
	  .errors = "q too_short" },
	{ .label = "q of operators", .path = PRODUCTS "?q=%2B-%3C%3E()~*%22@",
	  .errors = "q too_short" },
	{ .label = "q of short words", .path = PRODUCTS "?q=a%20b%20c", .errors = "q too_short" },
	{ .label = "q of common words", .path = PRODUCTS "?q=the%20with", .errors = "q too_short" },
	{ .label = "q of 101", .errors = "q too_long", .path = PRODUCTS "?q="
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
};

static void
test_refused(void)
{
	struct trial	 t[NELEMS(refused)];

	memcpy(t, refused, sizeof(t));
	for (size_t i = 0; i < NELEMS(t); i++) {
		t[i].method = "GET";
		t[i].status = 400;
		t[i].code = "invalid_parameter";
	}
	TRIALS(t);
	client_end();
}

/* The sample's list is longer than a page may be. */
static const struct {
	const char	*label, *query;
	size_t		 n;
} limits[] = {
	{ "default", "", 20 }, { "1", "?limit=1", 1 }, { "most", "?limit=100", 100 },
	{ "lowered", "?limit=101", 100 }, { "much lowered", "?limit=100000", 100 },
	{ "lowered from 2^53-1", "?limit=9007199254740991", 100 },
};

static void
test_limits(void)
{
	for (size_t i = 0; i < NELEMS(limits); i++) {
		struct ids	 ids = { .n = 0 };
		char		 path[128];
		struct reply	 r;

		snprintf(path, sizeof(path), PRODUCTS "%s", limits[i].query);
		r = ask_get(path, NULL);
		CHECK_INT(limits[i].label, r.status, 200);
		ids_take(&ids, &r);
		CHECK_INT(limits[i].label, ids.n, limits[i].n);
		CHECK(limits[i].label, reply_member(&r, "next_cursor") != NULL);
		CHECK_TEXT(limits[i].label, reply_member(&r, "total"), NULL);
	}
	client_end();
}

/* Names in many scripts, each found by its own words. */
static const char *const	 names[] = { "Königskerze Wollblume",
    "башмачок настоящий", "كركديه أحمر", "תפוח סיני", "ゴヨウマツ", "섬잣나무",
    "करौंदा", "κρανιά", "กล้วยไม้", "血皮槭", "ծիրանի", "ყურძენი",
    "O’Neill’s magnolia d’été", "በርበሬ", "கறிவேப்பிலை" };

static const struct {
	const char	*label, *q;
	int		 name;		/* -1: none */
} searches[] = {
	{ "German", "königskerze", 0 }, { "in capitals", "KÖNIGSKERZE", 0 },
	{ "without its dots", "konigskerze", 0 },
	{ "decomposed", "ko\xcc\x88nigskerze", 0 },
	{ "both words", "wollblume königskerze", 0 },
	{ "words of two rows", "wollblume башмачок", -1 },
	{ "part of a word", "königs", -1 },
	{ "* is no operator", "königs*", -1 },
	{ "- is no operator", "königskerze -wollblume", 0 },
	{ "\" is no operator", "\"wollblume königskerze\"", 0 },
	{ "@ is no operator", "wollblume @2 königskerze", 0 },
	{ "bug: a common word found nothing", "the königskerze with wollblume", 0 },
	{ "short words are left out", "a königskerze", 0 },
	{ "Cyrillic", "БАШМАЧОК", 1 }, { "Arabic", "كركديه", 2 },
	{ "Arabic, both", "أحمر كركديه", 2 }, { "Hebrew", "תפוח", 3 },
	{ "Japanese", "ゴヨウマツ", 4 }, { "Korean", "섬잣나무", 5 },
	{ "Hindi", "करौंदा", 6 }, { "Greek", "ΚΡΑΝΙΆ", 7 }, { "Thai", "กล้วยไม้", 8 },
	{ "Chinese", "血皮槭", 9 }, { "Armenian", "ծիրանի", 10 },
	{ "Georgian", "ყურძენი", 11 }, { "apostrophes", "o’neill’s", 12 },
	{ "Amharic", "በርበሬ", 13 }, { "Tamil", "கறிவேப்பிலை", 14 },
};

static const char *
encoded(const char *text)
{
	static char	 out[1024];
	size_t		 n = 0;

	for (; *text != '\0'; text++)
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%%%02X",
		    (unsigned char)*text);
	return out;
}

static void
test_search(void)
{
	char		 text[2048], sku[32];
	struct reply	 r;

	shop_clear();
	(void)make("c1", CATEGORIES, "c1", "{'name':'One','slug':'" MINE "one'}");
	for (size_t i = 0; i < NELEMS(names); i++) {
		snprintf(text, sizeof(text), "{'sku':'" MINE "%03zu','name':'%s'," EUR(1)
		    ",'category_ids':['{c1}']}", i, names[i]);
		r = ask_with("POST", PRODUCTS, POSTED, text);
		CHECK_INT(names[i], r.status, 201);
		check_members("kept as it came", &r, MEMBERS({ "name", names[i] }));
	}
	for (size_t i = 0; i < NELEMS(searches); i++) {
		snprintf(text, sizeof(text), LIST "&q=%s", encoded(searches[i].q));
		snprintf(sku, sizeof(sku), MINE "%03d", searches[i].name);
		r = ask_get(text, NULL);
		CHECK_INT(searches[i].label, r.status, 200);
		check_members(searches[i].label, &r, MEMBERS(
		    { "items.0.sku", searches[i].name < 0 ? NULL : sku },
		    { "items.1", NULL }));
	}
	shop_end();
}

static void
test_count(void)
{
	struct reply	 r;
	char		 path[2600];

	shop_rows();
	r = ask_get(LIST "&count=exact&limit=1", NULL);
	check_members("all, whatever the page", &r, MEMBERS({ "total", "61" }));
	snprintf(path, sizeof(path), LIST "&count=exact&limit=1&cursor=%s",
	    reply_member(&r, "next_cursor"));
	r = ask_get(path, NULL);
	check_members("all, on a later page", &r, MEMBERS({ "total", "61" }));
	r = ask_get(LIST "&limit=1", NULL);
	check_members("not asked", &r, MEMBERS({ "total", NULL }));
	r = ask_get(PRODUCTS "?category_id=" NONE, NULL);
	CHECK_STR("an empty list", r.body, "{\"items\":[]}");
	CHECK_TEXT("has no next", reply_header(&r, "Link"), NULL);
	CHECK("but an ETag", reply_header(&r, "ETag") != NULL);
	shop_end();
}

TESTS(lists, { "filters", test_filters }, { "refused", test_refused },
    { "limits", test_limits }, { "search", test_search }, { "count", test_count })
