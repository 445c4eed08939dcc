/*
 * payment_job - the jobs that ask providers.  No transaction is open while one
 * does; what was answered becomes rows together with the end of the job.
 */
#include "db/db.h"
#include "payment_private.h"

#include "base/clock.h"
#include "order.h"

/* A job on its way. */
struct asking {
	struct job		*job;
	const struct provider	*by;
	struct paid		 paid;
	struct owed		 owed;
	struct provider_answer	 answer;
	bool			 over;		/* there is nothing left to do */
};

static struct uuid
id_of(const struct job *j)
{
	return ((const struct payment_ref *)j->input)->id;
}

/* The row is not there, or the database is not. */
static enum job_outcome
not_found(struct job *j, enum db_err err)
{
	return err == DB_NOT_FOUND ? job_fail(j, JOB_DEAD, "there is no such row") :
	    job_fail(j, JOB_RETRY, "the database does not answer (%d)", (int)err);
}

/* Who is to be asked; NULL: nobody can be, and the job says why. */
static const struct provider *
provider_of(struct job *j, struct str type, enum job_outcome *end)
{
	const struct provider	*by = provider_find(type);

	if (by == NULL)
		*end = job_fail(j, JOB_DEAD, "there is no provider %.*s", STR_ARG(type));
	else if (!provider_ready(by, j->conf))
		*end = job_fail(j, JOB_RETRY, "%s is not configured", by->name);
	else
		return by;
	return NULL;
}

/* Nothing is open, and what is known is committed: it may take its time now. */
static bool
call_of(const struct asking *a, struct provider_request *c)
{
	struct job	*j = a->job;
	char		 order[UUID_LEN + 1];

	uuid_text(a->paid.order_id, order);
	*c = (struct provider_request){ .conf = j->conf, .arena = j->store->arena,
	    .key = payment_key(&a->paid), .amount = a->paid.amount,
	    .reference = arena_copy(j->store->arena, str_of(order)) };
	j->store->arena->secret = true;
	(void)db_idle(j->store->db, true);	/* others may need its connection */
	return c->reference.p != NULL &&
	    payment_token(j->conf, j->store->arena, &a->paid, &c->token);
}

/* --- the charge ------------------------------------------------------------------- */

/* Its key, before anybody is asked; or there is nobody to ask. */
static enum db_err
begin(struct store *st, void *arg)
{
	struct asking	*a = arg;
	struct order_state	 o;
	enum db_err	 err = payment_lock(st, a->paid.id, &a->paid);

	if (err != DB_OK)
		return err;
	a->over = a->paid.stop || !str_is(a->paid.status, "processing");
	if (a->over || a->paid.key.p != NULL)
		return DB_ABORT;
	if ((err = order_lock(st, a->paid.order_id, &o)) != DB_OK)
		return err;
	if (str_is(o.status, "pending_payment"))
		return payment_attempt(st, &a->paid);
	a->over = true;
	return payment_request_cancel(st, &a->paid);
}

static enum db_err
settle(struct store *st, void *arg)
{
	struct asking	*a = arg;

	return payment_settle(st, a->job->conf, a->paid.id, &a->answer);
}

/* What is known is written together with the job's end; else it comes again. */
static enum job_outcome
conclude(struct asking *a, enum db_err (*run)(struct store *, void *))
{
	struct job	*j = a->job;
	enum db_err	 err;

	if (a->answer.end == PROVIDER_UNKNOWN || a->answer.end == PROVIDER_NOTHING) {
		if (store_write(j->store, NULL, 0, run, a) != DB_OK)
			return job_fail(j, JOB_RETRY, "it could not be written");
		return job_fail(j, JOB_RETRY, "%s: %s", a->by->name,
		    a->answer.why == NULL ? "no answer" : a->answer.why);
	}
	err = job_write(j, NULL, 0, run, a);
	return err == DB_OK ? JOB_DONE : job_fail(j, JOB_RETRY,
	    "what was answered could not be written (%d)", (int)err);
}

/* After an answer that did not come, what became of it; then with the same key. */
static void
ask(struct asking *a)
{
	struct provider_request	 c;

	a->answer = (struct provider_answer){ .end = PROVIDER_UNKNOWN,
	    .why = "its token can not be read: `secret` is another one" };
	if (!call_of(a, &c))
		return;
	if (str_is(a->paid.state, "unknown"))
		a->by->find(&c, &a->answer);
	else
		a->answer.end = PROVIDER_NOTHING;
	if (a->answer.end == PROVIDER_NOTHING)
		a->by->charge(&c, &a->answer);
}

