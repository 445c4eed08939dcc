/* stack/log - the last lines of the logs, when a step failed. */
#include <glob.h>
#include <stdio.h>

#include "stack/stack.h"

#define LINES	15

/* Lines of the server's start that say nothing about a failure. */
static bool
line_is_noise(struct str line)
{
	return line.n == 0 || memmem(line.p, line.n, "[Note]", 6) != NULL;
}

static void
log_print_tail(const char *path)
{
	FILE		*f = fopen(path, "re");
	char		 line[LINES][1024];
	size_t		 n = 0;

	if (f == NULL)
		return;
	while (fgets(line[n % LINES], sizeof(line[0]), f) != NULL)
		n += !line_is_noise(str_of(line[n % LINES]));
	(void)fclose(f);
	if (n == 0)
		return;
	(void)fprintf(stderr, "--- %s\n", path);
	for (size_t i = n < LINES ? 0 : n - LINES; i < n; i++)
		(void)fputs(line[i % LINES], stderr);
}

static void
log_print_all(const struct stack *s)
{
	static const char *const patterns[] = { "log/*.log", "run/*.log" };
	glob_t	 found;

	for (size_t i = 0; i < NELEMS(patterns); i++) {
		if (glob(stack_path(s, patterns[i]), 0, NULL, &found) != 0)
			continue;
		for (size_t at = 0; at < found.gl_pathc; at++)
			log_print_tail(found.gl_pathv[at]);
		globfree(&found);
	}
}

bool
stack_fail(const struct stack *s, const char *log, const char *fmt, ...)
{
	va_list	 ap;

	if (stack_interrupted())
		return false;
	va_start(ap, fmt);
	(void)admin_error("%s", admin_vfmt(fmt, ap));
	va_end(ap);
	if (log != NULL)
		log_print_tail(stack_path(s, log));
	else
		log_print_all(s);
	return false;
}
