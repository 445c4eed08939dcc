#ifndef BRISK_JSON_NAMES_H
#define BRISK_JSON_NAMES_H
/* json_names - the set of member names for json_check(), and escapes.  Private. */
#include "base/arena.h"

#define JSON_NAMES_INLINE	32	/* names that need no memory from the arena */

struct json_name {
	uint32_t	 at;		/* offset of the opening quote in the text */
	uint32_t	 hash;
	uint32_t	 slot;		/* index in json_names.slots */
};

/*
 * The names of all open objects, those of the innermost object last, in a hash
 * table with linear probing.  Names are removed in the reverse order of their
 * insertion, so removal can simply empty a slot: every name that was displaced
 * by it has been removed before.
 */
struct json_names {
	struct arena	*arena;
	struct json_name	*v;
	uint32_t	*slots;		/* 2 * cap elements: index in v + 1; 0: empty */
	uint32_t	 n, cap;
	struct json_name	 few[JSON_NAMES_INLINE];
	uint32_t	 few_slots[2 * JSON_NAMES_INLINE];
};

void	 json_names_init(struct json_names *, struct arena *);

/* Is this name among the names from index `first` on (the innermost object's)? */
bool	 json_names_has(const struct json_names *, const char *text, uint32_t first,
	    struct json_name) MUSTCHECK;

/* Add a name that is not in the set; false: no memory. */
bool	 json_names_add(struct json_names *, struct json_name) MUSTCHECK;

/* Remove the names from index `n` on, when their object closes. */
void	 json_names_truncate(struct json_names *, uint32_t n);

/* The hash of the unescaped name whose opening quote is at `at`. */
uint32_t json_names_hash(const char *at);

/* The value of a hex digit; -1 for any other byte. */
int	 json_hex_digit(char);

/* The code unit of the escape "\u0041" at `p`; -1: no such escape. */
int	 json_unicode_escape(const char *p, const char *end);

#endif
