/* new/table - read a table: the columns, and the field that each becomes. */
#include <ctype.h>
#include <stdlib.h>
#include "new/new.h"

#define MAX_KEY	6		/* key columns of a resource */
#define MAX_TEXT	1000000		/* maximum of a text field, in code points */

static const char	columns_sql[] =
    "SELECT c.COLUMN_NAME, c.DATA_TYPE, c.COLUMN_TYPE, c.COLUMN_DEFAULT,"
    " c.COLUMN_COMMENT, c.IS_NULLABLE = 'YES', c.EXTRA,"
    " CAST(COALESCE(c.CHARACTER_MAXIMUM_LENGTH, 0) AS SIGNED),"
    " CAST(COALESCE(c.NUMERIC_PRECISION, 0) AS SIGNED),"
    " CAST(COALESCE(c.NUMERIC_SCALE, 0) AS SIGNED), c.COLUMN_KEY = 'PRI',"
    " EXISTS (SELECT 1 FROM information_schema.STATISTICS s"
    "  WHERE s.TABLE_SCHEMA = c.TABLE_SCHEMA AND s.TABLE_NAME = c.TABLE_NAME"
    "  AND s.INDEX_TYPE = 'BTREE' GROUP BY s.INDEX_NAME HAVING COUNT(*) = 1"
    "  AND MIN(s.COLUMN_NAME) = c.COLUMN_NAME),"
    " EXISTS (SELECT 1 FROM information_schema.STATISTICS s"
    "  WHERE s.TABLE_SCHEMA = c.TABLE_SCHEMA AND s.TABLE_NAME = c.TABLE_NAME"
    "  AND s.NON_UNIQUE = 0 GROUP BY s.INDEX_NAME HAVING COUNT(*) = 1"
    "  AND MIN(s.COLUMN_NAME) = c.COLUMN_NAME),"
    " EXISTS (SELECT 1 FROM information_schema.CHECK_CONSTRAINTS k"
    "  WHERE k.CONSTRAINT_SCHEMA = c.TABLE_SCHEMA"
    "  AND k.TABLE_NAME = c.TABLE_NAME"
    "  AND k.CHECK_CLAUSE = CONCAT('json_valid(`', c.COLUMN_NAME, '`)'))"
    " FROM information_schema.COLUMNS c"
    " WHERE c.TABLE_SCHEMA = DATABASE() AND c.TABLE_NAME = ?"
    " ORDER BY c.ORDINAL_POSITION";

enum { NAME, TYPE, WHOLE_TYPE, DEFAULT, COMMENT, NULLABLE, EXTRA, LENGTH,
	PRECISION, SCALE, KEY, INDEXED, UNIQUE, IS_JSON, COLUMNS };

/* Integer types and their ranges. */
static const struct {
	const char	*name;
	int64_t		 min, max, unsigned_max;
} integers[] = {
	{ "tinyint",	-128, 127, 255 },
	{ "smallint",	-32768, 32767, 65535 },
	{ "mediumint",	-8388608, 8388607, 16777215 },
	{ "int",	-INT64_C(2147483648), 2147483647, 4294967295 },
	{ "bigint",	0, 0, 0 },
	{ "year",	1901, 2155, 2155 },
};

enum sizing { SIZE_NONE, SIZE_CHARACTERS, SIZE_BYTES };

static const struct {
	const char	*name;
	enum column_kind kind;
	enum sizing	 size;
	const char	*format;
} others[] = {
	{ "float",	COLUMN_NUM,	SIZE_NONE, NULL },
	{ "double",	COLUMN_NUM,	SIZE_NONE, NULL },
	{ "decimal",	COLUMN_DECIMAL,	SIZE_NONE, NULL },
	{ "char",	COLUMN_STR,	SIZE_CHARACTERS, NULL },
	{ "varchar",	COLUMN_STR,	SIZE_CHARACTERS, NULL },
	{ "enum",	COLUMN_STR,	SIZE_NONE, NULL },
	{ "set",	COLUMN_STR,	SIZE_CHARACTERS, NULL },
	{ "tinytext",	COLUMN_STR,	SIZE_BYTES, NULL },
	{ "text",	COLUMN_STR,	SIZE_BYTES, NULL },
	{ "mediumtext",	COLUMN_STR,	SIZE_BYTES, NULL },
	{ "longtext",	COLUMN_STR,	SIZE_BYTES, NULL },
	{ "uuid",	COLUMN_STR,	SIZE_NONE, "FORMAT_UUID" },
	{ "date",	COLUMN_STR,	SIZE_NONE, "FORMAT_DATE" },
	{ "datetime",	COLUMN_STAMP,	SIZE_NONE, NULL },
	{ "timestamp",	COLUMN_STAMP,	SIZE_NONE, NULL },
	{ "json",	COLUMN_JSON,	SIZE_NONE, NULL },
};

