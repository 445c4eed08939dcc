#ifndef BRISK_LIMIT_PRIVATE_H
#define BRISK_LIMIT_PRIVATE_H
/*
 * limit_private - the layout of the file of quotas.
 *
 * A set of slots belongs to one class and a part of the hash values.  Slot 0 of a set
 * belongs to no subject: subjects that cannot get a slot share it.
 *
 * The word of a slot holds the theoretical arrival time (52 bits, Unix time in
 * microseconds), BUSY (the key is about to change) and a counter of owners (11 bits).
 * Only the holder of the set's lock changes BUSY and the counter.  Every update swaps
 * the whole word, so a request cannot consume from a slot that has a new owner.
 */
#include <stdatomic.h>

#include "route/limit.h"

#define LIMIT_SETS	1024
#define LIMIT_SLOTS	16	/* in a set */
#define LIMIT_KEY	6	/* words */

#define WORD_SHIFT	12
#define WORD_BUSY	((uint64_t)1 << 11)
#define WORD_OWNER	(WORD_BUSY - 1)

struct limit_key {
	uint64_t	 hash, word[LIMIT_KEY];
};

struct limit_slot {
	_Atomic uint64_t	 word, hash, key[LIMIT_KEY];
};

struct limit_set {
	struct limit_slot	 slot[LIMIT_SLOTS];
};

struct limit_file {
	char			 magic[8];
	uint32_t		 version, classes, sets, slots;
	uint64_t		 inode, seed;
	uint64_t		 pad[3];	/* aligns slots to cache lines */
	struct limit_set	 set[LIMIT_CLASSES][LIMIT_SETS];
};

void		 limit_key_init(const struct limit_file *, struct str subject,
		    struct limit_key *);
/* The index of the subject's set within its class. */
size_t		 limit_set_number(const struct limit_key *);
/* Map the file read-only; NULL: there is no valid file. */
const struct limit_file *limit_open_readonly(const char *path) MUSTCHECK;

#endif
