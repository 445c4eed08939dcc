/* accounts: the accounts of the ledger and their entries. */
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
	    .pattern = "[a-z0-9:._-]{1,64}", .doc = "Unique name of the account",
	    .example = "\"shop:sales:eur\""),
	FIELD_STR(struct account, currency, .format = FORMAT_CURRENCY,
	    .doc = "Currency of all its amounts (ISO 4217)", .example = "\"EUR\""),
	FIELD_STR(struct account, kind,
	    .one_of = ENUM("asset", "liability", "equity", "income", "expense"),
	    .doc = "Kind of account; debits increase the balance of an asset or expense, "
	    "credits that of the other kinds"),
	FIELD_STR(struct account, constraint, .column = "constraint_kind",
	    .one_of = ENUM("none", "no_debit_balance", "no_credit_balance"),
	    .def = "none", .doc = "no_debit_balance: posted and pending debits never "
	    "exceed the posted credits; no_credit_balance: the reverse"),
	FIELD_UUID(struct account, owner_id, .flags = FIELD_OPTIONAL,
	    .doc = "Key of the user who may read the account"),
	SUM(debits_posted, "Sum of the posted debits, in minor units"),
	SUM(credits_posted, "Sum of the posted credits, in minor units"),
	SUM(debits_pending, "Sum of the pending debits, in minor units"),
	SUM(credits_pending, "Sum of the pending credits, in minor units"),
	FIELD_INT(struct account, balance, .flags = FIELD_READONLY, .min = -INT_SAFE,
	    .max = INT_SAFE, .sql = "IF(t.kind IN ('asset', 'expense'), 1, -1)"
	    " * (t.debits_posted - t.credits_posted)",
	    .doc = "Posted debits minus posted credits of an asset or expense; posted "
	    "credits minus posted debits of the other kinds; in minor units"),
	FIELD_STAMP(struct account, created_at, .flags = FIELD_READONLY,
	    .doc = "Time of creation"));

static const struct schema entry = SCHEMA("Entry", struct entry,
	FIELD_INT(struct entry, id, .flags = FIELD_KEY | FIELD_READONLY,
	    .doc = "Key; keys increase in the order of the balance changes"),
	FIELD_UUID(struct entry, transaction_id, .flags = FIELD_READONLY,
	    .doc = "Key of the transaction"),
	FIELD_UUID(struct entry, account_id, .flags = FIELD_READONLY,
	    .doc = "Key of the account"),
	FIELD_STR(struct entry, direction, .flags = FIELD_READONLY,
	    .sql = "IF(t.direction = 1, 'credit', 'debit')",
	    .one_of = ENUM("debit", "credit"), .doc = "Side of the account"),
	FIELD_INT(struct entry, amount, .flags = FIELD_READONLY,
	    .doc = "Amount in minor units"),
	FIELD_INT(struct entry, balance_after, .flags = FIELD_READONLY, .min = -INT_SAFE,
	    .max = INT_SAFE, .doc = "Balance of the account after this entry"),
	FIELD_STAMP(struct entry, created_at, .flags = FIELD_READONLY,
	    .doc = "Time of posting"));

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
	.doc = "Entries of an account, newest first",
};

/* Clients with ledger:write create accounts, with any owner or none. */
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
