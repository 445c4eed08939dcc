#ifndef BRISK_LIVE_H
#define BRISK_LIVE_H
/* live - keeps answers of other programs open, and sends each change of them. */
#include "program/loop.h"

extern const struct program_loop	 live_loop;

#endif
