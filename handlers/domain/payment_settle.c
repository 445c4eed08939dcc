/* payment_settle - what a provider's answer changes: once, whoever brings it. */
#include "payment_private.h"

#include "base/log.h"
#include "order.h"
#include "posting.h"

/* How an attempt, a payment or a refund is to be noted. */
struct ending {
	struct uuid		 id;
	struct str		 status, ref;
	struct payment_error	*error;
	int64_t			 amount;
};

static const struct schema error = SCHEMA("PaymentFailure", struct payment_error,
	FIELD_STR(struct payment_error, code, .doc = "What happened"),
	FIELD_STR(struct payment_error, decline_code, .flags = FIELD_OPTIONAL,
	    .doc = "Why"));

#define ID	FIELD_UUID(struct ending, id, .doc = "Key of a row")
#define STATUS	FIELD_STR(struct ending, status, .doc = "What it is from now on")
#define REF	FIELD_STR(struct ending, ref, .flags = FIELD_OPTIONAL, .doc = "Theirs")
#define ERROR	FIELD_OBJECT(struct ending, error, struct payment_error,	\
	.schema = &error, .flags = FIELD_OPTIONAL, .doc = "Why")
#define LEFT	FIELD_INT(struct ending, amount, .doc = "Minor units")

static const struct schema by_id = SCHEMA("PaymentById", struct ending, ID);
static const struct schema ended = SCHEMA("PaymentEnded", struct ending, STATUS, ERROR, ID);
static const struct schema told = SCHEMA("AttemptTold", struct ending, STATUS, REF,
	STATUS, ID);
static const struct schema given = SCHEMA("RefundEnded", struct ending, STATUS, REF, ID);
static const struct schema back = SCHEMA("RefundFailed", struct ending, LEFT, ID);
static const struct schema left = SCHEMA("PaymentRest", struct ending, LEFT);

enum { SUCCEED, END, TELL, END_REFUND, UNTAKE, REST };

const struct query payment_settle_queries[] = {
	[SUCCEED] = { "UPDATE payments SET status = 'succeeded', captured = amount,"
	    " version = version + 1 WHERE id = ?", .in = &by_id },
	[END] = { "UPDATE payments SET status = ?, last_error = ?, active_key = NULL,"
	    " version = version + 1 WHERE id = ?", .in = &ended },
	[TELL] = { "UPDATE payment_attempts SET state = ?,"
	    " provider_ref = COALESCE(?, provider_ref),"
	    " finished_at = IF(? = 'unknown', NULL, CURRENT_TIMESTAMP(3))"
	    " WHERE payment_id = ?", .in = &told },
	[END_REFUND] = { "UPDATE refunds SET status = ?, provider_ref = ? WHERE id = ?",
	    .in = &given },
	[UNTAKE] = { "UPDATE payments SET refunded = refunded - ?, version = version + 1"
	    " WHERE id = ?", .in = &back },
	[REST] = { "SELECT CAST(captured - (SELECT COALESCE(SUM(amount), 0) FROM refunds"
	    " WHERE payment_id = p.id AND status = 'succeeded') AS SIGNED)"
	    " FROM payments p WHERE id = ?", .in = &by_id, .out = &left },
	{ .sql = NULL }
};

static enum db_err
run(struct store *st, int which, const struct ending *e)
{
	return query_exec(st, &payment_settle_queries[which], e, NULL);
}

static enum db_err
tell(struct store *st, const struct paid *p, const char *state, struct str ref)
{
	return run(st, TELL, &(const struct ending){ .id = p->id,
	    .status = str_of(state), .ref = ref });
}

/* --- the ledger ------------------------------------------------------------------- */

/* What is moved between where the payer's money is and the shop's sales. */
struct transfer {
	const struct paid	*paid;
	const char		*source;	/* "payment", "refund" */
	struct uuid		 source_id;
	int64_t			 amount;
	bool			 back;
	const char		*refused;	/* answered with DB_ABORT */
};

static enum db_err
sales_account(struct store *st, const struct paid *p, struct uuid *id)
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
payer_account(struct store *st, const struct conf *cf, const struct paid *p,
    struct uuid *id)
{
	const struct provider	*by = provider_find(p->type);
	struct payer		 payer = { p->user_id, p->amount, { NULL, 0 } };

	if (by == NULL || !payment_token(cf, st->arena, p, &payer.token))
		return DB_BUG;
	return by->account(st, &payer, id);
}

static enum db_err
post(struct store *st, struct transfer *t, struct posting_entry entries[2])
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

/* DB_ABORT: the ledger refuses it, and nothing was written. */
static enum db_err
transfer(struct store *st, const struct conf *cf, struct transfer *t)
{
	struct posting_entry	 entries[2] = {
		{ .direction = t->back ? POSTING_CREDIT : POSTING_DEBIT, .amount = t->amount },
		{ .direction = t->back ? POSTING_DEBIT : POSTING_CREDIT, .amount = t->amount } };
	enum db_err		 err = payer_account(st, cf, t->paid,
				    &entries[0].account_id);

	if (err == DB_ABORT)
		t->refused = "account_not_found";
	if (err == DB_OK)
		err = sales_account(st, t->paid, &entries[1].account_id);
	return err == DB_OK ? post(st, t, entries) : err;
}

/* --- charges ---------------------------------------------------------------------- */

/* It is nothing to the order any more. */
static enum db_err
end(struct store *st, const struct paid *p, const char *status,
    struct payment_error *why)
{
	const struct ending	 e = { .id = p->id, .status = str_of(status),
				    .error = why };
	struct order_state	 o;
	enum db_err		 err = run(st, END, &e);

