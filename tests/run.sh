#!/bin/bash
# Every test.  Each suite's last line is "NAME: N passed, N failed[, N skipped]";
# the last line here sums them up.
#
#	tests/run.sh [SUITE ...]	only those whose name or file has such a word
#
# Rings: unit (programs and *.sh), the files in tests/fuzz through their targets,
# then, against an installation of its own in a temporary folder, db, http and system; at
# last the programs of http again, behind the other servers of SERVERS.
# B, SERVER and SET as for `make start`.  Unless SET says otherwise the quotas are
# off, as all requests come from one place, and memcached is waited for: a busy
# machine is no reason to go on without it.
#
# The suites find: B, ROOT, TEST_DB_SOCKET (root, no password), TEST_CACHE_SOCKET,
# and in http and system also BASE (the URL), TOKEN, VAR, PORT, SERVER.
set -u -o pipefail

ROOT=$(cd "$(dirname "$0")/.." && pwd -P)
B=${B:-build}
[[ $B == /* ]] || B=$ROOT/$B
SERVER=${SERVER:-lighttpd} SET=${SET:-rate_limit=off cache_wait_ms=5000}
SERVERS=${SERVERS-apache proxy proxy-htaccess spawn cgi}
only=("$@")
cd "$ROOT" || exit 2
suite=run
. tests/kit/kit.sh

wanted() {
	local word

	[ ${#only[@]} -gt 0 ] || return 0
	for word in "${only[@]}"; do
		[[ $1 != *"$word"* ]] || return 0
	done
	return 1
}

# One suite: its words are shown, its last line is counted.
suite() {
	local began=$SECONDS

	[ -x "$1" ] && wanted "$1" || return 0
	timeout -k 10 600 "$1" 2>&1 | tee "$tmp/out"
	count "$1" $?
	echo "$((SECONDS - began)) s ${1##*/}, $SERVER" >>"$tmp/slow"
}

# count SUITE STATUS: what it said is in $tmp/out.
count() {
	local status=$2 bad

	if ! [[ $(tail -n 1 "$tmp/out") =~ ^[A-Za-z0-9_.\ -]+:\ ([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)?$ ]]; then
		wrong "${1#"$ROOT"/} ended with status $status and no count"
		return
	fi
	bad=${BASH_REMATCH[2]}
	passed=$((passed + BASH_REMATCH[1]))
	failed=$((failed + bad))
	skipped=$((skipped + ${BASH_REMATCH[4]:-0}))
	[ "$status" = 0 ] || [ "$bad" != 0 ] ||
	    wrong "${1#"$ROOT"/} ended with status $status"
}

# of RING WORD [FOLDER]: its programs that still have a source.
of() {
	local file

	for file in tests/"$1"/"$2"_*.c; do
		[ ! -e "$file" ] || echo "$B/${3:-$1}/$(basename "$file" .c)"
	done
}

programs() {
	local file

	for file in $(of "$1" test); do
		suite "$file"
	done
}

# And its scripts.
ring() {
	local file

	programs "$1"
	for file in tests/"$1"/*.sh; do
		suite "$ROOT/$file"
	done
}

# Those that share nothing: as many at the same time as there are cores, told in
# their order.
abreast() {
	local file all=() i

	for file; do
		[ ! -x "$file" ] || ! wanted "$file" || all+=("$file")
	done
	mkdir "$tmp/abreast"
	for ((i = 0; i < ${#all[@]}; i++)); do
		printf '%s\0%s\0' "${all[i]}" "$tmp/abreast/$i"
	done | xargs -0 -r -n 2 -P "$(nproc)" bash -c \
	    'timeout -k 10 600 "$0" >"$1" 2>&1; echo $? >"$1.status"; :'
	for ((i = 0; i < ${#all[@]}; i++)); do
		cp "$tmp/abreast/$i" "$tmp/out"
		cat "$tmp/out"
		count "${all[i]}" "$(cat "$tmp/abreast/$i.status" || echo none)"
	done
	rm -rf "$tmp/abreast"
}

# Of these the whole; of those that are much the same, or slow, the core.
core=(products conventions paths conditional bad_request live)
behind() {
	local name

	[ "$1" != "$SERVER" ] || return
	echo "--- behind $1"
	SERVER=$1 "${BRISK:-build/bin/brisk}" stack start >"$tmp/start" 2>&1 || {
		cat "$tmp/start"
		wrong "the installation did not start behind $1"
		return
	}
	case $1 in
	apache|proxy) SERVER=$1 programs http ;;
	*)
		for name in "${core[@]}"; do
			SERVER=$1 suite "$B/http/test_$name"
		done
		;;
	esac
}

# A sanitizer's report, or an alert, is a failure whatever the answers were.
read_logs() {
	local found

	found=$(grep -hE 'Sanitizer|runtime error:|"level":"alert"|\balert\b' \
	    "$VAR"/log/{handlers,lighttpd,apache}.log "$VAR"/run/*.log 2>/dev/null | head -n 40)
	[ -z "$found" ] || wrong "the logs say
$found"
}

cleanup() {
	trap '' INT TERM HUP
	[ ! -e "$VAR/brisk.conf" ] || "${BRISK:-build/bin/brisk}" stack stop
	rm -rf "$tmp"
}

tmp=$(mktemp -d /tmp/brisk.XXXXXX)
VAR=$tmp/var PORT=$(free_port)
export ROOT B SERVER SET VAR PORT
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

abreast "$ROOT"/tests/unit/*.sh $(of unit test) $(of fuzz fuzz replay)

export TEST_DB_SOCKET=$VAR/db.sock TEST_CACHE_SOCKET=$VAR/cache.sock
export BASE=http://127.0.0.1:$PORT
if "${BRISK:-build/bin/brisk}" stack start >"$tmp/start" 2>&1; then
	TOKEN=$(BRISK_CONF=$VAR/brisk.conf "$B/bin/brisk" token --seconds 7200 --scope "products:write ops:read") ||
	    wrong "brisk token"
	export TOKEN
	ring db
	ring http
	ring system
	for server in $SERVERS; do
		behind "$server"
	done
	"${BRISK:-build/bin/brisk}" stack stop || wrong "the installation did not stop"
	read_logs
else
	cat "$tmp/start"
	wrong "the installation did not start"
fi
if [ $failed != 0 ] && [ -d "$VAR/log" ]; then
	rm -rf "$B/test-log"
	cp -r "$VAR/log" "$B/test-log"
	echo "logs of the installation: $B/test-log"
fi

[ ! -e "$tmp/slow" ] || printf 'the slowest: %s\n' "$(sort -rn "$tmp/slow" | head -n 12 | paste -sd';')"
printf '%d passed, %d failed' $passed $failed
[ $skipped = 0 ] || printf ', %d skipped' $skipped
echo
[ $failed = 0 ] && [ $passed != 0 ]
