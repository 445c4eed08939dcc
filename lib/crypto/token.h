#ifndef BRISK_TOKEN_H
#define BRISK_TOKEN_H
/*
 * token - access tokens: JWTs as in RFC 9068, signed with ES256.
 *
 * Header: {"typ":"at+jwt","alg":"ES256","kid":...}.  Claims: iss, exp, aud, sub,
 * client_id, iat and jti (required by RFC 9068 section 2.2), scope, roles, and tv,
 * the version of the user's tokens.
 *
 * ES256 and RS256 are accepted.  The key that `kid` names determines the algorithm;
 * the header cannot choose it.  Refused are `none`, HS*, the header members `jku`,
 * `x5u`, `jwk` and `crit` (RFC 8725), and tokens with duplicate member names.  The
 * reason is only logged; a client learns "expired" or "invalid".
 *
 * Tokens of an external provider may omit client_id and jti, and their type may be
 * "JWT" or absent.  Their `sub` gets a prefix, so that it never equals the `sub` of a
 * local user.  A map derives their scopes from their claims (token_external.c).
 */
#include "crypto/crypto.h"
#include "crypto/scope.h"
#include "schema/decode.h"

#define MAX_TOKEN	4096	/* bytes; a longer token is invalid */
#define TOKEN_SKEW_MS	30000	/* tolerated difference between two clocks */
#define MAX_TOKEN_KID	128	/* bytes; a key with a longer `kid` is ignored */
#define MAX_TOKEN_KEYS	32	/* keys of one set */

/* Either `ec` (ES256) or `rsa` (RS256) is set. */
struct token_key {
	char		 kid[MAX_TOKEN_KID + 1];
	struct ec_key	*ec;
	struct rsa_key	*rsa;
};

/* How claims of an external provider are mapped. */
struct token_external {
	const char	*prefix;	/* of every `sub` */
	const char	*scopes;	/* map of claims to scopes, see token_external.c */
};

/* The keys of one issuer.  The caller owns all memory. */
struct token_keys {
	const struct token_key		*v;
	size_t				 n;
	const char			*issuer, *audience;
	const struct token_external	*external;	/* NULL: our own keys */
};

/* The claims of a token.  The text is borrowed. */
struct token {
	struct str	 sub, client_id, scope, jti;
	struct str	 roles;		/* separated by spaces */
	struct stamp	 issued_at, expires_at;
	int64_t		 tv;		/* version of the user's tokens */
	bool		 external;	/* issued by the external provider */
};

enum token_err {
	TOKEN_OK, TOKEN_INVALID, TOKEN_EXPIRED,
	TOKEN_UNKNOWN_KEY,	/* no key with this `kid`: it may be a new one */
	TOKEN_UNAVAILABLE,	/* the keys cannot be loaded; never from this room */
	TOKEN_NO_MEMORY		/* not verified */
};

/*
 * Append a token that expires in `seconds`, signed with the first key.  False, with
 * a log line, if a claim is invalid or the signature fails.
 */
bool		token_sign(const struct token_keys *, const struct token *,
		    int64_t seconds, struct buf *out) MUSTCHECK;

/*
 * Verify a token with the first of the `n` sets that has its key, and read its
 * claims.  Their text is in the arena.  The reason of a refusal is logged at level
 * debug.
 */
enum token_err	token_verify(const struct token_keys *sets, size_t n,
		    struct arena *, struct str jwt, struct token *) MUSTCHECK;

/* Is the `iss` claim this issuer?  Nothing is verified. */
bool		token_claims_issuer(struct arena *, struct str jwt, const char *issuer)
		    MUSTCHECK;

struct token_set {
	struct token_key	 v[MAX_TOKEN_KEYS];
	size_t			 n;
};

/*
 * Read a JWK set (RFC 7517 section 5).  Keys that cannot verify tokens, keys without
 * `kid` and keys with a duplicate `kid` are ignored.  False if the text is not a JWK
 * set, or no memory is left; then there is nothing to free.
 */
bool		token_set_read(struct token_set *, struct arena *, struct str json) MUSTCHECK;
void		token_set_free(struct token_set *);

/*
 * Check a map of claims to scopes.  NULL if it is valid; else the end of a sentence
 * that says what is wrong.
 */
const char	*token_map_error(const char *map);

#endif
