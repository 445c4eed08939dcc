/*
 * rehearse - compare the answers of the running program and of a new program to
 * captured requests.  Each program runs in a separate process for this.
 *
 * A difference counts only if the old program gives the same answer before and after
 * the new program, several times: concurrent writes also change answers.
 */
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include "shm/capture.h"
#include "roll/rehearse.h"
#include "roll/roll.h"
#include "subprocess.h"
#include "shm/run_dir.h"

#define SURE		3	/* times that the answers must differ */
#define TRIES		20	/* to get equal answers of the old program */
#define PAUSE_MS	5	/* between tries, growing, as a write may be in progress */
#define SLACK_MS	5000	/* allowed for an answer, beyond its statements */
#define SHOWN		3	/* differences that are printed in full */
#define MAX_ANSWER	((size_t)64 << 20)
#define MAX_MEMORY	((size_t)512 << 20)

/* One of the two programs. */
struct side {
	struct subprocess	 run;
	int64_t		 ms;		/* longest time for an answer */
};

struct rehearsal {
	const struct roll_target	*pr;
	struct side		 old, new;
	struct arena		 arena;		/* of one request */
	struct buf		 report;
	size_t			 asked, differ, changing;
};

/* --- one answer ------------------------------------------------------------- */

static struct str
request_text(struct arena *a, const struct capture_request *g)
{
	const char	*query = memchr(g->target.p, '?', g->target.n);
	struct buf	 b, all;

	buf_init(&b, a);
	buf_fmt(&b, "REQUEST_METHOD=GET%cREQUEST_URI=%.*s%cQUERY_STRING=%.*s%c"
	    "REMOTE_ADDR=127.0.0.1%c", 0, STR_ARG(g->target), 0, query == NULL ? 0 :
	    (int)(g->target.p + g->target.n - query - 1), query == NULL ? "" : query + 1,
	    0, 0);
	if (g->accept.p != NULL)
		buf_fmt(&b, "HTTP_ACCEPT=%.*s%c", STR_ARG(g->accept), 0);
	if (g->prefer.p != NULL)
		buf_fmt(&b, "HTTP_PREFER=%.*s%c", STR_ARG(g->prefer), 0);
	buf_init(&all, a);
	buf_fmt(&all, "%zu\n", b.n);
	buf_str(&all, buf_view(&b));
	return buf_ok(&b) && buf_ok(&all) ? buf_view(&all) : (struct str){ NULL, 0 };
}

/* "200 2 1234\n" */
static bool
side_read_head(struct side *s, struct rehearse_answer *a, size_t *n)
{
	char	 line[64];
	size_t	 at = 0;

	while (at < sizeof(line) - 1 && subprocess_read(&s->run, line + at, 1, s->ms))
		if (line[at++] == '\n')
			break;
	line[at] = '\0';
	return sscanf(line, "%d %" SCNu64 " %zu", &a->status, &a->statements, n) == 3 &&
	    *n < MAX_ANSWER;
}

static bool
side_request(struct rehearsal *r, struct side *s, const struct capture_request *g, struct rehearse_answer *a)
{
	struct str	 request = request_text(&r->arena, g);
	size_t		 n;
	char		*p;

	if (request.p == NULL || !subprocess_write(&s->run, request, s->ms) ||
	    !side_read_head(s, a, &n) || (p = arena_alloc(&r->arena, n + 1)) == NULL ||
	    !subprocess_read(&s->run, p, n, s->ms))
		return false;
	p[n] = '\0';
	a->text = (struct str){ p, n };
	rehearse_mask(a, p);
	return true;
}

/* --- comparing ---------------------------------------------------------------- */

enum verdict { SAME, OTHER, CHANGING, OLD_FAILED, NEW_FAILED };

static bool
is_different(const struct rehearse_answer *old, const struct rehearse_answer *new)
{
	return !str_eq(old->text, new->text) || new->statements > old->statements;
}

static enum verdict
answers_compare(struct rehearsal *r, const struct capture_request *g, struct rehearse_answer *old,
    struct rehearse_answer *new)
{
	struct rehearse_answer	 again;
	int		 sure = 0;

	if (!side_request(r, &r->old, g, old))
		return OLD_FAILED;
	for (int i = 0; i < TRIES; i++) {
		if (!side_request(r, &r->new, g, new))
			return NEW_FAILED;
		if (!is_different(old, new))
			return SAME;
		if (!side_request(r, &r->old, g, &again))
			return OLD_FAILED;
		if (str_eq(old->text, again.text) && ++sure == SURE)
			return OTHER;
		*old = again;
		(void)poll(NULL, 0, PAUSE_MS * (i + 1));
	}
	return CHANGING;
}

