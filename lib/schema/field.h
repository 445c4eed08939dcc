#ifndef BRISK_FIELD_H
#define BRISK_FIELD_H
/*
 * field - the description of a struct member.
 *
 * Decoding and validation of JSON and query strings, JSON output, SQL columns
 * and the OpenAPI schema all follow from this one description.  It is constant
 * data.
 *
 *	struct plant { struct uuid id; struct str name; int64_t height; };
 *
 *	static const struct schema plant = SCHEMA("Plant", struct plant,
 *		FIELD_UUID(struct plant, id, .flags = FIELD_KEY | FIELD_READONLY,
 *		    .doc = "Key"),
 *		FIELD_STR(struct plant, name, .min = 1, .max = 80, .doc = "Name"),
 *		FIELD_INT(struct plant, height, .max = 90000, .doc = "In mm"));
 *
 * A macro that does not fit the C type of its member does not compile
 * (tests/unit/field_types.sh).  A scalar of an optional type (`struct opt_int`
 * and so on) may be absent.  With FIELD_OPTIONAL a text, UUID, time, money,
 * decimal or object (NULL pointer) may be absent too; an absent plain `int64_t`
 * with FIELD_OPTIONAL becomes `.def`, or 0.
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
	FIELD_OPTIONAL	= 1 << 0,	/* may be absent */
	FIELD_READONLY	= 1 << 1,	/* output only; refused on input */
	FIELD_FIXED	= 1 << 2,	/* set at creation, never changed */
	FIELD_HIDDEN	= 1 << 3,	/* input only; may exist only for filtering */
	FIELD_KEY	= 1 << 4,	/* part of the row's key, in the order of the fields */
	FIELD_UNIQUE	= 1 << 5,	/* a second row with the value: 409 NAME_taken */
	FIELD_MULTILINE	= 1 << 6,	/* text may contain \t \n \r */
	FIELD_FLAT	= 1 << 7,	/* free-form object whose values are scalars */
	FIELD_HEAVY	= 1 << 8,	/* not selected if `fields=` does not name it */
	FIELD_PRIVATE	= 1 << 9,	/* only for the row's owner and bearers of .admin_scope */
	/* Shown in a single row; in a list only if `fields=` names it. */
	FIELD_DETAIL	= 1 << 11 | FIELD_HEAVY,
	/* A password: input only, and wiped from memory when its request ends. */
	FIELD_SECRET	= 1 << 10 | FIELD_HIDDEN,
};

/* The host of a FORMAT_EMAIL is stored in lower case. */
enum field_format { FORMAT_NONE, FORMAT_EMAIL, FORMAT_URI, FORMAT_UUID,
	FORMAT_DATE_TIME, FORMAT_DATE, FORMAT_SLUG,
	FORMAT_CURRENCY, FORMAT_COUNTRY };

struct schema;
struct faults;		/* decode.h */

/*
 * The description of one member.
 *
 * `min` and `max` bound the value of a number, the amount of a money, the length
 * of a text in code points, the number of elements of a list or members of an
 * object.  `max` 0 means the limit of the kind (field_max()), unless `min` is
 * negative.  A number without bounds is limited to +-(2^53-1).
 */
struct field {
	const char		*name;		/* NULL ends a list */
	enum field_kind		 kind;
	bool			 opt;		/* a struct opt_*: set by the macro */
	unsigned		 flags;		/* enum field_flags */
	size_t			 off;
	int64_t			 min, max;
	double			 num_min, num_max; /* of a NUM; both 0: any finite number */
	int			 digits, scale;	/* of a DECIMAL: all digits; digits after the point */
	const char		*def;		/* default, as text: "20", "true", "draft" */
	const char		*pattern;	/* PCRE2; must match the whole text */
	const char *const	*one_of;	/* allowed values: ENUM("draft", "active") */
	enum field_format	 format;
	const struct schema	*schema;	/* of an OBJECT, or of the elements of a LIST */
	const char		*type;		/* C type of an OBJECT, checked at startup */
	const struct field	*item;		/* elements of a LIST of scalars */
	const char		*column;	/* SQL column; NULL: `name` */
	const char		*sql;		/* SQL expression instead of a column; read-only */
	const struct link	*link;		/* a LIST that is stored in a table of its own */
	const struct owned	*owned;		/* a reference to rows that belong to users */
	const char		*doc;		/* description for OpenAPI; required */
	const char		*example;	/* JSON text */
};

