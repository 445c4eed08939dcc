/* test_crypto - digests, random bytes and base64url, against published vectors. */
#include "crypto/crypto.h"
#include "base/log.h"
#include "test.h"

static struct arena	 arena;

static const char *
hex(const void *p, size_t n)
{
	struct buf	 b;

	buf_init(&b, &arena);
	buf_hex(&b, p, n);
	return buf_ok(&b) ? b.p : NULL;
}

/* The examples of FIPS 180-2. */
static const struct {
	const char	*in, *want;
} sums[] = {
	{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};

static void
sha256(void)
{
	uint8_t		 got[SHA256_LEN];

	for (size_t i = 0; i < NELEMS(sums); i++) {
		CHECK(sums[i].in, crypto_sha256(str_of(sums[i].in), got));
		CHECK_TEXT(sums[i].in, hex(got, sizeof(got)), sums[i].want);
	}
	CHECK("absent", crypto_sha256((struct str){ NULL, 0 }, got));
	CHECK_TEXT("absent", hex(got, sizeof(got)), sums[0].want);
}

/* RFC 4231.  {byte, times}: a repeated byte.  The key of case 4 is 1, 2, ... */
static const struct {
	const char	*label, *key;
	unsigned char	 key_byte;
	size_t		 key_n;
	const char	*data;
	unsigned char	 data_byte;
	size_t		 data_n;
	const char	*want;
} macs[] = {
	{ "case 1", NULL, 0x0b, 20, "Hi There", 0, 0,
	  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	{ "case 2", "Jefe", 0, 0, "what do ya want for nothing?", 0, 0,
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ "case 3", NULL, 0xaa, 20, NULL, 0xdd, 50,
	  "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
	{ "case 4", "\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf\x10\x11\x12\x13\x14"
	  "\x15\x16\x17\x18\x19", 0, 0, NULL, 0xcd, 50,
	  "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
	{ "case 6", NULL, 0xaa, 131,
	  "Test Using Larger Than Block-Size Key - Hash Key First", 0, 0,
	  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
	{ "case 7", NULL, 0xaa, 131,
	  "This is a test using a larger than block-size key and a larger than "
	  "block-size data. The key needs to be hashed before being used by the "
	  "HMAC algorithm.", 0, 0,
	  "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
	{ "no key, no data", "", 0, 0, "", 0, 0,
	  "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" },
	{ "both absent", NULL, 0, 0, NULL, 0, 0,
	  "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" },
};

static struct str
text_or(const char *text, unsigned char byte, size_t n, char room[131])
{
	if (text != NULL || n == 0)
		return str_of(text);
	memset(room, byte, n);
	return (struct str){ room, n };
}

static void
hmac(void)
{
	char		 key[131], data[131];
	uint8_t		 got[SHA256_LEN];

	for (size_t i = 0; i < NELEMS(macs); i++) {
		CHECK(macs[i].label, crypto_hmac(
		    text_or(macs[i].key, macs[i].key_byte, macs[i].key_n, key),
		    text_or(macs[i].data, macs[i].data_byte, macs[i].data_n, data),
		    got));
		CHECK_TEXT(macs[i].label, hex(got, sizeof(got)), macs[i].want);
	}
}

static void
equal(void)
{
	CHECK("same", crypto_equal("abc", "abc", 3));
	CHECK("nothing", crypto_equal("a", "b", 0));
	CHECK("first differs", !crypto_equal("abc", "xbc", 3));
	CHECK("last differs", !crypto_equal("abc", "abx", 3));
}

static void
random_bytes(void)
{
	uint8_t		 a[32] = { 0 }, b[32] = { 0 };

	CHECK("first", crypto_random(a, sizeof(a)));
	CHECK("second", crypto_random(b, sizeof(b)));
	CHECK("not alike", memcmp(a, b, sizeof(a)) != 0);
	CHECK("none", crypto_random(a, 0));
}

static const struct {
	const char	*text;
	struct str	 bytes;
} pairs[] = {
	{ "",		 { "", 0 } },
	{ "Zg",		 { "f", 1 } },
	{ "Zm8",	 { "fo", 2 } },
	{ "Zm9v",	 { "foo", 3 } },
	{ "Zm9vYg",	 { "foob", 4 } },
	{ "Zm9vYmE",	 { "fooba", 5 } },
	{ "Zm9vYmFy",	 { "foobar", 6 } },
	{ "-_8",	 { "\xfb\xff", 2 } },
	{ "A-z_4ME",	 { "\x03\xec\xff\xe0\xc1", 5 } },	/* start of RFC 7515 appendix C */
	{ "AAAA",	 { "\0\0\0", 3 } },
};

static void
base64url(void)
{
	for (size_t i = 0; i < NELEMS(pairs); i++) {
		struct buf	 b;
		struct str	 got;

		buf_init(&b, &arena);
		buf_byte(&b, '.');
		crypto_base64url_encode(&b, pairs[i].bytes.p, pairs[i].bytes.n);
		CHECK("stored", buf_ok(&b));
		CHECK_STR("encoded", str_from(buf_view(&b), 1), pairs[i].text);
		CHECK(pairs[i].text, crypto_base64url_decode(&arena,
		    str_of(pairs[i].text), &got));
		CHECK(pairs[i].text, got.p != NULL && str_eq(got, pairs[i].bytes));
	}
}

/* Encode and decode each length around the step of the encoder. */
static void
base64url_lengths(void)
{
	uint8_t		 in[200];

	for (size_t n = 0; n < sizeof(in); n++) {
		struct buf	 b;
		struct str	 got;

		in[n] = (uint8_t)(n * 89 + 7);
		buf_init(&b, &arena);
		crypto_base64url_encode(&b, in, n);
		CHECK("stored", buf_ok(&b));
		CHECK_INT("length", b.n, (n * 4 + 2) / 3);
		CHECK("back", crypto_base64url_decode(&arena, buf_view(&b), &got));
		CHECK("same", got.n == n && memcmp(got.p, in, n) == 0);
	}
}

static const struct {
	const char	*label;
	struct str	 text;
} not_base64url[] = {
	{ "one character",	{ "A", 1 } },
	{ "one too many",	{ "AAAAA", 5 } },
	{ "padded once",	{ "Zm8=", 4 } },
	{ "padded twice",	{ "Zg==", 4 } },
	{ "padding alone",	{ "=", 1 } },
	{ "stray bits of two",	{ "Zh", 2 } },
	{ "stray bits of three", { "Zm9", 3 } },
	{ "plus",		{ "+_8A", 4 } },
	{ "slash",		{ "-/8A", 4 } },
	{ "space",		{ "Zm9v Zm9v", 9 } },
	{ "newline behind",	{ "Zm9v\n", 5 } },
	{ "NUL",		{ "Zm\0v", 4 } },
	{ "not ASCII",		{ "Zm\xc3\xa4", 4 } },
	{ "dot",		{ "Zm.v", 4 } },
};

static void
base64url_refuses(void)
{
	struct arena	 small;
	struct str	 got;

	for (size_t i = 0; i < NELEMS(not_base64url); i++) {
		CHECK(not_base64url[i].label, !crypto_base64url_decode(&arena,
		    not_base64url[i].text, &got));
		CHECK_STR(not_base64url[i].label, got, NULL);
	}
	if (!arena_init(&small, 16))
		return;
	CHECK("no memory", !crypto_base64url_decode(&small, STR("Zm9vYmFyZm9vYmFyZm9vYmFy"), &got));
	arena_free(&small);
}

static void
begin(void)
{
	log_init("test_crypto", (enum log_level)0);	/* do not log the many refusals */
	CHECK("arena", arena_init(&arena, 1 << 20));
}

static void
end(void)
{
	arena_free(&arena);
}

TESTS(crypto,
    { "begin", begin },
    { "sha256", sha256 },
    { "hmac", hmac },
    { "equal", equal },
    { "random", random_bytes },
    { "base64url", base64url },
    { "base64url lengths", base64url_lengths },
    { "base64url refuses", base64url_refuses },
    { "end", end })
