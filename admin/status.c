/* brisk status: what runs, and how it is. */
#include <inttypes.h>
#include <stdio.h>
#include "clock.h"
#include "process.h"

struct view {
	struct buf		 out;
	struct process		*all;
	struct board_worker	 workers[BOARD_SLOTS];
	bool			 told[BOARD_SLOTS];	/* in the text */
	size_t			 nworkers;
	bool			 good;
};

static const char *
state_of(const struct process *p)
{
	return p->alive ? card_state_name(p->card.state) :
	    p->card.state == CARD_ENDED ? "ended" : "dead";
}

static bool
is_good(const struct process *p)
{
	return p->alive && (p->card.state == CARD_SERVING ||
	    p->card.state == CARD_ROLLING || p->card.state == CARD_STARTING);
}

/* "12s", "3m12s", "5h03m", "9d04h" */
static void
put_age(struct buf *b, int64_t since_ms)
{
	int64_t	 s = (clock_now_ms() - since_ms) / 1000;

	if (s < 60)
		buf_fmt(b, "%" PRId64 "s", s);
	else if (s < 3600)
		buf_fmt(b, "%" PRId64 "m%02" PRId64 "s", s / 60, s % 60);
	else if (s < 86400)
		buf_fmt(b, "%" PRId64 "h%02" PRId64 "m", s / 3600, s / 60 % 60);
	else
		buf_fmt(b, "%" PRId64 "d%02" PRId64 "h", s / 86400, s / 3600 % 24);
}

static const char *
age(int64_t since_ms)
{
	struct buf	 b;

	buf_init(&b, admin_arena());
	put_age(&b, since_ms);
	return buf_ok(&b) ? b.p : "?";
}

static void
put_row(struct buf *b, const char *name, const char *state, int pid,
    int64_t since_ms, const char *build)
{
	buf_fmt(b, "%-14s %-9s %7d %8s  %-12s", name, state, pid, age(since_ms), build);
}

static void
put_worker(struct buf *b, const struct board_worker *w)
{
	put_row(b, "  worker", board_state_name(w->state), w->pid, w->since_ms,
	    w->build);
	buf_fmt(b, "  %" PRIu32 " in flight, %" PRIu64 " answered, %" PRIu64
	    " errors, %" PRIu64 " MiB\n", w->busy, w->served, w->errors, w->kib / 1024);
}

static void
put_workers(struct view *v, const char *program)
{
	for (size_t i = 0; i < v->nworkers; i++)
		if (strcmp(v->workers[i].program, program) == 0) {
			put_worker(&v->out, &v->workers[i]);
			v->told[i] = true;
		}
}

/* What the admin may have to do something about. */
static void
put_note(struct buf *b, const struct process *p)
{
	char	 build[BOARD_BUILD];

	board_build(p->card.program, build);
	if (p->alive && strcmp(build, p->card.build) != 0)
		buf_fmt(b, "  another file is at its path: brisk restart %s", p->name);
	if (p->card.state == CARD_STOPPED)
		buf_fmt(b, "  answers 503: brisk start %s", p->name);
	else if (!p->alive && p->card.state != CARD_ENDED)
		buf_fmt(b, "  brisk start %s", p->name);
	if (p->card.why[0] != '\0')
		buf_fmt(b, "  not taken: %s", p->card.why);
	buf_byte(b, '\n');
}

static void
put_text(struct view *v)
{
	struct buf	*b = &v->out;

	buf_fmt(b, "%-14s %-9s %7s %8s  %-12s\n", "PROGRAM", "STATE", "PID", "UP",
	    "BUILD");
	for (const struct process *p = v->all; p->name[0] != '\0'; p++) {
		put_row(b, p->name, state_of(p), p->card.pid, p->card.since_ms,
		    p->card.build);
		put_note(b, p);
		put_workers(v, p->name);
	}
	for (size_t i = 0; i < v->nworkers; i++)
		if (!v->told[i]) {
			buf_fmt(b, "%-14s started by the web server\n",
			    v->workers[i].program);
			put_workers(v, v->workers[i].program);
		}
}

/* --- as JSON -------------------------------------------------------------- */

static void
put_json_text(struct buf *b, const char *name, const char *value)
{
	buf_fmt(b, "\"%s\":", name);
	buf_json(b, str_of(value));
}

static void
put_json_program(struct buf *b, const struct process *p)
{
	buf_puts(b, "{");
	put_json_text(b, "program", p->name);
	buf_byte(b, ',');
	put_json_text(b, "state", state_of(p));
	buf_fmt(b, ",\"pid\":%d,\"since_ms\":%" PRId64 ",\"workers\":%" PRIu32
	    ",\"rolls\":%" PRIu32 ",\"refused\":%" PRIu32 ",", (int)p->card.pid,
	    p->card.since_ms, p->card.wanted, p->card.rolls, p->card.refused);
	put_json_text(b, "build", p->card.build);
	buf_byte(b, ',');
	put_json_text(b, "why", p->card.why);
	buf_byte(b, ',');
	put_json_text(b, "file", p->card.program);
	buf_byte(b, ',');
	put_json_text(b, "socket", p->card.socket);
	buf_byte(b, '}');
}

static void
put_json_worker(struct buf *b, const struct board_worker *w)
{
	buf_byte(b, '{');
	put_json_text(b, "program", w->program);
	buf_byte(b, ',');
	put_json_text(b, "service", w->service);
	buf_byte(b, ',');
	put_json_text(b, "state", board_state_name(w->state));
	buf_byte(b, ',');
	put_json_text(b, "build", w->build);
	buf_fmt(b, ",\"pid\":%d,\"since_ms\":%" PRId64 ",\"in_flight\":%" PRIu32
	    ",\"answered\":%" PRIu64 ",\"errors\":%" PRIu64 ",\"resident_kib\":%"
	    PRIu64 "}", (int)w->pid, w->since_ms, w->busy, w->served, w->errors,
	    w->kib);
}

static void
put_json(struct view *v)
{
	struct buf	*b = &v->out;

	buf_puts(b, "{\"programs\":[");
	for (const struct process *p = v->all; p->name[0] != '\0'; p++) {
		buf_puts(b, p == v->all ? "\n " : ",\n ");
		put_json_program(b, p);
	}
	buf_puts(b, "],\n\"workers\":[");
	for (size_t i = 0; i < v->nworkers; i++) {
		buf_puts(b, i == 0 ? "\n " : ",\n ");
		put_json_worker(b, &v->workers[i]);
	}
	buf_puts(b, "]}\n");
}

/* Something serves, and nothing that should does not. */
static bool
all_good(const struct view *v)
{
	for (const struct process *p = v->all; p->name[0] != '\0'; p++)
		if (!is_good(p) && (p->alive || p->card.state != CARD_ENDED))
			return false;
	return v->nworkers > 0;
}

int
cmd_status(int argc, char **argv)
{
	struct view	*v = arena_new(admin_arena(), struct view);
	const char	*run_dir;
	bool		 json = false;

	if (flags_take((const struct flag[]){ { "json", NULL, &json },
	    { NULL, NULL, NULL } }, argc, argv) != 0)
		return BRISK_USAGE;
	if (v == NULL || (v->all = process_all(run_dir = process_folder())) == NULL)
		return tell("out of memory");
	v->nworkers = process_workers(run_dir, v->workers);
	buf_init(&v->out, admin_arena());
	if (json)
		put_json(v);
	else
		put_text(v);
	(void)fwrite(v->out.p, 1, v->out.n, stdout);
	return buf_ok(&v->out) && all_good(v) ? 0 : 1;
}
