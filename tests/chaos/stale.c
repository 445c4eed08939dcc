/*
 * stale - see stale.sh, which starts it.
 *
 *	stale [mixed] [isolation] [hung] [neighbour]
 *
 * BASE, TOKEN, VAR; CLIENTS (8), OPERATIONS, SECONDS at most; ATTACKS=no: the
 * clients alone; SPEED of them (1); FLOOR: the least hit ratio, in percent (80);
 * MUTANT=1: stale answers must be seen, and nothing else counts.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stale.h"

#define MAX_CLIENTS	64
#define SETTLE_MS	1500	/* for a program killed last */

struct shared	*all;
const char *const hand_programs[] = { "products", "categories", NULL };

static long
number(const char *name, long def)
{
	const char	*v = getenv(name);

	return v == NULL || v[0] == '\0' ? def : strtol(v, NULL, 10);
}

/* --- attacks, in turn ------------------------------------------------------------ */

struct figures {
	unsigned	 kills, program_kills, rolls, cuts;
	unsigned	 cache_kills, hangs, tampers;
};

static struct figures	 did;
static struct mc_entries *kept;

static void
kill_worker(void)
{
	did.kills += hand_signal(WORKERS, SIGKILL);
}

static void
kill_program(void)
{
	did.program_kills += hand_signal(PROGRAMS, SIGKILL);
}

static void
roll(void)
{
	did.rolls += hand_signal(PROGRAMS, SIGHUP);
}

static void
cut(void)
{
	did.cuts += hand_cut_connection();
}

static void
cache_kill(void)
{
	did.cache_kills += store_signal(STORE_CACHE, SIGKILL);
}

static void
cache_back(void)
{
	if (!store_restart(STORE_CACHE))
		fprintf(stderr, "stale: memcached does not start again\n");
}

static void
cache_hang(void)
{
	did.hangs += store_signal(STORE_CACHE, SIGSTOP);
}

static void
cache_on(void)
{
	(void)store_signal(STORE_CACHE, SIGCONT);
}

static void
entries_keep(void)
{
	kept = mc_save();
}

static void
entries_back(void)
{
	if (kept == NULL)
		return;
	did.tampers += mc_put(kept, did.tampers % 2 == 0 ? MC_BACK : MC_SWAP) > 0;
	mc_forget(kept);
	kept = NULL;
}

/* By tenths of a second of a round. */
#define ROUND	200
static const struct {
	int	 at;
	void	(*act)(void);
} attacks[] = {
	{ 5, entries_keep }, { 10, kill_worker }, { 20, roll }, { 30, entries_back },
	{ 35, kill_worker }, { 40, cut }, { 45, kill_worker }, { 50, cache_kill },
	{ 55, cache_back },
	{ 65, roll }, { 75, kill_worker }, { 80, kill_worker }, { 95, kill_program },
	{ 110, cache_hang }, { 112, kill_worker }, { 118, cache_on }, { 125, roll },
	{ 126, roll }, { 135, kill_worker }, { 140, cut }, { 150, kill_worker },
	{ 165, roll }, { 166, kill_worker }, { 180, kill_worker }, { 190, roll },
};

/* All that is due after `from`, up to `to`. */
static void
attack(int from, int to)
{
	while (from++ < to)
		for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++)
			if (attacks[i].at == from % ROUND)
				attacks[i].act();
}

/* --- the mixed run ----------------------------------------------------------------- */

static void
clients_start(pid_t *pids, long n)
{
	for (long i = 0; i < n; i++)
		if ((pids[i] = fork()) == 0) {
			end_with_parent();
			client_run((unsigned)(now_us() + i * 7919));
			exit(0);
		} else if (pids[i] < 0) {
			perror("stale: fork");
			exit(2);
		}
}

static uint64_t
stale_reads(void)
{
	return atomic_load(&all->stale_acked) + atomic_load(&all->stale_seen);
}

static void
progress(int tick)
{
	if (tick % 100 != 0)
		return;
	printf("  stale: %d s, %llu operations, %u kills, %u rolls, %llu stale\n",
	    tick / 10, (unsigned long long)atomic_load(&all->done),
	    did.kills + did.program_kills, did.rolls,
	    (unsigned long long)stale_reads());
	fflush(stdout);
}

static bool
running(void)
{
	return atomic_load(&all->done) < atomic_load(&all->goal);
}

/* Attack until all is done, the time is over, or a mutant was caught. */
static void
watch(long seconds, bool attacks_on, bool mutant)
{
	int64_t	 began = now_us(), next;
	int	 tick, speed = (int)number("SPEED", 1);

	for (tick = 1; running() && tick < seconds * 10; tick++) {
		if (mutant && stale_reads() > 0)
			break;
		if (attacks_on)
			attack((tick - 1) * speed, tick * speed);
		progress(tick);
		next = began + tick * 100000LL - now_us();
		if (next > 0)
			pause_ms((int)(next / 1000));
	}
	atomic_store(&all->stop, true);
}

