#ifndef BRISK_KEYS_PRIVATE_H
#define BRISK_KEYS_PRIVATE_H
/*
 * keys_private - what the files of keys share.
 *
 *	keys.c		the set of a process: signing and verifying
 *	keys_row.c	the table
 *	keys_rotate.c	creation and rotation
 *	keys_external.c	the keys of an external provider
 */
#include "auth/keys.h"

struct key_row {
	struct str	 kid, public_jwk, state;
	struct stamp	 published_at, retire_at;
};

/* All rows: next, current and previous keys. */
enum db_err	 key_row_list(struct store *, struct key_row **, size_t *n) MUSTCHECK;
/* The same rows, locked; inside a transaction. */
enum db_err	 key_row_list_locked(struct store *, struct key_row **, size_t *n) MUSTCHECK;
/* The row in that state; NULL: none. */
const struct key_row *key_row_find(const struct key_row *, size_t n, const char *state);
/* Open the sealed key pair of a row. DB_ABORT: sealed under another secret. */
enum db_err	 key_row_open(struct store *, const struct conf *, const char *kid,
		    struct ec_key **) MUSTCHECK;
/* Create a key and its row. DB_DUPLICATE: another program was faster. */
enum db_err	 key_row_insert(struct store *, const struct conf *,
		    const char *state) MUSTCHECK;
enum db_err	 key_row_delete(struct store *, struct str kid) MUSTCHECK;
/* Change the state of a key. */
enum db_err	 key_row_set_state(struct store *, struct str kid, const char *state,
		    struct stamp retire_at) MUSTCHECK;

/* Create the missing ones of `next` and `current`. */
enum db_err	 keys_complete(struct store *, const struct conf *) MUSTCHECK;

/* The external provider's set (keys_external.c); NULL: there is no provider. */
struct keys_external;

/* The fault in the provider's options, as a sentence; NULL: none. */
const char	*keys_external_error(const struct conf *);
bool		 keys_external_open(const struct conf *, struct keys_external **) MUSTCHECK;
void		 keys_external_close(struct keys_external *);
/*
 * Get the set, held until keys_external_release(). `unknown`: a key id was not
 * found, so fetch again. False: there is no set at the moment.
 */
bool		 keys_external_acquire(struct keys_external *, bool unknown, struct token_keys *,
		    void **held) MUSTCHECK;
void		 keys_external_release(void *held);

#endif
