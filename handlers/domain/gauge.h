#ifndef DOMAIN_GAUGE_H
#define DOMAIN_GAUGE_H
/*
 * gauge - a metric that a recurring job computes, because that is too expensive at
 * each scrape.  /metrics prints the latest value as a gauge.
 */
#include "cache/store.h"

struct gauge {
	struct str	 name, help;	/* "ledger_imbalance_minor_units" */
	int64_t		 value;
};

extern const struct schema gauge_schema;

/* In a transaction: set the value of a gauge. */
enum db_err	 gauge_set(struct store *, const struct gauge *) MUSTCHECK;

/* The statement, for .uses. */
extern const struct query gauge_queries[];

#endif
