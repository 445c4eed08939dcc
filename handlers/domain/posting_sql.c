/* posting_sql - the statements of postings. */
#include "posting_private.h"

#define AMOUNT(T, m)	FIELD_INT(T, m, .doc = "Minor units")
#define SUMS(T)								\
	AMOUNT(T, debits_posted), AMOUNT(T, credits_posted),		\
	AMOUNT(T, debits_pending), AMOUNT(T, credits_pending)
#define TEXT(T, m)	FIELD_STR(T, m, .flags = FIELD_OPTIONAL, .doc = "Value of a column")
#define ID(T, m)	FIELD_UUID(T, m, .flags = FIELD_OPTIONAL, .doc = "Value of a column")

const struct schema posting_entry_schema = SCHEMA("TransactionEntry", struct posting_entry,
	FIELD_UUID(struct posting_entry, account_id, .doc = "Key of an account"),
	FIELD_STR(struct posting_entry, direction, .one_of = ENUM("debit", "credit"),
	    .doc = "Side of the account"),
	FIELD_INT(struct posting_entry, amount, .min = 1, .max = 1000000000000000,
	    .doc = "Amount in minor units", .example = "1999"));

#define BALANCES	struct posting_balances
#define MOVE		struct posting_move
#define ROW		struct posting_row

static const struct schema balances = SCHEMA("AccountBalances", BALANCES,
	ID(BALANCES, id), TEXT(BALANCES, currency), TEXT(BALANCES, kind),
	TEXT(BALANCES, constraint_kind), SUMS(BALANCES));

static const struct schema move = SCHEMA("Move", MOVE,
	ID(MOVE, account_id),
	FIELD_INT(MOVE, line_no, .doc = "Position in the transaction, from 1"),
	FIELD_INT(MOVE, direction, .min = -1, .max = 1, .doc = "1 credit, -1 debit"),
	AMOUNT(MOVE, amount), AMOUNT(MOVE, balance_after), SUMS(MOVE));

#define MOVES								\
	FIELD_LIST(struct posting_moves, moves, .schema = &move, .doc = "Sorted by account")

static const struct schema moves = SCHEMA("Moves", struct posting_moves, MOVES);

static const struct schema moving = SCHEMA("Moving", struct posting_moves,
	ID(struct posting_moves, transaction_id), MOVES);

#define ENTRIES(T)							\
	FIELD_LIST(T, entries, .schema = &posting_entry_schema, .doc = "Entries")
#define TIME(T, m)	FIELD_STAMP(T, m, .flags = FIELD_OPTIONAL, .doc = "Value of a column")
#define OBJECT(T, m)	FIELD_JSON(T, m, .flags = FIELD_OPTIONAL, .doc = "Value of a column")

static const struct schema row = SCHEMA("TransactionRow", ROW,
	ID(ROW, id), TEXT(ROW, kind), TEXT(ROW, status), ID(ROW, pending_id),
	ID(ROW, resolves), TEXT(ROW, currency), ENTRIES(ROW), TEXT(ROW, reference),
	OBJECT(ROW, metadata), TIME(ROW, timeout_at), TEXT(ROW, source),
	ID(ROW, source_id), TEXT(ROW, status));

static const struct schema row_held = SCHEMA("TransactionHeld", ROW,
	TEXT(ROW, kind), TEXT(ROW, status), ID(ROW, pending_id), TEXT(ROW, currency),
	ENTRIES(ROW), TIME(ROW, timeout_at));

static const struct schema row_change = SCHEMA("TransactionChange", ROW,
	TEXT(ROW, status), TEXT(ROW, status), TEXT(ROW, reason), ID(ROW, resolves),
	ID(ROW, id));

static const struct schema row_id = SCHEMA("TransactionKey", ROW, ID(ROW, id));

static const struct schema row_source = SCHEMA("TransactionSource", ROW,
	TEXT(ROW, source), ID(ROW, source_id), TEXT(ROW, kind));

static const struct schema row_pending = SCHEMA("TransactionPending", ROW,
	TEXT(ROW, currency), ENTRIES(ROW));

static const struct schema touched = SCHEMA("TransactionAccount", struct posting_touched,
	ID(struct posting_touched, transaction_id), ID(struct posting_touched, account_id));

#define ACCOUNT		struct posting_account

static const struct schema account_new = SCHEMA("PostingAccount", ACCOUNT,
	ID(ACCOUNT, id), TEXT(ACCOUNT, code), TEXT(ACCOUNT, currency), TEXT(ACCOUNT, kind),
	TEXT(ACCOUNT, constraint), ID(ACCOUNT, owner_id));

