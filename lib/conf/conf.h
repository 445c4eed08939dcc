#ifndef BRISK_CONF_H
#define BRISK_CONF_H
/*
 * conf - the options of an installation: their table, and how a file and the
 * environment set them.
 *
 * The file holds "key = value" lines and # comments.  It is the first of these
 * that exists: the file that BRISK_CONF names; brisk.conf or .htbrisk.conf in the
 * program's folder; brisk.conf in the folder above.  Apache never serves a name
 * that begins with .ht, so a link of that name may lie in a public folder.
 * Without a file the defaults hold.
 *
 * An environment variable overrides the file: BRISK_X_Y sets the option x_y.  A
 * relative path is relative to the folder of the file (of a link: of its target),
 * or without a file to the folder of the program.
 *
 * An unknown key, an invalid value and a missing secret are faults.  All of them
 * are reported, with file and line.  An old name of a renamed option works and is
 * reported as a warning.
 */
#include <limits.h>

#include "base/buf.h"

#define CONF_OPTIONS		57
#define CONF_MIN_SECRET		32	/* bytes of the option `secret` */

/* `many` requests in `seconds` seconds; many 0: no limit. */
struct conf_rate {
	int64_t	 many, seconds;
};

struct conf {
	/* Strings live as long as the program and are never NULL. */
	const char	*file;		/* the file that was read; "": none */
	const char	*services;	/* "shop feed"; core is not listed */
	const char	*base_url;	/* without a trailing slash */
	const char	*base_path;	/* the path of base_url, before every route; or "" */
	const char	*database_socket, *database_host, *database_user,
			*database_password, *database_name;
	int64_t		 database_port;
	bool		 database_own_accounts;
	int64_t		 database_connections, database_wait_ms;
	int64_t		 statement_ms;
	const char	*cache_socket;
	int64_t		 cache_wait_ms, cache_ttl_max, cache_lru_bytes;
	const char	*secret;	/* at least CONF_MIN_SECRET bytes */
	const char	*token_issuer, *token_audience;
	int64_t		 token_seconds;
	int64_t		 order_seconds;
	bool		 oauth_password_grant;
	int64_t		 password_min;
	const char	*oidc_issuer, *oidc_jwks, *oidc_audience, *oidc_scopes;
	int64_t		 password_wait_ms;
	const char	*run_dir;	/* files that running programs share */
	const char	*log_level;
	bool		 rate_limit;
	bool		 audit_writes;
	struct conf_rate limit_auth, limit_public, limit_read, limit_write,
			 limit_costly, limit_ingest, limit_stream;
	const char	*trusted_proxies, *cors_origins;
	const char	*card_test_url, *card_test_secret;
	int64_t		 provider_ms;
	int64_t		 streams_max, streams_per_client;
	int64_t		 threads;
	int64_t		 jobs_threads;
	int64_t		 max_body;
	int64_t		 workers_min, workers_max, queue_ms;
	int64_t		 worker_memory, worker_age, worker_requests;
	int64_t		 start_seconds, drain_seconds;
};

enum conf_kind {
	CONF_TEXT,
	CONF_SECRET,	/* text that no output shows */
	CONF_PATH,
	CONF_SOURCE,	/* a path or https URL; http only of this host */
	CONF_PLACE,	/* a path or host:port */
	CONF_URL,	/* http or https, without a trailing slash */
	CONF_NAMES,	/* names separated by spaces */
	CONF_NETWORKS,	/* addresses and networks (base/net.h) */
	CONF_ORIGINS,	/* https://app.example.com, separated by spaces */
	CONF_LEVEL,	/* a level of base/log.h */
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
	int64_t		 min, max;	/* value of an INT or RATE, bytes of a text */
	const char	*doc;
};

extern const struct conf_option conf_options[];	/* ends with a NULL name */

/* An old name of a renamed option. */
struct conf_alias {
	const char	*old, *name;
};

extern const struct conf_alias conf_aliases[];	/* ends with a NULL old */

/*
 * Read file and environment.  Faults and warnings are appended to `messages`, one
 * line each ("brisk.conf:3: ...").  False: there are faults, and the options they
 * concern have their defaults.
 */
bool	 conf_load(struct conf *, struct buf *messages) MUSTCHECK;

/*
 * The folder of this program's file, even if its path names another file by now;
 * "." if it cannot be determined.
 */
void	 conf_folder(char path[PATH_MAX]);

/* Is this service on?  "shop+ledger": are both? */
bool	 conf_service(const struct conf *, const char *services);

/* Append what a value of the option must be: "a whole number, 1 to 64". */
void	 conf_range(struct buf *, const struct conf_option *);

/* Append every option with default, range and meaning: help text; a Markdown table. */
void	 conf_help(struct buf *);
void	 conf_table(struct buf *);

/*
 * Load the configuration, and append every option with its value, the origin of
 * the value and its meaning, then the messages of conf_load().  Secrets are shown
 * as "***".  Returns what conf_load() returns.
 */
bool	 conf_show(struct buf *) MUSTCHECK;

#endif
