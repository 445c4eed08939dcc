/* transactions: money that moves, accepted now and posted by the queue. */
#include "app.h"
#include "base/clock.h"
#include "figure.h"
#include "job/job.h"
#include "base/log.h"
#include "posting.h"

struct transaction {
	struct uuid	 id;
	struct str	 kind, status;
	struct uuid	 pending_id;
	struct str	 currency;
	struct list	 entries;
	struct str	 reference;
	struct json	 metadata;
	struct stamp	 timeout_at;
	struct str	 reason;
	struct stamp	 created_at, posted_at;
	struct list	 account_ids;
};

struct asked {
	struct str	 kind;
	struct uuid	 pending_id;
	struct list	 entries;
	struct str	 currency, reference;
	struct json	 metadata;
	struct opt_int	 timeout_s;
};

static const char *const kind_names[] = { POSTING_TRANSFER, POSTING_PENDING,
	POSTING_POST, POSTING_VOID, NULL };
static const char *const statuses[] = { "queued", "pending", "posted", "voided",
	"rejected", NULL };

static const struct schema transaction = SCHEMA("Transaction", struct transaction,
	FIELD_UUID(struct transaction, id, .flags = FIELD_KEY | FIELD_READONLY,
	    .doc = "Key"),
	FIELD_STR(struct transaction, kind, .flags = FIELD_READONLY, .one_of = kind_names,
	    .doc = "What it does"),
	FIELD_STR(struct transaction, status, .flags = FIELD_READONLY,
	    .one_of = statuses, .doc = "queued: accepted; pending: reserved, to be "
	    "posted or voided; posted: done; voided, rejected: it moved nothing"),
	FIELD_UUID(struct transaction, pending_id,
	    .flags = FIELD_READONLY | FIELD_OPTIONAL,
	    .doc = "The pending one that it posts or voids"),
	FIELD_STR(struct transaction, currency, .flags = FIELD_READONLY,
	    .doc = "ISO 4217 code", .example = "\"EUR\""),
	FIELD_LIST(struct transaction, entries, .schema = &posting_entry_schema,
	    .flags = FIELD_READONLY | FIELD_PRIVATE,
	    .doc = "What it moves; for bearers of ledger:read"),
	FIELD_STR(struct transaction, reference, .flags = FIELD_READONLY | FIELD_OPTIONAL,
	    .doc = "What it is for, in the client's words"),
	FIELD_JSON(struct transaction, metadata,
	    .flags = FIELD_READONLY | FIELD_OPTIONAL | FIELD_PRIVATE,
	    .doc = "The client's own; for bearers of ledger:read"),
	FIELD_STAMP(struct transaction, timeout_at,
	    .flags = FIELD_READONLY | FIELD_OPTIONAL,
	    .doc = "When it is voided, if it is pending still"),
	FIELD_STR(struct transaction, reason, .flags = FIELD_READONLY | FIELD_OPTIONAL,
	    .doc = "Why it was rejected, or voided by nobody",
	    .example = "\"insufficient_funds\""),
	FIELD_STAMP(struct transaction, created_at, .flags = FIELD_READONLY,
	    .doc = "When it was accepted"),
	FIELD_STAMP(struct transaction, posted_at,
	    .flags = FIELD_READONLY | FIELD_OPTIONAL, .doc = "When it was posted"),
	FIELD_LIST(struct transaction, account_ids, .flags = FIELD_READONLY |
	    FIELD_OPTIONAL | FIELD_HIDDEN,
	    .item = ITEM(.kind = FIELD_KIND_UUID, .doc = "Key of an account"),
	    .link = LINK("transaction_accounts", "transaction_id", "account_id"),
	    .doc = "An account that it touches"));

