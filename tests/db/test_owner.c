/*
 * owner: rows that belong to users.  Two of them, somebody who may see all, and
 * nobody; every way a row can be reached.
 */
#include "serve.h"

#define ANN	"0190f5a4-0000-7000-8000-00000000000a"
#define BEN	"0190f5a4-0000-7000-8000-00000000000b"

struct note {
	struct uuid	 id, user_id, folder_id, under;
	struct str	 slug, text, secret;
	struct list	 shared;
	struct stamp	 updated_at;
};

static const struct schema note = SCHEMA("Note", struct note,
	FIELD_UUID(struct note, id, .flags = FIELD_KEY | FIELD_READONLY, .doc = "Key"),
	FIELD_UUID(struct note, user_id, .flags = FIELD_OPTIONAL, .doc = "Whose it is"),
	FIELD_UUID(struct note, folder_id, .flags = FIELD_OPTIONAL,
	    .owned = OWNED("folders", "id", "user_id", "notes:all"), .doc = "Where"),
	FIELD_UUID(struct note, under, .flags = FIELD_OPTIONAL, .doc = "What it hangs on"),
	FIELD_STR(struct note, slug, .flags = FIELD_UNIQUE, .max = 20, .doc = "Name"),
	FIELD_STR(struct note, text, .max = 100, .doc = "Text"),
	FIELD_STR(struct note, secret, .flags = FIELD_OPTIONAL | FIELD_HIDDEN,
	    .max = 20, .doc = "Taken, never shown"),
	FIELD_LIST(struct note, shared, .flags = FIELD_OPTIONAL, .max = 10,
	    .item = ITEM(.kind = FIELD_KIND_UUID, .doc = "Key of a folder",
		.owned = OWNED("folders", "id", "user_id", "notes:all")),
	    .link = LINK("note_folders", "note_id", "folder_id"), .doc = "Also there"),
	FIELD_STAMP(struct note, updated_at, .flags = FIELD_READONLY, .doc = "When"));

struct folder {
	struct uuid	 id, user_id;
	struct str	 name;
};

static const struct schema folder = SCHEMA("Folder", struct folder,
	FIELD_UUID(struct folder, id, .flags = FIELD_KEY | FIELD_READONLY, .doc = "Key"),
	FIELD_UUID(struct folder, user_id, .flags = FIELD_READONLY, .doc = "Whose it is"),
	FIELD_STR(struct folder, name, .max = 20, .doc = "Name"));

/* Everybody sees them, each only the own in full. */
struct account_identity {
	struct uuid	 id;
	struct str	 name, mail;
	struct stamp	 updated_at;
};

static const struct schema person = SCHEMA("Person", struct account_identity,
	FIELD_UUID(struct account_identity, id, .flags = FIELD_KEY | FIELD_READONLY, .doc = "Key"),
	FIELD_STR(struct account_identity, name, .max = 20, .doc = "Name"),
	FIELD_STR(struct account_identity, mail, .flags = FIELD_PRIVATE, .max = 40, .doc = "Mail"),
	FIELD_STAMP(struct account_identity, updated_at, .flags = FIELD_PRIVATE | FIELD_READONLY,
	    .doc = "When"));

/* Belongs to whom a text names; what it says inside is for auditors. */
struct paper {
	int64_t		 id;
	struct str	 who, title, inside;
};

static const struct schema paper = SCHEMA("Paper", struct paper,
	FIELD_INT(struct paper, id, .flags = FIELD_KEY | FIELD_READONLY, .doc = "Key"),
	FIELD_STR(struct paper, who, .flags = FIELD_READONLY, .max = 40, .doc = "Whose"),
	FIELD_STR(struct paper, title, .max = 20, .doc = "Title"),
	FIELD_STR(struct paper, inside, .flags = FIELD_OPTIONAL, .max = 20, .doc = "Inside"));

/* Nobody's rows, with a member for some. */
struct letter {
	int64_t		 id;
	struct str	 subject, payload;
};

