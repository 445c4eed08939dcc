/*
 * grants_read - what a statement needs, from its text.
 *
 * Each word belongs to a query: the statement's or a subquery's.  First the
 * tables that each query names are noted, then each name of a column is looked
 * for in the tables of its query, then in those of the queries around it.
 */
#include <ctype.h>
#include <strings.h>

#include "grants/grants.h"

#define MAX_WORDS	8192
#define MAX_QUERIES	64
#define MAX_SOURCES	64

enum word_kind { WORD_END, WORD_BARE, WORD_NAME, WORD_OTHER };

struct word {
	enum word_kind	 kind;
	struct str	 text;		/* without backticks */
	size_t		 query;
	bool		 call;		/* among the arguments of a function */
	bool		 used;		/* names a table, or another name for one */
};

/* One table as a query names it. */
struct source {
	size_t			 query;
	struct str		 alias;
	struct grant_table	*table;
};

struct reading {
	struct word	 w[MAX_WORDS];
	size_t		 n;
	size_t		 around[MAX_QUERIES];	/* the query that it stands in */
	size_t		 queries;
	struct source	 source[MAX_SOURCES];
	size_t		 sources;
	struct str	 with[4];		/* names that WITH gives */
	size_t		 nwith;
	struct grants	*g;
	struct grant_table *target;		/* of INSERT, UPDATE, DELETE */
};

static const struct word	 no_word = { .kind = WORD_END };

static const struct word *
word(const struct reading *r, size_t i)
{
	return i < r->n ? &r->w[i] : &no_word;
}

static bool
is(const struct word *w, const char *text)
{
	return (w->kind == WORD_BARE || w->kind == WORD_OTHER) &&
	    w->text.n == strlen(text) && strncasecmp(w->text.p, text, w->text.n) == 0;
}

static bool
is_one_of(const struct word *w, const char *const *list)
{
	for (; *list != NULL; list++)
		if (is(w, *list))
			return true;
	return false;
}

/* Words that never name a column or a table here. */
static bool
is_reserved(const struct word *w)
{
	static const char *const	 list[] = { "ALL", "AND", "AS", "ASC", "BETWEEN",
		"BINARY", "BY", "CASE", "DELETE", "DESC", "DISTINCT", "DUPLICATE",
		"ELSE", "END", "EXISTS", "FALSE", "FOR", "FORCE", "FROM", "GROUP",
		"HAVING", "IGNORE", "IN", "INDEX", "INNER", "INSERT", "INTO", "IS",
		"JOIN", "KEY", "LEFT", "LIKE", "LIMIT", "LOCK", "NOT", "NULL", "ON",
		"OR", "ORDER", "RECURSIVE", "REGEXP", "RIGHT", "SELECT", "SEPARATOR",
		"SET", "STRAIGHT_JOIN", "TABLE", "THEN", "TRUE", "UNION", "UPDATE", "USING", "VALUES",
		"WHEN", "WHERE", "WITH", NULL };

	return w->kind == WORD_BARE && is_one_of(w, list);
}

static bool
is_name(const struct word *w)
{
	return w->kind == WORD_NAME || (w->kind == WORD_BARE && !is_reserved(w));
}

/* --- words --------------------------------------------------------------------- */

/* Up to the closing quote, which may be doubled or, in text, escaped. */
static size_t
quoted(struct str s)
{
	size_t	 n = 1;

	for (; n < s.n; n++) {
		if (s.p[n] == '\\' && s.p[0] != '`')
			n++;
		else if (s.p[n] == s.p[0] && n + 1 < s.n && s.p[n + 1] == s.p[0])
			n++;
		else if (s.p[n] == s.p[0])
			return n + 1;
	}
	return s.n;
}

static bool
is_bare(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (c & 0x80);
}

static struct word
take_word(struct str *s)
{
	struct word	 w = { .kind = WORD_OTHER };
	size_t		 n = 1;

	if (s->p[0] == '\'' || s->p[0] == '"' || s->p[0] == '`')
		n = quoted(*s);
	else if (is_bare(s->p[0]))
		for (; n < s->n && is_bare(s->p[n]); n++)
			;
	w.text = (struct str){ s->p, n };
	if (s->p[0] == '`') {
		w.kind = WORD_NAME;
		w.text = (struct str){ s->p + 1, n - 2 };
	} else if (is_bare(s->p[0]) && !isdigit((unsigned char)s->p[0])) {
		w.kind = WORD_BARE;
	}
	*s = str_from(*s, n);
	return w;
}

