/* idem - a key, the effect of its request and its answer: one transaction. */
#include "db/db.h"
#include "route/idem.h"

#include "crypto/crypto.h"

#define MAX_KEY	255
#define BUSY_CODE	1205	/* of a lock that is not waited for */
#define TYPE_LINE	"Content-Type: "

/* A row of idempotency_keys. */
struct row {
	int64_t		 id, status;
	struct str	 scope_hash, body_hash, headers, tags, body;
};

static const struct schema key = SCHEMA("IdempotencyKey", struct row,
	FIELD_STR(struct row, scope_hash, .doc = "Whose key, for what"),
	FIELD_STR(struct row, body_hash, .doc = "Of the body"));

static const struct schema scope = SCHEMA("IdempotencyScope", struct row,
	FIELD_STR(struct row, scope_hash, .doc = "Whose key, for what"));

static const struct schema kept = SCHEMA("IdempotencyAnswer", struct row,
	FIELD_INT(struct row, status, .doc = "Status"),
	FIELD_STR(struct row, headers, .doc = "Headers"),
	FIELD_STR(struct row, tags, .doc = "What it made stale"),
	FIELD_STR(struct row, body, .doc = "Body"),
	FIELD_INT(struct row, id, .doc = "Key"));

static const struct schema found = SCHEMA("IdempotencyFound", struct row,
	FIELD_STR(struct row, body_hash, .doc = "Of the body"),
	FIELD_INT(struct row, status, .doc = "Status"),
	FIELD_STR(struct row, headers, .doc = "Headers"),
	FIELD_STR(struct row, tags, .doc = "What it made stale"),
	FIELD_STR(struct row, body, .doc = "Body"));

enum { TAKE, KEEP, FIND };

/*
 * Who holds a key has it locked until its answer is there, and nobody waits for
 * it: FIND, too, meets the lock, so that a key that is held and one that was
 * given up are not taken for each other.
 */
const struct query idem_queries[] = {
	[TAKE] = { "SET STATEMENT innodb_lock_wait_timeout = 0 FOR"
	    " INSERT INTO idempotency_keys (scope_hash, body_hash) VALUES (?, ?)",
	    .in = &key },
	[KEEP] = { "UPDATE idempotency_keys SET status = ?, headers = ?, tags = ?,"
	    " body = ? WHERE id = ?", .in = &kept },
	[FIND] = { "SELECT body_hash, status, headers, tags, body FROM idempotency_keys"
	    " WHERE scope_hash = ? LOCK IN SHARE MODE NOWAIT",
	    .in = &scope, .out = &found },
	{ NULL, NULL, NULL },
};

/* --- the header ------------------------------------------------------------------ */

static bool
is_key_byte(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9') || c == '.' || c == '_' || c == ':' || c == '-';
}

/* What stands in the quotes, or without; absent when it is no key. */
static struct str
key_of(struct str header)
{
	struct str	 s = str_trim(header), none = { NULL, 0 };

	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		s = (struct str){ s.p + 1, s.n - 2 };
	if (s.n == 0 || s.n > MAX_KEY)
		return none;
	for (size_t i = 0; i < s.n; i++)
		if (!is_key_byte(s.p[i]))
			return none;
	return s;
}

static struct str
header_of(const struct req *rq)
{
	return req_env(rq, "HTTP_IDEMPOTENCY_KEY");
}

bool
idem_wanted(const struct req *rq, enum idem_rule rule)
{
	return rule != IDEM_NONE && header_of(rq).p != NULL;
}

enum http_status
idem_header(struct req *rq, struct resp *rs, enum idem_rule rule)
{
	if (idem_wanted(rq, rule))
		return key_of(header_of(rq)).p != NULL ? 0 :
		    resp_problem(rs, HTTP_BAD_REQUEST, "invalid_header",
		    "Idempotency-Key is not 1 to %d of A-Z a-z 0-9 . _ : -", MAX_KEY);
	return rule != IDEM_REQUIRED ? 0 :
	    resp_problem(rs, HTTP_BAD_REQUEST, "idempotency_key_missing",
	    "send an Idempotency-Key header with a new key for each new operation");
}

/* --- the key --------------------------------------------------------------------- */

/* A request with a key on its way. */
struct keyed {
	struct req		*rq;
	struct resp		*rs, before;	/* as it was when nothing was done */
	enum http_status	 (*run)(struct req *, struct resp *);
	enum http_status	 status;
	bool			 doubt;		/* COMMIT was lost on its way */
	uint8_t			 scope[SHA256_LEN], body[SHA256_LEN];
};

/* With its length, so that no two lists of texts are alike. */
static void
put_part(struct buf *b, struct str s)
{
	buf_int(b, (int64_t)s.n);
	buf_byte(b, ':');
	buf_str(b, s);
}

