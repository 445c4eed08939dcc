#ifndef BRISK_RESOURCE_H
#define BRISK_RESOURCE_H
/*
 * resource - a declared table becomes its routes: list, get, create (one or a
 * batch), replace, merge-patch and delete, with validation, paging, ETags,
 * document and cache.  No function needed.
 *
 *	static const struct resource categories = {
 *		.path = "/v1/categories", .table = "categories",
 *		.schema = &category, .read = SCOPE_NONE, .write = "products:write",
 *		.version = "version", .modified = "updated_at",
 *		.filters = FILTERS(FILTER_BY("parent_id"), FILTER_BY("slug")),
 *		.sorts = SORTS(SORT_ON("name", "by_name"),
 *		    SORT_ON("-updated_at", "by_update")),
 *		.doc = "Shelves and their shelves" };
 *
 * It fits tables that already exist: keys of one to n columns (FIELD_KEY, in
 * the schema's order; they become path segments), columns of other names
 * (.column), expressions (.sql), views (.operations).  A key that is FIELD_READONLY
 * is made by us when it is a UUID, else by the table's AUTO_INCREMENT; other
 * keys come from the client at creation.  Without .version the ETag is a hash
 * of the row, compared under the row's lock.
 *
 * Rows can belong to users.  `.owner` names the field that holds whose a row
 * is, and each caller works with the own rows alone, in lists, filters, orders,
 * expansions, batches and writes alike; another's row is answered as one that is
 * not there.  We set it at creation.  Bearers of the scope `.admin_scope` work with
 * all rows, and with `.read` or `.write`, either will do.
 *
 *	.owner = "user_id", .admin_scope = "users:admin",
 *	.read = "orders:read", .write = "orders:write",
 *
 * Where anybody may read (.read = SCOPE_NONE), all rows are read and only the
 * own ones written; members with FIELD_PRIVATE are then shown to a row's owner
 * and to bearers of `.admin_scope`, who alone may filter and sort by them:
 *
 *	FIELD_STR(struct user, email, .flags = FIELD_PRIVATE, ...)
 *	.owner = "id", .admin_scope = "users:admin", .read = SCOPE_NONE,
 *
 * Where no column says whose a row is, and it is only read, a condition can:
 *
 *	.owner_sql = "EXISTS (SELECT 1 FROM seats s WHERE s.trip_id = t.id AND s.user_id = ?)",
 *
 * Without .owner, FIELD_PRIVATE is for bearers of `.admin_scope` alone.  What is not
 * shown to somebody can not be sent by them either.  A field that names rows of
 * another table that belong to users says so with .owned.
 *
 * Rows can hang on a row of another resource, which the path names by a field
 * of ours that holds its key:
 *
 *	.path = "/v1/accounts/{account_id}/entries", .parent = &accounts,
 *
 * Lists and writes are then of the rows below it; the field is FIELD_READONLY
 * and set from the path.  Where that row is not there, or its
 * own resource would not show it to who asks, all of it is 404.  Without an
 * .owner, such rows are written by who may write the row above.
 *
 * Rows that are part of a row are a list of structs, in a table of their own:
 *
 *	FIELD_LIST(struct order, lines, .schema = &line, .max = 50,
 *	    .link = CHILDREN("order_lines", "order_id", "line_no"))
 *
 * They are shown, made, replaced and deleted with it, in its transaction; its
 * version, tags and audit row are theirs, too.  A write replaces the list whole
 * and writes what differs: an element that does, by its place, is another row,
 * with another key if that is FIELD_READONLY.  A fault tells its place
 * ("#/lines/3/sku"); an index is named after the FIELD_UNIQUE it is for.  With
 * .soft_delete they stay.  Nothing is filtered, sorted or expanded by them.
 *
 * In SQL text of a declaration the table is `t`.
 */
#include "route/route.h"

enum filter_kind {
	FILTER_EQUAL = 1,	/* ?status=active,draft: any of these */
	FILTER_MIN,		/* ?price_min=5: at least */
	FILTER_MAX,		/* at most */
	FILTER_SEARCH,		/* ?q=: all of the words, whole (FULLTEXT) */
	FILTER_PREFIX,		/* ?q=: one of the columns begins so */
	FILTER_IS,		/* ?in_stock=true: .sql holds; false: it does not */
};

struct filter {
	const char	*name;		/* of the query parameter; NULL ends a list */
	enum filter_kind kind;
	const char	*field;		/* EQUAL, MIN, MAX: on this field; its list may be a link */
	const char	*sql;		/* SEARCH, PREFIX: "name, description"; IS: the condition */
	const char	*doc;		/* NULL: made of the field's */
	bool		 private;	/* SEARCH, IS: on what FIELD_PRIVATE hides */
};

#define FILTERS(...)	((const struct filter[]){ __VA_ARGS__, { .name = NULL } })
/* Equality on the field of that name. */
#define FILTER_BY(f)	{ .name = (f), .kind = FILTER_EQUAL, .field = (f) }
#define FILTER_ON(n, k, f)	{ .name = (n), .kind = (k), .field = (f) }

/*
 * "name" rising, "-updated_at" falling; the key follows, so that no two rows
 * are alike.  The first is the default.  Name the index that serves it: a
 * server that guesses may read every row that is listed to find a page.
 */
struct sort {
	const char	*by;		/* NULL ends a list */
	const char	*index;		/* NULL: the server's choice */
};

#define SORTS(...)	((const struct sort[]){ __VA_ARGS__, { .by = NULL } })
#define SORT_BY(b)	{ .by = (b), .index = NULL }
#define SORT_ON(b, i)	{ .by = (b), .index = (i) }

