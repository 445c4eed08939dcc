#include <inttypes.h>
#include <math.h>
#include <unistd.h>
#include "base/clock.h"
#include "db/db.h"
#include "test.h"

/* Against the MariaDB of TEST_DB_SOCKET, as root; in a database of its own. */

static struct db_conf	 conf = { .user = "root", .statement_ms = 1000 };
static char		 name[32];
static struct arena	 arena;
static struct db	*db;

static void
script(const char *sql)
{
	enum db_err	 err = db_script(db, sql);

	CHECK(err == DB_OK ? "script" : db_error_message(db), err == DB_OK);
}

static void
start(void)
{
	char	 sql[128];

	conf.socket = getenv("TEST_DB_SOCKET");
	if (conf.socket == NULL || conf.socket[0] == '\0') {
		fprintf(stderr, "db: TEST_DB_SOCKET is not set\n");
		exit(2);
	}
	snprintf(name, sizeof(name), "test_db_%ld", (long)getpid());
	if (!arena_init(&arena, (size_t)4 << 20) || !db_library_init() ||
	    (db = db_open(&conf)) == NULL)
		exit(2);
	snprintf(sql, sizeof(sql), "CREATE OR REPLACE DATABASE %s; USE %s;", name, name);
	script(sql);
	conf.name = name;
}

static void
end(void)
{
	char	 sql[64];

	snprintf(sql, sizeof(sql), "DROP DATABASE %s", name);
	script(sql);
	db_close(db);
	conf.name = NULL;
	conf.statement_ms = 1000;
	arena_free(&arena);
}

static struct val
int_of(int64_t i)
{
	return VAL_OF_INT(i);
}

static struct val
text_of(const char *s)
{
	return VAL_OF_STR(str_of(s));
}

static enum db_err
query(const char *sql, const struct val *v, size_t n, struct db_rows *rows)
{
	return db_query(db, &arena, str_of(sql), v, n, rows);
}

static enum db_err
exec(const char *sql)
{
	return db_exec(db, str_of(sql), NULL, 0, NULL);
}

/* The one value of the one row; VAL_NULL too when that failed. */
static struct val
one(const char *sql)
{
	struct db_rows	 rows;
	enum db_err	 err = query(sql, NULL, 0, &rows);

	CHECK_INT(sql, err, DB_OK);
	if (err != DB_OK || rows.n != 1)
		return (struct val){ .kind = VAL_NULL };
	return rows.v[0];
}

static void
check_val(const char *label, struct val got, struct val want)
{
	CHECK_INT(label, got.kind, want.kind);
	CHECK_INT(label, got.i, want.i);
	CHECK(label, got.d == want.d);
	CHECK(label, str_eq(got.s, want.s));
}

#define IDLE_US	1000000	/* of db.c: used so lately, it is not looked whether it is there */
#define INT(v)		{ .kind = VAL_INT, .i = (v) }
#define NUM(v)		{ .kind = VAL_NUM, .d = (v) }
#define STAMP(v)	{ .kind = VAL_STAMP, .i = (v) }
#define TEXT(v)		{ .kind = VAL_TEXT, .s = { (v), sizeof(v) - 1 } }
#define BYTES(v)	{ .kind = VAL_BYTES, .s = { (v), sizeof(v) - 1 } }
#define DEC(v)		{ .kind = VAL_DECIMAL, .s = { (v), sizeof(v) - 1 } }
#define NIL		{ .kind = VAL_NULL }

