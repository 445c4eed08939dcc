/* transactions: transactions of the ledger, accepted at once and posted by jobs. */
#include "app.h"
#include "base/clock.h"
#include "gauge.h"
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

struct new_transaction {
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
	    .doc = "Kind of transaction"),
	FIELD_STR(struct transaction, status, .flags = FIELD_READONLY,
	    .one_of = statuses, .doc = "queued: accepted; pending: the money is reserved, "
	    "to be posted or voided; posted: the money is moved; voided, rejected: no "
	    "money was moved"),
	FIELD_UUID(struct transaction, pending_id,
	    .flags = FIELD_READONLY | FIELD_OPTIONAL,
	    .doc = "Key of the pending transaction that it posts or voids"),
	FIELD_STR(struct transaction, currency, .flags = FIELD_READONLY,
	    .doc = "Currency (ISO 4217)", .example = "\"EUR\""),
	FIELD_LIST(struct transaction, entries, .schema = &posting_entry_schema,
	    .flags = FIELD_READONLY | FIELD_PRIVATE,
	    .doc = "Entries; visible with the scope ledger:read"),
	FIELD_STR(struct transaction, reference, .flags = FIELD_READONLY | FIELD_OPTIONAL,
	    .doc = "The client's own reference"),
	FIELD_JSON(struct transaction, metadata,
	    .flags = FIELD_READONLY | FIELD_OPTIONAL | FIELD_PRIVATE,
	    .doc = "Free data that the client stored; visible with the scope ledger:read"),
	FIELD_STAMP(struct transaction, timeout_at,
	    .flags = FIELD_READONLY | FIELD_OPTIONAL,
	    .doc = "A transaction that is still pending at this time is voided"),
	FIELD_STR(struct transaction, reason, .flags = FIELD_READONLY | FIELD_OPTIONAL,
	    .doc = "Reason of a rejection, or `timeout`",
	    .example = "\"insufficient_funds\""),
	FIELD_STAMP(struct transaction, created_at, .flags = FIELD_READONLY,
	    .doc = "Time at which the transaction was accepted"),
	FIELD_STAMP(struct transaction, posted_at,
	    .flags = FIELD_READONLY | FIELD_OPTIONAL, .doc = "Time of posting"),
	FIELD_LIST(struct transaction, account_ids, .flags = FIELD_READONLY |
	    FIELD_OPTIONAL | FIELD_HIDDEN,
	    .item = ITEM(.kind = FIELD_KIND_UUID, .doc = "Key of an account"),
	    .link = LINK("transaction_accounts", "transaction_id", "account_id"),
	    .doc = "Keys of the accounts in the transaction's entries"));

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

/* --- checks of a new transaction --------------------------------------------------- */

static bool
is_resolution(const struct new_transaction *in)
{
	return str_is(in->kind, POSTING_POST) || str_is(in->kind, POSTING_VOID);
}

static void
member_check(struct faults *fs, bool there, bool is_due, const char *pointer)
{
	if (is_due && !there)
		fault_add(fs, pointer, "required", "is required for this kind");
	if (!is_due && there)
		fault_add(fs, pointer, "unknown_field", "is not allowed for this kind");
}

/* Check which members are required or allowed for the kind. */
static void
new_transaction_check(const void *body, struct faults *fs)
{
	const struct new_transaction	*in = body;
	bool			 pending = str_is(in->kind, POSTING_PENDING);

	member_check(fs, !uuid_is_nil(in->pending_id), is_resolution(in), "#/pending_id");
	member_check(fs, in->entries.n > 0, !is_resolution(in), "#/entries");
	if (in->entries.n == 1)
		fault_add(fs, "#/entries", "too_few_items", "must have at least 2 items");
	if (!is_resolution(in))
		member_check(fs, in->currency.n > 0, true, "#/currency");
	if (!pending)
		member_check(fs, in->timeout_s.has, false, "#/timeout_s");
}

static const struct schema new_transaction = SCHEMA_CHECKED("NewTransaction", struct new_transaction, new_transaction_check,
	FIELD_STR(struct new_transaction, kind, .one_of = kind_names,
	    .doc = "transfer: move the money at once; pending: reserve it; post_pending: "
	    "move reserved money; void_pending: release reserved money"),
	FIELD_UUID(struct new_transaction, pending_id, .flags = FIELD_OPTIONAL,
	    .doc = "For post_pending and void_pending: key of the pending transaction, "
	    "which is posted or voided as a whole"),
	FIELD_LIST(struct new_transaction, entries, .schema = &posting_entry_schema,
	    .max = POSTING_ENTRIES, .flags = FIELD_OPTIONAL,
	    .doc = "For transfer and pending: at least 2 entries; the sums of debits and "
	    "credits must be equal, and each account may occur once"),
	FIELD_STR(struct new_transaction, currency, .format = FORMAT_CURRENCY,
	    .flags = FIELD_OPTIONAL, .doc = "Currency of all accounts; optional for "
	    "post_pending and void_pending", .example = "\"EUR\""),
	FIELD_STR(struct new_transaction, reference, .min = 1, .max = 140, .flags = FIELD_OPTIONAL,
	    .doc = "The client's own reference; the list can be filtered by it"),
	FIELD_JSON(struct new_transaction, metadata, .max = 20, .flags = FIELD_OPTIONAL | FIELD_FLAT,
	    .doc = "Free data of the client: strings, numbers and booleans by name"),
	FIELD_INT(struct new_transaction, timeout_s, .min = 60, .max = 604800,
	    .flags = FIELD_OPTIONAL,
	    .doc = "For pending: seconds after which the transaction is voided"));

