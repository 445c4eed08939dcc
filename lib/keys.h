#ifndef BRISK_KEYS_H
#define BRISK_KEYS_H
/*
 * keys - the keys that sign access tokens: rows of `signing_keys`, at most one
 * `next` and one `current`, and the `previous` ones until what they signed is
 * over.  The private halves are wrapped under a key made from `secret`.
 *
 * A `struct keys` is what a process knows of them; all its threads share it.
 * It is read when first needed, and again when the tag "keys" moved or a token
 * names a key that is not known (at most once in some seconds), so a rotation
 * needs no restart.  Without a database what was read goes on holding.
 */
#include "conf.h"
#include "store.h"
#include "token.h"

struct keys;

struct keys	*keys_open(const struct conf *) MUSTCHECK;
void		 keys_close(struct keys *);

/* Sign with the current key; it is made when there is none yet. */
enum db_err	 keys_sign(struct keys *, struct store *, const struct token *,
		    int64_t seconds, struct buf *out) MUSTCHECK;
/* Judge a token by all keys that hold, ours and the outside provider's. */
enum db_err	 keys_verify(struct keys *, struct store *, struct str jwt,
		    struct token *, enum token_err *) MUSTCHECK;
/* The public halves, as a JWK set (RFC 7517 5). */
enum db_err	 keys_jwks(struct keys *, struct store *, struct buf *out) MUSTCHECK;

/*
 * `next` becomes `current`, if it was published for two hours or at once if
 * `now`, and a new `next` is made.  `told` says what happened.
 */
enum db_err	 keys_rotate(struct store *, const struct conf *, bool now,
		    struct buf *told) MUSTCHECK;

#endif