static void
test_types(void)
{
	static const struct {
		const char	*label, *type;
		struct val	 in, out;
	} cases[] = {
		{ "tinyint", "TINYINT", INT(-128), INT(-128) },
		{ "tinyint unsigned", "TINYINT UNSIGNED", INT(255), INT(255) },
		{ "smallint", "SMALLINT", INT(-32768), INT(-32768) },
		{ "smallint unsigned", "SMALLINT UNSIGNED", INT(65535), INT(65535) },
		{ "mediumint", "MEDIUMINT", INT(-8388608), INT(-8388608) },
		{ "mediumint unsigned", "MEDIUMINT UNSIGNED", INT(16777215), INT(16777215) },
		{ "int", "INT", INT(INT32_MIN), INT(INT32_MIN) },
		{ "int unsigned", "INT UNSIGNED", INT(UINT32_MAX), INT(UINT32_MAX) },
		{ "bigint, least", "BIGINT", INT(INT64_MIN), INT(INT64_MIN) },
		{ "bigint, most", "BIGINT", INT(INT64_MAX), INT(INT64_MAX) },
		{ "bigint unsigned that fits", "BIGINT UNSIGNED", INT(INT64_MAX), INT(INT64_MAX) },
		{ "bigint unsigned, one more", "BIGINT UNSIGNED",
		    DEC("9223372036854775808"), DEC("9223372036854775808") },
		{ "bigint unsigned, most", "BIGINT UNSIGNED",
		    DEC("18446744073709551615"), DEC("18446744073709551615") },
		{ "year", "YEAR", INT(2026), INT(2026) },
		{ "boolean", "BOOLEAN", INT(1), INT(1) },
		{ "bit(1)", "BIT(1)", INT(1), INT(1) },
		{ "bit(12)", "BIT(12)", INT(0xabc), INT(0xabc) },
		{ "bit(64)", "BIT(64)", DEC("18446744073709551615"), DEC("18446744073709551615") },
		{ "float", "FLOAT", NUM(1.5), NUM(1.5) },
		{ "double", "DOUBLE", NUM(0.1), NUM(0.1) },
		{ "double, large", "DOUBLE", NUM(1.7976931348623157e308), NUM(1.7976931348623157e308) },
		{ "decimal", "DECIMAL(30,10)", DEC("12345678901234567890.0123456789"),
		    DEC("12345678901234567890.0123456789") },
		{ "decimal, less than nothing", "DECIMAL(30,10)", DEC("-0.0000000001"), DEC("-0.0000000001") },
		{ "decimal, its own scale", "DECIMAL(30,10)", DEC("1"), DEC("1.0000000000") },
		{ "datetime(3)", "DATETIME(3)", STAMP(INT64_C(1795345428123)), STAMP(INT64_C(1795345428123)) },
		{ "datetime cuts", "DATETIME", STAMP(INT64_C(1795345428999)), STAMP(INT64_C(1795345428000)) },
		{ "datetime(6)", "DATETIME(6)", STAMP(1), STAMP(1) },
		{ "before 1970", "DATETIME(3)", STAMP(-1), STAMP(-1) },
		{ "long before", "DATETIME(3)", STAMP(INT64_C(-62135596800000)), STAMP(INT64_C(-62135596800000)) },
		{ "the last", "DATETIME(3)", STAMP(INT64_C(253402300799999)), STAMP(INT64_C(253402300799999)) },
		{ "a leap day", "DATETIME(3)", STAMP(INT64_C(951782400000)), STAMP(INT64_C(951782400000)) },
		{ "timestamp", "TIMESTAMP(3) NULL", STAMP(INT64_C(1795345428123)), STAMP(INT64_C(1795345428123)) },
		{ "datetime from text", "DATETIME(3)", TEXT("2026-11-22 11:03:48.123"), STAMP(INT64_C(1795345428123)) },
		{ "date", "DATE", TEXT("2026-02-28"), TEXT("2026-02-28") },
		{ "time", "TIME", TEXT("23:59:59"), TEXT("23:59:59") },
		{ "time(3), more than a day, negative", "TIME(3)", TEXT("-123:00:01.500"), TEXT("-123:00:01.500") },
		{ "varchar", "VARCHAR(20)", TEXT("h\303\244lt \360\237\214\261"), TEXT("h\303\244lt \360\237\214\261") },
		{ "varchar, empty", "VARCHAR(20)", TEXT(""), TEXT("") },
		{ "varchar, absent", "VARCHAR(20)", { .kind = VAL_TEXT }, NIL },
		{ "char", "CHAR(20)", TEXT("a"), TEXT("a") },
		{ "text", "TEXT", TEXT("'; DROP TABLE t; --"), TEXT("'; DROP TABLE t; --") },
		{ "text in latin1", "VARCHAR(20) CHARACTER SET latin1", TEXT("\303\244"), TEXT("\303\244") },
		{ "enum", "ENUM('x','y')", TEXT("y"), TEXT("y") },
		{ "set", "SET('x','y')", TEXT("x,y"), TEXT("x,y") },
		{ "json", "JSON", TEXT("{\"a\":[1,2.50]}"), TEXT("{\"a\":[1,2.50]}") },
		{ "uuid", "UUID", TEXT("0190f5a4-0000-7000-8000-000000000001"),
		    TEXT("0190f5a4-0000-7000-8000-000000000001") },
		{ "binary(16)", "BINARY(16)", BYTES("\0\1\2\3\4\5\6\7\10\11\12\13\14\15\377\0"),
		    BYTES("\0\1\2\3\4\5\6\7\10\11\12\13\14\15\377\0") },
		{ "varbinary", "VARBINARY(20)", BYTES("\377\0'"), BYTES("\377\0'") },
		{ "varbinary, empty", "VARBINARY(20)", BYTES(""), BYTES("") },
		{ "blob", "BLOB", BYTES("\0"), BYTES("\0") },
		{ "null int", "INT", NIL, NIL },
		{ "null bigint unsigned", "BIGINT UNSIGNED", NIL, NIL },
		{ "null double", "DOUBLE", NIL, NIL },
		{ "null decimal", "DECIMAL(30,10)", NIL, NIL },
		{ "null datetime", "DATETIME(3)", NIL, NIL },
		{ "null text", "TEXT", NIL, NIL },
		{ "null blob", "BLOB", NIL, NIL },
		{ "null bit", "BIT(3)", NIL, NIL },
	};
	struct db_rows	 rows;
	char		 sql[128];
	size_t		 i;

	start();
	for (i = 0; i < NELEMS(cases); i++) {
		snprintf(sql, sizeof(sql), "CREATE OR REPLACE TABLE t (v %s)", cases[i].type);
		script(sql);
		CHECK_INT(cases[i].label, db_exec(db, STR("INSERT INTO t VALUES (?)"),
		    &cases[i].in, 1, NULL), DB_OK);
		check_val(cases[i].label, one("SELECT v FROM t"), cases[i].out);
		if (cases[i].out.kind == VAL_NULL || strncmp(cases[i].type, "FLOAT", 5) == 0)
			continue;
		CHECK_INT(cases[i].label, query("SELECT 1 FROM t WHERE v = ?",
		    &cases[i].out, 1, &rows), DB_OK);
		CHECK_INT("found by its value", rows.n, 1);
	}
	end();
}

