#!/bin/bash
# stale - is any answer older than what somebody was told before it was asked
# for?  Clients read and write products, categories and expansions over HTTP,
# while workers and programs are killed and rolled, memcached is killed, hung
# and tampered with, and connections to the database are cut.
#
#	tests/chaos/stale.sh [quick]
#
# OPERATIONS (1000000; quick: as many as fit), MAX_SECONDS (1200; quick: 10),
# CLIENTS (8); PARTS ("isolation hung neighbour mixed"); MUTANTS (those of
# faults.c that must be caught; "" none).  B as for make.
#
# The programs are linked with faults.c, so that they can also be killed right
# before and after COMMIT, and so that a fault can be planted: what is looked
# for must then be found.  The last line is "stale: N passed, N failed".
set -u -o pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
cd "$ROOT" || exit 2
B=${B:-build} CC=${CC:-cc}
[[ $B == /* ]] || B=$ROOT/$B
quick=
[ "${1:-}" != quick ] || quick=1
parts=${PARTS-isolation hung neighbour mixed}
mutants=${MUTANTS-no_bump no_pending no_guard late_mark}
tmp=$(mktemp -d /tmp/brisk-stale.XXXXXX) || exit 2
# Never an installation that is there: this one is removed at the end.
. tests/kit/kit.sh
VAR=$tmp/var PORT=$((20000 + RANDOM % 12000)) SET=
export VAR PORT CLIENTS=${CLIENTS:-8}
if [ -n "$quick" ]; then
	export OPERATIONS=${OPERATIONS:-1000000} MAX_SECONDS=${MAX_SECONDS:-10}
	export LEAST=${LEAST:-1000} SPEED=${SPEED:-2} FLOOR=${FLOOR:-50}
else
	export OPERATIONS=${OPERATIONS:-1000000} MAX_SECONDS=${MAX_SECONDS:-1200}
fi

finish() {
	trap '' INT TERM HUP PIPE
	if [ -e "$VAR/brisk.conf" ]; then
		B=$tmp/b "${BRISK:-build/bin/brisk}" stack stop >"$tmp/stop" 2>&1 || cat "$tmp/stop"
		if [ $failed != 0 ]; then
			rm -rf "$B/stale-log"
			cp -r "$VAR/log" "$B/stale-log" && echo "logs: $B/stale-log"
		fi
		rm -rf "$VAR"
	fi
	rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

end() {
	tally
	exit
}

# What the Makefile calls $1.
of_make() {
	printf 'include Makefile\ntold: ; @echo $(%s)\n' "$1" | make -s --no-print-directory -f - told B="$B"
}

wraps="-Wl,--wrap=generation_begin_write,--wrap=generation_end_write,--wrap=generation_fresh,--wrap=db_commit,--wrap=store_put"

# The folder of programs, with faults linked into those under test.
build() {
	local flags name

	make -s B="$B" all >"$tmp/make" 2>&1 || return
	flags="$(of_make CPPFLAGS) $(of_make WARN) $(of_make CFLAGS)"
	flags=${flags//-MMD -MP/}
	mkdir -p "$tmp/b" && cp -r "$B/bin" "$B/share" migrations "$tmp/b/" &&
	    $CC $flags -c -o "$tmp/faults.o" tests/chaos/faults.c 2>>"$tmp/make" || return
	for name in products categories; do
		$CC $(of_make LDFLAGS) $(of_make CFLAGS) $wraps -o "$tmp/b/bin/$name" \
		    "$B/handlers/shop/$name.o" "$tmp/faults.o" "$B/libdomain.a" "$B/libbrisk.a" \
		    $(of_make LDLIBS) 2>>"$tmp/make" || return
	done
	$CC $flags -o "$tmp/stale" tests/chaos/{stale*,http,hand}.c -lcurl 2>>"$tmp/make"
}

# told NAME N: the fault of the programs from now on.
told() {
	echo "$1 ${2:-0}" >"$VAR/fault.new" && mv "$VAR/fault.new" "$VAR/fault"
	sleep 0.3
}

# part WORDS ARGS...: one part is one test; its failure is told by itself.
part() {
	if "$tmp/stale" "$@" | grep --line-buffered -v '^stale: '; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
}

deaths() {
	local at

	for at in b:raising r:raised c:COMMIT C:committed l:lowered; do
		printf '%s %s %s' "$([ "$at" = b:raising ] || echo ,)" "${at#*:}" \
		    "$(cat "$VAR/fault.deaths" 2>/dev/null | tr -cd "${at%:*}" | wc -c)"
	done
}

mixed() {
	told die "${DIE:-$([ -n "$quick" ] && echo 100 || echo 400)}"
	part mixed
	echo "  killed by itself, at:$(deaths)"
	told none
	# Where a program and the only worker it had died at once, somebody starts it.
	BRISK_CONF=$VAR/brisk.conf "$tmp/b/bin/brisk" start --all >"$tmp/started" 2>&1 ||
	    wrong "started again: $(cat "$tmp/started")"
	sleep 2
}

# Each fault is caught; the pauses that some need are not one.
all_mutants() {
	local name

	[ -n "$mutants" ] || return
	if [ -z "$quick" ]; then
		told slow
		echo "--- pauses alone"
		ATTACKS=no OPERATIONS=20000 LEAST=20000 FLOOR=0 part mixed
	fi
	for name in $mutants; do
		told "$name"
		echo "--- planted: $name"
		if MUTANT=1 ATTACKS=no MAX_SECONDS=30 OPERATIONS=200000 "$tmp/stale" mixed \
		    >"$tmp/mutant"; then
			grep -m 1 STALE "$tmp/mutant"
			grep 'stale reads seen' "$tmp/mutant"
			passed=$((passed + 1))
		else
			cat "$tmp/mutant"
			wrong "planted $name was not caught"
		fi
	done
	told none
}

[ -n "$(command -v curl)" ] && build || {
	cat "$tmp/make"
	wrong "it can not be built"
	end
}
B=$tmp/b SET="rate_limit=off log_level=warn token_seconds=86400 cache_wait_ms=200 ${SET:-}" \
    "${BRISK:-build/bin/brisk}" stack start >"$tmp/start" 2>&1 || {
	cat "$tmp/start"
	wrong "no installation"
	end
}
TOKEN=$(BRISK_CONF=$VAR/brisk.conf "$tmp/b/bin/brisk" token --seconds 7200 --scope "products:write ops:read") ||
    wrong "brisk token"
export TOKEN BASE=http://127.0.0.1:$PORT
for name in $parts; do
	echo "--- $name"
	if [ "$name" = mixed ]; then
		mixed
	else
		part "$name"
	fi
done
all_mutants
end
