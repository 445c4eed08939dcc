#ifndef BRISK_JSON_NAMES_H
#define BRISK_JSON_NAMES_H
/* text_names - private to text: the member names seen, and escapes. */
#include "base/arena.h"

#define JSON_NAMES_INLINE	32	/* so many at once need no memory */

struct json_name {
	uint32_t	 at;		/* of its opening quote, in the text */
	uint32_t	 hash;
	uint32_t	 slot;
};

/*
 * The names of all objects that are open, the innermost object's last, found
 * through a hash table with linear probing.  Names leave in the opposite order
 * of their coming, so a slot can simply be emptied: whatever was put behind it
 * because it was taken has left before.
 */
struct json_names {
	struct arena	*arena;
	struct json_name	*v;
	uint32_t	*slots;		/* 2 * cap of them: index + 1, 0 is empty */
	uint32_t	 n, cap;
	struct json_name	 few[JSON_NAMES_INLINE];
	uint32_t	 few_slots[2 * JSON_NAMES_INLINE];
};

void	 json_names_init(struct json_names *, struct arena *);

/* Is this name among those from `first` on, the ones of the innermost object? */
bool	 json_names_has(const struct json_names *, const char *text, uint32_t first,
	    struct json_name) MUSTCHECK;

/* Add one that is not there; false without memory. */
bool	 json_names_add(struct json_names *, struct json_name) MUSTCHECK;

/* The names from `n` on are gone with their object. */
void	 json_names_truncate(struct json_names *, uint32_t n);

/* Of the name whose opening quote is at `at`, as it reads unescaped. */
uint32_t json_names_hash(const char *at);

/* The value of a hex digit; -1 for any other byte. */
int	 json_hex_digit(char);

/* The value of the "\u0041" at `p`; -1 if none is there. */
int	 json_unicode_escape(const char *p, const char *end);

#endif
