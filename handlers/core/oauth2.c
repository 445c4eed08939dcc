/* oauth2: tokens for clients and users (RFC 6749, 7009, 8414). */
#include "app.h"
#include "schema/json.h"
#include "route/client.h"
#include "base/clock.h"
#include "auth/grant.h"
#include "crypto/scope.h"

struct token_request {
	struct str	 grant_type, client_id, client_secret;
	struct str	 username, password, refresh_token, scope;
};

struct revocation {
	struct str	 token, token_type_hint, client_id, client_secret;
};

struct token_answer {
	struct str	 access_token, token_type;
	int64_t		 expires_in;
	struct str	 refresh_token, scope;
};

struct metadata {
	struct str	 issuer, token_endpoint, revocation_endpoint, jwks_uri;
	struct list	 grant_types_supported, response_types_supported;
	struct list	 scopes_supported, token_endpoint_auth_methods_supported;
	struct list	 revocation_endpoint_auth_methods_supported;
};

#define PARAMETER(T, m, most, more, says)				\
	FIELD_STR(T, m, .max = (most), .flags = FIELD_OPTIONAL | (more), .doc = (says))
#define CLIENT_PARAMETERS(T)						\
	PARAMETER(T, client_id, 64, 0,					\
	    "Identifier of the client, unless HTTP Basic names it"),	\
	PARAMETER(T, client_secret, 200, FIELD_SECRET,			\
	    "Secret of a confidential client, unless HTTP Basic holds it")

static const struct schema token_request = SCHEMA("TokenRequest", struct token_request,
	FIELD_STR(struct token_request, grant_type, .max = 100,
	    .doc = "Grant type: password, refresh_token or client_credentials",
	    .example = "\"password\""),
	CLIENT_PARAMETERS(struct token_request),
	PARAMETER(struct token_request, username, 254, 0,
	    "E-mail address or username, for grant_type=password"),
	PARAMETER(struct token_request, password, 128, FIELD_SECRET,
	    "Password of the user, for grant_type=password"),
	PARAMETER(struct token_request, refresh_token, 200, FIELD_SECRET,
	    "Refresh token, for grant_type=refresh_token; it can be used once"),
	PARAMETER(struct token_request, scope, 1000, 0,
	    "Scopes, separated by spaces; default: every scope that can be granted"));

static const struct schema revocation = SCHEMA("RevocationRequest", struct revocation,
	FIELD_STR(struct revocation, token, .max = 4096, .flags = FIELD_SECRET,
	    .doc = "An access token, which is revoked alone, or a refresh token, which is "
	    "revoked with all tokens of its login"),
	PARAMETER(struct revocation, token_type_hint, 100, 0, "Ignored"),
	CLIENT_PARAMETERS(struct revocation));

static const struct schema token_answer = SCHEMA("Token", struct token_answer,
	FIELD_STR(struct token_answer, access_token, .doc = "Access token, a JWT (RFC 9068)"),
	FIELD_STR(struct token_answer, token_type, .one_of = ENUM("Bearer"),
	    .doc = "Type of the token"),
	FIELD_INT(struct token_answer, expires_in,
	    .doc = "Lifetime of the access token in seconds"),
	FIELD_STR(struct token_answer, refresh_token, .flags = FIELD_OPTIONAL,
	    .doc = "Refresh token: exchange it, once, for the next access token"),
	FIELD_STR(struct token_answer, scope,
	    .doc = "Granted scopes, separated by spaces"));

#define NAMES(m, says)							\
	FIELD_LIST(struct metadata, m, .doc = (says),			\
	    .item = ITEM(.kind = FIELD_KIND_STR, .doc = "Name"))

static const struct schema metadata = SCHEMA("AuthorizationServer", struct metadata,
	FIELD_STR(struct metadata, issuer, .doc = "Issuer: `iss` of the tokens"),
	FIELD_STR(struct metadata, token_endpoint, .doc = "URL of the token endpoint"),
	FIELD_STR(struct metadata, revocation_endpoint,
	    .doc = "URL of the revocation endpoint"),
	FIELD_STR(struct metadata, jwks_uri, .doc = "URL of the public keys"),
	NAMES(grant_types_supported, "Grant types"),
	NAMES(response_types_supported, "Response types; empty, as there is no "
	    "authorization endpoint"),
	NAMES(scopes_supported, "Scopes"),
	NAMES(token_endpoint_auth_methods_supported,
	    "Client authentication methods of the token endpoint"),
	NAMES(revocation_endpoint_auth_methods_supported,
	    "Client authentication methods of the revocation endpoint"));

