/* decode - a parsed JSON object into a struct, by its schema. */
#include "schema/decode_doc.h"

static void	 decode_value(struct decoder *, const struct field *,
		    struct json_object *, void *base, const struct place *);
static void	 decode_members(struct decoder *, const struct schema *,
		    struct json_object *, void *out, const void *kept,
		    const struct place *);

static void
decode_int(struct decoder *d, const struct field *f, struct json_object *v,
    void *base, const struct place *at)
{
	int64_t	 n = 0;

	if (doc_kind_of(v) != DOC_NUMBER) {
		decode_refuse_type(d, at, "must be an integer");
		return;
	}
	switch (doc_number(v, &n)) {
	case NUMBER_FRACTION:
		decode_refuse(d, at, "not_an_integer", "must be an integer");
		return;
	case NUMBER_FAR:
		n = json_object_get_double(v) < 0 ? INT64_MIN : INT64_MAX;
		break;
	case NUMBER_INT:
		break;
	}
	if (decode_judged(d, at, decode_rule_int(f, d->arena, n)))
		field_set_int(f, n, base);
}

static void
decode_num(struct decoder *d, const struct field *f, struct json_object *v,
    void *base, const struct place *at)
{
	double	 n;

	if (doc_kind_of(v) != DOC_NUMBER) {
		decode_refuse_type(d, at, "must be a number");
		return;
	}
	n = json_object_get_double(v);
	if (decode_judged(d, at, decode_rule_num(f, d->arena, n)))
		field_set_num(f, n, base);
}

static void
decode_bool(struct decoder *d, const struct field *f, struct json_object *v,
    void *base, const struct place *at)
{
	if (doc_kind_of(v) != DOC_BOOL)
		decode_refuse_type(d, at, "must be true or false");
	else
		field_set_bool(f, json_object_get_boolean(v), base);
}

static void
decode_string(struct decoder *d, const struct field *f, struct json_object *v,
    void *base, const struct place *at)
{
	struct str	 s;

	if (doc_kind_of(v) != DOC_STRING) {
		decode_refuse_type(d, at, "must be a string");
		return;
	}
	s = arena_copy(d->arena, doc_string(v));
	if (s.p == NULL) {
		d->fs->failed = true;
		return;
	}
	if (!decode_judged(d, at, decode_value_text(f, d->arena, s, base)))
		field_clear(f, base);
}

/* The members of {"amount":1999,"currency":"EUR"}. */
struct money_members {
	int64_t		 amount;
	struct str	 currency;
};

static const struct schema money_members = SCHEMA("Money", struct money_members,
	FIELD_INT(struct money_members, amount, .doc = "Amount in minor units (cents)"),
	FIELD_STR(struct money_members, currency, .doc = "ISO 4217 code"));

static void
decode_money(struct decoder *d, const struct field *f, struct json_object *v,
    void *base, const struct place *at)
{
	struct money	*m = field_in(f, base);
	struct money_members got = { m->amount, { m->currency, strlen(m->currency) } };
	struct place	 below = { at, STR("currency"), 0, false };
	struct field	 amount = { .min = field_min(f), .max = field_max(f) };
	size_t		 before = d->fs->n;
	bool		 whole;

	if (doc_kind_of(v) != DOC_OBJECT) {
		decode_refuse_type(d, at, "must be an object with amount and currency");
		return;
	}
	decode_members(d, &money_members, v, &got, NULL, at);
	whole = d->fs->n == before && !d->fs->more;
	if (got.currency.p != m->currency && value_currency_exponent(got.currency) < 0)
		decode_refuse(d, &below, "invalid_value", "must be an ISO 4217 code");
	else if (whole && got.currency.n == 0 && !d->blank)
		decode_refuse(d, &below, "required", "is required");
	amount.kind = FIELD_KIND_INT;
	below.name = STR("amount");
	if (!whole || !decode_judged(d, &below, decode_rule_int(&amount, d->arena,
	    got.amount)) || d->fs->n != before || d->fs->more)
		return;
	m->amount = got.amount;
	memmove(m->currency, got.currency.p, got.currency.n);
	m->currency[got.currency.n] = '\0';
}

