/*
 * scoreboard_throughput - rate and times of the responses of a process.
 *
 * Responses are counted per second of the clock, in a ring.  Each cell of the ring
 * holds the second and its count in one word, so a cell is reused without a lock.
 *
 * Responses are also counted by the time they took, in buckets whose width doubles
 * every eight buckets, so the relative error of a quantile is the same for
 * microseconds and for seconds.
 */
#include "shm/scoreboard_private.h"

#define PARTS		8	/* buckets per doubling */
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
	return i < SCOREBOARD_TIME_BUCKETS ? i : SCOREBOARD_TIME_BUCKETS - 1;
}

void
throughput_count(struct throughput *p, int64_t us, int64_t now_us)
{
	uint64_t		 now = (uint64_t)now_us / 1000000;
	_Atomic uint64_t	*cell = &p->second[now % SECONDS];
	uint64_t		 was = atomic_load_explicit(cell, memory_order_relaxed), next;

	do
		next = (was >> 32 == now ? was : now << 32) + 1;
	while (!atomic_compare_exchange_weak_explicit(cell, &was, next,
	    memory_order_relaxed, memory_order_relaxed));
	atomic_fetch_add_explicit(&p->time[bucket_of(us)], 1, memory_order_relaxed);
}

double
throughput_rate(const struct throughput *p, int64_t age_ms, int64_t now_us)
{
	uint64_t	 now = (uint64_t)now_us / 1000000, n = 0, cell;
	double		 seconds = SCOREBOARD_RATE_SECONDS + (double)(now_us % 1000000) / 1e6,
			 age = (double)age_ms / 1e3;

	for (size_t i = 0; i < SECONDS; i++) {
		cell = atomic_load_explicit(&p->second[i], memory_order_relaxed);
		if ((cell >> 32) + SCOREBOARD_RATE_SECONDS >= now)
			n += cell & UINT32_MAX;
	}
	if (age < seconds)
		seconds = age < 0.001 ? 0.001 : age;
	return (double)n / seconds;
}

uint64_t
scoreboard_sum(const uint64_t times[SCOREBOARD_TIME_BUCKETS])
{
	uint64_t	 n = 0;

	for (size_t i = 0; i < SCOREBOARD_TIME_BUCKETS; i++)
		n += times[i];
	return n;
}

/* Lower bound of a bucket, in microseconds; `i` may be one past the last. */
static int64_t
bucket_start(size_t i)
{
	return i < PARTS ? (int64_t)i :
	    (int64_t)(PARTS + i % PARTS) << (i / PARTS - 1);
}

/* Interpolates linearly within a bucket. */
int64_t
scoreboard_quantile(const uint64_t times[SCOREBOARD_TIME_BUCKETS], unsigned per_1000)
{
	uint64_t	 n = scoreboard_sum(times), before = 0;
	double		 rank = (double)n * per_1000 / 1000;
	size_t		 i = 0;

	if (n == 0)
		return -1;
	while (i < SCOREBOARD_TIME_BUCKETS - 1 && (double)(before + times[i]) < rank)
		before += times[i++];
	if (times[i] == 0)
		return bucket_start(i);
	return bucket_start(i) + (int64_t)((double)(bucket_start(i + 1) - bucket_start(i)) *
	    (rank - (double)before) / (double)times[i]);
}