/* A token that is being issued. */
struct issue {
	struct req		*rq;
	struct resp		*rs;
	const struct token_request *in;
	const char		*action;	/* for the audit log */
	struct account_identity		 account;	/* nil id: the client itself */
	struct grant		 grant;
	struct account_roles		 powers;
	struct grant_access	 access;
	struct str		 scope;
	struct buf		 jwt, refresh;
	const char		*phc;		/* a new hash of the password, or NULL */
};

static enum http_status
oauth_problem(struct resp *rs, const char *code, const char *why)
{
	return resp_problem(rs, HTTP_BAD_REQUEST, code, "%s", why);
}

/* One answer for a wrong, unknown, locked or deleted account: it must not tell which. */
static enum http_status
password_problem(struct resp *rs, const struct account_proof *p)
{
	if (p->err == PASSWORD_BUSY)
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable",
		    "too many password checks are in progress; try again");
	if (p->err == PASSWORD_FAILED)
		return resp_db_error(rs, DB_NO_MEMORY);
	return oauth_problem(rs, "invalid_grant", "the username or password is wrong, "
	    "or too many logins failed");
}

static enum http_status
refresh_problem(struct resp *rs)
{
	return oauth_problem(rs, "invalid_grant",
	    "the refresh token is unknown, used, expired or revoked");
}

static bool
scopes_are_known(struct str rest)
{
	while (rest.p != NULL)
		if (!scope_exists(str_cut(&rest, ' ')))
			return false;
	return true;
}

/* 0, and g->scope: the requested scopes that both `may` and the client allow. */
static enum http_status
scope_choose(struct issue *g, struct str may)
{
	struct str	 both;

	if (g->in->scope.n > 0 && !scopes_are_known(g->in->scope))
		return oauth_problem(g->rs, "invalid_scope", "scope names an unknown scope");
	if (!scope_intersect(g->rq->arena, may, g->rq->client->scopes, &both) ||
	    !scope_intersect(g->rq->arena, both, g->in->scope.n > 0 ? g->in->scope : both,
	    &g->scope))
		return resp_db_error(g->rs, DB_NO_MEMORY);
	return g->scope.n > 0 ? 0 : oauth_problem(g->rs, "invalid_scope",
	    "none of the requested scopes can be granted");
}

/* 0 and the signed access token, or a refusal. */
static enum http_status
access_sign(struct issue *g, struct str sub)
{
	const struct conf	*cf = g->rq->conf;
	char			*jti = arena_alloc(g->rq->arena, UUID_LEN + 1);
	struct token		 t = { .sub = sub, .client_id = g->rq->client->id,
				    .scope = g->scope, .roles = g->powers.roles,
				    .tv = g->account.tv };
	enum db_err		 err;

	if (jti == NULL)
		return resp_db_error(g->rs, DB_NO_MEMORY);
	g->access = (struct grant_access){ .jti = uuid_new(), .expires_at =
	    { clock_now_ms() + cf->token_seconds * 1000 + TOKEN_SKEW_MS, true } };
	uuid_text(g->access.jti, jti);
	t.jti = str_of(jti);
	buf_init(&g->jwt, g->rq->arena);
	err = keys_sign(g->rq->signing, g->rq->store, &t, cf->token_seconds, &g->jwt);
	return err == DB_OK ? 0 : resp_db_error(g->rs, err);
}

static enum http_status
token_answer_write(struct issue *g)
{
	const struct token_answer	 a = { .access_token = buf_view(&g->jwt),
		.token_type = STR("Bearer"), .expires_in = g->rq->conf->token_seconds,
		.refresh_token = { g->refresh.p, g->refresh.n }, .scope = g->scope };

	return resp_object(g->rs, HTTP_OK, &token_answer, &a);
}

static enum db_err
audit_login(struct store *st, const struct issue *g)
{
	struct audit_entry	 e = { .action = g->action,
				    .target = account_path(st->arena, g->account.id) };

	e.actor = str_from(e.target, strlen("users/"));
	return audit_add(st, g->rq, &e);
}

