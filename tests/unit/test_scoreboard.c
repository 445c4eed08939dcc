#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "shm/scoreboard_private.h"
#include "base/clock.h"
#include "test.h"

static char		 dir[64], path[80];
static struct arena	 arena;

static void
in_new_folder(void)
{
	snprintf(dir, sizeof(dir), "/tmp/test_board.XXXXXX");
	if (mkdtemp(dir) == NULL || !arena_init(&arena, (size_t)8 << 20))
		exit(2);
	snprintf(path, sizeof(path), "%s/board", dir);
}

static void
leave(void)
{
	char	 lock[96];

	snprintf(lock, sizeof(lock), "%s.lock", path);
	unlink(path);
	unlink(lock);
	CHECK("nothing else was left in the folder", rmdir(dir) == 0);
	arena_free(&arena);
}

static const char *
text(void)
{
	struct buf	 b;

	arena_reset(&arena);
	buf_init(&b, &arena);
	CHECK("prints", scoreboard_print(path, &b));
	return b.p == NULL ? "" : b.p;
}

/* The value of this series; -1: there is none, -2: more than one. */
static double
value(const char *all, const char *series)
{
	char		 line[256];
	const char	*at;
	int		 n;

	n = snprintf(line, sizeof(line), "\n%s ", series);
	if ((at = strstr(all, line)) == NULL)
		return -1;
	if (strstr(at + 1, line) != NULL)
		return -2;
	return strtod(at + n, NULL);
}

#define OF(route, method)	"{service=\"shop\",route=\"" route "\",method=\"" method "\""
#define REQUESTS(route, method, status)					\
	"api_http_requests_total" OF(route, method) ",status=\"" status "\"}"
#define UNDER(route, method, le)					\
	"api_http_request_duration_seconds_bucket" OF(route, method) ",le=\"" le "\"}"

static void
count(struct scoreboard *b, size_t route, int status, int64_t us, enum cache_outcome cache)
{
	struct scoreboard_entry	 e = { .route = route, .status = status, .us = us,
				    .statements = 2, .db_us = 1500, .cache = cache };

	scoreboard_count(b, &e);
}

static void
test_figures(void)
{
	static const struct {
		const char	*series;
		double		 want;
	} cases[] = {
		{ REQUESTS("/v1/a", "GET", "200"), 3 },
		{ REQUESTS("/v1/a", "GET", "404"), 1 },
		{ REQUESTS("/v1/a", "GET", "500"), -1 },
		{ REQUESTS("/v1/a", "POST", "201"), 1 },
		{ REQUESTS("other", "other", "404"), 1 },
		{ REQUESTS("/v1/a", "POST", "4xx"), 1 },
		{ REQUESTS("/v1/a", "POST", "5xx"), 1 },
		{ UNDER("/v1/a", "GET", "0.005"), 1 },
		{ UNDER("/v1/a", "GET", "0.01"), 2 },
		{ UNDER("/v1/a", "GET", "10"), 3 },
		{ UNDER("/v1/a", "GET", "+Inf"), 4 },
		{ "api_http_request_duration_seconds_sum" OF("/v1/a", "GET") "}", 11.010002 },
		{ "api_http_request_duration_seconds_count" OF("/v1/a", "GET") "}", 4 },
		{ "api_db_statements_total", 16 },
		{ "api_db_seconds_total", 0.012 },
		{ "api_cache_requests_total{service=\"shop\",route=\"/v1/a\",result=\"hit\"}", 3 },
		{ "api_cache_requests_total{service=\"shop\",route=\"/v1/a\",result=\"fill\"}", 1 },
		{ "api_cache_requests_total{service=\"shop\",route=\"/v1/a\",result=\"none\"}", -1 },
	};
	struct scoreboard	*b;
	const char	*all;
	char		 up[80];
	size_t		 i;

	in_new_folder();
	b = scoreboard_open(path, "shop", "things");
	scoreboard_name_route(b, 0, "GET", "/v1/a");
	scoreboard_name_route(b, 1, "POST", "/v1/a");
	scoreboard_name_route(b, SCOREBOARD_ROUTES, "GET", "/v1/beyond");
	count(b, 0, 200, 5000, CACHE_HIT);
	count(b, 0, 200, 5001, CACHE_HIT);
	count(b, 0, 200, 1000000, CACHE_FILL);
	count(b, 0, 404, 10000001, CACHE_NONE);
	count(b, 1, 201, 0, CACHE_HIT);
	count(b, 1, 499, -5, CACHE_NONE);
	count(b, 1, 777, 1, CACHE_NONE);
	count(b, SCOREBOARD_NO_ROUTE, 404, 1, CACHE_NONE);
	all = text();
	for (i = 0; i < NELEMS(cases); i++)
		if (strstr(cases[i].series, "_sum") == NULL)
			CHECK_INT(cases[i].series, value(all, cases[i].series) * 1000,
			    cases[i].want * 1000);
	CHECK("the sum", value(all, cases[11].series) > 11.0 &&
	    value(all, cases[11].series) < 11.1);
	snprintf(up, sizeof(up), "api_process_up{program=\"things\",pid=\"%d\"}", (int)getpid());
	CHECK_INT("this process", value(all, up), 1);
	scoreboard_close(b);
	CHECK_INT("is gone", value(text(), up), -1);
	CHECK_INT("its figures are not", value(text(), cases[0].series), 3);
	leave();
}

