#ifndef BRISK_GRANTS_WORD_H
#define BRISK_GRANTS_WORD_H
/*
 * word - the words of an SQL statement.  Texts point into the statement.
 */
#include "base/base.h"

enum word_kind { WORD_END, WORD_BARE, WORD_NAME, WORD_OTHER };

struct sql_word {
	enum word_kind	 kind;
	struct str	 text;		/* without backticks */
	size_t		 query;
	bool		 call;		/* in the arguments of a function */
	bool		 used;		/* the name or alias of a table */
};

/* Is it this keyword or sign, in upper or lower case? */
bool	 word_is(const struct sql_word *, const char *text);
/* The same for a list that NULL ends. */
bool	 word_is_one_of(const struct sql_word *, const char *const *list);
/* May it name a table or column? */
bool	 word_is_name(const struct sql_word *);

/* Cut the next word off a text that begins with no space. */
struct sql_word	 word_parse(struct str *);

#endif
