#ifndef CHAOS_MONEY_H
#define CHAOS_MONEY_H
/*
 * money - is money or stock ever lost or doubled?  See money.sh.
 *
 *	money.c		the run: clients, attacks
 *	money_client.c	a client: writes that are repeated with their key, its record
 *	money_buyer.c	carts, checkouts, payments
 *	money_ledger.c	transfers, pending ones and how they are resolved
 *	money_fixed.c	many at once for one thing
 *	money_shim.c	preloaded into the programs: faults, deaths at chosen points
 *
 * Each client writes down whatever it asked and was answered.  What is right is
 * not judged here but by queries (check_*.sql) over these records and the tables;
 * so each write bears its key where a column takes a text (note, reference).
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "hand.h"
#include "http.h"

#define PRODUCTS	24
#define ACCOUNTS	20	/* hot ones */
#define PEOPLE		512
#define MAX_SAID	65536

struct person {
	char		 id[40];
	char		*token;
};

struct wallet {
	char		 id[40];	/* of the account, which is what pays */
};

/* What all clients share. */
struct shared {
	unsigned	 run;
	char		 product[PRODUCTS][40];
	char		 account[ACCOUNTS][40];
	char		 bank[40];	/* the account that fills the others */
	struct wallet	 wallet[PEOPLE];	/* of those who have one */
	atomic_bool	 stop;
	_Atomic uint64_t done, odd;
	/* Of money_fixed: */
	_Atomic int	 ready, go;
	_Atomic unsigned status[STATUSES];
};

extern struct shared	*all;
extern struct person	 people[PEOPLE];
extern size_t		 npeople;
extern const char	*shop_token, *ledger_token;	/* of who runs either */

/* --- a client ------------------------------------------------------------------ */

struct client {
	struct http	*h;
	FILE		*record;
	unsigned	 seed, number, made;
	const char	*who, *token;
	const char	*wallet;	/* its token as a method of payment */
};

/* What was answered, for keeps. */
struct said {
	int		 status;
	bool		 replayed;
	char		 body[MAX_SAID], etag[128];
};

struct deed {
	const char	*kind;		/* "order", as the records call it */
	const char	*method, *path, *body, *match;
	const char	*key;		/* NULL: none */
	const char	*token;		/* NULL: the client's */
	bool		 mutants;		/* once answered, now and then again, with
					 * another body, and by somebody else */
};

bool		 client_open(struct client *, unsigned number, const struct person *);
void		 client_close(struct client *);
size_t		 any(struct client *, size_t n);
void		 key_new(struct client *, char key[48]);

/* Once; written down. */
void		 ask_once(struct client *, const struct deed *, struct said *);
/* Again and again with its key, until it is answered: 2xx or 4xx.  False: never. */
bool		 ask_surely(struct client *, const struct deed *, struct said *);
/* GET, once. */
int		 look(struct client *, const char *kind, const char *path, struct said *);

/* A member of a body, "total.amount", "items.0.id"; false: it is not there. */
bool		 member(const char *body, const char *name, char *out, size_t size);
long long	 number_of(const char *body, const char *name);
/* That member of all items of a list. */
long long	 sum_of(const char *body, const char *name);
bool		 code_is(const struct said *, const char *code);

/* What no attack explains; told, and counted. */
void		 odd(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* --- what they do ---------------------------------------------------------------- */

/* Products with stock; the ledger's accounts, filled; wallets. */
bool		 shop_make(struct client *);
bool		 ledger_make(struct client *);
bool		 wallets_make(struct client *, size_t n);	/* of the first `n` */

void		 buyer_run(struct client *);
void		 merchant_run(struct client *);
void		 finance_run(struct client *);
void		 reader_run(struct client *);

/* An open cart, and what a checkout of it says. */
struct cart {
	char		 id[40];
	long long	 version, total;
};

bool		 product_make(struct client *, int on_hand, char id[40]);
bool		 cart_open(struct client *, struct cart *);
bool		 cart_empty(struct client *, struct cart *);
bool		 cart_put(struct client *, struct cart *, const char *product, int quantity);
void		 order_text(const struct cart *, const char *note, char body[1024]);
bool		 order_pay(struct client *, const char *order, const char *method,
		    char payment[40]);
/* Until it is settled, or not for long; its amount if it was paid, else 0. */
long long	 payment_await(struct client *, const char *payment);

/* Codes are `name` with the run's number. */
bool		 account_make(struct client *, const char *name, const char *constraint,
		    const char *owner, char id[40]);
bool		 account_fill(struct client *, const char *account, long long amount);
void		 transfer_text(const char *from, const char *to, long long amount,
		    const char *reference, char body[1024]);
/* The last state that was seen of one that was accepted. */
void		 transaction_await(struct client *, const struct said *accepted,
		    char status[24]);

/* Each prints a line of what it saw; false: it should not be so. */
bool		 fixed_sold(void);
bool		 fixed_key(void);
bool		 fixed_cart(void);
bool		 fixed_refunds(void);
bool		 fixed_wallet(void);

long		 option(const char *name, long def);

#endif
