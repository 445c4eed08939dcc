#ifndef BRISK_RECORD_H
#define BRISK_RECORD_H
/*
 * record - FastCGI 1.0 as a responder speaks it: bytes of a connection into a
 * request, whatever pieces they come in, and an answer into records.  It knows
 * no descriptor, so a slow sender holds nobody.
 *
 * One request a connection, as web servers do; what else the protocol has is
 * passed over.  The memory is malloc()'s, for a request may be under way long
 * before it has a thread; record_free() overwrites it, and gives it back.
 */
#include "arena.h"

enum record_state {
	RECORD_MORE,		/* not whole yet */
	RECORD_DONE,
	RECORD_GONE,		/* aborted, or no FastCGI: there is nobody to answer */
	RECORD_MEMORY		/* there is none: 503 */
};

/* Bytes that grow. */
struct record_bytes {
	char	*p;
	size_t	 n, most;
};

struct record {
	enum record_state	 state;
	uint8_t			 head[8];	/* of the record under way, */
	size_t			 have;		/* as far as it came, */
	size_t			 content, padding; /* and what of it is to come */
	bool			 begun;
	uint16_t		 id;
	uint8_t			 role[8];
	size_t			 role_n;
	struct record_bytes	 params, body;
	size_t			 body_most;	/* so much of a body is kept, */
	size_t			 passed;	/* and so much came */
	bool			 over;		/* more than is kept */
};

void		 record_init(struct record *, size_t body_most);
void		 record_free(struct record *);

/* The next bytes; what came behind a whole request is passed over. */
enum record_state record_take(struct record *, const char *, size_t);

/* Bytes that it keeps. */
size_t		 record_held(const struct record *);

/* "NAME=value" strings, NULL at the end; NULL without memory, or when they are
 * not as they should be. */
char		**record_env(const struct record *, struct arena *) MUSTCHECK;

/*
 * The records around an answer.  Its bytes go out in parts of at most
 * RECORD_PART, each after a head; the tail ends it.
 */
#define RECORD_PART	65528
#define RECORD_HEAD	8
#define RECORD_TAIL	24

void		 record_head(const struct record *, size_t part, uint8_t head[RECORD_HEAD]);
void		 record_tail(const struct record *, uint8_t tail[RECORD_TAIL]);

#endif
