/* users: user accounts and their roles. */
#include "auth/account.h"
#include "app.h"
#include "db/db.h"
#include "order.h"

struct user_row {
	struct uuid	 id;
	struct str	 email, username, display_name, bio, image_url;
	struct list	 roles;
	struct stamp	 created_at, updated_at;
	struct str	 current_password;
};

struct registration {
	struct str	 email, username, password, display_name;
};

struct passwords {
	struct str	 current_password, new_password;
};

struct user_key {
	struct uuid	 id;
	struct str	 role;
};

struct role {
	struct str	 name;
	struct list	 scopes;
};

struct roles {
	struct list	 items;
};

#define EMAIL(T, more)							\
	FIELD_STR(T, email, .min = 3, .max = 254, .format = FORMAT_EMAIL,	\
	    .flags = FIELD_UNIQUE | (more), .doc = "E-mail address, also used to log in; "	\
	    "changing it requires current_password",					\
	    .example = "\"ada@example.org\"")
#define USERNAME(T, more)						\
	FIELD_STR(T, username, .pattern = ACCOUNT_USERNAME, .max = 30,	\
	    .flags = FIELD_UNIQUE | (more), .doc = "Username, also used to log in",	\
	    .example = "\"ada\"")
#define ROLE(T, ...)							\
	FIELD_STR(T, __VA_ARGS__, .pattern = "[a-z0-9_]{1,32}", .max = 32,	\
	    .doc = "Name of a role", .example = "\"merchant\"")
#define PASSWORD(T, m, says)						\
	FIELD_STR(T, m, .min = 8, .max = MAX_ACCOUNT_PASSWORD,	\
	    .flags = FIELD_SECRET, .doc = (says))

#define WRONG_PASSWORD	"403 wrong_password current_password is missing or wrong. After "	\
	"too many failed attempts every password is refused for some minutes."
#define LAST_ADMIN	"409 last_admin The last administrator cannot be removed. "	\
	"Make another user an administrator first."
#define OPEN_ORDERS	"409 has_open_orders The user has orders that are not paid or not "	\
	"sent. Cancel them, or wait until they are completed."
#define TAKEN(name)	"409 " name "_taken Another row has this " name " already; "	\
			"it must be unique. Choose another value."

static const struct schema user = SCHEMA("User", struct user_row,
	FIELD_UUID(struct user_row, id, .flags = FIELD_KEY | FIELD_READONLY,
	    .doc = "Key"),
	EMAIL(struct user_row, FIELD_PRIVATE),
	USERNAME(struct user_row, FIELD_FIXED),
	FIELD_STR(struct user_row, display_name, .min = 1, .max = 80,
	    .doc = "Name shown to other users", .example = "\"Ada Lovelace\""),
	FIELD_STR(struct user_row, bio, .max = 500,
	    .flags = FIELD_OPTIONAL | FIELD_MULTILINE, .doc = "Description of the user"),
	FIELD_STR(struct user_row, image_url, .max = 2048, .flags = FIELD_OPTIONAL,
	    .format = FORMAT_URI, .pattern = "https://.+", .doc = "URL of a picture",
	    .example = "\"https://example.org/ada.png\""),
	FIELD_LIST(struct user_row, roles,
	    .flags = FIELD_READONLY | FIELD_OPTIONAL | FIELD_PRIVATE,
	    .item = ITEM(.kind = FIELD_KIND_STR, .doc = "Name of a role"),
	    .link = LINK("user_roles", "user_id", "role"), .doc = "Roles of the user"),
	FIELD_STAMP(struct user_row, created_at, .flags = FIELD_READONLY,
	    .doc = "Time of registration"),
	FIELD_STAMP(struct user_row, updated_at, .flags = FIELD_READONLY | FIELD_PRIVATE,
	    .doc = "Time of the last change"),
	FIELD_STR(struct user_row, current_password, .max = 128, .sql = "''",
	    .flags = FIELD_SECRET | FIELD_HIDDEN | FIELD_OPTIONAL,
	    .doc = "Current password, required to change the e-mail address"));

