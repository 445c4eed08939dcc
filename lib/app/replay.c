/*
 * replay - --replay: reads requests from standard input and writes the answers to
 * standard output, so that two builds can be compared.
 *
 * A request is a line with its length in bytes, then CGI variables, each ended by
 * a NUL.  An answer is a line with status, number of SQL statements and length,
 * then the output of a CGI program.  Without the files of the run folder nothing
 * is cached or counted.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/command.h"
#include "db/db.h"

#define MAX_REQUEST	65536
#define VARIABLES	32

/* The variables of the next request; false: the end, or malformed. */
static bool
read_request(struct arena *a, char **env)
{
	char	 line[32], *p, *end;
	size_t	 n, count = 0;

	if (fgets(line, sizeof(line), stdin) == NULL)
		return false;
	n = strtoul(line, NULL, 10);
	if (n == 0 || n > MAX_REQUEST || (p = arena_alloc(a, n)) == NULL ||
	    fread(p, 1, n, stdin) != n || p[n - 1] != '\0')
		return false;
	for (end = p + n; p < end && count < VARIABLES; p += strlen(p) + 1)
		env[count++] = p;
	env[count] = NULL;
	return p == end;
}

static bool
write_answer(struct program_thread *t, int status, const struct buf *out)
{
	struct str	 s = buf_view(out);

	if (!buf_ok(out))
		s = STR("Status: 503 Service Unavailable\r\n\r\n");
	return printf("%d %" PRIu64 " %zu\n", status,
	    db_counts(t->store.db).statements, s.n) > 0 &&
	    fwrite(s.p, 1, s.n, stdout) == s.n && fflush(stdout) == 0;
}

int
app_replay(struct program *p)
{
	struct program_thread	*t = program_thread_open(p);
	char			*env[VARIABLES + 1];
	struct program_request	 in = { .env = env, .body = STR("") };
	struct buf		 out;
	int			 status;
	bool			 good = t != NULL;

	while (good && read_request(&t->arena, env)) {
		buf_init(&out, &t->arena);
		status = program_thread_serve(t, &in, &out);
		good = write_answer(t, status, &out);
		arena_reset(&t->arena);
	}
	if (t != NULL)
		program_thread_close(t);
	return good ? 0 : 1;
}