static enum http_status
posting_problem(struct req *rq, struct resp *rs, const char *top, const char *pointer,
    const char *code, const char *says)
{
	struct faults	 fs;

	faults_init(&fs, rq->arena);
	fault_add(&fs, pointer, code, "%s", says);
	return resp_faults(rs, HTTP_UNPROCESSABLE, top, &fs);
}

/* 0, or a refusal: sums that are not equal, or a repeated account. */
static enum http_status
entries_check(struct req *rq, struct resp *rs, const struct list *entries)
{
	const struct posting_entry	*e = entries->items;
	int64_t				 sum = 0;

	for (size_t i = 0; i < entries->n; i++) {
		sum += str_eq(e[i].direction, POSTING_DEBIT) ? e[i].amount : -e[i].amount;
		for (size_t j = 0; j < i; j++)
			if (uuid_eq(e[i].account_id, e[j].account_id))
				return posting_problem(rq, rs, "same_account",
				    arena_fmt(rq->arena, "#/entries/%zu/account_id", i),
				    "same_account", "repeats an account");
	}
	if (sum == 0)
		return 0;
	return posting_problem(rq, rs, "unbalanced", "#/entries", "unbalanced",
	    "the sums of debits and credits must be equal");
}

struct account_lookup {
	struct list	 entries;
};

struct account_found {
	int64_t		 line;
	struct str	 currency;
};

static const struct schema account_lookup = SCHEMA("AccountsLooked", struct account_lookup,
	FIELD_LIST(struct account_lookup, entries, .schema = &posting_entry_schema,
	    .doc = "Accounts"));

static const struct schema account_found_schema = SCHEMA("AccountFound", struct account_found,
	FIELD_INT(struct account_found, line, .doc = "Position of the entry, from 1"),
	FIELD_STR(struct account_found, currency, .flags = FIELD_OPTIONAL,
	    .doc = "Currency of the account; absent: no such account"));

static const struct query find_accounts = {
	"SELECT j.line, (SELECT a.currency FROM accounts a"
	" WHERE a.id = UNHEX(REPLACE(j.account, '-', '')))"
	" FROM JSON_TABLE(?, '$[*]' COLUMNS (line FOR ORDINALITY,"
	" account CHAR(36) PATH '$.account_id')) j", .in = &account_lookup, .out = &account_found_schema };

/* 0, or a refusal: an unknown account, or an account of another currency. */
static enum http_status
accounts_check(struct req *rq, struct resp *rs, const struct posting *p)
{
	const struct account_lookup	 in = { p->entries };
	struct faults		 missing, other;
	const struct account_found	*f;
	void			*account_found;
	size_t			 n;
	enum db_err		 err = query_all(rq->store, &find_accounts, &in, &account_found, &n);

	if (err != DB_OK)
		return resp_db_error(rs, err);
	faults_init(&missing, rq->arena);
	faults_init(&other, rq->arena);
	f = account_found;
	for (size_t i = 0; i < n; i++) {
		char	*at = arena_fmt(rq->arena, "#/entries/%lld/account_id",
			    (long long)f[i].line - 1);

		if (f[i].currency.n == 0)
			fault_add(&missing, at, "reference_not_found",
			    "must be the key of an account");
		else if (!str_eq(f[i].currency, p->currency))
			fault_add(&other, at, "currency_mismatch",
			    "must be an account in %.*s", STR_ARG(p->currency));
	}
	if (missing.n > 0)
		return resp_faults(rs, HTTP_UNPROCESSABLE, "validation_failed", &missing);
	return other.n == 0 ? 0 :
	    resp_faults(rs, HTTP_UNPROCESSABLE, "currency_mismatch", &other);
}

/* Complete and check the posting: 0, or a refusal. */
static enum http_status
posting_prepare(struct req *rq, struct resp *rs, const struct new_transaction *in,
    struct posting *p)
{
	enum http_status	 status;
	enum db_err		 err;

