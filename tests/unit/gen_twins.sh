#!/bin/bash
# gen_twins - the tests of the generations, run on copies of gen with one fault
# each: every one must make them fail.
set -u -o pipefail

cd "$(dirname "$0")/../.." || exit 2
sources="lib/cache/generation.c lib/cache/generation_write.c"
tests="tests/unit/test_gen.c tests/unit/test_gen_crash.c"
flags="-DSWEEPS=4 -DSTRESS_MS=100"
. tests/twins.sh

twin none generation.c '' test_gen_crash
twin "bump left out" generation_write.c 's/bump \&\& i < wr->n/i < 0/' test_gen
twin "pending ignored" generation.c 's/pending_count\(&cell\[m->cell\[i\]\]\) != 0/false/' test_gen
twin "not noted before it is raised" generation_write.c \
    's/^	atomic_store\(&wr->state, RAISED\);//' test_gen_crash
twin "generation looked at before pending" generation.c '/^generation_fresh/,/^}/ {
	/if \(atomic_load_explicit/,/return false/d
	s/^	size_t.* i;$/&\
	for (i = 0; i < m->n \&\& m->cell[i] <= ALL; i++)\
		if (atomic_load(\&cell[m->cell[i]].generation) != m->generation[i])\
			return false;/
	}' test_gen_crash
twin "recovery without bump" generation_write.c \
    's/at < n \? n : at, true/at < n ? n : at, false/' test_gen_crash
twin "others do not count a step before they change its cell" generation_write.c \
    's/^		count_step\(f, WRITE\(was\), STEP\(was\)\);//' test_gen_crash
twin "a cell's last change not looked at" generation_write.c \
    's/WRITE\(w\) == number \&\& STEP/false \&\& STEP/' test_gen_crash
twin "a dead writer's connection not asked for" generation_write.c \
    's/if \(writer_gone\(arg, f->write\[at\]\.writer\)\)/if (true)/' test_gen_crash
twin "the dead are left alone" generation_write.c 's/^		inherit_slot\(f, i\);//' test_gen_crash

twins_end gen_twins
