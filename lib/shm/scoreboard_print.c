/* scoreboard_print - the counters of all programs as Prometheus text. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>
#include "shm/lock.h"
#include "shm/scoreboard_private.h"

#define READ_TRIES	20

/* Upper bounds of the buckets, as labels; same order as in scoreboard.c. */
static const char	*const bounds[SCOREBOARD_BUCKETS + 1] = { "0.005", "0.01",
	"0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf" };

struct alive {
	char	 program[NAME_LEN];
	int32_t	 pid;
};

/* A consistent copy of the counters. */
struct snapshot {
	struct totals	 totals;
	struct alive	 alive[SCOREBOARD_SLOTS];
	size_t		 nalive;
};

static void
add_slot(struct snapshot *snap, const struct slot *s, bool alive)
{
	struct alive	*a = &snap->alive[snap->nalive];

	if (atomic_load(&s->used) == 0)
		return;
	scoreboard_fold(&snap->totals, s);
	if (!alive)
		return;
	memcpy(a->program, s->program, NAME_LEN);
	a->pid = s->pid;
	snap->nalive++;
}

/* Retries if a slot was folded meanwhile: it might be counted twice or not at all. */
static bool
take_snapshot(struct snapshot *snap, const struct scoreboard_file *f, int fd)
{
	uint64_t	 w;
	size_t		 i;
	int		 tries;

	for (tries = 0; tries < READ_TRIES; tries++) {
		w = atomic_load(&f->fold);
		snap->totals = f->totals[FOLD_ACTIVE(w)];
		snap->nalive = 0;
		for (i = 0; i < SCOREBOARD_SLOTS; i++)
			if (FOLD_SLOT(w) != i + 1)
				add_slot(snap, &f->slot[i], lock_is_held(fd, (off_t)i));
		if (atomic_load(&f->fold) == w)
			return true;
	}
	return false;
}

static void
print_head(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_fmt(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* In a label value, backslash, quote and newline are escaped. */
static void
print_label(struct buf *b, const char *name, const char *value)
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
print_route_labels(struct buf *b, const struct total_row *t)
{
	buf_byte(b, '{');
	print_label(b, "service", t->service);
	buf_byte(b, ',');
	print_label(b, "route", t->r.path);
	buf_byte(b, ',');
	print_label(b, "method", t->r.method);
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
		print_route_labels(b, t);
		buf_fmt(b, ",status=\"%d%s\"} %" PRIu64 "\n", scoreboard_statuses[i],
		    scoreboard_statuses[i] < 100 ? "xx" : "", n);
	}
}

static void
print_seconds(struct buf *b, uint64_t us)
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
		print_route_labels(b, t);
		buf_fmt(b, ",le=\"%s\"} %" PRIu64 "\n", bounds[i], n);
	}
	buf_puts(b, "api_http_request_duration_seconds_sum");
	print_route_labels(b, t);
	buf_puts(b, "} ");
	print_seconds(b, t->r.f.us);
	buf_puts(b, "api_http_request_duration_seconds_count");
	print_route_labels(b, t);
	buf_fmt(b, "} %" PRIu64 "\n", n);
}

static bool
same_route(const struct total_row *a, const struct total_row *b)
{
	return strcmp(a->r.path, b->r.path) == 0 && strcmp(a->service, b->service) == 0;
}

/* Did an earlier row have the same path, with another method? */
static bool
is_path_printed(const struct totals *t, size_t at)
{
	size_t	 i;

	for (i = 0; i < at; i++)
		if (same_route(&t->row[i], &t->row[at]))
			return true;
	return false;
}

static void
print_cache_outcome(struct buf *b, const struct totals *t, size_t at, size_t result)
{
	uint64_t	 n = 0;
	size_t		 i;

	for (i = at; i < TOTALS; i++)
		if (same_route(&t->row[i], &t->row[at]))
			n += t->row[i].r.f.cache[result];
	if (n == 0)
		return;
	buf_puts(b, "api_cache_requests_total{");
	print_label(b, "service", t->row[at].service);
	buf_byte(b, ',');
	print_label(b, "route", t->row[at].r.path);
	buf_fmt(b, ",result=\"%s\"} %" PRIu64 "\n",
	    outcome_cache_name((enum cache_outcome)result), n);
}

/* One sum per path, over all its methods. */
static void
print_cache(struct buf *b, const struct totals *t)
{
	size_t	 at, result;

	print_head(b, "api_cache_requests_total", "counter",
	    "Requests to cached routes, by outcome.");
	for (at = 0; at < TOTALS; at++)
		if (t->row[at].service[0] != '\0' && !is_path_printed(t, at))
			for (result = 1; result < CACHE_OUTCOMES; result++)
				print_cache_outcome(b, t, at, result);
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
	print_head(b, "api_db_statements_total", "counter", "Statements sent to the database.");
	buf_fmt(b, "api_db_statements_total %" PRIu64 "\n", n);
	print_head(b, "api_db_seconds_total", "counter", "Time spent waiting for the database.");
	buf_puts(b, "api_db_seconds_total ");
	print_seconds(b, us);
}

/* Sums over all routes. */
static void
print_idempotency(struct buf *b, const struct totals *t)
{
	uint64_t	 n;
	size_t		 result, i;

	print_head(b, "api_idempotency_total", "counter", "Requests with an Idempotency-Key, by outcome.");
	for (result = 1; result < IDEM_RESULTS; result++) {
		for (n = 0, i = 0; i < TOTALS; i++)
			n += t->row[i].r.f.idem[result];
		buf_fmt(b, "api_idempotency_total{result=\"%s\"} %" PRIu64 "\n",
		    outcome_idem_name((enum idem_result)result), n);
	}
}

static void
print_alive(struct buf *b, const struct snapshot *snap)
{
	size_t	 i;

	print_head(b, "api_process_up", "gauge", "Running processes.");
	for (i = 0; i < snap->nalive; i++) {
		buf_puts(b, "api_process_up{");
		print_label(b, "program", snap->alive[i].program);
		buf_fmt(b, ",pid=\"%d\"} 1\n", (int)snap->alive[i].pid);
	}
}

static void
print_snapshot(struct buf *b, struct snapshot *snap)
{
	print_head(b, "api_http_requests_total", "counter", "Requests answered.");
	each_row(b, &snap->totals, print_requests);
	print_head(b, "api_http_request_duration_seconds", "histogram",
	    "Time from request to response.");
	each_row(b, &snap->totals, print_duration);
	print_database(b, &snap->totals);
	print_cache(b, &snap->totals);
	print_idempotency(b, &snap->totals);
	scoreboard_print_jobs(b, snap->totals.kind);
	print_alive(b, snap);
}

bool
scoreboard_print(const char *path, struct buf *out)
{
	const struct scoreboard_file	*f = shm_file_open_readonly(path, &scoreboard_kind);
	int			 fd = open(path, O_RDONLY | O_CLOEXEC);
	struct snapshot		*snap = malloc(sizeof(*snap));
	bool			 ok = f != NULL && fd != -1 && snap != NULL &&
				    take_snapshot(snap, f, fd);

	if (ok)
		print_snapshot(out, snap);
	free(snap);
	if (fd != -1)
		close(fd);
	shm_file_close(f, &scoreboard_kind);
	return ok && buf_ok(out);
}
