/* brisk cache watch, unwatch: triggers that record changes of other software. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "cache/generation.h"
#include "cache/external.h"
#include "triggers.h"
#include "shm/run_dir.h"

#define STATEMENT_MS	60000	/* CREATE TRIGGER waits for a table in use */
#define MAX_NAME	50	/* of a table; trigger names have at most 64 bytes */
#define FORMS		16

/* A way in which cache tags name the rows of a table. */
struct form {
	const char	*tag, *key;	/* columns, with commas */
};

struct target {
	struct db	*db;
	const char	*table;
	struct db_rows	 columns;	/* name, data type */
	struct form	 forms[FORMS];
	size_t		 nforms;
	bool		 any_row;	/* this trigger already records "any row" */
};

/* --- tables of cached responses ------------------------------------------- */

static const char *
word_cut(struct str *line)
{
	struct str	 word = str_cut(line, ' ');

	return admin_fmt("%.*s", STR_ARG(word));
}

struct cached_table *
cached_tables(const struct installed *p)
{
	struct cached_table	*first = NULL, **end = &first, *s;
	struct str	 out, line;

	for (; p->name[0] != '\0'; p++) {
		if (!p->on || !p->runs || installed_query(p, "--tables", &out) != 0)
			continue;
		while (out.n > 0) {
			line = str_cut(&out, '\n');
			if ((s = arena_new(admin_arena(), struct cached_table)) == NULL)
				exit(admin_error("no memory"));
			s->table = word_cut(&line);
			s->tag = word_cut(&line);
			s->key = word_cut(&line);
			s->ttl = atoi(word_cut(&line));
			s->others = str_is(line, "others");
			*end = s;
			end = &s->next;
		}
	}
	return first;
}

bool
triggers_read(struct db *db, struct db_rows *rows)
{
	return db_query(db, admin_arena(), STR("SELECT table_name, tag_name, "
	    "DATE_FORMAT(since, '%Y-%m-%d %H:%i:%s') FROM cache_watches "
	    "ORDER BY table_name, tag_name"), NULL, 0, rows) == DB_OK;
}

bool
triggers_has(const struct db_rows *rows, const char *table)
{
	for (size_t i = 0; i < rows->n; i++)
		if (str_is(rows->v[i * rows->columns].s, table))
			return true;
	return false;
}

/* --- the key of a row, as in cache tags ------------------------------------ */

static const struct val *
column_find(const struct target *t, struct str name)
{
	for (size_t i = 0; i < t->columns.n; i++)
		if (str_eq(t->columns.v[2 * i].s, name))
			return &t->columns.v[2 * i];
	return NULL;
}

/* UUIDs and integers have one text form.  False: another type, whose rows cannot be
 * told apart. */
static bool
column_print(struct buf *b, const struct target *t, const char *row, struct str name)
{
	static const char *const whole[] = { "tinyint", "smallint", "mediumint",
		"int", "bigint" };
	const struct val	*column = column_find(t, name);

	if (column == NULL)
		return false;
	if (str_is(column[1].s, "uuid")) {
		buf_fmt(b, "LOWER(%s.`%.*s`)", row, STR_ARG(name));
		return true;
	}
	if (str_is(column[1].s, "binary")) {
		buf_fmt(b, "LOWER(INSERT(INSERT(INSERT(INSERT(HEX(%s.`%.*s`), "
		    "21, 0, '-'), 17, 0, '-'), 13, 0, '-'), 9, 0, '-'))", row,
		    STR_ARG(name));
		return true;
	}
	for (size_t i = 0; i < NELEMS(whole); i++)
		if (str_is(column[1].s, whole[i])) {
			buf_fmt(b, "CONCAT(%s.`%.*s` + 0)", row, STR_ARG(name));
			return true;
		}
	return false;
}

/* An SQL expression for the key of a row; "NULL", any row, if it cannot be built. */
static const char *
key_expression(const struct target *t, const struct form *f, const char *row)
{
	struct str	 rest = str_of(f->key);
	struct buf	 b;

	buf_init(&b, admin_arena());
	buf_puts(&b, "CONCAT_WS('/'");
	while (rest.p != NULL) {
		buf_puts(&b, ", ");
		if (!column_print(&b, t, row, str_cut(&rest, ',')))
			return "NULL";
	}
	buf_byte(&b, ')');
	if (!buf_ok(&b))
		exit(admin_error("no memory"));
	return b.p;
}

static void
note_print(struct buf *b, struct target *t, const struct form *f, const char *key)
{
	bool	 any = strcmp(key, "NULL") == 0;

	if (!any || !t->any_row)
		buf_fmt(b, " INSERT INTO cache_changes (tag_name, row_key) "
		    "VALUES ('%s', %s);", f->tag, key);
	t->any_row |= any;
}

/* --- triggers ------------------------------------------------------------- */

static const struct event {
	const char	*name, *verb;
	bool		 old, now;	/* whether OLD and NEW exist */
} events[] = {
	{ "ins", "INSERT", false, true },
	{ "upd", "UPDATE", true, true },
	{ "del", "DELETE", true, false },
};