static bool
make_scope(struct keyed *k)
{
	const struct req	*rq = k->rq;
	struct buf		 b;

	buf_init(&b, rq->arena);
	buf_puts(&b, rq->user != NULL ? "token " : "address ");
	put_part(&b, rq->user != NULL ? rq->user->client_id : rq->origin.address);
	put_part(&b, rq->user != NULL ? rq->user->sub : STR(""));
	put_part(&b, str_of(http_method_name(rq->method)));
	for (size_t i = 0; i < rq->target.segments; i++)
		put_part(&b, rq->target.segment[i]);
	buf_byte(&b, ' ');
	put_part(&b, key_of(header_of(rq)));
	return buf_ok(&b) && crypto_sha256(buf_view(&b), k->scope);
}

static struct val
bytes(const void *p, size_t n)
{
	return (struct val){ .kind = VAL_BYTES, .s = { p, n } };
}

static enum db_err
take_key(struct store *st, const struct keyed *k, int64_t *id)
{
	const struct val	 v[] = { bytes(k->scope, sizeof(k->scope)),
				    bytes(k->body, sizeof(k->body)) };
	struct db_result		 done = { 0, 0 };
	enum db_err		 err = db_exec(st->db, str_of(idem_queries[TAKE].sql),
				    v, NELEMS(v), &done);

	*id = done.insert_id;
	if (err == DB_RETRY && db_error_code(st->db) == BUSY_CODE)
		return DB_DUPLICATE;
	return err;
}

/* --- the answer, kept -------------------------------------------------------------- */

static bool
is_kept(enum http_status status)
{
	return (status >= 200 && status < 300) || status == HTTP_PAYMENT_REQUIRED ||
	    status == HTTP_NOT_FOUND || status == HTTP_CONFLICT ||
	    status == HTTP_UNPROCESSABLE;
}

static void
put_line(struct buf *b, const char *name, struct str value)
{
	if (value.p == NULL)
		return;
	buf_puts(b, name);
	buf_str(b, value);
	buf_puts(b, "\r\n");
}

/* Those of the answer alone: what was there before says how it is now. */
static void
put_headers(struct buf *b, const struct keyed *k)
{
	const struct resp	*rs = k->rs;
	char			 text[32];

	put_line(b, TYPE_LINE, str_of(rs->type));
	put_line(b, "ETag: ", rs->etag);
	if (k->status < 400)
		put_line(b, "Link: ", rs->link);
	if (k->status < 400 && rs->modified.has) {
		stamp_http(rs->modified, text);
		put_line(b, "Last-Modified: ", str_of(text));
	}
	buf_str(b, str_from(buf_view(&rs->headers), k->before.headers.n));
}

static struct val
tags_val(const struct store *st, struct buf *b)
{
	const struct str	*tags;
	size_t			 n = store_invalidated(st, &tags);

	if (n == SIZE_MAX)
		return (struct val){ .kind = VAL_NULL };
	for (size_t i = 0; i < n; i++) {
		buf_str(b, tags[i]);
		buf_byte(b, '\0');
	}
	return bytes(b->p == NULL ? "" : b->p, b->n);
}

static enum db_err
keep_answer(struct store *st, const struct keyed *k, int64_t id)
{
	struct buf	 headers, tags;
	struct val	 v[5];

	buf_init(&headers, st->arena);
	buf_init(&tags, st->arena);
	put_headers(&headers, k);
	v[0] = VAL_OF_INT((int64_t)k->status);
	v[1] = bytes(headers.p, headers.n);
	v[2] = tags_val(st, &tags);
	v[3] = bytes(k->rs->body.p == NULL ? "" : k->rs->body.p, k->rs->body.n);
	v[4] = VAL_OF_INT(id);
	if (!buf_ok(&headers) || !buf_ok(&tags) || !buf_ok(&k->rs->body) ||
	    !buf_ok(&k->rs->headers))
		return DB_NO_MEMORY;
	return db_exec(st->db, str_of(idem_queries[KEEP].sql), v, NELEMS(v), NULL);
}

/* DB_ABORT: somebody has, or had, this key.  DB_NOT_FOUND: refused, and nothing is kept. */
static enum db_err
keyed_run(struct store *st, void *arg)
{
	struct keyed	*k = arg;
	int64_t		 id;
	enum db_err	 err = take_key(st, k, &id);

	*k->rs = k->before;
	if (err != DB_OK)
		return err == DB_DUPLICATE ? DB_ABORT : err;
	k->status = k->run(k->rq, k->rs);
	return is_kept(k->status) ? keep_answer(st, k, id) : DB_NOT_FOUND;
}

