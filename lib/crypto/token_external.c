/*
 * token_external - what an outside provider's claims are here.
 *
 * A map has words with spaces between:
 *	CLAIM=*			the claim's words that are scopes here, as they are
 *	CLAIM:WORD=A,B		the scopes A and B, where the claim has that word
 * "scope=* groups:editors=products:write".  A claim is text of words or an
 * array of them; of one inside another the names have a dot between
 * (realm_access.roles), unless a claim has the whole name.
 */
#include "crypto/scope.h"
#include "crypto/token_private.h"

#define MAX_NAME	200
#define MAX_SUB	255	/* bytes, with its prefix */

/* A word of the map, taken apart. */
struct rule {
	char		 claim[MAX_NAME + 1];
	struct str	 word;		/* absent: any that is a scope here */
	struct str	 scopes;	/* with commas between */
};

/* At the last `sep`; absent `behind` when there is none. */
static struct str
cut_last(struct str s, char sep, struct str *behind)
{
	const char	*at = s.n == 0 ? NULL : memrchr(s.p, sep, s.n);

	*behind = (struct str){ NULL, 0 };
	if (at == NULL)
		return s;
	*behind = str_from(s, (size_t)(at - s.p) + 1);
	return (struct str){ s.p, (size_t)(at - s.p) };
}

static bool
rule_read(struct str text, struct rule *r)
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
all_known(struct str names)
{
	while (names.p != NULL)
		if (!scope_exists(str_cut(&names, ',')))
			return false;
	return true;
}

const char *
token_map_wrong(const char *map)
{
	struct str	 rest = str_of(map), one;
	struct rule	 r;

	while (rest.p != NULL) {
		one = str_cut(&rest, ' ');
		if (one.n == 0)
			continue;
		if (!rule_read(one, &r))
			return "is not CLAIM=* or CLAIM:WORD=SCOPE,SCOPE";
		if (r.word.p != NULL && !all_known(r.scopes))
			return "names a scope that is not known";
	}
	return NULL;
}

/* The claim's words: of a member, or of one inside another. */
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
apply(struct buf *b, const struct rule *r, struct str words)
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
token_mapped(const struct token_external *from, struct arena *a,
    const struct doc *claims, struct token *t)
{
	struct str	 rest = str_of(from->scopes), one;
	struct rule	 r;
	struct buf	 b;
	char		*sub;

	buf_init(&b, a);
	while (rest.p != NULL) {
		one = str_cut(&rest, ' ');
		if (one.n > 0 && rule_read(one, &r))
			apply(&b, &r, claim_words(claims, r.claim, a));
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
