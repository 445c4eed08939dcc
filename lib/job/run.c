#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "db/db.h"
#include "job/private.h"
#include "schema/decode.h"
#include "schema/json.h"
#include "shm/scoreboard.h"

/* A kind that this build does not know: another build may come that does. */
#define UNKNOWN_PAUSE_MS	60000
#define UNKNOWN_MAX_MS		86400000

/* --- transitions ------------------------------------------------------------ */

static struct job_bind
bind_failure(const struct job *j, const struct job_row *r)
{
	struct job_bind	 b = { .now = job_now(), .failed_at = r->failed_at,
			    .attempts = j->attempt, .error = job_error_text(j->error) };

	if (!b.failed_at.has)
		b.failed_at = b.now;
	return b;
}

struct burial {
	struct job		*job;
	struct job_bind		 bind;
};

static enum db_err
bury_run(struct store *st, void *arg)
{
	struct burial	*b = arg;
	enum db_err	 err;

	b->job->lease_lost = false;
	if ((err = job_transition(b->job, JOB_SQL_BURY, &b->bind)) != DB_OK)
		return err;
	b->bind.letter = uuid_new();
	return query_exec(st, &job_run_queries[JOB_SQL_DEAD_LETTER], &b->bind, NULL);
}

static enum db_err
bury(struct job *j, const struct job_row *r)
{
	struct burial	 b = { j, bind_failure(j, r) };

	return store_write(j->store, (const struct str[]){ STR(JOB_DEAD_LETTERS) }, 1,
	    bury_run, &b);
}

static enum db_err
reschedule(struct job *j, const struct job_row *r, int64_t ms, int64_t attempts)
{
	struct job_bind	 b = bind_failure(j, r);

	b.at = (struct stamp){ b.now.ms + ms, true };
	b.attempts = attempts;
	return job_transition(j, JOB_SQL_RESCHEDULE, &b);
}

/* --- choosing the transition ------------------------------------------------ */

static int64_t
max_attempts_of(const struct job_kind *k, const struct job_row *r)
{
	return k != NULL && k->attempts > 0 ? k->attempts : r->max_attempts;
}

/* A recurring job never dies: it waits for its next time. */
static enum db_err
skip_to_next_time(struct job *j, const struct job_row *r)
{
	log_event(LOG_ERROR, "job", "%s failed, and runs again in %d s: %s",
	    j->kind->name, j->kind->every_s, j->error);
	return reschedule(j, r, j->kind->every_s * INT64_C(1000), 0);
}

static enum db_err
end_job(struct job *j, const struct job_row *r, enum job_outcome outcome,
    enum scoreboard_job_result *result)
{
	*result = SCOREBOARD_JOB_DONE;
	if (outcome == JOB_DONE || j->ended)
		return j->ended ? DB_OK : job_finish(j);
	if (j->error[0] == '\0')
		(void)job_fail(j, outcome, "no reason was given");
	if (outcome == JOB_RETRY && j->attempt < max_attempts_of(j->kind, r)) {
		*result = SCOREBOARD_JOB_RETRIED;
		return reschedule(j, r, job_backoff_ms(j->attempt), j->attempt);
	}
	*result = SCOREBOARD_JOB_DEAD;
	return j->kind->every_s > 0 ? skip_to_next_time(j, r) : bury(j, r);
}

/* A job of a kind that this build does not know: a newer build may have queued it. */
static enum db_err
defer_unknown(struct job *j, const struct job_row *r, enum scoreboard_job_result *result)
{
	(void)job_fail(j, JOB_RETRY, "this build has no kind of that name");
	j->attempt = (int)r->attempts;
	*result = SCOREBOARD_JOB_SKIPPED;
	if (!r->failed_at.has || clock_now_ms() - r->failed_at.ms < UNKNOWN_MAX_MS)
		return reschedule(j, r, UNKNOWN_PAUSE_MS, r->attempts);
	*result = SCOREBOARD_JOB_DEAD;
	return bury(j, r);
}

