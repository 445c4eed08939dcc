/* process - the running programs of an installation. */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "process.h"
#include "shm/run_dir.h"

#define PROCESSES	256
#define CARD_END	".super"

const struct conf *
process_conf(void)
{
	static struct conf	 conf;
	struct buf		 errors;

	if (conf.run_dir != NULL)
		return &conf;
	buf_init(&errors, admin_arena());
	if (!conf_load(&conf, &errors))
		(void)fprintf(stderr, "%.*s", STR_ARG(buf_view(&errors)));
	return &conf;
}

const char *
process_folder(void)
{
	return process_conf()->run_dir;
}

static bool
is_program_name(const char *name)
{
	size_t	 n = 0;

	while (isalnum((unsigned char)name[n]) || name[n] == '_' || name[n] == '-')
		n++;
	return n > 0 && n < PROCESS_NAME && name[n] == '\0';
}

bool
process_read(const char *run_dir, const char *name, struct process *p)
{
	int	 fd = is_program_name(name) ? pidfile_open_readonly(run_dir, name) : -1;

	*p = (struct process){ .known = false };
	(void)snprintf(p->name, sizeof(p->name), "%s", name);
	if (fd == -1)
		return false;
	p->known = pidfile_read(fd, &p->pidfile);
	p->alive = p->known && pidfile_is_locked(fd);
	close(fd);
	return p->known;
}

bool
process_plain(const struct process *p)
{
	return p->known && !p->alive && p->pidfile.state == PIDFILE_UNSUPERVISED;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct process *)a)->name,
	    ((const struct process *)b)->name);
}

struct process *
process_all(const char *run_dir)
{
	static struct process	 all[PROCESSES + 1];
	DIR		*dir = opendir(run_dir);
	struct dirent	*e;
	size_t		 n = 0;
	struct str	 name;

	while (dir != NULL && n < PROCESSES &&
	    (e = readdir(dir)) != NULL) {
		name = str_of(e->d_name);
		if (!str_ends(name, STR(CARD_END)))
			continue;
		e->d_name[name.n - (sizeof(CARD_END) - 1)] = '\0';
		n += process_read(run_dir, e->d_name, &all[n]);
	}
	if (dir != NULL)
		(void)closedir(dir);
	all[n].name[0] = '\0';
	qsort(all, n, sizeof(*all), by_name);
	return all;
}

size_t
process_workers(const char *run_dir, struct scoreboard_worker workers[SCOREBOARD_SLOTS])
{
	return scoreboard_workers(admin_run_path(run_dir, RUN_DIR_SCOREBOARD), workers);
}

size_t
process_workers_of(const char *run_dir, const char *name,
    struct scoreboard_worker workers[SCOREBOARD_SLOTS])
{
	size_t	 n = process_workers(run_dir, workers), kept = 0;

	for (size_t i = 0; i < n; i++)
		if (strcmp(workers[i].program, name) == 0)
			workers[kept++] = workers[i];
	return kept;
}

/* Closes the descriptor. */
static bool
send_signal(int pidfd, int sig)
{
	bool	 sent = pidfd != -1 &&
		    syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0) == 0;

	if (pidfd != -1)
		close(pidfd);
	return sent;
}

bool
process_signal(const char *run_dir, const struct process *p, int sig)
{
	int		 pidfd = (int)syscall(SYS_pidfd_open, p->pidfile.pid, 0);
	struct process	 again;

	if (process_read(run_dir, p->name, &again) && again.alive &&
	    again.pidfile.pid == p->pidfile.pid)
		return send_signal(pidfd, sig);
	if (pidfd != -1)
		close(pidfd);
	return false;
}

bool
process_signal_worker(const char *run_dir, const struct scoreboard_worker *w, int sig)
{
	static struct scoreboard_worker	 now[SCOREBOARD_SLOTS];
	int				 pidfd = (int)syscall(SYS_pidfd_open, w->pid, 0);
	size_t				 n = process_workers(run_dir, now);

	for (size_t i = 0; i < n; i++)
		if (now[i].pid == w->pid && now[i].since_ms == w->since_ms)
			return send_signal(pidfd, sig);
	if (pidfd != -1)
		close(pidfd);
	return false;
}
