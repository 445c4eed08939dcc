/*
 * resource/cursor - where the last page ended, as a signed text.
 *
 * base64url of: version (1 byte), SHA-256 of filters and sort (first 8 bytes), the
 * values of the sort columns, HMAC-SHA-256 of all this (first 16 bytes).  It holds no
 * time, so that the same page always has the same cursor and the same ETag.
 */
#include "crypto/crypto.h"
#include "db/row.h"
#include "resource/cursor.h"

#define CURSOR_VERSION	1
#define CURSOR_MAC	16
#define CURSOR_HASH	8
#define MAX_CURSOR	2048

static bool
put_fingerprint(const struct list_query *q, struct buf *out)
{
	uint8_t	 digest[SHA256_LEN];

	if (!crypto_sha256(q->fingerprint, digest))
		return false;
	buf_put(out, digest, CURSOR_HASH);
	return true;
}

/* The kind, then eight bytes, or two bytes of length and the text. */
static void
put_val(struct buf *out, const struct val *v)
{
	uint8_t		 kind = (uint8_t)v->kind;
	uint16_t	 n = (uint16_t)v->s.n;

	buf_put(out, &kind, sizeof(kind));
	switch (v->kind) {
	case VAL_NULL:
		break;
	case VAL_INT:
	case VAL_STAMP:
		buf_put(out, &v->i, sizeof(v->i));
		break;
	case VAL_NUM:
		buf_put(out, &v->d, sizeof(v->d));
		break;
	case VAL_TEXT:
	case VAL_BYTES:
	case VAL_DECIMAL:
		buf_put(out, &n, sizeof(n));
		buf_put(out, v->s.p, n);
		break;
	}
}

static bool
read_bytes(struct str *rest, void *out, size_t n)
{
	if (rest->n < n)
		return false;
	memcpy(out, rest->p, n);
	*rest = str_from(*rest, n);
	return true;
}

static bool
read_val(struct str *rest, struct val *v)
{
	uint8_t		 kind;
	uint16_t	 n;

	*v = (struct val){ .kind = VAL_NULL };
	if (!read_bytes(rest, &kind, sizeof(kind)) || kind > VAL_STAMP)
		return false;
	v->kind = (enum val_kind)kind;
	switch (v->kind) {
	case VAL_NULL:
		return true;
	case VAL_INT:
	case VAL_STAMP:
		return read_bytes(rest, &v->i, sizeof(v->i));
	case VAL_NUM:
		return read_bytes(rest, &v->d, sizeof(v->d));
	case VAL_TEXT:
	case VAL_BYTES:
	case VAL_DECIMAL:
		break;
	}
	if (!read_bytes(rest, &n, sizeof(n)) || rest->n < n)
		return false;
	v->s = (struct str){ rest->p, n };
	*rest = str_from(*rest, n);
	return true;
}

static bool
compute_mac(const struct req *rq, struct str text, uint8_t mac[SHA256_LEN])
{
	return crypto_hmac(str_of(rq->conf->secret), text, mac);
}

bool
cursor_write(const struct req *rq, const struct list_query *q, const void *row,
    struct buf *out)
{
	struct sort_column	 by[MAX_SORT_COLUMNS];
	size_t		 n = sort_columns(rq->route->resource, q->sort, by);
	struct val	 v[2];
	uint8_t		 mac[SHA256_LEN];
	struct buf	 b;

	buf_init(&b, rq->arena);
	buf_byte(&b, CURSOR_VERSION);
	if (!put_fingerprint(q, &b))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!row_bind(by[i].field, row, rq->arena, v))
			return false;
		put_val(&b, &v[0]);
	}
	if (!buf_ok(&b) || !compute_mac(rq, buf_view(&b), mac))
		return false;
	buf_put(&b, mac, CURSOR_MAC);
	crypto_base64url_encode(out, b.p, b.n);
	return buf_ok(&b) && buf_ok(out);
}

static bool
is_genuine(const struct req *rq, const struct list_query *q, struct str *bytes)
{
	uint8_t	 mac[SHA256_LEN], digest[SHA256_LEN];

	if (bytes->n < 1 + CURSOR_HASH + CURSOR_MAC)
		return false;
	bytes->n -= CURSOR_MAC;
	return compute_mac(rq, *bytes, mac) &&
	    crypto_equal(mac, bytes->p + bytes->n, CURSOR_MAC) &&
	    bytes->p[0] == CURSOR_VERSION && crypto_sha256(q->fingerprint, digest) &&
	    crypto_equal(digest, bytes->p + 1, CURSOR_HASH);
}

bool
cursor_read(const struct req *rq, struct list_query *q, struct str text)
{
	struct sort_column	 by[MAX_SORT_COLUMNS];
	size_t		 n = sort_columns(rq->route->resource, q->sort, by);
	struct str	 bytes;

	if (text.n > MAX_CURSOR || !crypto_base64url_decode(rq->arena, text, &bytes) ||
	    !is_genuine(rq, q, &bytes))
		return false;
	bytes = str_from(bytes, 1 + CURSOR_HASH);
	for (size_t i = 0; i < n; i++)
		if (!read_val(&bytes, &q->last[i]))
			return false;
	q->after = true;
	return bytes.n == 0;
}
