/*
 * card_test - a provider of card payments, as the tests have one: a program
 * with a book of its own, asked over HTTP (tests/fakes/card_test.py).
 *
 *	POST /charges				charge; Idempotency-Key is our key
 *	GET  /charges/KEY			what became of it, or 404
 *	POST /charges/KEY/cancellation		never, or not any more
 *	POST /refunds				give back; Idempotency-Key again
 *
 * Every answer is judged by its schema and must be about what was asked.
 */
#include "crypto/crypto.h"
#include "schema/encode.h"
#include "crypto/fetch.h"
#include "posting.h"
#include "provider.h"

#define MAX_ANSWER	((size_t)64 << 10)

/* What is sent, and what comes back. */
struct sent { struct str charge, token, reference, currency; int64_t amount; };
struct charge { struct str key, status, ref, currency, decline_code; int64_t amount; };
struct notice { struct str id, type; struct charge *charge; };

#define TEXT(T, m, most)	FIELD_STR(T, m, .max = (most), .doc = "As it is called")
#define MAYBE(T, m, most)						\
	FIELD_STR(T, m, .max = (most), .flags = FIELD_OPTIONAL, .doc = "As it is called")
#define AMOUNT(T)							\
	FIELD_INT(T, amount, .min = 1, .doc = "Minor units"),		\
	FIELD_STR(T, currency, .pattern = "[A-Z]{3}", .doc = "As it is called")

static const struct schema sent = SCHEMA("CardTestRequest", struct sent,
	MAYBE(struct sent, charge, 36), MAYBE(struct sent, token, 255),
	MAYBE(struct sent, reference, 36), AMOUNT(struct sent));

static const struct schema charge_schema = SCHEMA_OPEN("CardTestCharge", struct charge,
	TEXT(struct charge, key, 36), TEXT(struct charge, status, 40),
	FIELD_STR(struct charge, ref, .flags = FIELD_OPTIONAL, .max = 100,
	    .pattern = "[!-~]+", .doc = "Its own name"),
	MAYBE(struct charge, decline_code, 60), AMOUNT(struct charge));

static const struct schema notice_schema = SCHEMA_OPEN("CardTestEvent", struct notice,
	TEXT(struct notice, id, 100), TEXT(struct notice, type, 60),
	FIELD_OBJECT(struct notice, charge, struct charge, .schema = &charge_schema,
	    .flags = FIELD_OPTIONAL, .doc = "The charge it is about"));

static bool
ready(const struct conf *cf)
{
	return cf->card_test_url[0] != '\0' && cf->card_test_secret[0] != '\0';
}

/* Only its owner knows what a token is for: any printable text can be one. */
static enum db_err
takes(struct store *st, const struct payer *p)
{
	(void)st;
	for (size_t i = 0; i < p->token.n; i++)
		if (p->token.p[i] <= ' ' || p->token.p[i] > '~')
			return DB_ABORT;
	return p->token.n == 0 ? DB_ABORT : DB_OK;
}

/* What the provider owes us. */
static enum db_err
account(struct store *st, const struct payer *p, struct uuid *id)
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

/* --- what it says ----------------------------------------------------------------- */

/* Its words; any other is no answer. */
static const struct {
	const char		*status;
	enum provider_result	 end;
} ends[] = {
	{ "succeeded", PROVIDER_DONE }, { "declined", PROVIDER_DECLINED },
	{ "failed", PROVIDER_DECLINED }, { "canceled", PROVIDER_CANCELED },
};

static void
unclear(struct provider_answer *a, const char *why)
{
	*a = (struct provider_answer){ .end = PROVIDER_UNKNOWN, .why = why };
}

static void
take_status(const struct charge *is, struct provider_answer *a)
{
	unclear(a, "it has not ended");
	for (size_t i = 0; i < NELEMS(ends); i++)
		if (str_is(is->status, ends[i].status))
			*a = (struct provider_answer){ .end = ends[i].end,
			    .ref = is->ref, .code = is->decline_code };
}