static void
test_text(void)
{
	static const char	*const heads[] = { "api_http_requests_total counter",
				    "api_http_request_duration_seconds histogram",
				    "api_db_statements_total counter",
				    "api_db_seconds_total counter",
				    "api_cache_requests_total counter",
				    "api_process_up gauge" };
	struct scoreboard		*b[2];
	const char		*all, *at;
	char			 line[128];
	size_t			 i;

	in_new_folder();
	for (i = 0; i < 2; i++) {
		b[i] = scoreboard_open(path, "shop", "a\"b\\c\nd");
		scoreboard_name_route(b[i], 0, "GET", "/v1/\"{x}\"");
		count(b[i], 0, 200, 1, CACHE_HIT);
	}
	all = text();
	for (i = 0; i < NELEMS(heads); i++) {
		snprintf(line, sizeof(line), "\n# TYPE %s\n", heads[i]);
		at = strstr(all, line);
		CHECK(heads[i], at != NULL && strstr(at + 1, line) == NULL);
	}
	CHECK("a label with odd letters", strstr(all, "program=\"a\\\"b\\\\c\\nd\"") != NULL);
	CHECK_INT("two of one program are one series",
	    value(all, REQUESTS("/v1/\\\"{x}\\\"", "GET", "200")), 2);
	CHECK("ends with a newline", all[strlen(all) - 1] == '\n');
	scoreboard_close(b[0]);
	scoreboard_close(b[1]);
	leave();
}

#define JOBS(kind, result)	"api_jobs_total{kind=\"" kind "\",result=\"" result "\"}"

