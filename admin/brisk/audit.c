/* brisk audit: print the audit log. */
#include <stdio.h>
#include <stdlib.h>
#include "admin.h"
#include "base/clock.h"
#include "schema/encode.h"
#include "cache/store.h"

#define STATEMENT_MS	60000
#define MAX_LAST	1000000

/* The filter; an empty string matches everything. */
struct audit_filter {
	struct str	 actor, target, action;
	struct stamp	 since;
	int64_t		 last;
};

struct entry {
	struct stamp	 at;
	struct str	 actor, client_id, action, target, ip;
	struct uuid	 request_id;
};

static const struct schema entry = SCHEMA("AuditEntry", struct entry,
	FIELD_STAMP(struct entry, at, .doc = "Time"),
	FIELD_STR(struct entry, actor, .flags = FIELD_OPTIONAL, .doc = "Subject"),
	FIELD_STR(struct entry, client_id, .flags = FIELD_OPTIONAL, .doc = "OAuth client"),
	FIELD_STR(struct entry, action, .doc = "Action"),
	FIELD_STR(struct entry, target, .flags = FIELD_OPTIONAL, .doc = "Object"),
	FIELD_STR(struct entry, ip, .flags = FIELD_OPTIONAL, .doc = "Address"),
	FIELD_UUID(struct entry, request_id, .flags = FIELD_OPTIONAL, .doc = "Request"));

/* A condition binds its value twice: to test whether it is given, and to compare. */
static const struct schema audit_filter = SCHEMA("AuditFilter", struct audit_filter,
	FIELD_STAMP(struct audit_filter, since, .doc = "Earliest time"),
	FIELD_STR(struct audit_filter, actor, .doc = "Subject"),
	FIELD_STR(struct audit_filter, actor, .doc = "Subject"),
	FIELD_STR(struct audit_filter, target, .doc = "Object"),
	FIELD_STR(struct audit_filter, target, .doc = "Object"),
	FIELD_STR(struct audit_filter, action, .doc = "Action"),
	FIELD_STR(struct audit_filter, action, .doc = "Action"),
	FIELD_INT(struct audit_filter, last, .doc = "Maximum number"));

static const struct query newest = {
	"SELECT at, actor, client_id, action, target, INET6_NTOA(ip), request_id "
	"FROM audit WHERE at >= ? AND (? = '' OR actor = ?) AND (? = '' OR target = ?) "
	"AND (? = '' OR action = ?) ORDER BY id DESC LIMIT ?",
	.in = &audit_filter, .out = &entry };

/* Parse an age ("15m") or a time.  False, reported, if it is neither. */
static bool
since_parse(const char *text, struct stamp *out)
{
	static const struct { char letter; int64_t ms; } units[] = {
		{ 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 }, { 'd', 86400000 } };
	char		*end;
	int64_t		 many = strtoll(text, &end, 10);

	for (size_t i = 0; i < NELEMS(units); i++)
		if (end != text && end[0] == units[i].letter && end[1] == '\0' &&
		    many >= 0 && many <= 36500) {
			*out = (struct stamp){ clock_now_ms() - many * units[i].ms, true };
			return true;
		}
	return stamp_parse(str_of(text), out) ||
	    admin_error_false("--since: must be a time (2026-11-22T10:00:00Z) or an age "
	    "(15m, 2h, 3d), not \"%s\"", text);
}

/* Print a word without control characters: subjects may come from external tokens. */
static void
print_word(struct str s, size_t width)
{
	size_t	 n = s.p == NULL ? 1 : s.n;

	(void)fputs(s.p == NULL ? "  -" : "  ", stdout);
	for (size_t i = 0; s.p != NULL && i < s.n; i++)
		(void)putchar((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f ? '?' : s.p[i]);
	for (; n < width; n++)
		(void)putchar(' ');
}

static void
print_entry(const struct entry *e, bool json)
{
	char		 at[STAMP_LEN + 1];
	struct buf	 b;

	buf_init(&b, admin_arena());
	if (json) {
		encode_object(&b, &entry, e, ENCODE_ALL);
		(void)printf("%.*s\n", STR_ARG(buf_view(&b)));
		return;
	}
	stamp_text(e->at, at);
	(void)printf("%s", at);
	print_word(e->actor, 36);
	print_word(e->client_id, 8);
	print_word(e->action, 20);
	print_word(e->target, 45);
	print_word(e->ip, 0);
	(void)putchar('\n');
}

static int
audit_print(const struct conf *conf, const struct db_login *account, const struct audit_filter *q,
    bool json)
{
	struct store	 st = { .db = admin_db(conf, account, STATEMENT_MS),
			    .arena = admin_arena() };
	void		*rows;
	size_t		 n;
	enum db_err	 err;

	if (st.db == NULL)
		return 1;
	err = query_all(&st, &newest, q, &rows, &n);
	if (err != DB_OK)
		(void)admin_error("cannot read the audit log: %s", db_error_message(st.db));
	for (size_t i = n; err == DB_OK && i > 0; i--)
		print_entry((const struct entry *)rows + i - 1, json);
	db_close(st.db);
	return err == DB_OK ? 0 : 1;
}

int
cmd_audit(int argc, char **argv)
{
	const char	*since = "1970-01-01T00:00:00Z", *actor = "", *target = "",
			*action = "", *last = "100";
	struct db_login	 account = { NULL, NULL, NULL };
	struct audit_filter	 q;
	const struct conf *conf;
	bool		 json = false;

	if (flags_parse((const struct flag[]){ { "since", &since, NULL },
	    { "actor", &actor, NULL }, { "target", &target, NULL },
	    { "action", &action, NULL }, { "last", &last, NULL },
	    { "json", NULL, &json }, LOGIN_FLAGS(account), { NULL, NULL, NULL } },
	    argc, argv) != 0)
		return BRISK_USAGE;
	q = (struct audit_filter){ .actor = str_of(actor), .target = str_of(target),
	    .action = str_of(action) };
	if (!since_parse(since, &q.since) || !number_parse("--last", last, MAX_LAST, &q.last))
		return BRISK_USAGE;
	return (conf = admin_conf()) == NULL ? 1 : audit_print(conf, &account, &q, json);
}
