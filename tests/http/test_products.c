/* products: one by one, as API says of them; anonymous, and with products:write. */
#include "shop.h"

#define P	PRODUCTS "/{p}"
#define MATCH	BEARER MERGE "If-Match: {p_etag}\n"

/* How the ETag begins: the row's version. */
static int
version_of(const struct reply *r)
{
	const char	*etag = reply_header(r, "ETag");

	return etag == NULL || etag[0] != '"' ? -1 : atoi(etag + 1);
}

static bool
is_stamp(const char *s)
{
	static const char	 form[] = "dddd-dd-ddTdd:dd:dd.dddZ";

	if (s == NULL || strlen(s) != sizeof(form) - 1)
		return false;
	for (size_t i = 0; form[i] != '\0'; i++)
		if (form[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != form[i])
			return false;
	return true;
}

static void
test_create(void)
{
	struct reply	 made, got;
	char		 path[64];

	shop_begin();
	made = product(",'description':'Of steel\\nand ash','category_ids':['{c1}'],"
	    "'attributes':{'cm':90,'hand':true,'maker':'Ö & Söhne','kg':1.5}");
	check_members("create", &made, MEMBERS(
	    { "sku", "{p_sku}" }, { "name", "Spade" },
	    { "description", "Of steel\nand ash" },
	    { "price.amount", "1999" }, { "price.currency", "EUR" },
	    { "category_ids", "[\"{c1}\"]" }, { "attributes.cm", "90" },
	    { "attributes.hand", "true" }, { "attributes.maker", "Ö & Söhne" },
	    { "attributes.kg", "1.5" }, { "status", "active" },
	    { "available", "0" }, { "version", NULL }, { "categories", NULL }));
	CHECK("made now", is_stamp(reply_member(&made, "created_at")));
	CHECK_TEXT("not changed since", reply_member(&made, "updated_at"),
	    reply_member(&made, "created_at"));
	CHECK("a key of version 7", filled("{p}")[14] == '7');
	CHECK_INT("first version", version_of(&made), 1);
	snprintf(path, sizeof(path), PRODUCTS "/%s", filled("{p}"));
	CHECK_TEXT("Location", reply_header(&made, "Location"), path);
	got = ask_get(P, NULL);
	CHECK_INT("get", got.status, 200);
	CHECK("the get has the bytes of the creation", str_eq(got.body, made.body));
	CHECK_TEXT("and its ETag", reply_header(&got, "ETag"), reply_header(&made, "ETag"));
	CHECK_TEXT("Content-Type", reply_header(&got, "Content-Type"), "application/json");
	CHECK("Last-Modified", reply_header(&got, "Last-Modified") != NULL);
	got = product("");
	check_members("as little as can be", &got, MEMBERS(
	    { "description", NULL }, { "attributes", NULL },
	    { "category_ids", "[]" }, { "status", "active" }));
	got = product(",'description':null,'attributes':null,'category_ids':null,"
	    "'status':null");
	check_members("null is absent", &got, MEMBERS(
	    { "description", NULL }, { "attributes", NULL },
	    { "category_ids", "[]" }, { "status", "active" }));
	shop_end();
}

static const struct trial	 bodies[] = {
	{ .label = "free of charge", .path = PRODUCTS, .headers = POSTED, .status = 201,
	  .body = PRICED("{'amount':0,'currency':'JPY'}") },
	{ .label = "dearest", .path = PRODUCTS, .headers = POSTED, .status = 201,
	  .body = PRICED("{'amount':1000000000000,'currency':'EUR'}") },
	{ .label = "dearer", .path = PRODUCTS, .headers = POSTED, .status = 422,
	  .code = "validation_failed", .errors = "#/price/amount out_of_range",
	  .body = PRICED("{'amount':1000000000001,'currency':'EUR'}") },
	{ .label = "below nothing", .path = PRODUCTS, .headers = POSTED, .status = 422,
	  .code = "validation_failed", .errors = "#/price/amount out_of_range",
	  .body = PRICED("{'amount':-1,'currency':'EUR'}") },
	{ .label = "archived", .path = PRODUCTS, .headers = POSTED, .status = 422,
	  .code = "validation_failed", .errors = "#/status invalid_value",
	  .body = SPADE(",'status':'archived'") },
	{ .label = "available given", .path = PRODUCTS, .headers = POSTED, .status = 422,
	  .code = "validation_failed", .errors = "#/available read_only_field",
	  .body = SPADE(",'available':5") },
	{ .label = "attributes not flat", .path = PRODUCTS, .headers = POSTED,
	  .status = 422, .code = "validation_failed", .errors = "#/attributes/a type_mismatch",
	  .body = SPADE(",'attributes':{'a':{'b':1}}") },
	{ .label = "unknown shelf", .path = PRODUCTS, .headers = POSTED, .status = 422,
	  .code = "validation_failed", .errors = "#/category_ids/1 reference_not_found",
	  .body = SPADE(",'category_ids':['{cat}','" NONE "']") },
	{ .label = "two unknown shelves", .path = PRODUCTS, .headers = POSTED,
	  .status = 422, .code = "validation_failed",
	  .errors = "#/category_ids/0 reference_not_found, "
	      "#/category_ids/2 reference_not_found",
	  .body = SPADE(",'category_ids':['" NONE "','{cat}',"
	      "'019ab0c2-7d3e-7a40-9b1f-0d5e8c1f2a34']") },
	{ .label = "one shelf twice", .path = PRODUCTS, .headers = POSTED, .status = 422,
	  .code = "validation_failed", .errors = "#/category_ids/1 invalid_value",
	  .body = SPADE(",'category_ids':['{cat}','{cat}']") },
	{ .label = "the sku of another", .path = PRODUCTS, .headers = POSTED,
	  .status = 409, .code = "sku_taken", .errors = "#/sku sku_taken",
	  .body = "{'sku':'{sku}','name':'Spade'," EUR(1) "}" },
	{ .label = "anonymous", .path = PRODUCTS, .headers = JSON, .status = 401,
	  .code = "unauthenticated", .body = SPADE("") },
};

static void
test_bodies(void)
{
	struct trial	 t[NELEMS(bodies)];

	trial_begin();
	memcpy(t, bodies, sizeof(t));
	for (size_t i = 0; i < NELEMS(t); i++)
		t[i].method = "POST";
	TRIALS(t);
	trial_end();
	client_end();
}

/*
 * RFC 7396, appendix A, as far as a product can show it, one after the other.
 * `path` then has `value`; `same`: nothing was changed by it.
 */
static const struct {
	const char	*label, *patch, *path, *value;
	bool		 same;
} patches[] = {
	{ "a name", "{'name':'Rake'}", "name", "Rake", false },
	{ "the same name", "{'name':'Rake'}", "name", "Rake", true },
	{ "nothing", "{}", "name", "Rake", true },
	{ "added", "{'description':'Ash'}", "description", "Ash", false },
	{ "others stay", "{'name':'Fork'}", "description", "Ash", false },
	{ "taken away", "{'description':null}", "description", NULL, false },
	{ "taken away again", "{'description':null}", "description", NULL, true },
	{ "an object made", "{'attributes':{'a':'b'}}", "attributes",
	    "{\"a\":\"b\"}", false },
	{ "a/b becomes a/c", "{'attributes':{'a':'c'}}", "attributes",
	    "{\"a\":\"c\"}", false },
	{ "b/c beside it", "{'attributes':{'b':'c'}}", "attributes",
	    "{\"a\":\"c\",\"b\":\"c\"}", false },
	{ "a removed from within", "{'attributes':{'a':null}}", "attributes",
	    "{\"b\":\"c\"}", false },
	{ "an absent one removed", "{'attributes':{'z':null}}", "attributes",
	    "{\"b\":\"c\"}", true },
	{ "text becomes number", "{'attributes':{'b':1}}", "attributes",
	    "{\"b\":1}", false },
	{ "number as it was", "{'attributes':{'b':1}}", "attributes",
	    "{\"b\":1}", true },
	{ "the object removed", "{'attributes':null}", "attributes", NULL, false },
	{ "nulls make none", "{'attributes':{'a':1,'b':null}}", "attributes",
	    "{\"a\":1}", false },
	{ "the amount alone", "{'price':{'amount':5}}", "price",
	    "{\"amount\":5,\"currency\":\"EUR\"}", false },
	{ "the currency alone", "{'price':{'currency':'JPY'}}", "price",
	    "{\"amount\":5,\"currency\":\"JPY\"}", false },
	{ "an array", "{'category_ids':['{c1}','{c2}']}", "category_ids",
	    "[\"{c1}\",\"{c2}\"]", false },
	{ "in another order", "{'category_ids':['{c2}','{c1}']}", "category_ids",
	    "[\"{c1}\",\"{c2}\"]", true },
	{ "arrays are replaced whole", "{'category_ids':['{c2}']}", "category_ids",
	    "[\"{c2}\"]", false },
	{ "emptied", "{'category_ids':[]}", "category_ids", "[]", false },
	{ "null empties", "{'category_ids':null}", "category_ids", "[]", true },
	{ "a draft", "{'status':'draft'}", "status", "draft", false },
	{ "null is the default", "{'status':null}", "status", "active", false },
	{ "several", "{'name':'Hoe','description':'x','status':'draft'}", "status",
	    "draft", false },
};

static void
test_patch(void)
{
	struct reply	 r;
	char		 etag[64];

	shop_begin();
	r = product("");
	for (size_t i = 0; i < NELEMS(patches); i++) {
		const char	*label = patches[i].label;

		snprintf(etag, sizeof(etag), "%s", reply_header(&r, "ETag"));
		let("p_etag", etag);
		r = ask_with("PATCH", P, MATCH, patches[i].patch);
		CHECK_INT(label, r.status, 200);
		check_members(label, &r, MEMBERS({ patches[i].path, patches[i].value }));
		CHECK_INT(label, version_of(&r), atoi(etag + 1) + !patches[i].same);
		if (patches[i].same)
			CHECK_TEXT(label, reply_header(&r, "ETag"), etag);
	}
	shop_end();
}

static const struct trial	 changes[] = {
	{ .label = "no If-Match", .method = "PATCH", .path = PRODUCT,
	  .headers = BEARER MERGE, .body = "{'name':'x'}", .status = 428,
	  .code = "precondition_required" },
	{ .label = "stale", .method = "PATCH", .path = PRODUCT,
	  .headers = BEARER MERGE "If-Match: \"9-00000000\"\n", .body = "{'name':'x'}",
	  .status = 412, .code = "precondition_failed" },
	{ .label = "stale, nobody", .method = "PATCH", .path = NOBODY,
	  .headers = BEARER MERGE "If-Match: \"9-00000000\"\n", .body = "{'name':'x'}",
	  .status = 404, .code = "not_found" },
	{ .label = "weak", .method = "PATCH", .path = PRODUCT,
	  .headers = BEARER MERGE "If-Match: W/{etag}\n", .body = "{'name':'x'}",
	  .status = 412, .code = "precondition_failed" },
	{ .label = "not quoted", .method = "PATCH", .path = PRODUCT,
	  .headers = BEARER MERGE "If-Match: 1-00000000\n", .body = "{'name':'x'}",
	  .status = 400, .code = "invalid_header" },
	{ .label = "what stands beside the row does not count", .method = "PATCH",
	  .path = PRODUCT, .headers = BEARER MERGE "If-Match: \"1-00000000\"\n",
	  .body = "{}", .status = 200 },
	{ .label = "one of several", .method = "PATCH", .path = PRODUCT,
	  .headers = BEARER MERGE "If-Match: \"8-00000000\", {etag}\n", .body = "{}",
	  .status = 200 },
	{ .label = "sku", .method = "PATCH", .path = PRODUCT, .headers = PATCHED,
	  .body = "{'sku':'" MINE "other'}", .status = 422,
	  .code = "validation_failed", .errors = "#/sku read_only_field" },
	{ .label = "name null", .method = "PATCH", .path = PRODUCT, .headers = PATCHED,
	  .body = "{'name':null}", .status = 422, .code = "validation_failed",
	  .errors = "#/name required" },
	{ .label = "price null", .method = "PATCH", .path = PRODUCT, .headers = PATCHED,
	  .body = "{'price':null}", .status = 422, .code = "validation_failed",
	  .errors = "#/price required" },
	{ .label = "amount null", .method = "PATCH", .path = PRODUCT, .headers = PATCHED,
	  .body = "{'price':{'amount':null}}", .status = 422,
	  .code = "validation_failed", .errors = "#/price/amount required" },
	{ .label = "a patch that is an array", .method = "PATCH", .path = PRODUCT,
	  .headers = PATCHED, .body = "['c']", .status = 422,
	  .code = "validation_failed", .errors = "# type_mismatch" },
	{ .label = "a patch that is null", .method = "PATCH", .path = PRODUCT,
	  .headers = PATCHED, .body = "null", .status = 422,
	  .code = "validation_failed", .errors = "# type_mismatch" },
	{ .label = "a patch that is text", .method = "PATCH", .path = PRODUCT,
	  .headers = PATCHED, .body = "'bar'", .status = 422,
	  .code = "validation_failed", .errors = "# type_mismatch" },
	{ .label = "an attribute that is an array", .method = "PATCH", .path = PRODUCT,
	  .headers = PATCHED, .body = "{'attributes':{'a':['b']}}", .status = 422,
	  .code = "validation_failed", .errors = "#/attributes/a type_mismatch" },
	{ .label = "an attribute within one", .method = "PATCH", .path = PRODUCT,
	  .headers = PATCHED, .body = "{'attributes':{'a':{'bb':{'ccc':null}}}}",
	  .status = 422, .code = "validation_failed",
	  .errors = "#/attributes/a type_mismatch" },
	{ .label = "unknown shelf", .method = "PATCH", .path = PRODUCT,
	  .headers = PATCHED, .body = "{'category_ids':['{cat}','" NONE "']}",
	  .status = 422, .code = "validation_failed",
	  .errors = "#/category_ids/1 reference_not_found" },
	{ .label = "as JSON", .method = "PATCH", .path = PRODUCT,
	  .headers = BEARER JSON ANY, .body = "{}", .status = 415,
	  .code = "unsupported_media_type" },
	{ .label = "anonymous patch", .method = "PATCH", .path = PRODUCT,
	  .headers = MERGE ANY, .body = "{}", .status = 401, .code = "unauthenticated" },
	{ .label = "put without name", .method = "PUT", .path = PRODUCT,
	  .headers = PUT_ANY, .body = "{'sku':'{sku}'," EUR(1) "}", .status = 422,
	  .code = "validation_failed", .errors = "#/name required" },
	{ .label = "put with another sku", .method = "PUT", .path = PRODUCT,
	  .headers = PUT_ANY, .body = "{'sku':'" MINE "x','name':'x'," EUR(1) "}",
	  .status = 422, .code = "validation_failed", .errors = "#/sku read_only_field" },
	{ .label = "put without If-Match", .method = "PUT", .path = PRODUCT,
	  .headers = POSTED, .body = "{'sku':'{sku}','name':'x'," EUR(1) "}",
	  .status = 428, .code = "precondition_required" },
	{ .label = "put, stale", .method = "PUT", .path = PRODUCT,
	  .headers = POSTED "If-Match: \"9-00000000\"\n",
	  .body = "{'sku':'{sku}','name':'x'," EUR(1) "}", .status = 412,
	  .code = "precondition_failed" },
	{ .label = "put makes none", .method = "PUT", .path = NOBODY,
	  .headers = PUT_ANY, .body = "{'sku':'" MINE "n','name':'x'," EUR(1) "}",
	  .status = 404, .code = "not_found" },
	{ .label = "delete without If-Match", .method = "DELETE", .path = PRODUCT,
	  .headers = BEARER, .status = 428, .code = "precondition_required" },
	{ .label = "delete, stale", .method = "DELETE", .path = PRODUCT,
	  .headers = BEARER "If-Match: \"9-00000000\"\n", .status = 412,
	  .code = "precondition_failed" },
	{ .label = "anonymous delete", .method = "DELETE", .path = PRODUCT,
	  .headers = ANY, .status = 401, .code = "unauthenticated" },
};

/* None of the refused ones left a trace. */
static void
test_changes(void)
{
	struct reply	 r;

	trial_begin();
	TRIALS(changes);
	r = ask_get(PRODUCT, NULL);
	CHECK_TEXT("as it was", reply_header(&r, "ETag"), filled("{etag}"));
	r = ask_with("PATCH", PRODUCT, BEARER MERGE "If-Match: \"9-00000000\"\n", "{}");
	CHECK_TEXT("412 tells the ETag", reply_header(&r, "ETag"), filled("{etag}"));
	trial_end();
	client_end();
}

static void
test_put(void)
{
	struct reply	 r;

	shop_begin();
	r = product(",'description':'x','attributes':{'a':1},'category_ids':['{c1}'],"
	    "'status':'draft'");
	r = ask_with("PUT", P, POSTED "If-Match: {p_etag}\n",
	    "{'sku':'{p_sku}','name':'Rake'," EUR(5) ",'category_ids':['{c2}']}");
	CHECK_INT("put", r.status, 200);
	CHECK_INT("a version on", version_of(&r), 2);
	check_members("put: what is not said is gone", &r, MEMBERS(
	    { "id", "{p}" }, { "name", "Rake" }, { "description", NULL },
	    { "attributes", NULL }, { "category_ids", "[\"{c2}\"]" },
	    { "status", "active" }, { "price.amount", "5" }));
	let("p_etag", reply_header(&r, "ETag"));
	r = ask_with("PUT", P, POSTED "If-Match: {p_etag}\n",
	    "{'sku':'{p_sku}','name':'Rake'," EUR(5) ",'category_ids':['{c2}']}");
	CHECK_INT("the same again", r.status, 200);
	CHECK_TEXT("the same ETag", reply_header(&r, "ETag"), filled("{p_etag}"));
	shop_end();
}

static void
test_delete(void)
{
	struct reply	 r;

	shop_begin();
	(void)product(",'category_ids':['{c1}']");
	CHECK_INT("there", get_status(P), 200);
	r = ask_with("DELETE", P, BEARER "If-Match: {p_etag}\n", NULL);
	CHECK_INT("delete", r.status, 204);
	CHECK_INT("no body", r.body.n, 0);
	CHECK_INT("gone", get_status(P), 404);
	CHECK_INT("gone for writers", ask_get(P, BEARER).status, 404);
	CHECK_INT("once", ask_with("DELETE", P, BEARER ANY, NULL).status, 404);
	CHECK_INT("no patch", ask_with("PATCH", P, PATCHED, "{}").status, 404);
	r = ask_get(PRODUCTS "?sku={p_sku}&count=exact", NULL);
	check_members("gone from lists", &r, MEMBERS({ "total", "0" }));
	r = ask_with("POST", PRODUCTS, POSTED, "{'sku':'{p_sku}','name':'x'," EUR(1) "}");
	check_problem("its sku stays", &r, 409, "sku_taken");
	r = ask_with("DELETE", CATEGORIES "/{c1}", BEARER ANY, NULL);
	CHECK_INT("bug: an archived product kept its shelf from going", r.status, 204);
	shop_end();
}

static void
test_draft(void)
{
	struct reply	 r;

	shop_begin();
	(void)product(",'status':'draft'");
	let("weaker", token_of("ops:read"));
	CHECK_INT("draft, anonymous", get_status(P), 404);
	r = ask_get(P, "Authorization: Bearer {weaker}\n");
	check_problem("draft, another scope", &r, 404, "not_found");
	r = ask_get(P, BEARER);
	CHECK_INT("draft, who may write", r.status, 200);
	CHECK_TEXT("is private", reply_header(&r, "Cache-Control"), "private, no-cache");
	CHECK_INT("still not shown", get_status(P), 404);
	r = ask_get(PRODUCTS "?sku={p_sku}", BEARER);
	CHECK_TEXT("in no list", reply_member(&r, "items.0.sku"), NULL);
	r = ask_with("PATCH", P, PATCHED, "{'status':'active'}");
	CHECK_INT("published", r.status, 200);
	r = ask_get(P, NULL);
	CHECK_INT("shown at once", r.status, 200);
	CHECK_TEXT("is public", reply_header(&r, "Cache-Control"), "public, no-cache");
	r = ask_get(PRODUCTS "?sku={p_sku}", NULL);
	CHECK_TEXT("in the list", reply_member(&r, "items.0.id"), filled("{p}"));
	r = ask_with("PATCH", P, PATCHED, "{'status':'draft'}");
	CHECK_INT("withdrawn", r.status, 200);
	CHECK_INT("hidden at once", get_status(P), 404);
	r = ask_get(PRODUCTS "?sku={p_sku}", NULL);
	CHECK_TEXT("out of the list", reply_member(&r, "items.0.id"), NULL);
	shop_end();
}

static void
test_available(void)
{
	struct reply	 r;

	shop_begin();
	(void)product("");
	sql("INSERT INTO stock SELECT id, 12, 5 FROM products WHERE sku = '{p_sku}'");
	r = ask_get(P, NULL);
	check_members("on hand less reserved", &r, MEMBERS({ "available", "7" }));
	CHECK_INT("another row's write is no version", version_of(&r), 1);
	r = ask_with("PATCH", P, MATCH, "{'name':'x'}");
	CHECK_INT("and does not block an edit", r.status, 200);
	check_members("told by a write too", &r, MEMBERS({ "available", "7" }));
	r = ask_get(PRODUCTS "?sku={p_sku}", NULL);
	check_members("and by lists", &r, MEMBERS({ "items.0.available", "7" }));
	shop_end();
}

static int	 statuses[16];

static void
post_same(size_t i)
{
	statuses[i] = ask_with("POST", PRODUCTS, POSTED,
	    "{'sku':'" MINE "same','name':'x'," EUR(1) "}").status;
}

static int
count_status(size_t n, int status)
{
	int	 count = 0;

	for (size_t i = 0; i < n; i++)
		count += statuses[i] == status;
	return count;
}

static void
test_race(void)
{
	shop_begin();
	at_once(12, post_same);
	CHECK_INT("one is made", count_status(12, 201), 1);
	CHECK_INT("the others hear of it", count_status(12, 409), 11);
	shop_end();
}

static char	 raced[37];
static int	 counted[8];

/* Read n, write n + 1 where nobody else did meanwhile; ten times. */
static void
increment(size_t i)
{
	char	 path[64], patch[64];

	snprintf(path, sizeof(path), PRODUCTS "/%s", raced);
	counted[i] = 0;
	for (int tries = 0; counted[i] < 10 && tries < 2000; tries++) {
		struct reply	 r = ask_get(path, NULL);
		const char	*n = reply_member(&r, "attributes.n");

		let("now", reply_header(&r, "ETag"));
		snprintf(patch, sizeof(patch), "{'attributes':{'n':%d}}",
		    n == NULL ? 0 : atoi(n) + 1);
		r = ask_with("PATCH", path, BEARER MERGE "If-Match: {now}\n", patch);
		if (r.status != 200 && r.status != 412)
			return;
		counted[i] += r.status == 200;
	}
}

static void
test_lost_update(void)
{
	struct reply	 r;
	int		 all = 0;

	shop_begin();
	(void)product(",'attributes':{'n':0}");
	snprintf(raced, sizeof(raced), "%s", filled("{p}"));
	at_once(4, increment);
	for (size_t i = 0; i < 4; i++)
		all += counted[i];
	CHECK_INT("all came to their end", all, 40);
	r = ask_get(P, NULL);
	check_members("no update is lost", &r, MEMBERS({ "attributes.n", "40" }));
	CHECK_INT("each is a version", version_of(&r), 41);
	shop_end();
}

TESTS(products, { "create", test_create }, { "bodies", test_bodies },
    { "merge-patch", test_patch }, { "changes", test_changes }, { "put", test_put },
    { "delete", test_delete }, { "drafts", test_draft }, { "available", test_available },
    { "one sku at once", test_race }, { "lost updates", test_lost_update })
