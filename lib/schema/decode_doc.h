#ifndef BRISK_DECODE_DOC_H
#define BRISK_DECODE_DOC_H
/* decode_doc - the parsed text, for the parts of the decode room. */
#include <json-c/json.h>

#include "schema/decode_private.h"

struct doc {
	struct json_object	*top;
	bool			 nul_name;	/* some member name holds U+0000 */
	bool			 secret;	/* wipe its texts, as json-c does not */
};

enum doc_kind	 doc_kind_of(struct json_object *);
struct str	 doc_string(struct json_object *);	/* of a string; borrowed */
enum number_is	 doc_number(struct json_object *, int64_t *);

/* Where we are in the text; the root holds the pointer's beginning. */
struct place {
	const struct place	*up;
	struct str		 name;
	size_t			 index;
	bool			 is_index;
};

/* What stays the same on the way down. */
struct decoder {
	struct faults	*fs;
	struct arena	*arena;
	enum decode_mode mode;
	bool		 blank;		/* a MERGE without the row it goes into */
};

/* Note a fault at this place. */
void		 decode_refuse(struct decoder *, const struct place *, const char *code,
		    const char *detail);
void		 decode_refuse_type(struct decoder *, const struct place *,
		    const char *must);
/* Note the verdict, if it is one; true: no fault. */
bool		 decode_judged(struct decoder *, const struct place *, struct verdict);

/* A free-form object: what must hold of any JSON text we keep. */
void		 decode_json(struct decoder *, const struct field *,
		    struct json_object *, void *base, const struct place *);

#endif
