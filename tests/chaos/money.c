/*
 * money - see money.sh, which starts it.
 *
 *	money [load] [sold] [key] [cart] [refunds] [wallet]
 *
 * BASE, VAR; RECORDS: the folder of the clients' records; PEOPLE: a file of lines
 * "ID TOKEN"; SHOP_TOKEN, LEDGER_TOKEN of those who run shop and ledger.
 * CLIENTS (64), MAX_SECONDS (90) of the load; ATTACKS=0: the clients alone;
 * DB_KILLS (2), CACHE_STOP (20) seconds; DIE (4000): a program kills itself at
 * one of so many passings of a point; BUYERS (500) of `sold`; CARDS=1: some pay
 * by card_test; LEAVE=0: no pending transaction is left until it times out.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "money.h"

#define MAX_CLIENTS	256

struct shared	*all;
struct person	 people[PEOPLE];
size_t		 npeople;
const char	*shop_token, *ledger_token;
const char *const hand_programs[] = { "products", "carts", "orders", "payments",
	"accounts", "transactions", "jobs", NULL };

long
option(const char *name, long def)
{
	const char	*v = getenv(name);

	return v == NULL || v[0] == '\0' ? def : strtol(v, NULL, 10);
}

/* --- attacks --------------------------------------------------------------------- */

static struct figures {
	unsigned	 kills, program_kills, rolls, cuts, db_kills, cache_stops;
}	 did;

static void
db_kill(void)
{
	if (!store_signal(STORE_DB, SIGKILL))
		return;
	did.db_kills++;
	pause_ms(500);
	if (!store_restart(STORE_DB))
		fprintf(stderr, "money: MariaDB does not start again\n");
}

/* What is due in this second of so many. */
static void
attack(long at, long seconds)
{
	long	 kills = option("DB_KILLS", 2), stop = option("CACHE_STOP", 20);

	if (at % 2 == 0)
		did.kills += hand_signal(WORKERS, SIGKILL);
	if (at % 7 == 3)
		did.rolls += hand_signal(PROGRAMS, SIGHUP);
	if (at % 11 == 5)
		did.cuts += hand_cut_connection();
	if (at % 29 == 17)
		did.program_kills += hand_signal(PROGRAMS, SIGKILL);
	for (long i = 1; i <= kills; i++)
		if (at == seconds * i / (kills + 1))
			db_kill();
	if (stop > 0 && at == seconds / 2 - stop / 2)
		did.cache_stops += store_signal(STORE_CACHE, SIGSTOP);
	if (stop > 0 && at == seconds / 2 - stop / 2 + stop)
		(void)store_signal(STORE_CACHE, SIGCONT);
}

/* --- the load -------------------------------------------------------------------- */

/* Of 64. */
static const struct {
	unsigned	 share;
	void		(*run)(struct client *);
} roles[] = {
	{ 1, merchant_run }, { 5, reader_run }, { 18, finance_run }, { 40, buyer_run },
};

static void
client_be(unsigned i)
{
	struct client	 c;
	size_t		 role = 0, at = i * 37 % 64;	/* a few are of all kinds, too */

	while (at >= roles[role].share)
		at -= roles[role++].share;
	if (!client_open(&c, i, &people[i % npeople]))
		exit(2);
	roles[role].run(&c);
	client_close(&c);
}

/* What the programs are to do by themselves: money_shim.c. */
static void
fault(const char *name, long n)
{
	char	 path[512], fresh[520];
	FILE	*f;

	snprintf(path, sizeof(path), "%s/fault", getenv("VAR"));
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	if ((f = fopen(fresh, "we")) == NULL)
		return;
	fprintf(f, "%s %ld\n", name, n);
	if (fclose(f) != 0 || rename(fresh, path) != 0)
		fprintf(stderr, "money: %s can not be written\n", path);
}

static void
clients_start(pid_t *pids, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if ((pids[i] = fork()) == 0) {
			end_with_parent();
			client_be(i);
			exit(0);
		} else if (pids[i] < 0) {
			perror("money: fork");
			exit(2);
		}
}

