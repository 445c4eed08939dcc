#!/bin/bash
# inside - prepares a machine as a host would, and follows INSTALL.md on it.
#
#	inside.sh ROOT TARBALL LABEL	in namespaces of its own (dist.sh)
set -u -o pipefail

root=$1 tarball=$2 label=$3
work=$(mktemp -d /tmp/dist.XXXXXX) || exit 2
top=$work/top
here=$(cd "$(dirname "$0")" && pwd -P)

# The layer is memory, and all mounts are this namespace's: they end with it.
mount --make-rprivate / && mount -t tmpfs tmpfs "$work" &&
    mkdir "$work/upper" "$work/work" "$top" &&
    mount -t overlay overlay -o "lowerdir=$root,upperdir=$work/upper,workdir=$work/work" "$top" &&
    mount -t proc proc "$top/proc" && ip link set lo up || exit 2
mkdir -p "$top/run/mysqld" "$top/run/apache2" "$top/given" "$top/dev/shm"
cp "$tarball" "$here/steps.sh" "$top/given"
chroot "$top" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
    bash /given/steps.sh "$label"
status=$?
umount "$top/proc" "$top" "$work" 2>/dev/null
rmdir "$work" 2>/dev/null
exit $status
