#ifndef BRISK_LIVE_PRIVATE_H
#define BRISK_LIVE_PRIVATE_H
/*
 * live_private - answers that stay open: what the parts of the loop share.
 *
 *	live.c		the loop: one thread, which waits for everything
 *	live_viewer.c	a connection of the web server, from its first byte to its last
 *	live_open.c	what a viewer asks for, and may it
 *	live_next.c	what a viewer is sent next
 *	live_topic.c	what viewers look at: one representation, shared by many
 *	live_ask.c	a question to the program that owns the path
 *	live_answer.c	what it said
 *	live_owner.c	which program that is, and where it listens
 *	live_frame.c	FastCGI records that are ready to go out
 *
 * A viewer wants a representation and each change of it (text/event-stream), or
 * one answer, when it differs from what it has (Prefer: wait).  Viewers of the
 * same URL with the same token look at one topic.  A topic is asked for at the
 * program that owns its path, with that token, by FastCGI; the answer tells,
 * beside itself, the generations of all it depends on, from before it was made
 * (live_loop.c).  When one of them moves, or rests at pending, it is asked again.
 * So nothing is decided here about who may see what.
 *
 * A viewer is sent states, not history: there is at most one frame on its way to
 * each, and who was slow gets the newest then.
 *
 * All memory is malloc()'s and lives as long as its viewer or topic.  Without any
 * the viewer is closed, and comes again.
 */
#include "cache/generation.h"
#include "program/program.h"
#include "base/net.h"
#include "fcgi/parser.h"

#define LIVE_MAX_REQUESTS	16	/* on their way at the same time */
#define LIVE_FIRST_MS	5000	/* until a first answer, then 503 */
#define LIVE_STALL_MS	30000	/* without progress of a viewer */
#define LIVE_HEARTBEAT_MS	15000	/* between two comments to who hears nothing */
#define MAX_LIVE_WAIT	60	/* seconds, of Prefer: wait */
#define LIVE_CELLS	(2 * (GENERATION_TAGS + 1))

/* What epoll gives back: the first member of what waits. */
enum source_kind { SOURCE_LISTEN, SOURCE_END, SOURCE_SUBSCRIBER, SOURCE_REQUEST, SOURCE_GONE };

struct source {
	enum source_kind	 kind;
	int			 fd;
};

/* FastCGI records; shared by all who get the same. */
struct frame {
	uint32_t	 refs, n;
	uint16_t	 id;		/* of the request, in each record */
	char		 bytes[];
};

/* Of a program that is mounted. */
struct upstream {
	char		 name[64];
	char		 socket[108];	/* "" while it is not known */
	int64_t		 looked_ms;
};

/* How many streams somebody has open. */
struct subject {
	struct subject	*next;
	size_t		 open;
	char		 name[];
};

struct topic {
	struct topic	*next;		/* of its hash */
	struct topic	*queued;	/* behind it in the queue of asks */
	struct subscriber	*viewers;
	struct upstream	*owner;
	uint64_t	 hash;
	size_t		 streams, waits;
	struct str	 uri, token, origin, address;	/* of its text[] */
	bool		 https;

	/* The last answer. */
	int		 status;	/* 0: there was none */
	char		*etag;
	uint64_t	 content;	/* hash of the body */
	uint64_t	 tag;		/* and of the ETag */
	struct frame	*event;		/* while there are streams; all of request 1 */
	char		*whole;		/* head and body, while somebody waits, or refused */
	size_t		 whole_n, head_n;
	char		*subject;	/* of the token; NULL: none */
	int64_t		 until_ms;	/* the token's end; 0: none */
	int64_t		 again_ms;	/* ask again after so long; 0: only when it moved */
	bool		 tagged;	/* it told what it depends on */
	uint32_t	*cell;		/* that, */
	uint64_t	*generation;
	size_t		 cells;

	/* Asking. */
	uint64_t	 asked, answered;	/* counted; as far as answers were taken */
	bool		 asking, in_queue, forced, telling;
	int64_t		 not_before, since_ms;	/* since: of the last answer */
	size_t		 text_n;
	char		 text[];
};

/* What is kept of a request until its first answer. */
struct opening {
	char		*given;		/* ETags it has; NULL: none */
	char		*always;	/* headers that each answer to it carries */
	char		*standing;	/* and those of its quota */
	char		 id[UUID_LEN + 1], trace[TRACE_LEN + 1];
	char		 address[NET_TEXT];
	int64_t		 began_us;
};

