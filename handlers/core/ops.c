/* ops: what is going on, for those who watch. */
#include "app.h"
#include "board.h"

static enum http_status
metrics(struct req *rq, struct resp *rs)
{
	const char	*path;

	if (!rq->local && !auth_may(rq->user, "ops:read"))
		return resp_problem(rs, HTTP_FORBIDDEN, "insufficient_scope",
		    "from elsewhere this needs ops:read");
	path = arena_fmt(rq->arena, "%s/board", rq->conf->run_dir);
	if (path == NULL || !board_print(path, &rs->body))
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable",
		    "the board can not be read");
	rs->type = "text/plain; version=0.0.4; charset=utf-8";
	return resp_json(rs, HTTP_OK);
}

int
main(int argc, char **argv)
{
	return app_main(argc, argv, APP("ops", .service = "core",
	    .routes = ROUTES({ .method = HTTP_GET, .path = "/metrics",
		.scope = SCOPE_NONE, .run = metrics,
		.answer_type = "text/plain; version=0.0.4; charset=utf-8",
		.cache_control = "no-store", .limit = LIMIT_NONE,
		.problems = PROBLEMS("403 insufficient_scope"),
		.doc = "Figures in Prometheus text; from elsewhere than the host it needs ops:read" })));
}
