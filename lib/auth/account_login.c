/*
 * account_login - limits failed passwords.
 *
 * A try is counted before it is checked, and taken back if it was not checked
 * after all. So at most ACCOUNT_FAILURES tries are checked, however many run at
 * the same time. The count covers the current slice of time and the part of the
 * last slice that a sliding window of one slice still covers.
 */
#include "schema/utf8.h"
#include "auth/account.h"

#include "base/clock.h"
#include "crypto/crypto.h"
#include "schema/json_check.h"

struct failures {
	struct str	 account;	/* keyed hash, in hexadecimal */
	int64_t		 slice, n;
};

#define ACCOUNT	FIELD_STR(struct failures, account, .doc = "Keyed hash of the account or name")
#define SLICE	FIELD_INT(struct failures, slice, .doc = "Number of the time slice")
#define N	FIELD_INT(struct failures, n, .doc = "Failed tries")

static const struct schema all_of = SCHEMA("FailuresOf", struct failures, ACCOUNT);
static const struct schema of_slice = SCHEMA("FailuresIn", struct failures, ACCOUNT, SLICE);
static const struct schema counted = SCHEMA("Failures", struct failures, SLICE, N);

enum { COUNT, UNCOUNT, READ, CLEAR };

const struct query account_login_queries[] = {
	[COUNT] = { "INSERT INTO login_failures (account_hash, slice, n)"
	    " VALUES (UNHEX(?), ?, 1) ON DUPLICATE KEY UPDATE n = n + 1", .in = &of_slice },
	[UNCOUNT] = { "UPDATE login_failures SET n = n - 1"
	    " WHERE account_hash = UNHEX(?) AND slice = ? AND n > 0", .in = &of_slice },
	[READ] = { "SELECT slice, n FROM login_failures WHERE account_hash = UNHEX(?)"
	    " AND slice >= ? - 1", .in = &of_slice, .out = &counted },
	[CLEAR] = { "DELETE FROM login_failures WHERE account_hash = UNHEX(?)",
	    .in = &all_of },
	{ NULL, NULL, NULL },
};

static enum db_err
exec_failures(struct store *st, int which, const struct failures *f)
{
	return query_exec(st, &account_login_queries[which], f, NULL);
}

/* A keyed hash of the account's id, or of an unknown name in lower case. */
static bool
account_hash(const struct req *rq, const struct account_identity *a, struct str name, struct str *out)
{
	char		 id[UUID_LEN + 1];
	uint8_t		 digest[SHA256_LEN];
	struct buf	 b, hex;

	buf_init(&b, rq->arena);
	buf_init(&hex, rq->arena);
	buf_puts(&b, "login ");
	if (a != NULL) {
		uuid_text(a->id, id);
		buf_puts(&b, id);
	}
	for (size_t i = 0; a == NULL && i < name.n; i++)
		buf_byte(&b, name.p[i] >= 'A' && name.p[i] <= 'Z' ?
		    (char)(name.p[i] | 32) : name.p[i]);
	if (!buf_ok(&b) || !crypto_hmac(str_of(rq->conf->secret), buf_view(&b), digest))
		return false;
	buf_hex(&hex, digest, sizeof(digest));
	*out = buf_view(&hex);
	return buf_ok(&hex);
}

/* Count a try; `*locked`: the limit is reached. */
static enum db_err
count_try(struct store *st, const struct failures *now, int64_t within, bool *locked)
{
	struct failures	*f = NULL;
	void		*rows;
	size_t		 n;
	int64_t		 weight = 0;
	enum db_err	 err = exec_failures(st, COUNT, now);

	if (err == DB_OK)
		err = query_all(st, &account_login_queries[READ], now, &rows, &n);
	if (err != DB_OK)
		return err;
	for (f = rows; n > 0; n--, f++)
		weight += f->n * (f->slice == now->slice ? ACCOUNT_SLICE :
		    ACCOUNT_SLICE - within);
	*locked = weight > ACCOUNT_FAILURES * ACCOUNT_SLICE;
	return DB_OK;
}

/*
 * The name that was tried is not logged: people type passwords into the wrong
 * field.
 */
static enum db_err
audit_failure(const struct req *rq, const struct account_identity *a)
{
	struct audit_entry	 e = { .action = "login.failed" };

	if (a != NULL)
		e.target = account_path(rq->arena, a->id);
	return audit_add(rq->store, rq, &e);
}

/* Record the result of a try. */
static enum db_err
record_result(const struct req *rq, const struct account_identity *a, const struct failures *now,
    bool judged, const struct account_proof *p)
{
	enum db_err	 err = DB_OK;

	if (rq->conf->rate_limit && p->err == PASSWORD_OK)
		err = exec_failures(rq->store, CLEAR, now);
	else if (rq->conf->rate_limit && !judged)
		err = exec_failures(rq->store, UNCOUNT, now);
	if (err == DB_OK && p->err == PASSWORD_WRONG)
		err = audit_failure(rq, a);
	return err;
}

const char *
account_password_error(const struct conf *cf, struct str password, const char **why)
{
	size_t	 n = utf8_length(password);

	*why = "is too common: attackers try it first";
	if (n >= (size_t)cf->password_min && n <= MAX_ACCOUNT_PASSWORD)
		return password_is_common(password) ? "invalid_value" : NULL;
	*why = n < (size_t)cf->password_min ? "is too short" : "is too long";
	return n < (size_t)cf->password_min ? "too_short" : "too_long";
}

enum db_err
account_verify_password(const struct req *rq, const struct account_identity *a, struct str name,
    struct str password, struct account_proof *out)
{
	struct failures	 now = { .slice = clock_now_ms() / 1000 / ACCOUNT_SLICE };
	bool		 active = a != NULL && str_is(a->state, "active"), locked = false;
	struct str	 phc = { NULL, 0 };
	enum db_err	 err;

	*out = (struct account_proof){ .err = PASSWORD_WRONG };
	if (!account_hash(rq, a, name, &now.account))
		return DB_NO_MEMORY;
	if (rq->conf->rate_limit && (err = count_try(rq->store, &now,
	    clock_now_ms() / 1000 % ACCOUNT_SLICE, &locked)) != DB_OK)
		return err;
	if (active && !locked)
		phc = a->pw_hash;
	out->err = password_verify(rq->conf, password, phc, &out->stale);
	return record_result(rq, a, &now, !locked && (out->err == PASSWORD_OK ||
	    out->err == PASSWORD_WRONG), out);
}
