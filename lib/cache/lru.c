#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#include "cache/lru.h"

#define PARTS		4
#define BUCKETS		1024		/* of a part */
#define MAX_SHARE	4		/* a value has at most 1/4 of its part */

struct item {
	struct item	*chain;			/* of its bucket */
	struct item	*newer, *older;		/* by last use */
	uint64_t	 hash;
	size_t		 key, value;		/* lengths */
	char		 bytes[];		/* the key, then the value */
};

struct part {
	pthread_mutex_t	 lock;
	struct item	*bucket[BUCKETS];
	struct item	*newest, *oldest;
	size_t		 used, max;	/* bytes */
};

struct lru {
	uint64_t	 seed;		/* of hash_of(): clients choose keys */
	struct part	 part[PARTS];
};

struct lru *
lru_open(size_t bytes)
{
	struct lru	*l = bytes == 0 ? NULL : calloc(1, sizeof(*l));
	size_t		 i;

	if (l == NULL)
		return NULL;
	if (getrandom(&l->seed, sizeof(l->seed), 0) != (ssize_t)sizeof(l->seed))
		l->seed = (uintptr_t)l;
	for (i = 0; i < PARTS; i++) {
		pthread_mutex_init(&l->part[i].lock, NULL);
		l->part[i].max = bytes / PARTS;
	}
	return l;
}

void
lru_close(struct lru *l)
{
	struct item	*it, *next;
	size_t		 i;

	if (l == NULL)
		return;
	for (i = 0; i < PARTS; i++) {
		for (it = l->part[i].newest; it != NULL; it = next) {
			next = it->older;
			free(it);
		}
		pthread_mutex_destroy(&l->part[i].lock);
	}
	free(l);
}

/* Eight bytes at a time.  The seed keeps clients from choosing keys that collide. */
static uint64_t
hash_of(const struct lru *l, struct str key)
{
	uint64_t	 h = l->seed ^ key.n, w;
	size_t		 i, n;

	for (i = 0; i < key.n; i += n) {
		n = key.n - i < sizeof(w) ? key.n - i : sizeof(w);
		w = 0;
		memcpy(&w, key.p + i, n);
		h = (h ^ w ^ l->seed >> 7) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
	}
	h *= UINT64_C(0xff51afd7ed558ccd);
	return h ^ h >> 33;
}

static struct part *
part_of(struct lru *l, uint64_t hash)
{
	return &l->part[hash % PARTS];
}

static struct item **
bucket_of(struct part *p, uint64_t hash)
{
	return &p->bucket[hash / PARTS % BUCKETS];
}

static struct item *
find_item(struct part *p, uint64_t hash, struct str key)
{
	struct item	*it;

	for (it = *bucket_of(p, hash); it != NULL; it = it->chain)
		if (it->hash == hash &&
		    str_eq((struct str){ it->bytes, it->key }, key))
			return it;
	return NULL;
}

static void
unlink_item(struct part *p, struct item *it)
{
	if (it->newer != NULL)
		it->newer->older = it->older;
	else
		p->newest = it->older;
	if (it->older != NULL)
		it->older->newer = it->newer;
	else
		p->oldest = it->newer;
}

static void
link_item(struct part *p, struct item *it)
{
	it->newer = NULL;
	it->older = p->newest;
	if (p->newest != NULL)
		p->newest->newer = it;
	else
		p->oldest = it;
	p->newest = it;
}

static size_t
item_size(const struct item *it)
{
	return sizeof(*it) + it->key + it->value;
}

static void
drop_item(struct part *p, struct item *it)
{
	struct item	**at = bucket_of(p, it->hash);

	while (*at != it)
		at = &(*at)->chain;
	*at = it->chain;
	unlink_item(p, it);
	p->used -= item_size(it);
	free(it);
}

bool
lru_get(struct lru *l, struct arena *a, struct str key, struct str *value)
{
	uint64_t	 hash;
	struct part	*p;
	struct item	*it;

	*value = (struct str){ NULL, 0 };
	if (l == NULL)
		return false;
	hash = hash_of(l, key);
	p = part_of(l, hash);
	pthread_mutex_lock(&p->lock);
	if ((it = find_item(p, hash, key)) != NULL) {
		if (p->newest != it) {
			unlink_item(p, it);
			link_item(p, it);
		}
		*value = arena_copy(a, (struct str){ it->bytes + it->key, it->value });
	}
	pthread_mutex_unlock(&p->lock);
	return value->p != NULL;
}

static struct item *
new_item(uint64_t hash, struct str key, struct str value)
{
	struct item	*it = malloc(sizeof(*it) + key.n + value.n);

	if (it == NULL)
		return NULL;
	it->hash = hash;
	it->key = key.n;
	it->value = value.n;
	memcpy(it->bytes, key.p == NULL ? "" : key.p, key.n);
	memcpy(it->bytes + key.n, value.p == NULL ? "" : value.p, value.n);
	return it;
}

void
lru_put(struct lru *l, struct str key, struct str value)
{
	uint64_t	 hash;
	struct part	*p;
	struct item	*it, *old;

	if (l == NULL)
		return;
	hash = hash_of(l, key);
	p = part_of(l, hash);
	if (sizeof(*it) + key.n + value.n > p->max / MAX_SHARE ||
	    (it = new_item(hash, key, value)) == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	if ((old = find_item(p, hash, key)) != NULL)
		drop_item(p, old);
	it->chain = *bucket_of(p, hash);
	*bucket_of(p, hash) = it;
	link_item(p, it);
	p->used += item_size(it);
	while (p->used > p->max)
		drop_item(p, p->oldest);
	pthread_mutex_unlock(&p->lock);
}
