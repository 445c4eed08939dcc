/* gauge - values that jobs compute for /metrics: rows of `figures`. */
#include "gauge.h"

const struct schema gauge_schema = SCHEMA("Gauge", struct gauge,
	FIELD_STR(struct gauge, name, .doc = "Name of the metric"),
	FIELD_STR(struct gauge, help, .doc = "Help text of the metric"),
	FIELD_INT(struct gauge, value, .min = -INT_SAFE, .max = INT_SAFE,
	    .doc = "Current value"));

const struct query gauge_queries[] = {
	{ "INSERT INTO figures (name, help, value) VALUES (?, ?, ?)"
	  " ON DUPLICATE KEY UPDATE help = VALUES(help), value = VALUES(value)",
	  .in = &gauge_schema },
	{ .sql = NULL }
};

enum db_err
gauge_set(struct store *st, const struct gauge *g)
{
	return query_exec(st, &gauge_queries[0], g, NULL);
}