/* --- the answer, again -------------------------------------------------------------- */

static enum db_err
find_key(struct store *st, const struct keyed *k, struct row *out)
{
	const struct val	 v = bytes(k->scope, sizeof(k->scope));
	struct db_rows		 rows;
	enum db_err		 err = db_query(st->db, st->arena,
				    str_of(idem_queries[FIND].sql), &v, 1, &rows);

	if (err != DB_OK || rows.n == 0)
		return err == DB_OK ? DB_NOT_FOUND : err;
	*out = (struct row){ .body_hash = rows.v[0].s, .status = rows.v[1].i,
	    .headers = rows.v[2].s, .tags = rows.v[3].s, .body = rows.v[4].s };
	return DB_OK;
}

static void
tags_again(struct store *st, struct str all)
{
	struct str	 tags[GENERATION_TAGS];
	size_t		 n = 0;

	if (all.p == NULL)
		n = GENERATION_TAGS + 1;
	while (all.n > 0 && n < GENERATION_TAGS)
		tags[n++] = str_cut(&all, '\0');
	store_invalidate_now(st, tags, n);
}

/* As it was given; only what names this request is new. */
static enum http_status
give(struct keyed *k, const struct row *row)
{
	struct resp	*rs = k->rs;
	struct str	 rest = row->headers, type = str_cut(&rest, '\r');

	tags_again(k->rq->store, row->tags);
	type = arena_copy(k->rq->arena, str_from(type, strlen(TYPE_LINE)));
	if (type.p == NULL)
		return resp_db_error(rs, DB_NO_MEMORY);
	rs->type = type.p;
	buf_str(&rs->headers, str_from(rest, 1));
	if (!k->doubt)
		resp_header(rs, "Idempotent-Replayed", "true");
	buf_init(&rs->body, k->rq->arena);
	buf_str(&rs->body, row->body);
	return resp_json(rs, (enum http_status)row->status);
}

static enum http_status
busy(struct resp *rs)
{
	resp_header(rs, "Retry-After", "1");
	return resp_problem(rs, HTTP_CONFLICT, "idempotency_in_progress",
	    "the first request with this key is still running");
}

/* DB_OK: answered.  DB_NOT_FOUND: the key is not there, or not any more. */
static enum db_err
look(struct keyed *k, enum idem_result *result)
{
	struct row	 row;
	enum db_err	 err = find_key(k->rq->store, k, &row);

	if (err == DB_RETRY || (err == DB_OK && row.status == 0)) {
		*result = IDEM_BUSY;
		k->status = busy(k->rs);
		return DB_OK;
	}
	if (err != DB_OK)
		return err;
	if (str_eq(row.body_hash, (struct str){ (char *)k->body, sizeof(k->body) })) {
		*result = k->doubt ? IDEM_NEW : IDEM_REPLAYED;
		k->status = give(k, &row);
	} else {
		*result = IDEM_MISMATCH;
		k->status = resp_problem(k->rs, HTTP_UNPROCESSABLE,
		    "idempotency_key_reused",
		    "this key was used before with a different request");
	}
	return DB_OK;
}

/*
 * Until the key is ours, or known to be somebody's.  Where COMMIT was lost on
 * its way, the key tells whether it was done.
 */
static enum http_status
run_or_look(struct keyed *k, enum idem_result *result)
{
	enum db_err	 err = DB_NOT_FOUND;

	for (int i = 0; i < STORE_ATTEMPTS && err == DB_NOT_FOUND && !k->doubt; i++) {
		err = store_write(k->rq->store, NULL, 0, keyed_run, k);
		if (err == DB_OK)
			*result = IDEM_NEW;
		if (err == DB_OK || err == DB_NOT_FOUND)
			return k->status;
		*k->rs = k->before;
		k->doubt = err == DB_OUTCOME_UNKNOWN;
		if ((err == DB_ABORT || k->doubt) && (err = look(k, result)) == DB_OK)
			return k->status;
	}
	return resp_db_error(k->rs, k->doubt ? DB_OUTCOME_UNKNOWN : err == DB_NOT_FOUND ? DB_RETRY : err);
}

enum http_status
idem_run(struct req *rq, struct resp *rs,
    enum http_status (*run)(struct req *, struct resp *), enum idem_result *result)
{
	struct keyed	 k = { .rq = rq, .rs = rs, .before = *rs, .run = run };

	*result = IDEM_UNUSED;
	if (!make_scope(&k) ||
	    !crypto_hmac(str_of(rq->conf->secret), rq->body.bytes, k.body))
		return resp_db_error(rs, DB_NO_MEMORY);
	return run_or_look(&k, result);
}