/* The server, not a double in between, compares. */
static void
test_exact(void)
{
	static const struct {
		const char	*label;
		struct val	 v;
		size_t		 found;
	} cases[] = {
		{ "2^53 + 1", INT(INT64_C(9007199254740993)), 1 },
		{ "2^53 + 1 as decimal", DEC("9007199254740993"), 1 },
		{ "2^53", INT(INT64_C(9007199254740992)), 0 },
		{ "2^53 as decimal", DEC("9007199254740992.0"), 0 },
		{ "a very small step beside", DEC("9007199254740993.0000000001"), 0 },
	};
	struct db_rows	 rows;
	size_t		 i;

	start();
	script("CREATE TABLE t (v BIGINT PRIMARY KEY); INSERT INTO t VALUES (9007199254740993);");
	for (i = 0; i < NELEMS(cases); i++) {
		CHECK_INT(cases[i].label, query("SELECT v FROM t WHERE v = ?",
		    &cases[i].v, 1, &rows), DB_OK);
		CHECK_INT(cases[i].label, rows.n, cases[i].found);
	}
	end();
}

static void
test_large(void)
{
	static const size_t	 sizes[] = { 0, 1, 255, 256, 65535, 65536, 300000 };
	struct db_rows		 rows;
	struct val		 v[2];
	char			*p = malloc(300000);
	size_t			 i;

	start();
	memset(p, 'x', 300000);
	script("CREATE TABLE t (id INT PRIMARY KEY, v LONGTEXT, b LONGBLOB)");
	for (i = 0; i < NELEMS(sizes); i++) {
		struct val	 in[3] = { INT((int64_t)i),
				    { .kind = VAL_TEXT, .s = { p, sizes[i] } },
				    { .kind = VAL_BYTES, .s = { p, sizes[i] } } };

		CHECK_INT("insert", db_exec(db, STR("INSERT INTO t VALUES (?, ?, ?)"),
		    in, 3, NULL), DB_OK);
	}
	CHECK_INT("all", query("SELECT v, b FROM t ORDER BY id DESC", NULL, 0, &rows), DB_OK);
	CHECK_INT("rows", rows.n, NELEMS(sizes));
	for (i = 0; i < rows.n; i++) {
		memcpy(v, &rows.v[i * 2], sizeof(v));
		CHECK_INT("length", v[0].s.n, sizes[rows.n - 1 - i]);
		CHECK("content", memcmp(v[0].s.p, p, v[0].s.n) == 0 && str_eq(v[0].s, v[1].s));
		CHECK("NUL behind", v[0].s.p[v[0].s.n] == '\0');
	}
	CHECK_INT("no rows", query("SELECT v, b FROM t WHERE id = 99", NULL, 0, &rows), DB_OK);
	CHECK_INT("none", rows.n, 0);
	CHECK_INT("but columns", rows.columns, 2);
	free(p);
	end();
}

