/* users: who registers, who sees what of whom, and what ends a token. */
#include <signal.h>
#include <stdatomic.h>

#include "cached.h"
#include "people.h"

#define ROW		USERS "/{eve_id}"
#define EVE		"Authorization: Bearer {eve_token}\n"
#define BOB		"Authorization: Bearer {bob_token}\n"
#define ROOT		"Authorization: Bearer {root_token}\n"
#define NEW(m, v)	"{'email':'a@example.org','username':'free_name'," \
			"'password':'" PASSWORD "','" m "':" v "}"
#define PUT_PASSWORD	"PUT", ME "/password", EVE JSON

/* Eve and Bob are customers, {root} is an admin's tool. */
static void
test_begin(void)
{
	person_new("eve", NULL);
	person_new("bob", NULL);
	(void)person_login("eve");
	(void)person_login("bob");
	let("root_token", token_of("users:admin"));
}

static void
test_register(void)
{
	struct reply	 r;

	let("name", filled("{eve}_x"));
	r = ask_with("POST", USERS, JSON, "{'email':'Eve.X@EXAMPLE.Org','username':'{name}',"
	    "'password':'" PASSWORD "','display_name':'Eve X'}");
	CHECK_INT("made", r.status, 201);
	let("x_id", reply_member(&r, "id"));
	CHECK_TEXT("where", reply_header(&r, "Location"), filled(USERS "/{x_id}"));
	CHECK("as what", reply_header(&r, "ETag") != NULL);
	check_members("made", &r, MEMBERS({ "email", "Eve.X@example.org" },
	    { "username", "{name}" }, { "display_name", "Eve X" },
	    { "roles", "[\"customer\"]" }, { "bio", NULL }, { "password", NULL },
	    { "tv", NULL }, { "pw_hash", NULL }, { "state", NULL }));
	r = ask_with("POST", USERS, JSON, "{'email':'eve.x@example.ORG',"
	    "'username':'{name}_2','password':'" PASSWORD "'}");
	check_problem("an address that is there", &r, 409, "email_taken");
	r = ask_with("POST", USERS, JSON, "{'email':'{new}@example.org',"
	    "'username':'{name}','password':'" PASSWORD "'}");
	check_problem("a name that is there", &r, 409, "username_taken");
	sql("UPDATE users SET email = NULL, username = NULL, state = 'deleted'"
	    " WHERE username = '{name}'");
}

static void
test_bad_registrations(void)
{
	static const struct trial	 t[] = {
		REFUSED("nothing", "POST", USERS, JSON, "{}", 422, "validation_failed",
		    "#/email required, #/username required, #/password required"),
		REFUSED("no address", "POST", USERS, JSON, NEW("email", "'at home'"), 400,
		    "duplicate_key", NULL),
		REFUSED("no JSON", "POST", USERS, JSON, "{", 400, "malformed_json", NULL),
		REFUSED("a form", "POST", USERS, FORM, "a=b", 415,
		    "unsupported_media_type", NULL),
		REFUSED("an array", "POST", USERS, JSON, "[]", 422, "validation_failed",
		    "# type_mismatch"),
		REFUSED("two @", "POST", USERS, JSON, "{'email':'a@b@c.org',"
		    "'username':'free','password':'" PASSWORD "'}", 422,
		    "validation_failed", "#/email invalid_format"),
		REFUSED("a name in capitals", "POST", USERS, JSON, "{'email':'a@b.org',"
		    "'username':'Free','password':'" PASSWORD "'}", 422,
		    "validation_failed", "#/username invalid_format"),
		REFUSED("a short name", "POST", USERS, JSON, "{'email':'a@b.org',"
		    "'username':'ab','password':'" PASSWORD "'}", 422,
		    "validation_failed", "#/username invalid_format"),
		REFUSED("a short password", "POST", USERS, JSON, "{'email':'a@b.org',"
		    "'username':'free','password':'elevenchars'}", 422,
		    "validation_failed", "#/password too_short"),
		REFUSED("a very short one", "POST", USERS, JSON, "{'email':'a@b.org',"
		    "'username':'free','password':'x'}", 422, "validation_failed",
		    "#/password too_short"),
		REFUSED("one of everybody's", "POST", USERS, JSON, "{'email':'a@b.org',"
		    "'username':'free','password':'Password12345'}", 422,
		    "validation_failed", "#/password invalid_value"),
		REFUSED("no password", "POST", USERS, JSON, "{'email':'a@b.org',"
		    "'username':'free','password':null}", 422, "validation_failed",
		    "#/password required"),
		REFUSED("a number", "POST", USERS, JSON, "{'email':'a@b.org',"
		    "'username':'free','password':123456789012}", 422,
		    "validation_failed", "#/password type_mismatch"),
		REFUSED("an id of one's own", "POST", USERS, JSON, NEW("id", "'" NONE "'"),
		    422, "validation_failed", "#/id unknown_field"),
		REFUSED("roles of one's own", "POST", USERS, JSON, NEW("roles", "['admin']"),
		    422, "validation_failed", "#/roles unknown_field"),
		REFUSED("a version of one's own", "POST", USERS, JSON, NEW("tv", "9"), 422,
		    "validation_failed", "#/tv unknown_field"),
		REFUSED("an empty shown name", "POST", USERS, JSON,
		    NEW("display_name", "''"), 422, "validation_failed",
		    "#/display_name too_short"),
		REFUSED("a query", "POST", USERS "?a=1", JSON, "{}", 400,
		    "invalid_parameter", "a unknown_parameter"),
	};
	char		 body[20 << 10];
	struct reply	 r;

	TRIALS(t);
	snprintf(body, sizeof(body), "{'email':'a@b.org','username':'free','password':'%0129d'}",
	    7);
	r = ask_with("POST", USERS, JSON, body);
	check_problem("a long password", &r, 422, "validation_failed");
	snprintf(body, sizeof(body), "{'email':'a@b.org','bio':'%017000d'}", 7);
	r = ask_with("POST", USERS, JSON, body);
	check_problem("a long body", &r, 413, "body_too_large");
}

