#include <pthread.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "test.h"
#include "schema/value.h"

#define AT	INT64_C(1795345428123)	/* 2026-11-22T11:03:48.123Z */

static void
test_uuid_new(void)
{
	struct uuid	 u, before = { { 0 } };
	size_t		 i;
	bool		 rising = true, shaped = true;
	char		 text[UUID_LEN + 1];

	clock_set_ms(AT);
	for (i = 0; i < 10000; i++) {
		u = uuid_new();
		rising = rising && memcmp(before.b, u.b, 16) < 0;
		shaped = shaped && u.b[6] >> 4 == 7 && u.b[8] >> 6 == 2;
		before = u;
	}
	CHECK("rising within a millisecond", rising);
	CHECK("version 7, variant 2", shaped);
	clock_set_ms(AT - 3600000);
	u = uuid_new();
	CHECK("rising when the clock goes back", memcmp(before.b, u.b, 16) < 0);
	clock_set_ms(AT + 3600000);
	uuid_text(uuid_new(), text);
	CHECK_INT("the time in it", strtoll((char[]){ text[0], text[1], text[2],
	    text[3], text[4], text[5], text[6], text[7], text[9], text[10],
	    text[11], text[12], '\0' }, NULL, 16), AT + 3600000);
	clock_set_ms(0);
}

#define THREADS	4
#define EACH	20000

static struct uuid	 made[THREADS][EACH];

static void *
make_some(void *arg)
{
	struct uuid	*to = arg;
	size_t		 i;

	for (i = 0; i < EACH; i++)
		to[i] = uuid_new();
	return NULL;
}

static int
by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

static void
test_uuid_threads(void)
{
	struct uuid	*all = made[0];
	pthread_t	 t[THREADS];
	size_t		 i, same = 0;

	for (i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, make_some, made[i]) != 0)
			exit(2);
	for (i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	qsort(all, (size_t)THREADS * EACH, sizeof(*all), by_bytes);
	for (i = 1; i < (size_t)THREADS * EACH; i++)
		same += memcmp(all[i - 1].b, all[i].b, 8) == 0;
	CHECK_INT("no two ticks are the same", same, 0);
}

/* Parent and child go on from the same state: their random half must differ. */
static void
test_uuid_fork(void)
{
	struct uuid	 mine[8], theirs[8];
	int		 ends[2];
	size_t		 i, k, same = 0;
	pid_t		 child;

	(void)uuid_new();
	if (pipe(ends) == -1 || (child = fork()) == -1)
		exit(2);
	for (i = 0; i < NELEMS(mine); i++)
		mine[i] = uuid_new();
	if (child == 0)
		_exit(write(ends[1], mine, sizeof(mine)) != sizeof(mine));
	CHECK_INT("read", read(ends[0], theirs, sizeof(theirs)), sizeof(theirs));
	waitpid(child, NULL, 0);
	close(ends[0]);
	close(ends[1]);
	for (i = 0; i < NELEMS(mine); i++)
		for (k = 0; k < NELEMS(mine); k++)
			same += memcmp(mine[i].b + 8, theirs[k].b + 8, 8) == 0;
	CHECK_INT("nothing repeats", same, 0);
}

