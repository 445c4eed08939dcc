#ifndef BRISK_STORE_SWEEP_H
#define BRISK_STORE_SWEEP_H
/*
 * store_sweep - finish what other writers left undone.
 *
 * Two kinds of writers need help: processes that died during a write, whose
 * cells are still raised (generation.h), and programs that write past the
 * handlers, whose changes triggers record (external.h).
 */
#include "cache/store.h"

/*
 * At the start of each request: once a second, finish the writes of dead
 * processes.  False: the generation file was replaced, so this process neither
 * caches nor writes any more and should exit.
 */
bool	store_sweep_dead(struct store *) MUSTCHECK;

/*
 * Before an answer with these tags is served from a cache: invalidate what
 * external writers committed up to a second ago, if the tags name a watched
 * table.  Not inside a transaction.  False: the sweep failed or another sweep
 * takes too long; serve nothing from a cache.
 */
bool	store_sweep_external(struct store *, const struct str *tags, size_t n) MUSTCHECK;

/* The statements of a sweep, for `--check` and `brisk grants`; ends with NULL. */
extern const char *const store_sweep_statements[];

#endif
