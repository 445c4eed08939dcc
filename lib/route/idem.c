/* idem - store a key, the effect of its request and the response in one transaction. */
#include "db/db.h"
#include "route/idem.h"

#include "crypto/crypto.h"

#define MAX_KEY	255
#define LOCK_WAIT_TIMEOUT	1205	/* ER_LOCK_WAIT_TIMEOUT */
#define TYPE_LINE	"Content-Type: "

/* A row of idempotency_keys. */
struct idem_row {
	int64_t		 id, status;
	struct str	 scope_hash, body_hash, headers, tags, body;
};

static const struct schema key = SCHEMA("IdempotencyKey", struct idem_row,
	FIELD_STR(struct idem_row, scope_hash, .doc = "Hash of client, subject, method, path and key"),
	FIELD_STR(struct idem_row, body_hash, .doc = "Hash of the request body"));

static const struct schema scope = SCHEMA("IdempotencyScope", struct idem_row,
	FIELD_STR(struct idem_row, scope_hash, .doc = "Hash of client, subject, method, path and key"));

static const struct schema stored = SCHEMA("IdempotencyAnswer", struct idem_row,
	FIELD_INT(struct idem_row, status, .doc = "Status of the response"),
	FIELD_STR(struct idem_row, headers, .doc = "Headers of the response"),
	FIELD_STR(struct idem_row, tags, .doc = "Invalidated cache tags"),
	FIELD_STR(struct idem_row, body, .doc = "Body of the response"),
	FIELD_INT(struct idem_row, id, .doc = "Id of the row"));

static const struct schema found = SCHEMA("IdempotencyFound", struct idem_row,
	FIELD_STR(struct idem_row, body_hash, .doc = "Hash of the request body"),
	FIELD_INT(struct idem_row, status, .doc = "Status of the response"),
	FIELD_STR(struct idem_row, headers, .doc = "Headers of the response"),
	FIELD_STR(struct idem_row, tags, .doc = "Invalidated cache tags"),
	FIELD_STR(struct idem_row, body, .doc = "Body of the response"));

enum { INSERT_KEY, STORE_RESPONSE, FIND_KEY };

/*
 * The first request holds a lock on its key until it commits, and no other request
 * waits for the lock.  FIND_KEY locks, too, to tell a key in use from a key that was
 * rolled back.
 */
