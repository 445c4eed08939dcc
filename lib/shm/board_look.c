/* board_look - who lives, and what they are at. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "shm/lock.h"
#include "base/hash.h"
#include "shm/board_private.h"
#include "base/clock.h"

static const char	*const states[BOARD_STATES] = {
	[BOARD_STARTING] = "starting", [BOARD_SERVING] = "serving",
	[BOARD_DRAINING] = "draining", [BOARD_SORRY] = "sorry",
	[BOARD_STOPPED] = "stopped",
};

const char *
board_state_name(enum board_state state)
{
	return (size_t)state < BOARD_STATES ? states[state] : "unknown";
}

void
board_build(const char *program, char build[BOARD_BUILD])
{
	struct stat	 st;
	uint64_t	 h = HASH_START;

	build[0] = '\0';
	if (stat(program, &st) != 0)
		return;
	h = hash_add_int(hash_add_int(h, (uint64_t)st.st_ino), (uint64_t)st.st_size);
	h = hash_add_int(hash_add_int(h, (uint64_t)st.st_mtim.tv_sec), (uint64_t)st.st_mtim.tv_nsec);
	(void)snprintf(build, BOARD_BUILD, "%012llx",
	    (unsigned long long)(h & 0xffffffffffffu));
}

static void
add_up(struct board_worker *w, const struct figures *f)
{
	for (size_t i = 0; board_statuses[i] != 0; i++) {
		w->served += f->status[i];
		if (board_statuses[i] == 5 || board_statuses[i] >= 500)
			w->errors += f->status[i];
	}
}

static void
describe(struct board_worker *w, const struct slot *s)
{
	*w = (struct board_worker){ .pid = s->pid, .since_ms = s->since_ms,
	    .state = s->state, .busy = s->busy, .kib = s->kib,
	    .connections = s->connections,
	    .rate = pace_rate(&s->pace, clock_now_ms() - s->since_ms) };
	memcpy(w->service, s->service, NAME_LEN);
	memcpy(w->program, s->program, NAME_LEN);
	memcpy(w->build, s->build, BOARD_BUILD);
	for (size_t i = 0; i < BOARD_TIMES; i++)
		w->times[i] = s->pace.time[i];
	for (size_t i = 0; i < NELEMS(s->row); i++)
		add_up(w, &s->row[i].f);
}

size_t
board_workers(const char *path, struct board_worker *to)
{
	const struct board_file	*f = mapped_look(path, &board_kind);
	int			 fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t			 n = 0;

	for (size_t i = 0; f != NULL && fd != -1 && i < BOARD_SLOTS; i++)
		if (atomic_load(&f->slot[i].used) != 0 && lock_is_held(fd, (off_t)i))
			describe(&to[n++], &f->slot[i]);
	if (fd != -1)
		close(fd);
	mapped_close(f, &board_kind);
	return n;
}
