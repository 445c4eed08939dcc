#include "job/private.h"
#include "schema/field.h"

/* Parameters: members of struct job_bind. */
#define ID		FIELD_INT(struct job_bind, id, .doc = "Job")
#define LEASE		FIELD_UUID(struct job_bind, lease, .doc = "Lease token")
#define QUEUE		FIELD_STR(struct job_bind, queue, .doc = "Program")
#define KIND		FIELD_STR(struct job_bind, kind, .doc = "Kind")
#define AT		FIELD_STAMP(struct job_bind, at, .doc = "When due, or when the lease expires")
#define NOW		FIELD_STAMP(struct job_bind, now, .doc = "Now")
#define MAX_ROWS	FIELD_INT(struct job_bind, max_rows, .doc = "Rows at most")
#define ATTEMPTS	FIELD_INT(struct job_bind, attempts, .doc = "Attempts")
#define PAYLOAD		FIELD_STR(struct job_bind, payload, .doc = "Payload")
#define LETTER		FIELD_UUID(struct job_bind, letter, .doc = "Dead letter")
#define DEDUPE		FIELD_STR(struct job_bind, dedupe,			\
	.flags = FIELD_OPTIONAL, .doc = "Deduplication key")
#define ERROR		FIELD_STR(struct job_bind, error,			\
	.flags = FIELD_OPTIONAL, .doc = "Last error")
#define FAILED		FIELD_STAMP(struct job_bind, failed_at,			\
	.flags = FIELD_OPTIONAL, .doc = "First failure")

#define PARAMS(...)	SCHEMA("Job", struct job_bind, __VA_ARGS__)

static const struct schema add_in = PARAMS(QUEUE, KIND, DEDUPE, AT, PAYLOAD),
	claim_in = PARAMS(QUEUE, NOW, MAX_ROWS),
	claimed_in = PARAMS(LEASE, AT, ID),
	release_in = PARAMS(ID, LEASE),
	expired_in = PARAMS(QUEUE, NOW),
	reap_in = PARAMS(ERROR, FAILED, ID, NOW),
	next_due_in = PARAMS(QUEUE, QUEUE),
	finish_in = PARAMS(NOW, ID, LEASE),
	reschedule_in = PARAMS(AT, ATTEMPTS, ERROR, FAILED, ID, LEASE),
	bury_in = PARAMS(ATTEMPTS, ERROR, FAILED, NOW, ID, LEASE),
	letter_in = PARAMS(LETTER, ID),
	requeue_in = PARAMS(NOW, LETTER),
	read_letter_in = PARAMS(LETTER);

static const struct schema row_out = SCHEMA("JobRow", struct job_row,
	FIELD_INT(struct job_row, id, .doc = "Job"),
	FIELD_STR(struct job_row, kind, .doc = "Kind"),
	FIELD_INT(struct job_row, attempts, .doc = "Attempts before this one"),
	FIELD_INT(struct job_row, max_attempts, .doc = "Attempts at most"),
	FIELD_STR(struct job_row, payload, .doc = "Payload"),
	FIELD_STAMP(struct job_row, failed_at, .flags = FIELD_OPTIONAL,
	    .doc = "First failure"));

static const struct schema id_out = SCHEMA("JobId", struct job_id,
	FIELD_INT(struct job_id, id, .doc = "Job"));

static const struct schema next_due_out = SCHEMA("JobDue", struct job_next_due,
	FIELD_STAMP(struct job_next_due, ready, .flags = FIELD_OPTIONAL, .doc = "Next job"),
	FIELD_STAMP(struct job_next_due, expires, .flags = FIELD_OPTIONAL,
	    .doc = "Next lease that expires"));

static const struct schema letter_out = SCHEMA("JobLetter", struct job_letter,
	FIELD_STR(struct job_letter, queue, .doc = "Program"),
	FIELD_STR(struct job_letter, kind, .doc = "Kind"),
	FIELD_STR(struct job_letter, payload, .doc = "Payload"));