static void
test_who_sees_what(void)
{
	struct reply	 r = ask_get(ROW, NULL);

	CHECK_INT("anybody", r.status, 200);
	check_members("anybody", &r, MEMBERS({ "username", "{eve}" },
	    { "display_name", "{eve}" }, { "email", NULL }, { "roles", NULL },
	    { "updated_at", NULL }));
	r = ask_get(ROW, BOB);
	check_members("another", &r, MEMBERS({ "email", NULL }, { "roles", NULL }));
	r = ask_get(ROW, EVE);
	check_members("oneself", &r, MEMBERS({ "email", "{eve}@example.org" },
	    { "roles", "[\"customer\"]" }));
	r = ask_get(ROW, ROOT);
	check_members("an admin", &r, MEMBERS({ "email", "{eve}@example.org" }));
	r = ask_get(ME, EVE);
	CHECK_INT("me", r.status, 200);
	CHECK_TEXT("me", reply_member(&r, "id"), filled("{eve_id}"));
	CHECK_TEXT("for me alone", reply_header(&r, "Cache-Control"), "private, no-cache");
	let("etag", reply_header(&r, "ETag"));
	r = ask_get(ME, EVE "If-None-Match: {etag}\n");
	CHECK_INT("unchanged", r.status, 304);
	r = ask_get(ME, NULL);
	check_problem("nobody", &r, 401, "unauthenticated");
	let("other", token_of("products:write"));
	r = ask_get(ME, "Authorization: Bearer {other}\n");
	check_problem("without the scope", &r, 403, "insufficient_scope");
	r = ask_get(ME, ROOT);
	check_problem("with another scope", &r, 403, "insufficient_scope");
	r = ask_get(USERS "/" NONE, NULL);
	check_problem("nobody's key", &r, 404, "not_found");
	r = ask_get(USERS "/17", NULL);
	check_problem("no key", &r, 404, "not_found");
}

static void
test_list(void)
{
	struct reply	 r = ask_get(USERS "?q={eve}&count=exact", ROOT);

	CHECK_INT("a list", r.status, 200);
	CHECK_TEXT("of one", reply_member(&r, "total"), "1");
	CHECK_TEXT("this one", reply_member(&r, "items.0.id"), filled("{eve_id}"));
	CHECK_TEXT("in full", reply_member(&r, "items.0.email"),
	    filled("{eve}@example.org"));
	r = ask_get(USERS "?q={eve}%40example&role=customer", ROOT);
	CHECK_TEXT("by address and role", reply_member(&r, "items.0.id"), filled("{eve_id}"));
	r = ask_get(USERS "?q={eve}&role=admin", ROOT);
	CHECK_TEXT("with another role", reply_member(&r, "items"), "[]");
	r = ask_get(USERS "?q=%25%25", ROOT);
	CHECK_TEXT("% is no pattern", reply_member(&r, "items"), "[]");
	r = ask_get(USERS "?q=x", ROOT);
	check_problem("one letter", &r, 400, "invalid_parameter");
	r = ask_get(USERS "?limit=1", ROOT);
	CHECK("more follow", reply_member(&r, "next_cursor") != NULL);
	r = ask_get(USERS, EVE);
	check_problem("not for a customer", &r, 403, "insufficient_scope");
	r = ask_get(USERS, NULL);
	check_problem("nor for anybody", &r, 401, "unauthenticated");
}

