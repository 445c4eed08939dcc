#ifndef BRISK_RESOURCE_OPERATIONS_H
#define BRISK_RESOURCE_OPERATIONS_H
/*
 * operations - the function behind each route of a resource.  Private to the room.
 */
#include "resource/resource.h"

enum http_status resource_list(struct req *, struct resp *) MUSTCHECK;
enum http_status resource_get(struct req *, struct resp *) MUSTCHECK;
enum http_status resource_create(struct req *, struct resp *) MUSTCHECK;
enum http_status resource_update(struct req *, struct resp *) MUSTCHECK;
enum http_status resource_delete(struct req *, struct resp *) MUSTCHECK;

#endif
