/*
 * payments: payments of orders, from an account of the ledger or by an external
 * provider.
 *
 * The amount is the total of the order; a client cannot choose it.  The routes only
 * write rows and queue jobs; the jobs (payment_job.c) call the provider.
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
	    .doc = "`card_test`: a card; `wallet`: an account of the ledger"),
	FIELD_STR(struct method, token, .min = 1, .max = 255, .flags = FIELD_SECRET,
	    .doc = "Token of the card from the provider; for a wallet, the key of "
	    "one of your accounts"));

static const struct schema payment_new = SCHEMA("PaymentNew", struct payment_new,
	FIELD_UUID(struct payment_new, order_id, .doc = "Key of one of your orders "
	    "with the status `pending_payment`"),
	FIELD_OBJECT(struct payment_new, method, struct method, .schema = &method,
	    .doc = "Method of payment"),
	FIELD_STR(struct payment_new, capture, .one_of = ENUM("automatic"),
	    .def = "automatic", .doc = "`automatic`: the money is captured at once"));

static const struct schema refund_new = SCHEMA("RefundNew", struct refund_new,
	FIELD_INT(struct refund_new, amount, .min = 1, .doc = "Amount in minor units of "
	    "the payment's currency; default: everything that is left"),
	FIELD_STR(struct refund_new, reason, .min = 1, .max = 200,
	    .flags = FIELD_OPTIONAL, .doc = "Reason of the refund"));

static const struct schema payment_key_schema = SCHEMA("PaymentKey", struct payment_key,
	FIELD_UUID(struct payment_key, id, .doc = "Key of a payment"));

static const struct schema webhook_key = SCHEMA("WebhookKey", struct webhook_key,
	FIELD_STR(struct webhook_key, provider, .pattern = "[a-z0-9_]{1,24}", .max = 24,
	    .doc = "Name of the provider", .example = "\"card_test\""));

static const struct schema webhook = SCHEMA_OPEN("Webhook", struct webhook,
	FIELD_STR(struct webhook, id, .min = 1, .max = 100,
	    .doc = "Identifier of the event; the same in each delivery"),
	FIELD_STR(struct webhook, type, .min = 1, .max = 60,
	    .doc = "Type of the event; further members depend on the provider"));

static const struct resource payments = {
	.path = "/v1/payments", .table = "payments", .schema = &payment_schema,
	.read = SCOPE_OWN, .owner = "user_id", .admin_scope = "ledger:read",
	.operations = OPS_GET, .version = "version", .modified = "updated_at",
	.doc = "Payments of orders",
};

#define NOT_PAYABLE	"409 order_not_payable The order is paid, cancelled or expired, "	\
	"or its total is 0."
#define EXISTS		"409 payment_exists The order has a payment in progress or a "	\
	"successful payment. See GET /v1/orders/{id}?expand=payment."
#define EXCEEDS		"409 refund_exceeds_payment The payment did not succeed, or less "	\
	"than the amount is left of it."
#define SIGNATURE	"401 invalid_signature Webhook-Signature must be the HMAC-SHA256 of "	\
	"the body with the provider's secret, in hexadecimal."

/* A request in progress. */
struct work {
	struct req		*rq;
	const struct provider	*by;
	struct payment_row		 paid;
	struct refund		 refund;
	struct provider_event	 event;
	const char		*refused;	/* after DB_ABORT: the error code */
};

static enum http_status
payment_accepted(struct req *rq, struct resp *rs, struct uuid id)
{
	char	 text[UUID_LEN + 1];

	uuid_text(id, text);
	resp_header(rs, "Location", "%.*s/v1/payments/%s", STR_ARG(rq->target.base), text);
	resp_header(rs, "Retry-After", "1");
	return HTTP_ACCEPTED;
}

static enum http_status
payment_answer(struct req *rq, struct resp *rs, struct uuid id)
{
	const struct payment	 key = { .id = id };
	enum http_status	 status = resource_respond(rq, rs, &payments, &key,
				    HTTP_ACCEPTED);

	return status == HTTP_ACCEPTED ? payment_accepted(rq, rs, id) : status;
}

/* --- payments --------------------------------------------------------------------- */

static enum db_err
payment_refuse(struct work *w, const char *code)
{
	w->refused = code;
	return DB_ABORT;
}

