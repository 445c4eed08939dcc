# kit.sh - what every shell suite uses: counts of checks, and free ports.
#
#	suite=NAME		default: the name of the script
#	. tests/kit/kit.sh
#	ok | wrong LABEL [TEXT] | skip TEXT	count one check
#	is LABEL GOT WANT			the two strings are equal
#	check LABEL COMMAND...			the command succeeds
#	tally			prints the line that tests/run.sh reads, as the last
#				command: its status is 0 if no check failed
#	free_port		prints a TCP port on which nothing listens
suite=${suite:-$(basename "$0" .sh)}
passed=0 failed=0 skipped=0

# What a checked command prints goes into a file without a name.
kit_file=$(mktemp) || exit 2
exec {kit_out}<>"$kit_file"
rm -f "$kit_file"

ok() { passed=$((passed + 1)); }

wrong() {
	failed=$((failed + 1))
	printf 'FAIL: %s: %s\n' "$suite" "$1${2:+: $2}"
}

skip() {
	skipped=$((skipped + 1))
	printf 'SKIPPED: %s: %s\n' "$suite" "$*"
}

is() {
	if [ "$2" = "$3" ]; then ok; else wrong "$1" "got <$2> want <$3>"; fi
}

# The command runs in this shell: what it assigns stays.
check() {
	local label=$1

	shift
	if "$@" >"/dev/fd/$kit_out" 2>&1; then
		ok
	else
		wrong "$label" "$(head -c 600 "/dev/fd/$kit_out")"
	fi
}

tally() {
	printf '%s: %d passed, %d failed' "$suite" "$passed" "$failed"
	[ "$skipped" = 0 ] || printf ', %d skipped' "$skipped"
	echo
	[ "$failed" = 0 ] && [ $((passed + skipped)) != 0 ]
}

free_port() {
	local port

	while port=$((20000 + RANDOM % 12000)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
		:
	done
	echo $port
}
