/*
 * children: rows that are part of a row, in one request and one transaction.
 * Orders have a version, and lines with keys, references and a unique article;
 * lists have neither, as a table that was there before.
 */
#include "children_kit.h"

/* Statements that are left out on purpose: which begin so. */
static const char	*left_out;
static int		 reads;		/* of lines */

enum db_err	 __real_db_exec(struct db *, struct str, const struct val *, size_t,
		    struct db_result *);
enum db_err	 __wrap_db_exec(struct db *, struct str, const struct val *, size_t,
		    struct db_result *);

enum db_err
__wrap_db_exec(struct db *db, struct str text_, const struct val *v, size_t n,
    struct db_result *done)
{
	if (left_out != NULL && str_starts(text_, str_of(left_out)))
		return DB_OK;
	return __real_db_exec(db, text_, v, n, done);
}

enum db_err	 __real_db_query(struct db *, struct arena *, struct str,
		    const struct val *, size_t, struct db_rows *);
enum db_err	 __wrap_db_query(struct db *, struct arena *, struct str,
		    const struct val *, size_t, struct db_rows *);

enum db_err
__wrap_db_query(struct db *db, struct arena *a, struct str text_, const struct val *v,
    size_t n, struct db_rows *rows)
{
	reads += memmem(text_.p, text_.n, STR("FROM `order_lines`").p,
	    STR("FROM `order_lines`").n) != NULL;
	return __real_db_query(db, a, text_, v, n, rows);
}

#define TWO	"{'sku':'a','quantity':1,'good':1},{'sku':'b','quantity':2,'good':2}"

static struct reply
post(const char *body)
{
	return ASK("POST", "/v1/orders", .body = json(body));
}

static struct reply
patch(const char *uri, const char *body)
{
	return ASK("PATCH", uri, .if_match = "*", .body = json(body));
}

static void
anew(void)
{
	left_out = NULL;
	sql("DELETE FROM order_lines; DELETE FROM orders; DELETE FROM entries;"
	    "DELETE FROM more_entries; DELETE FROM todos; DELETE FROM audit;"
	    "DELETE FROM idempotency_keys");
}

static const char *
lines(void)
{
	return sql_all("SELECT CONCAT(line_no, sku, quantity) FROM order_lines"
	    " ORDER BY order_id, line_no");
}

/* An order of a and b; its path. */
static const char *
made(void)
{
	struct reply	 r;

	anew();
	r = post("{'number':'1','lines':[" TWO "]}");
	CHECK_INT("made", r.status, 201);
	return header(r, "Location");
}

static void
one_request_makes_all(void)
{
	const char	*uri = made();
	struct reply	 r = ASK("GET", uri), l;

	CHECK_TEXT("rows", lines(), "1a1,2b2");
	CHECK_INT("there", r.status, 200);
	CHECK_TEXT("in their order", at(r, "/lines/1/sku"), "b");
	CHECK("its own key", at(r, "/lines/1/id") != NULL &&
	    strcmp(at(r, "/lines/0/id"), at(r, "/lines/1/id")) != 0);
	CHECK("what the table sets", at(r, "/lines/0/made_at") != NULL);
	CHECK_TEXT("absent", at(r, "/lines/0/extra"), NULL);
	(void)post("{'number':'2','lines':[" TWO "]}");
	reads = 0;
	l = ASK("GET", "/v1/orders?sort=number");
	CHECK_TEXT("in a list, too", at(l, "/items/0/lines/1/sku"), "b");
	CHECK_INT("of all its rows at once", reads, 1);
	l = ASK("GET", "/v1/orders?fields=number");
	CHECK_TEXT("unless it is left out", at(l, "/items/0/lines"), NULL);
	CHECK_INT("then they are not read", reads, 1);
	l = ASK("GET", text("%s?fields=lines", uri));
	CHECK_TEXT("or alone", at(l, "/lines/0/sku"), "a");
	CHECK_TEXT("really", at(l, "/number"), NULL);
	r = ASK("POST", "/v1/todos", .body = json("{'name':'x','entries':[],"
	    "'more':[{'text':'m'}]}"));
	CHECK_TEXT("none", at(r, "/entries"), "[]");
	CHECK_TEXT("two lists", at(r, "/more/0/text"), "m");
	r = ASK("POST", "/v1/todos", .body = json("{'name':'y'}"));
	CHECK_INT("they may be left out there", r.status, 201);
	CHECK_TEXT("and are not another's", at(r, "/more"), "[]");
}

