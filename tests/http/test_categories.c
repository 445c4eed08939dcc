/* categories: shelves, the shelves on them, and what a tree must never become. */
#include "shop.h"

#define AT(name)	CATEGORIES "/{" name "}"

/* A shelf on `parent`, a variable's name, or on none. */
static struct reply
shelf(const char *name, const char *parent)
{
	char	 body[256], on[64] = "";

	if (parent != NULL)
		snprintf(on, sizeof(on), ",'parent_id':'{%s}'", parent);
	snprintf(body, sizeof(body), "{'name':'Shelf','slug':'" MINE "%s'%s}", name, on);
	return make(name, CATEGORIES, name, body);
}

static void
test_create(void)
{
	struct reply	 made, got;
	char		 path[192];

	shop_clear();
	made = shelf("root", NULL);
	snprintf(path, sizeof(path), CATEGORIES "/%s", filled("{root}"));
	check_members("root", &made, MEMBERS({ "id", "{root}" }, { "name", "Shelf" },
	    { "slug", MINE "root" }, { "parent_id", NULL }, { "depth", NULL },
	    { "version", NULL }, { "created_at", NULL }));
	CHECK("changed when it was made", reply_member(&made, "updated_at") != NULL);
	CHECK_TEXT("Location", reply_header(&made, "Location"), path);
	got = ask_get(AT("root"), NULL);
	CHECK("the get has the bytes of the creation", str_eq(got.body, made.body));
	CHECK_TEXT("and its ETag", reply_header(&got, "ETag"), reply_header(&made, "ETag"));
	CHECK_TEXT("public", reply_header(&got, "Cache-Control"), "public, no-cache");
	made = shelf("child", "root");
	check_members("child", &made, MEMBERS({ "parent_id", "{root}" }));
	shop_end();
}

static const struct trial	 bodies[] = {
	{ .label = "no slug", .body = "{'name':'x'}", .status = 422,
	  .code = "validation_failed", .errors = "#/slug required" },
	{ .label = "name too long by a code point", .status = 422,
	  .body = "{'slug':'{new}','name':'ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄ"
	      "ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄ'}",
	  .code = "validation_failed", .errors = "#/name too_long" },
	{ .label = "slug in capitals", .body = "{'name':'x','slug':'ABC'}",
	  .status = 422, .code = "validation_failed", .errors = "#/slug invalid_format" },
	{ .label = "id given", .status = 422, .code = "validation_failed",
	  .body = SHELF(",'id':'" NONE "'"), .errors = "#/id read_only_field" },
	{ .label = "parent unknown", .status = 422, .code = "validation_failed",
	  .body = SHELF(",'parent_id':'" NONE "'"),
	  .errors = "#/parent_id reference_not_found" },
	{ .label = "parent no key", .status = 422, .code = "validation_failed",
	  .body = SHELF(",'parent_id':'7'"), .errors = "#/parent_id invalid_format" },
	{ .label = "slug of another", .status = 409, .code = "slug_taken",
	  .body = "{'name':'x','slug':'{slug}'}", .errors = "#/slug slug_taken" },
	{ .label = "parent null is none", .status = 201, .body = SHELF(",'parent_id':null") },
	{ .label = "on a shelf", .status = 201, .body = SHELF(",'parent_id':'{cat}'") },
};

static void
test_bodies(void)
{
	struct trial	 t[NELEMS(bodies)];

	trial_begin();
	memcpy(t, bodies, sizeof(t));
	for (size_t i = 0; i < NELEMS(t); i++) {
		t[i].method = "POST";
		t[i].path = CATEGORIES;
		t[i].headers = POSTED;
	}
	TRIALS(t);
	trial_end();
	client_end();
}

static const struct trial	 changes[] = {
	{ .label = "patch without If-Match", .method = "PATCH", .path = CATEGORY,
	  .headers = BEARER MERGE, .body = "{}", .status = 428,
	  .code = "precondition_required" },
	{ .label = "stale patch", .method = "PATCH", .path = CATEGORY,
	  .headers = BEARER MERGE "If-Match: \"7-00000000\"\n", .body = "{}",
	  .status = 412, .code = "precondition_failed" },
	{ .label = "slug of a sample's", .method = "PATCH", .path = CATEGORY,
	  .headers = PATCHED, .body = "{'slug':'trees'}", .status = 409,
	  .code = "slug_taken", .errors = "#/slug slug_taken" },
	{ .label = "onto itself", .method = "PATCH", .path = CATEGORY,
	  .headers = PATCHED, .body = "{'parent_id':'{cat}'}", .status = 409,
	  .code = "cycle" },
	{ .label = "onto nothing", .method = "PATCH", .path = CATEGORY,
	  .headers = PATCHED, .body = "{'parent_id':'" NONE "'}", .status = 422,
	  .code = "validation_failed", .errors = "#/parent_id reference_not_found" },
	{ .label = "put without slug", .method = "PUT", .path = CATEGORY,
	  .headers = PUT_ANY, .body = "{'name':'x'}", .status = 422,
	  .code = "validation_failed", .errors = "#/slug required" },
	{ .label = "delete without If-Match", .method = "DELETE", .path = CATEGORY,
	  .headers = BEARER, .status = 428, .code = "precondition_required" },
	{ .label = "delete, stale", .method = "DELETE", .path = CATEGORY,
	  .headers = BEARER "If-Match: \"7-00000000\"\n", .status = 412,
	  .code = "precondition_failed" },
	{ .label = "delete what holds a product", .method = "DELETE", .path = CATEGORY,
	  .headers = BEARER ANY, .status = 409, .code = "not_empty" },
	{ .label = "nobody", .method = "DELETE", .path = CATEGORIES "/" NONE,
	  .headers = BEARER ANY, .status = 404, .code = "not_found" },
};

