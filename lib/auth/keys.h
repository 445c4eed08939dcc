#ifndef BRISK_KEYS_H
#define BRISK_KEYS_H
/*
 * keys - the keys that sign access tokens: rows of table `signing_keys`.
 *
 * There is at most one `next` and one `current` key; `previous` keys stay until
 * the tokens they signed have expired. Private keys are sealed under a key
 * derived from `secret`, and only a program that signs opens one.
 *
 * The threads of a process share a `struct keys`. It is read at first use, when
 * the tag "keys" changes, and when a token names an unknown key (at most once in
 * some seconds); so a rotation needs no restart. Without a database the last set
 * stays in use.
 *
 * The keys of an external OpenID provider (`oidc_issuer`) are a set of their
 * own: fetched at first use, every hour, and for an unknown key id (at most once
 * in half a minute). While the provider is down, the last set stays in use.
 */
#include "conf/conf.h"
#include "cache/store.h"
#include "crypto/token.h"

#define KEYS_TAG	STR("keys")

struct keys;

/* The configuration must outlive it. NULL: no memory. */
struct keys	*keys_open(const struct conf *) MUSTCHECK;
/* The fault in the options of the external provider; NULL: none. */
const char	*keys_conf_error(const struct conf *);
void		 keys_close(struct keys *);

/*
 * Sign with the current key, which is created if there is none. Not inside a
 * transaction. The store's arena is wiped when it is freed. DB_ABORT: the key
 * was sealed under another `secret`.
 */
enum db_err	 keys_sign(struct keys *, struct store *, const struct token *,
		    int64_t seconds, struct buf *out) MUSTCHECK;
/* Verify a token with all valid keys, ours and the external provider's. */
enum db_err	 keys_verify(struct keys *, struct store *, struct str jwt,
		    struct token *, enum token_err *) MUSTCHECK;
/* The public keys, as a JWK set (RFC 7517 5). */
enum db_err	 keys_jwks(struct keys *, struct store *, struct buf *out) MUSTCHECK;

/*
 * Rotate: `next` becomes `current` if it has been published for two hours, or at
 * once with `now`; a new `next` is created. `message` says what happened. DB_ABORT:
 * too early.
 */
enum db_err	 keys_rotate(struct store *, const struct conf *, bool now,
		    struct buf *message) MUSTCHECK;
/*
 * Delete a previous key, so that tokens it signed are invalid. DB_NOT_FOUND: no
 * such key. DB_ABORT: not a previous key.
 */
enum db_err	 keys_revoke(struct store *, struct str kid) MUSTCHECK;
/* One line for each key: id, state, when published, until when valid. */
enum db_err	 keys_list(struct store *, struct buf *message) MUSTCHECK;

/* For tests without a database: use this key alone; takes ownership. */
void		 keys_pin(struct keys *, struct ec_key *);

/* The statements of a program that only verifies, for --check. */
extern const struct query *const keys_queries[];
/* The statements of a program that signs, for its .uses. */
extern const struct query keys_sign_queries[];

#endif
