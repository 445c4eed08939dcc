/*
 * outside: tokens of an OpenID provider that is not us.  The provider is this
 * test's: a thread that serves its JWK set over HTTP on 127.0.0.1, ES256 and
 * RS256; it can be another set, slow, broken, or away.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "auth/keys_private.h"
#include "serve.h"

#define ISSUER	"https://login.example"
#define AUDIENCE "https://api.nursery.example"
#define MAP	"scope=* groups:editors=products:write,feed:write "		\
		"realm_access.roles:boss=ops:admin https://x.example/r:a=ops:read"
#define H(alg, kid, more)						\
	"{\"typ\":\"JWT\",\"alg\":\"" alg "\",\"kid\":\"" kid "\"" more "}"
#define ES	H("ES256", "ec1", "")
#define RS	H("RS256", "rsa1", "")
#define C(iss, aud, sub, more)						\
	"{\"iss\":\"" iss "\",\"aud\":\"" aud "\",\"sub\":\"" sub "\",\"iat\":<,"	\
	"\"exp\":>" more "}"
#define GOOD	C(ISSUER, AUDIENCE, "ann", "")

/* --- the provider --------------------------------------------------------- */

static struct {
	int		 listener, port;
	pthread_t	 thread;
	atomic_int	 asked, status;
	const char	*_Atomic body;
} provider;

static struct ec_key	*ec1, *ec2;
static EVP_PKEY		*rsa1;

static void *
provide(void *arg)
{
	char	 ask[4096], head[256];
	int	 fd, n;

	(void)arg;
	while ((fd = accept(provider.listener, NULL, NULL)) >= 0) {
		const char	*body = atomic_load(&provider.body);

		atomic_fetch_add(&provider.asked, 1);
		(void)!read(fd, ask, sizeof(ask));
		n = snprintf(head, sizeof(head), "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n"
		    "Location: http://127.0.0.1:1/\r\nConnection: close\r\n\r\n",
		    atomic_load(&provider.status), strlen(body));
		(void)!write(fd, head, (size_t)n);
		(void)!write(fd, body, strlen(body));
		close(fd);
	}
	return NULL;
}

static void
put_bignum(struct buf *b, const char *name, const BIGNUM *n)
{
	uint8_t	 bytes[512];

	buf_fmt(b, ",\"%s\":\"", name);
	crypto_base64url_encode(b, bytes, (size_t)BN_bn2bin(n, bytes));
	buf_byte(b, '"');
}

static void
put_rsa(struct buf *b)
{
	BIGNUM	*n = NULL, *e = NULL;

	CHECK("public half", EVP_PKEY_get_bn_param(rsa1, "n", &n) == 1 &&
	    EVP_PKEY_get_bn_param(rsa1, "e", &e) == 1);
	buf_puts(b, "{\"kty\":\"RSA\",\"kid\":\"rsa1\",\"use\":\"sig\"");
	put_bignum(b, "n", n);
	put_bignum(b, "e", e);
	buf_byte(b, '}');
	BN_free(n);
	BN_free(e);
}

/* As we print them, but with a name of the provider's. */
static void
put_ec(struct buf *b, const struct ec_key *key, const char *kid)
{
	struct buf	 own;
	char		*at;

	buf_init(&own, &serve.arena);
	CHECK("jwk", crypto_ec_jwk(&own, key));
	at = strstr(own.p, "\"kid\":\"");
	buf_put(b, own.p, (size_t)(at - own.p) + 7);
	buf_fmt(b, "%s%s", kid, at + 7 + KID_LEN);
}

static const char *
jwks(bool second)
{
	struct buf	 b;

	buf_init(&b, &serve.arena);
	buf_puts(&b, "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"ec1\",\"k\":\"AAAA\"},");
	put_ec(&b, ec1, "ec1");
	buf_byte(&b, ',');
	put_rsa(&b);
	if (second) {
		buf_byte(&b, ',');
		put_ec(&b, ec2, "ec2");
	}
	buf_puts(&b, "]}");
	CHECK("set", buf_ok(&b));
	return b.p;
}

/* --- tokens --------------------------------------------------------------- */

