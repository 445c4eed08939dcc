/*
 * claim - claims, expired leases, and the order of work.
 *
 * A thread claims the jobs that it expects to begin within CLAIM_US, estimated
 * from the recent duration of jobs, and releases those that it did not begin in
 * time.  So no job waits behind a slow one, and no lease expires before its job
 * began.  A job that was tried before is claimed alone: if it crashes the process,
 * it affects no other job.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "job/private.h"

#define CLAIM_US	100000		/* expected time until a claimed job begins */
#define REAP_US		1000000		/* between checks for expired leases */
#define MAX_CLAIMED	((size_t)16 << 20)	/* bytes */
#define NAME_CHARS	"abcdefghijklmnopqrstuvwxyz0123456789._-"
#define LEASE_EXPIRED	"the lease expired: the worker died, or took too long"

/* The jobs of one claim, which share a lease token. */
struct batch {
	struct job_queue	*q;
	struct job_row		*v;
	size_t			 n, max;	/* jobs claimed; the most to claim */
	struct uuid		 lease;
	int64_t			 until_us;	/* jobs not begun by then are released */
};

const struct job_kind *
job_find_kind(const struct job_queue *q, struct str name)
{
	for (const struct job_kind *k = q->kinds; k->name != NULL; k++)
		if (str_is(name, k->name))
			return k;
	return NULL;
}

int64_t
job_lease_ms(const struct job_kind *k)
{
	return (k != NULL && k->lease_s > 0 ? k->lease_s : JOB_LEASE_S) * INT64_C(1000);
}

const char *
job_kind_error(const struct job_kind *k)
{
	if (strlen(k->name) > JOB_MAX_NAME || k->name[strspn(k->name, NAME_CHARS)] != '\0')
		return "the name is too long, or has other characters than a-z 0-9 . _ -";
	if (k->run == NULL)
		return "has no function";
	if (k->doc == NULL)
		return "has no .doc";
	if (k->every_s > 0 && k->payload != NULL)
		return "is recurring, so it cannot have a payload";
	if (k->attempts < 0 || k->attempts > 100 || k->lease_s < 0 || k->every_s < 0)
		return "a number is out of range";
	return k->payload == NULL ? NULL : schema_error(k->payload);
}

bool
job_open(struct job_queue *q)
{
	return arena_init(&q->claimed, MAX_CLAIMED);
}

void
job_close(struct job_queue *q)
{
	arena_free(&q->claimed);
}

/* --- recurring kinds -------------------------------------------------------- */

static enum db_err
queue_kinds(struct store *st, void *arg)
{
	const struct job_queue	*q = arg;
	enum db_err		 err = DB_OK;
	const char		*key;

	for (const struct job_kind *k = q->kinds; err == DB_OK && k->name != NULL; k++) {
		if (k->every_s == 0)
			continue;
		if ((key = arena_fmt(st->arena, "%s/%s", q->name, k->name)) == NULL)
			return DB_NO_MEMORY;
		err = job_add(st, &(struct job_spec){ .queue = q->name,
		    .kind = k->name, .dedupe = str_of(key) });
	}
	return err;
}

enum db_err
job_queue_recurring(struct job_queue *q)
{
	bool	 any = false;

	for (const struct job_kind *k = q->kinds; k->name != NULL; k++)
		any |= k->every_s > 0;
	return any ? store_write(q->store, NULL, 0, queue_kinds, q) : DB_OK;
}

/* --- claims ----------------------------------------------------------------- */

static size_t
claim_size(const struct job_queue *q)
{
	int64_t	 n = q->average_us <= 0 ? 1 : CLAIM_US / q->average_us;

	return n < 1 ? 1 : n > JOB_MAX_CLAIM ? JOB_MAX_CLAIM : (size_t)n;
}

/* How many of the rows to claim: one retried job, or first attempts only. */
static size_t
claimable(const struct job_row *v, size_t n)
{
	size_t	 i = 1;

	if (n == 0 || v[0].attempts > 0)
		return n == 0 ? 0 : 1;
	while (i < n && v[i].attempts == 0)
		i++;
	return i;
}

static enum db_err
lease_job(struct store *st, const struct batch *b, const struct job_row *r)
{
	const struct job_kind	*k = job_find_kind(b->q, r->kind);
	struct job_bind		 in = { .lease = b->lease, .id = r->id,
				    .at = { clock_now_ms() + job_lease_ms(k), true } };

	return query_exec(st, &job_run_queries[JOB_SQL_CLAIMED], &in, NULL);
}

static enum db_err
claim_run(struct store *st, void *arg)
{
	struct batch	*b = arg;
	struct job_bind	 in = { .queue = str_of(b->q->name), .now = job_now(),
			    .max_rows = (int64_t)b->max };
	enum db_err	 err;
	void		*rows;

	err = query_all_into(st, &b->q->claimed, &job_run_queries[JOB_SQL_CLAIM], &in,
	    &rows, &b->n);
	if (err != DB_OK)
		return err;
	b->v = rows;
	b->n = claimable(b->v, b->n);
	for (size_t i = 0; err == DB_OK && i < b->n; i++)
		err = lease_job(st, b, &b->v[i]);
	return err == DB_OK && b->n == 0 ? DB_ABORT : err;
}