/*
 * ?expand=NAME adds a member NAME: the row, or rows, that `field` names.  Their
 * private members are left out, unless .owner says whose they are: then rows
 * of others than the caller's are.
 */
struct expand {
	const char		*name;
	const char		*field;		/* ours: one key or a list of keys */
	const char		*table;		/* theirs; its key column is the schema's key */
	const struct schema	*schema;
	const char		*owner, *admin_scope; /* theirs, as of a resource */
};

#define EXPANDS(...)	((const struct expand[]){ __VA_ARGS__, { .name = NULL } })

/* Rows that hang on rows of the same table: no cycles, not too deep. */
struct tree {
	const char	*parent;	/* field that names the row above */
	int		 depth;		/* most levels */
};

/* Which of its operations there are. */
enum resource_operations {
	OPS_LIST = 1 << 0, OPS_GET = 1 << 1, OPS_CREATE = 1 << 2,
	OPS_PATCH = 1 << 3, OPS_PUT = 1 << 4, OPS_DELETE = 1 << 5,
	OPS_READ = OPS_LIST | OPS_GET, OPS_UPDATE = OPS_PATCH | OPS_PUT,
};

struct resource {
	const char		*path;		/* "/v1/categories" */
	const struct resource	*parent;	/* one whose row the path names */
	const char		*table;
	const char		*join;		/* "LEFT JOIN stock s ON s.product_id = t.id" */
	const struct schema	*schema;
	const char		*read, *write;	/* scopes */
	const char		*list;		/* of lists, where it is not .read */
	const char		*owner;		/* field: the user whose row it is */
	const char		*owner_sql;	/* or a condition of the own rows, of who is `?` */
	const char		*admin_scope;/* scope for everybody's rows; NULL: none is */
	unsigned		 operations;	/* enum resource_operations; 0: everything */
	const char		*version;	/* column counted up by each change */
	const char		*modified;	/* field shown as Last-Modified */
	const char		*visible;	/* condition of rows that all see */
	const char		*visible_to_writers; /* condition of rows that writers see */
	const char		*soft_delete;	/* assignment instead of DELETE */
	const char		*in_use;	/* code when others refer to the row: "not_empty" */
	const char		*merge_by;	/* unique field of Prefer: resolution=merge-duplicates */
	/* Table whose row of the same key the get shows: tags "stock/ID", and "stock/" and a star. */
	const char		*depends_on;
	const char *const	*invalidates;	/* tags that a row's write ends beside its own: "user/{id}" */
	const struct filter	*filters;
	const struct sort	*sorts;
	const struct expand	*expands;
	struct tree		 tree;
	/* A rule a plain table would not need: 0, or a refusal. `old` NULL: creation; `now` NULL: deletion. */
	enum http_status	(*guard)(struct req *, struct resp *,
				    const void *old, const void *now);
	const char *const	*problems;	/* that guard answers: "409 cycle It would ..." */
	struct freshness	 cached;
	size_t			 max_body;	/* of one; of a batch: RESOURCE_BATCH */
	enum limit_class	 limit_read, limit_write; /* as of its routes */
	enum idem_rule		 idempotency;	/* of its creation */
	const char		*deprecated, *sunset;
	const char		*doc;
};

#define RESOURCE_BATCH		((size_t)4 << 20)
#define RESOURCE_ITEMS		1000	/* of a batch */
#define RESOURCE_ROUTES		6
#define RESOURCES(...)	((const struct resource *const[]){ __VA_ARGS__, NULL })

/* The routes of a resource, made once at start; their number. */
size_t		 resource_routes(const struct resource *,
		    struct route out[RESOURCE_ROUTES]);

/*
 * For a route of one's own, which has judged who may: all of the row with this
 * key, as its get would answer it; the status is `good` or a refusal.
 */
enum http_status resource_respond(struct req *, struct resp *, const struct resource *,
		    const void *key, enum http_status good) MUSTCHECK;

/*
 * The tables it shows, a line each, for those who watch them: "TABLE TAG KEY
 * TTL WHO".  TAG is the table whose answers show it, KEY the columns that its
 * rows are named by there, with commas; WHO is "others" when they write it.
 */
void		 resource_tables(const struct resource *, struct buf *);

/* What is wrong with the declaration, as a sentence, or NULL. */
const char	*resource_error(const struct resource *);

/*
 * The steps of a request that belong to a resource's routes, in this order:
 * 0, or the status of a refusal that is already in the answer.
 */
enum http_status resource_query(struct req *, struct resp *) MUSTCHECK;
enum http_status resource_key(struct req *, struct resp *) MUSTCHECK;
enum http_status resource_condition(struct req *, struct resp *) MUSTCHECK;
enum http_status resource_body(struct req *, struct resp *) MUSTCHECK;
/* Bytes the body may have: more when it begins as a batch does. */
size_t		 resource_max_body(const struct req *);
/*
 * What of an answer depends on who asks: part of the cache's key, "" where all
 * who ask get the same.  NULL: no memory.
 */
const char	*resource_view(const struct req *);
/* May caches that many share keep it?  Not where some would be shown more. */
bool		 resource_is_public(const struct req *);
/* Tags of the answer, into the arena; how many. */
size_t		 resource_tags(const struct req *, struct str tags[GENERATION_TAGS]);

/*
 * Every statement the declaration can produce is prepared and its result
 * compared with the schema; one line per fault into `told`.  Statements tried
 * are counted in `*n`.
 */
bool		 resource_check(struct store *, const struct resource *,
		    struct buf *told, size_t *n) MUSTCHECK;

/* Each of these statements, without a database.  False: no memory. */
bool		 resource_statements(const struct resource *, struct arena *,
		    void (*each)(void *, struct str sql), void *arg) MUSTCHECK;

#endif
