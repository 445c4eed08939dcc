#ifndef BRISK_TOKEN_PRIVATE_H
#define BRISK_TOKEN_PRIVATE_H
/*
 * token_private - what the parts of the token room share.
 *
 *	token.c		signing, and judging
 *	token_jwk.c	keys as JSON
 *	token_external.c	claims of an outside provider
 */
#include "crypto/token.h"

/* The name of a claim that can not be mapped; NULL: sub and scope are set. */
const char	*token_mapped(const struct token_external *, struct arena *,
		    const struct doc *claims, struct token *) MUSTCHECK;

#endif
