#ifndef BRISK_STACK_H
#define BRISK_STACK_H
/*
 * stack - a private installation in one folder: MariaDB, memcached and a web
 * server with the programs, on unix sockets and one port of 127.0.0.1.
 *
 * Every process started here has BRISK_STACK=VAR in its environment; no other
 * process is ever signalled.  NAME.pid in the folder holds the process id of
 * each part ("db", "cache", "web").
 *
 * A function that returns false has already printed what failed.  Strings come
 * from admin_arena().
 */
#include <sys/types.h>

#include "admin.h"

/* Starts the programs: the web server, `brisk start`, spawn-fcgi. */
enum stack_starter { STARTER_SERVER, STARTER_BRISK, STARTER_SPAWN };

/* A way to run the programs, chosen with SERVER=NAME. */
struct stack_server {
	const char	*name;		/* NULL ends the table */
	const char	*routing;	/* share/ROUTING-mounts.conf */
	const char	*apache_form;	/* apache/FORM.conf; NULL: lighttpd */
	const char	*web_folder;	/* option of web.sh; NULL: no .htaccess in VAR/www */
	enum stack_starter starter;
};

struct stack {
	const char	*var;		/* the folder: absolute, without links */
	const char	*sockets;	/* where the sockets are: var, or a shorter path */
	const char	*conf;		/* var/brisk.conf */
	const char	*build;		/* holds bin/ and share/ */
	const char	*source;	/* holds apache/, lighttpd/, migrations/, admin/share/ */
	const char	*port, *tls_port;	/* tls_port "": no TLS */
	const char	*settings;	/* SET: "key=value ..." for brisk.conf */
	const char	*services;	/* of a new brisk.conf */
	const struct stack_server *server;
	const struct conf *options;	/* brisk.conf, as read by stack_settings_write() */
	bool		 foreground;	/* the parts end with this process */
};

/* --- folder.c ------------------------------------------------------------------- */

/* Create the folder and what belongs in it; refuse one that holds something else. */
bool	 stack_folder_open(struct stack *) MUSTCHECK;
/* Find an existing folder; false, silently, if there is no installation in it. */
bool	 stack_folder_find(struct stack *) MUSTCHECK;
/* Lock the folder until this process ends.  False: another command holds the lock. */
bool	 stack_lock(const struct stack *) MUSTCHECK;
/* The same; ends the `run` that holds the lock and waits up to 90 seconds for it. */
bool	 stack_lock_after_run(const struct stack *) MUSTCHECK;
/* The path of a file in the folder. */
const char *stack_path(const struct stack *, const char *name);

/* --- settings.c ----------------------------------------------------------------- */

/* Write brisk.conf unless it exists. */
bool	 stack_settings_create(const struct stack *) MUSTCHECK;
/* Put PORT and SET into brisk.conf, and read it. */
bool	 stack_settings_write(struct stack *) MUSTCHECK;

/* --- process.c ------------------------------------------------------------------ */

/* The process of a part; 0: it does not run. */
pid_t	 stack_pid(const struct stack *, const char *part);

struct stack_launch {
	const char		*part, *log;	/* "db", "log/db.log" */
	const char *const	*argv;
	bool			 unprivileged;	/* root becomes nobody in a user namespace */
};

/* Start a part in the background, in a session of its own. */
bool	 stack_launch(const struct stack *, const struct stack_launch *) MUSTCHECK;

/* Run a command to its end; its exit status.  -1 as a descriptor: inherited. */
int	 stack_command(int in, int out, int err, const char *const *argv);
#define STACK_ARGV(...)	((const char *const[]){ __VA_ARGS__, NULL })

/* Stop the web server and every program; everything. */
void	 stack_stop_web(const struct stack *);
void	 stack_stop(const struct stack *);
/* Send SIGTERM to whatever runs of the installation except its stores. */
void	 stack_stop_strays(const struct stack *);

/* From now on SIGINT, SIGTERM and SIGHUP only set a flag. */
void	 stack_signals(void);
bool	 stack_interrupted(void);
/* Sleep, less if a signal comes, and reap the children that ended. */
void	 stack_sleep(int ms);

/* --- database.c, web.c ------------------------------------------------------------ */

bool	 stack_database_start(const struct stack *) MUSTCHECK;
/* Apply the migrations, load sample data, install the document. */
bool	 stack_database_fill(const struct stack *) MUSTCHECK;
bool	 stack_cache_start(const struct stack *) MUSTCHECK;
bool	 stack_web_start(const struct stack *) MUSTCHECK;
/* Wait until our web server answers from a program. */
bool	 stack_web_wait(const struct stack *) MUSTCHECK;

/* --- log.c ------------------------------------------------------------------------ */

/*
 * Print an error and the last lines of a log in the folder with its path; of all
 * logs if it is NULL.  Prints nothing after an interruption.  Returns false.
 */
bool	 stack_fail(const struct stack *, const char *log, const char *, ...) PRINTF(3, 4);

#endif
