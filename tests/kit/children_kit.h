#ifndef BRISK_TEST_CHILDREN_KIT_H
#define BRISK_TEST_CHILDREN_KIT_H
/* children_kit - orders with lines, and to-do lists with entries. */
#include "openapi/openapi.h"
#include "serve.h"

#define ANN	"0190f5a4-0000-7000-8000-00000000000a"
#define BEN	"0190f5a4-0000-7000-8000-00000000000b"
#define HERS	"0190f5a4-0000-7000-8000-0000000000aa"
#define HIS	"0190f5a4-0000-7000-8000-0000000000bb"

struct line {
	struct uuid	 id, folder_id;
	struct str	 sku;
	int64_t		 quantity, good;
	struct opt_int	 extra;
	struct stamp	 made_at;
};

static const struct schema line = SCHEMA("Line", struct line,
	FIELD_UUID(struct line, id, .flags = FIELD_KEY | FIELD_READONLY, .doc = "Key"),
	FIELD_STR(struct line, sku, .flags = FIELD_UNIQUE, .max = 20, .doc = "Article"),
	FIELD_INT(struct line, quantity, .min = 1, .max = 999, .doc = "How many"),
	FIELD_INT(struct line, good, .column = "good_id", .max = 99, .doc = "Of what"),
	FIELD_INT(struct line, extra, .max = 99, .doc = "More"),
	FIELD_UUID(struct line, folder_id, .flags = FIELD_OPTIONAL,
	    .owned = OWNED("folders", "id", "user_id", "orders:all"), .doc = "Where"),
	FIELD_STAMP(struct line, made_at, .flags = FIELD_READONLY, .doc = "When"));

struct purchase {
	struct uuid	 id;
	struct str	 number, note;
	struct list	 lines;
};

static const struct schema purchase = SCHEMA("Order", struct purchase,
	FIELD_UUID(struct purchase, id, .flags = FIELD_KEY | FIELD_READONLY, .doc = "Key"),
	FIELD_STR(struct purchase, number, .flags = FIELD_UNIQUE, .max = 20, .doc = "Number"),
	FIELD_STR(struct purchase, note, .flags = FIELD_OPTIONAL, .max = 20, .doc = "Note"),
	FIELD_LIST(struct purchase, lines, .schema = &line, .min = 1, .max = 5,
	    .link = CHILDREN("order_lines", "order_id", "line_no"), .doc = "Lines"));

struct entry {
	struct str	 text;
};

static const struct schema entry = SCHEMA("Entry", struct entry,
	FIELD_STR(struct entry, text, .max = 20, .doc = "Text"));

struct todo {
	int64_t		 id;
	struct str	 name;
	struct list	 entries, more;
};

static const struct schema todo = SCHEMA("Todo", struct todo,
	FIELD_INT(struct todo, id, .flags = FIELD_KEY | FIELD_READONLY, .doc = "Key"),
	FIELD_STR(struct todo, name, .max = 20, .doc = "Name"),
	FIELD_LIST(struct todo, entries, .flags = FIELD_OPTIONAL, .schema = &entry,
	    .link = CHILDREN("entries", "list", "place"), .doc = "Entries"),
	FIELD_LIST(struct todo, more, .flags = FIELD_OPTIONAL, .schema = &entry,
	    .link = CHILDREN("more_entries", "list", "place"), .doc = "More of them"));

static const struct resource orders = {
	.path = "/v1/orders", .table = "orders", .schema = &purchase,
	.read = "orders:read", .write = "orders:write", .version = "version",
	.merge_by = "number", .sorts = SORTS(SORT_BY("number")),
	.filters = FILTERS(FILTER_BY("number")), .cached = { .ttl = 60 },
	.doc = "Orders" };

static const struct resource todos = {
	.path = "/v1/todos", .table = "todos", .schema = &todo,
	.read = SCOPE_NONE, .write = "orders:write", .doc = "Things to do" };

/* The same, whose rows stay. */
static const struct resource kept = {
	.path = "/v1/kept", .table = "todos", .schema = &todo,
	.read = SCOPE_NONE, .write = "orders:write", .operations = OPS_DELETE | OPS_GET,
	.soft_delete = "t.name = 'gone'", .visible = "t.name <> 'gone'", .doc = "Kept" };

static const struct app app = { .name = "children", .service = "core",
	.resources = RESOURCES(&orders, &todos, &kept) };

/* With ' for ". */
static inline const char *
json(const char *fmt)
{
	char	*out = text("%s", fmt);

	for (char *p = out; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	return out;
}

static inline void
begin(void)
{
	serve_begin("children", "orders:read orders:write");
	serve.conf.audit_writes = true;
	sql("CREATE TABLE orders (id BINARY(16) NOT NULL PRIMARY KEY,"
	    " number VARCHAR(20) NOT NULL, note VARCHAR(20) NULL,"
	    " version INT UNSIGNED NOT NULL DEFAULT 1, UNIQUE KEY number (number));"
	    "CREATE TABLE goods (id INT NOT NULL PRIMARY KEY);"
	    "INSERT INTO goods VALUES (1), (2);"
	    "CREATE TABLE folders (id BINARY(16) NOT NULL PRIMARY KEY,"
	    " user_id BINARY(16) NOT NULL);"
	    "INSERT INTO folders VALUES"
	    " (UNHEX(REPLACE('" HERS "', '-', '')), UNHEX(REPLACE('" ANN "', '-', ''))),"
	    " (UNHEX(REPLACE('" HIS "', '-', '')), UNHEX(REPLACE('" BEN "', '-', '')));"
	    "CREATE TABLE order_lines (order_id BINARY(16) NOT NULL, line_no INT NOT NULL,"
	    " id BINARY(16) NOT NULL, sku VARCHAR(20) NOT NULL, quantity INT NOT NULL,"
	    " good_id INT NOT NULL, extra INT NULL, folder_id BINARY(16) NULL,"
	    " made_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),"
	    " PRIMARY KEY (order_id, line_no), UNIQUE KEY id (id),"
	    " UNIQUE KEY sku (order_id, sku), CHECK (sku <> 'zz'),"
	    " FOREIGN KEY (order_id) REFERENCES orders (id),"
	    " FOREIGN KEY (good_id) REFERENCES goods (id));"
	    "CREATE TABLE todos (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,"
	    " name VARCHAR(20) NOT NULL);"
	    "CREATE TABLE entries (list INT NOT NULL, place INT NOT NULL,"
	    " text VARCHAR(20) NOT NULL, PRIMARY KEY (list, place));"
	    "CREATE TABLE more_entries LIKE entries;");
	serve_open(&app);
}

static inline void
end(void)
{
	serve_end();
}

#endif
