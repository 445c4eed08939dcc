/* value - UUIDs and decimal numbers. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/random.h>

#include "schema/value.h"

#include "base/clock.h"
#include "base/log.h"

#define POOL	256	/* getrandom(2) never returns fewer bytes than this */

/*
 * A pool of random bytes for each thread, so that an id needs no system call.
 * After a fork the child must not use the parent's pool: `life` then differs from
 * the process's.
 */
struct pool {
	unsigned	 life;		/* of the process that filled the pool */
	size_t		 left;
	uint8_t		 b[POOL];
};

static _Thread_local struct pool pool;
static _Atomic unsigned		 life = 1;
static bool			 forks_seen;
static pthread_once_t		 once = PTHREAD_ONCE_INIT;
static _Atomic uint64_t		 last_tick;	/* milliseconds << 12 | counter */

static void
forked(void)
{
	atomic_fetch_add(&life, 1);
}

static void
watch_forks(void)
{
	forks_seen = pthread_atfork(NULL, NULL, forked) == 0;
	if (!forks_seen)
		log_event(LOG_WARN, "value", "pthread_atfork failed: each id reads new random bytes");
}

static bool
pool_fill(struct pool *p, unsigned now)
{
	ssize_t	 n;

	do
		n = getrandom(p->b, sizeof(p->b), 0);
	while (n == -1 && errno == EINTR);
	if (n < 8) {
		log_event(LOG_ERROR, "value", "getrandom: %s", strerror(errno));
		return false;
	}
	p->life = now;
	p->left = (size_t)n;
	return true;
}

static bool
random_bytes(uint8_t out[8])
{
	struct pool	*p = &pool;
	unsigned	 now;

	pthread_once(&once, watch_forks);
	now = atomic_load_explicit(&life, memory_order_relaxed);
	if ((!forks_seen || p->life != now || p->left < 8) && !pool_fill(p, now))
		return false;
	p->left -= 8;
	memcpy(out, p->b + p->left, 8);
	return true;
}

/*
 * Milliseconds and a 12-bit counter.  The result always increases, also if the
 * clock is set back; a counter that overflows carries into the milliseconds.
 */
static uint64_t
next_tick(void)
{
	uint64_t	 now = (uint64_t)clock_now_ms() << 12, tick;
	uint64_t	 last = atomic_load(&last_tick);

	do
		tick = now > last ? now : last + 1;
	while (!atomic_compare_exchange_weak(&last_tick, &last, tick));
	return tick;
}

struct uuid
uuid_new(void)
{
	struct uuid	 u = { { 0 } };
	uint64_t	 tick;
	size_t		 i;

	if (!random_bytes(u.b + 8))
		return (struct uuid){ { 0 } };
	tick = next_tick();
	for (i = 0; i < 6; i++)
		u.b[i] = (uint8_t)(tick >> (52 - 8 * i));
	u.b[6] = (uint8_t)(0x70 | (tick >> 8 & 0x0f));
	u.b[7] = (uint8_t)tick;
	u.b[8] = (u.b[8] & 0x3f) | 0x80;
	return u;
}

bool
uuid_is_nil(struct uuid u)
{
	return uuid_eq(u, (struct uuid){ { 0 } });
}

bool
uuid_eq(struct uuid a, struct uuid b)
{
	return memcmp(a.b, b.b, sizeof(a.b)) == 0;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Does a hyphen precede this byte? */
static bool
dashed(size_t byte)
{
	return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

bool
uuid_parse(struct str s, struct uuid *out)
{
	struct uuid	 u;
	size_t		 i, at = 0;
	int		 hi, lo;

	if (s.n != UUID_LEN)
		return false;
	for (i = 0; i < sizeof(u.b); i++) {
		if (dashed(i) && s.p[at++] != '-')
			return false;
		hi = hex_value(s.p[at++]);
		lo = hex_value(s.p[at++]);
		if (hi < 0 || lo < 0)
			return false;
		u.b[i] = (uint8_t)(hi << 4 | lo);
	}
	*out = u;
	return true;
}

void
uuid_text(struct uuid u, char out[UUID_LEN + 1])
{
	static const char	 hex[] = "0123456789abcdef";
	size_t			 i;

	for (i = 0; i < sizeof(u.b); i++) {
		if (dashed(i))
			*out++ = '-';
		*out++ = hex[u.b[i] >> 4];
		*out++ = hex[u.b[i] & 15];
	}
	*out = '\0';
}

static bool
all_digits(struct str s)
{
	size_t	 i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n != 0;
}

static bool
all_zeros(struct str s)
{
	size_t	 i;

	for (i = 0; i < s.n && s.p[i] == '0'; i++)
		;
	return i == s.n;
}

static bool
decimal_write(struct str whole, struct str part, size_t scale, struct arena *a,
    struct decimal *out)
{
	size_t	 n = whole.n + (scale == 0 ? 0 : 1 + scale);
	char	*p = arena_alloc(a, n + 1);

	if (p == NULL)
		return false;
	memset(p, '0', n);
	p[n] = '\0';
	out->text = (struct str){ p, n };
	memcpy(p, whole.p, whole.n);
	if (scale != 0)
		p[whole.n] = '.';
	if (part.n != 0)
		memcpy(p + whole.n + 1, part.p, part.n);
	return true;
}

/*
 * The integer part may have `digits - scale` digits, so that the value fits a
 * DECIMAL(digits, scale) column; a single 0 takes no digit.
 */
static bool
whole_fits(struct str whole, int digits, int scale)
{
	if (!all_digits(whole) || (whole.p[0] == '0' && whole.n != 1))
		return false;
	return all_zeros(whole) || whole.n + (size_t)scale <= (size_t)digits;
}

bool
decimal_parse(struct str s, int digits, int scale, struct arena *a,
    struct decimal *out)
{
	struct str	 part = s, whole;
	bool		 minus = s.n != 0 && s.p[0] == '-';

	if (minus)
		part = str_from(part, 1);
	whole = str_cut(&part, '.');
	if (!whole_fits(whole, digits, scale) || (part.p != NULL &&
	    (!all_digits(part) || part.n > (size_t)scale)))
		return false;
	if (minus && !(all_zeros(whole) && all_zeros(part)))
		whole = (struct str){ whole.p - 1, whole.n + 1 };
	return decimal_write(whole, part, (size_t)scale, a, out);
}

bool
decimal_int(struct decimal d, int64_t *out)
{
	struct str	 part = d.text, whole;
	bool		 minus = part.n != 0 && part.p[0] == '-';
	int64_t		 v = 0;
	size_t		 i;

	if (minus)
		part = str_from(part, 1);
	whole = str_cut(&part, '.');
	if (!all_digits(whole) || !all_zeros(part))
		return false;
	/* Negative, because INT64_MIN has no positive counterpart. */
	for (i = 0; i < whole.n; i++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_sub_overflow(v, whole.p[i] - '0', &v))
			return false;
	if (!minus && v == INT64_MIN)
		return false;
	*out = minus ? v : -v;
	return true;
}
