#!/bin/bash
# bench - how far from the limits, and from the peers: ratios of paired rounds.
#
#	tests/bench/bench.sh [VAR]
#
# VAR		 the folder of a running installation that answers on URL;
#		 without it one is started for the time of the bench
# URL		 its base (http://127.0.0.1:8080), with VAR only
# URL_NOCACHE	 the same of one with `cache_socket =` empty; without it one is
#		 started for the time of the bench
# PEERS		 whom to compare with, of: fastapi ("fastapi"; empty: nobody)
# ROUNDS, DURATION, CLIENTS
#		 rounds (5), seconds of each measure in a round (1), connections (16)
#
# An installation that is measured must have rate_limit = off.  In each round
# every target has its turn; the ratios are of the same round, and the table
# shows their medians.  All runs on one machine, the load too: only ratios
# say something.  What is started here is ended here, by its pid.
set -u -o pipefail

HERE=$(cd "$(dirname "$0")" && pwd -P)
ROOT=$(cd "$HERE/../.." && pwd -P)
VAR=${1:-} URL=${URL:-http://127.0.0.1:8080} URL_NOCACHE=${URL_NOCACHE:-}
PEERS=${PEERS-fastapi} ROUNDS=${ROUNDS:-5} DURATION=${DURATION:-1} CLIENTS=${CLIENTS:-16}
CC=${CC:-cc}
. "$ROOT/tests/kit/kit.sh"
TMP=$(mktemp -d /tmp/brisk-bench.XXXXXX) || exit 1
pids=() stacks=() names=() labels=() urls=()

say() { printf '%s\n' "$*" >&2; }

die() {
	say "bench: $*"
	exit 1
}

end_all() {
	local pid dir

	trap '' INT TERM HUP
	for pid in "${pids[@]}"; do
		kill -s TERM "$pid" 2>/dev/null
	done
	for pid in "${pids[@]}"; do
		wait "$pid" 2>/dev/null
	done
	for dir in "${stacks[@]}"; do
		make -s -C "$ROOT" stop VAR="$dir" >/dev/null 2>&1 ||
		    say "bench: could not stop $dir"
	done
	rm -rf "$TMP"
}
trap end_all EXIT
trap 'exit 1' INT TERM HUP

# await PID URL: until it answers, or the process ended.
await() {
	for _ in {1..300}; do
		curl -fs -m 2 -o /dev/null "$2" && return 0
		kill -0 "$1" 2>/dev/null || return 1
		sleep 0.05
	done
	return 1
}

# start_stack NAME "key=value ...": an installation of our own; prints its base.
start_stack() {
	local port

	port=$(free_port)
	say "starting the installation $1"
	make -s -C "$ROOT" start VAR="$TMP/$1" PORT="$port" SERVER=lighttpd \
	    SET="rate_limit=off threads=8 workers_max=1 $2" >"$TMP/$1.log" 2>&1 || {
		tail -n 20 "$TMP/$1.log" >&2
		return 1
	}
	echo "http://127.0.0.1:$port"
}

# --- the limits ---------------------------------------------------------------

build() {
	local flags

	flags=$(pkg-config --cflags --libs libmariadb) || die "libmariadb is not there"
	$CC -std=c11 -D_GNU_SOURCE -O2 -Wall -o "$TMP/noop" "$HERE/noop.c" -lfcgi -pthread &&
	    $CC -std=c11 -D_GNU_SOURCE -O2 -Wall -o "$TMP/select" "$HERE/select.c" \
		-lfcgi $flags -pthread || die "the programs do not build"
}

start_limits() {
	local port=$1

	mkdir -p "$TMP/www"
	curl -fs -o "$TMP/www/static" "$URL/v1/products/$ID" || die "no product at $URL"
	cat >"$TMP/lighttpd.conf" <<-END
	server.modules = ( "mod_fastcgi" )
	server.document-root = "$TMP/www"
	server.bind = "127.0.0.1"
	server.port = $port
	server.errorlog = "$TMP/lighttpd.log"
	server.max-keep-alive-requests = 1000000
	mimetype.assign = ( "" => "application/json" )
	fastcgi.server = (
	  "/noop" => (( "bin-path" => "$TMP/noop", "socket" => "$TMP/noop.sock",
	    "max-procs" => 1, "check-local" => "disable" )),
	  "/select/" => (( "bin-path" => "$TMP/select", "socket" => "$TMP/select.sock",
	    "max-procs" => 1, "check-local" => "disable",
	    "bin-environment" => ( "DB_SOCKET" => "$VAR/db.sock", "DB_NAME" => "$DB_NAME" ))))
	END
	lighttpd -D -f "$TMP/lighttpd.conf" >"$TMP/lighttpd.out" 2>&1 &
	pids+=($!)
	await $! "http://127.0.0.1:$port/select/products" || {
		cat "$TMP/lighttpd.out" "$TMP/lighttpd.log" >&2
		die "lighttpd did not start"
	}
}

# --- the peers ----------------------------------------------------------------

# Debian's own python: another may come first in PATH, without the packages.
start_fastapi() {
	local port=$1 python=/usr/bin/python3

	if ! "$python" -c 'import fastapi, aiomysql, uvicorn' 2>/dev/null; then
		say "NOT MEASURED: FastAPI (python3-fastapi uvicorn python3-aiomysql)"
		return 1
	fi
	"$python" -c 'import uvloop, httptools' 2>/dev/null ||
	    say "FastAPI is slower here for want of python3-uvloop and python3-httptools"
	DB_SOCKET=$VAR/db.sock DB_NAME=$DB_NAME PYTHONDONTWRITEBYTECODE=1 "$python" \
	    -m uvicorn --app-dir "$HERE" --port "$port" --workers 2 \
	    --no-access-log --log-level warning app:app >"$TMP/fastapi.log" 2>&1 &
	pids+=($!)
	await $! "http://127.0.0.1:$port/v1/products" && return
	tail -n 20 "$TMP/fastapi.log" >&2
	die "FastAPI did not start"
}

# --- measuring ----------------------------------------------------------------

# target NAME LABEL URL
target() {
	names+=("$1") labels+=("$2") urls+=("$3")
	curl -fs -m 5 -o /dev/null "$3" || die "$2: $3 does not answer with 200"
}

targets() {
	target static "static file" "$LIMITS/static"
	target noop "no-op FastCGI program" "$LIMITS/noop"
	target select_get "hand-written C, get" "$LIMITS/select/products/$ID"
	target uncached_get "brisk get, no memcached" "$URL_NOCACHE/v1/products/$ID"
	target cached_get "brisk get" "$URL/v1/products/$ID"
	target select_list "hand-written C, list of 20" "$LIMITS/select/products"
	target uncached_list "brisk list of 20, no memcached" "$URL_NOCACHE/v1/products"
	target cached_list "brisk list of 20" "$URL/v1/products"
	[ -z "$FASTAPI" ] || {
		target fastapi_get "FastAPI, get" "$FASTAPI/v1/products/$ID"
		target fastapi_list "FastAPI, list of 20" "$FASTAPI/v1/products"
	}
}

# Prints "requests-a-second p99-in-ms answers-that-failed".
measure() {
	wrk -t1 -c"$CLIENTS" -d"$2s" --latency "$1" | awk '
	function ms(t) {
		return t ~ /us$/ ? t / 1000 : t ~ /ms$/ ? t + 0 : t * 1000
	}
	/99%/ { p99 = ms($2) }
	/Requests\/sec/ { rate = $2 }
	/Non-2xx/ { bad += $NF }
	/Socket errors/ { gsub(",", ""); bad += $4 + $6 + $8 + $10 }
	END { printf "%d %.2f %d\n", rate, p99, bad }'
}

# What it is at, on a terminal.
show() { [ ! -t 2 ] || printf '\r%-60s\r' "$1" >&2; }

rounds() {
	local round i url

	for url in "${urls[@]}" "${urls[@]}" "${urls[@]}"; do
		curl -fs -o /dev/null "$url"	# warm: plans, pools, the cache
	done
	for ((round = 1; round <= ROUNDS; round++)); do
		for i in "${!urls[@]}"; do
			show "round $round of $ROUNDS: ${labels[$i]}"
			printf '%s %s %s\n' "$round" "${names[$i]}" \
			    "$(measure "${urls[$i]}" "$DURATION")" >>"$TMP/results"
		done
	done
	show ""
}

sizes() {
	local i

	for i in "${!urls[@]}"; do
		printf '%s\t%s\t%s\n' "${names[$i]}" "${labels[$i]}" \
		    "$(curl -fs -o /dev/null -w '%{size_download}' "${urls[$i]}")"
	done
}

# Medians over the rounds of each figure and of each ratio within a round.
table() {
	awk -F'\t' -v results="$TMP/results" '
	function median(list,	v, n, i, j, t) {
		n = split(list, v, " ")
		for (i = 2; i <= n; i++)
			for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) {
				t = v[j]; v[j] = v[j - 1]; v[j - 1] = t
			}
		return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
	}
	function ratio(name, other,	r, list) {
		for (r = 1; r <= rounds; r++)
			if (rate[r, other] > 0)
				list = list " " rate[r, name] / rate[r, other]
		return list == "" ? "" : sprintf("%.2f", median(list))
	}
	BEGIN {
		while ((getline line <results) > 0) {
			split(line, f, " ")
			rounds = f[1]
			rate[f[1], f[2]] = f[3]
			rates[f[2]] = rates[f[2]] " " f[3]
			p99[f[2]] = p99[f[2]] " " f[4]
			bad[f[2]] += f[5]
		}
		line = "%-32s %10s %8s %7s %8s %8s %8s\n"
		printf line, "", "requests/s", "p99 ms", "bytes", "/no-op", "/C", "/FastAPI"
	}
	{
		kind = $1 ~ /list$/ ? "list" : "get"
		limit = $1 ~ /_/
		printf line, $2, sprintf("%.0f", median(rates[$1])),
		    sprintf("%.1f", median(p99[$1])), $3,
		    ratio($1, "noop"), limit ? ratio($1, "select_" kind) : "",
		    limit ? ratio($1, "fastapi_" kind) : ""
		if (bad[$1] > 0) {
			printf "  ^ NOT VALID: %d requests failed\n", bad[$1]
			invalid = 1
		}
	}
	END { exit invalid }'
}

