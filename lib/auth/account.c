/* account - accounts and their roles in the database. */
#include "auth/account.h"

#include "base/clock.h"

static const struct schema row = SCHEMA("AccountIdentity", struct account_identity,
	FIELD_UUID(struct account_identity, id, .doc = "Key"),
	FIELD_STR(struct account_identity, pw_hash, .flags = FIELD_OPTIONAL,
	    .doc = "PHC string"),
	FIELD_INT(struct account_identity, tv, .doc = "Token version"),
	FIELD_STR(struct account_identity, state, .doc = "active or deleted"));

static const struct schema roles = SCHEMA("AccountRoles", struct account_roles,
	FIELD_STR(struct account_roles, roles, .flags = FIELD_OPTIONAL, .doc = "Names of roles, separated by spaces"),
	FIELD_STR(struct account_roles, scopes, .flags = FIELD_OPTIONAL, .doc = "Scopes, separated by spaces"));

static const struct schema added = SCHEMA("NewAccount", struct account_new,
	FIELD_UUID(struct account_new, id, .doc = "Key"),
	FIELD_STR(struct account_new, email, .doc = "E-mail address"),
	FIELD_STR(struct account_new, username, .doc = "Username"),
	FIELD_STR(struct account_new, display_name, .doc = "Display name"),
	FIELD_STR(struct account_new, pw_hash, .doc = "PHC string"));

/* Bound values of the statements. */
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
#define NOW	FIELD_STAMP(struct values, now, .doc = "Current time")

static const struct schema by_id = SCHEMA("ById", struct values, ID);
static const struct schema by_text = SCHEMA("ByText", struct values, TEXT);
static const struct schema by_version = SCHEMA("ByVersion", struct values, ID, NUMBER);
static const struct schema with_text = SCHEMA("WithText", struct values, TEXT, ID);
static const struct schema with_time = SCHEMA("WithTime", struct values, NOW, ID);
static const struct schema with_role = SCHEMA("WithRole", struct values, ID, TEXT);
static const struct schema with_grant = SCHEMA("WithGrant", struct values, ID, TEXT, BY);
static const struct schema count = SCHEMA("Count", struct values, NUMBER);

enum { BY_EMAIL, BY_USERNAME, BY_ID, LOCK, ROLES, ADD, PASSWORD, GRANT, REVOKE,
	END_TOKENS, END_FAMILIES, LOCK_ADMINS, OTHER_ADMINS, IS_ADMIN };

const struct query account_queries[] = {
	[BY_EMAIL] = { "SELECT id, pw_hash, tv, state FROM users WHERE email = ?",
	    .in = &by_text, .out = &row },
	[BY_USERNAME] = { "SELECT id, pw_hash, tv, state FROM users WHERE username = ?",
	    .in = &by_text, .out = &row },
	[BY_ID] = { "SELECT id, pw_hash, tv, state FROM users WHERE id = ?",
	    .in = &by_id, .out = &row },
	[LOCK] = { "SELECT id, pw_hash, tv, state FROM users WHERE id = ? AND tv = ?"
	    " AND state = 'active' LOCK IN SHARE MODE", .in = &by_version, .out = &row },
	[ROLES] = { "SELECT GROUP_CONCAT(r.name ORDER BY r.name SEPARATOR ' '),"
	    " GROUP_CONCAT(r.scopes ORDER BY r.name SEPARATOR ' ') FROM user_roles u"
	    " JOIN roles r ON r.name = u.role WHERE u.user_id = ?",
	    .in = &by_id, .out = &roles },
	[ADD] = { "INSERT INTO users (id, email, username, display_name, pw_hash)"
	    " VALUES (?, ?, ?, ?, ?)", .in = &added },
	[PASSWORD] = { "UPDATE users SET pw_hash = ?, updated_at = updated_at"
	    " WHERE id = ?", .in = &with_text },
	[GRANT] = { "INSERT INTO user_roles (user_id, role, granted_by) VALUES (?, ?, ?)"
	    " ON DUPLICATE KEY UPDATE role = role", .in = &with_grant },
	[REVOKE] = { "DELETE FROM user_roles WHERE user_id = ? AND role = ?",
	    .in = &with_role },
	[END_TOKENS] = { "UPDATE users SET tv = tv + 1, updated_at = updated_at"
	    " WHERE id = ?", .in = &by_id },
	[END_FAMILIES] = { "UPDATE token_families SET revoked_at = ? WHERE user_id = ?"
	    " AND revoked_at IS NULL", .in = &with_time },
	[LOCK_ADMINS] = { "SELECT LENGTH(scopes) FROM roles WHERE name = 'admin' FOR UPDATE",
	    .out = &count },
	[OTHER_ADMINS] = { "SELECT COUNT(*) FROM user_roles r JOIN users u"
	    " ON u.id = r.user_id WHERE r.role = 'admin' AND u.state = 'active'"
	    " AND u.id <> ?", .in = &by_id, .out = &count },
	[IS_ADMIN] = { "SELECT COUNT(*) FROM user_roles WHERE user_id = ?"
	    " AND role = 'admin'", .in = &by_id, .out = &count },
	{ NULL, NULL, NULL },
};

