/* test_connection_budget - the limit holds, no seat is lost, and holders learn of waiters. */
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shm/connection_budget.h"
#include "base/clock.h"
#include "test.h"

#define SEATS	10
#define PLAYERS	12
#define TURNS	200

static char	 path[] = "/tmp/brisk-budget-XXXXXX";

static void
fresh(void)
{
	strcpy(path + sizeof(path) - 7, "XXXXXX");
	close(mkstemp(path));
}

static void
seats_are_counted(void)
{
	struct connection_seat	 s[SEATS + 1] = { { .acquired = false } };
	struct connection_budget		*b;
	int			 n = 0, status = -1;
	bool			 told = false;
	pid_t			 pid;

	fresh();
	b = connection_budget_open(path, SEATS);
	CHECK("opens", b != NULL);
	for (int i = 0; i <= SEATS; i++) {
		s[i].budget = b;
		n += connection_budget_acquire(&s[i], 0);
	}
	CHECK_INT("all seats, and no more", n, SEATS);
	CHECK("no waiter yet", !connection_budget_is_wanted(b));
	CHECK("acquire waits while all seats are in use", !connection_budget_acquire(&s[SEATS], 30));
	if ((pid = fork()) == 0)
		_exit(connection_budget_acquire(&s[SEATS], 60000) ? 0 : 1);
	for (int i = 0; i < 60000 && !told; i++) {
		told = connection_budget_is_wanted(b);
		usleep(1000);
	}
	CHECK("holders see that a thread waits", told);
	connection_budget_release(&s[3]);
	CHECK("a released seat is found", waitpid(pid, &status, 0) == pid && status == 0);
	for (int i = 0; i <= SEATS; i++)
		connection_budget_close_seat(&s[i]);
	connection_budget_close(b);
	unlink(path);
}

static void
no_bound(void)
{
	struct connection_seat	 s = { .budget = NULL };

	CHECK("without a budget there is no limit", connection_budget_acquire(&s, 0) && !connection_budget_is_wanted(NULL));
}

static void
the_dead_hold_nothing(void)
{
	struct connection_seat	 s = { .acquired = false };
	struct connection_budget		*b;
	pid_t			 child;
	int			 ready[2];
	char			 c;

	fresh();
	b = connection_budget_open(path, 1);
	CHECK("pipe", pipe(ready) == 0);
	if ((child = fork()) == 0) {
		s.budget = b;
		(void)!write(ready[1], connection_budget_acquire(&s, 0) ? "y" : "n", 1);
		pause();
	}
	CHECK("the child has it", read(ready[0], &c, 1) == 1 && c == 'y');
	s.budget = b;
	CHECK("so there is none", !connection_budget_acquire(&s, 0));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	CHECK("a killed process holds no seat", connection_budget_acquire(&s, 0));
	connection_budget_close_seat(&s);
	connection_budget_close(b);
	unlink(path);
}

/* Shared by all processes: seats in use now, and the maximum so far. */
struct table {
	atomic_int	 sitting, most, turns[PLAYERS];
};

static void
play(struct table *t, int who)
{
	struct connection_budget		*b = connection_budget_open(path, SEATS / 3);
	struct connection_seat	 s = { .budget = b };

	for (int i = 0; i < TURNS; i++) {
		int	 now, most = atomic_load(&t->most);

		if (!connection_budget_acquire(&s, 10000))
			_exit(1);
		now = atomic_fetch_add(&t->sitting, 1) + 1;
		while (now > most && !atomic_compare_exchange_weak(&t->most, &most, now))
			;
		atomic_fetch_add(&t->turns[who], 1);
		atomic_fetch_sub(&t->sitting, 1);
		if (connection_budget_is_wanted(b))
			connection_budget_release(&s);
	}
	_exit(0);
}

static void
everybody_has_a_turn(void)
{
	struct table	*t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int		 status, bad = 0, turns = 0;

	fresh();
	for (int i = 0; i < PLAYERS; i++)
		if (fork() == 0)
			play(t, i);
	while (wait(&status) > 0)
		bad += status != 0;
	for (int i = 0; i < PLAYERS; i++)
		turns += atomic_load(&t->turns[i]);
	CHECK_INT("no acquire timed out", bad, 0);
	CHECK_INT("every acquire succeeded", turns, PLAYERS * TURNS);
	CHECK("the limit was never exceeded", atomic_load(&t->most) <= SEATS / 3);
	munmap(t, sizeof(*t));
	unlink(path);
}

TESTS(connection_budget, { "seats are counted", seats_are_counted },
    { "no bound", no_bound },
    { "the dead hold nothing", the_dead_hold_nothing },
    { "everybody has a turn", everybody_has_a_turn })
