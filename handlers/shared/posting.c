/* posting - money that moves between accounts of the ledger. */
#include <stdlib.h>

#include "posting.h"

#include "log.h"

/* What each kind does to the sums, and what becomes of whom it concerns. */
static const struct kind {
	const char	*name;
	int		 posted, pending;	/* times the amount */
	const char	*status;		/* of its own row */
	const char	*resolved;		/* of the pending one; NULL: there is none */
	const char	*reason;		/* of that */
} kinds[] = {
	{ POSTING_TRANSFER, 1, 0, "posted", NULL, NULL },
	{ POSTING_PENDING, 0, 1, "pending", NULL, NULL },
	{ POSTING_POST, 1, -1, "posted", "posted", NULL },
	{ POSTING_VOID, 0, -1, "posted", "voided", NULL },
	{ POSTING_TIMEOUT, 0, -1, NULL, "voided", "timeout" },
};

/* An account as it is locked. */
struct balances {
	struct uuid	 id;
	struct str	 currency, kind, constraint_kind;
	int64_t		 debits_posted, credits_posted, debits_pending, credits_pending;
};

/* An entry on its way: what it adds to the sums of its account. */
struct move {
	struct uuid	 account_id;
	int64_t		 line_no, direction, amount, balance_after;
	int64_t		 debits_posted, credits_posted, debits_pending, credits_pending;
};

/* A posting under way. */
struct work {
	struct posting		*p;
	const struct kind	*kind;
	struct move		*moves;		/* by account */
	size_t			 n;
};

struct moving {
	struct uuid	 transaction_id;
	struct list	 moves;
};

/* A row of transactions, as a posting writes it. */
struct row {
	struct uuid	 id, pending_id, resolves, source_id;
	struct str	 kind, status, currency, reference, source, reason;
	struct list	 entries;
};

#define AMOUNT(T, m)	FIELD_INT(T, m, .doc = "Minor units")
#define SUMS(T)								\
	AMOUNT(T, debits_posted), AMOUNT(T, credits_posted),		\
	AMOUNT(T, debits_pending), AMOUNT(T, credits_pending)
#define TEXT(T, m)	FIELD_STR(T, m, .flags = FIELD_OPTIONAL, .doc = "As its column")
#define ID(T, m)	FIELD_UUID(T, m, .flags = FIELD_OPTIONAL, .doc = "As its column")

const struct shape posting_entry_shape = SHAPE("TransactionEntry", struct posting_entry,
	FIELD_UUID(struct posting_entry, account_id, .doc = "Key of an account"),
	FIELD_STR(struct posting_entry, direction, .one_of = ENUM("debit", "credit"),
	    .doc = "Which side of it"),
	FIELD_INT(struct posting_entry, amount, .min = 1, .max = 1000000000000000,
	    .doc = "Minor units", .example = "1999"));

static const struct shape balances = SHAPE("AccountBalances", struct balances,
	ID(struct balances, id), TEXT(struct balances, currency),
	TEXT(struct balances, kind), TEXT(struct balances, constraint_kind),
	SUMS(struct balances));

static const struct shape move = SHAPE("Move", struct move,
	ID(struct move, account_id),
	FIELD_INT(struct move, line_no, .doc = "Its place in the transaction"),
	FIELD_INT(struct move, direction, .min = -1, .max = 1, .doc = "1 credit, -1 debit"),
	AMOUNT(struct move, amount), AMOUNT(struct move, balance_after),
	SUMS(struct move));

#define MOVES(T)							\
	FIELD_LIST(T, moves, .shape = &move, .doc = "By account")

static const struct shape moves = SHAPE("Moves", struct moving, MOVES(struct moving));

static const struct shape moving = SHAPE("Moving", struct moving,
	ID(struct moving, transaction_id), MOVES(struct moving));

#define ENTRIES(T)							\
	FIELD_LIST(T, entries, .shape = &posting_entry_shape, .doc = "What is moved")

