#ifndef BRISK_HASH_H
#define BRISK_HASH_H
/*
 * hash - FNV-1a, 64 bits: a hash without a key, the same in every program.
 *
 * Use it for tables whose keys clients cannot choose, and for names of files and
 * builds.  Start with HASH_START and add the parts in a fixed order.
 */
#include "base/base.h"

#define HASH_START	UINT64_C(0xcbf29ce484222325)

static inline uint64_t
hash_byte(uint64_t h, uint8_t byte)
{
	return (h ^ byte) * UINT64_C(0x100000001b3);
}

/* Add the bytes of a string. */
static inline uint64_t
hash_add(uint64_t h, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		h = hash_byte(h, (uint8_t)s.p[i]);
	return h;
}

/* Add an integer, least significant byte first. */
static inline uint64_t
hash_add_int(uint64_t h, uint64_t n)
{
	for (int i = 0; i < 8; i++, n >>= 8)
		h = hash_byte(h, (uint8_t)(n & 0xff));
	return h;
}

static inline uint64_t
hash_str(struct str s)
{
	return hash_add(HASH_START, s);
}

/* Mix the bits (the finalizer of MurmurHash3); needed before a modulo operation. */
static inline uint64_t
hash_mix(uint64_t h)
{
	h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
	h = (h ^ h >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ h >> 33;
}

#endif
