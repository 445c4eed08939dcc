/*
 * Cursors: any text but the ones made here is refused, and one made here from
 * a row with this name and time is read back as it was.  Signed rubbish is
 * read within its bounds.
 */
#include "crypto/crypto.h"
#include "fuzz_resource.h"

static enum http_status
ask(struct asking *k, struct arena *a, struct str cursor)
{
	struct buf	 b;

	asking_init(k, a);
	asking_route(k, OP_LIST);
	buf_init(&b, a);
	buf_puts(&b, "sort=name&cursor=");
	buf_str(&b, cursor);
	k->rq.target.query = buf_view(&b);
	return resource_query(&k->rq, &k->rs);
}

static const struct list_query *
want_of(const struct asking *k)
{
	return k->rq.input.list;
}

/* Only base64url of a genuine one could pass; other letters may end the parameter. */
static void
try_forged(struct arena *a, struct str text)
{
	struct asking		 k;
	enum http_status	 status;

	if (memchr(text.p, '&', text.n) != NULL || (status = ask(&k, a, text)) == 0)
		return;
	refusal_check(&k, status, HTTP_BAD_REQUEST);
}

static void
try_genuine(struct arena *a, struct str name)
{
	struct plant	 row = { .name = name, .id = { { 1 } } };
	struct asking	 k;
	struct list_query	 w;
	struct buf	 text;

	MUST(ask(&k, a, STR("x")) == HTTP_BAD_REQUEST);
	w = *want_of(&k);
	buf_init(&text, a);
	MUST(cursor_write(&k.rq, &w, &row, &text));
	if (text.n > 2048)
		return;
	MUST(ask(&k, a, buf_view(&text)) == 0 && want_of(&k)->after);
	MUST(want_of(&k)->last[0].kind == VAL_TEXT);
	MUST(str_eq(want_of(&k)->last[0].s, name));
	text.p[text.n / 2] = text.p[text.n / 2] == 'A' ? 'B' : 'A';
	MUST(ask(&k, a, buf_view(&text)) == HTTP_BAD_REQUEST);
}

/* What nobody without the secret can send: the frame right, the values not. */
static void
try_signed(struct arena *a, struct str values)
{
	struct asking	 k;
	struct buf	 b, text;
	uint8_t		 mac[SHA256_LEN];

	MUST(ask(&k, a, STR("x")) == HTTP_BAD_REQUEST);
	MUST(crypto_sha256(want_of(&k)->fingerprint, mac));
	buf_init(&b, a);
	buf_init(&text, a);
	buf_byte(&b, 1);
	buf_put(&b, mac, 8);
	buf_str(&b, values);
	MUST(buf_ok(&b) && crypto_hmac(str_of(k.conf.secret), buf_view(&b), mac));
	buf_put(&b, mac, 16);
	crypto_base64url_encode(&text, b.p, b.n);
	MUST(buf_ok(&text));
	(void)ask(&k, a, buf_view(&text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena	*a = fuzz_arena();
	struct str	 s = fuzz_text(p, n);

	try_forged(a, s);
	try_genuine(a, s);
	try_signed(a, s);
	return 0;
}
