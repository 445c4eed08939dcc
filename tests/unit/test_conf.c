/* test_conf - options from a file and the environment, and messages about faults. */
#include <sys/stat.h>
#include <unistd.h>
#include "conf/conf.h"
#include "test.h"

#define GOOD	"secret = 0123456789abcdef0123456789abcdef\n"

static char		 folder[64];
static char		 path[128];
static struct arena	 arena;

static void
file_write(const char *text, size_t n)
{
	FILE	*f;

	(void)snprintf(folder, sizeof(folder), "/tmp/test_conf.%d", (int)getpid());
	(void)snprintf(path, sizeof(path), "%s/brisk.conf", folder);
	(void)mkdir(folder, 0700);
	f = fopen(path, "w");
	CHECK("file written", f != NULL && fwrite(text, 1, n, f) == n);
	if (f != NULL)
		(void)fclose(f);
	(void)setenv("BRISK_CONF", path, 1);
}

static void
file_remove(void)
{
	(void)unlink(path);
	(void)rmdir(folder);
	(void)unsetenv("BRISK_CONF");
}

/* The messages about this file, without its name. */
static bool
load(const char *text, size_t n, struct conf *c, char told[2048])
{
	struct buf	 b;
	bool		 good;
	struct str	 rest;
	size_t		 at = 0;

	CHECK("arena", arena_init(&arena, (size_t)1 << 20));
	buf_init(&b, &arena);
	file_write(text, n);
	good = conf_load(c, &b);
	file_remove();
	for (rest = buf_view(&b); rest.p != NULL && rest.n > 0;) {
		struct str	 line = str_cut(&rest, '\n');

		if (str_starts(line, str_of(path)))
			line = str_from(line, strlen(path));
		at += (size_t)snprintf(told + at, 2048 - at, "%.*s\n", STR_ARG(line));
	}
	told[at] = '\0';
	arena_free(&arena);
	return good;
}

static const struct {
	const char	*label, *text;
} accepted[] = {
	{ "secret alone",	 GOOD },
	{ "comments and blanks", "# a\n\n   \n" GOOD "  # b\n" },
	{ "spaces around",	 GOOD "  threads\t=  8  \n" },
	{ "no newline at the end", GOOD "threads=8" },
	{ "CRLF",		 "threads = 8\r\n" GOOD },
	{ "= in a value",	 GOOD "database_password = a=b=c\n" },
	{ "# in a value",	 GOOD "database_password = a#b\n" },
	{ "empty password",	 GOOD "database_password =\n" },
	{ "least threads",	 GOOD "threads = 1\n" },
	{ "most threads",	 GOOD "threads = 64\n" },
	{ "least statement",	 GOOD "statement_ms = 10\n" },
	{ "most statement",	 GOOD "statement_ms = 600000\n" },
	{ "no services",	 GOOD "services =\n" },
	{ "four services",	 GOOD "services = shop ledger feed things\n" },
	{ "no cache",		 GOOD "cache_socket =\n" },
	{ "https",		 GOOD "base_url = https://api.example.com\n" },
	{ "no provider",	 GOOD "card_test_url =\n" },
	{ "level",		 GOOD "log_level = debug\n" },
	{ "switch",		 GOOD "rate_limit = off\n" },
	{ "a rate",		 GOOD "limit_write = 120/60\n" },
	{ "least rate",		 GOOD "limit_write = 1/1\n" },
	{ "most of a rate",	 GOOD "limit_write = 1000000/86400\n" },
	{ "no rate",		 GOOD "limit_write = off\n" },
	{ "proxies",		 GOOD "trusted_proxies = 10.0.0.0/8, ::1 192.0.2.7\n" },
	{ "origins",		 GOOD "cors_origins = https://a.example "
	    "http://localhost:3000,http://[::1]:80\n" },
	{ "32 bytes of secret",	 "secret = 12345678901234567890123456789012\n" },
};

