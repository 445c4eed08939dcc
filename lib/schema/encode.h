#ifndef BRISK_ENCODE_H
#define BRISK_ENCODE_H
/*
 * encode - a struct into JSON, by its schema.
 *
 * Compact, members in the schema's order, absent ones left out, text escaped,
 * times and ids in their one text form.  Errors are the buffer's sticky one.
 */
#include "base/buf.h"
#include "schema/field.h"

/* Members to show: bit i is the schema's field i.  All of them: ENCODE_ALL. */
#define ENCODE_ALL	UINT64_MAX

/* {"id":...,"name":...} */
void	encode_object(struct buf *, const struct schema *, const void *, uint64_t show);

/* The same without the closing brace, so that more members can follow. */
void	encode_open(struct buf *, const struct schema *, const void *, uint64_t show);

/* One member's value. */
void	encode_value(struct buf *, const struct field *, const void *base);

/* A double in the fewest digits that read back the same. */
void	encode_double(struct buf *, double);

#endif
