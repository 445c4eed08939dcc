/*
 * card_test - a provider of card payments for tests, called over HTTP
 * (tests/fakes/card_test.py).
 *
 *	POST /charges				charge; Idempotency-Key is our key
 *	GET  /charges/KEY			look up a charge; 404 if it is unknown
 *	POST /charges/KEY/cancellation		prevent or revert a charge
 *	POST /refunds				refund; with an Idempotency-Key of its own
 *
 * An answer must match its schema and repeat the key, amount and currency of the
 * request; any other answer is ambiguous.
 */
#include "crypto/crypto.h"
#include "schema/encode.h"
#include "crypto/fetch.h"
#include "posting.h"
#include "provider.h"

#define MAX_ANSWER	((size_t)64 << 10)

/* Request, answer and event. */
struct card_request { struct str charge, token, reference, currency; int64_t amount; };
struct card_charge { struct str key, status, ref, currency, decline_code; int64_t amount; };
struct card_event_body { struct str id, type; struct card_charge *charge; };

#define TEXT(T, m, most)	FIELD_STR(T, m, .max = (most), .doc = "Text")
#define MAYBE(T, m, most)						\
	FIELD_STR(T, m, .max = (most), .flags = FIELD_OPTIONAL, .doc = "Optional text")
#define AMOUNT(T)							\
	FIELD_INT(T, amount, .min = 1, .doc = "Minor units"),		\
	FIELD_STR(T, currency, .pattern = "[A-Z]{3}", .doc = "Currency (ISO 4217)")

static const struct schema card_request = SCHEMA("CardTestRequest", struct card_request,
	MAYBE(struct card_request, charge, 36), MAYBE(struct card_request, token, 255),
	MAYBE(struct card_request, reference, 36), AMOUNT(struct card_request));

static const struct schema card_charge_schema = SCHEMA_OPEN("CardTestCharge", struct card_charge,
	TEXT(struct card_charge, key, 36), TEXT(struct card_charge, status, 40),
	FIELD_STR(struct card_charge, ref, .flags = FIELD_OPTIONAL, .max = 100,
	    .pattern = "[!-~]+", .doc = "The provider's reference"),
	MAYBE(struct card_charge, decline_code, 60), AMOUNT(struct card_charge));

static const struct schema card_event_schema = SCHEMA_OPEN("CardTestEvent", struct card_event_body,
	TEXT(struct card_event_body, id, 100), TEXT(struct card_event_body, type, 60),
	FIELD_OBJECT(struct card_event_body, charge, struct card_charge,
	    .schema = &card_charge_schema,
	    .flags = FIELD_OPTIONAL, .doc = "The charge that changed"));

static bool
card_ready(const struct conf *cf)
{
	return cf->card_test_url[0] != '\0' && cf->card_test_secret[0] != '\0';
}

/* Tokens are opaque: any printable ASCII text may be valid. */
static enum db_err
card_accepts(struct store *st, const struct payer *p)
{
	(void)st;
	for (size_t i = 0; i < p->token.n; i++)
		if (p->token.p[i] <= ' ' || p->token.p[i] > '~')
			return DB_ABORT;
	return p->token.n == 0 ? DB_ABORT : DB_OK;
}

/* An asset: what the provider owes us. */
static enum db_err
card_account(struct store *st, const struct payer *p, struct uuid *id)
{
	const char		*c = p->amount.currency;
	struct posting_account	 a = { .currency = str_of(c), .kind = STR("asset") };
	enum db_err		 err;

	a.code = str_of(arena_fmt(st->arena, "card_test:%c%c%c", c[0] | 0x20,
	    c[1] | 0x20, c[2] | 0x20));
	if (a.code.p == NULL)
		return DB_NO_MEMORY;
	err = posting_account(st, &a);
	*id = a.id;
	return err == DB_ABORT ? DB_BUG : err;
}

/* --- answers ---------------------------------------------------------------------- */

/* Final statuses; with any other the charge has not ended. */
static const struct {
	const char		*status;
	enum provider_result	 end;
} final_statuses[] = {
	{ "succeeded", PROVIDER_DONE }, { "declined", PROVIDER_DECLINED },
	{ "failed", PROVIDER_DECLINED }, { "canceled", PROVIDER_CANCELED },
};

static void
answer_unknown(struct provider_answer *a, const char *why)
{
	*a = (struct provider_answer){ .end = PROVIDER_UNKNOWN, .why = why };
}

static void
answer_of_status(const struct card_charge *is, struct provider_answer *a)
{
	answer_unknown(a, "the charge has not ended");
	for (size_t i = 0; i < NELEMS(final_statuses); i++)
		if (str_is(is->status, final_statuses[i].status))
			*a = (struct provider_answer){ .end = final_statuses[i].end,
			    .ref = is->ref, .code = is->decline_code };
}

static bool
body_decode(struct arena *arena, const struct schema *sh, struct str text, void *out)
{
	struct faults	 fs;
	struct doc	*doc;
	bool		 ok;

	if (decode_parse(arena, text, &doc).fault != JSON_OK)
		return false;
	faults_init(&fs, arena);
	ok = decode_object(sh, doc, DECODE_WHOLE, "#", out, NULL, &fs);
	doc_free(doc);
	return ok;
}