static void
test_patch(void)
{
	static const struct trial	 t[] = {
		REFUSED("no version", "PATCH", ROW, EVE MERGE, "{'bio':'x'}", 428,
		    "precondition_required", NULL),
		REFUSED("an old one", "PATCH", ROW, EVE MERGE "If-Match: \"99\"\n",
		    "{'bio':'x'}", 412, "precondition_failed", NULL),
		REFUSED("another's", "PATCH", ROW, BOB MERGE ANY, "{'bio':'x'}", 404,
		    "not_found", NULL),
		REFUSED("another's, an old version", "PATCH", ROW,
		    BOB MERGE "If-Match: \"99\"\n", "{'bio':'x'}", 404, "not_found", NULL),
		REFUSED("nobody", "PATCH", ROW, MERGE ANY, "{'bio':'x'}", 401,
		    "unauthenticated", NULL),
		REFUSED("roles", "PATCH", ROW, EVE MERGE ANY, "{'roles':['admin']}", 422,
		    "validation_failed", "#/roles read_only_field"),
		REFUSED("id", "PATCH", ROW, EVE MERGE ANY, "{'id':'" NONE "'}", 422,
		    "validation_failed", "#/id read_only_field"),
		REFUSED("username", "PATCH", ROW, EVE MERGE ANY, "{'username':'other'}", 422,
		    "validation_failed", "#/username read_only_field"),
		REFUSED("password", "PATCH", ROW, EVE MERGE ANY, "{'password':'x'}", 422,
		    "validation_failed", "#/password unknown_field"),
		REFUSED("a name that is needed", "PATCH", ROW, EVE MERGE ANY,
		    "{'display_name':null}", 422, "validation_failed",
		    "#/display_name required"),
		REFUSED("http", "PATCH", ROW, EVE MERGE ANY,
		    "{'image_url':'http://example.org/a.png'}", 422, "validation_failed",
		    "#/image_url invalid_format"),
		REFUSED("an address without the password", "PATCH", ROW, EVE MERGE ANY,
		    "{'email':'{new}@example.org'}", 403, "wrong_password", NULL),
		REFUSED("with a wrong one", "PATCH", ROW, EVE MERGE ANY,
		    "{'email':'{new}@example.org','current_password':'wrong-and-wrong'}",
		    403, "wrong_password", NULL),
		REFUSED("another's address", "PATCH", ROW, EVE MERGE ANY,
		    "{'email':'{bob}@example.org','current_password':'" PASSWORD "'}",
		    409, "email_taken", NULL),
	};
	struct reply	 r;

	TRIALS(t);
	r = ask_with("PATCH", ROW, EVE MERGE ANY, "{'bio':'Two\\nlines','display_name':'E',"
	    "'image_url':'https://example.org/e.png'}");
	CHECK_INT("oneself", r.status, 200);
	check_members("oneself", &r, MEMBERS({ "bio", "Two\nlines" }, { "display_name", "E" },
	    { "current_password", NULL }));
	r = ask_with("PATCH", ROW, EVE MERGE ANY, "{'email':'{eve}@EXAMPLE.net',"
	    "'current_password':'" PASSWORD "'}");
	CHECK_INT("an address with the password", r.status, 200);
	CHECK_TEXT("in lower case", reply_member(&r, "email"), filled("{eve}@example.net"));
	r = ask_with("PATCH", ROW, ROOT MERGE ANY, "{'bio':null,"
	    "'email':'{eve}@example.org'}");
	CHECK_INT("an admin", r.status, 200);
	CHECK("taken away", reply_member(&r, "bio") == NULL);
	r = ask_get(ME, EVE);
	CHECK_INT("tokens go on", r.status, 200);
}

