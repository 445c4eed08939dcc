#ifndef BRISK_WORKER_H
#define BRISK_WORKER_H
/* worker - a process that serves: below a supervisor, or below mod_fcgid. */
struct app;
struct program;

/* --worker and --fallback, started by the supervisor; returns the exit status. */
int	 super_worker_main(const struct app *, char **argv);
/* A worker of mod_fcgid; returns the exit status. */
int	 super_worker_unsupervised(struct program *);

#endif
