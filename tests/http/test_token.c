/* Who may: 401, 403 and 400 with their challenges; tokens made by hand. */
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "auth/keys_private.h"
#include "db/db.h"
#include "trial.h"

#define NONE	"Bearer realm=\"api\""
#define INVALID	NONE ", error=\"invalid_token\", error_description=\"invalid\""
#define EXPIRED	NONE ", error=\"invalid_token\", error_description=\"expired\""
#define REQUEST	NONE ", error=\"invalid_request\""
#define SCOPE	NONE ", error=\"insufficient_scope\", scope=\"products:write\""

static struct arena		 arena;
static struct ec_key		*ours, *other;
static struct token_key		 our_key;
static struct token_keys	 keys;

/* The installation's key that signs. */
static struct ec_key *
current_key(const struct conf *cf)
{
	const struct db_conf	 dc = { .socket = cf->database_socket, .host = "",
	    .user = cf->database_user, .password = cf->database_password,
	    .name = cf->database_name, .statement_ms = 10000 };
	struct store		 st = { .arena = &arena };
	struct key_row		*rows;
	const struct key_row	*current;
	struct ec_key		*key = NULL;
	size_t			 n;

	CHECK("database", db_library_init() && (st.db = db_open(&dc)) != NULL &&
	    key_row_list(&st, &rows, &n) == DB_OK);
	current = key_row_find(rows, n, "current");
	CHECK("its key", current != NULL && key_row_open(&st, cf, current->kid.p,
	    &key) == DB_OK);
	db_close(st.db);
	return key;
}

/* One of the installation, one of nobody's. */
static void
test_begin(void)
{
	struct conf	 cf;
	struct buf	 told;
	char		*path;

	trial_begin();
	CHECK("arena", arena_init(&arena, 8 << 20));
	buf_init(&told, &arena);
	path = arena_fmt(&arena, "%s/brisk.conf", getenv("VAR"));
	CHECK("configuration", path != NULL && setenv("BRISK_CONF", path, 1) == 0 &&
	    conf_load(&cf, &told));
	ours = current_key(&cf);
	other = crypto_ec_generate();
	if (ours == NULL || other == NULL)
		exit(2);
	keys = (struct token_keys){ .v = &our_key, .n = 1,
	    .issuer = cf.token_issuer, .audience = cf.token_audience };
	our_key.ec = ours;
	CHECK("kid", crypto_ec_thumbprint(ours, our_key.kid));
}

static void
test_end(void)
{
	trial_end();
	client_end();
	crypto_ec_free(ours);
	crypto_ec_free(other);
	arena_free(&arena);
}

/*
 * A token of the installation's maker, with one thing changed.  One that ended
 * already was made a minute before.
 */
static const char *
minted(struct ec_key *key, const char *issuer, const char *audience,
    const char *scope, int64_t seconds)
{
	struct token_key	 signs = our_key;
	struct token_keys	 k = keys;
	struct token		 t = { .sub = STR("tester"),
				    .client_id = STR("brisk"), .scope = str_of(scope),
				    .jti = STR("0000000000000000") };
	struct buf		 b;

	signs.ec = key;
	k.v = &signs;
	if (issuer != NULL)
		k.issuer = issuer;
	if (audience != NULL)
		k.audience = audience;
	buf_init(&b, &arena);
	if (seconds < 0)
		clock_set_ms(clock_now_ms() + (seconds - 60) * 1000);
	CHECK("signed", token_sign(&k, &t, seconds < 0 ? 60 : seconds, &b) &&
	    buf_ok(&b));
	clock_set_ms(0);
	return b.p;
}

/* Header and claims as given, signed by our key; @ is its kid, < now, > later. */
static const char *
by_hand(const char *header, const char *claims)
{
	const char	*parts[] = { header, claims };
	struct buf	 jwt, json;
	uint8_t		 sig[ES256_LEN];

	buf_init(&jwt, &arena);
	for (size_t i = 0; i < NELEMS(parts); i++) {
		buf_init(&json, &arena);
		for (const char *p = parts[i]; *p != '\0'; p++)
			if (*p == '@')
				buf_puts(&json, our_key.kid);
			else if (*p == '<' || *p == '>')
				buf_int(&json, (int64_t)time(NULL) + (*p == '>') * 300);
			else
				buf_byte(&json, *p == '\'' ? '"' : *p);
		if (i > 0)
			buf_byte(&jwt, '.');
		crypto_base64url_encode(&jwt, json.p, json.n);
	}
	CHECK("signed", crypto_ec_sign(ours, buf_view(&jwt), sig));
	buf_byte(&jwt, '.');
	crypto_base64url_encode(&jwt, sig, sizeof(sig));
	return buf_ok(&jwt) ? jwt.p : "";
}

