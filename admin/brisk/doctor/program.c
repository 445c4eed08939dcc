/* doctor/program - the files of the programs, and the running programs. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "doctor/doctor.h"
#include "process.h"

static bool
service_exists(const struct installed *all, struct str service)
{
	for (; all->name[0] != '\0'; all++)
		if (str_is(service, all->service))
			return true;
	return str_is(service, "core");
}

void
doctor_services(struct doctor *d)
{
	struct str	 rest = str_of(d->conf.services), one;

	if (d->programs->name[0] == '\0') {
		doctor_note(d, "build or install again", "there is no list of "
		    "programs beside %s", admin_folder());
		return;
	}
	while (rest.p != NULL) {
		one = str_cut(&rest, ' ');
		if (one.n > 0 && !service_exists(d->programs, one))
			doctor_wrong(d, "correct `services` in brisk.conf",
			    "there is no service \"%.*s\"", STR_ARG(one));
	}
}

/* --- files of the programs -------------------------------------------------- */

/* Class and machine of an ELF file; 0: it is not an ELF file. */
static unsigned
elf_machine(const char *path)
{
	unsigned char	 head[EI_NIDENT + 4];
	int		 fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t		 n = fd == -1 ? -1 : read(fd, head, sizeof(head));

	if (fd != -1)
		close(fd);
	if (n != sizeof(head) || memcmp(head, ELFMAG, SELFMAG) != 0)
		return 0;
	return (unsigned)head[EI_CLASS] << 16 | (unsigned)head[EI_NIDENT + 2] << 8 |
	    head[EI_NIDENT + 3];
}

static void
check_file(struct doctor *d, const struct installed *p)
{
	struct stat	 st;
	struct str	 out, said;
	unsigned	 machine;

	if (stat(p->path, &st) != 0) {
		doctor_wrong(d, "build or upload it again, or remove its service from "
		    "`services`", "%s: %s", p->path, strerror(errno));
		return;
	}
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		doctor_wrong(d, admin_fmt("chmod go-w %s", p->path),
		    "other accounts may change %s (suEXEC refuses to run it)", p->path);
	machine = elf_machine(p->path);
	if (machine != 0 && machine != elf_machine("/proc/self/exe"))
		doctor_wrong(d, "build it here, or upload the program for this machine",
		    "%s is for another kind of machine", p->path);
	else if (!p->runs)
		doctor_wrong(d, admin_fmt("chmod 755 %s", p->path),
		    "%s cannot be started: it is not executable", p->path);
	else if (installed_query(p, "--mounts", &out) != 0) {
		said = str_cut(&out, '\n');
		doctor_wrong(d, "build or upload it again", "%s does not start: %.*s",
		    p->path, STR_ARG(said));
	}
}

void
doctor_programs(struct doctor *d)
{
	struct stat	 st;

	for (const struct installed *p = d->programs; p->name[0] != '\0'; p++)
		if (p->on)
			check_file(d, p);
	if (stat(admin_folder(), &st) == 0 && (st.st_mode & (S_IWGRP | S_IWOTH)))
		doctor_wrong(d, admin_fmt("chmod go-w %s", admin_folder()),
		    "other accounts may put programs into %s (suEXEC refuses to run them)",
		    admin_folder());
}

void
doctor_tables(struct doctor *d)
{
	struct str	 out;

	for (const struct installed *p = d->programs; p->name[0] != '\0'; p++) {
		if (!p->on || !p->runs || installed_query(p, "--check", &out) == 0)
			continue;
		if (out.n > 600)
			out.n = 600;
		doctor_wrong(d, "`brisk migrate up`; or program and tables have different "
		    "versions", "%s --check: %.*s", p->name, STR_ARG(out));
	}
}

/* --- running programs ----------------------------------------------------- */

static void
dead_finding(struct doctor *d, const struct process *p)
{
	struct stat	 st;
	bool		 held = p->pidfile.socket[0] != '\0' &&
			    stat(p->pidfile.socket, &st) == 0;

	doctor_wrong(d, admin_fmt("brisk start %s", p->name),
	    "%s is dead%s", p->name, held ? ", but its socket still exists: the web "
	    "server tries it and starts no other process" : "");
}

static void
check_process(struct doctor *d, const struct process *p)
{
	const char	*again = admin_fmt("brisk restart %s", p->name);
	char		 build[SCOREBOARD_BUILD];

	if (pidfile_is_stopped(d->conf.run_dir, p->name))
		doctor_note(d, admin_fmt("brisk start %s", p->name),
		    "%s was stopped by `brisk stop`: it answers 503", p->name);
	if (!p->alive) {
		if (p->pidfile.state != PIDFILE_ENDED && p->pidfile.state != PIDFILE_UNSUPERVISED)
			dead_finding(d, p);
		return;
	}
	scoreboard_build_id(p->pidfile.program, build);
	if (p->pidfile.state == PIDFILE_FALLBACK)
		doctor_wrong(d, admin_fmt("see its log, then %s", again),
		    "%s answers 503: its workers do not start%s%s", p->name,
		    p->pidfile.why[0] == '\0' ? "" : ": ", p->pidfile.why);
	if (p->pidfile.why[0] != '\0' && p->pidfile.state != PIDFILE_FALLBACK)
		doctor_note(d, admin_fmt("correct it, then %s", again),
		    "the new %s was refused, and the old program goes on: %s", p->name,
		    p->pidfile.why);
	else if (strcmp(build, p->pidfile.build) != 0)
		doctor_note(d, again, "the running %s is not the file at %s",
		    p->name, p->pidfile.program);
}

void
doctor_running(struct doctor *d)
{
	const struct process	*all = process_all(d->conf.run_dir);
	static struct scoreboard_worker workers[SCOREBOARD_SLOTS];

	if (all == NULL)
		exit(admin_error("no memory"));
	if (all->name[0] == '\0' && process_workers(d->conf.run_dir, workers) == 0)
		doctor_note(d, "start the web server; CGI programs run only during a "
		    "request", "no program runs");
	for (; all->name[0] != '\0'; all++)
		check_process(d, all);
}

/* Can every account reach the path? */
static bool
is_reachable(const char *path)
{
	char		*copy = strdup(path), *slash;
	struct stat	 st;
	bool		 open_to_all = copy != NULL;

	while (open_to_all && (slash = strrchr(copy, '/')) != NULL && slash > copy) {
		*slash = '\0';
		open_to_all = stat(copy, &st) == 0 && (st.st_mode & S_IXOTH);
	}
	free(copy);
	return open_to_all;
}

void
doctor_sockets(struct doctor *d)
{
	const struct process	*p = process_all(d->conf.run_dir);
	const char		*socket;
	struct stat		 st;

	for (; p != NULL && p->name[0] != '\0'; p++) {
		socket = p->pidfile.socket;
		if (!p->alive || socket[0] == '\0')
			continue;
		if (stat(socket, &st) != 0)
			doctor_wrong(d, "restart the web server",
			    "%s runs but cannot be reached: its socket %s is gone",
			    p->name, socket);
		else if ((st.st_mode & S_IWOTH) && is_reachable(socket))
			doctor_note(d, admin_fmt("chmod 660 %s, with the group of the web "
			    "server", socket),
			    "every account on this machine can connect to %s without the "
			    "web server: %s", p->name, socket);
	}
}
