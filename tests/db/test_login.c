/*
 * login: what only time shows: how often a password may be tried, when a login
 * ends, and what a refresh token that comes again means later.  The program
 * oauth2 in memory, with a clock that is set.
 */
#define main	oauth2_main
int	oauth2_main(int, char **);
#include "../../handlers/core/oauth2.c"
#undef main
#include "serve.h"

#define SLICE_MS	(INT64_C(900) * 1000)
#define ADA		"01a20000-0000-7000-8000-00000000000a"
#define RIGHT		"violet-tractor-anthem-52"
#define WRONG		"violet-tractor-anthem-53"

static int64_t	 now;

static void
pass(int64_t ms)
{
	now += ms;
	clock_set_ms(now);
}

static struct reply
form(const char *body)
{
	return ASK("POST", "/oauth2/token", .body = body, .nobody = true,
	    .type = "application/x-www-form-urlencoded");
}

static struct reply
login(const char *name, const char *password)
{
	return form(text("grant_type=password&client_id=docs&username=%s&password=%s",
	    name, password));
}

static struct reply
refresh(const char *token)
{
	return form(text("grant_type=refresh_token&client_id=docs&refresh_token=%s",
	    token));
}

static void
check_error(const char *label, struct reply r, int status, const char *error)
{
	CHECK_INT(label, r.status, status);
	CHECK_TEXT(label, at(r, "/error"), error);
}

static const char *
failures(void)
{
	return sql_one("SELECT COALESCE(SUM(n), 0) FROM login_failures");
}

static void
begin(void)
{
	static const struct app	 app = { .name = "oauth2", .service = "core",
				    .routes = routes };
	char			 phc[PASSWORD_PHC];

	serve_begin("login", "users:read");
	serve.conf.rate_limit = true;
	serve.conf.oauth_password_grant = true;
	serve.conf.password_wait_ms = 10000;
	CHECK("hash", password_hash(&serve.conf, STR(RIGHT), phc) == PASSWORD_OK);
	sql(text("INSERT INTO users (id, email, username, pw_hash, display_name) VALUES"
	    " (UNHEX(REPLACE('" ADA "', '-', '')), 'ada@example.org', 'ada', '%s', 'Ada');"
	    "INSERT INTO user_roles (user_id, role) SELECT id, 'customer' FROM users"
	    " WHERE username = 'ada'", phc));
	serve_open(&app);
	now = clock_now_ms() / SLICE_MS * SLICE_MS;
	pass(SLICE_MS);
}

static void
test_lock(void)
{
	begin();
	for (int i = 0; i < 9; i++)
		check_error("wrong", login("ada", WRONG), 400, "invalid_grant");
	CHECK_INT("the tenth is judged", login("ada", RIGHT).status, 200);
	CHECK_TEXT("and clears all", failures(), "0");
	for (int i = 0; i < 5; i++) {
		check_error("by name", login("ada", WRONG), 400, "invalid_grant");
		check_error("by address", login("ADA%40example.org", WRONG), 400,
		    "invalid_grant");
	}
	CHECK_TEXT("one account, however it is called", failures(), "10");
	check_error("locked", login("ada", RIGHT), 400, "invalid_grant");
	check_error("by address too", login("ada%40example.org", RIGHT), 400,
	    "invalid_grant");
	CHECK_TEXT("what is not judged does not count", failures(), "10");
	pass(SLICE_MS);
	check_error("still, right after", login("ada", RIGHT), 400, "invalid_grant");
	pass(SLICE_MS / 5);
	CHECK_INT("a fifth later one may try", login("ada", RIGHT).status, 200);
	for (int i = 0; i < 12; i++)
		check_error("nobody", login("nobody", WRONG), 400, "invalid_grant");
	CHECK_TEXT("those who are not there are counted alike", failures(), "10");
	CHECK_INT("others are not concerned", login("ada", RIGHT).status, 200);
	serve.conf.rate_limit = false;
	for (int i = 0; i < 12; i++)
		check_error("without a limit", login("ada", WRONG), 400, "invalid_grant");
	CHECK_INT("there is no lock", login("ada", RIGHT).status, 200);
	CHECK_TEXT("each failure is noted", sql_one("SELECT COUNT(*) FROM audit WHERE"
	    " action = 'login.failed'"), "46");
	CHECK_TEXT("what was tried is not", sql_one("SELECT COUNT(*) FROM audit WHERE"
	    " CONCAT_WS(' ', actor, target) LIKE '%nobody%'"), "0");
}

