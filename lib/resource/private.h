#ifndef BRISK_RESOURCE_PRIVATE_H
#define BRISK_RESOURCE_PRIVATE_H
/*
 * resource_private - what the parts of the resource room share.
 *
 *	resource.c		routes, keys, tags
 *	resource_sight.c	whose rows and which members one may see and change
 *	resource_query.c	query string -> struct list_query
 *	resource_cursor.c	where the last page ended, as opaque text
 *	resource_sql.c		struct list_query -> statement
 *	resource_read.c		list and get
 *	resource_link.c		lists kept in link tables, expansions
 *	resource_link_write.c	the link rows a write makes
 *	resource_children.c	rows that are part of a row: read, and what differs written
 *	resource_write.c	create, batch, change, delete
 *	resource_body.c		what a write is sent
 *	resource_batch.c	many rows at once
 *	resource_rows.c		the rows a write touches: insert, update, compare
 *	resource_audit.c	what of it the audit log is told
 *	resource_refer.c	rows of others that a write names
 *	resource_tree.c		rows that hang on rows
 *	resource_within.c	rows that hang on a row of another resource
 *	resource_check.c	every statement against the database
 */
#include "resource/resource.h"

struct change;

#define LIST_QUERY_FILTERS	24	/* declared by one resource */
#define LIST_QUERY_VALUES	32	/* of one filter: ?status=a,b,c */
#define LIST_QUERY_COLUMNS	8	/* an order's field and the key's */
#define KEY_COLUMNS	6

/* One filter as it was asked for. */
struct filter_value {
	const struct filter	*filter;
	struct val		*v;
	size_t			 n;
};

/* A column that rows are ordered by. */
struct sort_column {
	const struct field	*field;
	bool			 falling, nullable;
};

/* What one caller may see and change of a resource. */
struct visibility {
	bool		 kept;			/* rows that only writers see */
	bool		 rows;			/* everybody's */
	bool		 members;		/* private members of all of them */
	struct val	 me;			/* as .owner has it; NULL: owns nothing */
	const void	*above;			/* a row of ours that names it, of .parent */
};

/* What a list or get is asked for, and by whom. */
struct list_query {
	struct visibility	 sight;
	void		*keys;			/* what the path says, as a row */
	struct filter_value	 given[LIST_QUERY_FILTERS];
	size_t		 ngiven;
	int64_t		 limit;
	size_t		 order;			/* index of .sorts */
	uint64_t	 show;			/* fields, as encode has them */
	uint64_t	 need;			/* fields to select: shown or expanded */
	unsigned	 expand;		/* bit per .expands */
	bool		 count;
	bool		 after;			/* `last` is where to go on */
	struct val	 last[LIST_QUERY_COLUMNS];
	struct str	 filters;		/* canonical text of given[] and order */
};

/* A statement as it is built. */
struct statement {
	struct buf	 sql;
	struct val	*v;
	size_t		 n, most;
	uint64_t	 need;			/* of a SELECT: fields that are read */
};

/* Rows as they came: `size` bytes each, and what their version is. */
struct rows {
	char		*rows;
	struct str	*versions;
	size_t		 n;
};

static inline void *
rows_at(const struct resource *r, const struct rows *f, size_t i)
{
	return f->rows + i * r->schema->size;
}

/* The fields of the key, in order; how many. */
size_t		 resource_key_fields(const struct resource *, const struct field *[KEY_COLUMNS]);
/* One of its fields as a path has it. */
void		 resource_key_print(struct buf *, const struct field *, const void *row);
/* "id" as text ("a/b" of two), from a row. */
struct str	 resource_key_text(const struct resource *, struct arena *, const void *row);
/* Is the key a single UUID made by us?  By AUTO_INCREMENT? */
bool		 resource_key_is_generated(const struct resource *);
bool		 resource_key_is_auto_increment(const struct resource *);
const struct filter *filter_find(const struct resource *, struct str name);
/* The columns of order i: its field, then the key's. */
size_t		 sort_columns(const struct resource *, size_t order,
		    struct sort_column out[LIST_QUERY_COLUMNS]);
/* The tag of all single rows, for writes that do not know which they change. */
struct str	 resource_rows_tag(const struct resource *, struct arena *);

/* Do its rows belong to users? */
bool		 resource_is_owned(const struct resource *);
/* The field of .owner, or NULL. */
const struct field *resource_owner_field(const struct resource *);
/* What this one may of it. */
void		 visibility_init(const struct resource *, const struct req *, bool write,
		    struct visibility *);
