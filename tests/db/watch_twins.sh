#!/bin/bash
# watch_twins - the tests of the sweep, run on copies of it with one fault each:
# every one must make them fail.
set -u -o pipefail

cd "$(dirname "$0")/../.." || exit 2
sources="lib/cache/external.c lib/cache/store_external.c"
tests="tests/db/test_watch.c"
. tests/twins.sh

twin none external.c ''
twin "bump left out" store_external.c 's/^	generation_invalidate\(st->gen, tags, 2\);//'
twin "any row taken for none" store_external.c '/^make_stale/,/^}/s/^		generation_invalidate_all\(st->gen\);//'
twin "a full look taken for all" store_external.c '/^bump/,/^}/s/^		generation_invalidate_all\(st->gen\);//'
twin "notes stay" store_external.c 's/cache_changes WHERE id IN \(\?/cache_changes WHERE 0 IN (?/'
twin "deleted up to a number" store_external.c 's/WHERE id IN \(\?/WHERE id <= GREATEST(0, ?/'
twin "served although not swept" store_external.c '/^store_sweep_external/,/^}/s/return (done|false);/return true;/'
twin "no turns" external.c '/^take\(/,/^}/s/^	(if|pthread|return false).*/	return true;/'
twin "a sweep is good for ever" external.c 's/age < LATE_US/true/'
twin "the list is not looked at" external.c 's/^	return n >= MANY;/	return false;/; s/== hash\)/== 0)/'
twin "a change of the list is not heard of" external.c '/^external_forget_tables/,/^}/s/^	atomic_fetch.*//'

twins_end watch_twins
