/* limit: what passes, what is left, and who shares a set with whom. */
#include <fcntl.h>

#include "limit_kit.h"

#define START	INT64_C(1800000000000)

/* A subject's requests, one after the other: `ms` after the first. */
static const struct {
	const char		*label;
	struct conf_rate	 rate;
	int64_t			 cost;
	struct {
		int64_t	 ms;
		bool	 passed;
		int64_t	 remaining, reset;
	}			 at[8];		/* ends with ms -1 */
} cases[] = {
	{ "three a minute at once", { 3, 60 }, 1, {
	    { 0, true, 2, 20 }, { 0, true, 1, 40 }, { 0, true, 0, 20 },
	    { 0, false, 0, 20 }, { 0, false, 0, 20 }, { -1, false, 0, 0 } } },
	{ "one comes back after a third", { 3, 60 }, 1, {
	    { 0, true, 2, 20 }, { 0, true, 1, 40 }, { 0, true, 0, 20 },
	    { 19999, false, 0, 1 }, { 20000, true, 0, 20 },
	    { 20001, false, 0, 20 }, { 40000, true, 0, 20 }, { -1, false, 0, 0 } } },
	{ "all after a minute", { 2, 60 }, 1, {
	    { 0, true, 1, 30 }, { 0, true, 0, 30 }, { 60000, true, 1, 30 },
	    { 60000, true, 0, 30 }, { 60000, false, 0, 30 }, { -1, false, 0, 0 } } },
	{ "never more than all", { 2, 60 }, 1, {
	    { 0, true, 1, 30 }, { 9999999, true, 1, 30 }, { 9999999, true, 0, 30 },
	    { 9999999, false, 0, 30 }, { -1, false, 0, 0 } } },
	{ "one a second", { 1, 1 }, 1, {
	    { 0, true, 0, 1 }, { 999, false, 0, 1 }, { 1000, true, 0, 1 },
	    { 1000, false, 0, 1 }, { -1, false, 0, 0 } } },
	{ "one a day", { 1, 86400 }, 1, {
	    { 0, true, 0, 86400 }, { 86399999, false, 0, 1 },
	    { 86400000, true, 0, 86400 }, { -1, false, 0, 0 } } },
	{ "what does not divide", { 7, 60 }, 1, {
	    { 0, true, 6, 9 }, { 0, true, 5, 18 }, { 0, true, 4, 26 },
	    { 0, true, 3, 35 }, { 0, true, 2, 43 }, { 0, true, 1, 52 },
	    { 0, true, 0, 9 }, { 0, false, 0, 9 } } },
	{ "many for one", { 10, 10 }, 4, {
	    { 0, true, 6, 4 }, { 0, true, 2, 8 }, { 0, false, 2, 2 },
	    { 2000, true, 0, 1 }, { 2000, false, 0, 4 }, { -1, false, 0, 0 } } },
	{ "more than there is", { 3, 60 }, 4, {
	    { 0, false, 3, 20 }, { 0, false, 3, 20 }, { -1, false, 0, 0 } } },
	{ "a clock set back by an hour", { 2, 60 }, 1, {
	    { 7200000, true, 1, 30 }, { 7200000, true, 0, 30 },
	    { 3600000, false, 0, 30 }, { 3629999, false, 0, 1 },
	    { 3630000, true, 0, 30 },
	    { -1, false, 0, 0 } } },
};

static void
steps_of_time(void)
{
	struct limit	*l;

	in_new_folder();
	l = opened();
	for (size_t i = 0; i < NELEMS(cases); i++)
		for (size_t n = 0; n < NELEMS(cases[i].at) && cases[i].at[n].ms >= 0; n++) {
			struct limit_state	 st;

			limit_take(l, LIMIT_WRITE, cases[i].rate,
			    str_of(cases[i].label), cases[i].cost,
			    START + cases[i].at[n].ms, &st);
			CHECK_INT(cases[i].label, st.allowed, cases[i].at[n].passed);
			CHECK_INT(cases[i].label, st.remaining, cases[i].at[n].remaining);
			CHECK_INT(cases[i].label, st.reset, cases[i].at[n].reset);
		}
	limit_close(l);
	leave();
}

static const struct {
	const char	*label;
	int64_t		 many, seconds;
} rates[] = {
	{ "1/1", 1, 1 }, { "2/1", 2, 1 }, { "3/7", 3, 7 }, { "119/60", 119, 60 },
	{ "120/60", 120, 60 }, { "1200/60", 1200, 60 }, { "59999/60", 59999, 60 },
	{ "60000/60", 60000, 60 }, { "1/86400", 1, 86400 }, { "7777/86400", 7777, 86400 },
};

/* Also where the seconds do not divide by the requests. */
static void
exactly_the_quota(void)
{
	struct limit	*l;

	in_new_folder();
	l = opened();
	for (size_t i = 0; i < NELEMS(rates); i++) {
		struct conf_rate	 r = { rates[i].many, rates[i].seconds };
		int			 n = (int)r.many;

		CHECK_INT(rates[i].label, passes(l, LIMIT_READ, r, rates[i].label,
		    START, n + 50), n);
		CHECK_INT(rates[i].label, passes(l, LIMIT_READ, r, rates[i].label,
		    START + r.seconds * 1000, n + 50), n);
	}
	limit_close(l);
	leave();
}

