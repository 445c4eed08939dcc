#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "shm/card.h"
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
	a = card_open(dir, "things");
	b = card_open(dir, "things");
	look = card_look(dir, "things");
	CHECK("opened", a != -1 && b != -1 && look != -1);
	CHECK("nobody's", !card_taken(look) && !card_served(look));
	CHECK("taken", card_take(a));
	CHECK("taken again by the same", card_take(a));
	CHECK("not by another", !card_take(b));
	CHECK("seen by all others", card_taken(b) && card_taken(look) && !card_taken(a));
	card_serve(b, true);
	CHECK("served", card_served(a) && card_served(look) && !card_served(b));
	card_serve(look, true);
	card_serve(b, false);
	CHECK("still, by another", card_served(b));
	card_leave(a);
	CHECK("left", !card_taken(b) && card_take(b));
	close(b);
	CHECK("left by closing", !card_taken(look) && card_take(a));
	close(a);
	close(look);
	leave();
}

/* Whoever holds it dies: nobody has it. */
static void
test_killed(void)
{
	int	 p[2], mine;
	char	 c;
	pid_t	 pid;

	in_new_folder();
	mine = card_open(dir, "things");
	if (pipe(p) != 0)
		exit(2);
	if ((pid = fork()) == 0) {
		int	 fd = card_open(dir, "things");

		if (!card_take(fd) || write(p[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	CHECK("taken by a process", read(p[0], &c, 1) == 1 && card_taken(mine));
	CHECK("not by this one", !card_take(mine));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	CHECK("killed", !card_taken(mine) && card_take(mine));
	close(p[0]);
	close(p[1]);
	close(mine);
	leave();
}

static void
test_words(void)
{
	struct card	 in = { .pid = 12, .state = CARD_ROLLING, .rolls = 3,
			    .why = "its --check ended with 1" }, out;
	int		 fd;

	in_new_folder();
	fd = card_open(dir, "things");
	CHECK("an empty one", !card_read(fd, &out));
	CHECK("written", card_write(fd, &in) && card_read(fd, &out));
	CHECK_INT("pid", out.pid, 12);
	CHECK_INT("rolls", out.rolls, 3);
	CHECK_TEXT("state", card_state_name(out.state), "rolling");
	CHECK_TEXT("why", out.why, "its --check ended with 1");
	CHECK_TEXT("a state of another build", card_state_name(77), "unknown");
	CHECK("another's file", pwrite(fd, "x", 1, 0) == 1 && !card_read(fd, &out));
	CHECK("cut off", card_write(fd, &in) && ftruncate(fd, 100) == 0 &&
	    !card_read(fd, &out));
	close(fd);
	leave();
}

static void
test_stop(void)
{
	in_new_folder();
	CHECK("not stopped", !card_stopped(dir, "things"));
	CHECK("stop", card_stop(dir, "things", true) && card_stopped(dir, "things"));
	CHECK("stop again", card_stop(dir, "things", true));
	CHECK("another is not", !card_stopped(dir, "thing"));
	CHECK("start", card_stop(dir, "things", false) && !card_stopped(dir, "things"));
	CHECK("start again", card_stop(dir, "things", false));
	leave();
}

static void
test_refused(void)
{
	struct card	 c;

	CHECK_INT("no such folder", card_open("/nonexistent", "things"), -1);
	CHECK_INT("to look", card_look("/nonexistent", "things"), -1);
	CHECK("no descriptor to take", !card_take(-1));
	CHECK("to see", !card_taken(-1) && !card_served(-1));
	CHECK("to read", !card_read(-1, &c));
	CHECK("to write", !card_write(-1, &c));
	CHECK("no folder to stop in", !card_stop("/nonexistent", "things", true));
	card_leave(-1);
	card_serve(-1, true);
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
	CHECK("copied", card_copy(a, b));
	CHECK_TEXT("its bytes", text_of(b), "new");
	CHECK("a new inode, the old rights", stat(b, &is) == 0 &&
	    is.st_ino != was.st_ino && is.st_mode == was.st_mode);
	CHECK("onto itself", card_copy(b, b) && stat(b, &was) == 0 &&
	    was.st_ino != is.st_ino);
	CHECK_TEXT("the same bytes", text_of(b), "new");
	CHECK("from nothing", !card_copy("/nonexistent", b));
	CHECK_TEXT("is no harm", text_of(b), "new");
	CHECK("to nowhere", !card_copy(a, "/nonexistent/b"));
	CHECK("of a folder", !card_copy(dir, b));
	CHECK_TEXT("is no harm either", text_of(b), "new");
	CHECK("kept", card_keep(dir, "things", b));
	CHECK("its place", card_previous(dir, "things", previous));
	CHECK_TEXT("is there", text_of(previous), "new");
	put(a, "newer");
	CHECK("kept again", card_keep(dir, "things", a));
	CHECK_TEXT("the last alone", text_of(previous), "newer");
	CHECK("a name beside", card_beside(b, "was", beside));
	CHECK_TEXT("is hidden", strrchr(beside, '/'), "/.ht.b.was");
	CHECK("also without a folder", card_beside("b", "was", beside));
	CHECK_TEXT("is hidden, too", beside, ".ht.b.was");
	unlink(a);
	unlink(b);
	unlink(previous);
	leave();
}

TESTS(card,
    { "locks", test_locks },
    { "killed", test_killed },
    { "what is written", test_words },
    { "stopped", test_stop },
    { "copies of programs", test_copies },
    { "refused", test_refused })
