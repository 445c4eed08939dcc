/*
 * json_check() on any bytes: it never crashes, and what it accepts a second,
 * strict reader accepts too.
 */
#include <json-c/json.h>

#include "schema/utf8.h"
#include "fuzz.h"
#include "schema/json_check.h"

/* True if json-c, at its strictest, reads the whole of it. */
static bool
second_reader(struct str s)
{
	struct json_tokener	*t = json_tokener_new_ex(JSON_MAX_DEPTH + 1);
	enum json_tokener_error	 error;
	struct json_object	*o;
	size_t			 end;

	json_tokener_set_flags(t, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	o = json_tokener_parse_ex(t, s.p, (int)s.n);
	error = json_tokener_get_error(t);
	end = json_tokener_get_parse_end(t);
	/* A number alone may go on: only the NUL behind it tells that it does not. */
	if (error == json_tokener_continue) {
		o = json_tokener_parse_ex(t, "", 1);
		error = json_tokener_get_error(t);
		end = s.n;
	}
	json_object_put(o);
	json_tokener_free(t);
	while (end < s.n && strchr(" \t\r\n", s.p[end]) != NULL)
		end++;
	return error == json_tokener_success && end == s.n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str		 s = fuzz_text(p, n);
	struct json_check_result	 r = json_check(fuzz_arena(), s);

	MUST(r.fault != JSON_NO_MEMORY && r.offset <= n);
	if (r.fault == JSON_OK)
		MUST(utf8_is_valid(s) && second_reader(s));
	return 0;
}
