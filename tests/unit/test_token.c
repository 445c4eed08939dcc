/* test_token - signing tokens, and verifying valid and invalid ones. */
#include "token_kit.h"

#define HEAD(more) "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"@\"," more "}"
#define TIMES(t) "{" C_ISS C_AUD TEXTS t "}"
#define AUDIENCE(a) "{" C_ISS "\"aud\":" a "," TEXTS C_IAT C_EXP "}"
#define SUBJECT(s) "{" C_ISS C_AUD "\"sub\":" s "," C_CLI C_JTI C_IAT C_EXP "}"
#define A64	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A255	A64 A64 A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static struct str
issued(const struct token *t, int64_t seconds)
{
	struct buf	 b;

	buf_init(&b, &arena);
	return token_sign(&keys, t, seconds, &b) ? buf_view(&b) :
	    (struct str){ NULL, 0 };
}

static void
there_and_back(void)
{
	const struct token	 t = { .sub = STR("u1 \"\xc3\xa4\""),
		.client_id = STR("docs"), .scope = STR("users:read feed:read"),
		.jti = STR("j1"), .roles = STR("customer merchant"), .tv = 7 };
	struct token		 got;
	struct buf		 b;

	buf_init(&b, &arena);
	buf_puts(&b, "Bearer ");
	CHECK("signed", token_sign(&keys, &t, 600, &b));
	CHECK("appended", str_starts(buf_view(&b), STR("Bearer ey")));
	CHECK_INT("taken", token_verify(&keys, 1, &arena,
	    str_from(buf_view(&b), 7), &got), TOKEN_OK);
	CHECK_STR("sub", got.sub, "u1 \"\xc3\xa4\"");
	CHECK_STR("client_id", got.client_id, "docs");
	CHECK_STR("scope", got.scope, "users:read feed:read");
	CHECK_STR("jti", got.jti, "j1");
	CHECK_STR("roles", got.roles, "customer merchant");
	CHECK_INT("tv", got.tv, 7);
	CHECK("ours", !got.external);
	CHECK("times", got.issued_at.has && got.expires_at.has);
	CHECK_INT("issued", got.issued_at.ms, NOW * 1000);
	CHECK_INT("expires", got.expires_at.ms, (NOW + 600) * 1000);
}

/* The bytes of a token: RFC 9068 sections 2.1 and 2.2. */
static void
written(void)
{
	const struct token	 t = { .sub = STR("u1"), .client_id = STR("docs"),
		.jti = STR("j1") };
	struct str		 rest = issued(&t, 600), json;
	char			*want;

	want = arena_fmt(&arena, "{\"typ\":\"at+jwt\",\"alg\":\"ES256\","
	    "\"kid\":\"%s\"}", our_key.kid);
	CHECK("header", crypto_base64url_decode(&arena, str_cut(&rest, '.'), &json));
	CHECK_STR("header", json, want);
	CHECK("claims", crypto_base64url_decode(&arena, str_cut(&rest, '.'), &json));
	CHECK_STR("claims", json, "{\"iss\":\"" ISS "\",\"aud\":\"" AUD "\","
	    "\"sub\":\"u1\",\"client_id\":\"docs\",\"jti\":\"j1\","
	    "\"iat\":1800000000,\"exp\":1800000600,\"tv\":0}");
	CHECK_INT("signature", rest.n, 86);
}

static const struct {
	const char	*label, *sub, *client_id, *jti;
	int64_t		 tv, seconds;
} not_signed[] = {
	{ "no sub",		NULL,	"c",	"j",	0,  600 },
	{ "empty sub",		"",	"c",	"j",	0,  600 },
	{ "long sub",		A255 "a", "c",	"j",	0,  600 },
	{ "line in sub",	"a\nb",	"c",	"j",	0,  600 },
	{ "sub not UTF-8",	"\xff",	"c",	"j",	0,  600 },
	{ "no client",		"s",	NULL,	"j",	0,  600 },
	{ "empty client",	"s",	"",	"j",	0,  600 },
	{ "no jti",		"s",	"c",	NULL,	0,  600 },
	{ "empty jti",		"s",	"c",	"",	0,  600 },
	{ "tv below",		"s",	"c",	"j",	-1, 600 },
	{ "tv beyond",		"s",	"c",	"j",	INT64_MAX, 600 },
	{ "no life",		"s",	"c",	"j",	0,  0 },
	{ "endless",		"s",	"c",	"j",	0,  INT64_MAX },
};

