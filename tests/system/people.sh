#!/bin/bash
# people: brisk user and brisk client, as an admin types them.  BASE, B, VAR.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd -P)
B=${B:-$root/build}
[[ $B == /* ]] || B=$root/$B
export BRISK_CONF=$VAR/brisk.conf
. "${BASH_SOURCE%/*}/../kit/kit.sh"
name=p$$_$RANDOM
password="violet-tractor-anthem-52"
tmp=$(mktemp -d /tmp/people.XXXXXX) || exit 2
trap 'rm -rf "$tmp"' EXIT

# says LABEL STATUS PATTERN COMMAND...: its status, and a line of what it says.
says() {
	local label=$1 want=$2 like=$3 status

	shift 3
	out=$("$@" 2>&1)
	status=$?
	if [ $status != "$want" ]; then
		wrong "$label" "status $status: $out"
	elif ! grep -qE -- "$like" <<<"$out"; then
		wrong "$label" "$out"
	else
		ok
	fi
}
brisk() { "$B/bin/brisk" "$@"; }
# typed INPUT COMMAND...: with that standard input.
typed() {
	local input=$1

	shift
	printf '%s\n' "$input" | "$@"
}
# token FORM...: what the token endpoint says.
token() {
	local args=() one

	for one; do
		args+=(--data-urlencode "$one")
	done
	curl -s "$BASE/oauth2/token" "${args[@]}"
}
login() { token grant_type=password client_id=docs "username=$1" "password=$2"; }
uuid='^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$'

says "added" 0 "$uuid" typed "$password" brisk user add --admin "$name@Example.ORG" "$name"
says "an admin, at once" 0 'users:admin' login "$name" "$password"
says "by its address, in lower case" 0 'access_token' login "$name@example.org" "$password"
says "twice" 1 'another user has this' typed "$password" brisk user add "$name@example.org" "$name"
says "a short password" 1 'too short' typed "elevenchars" brisk user add "b$name@example.org" "b$name"
says "everybody's" 1 'too common' typed "Password12345" brisk user add "b$name@example.org" "b$name"
says "none" 1 'no password on standard input' brisk user add "b$name@example.org" "b$name" </dev/null
says "no address" 1 'e-mail' typed "$password" brisk user add "home" "b$name"
says "no name" 1 'must match' typed "$password" brisk user add "b$name@example.org" "B-$name"
says "no such role" 1 'wizard: no such role' typed "$password" brisk user add --role wizard "b$name@example.org" "b$name"
says "nothing was made" 0 'invalid_grant' login "b$name" "$password"
says "with a role" 0 "$uuid" typed "$password" brisk user add --role merchant "c$name@example.org" "c$name"
says "two roles" 0 '^customer merchant$' brisk user roles "c$name"
says "one more" 0 '^customer finance merchant$' brisk user roles --role finance "c$name"
says "one less" 0 '^customer finance$' brisk user roles --remove merchant "c$name"
says "of nobody" 1 'no such user' brisk user roles "nobody$name"
says "the list" 0 "^c$name +c$name@example.org  customer finance$" brisk user list
says "called wrongly" 2 'usage: brisk user' brisk user add "only@example.org"
says "called wrongly" 2 'usage: brisk user' brisk user
says "another verb" 2 'usage: brisk user' brisk user kill "$name"

first=$(login "c$name" "$password" | cut -d '"' -f 4)
says "the token holds" 0 '^200$' curl -s -o "$tmp/me" -w '%{http_code}' \
    -H "Authorization: Bearer $first" "$BASE/v1/users/me"
says "another password" 0 '' typed "$password-2" brisk user passwd "c$name"
says "the token is over" 0 '^401$' curl -s -o "$tmp/me" -w '%{http_code}' \
    -H "Authorization: Bearer $first" "$BASE/v1/users/me"
says "the old password too" 0 'invalid_grant' login "c$name" "$password"
says "the new one holds" 0 'access_token' login "c$name" "$password-2"

# At a terminal it is asked for, twice, and not shown.
if command -v script >/dev/null; then
	: >"$tmp/typed"
	# seen TEXT: wait until it stands there, half a minute at most.
	seen() {
		local n=0

		until grep -qF "$1" "$tmp/typed" || [ $((n += 1)) = 300 ]; do sleep 0.1; done
	}
	(seen "Password: "; echo "$password"; seen "Once more: "; echo "$password"
	    n=0; while [ ! -e "$tmp/ended" ] && [ $((n += 1)) != 300 ]; do sleep 0.1; done) |
	    script -qfec "$B/bin/brisk user add d$name@example.org d$name; touch $tmp/ended" \
	    "$tmp/typed" >/dev/null 2>&1
	says "asked for" 0 'Once more' cat "$tmp/typed"
	if grep -qF "$password" "$tmp/typed"; then wrong "hidden" "the password was shown"; else ok; fi
	says "and made" 0 'access_token' login "d$name" "$password"
else
	wrong "terminal" "there is no script(1)"
fi

says "a client" 0 ' [A-Za-z0-9_-]{43}$' brisk client add "k$name" --scopes "products:write"
secret=${out##* }
says "its token" 0 '"scope":"products:write"' token grant_type=client_credentials "client_id=k$name" "client_secret=$secret"
says "not a wrong secret" 0 'invalid_client' token grant_type=client_credentials "client_id=k$name" "client_secret=${secret}x"
says "not for passwords" 0 'unauthorized_client' token grant_type=password "client_id=k$name" "client_secret=$secret" "username=$name" "password=$password"
says "a public one" 0 "^public client q$name$" brisk client add "q$name" --public --first-party --scopes "users:read"
says "logs people in" 0 '"scope":"users:read"' token grant_type=password "client_id=q$name" "username=$name" "password=$password"
says "twice" 1 'of this name' brisk client add "k$name" --scopes "products:write"
says "no such scope" 1 'unknown scope' brisk client add "l$name" --scopes "world:rule"
says "no such grant" 1 'must be some of' brisk client add "l$name" --scopes "users:read" --grants magic
says "no id" 1 'letters, digits' brisk client add "a/b" --scopes "users:read"
says "ours" 1 'letters, digits' brisk client add brisk --scopes "users:read"
says "no scopes" 2 'usage: brisk client' brisk client add "l$name"
says "the list" 0 "^k$name +confidential +- +client_credentials$" brisk client list
if grep -qF "$secret" <<<"$(brisk client list)"; then wrong "list" "shows the secret"; else ok; fi
says "revoked" 0 '' brisk client revoke "k$name"
says "is nobody" 0 'invalid_client' token grant_type=client_credentials "client_id=k$name" "client_secret=$secret"
says "twice" 1 'no such client' brisk client revoke "k$name"

# All of this is in the audit log, and no secret is.
brisk audit --actor brisk >"$tmp/audit" 2>&1
for action in users.register users.grant users.ungrant users.password clients.add clients.revoke; do
	says "noted: $action" 0 "$action" cat "$tmp/audit"
done
for one in "$password" "$secret"; do
	if grep -rqF -- "$one" "$tmp/audit" "$VAR/log"; then wrong "secrets" "in a log"; else ok; fi
done

# The last admin stays one: of all that other tests left, this one alone.
mariadb --no-defaults -S "$VAR/db.sock" -u root brisk -e \
    "DELETE r FROM user_roles r JOIN users u ON u.id = r.user_id WHERE r.role = 'admin' AND u.username <> '$name'"
says "the last admin" 1 'the last administrator' brisk user roles --remove admin "$name"

tally
