#!/bin/bash
# steps - the host's part, then the account's, as INSTALL.md has it.  Runs in a
# root of its own, as root; the account is anna.
set -u -o pipefail

label=$1
port=28443
home=/home/anna
url=http://127.0.0.1:$port/~anna/api
suite="dist: $label"
. "${BASH_SOURCE%/*}/kit.sh"

# says LABEL TEXT COMMAND...: succeeds, and prints text with that in it.
says() {
	local what=$1 text=$2 out

	shift 2
	if out=$("$@" 2>&1) && [[ $out == *"$text"* ]]; then
		ok
	else
		wrong "$what" "$(grep -A1 '^wrong' <<<"$out" || tail -n 12 <<<"$out")"
	fi
}
# status URL WANTED...: one of these is the answer's.
status() {
	local got where=$1 want

	shift
	got=$(curl -s -o /tmp/body -w '%{http_code}' --path-as-is "$where")
	for want; do
		[ "$got" != "$want" ] || { ok; return; }
	done
	wrong "$where" "is $got, not $*"
}
end() {
	tally
	exit
}
anna() { su -s /bin/bash anna -c "cd && $1"; }

# --- the host -----------------------------------------------------------------

host_web() {
	sed -i "s/^Listen .*/Listen 127.0.0.1:$port/" /etc/apache2/ports.conf
	rm -f /etc/apache2/sites-enabled/*
	cat >/etc/apache2/sites-enabled/host.conf <<-END
	ServerName localhost
	UserDir public_html
	UserDir disabled root
	<Directory /home/*/public_html>
		AllowOverride FileInfo Options AuthConfig Limit Indexes
		Options SymLinksIfOwnerMatch
		Require all granted
	</Directory>
	END
	a2enmod -q userdir suexec fcgid rewrite headers deflate >/tmp/a2enmod 2>&1
	# The first line is the document root, the second the part of home folders
	# where programs may lie; Debian's own says public_html/cgi-bin.
	printf '/home\npublic_html\n' >/etc/apache2/suexec/www-data
	apache2ctl start
}

useradd -m -s /bin/bash anna && chmod 711 $home
anna 'mkdir -m 755 public_html && echo hello >public_html/plain.txt'
says "the host's web server" '' host_web
status "http://127.0.0.1:$port/~anna/plain.txt" 200
for tool in cc gcc make memcached mariadbd mysqld; do
	! command -v $tool >/dev/null || wrong "bare" "$tool is here"
done

# --- the account: what INSTALL.md says, line by line --------------------------

cp /given/brisk-*.tar.gz $home/ && chown anna: $home/brisk-*.tar.gz
tar -xzOf /given/brisk-*.tar.gz brisk/INSTALL.md >/tmp/INSTALL.md
mapfile -t steps < <(sed "/^# When/,\$d; s|https://example.org/api|$url|" /tmp/INSTALL.md |
    awk '/^```$/ { on = 0 } on { print } /^```sh$/ { on = 1 }')
count=$(sed '/^# When/,$d' /tmp/INSTALL.md | grep -c '^## [0-9]')
[ "$count" -le 6 ] && [ ${#steps[@]} -le 6 ] && ok || wrong "steps" "$count, ${#steps[@]}"

answers='shop\n/run/mysqld/mysqld.sock\nanna_api\nanna_api\na pass#word = "1"\n'
for step in "${steps[@]}"; do
	case $step in
	*" init "*) says "$step" 'the database answers' anna "printf '$answers' | $step" ;;
	*"migrate up"*) says "$step" 'shop/0001_catalogue.sql' anna "$step" ;;
	*doctor*) says "$step" '' anna "$step" ;;
	curl*) says "$step" '{"items":[]}' anna "$step" ;;
	*) says "$step" '' anna "$step" ;;
	esac
done

# --- it is there, as the account's own ----------------------------------------

says "the document" '"/v1/products/{id}"' curl -fsS "$url/openapi.json"
says "the page" '<html' curl -fsS "$url/"
token=$(anna 'brisk/bin/brisk token --scope products:write')
post() {
	curl -sS -w '\n%{http_code}' -H "Authorization: Bearer $token" \
	    -H 'Content-Type: application/json' -d "$1" "$url/v1/categories"
}
says "create" $'\n201' post '{"name":"Mosses","slug":"mosses"}'
says "the list shows it" '"slug":"mosses"' curl -fsS "$url/v1/categories"
says "a wrong one" $'\n422' post '{"name":"Mosses"}'
says "a wrong path" '"code":"not_found"' curl -sS "$url/v1/nothing"
user=$(ps -o user= -C products.fcgi 2>/dev/null | sort -u | head -n 1)
[ -n "$user" ] || user=$(for p in /proc/[0-9]*; do
	case $(readlink "$p/exe") in *products.fcgi*) stat -c %U "$p" ;; esac
done | sort -u | head -n 1)
[ "$user" = anna ] && ok || wrong "suEXEC" "the programs run as \"$user\""

# --- nothing that is private is handed out ------------------------------------

