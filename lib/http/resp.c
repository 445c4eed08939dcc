/* resp - responses as they are built. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "http/resp.h"

#include "base/log.h"
#include "crypto/crypto.h"
#include "schema/encode.h"

void
resp_init(struct resp *rs, const struct req *rq, const char *base_url)
{
	memset(rs, 0, sizeof(*rs));
	rs->arena = rq->arena;
	rs->rq = rq;
	rs->base_url = base_url;
	rs->type = "application/json";
	buf_init(&rs->body, rq->arena);
	buf_init(&rs->headers, rq->arena);
}

void
resp_header(struct resp *rs, const char *name, const char *fmt, ...)
{
	char		 text[4096];
	va_list		 ap;
	int		 n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (int i = 0; i < n && i < (int)sizeof(text); i++)
		if (iscntrl((unsigned char)text[i]))
			n = -1;
	if (n < 0 || n >= (int)sizeof(text)) {
		log_event(LOG_ERROR, "http", "header %s not sent: its value is too long "
		    "or holds a control character", name);
		return;
	}
	buf_fmt(&rs->headers, "%s: %s\r\n", name, text);
}

enum http_status
resp_json(struct resp *rs, enum http_status status)
{
	rs->status = (int)status;
	if (!buf_ok(&rs->body))
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable",
		    "the server has too little memory for this response");
	return status;
}

enum http_status
resp_object(struct resp *rs, enum http_status status, const struct schema *sh,
    const void *row)
{
	encode_object(&rs->body, sh, row, ENCODE_ALL);
	return resp_json(rs, status);
}

void
resp_etag(struct resp *rs, struct str version)
{
	uint8_t		 digest[SHA256_LEN];
	struct buf	 b;

	if (!buf_ok(&rs->body) || !crypto_sha256(buf_view(&rs->body), digest))
		return;
	buf_init(&b, rs->arena);
	buf_fmt(&b, "\"%.*s-", STR_ARG(version));
	buf_hex(&b, digest, 4);
	buf_byte(&b, '"');
	if (buf_ok(&b))
		rs->etag = buf_view(&b);
}