static void
put_part(struct buf *jwt, const char *json)
{
	struct buf	 b;

	buf_init(&b, &serve.arena);
	for (; *json != '\0'; json++)
		if (*json == '<' || *json == '>')
			buf_int(&b, clock_now_ms() / 1000 + (*json == '>') * 300);
		else
			buf_byte(&b, *json);
	crypto_base64url_encode(jwt, b.p, b.n);
}

/* Signed by `ec`, or with RS256 when that is NULL. */
static const char *
made(const char *header, const char *claims, const struct ec_key *ec)
{
	struct buf	 jwt;
	uint8_t		 sig[512];
	size_t		 n = sizeof(sig);
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();

	buf_init(&jwt, &serve.arena);
	put_part(&jwt, header);
	buf_byte(&jwt, '.');
	put_part(&jwt, claims);
	if (ec != NULL) {
		n = ES256_LEN;
		CHECK("signed", crypto_ec_sign(ec, buf_view(&jwt), sig));
	} else {
		CHECK("signed", EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL,
		    rsa1) == 1 && EVP_DigestSign(ctx, sig, &n,
		    (const uint8_t *)jwt.p, jwt.n) == 1);
	}
	EVP_MD_CTX_free(ctx);
	buf_byte(&jwt, '.');
	crypto_base64url_encode(&jwt, sig, n);
	return buf_ok(&jwt) ? jwt.p : "";
}

static enum http_status
whoami(struct req *rq, struct resp *rs)
{
	buf_puts(&rs->body, "{\"sub\":");
	buf_json(&rs->body, rq->user->sub);
	buf_puts(&rs->body, ",\"scope\":");
	buf_json(&rs->body, rq->user->scope);
	buf_fmt(&rs->body, ",\"user\":%s}",
	    uuid_is_nil(rq->user->id) ? "false" : "true");
	return resp_json(rs, HTTP_OK);
}

static const struct route routes[] = {
	{ HTTP_GET, "/v1/whoami", .scope = SCOPE_OWN, .run = whoami,
	    .doc = "Who asks" },
	{ .path = NULL }
};
static const struct app	 app = { .name = "outside", .service = "core",
	.routes = routes };

static struct reply
who(const char *token)
{
	return ASK("GET", "/v1/whoami", .token = token);
}

static int
status_of(const char *token)
{
	return who(token).status;
}

static void
begin(void)
{
	struct sockaddr_in	 a = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t		 n = sizeof(a);

	serve_begin("outside", "products:write");
	ec1 = crypto_ec_generate();
	ec2 = crypto_ec_generate();
	rsa1 = EVP_RSA_gen(2048);
	provider.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK("provider", ec1 != NULL && ec2 != NULL && rsa1 != NULL &&
	    bind(provider.listener, (struct sockaddr *)&a, n) == 0 &&
	    listen(provider.listener, 8) == 0 &&
	    getsockname(provider.listener, (struct sockaddr *)&a, &n) == 0);
	provider.port = ntohs(a.sin_port);
	atomic_store(&provider.status, 200);
	atomic_store(&provider.body, jwks(false));
	CHECK_INT("provider", pthread_create(&provider.thread, NULL, provide, NULL), 0);
	serve.conf.oidc_issuer = ISSUER;
	serve.conf.oidc_audience = AUDIENCE;
	serve.conf.oidc_scopes = MAP;
	serve.conf.oidc_jwks = text("http://127.0.0.1:%d/jwks", provider.port);
	serve_open(&app);
}

static void
taken(void)
{
	struct reply	 r;

	CHECK_INT("ours need no provider", status_of(serve.token), 200);
	CHECK_INT("nor was it asked", atomic_load(&provider.asked), 0);
	for (int i = 0; i < 2; i++) {
		r = who(made(ES, C(ISSUER, AUDIENCE, "ann",
		    ",\"scope\":\"users:read nothing:here products:write\","
		    "\"groups\":[\"readers\",\"editors\"]"), ec1));
		CHECK_INT("ES256", r.status, 200);
		CHECK_TEXT("scopes we know, each once", at(r, "/scope"),
		    "users:read products:write feed:write");
		CHECK("after the issuer", strlen(at(r, "/sub")) == 16 + 1 + 3 &&
		    strcmp(at(r, "/sub") + 16, "/ann") == 0);
		CHECK_TEXT("no user of ours", at(r, "/user"), "false");
	}
	r = who(made(RS, C(ISSUER, AUDIENCE, "ann", ",\"realm_access\":{\"roles\":"
	    "[\"boss\"]},\"https://x.example/r\":\"b a\",\"roles\":[\"admin\"],"
	    "\"tv\":\"x\",\"jti\":\"7\",\"client_id\":\"brisk\""), NULL));
	CHECK_INT("RS256", r.status, 200);
	CHECK_TEXT("claims inside, and with a URL's name", at(r, "/scope"),
	    "ops:admin ops:read");
	CHECK_INT("asked once", atomic_load(&provider.asked), 1);
}