static const struct shape row = SHAPE("TransactionRow", struct row,
	ID(struct row, id), TEXT(struct row, kind), TEXT(struct row, status),
	ID(struct row, pending_id), ID(struct row, resolves),
	TEXT(struct row, currency), ENTRIES(struct row), TEXT(struct row, reference),
	TEXT(struct row, source), ID(struct row, source_id), TEXT(struct row, status));

static const struct shape row_status = SHAPE("TransactionStatus", struct row,
	TEXT(struct row, status));

static const struct shape row_change = SHAPE("TransactionChange", struct row,
	TEXT(struct row, status), TEXT(struct row, status), TEXT(struct row, reason),
	ID(struct row, resolves), ID(struct row, id));

static const struct shape row_id = SHAPE("TransactionKey", struct row,
	ID(struct row, id));

static const struct shape row_source = SHAPE("TransactionSource", struct row,
	TEXT(struct row, source), ID(struct row, source_id), TEXT(struct row, kind));

static const struct shape row_pending = SHAPE("TransactionPending", struct row,
	TEXT(struct row, currency), ENTRIES(struct row));

static const struct shape account_new = SHAPE("PostingAccount", struct posting_account,
	ID(struct posting_account, id), TEXT(struct posting_account, code),
	TEXT(struct posting_account, currency), TEXT(struct posting_account, kind),
	TEXT(struct posting_account, constraint),
	ID(struct posting_account, owner_id));

static const struct shape account_code = SHAPE("PostingAccountCode",
	struct posting_account, TEXT(struct posting_account, code));

static const struct shape account_found = SHAPE("PostingAccountFound",
	struct posting_account, ID(struct posting_account, id),
	TEXT(struct posting_account, currency), TEXT(struct posting_account, kind),
	TEXT(struct posting_account, constraint), ID(struct posting_account, owner_id));

/*
 * A list is bound as JSON, so that one text serves any number of entries.  The
 * accounts are looked up in its order, one by one by their key: the order in
 * which they are locked.
 */
#define OF_MOVES(columns)						\
	"JSON_TABLE(?, '$[*]' COLUMNS (account CHAR(36) PATH '$.account_id'" columns ")) j"
#define ITS_ACCOUNT							\
	" STRAIGHT_JOIN accounts a FORCE INDEX (PRIMARY)"		\
	" ON a.id = UNHEX(REPLACE(j.account, '-', ''))"

enum { LOCK_ACCOUNTS, ADD_ENTRIES, CHANGE_SUMS, ADD_ROW, ADD_TOUCHED, CHANGE_ROW,
    LOCK_ROW, FIND_SOURCE, FIND_PENDING, FIND_ACCOUNT, ADD_ACCOUNT };

