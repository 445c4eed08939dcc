/* decode_rule - check values against the rules of their fields. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>

#include "schema/utf8.h"
#include "schema/decode_private.h"
#include "base/log.h"

#define PATTERNS	512
#define MAX_RULE_TEXT	200	/* characters of a detail that lists allowed values */
#define MATCH_LIMIT	100000	/* steps of a match: bounds the cost of backtracking */

/* Compiled patterns by address: patterns are string literals and never change. */
static struct {
	const char	*pattern;
	pcre2_code	*code;
} patterns[PATTERNS];
static pthread_mutex_t	 patterns_lock = PTHREAD_MUTEX_INITIALIZER;

static pcre2_code *
pattern_compile(const char *pattern)
{
	int		 error;
	PCRE2_SIZE	 at;

	return pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
	    PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY,
	    &error, &at, NULL);
}

static pcre2_code *
pattern_find(const char *pattern)
{
	size_t		 at = ((uintptr_t)pattern >> 3) % PATTERNS, tries;
	pcre2_code	*code = NULL;

	pthread_mutex_lock(&patterns_lock);
	for (tries = 0; tries < PATTERNS; tries++, at = (at + 1) % PATTERNS) {
		if (patterns[at].pattern == NULL) {
			patterns[at].code = pattern_compile(pattern);
			patterns[at].pattern = pattern;
		}
		if (patterns[at].pattern == pattern) {
			code = patterns[at].code;
			break;
		}
	}
	pthread_mutex_unlock(&patterns_lock);
	return code;
}

bool
decode_pattern_ok(const char *pattern)
{
	return pattern_find(pattern) != NULL;
}

static bool
pattern_matches(const char *pattern, struct str s)
{
	static pcre2_match_context	*limits;
	pcre2_code			*code = pattern_find(pattern);
	pcre2_match_data		*data;
	int				 n;

	if (code == NULL || (data = pcre2_match_data_create(1, NULL)) == NULL) {
		log_event(LOG_ERROR, "decode", "cannot match %s", pattern);
		return false;
	}
	pthread_mutex_lock(&patterns_lock);
	if (limits == NULL && (limits = pcre2_match_context_create(NULL)) != NULL)
		pcre2_set_match_limit(limits, MATCH_LIMIT);
	pthread_mutex_unlock(&patterns_lock);
	n = pcre2_match(code, (PCRE2_SPTR)s.p, s.n, 0, PCRE2_NO_UTF_CHECK,
	    data, limits);
	pcre2_match_data_free(data);
	return n >= 0;
}

/* [a-z0-9-]+ */
static bool
is_slug(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!islower((unsigned char)s.p[i]) &&
		    !isdigit((unsigned char)s.p[i]) && s.p[i] != '-')
			return false;
	return s.n > 0;
}

static bool
is_host(struct str s)
{
	struct str	 label;
	size_t		 n = 0;

	while (s.p != NULL) {
		label = str_cut(&s, '.');
		if (label.n == 0 || label.n > 63 || label.p[0] == '-' ||
		    label.p[label.n - 1] == '-')
			return false;
		for (size_t i = 0; i < label.n; i++)
			if (!isalnum((unsigned char)label.p[i]) && label.p[i] != '-')
				return false;
		n++;
	}
	return n > 1;
}

/* local@domain, by the rule of the HTML input type "email". */
static bool
is_email(struct str s)
{
	static const char	 more[] = ".!#$%&'*+/=?^_`{|}~-";
	struct str		 local = str_cut(&s, '@');

	if (s.p == NULL || local.n == 0 || local.n > 64 || s.n > 253)
		return false;
	for (size_t i = 0; i < local.n; i++)
		if (!isalnum((unsigned char)local.p[i]) &&
		    strchr(more, local.p[i]) == NULL)
			return false;
	return is_host(s);
}

/* A scheme, ":" and characters that RFC 3986 allows in a URI. */
static bool
is_uri(struct str s)
{
	static const char	 more[] = "-._~:/?#[]@!$&'()*+,;=%";
	struct str		 scheme = str_cut(&s, ':');

	if (s.p == NULL || s.n == 0 || scheme.n == 0 ||
	    !isalpha((unsigned char)scheme.p[0]))
		return false;
	for (size_t i = 0; i < scheme.n; i++)
		if (!isalnum((unsigned char)scheme.p[i]) &&
		    strchr("+-.", scheme.p[i]) == NULL)
			return false;
	for (size_t i = 0; i < s.n; i++)
		if (!isalnum((unsigned char)s.p[i]) &&
		    (s.p[i] == '\0' || strchr(more, s.p[i]) == NULL))
			return false;
	return true;
}

static bool
is_format(enum field_format format, struct str s)
{
	struct uuid	 u;
	struct stamp	 t;

	switch (format) {
	case FORMAT_NONE:	return true;
	case FORMAT_EMAIL:	return is_email(s);
	case FORMAT_URI:	return is_uri(s);
	case FORMAT_UUID:	return uuid_parse(s, &u);
	case FORMAT_DATE_TIME:	return stamp_parse(s, &t);
	case FORMAT_DATE:	return value_date_is_valid(s);
	case FORMAT_SLUG:	return is_slug(s);
	case FORMAT_CURRENCY:	return value_currency_exponent(s) >= 0;
	case FORMAT_COUNTRY:	return value_country_exists(s);
	}
	return false;
}

