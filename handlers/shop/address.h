#ifndef SHOP_ADDRESS_H
#define SHOP_ADDRESS_H
/* address - the representation of a postal address. */
#include "app.h"

struct address {
	struct str	 name, line1, line2, postal_code, city, country;
};

static const struct schema address = SCHEMA("Address", struct address,
	FIELD_STR(struct address, name, .min = 1, .max = 100, .doc = "Name of the recipient",
	    .example = "\"Ada Lovelace\""),
	FIELD_STR(struct address, line1, .min = 1, .max = 200, .doc = "Street and number",
	    .example = "\"Linden Lane 5\""),
	FIELD_STR(struct address, line2, .max = 200, .flags = FIELD_OPTIONAL,
	    .doc = "Building, floor or apartment"),
	FIELD_STR(struct address, postal_code, .min = 1, .max = 20, .doc = "Postal code",
	    .example = "\"10115\""),
	FIELD_STR(struct address, city, .min = 1, .max = 100, .doc = "City or town",
	    .example = "\"Berlin\""),
	FIELD_STR(struct address, country, .min = 2, .max = 2, .format = FORMAT_COUNTRY,
	    .doc = "Country code (ISO 3166-1 alpha-2)", .example = "\"DE\""));

#endif