/* Keywords of C, and macros of its headers. */
static const char *const taken[] = {
	"auto", "break", "case", "char", "const", "continue", "default", "do",
	"double", "else", "enum", "extern", "float", "for", "goto", "if",
	"inline", "int", "long", "register", "restrict", "return", "short",
	"signed", "sizeof", "static", "struct", "switch", "typedef", "union",
	"unsigned", "void", "volatile", "while", "asm", "bool", "true", "false",
	"linux", "unix", "errno", "stdin", "stdout", "stderr",
};

static bool
is_taken(const char *name)
{
	for (size_t i = 0; i < NELEMS(taken); i++)
		if (strcmp(name, taken[i]) == 0)
			return true;
	return false;
}

static bool
holds(struct str s, const char *word)
{
	return s.n > 0 && memmem(s.p, s.n, word, strlen(word)) != NULL;
}

static struct column *
column_named(struct table *t, const char *member)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->v[i].member, member) == 0)
			return &t->v[i];
	return NULL;
}

/* The name of the member in C and JSON: the column's name, or the nearest valid one. */
static const char *
member_of(struct table *t, struct str name)
{
	struct buf	 b;

	buf_init(&b, admin_arena());
	if (name.n == 0 || isdigit((unsigned char)name.p[0]))
		buf_puts(&b, "c_");
	for (size_t i = 0; i < name.n; i++) {
		unsigned char	 c = (unsigned char)name.p[i];

		buf_byte(&b, c < 0x80 && isalnum(c) ? (char)c : '_');
	}
	if (!buf_ok(&b))
		return NULL;
	while (is_taken(b.p) || column_named(t, b.p) != NULL) {
		buf_byte(&b, '_');
		if (!buf_ok(&b))
			return NULL;
	}
	return b.p;
}

static void
integer_take(struct column *c, size_t i)
{
	bool	 is_unsigned = holds(c->whole_type, "unsigned");

	c->kind = COLUMN_INT;
	if (str_is(c->whole_type, "tinyint(1)")) {
		c->kind = COLUMN_BOOL;
	} else if (integers[i].max != 0) {
		c->bounded = true;
		c->min = is_unsigned ? 0 : integers[i].min;
		c->max = is_unsigned ? integers[i].unsigned_max : integers[i].max;
	} else if (is_unsigned && !c->made) {
		/* A JSON number holds integers up to 2^53 - 1 exactly. */
		c->kind = COLUMN_DECIMAL;
		c->digits = 20;
		c->scale = 0;
	}
}

static void
other_take(struct column *c, size_t i, const struct val *row)
{
	int64_t	 length = row[LENGTH].i;

	c->kind = others[i].kind;
	c->format = others[i].format;
	c->digits = row[PRECISION].i;
	c->scale = row[SCALE].i;
	if (others[i].size == SIZE_NONE)
		return;
	c->bounded = true;
	c->multiline = others[i].size == SIZE_BYTES;
	c->max = c->multiline ? length / 4 : length;
	if (c->max > MAX_TEXT)
		c->max = MAX_TEXT;
}