/* --- one run ---------------------------------------------------------------- */

static bool
decode_input(struct job *j, const struct job_row *r, struct doc **doc)
{
	const struct schema	*sh = j->kind->payload;
	struct faults		 fs;
	void			*out;

	*doc = NULL;
	if (sh == NULL)
		return true;
	faults_init(&fs, j->store->arena);
	out = arena_zero(j->store->arena, 1, sh->size);
	if (out == NULL || decode_parse(j->store->arena, r->payload, doc).fault != JSON_OK)
		return false;
	j->input = out;
	return decode_object(sh, *doc, DECODE_WHOLE, "#", out, NULL, &fs);
}

static enum job_outcome
run_kind(struct job *j, const struct job_row *r, struct doc **doc)
{
	if (r->attempts >= max_attempts_of(j->kind, r)) {
		j->attempt = (int)r->attempts;
		return job_fail(j, JOB_DEAD, "the worker died while the job ran");
	}
	if (decode_input(j, r, doc))
		return j->kind->run(j);
	return j->store->arena->failed ? job_fail(j, JOB_RETRY, "out of memory") :
	    job_fail(j, JOB_DEAD, "the payload does not fit %s",
	    j->kind->payload->name);
}

/* Write the log line of a job, in the format of a request's log line. */
static void
log_job(const struct job_queue *q, const struct job *j, const struct job_row *r,
    enum scoreboard_job_result result, int64_t us)
{
	struct db_counts	 db = db_counts(j->store->db);
	char			 at[STAMP_LEN + 1];
	struct buf		 b;

	stamp_text(job_now(), at);
	buf_init(&b, j->store->arena);
	json_open(&b, NULL, '{');
	json_text(&b, "at", at);
	json_text(&b, "level", "info");
	json_text(&b, "program", q->name);
	json_fmt(&b, "request_id", "job-%" PRId64, j->id);
	json_key(&b, "kind");
	buf_json(&b, r->kind);
	json_int(&b, "attempt", j->attempt);
	json_text(&b, "result", scoreboard_job_name(result));
	json_int(&b, "us", us);
	json_int(&b, "db_us", db.us);
	json_int(&b, "sql", (int64_t)db.statements);
	if (result != SCOREBOARD_JOB_DONE && j->error[0] != '\0') {
		json_key(&b, "why");
		buf_json(&b, job_error_text(j->error));
	}
	buf_byte(&b, '}');
	if (buf_ok(&b))
		log_line(buf_view(&b));
}

/* A moving average with weight 1/10, so that one slow job does not dominate. */
static void
update_average(struct job_queue *q, int64_t us)
{
	q->average_us = q->average_us == 0 ? us + 1 : (9 * q->average_us + us) / 10 + 1;
}

void
job_run(struct job_queue *q, const struct job_row *r, struct uuid lease)
{
	struct job	 j = { .store = q->store, .kind = job_find_kind(q, r->kind),
			    .conf = q->conf, .id = r->id, .lease = lease,
			    .attempt = (int)r->attempts + 1 };
	int64_t		 began = clock_mono_us();
	struct doc	*doc = NULL;
	enum scoreboard_job_result	 result;
	enum db_err	 err;
	char		 name[32];

	snprintf(name, sizeof(name), "job-%" PRId64, r->id);
	log_set_request(name);
	db_counts_reset(q->store->db);
	err = j.kind == NULL ? defer_unknown(&j, r, &result) :
	    end_job(&j, r, run_kind(&j, r, &doc), &result);
	job_invalidate(q->store, r->id);
	if (j.lease_lost || err != DB_OK)
		result = SCOREBOARD_JOB_LEASE_LOST;
	log_job(q, &j, r, result, clock_mono_us() - began);
	scoreboard_count_job(q->scoreboard, j.kind == NULL ? SCOREBOARD_KINDS : (size_t)(j.kind - q->kinds),
	    result);
	update_average(q, clock_mono_us() - began);
	doc_free(doc);
	arena_reset(q->store->arena);
	log_set_request("");
}