static const struct schema letter = SCHEMA("Letter", struct letter,
	FIELD_INT(struct letter, id, .flags = FIELD_KEY | FIELD_READONLY, .doc = "Key"),
	FIELD_STR(struct letter, subject, .max = 20, .doc = "Subject"),
	FIELD_STR(struct letter, payload, .flags = FIELD_PRIVATE | FIELD_OPTIONAL,
	    .max = 20, .def = "empty", .doc = "Payload"));

static const struct resource notes = {
	.path = "/v1/notes", .table = "notes", .schema = &note,
	.read = "notes:read", .write = "notes:write",
	.owner = "user_id", .admin_scope = "notes:all",
	.version = "version", .modified = "updated_at", .merge_by = "slug",
	.tree = { .parent = "under", .depth = 3 },
	.filters = FILTERS(FILTER_BY("slug"), FILTER_BY("user_id"),
	    { "folder", FILTER_EQUAL, .field = "shared" },
	    { "long", FILTER_IS, .sql = "LENGTH(t.text) > 5 OR FALSE" }),
	.sorts = SORTS(SORT_BY("slug"), SORT_ON("-updated_at", "by_user")),
	.expands = EXPANDS(
	    { .name = "folder", .field = "folder_id", .table = "folders",
	      .schema = &folder, .owner = "user_id", .admin_scope = "notes:all" },
	    { .name = "author", .field = "user_id", .table = "people", .schema = &person }),
	.cached = { .ttl = 60 }, .doc = "Notes" };

static const struct resource folders = {
	.path = "/v1/folders", .table = "folders", .schema = &folder,
	.read = SCOPE_OWN, .write = SCOPE_OWN, .owner = "user_id",
	.cached = { .ttl = 60 }, .doc = "Folders" };

static const struct resource people = {
	.path = "/v1/people", .table = "people", .schema = &person,
	.read = SCOPE_NONE, .write = "people:write",
	.operations = OPS_READ | OPS_UPDATE, .modified = "updated_at",
	.owner = "id", .admin_scope = "people:all",
	.filters = FILTERS(FILTER_BY("name"), FILTER_BY("mail")),
	.sorts = SORTS(SORT_BY("name"), SORT_BY("mail")),
	.cached = { .ttl = 60 }, .doc = "People" };

static const struct resource papers = {
	.path = "/v1/papers", .table = "papers", .schema = &paper,
	.read = SCOPE_OWN, .write = SCOPE_OWN, .owner = "who", .admin_scope = "papers:all",
	.doc = "Papers" };

static const struct resource letters = {
	.path = "/v1/letters", .table = "letters", .schema = &letter,
	.read = "letters:read", .write = "letters:write", .admin_scope = "letters:open",
	.version = "version", .filters = FILTERS(FILTER_BY("payload")),
	.cached = { .ttl = 60 }, .doc = "Letters" };

static const char	 tables[] =
	"CREATE TABLE folders (id BINARY(16) PRIMARY KEY, user_id BINARY(16) NOT NULL,"
	" name VARCHAR(20) NOT NULL);"
	"CREATE TABLE notes (id BINARY(16) PRIMARY KEY, user_id BINARY(16) NULL,"
	" folder_id BINARY(16) NULL, under BINARY(16) NULL, slug VARCHAR(20) NOT NULL,"
	" text VARCHAR(100) NOT NULL, secret VARCHAR(20) NULL,"
	" version INT NOT NULL DEFAULT 1,"
	" updated_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),"
	" UNIQUE KEY slug (slug), KEY by_user (user_id, updated_at, id),"
	" FOREIGN KEY (folder_id) REFERENCES folders (id),"
	" FOREIGN KEY (under) REFERENCES notes (id));"
	"CREATE TABLE note_folders (note_id BINARY(16), folder_id BINARY(16),"
	" PRIMARY KEY (note_id, folder_id),"
	" FOREIGN KEY (note_id) REFERENCES notes (id) ON DELETE CASCADE,"
	" FOREIGN KEY (folder_id) REFERENCES folders (id));"
	"CREATE TABLE people (id BINARY(16) PRIMARY KEY, name VARCHAR(20) NOT NULL,"
	" mail VARCHAR(40) NOT NULL, updated_at DATETIME(3) NOT NULL DEFAULT '2026-01-01');"
	"CREATE TABLE papers (id INT AUTO_INCREMENT PRIMARY KEY, who VARCHAR(40) NOT NULL,"
	" title VARCHAR(20) NOT NULL, inside VARCHAR(20) NULL);"
	"CREATE TABLE letters (id INT AUTO_INCREMENT PRIMARY KEY,"
	" subject VARCHAR(20) NOT NULL, payload VARCHAR(20) NULL,"
	" version INT NOT NULL DEFAULT 1);"
	"INSERT INTO people (id, name, mail) VALUES"
	" (UNHEX('0190f5a40000700080000000000000" "0a'), 'Ann', 'ann@x.example'),"
	" (UNHEX('0190f5a40000700080000000000000" "0b'), 'Ben', 'ben@x.example');";

