#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "shm/pidfile.h"
#include "test.h"

static char	 dir[64];

static void
in_new_folder(void)
{
	snprintf(dir, sizeof(dir), "/tmp/test_card.XXXXXX");
	if (mkdtemp(dir) == NULL)
		exit(2);
}

static void
leave(void)
{
	char	 path[96];

	snprintf(path, sizeof(path), "%s/things.super", dir);
	unlink(path);
	CHECK("nothing else was left in the folder", rmdir(dir) == 0);
}

static void
test_locks(void)
{
	int	 a, b, look;

	in_new_folder();
	a = pidfile_open(dir, "things");
	b = pidfile_open(dir, "things");
	look = pidfile_open_readonly(dir, "things");
	CHECK("opened", a != -1 && b != -1 && look != -1);
	CHECK("no lock is held", !pidfile_is_locked(look) && !pidfile_is_serving(look));
	CHECK("taken", pidfile_lock(a));
	CHECK("taken again by the same", pidfile_lock(a));
	CHECK("not by another", !pidfile_lock(b));
	CHECK("seen by all others", pidfile_is_locked(b) && pidfile_is_locked(look) && !pidfile_is_locked(a));
	pidfile_set_serving(b, true);
	CHECK("served", pidfile_is_serving(a) && pidfile_is_serving(look) && !pidfile_is_serving(b));
	pidfile_set_serving(look, true);
	pidfile_set_serving(b, false);
	CHECK("still, by another", pidfile_is_serving(b));
	pidfile_unlock(a);
	CHECK("left", !pidfile_is_locked(b) && pidfile_lock(b));
	close(b);
	CHECK("left by closing", !pidfile_is_locked(look) && pidfile_lock(a));
	close(a);
	close(look);
	leave();
}

/* The lock is free after its holder died. */
static void
test_killed(void)
{
	int	 p[2], mine;
	char	 c;
	pid_t	 pid;

	in_new_folder();
	mine = pidfile_open(dir, "things");
	if (pipe(p) != 0)
		exit(2);
	if ((pid = fork()) == 0) {
		int	 fd = pidfile_open(dir, "things");

		if (!pidfile_lock(fd) || write(p[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	CHECK("taken by a process", read(p[0], &c, 1) == 1 && pidfile_is_locked(mine));
	CHECK("not by this one", !pidfile_lock(mine));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	CHECK("killed", !pidfile_is_locked(mine) && pidfile_lock(mine));
	close(p[0]);
	close(p[1]);
	close(mine);
	leave();
}

static void
test_words(void)
{
	struct pidfile	 in = { .pid = 12, .state = PIDFILE_ROLLING, .rolls = 3,
			    .why = "its --check ended with 1" }, out;
	int		 fd;

	in_new_folder();
	fd = pidfile_open(dir, "things");
	CHECK("an empty one", !pidfile_read(fd, &out));
	CHECK("written", pidfile_write(fd, &in) && pidfile_read(fd, &out));
	CHECK_INT("pid", out.pid, 12);
	CHECK_INT("rolls", out.rolls, 3);
	CHECK_TEXT("state", pidfile_state_name(out.state), "rolling");
	CHECK_TEXT("why", out.why, "its --check ended with 1");
	CHECK_TEXT("a state of another build", pidfile_state_name(77), "unknown");
	CHECK("another's file", pwrite(fd, "x", 1, 0) == 1 && !pidfile_read(fd, &out));
	CHECK("cut off", pidfile_write(fd, &in) && ftruncate(fd, 100) == 0 &&
	    !pidfile_read(fd, &out));
	close(fd);
	leave();
}

static void
test_stop(void)
{
	in_new_folder();
	CHECK("not stopped", !pidfile_is_stopped(dir, "things"));
	CHECK("stop", pidfile_set_stopped(dir, "things", true) && pidfile_is_stopped(dir, "things"));
	CHECK("stop again", pidfile_set_stopped(dir, "things", true));
	CHECK("another is not", !pidfile_is_stopped(dir, "thing"));
	CHECK("start", pidfile_set_stopped(dir, "things", false) && !pidfile_is_stopped(dir, "things"));
	CHECK("start again", pidfile_set_stopped(dir, "things", false));
	leave();
}

static void
test_refused(void)
{
	struct pidfile	 c;

	CHECK_INT("no such folder", pidfile_open("/nonexistent", "things"), -1);
	CHECK_INT("to look", pidfile_open_readonly("/nonexistent", "things"), -1);
	CHECK("no lock without a descriptor", !pidfile_lock(-1));
	CHECK("to see", !pidfile_is_locked(-1) && !pidfile_is_serving(-1));
	CHECK("to read", !pidfile_read(-1, &c));
	CHECK("to write", !pidfile_write(-1, &c));
	CHECK("no folder to stop in", !pidfile_set_stopped("/nonexistent", "things", true));
	pidfile_unlock(-1);
	pidfile_set_serving(-1, true);
}

static void
put(const char *path, const char *text)
{
	FILE	*f = fopen(path, "w");

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		exit(2);
}

static const char *
text_of(const char *path)
{
	static char	 text[64];
	FILE		*f = fopen(path, "r");

	text[0] = '\0';
	if (f == NULL || fgets(text, sizeof(text), f) == NULL)
		return NULL;
	fclose(f);
	return text;
}

static void
test_copies(void)
{
	char		 a[96], b[96], previous[PATH_MAX], beside[PATH_MAX];
	struct stat	 was, is;

	in_new_folder();
	snprintf(a, sizeof(a), "%s/a", dir);
	snprintf(b, sizeof(b), "%s/b", dir);
	put(a, "new");
	put(b, "old");
	CHECK("rights", chmod(b, 0711) == 0 && stat(b, &was) == 0);
	CHECK("copied", pidfile_copy_program(a, b));
	CHECK_TEXT("its bytes", text_of(b), "new");
	CHECK("a new inode, the old rights", stat(b, &is) == 0 &&
	    is.st_ino != was.st_ino && is.st_mode == was.st_mode);
	CHECK("onto itself", pidfile_copy_program(b, b) && stat(b, &was) == 0 &&
	    was.st_ino != is.st_ino);
	CHECK_TEXT("the same bytes", text_of(b), "new");
	CHECK("from nothing", !pidfile_copy_program("/nonexistent", b));
	CHECK_TEXT("has no effect", text_of(b), "new");
	CHECK("to nowhere", !pidfile_copy_program(a, "/nonexistent/b"));
	CHECK("of a folder", !pidfile_copy_program(dir, b));
	CHECK_TEXT("is no harm either", text_of(b), "new");
	CHECK("kept", pidfile_keep_previous(dir, "things", b));
	CHECK("its place", pidfile_previous_path(dir, "things", previous));
	CHECK_TEXT("is there", text_of(previous), "new");
	put(a, "newer");
	CHECK("kept again", pidfile_keep_previous(dir, "things", a));
	CHECK_TEXT("the last alone", text_of(previous), "newer");
	CHECK("a name beside", pidfile_sibling_path(b, "was", beside));
	CHECK_TEXT("is hidden", strrchr(beside, '/'), "/.ht.b.was");
	CHECK("also without a folder", pidfile_sibling_path("b", "was", beside));
	CHECK_TEXT("is hidden, too", beside, ".ht.b.was");
	unlink(a);
	unlink(b);
	unlink(previous);
	leave();
}

TESTS(pidfile,
    { "locks", test_locks },
    { "killed", test_killed },
    { "what is written", test_words },
    { "stopped", test_stop },
    { "copies of programs", test_copies },
    { "refused", test_refused })
