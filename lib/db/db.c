#include <dlfcn.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/private.h"

#define BACK_OFF_US	200000	/* after a failed connect */
#define CONNECT_S	2
#define SLACK_S		3	/* a read waits this much longer than the bound of a statement */
#define SCRIPT_S	3600
#define IDLE_US		1000000	/* idle for longer: check that the server has not closed it */
#define CLOSE_MS	100	/* wait for the server to close its end */
#define UNUSED_US	10000000 /* idle for longer: close the connection */
#define SLICE_US	20000	/* a busy connection is kept this long if others wait */
#define FULL_MS		20	/* between tries to connect to a full server */

/*
 * A client library shipped with the programs has its plugins in a folder beside
 * it, where it does not look by itself.  "": the library of the system.
 */
static char	 plugins[PATH_MAX];

static void
find_plugins(void)
{
	Dl_info		 info;
	const char	*slash;

	if (dladdr((const void *)(uintptr_t)mysql_init, &info) == 0 ||
	    (slash = strrchr(info.dli_fname, '/')) == NULL)
		return;
	if (snprintf(plugins, sizeof(plugins), "%.*s/plugin",
	    (int)(slash - info.dli_fname), info.dli_fname) >= (int)sizeof(plugins) ||
	    access(plugins, F_OK) != 0)
		plugins[0] = '\0';
}

bool
db_library_init(void)
{
	find_plugins();
	if (mysql_library_init(0, NULL, NULL) == 0)
		return true;
	log_event(LOG_ERROR, "db", "cannot initialize the client library");
	return false;
}

struct db *
db_open(const struct db_conf *conf)
{
	struct db	*db = calloc(1, sizeof(*db));

	if (db == NULL)
		log_event(LOG_ERROR, "db", "out of memory");
	else {
		db->conf = conf;
		db->seat.budget = conf->budget;
	}
	return db;
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	db_disconnect(db);
	connection_budget_close_seat(&db->seat);
	free(db->bind);
	free(db->time);
	free(db->row);
	free(db);
}

static void
count_open(struct db *db, bool on)
{
	if (db->conf->open_connections == NULL || db->counted == on)
		return;
	atomic_fetch_add_explicit(db->conf->open_connections, on ? 1 : (uint32_t)-1,
	    memory_order_relaxed);
	db->counted = on;
}

/*
 * The server closes its end a moment after ours; only then can another process
 * use the connection.
 */
static void
close_connection(struct db *db)
{
	struct pollfd	 end = { .fd = -1, .events = POLLIN };

	if (db->seat.acquired)
		end.fd = dup(mysql_get_socket(db->my));
	mysql_close(db->my);
	db->my = NULL;
	if (end.fd >= 0) {
		(void)poll(&end, 1, CLOSE_MS);
		close(end.fd);
	}
}

void
db_disconnect(struct db *db)
{
	size_t	 i;

	/* Close the connection first: closing its statements then sends nothing. */
	if (db->my != NULL)
		close_connection(db);
	count_open(db, false);
	connection_budget_release(&db->seat);
	db->writer = 0;
	for (i = 0; i < DB_MAX_STATEMENTS; i++)
		db_stmt_drop(db, &db->stmt[i]);
}

static const char *
or_null(const char *s)
{
	return s == NULL || s[0] == '\0' ? NULL : s;
}

static void
set_timeout(MYSQL *my, int64_t seconds)
{
	unsigned	 s = (unsigned)seconds;

	mysql_options(my, MYSQL_OPT_READ_TIMEOUT, &s);
	mysql_options(my, MYSQL_OPT_WRITE_TIMEOUT, &s);
}

/* The server ends a statement at its own bound; this is for a silent server. */
static int64_t
read_seconds(const struct db *db)
{
	return db->conf->statement_ms <= 0 ? SCRIPT_S :
	    db->conf->statement_ms / 1000 + SLACK_S;
}

