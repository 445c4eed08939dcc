/* slow: a handler whose one statement takes 200 ms; see concurrency.sh. */
#include "app.h"

struct slept {
	int64_t	 woken;
};

static const struct schema slept = SCHEMA("Slept", struct slept,
	FIELD_INT(struct slept, woken, .doc = "1 if somebody ended it"));

static const struct query sleeping = {
	"SELECT SLEEP(0.2)", .out = &slept };

static enum http_status
run(struct req *rq, struct resp *rs)
{
	struct slept	 s;
	enum db_err	 err = query_one(rq->store, &sleeping, NULL, &s);

	if (err != DB_OK)
		return resp_db_error(rs, err);
	buf_fmt(&rs->body, "{\"woken\":%d}", (int)s.woken);
	return resp_json(rs, HTTP_OK);
}

static enum http_status
fast(struct req *rq, struct resp *rs)
{
	(void)rq;
	buf_puts(&rs->body, "{\"woken\":0}");
	return resp_json(rs, HTTP_OK);
}

int
main(int argc, char **argv)
{
	return app_main(argc, argv, APP("slow", .service = "shop",
	    .routes = ROUTES(
		{ .method = HTTP_GET, .path = "/v1/slow/sql", .scope = SCOPE_NONE,
		  .run = run, .answer = &slept, .doc = "Waits for the database" },
		{ .method = HTTP_GET, .path = "/v1/slow/none", .scope = SCOPE_NONE,
		  .run = fast, .answer = &slept, .doc = "Waits for nothing" }),
	    .queries = QUERIES(&sleeping)));
}
