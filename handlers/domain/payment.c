/* payment - rows of payments, attempts, refunds and events. */
#include "payment_private.h"

#include "crypto/crypto.h"

static const struct schema method = SCHEMA("PaymentMethodShown", struct payment_method,
	FIELD_STR(struct payment_method, type, .doc = "Type of the payment method"));

static const struct schema error = SCHEMA("PaymentError", struct payment_error,
	FIELD_STR(struct payment_error, code, .doc = "Error code"),
	FIELD_STR(struct payment_error, decline_code, .flags = FIELD_OPTIONAL,
	    .doc = "The provider's code for the reason of the decline"));

#define MONEY(T, m, col, says)						\
	FIELD_MONEY(T, m, .column = (col), .flags = FIELD_READONLY, .doc = (says))
#define SHOWN(T, m, says)						\
	FIELD_STAMP(T, m, .flags = FIELD_READONLY, .doc = (says))

const struct schema payment_schema = SCHEMA("Payment", struct payment,
	FIELD_UUID(struct payment, id, .flags = FIELD_KEY | FIELD_READONLY, .doc = "Key"),
	FIELD_UUID(struct payment, order_id, .flags = FIELD_READONLY,
	    .doc = "Key of the order"),
	FIELD_UUID(struct payment, user_id, .flags = FIELD_READONLY,
	    .doc = "Key of the payer"),
	MONEY(struct payment, amount, "amount", "Total of the order"),
	MONEY(struct payment, captured, "captured", "Amount captured"),
	MONEY(struct payment, refunded, "refunded", "Amount refunded, including refunds "
	    "in progress"),
	FIELD_STR(struct payment, status, .flags = FIELD_READONLY,
	    .one_of = ENUM("requires_payment_method", "requires_confirmation",
	    "requires_action", "processing", "requires_capture", "succeeded", "canceled"),
	    .doc = "`requires_payment_method`: the payment was declined; create another "
	    "payment"),
	FIELD_OBJECT(struct payment, method, struct payment_method, .schema = &method,
	    .flags = FIELD_READONLY, .sql = "JSON_OBJECT('type', t.method_type)",
	    .doc = "Method of payment, without its token"),
	FIELD_OBJECT(struct payment, last_error, struct payment_error, .schema = &error,
	    .flags = FIELD_READONLY | FIELD_OPTIONAL, .doc = "Reason of the decline"),
	SHOWN(struct payment, created_at, "Time of creation"),
	SHOWN(struct payment, updated_at, "Time of the last change"));

const struct schema refund_schema = SCHEMA("Refund", struct refund,
	FIELD_UUID(struct refund, id, .flags = FIELD_KEY | FIELD_READONLY, .doc = "Key"),
	FIELD_UUID(struct refund, payment_id, .flags = FIELD_READONLY,
	    .doc = "Key of the payment"),
	MONEY(struct refund, amount, "amount", "Amount refunded"),
	FIELD_STR(struct refund, status, .flags = FIELD_READONLY,
	    .one_of = ENUM("processing", "succeeded", "failed"),
	    .doc = "`failed`: nothing was refunded"),
	FIELD_STR(struct refund, reason, .flags = FIELD_OPTIONAL,
	    .doc = "Reason of the refund"),
	SHOWN(struct refund, created_at, "Time of the request"));

/* --- statements ------------------------------------------------------------------- */

#define KEY(T, m)	FIELD_UUID(T, m, .doc = "Key of a row")
#define TEXT(T, m)	FIELD_STR(T, m, .flags = FIELD_OPTIONAL, .doc = "Value of a column")
#define NUMBER(T, m)	FIELD_INT(T, m, .doc = "Minor units")
#define AMOUNT(T)	FIELD_MONEY(T, amount, .column = "amount", .doc = "Amount")

const struct schema payment_ref = SCHEMA("PaymentRef", struct payment_ref,
	KEY(struct payment_ref, id));