static const struct app	 app = { .name = "owner", .service = "test",
	.resources = RESOURCES(&notes, &folders, &people, &papers, &letters) };

static const char	*ann, *ben, *all;	/* tokens */
static const char	*ann_note, *ann_folder, *ben_note, *ben_folder;

static const char *
made(const char *token, const char *path, const char *body)
{
	struct reply	 r = ASK("POST", path, .token = token, .body = body);

	CHECK_INT(body, r.status, 201);
	return at(r, "/id");
}

static void
begin(void)
{
	serve_begin("owner", "notes:read notes:write");
	sql(tables);
	serve_open(&app);
	ann = token_for(ANN, "notes:read notes:write people:write letters:read letters:write");
	ben = token_for(BEN, "notes:read notes:write people:write letters:read letters:write");
	all = token_for("auditor", "notes:all people:all papers:all letters:read "
	    "letters:write letters:open");
	ann_folder = made(ann, "/v1/folders", "{\"name\":\"Ann's\"}");
	ben_folder = made(ben, "/v1/folders", "{\"name\":\"Ben's\"}");
	ann_note = made(ann, "/v1/notes", text("{\"slug\":\"a\",\"text\":\"of Ann\","
	    "\"secret\":\"s\",\"folder_id\":\"%s\"}", ann_folder));
	ben_note = made(ben, "/v1/notes", text("{\"slug\":\"b\",\"text\":\"of Ben\","
	    "\"folder_id\":\"%s\",\"shared\":[\"%s\"]}", ben_folder, ben_folder));
}

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

/* A text owns by its bytes: no collation makes two subjects one. */
static void
texts(void)
{
	const char	*big = token_for("Ann", ""), *small = token_for("ann", "");
	struct reply	 r = ASK("POST", "/v1/papers", .token = big,
			    .body = "{\"title\":\"T\"}");
	const char	*uri = text("/v1/papers/%s", at(r, "/id"));

	CHECK_INT("made", r.status, 201);
	CHECK_TEXT("by her", at(r, "/who"), "Ann");
	CHECK_INT("seen", ASK("GET", uri, .token = big).status, 200);
	CHECK_INT("not by who sounds alike", ASK("GET", uri, .token = small).status, 404);
	CHECK_INT("nor with blanks", ASK("GET", uri, .token = token_for("Ann ", "")).status, 404);
	CHECK_INT("nor deleted", ASK("DELETE", uri, .token = small, .if_match = "*").status, 404);
	CHECK("nor listed", at(ASK("GET", "/v1/papers", .token = small), "/items/0") == NULL);
	CHECK_INT("who sees all", ASK("GET", uri, .token = all).status, 200);
	CHECK_INT("deleted", ASK("DELETE", uri, .token = big, .if_match = "*").status, 204);
}

