/* decode_fault - the list of all that was wrong, each with its place. */
#include <stdarg.h>
#include <stdio.h>

#include "schema/decode_private.h"

const struct fault_kind fault_kinds[] = {
	{ "unknown_field", "The object has no such member; look for a slip of the pen." },
	{ "read_only_field", "The member is shown, but can not be set by a client." },
	{ "required", "The member must be there, and must not be null." },
	{ "type_mismatch", "The value is of another JSON type than the member has." },
	{ "not_an_integer", "A whole number is needed; 1.0 and 1e2 are some." },
	{ "out_of_range", "The number is below the least or above the most there may be." },
	{ "too_short", "The text has fewer characters than it must." },
	{ "too_long", "The text has more characters than it may." },
	{ "too_few_items", "The list is shorter than it must be." },
	{ "too_many_items", "The list or object is longer than it may be." },
	{ "invalid_format", "The text does not have the form of its kind: a date, an "
	    "address, an id, a pattern." },
	{ "invalid_value", "The value is none of those that there are." },
	{ "invalid_characters", "The text holds control characters." },
	{ "reference_not_found", "The id names nothing that there is." },
	{ "unknown_parameter", "The operation has no such query parameter." },
	{ "repeated_parameter", "The parameter is there twice; separate values by commas." },
	{ "invalid_cursor", "The cursor was changed, or belongs to other filters: begin "
	    "with the first page." },
	{ NULL, NULL },
};

void
faults_init(struct faults *fs, struct arena *a)
{
	memset(fs, 0, sizeof(*fs));
	fs->arena = a;
}

static struct fault *
fault_next(struct faults *fs)
{
	if (fs->n < MAX_FAULTS)
		return &fs->v[fs->n++];
	fs->more = true;
	return NULL;
}

static void fault_says(struct faults *, struct fault *, const char *code,
    const char *detail, va_list) PRINTF(4, 0);

static void
fault_says(struct faults *fs, struct fault *at, const char *code,
    const char *detail, va_list ap)
{
	char		 text[256];
	struct str	 copy;

	vsnprintf(text, sizeof(text), detail, ap);
	copy = arena_copy(fs->arena, str_of(text));
	at->code = code;
	at->detail = copy.p == NULL ? "" : copy.p;
	if (copy.p == NULL || (at->pointer == NULL && at->parameter == NULL))
		fs->failed = true;
}

void
fault_add(struct faults *fs, const char *pointer, const char *code,
    const char *detail, ...)
{
	struct fault	*at = fault_next(fs);
	va_list		 ap;

	if (at == NULL)
		return;
	at->pointer = arena_copy(fs->arena, str_of(pointer)).p;
	va_start(ap, detail);
	fault_says(fs, at, code, detail, ap);
	va_end(ap);
}

void
fault_add_parameter(struct faults *fs, struct str name, const char *code,
    const char *detail, ...)
{
	struct fault	*at = fault_next(fs);
	va_list		 ap;

	if (at == NULL)
		return;
	at->parameter = arena_copy(fs->arena, name).p;
	va_start(ap, detail);
	fault_says(fs, at, code, detail, ap);
	va_end(ap);
}
