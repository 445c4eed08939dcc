/* scoreboard_job - counters of tries of jobs, by kind and result. */
#include <inttypes.h>
#include "shm/scoreboard_private.h"

static const char *const	 names[SCOREBOARD_JOB_RESULTS] = {
	[SCOREBOARD_JOB_DONE] = "done", [SCOREBOARD_JOB_RETRIED] = "again",
	[SCOREBOARD_JOB_DEAD] = "dead", [SCOREBOARD_JOB_LEASE_LOST] = "lost",
	[SCOREBOARD_JOB_SKIPPED] = "left",
};

const char *
scoreboard_job_name(enum scoreboard_job_result result)
{
	return names[result];
}

static void
set_kind(struct kind_row *r, const char *kind)
{
	size_t	 n = strnlen(kind, KIND_LEN - 1);

	memcpy(r->kind, kind, n);
	r->kind[n] = '\0';
}

void
scoreboard_name_job(struct scoreboard *b, size_t i, const char *kind)
{
	struct slot	*s = scoreboard_slot(b);

	if (s != NULL && i < SCOREBOARD_KINDS)
		set_kind(&s->kind[i], kind);
}

void
scoreboard_count_job(struct scoreboard *b, size_t i, enum scoreboard_job_result result)
{
	struct slot	*s = scoreboard_slot(b);

	if (s != NULL)
		atomic_fetch_add_explicit(&s->kind[i < SCOREBOARD_KINDS ? i :
		    SCOREBOARD_KINDS].end[result], 1, memory_order_relaxed);
}

/* The row of this kind; when all rows are taken, the last one, named "other". */
static struct kind_row *
total_row(struct kind_row *totals, const char *kind)
{
	size_t	 i;

	for (i = 0; i < KINDS - 1; i++) {
		if (totals[i].kind[0] == '\0')
			break;
		if (strcmp(totals[i].kind, kind) == 0)
			return &totals[i];
	}
	set_kind(&totals[i], i < KINDS - 1 ? kind : "other");
	return &totals[i];
}

void
scoreboard_fold_jobs(struct kind_row *totals, const struct kind_row *of_slot)
{
	uint64_t	 n;

	for (size_t i = 0; i <= SCOREBOARD_KINDS; i++)
		for (size_t k = 0; of_slot[i].kind[0] != '\0' && k < SCOREBOARD_JOB_RESULTS; k++) {
			n = atomic_load_explicit(&of_slot[i].end[k], memory_order_relaxed);
			if (n != 0)
				atomic_fetch_add_explicit(&total_row(totals,
				    of_slot[i].kind)->end[k], n, memory_order_relaxed);
		}
}

/* Kinds are names from the programs: they need no escaping. */
void
scoreboard_print_jobs(struct buf *b, const struct kind_row *totals)
{
	uint64_t	 n;

	buf_puts(b, "# HELP api_jobs_total Tries of jobs, by result.\n"
	    "# TYPE api_jobs_total counter\n");
	for (size_t i = 0; i < KINDS && totals[i].kind[0] != '\0'; i++)
		for (size_t k = 0; k < SCOREBOARD_JOB_RESULTS; k++)
			if ((n = totals[i].end[k]) != 0)
				buf_fmt(b, "api_jobs_total{kind=\"%s\",result=\"%s\"} %"
				    PRIu64 "\n", totals[i].kind, names[k], n);
}
