/* brisk conf: print the options. */
#include <stdio.h>
#include "admin.h"

int
cmd_conf(int argc, char **argv)
{
	bool		 doc = false, markdown = false, good = true;
	struct buf	 b;

	if (flags_parse((const struct flag[]){ { "doc", NULL, &doc },
	    { "markdown", NULL, &markdown }, { NULL, NULL, NULL } },
	    argc, argv) != 0)
		return BRISK_USAGE;
	buf_init(&b, admin_arena());
	if (markdown)
		conf_table(&b);
	else if (doc)
		conf_help(&b);
	else
		good = conf_show(&b);
	(void)fwrite(b.p, 1, b.n, stdout);
	return good ? 0 : 1;
}