static const struct schema payment_row = SCHEMA("Paid", struct payment_row,
	KEY(struct payment_row, id), KEY(struct payment_row, order_id), KEY(struct payment_row, user_id),
	AMOUNT(struct payment_row), NUMBER(struct payment_row, captured), NUMBER(struct payment_row, refunded),
	TEXT(struct payment_row, type), TEXT(struct payment_row, token_enc), TEXT(struct payment_row, status),
	FIELD_BOOL(struct payment_row, stop, .doc = "Whether its cancellation was requested"),
	TEXT(struct payment_row, key), TEXT(struct payment_row, state));

static const struct schema payment_new = SCHEMA("PaymentAdded", struct payment_row,
	KEY(struct payment_row, id), KEY(struct payment_row, order_id), KEY(struct payment_row, order_id),
	KEY(struct payment_row, user_id), AMOUNT(struct payment_row), TEXT(struct payment_row, type),
	TEXT(struct payment_row, token_enc));

static const struct schema attempt = SCHEMA("PaymentAttempt", struct payment_row,
	KEY(struct payment_row, id), TEXT(struct payment_row, type), TEXT(struct payment_row, key));

static const struct schema by_key = SCHEMA("PaymentByKey", struct payment_row,
	TEXT(struct payment_row, key));

static const struct schema refund_row = SCHEMA("Owed", struct refund_row,
	KEY(struct refund_row, id), KEY(struct refund_row, payment_id), AMOUNT(struct refund_row),
	TEXT(struct refund_row, status), TEXT(struct refund_row, key));

static const struct schema refund_new = SCHEMA("OwedNew", struct refund_row,
	KEY(struct refund_row, id), KEY(struct refund_row, payment_id), AMOUNT(struct refund_row),
	TEXT(struct refund_row, reason), TEXT(struct refund_row, key));

static const struct schema refund_taken = SCHEMA("OwedTaken", struct refund_row,
	NUMBER(struct refund_row, taken), KEY(struct refund_row, payment_id));

/* The amount that is left of a payment, and the time of a refund's request. */
static const struct schema payment_left = SCHEMA("PaymentLeft", struct refund,
	FIELD_MONEY(struct refund, amount, .column = "amount", .doc = "Amount left"));

static const struct schema refund_time = SCHEMA("RefundAsked", struct refund,
	FIELD_STAMP(struct refund, created_at, .doc = "Time of the request"));

struct event {
	struct str	 provider, id;
	struct stamp	 at;
};

static const struct schema event = SCHEMA("PaymentEvent", struct event,
	TEXT(struct event, provider), TEXT(struct event, id));

static const struct schema old_event = SCHEMA("PaymentEventOld", struct event,
	FIELD_STAMP(struct event, at, .doc = "Older events are deleted"));

#define PAID								\
	"SELECT p.id, p.order_id, p.user_id, p.amount, p.currency, p.captured,"	\
	" p.refunded, p.method_type, p.method_token_enc, p.status,"		\
	" p.stop_at IS NOT NULL, a.provider_key, a.state FROM payments p"	\
	" LEFT JOIN payment_attempts a ON a.payment_id = p.id WHERE p.id = ?"

enum { FIND, HOLD, FIND_KEY, ADD, ADD_ATTEMPT, STOP, LEAVE, FIND_REFUND, ADD_EVENT,
	OLD_EVENTS };

const struct query payment_queries[] = {
	[FIND] = { PAID, .in = &payment_ref, .out = &payment_row },
	[HOLD] = { PAID " FOR UPDATE", .in = &payment_ref, .out = &payment_row },
	[FIND_KEY] = { "SELECT payment_id FROM payment_attempts WHERE provider_key = ?",
	    .in = &by_key, .out = &payment_ref },
	[ADD] = { "INSERT INTO payments (id, order_id, active_key, user_id, amount,"
	    " currency, method_type, method_token_enc) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
	    .in = &payment_new },
	[ADD_ATTEMPT] = { "INSERT INTO payment_attempts (payment_id, provider,"
	    " provider_key) VALUES (?, ?, ?)", .in = &attempt },
	[STOP] = { "UPDATE payments SET stop_at = CURRENT_TIMESTAMP(3),"
	    " version = version + 1 WHERE id = ? AND stop_at IS NULL", .in = &payment_ref },
	[LEAVE] = { "UPDATE payments SET status = 'canceled', version = version + 1"
	    " WHERE id = ? AND status = 'requires_payment_method'", .in = &payment_ref },
	[FIND_REFUND] = { "SELECT id, payment_id, amount, currency, status, provider_key"
	    " FROM refunds WHERE id = ?", .in = &payment_ref, .out = &refund_row },
	[ADD_EVENT] = { "INSERT INTO payment_events (provider, event_id) VALUES (?, ?)",
	    .in = &event },
	[OLD_EVENTS] = { "DELETE FROM payment_events WHERE at < ? LIMIT 1000",
	    .in = &old_event },
	{ .sql = NULL }
};

