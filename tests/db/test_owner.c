/*
 * owner: rows that belong to users.  Two of them, somebody who may see all, and
 * nobody; every way a row can be reached.
 */
#include "owner_kit.h"

static void
creation(void)
{
	struct reply	 r = ASK("GET", text("/v1/notes/%s", ann_note), .token = ann);

	CHECK_TEXT("it is hers", at(r, "/user_id"), ANN);
	r = ASK("POST", "/v1/notes", .token = ben, .body = "{\"slug\":\"x\",\"text\":\"t\","
	    "\"user_id\":\"" ANN "\"}");
	CHECK_INT("not in another's name", r.status, 422);
	CHECK_TEXT("as a member that is not his", at(r, "/errors/0/code"), "read_only_field");
	r = ASK("POST", "/v1/notes", .token = ben, .body = "{\"slug\":\"x\",\"text\":\"t\","
	    "\"user_id\":\"" BEN "\"}");
	CHECK_INT("nor in his own", r.status, 422);
	r = ASK("POST", "/v1/folders", .token = token_for("client-7", ""),
	    .body = "{\"name\":\"F\"}");
	CHECK_INT("whoever is no user owns none", r.status, 403);
	CHECK_TEXT("and is told so", at(r, "/code"), "not_a_user");
	r = ASK("POST", "/v1/notes", .token = all, .body = "{\"slug\":\"of-b\","
	    "\"text\":\"t\",\"user_id\":\"" BEN "\"}");
	CHECK_INT("who sees all makes it for another", r.status, 201);
	r = ASK("GET", text("/v1/notes/%s", at(r, "/id")), .token = ben);
	CHECK_INT("whose it then is", r.status, 200);
	r = ASK("POST", "/v1/notes", .token = all, .body = "{\"slug\":\"n\",\"text\":\"t\"}");
	CHECK_INT("or for nobody", r.status, 201);
	CHECK_INT("which no user sees", ASK("GET", text("/v1/notes/%s", at(r, "/id")),
	    .token = ann).status, 404);
	sql("DELETE FROM notes WHERE slug IN ('of-b', 'n')");
}

/* Ben at Ann's row: as at one that is not there, byte for byte. */
static void
strangers(void)
{
	static const struct { const char *method, *body; } ways[] = {
		{ "GET", NULL }, { "HEAD", NULL }, { "DELETE", NULL },
		{ "PATCH", "{\"text\":\"mine\"}" },
		{ "PUT", "{\"slug\":\"a\",\"text\":\"mine\"}" },
	};
	const char	*before = sql_all("SELECT CONCAT(HEX(id), slug, text, version)"
			    " FROM notes ORDER BY slug");

	for (size_t i = 0; i < NELEMS(ways); i++) {
		const char	*his = text("/v1/notes/%s", ann_note);
		const char	*none = "/v1/notes/0190f5a4-0000-7000-8000-0000000000ff";
		struct reply	 r = ask(&(struct upstream_request){ .method = ways[i].method,
				    .uri = his, .body = ways[i].body,
				    .if_match = i < 2 ? NULL : "*", .token = ben });
		struct reply	 q = ask(&(struct upstream_request){ .method = ways[i].method,
				    .uri = none, .body = ways[i].body,
				    .if_match = i < 2 ? NULL : "*", .token = ben });

		CHECK_INT(ways[i].method, r.status, 404);
		CHECK_INT("unknown", q.status, 404);
		CHECK_TEXT("says the same", at(r, "/detail"), at(q, "/detail"));
		CHECK_TEXT("by the same code", at(r, "/code"), at(q, "/code"));
		CHECK("with no ETag", header(r, "ETag") == NULL);
	}
	CHECK_INT("nor by her ETag", ASK("GET", text("/v1/notes/%s", ann_note),
	    .token = ben, .if_none_match = header(ASK("GET", text("/v1/notes/%s",
	    ann_note), .token = ann), "ETag")).status, 404);
	CHECK_TEXT("nothing changed", sql_all("SELECT CONCAT(HEX(id), slug, text, version)"
	    " FROM notes ORDER BY slug"), before);
	CHECK_INT("nobody is asked for a token", ASK("GET", text("/v1/notes/%s",
	    ann_note), .nobody = true).status, 401);
}

