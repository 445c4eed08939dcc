#ifndef CHAOS_HTTP_H
#define CHAOS_HTTP_H
/*
 * http - requests of the clients of this folder, over one connection each; BASE
 * says where.
 */
#include <stdbool.h>
#include <stdint.h>

#define STATUSES	600	/* 0: no answer */

struct http;

struct ask {
	const char	*method, *path;
	const char	*body, *token;	/* NULL: none */
	const char	*match;		/* If-Match, of a GET If-None-Match */
	const char	*key;		/* Idempotency-Key */
};

struct answer {
	int		 status;	/* 0: there was none */
	const char	*body, *etag, *id;	/* "" where there is none */
	bool		 replayed;	/* Idempotent-Replayed */
	int64_t		 us;
};

struct http	*http_open(void);
void		 http_close(struct http *);
/* Valid until the next. */
struct answer	 http_send(struct http *, const struct ask *);

int64_t		 now_us(void);
void		 pause_ms(int);

#endif
