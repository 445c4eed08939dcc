/* brisk grants: database accounts of the programs with the rights that they need. */
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

/* Read the tables of the database and their columns; no rights yet. */
static bool
tables_read(struct invocation *c, struct grants *g)
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
name_print(struct buf *b, const char *name)
{
	buf_byte(b, '`');
	for (; *name != '\0'; name++) {
		if (*name == '`')
			buf_byte(b, '`');
		buf_byte(b, *name);
	}
	buf_byte(b, '`');
}

/* Append a right: "SELECT (`id`,`name`)", or nothing. */
static void
right_print(struct buf *b, const struct grant_table *t, enum right r)
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
			name_print(b, t->columns[i]);
			before = ",";
		}
	if (before[0] == '(')
		b->n = from;
	else
		buf_byte(b, ')');
}

static void
table_print(const struct invocation *c, const struct grant_table *t, const char *who)
{
	struct buf	 rights, name;

	buf_init(&rights, admin_arena());
	buf_init(&name, admin_arena());
	for (enum right r = 0; r < RIGHTS; r++)
		right_print(&rights, t, r);
	name_print(&name, c->conf->database_name);
	buf_byte(&name, '.');
	name_print(&name, t->name);
	if (rights.n > 0)
		(void)printf("GRANT %.*s ON %.*s TO %s;\n", STR_ARG(buf_view(&rights)),
		    STR_ARG(buf_view(&name)), who);
}

/* The hash that MariaDB stores, so that no history or log contains the password. */
static struct str
password_hash_read(struct invocation *c, const char *password)
{
	const struct val	 v = VAL_OF_STR(str_of(password));
	struct db_rows		 rows;

	if (db_query(c->db, admin_arena(), STR("SELECT PASSWORD(?)"), &v, 1, &rows) !=
	    DB_OK || rows.n != 1)
		return (struct str){ NULL, 0 };
	return rows.v[0].s;
}

/* Revoke all rights first, so that old rights do not stay. */
static bool
account_print(struct invocation *c, const struct db_account *own, const char *who)
{
	struct str	 hash = password_hash_read(c, own->password);

	if (hash.n == 0)
		return admin_error_false("%s", db_error_message(c->db));
	(void)printf("CREATE USER IF NOT EXISTS %s;\n"
	    "ALTER USER %s IDENTIFIED BY PASSWORD '%.*s';\n"
	    "REVOKE ALL PRIVILEGES, GRANT OPTION FROM %s;\n", who, who,
	    STR_ARG(hash), who);
	return true;
}

static bool
program_print(struct invocation *c, const struct installed *p)
{
	struct db_account	 own;
	struct grants		 g;
	struct str		 text, line;
	char			*who;

	if (!db_account_own(c->conf, p->name, &own) ||
	    (who = arena_fmt(admin_arena(), "'%s'@'%s'", own.user, c->host)) == NULL)
		return admin_error_false("%s: the name of its account is too long", p->name);
	if (installed_query(p, "--statements", &text) != 0)
		return admin_error_false("%s: cannot list its statements", p->name);
	if (!tables_read(c, &g))
		return false;
	while (text.n > 0) {
		line = str_cut(&text, '\n');
		if (line.n > 0 && !grants_read(&g, line))
			return false;
	}
	(void)printf("-- %s\n", p->name);
	if (c->create && !account_print(c, &own, who))
		return false;
	for (size_t i = 0; i < g.n; i++)
		table_print(c, &g.v[i], who);
	return true;
}

static int
programs_print(struct invocation *c, int argc, char **argv)
{
	size_t	 found = 0;

	for (const struct installed *p = installed_all(c->conf); p->name[0] != '\0'; p++) {
		bool	 asked = argc == 0 && p->on && p->runs;

		for (int i = 0; i < argc; i++)
			asked |= strcmp(argv[i], p->name) == 0;
		if (!asked)
			continue;
		found++;
		if (!program_print(c, p))
			return 1;
	}
	return found > 0 ? 0 : admin_error("no such program is installed");
}

/* Refuse text that cannot be put between quotes. */
static bool
is_quotable(const char *text)
{
	return strpbrk(text, "'\\\n") == NULL ||
	    admin_error_false("%s: must not contain quotes, backslashes or line breaks", text);
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
	if (!is_quotable(c.host) || !is_quotable(c.conf->database_user) ||
	    (c.db = admin_db(c.conf, &c.account, STATEMENT_MS)) == NULL)
		return 1;
	status = programs_print(&c, argc, argv);
	db_close(c.db);
	return status;
}
