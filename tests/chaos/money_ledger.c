/* money_ledger - transfers, pending ones and how they are resolved. */
#include <stdlib.h>
#include <string.h>

#include "money.h"

#define FILLED		100000LL	/* of each account */
#define POLLS		60
#define ENTRIES		10

/* --- accounts ---------------------------------------------------------------------- */

bool
account_make(struct client *c, const char *name, const char *constraint,
    const char *owner, char id[40])
{
	char		 body[512], key[48], by[64] = "";
	struct said	 s;

	key_new(c, key);
	if (owner != NULL)
		snprintf(by, sizeof(by), ",\"owner_id\":\"%s\"", owner);
	snprintf(body, sizeof(body), "{\"code\":\"%s-%x\",\"currency\":\"EUR\","
	    "\"kind\":\"liability\",\"constraint\":\"%s\"%s}", name, all->run,
	    constraint, by);
	if (ask_surely(c, &(const struct deed){ "account", "POST", "/v1/accounts", body,
	    .key = key, .token = ledger_token }, &s) && s.status == 201 &&
	    member(s.body, "id", id, 40))
		return true;
	printf("FAIL: no account %s: %d %.300s\n", name, s.status, s.body);
	return false;
}

void
transfer_text(const char *from, const char *to, long long amount,
    const char *reference, char body[1024])
{
	snprintf(body, 1024, "{\"kind\":\"transfer\",\"currency\":\"EUR\","
	    "\"reference\":\"%s\",\"entries\":["
	    "{\"account_id\":\"%s\",\"direction\":\"debit\",\"amount\":%lld},"
	    "{\"account_id\":\"%s\",\"direction\":\"credit\",\"amount\":%lld}]}",
	    reference, from, amount, to, amount);
}

void
transaction_await(struct client *c, const struct said *accepted, char status[24])
{
	char		 id[40], path[96];
	struct said	 s;

	status[0] = '\0';
	if (!member(accepted->body, "id", id, sizeof(id)))
		return;
	snprintf(path, sizeof(path), "/v1/transactions/%s", id);
	for (int i = 0; i < POLLS && !atomic_load(&all->stop); i++) {
		if (look(c, "read_transaction", path, &s) == 404)
			odd("transaction %s is gone", id);
		if (s.status == 200 && member(s.body, "status", status, 24) &&
		    strcmp(status, "queued") != 0 && strcmp(status, "processing") != 0)
			return;
		pause_ms(50 + (int)any(c, 200));
	}
}

static bool
transact(struct client *c, const char *kind, const char *body, const char *key,
    struct said *s)
{
	return ask_surely(c, &(const struct deed){ kind, "POST", "/v1/transactions", body,
	    .key = key, .token = ledger_token, .mutants = true }, s) && s->status == 202;
}

bool
account_fill(struct client *c, const char *account, long long amount)
{
	char		 body[1024], key[48], status[24];
	struct said	 s;

	key_new(c, key);
	transfer_text(all->bank, account, amount, key, body);
	if (!transact(c, "transfer", body, key, &s))
		return printf("FAIL: no transfer: %d %.300s\n", s.status, s.body), false;
	transaction_await(c, &s, status);
	if (strcmp(status, "posted") != 0)
		printf("FAIL: a transfer is %s: %.300s\n", status, s.body);
	return strcmp(status, "posted") == 0;
}

bool
ledger_make(struct client *c)
{
	char	 code[16];

	if (!account_make(c, "bank", "none", NULL, all->bank))
		return false;
	for (int i = 0; i < ACCOUNTS; i++) {
		snprintf(code, sizeof(code), "hot%d", i);
		if (!account_make(c, code, i % 2 == 0 ? "no_debit_balance" : "none",
		    NULL, all->account[i]) || !account_fill(c, all->account[i], FILLED))
			return false;
	}
	return true;
}

bool
wallets_make(struct client *c, size_t n)
{
	char	 code[32];

	for (size_t i = 0; i < n; i++) {
		snprintf(code, sizeof(code), "wallet%zu", i);
		if (!account_make(c, code, "no_debit_balance", people[i].id,
		    all->wallet[i].id) || !account_fill(c, all->wallet[i].id, FILLED))
			return false;
	}
	return true;
}

/* --- transactions -------------------------------------------------------------------- */

struct entries {
	size_t		 n, account[ENTRIES];
	long long	 amount[ENTRIES];	/* below 0: debit */
};

/* Some accounts, once each; what is left over is the last one's. */
static void
draw(struct client *c, struct entries *e)
{
	size_t		 first = any(c, ACCOUNTS), step = 1 + 2 * any(c, 2);
	long long	 sum = 0;

	e->n = 2 + any(c, ENTRIES - 1);
	for (size_t i = 0; i < e->n; i++) {
		e->account[i] = (first + i * step) % ACCOUNTS;
		e->amount[i] = (long long)(1 + any(c, 900)) * (i % 2 == 0 ? -1 : 1);
		if (i < e->n - 1)
			sum += e->amount[i];
	}
	e->amount[e->n - 1] = sum == 0 ? 1 : -sum;
	if (sum == 0)
		e->amount[0]--;
}

