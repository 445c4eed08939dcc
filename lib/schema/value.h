#ifndef BRISK_VALUE_H
#define BRISK_VALUE_H
/*
 * value - the values that cross the wire besides plain text, exact and bounded.
 *
 * For each there is a C type of its own, so that a field of the wrong kind
 * does not compile, and an absent value, which is the zeroed one.  Parsers
 * take the whole text or refuse it; nothing is rounded, wrapped or saturated.
 */
#include "base/arena.h"

#define INT_SAFE	INT64_C(9007199254740991)	/* 2^53-1, RFC 7493 2.2 */
#define UUID_LEN	36
#define STAMP_LEN	24

struct uuid	{ uint8_t b[16]; };
struct stamp	{ int64_t ms; bool has; };	/* Unix milliseconds, UTC */
struct money	{ int64_t amount; char currency[4]; };	/* minor units, ISO 4217 */
struct decimal	{ struct str text; };		/* "-12.340", as exact as its text */
struct json	{ struct str text; };		/* an object, as compact JSON text */
struct list	{ void *items; size_t n; };	/* an array of what its field says */

/* Scalars that may be absent. */
struct opt_int	{ int64_t v; bool has; };
struct opt_num	{ double v; bool has; };
struct opt_bool	{ bool v; bool has; };

/*
 * UUIDv7 (RFC 9562 5.7): rising within a process, also within a millisecond.
 * Nil, and a line in the log, if the system has no random bytes.
 */
struct uuid	uuid_new(void);
bool		uuid_is_nil(struct uuid);
bool		uuid_eq(struct uuid, struct uuid);
/* 36 characters, any letter case on input, lower case on output. */
bool		uuid_parse(struct str, struct uuid *) MUSTCHECK;
void		uuid_text(struct uuid, char out[UUID_LEN + 1]);

/*
 * RFC 3339 with any offset and up to nine digits of a second's fraction (cut
 * to milliseconds); years 1970 to 2100; no leap second.  Text is always
 * "2026-11-22T11:03:48.123Z", also of what a table holds from other years.
 */
bool		stamp_parse(struct str, struct stamp *) MUSTCHECK;
void		stamp_text(struct stamp, char out[STAMP_LEN + 1]);
/* "Sun, 22 Nov 2026 11:03:48 GMT" (RFC 9110 5.6.7), to the second. */
void		stamp_http(struct stamp, char out[32]);
bool		stamp_parse_http(struct str, struct stamp *) MUSTCHECK;
/* "2026-11-22", a day that exists, years 0001 to 9999. */
bool		value_date_is_valid(struct str) MUSTCHECK;

/* Digits behind the point of an ISO 4217 code ("EUR" 2, "JPY" 0); -1: unknown. */
int		value_currency_exponent(struct str);
/* Is it a country's or territory's code of ISO 3166-1 ("DE")? */
bool		value_country_exists(struct str);

/*
 * "-?digits[.digits]": at most `digits` of them in all and `scale` behind the
 * point, no leading zeros, no exponent.  Written back with exactly `scale`
 * digits behind the point, from the arena.
 */
bool		decimal_parse(struct str, int digits, int scale,
		    struct arena *, struct decimal *) MUSTCHECK;

/* Its value, when it is a whole number of at most 64 bits. */
bool		decimal_int(struct decimal, int64_t *) MUSTCHECK;

/*
 * One value on its way to or from SQL.  STAMP is Unix milliseconds in `i`.
 * DECIMAL is exact number text in `s`, compared by the server as a number.
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
