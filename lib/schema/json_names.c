/* json_names - the member names of the open objects, in a keyed hash table. */
#include <stdatomic.h>
#include <sys/random.h>

#include "schema/json_names.h"

#include "base/clock.h"
#include "base/log.h"

#define HASH_PRIME	((UINT64_C(1) << 61) - 1)

__extension__ typedef unsigned __int128 wide;

/* Reads the unescaped bytes of a name. */
struct reader {
	const char	*p;
	unsigned	 held;		/* bytes of an escape that are not read yet */
	uint8_t		 bytes[4];	/* those bytes, the last one first */
};

static _Atomic uint64_t	 hash_key;

int
json_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int
json_unicode_escape(const char *p, const char *end)
{
	int	 v = 0, i, h;

	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return -1;
	for (i = 2; i < 6; i++) {
		h = json_hex_digit(p[i]);
		if (h < 0)
			return -1;
		v = v << 4 | h;
	}
	return v;
}

/* Store the UTF-8 bytes of a code point in `bytes`. */
static void
hold_rune(struct reader *r, uint32_t rune)
{
	static const uint8_t	 marks[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	unsigned		 n;

	n = rune < 0x80 ? 1 : rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;
	for (r->held = 0; r->held < n - 1; rune >>= 6)
		r->bytes[r->held++] = (uint8_t)(0x80 | (rune & 0x3f));
	r->bytes[r->held++] = (uint8_t)(marks[n] | rune);
}

/* Read one escape; json_check() has accepted it. */
static void
unescape(struct reader *r)
{
	static const char	 from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	uint32_t		 v, low;

	if (r->p[1] != 'u') {
		hold_rune(r, (uint32_t)to[strchr(from, r->p[1]) - from]);
		r->p += 2;
		return;
	}
	v = (uint32_t)json_unicode_escape(r->p, r->p + 6);
	r->p += 6;
	if (v >= 0xd800 && v <= 0xdfff) {
		low = (uint32_t)json_unicode_escape(r->p, r->p + 6);
		v = 0x10000 + ((v - 0xd800) << 10) + (low - 0xdc00);
		r->p += 6;
	}
	hold_rune(r, v);
}

/* The next byte of a name; -1: the end. */
static int
next_byte(struct reader *r)
{
	if (r->held == 0) {
		if (*r->p == '"')
			return -1;
		if (*r->p != '\\')
			return (unsigned char)*r->p++;
		unescape(r);
	}
	return r->bytes[--r->held];
}

/* Do the opening quotes at `a` and `b` begin the same name? */
static bool
same_name(const char *a, const char *b)
{
	struct reader	 ra = { .p = a + 1 }, rb = { .p = b + 1 };
	int		 c;

	do {
		c = next_byte(&ra);
		if (c != next_byte(&rb))
			return false;
	} while (c != -1);
	return true;
}

/*
 * A client that knows the key could send names that all collide, so each process
 * draws a random key.
 */
static uint64_t
random_key(void)
{
	uint64_t	 k = atomic_load_explicit(&hash_key, memory_order_relaxed);
	uint64_t	 none = 0;

	if (k != 0)
		return k;
	if (getrandom(&k, sizeof(k), 0) != (ssize_t)sizeof(k)) {
		log_event(LOG_ERROR, "json", "getrandom failed: the hash key for member names is taken from the clock");
		k = (uint64_t)clock_mono_us();
	}
	k = k % (HASH_PRIME - 1) + 1;
	return atomic_compare_exchange_strong(&hash_key, &none, k) ? k : none;
}

/* Add one term of the polynomial, modulo 2^61 - 1. */
static uint64_t
hash_mix(uint64_t hash, uint64_t word, uint64_t k)
{
	wide		 product = (wide)(hash + word) * k;
	uint64_t	 sum = (uint64_t)(product & HASH_PRIME) +
	    (uint64_t)(product >> 61);

	return (sum & HASH_PRIME) + (sum >> 61);
}

/*
 * A polynomial over the bytes (seven for each coefficient) and their number, at a
 * secret point: without the key nobody can choose names that collide.
 */
uint32_t
json_names_hash(const char *at)
{
	struct reader	 r = { .p = at + 1 };
	uint64_t	 k = random_key(), hash = 0, word = 0, n = 0;
	int		 c;

	while ((c = next_byte(&r)) != -1) {
		word = word << 8 | (uint64_t)c;
		if (++n % 7 == 0) {
			hash = hash_mix(hash, word, k);
			word = 0;
		}
	}
	return (uint32_t)hash_mix(hash_mix(hash, word, k), n, k);
}

void
json_names_init(struct json_names *t, struct arena *a)
{
	t->arena = a;
	t->v = t->few;
	t->slots = t->few_slots;
	t->n = 0;
	t->cap = JSON_NAMES_INLINE;
	memset(t->few_slots, 0, sizeof(t->few_slots));
}

static void
names_put(struct json_names *t, struct json_name name)
{
	uint32_t	 mask = 2 * t->cap - 1;

	name.slot = name.hash & mask;
	while (t->slots[name.slot] != 0)
		name.slot = (name.slot + 1) & mask;
	t->v[t->n++] = name;
	t->slots[name.slot] = t->n;
}

/* Double the table.  Names are inserted in their old order, as removal requires. */
static bool
names_grow(struct json_names *t)
{
	struct json_name	*old = t->v;
	uint32_t	 n = t->n;

	t->v = arena_array(t->arena, struct json_name, 2 * (size_t)t->cap);
	t->slots = arena_array(t->arena, uint32_t, 4 * (size_t)t->cap);
	if (t->v == NULL || t->slots == NULL)
		return false;
	t->cap *= 2;
	for (t->n = 0; t->n < n;)
		names_put(t, old[t->n]);
	return true;
}

bool
json_names_add(struct json_names *t, struct json_name name)
{
	if (t->n == t->cap && !names_grow(t))
		return false;
	names_put(t, name);
	return true;
}

void
json_names_truncate(struct json_names *t, uint32_t n)
{
	while (t->n > n)
		t->slots[t->v[--t->n].slot] = 0;
}

bool
json_names_has(const struct json_names *t, const char *text, uint32_t first,
    struct json_name name)
{
	uint32_t	 mask = 2 * t->cap - 1, i, slot = name.hash & mask;
	const struct json_name *known;

	for (; (i = t->slots[slot]) != 0; slot = (slot + 1) & mask) {
		known = &t->v[i - 1];
		if (i > first && known->hash == name.hash &&
		    same_name(text + known->at, text + name.at))
			return true;
	}
	return false;
}