struct refusal {
	const char	*label, *body;
	int		 status;
	const char	*pointer, *code;	/* of the first fault */
};

static const struct refusal	 refusals[] = {
	{ "no lines", "{'number':'2'}", 422, "#/lines", "required" },
	{ "too few", "{'number':'2','lines':[]}", 422, "#/lines", "too_few_items" },
	{ "too many", "{'number':'2','lines':[" TWO "," TWO "," TWO "]}", 422, "#/lines",
	  "too_many_items" },
	{ "no list", "{'number':'2','lines':{}}", 422, "#/lines", "type_mismatch" },
	{ "no line", "{'number':'2','lines':[7]}", 422, "#/lines/0", "type_mismatch" },
	{ "nothing", "{'number':'2','lines':[null]}", 422, "#/lines/0", "type_mismatch" },
	{ "out of range", "{'number':'2','lines':[{'sku':'a','quantity':0,'good':1}]}",
	  422, "#/lines/0/quantity", "out_of_range" },
	{ "unknown", "{'number':'2','lines':[{'sku':'a','quantity':1,'good':1,'x':1}]}",
	  422, "#/lines/0/x", "unknown_field" },
	{ "its key", "{'number':'2','lines':[{'id':'" HERS "','sku':'a','quantity':1,"
	  "'good':1}]}", 422, "#/lines/0/id", "read_only_field" },
	{ "its place", "{'number':'2','lines':[{'line_no':1,'sku':'a','quantity':1,"
	  "'good':1}]}", 422, "#/lines/0/line_no", "unknown_field" },
	{ "whose it is", "{'number':'2','lines':[{'order_id':'" HERS "','sku':'a',"
	  "'quantity':1,'good':1}]}", 422, "#/lines/0/order_id", "unknown_field" },
	{ "twice in one", "{'number':'2','lines':[" TWO ",{'sku':'a','quantity':1,"
	  "'good':1}]}", 422, "#/lines/2/sku", "sku_taken" },
	{ "names nothing", "{'number':'2','lines':[" TWO ",{'sku':'c','quantity':1,"
	  "'good':9}]}", 422, "#/lines/2/good", "reference_not_found" },
	{ "the table's own rule", "{'number':'2','lines':[{'sku':'zz','quantity':1,"
	  "'good':1}]}", 422, "#/lines/0", "invalid_value" },
	{ "the order itself", "{'number':'1','lines':[" TWO "]}", 409, "#/number",
	  "number_taken" },
	{ "of a batch", "{'items':[{'number':'2','lines':[" TWO "]},{'number':'3','lines':["
	  TWO ",{'sku':'b','quantity':1,'good':1}]}]}", 422, "#/items/1/lines/2/sku",
	  "sku_taken" },
	{ "values of a batch", "{'items':[{'number':'2','lines':[" TWO "]},{'number':'3',"
	  "'lines':[{'sku':'b','quantity':1000,'good':1}]}]}", 422,
	  "#/items/1/lines/0/quantity", "out_of_range" },
};

