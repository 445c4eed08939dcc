#!/bin/sh
# packages - install the Debian packages that are missing for a purpose.
#
#	admin/build/packages.sh [build] [run] [hosts] [test] [deep] [bench]
#
#	admin/build/packages.sh --list PURPOSE...	only print their names
#
# It installs packages as root, or with sudo if that asks for no password; otherwise it
# prints the command to run and fails.  It does not run apt if no package is missing.
set -eu

of_build="gcc libc6-dev make pkg-config libfcgi-dev libjson-c-dev libmariadb-dev
	libmemcached-dev libpcre2-dev libssl-dev libargon2-dev libcurl4-openssl-dev"
of_run="lighttpd lighttpd-mod-deflate mariadb-server-core mariadb-client-core
	memcached curl"
of_hosts="apache2-bin libapache2-mod-fcgid spawn-fcgi lighttpd-mod-openssl"
of_test="chromium libcunit1-dev clang libclang-rt-dev jq python3-jsonschema groff-base"
of_deep="spin debootstrap"
of_bench="wrk python3-fastapi uvicorn python3-aiomysql python3-uvloop python3-httptools"

list=
[ "${1-}" != --list ] || { list=1; shift; }
wanted=
for purpose in "${@:-build}"; do
	eval "wanted=\"\$wanted \${of_$purpose:?no such purpose}\""
done
[ -z "$list" ] || { echo $wanted; exit 0; }

if ! command -v dpkg-query >/dev/null; then
	echo "packages: not a Debian system; install the equivalents of" $wanted >&2
	exit 0
fi

there=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' $wanted 2>/dev/null |
    sed -n 's/ installed$//p')
missing=
for name in $wanted; do
	case "
$there
" in
	*"
$name
"*) ;;
	*) missing="$missing $name" ;;
	esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
	sudo=
elif sudo -n true 2>/dev/null; then
	sudo="sudo -n"
else
	echo "packages: packages are missing; please run" >&2
	echo "    sudo apt-get update && sudo apt-get install -y --no-install-recommends$missing" >&2
	exit 1
fi

# policy-rc.d keeps apt from starting the services of the packages: a private installation
# starts its own.
echo "installing$missing"
$sudo env DEBIAN_FRONTEND=noninteractive sh -eu -c '
	policy=/usr/sbin/policy-rc.d
	if [ ! -e $policy ]; then
		trap "rm -f $policy" EXIT
		trap "exit 1" INT TERM HUP
		printf "#!/bin/sh\nexit 101\n" >$policy
		chmod 755 $policy
	fi
	apt-get -qq update
	apt-get -qq install -y --no-install-recommends -o Dpkg::Use-Pty=0 "$@" >/dev/null
' sh $missing