/* Of two processes, of which one ends: nothing is lost, or counted twice. */
static void
test_jobs(void)
{
	static const struct {
		const char	*series;
		double		 want;
	} cases[] = {
		{ JOBS("order.expire", "done"), 3 },
		{ JOBS("order.expire", "again"), 1 },
		{ JOBS("sweep", "dead"), 1 },
		{ JOBS("sweep", "lost"), 1 },
		{ JOBS("sweep", "done"), -1 },
		{ JOBS("other", "left"), 2 },
	};
	struct scoreboard	*b, *other;
	const char	*all;

	in_new_folder();
	b = scoreboard_open(path, "shop", "orders");
	other = scoreboard_open(path, "shop", "orders");
	for (int again = 0; again < 2; again++) {
		if (again) {
			scoreboard_close(other);
			other = scoreboard_open(path, "core", "docs");
		} else {
			scoreboard_name_job(b, 0, "order.expire");
			scoreboard_name_job(b, 1, "sweep");
			scoreboard_name_job(b, SCOREBOARD_KINDS, "beyond");
			scoreboard_name_job(other, 0, "order.expire");
			scoreboard_count_job(b, 0, SCOREBOARD_JOB_DONE);
			scoreboard_count_job(other, 0, SCOREBOARD_JOB_DONE);
			scoreboard_count_job(other, 0, SCOREBOARD_JOB_DONE);
			scoreboard_count_job(other, 0, SCOREBOARD_JOB_RETRIED);
			scoreboard_count_job(b, 1, SCOREBOARD_JOB_DEAD);
			scoreboard_count_job(b, 1, SCOREBOARD_JOB_LEASE_LOST);
			scoreboard_count_job(b, SCOREBOARD_KINDS, SCOREBOARD_JOB_SKIPPED);
			scoreboard_count_job(other, (size_t)-1, SCOREBOARD_JOB_SKIPPED);
		}
		all = text();
		for (size_t i = 0; i < NELEMS(cases); i++)
			CHECK_INT(cases[i].series, value(all, cases[i].series), cases[i].want);
	}
	scoreboard_name_job(NULL, 0, "nobody");
	scoreboard_count_job(NULL, 0, SCOREBOARD_JOB_DONE);
	scoreboard_close(b);
	scoreboard_close(other);
	leave();
}

static void
test_workers(void)
{
	static struct scoreboard_worker	 w[SCOREBOARD_SLOTS];
	char				 build[SCOREBOARD_BUILD];
	struct scoreboard			*b, *other;
	size_t				 n;

	in_new_folder();
	CHECK_INT("no file", scoreboard_workers(path, w), 0);
	b = scoreboard_open(path, "shop", "things");
	other = scoreboard_open(path, "core", "docs");
	CHECK_INT("both", scoreboard_workers(path, w), 2);
	CHECK_TEXT("starts", scoreboard_state_name(w[0].state), "starting");
	scoreboard_name_route(b, 0, "GET", "/v1/a");
	count(b, 0, 200, 1, CACHE_HIT);
	count(b, 0, 503, 1, CACHE_NONE);
	count(b, 0, 599, 1, CACHE_NONE);
	scoreboard_set_state(b, SCOREBOARD_SERVING);
	scoreboard_add_busy(b, 1);
	scoreboard_add_busy(b, 1);
	scoreboard_add_busy(b, -1);
	scoreboard_set_memory(b, 4096);
	scoreboard_close(other);
	n = scoreboard_workers(path, w);
	CHECK_INT("the other is gone", n, 1);
	CHECK_TEXT("program", w[0].program, "things");
	CHECK_TEXT("state", scoreboard_state_name(w[0].state), "serving");
	CHECK_INT("pid", w[0].pid, getpid());
	CHECK_INT("answered", w[0].served, 3);
	CHECK_INT("errors", w[0].errors, 2);
	CHECK_INT("in flight", w[0].busy, 1);
	CHECK_INT("memory", w[0].kib, 4096);
	scoreboard_build_id("/proc/self/exe", build);
	CHECK_TEXT("build", w[0].build, build);
	scoreboard_build_id("/nonexistent", build);
	CHECK_TEXT("no build", build, "");
	CHECK_TEXT("no such state", scoreboard_state_name((enum scoreboard_state)99), "unknown");
	scoreboard_set_state(NULL, SCOREBOARD_SERVING);
	scoreboard_add_busy(NULL, 1);
	scoreboard_set_memory(NULL, 1);
	scoreboard_close(b);
	leave();
}

