/* respond - the response to one request. */
#include "fcgi/respond.h"

struct str
fcgi_respond(struct program_thread *t, const struct program_request *in)
{
	struct buf	 out;

	buf_init(&out, &t->arena);
	if (in->env == NULL)
		out.failed = true;
	else {
		(void)!program_thread_serve(t, in, &out);
		program_thread_count(t);
	}
	return buf_ok(&out) ? buf_view(&out) : STR("Status: 503 Service "
	    "Unavailable\r\nRetry-After: 1\r\nCache-Control: no-store\r\n\r\n");
}