static void
test_changes(void)
{
	struct reply	 r;

	trial_begin();
	TRIALS(changes);
	r = ask_get(CATEGORY, NULL);
	CHECK_TEXT("as it was", reply_header(&r, "ETag"), filled("{cat_etag}"));
	trial_end();
	client_end();
}

static void
test_tree(void)
{
	static const char *const	 names[] = { "a", "b", "c", "d", "e" };
	struct reply			 r;

	shop_clear();
	for (size_t i = 0; i < NELEMS(names); i++)
		(void)shelf(names[i], i == 0 ? NULL : names[i - 1]);
	r = ask_with("POST", CATEGORIES, POSTED, SHELF(",'parent_id':'{e}'"));
	check_problem("a sixth level", &r, 422, "validation_failed");
	CHECK_TEXT("a sixth level", reply_errors(&r), "#/parent_id out_of_range");
	(void)shelf("top", NULL);
	r = ask_with("PATCH", AT("a"), PATCHED, "{'parent_id':'{top}'}");
	CHECK_TEXT("five levels moved below one", reply_errors(&r),
	    "#/parent_id out_of_range");
	for (size_t i = 0; i < NELEMS(names); i++) {
		char	 patch[128];

		snprintf(patch, sizeof(patch), "{'parent_id':'{%s}'}", names[i]);
		r = ask_with("PATCH", AT("a"), PATCHED, patch);
		check_problem(names[i], &r, 409, "cycle");
	}
	r = ask_with("PUT", AT("b"), PUT_ANY,
	    "{'name':'x','slug':'" MINE "b','parent_id':'{d}'}");
	check_problem("a cycle by PUT", &r, 409, "cycle");
	r = ask_with("PATCH", AT("b"), PATCHED, "{'parent_id':'{top}'}");
	check_members("four moved below one", &r, MEMBERS({ "parent_id", "{top}" }));
	r = ask_with("PATCH", AT("top"), PATCHED, "{'parent_id':'{a}'}");
	CHECK_TEXT("five again", reply_errors(&r), "#/parent_id out_of_range");
	r = ask_with("PATCH", AT("b"), PATCHED, "{'parent_id':null}");
	check_members("null is no parent", &r, MEMBERS({ "parent_id", NULL }));
	r = ask_with("PATCH", AT("a"), PATCHED, "{'parent_id':'{e}'}");
	check_members("what was above hangs below", &r, MEMBERS({ "parent_id", "{e}" }));
	r = ask_with("PUT", AT("a"), PUT_ANY, "{'name':'x','slug':'" MINE "a'}");
	check_members("PUT without a parent", &r, MEMBERS({ "parent_id", NULL }));
	shop_end();
}

static void
test_delete(void)
{
	struct reply	 r;

	shop_clear();
	(void)shelf("a", NULL);
	(void)shelf("b", "a");
	r = ask_with("DELETE", AT("a"), BEARER ANY, NULL);
	check_problem("with a shelf on it", &r, 409, "not_empty");
	r = ask_with("DELETE", AT("b"), BEARER ANY, NULL);
	CHECK_INT("the lower one", r.status, 204);
	CHECK_INT("gone", get_status(AT("b")), 404);
	CHECK_INT("once", ask_with("DELETE", AT("b"), BEARER ANY, NULL).status, 404);
	r = ask_get(AT("a"), NULL);
	let("a_etag", reply_header(&r, "ETag"));
	r = ask_with("DELETE", AT("a"), BEARER "If-Match: {a_etag}\n", NULL);
	CHECK_INT("then the upper one", r.status, 204);
	r = shelf("a", NULL);
	CHECK_INT("its slug is free", r.status, 201);
	shop_end();
}

