/* status/print - the status as a table and as JSON. */
#include <inttypes.h>
#include <stdio.h>
#include "base/clock.h"
#include "schema/json.h"
#include "status/status.h"

#define BUILD_SHOWN	8	/* characters that are printed of a build id */

/* A line of the table: a program or a worker. */
struct line {
	const char		*name, *state, *build;
	int			 pid;
	int64_t			 since_ms;
	const struct status_totals	*f;
};

/* --- numbers that fit a column --------------------------------------------- */

struct unit {
	double		 size;
	const char	*name;
};

/* Print a number in the largest unit that fits.  The units ascend; size 0 ends them. */
static const char *
scaled(double n, const struct unit *u)
{
	char	*text;

	while (u[1].size != 0 && n >= u[1].size)
		u++;
	text = arena_fmt(admin_arena(), n / u->size < 9.95 && n != 0 ? "%.1f%s" :
	    "%.0f%s", n / u->size, u->name);
	return text == NULL ? "?" : text;
}

static const char *
count(uint64_t n)
{
	static const struct unit	 units[] = { { 1e3, "k" }, { 1e6, "M" },
					    { 1e9, "G" }, { 0, NULL } };
	char				*text;

	if (n >= 10000000)
		return scaled((double)n, units);
	text = arena_fmt(admin_arena(), "%" PRIu64, n);
	return text == NULL ? "?" : text;
}

static const char *
rate(double n)
{
	char	*text = arena_fmt(admin_arena(), n < 9.95 && n != 0 ? "%.1f/s" :
		    n < 99999.5 ? "%.0f/s" : "%.0fk/s", n < 99999.5 ? n : n / 1e3);

	return text == NULL ? "?" : text;
}

static const char *
memory(uint64_t kib)
{
	static const struct unit	 units[] = { { 1, "K" }, { 1024, "M" },
					    { 1048576, "G" }, { 0, NULL } };

	return scaled((double)kib, units);
}

static const char *
quantile(const struct status_totals *f, unsigned of_1000)
{
	static const struct unit	 units[] = { { 1, "us" }, { 1e3, "ms" },
					    { 1e6, "s" }, { 0, NULL } };
	int64_t				 us = scoreboard_quantile(f->times, of_1000);

	return us < 0 ? "-" : scaled((double)us, units);
}

/* "12s", "3m12s", "5h03m", "9d04h" */
static const char *
age(int64_t since_ms)
{
	int64_t	 s = (clock_now_ms() - since_ms) / 1000;
	char	*text;

	if (s < 60)
		text = arena_fmt(admin_arena(), "%" PRId64 "s", s);
	else if (s < 3600)
		text = arena_fmt(admin_arena(), "%" PRId64 "m%02" PRId64 "s", s / 60,
		    s % 60);
	else if (s < 86400)
		text = arena_fmt(admin_arena(), "%" PRId64 "h%02" PRId64 "m", s / 3600,
		    s / 60 % 60);
	else
		text = arena_fmt(admin_arena(), "%" PRId64 "d%02" PRId64 "h", s / 86400,
		    s / 3600 % 24);
	return text == NULL ? "?" : text;
}

/* --- the table ------------------------------------------------------------- */

static void
line_print(struct buf *b, const struct line *l)
{
	const struct status_totals	*f = l->f;

	buf_fmt(b, "%-13s %-8s %7.0d %6s %-*.*s %8s %7s %6s %4" PRIu32 " %6s %6s %5s %3"
	    PRIu32 "\n", l->name, l->state, l->pid, age(l->since_ms), BUILD_SHOWN,
	    BUILD_SHOWN, l->build, count(f->served), rate(f->rate), count(f->errors),
	    f->busy, quantile(f, 500), quantile(f, 990), memory(f->kib),
	    f->connections);
}

static bool
is_worker_of(const struct status_view *v, size_t i, const char *program)
{
	return strcmp(v->workers[i].program, program) == 0;
}

static struct status_totals
program_totals(const struct status_view *v, const char *program)
{
	struct status_totals	 sum = { .served = 0 };

	for (size_t i = 0; i < v->nworkers; i++)
		if (is_worker_of(v, i, program))
			status_totals_add(&sum, &v->figures[i]);
	return sum;
}

static void
workers_print(const struct status_view *v, struct buf *b, const char *program)
{
	const struct scoreboard_worker	*w;

	for (size_t i = 0; i < v->nworkers; i++) {
		w = &v->workers[i];
		if (is_worker_of(v, i, program))
			line_print(b, &(struct line){ "  worker", scoreboard_state_name(w->state),
			    w->build, w->pid, w->since_ms, &v->figures[i] });
	}
}