static void
lists(void)
{
	static const char *const	 queries[] = { "", "?slug=a", "?slug=a,b",
		"?user_id=" ANN, "?long=true", "?long=false", "?sort=-updated_at",
		"?expand=folder", "?fields=slug", "?limit=1", "?sort=slug&limit=1" };

	for (size_t i = 0; i < NELEMS(queries); i++) {
		struct reply	 r = ASK("GET", text("/v1/notes%s%scount=exact",
				    queries[i], queries[i][0] == '\0' ? "?" : "&"),
				    .token = ben);

		CHECK_INT(queries[i], r.status, 200);
		CHECK("nothing of hers", memmem(r.body.p, r.body.n, "of Ann", 6) == NULL &&
		    memmem(r.body.p, r.body.n, "\"a\"", 3) == NULL &&
		    memmem(r.body.p, r.body.n, "Ann's", 5) == NULL);
		CHECK("counted neither", atoi(at(r, "/total")) <= 1);
	}
	CHECK_INT("her folder is no filter", ASK("GET", text("/v1/notes?folder=%s",
	    ann_folder), .token = ben).status, 200);
	CHECK_TEXT("who sees all sees two", at(ASK("GET", "/v1/notes?count=exact&sort=-updated_at",
	    .token = all), "/total"), "2");
	CHECK_TEXT("or those of one", at(ASK("GET", "/v1/notes?count=exact&user_id=" ANN,
	    .token = all), "/total"), "1");
	CHECK_TEXT("who is no user sees none", at(ASK("GET", "/v1/notes?count=exact"),
	    "/total"), "0");
}

static void
expansions(void)
{
	struct reply	 r;

	r = ASK("GET", text("/v1/notes/%s?expand=folder,author", ann_note), .token = ann);
	CHECK_TEXT("her own folder", at(r, "/folder/name"), "Ann's");
	CHECK_TEXT("and herself", at(r, "/author/name"), "Ann");
	CHECK("but what is private only there", at(r, "/author/mail") == NULL);
	sql(text("UPDATE notes SET folder_id = (SELECT id FROM folders WHERE name = 'Ben''s')"
	    " WHERE slug = 'a'"));
	program_thread_close(serve.t);		/* written behind its back */
	serve.t = NULL;
	serve_open(&app);
	r = ASK("GET", text("/v1/notes/%s?expand=folder", ann_note), .token = ann);
	CHECK_INT("a note in his folder", r.status, 200);
	CHECK("shows nothing of it", at(r, "/folder") == NULL);
	r = ASK("GET", text("/v1/notes/%s?expand=folder", ann_note), .token = all);
	CHECK_TEXT("who sees all does", at(r, "/folder/name"), "Ben's");
	r = ASK("PATCH", text("/v1/notes/%s", ann_note), .token = ann, .if_match = "*",
	    .body = "{\"text\":\"of Ann!\"}");
	CHECK_INT("what it names may stay", r.status, 200);
	r = ASK("PATCH", text("/v1/notes/%s", ann_note), .token = ann, .if_match = "*",
	    .body = text("{\"folder_id\":\"%s\"}", ann_folder));
	CHECK_INT("or become hers", r.status, 200);
}

/* References to another's rows are references to nothing. */
static void
references(void)
{
	const struct { const char *label, *body, *pointer; } bodies[] = {
		{ "a field", text("{\"slug\":\"r\",\"text\":\"t\",\"folder_id\":\"%s\"}",
		    ann_folder), "#/folder_id" },
		{ "a list", text("{\"slug\":\"r\",\"text\":\"t\",\"shared\":[\"%s\",\"%s\"]}",
		    ben_folder, ann_folder), "#/shared/1" },
		{ "the row above", text("{\"slug\":\"r\",\"text\":\"t\",\"under\":\"%s\"}",
		    ann_note), "#/under" },
	};
	struct reply	 r;

	for (size_t i = 0; i < NELEMS(bodies); i++) {
		r = ASK("POST", "/v1/notes", .token = ben, .body = bodies[i].body);
		CHECK_INT(bodies[i].label, r.status, 422);
		CHECK_TEXT("code", at(r, "/errors/0/code"), "reference_not_found");
		CHECK_TEXT("pointer", at(r, "/errors/0/pointer"), bodies[i].pointer);
		r = ASK("POST", "/v1/notes", .token = ben,
		    .body = text("{\"items\":[%s]}", bodies[i].body));
		CHECK_INT("in a batch", r.status, 422);
		CHECK_TEXT("code", at(r, "/errors/0/code"), "reference_not_found");
	}
	r = ASK("PATCH", text("/v1/notes/%s", ben_note), .token = ben, .if_match = "*",
	    .body = text("{\"shared\":[\"%s\"]}", ann_folder));
	CHECK_INT("by PATCH", r.status, 422);
	r = ASK("PUT", text("/v1/notes/%s", ben_note), .token = ben, .if_match = "*",
	    .body = text("{\"slug\":\"b\",\"text\":\"of Ben\",\"folder_id\":\"%s\"}", ann_folder));
	CHECK_INT("by PUT", r.status, 422);
	r = ASK("PATCH", text("/v1/notes/%s", ben_note), .token = all, .if_match = "*",
	    .body = text("{\"shared\":[\"%s\",\"%s\"]}", ann_folder, ben_folder));
	CHECK_INT("who sees all may", r.status, 200);
	r = ASK("PATCH", text("/v1/notes/%s", ben_note), .token = ben, .if_match = "*",
	    .body = text("{\"shared\":[\"%s\"]}", ben_folder));
	CHECK_INT("and he take it away", r.status, 200);
}

