/*
 * decode_doc - JSON documents, parsed by json-c after json_check().
 *
 * json-c loses information in two cases, so the text is scanned first.  It cuts
 * a member name at \u0000: such a name sets `nul_name`.  It saturates integers of
 * more than 64 bits: "e0" is appended to long integers, because json-c keeps the
 * text of a number that is not a plain integer.
 */
#include <json-c/json.h>
#include <json-c/printbuf.h>
#include <inttypes.h>
#include <stdlib.h>

#include "schema/decode_doc.h"
#include "base/log.h"

#define DIGITS_SAFE	18	/* so many digits always fit 64 bits */

/* The byte after the string that starts at p; `*nul`: it contains \u0000. */
static const char *
string_end(const char *p, const char *end, bool *nul)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\') {
			if (end - p > 5 && memcmp(p, "\\u0000", 6) == 0)
				*nul = true;
			p++;
		}
	return p + 1;
}

static bool
is_name(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p < end && *p == ':';
}

/* The byte after the number at p; `*wide`: an integer that may not fit 64 bits. */
static const char *
number_end(const char *p, const char *end, bool *wide)
{
	const char	*from = p;
	bool		 whole = true;

	for (; p < end && strchr("+-.eE0123456789", *p) != NULL && *p != '\0'; p++)
		if (*p == '.' || *p == 'e' || *p == 'E')
			whole = false;
	*wide = whole && p - from > DIGITS_SAFE;
	return p;
}

static struct str
prepared_text(struct arena *a, struct str in, bool *nul_name)
{
	const char	*p = in.p, *end = in.p + in.n, *next;
	struct buf	 out;
	bool		 nul, wide;

	buf_init(&out, a);
	for (; p < end; p = next) {
		nul = wide = false;
		next = p + 1;
		if (*p == '"') {
			next = string_end(p, end, &nul);
			*nul_name |= nul && is_name(next, end);
		} else if (*p == '-' || (*p >= '0' && *p <= '9')) {
			next = number_end(p, end, &wide);
		}
		buf_put(&out, p, (size_t)(next - p));
		if (wide)
			buf_puts(&out, "e0");
	}
	return buf_ok(&out) ? buf_view(&out) : (struct str){ NULL, 0 };
}

/* Most texts need no preparation and are not copied. */
static bool
needs_preparing(struct str s)
{
	size_t	 digits = 0;

	if (memmem(s.p, s.n, "\\u0000", 6) != NULL)
		return true;
	for (size_t i = 0; i < s.n; i++) {
		digits = s.p[i] >= '0' && s.p[i] <= '9' ? digits + 1 : 0;
		if (digits >= DIGITS_SAFE)
			return true;
	}
	return false;
}

/*
 * Grow the parser's string buffer to its largest possible size, so that it never
 * moves and leaves a copy of a secret in freed memory.
 */
static void
reserve_buffer(struct json_tokener *tok, size_t n)
{
	if (printbuf_memset(tok->pb, 0, 0, (int)n) >= 0)
		printbuf_reset(tok->pb);
}

/* `*top` is NULL for a JSON null.  False: out of memory; the syntax has been checked. */
static bool
parse_checked(struct str s, bool secret, struct json_object **top)
{
	struct json_tokener	*tok = json_tokener_new_ex(JSON_MAX_DEPTH + 2);
	enum json_tokener_error	 error;

	if (tok == NULL)
		return false;
	if (secret)
		reserve_buffer(tok, s.n);
	*top = json_tokener_parse_ex(tok, s.p, (int)s.n);
	if (json_tokener_get_error(tok) == json_tokener_continue)
		*top = json_tokener_parse_ex(tok, "", 1);	/* ends a bare number */
	error = json_tokener_get_error(tok);
	if (error != json_tokener_success)
		log_event(LOG_ERROR, "decode", "json-c refuses text that json_check() accepted: %s",
		    json_tokener_error_desc(error));
	if (secret)
		explicit_bzero(tok->pb->buf, (size_t)tok->pb->size);
	json_tokener_free(tok);
	return error == json_tokener_success;
}

struct json_check_result
decode_parse(struct arena *a, struct str s, struct doc **doc)
{
	struct json_check_result	 r = json_check(a, s);
	struct doc		*d;

	*doc = NULL;
	if (r.fault != JSON_OK)
		return r;
	if ((d = arena_new(a, struct doc)) == NULL)
		return (struct json_check_result){ JSON_NO_MEMORY, 0 };
	if (needs_preparing(s) && (s = prepared_text(a, s, &d->nul_name)).p == NULL)
		return (struct json_check_result){ JSON_NO_MEMORY, 0 };
	d->secret = a->secret;
	if (!parse_checked(s, d->secret, &d->top))
		return (struct json_check_result){ JSON_NO_MEMORY, 0 };
	*doc = d;
	return r;
}

