#ifndef BRISK_DECODE_PRIVATE_H
#define BRISK_DECODE_PRIVATE_H
/* decode_private - rules of values, shared by the files of decode. */
#include "schema/decode.h"

/* The verdict on a value; code NULL: accepted. */
struct verdict {
	const char	*code, *detail;
};

#define VERDICT_OK	((struct verdict){ NULL, NULL })

/*
 * Check a value against its field: characters, length, pattern, enum, format,
 * range.
 */
struct verdict	 decode_rule_text(const struct field *, struct arena *, struct str);
struct verdict	 decode_rule_int(const struct field *, struct arena *, int64_t);
struct verdict	 decode_rule_num(const struct field *, struct arena *, double);

/* Number text (RFC 8259 section 6) as an exact integer. */
enum number_is { NUMBER_INT, NUMBER_FRACTION, NUMBER_FAR };
enum number_is	 decode_number_int(struct str, int64_t *);

/* Parse a value that JSON and query text write alike: text, UUID, time, decimal. */
struct verdict	 decode_value_text(const struct field *, struct arena *, struct str, void *base);

#endif
