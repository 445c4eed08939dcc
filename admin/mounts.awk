# mounts.awk - "SERVICE NAME PREFIX" lines into the routing of a web server
# (-v server=lighttpd or apache): a paragraph a program, headed "# SERVICE NAME",
# so that an installation can leave out the services it does not want.
#
# What nobody mounted goes to the program `docs`, whose 404 is problem+json
# like every other.

NF != 3 || $3 !~ /^(\/[a-z0-9._-]+)+$/ {
	fail("not a path prefix: " $0)
}

{
	for (p in owner)
		if (index($3 "/", p "/") == 1 || index(p "/", $3 "/") == 1)
			fail($3 " of " $2 " and " p " of " owner[p] " lie inside each other")
	owner[$3] = $2
	if (!($2 in service))
		names[++n] = $2
	service[$2] = $1
	mine[$2, ++count[$2]] = $3
}

END {
	if (failed)
		exit 1
	print "# Written by the build from what each program said to --mounts."
	# lighttpd obeys the last condition that fits, Apache the first alias.
	if (server == "lighttpd")
		lighttpd_rest()
	for (i = 1; i <= n; i++)
		if (server == "apache")
			apache(names[i])
		else if (names[i] != "docs")
			lighttpd(names[i])
	if (server == "apache" && "docs" in service)
		print "\n# core docs\nScriptAliasMatch \"^/.+\" \"${BRISK_BIN}/docs\""
}

function fail(what)
{
	print "mounts: " what | "cat >&2"
	failed = 1
	exit 1
}

function apache(name,	i)
{
	print "\n# " service[name] " " name
	for (i = 1; i <= count[name]; i++)
		print "ScriptAlias \"" mine[name, i] "\" \"${BRISK_BIN}/" name "\""
}

function lighttpd_rest()
{
	if ("docs" in service)
		program("docs", "$HTTP[\"url\"] != \"/\"")
}

# One condition a program, however many prefixes: lighttpd would start a
# program for each entry that names it.
function lighttpd(name,	i, all)
{
	for (i = 1; i <= count[name]; i++)
		all = all (i == 1 ? "" : "|") mine[name, i]
	gsub(/\./, "[.]", all)
	program(name, "$HTTP[\"url\"] =~ \"^(" all ")(/|$)\"")
}

function program(name, condition)
{
	print "\n# " service[name] " " name
	print condition " {"
	print "\tfastcgi.server = ( \"/\" => (("
	print "\t\t\"bin-path\" => env.BRISK_BIN + \"/" name " --follow\","
	print "\t\t\"socket\" => env.BRISK_SOCKETS + \"/run/" name ".sock\","
	print "\t\t\"max-procs\" => 1,"
	print "\t\t\"check-local\" => \"disable\","
	print "\t\t\"fix-root-scriptname\" => \"enable\","
	print "\t\t\"bin-environment\" => ("
	print "\t\t\t\"BRISK_CONF\" => env.BRISK_VAR + \"/brisk.conf\","
	print "\t\t\t\"BRISK_STACK\" => env.BRISK_VAR ),"
	print "\t\t\"bin-copy-environment\" => ( \"PATH\", \"ASAN_OPTIONS\","
	print "\t\t\t\"LSAN_OPTIONS\", \"UBSAN_OPTIONS\", \"TSAN_OPTIONS\" )"
	print "\t)) )"
	print "}"
}
