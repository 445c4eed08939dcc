#ifndef FIGURE_H
#define FIGURE_H
/*
 * figure - a figure that a program works out now and then, in a recurring job,
 * because it costs too much to do at each scrape: /metrics prints what was said
 * last, as a gauge.
 */
#include "cache/store.h"

struct figure {
	struct str	 name, help;	/* "ledger_imbalance_minor_units" */
	int64_t		 value;
};

extern const struct schema figure_schema;

/* Inside a transaction. */
enum db_err	 figure_set(struct store *, const struct figure *) MUSTCHECK;

/* Its statement, for .uses. */
extern const struct query figure_queries[];

#endif
