/* decode_fault - the list of faults, and the meaning of their codes. */
#include <stdarg.h>
#include <stdio.h>

#include "schema/decode_private.h"

const struct fault_kind fault_kinds[] = {
	{ "unknown_field", "The object has no member of this name. Check the spelling." },
	{ "read_only_field", "The member is read-only: it appears in responses, but a client cannot set it." },
	{ "required", "The member is required and must not be null." },
	{ "type_mismatch", "The value has the wrong JSON type." },
	{ "not_an_integer", "The value must be a whole number; 1.0 and 1e2 are accepted." },
	{ "out_of_range", "The number is below the minimum or above the maximum." },
	{ "too_short", "The text is shorter than the minimum length." },
	{ "too_long", "The text is longer than the maximum length." },
	{ "too_few_items", "The list has fewer elements than required." },
	{ "too_many_items", "The list or object has more elements than allowed." },
	{ "invalid_format", "The text does not match its format or pattern, such as a date, an e-mail address or a UUID." },
	{ "invalid_value", "The value is not one of the allowed values." },
	{ "invalid_characters", "The text contains control characters." },
	{ "reference_not_found", "The id refers to a row that does not exist." },
	{ "unknown_parameter", "The operation has no query parameter of this name." },
	{ "repeated_parameter", "The parameter is given more than once. Separate several values by commas." },
	{ "invalid_cursor", "The cursor was modified, or belongs to a list with other filters or another sort. Start again with the first page." },
	{ NULL, NULL },
};

void
faults_init(struct faults *fs, struct arena *a)
{
	memset(fs, 0, sizeof(*fs));
	fs->arena = a;
}

static struct fault *
next_fault(struct faults *fs)
{
	if (fs->n < MAX_FAULTS)
		return &fs->v[fs->n++];
	fs->more = true;
	return NULL;
}

static void set_fault(struct faults *, struct fault *, const char *code,
    const char *detail, va_list) PRINTF(4, 0);

static void
set_fault(struct faults *fs, struct fault *at, const char *code,
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
	struct fault	*at = next_fault(fs);
	va_list		 ap;

	if (at == NULL)
		return;
	at->pointer = arena_copy(fs->arena, str_of(pointer)).p;
	va_start(ap, detail);
	set_fault(fs, at, code, detail, ap);
	va_end(ap);
}

void
fault_add_parameter(struct faults *fs, struct str name, const char *code,
    const char *detail, ...)
{
	struct fault	*at = next_fault(fs);
	va_list		 ap;

	if (at == NULL)
		return;
	at->parameter = arena_copy(fs->arena, name).p;
	va_start(ap, detail);
	set_fault(fs, at, code, detail, ap);
	va_end(ap);
}
