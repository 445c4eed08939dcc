# on.awk - of the lines of share/mounts, or with -v RS= of a routing's
# paragraphs, those of programs whose services are all switched on
# (-v on="core shop").  A program of two services is of "shop+ledger".

{
	n = split($1 == "#" ? $2 : $1, needs, "+")
	while (n > 0 && index(" " on " ", " " needs[n] " "))
		n--
}

n == 0
