/* status_print - what runs, as a table for a person and as JSON. */
#include <inttypes.h>
#include <stdio.h>
#include "base/clock.h"
#include "status/status.h"

#define BUILD_SHOWN	8	/* letters of it: enough to tell two apart */

/* What one line is about. */
struct line {
	const char		*name, *state, *build;
	int			 pid;
	int64_t			 since_ms;
	const struct status_totals	*f;
};

/* --- figures that fit a column --------------------------------------------- */

struct unit {
	double		 size;
	const char	*name;
};

/* The largest unit of which there is one; lists go upward and end with 0. */
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
put_line(struct buf *b, const struct line *l)
{
	const struct status_totals	*f = l->f;

	buf_fmt(b, "%-13s %-8s %7.0d %6s %-*.*s %8s %7s %6s %4" PRIu32 " %6s %6s %5s %3"
	    PRIu32 "\n", l->name, l->state, l->pid, age(l->since_ms), BUILD_SHOWN,
	    BUILD_SHOWN, l->build, count(f->served), rate(f->rate), count(f->errors),
	    f->busy, quantile(f, 500), quantile(f, 990), memory(f->kib),
	    f->connections);
}

static bool
is_of(const struct status_view *v, size_t i, const char *program)
{
	return strcmp(v->workers[i].program, program) == 0;
}

static struct status_totals
sum_of(const struct status_view *v, const char *program)
{
	struct status_totals	 sum = { .served = 0 };

	for (size_t i = 0; i < v->nworkers; i++)
		if (is_of(v, i, program))
			status_totals_add(&sum, &v->figures[i]);
	return sum;
}

static void
put_workers(const struct status_view *v, struct buf *b, const char *program)
{
	const struct scoreboard_worker	*w;

	for (size_t i = 0; i < v->nworkers; i++) {
		w = &v->workers[i];
		if (is_of(v, i, program))
			put_line(b, &(struct line){ "  worker", scoreboard_state_name(w->state),
			    w->build, w->pid, w->since_ms, &v->figures[i] });
	}
}

/* What the admin may have to do something about. */
static void
put_notes(struct buf *b, const struct process *p)
{
	char	 build[SCOREBOARD_BUILD];

	if (process_plain(p)) {
		buf_puts(b, "  started by the web server\n");
		return;
	}
	scoreboard_build_id(p->pidfile.program, build);
	if (p->alive && strcmp(build, p->pidfile.build) != 0)
		buf_fmt(b, "  another file is at its path: brisk restart %s\n", p->name);
	if (p->pidfile.state == PIDFILE_STOPPED)
		buf_fmt(b, "  answers 503: brisk start %s\n", p->name);
	else if (!p->alive && p->pidfile.state != PIDFILE_ENDED)
		buf_fmt(b, "  brisk start %s\n", p->name);
	if (p->pidfile.why[0] != '\0')
		buf_fmt(b, "  not taken: %s\n", p->pidfile.why);
}

static void
put_process(const struct status_view *v, struct buf *b, const struct process *p)
{
	struct status_totals	 sum = sum_of(v, p->name);

	put_line(b, &(struct line){ p->name, status_state(v, p), p->pidfile.build,
	    p->pidfile.pid, p->pidfile.since_ms, &sum });
	put_notes(b, p);
	put_workers(v, b, p->name);
}

/* Those of a program without a supervisor are told at the first of them. */
static bool
is_first_alone(const struct status_view *v, size_t at)
{
	const char	*program = v->workers[at].program;

	for (const struct process *p = v->all; p->name[0] != '\0'; p++)
		if (strcmp(p->name, program) == 0)
			return false;
	for (size_t i = 0; i < at; i++)
		if (is_of(v, i, program))
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
		put_process(v, b, p);
	for (size_t i = 0; i < v->nworkers; i++)
		if (is_first_alone(v, i)) {
			buf_fmt(b, "%-13s started by the web server\n",
			    v->workers[i].program);
			put_workers(v, b, v->workers[i].program);
		}
}

/* --- as JSON --------------------------------------------------------------- */

static void
put_text(struct buf *b, const char *name, const char *value)
{
	buf_fmt(b, "\"%s\":", name);
	buf_json(b, str_of(value));
	buf_byte(b, ',');
}

static void
put_times(struct buf *b, const char *name, int64_t us)
{
	if (us < 0)
		buf_fmt(b, ",\"%s\":null", name);
	else
		buf_fmt(b, ",\"%s\":%" PRId64, name, us);
}

static void
put_figures(struct buf *b, const struct status_totals *f)
{
	buf_fmt(b, "\"in_flight\":%" PRIu32 ",\"answered\":%" PRIu64 ",\"errors\":%"
	    PRIu64 ",\"resident_kib\":%" PRIu64 ",\"connections\":%" PRIu32
	    ",\"per_second\":%.3f", f->busy, f->served, f->errors, f->kib,
	    f->connections, f->rate);
	put_times(b, "p50_us", scoreboard_quantile(f->times, 500));
	put_times(b, "p99_us", scoreboard_quantile(f->times, 990));
	buf_byte(b, '}');
}

static void
put_json_program(const struct status_view *v, struct buf *b, const struct process *p)
{
	struct status_totals	 sum = sum_of(v, p->name);

	buf_byte(b, '{');
	put_text(b, "program", p->name);
	put_text(b, "state", status_state(v, p));
	put_text(b, "build", p->pidfile.build);
	put_text(b, "why", p->pidfile.why);
	put_text(b, "file", p->pidfile.program);
	put_text(b, "socket", p->pidfile.socket);
	buf_fmt(b, "\"pid\":%d,\"since_ms\":%" PRId64 ",\"workers\":%" PRIu32
	    ",\"rolls\":%" PRIu32 ",\"refused\":%" PRIu32 ",", (int)p->pidfile.pid,
	    p->pidfile.since_ms, p->pidfile.wanted, p->pidfile.rolls, p->pidfile.refused);
	put_figures(b, &sum);
}

static void
put_json_worker(struct buf *b, const struct scoreboard_worker *w, const struct status_totals *f)
{
	buf_byte(b, '{');
	put_text(b, "program", w->program);
	put_text(b, "service", w->service);
	put_text(b, "state", scoreboard_state_name(w->state));
	put_text(b, "build", w->build);
	buf_fmt(b, "\"pid\":%d,\"since_ms\":%" PRId64 ",", (int)w->pid, w->since_ms);
	put_figures(b, f);
}

void
status_json(const struct status_view *v, struct buf *b)
{
	buf_puts(b, "{\"programs\":[");
	for (const struct process *p = v->all; p->name[0] != '\0'; p++) {
		buf_puts(b, p == v->all ? "\n " : ",\n ");
		put_json_program(v, b, p);
	}
	buf_puts(b, "],\n\"workers\":[");
	for (size_t i = 0; i < v->nworkers; i++) {
		buf_puts(b, i == 0 ? "\n " : ",\n ");
		put_json_worker(b, &v->workers[i], &v->figures[i]);
	}
	buf_puts(b, "]}\n");
}
