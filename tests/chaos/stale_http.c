/* stale_http - its requests, and the figures of /metrics. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stale.h"

struct answer
http_ask(struct http *h, const char *method, const char *path, const char *match,
    const char *body)
{
	return http_send(h, &(const struct ask){ .method = method, .path = path,
	    .body = body, .match = match,
	    .token = strcmp(method, "GET") == 0 ? NULL : getenv("TOKEN") });
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
