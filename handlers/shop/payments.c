/*
 * payments: an order is paid, with money of the ledger or by a provider outside.
 *
 * The amount is the order's, never the client's.  What is asked for here is
 * written down and queued; the jobs (payment_job.c) do it.
 */
#include "app.h"
#include "base/clock.h"
#include "base/log.h"
#include "order.h"
#include "payment_private.h"
#include "posting.h"
#include "stock.h"

struct method { struct str type, token; };

struct payment_new {
	struct uuid	 order_id;
	struct method	*method;
	struct str	 capture;
};

struct refund_new { struct opt_int amount; struct str reason; };
struct payment_key { struct uuid id; };
struct webhook_key { struct str provider; };
struct webhook { struct str id, type; };

static const struct schema method = SCHEMA("PaymentMethod", struct method,
	FIELD_STR(struct method, type, .one_of = ENUM("card_test", "wallet"),
	    .doc = "`wallet`: an account of the ledger that is one's own"),
	FIELD_STR(struct method, token, .min = 1, .max = 255, .flags = FIELD_SECRET,
	    .doc = "What stands for the card; of a wallet, the account's id"));

static const struct schema payment_new = SCHEMA("PaymentNew", struct payment_new,
	FIELD_UUID(struct payment_new, order_id, .doc = "An order of one's own, "
	    "that waits for it"),
	FIELD_OBJECT(struct payment_new, method, struct method, .schema = &method,
	    .doc = "What it is paid with"),
	FIELD_STR(struct payment_new, capture, .one_of = ENUM("automatic"),
	    .def = "automatic", .doc = "When the money is taken: at once"));

static const struct schema refund_new = SCHEMA("RefundNew", struct refund_new,
	FIELD_INT(struct refund_new, amount, .min = 1, .doc = "How much, in minor units "
	    "of the payment's currency; all that is left without it"),
	FIELD_STR(struct refund_new, reason, .min = 1, .max = 200,
	    .flags = FIELD_OPTIONAL, .doc = "Why"));

static const struct schema payment_key_schema = SCHEMA("PaymentKey", struct payment_key,
	FIELD_UUID(struct payment_key, id, .doc = "Key of a payment"));

static const struct schema webhook_key = SCHEMA("WebhookKey", struct webhook_key,
	FIELD_STR(struct webhook_key, provider, .pattern = "[a-z0-9_]{1,24}", .max = 24,
	    .doc = "Who sends it", .example = "\"card_test\""));

static const struct schema webhook = SCHEMA_OPEN("Webhook", struct webhook,
	FIELD_STR(struct webhook, id, .min = 1, .max = 100, .doc = "Its own: it is the "
	    "same when it is sent again"),
	FIELD_STR(struct webhook, type, .min = 1, .max = 60,
	    .doc = "What happened; the rest is as that provider has it"));

static const struct resource payments = {
	.path = "/v1/payments", .table = "payments", .schema = &payment_schema,
	.read = SCOPE_OWN, .owner = "user_id", .admin_scope = "ledger:read",
	.operations = OPS_GET, .version = "version", .modified = "updated_at",
	.doc = "What orders are paid with",
};

#define NOT_PAYABLE	"409 order_not_payable The order is paid, cancelled or expired "	\
	"already, or there is nothing to pay."
#define EXISTS		"409 payment_exists The order has a payment that is under way or "	\
	"made. See GET /v1/orders/{id}?expand=payment."
#define EXCEEDS		"409 refund_exceeds_payment Less than that is left of the payment, "	\
	"or it was never made."
#define SIGNATURE	"401 invalid_signature Webhook-Signature is not the HMAC-SHA256 of "	\
	"the body, in hexadecimal, with the provider's secret."

/* A request on its way. */
struct work {
	struct req		*rq;
	const struct provider	*by;
	struct paid		 paid;
	struct refund		 refund;
	struct provider_event	 event;
	const char		*refused;	/* a problem's code, with DB_ABORT */
};

static enum http_status
accepted(struct req *rq, struct resp *rs, struct uuid id)
{
	char	 text[UUID_LEN + 1];

	uuid_text(id, text);
	resp_header(rs, "Location", "%.*s/v1/payments/%s", STR_ARG(rq->base), text);
	resp_header(rs, "Retry-After", "1");
	return HTTP_ACCEPTED;
}

static enum http_status
show(struct req *rq, struct resp *rs, struct uuid id)
{
	const struct payment	 key = { .id = id };
	enum http_status	 status = resource_respond(rq, rs, &payments, &key,
				    HTTP_ACCEPTED);

	return status == HTTP_ACCEPTED ? accepted(rq, rs, id) : status;
}

/* --- paying ----------------------------------------------------------------------- */

static enum db_err
refuse(struct work *w, const char *code)
{
	w->refused = code;
	return DB_ABORT;
}

