#ifndef BRISK_APP_H
#define BRISK_APP_H
/*
 * app - the one header that a handler includes.  app_main() makes a program of its
 * declarations:
 *
 *	int
 *	main(int argc, char **argv)
 *	{
 *		return app_main(argc, argv, APP("categories", .service = "shop",
 *		    .resources = RESOURCES(&categories)));
 *	}
 *
 * Without arguments the program serves FastCGI on descriptor 0 and supervises its
 * workers; below mod_fcgid it is one worker; as CGI it answers one request.
 * --help prints the other commands.
 */
#include "live/live.h"
#include "program/app_table.h"

/* Returns the exit status. */
int	app_main(int, char **, const struct app *);

#endif
