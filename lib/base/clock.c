/* clock - the time of day, which tests can set, and a monotonic clock. */
#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"

static _Atomic int64_t	 test_ms;	/* 0: use the real clock */

int64_t
clock_now_ms(void)
{
	struct timespec	 t;
	int64_t		 set = atomic_load_explicit(&test_ms, memory_order_relaxed);

	if (set != 0)
		return set;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
clock_mono_us(void)
{
	struct timespec	 t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void
clock_set_ms(int64_t ms)
{
	atomic_store_explicit(&test_ms, ms, memory_order_relaxed);
}
