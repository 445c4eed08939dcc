#!/bin/sh
# man - write brisk(1) and brisk.conf(5) from the help of brisk.
#
#	admin/build/man.sh BUILD VERSION FOLDER		FOLDER/man1, FOLDER/man5
#
# The commands are those that `brisk help` lists, the options those of
# `brisk conf --doc`.
set -eu

build=$1 version=$2 to=$3
brisk=$build/bin/brisk
mkdir -p "$to/man1" "$to/man5"

# Escape text for roff: backslashes, hyphens, and lines that begin with . or '.
roff() {
	sed "s/\\\\/\\\\e/g; s/-/\\\\-/g; s/^\\([.']\\)/\\\\\\&\\1/"
}

header() {
	printf '.TH %s %s "" "Brisk %s" "Brisk"\n.nh\n.ad l\n' "$1" "$2" "$version"
}

# The help of one command: usage, then paragraphs; indented lines are preformatted.
command_section() {
	"$brisk" help "$1" | roff | awk -v name="$1" '
	NR == 1 {
		sub(/^usage: brisk [a-z]+ ?/, "")
		printf ".SS \"brisk %s\"\n.B brisk %s\n%s\n.PP\n", name, name, $0
		next
	}
	/^ / != verbatim { verbatim = !verbatim; print verbatim ? ".nf" : ".fi" }
	{ print $0 == "" ? ".PP" : $0 }
	END { if (verbatim) print ".fi" }'
}

{
	header BRISK 1
	cat <<'END_TEXT'
.SH NAME
brisk \- administer an installation of Brisk
.SH SYNOPSIS
.B brisk
.I command
.RI [ argument " ...]"
.SH DESCRIPTION
.B brisk
starts, inspects and changes an installation: its programs, configuration, database,
users, keys, cache and jobs.
.PP
The installation is the one of the file that the environment variable BRISK_CONF names,
otherwise that of
.I var/brisk.conf
in the current folder, otherwise that of
.I brisk.conf
beside the program.
.SH COMMANDS
END_TEXT
	"$brisk" help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' | while read -r name; do
		command_section "$name"
	done
	cat <<'END_TEXT'
.SH DATABASE ACCOUNT
Commands with these options use the database account of the configuration, unless the
options name another one, for example one with more rights:
.TP
.BI \-\-user " NAME"
The account.
.TP
.BI \-\-password\-file " FILE"
The file that has its password on the first line.
.TP
.BI \-\-socket " PATH"
The socket of the database.
.SH EXIT STATUS
0 if the command succeeded, 1 if it failed, 2 if it was called in a wrong way.
.SH SEE ALSO
.BR brisk.conf (5)
END_TEXT
} >"$to/man1/brisk.1.new"

{
	header BRISK.CONF 5
	cat <<'END_TEXT'
.SH NAME
brisk.conf \- configuration of an installation of Brisk
.SH DESCRIPTION
The file has lines of
.IR "key" " = " "value" ;
# begins a comment. A path that does not begin with / is relative to the folder of the
file. Unknown keys and invalid values are reported with file and line, and refused.
.PP
The environment overrides the file: the option
.I threads
is BRISK_THREADS there. Programs read their options when they start, and when
.B brisk restart
is run.
.SH OPTIONS
END_TEXT
	"$brisk" conf --doc | roff | awk '
	/^[a-z]/ { printf ".TP\n.B %s\n", $1; next }
	/^    default / { print ".br" }
	{ sub(/^    /, ""); sub(/^[.\047]/, "\\\\\\&&"); print }'
	cat <<'END_TEXT'
.SH SEE ALSO
.BR brisk (1)
END_TEXT
} >"$to/man5/brisk.conf.5.new"

mv "$to/man1/brisk.1.new" "$to/man1/brisk.1"
mv "$to/man5/brisk.conf.5.new" "$to/man5/brisk.conf.5"
