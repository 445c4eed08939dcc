/*
 * told: preloaded into a program, writes down what it asks the database, as long
 * as there is a file of the name TOLD:
 *
 *	S CONNECTION SQL	a prepared statement is run, with these values:
 *	P TYPE HEX		... as bound; "-" NULL
 *	E CHANGED ID		... it changed so many rows (-1: it answers some)
 *				and made this number
 *	Q CONNECTION SQL	text: BEGIN, COMMIT
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the client library keeps of a statement, but its text. */
#define KEPT	4096

static struct {
	MYSQL_STMT	*st;
	char		*sql;
}	 kept[KEPT];
static size_t	 nkept;

static size_t
size_of(const MYSQL_BIND *b)
{
	switch (b->buffer_type) {
	case MYSQL_TYPE_LONGLONG:
	case MYSQL_TYPE_DOUBLE:
		return 8;
	case MYSQL_TYPE_DATETIME:
		return sizeof(MYSQL_TIME);
	default:
		return b->buffer_length;
	}
}

static void
put_value(FILE *f, const MYSQL_BIND *b)
{
	const unsigned char	*p = b->buffer;

	fprintf(f, "P %d ", (int)b->buffer_type);
	if (b->buffer_type == MYSQL_TYPE_NULL)
		putc('-', f);
	for (size_t i = 0; b->buffer_type != MYSQL_TYPE_NULL && i < size_of(b); i++)
		fprintf(f, "%02x", p[i]);
	putc('\n', f);
}

/* All of it at once: others write, too. */
static void
tell(MYSQL *my, MYSQL_STMT *st, const char *sql)
{
	const char	*path = getenv("TOLD");
	int		 fd = path == NULL ? -1 : open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	char		*text = NULL;
	size_t		 n = 0;
	FILE		*f;

	if (fd == -1)
		return;
	if ((f = open_memstream(&text, &n)) != NULL) {
		fprintf(f, "%c %p %s\n", st == NULL ? 'Q' : 'S', (void *)my, sql);
		for (unsigned i = 0; st != NULL && i < st->param_count; i++)
			put_value(f, &st->params[i]);
		if (st != NULL)
			fprintf(f, "E %lld %llu\n", mysql_stmt_field_count(st) > 0 ? -1LL :
			    (long long)mysql_stmt_affected_rows(st),
			    (unsigned long long)mysql_stmt_insert_id(st));
		fclose(f);
		(void)!write(fd, text, n);
		free(text);
	}
	close(fd);
}

static const char *
text_of(const MYSQL_STMT *st)
{
	for (size_t i = nkept; i-- > 0; )
		if (kept[i].st == st)
			return kept[i].sql;
	return "?";
}

int
mysql_stmt_prepare(MYSQL_STMT *st, const char *sql, unsigned long n)
{
	static int	 (*real)(MYSQL_STMT *, const char *, unsigned long);
	size_t		 at;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "mysql_stmt_prepare");
	if ((at = __atomic_fetch_add(&nkept, 1, __ATOMIC_SEQ_CST)) < KEPT) {
		kept[at].sql = strndup(sql, n);
		kept[at].st = st;
	}
	return real(st, sql, n);
}

int
mysql_stmt_execute(MYSQL_STMT *st)
{
	static int	 (*real)(MYSQL_STMT *);
	int		 rc;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "mysql_stmt_execute");
	if ((rc = real(st)) == 0)
		tell(st->mysql, st, text_of(st));
	return rc;
}

int
mysql_query(MYSQL *my, const char *sql)
{
	static int	 (*real)(MYSQL *, const char *);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "mysql_query");
	tell(my, NULL, sql);
	return real(my, sql);
}
