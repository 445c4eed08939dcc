#ifndef BRISK_DECODE_H
#define BRISK_DECODE_H
/*
 * decode - decodes JSON, query strings and forms into structs, by their schema.
 *
 * Members that the schema does not name are refused.  All faults are reported,
 * up to MAX_FAULTS, each with its place.  Decoded values point into the arena of
 * the faults.  decode_parse() checks the syntax of JSON text before it builds a
 * document.
 */
#include "base/buf.h"
#include "schema/field.h"
#include "schema/json_check.h"

#define MAX_FAULTS	20

/* One fault; exactly one of `pointer`, `parameter` and `header` is set. */
struct fault {
	const char	*pointer;	/* JSON Pointer as a URI fragment (RFC 6901 6) */
	const char	*parameter, *header;
	const char	*code;		/* one of fault_kinds: "out_of_range" */
	const char	*detail;	/* for a person: "must be from 1 to 999" */
};

struct faults {
	struct arena	*arena;
	struct fault	 v[MAX_FAULTS];
	size_t		 n;
	bool		 more;		/* more than MAX_FAULTS were found */
	bool		 failed;	/* out of memory: the response must be 503 */
	bool		 refused;	/* the text has bad percent-encoding or bad UTF-8 */
};

void		 faults_init(struct faults *, struct arena *);

/* The meaning of each fault code; ends with a NULL code. */
struct fault_kind {
	const char	*code, *doc;
};

extern const struct fault_kind fault_kinds[];

/* Add a fault; `pointer` is like "#/items/0/sku".  The texts are copied. */
void		 fault_add(struct faults *, const char *pointer, const char *code,
		    const char *detail, ...) PRINTF(4, 5);
void		 fault_add_parameter(struct faults *, struct str name, const char *code,
		    const char *detail, ...) PRINTF(4, 5);

/* A parsed JSON text.  Its values belong to json-c until doc_free(). */
struct doc;

enum doc_kind { DOC_NULL, DOC_BOOL, DOC_NUMBER, DOC_STRING, DOC_ARRAY, DOC_OBJECT };

/*
 * Check the syntax and parse.  On JSON_OK the caller must call doc_free() on
 * `*doc`; otherwise `*doc` is NULL.
 */
struct json_check_result decode_parse(struct arena *, struct str, struct doc **doc) MUSTCHECK;
void		 doc_free(struct doc *);
enum doc_kind	 doc_kind(const struct doc *);
/* True if the object has a member with this name, also if its value is null. */
bool		 doc_has(const struct doc *, const char *name);
/* The value of a string member, copied; absent if there is no such string. */
struct str	 doc_text(const struct doc *, const char *name, struct arena *) MUSTCHECK;
/* False if the member is not an integer that fits 64 bits. */
bool		 doc_int(const struct doc *, const char *name, int64_t *) MUSTCHECK;
/* True if the member is this string, or an array that contains it. */
bool		 doc_contains(const struct doc *, const char *name, struct str one,
		    struct arena *) MUSTCHECK;

/*
 * The member as a space-separated list: a string is taken as it is, an array of
 * strings without spaces is joined.  `*out` is absent if there is no member.
 * False: the member has another type.
 */
bool		 doc_word_list(const struct doc *, const char *name, struct arena *,
		    struct str *out) MUSTCHECK;
/*
 * A member that is an object, and element i of a member that is an array of
 * objects.  Borrowed: not for doc_free().  NULL: no such object.
 */
const struct doc *doc_member(const struct doc *, const char *name,
		    struct arena *) MUSTCHECK;
const struct doc *doc_item(const struct doc *, const char *name, size_t i,
		    struct arena *) MUSTCHECK;

enum decode_mode {
	DECODE_WHOLE,	/* POST, PUT: absent members get defaults, required ones must be there */
	DECODE_MERGE,	/* PATCH (RFC 7396): members that are sent change `out`, null clears */
};

/*
 * Decode an object into `out`, which has schema->size bytes; DECODE_WHOLE clears
 * it first.  `kept` is the row before the change, or NULL: in a PUT, a FIXED
 * member that is sent must equal its value there.  A DECODE_MERGE refuses FIXED
 * and READONLY members.  Pointers of faults begin with `at` ("#" for the body).
 * The schema's own check runs last, if there is no other fault and `out` is a
 * complete row (not in a DECODE_MERGE without `kept`).  True: no fault.
 */
bool		 decode_object(const struct schema *, const struct doc *,
		    enum decode_mode, const char *at, void *out,
		    const void *kept, struct faults *) MUSTCHECK;

/*
 * Decode a batch: the array of objects in the only member `name`.  `*out`
 * becomes an array of `*n` structs.  Faults carry the index ("#/items/7/sku").
 */
bool		 decode_items(const struct schema *, const struct doc *,
		    const char *name, void **out, size_t *n,
		    struct faults *) MUSTCHECK;

/*
 * Decode the JSON text of a table's column into a member.  False: it does not
 * match the field, or the arena is full (then a->failed is set).
 */
bool		 decode_stored(const struct field *, struct str json,
		    struct arena *, void *base) MUSTCHECK;

/* One decoded name and value of a query string or form. */
struct pair {
	struct str	 name, value;
};

/*
 * Split "a=1&b=x%20y" (`+` is a space).  Bad percent-encoding, bad UTF-8 and
 * repeated names are faults; the other pairs are returned all the same.  Empty
 * pieces are skipped.
 */
bool		 decode_pairs(struct str query, struct pair **, size_t *n,
		    struct faults *) MUSTCHECK;

/* Percent-decode a path segment; false: bad encoding or UTF-8, or it holds U+0000 or "/". */
bool		 decode_segment(struct arena *, struct str, struct str *out) MUSTCHECK;

/*
 * Decode the value of a query parameter into the member of a scalar field.
 * Faults name the parameter.
 */
bool		 decode_text(const struct field *, struct str parameter,
		    struct str value, void *base, struct faults *) MUSTCHECK;

/*
 * Decode a query string into a struct.  Unknown, repeated, missing and invalid
 * parameters are faults.
 */
bool		 decode_query(const struct schema *, struct str query,
		    void *out, struct faults *) MUSTCHECK;

/*
 * Decode a form as RFC 6749 3.2 requires: unknown parameters are ignored, a
 * parameter without a value counts as absent, repeated parameters are faults.
 */
bool		 decode_form(const struct schema *, struct str body,
		    void *out, struct faults *) MUSTCHECK;
/* Decode one form-encoded text (`+` is a space); false: bad encoding or UTF-8. */
bool		 decode_form_text(struct arena *, struct str, struct str *out) MUSTCHECK;

/* Set a member to the field's default, or clear it.  False: out of memory, or a bad default. */
bool		 decode_default(const struct field *, struct arena *, void *base) MUSTCHECK;

/* Compile a field's pattern, which is cached for ever; false: its syntax is wrong. */
bool		 decode_pattern_ok(const char *) MUSTCHECK;

#endif
