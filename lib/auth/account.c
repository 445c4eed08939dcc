/* account - rows of users and of their roles. */
#include "auth/account.h"

#include "base/clock.h"

static const struct shape row = SHAPE("Person", struct person,
	FIELD_UUID(struct person, id, .doc = "Key"),
	FIELD_STR(struct person, pw_hash, .flags = FIELD_OPTIONAL,
	    .doc = "PHC string"),
	FIELD_INT(struct person, tv, .doc = "Version of the tokens"),
	FIELD_STR(struct person, state, .doc = "active or deleted"));

static const struct shape powers = SHAPE("Powers", struct powers,
	FIELD_STR(struct powers, roles, .flags = FIELD_OPTIONAL, .doc = "Names"),
	FIELD_STR(struct powers, scopes, .flags = FIELD_OPTIONAL, .doc = "Scopes"));

static const struct shape added = SHAPE("NewAccount", struct new_account,
	FIELD_UUID(struct new_account, id, .doc = "Key"),
	FIELD_STR(struct new_account, email, .doc = "Address"),
	FIELD_STR(struct new_account, username, .doc = "Name"),
	FIELD_STR(struct new_account, display_name, .doc = "Shown name"),
	FIELD_STR(struct new_account, pw_hash, .doc = "PHC string"));

/* What the statements bind. */
struct values {
	struct uuid	 id;
	struct str	 text, by;
	int64_t		 n;
	struct stamp	 now;
};

#define ID	FIELD_UUID(struct values, id, .doc = "Key of an account")
#define TEXT	FIELD_STR(struct values, text, .flags = FIELD_OPTIONAL, .doc = "Text")
#define BY	FIELD_STR(struct values, by, .flags = FIELD_OPTIONAL, .doc = "Subject")
#define NUMBER	FIELD_INT(struct values, n, .doc = "Number")
#define NOW	FIELD_STAMP(struct values, now, .doc = "Now")

static const struct shape by_id = SHAPE("ById", struct values, ID);
static const struct shape by_text = SHAPE("ByText", struct values, TEXT);
static const struct shape by_version = SHAPE("ByVersion", struct values, ID, NUMBER);
static const struct shape with_text = SHAPE("WithText", struct values, TEXT, ID);
static const struct shape with_time = SHAPE("WithTime", struct values, NOW, ID);
static const struct shape with_role = SHAPE("WithRole", struct values, ID, TEXT);
static const struct shape with_grant = SHAPE("WithGrant", struct values, ID, TEXT, BY);
static const struct shape count = SHAPE("Count", struct values, NUMBER);

enum { BY_EMAIL, BY_USERNAME, BY_ID, HOLD, POWERS, ADD, PASSWORD, GRANT, UNGRANT,
	END_TOKENS, END_FAMILIES, LINE_UP, OTHER_ADMINS, IS_ADMIN };

const struct query account_queries[] = {
	[BY_EMAIL] = { "SELECT id, pw_hash, tv, state FROM users WHERE email = ?",
	    .in = &by_text, .out = &row },
	[BY_USERNAME] = { "SELECT id, pw_hash, tv, state FROM users WHERE username = ?",
	    .in = &by_text, .out = &row },
	[BY_ID] = { "SELECT id, pw_hash, tv, state FROM users WHERE id = ?",
	    .in = &by_id, .out = &row },
	[HOLD] = { "SELECT id, pw_hash, tv, state FROM users WHERE id = ? AND tv = ?"
	    " AND state = 'active' LOCK IN SHARE MODE", .in = &by_version, .out = &row },
	[POWERS] = { "SELECT GROUP_CONCAT(r.name ORDER BY r.name SEPARATOR ' '),"
	    " GROUP_CONCAT(r.scopes ORDER BY r.name SEPARATOR ' ') FROM user_roles u"
	    " JOIN roles r ON r.name = u.role WHERE u.user_id = ?",
	    .in = &by_id, .out = &powers },
	[ADD] = { "INSERT INTO users (id, email, username, display_name, pw_hash)"
	    " VALUES (?, ?, ?, ?, ?)", .in = &added },
	[PASSWORD] = { "UPDATE users SET pw_hash = ?, updated_at = updated_at"
	    " WHERE id = ?", .in = &with_text },
	[GRANT] = { "INSERT INTO user_roles (user_id, role, granted_by) VALUES (?, ?, ?)"
	    " ON DUPLICATE KEY UPDATE role = role", .in = &with_grant },
	[UNGRANT] = { "DELETE FROM user_roles WHERE user_id = ? AND role = ?",
	    .in = &with_role },
	[END_TOKENS] = { "UPDATE users SET tv = tv + 1, updated_at = updated_at"
	    " WHERE id = ?", .in = &by_id },
	[END_FAMILIES] = { "UPDATE token_families SET revoked_at = ? WHERE user_id = ?"
	    " AND revoked_at IS NULL", .in = &with_time },
	[LINE_UP] = { "SELECT LENGTH(scopes) FROM roles WHERE name = 'admin' FOR UPDATE",
	    .out = &count },
	[OTHER_ADMINS] = { "SELECT COUNT(*) FROM user_roles r JOIN users u"
	    " ON u.id = r.user_id WHERE r.role = 'admin' AND u.state = 'active'"
	    " AND u.id <> ?", .in = &by_id, .out = &count },
	[IS_ADMIN] = { "SELECT COUNT(*) FROM user_roles WHERE user_id = ?"
	    " AND role = 'admin'", .in = &by_id, .out = &count },
	{ NULL, NULL, NULL },
};