/* A copy to change: the caller compares it with the old row afterwards. */
static void *
copy_struct(struct decoder *d, const struct schema *sh, const void *row)
{
	void	*copy = arena_alloc(d->arena, sh->size);

	return copy == NULL ? NULL : memcpy(copy, row, sh->size);
}

static void
decode_nested(struct decoder *d, const struct field *f, struct json_object *v,
    void *base, const struct place *at)
{
	void		**at_ptr = field_in(f, base);
	void		 *made = *at_ptr;
	struct decoder	  below = *d;

	if (doc_kind_of(v) != DOC_OBJECT) {
		decode_refuse_type(d, at, "must be an object");
		return;
	}
	if (made == NULL) {
		if (!d->blank)
			below.mode = DECODE_WHOLE;	/* nothing to merge into */
		made = arena_zero(d->arena, 1, f->schema->size);
	} else if (d->mode == DECODE_MERGE) {
		made = copy_struct(d, f->schema, made);
	}
	if (made == NULL) {
		d->fs->failed = true;
		return;
	}
	decode_members(&below, f->schema, v, made, NULL, at);
	*at_ptr = made;
}

/* An element of a list: a struct by value, or a scalar described by .item. */
static void
decode_element(struct decoder *d, const struct field *f, struct json_object *v,
    void *base, const struct place *at)
{
	if (f->item != NULL && v != NULL)
		decode_value(d, f->item, v, base, at);
	else if (f->item == NULL && doc_kind_of(v) == DOC_OBJECT)
		decode_members(d, f->schema, v, base, NULL, at);
	else
		decode_refuse_type(d, at, f->item != NULL ? "must not be null" :
		    "must be an object");
}

/* The rows of a link table must be distinct. */
static void
refuse_duplicates(struct decoder *d, const struct list *l, size_t size,
    const struct place *at)
{
	for (size_t i = 1; i < l->n; i++)
		for (size_t j = 0; j < i; j++)
			if (memcmp((char *)l->items + i * size,
			    (char *)l->items + j * size, size) == 0) {
				struct place	 second = { at, { NULL, 0 }, i, true };

				decode_refuse(d, &second, "invalid_value", "occurs twice in the list");
				break;
			}
}

static bool
list_length(struct decoder *d, const struct field *f, size_t n,
    const struct place *at)
{
	int64_t	 min = field_min(f), max = field_max(f);

	if (max > FIELD_MEMBERS)
		max = FIELD_MEMBERS;
	if ((int64_t)n > max)
		decode_refuse(d, at, "too_many_items", arena_fmt(d->arena,
		    "must have at most %d elements", (int)max));
	else if ((int64_t)n < min)
		decode_refuse(d, at, "too_few_items", arena_fmt(d->arena,
		    "must have at least %d elements", (int)min));
	else
		return true;
	return false;
}

static void
decode_list(struct decoder *d, const struct field *f, struct json_object *v,
    void *base, const struct place *at)
{
	size_t		 n, size = f->item != NULL ? field_size(f->item) : f->schema->size;
	size_t		 before = d->fs->n;
	struct decoder	 whole = { d->fs, d->arena, DECODE_WHOLE, false };
	struct list	 made;

	if (doc_kind_of(v) != DOC_ARRAY) {
		decode_refuse_type(d, at, "must be an array");
		return;
	}
	n = json_object_array_length(v);
	if (!list_length(d, f, n, at))
		return;
	made = (struct list){ arena_zero(d->arena, n + 1, size), n };
	if (made.items == NULL) {
		d->fs->failed = true;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct place	 below = { at, { NULL, 0 }, i, true };

		decode_element(&whole, f, json_object_array_get_idx(v, i),
		    (char *)made.items + i * size, &below);
	}
	if (f->link != NULL && f->item != NULL && d->fs->n == before)
		refuse_duplicates(d, &made, size, at);
	*(struct list *)field_in(f, base) = made;
}

