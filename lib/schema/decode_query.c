/* decode_query - decode query strings, forms and path segments. */
#include "schema/utf8.h"
#include "schema/decode_private.h"

#include "schema/json_names.h"

/* `out` must have room for in.n bytes.  False: a % without two hex digits. */
static bool
percent_decode(struct str in, bool plus, char *out, size_t *n)
{
	*n = 0;
	for (size_t i = 0; i < in.n; i++) {
		char	 c = in.p[i];

		if (c == '%') {
			if (in.n - i < 3 || json_hex_digit(in.p[i + 1]) < 0 ||
			    json_hex_digit(in.p[i + 2]) < 0)
				return false;
			c = (char)(json_hex_digit(in.p[i + 1]) << 4 |
			    json_hex_digit(in.p[i + 2]));
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		out[(*n)++] = c;
	}
	return true;
}

/* Percent-decode; false: bad encoding, bad UTF-8 or no memory. */
static bool
decode_piece(struct arena *a, struct str in, bool plus, struct str *out)
{
	char	*p = arena_alloc(a, in.n + 1);

	if (p == NULL || !percent_decode(in, plus, p, &out->n))
		return false;
	p[out->n] = '\0';
	out->p = p;
	return utf8_is_valid(*out);
}

bool
decode_segment(struct arena *a, struct str in, struct str *out)
{
	return decode_piece(a, in, false, out) &&
	    memchr(out->p, '\0', out->n) == NULL &&
	    memchr(out->p, '/', out->n) == NULL;
}

static size_t
count_pieces(struct str s)
{
	size_t	 n = 1;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '&';
	return n;
}

static bool
is_repeated(const struct pair *pairs, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(pairs[i].name, name))
			return true;
	return false;
}

static void
decode_pair(struct str piece, struct pair *pairs, size_t *n, struct faults *fs)
{
	struct pair	 p;
	struct str	 name = str_cut(&piece, '=');

	if (piece.p == NULL)
		piece = STR("");
	if (!decode_piece(fs->arena, name, true, &p.name) ||
	    !utf8_is_printable(p.name, false)) {
		fault_add_parameter(fs, STR("?"), "invalid_format",
		    "a parameter name is not percent-encoded UTF-8");
		return;
	}
	if (!decode_piece(fs->arena, piece, true, &p.value)) {
		fault_add_parameter(fs, p.name, "invalid_format",
		    "must be percent-encoded UTF-8");
		return;
	}
	if (is_repeated(pairs, *n, p.name)) {
		fault_add_parameter(fs, p.name, "repeated_parameter",
		    "is given more than once");
		return;
	}
	pairs[(*n)++] = p;
}

bool
decode_pairs(struct str query, struct pair **out, size_t *n, struct faults *fs)
{
	size_t		 most = count_pieces(query), before = fs->n;
	struct pair	*pairs;

	*n = 0;
	if (most > FIELD_MEMBERS) {
		fault_add_parameter(fs, STR("?"), "too_many_items",
		    "there are more than 1000 parameters");
		return false;
	}
	if ((pairs = arena_array(fs->arena, struct pair, most)) == NULL) {
		fs->failed = true;
		return false;
	}
	*out = pairs;
	while (query.p != NULL) {
		struct str	 piece = str_cut(&query, '&');

		if (piece.n > 0)
			decode_pair(piece, pairs, n, fs);
	}
	return fs->n == before && !fs->failed;
}

static void
decode_missing(const struct schema *sh, uint64_t seen, void *out, struct faults *fs)
{
	for (const struct field *f = sh->fields; f->name != NULL; f++, seen >>= 1) {
		bool	 needed = !(f->flags & FIELD_OPTIONAL) && !f->opt &&
			    f->def == NULL;

		if (seen & 1)
			continue;
		if (needed)
			fault_add_parameter(fs, str_of(f->name), "required",
			    "is required");
		else if (!decode_default(f, fs->arena, out))
			fs->failed = true;
	}
}

/* The treatment of parameters that have no field. */
enum unknown_params { UNKNOWN_REFUSED, UNKNOWN_IGNORED };

static bool
decode_parameters(const struct schema *sh, struct str text, enum unknown_params unknown,
    void *out, struct faults *fs)
{
	struct pair	*pairs;
	size_t		 n;
	uint64_t	 seen = 0;

	memset(out, 0, sh->size);
	if (!decode_pairs(text, &pairs, &n, fs) && n == 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct field	*f = schema_find(sh, pairs[i].name);

		if (unknown == UNKNOWN_IGNORED && (f == NULL || pairs[i].value.n == 0))
			continue;
		if (f == NULL) {
			fault_add_parameter(fs, pairs[i].name, "unknown_parameter",
			    "unknown parameter");
			continue;
		}
		seen |= UINT64_C(1) << (f - sh->fields);
		if (!decode_text(f, pairs[i].name, pairs[i].value, out, fs))
			continue;
	}
	decode_missing(sh, seen, out, fs);
	if (sh->check != NULL && fs->n == 0 && !fs->failed)
		sh->check(out, fs);
	return fs->n == 0 && !fs->failed;
}

bool
decode_query(const struct schema *sh, struct str query, void *out, struct faults *fs)
{
	return decode_parameters(sh, query, UNKNOWN_REFUSED, out, fs);
}

bool
decode_form(const struct schema *sh, struct str body, void *out, struct faults *fs)
{
	return decode_parameters(sh, body, UNKNOWN_IGNORED, out, fs);
}

bool
decode_form_text(struct arena *a, struct str in, struct str *out)
{
	return decode_piece(a, in, true, out);
}
