/* super_child - one child of the supervisor, from its start to its end. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "super/private.h"

static const char	*const words[] = {
	[WORKER] = "--worker", [CHILD_FALLBACK] = "--sorry", [CHECK] = "--check",
};

int64_t
super_now(void)
{
	return clock_mono_us() / 1000;
}

/* What is told of --check goes where the log goes; it must not take requests. */
static void
leave_socket(void)
{
	int	 null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null == -1 || dup2(null, 0) == -1 || dup2(STDERR_FILENO, 1) == -1)
		_exit(127);
}

/* In the child. */
static void
become(const struct super *s, const struct child *c, int program, int packed)
{
	sigset_t	 none;

	if (c->kind == CHECK)
		leave_socket();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	handoff_exec(program, s->h.program, words[c->kind], packed);
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
		become(s, c, program, packed);
	}
	if (c->pid == -1)
		log_event(LOG_ERROR, "super", "cannot start a process: %s",
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
		log_event(LOG_ERROR, "super", "no room for one more process");
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

/* It finishes what it has; the second bound is for one that does not. */
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

/* A letter of what --check tells: of its first line, as much as has room. */
static void
note_told(struct super *s, char letter)
{
	size_t	 n = strlen(s->told);

	if (n + 1 < sizeof(s->told) && (n == 0 || s->told[n - 1] != '\n'))
		s->told[n] = letter;
}

/* All that it said; a closed pipe is its end, of which we hear anyway. */
void
child_hear(struct super *s, struct child *c)
{
	char	 word;
	ssize_t	 n = -1;

	while (c->pipe != -1 && (n = read(c->pipe, &word, 1)) == 1) {
		if (c->kind == CHECK)
			note_told(s, word);
		c->ready |= word == SAY_READY;
		c->old |= word == SAY_OLD;
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

/* A worker that counts as one of those wanted. */
bool
child_fresh(const struct super *s, const struct child *c)
{
	return c->kind == WORKER && c->generation == s->h.generation && !c->old &&
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
		n += c->kind == WORKER && c->generation == generation && c->ready &&
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