/* COLUMN_NONE: no field describes this type. */
static void
kind_take(struct column *c, const struct val *row)
{
	if (row[IS_JSON].i != 0) {
		c->kind = COLUMN_JSON;
		return;
	}
	if (str_is(c->whole_type, "binary(16)"))
		c->kind = COLUMN_UUID;
	for (size_t i = 0; i < NELEMS(integers); i++)
		if (str_is(c->type, integers[i].name))
			integer_take(c, i);
	for (size_t i = 0; i < NELEMS(others); i++)
		if (str_is(c->type, others[i].name))
			other_take(c, i, row);
}

static void
column_take(struct column *c, const struct val *row)
{
	struct str	 extra = row[EXTRA].s;

	c->name = row[NAME].s;
	c->type = row[TYPE].s;
	c->whole_type = row[WHOLE_TYPE].s;
	c->comment = row[COMMENT].s;
	if (row[DEFAULT].kind != VAL_NULL && !str_is(row[DEFAULT].s, "NULL"))
		c->def = row[DEFAULT].s;
	c->nullable = row[NULLABLE].i != 0;
	c->key = row[KEY].i != 0;
	c->made = holds(extra, "auto_increment");
	c->indexed = row[INDEXED].i != 0;
	c->unique = row[UNIQUE].i != 0;
	kind_take(c, row);
	c->stamped = c->kind == COLUMN_STAMP && holds(c->def, "current_timestamp") &&
	    (str_is(c->name, "created_at") || str_is(c->name, "updated_at") ||
	    holds(extra, "on update"));
	c->readonly = c->stamped || holds(extra, "GENERATED");
	c->hidden = c->kind == COLUMN_STR && (holds(c->name, "password") ||
	    holds(c->name, "passwd") || holds(c->name, "secret"));
}

/* Can the column be a key: in a path, and in a cursor, which an ENUM cannot? */
static bool
is_key(const struct column *c)
{
	return (c->kind == COLUMN_INT || c->kind == COLUMN_STR ||
	    c->kind == COLUMN_UUID || c->kind == COLUMN_DECIMAL) &&
	    !str_is(c->type, "enum") && !str_is(c->type, "set");
}

static bool
columns_take(struct table *t, const struct db_rows *rows)
{
	for (size_t r = 0; r < rows->n; r++) {
		struct column	 c = { .kind = COLUMN_NONE };

		column_take(&c, &rows->v[r * rows->columns]);
		if (c.key && !is_key(&c))
			return admin_error_false("%s.%.*s: a key of type %.*s is not "
			    "supported", t->table, STR_ARG(c.name),
			    STR_ARG(c.whole_type));
		if (c.kind == COLUMN_NONE) {
			(void)admin_error("%s.%.*s: left out: no field has the type %.*s",
			    t->table, STR_ARG(c.name), STR_ARG(c.whole_type));
			continue;
		}
		if (t->n == MAX_COLUMNS)
			return admin_error_false("%s: more than %d columns", t->table,
			    MAX_COLUMNS);
		c.member = member_of(t, c.name);
		if (c.member == NULL)
			return admin_error_false("no memory");
		t->v[t->n++] = c;
	}
	return true;
}

/* Check the key, and whether the client chooses it. */
static bool
key_settle(struct table *t)
{
	size_t		 keys = 0;
	struct column	*key = NULL;

	for (size_t i = 0; i < t->n; i++) {
		if (!t->v[i].key)
			continue;
		keys++;
		key = &t->v[i];
	}
	if (keys == 1)
		key->readonly = key->made || key->kind == COLUMN_UUID;
	if (keys == 0)
		return admin_error_false("%s: the table has no primary key", t->table);
	return keys <= MAX_KEY ||
	    admin_error_false("%s: the primary key has more than %d columns",
	    t->table, MAX_KEY);
}

bool
new_read_table(struct table *t, struct db *db)
{
	const struct val name = VAL_OF_STR(str_of(t->table));
	struct db_rows	 rows;

	if (db_query(db, admin_arena(), STR(columns_sql), &name, 1, &rows) !=
	    DB_OK)
		return admin_error_false("cannot read the table: %s", db_error_message(db));
	if (rows.n == 0 || rows.columns != COLUMNS)
		return admin_error_false("%s: no such table in this database", t->table);
	return columns_take(t, &rows) && key_settle(t);
}