const struct query idem_queries[] = {
	[INSERT_KEY] = { "SET STATEMENT innodb_lock_wait_timeout = 0 FOR"
	    " INSERT INTO idempotency_keys (scope_hash, body_hash) VALUES (?, ?)",
	    .in = &key },
	[STORE_RESPONSE] = { "UPDATE idempotency_keys SET status = ?, headers = ?, tags = ?,"
	    " body = ? WHERE id = ?", .in = &stored },
	[FIND_KEY] = { "SELECT body_hash, status, headers, tags, body FROM idempotency_keys"
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

/* The key without its quotes; absent if it is malformed. */
static struct str
parse_key(struct str header)
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
key_header(const struct req *rq)
{
	return req_env(rq, "HTTP_IDEMPOTENCY_KEY");
}

bool
idem_wanted(const struct req *rq, enum idem_rule rule)
{
	return rule != IDEM_NONE && key_header(rq).p != NULL;
}

enum http_status
idem_header(struct req *rq, struct resp *rs, enum idem_rule rule)
{
	if (idem_wanted(rq, rule))
		return parse_key(key_header(rq)).p != NULL ? 0 :
		    resp_problem(rs, HTTP_BAD_REQUEST, "invalid_header",
		    "Idempotency-Key must be 1 to %d characters of A-Z a-z 0-9 . _ : -", MAX_KEY);
	return rule != IDEM_REQUIRED ? 0 :
	    resp_problem(rs, HTTP_BAD_REQUEST, "idempotency_key_missing",
	    "send an Idempotency-Key header with a new key for each new operation");
}

/* --- the key --------------------------------------------------------------------- */

/* A request with a key while it runs. */
struct idem_request {
	struct req		*rq;
	struct resp		*rs, before;	/* `before`: the response before the first attempt */
	enum http_status	 (*run)(struct req *, struct resp *);
	enum http_status	 status;
	bool			 outcome_unknown; /* the connection was lost during COMMIT */
	uint8_t			 scope[SHA256_LEN], body[SHA256_LEN];
};

/* With its length, so that different lists of texts never give the same bytes. */
static void
put_part(struct buf *b, struct str s)
{
	buf_int(b, (int64_t)s.n);
	buf_byte(b, ':');
	buf_str(b, s);
}

static bool
hash_scope(struct idem_request *k)
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
	put_part(&b, parse_key(key_header(rq)));
	return buf_ok(&b) && crypto_sha256(buf_view(&b), k->scope);
}

static struct val
val_of_bytes(const void *p, size_t n)
{
	return (struct val){ .kind = VAL_BYTES, .s = { p, n } };
}

static enum db_err
insert_key(struct store *st, const struct idem_request *k, int64_t *id)
{
	const struct val	 v[] = { val_of_bytes(k->scope, sizeof(k->scope)),
				    val_of_bytes(k->body, sizeof(k->body)) };
	struct db_result		 done = { 0, 0 };
	enum db_err		 err = db_exec(st->db, str_of(idem_queries[INSERT_KEY].sql),
				    v, NELEMS(v), &done);

	*id = done.insert_id;
	if (err == DB_RETRY && db_error_code(st->db) == LOCK_WAIT_TIMEOUT)
		return DB_DUPLICATE;
	return err;
}

/* --- storing the response ----------------------------------------------------------- */

static bool
is_stored(enum http_status status)
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

/* The headers that the function added: earlier ones (quotas) are made for each request. */
static void
put_headers(struct buf *b, const struct idem_request *k)
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
	return val_of_bytes(b->p == NULL ? "" : b->p, b->n);
}

static enum db_err
store_response(struct store *st, const struct idem_request *k, int64_t id)
{
	struct buf	 headers, tags;
	struct val	 v[5];

	buf_init(&headers, st->arena);
	buf_init(&tags, st->arena);
	put_headers(&headers, k);
	v[0] = VAL_OF_INT((int64_t)k->status);
	v[1] = val_of_bytes(headers.p, headers.n);
	v[2] = tags_val(st, &tags);
	v[3] = val_of_bytes(k->rs->body.p == NULL ? "" : k->rs->body.p, k->rs->body.n);
	v[4] = VAL_OF_INT(id);
	if (!buf_ok(&headers) || !buf_ok(&tags) || !buf_ok(&k->rs->body) ||
	    !buf_ok(&k->rs->headers))
		return DB_NO_MEMORY;
	return db_exec(st->db, str_of(idem_queries[STORE_RESPONSE].sql), v, NELEMS(v), NULL);
}

/* DB_ABORT: the key is in use or was used.  DB_NOT_FOUND: the response is not stored. */
static enum db_err
run_with_key(struct store *st, void *arg)
{
	struct idem_request	*k = arg;
	int64_t		 id;
	enum db_err	 err = insert_key(st, k, &id);

	*k->rs = k->before;
	if (err != DB_OK)
		return err == DB_DUPLICATE ? DB_ABORT : err;
	k->status = k->run(k->rq, k->rs);
	return is_stored(k->status) ? store_response(st, k, id) : DB_NOT_FOUND;
}

/* --- replaying the response --------------------------------------------------------- */

static enum db_err
find_key(struct store *st, const struct idem_request *k, struct idem_row *out)
{
	const struct val	 v = val_of_bytes(k->scope, sizeof(k->scope));
	struct db_rows		 rows;
	enum db_err		 err = db_query(st->db, st->arena,
				    str_of(idem_queries[FIND_KEY].sql), &v, 1, &rows);

	if (err != DB_OK || rows.n == 0)
		return err == DB_OK ? DB_NOT_FOUND : err;
	*out = (struct idem_row){ .body_hash = rows.v[0].s, .status = rows.v[1].i,
	    .headers = rows.v[2].s, .tags = rows.v[3].s, .body = rows.v[4].s };
	return DB_OK;
}

