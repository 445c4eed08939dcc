#ifndef BRISK_AUTH_PRIVATE_H
#define BRISK_AUTH_PRIVATE_H
/*
 * auth_private - what the parts of the auth room share.
 *
 *	auth.c		the header, and the refusals
 *	auth_token.c	a token's text to its user, kept for the next time
 */
#include "auth/auth.h"

/* The user of a token, or why there is none, in `judged`. */
enum db_err	 auth_identify(struct auth *, struct store *, struct str jwt,
		    struct user *, enum token_err *judged) MUSTCHECK;

#endif