/* Set up the session, in one statement. */
static bool
set_session(struct db *db)
{
	int64_t	 ms = db->conf->statement_ms <= 0 ? 0 : db->conf->statement_ms;
	bool	 maria = strstr(mysql_get_server_info(db->my), "MariaDB") != NULL;
	char	 limit[64], sql[512];

	if (maria)
		snprintf(limit, sizeof(limit), "max_statement_time = %" PRId64
		    ".%03" PRId64, ms / 1000, ms % 1000);
	else
		snprintf(limit, sizeof(limit), "max_execution_time = %" PRId64, ms);
	snprintf(sql, sizeof(sql), "SET NAMES utf8mb4, time_zone = '+00:00', "
	    "sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,"
	    "NO_ZERO_DATE,NO_ZERO_IN_DATE,NO_ENGINE_SUBSTITUTION', "
	    "group_concat_max_len = 1048576, @brisk_bumps = %s, "
	    "%s = 'READ-COMMITTED', %s", db->conf->invalidates ? "1" : "NULL",
	    maria ? "tx_isolation" : "transaction_isolation", limit);
	return mysql_query(db->my, sql) == 0;
}

static void
set_options(const struct db *db)
{
	unsigned	 connect_s = CONNECT_S, off = 0;

	mysql_options(db->my, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
	mysql_options(db->my, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	/* The server must not be able to request our files. */
	mysql_options(db->my, MYSQL_OPT_LOCAL_INFILE, &off);
	if (plugins[0] != '\0')
		mysql_options(db->my, MYSQL_PLUGIN_DIR, plugins);
	set_timeout(db->my, read_seconds(db));
}

static enum db_err
connect_failed(struct db *db)
{
	char	 why[sizeof(db->message)];

	snprintf(why, sizeof(why), "%s", db->my == NULL ? "out of memory" :
	    mysql_error(db->my));
	db->code = db->my == NULL ? 0 : mysql_errno(db->my);
	db_disconnect(db);
	db->not_before_us = clock_mono_us() + BACK_OFF_US;
	snprintf(db->message, sizeof(db->message), "cannot connect: %.400s", why);
	log_event(LOG_ERROR, "db", "%s (%u)", db->message, db->code);
	db->quiet = true;
	return DB_UNAVAILABLE;
}

static bool
try_connect(struct db *db)
{
	const struct db_conf	*c = db->conf;

	if ((db->my = mysql_init(NULL)) == NULL)
		return false;
	set_options(db);
	return mysql_real_connect(db->my, or_null(c->socket) != NULL ? NULL :
	    or_null(c->host), or_null(c->user), or_null(c->password),
	    or_null(c->name), (unsigned)c->port, or_null(c->socket),
	    CLIENT_FOUND_ROWS) != NULL && set_session(db);
}

/* Other users of the server can fill it, whatever our budget says. */
static bool
server_full(const struct db *db)
{
	unsigned	 code = db->my == NULL ? 0 : mysql_errno(db->my);

	return code == 1040 || code == 1203 || code == 1226;
}

static enum db_err
budget_full(struct db *db)
{
	snprintf(db->message, sizeof(db->message),
	    "no database connection was free within %" PRId64 " ms", db->conf->wait_ms);
	log_event(LOG_WARN, "db", "%s", db->message);
	db->quiet = true;
	return DB_UNAVAILABLE;
}

static enum db_err
connect_within_budget(struct db *db)
{
	int64_t	 until = clock_mono_us() + db->conf->wait_ms * 1000;

	if (clock_mono_us() < db->not_before_us) {
		snprintf(db->message, sizeof(db->message), "not connected");
		db->quiet = true;
		return DB_UNAVAILABLE;
	}
	if (!connection_budget_acquire(&db->seat, db->conf->wait_ms))
		return budget_full(db);
	while (!try_connect(db)) {
		if (!server_full(db) || clock_mono_us() >= until)
			return connect_failed(db);
		log_event(LOG_WARN, "db", "too many connections: %s", mysql_error(db->my));
		mysql_close(db->my);
		db->my = NULL;
		(void)poll(NULL, 0, FULL_MS);
	}
	db->last_us = db->since_us = clock_mono_us();
	count_open(db, true);
	return DB_OK;
}

bool
db_idle(struct db *db, bool busy)
{
	int64_t	 now = clock_mono_us();
	bool	 wanted = connection_budget_is_wanted(db->conf->budget), done;

	done = busy ? wanted && now - db->since_us > SLICE_US :
	    wanted || now - db->last_us > UNUSED_US;
	if (db->my != NULL && !db->in_tx && done)
		db_disconnect(db);
	return db->my != NULL;
}

/* An idle connection has nothing to read, except its end. */
static bool
server_closed(const struct db *db)
{
	struct pollfd	 p = { .fd = mysql_get_socket(db->my), .events = POLLIN };

	return clock_mono_us() - db->last_us > IDLE_US && poll(&p, 1, 0) != 0;
}

enum db_err
db_connect(struct db *db)
{
	enum db_err	 err;

	if (db->in_tx) {
		if ((err = db_tx_error(db)) == DB_OK)
			return DB_OK;
		snprintf(db->message, sizeof(db->message), err == DB_RETRY ?
		    "the transaction must run again" :
		    "the transaction was lost with its connection");
		db->quiet = true;
		return err;
	}
	if (db->my != NULL && server_closed(db))
		db_disconnect(db);
	return db->my != NULL ? DB_OK : connect_within_budget(db);
}

/* Turn on or off: several statements in one text, without a time bound. */
static bool
script_mode(struct db *db, bool on)
{
	if (!on) {
		set_timeout(db->my, read_seconds(db));
		return mysql_set_server_option(db->my,
		    MYSQL_OPTION_MULTI_STATEMENTS_OFF) == 0 && set_session(db);
	}
	set_timeout(db->my, SCRIPT_S);
	return mysql_set_server_option(db->my, MYSQL_OPTION_MULTI_STATEMENTS_ON) == 0 &&
	    mysql_query(db->my, strstr(mysql_get_server_info(db->my), "MariaDB") ?
	    "SET max_statement_time = 0" : "SET max_execution_time = 0") == 0;
}

/* The number of the statement that failed, from 1; 0: none. */
static unsigned
script_run(struct db *db, const char *sql)
{
	unsigned	 n = 1;
	int		 rc = mysql_query(db->my, sql);

	while (rc == 0) {
		mysql_free_result(mysql_use_result(db->my));
		db->counts.statements++;
		n++;
		rc = mysql_next_result(db->my);
	}
	return rc < 0 ? 0 : n;
}

enum db_err
db_script(struct db *db, const char *sql)
{
	enum db_err	 err;
	unsigned	 failed;
	char		 message[sizeof(db->message)];

	db_clear_error(db);
	if ((err = db_connect(db)) != DB_OK)
		return err;
	if (!script_mode(db, true)) {
		err = db_fail_my(db, false);
		db_log_error(db, err, STR("(script)"));
		db_disconnect(db);
		return err;
	}
	if ((failed = script_run(db, sql)) != 0) {
		snprintf(message, sizeof(message), "statement %u: %.480s", failed,
		    mysql_error(db->my));
		err = db_fail(db, mysql_errno(db->my), message, true);
		log_event(LOG_ERROR, "db", "script: %s", message);
	}
	/* Close a session that cannot be restored. */
	if (db->my != NULL && !script_mode(db, false))
		db_disconnect(db);
	db->last_us = clock_mono_us();
	return err;
}

const char *
db_error_detail(const struct db *db)
{
	return db->detail;
}

const char *
db_error_message(const struct db *db)
{
	return db->message;
}

unsigned
db_error_code(const struct db *db)
{
	return db->code;
}

void
db_counts_reset(struct db *db)
{
	db->counts = (struct db_counts){ 0 };
}

struct db_counts
db_counts(const struct db *db)
{
	return db->counts;
}