static const struct schema registration = SCHEMA("Registration", struct registration,
	EMAIL(struct registration, 0),
	USERNAME(struct registration, 0),
	PASSWORD(struct registration, password, "Password; at least 12 characters by "
	    "default, and no common password"),
	FIELD_STR(struct registration, display_name, .min = 1, .max = 80,
	    .flags = FIELD_OPTIONAL,
	    .doc = "Name shown to other users; default: the username"));

static const struct schema passwords = SCHEMA("PasswordChange", struct passwords,
	FIELD_STR(struct passwords, current_password, .min = 1, .max = 128,
	    .flags = FIELD_SECRET, .doc = "Current password"),
	PASSWORD(struct passwords, new_password, "New password"));

static const struct schema role_key = SCHEMA("UserRole", struct user_key,
	FIELD_UUID(struct user_key, id, .doc = "Key of a user"),
	ROLE(struct user_key, role));

static const struct schema role = SCHEMA("Role", struct role,
	FIELD_STR(struct role, name, .doc = "Name of the role"),
	FIELD_LIST(struct role, scopes, .item = ITEM(.kind = FIELD_KIND_STR,
	    .doc = "A scope"), .doc = "Scopes that a user with this role may be granted"));

static const struct schema roles = SCHEMA("Roles", struct roles,
	FIELD_LIST(struct roles, items, .schema = &role, .doc = "All roles"));

static const struct query all_roles = {
	"SELECT name, CONCAT('[\"', REPLACE(scopes, ' ', '\",\"'), '\"]') FROM roles"
	" ORDER BY name", .out = &role };

static bool
is_self(const struct req *rq, struct uuid id)
{
	return uuid_eq(rq->user->id, id);
}

static enum db_err
audit_user(struct store *st, const struct req *rq, const char *action, struct uuid id)
{
	const struct audit_entry	 e = { .action = action,
					    .target = account_path(st->arena, id) };

	return audit_add(st, rq, &e);
}

static enum http_status
last_admin_problem(struct resp *rs)
{
	return resp_problem(rs, HTTP_CONFLICT, "last_admin",
	    "the last administrator cannot be removed");
}

static enum http_status
password_problem(struct resp *rs, enum db_err err, const struct account_proof *p)
{
	if (err != DB_OK)
		return resp_db_error(rs, err);
	if (p->err == PASSWORD_BUSY)
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable",
		    "too many password checks are in progress; try again");
	if (p->err == PASSWORD_FAILED)
		return resp_db_error(rs, DB_NO_MEMORY);
	return resp_problem(rs, HTTP_FORBIDDEN, "wrong_password",
	    "current_password is wrong, or too many attempts failed");
}

/* 0, or a refusal: the password is wrong. */
static enum http_status
password_check(struct req *rq, struct resp *rs, const struct account_identity *a, struct str password)
{
	struct account_proof	 p = { .err = PASSWORD_WRONG };
	enum db_err	 err = account_verify_password(rq, a, STR(""), password, &p);

	return err == DB_OK && p.err == PASSWORD_OK ? 0 : password_problem(rs, err, &p);
}

/* A user who changes the own address must give the password, as the address is a login
 * name. */
static enum http_status
email_change_check(struct req *rq, struct resp *rs, const struct user_row *now)
{
	struct account_identity	 a;
	enum db_err	 err;

	if (!is_self(rq, now->id))
		return 0;
	if (now->current_password.n == 0)
		return resp_problem(rs, HTTP_FORBIDDEN, "wrong_password",
		    "current_password is required to change the e-mail address");
	if ((err = account_find(rq->store, now->id, &a)) != DB_OK)
		return resp_db_error(rs, err);
	return password_check(rq, rs, &a, now->current_password);
}