/* Notes about a program that may need action. */
static void
notes_print(struct buf *b, const struct process *p)
{
	char	 build[SCOREBOARD_BUILD];

	if (process_plain(p)) {
		buf_puts(b, "  started by the web server\n");
		return;
	}
	scoreboard_build_id(p->pidfile.program, build);
	if (p->alive && strcmp(build, p->pidfile.build) != 0)
		buf_fmt(b, "  the file at its path is newer: brisk restart %s\n", p->name);
	if (p->pidfile.state == PIDFILE_STOPPED)
		buf_fmt(b, "  answers 503: brisk start %s\n", p->name);
	else if (!p->alive && p->pidfile.state != PIDFILE_ENDED)
		buf_fmt(b, "  brisk start %s\n", p->name);
	if (p->pidfile.why[0] != '\0')
		buf_fmt(b, "  new program refused: %s\n", p->pidfile.why);
}

static void
process_print(const struct status_view *v, struct buf *b, const struct process *p)
{
	struct status_totals	 sum = program_totals(v, p->name);

	line_print(b, &(struct line){ p->name, status_state(v, p), p->pidfile.build,
	    p->pidfile.pid, p->pidfile.since_ms, &sum });
	notes_print(b, p);
	workers_print(v, b, p->name);
}

/* Is it the first worker of a program that has no supervisor? */
static bool
is_first_unsupervised(const struct status_view *v, size_t at)
{
	const char	*program = v->workers[at].program;

	for (const struct process *p = v->all; p->name[0] != '\0'; p++)
		if (strcmp(p->name, program) == 0)
			return false;
	for (size_t i = 0; i < at; i++)
		if (is_worker_of(v, i, program))
			return false;
	return true;
}

void
status_text(const struct status_view *v, struct buf *b)
{
	buf_fmt(b, "%-13s %-8s %7s %6s %-*s %8s %7s %6s %4s %6s %6s %5s %3s\n",
	    "PROGRAM", "STATE", "PID", "UP", BUILD_SHOWN, "BUILD", "REQUESTS", "RATE",
	    "ERRORS", "BUSY", "P50", "P99", "MEM", "DB");
	for (const struct process *p = v->all; p->name[0] != '\0'; p++)
		process_print(v, b, p);
	for (size_t i = 0; i < v->nworkers; i++)
		if (is_first_unsupervised(v, i)) {
			buf_fmt(b, "%-13s started by the web server\n",
			    v->workers[i].program);
			workers_print(v, b, v->workers[i].program);
		}
}

/* --- as JSON --------------------------------------------------------------- */

static void
json_quantile(struct buf *b, const char *name, const struct status_totals *f, uint32_t permille)
{
	int64_t	 us = scoreboard_quantile(f->times, permille);

	if (us < 0)
		json_null(b, name);
	else
		json_int(b, name, us);
}

static void
json_totals(struct buf *b, const struct status_totals *f)
{
	json_int(b, "in_flight", f->busy);
	json_int(b, "answered", (int64_t)f->served);
	json_int(b, "errors", (int64_t)f->errors);
	json_int(b, "resident_kib", (int64_t)f->kib);
	json_int(b, "connections", f->connections);
	json_raw(b, "per_second", admin_fmt("%.3f", f->rate));
	json_quantile(b, "p50_us", f, 500);
	json_quantile(b, "p99_us", f, 990);
}

static void
json_program(const struct status_view *v, struct buf *b, const struct process *p)
{
	struct status_totals	 sum = program_totals(v, p->name);

	json_open(b, NULL, '{');
	json_text(b, "program", p->name);
	json_text(b, "state", status_state(v, p));
	json_text(b, "build", p->pidfile.build);
	json_text(b, "why", p->pidfile.why);
	json_text(b, "file", p->pidfile.program);
	json_text(b, "socket", p->pidfile.socket);
	json_int(b, "pid", p->pidfile.pid);
	json_int(b, "since_ms", p->pidfile.since_ms);
	json_int(b, "workers", p->pidfile.wanted);
	json_int(b, "rolls", p->pidfile.rolls);
	json_int(b, "refused", p->pidfile.refused);
	json_totals(b, &sum);
	json_close(b, "}");
}

static void
json_worker(struct buf *b, const struct scoreboard_worker *w, const struct status_totals *f)
{
	json_open(b, NULL, '{');
	json_text(b, "program", w->program);
	json_text(b, "service", w->service);
	json_text(b, "state", scoreboard_state_name(w->state));
	json_text(b, "build", w->build);
	json_int(b, "pid", w->pid);
	json_int(b, "since_ms", w->since_ms);
	json_totals(b, f);
	json_close(b, "}");
}

void
status_json(const struct status_view *v, struct buf *b)
{
	json_open(b, NULL, '{');
	json_open(b, "programs", '[');
	for (const struct process *p = v->all; p->name[0] != '\0'; p++)
		json_program(v, b, p);
	json_close(b, "]");
	json_open(b, "workers", '[');
	for (size_t i = 0; i < v->nworkers; i++)
		json_worker(b, &v->workers[i], &v->figures[i]);
	json_close(b, "]}");
	buf_byte(b, '\n');
}
