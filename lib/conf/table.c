/* conf/table - the options, their aliases and their help. */
#include "conf/conf.h"

#define AT(member)	offsetof(struct conf, member)

const struct conf_option conf_options[] = {
	{ "services", CONF_NAMES, AT(services), "shop ledger", 0, 200,
	    "Services that are on, separated by spaces. `core` is always on." },
	{ "base_url", CONF_URL, AT(base_url), "http://127.0.0.1:8080", 8, 200,
	    "URL of the API as clients see it. It is put before paths in "
	    "links, problem types and the OpenAPI document." },
	{ "database_socket", CONF_PATH, AT(database_socket), "db.sock", 0, 107,
	    "Unix socket of MariaDB. Used when database_host is empty." },
	{ "database_host", CONF_TEXT, AT(database_host), "", 0, 253,
	    "Host name or address of MariaDB. Empty: use database_socket." },
	{ "database_port", CONF_INT, AT(database_port), "3306", 1, 65535,
	    "TCP port of MariaDB on database_host." },
	{ "database_user", CONF_TEXT, AT(database_user), "brisk", 1, 80,
	    "Database account of the programs." },
	{ "database_password", CONF_SECRET, AT(database_password), "", 0, 200,
	    "Password of database_user." },
	{ "database_name", CONF_TEXT, AT(database_name), "brisk", 1, 64,
	    "Database that holds the tables." },
	{ "database_own_accounts", CONF_SWITCH, AT(database_own_accounts), "off", 0, 0,
	    "Give each program its own database account, named "
	    "database_user_PROGRAM. `brisk grants` creates them." },
	{ "database_connections", CONF_INT, AT(database_connections), "30", 0, 4096,
	    "Maximum number of database connections of all programs together. "
	    "0: no limit." },
	{ "database_wait_ms", CONF_INT, AT(database_wait_ms), "1000", 0, 60000,
	    "Time that a request waits for a database connection, in "
	    "milliseconds. After that it is answered with 503." },
	{ "statement_ms", CONF_INT, AT(statement_ms), "2000", 10, 600000,
	    "Time limit of one SQL statement, in milliseconds." },
	{ "cache_socket", CONF_PLACE, AT(cache_socket), "cache.sock", 0, 107,
	    "Unix socket or host:port of memcached. Empty: do not use "
	    "memcached." },
	{ "cache_wait_ms", CONF_INT, AT(cache_wait_ms), "20", 1, 60000,
	    "Time that a request waits for memcached, or for another process "
	    "that reads external writes, in milliseconds. After that it goes "
	    "on without the cache." },
	{ "cache_ttl_max", CONF_INT, AT(cache_ttl_max), "3600", 1, 2592000,
	    "Maximum lifetime of a cached answer, in seconds." },
	{ "cache_lru_bytes", CONF_INT, AT(cache_lru_bytes), "4194304", 0, 1073741824,
	    "Size of the LRU cache in each process, in bytes. 0: no such "
	    "cache." },
	{ "secret", CONF_SECRET, AT(secret), "", CONF_MIN_SECRET, 1000,
	    "Random text from which the keys of cursors, cache entries and "
	    "sealed values are derived. Required; keep it private." },
	{ "token_issuer", CONF_TEXT, AT(token_issuer), "", 0, 200,
	    "Issuer (`iss`) of access tokens. Empty: base_url." },
	{ "token_audience", CONF_TEXT, AT(token_audience), "", 0, 200,
	    "Audience (`aud`) of access tokens. Empty: base_url." },
	{ "token_seconds", CONF_INT, AT(token_seconds), "600", 10, 86400,
	    "Lifetime of an access token, in seconds." },
	{ "order_seconds", CONF_INT, AT(order_seconds), "900", 1, 604800,
	    "Time that the stock of an unpaid order stays reserved, in "
	    "seconds. After that the order expires." },
	{ "oauth_password_grant", CONF_SWITCH, AT(oauth_password_grant), "on", 0, 0,
	    "Allow first-party clients the password grant (user name and "
	    "password for a token)." },
	{ "password_min", CONF_INT, AT(password_min), "12", 8, 64,
	    "Minimum length of a password, in characters." },
	{ "oidc_issuer", CONF_TEXT, AT(oidc_issuer), "", 0, 200,
	    "Issuer of an external OpenID provider whose tokens are accepted. "
	    "Empty: none." },
	{ "oidc_jwks", CONF_SOURCE, AT(oidc_jwks), "", 0, 500,
	    "JWK set with the provider's public keys: a file or a URL." },
	{ "oidc_audience", CONF_TEXT, AT(oidc_audience), "", 0, 200,
	    "Audience that the provider's tokens must have. Empty: "
	    "token_audience." },
	{ "oidc_scopes", CONF_TEXT, AT(oidc_scopes), "scope=*", 0, 2000,
	    "How claims of the provider's tokens become scopes: CLAIM=* takes "
	    "the values as scopes, CLAIM:VALUE=SCOPE,SCOPE maps one value. "
	    "Separated by spaces." },
	{ "password_wait_ms", CONF_INT, AT(password_wait_ms), "1000", 0, 60000,
	    "Time that a request waits for a free CPU core to hash a "
	    "password, in milliseconds. After that it is answered with 503." },
	{ "run_dir", CONF_PATH, AT(run_dir), "run", 1, 1000,
	    "Folder for the files that running programs share. Stop all "
	    "programs before you change it." },
	{ "log_level", CONF_LEVEL, AT(log_level), "info", 1, 10,
	    "Lowest level that is logged." },
	{ "rate_limit", CONF_SWITCH, AT(rate_limit), "on", 0, 0,
	    "Enforce the rate limits below. Each limit allows its whole "
	    "number of requests as a burst." },
	{ "limit_auth", CONF_RATE, AT(limit_auth), "10/60", 1, 1000000,
	    "Logins and registrations from one address, as REQUESTS/SECONDS." },
	{ "limit_public", CONF_RATE, AT(limit_public), "1200/60", 1, 1000000,
	    "Anonymous reads from one address, and requests with a refused "
	    "token." },
	{ "limit_read", CONF_RATE, AT(limit_read), "600/60", 1, 1000000,
	    "Reads of one user or client." },
	{ "limit_write", CONF_RATE, AT(limit_write), "120/60", 1, 1000000,
	    "Writes of one user or client." },
	{ "limit_costly", CONF_RATE, AT(limit_costly), "30/60", 1, 1000000,
	    "Checkouts, payments and transactions of one user or client." },
	{ "limit_ingest", CONF_RATE, AT(limit_ingest), "60/60", 1, 1000000,
	    "Batches of readings from one device." },
	{ "limit_stream", CONF_RATE, AT(limit_stream), "10/60", 1, 1000000,
	    "Streams that one user or client opens." },
	{ "streams_per_client", CONF_INT, AT(streams_per_client), "3", 0, 100000,
	    "Maximum number of open streams of one user, client or address. "
	    "0, or rate_limit = off: no limit." },
	{ "streams_max", CONF_INT, AT(streams_max), "1000", 1, 100000,
	    "Maximum number of open streams and waiting requests (Prefer: "
	    "wait) in all. More are answered with 503." },
	{ "trusted_proxies", CONF_NETWORKS, AT(trusted_proxies), "", 0, 1000,
	    "Reverse proxies whose X-Forwarded-For and X-Forwarded-Proto "
	    "headers are trusted. From other addresses these headers are "
	    "ignored." },
	{ "cors_origins", CONF_ORIGINS, AT(cors_origins), "", 0, 2000,
	    "Origins of web pages whose scripts may call the API (CORS). "
	    "Empty: none." },
	{ "audit_writes", CONF_SWITCH, AT(audit_writes), "on", 0, 0,
	    "Write each row that a resource changes to the audit log. Logins "
	    "and account changes are always written." },
	{ "card_test_url", CONF_URL, AT(card_test_url), "", 0, 200,
	    "URL of the test payment provider card_test. Empty: the payment "
	    "method is off." },
	{ "card_test_secret", CONF_SECRET, AT(card_test_secret), "", 0, 200,
	    "Secret shared with card_test: it authenticates our requests and "
	    "signs its webhooks." },
	{ "provider_ms", CONF_INT, AT(provider_ms), "5000", 50, 12000,
	    "Time limit of one request to a payment provider, in "
	    "milliseconds." },
	{ "threads", CONF_INT, AT(threads), "4", 1, 64,
	    "Requests that one worker handles at the same time." },
	{ "jobs_threads", CONF_INT, AT(jobs_threads), "1", 0, 16,
	    "Jobs that each worker of a program with a queue runs at the same "
	    "time. 0: only `brisk jobs run` runs jobs." },
	{ "max_body", CONF_INT, AT(max_body), "4194304", 1024, 67108864,
	    "Maximum size of a request body, in bytes." },
	{ "workers_min", CONF_INT, AT(workers_min), "1", 1, 32,
	    "Minimum number of workers of each program." },
	{ "workers_max", CONF_INT, AT(workers_max), "4", 1, 32,
	    "Maximum number of workers of each program, reached while "
	    "requests wait." },
	{ "queue_ms", CONF_INT, AT(queue_ms), "200", 10, 60000,
	    "Time that requests wait before another worker is started, in "
	    "milliseconds." },
	{ "worker_memory", CONF_INT, AT(worker_memory), "256", 16, 65536,
	    "Resident memory at which a worker is replaced, in MiB." },
	{ "worker_age", CONF_INT, AT(worker_age), "86400", 0, 31536000,
	    "Age at which a worker is replaced, in seconds. 0: never." },
	{ "worker_requests", CONF_INT, AT(worker_requests), "0", 0, 1000000000,
	    "Number of requests after which a worker is replaced. 0: never." },
	{ "start_seconds", CONF_INT, AT(start_seconds), "10", 1, 300,
	    "Time limit for a new worker to become ready, and for --check "
	    "during a restart, in seconds." },
	{ "drain_seconds", CONF_INT, AT(drain_seconds), "8", 1, 600,
	    "Time limit for a stopping worker to finish its requests, in "
	    "seconds." },
	{ NULL, CONF_TEXT, 0, NULL, 0, 0, NULL },
};

