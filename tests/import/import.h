#ifndef IMPORT_H
#define IMPORT_H
/*
 * import - every package the machine's apt knows, through the API and back.
 *
 * source reads them, send puts them in, walk pages through the list and
 * compares, bare puts the same rows in without the API, for the time.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct section {
	char	*name, *slug;
	char	 id[40];
};

struct package {
	char		*sku, *name, *description;	/* description NULL: none */
	char		*version, *maintainer, *architecture;
	int64_t		 price;
	size_t		 section, order;
	const char	*refused;	/* the API's code, or NULL */
	bool		 lawful, sent;
	unsigned	 seen;
};

struct source {
	struct package	*packages;	/* sorted by sku, each once */
	size_t		 n;
	struct section	*sections;
	size_t		 nsections;
	size_t		 read, replaced, unlawful, translated, non_ascii;
	char		 languages[512];
};

struct api;

struct answer {
	long		 status;	/* 0: no answer at all */
	const char	*text;		/* until the next call */
};

struct walked {
	size_t		 items, others, pages, differences;
};

/* source.c */
void		 source_read(struct source *, const char *lists, size_t limit);
struct package	*source_find(struct source *, const char *sku);

/* translate.c: the long descriptions, by md5 of the English one. */
void		 translate_read(const char *lists, char *languages, size_t size);
/* One of those there are, another language for each `turn`; NULL: none. */
const char	*translate_pick(const char *md5, size_t turn);

/* stanza.c: paragraphs of "Field: value" lines; a name ending in - is a prefix. */
bool		 stanza_read(void *file, const char *const *names, char **values,
		    size_t n);
void		*alloc(void *old, size_t);	/* or the program ends */
char		*copy(const char *);

/* api.c */
struct api	*api_open(const char *base, const char *token);
void		 api_close(struct api *);
/* Waits and asks again on 429, 503 and lost connections. */
struct answer	 api_call(struct api *, const char *method, const char *path,
		    const char *body);

/* send.c */
bool		 send_categories(struct api *, struct source *);
/* Number of differences: lawful items that were refused, answers out of order. */
size_t		 send_products(struct api *, struct source *);

/* walk.c */
struct walked	 walk(struct api *, struct source *);

/* bare.c: seconds, or below 0. */
double		 bare_insert(struct source *, const char *socket);

/* import.c */
double		 now(void);
void		 progress(const char *what, size_t done, size_t of);

#endif
