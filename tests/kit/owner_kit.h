#ifndef BRISK_TEST_OWNER_KIT_H
#define BRISK_TEST_OWNER_KIT_H
/* owner_kit - resources whose rows belong to users: two users, and an auditor. */
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

static inline const char *
made(const char *token, const char *path, const char *body)
{
	struct reply	 r = ASK("POST", path, .token = token, .body = body);

	CHECK_INT(body, r.status, 201);
	return at(r, "/id");
}

static inline void
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

static inline void
end(void)
{
	struct reply	 r = ASK("DELETE", text("/v1/notes/%s", ann_note), .token = ann,
			    .if_match = "*");

	CHECK_INT("one's own is deleted", r.status, 204);
	serve_end();
}

#endif