static bool
split(struct reading *r, struct str sql)
{
	while (sql.n > 0) {
		if (isspace((unsigned char)sql.p[0])) {
			sql = str_from(sql, 1);
			continue;
		}
		if (r->n == MAX_WORDS)
			return admin_error_false("a statement is too long: %.*s", STR_ARG(sql));
		r->w[r->n++] = take_word(&sql);
	}
	return true;
}

/* SET STATEMENT a = 1 FOR ...: what follows is the statement. */
static void
skip_settings(struct reading *r)
{
	size_t	 i = 0;

	if (!is(word(r, 0), "SET") || !is(word(r, 1), "STATEMENT"))
		return;
	while (i < r->n && !is(word(r, i), "FOR"))
		i++;
	r->n = i < r->n ? r->n - i - 1 : 0;
	memmove(r->w, r->w + i + 1, r->n * sizeof(r->w[0]));
}

/* --- queries ------------------------------------------------------------------- */

static size_t
query_new(struct reading *r, size_t around)
{
	if (r->queries == MAX_QUERIES)
		return MAX_QUERIES - 1;
	r->around[r->queries] = around;
	return r->queries++;
}

/*
 * Which query each word belongs to; the halves of a UNION are two, and what an
 * INSERT selects stands within it.
 */
static void
find_queries(struct reading *r)
{
	struct { size_t query; bool call; }	 stack[MAX_QUERIES];
	size_t					 depth = 0, query = query_new(r, 0);
	bool					 call = false;

	for (size_t i = 0; i < r->n; i++) {
		struct word	*w = &r->w[i];

		if (is(w, ")") && depth > 0) {
			query = stack[--depth].query;
			call = stack[depth].call;
		}
		if (is(w, "UNION"))
			query = query_new(r, r->around[query]);
		if (is(w, "SELECT") && query == 0 && is(word(r, 0), "INSERT"))
			query = query_new(r, 0);
		if (is(w, "DUPLICATE"))
			query = 0;
		w->query = query;
		w->call = call;
		if (!is(w, "(") || depth == MAX_QUERIES)
			continue;
		stack[depth].query = query;
		stack[depth++].call = call;
		call = i > 0 && is_name(&r->w[i - 1]);
		if (is(word(r, i + 1), "SELECT") || is(word(r, i + 1), "WITH")) {
			query = query_new(r, query);
			call = false;
		}
	}
}

/* --- tables -------------------------------------------------------------------- */

static struct grant_table *
table_find(const struct reading *r, struct str name)
{
	for (size_t i = 0; i < r->g->n; i++)
		if (str_is(name, r->g->v[i].name))
			return &r->g->v[i];
	return NULL;
}

static bool
is_with(const struct reading *r, struct str name)
{
	for (size_t i = 0; i < r->nwith; i++)
		if (str_eq(r->with[i], name))
			return true;
	return false;
}

/* JSON_TABLE(...) [AS] ALIAS at *i: rows that lie in no table. */
static void
skip_made(struct reading *r, size_t *i)
{
	size_t	 depth = 0;

	do {
		r->w[*i].used = true;
		++*i;
		depth += is(word(r, *i), "(");
		depth -= is(word(r, *i), ")");
	} while (depth > 0 && *i + 1 < r->n);
	if (is(word(r, *i + 1), "AS"))
		++*i;
	if (is_name(word(r, *i + 1)))
		r->w[++*i].used = true;
}

