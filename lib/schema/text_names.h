#ifndef BRISK_TEXT_NAMES_H
#define BRISK_TEXT_NAMES_H
/* text_names - private to text: the member names seen, and escapes. */
#include "base/arena.h"

#define NAMES_FEW	32	/* so many at once need no memory */

struct name {
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
struct names {
	struct arena	*arena;
	struct name	*v;
	uint32_t	*slots;		/* 2 * cap of them: index + 1, 0 is empty */
	uint32_t	 n, cap;
	struct name	 few[NAMES_FEW];
	uint32_t	 few_slots[2 * NAMES_FEW];
};

void	 names_init(struct names *, struct arena *);

/* Is this name among those from `first` on, the ones of the innermost object? */
bool	 names_has(const struct names *, const char *text, uint32_t first,
	    struct name) MUSTCHECK;

/* Add one that is not there; false without memory. */
bool	 names_add(struct names *, struct name) MUSTCHECK;

/* The names from `n` on are gone with their object. */
void	 names_cut(struct names *, uint32_t n);

/* Of the name whose opening quote is at `at`, as it reads unescaped. */
uint32_t names_hash(const char *at);

/* The value of a hex digit; -1 for any other byte. */
int	 text_hex(char);

/* The value of the "\u0041" at `p`; -1 if none is there. */
int	 text_unicode(const char *p, const char *end);

#endif