static void
answer_of_response(const struct provider_request *c, const struct fetch_result *f, struct provider_answer *a)
{
	struct card_charge	 is;

	if (f->status == 0)
		answer_unknown(a, f->error);
	else if (f->status != 200 && f->status != 201)
		answer_unknown(a, arena_fmt(c->arena, "HTTP status %d", f->status));
	else if (f->cut || f->body.n > MAX_ANSWER)
		answer_unknown(a, "the answer is too long");
	else if (!body_decode(c->arena, &card_charge_schema, buf_view(&f->body), &is))
		answer_unknown(a, "the answer does not match its schema");
	else if (!str_eq(is.key, c->key) || is.amount != c->amount.amount ||
	    !str_is(is.currency, c->amount.currency))
		answer_unknown(a, "the answer is about another charge");
	else
		answer_of_status(&is, a);
}

/* --- requests --------------------------------------------------------------------- */

/* POST `what`, or GET if it is NULL. */
static void
card_send(const struct provider_request *c, const char *path, const struct card_request *what,
    struct fetch_result *out)
{
	const char	*url = arena_fmt(c->arena, "%s%s", c->conf->card_test_url, path);
	const char	*known = arena_fmt(c->arena, "Authorization: Bearer %s",
			    c->conf->card_test_secret);
	const char	*key = arena_fmt(c->arena, "Idempotency-Key: %.*s", STR_ARG(c->key));
	struct buf	 body;

	*out = (struct fetch_result){ .error = "no memory" };
	buf_init(&body, c->arena);
	if (what != NULL)
		encode_object(&body, &card_request, what, ENCODE_ALL);
	if (url == NULL || known == NULL || key == NULL || !buf_ok(&body))
		return;
	fetch(c->arena, &(const struct fetch){ .method = what == NULL ? "GET" : "POST",
	    .url = url, .body = what == NULL ? (struct str){ NULL, 0 } : buf_view(&body),
	    .headers = FETCH_HEADERS(known, key, "Content-Type: application/json"),
	    .timeout_ms = c->conf->provider_ms }, out);
}

static struct card_request
request_amount(const struct provider_request *c)
{
	return (struct card_request){ .amount = c->amount.amount,
	    .currency = str_of(c->amount.currency) };
}

static void
card_charge(const struct provider_request *c, struct provider_answer *a)
{
	struct card_request	 s = request_amount(c);
	struct fetch_result	 f;

	s.token = c->token;
	s.reference = c->reference;
	card_send(c, "/charges", &s, &f);
	answer_of_response(c, &f, a);
}

static void
card_find(const struct provider_request *c, struct provider_answer *a)
{
	const char	*path = arena_fmt(c->arena, "/charges/%.*s", STR_ARG(c->key));
	struct fetch_result	 f;

	card_send(c, path == NULL ? "" : path, NULL, &f);
	if (f.status == 404 && path != NULL)
		a->end = PROVIDER_NOTHING;
	else
		answer_of_response(c, &f, a);
}

static void
card_cancel(const struct provider_request *c, struct provider_answer *a)
{
	const char	*path = arena_fmt(c->arena, "/charges/%.*s/cancellation",
			    STR_ARG(c->key));
	const struct card_request s = request_amount(c);
	struct fetch_result	 f;

	card_send(c, path == NULL ? "" : path, &s, &f);
	answer_of_response(c, &f, a);
}

static void
card_refund(const struct provider_request *c, struct provider_answer *a)
{
	struct card_request	 s = request_amount(c);
	struct fetch_result	 f;

	s.charge = c->charge;
	card_send(c, "/refunds", &s, &f);
	answer_of_response(c, &f, a);
}

/* --- webhooks --------------------------------------------------------------------- */

static bool
card_is_signed(const struct req *rq)
{
	struct str	 given = req_env(rq, "HTTP_WEBHOOK_SIGNATURE");
	uint8_t		 mac[SHA256_LEN];
	struct buf	 hex;

	buf_init(&hex, rq->arena);
	if (!crypto_hmac(str_of(rq->conf->card_test_secret), rq->body.bytes, mac))
		return false;
	buf_hex(&hex, mac, sizeof(mac));
	return buf_ok(&hex) && given.n == hex.n && crypto_equal(given.p, hex.p, hex.n);
}

static bool
card_event(const struct req *rq, struct provider_event *e)
{
	struct card_event_body	 n;

	*e = (struct provider_event){ .key = { NULL, 0 } };
	if (!body_decode(rq->arena, &card_event_schema, rq->body.bytes, &n))
		return false;
	e->id = n.id;
	if (n.charge == NULL || !str_starts(n.type, STR("charge.")))
		return true;
	e->key = n.charge->key;
	e->amount.amount = n.charge->amount;
	memcpy(e->amount.currency, n.charge->currency.p, n.charge->currency.n);
	answer_of_status(n.charge, &e->answer);
	return true;
}

const struct provider provider_card_test = {
	.name = "card_test", .ready = card_ready, .accepts = card_accepts, .account = card_account,
	.charge = card_charge, .find = card_find, .cancel = card_cancel, .refund = card_refund,
	.is_signed = card_is_signed, .event = card_event,
};
