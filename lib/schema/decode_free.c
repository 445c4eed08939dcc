/* decode_free - free-form objects: their members are not in a schema, but bounded. */
#include "schema/utf8.h"
#include "schema/decode_doc.h"

static void	 free_value(struct decoder *, const struct field *,
		    struct json_object *, const struct place *);

/* Numbers are stored as text, but must be in the range of I-JSON (RFC 7493 2.2). */
static void
free_number(struct decoder *d, struct json_object *v, const struct place *at)
{
	struct str	 text = str_of(json_object_get_string(v));
	int64_t		 n;
	bool		 whole = memchr(text.p, '.', text.n) == NULL &&
			    (json_object_get_type(v) == json_type_int ||
			    str_ends(text, STR("e0")));

	if (whole && (doc_number(v, &n) != NUMBER_INT || n > INT_SAFE ||
	    n < -INT_SAFE))
		decode_refuse(d, at, "out_of_range", "must be between -(2^53-1) and 2^53-1");
	else
		decode_judged(d, at, decode_rule_num(&(const struct field){ .kind =
		    FIELD_KIND_NUM }, d->arena, json_object_get_double(v)));
}

static void
free_array(struct decoder *d, const struct field *f, struct json_object *v,
    const struct place *at)
{
	size_t	 n = json_object_array_length(v);

	if (n > FIELD_MEMBERS)
		decode_refuse(d, at, "too_many_items", "must have at most 1000 elements");
	for (size_t i = 0; n <= FIELD_MEMBERS && i < n; i++) {
		struct place	 below = { at, { NULL, 0 }, i, true };

		free_value(d, f, json_object_array_get_idx(v, i), &below);
	}
}

static void
free_object(struct decoder *d, const struct field *f, struct json_object *v,
    const struct place *at, int64_t most)
{
	struct json_object_iterator	 it = json_object_iter_begin(v),
					 end = json_object_iter_end(v);

	if (json_object_object_length(v) > most) {
		decode_refuse(d, at, "too_many_items", arena_fmt(d->arena,
		    "must have at most %d members", (int)most));
		return;
	}
	for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it)) {
		struct place	 below = { at,
		    str_of(json_object_iter_peek_name(&it)), 0, false };

		if (!utf8_is_printable(below.name, false))
			decode_refuse(d, &below, "invalid_characters",
			    "the member name contains a control character");
		free_value(d, f, json_object_iter_peek_value(&it), &below);
	}
}

static void
free_value(struct decoder *d, const struct field *f, struct json_object *v,
    const struct place *at)
{
	bool	 flat = (f->flags & FIELD_FLAT) != 0;

	switch (doc_kind_of(v)) {
	case DOC_NULL:
		if (flat)
			decode_refuse_type(d, at, "must be a string, a number or a boolean");
		break;
	case DOC_BOOL:
		break;
	case DOC_NUMBER:
		free_number(d, v, at);
		break;
	case DOC_STRING:
		if (!utf8_is_printable(doc_string(v), true))
			decode_refuse(d, at, "invalid_characters",
			    "must not contain control characters");
		break;
	case DOC_ARRAY:
	case DOC_OBJECT:
		if (flat)
			decode_refuse_type(d, at, "must be a string, a number or a boolean");
		else if (doc_kind_of(v) == DOC_ARRAY)
			free_array(d, f, v, at);
		else
			free_object(d, f, v, at, FIELD_MEMBERS);
	}
}

/*
 * JSON Merge Patch (RFC 7396 2).  Values are shared between patch and target by
 * json-c's reference counts.
 */
static void
merge_into(struct json_object *target, struct json_object *patch)
{
	struct json_object_iterator	 it = json_object_iter_begin(patch),
					 end = json_object_iter_end(patch);

	for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it)) {
		const char		*name = json_object_iter_peek_name(&it);
		struct json_object	*v = json_object_iter_peek_value(&it), *at;

		if (v == NULL) {
			json_object_object_del(target, name);
		} else if (doc_kind_of(v) != DOC_OBJECT) {
			json_object_object_add(target, name, json_object_get(v));
		} else {
			if (!json_object_object_get_ex(target, name, &at) ||
			    doc_kind_of(at) != DOC_OBJECT) {
				at = json_object_new_object();
				json_object_object_add(target, name, at);
			}
			merge_into(at, v);
		}
	}
}

/* The stored object with the patch applied.  The caller releases it. */
static struct json_object *
merge_stored(struct str stored, struct json_object *patch)
{
	struct json_object	*target = NULL;

	if (stored.p != NULL)
		target = json_tokener_parse(stored.p);
	if (doc_kind_of(target) != DOC_OBJECT) {
		json_object_put(target);
		target = json_object_new_object();
	}
	if (target != NULL)
		merge_into(target, patch);
	return target;
}

static void
store_text(struct decoder *d, struct json_object *v, struct json *out)
{
	out->text = arena_copy(d->arena, str_of(json_object_to_json_string_ext(v,
	    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)));
	if (out->text.p == NULL)
		d->fs->failed = true;
}

void
decode_json(struct decoder *d, const struct field *f, struct json_object *v,
    void *base, const struct place *at)
{
	struct json	*out = field_in(f, base);
	size_t		 before = d->fs->n;

	if (doc_kind_of(v) != DOC_OBJECT) {
		decode_refuse_type(d, at, "must be an object");
		return;
	}
	v = d->mode == DECODE_MERGE ? merge_stored(out->text, v) : json_object_get(v);
	if (v == NULL) {
		d->fs->failed = true;
		return;
	}
	free_object(d, f, v, at, field_max(f));
	if (d->fs->n == before)
		store_text(d, v, out);
	json_object_put(v);
}