/* Count the user's open orders, if the service `shop` is switched on. */
static enum db_err
orders_count_open(struct req *rq, struct uuid id, int64_t *open)
{
	*open = 0;
	return conf_service(rq->conf, "shop") ? order_count_open(rq->store, id, open) : DB_OK;
}

static enum http_status
removal_check(struct req *rq, struct resp *rs, const struct user_row *old)
{
	int64_t		 open = 0;
	bool		 last;
	enum db_err	 err = account_last_admin(rq->store, old->id, &last);

	if (err == DB_OK && last)
		return last_admin_problem(rs);
	if (err == DB_OK)
		err = orders_count_open(rq, old->id, &open);
	if (open > 0)
		return resp_problem(rs, HTTP_CONFLICT, "has_open_orders",
		    "the user has orders that are not paid or not sent");
	if (err == DB_OK)
		err = account_revoke_tokens(rq->store, old->id);
	return err == DB_OK ? 0 : resp_db_error(rs, err);
}

static enum http_status
user_write_check(struct req *rq, struct resp *rs, const void *old_row, const void *now_row)
{
	const struct user_row	*old = old_row, *now = now_row;

	if (now == NULL)
		return removal_check(rq, rs, old);
	return str_eq(old->email, now->email) ? 0 : email_change_check(rq, rs, now);
}

static const struct resource users = {
	.path = "/v1/users", .table = "users", .schema = &user,
	.read = SCOPE_NONE, .list = "users:admin", .write = "users:write",
	.owner = "id", .admin_scope = "users:admin",
	.operations = OPS_LIST | OPS_GET | OPS_PATCH | OPS_DELETE,
	.version = "version", .modified = "updated_at",
	.visible = "t.state = 'active'", .visible_to_writers = "t.state = 'active'",
	.soft_delete = "t.state = 'deleted', t.email = NULL, t.username = NULL,"
	    " t.pw_hash = NULL, t.display_name = NULL, t.bio = NULL, t.image_url = NULL",
	.filters = FILTERS(
	    { "q", FILTER_PREFIX, .sql = "email, username", .private = true,
	      .doc = "Prefix of the e-mail address or username" },
	    { "role", FILTER_EQUAL, .field = "roles" }),
	.sorts = SORTS(SORT_ON("-created_at", "by_creation"),
	    SORT_ON("created_at", "by_creation")),
	.guard = user_write_check, .invalidates = TAGS("user/{id}"),
	.problems = PROBLEMS(WRONG_PASSWORD, LAST_ADMIN, OPEN_ORDERS),
	.max_body = 16 << 10,
	.doc = "User accounts",
};

/* 0, or a refusal of a weak password. */
static enum http_status
new_password_check(struct req *rq, struct resp *rs, const char *pointer, struct str password)
{
	struct faults	 fs;
	const char	*why, *code = account_password_error(rq->conf, password, &why);

	if (code == NULL)
		return 0;
	faults_init(&fs, rq->arena);
	fault_add(&fs, pointer, code, "%s", why);
	return resp_faults(rs, HTTP_UNPROCESSABLE, "validation_failed", &fs);
}

/* 0 and a hash, or a refusal. */
static enum http_status
new_password_hash(struct req *rq, struct resp *rs, const char *pointer, struct str password,
    char phc[PASSWORD_PHC])
{
	enum http_status	 status = new_password_check(rq, rs, pointer, password);
	struct account_proof		 p;

	if (status != 0)
		return status;
	p.err = password_hash(rq->conf, password, phc);
	return p.err == PASSWORD_OK ? 0 : password_problem(rs, DB_OK, &p);
}

/* A change of an account in progress. */
struct change {
	struct req		*rq;
	struct account_new	 made;
	const char		*phc;
	struct account_identity		 account;
	struct str		 role;
	bool			 last;
};

