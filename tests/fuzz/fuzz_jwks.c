/* JWK sets: whatever it is, no more keys than may be, each with a name. */
#include "fuzz.h"
#include "base/log.h"
#include "crypto/token.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct token_set	 set;
	struct str		 s = fuzz_text(p, n);

	log_init("fuzz", (enum log_level)0);
	if (!token_set_read(&set, fuzz_arena(), s))
		MUST(set.n == 0);
	MUST(set.n <= MAX_TOKEN_KEYS);
	for (size_t i = 0; i < set.n; i++) {
		MUST(set.v[i].kid[0] != '\0' && strlen(set.v[i].kid) <= MAX_TOKEN_KID);
		MUST((set.v[i].ec != NULL) != (set.v[i].rsa != NULL));
		for (size_t k = 0; k < i; k++)
			MUST(strcmp(set.v[i].kid, set.v[k].kid) != 0);
	}
	token_set_free(&set);
	return 0;
}
