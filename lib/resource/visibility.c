/* resource_sight - whose rows, and which members, a caller may see and change. */
#include "schema/encode.h"
#include "resource/rows.h"

static bool
is_open(const char *scope)
{
	return scope != NULL && strcmp(scope, SCOPE_NONE) == 0;
}

static bool
sees_kept(const struct resource *r, const struct user *u)
{
	return r->write != NULL && !is_open(r->write) && u != NULL &&
	    auth_has_scope(u, r->write);
}

/* Of a UUID, only users own something; a text holds any subject. */
static void
take_me(const struct field *owner, const struct req *rq, struct val *me)
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
	bool	 others = r->admin_scope != NULL && rq->user != NULL &&
		    auth_has_scope(rq->user, r->admin_scope);

	*out = (struct visibility){ .kept = sees_kept(r, rq->user),
	    .rows = !resource_is_owned(r) || others || (!write && is_open(r->read)),
	    .members = others || (r->owner == NULL && r->admin_scope == NULL) };
	take_me(resource_owner_field(r), rq, &out->me);
}

static bool
is_mine(const struct field *owner, const struct visibility *s, const void *row)
{
	const void	*at;

	if (owner == NULL || s->me.kind == VAL_NULL)
		return false;
	at = field_at(owner, row);
	return str_eq(s->me.s, owner->kind == FIELD_KIND_STR ?
	    *(const struct str *)at : (struct str){ at, sizeof(struct uuid) });
}

bool
visibility_may_sort(const struct resource *r, const struct visibility *s, const struct field *f)
{
	return !(f->flags & FIELD_PRIVATE) || s->members ||
	    (r->owner != NULL && !s->rows);
}

bool
visibility_may_select(const struct resource *r, const struct visibility *s, const struct field *f)
{
	return !(f->flags & FIELD_PRIVATE) || s->members ||
	    (r->owner != NULL && s->me.kind != VAL_NULL);
}

bool
visibility_may_filter(const struct resource *r, const struct visibility *s, const struct filter *f)
{
	const struct field	 hidden = { .flags = FIELD_PRIVATE };

	if (f->field != NULL)
		return visibility_may_sort(r, s, schema_find(r->schema, str_of(f->field)));
	return !f->private || visibility_may_sort(r, s, &hidden);
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
	return s->members || is_mine(resource_owner_field(r), s, row) ? show :
	    show & ~private_members(r->schema);
}

/* May this one not send it, though its declaration lets some? */
static bool
is_barred(const struct resource *r, const struct visibility *s, const struct field *f)
{
	return !s->members && (f == resource_owner_field(r) ||
	    ((f->flags & FIELD_PRIVATE) && r->owner == NULL));
}

const struct schema *
visibility_input_schema(const struct resource *r, const struct visibility *s, struct arena *a)
{
	size_t		 n = schema_count(r->schema), barred = 0;
	struct schema	*sh;
	struct field	*fields;

	for (const struct field *f = r->schema->fields; f->name != NULL; f++)
		barred += is_barred(r, s, f) && !(f->flags & FIELD_READONLY);
	if (barred == 0)
		return r->schema;
	sh = arena_new(a, struct schema);
	fields = arena_array(a, struct field, n + 1);
	if (sh == NULL || fields == NULL)
		return NULL;
	*sh = *r->schema;
	sh->fields = memcpy(fields, r->schema->fields, (n + 1) * sizeof(*fields));
	for (size_t i = 0; i < n; i++)
		if (is_barred(r, s, &r->schema->fields[i]))
			fields[i].flags |= FIELD_READONLY;
	return sh;
}

/* Is one of the asked expansions of rows that belong to users? */
static bool
expands_owned(const struct resource *r, const struct list_query *w)
{
	for (size_t i = 0; r->expands != NULL && r->expands[i].name != NULL; i++)
		if ((w->expand & 1u << i) && r->expands[i].owner != NULL)
			return true;
	return false;
}

/* Is there something above that some see and others do not? */
static bool
is_hidden(const struct resource *above)
{
	return above != NULL && (resource_is_owned(above) || above->visible != NULL);
}

/* Is something shown to some that others are not shown? */
static bool
is_personal(const struct resource *r, const struct req *rq)
{
	return (resource_is_owned(r) && !is_open(rq->route->scope)) ||
	    private_members(r->schema) != 0 || expands_owned(r, rq->input.list) ||
	    (r->owner != NULL && r->visible != NULL && rq->route->op == OP_GET) ||
	    is_hidden(r->parent);
}

const char *
resource_view(const struct req *rq)
{
	const struct resource	*r = rq->route->resource;
	const struct list_query	*w = rq->input.list;
	bool			 kept = r->visible != NULL && w->sight.kept &&
				    rq->route->op == OP_GET;

	if (rq->user == NULL)
		return "";
	if (!is_personal(r, rq))
		return kept ? "w" : is_open(rq->route->scope) ? "" : "s";
	if (w->sight.members && !expands_owned(r, w) && !is_hidden(r->parent))
		return kept ? "aw" : "a";
	return arena_fmt(rq->arena, "u%zu:%.*s %zu:%.*s", rq->user->sub.n,
	    STR_ARG(rq->user->sub), rq->user->scope.n, STR_ARG(rq->user->scope));
}

bool
resource_is_public(const struct req *rq)
{
	const struct resource	*r = rq->route->resource;
	const char		*view = resource_view(rq);

	return is_open(rq->route->scope) && view != NULL && view[0] == '\0' &&
	    private_members(r->schema) == 0;
}
