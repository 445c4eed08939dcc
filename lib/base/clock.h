#ifndef BRISK_CLOCK_H
#define BRISK_CLOCK_H
/* clock - time, which a test can stop and set. */
#include "base/base.h"

/* Unix time in milliseconds, UTC. */
int64_t	clock_now_ms(void);

/* A clock that only goes forward, in microseconds, for measuring. */
int64_t	clock_mono_us(void);

/* Tests: from now on clock_now_ms() answers this; 0 gives the real one back. */
void	clock_set_ms(int64_t);

#endif
