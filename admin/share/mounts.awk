# mounts.awk - turn lines "SERVICE NAME PREFIX" into the routing of a web server
# (-v form=lighttpd, lighttpd-spawn, htaccess, htaccess-proxy, proxy or cgi).  Each
# program has a paragraph headed "# SERVICE NAME", so that an installation can leave out
# services.
#
# Other paths go to the program `docs`, which answers 404 as problem+json.

# The program for all paths when a client requests a stream or a long poll.
$3 == "*" {
	live = $2
	service[$2] = $1
	next
}

NF != 3 || $3 !~ /^(\/[a-z0-9._-]+)+$/ {
	fail("not a path prefix: " $0)
}

{
	for (p in owner)
		if (index($3 "/", p "/") == 1 || index(p "/", $3 "/") == 1)
			fail($3 " of " $2 " and " p " of " owner[p] " overlap")
	owner[$3] = $2
	if (!($2 in service))
		names[++n] = $2
	service[$2] = $1
	mine[$2, ++count[$2]] = $3
}

END {
	if (failed)
		exit 1
	print "# Generated from the output of each program's --mounts."
	# lighttpd applies the last matching condition, Apache the first.
	if (form ~ /^lighttpd/)
		one("docs", 1)
	else if (live && form == "proxy")
		proxy_live(live)
	else if (live && form == "htaccess-proxy")
		htaccess_live(live)
	for (i = 1; i <= n; i++)
		if (names[i] != "docs")
			one(names[i], 0)
	if (form !~ /^lighttpd/)
		one("docs", 1)
	else if (live)
		lighttpd_live(live)
}

function fail(what)
{
	print "mounts: " what | "cat >&2"
	failed = 1
	exit 1
}

# The paragraph of a program; with rest, for all other paths.
function one(name, rest)
{
	if (!(name in service))
		return
	print "\n# " service[name] " " name
	if (form == "lighttpd" || form == "lighttpd-spawn")
		lighttpd(name, rest)
	else if (form == "cgi")
		cgi(name, rest)
	else if (form == "proxy")
		proxy(name, rest)
	else
		htaccess(name, rest)
}

# "/a|/b": the prefixes of a program as a regular expression.
function prefixes(name,	i, all)
{
	for (i = 1; i <= count[name]; i++)
		all = all (i == 1 ? "" : "|") mine[name, i]
	gsub(/\./, "[.]", all)
	return all
}

function cgi(name, rest,	i)
{
	for (i = 1; !rest && i <= count[name]; i++)
		print "ScriptAlias \"" mine[name, i] "\" \"${BRISK_BIN}/" name "\""
	if (rest)
		print "ScriptAliasMatch \"^/.+\" \"${BRISK_BIN}/" name "\""
}

function proxy(name, rest,	i, to)
{
	to = "unix:${BRISK_SOCKETS}/run/" name ".sock|fcgi://" name "/"
	for (i = 1; !rest && i <= count[name]; i++)
		print "ProxyPass \"" mine[name, i] "\" \"" to "\""
	if (rest)
		print "ProxyPass \"/\" \"" to "\""
}

# Both forms of .htaccess: mod_fcgid runs NAME.fcgi, or mod_proxy_fcgi uses its socket.
function htaccess(name, rest,	all)
{
	all = prefixes(name)
	sub(/^\//, "", all)
	gsub(/[|]\//, "|", all)
	all = rest ? "^" : "^(" all ")(/.*)?$"
	print "RewriteRule \"" all "\" \"" name ".fcgi\" [END]"
	if (form == "htaccess-proxy") {
		print "<Files \"" name ".fcgi\">"
		print "\tSetHandler \"proxy:unix:@RUN@/" name ".sock|fcgi://localhost/\""
		print "</Files>"
	}
}

# One condition for all prefixes of a program: lighttpd starts a process for each entry.
function lighttpd(name, rest)
{
	if (rest)
		print "$HTTP[\"url\"] != \"/\" {"
	else
		print "$HTTP[\"url\"] =~ \"^(" prefixes(name) ")(/|$)\" {"
	lighttpd_program(name)
	print "}"
}

function lighttpd_program(name)
{
	print "\tfastcgi.server = ( \"/\" => (("
	if (form == "lighttpd")
		print "\t\t\"bin-path\" => env.BRISK_BIN + \"/" name " --follow\","
	print "\t\t\"socket\" => env.BRISK_SOCKETS + \"/run/" name ".sock\","
	if (form == "lighttpd")
		lighttpd_starts()
	print "\t\t\"check-local\" => \"disable\","
	print "\t\t\"fix-root-scriptname\" => \"enable\""
	print "\t)) )"
}

# Only one of the two entries starts the program; lighttpd appends "-0" to its socket.
function lighttpd_live(name)
{
	print "\n# " service[name] " " name
	print "$HTTP[\"request-method\"] == \"GET\" {"
	print "$REQUEST_HEADER[\"Accept\"] =~ \"text/event-stream\" {"
	print "\tserver.stream-response-body = 2"
	lighttpd_program(name)
	print "}"
	print "else $REQUEST_HEADER[\"Prefer\"] =~ \"(^|[,; ])wait=\" {"
	print "\tfastcgi.server = ( \"/\" => (("
	print "\t\t\"socket\" => env.BRISK_SOCKETS + \"/run/" name ".sock" \
	    (form == "lighttpd" ? "-0" : "") "\","
	print "\t\t\"check-local\" => \"disable\","
	print "\t\t\"fix-root-scriptname\" => \"enable\""
	print "\t)) )"
	print "}"
	print "}"
}

function wants_live(accept)
{
	print "RewriteCond \"%{REQUEST_METHOD}\" \"=GET\""
	if (accept)
		print "RewriteCond \"%{HTTP:Accept}\" \"text/event-stream\" [OR]"
	print "RewriteCond \"%{HTTP:Prefer}\" \"(^|[,;\\ ])wait=\""
}

function proxy_live(name,	to)
{
	to = "unix:${BRISK_SOCKETS}/run/" name ".sock|fcgi://" name
	print "\n# " service[name] " " name
	print "RewriteEngine On"
	wants_live(1)
	print "RewriteRule \"^/.\" \"" to "%{REQUEST_URI}\" [P]"
	print "<Proxy \"" to "/\">"
	print "\tProxySet flushpackets=on"
	print "</Proxy>"
}

# .htaccess cannot set flushpackets, so Apache would buffer event streams: long polls only.
function htaccess_live(name)
{
	print "\n# " service[name] " " name
	wants_live(0)
	print "RewriteRule \"^\" \"" name ".fcgi\" [END]"
	print "<Files \"" name ".fcgi\">"
	print "\tSetHandler \"proxy:unix:@RUN@/" name ".sock|fcgi://localhost/\""
	print "</Files>"
}

function lighttpd_starts()
{
	print "\t\t\"max-procs\" => 1,"
	print "\t\t\"bin-environment\" => ("
	print "\t\t\t\"BRISK_CONF\" => env.BRISK_VAR + \"/brisk.conf\","
	print "\t\t\t\"BRISK_STACK\" => env.BRISK_VAR ),"
	print "\t\t\"bin-copy-environment\" => ( \"PATH\", \"ASAN_OPTIONS\","
	print "\t\t\t\"LSAN_OPTIONS\", \"UBSAN_OPTIONS\", \"TSAN_OPTIONS\" ),"
}