static const struct resource transactions = {
	.path = "/v1/transactions", .table = "transactions", .schema = &transaction,
	.read = SCOPE_OWN, .list = "ledger:read", .admin_scope = "ledger:read",
	.owner_sql = "EXISTS (SELECT 1 FROM transaction_accounts m JOIN accounts a"
	    " ON a.id = m.account_id WHERE m.transaction_id = t.id AND a.owner_id = ?)",
	.operations = OPS_READ,
	.filters = FILTERS(FILTER_BY("status"), FILTER_BY("reference"),
	    FILTER_ON("account_id", FILTER_EQUAL, "account_ids"),
	    FILTER_ON("created_from", FILTER_MIN, "created_at"),
	    FILTER_ON("created_to", FILTER_MAX, "created_at")),
	.sorts = SORTS(SORT_ON("-created_at", "by_creation"),
	    SORT_ON("created_at", "by_creation")),
	.doc = "Transactions of the ledger",
};

/* --- what is asked for --------------------------------------------------------------- */

static bool
resolves(const struct asked *in)
{
	return str_is(in->kind, POSTING_POST) || str_is(in->kind, POSTING_VOID);
}

static void
due(struct faults *fs, bool there, bool is_due, const char *pointer)
{
	if (is_due && !there)
		fault_add(fs, pointer, "required", "must be there for this kind");
	if (!is_due && there)
		fault_add(fs, pointer, "unknown_field", "is not of this kind");
}

/* Which members belong to which kind. */
static void
fits_kind(const void *body, struct faults *fs)
{
	const struct asked	*in = body;
	bool			 pending = str_is(in->kind, POSTING_PENDING);

	due(fs, !uuid_is_nil(in->pending_id), resolves(in), "#/pending_id");
	due(fs, in->entries.n > 0, !resolves(in), "#/entries");
	if (in->entries.n == 1)
		fault_add(fs, "#/entries", "too_few_items", "must have 2 items at least");
	if (!resolves(in))
		due(fs, in->currency.n > 0, true, "#/currency");
	if (!pending)
		due(fs, in->timeout_s.has, false, "#/timeout_s");
}

static const struct schema asked = SCHEMA_CHECKED("NewTransaction", struct asked, fits_kind,
	FIELD_STR(struct asked, kind, .one_of = kind_names,
	    .doc = "transfer moves at once; pending reserves, until it is posted "
	    "(post_pending) or given back (void_pending)"),
	FIELD_UUID(struct asked, pending_id, .flags = FIELD_OPTIONAL,
	    .doc = "Of post_pending and void_pending: which one, always all of it"),
	FIELD_LIST(struct asked, entries, .schema = &posting_entry_schema,
	    .max = POSTING_ENTRIES, .flags = FIELD_OPTIONAL,
	    .doc = "Of transfer and pending, two at least: as much in debits as in "
	    "credits, each account once"),
	FIELD_STR(struct asked, currency, .format = FORMAT_CURRENCY,
	    .flags = FIELD_OPTIONAL, .doc = "That of all its accounts; may be left out "
	    "of post_pending and void_pending", .example = "\"EUR\""),
	FIELD_STR(struct asked, reference, .min = 1, .max = 140, .flags = FIELD_OPTIONAL,
	    .doc = "What it is for; a filter of the list"),
	FIELD_JSON(struct asked, metadata, .max = 20, .flags = FIELD_OPTIONAL | FIELD_FLAT,
	    .doc = "Anything else, as plain values"),
	FIELD_INT(struct asked, timeout_s, .min = 60, .max = 604800,
	    .flags = FIELD_OPTIONAL,
	    .doc = "Of pending: it is voided by itself after so many seconds"));

static enum http_status
fault_of(struct req *rq, struct resp *rs, const char *top, const char *pointer,
    const char *code, const char *says)
{
	struct faults	 fs;

	faults_init(&fs, rq->arena);
	fault_add(&fs, pointer, code, "%s", says);
	return resp_faults(rs, HTTP_UNPROCESSABLE, top, &fs);
}

/* 0, or the refusal: debits are credits, and no account is there twice. */
static enum http_status
balanced(struct req *rq, struct resp *rs, const struct list *entries)
{
	const struct posting_entry	*e = entries->items;
	int64_t				 sum = 0;

	for (size_t i = 0; i < entries->n; i++) {
		sum += str_eq(e[i].direction, POSTING_DEBIT) ? e[i].amount : -e[i].amount;
		for (size_t j = 0; j < i; j++)
			if (uuid_eq(e[i].account_id, e[j].account_id))
				return fault_of(rq, rs, "same_account",
				    arena_fmt(rq->arena, "#/entries/%zu/account_id", i),
				    "same_account", "is there already");
	}
	if (sum == 0)
		return 0;
	return fault_of(rq, rs, "unbalanced", "#/entries", "unbalanced",
	    "debits and credits are not equal");
}

