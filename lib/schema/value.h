#ifndef BRISK_VALUE_H
#define BRISK_VALUE_H
/*
 * value - exact, bounded values besides plain text: UUID, time, money, decimal.
 *
 * Each has a C type of its own, so that a field of the wrong kind does not
 * compile. The zeroed value means absent. Parsers take the whole text or refuse
 * it; nothing is rounded, wrapped or saturated.
 */
#include "base/arena.h"

#define INT_SAFE	INT64_C(9007199254740991)	/* 2^53-1, RFC 7493 2.2 */
#define UUID_LEN	36
#define STAMP_LEN	24

struct uuid	{ uint8_t b[16]; };
struct stamp	{ int64_t ms; bool has; };	/* Unix milliseconds, UTC */
struct money	{ int64_t amount; char currency[4]; };	/* minor units, ISO 4217 */
struct decimal	{ struct str text; };		/* "-12.340", as exact as its text */
struct json	{ struct str text; };		/* any JSON object, as compact text */
struct list	{ void *items; size_t n; };	/* elements of the type that the field declares */

/* Scalars that can be absent. */
struct opt_int	{ int64_t v; bool has; };
struct opt_num	{ double v; bool has; };
struct opt_bool	{ bool v; bool has; };

/*
 * A new UUIDv7 (RFC 9562 5.7), greater than the last one of this process. Nil,
 * and a log line, if the system has no random bytes.
 */
struct uuid	uuid_new(void);
bool		uuid_is_nil(struct uuid);
bool		uuid_eq(struct uuid, struct uuid);
/* 36 characters; any case on input, lower case on output. */
bool		uuid_parse(struct str, struct uuid *) MUSTCHECK;
void		uuid_text(struct uuid, char out[UUID_LEN + 1]);

/*
 * RFC 3339 with any offset. A fraction of up to nine digits is cut to
 * milliseconds. Years 1970 to 2100; no leap seconds. The text form is always
 * "2026-11-22T11:03:48.123Z", also for other years that a table holds.
 */
bool		stamp_parse(struct str, struct stamp *) MUSTCHECK;
void		stamp_text(struct stamp, char out[STAMP_LEN + 1]);
/* "Sun, 22 Nov 2026 11:03:48 GMT" (RFC 9110 5.6.7), whole seconds. */
void		stamp_http(struct stamp, char out[32]);
bool		stamp_parse_http(struct str, struct stamp *) MUSTCHECK;
/* Is it a date like "2026-11-22" that exists, in the years 0001 to 9999? */
bool		value_date_is_valid(struct str) MUSTCHECK;

/* Minor-unit digits of an ISO 4217 code (EUR 2, JPY 0); -1: unknown code. */
int		value_currency_exponent(struct str);
/* Is it an assigned country code of ISO 3166-1 ("DE")? */
bool		value_country_exists(struct str);

/*
 * Parse "-?digits[.digits]": at most `digits` digits, at most `scale` of them
 * after the point, no leading zeros, no exponent. The stored text, in the arena,
 * has exactly `scale` digits after the point.
 */
bool		decimal_parse(struct str, int digits, int scale,
		    struct arena *, struct decimal *) MUSTCHECK;

/* The value, if it is a whole number of at most 64 bits. */
bool		decimal_int(struct decimal, int64_t *) MUSTCHECK;

/*
 * One SQL value. STAMP is Unix milliseconds in `i`. DECIMAL is exact number text
 * in `s`, which the server compares as a number.
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
