/*
 * money_shim - preloaded into the programs, plants what the checks must find, or
 * kills where it hurts.  VAR/fault is one line "NAME N", looked at ten times a
 * second:
 *
 *	none	nothing
 *	die N	killed at one of N passings of a point: after a statement, before
 *		COMMIT, after it, after a provider was asked (these are fewer, so it
 *		is one of N / 16, or of N / 400)
 *	else	the faults of the table below: a statement is prepared as another
 *		one; so the programs are to begin anew after that
 *
 * VAR/fault.deaths gets a letter at each death.
 */
#include <curl/curl.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <mysql.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOK_US		100000
#define MAX_SQL	8192

/* A part of a statement, and what stands there instead; a pause behind it makes
 * room for others. */
static const struct fault {
	const char	*name, *in, *from, *to;
	bool		 slow;
} faults[] = {
	/* More is promised than there is. */
	{ "no_guard", "UPDATE stock SET reserved = reserved + ?", " >= ?",
	    " + 1000000 >= ?", false },
	/* One piece more than was sold stays promised. */
	{ "one_piece", "UPDATE stock SET reserved = reserved - ?", "reserved - ?",
	    "reserved - ? + 1", false },
	/* A key is not found again. */
	{ "no_key", "INSERT INTO idempotency_keys", "VALUES (?, ?)",
	    "VALUES (UNHEX(SHA2(CONCAT(?, RAND()), 256)), ?)", false },
	/* What was promised for later is never done. */
	{ "no_job", "INSERT INTO jobs", "payload) VALUES (?,?,?,?,?)",
	    "payload, state) VALUES (?,?,?,?,?,'done')", false },
	/* Two read a balance, or what is left, before either changes it. */
	{ "no_lock", "SELECT a.id, a.currency, a.kind, a.constraint_kind", " FOR UPDATE",
	    "", true },
	{ "no_rest", "SELECT captured - refunded", " FOR UPDATE", "", true },
	/* A cent more on one side. */
	{ "one_cent", "INSERT INTO entries", "j.moved, j.after",
	    "j.moved + (j.line = 1), j.after", false },
	{ NULL, NULL, NULL, NULL, false }
};

#define SLOW_US		20000
#define MAX_SLOW	512

static MYSQL_STMT	*slow[MAX_SLOW];	/* statements that a pause follows */
static _Atomic size_t	 nslow;

static _Atomic int64_t	 looked_us;
static _Atomic long	 one_in;	/* 0: nobody dies */

/* VAR/brisk.conf is what the programs are told. */
static bool
beside_conf(const char *name, char path[512])
{
	const char	*conf = getenv("BRISK_CONF"), *end;

	if (conf == NULL || (end = strrchr(conf, '/')) == NULL)
		return false;
	return snprintf(path, 512, "%.*s/%s", (int)(end - conf), conf, name) < 512;
}

static void
look(char name[32], long *n)
{
	char	 path[512];
	FILE	*f;

	snprintf(name, 32, "none");
	*n = 0;
	if (!beside_conf("fault", path) || (f = fopen(path, "re")) == NULL)
		return;
	if (fscanf(f, "%31s %ld", name, n) < 1)
		snprintf(name, 32, "none");
	fclose(f);
}

static int64_t
mono_us(void)
{
	struct timespec	 t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
may_die(const char *point, long oftener)
{
	static _Thread_local unsigned	 seed;
	int64_t				 at = atomic_load(&looked_us), now = mono_us();
	char				 path[512], name[32];
	long				 n;
	int				 fd;

	if (now - at > LOOK_US && atomic_compare_exchange_strong(&looked_us, &at, now)) {
		look(name, &n);
		atomic_store(&one_in, strcmp(name, "die") == 0 ? n : 0);
	}
	n = atomic_load(&one_in);
	if (seed == 0)
		seed = (unsigned)now ^ (unsigned)gettid();
	n /= oftener;
	if (n <= 0 || rand_r(&seed) % (unsigned long)n != 0)
		return;
	if (beside_conf("fault.deaths", path) &&
	    (fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) != -1)
		(void)!write(fd, point, 1);
	kill(getpid(), SIGKILL);
}

/* The statement as a fault has it; NULL: it is left as it is. */
static const struct fault *
planted(const char *sql, unsigned long n, char out[MAX_SQL])
{
	char		 name[32], text[MAX_SQL];
	const char	*at;
	long		 ignored;

	if (n >= sizeof(text))
		return NULL;
	look(name, &ignored);
	snprintf(text, sizeof(text), "%.*s", (int)n, sql);
	for (size_t i = 0; faults[i].name != NULL; i++)
		if (strcmp(faults[i].name, name) == 0 &&
		    strstr(text, faults[i].in) != NULL &&
		    (at = strstr(text, faults[i].from)) != NULL &&
		    snprintf(out, MAX_SQL, "%.*s%s%s", (int)(at - text), text,
		    faults[i].to, at + strlen(faults[i].from)) < MAX_SQL)
			return &faults[i];
	return NULL;
}

/* --- what is preloaded -------------------------------------------------------------- */

int
mysql_stmt_prepare(MYSQL_STMT *st, const char *sql, unsigned long n)
{
	static int	 (*real)(MYSQL_STMT *, const char *, unsigned long);
	char		 other[MAX_SQL];
	const struct fault *f;
	size_t		 at;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "mysql_stmt_prepare");
	if ((f = planted(sql, n, other)) == NULL)
		return real(st, sql, n);
	if (f->slow && (at = atomic_fetch_add(&nslow, 1)) < MAX_SLOW)
		slow[at] = st;
	return real(st, other, strlen(other));
}

int
mysql_query(MYSQL *my, const char *sql)
{
	static int	 (*real)(MYSQL *, const char *);
	bool		 commit = strcmp(sql, "COMMIT") == 0;
	int		 rc;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "mysql_query");
	if (commit)
		may_die("c", 16);
	rc = real(my, sql);
	if (commit)
		may_die("C", 16);
	return rc;
}

int
mysql_stmt_execute(MYSQL_STMT *st)
{
	static int	 (*real)(MYSQL_STMT *);
	int		 rc;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "mysql_stmt_execute");
	rc = real(st);
	for (size_t i = 0; i < atomic_load(&nslow) && i < MAX_SLOW; i++)
		if (slow[i] == st)
			usleep(SLOW_US);
	if (rc == 0)
		may_die("s", 1);
	return rc;
}

CURLcode
curl_easy_perform(CURL *curl)
{
	static CURLcode	 (*real)(CURL *);
	CURLcode	 rc;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "curl_easy_perform");
	rc = real(curl);
	may_die("p", 400);
	return rc;
}
