/* api: HTTP calls on one kept connection, patient where the server asks for it. */
#include <curl/curl.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "import.h"

#define TRIES	120

struct api {
	CURL			*curl;
	struct curl_slist	*headers;
	const char		*base;
	char			*text;
	size_t			 n;
};

static size_t
take(char *p, size_t size, size_t n, void *arg)
{
	struct api	*api = arg;

	api->text = alloc(api->text, api->n + size * n + 1);
	memcpy(api->text + api->n, p, size * n);
	api->n += size * n;
	api->text[api->n] = '\0';
	return size * n;
}

static void
header(struct api *api, const char *line)
{
	struct curl_slist	*longer = curl_slist_append(api->headers, line);

	if (longer == NULL)
		errx(2, "memory");
	api->headers = longer;
}

struct api *
api_open(const char *base, const char *token)
{
	struct api	*api = alloc(NULL, sizeof(*api));
	char		 line[8192];

	*api = (struct api){ .curl = curl_easy_init(), .base = base };
	if (api->curl == NULL)
		errx(2, "libcurl");
	header(api, "Content-Type: application/json");
	header(api, "Prefer: resolution=merge-duplicates");
	header(api, "Expect:");
	if (token != NULL) {
		snprintf(line, sizeof(line), "Authorization: Bearer %s", token);
		header(api, line);
	}
	return api;
}

void
api_close(struct api *api)
{
	curl_slist_free_all(api->headers);
	curl_easy_cleanup(api->curl);
	free(api->text);
	free(api);
}

static void
set_request(struct api *api, const char *method, const char *url,
    const char *body)
{
	CURL	*c = api->curl;

	curl_easy_reset(c);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, api->headers);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, api);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, 120L);
	if (body != NULL) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)strlen(body));
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, body);
	}
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
}

/* The token is only for writes: lists are for everybody, and cached. */
static long
once(struct api *api, const char *method, const char *url, const char *body)
{
	CURLcode	 e;
	long		 status = 0;

	api->n = 0;
	api->text = alloc(api->text, 1);
	api->text[0] = '\0';
	set_request(api, method, url, body);
	if (body == NULL)
		curl_easy_setopt(api->curl, CURLOPT_HTTPHEADER, NULL);
	e = curl_easy_perform(api->curl);
	if (e != CURLE_OK) {
		warnx("%s %s: %s", method, url, curl_easy_strerror(e));
		return 0;
	}
	curl_easy_getinfo(api->curl, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static void
wait_as_told(struct api *api)
{
	curl_off_t	 s = 0;

	curl_easy_getinfo(api->curl, CURLINFO_RETRY_AFTER, &s);
	sleep(s < 1 ? 1 : s > 60 ? 60 : (unsigned)s);
}

struct answer
api_call(struct api *api, const char *method, const char *path,
    const char *body)
{
	char	 url[4096];
	long	 status = 0;
	int	 lost = 0;

	snprintf(url, sizeof(url), "%s%s", api->base, path);
	for (int i = 0; i < TRIES && lost < 5; i++) {
		status = once(api, method, url, body);
		if (status != 0 && status != 429 && status != 503)
			break;
		lost += status == 0;
		wait_as_told(api);
	}
	return (struct answer){ status, api->text };
}
