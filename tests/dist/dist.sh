#!/bin/bash
# dist: the steps of INSTALL.md, word by word, where nothing is installed but
# Apache, mod_fcgid and MariaDB: in bare Debian 12 and 11.
#
#	tests/dist/dist.sh [SUITE ...]		bookworm and bullseye
#
# B; as root.  Each root is kept in B/dist-root and only looked at: what a test
# writes lies in a layer over it, in namespaces that end with the test, so that
# nothing is mounted, runs or listens here.
set -u -o pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
B=${B:-$ROOT/build}
[[ $B == /* ]] || B=$ROOT/$B
. "${BASH_SOURCE%/*}/../kit/kit.sh"

end() {
	tally
	exit
}

# A kept root, with what a host installs.
root() {
	"$ROOT/admin/build/dist/root.sh" "$@" || {
		skip "no root of $1 can be made here"
		return 1
	}
}

one() {
	local suite=$1 root=$B/dist-root/test-$1 last

	# lighttpd.conf is for that of Debian 12 and later.
	root "$suite" "$root" apache2 apache2-suexec-custom libapache2-mod-fcgid curl \
	    $([ "$suite" = bullseye ] || echo lighttpd lighttpd-mod-deflate) || return
	root bookworm "$B/dist-root/database" mariadb-server-core mariadb-client-core || return
	unshare --mount --pid --net --ipc --uts --fork --kill-child \
	    bash "$ROOT/tests/dist/inside.sh" "$root" "$tarball" "$suite" \
	    "$B/dist-root/database" 2>&1 |
	    tee "$B/dist-$suite.log"
	last=$(tail -n 1 "$B/dist-$suite.log")
	if [[ $last =~ :\ ([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		passed=$((passed + BASH_REMATCH[1]))
		failed=$((failed + BASH_REMATCH[2]))
	else
		echo "dist: $suite ended without a count"
		failed=$((failed + 1))
	fi
}

if [ "$(id -u)" != 0 ] || ! command -v debootstrap >/dev/null; then
	skip "roots of other Debians want root and debootstrap"
	end
fi
if ! unshare --mount --pid --net --fork true 2>/dev/null; then
	skip "no namespaces here"
	end
fi
make -C "$ROOT" B="$B" dist || { failed=1; end; }
tarball=$(ls -t "$B"/brisk-*-linux-*.tar.gz | head -n 1)
for suite in "${@:-bookworm bullseye}"; do
	for one in $suite; do
		one "$one"
	done
done
end
