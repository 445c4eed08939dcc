#ifndef BRISK_KEYS_PRIVATE_H
#define BRISK_KEYS_PRIVATE_H
/*
 * keys_private - what the parts of the keys room share.
 *
 *	keys.c		what a process knows, and signs and verifies with
 *	keys_row.c	the table
 *	keys_rotate.c	how rows are made, and become the next state
 *	keys_outside.c	the outside provider's
 */
#include "auth/keys.h"

struct key_row {
	struct str	 kid, public_jwk, state;
	struct stamp	 published_at, retire_at;
};

/* All rows: next, current, previous. */
enum db_err	 key_row_list(struct store *, struct key_row **, size_t *n) MUSTCHECK;
/* The same, locked; inside a transaction. */
enum db_err	 key_row_list_locked(struct store *, struct key_row **, size_t *n) MUSTCHECK;
/* The row in that state; NULL: none. */
const struct key_row *key_row_find(const struct key_row *, size_t n, const char *state);
/* The pair of this row, from what is sealed.  DB_ABORT: under another secret. */
enum db_err	 key_row_open(struct store *, const struct conf *, const char *kid,
		    struct ec_key **) MUSTCHECK;
/* Make a key and its row.  DB_DUPLICATE: another was faster. */
enum db_err	 key_row_insert(struct store *, const struct conf *,
		    const char *state) MUSTCHECK;
enum db_err	 key_row_delete(struct store *, struct str kid) MUSTCHECK;
/* From one state to another. */
enum db_err	 key_row_set_state(struct store *, struct str kid, const char *state,
		    struct stamp retire_at) MUSTCHECK;

/* Make what is missing of `next` and `current`. */
enum db_err	 keys_complete(struct store *, const struct conf *) MUSTCHECK;

/* keys_outside.c: the provider's set; NULL: there is no provider. */
struct keys_external;

/* Of what the options say of it, as a sentence; NULL: nothing. */
const char	*keys_external_error(const struct conf *);
bool		 keys_external_open(const struct conf *, struct keys_external **) MUSTCHECK;
void		 keys_external_close(struct keys_external *);
/*
 * A set to verify with, held until keys_external_release().  `unknown`: one more is
 * wanted than are known.  False: there is none, now.
 */
bool		 keys_external_acquire(struct keys_external *, bool unknown, struct token_keys *,
		    void **held) MUSTCHECK;
void		 keys_external_release(void *held);

#endif
