#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "crypto/crypto.h"
#include "job/private.h"
#include "schema/encode.h"

#define MAX_PAUSE_S	300

struct stamp
job_now(void)
{
	return (struct stamp){ clock_now_ms(), true };
}

struct str
job_tag(struct arena *a, const char *queue)
{
	return str_of(arena_fmt(a, "jobs/%s", queue));
}

static bool
encode_payload(struct store *st, const struct job_spec *spec, struct str *out)
{
	struct buf	 b;

	buf_init(&b, st->arena);
	if (spec->text.p != NULL)
		buf_str(&b, spec->text);
	else if (spec->schema == NULL)
		buf_puts(&b, "{}");
	else
		encode_object(&b, spec->schema, spec->payload, ENCODE_ALL);
	*out = buf_view(&b);
	return buf_ok(&b);
}

enum db_err
job_add(struct store *st, const struct job_spec *spec)
{
	struct job_bind	 row = { .queue = str_of(spec->queue),
			    .kind = str_of(spec->kind), .dedupe = spec->dedupe,
			    .at = spec->run_at.has ? spec->run_at : job_now() };
	struct db_result result = { .insert_id = 0 };
	enum db_err	 err;

	if (!encode_payload(st, spec, &row.payload))
		return DB_NO_MEMORY;
	err = query_exec(st, &job_add_queries[0], &row, &result);
	if (err == DB_DUPLICATE)
		err = DB_OK;
	else if (err == DB_OK)
		store_invalidate(st, job_tag(st->arena, spec->queue));
	if (spec->id != NULL)
		*spec->id = result.insert_id;
	return err;
}

enum db_err
job_requeue(struct store *st, struct uuid letter, int64_t *id)
{
	struct job_bind		 in = { .letter = letter, .now = job_now() };
	struct job_letter	 l;
	struct db_result	 result;
	struct job_spec		 spec;
	const char		*queue, *kind;
	enum db_err		 err;

	err = query_exec(st, &job_requeue_queries[JOB_SQL_REQUEUE], &in, &result);
	if (err == DB_OK)
		err = query_one(st, &job_requeue_queries[JOB_SQL_READ_LETTER], &in, &l);
	if (err != DB_OK)
		return err;
	if (result.affected == 0)
		return DB_ABORT;
	queue = arena_copy(st->arena, l.queue).p;
	kind = arena_copy(st->arena, l.kind).p;
	spec = (struct job_spec){ .queue = queue, .kind = kind, .text = l.payload,
	    .id = id };
	return queue == NULL || kind == NULL ? DB_NO_MEMORY : job_add(st, &spec);
}

/* Full jitter, so that jobs that failed together do not retry together. */
int64_t
job_backoff_ms(int64_t attempts)
{
	int64_t		 s = attempts < 9 ? (int64_t)1 << attempts : MAX_PAUSE_S;
	uint32_t	 r = 0;

	if (!crypto_random(&r, sizeof(r)))
		r = UINT32_MAX / 2;
	s = s < MAX_PAUSE_S ? s : MAX_PAUSE_S;
	return (int64_t)((uint64_t)s * 1000 * r / UINT32_MAX);
}

struct str
job_error_text(const char *error)
{
	struct str	 s = str_of(error);
	size_t		 n = 0, rune;

	for (size_t i = 0; i < JOB_MAX_ERROR && n < s.n; i++, n += rune)
		if ((rune = str_utf8_len(str_from(s, n))) == 0)
			break;
	return (struct str){ s.p, n };
}

enum db_err
job_transition(struct job *j, enum job_sql transition, struct job_bind *b)
{
	struct db_result result;
	enum db_err	 err;

	b->id = j->id;
	b->lease = j->lease;
	err = query_exec(j->store, &job_run_queries[transition], b, &result);
	if (err != DB_OK || result.affected > 0)
		return err;
	j->lease_lost = true;
	return DB_ABORT;
}

enum db_err
job_finish(struct job *j)
{
	struct job_bind	 b = { .now = job_now() };

	if (j->kind->every_s == 0)
		return job_transition(j, JOB_SQL_FINISH, &b);
	b.at = (struct stamp){ b.now.ms + (int64_t)j->kind->every_s * 1000, true };
	return job_transition(j, JOB_SQL_RESCHEDULE, &b);
}

/* The arguments of job_write(). */
struct effect {
	struct job	*job;
	enum db_err	(*run)(struct store *, void *);
	void		*arg;
};

static enum db_err
effect_run(struct store *st, void *arg)
{
	struct effect	*e = arg;
	enum db_err	 err;

	e->job->lease_lost = false;
	err = e->run(st, e->arg);
	return err != DB_OK ? err : job_finish(e->job);
}

enum db_err
job_write(struct job *j, const struct str *tags, size_t ntags,
    enum db_err (*run)(struct store *, void *), void *arg)
{
	struct effect	 e = { j, run, arg };
	enum db_err	 err = store_write(j->store, tags, ntags, effect_run, &e);

	j->ended = err == DB_OK;
	return err;
}

enum job_outcome
job_fail(struct job *j, enum job_outcome outcome, const char *fmt, ...)
{
	va_list	 args;

	va_start(args, fmt);
	if (vsnprintf(j->error, sizeof(j->error), fmt, args) < 0)
		j->error[0] = '\0';
	va_end(args);
	return outcome;
}

/* For administrators, as last_error.  The room db logged the details. */
static const char *const	 db_messages[] = {
	[DB_NOT_FOUND] = "a row does not exist",
	[DB_DUPLICATE] = "a row exists already",
	[DB_BAD_REFERENCE] = "a referenced row does not exist",
	[DB_IN_USE] = "a row is still referenced",
	[DB_BAD_VALUE] = "the database refused a value",
	[DB_RETRY] = "the transaction was in conflict with others",
	[DB_TIMEOUT] = "a statement took too long",
	[DB_UNAVAILABLE] = "the database is not available",
	[DB_NO_MEMORY] = "out of memory",
	[DB_OUTCOME_UNKNOWN] = "the connection was lost during COMMIT",
	[DB_BUG] = "a statement is wrong",
	[DB_ABORT] = "the job rolled back",
};

enum job_outcome
job_outcome_of(struct job *j, enum db_err err)
{
	if (err == DB_OK)
		return JOB_DONE;
	if (j->error[0] != '\0')
		return JOB_RETRY;
	return job_fail(j, JOB_RETRY, "%s", db_messages[err]);
}
