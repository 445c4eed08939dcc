/*
 * stream: event streams and long polls of every GET that declares its dependencies.
 * The web server sends GETs of all paths with Accept: text/event-stream or Prefer:
 * wait here; upstream requests to the programs that own the paths carry the client's
 * token.
 */
#include "app.h"

static const char *const everywhere[] = { "*", NULL };

int
main(int argc, char **argv)
{
	return app_main(argc, argv, APP("stream", .service = "core",
	    .mounts = everywhere, .loop = &live_loop));
}
