/* http - requests over one connection. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "http.h"

#define MAX_BODY	((size_t)1 << 20)
#define ANSWER_MS	8000L

struct http {
	CURL		*curl;
	const char	*base;
	char		 etag[128], id[64], replayed[8];
	size_t		 n;
	char		 body[MAX_BODY];
};

int64_t
now_us(void)
{
	struct timespec	 t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void
pause_ms(int ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000L }, NULL);
}

static size_t
take_body(char *p, size_t size, size_t n, void *to)
{
	struct http	*h = to;
	size_t		 some = size * n, room = MAX_BODY - 1 - h->n;

	memcpy(h->body + h->n, p, some < room ? some : room);
	h->n += some < room ? some : room;
	return some;
}

static void
take_value(const char *line, size_t n, const char *name, char *out, size_t size)
{
	size_t	 skip = strlen(name);

	if (n < skip || strncasecmp(line, name, skip) != 0)
		return;
	line += skip;
	n -= skip;
	while (n > 0 && (line[n - 1] == '\r' || line[n - 1] == '\n'))
		n--;
	snprintf(out, size, "%.*s", (int)n, line);
}

static size_t
take_header(char *p, size_t size, size_t n, void *to)
{
	struct http	*h = to;

	take_value(p, size * n, "ETag: ", h->etag, sizeof(h->etag));
	take_value(p, size * n, "X-Request-Id: ", h->id, sizeof(h->id));
	take_value(p, size * n, "Idempotent-Replayed: ", h->replayed,
	    sizeof(h->replayed));
	return size * n;
}

struct http *
http_open(void)
{
	struct http	*h = calloc(1, sizeof(*h));

	if (h == NULL || (h->base = getenv("BASE")) == NULL ||
	    (h->curl = curl_easy_init()) == NULL) {
		fprintf(stderr, "http: no BASE, or no libcurl\n");
		exit(2);
	}
	return h;
}

void
http_close(struct http *h)
{
	curl_easy_cleanup(h->curl);
	free(h);
}

/* A line more, unless there is no value. */
static void
header(struct curl_slist **l, const char *name, const char *value)
{
	char	 line[4096];

	if (value == NULL)
		return;
	snprintf(line, sizeof(line), "%s: %s", name, value);
	*l = curl_slist_append(*l, line);
}

static struct curl_slist *
headers(const struct ask *a)
{
	struct curl_slist	*l = curl_slist_append(NULL, "Expect:");
	bool			 get = strcmp(a->method, "GET") == 0;
	char			 bearer[2048];

	snprintf(bearer, sizeof(bearer), "Bearer %s", a->token == NULL ? "" : a->token);
	header(&l, "Authorization", a->token == NULL ? NULL : bearer);
	header(&l, get ? "If-None-Match" : "If-Match", a->match);
	header(&l, "Idempotency-Key", a->key);
	if (a->body == NULL)		/* or libcurl says what it is not */
		l = curl_slist_append(l, "Content-Type:");
	header(&l, "Content-Type", a->body == NULL ? NULL :
	    strcmp(a->method, "PATCH") == 0 ? "application/merge-patch+json" :
	    "application/json");
	return l;
}

struct answer
http_send(struct http *h, const struct ask *a)
{
	struct curl_slist	*l = headers(a);
	int64_t			 began = now_us();
	long			 status = 0;
	char			 url[512];

	snprintf(url, sizeof(url), "%s%s", h->base, a->path);
	h->n = 0;
	h->etag[0] = h->id[0] = h->replayed[0] = '\0';
	curl_easy_reset(h->curl);
	curl_easy_setopt(h->curl, CURLOPT_URL, url);
	curl_easy_setopt(h->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h->curl, CURLOPT_TIMEOUT_MS, ANSWER_MS);
	curl_easy_setopt(h->curl, CURLOPT_CUSTOMREQUEST, a->method);
	curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, l);
	curl_easy_setopt(h->curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(h->curl, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(h->curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(h->curl, CURLOPT_HEADERDATA, h);
	if (a->body != NULL || strcmp(a->method, "POST") == 0)
		curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS,
		    a->body == NULL ? "" : a->body);
	if (curl_easy_perform(h->curl) == CURLE_OK)
		curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(l);
	h->body[h->n] = '\0';
	return (struct answer){ status > 0 && status < STATUSES ? (int)status : 0,
	    h->body, h->etag, h->id, strcmp(h->replayed, "true") == 0,
	    now_us() - began };
}