/* Lock the order; refuse it unless it is the caller's and payable. */
static enum db_err
payment_check_order(struct store *st, struct work *w)
{
	struct order_state	 o;
	enum db_err	 err = order_lock(st, w->paid.order_id, &o);

	if (err == DB_NOT_FOUND || (err == DB_OK && !uuid_eq(o.user_id, w->rq->user->id)))
		return payment_refuse(w, "reference_not_found");
	if (err != DB_OK)
		return err;
	if (!uuid_is_nil(o.payment_id))
		return payment_refuse(w, "payment_exists");
	if (!str_is(o.status, "pending_payment") || o.total.amount < 1 ||
	    (o.expires_at.has && o.expires_at.ms <= clock_now_ms()))
		return payment_refuse(w, "order_not_payable");
	w->paid.user_id = o.user_id;
	w->paid.amount = o.total;
	return DB_OK;
}

static enum db_err
payment_check_token(struct store *st, struct work *w, struct str token)
{
	const struct payer	 payer = { w->paid.user_id, w->paid.amount, token };
	enum db_err		 err = w->by->accepts(st, &payer);

	return err == DB_ABORT ? payment_refuse(w, "invalid_value") : err;
}

static enum db_err
payment_post_tx(struct store *st, void *arg)
{
	struct work			*w = arg;
	const struct payment_new	*in = BODY(w->rq, struct payment_new);
	struct payment_row			*p = &w->paid;
	enum db_err			 err = payment_check_order(st, w);

	if (err == DB_OK)
		err = payment_check_token(st, w, in->method->token);
	if (err != DB_OK)
		return err;
	if (!payment_seal(w->rq->conf, st->arena, p->id, in->method->token, &p->token_enc))
		return DB_NO_MEMORY;
	if ((err = payment_add(st, p)) == DB_DUPLICATE)
		return payment_refuse(w, "payment_exists");
	return err == DB_OK ? order_payment(st, p->order_id, p->id) : err;
}

/* Answer a refusal: 409 for the state of the order, 422 for a member. */
static enum http_status
payment_problem(struct req *rq, struct resp *rs, const char *code)
{
	struct faults	 fs;

	if (strcmp(code, "payment_exists") == 0)
		return resp_problem(rs, HTTP_CONFLICT, code,
		    "the order has a payment in progress or a successful payment");
	if (strcmp(code, "order_not_payable") == 0)
		return resp_problem(rs, HTTP_CONFLICT, code,
		    "the order is paid, cancelled or expired, or its total is 0");
	faults_init(&fs, rq->arena);
	if (strcmp(code, "reference_not_found") == 0)
		fault_add(&fs, "#/order_id", code, "must be the key of an order of yours");
	else if (strcmp(code, "invalid_value") == 0)
		fault_add(&fs, "#/method/token", code, "cannot be used for this order");
	else
		fault_add(&fs, "#/method/type", "invalid_value",
		    "is not accepted by this installation");
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
		return payment_problem(rq, rs, "unsupported");
	w.paid = (struct payment_row){ .id = uuid_new(), .order_id = in->order_id,
	    .type = in->method->type };
	err = store_write(rq->store, NULL, 0, payment_post_tx, &w);
	if (err == DB_ABORT)
		return payment_problem(rq, rs, w.refused);
	return err == DB_OK ? payment_answer(rq, rs, w.paid.id) : resp_db_error(rs, err);
}

/* --- cancelling ------------------------------------------------------------------- */

static enum db_err
cancellation_tx(struct store *st, void *arg)
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
	const struct payment_key *k = KEYS(rq, struct payment_key);
	enum db_err		 err;

	w.paid.id = k->id;
	err = store_write(rq->store, NULL, 0, cancellation_tx, &w);
	if (err == DB_ABORT)
		return resp_problem(rs, HTTP_CONFLICT, "invalid_state",
		    "a payment with the status %.*s cannot be cancelled",
		    STR_ARG(w.paid.status));
	return err == DB_OK ? payment_answer(rq, rs, k->id) : resp_db_error(rs, err);
}

/* --- refunds ---------------------------------------------------------------------- */

static enum db_err
refund_tx(struct store *st, void *arg)
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
	const struct payment_key *k = KEYS(rq, struct payment_key);
	struct work		 w = { .rq = rq };
	enum db_err		 err;

	w.paid.id = k->id;
	err = store_write(rq->store, NULL, 0, refund_tx, &w);
	if (err == DB_ABORT)
		return resp_problem(rs, HTTP_CONFLICT, "refund_exceeds_payment",
		    "the payment did not succeed, or the amount exceeds what is left to refund");
	if (err != DB_OK)
		return resp_db_error(rs, err);
	return resp_object(rs, payment_accepted(rq, rs, k->id), &refund_schema, &w.refund);
}

