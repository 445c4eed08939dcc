/* accounts: made, seen by whom they belong to, and the entries below them. */
#include "ledger.h"

#define MAKE(members)	"{'code':'wire:{new}','currency':'EUR','kind':'asset'" members "}"
#define AT(path)	ACCOUNTS path

static const struct trial	 bodies[] = {
	REFUSED("no token", "POST", AT(""), JSON, MAKE(""), 401, "unauthenticated", NULL),
	REFUSED("a token of the shop", "POST", AT(""), POSTED, MAKE(""), 403,
	    "insufficient_scope", NULL),
	REFUSED("who reads", "POST", AT(""), "Authorization: Bearer {reads}\n" JSON,
	    MAKE(""), 403, "insufficient_scope", NULL),
	REFUSED("nothing", "POST", AT(""), BOOKS JSON, "{}", 422, "validation_failed",
	    "#/code required, #/currency required, #/kind required"),
	REFUSED("a code", "POST", AT(""), BOOKS JSON,
	    "{'code':'Bank','currency':'EUR','kind':'asset'}", 422, "validation_failed",
	    "#/code invalid_format"),
	REFUSED("a long code", "POST", AT(""), BOOKS JSON,
	    "{'code':'a23456789012345678901234567890123456789012345678901234567890123456',"
	    "'currency':'EUR','kind':'asset'}", 422, "validation_failed", NULL),
	REFUSED("a currency", "POST", AT(""), BOOKS JSON,
	    "{'code':'wire:{new}','currency':'XYZ','kind':'asset'}", 422,
	    "validation_failed", NULL),
	REFUSED("a kind", "POST", AT(""), BOOKS JSON,
	    "{'code':'wire:{new}','currency':'EUR','kind':'money'}", 422,
	    "validation_failed", "#/kind invalid_value"),
	REFUSED("a constraint", "POST", AT(""), BOOKS JSON, MAKE(",'constraint':'rich'"),
	    422, "validation_failed", "#/constraint invalid_value"),
	REFUSED("an owner", "POST", AT(""), BOOKS JSON, MAKE(",'owner_id':'ada'"), 422,
	    "validation_failed", "#/owner_id invalid_format"),
	REFUSED("a sum", "POST", AT(""), BOOKS JSON, MAKE(",'credits_posted':5"), 422,
	    "validation_failed", "#/credits_posted read_only_field"),
	REFUSED("a balance", "POST", AT(""), BOOKS JSON, MAKE(",'balance':5"), 422,
	    "validation_failed", "#/balance read_only_field"),
	REFUSED("changed", "PATCH", AT("/{bank}"), BOOKS MERGE ANY, "{'code':'x'}", 405,
	    "method_not_allowed", NULL),
	REFUSED("removed", "DELETE", AT("/{bank}"), BOOKS ANY, NULL, 405,
	    "method_not_allowed", NULL),
	REFUSED("an entry", "POST", AT("/{bank}/entries"), BOOKS JSON, "{}", 405,
	    "method_not_allowed", NULL),
	REFUSED("entries of nothing", "GET", AT("/" NONE "/entries"), BOOKS, NULL, 404,
	    "not_found", NULL),
	REFUSED("entries of no id", "GET", AT("/bank/entries"), BOOKS, NULL, 404,
	    "not_found", NULL),
	REFUSED("one entry", "GET", AT("/{bank}/entries/1"), BOOKS, NULL, 404,
	    "not_found", NULL),
	REFUSED("entries with no token", "GET", AT("/{bank}/entries"), NULL, NULL, 401,
	    "unauthenticated", NULL),
	REFUSED("entries from when", "GET", AT("/{bank}/entries?from=monday"), BOOKS, NULL,
	    400, "invalid_parameter", "from invalid_format"),
	REFUSED("entries by what", "GET", AT("/{bank}/entries?amount=5"), BOOKS, NULL, 400,
	    "invalid_parameter", "amount unknown_parameter"),
};

static void
test_refused(void)
{
	ledger_begin();
	let("reads", token_of("ledger:read"));
	for (size_t i = 0; i < NELEMS(bodies); i++) {
		struct reply	 r = trial_ask(&bodies[i]);

		check_reply(&bodies[i], &r);
	}
	client_end();
}

static void
test_create(void)
{
	struct reply	 r;
	char		 code[80], body[256];

	ledger_begin();
	snprintf(code, sizeof(code), "wire:%s:own", filled("{new}"));
	snprintf(body, sizeof(body), "{'code':'%s','currency':'JPY','kind':'equity'}", code);
	r = ask_with("POST", ACCOUNTS, BOOKS JSON, body);
	CHECK_INT("made", r.status, 201);
	check_members("made", &r, MEMBERS({ "code", code }, { "currency", "JPY" },
	    { "kind", "equity" }, { "constraint", "none" }, { "owner_id", NULL },
	    { "debits_posted", "0" }, { "credits_posted", "0" }, { "debits_pending", "0" },
	    { "credits_pending", "0" }, { "balance", "0" }));
	CHECK("Location", reply_header(&r, "Location") != NULL);
	r = ask_with("POST", ACCOUNTS, BOOKS JSON, body);
	CHECK_INT("again", r.status, 409);
	CHECK_TEXT("again", reply_member(&r, "code"), "code_taken");
	r = ask_get(filled(ACCOUNTS "?code=wire:none"), BOOKS);
	CHECK_TEXT("found by its code", reply_member(&r, "items"), "[]");
	client_end();
}

