# enabled.awk - select the lines of share/mounts, or with -v RS= the paragraphs of a
# routing, of programs whose services are all switched on (-v on="core shop").  A program
# that needs two services has "shop+ledger".

{
	n = split($1 == "#" ? $2 : $1, needs, "+")
	while (n > 0 && index(" " on " ", " " needs[n] " "))
		n--
}

n == 0
