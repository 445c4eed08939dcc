/*
 * new/print - write the handler and its test.  The struct's name ends with _row, so that
 * it never equals a name of the library.
 */
#include <ctype.h>
#include "new/new.h"

#define WIDTH		78
#define MAX_FILTERS	24	/* of a resource */

static const struct {
	const char	*macro;
	const char	*type, *opt_type;	/* of the member */
} kinds[COLUMN_KINDS] = {
	[COLUMN_INT]	 = { "FIELD_INT", "int64_t", "struct opt_int" },
	[COLUMN_NUM]	 = { "FIELD_NUM", "double", "struct opt_num" },
	[COLUMN_BOOL]	 = { "FIELD_BOOL", "bool", "struct opt_bool" },
	[COLUMN_STR]	 = { "FIELD_STR", "struct str", "struct str" },
	[COLUMN_UUID]	 = { "FIELD_UUID", "struct uuid", "struct uuid" },
	[COLUMN_STAMP]	 = { "FIELD_STAMP", "struct stamp", "struct stamp" },
	[COLUMN_DECIMAL] = { "FIELD_DECIMAL", "struct decimal", "struct decimal" },
	[COLUMN_JSON]	 = { "FIELD_JSON", "struct json", "struct json" },
};

static const char *
type_of(const struct column *c)
{
	return c->nullable ? kinds[c->kind].opt_type : kinds[c->kind].type;
}

/* Append a C string literal; quotes, backslashes and trigraphs are escaped. */
static void
put_text(struct buf *b, struct str s)
{
	buf_byte(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char	 c = (unsigned char)s.p[i];

		if (c == '"' || c == '\\' || c == '?')
			buf_byte(b, '\\');
		buf_byte(b, c < 0x20 || c == 0x7f ? ' ' : (char)c);
	}
	buf_byte(b, '"');
}

/* Append a piece, on a new line if the line would be too long. */
struct lines {
	struct buf	*b;
	size_t		 column;
};

static void
put_piece(struct lines *l, const struct buf *piece)
{
	if (!buf_ok(piece)) {
		l->b->failed = true;
		return;
	}
	if (l->column + piece->n + 2 > WIDTH) {
		buf_puts(l->b, "\n\t    ");
		l->column = 12;
	} else if (l->column > 8) {
		buf_byte(l->b, ' ');
		l->column++;
	}
	buf_str(l->b, buf_view(piece));
	l->column += piece->n;
}

/* Append a member of an initialiser: ", .max = 80". */
static void
put_member(struct lines *l, const char *name, const char *value)
{
	struct buf	 piece;

	buf_byte(l->b, ',');
	l->column++;
	buf_init(&piece, admin_arena());
	buf_fmt(&piece, ".%s = %s", name, value);
	put_piece(l, &piece);
}

static void
put_number(struct lines *l, const char *name, int64_t v)
{
	struct buf	 text;

	buf_init(&text, admin_arena());
	buf_int(&text, v);
	put_member(l, name, buf_ok(&text) ? text.p : "0");
}

static void
put_string(struct lines *l, const char *name, struct str v)
{
	struct buf	 text;

	buf_init(&text, admin_arena());
	put_text(&text, v);
	put_member(l, name, buf_ok(&text) ? text.p : "\"\"");
}

static void
put_flags(struct lines *l, const struct column *c)
{
	const struct {
		bool		 on;
		const char	*name;
	} flags[] = {
		{ c->key, "FIELD_KEY" }, { c->readonly, "FIELD_READONLY" },
		{ c->nullable, "FIELD_OPTIONAL" },
		{ c->unique && !c->key, "FIELD_UNIQUE" },
		{ c->multiline, "FIELD_MULTILINE" }, { c->hidden, "FIELD_HIDDEN" },
	};
	struct buf	 b;

	buf_init(&b, admin_arena());
	for (size_t i = 0; i < NELEMS(flags); i++)
		if (flags[i].on)
			buf_fmt(&b, "%s%s", b.n == 0 ? "" : " | ", flags[i].name);
	if (buf_ok(&b) && b.n > 0)
		put_member(l, "flags", b.p);
}

/* Cut an SQL string off the text, and remove its quotes: 'it''s' becomes it's. */
static struct str
unquoted(struct str *s)
{
	struct buf	 b;
	size_t		 i = 1;

	buf_init(&b, admin_arena());
	for (; i < s->n; i++) {
		if (s->p[i] == '\'' && (i + 1 == s->n || s->p[i + 1] != '\''))
			break;
		i += s->p[i] == '\'';
		buf_byte(&b, s->p[i]);
	}
	*s = str_from(*s, i + 1);
	return b.n == 0 ? STR("") : buf_view(&b);
}