/* The description of a C struct that is sent or received as JSON. */
struct schema {
	const char		*name;		/* of the OpenAPI schema */
	const char		*type;		/* C type, "struct plant"; for BODY() */
	size_t			 size;
	const struct field	*fields;	/* at most SCHEMA_FIELDS; ends with a NULL name */
	/* Checks a rule over several fields and adds faults; NULL: no such rule. */
	void			(*check)(const void *, struct faults *);
	bool			 open;		/* unknown members are ignored, not refused */
};

#define SCHEMA_FIELDS	64
#define FIELD_MEMBERS	1000	/* most members of any object, elements of any list */

/*
 * A list whose elements are rows of `table`.  The column `owner` refers to the
 * row that has the list.  A list of ids refers to rows of a third table in the
 * column `other`; a list of structs keeps its order in the column `place`.
 */
struct link {
	const char	*table, *owner, *other, *place;
};

/*
 * A UUID, or an element of a list, refers to a row of `table` by the column
 * `key`.  A caller may refer only to own rows (column `owner`), with the scope
 * `others` to all rows.  References to other rows fail as if the rows did not
 * exist.
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
 * A schema for messages of other services (responses, webhooks): members that
 * it does not name are ignored.
 */
#define SCHEMA_OPEN(n, T, ...)						\
	{ .name = (n), .type = #T, .size = sizeof(T), .open = true,	\
	  .fields = (const struct field[]){ __VA_ARGS__, { .name = NULL } } }

/* A schema with a rule over several fields. */
#define SCHEMA_CHECKED(n, T, rule, ...)					\
	{ .name = (n), .type = #T, .size = sizeof(T), .check = (rule),	\
	  .fields = (const struct field[]){ __VA_ARGS__, { .name = NULL } } }

/*
 * _Generic has a branch for each C type that a kind accepts, so a member of
 * another type is a compile error in the line of its field.
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
/* A nested struct: the member has the type `C *`, and .schema describes C. */
#define FIELD_OBJECT(T, m, C, ...)					\
	FIELD_ONE(T, m, FIELD_KIND_OBJECT, C *, .type = #C, __VA_ARGS__)

/* False if the member is absent. */
bool			 field_has(const struct field *, const void *base);
/* Make the member absent, or zero. */
void			 field_clear(const struct field *, void *base);

/* Set a scalar, whether its type is plain or optional. */
void			 field_set_int(const struct field *, int64_t, void *base);
void			 field_set_num(const struct field *, double, void *base);
void			 field_set_bool(const struct field *, bool, void *base);

/* The effective bounds, with the limits of the kind. */
int64_t			 field_min(const struct field *);
int64_t			 field_max(const struct field *);

/* Is the field a list of structs in a table of its own (CHILDREN())? */
static inline bool
field_has_children(const struct field *f)
{
	return f->link != NULL && f->schema != NULL;
}

/* The SQL column: .column, or the name.  The columns of a money: db/row.h. */
const char		*field_column(const struct field *);
size_t			 field_size(const struct field *);

size_t			 schema_count(const struct schema *);
const struct field	*schema_find(const struct schema *, struct str name);

/* Does the schema have a FIELD_SECRET, at any depth? */
bool			 schema_secret(const struct schema *);

/*
 * The first error of a schema ("Plant.name has no .doc"), or NULL.  Programs
 * check all their schemas at startup.  The text is valid until the next call in
 * this thread.
 */
const char		*schema_error(const struct schema *);

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
