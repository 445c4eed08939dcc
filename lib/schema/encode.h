#ifndef BRISK_ENCODE_H
#define BRISK_ENCODE_H
/*
 * encode - writes a struct as JSON, by its schema.
 *
 * The output is compact.  Members follow the order of the schema; absent and
 * hidden members are left out.  Errors are the buffer's: check buf_ok() at the end.
 */
#include "base/buf.h"
#include "schema/field.h"

/* `show` selects members: bit i is field i of the schema; ENCODE_ALL: every member. */
#define ENCODE_ALL	UINT64_MAX

/* Append {"id":...,"name":...} with the members `show`. */
void	encode_object(struct buf *, const struct schema *, const void *, uint64_t show);

/* The same without the closing brace, so that the caller can add members. */
void	encode_open(struct buf *, const struct schema *, const void *, uint64_t show);

/* The value of one member. */
void	encode_value(struct buf *, const struct field *, const void *base);

/* A double in the fewest digits that read back as the same value; null if it is not finite. */
void	encode_double(struct buf *, double);

#endif
