#!/bin/bash
# external_mutants - the tests of the sweep, run on copies of it with one fault each:
# every one must make them fail.
set -u -o pipefail

cd "$(dirname "$0")/../.." || exit 2
sources="lib/cache/external.c lib/cache/store_sweep.c"
tests="tests/db/test_external_writes.c tests/db/test_external_sweepers.c"
. tests/kit/mutants.sh

mutant none external.c ''
mutant none external.c '' test_external_sweepers
mutant "bump left out" store_sweep.c 's/^	generation_invalidate\(st->generations, tags, 2\);//'
mutant "any row taken for none" store_sweep.c '/^invalidate_record\(/,/^}/s/^		generation_invalidate_all\(st->generations\);//'
mutant "a full look taken for all" store_sweep.c '/^invalidate_records/,/^}/s/^		generation_invalidate_all\(st->generations\);//'
mutant "notes stay" store_sweep.c 's/cache_changes WHERE id IN \(\?/cache_changes WHERE 0 IN (?/'
mutant "deleted up to a number" store_sweep.c 's/WHERE id IN \(\?/WHERE id <= GREATEST(0, ?/'
mutant "served although not swept" store_sweep.c '/^store_sweep_external/,/^}/s/return (done|false);/return true;/'
mutant "no turns" external.c '/^take_turn\(/,/^}/s/^	(if|pthread|return false).*/	return true;/' test_external_sweepers
mutant "a sweep is good for ever" external.c 's/age < MAX_AGE_US/true/'
mutant "the list is not looked at" external.c 's/^	return n >= ALL_TABLES;/	return false;/; s/== hash\)/== 0)/'
mutant "a change of the list is not heard of" external.c '/^external_forget_tables/,/^}/s/^	atomic_fetch.*//'

mutants_end external_mutants
