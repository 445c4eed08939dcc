#!/bin/bash
# concurrency - what W workers of T threads do with statements that take long:
# REQUESTS (1000) of 200 ms each, beside what arithmetic says; and what an
# answer that needs no database costs meanwhile.
#
#	tests/bench/concurrency.sh [WxT ...]	1x4 2x4 2x16 4x16 when none is named
#
# slow.c is built against B/libbrisk.a and mounted in an installation of our
# own (PORT, VAR), which is started and stopped for each line.  CLIENTS (64)
# connections ask at the same time.
set -u -o pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
cd "$ROOT" || exit 2
B=${B:-build} CC=${CC:-cc} requests=${REQUESTS:-1000} clients=${CLIENTS:-64}
[[ $B == /* ]] || B=$ROOT/$B
tmp=$(mktemp -d /tmp/brisk-slow.XXXXXX) || exit 2
PORT=$((20000 + RANDOM % 12000)) VAR=$tmp/var
export PORT VAR

die() {
	printf 'concurrency: %s\n' "$*" >&2
	exit 1
}

stop() {
	[ ! -e "$VAR/brisk.conf" ] || B=$tmp/b "${BRISK:-build/bin/brisk}" stack stop >/dev/null
}

finish() {
	trap '' INT TERM HUP PIPE
	stop
	rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

. tests/chaos/scratch_kit.sh

# Milliseconds since some time ago.
ms() { echo $(($(date +%s%N) / 1000000)); }

# Median in ms of an answer that needs no database, asked 20 times.
fast() {
	local i

	for ((i = 0; i < 20; i++)); do
		curl -s -m 20 -o /dev/null -w '%{time_total}\n' "$base/none"
		sleep 0.02
	done | sort -n | awk '{ t[NR] = $1 } END { printf "%.1f\n", 1000 * t[int((NR + 1) / 2)] }'
}

# KiB of the web server.
web_kib() { awk '/^VmRSS/ { print $2 }' "/proc/$(<"$VAR/web.pid")/status"; }

# ask N CLIENTS: how many answers were not 200.
ask() {
	curl -s -Z --parallel-max "$2" --parallel-immediate -m 60 -o /dev/null \
	    -w '%{http_code}\n' "$base/sql#[1-$1]" 2>"$tmp/curl" | grep -vc '^200$'
}

line() {
	local w=${1%x*} t=${1#*x} began took bad calm busy kib waiting

	B=$tmp/b SET="rate_limit=off log_level=error database_connections=0 \
	    threads=$t workers_min=$w workers_max=$w" \
	    "${BRISK:-build/bin/brisk}" stack start >"$tmp/start" 2>&1 || die "$(cat "$tmp/start")"
	base=http://127.0.0.1:$PORT/v1/slow
	ask $((2 * w * t)) "$clients" >/dev/null	# connections are there now
	calm=$(fast)
	kib=$(web_kib)
	began=$(ms)
	ask "$requests" "$clients" >"$tmp/bad" &
	sleep 0.5
	busy=$(fast)
	waiting=$(web_kib)
	wait $!
	took=$(($(ms) - began)) bad=$(<"$tmp/bad")
	awk -v w="$w" -v t="$t" -v n="$requests" -v c="$clients" -v took="$took" -v bad="$bad" \
	    -v calm="$calm" -v busy="$busy" -v kib="$((waiting - kib))" 'BEGIN {
		at_once = w * t < c ? w * t : c
		ideal = n * 0.2 / at_once
		printf "%3d x %-3d %9.1f s %9.1f s %6.2f %10.1f ms %8.1f ms %8d KiB %6d\n",
		    w, t, ideal, took / 1000, took / 1000 / ideal, calm, busy, kib, bad
	}'
	stop
}

scratch slow tests/bench/slow.c
printf '%9s %11s %11s %6s %13s %11s %12s %6s\n' "W x T" "arithmetic" "measured" ratio \
    "fast, calm" "fast, busy" "web server" failed
[ $# != 0 ] || set -- 1x4 2x4 2x16 4x16
for one; do
	[[ $one =~ ^[1-9][0-9]*x[1-9][0-9]*$ ]] || die "not WxT: $one"
	line "$one"
done
