#ifndef BRISK_FUZZ_KEY_H
#define BRISK_FUZZ_KEY_H
/* fuzz_key - a signing key, and the tokens it signs. */
#include <unistd.h>

#include "clock.h"
#include "crypto.h"
#include "fuzz.h"
#include "log.h"
#include "token.h"

#define FUZZ_NOW	INT64_C(1800000000)

static char	 fuzz_folder[] = "/tmp/fuzz.XXXXXX";

/* Made once, in a folder of its own; its file is there until fuzz_clean(). */
static inline const char *
fuzz_key_path(void)
{
	static char	 path[64];

	if (mkdtemp(fuzz_folder) == NULL)
		exit(2);
	snprintf(path, sizeof(path), "%s/key", fuzz_folder);
	log_init("fuzz", (enum log_level)0);
	clock_set_ms(FUZZ_NOW * 1000);
	MUST(ec_key_create(path));
	return path;
}

static inline void
fuzz_clean(void)
{
	static const char *const	 names[] = { "key", "gen", "board",
	    "gen.lock", "board.lock" };
	char				 path[64];

	for (size_t i = 0; i < NELEMS(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", fuzz_folder, names[i]);
		unlink(path);
	}
	rmdir(fuzz_folder);
}

/* Ours, for `issuer` and `audience`. */
static inline struct token_keys
fuzz_keys(const char *path)
{
	struct token_keys	 keys = { .key = ec_key_read(path),
				    .issuer = "https://nursery.example",
				    .audience = "https://api.nursery.example" };

	MUST(keys.key != NULL && ec_key_id(keys.key, keys.kid));
	return keys;
}

#endif
