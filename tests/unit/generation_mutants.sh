#!/bin/bash
# generation_mutants - the tests of the generations, run on copies of gen with one fault
# each: every one must make them fail.
set -u -o pipefail

cd "$(dirname "$0")/../.." || exit 2
sources="lib/cache/generation.c lib/cache/generation_write.c"
tests="tests/unit/test_generation.c tests/unit/test_generation_crash.c tests/unit/test_generation_stress.c"
flags="-DSWEEPS=4 -DSTRESS_MS=100"
. tests/kit/mutants.sh

mutant none generation.c '' test_generation_crash
mutant "bump left out" generation_write.c 's/bump \&\& i < wr->n/i < 0/' test_generation
mutant "pending ignored" generation.c 's/pending_count\(&cell\[m->cell\[i\]\]\) != 0/false/' test_generation
mutant "not noted before it is raised" generation_write.c \
    's/^	atomic_store\(&wr->state, RAISED\);//' test_generation_crash
mutant "generation looked at before pending" generation.c '/^generation_fresh/,/^}/ {
	/if \(atomic_load_explicit/,/return false/d
	s/^	size_t.* i;$/&\
	for (i = 0; i < m->n \&\& m->cell[i] <= ALL; i++)\
		if (atomic_load(\&cell[m->cell[i]].generation) != m->generation[i])\
			return false;/
	}' test_generation_crash
mutant "recovery without bump" generation_write.c \
    's/at < n \? n : at, true/at < n ? n : at, false/' test_generation_crash
mutant "others do not count a step before they change its cell" generation_write.c \
    's/^		count_step\(f, WRITE\(was\), STEP\(was\)\);//' test_generation_crash
mutant "a cell's last change not looked at" generation_write.c \
    's/WRITE\(w\) == number \&\& STEP/false \&\& STEP/' test_generation_crash
mutant "a dead writer's connection not asked for" generation_write.c \
    's/if \(writer_gone\(arg, f->write\[at\]\.writer\)\)/if (true)/' test_generation_crash
mutant "the dead are left alone" generation_write.c 's/^		inherit_slot\(f, i\);//' test_generation_crash

mutants_end generation_mutants
