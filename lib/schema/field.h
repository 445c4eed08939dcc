#ifndef BRISK_FIELD_H
#define BRISK_FIELD_H
/*
 * field - the description of a struct member. JSON and query decoding, JSON
 * output, SQL columns and the OpenAPI schema all follow from it. Data only.
 *
 *	struct plant { struct uuid id; struct str name; int64_t height; };
 *
 *	static const struct schema plant = SCHEMA("Plant", struct plant,
 *		FIELD_UUID(struct plant, id, .flags = FIELD_KEY | FIELD_READONLY,
 *		    .doc = "Key"),
 *		FIELD_STR(struct plant, name, .min = 1, .max = 80, .doc = "Name"),
 *		FIELD_INT(struct plant, height, .max = 90000, .doc = "In mm"));
 *
 * The macro and the C type of the member must agree, or the table does not
 * compile (tests/unit/field_types.sh). A number or boolean can be absent if its
 * C type is optional (`struct opt_int` and so on). A text, UUID, time, money,
 * decimal or object (a NULL pointer) can be absent with FIELD_OPTIONAL. A plain
 * `int64_t` with FIELD_OPTIONAL gets `.def`, or 0, when it is absent.
 */
#include "schema/value.h"

enum field_kind {
	FIELD_KIND_INT = 1,	/* int64_t, struct opt_int */
	FIELD_KIND_NUM,		/* double, struct opt_num */
	FIELD_KIND_BOOL,	/* bool, struct opt_bool */
	FIELD_KIND_STR,		/* struct str */
	FIELD_KIND_UUID,	/* struct uuid */
	FIELD_KIND_STAMP,	/* struct stamp */
	FIELD_KIND_MONEY,	/* struct money; columns NAME_amount and currency */
	FIELD_KIND_DECIMAL,	/* struct decimal; a string in JSON */
	FIELD_KIND_JSON,	/* struct json: a free-form object */
	FIELD_KIND_OBJECT,	/* a pointer to a nested struct, described by .schema */
	FIELD_KIND_LIST,	/* struct list of .schema, or of .item */
};

enum field_flags {
	FIELD_OPTIONAL	= 1 << 0,	/* the member can be absent */
	FIELD_READONLY	= 1 << 1,	/* refused on input, shown on output */
	FIELD_FIXED	= 1 << 2,	/* set at creation, never changed */
	FIELD_HIDDEN	= 1 << 3,	/* accepted on input, never shown */
	FIELD_KEY	= 1 << 4,	/* part of the row's key, in this order */
	FIELD_UNIQUE	= 1 << 5,	/* values are unique: 409 NAME_taken */
	FIELD_MULTILINE	= 1 << 6,	/* text can contain \t \n \r */
	FIELD_FLAT	= 1 << 7,	/* free-form object of scalars only */
	FIELD_HEAVY	= 1 << 8,	/* not selected unless `fields=` names it or is absent */
	FIELD_PRIVATE	= 1 << 9,	/* shown to the row's owner and to .admin_scope only (resource.h) */
	/* Shown in a single row; in lists only when `fields=` names it. */
	FIELD_DETAIL	= 1 << 11 | FIELD_HEAVY,
	/* A password: accepted, never shown, and wiped when its request ends. */
	FIELD_SECRET	= 1 << 10 | FIELD_HIDDEN,
};

/* The host part of an EMAIL is stored in lower case. */
enum field_format { FORMAT_NONE, FORMAT_EMAIL, FORMAT_URI, FORMAT_UUID,
	FORMAT_DATE_TIME, FORMAT_DATE, FORMAT_SLUG,
	FORMAT_CURRENCY, FORMAT_COUNTRY };

struct schema;
struct faults;		/* decode.h */

/*
 * One struct member, as JSON, query text, SQL column and OpenAPI schema.
 *
 * `min` and `max` bound the value of a number, the amount of money, the length
 * of a text in code points, or the number of members of a list or object. `max`
 * 0 means the limit of the kind (field_max()), unless `min` is negative. A
 * number with neither is bounded by +-(2^53-1) only.
 */
