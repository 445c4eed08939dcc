/* jobs: jobs and dead letters, and the cleanup of core's tables. */
#include "app.h"
#include "base/clock.h"

/* --- dead letters, jobs ----------------------------------------------------------- */

struct letter {
	struct uuid	 id;
	int64_t		 job_id;
	struct str	 queue, kind, last_error;
	int64_t		 attempts;
	struct stamp	 first_failed_at, retried_at;
	struct json	 payload;
};

static const struct schema letter = SCHEMA("DeadLetter", struct letter,
	FIELD_UUID(struct letter, id, .flags = FIELD_KEY | FIELD_READONLY, .doc = "Key"),
	FIELD_INT(struct letter, job_id, .flags = FIELD_READONLY,
	    .doc = "Key of the job that was given up"),
	FIELD_STR(struct letter, queue, .flags = FIELD_READONLY,
	    .doc = "Queue, named after its program", .example = "\"orders\""),
	FIELD_STR(struct letter, kind, .flags = FIELD_READONLY,
	    .doc = "Kind of job", .example = "\"order.expire\""),
	FIELD_INT(struct letter, attempts, .flags = FIELD_READONLY,
	    .doc = "Number of attempts"),
	FIELD_STR(struct letter, last_error, .flags = FIELD_READONLY | FIELD_OPTIONAL,
	    .doc = "Error of the last attempt"),
	FIELD_STAMP(struct letter, first_failed_at, .flags = FIELD_READONLY,
	    .doc = "Time of the first failure"),
	FIELD_STAMP(struct letter, retried_at, .flags = FIELD_READONLY | FIELD_OPTIONAL,
	    .doc = "Time at which it was queued again"),
	FIELD_JSON(struct letter, payload, .flags = FIELD_READONLY | FIELD_PRIVATE,
	    .doc = "Input of the job; visible with the scope ops:admin"));

static const struct resource letters = {
	.path = "/v1/dead-letters", .table = "dead_letters", .schema = &letter,
	.operations = OPS_LIST, .read = "ops:read", .admin_scope = "ops:admin",
	.filters = FILTERS(FILTER_BY("queue")),
	.sorts = SORTS(SORT_BY("-id")),
	.doc = "Jobs that were given up, newest first",
};

struct job_row {
	int64_t		 id, attempts;
	struct str	 queue, kind, state, last_error;
	struct stamp	 run_at;
};

static const struct schema job_row = SCHEMA("Job", struct job_row,
	FIELD_INT(struct job_row, id, .flags = FIELD_KEY | FIELD_READONLY, .doc = "Key"),
	FIELD_STR(struct job_row, queue, .flags = FIELD_READONLY,
	    .doc = "Queue, named after its program", .example = "\"orders\""),
	FIELD_STR(struct job_row, kind, .flags = FIELD_READONLY,
	    .doc = "Kind of job", .example = "\"order.expire\""),
	FIELD_STR(struct job_row, state, .flags = FIELD_READONLY,
	    .one_of = ENUM("ready", "running", "done", "dead"),
	    .doc = "State; a dead job was given up and has a dead letter"),
	FIELD_INT(struct job_row, attempts, .flags = FIELD_READONLY,
	    .doc = "Number of attempts"),
	FIELD_STAMP(struct job_row, run_at, .flags = FIELD_READONLY,
	    .doc = "Earliest time of the next attempt"),
	FIELD_STR(struct job_row, last_error, .flags = FIELD_READONLY | FIELD_OPTIONAL,
	    .doc = "Error of the last attempt"));

static const struct resource jobs = {
	.path = "/v1/jobs", .table = "jobs", .schema = &job_row, .operations = OPS_GET,
	.read = "ops:read", .doc = "Jobs; a finished job is kept for 7 days",
};

struct letter_key {
	struct uuid	 id;
};

static const struct schema letter_key = SCHEMA("DeadLetterKey", struct letter_key,
	FIELD_UUID(struct letter_key, id, .doc = "Key of a dead letter"));

struct retry_work {
	struct uuid	 letter;
	int64_t		 job;
};

static enum db_err
retry_tx(struct store *st, void *arg)
{
	struct retry_work	*a = arg;

	return job_requeue(st, a->letter, &a->job);
}

