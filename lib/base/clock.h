#ifndef BRISK_CLOCK_H
#define BRISK_CLOCK_H
/* clock - the time of day, which tests can set, and a monotonic clock. */
#include "base/base.h"

/* Unix time in milliseconds, UTC. */
int64_t	clock_now_ms(void);

/* CLOCK_MONOTONIC in microseconds, to measure intervals.  Tests cannot set it. */
int64_t	clock_mono_us(void);

/* For tests: make clock_now_ms() return this time; 0 restores the real clock. */
void	clock_set_ms(int64_t);

#endif
