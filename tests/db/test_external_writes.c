/*
 * external: writes past the programs invalidate what is cached.  That triggers
 * note them is shown over HTTP, by tests/system/watch.sh.
 */
#include "external_kit.h"

static void
test_bound(void)
{
	begin(true);
	keep("numbers");
	note("numbers", "'1'");
	within_the_second();
	CHECK_INT("within the second as it was", find("numbers"), CACHE_LOCAL);
	CHECK_INT("its note waits", notes(), 1);
	later();
	CHECK_INT("then it is stale", find("numbers"), CACHE_MISS);
	CHECK_INT("its note is gone", notes(), 0);
	keep("numbers");
	later();
	CHECK_INT("nothing new: still true", find("numbers"), CACHE_LOCAL);
	sql("START TRANSACTION; INSERT INTO cache_changes (tag_name) VALUES ('numbers'); "
	    "ROLLBACK");
	later();
	CHECK_INT("rolled back: still true", find("numbers"), CACHE_LOCAL);
	end();
}

static void
test_rows(void)
{
	begin(true);
	keep("numbers/1");
	keep("numbers/2");
	keep("numbers");
	keep("letters");
	note("numbers", "'1'");
	later();
	CHECK_INT("the row", find("numbers/1"), CACHE_MISS);
	CHECK_INT("lists", find("numbers"), CACHE_MISS);
	CHECK_INT("another row", find("numbers/2"), CACHE_LOCAL);
	CHECK_INT("another table", find("letters"), CACHE_LOCAL);
	note("numbers", "NULL");
	later();
	CHECK_INT("any row", find("numbers/2"), CACHE_MISS);
	end();
}

static void
test_unwatched(void)
{
	begin(true);
	keep("letters");
	later();
	db_counts_reset(st.db);
	CHECK_INT("not watched", find("letters"), CACHE_LOCAL);
	CHECK_INT("nothing is asked for it", db_counts(st.db).statements, 0);
	sql("DELETE FROM cache_watches");
	external_forget_tables(st.external);
	CHECK_INT("the list is read again", find("letters"), CACHE_LOCAL);
	CHECK("and is known", external_tables_known(st.external) && !external_any(st.external));
	later();
	db_counts_reset(st.db);
	keep("numbers");
	CHECK_INT("nobody watches: nothing is asked", db_counts(st.db).statements, 0);
	sql("INSERT INTO cache_watches (table_name, tag_name) VALUES "
	    "('numbers', 'numbers')");
	external_forget_tables(st.external);
	note("numbers", "NULL");
	CHECK_INT("watched from now on", find("numbers"), CACHE_MISS);
	end();
}

static void
test_no_tables(void)
{
	begin(false);
	keep("numbers");
	CHECK("none is watched", external_tables_known(st.external) && !external_any(st.external));
	later();
	db_counts_reset(st.db);
	CHECK_INT("kept", find("numbers"), CACHE_LOCAL);
	CHECK_INT("asked once", db_counts(st.db).statements, 0);
	end();
}

/* Numbers are given at INSERT, seen at COMMIT: not in that order. */
static void
test_late_commit(void)
{
	struct db	*slow;

	begin(true);
	slow = db_open(&conf);
	keep("numbers/1");
	keep("numbers/2");
	CHECK_INT("first number", db_begin(slow), DB_OK);
	CHECK_INT("noted", db_exec(slow, STR("INSERT INTO cache_changes (tag_name, "
	    "row_key) VALUES ('numbers', '1')"), NULL, 0, NULL), DB_OK);
	note("numbers", "'2'");
	later();
	CHECK_INT("second number, committed first", find("numbers/2"), CACHE_MISS);
	CHECK_INT("and swept", notes(), 0);
	CHECK_INT("the first is not yet true", find("numbers/1"), CACHE_LOCAL);
	CHECK_INT("committed", db_commit(slow), DB_OK);
	CHECK_INT("it is still there", notes(), 1);
	later();
	CHECK_INT("and is seen", find("numbers/1"), CACHE_MISS);
	db_close(slow);
	end();
}

static void
test_many(void)
{
	begin(true);
	keep("numbers/1");
	keep("numbers/2999");
	sql("INSERT INTO cache_changes (tag_name, row_key) SELECT 'numbers', seq "
	    "FROM seq_1_to_3000");
	later();
	CHECK_INT("the first of them", find("numbers/1"), CACHE_MISS);
	CHECK_INT("the last of them", find("numbers/2999"), CACHE_MISS);
	CHECK_INT("all are gone", notes(), 0);
	end();
}

static void
test_many_tables(void)
{
	begin(true);
	sql("INSERT INTO cache_watches (table_name, tag_name) SELECT "
	    "CONCAT('t', seq), CONCAT('t', seq) FROM seq_1_to_70");
	keep("letters");
	later();
	db_counts_reset(st.db);
	CHECK_INT("more than fit", find("letters"), CACHE_LOCAL);
	CHECK("count for all", db_counts(st.db).statements > 0);
	end();
}

static void
test_down(void)
{
	struct db_conf	 nowhere = conf;
	struct db	*there;

	begin(true);
	keep("numbers");
	keep("letters");
	there = st.db;
	nowhere.socket = "/nonexistent/db.sock";
	st.db = db_open(&nowhere);
	within_the_second();
	CHECK_INT("within the second", find("numbers"), CACHE_LOCAL);
	later();
	CHECK_INT("nobody can tell", find("numbers"), CACHE_BYPASS);
	CHECK_INT("not watched", find("letters"), CACHE_LOCAL);
	external_forget_tables(st.external);
	CHECK_INT("nobody knows what is watched", find("letters"), CACHE_BYPASS);
	db_close(st.db);
	st.db = there;
	CHECK_INT("back", find("numbers"), CACHE_LOCAL);
	end();
}

TESTS(external_writes,
    { "shown within a second", test_bound },
    { "only what was changed is stale", test_rows },
    { "what nobody watches costs nothing", test_unwatched },
    { "before the migration", test_no_tables },
    { "a transaction that commits late", test_late_commit },
    { "more notes than one look", test_many },
    { "more tables than fit", test_many_tables },
    { "the database is not there", test_down })