static enum job_outcome
charge(struct job *j)
{
	struct asking	 a = { .job = j };
	enum job_outcome	 end = JOB_DONE;
	enum db_err	 err = payment_find(j->store, id_of(j), &a.paid);

	if (err != DB_OK)
		return not_found(j, err);
	if (!str_is(a.paid.status, "processing") ||
	    (a.by = provider_of(j, a.paid.type, &end)) == NULL)
		return end;
	a.answer.end = PROVIDER_DONE;
	if (a.by->charge == NULL)
		return conclude(&a, settle);
	err = store_write(j->store, NULL, 0, begin, &a);
	if (err != DB_OK && err != DB_ABORT)
		return not_found(j, err);
	if (a.over)
		return JOB_DONE;
	ask(&a);
	return conclude(&a, settle);
}

/* --- its cancellation ------------------------------------------------------------- */

static enum job_outcome
cancel(struct job *j)
{
	struct asking		 a = { .job = j };
	struct provider_request	 c;
	enum job_outcome		 end = JOB_DONE;
	enum db_err		 err = payment_find(j->store, id_of(j), &a.paid);

	if (err != DB_OK)
		return not_found(j, err);
	if (!str_is(a.paid.status, "processing"))
		return JOB_DONE;
	a.answer.end = PROVIDER_CANCELED;
	if (a.paid.key.p == NULL)
		return conclude(&a, settle);
	if ((a.by = provider_of(j, a.paid.type, &end)) == NULL)
		return end;
	if (!call_of(&a, &c))
		return job_fail(j, JOB_RETRY, "its token can not be read");
	a.by->cancel(&c, &a.answer);
	if (a.answer.end == PROVIDER_DONE)
		a.answer.end = PROVIDER_CANCELED;
	return conclude(&a, settle);
}

/* --- giving back ------------------------------------------------------------------ */

static enum db_err
settle_refund(struct store *st, void *arg)
{
	struct asking	*a = arg;

	return payment_settle_refund(st, a->job->conf, a->owed.id, &a->answer);
}

static enum job_outcome
refund(struct job *j)
{
	struct asking		 a = { .job = j };
	struct provider_request	 c;
	enum job_outcome		 end = JOB_DONE;
	enum db_err		 err = refund_find(j->store, id_of(j), &a.owed);

	if (err == DB_OK)
		err = payment_find(j->store, a.owed.payment_id, &a.paid);
	if (err != DB_OK)
		return not_found(j, err);
	if (!str_is(a.owed.status, "processing") ||
	    (a.by = provider_of(j, a.paid.type, &end)) == NULL)
		return end;
	a.answer.end = PROVIDER_DONE;
	if (a.by->refund == NULL)
		return conclude(&a, settle_refund);
	if (!call_of(&a, &c))
		return job_fail(j, JOB_RETRY, "its token can not be read");
	c.charge = a.paid.key;
	c.key = a.owed.key;
	c.amount = a.owed.amount;
	a.by->refund(&c, &a.answer);
	return conclude(&a, settle_refund);
}

/* --- what providers told long ago ------------------------------------------------- */

#define KEPT_DAYS	90
#define PIECES		1000		/* of one sweep */

/* Each piece a transaction of its own; a webhook that late changes nothing anyway. */
static enum job_outcome
sweep(struct job *j)
{
	const struct stamp	 before = { clock_now_ms() -
				    KEPT_DAYS * INT64_C(86400000), true };
	uint64_t		 gone = 1;
	enum db_err		 err = DB_OK;

	for (int i = 0; i < PIECES && err == DB_OK && gone > 0; i++)
		err = payment_purge_events(j->store, before, &gone);
	return err == DB_OK ? JOB_DONE : not_found(j, err);
}

/* Providers can be away for hours: a charge that nobody knows of is not given up. */
#define PATIENCE	100

const struct job_kind payment_jobs[] = {
	{ PAYMENT_CHARGE, &payment_ref, charge, .attempts = PATIENCE,
	  .doc = "Asks the provider for the money of a payment" },
	{ PAYMENT_CANCEL, &payment_ref, cancel, .attempts = PATIENCE,
	  .doc = "Sees that a payment is not charged, or takes it back at the provider" },
	{ PAYMENT_REFUND, &payment_ref, refund, .attempts = PATIENCE,
	  .doc = "Gives back what was paid" },
	{ "payments.sweep", NULL, sweep, .every_s = 86400,
	  .doc = "Forgets what providers told three months ago" },
	{ .name = NULL }
};
