/* brisk jobs: list, retry and run the jobs of the queues. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "admin.h"
#include "job/job.h"
#include "installed.h"

#define STATEMENT_MS	60000
#define LAST		"100"
#define PROGRAMS	256

struct invocation {
	const struct conf	*conf;
	struct db_login		 account;
	const char		*queue, *state, *seconds;
	bool			 all;
	int			 n;		/* arguments after the verb */
	char			**args;
};

/* --- list ----------------------------------------------------------------------- */

struct row {
	struct str	 id, queue, kind, state, error;
	struct stamp	 at;
	int64_t		 attempts;
};

struct job_filter {
	struct str	 queue, state;
};

static const struct schema row = SCHEMA("JobLine", struct row,
	FIELD_STR(struct row, id, .doc = "Key of a job or dead letter"),
	FIELD_STAMP(struct row, at, .flags = FIELD_OPTIONAL, .doc = "Due time, or time of the "
	    "first failure"),
	FIELD_STR(struct row, queue, .doc = "Queue"),
	FIELD_STR(struct row, kind, .doc = "Kind"),
	FIELD_STR(struct row, state, .doc = "State"),
	FIELD_INT(struct row, attempts, .doc = "Number of attempts"),
	FIELD_STR(struct row, error, .flags = FIELD_OPTIONAL, .doc = "Last error"));

/* A condition binds its value twice: to test whether it is given, and to compare. */
#define FILTER_VALUE(m)	FIELD_STR(struct job_filter, m, .doc = "Value to compare with")
static const struct schema both = SCHEMA("JobFilter", struct job_filter, FILTER_VALUE(queue),
	FILTER_VALUE(queue), FILTER_VALUE(state), FILTER_VALUE(state));
static const struct schema one = SCHEMA("LetterFilter", struct job_filter, FILTER_VALUE(queue),
	FILTER_VALUE(queue));

static const struct query jobs = {
	"SELECT CAST(id AS CHAR), run_at, queue, kind, state, attempts, last_error FROM jobs "
	"WHERE (? = '' OR queue = ?) AND (? = '' AND state IN ('ready', 'running') OR "
	"state = ?) ORDER BY run_at, id LIMIT " LAST, .in = &both, .out = &row };
static const struct query letters = {
	"SELECT LOWER(CONCAT_WS('-', HEX(SUBSTR(id, 1, 4)), HEX(SUBSTR(id, 5, 2)), "
	"HEX(SUBSTR(id, 7, 2)), HEX(SUBSTR(id, 9, 2)), HEX(SUBSTR(id, 11)))), "
	"first_failed_at, queue, kind, 'dead', attempts, last_error FROM dead_letters "
	"WHERE (? = '' OR queue = ?) AND retried_at IS NULL ORDER BY id DESC LIMIT " LAST,
	.in = &one, .out = &row };

