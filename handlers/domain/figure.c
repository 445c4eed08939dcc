/* figure - what /metrics prints of what programs worked out. */
#include "figure.h"

const struct schema figure_schema = SCHEMA("Figure", struct figure,
	FIELD_STR(struct figure, name, .doc = "Of the metric"),
	FIELD_STR(struct figure, help, .doc = "What it is"),
	FIELD_INT(struct figure, value, .min = -INT_SAFE, .max = INT_SAFE,
	    .doc = "How much"));

const struct query figure_queries[] = {
	{ "INSERT INTO figures (name, help, value) VALUES (?, ?, ?)"
	  " ON DUPLICATE KEY UPDATE help = VALUES(help), value = VALUES(value)",
	  .in = &figure_schema },
	{ .sql = NULL }
};

enum db_err
figure_set(struct store *st, const struct figure *f)
{
	return query_exec(st, &figure_queries[0], f, NULL);
}
