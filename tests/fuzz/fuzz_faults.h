#ifndef BRISK_FUZZ_FAULTS_H
#define BRISK_FUZZ_FAULTS_H
/* fuzz_faults - what holds of faults whatever was sent. */
#include "schema/utf8.h"
#include "schema/decode.h"
#include "fuzz.h"

static inline void
faults_check(const struct faults *fs, bool refused)
{
	MUST(!fs->failed);
	MUST((fs->n > 0) == refused);
	MUST(fs->n <= MAX_FAULTS);
	for (size_t i = 0; i < fs->n; i++) {
		const struct fault	*f = &fs->v[i];

		MUST((f->pointer != NULL) + (f->parameter != NULL) +
		    (f->header != NULL) == 1);
		MUST(f->code != NULL && f->detail != NULL);
		MUST(utf8_is_valid(str_of(f->detail)));
		MUST(f->pointer == NULL || f->pointer[0] == '#');
		MUST(utf8_is_valid(str_of(f->pointer)) && utf8_is_valid(str_of(f->parameter)));
	}
}

#endif
