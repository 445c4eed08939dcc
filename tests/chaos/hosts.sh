#!/bin/bash
# hosts - each way to run the programs, while one of them is exchanged or blocked,
# clients are slow, and the web server is killed.
#
#	tests/chaos/hosts.sh [SERVER ...]	lighttpd proxy apache
#
# TIMES of an exchange (100; mod_fcgid 20), BLOCKED seconds (60); B as for make.
# An installation of its own for each, from copies of the programs.  The last line
# is "hosts: N passed, N failed".
set -u -o pipefail

root=$(cd "$(dirname "$0")/../.." && pwd -P)
B=${B:-build} blocked=${BLOCKED:-60}
[[ $B == /* ]] || B=$root/$B
servers=("${@:-lighttpd}")
[ $# != 0 ] || servers=(lighttpd proxy apache)
suite=hosts
cd "$root" || exit 2
. "$root/tests/chaos/super_kit.sh"

tmp=$(mktemp -d /tmp/brisk.XXXXXX) || exit 2
built=$B
B=$tmp/b VAR=$tmp/var PORT=$(free_port)
export B VAR PORT BRISK_CONF=$VAR/brisk.conf
export SET="rate_limit=off statement_ms=$(((blocked + 5) * 1000)) workers_min=2 workers_max=2"
cleanup() {
	trap '' INT TERM HUP
	"${BRISK:-build/bin/brisk}" stack stop >/dev/null 2>&1
	[ -z "${KEEP:-}" ] && rm -rf "$tmp" || echo "kept: $tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP
mkdir -p "$B" && cp -r "$built/bin" "$built/share" migrations "$B/" &&
    cp "$B/bin/products" "$tmp/" &&
    ${CC:-cc} -D_GNU_SOURCE -std=c11 -O2 -o "$tmp/load" tests/chaos/load.c -pthread || exit 2

up() { SERVER=$server "${BRISK:-build/bin/brisk}" stack start >"$tmp/start" 2>&1; }
says() { curl -s -m 5 -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT$1"; }
both_answer() { [ "$(says '/v1/products?limit=1') $(says '/v1/categories?limit=1')" = "200 200" ]; }
pids_of() { "$B/bin/brisk" status --json 2>/dev/null |
    jq -r ".workers[] | select(.program == \"$1\") | .pid" | sort | tr '\n' ' '; }
ours() { grep -lzxF "BRISK_STACK=$VAR" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 |
    grep -vxF -f <(cat "$VAR"/{db,cache}.pid); }

# loads SECONDS NAME ...: 8 connections each; told NAME sets answered, ..., slowest.
loads() {
	local name seconds=$1

	shift
	loading=()
	for name; do
		"$tmp/load" "$PORT" "/v1/$name?limit=1" 8 "$seconds" >"$tmp/$name.loaded" &
		loading+=($!)
	done
}
told() {
	read -r answered fine refused broken slowest < <(tail -n 1 "$tmp/$1.loaded")
	printf '%-10s %-34s %9d %7d %7d %6d ms\n' "$server" "$2: $1" "$answered" \
	    "$refused" "$broken" "$slowest"
	is "$server, $2: $1 refused, broken" "$refused $broken" "0 0"
	within "$server, $2: $1 answered" "$answered" 50 1000000000
}

# As long as $tmp/on is there; told as above.
steady() {
	local name

	: >"$tmp/on"
	loading=()
	for name; do
		while [ -e "$tmp/on" ]; do
			"$tmp/load" "$PORT" "/v1/$name?limit=1" 8 4
		done | awk '{ for (i = 1; i < 5; i++) sum[i] += $i; if ($5 > most) most = $5 }
		    END { print sum[1], sum[2], sum[3], sum[4], most }' >"$tmp/$name.loaded" &
		loading+=($!)
	done
}

# --- one program is exchanged -----------------------------------------------------

has_changed() { [ "$(pids_of products)" != "$pids" ]; }

exchange() {
	local at=$B/bin/products

	[ "$server" != apache ] || at=$VAR/www/products.fcgi
	cp "$tmp/products" "$tmp/new" && mv "$tmp/new" "$at"
	if [ "$server" = apache ]; then
		waits has_changed	# when mod_fcgid has looked again
	else
		"$B/bin/brisk" restart products >/dev/null 2>&1 || wrong "$server, roll" "refused"
	fi
}

exchanges() {
	local i pids same=0 others times=${TIMES:-100}

	[ "$server" != apache ] || times=${TIMES:-20}
	loads 1 categories products
	wait "${loading[@]}"
	others=$(pids_of categories)
	steady categories products
	sleep 0.3
	for ((i = 0; i < times; i++)); do
		pids=$(pids_of products)
		exchange
		[ "$(pids_of products)" != "$pids" ] || same=$((same + 1))
	done
	rm "$tmp/on"
	wait "${loading[@]}"
	told products "$i exchanges"
	told categories "$i exchanges"
	within "$server, exchanges that changed nothing" $same 0 0
	[ "$server" = apache ] || is "$server: the other's processes" "$(pids_of categories)" "$others"
}

# --- one program is blocked -------------------------------------------------------

block() {
	mariadb --no-defaults -S "$VAR/db.sock" -u root brisk \
	    -e "LOCK TABLES products WRITE; DO SLEEP($blocked); UNLOCK TABLES" &
	holder=$!
	sleep 0.5
	seq 12 | xargs -P 12 -I@ curl -s -m $((blocked + 20)) -o /dev/null -w '%{http_code}\n' \
	    "http://127.0.0.1:$PORT/v1/products?limit=1&price_min=@" >"$tmp/blocked" &
	waiting=$!
	loads $((blocked - 3)) categories
	wait "${loading[@]}"
	is "$server, blocked: nobody was answered meanwhile" "$(wc -l <"$tmp/blocked")" 0
	told categories "products blocked $blocked s"
	wait $holder $waiting
}

# --- slow clients ------------------------------------------------------------------

# 64 that upload a little at a time, 200 that only keep their connection.
slow_clients() {
	python3 - "$PORT" "$1" <<-'END'
	import socket, sys, time
	port, until = int(sys.argv[1]), time.time() + float(sys.argv[2])
	def dial():
	    s = socket.create_connection(("127.0.0.1", port))
	    s.settimeout(5)
	    return s
	idle = [dial() for _ in range(200)]
	for s in idle:
	    s.sendall(b"GET /v1/categories?limit=1 HTTP/1.1\r\nHost: a\r\n\r\n")
	    s.recv(65536)
	slow = [dial() for _ in range(64)]
	for i, s in enumerate(slow):
	    s.sendall(b"POST /v1/products HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n")
	    s.sendall(b"Transfer-Encoding: chunked\r\n\r\n" if i % 2 else b"Content-Length: 60000\r\n\r\n")
	live = 0
	while time.time() < until:
	    live = 0
	    for i, s in enumerate(slow):
	        try:
	            s.sendall(b"64\r\n" + b" " * 100 + b"\r\n" if i % 2 else b" " * 100)
	            live += 1
	        except OSError:
	            pass
	    time.sleep(0.1)
	print(live)
	END
}

slow() {
	slow_clients 12 >"$tmp/slow" &
	clients=$!
	sleep 2
	loads 8 products categories
	wait "${loading[@]}"
	told products "slow clients"
	within "$server, slow clients: slowest" "$slowest" 0 3000
	told categories "slow clients"
	wait $clients
	within "$server, slow clients: uploads that went on" "$(cat "$tmp/slow")" 60 64
}

# --- the web server dies -----------------------------------------------------------

web_pids() { ours | while read -r pid; do
	[[ $(readlink "/proc/$pid/exe") != */@(apache2|lighttpd*) ]] || echo "$pid"
    done; }
