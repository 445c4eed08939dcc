/* brisk status: the running programs and their load. */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>
#include "base/clock.h"
#include "process.h"
#include "status/status.h"

#define MAX_WATCH	3600	/* seconds between two prints */

void
status_totals_add(struct status_totals *to, const struct status_totals *f)
{
	to->served += f->served;
	to->errors += f->errors;
	to->kib += f->kib;
	to->busy += f->busy;
	to->connections += f->connections;
	to->rate += f->rate;
	for (size_t i = 0; i < SCOREBOARD_TIME_BUCKETS; i++)
		to->times[i] += f->times[i];
}

/* Numbers since its start; with an earlier view, rate and times since that view. */
static struct status_totals
worker_totals(const struct scoreboard_worker *w, const struct status_view *before, double seconds)
{
	struct status_totals			 f = { .served = w->served, .errors = w->errors,
					    .kib = w->kib, .busy = w->busy,
					    .connections = w->connections,
					    .rate = w->rate };
	const struct scoreboard_worker	*was = NULL;

	memcpy(f.times, w->times, sizeof(f.times));
	for (size_t i = 0; before != NULL && i < before->nworkers; i++)
		if (before->workers[i].pid == w->pid &&
		    before->workers[i].since_ms == w->since_ms)
			was = &before->workers[i];
	for (size_t i = 0; was != NULL && i < SCOREBOARD_TIME_BUCKETS; i++)
		f.times[i] -= was->times[i];
	if (before != NULL)
		f.rate = (double)scoreboard_sum(f.times) / seconds;
	return f;
}

const char *
status_state(const struct status_view *v, const struct process *p)
{
	if (process_plain(p)) {
		if (pidfile_is_stopped(process_folder(), p->name))
			return pidfile_state_name(PIDFILE_STOPPED);
		for (size_t i = 0; i < v->nworkers; i++)
			if (strcmp(v->workers[i].program, p->name) == 0)
				return pidfile_state_name(PIDFILE_SERVING);
		return "idle";
	}
	return p->alive ? pidfile_state_name(p->pidfile.state) :
	    p->pidfile.state == PIDFILE_ENDED ? "ended" : "dead";
}

static bool
is_good(const struct process *p)
{
	return process_plain(p) || (p->alive && (p->pidfile.state == PIDFILE_SERVING ||
	    p->pidfile.state == PIDFILE_ROLLING || p->pidfile.state == PIDFILE_STARTING));
}

/* Does at least one program serve, and every program that should? */
static bool
all_good(const struct status_view *v)
{
	bool	 any = v->nworkers > 0;

	for (const struct process *p = v->all; p->name[0] != '\0'; p++) {
		if (!is_good(p) && (p->alive || p->pidfile.state != PIDFILE_ENDED))
			return false;
		any |= process_plain(p);
	}
	return any;
}

static void
look(struct status_view *v, const struct status_view *before)
{
	const char	*run_dir = process_folder();
	double		 seconds;

	v->at_us = clock_mono_us();
	v->all = process_all(run_dir);
	v->nworkers = process_workers(run_dir, v->workers);
	seconds = before == NULL ? 1 : (double)(v->at_us - before->at_us) / 1e6;
	for (size_t i = 0; i < v->nworkers; i++)
		v->figures[i] = worker_totals(&v->workers[i], before,
		    seconds > 0 ? seconds : 1);
}

static bool
show(const struct status_view *v, bool json)
{
	struct buf	 out;

	buf_init(&out, admin_arena());
	if (json)
		status_json(v, &out);
	else
		status_text(v, &out);
	(void)fwrite(out.p, 1, out.n, stdout);
	return fflush(stdout) == 0 && buf_ok(&out);
}

/* Print until Ctrl-C, or until the output is closed. */
static int
watch(struct status_view *two, int64_t seconds, bool json)
{
	bool	 screen = !json && isatty(STDOUT_FILENO);

	for (int i = 0;; i = !i) {
		look(&two[i], two[!i].at_us == 0 ? NULL : &two[!i]);
		if (screen)
			(void)fputs("\033[H\033[J", stdout);
		if (!show(&two[i], json))
			return 1;
		if (!screen && !json)
			(void)putchar('\n');
		arena_reset(admin_arena());
		(void)poll(NULL, 0, (int)seconds * 1000);
	}
}

int
cmd_status(int argc, char **argv)
{
	static struct status_view	 two[2];
	bool			 json = false, on = false;
	int64_t			 seconds = 2;
	int			 n = flags_parse((const struct flag[]){
				    { "json", NULL, &json }, { "watch", NULL, &on },
				    { NULL, NULL, NULL } }, argc, argv);

	if (n < 0 || n > on || (n == 1 &&
	    !number_parse("seconds", argv[0], MAX_WATCH, &seconds)))
		return BRISK_USAGE;
	if (on)
		return watch(two, seconds, json);
	look(&two[0], NULL);
	return show(&two[0], json) && all_good(&two[0]) ? 0 : 1;
}
