/* brisk audit: what the audit log holds. */
#include <stdio.h>
#include <stdlib.h>
#include "admin.h"
#include "base/clock.h"
#include "schema/encode.h"
#include "cache/store.h"

#define STATEMENT_MS	60000
#define MAX_LAST	1000000

/* What is asked for; an empty text or 0 asks for any. */
struct asked {
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
	FIELD_STAMP(struct entry, at, .doc = "When"),
	FIELD_STR(struct entry, actor, .flags = FIELD_OPTIONAL, .doc = "Who"),
	FIELD_STR(struct entry, client_id, .flags = FIELD_OPTIONAL, .doc = "By what"),
	FIELD_STR(struct entry, action, .doc = "Did what"),
	FIELD_STR(struct entry, target, .flags = FIELD_OPTIONAL, .doc = "To what"),
	FIELD_STR(struct entry, ip, .flags = FIELD_OPTIONAL, .doc = "From where"),
	FIELD_UUID(struct entry, request_id, .flags = FIELD_OPTIONAL, .doc = "Asked as"));

/* Each condition takes its value twice: is it asked for, and then what. */
static const struct schema asked = SCHEMA("Asked", struct asked,
	FIELD_STAMP(struct asked, since, .doc = "From this time on"),
	FIELD_STR(struct asked, actor, .doc = "By this subject"),
	FIELD_STR(struct asked, actor, .doc = "By this subject"),
	FIELD_STR(struct asked, target, .doc = "On this"),
	FIELD_STR(struct asked, target, .doc = "On this"),
	FIELD_STR(struct asked, action, .doc = "This"),
	FIELD_STR(struct asked, action, .doc = "This"),
	FIELD_INT(struct asked, last, .doc = "So many"));

static const struct query newest = {
	"SELECT at, actor, client_id, action, target, INET6_NTOA(ip), request_id "
	"FROM audit WHERE at >= ? AND (? = '' OR actor = ?) AND (? = '' OR target = ?) "
	"AND (? = '' OR action = ?) ORDER BY id DESC LIMIT ?",
	.in = &asked, .out = &entry };

/* "15m" ago, or a time; false, and told, when it is neither. */
static bool
take_since(const char *text, struct stamp *out)
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
	    admin_error_false("--since: a time (2026-11-22T10:00:00Z) or 15m, 2h, 3d, not \"%s\"", text);
}

/* Subjects may come from elsewhere: what a terminal would obey is not printed. */
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
show(const struct conf *conf, const struct account *account, const struct asked *q,
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
		(void)admin_error("the audit log can not be read: %s", db_error_message(st.db));
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
	struct account	 account = { NULL, NULL, NULL };
	struct asked	 q;
	const struct conf *conf;
	bool		 json = false;

	if (flags_parse((const struct flag[]){ { "since", &since, NULL },
	    { "actor", &actor, NULL }, { "target", &target, NULL },
	    { "action", &action, NULL }, { "last", &last, NULL },
	    { "json", NULL, &json }, ACCOUNT_FLAGS(account), { NULL, NULL, NULL } },
	    argc, argv) != 0)
		return BRISK_USAGE;
	q = (struct asked){ .actor = str_of(actor), .target = str_of(target),
	    .action = str_of(action) };
	if (!take_since(since, &q.since) || !number_parse("--last", last, MAX_LAST, &q.last))
		return BRISK_USAGE;
	return (conf = admin_conf()) == NULL ? 1 : show(conf, &account, &q, json);
}
