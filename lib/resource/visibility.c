/* resource/visibility - which rows and members a caller may see and change. */
#include "schema/encode.h"
#include "resource/rows.h"

static bool
is_public_scope(const char *scope)
{
	return scope != NULL && strcmp(scope, SCOPE_NONE) == 0;
}

static bool
sees_hidden_rows(const struct resource *r, const struct user *u)
{
	return r->write != NULL && !is_public_scope(r->write) && u != NULL &&
	    auth_has_scope(u, r->write);
}

/* A UUID column holds users; a text column holds the subject of any token. */
static void
set_user(const struct field *owner, const struct req *rq, struct val *me)
{
	*me = (struct val){ .kind = VAL_NULL };
	if (rq->user == NULL)
		return;
	if (owner != NULL && owner->kind == FIELD_KIND_STR && rq->user->sub.n > 0)
		*me = VAL_OF_STR(rq->user->sub);
	else if (!uuid_is_nil(rq->user->id))
		*me = VAL_OF_UUID(&rq->user->id);
}

void
visibility_init(const struct resource *r, const struct req *rq, bool write,
    struct visibility *out)
{
	bool	 admin = r->admin_scope != NULL && rq->user != NULL &&
		    auth_has_scope(rq->user, r->admin_scope);

	*out = (struct visibility){ .hidden_rows = sees_hidden_rows(r, rq->user),
	    .all_rows = !resource_is_owned(r) || admin ||
	    (!write && is_public_scope(r->read)),
	    .private_members = admin || (r->owner == NULL && r->admin_scope == NULL) };
	set_user(resource_owner_field(r), rq, &out->user);
}

/* Without .owner nobody sees the private members of an expansion. */
void
visibility_of_expansion(const struct expand *ex, const struct req *rq,
    struct visibility *out)
{
	bool	 admin = ex->owner != NULL && ex->admin_scope != NULL && rq->user != NULL &&
		    auth_has_scope(rq->user, ex->admin_scope);

	*out = (struct visibility){ .all_rows = ex->owner == NULL || admin,
	    .private_members = admin };
	set_user(ex->owner == NULL ? NULL : schema_find(ex->schema, str_of(ex->owner)), rq,
	    &out->user);
}

static bool
is_row_of_user(const struct field *owner, const struct visibility *s, const void *row)
{
	const void	*at;

	if (owner == NULL || s->user.kind == VAL_NULL)
		return false;
	at = field_at(owner, row);
	return str_eq(s->user.s, owner->kind == FIELD_KIND_STR ?
	    *(const struct str *)at : (struct str){ at, sizeof(struct uuid) });
}

/* Does the caller see the private members of every row that a list returns? */
static bool
sees_private(const struct resource *r, const struct visibility *s)
{
	return s->private_members || (r->owner != NULL && !s->all_rows);
}

bool
visibility_may_sort(const struct resource *r, const struct visibility *s, const struct field *f)
{
	return !(f->flags & FIELD_PRIVATE) || sees_private(r, s);
}

bool
visibility_may_select(const struct resource *r, const struct visibility *s, const struct field *f)
{
	return !(f->flags & FIELD_PRIVATE) || s->private_members ||
	    (r->owner != NULL && s->user.kind != VAL_NULL);
}

bool
visibility_may_filter(const struct resource *r, const struct visibility *s, const struct filter *f)
{
	if (f->field != NULL)
		return visibility_may_sort(r, s, schema_find(r->schema, str_of(f->field)));
	return !f->private || sees_private(r, s);
}

static uint64_t
private_members(const struct schema *sh)
{
	uint64_t	 set = 0;

	for (const struct field *f = sh->fields; f->name != NULL; f++)
		if (f->flags & FIELD_PRIVATE)
			set |= UINT64_C(1) << (f - sh->fields);
	return set;
}

uint64_t
visibility_members(const struct resource *r, const struct visibility *s, const void *row,
    uint64_t show)
{
	return s->private_members || is_row_of_user(resource_owner_field(r), s, row) ? show :
	    show & ~private_members(r->schema);
}

/* Is the member read-only for this caller, though not for every caller? */
static bool
is_locked_member(const struct resource *r, const struct visibility *s, const struct field *f)
{
	return !s->private_members && (f == resource_owner_field(r) ||
	    ((f->flags & FIELD_PRIVATE) && r->owner == NULL));
}

const struct schema *
visibility_input_schema(const struct resource *r, const struct visibility *s, struct arena *a)
{
	size_t		 n = schema_count(r->schema), locked = 0;
	struct schema	*sh;
	struct field	*fields;

	for (const struct field *f = r->schema->fields; f->name != NULL; f++)
		locked += is_locked_member(r, s, f) && !(f->flags & FIELD_READONLY);
	if (locked == 0)
		return r->schema;
	sh = arena_new(a, struct schema);
	fields = arena_array(a, struct field, n + 1);
	if (sh == NULL || fields == NULL)
		return NULL;
	*sh = *r->schema;
	sh->fields = memcpy(fields, r->schema->fields, (n + 1) * sizeof(*fields));
	for (size_t i = 0; i < n; i++)
		if (is_locked_member(r, s, &r->schema->fields[i]))
			fields[i].flags |= FIELD_READONLY;
	return sh;
}

/* Does the request expand rows that belong to users? */
static bool
expands_owned(const struct resource *r, const struct list_query *q)
{
	for (size_t i = 0; r->expands != NULL && r->expands[i].name != NULL; i++)
		if ((q->expand & 1u << i) && r->expands[i].owner != NULL)
			return true;
	return false;
}

/* Do some callers see a parent row that others do not? */
static bool
may_hide_parent(const struct resource *parent)
{
	return parent != NULL && (resource_is_owned(parent) || parent->visible != NULL);
}

/* Does the response depend on the caller, beyond the hidden rows? */
static bool
is_personal(const struct resource *r, const struct req *rq)
{
	return (resource_is_owned(r) && !is_public_scope(rq->route->scope)) ||
	    private_members(r->schema) != 0 || expands_owned(r, rq->input.list) ||
	    (r->owner != NULL && r->visible != NULL && rq->route->op == OP_GET) ||
	    may_hide_parent(r->parent);
}

const char *
resource_variant(const struct req *rq)
{
	const struct resource	*r = rq->route->resource;
	const struct list_query	*q = rq->input.list;
	bool			 hidden_rows = r->visible != NULL && q->visibility.hidden_rows &&
				    rq->route->op == OP_GET;

	if (rq->user == NULL)
		return "";
	if (!is_personal(r, rq))
		return hidden_rows ? "w" : is_public_scope(rq->route->scope) ? "" : "s";
	if (q->visibility.private_members && !expands_owned(r, q) && !may_hide_parent(r->parent))
		return hidden_rows ? "aw" : "a";
	return arena_fmt(rq->arena, "u%zu:%.*s %zu:%.*s", rq->user->sub.n,
	    STR_ARG(rq->user->sub), rq->user->scope.n, STR_ARG(rq->user->scope));
}

bool
resource_is_public(const struct req *rq)
{
	const struct resource	*r = rq->route->resource;
	const char		*view = resource_variant(rq);

	return is_public_scope(rq->route->scope) && view != NULL && view[0] == '\0' &&
	    private_members(r->schema) == 0;
}