static void
judge(const char *label, const struct reply *r, int status, const char *code,
    const char *challenge)
{
	check_problem(label, r, status, code);
	CHECK_TEXT(label, reply_header(r, "WWW-Authenticate"), challenge);
	CHECK_INT(label, reply_headers(r, "WWW-Authenticate"), 1);
}

/* What the header may look like, where a token is needed and where none is. */
static void
test_header(void)
{
	static const struct {
		const char	*label, *headers;
		int		 status;
		const char	*code, *challenge;
	}	 cases[] = {
		{ "Basic", "Authorization: Basic YTpi\n", 401, "unauthenticated", NONE },
		{ "an unknown scheme", "Authorization: " MARK " {token}\n", 401,
		    "unauthenticated", NONE },
		{ "a token alone", "Authorization: {token}\n", 401,
		    "unauthenticated", NONE },
		{ "the scheme alone", "Authorization: Bearer\n", 400,
		    "invalid_request", REQUEST },
		{ "letters no token has", "Authorization: Bearer a!b\n", 400,
		    "invalid_request", REQUEST },
		{ "two tokens", "Authorization: Bearer {token} {token}\n", 400,
		    "invalid_request", REQUEST },
		{ "a list of them", "Authorization: Bearer {token}, Bearer {token}\n",
		    400, "invalid_request", REQUEST },
		{ "in quotes", "Authorization: Bearer \"{token}\"\n", 400,
		    "invalid_request", REQUEST },
		{ "the header twice", BEARER BEARER, 400, "invalid_request", REQUEST },
		{ "no JWT", "Authorization: Bearer " MARK "\n", 401, "invalid_token",
		    INVALID },
		{ "two parts", "Authorization: Bearer a.b\n", 401, "invalid_token",
		    INVALID },
		{ "four parts", "Authorization: Bearer {token}.x\n", 401,
		    "invalid_token", INVALID },
		{ "padded", "Authorization: Bearer {token}=\n", 401,
		    "invalid_token", INVALID },
	};

	for (size_t i = 0; i < NELEMS(cases); i++) {
		char		 headers[8192];
		struct reply	 r;

		snprintf(headers, sizeof(headers), "%s%s", cases[i].headers, JSON);
		r = ask_with("POST", PRODUCTS, headers, SPADE(""));
		judge(cases[i].label, &r, cases[i].status, cases[i].code,
		    cases[i].challenge);
		r = ask_get(PRODUCT, cases[i].headers);
		judge(cases[i].label, &r, cases[i].status, cases[i].code,
		    cases[i].challenge);
	}
}

/* Each write without one; what reads need none. */
static void
test_needed(void)
{
	static const struct {
		const char	*method, *path, *headers, *body;
		int		 status;
	}	 cases[] = {
		{ "POST", PRODUCTS, JSON, SPADE(""), 401 },
		{ "PATCH", PRODUCT, MERGE ANY, "{}", 401 },
		{ "PUT", PRODUCT, JSON ANY, "{}", 401 },
		{ "DELETE", PRODUCT, ANY, NULL, 401 },
		{ "POST", CATEGORIES, JSON, SHELF(""), 401 },
		{ "PATCH", CATEGORY, MERGE ANY, "{}", 401 },
		{ "PUT", CATEGORY, JSON ANY, "{}", 401 },
		{ "DELETE", CATEGORY, ANY, NULL, 401 },
		{ "GET", PRODUCTS, "", NULL, 200 },
		{ "GET", PRODUCT, "", NULL, 200 },
		{ "GET", CATEGORY, "", NULL, 200 },
		{ "HEAD", CATEGORY, "", NULL, 200 },
		{ "OPTIONS", PRODUCTS, "", NULL, 204 },
		{ "GET", "/openapi.json", "", NULL, 200 },
	};
	char	 reader[4096 + 32];

	snprintf(reader, sizeof(reader), "Authorization: Bearer %s\n",
	    minted(ours, NULL, NULL, "orders:read", 600));
	for (size_t i = 0; i < NELEMS(cases); i++) {
		char		 headers[8192];
		struct reply	 r = ask_with(cases[i].method, cases[i].path,
				    cases[i].headers, cases[i].body);

		if (cases[i].status == 401)
			judge(cases[i].path, &r, 401, "unauthenticated", NONE);
		else
			CHECK_INT(cases[i].path, r.status, cases[i].status);
		snprintf(headers, sizeof(headers), "%s%s", reader, cases[i].headers);
		r = ask_with(cases[i].method, cases[i].path, headers, cases[i].body);
		if (cases[i].status == 401)
			judge(cases[i].path, &r, 403, "insufficient_scope", SCOPE);
		else
			CHECK_INT(cases[i].path, r.status, cases[i].status);
	}
}