static void
test_uuid_parse(void)
{
	static const struct { const char *in, *out; } t[] = {
		{ "019ab0c2-7d3e-7a40-9b1f-0d5e8c1f2a33",
		    "019ab0c2-7d3e-7a40-9b1f-0d5e8c1f2a33" },
		{ "019AB0C2-7D3E-7A40-9B1F-0D5E8C1F2A33",
		    "019ab0c2-7d3e-7a40-9b1f-0d5e8c1f2a33" },
		{ "00000000-0000-0000-0000-000000000000",
		    "00000000-0000-0000-0000-000000000000" },
		{ "ffffffff-ffff-ffff-ffff-ffffffffffff",
		    "ffffffff-ffff-ffff-ffff-ffffffffffff" },
		{ "", NULL },
		{ "019ab0c2-7d3e-7a40-9b1f-0d5e8c1f2a3", NULL },
		{ "019ab0c2-7d3e-7a40-9b1f-0d5e8c1f2a333", NULL },
		{ "019ab0c27d3e7a409b1f0d5e8c1f2a33", NULL },
		{ "019ab0c27d3e7a409b1f0d5e8c1f2a330000", NULL },
		{ "019ab0c2-7d3e-7a40-9b1f-0d5e8c1f2a3g", NULL },
		{ "g19ab0c2-7d3e-7a40-9b1f-0d5e8c1f2a33", NULL },
		{ "019ab0c-27d3e-7a40-9b1f-0d5e8c1f2a33", NULL },
		{ "019ab0c2_7d3e_7a40_9b1f_0d5e8c1f2a33", NULL },
		{ "{19ab0c2-7d3e-7a40-9b1f-0d5e8c1f2a3}", NULL },
		{ " 19ab0c2-7d3e-7a40-9b1f-0d5e8c1f2a33", NULL },
		{ "019ab0c2-7d3e-7a40-9b1f-0d5e8c1f2a3\n", NULL },
		{ "+19ab0c2-7d3e-7a40-9b1f-0d5e8c1f2a33", NULL },
		{ "0x9ab0c2-7d3e-7a40-9b1f-0d5e8c1f2a33", NULL },
	};
	struct uuid	 u;
	char		 text[UUID_LEN + 1];
	size_t		 i;
	bool		 ok;

	for (i = 0; i < NELEMS(t); i++) {
		ok = uuid_parse(str_of(t[i].in), &u);
		if (ok)
			uuid_text(u, text);
		CHECK_TEXT(t[i].in, ok ? text : NULL, t[i].out);
	}
	CHECK("absent", !uuid_parse((struct str){ NULL, 0 }, &u));
	CHECK("nil", uuid_is_nil((struct uuid){ { 0 } }));
	CHECK("not nil", !uuid_is_nil(uuid_new()));
}

