#ifndef WIRE_LEDGER_H
#define WIRE_LEDGER_H
/*
 * ledger - what the suites of accounts and transactions share.
 *
 * Codes of accounts are new each time; rows of the ledger are never taken away.
 */
#include "people.h"

#define ACCOUNTS	"/v1/accounts"
#define MONEY_MOVES	"/v1/transactions"
#define BOOKS		"Authorization: Bearer {books}\n"
#define KEYED(k)	BOOKS JSON "Idempotency-Key: " k "\n"

/* An entry, and a balanced two. */
#define ENTRY(a, d, n)	"{'account_id':'{" a "}','direction':'" d "','amount':" #n "}"
#define TWO(from, to, n) "'entries':[" ENTRY(from, "debit", n) "," ENTRY(to, "credit", n) "]"
#define MOVE(kind, from, to, n)						\
	"{'kind':'" kind "','currency':'EUR'," TWO(from, to, n) "}"

/*
 * {books} is a token that reads and writes the ledger; {bank} an asset, {sales}
 * an income and {wallet} a liability that may not be overdrawn, in EUR.
 */
void		 ledger_begin(void);
/* {NAME} is an account; `more` members of it. */
void		 account_new(const char *name, const char *kind, const char *more);
/* {NAME} is a transaction that was accepted. */
struct reply	 transact(const char *name, const char *body);
/* What became of it, "posted", once it is queued no more; {reason} why. */
const char	*settled(const char *name);
/* From {bank} to this one, posted. */
void		 fill(const char *account, int64_t amount);
/* A sum of {NAME}. */
int64_t		 sum_of(const char *account, const char *member);

#endif
