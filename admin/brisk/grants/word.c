/* grants/word - the words of an SQL statement. */
#include <ctype.h>
#include <strings.h>

#include "grants/word.h"

bool
word_is(const struct sql_word *w, const char *text)
{
	return (w->kind == WORD_BARE || w->kind == WORD_OTHER) &&
	    w->text.n == strlen(text) && strncasecmp(w->text.p, text, w->text.n) == 0;
}

bool
word_is_one_of(const struct sql_word *w, const char *const *list)
{
	for (; *list != NULL; list++)
		if (word_is(w, *list))
			return true;
	return false;
}

/* Keywords, which never name a column or a table here. */
static bool
word_is_reserved(const struct sql_word *w)
{
	static const char *const	 list[] = { "ALL", "AND", "AS", "ASC", "BETWEEN",
		"BINARY", "BY", "CASE", "DELETE", "DESC", "DISTINCT", "DUPLICATE",
		"ELSE", "END", "EXISTS", "FALSE", "FOR", "FORCE", "FROM", "GROUP",
		"HAVING", "IGNORE", "IN", "INDEX", "INNER", "INSERT", "INTO", "IS",
		"JOIN", "KEY", "LEFT", "LIKE", "LIMIT", "LOCK", "NOT", "NULL", "ON",
		"OR", "ORDER", "RECURSIVE", "REGEXP", "RIGHT", "SELECT", "SEPARATOR",
		"SET", "STRAIGHT_JOIN", "TABLE", "THEN", "TRUE", "UNION", "UPDATE", "USING", "VALUES",
		"WHEN", "WHERE", "WITH", NULL };

	return w->kind == WORD_BARE && word_is_one_of(w, list);
}

bool
word_is_name(const struct sql_word *w)
{
	return w->kind == WORD_NAME || (w->kind == WORD_BARE && !word_is_reserved(w));
}

/* The length up to the closing quote; quotes inside are doubled or, in text, escaped. */
static size_t
quoted_len(struct str s)
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
char_is_bare(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (c & 0x80);
}

struct sql_word
word_parse(struct str *s)
{
	struct sql_word	 w = { .kind = WORD_OTHER };
	size_t		 n = 1;

	if (s->p[0] == '\'' || s->p[0] == '"' || s->p[0] == '`')
		n = quoted_len(*s);
	else if (char_is_bare(s->p[0]))
		for (; n < s->n && char_is_bare(s->p[n]); n++)
			;
	w.text = (struct str){ s->p, n };
	if (s->p[0] == '`') {
		w.kind = WORD_NAME;
		w.text = (struct str){ s->p + 1, n - 2 };
	} else if (char_is_bare(s->p[0]) && !isdigit((unsigned char)s->p[0])) {
		w.kind = WORD_BARE;
	}
	*s = str_from(*s, n);
	return w;
}
