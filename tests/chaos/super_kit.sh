# super_kit - a lighttpd of one's own before copies of the programs, so that a
# test can exchange, kill and spoil them.  Sourced by tests/system/super.sh and
# tests/chaos/rolls.sh; wants B, VAR (whose stores it uses) and root.
#
#	at_dir		the folder; at_port; at_bin; BRISK_CONF and BRISK_STACK are set

. "$root/tests/kit/kit.sh"

# within LABEL VALUE LEAST MOST
within() {
	[ "$2" -ge "$3" ] 2>/dev/null && [ "$2" -le "$4" ] && ok ||
	    wrong "$1" "got <$2> want $3 to $4"
}

at_open() {
	at_dir=$(mktemp -d /tmp/brisk.XXXXXX) || exit 2
	at_bin=$at_dir/bin at_port=$(free_port)
	mkdir -m 0700 "$at_bin" "$at_dir/run" "$at_dir/log" "$at_dir/tmp"
	cp "$B"/bin/* "$at_bin/"
	sed -e "s|^run_dir *=.*|run_dir = $at_dir/run|" -e '/^# --- written/,$d' \
	    "$VAR/brisk.conf" >"$at_dir/base.conf"
	awk 'BEGIN { RS = ""; ORS = "\n\n" } / (ops|products)\n/' \
	    "$B/share/lighttpd-mounts.conf" >"$at_dir/mounts.conf"
	export BRISK_CONF=$at_dir/brisk.conf BRISK_STACK=$at_dir
	${CC:-cc} -D_GNU_SOURCE -std=c11 -O2 -o "$at_dir/load" \
	    "$root/tests/chaos/load.c" -pthread || exit 2
	at_conf
	trap at_close EXIT
	trap 'exit 130' INT TERM HUP
}

# at_conf [LINE ...]: options of this moment.
at_conf() {
	{
		cat "$at_dir/base.conf"
		echo "base_url = http://127.0.0.1:$at_port"
		echo "rate_limit = off"
		echo "workers_min = 2"
		[[ " $* " == *workers_max* ]] || echo "workers_max = 2"
		echo "worker_memory = 65536"	# sanitizers take a lot
		echo "start_seconds = ${start_seconds:-30}"
		printf '%s\n' "$@"
	} >"$at_dir/brisk.conf"
}

# at_up [CODE]: until it answers so.
at_up() {
	BRISK_VAR=$at_dir BRISK_SOCKETS=$at_dir BRISK_BIN=$at_bin BRISK_SHARE=$B/share \
	    BRISK_PORT=$at_port setsid lighttpd -D -f "$root/lighttpd/lighttpd.conf" \
	    </dev/null >>"$at_dir/log/start.log" 2>&1 &
	at_web=$!
	disown
	waits answers "${1:-200}"
}

# Processes that run a program of this folder.  Their executable tells: while a
# process executes a new file, its environment reads as empty.
at_pids() {
	local pid

	for pid in /proc/[0-9]*; do
		[[ $(readlink "$pid/exe" 2>/dev/null) != "$at_bin"/* ]] || echo "${pid#/proc/}"
	done
}

# at_kill: all at once; a successor may be starting at this moment.
at_kill() { kill -9 $(at_pids) 2>/dev/null; }
none_left() { at_kill; [ -z "$(at_pids)" ]; }

at_close() {
	kill -9 "$at_web" ${at_load:-} 2>/dev/null
	waits none_left
	[ "${KEEP:-}" != "" ] && echo "kept: $at_dir" || rm -rf "$at_dir"
}

url=/v1/products?limit=1
code() { curl -s -m 60 -o "$at_dir/body" -D "$at_dir/head" -w '%{http_code}' "http://127.0.0.1:$at_port${1:-$url}"; }
answers() { [ "$(code)" = "$1" ]; }

# waits COMMAND...: until it is true.  A minute is far more than it takes.
waits() {
	local until=$((SECONDS + 60))

	while [ $SECONDS -lt $until ]; do
		"$@" && return 0
		sleep 0.025
	done
	return 1
}

brisk() { "$B/bin/brisk" "$@" 2>&1; }
json() { "$B/bin/brisk" status --json 2>/dev/null; }
# Of products: the supervisor's member; the workers' pids and builds, sorted.
super() { json | jq -r ".programs[] | select(.program == \"products\") | .$1"; }
workers() { json | jq -r ".workers[] | select(.program == \"products\" and .state == \"serving\") | .$1" | sort | tr '\n' ' '; }
serving() { [ "$(super state)" = serving ] && [ "$(super pid)" != "${1:-}" ]; }

# Requests that products has in hand.
in_hand() { [ "$(json | jq '[.workers[] | select(.program == "products") | .in_flight] | add')" = "$1" ]; }

# hold_rows: all products, until let_rows_go; who changes one waits for that.
sql() { mariadb --no-defaults -S "$VAR/db.sock" -u root "$@"; }
rows_held() { [ "$(sql -N -e "SELECT IS_USED_LOCK('held') IS NOT NULL")" = 1 ]; }
hold_rows() {
	rm -f "$at_dir/hold"
	mkfifo "$at_dir/hold"
	sql brisk <"$at_dir/hold" >/dev/null 2>&1 &
	exec 7>"$at_dir/hold"
	echo "BEGIN; SELECT COUNT(*) FROM products FOR UPDATE; SELECT GET_LOCK('held', 0);" >&7
	waits rows_held || wrong "rows" "can not be held"
}
let_rows_go() {
	echo "ROLLBACK; DO RELEASE_LOCK('held');" >&7
	exec 7>&-
}

# load SECONDS [CONNECTIONS]: in the background, from its first answer on; loaded:
# sets answered, refused, broken; unload: the same, of a load that may end.
load() {
	"$at_dir/load" "$at_port" "$url" "${2:-8}" "$1" >"$at_dir/loaded" &
	at_load=$!
	waits grep -q begun "$at_dir/loaded" || wrong "load" "nothing is answered"
}
loaded() {
	wait "$at_load"
	at_load=
	read -r answered fine refused broken slowest < <(tail -n 1 "$at_dir/loaded")
}
unload() {
	sleep 0.3		# what comes after is part of it
	kill "$at_load"
	loaded
}

# put FILE: in place of products, as an upload would.
put() {
	cp "$1" "$at_bin/.new" && mv "$at_bin/.new" "$at_bin/products"
}
put_good() { put "$B/bin/products"; }

# spoilt NAME: at_dir/NAME, a program that misbehaves where NAME says, and else
# is ours.  One is compiled; the others differ by the name written in it.
spoilt() {
	local blank=@@@@@@@@@@@@@@@@@@@@@@@@

	[ -e "$at_dir/spoilt" ] || ${CC:-cc} -D_GNU_SOURCE -O1 -x c -o "$at_dir/spoilt" \
	    "-DNAME=\"$blank\"" "-DREAL=\"$B/bin/products\"" - <<-'END'
	#include <stdlib.h>
	#include <string.h>
	#include <unistd.h>

	static volatile const char	 name[] = NAME;

	int
	main(int argc, char **argv)
	{
		const char	*word = argc > 1 ? argv[1] + 2 : "", *is = (const char *)name;

		if (*word != '\0' && strncmp(is, word, strlen(word)) == 0) {
			if (strstr(is, "exits") != NULL)
				return 3;
			if (strstr(is, "crashes") != NULL)
				abort();
			for (;;)
				pause();
		}
		execv(REAL, argv);
		return 127;
	}
	END
	sed "s/$blank/$(printf "%-${#blank}s" "$1")/" "$at_dir/spoilt" >"$at_dir/$1"
	chmod +x "$at_dir/$1"
}