/* Record the key of the old row, and of the new row if it differs. */
static void
notes_print(struct buf *b, struct target *t, const struct event *e)
{
	const char	*old, *now;

	for (size_t i = 0; i < t->nforms; i++) {
		old = key_expression(t, &t->forms[i], "OLD");
		now = key_expression(t, &t->forms[i], "NEW");
		if (e->old)
			note_print(b, t, &t->forms[i], old);
		if (e->old && e->now && strcmp(now, "NULL") != 0)
			buf_fmt(b, " IF NOT (%s <=> %s) THEN", old, now);
		if (e->now)
			note_print(b, t, &t->forms[i], now);
		if (e->old && e->now && strcmp(now, "NULL") != 0)
			buf_puts(b, " END IF;");
	}
}

static enum db_err
trigger_create(struct target *t, const struct event *e)
{
	struct buf	 b;

	t->any_row = false;
	buf_init(&b, admin_arena());
	buf_fmt(&b, "CREATE OR REPLACE TRIGGER `brisk_%s_%s` AFTER %s ON `%s` "
	    "FOR EACH ROW IF @brisk_bumps IS NULL THEN", e->name, t->table, e->verb,
	    t->table);
	notes_print(&b, t, e);
	buf_puts(&b, " END IF");
	return buf_ok(&b) ? db_script(t->db, b.p) : DB_NO_MEMORY;
}

static enum db_err
triggers_drop(struct target *t)
{
	enum db_err	 err = DB_OK;

	for (size_t i = 0; i < NELEMS(events) && err == DB_OK; i++)
		err = db_script(t->db, admin_fmt("DROP TRIGGER IF EXISTS `brisk_%s_%s`",
		    events[i].name, t->table));
	return err;
}

static const char *
error_advice(const struct target *t)
{
	switch (db_error_code(t->db)) {
	case 1142:
	case 1044:
	case 1227:
		return "GRANT TRIGGER on the table to the account, or pass another account "
		    "with --user";
	case 1419:
		return "the server writes a binary log and allows triggers only to "
		    "accounts with SUPER: pass such an account with --user, or ask the "
		    "host for log_bin_trust_function_creators = 1";
	}
	return "see `brisk doctor`";
}

/* --- a table -------------------------------------------------------------- */

static void
form_add(struct target *t, const char *tag, const char *key)
{
	for (size_t i = 0; i < t->nforms; i++)
		if (strcmp(t->forms[i].tag, tag) == 0 &&
		    strcmp(t->forms[i].key, key) == 0)
			return;
	if (t->nforms < FORMS)
		t->forms[t->nforms++] = (struct form){ tag, key };
}

/* By the primary key, and in the ways that the programs name its rows. */
static void
forms_find(struct target *t, const struct cached_table *s, const char *primary)
{
	form_add(t, t->table, primary);
	for (; s != NULL; s = s->next)
		if (strcmp(s->table, t->table) == 0)
			form_add(t, s->tag, strcmp(s->key, "-") == 0 ? primary : s->key);
}

static bool
table_name_valid(const char *s)
{
	size_t	 n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '_' || s[n] == '$')
		n++;
	return n > 0 && n <= MAX_NAME && s[n] == '\0';
}

static bool
table_query(struct target *t, const char *sql, struct db_rows *rows)
{
	const struct val	 table = VAL_OF_STR(str_of(t->table));

	return db_query(t->db, admin_arena(), str_of(sql), &table, 1, rows) == DB_OK ||
	    admin_error_false("cannot read the table: %s", db_error_message(t->db));
}

static bool
target_read(struct target *t, const struct cached_table *s)
{
	struct db_rows	 key;

	if (!table_query(t, "SELECT column_name, IF(data_type = 'binary' AND "
	    "character_octet_length <> 16, 'other', data_type) "
	    "FROM information_schema.columns WHERE table_schema = DATABASE() "
	    "AND table_name = ?", &t->columns) ||
	    !table_query(t, "SELECT COALESCE(GROUP_CONCAT(column_name ORDER BY seq_in_index), "
	    "'') FROM information_schema.statistics WHERE table_schema = DATABASE() "
	    "AND index_name = 'PRIMARY' AND table_name = ?", &key))
		return false;
	if (t->columns.n == 0)
		return admin_error_false("%s: no such table, or the account has no rights on it",
		    t->table);
	forms_find(t, s, admin_fmt("%.*s", STR_ARG(key.v[0].s)));
	return true;
}

static bool
watches_write(struct target *t)
{
	struct val	 v[2] = { VAL_OF_STR(str_of(t->table)) };
	enum db_err	 err = db_begin(t->db);

	if (err == DB_OK)
		err = db_exec(t->db, STR("DELETE FROM cache_watches WHERE "
		    "table_name = ?"), v, 1, NULL);
	for (size_t i = 0; i < t->nforms && err == DB_OK; i++) {
		v[1] = VAL_OF_STR(str_of(t->forms[i].tag));
		err = db_exec(t->db, STR("INSERT IGNORE INTO cache_watches "
		    "(table_name, tag_name) VALUES (?, ?)"), v, 2, NULL);
	}
	if (err == DB_OK)
		err = db_commit(t->db);
	else
		db_rollback(t->db);
	return err == DB_OK;
}

