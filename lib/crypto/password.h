#ifndef BRISK_PASSWORD_H
#define BRISK_PASSWORD_H
/*
 * password - Argon2id (RFC 9106), and how many may be hashed at once.
 *
 * m=19456 KiB, t=2, p=1, a salt of 16 bytes, a tag of 32, kept as a PHC string.
 * One hash takes 19 MiB and some 40 ms of a core, so an installation makes no
 * more at once than there are cores, less one for the rest.  Whoever finds no
 * seat (budget.h, a file in run_dir) within `password_wait_ms` gives up, and the
 * answer is 503.  Text that held a password is wiped before the function returns;
 * what the caller holds is the caller's to wipe (a field of FIELD_SECRET is wiped
 * by itself).
 */
#include "conf/conf.h"

#define PASSWORD_PHC	128	/* bytes of a PHC string, NUL included */

enum password_err {
	PASSWORD_OK,
	PASSWORD_WRONG,
	PASSWORD_BUSY,		/* no seat within the time: 503 */
	PASSWORD_FAILED		/* no memory, no randomness; logged */
};

/* A new PHC string of it. */
enum password_err password_hash(const struct conf *, struct str password,
		    char phc[PASSWORD_PHC]) MUSTCHECK;

/*
 * Is it the password of `phc`?  `phc` absent (no such account): as much work on
 * a hash that nothing fits, and PASSWORD_WRONG.  `*stale`: it was right, and
 * made with other parameters than today's: hash it again.
 */
enum password_err password_verify(const struct conf *, struct str password,
		    struct str phc, bool *stale) MUSTCHECK;

/*
 * One of the passwords everybody tries, whatever its case; or no more than a
 * short piece repeated, or letters in the order of the alphabet or keyboard.
 */
bool		 password_common(struct str) MUSTCHECK;

/* Overwrite it, so that no core file or freed page shows it. */
void		 password_wipe(struct str);

#endif
