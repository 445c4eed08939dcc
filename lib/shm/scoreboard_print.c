#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>
#include "shm/lock.h"
#include "shm/scoreboard_private.h"

#define READ_TRIES	20

/* Names of what board.c counts, in its order. */
static const char	*const bounds[SCOREBOARD_BUCKETS + 1] = { "0.005", "0.01",
	"0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf" };
struct alive {
	char	 program[NAME_LEN];
	int32_t	 pid;
};

/* The figures of one moment. */
struct shot {
	struct totals	 totals;
	struct alive	 alive[SCOREBOARD_SLOTS];
	size_t		 nalive;
};

static void
look_at(struct shot *shot, const struct slot *s, bool alive)
{
	struct alive	*a = &shot->alive[shot->nalive];

	if (atomic_load(&s->used) == 0)
		return;
	scoreboard_fold(&shot->totals, s);
	if (!alive)
		return;
	memcpy(a->program, s->program, NAME_LEN);
	a->pid = s->pid;
	shot->nalive++;
}

/* Once more if a slot was folded meanwhile: it could be counted twice, or not. */
static bool
take_shot(struct shot *shot, const struct scoreboard_file *f, int fd)
{
	uint64_t	 w;
	size_t		 i;
	int		 tries;

	for (tries = 0; tries < READ_TRIES; tries++) {
		w = atomic_load(&f->fold);
		shot->totals = f->totals[FOLD_ACTIVE(w)];
		shot->nalive = 0;
		for (i = 0; i < SCOREBOARD_SLOTS; i++)
			if (FOLD_SLOT(w) != i + 1)
				look_at(shot, &f->slot[i], lock_is_held(fd, (off_t)i));
		if (atomic_load(&f->fold) == w)
			return true;
	}
	return false;
}

