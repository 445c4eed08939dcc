/* jobs: what became of work for later; and the sweeping of core's own tables. */
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
	    .doc = "The job that died"),
	FIELD_STR(struct letter, queue, .flags = FIELD_READONLY,
	    .doc = "The program whose queue it was in", .example = "\"orders\""),
	FIELD_STR(struct letter, kind, .flags = FIELD_READONLY,
	    .doc = "What was to be done", .example = "\"order.expire\""),
	FIELD_INT(struct letter, attempts, .flags = FIELD_READONLY,
	    .doc = "How often that was tried"),
	FIELD_STR(struct letter, last_error, .flags = FIELD_READONLY | FIELD_OPTIONAL,
	    .doc = "Why it failed the last time"),
	FIELD_STAMP(struct letter, first_failed_at, .flags = FIELD_READONLY,
	    .doc = "When it failed the first time"),
	FIELD_STAMP(struct letter, retried_at, .flags = FIELD_READONLY | FIELD_OPTIONAL,
	    .doc = "When it was queued anew"),
	FIELD_JSON(struct letter, payload, .flags = FIELD_READONLY | FIELD_PRIVATE,
	    .doc = "Its input; for bearers of ops:admin"));

static const struct resource letters = {
	.path = "/v1/dead-letters", .table = "dead_letters", .schema = &letter,
	.operations = OPS_LIST, .read = "ops:read", .admin_scope = "ops:admin",
	.filters = FILTERS(FILTER_BY("queue")),
	.sorts = SORTS(SORT_BY("-id")),
	.doc = "Work that was given up, the newest first",
};

struct job_shown {
	int64_t		 id, attempts;
	struct str	 queue, kind, state, last_error;
	struct stamp	 run_at;
};

static const struct schema job_shown = SCHEMA("Job", struct job_shown,
	FIELD_INT(struct job_shown, id, .flags = FIELD_KEY | FIELD_READONLY, .doc = "Key"),
	FIELD_STR(struct job_shown, queue, .flags = FIELD_READONLY,
	    .doc = "The program whose queue it is in", .example = "\"orders\""),
	FIELD_STR(struct job_shown, kind, .flags = FIELD_READONLY,
	    .doc = "What is to be done", .example = "\"order.expire\""),
	FIELD_STR(struct job_shown, state, .flags = FIELD_READONLY,
	    .one_of = ENUM("ready", "running", "done", "dead"),
	    .doc = "dead: given up, there is a dead letter of it"),
	FIELD_INT(struct job_shown, attempts, .flags = FIELD_READONLY,
	    .doc = "How often it was begun"),
	FIELD_STAMP(struct job_shown, run_at, .flags = FIELD_READONLY,
	    .doc = "Not before"),
	FIELD_STR(struct job_shown, last_error, .flags = FIELD_READONLY | FIELD_OPTIONAL,
	    .doc = "Why it failed the last time"));

static const struct resource jobs = {
	.path = "/v1/jobs", .table = "jobs", .schema = &job_shown, .operations = OPS_GET,
	.read = "ops:read", .doc = "Work for later, some days longer than until it is done",
};

struct letter_key {
	struct uuid	 id;
};

static const struct schema letter_key = SCHEMA("DeadLetterKey", struct letter_key,
	FIELD_UUID(struct letter_key, id, .doc = "Of the dead letter"));

struct again {
	struct uuid	 letter;
	int64_t		 job;
};

static enum db_err
again_run(struct store *st, void *arg)
{
	struct again	*a = arg;

	return job_requeue(st, a->letter, &a->job);
}

static enum http_status
retry(struct req *rq, struct resp *rs)
{
	const struct letter_key	*key = rq->keys;
	struct again		 a = { .letter = key->id };
	enum http_status	 status;
	enum db_err		 err;

	err = store_write(rq->store, (const struct str[]){ STR(JOB_DEAD_LETTERS) }, 1,
	    again_run, &a);
	if (err == DB_ABORT)
		return resp_problem(rs, HTTP_CONFLICT, "already_retried",
		    "it was queued anew already");
	if (err != DB_OK)
		return resp_db_error(rs, err);
	status = resource_respond(rq, rs, &jobs, &(struct job_shown){ .id = a.job },
	    HTTP_ACCEPTED);
	resp_header(rs, "Location", "%.*s/v1/jobs/%lld", STR_ARG(rq->base),
	    (long long)a.job);
	resp_header(rs, "Retry-After", "1");
	return status;
}

/* --- sweeping ---------------------------------------------------------------------- */

#define HOUR_MS		(INT64_C(3600) * 1000)
#define DAY_MS		(24 * HOUR_MS)
#define SLICE_MS	(900 * INT64_C(1000))	/* of login_failures */
#define AT_ONCE		"1000"
#define ROUNDS		1000			/* of one sweep */

struct swept {
	struct stamp	 before;
	int64_t		 slice;
};

static const struct schema before = SCHEMA("Swept", struct swept,
	FIELD_STAMP(struct swept, before, .doc = "What is older goes"));
static const struct schema slice = SCHEMA("SweptSlice", struct swept,
	FIELD_INT(struct swept, slice, .doc = "What is older goes"));

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

/* What is kept so long behind its time; families after the tokens they have. */
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

/* In pieces, so that nobody waits for it. */
static enum db_err
sweep_one(struct store *st, const struct query *q, int64_t before_ms)
{
	struct swept	 s = { { before_ms, true }, before_ms / SLICE_MS };
	struct db_result	 done = { .affected = 1 };
	enum db_err	 err = DB_OK;

	for (int i = 0; i < ROUNDS && err == DB_OK && done.affected > 0; i++)
		err = query_exec(st, q, &s, &done);
	return err;
}

static enum job_outcome
sweep(struct job *j)
{
	enum db_err	 err = DB_OK;

	for (size_t i = 0; i < NELEMS(sweeps) && err == DB_OK; i++)
		err = sweep_one(j->store, sweeps[i].delete,
		    clock_now_ms() - sweeps[i].kept_ms);
	return job_outcome_of(j, err);
}

static const struct job_kind kinds[] = {
	{ "sweep", .run = sweep, .every_s = 3600, .lease_s = 600,
	  .doc = "Deletes what is over: keys of requests, jobs, tokens, failed logins" },
	{ .name = NULL },
};

int
main(int argc, char **argv)
{
	return app_main(argc, argv, APP("jobs", .service = "core", .jobs = kinds,
	    .resources = RESOURCES(&letters, &jobs),
	    .routes = ROUTES(
		{ HTTP_POST, "/v1/dead-letters/{id}/retry", .scope = "ops:admin",
		  .run = retry, .idempotency = IDEM_REQUIRED, .keys = &letter_key, .answer = &job_shown,
		  .problems = PROBLEMS("202", "409 already_retried It was queued anew before: "
		  "look for the newer job, or its own dead letter."),
		  .doc = "Queue its work anew: 202, and the job" }),
	    .queries = QUERIES(&old_keys, &old_jobs, &old_dead, &old_revoked, &old_codes,
	    &old_refresh, &old_families, &old_failures),
	    .uses = USES(job_requeue_queries)));
}
