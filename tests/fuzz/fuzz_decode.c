/*
 * Bodies: what decode takes, encode writes so that decode takes it again and
 * encode writes the same bytes.  Behind a NUL may follow a merge patch: the
 * row it makes does the same, and the row it came from stays as it was.
 */
#include "schema/encode.h"
#include "fuzz_faults.h"
#include "fuzz_schema.h"

/* False: not JSON, or refused. */
static bool
take(struct arena *a, struct str text, enum decode_mode mode, void *row,
    const void *kept)
{
	struct faults		 fs;
	struct doc		*doc;
	struct json_check_result	 r = decode_parse(a, text, &doc);
	bool			 ok;

	MUST(r.fault != JSON_NO_MEMORY && r.offset <= text.n);
	MUST((doc == NULL) == (r.fault != JSON_OK));
	if (doc == NULL)
		return false;
	faults_init(&fs, a);
	ok = decode_object(&thing, doc, mode, "#", row, kept, &fs);
	faults_check(&fs, !ok);
	doc_free(doc);
	return ok;
}

static struct str
text_of(struct arena *a, const struct thing *row)
{
	struct buf	 b;

	buf_init(&b, a);
	encode_object(&b, &thing, row, ENCODE_ALL);
	MUST(buf_ok(&b));
	return buf_view(&b);
}

static void
check_same(struct arena *a, const struct thing *row)
{
	struct str	 text = text_of(a, row), again;
	struct thing	 copy;

	MUST(take(a, text, DECODE_WHOLE, &copy, NULL));
	again = text_of(a, &copy);
	MUST(str_eq(text, again));
}

static void
check_merge(struct arena *a, struct str patch, const struct thing *row)
{
	struct str	 before = text_of(a, row), once;
	struct thing	 now = *row, again;
	bool		 ok = take(a, patch, DECODE_MERGE, &now, row);

	MUST(str_eq(before, text_of(a, row)));
	if (!ok)
		return;
	check_same(a, &now);
	once = text_of(a, &now);
	again = now;
	MUST(take(a, patch, DECODE_MERGE, &again, &now));
	MUST(str_eq(once, text_of(a, &again)));
}

/* The patch alone, as it is before the row is known. */
static bool
take_blank(struct arena *a, struct str patch)
{
	struct thing	 blank = { .n = 0 };

	return take(a, patch, DECODE_MERGE, &blank, NULL);
}

static void
take_batch(struct arena *a, struct str text)
{
	struct faults		 fs;
	struct doc		*doc;
	struct thing		*rows;
	size_t			 n;
	bool			 ok;

	if (decode_parse(a, text, &doc).fault != JSON_OK)
		return;
	if (doc_has(doc, "items")) {
		faults_init(&fs, a);
		ok = decode_items(&thing, doc, "items", (void **)&rows, &n, &fs);
		faults_check(&fs, !ok);
		for (size_t i = 0; ok && i < n; i++)
			check_same(a, &rows[i]);
	}
	doc_free(doc);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena	*a = fuzz_arena();
	struct str	 patch = fuzz_text(p, n), whole = str_cut(&patch, '\0');
	struct thing	 row;

	if (patch.p != NULL)
		(void)!take_blank(a, patch);
	if (!take(a, whole, DECODE_WHOLE, &row, NULL)) {
		take_batch(a, whole);
		return 0;
	}
	check_same(a, &row);
	if (patch.p != NULL)
		check_merge(a, patch, &row);
	return 0;
}