static void
faults_tell_their_place(void)
{
	struct reply	 r;

	(void)made();
	for (size_t i = 0; i < NELEMS(refusals); i++) {
		r = post(refusals[i].body);
		CHECK_INT(refusals[i].label, r.status, refusals[i].status);
		CHECK_TEXT(refusals[i].label, at(r, "/errors/0/pointer"),
		    refusals[i].pointer);
		CHECK_TEXT(refusals[i].label, at(r, "/errors/0/code"), refusals[i].code);
		CHECK_TEXT(refusals[i].label, lines(), "1a1,2b2");
		CHECK_TEXT(refusals[i].label, sql_one("SELECT COUNT(*) FROM orders"), "1");
	}
	r = post("{'number':'2','lines':[{'sku':'a','quantity':1,'good':9},"
	    "{'sku':'b','quantity':1,'good':1},{'sku':'b','quantity':1,'good':1}]}");
	CHECK_TEXT("all of them", at(r, "/errors/1/pointer"), "#/lines/2/sku");
	r = patch("/v1/orders/" HERS, "{'note':'x'}");
	CHECK_INT("no order", r.status, 404);
}

static void
many_orders_at_once(void)
{
	struct reply	 r;

	anew();
	r = post("{'items':[{'number':'1','lines':[" TWO "]},{'number':'2','lines':["
	    "{'sku':'b','quantity':7,'good':1}]}]}");
	CHECK_INT("made", r.status, 201);
	CHECK_TEXT("the first one's", at(r, "/items/0/lines/1/sku"), "b");
	CHECK_TEXT("the second one's", at(r, "/items/1/lines/0/quantity"), "7");
	CHECK_TEXT("not more", at(r, "/items/1/lines/1"), NULL);
	CHECK_TEXT("rows", lines(), "1a1,2b2,1b7");
	r = ASK("POST", "/v1/orders", .prefer = "resolution=merge-duplicates", .body =
	    json("{'items':[{'number':'1','lines':[{'sku':'a','quantity':1,'good':1}]},"
	    "{'number':'3','lines':[" TWO "]}]}"));
	CHECK_INT("merged", r.status, 201);
	CHECK_TEXT("one less, two more", lines(), "1a1,1b7,1a1,2b2");
}

/* --- changes --------------------------------------------------------------------- */

/* What PATCH makes of a and b, and which of their rows are left alone. */
static const struct {
	const char	*label, *lines, *rows;
	int		 alone;		/* bit per row of before */
} changes[] = {
	{ "the same", TWO, "1a1,2b2", 3 },
	{ "one more", TWO ",{'sku':'c','quantity':3,'good':1}", "1a1,2b2,3c3", 3 },
	{ "one less", "{'sku':'a','quantity':1,'good':1}", "1a1", 1 },
	{ "the first goes", "{'sku':'b','quantity':2,'good':2}", "1b2", 0 },
	{ "the other way round", "{'sku':'b','quantity':2,'good':2},{'sku':'a','quantity':1,"
	  "'good':1}", "1b2,2a1", 0 },
	{ "one other value", "{'sku':'a','quantity':1,'good':1},{'sku':'b','quantity':3,"
	  "'good':2}", "1a1,2b3", 1 },
	{ "a value more", "{'sku':'a','quantity':1,'good':1,'extra':0},{'sku':'b',"
	  "'quantity':2,'good':2}", "1a1,2b2", 2 },
	{ "all others", "{'sku':'x','quantity':8,'good':1},{'sku':'y','quantity':9,'good':1}",
	  "1x8,2y9", 0 },
};

static void
what_differs_is_written(void)
{
	struct reply	 before, after;
	bool		 same;

	for (size_t i = 0; i < NELEMS(changes) * 2; i++) {
		const char	*uri = made(), *label = changes[i / 2].label;
		const char	*put = text("{'number':'1','lines':[%s]}", changes[i / 2].lines);

		before = ASK("GET", uri);
		after = i % 2 ? ASK("PUT", uri, .if_match = "*", .body = json(put)) :
		    patch(uri, text("{'lines':[%s]}", changes[i / 2].lines));
		CHECK_INT(label, after.status, 200);
		CHECK_TEXT(label, lines(), changes[i / 2].rows);
		for (int j = 0; j < 2; j++) {
			const char	*id = at(after, text("/lines/%d/id", j));

			same = id != NULL && strcmp(at(before, text("/lines/%d/id", j)), id) == 0;
			CHECK_INT(label, same, changes[i / 2].alone >> j & 1);
		}
		same = strcmp(header(before, "ETag"), header(after, "ETag")) == 0;
		CHECK_INT(label, same, i / 2 == 0);
		CHECK_TEXT(label, sql_one("SELECT version FROM orders"), i / 2 == 0 ? "1" : "2");
	}
}

