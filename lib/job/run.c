/* job_run - one job, and what becomes of it. */
#include <inttypes.h>
#include <stdio.h>

#include "job/private.h"

#include "base/clock.h"
#include "schema/decode.h"
#include "base/log.h"

#define UNKNOWN_PAUSE_MS	60000		/* a build that knows it may come */
#define UNKNOWN_MOST_MS		86400000	/* or not */

/* --- ways to end --------------------------------------------------------------- */

static struct job_bind
failure(const struct job *j, const struct job_row *r)
{
	struct job_bind	 b = { .now = job_now(), .failed_at = r->failed_at,
			    .attempts = j->attempt, .error = job_error_text(j->why) };

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

	b->job->lost = false;
	if ((err = job_transition(b->job, JOB_SQL_BURY, &b->bind)) != DB_OK)
		return err;
	b->bind.letter = uuid_new();
	return query_exec(st, &job_run_queries[JOB_SQL_DEAD_LETTER], &b->bind, NULL);
}

static enum db_err
bury(struct job *j, const struct job_row *r)
{
	struct burial	 b = { j, failure(j, r) };

	return store_write(j->store, (const struct str[]){ STR(JOB_DEAD_LETTERS) }, 1, bury_run, &b);
}

static enum db_err
later(struct job *j, const struct job_row *r, int64_t ms, int64_t attempts)
{
	struct job_bind	 b = failure(j, r);

	b.at = (struct stamp){ b.now.ms + ms, true };
	b.attempts = attempts;
	return job_transition(j, JOB_SQL_RESCHEDULE, &b);
}

/* --- which of them -------------------------------------------------------------- */

static int64_t
attempts_of(const struct job_kind *k, const struct job_row *r)
{
	return k != NULL && k->attempts > 0 ? k->attempts : r->max_attempts;
}

/* It never dies: its next time comes. */
static enum db_err
skip(struct job *j, const struct job_row *r)
{
	log_event(LOG_ERROR, "job", "%s failed, and comes again in %d s: %s",
	    j->kind->name, j->kind->every_s, j->why);
	return later(j, r, j->kind->every_s * INT64_C(1000), 0);
}

static enum db_err
settle(struct job *j, const struct job_row *r, enum job_outcome end, enum scoreboard_job *o)
{
	*o = SCOREBOARD_JOB_DONE;
	if (end == JOB_DONE || j->ended)
		return j->ended ? DB_OK : job_finish(j);
	if (j->why[0] == '\0')
		(void)job_fail(j, end, "no reason was given");
	if (end == JOB_RETRY && j->attempt < attempts_of(j->kind, r)) {
		*o = SCOREBOARD_JOB_AGAIN;
		return later(j, r, job_backoff_ms(j->attempt), j->attempt);
	}
	*o = SCOREBOARD_JOB_DEAD;
	return j->kind->every_s > 0 ? skip(j, r) : bury(j, r);
}

/* A roll to an older build must not kill what the newer one queued. */
static enum db_err
leave(struct job *j, const struct job_row *r, enum scoreboard_job *o)
{
	(void)job_fail(j, JOB_RETRY, "this build has no kind of that name");
	j->attempt = (int)r->attempts;
	*o = SCOREBOARD_JOB_LEFT;
	if (!r->failed_at.has || clock_now_ms() - r->failed_at.ms < UNKNOWN_MOST_MS)
		return later(j, r, UNKNOWN_PAUSE_MS, r->attempts);
	*o = SCOREBOARD_JOB_DEAD;
	return bury(j, r);
}

/* --- the run -------------------------------------------------------------------- */

static bool
take_input(struct job *j, const struct job_row *r, struct doc **doc)
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
run(struct job *j, const struct job_row *r, struct doc **doc)
{
	if (r->attempts >= attempts_of(j->kind, r)) {
		j->attempt = (int)r->attempts;
		return job_fail(j, JOB_DEAD, "its worker ended while it ran");
	}
	if (take_input(j, r, doc))
		return j->kind->run(j);
	return j->store->arena->failed ? job_fail(j, JOB_RETRY, "out of memory") :
	    job_fail(j, JOB_DEAD, "its payload does not fit %s",
	    j->kind->payload->name);
}

static void
tell(const struct job_queue *q, const struct job *j, const struct job_row *r,
    enum scoreboard_job o, int64_t us)
{
	struct db_counts	 db = db_counts(j->store->db);
	char			 at[STAMP_LEN + 1];
	struct buf		 b;

	stamp_text(job_now(), at);
	buf_init(&b, j->store->arena);
	buf_fmt(&b, "{\"at\":\"%s\",\"level\":\"info\",\"program\":\"%s\","
	    "\"request_id\":\"job-%" PRId64 "\",\"kind\":", at, q->name, j->id);
	buf_json(&b, r->kind);
	buf_fmt(&b, ",\"attempt\":%d,\"result\":\"%s\",\"us\":%" PRId64
	    ",\"db_us\":%" PRId64 ",\"sql\":%" PRIu64, j->attempt, scoreboard_job_name(o),
	    us, db.us, db.statements);
	if (o != SCOREBOARD_JOB_DONE && j->why[0] != '\0') {
		buf_puts(&b, ",\"why\":");
		buf_json(&b, job_error_text(j->why));
	}
	buf_byte(&b, '}');
	if (buf_ok(&b))
		log_line(buf_view(&b));
}

/* A tenth of the newest, so that one slow one does not decide. */
static void
note_time(struct job_queue *q, int64_t us)
{
	q->us_each = q->us_each == 0 ? us + 1 : (9 * q->us_each + us) / 10 + 1;
}

void
job_run(struct job_queue *q, const struct job_row *r, struct uuid lease)
{
	struct job	 j = { .store = q->store, .kind = job_kind(q, r->kind),
			    .conf = q->conf, .id = r->id, .lease = lease,
			    .attempt = (int)r->attempts + 1 };
	int64_t		 began = clock_mono_us();
	struct doc	*doc = NULL;
	enum scoreboard_job	 o;
	enum db_err	 err;
	char		 name[32];

	snprintf(name, sizeof(name), "job-%" PRId64, r->id);
	log_request(name);
	db_counts_reset(q->store->db);
	err = j.kind == NULL ? leave(&j, r, &o) : settle(&j, r, run(&j, r, &doc), &o);
	job_invalidate(q->store, r->id);
	if (j.lost || err != DB_OK)
		o = SCOREBOARD_JOB_LOST;
	tell(q, &j, r, o, clock_mono_us() - began);
	scoreboard_job(q->scoreboard, j.kind == NULL ? SCOREBOARD_KINDS : (size_t)(j.kind - q->kinds), o);
	note_time(q, clock_mono_us() - began);
	doc_free(doc);
	arena_reset(q->store->arena);
	log_request("");
}
