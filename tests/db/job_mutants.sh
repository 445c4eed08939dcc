#!/bin/bash
# job_mutants - the tests of the queue, run on copies of it with one fault each:
# every one must make them fail.
set -u -o pipefail

cd "$(dirname "$0")/../.." || exit 2
sources="lib/job/job.c lib/job/claim.c lib/job/run.c lib/job/sql.c"
tests="tests/db/test_job.c tests/db/test_job_worker.c"
. tests/kit/mutants.sh

mutant none job.c ''
mutant none job.c '' test_job_worker
mutant "ended without a look at the lease" sql.c 's/AND lease_token = \?"/AND (lease_token = ? OR 1)"/' test_job_worker
mutant "a lost lease is not noticed" job.c '/^job_transition/,/^}/s/result.affected > 0/true/' test_job_worker
mutant "the effect is not taken back" job.c 's/store_write\(j->store, tags, ntags, effect_run, &e\)/(effect_run(j->store, \&e))/' test_job_worker
mutant "waits for others' locks" sql.c 's/ SKIP LOCKED//' test_job_worker
mutant "another order" sql.c 's/ORDER BY run_at, id LIMIT/ORDER BY created_at, id LIMIT/' test_job_worker
mutant "claimed before it is due" sql.c 's/"run_at <= \? ORDER/"(run_at <= ? OR 1) ORDER/'
mutant "attempts are not counted" sql.c 's/attempts = attempts \+ 1 WHERE/attempts = attempts WHERE/'
mutant "what was handed back counts" sql.c 's/attempts = attempts - 1/attempts = attempts/' test_job_worker
mutant "nothing is handed back" claim.c '/^job_run_due/,/^}/s/release_jobs\(&b, i\);/;/' test_job_worker
mutant "goes on when told to end" claim.c 's/!atomic_load\(ending\)/true/' test_job_worker
mutant "leases are taken while they hold" sql.c 's/lease_until < \? ?/(lease_until < ? OR 1) /' test_job_worker
mutant "leases never run out" claim.c '/^job_run_due/,/^}/s/err = reap_expired\(q\);//' test_job_worker
mutant "one that failed is claimed among others" claim.c '/^claimable/,/^}/s/v\[0\].attempts > 0/false/; /^claimable/,/^}/s/v\[i\].attempts == 0/true/' test_job_worker
mutant "no pause" job.c '/^job_backoff_ms/,/^}/s/return .*/return 0;/'
mutant "its key stays taken" sql.c "s/'(done|dead)', dedupe_key = NULL/'\1'/"
mutant "what does not fit is tried again" run.c 's/job_fail\(j, JOB_DEAD, "the payload/job_fail(j, JOB_RETRY, "the payload/'
mutant "an unknown kind is given up at once" run.c 's/!r->failed_at.has \|\| //'
mutant "a letter is queued anew twice" sql.c 's/"retried_at IS NULL"/"1"/'
mutant "what comes again ends" job.c '/^job_finish/,/^}/s/every_s == 0/every_s >= 0/'

mutants_end job_mutants