static void
settle(const pid_t *pids, long n)
{
	for (long i = 0; i < n; i++)
		waitpid(pids[i], NULL, 0);
	/* Whatever the attacks had left half done. */
	(void)store_signal(STORE_CACHE, SIGCONT);
	if (kept != NULL)
		entries_back();
	pause_ms(SETTLE_MS);
}

static const char *
expected(int status)
{
	switch (status) {
	case 0:
		return " (no answer)";
	case 412:
		return " (somebody else was first)";
	case 500:
	case 503:
		return " (nobody to answer, or outcome unknown)";
	default:
		return "";
	}
}

/* By kind; false: one that no attack explains. */
static bool
kinds(uint64_t *failed)
{
	bool	 ok = true;

	for (int i = 0; i < STATUSES; i++) {
		uint64_t	 n = atomic_load(&all->status[i]);

		if (n == 0 || (i >= 200 && i < 300) || i == 304)
			continue;
		printf("    %d%s: %llu\n", i, expected(i), (unsigned long long)n);
		if (i == 0 || i >= 500)
			*failed += n;
		if (i >= 400 && i < 500 && i != 412)
			ok = false;
	}
	return ok;
}

static bool
report(double hits, double seconds, long least)
{
	uint64_t	 failed = 0, done = atomic_load(&all->done);
	uint64_t	 stale = stale_reads(), odd = atomic_load(&all->odd);
	uint64_t	 bugs = atomic_load(&all->bugs);
	double		 floor = (double)number("FLOOR", 80) / 100;
	bool		 ok = kinds(&failed);

	printf("  %llu operations (%llu reads, %llu writes) in %.0f s; hit ratio %.3f\n",
	    (unsigned long long)done, (unsigned long long)atomic_load(&all->reads),
	    (unsigned long long)atomic_load(&all->writes), seconds, hits);
	printf("  kill -9 of workers %u, of programs %u; rolls %u; connections cut %u; "
	    "memcached killed %u, hung %u, tampered with %u\n", did.kills,
	    did.program_kills, did.rolls, did.cuts, did.cache_kills, did.hangs,
	    did.tampers);
	printf("  older than acknowledged %llu, than seen %llu; odd %llu; "
	    "5xx or no answer %llu, of handlers as 500 %llu\n",
	    (unsigned long long)atomic_load(&all->stale_acked),
	    (unsigned long long)atomic_load(&all->stale_seen),
	    (unsigned long long)odd, (unsigned long long)failed,
	    (unsigned long long)bugs);
	ok = ok && stale == 0 && odd == 0 && bugs == 0 && hits > floor && done >= (uint64_t)least;
	if (!ok)
		printf("FAIL: mixed: %llu stale, hit ratio %.3f (above %.2f), %llu of "
		    "%ld operations\n", (unsigned long long)stale, hits, floor,
		    (unsigned long long)done, least);
	return ok;
}

static bool
mixed(struct http *h)
{
	long		 clients = number("CLIENTS", 8), goal = number("OPERATIONS", 1000000);
	bool		 mutant = number("MUTANT", 0) != 0;
	const char	*attacks_on = getenv("ATTACKS");
	pid_t		 pids[MAX_CLIENTS];
	struct ratio	 before, after;
	int64_t		 began = now_us();

	clients = clients < 1 || clients > MAX_CLIENTS ? 8 : clients;
	if (!ratio_now(h, "/v1/", &before))
		return false;
	atomic_store(&all->goal, (uint64_t)goal);
	clients_start(pids, clients);
	watch(number("MAX_SECONDS", 1200),
	    attacks_on == NULL || strcmp(attacks_on, "no") != 0, mutant);
	began = now_us() - began;
	settle(pids, clients);
	if (mutant) {
		printf("  %llu stale reads seen in %llu operations\n",
		    (unsigned long long)stale_reads(),
		    (unsigned long long)atomic_load(&all->done));
		return stale_reads() > 0;
	}
	if (!ratio_now(h, "/v1/", &after)) {
		printf("FAIL: mixed: no figures\n");
		return false;
	}
	return report(ratio_since(&before, &after), (double)began / 1e6,
	    number("LEAST", goal));
}

static const struct {
	const char	*name;
	bool		(*run)(struct http *);
} parts[] = {
	{ "isolation", check_isolation },
	{ "hung", check_hung },
	{ "neighbour", check_neighbour },
	{ "mixed", mixed },
};

int
main(int argc, char **argv)
{
	struct http	*h;
	unsigned	 passed = 0, failed = 0;

	all = mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (all == MAP_FAILED || getenv("VAR") == NULL ||
	    getenv("TOKEN") == NULL)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	srand((unsigned)now_us());
	all->run = (unsigned)rand() & 0xffffff;
	h = http_open();
	if (!rows_make(h))
		return 1;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		for (int k = 1; k < argc; k++)
			if (strcmp(argv[k], parts[i].name) == 0)
				parts[i].run(h) ? passed++ : failed++;
	http_close(h);
	printf("stale: %u passed, %u failed\n", passed, failed);
	return failed != 0 || passed == 0;
}
