/* payment_settle - the effects of a provider's answer on payment, order and ledger. */
#include "payment_private.h"

#include "base/log.h"
#include "order.h"
#include "posting.h"

/* New values of an attempt, a payment or a refund. */
struct settlement {
	struct uuid		 id;
	struct str		 status, ref;
	struct payment_error	*error;
	int64_t			 amount;
};

static const struct schema error = SCHEMA("PaymentFailure", struct payment_error,
	FIELD_STR(struct payment_error, code, .doc = "Error code"),
	FIELD_STR(struct payment_error, decline_code, .flags = FIELD_OPTIONAL,
	    .doc = "The provider's code for the reason"));

#define ID	FIELD_UUID(struct settlement, id, .doc = "Key of a row")
#define STATUS	FIELD_STR(struct settlement, status, .doc = "New status")
#define REF	FIELD_STR(struct settlement, ref, .flags = FIELD_OPTIONAL,	\
	.doc = "The provider's reference")
#define ERROR	FIELD_OBJECT(struct settlement, error, struct payment_error,	\
	.schema = &error, .flags = FIELD_OPTIONAL, .doc = "Reason of the decline")
#define LEFT	FIELD_INT(struct settlement, amount, .doc = "Minor units")

static const struct schema by_id = SCHEMA("PaymentById", struct settlement, ID);
static const struct schema payment_end = SCHEMA("PaymentEnded", struct settlement, STATUS, ERROR, ID);
static const struct schema attempt_values = SCHEMA("AttemptTold", struct settlement, STATUS, REF,
	STATUS, ID);
static const struct schema refund_end = SCHEMA("RefundEnded", struct settlement, STATUS, REF, ID);
static const struct schema refund_revert = SCHEMA("RefundFailed", struct settlement, LEFT, ID);
static const struct schema payment_left = SCHEMA("PaymentRest", struct settlement, LEFT);

enum { SUCCEED, END, TELL, END_REFUND, UNTAKE, REST };

const struct query payment_settle_queries[] = {
	[SUCCEED] = { "UPDATE payments SET status = 'succeeded', captured = amount,"
	    " version = version + 1 WHERE id = ?", .in = &by_id },
	[END] = { "UPDATE payments SET status = ?, last_error = ?, active_key = NULL,"
	    " version = version + 1 WHERE id = ?", .in = &payment_end },
	[TELL] = { "UPDATE payment_attempts SET state = ?,"
	    " provider_ref = COALESCE(?, provider_ref),"
	    " finished_at = IF(? = 'unknown', NULL, CURRENT_TIMESTAMP(3))"
	    " WHERE payment_id = ?", .in = &attempt_values },
	[END_REFUND] = { "UPDATE refunds SET status = ?, provider_ref = ? WHERE id = ?",
	    .in = &refund_end },
	[UNTAKE] = { "UPDATE payments SET refunded = refunded - ?, version = version + 1"
	    " WHERE id = ?", .in = &refund_revert },
	[REST] = { "SELECT CAST(captured - (SELECT COALESCE(SUM(amount), 0) FROM refunds"
	    " WHERE payment_id = p.id AND status = 'succeeded') AS SIGNED)"
	    " FROM payments p WHERE id = ?", .in = &by_id, .out = &payment_left },
	{ .sql = NULL }
};

static enum db_err
settle_exec(struct store *st, int which, const struct settlement *e)
{
	return query_exec(st, &payment_settle_queries[which], e, NULL);
}

static enum db_err
attempt_update(struct store *st, const struct payment_row *p, const char *state, struct str ref)
{
	return settle_exec(st, TELL, &(const struct settlement){ .id = p->id,
	    .status = str_of(state), .ref = ref });
}

/* --- the ledger ------------------------------------------------------------------- */

/* A transfer between the payer's account and the shop's sales account. */
struct ledger_transfer {
	const struct payment_row	*paid;
	const char		*source;	/* "payment", "refund" */
	struct uuid		 source_id;
	int64_t			 amount;
	bool			 revert;
	const char		*refused;	/* after DB_ABORT: the error code */
};

