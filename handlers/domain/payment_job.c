/*
 * payment_job - the jobs that call providers.  No transaction is open during a call;
 * its result is written in one transaction with the end of the job.
 */
#include "db/db.h"
#include "payment_private.h"

#include "base/clock.h"
#include "order.h"

/* A job in progress. */
struct payment_work {
	struct job		*job;
	const struct provider	*by;
	struct payment_row		 paid;
	struct refund_row		 owed;
	struct provider_answer	 answer;
	bool			 over;		/* nothing is left to do */
};

#define TOKEN_UNREADABLE	"the token cannot be unsealed: `secret` changed"

static struct uuid
job_payment(const struct job *j)
{
	return ((const struct payment_ref *)j->input)->id;
}

/* The row does not exist, or the database does not answer. */
static enum job_outcome
job_database_error(struct job *j, enum db_err err)
{
	return err == DB_NOT_FOUND ? job_fail(j, JOB_DEAD, "no such row") :
	    job_fail(j, JOB_RETRY, "the database does not answer (%d)", (int)err);
}

/* The provider of a method; NULL: it cannot be called, `*end` is the job's outcome. */
static const struct provider *
job_provider(struct job *j, struct str type, enum job_outcome *end)
{
	const struct provider	*by = provider_find(type);

	if (by == NULL)
		*end = job_fail(j, JOB_DEAD, "unknown provider %.*s", STR_ARG(type));
	else if (!provider_ready(by, j->conf))
		*end = job_fail(j, JOB_RETRY, "%s is not configured", by->name);
	else
		return by;
	return NULL;
}

/* Fill in the request.  The call may be slow, so the database connection is returned
 * to the budget.  False: no memory, or the token cannot be unsealed. */
static bool
request_prepare(const struct payment_work *a, struct provider_request *c)
{
	struct job	*j = a->job;
	char		 order[UUID_LEN + 1];

	uuid_text(a->paid.order_id, order);
	*c = (struct provider_request){ .conf = j->conf, .arena = j->store->arena,
	    .key = payment_key(&a->paid), .amount = a->paid.amount,
	    .reference = arena_copy(j->store->arena, str_of(order)) };
	j->store->arena->secret = true;
	(void)db_idle(j->store->db, true);
	return c->reference.p != NULL &&
	    payment_token(j->conf, j->store->arena, &a->paid, &c->token);
}

/* --- the charge ------------------------------------------------------------------- */

/* Commit the key before the first call.  DB_ABORT: it is committed, or the job is
 * over. */
