#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "db/row.h"
#include "schema/decode.h"
#include "schema/encode.h"

size_t
row_columns(const struct field *f)
{
	if (f->kind == FIELD_KIND_LIST && f->link != NULL)
		return 0;
	return f->kind == FIELD_KIND_MONEY ? 2 : 1;
}

/* The columns of money are NAME_amount (or .column) and the currency. */
const char *
row_column_name(const struct field *f, size_t c)
{
	static _Thread_local char	 amount[80];

	if (f->kind != FIELD_KIND_MONEY || f->sql != NULL)
		return field_column(f);
	if (c == 1)
		return "currency";
	if (f->column != NULL)
		return f->column;
	snprintf(amount, sizeof(amount), "%s_amount", f->name);
	return amount;
}

static bool
row_json(const struct field *f, const void *base, struct arena *a, struct val *out)
{
	struct buf	 b;

	buf_init(&b, a);
	encode_value(&b, f, base);
	*out = VAL_OF_STR(buf_view(&b));
	return buf_ok(&b);
}

bool
row_bind(const struct field *f, const void *base, struct arena *a, struct val *out)
{
	const void	*at = field_at(f, base);

	out[0] = (struct val){ .kind = VAL_NULL };
	if (!field_has(f, base)) {
		if (f->kind == FIELD_KIND_MONEY)
			out[1] = out[0];
		return true;
	}
	switch (f->kind) {
	case FIELD_KIND_INT:
		out[0] = VAL_OF_INT(f->opt ? ((const struct opt_int *)at)->v :
		    *(const int64_t *)at);
		break;
	case FIELD_KIND_NUM:
		out[0] = (struct val){ .kind = VAL_NUM, .d = f->opt ?
		    ((const struct opt_num *)at)->v : *(const double *)at };
		break;
	case FIELD_KIND_BOOL:
		out[0] = VAL_OF_INT(f->opt ? ((const struct opt_bool *)at)->v :
		    *(const bool *)at);
		break;
	case FIELD_KIND_STR:
		out[0] = VAL_OF_STR(*(const struct str *)at);
		break;
	case FIELD_KIND_UUID:
		out[0] = VAL_OF_UUID((const struct uuid *)at);
		break;
	case FIELD_KIND_STAMP:
		out[0] = (struct val){ .kind = VAL_STAMP,
		    .i = ((const struct stamp *)at)->ms };
		break;
	case FIELD_KIND_MONEY:
		out[0] = VAL_OF_INT(((const struct money *)at)->amount);
		out[1] = VAL_OF_STR(str_of(((const struct money *)at)->currency));
		break;
	case FIELD_KIND_DECIMAL:
		out[0] = (struct val){ .kind = VAL_DECIMAL,
		    .s = ((const struct decimal *)at)->text };
		break;
	case FIELD_KIND_JSON:
		out[0] = VAL_OF_STR(((const struct json *)at)->text);
		break;
	case FIELD_KIND_OBJECT:
	case FIELD_KIND_LIST:
		return row_json(f, base, a, &out[0]);
	}
	return true;
}

/* The value as an integer; false: it is none. */
static bool
val_to_int(const struct val *v, int64_t *out)
{
	*out = v->i;
	if (v->kind == VAL_NUM && v->d >= -9.0e15 && v->d <= 9.0e15) {
		*out = (int64_t)v->d;
		return (double)*out == v->d;
	}
	if (v->kind == VAL_DECIMAL || v->kind == VAL_TEXT) {
		struct decimal	 d = { v->s };

		return decimal_int(d, out);
	}
	return v->kind == VAL_INT;
}

static bool
read_int(const struct field *f, const struct val *v, void *base)
{
	int64_t	 n;

	if (!val_to_int(v, &n))
		return false;
	field_set_int(f, n, base);
	return true;
}

static bool
read_num(const struct field *f, const struct val *v, struct arena *a, void *base)
{
	double	 d = v->kind == VAL_INT ? (double)v->i : v->d;

	if (v->kind == VAL_DECIMAL) {
		struct str	 text = arena_copy(a, v->s);

		if (text.p == NULL)
			return false;
		d = strtod(text.p, NULL);
	} else if (v->kind != VAL_INT && v->kind != VAL_NUM) {
		return false;
	}
	field_set_num(f, d, base);
	return true;
}

static bool
read_bool(const struct field *f, const struct val *v, void *base)
{
	int64_t	 n;

	if (!val_to_int(v, &n))
		return false;
	field_set_bool(f, n != 0, base);
	return true;
}

static bool
read_uuid(const struct val *v, struct uuid *out)
{
	if (v->kind == VAL_TEXT)
		return uuid_parse(v->s, out);
	if (v->kind != VAL_BYTES || v->s.n != sizeof(out->b))
		return false;
	memcpy(out->b, v->s.p, sizeof(out->b));
	return true;
}

/* With the scale of the field: the scale of the column may differ. */
static bool
read_decimal(const struct field *f, const struct val *v, struct arena *a, void *base)
{
	struct str	 s = v->s;
	char		*text;

	if (v->kind == VAL_INT) {
		if ((text = arena_fmt(a, "%lld", (long long)v->i)) == NULL)
			return false;
		s = str_of(text);
	} else if (v->kind != VAL_DECIMAL && v->kind != VAL_TEXT) {
		return false;
	}
	return decimal_parse(s, f->digits, f->scale, a, field_in(f, base));
}

