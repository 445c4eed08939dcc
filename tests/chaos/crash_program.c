/* crash: a handler that aborts on about one request in a hundred; see crash.sh. */
#include <stdlib.h>

#include "app.h"

struct alive {
	int64_t	 n;
};

static const struct schema alive = SCHEMA("Alive", struct alive,
	FIELD_INT(struct alive, n, .doc = "A figure"));

static enum http_status
run(struct req *rq, struct resp *rs)
{
	struct uuid	 dice = uuid_new();
	struct alive	 a = { dice.b[15] };

	(void)rq;
	if ((dice.b[14] << 8 | dice.b[15]) < 65536 / 100)
		abort();
	return resp_object(rs, HTTP_OK, &alive, &a);
}

int
main(int argc, char **argv)
{
	return app_main(argc, argv, APP("crash", .service = "shop",
	    .routes = ROUTES({ .method = HTTP_GET, .path = "/v1/crash",
		.scope = SCOPE_NONE, .run = run, .answer = &alive,
		.doc = "Answers, mostly" })));
}
