#ifndef BRISK_TOPIC_H
#define BRISK_TOPIC_H
/* topic - one representation, shared by the subscribers that see the same. */
#include "live/loop.h"

#define TOPIC_CELLS	(2 * (GENERATION_TAGS + 1))	/* of answer and token */

/* What makes two subscribers see the same. */
struct topic_key {
	uint64_t	 hash;
	struct str	 uri, token, origin;
	bool		 https;
};

/* The last answer of the upstream. */
struct topic_answer {
	int		 status;	/* 0: there was none yet */
	char		*etag;
	uint64_t	 body_hash, etag_hash;
	struct frame	*event;		/* of request 1; kept while there are streams */
	char		*whole;		/* head and body, for long polls and refusals */
	size_t		 whole_n, head_n;
};

/* What the last answer depends on. */
struct topic_depends {
	bool		 known;		/* false: it cannot be live */
	uint32_t	*cell;		/* in the memory of `generation` */
	uint64_t	*generation;	/* generation of each cell when the answer was made */
	size_t		 ncells;
	char		*subject;	/* of the token; NULL: anonymous */
	int64_t		 until_ms;	/* end of the token, Unix time; 0: none */
	int64_t		 again_ms;	/* request again after so long; 0: only when it changed */
};

/* When it is requested. */
struct topic_schedule {
	uint64_t	 requested;	/* number of requests so far */
	uint64_t	 answered;	/* number of the request that was answered last */
	bool		 in_flight, is_queued;
	bool		 forced;	/* request it, whatever the generations are */
	bool		 notifying;	/* its list of subscribers is being walked */
	int64_t		 not_before_ms, answered_ms;
};

struct topic {
	struct topic		*next;		/* in its bucket */
	struct topic		*queued;	/* next in the queue of requests */
	struct subscriber	*subscribers;
	size_t			 streams, waits;	/* how many subscribers of each kind */
	struct upstream		*upstream;
	struct str		 address;	/* of the first subscriber */
	struct topic_key	 key;
	struct topic_answer	 answer;
	struct topic_depends	 depends;
	struct topic_schedule	 schedule;
	size_t			 text_n;
	char			 text[];	/* of key and address */
};

/* The topic of this key, perhaps new; NULL: no memory.  Sets the key's hash. */
struct topic	*topic_find(struct live *, struct topic_key *, struct str address,
		    struct upstream *) MUSTCHECK;
void		 topic_join(struct live *, struct topic *, struct subscriber *);
/* Leave, and free the topic if nobody needs it. */
void		 topic_leave(struct live *, struct subscriber *);
/* Does it hold all that its subscribers need? */
bool		 topic_is_complete(const struct topic *) MUSTCHECK;
/*
 * Queue the topics that changed, with `pending` also those whose generations stay
 * pending; and request as many of the queue as may be in flight.
 */
void		 topic_check_all(struct live *, bool pending);
/* The request ended without a usable answer: try again later. */
void		 topic_request_failed(struct live *, struct topic *);
/* The request's answer was taken: send it to the subscribers. */
void		 topic_request_done(struct live *, struct topic *);
/* Take an answer, head and body in malloc()'s memory, which it frees; false: unusable. */
bool		 topic_take_response(struct topic *, char *all, size_t n) MUSTCHECK;

#endif