static enum db_err
find_account(struct store *st, int which, const struct values *v, struct account_identity *out)
{
	enum db_err	 err = query_one(st, &account_queries[which], v, out);

	/* DB_BAD_VALUE: the column cannot hold the name, so no account has it. */
	return err == DB_BAD_VALUE ? DB_NOT_FOUND : err;
}

enum db_err
account_find_by_name(struct store *st, struct str name, struct account_identity *out)
{
	const struct values	 v = { .text = name };
	bool			 email = memchr(name.p, '@', name.n) != NULL;

	return find_account(st, email ? BY_EMAIL : BY_USERNAME, &v, out);
}

enum db_err
account_find(struct store *st, struct uuid id, struct account_identity *out)
{
	return find_account(st, BY_ID, &(const struct values){ .id = id }, out);
}

enum db_err
account_of_subject(struct store *st, struct str sub, struct account_identity *out)
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
account_load_roles(struct store *st, struct uuid id, struct account_roles *out)
{
	return query_one(st, &account_queries[ROLES],
	    &(const struct values){ .id = id }, out);
}

enum db_err
account_lock(struct store *st, const struct account_identity *a)
{
	struct account_identity	 held;

	return find_account(st, LOCK, &(const struct values){ .id = a->id, .n = a->tv }, &held);
}

enum db_err
account_add(struct store *st, const struct account_new *n)
{
	enum db_err	 err = query_exec(st, &account_queries[ADD], n, NULL);

	return err != DB_OK ? err : account_add_role(st, n->id, STR("customer"),
	    (struct str){ NULL, 0 });
}

enum db_err
account_set_password(struct store *st, struct uuid id, const char *phc, bool end)
{
	const struct values	 v = { .id = id, .text = str_of(phc) };
	enum db_err		 err = query_exec(st, &account_queries[PASSWORD], &v, NULL);

	return err != DB_OK || !end ? err : account_revoke_tokens(st, id);
}

enum db_err
account_add_role(struct store *st, struct uuid id, struct str role, struct str by)
{
	const struct values	 v = { .id = id, .text = role, .by = by };
	enum db_err		 err = query_exec(st, &account_queries[GRANT], &v, NULL);

	return err == DB_BAD_VALUE ? DB_BAD_REFERENCE : err;
}

enum db_err
account_remove_role(struct store *st, struct uuid id, struct str role, bool *had)
{
	const struct values	 v = { .id = id, .text = role };
	struct db_result		 done = { 0, 0 };
	enum db_err		 err = query_exec(st, &account_queries[REVOKE], &v, &done);

	*had = done.affected > 0;
	return err != DB_OK || !*had ? err : query_exec(st,
	    &account_queries[END_TOKENS], &v, NULL);
}

enum db_err
account_revoke_tokens(struct store *st, struct uuid id)
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
	enum db_err		 err = query_one(st, &account_queries[LOCK_ADMINS], NULL, &got);

	*last = false;
	if (err == DB_OK)
		err = query_one(st, &account_queries[IS_ADMIN], &v, &got);
	if (err != DB_OK || got.n == 0)
		return err;
	err = query_one(st, &account_queries[OTHER_ADMINS], &v, &got);
	*last = err == DB_OK && got.n == 0;
	return err;
}