/* May a filter or an order go by this field?  May `fields=` name it? */
bool		 visibility_may_sort(const struct resource *, const struct visibility *,
		    const struct field *);
bool		 visibility_may_select(const struct resource *, const struct visibility *,
		    const struct field *);
/* Is it on SQL that only who sees all private members may ask by? */
bool		 visibility_may_filter(const struct resource *, const struct visibility *,
		    const struct filter *);
/* Of the members to be shown, those that may be, of this row. */
uint64_t	 visibility_members(const struct resource *, const struct visibility *,
		    const void *row, uint64_t show);
/* The schema as this one may send it; NULL: no memory. */
const struct schema *visibility_input_schema(const struct resource *, const struct visibility *,
		    struct arena *) MUSTCHECK;
/* Below the row that the path names; their owner's, unless everybody's are seen. */
void		 sql_where_visible(struct statement *, const struct resource *,
		    const struct visibility *);

/* The fields that a path names the row above by, and is this one of them? */
size_t		 parent_fields(const struct resource *, const struct field *[KEY_COLUMNS]);
bool		 parent_has_field(const struct resource *, const struct field *);
/* What is wrong with .parent; NULL: nothing. */
const char	*parent_error(const struct resource *);
/* " AND t.`account_id`=?" */
void		 sql_where_parent(struct statement *, const struct resource *,
		    const struct visibility *);
/* A row to be created hangs where the path says. */
void		 parent_set_key(const struct resource *, const struct visibility *, void *row);
/* 0, or the refusal: there is no row above, or not for this one. */
enum http_status parent_check(struct req *, struct resp *) MUSTCHECK;
/* The key of the row above, as a row of its own schema; NULL: no memory. */
void		*parent_key(const struct req *, const struct resource *, const void *row);
/* The tag of the row above. */
struct str	 parent_tag(const struct req *);

bool		 cursor_write(const struct req *, const struct list_query *,
		    const void *row, struct buf *out) MUSTCHECK;
bool		 cursor_read(const struct req *, struct list_query *, struct str) MUSTCHECK;

void		 statement_init(struct statement *, struct arena *);
bool		 statement_ok(const struct statement *) MUSTCHECK;
void		 statement_bind(struct statement *, struct val);
/* A field's value or values, bound as `?` or `?,?`. */
void		 statement_bind_field(struct statement *, const struct field *, const void *row);
/* `name`, with backticks; t.`name`. */
void		 sql_name(struct buf *, const char *);
/* (?, ?, ...) for these values, padded to 1, 2, 4, 8... */
void		 sql_in(struct statement *, const struct val *, size_t n);
enum sql_columns { COLUMNS_ALL, COLUMNS_BASE };
void		 sql_select(struct statement *, const struct resource *,
		    uint64_t show, enum sql_columns);
void		 sql_from(struct statement *, const struct resource *, enum sql_columns,
		    const char *index);
void		 sql_key(struct statement *, const struct resource *, const void *row);
void		 sql_list(struct statement *, const struct resource *, const struct list_query *);
void		 sql_count(struct statement *, const struct resource *, const struct list_query *);
void		 sql_get(struct statement *, const struct resource *,
		    const struct list_query *, const void *key);

/* Rows whose field has one of these values. */
void		 sql_select_by(struct statement *, const struct resource *,
		    const struct field *, const struct val *, size_t n);

/* Run a SELECT of sql_select()'s columns. */
enum db_err	 rows_select(struct store *, const struct resource *,
		    struct statement *, struct rows *) MUSTCHECK;
/* The row's version as its ETag begins; a hash is made of these members. */
struct str	 rows_version(const struct resource *, struct arena *,
		    const void *row, const struct val *version, uint64_t of);

/* The rows of a field's children, as if they were a resource. */
struct resource	 lists_child_resource(const struct field *);
/* Into the rows that were found, the children that are needed. */
enum db_err	 lists_select_children(struct store *, const struct resource *, uint64_t need,
		    struct rows *) MUSTCHECK;
void		 sql_select_children(struct statement *, const struct field *,
		    const struct val *owners, size_t n);
/* The places there are, and some of them taken away. */
void		 sql_select_positions(struct statement *, const struct field *,
		    const struct val *owner);
void		 sql_delete_children(struct statement *, const struct field *,
		    const struct val *owner, const struct val *places, size_t n);
bool		 lists_children_same(const struct field *, struct arena *, const void *x,
		    const void *y);
