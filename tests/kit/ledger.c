/* ledger - what the suites of accounts and transactions share. */
#include <unistd.h>

#include "ledger.h"

#define LOOKS	1500		/* of 20 ms each */

void
account_new(const char *name, const char *kind, const char *more)
{
	char		 body[512];
	struct reply	 r;

	snprintf(body, sizeof(body), "{'code':'wire:{new}','currency':'EUR',"
	    "'kind':'%s'%s}", kind, more);
	r = ask_with("POST", ACCOUNTS, BOOKS JSON, body);
	CHECK_INT(name, r.status, 201);
	let(name, reply_member(&r, "id"));
}

void
ledger_begin(void)
{
	let("books", token_of("ledger:read ledger:write"));
	account_new("bank", "asset", "");
	account_new("sales", "income", "");
	account_new("wallet", "liability", ",'constraint':'no_debit_balance'");
}

struct reply
transact(const char *name, const char *body)
{
	struct reply	 r = ask_with("POST", MONEY_MOVES, KEYED("{new}"), body);

	CHECK_INT(name, r.status, 202);
	let(name, reply_member(&r, "id"));
	return r;
}

const char *
settled(const char *name)
{
	const char	*status = NULL;
	char		 path[80];
	struct reply	 r;

	snprintf(path, sizeof(path), MONEY_MOVES "/{%s}", name);
	for (int i = 0; i < LOOKS; i++) {
		r = ask_get(path, BOOKS);
		status = reply_member(&r, "status");
		if (status != NULL && strcmp(status, "queued") != 0)
			break;
		usleep(20000);
	}
	let("reason", r.status == 200 && reply_member(&r, "reason") != NULL ?
	    reply_member(&r, "reason") : "");
	return status == NULL ? "nowhere" : status;
}

void
fill(const char *account, int64_t amount)
{
	char	 body[512];

	snprintf(body, sizeof(body), "{'kind':'transfer','currency':'EUR','entries':["
	    "{'account_id':'{bank}','direction':'debit','amount':%lld},"
	    "{'account_id':'{%s}','direction':'credit','amount':%lld}]}",
	    (long long)amount, account, (long long)amount);
	(void)transact("filled", body);
	CHECK_TEXT(account, settled("filled"), "posted");
}

int64_t
sum_of(const char *account, const char *member)
{
	char		 path[80];
	struct reply	 r;
	const char	*text;

	snprintf(path, sizeof(path), ACCOUNTS "/{%s}", account);
	r = ask_get(path, BOOKS);
	CHECK_INT(account, r.status, 200);
	text = reply_member(&r, member);
	return text == NULL ? -1 : atoll(text);
}
