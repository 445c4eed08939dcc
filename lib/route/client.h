#ifndef BRISK_CLIENT_H
#define BRISK_CLIENT_H
/*
 * client - OAuth2 clients, rows of `clients`, and how one proves that it is it.
 *
 * A confidential client sends its id and secret, by HTTP Basic or in the form,
 * never both (RFC 6749 2.3.1); a public one has no secret and names itself.
 * Secrets are random, so their SHA-256 is kept.  Unknown, revoked, without a
 * secret, with a wrong one: the same answer.
 */
#include "route/route.h"

#define CLIENT_SECRET	43	/* base64url of 256 random bits */

struct client {
	struct str	 id, name, kind;
	struct str	 secret_hash;	/* in hexadecimal; absent: public */
	bool		 first_party;	/* may ask people for their passwords */
	struct str	 scopes, grants, state;
};

/* One by its id, revoked ones too, or DB_NOT_FOUND. */
enum db_err	 client_find(struct store *, struct str id, struct client *) MUSTCHECK;
bool		 client_grants(const struct client *, const char *grant) MUSTCHECK;

/*
 * The step of a request to a route for SCOPE_CLIENT: 0 and rq->client, or the
 * refusal that is already in the answer.
 */
enum http_status client_check(struct req *, struct resp *) MUSTCHECK;

/* A new secret, and what is kept of one. */
bool		 client_secret(struct buf *secret) MUSTCHECK;
bool		 client_secret_hash(struct str secret, struct buf *hex) MUSTCHECK;

/* For --check: ends with a NULL .sql. */
extern const struct query client_queries[];

#endif
