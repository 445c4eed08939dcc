#ifndef WIRE_PEOPLE_H
#define WIRE_PEOPLE_H
/*
 * people - accounts, logins and clients of the suites that need some.
 *
 * Names are new each time, so suites do not meet each other's rows; they are
 * left behind when a suite ends.
 */
#include "shop.h"

#define PASSWORD	"violet-tractor-anthem-52"
#define FORM		"Content-Type: application/x-www-form-urlencoded\n"
#define TOKENS		"/oauth2/token"
#define REVOKE		"/oauth2/revoke"
#define USERS		"/v1/users"
#define ME		"/v1/users/me"
#define LOGIN(who)	"grant_type=password&client_id=docs&username=" who	\
			"&password=" PASSWORD

/* A form, as it stands but for {names}; `headers` NULL: none but its type. */
struct reply	 post_form(const char *path, const char *headers, const char *form);

/*
 * Register somebody: {NAME} is the username, {NAME_id} the key.  With a role,
 * given by an admin's token, unless NULL.
 */
void		 person_new(const char *name, const char *role);
/* Log in: {NAME_token} and {NAME_refresh}; the answer. */
struct reply	 person_login(const char *name);
/* "Authorization: Bearer ..." of the token with that name. */
const char	*bearer(const char *name);
/* A client, by `brisk client add`: {NAME} is its id, {NAME_secret} its secret. */
void		 client_new(const char *name, const char *flags);

/* What a command of brisk says last; `input` is its standard input. */
const char	*brisk(const char *words, const char *input, int *status);

#endif
