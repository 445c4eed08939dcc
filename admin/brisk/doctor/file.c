/* doctor/file - the configuration, its files and folders. */
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "crypto/crypto.h"
#include "doctor/doctor.h"
#include "cache/generation.h"

#define SPACE_LEAST	((uint64_t)64 << 20)
#define INODES_LEAST	1000
#define FILES_LEAST	256
#define DISTINCT_LEAST	10		/* bytes of a random secret */
#define OTHERS		(S_IRWXG | S_IRWXO)

void
doctor_conf(struct doctor *d)
{
	struct str	 rest = str_of(d->refused), line;

	while (rest.n > 0) {
		line = str_cut(&rest, '\n');
		doctor_wrong(d, "correct that line; `brisk conf --doc` explains each option",
		    "%.*s", STR_ARG(line));
	}
	if (d->conf.file[0] == '\0')
		doctor_note(d, "set BRISK_CONF to the path of the file, or put it beside the "
		    "programs", "there is no brisk.conf: the defaults apply");
}

/* --- the secret ----------------------------------------------------------- */

static size_t
distinct_bytes(struct str s)
{
	bool	 seen[256] = { false };
	size_t	 n = 0;

	for (size_t i = 0; i < s.n; i++) {
		n += !seen[(uint8_t)s.p[i]];
		seen[(uint8_t)s.p[i]] = true;
	}
	return n;
}

/* Does it consist of repetitions of a shorter text? */
static bool
is_repetition(struct str s)
{
	for (size_t n = 1; n <= s.n / 2; n++)
		if (memcmp(s.p, s.p + n, s.n - n) == 0)
			return true;
	return false;
}

void
doctor_secret(struct doctor *d)
{
	struct str	 s = str_of(d->conf.secret);

	if (s.n == 0)
		doctor_wrong(d, "set secret in brisk.conf to the output of `openssl rand "
		    "-hex 32`", "there is no secret");
	else if (distinct_bytes(s) < DISTINCT_LEAST || is_repetition(s))
		doctor_wrong(d, "set secret in brisk.conf to the output of `openssl rand "
		    "-hex 32`, then run `brisk restart --all`",
		    "the secret can be guessed: it protects keys, cursors and cache "
		    "entries");
}

/* --- files ---------------------------------------------------------------- */

/* A file that root created, for example, while the programs run as another user. */
static void
check_owner(struct doctor *d, const char *path, const struct stat *st)
{
	struct stat	 run;

	if (stat(d->conf.run_dir, &run) == 0 && run.st_uid != st->st_uid &&
	    run.st_uid != 0)
		doctor_wrong(d, admin_fmt("chown %ld %s", (long)run.st_uid, path),
		    "%s belongs to user %ld, but the programs run as %ld", path,
		    (long)st->st_uid, (long)run.st_uid);
}

static const char *
path_folder(const char *path)
{
	const char	*slash = strrchr(path, '/');

	return slash == NULL || slash == path ? "/" :
	    admin_fmt("%.*s", (int)(slash - path), path);
}

void
doctor_modes(struct doctor *d)
{
	const char	*path = d->conf.file, *folder = path_folder(path);
	struct stat	 st;

	if (path[0] == '\0' || stat(path, &st) != 0)
		return;
	check_owner(d, path, &st);
	if (st.st_mode & (S_IRWXO | S_IWGRP))
		doctor_wrong(d, admin_fmt("chmod 600 %s", path),
		    "other accounts may %s %s: it holds passwords",
		    st.st_mode & (S_IWOTH | S_IWGRP) ? "change" : "read", path);
	else if (st.st_mode & S_IRGRP)
		doctor_note(d, admin_fmt("chmod 600 %s, unless only the web server "
		    "is in that group", path), "the group of %s may read it", path);
	if (stat(folder, &st) == 0 && (st.st_mode & (S_IWOTH | S_ISVTX)) == S_IWOTH)
		doctor_wrong(d, admin_fmt("chmod o-w %s", folder),
		    "every account may replace files in %s", folder);
}

/* --- folders and limits --------------------------------------------------- */

void
doctor_run_dir(struct doctor *d)
{
	const char	*path = d->conf.run_dir;
	struct stat	 st;

	if (stat(path, &st) != 0) {
		doctor_wrong(d, admin_fmt("mkdir -m 700 %s", path), "run_dir %s: %s",
		    path, strerror(errno));
		return;
	}
	if (!S_ISDIR(st.st_mode)) {
		doctor_wrong(d, "set run_dir to a folder", "run_dir %s is not a folder",
		    path);
		return;
	}
	if (access(path, R_OK | W_OK | X_OK) != 0)
		doctor_wrong(d, "run this command as the account of the programs, or change "
		    "the owner of the folder", "cannot write run_dir %s: %s", path,
		    strerror(errno));
	if (st.st_mode & OTHERS)
		doctor_wrong(d, admin_fmt("chmod 700 %s", path),
		    "run_dir %s is open to other accounts: it holds the sockets of the "
		    "programs", path);
	if (generation_remote_path(path))
		doctor_wrong(d, "set run_dir to a local folder with mode 700, such as "
		    "/tmp/NAME or /dev/shm/NAME",
		    "run_dir %s is on a network file system: nothing is cached",
		    path);
}

static void
check_space(struct doctor *d, const char *path)
{
	struct statvfs	 fs;
	uint64_t	 left;

	if (statvfs(path, &fs) != 0)
		return;
	left = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (left < SPACE_LEAST)
		doctor_wrong(d, "free disk space: delete old logs first",
		    "%s has %llu MiB left", path, (unsigned long long)left >> 20);
	if (fs.f_files > 0 && fs.f_favail < INODES_LEAST)
		doctor_wrong(d, "delete files: many small files use up the inodes",
		    "%s has room for %llu more files", path,
		    (unsigned long long)fs.f_favail);
}

void
doctor_disk(struct doctor *d)
{
	const char	*folder = path_folder(d->conf.file);
	struct stat	 a, b;

	check_space(d, d->conf.run_dir);
	if (d->conf.file[0] != '\0' && (stat(folder, &a) != 0 ||
	    stat(d->conf.run_dir, &b) != 0 || a.st_dev != b.st_dev))
		check_space(d, folder);
}

void
doctor_limits(struct doctor *d)
{
	struct rlimit	 files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < FILES_LEAST)
		doctor_wrong(d, "raise the limit: `ulimit -n 1024` before the web server "
		    "starts, or ask the host",
		    "this account may open %llu files at once; a worker may need %d",
		    (unsigned long long)files.rlim_cur, FILES_LEAST);
}
