#!/bin/bash
# jobs - the durable queue under attack; against an installation of its own.
#
#	tests/chaos/jobs.sh		B; JOBS (160) of the first attack, READY
#					(100000) of the last, each SECONDS (8)
#
# Q1: 16 threads in 4 processes work up to 3 s under leases of 1 s, and processes
#     are stopped and go on: each job's effect is there once.
# Q2: of 2000 jobs one in a hundred is poison: it is a dead letter once, the
#     others are done.
# Q3: of READY jobs, how many a second by 1, 2, 4, 8 threads; and by 16 in two
#     processes, to see where the database ends it.
#
# Then Q1 without the look at the lease must fail.  The last line is
# "jobs: N passed, N failed".
set -u -o pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
cd "$ROOT" || exit 2
B=${B:-build} jobs=${JOBS:-160} ready=${READY:-100000} seconds=${SECONDS_EACH:-8}
[[ $B == /* ]] || B=$ROOT/$B
suite=jobs SET="workers_min=4 workers_max=4 jobs_threads=4"
. "$ROOT/tests/chaos/jobs_kit.sh"
jobs_start

# Stops one of the workers for more than a lease, again and again.
stop_some() {
	local pid

	while [ ! -e "$tmp/over" ]; do
		pid=$(pids | shuf -n 1)
		[ -n "$pid" ] && kill -STOP "$pid" 2>/dev/null
		sleep 1.$((RANDOM % 9))
		[ -n "$pid" ] && kill -CONT "$pid" 2>/dev/null
		sleep 0.$((RANDOM % 9))
	done
}

# stopped N: N jobs under that; how long it took is told.
stopped() {
	local began=$SECONDS

	forget
	rm -f "$tmp/over"
	stop_some &
	is "Q1: queued" "$(queue brief 1 "$1" 3000)" 202
	WAIT=600 waits idle
	touch "$tmp/over"
	wait $!
	echo "  Q1: $1 jobs in $((SECONDS - began)) s: $(states), effects $(effects)," \
	    "leases lost $(ended brief lost)," \
	    "tries $(sql "SELECT SUM(attempts) FROM jobs WHERE queue = 'chores'")"
}

# --- Q1 -------------------------------------------------------------------------
stopped "$jobs"
is "Q1: all are done" "$(states)" "done:$jobs"
is "Q1: each once" "$(effects)" "$jobs $jobs"
holds "Q1: leases were lost" [ "$(ended brief lost)" -gt 0 ]

# --- Q2 -------------------------------------------------------------------------
forget
for ((i = 0; i < 20; i++)); do
	queue nothing 1 99 >/dev/null
	queue poison 1 1 >/dev/null
done
began=$SECONDS
healthy() { [ "$(sql "SELECT COUNT(*) FROM jobs WHERE kind = 'nothing' AND state = 'done'")" = 1980 ]; }
holds "Q2: the others are done" waits healthy
echo "  Q2: 1980 jobs beside 20 that fail in $((SECONDS - began)) s"
# Their pauses are minutes: the clock is helped on.
hurry() {
	sql "UPDATE jobs SET run_at = NOW(3) - INTERVAL 1 SECOND WHERE kind = 'poison' AND state = 'ready'"
	idle
}
WAIT=240 holds "Q2: nothing is stuck" waits hurry
is "Q2: poison is dead" "$(states)" "dead:20 done:1980"
is "Q2: one letter each, after eight tries" "$(sql "SELECT CONCAT_WS(' ', COUNT(*), \
    COUNT(DISTINCT job_id), MIN(attempts), MAX(attempts)) FROM dead_letters")" "20 20 8 8"

# --- Q3 -------------------------------------------------------------------------
sed -i 's/^jobs_threads.*/jobs_threads = 0/' "$VAR/brisk.conf"
brisk restart chores >"$tmp/told" 2>&1 || die "$(cat "$tmp/told")"

# rate THREADS PROCESSES: jobs a second.
rate() {
	local i ended

	forget
	sql "INSERT INTO jobs (queue, kind, payload) SELECT 'chores', 'nothing',
	    '{\"n\":1,\"ms\":0}' FROM seq_1_to_$ready; ANALYZE TABLE jobs" >/dev/null
	for ((i = 0; i < $2; i++)); do
		BRISK_JOBS_THREADS=$1 BRISK_LOG_LEVEL=error "$tmp/b/bin/chores" --jobs \
		    --for "${seconds}s" 2>>"$tmp/errors" &
	done
	wait
	ended=$(sql "SELECT COUNT(*) FROM jobs WHERE queue = 'chores' AND state = 'done'")
	echo $((ended / seconds))
}

claim=$(sed -n '/JOB_SQL_CLAIM\]/,/\.in/s/.*"\(.*\)".*/\1/p' lib/job/sql.c | tr -d '\n')
claim=${claim/queue = \?/queue = \'chores\'} claim=${claim/<= \?/<= NOW(3)} claim=${claim/LIMIT \?/LIMIT 10}
one=$(rate 1 1)
plan=$(sql "EXPLAIN $claim")
holds "Q3: the claim is explained" grep -q claim <<<"$plan"
is "Q3: it does not sort" "$(grep -c filesort <<<"$plan")" 0
printf '  Q3: %d ready jobs\n%14s %8s %7s\n%14s %8d %7s\n' "$ready" threads "jobs/s" ratio 1 "$one" 1.00
best=0
for shape in "2 1" "4 1" "8 1" "8 2"; do
	read -r threads processes <<<"$shape"
	many=$(rate "$threads" "$processes")
	printf '%14s %8d %7s\n' "$threads x $processes" "$many" "$(awk "BEGIN { printf \"%.2f\", $many / ($one + 1) }")"
	[ "$many" -le "$best" ] || best=$many
done
holds "Q3: more threads do more" [ $((best * 2)) -ge $((one * 3)) ]
is "Q3: no fault" "$(head -n 3 "$tmp/errors")" ""

# --- the mutant ----------------------------------------------------------------------
# A finish that does not look at the lease: then Q1 must find effects twice.
forget
sed -i 's/^jobs_threads.*/jobs_threads = 4/' "$VAR/brisk.conf"
sed -E 's/AND lease_token = \?"/AND (lease_token = ? OR 1)"/' lib/job/sql.c >"$tmp/job_sql.c"
flags="$(of_make CPPFLAGS) $(of_make CFLAGS)"
$CC ${flags//-MMD -MP/} -o "$tmp/mutant" tests/chaos/jobs_program.c "$tmp/job_sql.c" \
    "$B/libbrisk.a" $(of_make LDLIBS) || die "the mutant can not be built"
brisk restart --with "$tmp/mutant" chores >"$tmp/told" 2>&1 || die "$(cat "$tmp/told")"
stopped 60
holds "the mutant is caught" [ "$(effects)" != "60 60" ]

tally