static enum db_err
find(struct store *st, int which, const struct values *v, struct person *out)
{
	enum db_err	 err = query_one(st, &account_queries[which], v, out);

	return err == DB_BAD_VALUE ? DB_NOT_FOUND : err;	/* no name has such characters */
}

enum db_err
account_named(struct store *st, struct str name, struct person *out)
{
	const struct values	 v = { .text = name };
	bool			 email = memchr(name.p, '@', name.n) != NULL;

	return find(st, email ? BY_EMAIL : BY_USERNAME, &v, out);
}

enum db_err
account_find(struct store *st, struct uuid id, struct person *out)
{
	return find(st, BY_ID, &(const struct values){ .id = id }, out);
}

enum db_err
account_of(struct store *st, struct str sub, struct person *out)
{
	struct uuid	 id;

	return uuid_parse(sub, &id) ? account_find(st, id, out) : DB_NOT_FOUND;
}

struct str
account_tag(struct arena *a, struct uuid id)
{
	char	 text[UUID_LEN + 1], *tag;

	uuid_text(id, text);
	tag = arena_fmt(a, "user/%s", text);
	return str_of(tag == NULL ? "users" : tag);
}

struct str
account_path(struct arena *a, struct uuid id)
{
	char	 text[UUID_LEN + 1];

	uuid_text(id, text);
	return str_of(arena_fmt(a, "users/%s", text));
}

enum db_err
account_powers(struct store *st, struct uuid id, struct powers *out)
{
	return query_one(st, &account_queries[POWERS],
	    &(const struct values){ .id = id }, out);
}

enum db_err
account_hold(struct store *st, const struct person *a)
{
	struct person	 held;

	return find(st, HOLD, &(const struct values){ .id = a->id, .n = a->tv }, &held);
}

enum db_err
account_add(struct store *st, const struct new_account *n)
{
	enum db_err	 err = query_exec(st, &account_queries[ADD], n, NULL);

	return err != DB_OK ? err : account_grant(st, n->id, STR("customer"),
	    (struct str){ NULL, 0 });
}

enum db_err
account_password(struct store *st, struct uuid id, const char *phc, bool end)
{
	const struct values	 v = { .id = id, .text = str_of(phc) };
	enum db_err		 err = query_exec(st, &account_queries[PASSWORD], &v, NULL);

	return err != DB_OK || !end ? err : account_end(st, id);
}

enum db_err
account_grant(struct store *st, struct uuid id, struct str role, struct str by)
{
	const struct values	 v = { .id = id, .text = role, .by = by };
	enum db_err		 err = query_exec(st, &account_queries[GRANT], &v, NULL);

	return err == DB_BAD_VALUE ? DB_BAD_REFERENCE : err;
}

enum db_err
account_ungrant(struct store *st, struct uuid id, struct str role, bool *had)
{
	const struct values	 v = { .id = id, .text = role };
	struct db_result		 done = { 0, 0 };
	enum db_err		 err = query_exec(st, &account_queries[UNGRANT], &v, &done);

	*had = done.changed > 0;
	return err != DB_OK || !*had ? err : query_exec(st,
	    &account_queries[END_TOKENS], &v, NULL);
}

enum db_err
account_end(struct store *st, struct uuid id)
{
	const struct values	 v = { .id = id, .now = { clock_now_ms(), true } };
	enum db_err		 err = query_exec(st, &account_queries[END_TOKENS], &v, NULL);

	return err != DB_OK ? err :
	    query_exec(st, &account_queries[END_FAMILIES], &v, NULL);
}

enum db_err
account_last_admin(struct store *st, struct uuid id, bool *last)
{
	const struct values	 v = { .id = id };
	struct values		 got = { .n = 0 };
	enum db_err		 err = query_one(st, &account_queries[LINE_UP], NULL, &got);

	*last = false;
	if (err == DB_OK)
		err = query_one(st, &account_queries[IS_ADMIN], &v, &got);
	if (err != DB_OK || got.n == 0)
		return err;
	err = query_one(st, &account_queries[OTHER_ADMINS], &v, &got);
	*last = err == DB_OK && got.n == 0;
	return err;
}
