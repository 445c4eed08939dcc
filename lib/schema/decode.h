#ifndef BRISK_DECODE_H
#define BRISK_DECODE_H
/*
 * decode - decodes JSON, query strings and forms into structs, by their schema.
 *
 * A member that the schema does not declare is refused. Every fault is reported
 * with its place, up to MAX_FAULTS. The decoded struct points into the arena.
 * json_check() has accepted the text before; decode_parse() does both.
 */
#include "base/buf.h"
#include "schema/field.h"
#include "schema/json_check.h"

#define MAX_FAULTS	20

/* Exactly one of pointer (RFC 6901 in URI-fragment form), parameter, header. */
struct fault {
	const char	*pointer, *parameter, *header;
	const char	*code;		/* "out_of_range"; listed in fault_kinds */
	const char	*detail;	/* for a person: "must be 1 to 999" */
};

struct faults {
	struct arena	*arena;
	struct fault	 v[MAX_FAULTS];
	size_t		 n;
	bool		 more;		/* there are more faults than fit */
	bool		 failed;	/* no memory: answer 503 */
	bool		 refused;	/* some bytes were not valid text (percent-coding or UTF-8) */
};

void		 faults_init(struct faults *, struct arena *);

/* The meaning of each fault code; ends with a NULL code. */
struct fault_kind {
	const char	*code, *doc;
};

extern const struct fault_kind fault_kinds[];

/* Add a fault; `pointer` is like "#/items/0/sku". Strings are copied. */
void		 fault_add(struct faults *, const char *pointer, const char *code,
		    const char *detail, ...) PRINTF(4, 5);
void		 fault_add_parameter(struct faults *, struct str name, const char *code,
		    const char *detail, ...) PRINTF(4, 5);

/* A parsed JSON document; lives in the arena, or until doc_free(). */
struct doc;

enum doc_kind { DOC_NULL, DOC_BOOL, DOC_NUMBER, DOC_STRING, DOC_ARRAY, DOC_OBJECT };

/*
 * Check and parse. JSON_OK sets `*doc`, which the caller gives to doc_free().
 * Otherwise the result names the fault, and `*doc` is NULL.
 */
struct json_check_result decode_parse(struct arena *, struct str, struct doc **doc) MUSTCHECK;
void		 doc_free(struct doc *);
enum doc_kind	 doc_kind(const struct doc *);
/* Does this object have a member of that name? */
bool		 doc_has(const struct doc *, const char *name);
/* The value of a string member; absent otherwise. */
struct str	 doc_text(const struct doc *, const char *name, struct arena *) MUSTCHECK;
/* The value of a member that is an integer of 64 bits, exactly. */
bool		 doc_int(const struct doc *, const char *name, int64_t *) MUSTCHECK;
/* Is the member this string, or an array that contains it? */
bool		 doc_contains(const struct doc *, const char *name, struct str one,
		    struct arena *) MUSTCHECK;

/*
 * The member's words, separated by spaces: a string as it is, or an array of
 * strings without spaces. `out` absent: no such member. False: the member is
 * something else.
 */
bool		 doc_word_list(const struct doc *, const char *name, struct arena *,
		    struct str *out) MUSTCHECK;
/*
 * A member that is an object; object i of a member that is an array. Borrowed
 * from the document. NULL: there is none.
 */
const struct doc *doc_member(const struct doc *, const char *name,
		    struct arena *) MUSTCHECK;
const struct doc *doc_item(const struct doc *, const char *name, size_t i,
		    struct arena *) MUSTCHECK;

enum decode_mode {
	DECODE_WHOLE,	/* POST, PUT: an absent member gets its default; a required one is a fault */
	DECODE_MERGE,	/* RFC 7396: only the members that are sent change; null clears */
};

/*
 * Decode an object into `out`, of schema->size bytes.
 *
 * WHOLE clears `out` first. With `kept`, a FIXED member must equal its value in
 * `kept` (PUT). A MERGE refuses FIXED and READONLY members. Pointers of faults
 * begin with `at` ("#" for the whole body). The schema's own check runs last, if
 * there is no other fault and `out` is a whole row (not for a MERGE without
 * `kept`). Returns true if there is no fault.
 */
bool		 decode_object(const struct schema *, const struct doc *,
		    enum decode_mode, const char *at, void *out,
		    const void *kept, struct faults *) MUSTCHECK;

/*
 * Decode the array of objects in member `name` (a batch) into `*n` structs.
 * Pointers of faults have the index ("#/items/7/sku").
 */
bool		 decode_items(const struct schema *, const struct doc *,
		    const char *name, void **out, size_t *n,
		    struct faults *) MUSTCHECK;

/* Decode the JSON text of a column into a member; reports no faults. */
bool		 decode_stored(const struct field *, struct str json,
		    struct arena *, void *base) MUSTCHECK;

/* One decoded name and value of a query string or form. */
struct pair {
	struct str	 name, value;
};

/*
 * Split "a=1&b=x%20y" (`+` is a space). Bad percent-coding, bad UTF-8 and a
 * repeated name are faults; the good pairs are returned nevertheless. Empty
 * pieces are skipped.
 */
bool		 decode_pairs(struct str query, struct pair **, size_t *n,
		    struct faults *) MUSTCHECK;

/* Percent-decode one path segment; false: bad coding, UTF-8, U+0000 or "/". */
bool		 decode_segment(struct arena *, struct str, struct str *out) MUSTCHECK;

/*
 * Decode a query parameter into the member of a scalar field. A fault is
 * reported under the parameter's name.
 */
bool		 decode_text(const struct field *, struct str parameter,
		    struct str value, void *base, struct faults *) MUSTCHECK;

/*
 * Decode a query string into a struct; unknown, repeated, missing and invalid
 * parameters are faults.
 */
bool		 decode_query(const struct schema *, struct str query,
		    void *out, struct faults *) MUSTCHECK;

/*
 * Decode a form (RFC 6749 3.2): unknown parameters are ignored, empty ones count
 * as absent, repeated ones are faults.
 */
bool		 decode_form(const struct schema *, struct str body,
		    void *out, struct faults *) MUSTCHECK;
/* Decode one form-encoded text (`+` is a space); false: bad coding or UTF-8. */
bool		 decode_form_text(struct arena *, struct str, struct str *out) MUSTCHECK;

/* Decode a default, or a key of a link table, from its text; reports no faults. */
bool		 decode_default(const struct field *, struct arena *, void *base) MUSTCHECK;

/* Compile a pattern and keep it for ever; false: not a valid pattern. */
bool		 decode_pattern_ok(const char *) MUSTCHECK;

#endif
