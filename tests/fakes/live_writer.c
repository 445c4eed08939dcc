/*
 * live_plant - a writer that dies between COMMIT and the end of its write.
 *
 *	live_plant GEN COMMAND TAG ...
 *
 * Raises the tags in the file of the generations, runs the command, which
 * changes rows, and ends without lowering anything.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cache/generation.h"

int
main(int argc, char **argv)
{
	struct str	 tags[GENERATION_TAGS];
	struct generations	*g;
	size_t		 n = 0;

	if (argc < 4 || (g = generation_open(argv[1])) == NULL)
		return 2;
	for (int i = 3; i < argc && n < GENERATION_TAGS; i++)
		tags[n++] = str_of(argv[i]);
	if (generation_begin_write(g, tags, n, 0) == NULL || system(argv[2]) != 0)
		return 1;
	_exit(0);
}
