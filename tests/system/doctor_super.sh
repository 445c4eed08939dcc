#!/bin/bash
# doctor_super: what `brisk doctor` finds wrong with programs that run.  B, VAR.
#
# On a lighttpd of its own with copies of the programs, as super.sh.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
B=${B:-$root/build}
[[ $B == /* ]] || B=$root/$B
suite=doctor_super
. "$root/tests/chaos/super_kit.sh"

at_open
mkdir "$at_dir/share" && grep -E ' (ops|products) ' "$B/share/mounts" >"$at_dir/share/mounts"
chmod 600 "$at_dir/brisk.conf"
at_up && ok || wrong "starts" "$(tail -n 3 "$at_dir"/log/*.log)"

doctor() { "$at_bin/brisk" doctor --only "$1"; }
# finds LEVEL CHECK TEXT CURE
finds() {
	local out status want=0

	[ "$1" != wrong ] || want=1
	out=$(doctor "$2" 2>&1)
	status=$?
	[ $status = $want ] && [[ $out == *"$1"*"$2"*"$3"*"-> "*"$4"* ]] && ok ||
	    wrong "$2: $3" "status $status: $out"
}
clean() {
	local out

	out=$(doctor "$1" 2>&1) && [[ $out == "ok "* && $out != *$'\n'* ]] && ok ||
	    wrong "$1: clean" "$out"
}
socket=$(super socket)

answers 200
clean running
clean sockets

# --- what is said of a program that lives -----------------------------------------
put_good
finds note running "the running products is not the file at" "brisk restart products"
spoilt check-exits
put "$at_dir/check-exits"
brisk restart products >/dev/null
finds note running "the new products was refused" "brisk restart products"
put_good
brisk restart products >/dev/null
clean running
brisk stop products >/dev/null
finds note running "products was stopped" "brisk start products"
brisk start products >/dev/null
clean running

at_conf "threads = many"
kill -9 $(workers pid) 2>/dev/null
waits answers 503
chmod 600 "$at_dir/brisk.conf"
finds wrong running "products answers 503" "brisk restart products"
at_conf
waits answers 200 && clean running || wrong "cured by itself" "$(brisk status)"

# --- its socket -------------------------------------------------------------------
chmod 666 "$socket"
clean sockets				# nobody else gets into the folder
chmod 755 "$at_dir" && chmod 711 "$at_dir/run"
finds note sockets "every account on this machine can connect to products" "chmod 660"
chmod 600 "$socket"
clean sockets
mv "$socket" "$socket.gone"
finds wrong sockets "cannot be reached" "restart the web server"
mv "$socket.gone" "$socket"
clean sockets

# --- all killed at once, and the web server does not know -------------------------
kill -s STOP "$at_web"
all_dead() { none_left; [[ $(doctor running 2>&1) == *"products is dead"* ]]; }
waits all_dead
finds wrong running "products is dead, but its socket still exists" "brisk start products"
"$at_bin/brisk" start products >/dev/null
"$at_bin/brisk" start ops >/dev/null
kill -s CONT "$at_web"
waits answers 200 && ok || wrong "cured as it says" "$(code) $(brisk status)"
clean running

# --- nothing runs -----------------------------------------------------------------
kill -9 "$at_web"
# A killed process may hold its locks a little longer than its memory, and a successor
# may have been on its way.
nothing_runs() {
	none_left
	rm -f "$at_dir"/run/*.super
	[[ $(doctor running 2>&1) == *"no program runs"* ]]
}
waits nothing_runs
finds note running "no program runs" "start the web server"

tally
