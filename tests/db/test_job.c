/*
 * job: jobs that are queued, done, retried and given up.
 */
#include "job_kit.h"

static void
test_done(void)
{
	begin();
	CHECK_INT("nothing to do", drain(&me), 0);
	for (int i = 1; i <= 25; i++)
		CHECK_INT("queued", add("plant", i, 0, NULL), DB_OK);
	CHECK_INT("done", drain(&me), 25);
	CHECK_TEXT("all of them", states(), "done:25");
	CHECK_TEXT("each once", sql_one("SELECT CONCAT(COUNT(*), ' ', "
	    "COUNT(DISTINCT n)) FROM effects"), "25 25");
	CHECK_TEXT("no lease is left", sql_one("SELECT COUNT(*) FROM jobs WHERE "
	    "lease_token IS NOT NULL"), "0");
	CHECK_TEXT("begun once", sql_one("SELECT MAX(attempts) FROM jobs"), "1");
	end();
}

static void
test_later(void)
{
	int64_t	 at;

	begin();
	CHECK_INT("nothing", job_next_due(&me.q, &at), DB_OK);
	CHECK("is due", at == INT64_MAX);
	CHECK_INT("queued", add("plant", 1, now + 60000, NULL), DB_OK);
	CHECK_INT("not yet", drain(&me), 0);
	CHECK_INT("known", job_next_due(&me.q, &at), DB_OK);
	CHECK_INT("when", at, now + 60000);
	set_clock(now + 59999);
	CHECK_INT("still not", drain(&me), 0);
	set_clock(now + 1);
	CHECK_INT("now", drain(&me), 1);
	CHECK_TEXT("its effect", effects(), "1");
	end();
}

static void
test_dedupe(void)
{
	begin();
	CHECK_INT("first", add("plant", 1, 0, "one"), DB_OK);
	CHECK_INT("again", add("plant", 2, 0, "one"), DB_OK);
	CHECK_INT("another", add("plant", 3, 0, "other"), DB_OK);
	CHECK_INT("two of them", drain(&me), 2);
	CHECK_TEXT("the first", effects(), "1,3");
	CHECK_INT("once it is done", add("plant", 4, 0, "one"), DB_OK);
	CHECK_INT("anew", drain(&me), 1);
	CHECK_TEXT("its effect", effects(), "1,3,4");
	end();
}

static void
test_failure(void)
{
	int64_t		 at;
	int		 i;

	begin();
	CHECK_INT("queued", add("fail", 1, 0, "k"), DB_OK);
	for (i = 1; i <= 8; i++) {
		CHECK_INT("tried", turn(&me), 1);
		CHECK_INT("not at once", turn(&me), 0);
		CHECK_INT("asked", job_next_due(&me.q, &at), DB_OK);
		CHECK("within its pause", i == 8 || (at >= now &&
		    at <= now + (1000 << i)));
		CHECK_TEXT("told", sql_one("SELECT last_error FROM jobs"),
		    text("attempt %d ä", i));
		set_clock(now + 300000);
	}
	CHECK("no more", at == INT64_MAX);
	CHECK_TEXT("dead", states(), "dead:1");
	CHECK_TEXT("one letter", sql_one("SELECT CONCAT(COUNT(*), ' ', MAX(attempts), "
	    "' ', MAX(last_error), ' ', MAX(queue), ' ', MAX(kind), ' ', MAX(payload)) "
	    "FROM dead_letters"), "1 8 attempt 8 ä plants fail {\"n\":1}");
	CHECK_TEXT("since the first", sql_one("SELECT CAST(ROUND(UNIX_TIMESTAMP("
	    "first_failed_at) * 1000) AS CHAR) FROM dead_letters"),
	    text("%lld", (long long)(now - 8 * 300000)));
	CHECK_INT("its key is free", add("plant", 2, 0, "k"), DB_OK);
	CHECK_INT("again", drain(&me), 1);
	end();
}

static void
test_never(void)
{
	begin();
	CHECK_INT("queued", add("refuse", 1, 0, NULL), DB_OK);
	CHECK_INT("queued", add("twice", 2, 0, NULL), DB_OK);
	sql("INSERT INTO jobs (queue, kind, payload, run_at) VALUES "
	    "('plants', 'plant', '{\"n\":0}', '2020-01-01'),"
	    "('plants', 'plant', '{\"m\":1}', '2020-01-01'),"
	    "('plants', 'plant', '{\"n\":1,\"m\":1}', '2020-01-01'),"
	    "('plants', 'plant', '[]', '2020-01-01')");
	CHECK_INT("each tried", drain(&me), 6);
	CHECK_TEXT("dead at once", states(), "dead:5,ready:1");
	set_clock(now + 300000);
	CHECK_INT("again", drain(&me), 1);
	CHECK_TEXT("its kind has two attempts", states(), "dead:6");
	CHECK_TEXT("why", sql_one("SELECT GROUP_CONCAT(DISTINCT last_error ORDER BY "
	    "last_error) FROM dead_letters"),
	    "attempt 2 ä,never,the payload does not fit Ref");
	CHECK_TEXT("no effect", effects(), "");
	end();
}

