#!/bin/sh
# root - create a Debian system in a folder, to build or test in.
#
#	admin/build/dist/root.sh SUITE FOLDER PACKAGE...
#
# It is made with debootstrap from the mirror of this machine's apt, and kept: a second run
# only adds missing packages.  It needs root.
set -eu

suite=$1 root=$2
shift 2
wanted="$(printf '%s\n' "$@" | sort)"
[ "$(cat "$root/etc/brisk-packages" 2>/dev/null)" != "$wanted" ] || exit 0
[ "$(id -u)" = 0 ] || { echo "root: must be run as root" >&2; exit 1; }
command -v debootstrap >/dev/null || {
	echo "root: please install debootstrap" >&2
	exit 1
}

# "URI SUITE" of apt's indices, of the distribution only.
own=$(. /etc/os-release && echo "$VERSION_CODENAME")
from=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(CREATED_BY)' |
    awk -v own="$own" '$3 == "Packages" { sub("/$", "", $1) }
	$3 == "Packages" && $2 == own && !main { main = $1 }
	$3 == "Packages" && $2 == own "-security" { security = $1 }
	END { print main, security }')
main=${from% *} security=${from#* }
[ -n "$main" ] || { echo "root: apt has no Debian mirror" >&2; exit 1; }

if [ ! -e "$root/etc/brisk-root" ]; then
	echo "creating a root of $suite"
	rm -rf --one-file-system "$root"
	mkdir -p "$root"
	debootstrap --variant=minbase "$suite" "$root" "$main" >"$root.log" 2>&1 ||
	    { tail -n 5 "$root.log" >&2; exit 1; }
	apt-config dump | grep '^Acquire::' >"$root/etc/apt/apt.conf.d/99host" || :
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
	: >"$root/etc/brisk-root"
fi

inside() {
	chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C "$@" >>"$root.log" 2>&1
}

# First the released packages, then the security updates that are available.
echo "deb $main $suite main" >"$root/etc/apt/sources.list"
inside apt-get -q update
inside apt-get -q install -y --no-install-recommends "$@" || {
	tail -n 5 "$root.log" >&2
	exit 1
}
if [ -n "$security" ]; then
	echo "deb $security $suite-security main" >>"$root/etc/apt/sources.list"
	inside apt-get -q update && inside apt-get -q upgrade -y --fix-missing ||
	    echo "root: some updates of $suite are not available; see $root.log" >&2
fi
inside apt-get -q clean
echo "$wanted" >"$root/etc/brisk-packages"