/*
 * In a transaction: refuse the signed token if the account changed since it was read,
 * or if the refresh token was used meanwhile.
 */
static enum db_err
issue_tx(struct store *st, void *arg)
{
	struct issue	*g = arg;
	bool		 refresh = client_grants(g->rq->client, "refresh_token");
	enum db_err	 err = account_lock(st, &g->account);

	buf_init(&g->refresh, g->rq->arena);
	if (err == DB_OK && g->grant.token.n > 0)
		err = grant_use(st, &g->grant);
	else if (err == DB_OK && refresh)
		err = grant_begin(st, &g->grant);
	if (err == DB_OK && refresh)
		err = grant_next(st, &g->grant, &g->access, &g->refresh);
	if (err == DB_OK && g->phc != NULL)
		err = account_set_password(st, g->account.id, g->phc, false);
	return err == DB_OK ? audit_login(st, g) : err;
}

/* Issue a token to a user.  `bound` limits the scopes of the user's current roles. */
static enum http_status
issue_to_user(struct issue *g, const struct str *bound)
{
	char			 sub[UUID_LEN + 1];
	struct store		*st = g->rq->store;
	struct str		 may;
	enum http_status	 status;
	enum db_err		 err = account_load_roles(st, g->account.id, &g->powers);

	if (err != DB_OK)
		return resp_db_error(g->rs, err);
	if (!scope_intersect(g->rq->arena, g->powers.scopes,
	    bound != NULL ? *bound : g->powers.scopes, &may))
		return resp_db_error(g->rs, DB_NO_MEMORY);
	uuid_text(g->account.id, sub);
	if ((status = scope_choose(g, may)) != 0 ||
	    (status = access_sign(g, str_of(sub))) != 0)
		return status;
	if (bound == NULL)
		g->grant.scope = g->scope;
	err = store_write(st, NULL, 0, issue_tx, g);
	if (err == DB_NOT_FOUND)
		return bound == NULL ? password_problem(g->rs, &(const struct account_proof){
		    .err = PASSWORD_WRONG }) : refresh_problem(g->rs);
	return err == DB_OK ? token_answer_write(g) : resp_db_error(g->rs, err);
}

static enum http_status
issue_by_password(struct issue *g)
{
	struct account_proof	 p;
	char		 phc[PASSWORD_PHC];
	bool		 there;
	enum db_err	 err;

	if (!g->rq->conf->oauth_password_grant)
		return oauth_problem(g->rs, "unsupported_grant_type",
		    "the password grant is switched off in this installation");
	if (!g->rq->client->first_party)
		return oauth_problem(g->rs, "unauthorized_client",
		    "only a first-party client may use the password grant");
	if (g->in->username.n == 0 || g->in->password.n == 0)
		return oauth_problem(g->rs, "invalid_request",
		    "username and password are required");
	err = account_find_by_name(g->rq->store, g->in->username, &g->account);
	there = err == DB_OK;
	if (there || err == DB_NOT_FOUND)
		err = account_verify_password(g->rq, there ? &g->account : NULL,
		    g->in->username, g->in->password, &p);
	if (err != DB_OK)
		return resp_db_error(g->rs, err);
	if (p.err != PASSWORD_OK)
		return password_problem(g->rs, &p);
	if (p.stale && password_hash(g->rq->conf, g->in->password, phc) == PASSWORD_OK)
		g->phc = phc;
	g->action = "login.ok";
	g->grant = (struct grant){ .user = g->account.id,
	    .client_id = g->rq->client->id };
	return issue_to_user(g, NULL);
}

static enum db_err
family_end_tx(struct store *st, void *arg)
{
	struct issue	*g = arg;
	enum db_err	 err = grant_end(st, &g->grant);

	return err == DB_OK ? audit_login(st, g) : err;
}

static enum db_err
family_end(struct issue *g, const char *action)
{
	const struct str	 tag = account_tag(g->rq->arena, g->grant.user);

	g->action = action;
	g->account.id = g->grant.user;
	return store_write(g->rq->store, &tag, 1, family_end_tx, g);
}

