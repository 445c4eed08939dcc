/* app_check - does what is declared fit the database that is there? */
#include <stdio.h>
#include <unistd.h>

#include "cache/store_sweep.h"
#include "db/db.h"
#include "db/row.h"
#include "program/program.h"
#include "auth/audit.h"
#include "base/log.h"

static void
check_columns(struct buf *told, const struct query *q, const struct db_description *plan)
{
	const struct field	*f = q->out == NULL ? NULL : q->out->fields;
	const char		*wrong;
	size_t			 at = 0;

	for (; f != NULL && f->name != NULL; f++)
		for (size_t c = 0; c < row_columns(f); c++, at++) {
			wrong = at < plan->ncolumns ?
			    row_mismatch(f, c, &plan->columns[at]) : "has no column";
			if (wrong != NULL)
				buf_fmt(told, "%s: %s: %s\n", q->sql, f->name, wrong);
		}
	if (at != plan->ncolumns)
		buf_fmt(told, "%s: answers %zu columns, its schema has %zu\n", q->sql,
		    plan->ncolumns, at);
}

static void
check_query(struct store *st, const struct query *q, struct buf *told)
{
	struct db_description	 plan;
	size_t		 params = 0;

	if (db_describe(st->db, st->arena, str_of(q->sql), &plan) != DB_OK) {
		buf_fmt(told, "%s: %s\n", q->sql, db_error_message(st->db));
		return;
	}
	for (const struct field *f = q->in == NULL ? NULL : q->in->fields;
	    f != NULL && f->name != NULL; f++)
		params += row_columns(f);
	if (params != plan.params)
		buf_fmt(told, "%s: takes %zu values, its schema has %zu\n", q->sql,
		    plan.params, params);
	check_columns(told, q, &plan);
}

static size_t
check_queries(struct store *st, const struct query *const *list, struct buf *told)
{
	size_t	 n = 0;

	for (; list != NULL && list[n] != NULL; n++)
		check_query(st, list[n], told);
	return n;
}

/* Statements without a schema: only that they can be prepared. */
static void
check_texts(struct store *st, const char *const *list, struct buf *told, size_t *n)
{
	struct db_description	 plan;

	for (; *list != NULL; list++, ++*n)
		if (db_describe(st->db, st->arena, str_of(*list), &plan) != DB_OK)
			buf_fmt(told, "%s: %s\n", *list, db_error_message(st->db));
}

/* Are writes of resources told in the audit log, in the same transaction? */
static bool
is_audited(const struct program *p)
{
	bool	 writes = false;

	for (size_t i = 0; i < p->nroutes; i++)
		writes |= p->routes[i].op != OP_NONE && p->routes[i].method != HTTP_GET;
	return writes && p->conf->audit_writes;
}

/* Is there a route that keeps idempotency keys? */
static bool
is_keyed(const struct program *p)
{
	for (size_t i = 0; i < p->nroutes; i++)
		if (route_idempotency(&p->routes[i]) != IDEM_NONE)
			return true;
	return false;
}

/* A room's own table of them. */
static size_t
check_used(struct store *st, const struct query *q, struct buf *told)
{
	size_t	 n = 0;

	for (; q[n].sql != NULL; n++)
		check_query(st, &q[n], told);
	return n;
}

/* Of those who have a queue; the recurring kinds queue themselves. */
static const struct query *const	 job_queries[] = { job_add_queries,
	job_run_queries };

/* The next from here on whose service is on, or NULL. */
static const struct app_optional *
guest_of(const struct program *p, const struct app_optional *g)
{
	while (g != NULL && g->service != NULL && !conf_service(p->conf, g->service))
		g++;
	return g == NULL || g->service == NULL ? NULL : g;
}

