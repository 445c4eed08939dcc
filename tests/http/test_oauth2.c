/* oauth2: what the token endpoint gives, to whom, and what it refuses. */
#include <signal.h>
#include <stdatomic.h>

#include "cached.h"
#include "people.h"

#define BASIC(pair)	"Authorization: Basic " pair "\n"

/* A form that is refused: the status, and the word RFC 6749 has for it. */
struct refusal {
	const char	*label, *headers, *form;
	int		 status;
	const char	*error;
};

static void
check_refusal(const char *label, const struct reply *r, int status, const char *error)
{
	CHECK_INT(label, r->status, status);
	CHECK_TEXT(label, reply_header(r, "Content-Type"), "application/json");
	CHECK_TEXT(label, reply_header(r, "Cache-Control"), "no-store");
	CHECK_TEXT(label, reply_header(r, "Pragma"), "no-cache");
	CHECK_TEXT(label, reply_member(r, "error"), error);
	CHECK(label, reply_member(r, "error_description") != NULL);
	CHECK(label, reply_member(r, "type") == NULL);
	CHECK(label, !reply_holds(r, "violet"));
}

static void
refusals(const char *path, const struct refusal *t, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct reply	 r = post_form(path, t[i].headers, t[i].form);

		check_refusal(t[i].label, &r, t[i].status, t[i].error);
	}
}

static void
test_password(void)
{
	struct reply	 r;

	person_new("ada", NULL);
	r = person_login("ada");
	CHECK_TEXT("how it is sent", reply_member(&r, "token_type"), "Bearer");
	CHECK_TEXT("for ten minutes", reply_member(&r, "expires_in"), "600");
	CHECK_TEXT("not kept", reply_header(&r, "Cache-Control"), "no-store");
	CHECK_TEXT("nor by old ones", reply_header(&r, "Pragma"), "no-cache");
	CHECK_INT("as long as 256 bits", strlen(filled("{ada_refresh}")), 43);
	CHECK_TEXT("all a customer may", reply_member(&r, "scope"),
	    "users:read users:write orders:read orders:write payments:write "
	    "feed:read feed:write devices:read devices:write");
	r = ask_get(ME, bearer("ada"));
	CHECK_INT("the token is good", r.status, 200);
	CHECK_TEXT("whose it is", reply_member(&r, "id"), filled("{ada_id}"));
	r = post_form(TOKENS, NULL, LOGIN("{ada}%40EXAMPLE.org"));
	CHECK_INT("by e-mail address, its host in any case", r.status, 200);
	r = post_form(TOKENS, NULL, LOGIN("{ada}") "&colour=green&code=");
	CHECK_INT("what is not known is ignored", r.status, 200);
	r = ask(&(const struct ask){ .method = "POST", .path = TOKENS, .raw = true,
	    .headers = "Content-Type: application/x-www-form-urlencoded; charset=UTF-8",
	    .body = str_of(LOGIN("{ada}")) });
	CHECK_INT("a charset is fine", r.status, 200);
}

static void
test_scope(void)
{
	struct reply	 r;

	r = post_form(TOKENS, NULL, LOGIN("{ada}") "&scope=users:read+products:write");
	CHECK_INT("part of it", r.status, 200);
	CHECK_TEXT("no more than the role's", reply_member(&r, "scope"), "users:read");
	let("narrow", reply_member(&r, "access_token"));
	let("narrow_refresh", reply_member(&r, "refresh_token"));
	r = ask_with("PATCH", USERS "/{ada_id}", "Authorization: Bearer {narrow}\n"
	    MERGE ANY, "{'bio':'x'}");
	check_problem("the token holds no more", &r, 403, "insufficient_scope");
	r = post_form(TOKENS, NULL, "grant_type=refresh_token&client_id=docs"
	    "&refresh_token={narrow_refresh}&scope=users:read+users:write");
	check_refusal("a refresh gives no more", &r, 400, "invalid_scope");
	client_new("narrow_client", "--public --first-party --scopes 'users:read "
	    "products:write'");
	r = post_form(TOKENS, NULL, "grant_type=password&client_id={narrow_client}"
	    "&username={ada}&password=" PASSWORD);
	CHECK_TEXT("no more than the client's", reply_member(&r, "scope"), "users:read");
	person_new("mia", "merchant");
	r = person_login("mia");
	CHECK("a merchant's", strstr(reply_member(&r, "scope"), "products:write") != NULL);
	CHECK("no admin's", strstr(reply_member(&r, "scope"), "users:admin") == NULL);
}