/* Overwrite the strings and member names of a value. */
static void
wipe_value(struct json_object *v)
{
	struct str	 text;

	switch (json_object_get_type(v)) {
	case json_type_string:
		text = doc_string(v);
		explicit_bzero((void *)(uintptr_t)text.p, text.n);
		return;
	case json_type_array:
		for (size_t i = 0; i < json_object_array_length(v); i++)
			wipe_value(json_object_array_get_idx(v, i));
		return;
	case json_type_object: {
		json_object_object_foreach(v, name, member_value) {
			wipe_value(member_value);
			explicit_bzero(name, strlen(name));
		}
		return;
	}
	default:
		return;
	}
}

void
doc_free(struct doc *d)
{
	if (d != NULL && d->top != NULL) {
		if (d->secret)
			wipe_value(d->top);
		json_object_put(d->top);
		d->top = NULL;
	}
}

enum doc_kind
doc_kind(const struct doc *d)
{
	return doc_kind_of(d->top);
}

enum doc_kind
doc_kind_of(struct json_object *v)
{
	switch (json_object_get_type(v)) {
	case json_type_null:	return DOC_NULL;
	case json_type_boolean:	return DOC_BOOL;
	case json_type_double:
	case json_type_int:	return DOC_NUMBER;
	case json_type_string:	return DOC_STRING;
	case json_type_array:	return DOC_ARRAY;
	case json_type_object:	return DOC_OBJECT;
	}
	return DOC_NULL;
}

static struct json_object *
find_member(const struct doc *d, const char *name)
{
	struct json_object	*v = NULL;

	if (doc_kind(d) == DOC_OBJECT)
		json_object_object_get_ex(d->top, name, &v);
	return v;
}

bool
doc_has(const struct doc *d, const char *name)
{
	return doc_kind(d) == DOC_OBJECT &&
	    json_object_object_get_ex(d->top, name, NULL);
}

struct str
doc_string(struct json_object *v)
{
	return (struct str){ json_object_get_string(v),
	    (size_t)json_object_get_string_len(v) };
}

struct str
doc_text(const struct doc *d, const char *name, struct arena *a)
{
	struct json_object	*v = find_member(d, name);

	if (doc_kind_of(v) != DOC_STRING)
		return (struct str){ NULL, 0 };
	return arena_copy(a, doc_string(v));
}

bool
doc_int(const struct doc *d, const char *name, int64_t *out)
{
	struct json_object	*v = find_member(d, name);

	return doc_kind_of(v) == DOC_NUMBER && doc_number(v, out) == NUMBER_INT;
}

enum number_is
doc_number(struct json_object *v, int64_t *out)
{
	if (json_object_get_type(v) == json_type_int) {
		*out = json_object_get_int64(v);
		return NUMBER_INT;
	}
	return decode_number_int(str_of(json_object_get_string(v)), out);
}

bool
doc_contains(const struct doc *d, const char *name, struct str one, struct arena *a)
{
	struct json_object	*v = find_member(d, name);

	(void)a;
	if (doc_kind_of(v) == DOC_STRING)
		return str_eq(doc_string(v), one);
	for (size_t i = 0; doc_kind_of(v) == DOC_ARRAY &&
	    i < json_object_array_length(v); i++) {
		struct json_object	*item = json_object_array_get_idx(v, i);

		if (doc_kind_of(item) == DOC_STRING && str_eq(doc_string(item), one))
			return true;
	}
	return false;
}

/* Append a word: a string that is not empty and has no space. */
static bool
add_word(struct buf *b, struct json_object *v)
{
	struct str	 word = doc_string(v);

	if (doc_kind_of(v) != DOC_STRING || word.n == 0 ||
	    memchr(word.p, ' ', word.n) != NULL)
		return false;
	if (b->n > 0)
		buf_byte(b, ' ');
	buf_str(b, word);
	return true;
}

bool
doc_word_list(const struct doc *d, const char *name, struct arena *a, struct str *out)
{
	struct json_object	*v = find_member(d, name);
	struct buf		 b;

	*out = (struct str){ NULL, 0 };
	if (!doc_has(d, name))
		return true;
	if (doc_kind_of(v) == DOC_STRING)
		*out = arena_copy(a, doc_string(v));
	if (doc_kind_of(v) != DOC_ARRAY)
		return out->p != NULL;
	buf_init(&b, a);
	buf_puts(&b, "");
	for (size_t i = 0; i < json_object_array_length(v); i++)
		if (!add_word(&b, json_object_array_get_idx(v, i)))
			return false;
	*out = b.n == 0 ? STR("") : buf_view(&b);
	return buf_ok(&b);
}

/* A document for a part of another one; NULL: it is not an object, or no memory. */
static const struct doc *
borrow_object(struct json_object *v, struct arena *a)
{
	struct doc	*d = doc_kind_of(v) != DOC_OBJECT ? NULL :
			    arena_new(a, struct doc);

	if (d != NULL)
		d->top = v;
	return d;
}

const struct doc *
doc_member(const struct doc *d, const char *name, struct arena *a)
{
	return borrow_object(find_member(d, name), a);
}

const struct doc *
doc_item(const struct doc *d, const char *name, size_t i, struct arena *a)
{
	struct json_object	*v = find_member(d, name);

	if (doc_kind_of(v) != DOC_ARRAY || i >= json_object_array_length(v))
		return NULL;
	return borrow_object(json_object_array_get_idx(v, i), a);
}
