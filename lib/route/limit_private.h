#ifndef BRISK_LIMIT_PRIVATE_H
#define BRISK_LIMIT_PRIVATE_H
/*
 * limit_private - the mapped file of quotas.
 *
 * A row of places belongs to one class and one part of the hashes.  Its place 0
 * is nobody's: who can not get a place counts there, together with others.
 *
 * A place's word is the theoretical arrival time (52 bits, Unix microseconds),
 * BUSY (its key is about to change) and a count of its owners (11 bits).  Only
 * who holds the row's lock sets BUSY or the count; who takes, with or without
 * the lock, swaps the whole word, so that it never takes from another's place.
 */
#include <stdatomic.h>

#include "route/limit.h"

#define LIMIT_ROWS	1024
#define LIMIT_PLACES	16	/* of a row */
#define LIMIT_KEY	6	/* words */

#define WORD_SHIFT	12
#define WORD_BUSY	((uint64_t)1 << 11)
#define WORD_OWNER	(WORD_BUSY - 1)

struct limit_key {
	uint64_t	 hash, word[LIMIT_KEY];
};

struct limit_place {
	_Atomic uint64_t	 word, hash, key[LIMIT_KEY];
};

struct limit_row {
	struct limit_place	 place[LIMIT_PLACES];
};

struct limit_file {
	char			 magic[8];
	uint32_t		 version, classes, rows, places;
	uint64_t		 inode, seed;
	uint64_t		 pad[3];	/* a place is one cache line */
	struct limit_row	 row[LIMIT_CLASSES][LIMIT_ROWS];
};

void		 limit_key_of(const struct limit_file *, struct str subject,
		    struct limit_key *);
/* Of a class: all rows have a lock of their own, counted over the classes. */
size_t		 limit_row_number(const struct limit_key *);
/* To look only; NULL when there is no good file. */
const struct limit_file *limit_look(const char *path) MUSTCHECK;

#endif
