#ifndef SHARED_PROVIDER_H
#define SHARED_PROVIDER_H
/*
 * provider - who moves the money of a payment: a table of functions for each
 * `method.type`.
 *
 * Calls go out while no transaction is open, and each has a key that was
 * committed before: the same key is the same call, however often it is made,
 * so a worker that died in between, or its successor, asks again.  What is not
 * a clear answer (no connection, no answer in time, a status of 5xx, text that
 * its schema refuses) is PROVIDER_UNKNOWN: it may have happened, so the next try
 * looks the key up, and never takes another.
 *
 * A method that moves money within our own ledger asks nobody: its functions
 * are NULL, and the ledger's refusal is its decline.
 */
#include "http/http.h"

enum provider_result {
	PROVIDER_UNKNOWN,	/* it may have happened, or may yet */
	PROVIDER_DONE,		/* charged, given back, cancelled: for good */
	PROVIDER_DECLINED,	/* for good, too */
	PROVIDER_CANCELED,	/* a charge under this key was cancelled, or never will be */
	PROVIDER_NOTHING	/* find: nobody has used this key */
};

struct provider_request {
	const struct conf	*conf;
	struct arena		*arena;
	struct str		 key;		/* of this call */
	struct str		 charge;	/* refund: the key that was charged with */
	struct str		 reference;	/* the order, for the provider's book */
	struct money		 amount;
	struct str		 token;		/* charge alone */
};

/* Text points into the call's arena. */
struct provider_answer {
	enum provider_result	 end;
	struct str		 ref;		/* the provider's own name for it; or absent */
	struct str		 code;		/* DECLINED: "insufficient_funds" */
	const char		*why;		/* UNKNOWN: for a log */
};

/* What a webhook tells. */
struct provider_event {
	struct str		 id;		/* it comes again with the same one */
	struct str		 key;		/* of the charge; absent: of no interest */
	struct money		 amount;
	struct provider_answer	 told;
};

/* Who pays with what. */
struct payer {
	struct uuid		 user_id;
	struct money		 amount;
	struct str		 token;
};

struct provider {
	const char	*name;			/* NULL ends a table */
	/* NULL: it needs no options. */
	bool		(*ready)(const struct conf *);
	/* Could this be a token of that user?  DB_ABORT: no. */
	enum db_err	(*takes)(struct store *, const struct payer *);
	/* Of the ledger, inside a transaction: where the money comes from. */
	enum db_err	(*account)(struct store *, const struct payer *, struct uuid *);

	void		(*charge)(const struct provider_request *, struct provider_answer *);
	void		(*find)(const struct provider_request *, struct provider_answer *);
	/* Nothing is charged under that key any more, or it was given back whole. */
	void		(*cancel)(const struct provider_request *, struct provider_answer *);
	void		(*refund)(const struct provider_request *, struct provider_answer *);

	/* A webhook: is it the provider's own; what does it tell?  NULL: it sends none. */
	bool		(*is_signed)(const struct req *);
	bool		(*event)(const struct req *, struct provider_event *);
};

/* By method.type; NULL: there is none. */
const struct provider	*provider_find(struct str type);
/* Can it be asked: are its options there? */
bool			 provider_ready(const struct provider *, const struct conf *);

extern const struct provider provider_wallet, provider_card_test;

/* Their statements, for .uses. */
extern const struct query wallet_queries[];

#endif