static enum http_status
issue_by_refresh(struct issue *g)
{
	struct str	 client = g->rq->client->id;
	enum db_err	 err;

	if (g->in->refresh_token.n == 0)
		return oauth_problem(g->rs, "invalid_request", "refresh_token is required");
	err = grant_find(g->rq->store, g->in->refresh_token, &g->grant);
	if (err == DB_OK && grant_is_stolen(&g->grant, client)) {
		err = family_end(g, "login.reused");
		return err == DB_OK ? refresh_problem(g->rs) : resp_db_error(g->rs, err);
	}
	if (err == DB_NOT_FOUND || (err == DB_OK && !grant_is_valid(&g->grant, client)))
		return refresh_problem(g->rs);
	if (err == DB_OK)
		err = account_find(g->rq->store, g->grant.user, &g->account);
	if (err != DB_OK)
		return resp_db_error(g->rs, err);
	g->action = "login.refreshed";
	if (g->in->scope.n > 0 && !scope_is_subset(g->in->scope, g->grant.scope))
		return oauth_problem(g->rs, "invalid_scope",
		    "scope must not exceed the scopes of the refresh token");
	return issue_to_user(g, &g->grant.scope);
}

static enum http_status
issue_by_client(struct issue *g)
{
	const struct client	*c = g->rq->client;
	enum http_status	 status;

	if (!str_is(c->kind, "confidential"))
		return oauth_problem(g->rs, "unauthorized_client",
		    "a public client cannot use client_credentials");
	if ((status = scope_choose(g, c->scopes)) != 0 || (status = access_sign(g, c->id)) != 0)
		return status;
	return token_answer_write(g);
}

/* There is no `authorization_code`, as there is no login page. */
static const struct {
	const char		*name;
	enum http_status	(*run)(struct issue *);
} grant_types[] = {
	{ "password", issue_by_password },
	{ "refresh_token", issue_by_refresh },
	{ "client_credentials", issue_by_client },
};

static enum http_status
token_post(struct req *rq, struct resp *rs)
{
	struct issue	 g = { .rq = rq, .rs = rs,
			    .in = BODY(rq, struct token_request) };

	for (size_t i = 0; i < NELEMS(grant_types); i++) {
		if (!str_is(g.in->grant_type, grant_types[i].name))
			continue;
		if (!client_grants(rq->client, grant_types[i].name))
			return oauth_problem(rs, "unauthorized_client",
			    "this client may not use that grant type");
		return grant_types[i].run(&g);
	}
	return oauth_problem(rs, "unsupported_grant_type",
	    "grant_type must be password, refresh_token or client_credentials");
}

static enum db_err
revoke_tx(struct store *st, void *arg)
{
	struct issue	*g = arg;

	return grant_revoke(st, &g->access);
}

/* Revoke one access token.  An invalid token is not an error (RFC 7009 section 2.2). */
static enum http_status
revoke_access(struct issue *g, struct str jwt)
{
	struct token	 t;
	enum token_err	 judged;
	enum db_err	 err = keys_verify(g->rq->signing, g->rq->store, jwt, &t, &judged);
	char		*tag;
	struct str	 tags[1];

	if (err == DB_OK && judged == TOKEN_NO_MEMORY)
		err = DB_NO_MEMORY;
	if (err != DB_OK)
		return resp_db_error(g->rs, err);
	if (judged != TOKEN_OK || !uuid_parse(t.jti, &g->access.jti))
		return resp_json(g->rs, HTTP_OK);
	if (!str_eq(t.client_id, g->rq->client->id))
		return oauth_problem(g->rs, "unauthorized_client",
		    "the token was issued to another client");
	g->access.expires_at = (struct stamp){ t.expires_at.ms + TOKEN_SKEW_MS, true };
	if ((tag = arena_fmt(g->rq->arena, "user/%.*s", STR_ARG(t.sub))) == NULL)
		return resp_db_error(g->rs, DB_NO_MEMORY);
	tags[0] = str_of(tag);
	err = store_write(g->rq->store, tags, 1, revoke_tx, g);
	return err == DB_OK ? resp_json(g->rs, HTTP_OK) : resp_db_error(g->rs, err);
}

static enum http_status
revoke_post(struct req *rq, struct resp *rs)
{
	const struct revocation	*in = BODY(rq, struct revocation);
	struct issue		 g = { .rq = rq, .rs = rs };
	enum db_err		 err = grant_find(rq->store, in->token, &g.grant);

	json_open(&rs->body, NULL, '{');
	json_close(&rs->body, "}");
	if (err == DB_NOT_FOUND)
		return revoke_access(&g, in->token);
	if (err == DB_OK && !str_eq(g.grant.client_id, rq->client->id))
		return oauth_problem(rs, "unauthorized_client",
		    "the token was issued to another client");
	if (err == DB_OK)
		err = family_end(&g, "login.ended");
	return err == DB_OK ? resp_json(rs, HTTP_OK) : resp_db_error(rs, err);
}