#define WITH_LEASE	" WHERE id = ? AND lease_token = ?"
#define CLEAR_LEASE	"lease_token = NULL, lease_until = "

const struct query job_add_queries[] = {
	{ "INSERT INTO jobs (queue, kind, dedupe_key, run_at, payload) "
	  "VALUES (?,?,?,?,?)", .in = &add_in },
	{ NULL, NULL, NULL },
};

/*
 * The index `claim` serves WHERE and ORDER BY of a claim together.  With a sort,
 * the statement would lock every job that is due, and other workers would find
 * none.
 */
const struct query job_run_queries[] = {
	[JOB_SQL_CLAIM] = { "SELECT id, kind, attempts, max_attempts, payload, failed_at "
	    "FROM jobs FORCE INDEX (claim) WHERE queue = ? AND state = 'ready' AND "
	    "run_at <= ? ORDER BY run_at, id LIMIT ? FOR UPDATE SKIP LOCKED",
	    .in = &claim_in, .out = &row_out },
	[JOB_SQL_CLAIMED] = { "UPDATE jobs SET state = 'running', lease_token = ?, "
	    "lease_until = ?, attempts = attempts + 1 WHERE id = ?", .in = &claimed_in },
	[JOB_SQL_RELEASE] = { "UPDATE jobs SET state = 'ready', attempts = attempts - 1, "
	    CLEAR_LEASE "NULL" WITH_LEASE, .in = &release_in },
	[JOB_SQL_EXPIRED] = { "SELECT id FROM jobs FORCE INDEX (claim) WHERE queue = ? "
	    "AND state = 'running' AND lease_until < ? LIMIT 100",
	    .in = &expired_in, .out = &id_out },
	[JOB_SQL_REAP] = { "UPDATE jobs SET state = 'ready', " CLEAR_LEASE "NULL, "
	    "last_error = ?, failed_at = COALESCE(failed_at, ?) "
	    "WHERE id = ? AND state = 'running' AND lease_until < ?", .in = &reap_in },
	[JOB_SQL_NEXT_DUE] = { "SELECT (SELECT MIN(run_at) FROM jobs FORCE INDEX (claim) "
	    "WHERE queue = ? AND state = 'ready'), (SELECT MIN(lease_until) FROM jobs "
	    "FORCE INDEX (claim) WHERE queue = ? AND state = 'running')",
	    .in = &next_due_in, .out = &next_due_out },
	[JOB_SQL_FINISH] = { "UPDATE jobs SET state = 'done', dedupe_key = NULL, "
	    CLEAR_LEASE "?" WITH_LEASE, .in = &finish_in },
	[JOB_SQL_RESCHEDULE] = { "UPDATE jobs SET state = 'ready', run_at = ?, attempts = ?, "
	    "last_error = ?, failed_at = ?, " CLEAR_LEASE "NULL" WITH_LEASE, .in = &reschedule_in },
	[JOB_SQL_BURY] = { "UPDATE jobs SET state = 'dead', dedupe_key = NULL, attempts = ?, "
	    "last_error = ?, failed_at = COALESCE(failed_at, ?), " CLEAR_LEASE "?" WITH_LEASE,
	    .in = &bury_in },
	[JOB_SQL_DEAD_LETTER] = { "INSERT INTO dead_letters (id, job_id, queue, kind, payload, "
	    "attempts, last_error, first_failed_at) SELECT ?, id, queue, kind, payload, "
	    "attempts, last_error, failed_at FROM jobs WHERE id = ?", .in = &letter_in },
	{ NULL, NULL, NULL },
};

const struct query job_requeue_queries[] = {
	[JOB_SQL_REQUEUE] = { "UPDATE dead_letters SET retried_at = ? WHERE id = ? AND "
	    "retried_at IS NULL", .in = &requeue_in },
	[JOB_SQL_READ_LETTER] = { "SELECT queue, kind, payload FROM dead_letters WHERE id = ?",
	    .in = &read_letter_in, .out = &letter_out },
	{ NULL, NULL, NULL },
};