/* enum('a','b') becomes ENUM("a", "b"). */
static void
put_one_of(struct lines *l, const struct column *c)
{
	struct str	 rest = str_from(c->whole_type, strlen("enum("));
	struct buf	 b;

	if (!str_is(c->type, "enum"))
		return;
	buf_init(&b, admin_arena());
	while (rest.n > 0 && rest.p[0] == '\'') {
		buf_puts(&b, b.n == 0 ? "ENUM(" : ", ");
		put_text(&b, unquoted(&rest));
		rest = rest.n > 0 && rest.p[0] == ',' ? str_from(rest, 1) : STR("");
	}
	buf_byte(&b, ')');
	put_member(l, "one_of", buf_ok(&b) ? b.p : "NULL");
}

/* The default of a member, if that of the column is a literal. */
static void
put_default(struct lines *l, const struct column *c)
{
	struct str	 def = c->def;

	if (c->nullable || c->readonly || c->key || def.n == 0 ||
	    c->kind == COLUMN_UUID || c->kind == COLUMN_STAMP ||
	    c->kind == COLUMN_JSON)
		return;
	if (def.p[0] == '\'')
		def = unquoted(&def);
	else if (!isdigit((unsigned char)def.p[0]) && def.p[0] != '-')
		return;
	if (c->kind == COLUMN_BOOL)
		def = str_is(def, "0") ? STR("false") : STR("true");
	put_string(l, "def", def);
}

static void
put_bounds(struct lines *l, const struct column *c)
{
	if (c->kind == COLUMN_DECIMAL) {
		put_number(l, "digits", c->digits);
		put_number(l, "scale", c->scale);
	}
	if (!c->bounded || (c->made && c->key))
		return;
	if (c->min != 0)
		put_number(l, "min", c->min);
	put_number(l, "max", c->max);
}

/* The column's comment, or its name as words: "unit_price" becomes "Unit price". */
static struct str
doc_of(const struct column *c)
{
	struct buf	 b;

	if (c->comment.n > 0)
		return c->comment;
	buf_init(&b, admin_arena());
	for (size_t i = 0; i < c->name.n; i++)
		buf_byte(&b, c->name.p[i] == '_' ? ' ' : i > 0 ? c->name.p[i] :
		    (char)toupper((unsigned char)c->name.p[i]));
	return buf_ok(&b) && b.n > 0 ? buf_view(&b) : STR("Value");
}

static void
put_field(struct buf *b, const struct table *t, const struct column *c)
{
	struct lines	 l = { b, 8 };
	struct buf	 head;

	buf_init(&head, admin_arena());
	buf_fmt(&head, "%s(struct %s_row, %s", kinds[c->kind].macro, t->one, c->member);
	buf_byte(b, '\t');
	put_piece(&l, &head);
	if (!str_is(c->name, c->member))
		put_string(&l, "column", c->name);
	put_flags(&l, c);
	put_bounds(&l, c);
	put_one_of(&l, c);
	if (c->format != NULL)
		put_member(&l, "format", c->format);
	put_default(&l, c);
	put_string(&l, "doc", doc_of(c));
	buf_byte(b, ')');
}

/* Print the members of a type on one line, in the order of the types' first use. */
static void
put_members(struct buf *b, const struct table *t, size_t first)
{
	const char	*type = type_of(&t->v[first]);
	struct lines	 l = { b, 8 };
	bool		 some = false;

	for (size_t i = 0; i < first; i++)
		if (strcmp(type_of(&t->v[i]), type) == 0)
			return;
	for (size_t i = first; i < t->n; i++) {
		struct buf	 piece;

		if (strcmp(type_of(&t->v[i]), type) != 0)
			continue;
		buf_puts(b, some ? "," : "\t");
		buf_init(&piece, admin_arena());
		buf_fmt(&piece, "%s%s%s", some ? "" : type, some ? "" : " ",
		    t->v[i].member);
		put_piece(&l, &piece);
		some = true;
	}
	buf_puts(b, ";\n");
}

static bool
is_filter(const struct column *c)
{
	return c->indexed && !c->key && !c->multiline && !c->hidden &&
	    (c->kind == COLUMN_INT || c->kind == COLUMN_BOOL ||
	    c->kind == COLUMN_STR || c->kind == COLUMN_UUID);
}

static void
put_filters(struct buf *b, const struct table *t)
{
	struct lines	 l = { b, 0 };
	size_t		 some = 0;

	for (size_t i = 0; i < t->n && some < MAX_FILTERS; i++) {
		struct buf	 piece;

		if (!is_filter(&t->v[i]))
			continue;
		buf_init(&piece, admin_arena());
		buf_fmt(&piece, "%sFILTER_BY(\"%s\")",
		    some > 0 ? "" : "\t.filters = FILTERS(", t->v[i].member);
		if (some++ > 0)
			buf_byte(b, ',');
		put_piece(&l, &piece);
	}
	if (some > 0)
		buf_puts(b, "),\n");
}