static void
subjects_and_classes(void)
{
	static const char	*const subjects[] = { "", "a", "a ", "b", "10.0.0.1",
		"12345678901234567890123456789012345678901234567",
		"123456789012345678901234567890123456789012345678",
		"12345678901234567890123456789012345678901234567890123456789012345678",
		"12345678901234567890123456789012345678901234567890123456789012345679" };
	struct conf_rate	 r = { 3, 60 };
	struct limit		*l;

	in_new_folder();
	l = opened();
	for (enum limit_class c = LIMIT_AUTH; c < LIMIT_CLASSES; c++)
		for (size_t i = 0; i < NELEMS(subjects); i++)
			CHECK_INT(subjects[i], passes(l, c, r, subjects[i], START, 9), 3);
	for (size_t i = 0; i < NELEMS(subjects); i++)
		CHECK_INT(subjects[i], passes(l, LIMIT_AUTH, r, subjects[i], START, 9), 0);
	limit_close(l);
	l = opened();
	CHECK_INT("it outlives who wrote it", passes(l, LIMIT_AUTH, r, "a", START, 9), 0);
	limit_close(l);
	leave();
}

/* The rates are options: what is left from another is bounded by the new one. */
static void
rates_change(void)
{
	struct conf_rate	 day = { 1, 86400 }, minute = { 2, 60 };
	struct limit		*l;

	in_new_folder();
	l = opened();
	CHECK_INT("one a day", passes(l, LIMIT_READ, day, "a", START, 9), 1);
	CHECK_INT("now two a minute: not yet", passes(l, LIMIT_READ, minute, "a", START, 9), 0);
	CHECK_INT("but in a minute", passes(l, LIMIT_READ, minute, "a", START + 60000, 9), 2);
	limit_close(l);
	leave();
}

/* Those whose debt is gone give their slots away; nobody gets more for it. */
static void
idle_slots_are_used_again(void)
{
	struct conf_rate		 r = { 3, 60 };
	const struct limit_file		*f;
	struct limit			*l;
	int				 at = 0;

	in_new_folder();
	l = opened();
	f = file_there();
	for (int round = 0; round < 5; round++)
		for (int i = 0; i < LIMIT_SLOTS - 1; i++)
			CHECK_INT("a new subject has all its quota", passes(l, LIMIT_READ,
			    r, neighbour(f, &at),
			    START + round * 60000, 9), 3);
	limit_close(l);
	leave();
}

/*
 * A set full of those who live.  Each that comes takes over the least debt: it
 * gets less than its quota, or nothing where all are at their limit; and who
 * was at the limit and lost the slot gets nothing by coming back.
 */
static void
a_full_set(void)
{
	struct conf_rate		 r = { 4, 60 };
	const struct limit_file		*f;
	struct limit			*l;
	char				 limited[32];
	int				 at = 0;

	in_new_folder();
	l = opened();
	f = file_there();
	snprintf(limited, sizeof(limited), "%s", neighbour(f, &at));
	CHECK_INT("one uses all", passes(l, LIMIT_WRITE, r, limited, START, 9), 4);
	for (int i = 0; i < LIMIT_SLOTS - 2; i++)
		CHECK_INT("others use some", passes(l, LIMIT_WRITE, r,
		    neighbour(f, &at), START, 2), 2);
	CHECK_INT("a new one gets what the least indebted had left",
	    passes(l, LIMIT_WRITE, r, neighbour(f, &at), START, 9), 2);
	CHECK_INT("the limited one kept its slot",
	    passes(l, LIMIT_WRITE, r, limited, START, 9), 0);
	for (int i = 0; i < 3 * LIMIT_SLOTS; i++)
		(void)passes(l, LIMIT_WRITE, r, neighbour(f, &at), START, 9);
	CHECK_INT("all are at their limit: a new one waits", passes(l, LIMIT_WRITE,
	    r, neighbour(f, &at), START, 9), 0);
	CHECK_INT("so does the limited one, that lost its slot",
	    passes(l, LIMIT_WRITE, r, limited, START, 9), 0);
	CHECK_INT("a quarter of a minute later there is one again",
	    passes(l, LIMIT_WRITE, r, limited, START + 15000, 9), 1);
	CHECK_INT("another class is not concerned",
	    passes(l, LIMIT_READ, r, limited, START, 9), 4);
	limit_close(l);
	leave();
}

/* Somebody is stopped with the set's lock: the slot of nobody counts. */
static void
a_stopped_holder(void)
{
	struct conf_rate	 r = { 3, 60 };
	struct flock		 range = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
				    .l_len = 1 };
	const struct limit_file	*f;
	struct limit		*l;
	char			 other[32];
	int			 fd, at = 0;

	in_new_folder();
	l = opened();
	f = file_there();
	CHECK_INT("has a slot", passes(l, LIMIT_AUTH, r, "first", START, 2), 2);
	fd = open(path, O_RDWR);
	range.l_start = (off_t)(LIMIT_AUTH * LIMIT_SETS + set_number(f, "first"));
	CHECK("locked", fcntl(fd, F_OFD_SETLK, &range) == 0);
	CHECK_INT("who has a slot needs no lock",
	    passes(l, LIMIT_AUTH, r, "first", START, 3), 1);
	snprintf(other, sizeof(other), "%s", neighbour(f, &at));
	CHECK_INT("who has none is let in, and bounded",
	    passes(l, LIMIT_AUTH, r, other, START, 4), 3);
	close(fd);
	CHECK_INT("given back", passes(l, LIMIT_AUTH, r, other, START, 6), 3);
	limit_close(l);
	leave();
}

TESTS(limit, { "steps of time", steps_of_time },
    { "exactly the quota", exactly_the_quota },
    { "subjects and classes", subjects_and_classes },
    { "rates change", rates_change },
    { "idle slots are used again", idle_slots_are_used_again },
    { "a full set", a_full_set },
    { "a stopped holder", a_stopped_holder })