enum { HOLD_LEFT, TAKE, ADD_REFUND, WHEN };

const struct query payment_refund_queries[] = {
	[HOLD_LEFT] = { "SELECT captured - refunded, currency FROM payments"
	    " WHERE id = ? AND status = 'succeeded' FOR UPDATE", .in = &payment_ref, .out = &payment_left },
	[TAKE] = { "UPDATE payments SET refunded = refunded + ?, version = version + 1"
	    " WHERE id = ?", .in = &refund_taken },
	[ADD_REFUND] = { "INSERT INTO refunds (id, payment_id, amount, currency, reason,"
	    " provider_key) VALUES (?, ?, ?, ?, ?, ?)", .in = &refund_new },
	[WHEN] = { "SELECT created_at FROM refunds WHERE id = ?", .in = &payment_ref, .out = &refund_time },
	{ .sql = NULL }
};

/* --- rows ------------------------------------------------------------------------- */

static enum db_err
payment_select(struct store *st, int which, struct uuid id, void *out)
{
	return query_one(st, &payment_queries[which], &(const struct payment_ref){ id }, out);
}

enum db_err
payment_find(struct store *st, struct uuid id, struct payment_row *out)
{
	return payment_select(st, FIND, id, out);
}

enum db_err
payment_lock(struct store *st, struct uuid id, struct payment_row *out)
{
	return payment_select(st, HOLD, id, out);
}

enum db_err
refund_find(struct store *st, struct uuid id, struct refund_row *out)
{
	return payment_select(st, FIND_REFUND, id, out);
}

enum db_err
payment_by_key(struct store *st, struct str key, struct uuid *id)
{
	struct payment_ref	 found;
	enum db_err	 err = query_one(st, &payment_queries[FIND_KEY],
			    &(const struct payment_row){ .key = key }, &found);

	if (err == DB_OK)
		*id = found.id;
	return err;
}

void
payment_invalidate(struct store *st, struct uuid id)
{
	store_invalidate(st, STR("payments"));
	store_invalidate_row(st, "payments", id);
}

static enum db_err
payment_queue(struct store *st, const char *kind, struct uuid id)
{
	const struct payment_ref	 r = { id };

	return job_add(st, &(const struct job_spec){ .queue = "payments", .kind = kind,
	    .schema = &payment_ref, .payload = &r });
}

enum db_err
payment_add(struct store *st, const struct payment_row *p)
{
	enum db_err	 err = query_exec(st, &payment_queries[ADD], p, NULL);

	payment_invalidate(st, p->id);
	return err == DB_OK ? payment_queue(st, PAYMENT_CHARGE, p->id) : err;
}

enum db_err
payment_request_cancel(struct store *st, const struct payment_row *p)
{
	struct db_result	 done;
	enum db_err	 err = query_exec(st, &payment_queries[STOP],
			    &(const struct payment_ref){ p->id }, &done);

	payment_invalidate(st, p->id);
	return err == DB_OK && done.affected == 1 ?
	    payment_queue(st, PAYMENT_CANCEL, p->id) : err;
}

enum db_err
payment_cancel_unpaid(struct store *st, struct uuid id)
{
	payment_invalidate(st, id);
	return query_exec(st, &payment_queries[LEAVE], &(const struct payment_ref){ id },
	    NULL);
}

