/*
 * grants/read - find the rights that a statement needs, from its text.
 *
 * Each word belongs to a query: the statement or a subquery.  The first pass collects
 * the tables of each query.  The second pass looks each column name up in the tables of
 * its query, then in those of the enclosing queries.
 */
#include <ctype.h>

#include "grants/grants.h"
#include "grants/word.h"

#define MAX_WORDS	8192
#define MAX_QUERIES	64
#define MAX_SOURCES	64

/* A table in a query, with its alias. */
struct source {
	size_t			 query;
	struct str		 alias;
	struct grant_table	*table;
};

struct reading {
	struct sql_word	 w[MAX_WORDS];
	size_t		 n;
	size_t		 around[MAX_QUERIES];	/* the enclosing query */
	size_t		 queries;
	struct source	 source[MAX_SOURCES];
	size_t		 sources;
	struct str	 with[4];		/* names defined by WITH */
	size_t		 nwith;
	struct grants	*g;
	struct grant_table *target;		/* of INSERT, UPDATE, DELETE */
};

static const struct sql_word	 no_word = { .kind = WORD_END };

static const struct sql_word *
word_at(const struct reading *r, size_t i)
{
	return i < r->n ? &r->w[i] : &no_word;
}

/* --- words --------------------------------------------------------------------- */

static bool
words_split(struct reading *r, struct str sql)
{
	while (sql.n > 0) {
		if (isspace((unsigned char)sql.p[0])) {
			sql = str_from(sql, 1);
			continue;
		}
		if (r->n == MAX_WORDS)
			return admin_error_false("the statement is too long: %.*s", STR_ARG(sql));
		r->w[r->n++] = word_parse(&sql);
	}
	return true;
}