/* How long the batch may take to begin: at most half the shortest lease. */
static int64_t
batch_time_us(const struct batch *b)
{
	int64_t	 us = 5 * CLAIM_US, ms;

	for (size_t i = 0; i < b->n; i++) {
		ms = job_lease_ms(job_find_kind(b->q, b->v[i].kind));
		us = ms * 500 < us ? ms * 500 : us;
	}
	return us;
}

/* The rows are in q->claimed, because each job resets the arena of the store. */
static enum db_err
claim_batch(struct job_queue *q, struct batch *b)
{
	struct store	*st = q->store;
	enum db_err	 err;

	*b = (struct batch){ .q = q, .max = claim_size(q), .lease = uuid_new() };
	if (uuid_is_nil(b->lease))
		return DB_NO_MEMORY;
	arena_reset(&q->claimed);
	err = store_write(st, NULL, 0, claim_run, b);
	if (err != DB_OK)
		b->n = 0;
	for (size_t i = 0; i < b->n; i++)
		job_invalidate(st, b->v[i].id);
	arena_reset(st->arena);
	b->until_us = clock_mono_us() + batch_time_us(b);
	return err == DB_ABORT ? DB_OK : err;
}

void
job_invalidate(struct store *st, int64_t id)
{
	char		 text[32];
	struct str	 tag = { text, 0 };

	tag.n = (size_t)snprintf(text, sizeof(text), "jobs/%" PRId64, id);
	store_invalidate_now(st, &tag, 1);
}

/* Wakes other workers.  If a release fails, the lease expires. */
static void
release_jobs(const struct batch *b, size_t from)
{
	struct store	*st = b->q->store;
	struct job_bind	 in = { .lease = b->lease };
	struct str	 tag = job_tag(st->arena, b->q->name);

	for (; from < b->n; from++) {
		in.id = b->v[from].id;
		if (query_exec(st, &job_run_queries[JOB_SQL_RELEASE], &in, NULL) != DB_OK)
			log_event(LOG_INFO, "job", "cannot release job %" PRId64,
			    in.id);
		job_invalidate(st, in.id);
	}
	if (tag.p != NULL)
		store_invalidate_now(st, &tag, 1);
	arena_reset(st->arena);
}

/* --- expired leases --------------------------------------------------------- */

static enum db_err
reap_expired(struct job_queue *q)
{
	struct store	*st = q->store;
	struct job_bind	 in = { .queue = str_of(q->name), .now = job_now(),
			    .error = STR(LEASE_EXPIRED), .failed_at = job_now() };
	struct job_id	*ids;
	size_t		 n, i;
	void		*rows;
	enum db_err	 err;

	err = query_all(st, &job_run_queries[JOB_SQL_EXPIRED], &in, &rows, &n);
	for (ids = rows, i = 0; err == DB_OK && i < n; i++) {
		in.id = ids[i].id;
		err = query_exec(st, &job_run_queries[JOB_SQL_REAP], &in, NULL);
		job_invalidate(st, in.id);
	}
	if (err == DB_OK && n > 0)
		log_event(LOG_WARN, "job", "%zu leases expired: the jobs are retried", n);
	arena_reset(st->arena);
	return err == DB_RETRY ? DB_OK : err;
}

/* --- work ------------------------------------------------------------------- */

enum db_err
job_run_due(struct job_queue *q, const atomic_bool *ending, size_t *n)
{
	struct batch	 b;
	enum db_err	 err = DB_OK;
	size_t		 i = 0;

	*n = 0;
	if (clock_mono_us() >= q->reap_us) {
		err = reap_expired(q);
		q->reap_us = clock_mono_us() + REAP_US;
	}
	if (err == DB_OK)
		err = claim_batch(q, &b);
	if (err != DB_OK)
		return err;
	for (*n = b.n; i < b.n && (i == 0 || (!atomic_load(ending) &&
	    clock_mono_us() < b.until_us)); i++)
		job_run(q, &b.v[i], b.lease);
	if (i < b.n)
		release_jobs(&b, i);
	return DB_OK;
}

enum db_err
job_next_due(struct job_queue *q, int64_t *at)
{
	struct job_bind	 in = { .queue = str_of(q->name) };
	struct job_next_due due = { .ready.has = false };
	enum db_err	 err;

	err = query_one(q->store, &job_run_queries[JOB_SQL_NEXT_DUE], &in, &due);
	*at = INT64_MAX;
	if (err == DB_OK && due.ready.has)
		*at = due.ready.ms;
	if (err == DB_OK && due.expires.has && due.expires.ms < *at)
		*at = due.expires.ms + 1;
	arena_reset(q->store->arena);
	return err;
}
