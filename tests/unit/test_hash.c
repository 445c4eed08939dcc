/* test_hash - FNV-1a against published vectors, and hashing in parts. */
#include "base/hash.h"
#include "test.h"

/* From the test vectors of the reference implementation (fnv64a). */
static const struct {
	const char	*text;
	uint64_t	 hash;
} vectors[] = {
	{ "", UINT64_C(0xcbf29ce484222325) },
	{ "a", UINT64_C(0xaf63dc4c8601ec8c) },
	{ "foobar", UINT64_C(0x85944171f73967e8) },
};

static void
test_vectors(void)
{
	for (size_t i = 0; i < NELEMS(vectors); i++)
		CHECK(vectors[i].text, hash_str(str_of(vectors[i].text)) == vectors[i].hash);
}

static void
test_pieces(void)
{
	uint64_t	 whole = hash_str(STR("foobar"));

	CHECK("in two pieces", hash_add(hash_str(STR("foo")), STR("bar")) == whole);
	CHECK("byte by byte", hash_byte(hash_str(STR("fooba")), 'r') == whole);
	CHECK("an integer is eight bytes, the lowest first", hash_add_int(HASH_START,
	    UINT64_C(0x0807060504030201)) == hash_str(STR("\1\2\3\4\5\6\7\10")));
	CHECK("absent is empty", hash_str((struct str){ NULL, 0 }) == HASH_START);
	CHECK("mixing keeps hashes apart", hash_mix(1) != hash_mix(2) &&
	    hash_mix(whole) != whole);
}

TESTS(hash, { "vectors", test_vectors }, { "pieces", test_pieces })