/* Skip "SET STATEMENT a = 1 FOR". */
static void
settings_skip(struct reading *r)
{
	size_t	 i = 0;

	if (!word_is(word_at(r, 0), "SET") || !word_is(word_at(r, 1), "STATEMENT"))
		return;
	while (i < r->n && !word_is(word_at(r, i), "FOR"))
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
 * Assign each word to a query.  The halves of a UNION are two queries; the SELECT of an
 * INSERT is enclosed by the INSERT.
 */
static void
queries_assign(struct reading *r)
{
	struct { size_t query; bool call; }	 stack[MAX_QUERIES];
	size_t					 depth = 0, query = query_new(r, 0);
	bool					 call = false;

	for (size_t i = 0; i < r->n; i++) {
		struct sql_word	*w = &r->w[i];

		if (word_is(w, ")") && depth > 0) {
			query = stack[--depth].query;
			call = stack[depth].call;
		}
		if (word_is(w, "UNION"))
			query = query_new(r, r->around[query]);
		if (word_is(w, "SELECT") && query == 0 && word_is(word_at(r, 0), "INSERT"))
			query = query_new(r, 0);
		if (word_is(w, "DUPLICATE"))
			query = 0;
		w->query = query;
		w->call = call;
		if (!word_is(w, "(") || depth == MAX_QUERIES)
			continue;
		stack[depth].query = query;
		stack[depth++].call = call;
		call = i > 0 && word_is_name(&r->w[i - 1]);
		if (word_is(word_at(r, i + 1), "SELECT") || word_is(word_at(r, i + 1), "WITH")) {
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
with_has(const struct reading *r, struct str name)
{
	for (size_t i = 0; i < r->nwith; i++)
		if (str_eq(r->with[i], name))
			return true;
	return false;
}

/* Skip JSON_TABLE(...) [AS] ALIAS at *i: it reads no table. */
static void
json_table_skip(struct reading *r, size_t *i)
{
	size_t	 depth = 0;

	do {
		r->w[*i].used = true;
		++*i;
		depth += word_is(word_at(r, *i), "(");
		depth -= word_is(word_at(r, *i), ")");
	} while (depth > 0 && *i + 1 < r->n);
	if (word_is(word_at(r, *i + 1), "AS"))
		++*i;
	if (word_is_name(word_at(r, *i + 1)))
		r->w[++*i].used = true;
}

/* Parse NAME [AS] [ALIAS] at *i.  False, reported: an unknown table. */
static bool
table_parse(struct reading *r, size_t *i)
{
	struct sql_word	*w = &r->w[*i];
	struct source	 s = { .query = w->query, .alias = w->text };

	w->used = true;
	if (word_is(w, "JSON_TABLE")) {
		json_table_skip(r, i);
		return true;
	}
	if (word_is(word_at(r, *i + 1), ".")) {		/* of another schema: not ours */
		r->w[*i += 2].used = true;
		return true;
	}
	s.table = table_find(r, w->text);
	if (s.table == NULL && !with_has(r, w->text))
		return admin_error_false("unknown table %.*s", STR_ARG(w->text));
	if (word_is(word_at(r, *i + 1), "AS"))
		++*i;
	if (word_is_name(word_at(r, *i + 1))) {
		r->w[++*i].used = true;
		s.alias = r->w[*i].text;
	}
	if (s.table != NULL && r->sources < MAX_SOURCES)
		r->source[r->sources++] = s;
	return true;
}

/* Collect the names defined by WITH: NAME [(columns)] AS (. */
static void
with_collect(struct reading *r)
{
	for (size_t i = 0; i < r->n && word_is(word_at(r, 0), "WITH"); i++) {
		size_t	 at = i + 1;

		if (!word_is_name(word_at(r, i)) || !(word_is(word_at(r, i - 1), "WITH") ||
		    word_is(word_at(r, i - 1), "RECURSIVE")) || r->nwith == NELEMS(r->with))
			continue;
		r->w[i].used = true;
		r->with[r->nwith++] = r->w[i].text;
		for (; word_is(word_at(r, at), "(") && !word_is(word_at(r, at - 1), "AS"); at++)
			for (; at < r->n && !word_is(word_at(r, at), ")"); at++)
				r->w[at].used = true;
	}
}

/* Tables follow FROM, JOIN, INTO, UPDATE, and the commas of a list of tables. */
static bool
tables_collect(struct reading *r)
{
	static const char *const	 begin[] = { "FROM", "JOIN", "STRAIGHT_JOIN",
		"INTO", NULL };
	static const char *const	 end[] = { "WHERE", "ON", "SET", "ORDER", "GROUP",
		"LIMIT", "VALUES", "HAVING", "SELECT", NULL };
	bool				 list[MAX_QUERIES] = { false };

	for (size_t i = 0; i < r->n; i++) {
		const struct sql_word	*w = &r->w[i];
		bool			 due = (word_is_one_of(w, begin) && !w->call) ||
					    (i == 0 && word_is(w, "UPDATE")) ||
					    (word_is(w, ",") && list[w->query]);

		if (word_is_one_of(w, end))
			list[w->query] = false;
		if (!due)
			continue;
		list[w->query] = !word_is(w, "INTO");
		while (word_is(word_at(r, i + 1), "("))
			i++;
		if (word_is_name(word_at(r, i + 1)) && (i++, !table_parse(r, &i)))
			return false;
	}
	return true;
}

/* --- columns ------------------------------------------------------------------- */

static bool
right_add(struct grant_table *t, struct str column, enum right right)
{
	for (size_t i = 0; i < t->ncolumns; i++)
		if (column.n == strlen(t->columns[i]) &&
		    strncasecmp(column.p, t->columns[i], column.n) == 0) {
			t->some[right][i] = true;
			return true;
		}
	return false;
}

/* Add a right on a column of this query's tables, or of the nearest enclosing query
 * whose tables have it. */
static bool
column_right_add(struct reading *r, size_t query, struct str qualifier, struct str column,
    enum right right)
{
	bool	 found = false;

	for (;;) {
		for (size_t i = 0; i < r->sources; i++)
			if (r->source[i].query == query && (qualifier.p == NULL ||
			    str_eq(r->source[i].alias, qualifier)))
				found |= right_add(r->source[i].table, column, right);
		if (found || query == 0)
			return found;
		query = r->around[query];
	}
}

/* Handle a column name, qualified or not, at i.  Returns the index of its last word. */
static size_t
column_parse(struct reading *r, size_t i, enum right right)
{
	struct str	 qualifier = { NULL, 0 };
	size_t		 query = r->w[i].query;

	if (word_is(word_at(r, i + 1), ".")) {
		qualifier = r->w[i].text;
		i += 2;
	}
	if (i < r->n)
		(void)column_right_add(r, query, qualifier, r->w[i].text, right);
	return i;
}

static bool
has_on_duplicate(const struct reading *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (word_is(&r->w[i], "DUPLICATE"))
			return true;
	return false;
}

/*
 * Handle the columns of INSERT INTO t (a, b), from behind the table's name.  Returns the
 * index of the next word.  With ON DUPLICATE KEY UPDATE the server requires both rights
 * on each column.
 */
static size_t
inserted_columns_parse(struct reading *r, size_t i)
{
	bool	 some = false, both = has_on_duplicate(r);

	for (; word_is(word_at(r, i), "(") || word_is(word_at(r, i), ",") || word_is_name(word_at(r, i)); i++)
		if (word_is_name(word_at(r, i))) {
			some |= right_add(r->target, r->w[i].text, RIGHT_INSERT) &&
			    (!both || right_add(r->target, r->w[i].text, RIGHT_UPDATE));
			r->w[i].used = true;
		}
	if (!some)
		r->target->whole[RIGHT_INSERT] = true;
	return i;
}

/* Is the word the left side of an assignment: after SET or a comma, before =? */
static bool
column_is_assigned(const struct reading *r, size_t i)
{
	size_t	 last = word_is(word_at(r, i + 1), ".") ? i + 2 : i;

	return i > 0 && word_is(word_at(r, last + 1), "=") &&
	    (word_is(&r->w[i - 1], ",") || word_is(&r->w[i - 1], "SET") ||
	    word_is(&r->w[i - 1], "UPDATE"));
}

static void
columns_collect(struct reading *r)
{
	bool	 insert = word_is(word_at(r, 0), "INSERT"), sets = false;

	for (size_t i = 0; i < r->n; i++) {
		const struct sql_word	*w = &r->w[i];

		if (insert && i > 0 && r->w[i].used && word_is(&r->w[i - 1], "INTO")) {
			i = inserted_columns_parse(r, i + 1) - 1;
			continue;
		}
		if (w->query == 0 && (word_is(w, "SET") ||
		    (word_is(w, "UPDATE") && i > 0 && word_is(&r->w[i - 1], "KEY"))))
			sets = true;
		if (w->query == 0 && word_is(w, "WHERE"))
			sets = false;
		if (!word_is_name(w) || w->used || word_is(word_at(r, i + 1), "("))
			continue;
		i = column_parse(r, i, sets && w->query == 0 && column_is_assigned(r, i) ?
		    RIGHT_UPDATE : RIGHT_SELECT);
	}
}

/* SELECT * and t.* need the whole table; COUNT(*) needs no column. */
static void
stars_collect(struct reading *r)
{
	for (size_t i = 1; i < r->n; i++) {
		const struct sql_word	*w = &r->w[i], *p = &r->w[i - 1];

		if (!word_is(w, "*") || !(word_is(p, "SELECT") || word_is(p, ",") || word_is(p, ".")))
			continue;
		for (size_t j = 0; j < r->sources; j++)
			if (r->source[j].query == w->query && (!word_is(p, ".") ||
			    str_eq(r->source[j].alias, r->w[i - 2].text)))
				r->source[j].table->whole[RIGHT_SELECT] = true;
	}
}

/* --- the statement ---------------------------------------------------------------- */

static bool
table_has_right(const struct grant_table *t)
{
	for (size_t i = 0; i < t->ncolumns; i++)
		if (t->some[RIGHT_SELECT][i])
			return true;
	return t->whole[RIGHT_SELECT];
}

/* A table that is read without naming a column: a right on any column is enough. */
static void
bare_tables_collect(struct reading *r, bool reads)
{
	for (size_t i = 0; i < r->sources; i++) {
		struct grant_table	*t = r->source[i].table;

		if ((reads || r->source[i].query != 0 || t != r->target) &&
		    !table_has_right(t) && t->ncolumns > 0)
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
	if (!words_split(&r, sql))
		return false;
	settings_skip(&r);
	queries_assign(&r);
	with_collect(&r);
	if (!tables_collect(&r))
		return admin_error_false("in: %.*s", STR_ARG(sql));
	reads = word_is(word_at(&r, 0), "SELECT") || word_is(word_at(&r, 0), "WITH");
	if (!reads && r.sources > 0)
		r.target = r.source[0].table;
	if (!reads && r.target == NULL)
		return admin_error_false("unknown kind of statement: %.*s", STR_ARG(sql));
	if (word_is(word_at(&r, 0), "DELETE"))
		r.target->whole[RIGHT_DELETE] = true;
	columns_collect(&r);
	stars_collect(&r);
	bare_tables_collect(&r, reads);
	return true;
}