static void
test_bad_forms(void)
{
	static const struct refusal	 t[] = {
		{ "nothing", NULL, "", 400, "invalid_request" },
		{ "no grant type", NULL, "client_id=docs", 400, "invalid_request" },
		{ "an empty one", NULL, "grant_type=&client_id=docs", 400,
		  "invalid_request" },
		{ "an unknown one", NULL, "grant_type=magic&client_id=docs", 400,
		  "unsupported_grant_type" },
		{ "one that comes later", NULL,
		  "grant_type=authorization_code&client_id=docs&code=x", 400,
		  "unsupported_grant_type" },
		{ "twice", NULL, "grant_type=password&grant_type=password&client_id=docs",
		  400, "invalid_request" },
		{ "another twice", NULL, LOGIN("{ada}") "&username={ada}", 400,
		  "invalid_request" },
		{ "an unknown one twice", NULL, LOGIN("{ada}") "&a=1&a=2", 400,
		  "invalid_request" },
		{ "bad percent", NULL, LOGIN("{ada}") "&scope=%zz", 400, "invalid_request" },
		{ "bad UTF-8", NULL, LOGIN("{ada}") "&scope=%ff", 400, "invalid_request" },
		{ "U+0000", NULL, LOGIN("{ada}%00"), 400, "invalid_request" },
		{ "no username", NULL, "grant_type=password&client_id=docs&password=x", 400,
		  "invalid_request" },
		{ "no password", NULL, "grant_type=password&client_id=docs&username=x", 400,
		  "invalid_request" },
		{ "no refresh token", NULL, "grant_type=refresh_token&client_id=docs", 400,
		  "invalid_request" },
		{ "a scope there is not", NULL, LOGIN("{ada}") "&scope=world:rule", 400,
		  "invalid_scope" },
		{ "a scope of others", NULL, LOGIN("{ada}") "&scope=users:admin", 400,
		  "invalid_scope" },
		{ "a wrong password", NULL, "grant_type=password&client_id=docs"
		  "&username={ada}&password=violet-tractor-anthem-53", 400,
		  "invalid_grant" },
		{ "an unknown person", NULL, LOGIN("nobody_here"), 400, "invalid_grant" },
		{ "an unknown address", NULL, LOGIN("nobody%40example.org"), 400,
		  "invalid_grant" },
		{ "a refresh token nobody has", NULL,
		  "grant_type=refresh_token&client_id=docs&refresh_token="
		  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 400, "invalid_grant" },
		{ "a short one", NULL,
		  "grant_type=refresh_token&client_id=docs&refresh_token=x", 400,
		  "invalid_grant" },
	};

	refusals(TOKENS, t, NELEMS(t));
}

static void
test_bad_requests(void)
{
	static const struct {
		const char	*label, *method, *path, *headers, *body;
		int		 status;
	}				 t[] = {
		{ "GET", "GET", TOKENS, NULL, NULL, 405 },
		{ "DELETE", "DELETE", REVOKE, NULL, NULL, 405 },
		{ "JSON", "POST", TOKENS, JSON, "{'grant_type':'password'}", 415 },
		{ "no type", "POST", TOKENS, NULL, "grant_type=password", 415 },
		{ "compressed", "POST", TOKENS, FORM "Content-Encoding: gzip\n", "x", 415 },
		{ "in the query", "POST", TOKENS "?client_id=docs", FORM, "a=b", 400 },
		{ "other answers only", "POST", TOKENS, FORM "Accept: text/html\n",
		  "a=b", 406 },
	};
	static char			 large[17 << 10];
	struct reply			 r;

	for (size_t i = 0; i < NELEMS(t); i++) {
		r = ask(&(const struct ask){ .method = t[i].method, .path = t[i].path,
		    .headers = t[i].headers, .body = str_of(t[i].body), .raw = true });
		check_refusal(t[i].label, &r, t[i].status, "invalid_request");
	}
	memset(large, 'a', sizeof(large) - 1);
	r = post_form(TOKENS, NULL, large);
	check_refusal("too large", &r, 413, "invalid_request");
	r = ask_get(TOKENS, NULL);
	CHECK_TEXT("which methods", reply_header(&r, "Allow"), "POST, OPTIONS");
	r = ask_with("POST", TOKENS, JSON, "{}");
	CHECK_TEXT("which type", reply_header(&r, "Accept-Post"),
	    "application/x-www-form-urlencoded");
}

/* Unknown and wrong must not differ in a byte that is not the request's own. */
static void
test_no_oracle(void)
{
	struct reply	 wrong = post_form(TOKENS, NULL, "grant_type=password"
			    "&client_id=docs&username={ada}&password=not-the-password");
	struct reply	 unknown = post_form(TOKENS, NULL, "grant_type=password"
			    "&client_id=docs&username=nobody&password=not-the-password");

	CHECK_INT("the same status", wrong.status, unknown.status);
	CHECK("the same body", str_eq(wrong.body, unknown.body));
	CHECK_INT("refused", wrong.status, 400);
}

