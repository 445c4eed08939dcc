#ifndef BRISK_ENCODE_H
#define BRISK_ENCODE_H
/*
 * encode - writes a struct as JSON, by its schema.
 *
 * Output is compact. Members follow the order of the schema; absent ones are
 * left out. Errors are the buffer's.
 */
#include "base/buf.h"
#include "schema/field.h"

/* A set of members: bit i is field i of the schema. */
#define ENCODE_ALL	UINT64_MAX

/* Append {"id":...,"name":...} with the members `show`. */
void	encode_object(struct buf *, const struct schema *, const void *, uint64_t show);

/* The same without the closing brace, so that the caller can add members. */
void	encode_open(struct buf *, const struct schema *, const void *, uint64_t show);

/* Append the value of one member. */
void	encode_value(struct buf *, const struct field *, const void *base);

/* Append a double with the fewest digits that read back as the same double. */
void	encode_double(struct buf *, double);

#endif