static enum db_err
user_post_tx(struct store *st, void *arg)
{
	struct change	*c = arg;
	enum db_err	 err = account_add(st, &c->made);

	return err != DB_OK ? err : audit_user(st, c->rq, "users.register", c->made.id);
}

static enum http_status
duplicate_problem(struct req *rq, struct resp *rs)
{
	bool	 email = strcmp(db_error_detail(rq->store->db), "email") == 0;

	return email ? resp_problem(rs, HTTP_CONFLICT, "email_taken",
	    "another user has this e-mail address") :
	    resp_problem(rs, HTTP_CONFLICT, "username_taken",
	    "another user has this username");
}

static enum http_status
user_post(struct req *rq, struct resp *rs)
{
	const struct registration	*in = BODY(rq, struct registration);
	const struct str		 tags[] = { STR("users") };
	struct change			 c = { .rq = rq };
	struct user_row			 key = { .id = uuid_new() };
	char				 phc[PASSWORD_PHC];
	enum http_status		 status;
	enum db_err			 err;

	if ((status = new_password_hash(rq, rs, "#/password", in->password, phc)) != 0)
		return status;
	c.made = (struct account_new){ .id = key.id, .email = in->email,
	    .username = in->username, .pw_hash = str_of(phc), .display_name =
	    in->display_name.n > 0 ? in->display_name : in->username };
	err = store_write(rq->store, tags, NELEMS(tags), user_post_tx, &c);
	if (err == DB_DUPLICATE)
		return duplicate_problem(rq, rs);
	if (err != DB_OK)
		return resp_db_error(rs, err);
	status = resource_respond(rq, rs, &users, &key, HTTP_CREATED);
	if (status == HTTP_CREATED)
		resp_header(rs, "Location", "%.*s/v1/%.*s", STR_ARG(rq->target.base),
		    STR_ARG(account_path(rq->arena, key.id)));
	return status;
}

static enum http_status
user_me(struct req *rq, struct resp *rs)
{
	const struct user_row	 key = { .id = rq->user->id };

	return resource_respond(rq, rs, &users, &key, HTTP_OK);
}

static enum db_err
password_tx(struct store *st, void *arg)
{
	struct change	*c = arg;
	enum db_err	 err = account_lock(st, &c->account);

	if (err == DB_OK)
		err = account_set_password(st, c->account.id, c->phc, true);
	return err != DB_OK ? err : audit_user(st, c->rq, "users.password", c->account.id);
}

static enum http_status
password_put(struct req *rq, struct resp *rs)
{
	const struct passwords	*in = BODY(rq, struct passwords);
	struct change		 c = { .rq = rq };
	char			 phc[PASSWORD_PHC];
	enum http_status	 status;
	struct str		 tag;
	enum db_err		 err = account_of_subject(rq->store, rq->user->sub, &c.account);

	if (err != DB_OK)
		return resp_db_error(rs, err);
	if ((status = password_check(rq, rs, &c.account, in->current_password)) != 0 ||
	    (status = new_password_hash(rq, rs, "#/new_password", in->new_password, phc)) != 0)
		return status;
	c.phc = phc;
	tag = account_tag(rq->arena, c.account.id);
	err = store_write(rq->store, &tag, 1, password_tx, &c);
	return err == DB_OK ? resp_json(rs, HTTP_NO_CONTENT) : resp_db_error(rs, err);
}

static enum db_err
role_add_tx(struct store *st, void *arg)
{
	struct change	*c = arg;
	enum db_err	 err = account_add_role(st, c->account.id, c->role,
			    c->rq->user->sub);

	return err != DB_OK ? err : audit_user(st, c->rq, "users.grant", c->account.id);
}

static enum db_err
role_remove_tx(struct store *st, void *arg)
{
	struct change	*c = arg;
	bool		 had = false;
	enum db_err	 err = DB_OK;

	c->last = false;
	if (str_is(c->role, "admin"))
		err = account_last_admin(st, c->account.id, &c->last);
	if (err == DB_OK && c->last)
		return DB_ABORT;
	if (err == DB_OK)
		err = account_remove_role(st, c->account.id, c->role, &had);
	return err != DB_OK || !had ? err :
	    audit_user(st, c->rq, "users.ungrant", c->account.id);
}

