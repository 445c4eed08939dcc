#!/bin/bash
# conf: a roll applies each option, and refuses one that is wrong with its file
# and line.  B, VAR.
#
# On a lighttpd of its own with copies of the programs.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
B=${B:-$root/build}
[[ $B == /* ]] || B=$root/$B
suite=conf
. "$root/tests/chaos/super_kit.sh"

at_open
at_conf
cp "$at_dir/brisk.conf" "$at_dir/usual.conf"
# with LINE...: the usual options, but these.
with() {
	local line keys=

	for line in "$@"; do
		keys+="|${line%% *}"
	done
	{
		grep -vE "^(-${keys}) *=" "$at_dir/usual.conf"
		printf '%s\n' "$@"
	} >"$at_dir/brisk.conf"
}
at_up && ok || wrong "starts" "$(tail -n 3 "$at_dir"/log/*.log)"
url="/v1/products?limit=1"
token=$(brisk token --scope "products:write" | awk 'END { print $NF }')
auth="Authorization: Bearer $token"
log=$at_dir/log/handlers.log

# --- shown --------------------------------------------------------------------------
with "threads = 7"
told=$(BRISK_QUEUE_MS=77 brisk conf)
line=$(grep -n '^threads' "$at_dir/brisk.conf" | cut -d: -f1)
grep -qx "threads            7  \[$at_dir/brisk.conf:$line\]" <<<"$told" && ok ||
    wrong "conf" "no value and line of threads: $told"
grep -qx "queue_ms           77  \[environment\]" <<<"$told" && ok || wrong "conf" "not from the environment"
grep -qx "drain_seconds      8  \[default\]" <<<"$told" && ok || wrong "conf" "no default"
grep -A 1 '^threads' <<<"$told" | grep -q '^    Requests that one worker handles' && ok ||
    wrong "conf" "does not say what threads means"
is "conf: each with its meaning" "$(grep -c '^    ' <<<"$told")" "$(grep -c '^[a-z]' <<<"$told")"
! grep -qF "$(sed -n 's/^secret *= *//p' "$at_dir/usual.conf")" <<<"$told" && ok || wrong "conf" "shows the secret"

# --- every option, wrong ----------------------------------------------------------------
was="$(super pid) $(workers pid)"
long=$(printf 'x%.0s' {1..20000})
for option in $(brisk conf --doc | grep '^[a-z]'); do
	with "$option = $long"
	line=$(wc -l <"$at_dir/brisk.conf")
	told=$(brisk restart products) && wrong "$option" "is taken: $told" || ok
	[[ $told == *"is refused: $at_dir/brisk.conf:$line: $option: must be "*"the old program goes on"* ]] &&
	    ok || wrong "$option" "$told"
done
with "treads = 4"
told=$(brisk restart products) && wrong "no such option" "is taken" || ok
[[ $told == *"brisk.conf:$(wc -l <"$at_dir/brisk.conf"): treads: no such option"* ]] && ok || wrong "no such option" "$told"
sed -i '/^secret/d' "$at_dir/brisk.conf"
is "the same processes all the while" "$(super pid) $(workers pid)" "$was"
is "they answer" "$(code)" 200

# What no table can tell is found by --check, and told as well.
for line in "database_user = nobody" "database_password = wrong" "database_name = none" \
    "database_socket = /nonexistent"; do
	with "$line"
	told=$(brisk restart products) && wrong "$line" "is taken: $told" || ok
	[[ $told == *"is refused: "*"; the old program goes on"* && $told != *"ended with"* ]] && ok || wrong "$line" "$told"
done
is "still the same processes" "$(super pid) $(workers pid)" "$was"

# --- changed by a roll ----------------------------------------------------------------------
# rolled LINE...: with these options.
rolled() {
	with "$@"
	told=$(brisk restart products) || wrong "$*" "$told"
}
worker() { workers pid | cut -d' ' -f1; }
rolled "threads = 7"
is "threads" "$(ls "/proc/$(worker)/task" | wc -l)" 8
rolled "threads = 2"
is "fewer threads" "$(ls "/proc/$(worker)/task" | wc -l)" 3

three() { [ "$(workers pid | wc -w)" = "$1" ]; }
rolled "workers_min = 3" "workers_max = 3"
waits three 3 && ok || wrong "workers_min" "$(brisk status)"
rolled "workers_min = 1" "workers_max = 1"
waits three 1 && ok || wrong "workers_max" "$(brisk status)"

rolled "base_url = https://shop.example/x"
code /v1/products/x >/dev/null
[[ $(jq -r .type "$at_dir/body") == https://shop.example/* ]] && ok || wrong "base_url" "$(cat "$at_dir/body")"
rolled

post() { curl -s -m 60 -o "$at_dir/body" -w '%{http_code}' -H "$auth" -H 'Content-Type: application/json' \
    -d "[$(printf '%3000s')]" "http://127.0.0.1:$at_port/v1/products"; }
is "a large body" "$(post)" 422
rolled "max_body = 2000"
is "max_body" "$(post)" 413
for line in "token_audience = others" "token_issuer = others"; do
	rolled "$line"
	is "$line" "$(post)" 401
done

rolled
code >/dev/null
cursor=$(jq -r .next_cursor "$at_dir/body")
is "a cursor" "$(code "$url&cursor=$cursor")" 200
rolled "secret = $(printf 'another%.0s' {1..8})"
is "secret" "$(code "$url&cursor=$cursor")" 400

of_cache() { grep -o '"cache":"[a-z]*"' "$log" | tail -n 1; }
rolled "workers_min = 1" "workers_max = 1"
code "$url&sort=price" >/dev/null
code "$url&sort=price" >/dev/null
is "kept in the process" "$(of_cache)" '"cache":"local"'
rolled "workers_min = 1" "workers_max = 1" "cache_lru_bytes = 0"
code "$url&sort=price" >/dev/null
code "$url&sort=price" >/dev/null
is "cache_lru_bytes" "$(of_cache)" '"cache":"hit"'
rolled "workers_min = 1" "workers_max = 1" "cache_lru_bytes = 0" "cache_socket ="
code "$url&sort=price" >/dev/null
code "$url&sort=price" >/dev/null
is "cache_socket" "$(of_cache)" '"cache":"bypass"'

# One connection, which waits for rows that somebody else holds.
came() { in_hand 1 || [ -s "$at_dir/patched" ]; }
# blocked LIMIT [PATIENT]: the rows are held until the change is given up.
blocked() {
	local item=/v1/products/$(jq -r '.items[0].id' "$at_dir/list") patch

	: >"$at_dir/patched"
	hold_rows
	curl -s -m 60 -o /dev/null -w '%{http_code}\n' -X PATCH -H "$auth" -H 'If-Match: *' \
	    -H 'Content-Type: application/merge-patch+json' -d "$(jq -c '.items[0] | { name }' "$at_dir/list")" \
	    "http://127.0.0.1:$at_port$item" >"$at_dir/patched" &
	patch=$!
	waits came || wrong "a slow request" "never came: $(brisk status)"
	beside=$(code "/v1/products?limit=$1")
	[ -z "${2:-}" ] || wait $patch
	let_rows_go
	wait $patch
	patched=$(cat "$at_dir/patched")
}
rolled
code "$url" >/dev/null
cp "$at_dir/body" "$at_dir/list"
one="workers_min = 1|workers_max = 1|cache_lru_bytes = 0|cache_socket ="
IFS='|' read -ra one <<<"$one"
rolled "${one[@]}" "statement_ms = 30000"
blocked 31
is "enough connections and time" "$beside $patched" "200 200"
rolled "${one[@]}" "database_connections = 1" "database_wait_ms = 50" \
    "statement_ms = 30000"
blocked 32
is "database_connections, database_wait_ms" "$beside $patched" "503 200"
rolled "${one[@]}" "statement_ms = 100"
blocked 33 patient
is "statement_ms" "$beside $patched" "200 503"

resumed() { grep -c '"resume, generation' "$log"; }
rolled
before=$(resumed)
rolled
is "log_level info" "$(($(resumed) - before))" 1
rolled "log_level = error"
before=$(resumed)
rolled "log_level = error"
is "log_level error" "$(($(resumed) - before))" 0

rolled "rate_limit = on" "limit_public = 2/60"
for i in 1 2 3 4 5; do
	last=$(code)
done
is "rate_limit, limit_public" "$last" 429
rolled "cors_origins = https://shop.example"
curl -s -m 60 -o /dev/null -D "$at_dir/head" -H 'Origin: https://shop.example' "http://127.0.0.1:$at_port$url"
grep -qi '^access-control-allow-origin: https://shop.example' "$at_dir/head" && ok || wrong "cors_origins" "$(cat "$at_dir/head")"

rolled "worker_age = 1"
gone() { [ "$(workers pid)" != "$was" ] && [ "$(workers pid | wc -w)" = 2 ]; }
was=$(workers pid)
waits gone && ok || wrong "worker_age" "they stay: $was"

rolled
is "and back" "$(code)" 200
within "all of it by rolls" "$(super rolls)" 20 100

tally