struct field {
	const char		*name;		/* NULL ends a list */
	enum field_kind		 kind;
	bool			 opt;		/* a struct opt_*: set by the macro */
	unsigned		 flags;		/* enum field_flags */
	size_t			 off;
	int64_t			 min, max;
	double			 num_min, num_max; /* bounds of a NUM; both 0: any finite number */
	int			 digits, scale;	/* of a DECIMAL: all digits, and digits after the point */
	const char		*def;		/* as text: "20", "true", "draft" */
	const char		*pattern;	/* PCRE2, matches the whole text */
	const char *const	*one_of;	/* ENUM("draft", "active") */
	enum field_format	 format;
	const struct schema	*schema;		/* OBJECT, LIST of objects */
	const char		*type;		/* OBJECT: the C type, checked at start */
	const struct field	*item;		/* LIST of plain values */
	const char		*column;	/* NULL: the same as `name` */
	const char		*sql;		/* an expression instead of a column: read-only */
	const struct link	*link;		/* a LIST kept in a table of its own */
	const struct owned	*owned;		/* a reference to rows that belong to users */
	const char		*doc;		/* required */
	const char		*example;	/* as JSON text */
};

/* A C struct that is sent or received; its name is that of the OpenAPI schema. */
struct schema {
	const char		*name;
	const char		*type;		/* "struct plant", for BODY() */
	size_t			 size;
	const struct field	*fields;	/* at most SCHEMA_FIELDS */
	/* A rule over several fields: adds faults. NULL: none. */
	void			(*check)(const void *, struct faults *);
	bool			 open;		/* unknown members are ignored (data of other parties) */
};

#define SCHEMA_FIELDS	64
#define FIELD_MEMBERS	1000	/* members of any object, elements of any list */

/*
 * A list whose elements are rows of another table. Column `owner` refers to our
 * row. In a link table, column `other` holds the key of a row of a third table.
 * In a table of children, `place` holds the position, and the schema's fields
 * hold the rest.
 */
struct link {
	const char	*table, *owner, *other, *place;
};

/*
 * A UUID, or an item of a list, refers to a row of this table by `key`. A client
 * can name only rows it owns; a client with the scope `others` can name any row.
 * Other rows are answered as if they did not exist.
 */
struct owned {
	const char	*table, *key, *owner, *others;
};

#define OWNED(t, k, own, oth) (&(const struct owned){ (t), (k), (own), (oth) })
#define LINK(t, own, oth)	(&(const struct link){ (t), (own), (oth), NULL })
#define CHILDREN(t, own, plc)	(&(const struct link){ (t), (own), NULL, (plc) })
#define ENUM(...)	((const char *const[]){ __VA_ARGS__, NULL })
#define ITEM(...)	(&(const struct field){ .name = "", __VA_ARGS__ })

#define SCHEMA(n, T, ...)						\
	{ .name = (n), .type = #T, .size = sizeof(T),			\
	  .fields = (const struct field[]){ __VA_ARGS__, { .name = NULL } } }

/*
 * The same for data of another party (an answer, a webhook): unknown members are
 * ignored.
 */
#define SCHEMA_OPEN(n, T, ...)						\
	{ .name = (n), .type = #T, .size = sizeof(T), .open = true,	\
	  .fields = (const struct field[]){ __VA_ARGS__, { .name = NULL } } }

/* The same with a rule over several fields. */
#define SCHEMA_CHECKED(n, T, rule, ...)					\
	{ .name = (n), .type = #T, .size = sizeof(T), .check = (rule),	\
	  .fields = (const struct field[]){ __VA_ARGS__, { .name = NULL } } }

/*
 * _Generic has a branch for each C type that a kind accepts. A member of another
 * type fails to compile in the table.
 */