/* Children that differ, by their place, are written anew. */
enum db_err	 lists_update_children(struct store *, struct change *, const struct field *,
		    const struct val *owner, const void *old) MUSTCHECK;

/* An element of a list: one key, or a struct. */
static inline void *
list_at(const struct field *f, const struct list *l, size_t i)
{
	return (char *)l->items +
	    i * (f->item != NULL ? field_size(f->item) : f->schema->size);
}

/* Columns of sql_select() that the field takes: a link's list is one. */
size_t		 sql_select_width(const struct field *);
/* A link's column, as sql_select() asks for it, into the list. */
bool		 lists_read_link(const struct field *, const struct val *, struct arena *,
		    void *row) MUSTCHECK;
/* Expansions of a page of rows, found with one query each. */
struct expansion {
	const struct expand	*ex;
	struct visibility		 sight;		/* of theirs */
	char			*rows;		/* theirs, sorted by nothing */
	size_t			 n;
};
enum db_err	 expand_find(const struct req *, unsigned expand,
		    const struct rows *, struct expansion **, size_t *n) MUSTCHECK;
/* The other side of an expansion, as a resource. */
struct resource	 expand_resource(const struct expand *);
void		 expand_encode(struct buf *, const struct resource *,
		    const struct expansion *, size_t n, const void *row);
void		 sql_expand(struct statement *, const struct expand *,
		    const struct visibility *, const struct val *, size_t n);

/* One row as the API shows it. */
void		 rows_encode(struct buf *, const struct resource *,
		    const struct list_query *, const struct expansion *, size_t n,
		    const void *row);

/*
 * One row into the answer: body, ETag, Last-Modified; DB_NOT_FOUND if there is no
 * such row, or not for this one.
 */
enum db_err	 rows_respond(struct req *, struct resp *, const struct resource *,
		    const struct list_query *, const void *key) MUSTCHECK;

enum http_status resource_list(struct req *, struct resp *) MUSTCHECK;
enum http_status resource_get(struct req *, struct resp *) MUSTCHECK;
enum http_status resource_create(struct req *, struct resp *) MUSTCHECK;
enum http_status resource_change(struct req *, struct resp *) MUSTCHECK;
enum http_status resource_delete(struct req *, struct resp *) MUSTCHECK;

/* What comes of a batch: how many rows stand behind rq->input. */
struct items {
	void	*rows;
	size_t	 n;
};

/* A write on its way: what its transaction works on. */
struct change {
	struct req		*rq;
	struct resp		*rs;
	const struct resource	*r;
	struct list_query		 whole;		/* how it is answered: all that is seen */
	char			*rows;		/* to be created, or the row as it will be */
	size_t			 n;
	bool			 batch, merge;
	bool			*there;		/* of a merge: this one is a change, */
	bool			*same;		/* or not even that */
	size_t			 created;
	size_t			 first;		/* item that rows[0] is, for pointers */
	struct list_row		*linked;	/* rows of one link field */
	struct faults		 fs;
	enum http_status	 status;	/* of a refusal found in the transaction */
};

/* One row of a link table or of children, and whose element it is. */
struct list_row {
	const struct field	*f;
	size_t			 item, element;
	struct val		 owner;
	const void		*what;		/* a key, or a child */
	int64_t			 place;
};

struct list_row	 list_row_of(const struct field *, const struct list *, size_t element);

#define INSERT_AT_ONCE	64	/* rows of one INSERT: 1, 2, 4 ... 64 */

/* "#/items/7/sku", or "#/sku" of a single one. */
const char	*change_pointer(const struct change *, size_t item, const char *member);

/*
 * `n` things in statements of `most`, most / 2, ... 1 of them, so that there
 * are few texts.  Where a constraint refuses a statement its things are tried
 * one by one, so that each one's fault is told; `fault` does so and the rest
 * go on.
 */
enum db_err	 change_in_batches(struct store *, struct change *, size_t n, size_t most,
		    enum db_err (*insert)(struct store *, struct change *,
			size_t from, size_t n),
		    void (*fault)(struct store *, struct change *, enum db_err,
			size_t i)) MUSTCHECK;
enum db_err	 statement_run(struct store *, struct statement *,
		    struct db_result *) MUSTCHECK;

static inline void *
change_row(const struct change *c, size_t i)
{
	return c->rows + i * c->r->schema->size;
}