static enum db_err
charge_begin_tx(struct store *st, void *arg)
{
	struct payment_work	*a = arg;
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
charge_settle_tx(struct store *st, void *arg)
{
	struct payment_work	*a = arg;

	return payment_settle(st, a->job->conf, a->paid.id, &a->answer);
}

/* Write a definite result together with the end of the job; otherwise retry. */
static enum job_outcome
job_conclude(struct payment_work *a, enum db_err (*run)(struct store *, void *))
{
	struct job	*j = a->job;
	enum db_err	 err;

	if (a->answer.end == PROVIDER_UNKNOWN || a->answer.end == PROVIDER_NOTHING) {
		if (store_write(j->store, NULL, 0, run, a) != DB_OK)
			return job_fail(j, JOB_RETRY, "the result could not be written");
		return job_fail(j, JOB_RETRY, "%s: %s", a->by->name,
		    a->answer.why == NULL ? "no answer" : a->answer.why);
	}
	err = job_write(j, NULL, 0, run, a);
	return err == DB_OK ? JOB_DONE : job_fail(j, JOB_RETRY,
	    "the result could not be written (%d)", (int)err);
}

/* Charge.  After an earlier call without an answer, look the charge up first. */
static void
provider_charge(struct payment_work *a)
{
	struct provider_request	 c;

	a->answer = (struct provider_answer){ .end = PROVIDER_UNKNOWN,
	    .why = TOKEN_UNREADABLE };
	if (!request_prepare(a, &c))
		return;
	if (str_is(a->paid.state, "unknown"))
		a->by->find(&c, &a->answer);
	else
		a->answer.end = PROVIDER_NOTHING;
	if (a->answer.end == PROVIDER_NOTHING)
		a->by->charge(&c, &a->answer);
}

static enum job_outcome
charge_job(struct job *j)
{
	struct payment_work	 a = { .job = j };
	enum job_outcome	 end = JOB_DONE;
	enum db_err	 err = payment_find(j->store, job_payment(j), &a.paid);

	if (err != DB_OK)
		return job_database_error(j, err);
	if (!str_is(a.paid.status, "processing") ||
	    (a.by = job_provider(j, a.paid.type, &end)) == NULL)
		return end;
	a.answer.end = PROVIDER_DONE;
	if (a.by->charge == NULL)
		return job_conclude(&a, charge_settle_tx);
	err = store_write(j->store, NULL, 0, charge_begin_tx, &a);
	if (err != DB_OK && err != DB_ABORT)
		return job_database_error(j, err);
	if (a.over)
		return JOB_DONE;
	provider_charge(&a);
	return job_conclude(&a, charge_settle_tx);
}

/* --- cancellation ----------------------------------------------------------------- */

static enum job_outcome
cancel_job(struct job *j)
{
	struct payment_work		 a = { .job = j };
	struct provider_request	 c;
	enum job_outcome		 end = JOB_DONE;
	enum db_err		 err = payment_find(j->store, job_payment(j), &a.paid);

	if (err != DB_OK)
		return job_database_error(j, err);
	if (!str_is(a.paid.status, "processing"))
		return JOB_DONE;
	a.answer.end = PROVIDER_CANCELED;
	if (a.paid.key.p == NULL)
		return job_conclude(&a, charge_settle_tx);
	if ((a.by = job_provider(j, a.paid.type, &end)) == NULL)
		return end;
	if (!request_prepare(&a, &c))
		return job_fail(j, JOB_RETRY, TOKEN_UNREADABLE);
	a.by->cancel(&c, &a.answer);
	if (a.answer.end == PROVIDER_DONE)
		a.answer.end = PROVIDER_CANCELED;
	return job_conclude(&a, charge_settle_tx);
}

/* --- refunds ---------------------------------------------------------------------- */

static enum db_err
refund_settle_tx(struct store *st, void *arg)
{
	struct payment_work	*a = arg;

	return payment_settle_refund(st, a->job->conf, a->owed.id, &a->answer);
}

static enum job_outcome
refund_job(struct job *j)
{
	struct payment_work		 a = { .job = j };
	struct provider_request	 c;
	enum job_outcome		 end = JOB_DONE;
	enum db_err		 err = refund_find(j->store, job_payment(j), &a.owed);

	if (err == DB_OK)
		err = payment_find(j->store, a.owed.payment_id, &a.paid);
	if (err != DB_OK)
		return job_database_error(j, err);
	if (!str_is(a.owed.status, "processing") ||
	    (a.by = job_provider(j, a.paid.type, &end)) == NULL)
		return end;
	a.answer.end = PROVIDER_DONE;
	if (a.by->refund == NULL)
		return job_conclude(&a, refund_settle_tx);
	if (!request_prepare(&a, &c))
		return job_fail(j, JOB_RETRY, TOKEN_UNREADABLE);
	c.charge = a.paid.key;
	c.key = a.owed.key;
	c.amount = a.owed.amount;
	a.by->refund(&c, &a.answer);
	return job_conclude(&a, refund_settle_tx);
}

/* --- old events ------------------------------------------------------------------- */

#define KEPT_DAYS	90
#define MAX_BATCHES	1000		/* in one run of the job */

/* Delete old events in batches, each its own transaction.  A webhook that is
 * delivered again after this time finds its payment settled. */
static enum job_outcome
sweep_job(struct job *j)
{
	const struct stamp	 before = { clock_now_ms() -
				    KEPT_DAYS * INT64_C(86400000), true };
	uint64_t		 gone = 1;
	enum db_err		 err = DB_OK;

	for (int i = 0; i < MAX_BATCHES && err == DB_OK && gone > 0; i++)
		err = payment_purge_events(j->store, before, &gone);
	return err == DB_OK ? JOB_DONE : job_database_error(j, err);
}

/* A provider can be unreachable for hours, and a charge must not be given up. */
#define MAX_ATTEMPTS	100

const struct job_kind payment_jobs[] = {
	{ PAYMENT_CHARGE, &payment_ref, charge_job, .attempts = MAX_ATTEMPTS,
	  .doc = "Charge a payment at its provider" },
	{ PAYMENT_CANCEL, &payment_ref, cancel_job, .attempts = MAX_ATTEMPTS,
	  .doc = "Cancel a payment at its provider, or revert its charge" },
	{ PAYMENT_REFUND, &payment_ref, refund_job, .attempts = MAX_ATTEMPTS,
	  .doc = "Refund a payment at its provider" },
	{ "payments.sweep", NULL, sweep_job, .every_s = 86400,
	  .doc = "Delete provider events that are older than 90 days" },
	{ .name = NULL }
};