static void
decode_value(struct decoder *d, const struct field *f, struct json_object *v,
    void *base, const struct place *at)
{
	switch (f->kind) {
	case FIELD_KIND_INT:
		decode_int(d, f, v, base, at);
		break;
	case FIELD_KIND_NUM:
		decode_num(d, f, v, base, at);
		break;
	case FIELD_KIND_BOOL:
		decode_bool(d, f, v, base, at);
		break;
	case FIELD_KIND_STR:
	case FIELD_KIND_UUID:
	case FIELD_KIND_STAMP:
	case FIELD_KIND_DECIMAL:
		decode_string(d, f, v, base, at);
		break;
	case FIELD_KIND_MONEY:
		decode_money(d, f, v, base, at);
		break;
	case FIELD_KIND_JSON:
		decode_json(d, f, v, base, at);
		break;
	case FIELD_KIND_OBJECT:
		decode_nested(d, f, v, base, at);
		break;
	case FIELD_KIND_LIST:
		decode_list(d, f, v, base, at);
		break;
	}
}

static bool
is_required(const struct field *f)
{
	return !(f->flags & (FIELD_OPTIONAL | FIELD_READONLY)) && !f->opt &&
	    f->def == NULL;
}

/* A member that was not sent, or null.  A PUT keeps the value of a FIXED member. */
static void
decode_absent(struct decoder *d, const struct field *f, void *base,
    const void *kept, const struct place *at)
{
	struct place	 below = { at, str_of(f->name), 0, false };

	if (kept != NULL && (f->flags & FIELD_FIXED) && !is_required(f))
		memcpy(field_in(f, base), field_at(f, kept), field_size(f));
	else if (is_required(f))
		decode_refuse(d, &below, "required", "is required");
	else if (!decode_default(f, d->arena, base))
		d->fs->failed = true;
}

/* May the client send this member? */
static bool
may_send(struct decoder *d, const struct field *f, const struct place *at)
{
	if (f == NULL)
		decode_refuse(d, at, "unknown_field", "unknown member");
	else if (f->flags & FIELD_READONLY)
		decode_refuse(d, at, "read_only_field", "cannot be set by a client");
	else if ((f->flags & (FIELD_FIXED | FIELD_KEY)) && d->mode == DECODE_MERGE)
		decode_refuse(d, at, "read_only_field", "cannot be changed");
	else
		return true;
	return false;
}

static bool
same_scalar(const struct field *f, const void *a, const void *b)
{
	if (f->kind == FIELD_KIND_STR || f->kind == FIELD_KIND_DECIMAL)
		return str_eq(*(const struct str *)field_at(f, a),
		    *(const struct str *)field_at(f, b));
	return memcmp(field_at(f, a), field_at(f, b), field_size(f)) == 0;
}

static void
decode_member(struct decoder *d, const struct field *f, struct json_object *v,
    void *out, const void *kept, const struct place *at)
{
	struct place	 below = { at, str_of(f->name), 0, false };
	size_t		 before = d->fs->n;

	decode_value(d, f, v, out, &below);
	if (kept != NULL && d->fs->n == before &&
	    (f->flags & (FIELD_FIXED | FIELD_KEY)) && !same_scalar(f, out, kept))
		decode_refuse(d, &below, "read_only_field", "cannot be changed");
}

/*
 * Decode the members of an object; then treat the missing ones.  A null counts
 * as absent; in a DECODE_MERGE it clears the member.
 */
static void
decode_members(struct decoder *d, const struct schema *sh, struct json_object *v,
    void *out, const void *kept, const struct place *at)
{
	struct json_object_iterator	 it = json_object_iter_begin(v),
					 end = json_object_iter_end(v);
	uint64_t			 seen = 0;

	if (json_object_object_length(v) > FIELD_MEMBERS) {
		decode_refuse(d, at, "too_many_items", "must have at most 1000 members");
		return;
	}
	for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it)) {
		struct str		 name = str_of(json_object_iter_peek_name(&it));
		struct json_object	*value = json_object_iter_peek_value(&it);
		const struct field	*f = schema_find(sh, name);
		struct place		 below = { at, name, 0, false };

		if ((f == NULL && sh->open) || !may_send(d, f, &below))
			continue;
		if (value == NULL && d->mode == DECODE_WHOLE)
			continue;
		seen |= UINT64_C(1) << (f - sh->fields);
		if (value == NULL)
			decode_absent(d, f, out, kept, at);
		else
			decode_member(d, f, value, out, kept, at);
	}
	for (const struct field *f = sh->fields; d->mode == DECODE_WHOLE &&
	    f->name != NULL; f++)
		if (!(seen & UINT64_C(1) << (f - sh->fields)))
			decode_absent(d, f, out, kept, at);
}

