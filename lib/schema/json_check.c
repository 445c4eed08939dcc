/* json_check - a state machine over the tokens of a JSON text. */
#include "schema/json_check.h"
#include "schema/json_names.h"

/* What the grammar allows next. */
enum expected {
	EXPECT_VALUE,
	EXPECT_ITEM,	/* a value, or the end of the array */
	EXPECT_NAME,
	EXPECT_MEMBER,	/* a name, or the end of the object */
	EXPECT_NEXT,	/* a comma, or the end of the array or object */
};

struct level {
	bool		 object;
	uint32_t	 names;		/* number of names of the enclosing objects */
};

struct checker {
	const char	*start, *p, *end;
	struct json_check_result result;
	enum expected	 expected;
	size_t		 depth;
	struct level	 levels[JSON_MAX_DEPTH];
	struct json_names	 names;
};

static bool
fail(struct checker *c, enum json_fault fault, const char *at)
{
	c->result.fault = fault;
	c->result.offset = (size_t)(at - c->start);
	return false;
}

/* Fail at the current byte: it is not UTF-8, or the grammar does not allow it. */
static bool
malformed(struct checker *c)
{
	struct str	 rest = { c->p, (size_t)(c->end - c->p) };

	return fail(c, rest.n != 0 && str_utf8_len(rest) == 0 ? JSON_BAD_UTF8 :
	    JSON_MALFORMED, c->p);
}

/* The current byte; at the end 0, which no rule accepts. */
static char
peek(const struct checker *c)
{
	return c->p == c->end ? '\0' : *c->p;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void
skip_space(struct checker *c)
{
	while (c->p < c->end &&
	    (*c->p == ' ' || *c->p == '\n' || *c->p == '\r' || *c->p == '\t'))
		c->p++;
}

static bool
check_literal(struct checker *c, const char *word)
{
	for (; *word != '\0'; word++, c->p++)
		if (peek(c) != *word)
			return malformed(c);
	return true;
}

/* Skip one or more digits. */
static bool
skip_digits(struct checker *c)
{
	if (!is_digit(peek(c)))
		return malformed(c);
	while (is_digit(peek(c)))
		c->p++;
	return true;
}

static bool
check_number(struct checker *c)
{
	if (peek(c) == '-')
		c->p++;
	if (peek(c) == '0')
		c->p++;
	else if (!skip_digits(c))
		return false;
	if (peek(c) == '.') {
		c->p++;
		if (!skip_digits(c))
			return false;
	}
	if (peek(c) != 'e' && peek(c) != 'E')
		return true;
	c->p++;
	if (peek(c) == '+' || peek(c) == '-')
		c->p++;
	return skip_digits(c);
}

/* "\u0041", or a surrogate pair for a code point above U+FFFF. */
static bool
check_unicode_escape(struct checker *c)
{
	int	 v = json_unicode_escape(c->p, c->end), low;

	if (v == -1) {
		c->p += 2;
		while (json_hex_digit(peek(c)) >= 0)
			c->p++;
		return malformed(c);
	}
	if (v >= 0xd800 && v <= 0xdfff) {
		low = v > 0xdbff ? -1 : json_unicode_escape(c->p + 6, c->end);
		if (low < 0xdc00 || low > 0xdfff)
			return fail(c, JSON_BAD_UTF8, c->p);
		c->p += 6;
	}
	c->p += 6;
	return true;
}

static bool
check_escape(struct checker *c)
{
	char	 kind = c->end - c->p < 2 ? '\0' : c->p[1];

	if (kind == 'u')
		return check_unicode_escape(c);
	if (kind == '\0' || strchr("\"\\/bfnrt", kind) == NULL) {
		c->p++;
		return malformed(c);
	}
	c->p += 2;
	return true;
}

/*
 * The end of a run of plain string bytes: ASCII from 0x20 on except quote and
 * backslash.  Eight bytes at a time: a byte below n sets the top bit in
 * `word - n * ones`.
 */
static const char *
plain_end(const char *p, const char *end)
{
	const uint64_t	 ones = UINT64_C(0x0101010101010101), tops = ones << 7;
	uint64_t	 word, quote, slash;

	for (; end - p >= 8; p += 8) {
		memcpy(&word, p, 8);
		quote = word ^ ones * '"';
		slash = word ^ ones * '\\';
		if (((word | (word - ones * 0x20) | (quote - ones) |
		    (slash - ones)) & tops) != 0)
			break;
	}
	while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 &&
	    *p != '"' && *p != '\\')
		p++;
	return p;
}

