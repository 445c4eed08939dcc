#!/bin/sh
# spawn - start programs with spawn-fcgi, for a web server that does not start them.
#
#	admin/share/spawn.sh		the programs of all services that are switched on
#	admin/share/spawn.sh NAME ...
#
# B is the build folder (build), BRISK_CONF the file of options.  Each program listens on
# run_dir/NAME.sock and logs to run_dir/NAME.log; spawn-fcgi fails if it runs already.
# `brisk restart`, `stop` and `status` work with these programs.
set -eu

B=${B:-$(cd "$(dirname "$0")/../.." && pwd -P)/build}
umask 077

option() {
	"$B/bin/brisk" conf | sed -n "s/^$1  *\(.*\)  \[.*/\1/p" | sed 's/^(empty)$//'
}

run=$(option run_dir)
[ $# != 0 ] || set -- $(awk -v on="core $(option services)" \
    -f "$(dirname "$0")/enabled.awk" "$B/share/mounts" | cut -d' ' -f2 | uniq)
"$B/bin/brisk" openapi --install
for name; do
	spawn-fcgi -s "$run/$name.sock" -b 1024 -M 0600 -- "$B/bin/$name" \
	    2>>"$run/$name.log" >/dev/null || {
		echo "spawn: $name: $(tail -n 1 "$run/$name.log")" >&2
		exit 1
	}
done
