#ifndef BRISK_SUBSCRIBER_H
#define BRISK_SUBSCRIBER_H
/* subscriber - a connection of the web server whose answer is kept open. */
#include "base/net.h"
#include "fcgi/connection.h"
#include "live/frame.h"
#include "live/loop.h"

/* What is kept of a request until its first answer. */
struct opening {
	char		*etags;		/* that the client has; NULL: none */
	char		*headers;	/* that every response carries */
	char		*quota_headers;	/* state of its quota */
	char		 id[UUID_LEN + 1], trace[TRACE_LEN + 1];
	char		 address[NET_TEXT];
	int64_t		 began_us;
};

struct subscriber {
	struct source	 source;
	struct connection connection;
	struct topic	*topic;		/* NULL: its request is incomplete */
	struct subscriber *next, *before;	/* of the topic */
	struct frame	*out;		/* being sent; NULL: up to date */
	struct opening	*opening;	/* NULL after the head of a stream */
	struct subject	*subject;	/* whose stream it counts as; NULL: not counted */
	uint64_t	 min_answer;	/* number of the first answer it may get */
	uint64_t	 body_hash, etag_hash;	/* of what it has */
	int64_t		 deadline_ms;	/* to send its request; of a wait, a token, a drain */
	int64_t		 sent_ms;	/* when bytes were sent last */
	uint32_t	 sent;		/* bytes of `out` */
	uint32_t	 index;		/* in live.subscribers */
	uint16_t	 wait_s;	/* of Prefer: wait */
	bool		 is_stream;
	bool		 has_head;	/* the head of the stream was sent */
	bool		 ending;	/* `out` is its last frame */
	bool		 blocked;	/* the socket has no room */
	bool		 admitted;	/* the upstream and the quotas allow it */
};

/*
 * Functions that write may close the subscriber.  Its source is SOURCE_CLOSED then,
 * and its memory is freed at the end of the turn.
 */

/* A new connection, which takes over the descriptor. */
void		 subscriber_new(struct live *, int fd);
void		 subscriber_read(struct live *, struct subscriber *, uint32_t events);
/* Send what there is to send, as far as the socket has room. */
void		 subscriber_write(struct live *, struct subscriber *);
/* Send this frame; `last`: then close.  NULL, no memory: close. */
void		 subscriber_send(struct live *, struct subscriber *, struct frame *, bool last);
void		 subscriber_close(struct live *, struct subscriber *);
/* Free those that were closed in this turn. */
void		 subscriber_free_all(struct live *);
/* Heartbeats, and the ends of waits, stalls, tokens and drains. */
void		 subscriber_check_all(struct live *);
/*
 * Disconnect all subscribers, spread over some seconds so that they do not
 * reconnect at once.
 */
void		 subscriber_drain_all(struct live *);

/* subscriber_open.c: its request is complete: refuse it, or join its topic. */
void		 subscriber_open(struct live *, struct subscriber *);
void		 opening_free(struct opening *);
/* An exchange with what is kept of its request, for a response or a log line. */
void		 subscriber_exchange(struct live *, const struct subscriber *, struct exchange *);
/* The response of the exchange as a last frame, counted; NULL: no memory. */
struct frame	*subscriber_response(struct live *, struct subscriber *, struct exchange *,
		    enum http_status) MUSTCHECK;
/* A problem as a last frame, counted; NULL: no memory. */
struct frame	*subscriber_refuse(struct live *, struct subscriber *, enum http_status,
		    const char *code, const char *detail) MUSTCHECK;
/* Write the log line, and count it. */
void		 subscriber_count(struct live *, struct subscriber *, int status);

/* subscriber_quota.c: take from its quotas, at the first answer; false: see *refusal. */
bool		 subscriber_admit(struct live *, struct subscriber *, struct frame **refusal)
		    MUSTCHECK;
/* Its stream is over. */
void		 subscriber_leave_subject(struct live *, struct subscriber *);

/* subscriber_next.c: the next frame; NULL: it has the latest state, or no memory. */
struct frame	*subscriber_next(struct live *, struct subscriber *);
/* The last frame, when its wait, its token or the process ends. */
struct frame	*subscriber_last(struct live *, struct subscriber *);

#endif