const struct query posting_queries[] = {
	[LOCK_ACCOUNTS] = { "SELECT a.id, a.currency, a.kind, a.constraint_kind,"
	    " a.debits_posted, a.credits_posted, a.debits_pending, a.credits_pending"
	    " FROM " OF_MOVES("") ITS_ACCOUNT " FOR UPDATE",
	    .in = &moves, .out = &balances },
	[ADD_ENTRIES] = { "INSERT INTO entries (transaction_id, line_no, account_id,"
	    " direction, amount, balance_after) SELECT ?, j.line,"
	    " UNHEX(REPLACE(j.account, '-', '')), j.side, j.moved, j.after FROM "
	    OF_MOVES(", line INT PATH '$.line_no', side INT PATH '$.direction',"
	    " moved BIGINT PATH '$.amount', after BIGINT PATH '$.balance_after'"),
	    .in = &moving },
	[CHANGE_SUMS] = { "UPDATE " OF_MOVES(", dp BIGINT PATH '$.debits_posted',"
	    " cp BIGINT PATH '$.credits_posted', dr BIGINT PATH '$.debits_pending',"
	    " cr BIGINT PATH '$.credits_pending'") ITS_ACCOUNT
	    " SET a.debits_posted = a.debits_posted + j.dp,"
	    " a.credits_posted = a.credits_posted + j.cp,"
	    " a.debits_pending = a.debits_pending + j.dr,"
	    " a.credits_pending = a.credits_pending + j.cr", .in = &moves },
	[ADD_ROW] = { "INSERT INTO transactions (id, kind, status, pending_id, resolves,"
	    " currency, entries, reference, source, source_id, posted_at)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
	    " IF(? = 'posted', CURRENT_TIMESTAMP(3), NULL))", .in = &row },
	[ADD_TOUCHED] = { "INSERT INTO transaction_accounts (transaction_id, account_id)"
	    " SELECT ?, UNHEX(REPLACE(j.account, '-', '')) FROM " OF_MOVES(""),
	    .in = &moving },
	[CHANGE_ROW] = { "UPDATE transactions SET status = ?,"
	    " posted_at = IF(? = 'posted', CURRENT_TIMESTAMP(3), NULL),"
	    " reason = ?, resolves = ? WHERE id = ?", .in = &row_change },
	[LOCK_ROW] = { "SELECT status FROM transactions WHERE id = ?"
	    " AND kind = '" POSTING_PENDING "' FOR UPDATE",
	    .in = &row_id, .out = &row_status },
	[FIND_SOURCE] = { "SELECT id FROM transactions WHERE source = ? AND source_id = ?"
	    " AND kind = ?", .in = &row_source, .out = &row_id },
	[FIND_PENDING] = { "SELECT currency, entries FROM transactions WHERE id = ?"
	    " AND kind = '" POSTING_PENDING "'", .in = &row_id, .out = &row_pending },
	[FIND_ACCOUNT] = { "SELECT id, currency, kind, constraint_kind, owner_id"
	    " FROM accounts WHERE code = ?", .in = &account_code, .out = &account_found },
	[ADD_ACCOUNT] = { "INSERT INTO accounts (id, code, currency, kind,"
	    " constraint_kind, owner_id) VALUES (?, ?, ?, ?, ?, ?)",
	    .in = &account_new },
	{ .sql = NULL }
};