/* --- webhooks --------------------------------------------------------------------- */

/* An event about another amount or the charge of another provider is ignored. */
static bool
event_matches(const struct provider_event *e, const struct provider *by, const struct payment_row *p)
{
	bool	 same = str_is(p->type, by->name) && e->amount.amount == p->amount.amount &&
		    strcmp(e->amount.currency, p->amount.currency) == 0;

	if (!same)
		log_event(LOG_ERROR, "payments",
		    "%s reported another amount or provider for the charge %.*s",
		    by->name, STR_ARG(e->key));
	return same;
}

/* Settle the payment as after a provider's answer to a job.  An event that was seen
 * before is DB_DUPLICATE. */
static enum db_err
webhook_tx(struct store *st, void *arg)
{
	struct work	*w = arg;
	struct payment_row	 p;
	enum db_err	 err = payment_event(st, w->by->name, w->event.id);

	if (err == DB_OK)
		err = payment_by_key(st, w->event.key, &w->paid.id);
	if (err == DB_OK)
		err = payment_find(st, w->paid.id, &p);
	if (err == DB_NOT_FOUND || (err == DB_OK && !event_matches(&w->event, w->by, &p)))
		return DB_OK;
	return err == DB_OK ? payment_settle(st, w->rq->conf, p.id, &w->event.answer) : err;
}

static enum http_status
webhook_post(struct req *rq, struct resp *rs)
{
	const struct webhook_key *k = KEYS(rq, struct webhook_key);
	struct work		 w = { .rq = rq, .by = provider_find(k->provider) };
	enum db_err		 err;

	if (w.by == NULL || w.by->event == NULL || !provider_ready(w.by, rq->conf))
		return resp_problem(rs, HTTP_NOT_FOUND, "not_found", "no such resource");
	if (!w.by->is_signed(rq)) {
		resp_header(rs, "WWW-Authenticate", "Webhook-Signature");
		return resp_problem(rs, HTTP_UNAUTHORIZED, "invalid_signature",
		    "Webhook-Signature must be the HMAC-SHA256 of the body in hexadecimal");
	}
	if (!w.by->event(rq, &w.event))
		return resp_problem(rs, HTTP_UNPROCESSABLE, "validation_failed",
		    "the body must be an event of this provider");
	err = store_write(rq->store, NULL, 0, webhook_tx, &w);
	return err == DB_OK || err == DB_DUPLICATE ? resp_json(rs, HTTP_NO_CONTENT) :
	    resp_db_error(rs, err);
}

static const struct route routes[] = {
	{ .method = HTTP_POST, .path = "/v1/payments", .scope = "payments:write",
	  .run = payment_post, .body = &payment_new, .answer = &payment_schema,
	  .idempotency = IDEM_REQUIRED, .limit = LIMIT_COSTLY,
	  .problems = PROBLEMS(NOT_PAYABLE, EXISTS),
	  .doc = "Pay the total of an order" },
	{ .method = HTTP_POST, .path = "/v1/payments/{id}/cancellation",
	  .scope = "payments:write", .run = cancellation_post, .keys = &payment_key_schema,
	  .answer = &payment_schema, .idempotency = IDEM_REQUIRED, .limit = LIMIT_COSTLY,
	  .problems = PROBLEMS(ORDER_STATE),
	  .doc = "Cancel one of your payments that has not succeeded" },
	{ .method = HTTP_POST, .path = "/v1/payments/{id}/refunds",
	  .scope = "ledger:write", .run = refund_post, .keys = &payment_key_schema,
	  .body = &refund_new, .answer = &refund_schema, .idempotency = IDEM_REQUIRED,
	  .limit = LIMIT_COSTLY, .problems = PROBLEMS(EXCEEDS),
	  .doc = "Refund a payment, or a part of it" },
	{ .method = HTTP_POST, .path = "/v1/payments/webhooks/{provider}",
	  .scope = SCOPE_NONE, .run = webhook_post, .keys = &webhook_key,
	  .body = &webhook, .limit = LIMIT_PUBLIC, .idempotency = IDEM_NONE,
	  .problems = PROBLEMS(SIGNATURE),
	  .doc = "Receive an event of a payment provider" },
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