static const struct {
	const char	*label, *text, *told;
} refused[] = {
	{ "no secret",		 "threads = 4\n", ": secret: missing; set it to at least "
	    "32 random bytes, such as the output of `openssl rand -hex 32`\n" },
	{ "empty file",		 "", ": secret: missing; set it to at least "
	    "32 random bytes, such as the output of `openssl rand -hex 32`\n" },
	{ "secret of 31 bytes",	 "secret = 1234567890123456789012345678901\n",
	    ":1: secret: must be text, 32 to 1000 bytes\n" },
	{ "empty secret",	 "secret =\n",
	    ":1: secret: must be text, 32 to 1000 bytes\n" },
	{ "unknown key",	 GOOD "thread = 4\n", ":2: thread: no such option\n" },
	{ "key in capitals",	 GOOD "THREADS = 4\n", ":2: THREADS: no such option\n" },
	{ "no key",		 GOOD "= 4\n", ":2: : no such option\n" },
	{ "no =",		 GOOD "\nthreads 4\n", ":3: not \"key = value\"\n" },
	{ "given twice",	 GOOD "threads = 4\nthreads = 4\n",
	    ":3: threads: given twice\n" },
	{ "threads 0",		 GOOD "threads = 0\n",
	    ":2: threads: must be a whole number, 1 to 64\n" },
	{ "threads 65",		 GOOD "threads = 65\n",
	    ":2: threads: must be a whole number, 1 to 64\n" },
	{ "negative",		 GOOD "threads = -1\n",
	    ":2: threads: must be a whole number, 1 to 64\n" },
	{ "with a unit",	 GOOD "statement_ms = 2s\n",
	    ":2: statement_ms: must be a whole number, 10 to 600000\n" },
	{ "over 64 bits",	 GOOD "threads = 18446744073709551620\n",
	    ":2: threads: must be a whole number, 1 to 64\n" },
	{ "empty number",	 GOOD "threads =\n",
	    ":2: threads: must be a whole number, 1 to 64\n" },
	{ "statement too short", GOOD "statement_ms = 9\n",
	    ":2: statement_ms: must be a whole number, 10 to 600000\n" },
	{ "level",		 GOOD "log_level = loud\n",
	    ":2: log_level: must be error, warn, info or debug\n" },
	{ "switch",		 GOOD "rate_limit = yes\n",
	    ":2: rate_limit: must be on or off\n" },
	{ "slash at the end",	 GOOD "base_url = http://a.example/\n",
	    ":2: base_url: must be an http or https URL without a trailing slash, 8 to 200 bytes\n" },
	{ "no URL",		 GOOD "base_url = a.example.com\n",
	    ":2: base_url: must be an http or https URL without a trailing slash, 8 to 200 bytes\n" },
	{ "comma in services",	 GOOD "services = shop,feed\n",
	    ":2: services: must be names of a-z, 0-9 and _, separated by spaces, "
	    "0 to 200 bytes\n" },
	{ "empty user",		 GOOD "database_user =\n",
	    ":2: database_user: must be text, 1 to 80 bytes\n" },
	{ "rate of none", GOOD "limit_write = 0/60\n",
	    ":2: limit_write: must be off, or N/SECONDS (at most a day); N, 1 to 1000000\n" },
	{ "rate without seconds", GOOD "limit_write = 120\n",
	    ":2: limit_write: must be off, or N/SECONDS (at most a day); N, 1 to 1000000\n" },
	{ "rate in no time", GOOD "limit_write = 120/0\n",
	    ":2: limit_write: must be off, or N/SECONDS (at most a day); N, 1 to 1000000\n" },
	{ "rate over a day", GOOD "limit_write = 120/86401\n",
	    ":2: limit_write: must be off, or N/SECONDS (at most a day); N, 1 to 1000000\n" },
	{ "rate with a unit", GOOD "limit_write = 120/60s\n",
	    ":2: limit_write: must be off, or N/SECONDS (at most a day); N, 1 to 1000000\n" },
	{ "rate on", GOOD "limit_write = on\n",
	    ":2: limit_write: must be off, or N/SECONDS (at most a day); N, 1 to 1000000\n" },
	{ "rate too high", GOOD "limit_write = 1000001/60\n",
	    ":2: limit_write: must be off, or N/SECONDS (at most a day); N, 1 to 1000000\n" },
	{ "rate of two", GOOD "limit_write = 1/2/3\n",
	    ":2: limit_write: must be off, or N/SECONDS (at most a day); N, 1 to 1000000\n" },
	{ "rate of nothing", GOOD "limit_write = \n",
	    ":2: limit_write: must be off, or N/SECONDS (at most a day); N, 1 to 1000000\n" },
	{ "a name for a proxy", GOOD "trusted_proxies = proxy.example\n",
	    ":2: trusted_proxies: must be addresses or networks (10.0.0.0/8), separated by spaces, 0 to 1000 bytes\n" },
	{ "bits behind a network", GOOD "trusted_proxies = 10.0.0.1/8\n",
	    ":2: trusted_proxies: must be addresses or networks (10.0.0.0/8), separated by spaces, 0 to 1000 bytes\n" },
	{ "a longer network", GOOD "trusted_proxies = 10.0.0.0/33\n",
	    ":2: trusted_proxies: must be addresses or networks (10.0.0.0/8), separated by spaces, 0 to 1000 bytes\n" },
	{ "any origin", GOOD "cors_origins = *\n",
	    ":2: cors_origins: must be origins (https://app.example.com), separated by spaces, 0 to 2000 bytes\n" },
	{ "origin with a path", GOOD "cors_origins = https://a.example/\n",
	    ":2: cors_origins: must be origins (https://app.example.com), separated by spaces, 0 to 2000 bytes\n" },
	{ "origin without a scheme", GOOD "cors_origins = a.example\n",
	    ":2: cors_origins: must be origins (https://app.example.com), separated by spaces, 0 to 2000 bytes\n" },
	{ "origin in capitals", GOOD "cors_origins = https://A.example\n",
	    ":2: cors_origins: must be origins (https://app.example.com), separated by spaces, 0 to 2000 bytes\n" },
	{ "null origin", GOOD "cors_origins = null\n",
	    ":2: cors_origins: must be origins (https://app.example.com), separated by spaces, 0 to 2000 bytes\n" },
	{ "one bad origin", GOOD "cors_origins = https://a.example ftp://b.example\n",
	    ":2: cors_origins: must be origins (https://app.example.com), separated by spaces, 0 to 2000 bytes\n" },
	{ "origin of nobody", GOOD "cors_origins = https://\n",
	    ":2: cors_origins: must be origins (https://app.example.com), separated by spaces, 0 to 2000 bytes\n" },
	{ "several at once",	 GOOD "threads = 0\nx = 1\nlog_level = loud\n",
	    ":2: threads: must be a whole number, 1 to 64\n"
	    ":3: x: no such option\n"
	    ":4: log_level: must be error, warn, info or debug\n" },
};

