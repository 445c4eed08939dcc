/* scoreboard_read - the running processes. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "shm/lock.h"
#include "base/hash.h"
#include "shm/scoreboard_private.h"
#include "base/clock.h"

static const char	*const states[SCOREBOARD_STATES] = {
	[SCOREBOARD_STARTING] = "starting", [SCOREBOARD_SERVING] = "serving",
	[SCOREBOARD_DRAINING] = "draining", [SCOREBOARD_FALLBACK] = "fallback",
	[SCOREBOARD_STOPPED] = "stopped",
};

const char *
scoreboard_state_name(enum scoreboard_state state)
{
	return (size_t)state < SCOREBOARD_STATES ? states[state] : "unknown";
}

void
scoreboard_build_id(const char *program, char build[SCOREBOARD_BUILD])
{
	struct stat	 st;
	uint64_t	 h = HASH_START;

	build[0] = '\0';
	if (stat(program, &st) != 0)
		return;
	h = hash_add_int(hash_add_int(h, (uint64_t)st.st_ino), (uint64_t)st.st_size);
	h = hash_add_int(hash_add_int(h, (uint64_t)st.st_mtim.tv_sec), (uint64_t)st.st_mtim.tv_nsec);
	(void)snprintf(build, SCOREBOARD_BUILD, "%012llx",
	    (unsigned long long)(h & 0xffffffffffffu));
}

static void
add_figures(struct scoreboard_worker *w, const struct figures *f)
{
	for (size_t i = 0; scoreboard_statuses[i] != 0; i++) {
		w->served += f->status[i];
		if (scoreboard_statuses[i] == 5 || scoreboard_statuses[i] >= 500)
			w->errors += f->status[i];
	}
}

static void
copy_worker(struct scoreboard_worker *w, const struct slot *s)
{
	*w = (struct scoreboard_worker){ .pid = s->pid, .since_ms = s->since_ms,
	    .state = s->state, .busy = s->busy, .kib = s->kib,
	    .connections = s->connections,
	    .rate = throughput_rate(&s->throughput, clock_now_ms() - s->since_ms,
		clock_mono_us()) };
	memcpy(w->service, s->service, NAME_LEN);
	memcpy(w->program, s->program, NAME_LEN);
	memcpy(w->build, s->build, SCOREBOARD_BUILD);
	for (size_t i = 0; i < SCOREBOARD_TIME_BUCKETS; i++)
		w->times[i] = s->throughput.time[i];
	for (size_t i = 0; i < NELEMS(s->row); i++)
		add_figures(w, &s->row[i].f);
}

size_t
scoreboard_workers(const char *path, struct scoreboard_worker *to)
{
	const struct scoreboard_file	*f = shm_file_open_readonly(path, &scoreboard_kind);
	int			 fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t			 n = 0;

	for (size_t i = 0; f != NULL && fd != -1 && i < SCOREBOARD_SLOTS; i++)
		if (atomic_load(&f->slot[i].used) != 0 && lock_is_held(fd, (off_t)i))
			copy_worker(&to[n++], &f->slot[i]);
	if (fd != -1)
		close(fd);
	shm_file_close(f, &scoreboard_kind);
	return n;
}