static void
a_change_of_the_rest_leaves_them(void)
{
	const char	*uri = made();
	struct reply	 r = patch(uri, "{'note':'n'}");

	CHECK_INT("changed", r.status, 200);
	CHECK_TEXT("still there", at(r, "/lines/1/sku"), "b");
	CHECK_TEXT("all", lines(), "1a1,2b2");
	r = patch(uri, "{'lines':null}");
	CHECK_INT("needed", r.status, 422);
	r = ASK("PUT", uri, .if_match = "*", .body = json("{'number':'1'}"));
	CHECK_TEXT("in a PUT, too", at(r, "/errors/0/pointer"), "#/lines");
	r = ASK("PATCH", uri, .if_match = "\"1\"", .body = json("{'lines':[" TWO "]}"));
	CHECK_INT("stale", r.status, 412);
	r = patch(uri, "{'lines':[" TWO ",{'sku':'c','quantity':1,'good':9}]}");
	CHECK_TEXT("a fault's place", at(r, "/errors/0/pointer"), "#/lines/2/good");
	CHECK_TEXT("nothing is changed", lines(), "1a1,2b2");
}

/* Others put them at places of their own, and change them behind our back. */
static void
rows_of_others(void)
{
	const char	*uri;
	struct reply	 r, s;

	anew();
	sql("INSERT INTO todos (id, name) VALUES (7, 'old');"
	    "INSERT INTO entries VALUES (7, 30, 'c'), (7, -4, 'a'), (7, 10, 'b')");
	uri = "/v1/todos/7";
	r = ASK("GET", uri);
	CHECK_TEXT("by their places", at(r, "/entries/2/text"), "c");
	s = patch(uri, "{'entries':[{'text':'a'},{'text':'x'},{'text':'c'},{'text':'d'}]}");
	CHECK_INT("changed", s.status, 200);
	CHECK_TEXT("where they stood", sql_all("SELECT CONCAT(place, text) FROM entries"
	    " ORDER BY place"), "-4a,10x,30c,31d");
	CHECK("another state, without a version", strcmp(header(r, "ETag"),
	    header(s, "ETag")) != 0);
	sql("UPDATE entries SET text = 'z' WHERE place = 30");
	r = ASK("PATCH", uri, .if_match = header(s, "ETag"), .body = json("{'name':'n'}"));
	CHECK_INT("changed by somebody: stale", r.status, 412);
	r = ASK("PATCH", uri, .if_match = header(r, "ETag"), .body = json("{'entries':[]}"));
	CHECK_INT("with the new one", r.status, 200);
	CHECK_TEXT("none is left", sql_one("SELECT COUNT(*) FROM entries"), "0");
	CHECK_INT("the other list apart", patch(uri, "{'more':[{'text':'m'}]}").status, 200);
	CHECK_TEXT("is written", sql_all("SELECT text FROM more_entries"), "m");
}

static void
an_end(void)
{
	const char	*uri = made();
	struct reply	 r = ASK("DELETE", uri, .if_match = "*");

	CHECK_INT("gone", r.status, 204);
	CHECK_TEXT("with its lines", lines(), "");
	CHECK_TEXT("told once", sql_one("SELECT COUNT(*) FROM audit"), "2");
	CHECK_TEXT("of the order", sql_all("SELECT action FROM audit ORDER BY id"),
	    "orders.create,orders.delete");
	sql("INSERT INTO todos (id, name) VALUES (7, 'old');"
	    "INSERT INTO entries VALUES (7, 1, 'a')");
	CHECK_INT("retired", ASK("DELETE", "/v1/kept/7", .if_match = "*").status, 204);
	CHECK_TEXT("for the sake of history", sql_all("SELECT text FROM entries"), "a");
}

