#!/bin/sh
# mounts - asks each program what it answers, and writes what depends on it.
#
#	admin/mounts.sh ROOT NAME ...		programs in ROOT/bin
#
# ROOT/share/mounts		"SERVICE NAME PREFIX" a line
# ROOT/share/*-mounts.conf	the routing of lighttpd and of Apache
#
# Refused: a prefix inside another's, whoever owns them.
set -eu

here=$(dirname "$0")
share=$1/share
bin=$1/bin
shift
mkdir -p "$share"

for name; do
	told=$("$bin/$name" --mounts) && service=$("$bin/$name" --service) ||
	    { echo "mounts: $name --mounts failed" >&2; exit 1; }
	[ -z "$told" ] || printf '%s\n' "$told" | sed "s|^|$service $name |"
done >"$share/mounts.new"

for server in lighttpd apache; do
	awk -v server=$server -f "$here/mounts.awk" "$share/mounts.new" >"$share/$server.new"
	mv "$share/$server.new" "$share/$server-mounts.conf"
done
mv "$share/mounts.new" "$share/mounts"
