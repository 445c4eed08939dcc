#ifndef BRISK_PROGRAM_JOBS_H
#define BRISK_PROGRAM_JOBS_H
/* jobs - threads that work on the program's queue. */
#include "program/program.h"

/* Does nothing for a program without a queue, or a broken one. */
void		 program_jobs_start(struct program *, size_t threads);
/* Claim no more jobs; those that run are finished. */
void		 program_jobs_stop(void);
/* Stop, and wait until `until` (CLOCK_REALTIME); false: a job still runs. */
bool		 program_jobs_end(const struct timespec *until) MUSTCHECK;
/* --jobs [--for TIME]: nothing but jobs, for cron; the exit status. */
int		 program_jobs(struct program *, char **argv);

#endif