static enum db_err
sales_account(struct store *st, const struct payment_row *p, struct uuid *id)
{
	struct posting_account	 a = { .currency = str_of(p->amount.currency),
				    .kind = STR("income") };
	const char		*c = p->amount.currency;
	enum db_err		 err;

	a.code = str_of(arena_fmt(st->arena, "shop:sales:%c%c%c", c[0] | 0x20,
	    c[1] | 0x20, c[2] | 0x20));
	if (a.code.p == NULL)
		return DB_NO_MEMORY;
	err = posting_account(st, &a);
	*id = a.id;
	return err == DB_ABORT ? DB_BUG : err;
}

static enum db_err
payer_account(struct store *st, const struct conf *cf, const struct payment_row *p,
    struct uuid *id)
{
	const struct provider	*by = provider_find(p->type);
	struct payer		 payer = { p->user_id, p->amount, { NULL, 0 } };

	if (by == NULL || !payment_token(cf, st->arena, p, &payer.token))
		return DB_BUG;
	return by->account(st, &payer, id);
}

static enum db_err
ledger_post(struct store *st, struct ledger_transfer *t, struct posting_entry entries[2])
{
	char		 order[UUID_LEN + 1];
	struct posting	 p = { .kind = POSTING_TRANSFER, .source = str_of(t->source),
			    .currency = str_of(t->paid->amount.currency),
			    .source_id = t->source_id, .entries = { entries, 2 } };
	enum db_err	 err;

	uuid_text(t->paid->order_id, order);
	p.reference = str_of(arena_fmt(st->arena, "orders/%s", order));
	if ((err = posting_post(st, &p)) == DB_ABORT)
		t->refused = posting_error_code(p.refusal);
	return err;
}

/* DB_ABORT: the ledger refuses the transfer, and nothing was written. */
static enum db_err
ledger_transfer(struct store *st, const struct conf *cf, struct ledger_transfer *t)
{
	struct posting_entry	 entries[2] = {
		{ .direction = t->revert ? POSTING_CREDIT : POSTING_DEBIT, .amount = t->amount },
		{ .direction = t->revert ? POSTING_DEBIT : POSTING_CREDIT, .amount = t->amount } };
	enum db_err		 err = payer_account(st, cf, t->paid,
				    &entries[0].account_id);

	if (err == DB_ABORT)
		t->refused = "account_not_found";
	if (err == DB_OK)
		err = sales_account(st, t->paid, &entries[1].account_id);
	return err == DB_OK ? ledger_post(st, t, entries) : err;
}

/* --- charges ---------------------------------------------------------------------- */

/* End the payment without success, and detach it from its order. */
static enum db_err
payment_end_row(struct store *st, const struct payment_row *p, const char *status,
    struct payment_error *why)
{
	const struct settlement	 e = { .id = p->id, .status = str_of(status),
				    .error = why };
	struct order_state	 o;
	enum db_err		 err = settle_exec(st, END, &e);

	if (err == DB_OK)
		err = order_lock(st, p->order_id, &o);
	return err == DB_OK ? order_payment(st, o.id, (struct uuid){ { 0 } }) : err;
}

static enum db_err
settle_canceled(struct store *st, const struct payment_row *p, const struct provider_answer *a)
{
	enum db_err	 err = attempt_update(st, p, "canceled", a->ref);

	return err == DB_OK ? payment_end_row(st, p, "canceled", NULL) : err;
}

static enum db_err
settle_declined(struct store *st, const struct payment_row *p, struct str ref, struct str code)
{
	struct payment_error	 why = { STR("payment_declined"), code };
	enum db_err		 err = attempt_update(st, p, "declined", ref);

	if (err != DB_OK)
		return err;
	return payment_end_row(st, p, p->stop ? "canceled" : "requires_payment_method", &why);
}

/* The order is no longer payable: revert the charge at the provider. */
static enum db_err
settle_too_late(struct store *st, const struct payment_row *p, const struct provider_answer *a)
{
	enum db_err	 err = attempt_update(st, p, "succeeded", a->ref);

	return err == DB_OK ? payment_request_cancel(st, p) : err;
}

static enum db_err
settle_succeeded(struct store *st, const struct payment_row *p, const struct provider_answer *a)
{
	bool		 done = false;
	enum db_err	 err = order_paid(st, p->order_id, &done);

	if (err == DB_OK && !done) {
		log_event(LOG_ERROR, "payment", "a locked order changed its status");
		return DB_BUG;
	}
	if (err == DB_OK)
		err = attempt_update(st, p, "succeeded", a->ref);
	return err == DB_OK ? settle_exec(st, SUCCEED, &(const struct settlement){ .id = p->id }) : err;
}

