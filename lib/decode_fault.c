/* decode_fault - the list of all that was wrong, each with its place. */
#include <stdarg.h>
#include <stdio.h>

#include "decode_private.h"

void
faults_init(struct faults *fs, struct arena *a)
{
	memset(fs, 0, sizeof(*fs));
	fs->arena = a;
}

static struct fault *
fault_next(struct faults *fs)
{
	if (fs->n < FAULTS_MOST)
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
fault_at(struct faults *fs, const char *pointer, const char *code,
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
fault_parameter(struct faults *fs, struct str name, const char *code,
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
