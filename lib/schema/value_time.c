/* value_time - times of RFC 3339, dates and HTTP dates. */
#include "schema/value.h"

#include "base/clock.h"

#define DAY_S		86400
#define MIN_STAMP	INT64_C(0)			/* 1970-01-01T00:00:00Z */
#define MAX_STAMP	INT64_C(4133980799999)		/* 2100-12-31T23:59:59.999Z */
#define MIN_SHOWN	INT64_C(-62135596800000)	/* 0001-01-01T00:00:00Z */
#define MAX_SHOWN	INT64_C(253402300799999)	/* 9999-12-31T23:59:59.999Z */

struct civil { int year, month, day, hour, minute, second; };

static const char	 days[][10] = { "Thursday", "Friday", "Saturday", "Sunday",
	"Monday", "Tuesday", "Wednesday" };	/* day 0 was a Thursday */
static const char	 months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
	"Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

/*
 * Does `s` begin with this pattern?  `9` is a digit, `*` any byte, `T` a letter T
 * in any case; other characters stand for themselves.
 */
static bool
matches_form(struct str s, const char *like)
{
	size_t	 i;
	char	 c;

	for (i = 0; like[i] != '\0'; i++) {
		if (i == s.n)
			return false;
		c = s.p[i];
		if (like[i] == '9' ? c < '0' || c > '9' :
		    like[i] == 'T' ? c != 'T' && c != 't' :
		    like[i] != '*' && c != like[i])
			return false;
	}
	return true;
}

static int
number(const char *p, size_t n)
{
	int	 v = 0;

	while (n-- != 0)
		v = v * 10 + (*p++ - '0');
	return v;
}

