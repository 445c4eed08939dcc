#!/bin/bash
# doctor: each thing that `brisk doctor` can find wrong is planted, and found;
# where nothing is planted nothing is found.  BASE, VAR, B.
#
# Each plant asks for the one check that has to find it (--only), so without that
# check the test fails.  The machine's part (a full disk, another clock) is
# played by doctor_shim.c, the bad web server by doctor_proxy.py, the bad
# database server by one of its own.
set -u -o pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
B=${B:-$root/build}
[[ $B == /* ]] || B=$root/$B
. "${BASH_SOURCE%/*}/../kit/kit.sh"
dir=$(mktemp -d /tmp/doctor.XXXXXX) || exit 2
scratch=brisk_doctor_test
pids=()

sql() { mariadb --no-defaults -S "$VAR/db.sock" -u root -N -B "$@"; }

tidy() {
	kill -s CONT "${pids[@]}"
	kill -9 "${pids[@]}"
	sql -e "DROP DATABASE IF EXISTS $scratch; DROP USER IF EXISTS doctor_few@localhost"
	rm -rf "$dir"
} 2>/dev/null
trap tidy EXIT
trap 'exit 130' INT TERM HUP

doctor() { "$dir/bin/brisk" doctor "$@"; }

# finds LEVEL CHECK TEXT [FLAG ...]: such a finding, with what to do.
finds() {
	local level=$1 check=$2 text=$3 out status want=0

	shift 3
	[ "$level" != wrong ] || want=1
	out=$(${by:-} "$dir/bin/brisk" doctor --only "$check" --json "$@" 2>"$dir/errors")
	status=$?
	if jq -e --arg l "$level" --arg c "$check" --arg t "$text" '.checks | any(.level == $l
	    and .check == $c and (.found | contains($t)) and .do != "")' <<<"$out" >/dev/null 2>&1 &&
	    [ $status = $want ]; then
		ok
	else
		wrong "$check: $text" "status $status: $out $(cat "$dir/errors")"
	fi
}
# clean CHECK [FLAG ...]: nothing is found.
clean() {
	local check=$1 out

	shift
	out=$(${by:-} "$dir/bin/brisk" doctor --only "$check" "$@" 2>&1) &&
	    [[ $out == "ok "* && $out != *$'\n'* ]] && ok || wrong "$check: clean" "$out"
}

# conf [LINE ...]: the installation's options, with these instead.
conf() {
	local line keys=

	for line; do
		keys+="|${line%% *}"
	done
	{
		grep -vE "^(run_dir|base_url|services${keys}) *=" "$VAR/brisk.conf"
		[[ $keys == *run_dir* ]] || echo "run_dir = run"
		[[ $keys == *base_url* ]] || echo "base_url = $BASE"
		[[ $keys == *services* ]] || echo "services = shop"
		printf '%s\n' "$@"
	} >"$dir/brisk.conf"
	chmod 600 "$dir/brisk.conf"
}

mkdir -m 0755 "$dir/bin" "$dir/share" && mkdir -m 0700 "$dir/run"
chmod 755 "$dir"
cp "$B/bin/brisk" "$B"/bin/{products,categories,ops,docs} "$dir/bin/"
grep -E ' (products|categories|ops|docs) ' "$B/share/mounts" >"$dir/share/mounts"
cp -r "$root/migrations" "$dir/migrations"
chmod -R go-w "$dir"
export BRISK_CONF=$dir/brisk.conf
conf

# --- nothing is planted -----------------------------------------------------------
# The installation as it stands; what runs may be older than what lies there.
out=$(BRISK_CONF=$VAR/brisk.conf "$B/bin/brisk" doctor 2>&1) && ok || wrong "all is well" "$out"
[[ $out != *wrong* && $out != *skip* && $out == *etag* ]] && ok || wrong "nothing is left out" "$out"
notes=$(grep '^note' <<<"$out" | grep -vE '^note +(running|web|watch) ')
[ -z "$notes" ] && ok || wrong "no notes" "$notes"
BRISK_CONF=$VAR/brisk.conf "$B/bin/brisk" doctor --json | jq -e '.checks | length > 25 and all(.level and
    .check and .found)' >/dev/null && ok || wrong "as JSON" "is not what it should be"
for check in configuration secret token-key modes run-dir disk limits services programs sockets \
    database server migrations grants tables engines connections database-clock memcached web \
    routing authorization bodies private-files etag web-clock; do
	clean $check
done
doctor --only nothing >/dev/null 2>&1 && wrong "no such check" "is fine" || ok
doctor more >/dev/null 2>&1
[ $? = 2 ] && ok || wrong "usage" "is fine"

# --- configuration, files, folders ------------------------------------------------
conf "threads = many"
finds wrong configuration "brisk.conf:$(grep -n '^threads' "$dir/brisk.conf" | cut -d: -f1): threads"
conf "colour = green"
finds wrong configuration "colour: no such option"
conf "cache_socket = /$(printf 'x%.0s' {1..120})"
finds wrong configuration "cache_socket: must be a path"
cp "$dir/brisk.conf" "$dir/kept"
rm "$dir/brisk.conf"
finds wrong configuration "No such file"
out=$(cd "$dir" && unset BRISK_CONF && "$dir/bin/brisk" doctor --only configuration)
grep -q '^note.*the defaults apply' <<<"$out" && ok || wrong "no configuration" "$out"
conf "secret = 0123456789abcdef0123456789abcdef"
finds wrong secret "can be guessed"
conf "secret = aaaabbbbaaaabbbbccccaaaabbbbaaaacccc"
finds wrong secret "can be guessed"
conf && sed -i '/^secret/d' "$dir/brisk.conf"
finds wrong secret "there is no secret"
conf
chmod 644 "$dir/brisk.conf"
finds wrong modes "other accounts may read"
chmod 660 "$dir/brisk.conf"
finds wrong modes "other accounts may change"
chmod 640 "$dir/brisk.conf"
finds note modes "the group of"
chmod 600 "$dir/brisk.conf"
chmod 777 "$dir"
finds wrong modes "may replace files in"
chmod 755 "$dir"

conf "run_dir = nowhere"
finds wrong run-dir "No such file"
conf "run_dir = brisk.conf"
finds wrong run-dir "is not a folder"
conf
chmod 755 "$dir/run"
finds wrong run-dir "is open to other accounts"
chmod 500 "$dir/run"
if [ "$(id -u)" = 0 ]; then
	# As somebody whose files these are, and who is not root.
	nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	chown 65534 "$dir/run" "$dir/brisk.conf"
	by="${nobody[*]}" finds wrong run-dir "cannot write run_dir"
	chown 0 "$dir/brisk.conf"
	finds wrong modes "but the programs run as 65534"
	chown 0 "$dir/run"
else
	finds wrong run-dir "cannot write run_dir"
	skip "a file of another account: only root can make one"
fi
chmod 700 "$dir/run"

${CC:-cc} -shared -fPIC -D_GNU_SOURCE -O1 -o "$dir/shim.so" "$root/tests/fakes/doctor_shim.c" -ldl || exit 2
shim="env LD_PRELOAD=$dir/shim.so ASAN_OPTIONS=verify_asan_link_order=0"
by="$shim" clean run-dir
by="$shim SHIM_REMOTE=1" finds wrong run-dir "network file system"
by="$shim" clean disk
by="$shim SHIM_FULL=1" finds wrong disk "1 MiB left"
by="$shim SHIM_INODES=1" finds wrong disk "3 more files"
by="prlimit --nofile=100" finds wrong limits "100 files"

# --- programs ---------------------------------------------------------------------
conf "services = shop flowers"
finds wrong services 'no service "flowers"'
conf
mv "$dir/share/mounts" "$dir/kept"
finds note services "no list of programs"
mv "$dir/kept" "$dir/share/mounts"
again() { cp "$B/bin/products" "$dir/bin/products" && chmod 755 "$dir/bin/products"; }
rm "$dir/bin/products"
finds wrong programs "products: No such file"
again && chmod 644 "$dir/bin/products"
finds wrong programs "not executable"
again && chmod 775 "$dir/bin/products"
finds wrong programs "other accounts may change"
again && chmod 777 "$dir/bin"
finds wrong programs "other accounts may put programs"
chmod 755 "$dir/bin"
again && printf '\010' | dd of="$dir/bin/products" bs=1 seek=18 conv=notrunc 2>/dev/null
finds wrong programs "another kind of machine"
echo rubbish >"$dir/bin/products"
finds wrong programs "does not start"
rm "$dir/bin/products" && again && clean programs

# --- the database -----------------------------------------------------------------
conf "database_password = wrong"
finds wrong database "Access denied"
conf "database_socket = $dir/none.sock"
finds wrong database "connect to local"
conf "database_name = nowhere"
finds wrong database "nowhere"
conf
by="$shim SHIM_CLOCK=100" finds wrong database-clock " s behind this machine's"
by="$shim SHIM_CLOCK=-100" finds wrong database-clock " s ahead of this machine's"
conf "database_password = wrong"
[[ $(doctor --only grants) == *"skipped: the database does not answer"* ]] && ok ||
    wrong "skipped" "is not said"
conf

conf "secret = $(od -An -N 32 -tx1 /dev/urandom | tr -d ' \n')"
finds wrong token-key 'sealed with another `secret`'
conf

# fresh: tables of its own, and root's account.
fresh() {
	sql -e "DROP DATABASE IF EXISTS $scratch; CREATE DATABASE $scratch CHARACTER SET utf8mb4" || return
	conf "database_name = $scratch" "database_user = root" "database_password = "
	"$dir/bin/brisk" migrate up >"$dir/told" 2>&1
}
fresh && clean migrations || wrong "migrate" "$(tail -n 3 "$dir/told")"
sql $scratch -e "DELETE FROM brisk_migrations WHERE version = 'core/0003'; DELETE FROM schema_migrations WHERE version = 'core/0003'"
finds wrong migrations "0003_cache_watch.sql was not applied"
fresh && sql $scratch -e "UPDATE brisk_migrations SET checksum = UNHEX(REPEAT('00', 32)) WHERE version = 'core/0001'"
finds wrong migrations "was changed after it was applied"
fresh && sql $scratch -e "UPDATE brisk_migrations SET state = 'failed' WHERE version = 'core/0001'"
finds wrong migrations "0001_core.sql failed"
fresh && clean tables
sql $scratch -e "ALTER TABLE products DROP INDEX words, DROP COLUMN name"
finds wrong tables "products --check"
fresh && clean engines
sql $scratch -e "ALTER TABLE jobs ENGINE = MyISAM; CREATE TABLE theirs (id INT) ENGINE = MyISAM"
finds wrong engines "jobs is MyISAM"
sql $scratch -e "ALTER TABLE jobs ENGINE = InnoDB"
finds note engines "theirs is MyISAM: no transactions; it is not a table of this API"

few() {
	sql -e "CREATE OR REPLACE USER doctor_few@localhost IDENTIFIED BY 'few' ${2:-}; GRANT $1 TO doctor_few@localhost"
	conf "database_name = $scratch" "database_user = doctor_few" "database_password = few" \
	    "database_connections = 30"
}
fresh && few "SELECT, INSERT, UPDATE, DELETE ON $scratch.*" && clean grants
few "SELECT, INSERT, UPDATE ON $scratch.*"
finds wrong grants "the account may not DELETE on jobs"
few "SELECT ON $scratch.*"
finds wrong grants "may not INSERT, UPDATE, DELETE on products"
few "SELECT ON $scratch.brisk_migrations"
finds wrong grants "has no rights on them"
few "SELECT, INSERT, UPDATE, DELETE ON $scratch.*" "WITH MAX_USER_CONNECTIONS 5"
finds wrong connections "may open 5 connections"
conf "database_connections = 4000"
finds wrong connections "the server accepts"
conf

# A server with everything wrong that can be.
bad_server() {
	local i as=()

	[ "$(id -u)" != 0 ] || as=(--user=root)
	mariadb-install-db --no-defaults --datadir="$dir/db" --auth-root-authentication-method=normal \
	    --skip-test-db "${as[@]}" --innodb-log-file-size=8M >"$dir/told" 2>&1 || return
	mariadbd --no-defaults "${as[@]}" --datadir="$dir/db" --socket="$dir/db.sock" \
	    --pid-file="$dir/db.pid" --skip-networking --innodb-log-file-size=8M \
	    --innodb-buffer-pool-size=16M --version=10.3.39-MariaDB --sql-mode= --log-bin --server-id=1 \
	    --binlog-format=STATEMENT --default-time-zone=+05:00 --max-connections=20 \
	    --innodb-flush-log-at-trx-commit=2 </dev/null >"$dir/db.log" 2>&1 7>&- &
	pids+=($!)
	for ((i = 0; i < 300; i++)); do
		bad_sql -e "CREATE DATABASE IF NOT EXISTS $scratch; CREATE OR REPLACE USER
		    watcher@localhost; GRANT ALL ON $scratch.* TO watcher@localhost" 2>/dev/null && return
		sleep 0.05
	done
	return 1
}
bad_sql() { mariadb --no-defaults -S "$dir/db.sock" -u root -N -B "$@"; }
if bad_server; then
	conf "database_socket = $dir/db.sock" "database_user = root" "database_password = " \
	    "database_name = $scratch"
	finds wrong server "10.3.39-MariaDB: too old"
	finds wrong server "STATEMENT format"
	out=$(doctor --only server)
	for text in "is not strict" "time zone is +05:00" "may be lost"; do
		grep -qF -- "$text" <<<"$(grep '^note' <<<"$out")" && ok || wrong "server" "no note: $text"
	done
	finds wrong connections "accepts 20 connections in total, but the programs may open 30"
	finds wrong migrations "0001_core.sql was not applied"
	finds wrong grants "the tables do not exist"
	# It lets nobody but SUPER make triggers.
	bad_sql $scratch -e "CREATE TABLE t (id INT PRIMARY KEY);
	    $(sed '/^-- migrate:down/,$d' "$root/migrations/core/0003_cache_watch.sql")"
	out=$("$dir/bin/brisk" cache watch t --user watcher 2>&1)
	[[ $? = 1 && $out == *log_bin_trust_function_creators* ]] && ok || wrong "cache watch, binary log" "$out"
else
	wrong "a bad server" "does not start: $(tail -n 3 "$dir/told" "$dir/db.log" 2>/dev/null)"
fi
conf

# --- memcached --------------------------------------------------------------------
# memcached_at WHERE...: one of our own, that brisk.conf names.
memcached_at() {
	local i as=()

	[ "$(id -u)" != 0 ] || as=(-u root)
	[ -z "${mc:-}" ] || kill -9 "$mc"
	rm -f "$dir/mc.sock"
	memcached "${as[@]}" "$@" </dev/null >/dev/null 2>&1 &
	mc=$!
	disown
	pids+=("$mc")
	for ((i = 0; i < 100; i++)); do
		[[ $(doctor --only memcached) == *wrong* ]] || return 0
		sleep 0.02
	done
}
conf "cache_socket = "
finds note memcached "there is no memcached"
conf "cache_socket = mc.sock"
finds wrong memcached "memcached does not listen"
memcached_at -s "$dir/mc.sock" -a 0600
clean memcached
kill -s STOP "$mc"
conf "cache_socket = mc.sock" "cache_wait_ms = 20"
finds wrong memcached "accepts connections but does not answer"
kill -s CONT "$mc"
conf "cache_socket = mc.sock"
memcached_at -s "$dir/mc.sock" -a 0666
finds note memcached "other accounts on this machine may read"
memcached_at -s "$dir/mc.sock" -a 0600 -I 512k
finds note memcached "does not store large responses"
port=$(free_port)
conf "cache_socket = 127.0.0.1:$port"
memcached_at -l 127.0.0.1 -p "$port"
finds note memcached "every host that can connect"
conf

# --- the web server ---------------------------------------------------------------
proxy=$(free_port)
echo none >"$dir/mode"
python3 "$root/tests/fakes/doctor_proxy.py" "$proxy" "$BASE" "$dir" &
pids+=($!)
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$dir/key" -out "$dir/crt" \
    -days 2 -subj /CN=localhost 2>/dev/null && cat "$dir/key" "$dir/crt" >"$dir/tls.pem"
tls=$(free_port)
python3 "$root/tests/fakes/doctor_proxy.py" "$tls" "$BASE" "$dir" "$dir/tls.pem" &
pids+=($!)
for ((i = 0; i < 200; i++)); do
	curl -fs -o /dev/null "http://127.0.0.1:$proxy/openapi.json" &&
	    curl -fsk -o /dev/null "https://127.0.0.1:$tls/openapi.json" && break
	sleep 0.05
done
by_way() { echo "$1" >"$dir/mode"; }
url=http://127.0.0.1:$proxy
# seen MODE LEVEL CHECK TEXT
seen() {
	by_way "$1"
	finds "$2" "$3" "$4" --url "$url"
	by_way none
}
for check in web routing authorization bodies private-files etag web-clock; do
	clean $check --url "$url"
done
finds wrong web "http://127.0.0.1:1" --url http://127.0.0.1:1
[[ $(doctor --only etag --url http://127.0.0.1:1) == *"skipped: the web server does not answer"* ]] &&
    ok || wrong "skipped" "is not said"
finds note web "in clear text" --url "http://2130706433:$proxy"
finds note web "is not trusted here" --url "https://localhost:$tls"
finds note web "HTTP/1.1 only" --url "https://localhost:$tls"
clean etag --url "https://localhost:$tls"
seen not-routed wrong routing "/v1/categories does not reach categories: the web server itself answers 404"
seen elsewhere wrong routing "/v1/categories reaches another program, not categories"
conf "services = "
finds wrong routing "still reaches products, whose service shop is switched off"
conf
seen no-authorization wrong authorization "no token reaches a program"
seen refuses wrong authorization "the web server itself answers 403"
conf "token_issuer = https://somebody.else"
finds wrong authorization "a fresh token is refused"
conf
seen fcgid wrong bodies "does not reach a program: 500"
seen over wrong bodies "with 500 instead of 413"
seen files wrong private-files "brisk.conf is public"
mkdir -p "$dir/log" && echo '{"at":"2026-11-22T11:03:48.123Z"}' >"$dir/log/handlers.log"
seen files wrong private-files "handlers.log is public"
seen etag wrong etag "which the program does not recognise"
seen no-etag note etag "has no ETag"
seen late wrong web-clock "60 s behind"
seen early wrong web-clock "60 s ahead"
seen no-date note web-clock "sends no Date"

tally