/* All signed with the key their header names, unless they say another. */
static const struct {
	const char	*label, *header, *claims;
	int		 status;
} tokens[] = {
	{ "plain",		ES, GOOD, 200 },
	{ "at+jwt", "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"ec1\"}", GOOD, 200 },
	{ "no typ", "{\"alg\":\"ES256\",\"kid\":\"ec1\"}", GOOD, 200 },
	{ "another typ", "{\"typ\":\"logout+jwt\",\"alg\":\"ES256\",\"kid\":\"ec1\"}",
	  GOOD, 401 },
	{ "none",		H("none", "ec1", ""), GOOD, 401 },
	{ "HS256",		H("HS256", "ec1", ""), GOOD, 401 },
	{ "RS256 with a key of ES256", H("RS256", "ec1", ""), GOOD, 401 },
	{ "PS256",		H("PS256", "rsa1", ""), GOOD, 401 },
	{ "no kid", "{\"typ\":\"JWT\",\"alg\":\"ES256\"}", GOOD, 401 },
	{ "jku",		H("ES256", "ec1", ",\"jku\":\"https://x\""), GOOD, 401 },
	{ "x5u",		H("ES256", "ec1", ",\"x5u\":\"https://x\""), GOOD, 401 },
	{ "jwk",		H("ES256", "ec1", ",\"jwk\":{}"), GOOD, 401 },
	{ "crit",		H("ES256", "ec1", ",\"crit\":[\"b64\"]"), GOOD, 401 },
	{ "another audience",	ES, C(ISSUER, "other", "ann", ""), 401 },
	{ "our audience",	ES, C(ISSUER, SERVE_URL, "ann", ""), 401 },
	{ "in our name",	ES, C(SERVE_URL, SERVE_URL, "admin",
	  ",\"client_id\":\"brisk\",\"jti\":\"1\""), 401 },
	{ "no issuer", ES, "{\"aud\":\"" AUDIENCE "\",\"sub\":\"a\",\"iat\":<,\"exp\":>}",
	  401 },
	{ "issuer twice", ES, C(ISSUER, AUDIENCE, "ann", ",\"iss\":\"x\""), 401 },
	{ "no sub", ES, "{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE "\",\"iat\":<,"
	  "\"exp\":>}", 401 },
	{ "no end", ES, "{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE "\",\"sub\":\"a\","
	  "\"iat\":<}", 401 },
	{ "ended", ES, "{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE "\",\"sub\":\"a\","
	  "\"iat\":1,\"exp\":2}", 401 },
	{ "not yet", ES, C(ISSUER, AUDIENCE, "ann", ",\"nbf\":>"), 401 },
};

static void
judged(void)
{
	for (size_t i = 0; i < NELEMS(tokens); i++)
		CHECK_INT(tokens[i].label, status_of(made(tokens[i].header,
		    tokens[i].claims, ec1)), tokens[i].status);
	CHECK_INT("by another key", status_of(made(ES, GOOD, ec2)), 401);
	CHECK_INT("as RSA, by the other's", status_of(made(RS, GOOD, ec1)), 401);
}

/* A new key is asked for, but not by each token that names one. */
static void
unknown(void)
{
	int		 asked = atomic_load(&provider.asked);
	const char	*second = made(H("ES256", "ec2", ""), GOOD, ec2);

	atomic_store(&provider.body, jwks(true));
	for (int i = 0; i < 10; i++)
		CHECK_INT("unknown", status_of(second), 401);
	CHECK_INT("not asked for each", atomic_load(&provider.asked), asked);
	clock_set_ms(clock_now_ms() + 31000);
	CHECK_INT("half a minute later", status_of(second), 200);
	CHECK_INT("asked", atomic_load(&provider.asked), asked + 1);
	CHECK_INT("unknown still", status_of(made(H("ES256", "ec3", ""), GOOD, ec2)), 401);
	CHECK_INT("not asked again", atomic_load(&provider.asked), asked + 1);
	atomic_store(&provider.body, jwks(false));
	clock_set_ms(clock_now_ms() + 3600000);
	CHECK_INT("an hour later it is gone", status_of(made(H("ES256", "ec2", ""),
	    GOOD, ec2)), 401);
	CHECK_INT("the other is not", status_of(made(ES, GOOD, ec1)), 200);
	CHECK_INT("asked once more", atomic_load(&provider.asked), asked + 2);
	clock_set_ms(0);
}