/* Without an owner: members for a scope. */
static void
scoped(void)
{
	struct reply	 r;

	r = ASK("POST", "/v1/letters", .token = ben,
	    .body = "{\"subject\":\"S\",\"payload\":\"P\"}");
	CHECK_INT("what is not shown can not be sent", r.status, 422);
	r = ASK("POST", "/v1/letters", .token = ben, .body = "{\"subject\":\"S\"}");
	CHECK_INT("without it", r.status, 201);
	CHECK("is not shown", at(r, "/payload") == NULL);
	CHECK_TEXT("has its default", sql_one("SELECT payload FROM letters"), "empty");
	CHECK_TEXT("who may", at(ASK("GET", "/v1/letters/1", .token = all), "/payload"), "empty");
	CHECK_INT("sets it", ASK("PATCH", "/v1/letters/1", .token = all, .if_match = "*",
	    .body = "{\"payload\":\"P\"}").status, 200);
	CHECK_INT("who may not leaves it", ASK("PUT", "/v1/letters/1", .token = ben,
	    .if_match = "*", .body = "{\"subject\":\"S2\"}").status, 200);
	CHECK_TEXT("as it was", sql_one("SELECT payload FROM letters"), "P");
	CHECK_INT("a filter on it", ASK("GET", "/v1/letters?payload=P", .token = ben).status, 400);
	CHECK_INT("for who may", ASK("GET", "/v1/letters?payload=P", .token = all).status, 200);
}

static void
refused(void)
{
	struct resource	 r = folders;

	r.owner = NULL;
	CHECK("own without owner", resource_error(&r) != NULL);
	r = folders;
	r.owner = "name";
	CHECK("an owner the client sends", resource_error(&r) != NULL);
	r.owner = "nobody";
	CHECK("an owner that is no field", resource_error(&r) != NULL);
	r = folders;
	r.write = SCOPE_NONE;
	CHECK("owned and written by anybody", resource_error(&r) != NULL);
	r = people;
	r.operations = 0;
	CHECK("who is made by whom", resource_error(&r) != NULL);
	r = people;
	r.owner = r.admin_scope = NULL;
	CHECK("private for nobody", resource_error(&r) != NULL);
	r = people;
	r.sorts = SORTS(SORT_BY("mail"));
	CHECK("sorted by what is private", resource_error(&r) != NULL);
	r = notes;
	r.filters = FILTERS(FILTER_BY("secret"));
	CHECK("a filter on what is hidden", resource_error(&r) != NULL);
	CHECK("these are not", resource_error(&notes) == NULL &&
	    resource_error(&people) == NULL && resource_error(&papers) == NULL &&
	    resource_error(&letters) == NULL);
}

static enum http_status
never(struct req *rq, struct resp *rs)
{
	(void)rq;
	(void)rs;
	return HTTP_OK;
}

/* What says not who may does not start; the same that says so does. */
static void
starts(void)
{
	struct route	 list[] = {
		{ .method = HTTP_GET, .path = "/v1/x", .run = never, .doc = "X" },
		{ .path = NULL } };
	const struct app	 alone = { .name = "x", .service = "test", .routes = list };
	struct program_thread	*t = program_open_alone(&alone, &serve.conf);

	CHECK("no scope, no start", t == NULL);
	list[0].scope = SCOPE_OWN;
	t = program_open_alone(&alone, &serve.conf);
	CHECK("with it there is", t != NULL);
	if (t != NULL)
		program_thread_close(t);
}

static void
all_fit(void)
{
	static const struct resource *const	 each[] = { &notes, &folders, &people,
		&papers, &letters };
	struct store	 st = { .db = serve.db, .arena = &serve.arena };
	struct buf	 told;
	size_t		 n = 0;

	for (size_t i = 0; i < NELEMS(each); i++) {
		buf_init(&told, &serve.arena);
		CHECK(told.p == NULL ? each[i]->path : told.p,
		    resource_check(&st, each[i], &told, &n));
		if (told.n > 0)
			fprintf(stderr, "%.*s", STR_ARG(buf_view(&told)));
	}
	CHECK("many statements", n > 100);
}

static void
end(void)
{
	struct reply	 r = ASK("DELETE", text("/v1/notes/%s", ann_note), .token = ann,
			    .if_match = "*");

	CHECK_INT("one's own is deleted", r.status, 204);
	serve_end();
}

TESTS(owner, { "begin", begin }, { "creation", creation },
    { "strangers", strangers }, { "lists", lists }, { "expansions", expansions },
    { "references", references }, { "merges", merges }, { "cached", cached },
    { "members", members }, { "texts", texts }, { "scoped", scoped },
    { "refused", refused }, { "starts", starts }, { "all fit", all_fit }, { "end", end })