static bool
read_money(const struct val *v, struct money *out)
{
	if (!val_to_int(&v[0], &out->amount) || v[1].s.n != 3)
		return false;
	memcpy(out->currency, v[1].s.p, 3);
	out->currency[3] = '\0';
	return true;
}

static bool
read_text(const struct val *v, struct arena *a, struct str *out)
{
	char	*text;

	if (v->kind == VAL_INT) {
		if ((text = arena_fmt(a, "%lld", (long long)v->i)) == NULL)
			return false;
		*out = str_of(text);
		return true;
	}
	*out = v->s;
	return v->kind == VAL_TEXT || v->kind == VAL_DECIMAL || v->kind == VAL_BYTES;
}

/* External writers may have stored an array or invalid JSON: show nothing then. */
static bool
read_json(const struct field *f, const struct val *v, struct arena *a, void *base)
{
	struct str		*text = &((struct json *)field_in(f, base))->text;
	struct json_check_result	 r;

	if (!read_text(v, a, text))
		return false;
	r = json_check(a, *text);
	if (r.fault == JSON_OK && text->p[strspn(text->p, " \t\r\n")] == '{')
		return true;
	*text = (struct str){ NULL, 0 };
	log_event(LOG_WARN, "row", "column %s: a value is not a JSON object",
	    field_column(f));
	return r.fault != JSON_NO_MEMORY;
}

bool
row_read(const struct field *f, const struct val *v, struct arena *a, void *base)
{
	if (v[0].kind == VAL_NULL)
		return decode_default(f, a, base);
	switch (f->kind) {
	case FIELD_KIND_INT:
		return read_int(f, v, base);
	case FIELD_KIND_NUM:
		return read_num(f, v, a, base);
	case FIELD_KIND_BOOL:
		return read_bool(f, v, base);
	case FIELD_KIND_STR:
		return read_text(v, a, field_in(f, base));
	case FIELD_KIND_UUID:
		return read_uuid(v, field_in(f, base));
	case FIELD_KIND_STAMP:
		*(struct stamp *)field_in(f, base) = (struct stamp){ v->i, true };
		return v->kind == VAL_STAMP;
	case FIELD_KIND_MONEY:
		return read_money(v, field_in(f, base));
	case FIELD_KIND_DECIMAL:
		return read_decimal(f, v, a, base);
	case FIELD_KIND_JSON:
		return read_json(f, v, a, base);
	case FIELD_KIND_OBJECT:
	case FIELD_KIND_LIST:
		return decode_stored(f, v->s, a, base);
	}
	return false;
}

enum db_err
row_read_error(const struct arena *a, const char *schema, const struct field *f)
{
	if (a->failed)
		return DB_NO_MEMORY;
	log_event(LOG_ERROR, "row", "a value of %s.%s does not fit the field", schema,
	    f->name);
	return DB_BUG;
}

#define MASK(type)	(1u << (type))
#define ANY_NUMBER	(MASK(DB_TYPE_INT) | MASK(DB_TYPE_DECIMAL) | MASK(DB_TYPE_NUM))

/* The column types that can hold each kind of field. */
static const struct {
	unsigned	 fits;
	const char	*needs;
} columns[] = {
	[FIELD_KIND_INT] = { MASK(DB_TYPE_INT) | MASK(DB_TYPE_DECIMAL), "an integer" },
	[FIELD_KIND_NUM] = { ANY_NUMBER, "a number" },
	[FIELD_KIND_BOOL] = { MASK(DB_TYPE_INT), "an integer" },
	[FIELD_KIND_STR] = { MASK(DB_TYPE_TEXT) | MASK(DB_TYPE_DATE) |
	    MASK(DB_TYPE_BYTES), "text" },
	[FIELD_KIND_UUID] = { MASK(DB_TYPE_BYTES), "BINARY(16)" },
	[FIELD_KIND_STAMP] = { MASK(DB_TYPE_TIME), "DATETIME" },
	[FIELD_KIND_MONEY] = { MASK(DB_TYPE_INT), "an integer" },
	[FIELD_KIND_DECIMAL] = { ANY_NUMBER & ~MASK(DB_TYPE_NUM), "DECIMAL or an integer" },
	[FIELD_KIND_JSON] = { MASK(DB_TYPE_TEXT), "JSON" },
	[FIELD_KIND_OBJECT] = { MASK(DB_TYPE_TEXT), "JSON" },
	[FIELD_KIND_LIST] = { MASK(DB_TYPE_TEXT), "JSON" },
};

const char *
row_mismatch(const struct field *f, size_t c, const struct db_column *col)
{
	static _Thread_local char	 text[160];
	unsigned			 fits = columns[f->kind].fits;
	const char			*needs = columns[f->kind].needs;

	if (f->kind == FIELD_KIND_MONEY && c == 1) {
		fits = MASK(DB_TYPE_TEXT);
		needs = "CHAR(3)";
	}
	if (fits & MASK(col->type))
		return NULL;
	snprintf(text, sizeof(text), "column %s is not %s, which field %s needs",
	    col->name, needs, f->name);
	return text;
}