/* Judged alike where it is needed and where it is only sent. */
static void
try_token(const char *label, const char *jwt, int status, const char *code,
    const char *challenge)
{
	struct reply	 r;

	let("jwt", jwt);
	r = ask_with("PATCH", PRODUCT, "Authorization: Bearer {jwt}\n" MERGE ANY, "{}");
	if (code != NULL)
		judge(label, &r, status, code, challenge);
	else
		CHECK_INT(label, r.status, status);
	if (status == 403)
		return;
	r = ask_get(PRODUCT, "Authorization: Bearer {jwt}\n");
	if (code != NULL)
		judge(label, &r, status, code, challenge);
	else
		CHECK_INT(label, r.status, status);
}

static void
test_minted(void)
{
	const struct {
		const char		*label;
		struct ec_key		*key;
		const char		*issuer, *audience, *scope;
		int64_t			 seconds;
		int			 status;
		const char		*code, *challenge;
	}	 cases[] = {
		{ "right", ours, NULL, NULL, "products:write", 600, 200, NULL, NULL },
		{ "among others", ours, NULL, NULL, "ops:read products:write", 600, 200,
		    NULL, NULL },
		{ "just expired: clocks differ", ours, NULL, NULL, "products:write", -5,
		    200, NULL, NULL },
		{ "expired", ours, NULL, NULL, "products:write", -31, 401,
		    "invalid_token", EXPIRED },
		{ "long expired", ours, NULL, NULL, "products:write", -86400, 401,
		    "invalid_token", EXPIRED },
		{ "signed by another", other, NULL, NULL, "products:write", 600, 401,
		    "invalid_token", INVALID },
		{ "of another issuer", ours, "https://other.example", NULL,
		    "products:write", 600, 401, "invalid_token", INVALID },
		{ "for another audience", ours, NULL, "https://other.example",
		    "products:write", 600, 401, "invalid_token", INVALID },
		{ "expired and of another", other, NULL, NULL, "products:write", -600,
		    401, "invalid_token", INVALID },
		{ "for something else", ours, NULL, NULL, "orders:write", 600, 403,
		    "insufficient_scope", SCOPE },
		{ "for nothing", ours, NULL, NULL, "", 600, 403, "insufficient_scope",
		    SCOPE },
		{ "for the beginning of it", ours, NULL, NULL, "products:writ products",
		    600, 403, "insufficient_scope", SCOPE },
		{ "for more than it", ours, NULL, NULL, "products:writers", 600, 403,
		    "insufficient_scope", SCOPE },
	};

	for (size_t i = 0; i < NELEMS(cases); i++)
		try_token(cases[i].label, minted(cases[i].key, cases[i].issuer,
		    cases[i].audience, cases[i].scope, cases[i].seconds),
		    cases[i].status, cases[i].code, cases[i].challenge);
}

#define H(typ, alg, more)						\
	"{'typ':'" typ "','alg':'" alg "','kid':'@'" more "}"
#define C(more)								\
	"{'iss':'{iss}','aud':'{aud}','sub':'u','client_id':'brisk','jti':'j',"	\
	"'iat':<,'exp':>,'scope':'products:write'" more "}"
#define AT	H("at+jwt", "ES256", "")