static bool
read_object(struct arena *arena, const struct schema *sh, struct str text, void *out)
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
judge(const struct provider_request *c, const struct fetch_result *f, struct provider_answer *a)
{
	struct charge	 is;

	if (f->status == 0)
		unclear(a, f->error);
	else if (f->status != 200 && f->status != 201)
		unclear(a, arena_fmt(c->arena, "it answers %d", f->status));
	else if (f->cut || f->body.n > MAX_ANSWER)
		unclear(a, "its answer is too long");
	else if (!read_object(c->arena, &charge_schema, buf_view(&f->body), &is))
		unclear(a, "its answer is not what was agreed");
	else if (!str_eq(is.key, c->key) || is.amount != c->amount.amount ||
	    !str_is(is.currency, c->amount.currency))
		unclear(a, "it answers about something else");
	else
		take_status(&is, a);
}

/* --- what it is asked ------------------------------------------------------------- */

/* `what` NULL: a question without a body. */
static void
call(const struct provider_request *c, const char *path, const struct sent *what,
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
		encode_object(&body, &sent, what, ENCODE_ALL);
	if (url == NULL || known == NULL || key == NULL || !buf_ok(&body))
		return;
	fetch(c->arena, &(const struct fetch){ .method = what == NULL ? "GET" : "POST",
	    .url = url, .body = what == NULL ? (struct str){ NULL, 0 } : buf_view(&body),
	    .headers = FETCH_HEADERS(known, key, "Content-Type: application/json"),
	    .timeout_ms = c->conf->provider_ms }, out);
}

static struct sent
amount_of(const struct provider_request *c)
{
	return (struct sent){ .amount = c->amount.amount,
	    .currency = str_of(c->amount.currency) };
}

static void
charge(const struct provider_request *c, struct provider_answer *a)
{
	struct sent	 s = amount_of(c);
	struct fetch_result	 f;

	s.token = c->token;
	s.reference = c->reference;
	call(c, "/charges", &s, &f);
	judge(c, &f, a);
}

static void
find(const struct provider_request *c, struct provider_answer *a)
{
	const char	*path = arena_fmt(c->arena, "/charges/%.*s", STR_ARG(c->key));
	struct fetch_result	 f;

	call(c, path == NULL ? "" : path, NULL, &f);
	if (f.status == 404 && path != NULL)
		a->end = PROVIDER_NOTHING;
	else
		judge(c, &f, a);
}

static void
cancel(const struct provider_request *c, struct provider_answer *a)
{
	const char	*path = arena_fmt(c->arena, "/charges/%.*s/cancellation",
			    STR_ARG(c->key));
	const struct sent s = amount_of(c);
	struct fetch_result	 f;

	call(c, path == NULL ? "" : path, &s, &f);
	judge(c, &f, a);
}

static void
refund(const struct provider_request *c, struct provider_answer *a)
{
	struct sent	 s = amount_of(c);
	struct fetch_result	 f;

	s.charge = c->charge;
	call(c, "/refunds", &s, &f);
	judge(c, &f, a);
}

/* --- what it sends ---------------------------------------------------------------- */

static bool
is_signed(const struct req *rq)
{
	struct str	 given = req_env(rq, "HTTP_WEBHOOK_SIGNATURE");
	uint8_t		 mac[SHA256_LEN];
	struct buf	 hex;

	buf_init(&hex, rq->arena);
	if (!crypto_hmac(str_of(rq->conf->card_test_secret), rq->body, mac))
		return false;
	buf_hex(&hex, mac, sizeof(mac));
	return buf_ok(&hex) && given.n == hex.n && crypto_equal(given.p, hex.p, hex.n);
}

static bool
event(const struct req *rq, struct provider_event *e)
{
	struct notice	 n;

	*e = (struct provider_event){ .key = { NULL, 0 } };
	if (!read_object(rq->arena, &notice_schema, rq->body, &n))
		return false;
	e->id = n.id;
	if (n.charge == NULL || !str_starts(n.type, STR("charge.")))
		return true;
	e->key = n.charge->key;
	e->amount.amount = n.charge->amount;
	memcpy(e->amount.currency, n.charge->currency.p, n.charge->currency.n);
	take_status(n.charge, &e->told);
	return true;
}

const struct provider provider_card_test = {
	.name = "card_test", .ready = ready, .takes = takes, .account = account,
	.charge = charge, .find = find, .cancel = cancel, .refund = refund,
	.is_signed = is_signed, .event = event,
};
