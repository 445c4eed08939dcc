#ifndef BRISK_DECODE_KIT_H
#define BRISK_DECODE_KIT_H
/*
 * decode_kit - for the tests of decoding: JSON text into a struct, and what
 * came of it as text again: the row, or "code pointer" of each fault.
 */
#include "schema/decode.h"
#include "schema/encode.h"
#include "base/log.h"
#include "test.h"

static struct arena	 arena;

static inline void
begin(void)
{
	log_init("test_decode", (enum log_level)0);
	if (!arena_init(&arena, (size_t)64 << 20))
		exit(2);
}

static inline void
end(void)
{
	arena_free(&arena);
}

/* "out_of_range #/n, required #/t" */
static inline const char *
told(const struct faults *fs)
{
	struct buf	 b;

	buf_init(&b, &arena);
	buf_puts(&b, fs->failed ? "failed " : "");
	for (size_t i = 0; i < fs->n; i++)
		buf_fmt(&b, "%s%s %s", i > 0 ? ", " : "", fs->v[i].code,
		    fs->v[i].pointer != NULL ? fs->v[i].pointer : fs->v[i].parameter);
	buf_puts(&b, fs->more ? ", more" : "");
	return buf_ok(&b) && b.n > 0 ? b.p : "";
}

static inline const char *
shown(const struct schema *sh, const void *row)
{
	struct buf	 b;

	buf_init(&b, &arena);
	encode_object(&b, sh, row, ENCODE_ALL);
	return buf_ok(&b) ? b.p : "(does not encode)";
}

/* `json` into `row`; the row, or the faults. */
static inline const char *
decoded(const struct schema *sh, struct str json, enum decode_mode mode,
    void *row, const void *kept)
{
	struct faults		 fs;
	struct doc		*doc;
	struct json_check_result	 r = decode_parse(&arena, json, &doc);
	bool			 ok;

	if (r.fault != JSON_OK)
		return json_check_code(r.fault);
	faults_init(&fs, &arena);
	ok = decode_object(sh, doc, mode, "#", row, kept, &fs);
	CHECK("the answer is about the faults", ok == (fs.n == 0 && !fs.failed));
	doc_free(doc);
	return ok ? shown(sh, row) : told(&fs);
}

static inline const char *
whole(const struct schema *sh, const char *json)
{
	void	*row = arena_zero(&arena, 1, sh->size);

	return row == NULL ? NULL :
	    decoded(sh, str_of(json), DECODE_WHOLE, row, NULL);
}

/* `json` onto the row that `there` makes: PATCH, or PUT. */
static inline const char *
onto(const struct schema *sh, const char *there, const char *json, enum decode_mode mode)
{
	char	*old = arena_zero(&arena, 1, sh->size), *row = arena_zero(&arena, 1, sh->size);

	if (old == NULL || row == NULL)
		return NULL;
	CHECK(there, decoded(sh, str_of(there), DECODE_WHOLE, old, NULL)[0] == '{');
	memcpy(row, old, sh->size);
	return decoded(sh, str_of(json), mode, row, old);
}

#endif