struct looked {
	struct list	 entries;
};

struct rows {
	int64_t		 line;
	struct str	 currency;
};

static const struct schema looked = SCHEMA("AccountsLooked", struct looked,
	FIELD_LIST(struct looked, entries, .schema = &posting_entry_schema,
	    .doc = "Accounts"));

static const struct schema found = SCHEMA("AccountFound", struct rows,
	FIELD_INT(struct rows, line, .doc = "Of the entry, from 1"),
	FIELD_STR(struct rows, currency, .flags = FIELD_OPTIONAL, .doc = "Its currency"));

static const struct query look = {
	"SELECT j.line, (SELECT a.currency FROM accounts a"
	" WHERE a.id = UNHEX(REPLACE(j.account, '-', '')))"
	" FROM JSON_TABLE(?, '$[*]' COLUMNS (line FOR ORDINALITY,"
	" account CHAR(36) PATH '$.account_id')) j", .in = &looked, .out = &found };

/* 0, or the refusal: its accounts are there, and of its currency. */
static enum http_status
known(struct req *rq, struct resp *rs, const struct posting *p)
{
	const struct looked	 in = { p->entries };
	struct faults		 missing, other;
	const struct rows	*f;
	void			*rows;
	size_t			 n;
	enum db_err		 err = query_all(rq->store, &look, &in, &rows, &n);

	if (err != DB_OK)
		return resp_db_error(rs, err);
	faults_init(&missing, rq->arena);
	faults_init(&other, rq->arena);
	f = rows;
	for (size_t i = 0; i < n; i++) {
		char	*at = arena_fmt(rq->arena, "#/entries/%lld/account_id",
			    (long long)f[i].line - 1);

		if (f[i].currency.n == 0)
			fault_add(&missing, at, "reference_not_found", "is no account");
		else if (!str_eq(f[i].currency, p->currency))
			fault_add(&other, at, "currency_mismatch", "has another currency");
	}
	if (missing.n > 0)
		return resp_faults(rs, HTTP_UNPROCESSABLE, "validation_failed", &missing);
	return other.n == 0 ? 0 :
	    resp_faults(rs, HTTP_UNPROCESSABLE, "currency_mismatch", &other);
}

/* 0 and all of the posting, or the refusal. */
static enum http_status
take_posting(struct req *rq, struct resp *rs, const struct asked *in,
    struct posting *p)
{
	enum http_status	 status;
	enum db_err		 err;

	if (resolves(in)) {
		err = posting_pending(rq->store, p);
		if (err == DB_NOT_FOUND)
			return fault_of(rq, rs, "validation_failed", "#/pending_id",
			    "reference_not_found", "is no pending transaction");
		if (err != DB_OK || in->currency.n == 0 || str_eq(in->currency, p->currency))
			return err == DB_OK ? 0 : resp_db_error(rs, err);
		return fault_of(rq, rs, "currency_mismatch", "#/currency",
		    "currency_mismatch", "the pending one has another");
	}
	status = balanced(rq, rs, &in->entries);
	return status != 0 ? status : known(rq, rs, p);
}

static const char *
kind_of(const struct asked *in)
{
	size_t	 i = 0;

	while (kind_names[i] != NULL && !str_is(in->kind, kind_names[i]))
		i++;
	return kind_names[i];
}

static enum db_err
queue_run(struct store *st, void *arg)
{
	return posting_queue(st, arg);
}

