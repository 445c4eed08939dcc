#ifndef BRISK_DECODE_PRIVATE_H
#define BRISK_DECODE_PRIVATE_H
/* decode_private - rules for single values, for the decode_*.c files. */
#include "schema/decode.h"

/* The reason why a value is invalid; code NULL: it is valid. */
struct verdict {
	const char	*code, *detail;
};

#define VERDICT_OK	((struct verdict){ NULL, NULL })

/* Check a text: control characters, length, pattern, allowed values, format. */
struct verdict	 decode_rule_text(const struct field *, struct arena *, struct str);
struct verdict	 decode_rule_int(const struct field *, struct arena *, int64_t);
struct verdict	 decode_rule_num(const struct field *, struct arena *, double);

/* The exact integer of a number (RFC 8259 6); NUMBER_FAR: beyond 10^18. */
enum number_is { NUMBER_INT, NUMBER_FRACTION, NUMBER_FAR };
enum number_is	 decode_number_int(struct str, int64_t *);

/* Decode a value that JSON and query strings write alike: text, UUID, time, decimal. */
struct verdict	 decode_value_text(const struct field *, struct arena *, struct str, void *base);

#endif