static void
files_accepted(void)
{
	for (size_t i = 0; i < NELEMS(accepted); i++) {
		struct conf	 c;
		char		 told[2048];

		CHECK(accepted[i].label, load(accepted[i].text,
		    strlen(accepted[i].text), &c, told));
		CHECK_TEXT(accepted[i].label, told, "");
	}
}

static void
files_refused(void)
{
	for (size_t i = 0; i < NELEMS(refused); i++) {
		struct conf	 c;
		char		 told[2048];

		CHECK(refused[i].label, !load(refused[i].text,
		    strlen(refused[i].text), &c, told));
		CHECK_TEXT(refused[i].label, told, refused[i].told);
		CHECK_INT(refused[i].label, c.threads, 4);
		CHECK_TEXT(refused[i].label, c.log_level, "info");
	}
}

static void
odd_files(void)
{
	static const char nul[] = GOOD "database_user = a\0b\n";
	struct conf	 c;
	char		 told[2048];
	char		*big = calloc(1, 70000);
	struct buf	 b;

	CHECK("NUL byte", !load(nul, sizeof(nul) - 1, &c, told));
	CHECK_TEXT("NUL byte", told,
	    ":2: database_user: must be text, 1 to 80 bytes\n");
	if (big != NULL)
		memset(big, '\n', 70000);
	CHECK("too big", big != NULL && !load(big, 70000, &c, told));
	CHECK("a file that is too large is reported", strncmp(told, ": cannot read: ", 15) == 0);
	free(big);
	CHECK("arena", arena_init(&arena, 1 << 20));
	buf_init(&b, &arena);
	(void)setenv("BRISK_CONF", "/nowhere/brisk.conf", 1);
	CHECK("no such file", !conf_load(&c, &b));
	CHECK("a missing file is reported", str_starts(buf_view(&b),
	    STR("/nowhere/brisk.conf: cannot read: No such file")));
	(void)unsetenv("BRISK_CONF");
	arena_free(&arena);
}