static const char *
format_rule(enum field_format format)
{
	switch (format) {
	case FORMAT_NONE:	break;
	case FORMAT_EMAIL:	return "must be an e-mail address";
	case FORMAT_URI:	return "must be an absolute URI";
	case FORMAT_UUID:	return "must be a UUID";
	case FORMAT_DATE_TIME:	return "must be an RFC 3339 time like 2026-11-22T11:03:48Z";
	case FORMAT_DATE:	return "must be a date like 2026-11-22";
	case FORMAT_SLUG:	return "must contain only lower-case letters, digits and hyphens"
;
	case FORMAT_CURRENCY:	return "must be an ISO 4217 code like EUR";
	case FORMAT_COUNTRY:	return "must be an ISO 3166-1 code like DE";
	}
	return "has the wrong format";
}

static bool
is_one_of(const char *const *one_of, struct str s)
{
	for (; *one_of != NULL; one_of++)
		if (str_is(s, *one_of))
			return true;
	return false;
}

/* "must be one of draft, active"; a long list is left to the OpenAPI document. */
static const char *
one_of_rule(struct arena *a, const char *const *one_of)
{
	struct buf	 b;

	buf_init(&b, a);
	buf_puts(&b, "must be one of ");
	for (size_t i = 0; one_of[i] != NULL; i++) {
		buf_puts(&b, i > 0 ? ", " : "");
		buf_puts(&b, one_of[i]);
	}
	return buf_ok(&b) && b.n <= MAX_RULE_TEXT ? b.p :
	    "must be one of the values that the OpenAPI document lists";
}

static struct verdict
rule_length(const struct field *f, struct arena *a, struct str s)
{
	int64_t	 n = (int64_t)utf8_length(s), min = field_min(f), max = field_max(f);

	if (n < min)
		return (struct verdict){ "too_short", arena_fmt(a,
		    "must be at least %" PRId64 " characters", min) };
	if (n > max)
		return (struct verdict){ "too_long", arena_fmt(a,
		    "must be at most %" PRId64 " characters", max) };
	return VERDICT_OK;
}

struct verdict
decode_rule_text(const struct field *f, struct arena *a, struct str s)
{
	struct verdict	 v;

	if (!utf8_is_printable(s, (f->flags & FIELD_MULTILINE) != 0))
		return (struct verdict){ "invalid_characters",
		    "must not contain control characters" };
	if (f->one_of != NULL)
		return is_one_of(f->one_of, s) ? VERDICT_OK : (struct verdict){
		    "invalid_value", one_of_rule(a, f->one_of) };
	if ((v = rule_length(f, a, s)).code != NULL)
		return v;
	if (!is_format(f->format, s))
		return (struct verdict){ "invalid_format", format_rule(f->format) };
	if (f->pattern != NULL && !pattern_matches(f->pattern, s))
		return (struct verdict){ "invalid_format",
		    arena_fmt(a, "must match %s", f->pattern) };
	return VERDICT_OK;
}

struct verdict
decode_rule_int(const struct field *f, struct arena *a, int64_t v)
{
	int64_t	 min = field_min(f), max = field_max(f);

	if (v < min || v > max)
		return (struct verdict){ "out_of_range", arena_fmt(a,
		    "must be from %" PRId64 " to %" PRId64, min, max) };
	return VERDICT_OK;
}

struct verdict
decode_rule_num(const struct field *f, struct arena *a, double v)
{
	bool	 bounded = f->num_min != 0 || f->num_max != 0;

	if (!isfinite(v))
		return (struct verdict){ "out_of_range", "must be a finite number" };
	if (bounded && (v < f->num_min || v > f->num_max))
		return (struct verdict){ "out_of_range", arena_fmt(a,
		    "must be from %.15g to %.15g", f->num_min, f->num_max) };
	return VERDICT_OK;
}

/*
 * The significant digits of a number, and the power of ten that they are
 * multiplied by.  False: there are more than 19 digits.
 */
static bool
number_digits(struct str s, char out[20], size_t *n, long *power)
{
	size_t	 i = s.n > 0 && s.p[0] == '-', zeros = 0;
	bool	 point = false;

	for (*n = 0, *power = 0; i < s.n && s.p[i] != 'e' && s.p[i] != 'E'; i++) {
		if (s.p[i] == '.') {
			point = true;
			continue;
		}
		*power -= point;
		if (s.p[i] == '0') {
			zeros++;
			continue;
		}
		for (; zeros > 0 && *n > 0 && *n < 20; zeros--)
			out[(*n)++] = '0';
		zeros = 0;
		if (*n >= 19)
			return false;
		out[(*n)++] = s.p[i];
	}
	*power += *n > 0 ? (long)zeros : 0;
	return true;
}

static long
number_exponent(struct str s)
{
	const char	*e = memchr(s.p, 'e', s.n);
	long		 v = 0;
	bool		 minus;

	if (e == NULL && (e = memchr(s.p, 'E', s.n)) == NULL)
		return 0;
	e++;
	minus = *e == '-';
	if (*e == '-' || *e == '+')
		e++;
	for (; e < s.p + s.n && v < 1000000; e++)
		v = v * 10 + (*e - '0');
	return minus ? -v : v;
}

enum number_is
decode_number_int(struct str s, int64_t *out)
{
	char	 digits[20];
	size_t	 n;
	long	 power;

	*out = 0;
	if (!number_digits(s, digits, &n, &power)) {
		power += number_exponent(s);
		return power < 0 && memchr(s.p, '.', s.n) != NULL ?
		    NUMBER_FRACTION : NUMBER_FAR;
	}
	if (n == 0)
		return NUMBER_INT;
	power += number_exponent(s);
	if (power < 0)
		return NUMBER_FRACTION;
	if ((long)n + power > 18)
		return NUMBER_FAR;
	for (size_t i = 0; i < n; i++)
		*out = *out * 10 + (digits[i] - '0');
	for (; power > 0; power--)
		*out *= 10;
	if (s.p[0] == '-')
		*out = -*out;
	return NUMBER_INT;
}