struct subscriber {
	struct source	 source;
	struct topic	*topic;		/* NULL: still reads */
	struct subscriber	*next, *before;	/* of the topic */
	struct frame	*out;		/* on its way; NULL: up to date */
	struct opening	*opening;	/* NULL: it was answered, or is a stream */
	struct subject	*subject;	/* whose streams it counts among */
	struct fcgi_parser	*in;		/* while it reads */
	uint64_t	 need;		/* no answer before this one will do */
	uint64_t	 content, tag;	/* as sent */
	int64_t		 until_ms;	/* give up reading; end the wait; drained */
	int64_t		 spoke_ms;	/* when a byte went out last */
	uint32_t	 off, place;	/* in `out`; in live.viewers */
	uint16_t	 id, wait_s;
	bool		 streams, headed, ending, stuck;
	bool		 admitted;	/* it had its first answer, or waits for another */
};

struct upstream_request;

struct live {
	struct program		*p;
	struct program_thread	*t;
	int			 ep, spare;
	struct source		 listen, end;
	struct subscriber		**viewers;
	size_t			 n, most, open;	/* open: parked ones */
	struct subscriber		*gone;		/* freed when a turn is over */
	struct topic		**topics;
	size_t			 ntopics;
	struct topic		*first, *last;	/* queue of asks */
	struct upstream_request		*asks, *asked;	/* on their way; over, until the turn is */
	size_t			 nasks;
	struct subject		**subjects;
	int64_t			 now_ms;	/* of this turn */
	int64_t			 drain_ms;	/* when draining began; 0: it did not */
};

#define LIVE_HASH	4096	/* lists of topics and of subjects */

/* live.c */
bool		 live_watch(struct live *, struct source *, int op, uint32_t events)
		    MUSTCHECK;

/* live_frame.c: NULL: no memory. */
struct frame	*frame_new(uint16_t id, const struct str *parts, size_t n, bool last)
		    MUSTCHECK;
struct frame	*frame_for_id(uint16_t id, struct frame *) MUSTCHECK;
void		 frame_release(struct frame *);

/* live_viewer.c */
void		 subscriber_new(struct live *, int fd);
void		 subscriber_read(struct live *, struct subscriber *, uint32_t events);
/* Send what there is to send.  The viewer may be gone then. */
void		 subscriber_write(struct live *, struct subscriber *);
/* This, when nothing else is on its way. */
void		 subscriber_send(struct live *, struct subscriber *, struct frame *, bool last);
void		 subscriber_close(struct live *, struct subscriber *);
void		 subscriber_free_all(struct live *);
/* What is due: a beat, the end of a wait, of a stall, of a drain. */
void		 subscriber_check_all(struct live *);
void		 subscriber_drain_all(struct live *);

/* live_open.c */
void		 subscriber_open(struct live *, struct subscriber *);
void		 opening_free(struct opening *);
/* Take from its quota, at the first answer; false: the frame says why not. */
bool		 subscriber_admit(struct live *, struct subscriber *, struct frame **) MUSTCHECK;
struct frame	*subscriber_refuse(struct live *, struct subscriber *, enum http_status,
		    const char *code, const char *detail) MUSTCHECK;
/* Its line of the log, and its figures. */
void		 subscriber_count(struct live *, struct subscriber *, int status);
void		 subject_leave(struct live *, struct subscriber *);

/* live_next.c: NULL: it has all there is. */
struct frame	*subscriber_next(struct live *, struct subscriber *);
/* The end of a wait, or of all: what its last frame says. */
struct frame	*subscriber_last(struct live *, struct subscriber *);

/* live_topic.c */
struct topic	*topic_find(struct live *, struct topic *key, struct upstream *)
		    MUSTCHECK;
void		 topic_join(struct live *, struct topic *, struct subscriber *);
void		 topic_leave(struct live *, struct subscriber *);
/* What it holds of its last answer. */
void		 topic_clear(struct topic *);
/* Ask for those that moved, and for as many of the queue as there is room. */
void		 topic_check_all(struct live *, bool pending);
/* Has it all that its viewers want to see? */
bool		 topic_is_complete(const struct topic *) MUSTCHECK;
/* The end of an ask, without an answer or with one that was taken. */
void		 topic_request_failed(struct live *, struct topic *);
void		 topic_request_done(struct live *, struct topic *);

/* live_ask.c: false: it could not be begun. */
bool		 upstream_request_begin(struct live *, struct topic *) MUSTCHECK;
void		 upstream_request_continue(struct live *, struct upstream_request *);
void		 upstream_request_check_all(struct live *);
void		 upstream_request_free_all(struct live *);

/* live_answer.c: head and body, malloc()'s, taken over; false: it is no answer. */
bool		 topic_take_response(struct live *, struct topic *, char *all, size_t n)
		    MUSTCHECK;

/* live_owner.c */
bool		 upstream_open_all(const struct conf *) MUSTCHECK;
void		 upstream_close_all(void);
/* Of the path; the one of all that is nobody's where there is no other. */
struct upstream	*upstream_of(struct req *) MUSTCHECK;
/* Its socket, "" while it has none. */
const char	*upstream_socket(const struct conf *, struct upstream *);
void		 upstream_lost(struct upstream *);

#endif