static void
put_order(struct buf *b, const struct table *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].key) {
			buf_fmt(b, "\t.sorts = SORTS(SORT_BY(\"%s\")),\n", t->v[i].member);
			break;
		}
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].stamped && str_is(t->v[i].name, "updated_at"))
			buf_fmt(b, "\t.modified = \"%s\",\n", t->v[i].member);
}

/* "unit_price" becomes "UnitPrice". */
static void
put_camel(struct buf *b, const char *name)
{
	bool	 up = true;

	for (; *name != '\0'; name++) {
		if (*name != '_')
			buf_byte(b, up ? (char)toupper((unsigned char)*name) : *name);
		up = *name == '_';
	}
}

static void
put_resource(struct buf *b, const struct table *t)
{
	buf_fmt(b, "static const struct resource %s_resource = {\n"
	    "\t.path = \"%s\", .table = ", t->name, t->path);
	put_text(b, str_of(t->table));
	buf_fmt(b, ", .schema = &%s_schema,\n", t->one);
	buf_fmt(b, strcmp(t->read, "SCOPE_NONE") == 0 ? "\t.read = %s, " :
	    "\t.read = \"%s\", ", t->read);
	buf_fmt(b, ".write = \"%s\",\n", t->write);
	put_filters(b, t);
	put_order(b, t);
	buf_fmt(b, "\t.doc = \"Rows of %s\",\n};\n\n", t->name);
}

void
new_print_handler(struct buf *b, const struct table *t)
{
	buf_fmt(b, "/* %s: the rows of a table. */\n#include \"app.h\"\n\n"
	    "struct %s_row {\n", t->name, t->one);
	for (size_t i = 0; i < t->n; i++)
		put_members(b, t, i);
	buf_fmt(b, "};\n\nstatic const struct schema %s_schema = SCHEMA(\"", t->one);
	put_camel(b, t->one);
	buf_fmt(b, "\",\n\tstruct %s_row,\n", t->one);
	for (size_t i = 0; i < t->n; i++) {
		put_field(b, t, &t->v[i]);
		buf_puts(b, i + 1 < t->n ? ",\n" : ");\n\n");
	}
	put_resource(b, t);
	buf_fmt(b, "int\nmain(int argc, char **argv)\n{\n"
	    "\treturn app_main(argc, argv, APP(\"%s\",\n"
	    "\t    RESOURCES(&%s_resource), .service = \"%s\"));\n}\n",
	    t->name, t->name, t->service);
}

void
new_print_test(struct buf *b, const struct table *t)
{
	bool	 open = strcmp(t->read, "SCOPE_NONE") == 0;

	buf_fmt(b, "#!/bin/sh\n"
	    "# %s: accepted and refused requests, to the installation in VAR at "
	    "BASE.\n"
	    "set -eu\n"
	    "url=${BASE:-http://127.0.0.1:8080}%s\n"
	    "export BRISK_CONF=\"${BRISK_CONF:-${VAR:-var}/brisk.conf}\"\n"
	    "token=$(\"${B:-build}/bin/brisk\" token --scope \"%s%s%s\")\n", t->name, t->path, open ? "" : t->read,
	    open ? "" : " ", t->write);
	buf_fmt(b, "good=0 bad=0\n\n"
	    "# says LABEL STATUS CURL-ARGUMENTS...\n"
	    "says() {\n"
	    "\tlabel=$1 want=$2\n"
	    "\tshift 2\n"
	    "\tgot=$(curl -s -o /dev/null -w '%%{http_code}' \"$@\" || true)\n"
	    "\tif [ \"$got\" = \"$want\" ]; then\n"
	    "\t\tgood=$((good + 1))\n"
	    "\telse\n"
	    "\t\tbad=$((bad + 1))\n"
	    "\t\techo \"%s: [$label] got $got want $want\" >&2\n"
	    "\tfi\n"
	    "}\n"
	    "with() {\n"
	    "\tsays \"$@\" -H \"Authorization: Bearer $token\"\n"
	    "}\n\n", t->name);
	buf_fmt(b, "with \"list\" 200 \"$url?limit=1\"\n"
	    "says \"list without a token\" %d \"$url\"\n"
	    "with \"unknown parameter\" 400 \"$url?no_such_parameter=1\"\n"
	    "with \"limit 0\" 400 \"$url?limit=0\"\n"
	    "says \"create without a token\" 401 -X POST -d '{}' \\\n"
	    "\t-H 'Content-Type: application/json' \"$url\"\n"
	    "with \"no JSON\" 400 -X POST -d '{' \\\n"
	    "\t-H 'Content-Type: application/json' \"$url\"\n"
	    "with \"unknown member\" 422 -X POST -d '{\"no_such_member\":1}' \\\n"
	    "\t-H 'Content-Type: application/json' \"$url\"\n\n"
	    "echo \"%s: $good passed, $bad failed\"\n"
	    "[ \"$bad\" = 0 ]\n", open ? 200 : 401, t->name);
}