int
app_check(struct program *p, int roll)
{
	struct program_thread	*t = program_thread_open(p);
	const struct app	*app = p->app;
	const struct query *const *const lists[] = { app->queries, keys_queries,
	    auth_queries };
	struct buf		 told;
	size_t			 n = 0;
	bool			 ok = t != NULL;

	if (t == NULL)
		return 1;
	buf_init(&told, &t->arena);
	for (size_t i = 0; app->resources != NULL && app->resources[i] != NULL; i++)
		ok &= resource_check(&t->store, app->resources[i], &told, &n);
	for (size_t i = 0; i < NELEMS(lists); i++)
		n += check_queries(&t->store, lists[i], &told);
	if (is_audited(p))
		n += check_used(&t->store, audit_queries, &told);
	for (size_t i = 0; app->jobs != NULL && i < NELEMS(job_queries); i++)
		n += check_used(&t->store, job_queries[i], &told);
	if (is_keyed(p))
		n += check_used(&t->store, idem_queries, &told);
	for (size_t i = 0; app->uses != NULL && app->uses[i] != NULL; i++)
		n += check_used(&t->store, app->uses[i], &told);
	for (const struct app_optional *g = guest_of(p, app->optional_queries); g != NULL;
	    g = guest_of(p, g + 1))
		n += check_used(&t->store, g->uses, &told);
	check_texts(&t->store, store_sweep_statements, &told, &n);
	ok &= buf_ok(&told) && told.n == 0 && p->broken == NULL;
	if (p->broken != NULL)
		buf_fmt(&told, "%s\n", p->broken);
	if (roll != -1 && !ok) {
		log_event(LOG_ERROR, "check", "%.*s", STR_ARG(buf_view(&told)));
		(void)!write(roll, told.p, told.n);
	} else if (roll == -1)
		printf("%.*s%s: %zu statements %s\n", STR_ARG(buf_view(&told)),
		    app->name, n, ok ? "fit" : "tried, not all fit");
	program_thread_close(t);
	return ok ? 0 : 1;
}

/* A statement a line, for `brisk grants`. */
static void
put_statement(void *out, struct str sql)
{
	struct buf	*b = out;

	for (size_t i = 0; i < sql.n; i++)
		buf_byte(b, sql.p[i] == '\n' ? ' ' : sql.p[i]);
	buf_byte(b, '\n');
}

int
app_statements(struct program *p)
{
	const struct app	*app = p->app;
	const struct query *const *const lists[] = { app->queries, keys_queries,
	    auth_queries };
	struct arena		 a;
	struct buf		 b;
	bool			 ok = arena_init(&a, MAX_ARENA);

	if (!ok)
		return 1;
	buf_init(&b, &a);
	for (size_t i = 0; app->resources != NULL && app->resources[i] != NULL; i++)
		ok &= resource_statements(app->resources[i], &a, put_statement, &b);
	for (size_t i = 0; i < NELEMS(lists); i++)
		for (size_t j = 0; lists[i] != NULL && lists[i][j] != NULL; j++)
			put_statement(&b, str_of(lists[i][j]->sql));
	for (size_t i = 0; app->uses != NULL && app->uses[i] != NULL; i++)
		for (const struct query *q = app->uses[i]; q->sql != NULL; q++)
			put_statement(&b, str_of(q->sql));
	for (const struct app_optional *g = guest_of(p, app->optional_queries); g != NULL;
	    g = guest_of(p, g + 1))
		for (const struct query *q = g->uses; q->sql != NULL; q++)
			put_statement(&b, str_of(q->sql));
	for (size_t i = 0; app->jobs != NULL && i < NELEMS(job_queries); i++)
		for (const struct query *q = job_queries[i]; q->sql != NULL; q++)
			put_statement(&b, str_of(q->sql));
	for (size_t i = 0; store_sweep_statements[i] != NULL; i++)
		put_statement(&b, str_of(store_sweep_statements[i]));
	if (is_audited(p))
		put_statement(&b, str_of(audit_queries[0].sql));
	for (const struct query *q = idem_queries; is_keyed(p) && q->sql != NULL; q++)
		put_statement(&b, str_of(q->sql));
	ok &= buf_ok(&b) && fwrite(b.p, 1, b.n, stdout) == b.n;
	arena_free(&a);
	return ok ? 0 : 1;
}
