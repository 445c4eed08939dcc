#ifndef BRISK_DECODE_H
#define BRISK_DECODE_H
/*
 * decode - JSON, query and form text into a struct, by its schema.
 *
 * Nothing is let through that the schema does not name, and every fault is
 * told, each with its place, up to MAX_FAULTS.  What is decoded points into
 * the arena.  Text that is not JSON at all never gets here: json_check() first
 * (decode_parse() does both).
 */
#include "base/buf.h"
#include "schema/field.h"
#include "schema/json_check.h"

#define MAX_FAULTS	20

/* Exactly one of pointer (RFC 6901 in URI-fragment form), parameter, header. */
struct fault {
	const char	*pointer, *parameter, *header;
	const char	*code;		/* API.md 1.3: "out_of_range" */
	const char	*detail;	/* for a person: "must be 1 to 999" */
};

struct faults {
	struct arena	*arena;
	struct fault	 v[MAX_FAULTS];
	size_t		 n;
	bool		 more;		/* there were others beyond the last */
	bool		 failed;	/* no memory: answer 503 */
	bool		 refused;	/* some text was not text at all (bad percent-coding or UTF-8) */
};

void		 faults_init(struct faults *, struct arena *);

/* What each code of a fault means; ends with a NULL code. */
struct fault_kind {
	const char	*code, *doc;
};

extern const struct fault_kind fault_kinds[];

/* Note one; `pointer` is like "#/items/0/sku".  Text is copied. */
void		 fault_add(struct faults *, const char *pointer, const char *code,
		    const char *detail, ...) PRINTF(4, 5);
void		 fault_add_parameter(struct faults *, struct str name, const char *code,
		    const char *detail, ...) PRINTF(4, 5);

/* A parsed text; lives in the arena, or until doc_free(). */
struct doc;

enum doc_kind { DOC_NULL, DOC_BOOL, DOC_NUMBER, DOC_STRING, DOC_ARRAY, DOC_OBJECT };

/*
 * Check and parse.  JSON_OK, and `*doc` to be given to doc_free(), or what is
 * wrong with the text and `*doc` NULL.
 */
struct json_check_result decode_parse(struct arena *, struct str, struct doc **doc) MUSTCHECK;
void		 doc_free(struct doc *);
enum doc_kind	 doc_kind(const struct doc *);
/* Has this object a member of that name? */
bool		 doc_has(const struct doc *, const char *name);
/* A member that is a string; absent otherwise. */
struct str	 doc_text(const struct doc *, const char *name, struct arena *) MUSTCHECK;
/* A member that is an integer of 64 bits, exactly. */
bool		 doc_int(const struct doc *, const char *name, int64_t *) MUSTCHECK;
/* Is the member that string, or an array holding it? */
bool		 doc_contains(const struct doc *, const char *name, struct str one,
		    struct arena *) MUSTCHECK;

/*
 * The member's words with a space between: a string as it is, or an array of
 * strings that have no space.  `out` absent: there is none.  False: it is
 * something else.
 */
bool		 doc_word_list(const struct doc *, const char *name, struct arena *,
		    struct str *out) MUSTCHECK;
/* A member that is an object, and object i of one that is an array; borrowed
 * of the whole.  NULL: it is not there, or not such a one. */
const struct doc *doc_member(const struct doc *, const char *name,
		    struct arena *) MUSTCHECK;
const struct doc *doc_item(const struct doc *, const char *name, size_t i,
		    struct arena *) MUSTCHECK;

enum decode_mode {
	DECODE_WHOLE,	/* POST, PUT: absent is absent (or the default), required is required */
	DECODE_MERGE,	/* RFC 7396 onto what `out` holds: only named members change, null clears */
};

/*
 * The object into `out`, of schema->size bytes.  WHOLE clears it first.  With
 * `kept` not NULL, a FIXED member that is sent must equal the one there (PUT),
 * and where MERGE names a FIXED or READONLY member it is refused.  The
 * pointers of faults begin with `at` ("#" for the whole body).  The schema's
 * own check runs last, if nothing else was wrong and `out` is a whole row (not
 * for a MERGE without `kept`).  True: no fault.
 */
bool		 decode_object(const struct schema *, const struct doc *,
		    enum decode_mode, const char *at, void *out,
		    const void *kept, struct faults *) MUSTCHECK;

/*
 * The array of objects in member `name` of an object (a batch): `*out` becomes
 * `*n` structs, faults carry their index ("#/items/7/sku").
 */
bool		 decode_items(const struct schema *, const struct doc *,
		    const char *name, void **out, size_t *n,
		    struct faults *) MUSTCHECK;

/* JSON text from SQL (a JSON column) back into a member: no faults told. */
bool		 decode_stored(const struct field *, struct str json,
		    struct arena *, void *base) MUSTCHECK;

/* One name and value of a query string or form body, decoded. */
struct pair {
	struct str	 name, value;
};

/*
 * Split "a=1&b=x%20y" (`+` is a space).  Bad percent-coding, bad UTF-8 and a
 * name given twice are faults; the pieces that are good are there all the
 * same.  Empty pieces are skipped.
 */
bool		 decode_pairs(struct str query, struct pair **, size_t *n,
		    struct faults *) MUSTCHECK;

/* Percent-decode one path segment; false: bad coding, UTF-8, U+0000 or "/". */
bool		 decode_segment(struct arena *, struct str, struct str *out) MUSTCHECK;

/*
 * The text of a query parameter into the member of a scalar field; a fault is
 * told under the parameter's name.
 */
bool		 decode_text(const struct field *, struct str parameter,
		    struct str value, void *base, struct faults *) MUSTCHECK;

/* All of a query string into a struct: unknown, repeated, absent and bad told. */
bool		 decode_query(const struct schema *, struct str query,
		    void *out, struct faults *) MUSTCHECK;

/*
 * A form's parameters, as RFC 6749 3.2 wants them: one that is not known is
 * ignored, one without a value was not sent, none is sent twice.
 */
bool		 decode_form(const struct schema *, struct str body,
		    void *out, struct faults *) MUSTCHECK;
/* Form coding (`+` is a space) of one text; false: bad coding or UTF-8. */
bool		 decode_form_text(struct arena *, struct str, struct str *out) MUSTCHECK;

/* A default or a link's value, as text, into a member: no faults told. */
bool		 decode_default(const struct field *, struct arena *, void *base) MUSTCHECK;

/* Compile a pattern, to be kept for ever; false: it is not a pattern. */
bool		 decode_pattern_ok(const char *) MUSTCHECK;

#endif
