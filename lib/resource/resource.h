#ifndef BRISK_RESOURCE_H
#define BRISK_RESOURCE_H
/*
 * resource - a declared table becomes routes: list, get, create (one row or a
 * batch), replace, merge-patch and delete, with validation, paging, ETags, caching
 * and the OpenAPI document.  No function is needed.
 *
 *	static const struct resource categories = {
 *		.path = "/v1/categories", .table = "categories",
 *		.schema = &category, .read = SCOPE_NONE, .write = "products:write",
 *		.version = "version", .modified = "updated_at",
 *		.filters = FILTERS(FILTER_BY("parent_id"), FILTER_BY("slug")),
 *		.sorts = SORTS(SORT_ON("name", "by_name"),
 *		    SORT_ON("-updated_at", "by_update")),
 *		.doc = "The tree of product categories" };
 *
 * It fits existing tables: keys of one or several columns (FIELD_KEY, in the order
 * of the schema; they become path segments), columns of other names (.column),
 * expressions (.sql), views (.operations).  A FIELD_READONLY key is generated: a UUID
 * by the library, an integer by AUTO_INCREMENT.  Any other key comes from the client
 * at creation.  Without .version the ETag is a hash of the row, compared while the row
 * is locked.
 *
 * In SQL text of a declaration the table is `t`.
 *
 * --- Ownership ---
 *
 * Rows can belong to users.  .owner names the field that holds the owner.  A caller
 * then works with the own rows only, in lists, filters, sorts, expansions, batches
 * and writes; a row of another user is answered as one that does not exist.  Creation
 * sets the owner.  Bearers of the scope .admin_scope work with all rows; with
 * .admin_scope, the scope .read or .write is not needed.
 *
 *	.owner = "user_id", .admin_scope = "users:admin",
 *	.read = "orders:read", .write = "orders:write",
 *
 * With .read = SCOPE_NONE everybody reads all rows and owners write their own.  A
 * FIELD_PRIVATE member is then visible only to the row's owner and to bearers of
 * .admin_scope; only these bearers may filter and sort by it:
 *
 *	FIELD_STR(struct user, email, .flags = FIELD_PRIVATE, ...)
 *	.owner = "id", .admin_scope = "users:admin", .read = SCOPE_NONE,
 *
 * If no column holds the owner, and the rows are only read, a condition can decide:
 *
 *	.owner_sql = "EXISTS (SELECT 1 FROM seats s WHERE s.trip_id = t.id AND s.user_id = ?)",
 *
 * Without .owner, FIELD_PRIVATE members are for bearers of .admin_scope only.  A caller
 * cannot send a member that the caller may not see.  A field that refers to owned rows
 * of another table says so with .owned.
 *
 * --- Rows below a row of another resource ---
 *
 * The path names the parent row by a field of the resource that holds the key:
 *
 *	.path = "/v1/accounts/{account_id}/entries", .parent = &accounts,
 *
 * Lists and writes then apply to the rows below the parent; the field is
 * FIELD_READONLY and set from the path.  If the parent does not exist, or the caller
 * may not see it, every request is answered with 404.  Without an .owner, the rows can
 * be written by everybody who may write the parent.
 *
 * --- Children: rows that are part of a row ---
 *
 * A list of structs, kept in a table of its own:
 *
 *	FIELD_LIST(struct order, lines, .schema = &line, .max = 50,
 *	    .link = CHILDREN("order_lines", "order_id", "line_no"))
 *
 * Children are shown, created, replaced and deleted together with their row, in its
 * transaction; they share its version, cache tags and audit entries.  A write
 * replaces the list as a whole but only writes the elements that differ, by position;
 * an element that differs becomes a new row, with a new key if the key is
 * FIELD_READONLY.  Faults carry the position ("#/lines/3/sku"); an index must be named
 * after its FIELD_UNIQUE column.  With .soft_delete children stay.  Children can be
 * neither filtered nor sorted by, nor expanded.
 */
#include "route/route.h"

