#!/bin/bash
# grants: each program with an account of its own, made by `brisk grants`: its
# --check holds with these rights and with none of them left out, who only reads
# can not write, and nobody changes the audit log.  A lighttpd of its own serves
# the installation's database with such accounts.  VAR, B.
#
# The accounts have names of their own, and are dropped.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd -P)
B=${B:-$root/build}
[[ $B == /* ]] || B=$root/$B
. "${BASH_SOURCE%/*}/../kit/kit.sh"
web=
dir=$(mktemp -d /tmp/grants.XXXXXX) || exit 2
prefix=g$$

sql() { mariadb --no-defaults -S "$VAR/db.sock" -u root -N -B "$@"; }
tidy() {
	[ -z "$web" ] || { kill "$web" && wait "$web"; } 2>/dev/null
	sql -e "SELECT CONCAT('DROP USER \`', user, '\`@\`', host, '\`;') FROM mysql.user
	    WHERE user LIKE '$prefix\\_%'" | sql
	[ -n "${KEEP:-}" ] || rm -rf "$dir"
}
trap tidy EXIT

# The installation's options, but accounts of their own and another run_dir.
awk -v prefix="$prefix" '
	/^database_user *=/ { print "database_user = " prefix; next }
	/^(database_own_accounts|run_dir|database_password) *=/ { next }
	{ print }' "$VAR/brisk.conf" >"$dir/brisk.conf"
echo 'database_own_accounts = on
run_dir = run' >>"$dir/brisk.conf"
mkdir -m 0700 "$dir/run" "$dir/log" "$dir/tmp"
export BRISK_CONF="$dir/brisk.conf"

grants() { "$B/bin/brisk" grants "$@" --user root; }
programs=$(grants 2>/dev/null | sed -n 's/^-- //p')
[ -n "$programs" ] && ok || wrong "programs" "$(grants 2>&1)"

for p in $programs; do
	"$B/bin/$p" --check >/dev/null 2>&1
	is "$p: no account, no check" $? 1
done
if grants --create >"$dir/create.sql" && sql <"$dir/create.sql"; then ok; else
	wrong "made" "$(head -n 5 "$dir/create.sql")"
fi
grants --create | sql
is "made again" $? 0
for p in $programs; do
	out=$("$B/bin/$p" --check 2>&1)
	is "$p: fits" $? 0
	[[ $out == *" statements fit" ]] || wrong "$p says so" "$out"
done
grep -q 'ON.*`audit`' "$dir/create.sql" && ! grep -q '\(UPDATE\|DELETE\|SELECT\).*`audit`' "$dir/create.sql"
is "the audit log is added to, and nothing else" $? 0
! grep -E 'pw_hash|private_wrapped|secret_hash' "$dir/create.sql" | grep -qv '_\(oauth2\|users\)`\?.@'
is "no password or key is read by who needs none" $? 0
! grep -q "$(sed -n 's/^secret *= *//p' "$VAR/brisk.conf")" "$dir/create.sql"
is "no secret" $? 0

# Each right is needed: one verb of one table at a time, and, of the smallest
# program that writes, one column at a time.
lacks() {
	local program=$1 right=$2 table=$3 who="'${prefix}_$1'@'localhost'"

	sql -e "REVOKE $right ON brisk.$table FROM $who" || wrong "$program" "revoke $right"
	if "$B/bin/$program" --check >/dev/null 2>&1; then
		wrong "$program" "needs no $right on $table"
	else
		ok
	fi
	sql -e "GRANT $right ON brisk.$table TO $who"
}
for p in $programs; do
	while IFS=$'\t' read -r table right; do
		lacks "$p" "$right" "$table"
	done < <(grants "$p" | sed -n 's/^GRANT \(.*\) ON `[^`]*`\.\(`[^`]*`\) TO .*/\2 \1/p' |
	    awk '{
		table = $1
		sub(/^[^ ]* /, "")
		gsub(/\), /, ")\n")
		n = split($0, part, "\n")
		for (i = 1; i <= n; i++)
			print table "\t" part[i]
	    }')
done
while IFS=$'\t' read -r table right; do
	lacks categories "$right" "$table"
done < <(grants categories | sed -n 's/^GRANT \(.*\) ON `[^`]*`\.\(`[^`]*`\) TO .*/\2 \1/p' |
    awk '{
	table = $1
	sub(/^[^ ]* /, "")
	while (match($0, /[A-Z]+ \([^)]*\)/)) {
		one = substr($0, RSTART, RLENGTH)
		$0 = substr($0, RSTART + RLENGTH)
		verb = one
		sub(/ .*/, "", verb)
		gsub(/^[A-Z]+ \(|\)$/, "", one)
		n = split(one, column, ",")
		for (i = 1; i <= n && n > 1; i++)
			print table "\t" verb " (" column[i] ")"
	}
    }')

