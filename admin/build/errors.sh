#!/bin/sh
# errors - the bodies of errors that the web server itself answers, as problem+json.
#
#	admin/build/errors.sh FOLDER		writes FOLDER/400.html, ...
#
# The names end in .html because lighttpd appends it; both configurations send the files
# as application/problem+json.
set -eu

mkdir -p "$1"
while read -r status code title; do
	printf '{"type":"about:blank","title":"%s","status":%s,"code":"%s"}\n' \
	    "$title" "$status" "$code" >"$1/$status.html"
done <<END
400 bad_request Bad Request
403 forbidden Forbidden
404 not_found Not Found
405 method_not_allowed Method Not Allowed
408 request_timeout Request Timeout
411 length_required Length Required
413 payload_too_large Payload Too Large
414 uri_too_long URI Too Long
417 expectation_failed Expectation Failed
431 headers_too_large Request Header Fields Too Large
500 internal Internal Server Error
501 not_implemented Not Implemented
502 bad_gateway Bad Gateway
503 unavailable Service Unavailable
504 gateway_timeout Gateway Timeout
END
