/* check - the statements of a program: against the database, or printed. */
#include <stdio.h>
#include <unistd.h>

#include "app/command.h"
#include "auth/audit.h"
#include "base/log.h"
#include "cache/store_sweep.h"
#include "db/db.h"
#include "db/row.h"
#include "job/worker.h"

/* --- every declared query --------------------------------------------------- */

typedef void	 query_function(void *, const struct query *);

/* Does a transaction of a resource write to the audit log? */
static bool
is_audited(const struct program *p)
{
	bool	 writes = false;

	for (size_t i = 0; i < p->nroutes; i++)
		writes |= p->routes[i].op != OP_NONE && p->routes[i].method != HTTP_GET;
	return writes && p->conf->audit_writes;
}

static bool
has_idempotency(const struct program *p)
{
	for (size_t i = 0; i < p->nroutes; i++)
		if (route_idempotency(&p->routes[i]) != IDEM_NONE)
			return true;
	return false;
}

static void
each_of_list(const struct query *const *list, query_function *f, void *arg)
{
	for (; list != NULL && *list != NULL; list++)
		f(arg, *list);
}

/* Ended by a NULL .sql. */
static void
each_of_table(const struct query *q, query_function *f, void *arg)
{
	for (; q->sql != NULL; q++)
		f(arg, q);
}

/* All declared queries but those of resources, which are made from their tables. */
static void
each_query(const struct program *p, query_function *f, void *arg)
{
	const struct app		*app = p->app;
	const struct app_optional	*o = app->optional_queries;

	each_of_list(app->queries, f, arg);
	each_of_list(keys_queries, f, arg);
	each_of_list(auth_queries, f, arg);
	if (is_audited(p))
		each_of_table(audit_queries, f, arg);
	if (app->jobs != NULL) {
		each_of_table(job_add_queries, f, arg);
		each_of_table(job_run_queries, f, arg);
	}
	if (has_idempotency(p))
		each_of_table(idem_queries, f, arg);
	for (size_t i = 0; app->uses != NULL && app->uses[i] != NULL; i++)
		each_of_table(app->uses[i], f, arg);
	for (; o != NULL && o->service != NULL; o++)
		if (conf_service(p->conf, o->service))
			each_of_table(o->uses, f, arg);
}

/* --- checking --------------------------------------------------------------- */

struct check {
	struct store	*st;
	struct buf	 faults;	/* a line for each */
	size_t		 n;		/* statements */
};

static void
check_columns(struct buf *faults, const struct query *q, const struct db_description *plan)
{
	const struct field	*f = q->out == NULL ? NULL : q->out->fields;
	const char		*wrong;
	size_t			 at = 0;

	for (; f != NULL && f->name != NULL; f++)
		for (size_t c = 0; c < row_columns(f); c++, at++) {
			wrong = at < plan->ncolumns ?
			    row_mismatch(f, c, &plan->columns[at]) : "has no column";
			if (wrong != NULL)
				buf_fmt(faults, "%s: %s: %s\n", q->sql, f->name, wrong);
		}
	if (at != plan->ncolumns)
		buf_fmt(faults, "%s: returns %zu columns, but its schema has %zu\n", q->sql,
		    plan->ncolumns, at);
}

static bool
prepare(struct check *c, const char *sql, struct db_description *plan)
{
	c->n++;
	if (db_describe(c->st->db, c->st->arena, str_of(sql), plan) == DB_OK)
		return true;
	buf_fmt(&c->faults, "%s: %s\n", sql, db_error_message(c->st->db));
	return false;
}

static void
check_query(void *arg, const struct query *q)
{
	struct check		*c = arg;
	struct db_description	 plan;
	size_t			 params = 0;

	if (!prepare(c, q->sql, &plan))
		return;
	for (const struct field *f = q->in == NULL ? NULL : q->in->fields;
	    f != NULL && f->name != NULL; f++)
		params += row_columns(f);
	if (params != plan.params)
		buf_fmt(&c->faults, "%s: takes %zu values, but its schema has %zu\n",
		    q->sql, plan.params, params);
	check_columns(&c->faults, q, &plan);
}

static bool
check_all(struct check *c, const struct program *p)
{
	const struct resource *const	*r = p->app->resources;
	struct db_description		 plan;
	bool				 ok = true;

	for (; r != NULL && *r != NULL; r++)
		ok &= resource_check(c->st, *r, &c->faults, &c->n);
	each_query(p, check_query, c);
	for (size_t i = 0; store_sweep_statements[i] != NULL; i++)
		(void)prepare(c, store_sweep_statements[i], &plan);
	ok &= buf_ok(&c->faults) && c->faults.n == 0 && p->broken == NULL;
	if (p->broken != NULL)
		buf_fmt(&c->faults, "%s\n", p->broken);
	return ok;
}

int
app_check(struct program *p, int report)
{
	struct program_thread	*t = program_thread_open(p);
	struct check		 c = { .n = 0 };
	struct str		 faults;
	bool			 ok;

	if (t == NULL)
		return 1;
	c.st = &t->store;
	buf_init(&c.faults, &t->arena);
	ok = check_all(&c, p);
	faults = buf_view(&c.faults);
	if (report == -1)
		printf("%.*s%s: %zu statements %s\n", STR_ARG(faults), p->app->name, c.n,
		    ok ? "fit" : "checked, not all fit");
	else if (!ok) {
		log_event(LOG_ERROR, "check", "%.*s", STR_ARG(faults));
		(void)!write(report, faults.p, faults.n);
	}
	program_thread_close(t);
	return ok ? 0 : 1;
}

/* --- printing --------------------------------------------------------------- */

static void
put_statement(void *out, struct str sql)
{
	struct buf	*b = out;

	for (size_t i = 0; i < sql.n; i++)
		buf_byte(b, sql.p[i] == '\n' ? ' ' : sql.p[i]);
	buf_byte(b, '\n');
}

static void
put_query(void *out, const struct query *q)
{
	put_statement(out, str_of(q->sql));
}

int
app_statements(struct program *p)
{
	const struct resource *const	*r = p->app->resources;
	struct arena			 a;
	struct buf			 b;
	bool				 ok = arena_init(&a, MAX_ARENA);

	if (!ok)
		return 1;
	buf_init(&b, &a);
	for (; r != NULL && *r != NULL; r++)
		ok &= resource_statements(*r, &a, put_statement, &b);
	each_query(p, put_query, &b);
	for (size_t i = 0; store_sweep_statements[i] != NULL; i++)
		put_statement(&b, str_of(store_sweep_statements[i]));
	ok &= buf_ok(&b) && fwrite(b.p, 1, b.n, stdout) == b.n;
	arena_free(&a);
	return ok ? 0 : 1;
}