# As the account itself: what a program that only reads could do, if it were told to.
password=$(sed -n 's/^secret *= *//p' "$dir/brisk.conf" | python3 -c '
import base64, hashlib, hmac, sys
mac = hmac.new(sys.stdin.read().strip().encode(), sys.argv[1].encode(), hashlib.sha256)
print(base64.urlsafe_b64encode(mac.digest()).decode().rstrip("="))' "database account ${prefix}_ops")
as_ops() { MYSQL_PWD=$password mariadb --no-defaults -S "$VAR/db.sock" -u "${prefix}_ops" -N -B brisk -e "$1" 2>&1; }
is "it is that account" "$(as_ops 'SELECT 1')" 1
for try in "INSERT INTO audit (action) VALUES ('x')" "UPDATE audit SET action = 'x'" \
    "DELETE FROM audit" "INSERT INTO users (id) VALUES ('0123456789abcdef')" \
    "UPDATE users SET tv = 2" "DELETE FROM revoked_tokens" "DELETE FROM products" \
    "SELECT pw_hash FROM users" "SELECT private_wrapped FROM signing_keys" \
    "CREATE TABLE x (i INT)" "SELECT * FROM mysql.user"; do
	[[ $(as_ops "$try") == *denied* ]] && ok || wrong "denied" "$try: $(as_ops "$try")"
done

# It serves so.
awk -v on="core $(sed -n 's/^services *= *//p' "$dir/brisk.conf" | tail -n 1)" \
    -v RS= -v ORS='\n\n' -f "$root/admin/share/enabled.awk" \
    "$B/share/lighttpd-mounts.conf" >"$dir/mounts.conf"
while port=$((20000 + RANDOM % 12000)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
	:
done
BRISK_VAR=$dir BRISK_SOCKETS=$dir BRISK_BIN=$B/bin BRISK_SHARE=$B/share BRISK_PORT=$port \
    lighttpd -D -f "$root/lighttpd/lighttpd.conf" >"$dir/log/start" 2>&1 &
web=$!
base=http://127.0.0.1:$port
for _ in {1..200}; do
	curl -fsS -o /dev/null "$base/v1/categories" 2>/dev/null && break
	sleep 0.05
done
token=$(BRISK_CONF=$VAR/brisk.conf "$B/bin/brisk" token --scope "products:write ops:read" | awk '{ print $NF }')
auth=(-H "Authorization: Bearer $token")
json=(-H 'Content-Type: application/json')
status() { curl -s -o "$dir/out" -w '%{http_code}' "$@"; }
slug=grants-$$
is "create a shelf" "$(status "${auth[@]}" "${json[@]}" "$base/v1/categories" -d "{\"name\":\"G\",\"slug\":\"$slug\"}")" 201
shelf=$(sed -n 's/^{"id":"\([^"]*\)".*/\1/p' "$dir/out")
is "a product on it" "$(status "${auth[@]}" "${json[@]}" "$base/v1/products" \
    -d "{\"sku\":\"$slug\",\"name\":\"G\",\"price\":{\"amount\":1,\"currency\":\"EUR\"},\"category_ids\":[\"$shelf\"]}")" 201
product=$(sed -n 's/^{"id":"\([^"]*\)".*/\1/p' "$dir/out")
is "seen" "$(status "$base/v1/products/$product?expand=categories")" 200
is "listed" "$(status "$base/v1/products?category_id=$shelf&sort=price&count=exact")" 200
is "changed" "$(status "${auth[@]}" -X PATCH -H 'Content-Type: application/merge-patch+json' \
    -H 'If-Match: *' "$base/v1/products/$product" -d '{"name":"H","category_ids":[]}')" 200
is "merged" "$(status "${auth[@]}" "${json[@]}" -H 'Prefer: resolution=merge-duplicates' "$base/v1/products" \
    -d "{\"items\":[{\"sku\":\"$slug\",\"name\":\"I\",\"price\":{\"amount\":1,\"currency\":\"EUR\"}}]}")" 200
is "gone" "$(status "${auth[@]}" -X DELETE -H 'If-Match: *' "$base/v1/products/$product")" 204
is "the shelf, too" "$(status "${auth[@]}" -X DELETE -H 'If-Match: *' "$base/v1/categories/$shelf")" 204
name=grants_$$
is "register" "$(status "${json[@]}" "$base/v1/users" \
    -d "{\"email\":\"$name@example.org\",\"username\":\"$name\",\"password\":\"correct horse $name\"}")" 201
is "log in" "$(status "$base/oauth2/token" -d grant_type=password -d client_id=docs \
    -d username=$name --data-urlencode "password=correct horse $name")" 200
own=(-H "Authorization: Bearer $(sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p' "$dir/out")")
refresh=$(sed -n 's/.*"refresh_token":"\([^"]*\)".*/\1/p' "$dir/out")
is "refresh" "$(status "$base/oauth2/token" -d grant_type=refresh_token -d client_id=docs -d "refresh_token=$refresh")" 200
is "me" "$(status "${own[@]}" "$base/v1/users/me")" 200
me=$(sed -n 's/^{"id":"\([^"]*\)".*/\1/p' "$dir/out")
is "wrong password" "$(status "$base/oauth2/token" -d grant_type=password -d client_id=docs -d username=$name -d password=wrong-password)" 400
is "leave" "$(status "${own[@]}" -X DELETE -H 'If-Match: *' "$base/v1/users/$me")" 204
is "as who" "$(sql -e "SELECT COUNT(*) FROM information_schema.processlist WHERE user IN ('${prefix}_products', '${prefix}_categories')" |
    awk '{ print ($1 > 0) }')" 1
sql brisk -e "DELETE FROM products WHERE sku = '$slug'"

tally