	if (err == DB_OK)
		err = order_lock(st, p->order_id, &o);
	return err == DB_OK ? order_payment(st, o.id, (struct uuid){ { 0 } }) : err;
}

static enum db_err
canceled(struct store *st, const struct paid *p, const struct provider_answer *a)
{
	enum db_err	 err = tell(st, p, "canceled", a->ref);

	return err == DB_OK ? end(st, p, "canceled", NULL) : err;
}

static enum db_err
declined(struct store *st, const struct paid *p, struct str ref, struct str code)
{
	struct payment_error	 why = { STR("payment_declined"), code };
	enum db_err		 err = tell(st, p, "declined", ref);

	if (err != DB_OK)
		return err;
	return end(st, p, p->stop ? "canceled" : "requires_payment_method", &why);
}

/* There is nothing to pay any more: what the provider took goes back there. */
static enum db_err
too_late(struct store *st, const struct paid *p, const struct provider_answer *a)
{
	enum db_err	 err = tell(st, p, "succeeded", a->ref);

	return err == DB_OK ? payment_request_cancel(st, p) : err;
}

static enum db_err
succeed(struct store *st, const struct paid *p, const struct provider_answer *a)
{
	bool		 done = false;
	enum db_err	 err = order_paid(st, p->order_id, &done);

	if (err == DB_OK && !done) {
		log_event(LOG_ERROR, "payment", "an order that was held is not to be paid");
		return DB_BUG;
	}
	if (err == DB_OK)
		err = tell(st, p, "succeeded", a->ref);
	return err == DB_OK ? run(st, SUCCEED, &(const struct ending){ .id = p->id }) : err;
}

static enum db_err
charged(struct store *st, const struct conf *cf, const struct paid *p,
    const struct provider_answer *a)
{
	struct transfer	 t = { .paid = p, .source = "payment", .source_id = p->id,
			    .amount = p->amount.amount };
	struct order_state	 o;
	enum db_err	 err = order_lock(st, p->order_id, &o);

	if (err != DB_OK)
		return err;
	if (p->stop || !str_is(o.status, "pending_payment"))
		return too_late(st, p, a);
	if ((err = transfer(st, cf, &t)) == DB_OK)
		return succeed(st, p, a);
	if (err != DB_ABORT)
		return err;
	return p->key.p == NULL ? declined(st, p, a->ref, str_of(t.refused)) :
	    too_late(st, p, a);
}

enum db_err
payment_settle(struct store *st, const struct conf *cf, struct uuid id,
    const struct provider_answer *a)
{
	struct paid	 p;
	enum db_err	 err = payment_lock(st, id, &p);

	if (err != DB_OK || !str_is(p.status, "processing"))
		return err;
	payment_invalidate(st, id);
	switch (a->end) {
	case PROVIDER_UNKNOWN:
	case PROVIDER_NOTHING:
		return str_is(p.state, "started") ? tell(st, &p, "unknown", a->ref) : DB_OK;
	case PROVIDER_DONE:
		return charged(st, cf, &p, a);
	case PROVIDER_DECLINED:
		return declined(st, &p, a->ref, a->code);
	case PROVIDER_CANCELED:
		return canceled(st, &p, a);
	}
	return DB_BUG;
}

/* --- refunds ---------------------------------------------------------------------- */

/* All of it is back: so is the order. */
static enum db_err
refund_whole(struct store *st, const struct paid *p)
{
	struct ending	 rest;
	bool		 done;
	enum db_err	 err = query_one(st, &payment_settle_queries[REST],
			    &(const struct ending){ .id = p->id }, &rest);

	if (err != DB_OK || rest.amount > 0)
		return err;
	return order_refunded(st, p->order_id, &done);
}

static enum db_err
refunded(struct store *st, const struct conf *cf, const struct paid *p,
    const struct owed *o, const struct provider_answer *a)
{
	struct transfer	 t = { .paid = p, .source = "refund", .source_id = o->id,
			    .amount = o->amount.amount, .back = true };
	enum db_err	 err = transfer(st, cf, &t);

	if (err == DB_ABORT) {
		log_event(LOG_ERROR, "payment", "the ledger refuses a refund: %s", t.refused);
		return DB_BUG;
	}
	if (err == DB_OK)
		err = run(st, END_REFUND, &(const struct ending){ .id = o->id,
		    .status = STR("succeeded"), .ref = a->ref });
	return err == DB_OK ? refund_whole(st, p) : err;
}

static enum db_err
not_refunded(struct store *st, const struct paid *p, const struct owed *o,
    const struct provider_answer *a)
{
	enum db_err	 err = run(st, UNTAKE, &(const struct ending){ .id = p->id,
			    .amount = o->amount.amount });

	return err != DB_OK ? err : run(st, END_REFUND, &(const struct ending){
	    .id = o->id, .status = STR("failed"), .ref = a->ref });
}

enum db_err
payment_settle_refund(struct store *st, const struct conf *cf, struct uuid id,
    const struct provider_answer *a)
{
	struct owed	 o;
	struct paid	 p;
	enum db_err	 err = refund_find(st, id, &o);

	if (err == DB_OK)
		err = payment_lock(st, o.payment_id, &p);
	if (err == DB_OK)
		err = refund_find(st, id, &o);
	if (err != DB_OK || !str_is(o.status, "processing"))
		return err;
	payment_invalidate(st, p.id);
	if (a->end == PROVIDER_DONE)
		return refunded(st, cf, &p, &o, a);
	return a->end == PROVIDER_UNKNOWN ? DB_OK : not_refunded(st, &p, &o, a);
}
