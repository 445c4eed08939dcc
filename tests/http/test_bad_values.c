/* JSON that says the wrong thing: 422, every fault with its place; and its neighbours. */
#include "trial.h"

#define NO(l, b, e)							\
	REFUSED(l, "POST", PRODUCTS, POSTED, b, 422, "validation_failed", e)
#define YES(l, b)	TAKEN(l, "POST", PRODUCTS, POSTED, b, 201)
#define NO_SHELF(l, b, e)						\
	REFUSED(l, "POST", CATEGORIES, POSTED, b, 422, "validation_failed", e)
#define YES_SHELF(l, b)	TAKEN(l, "POST", CATEGORIES, POSTED, b, 201)
#define NO_PATCH(l, b, e)						\
	REFUSED(l, "PATCH", PRODUCT, PATCHED, b, 422, "validation_failed", e)
#define YES_PATCH(l, b)	TAKEN(l, "PATCH", PRODUCT, PATCHED, b, 200)
#define NO_PUT(l, b, e)							\
	REFUSED(l, "PUT", PRODUCT, PUT_ANY, b, 422, "validation_failed", e)

#define X10	"xxxxxxxxxx"
#define X50	X10 X10 X10 X10 X10
#define X200	X50 X50 X50 X50
#define TREE	"\xf0\x9f\x8c\xb3"
#define T10	TREE TREE TREE TREE TREE TREE TREE TREE TREE TREE
#define T200	T10 T10 T10 T10 T10 T10 T10 T10 T10 T10 T10 T10 T10 T10	\
	T10 T10 T10 T10 T10 T10

#define SKU(v)	"{'sku':" v ",'name':'Spade','price':{'amount':1,'currency':'EUR'}}"
#define EUR(a)	PRICED("{'amount':" a ",'currency':'EUR'}")
#define IN(c)	PRICED("{'amount':1,'currency':" c "}")

static const struct trial	 tops[] = {
	NO("an array", "[]", "# type_mismatch"),
	NO("a text", "'" MARK "'", "# type_mismatch"),
	NO("a number", "1", "# type_mismatch"),
	NO("null", "null", "# type_mismatch"),
	NO_PATCH("an array as a patch", "[]", "# type_mismatch"),
	NO_PATCH("null as a patch", "null", "# type_mismatch"),
	NO_SHELF("true", "true", "# type_mismatch"),
	YES_PATCH("an empty patch", "{}"),
};

static const struct trial	 names[] = {
	NO("an unknown one", SPADE(",'colour':'" MARK "'"), "#/colour unknown_field"),
	NO("one in the price", PRICED("{'amount':1,'currency':'EUR','vat':1}"),
	    "#/price/vat unknown_field"),
	NO("other letter case", SPADE(",'Name':'x'"), "#/Name unknown_field"),
	NO("the empty one", SPADE(",'':1"), "#/ unknown_field"),
	NO("one of the table only", SPADE(",'version':1"), "#/version unknown_field"),
	NO("one with a slash and a tilde", SPADE(",'a/b~c':1"),
	    "#/a~1b~0c unknown_field"),
	NO("one that a URI must escape", SPADE(",'a b\xc3\xa4%':1"),
	    "#/a%20b%C3%A4%25 unknown_field"),
	NO("one with a NUL", SPADE(",'x\\u0000y':1"),
	    "# invalid_characters, #/x unknown_field"),
	NO("the key", SPADE(",'id':'{id}'"), "#/id read_only_field"),
	NO("a time", SPADE(",'created_at':'2026-01-01T00:00:00Z'"),
	    "#/created_at read_only_field"),
	NO("the stock", SPADE(",'available':5"), "#/available read_only_field"),
	NO("null for what is not ours", SPADE(",'id':null"), "#/id read_only_field"),
	NO_PATCH("the key in a patch", "{'id':'{id}'}", "#/id read_only_field"),
	NO_PATCH("a new sku in a patch", "{'sku':'other'}", "#/sku read_only_field"),
	NO_PATCH("the old sku in a patch", "{'sku':'{sku}'}", "#/sku read_only_field"),
	NO_PATCH("unknown in a patch", "{'colour':null}", "#/colour unknown_field"),
	NO_SHELF("a category's time", SHELF(",'updated_at':'x'"),
	    "#/updated_at read_only_field"),
};