static const char *
revoked(void)
{
	return sql_one("SELECT COUNT(*) FROM token_families WHERE revoked_at IS NOT NULL");
}

static void
test_reuse(void)
{
	struct reply	 r = login("ada", RIGHT);
	const char	*first = at(r, "/refresh_token"), *second, *third;

	second = at(refresh(first), "/refresh_token");
	CHECK("refreshed", second != NULL);
	pass(10000);
	check_error("ten seconds later", refresh(first), 400, "invalid_grant");
	CHECK_TEXT("an answer was lost", revoked(), "0");
	third = at(refresh(second), "/refresh_token");
	CHECK("the login goes on", third != NULL);
	pass(1);
	check_error("a moment more", refresh(first), 400, "invalid_grant");
	CHECK_TEXT("it was stolen", revoked(), "1");
	check_error("the login is over", refresh(third), 400, "invalid_grant");
	CHECK_TEXT("with the access tokens it gave",
	    sql_one("SELECT COUNT(*) FROM revoked_tokens"), "3");
	CHECK_TEXT("and noted", sql_one("SELECT COUNT(*) FROM audit WHERE"
	    " action = 'login.reused'"), "1");
	CHECK_INT("others go on", login("ada", RIGHT).status, 200);
}

static void
test_ends(void)
{
	const char	*token = at(login("ada", RIGHT), "/refresh_token"), *last;

	for (int day = 0; day < 52; day += 13) {
		pass(INT64_C(13) * 86400 * 1000);
		token = at(refresh(token), "/refresh_token");
		CHECK("used within two weeks", token != NULL);
	}
	last = token;
	pass(INT64_C(8) * 86400 * 1000);
	check_error("after sixty days it is over", refresh(last), 400, "invalid_grant");
	token = at(login("ada", RIGHT), "/refresh_token");
	pass(INT64_C(14) * 86400 * 1000);
	check_error("unused for two weeks", refresh(token), 400, "invalid_grant");
}

static void
test_account_ends(void)
{
	const char	*token = at(login("ada", RIGHT), "/refresh_token");

	sql("UPDATE users SET tv = tv + 1");
	token = at(refresh(token), "/refresh_token");
	CHECK("another version of tokens is given", token != NULL);
	sql("DELETE FROM user_roles");
	check_error("nothing may be given", refresh(token), 400, "invalid_scope");
	sql("INSERT INTO user_roles (user_id, role) SELECT id, 'customer' FROM users");
	token = at(refresh(token), "/refresh_token");
	CHECK("again", token != NULL);
	sql("UPDATE users SET state = 'deleted'");
	check_error("the account is gone", refresh(token), 400, "invalid_grant");
	check_error("for a login too", login("ada", RIGHT), 400, "invalid_grant");
	sql("UPDATE users SET state = 'active'");
}

static void
test_rehash(void)
{
	char		 old[PASSWORD_PHC];
	const char	*hash;

	CHECK("hash", password_hash(&serve.conf, STR(RIGHT), old) == PASSWORD_OK);
	sql("UPDATE users SET pw_hash = '$argon2id$v=19$m=64,t=1,p=1$"
	    "c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'");
	check_error("not this one", login("ada", RIGHT), 400, "invalid_grant");
	sql("UPDATE users SET pw_hash = NULL");
	check_error("none at all", login("ada", RIGHT), 400, "invalid_grant");
	sql(text("UPDATE users SET pw_hash = '%s'", old));
	CHECK_INT("of today", login("ada", RIGHT).status, 200);
	hash = sql_one("SELECT pw_hash FROM users");
	CHECK_TEXT("stays", hash, old);
}

static void
test_switched_off(void)
{
	serve.conf.oauth_password_grant = false;
	check_error("no passwords", login("ada", RIGHT), 400, "unsupported_grant_type");
	serve.conf.oauth_password_grant = true;
	CHECK_INT("passwords", login("ada", RIGHT).status, 200);
	clock_set_ms(0);
	serve_end();
}

TESTS(login, { "a lock", test_lock }, { "reuse", test_reuse }, { "ends", test_ends },
    { "the account", test_account_ends }, { "hashes", test_rehash },
    { "switched off", test_switched_off })