static void
test_stamp_parse(void)
{
	static const struct { const char *in, *out; } t[] = {
		{ "2026-11-22T11:03:48.123Z", "2026-11-22T11:03:48.123Z" },
		{ "2026-11-22T11:03:48Z", "2026-11-22T11:03:48.000Z" },
		{ "2026-11-22t11:03:48z", "2026-11-22T11:03:48.000Z" },
		{ "2026-11-22T11:03:48.1Z", "2026-11-22T11:03:48.100Z" },
		{ "2026-11-22T11:03:48.12Z", "2026-11-22T11:03:48.120Z" },
		{ "2026-11-22T11:03:48.1239Z", "2026-11-22T11:03:48.123Z" },
		{ "2026-11-22T11:03:48.999999999Z", "2026-11-22T11:03:48.999Z" },
		{ "2026-11-22T11:03:48+00:00", "2026-11-22T11:03:48.000Z" },
		{ "2026-11-22T11:03:48-00:00", "2026-11-22T11:03:48.000Z" },
		{ "2026-11-22T11:03:48+01:30", "2026-11-22T09:33:48.000Z" },
		{ "2026-11-22T23:03:48.5-08:00", "2026-11-23T07:03:48.500Z" },
		{ "2026-12-31T23:59:59-00:01", "2027-01-01T00:00:59.000Z" },
		{ "2026-03-01T00:30:00+01:00", "2026-02-28T23:30:00.000Z" },
		{ "2024-03-01T00:30:00+23:59", "2024-02-29T00:31:00.000Z" },
		{ "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z" },
		{ "1969-12-31T23:00:00-02:00", "1970-01-01T01:00:00.000Z" },
		{ "2100-12-31T23:59:59.999Z", "2100-12-31T23:59:59.999Z" },
		{ "2101-01-01T00:30:00+01:00", "2100-12-31T23:30:00.000Z" },
		{ "2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z" },
		{ "2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z" },
		{ "1970-01-01T00:00:00+00:01", NULL },
		{ "1969-12-31T23:59:59.999Z", NULL },
		{ "2101-01-01T00:00:00Z", NULL },
		{ "2100-12-31T23:59:59-00:01", NULL },
		{ "0000-01-01T00:00:00Z", NULL },
		{ "9999-12-31T23:59:59Z", NULL },
		{ "2016-12-31T23:59:60Z", NULL },
		{ "2026-11-22T11:03:61Z", NULL },
		{ "2026-11-22T11:60:00Z", NULL },
		{ "2026-11-22T24:00:00Z", NULL },
		{ "2026-02-29T00:00:00Z", NULL },
		{ "2100-02-29T00:00:00Z", NULL },
		{ "2026-04-31T00:00:00Z", NULL },
		{ "2026-13-01T00:00:00Z", NULL },
		{ "2026-00-01T00:00:00Z", NULL },
		{ "2026-01-00T00:00:00Z", NULL },
		{ "2026-01-32T00:00:00Z", NULL },
		{ "", NULL },
		{ "2026-11-22", NULL },
		{ "2026-11-22T11:03:48", NULL },
		{ "2026-11-22T11:03Z", NULL },
		{ "2026-11-22 11:03:48Z", NULL },
		{ "2026-11-22T11:03:48.Z", NULL },
		{ "2026-11-22T11:03:48,5Z", NULL },
		{ "2026-11-22T11:03:48.1234567890Z", NULL },
		{ "2026-11-22T11:03:48.123", NULL },
		{ "2026-11-22T11:03:48.12aZ", NULL },
		{ "2026-11-22T11:03:48ZZ", NULL },
		{ "2026-11-22T11:03:48Z ", NULL },
		{ " 2026-11-22T11:03:48Z", NULL },
		{ "2026-11-22T11:03:48+0100", NULL },
		{ "2026-11-22T11:03:48+01", NULL },
		{ "2026-11-22T11:03:48+1:00", NULL },
		{ "2026-11-22T11:03:48+24:00", NULL },
		{ "2026-11-22T11:03:48+01:60", NULL },
		{ "2026-11-22T11:03:48 01:00", NULL },
		{ "2026-11-22T11:03:48+01:00Z", NULL },
		{ "2026-11-22T11:03:48UTC", NULL },
		{ "26-11-22T11:03:48Z", NULL },
		{ "+2026-11-22T11:03:48Z", NULL },
		{ "2026-1-22T11:03:48Z", NULL },
		{ "20261122T110348Z", NULL },
		{ "2026-W47-7T11:03:48Z", NULL },
		{ "2026-11-2aT11:03:48Z", NULL },
	};
	struct stamp	 s;
	char		 text[STAMP_LEN + 1];
	size_t		 i;
	bool		 ok;

	for (i = 0; i < NELEMS(t); i++) {
		s = (struct stamp){ 0 };
		ok = stamp_parse(str_of(t[i].in), &s);
		stamp_text(s, text);
		CHECK_INT(t[i].in, s.has, t[i].out != NULL);
		CHECK_TEXT(t[i].in, ok ? text : NULL, t[i].out);
	}
	CHECK("absent", !stamp_parse((struct str){ NULL, 0 }, &s));
	CHECK("NUL in it", !stamp_parse(STR("2026-11-22T11:03:48\0"), &s));
}

/* Every day of the range, there and back, against the C library. */
static void
test_days(void)
{
	struct stamp	 s, back;
	struct tm	 tm;
	time_t		 at;
	char		 text[STAMP_LEN + 1], want[32], web[32], web_want[32];
	int64_t		 day;
	size_t		 wrong = 0;

	for (day = 0; day < 47847; day++) {
		at = (time_t)(day * 86400 + day % 86400);
		s = (struct stamp){ at * (int64_t)1000 + day % 1000, true };
		gmtime_r(&at, &tm);
		strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S", &tm);
		strftime(web_want, sizeof(web_want), "%a, %d %b %Y %H:%M:%S GMT", &tm);
		stamp_text(s, text);
		stamp_http(s, web);
		wrong += strncmp(text, want, 19) != 0 || strcmp(web, web_want) != 0;
		wrong += !stamp_parse(str_of(text), &back) || back.ms != s.ms;
		wrong += !stamp_parse_http(str_of(web), &back) ||
		    back.ms != s.ms - s.ms % 1000;
	}
	CHECK_INT("days that differ", wrong, 0);
}

