#include <stdlib.h>

#include "db/private.h"

#define DAY_S		86400

/* MYSQL_BIND has no const, but only reads parameters. */
static void *
unconst(const void *p)
{
	return (void *)(uintptr_t)p;
}

/*
 * Days since 1970-01-01 from and to dates (proleptic Gregorian calendar).
 * Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
 */
static int64_t
days_of(int64_t y, unsigned m, unsigned d)
{
	int64_t		 era;
	unsigned	 yoe, doy;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = (unsigned)(y - era * 400);
	doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	return era * 146097 + (int64_t)(yoe * 365 + yoe / 4 - yoe / 100 + doy) - 719468;
}

static void
date_of(int64_t days, MYSQL_TIME *t)
{
	int64_t		 z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	unsigned	 doe = (unsigned)(z - era * 146097), yoe, doy, mp;

	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	t->day = doy - (153 * mp + 2) / 5 + 1;
	t->month = mp < 10 ? mp + 3 : mp - 9;
	t->year = (unsigned)(yoe + era * 400) + (t->month <= 2);
}

static void
time_of(int64_t ms, MYSQL_TIME *t)
{
	int64_t		 s = ms / 1000 - (ms % 1000 < 0), days;
	unsigned	 left;

	days = s / DAY_S - (s % DAY_S < 0);
	left = (unsigned)(s - days * DAY_S);
	*t = (MYSQL_TIME){ .hour = left / 3600, .minute = left / 60 % 60,
	    .second = left % 60, .second_part = (unsigned long)(ms - s * 1000) * 1000,
	    .time_type = MYSQL_TIMESTAMP_DATETIME };
	date_of(days, t);
}

int64_t
db_time_ms(const MYSQL_TIME *t)
{
	return ((days_of(t->year, t->month, t->day) * 24 + t->hour) * 60 +
	    t->minute) * 60000 + t->second * INT64_C(1000) +
	    (int64_t)(t->second_part / 1000);
}

static const enum enum_field_types	 sent_as[] = {
	[VAL_NULL] = MYSQL_TYPE_NULL,
	[VAL_INT] = MYSQL_TYPE_LONGLONG,
	[VAL_NUM] = MYSQL_TYPE_DOUBLE,
	[VAL_TEXT] = MYSQL_TYPE_STRING,
	[VAL_BYTES] = MYSQL_TYPE_BLOB,
	[VAL_DECIMAL] = MYSQL_TYPE_NEWDECIMAL,
	[VAL_STAMP] = MYSQL_TYPE_DATETIME,
};

/* An absent text is NULL; an empty text is ''. */
static void
bind_value(MYSQL_BIND *b, MYSQL_TIME *t, const struct val *v)
{
	*b = (MYSQL_BIND){ .buffer_type = sent_as[v->kind] };
	switch (v->kind) {
	case VAL_NULL:
		break;
	case VAL_INT:
		b->buffer = unconst(&v->i);
		break;
	case VAL_NUM:
		b->buffer = unconst(&v->d);
		break;
	case VAL_STAMP:
		time_of(v->i, t);
		b->buffer = t;
		break;
	case VAL_TEXT:
	case VAL_BYTES:
	case VAL_DECIMAL:
		if (v->s.p == NULL)
			b->buffer_type = MYSQL_TYPE_NULL;
		b->buffer = unconst(v->s.p);
		b->buffer_length = v->s.n;
		break;
	}
}

static bool
grow_params(struct db *db, size_t n)
{
	MYSQL_BIND	*bind;
	MYSQL_TIME	*t;

	if (n <= db->nbind)
		return true;
	if ((bind = realloc(db->bind, n * sizeof(*bind))) == NULL)
		return false;
	db->bind = bind;
	if ((t = realloc(db->time, n * sizeof(*t))) == NULL)
		return false;
	db->time = t;
	db->nbind = n;
	return true;
}

enum db_err
db_bind(struct db *db, struct db_stmt *st, const struct val *v, size_t n)
{
	size_t	 i, expected = mysql_stmt_param_count(st->h);

	if (n != expected)
		return db_fail_bug(db, "%zu values for %zu parameters", n, expected);
	if (n == 0)
		return DB_OK;
	if (!grow_params(db, n))
		return db_fail_memory(db, "out of memory");
	for (i = 0; i < n; i++)
		bind_value(&db->bind[i], &db->time[i], &v[i]);
	if (mysql_stmt_bind_param(st->h, db->bind) != 0)
		return db_fail_stmt(db, st, false);
	return DB_OK;
}
