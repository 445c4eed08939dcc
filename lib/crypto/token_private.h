#ifndef BRISK_TOKEN_PRIVATE_H
#define BRISK_TOKEN_PRIVATE_H
/*
 * token_private - shared by the parts of token.h.
 *
 *	token.c			signing and verifying
 *	token_jwk.c		JWK sets
 *	token_external.c	claims of an external provider
 */
#include "crypto/token.h"

/*
 * Set `sub` and `scope` of a token of an external provider from its claims.  NULL on
 * success; else the name of the claim that is wrong, or "memory".
 */
const char	*token_apply_map(const struct token_external *, struct arena *,
		    const struct doc *claims, struct token *) MUSTCHECK;

#endif
