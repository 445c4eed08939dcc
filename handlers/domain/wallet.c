/*
 * wallet - paying out of an account of the ledger that is the payer's own.  The
 * token is its id.  Nobody is asked: the ledger's refusal is the decline.
 */
#include "provider.h"

struct wallet {
	struct uuid	 id, owner_id;
	struct str	 currency;
};

#define ID(m)	FIELD_UUID(struct wallet, m, .doc = "Key of a row")

static const struct schema wanted = SCHEMA("WalletWanted", struct wallet,
	ID(id), ID(owner_id),
	FIELD_STR(struct wallet, currency, .doc = "That is to be paid in"));

static const struct schema found = SCHEMA("Wallet", struct wallet, ID(id));

/* One that can not be overdrawn, and holds what we owe its owner. */
const struct query wallet_queries[] = {
	{ "SELECT id FROM accounts WHERE id = ? AND owner_id = ? AND currency = ?"
	    " AND kind = 'liability' AND constraint_kind = 'no_debit_balance'",
	    .in = &wanted, .out = &found },
	{ .sql = NULL }
};

static enum db_err
account(struct store *st, const struct payer *p, struct uuid *id)
{
	struct wallet	 w = { .owner_id = p->user_id,
			    .currency = str_of(p->amount.currency) };
	enum db_err	 err;

	if (!uuid_parse(p->token, &w.id) || uuid_is_nil(p->user_id))
		return DB_ABORT;
	*id = w.id;
	err = query_one(st, &wallet_queries[0], &w, &w);
	return err == DB_NOT_FOUND ? DB_ABORT : err;
}

static enum db_err
takes(struct store *st, const struct payer *p)
{
	struct uuid	 id;

	return account(st, p, &id);
}

const struct provider provider_wallet = {
	.name = "wallet", .takes = takes, .account = account,
};