static enum http_status
letter_retry(struct req *rq, struct resp *rs)
{
	const struct letter_key	*key = KEYS(rq, struct letter_key);
	struct retry_work		 a = { .letter = key->id };
	enum http_status	 status;
	enum db_err		 err;

	err = store_write(rq->store, (const struct str[]){ STR(JOB_DEAD_LETTERS) }, 1,
	    retry_tx, &a);
	if (err == DB_ABORT)
		return resp_problem(rs, HTTP_CONFLICT, "already_retried",
		    "the job was queued again before");
	if (err != DB_OK)
		return resp_db_error(rs, err);
	status = resource_respond(rq, rs, &jobs, &(struct job_row){ .id = a.job },
	    HTTP_ACCEPTED);
	resp_header(rs, "Location", "%.*s/v1/jobs/%lld", STR_ARG(rq->target.base),
	    (long long)a.job);
	resp_header(rs, "Retry-After", "1");
	return status;
}

/* --- cleanup ----------------------------------------------------------------------- */

#define HOUR_MS		(INT64_C(3600) * 1000)
#define DAY_MS		(24 * HOUR_MS)
#define SLICE_MS	(900 * INT64_C(1000))	/* of login_failures.slice */
#define AT_ONCE		"1000"			/* rows of one DELETE */
#define ROUNDS		1000			/* DELETEs of a table in one run */

struct sweep_limit {
	struct stamp	 before;
	int64_t		 slice;
};

static const struct schema before = SCHEMA("Swept", struct sweep_limit,
	FIELD_STAMP(struct sweep_limit, before, .doc = "Older rows are deleted"));
static const struct schema slice = SCHEMA("SweptSlice", struct sweep_limit,
	FIELD_INT(struct sweep_limit, slice, .doc = "Older rows are deleted"));

#define SWEEP(table, condition)							\
	{ "DELETE FROM " table " WHERE " condition " < ? LIMIT " AT_ONCE, .in = &before }

static const struct query	 old_keys = SWEEP("idempotency_keys", "created_at"),
	old_jobs = SWEEP("jobs", "state = 'done' AND lease_until"),
	old_dead = SWEEP("jobs", "state = 'dead' AND lease_until"),
	old_revoked = SWEEP("revoked_tokens", "expires_at"),
	old_codes = SWEEP("auth_codes", "expires_at"),
	old_refresh = SWEEP("refresh_tokens", "expires_at"),
	old_families = SWEEP("token_families", "absolute_expiry"),
	old_failures = { "DELETE FROM login_failures WHERE slice < ? LIMIT " AT_ONCE,
	    .in = &slice };

/* How long rows are kept after their time.  Families come after their tokens. */
static const struct {
	const struct query	*delete;
	int64_t			 kept_ms;
} sweeps[] = {
	{ &old_keys, 2 * DAY_MS },
	{ &old_jobs, 7 * DAY_MS },
	{ &old_dead, 30 * DAY_MS },
	{ &old_revoked, HOUR_MS },
	{ &old_codes, HOUR_MS },
	{ &old_refresh, HOUR_MS },
	{ &old_families, DAY_MS },
	{ &old_failures, DAY_MS },
};

/* Delete in batches, so that no lock is held for long. */
static enum db_err
sweep_table(struct store *st, const struct query *q, int64_t before_ms)
{
	struct sweep_limit	 s = { { before_ms, true }, before_ms / SLICE_MS };
	struct db_result	 done = { .affected = 1 };
	enum db_err	 err = DB_OK;

	for (int i = 0; i < ROUNDS && err == DB_OK && done.affected > 0; i++)
		err = query_exec(st, q, &s, &done);
	return err;
}

static enum job_outcome
sweep_job(struct job *j)
{
	enum db_err	 err = DB_OK;

	for (size_t i = 0; i < NELEMS(sweeps) && err == DB_OK; i++)
		err = sweep_table(j->store, sweeps[i].delete,
		    clock_now_ms() - sweeps[i].kept_ms);
	return job_outcome_of(j, err);
}

static const struct job_kind kinds[] = {
	{ "sweep", .run = sweep_job, .every_s = 3600, .lease_s = 600,
	  .doc = "Delete expired idempotency keys, jobs, tokens and failed logins" },
	{ .name = NULL },
};

int
main(int argc, char **argv)
{
	return app_main(argc, argv, APP("jobs", .service = "core", .jobs = kinds,
	    .resources = RESOURCES(&letters, &jobs),
	    .routes = ROUTES(
		{ HTTP_POST, "/v1/dead-letters/{id}/retry", .scope = "ops:admin",
		  .run = letter_retry, .idempotency = IDEM_REQUIRED, .keys = &letter_key, .answer = &job_row,
		  .problems = PROBLEMS("202", "409 already_retried The job was queued again "
		  "before: see the newer job, or the dead letter of that job."),
		  .doc = "Queue the job of a dead letter again" }),
	    .queries = QUERIES(&old_keys, &old_jobs, &old_dead, &old_revoked, &old_codes,
	    &old_refresh, &old_families, &old_failures),
	    .uses = USES(job_requeue_queries)));
}