# --- all of it ----------------------------------------------------------------

for tool in wrk lighttpd curl pkg-config "$CC"; do
	command -v "$tool" >/dev/null || die "$tool is not there"
done
build
if [ -z "$VAR" ]; then
	VAR=$TMP/cached
	stacks+=("$VAR")
	URL=$(start_stack cached "") || die "no installation to measure"
fi
if [ -z "$URL_NOCACHE" ]; then
	stacks+=("$TMP/nocache")
	URL_NOCACHE=$(start_stack nocache "cache_socket= cache_lru_bytes=0") || die "none without a cache"
fi
VAR=$(cd "$VAR" && pwd -P) || exit 1
DB_NAME=$(sed -n 's/^database_name *= *//p' "$VAR/brisk.conf" 2>/dev/null | tail -n 1)
DB_NAME=${DB_NAME:-brisk}
ID=$(curl -fs "$URL/v1/products?limit=1" | grep -o '"id":"[^"]*"' | head -n 1 | cut -d'"' -f4)
[ -n "$ID" ] || die "no products at $URL"
port=$(free_port) LIMITS=http://127.0.0.1:$port
start_limits "$port"
FASTAPI=
if [[ " $PEERS " == *" fastapi "* ]]; then
	port=$(free_port)
	! start_fastapi "$port" || FASTAPI=http://127.0.0.1:$port
fi
targets
rounds
sizes | table
