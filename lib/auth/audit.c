/* audit - rows of the audit log. */
#include "auth/audit.h"
#include "base/net.h"
#include "db/db.h"

#define AT_ONCE		64	/* rows of one INSERT: 1, 2, 4 ... 64 */
#define COLUMNS		6

/* Cut a text to the size of its column, at a whole character. */
static struct val
text_val(struct str s, size_t characters)
{
	size_t	 n = 0;

	if (s.p == NULL)
		return (struct val){ .kind = VAL_NULL };
	for (; n < s.n && characters > 0; characters--)
		n += str_utf8_len(str_from(s, n)) + (str_utf8_len(str_from(s, n)) == 0);
	return VAL_OF_STR(((struct str){ s.p, n < s.n ? n : s.n }));
}

/* The address as 4 bytes (IPv4) or 16 bytes (IPv6). */
static bool
address_val(struct arena *a, const struct req *rq, struct val *out)
{
	static const uint8_t	 mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct net_address	*ip = arena_new(a, struct net_address);
	bool			 four;

	*out = (struct val){ .kind = VAL_NULL };
	if (ip == NULL)
		return false;
	if (rq == NULL || !net_parse(rq->origin.address, ip))
		return true;
	four = memcmp(ip->b, mapped, sizeof(mapped)) == 0;
	*out = (struct val){ .kind = VAL_BYTES,
	    .s = { (const char *)ip->b + (four ? 12 : 0), four ? 4 : 16 } };
	return true;
}

static bool
request_val(struct arena *a, const struct req *rq, struct val *out)
{
	struct uuid	*id = arena_new(a, struct uuid);

	*out = (struct val){ .kind = VAL_NULL };
	if (id != NULL && rq != NULL && uuid_parse(str_of(rq->id), id))
		*out = VAL_OF_UUID(id);
	return id != NULL;
}

struct row {
	struct str	 actor, client_id, action, target, ip;
	struct uuid	 request_id;
};

static const struct schema row = SCHEMA("AuditRow", struct row,
	FIELD_STR(struct row, actor, .doc = "Subject that acted"),
	FIELD_STR(struct row, client_id, .doc = "Client"),
	FIELD_STR(struct row, action, .doc = "Action"),
	FIELD_STR(struct row, target, .doc = "Path of the changed resource"),
	FIELD_STR(struct row, ip, .doc = "Address of the client"),
	FIELD_UUID(struct row, request_id, .doc = "Id of the request"));

const struct query audit_queries[] = {
	{ "INSERT INTO audit (actor, client_id, action, target, ip, request_id) "
	  "VALUES (?,?,?,?,?,?)", .in = &row },
	{ NULL, NULL, NULL },
};

/* The INSERT statement for n rows. */
static void
put_audit_insert(struct buf *b, size_t n)
{
	buf_puts(b, audit_queries[0].sql);
	for (size_t i = 1; i < n; i++)
		buf_puts(b, ",(?,?,?,?,?,?)");
}

/* The values that all rows of a request share. */
struct common {
	struct str	 actor, client_id;
	struct val	 ip, request;
};

static enum db_err
add_audit_rows(struct store *st, const struct common *c, const struct audit_entry *e,
    size_t n)
{
	struct val	 v[AT_ONCE * COLUMNS];
	struct buf	 sql;

	buf_init(&sql, st->arena);
	put_audit_insert(&sql, n);
	for (size_t i = 0; i < n; i++) {
		struct val	*to = v + i * COLUMNS;

		to[0] = text_val(e[i].actor.p != NULL ? e[i].actor : c->actor, 255);
		to[1] = text_val(c->client_id, 255);
		to[2] = text_val(str_of(e[i].action), 40);
		to[3] = text_val(e[i].target, 255);
		to[4] = c->ip;
		to[5] = c->request;
	}
	return buf_ok(&sql) ? db_exec(st->db, buf_view(&sql), v, n * COLUMNS, NULL) :
	    DB_NO_MEMORY;
}

enum db_err
audit_add_all(struct store *st, const struct req *rq, const struct audit_entry *e,
    size_t n)
{
	struct common	 c = { .actor = { NULL, 0 } };
	enum db_err	 err = DB_OK;
	size_t		 span;

	if (rq != NULL && rq->user != NULL) {
		c.actor = rq->user->sub;
		c.client_id = rq->user->client_id;
	}
	if (!address_val(st->arena, rq, &c.ip) || !request_val(st->arena, rq, &c.request))
		return DB_NO_MEMORY;
	for (size_t from = 0; err == DB_OK && from < n; from += span) {
		for (span = AT_ONCE; span > n - from; span /= 2)
			;
		err = add_audit_rows(st, &c, e + from, span);
	}
	return err;
}

enum db_err
audit_add(struct store *st, const struct req *rq, const struct audit_entry *e)
{
	return audit_add_all(st, rq, e, 1);
}