static void
sign_refuses(void)
{
	const struct token	 good = { .sub = STR("s"), .client_id = STR("c"),
		.jti = STR("j") };
	struct token		 t = good;
	char			 many[MAX_TOKEN];

	CHECK("good otherwise", issued(&t, 600).p != NULL);
	for (size_t i = 0; i < NELEMS(not_signed); i++) {
		t = (struct token){ .sub = str_of(not_signed[i].sub),
			.client_id = str_of(not_signed[i].client_id),
			.jti = str_of(not_signed[i].jti), .tv = not_signed[i].tv };
		CHECK_STR(not_signed[i].label,
		    issued(&t, not_signed[i].seconds), NULL);
	}
	memset(many, 's', sizeof(many));
	t = good;
	t.scope = (struct str){ many, sizeof(many) };
	CHECK_STR("too long in all", issued(&t, 600), NULL);
}

/* All of these have a valid signature. */
static const struct {
	const char	*label, *header, *claims;
	enum token_err	 want;
} cases[] = {
	{ "plain",		HEADER, CLAIMS, TOKEN_OK },
	{ "long typ", "{\"typ\":\"application/at+jwt\",\"alg\":\"ES256\","
	  "\"kid\":\"@\"}", CLAIMS, TOKEN_OK },
	{ "typ in capitals", "{\"typ\":\"AT+JWT\",\"alg\":\"ES256\","
	  "\"kid\":\"@\"}", CLAIMS, TOKEN_OK },
	{ "unknown in header",	HEAD("\"x\":[1,{}]"), CLAIMS, TOKEN_OK },
	{ "unknown claim",	HEADER, WITH("\"roles\":[\"admin\"]"), TOKEN_OK },
	{ "scope and tv", HEADER, WITH("\"scope\":\"a b\",\"tv\":3"), TOKEN_OK },
	{ "empty scope",	HEADER, WITH("\"scope\":\"\""), TOKEN_OK },
	{ "aud in an array",	HEADER, AUDIENCE("[\"x\",\"" AUD "\"]"), TOKEN_OK },
	{ "sub of 255",		HEADER, SUBJECT("\"" A255 "\""), TOKEN_OK },
	{ "white space",	" " HEADER "\n", "\t" CLAIMS " ", TOKEN_OK },

	{ "no typ", "{\"alg\":\"ES256\",\"kid\":\"@\"}", CLAIMS, TOKEN_INVALID },
	{ "typ JWT", "{\"typ\":\"JWT\",\"alg\":\"ES256\",\"kid\":\"@\"}", CLAIMS,
	  TOKEN_INVALID },
	{ "typ longer", "{\"typ\":\"at+jwt \",\"alg\":\"ES256\",\"kid\":\"@\"}",
	  CLAIMS, TOKEN_INVALID },
	{ "typ with NUL", "{\"typ\":\"at+jwt\\u0000\",\"alg\":\"ES256\","
	  "\"kid\":\"@\"}", CLAIMS, TOKEN_INVALID },
	{ "typ not text", "{\"typ\":1,\"alg\":\"ES256\",\"kid\":\"@\"}", CLAIMS,
	  TOKEN_INVALID },
	{ "no alg", "{\"typ\":\"at+jwt\",\"kid\":\"@\"}", CLAIMS, TOKEN_INVALID },
	{ "alg in small", "{\"typ\":\"at+jwt\",\"alg\":\"es256\",\"kid\":\"@\"}",
	  CLAIMS, TOKEN_INVALID },
	{ "alg none", "{\"typ\":\"at+jwt\",\"alg\":\"none\",\"kid\":\"@\"}",
	  CLAIMS, TOKEN_INVALID },
	{ "alg array", "{\"typ\":\"at+jwt\",\"alg\":[\"ES256\"],\"kid\":\"@\"}",
	  CLAIMS, TOKEN_INVALID },
	{ "no kid", "{\"typ\":\"at+jwt\",\"alg\":\"ES256\"}", CLAIMS,
	  TOKEN_UNKNOWN_KEY },
	{ "other kid", "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"@x\"}",
	  CLAIMS, TOKEN_UNKNOWN_KEY },
	{ "empty kid", "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"\"}",
	  CLAIMS, TOKEN_UNKNOWN_KEY },
	{ "RS256 with our key", "{\"typ\":\"at+jwt\",\"alg\":\"RS256\","
	  "\"kid\":\"@\"}", CLAIMS, TOKEN_INVALID },
	{ "HS256", "{\"typ\":\"at+jwt\",\"alg\":\"HS256\",\"kid\":\"@\"}",
	  CLAIMS, TOKEN_INVALID },
	{ "crit",		HEAD("\"crit\":[\"exp\"]"), CLAIMS, TOKEN_INVALID },
	{ "crit null",		HEAD("\"crit\":null"), CLAIMS, TOKEN_INVALID },
	{ "crit disguised",	HEAD("\"cr\\u0069t\":[]"), CLAIMS, TOKEN_INVALID },
	{ "jku", HEAD("\"jku\":\"https://evil.example/\""), CLAIMS, TOKEN_INVALID },
	{ "x5u", HEAD("\"x5u\":\"https://evil.example/\""), CLAIMS, TOKEN_INVALID },
	{ "jwk",		HEAD("\"jwk\":{\"kty\":\"EC\"}"), CLAIMS,
	  TOKEN_INVALID },
	{ "alg twice",		HEAD("\"alg\":\"ES256\""), CLAIMS, TOKEN_INVALID },
	{ "name with NUL",	HEAD("\"alg\\u0000\":\"none\""), CLAIMS,
	  TOKEN_INVALID },
	{ "header an array",	"[" HEADER "]", CLAIMS, TOKEN_INVALID },
	{ "header a string",	"\"ES256\"", CLAIMS, TOKEN_INVALID },
	{ "header null",	"null", CLAIMS, TOKEN_INVALID },
	{ "header empty",	"", CLAIMS, TOKEN_INVALID },
	{ "header and more",	HEADER "{}", CLAIMS, TOKEN_INVALID },
	{ "claims an array",	HEADER, "[" CLAIMS "]", TOKEN_INVALID },
	{ "claims empty",	HEADER, "", TOKEN_INVALID },
	{ "claims cut off", HEADER, "{" C_ISS C_AUD TEXTS C_IAT C_EXP,
	  TOKEN_INVALID },
	{ "claims not UTF-8",	HEADER, WITH("\"x\":\"\xff\""), TOKEN_INVALID },

	{ "no iss", HEADER, "{" C_AUD TEXTS C_IAT C_EXP "}", TOKEN_INVALID },
	{ "no aud", HEADER, "{" C_ISS TEXTS C_IAT C_EXP "}", TOKEN_INVALID },
	{ "no sub", HEADER, "{" C_ISS C_AUD C_CLI C_JTI C_IAT C_EXP "}",
	  TOKEN_INVALID },
	{ "no client_id", HEADER, "{" C_ISS C_AUD C_SUB C_JTI C_IAT C_EXP "}",
	  TOKEN_INVALID },
	{ "no jti", HEADER, "{" C_ISS C_AUD C_SUB C_CLI C_IAT C_EXP "}",
	  TOKEN_INVALID },
	{ "no iat", HEADER, TIMES(C_EXP), TOKEN_INVALID },
	{ "no exp", HEADER, TIMES("\"iat\":1799999990"), TOKEN_INVALID },
	{ "sub twice",		HEADER, WITH("\"sub\":\"u2\""), TOKEN_INVALID },
	{ "sub twice, disguised", HEADER, WITH("\"s\\u0075b\":\"u2\""),
	  TOKEN_INVALID },
	{ "sub twice, NUL", HEADER, WITH("\"sub\\u0000\":\"u2\""), TOKEN_INVALID },
	{ "other iss", HEADER, "{\"iss\":\"" ISS "/\"," C_AUD TEXTS C_IAT C_EXP
	  "}", TOKEN_INVALID },
	{ "iss an array", HEADER, "{\"iss\":[\"" ISS "\"]," C_AUD TEXTS C_IAT
	  C_EXP "}", TOKEN_INVALID },
	{ "other aud",		HEADER, AUDIENCE("\"x\""), TOKEN_INVALID },
	{ "other auds",		HEADER, AUDIENCE("[\"x\",\"y\"]"), TOKEN_INVALID },
	{ "no auds",		HEADER, AUDIENCE("[]"), TOKEN_INVALID },
	{ "aud deeper", HEADER, AUDIENCE("[[\"" AUD "\"]]"), TOKEN_INVALID },
	{ "aud an object", HEADER, AUDIENCE("{\"" AUD "\":1}"), TOKEN_INVALID },
	{ "sub empty",		HEADER, SUBJECT("\"\""), TOKEN_INVALID },
	{ "sub of 256",		HEADER, SUBJECT("\"" A255 "a\""), TOKEN_INVALID },
	{ "sub a number",	HEADER, SUBJECT("1"), TOKEN_INVALID },
	{ "sub null",		HEADER, SUBJECT("null"), TOKEN_INVALID },
	{ "sub with a line",	HEADER, SUBJECT("\"a\\nb\""), TOKEN_INVALID },
	{ "sub with NUL",	HEADER, SUBJECT("\"a\\u0000\""), TOKEN_INVALID },
	{ "no roles",		HEADER, WITH("\"roles\":[]"), TOKEN_OK },
	{ "roles as text",	HEADER, WITH("\"roles\":\"a b\""), TOKEN_OK },
	{ "roles of numbers",	HEADER, WITH("\"roles\":[1]"), TOKEN_INVALID },
	{ "an empty role",	HEADER, WITH("\"roles\":[\"\"]"), TOKEN_INVALID },
	{ "a role of two words", HEADER, WITH("\"roles\":[\"a b\"]"),
	  TOKEN_INVALID },
	{ "roles an object",	HEADER, WITH("\"roles\":{}"), TOKEN_INVALID },
	{ "roles null",		HEADER, WITH("\"roles\":null"), TOKEN_INVALID },
	{ "scope an array",	HEADER, WITH("\"scope\":[\"a\"]"), TOKEN_INVALID },
	{ "scope null",		HEADER, WITH("\"scope\":null"), TOKEN_INVALID },
	{ "tv below",		HEADER, WITH("\"tv\":-1"), TOKEN_INVALID },
	{ "tv text",		HEADER, WITH("\"tv\":\"1\""), TOKEN_INVALID },

	{ "exp at the edge", HEADER, TIMES(C_IAT "\"exp\":1799999971"), TOKEN_OK },
	{ "exp over the edge", HEADER, TIMES(C_IAT "\"exp\":1799999970"),
	  TOKEN_EXPIRED },
	{ "exp long ago", HEADER, TIMES(C_IAT "\"exp\":0"), TOKEN_EXPIRED },
	{ "exp at 2^53-1", HEADER, TIMES(C_IAT "\"exp\":9007199254740991"),
	  TOKEN_OK },
	{ "exp at 2^53", HEADER, TIMES(C_IAT "\"exp\":9007199254740992"),
	  TOKEN_INVALID },
	{ "exp beyond 64 bits", HEADER,
	  TIMES(C_IAT "\"exp\":18446744073709551617"), TOKEN_INVALID },
	{ "exp negative", HEADER, TIMES(C_IAT "\"exp\":-1"), TOKEN_INVALID },
	{ "exp a fraction", HEADER, TIMES(C_IAT "\"exp\":1800000600.5"),
	  TOKEN_INVALID },
	{ "exp huge", HEADER, TIMES(C_IAT "\"exp\":1e300"), TOKEN_INVALID },
	{ "exp text", HEADER, TIMES(C_IAT "\"exp\":\"1800000600\""),
	  TOKEN_INVALID },
	{ "exp null", HEADER, TIMES(C_IAT "\"exp\":null"), TOKEN_INVALID },
	{ "iat at the edge", HEADER, TIMES("\"iat\":1800000030," C_EXP), TOKEN_OK },
	{ "iat over the edge", HEADER, TIMES("\"iat\":1800000031," C_EXP),
	  TOKEN_INVALID },
	{ "iat negative", HEADER, TIMES("\"iat\":-1," C_EXP), TOKEN_INVALID },
	{ "iat text", HEADER, TIMES("\"iat\":\"1\"," C_EXP), TOKEN_INVALID },
	{ "nbf past",		HEADER, WITH("\"nbf\":1"), TOKEN_OK },
	{ "nbf at the edge",	HEADER, WITH("\"nbf\":1800000030"), TOKEN_OK },
	{ "nbf over the edge",	HEADER, WITH("\"nbf\":1800000031"), TOKEN_INVALID },
	{ "nbf text",		HEADER, WITH("\"nbf\":\"1\""), TOKEN_INVALID },
	/* A token that is expired and invalid is reported as invalid. */
	{ "expired, for another", HEADER, "{" C_ISS "\"aud\":\"x\"," TEXTS C_IAT
	  "\"exp\":1}", TOKEN_INVALID },
};

