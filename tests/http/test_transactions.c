/* transactions: refused at the door, posted by the queue, resolved once. */
#include <unistd.h>

#include "ledger.h"

#define MANY	64
#define PENDING	"'pending_id':'{p}'"
#define POST_IT	"{'kind':'post_pending'," PENDING "}"
#define VOID_IT	"{'kind':'void_pending'," PENDING "}"
#define ASKED(l, body, code, errors)					\
	REFUSED(l, "POST", MONEY_MOVES, KEYED("{new}"), body, 422, code, errors)

static const struct trial	 door[] = {
	REFUSED("no key", "POST", MONEY_MOVES, BOOKS JSON, MOVE("transfer", "bank", "sales", 5),
	    400, "idempotency_key_missing", NULL),
	REFUSED("no token", "POST", MONEY_MOVES, JSON "Idempotency-Key: {new}\n",
	    MOVE("transfer", "bank", "sales", 5), 401, "unauthenticated", NULL),
	REFUSED("who reads", "POST", MONEY_MOVES,
	    "Authorization: Bearer {reads}\n" JSON "Idempotency-Key: {new}\n",
	    MOVE("transfer", "bank", "sales", 5), 403, "insufficient_scope", NULL),
	ASKED("nothing", "{}", "validation_failed", "#/kind required"),
	ASKED("a kind", MOVE("gift", "bank", "sales", 5), "validation_failed",
	    "#/kind invalid_value"),
	ASKED("no entries", "{'kind':'transfer','currency':'EUR'}", "validation_failed",
	    "#/entries required"),
	ASKED("no currency", "{'kind':'transfer'," TWO("bank", "sales", 5) "}",
	    "validation_failed", "#/currency required"),
	ASKED("one entry", "{'kind':'transfer','currency':'EUR','entries':["
	    ENTRY("bank", "debit", 5) "]}", "validation_failed", "#/entries too_few_items"),
	ASKED("no money", MOVE("transfer", "bank", "sales", 0), "validation_failed",
	    "#/entries/0/amount out_of_range, #/entries/1/amount out_of_range"),
	ASKED("below nothing", MOVE("transfer", "bank", "sales", -5), "validation_failed",
	    NULL),
	ASKED("too much", MOVE("transfer", "bank", "sales", 1000000000000001),
	    "validation_failed", NULL),
	ASKED("half a cent", MOVE("transfer", "bank", "sales", 0.5), "validation_failed",
	    "#/entries/0/amount not_an_integer, #/entries/1/amount not_an_integer"),
	ASKED("a direction", "{'kind':'transfer','currency':'EUR','entries':["
	    ENTRY("bank", "left", 5) "," ENTRY("sales", "credit", 5) "]}",
	    "validation_failed", "#/entries/0/direction invalid_value"),
	ASKED("unbalanced", "{'kind':'transfer','currency':'EUR','entries':["
	    ENTRY("bank", "debit", 5) "," ENTRY("sales", "credit", 6) "]}", "unbalanced",
	    "#/entries unbalanced"),
	ASKED("debits only", "{'kind':'transfer','currency':'EUR','entries':["
	    ENTRY("bank", "debit", 5) "," ENTRY("sales", "debit", 5) "]}", "unbalanced",
	    "#/entries unbalanced"),
	ASKED("to itself", MOVE("transfer", "bank", "bank", 5), "same_account",
	    "#/entries/1/account_id same_account"),
	ASKED("another currency", "{'kind':'transfer','currency':'USD',"
	    TWO("bank", "sales", 5) "}", "currency_mismatch",
	    "#/entries/0/account_id currency_mismatch, #/entries/1/account_id currency_mismatch"),
	ASKED("no such account", "{'kind':'transfer','currency':'EUR','entries':["
	    ENTRY("bank", "debit", 5) ",{'account_id':'" NONE "','direction':'credit',"
	    "'amount':5}]}", "validation_failed",
	    "#/entries/1/account_id reference_not_found"),
	ASKED("a time for what is done at once", "{'kind':'transfer','currency':'EUR',"
	    "'timeout_s':60," TWO("bank", "sales", 5) "}", "validation_failed",
	    "#/timeout_s unknown_field"),
	ASKED("a short time", "{'kind':'pending','currency':'EUR','timeout_s':59,"
	    TWO("bank", "sales", 5) "}", "validation_failed", "#/timeout_s out_of_range"),
	ASKED("a pending one for a transfer", "{'kind':'transfer','currency':'EUR',"
	    "'pending_id':'" NONE "'," TWO("bank", "sales", 5) "}", "validation_failed",
	    "#/pending_id unknown_field"),
	ASKED("which", "{'kind':'post_pending'}", "validation_failed",
	    "#/pending_id required"),
	ASKED("none such", "{'kind':'post_pending','pending_id':'" NONE "'}",
	    "validation_failed", "#/pending_id reference_not_found"),
	ASKED("a transfer is not pending", "{'kind':'void_pending','pending_id':'{t}'}",
	    "validation_failed", "#/pending_id reference_not_found"),
	ASKED("a part", "{'kind':'post_pending'," PENDING "," TWO("bank", "sales", 1) "}",
	    "validation_failed", "#/entries unknown_field"),
	ASKED("pending in another currency", "{'kind':'post_pending','currency':'USD',"
	    PENDING "}", "currency_mismatch", "#/currency currency_mismatch"),
	ASKED("its status", "{'kind':'transfer','currency':'EUR','status':'posted',"
	    TWO("bank", "sales", 5) "}", "validation_failed", "#/status unknown_field"),
	REFUSED("changed", "PATCH", MONEY_MOVES "/{t}", BOOKS MERGE ANY, "{}", 405,
	    "method_not_allowed", NULL),
	REFUSED("removed", "DELETE", MONEY_MOVES "/{t}", BOOKS ANY, NULL, 405,
	    "method_not_allowed", NULL),
	REFUSED("none such", "GET", MONEY_MOVES "/" NONE, BOOKS, NULL, 404, "not_found", NULL),
	REFUSED("a status", "GET", MONEY_MOVES "?status=lost", BOOKS, NULL, 400,
	    "invalid_parameter", "status invalid_value"),
};

