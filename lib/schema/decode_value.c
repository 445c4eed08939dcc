/* decode_value - decode one value from text, for JSON strings and query strings. */
#include <stdlib.h>

#include "schema/decode_private.h"

static struct verdict
value_decimal(const struct field *f, struct arena *a, struct str s, void *base)
{
	if (decimal_parse(s, f->digits, f->scale, a, field_in(f, base)))
		return VERDICT_OK;
	return (struct verdict){ "invalid_format", arena_fmt(a,
	    "must be a decimal number of at most %d digits, %d after the point",
	    f->digits, f->scale) };
}

/* Host names are case-insensitive: store them in lower case, so that addresses compare equal. */
static struct verdict
value_email(struct arena *a, struct str s, struct str *out)
{
	char	*p = arena_alloc(a, s.n);
	bool	 host = false;

	if (p == NULL)
		return (struct verdict){ "invalid_format", NULL };
	for (size_t i = 0; i < s.n; i++) {
		host |= s.p[i] == '@';
		p[i] = host && s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] | 32) :
		    s.p[i];
	}
	*out = (struct str){ p, s.n };
	return VERDICT_OK;
}

struct verdict
decode_value_text(const struct field *f, struct arena *a, struct str s, void *base)
{
	struct verdict	 v = VERDICT_OK;

	switch (f->kind) {
	case FIELD_KIND_UUID:
		if (!uuid_parse(s, field_in(f, base)) || !field_has(f, base))
			v = (struct verdict){ "invalid_format", "must be a UUID" };
		break;
	case FIELD_KIND_STAMP:
		if (!stamp_parse(s, field_in(f, base)))
			v = (struct verdict){ "invalid_format",
			    "must be an RFC 3339 time between 1970 and 2100" };
		break;
	case FIELD_KIND_DECIMAL:
		return value_decimal(f, a, s, base);
	default:
		v = decode_rule_text(f, a, s);
		if (v.code == NULL && f->format == FORMAT_EMAIL)
			v = value_email(a, s, field_in(f, base));
		else if (v.code == NULL)
			*(struct str *)field_in(f, base) = s;
	}
	return v;
}

/* The grammar of JSON numbers (RFC 8259 6); no parser has checked query strings. */
static bool
is_number(struct str s)
{
	size_t	 i = s.n > 0 && s.p[0] == '-', from = i;

	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	if (i == from || (s.p[from] == '0' && i > from + 1))
		return false;
	if (i < s.n && s.p[i] == '.') {
		for (from = ++i; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
			;
		if (i == from)
			return false;
	}
	if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
		i += 1 + (i + 1 < s.n && (s.p[i + 1] == '-' || s.p[i + 1] == '+'));
		for (from = i; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
			;
		if (i == from)
			return false;
	}
	return i == s.n;
}

static struct verdict
decode_text_int(const struct field *f, struct arena *a, struct str s, void *base)
{
	struct verdict	 v;
	int64_t		 n;

	if (!is_number(s))
		return (struct verdict){ "type_mismatch", "must be an integer" };
	switch (decode_number_int(s, &n)) {
	case NUMBER_FRACTION:
		return (struct verdict){ "not_an_integer", "must be an integer" };
	case NUMBER_FAR:
		n = s.p[0] == '-' ? INT64_MIN : INT64_MAX;
		break;
	case NUMBER_INT:
		break;
	}
	if ((v = decode_rule_int(f, a, n)).code == NULL)
		field_set_int(f, n, base);
	return v;
}

static struct verdict
decode_text_num(const struct field *f, struct arena *a, struct str s, void *base)
{
	struct str	 text = arena_copy(a, s);
	struct verdict	 v;
	double		 d;

	if (!is_number(s) || text.p == NULL)
		return (struct verdict){ "type_mismatch", "must be a number" };
	d = strtod(text.p, NULL);
	if ((v = decode_rule_num(f, a, d)).code == NULL)
		field_set_num(f, d, base);
	return v;
}

/* Decode a scalar of a query parameter, a default or a path segment. */
static struct verdict
decode_plain_text(const struct field *f, struct arena *a, struct str s, void *base)
{
	switch (f->kind) {
	case FIELD_KIND_INT:
	case FIELD_KIND_MONEY:
		return decode_text_int(f, a, s, base);
	case FIELD_KIND_NUM:
		return decode_text_num(f, a, s, base);
	case FIELD_KIND_BOOL:
		if (!str_is(s, "true") && !str_is(s, "false"))
			return (struct verdict){ "type_mismatch",
			    "must be true or false" };
		field_set_bool(f, s.p[0] == 't', base);
		return VERDICT_OK;
	default:
		return decode_value_text(f, a, s, base);
	}
}

bool
decode_text(const struct field *f, struct str parameter, struct str value,
    void *base, struct faults *fs)
{
	struct verdict	 v = decode_plain_text(f, fs->arena, value, base);

	if (v.code != NULL)
		fault_add_parameter(fs, parameter, v.code, "%s",
		    v.detail == NULL ? "" : v.detail);
	return v.code == NULL;
}

bool
decode_default(const struct field *f, struct arena *a, void *base)
{
	if (f->def == NULL) {
		field_clear(f, base);
		return true;
	}
	return decode_plain_text(f,
 a, str_of(f->def), base).code == NULL;
}