static void
test_bounded(void)
{
	struct db_rows	 rows;

	start();
	CHECK_INT("many rows", query("SELECT seq FROM seq_1_to_10000", NULL, 0, &rows), DB_OK);
	CHECK_INT("all of them", rows.n, 10000);
	CHECK_INT("the last", rows.v[9999].i, 10000);
	arena_reset(&arena);
	CHECK_INT("more than the arena has, rows",
	    query("SELECT seq FROM seq_1_to_200000", NULL, 0, &rows), DB_NO_MEMORY);
	arena_reset(&arena);
	CHECK_INT("more than the arena has, bytes",
	    query("SELECT REPEAT('x', 5000000)", NULL, 0, &rows), DB_NO_MEMORY);
	arena_reset(&arena);
	CHECK_INT("the connection is clean", one("SELECT 7").i, 7);
	end();
}

static void
test_errors(void)
{
	static const struct {
		const char	*label, *sql;
		enum db_err	 want;
		const char	*detail;
	} cases[] = {
		{ "fine", "INSERT INTO child VALUES (2, 1, 'b', 1)", DB_OK, "" },
		{ "duplicate primary key", "INSERT INTO child VALUES (1, 1, 'c', 1)", DB_DUPLICATE, "PRIMARY" },
		{ "duplicate unique key", "INSERT INTO child VALUES (3, 1, 'a', 1)", DB_DUPLICATE, "child_name" },
		{ "a value that reads like the message",
		    "INSERT INTO child VALUES (1, 1, 'for key ''fake''', 1), (9, 1, 'for key ''fake''', 1)",
		    DB_DUPLICATE, "PRIMARY" },
		{ "no such parent", "INSERT INTO child VALUES (3, 9, 'd', 1)", DB_BAD_REFERENCE, "parent_id" },
		{ "a parent that is named", "DELETE FROM parent WHERE id = 1", DB_IN_USE, "" },
		{ "too long", "INSERT INTO child VALUES (4, 1, 'longer than it may be', 1)", DB_BAD_VALUE, "name" },
		{ "not a number", "INSERT INTO child VALUES ('x', 1, 'e', 1)", DB_BAD_VALUE, "id" },
		{ "out of range", "INSERT INTO child VALUES (99999999999, 1, 'e', 1)", DB_BAD_VALUE, "id" },
		{ "a value that reads like the message's end",
		    "INSERT INTO child VALUES ('.`b` at row 1', 1, 'e', 1)", DB_BAD_VALUE, "id" },
		{ "against a check", "INSERT INTO child VALUES (5, 1, 'e', 0)", DB_BAD_VALUE, "" },
		{ "null", "INSERT INTO child VALUES (5, NULL, 'e', 1)", DB_BAD_VALUE, "parent_id" },
		{ "division by zero", "UPDATE child SET n = 1 / 0", DB_BUG, "" },
		{ "no day", "INSERT INTO d VALUES ('2026-02-30')", DB_BAD_VALUE, "v" },
		{ "zero day", "INSERT INTO d VALUES ('0000-00-00')", DB_BAD_VALUE, "v" },
		{ "no such table", "DELETE FROM nowhere", DB_BUG, "" },
		{ "not SQL", "FROB", DB_BUG, "" },
		{ "two statements", "DELETE FROM child; DELETE FROM parent", DB_BUG, "" },
		{ "empty", "", DB_BUG, "" },
		{ "too slow", "SELECT SLEEP(5)", DB_TIMEOUT, "" },
		{ "changed snapshot, as a server says it", "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1020", DB_RETRY, "" },
		{ "deadlock", "SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213", DB_RETRY, "" },
		{ "lock wait", "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1205", DB_RETRY, "" },
		{ "no primary component", "SIGNAL SQLSTATE '08S01' SET MYSQL_ERRNO = 1047", DB_UNAVAILABLE, "" },
		{ "too many connections", "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1203", DB_UNAVAILABLE, "" },
		{ "over the user's limit", "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1226", DB_UNAVAILABLE, "" },
		{ "too many statements", "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1461", DB_UNAVAILABLE, "" },
		{ "fine again", "DELETE FROM child WHERE id = 2", DB_OK, "" },
	};
	size_t	 i;

	start();
	script("CREATE TABLE parent (id INT PRIMARY KEY);"
	    "CREATE TABLE child (id INT PRIMARY KEY, parent_id INT NOT NULL,"
	    " name VARCHAR(16), n INT NOT NULL CHECK (n > 0),"
	    " CONSTRAINT child_name UNIQUE (name),"
	    " CONSTRAINT child_parent FOREIGN KEY (parent_id) REFERENCES parent (id));"
	    "CREATE TABLE d (v DATE);"
	    "INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1, 'a', 1);");
	for (i = 0; i < NELEMS(cases); i++) {
		CHECK_INT(cases[i].label, exec(cases[i].sql), cases[i].want);
		CHECK_TEXT(cases[i].label, db_error_detail(db), cases[i].detail);
	}
	end();
}