static void
defaults(void)
{
	struct conf	 c;
	char		 told[2048], want[256];

	CHECK("read", load(GOOD, strlen(GOOD), &c, told));
	CHECK_TEXT("file", c.file, path);
	CHECK_TEXT("services", c.services, "shop ledger");
	CHECK_TEXT("base_url", c.base_url, "http://127.0.0.1:8080");
	CHECK_TEXT("issuer is base_url", c.token_issuer, c.base_url);
	CHECK_TEXT("audience is base_url", c.token_audience, c.base_url);
	CHECK_TEXT("host", c.database_host, "");
	CHECK_INT("port", c.database_port, 3306);
	CHECK_TEXT("user", c.database_user, "brisk");
	CHECK_TEXT("password", c.database_password, "");
	CHECK_INT("statement", c.statement_ms, 2000);
	CHECK_INT("body", c.max_body, 4194304);
	CHECK("rate", c.rate_limit);
	CHECK_INT("logins", c.limit_auth.many, 10);
	CHECK_INT("interval in seconds", c.limit_auth.seconds, 60);
	CHECK_INT("reads", c.limit_public.many, 1200);
	CHECK_TEXT("proxies", c.trusted_proxies, "");
	CHECK_TEXT("origins", c.cors_origins, "");
	(void)snprintf(want, sizeof(want), "%s/db.sock", folder);
	CHECK_TEXT("socket", c.database_socket, want);
	(void)snprintf(want, sizeof(want), "%s/run", folder);
	CHECK_TEXT("run", c.run_dir, want);
}

static const struct {
	const char	*label, *value, *want;	/* @ at the start of want: the folder */
} places[] = {
	{ "relative",		 "mc.sock",	   "@/mc.sock" },
	{ "relative, deeper",	 "a/mc.sock",	   "@/a/mc.sock" },
	{ "absolute",		 "/run/mc.sock",   "/run/mc.sock" },
	{ "host and port",	 "10.0.0.7:11211", "10.0.0.7:11211" },
	{ "name and port",	 "mc.example:1",   "mc.example:1" },
	{ "path with a colon",	 "a/b:1",	   "@/a/b:1" },
	{ "no port",		 "host:",	   "@/host:" },
	{ "none",		 "",		   "" },
};

static void
paths(void)
{
	for (size_t i = 0; i < NELEMS(places); i++) {
		struct conf	 c;
		char		 told[2048], text[256], want[256];

		(void)snprintf(text, sizeof(text), GOOD "cache_socket = %s\n",
		    places[i].value);
		CHECK(places[i].label, load(text, strlen(text), &c, told));
		(void)snprintf(want, sizeof(want), "%s%s",
		    places[i].want[0] == '@' ? folder : "",
		    places[i].want + (places[i].want[0] == '@'));
		CHECK_TEXT(places[i].label, c.cache_socket, want);
	}
}

static void
environment(void)
{
	struct conf	 c;
	char		 told[2048], want[256];

	(void)setenv("BRISK_THREADS", "16", 1);
	(void)setenv("BRISK_RUN_DIR", "elsewhere", 1);
	CHECK("overrides", load(GOOD "threads = 8\n", strlen(GOOD) + 12, &c, told));
	CHECK_INT("overrides", c.threads, 16);
	(void)snprintf(want, sizeof(want), "%s/elsewhere", folder);
	CHECK_TEXT("relative to the file too", c.run_dir, want);
	(void)setenv("BRISK_THREADS", "many", 1);
	CHECK("refused", !load(GOOD, strlen(GOOD), &c, told));
	CHECK_TEXT("refused", told,
	    "environment: threads: must be a whole number, 1 to 64\n");
	(void)unsetenv("BRISK_THREADS");
	(void)unsetenv("BRISK_RUN_DIR");
	(void)setenv("BRISK_SECRET", "abcdefghijklmnopqrstuvwxyz012345", 1);
	CHECK("secret", load("", 0, &c, told));
	(void)unsetenv("BRISK_SECRET");
}