static const struct schema account_code = SCHEMA("PostingAccountCode", ACCOUNT,
	TEXT(ACCOUNT, code));

static const struct schema account_found = SCHEMA("PostingAccountFound", ACCOUNT,
	ID(ACCOUNT, id), TEXT(ACCOUNT, currency), TEXT(ACCOUNT, kind),
	TEXT(ACCOUNT, constraint), ID(ACCOUNT, owner_id));

/*
 * A list is bound as JSON, so that one statement serves any number of entries.  The
 * join looks the accounts up by key in the order of the list: the order in which they
 * are locked.
 */
#define OF_MOVES(columns)						\
	"JSON_TABLE(?, '$[*]' COLUMNS (account CHAR(36) PATH '$.account_id'" columns ")) j"
#define ITS_ACCOUNT							\
	" STRAIGHT_JOIN accounts a FORCE INDEX (PRIMARY)"		\
	" ON a.id = UNHEX(REPLACE(j.account, '-', ''))"

const struct query posting_queries[] = {
	[POSTING_LOCK_ACCOUNTS] = { "SELECT a.id, a.currency, a.kind, a.constraint_kind,"
	    " a.debits_posted, a.credits_posted, a.debits_pending, a.credits_pending"
	    " FROM " OF_MOVES("") ITS_ACCOUNT " FOR UPDATE",
	    .in = &moves, .out = &balances },
	[POSTING_ADD_ENTRIES] = { "INSERT INTO entries (transaction_id, line_no,"
	    " account_id, direction, amount, balance_after)"
	    " SELECT ?, j.line, UNHEX(REPLACE(j.account, '-', '')), j.side, j.moved, j.after"
	    " FROM " OF_MOVES(", line INT PATH '$.line_no', side INT PATH '$.direction',"
	    " moved BIGINT PATH '$.amount', after BIGINT PATH '$.balance_after'"),
	    .in = &moving },
	[POSTING_CHANGE_SUMS] = { "UPDATE "
	    OF_MOVES(", dp BIGINT PATH '$.debits_posted',"
	    " cp BIGINT PATH '$.credits_posted', dr BIGINT PATH '$.debits_pending',"
	    " cr BIGINT PATH '$.credits_pending'") ITS_ACCOUNT
	    " SET a.debits_posted = a.debits_posted + j.dp,"
	    " a.credits_posted = a.credits_posted + j.cp,"
	    " a.debits_pending = a.debits_pending + j.dr,"
	    " a.credits_pending = a.credits_pending + j.cr", .in = &moves },
	[POSTING_ADD_ROW] = { "INSERT INTO transactions (id, kind, status, pending_id,"
	    " resolves, currency, entries, reference, metadata, timeout_at, source,"
	    " source_id, posted_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
	    " IF(? = 'posted', CURRENT_TIMESTAMP(3), NULL))", .in = &row },
	[POSTING_ADD_TOUCHED] = { "INSERT INTO transaction_accounts"
	    " (transaction_id, account_id) VALUES (?, ?)", .in = &touched },
	[POSTING_CHANGE_ROW] = { "UPDATE transactions SET status = ?,"
	    " posted_at = IF(? = 'posted', CURRENT_TIMESTAMP(3), NULL),"
	    " reason = ?, resolves = ? WHERE id = ?", .in = &row_change },
	[POSTING_LOCK_ROW] = { "SELECT kind, status, pending_id, currency, entries,"
	    " timeout_at FROM transactions WHERE id = ? FOR UPDATE",
	    .in = &row_id, .out = &row_held },
	[POSTING_FIND_SOURCE] = { "SELECT id FROM transactions"
	    " WHERE source = ? AND source_id = ? AND kind = ?",
	    .in = &row_source, .out = &row_id },
	[POSTING_FIND_PENDING] = { "SELECT currency, entries FROM transactions"
	    " WHERE id = ? AND kind = '" POSTING_PENDING "'",
	    .in = &row_id, .out = &row_pending },
	[POSTING_FIND_ACCOUNT] = { "SELECT id, currency, kind, constraint_kind, owner_id"
	    " FROM accounts WHERE code = ?", .in = &account_code, .out = &account_found },
	[POSTING_ADD_ACCOUNT] = { "INSERT INTO accounts (id, code, currency, kind,"
	    " constraint_kind, owner_id) VALUES (?, ?, ?, ?, ?, ?)",
	    .in = &account_new },
	{ .sql = NULL }
};
