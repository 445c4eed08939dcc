/* fetch - an HTTP client for single requests, with libcurl. */
#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <strings.h>

#include "crypto/fetch.h"

#define CONNECT_MS	5000L
#define TIMEOUT_MS	20000L
#define MAX_PART	((size_t)256 << 10)	/* bytes of head or body */

static size_t
append_bounded(struct fetch_result *f, struct buf *b, const char *p, size_t n)
{
	size_t	 room = b->n < MAX_PART ? MAX_PART - b->n : 0;

	buf_put(b, p, n < room ? n : room);
	f->cut |= n > room;
	return n;
}

static size_t
on_header(char *p, size_t size, size_t n, void *arg)
{
	struct fetch_result	*f = arg;

	/* A new response begins: drop the head of "100 Continue". */
	if (size * n > 5 && memcmp(p, "HTTP/", 5) == 0)
		f->head.n = 0;
	return append_bounded(f, &f->head, p, size * n);
}

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct fetch_result	*f = arg;

	return append_bounded(f, &f->body, p, size * n);
}

static void
allow_http_only(CURL *c)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(c, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
}

static void
set_options(CURL *c, const struct fetch *f, struct fetch_result *out)
{
	allow_http_only(c);
	curl_easy_setopt(c, CURLOPT_URL, f->url);
	curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS,
	    f->timeout_ms > 0 ? (long)f->timeout_ms : TIMEOUT_MS);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, out);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, out);
	if (f->any_certificate) {
		curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (f->body.p != NULL) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)f->body.n);
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, f->body.p);
	}
	if (f->method != NULL)
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, f->method);
}

static int
http_version(long v)
{
	return v >= 30 ? 3 : v >= CURL_HTTP_VERSION_2_0 ? 2 : 1;
}

static void
perform(CURL *c, struct fetch_result *out)
{
	long		 status = 0, version = 0;
	CURLcode	 rc = curl_easy_perform(c);

	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(c, CURLINFO_HTTP_VERSION, &version);
	out->version = http_version(version);
	/* A server that refuses a body may close the connection before it has read it all. */
	if (rc == CURLE_OK || ((rc == CURLE_SEND_ERROR || rc == CURLE_RECV_ERROR) &&
	    status >= 400))
		out->status = (int)status;
	else
		out->error = curl_easy_strerror(rc);
	out->untrusted = rc == CURLE_PEER_FAILED_VERIFICATION;
	if (!buf_ok(&out->head) || !buf_ok(&out->body)) {
		out->status = 0;
		out->error = "no memory";
	}
}

/* In older versions of libcurl this function is not thread-safe. */
static void
init_curl(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

void
fetch(struct arena *a, const struct fetch *f, struct fetch_result *out)
{
	static pthread_once_t	 once = PTHREAD_ONCE_INIT;
	struct curl_slist	*list = NULL, *more;
	CURL			*c;

	*out = (struct fetch_result){ .error = "no memory" };
	buf_init(&out->head, a);
	buf_init(&out->body, a);
	pthread_once(&once, init_curl);
	if ((c = curl_easy_init()) == NULL)
		return;
	for (size_t i = 0; f->headers != NULL && f->headers[i] != NULL; i++)
		if ((more = curl_slist_append(list, f->headers[i])) != NULL)
			list = more;
	set_options(c, f, out);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, list);
	perform(c, out);
	curl_slist_free_all(list);
	curl_easy_cleanup(c);
}

struct str
fetch_result_header(const struct fetch_result *f, const char *name)
{
	struct str	 rest = buf_view(&f->head), line;
	size_t		 n = strlen(name);

	while (rest.n > 0) {
		line = str_cut(&rest, '\n');
		if (line.n <= n || line.p[n] != ':' ||
		    strncasecmp(line.p, name, n) != 0)
			continue;
		line = str_from(line, n + 1);
		while (line.n > 0 && line.p[0] == ' ')
			line = str_from(line, 1);
		while (line.n > 0 && line.p[line.n - 1] <= ' ')
			line.n--;
		return line;
	}
	return (struct str){ NULL, 0 };
}

int64_t
fetch_result_date(const struct fetch_result *f)
{
	struct str	 date = fetch_result_header(f, "Date");
	char		 text[64];

	if (date.n == 0 || date.n >= sizeof(text))
		return -1;
	memcpy(text, date.p, date.n);
	text[date.n] = '\0';
	return (int64_t)curl_getdate(text, NULL);
}