/* --- whose rows they name ----------------------------------------------------------- */

static void
they_name_ones_own(void)
{
	const char	*ann = token_for(ANN, "orders:read orders:write");
	const char	*root = token_for(ANN, "orders:read orders:write orders:all");
	const char	*body = json("{'number':'1','lines':[{'sku':'a','quantity':1,'good':1,"
			    "'folder_id':'" HERS "'},{'sku':'b','quantity':1,'good':1},"
			    "{'sku':'c','quantity':1,'good':1,'folder_id':'" HIS "'}]}");
	const char	*uri;
	struct reply	 r;

	anew();
	r = ASK("POST", "/v1/orders", .token = ann, .body = body);
	CHECK_INT("another's", r.status, 422);
	CHECK_TEXT("is not there", at(r, "/errors/0/code"), "reference_not_found");
	CHECK_TEXT("so it is told", at(r, "/errors/0/pointer"), "#/lines/2/folder_id");
	CHECK_TEXT("and hers is no fault", at(r, "/errors/1"), NULL);
	CHECK_TEXT("nothing", lines(), "");
	r = ASK("POST", "/v1/orders", .token = root, .body = body);
	CHECK_INT("who may, may", r.status, 201);
	uri = header(r, "Location");
	r = ASK("PUT", uri, .if_match = "*", .token = ann, .body = body);
	CHECK_INT("what is there may stay", r.status, 200);
	r = ASK("PATCH", uri, .if_match = "*", .token = ann, .body =
	    json("{'lines':[{'sku':'a','quantity':1,'good':1,'folder_id':'" BEN "'}]}"));
	CHECK_INT("no such", r.status, 422);
}

static void
with_a_key(void)
{
	struct reply	 a, b;

	anew();
	for (int i = 0; i < 2; i++) {
		b = ASK("POST", "/v1/orders", .key = "k", .body =
		    json("{'number':'1','lines':[" TWO "]}"));
		CHECK_INT("made", b.status, 201);
		a = i == 0 ? b : a;
	}
	CHECK("the same", str_eq(a.body, b.body));
	CHECK_TEXT("once", lines(), "1a1,2b2");
	for (int i = 0; i < 2; i++) {
		b = ASK("POST", "/v1/orders", .key = "j", .body =
		    json("{'number':'2','lines':[" TWO ",{'sku':'a','quantity':1,'good':1}]}"));
		CHECK_INT("refused", b.status, 422);
	}
	CHECK_TEXT("what it wrote before is taken back", lines(), "1a1,2b2");
}

/* A part of it that is left out is noticed by the tests above. */
static void
parts_left_out(void)
{
	static const char *const	 parts[] = { "DELETE FROM `order_lines`",
					    "INSERT INTO `order_lines`" };
	struct reply			 r;

	for (size_t i = 0; i < NELEMS(parts); i++) {
		const char	*uri = made();

		left_out = parts[i];
		r = patch(uri, "{'lines':[{'sku':'b','quantity':9,'good':1}]}");
		left_out = NULL;
		CHECK(parts[i], r.status != 200 || strcmp(lines(), "1b9") != 0);
	}
}

TESTS(children,
    { "begin", begin },
    { "one request makes all", one_request_makes_all },
    { "faults tell their place", faults_tell_their_place },
    { "many orders at once", many_orders_at_once },
    { "what differs is written", what_differs_is_written },
    { "a change of the rest leaves them", a_change_of_the_rest_leaves_them },
    { "rows of others", rows_of_others },
    { "an end", an_end },
    { "they name one's own", they_name_ones_own },
    { "with a key", with_a_key },
    { "parts left out", parts_left_out },
    { "end", end })
