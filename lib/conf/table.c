/* conf - the table of options, and its help. */
#include "conf/conf.h"

#define AT(member)	offsetof(struct conf, member)

const struct conf_option conf_options[] = {
	{ "services", CONF_NAMES, AT(services), "shop ledger", 0, 200,
	    "Services switched on, with spaces between; core always is" },
	{ "base_url", CONF_URL, AT(base_url), "http://127.0.0.1:8080", 8, 200,
	    "What clients put before a path: in links, problem types, the document" },
	{ "database_socket", CONF_PATH, AT(database_socket), "db.sock", 0, 107,
	    "MariaDB's socket; used while database_host is empty" },
	{ "database_host", CONF_TEXT, AT(database_host), "", 0, 253,
	    "MariaDB's host; empty: the socket" },
	{ "database_port", CONF_INT, AT(database_port), "3306", 1, 65535,
	    "MariaDB's port on that host" },
	{ "database_user", CONF_TEXT, AT(database_user), "brisk", 1, 80,
	    "Account of the programs" },
	{ "database_password", CONF_SECRET, AT(database_password), "", 0, 200,
	    "Its password" },
	{ "database_name", CONF_TEXT, AT(database_name), "brisk", 1, 64,
	    "Database of the tables" },
	{ "database_own_accounts", CONF_SWITCH, AT(database_own_accounts), "off", 0, 0,
	    "Whether each program has an account of its own, database_user and its "
	    "name behind it; `brisk grants` makes them" },
	{ "database_connections", CONF_INT, AT(database_connections), "30", 0, 4096,
	    "Most connections of all programs together; 0: no bound" },
	{ "database_wait_ms", CONF_INT, AT(database_wait_ms), "1000", 0, 60000,
	    "Longest wait for one of them, in milliseconds; then 503" },
	{ "statement_ms", CONF_INT, AT(statement_ms), "2000", 10, 600000,
	    "Longest time of one statement, in milliseconds" },
	{ "cache_socket", CONF_PLACE, AT(cache_socket), "cache.sock", 0, 107,
	    "memcached's socket, or host:port; empty: none" },
	{ "cache_wait_ms", CONF_INT, AT(cache_wait_ms), "20", 1, 60000,
	    "Longest wait for memcached, or for another's look at watched tables, in "
	    "milliseconds; then it goes on without" },
	{ "cache_ttl_max", CONF_INT, AT(cache_ttl_max), "3600", 1, 2592000,
	    "Longest life of a cached answer, in seconds" },
	{ "cache_local", CONF_INT, AT(cache_local), "4194304", 0, 1073741824,
	    "Bytes of answers that each process keeps itself; 0: none" },
	{ "secret", CONF_SECRET, AT(secret), "", CONF_MIN_SECRET, 1000,
	    "Keys of cursors and cache entries come from it: random text, "
	    "kept to oneself; it has no default" },
	{ "token_issuer", CONF_TEXT, AT(token_issuer), "", 0, 200,
	    "Who signs them; empty: base_url" },
	{ "token_audience", CONF_TEXT, AT(token_audience), "", 0, 200,
	    "Whom they are for; empty: base_url" },
	{ "token_seconds", CONF_INT, AT(token_seconds), "600", 10, 86400,
	    "Life of an access token, in seconds" },
	{ "order_seconds", CONF_INT, AT(order_seconds), "900", 1, 604800,
	    "How long an order's pieces are kept for it until it is paid, in seconds" },
	{ "oauth_password_grant", CONF_SWITCH, AT(oauth_password_grant), "on", 0, 0,
	    "Whether first-party clients may send a person's name and password for a "
	    "token" },
	{ "password_min", CONF_INT, AT(password_min), "12", 8, 64,
	    "Least length of a password, in characters" },
	{ "oidc_issuer", CONF_TEXT, AT(oidc_issuer), "", 0, 200,
	    "An outside OpenID provider whose tokens are taken, too: its `iss`; "
	    "empty: none" },
	{ "oidc_jwks", CONF_SOURCE, AT(oidc_jwks), "", 0, 500,
	    "Its keys, as a JWK set" },
	{ "oidc_audience", CONF_TEXT, AT(oidc_audience), "", 0, 200,
	    "Whom its tokens must be for; empty: token_audience" },
	{ "oidc_scopes", CONF_TEXT, AT(oidc_scopes), "scope=*", 0, 2000,
	    "What its claims allow here: CLAIM=*, and CLAIM:WORD=SCOPE,SCOPE, with "
	    "spaces between" },
	{ "password_wait_ms", CONF_INT, AT(password_wait_ms), "1000", 0, 60000,
	    "Longest wait for a core to hash a password on, in milliseconds; then 503" },
	{ "run_dir", CONF_PATH, AT(run_dir), "run", 1, 1000,
	    "Folder of the files that the programs share while they run; a change "
	    "needs a stop of all" },
	{ "log_level", CONF_LEVEL, AT(log_level), "info", 1, 10,
	    "Least level that is logged: error, warn, info or debug" },
	{ "rate_limit", CONF_SWITCH, AT(rate_limit), "on", 0, 0,
	    "Whether clients are held to the rates below; each has a burst of all of it" },
	{ "limit_auth", CONF_RATE, AT(limit_auth), "10/60", 1, 1000000,
	    "Logins and registrations of an address: how many / in how many seconds" },
	{ "limit_public", CONF_RATE, AT(limit_public), "1200/60", 1, 1000000,
	    "Reads of an address that take no token, and requests whose token is refused" },
	{ "limit_read", CONF_RATE, AT(limit_read), "600/60", 1, 1000000,
	    "Reads of a user or client" },
	{ "limit_write", CONF_RATE, AT(limit_write), "120/60", 1, 1000000,
	    "Writes of a user or client" },
	{ "limit_costly", CONF_RATE, AT(limit_costly), "30/60", 1, 1000000,
	    "Its checkouts, payments and transactions" },
	{ "limit_ingest", CONF_RATE, AT(limit_ingest), "60/60", 1, 1000000,
	    "Batches of readings of a device" },
	{ "limit_stream", CONF_RATE, AT(limit_stream), "10/60", 1, 1000000,
	    "Streams that a user or client opens" },
	{ "streams_each", CONF_INT, AT(streams_each), "3", 0, 100000,
	    "Streams that one user, client or address may have open; 0, or rate_limit = off: no bound" },
	{ "streams_max", CONF_INT, AT(streams_max), "1000", 1, 100000,
	    "Streams, and requests with Prefer: wait, that all may have open; then 503" },
	{ "trusted_proxies", CONF_NETWORKS, AT(trusted_proxies), "", 0, 1000,
	    "Proxies in front whose X-Forwarded-For and X-Forwarded-Proto hold; of others they are ignored" },
	{ "cors_origins", CONF_ORIGINS, AT(cors_origins), "", 0, 2000,
	    "Web pages elsewhere whose scripts may call the API; empty: none" },
	{ "audit_writes", CONF_SWITCH, AT(audit_writes), "on", 0, 0,
	    "Whether each row that a resource writes is told in the audit log; "
	    "logins and the like always are" },
	{ "card_test_url", CONF_URL, AT(card_test_url), "", 0, 200,
	    "Where the provider of the payment method card_test is; empty: there is "
	    "no such method" },
	{ "card_test_secret", CONF_SECRET, AT(card_test_secret), "", 0, 200,
	    "What it knows us by, and what its webhooks are signed with" },
	{ "provider_ms", CONF_INT, AT(provider_ms), "5000", 50, 12000,
	    "Longest time of one call to a provider of payments, in milliseconds" },
	{ "threads", CONF_INT, AT(threads), "4", 1, 64,
	    "Requests that one worker serves at the same time" },
	{ "jobs_threads", CONF_INT, AT(jobs_threads), "1", 0, 16,
	    "Jobs that each worker of a program with a queue does at the same time; 0: "
	    "none, only `brisk jobs run` does" },
	{ "body_most", CONF_INT, AT(max_body), "4194304", 1024, 67108864,
	    "Largest request body, in bytes" },
	{ "workers_min", CONF_INT, AT(workers_min), "1", 1, 32,
	    "Workers that each program keeps running" },
	{ "workers_max", CONF_INT, AT(workers_max), "4", 1, 32,
	    "Workers that it runs while requests wait" },
	{ "queue_ms", CONF_INT, AT(queue_ms), "200", 10, 60000,
	    "How long requests wait before there is one worker more, in milliseconds" },
	{ "worker_memory", CONF_INT, AT(worker_memory), "256", 16, 65536,
	    "Resident memory at which a worker is replaced, in MiB" },
	{ "worker_age", CONF_INT, AT(worker_age), "86400", 0, 31536000,
	    "Age at which it is, in seconds; 0: never" },
	{ "worker_requests", CONF_INT, AT(worker_requests), "0", 0, 1000000000,
	    "Requests after which it is; 0: never" },
	{ "start_seconds", CONF_INT, AT(start_seconds), "10", 1, 300,
	    "Longest time until a new worker is ready, and of --check in a roll" },
	{ "drain_seconds", CONF_INT, AT(drain_seconds), "8", 1, 600,
	    "Longest time that requests in flight get to finish, at a worker's end" },
	{ NULL, CONF_TEXT, 0, NULL, 0, 0, NULL },
};

