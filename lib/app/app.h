#ifndef BRISK_APP_H
#define BRISK_APP_H
/*
 * app - the one include of a handler: its tables become a program.
 *
 *	int
 *	main(int argc, char **argv)
 *	{
 *		return app_main(argc, argv, APP("categories", .service = "shop",
 *		    .resources = RESOURCES(&categories)));
 *	}
 *
 * The program serves FastCGI on descriptor 0, as supervisor of its own workers
 * (under mod_fcgid as one worker; as CGI one request), and knows a few words:
 *	--check		prepare every statement against the database, compare schemas
 *	--follow	serve, and end with the process that started it
 *	--mounts	print the path prefixes it owns
 *	--openapi	print its part of the document
 *	--replay	answer the requests on standard input (app_replay.c)
 *	--routes	print its routes
 *	--service	print the service it belongs to
 *	--tables	print the tables that its cached answers show
 *	--jobs		work on its queue; --for 55s: so long
 *	--kinds		print the kinds of jobs it works on
 *	--help		print the options of the configuration
 */
#include "program/app_table.h"

/* Keep the answers of others open, and send each change of them. */
extern const struct program_loop	 live_loop;

int	app_main(int, char **, const struct app *);

#endif
