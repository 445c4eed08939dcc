#!/bin/bash
# stack - a private installation under one folder: MariaDB, memcached and a web
# server with the handlers, on unix sockets and one port of 127.0.0.1.
#
#	admin/share/stack.sh run|start|stop|status
#
# run	in the foreground: ends with Ctrl-C, or with its terminal
# start	in the background: returns when the handlers answer; what runs
#	already stays, but the web server begins anew with new programs and options
# stop	ends either
#
# VAR	 the folder (var), made with mode 0700; PORT of 127.0.0.1 (8080)
# SERVER how the programs run (lighttpd); B the build folder (build)
#	lighttpd	starts them itself
#	apache		mod_fcgid does, by a .htaccess in VAR/www
#	proxy		`brisk start` does; Apache asks them by mod_proxy_fcgi
#	proxy-htaccess	the same, by a .htaccess in VAR/www
#	spawn		spawn-fcgi does; lighttpd asks them
#	cgi		Apache starts one for each request
# SERVICES of a new installation (shop ledger)
# TLS_PORT for HTTPS and HTTP/2 beside it, with the folder BRISK_TLS of cert.pem
#	 and key.pem
# SET	 "key=value ..." for VAR/brisk.conf, until the next start
#
# Every process started here carries BRISK_STACK=VAR in its environment; only
# such are ever ended.
set -u -o pipefail
umask 077

ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
VAR=${VAR:-var} PORT=${PORT:-8080} SERVER=${SERVER:-lighttpd} SET=${SET:-} B=${B:-build}
TLS_PORT=${TLS_PORT:-}
[[ $VAR == /* ]] || VAR=$ROOT/$VAR
[[ $B == /* ]] || B=$ROOT/$B
CONF=$VAR/brisk.conf
leash=()			# of `run`: what ends a child with its parent
# Of each SERVER: the routing, and Apache's fragment.
declare -A form=([apache]=fcgid [proxy]=proxy [proxy-htaccess]=proxy-htaccess [cgi]=cgi)
declare -A routing=([lighttpd]=lighttpd [spawn]=lighttpd-spawn [apache]=htaccess
    [proxy]=proxy [proxy-htaccess]=htaccess-proxy [cgi]=cgi)

say() { printf '%s\n' "$*"; }
warn() { printf 'stack: %s\n' "$*" >&2; }

# --- processes ----------------------------------------------------------------

# Is the process of VAR/NAME.pid alive, and of this installation?
ours() {
	local pid

	pid=$(cat "$VAR/$1.pid" 2>/dev/null) && [ -n "$pid" ] &&
	    grep -zqxF "BRISK_STACK=$VAR" "/proc/$pid/environ" 2>/dev/null
}

# launch NAME LOG command...: in a session of its own, so that Ctrl-C reaches
# only this script, which then ends all in order.
launch() {
	local name=$1 log=$VAR/log/$2 i

	shift 2
	BRISK_STACK=$VAR BRISK_VAR=$VAR BRISK_SOCKETS=$SOCKETS BRISK_PORT=$PORT \
	    BRISK_BIN=$B/bin BRISK_SHARE=$B/share BRISK_APACHE=$ROOT/apache \
	    BRISK_FORM=${form[$SERVER]:-} BRISK_TLS_PORT=$TLS_PORT \
	    "${leash[@]}" setsid "$@" </dev/null >>"$log" 2>&1 9>&- &
	echo $! >"$VAR/$name.pid"
	disown			# or bash tells how it ended
	# Until its exec it has the environment of this script.
	for ((i = 0; i < 200; i++)); do
		! ours "$name" && kill -0 $! 2>/dev/null || break
		sleep 0.01
	done
}

# end NAME SIGNAL SECONDS: ask, wait, then insist.
end() {
	local pid i

	if ours "$1"; then
		pid=$(<"$VAR/$1.pid")
		kill -s "$2" "$pid" 2>/dev/null
		for ((i = 0; i < $3 * 20; i++)); do
			ours "$1" || break
			sleep 0.05
		done
		if ours "$1"; then
			warn "$1 ($pid) did not end within $3 s: killed"
			kill -s KILL "$pid"
		fi
	fi
	rm -f "$VAR/$1.pid"
}

# Handlers that outlived their web server: all that is ours, but the stores.
strays() {
	grep -lzxF "BRISK_STACK=$VAR" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 |
	    grep -vxF -f <(cat "$VAR"/{db,cache}.pid 2>/dev/null)
	return 0
}

# The web server is asked first, and asks its handlers; then those left over.
end_web() {
	local i pids

	if [ -e "$VAR/httpd.pid" ]; then
		end web WINCH 10
	else
		end web INT 10
	fi
	for ((i = 0; i < 100; i++)); do
		pids=$(strays)
		[ -n "$pids" ] || break
		[ "$i" != 0 ] || kill $pids 2>/dev/null
		[ "$i" != 99 ] || kill -s KILL $pids 2>/dev/null
		sleep 0.05
	done
	rm -f "$VAR/httpd.pid" "$SOCKETS"/run/*.sock* "$SOCKETS"/run/fcgid/* "$VAR"/run/*.super
}

stop_all() {
	end_web
	end cache KILL 5		# it has nothing to save
	rm -f "$SOCKETS/cache.sock"
	end db TERM 60
	[ "$SOCKETS" = "$VAR" ] || rm -rf "$SOCKETS"
}

tails() {
	local log

	for log in "$VAR"/log/{db,cache,lighttpd,apache,handlers}.log "$VAR"/run/*.log; do
		[ -s "$log" ] || continue
		say "--- $log"
		grep -v '\[Note\]' "$log" | tail -n 15
	done >&2
}

die() {
	warn "$*"
	exit 1
}

# What was started goes down again, and the logs say why.
give_up() {
	warn "$*"
	tails
	stop_all
	exit 1
}

# --- the folder ---------------------------------------------------------------

# A unix socket's path may have 107 bytes: where VAR is too long, the sockets
# lie in a short private folder, and links in VAR lead to them.
place_sockets() {
	local socket

	SOCKETS=$VAR
	if [ ${#VAR} -le 75 ]; then
		mkdir -p "$VAR/run/fcgid"
		return
	fi
	SOCKETS=${XDG_RUNTIME_DIR:-/tmp}/brisk-$(id -u)-$(printf %s "$VAR" | cksum | cut -d' ' -f1)
	mkdir -m 0700 "$SOCKETS" 2>/dev/null
	[ -O "$SOCKETS" ] && [ ! -L "$SOCKETS" ] && [ "$(stat -c %a "$SOCKETS")" = 700 ] ||
	    die "$SOCKETS is not a private folder of mine"
	mkdir -p "$SOCKETS/run/fcgid"
	for socket in db.sock cache.sock; do
		ln -sfn "$SOCKETS/$socket" "$VAR/$socket"
	done
	say "VAR is long for unix sockets: they are in $SOCKETS"
}

open_folder() {
	if [ -d "$VAR" ] && [ ! -e "$CONF" ] && [ -n "$(ls -A "$VAR")" ]; then
		die "$VAR holds something else (no brisk.conf in it)"
	fi
	mkdir -p "$VAR" && chmod 700 "$VAR" || die "cannot make $VAR"
	VAR=$(cd "$VAR" && pwd -P) CONF=$VAR/brisk.conf
	mkdir -p "$VAR/log" "$VAR/run" "$VAR/tmp"
	place_sockets
}

# Held during a start or a stop, and all through a run.
lock() {
	exec 9>"$VAR/lock"
	flock -n 9 || die "another start, run or stop is at work in $VAR"
}

# End the run that holds the lock, if one does: it stops what it started.
end_run() {
	local pid

	exec 9>"$VAR/lock"
	flock -n 9 && return
	pid=$(cat "$VAR/run.pid" 2>/dev/null) &&
	    tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q 'stack\.sh run $' &&
	    kill -s TERM "$pid"
	flock -w 90 9 || die "another start, run or stop is at work in $VAR"
}

hex() { od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'; }

# The value of an option in brisk.conf.
option() { sed -n "s/^$1 *= *//p" "$CONF" | tail -n 1; }

# Is the service switched on?
on() { [[ " core $(option services) " == *" $1 "* ]]; }

write_conf() {
	cat >"$CONF" <<-END
	# Options of this installation.
	services = ${SERVICES-shop ledger}
	database_socket = $SOCKETS/db.sock
	database_user = brisk
	database_password = $(hex 24)
	database_name = brisk
	cache_socket = $SOCKETS/cache.sock
	secret = $(hex 32)
	run_dir = run
	END
}

# The marked block holds what this start was told (PORT, SET).  A line above
# with the same key rests as "#set# key = value" until a start without it.
mark='# --- written at each start, from PORT and SET ---'
write_set() {
	local pair

	for pair in "base_url=http://127.0.0.1:$PORT" $SET; do
		[[ $pair =~ ^[a-z_]+= ]] || die "SET: not key=value: $pair"
	done
	awk -v mark="$mark" -v set="base_url=http://127.0.0.1:$PORT $SET" '
	BEGIN {
		n = split(set, pair, " ")
		for (i = 1; i <= n; i++) {
			at = index(pair[i], "=")
			key = substr(pair[i], 1, at - 1)
			value[key] = substr(pair[i], at + 1)
		}
	}
	$0 == mark { exit }
	{
		sub(/^#set# /, "")
		key = $0
		sub(/ *=.*/, "", key)
		print (key in value ? "#set# " : "") $0
	}
	END {
		print mark
		for (key in value)
			print key " = " value[key]
	}' "$CONF" >"$CONF.new" && mv "$CONF.new" "$CONF"
}

# --- the parts ----------------------------------------------------------------

write_my_cnf() {
	cat >"$VAR/my.cnf" <<-END
	[mariadbd]
	datadir=$VAR/db
	socket=$SOCKETS/db.sock
	pid-file=$VAR/mariadbd.pid
	log-error=$VAR/log/db.log
	tmpdir=$VAR/tmp
	skip-networking
	skip-name-resolve
	character-set-server=utf8mb4
	collation-server=utf8mb4_unicode_ci
	default-time-zone=+00:00
	default-storage-engine=InnoDB
	transaction-isolation=READ-COMMITTED
	sql_mode=STRICT_ALL_TABLES,STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_ZERO_DATE,NO_ZERO_IN_DATE,ONLY_FULL_GROUP_BY
	innodb_flush_log_at_trx_commit=1
	innodb_flush_method=O_DIRECT
	innodb_buffer_pool_size=128M
	innodb_log_file_size=64M
	innodb_lock_wait_timeout=5
	innodb_rollback_on_timeout=ON
	innodb_print_all_deadlocks=ON
	performance_schema=OFF
	max_connections=200
	max_allowed_packet=16M
	slow_query_log=1
	slow_query_log_file=$VAR/log/slow.log
	long_query_time=0.1
	END
}

sql() { mariadb --no-defaults --default-character-set=utf8mb4 -S "$SOCKETS/db.sock" -u root "$@"; }

start_db() {
	local i root=()

	write_my_cnf
	[ "$(id -u)" != 0 ] || root=(--user=root)
	if [ ! -d "$VAR/db/mysql" ]; then
		say "making the database"
		rm -rf "$VAR/db.new" "$VAR"/sample.*
		mariadb-install-db --defaults-file="$VAR/my.cnf" "${root[@]}" \
		    --datadir="$VAR/db.new" --skip-test-db \
		    --auth-root-authentication-method=normal >"$VAR/log/install.log" 2>&1 ||
		    give_up "mariadb-install-db failed"
		mv "$VAR/db.new" "$VAR/db"
	fi
	ours db || launch db db.log mariadbd --defaults-file="$VAR/my.cnf" "${root[@]}"
	for ((i = 0; i < 1200; i++)); do
		sql -e 'SELECT 1' >/dev/null 2>&1 && break
		ours db || break
		sleep 0.05
	done
	sql <<-END || give_up "the database does not answer"
	CREATE DATABASE IF NOT EXISTS brisk CHARACTER SET utf8mb4;
	CREATE USER IF NOT EXISTS brisk@localhost;
	SET PASSWORD FOR brisk@localhost = PASSWORD('$(option database_password)');
	GRANT SELECT, INSERT, UPDATE, DELETE ON brisk.* TO brisk@localhost;
	END
}

start_cache() {
	local i root=()

	ours cache && return
	rm -f "$SOCKETS/cache.sock"
	[ "$(id -u)" != 0 ] || root=(-u root)
	launch cache cache.log memcached "${root[@]}" -s "$SOCKETS/cache.sock" -a 0600 \
	    -m 64 -c 1024 -t 2 -I 1m
	for ((i = 0; i < 100; i++)); do
		[ ! -S "$SOCKETS/cache.sock" ] || return 0
		sleep 0.02
	done
	give_up "memcached did not start"
}

fill() {
	local sample service

	BRISK_CONF=$CONF "$B/bin/brisk" migrate up --user root || give_up "the migrations failed"
	[ "$(option database_own_accounts)" != on ] ||
	    BRISK_CONF=$CONF "$B/bin/brisk" grants --create --user root | sql ||
	    give_up "the accounts of the programs can not be made"
	for sample in "$ROOT"/migrations/sample/*.sql; do
		service=$(basename "$sample" .sql)
		[ -e "$sample" ] && on "$service" && [ ! -e "$VAR/sample.$service" ] || continue
		say "loading the sample data of $service"
		sql brisk <"$sample" || give_up "${sample#"$ROOT"/} failed"
		: >"$VAR/sample.$service"
	done
	BRISK_CONF=$CONF "$B/bin/brisk" openapi --install || give_up "no document"
	# Also makes the key that signs, where there is none yet.
	BRISK_CONF=$CONF "$B/bin/brisk" token --scope ops:read >/dev/null ||
	    give_up "brisk can not sign tokens"
}

# The routing of those services that are switched on.
write_mounts() {
	awk -v on="core $(option services)" -v RS= -v ORS='\n\n' -f "$ROOT/admin/share/on.awk" \
	    "$B/share/${routing[$SERVER]}-mounts.conf" >"$VAR/mounts.conf"
}

# web_folder [--proxy]: VAR/www, as an account has it.
web_folder() {
	B=$B BRISK_CONF=$CONF "$ROOT/admin/share/web.sh" "$@" "$VAR/www" ||
	    give_up "no folder of the web"
}

# Who starts the programs, where the web server does not.
start_programs() {
	case $SERVER in
	proxy*) set -- "$B/bin/brisk" start --all ;;
	spawn) set -- "$ROOT/admin/share/spawn.sh" ;;
	*) return 0 ;;
	esac
	B=$B BRISK_CONF=$CONF BRISK_STACK=$VAR "$@" >"$VAR/log/programs.log" 2>&1 9>&- ||
	    give_up "the programs do not start: $(cat "$VAR/log/programs.log")"
}

start_web() {
	local as=()

	write_mounts
	case $SERVER in
	apache) web_folder ;;
	proxy-htaccess) web_folder --proxy ;;
	esac
	[ -z "$TLS_PORT" ] || ln -sfn "$BRISK_TLS" "$VAR/tls"
	start_programs
	case $SERVER in
	lighttpd|spawn)
		launch web lighttpd.log lighttpd -D -f "$ROOT/lighttpd/$([ -n "$TLS_PORT" ] && echo tls || echo lighttpd).conf"
		;;
	*)
		# Apache's own processes refuse to be root.  In a user namespace they are
		# somebody else, whose files are root's outside.
		[ "$(id -u)" != 0 ] ||
		    as=(unshare --user --map-user=65534 --map-group=65534)
		launch web apache.log "${as[@]}" "${leash[@]}" apache2 -D FOREGROUND ${TLS_PORT:+-D TLS} -f "$ROOT/apache/httpd.conf"
		;;
	esac
}

# Until the handlers answer, and it is our web server that does.
answers() {
	local path=/openapi.json until=$((SECONDS + 30))

	! on shop || path='/v1/products?limit=1'
	while [ $SECONDS -lt $until ]; do
		ours web || return 1
		curl -fs -m 5 -o /dev/null "http://127.0.0.1:$PORT$path" && return 0
		sleep 0.1
	done
	return 1
}

start_all() {
	# First of all: without it, a folder with something in it is not ours.
	[ -e "$CONF" ] || write_conf
	# What a web server that was killed left behind holds its port.
	ours web || end_web
	if ! ours web && (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; then
		die "port $PORT is taken: use another PORT="
	fi
	write_set || give_up "cannot write $CONF"
	start_db
	start_cache
	fill
	end_web
	start_web
	answers || give_up "the handlers do not answer on port $PORT"
}

tell_urls() {
	local url=http://127.0.0.1:$PORT

	say "$url/               what is here, with lines to copy"
	say "$url/openapi.json   every endpoint"
	! on shop || say "$url/v1/products"
	say "to add an admin:   BRISK_CONF=$CONF $B/bin/brisk user add --admin EMAIL NAME"
	say "to administer it:  BRISK_CONF=$CONF $B/bin/brisk help"
}

check_request() {
	[ -n "${routing[$SERVER]:-}" ] || die "SERVER is one of ${!routing[*]}, not $SERVER"
	[[ $PORT =~ ^[1-9][0-9]{0,4}$ ]] && [ "$PORT" -le 65535 ] || die "not a port: $PORT"
	[ -x "$B/bin/brisk" ] && [ -e "$B/share/${routing[$SERVER]}-mounts.conf" ] ||
	    die "nothing built in $B: make"
}

# --- the commands -------------------------------------------------------------

cmd_start() {
	check_request
	open_folder
	lock
	start_all
	tell_urls
	say "in the background; \`make stop\` ends it"
}

cmd_run() {
	check_request
	open_folder
	lock
	if ours web || ours db; then
		die "$VAR runs already: \`make stop\` first"
	fi
	leash=(setpriv --pdeathsig TERM)
	trap 'trap "" INT TERM HUP; say; say stopping; stop_all; exit 0' INT TERM HUP
	trap 'rm -f "$VAR/run.pid"' EXIT
	echo $$ >"$VAR/run.pid"
	start_all
	tell_urls
	say "Ctrl-C ends it"
	while ours web && ours cache && ours db; do
		sleep 1 &
		wait $!
	done
	give_up "something ended by itself"
}

cmd_stop() {
	if [ ! -e "$CONF" ]; then
		say "nothing in $VAR"
		# Its folder may have been removed over it.
		[ -z "$(strays)" ] || kill $(strays)
		return
	fi
	VAR=$(cd "$VAR" && pwd -P)
	place_sockets >/dev/null
	end_run
	stop_all
}

cmd_status() {
	local part state=0

	[ -e "$CONF" ] || die "no installation in $VAR"
	VAR=$(cd "$VAR" && pwd -P)
	for part in web cache db; do
		if ours $part; then
			say "$part runs ($(<"$VAR/$part.pid"))"
		else
			say "$part is down"
			state=1
		fi
	done
	return $state
}

case ${1:-} in
run|start|stop|status) "cmd_$1" ;;
*) echo "usage: stack.sh run|start|stop|status" >&2; exit 2 ;;
esac