enum filter_kind {
	FILTER_EQUAL = 1,	/* ?status=active,draft: any of these */
	FILTER_MIN,		/* ?price_min=5: at least */
	FILTER_MAX,		/* at most */
	FILTER_SEARCH,		/* ?q=: contains all of these whole words (FULLTEXT) */
	FILTER_PREFIX,		/* ?q=: one of the columns begins with the text */
	FILTER_IS,		/* ?in_stock=true: the condition .sql is true; false: it is not */
};

struct filter {
	const char	*name;		/* of the query parameter; NULL ends a list */
	enum filter_kind kind;
	const char	*field;		/* EQUAL, MIN, MAX: the field; it may be a link list */
	const char	*sql;		/* SEARCH, PREFIX: "name, description"; IS: the condition */
	const char	*doc;		/* NULL: derived from the doc of the field */
	bool		 private;	/* SEARCH, IS: .sql uses FIELD_PRIVATE members */
};

#define FILTERS(...)	((const struct filter[]){ __VA_ARGS__, { .name = NULL } })
/* Equality with the field of the same name. */
#define FILTER_BY(f)	{ .name = (f), .kind = FILTER_EQUAL, .field = (f) }
#define FILTER_ON(n, k, f)	{ .name = (n), .kind = (k), .field = (f) }

/*
 * A sort key: "name" is ascending, "-updated_at" descending.  The key of the table
 * follows as a tie-breaker.  The first sort is the default.  Name the index that
 * serves it: otherwise the server may choose another one and read the whole list to
 * find one page.
 */
struct sort {
	const char	*by;		/* NULL ends a list */
	const char	*index;		/* NULL: the server chooses */
};

#define SORTS(...)	((const struct sort[]){ __VA_ARGS__, { .by = NULL } })
#define SORT_BY(b)	{ .by = (b), .index = NULL }
#define SORT_ON(b, i)	{ .by = (b), .index = (i) }

/*
 * ?expand=NAME adds a member NAME: the row or rows that `field` refers to, without
 * their private members.  With .owner, only rows that the caller owns are embedded,
 * with all members.
 */
struct expand {
	const char		*name;
	const char		*field;		/* of this resource: one key or a list of keys */
	const char		*table;		/* that the keys refer to; .schema has its key */
	const struct schema	*schema;
	const char		*owner, *admin_scope; /* of that table, as in a resource */
};

#define EXPANDS(...)	((const struct expand[]){ __VA_ARGS__, { .name = NULL } })

/* Rows below rows of the same table: without cycles, of limited depth. */
struct tree {
	const char	*parent;	/* the field that refers to the parent row */
	int		 depth;		/* maximum number of levels */
};

/* The operations of a resource. */
enum resource_operations {
	OPS_LIST = 1 << 0, OPS_GET = 1 << 1, OPS_CREATE = 1 << 2,
	OPS_PATCH = 1 << 3, OPS_PUT = 1 << 4, OPS_DELETE = 1 << 5,
	OPS_READ = OPS_LIST | OPS_GET, OPS_UPDATE = OPS_PATCH | OPS_PUT,
};