static const struct trial	 absent[] = {
	NO("all of them", "{}", "#/sku required, #/name required, #/price required"),
	NO("null is absent", NAMED("null"), "#/name required"),
	NO("half a price", PRICED("{'amount':1}"), "#/price/currency required"),
	NO("the other half", PRICED("{'currency':'EUR'}"), "#/price/amount required"),
	NO("an empty price", PRICED("{}"),
	    "#/price/amount required, #/price/currency required"),
	NO("null in a price", PRICED("{'amount':null,'currency':'EUR'}"),
	    "#/price/amount required"),
	NO_PATCH("null for a name", "{'name':null}", "#/name required"),
	NO_PATCH("null for a price", "{'price':null}", "#/price required"),
	NO_PUT("a PUT is the whole", "{'sku':'{sku}'}",
	    "#/name required, #/price required"),
	NO_SHELF("a category's slug", "{'name':'Tools'}", "#/slug required"),
	YES("null for what may be absent",
	    SPADE(",'description':null,'category_ids':null,'attributes':null,"
	    "'status':null")),
	YES_SHELF("a category without a parent", SHELF(",'parent_id':null")),
	YES_PATCH("null clears a description", "{'description':null}"),
	YES_PATCH("null gives a status back", "{'status':null}"),
};

static const struct trial	 types[] = {
	NO("a number for a name", NAMED("5"), "#/name type_mismatch"),
	NO("true for a name", NAMED("true"), "#/name type_mismatch"),
	NO("an object for a name", NAMED("{}"), "#/name type_mismatch"),
	NO("a number for a price", PRICED("1999"), "#/price type_mismatch"),
	NO("a text for a price", PRICED("'19.99 EUR'"), "#/price type_mismatch"),
	NO("a text for an amount", EUR("'1999'"), "#/price/amount type_mismatch"),
	NO("true for an amount", EUR("true"), "#/price/amount type_mismatch"),
	NO("a number for a currency", IN("978"), "#/price/currency type_mismatch"),
	NO("an object for a list", SPADE(",'category_ids':{}"),
	    "#/category_ids type_mismatch"),
	NO("a text for a list", SPADE(",'category_ids':'{cat}'"),
	    "#/category_ids type_mismatch"),
	NO("null in a list", SPADE(",'category_ids':[null]"),
	    "#/category_ids/0 type_mismatch"),
	NO("a number in a list", SPADE(",'category_ids':['{cat}',1]"),
	    "#/category_ids/1 type_mismatch"),
	NO("an array for attributes", SPADE(",'attributes':[]"),
	    "#/attributes type_mismatch"),
	NO("an object among attributes", SPADE(",'attributes':{'a':{}}"),
	    "#/attributes/a type_mismatch"),
	NO("an array among attributes", SPADE(",'attributes':{'a':[]}"),
	    "#/attributes/a type_mismatch"),
	NO("a number for a status", SPADE(",'status':1"), "#/status type_mismatch"),
	NO_SHELF("a number for a parent", SHELF(",'parent_id':7"),
	    "#/parent_id type_mismatch"),
	YES("attributes of each plain kind",
	    SPADE(",'attributes':{'a':'x','b':1.5,'c':true,'d':false,'e':-0}")),
};

static const struct trial	 numbers[] = {
	NO("a fraction", EUR("1.5"), "#/price/amount not_an_integer"),
	NO("a small fraction", EUR("1e-1"), "#/price/amount not_an_integer"),
	NO("almost an integer", EUR("1.0000000000000000001"),
	    "#/price/amount not_an_integer"),
	NO("less than nothing", EUR("-1"), "#/price/amount out_of_range"),
	NO("a coin too many", EUR("1000000000001"), "#/price/amount out_of_range"),
	NO("2^53", EUR("9007199254740992"), "#/price/amount out_of_range"),
	NO("2^63", EUR("9223372036854775808"), "#/price/amount out_of_range"),
	NO("2^64+1, which wraps to 1", EUR("18446744073709551617"),
	    "#/price/amount out_of_range"),
	NO("2^32+2^64", EUR("18446744078004518912"), "#/price/amount out_of_range"),
	NO("1e400", EUR("1e400"), "#/price/amount out_of_range"),
	NO("-1e400", EUR("-1e400"), "#/price/amount out_of_range"),
	NO("a huge exponent", EUR("1e999999999999"), "#/price/amount out_of_range"),
	NO("a double that overflows", SPADE(",'attributes':{'a':1e400}"),
	    "#/attributes/a out_of_range"),
	YES("the most", EUR("1000000000000")),
	YES("nothing", EUR("0")),
	YES("minus nothing", EUR("-0")),
	YES("1.0", EUR("1.0")),
	YES("1e2", EUR("1e2")),
	YES("1500e-2", EUR("1500e-2")),
	YES("nothing, a thousand times", EUR("0e1000")),
	YES("2^53-1 elsewhere", SPADE(",'attributes':{'a':9007199254740991}")),
};