static const char *
basic(const char *pair)
{
	static const char	 digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	static char		 out[1024];
	const unsigned char	*s = (const unsigned char *)filled(pair);
	size_t			 n = strlen((const char *)s), at = 0;

	at = (size_t)snprintf(out, sizeof(out), "Authorization: Basic ");
	for (size_t i = 0; i < n && at < sizeof(out) - 6; i += 3) {
		unsigned	 v = (unsigned)s[i] << 16 |
				    (i + 1 < n ? (unsigned)s[i + 1] << 8 : 0) |
				    (i + 2 < n ? s[i + 2] : 0);

		out[at++] = digits[v >> 18];
		out[at++] = digits[v >> 12 & 63];
		out[at++] = i + 1 < n ? digits[v >> 6 & 63] : '=';
		out[at++] = i + 2 < n ? digits[v & 63] : '=';
	}
	snprintf(out + at, sizeof(out) - at, "\n");
	return out;
}

static void
test_clients(void)
{
	static const char	 ask_self[] = "grant_type=client_credentials";
	struct reply		 r;

	client_new("shop", "--scopes 'products:write users:read'");
	r = post_form(TOKENS, basic("{shop}:{shop_secret}"), ask_self);
	CHECK_INT("by Basic", r.status, 200);
	CHECK("no refresh token", reply_member(&r, "refresh_token") == NULL);
	CHECK_TEXT("its scopes", reply_member(&r, "scope"), "products:write users:read");
	let("shop_token", reply_member(&r, "access_token"));
	r = ask_get(ME, bearer("shop"));
	CHECK_INT("a client is no person", r.status, 404);
	r = post_form(TOKENS, NULL, "grant_type=client_credentials&client_id={shop}"
	    "&client_secret={shop_secret}&scope=products:write");
	CHECK_INT("by the form", r.status, 200);
	CHECK_TEXT("part of them", reply_member(&r, "scope"), "products:write");
	r = post_form(TOKENS, basic("{shop}:{shop_secret}"),
	    "grant_type=client_credentials&client_id={shop}");
	CHECK_INT("its id twice, the same", r.status, 200);
	r = post_form(TOKENS, basic("{shop}:{shop_secret}"), LOGIN("{ada}"));
	check_refusal("two ids", &r, 400, "invalid_request");
	r = post_form(TOKENS, basic("{shop}:{shop_secret}"),
	    "grant_type=client_credentials&client_secret={shop_secret}");
	check_refusal("in two ways", &r, 400, "invalid_request");
	r = post_form(TOKENS, basic("{shop}:{shop_secret}"),
	    "grant_type=password&username={ada}&password=" PASSWORD);
	check_refusal("not for passwords", &r, 400, "unauthorized_client");
	r = post_form(TOKENS, NULL, "grant_type=client_credentials&client_id=docs");
	check_refusal("not for public ones", &r, 400, "unauthorized_client");
	r = post_form(TOKENS, basic("{shop}:{shop_secret}"),
	    "grant_type=client_credentials&scope=ops:admin");
	check_refusal("not more than it has", &r, 400, "invalid_scope");
}

static void
test_unproved(void)
{
	static const struct refusal	 t[] = {
		{ "nobody", NULL, "grant_type=client_credentials", 401, "invalid_client" },
		{ "unknown", NULL, "grant_type=password&client_id=nobody", 401,
		  "invalid_client" },
		{ "no secret", NULL, "grant_type=client_credentials&client_id={shop}", 401,
		  "invalid_client" },
		{ "a wrong one", NULL, "grant_type=client_credentials&client_id={shop}"
		  "&client_secret=guess", 401, "invalid_client" },
		{ "a public one's", NULL, LOGIN("{ada}") "&client_secret=guess", 401,
		  "invalid_client" },
		{ "no letters", NULL, "grant_type=password&client_id=%c3%bc", 401,
		  "invalid_client" },
	};
	static const char *const	 headers[] = { "Basic", "Basic !!!", "Basic eA==",
	    "Basic eDp5", "Basic eDp5eDp", "Bearer x", "Digest x" };
	char				 line[64];
	struct reply			 r;

	refusals(TOKENS, t, NELEMS(t));
	r = post_form(REVOKE, NULL, "token=x");
	check_refusal("nobody", &r, 401, "invalid_client");
	for (size_t i = 0; i < NELEMS(headers); i++) {
		snprintf(line, sizeof(line), "Authorization: %s\n", headers[i]);
		r = post_form(TOKENS, line, "grant_type=client_credentials");
		check_refusal(headers[i], &r, 401, "invalid_client");
		CHECK_TEXT(headers[i], reply_header(&r, "WWW-Authenticate"),
		    "Basic realm=\"api\"");
	}
	r = post_form(TOKENS, basic("{shop}:guess"), "grant_type=client_credentials");
	check_refusal("a wrong secret", &r, 401, "invalid_client");
	r = post_form(TOKENS, NULL, "grant_type=client_credentials&client_id={shop}");
	CHECK("no challenge to who did not try",
	    reply_header(&r, "WWW-Authenticate") == NULL);
}

