/*
 * chores: a program whose queue the tests torture; see tests/system/jobs.sh and
 * tests/chaos/jobs.sh.  What is done leaves a row of the table chores.
 */
#include <signal.h>
#include <time.h>

#include "app.h"
#include "crypto/crypto.h"

struct chore {
	int64_t		 n, ms;
};

struct wish {
	struct str	 kind;
	int64_t		 from, count, ms;
};

static const struct schema chore = SCHEMA("Chore", struct chore,
	FIELD_INT(struct chore, n, .doc = "Which"),
	FIELD_INT(struct chore, ms, .max = 60000, .doc = "How long it takes"));

static const struct schema wish = SCHEMA("ChoreWish", struct wish,
	FIELD_STR(struct wish, kind, .max = 31, .doc = "Of job"),
	FIELD_INT(struct wish, from, .doc = "The first"),
	FIELD_INT(struct wish, count, .min = 1, .max = 1000, .doc = "How many"),
	FIELD_INT(struct wish, ms, .max = 60000, .flags = FIELD_OPTIONAL,
	    .doc = "How long each takes"));

static const struct schema n_only = SCHEMA("ChoreDone", struct chore,
	FIELD_INT(struct chore, n, .doc = "Which"));

static const struct query	 done = { "INSERT INTO chores (n) VALUES (?)",
	.in = &n_only };

static enum db_err
effect(struct store *st, void *arg)
{
	const struct job	*j = arg;

	return query_exec(st, &done, j->input, NULL);
}

static enum job_outcome
work(struct job *j)
{
	const struct chore	*c = j->input;

	nanosleep(&(struct timespec){ c->ms / 1000, c->ms % 1000 * 1000000 }, NULL);
	return job_outcome_of(j, job_write(j, NULL, 0, effect, j));
}

/* Up to that long: with luck within its lease. */
static enum job_outcome
hurry(struct job *j)
{
	struct chore	 c = *(const struct chore *)j->input;
	uint32_t	 r = 0;

	if (!crypto_random(&r, sizeof(r)))
		return JOB_RETRY;
	c.ms = (int64_t)(r % (uint32_t)(c.ms + 1));
	j->input = &c;
	return work(j);
}

static enum job_outcome
nothing(struct job *j)
{
	(void)j;
	return JOB_DONE;
}

static enum job_outcome
fail(struct job *j)
{
	return job_fail(j, JOB_RETRY, "it failed");
}

static enum job_outcome
refuse(struct job *j)
{
	return job_fail(j, JOB_DEAD, "it can not be done");
}

static enum job_outcome
crash(struct job *j)
{
	(void)j;
	raise(SIGKILL);
	return JOB_DONE;
}

static const struct job_kind kinds[] = {
	{ "work", &chore, work, .lease_s = 2, .doc = "Takes a while" },
	{ "brief", &chore, hurry, .lease_s = 1, .attempts = 100,
	  .doc = "Takes a while, and may not" },
	{ "poison", &chore, fail, .doc = "Fails eight times" },
	{ "nothing", &chore, nothing, .doc = "Does nothing" },
	{ "fail", &chore, fail, .attempts = 2, .doc = "Fails" },
	{ "refuse", &chore, refuse, .doc = "Can not be done" },
	{ "crash", &chore, crash, .attempts = 2, .lease_s = 1,
	  .doc = "Ends its process" },
	{ .name = NULL },
};

static enum db_err
add_run(struct store *st, void *arg)
{
	const struct wish	*o = arg;
	const char		*kind = arena_copy(st->arena, o->kind).p;
	struct chore		 c = { .ms = o->ms };
	enum db_err		 err = kind == NULL ? DB_NO_MEMORY : DB_OK;

	for (c.n = o->from; err == DB_OK && c.n < o->from + o->count; c.n++)
		err = job_add(st, &(struct job_spec){ .queue = "chores", .kind = kind,
		    .schema = &chore, .payload = &c });
	return err;
}

static enum http_status
add(struct req *rq, struct resp *rs)
{
	struct wish	 o = *BODY(rq, struct wish);
	enum db_err	 err = store_write(rq->store, NULL, 0, add_run, &o);

	return err == DB_OK ? resp_object(rs, HTTP_ACCEPTED, &wish, &o) : resp_db_error(rs, err);
}

int
main(int argc, char **argv)
{
	return app_main(argc, argv, APP("chores", .service = "shop", .jobs = kinds,
	    .routes = ROUTES({ .method = HTTP_POST, .path = "/v1/chores",
		.scope = SCOPE_NONE, .run = add, .body = &wish, .answer = &wish,
		.limit = LIMIT_NONE, .doc = "Queue some" }),
	    .queries = QUERIES(&done)));
}