static void
invalidate_again(struct store *st, struct str all)
{
	struct str	 tags[GENERATION_TAGS];
	size_t		 n = 0;

	if (all.p == NULL)
		n = GENERATION_TAGS + 1;
	while (all.n > 0 && n < GENERATION_TAGS)
		tags[n++] = str_cut(&all, '\0');
	store_invalidate_now(st, tags, n);
}

/* Send the stored response; headers of this request stay. */
static enum http_status
replay(struct idem_request *k, const struct idem_row *row)
{
	struct resp	*rs = k->rs;
	struct str	 rest = row->headers, type = str_cut(&rest, '\r');

	invalidate_again(k->rq->store, row->tags);
	type = arena_copy(k->rq->arena, str_from(type, strlen(TYPE_LINE)));
	if (type.p == NULL)
		return resp_db_error(rs, DB_NO_MEMORY);
	rs->type = type.p;
	buf_str(&rs->headers, str_from(rest, 1));
	if (!k->outcome_unknown)
		resp_header(rs, "Idempotent-Replayed", "true");
	buf_init(&rs->body, k->rq->arena);
	buf_str(&rs->body, row->body);
	return resp_json(rs, (enum http_status)row->status);
}

static enum http_status
refuse_in_progress(struct resp *rs)
{
	resp_header(rs, "Retry-After", "1");
	return resp_problem(rs, HTTP_CONFLICT, "idempotency_in_progress",
	    "the first request with this key is still running");
}

/* DB_OK: the response is made.  DB_NOT_FOUND: no such key, or not any more. */
static enum db_err
lookup_key(struct idem_request *k, enum idem_result *result)
{
	struct idem_row	 row;
	enum db_err	 err = find_key(k->rq->store, k, &row);

	if (err == DB_RETRY || (err == DB_OK && row.status == 0)) {
		*result = IDEM_BUSY;
		k->status = refuse_in_progress(k->rs);
		return DB_OK;
	}
	if (err != DB_OK)
		return err;
	if (str_eq(row.body_hash, (struct str){ (char *)k->body, sizeof(k->body) })) {
		*result = k->outcome_unknown ? IDEM_NEW : IDEM_REPLAYED;
		k->status = replay(k, &row);
	} else {
		*result = IDEM_MISMATCH;
		k->status = resp_problem(k->rs, HTTP_UNPROCESSABLE,
		    "idempotency_key_reused",
		    "this key was used before with a different request");
	}
	return DB_OK;
}

/*
 * Repeat until the key is inserted, or found in use.  If the connection was lost during
 * COMMIT, the existence of the key tells whether it was committed.
 */
static enum http_status
run_or_replay(struct idem_request *k, enum idem_result *result)
{
	enum db_err	 err = DB_NOT_FOUND;

	for (int i = 0; i < STORE_ATTEMPTS && err == DB_NOT_FOUND && !k->outcome_unknown; i++) {
		err = store_write(k->rq->store, NULL, 0, run_with_key, k);
		if (err == DB_OK)
			*result = IDEM_NEW;
		if (err == DB_OK || err == DB_NOT_FOUND)
			return k->status;
		*k->rs = k->before;
		k->outcome_unknown = err == DB_OUTCOME_UNKNOWN;
		if ((err == DB_ABORT || k->outcome_unknown) && (err = lookup_key(k, result)) == DB_OK)
			return k->status;
	}
	if (k->outcome_unknown)
		return resp_db_error(k->rs, DB_OUTCOME_UNKNOWN);
	return resp_db_error(k->rs, err == DB_NOT_FOUND ? DB_RETRY : err);
}

enum http_status
idem_run(struct req *rq, struct resp *rs,
    enum http_status (*run)(struct req *, struct resp *), enum idem_result *result)
{
	struct idem_request	 k = { .rq = rq, .rs = rs, .before = *rs, .run = run };

	*result = IDEM_UNUSED;
	if (!hash_scope(&k) ||
	    !crypto_hmac(str_of(rq->conf->secret), rq->body.bytes, k.body))
		return resp_db_error(rs, DB_NO_MEMORY);
	return run_or_replay(&k, result);
}