/* A build that does not know a kind leaves it, for a day. */
static void
test_unknown(void)
{
	begin();
	CHECK_INT("queued", add("newer", 1, 0, NULL), DB_OK);
	for (int i = 0; i < 20; i++) {
		CHECK_INT("looked at", turn(&me), 1);
		CHECK_INT("left", turn(&me), 0);
		set_clock(now + 60000);
	}
	CHECK_TEXT("it is no attempt", sql_one("SELECT attempts FROM jobs"), "0");
	sql("UPDATE jobs SET kind = 'plant'");
	CHECK_INT("the build that does", drain(&me), 1);
	CHECK_TEXT("does it", states(), "done:1");
	CHECK_INT("queued", add("older", 1, 0, NULL), DB_OK);
	CHECK_INT("looked at", turn(&me), 1);
	set_clock(now + 86400000);
	CHECK_INT("a day later", turn(&me), 1);
	CHECK_TEXT("it is given up", states(), "dead:1,done:1");
	end();
}

static void
test_rolled_back(void)
{
	struct ref	 r = { 1 };
	struct adding	 a = { { .queue = QUEUE, .kind = "plant", .schema = &ref,
			    .payload = &r }, DB_ABORT };

	begin();
	CHECK_INT("a write that gives up", store_write(&me.store, NULL, 0, add_run, &a),
	    DB_ABORT);
	CHECK_INT("queues nothing", drain(&me), 0);
	end();
}

static void
test_recurring(void)
{
	int64_t	 at;

	begin();
	CHECK_INT("seeded", job_queue_recurring(&me.q), DB_OK);
	CHECK_INT("by each worker", job_queue_recurring(&me.q), DB_OK);
	CHECK_TEXT("once", states(), "ready:1");
	CHECK_INT("done", drain(&me), 1);
	CHECK_TEXT("it comes again", states(), "ready:1");
	CHECK_INT("asked", job_next_due(&me.q, &at), DB_OK);
	CHECK_INT("a day later", at, now + 86400000);
	CHECK_INT("seeded again", job_queue_recurring(&me.q), DB_OK);
	CHECK_INT("not before", drain(&me), 0);
	set_clock(at);
	CHECK_INT("but then", drain(&me), 1);
	CHECK_TEXT("as if it were new", sql_one("SELECT CONCAT(COUNT(*), ' ', "
	    "SUM(attempts)) FROM jobs"), "1 0");
	end();
}

/* A letter is queued anew once. */
struct again {
	struct uuid	 letter;
	int64_t		 id;
};

static enum db_err
again_run(struct store *st, void *arg)
{
	struct again	*a = arg;

	return job_requeue(st, a->letter, &a->id);
}

static void
test_retry(void)
{
	struct again	 a = { .id = 0 };

	begin();
	CHECK_INT("queued", add("refuse", 5, 0, NULL), DB_OK);
	CHECK_INT("refused", drain(&me), 1);
	CHECK_INT("no such letter", store_write(&me.store, NULL, 0, again_run, &a), DB_NOT_FOUND);
	CHECK("its id", uuid_parse(str_of(sql_one("SELECT LOWER(CONCAT_WS('-', "
	    "HEX(SUBSTR(id, 1, 4)), HEX(SUBSTR(id, 5, 2)), HEX(SUBSTR(id, 7, 2)), "
	    "HEX(SUBSTR(id, 9, 2)), HEX(SUBSTR(id, 11)))) FROM dead_letters")), &a.letter));
	sql("UPDATE dead_letters SET kind = 'plant'");
	CHECK_INT("again", store_write(&me.store, NULL, 0, again_run, &a), DB_OK);
	CHECK_TEXT("as another job", text("%lld", (long long)a.id),
	    sql_one("SELECT MAX(id) FROM jobs WHERE state = 'ready'"));
	CHECK_INT("once", store_write(&me.store, NULL, 0, again_run, &a), DB_ABORT);
	CHECK_INT("it is done", drain(&me), 1);
	CHECK_TEXT("with what it was given", effects(), "5");
	end();
}

static void
test_all_over(void)
{
	serve_end();
}

TESTS(job,
    { "what is queued is done once", test_done },
    { "not before it is due", test_later },
    { "one that is queued already", test_dedupe },
    { "failures, and their end", test_failure },
    { "what can never be done", test_never },
    { "a kind that this build does not know", test_unknown },
    { "queued by a write that is taken back", test_rolled_back },
    { "a kind that comes again", test_recurring },
    { "a dead letter that is queued anew", test_retry },
    { "nothing is left", test_all_over })
