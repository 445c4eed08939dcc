/* outcome - names of the outcomes of caching and of idempotency keys. */
#include "shm/outcome.h"

static const char *const	 cache_names[CACHE_OUTCOMES] = {
	[CACHE_NONE] = "none", [CACHE_HIT] = "hit", [CACHE_MISS] = "miss",
	[CACHE_FILL] = "fill", [CACHE_BYPASS] = "bypass", [CACHE_LOCAL] = "local",
	[CACHE_WAIT] = "wait",
};

static const char *const	 idem_names[IDEM_RESULTS] = {
	[IDEM_UNUSED] = "", [IDEM_NEW] = "new", [IDEM_REPLAYED] = "replayed",
	[IDEM_BUSY] = "busy", [IDEM_MISMATCH] = "mismatch",
};

const char *
outcome_cache_name(enum cache_outcome outcome)
{
	return cache_names[outcome];
}

const char *
outcome_idem_name(enum idem_result result)
{
	return idem_names[result];
}