/* Print without control characters, which a terminal would obey. */
static void
text_print(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		(void)putchar((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f ? '?' : s.p[i]);
}

static void
row_print(const struct row *r)
{
	char	 at[STAMP_LEN + 1] = "-";

	if (r->at.has)
		stamp_text(r->at, at);
	(void)printf("%-36.*s  %-24s  %-12.*s %-24.*s %-8.*s %2" PRId64 "  ",
	    STR_ARG(r->id), at, STR_ARG(r->queue), STR_ARG(r->kind), STR_ARG(r->state),
	    r->attempts);
	text_print(r->error);
	(void)putchar('\n');
}

/* Dead jobs are listed by their dead letters, whose keys `retry` takes. */
static int
jobs_list(const struct invocation *c)
{
	struct job_filter	 q = { str_of(c->queue == NULL ? "" : c->queue),
			    str_of(c->state == NULL ? "" : c->state) };
	struct store	 st = { .db = admin_db(c->conf, &c->account, STATEMENT_MS),
			    .arena = admin_arena() };
	void		*rows;
	size_t		 n;
	enum db_err	 err;

	if (st.db == NULL)
		return 1;
	err = query_all(&st, str_is(q.state, "dead") ? &letters : &jobs, &q, &rows, &n);
	if (err != DB_OK)
		(void)admin_error("%s", db_error_message(st.db));
	for (size_t i = 0; err == DB_OK && i < n; i++)
		row_print((struct row *)rows + i);
	db_close(st.db);
	return err == DB_OK ? 0 : 1;
}

/* --- retry ---------------------------------------------------------------------- */

struct retry_work {
	struct uuid	 letter;
	int64_t		 job;
};

static enum db_err
retry_tx(struct store *st, void *arg)
{
	struct retry_work	*a = arg;

	return job_requeue(st, a->letter, &a->job);
}

static bool
letter_retry(struct store *st, struct str id)
{
	struct retry_work	 a;
	enum db_err	 err;

	if (!uuid_parse(id, &a.letter))
		return admin_error_false("%.*s: must be the id of a dead letter; `brisk jobs "
		    "list --state dead` shows them", STR_ARG(id));
	err = store_write(st, (const struct str[]){ STR(JOB_DEAD_LETTERS) }, 1, retry_tx, &a);
	if (err == DB_OK)
		(void)printf("job %" PRId64 "\n", a.job);
	return err == DB_OK || admin_error_false("%.*s: %s", STR_ARG(id), err == DB_NOT_FOUND ?
	    "no such dead letter" : err == DB_ABORT ? "was queued again before" :
	    db_error_message(st->db));
}

/* In batches of LAST rows, until none is left. */
static bool
letters_retry(struct store *st, const struct invocation *c)
{
	struct job_filter	 q = { str_of(c->queue == NULL ? "" : c->queue), STR("") };
	struct row	*r;
	void		*rows;
	size_t		 n = 1;
	bool		 ok = true;

	while (ok && n > 0) {
		if (query_all(st, &letters, &q, &rows, &n) != DB_OK)
			return admin_error_false("%s", db_error_message(st->db));
		r = rows;
		for (size_t i = 0; ok && i < n; i++)
			ok = letter_retry(st, r[i].id);
	}
	return ok;
}

static int
jobs_retry(const struct invocation *c)
{
	struct store	 st;
	bool		 ok;

	if (c->all == (c->n > 0))
		return BRISK_USAGE;
	if (!admin_store(c->conf, &st))
		return 1;
	ok = !c->all || letters_retry(&st, c);
	for (int i = 0; i < c->n; i++)
		ok &= letter_retry(&st, str_of(c->args[i]));
	admin_store_close(&st);
	return ok ? 0 : 1;
}

/* --- programs ------------------------------------------------------------------- */

static bool
is_selected(const struct invocation *c, const struct installed *p)
{
	return p->on && p->runs && (c->queue == NULL || strcmp(c->queue, p->name) == 0);
}

static int
jobs_kinds(const struct invocation *c)
{
	struct str	 text, line;

	for (const struct installed *p = installed_all(c->conf); p->name[0] != '\0'; p++) {
		if (!is_selected(c, p))
			continue;
		if (installed_query(p, "--kinds", &text) != 0)
			return admin_error("%s --kinds failed", p->name);
		while (text.n > 0) {
			line = str_cut(&text, '\n');
			(void)printf("%-12s %.*s\n", p->name, STR_ARG(line));
		}
	}
	return 0;
}

static pid_t
jobs_start(const struct installed *p, const char *seconds)
{
	pid_t	 pid = fork();

	if (pid != 0)
		return pid;
	if (seconds == NULL)
		execl(p->path, p->path, "--jobs", (char *)NULL);
	else
		execl(p->path, p->path, "--jobs", "--for", seconds, (char *)NULL);
	_exit(127);
}

/* Run every program with --jobs at the same time; a program without a queue ends at
 * once. */
static int
jobs_run(const struct invocation *c)
{
	pid_t	 pid[PROGRAMS];
	size_t	 n = 0;
	int	 status, bad = 0;

	for (const struct installed *p = installed_all(c->conf); p->name[0] != '\0'; p++)
		if (is_selected(c, p) && (pid[n] = jobs_start(p, c->seconds)) > 0)
			n++;
	if (n == 0)
		return admin_error("no such program is installed");
	for (size_t i = 0; i < n; i++)
		if (waitpid(pid[i], &status, 0) != pid[i] || status != 0)
			bad = 1;
	return bad;
}

static const struct {
	const char	*name;
	int		(*run)(const struct invocation *);
	int		 max;		/* arguments */
} verbs[] = {
	{ "list", jobs_list, 0 },
	{ "retry", jobs_retry, INT_MAX },
	{ "run", jobs_run, 0 },
	{ "kinds", jobs_kinds, 0 },
};

int
cmd_jobs(int argc, char **argv)
{
	struct invocation		 c = { .args = argv + 1 };
	const struct flag	 flags[] = { { "queue", &c.queue, NULL },
		{ "state", &c.state, NULL }, { "for", &c.seconds, NULL },
		{ "all", NULL, &c.all }, LOGIN_FLAGS(c.account), { NULL, NULL, NULL } };
	size_t			 i;

	if ((c.n = flags_parse(flags, argc, argv) - 1) < 0)
		return BRISK_USAGE;
	for (i = 0; i < NELEMS(verbs); i++)
		if (strcmp(argv[0], verbs[i].name) == 0)
			break;
	if (i == NELEMS(verbs) || c.n > verbs[i].max)
		return BRISK_USAGE;
	c.conf = admin_conf();
	return c.conf == NULL ? 1 : verbs[i].run(&c);
}
