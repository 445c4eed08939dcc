#ifndef BRISK_TOKEN_H
#define BRISK_TOKEN_H
/*
 * token - access tokens: JWTs in the RFC 9068 form, signed ES256.
 *
 * Header {"typ":"at+jwt","alg":"ES256","kid":...}; claims iss exp aud sub
 * client_id iat jti (all required, RFC 9068 2.2) and scope, roles, tv.  Taken
 * back are ES256 and RS256: the key that `kid` names says which, never the
 * header.  `none`, HS*, `jku`, `x5u`, `jwk` and `crit` in a header are refused
 * (RFC 8725), as is a token with a member named twice.  Why a token was refused
 * is for our log only: a client learns "expired" or "invalid".
 *
 * An outside provider's tokens may leave out client_id and jti and be of the
 * type "JWT" or none.  Their `sub` gets a prefix, so that it is never one of
 * ours, and their scopes are what a map makes of their claims (token_external.c).
 */
#include "crypto/crypto.h"
#include "schema/decode.h"

#define MAX_TOKEN	4096	/* bytes; a longer one is invalid */
#define TOKEN_SKEW_MS	30000	/* clocks may differ by this */
#define MAX_TOKEN_KID	128	/* bytes; a key with a longer name is left out */
#define MAX_TOKEN_KEYS	32	/* keys of one set */

/* One of the two, which is also the algorithm: ES256 or RS256. */
struct token_key {
	char		 kid[MAX_TOKEN_KID + 1];
	struct ec_key	*ec;
	struct rsa_key	*rsa;
};

/* An outside provider: what is made of its claims. */
struct token_external {
	const char	*prefix;	/* of every `sub` */
	const char	*scopes;	/* the map: token_external.c */
};

/* Keys of one issuer, and for whom; the caller's. */
struct token_keys {
	const struct token_key		*v;
	size_t				 n;
	const char			*issuer, *audience;
	const struct token_external	*outside;	/* NULL: it is us */
};

struct token {
	struct str	 sub, client_id, scope, jti;
	struct str	 roles;		/* with spaces between */
	struct stamp	 issued_at, expires_at;
	int64_t		 tv;		/* version of the subject's tokens */
	bool		 outside;
};

enum token_err {
	TOKEN_OK, TOKEN_INVALID, TOKEN_EXPIRED,
	TOKEN_UNKNOWN,		/* no key of that name: perhaps a new one */
	TOKEN_LATER,		/* its keys can not be had now (never from here) */
	TOKEN_MEMORY		/* not judged */
};

/*
 * A token that lives `seconds` from now, signed with the first of the keys,
 * appended to `out`.
 */
bool		token_sign(const struct token_keys *, const struct token *,
		    int64_t seconds, struct buf *out) MUSTCHECK;

/*
 * Judge it by the first set that has its key.  Text borrowed from the arena.
 * The reason of a refusal is logged at debug.
 */
enum token_err	token_verify(const struct token_keys *sets, size_t n,
		    struct arena *, struct str jwt, struct token *) MUSTCHECK;

/* Does it say, which proves nothing yet, that it is of that issuer? */
bool		token_claims_issuer(struct arena *, struct str jwt, const char *issuer)
		    MUSTCHECK;

/* Is `one` among the space-separated scopes? */
bool		scope_has(struct str scopes, struct str one) MUSTCHECK;

/*
 * The keys of a JWK set (RFC 7517 5) that tokens can be verified with; others
 * are passed over, as are those without a name or with the name of another.
 * False: it is no JWK set, or no memory; then there is nothing to free.
 */
struct token_set {
	struct token_key	 v[MAX_TOKEN_KEYS];
	size_t			 n;
};

bool		token_set_read(struct token_set *, struct arena *, struct str json) MUSTCHECK;
void		token_set_free(struct token_set *);

/* What is wrong with a map of claims to scopes, as a sentence; NULL: nothing. */
const char	*token_map_wrong(const char *map);

#endif
