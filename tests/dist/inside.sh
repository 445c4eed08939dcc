#!/bin/bash
# inside - prepares a machine as a host would, and follows INSTALL.md on it.
#
#	inside.sh ROOT TARBALL LABEL DATABASE-ROOT	in namespaces of its own (dist.sh)
#
# The database runs in a root of its own, as on a host; they share its socket.
set -u -o pipefail

root=$1 tarball=$2 label=$3 database=$4
work=$(dirname "$root")/work
top=$work/top
here=$(cd "$(dirname "$0")" && pwd -P)

# The layers are memory, and all mounts are this namespace's: they end with it.
mkdir -p "$work"
layer() {
	mkdir -p "$work/$1.upper" "$work/$1.work" "$work/$1" &&
	    mount -t overlay overlay "$work/$1" -o \
	    "lowerdir=$2,upperdir=$work/$1.upper,workdir=$work/$1.work" &&
	    mount -t proc proc "$work/$1/proc" && mkdir -p "$work/$1/run/mysqld"
}
mount --make-rprivate / && mount -t tmpfs tmpfs "$work" && ip link set lo up &&
    layer top "$root" && layer db "$database" &&
    echo 127.0.0.1 localhost | tee "$work"/{top,db}/etc/hosts >/dev/null &&
    mount --bind "$work/db/run/mysqld" "$top/run/mysqld" || exit 2

# Its password has what a file of options could trip over.
chroot "$work/db" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin bash -c '
	mkdir /tmp/data && chown nobody: /tmp/data /run/mysqld
	mariadb-install-db --no-defaults --user=nobody --datadir=/tmp/data --force \
	    --skip-test-db --auth-root-authentication-method=normal \
	    </dev/null >/tmp/install.log 2>&1
	mariadbd --no-defaults --user=nobody --datadir=/tmp/data --skip-networking \
	    --skip-name-resolve --socket=/run/mysqld/mysqld.sock \
	    --innodb-flush-method=fsync --innodb-use-native-aio=0 >/tmp/db.log 2>&1 &
	sql() { mariadb --no-defaults -S /run/mysqld/mysqld.sock "$@"; }
	for ((i = 0; i < 300; i++)); do
		sql -e "SELECT 1" >/dev/null 2>&1 && break
		sleep 0.1
	done
	sql || { tail -n 25 /tmp/install.log /tmp/db.log; exit 1; }' <<'END' || exit 2
CREATE DATABASE anna_api;
CREATE USER anna_api@localhost IDENTIFIED BY 'a pass#word = "1"';
GRANT ALL ON anna_api.* TO anna_api@localhost;
END

mkdir -p "$top/run/apache2" "$top/given" "$top/dev/shm"
cp "$tarball" "$here/steps.sh" "$here/../kit/kit.sh" "$top/given"
chroot "$top" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
    bash /given/steps.sh "$label"
status=$?
exit $status