static void
test_door(void)
{
	ledger_begin();
	let("reads", token_of("ledger:read"));
	(void)transact("t", MOVE("transfer", "bank", "sales", 5));
	(void)transact("p", MOVE("pending", "bank", "sales", 5));
	for (size_t i = 0; i < NELEMS(door); i++) {
		struct reply	 r = trial_ask(&door[i]);

		check_reply(&door[i], &r);
	}
	client_end();
}

static void
test_accepted(void)
{
	static const char	 body[] = "{'kind':'transfer','currency':'EUR',"
	    "'reference':'{ref}','metadata':{'order':7,'by':'hand'},"
	    TWO("bank", "wallet", 300) "}";
	struct reply		 r, again;
	char			 path[80];

	ledger_begin();
	let("ref", filled("{new}"));
	let("key", filled("{new}"));
	r = ask_with("POST", MONEY_MOVES, KEYED("{key}"), body);
	CHECK_INT("accepted", r.status, 202);
	let("t", reply_member(&r, "id"));
	check_members("accepted", &r, MEMBERS({ "status", "queued" },
	    { "kind", "transfer" }, { "reference", "{ref}" }, { "metadata.order", "7" },
	    { "entries.0.account_id", "{bank}" }, { "entries.0.direction", "debit" },
	    { "entries.1.amount", "300" }, { "posted_at", NULL }, { "account_ids", NULL }));
	snprintf(path, sizeof(path), MONEY_MOVES "/%s", filled("{t}"));
	CHECK_TEXT("Location", reply_header(&r, "Location"), path);
	CHECK_TEXT("Retry-After", reply_header(&r, "Retry-After"), "1");
	CHECK_TEXT("posted", settled("t"), "posted");
	again = ask_with("POST", MONEY_MOVES, KEYED("{key}"), body);
	CHECK_INT("again", again.status, 202);
	CHECK("the same bytes", str_eq(again.body, r.body));
	CHECK("as a repeat", reply_header(&again, "Idempotent-Replayed") != NULL);
	CHECK_INT("once", sum_of("wallet", "balance"), 300);
	CHECK_INT("on the other side", sum_of("bank", "balance"), 300);
	r = ask_get(MONEY_MOVES "/{t}", BOOKS);
	CHECK("when", reply_member(&r, "posted_at") != NULL);
	r = ask_get(MONEY_MOVES "?reference={ref}&status=posted&account_id={wallet}"
	    "&created_from=2020-01-01T00:00:00Z", BOOKS);
	CHECK_TEXT("found", reply_member(&r, "items.0.id"), filled("{t}"));
	CHECK_TEXT("alone", reply_member(&r, "items.1"), NULL);
	r = ask_get(MONEY_MOVES "?reference={ref}&account_id={sales}", BOOKS);
	CHECK_TEXT("not of others", reply_member(&r, "items"), "[]");
	r = ask_get(MONEY_MOVES "?reference={ref}&created_to=2020-01-01T00:00:00Z", BOOKS);
	CHECK_TEXT("not of then", reply_member(&r, "items"), "[]");
	client_end();
}

