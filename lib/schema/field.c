/* field - the properties of fields by kind, and the check of a schema. */
#include <stdio.h>
#include "schema/decode.h"

#include "schema/field.h"

/* Size of the C member and default upper bound, by kind. */
static const struct {
	size_t	 size, opt_size;
	int64_t	 max;
} kinds[] = {
	[FIELD_KIND_INT]	= { sizeof(int64_t), sizeof(struct opt_int), INT_SAFE },
	[FIELD_KIND_NUM]	= { sizeof(double), sizeof(struct opt_num), 0 },
	[FIELD_KIND_BOOL]	= { sizeof(bool), sizeof(struct opt_bool), 0 },
	[FIELD_KIND_STR]	= { sizeof(struct str), 0, 255 },
	[FIELD_KIND_UUID]	= { sizeof(struct uuid), 0, UUID_LEN },
	[FIELD_KIND_STAMP]	= { sizeof(struct stamp), 0, 0 },
	[FIELD_KIND_MONEY]	= { sizeof(struct money), 0, INT_SAFE },
	[FIELD_KIND_DECIMAL]	= { sizeof(struct decimal), 0, 0 },
	[FIELD_KIND_JSON]	= { sizeof(struct json), 0, FIELD_MEMBERS },
	[FIELD_KIND_OBJECT]	= { sizeof(void *), 0, 0 },
	[FIELD_KIND_LIST]	= { sizeof(struct list), 0, FIELD_MEMBERS },
};

size_t
field_size(const struct field *f)
{
	return f->opt ? kinds[f->kind].opt_size : kinds[f->kind].size;
}

bool
field_has(const struct field *f, const void *base)
{
	const void	*at = field_at(f, base);

	switch (f->kind) {
	case FIELD_KIND_INT:
		return !f->opt || ((const struct opt_int *)at)->has;
	case FIELD_KIND_NUM:
		return !f->opt || ((const struct opt_num *)at)->has;
	case FIELD_KIND_BOOL:
		return !f->opt || ((const struct opt_bool *)at)->has;
	case FIELD_KIND_STR:
		return ((const struct str *)at)->p != NULL;
	case FIELD_KIND_UUID:
		return !uuid_is_nil(*(const struct uuid *)at);
	case FIELD_KIND_STAMP:
		return ((const struct stamp *)at)->has;
	case FIELD_KIND_MONEY:
		return ((const struct money *)at)->currency[0] != '\0';
	case FIELD_KIND_DECIMAL:
		return ((const struct decimal *)at)->text.p != NULL;
	case FIELD_KIND_JSON:
		return ((const struct json *)at)->text.p != NULL;
	case FIELD_KIND_OBJECT:
		return *(void *const *)at != NULL;
	case FIELD_KIND_LIST:
		return true;
	}
	return false;
}

void
field_clear(const struct field *f, void *base)
{
	memset(field_in(f, base), 0, field_size(f));
}

void
field_set_int(const struct field *f, int64_t v, void *base)
{
	if (f->opt)
		*(struct opt_int *)field_in(f, base) = (struct opt_int){ v, true };
	else
		*(int64_t *)field_in(f, base) = v;
}

void
field_set_num(const struct field *f, double v, void *base)
{
	if (f->opt)
		*(struct opt_num *)field_in(f, base) = (struct opt_num){ v, true };
	else
		*(double *)field_in(f, base) = v;
}

void
field_set_bool(const struct field *f, bool v, void *base)
{
	if (f->opt)
		*(struct opt_bool *)field_in(f, base) = (struct opt_bool){ v, true };
	else
		*(bool *)field_in(f, base) = v;
}

int64_t
field_max(const struct field *f)
{
	if (f->max != 0 || f->min < 0)
		return f->max;
	return kinds[f->kind].max;
}

int64_t
field_min(const struct field *f)
{
	bool	 number = f->kind == FIELD_KIND_INT || f->kind == FIELD_KIND_MONEY;

	if (number && f->min == 0 && f->max == 0)
		return -INT_SAFE;
	return f->min;
}

