#!/bin/bash
# own - the endpoints of a project folder, together with those of the installation.
#
#	brisk own run|start|stop	a private installation with both (`brisk stack`)
#	brisk own test			tests/system/*.sh in one that ends with them
#	brisk own install		into the installation itself
#
# Run by the folder's Makefile: build/own/SERVICE/NAME are its programs,
# migrations/SERVICE/ its tables.  VAR, PORT, SERVER and SET as in `brisk stack`.
set -u -o pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
here=$PWD
site=$here/build/site		# what runs: as an installation is laid out

die() {
	printf 'brisk own: %s\n' "$*" >&2
	exit 1
}

# Set `programs` and `services`; a program must be in the folder of its service.
find_programs() {
	local program needs

	programs=(build/own/*/*)
	[ -x "${programs[0]}" ] || die "no program in build/own: run make first"
	services=
	for program in "${programs[@]}"; do
		needs=$("$program" --service) || die "$program --service failed"
		needs=${needs%%+*}	# further services belong to the installation
		[ "$needs" = "$(basename "$(dirname "$program")")" ] ||
		    die "$program has the service \"$needs\", and is not in its folder"
		[[ " $services " == *" $needs "* ]] || services="$services $needs"
	done
	services=${services# }
}

# A program of the installation with the same name would be replaced.
check_names() {
	local program name service

	for program in "${programs[@]}"; do
		name=$(basename "$program") service=$(basename "$(dirname "$program")")
		awk -v n="$name" -v s="$service" '$2 == n && $1 != s { exit 1 }' \
		    "$ROOT/share/mounts" && [ "$name" != brisk ] ||
		    die "$name: the installation has another program with this name"
	done
}

# put MODE FILE FOLDER: replace the file, never write into a running program.
put() {
	mkdir -p "$3" && install -m "$1" "$2" "$3/$(basename "$2").new" &&
	    mv -f "$3/$(basename "$2").new" "$3/$(basename "$2")" ||
	    die "cannot write $3/$(basename "$2")"
}

# Copy our programs and migrations into a folder with the layout of an installation.
put_own() {
	local program service file

	for program in "${programs[@]}"; do
		put 755 "$program" "$1/bin"
	done
	for service in $services; do
		for file in migrations/"$service"/*.sql; do
			[ ! -e "$file" ] || put 644 "$file" "$1/migrations/$service"
		done
	done
	"$ROOT/admin/share/describe.sh" "$1" || die "these endpoints cannot be served"
}

make_site() {
	rm -rf "$site.new"
	mkdir -p "$site.new" &&
	    cp -R "$ROOT/bin" "$ROOT/share" "$ROOT/migrations" "$site.new" ||
	    die "cannot copy $ROOT"
	[ ! -e "$ROOT/lib" ] || ln -s "$ROOT/lib" "$site.new/lib"
	put_own "$site.new"
	rm -rf "$site"
	mv "$site.new" "$site"
}

stack() {
	B=$site VAR=${VAR:-$here/var} SERVICES=$services "$ROOT/bin/brisk" stack "$1"
}

free_port() {
	local port

	while port=$((20000 + RANDOM % 12000)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
		:
	done
	echo $port
}

run_tests() {
	local test passed=0 failed=0

	tmp=$(mktemp -d /tmp/own.XXXXXX) || die "no temporary folder"
	export VAR=$tmp/var PORT
	PORT=$(free_port)
	trap 'stack stop >/dev/null; rm -rf "$tmp"' EXIT
	trap 'exit 130' INT TERM HUP
	stack start >"$tmp/start" 2>&1 || { cat "$tmp/start"; die "it did not start"; }
	export B=$site BASE=http://127.0.0.1:$PORT BRISK_CONF=$VAR/brisk.conf TOKEN
	TOKEN=$("$site/bin/brisk" token --scope "${SCOPE:-ops:admin}") || die "no token"
	for test in tests/system/*.sh; do
		timeout 300 sh "$test" | tee "$tmp/out"
		if [[ $(tail -n 1 "$tmp/out") =~ :\ ([0-9]+)\ passed,\ ([0-9]+)\ failed ]]; then
			passed=$((passed + BASH_REMATCH[1]))
			failed=$((failed + BASH_REMATCH[2]))
		else
			echo "$test ended without a count"
			failed=$((failed + 1))
		fi
	done
	echo "$passed passed, $failed failed"
	[ $failed = 0 ] && [ $passed != 0 ]
}

tell_rest() {
	cat <<-END
	installed in $ROOT; to serve it, an installation needs
	    services = ... $services	in its brisk.conf
	    brisk migrate up
	    a reload of its web server with the new routing (share/*-mounts.conf)
	END
}

find_programs
check_names
case ${1-} in
run|start)
	make_site
	[ "$1" != run ] || exec env B="$site" VAR="${VAR:-$here/var}" \
	    SERVICES="$services" "$ROOT/bin/brisk" stack run
	stack start
	;;
stop)
	stack stop
	;;
test)
	make_site
	run_tests
	;;
install)
	make_site		# fails if paths overlap
	put_own "$ROOT"
	tell_rest
	;;
*)
	die "run, start, stop, test or install"
	;;
esac