/* The order, held; is it the caller's, and to be paid? */
static enum db_err
look_at_order(struct store *st, struct work *w)
{
	struct order_state	 o;
	enum db_err	 err = order_lock(st, w->paid.order_id, &o);

	if (err == DB_NOT_FOUND || (err == DB_OK && !uuid_eq(o.user_id, w->rq->user->id)))
		return refuse(w, "reference_not_found");
	if (err != DB_OK)
		return err;
	if (!uuid_is_nil(o.payment_id))
		return refuse(w, "payment_exists");
	if (!str_is(o.status, "pending_payment") || o.total.amount < 1 ||
	    (o.expires_at.has && o.expires_at.ms <= clock_now_ms()))
		return refuse(w, "order_not_payable");
	w->paid.user_id = o.user_id;
	w->paid.amount = o.total;
	return DB_OK;
}

static enum db_err
look_at_token(struct store *st, struct work *w, struct str token)
{
	const struct payer	 payer = { w->paid.user_id, w->paid.amount, token };
	enum db_err		 err = w->by->takes(st, &payer);

	return err == DB_ABORT ? refuse(w, "invalid_value") : err;
}

static enum db_err
add_run(struct store *st, void *arg)
{
	struct work			*w = arg;
	const struct payment_new	*in = BODY(w->rq, struct payment_new);
	struct paid			*p = &w->paid;
	enum db_err			 err = look_at_order(st, w);

	if (err == DB_OK)
		err = look_at_token(st, w, in->method->token);
	if (err != DB_OK)
		return err;
	if (!payment_seal(w->rq->conf, st->arena, p->id, in->method->token, &p->token_enc))
		return DB_NO_MEMORY;
	if ((err = payment_add(st, p)) == DB_DUPLICATE)
		return refuse(w, "payment_exists");
	return err == DB_OK ? order_payment(st, p->order_id, p->id) : err;
}

/* A refusal of a member, or of what the order is now. */
static enum http_status
not_paid(struct req *rq, struct resp *rs, const char *code)
{
	struct faults	 fs;

	if (strcmp(code, "payment_exists") == 0)
		return resp_problem(rs, HTTP_CONFLICT, code,
		    "the order has a payment that is under way or made");
	if (strcmp(code, "order_not_payable") == 0)
		return resp_problem(rs, HTTP_CONFLICT, code, "the order is not to be paid");
	faults_init(&fs, rq->arena);
	if (strcmp(code, "reference_not_found") == 0)
		fault_add(&fs, "#/order_id", code, "names no order of yours");
	else if (strcmp(code, "invalid_value") == 0)
		fault_add(&fs, "#/method/token", code, "can not be used for this order");
	else
		fault_add(&fs, "#/method/type", "invalid_value", "is not taken here");
	return resp_faults(rs, HTTP_UNPROCESSABLE, "validation_failed", &fs);
}

static enum http_status
payment_post(struct req *rq, struct resp *rs)
{
	const struct payment_new	*in = BODY(rq, struct payment_new);
	struct work			 w = { .rq = rq,
					    .by = provider_find(in->method->type) };
	enum db_err			 err;

	if (w.by == NULL || !provider_ready(w.by, rq->conf))
		return not_paid(rq, rs, "unsupported");
	w.paid = (struct paid){ .id = uuid_new(), .order_id = in->order_id,
	    .type = in->method->type };
	err = store_write(rq->store, NULL, 0, add_run, &w);
	if (err == DB_ABORT)
		return not_paid(rq, rs, w.refused);
	return err == DB_OK ? show(rq, rs, w.paid.id) : resp_db_error(rs, err);
}

/* --- cancelling ------------------------------------------------------------------- */

static enum db_err
stop_run(struct store *st, void *arg)
{
	struct work	*w = arg;
	enum db_err	 err = payment_lock(st, w->paid.id, &w->paid);

	if (err != DB_OK)
		return err;
	if (!uuid_eq(w->paid.user_id, w->rq->user->id))
		return DB_NOT_FOUND;
	if (str_is(w->paid.status, "processing"))
		return payment_request_cancel(st, &w->paid);
	if (str_is(w->paid.status, "requires_payment_method"))
		return payment_cancel_unpaid(st, w->paid.id);
	return DB_ABORT;
}

static enum http_status
cancellation_post(struct req *rq, struct resp *rs)
{
	struct work		 w = { .rq = rq };
	const struct payment_key *k = rq->keys;
	enum db_err		 err;

	w.paid.id = k->id;
	err = store_write(rq->store, NULL, 0, stop_run, &w);
	if (err == DB_ABORT)
		return resp_problem(rs, HTTP_CONFLICT, "invalid_state",
		    "a payment that is %.*s is not cancelled", STR_ARG(w.paid.status));
	return err == DB_OK ? show(rq, rs, k->id) : resp_db_error(rs, err);
}

/* --- giving back ------------------------------------------------------------------ */

static enum db_err
refund_run(struct store *st, void *arg)
{
	struct work			*w = arg;
	const struct refund_new		*in = BODY(w->rq, struct refund_new);
	enum db_err			 err = payment_find(st, w->paid.id, &w->paid);

	if (err != DB_OK)
		return err;
	w->refund = (struct refund){ .payment_id = w->paid.id, .reason = in->reason,
	    .amount = { .amount = in->amount.has ? in->amount.v : 0 } };
	return payment_refund(st, &w->refund);
}

