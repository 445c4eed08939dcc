/* posting_account - accounts of the ledger, by their code. */
#include "posting_private.h"

#include "base/log.h"

static enum db_err
account_find(struct store *st, struct posting_account *a)
{
	struct posting_account	 found;
	enum db_err		 err = query_one(st,
				    &posting_queries[POSTING_FIND_ACCOUNT], a,
				    &found);

	if (err != DB_OK)
		return err;
	if (!str_eq(a->currency, found.currency) || !str_eq(a->kind, found.kind) ||
	    !str_eq(a->constraint, found.constraint) ||
	    !uuid_eq(a->owner_id, found.owner_id)) {
		log_event(LOG_ERROR, "posting", "account %.*s exists with other properties",
		    STR_ARG(a->code));
		return DB_ABORT;
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
	if ((err = account_find(st, a)) != DB_NOT_FOUND)
		return err;
	a->id = uuid_new();
	err = posting_run(st, POSTING_ADD_ACCOUNT, a);
	return err == DB_DUPLICATE ? account_find(st, a) : err;
}