/* A change of roles invalidates the row and the user's tokens. */
static enum http_status
role_change(struct req *rq, struct resp *rs, enum db_err (*run)(struct store *, void *))
{
	const struct user_key	*k = KEYS(rq, struct user_key);
	const struct str	 tags[] = { STR("users"), account_tag(rq->arena, k->id),
				    account_path(rq->arena, k->id) };
	struct change		 c = { .rq = rq, .role = k->role };
	enum db_err		 err = account_find(rq->store, k->id, &c.account);

	if (err == DB_OK && !str_is(c.account.state, "active"))
		err = DB_NOT_FOUND;
	if (err == DB_OK)
		err = store_write(rq->store, tags, NELEMS(tags), run, &c);
	if (err == DB_ABORT)
		return last_admin_problem(rs);
	if (err != DB_OK)
		return resp_db_error(rs, err == DB_BAD_REFERENCE ? DB_NOT_FOUND : err);
	return resp_json(rs, HTTP_NO_CONTENT);
}

static enum http_status
role_put(struct req *rq, struct resp *rs)
{
	return role_change(rq, rs, role_add_tx);
}

static enum http_status
role_delete(struct req *rq, struct resp *rs)
{
	return role_change(rq, rs, role_remove_tx);
}

static enum http_status
roles_list(struct req *rq, struct resp *rs)
{
	struct roles	 all = { .items = { NULL, 0 } };
	enum db_err	 err = query_all(rq->store, &all_roles, NULL,
			    &all.items.items, &all.items.n);

	return err == DB_OK ? resp_object(rs, HTTP_OK, &roles, &all) : resp_db_error(rs, err);
}

static const struct route routes[] = {
	{ .method = HTTP_POST, .path = "/v1/users", .scope = SCOPE_NONE,
	  .run = user_post, .body = &registration, .answer = &user,
	  .max_body = 16 << 10, .limit = LIMIT_AUTH,
	  .problems = PROBLEMS(TAKEN("email"), TAKEN("username")),
	  .doc = "Register a user with the role `customer`" },
	{ .method = HTTP_GET, .path = "/v1/users/me", .scope = "users:read",
	  .run = user_me, .answer = &user, .doc = "Get the user of the token" },
	{ .method = HTTP_PUT, .path = "/v1/users/me/password", .scope = "users:write",
	  .run = password_put, .body = &passwords, .max_body = 16 << 10,
	  .limit = LIMIT_AUTH, .problems = PROBLEMS(WRONG_PASSWORD),
	  .doc = "Change your password; this revokes all tokens of the user" },
	{ .method = HTTP_PUT, .path = "/v1/users/{id}/roles/{role}",
	  .scope = "users:admin", .run = role_put, .keys = &role_key,
	  .doc = "Add a role to a user" },
	{ .method = HTTP_DELETE, .path = "/v1/users/{id}/roles/{role}",
	  .scope = "users:admin", .run = role_delete, .keys = &role_key,
	  .problems = PROBLEMS(LAST_ADMIN),
	  .doc = "Remove a role from a user; this revokes the user's access tokens" },
	{ .method = HTTP_GET, .path = "/v1/roles", .scope = "users:admin",
	  .run = roles_list, .answer = &roles, .doc = "List the roles and their scopes" },
	{ .path = NULL },
};

int
main(int argc, char **argv)
{
	return app_main(argc, argv, APP("users", .service = "core",
	    .routes = routes, .resources = RESOURCES(&users),
	    .queries = QUERIES(&all_roles),
	    .uses = USES(account_queries, account_login_queries,
	    audit_queries), .optional_queries = OPTIONAL_QUERIES({ "shop", order_open_queries })));
}
