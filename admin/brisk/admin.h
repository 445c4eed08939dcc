#ifndef BRISK_ADMIN_H
#define BRISK_ADMIN_H
/*
 * admin - what the commands of `brisk` share: their flags, the installation's
 * configuration, its database, and how a failure is told.
 *
 * A command gets what followed its name and returns the program's status: 0,
 * 1 when it could not do it, BRISK_USAGE when it was called wrongly.  Memory
 * comes from admin_arena() and goes with the program.
 */
#include <stdarg.h>
#include "conf/conf.h"
#include "db/db.h"

#define BRISK_USAGE	2

struct command {
	const char	*name;
	int		(*run)(int argc, char **argv);
	const char	*usage;		/* what follows the name */
	const char	*doc;		/* its first line is for the list of all */
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

/* "--name VALUE" or "--name=VALUE"; a switch has no value. */
struct flag {
	const char	*name;		/* without --; NULL ends a list */
	const char	**value;	/* where a value goes, */
	bool		*on;		/* or a switch is noted */
};

/*
 * Take the flags out of the arguments: what is left are the others, counted
 * by the answer.  -1, and told, when a flag is unknown or has no value.
 */
int	flags_parse(const struct flag *, int argc, char **argv) MUSTCHECK;

/* A whole number within bounds; false, and told, when it is none. */
bool	number_parse(const char *what, const char *text, int64_t most,
	    int64_t *) MUSTCHECK;

/* All of the program's memory. */
struct arena	*admin_arena(void);

/* printf into it; without memory the program ends. */
const char	*admin_fmt(const char *, ...) PRINTF(1, 2);
/* The path of a file that all programs share (run_dir.h); "" if it is too long. */
const char	*admin_run_path(const char *run_dir, const char *file);
const char	*admin_vfmt(const char *, va_list) PRINTF(1, 0);

/* The installation's options; NULL, and told, when they are refused. */
const struct conf *admin_conf(void) MUSTCHECK;

/* Where this program lies; "." when that can not be known. */
const char	*admin_folder(void);

/* The one above: it holds bin/ and share/.  NULL without memory. */
const char	*admin_root(void) MUSTCHECK;

/*
 * A part that comes with it, as "migrations" or "admin/share/web.sh": over its
 * folder where it is installed, over build/ in the tree.  NULL, and told, when
 * it is in neither place.
 */
const char	*admin_path(const char *part) MUSTCHECK;

/* A whole file; absent, and told, when it can not be read. */
struct str	 admin_read_file(const char *path) MUSTCHECK;

/* Whose connection: NULL members are the configuration's. */
struct account {
	const char	*user, *password_file, *socket;
};

#define ACCOUNT_FLAGS(a)						\
	{ "user", &(a).user, NULL },					\
	{ "password-file", &(a).password_file, NULL },			\
	{ "socket", &(a).socket, NULL }
#define ACCOUNT_USAGE	"[--user NAME] [--password-file FILE] [--socket PATH]"

/* NULL, and told, when there is no connection to be had. */
struct db	*admin_db(const struct conf *, const struct account *,
		    int64_t statement_ms) MUSTCHECK;

struct store;
struct token;

/*
 * The database and the generations: the programs learn at once of what is
 * written.  Without that file (nothing ran yet) nobody has anything to learn.
 */
bool	admin_store(const struct conf *, struct store *) MUSTCHECK;
void	admin_store_close(struct store *);

/* A token of the installation's own: jti, client_id and, of a user, tv are set.
 * DB_NOT_FOUND: there is no such user. */
enum db_err	 admin_issue_token(const struct conf *, struct store *, struct token *,
		    int64_t seconds, struct buf *) MUSTCHECK;

/* "brisk: ..." on standard error; the answer is that of a failure. */
int	admin_error(const char *, ...) PRINTF(1, 2);		/* 1 */
bool	admin_error_false(const char *, ...) PRINTF(1, 2);		/* false */

#endif
