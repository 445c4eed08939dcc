/* docs: the document of all programs, and the answer where no program is. */
#include <stdio.h>
#include <unistd.h>

#include "app.h"

/* ../share/openapi.json beside the folder this program was started from. */
static bool
read_document(struct buf *out)
{
	char	 path[4096], chunk[4096];
	ssize_t	 n = readlink("/proc/self/exe", path, sizeof(path) - 64);
	size_t	 got;
	FILE	*f;

	if (n <= 0)
		return false;
	path[n] = '\0';
	for (int cut = 0; cut < 2 && strrchr(path, '/') != NULL; cut++)
		*strrchr(path, '/') = '\0';
	strcat(path, "/share/openapi.json");
	if ((f = fopen(path, "re")) == NULL)
		return false;
	while ((got = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_put(out, chunk, got);
	fclose(f);
	return buf_ok(out) && out->n > 0;
}

static enum http_status
document(struct req *rq, struct resp *rs)
{
	(void)rq;
	if (!read_document(&rs->body))
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable",
		    "the document is not there");
	return resp_json(rs, HTTP_OK);
}

int
main(int argc, char **argv)
{
	return app_main(argc, argv, APP("docs", .service = "core",
	    .routes = ROUTES({ .method = HTTP_GET, .path = "/openapi.json",
		.scope = SCOPE_NONE, .run = document,
		.answer_type = "application/json",
		.cache_control = "public, max-age=300",
		.doc = "This document" })));
}
