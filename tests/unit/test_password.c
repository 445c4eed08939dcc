/* test_password - hashes, the limit on concurrent hashes, and common passwords. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/connection_budget.h"
#include "base/log.h"
#include "crypto/password.h"
#include "test.h"

static char		 dir[] = "/tmp/test_password.XXXXXX", path[64];
static struct conf	 conf = { .run_dir = dir, .password_wait_ms = 10000 };

static void
begin(void)
{
	log_init("test_password", (enum log_level)0);
	CHECK("folder", mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/hashing", dir);
}

static void
there_and_back(void)
{
	char	 phc[PASSWORD_PHC], again[PASSWORD_PHC];
	bool	 stale = true;

	CHECK_INT("hashed", password_hash(&conf, STR("dill and houseleek"), phc),
	    PASSWORD_OK);
	CHECK("as agreed", strncmp(phc, "$argon2id$v=19$m=19456,t=2,p=1$", 31) == 0);
	CHECK_INT("its length", strlen(phc), 31 + 22 + 1 + 43);
	CHECK_INT("hashed", password_hash(&conf, STR("dill and houseleek"), again),
	    PASSWORD_OK);
	CHECK("salted", strcmp(phc, again) != 0);
	CHECK_INT("right", password_verify(&conf, STR("dill and houseleek"),
	    str_of(phc), &stale), PASSWORD_OK);
	CHECK("current parameters", !stale);
	CHECK_INT("wrong", password_verify(&conf, STR("dill and houseleeK"),
	    str_of(phc), &stale), PASSWORD_WRONG);
	CHECK_INT("cut off", password_verify(&conf, STR("dill and houselee"),
	    str_of(phc), &stale), PASSWORD_WRONG);
	CHECK_INT("nothing", password_verify(&conf, STR(""), str_of(phc), &stale),
	    PASSWORD_WRONG);
	CHECK_INT("NUL and more", password_verify(&conf,
	    STR("dill and houseleek\0"), str_of(phc), &stale), PASSWORD_WRONG);
	CHECK_INT("nobody", password_verify(&conf, STR("dill and houseleek"),
	    (struct str){ NULL, 0 }, &stale), PASSWORD_WRONG);
}

/* Hashes from the argon2 command, and with other parameters. */
static const struct {
	const char	*label, *phc;
	enum password_err want;
	bool		 stale;
} kept[] = {
	{ "RFC 9106's library", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$"
	  "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", PASSWORD_OK, true },
	{ "argon2i", "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$"
	  "wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA", PASSWORD_FAILED, false },
	{ "cut off", "$argon2id$v=19$m=19456,t=2,p=1$AAAA", PASSWORD_FAILED, false },
	{ "garbage", "password", PASSWORD_FAILED, false },
	{ "empty", "", PASSWORD_FAILED, false },
};

static void
others(void)
{
	bool	 stale;

	for (size_t i = 0; i < NELEMS(kept); i++) {
		CHECK_INT(kept[i].label, password_verify(&conf, STR("password"),
		    str_of(kept[i].phc), &stale), kept[i].want);
		CHECK_INT(kept[i].label, stale, kept[i].stale);
	}
}

/* With all seats in use: busy after the wait; with a free seat: no wait. */
static void
seats(void)
{
	long			 cores = sysconf(_SC_NPROCESSORS_ONLN);
	long			 n = cores > 1 ? cores - 1 : 1;
	struct connection_budget		*b = connection_budget_open(path, n);
	struct connection_seat	*s = calloc((size_t)n, sizeof(*s));
	char			 phc[PASSWORD_PHC];

	CHECK("seats", b != NULL && s != NULL);
	for (long i = 0; i < n; i++) {
		s[i].budget = b;
		CHECK("taken", connection_budget_acquire(&s[i], 1000));
	}
	conf.password_wait_ms = 20;
	CHECK_INT("busy", password_hash(&conf, STR("x"), phc), PASSWORD_BUSY);
	CHECK_TEXT("nothing", phc, "");
	connection_budget_close_seat(&s[0]);
	CHECK_INT("one is free", password_hash(&conf, STR("x"), phc), PASSWORD_OK);
	for (long i = 1; i < n; i++)
		connection_budget_close_seat(&s[i]);
	conf.password_wait_ms = 10000;
	connection_budget_close(b);
	free(s);
}

static void *
hash_one(void *arg)
{
	char	 phc[PASSWORD_PHC];

	if (password_hash(&conf, STR("the same for all"), phc) == PASSWORD_OK)
		atomic_fetch_add((atomic_int *)arg, 1);
	return NULL;
}

static void
many(void)
{
	pthread_t	 t[8];
	atomic_int	 good = 0;

	for (size_t i = 0; i < NELEMS(t); i++)
		CHECK_INT("started", pthread_create(&t[i], NULL, hash_one, &good), 0);
	for (size_t i = 0; i < NELEMS(t); i++)
		CHECK_INT("ended", pthread_join(t[i], NULL), 0);
	CHECK_INT("each hash was computed", atomic_load(&good), NELEMS(t));
}

static void
no_folder(void)
{
	struct conf	 nowhere = { .run_dir = "/nonexistent", .password_wait_ms = 10 };
	char		 phc[PASSWORD_PHC];
	bool		 stale;

	CHECK_INT("not hashed", password_hash(&nowhere, STR("x"), phc), PASSWORD_FAILED);
	CHECK_INT("not verified", password_verify(&nowhere, STR("x"),
	    (struct str){ NULL, 0 }, &stale), PASSWORD_FAILED);
}

static const struct {
	const char	*text;
	bool		 common;
} tried[] = {
	{ "password1234",		true },
	{ "PassWord1234",		true },
	{ "correct horse battery staple", true },
	{ "123456789012",		true },
	{ "012345678901234567890",	true },
	{ "098765432109",		true },
	{ "aaaaaaaaaaaaaaaa",		true },
	{ "abababababab",		true },
	{ "abcdefabcdef",		true },
	{ "passwordpassword",		true },
	{ "abcdefghijklmnop",		true },
	{ "qwertyuiop[]",		true },
	{ "qwertyuiopasdfghjkl",	true },
	{ "1234qwerasdf",		true },
	{ "zyxwvutsrqponm",		true },
	{ "1q2w3e4r5t6y",		true },
	{ "dill and houseleek",		false },
	{ "password12345x",		false },
	{ "xpassword1234",		false },
	{ "nursery-on-the-hill",	false },
	{ "qwerty is a row",		false },
	{ "",				false },
	{ "\xd1\x83\xd0\xba\xd1\x80\xd0\xbe\xd0\xbf \xd1\x83\xd0\xba\xd1\x80", false },
};

static void
common(void)
{
	for (size_t i = 0; i < NELEMS(tried); i++)
		CHECK_INT(tried[i].text, password_is_common(str_of(tried[i].text)),
		    tried[i].common);
}

static void
wiped(void)
{
	char	 text[] = "dill and houseleek";

	password_wipe((struct str){ text, 4 });
	CHECK("gone", memcmp(text, "\0\0\0\0", 4) == 0);
	CHECK_TEXT("and no more", text + 4, " and houseleek");
	password_wipe((struct str){ NULL, 0 });
}

static void
end(void)
{
	unlink(path);
	CHECK_INT("folder gone", rmdir(dir), 0);
}

TESTS(password,
    { "begin", begin },
    { "hash and verify", there_and_back },
    { "others", others },
    { "seats", seats },
    { "many", many },
    { "no folder", no_folder },
    { "common", common },
    { "wiped", wiped },
    { "end", end })