static void
test_by_hand(void)
{
	static const struct {
		const char	*label, *header, *claims;
		bool		 good;
	}	 cases[] = {
		{ "right", AT, C(""), true },
		{ "with more claims", AT, C(",'roles':['merchant'],'x':1"), true },
		{ "another type", H("JWT", "ES256", ""), C(""), false },
		{ "no type", "{'alg':'ES256','kid':'@'}", C(""), false },
		{ "no algorithm", H("at+jwt", "none", ""), C(""), false },
		{ "None", H("at+jwt", "None", ""), C(""), false },
		{ "HS256", H("at+jwt", "HS256", ""), C(""), false },
		{ "another curve", H("at+jwt", "ES384", ""), C(""), false },
		{ "no kid", "{'typ':'at+jwt','alg':'ES256'}", C(""), false },
		{ "another kid", "{'typ':'at+jwt','alg':'ES256','kid':'x'}", C(""), false },
		{ "crit", H("at+jwt", "ES256", ",'crit':['x'],'x':1"), C(""), false },
		{ "jku", H("at+jwt", "ES256", ",'jku':'https://evil.example'"), C(""),
		    false },
		{ "a key of its own", H("at+jwt", "ES256", ",'jwk':{'kty':'EC'}"), C(""),
		    false },
		{ "a claim twice", AT, C(",'sub':'admin'"), false },
		{ "no subject", AT, "{'iss':'{iss}','aud':'{aud}','client_id':'brisk',"
		    "'jti':'j','iat':<,'exp':>,'scope':'products:write'}", false },
		{ "no end", AT, "{'iss':'{iss}','aud':'{aud}','client_id':'brisk','sub':'u',"
		    "'jti':'j','iat':<,'scope':'products:write'}", false },
		{ "an end in words", AT, "{'iss':'{iss}','aud':'{aud}','sub':'u',"
		    "'client_id':'brisk','jti':'j','iat':<,'exp':'>'}", false },
		{ "made tomorrow", AT, "{'iss':'{iss}','aud':'{aud}','sub':'u',"
		    "'client_id':'brisk','jti':'j','iat':>,'exp':>,"
		    "'scope':'products:write'}", false },
		{ "no claims", AT, "[]", false },
	};

	let("iss", keys.issuer);
	let("aud", keys.audience);
	for (size_t i = 0; i < NELEMS(cases); i++)
		try_token(cases[i].label, by_hand(cases[i].header,
		    filled(cases[i].claims)), cases[i].good ? 200 : 401,
		    cases[i].good ? NULL : "invalid_token",
		    cases[i].good ? NULL : INVALID);
}

/* The signature is of these bytes and no others; nothing without one. */
static void
test_changed(void)
{
	char	 jwt[4096];
	size_t	 n, dot;

	for (int i = 0; i < 4; i++) {
		n = (size_t)snprintf(jwt, sizeof(jwt), "%s",
		    minted(ours, NULL, NULL, "products:write", 600));
		dot = (size_t)(strrchr(jwt, '.') - jwt);
		switch (i) {
		case 0:			/* one bit of the claims */
			jwt[dot - 20] = jwt[dot - 20] == 'A' ? 'B' : 'A';
			break;
		case 1:			/* and of the signature */
			jwt[dot + 10] = jwt[dot + 10] == 'A' ? 'B' : 'A';
			break;
		case 2:
			jwt[dot + 1] = '\0';
			break;
		case 3:
			jwt[n - 1] = '\0';
			break;
		}
		try_token("changed", jwt, 401, "invalid_token", INVALID);
	}
}

static void
test_long(void)
{
	char	 pad[4000], claims[4600];

	memset(pad, 'x', sizeof(pad) - 1);
	pad[sizeof(pad) - 1] = '\0';
	snprintf(claims, sizeof(claims), "%s%s'}", "{'sub':'u','pad':'", pad);
	try_token("over 4 KiB", by_hand(AT, claims), 401, "invalid_token", INVALID);
}

TESTS(token,
    { "begin", test_begin },
    { "the header", test_header },
    { "where it is needed", test_needed },
    { "by our maker", test_minted },
    { "by hand", test_by_hand },
    { "changed", test_changed },
    { "too long", test_long },
    { "end", test_end })
