/* resource/audit - the audit log entries of a write. */
#include "auth/audit.h"
#include "resource/change.h"

static bool
make_entry(const struct change *c, const void *row, const char *verb,
    struct audit_entry *e)
{
	struct arena	*a = c->rq->arena;
	struct str	 key = resource_key_text(c->r, a, row);
	char		*target = arena_fmt(a, "%s/%.*s", c->r->table, STR_ARG(key));

	/* The column holds 40 characters. */
	*e = (struct audit_entry){ .action = arena_fmt(a, "%.32s.%s", c->r->table, verb) };
	if (target != NULL)
		e->target = str_of(target);
	return e->action != NULL && target != NULL;
}

enum db_err
change_audit(struct store *st, const struct change *c, const char *verb)
{
	struct audit_entry	*e;
	size_t			 n = 0;

	if (!c->rq->conf->audit_writes)
		return DB_OK;
	if ((e = arena_array(c->rq->arena, struct audit_entry, c->n)) == NULL)
		return DB_NO_MEMORY;
	for (size_t i = 0; i < c->n; i++) {
		if (c->unchanged != NULL && c->unchanged[i])
			continue;
		if (!make_entry(c, change_row(c, i),
		    c->exists != NULL && c->exists[i] ? "update" : verb, &e[n++]))
			return DB_NO_MEMORY;
	}
	return audit_add_all(st, c->rq, e, n);
}