static const struct {
	const char	*label, *services, *one;
	bool		 on;
} services[] = {
	{ "first",	 "shop feed",	"shop",	 true },
	{ "last",	 "shop feed",	"feed",	 true },
	{ "wide",	 "shop   feed",	"feed",	 true },
	{ "not there",	 "shop feed",	"ledger", false },
	{ "part of one", "shopping",	"shop",	 false },
	{ "longer",	 "shop",	"shopping", false },
	{ "core",	 "",		"core",	 true },
	{ "none on",	 "",		"shop",	 false },
	{ "no name",	 "shop  feed",	"",	 false },
	{ "both",	 "ledger shop",	"shop+ledger", true },
	{ "the first alone", "shop",	"shop+ledger", false },
	{ "the other alone", "ledger",	"shop+ledger", false },
	{ "no other",	 "shop",	"shop+", false },
};

static void
services_on(void)
{
	for (size_t i = 0; i < NELEMS(services); i++) {
		struct conf	 c = { .services = services[i].services };

		CHECK(services[i].label, conf_service(&c, services[i].one) ==
		    services[i].on);
	}
}

static bool
holds(struct buf *b, const char *text)
{
	return buf_ok(b) && memmem(b->p, b->n, text, strlen(text)) != NULL;
}

static void
shown(void)
{
	static const char text[] = GOOD "threads = 8\ndatabase_password = hush\n";
	struct buf	 b;

	CHECK("arena", arena_init(&arena, 1 << 20));
	buf_init(&b, &arena);
	file_write(text, sizeof(text) - 1);
	CHECK("good", conf_show(&b));
	CHECK("value and line", holds(&b, "8  [/tmp/test_conf."));
	CHECK("line", holds(&b, "/brisk.conf:2]"));
	CHECK("default", holds(&b, "on  [default]"));
	CHECK("the secret is not shown", holds(&b, "***"));
	for (const struct conf_option *o = conf_options; o->name != NULL; o++)
		CHECK(o->name, holds(&b, o->doc));
	CHECK("no password", !holds(&b, "hush"));
	CHECK("no secret", !holds(&b, "0123456789abcdef"));
	file_write("threads = x\n", 12);
	CHECK("bad", !conf_show(&b));
	CHECK("the fault is reported", holds(&b, ":1: threads: must be a whole number"));
	file_remove();
	conf_help(&b);
	conf_table(&b);
	for (const struct conf_option *o = conf_options; o->name != NULL; o++) {
		CHECK(o->name, holds(&b, o->doc));
		CHECK(o->name, o->doc[0] != '\0');
	}
	arena_free(&arena);
}

/* A renamed option accepts its old name, with a warning. */
static void
old_names(void)
{
	char		 told[2048];
	struct conf	 c;

	CHECK("in the file", load(GOOD "body_most = 2048\n", sizeof(GOOD "body_most = 2048\n") - 1,
	    &c, told));
	CHECK_INT("its value", c.max_body, 2048);
	CHECK_TEXT("a warning", told, ":2: body_most: the option is now called max_body\n");
	CHECK("both names", !load(GOOD "max_body = 2048\nbody_most = 4096\n",
	    sizeof(GOOD "max_body = 2048\nbody_most = 4096\n") - 1, &c, told));
	CHECK_INT("the first", c.max_body, 2048);
	CHECK_TEXT("are a fault", told, ":3: body_most: the option is now called max_body\n"
	    ":3: body_most: given twice\n");
	(void)setenv("BRISK_CACHE_LOCAL", "0", 1);
	CHECK("in the environment", load(GOOD, sizeof(GOOD) - 1, &c, told));
	CHECK_INT("its value there", c.cache_lru_bytes, 0);
	CHECK_TEXT("a warning there", told,
	    "environment: cache_local: the option is now called cache_lru_bytes\n");
	(void)setenv("BRISK_CACHE_LRU_BYTES", "1", 1);
	CHECK("both there", load(GOOD, sizeof(GOOD) - 1, &c, told));
	CHECK_INT("the new name wins", c.cache_lru_bytes, 1);
	(void)unsetenv("BRISK_CACHE_LRU_BYTES");
	(void)unsetenv("BRISK_CACHE_LOCAL");
	for (const struct conf_alias *a = conf_aliases; a->old != NULL; a++)
		for (const struct conf_option *o = conf_options; o->name != NULL; o++)
			CHECK(a->old, strcmp(a->old, o->name) != 0);
}

TESTS(conf, { "files accepted", files_accepted },
    { "files refused", files_refused }, { "odd files", odd_files },
    { "defaults", defaults }, { "paths", paths },
    { "environment", environment }, { "services on", services_on },
    { "shown", shown }, { "old names", old_names })