static enum db_err
settle_charged(struct store *st, const struct conf *cf, const struct payment_row *p,
    const struct provider_answer *a)
{
	struct ledger_transfer	 t = { .paid = p, .source = "payment", .source_id = p->id,
			    .amount = p->amount.amount };
	struct order_state	 o;
	enum db_err	 err = order_lock(st, p->order_id, &o);

	if (err != DB_OK)
		return err;
	if (p->stop || !str_is(o.status, "pending_payment"))
		return settle_too_late(st, p, a);
	if ((err = ledger_transfer(st, cf, &t)) == DB_OK)
		return settle_succeeded(st, p, a);
	if (err != DB_ABORT)
		return err;
	return p->key.p == NULL ? settle_declined(st, p, a->ref, str_of(t.refused)) :
	    settle_too_late(st, p, a);
}

enum db_err
payment_settle(struct store *st, const struct conf *cf, struct uuid id,
    const struct provider_answer *a)
{
	struct payment_row	 p;
	enum db_err	 err = payment_lock(st, id, &p);

	if (err != DB_OK || !str_is(p.status, "processing"))
		return err;
	payment_invalidate(st, id);
	switch (a->end) {
	case PROVIDER_UNKNOWN:
	case PROVIDER_NOTHING:
		return str_is(p.state, "started") ? attempt_update(st, &p, "unknown", a->ref) : DB_OK;
	case PROVIDER_DONE:
		return settle_charged(st, cf, &p, a);
	case PROVIDER_DECLINED:
		return settle_declined(st, &p, a->ref, a->code);
	case PROVIDER_CANCELED:
		return settle_canceled(st, &p, a);
	}
	return DB_BUG;
}

/* --- refunds ---------------------------------------------------------------------- */

/* Set the order to `refunded` if nothing of the payment is left. */
static enum db_err
order_refund_if_whole(struct store *st, const struct payment_row *p)
{
	struct settlement	 rest;
	bool		 done;
	enum db_err	 err = query_one(st, &payment_settle_queries[REST],
			    &(const struct settlement){ .id = p->id }, &rest);

	if (err != DB_OK || rest.amount > 0)
		return err;
	return order_refunded(st, p->order_id, &done);
}

static enum db_err
settle_refunded(struct store *st, const struct conf *cf, const struct payment_row *p,
    const struct refund_row *o, const struct provider_answer *a)
{
	struct ledger_transfer	 t = { .paid = p, .source = "refund", .source_id = o->id,
			    .amount = o->amount.amount, .revert = true };
	enum db_err	 err = ledger_transfer(st, cf, &t);

	if (err == DB_ABORT) {
		log_event(LOG_ERROR, "payment", "the ledger refused a refund: %s", t.refused);
		return DB_BUG;
	}
	if (err == DB_OK)
		err = settle_exec(st, END_REFUND, &(const struct settlement){ .id = o->id,
		    .status = STR("succeeded"), .ref = a->ref });
	return err == DB_OK ? order_refund_if_whole(st, p) : err;
}

static enum db_err
settle_not_refunded(struct store *st, const struct payment_row *p, const struct refund_row *o,
    const struct provider_answer *a)
{
	enum db_err	 err = settle_exec(st, UNTAKE, &(const struct settlement){ .id = p->id,
			    .amount = o->amount.amount });

	return err != DB_OK ? err : settle_exec(st, END_REFUND, &(const struct settlement){
	    .id = o->id, .status = STR("failed"), .ref = a->ref });
}

enum db_err
payment_settle_refund(struct store *st, const struct conf *cf, struct uuid id,
    const struct provider_answer *a)
{
	struct refund_row	 o;
	struct payment_row	 p;
	enum db_err	 err = refund_find(st, id, &o);

	if (err == DB_OK)
		err = payment_lock(st, o.payment_id, &p);
	if (err == DB_OK)
		err = refund_find(st, id, &o);
	if (err != DB_OK || !str_is(o.status, "processing"))
		return err;
	payment_invalidate(st, p.id);
	if (a->end == PROVIDER_DONE)
		return settle_refunded(st, cf, &p, &o, a);
	return a->end == PROVIDER_UNKNOWN ? DB_OK : settle_not_refunded(st, &p, &o, a);
}