static int
month_days(int year, int month)
{
	bool	 leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	if (month == 2)
		return leap ? 29 : 28;
	return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static bool
exists(const struct civil *c)
{
	return c->month >= 1 && c->month <= 12 && c->day >= 1 &&
	    c->day <= month_days(c->year, c->month) &&
	    c->hour < 24 && c->minute < 60 && c->second < 60;
}

/*
 * Days since 1970-01-01.  Years begin in March, so that the leap day is the last
 * day of a year; 400 years are always 146097 days.
 */
static int64_t
day_of(const struct civil *c)
{
	int64_t	 y = c->year - (c->month <= 2) + 400, era = y / 400, of_era = y % 400;
	int64_t	 of_year = (153 * (c->month + (c->month > 2 ? -3 : 9)) + 2) / 5 +
	    c->day - 1;

	return (era - 1) * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	    of_year - 719468;
}

static int64_t
seconds_of(const struct civil *c)
{
	return day_of(c) * DAY_S + c->hour * 3600 + c->minute * 60 + c->second;
}

/* The inverse, for the years 0 to 9999. */
static struct civil
civil_of(int64_t day, int64_t second)
{
	int64_t		 z = day + 719468 + 146097, era = z / 146097;
	int64_t		 d = z % 146097;
	int64_t		 y = (d - d / 1460 + d / 36524 - d / 146096) / 365;
	int64_t		 of_year = d - (365 * y + y / 4 - y / 100);
	int64_t		 m = (5 * of_year + 2) / 153;
	struct civil	 c;

	c.day = (int)(of_year - (153 * m + 2) / 5 + 1);
	c.month = (int)(m < 10 ? m + 3 : m - 9);
	c.year = (int)(y + (era - 1) * 400 + (c.month <= 2));
	c.hour = (int)(second / 3600);
	c.minute = (int)(second / 60 % 60);
	c.second = (int)(second % 60);
	return c;
}

/* The day and the time of a timestamp, clamped to the years 1 to 9999. */
struct parts { int64_t day; int second, ms; };

static struct parts
parts_of(struct stamp s)
{
	int64_t	 since = (s.ms < MIN_SHOWN ? MIN_SHOWN :
		    s.ms > MAX_SHOWN ? MAX_SHOWN : s.ms) - MIN_SHOWN;

	return (struct parts){ since / 1000 / DAY_S + MIN_SHOWN / 1000 / DAY_S,
	    (int)(since / 1000 % DAY_S), (int)(since % 1000) };
}

static bool
stamp_of(int64_t ms, struct stamp *out)
{
	if (ms < MIN_STAMP || ms > MAX_STAMP)
		return false;
	*out = (struct stamp){ .ms = ms, .has = true };
	return true;
}

/* Cut ".123456789" off the start of `*s`; `*ms` are its milliseconds. */
static bool
cut_fraction(struct str *s, int *ms)
{
	size_t	 n = 1;
	int	 scale = 100;

	*ms = 0;
	if (s->n == 0 || s->p[0] != '.')
		return true;
	for (; n < s->n && s->p[n] >= '0' && s->p[n] <= '9'; n++, scale /= 10)
		*ms += scale * (s->p[n] - '0');
	*s = str_from(*s, n);
	return n >= 2 && n <= 10;
}

/* Parse "Z" or "+01:30" into seconds east of UTC. */
static bool
offset_parse(struct str s, int *seconds)
{
	int	 hours, minutes;

	*seconds = 0;
	if (s.n == 1)
		return s.p[0] == 'Z' || s.p[0] == 'z';
	if (s.n != 6 || (s.p[0] != '+' && s.p[0] != '-') || !matches_form(s, "*99:99"))
		return false;
	hours = number(s.p + 1, 2);
	minutes = number(s.p + 4, 2);
	*seconds = (s.p[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
	return hours < 24 && minutes < 60;
}

bool
stamp_parse(struct str s, struct stamp *out)
{
	struct str	 rest = str_from(s, 19);
	struct civil	 c;
	int		 ms, east;

	if (!matches_form(s, "9999-99-99T99:99:99"))
		return false;
	c = (struct civil){ number(s.p, 4), number(s.p + 5, 2), number(s.p + 8, 2),
	    number(s.p + 11, 2), number(s.p + 14, 2), number(s.p + 17, 2) };
	if (!exists(&c) || !cut_fraction(&rest, &ms) || !offset_parse(rest, &east))
		return false;
	return stamp_of((seconds_of(&c) - east) * 1000 + ms, out);
}

static char *
digits(char *to, int v, int n)
{
	int	 i;

	for (i = n; i-- > 0; v /= 10)
		to[i] = (char)('0' + v % 10);
	return to + n;
}

/* "11:03:48" */
static char *
clock_text(char *to, const struct civil *c)
{
	to = digits(to, c->hour, 2);
	*to++ = ':';
	to = digits(to, c->minute, 2);
	*to++ = ':';
	return digits(to, c->second, 2);
}

void
stamp_text(struct stamp s, char out[STAMP_LEN + 1])
{
	struct parts	 at = parts_of(s);
	struct civil	 c = civil_of(at.day, at.second);

	out = digits(out, c.year, 4);
	*out++ = '-';
	out = digits(out, c.month, 2);
	*out++ = '-';
	out = digits(out, c.day, 2);
	*out++ = 'T';
	out = clock_text(out, &c);
	*out++ = '.';
	out = digits(out, at.ms, 3);
	memcpy(out, "Z", 2);
}

void
stamp_http(struct stamp s, char out[32])
{
	struct parts	 at = parts_of(s);
	struct civil	 c = civil_of(at.day, at.second);

	memcpy(out, days[(at.day % 7 + 7) % 7], 3);
	memcpy(out + 3, ", ", 2);
	digits(out + 5, c.day, 2);
	out[7] = ' ';
	memcpy(out + 8, months[c.month - 1], 3);
	out[11] = ' ';
	digits(out + 12, c.year, 4);
	out[16] = ' ';
	memcpy(clock_text(out + 17, &c), " GMT", 5);
}

static int
month_of(const char *p)
{
	size_t	 i;

	for (i = 0; i < NELEMS(months); i++)
		if (memcmp(p, months[i], 3) == 0)
			return (int)i + 1;
	return 0;
}

/* A two-digit year is at most 50 years in the future (RFC 9110 5.6.7). */
static int
full_year(int yy)
{
	int64_t	 now = clock_now_ms() / 1000 / DAY_S;
	int	 year = civil_of(now, 0).year, full = year - year % 100 + yy;

	return full > year + 50 ? full - 100 : full;
}

/* The three forms of RFC 9110 5.6.7 after the day's name, with the offset of each part. */
static const struct {
	const char	*like;
	bool		 full;		/* the day's name is not abbreviated */
	uint8_t		 day, month, year, yn, time;	/* yn: digits of the year */
} forms[] = {
	{ ", 99 *** 9999 99:99:99 GMT", false, 2, 5, 9, 4, 14 },
	{ ", 99-***-99 99:99:99 GMT", true, 2, 5, 9, 2, 12 },
	{ " *** 99 99:99:99 9999", false, 5, 1, 17, 4, 8 },
	{ " ***  9 99:99:99 9999", false, 6, 1, 17, 4, 8 },
};

/* Parse `s` in form `f` into seconds since 1970; false: `s` has another form. */
static bool
http_form(struct str s, size_t f, int64_t *at)
{
	const char	*p = s.p;
	struct civil	 c;

	if (s.n != strlen(forms[f].like) || !matches_form(s, forms[f].like))
		return false;
	c.year = number(p + forms[f].year, forms[f].yn);
	if (forms[f].yn == 2)
		c.year = full_year(c.year);
	c.month = month_of(p + forms[f].month);
	c.day = number(p + forms[f].day, p[forms[f].day + 1] == ' ' ? 1 : 2);
	p += forms[f].time;
	c.hour = number(p, 2);
	c.minute = number(p + 3, 2);
	c.second = number(p + 6, 2);
	if (!exists(&c))
		return false;
	*at = seconds_of(&c);
	return true;
}

bool
stamp_parse_http(struct str s, struct stamp *out)
{
	struct str	 name;
	int64_t		 at;
	size_t		 f, d, n;

	for (d = 0; d < NELEMS(days); d++)
		for (f = 0; f < NELEMS(forms); f++) {
			n = forms[f].full ? strlen(days[d]) : 3;
			name = (struct str){ days[d], n };
			if (str_starts(s, name) &&
			    http_form(str_from(s, n), f, &at))
				return at / DAY_S % 7 == (int64_t)d &&
				    stamp_of(at * 1000, out);
		}
	return false;
}

bool
value_date_is_valid(struct str s)
{
	struct civil	 c = { 0 };

	if (s.n != 10 || !matches_form(s, "9999-99-99"))
		return false;
	c.year = number(s.p, 4);
	c.month = number(s.p + 5, 2);
	c.day = number(s.p + 8, 2);
	return c.year >= 1 && exists(&c);
}
