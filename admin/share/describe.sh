#!/bin/sh
# describe - write the files that describe the programs of a folder.
#
#	admin/share/describe.sh ROOT	runs ROOT/bin/*, writes ROOT/share
#
# These are share/mounts, the routing of the web servers, and share/openapi.json.  If two
# programs have the same path, it fails and writes nothing.
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