static void
test_fifty(void)
{
	static char	 body[16384];
	size_t		 n;
	char		 name[16];

	ledger_begin();
	n = (size_t)snprintf(body, sizeof(body), "{'kind':'transfer','currency':'EUR',"
	    "'entries':[" ENTRY("bank", "debit", 49));
	for (int i = 0; i < 49; i++) {
		snprintf(name, sizeof(name), "many%d", i);
		account_new("many", "liability", "");
		n += (size_t)snprintf(body + n, sizeof(body) - n, ",{'account_id':'%s',"
		    "'direction':'credit','amount':1}", filled("{many}"));
	}
	(void)snprintf(body + n, sizeof(body) - n, "]}");
	(void)transact("t", body);
	CHECK_TEXT("fifty entries", settled("t"), "posted");
	CHECK_INT("the first", sum_of("bank", "debits_posted"), 49);
	CHECK_INT("the last", sum_of("many", "balance"), 1);
	client_end();
}

static void
test_pending(void)
{
	ledger_begin();
	fill("wallet", 100);
	(void)transact("p", MOVE("pending", "wallet", "sales", 60));
	CHECK_TEXT("reserved", settled("p"), "pending");
	CHECK_INT("so much", sum_of("wallet", "debits_pending"), 60);
	CHECK_INT("announced", sum_of("sales", "credits_pending"), 60);
	CHECK_INT("it is there still", sum_of("wallet", "balance"), 100);
	(void)transact("t", MOVE("transfer", "wallet", "sales", 41));
	CHECK_TEXT("what is reserved is not spent", settled("t"), "rejected");
	CHECK_TEXT("why", filled("{reason}"), "insufficient_funds");
	(void)transact("t", POST_IT);
	CHECK_TEXT("posted", settled("t"), "posted");
	CHECK_TEXT("and that, too", settled("p"), "posted");
	CHECK_INT("gone", sum_of("wallet", "balance"), 40);
	CHECK_INT("nothing reserved", sum_of("wallet", "debits_pending"), 0);
	CHECK_INT("there", sum_of("sales", "balance"), 60);
	(void)transact("t", VOID_IT);
	CHECK_TEXT("voided afterwards", settled("t"), "rejected");
	CHECK_TEXT("why", filled("{reason}"), "already_resolved");
	(void)transact("p", MOVE("pending", "wallet", "sales", 40));
	(void)transact("t", VOID_IT);
	CHECK_TEXT("given back", settled("t"), "posted");
	CHECK_TEXT("voided", settled("p"), "voided");
	CHECK_INT("all of it", sum_of("wallet", "balance"), 40);
	CHECK_INT("not reserved", sum_of("wallet", "debits_pending"), 0);
	(void)transact("p", MOVE("pending", "wallet", "sales", 41));
	(void)transact("t", POST_IT);
	CHECK_TEXT("never reserved", settled("t"), "rejected");
	CHECK_TEXT("why", filled("{reason}"), "not_pending");
	CHECK_TEXT("nor that", settled("p"), "rejected");
	client_end();
}

/* Time is told to the tables: none of this waits for a minute. */
static void
late(const char *name)
{
	char	 text[512];

	snprintf(text, sizeof(text), "UPDATE transactions SET timeout_at = NOW(3) WHERE id ="
	    " UNHEX(REPLACE('{%s}', '-', '')); UPDATE jobs SET run_at = NOW(3) WHERE kind ="
	    " 'transaction.timeout' AND JSON_VALUE(payload, '$.id') = '{%s}'", name, name);
	sql(text);
}

static void
test_timeout(void)
{
	ledger_begin();
	fill("wallet", 100);
	(void)transact("p", "{'kind':'pending','currency':'EUR','timeout_s':60,"
	    TWO("wallet", "sales", 60) "}");
	CHECK_TEXT("reserved", settled("p"), "pending");
	late("p");
	for (int i = 0; i < 500 && strcmp(settled("p"), "pending") == 0; i++) {
		(void)transact("t", MOVE("transfer", "bank", "sales", 1));
		usleep(20000);
	}
	CHECK_TEXT("over", settled("p"), "voided");
	CHECK_TEXT("why", filled("{reason}"), "timeout");
	CHECK_INT("given back", sum_of("wallet", "debits_pending"), 0);
	CHECK_INT("and announced no more", sum_of("sales", "credits_pending"), 0);
	(void)transact("t", POST_IT);
	CHECK_TEXT("too late", settled("t"), "rejected");
	CHECK_TEXT("why", filled("{reason}"), "already_resolved");
	client_end();
}

