/* child - one child of the supervisor, from start to end. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "super/state.h"

static const char	*const commands[] = {
	[CHILD_WORKER] = "--worker", [CHILD_FALLBACK] = "--fallback", [CHILD_CHECK] = "--check",
};

int64_t
super_now(void)
{
	return clock_mono_us() / 1000;
}

/* --check must not accept requests; its output goes to the log. */
static void
leave_socket(void)
{
	int	 null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null == -1 || dup2(null, 0) == -1 || dup2(STDERR_FILENO, 1) == -1)
		_exit(127);
}

/* Runs in the child; does not return. */
static void
exec_child(const struct super *s, const struct child *c, int program, int packed)
{
	sigset_t	 none;

	if (c->kind == CHILD_CHECK)
		leave_socket();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	handoff_exec(program, s->h.program, commands[c->kind], packed);
	_exit(127);
}

static int
pack_for(const struct super *s, int ready)
{
	struct handoff	 h = s->h;

	h.super = (int32_t)getpid();
	h.ready = ready;
	h.lock = -1;
	return handoff_pack(&h);
}

static bool
child_fork(struct super *s, struct child *c, int program, int ready)
{
	int	 packed = pack_for(s, ready);

	if (packed == -1)
		return false;
	c->pid = (int32_t)fork();
	if (c->pid == 0) {
		(void)fcntl(ready, F_SETFD, 0);
		exec_child(s, c, program, packed);
	}
	if (c->pid == -1)
		log_event(LOG_ERROR, "super", "cannot fork: %s",
		    strerror(errno));
	close(packed);
	return c->pid != -1;
}

bool
child_start(struct super *s, enum child_kind kind, int program, uint32_t generation)
{
	struct child	 c = { .kind = (int32_t)kind, .generation = generation,
			    .born = super_now() };
	int		 p[2];

	if (s->h.n == MAX_CHILDREN || pipe2(p, O_CLOEXEC | O_NONBLOCK) != 0) {
		log_event(LOG_ERROR, "super", "too many children, or no descriptor for one more");
		return false;
	}
	c.pipe = p[0];
	if (child_fork(s, &c, program, p[1]))
		s->h.child[s->h.n++] = c;
	else
		close(p[0]);
	close(p[1]);
	return c.pid != -1;
}

void
child_retire(struct super *s, struct child *c)
{
	if (c->kill_at != 0)
		return;
	kill(c->pid, SIGTERM);
	c->kill_at = super_now() + s->conf->drain_seconds * 1000 + KILL_MS;
}

void
child_kill(struct child *c)
{
	kill(c->pid, SIGKILL);
	c->kill_at = super_now() + 1000;
}

/* Keep the first line that --check writes, as far as there is room. */
static void
keep_fault(struct super *s, char letter)
{
	size_t	 n = strlen(s->fault);

	if (n + 1 < sizeof(s->fault) && (n == 0 || s->fault[n - 1] != '\n'))
		s->fault[n] = letter;
}

/* A closed pipe means that it ends: waitpid() reports that. */
void
child_read(struct super *s, struct child *c)
{
	char	 letter;
	ssize_t	 n = -1;

	while (c->pipe != -1 && (n = read(c->pipe, &letter, 1)) == 1) {
		if (c->kind == CHILD_CHECK)
			keep_fault(s, letter);
		c->ready |= letter == SAY_READY;
		c->old |= letter == SAY_OLD;
	}
	if (c->pipe != -1 && n == 0) {
		close(c->pipe);
		c->pipe = -1;
	}
}

void
child_forget(struct super *s, size_t i)
{
	if (s->h.child[i].pipe != -1)
		close(s->h.child[i].pipe);
	s->h.child[i] = s->h.child[--s->h.n];
}

bool
child_fresh(const struct super *s, const struct child *c)
{
	return c->kind == CHILD_WORKER && c->generation == s->h.generation && !c->old &&
	    c->kill_at == 0;
}

size_t
child_count_fresh(const struct super *s)
{
	size_t	 n = 0;

	for (size_t i = 0; i < s->h.n; i++)
		n += child_fresh(s, &s->h.child[i]);
	return n;
}

size_t
child_count_ready(const struct super *s, uint32_t generation)
{
	const struct child	*c;
	size_t			 n = 0;

	for (c = s->h.child; c < s->h.child + s->h.n; c++)
		n += c->kind == CHILD_WORKER && c->generation == generation && c->ready &&
		    !c->old && c->kill_at == 0;
	return n;
}

size_t
child_count(const struct super *s, enum child_kind kind)
{
	size_t	 n = 0;

	for (size_t i = 0; i < s->h.n; i++)
		n += s->h.child[i].kind == (int32_t)kind;
	return n;
}