/* Counts are exact at the bounds of buckets, quantiles lie within their bucket. */
static void
test_times(void)
{
	static const struct {
		const char	*label;
		int64_t		 us[8];		/* 0 ends them */
		unsigned	 of_1000;
		int64_t		 least, most;
	} cases[] = {
		{ "one of 1 us", { 1 }, 500, 1, 2 },
		{ "the middle of three", { 10, 1000, 100000 }, 500, 960, 1024 },
		{ "the slowest of three", { 10, 1000, 100000 }, 990, 98304, 106496 },
		{ "the fastest", { 10, 1000, 100000 }, 1, 10, 11 },
		{ "half are slower", { 100, 100, 9000, 9000 }, 500, 96, 104 },
		{ "a bucket's least", { 1024 }, 1000, 1024, 1152 },
		{ "a bucket's most", { 1023 }, 1000, 960, 1024 },
		{ "one of 15 us", { 15 }, 500, 15, 16 },
		{ "one of 16 us", { 16 }, 500, 16, 18 },
		{ "the last bucket", { 130000000 }, 500, 125829120, 134217728 },
		{ "beyond the last", { INT64_MAX }, 500, 125829120, 134217728 },
		{ "below the first", { -7 }, 500, 0, 1 },
	};
	static struct scoreboard_worker	 w[SCOREBOARD_SLOTS];
	struct scoreboard			*b;
	int64_t				 got;
	size_t				 i, k;

	for (i = 0; i < NELEMS(cases); i++) {
		in_new_folder();
		b = scoreboard_open(path, "shop", "things");
		CHECK_INT("none yet", scoreboard_workers(path, w), 1);
		CHECK_INT("no quantile of none", scoreboard_quantile(w[0].times, 500), -1);
		for (k = 0; cases[i].us[k] != 0; k++)
			count(b, 0, 200, cases[i].us[k], CACHE_HIT);
		CHECK_INT("looks", scoreboard_workers(path, w), 1);
		CHECK_INT("all of them", scoreboard_sum(w[0].times), k);
		got = scoreboard_quantile(w[0].times, cases[i].of_1000);
		CHECK(cases[i].label, got >= cases[i].least && got <= cases[i].most);
		scoreboard_close(b);
		leave();
	}
}

/* Cells are used again after a minute, and those of before do not count. */
/* On a machine that has run for an hour. */
static void
test_rate(void)
{
	static struct throughput	 p;
	const uint64_t		 now = 3600;
	const int64_t		 now_us = (int64_t)now * 1000000;
	double			 rate;

	for (uint64_t s = now - 80; s <= now; s++)
		p.second[s % SECONDS] = s << 32 | 5;
	p.second[(now - 63) % SECONDS] = (now - 63) << 32 | 1000;
	rate = throughput_rate(&p, (int64_t)3600 * 1000, now_us);
	CHECK("of the last minute", rate > 4.8 && rate < 5.2);
	rate = throughput_rate(&p, 10000, now_us);
	CHECK("of a short life", rate > 29.5 && rate < 30.6);
	CHECK("of one just born", throughput_rate(&p, 0, now_us) < 400000);
	memset(&p, 0, sizeof(p));
	CHECK("of none", throughput_rate(&p, 1000, now_us) == 0);
	for (uint64_t s = 0; s < SECONDS; s++)
		p.second[s] = (now - 1000) << 32 | 9;
	for (int i = 0; i < 3; i++)
		throughput_count(&p, 1, now_us);
	rate = throughput_rate(&p, 1000, now_us);
	CHECK("what is old is not counted on", rate > 2.9 && rate < 3.1);
}

/* The clock of a machine that has just started is below the minute of a rate. */
static void
test_rate_after_boot(void)
{
	static struct throughput	 p;
	double			 rate;

	CHECK("of none", throughput_rate(&p, 1000, 0) == 0);
	for (int64_t us = 0; us < 4000000; us += 500000)
		throughput_count(&p, 1, us);
	rate = throughput_rate(&p, 4000, 3900000);
	CHECK("of four seconds", rate > 1.9 && rate < 2.1);
}