static void
head(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_fmt(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Exposition format: backslash, quote and newline are escaped in a label. */
static void
label(struct buf *b, const char *name, const char *value)
{
	const char	*p;

	buf_fmt(b, "%s=\"", name);
	for (p = value; *p != '\0'; p++) {
		if (*p == '\\' || *p == '"')
			buf_byte(b, '\\');
		if (*p == '\n')
			buf_puts(b, "\\n");
		else
			buf_byte(b, *p);
	}
	buf_byte(b, '"');
}

static void
route_labels(struct buf *b, const struct total_row *t)
{
	buf_byte(b, '{');
	label(b, "service", t->service);
	buf_byte(b, ',');
	label(b, "route", t->r.path);
	buf_byte(b, ',');
	label(b, "method", t->r.method);
}

static void
print_requests(struct buf *b, const struct total_row *t)
{
	size_t		 i;
	uint64_t	 n;

	for (i = 0; scoreboard_statuses[i] != 0; i++) {
		if ((n = t->r.f.status[i]) == 0)
			continue;
		buf_puts(b, "api_http_requests_total");
		route_labels(b, t);
		buf_fmt(b, ",status=\"%d%s\"} %" PRIu64 "\n", scoreboard_statuses[i],
		    scoreboard_statuses[i] < 100 ? "xx" : "", n);
	}
}

static void
seconds(struct buf *b, uint64_t us)
{
	buf_fmt(b, "%" PRIu64 ".%06" PRIu64 "\n", us / 1000000, us % 1000000);
}

static void
print_duration(struct buf *b, const struct total_row *t)
{
	uint64_t	 n = 0;
	size_t		 i;

	for (i = 0; i <= SCOREBOARD_BUCKETS; i++) {
		n += t->r.f.bucket[i];
		buf_puts(b, "api_http_request_duration_seconds_bucket");
		route_labels(b, t);
		buf_fmt(b, ",le=\"%s\"} %" PRIu64 "\n", bounds[i], n);
	}
	buf_puts(b, "api_http_request_duration_seconds_sum");
	route_labels(b, t);
	buf_puts(b, "} ");
	seconds(b, t->r.f.us);
	buf_puts(b, "api_http_request_duration_seconds_count");
	route_labels(b, t);
	buf_fmt(b, "} %" PRIu64 "\n", n);
}

static bool
same_route(const struct total_row *a, const struct total_row *b)
{
	return strcmp(a->r.path, b->r.path) == 0 && strcmp(a->service, b->service) == 0;
}

/* Has the path been printed with an earlier method? */
static bool
seen(const struct totals *t, size_t at)
{
	size_t	 i;

	for (i = 0; i < at; i++)
		if (same_route(&t->row[i], &t->row[at]))
			return true;
	return false;
}

static void
print_result(struct buf *b, const struct totals *t, size_t at, size_t result)
{
	uint64_t	 n = 0;
	size_t		 i;

	for (i = at; i < TOTALS; i++)
		if (same_route(&t->row[i], &t->row[at]))
			n += t->row[i].r.f.cache[result];
	if (n == 0)
		return;
	buf_puts(b, "api_cache_requests_total{");
	label(b, "service", t->row[at].service);
	buf_byte(b, ',');
	label(b, "route", t->row[at].r.path);
	buf_fmt(b, ",result=\"%s\"} %" PRIu64 "\n",
	    outcome_cache_name((enum cache_outcome)result), n);
}

/* By path: all its methods together. */
static void
print_cache(struct buf *b, const struct totals *t)
{
	size_t	 at, result;

	head(b, "api_cache_requests_total", "counter",
	    "Requests that could be answered from the cache.");
	for (at = 0; at < TOTALS; at++)
		if (t->row[at].service[0] != '\0' && !seen(t, at))
			for (result = 1; result < CACHE_OUTCOMES; result++)
				print_result(b, t, at, result);
}

static void
each_row(struct buf *b, const struct totals *t,
    void (*print)(struct buf *, const struct total_row *))
{
	size_t	 i;

	for (i = 0; i < TOTALS; i++)
		if (t->row[i].service[0] != '\0')
			print(b, &t->row[i]);
}

static void
print_database(struct buf *b, const struct totals *t)
{
	uint64_t	 n = 0, us = 0;
	size_t		 i;

	for (i = 0; i < TOTALS; i++) {
		n += t->row[i].r.f.statements;
		us += t->row[i].r.f.db_us;
	}
	head(b, "api_db_statements_total", "counter", "Statements sent to the database.");
	buf_fmt(b, "api_db_statements_total %" PRIu64 "\n", n);
	head(b, "api_db_seconds_total", "counter", "Time spent waiting for the database.");
	buf_puts(b, "api_db_seconds_total ");
	seconds(b, us);
}

/* Of all routes together: how often a repeated request met its first. */
static void
print_idempotency(struct buf *b, const struct totals *t)
{
	uint64_t	 n;
	size_t		 result, i;

	head(b, "api_idempotency_total", "counter", "Requests with an idempotency key.");
	for (result = 1; result < IDEM_RESULTS; result++) {
		for (n = 0, i = 0; i < TOTALS; i++)
			n += t->row[i].r.f.idem[result];
		buf_fmt(b, "api_idempotency_total{result=\"%s\"} %" PRIu64 "\n",
		    outcome_idem_name((enum idem_result)result), n);
	}
}

static void
print_alive(struct buf *b, const struct shot *shot)
{
	size_t	 i;

	head(b, "api_process_up", "gauge", "Processes that are there.");
	for (i = 0; i < shot->nalive; i++) {
		buf_puts(b, "api_process_up{");
		label(b, "program", shot->alive[i].program);
		buf_fmt(b, ",pid=\"%d\"} 1\n", (int)shot->alive[i].pid);
	}
}

static void
print_shot(struct buf *b, struct shot *shot)
{
	head(b, "api_http_requests_total", "counter", "Requests answered.");
	each_row(b, &shot->totals, print_requests);
	head(b, "api_http_request_duration_seconds", "histogram",
	    "Time from request to answer.");
	each_row(b, &shot->totals, print_duration);
	print_database(b, &shot->totals);
	print_cache(b, &shot->totals);
	print_idempotency(b, &shot->totals);
	scoreboard_print_jobs(b, shot->totals.kind);
	print_alive(b, shot);
}

bool
scoreboard_print(const char *path, struct buf *out)
{
	const struct scoreboard_file	*f = shm_file_open_readonly(path, &scoreboard_kind);
	int			 fd = open(path, O_RDONLY | O_CLOEXEC);
	struct shot		*shot = malloc(sizeof(*shot));
	bool			 ok = f != NULL && fd != -1 && shot != NULL &&
				    take_shot(shot, f, fd);

	if (ok)
		print_shot(out, shot);
	free(shot);
	if (fd != -1)
		close(fd);
	shm_file_close(f, &scoreboard_kind);
	return ok && buf_ok(out);
}