/* Make the programs read the list again, and invalidate everything: changes may have
 * been missed. */
static void
programs_notify(const struct conf *c)
{
	const char	*list = admin_run_path(c->run_dir, RUN_DIR_EXTERNAL);
	const char	*path = admin_run_path(c->run_dir, RUN_DIR_GENERATIONS);
	struct external	*w = access(list, F_OK) == 0 ? external_open(list) : NULL;
	struct generations	*gen = access(path, F_OK) == 0 ? generation_open(path) : NULL;

	if (w != NULL)
		external_forget_tables(w);
	if (gen != NULL)
		generation_invalidate_all(gen);
	external_close(w);
	generation_close(gen);
}

/* Warn how long changes stay unseen without triggers. */
static void
lateness_warn(const struct cached_table *s, const char *table)
{
	for (; s != NULL; s = s->next)
		if (strcmp(s->table, table) == 0 && s->ttl > 0)
			(void)fprintf(stderr, "%s is not watched: changes by other software "
			    "are visible when cached responses expire, after %d s\n",
			    table, s->ttl);
}

static bool
target_open(struct target *t, const struct conf *c, const struct db_login *a)
{
	struct db_rows	 rows;

	if (t->table != NULL && !table_name_valid(t->table))
		return admin_error_false("%s: a table name must consist of at most %d letters, "
		    "digits, _ and $", t->table, MAX_NAME);
	if ((t->db = admin_db(c, a, STATEMENT_MS)) == NULL)
		return false;
	if (triggers_read(t->db, &rows))
		return true;
	return admin_error_false("%s%s", db_error_message(t->db), db_error_code(t->db) == 1146 ?
	    ": `brisk migrate up` creates it" : "");
}

static bool
table_watch(struct target *t, const struct conf *c)
{
	const struct cached_table	*s = cached_tables(installed_all(c));
	enum db_err		 err = DB_OK;

	if (!target_read(t, s))
		return false;
	for (size_t i = 0; i < NELEMS(events) && err == DB_OK; i++)
		err = trigger_create(t, &events[i]);
	if (err == DB_OK && watches_write(t)) {
		programs_notify(c);
		(void)printf("%s is watched: changes by other software are visible within a "
		    "second\n", t->table);
		return true;
	}
	(void)admin_error("%s: %s: %s", t->table, db_error_message(t->db), error_advice(t));
	lateness_warn(s, t->table);
	return false;
}

int
triggers_install(const struct conf *c, const struct db_login *a, const char *table)
{
	struct target	 t = { .table = table };
	bool		 good = target_open(&t, c, a) && table_watch(&t, c);

	db_close(t.db);
	return good ? 0 : 1;
}

/* Remove the table from the list first, so that no response relies on its triggers. */
static bool
table_unwatch(struct target *t, const struct conf *c)
{
	const struct val	 table = VAL_OF_STR(str_of(t->table));

	if (db_exec(t->db, STR("DELETE FROM cache_watches WHERE table_name = ?"),
	    &table, 1, NULL) != DB_OK || triggers_drop(t) != DB_OK ||
	    db_exec(t->db, STR("DELETE FROM cache_changes WHERE NOT EXISTS "
	    "(SELECT 1 FROM cache_watches)"), NULL, 0, NULL) != DB_OK)
		return admin_error_false("%s: %s: %s", t->table, db_error_message(t->db), error_advice(t));
	programs_notify(c);
	(void)printf("%s is no longer watched\n", t->table);
	return true;
}

int
triggers_remove(const struct conf *c, const struct db_login *a, const char *table)
{
	struct target	 t = { .table = table };
	bool		 good = target_open(&t, c, a) && table_unwatch(&t, c);

	db_close(t.db);
	return good ? 0 : 1;
}

/* --- the list ------------------------------------------------------------- */

static void
watches_print(const struct db_rows *rows)
{
	const struct val	*v = rows->v;

	for (size_t i = 0; i < rows->n; i++, v += rows->columns)
		(void)printf("%-24.*s watched since %.*s, invalidates %.*s\n",
		    STR_ARG(v[0].s), STR_ARG(v[2].s), STR_ARG(v[1].s));
}

int
triggers_list(const struct conf *c, const struct db_login *a)
{
	const struct cached_table	*s = cached_tables(installed_all(c));
	struct target		 t = { .table = NULL };
	struct db_rows		 rows;
	bool			 good = target_open(&t, c, a) && triggers_read(t.db, &rows);

	if (good)
		watches_print(&rows);
	for (; good && s != NULL; s = s->next)
		if (s->others && strcmp(s->table, s->tag) == 0 &&
		    !triggers_has(&rows, s->table))
			(void)printf("%-24s NOT watched, but written by other software: "
			    "responses may be %d s old\n", s->table, s->ttl);
	db_close(t.db);
	return good ? 0 : 1;
}
