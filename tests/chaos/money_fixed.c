/* money_fixed - many at once for one thing; what must come out is known. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "money.h"

#define MAX_CROWD	512
#define PIECES		100

/* What the crowd is told before it begins, and what became of it. */
static struct {
	char	 id[40], path[128], body[1024], key[48];
}	 goal;

static unsigned	 crowds;	/* so that no record is written twice */

static void
count(const struct said *s)
{
	atomic_fetch_add(&all->status[s->status], 1);
}

static unsigned
counted(int status)
{
	return atomic_load(&all->status[status]);
}

static _Noreturn void
one_of(size_t i, bool (*prepare)(struct client *), void (*act)(struct client *))
{
	struct client	 c;
	bool		 good;

	end_with_parent();
	good = client_open(&c, 1000 * crowds + (unsigned)i,
	    &people[prepare == NULL ? 0 : i % npeople]);
	good = good && (prepare == NULL || prepare(&c));
	atomic_fetch_add(&all->ready, 1);
	while (atomic_load(&all->go) == 0)
		pause_ms(2);
	if (good)
		act(&c);
	client_close(&c);
	exit(!good);
}

/* So many at the same moment; without `prepare`, all of them are one person. */
static bool
crowd(size_t n, bool (*prepare)(struct client *), void (*act)(struct client *))
{
	pid_t	 pid[MAX_CROWD];
	int	 status, bad = 0;

	crowds++;
	atomic_store(&all->ready, 0);
	atomic_store(&all->go, 0);
	for (int i = 0; i < STATUSES; i++)
		atomic_store(&all->status[i], 0);
	for (size_t i = 0; i < n; i++)
		if ((pid[i] = fork()) == 0)
			one_of(i, prepare, act);
	while ((size_t)atomic_load(&all->ready) < n)
		pause_ms(10);
	atomic_store(&all->go, 1);
	for (size_t i = 0; i < n; i++)
		if (waitpid(pid[i], &status, 0) != pid[i] || status != 0)
			bad++;
	if (bad > 0)
		printf("FAIL: %d of %zu could not prepare\n", bad, n);
	return bad == 0;
}

static bool
told(const char *what, unsigned good, unsigned want_good, unsigned refused,
    unsigned want_refused)
{
	bool	 ok = good == want_good && refused == want_refused;

	printf("%s%s: %u (of %u), refused with 409 %u (of %u)\n", ok ? "  " : "FAIL: ",
	    what, good, want_good, refused, want_refused);
	for (int i = 0; !ok && i < STATUSES; i++)
		if (counted(i) > 0)
			printf("    %d: %u\n", i, counted(i));
	return ok;
}

/* The client of this process, for what comes before. */
static bool
open_first(struct client *c)
{
	return client_open(c, 1000 * (crowds + 1) + 999, &people[0]);
}

/* --- 500 buyers, 100 pieces -------------------------------------------------------- */

static struct cart	 mine;	/* each child's own */

static bool
prepare_cart(struct client *c)
{
	return cart_open(c, &mine) && cart_empty(c, &mine) &&
	    cart_put(c, &mine, goal.id, 1);
}

static void
order_mine(struct client *c)
{
	char		 body[1024], key[48];
	struct said	 s;

	key_new(c, key);
	order_text(&mine, key, body);
	(void)ask_surely(c, &(const struct deed){ "order", "POST", "/v1/orders", body,
	    .key = key }, &s);
	count(&s);
}

bool
fixed_sold(void)
{
	struct client	 c;
	bool		 ok;
	unsigned	 n = (unsigned)option("BUYERS", 500);

	ok = open_first(&c) && product_make(&c, PIECES, goal.id) &&
	    crowd(n, prepare_cart, order_mine);
	ok = ok && told("sold", counted(201), n < PIECES ? n : PIECES, counted(409),
	    n < PIECES ? 0 : n - PIECES);
	client_close(&c);
	return ok;
}

/* --- one key, one cart ---------------------------------------------------------------- */

