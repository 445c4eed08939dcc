/* connection_budget - a limit on the database connections of all programs together. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "shm/connection_budget.h"
#include "shm/lock.h"

#define SEATS_AT	4096		/* the lock bytes follow the mapped page */
#define PAUSE_NS	1000000		/* between two tries: 1 to 3 times this */
#define MAX_WAIT_MS	60000		/* a later time is from before a reboot */

/* The mapped page. */
struct wanted {
	_Atomic int64_t	 until_ms;	/* a thread waits until then (clock_mono_us() / 1000) */
};

struct connection_budget {
	char		*path;
	int64_t		 max;
	struct wanted	*wanted;
};

static int64_t
now_ms(void)
{
	return clock_mono_us() / 1000;
}

static struct wanted *
map_page(const char *path)
{
	int	 fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void	*page = MAP_FAILED;

	if (fd >= 0 && posix_fallocate(fd, 0, SEATS_AT) == 0)
		page = mmap(NULL, SEATS_AT, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	return page == MAP_FAILED ? NULL : page;
}

struct connection_budget *
connection_budget_open(const char *path, int64_t max)
{
	struct connection_budget	*b = calloc(1, sizeof(*b));

	if (b != NULL && max > 0 && (b->path = strdup(path)) != NULL &&
	    (b->wanted = map_page(path)) != NULL) {
		b->max = max;
		return b;
	}
	if (max > 0)
		log_event(LOG_ERROR, "connection_budget", "cannot use %s: %s", path, strerror(errno));
	connection_budget_close(b);
	return NULL;
}

void
connection_budget_close(struct connection_budget *b)
{
	if (b == NULL)
		return;
	if (b->wanted != NULL)
		munmap(b->wanted, SEATS_AT);
	free(b->path);
	free(b);
}

/* Try each seat once, from a different first one each time. */
static bool
try_seats(struct connection_seat *s, int64_t from)
{
	for (int64_t i = 0; i < s->budget->max && !s->acquired; i++)
		s->acquired = lock_acquire(s->fd, SEATS_AT + (from + i) % s->budget->max);
	return s->acquired;
}

static void
set_wanted(struct connection_budget *b, int64_t until_ms)
{
	int64_t	 old = atomic_load(&b->wanted->until_ms);

	while ((old < until_ms || old > until_ms + MAX_WAIT_MS) &&
	    !atomic_compare_exchange_weak(&b->wanted->until_ms, &old, until_ms))
		;
}

bool
connection_budget_acquire(struct connection_seat *s, int64_t wait_ms)
{
	int64_t	 began = now_ms(), now = began;

	if (s->budget == NULL || s->acquired)
		return true;
	if (s->fd == 0)
		s->fd = open(s->budget->path, O_RDWR | O_CLOEXEC);
	if (s->fd < 0) {
		log_event(LOG_ERROR, "connection_budget", "cannot open %s: %s",
		    s->budget->path, strerror(errno));
		s->fd = 0;
		return false;
	}
	while (!try_seats(s, clock_mono_us()) && now < began + wait_ms) {
		set_wanted(s->budget, now + 20);
		nanosleep(&(struct timespec){ 0, PAUSE_NS +
		    clock_mono_us() % 3 * PAUSE_NS }, NULL);
		now = now_ms();
	}
	return s->acquired;
}

void
connection_budget_release(struct connection_seat *s)
{
	if (!s->acquired)
		return;
	lock_release_from(s->fd, SEATS_AT);
	s->acquired = false;
}

void
connection_budget_close_seat(struct connection_seat *s)
{
	connection_budget_release(s);
	if (s->fd > 0)
		close(s->fd);
	s->fd = 0;
}

bool
connection_budget_is_wanted(const struct connection_budget *b)
{
	int64_t	 until, now;

	if (b == NULL)
		return false;
	until = atomic_load_explicit(&b->wanted->until_ms, memory_order_relaxed);
	if (until == 0)
		return false;
	now = now_ms();
	return now < until && until < now + MAX_WAIT_MS;
}
