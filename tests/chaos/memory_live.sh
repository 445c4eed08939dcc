#!/bin/bash
# memory_live - streams stay open in a program whose every so many-th allocation
# fails for a while: it does not fall, and as soon as there is memory again who
# comes sees what was written last.
#
#	tests/chaos/memory_live.sh		B
#
# Against an installation of its own; the last line is "memory_live: N passed, N failed".
set -u -o pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
B=${B:-build}
[[ $B == /* ]] || B=$ROOT/$B
cd "$ROOT" || exit 2
tmp=$(mktemp -d /tmp/brisk.XXXXXX)
. tests/kit/kit.sh
made=$B written=0
export B=$tmp/b VAR=$tmp/var PORT=$((20000 + RANDOM % 12000)) SET="rate_limit=off"
path=

cleanup() {
	kill $(jobs -p) 2>/dev/null
	[ ! -e "$VAR/brisk.conf" ] || "${BRISK:-build/bin/brisk}" stack stop
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

die() {
	echo "FAIL: $*"
	echo "memory_live: 0 passed, 1 failed"
	exit 1
}

ask() {
	curl -sS -m 5 -H "Authorization: Bearer $TOKEN" "$@" 2>/dev/null
}

# The programs as they are built, but stream short of memory.
prepare() {
	mkdir -p "$B/bin"
	ln -s "$made"/bin/* "$B/bin/"
	ln -s "$made/share" "$B/share"
	rm "$B/bin/stream"
	cat >"$B/bin/stream" <<-END
	#!/bin/sh
	export LD_PRELOAD=$tmp/failmalloc.so FAIL_EVERY=$tmp/short
	exec $made/bin/stream "\$@"
	END
	chmod +x "$B/bin/stream"
	${CC:-cc} -D_GNU_SOURCE -Wall -Wextra -shared -fPIC -O2 -o "$tmp/failmalloc.so" tests/chaos/failmalloc.c
}

write_one() {
	ask -X PATCH -H 'If-Match: *' -H 'Content-Type: application/merge-patch+json' \
	    -d "{\"name\":\"Fern $written.\"}" -o "$tmp/written" -w '%{http_code}' "$url$path"
}

# Streams that open, are told, and close, while each $1-th allocation fails.
short() {
	local i

	echo "$1" >"$tmp/every"
	mv "$tmp/every" "$tmp/short"
	for ((i = 0; i < 30; i++)); do
		ask -N -H 'Accept: text/event-stream' -o /dev/null "$url$path" &
		ask -H 'Prefer: wait=2' -o /dev/null "$url$path" &
		written=$((written + 1))
		[ "$(write_one)" = 200 ] || wrong "a write, each $1-th allocation: $(cat "$tmp/written")"
		sleep 0.05
	done
	rm "$tmp/short"
}

# Who comes now sees the last.
check() {
	local i

	for ((i = 0; i < 20; i++)); do
		ask -N -m 1 -H 'Accept: text/event-stream' "$url$path" >"$tmp/seen"
		! grep -q "\"Fern $written\\.\"" "$tmp/seen" || { ok; return; }
	done
	wrong "each $1-th allocation failed, and now no stream shows what was written"
}

prepare || die "failmalloc.so can not be built"
"${BRISK:-build/bin/brisk}" stack start >"$tmp/start" 2>&1 || die "$(cat "$tmp/start")"
export BRISK_CONF=$VAR/brisk.conf
url=http://127.0.0.1:$PORT
TOKEN=$("$B/bin/brisk" token --seconds 7200 --scope products:write) || die "brisk token"
path=/v1/categories/$(ask -d '{"name":"Fern 0.","slug":"ferns"}' -H 'Content-Type: application/json' \
    "$url/v1/categories" | sed -n 's/.*{"id":"\([^"]*\)".*/\1/p')
check 0
for every in 211 53 17 7 3 2 1; do
	short $every
	check $every
done
wait
# What falls inside of a library ends with 99.
if grep -h 'was killed by signal' "$VAR"/log/handlers.log "$VAR"/run/*.log 2>/dev/null | grep '"stream"' >"$tmp/fell"; then
	wrong "$(head -n 5 "$tmp/fell")"
else
	ok
fi
tally