const struct conf_alias conf_aliases[] = {
	{ "body_most", "max_body" },
	{ "cache_local", "cache_lru_bytes" },
	{ "streams_each", "streams_per_client" },
	{ NULL, NULL },
};

_Static_assert(NELEMS(conf_options) == CONF_OPTIONS + 1, "CONF_OPTIONS counts them");

static const struct {
	const char	*what;		/* completes "must be ..." */
	const char	*unit;		/* of the bounds; NULL: do not show them */
} kinds[CONF_KINDS] = {
	[CONF_TEXT]	= { "text", " bytes" },
	[CONF_SECRET]	= { "text", " bytes" },
	[CONF_PATH]	= { "a path", " bytes" },
	[CONF_SOURCE]	= { "a path, an https URL, or an http URL of this host",
	    " bytes" },
	[CONF_PLACE]	= { "a path or host:port", " bytes" },
	[CONF_URL]	= { "an http or https URL without a trailing slash",
	    " bytes" },
	[CONF_NAMES]	= { "names of a-z, 0-9 and _, separated by spaces",
	    " bytes" },
	[CONF_NETWORKS]	= { "addresses or networks (10.0.0.0/8), separated by spaces",
	    " bytes" },
	[CONF_ORIGINS]	= { "origins (https://app.example.com), separated by spaces",
	    " bytes" },
	[CONF_LEVEL]	= { "error, warn, info or debug", NULL },
	[CONF_INT]	= { "a whole number", "" },
	[CONF_SWITCH]	= { "on or off", NULL },
	[CONF_RATE]	= { "off, or N/SECONDS (at most a day); N", "" },
};

void
conf_range(struct buf *b, const struct conf_option *o)
{
	buf_puts(b, kinds[o->kind].what);
	if (kinds[o->kind].unit == NULL)
		return;
	buf_puts(b, ", ");
	buf_int(b, o->min);
	buf_puts(b, " to ");
	buf_int(b, o->max);
	buf_puts(b, kinds[o->kind].unit);
}

void
conf_help(struct buf *b)
{
	for (const struct conf_option *o = conf_options; o->name != NULL; o++) {
		buf_fmt(b, "%s\n    %s\n    default %s; ", o->name, o->doc,
		    o->def[0] == '\0' ? "empty" : o->def);
		conf_range(b, o);
		buf_byte(b, '\n');
	}
}

void
conf_table(struct buf *b)
{
	buf_puts(b, "| option | default | range | meaning |\n"
	    "|---|---|---|---|\n");
	for (const struct conf_option *o = conf_options; o->name != NULL; o++) {
		buf_fmt(b, o->def[0] == '\0' ? "| `%s` | %s| " :
		    "| `%s` | `%s` | ", o->name, o->def);
		conf_range(b, o);
		buf_fmt(b, " | %s |\n", o->doc);
	}
}
