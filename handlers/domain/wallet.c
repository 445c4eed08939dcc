/*
 * wallet - payments from an account of the ledger that the payer owns.  The token is
 * the key of the account.  No provider is called: a refusal of the ledger is the
 * decline.
 */
#include "provider.h"

struct wallet {
	struct uuid	 id, owner_id;
	struct str	 currency;
};

#define ID(m)	FIELD_UUID(struct wallet, m, .doc = "Key of a row")

static const struct schema wallet_key = SCHEMA("WalletWanted", struct wallet,
	ID(id), ID(owner_id),
	FIELD_STR(struct wallet, currency, .doc = "Currency of the payment"));

static const struct schema wallet_found = SCHEMA("Wallet", struct wallet, ID(id));

/* The account must be a liability (we owe its balance to its owner) and must not be
 * overdrawn. */
const struct query wallet_queries[] = {
	{ "SELECT id FROM accounts WHERE id = ? AND owner_id = ? AND currency = ?"
	    " AND kind = 'liability' AND constraint_kind = 'no_debit_balance'",
	    .in = &wallet_key, .out = &wallet_found },
	{ .sql = NULL }
};

static enum db_err
wallet_account(struct store *st, const struct payer *p, struct uuid *id)
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
wallet_accepts(struct store *st, const struct payer *p)
{
	struct uuid	 id;

	return wallet_account(st, p, &id);
}

const struct provider provider_wallet = {
	.name = "wallet", .accepts = wallet_accepts, .account = wallet_account,
};
