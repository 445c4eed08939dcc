/*
 * stream: every GET that declares what it depends on, kept open.  The web server
 * sends here, of all paths, the GETs with Accept: text/event-stream or Prefer:
 * wait; the programs that own the paths are asked in their clients' names.
 */
#include "app.h"

static const char *const everywhere[] = { "*", NULL };

int
main(int argc, char **argv)
{
	return app_main(argc, argv, APP("stream", .service = "core",
	    .mounts = everywhere, .loop = &live_loop));
}
