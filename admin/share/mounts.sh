#!/bin/sh
# mounts - ask each program for its paths, and write the routing.
#
#	admin/share/mounts.sh ROOT NAME ...		programs in ROOT/bin
#
# ROOT/share/mounts		lines "SERVICE NAME PREFIX"; for a program that needs two
#				services "SERVICE+SERVICE NAME PREFIX" (enabled.awk)
# ROOT/share/*-mounts.conf	the routing for each way to run the programs
#
# It fails if a prefix lies inside another prefix.
set -eu

here=$(dirname "$0")
share=$1/share
bin=$1/bin
shift
mkdir -p "$share"

for name; do
	output=$("$bin/$name" --mounts) && service=$("$bin/$name" --service) ||
	    { echo "mounts: $name --mounts failed" >&2; exit 1; }
	[ -z "$output" ] || printf '%s\n' "$output" | sed "s|^|$service $name |"
done >"$share/mounts.new"

for form in lighttpd lighttpd-spawn htaccess htaccess-proxy proxy cgi; do
	awk -v form=$form -f "$here/mounts.awk" "$share/mounts.new" >"$share/$form.new"
	mv "$share/$form.new" "$share/$form-mounts.conf"
done
mv "$share/mounts.new" "$share/mounts"