static enum http_status
refund_post(struct req *rq, struct resp *rs)
{
	const struct payment_key *k = rq->keys;
	struct work		 w = { .rq = rq };
	enum db_err		 err;

	w.paid.id = k->id;
	err = store_write(rq->store, NULL, 0, refund_run, &w);
	if (err == DB_ABORT)
		return resp_problem(rs, HTTP_CONFLICT, "refund_exceeds_payment",
		    "less than that is left of the payment");
	if (err != DB_OK)
		return resp_db_error(rs, err);
	return resp_object(rs, accepted(rq, rs, k->id), &refund_schema, &w.refund);
}

/* --- webhooks --------------------------------------------------------------------- */

/* A provider that tells of another sum, or another's charge, is not believed. */
static bool
is_about(const struct provider_event *e, const struct provider *by, const struct paid *p)
{
	bool	 same = str_is(p->type, by->name) && e->amount.amount == p->amount.amount &&
		    strcmp(e->amount.currency, p->amount.currency) == 0;

	if (!same)
		log_event(LOG_ERROR, "payments", "%s told of %.*s with another amount",
		    by->name, STR_ARG(e->key));
	return same;
}

/* As a job's own answer would be taken; an event counts once. */
static enum db_err
event_run(struct store *st, void *arg)
{
	struct work	*w = arg;
	struct paid	 p;
	enum db_err	 err = payment_event(st, w->by->name, w->event.id);

	if (err == DB_OK)
		err = payment_by_key(st, w->event.key, &w->paid.id);
	if (err == DB_OK)
		err = payment_find(st, w->paid.id, &p);
	if (err == DB_NOT_FOUND || (err == DB_OK && !is_about(&w->event, w->by, &p)))
		return DB_OK;
	return err == DB_OK ? payment_settle(st, w->rq->conf, p.id, &w->event.told) : err;
}

static enum http_status
webhook_post(struct req *rq, struct resp *rs)
{
	const struct webhook_key *k = rq->keys;
	struct work		 w = { .rq = rq, .by = provider_find(k->provider) };
	enum db_err		 err;

	if (w.by == NULL || w.by->event == NULL || !provider_ready(w.by, rq->conf))
		return resp_problem(rs, HTTP_NOT_FOUND, "not_found", "nothing is here");
	if (!w.by->is_signed(rq)) {
		resp_header(rs, "WWW-Authenticate", "Webhook-Signature");
		return resp_problem(rs, HTTP_UNAUTHORIZED, "invalid_signature",
		    "Webhook-Signature is not that of this body");
	}
	if (!w.by->event(rq, &w.event))
		return resp_problem(rs, HTTP_UNPROCESSABLE, "validation_failed",
		    "this is no event of that provider");
	err = store_write(rq->store, NULL, 0, event_run, &w);
	return err == DB_OK || err == DB_DUPLICATE ? resp_json(rs, HTTP_NO_CONTENT) :
	    resp_db_error(rs, err);
}

static const struct route routes[] = {
	{ .method = HTTP_POST, .path = "/v1/payments", .scope = "payments:write",
	  .run = payment_post, .body = &payment_new, .answer = &payment_schema,
	  .idempotency = IDEM_REQUIRED, .limit = LIMIT_COSTLY,
	  .problems = PROBLEMS(NOT_PAYABLE, EXISTS),
	  .doc = "Pay an order: its total, with this method" },
	{ .method = HTTP_POST, .path = "/v1/payments/{id}/cancellation",
	  .scope = "payments:write", .run = cancellation_post, .keys = &payment_key_schema,
	  .answer = &payment_schema, .idempotency = IDEM_REQUIRED, .limit = LIMIT_COSTLY,
	  .problems = PROBLEMS(ORDER_STATE),
	  .doc = "Give up a payment of one's own that has not succeeded" },
	{ .method = HTTP_POST, .path = "/v1/payments/{id}/refunds",
	  .scope = "ledger:write", .run = refund_post, .keys = &payment_key_schema,
	  .body = &refund_new, .answer = &refund_schema, .idempotency = IDEM_REQUIRED,
	  .limit = LIMIT_COSTLY, .problems = PROBLEMS(EXCEEDS),
	  .doc = "Give back what somebody paid, or a part of it" },
	{ .method = HTTP_POST, .path = "/v1/payments/webhooks/{provider}",
	  .scope = SCOPE_NONE, .run = webhook_post, .keys = &webhook_key,
	  .body = &webhook, .limit = LIMIT_PUBLIC, .idempotency = IDEM_NONE,
	  .problems = PROBLEMS(SIGNATURE),
	  .doc = "For providers alone: what became of a charge" },
	{ .path = NULL },
};

int
main(int argc, char **argv)
{
	return app_main(argc, argv, APP("payments", .service = "shop", .requires = "ledger",
	    .routes = routes, .resources = RESOURCES(&payments), .jobs = payment_jobs,
	    .uses = USES(payment_queries, payment_settle_queries, payment_refund_queries,
	    wallet_queries, order_queries, stock_queries, posting_queries)));
}
