#ifndef BRISK_LIVE_LOOP_H
#define BRISK_LIVE_LOOP_H
/*
 * loop - the state of the loop that keeps answers open.
 *
 *	live.c			the loop: one thread waits for everything
 *	subscriber.c		a connection of the web server
 *	subscriber_open.c	its request, and the response that refuses it
 *	subscriber_quota.c	how many streams a caller may have
 *	subscriber_next.c	what a subscriber is sent next
 *	topic.c			one representation, shared by its subscribers
 *	topic_response.c	what the upstream answered
 *	upstream.c		which program owns a path, and its socket
 *	upstream_request.c	a request to that program
 *	frame.c			records, ready to send
 *
 * A subscriber wants a representation and every change of it (a stream of events,
 * text/event-stream), or one answer that differs from the one it has (long poll,
 * Prefer: wait).  Subscribers with the same URL and token share a topic.
 *
 * A topic is requested from the program that owns its path, with that token, by
 * FastCGI.  So this program decides nothing about who may see what.  The response
 * lists the generations it depends on (program/exchange.h).  When one of them
 * changes, or stays pending, the topic is requested again.
 *
 * A subscriber gets states, not history: at most one frame is on its way to each,
 * and a slow subscriber skips to the latest state.
 *
 * Memory is malloc()'s, and belongs to its subscriber or topic.  When memory is
 * out, the subscriber is closed and must reconnect.
 */
#include "program/exchange.h"

#define LIVE_MAX_REQUESTS	16	/* to upstreams, at the same time */
#define LIVE_FIRST_MS	5000	/* without a first answer after so long: 503 */
#define LIVE_STALL_MS	30000	/* close a subscriber that takes nothing for so long */
#define LIVE_HEARTBEAT_MS	15000	/* between two comments on an idle stream */
#define MAX_LIVE_WAIT	60	/* seconds, of Prefer: wait */
#define LIVE_HASH	4096	/* buckets, of topics and of subjects */

/* What epoll returns: the first member of everything that waits. */
struct source {
	enum source_kind {
		SOURCE_LISTEN, SOURCE_END, SOURCE_SUBSCRIBER, SOURCE_REQUEST,
		SOURCE_CLOSED	/* freed at the end of this turn */
	} kind;
};

struct subject;
struct subscriber;
struct topic;
struct upstream_request;

struct live {
	struct program		*p;
	struct program_thread	*t;		/* its arena is reset after each turn */
	int			 ep, end_fd;
	int			 spare_fd;	/* closed to accept when descriptors run out */
	struct source		 listen, end;
	int64_t			 now_ms;	/* of this turn */
	int64_t			 drain_ms;	/* when draining began; 0: it did not */

	struct subscriber	**subscribers;
	size_t			 nsubscribers, max_subscribers;
	size_t			 nopen;		/* of them, those that joined a topic */
	struct subscriber	*closed;	/* freed at the end of this turn */
	struct subject		**subjects;

	struct topic		**topics;
	size_t			 ntopics;
	struct topic		*queue_first, *queue_last;	/* to be requested */

	struct upstream_request	*requests;	/* in flight */
	struct upstream_request	*finished;	/* freed at the end of this turn */
	size_t			 nrequests;
};

/* epoll_ctl(); false: logged. */
bool	 live_watch(struct live *, struct source *, int fd, int op, uint32_t events)
	    MUSTCHECK;

#endif