static void
judged(void)
{
	for (size_t i = 0; i < NELEMS(cases); i++)
		CHECK_INT(cases[i].label, verify(signed_jwt(ours, cases[i].header,
		    cases[i].claims)), cases[i].want);
}

/* Tolerance of the clock, to the millisecond. */
static void
skew(void)
{
	struct str	 jwt = signed_jwt(ours, HEADER, CLAIMS);

	clock_set_ms((NOW + 600 + 30) * 1000 - 1);
	CHECK_INT("last moment", verify(jwt), TOKEN_OK);
	clock_set_ms((NOW + 600 + 30) * 1000);
	CHECK_INT("over", verify(jwt), TOKEN_EXPIRED);
	clock_set_ms((NOW - 10 - 30) * 1000);
	CHECK_INT("first moment", verify(jwt), TOKEN_OK);
	clock_set_ms((NOW - 10 - 30) * 1000 - 1);
	CHECK_INT("from the future", verify(jwt), TOKEN_INVALID);
	clock_set_ms(NOW * 1000);
}

static const struct {
	const char	*scopes, *one;
	bool		 want;
} scopes[] = {
	{ "a",			"a",		true },
	{ "a b",		"a",		true },
	{ "a b",		"b",		true },
	{ "users:read feed:read", "feed:read",	true },
	{ " a  b ",		"b",		true },
	{ "a b",		"c",		false },
	{ "a b",		"a b",		false },
	{ "a b",		"",		false },
	{ "a  b",		"",		false },
	{ "",			"a",		false },
	{ "",			"",		false },
	{ NULL,			"a",		false },
	{ NULL,			"",		false },
	{ "users:read",		"users:rea",	false },
	{ "users:rea",		"users:read",	false },
	{ "users:read",		"USERS:READ",	false },
	{ "xusers:read",	"users:read",	false },
};

static void
scope(void)
{
	for (size_t i = 0; i < NELEMS(scopes); i++)
		CHECK_INT(scopes[i].one, scope_has(str_of(scopes[i].scopes),
		    str_of(scopes[i].one)), scopes[i].want);
}

TESTS(token,
    { "begin", begin },
    { "sign and verify", there_and_back },
    { "written", written },
    { "sign refuses", sign_refuses },
    { "judged", judged },
    { "skew", skew },
    { "scope", scope },
    { "end", end })