/* --- many at once ---------------------------------------------------------------------- */

static char	 shared_books[2048], shared_from[64], shared_to[64], shared_p[64];
static char	 ended[MANY][24], reasons[MANY][40];

static void
share(void)
{
	snprintf(shared_books, sizeof(shared_books), "%s", filled("{books}"));
	snprintf(shared_from, sizeof(shared_from), "%s", filled("{wallet}"));
	snprintf(shared_to, sizeof(shared_to), "%s", filled("{sales}"));
}

static void
take_part(size_t i, const char *body)
{
	let("books", shared_books);
	let("wallet", shared_from);
	let("sales", shared_to);
	let("p", shared_p);
	(void)transact("mine", body);
	snprintf(ended[i], sizeof(ended[i]), "%s", settled("mine"));
	snprintf(reasons[i], sizeof(reasons[i]), "%s", filled("{reason}"));
	client_end();
}

static void
spend(size_t i)
{
	take_part(i, MOVE("transfer", "wallet", "sales", 60));
}

static size_t
how_many(size_t n, const char *status, const char *reason)
{
	size_t	 found = 0;

	for (size_t i = 0; i < n; i++)
		found += strcmp(ended[i], status) == 0 && strcmp(reasons[i], reason) == 0;
	return found;
}

/* 64 clients want 60 of 100: one of them gets it. */
static void
test_overdraw(void)
{
	ledger_begin();
	fill("wallet", 100);
	share();
	at_once(MANY, spend);
	CHECK_INT("posted", how_many(MANY, "posted", ""), 1);
	CHECK_INT("rejected", how_many(MANY, "rejected", "insufficient_funds"), MANY - 1);
	CHECK_INT("left", sum_of("wallet", "balance"), 40);
	CHECK_INT("got", sum_of("sales", "balance"), 60);
	client_end();
}

static void
resolve(size_t i)
{
	let("p", shared_p);
	if (i == 0)
		late("p");
	take_part(i, i % 2 == 0 ? POST_IT : VOID_IT);
}

/* Post, void and the end of its time at once: it is one of them. */
static void
test_resolve_once(void)
{
	ledger_begin();
	fill("wallet", 1000);
	for (int round = 0; round < 8; round++) {
		(void)transact("p", "{'kind':'pending','currency':'EUR','timeout_s':60,"
		    TWO("wallet", "sales", 60) "}");
		CHECK_TEXT("reserved", settled("p"), "pending");
		share();
		snprintf(shared_p, sizeof(shared_p), "%s", filled("{p}"));
		at_once(8, resolve);
		CHECK("one at most", how_many(8, "posted", "") <= 1);
		CHECK_INT("the others are told", how_many(8, "posted", "") +
		    how_many(8, "rejected", "already_resolved"), 8);
		CHECK("it is over", strcmp(settled("p"), "pending") != 0);
		CHECK_INT("nothing is reserved", sum_of("wallet", "debits_pending"), 0);
	}
	CHECK_INT("what left came", sum_of("wallet", "balance") + sum_of("sales", "balance"),
	    1000);
	client_end();
}

/* --- whose ------------------------------------------------------------------------------- */

static void
test_owners(void)
{
	struct reply	 r;

	ledger_begin();
	person_new("ann", NULL);
	(void)person_login("ann");
	person_new("ben", NULL);
	(void)person_login("ben");
	account_new("hers", "liability", ",'owner_id':'{ann_id}'");
	(void)transact("t", MOVE("transfer", "bank", "hers", 5));
	CHECK_TEXT("posted", settled("t"), "posted");
	r = ask_get(MONEY_MOVES "/{t}", bearer("ann"));
	check_members("who has an account in it", &r, MEMBERS({ "status", "posted" },
	    { "entries", NULL }, { "metadata", NULL }));
	r = ask_get(MONEY_MOVES "/{t}", bearer("ben"));
	check_problem("who has none", &r, 404, "not_found");
	r = ask_get(MONEY_MOVES, bearer("ann"));
	check_problem("all of them", &r, 403, "insufficient_scope");
	r = ask_get(MONEY_MOVES "/{t}?fields=entries", bearer("ann"));
	CHECK_INT("asked by name", r.status, 400);
	client_end();
}

TESTS(transactions, { "door", test_door }, { "accepted", test_accepted },
    { "fifty", test_fifty }, { "pending", test_pending }, { "timeout", test_timeout },
    { "overdraw", test_overdraw }, { "resolve once", test_resolve_once },
    { "owners", test_owners })