#define REFRESH(token)	"grant_type=refresh_token&client_id=docs&refresh_token=" token

static void
test_refresh(void)
{
	struct reply	 r;

	(void)person_login("ada");
	let("first", filled("{ada_refresh}"));
	r = post_form(TOKENS, NULL, REFRESH("{first}") "&scope=users:read");
	CHECK_INT("refreshed", r.status, 200);
	CHECK_TEXT("narrower", reply_member(&r, "scope"), "users:read");
	let("second", reply_member(&r, "refresh_token"));
	CHECK("another", strcmp(filled("{first}"), filled("{second}")) != 0);
	r = post_form(TOKENS, NULL, REFRESH("{first}"));
	check_refusal("the first is spent", &r, 400, "invalid_grant");
	r = post_form(TOKENS, NULL, REFRESH("{second}"));
	CHECK_INT("a lost answer ends nothing", r.status, 200);
	CHECK("as wide as at first", strlen(reply_member(&r, "scope")) > 40);
	let("third", reply_member(&r, "refresh_token"));
	r = post_form(TOKENS, NULL, "grant_type=refresh_token&client_id={narrow_client}"
	    "&refresh_token={third}");
	check_refusal("another client's", &r, 400, "invalid_grant");
	r = post_form(TOKENS, NULL, "grant_type=refresh_token&client_id={narrow_client}"
	    "&refresh_token={second}");
	check_refusal("a spent one from another client", &r, 400, "invalid_grant");
	r = post_form(TOKENS, NULL, REFRESH("{third}"));
	check_refusal("that was stolen: all is over", &r, 400, "invalid_grant");
}

static atomic_int	 given, refused;
static const char	*shared;

static void
refresh_once(size_t i)
{
	struct reply	 r;

	(void)i;
	let("shared", shared);
	r = post_form(TOKENS, NULL, REFRESH("{shared}"));
	if (r.status == 200)
		atomic_fetch_add(&given, 1);
	else if (r.status == 400 &&
	    strcmp(reply_member(&r, "error"), "invalid_grant") == 0)
		atomic_fetch_add(&refused, 1);
}

static void
test_at_once(void)
{
	struct reply	 r;

	(void)person_login("ada");
	shared = filled("{ada_refresh}");
	at_once(32, refresh_once);
	CHECK_INT("one is given", given, 1);
	CHECK_INT("the others are refused", refused, 31);
	r = ask_get(ME, bearer("ada"));
	CHECK_INT("nothing is revoked", r.status, 200);
}

static int
write_status(const char *name)
{
	char		 lines[8192];
	struct reply	 r;

	snprintf(lines, sizeof(lines), "%s" JSON, bearer(name));
	r = ask_with("POST", PRODUCTS, lines, SPADE(""));
	if (r.status == 201)
		remove_made(&r);
	return r.status;
}

static void
test_revoke(void)
{
	struct reply	 r;

	(void)person_login("mia");
	CHECK_INT("good in another program", write_status("mia"), 201);
	r = post_form(REVOKE, NULL, "client_id=docs&token={mia_token}");
	CHECK_INT("an access token", r.status, 200);
	CHECK_INT("over there at once", write_status("mia"), 401);
	r = post_form(TOKENS, NULL, REFRESH("{mia_refresh}"));
	CHECK_INT("not the login", r.status, 200);
	let("mia_token", reply_member(&r, "access_token"));
	let("mia_refresh", reply_member(&r, "refresh_token"));
	CHECK_INT("good", write_status("mia"), 201);
	r = post_form(REVOKE, NULL, "client_id={narrow_client}&token={mia_refresh}");
	check_refusal("another client's", &r, 400, "unauthorized_client");
	r = post_form(REVOKE, NULL, "client_id={narrow_client}&token={mia_token}");
	check_refusal("another client's", &r, 400, "unauthorized_client");
	CHECK_INT("still good", write_status("mia"), 201);
	r = post_form(REVOKE, NULL, "client_id=docs&token={mia_refresh}"
	    "&token_type_hint=refresh_token");
	CHECK_INT("a login", r.status, 200);
	r = post_form(TOKENS, NULL, REFRESH("{mia_refresh}"));
	check_refusal("is over", &r, 400, "invalid_grant");
	CHECK_INT("and the token it gave", write_status("mia"), 401);
	r = post_form(REVOKE, NULL, "client_id=docs&token={mia_refresh}");
	CHECK_INT("once more", r.status, 200);
	r = post_form(REVOKE, NULL, "client_id=docs&token=nothing");
	CHECK_INT("what never was", r.status, 200);
	r = post_form(REVOKE, NULL, "client_id=docs");
	check_refusal("nothing", &r, 400, "invalid_request");
}

