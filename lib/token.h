#ifndef BRISK_TOKEN_H
#define BRISK_TOKEN_H
/*
 * token - access tokens: JWTs in the RFC 9068 shape, signed ES256.
 *
 * Header {"typ":"at+jwt","alg":"ES256","kid":...}; claims iss exp aud sub
 * client_id iat jti (all required, RFC 9068 2.2) and scope, roles, tv.  The
 * key is chosen by `kid` among our own; `none`, HS*, `jku`, `x5u`, `jwk` and
 * `crit` in a header are refused (RFC 8725), as is a token with a member named
 * twice.  Why a token was refused is for our log only: a client learns
 * "expired" or "invalid".
 */
#include "crypto.h"
#include "decode.h"

#define TOKEN_MOST	4096	/* bytes; a longer one is invalid */
#define TOKEN_SKEW_MS	30000	/* clocks may differ by this */

/* Who signs, and for whom.  Kept by the caller for the life of the program. */
struct token_keys {
	const struct ec_key	*key;		/* signs when it has its private half */
	char			 kid[KID_LEN + 1];
	const char		*issuer, *audience;
};

struct token {
	struct str	 sub, client_id, scope, jti;
	struct stamp	 issued_at, expires_at;
	int64_t		 tv;		/* version of the subject's tokens */
};

enum token_err { TOKEN_OK, TOKEN_INVALID, TOKEN_EXPIRED };

/* A signed token that lives `seconds` from now, appended to `out`. */
bool		token_sign(const struct token_keys *, const struct token *,
		    int64_t seconds, struct buf *out) MUSTCHECK;

/* Text borrowed from the arena.  The reason of a refusal is logged at debug. */
enum token_err	token_verify(const struct token_keys *, struct arena *,
		    struct str jwt, struct token *) MUSTCHECK;

/* Is `one` among the space-separated scopes? */
bool		scope_has(struct str scopes, struct str one) MUSTCHECK;

#endif
