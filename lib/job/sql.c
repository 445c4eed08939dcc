/* job_sql - the statements of the queue. */
#include "job/private.h"

/* What a mark takes: a member of struct job_bind. */
#define ID		FIELD_INT(struct job_bind, id, .doc = "Job")
#define LEASE		FIELD_UUID(struct job_bind, lease, .doc = "Token of the lease")
#define QUEUE		FIELD_STR(struct job_bind, queue, .doc = "Program")
#define KIND		FIELD_STR(struct job_bind, kind, .doc = "Kind")
#define AT		FIELD_STAMP(struct job_bind, at, .doc = "Due, or the lease's end")
#define NOW		FIELD_STAMP(struct job_bind, now, .doc = "Now")
#define MOST		FIELD_INT(struct job_bind, most, .doc = "How many")
#define ATTEMPTS	FIELD_INT(struct job_bind, attempts, .doc = "Begun")
#define PAYLOAD		FIELD_STR(struct job_bind, payload, .doc = "Its input")
#define LETTER		FIELD_UUID(struct job_bind, letter, .doc = "Dead letter")
#define DEDUPE		FIELD_STR(struct job_bind, dedupe,			\
	.flags = FIELD_OPTIONAL, .doc = "Queued once")
#define ERROR		FIELD_STR(struct job_bind, error,			\
	.flags = FIELD_OPTIONAL, .doc = "Why it failed")
#define FAILED		FIELD_STAMP(struct job_bind, failed_at,			\
	.flags = FIELD_OPTIONAL, .doc = "When it did first")

#define BOUND(...)	SCHEMA("Job", struct job_bind, __VA_ARGS__)

static const struct schema add_in = BOUND(QUEUE, KIND, DEDUPE, AT, PAYLOAD),
	claim_in = BOUND(QUEUE, NOW, MOST),
	take_in = BOUND(LEASE, AT, ID),
	held_in = BOUND(ID, LEASE),
	expired_in = BOUND(QUEUE, NOW),
	reap_in = BOUND(ERROR, FAILED, ID, NOW),
	due_in = BOUND(QUEUE, QUEUE),
	finish_in = BOUND(NOW, ID, LEASE),
	later_in = BOUND(AT, ATTEMPTS, ERROR, FAILED, ID, LEASE),
	bury_in = BOUND(ATTEMPTS, ERROR, FAILED, NOW, ID, LEASE),
	letter_in = BOUND(LETTER, ID),
	retried_in = BOUND(NOW, LETTER),
	read_in = BOUND(LETTER);

static const struct schema row_out = SCHEMA("JobRow", struct job_row,
	FIELD_INT(struct job_row, id, .doc = "Job"),
	FIELD_STR(struct job_row, kind, .doc = "Kind"),
	FIELD_INT(struct job_row, attempts, .doc = "Begun before"),
	FIELD_INT(struct job_row, max_attempts, .doc = "Most"),
	FIELD_STR(struct job_row, payload, .doc = "Its input"),
	FIELD_STAMP(struct job_row, failed_at, .flags = FIELD_OPTIONAL,
	    .doc = "When it failed first"));

static const struct schema id_out = SCHEMA("JobId", struct job_id,
	FIELD_INT(struct job_id, id, .doc = "Job"));

static const struct schema due_out = SCHEMA("JobDue", struct job_next_due,
	FIELD_STAMP(struct job_next_due, ready, .flags = FIELD_OPTIONAL, .doc = "Next"),
	FIELD_STAMP(struct job_next_due, expires, .flags = FIELD_OPTIONAL,
	    .doc = "Next lease to run out"));

static const struct schema read_out = SCHEMA("JobLetter", struct job_letter,
	FIELD_STR(struct job_letter, queue, .doc = "Program"),
	FIELD_STR(struct job_letter, kind, .doc = "Kind"),
	FIELD_STR(struct job_letter, payload, .doc = "Its input"));

#define HELD	" WHERE id = ? AND lease_token = ?"
#define FREED	"lease_token = NULL, lease_until = "

const struct query job_add_queries[] = {
	{ "INSERT INTO jobs (queue, kind, dedupe_key, run_at, payload) "
	  "VALUES (?,?,?,?,?)", .in = &add_in },
	{ NULL, NULL, NULL },
};

/*
 * Of a claim, the index serves WHERE and ORDER BY together: a sort would lock
 * all that is due, and another worker would find nothing.
 */
const struct query job_run_queries[] = {
	[JOB_SQL_CLAIM] = { "SELECT id, kind, attempts, max_attempts, payload, failed_at "
	    "FROM jobs FORCE INDEX (claim) WHERE queue = ? AND state = 'ready' AND "
	    "run_at <= ? ORDER BY run_at, id LIMIT ? FOR UPDATE SKIP LOCKED",
	    .in = &claim_in, .out = &row_out },
	[JOB_SQL_CLAIMED] = { "UPDATE jobs SET state = 'running', lease_token = ?, "
	    "lease_until = ?, attempts = attempts + 1 WHERE id = ?", .in = &take_in },
	[JOB_SQL_RELEASE] = { "UPDATE jobs SET state = 'ready', attempts = attempts - 1, "
	    FREED "NULL" HELD, .in = &held_in },
	[JOB_SQL_EXPIRED] = { "SELECT id FROM jobs FORCE INDEX (claim) WHERE queue = ? "
	    "AND state = 'running' AND lease_until < ? LIMIT 100",
	    .in = &expired_in, .out = &id_out },
	[JOB_SQL_REAP] = { "UPDATE jobs SET state = 'ready', " FREED "NULL, "
	    "last_error = ?, failed_at = COALESCE(failed_at, ?) "
	    "WHERE id = ? AND state = 'running' AND lease_until < ?", .in = &reap_in },
	[JOB_SQL_NEXT_DUE] = { "SELECT (SELECT MIN(run_at) FROM jobs FORCE INDEX (claim) "
	    "WHERE queue = ? AND state = 'ready'), (SELECT MIN(lease_until) FROM jobs "
	    "FORCE INDEX (claim) WHERE queue = ? AND state = 'running')",
	    .in = &due_in, .out = &due_out },
	[JOB_SQL_FINISH] = { "UPDATE jobs SET state = 'done', dedupe_key = NULL, "
	    FREED "?" HELD, .in = &finish_in },
	[JOB_SQL_RESCHEDULE] = { "UPDATE jobs SET state = 'ready', run_at = ?, attempts = ?, "
	    "last_error = ?, failed_at = ?, " FREED "NULL" HELD, .in = &later_in },
	[JOB_SQL_BURY] = { "UPDATE jobs SET state = 'dead', dedupe_key = NULL, attempts = ?, "
	    "last_error = ?, failed_at = COALESCE(failed_at, ?), " FREED "?" HELD,
	    .in = &bury_in },
	[JOB_SQL_DEAD_LETTER] = { "INSERT INTO dead_letters (id, job_id, queue, kind, payload, "
	    "attempts, last_error, first_failed_at) SELECT ?, id, queue, kind, payload, "
	    "attempts, last_error, failed_at FROM jobs WHERE id = ?", .in = &letter_in },
	{ NULL, NULL, NULL },
};

const struct query job_requeue_queries[] = {
	[JOB_SQL_REQUEUE] = { "UPDATE dead_letters SET retried_at = ? WHERE id = ? AND "
	    "retried_at IS NULL", .in = &retried_in },
	[JOB_SQL_READ_LETTER] = { "SELECT queue, kind, payload FROM dead_letters WHERE id = ?",
	    .in = &read_in, .out = &read_out },
	{ NULL, NULL, NULL },
};
