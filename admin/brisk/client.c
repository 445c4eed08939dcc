/* brisk client: OAuth clients. */
#include <stdio.h>
#include "admin.h"
#include "auth/audit.h"
#include "route/client.h"
#include "crypto/scope.h"

#define MAX_ID	64

/* A new client. */
struct new_client {
	struct str	 id, kind, secret_hash;
	int64_t		 first_party;
	struct str	 scopes, grants;
};

static const struct schema new_client = SCHEMA("MadeClient", struct new_client,
	FIELD_STR(struct new_client, id, .doc = "Name"),
	FIELD_STR(struct new_client, id, .doc = "Name"),
	FIELD_STR(struct new_client, kind, .doc = "Kind"),
	FIELD_STR(struct new_client, secret_hash, .flags = FIELD_OPTIONAL, .doc = "Hash"),
	FIELD_INT(struct new_client, first_party, .doc = "Whether it is first-party"),
	FIELD_STR(struct new_client, scopes, .doc = "Scopes"),
	FIELD_STR(struct new_client, grants, .doc = "Grant types"));

static const struct schema by_id = SCHEMA("ClientId", struct new_client,
	FIELD_STR(struct new_client, id, .doc = "Name"));

enum { ADD, REVOKE, END };

static const struct query queries[] = {
	[ADD] = { "INSERT INTO clients (id, name, kind, secret_hash, first_party, scopes,"
	    " grants) VALUES (?, ?, ?, UNHEX(?), ?, ?, ?)", .in = &new_client },
	[REVOKE] = { "UPDATE clients SET state = 'deleted' WHERE id = ?"
	    " AND state = 'active'", .in = &by_id },
	[END] = { "UPDATE token_families SET revoked_at = UTC_TIMESTAMP(3)"
	    " WHERE client_id = ? AND revoked_at IS NULL", .in = &by_id },
};

struct client_work {
	struct store	 st;
	struct new_client made;
	const char	*scopes, *grants;
	bool		 is_public, confidential, first_party;
};

static enum db_err
client_audit(struct store *st, const char *action, struct str id)
{
	char				*target = arena_fmt(st->arena, "clients/%.*s",
					    STR_ARG(id));
	const struct audit_entry	 e = { .actor = STR("brisk"), .action = action,
					    .target = str_of(target) };

	return audit_add(st, NULL, &e);
}

static enum db_err
client_add_tx(struct store *st, void *arg)
{
	struct client_work	*w = arg;
	enum db_err	 err = query_exec(st, &queries[ADD], &w->made, NULL);

	return err == DB_OK ? client_audit(st, "clients.add", w->made.id) : err;
}

static enum db_err
client_revoke_tx(struct store *st, void *arg)
{
	struct client_work	*w = arg;
	struct db_result	 done = { 0, 0 };
	enum db_err	 err = query_exec(st, &queries[REVOKE], &w->made, &done);

	if (err == DB_OK && done.affected == 0)
		return DB_NOT_FOUND;
	if (err == DB_OK)
		err = query_exec(st, &queries[END], &w->made, NULL);
	return err == DB_OK ? client_audit(st, "clients.revoke", w->made.id) : err;
}

static int
client_write(struct client_work *w, enum db_err (*run)(struct store *, void *))
{
	char		*tag = arena_fmt(w->st.arena, "client/%.*s", STR_ARG(w->made.id));
	struct str	 tags[] = { str_of(tag == NULL ? "" : tag) };
	enum db_err	 err = store_write(&w->st, tags, 1, run, w);

	if (err == DB_DUPLICATE)
		return admin_error("a client of this name exists or existed");
	if (err == DB_NOT_FOUND)
		return admin_error("no such client");
	return err == DB_OK ? 0 : admin_error("%s", db_error_message(w->st.db));
}

/* Letters, digits and ._- but not "brisk", the client of this command's tokens. */
static bool
client_name_valid(struct str id)
{
	static const char	 more[] = "._-";

	for (size_t i = 0; i < id.n; i++) {
		char	 c = id.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || strchr(more, c) != NULL))
			return false;
	}
	return id.n > 0 && id.n <= MAX_ID && !str_is(id, AUTH_TOOL);
}

static bool
scopes_valid(const char *text)
{
	struct str	 rest = str_of(text), one;

	while (rest.p != NULL)
		if (!scope_exists(one = str_cut(&rest, ' ')))
			return admin_error_false("%.*s: unknown scope", STR_ARG(one));
	return true;
}

