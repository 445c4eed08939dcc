/*
 * keys_rotate - the life of a signing key: next, current, previous, deleted.
 *
 * `next` is published for two hours before it signs, because clients cache the
 * JWK set for an hour. `previous` stays valid as long as a token it signed; its
 * row is deleted by a later rotation.
 */
#include "auth/keys_private.h"

#include "base/clock.h"
#include "base/log.h"

#define PUBLISHED_MS	(INT64_C(2) * 3600 * 1000)
/* The maximum of token_seconds, plus clock skew. */
#define PREVIOUS_MS	(INT64_C(86400) * 1000 + TOKEN_SKEW_MS)

/* Arguments of a rotation; the transaction may run again. */
struct rotation {
	const struct conf	*conf;
	bool			 now;
	struct buf		*message;
};

static enum db_err
create_missing(struct store *st, const struct conf *cf, const struct key_row *rows,
    size_t n)
{
	static const char *const	 states[] = { "current", "next" };
	enum db_err			 err = DB_OK;

	for (size_t i = 0; i < NELEMS(states) && err == DB_OK; i++)
		if (key_row_find(rows, n, states[i]) == NULL)
			err = key_row_insert(st, cf, states[i]);
	return err;
}

static enum db_err
complete_keys(struct store *st, void *conf)
{
	struct key_row	*rows;
	size_t		 n;
	enum db_err	 err = key_row_list_locked(st, &rows, &n);

	return err != DB_OK ? err : create_missing(st, conf, rows, n);
}

/* If two programs create a key, the unique index lets one succeed. */
enum db_err
keys_complete(struct store *st, const struct conf *cf)
{
	enum db_err	 err = store_write(st, &KEYS_TAG, 1, complete_keys,
			    (void *)(uintptr_t)cf);

	if (err == DB_OK)
		log_event(LOG_INFO, "keys", "signing keys created");
	return err == DB_DUPLICATE ? DB_OK : err;
}

static enum db_err
delete_retired(struct store *st, const struct key_row *rows, size_t n)
{
	int64_t		 now = clock_now_ms();
	enum db_err	 err = DB_OK;

	for (size_t i = 0; i < n && err == DB_OK; i++)
		if (str_is(rows[i].state, "previous") && rows[i].retire_at.has &&
		    rows[i].retire_at.ms <= now)
			err = key_row_delete(st, rows[i].kid);
	return err;
}

static enum db_err
promote_next(struct store *st, const struct rotation *r, const struct key_row *current,
    const struct key_row *next)
{
	struct stamp	 retire = { .ms = clock_now_ms() + PREVIOUS_MS, .has = true };
	enum db_err	 err;

	if ((err = key_row_set_state(st, current->kid, "previous", retire)) != DB_OK ||
	    (err = key_row_set_state(st, next->kid, "current",
	    (struct stamp){ .has = false })) != DB_OK)
		return err;
	buf_fmt(r->message, "%.*s signs from now on\n%.*s stays valid for one more day\n",
	    STR_ARG(next->kid), STR_ARG(current->kid));
	return key_row_insert(st, r->conf, "next");
}

static enum db_err
rotate_keys(struct store *st, void *arg)
{
	const struct rotation	*r = arg;
	const struct key_row	*current, *next;
	struct key_row		*rows;
	char			 at[STAMP_LEN + 1];
	size_t			 n;
	enum db_err		 err = key_row_list_locked(st, &rows, &n);

	r->message->n = 0;
	if (err != DB_OK || (err = delete_retired(st, rows, n)) != DB_OK)
		return err;
	current = key_row_find(rows, n, "current");
	next = key_row_find(rows, n, "next");
	if (current == NULL || next == NULL) {
		buf_puts(r->message, "keys were missing and have been created\n");
		return create_missing(st, r->conf, rows, n);
	}
	if (r->now || next->published_at.ms + PUBLISHED_MS <= clock_now_ms())
		return promote_next(st, r, current, next);
	stamp_text((struct stamp){ .ms = next->published_at.ms + PUBLISHED_MS,
	    .has = true }, at);
	buf_fmt(r->message, "the next key can sign from %s on, when every client has "
	    "read it; --now does not wait\n", at);
	return DB_ABORT;
}

enum db_err
keys_rotate(struct store *st, const struct conf *cf, bool now, struct buf *message)
{
	struct rotation	 r = { cf, now, message };

	return store_write(st, &KEYS_TAG, 1, rotate_keys, &r);
}

static enum db_err
revoke_key(struct store *st, void *kid)
{
	struct key_row	*rows;
	size_t		 n;
	enum db_err	 err = key_row_list_locked(st, &rows, &n);

	for (size_t i = 0; err == DB_OK && i < n; i++)
		if (str_eq(rows[i].kid, *(struct str *)kid))
			return str_is(rows[i].state, "previous") ?
			    key_row_delete(st, rows[i].kid) : DB_ABORT;
	return err == DB_OK ? DB_NOT_FOUND : err;
}

enum db_err
keys_revoke(struct store *st, struct str kid)
{
	return store_write(st, &KEYS_TAG, 1, revoke_key, &kid);
}

enum db_err
keys_list(struct store *st, struct buf *message)
{
	struct key_row	*rows;
	size_t		 n;
	char		 made[STAMP_LEN + 1], until[STAMP_LEN + 1];
	enum db_err	 err = key_row_list(st, &rows, &n);

	for (size_t i = 0; err == DB_OK && i < n; i++) {
		stamp_text(rows[i].published_at, made);
		stamp_text(rows[i].retire_at, until);
		buf_fmt(message, "%.*s %-8.*s created %s%s%s\n", STR_ARG(rows[i].kid),
		    STR_ARG(rows[i].state), made,
		    rows[i].retire_at.has ? ", valid until " : "",
		    rows[i].retire_at.has ? until : "");
	}
	return err == DB_OK && !buf_ok(message) ? DB_NO_MEMORY : err;
}
