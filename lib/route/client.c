/* client - who a client says it is, and whether that is so. */
#include <strings.h>

#include "route/client.h"

#include "crypto/crypto.h"
#include "schema/decode.h"

static const struct schema by_id = SCHEMA("ClientKey", struct client,
	FIELD_STR(struct client, id, .doc = "Its name in OAuth"));

static const struct schema row = SCHEMA("Client", struct client,
	FIELD_STR(struct client, id, .doc = "Its name in OAuth"),
	FIELD_STR(struct client, name, .doc = "For people"),
	FIELD_STR(struct client, kind, .doc = "public or confidential"),
	FIELD_STR(struct client, secret_hash, .flags = FIELD_OPTIONAL,
	    .doc = "SHA-256 of its secret"),
	FIELD_BOOL(struct client, first_party, .doc = "May ask for passwords"),
	FIELD_STR(struct client, scopes, .doc = "Most it may be given"),
	FIELD_STR(struct client, grants, .doc = "Grant types it may use"),
	FIELD_STR(struct client, state, .doc = "active or deleted"));

const struct query client_queries[] = {
	{ "SELECT id, name, kind, LOWER(HEX(secret_hash)), first_party, scopes, grants,"
	  " state FROM clients WHERE id = ?", .in = &by_id, .out = &row },
	{ NULL, NULL, NULL },
};

enum db_err
client_find(struct store *st, struct str id, struct client *out)
{
	const struct client	 key = { .id = id };
	enum db_err		 err = query_one(st, &client_queries[0], &key, out);

	return err == DB_BAD_VALUE ? DB_NOT_FOUND : err;	/* no id has such characters */
}

bool
client_grants(const struct client *c, const char *grant)
{
	return scope_has(c->grants, str_of(grant));
}

bool
client_secret(struct buf *secret)
{
	uint8_t	 bits[32];

	if (!crypto_random(bits, sizeof(bits)))
		return false;
	crypto_base64url_encode(secret, bits, sizeof(bits));
	return buf_ok(secret);
}

bool
client_secret_hash(struct str secret, struct buf *hex)
{
	uint8_t	 digest[SHA256_LEN];

	if (!crypto_sha256(secret, digest))
		return false;
	buf_hex(hex, digest, sizeof(digest));
	return buf_ok(hex);
}

/* What a request says of its client, and how. */
struct claim {
	struct str	 id, secret;
	bool		 basic;
};

static enum http_status
unproved(struct resp *rs, const struct claim *c)
{
	if (c->basic)
		resp_header(rs, "WWW-Authenticate", "Basic realm=\"api\"");
	return resp_problem(rs, HTTP_UNAUTHORIZED, "invalid_client",
	    "client authentication failed");
}

/* RFC 4648 section 4 into bytes: the url alphabet, and no padding. */
static bool
unbase64(struct arena *a, struct str text, struct str *out)
{
	char	*p = arena_alloc(a, text.n + 1);

	if (p == NULL || text.n % 4 != 0)
		return false;
	while (text.n > 0 && text.p[text.n - 1] == '=')
		text.n--;
	for (size_t i = 0; i < text.n; i++) {
		p[i] = text.p[i] == '+' ? '-' : text.p[i] == '/' ? '_' : text.p[i];
		if (text.p[i] == '-' || text.p[i] == '_')
			return false;
	}
	return crypto_base64url_decode(a, (struct str){ p, text.n }, out);
}

/* "Basic " and base64 of id:secret, each in form coding. */
static bool
take_basic(struct arena *a, struct str header, struct claim *out)
{
	struct str	 rest = header, scheme = str_cut(&rest, ' '), pair;

	if (scheme.n != 5 || strncasecmp(scheme.p, "Basic", 5) != 0)
		return false;
	while (rest.n > 0 && rest.p[0] == ' ')
		rest = str_from(rest, 1);
	if (rest.n == 0 || !unbase64(a, rest, &pair))
		return false;
	rest = pair;
	pair = str_cut(&rest, ':');
	return rest.p != NULL && decode_form_text(a, pair, &out->id) &&
	    decode_form_text(a, rest, &out->secret);
}

/* A parameter of the form, absent when it was not sent. */
static struct str
form_text(const struct req *rq, const char *name)
{
	const struct field	*f = schema_find(rq->route->form, str_of(name));

	return *(const struct str *)field_at(f, rq->input.body);
}

/* 0 and what the request claims, or a refusal: it must be said in one way. */
static enum http_status
take_claim(const struct req *rq, struct resp *rs, struct claim *out)
{
	struct str	 header = req_env(rq, "HTTP_AUTHORIZATION");
	struct str	 id = form_text(rq, "client_id");
	struct str	 secret = form_text(rq, "client_secret");

	*out = (struct claim){ .id = id, .secret = secret, .basic = header.n > 0 };
	if (!out->basic)
		return 0;
	if (!take_basic(rq->arena, header, out))
		return unproved(rs, out);
	if (secret.n > 0 || (id.n > 0 && !str_eq(id, out->id)))
		return resp_problem(rs, HTTP_BAD_REQUEST, "invalid_request",
		    "use only one method of client authentication");
	return 0;
}

/* One that is not there is compared, too. */
static bool
is_proved(struct arena *a, const struct client *c, const struct claim *claim)
{
	static const char	 nobody[] = "0000000000000000000000000000000000000000"
				    "000000000000000000000000";
	struct str		 kept = c->secret_hash.n == 2 * SHA256_LEN ?
				    c->secret_hash : str_of(nobody);
	struct buf		 hex;
	bool			 same;

	buf_init(&hex, a);
	same = client_secret_hash(claim->secret, &hex) && hex.n == kept.n &&
	    crypto_equal(hex.p, kept.p, kept.n);
	if (!str_is(c->state, "active"))
		return false;
	return str_is(c->kind, "public") ? claim->secret.n == 0 : same;
}

enum http_status
client_check(struct req *rq, struct resp *rs)
{
	struct claim		 claim;
	enum http_status	 status = take_claim(rq, rs, &claim);
	struct client		*c = arena_new(rq->arena, struct client);
	enum db_err		 err;

	if (status != 0)
		return status;
	if (c == NULL)
		return resp_db_error(rs, DB_NO_MEMORY);
	err = client_find(rq->store, claim.id.n == 0 ? STR("") : claim.id, c);
	if (err != DB_OK && err != DB_NOT_FOUND)
		return resp_db_error(rs, err);
	if (!is_proved(rq->arena, c, &claim))
		return unproved(rs, &claim);
	rq->client = c;
	return 0;
}