static void
test_password(void)
{
	static const struct trial	 t[] = {
		REFUSED("nothing", "PUT", ME "/password", EVE JSON, "{}", 422, "validation_failed",
		    "#/current_password required, #/new_password required"),
		REFUSED("a wrong one", "PUT", ME "/password", EVE JSON, "{'current_password':'wrong',"
		    "'new_password':'" PASSWORD "-2'}", 403, "wrong_password", NULL),
		REFUSED("a short one", "PUT", ME "/password", EVE JSON, "{'current_password':'" PASSWORD "',"
		    "'new_password':'elevenchars'}", 422, "validation_failed",
		    "#/new_password too_short"),
		REFUSED("nobody", "PUT", ME "/password", JSON, "{}", 401,
		    "unauthenticated", NULL),
		REFUSED("another method", "POST", ME "/password", EVE JSON, "{}", 405,
		    "method_not_allowed", NULL),
	};
	struct reply	 r;

	TRIALS(t);
	r = ask_with(PUT_PASSWORD, "{'current_password':'" PASSWORD "',"
	    "'new_password':'" PASSWORD "-2'}");
	CHECK_INT("changed", r.status, 204);
	r = ask_get(ME, EVE);
	check_problem("the token is over", &r, 401, "invalid_token");
	r = post_form(TOKENS, NULL, "grant_type=refresh_token&client_id=docs"
	    "&refresh_token={eve_refresh}");
	CHECK_TEXT("so is the login", reply_member(&r, "error"), "invalid_grant");
	r = post_form(TOKENS, NULL, LOGIN("{eve}"));
	CHECK_TEXT("and the password", reply_member(&r, "error"), "invalid_grant");
	r = post_form(TOKENS, NULL, LOGIN("{eve}") "-2");
	CHECK_INT("the new one holds", r.status, 200);
	let("eve_token", reply_member(&r, "access_token"));
	r = ask_with(PUT_PASSWORD, "{'current_password':'" PASSWORD "-2',"
	    "'new_password':'" PASSWORD "'}");
	CHECK_INT("back again", r.status, 204);
	(void)person_login("eve");
}

static int
can_write(const char *name)
{
	char		 lines[8192];
	struct reply	 r;

	snprintf(lines, sizeof(lines), "%s" JSON, bearer(name));
	r = ask_with("POST", PRODUCTS, lines, SPADE(""));
	if (r.status == 201)
		remove_made(&r);
	return r.status;
}

static int
role(const char *method, const char *name, const char *role)
{
	char	 path[256];

	snprintf(path, sizeof(path), USERS "/{%s_id}/roles/%s", name, role);
	return ask_with(method, filled(path), ROOT, NULL).status;
}

static void
test_roles(void)
{
	struct reply	 r = ask_get("/v1/roles", ROOT);

	CHECK_INT("roles", r.status, 200);
	CHECK_TEXT("by name", reply_member(&r, "items.0.name"), "admin");
	CHECK_TEXT("and scopes", reply_member(&r, "items.4.scopes"), "[\"products:write\"]");
	CHECK_INT("given", role("PUT", "eve", "merchant"), 204);
	CHECK_INT("twice", role("PUT", "eve", "merchant"), 204);
	CHECK_INT("an old token has no more", can_write("eve"), 403);
	(void)person_login("eve");
	CHECK_INT("a new one has", can_write("eve"), 201);
	CHECK_INT("taken", role("DELETE", "eve", "merchant"), 204);
	CHECK_INT("over at once", can_write("eve"), 401);
	CHECK_INT("twice", role("DELETE", "eve", "merchant"), 204);
	r = post_form(TOKENS, NULL, "grant_type=refresh_token&client_id=docs"
	    "&refresh_token={eve_refresh}");
	CHECK_INT("the login goes on", r.status, 200);
	CHECK("with less", strstr(reply_member(&r, "scope"), "products") == NULL);
	let("eve_token", reply_member(&r, "access_token"));
	CHECK_INT("no such role", role("PUT", "eve", "wizard"), 404);
	CHECK_INT("no role's name", role("PUT", "eve", "A-B"), 404);
	CHECK_INT("it was not given", role("DELETE", "eve", "wizard"), 204);
	r = ask_with("PUT", USERS "/" NONE "/roles/merchant", ROOT, NULL);
	check_problem("nobody", &r, 404, "not_found");
	r = ask_with("PUT", USERS "/{eve_id}/roles/admin", EVE, NULL);
	check_problem("not to oneself", &r, 403, "insufficient_scope");
	r = ask_with("PUT", USERS "/{eve_id}/roles/merchant", ROOT JSON, "{}");
	check_problem("with a body", &r, 400, "unexpected_body");
}