for path in .htaccess .htbrisk.conf .htlib/libcrypto.so.1.1 .htlib .htshare/mounts .htshare/ \
    errors/.htaccess brisk.conf ../brisk/brisk.conf ../../brisk/brisk.conf \
    %2e%2e/brisk/brisk.conf run/ run/gen run/board log/ bin/brisk \
    migrations/core/0001_core.sql INSTALL.md products.fcgi.new .ht.new; do
	status "$url/$path" 403 404
	! grep -q -e 'database_password' -e 'PRIVATE KEY' /tmp/body || wrong "$path" "a secret"
done
# Even where somebody unpacked it into the web itself.
anna 'cp -a brisk public_html/brisk && chmod -R o+rX public_html/brisk'
for path in '' brisk.conf bin/brisk lib/libcrypto.so.1.1 run/gen share/mounts \
    migrations/core/0001_core.sql admin/share/web.sh INSTALL.md LIBRARIES; do
	status "http://127.0.0.1:$port/~anna/brisk/$path" 403 404
done
anna 'rm -rf public_html/brisk'
mode=$(stat -c %a $home/brisk/brisk.conf $home/brisk/run | paste -sd' ')
[ "$mode" = "600 700" ] && ok || wrong "modes" "$mode"
[ -z "$(find $home/brisk $home/public_html -perm /022 ! -type l)" ] && ok ||
    wrong "writable by others" "$(find $home/brisk $home/public_html -perm /022 ! -type l | head -n 3)"

# --- it brings all it loads ---------------------------------------------------

loads() {
	local program

	for program in $home/brisk/bin/* $home/public_html/api/*.fcgi; do
		ldd "$program" | grep -vE 'vdso|ld-linux|/(home/anna/brisk|home/anna/public_html/api/\.htlib|home/anna/public_html/api/../lib)/' |
		    grep -vE '/lib(c|m|dl|pthread|rt|resolv|util)[.]so' | sed "s|^|$program|"
	done
}
missing=$(loads)
[ -z "$missing" ] && ok || wrong "of the host's libraries it loads" "$(head -n 3 <<<"$missing")"
says "the list of them" 'licence OpenSSL' cat $home/brisk/LIBRARIES
for library in $home/brisk/lib/*.so*; do
	[ -s "$library" ] || wrong "empty" "$library"
done
packages=$(grep -c '^    source' $home/brisk/LIBRARIES)
[ "$packages" = "$(find $home/brisk/licences -maxdepth 1 -type f | wc -l)" ] && [ "$packages" -gt 10 ] && ok ||
    wrong "licences" "$packages"

# --- what may go wrong says so ------------------------------------------------

refuses() {
	local what=$1 text=$2 out

	shift 2
	if ! out=$("$@" 2>&1) && [[ $out == *"$text"* ]]; then ok; else wrong "$what" "$out"; fi
}
refuses "init again" 'already exists' anna "printf '$answers' | brisk/bin/brisk init --url $url"
refuses "a wrong password" 'does not answer' anna \
    "printf 'shop\n/run/mysqld/mysqld.sock\nanna_api\nanna_api\nno\n' |
    brisk/bin/brisk init --url $url --file brisk/other.conf"
refuses "a wrong address" 'base_url' anna \
    "printf '$answers' | brisk/bin/brisk init --url example.org --file brisk/third.conf"
[ ! -e $home/brisk/third.conf ] && ok || wrong "a refused brisk.conf" "is left behind"
refuses "no answers" 'no answer' anna \
    "brisk/bin/brisk init --url $url --file brisk/third.conf </dev/null"

big() { head -c "$1" /dev/zero | tr '\0' ' '; }
says "the largest body" $'\n422' post "{\"name\":\"x\"$(big 60000)}"
status=$(big 130000 | curl -sS -o /tmp/body -w '%{http_code}' -H "Authorization: Bearer $token" \
    -H 'Content-Type: application/json' --data-binary @- "$url/v1/categories")
[ "$status" = 413 ] && ok || wrong "too large a body" "$status"

# A newer program in place of the running one: `brisk web` again.
anna 'cp brisk/bin/products /tmp/products && printf x >>/tmp/products &&
    mv /tmp/products brisk/bin/products && brisk/bin/brisk web public_html/api'
says "a new version" '"items":' curl -fsS "$url/v1/products"

# --- lighttpd in place of Apache ----------------------------------------------

lighttpd_instead() {
	local own i path port=$((port + 1))

	says "Apache stops" '' apache2ctl stop
	own=$(awk '/^  ```$/ { on = !on } on && !/```/' /tmp/INSTALL.md)
	anna "${own//8080/$port}" >/tmp/lighttpd.log 2>&1 &
	for ((i = 0; i < 100; i++)); do
		curl -fs -o /dev/null "http://127.0.0.1:$port/v1/categories" && break
		sleep 0.1
	done
	says "lighttpd" '"slug":"mosses"' sh -c "curl -fsS http://127.0.0.1:$port/v1/categories ||
    { cat /tmp/lighttpd.log $home/brisk/log/lighttpd.log; false; }"
	says "brisk status there" 'categories' anna 'brisk/bin/brisk status'
	for path in brisk.conf run/gen; do
		status "http://127.0.0.1:$port/$path" 404
	done
}
! command -v lighttpd >/dev/null || lighttpd_instead
end
