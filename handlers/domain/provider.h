#ifndef DOMAIN_PROVIDER_H
#define DOMAIN_PROVIDER_H
/*
 * provider - payment providers: a table of functions for each `method.type`.
 *
 * A provider is called while no transaction is open, with an idempotency key that
 * was committed before the first call.  Calls with the same key are one call, so a
 * worker may repeat the call of a worker that died.  Any ambiguous answer (no
 * connection, timeout, 5xx, a body that its schema refuses) is PROVIDER_UNKNOWN: the
 * call may have had its effect, so the next attempt looks the key up and never uses
 * another key.
 *
 * A method that moves money inside the ledger calls no provider: its functions are
 * NULL, and a refusal of the ledger is its decline.
 */
#include "http/req.h"

enum provider_result {
	PROVIDER_UNKNOWN,	/* ambiguous: the call may have had its effect */
	PROVIDER_DONE,		/* final: charged, refunded or cancelled */
	PROVIDER_DECLINED,	/* final: declined */
	PROVIDER_CANCELED,	/* final: no charge with this key, now or later */
	PROVIDER_NOTHING	/* find(): the provider does not know the key */
};

struct provider_request {
	const struct conf	*conf;
	struct arena		*arena;
	struct str		 key;		/* idempotency key of this call */
	struct str		 charge;	/* refund(): the key of the charge */
	struct str		 reference;	/* the order's key, for the provider's records */
	struct money		 amount;
	struct str		 token;		/* charge(): the payer's token */
};

/* Strings point into the arena of the request. */
struct provider_answer {
	enum provider_result	 end;
	struct str		 ref;		/* the provider's reference; may be absent */
	struct str		 code;		/* DECLINED: "insufficient_funds" */
	const char		*why;		/* UNKNOWN: a message for the log */
};

/* A webhook event. */
struct provider_event {
	struct str		 id;		/* the same in each delivery */
	struct str		 key;		/* of the charge; absent: ignore the event */
	struct money		 amount;
	struct provider_answer	 answer;
};

/* The payer, the amount and the token of a payment. */
struct payer {
	struct uuid		 user_id;
	struct money		 amount;
	struct str		 token;
};

struct provider {
	const char	*name;			/* NULL ends a table */
	/* Are its options set?  NULL: it needs none. */
	bool		(*ready)(const struct conf *);
	/* Check the form of a token, and whether the payer may use it.  DB_ABORT: no. */
	enum db_err	(*accepts)(struct store *, const struct payer *);
	/* In a transaction: the ledger account that the money comes from. */
	enum db_err	(*account)(struct store *, const struct payer *, struct uuid *);

	void		(*charge)(const struct provider_request *, struct provider_answer *);
	void		(*find)(const struct provider_request *, struct provider_answer *);
	/* Prevent a charge with this key, or refund all of it. */
	void		(*cancel)(const struct provider_request *, struct provider_answer *);
	void		(*refund)(const struct provider_request *, struct provider_answer *);

	/* Webhooks: is the signature valid; decode the event.  NULL: it sends none. */
	bool		(*is_signed)(const struct req *);
	bool		(*event)(const struct req *, struct provider_event *);
};

/* Find a provider by method.type; NULL: unknown. */
const struct provider	*provider_find(struct str type);
/* Are its options set? */
bool			 provider_ready(const struct provider *, const struct conf *);

extern const struct provider provider_wallet, provider_card_test;

/* The statements of the wallet, for .uses. */
extern const struct query wallet_queries[];

#endif
