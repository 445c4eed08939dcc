#ifndef BRISK_ADMIN_H
#define BRISK_ADMIN_H
/*
 * admin - shared by the commands of `brisk`: command-line flags, the installation's
 * options, its database, and error messages.
 *
 * A command gets the arguments after its name.  It returns the exit status: 0, 1 after
 * a failure, or BRISK_USAGE if it was called wrongly.  Memory comes from admin_arena()
 * and lives as long as the program.  "Reported" means that a message was printed with
 * admin_error().
 */
#include <stdarg.h>
#include "conf/conf.h"
#include "db/db.h"

#define BRISK_USAGE	2

struct command {
	const char	*name;
	int		(*run)(int argc, char **argv);
	const char	*arguments;	/* after the name, as in a usage line */
	const char	*summary;	/* one imperative sentence */
	const char	*details;	/* further lines of help; NULL: none */
};

int	cmd_audit(int, char **);
int	cmd_cache(int, char **);
int	cmd_client(int, char **);
int	cmd_conf(int, char **);
int	cmd_doctor(int, char **);
int	cmd_init(int, char **);
int	cmd_jobs(int, char **);
int	cmd_key(int, char **);
int	cmd_grants(int, char **);
int	cmd_migrate(int, char **);
int	cmd_mounts(int, char **);
int	cmd_new(int, char **);
int	cmd_openapi(int, char **);
int	cmd_own(int, char **);
int	cmd_restart(int, char **);
int	cmd_rollback(int, char **);
int	cmd_stack(int, char **);
int	cmd_start(int, char **);
int	cmd_status(int, char **);
int	cmd_stop(int, char **);
int	cmd_token(int, char **);
int	cmd_user(int, char **);
int	cmd_web(int, char **);

/* A flag: "--name VALUE", "--name=VALUE", or a switch without a value. */
struct flag {
	const char	*name;		/* without --; NULL ends a list */
	const char	**value;	/* out: the value; NULL: a switch */
	bool		*on;		/* out: whether the switch was given */
};

/*
 * Remove the flags from the arguments.  Returns the number of other arguments, which
 * are moved to the front; -1, reported: an unknown flag, or a missing value.
 */
int	flags_parse(const struct flag *, int argc, char **argv) MUSTCHECK;

/* Parse an integer from 1 to `max`.  False, reported, if it is not. */
bool	number_parse(const char *what, const char *text, int64_t max,
	    int64_t *) MUSTCHECK;

/* The memory of the program. */
struct arena	*admin_arena(void);

/* printf() into the arena, at most 4 KiB; exits if there is no memory. */
const char	*admin_fmt(const char *, ...) PRINTF(1, 2);
/* The path of a file that all programs share (run_dir.h); "" if it is too long. */
const char	*admin_run_path(const char *run_dir, const char *file);
const char	*admin_vfmt(const char *, va_list) PRINTF(1, 0);

/* The installation's options; NULL, reported, if they are invalid. */
const struct conf *admin_conf(void) MUSTCHECK;

/* The folder of this program; "." if it is unknown. */
const char	*admin_folder(void);

/* The folder above, which holds bin/ and share/.  NULL: no memory. */
const char	*admin_root(void) MUSTCHECK;

/*
 * The path of a part of the installation, as "migrations" or "admin/share/web.sh": in
 * one of the folders above this program (of an installation, or of the source tree
 * above build/).  NULL, reported, if it is in none.
 */
const char	*admin_path(const char *part) MUSTCHECK;

/* Read a whole file of up to 16 MiB; absent, reported, on failure. */
struct str	 admin_read_file(const char *path) MUSTCHECK;

/* The database login of a command; NULL members: the value of brisk.conf. */
struct db_login {
	const char	*user, *password_file, *socket;
};

#define LOGIN_FLAGS(a)						\
	{ "user", &(a).user, NULL },					\
	{ "password-file", &(a).password_file, NULL },			\
	{ "socket", &(a).socket, NULL }
#define LOGIN_USAGE	"[--user NAME] [--password-file FILE] [--socket PATH]"

/* Prepare a database connection, which opens at its first use.  NULL, reported: no
 * memory, or no password file. */
struct db	*admin_db(const struct conf *, const struct db_login *,
		    int64_t statement_ms) MUSTCHECK;

struct store;
struct token;

/*
 * A store of the database and the generations, so that writes invalidate the cached
 * responses of running programs.  Without run_dir nothing ran, and nothing is cached.
 */
bool	admin_store(const struct conf *, struct store *) MUSTCHECK;
void	admin_store_close(struct store *);

/* Sign a token of this command; sets jti, client_id and, for a user, tv.
 * DB_NOT_FOUND: the subject is no user. */
enum db_err	 admin_issue_token(const struct conf *, struct store *, struct token *,
		    int64_t seconds, struct buf *) MUSTCHECK;

/* Print "brisk: MESSAGE" on standard error.  Returns 1, the status of a failure. */
int	admin_error(const char *, ...) PRINTF(1, 2);
/* The same; returns false. */
bool	admin_error_false(const char *, ...) PRINTF(1, 2);

#endif
