/* brisk grants: accounts of the programs, each with the rights it needs. */
#include <stdio.h>

#include "db/account.h"
#include "grants/grants.h"
#include "installed.h"

#define STATEMENT_MS	60000

struct invocation {
	struct db_login	 account;
	const char	*host;
	bool		 create;
	struct db	*db;
	const struct conf *conf;
};

static struct str
word_copy(struct str s)
{
	return arena_copy(admin_arena(), s);
}

/* The tables of the database and their columns, nothing needed yet. */
static bool
read_schema(struct invocation *c, struct grants *g)
{
	static const char	 sql[] = "SELECT c.table_name, c.column_name "
	    "FROM information_schema.columns c JOIN information_schema.tables t "
	    "ON t.table_schema = c.table_schema AND t.table_name = c.table_name "
	    "WHERE c.table_schema = DATABASE() ORDER BY c.table_name, c.ordinal_position";
	struct arena		*a = admin_arena();
	struct db_rows		 rows;
	struct grant_table	*t = NULL;

	if (db_query(c->db, a, STR(sql), NULL, 0, &rows) != DB_OK)
		return admin_error_false("%s", db_error_message(c->db));
	g->n = 0;
	g->v = arena_array(a, struct grant_table, rows.n + 1);
	for (size_t i = 0; g->v != NULL && i < rows.n; i++) {
		struct str	 name = rows.v[2 * i].s;

		if (t == NULL || !str_is(name, t->name)) {
			t = &g->v[g->n++];
			t->name = word_copy(name).p;
			t->columns = arena_array(a, const char *, rows.n - i);
			for (enum right r = 0; r < RIGHTS; r++)
				t->some[r] = arena_array(a, bool, rows.n - i);
		}
		if (t->name == NULL || t->columns == NULL || t->some[RIGHT_DELETE] == NULL)
			return admin_error_false("no memory");
		t->columns[t->ncolumns++] = word_copy(rows.v[2 * i + 1].s).p;
	}
	return g->v != NULL || admin_error_false("no memory");
}

static const char *const	 right_names[RIGHTS] = {
	[RIGHT_SELECT] = "SELECT", [RIGHT_INSERT] = "INSERT",
	[RIGHT_UPDATE] = "UPDATE", [RIGHT_DELETE] = "DELETE",
};

static void
put_name(struct buf *b, const char *name)
{
	buf_byte(b, '`');
	for (; *name != '\0'; name++) {
		if (*name == '`')
			buf_byte(b, '`');
		buf_byte(b, *name);
	}
	buf_byte(b, '`');
}

/* "SELECT (`id`,`name`)", or nothing. */
static void
put_right(struct buf *b, const struct grant_table *t, enum right r)
{
	const char	*before = "(";
	size_t		 from = b->n;

	if (b->n > 0)
		buf_puts(b, ", ");
	buf_puts(b, right_names[r]);
	if (t->whole[r])
		return;
	buf_byte(b, ' ');
	for (size_t i = 0; i < t->ncolumns; i++)
		if (t->some[r][i]) {
			buf_puts(b, before);
			put_name(b, t->columns[i]);
			before = ",";
		}
	if (before[0] == '(')
		b->n = from;
	else
		buf_byte(b, ')');
}

static void
print_table(const struct invocation *c, const struct grant_table *t, const char *who)
{
	struct buf	 rights, name;

	buf_init(&rights, admin_arena());
	buf_init(&name, admin_arena());
	for (enum right r = 0; r < RIGHTS; r++)
		put_right(&rights, t, r);
	put_name(&name, c->conf->database_name);
	buf_byte(&name, '.');
	put_name(&name, t->name);
	if (rights.n > 0)
		(void)printf("GRANT %.*s ON %.*s TO %s;\n", STR_ARG(buf_view(&rights)),
		    STR_ARG(buf_view(&name)), who);
}

/* As MariaDB keeps a password, so that it stands in no history or log. */
static struct str
hash_of(struct invocation *c, const char *password)
{
	const struct val	 v = VAL_OF_STR(str_of(password));
	struct db_rows		 rows;

	if (db_query(c->db, admin_arena(), STR("SELECT PASSWORD(?)"), &v, 1, &rows) !=
	    DB_OK || rows.n != 1)
		return (struct str){ NULL, 0 };
	return rows.v[0].s;
}

/* What it may no longer is taken away first. */
static bool
print_account(struct invocation *c, const struct db_account *own, const char *who)
{
	struct str	 hash = hash_of(c, own->password);

	if (hash.n == 0)
		return admin_error_false("%s", db_error_message(c->db));
	(void)printf("CREATE USER IF NOT EXISTS %s;\n"
	    "ALTER USER %s IDENTIFIED BY PASSWORD '%.*s';\n"
	    "REVOKE ALL PRIVILEGES, GRANT OPTION FROM %s;\n", who, who,
	    STR_ARG(hash), who);
	return true;
}

static bool
print_program(struct invocation *c, const struct installed *p)
{
	struct db_account	 own;
	struct grants		 g;
	struct str		 text, line;
	char			*who;

	if (!db_account_own(c->conf, p->name, &own) ||
	    (who = arena_fmt(admin_arena(), "'%s'@'%s'", own.user, c->host)) == NULL)
		return admin_error_false("%s: its account's name is too long", p->name);
	if (installed_query(p, "--statements", &text) != 0)
		return admin_error_false("%s: does not tell its statements", p->name);
	if (!read_schema(c, &g))
		return false;
	while (text.n > 0) {
		line = str_cut(&text, '\n');
		if (line.n > 0 && !grants_read(&g, line))
			return false;
	}
	(void)printf("-- %s\n", p->name);
	if (c->create && !print_account(c, &own, who))
		return false;
	for (size_t i = 0; i < g.n; i++)
		print_table(c, &g.v[i], who);
	return true;
}

static int
print_all(struct invocation *c, int argc, char **argv)
{
	size_t	 found = 0;

	for (const struct installed *p = installed_all(c->conf); p->name[0] != '\0'; p++) {
		bool	 asked = argc == 0 && p->on && p->runs;

		for (int i = 0; i < argc; i++)
			asked |= strcmp(argv[i], p->name) == 0;
		if (!asked)
			continue;
		found++;
		if (!print_program(c, p))
			return 1;
	}
	return found > 0 ? 0 : admin_error("no such program is installed");
}

/* No quote can be in what stands between quotes. */
static bool
is_plain(const char *text)
{
	return strpbrk(text, "'\\\n") == NULL ||
	    admin_error_false("%s: not a name that can be written as SQL", text);
}

int
cmd_grants(int argc, char **argv)
{
	static struct invocation	 c;
	const struct flag	 flags[] = { { "create", NULL, &c.create },
		{ "host", &c.host, NULL }, LOGIN_FLAGS(c.account), { NULL, NULL, NULL } };
	int			 status;

	if ((argc = flags_parse(flags, argc, argv)) < 0)
		return BRISK_USAGE;
	if ((c.conf = admin_conf()) == NULL)
		return 1;
	if (c.host == NULL)
		c.host = c.conf->database_host[0] == '\0' ? "localhost" : "%";
	if (!is_plain(c.host) || !is_plain(c.conf->database_user) ||
	    (c.db = admin_db(c.conf, &c.account, STATEMENT_MS)) == NULL)
		return 1;
	status = print_all(&c, argc, argv);
	db_close(c.db);
	return status;
}