static void
merges(void)
{
	struct reply	 r;

	r = ASK("POST", "/v1/notes", .token = ben, .prefer = "resolution=merge-duplicates",
	    .body = "{\"items\":[{\"slug\":\"b\",\"text\":\"changed\"},"
	    "{\"slug\":\"a\",\"text\":\"taken over\"}]}");
	CHECK_INT("a merge onto her row", r.status, 422);
	CHECK_TEXT("is a name that is taken", at(r, "/errors/0/code"), "slug_taken");
	CHECK_TEXT("and nothing else", sql_all("SELECT text FROM notes WHERE slug = 'a'"),
	    "of Ann!");
	CHECK_TEXT("also not his", sql_all("SELECT text FROM notes WHERE slug = 'b'"), "of Ben");
	r = ASK("POST", "/v1/notes", .token = ben, .body = "{\"slug\":\"a\",\"text\":\"t\"}");
	CHECK_INT("as is a creation", r.status, 409);
	CHECK_TEXT("which tells no more", at(r, "/code"), "slug_taken");
	r = ASK("POST", "/v1/notes", .token = all, .prefer = "resolution=merge-duplicates",
	    .body = "{\"items\":[{\"slug\":\"b\",\"text\":\"by all\"}]}");
	CHECK_INT("who sees all merges", r.status, 200);
	CHECK_TEXT("and it stays his", at(r, "/items/0/user_id"), BEN);
	r = ASK("POST", "/v1/notes", .token = ben, .prefer = "resolution=merge-duplicates",
	    .body = "{\"items\":[{\"slug\":\"b\",\"text\":\"of Ben\"},"
	    "{\"slug\":\"b2\",\"text\":\"t\"}]}");
	CHECK_INT("his own, and a new one", r.status, 201);
	CHECK_TEXT("are his", at(r, "/items/1/user_id"), BEN);
	r = ASK("PUT", text("/v1/notes/%s", ben_note), .token = all, .if_match = "*",
	    .body = "{\"slug\":\"b\",\"text\":\"of Ben\"}");
	CHECK_INT("a whole row by who sees all", r.status, 200);
	CHECK_TEXT("stays his", at(r, "/user_id"), BEN);
	r = ASK("PUT", text("/v1/notes/%s", ben_note), .token = ben, .if_match = "*",
	    .body = "{\"slug\":\"b\",\"text\":\"of Ben\",\"user_id\":\"" ANN "\"}");
	CHECK_INT("he can not give it away", r.status, 422);
	r = ASK("PATCH", text("/v1/notes/%s", ben_note), .token = ben, .if_match = "*",
	    .body = "{\"user_id\":\"" ANN "\"}");
	CHECK_INT("neither so", r.status, 422);
	sql("DELETE FROM notes WHERE slug = 'b2'");
}