/* The same while memcached is away. */
static void
test_revoke_without_cache(void)
{
	struct reply	 r;

	(void)person_login("mia");
	CHECK_INT("good", write_status("mia"), 201);
	memcached_signal(SIGKILL);
	CHECK_INT("good", write_status("mia"), 201);
	r = post_form(REVOKE, NULL, "client_id=docs&token={mia_token}");
	CHECK_INT("an access token", r.status, 200);
	CHECK_INT("over at once", write_status("mia"), 401);
	memcached_start();
	CHECK_INT("and stays so", write_status("mia"), 401);
}

static void
test_client_revoked(void)
{
	struct reply	 r;
	int		 status;

	client_new("gone", "--scopes products:write");
	r = post_form(TOKENS, basic("{gone}:{gone_secret}"),
	    "grant_type=client_credentials");
	let("gone_token", reply_member(&r, "access_token"));
	CHECK_INT("good", write_status("gone"), 201);
	(void)brisk(filled("client revoke {gone}"), NULL, &status);
	CHECK_INT("revoked", status, 0);
	CHECK_INT("its tokens are over", write_status("gone"), 401);
	r = post_form(TOKENS, basic("{gone}:{gone_secret}"),
	    "grant_type=client_credentials");
	check_refusal("it is nobody", &r, 401, "invalid_client");
}

static void
test_metadata(void)
{
	struct reply	 r = ask_get("/.well-known/oauth-authorization-server", NULL);

	CHECK_INT("told", r.status, 200);
	CHECK_TEXT("kept for an hour", reply_header(&r, "Cache-Control"),
	    "public, max-age=3600");
	CHECK_TEXT("who", reply_member(&r, "issuer"), getenv("BASE"));
	CHECK("where", strstr(reply_member(&r, "token_endpoint"), TOKENS) != NULL);
	CHECK("only what is there", reply_member(&r, "authorization_endpoint") == NULL &&
	    reply_member(&r, "introspection_endpoint") == NULL);
	CHECK_TEXT("how", reply_member(&r, "grant_types_supported"),
	    "[\"password\",\"refresh_token\",\"client_credentials\"]");
	r = ask_get("/.well-known/jwks.json", NULL);
	CHECK_INT("keys", r.status, 200);
	CHECK_TEXT("kept for an hour", reply_header(&r, "Cache-Control"),
	    "public, max-age=3600");
	CHECK_TEXT("of this kind", reply_member(&r, "keys.0.kty"), "EC");
	CHECK("two are told", reply_member(&r, "keys.1.kid") != NULL);
	CHECK("none is private", reply_member(&r, "keys.0.d") == NULL);
}

/* Nothing that was sent or given here stands in the log. */
static void
test_log(void)
{
	const char *const	 secrets[] = { PASSWORD, filled("{shop_secret}"),
	    filled("{mia_token}"), filled("{mia_refresh}"), filled("{shop_token}") };
	char			 command[512];

	for (size_t i = 0; i < NELEMS(secrets); i++) {
		CHECK("there is one", strlen(secrets[i]) > 20);
		snprintf(command, sizeof(command), "! grep -rqF -- '%.300s' '%s/log'",
		    secrets[i], getenv("VAR"));
		CHECK_INT("not in the log", system(command), 0);
	}
	client_end();
}

TESTS(oauth2, { "a name and a password", test_password },
    { "scopes", test_scope }, { "bad forms", test_bad_forms },
    { "bad requests", test_bad_requests }, { "no oracle", test_no_oracle },
    { "clients", test_clients }, { "clients that are none", test_unproved },
    { "refresh", test_refresh }, { "32 at once", test_at_once },
    { "revoke", test_revoke }, { "revoke without memcached", test_revoke_without_cache },
    { "a client revoked", test_client_revoked }, { "metadata", test_metadata },
    { "secrets are not logged", test_log })