#define FIELD_ONE(T, m, k, ctype, ...)					\
	{ .name = #m, .kind = (k), .off = offsetof(T, m),		\
	  .opt = _Generic(&((T *)0)->m, ctype *: false), __VA_ARGS__ }
#define FIELD_TWO(T, m, k, ctype, otype, ...)				\
	{ .name = #m, .kind = (k), .off = offsetof(T, m),		\
	  .opt = _Generic(&((T *)0)->m, ctype *: false, otype *: true),	\
	  __VA_ARGS__ }

#define FIELD_INT(T, m, ...)						\
	FIELD_TWO(T, m, FIELD_KIND_INT, int64_t, struct opt_int, __VA_ARGS__)
#define FIELD_NUM(T, m, ...)						\
	FIELD_TWO(T, m, FIELD_KIND_NUM, double, struct opt_num, __VA_ARGS__)
#define FIELD_BOOL(T, m, ...)						\
	FIELD_TWO(T, m, FIELD_KIND_BOOL, bool, struct opt_bool, __VA_ARGS__)
#define FIELD_STR(T, m, ...)						\
	FIELD_ONE(T, m, FIELD_KIND_STR, struct str, __VA_ARGS__)
#define FIELD_UUID(T, m, ...)						\
	FIELD_ONE(T, m, FIELD_KIND_UUID, struct uuid, __VA_ARGS__)
#define FIELD_STAMP(T, m, ...)						\
	FIELD_ONE(T, m, FIELD_KIND_STAMP, struct stamp, __VA_ARGS__)
#define FIELD_MONEY(T, m, ...)						\
	FIELD_ONE(T, m, FIELD_KIND_MONEY, struct money, __VA_ARGS__)
#define FIELD_DECIMAL(T, m, ...)					\
	FIELD_ONE(T, m, FIELD_KIND_DECIMAL, struct decimal, __VA_ARGS__)
#define FIELD_JSON(T, m, ...)						\
	FIELD_ONE(T, m, FIELD_KIND_JSON, struct json, __VA_ARGS__)
#define FIELD_LIST(T, m, ...)						\
	FIELD_ONE(T, m, FIELD_KIND_LIST, struct list, __VA_ARGS__)
/* A nested struct: the member is a pointer to C, .schema describes C. */
#define FIELD_OBJECT(T, m, C, ...)					\
	FIELD_ONE(T, m, FIELD_KIND_OBJECT, C *, .type = #C, __VA_ARGS__)

/* Does the field of this struct have a value? */
bool			 field_has(const struct field *, const void *base);
/* Remove the value: as in a zeroed struct. */
void			 field_clear(const struct field *, void *base);

/* Set a scalar of a plain or an optional type. */
void			 field_set_int(const struct field *, int64_t, void *base);
void			 field_set_num(const struct field *, double, void *base);
void			 field_set_bool(const struct field *, bool, void *base);

/* The effective bounds, including the limits of the kind. */
int64_t			 field_min(const struct field *);
int64_t			 field_max(const struct field *);

/* Are the elements of this list rows of their own (CHILDREN)? */
static inline bool
field_has_children(const struct field *f)
{
	return f->link != NULL && f->schema != NULL;
}

/* The SQL column; of a money the first of its two. */
const char		*field_column(const struct field *);
size_t			 field_size(const struct field *);

size_t			 schema_count(const struct schema *);
const struct field	*schema_find(const struct schema *, struct str name);

/* Does it contain a FIELD_SECRET, at any depth? */
bool			 schema_secret(const struct schema *);

/*
 * The fault of a schema, as a sentence ("name: no .doc"), or NULL. Every program
 * checks its schemas before it serves.
 */
const char		*schema_wrong(const struct schema *);

static inline const void *
field_at(const struct field *f, const void *base)
{
	return (const char *)base + f->off;
}

static inline void *
field_in(const struct field *f, void *base)
{
	return (char *)base + f->off;
}

#endif