static void
test_lists(void)
{
	struct reply	 r;
	struct ids	 ids = { .n = 0 };

	shop_clear();
	(void)shelf("a", NULL);
	(void)make("b", CATEGORIES, "b", "{'name':'beta','slug':'" MINE "b','parent_id':'{a}'}");
	(void)make("c", CATEGORIES, "c", "{'name':'Alpha','slug':'" MINE "c','parent_id':'{a}'}");
	(void)make("d", CATEGORIES, "d", "{'name':'Ångström','slug':'" MINE "d','parent_id':'{a}'}");
	r = ask_get(CATEGORIES "?parent_id={a}&count=exact", NULL);
	check_members("by name, as people sort", &r, MEMBERS({ "total", "3" },
	    { "items.0.name", "Alpha" }, { "items.1.name", "Ångström" },
	    { "items.2.name", "beta" }));
	r = ask_with("PATCH", AT("c"), PATCHED, "{'name':'Alpaca'}");
	r = ask_get(CATEGORIES "?parent_id={a}&sort=-updated_at&limit=1", NULL);
	check_members("last changed first", &r, MEMBERS({ "items.0.id", "{c}" }));
	r = ask_get(CATEGORIES "?slug=" MINE "d", NULL);
	check_members("by slug", &r, MEMBERS({ "items.0.id", "{d}" }, { "items.1", NULL }));
	r = ask_get(CATEGORIES "?slug=" MINE "d," MINE "b," MINE "none", NULL);
	ids_take(&ids, &r);
	CHECK_INT("any of these", ids.n, 2);
	r = ask_get(CATEGORIES "?sort=slug", NULL);
	CHECK_TEXT("no such order", reply_errors(&r), "sort invalid_value");
	shop_end();
}

/* Faults of a batch are told by index, also those the tree finds. */
static void
test_batch(void)
{
	struct reply	 r;

	shop_clear();
	(void)shelf("a", NULL);
	(void)shelf("b", "a");
	(void)shelf("c", "b");
	(void)shelf("d", "c");
	(void)shelf("e", "d");
	r = ask_with("POST", CATEGORIES, POSTED, "{'items':["
	    "{'name':'x','slug':'" MINE "x','parent_id':'{d}'},"
	    "{'name':'y','slug':'" MINE "y'},"
	    "{'name':'z','slug':'" MINE "z','parent_id':'{e}'}]}");
	check_problem("too deep", &r, 422, "validation_failed");
	CHECK_TEXT("bug: the tree's fault was told of item 0", reply_errors(&r),
	    "#/items/2/parent_id out_of_range");
	r = ask_with("POST", CATEGORIES, POSTED, "{'items':["
	    "{'name':'x','slug':'" MINE "x'},{'name':'y','slug':'" MINE "a'},"
	    "{'name':'z','slug':'" MINE "z','parent_id':'" NONE "'}]}");
	CHECK_TEXT("several", reply_errors(&r), "#/items/1/slug slug_taken, "
	    "#/items/2/parent_id reference_not_found");
	r = ask_get(CATEGORIES "?slug=" MINE "x," MINE "y," MINE "z", NULL);
	CHECK_STR("nothing was made", r.body, "{\"items\":[]}");
	shop_end();
}

/* Ring: shelf i wants to hang on shelf i + 1, all at once. */
static size_t	 ring;
static char	 keys[3][37];
static int	 answers[3];

static void
move(size_t i)
{
	char	 path[192], patch[128];

	snprintf(path, sizeof(path), CATEGORIES "/%s", keys[i]);
	snprintf(patch, sizeof(patch), "{'parent_id':'%s'}", keys[(i + 1) % ring]);
	answers[i] = ask_with("PATCH", path, PATCHED, patch).status;
}

/* Steps from shelf i to the top; more than there are shelves: a circle. */
static size_t
steps_up(size_t i)
{
	char		 path[192];
	const char	*up = keys[i];
	size_t		 n = 0;

	for (; up != NULL && n <= ring; n++) {
		struct reply	 r;

		snprintf(path, sizeof(path), CATEGORIES "/%s", up);
		r = ask_get(path, NULL);
		up = reply_member(&r, "parent_id");
	}
	return n;
}

static void
race(size_t n)
{
	static const char *const	 names[] = { "r0", "r1", "r2" };
	size_t				 moved = 0, refused = 0, round, i;
	struct reply			 r;

	shop_clear();
	ring = n;
	for (i = 0; i < n; i++) {
		r = shelf(names[i], NULL);
		snprintf(keys[i], sizeof(keys[i]), "%s", reply_member(&r, "id"));
	}
	for (round = 0; round < 25; round++) {
		at_once(n, move);
		for (i = 0; i < n; i++) {
			moved += answers[i] == 200;
			refused += answers[i] == 409;
			CHECK("never a circle", steps_up(i) <= n);
		}
		for (i = 0; i < n; i++) {
			char	 path[192];

			snprintf(path, sizeof(path), CATEGORIES "/%s", keys[i]);
			CHECK_INT("apart again", ask_with("PATCH", path, PATCHED,
			    "{'parent_id':null}").status, 200);
		}
	}
	CHECK_INT("one of each ring is refused", refused, round);
	CHECK_INT("the others move", moved, round * (n - 1));
	shop_end();
}

static void
test_race_of_two(void)
{
	race(2);
}

static void
test_race_of_three(void)
{
	race(3);
}

TESTS(categories, { "create", test_create }, { "bodies", test_bodies },
    { "changes", test_changes }, { "tree", test_tree }, { "delete", test_delete },
    { "lists", test_lists }, { "batch", test_batch },
    { "two moves at once", test_race_of_two },
    { "three moves at once", test_race_of_three })