static struct str
key_text(struct arena *a, struct uuid id)
{
	char	 text[UUID_LEN + 1];

	uuid_text(id, text);
	return arena_copy(a, str_of(text));
}

enum db_err
payment_attempt(struct store *st, struct payment_row *p)
{
	p->key = key_text(st->arena, uuid_new());
	p->state = STR("started");
	return p->key.p == NULL ? DB_NO_MEMORY :
	    query_exec(st, &payment_queries[ADD_ATTEMPT], p, NULL);
}

struct str
payment_key(const struct payment_row *p)
{
	return p->key;
}

enum db_err
payment_event(struct store *st, const char *provider, struct str id)
{
	return query_exec(st, &payment_queries[ADD_EVENT],
	    &(const struct event){ .provider = str_of(provider), .id = id }, NULL);
}

enum db_err
payment_purge_events(struct store *st, struct stamp before, uint64_t *gone)
{
	struct db_result	 done = { .affected = 0 };
	enum db_err	 err = query_exec(st, &payment_queries[OLD_EVENTS],
			    &(const struct event){ .at = before }, &done);

	*gone = done.affected;
	return err;
}

/* --- tokens ----------------------------------------------------------------------- */

/* The label that binds a sealed token to its row: a copy in another row cannot be
 * unsealed. */
static struct str
seal_label(struct arena *a, struct uuid id)
{
	char	 text[UUID_LEN + 1];

	uuid_text(id, text);
	return str_of(arena_fmt(a, "payment token %s", text));
}

bool
payment_seal(const struct conf *cf, struct arena *a, struct uuid id, struct str token,
    struct str *enc)
{
	struct str	 label = seal_label(a, id);
	struct buf	 sealed, text;

	buf_init(&sealed, a);
	buf_init(&text, a);
	if (label.p == NULL || !crypto_seal(str_of(cf->secret), label, token, &sealed))
		return false;
	crypto_base64url_encode(&text, sealed.p, sealed.n);
	*enc = buf_view(&text);
	return buf_ok(&text);
}

bool
payment_token(const struct conf *cf, struct arena *a, const struct payment_row *p,
    struct str *token)
{
	struct str	 label = seal_label(a, p->id), sealed;

	return label.p != NULL && crypto_base64url_decode(a, p->token_enc, &sealed) &&
	    crypto_unseal(a, str_of(cf->secret), label, sealed, token);
}

/* --- refunds ---------------------------------------------------------------------- */

static enum db_err
refund_write(struct store *st, struct refund *r)
{
	const struct refund_row	 o = { .id = r->id, .payment_id = r->payment_id,
				    .amount = r->amount, .taken = r->amount.amount,
				    .reason = r->reason, .key = key_text(st->arena, r->id) };
	enum db_err		 err = o.key.p == NULL ? DB_NO_MEMORY :
				    query_exec(st, &payment_refund_queries[TAKE], &o, NULL);

	payment_invalidate(st, r->payment_id);
	if (err == DB_OK)
		err = query_exec(st, &payment_refund_queries[ADD_REFUND], &o, NULL);
	return err == DB_OK ? payment_queue(st, PAYMENT_REFUND, r->id) : err;
}

enum db_err
payment_refund(struct store *st, struct refund *r)
{
	const struct payment_ref	 payment = { r->payment_id };
	struct refund		 is;
	enum db_err		 err = query_one(st, &payment_refund_queries[HOLD_LEFT],
				    &payment, &is);

	if (err != DB_OK)
		return err == DB_NOT_FOUND ? DB_ABORT : err;
	if (r->amount.amount == 0)
		r->amount = is.amount;
	if (r->amount.amount < 1 || r->amount.amount > is.amount.amount)
		return DB_ABORT;
	memcpy(r->amount.currency, is.amount.currency, sizeof(is.amount.currency));
	r->id = uuid_new();
	r->status = STR("processing");
	if ((err = refund_write(st, r)) != DB_OK)
		return err;
	err = query_one(st, &payment_refund_queries[WHEN], &(const struct payment_ref){ r->id }, &is);
	r->created_at = is.created_at;
	return err;
}
