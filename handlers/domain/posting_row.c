/* posting_row - rows of transactions: queued, posted, rejected. */
#include "posting_private.h"

#include "job/job.h"

const struct schema posting_job_schema = SCHEMA("TransactionJob", struct posting_job,
	FIELD_UUID(struct posting_job, id, .doc = "Key of a transaction"));

/* --- cache tags --------------------------------------------------------------------- */

static void
tag_invalidate(struct store *st, const char *table, struct uuid id)
{
	char	 text[UUID_LEN + 1], *tag;

	if (uuid_is_nil(id))
		return;
	uuid_text(id, text);
	tag = arena_fmt(st->arena, "%s/%s", table, text);
	store_invalidate(st, str_of(tag == NULL ? table : tag));
}

static void
row_invalidate(struct store *st, const struct posting *p)
{
	store_invalidate(st, STR("transactions"));
	tag_invalidate(st, "transactions", p->id);
}

static void
accounts_invalidate(struct store *st, const struct posting_work *w)
{
	store_invalidate(st, STR("accounts"));
	for (size_t i = 0; i < w->n; i++)
		tag_invalidate(st, "accounts", w->moves[i].account_id);
}

/* --- new rows ------------------------------------------------------------------------ */

static enum db_err
touched_insert(struct store *st, const struct posting_work *w)
{
	struct posting_touched	*t = arena_array(st->arena, struct posting_touched, w->n);

	for (size_t i = 0; t != NULL && i < w->n; i++)
		t[i] = (struct posting_touched){ w->p->id, w->moves[i].account_id };
	return t == NULL ? DB_NO_MEMORY :
	    query_insert(st, &posting_queries[POSTING_ADD_TOUCHED], t, w->n);
}

static enum db_err
row_insert(struct store *st, const struct posting_work *w, const char *status,
    struct uuid resolves)
{
	struct posting		*p = w->p;
	struct posting_row	 in = { .kind = str_of(p->kind), .status = str_of(status),
				    .pending_id = p->pending_id, .resolves = resolves,
				    .currency = p->currency, .entries = p->entries,
				    .reference = p->reference, .metadata = p->metadata,
				    .timeout_at = p->timeout_at, .source = p->source,
				    .source_id = p->source_id };
	enum db_err		 err;

	if (uuid_is_nil(p->id))
		p->id = uuid_new();
	in.id = p->id;
	err = posting_run(st, POSTING_ADD_ROW, &in);
	row_invalidate(st, p);
	return err == DB_OK ? touched_insert(st, w) : err;
}

static enum db_err
job_queue(struct store *st, const char *kind, struct uuid id, struct stamp at)
{
	const struct posting_job	 in = { id };

	return job_add(st, &(struct job_spec){ .queue = "transactions", .kind = kind,
	    .schema = &posting_job_schema, .payload = &in, .run_at = at });
}

enum db_err
posting_queue(struct store *st, struct posting *p)
{
	struct posting_work	 w;
	enum db_err		 err = posting_begin(st, p, &w);

	if (err == DB_OK)
		err = row_insert(st, &w, "queued", (struct uuid){ { 0 } });
	return err != DB_OK ? err :
	    job_queue(st, POSTING_JOB_POST, p->id, (struct stamp){ 0, false });
}

/* --- existing rows --------------------------------------------------------------------- */

static enum db_err
row_update(struct store *st, const struct posting_row *now)
{
	const struct posting	 p = { .id = now->id };

	row_invalidate(st, &p);
	return posting_run(st, POSTING_CHANGE_ROW, now);
}

enum db_err
posting_row_insert(struct store *st, const struct posting_work *w)
{
	const struct posting_row	 now = { .id = w->p->id,
					    .resolves = w->p->pending_id,
					    .status = str_of(w->kind->status) };

	accounts_invalidate(st, w);
	if (w->kind->status == NULL)
		return DB_OK;
	return w->p->queued ? row_update(st, &now) :
	    row_insert(st, w, w->kind->status, w->p->pending_id);
}

enum db_err
posting_row_resolved(struct store *st, const struct posting_work *w)
{
	const struct posting_row	 now = { .id = w->p->pending_id,
					    .status = str_of(w->kind->resolved),
					    .reason = str_of(w->kind->reason) };

	return w->kind->resolved == NULL ? DB_OK : row_update(st, &now);
}

enum db_err
posting_row_existing(struct store *st, struct posting *p)
{
	const struct posting_row	 in = { .source = p->source,
					    .source_id = p->source_id,
					    .kind = str_of(p->kind) };
	struct posting_row		 first;
	enum db_err			 err = query_one(st,
					    &posting_queries[POSTING_FIND_SOURCE],
					    &in, &first);

	if (err == DB_OK) {
		p->id = first.id;
		p->already_posted = true;
	}
	return err;
}

enum db_err
posting_pending(struct store *st, struct posting *p)
{
	const struct posting_row	 in = { .id = p->pending_id };
	struct posting_row		 found;
	enum db_err			 err = query_one(st,
					    &posting_queries[POSTING_FIND_PENDING],
					    &in, &found);

	if (err == DB_OK) {
		p->currency = found.currency;
		p->entries = found.entries;
	}
	return err;
}

/* --- the queue ------------------------------------------------------------------------- */

static enum db_err
row_reject(struct store *st, const struct posting *p)
{
	return row_update(st, &(struct posting_row){ .id = p->id, .status = STR("rejected"),
	    .reason = str_of(posting_error_code(p->refusal)) });
}

static enum db_err
settle_locked(struct store *st, struct posting *p, const struct posting_row *was)
{
	struct str	 kind = arena_copy(st->arena, was->kind);
	enum db_err	 err;

	if ((p->kind = kind.p) == NULL)
		return DB_NO_MEMORY;
	if ((err = posting_post(st, p)) == DB_ABORT)
		return row_reject(st, p);
	if (err != DB_OK || !was->timeout_at.has)
		return err;
	return job_queue(st, POSTING_JOB_TIMEOUT, p->id, was->timeout_at);
}

/* A pending transaction that is itself queued is posted before the one resolving it. */
enum db_err
posting_settle(struct store *st, struct uuid id)
{
	const struct posting_row	 in = { .id = id };
	struct posting_row		 was;
	struct posting			 p = { .id = id, .queued = true };
	enum db_err			 err = query_one(st,
					    &posting_queries[POSTING_LOCK_ROW], &in,
					    &was);

	if (err != DB_OK || !str_is(was.status, "queued"))
		return err;
	p.currency = was.currency;
	p.entries = was.entries;
	p.pending_id = was.pending_id;
	if (!uuid_is_nil(was.pending_id) &&
	    (err = posting_settle(st, was.pending_id)) != DB_OK && err != DB_NOT_FOUND)
		return err;
	return settle_locked(st, &p, &was);
}

enum db_err
posting_timeout(struct store *st, struct uuid id)
{
	struct posting	 p = { .kind = POSTING_TIMEOUT, .pending_id = id };
	enum db_err	 err = posting_pending(st, &p);

	if (err == DB_OK)
		err = posting_post(st, &p);
	return err == DB_ABORT ? DB_OK : err;
}