/* One key each in the cache, and no public Cache-Control. */
static void
cached(void)
{
	const char	*uri = "/v1/folders";
	struct reply	 r;

	for (int i = 0; i < 2; i++) {
		r = ASK("GET", uri, .token = ann);
		CHECK_TEXT("hers", at(r, "/items/0/name"), "Ann's");
		CHECK_TEXT("private", header(r, "Cache-Control"), "private, no-cache");
		CHECK_TEXT("vary", header(r, "Vary"), "Accept-Encoding, Authorization");
		r = ASK("GET", uri, .token = ben);
		CHECK_TEXT("his", at(r, "/items/0/name"), "Ben's");
		r = ASK("GET", text("/v1/folders/%s", ann_folder), .token = ann);
		CHECK_INT("hers by key", r.status, 200);
		r = ASK("GET", text("/v1/folders/%s", ann_folder), .token = ben);
		CHECK_INT("not his", r.status, 404);
		r = ASK("GET", uri, .token = token_for(ANN, ""));
		CHECK_TEXT("hers by another token", at(r, "/items/0/name"), "Ann's");
		r = ASK("GET", uri);
		CHECK("not for who is no user", at(r, "/items/0") == NULL);
		r = ASK("GET", "/v1/people/" ANN, .nobody = true);
		CHECK("a profile without mail", at(r, "/mail") == NULL);
		r = ASK("GET", "/v1/people/" ANN, .token = ben);
		CHECK("nor for him", at(r, "/mail") == NULL);
		r = ASK("GET", "/v1/people/" ANN, .token = ann);
		CHECK_TEXT("for her", at(r, "/mail"), "ann@x.example");
		r = ASK("GET", "/v1/people/" ANN, .token = all);
		CHECK_TEXT("for who sees all", at(r, "/mail"), "ann@x.example");
	}
}

static void
members(void)
{
	struct reply	 r = ASK("GET", "/v1/people/" ANN, .nobody = true), q;

	CHECK_TEXT("private, for some are shown more", header(r, "Cache-Control"),
	    "private, no-cache");
	CHECK("no hint of when", header(r, "Last-Modified") == NULL);
	CHECK("for her there is", header(ASK("GET", "/v1/people/" ANN, .token = ann),
	    "Last-Modified") != NULL);
	sql("UPDATE people SET mail = 'ann2@x.example' WHERE name = 'Ann'");
	serve_open(&app);
	q = ASK("GET", "/v1/people/" ANN "?fields=id,name,id", .nobody = true);
	q = ASK("GET", "/v1/people/" ANN, .nobody = true);
	CHECK_TEXT("its ETag tells nothing of the mail", header(q, "ETag"), header(r, "ETag"));
	r = ASK("GET", "/v1/people?count=exact", .token = ben);
	CHECK_TEXT("all are listed", at(r, "/total"), "2");
	CHECK("without her mail", at(r, "/items/0/mail") == NULL);
	CHECK_TEXT("with his", at(r, "/items/1/mail"), "ben@x.example");
	CHECK_TEXT("who sees all", at(ASK("GET", "/v1/people?mail=ben@x.example&sort=mail",
	    .token = all), "/items/0/name"), "Ben");
	CHECK_INT("no filter by it", ASK("GET", "/v1/people?mail=ann@x.example",
	    .token = ben).status, 400);
	CHECK_INT("nor by nobody", ASK("GET", "/v1/people?mail=ann@x.example",
	    .nobody = true).status, 400);
	CHECK_INT("no order", ASK("GET", "/v1/people?sort=mail", .token = ben).status, 400);
	CHECK_INT("not named by nobody", ASK("GET", "/v1/people?fields=mail",
	    .nobody = true).status, 400);
	r = ASK("GET", "/v1/people?fields=mail", .token = ben);
	CHECK_TEXT("named by him: his", at(r, "/items/1/mail"), "ben@x.example");
	CHECK("not hers", at(r, "/items/0/mail") == NULL);
	r = ASK("PATCH", "/v1/people/" ANN, .token = ben, .if_match = "*",
	    .body = "{\"name\":\"B\"}");
	CHECK_INT("seen, and not his to change", r.status, 404);
	r = ASK("PATCH", "/v1/people/" ANN, .token = ann, .if_match = "*",
	    .body = "{\"mail\":\"new@x.example\"}");
	CHECK_INT("hers", r.status, 200);
	CHECK_TEXT("and answered so", at(r, "/mail"), "new@x.example");
	r = ASK("PATCH", "/v1/people/" ANN, .token = all, .if_match = "*",
	    .body = "{\"name\":\"Anna\"}");
	CHECK_INT("one of two scopes is enough", r.status, 200);
}

TESTS(owner,
    { "begin", begin },
    { "creation", creation },
    { "strangers", strangers },
    { "lists", lists },
    { "expansions", expansions },
    { "references", references },
    { "merges", merges },
    { "cached", cached },
    { "members", members },
    { "end", end })