/* The same while memcached is away. */
static void
test_without_cache(void)
{
	CHECK_INT("given", role("PUT", "eve", "merchant"), 204);
	(void)person_login("eve");
	CHECK_INT("good", can_write("eve"), 201);
	memcached_signal(SIGKILL);
	CHECK_INT("good", can_write("eve"), 201);
	CHECK_INT("taken", role("DELETE", "eve", "merchant"), 204);
	CHECK_INT("over at once", can_write("eve"), 401);
	memcached_start();
	CHECK_INT("and stays so", can_write("eve"), 401);
	(void)person_login("eve");
}

static void
test_delete(void)
{
	struct reply	 r;

	person_new("tom", NULL);
	(void)person_login("tom");
	r = ask_with("DELETE", USERS "/{tom_id}", EVE ANY, NULL);
	check_problem("another's", &r, 404, "not_found");
	r = ask_with("DELETE", USERS "/{tom_id}", bearer("tom"), NULL);
	check_problem("no version", &r, 428, "precondition_required");
	r = ask_with("DELETE", USERS "/{tom_id}", filled("Authorization: Bearer "
	    "{tom_token}\n" ANY), NULL);
	CHECK_INT("oneself", r.status, 204);
	r = ask_get(ME, bearer("tom"));
	check_problem("its token is over", &r, 401, "invalid_token");
	r = post_form(TOKENS, NULL, LOGIN("{tom}"));
	CHECK_TEXT("its login too", reply_member(&r, "error"), "invalid_grant");
	r = ask_get(USERS "/{tom_id}", ROOT);
	check_problem("it is not there", &r, 404, "not_found");
	CHECK_INT("nor for roles", role("PUT", "tom", "merchant"), 404);
	r = ask_with("DELETE", USERS "/{tom_id}", ROOT ANY, NULL);
	check_problem("twice", &r, 404, "not_found");
	r = ask_with("POST", USERS, JSON, "{'email':'{tom}@example.org',"
	    "'username':'{tom}','password':'" PASSWORD "'}");
	CHECK_INT("its names are free", r.status, 201);
	let("tom_id", reply_member(&r, "id"));
	r = ask_with("DELETE", USERS "/{tom_id}", ROOT ANY, NULL);
	CHECK_INT("by an admin", r.status, 204);
}

static const char	*ann_id, *ben_id, *root_token;
static atomic_int	 gone, kept;

/* Each takes the other's role away. */
static void
depose(size_t i)
{
	struct reply	 r;

	let("root_token", root_token);
	let("them", i % 2 == 0 ? ann_id : ben_id);
	r = ask_with("DELETE", USERS "/{them}/roles/admin", ROOT, NULL);
	if (r.status == 204)
		atomic_fetch_add(&gone, 1);
	else if (r.status == 409 && strcmp(reply_member(&r, "code"), "last_admin") == 0)
		atomic_fetch_add(&kept, 1);
}

static void
test_last_admin(void)
{
	struct reply	 r;

	sql("DELETE FROM user_roles WHERE role = 'admin'");
	person_new("ann", "admin");
	person_new("ben", "admin");
	(void)person_login("ann");
	r = ask_get(USERS "?role=admin&count=exact", bearer("ann"));
	CHECK_TEXT("two admins", reply_member(&r, "total"), "2");
	ann_id = filled("{ann_id}");
	ben_id = filled("{ben_id}");
	root_token = filled("{root_token}");
	at_once(8, depose);
	CHECK_INT("all are answered", gone + kept, 8);
	CHECK("some may not", kept >= 1);
	r = ask_get(USERS "?role=admin&count=exact", ROOT);
	CHECK_TEXT("one is left", reply_member(&r, "total"), "1");
	let("last", reply_member(&r, "items.0.id"));
	r = ask_with("DELETE", USERS "/{last}", ROOT ANY, NULL);
	check_problem("nor deleted", &r, 409, "last_admin");
	r = ask_get(USERS "/{last}", NULL);
	CHECK_INT("is there", r.status, 200);
}

static void
test_end(void)
{
	sql("DELETE FROM user_roles WHERE role = 'admin'");
	client_end();
}

TESTS(users, { "begin", test_begin }, { "register", test_register },
    { "bad registrations", test_bad_registrations },
    { "who sees what", test_who_sees_what }, { "list", test_list },
    { "patch", test_patch }, { "password", test_password }, { "roles", test_roles },
    { "without memcached", test_without_cache }, { "delete", test_delete },
    { "the last admin", test_last_admin }, { "end", test_end })
