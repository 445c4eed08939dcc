/* decode_place - the place of a fault as a JSON Pointer. */
#include "schema/decode_doc.h"

/* Append one token of a JSON Pointer (RFC 6901 3) as a URI fragment (RFC 6901 6). */
static void
pointer_step(struct buf *out, struct str name)
{
	static const char	 plain[] = "-._~!$&'()*+,;=:@";

	for (size_t i = 0; i < name.n; i++) {
		unsigned char	 c = (unsigned char)name.p[i];

		if (c == '~' || c == '/')
			buf_puts(out, c == '~' ? "~0" : "~1");
		else if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		    (c >= 'A' && c <= 'Z') || (c != '\0' && strchr(plain, c) != NULL))
			buf_byte(out, (char)c);
		else
			buf_fmt(out, "%%%02X", c);
	}
}

static void
pointer_write(struct buf *out, const struct place *at)
{
	if (at->up == NULL) {
		buf_str(out, at->name);
		return;
	}
	pointer_write(out, at->up);
	buf_byte(out, '/');
	if (at->is_index)
		buf_int(out, (int64_t)at->index);
	else
		pointer_step(out, at->name);
}

void
decode_refuse(struct decoder *d, const struct place *at, const char *code,
    const char *detail)
{
	struct buf	 pointer;

	buf_init(&pointer, d->arena);
	pointer_write(&pointer, at);
	fault_add(d->fs, buf_ok(&pointer) ? pointer.p : "#", code, "%s",
	    detail == NULL ? "" : detail);
}

bool
decode_judged(struct decoder *d, const struct place *at, struct verdict v)
{
	if (v.code != NULL)
		decode_refuse(d, at, v.code, v.detail);
	return v.code == NULL;
}

void
decode_refuse_type(struct decoder *d, const struct place *at, const char *must)
{
	decode_refuse(d, at, "type_mismatch", must);
}
