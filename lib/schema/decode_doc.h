#ifndef BRISK_DECODE_DOC_H
#define BRISK_DECODE_DOC_H
/* decode_doc - the parsed JSON document, for the files of decode. */
#include <json-c/json.h>

#include "schema/decode_private.h"

struct doc {
	struct json_object	*top;
	bool			 nul_name;	/* a member name contains U+0000 */
	bool			 secret;	/* overwrite its strings before freeing them; json-c does not */
};

enum doc_kind	 doc_kind_of(struct json_object *);
struct str	 doc_string(struct json_object *);	/* of a JSON string; borrowed from the document */
enum number_is	 doc_number(struct json_object *, int64_t *);

/* A place in the document; the root holds the start of the pointer. */
struct place {
	const struct place	*up;
	struct str		 name;
	size_t			 index;
	bool			 is_index;
};

/* State of one decoding. */
struct decoder {
	struct faults	*fs;
	struct arena	*arena;
	enum decode_mode mode;
	bool		 blank;		/* a MERGE whose target row is not known */
};

/* Report a fault at this place. */
void		 decode_refuse(struct decoder *, const struct place *, const char *code,
		    const char *detail);
void		 decode_refuse_type(struct decoder *, const struct place *,
		    const char *must);
/* Report the verdict unless it accepts; true: accepted. */
bool		 decode_judged(struct decoder *, const struct place *, struct verdict);

/* Decode and check a free-form object. */
void		 decode_json(struct decoder *, const struct field *,
		    struct json_object *, void *base, const struct place *);

#endif