static const struct trial	 texts[] = {
	NO("no name", NAMED("''"), "#/name too_short"),
	NO("201 letters", NAMED("'" X200 "x'"), "#/name too_long"),
	NO("201 trees", NAMED("'" T200 TREE "'"), "#/name too_long"),
	NO("an escaped NUL", NAMED("'a\\u0000b'"), "#/name invalid_characters"),
	NO("an escaped bell", NAMED("'a\\u0007'"), "#/name invalid_characters"),
	NO("an escaped newline in one line", NAMED("'a\\nb'"),
	    "#/name invalid_characters"),
	NO("U+007F", NAMED("'a\\u007fb'"), "#/name invalid_characters"),
	NO("a raw U+007F", NAMED("'a\x7f" "b'"), "#/name invalid_characters"),
	NO("a form feed in many lines", SPADE(",'description':'a\\fb'"),
	    "#/description invalid_characters"),
	NO("a NUL in many lines", SPADE(",'description':'a\\u0000b'"),
	    "#/description invalid_characters"),
	NO("a bell in an attribute", SPADE(",'attributes':{'a':'\\u0007'}"),
	    "#/attributes/a invalid_characters"),
	NO("an unknown status", SPADE(",'status':'" MARK "'"), "#/status invalid_value"),
	NO("a hidden status", SPADE(",'status':'archived'"), "#/status invalid_value"),
	NO("a status in capitals", SPADE(",'status':'ACTIVE'"),
	    "#/status invalid_value"),
	NO("an empty status", SPADE(",'status':''"), "#/status invalid_value"),
	YES("one letter", NAMED("'x'")),
	YES("200 letters", NAMED("'" X200 "'")),
	YES("200 trees", NAMED("'" T200 "'")),
	YES("tab, newline and return in many lines",
	    SPADE(",'description':'a\\tb\\nc\\rd'")),
	YES("no description", SPADE(",'description':''")),
	YES("what SQL and HTML would read", NAMED("'\\u0022; DROP TABLE x; <b>&%00'")),
	YES("a right-to-left name", NAMED("'\xd8\xb1\xd9\x85\xd8\xa7\xd9\x86'")),
};

static const struct trial	 forms[] = {
	NO("a sku with a space", SKU("'a b'"), "#/sku invalid_format"),
	NO("a sku with an umlaut", SKU("'\xc3\xa4'"), "#/sku invalid_format"),
	NO("a sku that ends with a newline", SKU("'a\\n'"), "#/sku invalid_characters"),
	NO("no sku", SKU("''"), "#/sku too_short"),
	NO("65 letters", SKU("'" X50 X10 "xxxxx'"), "#/sku too_long"),
	NO("a currency nobody knows", IN("'XXQ'"), "#/price/currency invalid_value"),
	NO("a currency in small letters", IN("'eur'"),
	    "#/price/currency invalid_value"),
	NO("a long currency", IN("'EURO'"), "#/price/currency invalid_value"),
	NO("an empty currency", IN("''"), "#/price/currency invalid_value"),
	NO("no UUID in a list", SPADE(",'category_ids':['" MARK "']"),
	    "#/category_ids/0 invalid_format"),
	NO("a cut UUID", SPADE(",'category_ids':['019ab0c2-7d3e-7a40-9b1f']"),
	    "#/category_ids/0 invalid_format"),
	NO("a nil UUID",
	    SPADE(",'category_ids':['00000000-0000-0000-0000-000000000000']"),
	    "#/category_ids/0 invalid_format"),
	NO_SHELF("a slug in capitals", "{'name':'x','slug':'Tools'}",
	    "#/slug invalid_format"),
	NO_SHELF("a slug with an underscore", "{'name':'x','slug':'a_b'}",
	    "#/slug invalid_format"),
	NO_SHELF("no parent's UUID", SHELF(",'parent_id':'x'"),
	    "#/parent_id invalid_format"),
	YES("every letter a sku may have", SKU("'{new}.A_z+9-'")),
	YES("a currency without minor units",
	    PRICED("{'amount':1999,'currency':'JPY'}")),
	YES_SHELF("a child", SHELF(",'parent_id':'{cat}'")),
};

#define C4	"'{cat}','{cat}','{cat}','{cat}',"

