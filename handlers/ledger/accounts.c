/* accounts: where money is, and how it came there. */
#include "app.h"

struct account {
	struct uuid	 id;
	struct str	 code, currency, kind, constraint;
	struct uuid	 owner_id;
	int64_t		 debits_posted, credits_posted, debits_pending, credits_pending;
	int64_t		 balance;
	struct stamp	 created_at;
};

struct entry {
	int64_t		 id;
	struct uuid	 transaction_id, account_id;
	struct str	 direction;
	int64_t		 amount, balance_after;
	struct stamp	 created_at;
};

#define SUM(m, says)							\
	FIELD_INT(struct account, m, .flags = FIELD_READONLY, .doc = (says))

static const struct schema account = SCHEMA("Account", struct account,
	FIELD_UUID(struct account, id, .flags = FIELD_KEY | FIELD_READONLY,
	    .doc = "Key"),
	FIELD_STR(struct account, code, .min = 1, .max = 64, .flags = FIELD_UNIQUE,
	    .pattern = "[a-z0-9:._-]{1,64}", .doc = "Its name in the books",
	    .example = "\"shop:sales:eur\""),
	FIELD_STR(struct account, currency, .format = FORMAT_CURRENCY,
	    .doc = "ISO 4217 code of all its amounts", .example = "\"EUR\""),
	FIELD_STR(struct account, kind,
	    .one_of = ENUM("asset", "liability", "equity", "income", "expense"),
	    .doc = "Debits make an asset or expense grow, credits the others"),
	FIELD_STR(struct account, constraint, .column = "constraint_kind",
	    .one_of = ENUM("none", "no_debit_balance", "no_credit_balance"),
	    .def = "none", .doc = "no_debit_balance: never more debits than credits, "
	    "what is pending counted in; no_credit_balance: the other way round"),
	FIELD_UUID(struct account, owner_id, .flags = FIELD_OPTIONAL,
	    .doc = "The user who may read it"),
	SUM(debits_posted, "Sum of its debits, in minor units"),
	SUM(credits_posted, "Sum of its credits"),
	SUM(debits_pending, "Debits that are reserved"),
	SUM(credits_pending, "Credits that are announced"),
	FIELD_INT(struct account, balance, .flags = FIELD_READONLY, .min = -INT_SAFE,
	    .max = INT_SAFE, .sql = "IF(t.kind IN ('asset', 'expense'), 1, -1)"
	    " * (t.debits_posted - t.credits_posted)",
	    .doc = "Debits less credits of an asset or expense, credits less debits "
	    "of the others; without what is pending"),
	FIELD_STAMP(struct account, created_at, .flags = FIELD_READONLY,
	    .doc = "When it was made"));

static const struct schema entry = SCHEMA("Entry", struct entry,
	FIELD_INT(struct entry, id, .flags = FIELD_KEY | FIELD_READONLY,
	    .doc = "Rises in the order in which the balance changed"),
	FIELD_UUID(struct entry, transaction_id, .flags = FIELD_READONLY,
	    .doc = "What it is part of"),
	FIELD_UUID(struct entry, account_id, .flags = FIELD_READONLY,
	    .doc = "The account"),
	FIELD_STR(struct entry, direction, .flags = FIELD_READONLY,
	    .sql = "IF(t.direction = 1, 'credit', 'debit')",
	    .one_of = ENUM("debit", "credit"), .doc = "Which side of it"),
	FIELD_INT(struct entry, amount, .flags = FIELD_READONLY,
	    .doc = "Minor units"),
	FIELD_INT(struct entry, balance_after, .flags = FIELD_READONLY, .min = -INT_SAFE,
	    .max = INT_SAFE, .doc = "The account's balance with it"),
	FIELD_STAMP(struct entry, created_at, .flags = FIELD_READONLY,
	    .doc = "When it was posted"));

static const struct resource accounts = {
	.path = "/v1/accounts", .table = "accounts", .schema = &account,
	.read = SCOPE_OWN, .owner = "owner_id", .admin_scope = "ledger:read",
	.operations = OPS_READ,
	.filters = FILTERS(FILTER_BY("code"), FILTER_BY("owner_id")),
	.sorts = SORTS(SORT_ON("-created_at", "by_creation"),
	    SORT_ON("created_at", "by_creation")),
	.doc = "Accounts of the ledger",
};

static const struct resource entries = {
	.path = "/v1/accounts/{account_id}/entries", .parent = &accounts,
	.table = "entries", .schema = &entry, .read = SCOPE_OWN, .operations = OPS_LIST,
	.filters = FILTERS(FILTER_ON("from", FILTER_MIN, "created_at"),
	    FILTER_ON("to", FILTER_MAX, "created_at")),
	.sorts = SORTS(SORT_ON("-id", "by_account")),
	.doc = "What changed its balance, newest first",
};

/* Who keeps the books makes accounts, for others or for nobody. */
static const struct resource book = {
	.path = "/v1/accounts", .table = "accounts", .schema = &account,
	.read = "ledger:read", .write = "ledger:write", .operations = OPS_CREATE,
	.doc = "Accounts of the ledger",
};

int
main(int argc, char **argv)
{
	return app_main(argc, argv, APP("accounts", .service = "ledger",
	    .resources = RESOURCES(&accounts, &book, &entries)));
}
