/* posting - checks of a posting, and its effect on the accounts. */
#include <stdlib.h>

#include "posting_private.h"

#include "base/log.h"

static const struct posting_kind posting_kinds[] = {
	{ POSTING_TRANSFER, 1, 0, "posted", NULL, NULL },
	{ POSTING_PENDING, 0, 1, "pending", NULL, NULL },
	{ POSTING_POST, 1, -1, "posted", "posted", NULL },
	{ POSTING_VOID, 0, -1, "posted", "voided", NULL },
	{ POSTING_TIMEOUT, 0, -1, NULL, "voided", "timeout" },
};

static const struct posting_kind *
kind_find(const char *name)
{
	for (size_t i = 0; name != NULL && i < NELEMS(posting_kinds); i++)
		if (strcmp(posting_kinds[i].name, name) == 0)
			return &posting_kinds[i];
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
posting_refuse(struct posting *p, enum posting_refusal why)
{
	p->refusal = why;
	return DB_ABORT;
}

/* --- moves ------------------------------------------------------------------------ */

static int
move_compare(const void *x, const void *y)
{
	const struct posting_move	*a = x, *b = y;

	return memcmp(a->account_id.b, b->account_id.b, sizeof(a->account_id.b));
}

static struct posting_move
move_of_entry(const struct posting_kind *k, const struct posting_entry *e, size_t line)
{
	bool		 credit = str_eq(e->direction, POSTING_CREDIT);
	int64_t		 posted = k->posted * e->amount, pending = k->pending * e->amount;

	return (struct posting_move){ .account_id = e->account_id, .line_no = (int64_t)line,
	    .direction = credit ? 1 : -1, .amount = e->amount,
	    .debits_posted = credit ? 0 : posted, .credits_posted = credit ? posted : 0,
	    .debits_pending = credit ? 0 : pending,
	    .credits_pending = credit ? pending : 0 };
}

/* At least two entries, balanced, each account once: the caller must ensure it. */
static bool
is_balanced(const struct posting_work *w)
{
	int64_t	 sum = 0;

	for (size_t i = 0; i < w->n; i++) {
		sum += w->moves[i].direction * w->moves[i].amount;
		if (w->moves[i].amount < 1 || w->moves[i].amount > INT_SAFE ||
		    (i > 0 && move_compare(&w->moves[i - 1], &w->moves[i]) == 0))
			return false;
	}
	return w->n >= 2 && sum == 0;
}

enum db_err
posting_begin(struct store *st, struct posting *p, struct posting_work *w)
{
	const struct posting_entry	*e = p->entries.items;

	*w = (struct posting_work){ .p = p, .kind = kind_find(p->kind), .n = p->entries.n };
	p->already_posted = false;
	p->refusal = POSTING_OK;
	if (w->kind == NULL || w->n > POSTING_ENTRIES)
		return DB_BUG;
	if ((w->moves = arena_array(st->arena, struct posting_move, w->n + 1)) == NULL)
		return DB_NO_MEMORY;
	for (size_t i = 0; i < w->n; i++)
		w->moves[i] = move_of_entry(w->kind, &e[i], i + 1);
	qsort(w->moves, w->n, sizeof(*w->moves), move_compare);
	if (is_balanced(w))
		return DB_OK;
	log_event(LOG_ERROR, "posting",
	    "a posting of kind %s is not balanced or repeats an account", p->kind);
	return DB_BUG;
}

/* --- checks ----------------------------------------------------------------------- */

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

/* Apply a move to the balances of its account, and check the result. */
static enum posting_refusal
move_apply(struct posting_move *m, struct posting_balances *b, struct str currency)
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
accounts_lock(struct store *st, const struct posting_work *w)
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
		return posting_refuse(w->p, POSTING_NO_ACCOUNT);
	b = rows;
	for (size_t i = 0; i < n && why == POSTING_OK; i++)
		why = move_apply(&w->moves[i], &b[i], w->p->currency);
	return why == POSTING_OK ? DB_OK : posting_refuse(w->p, why);
}

/* Lock the pending transaction; refuse it if it is resolved already. */
static enum db_err
pending_lock(struct store *st, const struct posting_work *w)
{
	const struct posting_row	 in = { .id = w->p->pending_id };
	struct posting_row		 was;
	enum db_err		 err;

	if (w->kind->resolved == NULL)
		return DB_OK;
	err = query_one(st, &posting_queries[POSTING_LOCK_ROW], &in, &was);
	if (err == DB_NOT_FOUND || (err == DB_OK && !str_is(was.kind, POSTING_PENDING)))
		return posting_refuse(w->p, POSTING_NOT_PENDING);
	if (err != DB_OK || str_is(was.status, "pending"))
		return err;
	return posting_refuse(w->p, str_is(was.status, "posted") || str_is(was.status, "voided") ?
	    POSTING_RESOLVED : POSTING_NOT_PENDING);
}

/* --- writing ------------------------------------------------------------------------ */

static enum db_err
moves_write(struct store *st, const struct posting_work *w)
{
	const struct posting_moves	 in = { w->p->id, { w->moves, w->n } };
	enum db_err			 err = DB_OK;

	if (w->kind->posted != 0)
		err = posting_run(st, POSTING_ADD_ENTRIES, &in);
	return err == DB_OK ? posting_run(st, POSTING_CHANGE_SUMS, &in) : err;
}

static enum db_err
posting_write(struct store *st, const struct posting_work *w)
{
	enum db_err	 err;

	if ((err = pending_lock(st, w)) != DB_OK ||
	    (err = accounts_lock(st, w)) != DB_OK ||
	    (err = posting_row_insert(st, w)) != DB_OK ||
	    (err = moves_write(st, w)) != DB_OK)
		return err;
	return posting_row_resolved(st, w);
}

/*
 * The same source may have been posted before, perhaps while we waited for the locks
 * of the accounts: then the posting is refused because of its own effect, or its row
 * is a duplicate.
 */
enum db_err
posting_post(struct store *st, struct posting *p)
{
	struct posting_work	 w;
	enum db_err		 err = posting_begin(st, p, &w), before;

	if (err == DB_OK)
		err = posting_write(st, &w);
	if ((err != DB_ABORT && err != DB_DUPLICATE) || p->queued || w.kind->status == NULL)
		return err;
	before = posting_row_existing(st, p);
	return before != DB_NOT_FOUND ? before : err == DB_ABORT ? err : DB_BUG;
}