static void
test_connections(void)
{
	static struct scoreboard_worker	 w[SCOREBOARD_SLOTS];
	struct scoreboard			*b;

	in_new_folder();
	CHECK("nobody counts without a board", scoreboard_connection_counter(NULL) == NULL);
	b = scoreboard_open(path, "shop", "things");
	atomic_fetch_add(scoreboard_connection_counter(b), 3);
	CHECK_INT("looks", scoreboard_workers(path, w), 1);
	CHECK_INT("connections", w[0].connections, 3);
	scoreboard_close(b);
	b = scoreboard_open(path, "shop", "things");
	CHECK_INT("looks again", scoreboard_workers(path, w), 1);
	CHECK_INT("the next one has none", w[0].connections, 0);
	scoreboard_close(b);
	leave();
}

static void
spoil(off_t at)
{
	int	 fd = open(path, O_RDWR);

	CHECK("spoilt", pwrite(fd, "\xff", 1, at) == 1);
	close(fd);
}

static void
test_refused(void)
{
	struct scoreboard	*b, *other;
	struct buf	 out;

	in_new_folder();
	buf_init(&out, &arena);
	CHECK("nothing to print", !scoreboard_print(path, &out));
	CHECK("no such folder", scoreboard_open("/nonexistent/board", "s", "p") == NULL);
	count(NULL, 0, 200, 1, CACHE_HIT);
	scoreboard_name_route(NULL, 0, "GET", "/");
	scoreboard_close(NULL);
	b = scoreboard_open(path, "shop", "things");
	scoreboard_name_route(b, 0, "GET", "/v1/a");
	spoil(8);
	CHECK("another build's file is not printed", !scoreboard_print(path, &out));
	other = scoreboard_open(path, "shop", "things");
	CHECK("but replaced", other != NULL);
	count(b, 0, 200, 1, CACHE_HIT);
	CHECK_INT("the old one counts where nobody looks",
	    value(text(), REQUESTS("/v1/a", "GET", "200")), -1);
	scoreboard_close(b);
	scoreboard_close(other);
	leave();
}

static void
test_full(void)
{
	struct scoreboard	*b[SCOREBOARD_SLOTS];
	size_t		 i;

	in_new_folder();
	for (i = 0; i < SCOREBOARD_SLOTS; i++)
		CHECK("a slot", (b[i] = scoreboard_open(path, "shop", "p")) != NULL);
	CHECK("one too many", scoreboard_open(path, "shop", "p") == NULL);
	scoreboard_close(b[7]);
	b[7] = scoreboard_open(path, "shop", "p");
	CHECK("one was given back", b[7] != NULL);
	for (i = 0; i < SCOREBOARD_SLOTS; i++)
		scoreboard_close(b[i]);
	leave();
}