/* NAME [AS] [ALIAS] at *i; false, and told, when there is no such table. */
static bool
take_table(struct reading *r, size_t *i)
{
	struct word	*w = &r->w[*i];
	struct source	 s = { .query = w->query, .alias = w->text };

	w->used = true;
	if (is(w, "JSON_TABLE")) {
		skip_made(r, i);
		return true;
	}
	if (is(word(r, *i + 1), ".")) {		/* of another schema: not ours */
		r->w[*i += 2].used = true;
		return true;
	}
	s.table = table_find(r, w->text);
	if (s.table == NULL && !is_with(r, w->text))
		return admin_error_false("there is no table %.*s", STR_ARG(w->text));
	if (is(word(r, *i + 1), "AS"))
		++*i;
	if (is_name(word(r, *i + 1))) {
		r->w[++*i].used = true;
		s.alias = r->w[*i].text;
	}
	if (s.table != NULL && r->sources < MAX_SOURCES)
		r->source[r->sources++] = s;
	return true;
}

/* The names that WITH gives: NAME [(columns)] AS (. */
static void
find_with(struct reading *r)
{
	for (size_t i = 0; i < r->n && is(word(r, 0), "WITH"); i++) {
		size_t	 at = i + 1;

		if (!is_name(word(r, i)) || !(is(word(r, i - 1), "WITH") ||
		    is(word(r, i - 1), "RECURSIVE")) || r->nwith == NELEMS(r->with))
			continue;
		r->w[i].used = true;
		r->with[r->nwith++] = r->w[i].text;
		for (; is(word(r, at), "(") && !is(word(r, at - 1), "AS"); at++)
			for (; at < r->n && !is(word(r, at), ")"); at++)
				r->w[at].used = true;
	}
}

/* After FROM, JOIN, INTO, UPDATE, and the commas of a list of tables. */
static bool
find_tables(struct reading *r)
{
	static const char *const	 begin[] = { "FROM", "JOIN", "STRAIGHT_JOIN",
		"INTO", NULL };
	static const char *const	 end[] = { "WHERE", "ON", "SET", "ORDER", "GROUP",
		"LIMIT", "VALUES", "HAVING", "SELECT", NULL };
	bool				 list[MAX_QUERIES] = { false };

	for (size_t i = 0; i < r->n; i++) {
		const struct word	*w = &r->w[i];
		bool			 due = (is_one_of(w, begin) && !w->call) ||
					    (i == 0 && is(w, "UPDATE")) ||
					    (is(w, ",") && list[w->query]);

		if (is_one_of(w, end))
			list[w->query] = false;
		if (!due)
			continue;
		list[w->query] = !is(w, "INTO");
		while (is(word(r, i + 1), "("))
			i++;
		if (is_name(word(r, i + 1)) && (i++, !take_table(r, &i)))
			return false;
	}
	return true;
}

/* --- columns ------------------------------------------------------------------- */

static bool
note(struct grant_table *t, struct str column, enum right right)
{
	for (size_t i = 0; i < t->ncolumns; i++)
		if (column.n == strlen(t->columns[i]) &&
		    strncasecmp(column.p, t->columns[i], column.n) == 0) {
			t->some[right][i] = true;
			return true;
		}
	return false;
}

/* In this query's tables, or in those around it: the nearest that have it. */
static bool
note_column(struct reading *r, size_t query, struct str qualifier, struct str column,
    enum right right)
{
	bool	 found = false;

	for (;;) {
		for (size_t i = 0; i < r->sources; i++)
			if (r->source[i].query == query && (qualifier.p == NULL ||
			    str_eq(r->source[i].alias, qualifier)))
				found |= note(r->source[i].table, column, right);
		if (found || query == 0)
			return found;
		query = r->around[query];
	}
}

/* One name, qualified or not, at i; the index of its last word. */
static size_t
take_column(struct reading *r, size_t i, enum right right)
{
	struct str	 qualifier = { NULL, 0 };
	size_t		 query = r->w[i].query;

	if (is(word(r, i + 1), ".")) {
		qualifier = r->w[i].text;
		i += 2;
	}
	if (i < r->n)
		(void)note_column(r, query, qualifier, r->w[i].text, right);
	return i;
}

static bool
has_duplicate(const struct reading *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (is(&r->w[i], "DUPLICATE"))
			return true;
	return false;
}

/*
 * INSERT INTO t (a, b): after the table's name; the word behind it.  With ON
 * DUPLICATE KEY UPDATE the server wants both rights on each of them.
 */