/* A program that begins anew, for there nothing was tried yet. */
static const struct {
	const char	*label, *body;
	int		 http, status;
} answers[] = {
	{ "an error",		"{}", 500, 503 },
	{ "a redirect",		"{}", 302, 503 },
	{ "not JSON",		"<html>", 200, 503 },
	{ "no keys",		"{\"keys\":[]}", 200, 503 },
	{ "none for us", "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"ec1\",\"k\":\"AAAA\"}]}",
	  200, 503 },
	{ "its set",		NULL, 200, 200 },
};

static void
refetched(void)
{
	const char	*good = made(ES, GOOD, ec1);

	for (size_t i = 0; i < NELEMS(answers); i++) {
		atomic_store(&provider.status, answers[i].http);
		atomic_store(&provider.body, answers[i].body == NULL ? jwks(true) :
		    answers[i].body);
		serve_open(&app);
		CHECK_INT(answers[i].label, status_of(good), answers[i].status);
		CHECK_INT("ours hold", status_of(serve.token), 200);
	}
	CHECK_INT("its new key", status_of(made(H("ES256", "ec2", ""), GOOD, ec2)), 200);
}

static void
away(void)
{
	shutdown(provider.listener, SHUT_RDWR);
	pthread_join(provider.thread, NULL);
	close(provider.listener);
	CHECK_INT("what was fetched holds", status_of(made(ES, C(ISSUER, AUDIENCE,
	    "ben", ""), ec1)), 200);
	serve_open(&app);
	CHECK_INT("never fetched", status_of(made(ES, GOOD, ec1)), 503);
	CHECK_INT("garbage is no token of theirs", status_of("a.b.c"), 401);
	CHECK_INT("ours hold", status_of(serve.token), 200);
}

static void
from_file(void)
{
	const char	*path = text("%s/jwks", serve.folder), *set = jwks(true);
	FILE		*f = fopen(path, "w");

	CHECK("file", f != NULL && fputs(set, f) >= 0 && fclose(f) == 0);
	serve.conf.oidc_jwks = path;
	serve_open(&app);
	CHECK_INT("RS256", status_of(made(RS, GOOD, NULL)), 200);
	serve.conf.oidc_jwks = text("%s/none", serve.folder);
	serve_open(&app);
	CHECK_INT("no file", status_of(made(RS, GOOD, NULL)), 503);
}

static const struct {
	const char	*map;
	bool		 good;
} maps[] = {
	{ "scope=*", true }, { "", true }, { " scope=*  roles=* ", true }, { MAP, true },
	{ "scope", false }, { "=*", false }, { "scope=", false },
	{ "groups=products:write", false }, { "groups:=products:write", false },
	{ ":a=ops:read", false }, { "groups:a=products:fly", false },
	{ "groups:a=ops:read,", false }, { "groups:a=ops:read,,ops:admin", false },
};

static void
mapped(void)
{
	for (size_t i = 0; i < NELEMS(maps); i++)
		CHECK_INT(maps[i].map, token_map_error(maps[i].map) == NULL, maps[i].good);
	serve.conf.oidc_scopes = "scope";
	serve_open(&app);
	CHECK_INT("a wrong map is a wrong configuration", status_of(serve.token), 503);
}

static void
end(void)
{
	crypto_ec_free(ec1);
	crypto_ec_free(ec2);
	EVP_PKEY_free(rsa1);
	serve_end();
}

TESTS(external_tokens,
    { "begin", begin },
    { "taken", taken },
    { "judged", judged },
    { "unknown", unknown },
    { "what it answers", refetched },
    { "away", away },
    { "from a file", from_file },
    { "maps", mapped },
    { "end", end })