const char *
field_column(const struct field *f)
{
	return f->column != NULL ? f->column : f->name;
}

size_t
schema_count(const struct schema *sh)
{
	size_t	 n = 0;

	while (sh->fields[n].name != NULL)
		n++;
	return n;
}

const struct field *
schema_find(const struct schema *sh, struct str name)
{
	for (const struct field *f = sh->fields; f->name != NULL; f++)
		if (str_is(name, f->name))
			return f;
	return NULL;
}

static bool
is_secret(const struct field *f)
{
	return (f->flags & FIELD_SECRET) == FIELD_SECRET;
}

/* Rows of a child table are read and written whole, always with their list. */
static const char *
children_error(const struct field *f)
{
	if (f->kind != FIELD_KIND_LIST || f->link->place == NULL)
		return "has children, but no column for their order";
	if (f->flags & (FIELD_READONLY | FIELD_HIDDEN | FIELD_UNIQUE))
		return "has children, but is read-only, hidden or unique";
	for (const struct field *c = f->schema->fields; c->name != NULL; c++)
		if (c->link != NULL || (c->flags & (FIELD_PRIVATE | FIELD_HIDDEN)) != 0)
			return "has children with lists of rows, or with private or "
			    "hidden members";
	return schema_error(f->schema);
}

static const char *
field_error(const struct field *f)
{
	if (f->doc == NULL || f->doc[0] == '\0')
		return "has no .doc";
	if (is_secret(f) && f->kind != FIELD_KIND_STR)
		return "is secret, but not a text";
	if (f->kind == FIELD_KIND_OBJECT && f->schema == NULL)
		return "is an object without a .schema";
	if (f->kind == FIELD_KIND_OBJECT && strcmp(f->schema->type, f->type) != 0)
		return "is an object whose C type is not that of its .schema";
	if (f->kind == FIELD_KIND_LIST && (f->schema == NULL) == (f->item == NULL))
		return "is a list that needs either .schema or .item";
	if (f->kind == FIELD_KIND_LIST && f->item != NULL && f->item->opt)
		return "is a list of optional items";
	if (f->kind == FIELD_KIND_LIST && f->min > 0 && (f->flags & FIELD_OPTIONAL))
		return "is optional with .min, but an absent list is an empty list";
	if (f->kind == FIELD_KIND_DECIMAL && (f->digits < 1 || f->digits > 65 ||
	    f->scale < 0 || f->scale > f->digits))
		return "is a decimal with invalid .digits or .scale";
	if (f->max != 0 && f->min > f->max)
		return "has .min above .max";
	if (f->pattern != NULL && !decode_pattern_ok(f->pattern))
		return "has a .pattern that is not a regular expression";
	if (field_has_children(f))
		return children_error(f);
	if (f->link != NULL && (f->item == NULL ||
	    (f->item->kind != FIELD_KIND_UUID && f->item->kind != FIELD_KIND_INT &&
	    !(f->item->kind == FIELD_KIND_STR && (f->flags & FIELD_READONLY)))))
		return "has a .link, but is not a list of ids";
	if (f->kind == FIELD_KIND_OBJECT)
		return schema_error(f->schema);
	return f->kind == FIELD_KIND_LIST && f->schema != NULL ?
	    schema_error(f->schema) : NULL;
}

const char *
schema_error(const struct schema *sh)
{
	static _Thread_local char	 message[160];

	if (schema_count(sh) > SCHEMA_FIELDS)
		return "has too many fields";
	for (const struct field *f = sh->fields; f->name != NULL; f++) {
		const char	*error = field_error(f);

		if (error == NULL)
			continue;
		if (error != message)
			snprintf(message, sizeof(message), "%s.%s %s", sh->name,
			    f->name, error);
		return message;
	}
	return NULL;
}

bool
schema_secret(const struct schema *sh)
{
	for (const struct field *f = sh->fields; f->name != NULL; f++)
		if (is_secret(f) || (f->schema != NULL && schema_secret(f->schema)))
			return true;
	return false;
}
