/* client - authentication of OAuth clients. */
#include <strings.h>

#include "route/client.h"

#include "crypto/crypto.h"
#include "schema/decode.h"

static const struct schema by_id = SCHEMA("ClientKey", struct client,
	FIELD_STR(struct client, id, .doc = "client_id"));

static const struct schema row = SCHEMA("Client", struct client,
	FIELD_STR(struct client, id, .doc = "client_id"),
	FIELD_STR(struct client, name, .doc = "Display name"),
	FIELD_STR(struct client, kind, .doc = "public or confidential"),
	FIELD_STR(struct client, secret_hash, .flags = FIELD_OPTIONAL,
	    .doc = "SHA-256 of the secret, in hexadecimal"),
	FIELD_BOOL(struct client, first_party, .doc = "May use the password grant"),
	FIELD_STR(struct client, scopes, .doc = "Scopes that it can be granted"),
	FIELD_STR(struct client, grants, .doc = "Grant types that it may use"),
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

/* The credentials of a request. */
struct credentials {
	struct str	 id, secret;
	bool		 basic;
};

static enum http_status
refuse_client(struct resp *rs, const struct credentials *c)
{
	if (c->basic)
		resp_header(rs, "WWW-Authenticate", "Basic realm=\"api\"");
	return resp_problem(rs, HTTP_UNAUTHORIZED, "invalid_client",
	    "client authentication failed");
}

/* Decode base64 (RFC 4648 section 4): convert it to base64url without padding. */
static bool
decode_base64(struct arena *a, struct str text, struct str *out)
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

/* "Basic " and base64 of id:secret, both form-encoded (RFC 6749 section 2.3.1). */
static bool
parse_basic(struct arena *a, struct str header, struct credentials *out)
{
	struct str	 rest = header, scheme = str_cut(&rest, ' '), pair;

	if (scheme.n != 5 || strncasecmp(scheme.p, "Basic", 5) != 0)
		return false;
	while (rest.n > 0 && rest.p[0] == ' ')
		rest = str_from(rest, 1);
	if (rest.n == 0 || !decode_base64(a, rest, &pair))
		return false;
	rest = pair;
	pair = str_cut(&rest, ':');
	return rest.p != NULL && decode_form_text(a, pair, &out->id) &&
	    decode_form_text(a, rest, &out->secret);
}

/* A parameter of the form; absent if it was not sent. */
static struct str
form_text(const struct req *rq, const char *name)
{
	const struct field	*f = schema_find(rq->route->form, str_of(name));

	return *(const struct str *)field_at(f, rq->input.body);
}

/* Read the credentials: 0, or a refusal if they are malformed or sent twice. */
static enum http_status
read_credentials(const struct req *rq, struct resp *rs, struct credentials *out)
{
	struct str	 header = req_env(rq, "HTTP_AUTHORIZATION");
	struct str	 id = form_text(rq, "client_id");
	struct str	 secret = form_text(rq, "client_secret");

	*out = (struct credentials){ .id = id, .secret = secret, .basic = header.n > 0 };
	if (!out->basic)
		return 0;
	if (!parse_basic(rq->arena, header, out))
		return refuse_client(rs, out);
	if (secret.n > 0 || (id.n > 0 && !str_eq(id, out->id)))
		return resp_problem(rs, HTTP_BAD_REQUEST, "invalid_request",
		    "use only one method of client authentication");
	return 0;
}

/* An unknown client is compared with a dummy hash, so that the time reveals nothing. */
static bool
is_authentic(struct arena *a, const struct client *c, const struct credentials *sent)
{
	static const char	 dummy[] = "0000000000000000000000000000000000000000"
				    "000000000000000000000000";
	struct str		 kept = c->secret_hash.n == 2 * SHA256_LEN ?
				    c->secret_hash : str_of(dummy);
	struct buf		 hex;
	bool			 same;

	buf_init(&hex, a);
	same = client_secret_hash(sent->secret, &hex) && hex.n == kept.n &&
	    crypto_equal(hex.p, kept.p, kept.n);
	if (!str_is(c->state, "active"))
		return false;
	return str_is(c->kind, "public") ? sent->secret.n == 0 : same;
}

enum http_status
client_check(struct req *rq, struct resp *rs)
{
	struct credentials	 sent;
	enum http_status	 status = read_credentials(rq, rs, &sent);
	struct client		*c = arena_new(rq->arena, struct client);
	enum db_err		 err;

	if (status != 0)
		return status;
	if (c == NULL)
		return resp_db_error(rs, DB_NO_MEMORY);
	err = client_find(rq->store, sent.id.n == 0 ? STR("") : sent.id, c);
	if (err != DB_OK && err != DB_NOT_FOUND)
		return resp_db_error(rs, err);
	if (!is_authentic(rq->arena, c, &sent))
		return refuse_client(rs, &sent);
	rq->client = c;
	return 0;
}