/* Each kind grows on its own side. */
static void
test_signs(void)
{
	static const struct {
		const char	*kind;
		int64_t		 balance;	/* after a credit of 7 */
	} kinds[] = { { "asset", -7 }, { "expense", -7 }, { "liability", 7 },
	    { "equity", 7 }, { "income", 7 } };

	ledger_begin();
	for (size_t i = 0; i < NELEMS(kinds); i++) {
		account_new("one", kinds[i].kind, "");
		fill("one", 7);
		CHECK_INT(kinds[i].kind, sum_of("one", "balance"), kinds[i].balance);
		CHECK_INT(kinds[i].kind, sum_of("one", "credits_posted"), 7);
		CHECK_INT(kinds[i].kind, sum_of("one", "debits_posted"), 0);
	}
	client_end();
}

static void
test_entries(void)
{
	struct reply	 r;
	const char	*more;

	ledger_begin();
	for (int i = 1; i <= 5; i++)
		fill("wallet", i);
	r = ask_get(ACCOUNTS "/{wallet}/entries?limit=2", BOOKS);
	check_members("the newest first", &r, MEMBERS({ "items.0.amount", "5" },
	    { "items.0.balance_after", "15" }, { "items.0.direction", "credit" },
	    { "items.0.account_id", "{wallet}" }, { "items.0.transaction_id", "{filled}" },
	    { "items.1.amount", "4" }, { "items.1.balance_after", "10" },
	    { "items.2", NULL }));
	more = reply_member(&r, "next_cursor");
	CHECK("there is more", more != NULL);
	let("cursor", more == NULL ? "" : more);
	r = ask_get(ACCOUNTS "/{wallet}/entries?limit=2&cursor={cursor}", BOOKS);
	check_members("and then", &r, MEMBERS({ "items.0.amount", "3" },
	    { "items.1.balance_after", "3" }));
	r = ask_get(ACCOUNTS "/{bank}/entries?limit=2&cursor={cursor}", BOOKS);
	CHECK_INT("its cursor for another", r.status, 400);
	CHECK_TEXT("its cursor for another", reply_errors(&r), "cursor invalid_cursor");
	r = ask_get(ACCOUNTS "/{wallet}/entries?from=2100-01-01T00:00:00Z", BOOKS);
	CHECK_TEXT("from a day to come", reply_member(&r, "items"), "[]");
	r = ask_get(ACCOUNTS "/{wallet}/entries?from=2020-01-01T00:00:00Z&"
	    "to=2100-01-01T00:00:00Z&count=exact", BOOKS);
	CHECK_TEXT("between", reply_member(&r, "total"), "5");
	r = ask_get(ACCOUNTS "/{sales}/entries", BOOKS);
	CHECK_TEXT("none", reply_member(&r, "items"), "[]");
	client_end();
}

/* Whose account it is, and who sees all. */
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
	fill("hers", 100);
	r = ask_get(ACCOUNTS "/{hers}", bearer("ann"));
	CHECK_TEXT("her own", reply_member(&r, "balance"), "100");
	r = ask_get(ACCOUNTS "/{hers}/entries", bearer("ann"));
	CHECK_TEXT("its entries", reply_member(&r, "items.0.amount"), "100");
	r = ask_get(ACCOUNTS, bearer("ann"));
	CHECK_TEXT("in her list", reply_member(&r, "items.0.id"), filled("{hers}"));
	CHECK_TEXT("alone", reply_member(&r, "items.1"), NULL);
	r = ask_get(ACCOUNTS "/{bank}", bearer("ann"));
	CHECK_INT("the bank's", r.status, 404);
	r = ask_get(ACCOUNTS "/{hers}", bearer("ben"));
	check_problem("another's", &r, 404, "not_found");
	r = ask_get(ACCOUNTS "/{hers}/entries", bearer("ben"));
	check_problem("another's entries", &r, 404, "not_found");
	r = ask_get(ACCOUNTS, bearer("ben"));
	CHECK_TEXT("another's list", reply_member(&r, "items"), "[]");
	r = ask_with("POST", ACCOUNTS, filled("Authorization: Bearer {ann_token}\n" JSON),
	    MAKE(""));
	CHECK_INT("nobody makes their own", r.status, 403);
	r = ask_get(ACCOUNTS "/{hers}/entries", "Authorization: Bearer {token}\n");
	CHECK_INT("a token of no user", r.status, 404);
	client_end();
}

TESTS(accounts, { "refused", test_refused }, { "create", test_create },
    { "signs", test_signs }, { "entries", test_entries }, { "owners", test_owners })