static bool
check_string(struct checker *c)
{
	size_t	 n;

	c->p++;
	for (;;) {
		c->p = plain_end(c->p, c->end);
		if (peek(c) == '"') {
			c->p++;
			return true;
		}
		if (peek(c) == '\\') {
			if (!check_escape(c))
				return false;
			continue;
		}
		n = str_utf8_len((struct str){ c->p, (size_t)(c->end - c->p) });
		if (n < 2)
			return malformed(c);
		c->p += n;
	}
}

/* Add a checked name to the set; `at` is its opening quote. */
static bool
add_name(struct checker *c, const char *at)
{
	struct json_name	 name = { (uint32_t)(at - c->start), json_names_hash(at), 0 };

	if (json_names_has(&c->names, c->start, c->levels[c->depth - 1].names, name))
		return fail(c, JSON_DUPLICATE_KEY, at);
	return json_names_add(&c->names, name) || fail(c, JSON_NO_MEMORY, at);
}

static bool
check_member_name(struct checker *c)
{
	const char	*at = c->p;

	if (peek(c) != '"')
		return malformed(c);
	if (!check_string(c) || !add_name(c, at))
		return false;
	skip_space(c);
	if (peek(c) != ':')
		return malformed(c);
	c->p++;
	c->expected = EXPECT_VALUE;
	return true;
}

static bool
open_level(struct checker *c)
{
	bool	 object = *c->p == '{';

	if (c->depth == JSON_MAX_DEPTH)
		return fail(c, JSON_TOO_DEEP, c->p);
	c->levels[c->depth++] = (struct level){ object, c->names.n };
	c->expected = object ? EXPECT_MEMBER : EXPECT_ITEM;
	c->p++;
	return true;
}

static bool
close_level(struct checker *c)
{
	json_names_truncate(&c->names, c->levels[--c->depth].names);
	c->expected = EXPECT_NEXT;
	c->p++;
	return true;
}

static bool
check_value(struct checker *c)
{
	c->expected = EXPECT_NEXT;
	switch (peek(c)) {
	case '{': case '[':
		return open_level(c);
	case '"':
		return check_string(c);
	case 't':
		return check_literal(c, "true");
	case 'f':
		return check_literal(c, "false");
	case 'n':
		return check_literal(c, "null");
	case '-': case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		return check_number(c);
	default:
		return malformed(c);
	}
}

/* After a value: a comma, or the end of its array or object. */
static bool
check_separator(struct checker *c)
{
	bool	 object = c->levels[c->depth - 1].object;

	if (peek(c) == (object ? '}' : ']'))
		return close_level(c);
	if (peek(c) != ',')
		return malformed(c);
	c->p++;
	c->expected = object ? EXPECT_NAME : EXPECT_VALUE;
	return true;
}

static bool
check_token(struct checker *c)
{
	switch (c->expected) {
	case EXPECT_ITEM:
		return peek(c) == ']' ? close_level(c) : check_value(c);
	case EXPECT_MEMBER:
		return peek(c) == '}' ? close_level(c) : check_member_name(c);
	case EXPECT_NAME:
		return check_member_name(c);
	case EXPECT_NEXT:
		return check_separator(c);
	case EXPECT_VALUE:
		break;
	}
	return check_value(c);
}

struct json_check_result
json_check(struct arena *a, struct str s)
{
	struct checker	 c;

	c.start = c.p = s.p == NULL ? "" : s.p;
	c.end = c.p + s.n;
	c.result = (struct json_check_result){ JSON_OK, 0 };
	c.expected = EXPECT_VALUE;
	c.depth = 0;
	json_names_init(&c.names, a);
	if (s.n > UINT32_MAX)
		c.result.fault = JSON_NO_MEMORY;
	while (c.result.fault == JSON_OK) {
		skip_space(&c);
		if (c.expected == EXPECT_NEXT && c.depth == 0) {
			if (c.p != c.end)
				(void)malformed(&c);
			break;
		}
		(void)check_token(&c)
;
	}
	return c.result;
}

const char *
json_check_code(enum json_fault fault)
{
	static const char *const	 codes[] = {
		[JSON_OK] = NULL,
		[JSON_MALFORMED] = "malformed_json",
		[JSON_BAD_UTF8] = "invalid_utf8",
		[JSON_DUPLICATE_KEY] = "duplicate_key",
		[JSON_TOO_DEEP] = "too_deep",
		[JSON_NO_MEMORY] = NULL,
	};

	return codes[fault];
}