static bool
decode_top(struct decoder *d, const struct schema *sh, struct json_object *v,
    void *out, const void *kept, const struct place *at)
{
	size_t	 before = d->fs->n;

	if (d->mode == DECODE_WHOLE)
		memset(out, 0, sh->size);
	if (doc_kind_of(v) != DOC_OBJECT) {
		decode_refuse_type(d, at, "must be an object");
		return false;
	}
	decode_members(d, sh, v, out, kept, at);
	if (sh->check != NULL && d->fs->n == before && !d->fs->failed &&
	    (d->mode == DECODE_WHOLE || kept != NULL))
		sh->check(out, d->fs);
	return d->fs->n == before && !d->fs->failed;
}

bool
decode_object(const struct schema *sh, const struct doc *doc,
    enum decode_mode mode, const char *at, void *out, const void *kept,
    struct faults *fs)
{
	struct decoder	 d = { fs, fs->arena, mode,
			    mode == DECODE_MERGE && kept == NULL };
	struct place	 root = { NULL, str_of(at), 0, false };

	if (doc->nul_name)
		decode_refuse(&d, &root, "invalid_characters",
		    "a member name contains a control character");
	return decode_top(&d, sh, doc->top, out, kept, &root) && !doc->nul_name;
}

bool
decode_items(const struct schema *sh, const struct doc *doc, const char *name,
    void **out, size_t *n, struct faults *fs)
{
	struct decoder		 d = { fs, fs->arena, DECODE_WHOLE, false };
	struct place		 root = { NULL, STR("#"), 0, false };
	struct place		 list = { &root, str_of(name), 0, false };
	struct field		 bounds = { .kind = FIELD_KIND_LIST, .min = 1 };
	struct json_object	*v = NULL;

	*n = 0;
	json_object_object_get_ex(doc->top, name, &v);
	json_object_object_foreach(doc->top, member, other) {
		struct place	 unknown = { &root, str_of(member), 0, false };

		if (other != v)
			decode_refuse(&d, &unknown, "unknown_field",
			    "the only member of a batch is `items`");
	}
	if (doc->nul_name)
		decode_refuse(&d, &root, "unknown_field", "the only member of a batch is `items`");
	if (doc_kind_of(v) != DOC_ARRAY) {
		decode_refuse_type(&d, &list, "must be an array");
		return false;
	}
	if (!list_length(&d, &bounds, json_object_array_length(v), &list))
		return false;
	*n = json_object_array_length(v);
	if ((*out = arena_zero(fs->arena, *n, sh->size)) == NULL) {
		fs->failed = true;
		return false;
	}
	for (size_t i = 0; i < *n; i++) {
		struct place	 at = { &list, { NULL, 0 }, i, true };

		(void)decode_top(&d, sh, json_object_array_get_idx(v, i),
		    (char *)*out + i * sh->size, NULL, &at);
	}
	return fs->n == 0 && !fs->failed;
}

bool
decode_stored(const struct field *f, struct str json, struct arena *a, void *base)
{
	struct doc	*doc;
	struct faults	 fs;
	struct decoder	 d = { &fs, a, DECODE_WHOLE, false };
	struct place	 root = { NULL, STR("#"), 0, false };
	enum json_fault	 fault;

	faults_init(&fs, a);
	fault = decode_parse(a, json, &doc).fault;
	a->failed |= fault == JSON_NO_MEMORY;
	if (fault != JSON_OK)
		return false;
	decode_value(&d, f, doc->top, base, &root);
	doc_free(doc);
	a->failed |= fs.failed;
	return fs.n == 0 && !fs.failed;
}