	if (is_resolution(in)) {
		err = posting_pending(rq->store, p);
		if (err == DB_NOT_FOUND)
			return posting_problem(rq, rs, "validation_failed", "#/pending_id",
			    "reference_not_found",
			    "must be the key of a pending transaction");
		if (err != DB_OK || in->currency.n == 0 || str_eq(in->currency, p->currency))
			return err == DB_OK ? 0 : resp_db_error(rs, err);
		return posting_problem(rq, rs, "currency_mismatch", "#/currency",
		    "currency_mismatch",
		    "must be the currency of the pending transaction");
	}
	status = entries_check(rq, rs, &in->entries);
	return status != 0 ? status : accounts_check(rq, rs, p);
}

static const char *
kind_text(const struct new_transaction *in)
{
	size_t	 i = 0;

	while (kind_names[i] != NULL && !str_is(in->kind, kind_names[i]))
		i++;
	return kind_names[i];
}

static enum db_err
transaction_queue_tx(struct store *st, void *arg)
{
	return posting_queue(st, arg);
}

static enum http_status
transaction_post(struct req *rq, struct resp *rs)
{
	const struct new_transaction	*in = BODY(rq, struct new_transaction);
	struct posting		 p = { .id = uuid_new(), .kind = kind_text(in),
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
	if ((status = posting_prepare(rq, rs, in, &p)) != 0)
		return status;
	if ((err = store_write(rq->store, NULL, 0, transaction_queue_tx, &p)) != DB_OK)
		return resp_db_error(rs, err);
	status = resource_respond(rq, rs, &transactions, &key, HTTP_ACCEPTED);
	uuid_text(p.id, text);
	resp_header(rs, "Location", "%.*s/v1/transactions/%s", STR_ARG(rq->target.base), text);
	resp_header(rs, "Retry-After", "1");
	return status;
}

/* --- the queue ------------------------------------------------------------------------ */

#define LEASE_S	10	/* a posting takes milliseconds; another worker may soon retry */

static enum db_err
post_tx(struct store *st, void *arg)
{
	const struct posting_job	*in = arg;

	return posting_settle(st, in->id);
}

static enum db_err
timeout_tx(struct store *st, void *arg)
{
	const struct posting_job	*in = arg;

	return posting_timeout(st, in->id);
}

static enum job_outcome
post_job(struct job *j)
{
	struct posting_job	 in = *(const struct posting_job *)j->input;

	return job_outcome_of(j, job_write(j, NULL, 0, post_tx, &in));
}

static enum job_outcome
timeout_job(struct job *j)
{
	struct posting_job	 in = *(const struct posting_job *)j->input;

	return job_outcome_of(j, job_write(j, NULL, 0, timeout_tx, &in));
}

static const struct query imbalance = {
	"SELECT 'ledger_imbalance_minor_units', 'Sum over currencies of the difference"
	" between the debits and credits of all accounts; must be 0.',"
	" CAST(COALESCE(SUM(ABS(d)), 0) AS SIGNED) FROM (SELECT"
	" SUM(debits_posted) - SUM(credits_posted) AS d FROM accounts GROUP BY currency) s",
	.out = &gauge_schema };

static enum db_err
audit_tx(struct store *st, void *arg)
{
	struct gauge	 f;
	enum db_err	 err = query_one(st, &imbalance, NULL, &f);

	(void)arg;
	if (err == DB_OK && f.value != 0)
		log_event(LOG_ERROR, "ledger", "accounts are out of balance by %lld",
		    (long long)f.value);
	return err == DB_OK ? gauge_set(st, &f) : err;
}

static enum job_outcome
audit_job(struct job *j)
{
	return job_outcome_of(j, job_write(j, NULL, 0, audit_tx, NULL));
}

static const struct job_kind kinds[] = {
	{ POSTING_JOB_POST, &posting_job_schema, post_job, .lease_s = LEASE_S,
	  .doc = "Post or reject an accepted transaction" },
	{ POSTING_JOB_TIMEOUT, &posting_job_schema, timeout_job, .lease_s = LEASE_S,
	  .doc = "Void a pending transaction after its timeout" },
	{ "ledger.audit", .run = audit_job, .every_s = 60,
	  .doc = "Check that debits and credits of all accounts are equal, for /metrics" },
	{ .name = NULL },
};

static const struct route routes[] = {
	{ .method = HTTP_POST, .path = "/v1/transactions", .scope = "ledger:write",
	  .run = transaction_post, .body = &new_transaction, .answer = &transaction,
	  .idempotency = IDEM_REQUIRED, .limit = LIMIT_COSTLY,
	  .problems = PROBLEMS("202",
	  "422 unbalanced The sums of debits and credits are not equal.",
	  "422 same_account Two entries have the same account. Add up their amounts.",
	  "422 currency_mismatch An account has another currency than the transaction."),
	  .doc = "Create a transaction; it is posted or rejected shortly after the 202" },
	{ .path = NULL },
};

int
main(int argc, char **argv)
{
	return app_main(argc, argv, APP("transactions", .service = "ledger",
	    .routes = routes, .resources = RESOURCES(&transactions), .jobs = kinds,
	    .queries = QUERIES(&find_accounts, &imbalance),
	    .uses = USES(posting_queries, gauge_queries, job_add_queries)));
}