_Static_assert(NELEMS(conf_options) == CONF_OPTIONS + 1, "CONF_OPTIONS counts them");

static const struct {
	const char	*what;		/* a value must be */
	const char	*unit;		/* of its bounds; NULL: none worth telling */
} kinds[CONF_KINDS] = {
	[CONF_TEXT]	= { "text", " bytes" },
	[CONF_SECRET]	= { "text", " bytes" },
	[CONF_PATH]	= { "a path", " bytes" },
	[CONF_SOURCE]	= { "a path, an https URL, or an http one of this machine",
	    " bytes" },
	[CONF_PLACE]	= { "a path or host:port", " bytes" },
	[CONF_URL]	= { "an http or https URL without a slash at its end",
	    " bytes" },
	[CONF_NAMES]	= { "names of a-z, 0-9 and _ with spaces between",
	    " bytes" },
	[CONF_NETWORKS]	= { "addresses or networks (10.0.0.0/8) with spaces between",
	    " bytes" },
	[CONF_ORIGINS]	= { "origins (https://app.example.com) with spaces between",
	    " bytes" },
	[CONF_LEVEL]	= { "error, warn, info or debug", NULL },
	[CONF_INT]	= { "a whole number", "" },
	[CONF_SWITCH]	= { "on or off", NULL },
	[CONF_RATE]	= { "off, or N/SECONDS of at most a day; N", "" },
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
	buf_puts(b, "| option | default | range | what it is |\n"
	    "|---|---|---|---|\n");
	for (const struct conf_option *o = conf_options; o->name != NULL; o++) {
		buf_fmt(b, o->def[0] == '\0' ? "| `%s` | %s| " :
		    "| `%s` | `%s` | ", o->name, o->def);
		conf_range(b, o);
		buf_fmt(b, " | %s |\n", o->doc);
	}
}
