/* resource/read - lists and single rows. */
#include <stdio.h>

#include "crypto/crypto.h"
#include "db/db.h"
#include "db/row.h"
#include "schema/encode.h"
#include "schema/json.h"
#include "resource/change.h"
#include "resource/cursor.h"
#include "resource/expand.h"
#include "resource/operations.h"
#include "resource/parent.h"
#include "resource/sql.h"

void
rows_encode(struct buf *b, const struct resource *r, const struct list_query *q,
    const struct expansion *e, size_t n, const void *row)
{
	encode_open(b, r->schema, row, visibility_members(r, &q->visibility, row, q->show));
	expand_encode(b, r, e, n, row);
	json_close(b, "}");
}

static enum db_err
count_rows(struct store *st, const struct resource *r, const struct list_query *q,
    int64_t *total)
{
	struct statement	 sql;
	struct db_rows		 got;
	enum db_err		 err;

	statement_init(&sql, st->arena);
	sql_count(&sql, r, q);
	if (!statement_ok(&sql))
		return DB_NO_MEMORY;
	err = db_query(st->db, st->arena, buf_view(&sql.sql), sql.v, sql.n, &got);
	*total = err == DB_OK && got.n == 1 ? got.v[0].i : 0;
	return err;
}

/* The URI of the next page, for the header Link (RFC 8288). */
static struct str
next_uri(const struct req *rq, struct str cursor)
{
	struct str	 rest = rq->target.query, piece;
	struct buf	 b;
	char		 before = '?';

	buf_init(&b, rq->arena);
	buf_byte(&b, '<');
	buf_str(&b, rq->target.base);
	buf_str(&b, rq->target.path);
	while (rest.p != NULL) {
		piece = str_cut(&rest, '&');
		if (piece.n == 0 || str_starts(piece, STR("cursor=")))
			continue;
		buf_byte(&b, before);
		buf_str(&b, piece);
		before = '&';
	}
	buf_byte(&b, before);
	buf_puts(&b, "cursor=");
	buf_str(&b, cursor);
	buf_puts(&b, ">; rel=\"next\"");
	return buf_ok(&b) ? buf_view(&b) : (struct str){ NULL, 0 };
}

static void
put_next_page(struct req *rq, struct resp *rs, const struct list_query *q, const void *last)
{
	struct buf	 cursor;

	json_close(&rs->body, "]");
	if (last == NULL)
		return;
	buf_init(&cursor, rq->arena);
	if (!cursor_write(rq, q, last, &cursor)) {
		rs->body.failed = true;
		return;
	}
	json_str(&rs->body, "next_cursor", buf_view(&cursor));
	rs->link = next_uri(rq, buf_view(&cursor));
}

static enum db_err
respond_page(struct req *rq, struct resp *rs, const struct list_query *q)
{
	const struct resource	*r = rq->route->resource;
	struct statement	 sql;
	struct rows		 found;
	struct expansion		*ex = NULL;
	size_t			 nex;
	bool			 more;
	enum db_err		 err;

	statement_init(&sql, rq->arena);
	sql_list(&sql, r, q);
	if ((err = rows_select(rq->store, r, &sql, &found)) != DB_OK)
		return err;
	more = found.n > (size_t)q->limit;
	found.n -= more;
	err = expand_find(rq, q->expand, &found, &ex, &nex);
	if (err != DB_OK)
		return err;
	json_open(&rs->body, NULL, '{');
	json_open(&rs->body, "items", '[');
	for (size_t i = 0; i < found.n; i++) {
		json_item(&rs->body);
		rows_encode(&rs->body, r, q, ex, nex, rows_at(r, &found, i));
	}
	put_next_page(rq, rs, q, more ? rows_at(r, &found, found.n - 1) : NULL);
	return DB_OK;
}

enum http_status
resource_list(struct req *rq, struct resp *rs)
{
	const struct list_query	*q = rq->input.list;
	enum http_status	 status = parent_check(rq, rs);
	int64_t			 total = 0;
	enum db_err		 err;

	if (status != 0)
		return status;
	err = respond_page(rq, rs, q);
	if (err == DB_BAD_VALUE)		/* e.g. characters that the column lacks */
		return resp_problem(rs, HTTP_BAD_REQUEST, "invalid_parameter",
		    "the column of a filter cannot hold its value");
	if (err == DB_OK && q->count)
		err = count_rows(rq->store, rq->route->resource, q, &total);
	if (err != DB_OK)
		return resp_db_error(rs, err);
	if (q->count)
		json_int(&rs->body, "total", total);
	json_close(&rs->body, "}");
	return resp_json(rs, HTTP_OK);
}

/* ETag and Last-Modified; they must not reveal members that the caller cannot see. */
static void
set_validators(struct resp *rs, const struct resource *r, const struct list_query *q,
    const void *row, struct str version)
{
	const struct field	*f = r->modified == NULL ? NULL :
				    schema_find(r->schema, str_of(r->modified));
	uint64_t		 seen = visibility_members(r, &q->visibility, row, ENCODE_ALL);

	if (r->version == NULL && seen != ENCODE_ALL)
		version = rows_version(r, rs->arena, row, NULL, seen);
	resp_etag(rs, version);
	if (f != NULL && (seen & UINT64_C(1) << (f - r->schema->fields)))
		rs->modified = *(const struct stamp *)field_at(f, row);
}

enum db_err
rows_respond(struct req *rq, struct resp *rs, const struct resource *r,
    const struct list_query *q, const void *key)
{
	struct statement	 sql;
	struct rows		 found;
	struct expansion		*ex = NULL;
	size_t			 nex;
	enum db_err		 err;

	statement_init(&sql, rq->arena);
	sql_get(&sql, r, q, key);
	if ((err = rows_select(rq->store, r, &sql, &found)) != DB_OK)
		return err == DB_BAD_VALUE ? DB_NOT_FOUND : err;
	if (found.n == 0)
		return DB_NOT_FOUND;
	err = expand_find(rq, q->expand, &found, &ex, &nex);
	if (err != DB_OK)
		return err;
	buf_init(&rs->body, rq->arena);
	rows_encode(&rs->body, r, q, ex, nex, found.rows);
	set_validators(rs, r, q, found.rows, found.versions[0]);
	return DB_OK;
}

enum http_status
resource_get(struct req *rq, struct resp *rs)
{
	enum http_status	 status = parent_check(rq, rs);
	enum db_err		 err;

	if (status != 0)
		return status;
	err = rows_respond(rq, rs, rq->route->resource, rq->input.list, rq->input.keys);
	return err == DB_OK ? resp_json(rs, HTTP_OK) : resp_db_error(rs, err);
}

enum http_status
resource_respond(struct req *rq, struct resp *rs, const struct resource *r,
    const void *key, enum http_status good)
{
	const struct list_query	 all = { .show = ENCODE_ALL, .need = ENCODE_ALL,
				    .visibility = { .hidden_rows = true, .all_rows = true,
				    .private_members = true } };
	enum db_err		 err = rows_respond(rq, rs, r, &all, key);

	return err == DB_OK ? resp_json(rs, good) : resp_db_error(rs, err);
}
