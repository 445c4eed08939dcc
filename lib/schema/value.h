#ifndef BRISK_VALUE_H
#define BRISK_VALUE_H
/*
 * value - C types of the values in requests, responses and rows.
 *
 * Each kind of value has a C type of its own, so that a field of the wrong kind
 * does not compile.  A zeroed struct is an absent value.  Parsers accept the
 * whole text or return false; they never round, wrap or saturate a value.
 */
#include "base/arena.h"

#define INT_SAFE	INT64_C(9007199254740991)	/* 2^53-1, RFC 7493 2.2 */
#define UUID_LEN	36
#define STAMP_LEN	24

struct uuid	{ uint8_t b[16]; };
struct stamp	{ int64_t ms; bool has; };	/* Unix milliseconds, UTC */
struct money	{ int64_t amount; char currency[4]; };	/* minor units, ISO 4217 */
struct decimal	{ struct str text; };		/* exact: "-12.340" */
struct json	{ struct str text; };		/* an object as compact JSON text */
struct list	{ void *items; size_t n; };	/* an array; its field has the type */

/* Scalars that can be absent. */
struct opt_int	{ int64_t v; bool has; };
struct opt_num	{ double v; bool has; };
struct opt_bool	{ bool v; bool has; };

/*
 * A UUIDv7 (RFC 9562 5.7), monotonic within the process.  If the system has no
 * random bytes, the error is logged and the UUID is nil.
 */
struct uuid	uuid_new(void);
bool		uuid_is_nil(struct uuid);
bool		uuid_eq(struct uuid, struct uuid);
/* 36 characters; any letter case on input, lower case on output. */
bool		uuid_parse(struct str, struct uuid *) MUSTCHECK;
void		uuid_text(struct uuid, char out[UUID_LEN + 1]);

/*
 * RFC 3339 with any offset and up to nine fractional digits (truncated to
 * milliseconds); years 1970 to 2100; no leap seconds.  stamp_text() always
 * writes "2026-11-22T11:03:48.123Z", also for years 1 to 9999 from a table.
 */
bool		stamp_parse(struct str, struct stamp *) MUSTCHECK;
void		stamp_text(struct stamp, char out[STAMP_LEN + 1]);
/* "Sun, 22 Nov 2026 11:03:48 GMT" (RFC 9110 5.6.7), whole seconds. */
void		stamp_http(struct stamp, char out[32]);
bool		stamp_parse_http(struct str, struct stamp *) MUSTCHECK;
/* "2026-11-22": a date that exists, in the years 0001 to 9999. */
bool		value_date_is_valid(struct str) MUSTCHECK;

/* Minor digits of an ISO 4217 code ("EUR" 2, "JPY" 0); -1: unknown code. */
int		value_currency_exponent(struct str);
/* Is this an assigned ISO 3166-1 alpha-2 code ("DE")? */
bool		value_country_exists(struct str);

/*
 * "-?digits[.digits]" with at most `digits` digits, `scale` of them after the
 * point; no leading zeros, no exponent.  The result has exactly `scale` digits
 * after the point; its text is in the arena.
 */
bool		decimal_parse(struct str, int digits, int scale,
		    struct arena *, struct decimal *) MUSTCHECK;

/* The value as an integer; false: it has a fraction, or does not fit 64 bits. */
bool		decimal_int(struct decimal, int64_t *) MUSTCHECK;

/*
 * A parameter or column value of an SQL statement.  VAL_STAMP: Unix milliseconds
 * in `i`.  VAL_DECIMAL: number text in `s`, which the server compares as a number.
 */
enum val_kind { VAL_NULL, VAL_INT, VAL_NUM, VAL_TEXT, VAL_BYTES, VAL_DECIMAL,
	VAL_STAMP };

struct val {
	enum val_kind	 kind;
	int64_t		 i;
	double		 d;
	struct str	 s;
};

#define VAL_OF_INT(v)	((struct val){ .kind = VAL_INT, .i = (v) })
#define VAL_OF_STR(v)	((struct val){ .kind = VAL_TEXT, .s = (v) })
#define VAL_OF_UUID(u)	((struct val){ .kind = VAL_BYTES,		\
	.s = { (const char *)(u)->b, 16 } })

#endif
