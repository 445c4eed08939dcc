#ifndef BRISK_CLIENT_H
#define BRISK_CLIENT_H
/*
 * client - OAuth 2 clients (table `clients`) and their authentication.
 *
 * A confidential client sends its id and secret, by HTTP Basic or in the form, never
 * both (RFC 6749 section 2.3.1).  A public client has no secret and sends its id only.
 * Secrets are 256 random bits, so a plain SHA-256 of them is stored.  An unknown or
 * revoked client and a missing or wrong secret get the same response.
 */
#include "route/route.h"

struct client {
	struct str	 id, name, kind;
	struct str	 secret_hash;	/* SHA-256 in hexadecimal; absent: a public client */
	bool		 first_party;	/* may use the password grant */
	struct str	 scopes, grants, state;
};

/* Find a client by its id, revoked clients included; DB_NOT_FOUND. */
enum db_err	 client_find(struct store *, struct str id, struct client *) MUSTCHECK;
/* May the client use this grant type? */
bool		 client_grants(const struct client *, const char *grant) MUSTCHECK;

/*
 * Authenticate the client of a request to a route with SCOPE_CLIENT: 0 and rq->client,
 * or a refusal that is in the response.
 */
enum http_status client_check(struct req *, struct resp *) MUSTCHECK;

/* A new secret as base64url (43 characters); the hash that is stored of it. */
bool		 client_secret(struct buf *secret) MUSTCHECK;
bool		 client_secret_hash(struct str secret, struct buf *hex) MUSTCHECK;

/* The statements, for --check; ends with a NULL .sql. */
extern const struct query client_queries[];

#endif
