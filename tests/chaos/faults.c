/*
 * faults - a program with this linked in (ld --wrap) does what VAR/fault says,
 * which is one line "NAME N", looked at ten times a second:
 *
 *	none		nothing
 *	die N		killed at one of N passings of a point around COMMIT
 *	slow		a pause after COMMIT and before an answer is kept: makes
 *			room for what the following ones leave out
 *	no_bump		a write does not move its generations
 *	no_pending	pending is not looked at, and slow
 *	no_guard	neither are generations
 *	late_mark	an answer is kept under the generations of after its query,
 *			and slow
 *
 * VAR/fault.deaths gets a letter at each death: before raising, raised, before
 * COMMIT, after it, bumped and lowered.  The programs that are installed know
 * nothing of this file.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cache/generation_private.h"
#include "cache/store.h"
#include "cache/store_answer.h"

#define LOOK_US		100000
#define SLOW_US		3000

enum fault { NONE, DIE, SLOW, NO_BUMP, NO_PENDING, NO_GUARD, LATE_MARK, FAULTS };

static const char *const names[FAULTS] = { "none", "die", "slow", "no_bump",
	"no_pending", "no_guard", "late_mark" };

static _Atomic int64_t	 looked_us;
static _Atomic int	 fault;
static _Atomic long	 one_in;

/* VAR/brisk.conf is what the programs are told. */
static bool
beside_conf(const char *name, char path[512])
{
	const char	*conf = getenv("BRISK_CONF"), *end;

	if (conf == NULL || (end = strrchr(conf, '/')) == NULL)
		return false;
	return snprintf(path, 512, "%.*s/%s", (int)(end - conf), conf, name) < 512;
}

static void
look(void)
{
	char	 path[512], name[32] = "none";
	long	 n = 0;
	FILE	*f;

	if (!beside_conf("fault", path))
		return;
	if ((f = fopen(path, "re")) != NULL) {
		if (fscanf(f, "%31s %ld", name, &n) < 1)
			snprintf(name, sizeof(name), "none");
		fclose(f);
	}
	for (int i = 0; i < FAULTS; i++)
		if (strcmp(names[i], name) == 0)
			atomic_store(&fault, i);
	atomic_store(&one_in, n > 0 ? n : 1000);
}

static enum fault
now(void)
{
	int64_t	 at = atomic_load(&looked_us), us = clock_mono_us();

	if (us - at > LOOK_US && atomic_compare_exchange_strong(&looked_us, &at, us))
		look();
	return (enum fault)atomic_load(&fault);
}

static void
may_die(const char *point)
{
	static _Thread_local unsigned	 seed;
	char				 path[512];
	int				 fd;

	if (now() != DIE)
		return;
	if (seed == 0)
		seed = (unsigned)clock_mono_us() ^ (unsigned)gettid();
	if (rand_r(&seed) % atomic_load(&one_in) != 0)
		return;
	if (beside_conf("fault.deaths", path) &&
	    (fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) != -1)
		(void)!write(fd, point, 1);
	kill(getpid(), SIGKILL);
}

static void
be_slow(void)
{
	enum fault	 f = now();

	if (f == SLOW || f == NO_PENDING || f == LATE_MARK)
		nanosleep(&(struct timespec){ 0, SLOW_US * 1000 }, NULL);
}

/* --- what is wrapped ---------------------------------------------------------------- */

struct generation_write *__real_generation_begin_write(struct generations *, const struct str *, size_t, uint64_t);
struct generation_write *__wrap_generation_begin_write(struct generations *, const struct str *, size_t, uint64_t);
void		 __real_generation_end_write(struct generations *, struct generation_write *, bool);
void		 __wrap_generation_end_write(struct generations *, struct generation_write *, bool);
bool		 __real_generation_fresh(struct generations *, const struct generation_snapshot *);
bool		 __wrap_generation_fresh(struct generations *, const struct generation_snapshot *);
enum db_err	 __real_db_commit(struct db *);
enum db_err	 __wrap_db_commit(struct db *);
void		 __real_store_put(struct store *, struct store_lookup *,
		    const struct store_answer *, int64_t);
void		 __wrap_store_put(struct store *, struct store_lookup *,
		    const struct store_answer *, int64_t);

struct generation_write *
__wrap_generation_begin_write(struct generations *g, const struct str *tags, size_t n, uint64_t writer)
{
	struct generation_write	*e;

	may_die("b");
	e = __real_generation_begin_write(g, tags, n, writer);
	may_die("r");
	return e;
}

enum db_err
__wrap_db_commit(struct db *db)
{
	enum db_err	 err;

	may_die("c");
	err = __real_db_commit(db);
	may_die("C");
	be_slow();
	return err;
}

void
__wrap_generation_end_write(struct generations *g, struct generation_write *e, bool bump)
{
	__real_generation_end_write(g, e, bump && now() != NO_BUMP);
	may_die("l");
}

static uint64_t
generation_of(struct generations *g, uint32_t cell)
{
	return atomic_load(&g->file->cell[cell].generation);
}

bool
__wrap_generation_fresh(struct generations *g, const struct generation_snapshot *m)
{
	if (now() == NO_GUARD)
		return true;
	if (now() != NO_PENDING)
		return __real_generation_fresh(g, m);
	for (size_t i = 0; i < m->n && i < NELEMS(m->cell); i++)
		if (m->cell[i] > ALL ||
		    generation_of(g, m->cell[i]) != m->generation[i])
			return false;
	return true;
}

void
__wrap_store_put(struct store *st, struct store_lookup *l, const struct store_answer *a,
    int64_t ttl_seconds)
{
	be_slow();
	for (size_t i = 0; now() == LATE_MARK && i < l->snapshot.n; i++)
		l->snapshot.generation[i] = generation_of(st->generations, l->snapshot.cell[i]);
	__real_store_put(st, l, a, ttl_seconds);
}