static const struct trial	 lists[] = {
	NO("eleven categories", SPADE(",'category_ids':[" C4 C4 "'{cat}','{cat}','{cat}']"),
	    "#/category_ids too_many_items"),
	NO("the same one twice", SPADE(",'category_ids':['{cat}','{cat}']"),
	    "#/category_ids/1 invalid_value"),
	NO("one that is not there",
	    SPADE(",'category_ids':['{cat}','019ab0c2-7d3e-7a40-9b1f-0d5e8c1f2a33']"),
	    "#/category_ids/1 reference_not_found"),
	NO_PATCH("one that is not there, in a patch",
	    "{'category_ids':['019ab0c2-7d3e-7a40-9b1f-0d5e8c1f2a33']}",
	    "#/category_ids/0 reference_not_found"),
	NO_SHELF("a parent that is not there",
	    SHELF(",'parent_id':'019ab0c2-7d3e-7a40-9b1f-0d5e8c1f2a33'"),
	    "#/parent_id reference_not_found"),
	NO("a batch of nothing", "{'items':[]}", "#/items too_few_items"),
	NO("a batch of no list", "{'items':{}}", "#/items type_mismatch"),
	NO("a batch and more", "{'items':[" SPADE("") "],'name':'x'}",
	    "#/name unknown_field"),
	NO("a batch of anything", "{'items':[1]}", "#/items/0 type_mismatch"),
	NO("one bad item keeps all out", "{'items':[" SPADE("") ",{'sku':'{new}-2'}]}",
	    "#/items/1/name required, #/items/1/price required"),
	YES("no categories", SPADE(",'category_ids':[]")),
	YES("no attributes", SPADE(",'attributes':{}")),
	YES("one category", SPADE(",'category_ids':['{cat}']")),
	YES("the same UUID in capitals", SPADE(",'category_ids':['{CAT}']")),
	YES("a batch of two", "{'items':[" SPADE("") ",{'sku':'{new}-2','name':'y',"
	    "'price':{'amount':2,'currency':'EUR'}}]}"),
};

/* Everything that is wrong is told at once. */
static const struct trial	 together[] = {
	NO("of every kind",
	    "{'id':'x','name':'','price':{'amount':1.5,'currency':'eur'},"
	    "'category_ids':[1,'x'],'status':'" MARK "','colour':1}",
	    "#/id read_only_field, #/name too_short, #/price/amount not_an_integer, "
	    "#/price/currency invalid_value, #/category_ids/0 type_mismatch, #/category_ids/1 invalid_format, "
	    "#/status invalid_value, #/colour unknown_field, #/sku required"),
	NO("in two items", "{'items':[{'sku':'a b'},5]}",
	    "#/items/0/sku invalid_format, #/items/0/name required, "
	    "#/items/0/price required, #/items/1 type_mismatch"),
	NO_PATCH("in a patch", "{'name':'','sku':'x','price':null}",
	    "#/name too_short, #/sku read_only_field, #/price required"),
	NO_SHELF("of a category", "{'slug':'A','parent_id':1,'depth':2}",
	    "#/slug invalid_format, #/parent_id type_mismatch, "
	    "#/depth unknown_field, #/name required"),
};

static const struct trial	 conflicts[] = {
	REFUSED("a sku that is there", "POST", PRODUCTS, POSTED,
	    "{'sku':'{sku}','name':'x','price':{'amount':1,'currency':'EUR'}}",
	    409, "sku_taken", "#/sku sku_taken"),
	REFUSED("a slug that is there", "POST", CATEGORIES, POSTED,
	    "{'name':'x','slug':'{slug}'}", 409, "slug_taken", "#/slug slug_taken"),
	REFUSED("its own child", "PATCH", CATEGORY, PATCHED, "{'parent_id':'{cat}'}",
	    409, "cycle", NULL),
	REFUSED("a category with a product", "DELETE", CATEGORY, BEARER ANY, NULL,
	    409, "not_empty", NULL),
	NO_PUT("another sku in a PUT",
	    "{'sku':'other','name':'x','price':{'amount':1,'currency':'EUR'}}",
	    "#/sku read_only_field"),
	NO("a sku of a batch that is there",
	    "{'items':[" SPADE("") ",{'sku':'{sku}','name':'y',"
	    "'price':{'amount':2,'currency':'EUR'}}]}", "#/items/1/sku sku_taken"),
	NO("a sku twice in a batch",
	    "{'items':[" SPADE("") "," SPADE("") "]}", "#/items/1/sku sku_taken"),
	TAKEN("the same slug in its own PUT", "PUT", CATEGORY, PUT_ANY,
	    "{'name':'Tools','slug':'{slug}'}", 200),
};