static void
test_stamp_bounds(void)
{
	char	 text[STAMP_LEN + 1], web[32];

	stamp_text((struct stamp){ INT64_MIN, true }, text);
	CHECK_TEXT("far too early", text, "0001-01-01T00:00:00.000Z");
	stamp_text((struct stamp){ -1, true }, text);
	CHECK_TEXT("just before 1970", text, "1969-12-31T23:59:59.999Z");
	stamp_text((struct stamp){ INT64_MAX, true }, text);
	CHECK_TEXT("far too late", text, "9999-12-31T23:59:59.999Z");
	stamp_http((struct stamp){ INT64_MAX, true }, web);
	CHECK_TEXT("far too late for HTTP", web, "Fri, 31 Dec 9999 23:59:59 GMT");
	stamp_http((struct stamp){ -1000, true }, web);
	CHECK_TEXT("before 1970, HTTP", web, "Wed, 31 Dec 1969 23:59:59 GMT");
	stamp_http((struct stamp){ -INT64_C(86400000) * 30, true }, web);
	CHECK_TEXT("long before 1970, HTTP", web, "Tue, 02 Dec 1969 00:00:00 GMT");
}

static void
test_stamp_http(void)
{
	static const struct { const char *in; int64_t s; } t[] = {
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
		{ "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
		{ "Sun Nov  6 08:49:37 1994", 784111777 },
		{ "Wed Nov 16 08:49:37 1994", 784975777 },
		{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
		{ "Sun, 22 Nov 2026 11:03:48 GMT", 1795345428 },
		{ "Sunday, 22-Nov-26 11:03:48 GMT", 1795345428 },
		{ "Saturday, 01-Jan-77 00:00:00 GMT", 220924800 },
		{ "Wednesday, 01-Jan-76 00:00:00 GMT", INT64_C(3345062400) },
		{ "Mon, 06 Nov 1994 08:49:37 GMT", -1 },
		{ "Sun, 6 Nov 1994 08:49:37 GMT", -1 },
		{ "Sun, 06 nov 1994 08:49:37 GMT", -1 },
		{ "sun, 06 Nov 1994 08:49:37 GMT", -1 },
		{ "Sun, 06 Nov 1994 08:49:37 UTC", -1 },
		{ "Sun, 06 Nov 1994 08:49:37 +0000", -1 },
		{ "Sun, 06 Nov 1994 08:49:37", -1 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT ", -1 },
		{ "Sun, 06 Nov 1994 08:49:60 GMT", -1 },
		{ "Sun, 06 Nov 1994 24:49:37 GMT", -1 },
		{ "Sun, 31 Feb 1994 08:49:37 GMT", -1 },
		{ "Sun, 00 Nov 1994 08:49:37 GMT", -1 },
		{ "Sun, 06 Xxx 1994 08:49:37 GMT", -1 },
		{ "Wed, 31 Dec 1969 23:59:59 GMT", -1 },
		{ "Sat, 01 Jan 2101 00:00:00 GMT", -1 },
		{ "Sun, 06-Nov-94 08:49:37 GMT", -1 },
		{ "Sunday, 06 Nov 1994 08:49:37 GMT", -1 },
		{ "Sunday, 06-Nov-1994 08:49:37 GMT", -1 },
		{ "Sun Nov 6 08:49:37 1994", -1 },
		{ "Sun Nov  6 08:49:37 1994 GMT", -1 },
		{ "1994-11-06T08:49:37Z", -1 },
		{ "784111777", -1 },
		{ "Sun", -1 },
		{ "", -1 },
	};
	struct stamp	 s;
	size_t		 i;
	bool		 ok;

	clock_set_ms(AT);
	for (i = 0; i < NELEMS(t); i++) {
		ok = stamp_parse_http(str_of(t[i].in), &s);
		CHECK_INT(t[i].in, ok ? s.ms : -1, t[i].s < 0 ? -1 : t[i].s * 1000);
	}
	clock_set_ms(0);
}

static void
test_date(void)
{
	static const struct { const char *in; bool ok; } t[] = {
		{ "2026-11-22", true }, { "2024-02-29", true }, { "2000-02-29", true },
		{ "0001-01-01", true }, { "9999-12-31", true }, { "0004-02-29", true },
		{ "0000-01-01", false }, { "2026-02-29", false }, { "1900-02-29", false },
		{ "2026-11-31", false }, { "2026-13-01", false }, { "2026-00-01", false },
		{ "2026-01-00", false }, { "2026-1-1", false }, { "20261122", false },
		{ "2026/11/22", false }, { "22-11-2026", false }, { "", false },
		{ "2026-11-22T", false }, { "2026-11-22 ", false }, { "-026-11-22", false },
		{ "10000-01-01", false },
	};
	size_t	 i;

	for (i = 0; i < NELEMS(t); i++)
		CHECK_INT(t[i].in, value_date_is_valid(str_of(t[i].in)), t[i].ok);
}

static void
test_currency(void)
{
	static const struct { const char *code; int digits; } t[] = {
		{ "EUR", 2 }, { "USD", 2 }, { "GBP", 2 }, { "CHF", 2 }, { "JPY", 0 },
		{ "KRW", 0 }, { "ISK", 0 }, { "CLP", 0 }, { "UYI", 0 }, { "XOF", 0 },
		{ "BHD", 3 }, { "KWD", 3 }, { "TND", 3 }, { "IQD", 3 }, { "CLF", 4 },
		{ "UYW", 4 }, { "AED", 2 }, { "ZWG", 2 }, { "VED", 2 }, { "XCG", 2 },
		{ "eur", -1 }, { "Eur", -1 }, { "EU", -1 }, { "EURO", -1 }, { "", -1 },
		{ "XXX", -1 }, { "XTS", -1 }, { "XAU", -1 }, { "XDR", -1 },
		{ "DEM", -1 }, { "HRK", -1 }, { "ZWL", -1 }, { "ANG", -1 },
		{ "AAA", -1 }, { "ZZZ", -1 }, { "ED2", -1 }, { "2AE", -1 }, { "???", -1 },
	};
	size_t	 i;

	for (i = 0; i < NELEMS(t); i++)
		CHECK_INT(t[i].code, value_currency_exponent(str_of(t[i].code)), t[i].digits);
	CHECK_INT("absent", value_currency_exponent((struct str){ NULL, 0 }), -1);
}

static void
test_country(void)
{
	static const struct { const char *code; bool known; } t[] = {
		{ "DE", true }, { "AD", true }, { "ZW", true }, { "US", true },
		{ "GB", true }, { "TW", true }, { "SS", true }, { "CW", true },
		{ "de", false }, { "UK", false }, { "EU", false }, { "XK", false },
		{ "AN", false }, { "SU", false }, { "AA", false }, { "ZZ", false },
		{ "D", false }, { "DEU", false }, { "", false }, { "EA", false },
	};
	size_t	 i;

	for (i = 0; i < NELEMS(t); i++)
		CHECK_INT(t[i].code, value_country_exists(str_of(t[i].code)), t[i].known);
	CHECK("absent", !value_country_exists((struct str){ NULL, 0 }));
}

static void
test_decimal(void)
{
	static const struct { const char *in; int digits, scale; const char *out; } t[] = {
		{ "0", 10, 2, "0.00" }, { "1", 10, 2, "1.00" }, { "1.5", 10, 2, "1.50" },
		{ "1.50", 10, 2, "1.50" }, { "-1.5", 10, 2, "-1.50" },
		{ "0.01", 10, 2, "0.01" }, { "-0.01", 10, 2, "-0.01" },
		{ "-0", 10, 2, "0.00" }, { "-0.00", 10, 2, "0.00" }, { "-0", 10, 0, "0" },
		{ "12", 2, 0, "12" }, { "-12", 2, 0, "-12" },
		{ "99999999.99", 10, 2, "99999999.99" },
		{ "0.5", 1, 1, "0.5" }, { "0", 1, 1, "0.0" },
		{ "12345678901234567890123456789012345678", 38, 0,
		    "12345678901234567890123456789012345678" },
		{ "-12.34", 5, 3, "-12.340" },
		{ "100000000", 10, 2, NULL }, { "1", 1, 1, NULL }, { "123", 2, 0, NULL },
		{ "1.505", 10, 2, NULL }, { "1.500", 10, 2, NULL }, { "1.0", 10, 0, NULL },
		{ "", 10, 2, NULL }, { "-", 10, 2, NULL }, { ".", 10, 2, NULL },
		{ "1.", 10, 2, NULL }, { ".5", 10, 2, NULL }, { "-.5", 10, 2, NULL },
		{ "01", 10, 2, NULL }, { "00", 10, 2, NULL }, { "-01", 10, 2, NULL },
		{ "00.5", 10, 2, NULL }, { "+1", 10, 2, NULL }, { "--1", 10, 2, NULL },
		{ "1e2", 10, 2, NULL }, { "1E2", 10, 2, NULL }, { "1,5", 10, 2, NULL },
		{ " 1", 10, 2, NULL }, { "1 ", 10, 2, NULL }, { "1.5.0", 10, 2, NULL },
		{ "1.-5", 10, 2, NULL }, { "0x1", 10, 2, NULL }, { "NaN", 10, 2, NULL },
		{ "Infinity", 10, 2, NULL }, { "\xd9\xa1", 10, 2, NULL },
	};
	struct arena	 a;
	struct decimal	 d;
	size_t		 i;

	CHECK("arena", arena_init(&a, ARENA_KEEP));
	for (i = 0; i < NELEMS(t); i++) {
		d.text = (struct str){ NULL, 0 };
		CHECK_INT(t[i].in, decimal_parse(str_of(t[i].in), t[i].digits,
		    t[i].scale, &a, &d), t[i].out != NULL);
		CHECK_STR(t[i].in, d.text, t[i].out);
		CHECK(t[i].in, d.text.p == NULL || d.text.p[d.text.n] == '\0');
	}
	CHECK("NUL in it", !decimal_parse(STR("1\0"), 10, 2, &a, &d));
	CHECK("absent", !decimal_parse((struct str){ NULL, 0 }, 10, 2, &a, &d));
	arena_free(&a);
}

static void
test_decimal_int(void)
{
	static const struct { const char *in; bool ok; int64_t want; } t[] = {
		{ "0", true, 0 }, { "-0", true, 0 }, { "12", true, 12 },
		{ "-12", true, -12 }, { "12.000", true, 12 }, { "0.0", true, 0 },
		{ "9223372036854775807", true, INT64_MAX },
		{ "-9223372036854775808", true, INT64_MIN },
		{ "-9223372036854775808.00", true, INT64_MIN },
		{ "9223372036854775808", false, 0 }, { "-9223372036854775809", false, 0 },
		{ "99999999999999999999", false, 0 }, { "12.5", false, 0 },
		{ "0.001", false, 0 }, { "", false, 0 }, { "-", false, 0 },
		{ ".0", false, 0 }, { "1e2", false, 0 }, { "x", false, 0 },
	};
	int64_t	 v;
	size_t	 i;

	for (i = 0; i < NELEMS(t); i++) {
		v = 0;
		CHECK_INT(t[i].in, decimal_int((struct decimal){ str_of(t[i].in) }, &v),
		    t[i].ok);
		CHECK_INT(t[i].in, v, t[i].want);
	}
	CHECK("absent", !decimal_int((struct decimal){ { NULL, 0 } }, &v));
}

TESTS(value,
    { "new ids", test_uuid_new },
    { "new ids in threads", test_uuid_threads },
    { "new ids after a fork", test_uuid_fork },
    { "ids as text", test_uuid_parse },
    { "stamps", test_stamp_parse },
    { "every day there is", test_days },
    { "stamps out of bounds", test_stamp_bounds },
    { "stamps of HTTP", test_stamp_http },
    { "dates", test_date },
    { "currencies", test_currency },
    { "countries", test_country },
    { "decimals", test_decimal },
    { "decimals as integers", test_decimal_int })
