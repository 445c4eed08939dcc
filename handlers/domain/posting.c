/* posting - may it be, and what it does to its accounts. */
#include <stdlib.h>

#include "posting_private.h"

#include "base/log.h"

static const struct posting_kind kinds[] = {
	{ POSTING_TRANSFER, 1, 0, "posted", NULL, NULL },
	{ POSTING_PENDING, 0, 1, "pending", NULL, NULL },
	{ POSTING_POST, 1, -1, "posted", "posted", NULL },
	{ POSTING_VOID, 0, -1, "posted", "voided", NULL },
	{ POSTING_TIMEOUT, 0, -1, NULL, "voided", "timeout" },
};

static const struct posting_kind *
kind_find(const char *name)
{
	for (size_t i = 0; name != NULL && i < NELEMS(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

const char *
posting_error_code(enum posting_refusal why)
{
	switch (why) {
	case POSTING_OK:		break;
	case POSTING_FUNDS:		return "insufficient_funds";
	case POSTING_NO_ACCOUNT:	return "account_not_found";
	case POSTING_CURRENCY:		return "currency_mismatch";
	case POSTING_RANGE:		return "balance_out_of_range";
	case POSTING_NOT_PENDING:	return "not_pending";
	case POSTING_RESOLVED:		return "already_resolved";
	}
	return NULL;
}

static enum db_err
refuse(struct posting *p, enum posting_refusal why)
{
	p->refusal = why;
	return DB_ABORT;
}

/* --- what is to be moved ---------------------------------------------------------- */

static int
by_account(const void *x, const void *y)
{
	const struct posting_move	*a = x, *b = y;

	return memcmp(a->account_id.b, b->account_id.b, sizeof(a->account_id.b));
}

static struct posting_move
move_of(const struct posting_kind *k, const struct posting_entry *e, size_t line)
{
	bool		 credit = str_eq(e->direction, POSTING_CREDIT);
	int64_t		 posted = k->posted * e->amount, pending = k->pending * e->amount;

	return (struct posting_move){ .account_id = e->account_id, .line_no = (int64_t)line,
	    .direction = credit ? 1 : -1, .amount = e->amount,
	    .debits_posted = credit ? 0 : posted, .credits_posted = credit ? posted : 0,
	    .debits_pending = credit ? 0 : pending,
	    .credits_pending = credit ? pending : 0 };
}

/* Balanced, each account once: else it is the caller's fault. */
static bool
is_whole(const struct posting_work *w)
{
	int64_t	 sum = 0;

	for (size_t i = 0; i < w->n; i++) {
		sum += w->moves[i].direction * w->moves[i].amount;
		if (w->moves[i].amount < 1 || w->moves[i].amount > INT_SAFE ||
		    (i > 0 && by_account(&w->moves[i - 1], &w->moves[i]) == 0))
			return false;
	}
	return w->n >= 2 && sum == 0;
}

enum db_err
posting_begin(struct store *st, struct posting *p, struct posting_work *w)
{
	const struct posting_entry	*e = p->entries.items;

	*w = (struct posting_work){ .p = p, .kind = kind_find(p->kind), .n = p->entries.n };
	p->before = false;
	p->refusal = POSTING_OK;
	if (w->kind == NULL || w->n > POSTING_ENTRIES)
		return DB_BUG;
	if ((w->moves = arena_array(st->arena, struct posting_move, w->n + 1)) == NULL)
		return DB_NO_MEMORY;
	for (size_t i = 0; i < w->n; i++)
		w->moves[i] = move_of(w->kind, &e[i], i + 1);
	qsort(w->moves, w->n, sizeof(*w->moves), by_account);
	if (is_whole(w))
		return DB_OK;
	log_event(LOG_ERROR, "posting", "a %s is not balanced, or has an account twice",
	    p->kind);
	return DB_BUG;
}

/* --- may it be? ------------------------------------------------------------------- */

static bool
in_range(const struct posting_balances *b)
{
	return b->debits_posted <= INT_SAFE && b->credits_posted <= INT_SAFE &&
	    b->debits_pending <= INT_SAFE && b->credits_pending <= INT_SAFE;
}

static bool
is_covered(const struct posting_balances *b)
{
	if (str_is(b->constraint_kind, "no_debit_balance"))
		return b->debits_posted + b->debits_pending <= b->credits_posted;
	if (str_is(b->constraint_kind, "no_credit_balance"))
		return b->credits_posted + b->credits_pending <= b->debits_posted;
	return true;
}

static bool
grows_by_debits(const struct posting_balances *b)
{
	return str_is(b->kind, "asset") || str_is(b->kind, "expense");
}

/* The account as it will be; what comes of it. */
static enum posting_refusal
judge(struct posting_move *m, struct posting_balances *b, struct str currency)
{
	int64_t	 net;

	b->debits_posted += m->debits_posted;
	b->credits_posted += m->credits_posted;
	b->debits_pending += m->debits_pending;
	b->credits_pending += m->credits_pending;
	if (!str_eq(b->currency, currency))
		return POSTING_CURRENCY;
	if (!in_range(b))
		return POSTING_RANGE;
	if (!is_covered(b))
		return POSTING_FUNDS;
	net = b->credits_posted - b->debits_posted;
	m->balance_after = grows_by_debits(b) ? -net : net;
	return POSTING_OK;
}

static enum db_err
lock_accounts(struct store *st, const struct posting_work *w)
{
	const struct posting_moves	 in = { .moves = { w->moves, w->n } };
	enum posting_refusal	 why = POSTING_OK;
	struct posting_balances		*b;
	void			*rows;
	size_t			 n;
	enum db_err		 err = query_all(st,
				    &posting_queries[POSTING_LOCK_ACCOUNTS], &in,
				    &rows, &n);

	if (err != DB_OK)
		return err;
	if (n != w->n)
		return refuse(w->p, POSTING_NO_ACCOUNT);
	b = rows;
	for (size_t i = 0; i < n && why == POSTING_OK; i++)
		why = judge(&w->moves[i], &b[i], w->p->currency);
	return why == POSTING_OK ? DB_OK : refuse(w->p, why);
}

/* The one to be resolved, held, if it still is to be. */
static enum db_err
lock_pending(struct store *st, const struct posting_work *w)
{
	const struct posting_row	 in = { .id = w->p->pending_id };
	struct posting_row		 was;
	enum db_err		 err;

	if (w->kind->resolved == NULL)
		return DB_OK;
	err = query_one(st, &posting_queries[POSTING_LOCK_ROW], &in, &was);
	if (err == DB_NOT_FOUND || (err == DB_OK && !str_is(was.kind, POSTING_PENDING)))
		return refuse(w->p, POSTING_NOT_PENDING);
	if (err != DB_OK || str_is(was.status, "pending"))
		return err;
	return refuse(w->p, str_is(was.status, "posted") || str_is(was.status, "voided") ?
	    POSTING_RESOLVED : POSTING_NOT_PENDING);
}

/* --- and it is --------------------------------------------------------------------- */

static enum db_err
move_all(struct store *st, const struct posting_work *w)
{
	const struct posting_moves	 in = { w->p->id, { w->moves, w->n } };
	enum db_err			 err = DB_OK;

	if (w->kind->posted != 0)
		err = posting_run(st, POSTING_ADD_ENTRIES, &in);
	return err == DB_OK ? posting_run(st, POSTING_CHANGE_SUMS, &in) : err;
}

static enum db_err
post(struct store *st, const struct posting_work *w)
{
	enum db_err	 err;

	if ((err = lock_pending(st, w)) != DB_OK ||
	    (err = lock_accounts(st, w)) != DB_OK ||
	    (err = posting_row_insert(st, w)) != DB_OK ||
	    (err = move_all(st, w)) != DB_OK)
		return err;
	return posting_row_resolved(st, w);
}

/*
 * What was posted before, perhaps while we waited for its accounts, shows as a
 * refusal by what it did, or as its row.
 */
enum db_err
posting_post(struct store *st, struct posting *p)
{
	struct posting_work	 w;
	enum db_err		 err = posting_begin(st, p, &w), before;

	if (err == DB_OK)
		err = post(st, &w);
	if ((err != DB_ABORT && err != DB_DUPLICATE) || p->queued || w.kind->status == NULL)
		return err;
	before = posting_row_existing(st, p);
	return before != DB_NOT_FOUND ? before : err == DB_ABORT ? err : DB_BUG;
}
