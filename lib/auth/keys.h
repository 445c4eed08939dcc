#ifndef BRISK_KEYS_H
#define BRISK_KEYS_H
/*
 * keys - the keys that sign access tokens: rows of `signing_keys`, at most one
 * `next` and one `current`, and the `previous` ones until what they signed is
 * over.  The private halves are sealed under a key made from `secret`; only
 * who signs ever opens one.
 *
 * A `struct keys` is what a process knows of them; all its threads share it.
 * It is read when first needed, and again when the tag "keys" moved or a token
 * names a key that is not known (at most once in some seconds), so a rotation
 * needs no restart.  Without a database what was read goes on holding.
 *
 * The keys of the outside OpenID provider (`oidc_issuer`), if there is one, are
 * beside them, in a set of their own: fetched when first needed, each hour, and
 * for a key that is not known (at most once in half a minute).  While the
 * provider is down, those that were fetched go on holding.
 */
#include "conf/conf.h"
#include "cache/store.h"
#include "crypto/token.h"

#define KEYS_TAG	STR("keys")

struct keys;

/* The conf must outlive it.  NULL: no memory. */
struct keys	*keys_open(const struct conf *) MUSTCHECK;
/* What is wrong with the options of the outside provider; NULL: nothing. */
const char	*keys_conf_error(const struct conf *);
void		 keys_close(struct keys *);

/*
 * Sign with the current key; it is made when there is none yet.  Not inside a
 * transaction.  The store's arena is wiped when it ends.  DB_ABORT: the key was
 * sealed under another `secret`.
 */
enum db_err	 keys_sign(struct keys *, struct store *, const struct token *,
		    int64_t seconds, struct buf *out) MUSTCHECK;
/* Judge a token by all keys that hold, ours and the outside provider's. */
enum db_err	 keys_verify(struct keys *, struct store *, struct str jwt,
		    struct token *, enum token_err *) MUSTCHECK;
/* The public halves, as a JWK set (RFC 7517 5). */
enum db_err	 keys_jwks(struct keys *, struct store *, struct buf *out) MUSTCHECK;

/*
 * `next` becomes `current`, if it was published for two hours or at once if
 * `now`, and a new `next` is made.  `told` says what happened; DB_ABORT: it is
 * too early.
 */
enum db_err	 keys_rotate(struct store *, const struct conf *, bool now,
		    struct buf *told) MUSTCHECK;
/* A previous key holds no longer, nor what it signed.  DB_NOT_FOUND: there is none
 * of that name, DB_ABORT: it is not a previous one. */
enum db_err	 keys_revoke(struct store *, struct str kid) MUSTCHECK;
/* A line for each: kid, state, when published, until when it holds. */
enum db_err	 keys_list(struct store *, struct buf *told) MUSTCHECK;

/* Tests without a database: this key alone, for ever; taken over. */
void		 keys_pin(struct keys *, struct ec_key *);

/* Its statements that a program which only verifies needs, for --check. */
extern const struct query *const keys_queries[];
/* And those of one that signs: for its .uses. */
extern const struct query keys_sign_queries[];

#endif
