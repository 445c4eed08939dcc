#!/bin/bash
# watch_twins - the tests of the sweep, run on copies of it with one fault each:
# every one must make them fail.
set -u -o pipefail

cd "$(dirname "$0")/../.." || exit 2
sources="lib/cache/watch.c lib/cache/store_watch.c"
tests="tests/db/test_watch.c"
. tests/twins.sh

twin none watch.c ''
twin "bump left out" store_watch.c 's/^	gen_stale\(st->gen, tags, 2\);//'
twin "any row taken for none" store_watch.c '/^make_stale/,/^}/s/^		gen_bump_all\(st->gen\);//'
twin "a full look taken for all" store_watch.c '/^bump/,/^}/s/^		gen_bump_all\(st->gen\);//'
twin "notes stay" store_watch.c 's/cache_changes WHERE id IN \(\?/cache_changes WHERE 0 IN (?/'
twin "deleted up to a number" store_watch.c 's/WHERE id IN \(\?/WHERE id <= GREATEST(0, ?/'
twin "served although not swept" store_watch.c '/^store_swept/,/^}/s/return (done|false);/return true;/'
twin "no turns" watch.c '/^take\(/,/^}/s/^	(if|pthread|return false).*/	return true;/'
twin "a sweep is good for ever" watch.c 's/age < LATE_US/true/'
twin "the list is not looked at" watch.c 's/^	return n >= MANY;/	return false;/; s/== hash\)/== 0)/'
twin "a change of the list is not heard of" watch.c '/^watch_forget/,/^}/s/^	atomic_fetch.*//'

twins_end watch_twins
