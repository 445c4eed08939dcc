/* accept - match a media type against the ranges of a header Accept. */
#include <strings.h>

#include "http/accept.h"

/* Do the parameters of a range hold the weight 0: "q=0", "q=0.000"? */
static bool
weight_is_zero(struct str params)
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

/* How specific a matching range is: 3 a full name, 2 a type with any subtype, 1 anything; 0: no match. */
static int
range_specificity(struct str range, struct str type)
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

/* The same of the most specific range that matches; 0 if its weight is 0. */
static int
accept_specificity(struct str header, struct str type)
{
	int	 best = 0;
	bool	 ok = false;

	while (header.p != NULL) {
		struct str	 params = str_cut(&header, ','), range;
		int		 fits;

		while (params.n > 0 && params.p[0] == ' ')
			params = str_from(params, 1);
		range = str_cut(&params, ';');
		if ((fits = range_specificity(range, type)) > best) {
			best = fits;
			ok = !weight_is_zero(params);
		}
	}
	return ok ? best : 0;
}

bool
accept_allows(struct str header, struct str type)
{
	return accept_specificity(header, type) > 0;
}

bool
accept_names(struct str header, struct str type)
{
	return accept_specificity(header, type) == 3;
}
