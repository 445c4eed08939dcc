#ifndef BRISK_RESOURCE_PARENT_H
#define BRISK_RESOURCE_PARENT_H
/*
 * parent - rows below a row of another resource, which the path names:
 * "/v1/accounts/{account_id}/entries".  Private to the room.
 */
#include "resource/declaration.h"
#include "resource/visibility.h"

/* Our fields that name the parent in the path; returns how many. */
size_t		 parent_fields(const struct resource *, const struct field *[MAX_KEY_COLUMNS]);
bool		 parent_has_field(const struct resource *, const struct field *);
/* The fault in the declaration of .parent, as a sentence; NULL: none. */
const char	*parent_error(const struct resource *);
/* Set those fields of a row to be created from the path. */
void		 parent_set_key(const struct resource *, const struct visibility *, void *row);
/* 0, or 404: the parent does not exist, or the caller may not see it. */
enum http_status parent_check(struct req *, struct resp *) MUSTCHECK;
/* The key of the parent, as a row of its own schema; NULL: no memory. */
void		*parent_key(const struct req *, const struct resource *, const void *row);
/* The cache tag of the parent. */
struct str	 parent_tag(const struct req *);

#endif
