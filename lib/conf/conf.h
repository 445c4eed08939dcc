#ifndef BRISK_CONF_H
#define BRISK_CONF_H
/*
 * conf - the options of an installation: rows of name, kind, default, range
 * and meaning; read from one file and the environment.
 *
 * The file ("key = value" lines, # comments) is the one BRISK_CONF names, else
 * brisk.conf beside the program, else .htbrisk.conf there (which no Apache hands
 * out: a link to the file, in a folder of the web), else brisk.conf in the folder
 * above, else the defaults alone.  A link's folder is its target's.  The environment
 * overrides it: option x_y is BRISK_X_Y there.  A path that does not begin
 * with / is relative to the file's folder, or the program's where there is
 * none.  An unknown key, a bad value or a
 * missing secret is told with file and line, all of them, and refused.
 */
#include <limits.h>

#include "base/buf.h"

#define CONF_OPTIONS		57
#define CONF_MIN_SECRET	32	/* bytes of `secret` */

/* So many in so many seconds; `many` 0: no bound. */
struct conf_rate {
	int64_t	 many, seconds;
};

struct conf {
	/* Text points into memory that lives as long as the program. */
	const char	*file;		/* that was read; "" none */
	const char	*services;	/* "shop feed"; core is always on */
	const char	*base_url;	/* of problem types and the document */
	const char	*base_path;	/* its path, before that of every route; or "" */
	const char	*database_socket, *database_host, *database_user,
			*database_password, *database_name;
	int64_t		 database_port;
	bool		 database_own_accounts;
	int64_t		 database_connections, database_wait_ms;
	int64_t		 statement_ms;
	const char	*cache_socket;
	int64_t		 cache_wait_ms, cache_ttl_max, cache_local;
	const char	*secret;	/* keys of cursors and cache entries */
	const char	*token_issuer, *token_audience;
	int64_t		 token_seconds;
	int64_t		 order_seconds;
	bool		 oauth_password_grant;
	int64_t		 password_min;
	const char	*oidc_issuer, *oidc_jwks, *oidc_audience, *oidc_scopes;
	int64_t		 password_wait_ms;
	const char	*run_dir;	/* gen and board files */
	const char	*log_level;
	bool		 rate_limit;
	bool		 audit_writes;
	struct conf_rate limit_auth, limit_public, limit_read, limit_write,
			 limit_costly, limit_ingest, limit_stream;
	const char	*trusted_proxies, *cors_origins;
	const char	*card_test_url, *card_test_secret;
	int64_t		 provider_ms;
	int64_t		 streams_max, streams_each;
	int64_t		 threads;
	int64_t		 jobs_threads;
	int64_t		 max_body;
	int64_t		 workers_min, workers_max, queue_ms;
	int64_t		 worker_memory, worker_age, worker_requests;
	int64_t		 start_seconds, drain_seconds;
};

enum conf_kind {
	CONF_TEXT,
	CONF_SECRET,	/* text that is never shown */
	CONF_PATH,
	CONF_SOURCE,	/* a path, or a URL that nobody between can change */
	CONF_PLACE,	/* a path, or host:port */
	CONF_URL,	/* http or https, without a slash at its end */
	CONF_NAMES,	/* names with spaces between */
	CONF_NETWORKS,	/* addresses and networks, as of net.h */
	CONF_ORIGINS,	/* https://app.example.com, several with spaces between */
	CONF_LEVEL,	/* of log.h */
	CONF_INT,
	CONF_SWITCH,	/* on or off */
	CONF_RATE,	/* "120/60", or off */
	CONF_KINDS
};

struct conf_option {
	const char	*name;
	enum conf_kind	 kind;
	size_t		 off;
	const char	*def;
	int64_t		 min, max;	/* of an INT or a RATE, or bytes of a text */
	const char	*doc;
};

extern const struct conf_option conf_options[];	/* ends with a NULL name */

/*
 * Read everything.  False: the faults, a line each ("brisk.conf:3: ..."), are
 * in `told`, and `conf` holds the defaults for what was wrong.
 */
bool	 conf_load(struct conf *, struct buf *told) MUSTCHECK;

/*
 * The folder this program lies in, by the file it runs from: its name may since
 * be another file's.  "." when that can not be known.
 */
void	 conf_folder(char path[PATH_MAX]);

/* Is this service switched on?  "shop+ledger": are both? */
bool	 conf_service(const struct conf *, const char *services);

/* What a value must be: "a whole number, 1 to 64". */
void	 conf_range(struct buf *, const struct conf_option *);

/* Every option with default, range and meaning, as help text or a Markdown table. */
void	 conf_help(struct buf *);
void	 conf_table(struct buf *);

/*
 * Read anew, and write every option with its value and where that came from,
 * secrets as "***", and its meaning below; then what conf_load() tells.  Its
 * answer, too.
 */
bool	 conf_show(struct buf *) MUSTCHECK;

#endif
