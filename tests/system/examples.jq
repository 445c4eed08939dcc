# Compare $got, the output of a block, with $want, the answer that the page shows;
# print a line for each difference.  "…" stands for any text; in JSON also […] for any
# list, a bare … for any value and, as the last member, for further members.  Each
# shown header must be present, others may be; a JSON body must match completely.

def pattern: split("…") | map(gsub("(?<c>[\\\\.\\[\\]{}()*+?^$|])"; "\\\(.c)")) | "^" + join(".*") + "$";
def like($want): . as $text | $want | pattern as $p | $text | test($p);

def elided:
	gsub("^{…}$"; "{\"…\":\"…\"}") | gsub("\\[…\\]"; "\"…\"") | gsub(":…(?=\\s*[,}])"; ":\"…\"") |
	gsub(",\\s*…\\s*}"; ",\"…\":\"…\"}");

def fits($want):
	if $want == "…" then true
	elif ($want | type) != type then false
	elif type == "string" then like($want)
	elif type == "array" then
		length == ($want | length) and
		([., $want] | transpose | all(.[1] as $w | .[0] | fits($w)))
	elif type == "object" then
		. as $got | ($want | has("…")) as $more | ($want | del(.["…"])) as $all |
		($more or ($got | keys) == ($all | keys)) and
		($all | keys | all(. as $k | ($got | has($k)) and
		    ($got[$k] | fits($all[$k]))))
	else . == $want end;

def parts:
	gsub("\r"; "") | sub("\n+$"; "") |
	if startswith("HTTP/") then
		split("\n\n") | { head: (.[0] | split("\n")), body: (.[1:] | join("\n\n")) }
	else { head: [], body: . } end;

def json: try fromjson catch null;

($want | parts) as $w | ($got | parts) as $g |
def code: split(" ")[:2];	# without the reason phrase
($w.head[0] // empty | select(code != ($g.head[0] // "" | code)) | "status: \($g.head[0])"),
($w.head[1:][] | . as $line | select($g.head | any(like($line)) | not) | "no header \($line)"),
if ($w.body | elided | json) != null then
	($g.body | json) as $body | $w.body | elided | json | . as $shown |
	select($body | fits($shown) | not) | "body: \($g.body)"
else
	($w.body | split("\n")) as $lines | ($g.body | split("\n")) as $there |
	select($there | fits($lines) | not) | "printed: \($g.body)"
end
