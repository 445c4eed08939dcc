/*
 * scoreboard_pace - how fast a process answers.
 *
 * Answers are counted by the second in which they went out, each count in one
 * word with the name of its second, so that a cell that is used again begins
 * at none without a lock; and by their times, in buckets that double every
 * eight, so that a quantile of microseconds is as exact as one of seconds.
 */
#include "shm/scoreboard_private.h"
#include "base/clock.h"

#define PARTS		8	/* of each doubling */
#define PART_BITS	3

static size_t
bucket_of(int64_t us)
{
	int	 top;
	size_t	 i;

	if (us < PARTS)
		return us < 0 ? 0 : (size_t)us;
	top = 63 - __builtin_clzll((unsigned long long)us);
	i = (size_t)(top - PART_BITS + 1) * PARTS +
	    ((size_t)(us >> (top - PART_BITS)) & (PARTS - 1));
	return i < SCOREBOARD_TIMES ? i : SCOREBOARD_TIMES - 1;
}

void
throughput_count(struct throughput *p, int64_t us)
{
	uint64_t		 now = (uint64_t)clock_mono_us() / 1000000;
	_Atomic uint64_t	*cell = &p->second[now % SECONDS];
	uint64_t		 was = atomic_load_explicit(cell, memory_order_relaxed), is;

	do
		is = (was >> 32 == now ? was : now << 32) + 1;
	while (!atomic_compare_exchange_weak_explicit(cell, &was, is,
	    memory_order_relaxed, memory_order_relaxed));
	atomic_fetch_add_explicit(&p->time[bucket_of(us)], 1, memory_order_relaxed);
}

double
throughput_rate(const struct throughput *p, int64_t lived_ms)
{
	int64_t		 now_us = clock_mono_us();
	uint64_t	 now = (uint64_t)now_us / 1000000, n = 0, cell;
	double		 seconds = SCOREBOARD_RECENT + (double)(now_us % 1000000) / 1e6,
			 lived = (double)lived_ms / 1e3;

	for (size_t i = 0; i < SECONDS; i++) {
		cell = atomic_load_explicit(&p->second[i], memory_order_relaxed);
		if ((cell >> 32) + SCOREBOARD_RECENT >= now)
			n += cell & UINT32_MAX;
	}
	if (lived < seconds)
		seconds = lived < 0.001 ? 0.001 : lived;
	return (double)n / seconds;
}

uint64_t
scoreboard_answers(const uint64_t times[SCOREBOARD_TIMES])
{
	uint64_t	 n = 0;

	for (size_t i = 0; i < SCOREBOARD_TIMES; i++)
		n += times[i];
	return n;
}

/* Least time of a bucket; that of the one after the last, too. */
static int64_t
least_of(size_t i)
{
	return i < PARTS ? (int64_t)i :
	    (int64_t)(PARTS + i % PARTS) << (i / PARTS - 1);
}

/* Within a bucket as if its answers were spread evenly. */
int64_t
scoreboard_quantile(const uint64_t times[SCOREBOARD_TIMES], unsigned of_1000)
{
	uint64_t	 n = scoreboard_answers(times), before = 0;
	double		 rank = (double)n * of_1000 / 1000;
	size_t		 i = 0;

	if (n == 0)
		return -1;
	while (i < SCOREBOARD_TIMES - 1 && (double)(before + times[i]) < rank)
		before += times[i++];
	if (times[i] == 0)
		return least_of(i);
	return least_of(i) + (int64_t)((double)(least_of(i + 1) - least_of(i)) *
	    (rank - (double)before) / (double)times[i]);
}