static size_t
take_inserted(struct reading *r, size_t i)
{
	bool	 some = false, both = has_duplicate(r);

	for (; is(word(r, i), "(") || is(word(r, i), ",") || is_name(word(r, i)); i++)
		if (is_name(word(r, i))) {
			some |= note(r->target, r->w[i].text, RIGHT_INSERT) &&
			    (!both || note(r->target, r->w[i].text, RIGHT_UPDATE));
			r->w[i].used = true;
		}
	if (!some)
		r->target->whole[RIGHT_INSERT] = true;
	return i;
}

/* Is the word the left side of an assignment: after SET or a comma, before =? */
static bool
is_assigned(const struct reading *r, size_t i)
{
	size_t	 last = is(word(r, i + 1), ".") ? i + 2 : i;

	return i > 0 && is(word(r, last + 1), "=") &&
	    (is(&r->w[i - 1], ",") || is(&r->w[i - 1], "SET") ||
	    is(&r->w[i - 1], "UPDATE"));
}

static void
find_columns(struct reading *r)
{
	bool	 insert = is(word(r, 0), "INSERT"), sets = false;

	for (size_t i = 0; i < r->n; i++) {
		const struct word	*w = &r->w[i];

		if (insert && i > 0 && r->w[i].used && is(&r->w[i - 1], "INTO")) {
			i = take_inserted(r, i + 1) - 1;
			continue;
		}
		if (w->query == 0 && (is(w, "SET") ||
		    (is(w, "UPDATE") && i > 0 && is(&r->w[i - 1], "KEY"))))
			sets = true;
		if (w->query == 0 && is(w, "WHERE"))
			sets = false;
		if (!is_name(w) || w->used || is(word(r, i + 1), "("))
			continue;
		i = take_column(r, i, sets && w->query == 0 && is_assigned(r, i) ?
		    RIGHT_UPDATE : RIGHT_SELECT);
	}
}

/* SELECT * and t.*: the whole table; COUNT(*) is none. */
static void
find_stars(struct reading *r)
{
	for (size_t i = 1; i < r->n; i++) {
		const struct word	*w = &r->w[i], *p = &r->w[i - 1];

		if (!is(w, "*") || !(is(p, "SELECT") || is(p, ",") || is(p, ".")))
			continue;
		for (size_t j = 0; j < r->sources; j++)
			if (r->source[j].query == w->query && (!is(p, ".") ||
			    str_eq(r->source[j].alias, r->w[i - 2].text)))
				r->source[j].table->whole[RIGHT_SELECT] = true;
	}
}

/* --- the statement ---------------------------------------------------------------- */

static bool
has_column(const struct grant_table *t)
{
	for (size_t i = 0; i < t->ncolumns; i++)
		if (t->some[RIGHT_SELECT][i])
			return true;
	return t->whole[RIGHT_SELECT];
}

/* A table that is read and no column of it named: any one will do. */
static void
find_bare_tables(struct reading *r, bool reads)
{
	for (size_t i = 0; i < r->sources; i++) {
		struct grant_table	*t = r->source[i].table;

		if ((reads || r->source[i].query != 0 || t != r->target) &&
		    !has_column(t) && t->ncolumns > 0)
			t->some[RIGHT_SELECT][0] = true;
	}
}

bool
grants_read(struct grants *g, struct str sql)
{
	static struct reading	 r;
	bool			 reads;

	memset(&r, 0, sizeof(r));
	r.g = g;
	if (!split(&r, sql))
		return false;
	skip_settings(&r);
	find_queries(&r);
	find_with(&r);
	if (!find_tables(&r))
		return admin_error_false("in: %.*s", STR_ARG(sql));
	reads = is(word(&r, 0), "SELECT") || is(word(&r, 0), "WITH");
	if (!reads && r.sources > 0)
		r.target = r.source[0].table;
	if (!reads && r.target == NULL)
		return admin_error_false("not a statement that is known: %.*s", STR_ARG(sql));
	if (is(word(&r, 0), "DELETE"))
		r.target->whole[RIGHT_DELETE] = true;
	find_columns(&r);
	find_stars(&r);
	find_bare_tables(&r, reads);
	return true;
}