struct resource {
	const char		*path;		/* "/v1/categories" */
	const struct resource	*parent;	/* its row is named in the path */
	const char		*table;
	const char		*join;		/* "LEFT JOIN stock s ON s.product_id = t.id" */
	const struct schema	*schema;
	const char		*read, *write;	/* scopes */
	const char		*list;		/* scope of lists; NULL: .read */
	const char		*owner;		/* field that holds the owner's id */
	const char		*owner_sql;	/* condition of the own rows; `?` is the user's id */
	const char		*admin_scope;	/* scope for the rows of all owners; NULL: none */
	unsigned		 operations;	/* enum resource_operations; 0: all */
	const char		*version;	/* column that each change increments */
	const char		*modified;	/* field sent as Last-Modified */
	const char		*visible;	/* condition of rows that everybody sees; NULL: all */
	const char		*visible_to_writers; /* of rows that writers see; NULL: see all, change .visible rows */
	const char		*soft_delete;	/* assignment that replaces DELETE */
	const char		*in_use;	/* code of the 409 while rows refer to it: "not_empty" */
	const char		*merge_by;	/* unique field for Prefer: resolution=merge-duplicates */
	/* Table with the same keys that a get also reads; its tags: "stock/ID", "stock/" and a star. */
	const char		*depends_on;
	const char *const	*invalidates;	/* more cache tags that a change invalidates: "user/{id}" */
	const struct filter	*filters;
	const struct sort	*sorts;
	const struct expand	*expands;
	struct tree		 tree;
	/*
	 * Extra rule of writes: 0, or a refusal that is in the response.  Runs in the
	 * transaction.  `old` NULL: creation; `now` NULL: deletion.
	 */
	enum http_status	(*guard)(struct req *, struct resp *,
				    const void *old, const void *now);
	const char *const	*problems;	/* that .guard can answer: "409 cycle A row ..." */
	struct freshness	 cached;
	size_t			 max_body;	/* of one row, bytes; of a batch: RESOURCE_BATCH */
	enum limit_class	 limit_read, limit_write; /* quotas, as of routes */
	enum idem_rule		 idempotency;	/* of create */
	const char		*deprecated, *sunset; /* as of routes */
	const char		*doc;
};

#define RESOURCE_BATCH		((size_t)4 << 20)	/* bytes of a batch */
#define RESOURCE_ITEMS		1000	/* rows of a batch */
#define RESOURCE_ROUTES		6
#define RESOURCES(...)	((const struct resource *const[]){ __VA_ARGS__, NULL })

/* Make the routes of a resource, once at start; returns how many.  Texts are never freed. */
size_t		 resource_routes(const struct resource *,
		    struct route out[RESOURCE_ROUTES]);

/*
 * For routes of other handlers: answer with the row of this key as a get would, with
 * all members.  The caller has checked the permission.  Returns `good` or a refusal.
 */
enum http_status resource_respond(struct req *, struct resp *, const struct resource *,
		    const void *key, enum http_status good) MUSTCHECK;

/*
 * The tables that the resource reads, one line each, for `brisk cache watch`: "TABLE
 * TAG KEY TTL WHO".  TAG: the table whose cache tags to invalidate.  KEY: the columns
 * with the key of the tag, separated by commas.  WHO: "others" if other programs
 * write the table, else "-".
 */
void		 resource_tables(const struct resource *, struct buf *);

/* The first error in the declaration, as a predicate ("has no ..."); NULL: none. */
const char	*resource_error(const struct resource *);

/*
 * The steps of a request to a route of a resource, in this order.  Each returns 0, or
 * the status of a refusal that is in the response.
 */
enum http_status resource_query(struct req *, struct resp *) MUSTCHECK;
enum http_status resource_key(struct req *, struct resp *) MUSTCHECK;
enum http_status resource_condition(struct req *, struct resp *) MUSTCHECK;
enum http_status resource_body(struct req *, struct resp *) MUSTCHECK;
/* The maximum size of the body in bytes: more if it begins like a batch. */
size_t		 resource_max_body(const struct req *);
/*
 * The part of the cache key that depends on the caller; "" if every caller gets the
 * same response.  NULL: no memory.
 */
const char	*resource_variant(const struct req *);
/* May shared caches keep the response?  Not if some callers would see more. */
bool		 resource_is_public(const struct req *);
/* The cache tags of the response, in the arena; returns how many. */
size_t		 resource_tags(const struct req *, struct str tags[GENERATION_TAGS]);

/*
 * Prepare every statement that the declaration can produce and compare its columns
 * with the schema.  Appends one line per error to `errors`, adds the number of
 * statements to `*n`, returns false if there were errors.
 */
bool		 resource_check(struct store *, const struct resource *,
		    struct buf *errors, size_t *n) MUSTCHECK;

/* Pass each of these statements to `each`, without a database.  False: no memory. */
bool		 resource_statements(const struct resource *, struct arena *,
		    void (*each)(void *, struct str sql), void *arg) MUSTCHECK;

#endif
