/* http/accept - content negotiation (RFC 9110 12.5.1). */
#include <strings.h>

#include "http/http.h"

static bool
is_refused(struct str params)
{
	while (params.p != NULL) {
		struct str	 one = str_cut(&params, ';');

		while (one.n > 0 && one.p[0] == ' ')
			one = str_from(one, 1);
		if (one.n >= 3 && strncasecmp(one.p, "q=0", 3) == 0) {
			for (one = str_from(one, 3); one.n > 0 &&
			    (one.p[0] == '.' || one.p[0] == '0'); )
				one = str_from(one, 1);
			return one.n == 0;
		}
	}
	return false;
}

/* How well a media range matches: 0 not, 1 any type, 2 its family (type/any), 3 exactly. */
static int
range_fits(struct str range, struct str type)
{
	struct str	 rest = type, family = str_cut(&rest, '/');

	while (range.n > 0 && range.p[range.n - 1] == ' ')
		range.n--;
	if (str_is(range, "*/*"))
		return 1;
	if (range.n == family.n + 2 && str_ends(range, STR("/*")) &&
	    strncasecmp(range.p, family.p, family.n) == 0)
		return 2;
	return range.n == type.n && strncasecmp(range.p, type.p, type.n) == 0 ? 3 : 0;
}

/* How well the best range of the header matches; 0: excluded. */
static int
best_fit(struct str header, struct str type)
{
	int	 best = 0;
	bool	 ok = false;

	while (header.p != NULL) {
		struct str	 params = str_cut(&header, ','), range;
		int		 fits;

		while (params.n > 0 && params.p[0] == ' ')
			params = str_from(params, 1);
		range = str_cut(&params, ';');
		if ((fits = range_fits(range, type)) > best) {
			best = fits;
			ok = !is_refused(params);
		}
	}
	return ok ? best : 0;
}

bool
http_accepts(struct str header, struct str type)
{
	return best_fit(header, type) > 0;
}

bool
http_names(struct str header, struct str type)
{
	return best_fit(header, type) == 3;
}
