/*
 * keys_external - the keys of an external OpenID provider: a JWK set from a file
 * or a URL. A set stays in use until a newer one could be fetched.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "auth/keys_private.h"

#include "base/clock.h"
#include "crypto/fetch.h"
#include "base/log.h"

#define PREFIX_BYTES	12	/* of the issuer's hash: 16 characters of base64url */
#define OLD_MS		INT64_C(3600000)	/* age at which the set is fetched again */
#define AGAIN_MS	INT64_C(30000)		/* between two attempts */
#define FETCH_MS	3000
#define MAX_FILE	((size_t)256 << 10)

/* Keys as fetched at one time; freed by the last holder. */
struct fetched_keys {
	atomic_uint		 holders;
	struct token_set	 set;
	int64_t			 at_ms;
};

struct keys_external {
	const struct conf	*conf;
	char			 prefix[PREFIX_BYTES / 3 * 4 + 1];
	struct token_external	 how;
	pthread_mutex_t		 lock;		/* protects `known` */
	pthread_mutex_t		 fetching;	/* protects `tried_ms` */
	struct fetched_keys	*known;
	int64_t			 tried_ms;	/* 0: never */
};

static bool
issuer_prefix(const char *issuer, char out[PREFIX_BYTES / 3 * 4 + 1])
{
	struct arena	 a;
	struct buf	 b;
	uint8_t		 sum[SHA256_LEN];
	bool		 good;

	if (!arena_init(&a, ARENA_KEEP))
		return false;
	buf_init(&b, &a);
	good = crypto_sha256(str_of(issuer), sum);
	crypto_base64url_encode(&b, sum, PREFIX_BYTES);
	if ((good = good && buf_ok(&b)))
		memcpy(out, b.p, b.n + 1);
	arena_free(&a);
	return good;
}

const char *
keys_external_error(const struct conf *cf)
{
	return cf->oidc_issuer[0] == '\0' ? NULL : token_map_error(cf->oidc_scopes);
}

bool
keys_external_open(const struct conf *cf, struct keys_external **out)
{
	struct keys_external	*o;

	*out = NULL;
	if (cf->oidc_issuer[0] == '\0' || keys_external_error(cf) != NULL)
		return true;
	if ((o = calloc(1, sizeof(*o))) == NULL ||
	    !issuer_prefix(cf->oidc_issuer, o->prefix)) {
		free(o);
		return false;
	}
	o->conf = cf;
	o->how = (struct token_external){ o->prefix, cf->oidc_scopes };
	pthread_mutex_init(&o->lock, NULL);
	pthread_mutex_init(&o->fetching, NULL);
	*out = o;
	return true;
}

static void
release_keys(struct fetched_keys *k)
{
	if (k == NULL || atomic_fetch_sub(&k->holders, 1) > 1)
		return;
	token_set_free(&k->set);
	free(k);
}

void
keys_external_close(struct keys_external *o)
{
	if (o == NULL)
		return;
	release_keys(o->known);
	pthread_mutex_destroy(&o->lock);
	pthread_mutex_destroy(&o->fetching);
	free(o);
}

/* --- fetching ----------------------------------------------------------------- */

static struct str
read_key_file(const char *path, struct arena *a)
{
	int	 fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char	*p = fd < 0 ? NULL : arena_alloc(a, MAX_FILE);
	ssize_t	 n, all = 0;

	while (p != NULL && (n = read(fd, p + all, MAX_FILE - (size_t)all)) > 0)
		all += n;
	if (fd >= 0)
		close(fd);
	return p == NULL ? (struct str){ NULL, 0 } : (struct str){ p, (size_t)all };
}

static struct str
fetch_key_url(const char *url, struct arena *a)
{
	const struct fetch	 ask = { .url = url, .timeout_ms = FETCH_MS,
	    .headers = FETCH_HEADERS("Accept: application/json") };
	struct fetch_result		 got;

	fetch(a, &ask, &got);
	if (got.status == 200 && !got.cut)
		return buf_view(&got.body);
	log_event(LOG_WARN, "keys", "%s: %s", url, got.status == 0 ? got.error :
	    got.cut ? "the response is too long" : "the status is not 200");
	return (struct str){ NULL, 0 };
}

/* Use a separate arena: the request may have little memory left. */
static struct fetched_keys *
fetch_keys(const char *source)
{
	struct fetched_keys	*k = calloc(1, sizeof(*k));
	struct arena		 a;
	struct str		 json;
	bool			 good;

	if (k == NULL || !arena_init(&a, MAX_FILE * 16)) {
		free(k);
		return NULL;
	}
	atomic_init(&k->holders, 1);
	json = strstr(source, "://") != NULL ? fetch_key_url(source, &a) :
	    read_key_file(source, &a);
	good = json.p != NULL && token_set_read(&k->set, &a, json) && k->set.n > 0;
	arena_free(&a);
	k->at_ms = clock_now_ms();
	if (good)
		return k;
	log_event(LOG_WARN, "keys", "no usable keys in %s", source);
	free(k);
	return NULL;
}

static struct fetched_keys *
acquire_keys(struct keys_external *o)
{
	struct fetched_keys	*k;

	pthread_mutex_lock(&o->lock);
	if ((k = o->known) != NULL)
		atomic_fetch_add(&k->holders, 1);
	pthread_mutex_unlock(&o->lock);
	return k;
}

/* A clock that was set back must not delay the next attempt. */
static bool
is_past(int64_t at_ms, int64_t life_ms)
{
	int64_t	 now = clock_now_ms();

	return now < at_ms || now - at_ms >= life_ms;
}

/*
 * One thread fetches; the others wait, because the keys they have may not
 * suffice.
 */
static void
renew_keys(struct keys_external *o, const struct fetched_keys *seen)
{
	struct fetched_keys	*made, *old = NULL;

	pthread_mutex_lock(&o->fetching);
	if (o->known == seen && is_past(o->tried_ms, AGAIN_MS)) {
		o->tried_ms = clock_now_ms();
		if ((made = fetch_keys(o->conf->oidc_jwks)) != NULL) {
			pthread_mutex_lock(&o->lock);
			old = o->known;
			o->known = made;
			pthread_mutex_unlock(&o->lock);
		}
	}
	pthread_mutex_unlock(&o->fetching);
	release_keys(old);
}

bool
keys_external_acquire(struct keys_external *o, bool unknown, struct token_keys *keys, void **held)
{
	struct fetched_keys	*k = acquire_keys(o);

	if (k == NULL || unknown || is_past(k->at_ms, OLD_MS)) {
		renew_keys(o, k);
		release_keys(k);
		k = acquire_keys(o);
	}
	if ((*held = k) == NULL)
		return false;
	*keys = (struct token_keys){ .v = k->set.v, .n = k->set.n,
	    .issuer = o->conf->oidc_issuer, .audience = o->conf->oidc_audience,
	    .external = &o->how };
	return true;
}

void
keys_external_release(void *held)
{
	release_keys(held);
}
