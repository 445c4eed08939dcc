#!/bin/sh
# pages - build the pages that the program `docs` serves.
#
#	admin/build/pages.sh FOLDER
#
# These are our own pages, and the third-party scripts of handlers/core/pages/bundles from
# npm, each tarball verified by its digest.  Without npm or a package, /docs and /redoc are
# the plain page.
set -eu

to=$1
from=$(cd "$(dirname "$0")/../../handlers/core/pages" && pwd)
mkdir -p "$to"
cp "$from"/*.js "$from"/*.css "$from"/*.html "$to/"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# fetch PACKAGE VERSION SHA256: unpack its files into $tmp/package.
fetch() {
	command -v npm >/dev/null || { echo "pages: npm is not installed" >&2; return 1; }
	(cd "$tmp" && npm pack --silent "$1@$2" >name 2>npm.log) || {
		echo "pages: npm has no $1 $2" >&2
		return 1
	}
	tarball=$tmp/$(tail -n 1 "$tmp/name")
	echo "$3  $tarball" | sha256sum --quiet -c - >&2 || return 1
	rm -rf "$tmp/package"
	tar -xzf "$tarball" -C "$tmp"
}

# take PACKAGE FILE: copy a file; the name of a licence is prefixed with its package.
take() {
	package=$1 file=$2

	name=$(basename "$file")
	case $name in
	LICENSE|NOTICE) name=$package.$name.txt ;;
	esac
	# ReDoc would load its logo from another host.
	sed 's|https://cdn.redoc.ly/redoc/logo-mini.svg|data:,|g' \
	    "$tmp/package/$file" >"$to/$name"
}

sed '/^#/d' "$from/bundles" | while read -r package version digest files; do
	page=$to/docs.html
	[ "$package" != redoc ] || page=$to/redoc.html
	made="$version $(cksum <"$0")"
	if [ "$(cat "$to/$package.version" 2>/dev/null)" = "$made" ]; then
		continue
	fi
	if fetch "$package" "$version" "$digest"; then
		for file in $files; do
			take "$package" "$file"
		done
		echo "$made" >"$to/$package.version"
	else
		echo "pages: without $package: $(basename "$page" .html) is the plain page" >&2
		cp "$to/plain.html" "$page"
	fi
done
