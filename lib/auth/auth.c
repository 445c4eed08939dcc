/* auth - checks the Authorization header and the scope of a route. */
#include <strings.h>

#include "auth/private.h"

static enum http_status
refuse_with_challenge(struct resp *rs, enum http_status status, const char *code,
    const char *detail, const char *more)
{
	resp_header(rs, "WWW-Authenticate", "Bearer realm=\"api\"%s", more);
	return resp_problem(rs, status, code, "%s", detail);
}

static enum http_status
refuse_token(struct resp *rs, const char *why)
{
	char	*more = arena_fmt(rs->arena,
		    ", error=\"invalid_token\", error_description=\"%s\"", why);

	return refuse_with_challenge(rs, HTTP_UNAUTHORIZED, "invalid_token", why,
	    more == NULL ? "" : more);
}

/* Is it a b64token (RFC 6750 2.1)? */
static bool
is_token_text(struct str s)
{
	static const char	 more[] = "-._~+/=";

	for (size_t i = 0; i < s.n; i++) {
		char	 c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || (c != '\0' && strchr(more, c) != NULL)))
			return false;
	}
	return s.n > 0;
}

/* Get the bearer token; 0, or the status of a refusal. */
static enum http_status
bearer_text(const struct req *rq, struct resp *rs, struct str *jwt)
{
	struct str	 rest = req_env(rq, "HTTP_AUTHORIZATION"), scheme;

	if (rest.n == 0)
		return 0;
	scheme = str_cut(&rest, ' ');
	if (scheme.n != 6 || strncasecmp(scheme.p, "Bearer", 6) != 0)
		return refuse_with_challenge(rs, HTTP_UNAUTHORIZED, "unauthenticated",
		    "the Authorization header must use the scheme Bearer", "");
	while (rest.n > 0 && rest.p[0] == ' ')
		rest = str_from(rest, 1);
	if (!is_token_text(rest))
		return refuse_with_challenge(rs, HTTP_BAD_REQUEST, "invalid_request",
		    "the Authorization header is malformed",
		    ", error=\"invalid_request\"");
	*jwt = rest;
	return 0;
}

static enum http_status
identify_user(struct req *rq, struct resp *rs, struct auth *au, struct str jwt)
{
	enum token_err	 judged;
	struct user	*u = arena_new(rq->arena, struct user);
	enum db_err	 err = u == NULL ? DB_NO_MEMORY :
			    auth_identify(au, rq->store, jwt, u, &judged);

	if (err != DB_OK)
		return resp_db_error(rs, err);
	if (judged == TOKEN_UNAVAILABLE)
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable",
		    "the keys of the token's issuer cannot be fetched at the moment");
	if (judged != TOKEN_OK)
		return refuse_token(rs, judged == TOKEN_EXPIRED ? "expired" :
		    "invalid");
	rq->user = u;
	return 0;
}

bool
auth_has_scope(const struct user *u, const char *scope)
{
	if (strcmp(scope, SCOPE_NONE) == 0)
		return true;
	if (u == NULL)
		return false;
	if (strcmp(scope, SCOPE_OWN) == 0)
		return true;
	for (struct str rest = str_of(scope); rest.p != NULL; )
		if (scope_has(u->scope, str_cut(&rest, ' ')))
			return true;
	return false;
}

enum http_status
auth_check(struct req *rq, struct resp *rs, struct auth *au, const char *scope)
{
	struct str		 jwt = { NULL, 0 };
	enum http_status	 status;
	char			*more;

	if (strcmp(scope, SCOPE_CLIENT) == 0)
		return 0;
	if ((status = bearer_text(rq, rs, &jwt)) != 0)
		return status;
	if (jwt.p != NULL && (status = identify_user(rq, rs, au, jwt)) != 0)
		return status;
	if (auth_has_scope(rq->user, scope))
		return 0;
	if (rq->user == NULL)
		return refuse_with_challenge(rs, HTTP_UNAUTHORIZED, "unauthenticated",
		    "this operation needs an access token", "");
	more = arena_fmt(rq->arena, ", error=\"insufficient_scope\", scope=\"%s\"",
	    scope);
	return refuse_with_challenge(rs, HTTP_FORBIDDEN, "insufficient_scope",
	    "the token lacks the scope that this operation needs", more == NULL ? "" : more);
}