static bool
grants_valid(const char *text)
{
	static const char	 known[] = "password refresh_token client_credentials "
				    "authorization_code";

	return scope_is_subset(str_of(text), str_of(known)) ||
	    admin_error_false("--grants: must be some of: %s", known);
}

/* The grant types that were given, or the default of its kind. */
static const char *
client_grant_types(const struct client_work *w)
{
	if (w->grants != NULL)
		return w->grants;
	if (w->first_party)
		return "password refresh_token";
	return w->is_public ? "authorization_code refresh_token" : "client_credentials";
}

static int
client_add(struct client_work *w, int argc, char **argv)
{
	struct buf	 secret, hash;
	int		 status;

	if (argc != 1 || w->scopes == NULL || (w->is_public && w->confidential))
		return BRISK_USAGE;
	if (!client_name_valid(str_of(argv[0])))
		return admin_error("%s: must be 1 to %d letters, digits and ._-, but not %s", argv[0],
		    MAX_ID, AUTH_TOOL);
	if (!scopes_valid(w->scopes) || !grants_valid(client_grant_types(w)))
		return 1;
	buf_init(&secret, w->st.arena);
	buf_init(&hash, w->st.arena);
	if (!w->is_public && (!client_secret(&secret) ||
	    !client_secret_hash(buf_view(&secret), &hash)))
		return admin_error("cannot create a secret");
	w->made = (struct new_client){ .id = str_of(argv[0]), .secret_hash = { hash.p, hash.n },
	    .kind = str_of(w->is_public ? "public" : "confidential"),
	    .first_party = w->first_party, .scopes = str_of(w->scopes),
	    .grants = str_of(client_grant_types(w)) };
	if ((status = client_write(w, client_add_tx)) != 0)
		return status;
	if (w->is_public)
		(void)printf("public client %s\n", argv[0]);
	else
		(void)printf("client %s; its secret, which is shown only once: %.*s\n", argv[0],
		    STR_ARG(buf_view(&secret)));
	return 0;
}

static int
client_revoke(struct client_work *w, int argc, char **argv)
{
	if (argc != 1)
		return BRISK_USAGE;
	w->made.id = str_of(argv[0]);
	return client_write(w, client_revoke_tx);
}

static int
client_list(struct client_work *w, int argc, char **argv)
{
	struct db_rows	 rows;
	enum db_err	 err;

	(void)argv;
	if (argc != 0)
		return BRISK_USAGE;
	err = db_query(w->st.db, w->st.arena, STR("SELECT id, kind,"
	    " IF(first_party, 'first-party', '-'), grants, scopes FROM clients"
	    " WHERE state = 'active' ORDER BY id"), NULL, 0, &rows);
	if (err != DB_OK)
		return admin_error("%s", db_error_message(w->st.db));
	for (size_t i = 0; i < rows.n; i++) {
		const struct val	*v = rows.v + 5 * i;

		(void)printf("%-20.*s %-12.*s %-11.*s %.*s\n    %.*s\n",
		    STR_ARG(v[0].s), STR_ARG(v[1].s), STR_ARG(v[2].s), STR_ARG(v[3].s),
		    STR_ARG(v[4].s));
	}
	return 0;
}

static const struct {
	const char	*name;
	int		(*run)(struct client_work *, int, char **);
} verbs[] = {
	{ "add", client_add }, { "list", client_list }, { "revoke", client_revoke },
};

int
cmd_client(int argc, char **argv)
{
	struct client_work		 w = { .scopes = NULL };
	const struct conf	*c;
	int			 status = BRISK_USAGE;

	argc = flags_parse((const struct flag[]){ { "public", NULL, &w.is_public },
	    { "confidential", NULL, &w.confidential },
	    { "first-party", NULL, &w.first_party }, { "scopes", &w.scopes, NULL },
	    { "grants", &w.grants, NULL }, { NULL, NULL, NULL } }, argc, argv);
	for (size_t i = 0; argc > 0 && i < NELEMS(verbs); i++) {
		if (strcmp(argv[0], verbs[i].name) != 0)
			continue;
		if ((c = admin_conf()) == NULL || !admin_store(c, &w.st))
			return 1;
		status = verbs[i].run(&w, argc - 1, argv + 1);
		admin_store_close(&w.st);
	}
	return status;
}