/* Text with `one` in it n times; a # of it is its number. */
static struct str
repeated(const char *before, const char *one, size_t n, const char *after)
{
	static char	 text[300 << 10];
	size_t		 at = (size_t)sprintf(text, "%s", before);

	for (size_t i = 0; i < n; i++)
		for (const char *p = one; *p != '\0'; p++)
			if (*p == '#')
				at += (size_t)sprintf(text + at, "%zu", i);
			else
				text[at++] = *p;
	at += (size_t)sprintf(text + at, "%s", after);
	return (struct str){ text, at };
}

static void
test_many(void)
{
	static const struct {
		const char	*label, *before, *one, *after;
		size_t		 n;
		int		 status;
		const char	*errors, *detail;
	}	 cases[] = {
		{ "50 attributes", "{'sku':'{new}','name':'x','price':"
		    "{'amount':1,'currency':'EUR'},'attributes':{'z':1", ",'a#':1",
		    "}}", 49, 201, "", NULL },
		{ "51 attributes", "{'sku':'{new}','name':'x','price':"
		    "{'amount':1,'currency':'EUR'},'attributes':{'z':1", ",'a#':1",
		    "}}", 50, 422, "#/attributes too_many_items", NULL },
		{ "1001 members", "{'z':1", ",'a#':1", "}", 1000, 422,
		    "# too_many_items", "1 problem" },
		{ "1001 items", "{'items':[1", ",#", "]}", 1000, 422,
		    "#/items too_many_items", "1 problem" },
		{ "20000 letters", "{'sku':'{new}','name':'x','price':"
		    "{'amount':1,'currency':'EUR'},'description':'", "x",
		    "'}", 20000, 201, "", NULL },
		{ "a letter more", "{'sku':'{new}','name':'x','price':"
		    "{'amount':1,'currency':'EUR'},'description':'", "x",
		    "'}", 20001, 422, "#/description too_long", NULL },
	};

	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct reply	 r = ask(&(struct ask){ "POST", PRODUCTS, POSTED,
				    repeated(cases[i].before, cases[i].one,
				    cases[i].n, cases[i].after), false });

		CHECK_INT(cases[i].label, r.status, cases[i].status);
		CHECK_TEXT(cases[i].label, reply_errors(&r), cases[i].errors);
		if (cases[i].detail != NULL)
			CHECK_TEXT(cases[i].label, reply_member(&r, "detail"),
			    cases[i].detail);
		if (r.status == 201)
			remove_made(&r);
	}
}

/* At most twenty are told, and that there are more. */
static void
test_twenty(void)
{
	struct str	 body = repeated("{", "'a#':1,", 30, "'sku':'{new}'}");
	struct reply	 r = ask(&(struct ask){ "POST", PRODUCTS, POSTED, body, false });

	check_problem("thirty faults", &r, 422, "validation_failed");
	CHECK_TEXT("the last one told", reply_member(&r, "errors.19.pointer"), "#/a19");
	CHECK_TEXT("no more than twenty", reply_member(&r, "errors.20"), NULL);
	CHECK_TEXT("that there are more", reply_member(&r, "detail"),
	    "more than 20 problems");
}

#define TABLE(name)							\
	static void							\
	test_##name(void)						\
	{								\
		TRIALS(name);						\
	}

TABLE(tops)
TABLE(names)
TABLE(absent)
TABLE(types)
TABLE(numbers)
TABLE(texts)
TABLE(forms)
TABLE(lists)
TABLE(together)
TABLE(conflicts)

static void
test_begin(void)
{
	char	 capitals[37] = "";

	trial_begin();
	snprintf(capitals, sizeof(capitals), "%s", filled("{cat}"));
	for (char *p = capitals; *p != '\0'; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	let("CAT", capitals);
}

static void
test_end(void)
{
	trial_end();
	client_end();
}

TESTS(bad_values,
    { "begin", test_begin },
    { "not an object", test_tops },
    { "names", test_names },
    { "what must be there", test_absent },
    { "types", test_types },
    { "numbers", test_numbers },
    { "texts", test_texts },
    { "forms", test_forms },
    { "lists", test_lists },
    { "all at once", test_together },
    { "conflicts", test_conflicts },
    { "too many", test_many },
    { "twenty of thirty", test_twenty },
    { "end", test_end })