static enum http_status
transaction_add(struct req *rq, struct resp *rs)
{
	const struct asked	*in = BODY(rq, struct asked);
	struct posting		 p = { .id = uuid_new(), .kind = kind_of(in),
				    .currency = in->currency, .entries = in->entries,
				    .pending_id = in->pending_id,
				    .reference = in->reference, .metadata = in->metadata,
				    .source = STR("transaction") };
	struct transaction	 key = { .id = p.id };
	char			 text[UUID_LEN + 1];
	enum http_status	 status;
	enum db_err		 err;

	if (in->timeout_s.has)
		p.timeout_at = (struct stamp){ clock_now_ms() + in->timeout_s.v * 1000, true };
	p.source_id = p.id;
	if ((status = take_posting(rq, rs, in, &p)) != 0)
		return status;
	if ((err = store_write(rq->store, NULL, 0, queue_run, &p)) != DB_OK)
		return resp_db_error(rs, err);
	status = resource_respond(rq, rs, &transactions, &key, HTTP_ACCEPTED);
	uuid_text(p.id, text);
	resp_header(rs, "Location", "%.*s/v1/transactions/%s", STR_ARG(rq->base), text);
	resp_header(rs, "Retry-After", "1");
	return status;
}

/* --- the queue ------------------------------------------------------------------------ */

#define LEASE_S	10	/* a posting takes moments; whoever lost it is not waited for */

static enum db_err
settle_run(struct store *st, void *arg)
{
	const struct posting_job	*in = arg;

	return posting_settle(st, in->id);
}

static enum db_err
timeout_run(struct store *st, void *arg)
{
	const struct posting_job	*in = arg;

	return posting_timeout(st, in->id);
}

static enum job_outcome
settle(struct job *j)
{
	struct posting_job	 in = *(const struct posting_job *)j->input;

	return job_outcome_of(j, job_write(j, NULL, 0, settle_run, &in));
}

static enum job_outcome
time_out(struct job *j)
{
	struct posting_job	 in = *(const struct posting_job *)j->input;

	return job_outcome_of(j, job_write(j, NULL, 0, timeout_run, &in));
}

static const struct query imbalance = {
	"SELECT 'ledger_imbalance_minor_units', 'Debits less credits of all accounts, by"
	" currency, summed up; anything but 0 is a fault.',"
	" CAST(COALESCE(SUM(ABS(d)), 0) AS SIGNED) FROM (SELECT"
	" SUM(debits_posted) - SUM(credits_posted) AS d FROM accounts GROUP BY currency) s",
	.out = &figure_schema };

static enum db_err
audit_run(struct store *st, void *arg)
{
	struct figure	 f;
	enum db_err	 err = query_one(st, &imbalance, NULL, &f);

	(void)arg;
	if (err == DB_OK && f.value != 0)
		log_event(LOG_ERROR, "ledger", "accounts are out of balance by %lld",
		    (long long)f.value);
	return err == DB_OK ? figure_set(st, &f) : err;
}

static enum job_outcome
audit(struct job *j)
{
	return job_outcome_of(j, job_write(j, NULL, 0, audit_run, NULL));
}

static const struct job_kind kinds[] = {
	{ POSTING_JOB_POST, &posting_job_schema, settle, .lease_s = LEASE_S,
	  .doc = "Posts or rejects a transaction that was accepted" },
	{ POSTING_JOB_TIMEOUT, &posting_job_schema, time_out, .lease_s = LEASE_S,
	  .doc = "Voids a pending transaction whose time is over" },
	{ "ledger.audit", .run = audit, .every_s = 60,
	  .doc = "Works out whether all accounts are in balance, for /metrics" },
	{ .name = NULL },
};

static const struct route routes[] = {
	{ .method = HTTP_POST, .path = "/v1/transactions", .scope = "ledger:write",
	  .run = transaction_add, .body = &asked, .answer = &transaction,
	  .idempotency = IDEM_REQUIRED, .limit = LIMIT_COSTLY,
	  .problems = PROBLEMS("202",
	  "422 unbalanced Its debits and its credits are not equal.",
	  "422 same_account An account is in it twice: add its amounts up.",
	  "422 currency_mismatch An account has another currency than the transaction."),
	  .doc = "Accept a transaction: 202, and it is posted or rejected within moments" },
	{ .path = NULL },
};

int
main(int argc, char **argv)
{
	return app_main(argc, argv, APP("transactions", .service = "ledger",
	    .routes = routes, .resources = RESOURCES(&transactions), .jobs = kinds,
	    .queries = QUERIES(&look, &imbalance),
	    .uses = USES(posting_queries, figure_queries, job_add_queries)));
}
