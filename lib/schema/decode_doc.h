#ifndef BRISK_DECODE_DOC_H
#define BRISK_DECODE_DOC_H
/* decode_doc - the parsed document and the place in it, for the decode_*.c files. */
#include <json-c/json.h>

#include "schema/decode_private.h"

struct doc {
	struct json_object	*top;
	bool			 nul_name;	/* a member name contains U+0000 */
	bool			 secret;	/* doc_free() wipes the texts; json-c does not */
};

enum doc_kind	 doc_kind_of(struct json_object *);
struct str	 doc_string(struct json_object *);	/* of a string value; borrowed */
enum number_is	 doc_number(struct json_object *, int64_t *);

/* A place in the document: a path of members and indexes up to the root. */
struct place {
	const struct place	*up;
	struct str		 name;		/* of the root: the start of the pointer */
	size_t			 index;
	bool			 is_index;
};

/* The state of one call of decode_object(). */
struct decoder {
	struct faults	*fs;
	struct arena	*arena;
	enum decode_mode mode;
	bool		 blank;		/* DECODE_MERGE, but the row to merge into is not known */
};

/* Add a fault at this place. */
void		 decode_refuse(struct decoder *, const struct place *, const char *code,
		    const char *detail);
void		 decode_refuse_type(struct decoder *, const struct place *,
		    const char *must);
/* Add the verdict as a fault, if it is one.  True: it is VERDICT_OK. */
bool		 decode_judged(struct decoder *, const struct place *, struct verdict);

/* Decode a free-form object (FIELD_KIND_JSON): bounds and printable texts only. */
void		 decode_json(struct decoder *, const struct field *,
		    struct json_object *, void *base, const struct place *);

#endif
