/*
 * Idempotency keys: which headers are one, whose it is, and that a stored answer
 * comes out as it went in, as does nothing worse from any other bytes.
 *
 *	the header's value
 *	an entity tag
 *	a header's value of the answer
 *	its body
 */
#include "../../lib/route/idem.c"

#include "fuzz.h"

static struct conf	 conf = { .secret = "fuzz-fuzz-fuzz-fuzz-fuzz-fuzz-fuzz",
	.base_url = "https://api.nursery.example" };

/* Of a header; its line ends at a NUL, as a CGI variable does. */
static void
request_of(struct arena *a, struct req *rq, struct str header)
{
	char	**env = arena_array(a, char *, 2);

	MUST(env != NULL);
	env[0] = arena_fmt(a, "HTTP_IDEMPOTENCY_KEY=%.*s", STR_ARG(header));
	MUST(env[0] != NULL);
	req_init(rq, a, env);
	rq->conf = &conf;
	rq->method = HTTP_POST;
	rq->origin.address = STR("192.0.2.1");
	rq->target.segment[0] = STR("v1");
	rq->target.segment[1] = STR("plants");
	rq->target.segments = 2;
}

static bool
same_scope(const struct req *a, const struct req *b)
{
	struct idem_request	 one = { .rq = (struct req *)(uintptr_t)a },
				 other = { .rq = (struct req *)(uintptr_t)b };

	MUST(hash_scope(&one) && hash_scope(&other));
	return memcmp(one.scope, other.scope, sizeof(one.scope)) == 0;
}

/* One that is taken is the same quoted, and another's with anything more. */
static void
check_key(struct arena *a, struct str header)
{
	static const char	 may[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrs"
				    "tuvwxyz0123456789._:-";
	struct req		 rq, other;
	struct resp		 rs;
	struct str		 own;

	request_of(a, &rq, header);
	resp_init(&rs, &rq, conf.base_url);
	MUST(idem_wanted(&rq, IDEM_DEFAULT) && !idem_wanted(&rq, IDEM_NONE));
	own = parse_key(key_header(&rq));
	MUST(idem_header(&rq, &rs, IDEM_REQUIRED) ==
	    (own.p != NULL ? 0 : HTTP_BAD_REQUEST));
	if (own.p == NULL)
		return;
	MUST(own.n >= 1 && own.n <= 255 && strspn(own.p, may) >= own.n);
	request_of(a, &other, str_of(arena_fmt(a, " \"%.*s\"\t", STR_ARG(own))));
	MUST(same_scope(&rq, &other));
	if (own.n < MAX_KEY) {
		request_of(a, &other, str_of(arena_fmt(a, "%.*s.", STR_ARG(own))));
		MUST(!same_scope(&rq, &other));
	}
	other = rq;
	other.target.segment[other.target.segments++] = own;
	MUST(!same_scope(&rq, &other));
}

/* What a header can hold. */
static struct str
line_of(struct str *rest)
{
	struct str	 line = str_cut(rest, '\n');

	return memchr(line.p == NULL ? "" : line.p, '\r', line.n) != NULL ? STR("") : line;
}

static enum http_status
give_again(struct arena *a, const struct idem_row *row, struct resp *rs)
{
	static struct store	 st;
	static struct req	 rq;
	struct idem_request		 k = { .rq = &rq, .rs = rs };

	st.arena = a;
	request_of(a, &rq, STR("k"));
	rq.store = &st;
	resp_init(rs, &rq, conf.base_url);
	k.before = *rs;
	return replay(&k, row);
}

static void
check_same(struct arena *a, struct str tag, struct str value, struct str body)
{
	struct req	 rq;
	struct resp	 rs, again;
	struct idem_request	 k = { .rq = &rq, .rs = &rs, .status = HTTP_CREATED };
	struct idem_row	 row = { .status = HTTP_CREATED, .body = body,
			    .tags = STR("plants\0plants/1\0") };
	struct str	 lines;
	struct buf	 headers;

	request_of(a, &rq, STR("k"));
	resp_init(&rs, &rq, conf.base_url);
	k.before = rs;
	rs.etag = tag;
	resp_header(&rs, "Location", "%.*s", STR_ARG(value));
	buf_init(&headers, a);
	put_headers(&headers, &k);
	row.headers = lines = buf_view(&headers);
	MUST(buf_ok(&headers) && give_again(a, &row, &again) == HTTP_CREATED);
	MUST(strcmp(rs.type, again.type) == 0 && str_eq(buf_view(&again.body), body));
	(void)str_cut(&lines, '\n');
	MUST(str_starts(buf_view(&again.headers), lines));
	lines = str_from(buf_view(&again.headers), lines.n);
	MUST(str_is(lines, "Idempotent-Replayed: true\r\n"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena	*a = fuzz_arena();
	struct str	 all = fuzz_text(p, n), rest = all, header, tag, value;
	struct resp	 rs;

	header = line_of(&rest);
	check_key(a, header);
	tag = line_of(&rest);
	value = line_of(&rest);
	check_same(a, tag, value, rest);
	(void)give_again(a, &(struct idem_row){ .headers = all, .tags = all,
	    .body = all, .status = HTTP_OK }, &rs);
	return 0;
}