/* A process that counts `n`, says so, and waits to be killed. */
static pid_t
counting(int n)
{
	struct scoreboard	*b;
	int		 p[2];
	char		 c;
	pid_t		 pid;

	if (pipe(p) != 0)
		exit(2);
	if ((pid = fork()) == 0) {
		close(p[0]);
		b = scoreboard_open(path, "shop", "things");
		scoreboard_name_route(b, 0, "GET", "/v1/a");
		while (n-- > 0)
			count(b, 0, 200, 1, CACHE_HIT);
		if (b == NULL || write(p[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(p[1]);
	CHECK("counted", read(p[0], &c, 1) == 1);
	close(p[0]);
	return pid;
}

static void
test_killed(void)
{
	const char	*series = REQUESTS("/v1/a", "GET", "200");
	char		 up[80];
	pid_t		 pid;
	int		 i;

	in_new_folder();
	for (i = 1; i <= 5; i++) {
		pid = counting(10);
		snprintf(up, sizeof(up), "api_process_up{program=\"things\",pid=\"%d\"}",
		    (int)pid);
		CHECK_INT("while it lives", value(text(), series), 10 * i);
		CHECK_INT("it is up", value(text(), up), 1);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		CHECK_INT("after kill -9", value(text(), series), 10 * i);
		CHECK_INT("it is not up", value(text(), up), -1);
	}
	leave();
}

/*
 * Processes die at any moment, most of them while they take over a dead one's
 * slot; whoever looks meanwhile never sees a figure go down, and in the end
 * none is doubled.
 */
static void
test_chaos(void)
{
	const char	*series = REQUESTS("/v1/a", "GET", "200");
	struct scoreboard	*b;
	double		 last = 0, now;
	pid_t		 pid;
	int		 i;

	in_new_folder();
	for (i = 0; i < 20; i++) {
		kill(pid = counting(1000), SIGKILL);
		waitpid(pid, NULL, 0);
		if ((pid = fork()) == 0)
			for (;;)
				scoreboard_close(scoreboard_open(path, "shop", "idle"));
		usleep((useconds_t)(i * 217 % 3000));
		now = value(text(), series);
		CHECK("never down", now >= last);
		last = now;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	CHECK_INT("each counted once", value(text(), series), 20 * 1000);
	b = scoreboard_open(path, "shop", "things");
	CHECK_INT("also after the last was folded", value(text(), series), 20 * 1000);
	scoreboard_close(b);
	leave();
}

/* The moments of a fold at which one may die, made by hand. */
enum moment { BEFORE_WORD, AFTER_WORD, HALF_CLEARED, CLEARED };

static void
die_at(enum moment m)
{
	struct scoreboard_file	*f = shm_file_open(path, &scoreboard_kind);
	uint64_t		 w = atomic_load(&f->fold);
	size_t			 other = !FOLD_ACTIVE(w);

	f->totals[other] = f->totals[!other];
	scoreboard_fold(&f->totals[other], &f->slot[0]);
	if (m >= AFTER_WORD)
		atomic_store(&f->fold, ((w >> 9) + 1) << 9 | 1 << 1 | other);
	if (m >= HALF_CLEARED)
		memset(&f->slot[0].row, 0, sizeof(f->slot[0].row));
	if (m >= CLEARED)
		memset(&f->slot[0], 0, sizeof(f->slot[0]));
	shm_file_close(f, &scoreboard_kind);
}

static void
test_halfway(void)
{
	static const struct {
		const char	*label;
		enum moment	 moment;
	} cases[] = {
		{ "the other totals written", BEFORE_WORD },
		{ "the word written", AFTER_WORD },
		{ "the slot half empty", HALF_CLEARED },
		{ "the slot empty, still named", CLEARED },
	};
	const char	*series = REQUESTS("/v1/a", "GET", "200");
	struct scoreboard	*b;
	pid_t		 pid;
	size_t		 i;
	int		 round;

	for (i = 0; i < NELEMS(cases); i++) {
		in_new_folder();
		for (round = 1; round <= 3; round++) {
			kill(pid = counting(10), SIGKILL);
			waitpid(pid, NULL, 0);
			die_at(cases[i].moment);
			CHECK_INT(cases[i].label, value(text(), series), 10 * round);
			b = scoreboard_open(path, "shop", "next");
			CHECK_INT("taken over", value(text(), series), 10 * round);
			scoreboard_close(b);
			CHECK_INT("and left", value(text(), series), 10 * round);
		}
		leave();
	}
}

TESTS(scoreboard,
    { "figures of every kind", test_figures },
    { "the text", test_text },
    { "jobs by kind", test_jobs },
    { "who lives", test_workers },
    { "times and their quantiles", test_times },
    { "a rate", test_rate }, { "rate after boot", test_rate_after_boot },
    { "connections", test_connections },
    { "what can not be opened or printed", test_refused },
    { "all slots taken", test_full },
    { "killed: never down, counted once", test_killed },
    { "killed while folding", test_chaos },
    { "died halfway through a fold", test_halfway })