static void
same_key(struct client *c)
{
	struct said	 s;

	(void)ask_surely(c, &(const struct deed){ "order", "POST", "/v1/orders", goal.body,
	    .key = goal.key }, &s);
	count(&s);
}

/* Of the first person's, which is what a crowd of order_mine() is after, too. */
static bool
one_cart(struct client *c)
{
	struct cart	*cart = &mine;
	char		 product[40];

	if (!product_make(c, PIECES, product) ||
	    !cart_open(c, cart) || !cart_empty(c, cart) ||
	    !cart_put(c, cart, product, 2))
		return false;
	key_new(c, goal.key);
	order_text(cart, goal.key, goal.body);
	return true;
}

bool
fixed_key(void)
{
	struct client	 c;
	bool		 ok = open_first(&c) && one_cart(&c) && crowd(100, NULL, same_key);

	ok = ok && told("one key, the same 201", counted(201), 100, counted(409), 0);
	client_close(&c);
	return ok;
}

bool
fixed_cart(void)
{
	struct client	 c;
	bool		 ok = open_first(&c) && one_cart(&c) && crowd(32, NULL, order_mine);

	ok = ok && told("one cart, orders", counted(201), 1, counted(409), 31);
	client_close(&c);
	return ok;
}

/* --- refunds, and a wallet ------------------------------------------------------------- */

static void
refund_part(struct client *c)
{
	char		 key[48], body[1200];
	struct said	 s;

	key_new(c, key);
	snprintf(body, sizeof(body), "{%s,\"reason\":\"%s\"}", goal.body, key);
	(void)ask_surely(c, &(const struct deed){ "refund", "POST", goal.path, body,
	    .key = key, .token = ledger_token }, &s);
	count(&s);
}

/* An order of the first person's that is paid, and its payment; on a machine that
 * is busy one may expire before. */
static bool
paid_order(struct client *c)
{
	struct said	 s;
	char		 order[40], payment[40];
	long long	 paid = 0;

	if (!open_first(c))
		return false;
	for (int i = 0; paid <= 0 && i < 5; i++)
		if (one_cart(c) && ask_surely(c, &(const struct deed){ "order", "POST",
		    "/v1/orders", goal.body, .key = goal.key }, &s) && s.status == 201 &&
		    member(s.body, "id", order, sizeof(order)) &&
		    order_pay(c, order, "wallet", payment))
			paid = payment_await(c, payment);
	if (paid <= 0)
		return printf("FAIL: an order can not be paid\n"), false;
	snprintf(goal.path, sizeof(goal.path), "/v1/payments/%s/refunds", payment);
	snprintf(goal.body, sizeof(goal.body), "\"amount\":%lld", paid * 6 / 10);
	return true;
}

bool
fixed_refunds(void)
{
	struct client	 c;
	bool		 ok = paid_order(&c) && crowd(32, NULL, refund_part);

	ok = ok && told("refunds of 60 %", counted(202), 1, counted(409), 31);
	client_close(&c);
	return ok;
}

static void
transfer_part(struct client *c)
{
	char		 body[1024], key[48], status[24];
	struct said	 s;

	key_new(c, key);
	transfer_text(goal.id, all->bank, 60, key, body);
	if (!ask_surely(c, &(const struct deed){ "transfer", "POST", "/v1/transactions",
	    body, .key = key, .token = ledger_token }, &s) || s.status != 202) {
		count(&s);
		return;
	}
	transaction_await(c, &s, status);
	s.status = strcmp(status, "posted") == 0 ? 202 :
	    strcmp(status, "rejected") == 0 ? 409 : 0;
	count(&s);
}

bool
fixed_wallet(void)
{
	struct client	 c;
	bool		 ok = open_first(&c) && account_make(&c, "purse", "no_debit_balance",
			    NULL, goal.id) && account_fill(&c, goal.id, 100) &&
			    crowd(64, NULL, transfer_part);

	ok = ok && told("60 of a wallet of 100, posted", counted(202), 1, counted(409), 63);
	client_close(&c);
	return ok;
}
