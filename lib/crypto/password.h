#ifndef BRISK_PASSWORD_H
#define BRISK_PASSWORD_H
/*
 * password - hashes of passwords with Argon2id (RFC 9106).
 *
 * Parameters: m=19456 KiB, t=2, p=1, 16 bytes of salt, 32 bytes of tag.  Hashes are
 * stored as PHC strings.
 *
 * One hash takes 19 MiB and about 40 ms of CPU time.  The programs of an installation
 * compute at most one hash per CPU core, less one, at the same time: each hash needs
 * a seat of a budget (shm/connection_budget.h) in run_dir.  If no seat is free within
 * `password_wait_ms`, the result is PASSWORD_BUSY and the request is answered with 503.
 *
 * Copies of the password that these functions make are overwritten before they
 * return.  The caller overwrites its own; the decoder does so for FIELD_SECRET.
 */
#include "conf/conf.h"

#define PASSWORD_PHC	128	/* bytes of a PHC string, NUL included */

enum password_err {
	PASSWORD_OK,
	PASSWORD_WRONG,
	PASSWORD_BUSY,		/* no seat in time: 503 */
	PASSWORD_FAILED		/* no memory or no random bytes; logged */
};

/* Hash a new password. */
enum password_err password_hash(const struct conf *, struct str password,
		    char phc[PASSWORD_PHC]) MUSTCHECK;

/*
 * Compare a password with a stored hash.  If `phc` is absent (no such account), the
 * same work is done on a constant hash, so that the time does not reveal whether the
 * account exists; the result is then PASSWORD_WRONG.  `*stale` is set if the password
 * is right but its hash has old parameters: the caller should store a new hash.
 */
enum password_err password_verify(const struct conf *, struct str password,
		    struct str phc, bool *stale) MUSTCHECK;

/*
 * Is it a password that attackers try first: one of a list, a short piece that is
 * repeated, or characters in the order of the alphabet or the keyboard?  Case does
 * not matter.
 */
bool		 password_is_common(struct str) MUSTCHECK;

/* Overwrite it, so that it is in no core dump or freed page. */
void		 password_wipe(struct str);

#endif