static void
entries_text(const struct entries *e, const char *kind, const char *reference,
    char body[2048])
{
	size_t	 at;

	at = (size_t)snprintf(body, 2048, "{\"kind\":\"%s\",\"currency\":\"EUR\","
	    "\"reference\":\"%s\",%s\"entries\":[", kind, reference,
	    strcmp(kind, "pending") == 0 ? "\"timeout_s\":60," : "");
	for (size_t i = 0; i < e->n; i++)
		at += (size_t)snprintf(body + at, 2048 - at, "%s{\"account_id\":\"%s\","
		    "\"direction\":\"%s\",\"amount\":%lld}", i == 0 ? "" : ",",
		    all->account[e->account[i]], e->amount[i] < 0 ? "debit" : "credit",
		    llabs(e->amount[i]));
	snprintf(body + at, 2048 - at, "]}");
}

static void
resolve(struct client *c, const char *kind, const char *pending)
{
	char		 body[256], key[48];
	struct said	 s;

	key_new(c, key);
	snprintf(body, sizeof(body), "{\"kind\":\"%s\",\"currency\":\"EUR\","
	    "\"pending_id\":\"%s\",\"reference\":\"%s\"}", kind, pending, key);
	(void)transact(c, kind, body, key, &s);
}

/* Posted, voided, both at once, or left until it times out. */
static void
hold(struct client *c)
{
	char		 body[2048], key[48], id[40], status[24];
	struct entries	 e;
	struct said	 s;

	draw(c, &e);
	key_new(c, key);
	entries_text(&e, "pending", key, body);
	if (!transact(c, "pending", body, key, &s) ||
	    !member(s.body, "id", id, sizeof(id)))
		return;
	if (any(c, 4) != 0)
		transaction_await(c, &s, status);
	switch (any(c, 5)) {
	case 0:
	case 1:
		resolve(c, "post_pending", id);
		break;
	case 2:
		resolve(c, "void_pending", id);
		break;
	case 3:
		resolve(c, "void_pending", id);
		resolve(c, "post_pending", id);
		break;
	default:
		if (option("LEAVE", 1) == 0)
			resolve(c, "void_pending", id);
	}
}

static void
transfer(struct client *c)
{
	char		 body[2048], key[48], status[24];
	struct entries	 e;
	struct said	 s;

	draw(c, &e);
	key_new(c, key);
	entries_text(&e, "transfer", key, body);
	if (transact(c, "transfer", body, key, &s) && any(c, 3) == 0)
		transaction_await(c, &s, status);
}

/* At no time below what it may be. */
static void
account_look(struct client *c)
{
	size_t		 i = any(c, ACCOUNTS);
	char		 path[96];
	struct said	 s;

	snprintf(path, sizeof(path), "/v1/accounts/%s", all->account[i]);
	ask_once(c, &(const struct deed){ "read_account", "GET", path,
	    .token = ledger_token }, &s);
	if (s.status == 200 && i % 2 == 0 && number_of(s.body, "debits_posted") +
	    number_of(s.body, "debits_pending") > number_of(s.body, "credits_posted"))
		odd("account below 0: %.400s", s.body);
}

/* All accounts in one answer: nothing is gained or lost among them. */
static void
total_look(struct client *c)
{
	struct said	 s;
	long long	 more;

	ask_once(c, &(const struct deed){ "read_accounts", "GET",
	    "/v1/accounts?limit=100", .token = ledger_token }, &s);
	if (s.status != 200 || strstr(s.body, "\"next_cursor\"") != NULL)
		return;
	more = sum_of(s.body, "credits_posted") - sum_of(s.body, "debits_posted");
	if (more != 0)
		odd("all accounts together have %lld more: %.400s", more, s.body);
}

void
finance_run(struct client *c)
{
	while (!atomic_load(&all->stop))
		switch (any(c, 8)) {
		case 0:
			hold(c);
			break;
		case 1:
			account_look(c);
			break;
		case 2:
			total_look(c);
			break;
		default:
			transfer(c);
		}
}

void
reader_run(struct client *c)
{
	char		 path[128];
	struct said	 s;

	while (!atomic_load(&all->stop)) {
		snprintf(path, sizeof(path), "/v1/products/%s",
		    all->product[any(c, PRODUCTS)]);
		(void)look(c, "read_product", path, &s);
		(void)look(c, "read_orders", "/v1/orders?limit=5", &s);
		account_look(c);
		snprintf(path, sizeof(path), "/v1/accounts/%s/entries?limit=10",
		    all->account[any(c, ACCOUNTS)]);
		ask_once(c, &(const struct deed){ "read_entries", "GET", path,
		    .token = ledger_token }, &s);
		pause_ms(20);
	}
}
