#!/bin/sh
# share - what the programs of a folder say of themselves, written anew.
#
#	admin/share/share.sh ROOT	asks ROOT/bin/*, writes ROOT/share
#
# share/mounts and the routing of the web servers, share/openapi.json.  Refused,
# and nothing written: two that answer the same path.
set -eu

root=$1
names=
for program in "$root"/bin/*; do
	name=$(basename "$program")
	case $name in
	brisk|*.new) ;;
	*) names="$names $name" ;;
	esac
done

"$(dirname "$0")/mounts.sh" "$root" $names
rm -rf "$root/share/openapi.new"
mkdir -p "$root/share/openapi.new"
for name in $names; do
	"$root/bin/$name" --openapi >"$root/share/openapi.new/$name.json"
done
"$root/bin/brisk" openapi "$root"/share/openapi.new/*.json >"$root/share/openapi.json.new"
mv "$root/share/openapi.json.new" "$root/share/openapi.json"
rm -rf "$root/share/openapi"
mv "$root/share/openapi.new" "$root/share/openapi"