static void
watch(long seconds, bool attacks_on)
{
	int64_t	 began = now_us(), next;

	for (long at = 1; at <= seconds; at++) {
		next = began + at * 1000000LL - now_us();
		if (next > 0)
			pause_ms((int)(next / 1000));
		if (attacks_on)
			attack(at, seconds);
		if (at % 10 == 0)
			printf("  %ld s, %llu requests, %u kills, %u rolls, %llu odd\n", at,
			    (unsigned long long)atomic_load(&all->done),
			    did.kills + did.program_kills, did.rolls,
			    (unsigned long long)atomic_load(&all->odd));
	}
}

static bool
load(void)
{
	unsigned	 n = (unsigned)option("CLIENTS", 64);
	bool		 attacks = option("ATTACKS", 1) != 0;
	pid_t		 pids[MAX_CLIENTS];
	int		 status, bad = 0;

	n = n > MAX_CLIENTS ? MAX_CLIENTS : n;
	clients_start(pids, n);
	if (attacks)
		fault("die", option("DIE", 4000));
	watch(option("MAX_SECONDS", 90), attacks);
	if (attacks)
		fault("none", 0);
	(void)store_signal(STORE_CACHE, SIGCONT);
	atomic_store(&all->stop, true);
	for (unsigned i = 0; i < n; i++)
		if (waitpid(pids[i], &status, 0) != pids[i] || status != 0)
			bad++;
	atomic_store(&all->stop, false);
	printf("  kill -9 of workers %u, of programs %u, of MariaDB %u; rolls %u; "
	    "connections cut %u; memcached stopped %u\n", did.kills, did.program_kills,
	    did.db_kills, did.rolls, did.cuts, did.cache_stops);
	if (bad > 0 || atomic_load(&all->odd) > 0)
		printf("FAIL: load: %d clients ended badly, %llu odd answers\n", bad,
		    (unsigned long long)atomic_load(&all->odd));
	return bad == 0 && atomic_load(&all->odd) == 0;
}

/* --- the parts --------------------------------------------------------------------- */

static bool
people_read(void)
{
	FILE	*f = fopen(getenv("PEOPLE"), "re");
	char	 id[40], token[2048];

	while (f != NULL && npeople < PEOPLE && fscanf(f, "%39s %2047s", id, token) == 2) {
		snprintf(people[npeople].id, sizeof(people[0].id), "%s", id);
		if ((people[npeople++].token = strdup(token)) == NULL)
			return false;
	}
	if (f != NULL)
		fclose(f);
	return npeople > 0;
}

static bool
make_all(void)
{
	struct client	 c;
	bool		 ok;

	ok = client_open(&c, 900, &people[0]) && shop_make(&c) &&
	    (ledger_token == NULL || (ledger_make(&c) &&
	    wallets_make(&c, (size_t)option("CLIENTS", 64))));
	client_close(&c);
	return ok;
}

static const struct {
	const char	*name;
	bool		(*run)(void);
} parts[] = {
	{ "sold", fixed_sold }, { "key", fixed_key }, { "cart", fixed_cart },
	{ "refunds", fixed_refunds }, { "wallet", fixed_wallet }, { "load", load },
};

int
main(int argc, char **argv)
{
	unsigned	 passed = 0, failed = 0;

	all = mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	shop_token = getenv("SHOP_TOKEN");
	ledger_token = getenv("LEDGER_TOKEN");
	if (all == MAP_FAILED || getenv("VAR") == NULL || getenv("RECORDS") == NULL ||
	    getenv("PEOPLE") == NULL || shop_token == NULL || !people_read())
		return 2;
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	srand((unsigned)now_us());
	all->run = (unsigned)rand() & 0xffffff;
	if (!make_all())
		return 1;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		for (int k = 1; k < argc; k++)
			if (strcmp(argv[k], parts[i].name) == 0)
				parts[i].run() ? passed++ : failed++;
	printf("money: %u passed, %u failed\n", passed, failed);
	return failed != 0 || passed == 0;
}
