/* brisk token, brisk key: tokens for administration, and the keys that sign tokens. */
#include <stdio.h>
#include "admin.h"
#include "auth/auth.h"
#include "crypto/scope.h"

#define MAX_SECONDS	31536000

static bool
scopes_valid(const char *text)
{
	struct str	 rest = str_of(text);
	bool		 some = false, good = true;

	while (rest.p != NULL) {
		struct str	 one = str_cut(&rest, ' ');

		some = some || one.n > 0;
		if (one.n == 0 || scope_exists(one))
			continue;
		good = admin_error_false("%.*s: unknown scope", STR_ARG(one));
	}
	if (some && good)
		return true;
	(void)fputs("--scope must be one or more of\n", stderr);
	for (const struct scope *s = scope_table; s->name != NULL; s++)
		(void)fprintf(stderr, "  %-15s %s\n", s->name, s->doc);
	return false;
}

/* A token of a user has the token version of the user's row. */
static enum db_err
token_version_read(struct store *st, struct token *t)
{
	struct uuid	 id;
	struct db_rows	 rows;
	struct val	 of_user;
	enum db_err	 err;

	if (!uuid_parse(t->sub, &id))
		return DB_OK;
	of_user = VAL_OF_UUID(&id);
	err = db_query(st->db, st->arena, STR("SELECT tv FROM users WHERE id = ? "
	    "AND state = 'active'"), &of_user, 1, &rows);
	if (err != DB_OK || rows.n == 0)
		return err != DB_OK ? err : DB_NOT_FOUND;
	t->tv = rows.v[0].i;
	return DB_OK;
}

enum db_err
admin_issue_token(const struct conf *c, struct store *st, struct token *t,
    int64_t seconds, struct buf *b)
{
	char		*jti = arena_alloc(admin_arena(), UUID_LEN + 1);
	struct keys	*keys = keys_open(c);
	enum db_err	 err = keys == NULL || jti == NULL ? DB_NO_MEMORY :
			    token_version_read(st, t);

	if (err == DB_OK) {
		uuid_text(uuid_new(), jti);
		t->jti = str_of(jti);
		t->client_id = STR(AUTH_TOOL);
		err = keys_sign(keys, st, t, seconds, b);
	}
	keys_close(keys);
	return err;
}

static const char *
issue_error(const struct store *st, enum db_err err)
{
	if (err == DB_NOT_FOUND)
		return "no such user";
	if (err == DB_ABORT)
		return "the keys were sealed with another `secret`; run `brisk key rotate "
		    "--now` twice to create new keys";
	return err == DB_NO_MEMORY ? "no memory" : db_error_message(st->db);
}

int
cmd_token(int argc, char **argv)
{
	const char		*scope = NULL, *sub = "admin", *text = "600";
	const struct conf	*c;
	struct store		 st;
	struct token		 t;
	struct buf		 b;
	int64_t			 seconds;
	enum db_err		 err;

	if (flags_parse((const struct flag[]){ { "scope", &scope, NULL },
	    { "seconds", &text, NULL }, { "sub", &sub, NULL },
	    { NULL, NULL, NULL } }, argc, argv) != 0 || scope == NULL)
		return BRISK_USAGE;
	if (!number_parse("--seconds", text, MAX_SECONDS, &seconds) ||
	    !scopes_valid(scope) || (c = admin_conf()) == NULL ||
	    !admin_store(c, &st))
		return 1;
	t = (struct token){ .sub = str_of(sub), .scope = str_of(scope) };
	buf_init(&b, admin_arena());
	err = admin_issue_token(c, &st, &t, seconds, &b);
	if (err == DB_OK)
		(void)printf("%.*s\n", STR_ARG(buf_view(&b)));
	else
		(void)admin_error("cannot issue a token: %s", issue_error(&st, err));
	admin_store_close(&st);
	return err != DB_OK;
}

/* --- brisk key ---------------------------------------------------------------- */

static int
keys_report(const struct store *st, struct buf *b, enum db_err err)
{
	if (err == DB_OK && buf_ok(b))
		return fwrite(b->p == NULL ? "" : b->p, 1, b->n, stdout) == b->n ? 0 : 1;
	if (err == DB_ABORT && b->n > 0)
		return admin_error("%.*s", (int)b->n - 1, b->p);
	return admin_error("cannot use the keys: %s", issue_error(st, err));
}

static int
key_revoke(struct store *st, const char *kid)
{
	switch (keys_revoke(st, str_of(kid))) {
	case DB_OK:
		(void)printf("%s is revoked\n", kid);
		return 0;
	case DB_NOT_FOUND:
		return admin_error("%s: no such key", kid);
	case DB_ABORT:
		return admin_error("%s is the current or next key: run `brisk key rotate "
		    "--now` once or twice first", kid);
	default:
		return admin_error("cannot use the keys: %s", db_error_message(st->db));
	}
}

int
cmd_key(int argc, char **argv)
{
	const struct conf	*c;
	struct store		 st;
	struct buf		 b;
	bool			 now = false;
	const char		*word;
	int			 n, status = BRISK_USAGE;

	n = flags_parse((const struct flag[]){ { "now", NULL, &now },
	    { NULL, NULL, NULL } }, argc, argv);
	word = n < 1 ? "" : argv[0];
	if (!(n == 1 && strcmp(word, "list") == 0) &&
	    !(n == 1 && strcmp(word, "rotate") == 0) &&
	    !(n == 2 && strcmp(word, "revoke") == 0))
		return BRISK_USAGE;
	if ((c = admin_conf()) == NULL || !admin_store(c, &st))
		return 1;
	buf_init(&b, admin_arena());
	if (strcmp(word, "list") == 0)
		status = keys_report(&st, &b, keys_list(&st, &b));
	else if (strcmp(word, "rotate") == 0)
		status = keys_report(&st, &b, keys_rotate(&st, c, now, &b));
	else
		status = key_revoke(&st, argv[1]);
	admin_store_close(&st);
	return status;
}