/* Insert the rows that are not there yet; constraint faults go to c->fs. */
enum db_err	 change_insert_rows(struct store *, struct change *) MUSTCHECK;
enum db_err	 lists_insert(struct store *, struct change *) MUSTCHECK;
/* Those of c->linked. */
enum db_err	 lists_write(struct store *, struct change *, size_t n) MUSTCHECK;
bool		 lists_link_same(const struct field *, const void *, const void *);
/* Those of lists that differ. */
enum db_err	 lists_update(struct store *, struct change *, size_t i,
		    const void *old) MUSTCHECK;
/* Give a row its new values, and its link tables theirs. */
enum db_err	 change_update_row(struct store *, struct change *, size_t i,
		    const void *old) MUSTCHECK;
/* The row of the request's key, locked; DB_NOT_FOUND. */
enum db_err	 change_lock_row(struct store *, const struct change *, struct rows *)
		    MUSTCHECK;
/* Rows to be created are their creator's; DB_ABORT: there is nobody to own them. */
enum db_err	 change_set_owner(struct change *) MUSTCHECK;
/* Rows of a merge that are there already get their new values. */
enum db_err	 change_merge_rows(struct store *, struct change *) MUSTCHECK;
/* The rows as they are now, in the items' order, as the answer. */
enum db_err	 change_batch_response(struct store *, struct change *) MUSTCHECK;
/* What this one may not set is as it was, and whose it is unless that was sent. */
void		 change_keep_readonly(const struct change *, void *now, const void *old);
/* All that a change may change is the same. */
bool		 change_row_same(const struct resource *, struct arena *, const void *,
		    const void *);
void		 sql_insert(struct statement *, const struct resource *,
		    const char *rows, size_t n);
/*
 * The columns that a creation fills, and one row's values of them.  `before` is
 * what stands before the first; returned, what would before another.
 */
char		 sql_columns(struct statement *, const struct resource *, char before);
char		 sql_values(struct statement *, const struct resource *, const void *row,
		    char before);
/* Columns that a creation fills, or a change may change. */
bool		 sql_is_written(const struct resource *, const struct field *, bool update);
bool		 change_field_same(const struct field *, struct arena *, const void *x,
		    const void *y);
bool		 change_val_same(const struct val *, const struct val *);
/* What differs from `old`; all of it, with `old` NULL. */
void		 sql_update(struct statement *, const struct resource *, const void *row,
		    const void *old);
/* The one of these rows with the key of `like`, or NULL. */
const void	*rows_find_key(const struct resource *, struct arena *,
		    const struct rows *, const void *like);
void		 sql_lock(struct statement *, const struct resource *, const void *key,
		    const struct visibility *);
/* The rows of a merge that are there, by its field. */
void		 sql_select_merge_rows(struct statement *, const struct resource *,
		    const struct visibility *, const struct val *, size_t n);
void		 sql_delete(struct statement *, const struct resource *, const void *key);
void		 sql_insert_links(struct statement *, const struct list_row *, size_t n);
void		 sql_delete_links(struct statement *, const struct field *,
		    const struct val *owner);
/* Is it the refusal of a constraint, or of a value? */
bool		 change_is_constraint(enum db_err);
/* A constraint's refusal as a fault of the row that stands there. */
void		 change_constraint_fault(struct change *, const struct resource *, enum db_err,
		    const char *detail, const char *at);

/*
 * References to rows that belong to users must name the caller's own: what
 * does not is a fault in c->fs.  `old`: what it names already may stay; NULL
 * for rows that are created.
 */
enum db_err	 reference_check(struct store *, struct change *, const void *old) MUSTCHECK;
void		 sql_select_references(struct statement *, const struct owned *,
		    const struct val *, size_t n, const struct val *me);
/* What a field, or its items, name of users' rows; false: nothing such. */
bool		 reference_of_field(const struct resource *, const struct field *,
		    struct owned *);

/* 0, or the refusal: a cycle, too deep.  `old` NULL: creation. */
/* Its statements, for --check. */
void		 sql_select_tree_parent(struct statement *, const struct resource *, const struct val *);
void		 sql_select_height(struct statement *, const struct resource *, const struct val *);
enum db_err	 tree_check(struct store *, struct change *, const void *old,
		    const void *now) MUSTCHECK;

/* Each row that was written, into the audit log: "create", "update", "delete". */
enum db_err	 change_audit(struct store *, const struct change *,
		    const char *verb) MUSTCHECK;

/* Does the request's body hold a batch? */
bool		 resource_is_batch(const struct req *);

#endif