static void
test_misuse(void)
{
	struct val	 v = INT(1);
	struct db_rows	 rows;

	start();
	CHECK_INT("too few values", query("SELECT ?, ?", &v, 1, &rows), DB_BUG);
	CHECK_INT("too many values", query("SELECT 1", &v, 1, &rows), DB_BUG);
	CHECK_INT("no rows to answer", query("SET @x = 1", NULL, 0, &rows), DB_BUG);
	CHECK_INT("rows nobody wants", exec("SELECT seq FROM seq_1_to_1000"), DB_OK);
	CHECK_INT("commit without begin", db_commit(db), DB_BUG);
	CHECK_INT("begin", db_begin(db), DB_OK);
	CHECK_INT("begin twice", db_begin(db), DB_BUG);
	db_rollback(db);
	db_rollback(db);
	CHECK_INT("all is well", one("SELECT 7").i, 7);
	end();
}

static void
test_done(void)
{
	static const struct {
		const char	*sql;
		uint64_t	 changed;
		int64_t		 id;
	} cases[] = {
		{ "INSERT INTO t (v) VALUES (1)", 1, 1 },
		{ "INSERT INTO t (v) VALUES (1), (2)", 2, 2 },
		{ "UPDATE t SET v = 1 WHERE v = 1", 2, 0 },	/* matched */
		{ "UPDATE t SET v = 1 WHERE v = 9", 0, 0 },
		{ "DELETE FROM t WHERE v = 1", 2, 0 },
		{ "DELETE FROM t WHERE v = 1", 0, 0 },
	};
	struct db_result	 done;
	size_t		 i;

	start();
	script("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
	for (i = 0; i < NELEMS(cases); i++) {
		CHECK_INT(cases[i].sql, db_exec(db, str_of(cases[i].sql), NULL, 0, &done), DB_OK);
		CHECK_INT(cases[i].sql, done.affected, cases[i].changed);
		CHECK_INT(cases[i].sql, done.insert_id, cases[i].id);
	}
	end();
}

static void
test_session(void)
{
	static const struct {
		const char	*sql, *want;
	} cases[] = {
		{ "SELECT @@character_set_client", "utf8mb4" },
		{ "SELECT @@character_set_results", "utf8mb4" },
		{ "SELECT @@time_zone", "+00:00" },
		{ "SELECT @@tx_isolation", "READ-COMMITTED" },
		{ "SELECT CAST(@@max_statement_time AS CHAR)", "1.000000" },
		{ "SELECT @@sql_mode", "STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
		    "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION" },
	};
	size_t	 i;

	start();
	for (i = 0; i < NELEMS(cases); i++)
		CHECK_STR(cases[i].sql, one(cases[i].sql).s, cases[i].want);
	end();
}

static int64_t
status(const char *what)
{
	struct val	 v = VAL_OF_STR(str_of(what));
	struct db_rows	 rows;

	if (query("SELECT CAST(VARIABLE_VALUE AS SIGNED) FROM"
	    " information_schema.SESSION_STATUS WHERE VARIABLE_NAME = ?", &v, 1,
	    &rows) != DB_OK || rows.n != 1)
		return -1;
	return rows.v[0].i;
}

/* Prepared by anybody on this server, this very one among them. */
static int64_t
on_server(void)
{
	return one("SELECT CAST(VARIABLE_VALUE AS SIGNED) FROM information_schema.GLOBAL_STATUS"
	    " WHERE VARIABLE_NAME = 'PREPARED_STMT_COUNT'").i;
}

static void
test_statements(void)
{
	char		 sql[32];
	int64_t		 before, others;
	int		 i, k;

	start();
	others = on_server() - 1;
	for (k = 0; k < 2; k++)
		for (i = 0; i < 3 * DB_MAX_STATEMENTS; i++) {
			snprintf(sql, sizeof(sql), "SELECT %d", i);
			CHECK_INT(sql, one(sql).i, i);
		}
	CHECK("no more than that many on the server",
	    on_server() - others <= DB_MAX_STATEMENTS);
	before = status("COM_STMT_PREPARE");
	for (i = 0; i < 1000; i++)
		CHECK_INT("the same", one("SELECT 'the same'").kind, VAL_TEXT);
	CHECK_INT("prepared once", status("COM_STMT_PREPARE") - before, 1);
	for (i = 0; i < DB_MAX_STATEMENTS - 2; i++) {
		snprintf(sql, sizeof(sql), "SELECT %d", i);
		CHECK_INT(sql, one(sql).i, i);
	}
	before = status("COM_STMT_PREPARE");
	CHECK_INT("used of late, so kept", one("SELECT 'the same'").kind, VAL_TEXT);
	CHECK_INT("not prepared again", status("COM_STMT_PREPARE") - before, 0);
	end();
}

/* Columns of a kept statement change under it. */
static void
test_altered(void)
{
	static const struct {
		const char	*alter;
		size_t		 columns;
		struct val	 first;
	} cases[] = {
		{ "DO 0", 1, INT(5) },
		{ "ALTER TABLE t MODIFY v BIGINT UNSIGNED", 1, INT(5) },
		{ "UPDATE t SET v = 18446744073709551615", 1, DEC("18446744073709551615") },
		{ "ALTER TABLE t MODIFY v VARCHAR(40)", 1, TEXT("18446744073709551615") },
		{ "ALTER TABLE t ADD w INT NOT NULL DEFAULT 3 FIRST", 2, INT(3) },
		{ "ALTER TABLE t DROP w", 1, TEXT("18446744073709551615") },
		{ "UPDATE t SET v = '1.5'; ALTER TABLE t MODIFY v DOUBLE", 1, NUM(1.5) },
	};
	struct db	*other;
	struct db_rows	 rows;
	size_t		 i;

	start();
	script("CREATE TABLE t (v INT); INSERT INTO t VALUES (5)");
	other = db_open(&conf);
	for (i = 0; i < NELEMS(cases); i++) {
		CHECK_INT(cases[i].alter, db_script(other, cases[i].alter), DB_OK);
		CHECK_INT(cases[i].alter, query("SELECT * FROM t", NULL, 0, &rows), DB_OK);
		CHECK_INT(cases[i].alter, rows.columns, cases[i].columns);
		if (rows.n == 1)
			check_val(cases[i].alter, rows.v[0], cases[i].first);
		CHECK_INT("one row", rows.n, 1);
	}
	db_close(other);
	end();
}

/* KILL our connection from another, and see it gone. */
static void
kill_ours(void)
{
	struct db	*other = db_open(&conf);
	struct val	 id = one("SELECT CONNECTION_ID()");
	struct db_rows	 rows;
	char		 sql[64];
	int		 i;

	snprintf(sql, sizeof(sql), "KILL %" PRId64, id.i);
	CHECK_INT("killed", db_script(other, sql), DB_OK);
	for (i = 0; i < 6000; i++) {
		if (db_query(other, &arena, STR("SELECT 1 FROM information_schema.PROCESSLIST"
		    " WHERE ID = ?"), &id, 1, &rows) != DB_OK || rows.n == 0)
			break;
		usleep(10000);
	}
	CHECK_INT("gone", rows.n, 0);
	db_close(other);
}

static void
test_lost(void)
{
	static const struct val	 v = INT(7);
	struct db_rows		 rows;
	enum db_err		 err;
	int64_t			 used;
	int			 n = 5;

	start();
	script("CREATE TABLE t (v INT)");
	kill_ours();
	CHECK_INT("a read is done again", one("SELECT 7").i, 7);
	CHECK_INT("known statement", db_exec(db, STR("INSERT INTO t VALUES (?)"), &v, 1, NULL), DB_OK);
	kill_ours();
	CHECK_INT("a new write: was not sent, so it is", exec("INSERT INTO t VALUES (8)"), DB_OK);
	CHECK_INT("known statement", db_exec(db, STR("INSERT INTO t VALUES (?)"), &v, 1, NULL), DB_OK);
	used = clock_mono_us();
	kill_ours();
	err = db_exec(db, STR("INSERT INTO t VALUES (?)"), &v, 1, NULL);
	/* A machine that takes so long is what comes after this. */
	if (err == DB_OK && clock_mono_us() - used >= IDLE_US)
		n++;
	else
		CHECK_INT("a known write: may have been sent", err, DB_UNAVAILABLE);
	CHECK_INT("the next is fine",
	    db_exec(db, STR("INSERT INTO t VALUES (?)"), &v, 1, NULL), DB_OK);
	kill_ours();
	usleep(1200000);
	CHECK_INT("after a while it looks first",
	    db_exec(db, STR("INSERT INTO t VALUES (?)"), &v, 1, NULL), DB_OK);
	CHECK_INT("each once", one("SELECT COUNT(*) FROM t").i, n);
	kill_ours();
	CHECK_INT("begin is tried again", db_begin(db), DB_OK);
	CHECK_INT("in a transaction", exec("INSERT INTO t VALUES (9)"), DB_OK);
	kill_ours();
	CHECK_INT("a read in a transaction is not", query("SELECT 7", NULL, 0, &rows), DB_UNAVAILABLE);
	CHECK_INT("nor anything after it", exec("INSERT INTO t VALUES (9)"), DB_UNAVAILABLE);
	CHECK_INT("nothing to commit", db_commit(db), DB_UNAVAILABLE);
	CHECK_INT("nothing of it stayed", one("SELECT COUNT(*) FROM t").i, n);
	CHECK_INT("begin", db_begin(db), DB_OK);
	CHECK_INT("in a transaction", exec("INSERT INTO t VALUES (9)"), DB_OK);
	kill_ours();
	err = db_commit(db);
	CHECK_INT("lost at commit", err, DB_OUTCOME_UNKNOWN);
	CHECK_INT("and on it goes", one("SELECT COUNT(*) FROM t").i, n);
	end();
}

static void
test_transactions(void)
{
	start();
	script("CREATE TABLE t (v INT)");
	CHECK_INT("begin", db_begin(db), DB_OK);
	CHECK_INT("insert", exec("INSERT INTO t VALUES (1)"), DB_OK);
	CHECK_INT("commit", db_commit(db), DB_OK);
	CHECK_INT("begin", db_begin(db), DB_OK);
	CHECK_INT("insert", exec("INSERT INTO t VALUES (2)"), DB_OK);
	db_rollback(db);
	CHECK_INT("the first only", one("SELECT SUM(v) FROM t").s.p[0], '1');
	CHECK_INT("begin", db_begin(db), DB_OK);
	CHECK_INT("insert", exec("INSERT INTO t VALUES (4)"), DB_OK);
	db_close(db);
	db = db_open(&conf);
	CHECK_INT("closed is rolled back", one("SELECT COUNT(*) FROM t").i, 1);
	end();
}

static void
test_time(void)
{
	int64_t		 at;
	struct db_rows	 rows;

	start();
	at = clock_mono_us();
	CHECK_INT("bounded", query("SELECT SLEEP(30)", NULL, 0, &rows), DB_TIMEOUT);
	CHECK("in time", clock_mono_us() - at < 25000000);
	CHECK_INT("usable at once", one("SELECT 7").i, 7);
	script("DO SLEEP(1.3)");
	CHECK_INT("bounded again after a script", query("SELECT SLEEP(30)", NULL, 0, &rows), DB_TIMEOUT);
	end();
}

static void
test_down(void)
{
	static struct db_conf	 none = { .socket = "/nonexistent/db.sock", .user = "root" };
	struct db_rows		 rows;
	struct db		*d;
	int			 i;

	start();
	d = db_open(&none);
	CHECK_INT("no server", db_begin(d), DB_UNAVAILABLE);
	for (i = 0; i < 100; i++)
		CHECK_INT("not tried again yet",
		    db_query(d, &arena, STR("SELECT 1"), NULL, 0, &rows), DB_UNAVAILABLE);
	CHECK_INT("nor here", db_exec(d, STR("DO 1"), NULL, 0, NULL), DB_UNAVAILABLE);
	CHECK_INT("nor here", db_script(d, "DO 1"), DB_UNAVAILABLE);
	CHECK("says why", db_error_message(d)[0] != '\0');
	db_close(d);
	d = db_open(&none);
	none.socket = conf.socket;
	none.password = "wrong";
	none.user = "nobody-there";
	CHECK_INT("not let in", db_begin(d), DB_UNAVAILABLE);
	usleep(250000);
	none.password = NULL;
	none.user = "root";
	CHECK_INT("later", db_begin(d), DB_OK);
	db_close(d);
	db_close(NULL);
	end();
}

static void
test_scripts(void)
{
	static const struct {
		const char	*label, *sql;
		enum db_err	 want;
		const char	*message;
	} cases[] = {
		{ "one", "CREATE TABLE a (v INT)", DB_OK, "" },
		{ "some, with rows and comments", "-- a\nINSERT INTO a VALUES (1);\n"
		    "SELECT * FROM a; /* b */ SELECT 1 UNION SELECT 2;\n-- c\n", DB_OK, "" },
		{ "the second is wrong", "DELETE FROM a; FROB; DELETE FROM a", DB_BUG, "statement 2: " },
		{ "the first is wrong", "INSERT INTO a VALUES ('x')", DB_BAD_VALUE, "statement 1: " },
		{ "a duplicate", "CREATE TABLE b (v INT PRIMARY KEY); INSERT INTO b VALUES (1), (1)",
		    DB_DUPLICATE, "statement 2: " },
	};
	size_t	 i;

	start();
	for (i = 0; i < NELEMS(cases); i++) {
		CHECK_INT(cases[i].label, db_script(db, cases[i].sql), cases[i].want);
		CHECK(cases[i].label, strncmp(db_error_message(db), cases[i].message,
		    strlen(cases[i].message)) == 0);
	}
	CHECK_INT("off again", exec("DELETE FROM a; DELETE FROM a"), DB_BUG);
	script("SET sql_mode = ''");
	CHECK("the session is ours again", one("SELECT @@sql_mode").s.n > 20);
	end();
}

static void
test_describe(void)
{
	static const struct {
		const char	*name;
		enum db_type	 type;
		bool		 null, is_unsigned;
		unsigned long	 length;
	} want[] = {
		{ "id", DB_TYPE_BYTES, false, false, 16 },
		{ "n", DB_TYPE_INT, true, true, 10 },
		{ "name", DB_TYPE_TEXT, false, false, 80 },
		{ "price", DB_TYPE_DECIMAL, false, false, 14 },
		{ "at", DB_TYPE_TIME, false, false, 23 },
		{ "day", DB_TYPE_DATE, true, false, 10 },
		{ "ratio", DB_TYPE_NUM, true, false, 22 },
		{ "clock", DB_TYPE_OTHER, true, false, 10 },
	};
	struct db_description	 plan;
	size_t		 i;

	start();
	script("CREATE TABLE t (id BINARY(16) PRIMARY KEY, n INT UNSIGNED, name VARCHAR(80) NOT NULL,"
	    " price DECIMAL(12,2) NOT NULL, `at` DATETIME(3) NOT NULL, day DATE, ratio DOUBLE, clock TIME)");
	CHECK_INT("select", db_describe(db, &arena, STR("SELECT * FROM t WHERE id = ? AND n > ?"), &plan), DB_OK);
	CHECK_INT("params", plan.params, 2);
	CHECK_INT("columns", plan.ncolumns, NELEMS(want));
	for (i = 0; i < NELEMS(want) && i < plan.ncolumns; i++) {
		CHECK_TEXT("name", plan.columns[i].name, want[i].name);
		CHECK_INT(want[i].name, plan.columns[i].type, want[i].type);
		CHECK_INT(want[i].name, plan.columns[i].null, want[i].null);
		CHECK_INT(want[i].name, plan.columns[i].is_unsigned, want[i].is_unsigned);
		CHECK_INT(want[i].name, plan.columns[i].length, want[i].length);
	}
	CHECK_INT("insert", db_describe(db, &arena, STR("INSERT INTO t (id) VALUES (?)"), &plan), DB_OK);
	CHECK_INT("no columns", plan.ncolumns, 0);
	CHECK_INT("one value", plan.params, 1);
	CHECK_INT("no such column", db_describe(db, &arena, STR("SELECT x FROM t"), &plan), DB_BUG);
	end();
}

static void
test_counts(void)
{
	start();
	db_counts_reset(db);
	CHECK_INT("none", db_counts(db).statements, 0);
	CHECK_INT("one", one("SELECT 1").i, 1);
	CHECK_INT("two", exec("DO SLEEP(0.01)"), DB_OK);
	CHECK_INT("counted", db_counts(db).statements, 2);
	CHECK("with their time", db_counts(db).us >= 10000 && db_counts(db).us < 5000000);
	end();
}

/* Bindings beyond the common few; values of many kinds beside each other. */
static void
test_many(void)
{
	struct val	 v[200];
	struct db_rows	 rows;
	char		 sql[2048];
	size_t		 i, n;

	start();
	n = (size_t)snprintf(sql, sizeof(sql), "SELECT ?");
	for (i = 1; i < NELEMS(v); i++)
		n += (size_t)snprintf(sql + n, sizeof(sql) - n, ", ?");
	for (i = 0; i < NELEMS(v); i++)
		v[i] = i % 2 == 0 ? int_of((int64_t)i) : text_of("t");
	CHECK_INT("200 values", query(sql, v, NELEMS(v), &rows), DB_OK);
	CHECK_INT("200 columns", rows.columns, 200);
	for (i = 0; i < rows.columns; i++)
		check_val("the same", rows.v[i], v[i]);
	end();
}

TESTS(db,
    { "values there and back", test_types },
    { "exact comparison", test_exact },
    { "large values", test_large },
    { "a result has a bound", test_bounded },
    { "errors and their kinds", test_errors },
    { "wrong use", test_misuse },
    { "what a statement changed", test_done },
    { "the session", test_session },
    { "statements are kept, and not too many", test_statements },
    { "tables altered meanwhile", test_altered },
    { "the connection is lost", test_lost },
    { "transactions", test_transactions },
    { "a statement has a time", test_time },
    { "no server", test_down },
    { "scripts", test_scripts },
    { "what a statement would answer", test_describe },
    { "counts", test_counts },
    { "many values", test_many })