# Where somebody else started the programs they stay; else they end by themselves.
left() {
	case $server in
	proxy*|spawn) [ -z "$(web_pids)" ] ;;
	*) [ -z "$(ours)" ] ;;
	esac
}
none_of() { [ -z "$(ps -o pid= "$@")" ]; }

# Of Apache only the first process may be killed: the others serve on until the
# next start, which ends them.
deaths() {
	local i was died=0

	for i in 1 2 3; do
		kill -s TERM "$(cat "$VAR/web.pid")"
		waits left && ok || wrong "$server, TERM" "left: $(ps -o pid=,args= $(ours))"
		up && waits both_answer && ok || wrong "$server, after TERM" "$(head -c 300 "$tmp/start")"
		kill -s KILL $(web_pids)
		waits left && ok || wrong "$server, all killed" "left: $(ps -o pid=,args= $(ours))"
		up && waits both_answer && ok || wrong "$server, after all" "$(head -c 300 "$tmp/start")"
		was=$(web_pids)
		kill -s KILL "$(cat "$VAR/web.pid")"
		up && waits both_answer && ok || wrong "$server, after KILL" "$(head -c 300 "$tmp/start")"
		waits none_of $was && ok || wrong "$server, KILL" "left: $(ps -o pid=,args= $was)"
		died=$((died + 3))
	done
	printf '%-10s %-34s %9d times\n' "$server" "killed by TERM and -9, and started" $died
}

printf '%-10s %-34s %9s %7s %7s %9s\n' server what answers non-2xx broken slowest
for server in "${servers[@]}"; do
	rm -rf "$VAR/www"
	up || { wrong "$server" "does not start: $(head -c 800 "$tmp/start")"; continue; }
	for part in ${PARTS:-exchanges slow deaths block}; do
		$part
	done
	"${BRISK:-build/bin/brisk}" stack stop >/dev/null 2>&1
	is "$server: nothing is left" "$(ours 2>/dev/null)" ""
done

tally
