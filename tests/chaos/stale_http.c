/* stale_http - requests over one connection, and the figures of /metrics. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "stale.h"

#define BODY_MOST	((size_t)1 << 20)
#define ANSWER_MS	8000L

struct http {
	CURL		*curl;
	const char	*base;
	char		 bearer[2048], etag[128], id[64];
	size_t		 n;
	char		 body[BODY_MOST];
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
	size_t		 some = size * n, room = BODY_MOST - 1 - h->n;

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
	return size * n;
}

struct http *
http_open(void)
{
	struct http	*h = calloc(1, sizeof(*h));
	const char	*token = getenv("TOKEN");

	if (h == NULL || (h->base = getenv("BASE")) == NULL || token == NULL ||
	    (h->curl = curl_easy_init()) == NULL) {
		fprintf(stderr, "stale: no BASE, no TOKEN or no libcurl\n");
		exit(2);
	}
	snprintf(h->bearer, sizeof(h->bearer), "Authorization: Bearer %s", token);
	return h;
}

void
http_close(struct http *h)
{
	curl_easy_cleanup(h->curl);
	free(h);
}

static struct curl_slist *
headers(const struct http *h, const char *method, const char *match, const char *body)
{
	bool			 get = strcmp(method, "GET") == 0;
	struct curl_slist	*l = curl_slist_append(NULL, "Expect:");
	char			 line[256];

	if (!get)
		l = curl_slist_append(l, h->bearer);
	if (match != NULL) {
		snprintf(line, sizeof(line), "%s: %s",
		    get ? "If-None-Match" : "If-Match", match);
		l = curl_slist_append(l, line);
	}
	if (body != NULL)
		l = curl_slist_append(l, strcmp(method, "PATCH") == 0 ?
		    "Content-Type: application/merge-patch+json" :
		    "Content-Type: application/json");
	return l;
}

struct answer
http_ask(struct http *h, const char *method, const char *path,
    const char *match, const char *body)
{
	struct curl_slist	*l = headers(h, method, match, body);
	int64_t			 began = now_us();
	long			 status = 0;
	char			 url[512];

	snprintf(url, sizeof(url), "%s%s", h->base, path);
	h->n = 0;
	h->etag[0] = h->id[0] = '\0';
	curl_easy_reset(h->curl);
	curl_easy_setopt(h->curl, CURLOPT_URL, url);
	curl_easy_setopt(h->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h->curl, CURLOPT_TIMEOUT_MS, ANSWER_MS);
	curl_easy_setopt(h->curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, l);
	curl_easy_setopt(h->curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(h->curl, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(h->curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(h->curl, CURLOPT_HEADERDATA, h);
	if (body != NULL)
		curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, body);
	if (curl_easy_perform(h->curl) == CURLE_OK)
		curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(l);
	h->body[h->n] = '\0';
	return (struct answer){ status > 0 && status < STATUSES ? (int)status : 0,
	    h->body, h->etag, h->id, now_us() - began };
}

/* api_cache_requests_total{service="shop",route="...",result="hit"} 12 */
static void
add_line(const char *line, const char *route, struct ratio *r)
{
	/* Made by somebody else before, or while it was waited for. */
	static const char *const cached[] = { "hit\"", "local\"", "wait\"" };
	const char	*at = strstr(line, "route=\""), *end, *result;
	uint64_t	 n;

	if (at == NULL || strncmp(at + 7, route, strlen(route)) != 0 ||
	    (result = strstr(at, "result=\"")) == NULL ||
	    (end = strstr(result, "} ")) == NULL)
		return;
	n = strtoull(end + 2, NULL, 10);
	r->all += n;
	for (size_t i = 0; i < sizeof(cached) / sizeof(cached[0]); i++)
		if (strncmp(result + 8, cached[i], strlen(cached[i])) == 0)
			r->hits += n;
}

bool
ratio_now(struct http *h, const char *route, struct ratio *r)
{
	static const char	 name[] = "api_cache_requests_total{";
	struct answer		 a = http_ask(h, "GET", "/metrics", NULL, NULL);
	const char		*line, *end;
	char			 copy[512];

	*r = (struct ratio){ 0, 0 };
	if (a.status != 200)
		return false;
	for (line = a.body; *line != '\0'; line = *end == '\0' ? end : end + 1) {
		end = line + strcspn(line, "\n");
		if (strncmp(line, name, sizeof(name) - 1) != 0)
			continue;
		snprintf(copy, sizeof(copy), "%.*s", (int)(end - line), line);
		add_line(copy, route, r);
	}
	return true;
}

double
ratio_since(const struct ratio *before, const struct ratio *now)
{
	uint64_t	 n = now->all - before->all;

	return n == 0 ? 0 : (double)(now->hits - before->hits) / (double)n;
}