static const struct kind *
kind_find(const char *name)
{
	for (size_t i = 0; i < NELEMS(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

const char *
posting_reason(enum posting_refusal why)
{
	switch (why) {
	case POSTING_FINE:		break;
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
	return DB_STOP;
}

/* --- what is to be moved ---------------------------------------------------------- */

static int
by_account(const void *x, const void *y)
{
	const struct move	*a = x, *b = y;

	return memcmp(a->account_id.b, b->account_id.b, sizeof(a->account_id.b));
}

static struct move
move_of(const struct kind *k, const struct posting_entry *e, size_t line)
{
	bool		 credit = str_eq(e->direction, POSTING_CREDIT);
	int64_t		 posted = k->posted * e->amount, pending = k->pending * e->amount;

	return (struct move){ .account_id = e->account_id, .line_no = (int64_t)line,
	    .direction = credit ? 1 : -1, .amount = e->amount,
	    .debits_posted = credit ? 0 : posted, .credits_posted = credit ? posted : 0,
	    .debits_pending = credit ? 0 : pending,
	    .credits_pending = credit ? pending : 0 };
}

/* Balanced, each account once: else it is the caller's fault. */
static bool
is_whole(const struct work *w)
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

static enum db_err
prepare(struct store *st, struct posting *p, struct work *w)
{
	const struct posting_entry	*e = p->entries.items;

	*w = (struct work){ .p = p, .kind = kind_find(p->kind), .n = p->entries.n };
	p->before = false;
	p->refusal = POSTING_FINE;
	if (w->kind == NULL || w->n > POSTING_ENTRIES)
		return DB_BUG;
	if ((w->moves = arena_array(st->arena, struct move, w->n + 1)) == NULL)
		return DB_MEMORY;
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
in_range(const struct balances *b)
{
	return b->debits_posted <= INT_SAFE && b->credits_posted <= INT_SAFE &&
	    b->debits_pending <= INT_SAFE && b->credits_pending <= INT_SAFE;
}

static bool
is_covered(const struct balances *b)
{
	if (str_is(b->constraint_kind, "no_debit_balance"))
		return b->debits_posted + b->debits_pending <= b->credits_posted;
	if (str_is(b->constraint_kind, "no_credit_balance"))
		return b->credits_posted + b->credits_pending <= b->debits_posted;
	return true;
}

static bool
grows_by_debits(const struct balances *b)
{
	return str_is(b->kind, "asset") || str_is(b->kind, "expense");
}

/* The account as it will be; what comes of it. */
static enum posting_refusal
judge(struct move *m, struct balances *b, struct str currency)
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
	return POSTING_FINE;
}

static enum db_err
lock_accounts(struct store *st, const struct work *w)
{
	const struct moving	 in = { .moves = { w->moves, w->n } };
	enum posting_refusal	 why = POSTING_FINE;
	struct balances		*b;
	void			*rows;
	size_t			 n;
	enum db_err		 err = query_all(st, &posting_queries[LOCK_ACCOUNTS], &in,
				    &rows, &n);

	if (err != DB_OK)
		return err;
	if (n != w->n)
		return refuse(w->p, POSTING_NO_ACCOUNT);
	b = rows;
	for (size_t i = 0; i < n && why == POSTING_FINE; i++)
		why = judge(&w->moves[i], &b[i], w->p->currency);
	return why == POSTING_FINE ? DB_OK : refuse(w->p, why);
}

/* The one to be resolved, held, if it still is to be. */
static enum db_err
lock_pending(struct store *st, const struct work *w)
{
	const struct row	 in = { .id = w->p->pending_id };
	struct row		 was;
	enum db_err		 err;

	if (w->kind->resolved == NULL)
		return DB_OK;
	err = query_one(st, &posting_queries[LOCK_ROW], &in, &was);
	if (err == DB_NONE)
		return refuse(w->p, POSTING_NOT_PENDING);
	if (err != DB_OK || str_is(was.status, "pending"))
		return err;
	return refuse(w->p, str_is(was.status, "posted") || str_is(was.status, "voided") ?
	    POSTING_RESOLVED : POSTING_NOT_PENDING);
}

/* --- rows ------------------------------------------------------------------------- */

static enum db_err
run(struct store *st, int query, const void *in)
{
	return query_run(st, &posting_queries[query], in, NULL);
}

static enum db_err
found_before(struct store *st, struct posting *p)
{
	const struct row	 in = { .source = p->source, .source_id = p->source_id,
				    .kind = str_of(p->kind) };
	struct row		 first;
	enum db_err		 err = query_one(st, &posting_queries[FIND_SOURCE], &in,
				    &first);

	if (err == DB_OK) {
		p->id = first.id;
		p->before = true;
	}
	return err;
}

static enum db_err
add_row(struct store *st, const struct work *w)
{
	struct posting	*p = w->p;
	struct row	 in = { .kind = str_of(p->kind), .status = str_of(w->kind->status),
			    .pending_id = p->pending_id, .resolves = p->pending_id,
			    .currency = p->currency, .entries = p->entries,
			    .reference = p->reference, .source = p->source,
			    .source_id = p->source_id };
	enum db_err	 err;

	if (uuid_is_nil(p->id))
		p->id = uuid_new();
	in.id = p->id;
	if ((err = run(st, ADD_ROW, &in)) != DB_OK)
		return err;
	return run(st, ADD_TOUCHED, &(struct moving){ p->id, { w->moves, w->n } });
}

static enum db_err
change_row(struct store *st, const struct work *w)
{
	const struct row	 in = { .id = w->p->id, .resolves = w->p->pending_id,
				    .status = str_of(w->kind->status) };

	return run(st, CHANGE_ROW, &in);
}

static enum db_err
change_pending(struct store *st, const struct work *w)
{
	const struct row	 in = { .id = w->p->pending_id,
				    .status = str_of(w->kind->resolved),
				    .reason = str_of(w->kind->reason) };

	return w->kind->resolved == NULL ? DB_OK : run(st, CHANGE_ROW, &in);
}

static enum db_err
write_row(struct store *st, const struct work *w)
{
	if (w->kind->status == NULL)
		return DB_OK;
	return w->p->queued ? change_row(st, w) : add_row(st, w);
}

static enum db_err
write_moves(struct store *st, const struct work *w)
{
	const struct moving	 in = { w->p->id, { w->moves, w->n } };
	enum db_err		 err = DB_OK;

	if (w->kind->posted != 0)
		err = run(st, ADD_ENTRIES, &in);
	return err == DB_OK ? run(st, CHANGE_SUMS, &in) : err;
}

/* What the answers show that it changed. */
static void
stale(struct store *st, const char *table, struct uuid id)
{
	char	 text[UUID_LEN + 1], *tag;

	if (uuid_is_nil(id))
		return;
	uuid_text(id, text);
	tag = arena_fmt(st->arena, "%s/%s", table, text);
	store_stale(st, str_of(tag == NULL ? table : tag));
}

static void
stale_all(struct store *st, const struct work *w)
{
	store_stale(st, STR("transactions"));
	store_stale(st, STR("accounts"));
	stale(st, "transactions", w->p->id);
	stale(st, "transactions", w->p->pending_id);
	for (size_t i = 0; i < w->n; i++)
		stale(st, "accounts", w->moves[i].account_id);
}

static enum db_err
post(struct store *st, const struct work *w)
{
	enum db_err	 err;

	if ((err = lock_pending(st, w)) != DB_OK ||
	    (err = lock_accounts(st, w)) != DB_OK ||
	    (err = write_row(st, w)) != DB_OK ||
	    (err = write_moves(st, w)) != DB_OK)
		return err;
	stale_all(st, w);
	return change_pending(st, w);
}

/*
 * What was posted before, perhaps while we waited for its accounts, shows as a
 * refusal by what it did, or as its row.
 */
enum db_err
posting_post(struct store *st, struct posting *p)
{
	struct work	 w;
	enum db_err	 err = prepare(st, p, &w), before;

	if (err == DB_OK)
		err = post(st, &w);
	if ((err != DB_STOP && err != DB_DUPLICATE) || p->queued || w.kind->status == NULL)
		return err;
	before = found_before(st, p);
	return before != DB_NONE ? before : err == DB_STOP ? err : DB_BUG;
}

enum db_err
posting_pending(struct store *st, struct posting *p)
{
	const struct row	 in = { .id = p->pending_id };
	struct row		 found;
	enum db_err		 err = query_one(st, &posting_queries[FIND_PENDING], &in,
				    &found);

	if (err == DB_OK) {
		p->currency = found.currency;
		p->entries = found.entries;
	}
	return err;
}

/* --- accounts --------------------------------------------------------------------- */

static enum db_err
find_account(struct store *st, struct posting_account *a)
{
	struct posting_account	 found;
	enum db_err		 err = query_one(st, &posting_queries[FIND_ACCOUNT], a,
				    &found);

	if (err != DB_OK)
		return err;
	if (!str_eq(a->currency, found.currency) || !str_eq(a->kind, found.kind) ||
	    !str_eq(a->constraint, found.constraint) ||
	    !uuid_eq(a->owner_id, found.owner_id)) {
		log_event(LOG_ERROR, "posting", "account %.*s is there, and another",
		    STR_ARG(a->code));
		return DB_STOP;
	}
	a->id = found.id;
	return DB_OK;
}

enum db_err
posting_account(struct store *st, struct posting_account *a)
{
	enum db_err	 err;

	if (a->constraint.n == 0)
		a->constraint = STR("none");
	if ((err = find_account(st, a)) != DB_NONE)
		return err;
	a->id = uuid_new();
	err = run(st, ADD_ACCOUNT, a);
	return err == DB_DUPLICATE ? find_account(st, a) : err;
}
