#ifndef BRISK_FUZZ_KEY_H
#define BRISK_FUZZ_KEY_H
/* fuzz_key - a signing key, and a stopped clock. */
#include "base/clock.h"
#include "crypto/crypto.h"
#include "fuzz.h"
#include "base/log.h"
#include "crypto/token.h"

#define FUZZ_NOW	INT64_C(1800000000)
#define FUZZ_ISSUER	"https://nursery.example"
#define FUZZ_AUDIENCE	"https://api.nursery.example"

/* Made once. */
static inline struct token_keys
fuzz_keys(void)
{
	static struct token_key	 key;

	log_init("fuzz", (enum log_level)0);
	clock_set_ms(FUZZ_NOW * 1000);
	if (key.ec == NULL)
		key.ec = crypto_ec_generate();
	MUST(key.ec != NULL && crypto_ec_thumbprint(key.ec, key.kid));
	return (struct token_keys){ .v = &key, .n = 1, .issuer = FUZZ_ISSUER,
	    .audience = FUZZ_AUDIENCE };
}

#endif