#define LIST_OF(a)	((struct list){ (a), NELEMS(a) })

static enum http_status
metadata_get(struct req *rq, struct resp *rs)
{
	struct str	 methods[] = { STR("client_secret_basic"),
			    STR("client_secret_post"), STR("none") };
	struct str	 types[NELEMS(grant_types)], *names;
	const char	*base = rq->conf->base_url;
	struct metadata	 m = { .issuer = str_of(rq->conf->token_issuer) };
	size_t		 n = 0, from = rq->conf->oauth_password_grant ? 0 : 1;

	m.token_endpoint = str_of(arena_fmt(rq->arena, "%s/oauth2/token", base));
	m.revocation_endpoint = str_of(arena_fmt(rq->arena, "%s/oauth2/revoke", base));
	m.jwks_uri = str_of(arena_fmt(rq->arena, "%s/.well-known/jwks.json", base));
	for (size_t i = from; i < NELEMS(grant_types); i++)
		types[i] = str_of(grant_types[i].name);
	m.grant_types_supported = (struct list){ types + from, NELEMS(types) - from };
	m.token_endpoint_auth_methods_supported = LIST_OF(methods);
	m.revocation_endpoint_auth_methods_supported = LIST_OF(methods);
	while (scope_table[n].name != NULL)
		n++;
	if ((names = arena_array(rq->arena, struct str, n)) == NULL)
		return resp_db_error(rs, DB_NO_MEMORY);
	for (size_t i = 0; i < n; i++)
		names[i] = str_of(scope_table[i].name);
	m.scopes_supported = (struct list){ names, n };
	return resp_object(rs, HTTP_OK, &metadata, &m);
}

static enum http_status
jwks_get(struct req *rq, struct resp *rs)
{
	enum db_err	 err = keys_jwks(rq->signing, rq->store, &rs->body);

	return err == DB_OK ? resp_json(rs, HTTP_OK) : resp_db_error(rs, err);
}

#define FOR_AN_HOUR	"public, max-age=3600"

static const struct route routes[] = {
	{ .method = HTTP_POST, .path = "/oauth2/token", .scope = SCOPE_CLIENT,
	  .run = token_post, .form = &token_request, .answer = &token_answer,
	  .refusal = REFUSE_OAUTH, .max_body = 16 << 10, .limit = LIMIT_AUTH,
	  .problems = PROBLEMS("200", "400 invalid_grant", "400 unauthorized_client",
	    "400 unsupported_grant_type", "400 invalid_scope", "401 invalid_client"),
	  .doc = "Issue tokens for a password, a refresh token or client credentials" },
	{ .method = HTTP_POST, .path = "/oauth2/revoke", .scope = SCOPE_CLIENT,
	  .run = revoke_post, .form = &revocation, .refusal = REFUSE_OAUTH,
	  .max_body = 16 << 10, .limit = LIMIT_AUTH,
	  .problems = PROBLEMS("200", "400 unauthorized_client", "401 invalid_client"),
	  .doc = "Revoke a token; an unknown or expired token is not an error" },
	{ .method = HTTP_GET, .path = "/.well-known/oauth-authorization-server",
	  .scope = SCOPE_NONE, .run = metadata_get, .answer = &metadata,
	  .cache_control = FOR_AN_HOUR, .doc = "Get the metadata of the authorization server (RFC 8414)" },
	{ .method = HTTP_GET, .path = "/.well-known/jwks.json", .scope = SCOPE_NONE,
	  .run = jwks_get, .answer_type = "application/json", .cache_control = FOR_AN_HOUR,
	  .doc = "Get the public keys that verify tokens (RFC 7517)" },
	{ .path = NULL },
};

int
main(int argc, char **argv)
{
	return app_main(argc, argv, APP("oauth2", .service = "core", .routes = routes,
	    .uses = USES(client_queries, account_queries, account_login_queries,
	    grant_queries, keys_sign_queries, audit_queries)));
}
