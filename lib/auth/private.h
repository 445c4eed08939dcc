#ifndef BRISK_AUTH_PRIVATE_H
#define BRISK_AUTH_PRIVATE_H
/*
 * auth/private - what auth.c (the header and the refusals) and token.c (from a
 * token to its user) share.
 */
#include "auth/auth.h"

/* The user of a token; or the reason why there is none, in `judged`. */
enum db_err	 auth_identify(struct auth *, struct store *, struct str jwt,
		    struct user *, enum token_err *judged) MUSTCHECK;

#endif
