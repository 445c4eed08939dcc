/*
 * token_external - scopes from the claims of an external provider.
 *
 * A map consists of rules that are separated by spaces:
 *	CLAIM=*			each word of the claim that is a scope of this API
 *	CLAIM:WORD=A,B		the scopes A and B, if the claim contains the word
 * Example: "scope=* groups:editors=products:write".
 *
 * A claim is an array of words, or text with words separated by spaces.  A dot in
 * CLAIM selects a member of an object (realm_access.roles), unless there is a claim
 * with the whole name.
 */
#include "crypto/token_private.h"

#define MAX_NAME	200	/* bytes of CLAIM */
#define MAX_SUB	255	/* bytes, with the prefix */

/* A rule of the map. */
struct rule {
	char		 claim[MAX_NAME + 1];
	struct str	 word;		/* absent: CLAIM=* */
	struct str	 scopes;	/* separated by commas */
};

/* Cut at the last `sep`; `*rest` is absent if there is none. */
static struct str
cut_last(struct str s, char sep, struct str *rest)
{
	const char	*at = s.n == 0 ? NULL : memrchr(s.p, sep, s.n);

	*rest = (struct str){ NULL, 0 };
	if (at == NULL)
		return s;
	*rest = str_from(s, (size_t)(at - s.p) + 1);
	return (struct str){ s.p, (size_t)(at - s.p) };
}

static bool
parse_rule(struct str text, struct rule *r)
{
	struct str	 claim = cut_last(text, '=', &r->scopes);

	r->word = (struct str){ NULL, 0 };
	if (r->scopes.n == 0)
		return false;
	if (!str_is(r->scopes, "*")) {
		claim = cut_last(claim, ':', &r->word);
		if (r->word.n == 0)
			return false;
	}
	if (claim.n == 0 || claim.n > MAX_NAME)
		return false;
	memcpy(r->claim, claim.p, claim.n);
	r->claim[claim.n] = '\0';
	return true;
}

static bool
all_scopes_exist(struct str names)
{
	while (names.p != NULL)
		if (!scope_exists(str_cut(&names, ',')))
			return false;
	return true;
}

const char *
token_map_error(const char *map)
{
	struct str	 rest = str_of(map), one;
	struct rule	 r;

	while (rest.p != NULL) {
		one = str_cut(&rest, ' ');
		if (one.n == 0)
			continue;
		if (!parse_rule(one, &r))
			return "must consist of CLAIM=* and CLAIM:WORD=SCOPE,SCOPE";
		if (r.word.p != NULL && !all_scopes_exist(r.scopes))
			return "names an unknown scope";
	}
	return NULL;
}

/* The words of a claim, separated by spaces; absent if there is no such claim. */
static struct str
claim_words(const struct doc *claims, const char *name, struct arena *a)
{
	const char		*dot = strchr(name, '.');
	const struct doc	*inner;
	struct str		 words;

	if (doc_has(claims, name) || dot == NULL)
		return doc_word_list(claims, name, a, &words) ? words :
		    (struct str){ NULL, 0 };
	words = arena_copy(a, (struct str){ name, (size_t)(dot - name) });
	inner = words.p == NULL ? NULL : doc_member(claims, words.p, a);
	return inner == NULL ? (struct str){ NULL, 0 } :
	    claim_words(inner, dot + 1, a);
}

static void
add_scope(struct buf *b, struct str scope)
{
	if (!scope_exists(scope) || scope_has(buf_view(b), scope))
		return;
	if (b->n > 0)
		buf_byte(b, ' ');
	buf_str(b, scope);
}

static void
apply_rule(struct buf *b, const struct rule *r, struct str words)
{
	struct str	 rest = r->scopes;

	if (r->word.p == NULL)
		while (words.p != NULL)
			add_scope(b, str_cut(&words, ' '));
	else if (scope_has(words, r->word))
		while (rest.p != NULL)
			add_scope(b, str_cut(&rest, ','));
}

const char *
token_apply_map(const struct token_external *from, struct arena *a,
    const struct doc *claims, struct token *t)
{
	struct str	 rest = str_of(from->scopes), one;
	struct rule	 r;
	struct buf	 b;
	char		*sub;

	buf_init(&b, a);
	while (rest.p != NULL) {
		one = str_cut(&rest, ' ');
		if (one.n > 0 && parse_rule(one, &r))
			apply_rule(&b, &r, claim_words(claims, r.claim, a));
	}
	sub = arena_fmt(a, "%s/%.*s", from->prefix, STR_ARG(t->sub));
	t->sub = str_of(sub);
	t->scope = b.n == 0 ? STR("") : buf_view(&b);
	t->roles = (struct str){ NULL, 0 };
	t->tv = 0;
	if (sub == NULL || !buf_ok(&b))
		return "memory";
	return t->sub.n <= MAX_SUB ? NULL : "sub";
}