static void
request_print(struct buf *b, const struct capture_request *g)
{
	buf_fmt(b, "GET %.*s", STR_ARG(g->target));
	if (g->accept.p != NULL)
		buf_fmt(b, "  Accept: %.*s", STR_ARG(g->accept));
	if (g->prefer.p != NULL)
		buf_fmt(b, "  Prefer: %.*s", STR_ARG(g->prefer));
}

static const char *
side_failure(struct side *s, bool *late)
{
	int	 status = subprocess_wait(&s->run, 100);

	*late = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	return arena_fmt(admin_arena(), *late ? "does not answer in %d s" :
	    WIFSIGNALED(status) ? "died by signal %d" : "ended with %d",
	    *late ? (int)(s->ms / 1000) : WIFSIGNALED(status) ? WTERMSIG(status) :
	    WEXITSTATUS(status));
}

/* Compare one request.  False: a program failed, so stop. */
static bool
request_rehearse(struct rehearsal *r, const struct capture_request *g)
{
	struct rehearse_answer	 old, new;
	enum verdict	 v = answers_compare(r, g, &old, &new);
	bool		 late;

	r->asked++;
	r->changing += v == CHANGING;
	if (v == SAME || v == CHANGING)
		return true;
	if (++r->differ <= SHOWN || v != OTHER) {
		request_print(&r->report, g);
		buf_byte(&r->report, '\n');
	}
	if (v == OTHER && r->differ <= SHOWN)
		rehearse_diff(&r->report, &old, &new);
	if (v == OTHER)
		return true;
	buf_fmt(&r->report, "  the %s program %s\n", v == NEW_FAILED ? "new" : "old",
	    side_failure(v == NEW_FAILED ? &r->new : &r->old, &late));
	return false;
}

/* --- all requests ------------------------------------------------------------- */

static int
outcome_print(struct rehearsal *r, size_t of)
{
	if (r->differ == 0) {
		printf("%s: rehearsed %zu requests with equal answers", r->pr->name,
		    r->asked);
		printf(r->changing > 0 ? "; %zu not compared, as their data kept changing\n" :
		    "\n", r->changing);
		return 0;
	}
	(void)fflush(stdout);
	(void)fwrite(r->report.p, 1, r->report.n, stderr);
	return admin_error("%s: the answers to %zu of %zu captured requests differ%s",
	    r->pr->name, r->differ, of, r->differ > SHOWN ? "; the first are shown" : "");
}

static int
rehearse_all(struct rehearsal *r, const struct capture_request *g, size_t n)
{
	bool	 going = true;

	for (size_t i = 0; i < n && going; i++) {
		going = request_rehearse(r, &g[i]);
		arena_reset(&r->arena);
	}
	(void)subprocess_wait(&r->old.run, 1000);
	(void)subprocess_wait(&r->new.run, 1000);
	return outcome_print(r, n);
}

static int
rehearse_with(struct rehearsal *r, const char *old, const char *new,
    const struct capture_request *g, size_t n)
{
	int	 status = 1;

	buf_init(&r->report, admin_arena());
	if (!arena_init(&r->arena, MAX_MEMORY))
		return admin_error("out of memory");
	if (subprocess_start(&r->old.run, old, "--replay", false)) {
		if (subprocess_start(&r->new.run, new, "--replay", false))
			status = rehearse_all(r, g, n);
		(void)subprocess_wait(&r->old.run, 0);
	}
	arena_free(&r->arena);
	return status;
}

int
rehearse(const struct roll_target *pr, const char *old, const char *new)
{
	const struct conf	*cf = process_conf();
	int64_t			 ms = cf->statement_ms + cf->database_wait_ms + SLACK_MS;
	struct rehearsal	 r = { .pr = pr, .old.ms = ms, .new.ms = ms };
	const char		*path = admin_fmt("%s/%s." RUN_DIR_CAPTURE, pr->run_dir,
				    pr->name);
	struct capture_request	*g = arena_array(admin_arena(), struct capture_request,
				    CAPTURE_MAX_READ);
	size_t			 n;

	if (g == NULL)
		return admin_error("out of memory");
	n = capture_read(path, admin_arena(), g, (size_t)pr->rehearse);
	if (n > 0)
		return rehearse_with(&r, old, new, g, n);
	printf("%s: no captured requests: nothing to rehearse\n", pr->name);
	return 0;
}
