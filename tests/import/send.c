/* send: categories one by one, products in batches; what is refused is counted. */
#include <err.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "import.h"

#define BATCH		1000
#define BODY_MAX	(4 * 1024 * 1024 - 1024)

struct refusals {
	char	*code;
	char	 example[256];	/* of the first */
	size_t	 n;
};

struct batch {
	struct package	*item[BATCH];
	size_t		 n;
	char		*body;
	size_t		 len, room;
};

static struct refusals	refusals[64];
static size_t		differences;

static const char *
member(json_object *o, const char *name)
{
	json_object	*v;

	return json_object_object_get_ex(o, name, &v) &&
	    json_object_is_type(v, json_type_string) ?
	    json_object_get_string(v) : NULL;
}

static json_object *
list(json_object *o, const char *name)
{
	json_object	*v;

	return json_object_object_get_ex(o, name, &v) &&
	    json_object_is_type(v, json_type_array) ? v : NULL;
}

static bool
keep_id(struct section *s, json_object *category)
{
	const char	*id = category == NULL ? NULL : member(category, "id");

	if (id == NULL || strlen(id) != 36)
		return false;
	strcpy(s->id, id);
	return true;
}

/* It is there already: find it by its slug. */
static bool
find_category(struct api *api, struct section *s)
{
	char		 path[256];
	struct answer	 a;
	json_object	*o, *items;
	bool		 ok;

	snprintf(path, sizeof(path), "/v1/categories?slug=%s", s->slug);
	a = api_call(api, "GET", path, NULL);
	o = a.status == 200 ? json_tokener_parse(a.text) : NULL;
	items = o == NULL ? NULL : list(o, "items");
	ok = items != NULL && json_object_array_length(items) == 1 &&
	    keep_id(s, json_object_array_get_idx(items, 0));
	json_object_put(o);
	return ok;
}

static bool
make_category(struct api *api, struct section *s)
{
	json_object	*o = json_object_new_object();
	struct answer	 a;
	bool		 ok;

	json_object_object_add(o, "name", json_object_new_string(s->name));
	json_object_object_add(o, "slug", json_object_new_string(s->slug));
	a = api_call(api, "POST", "/v1/categories", json_object_to_json_string(o));
	json_object_put(o);
	if (a.status == 409)
		return find_category(api, s);
	o = a.status == 201 ? json_tokener_parse(a.text) : NULL;
	ok = keep_id(s, o);
	if (!ok)
		warnx("category %s: %ld %.300s", s->slug, a.status, a.text);
	json_object_put(o);
	return ok;
}

bool
send_categories(struct api *api, struct source *src)
{
	for (size_t i = 0; i < src->nsections; i++) {
		if (!make_category(api, &src->sections[i]))
			return false;
		progress("categories", i + 1, src->nsections);
	}
	return true;
}

static void
add_text(json_object *o, const char *name, const char *value)
{
	json_object_object_add(o, name, json_object_new_string(value));
}

static json_object *
product(const struct source *src, const struct package *p)
{
	json_object	*o = json_object_new_object();
	json_object	*price = json_object_new_object();
	json_object	*ids = json_object_new_array();
	json_object	*attributes = json_object_new_object();

	add_text(o, "sku", p->sku);
	add_text(o, "name", p->name);
	if (p->description != NULL)
		add_text(o, "description", p->description);
	json_object_object_add(price, "amount", json_object_new_int64(p->price));
	add_text(price, "currency", "EUR");
	json_object_object_add(o, "price", price);
	json_object_array_add(ids,
	    json_object_new_string(src->sections[p->section].id));
	json_object_object_add(o, "category_ids", ids);
	add_text(attributes, "version", p->version);
	add_text(attributes, "maintainer", p->maintainer);
	add_text(attributes, "architecture", p->architecture);
	json_object_object_add(o, "attributes", attributes);
	return o;
}

static void
append(struct batch *b, const char *text, size_t n)
{
	if (b->len + n + 1 > b->room) {
		b->room = (b->len + n + 1) * 2;
		b->body = alloc(b->body, b->room);
	}
	memcpy(b->body + b->len, text, n);
	b->len += n;
	b->body[b->len] = '\0';
}

/* False, and nothing added: it would be over the body's limit. */
static bool
append_item(struct batch *b, const struct source *src, const struct package *p)
{
	json_object	*o = product(src, p);
	size_t		 n;
	const char	*text = json_object_to_json_string_length(o,
			    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &n);
	bool		 fits = b->len + n + 3 <= BODY_MAX;

	if (fits) {
		if (b->body[b->len - 1] == '}')
			append(b, ",", 1);
		append(b, text, n);
	}
	json_object_put(o);
	return fits;
}

static void
open_body(struct batch *b)
{
	static const char	 head[] = "{\"items\":[";

	b->len = 0;
	append(b, head, sizeof(head) - 1);
}

static void
rebuild(struct batch *b, const struct source *src)
{
	open_body(b);
	for (size_t i = 0; i < b->n; i++)
		append_item(b, src, b->item[i]);
	append(b, "]}", 2);
}

static void
refuse(struct package *p, const char *code, const char *why)
{
	struct refusals	*r = refusals;

	while (r->code != NULL && strcmp(r->code, code) != 0 &&
	    r < &refusals[63])
		r++;
	if (r->code == NULL) {
		r->code = copy(code);
		snprintf(r->example, sizeof(r->example), "%s: %s", p->sku, why);
	}
	r->n++;
	if (p->refused == NULL)
		differences += p->lawful;
	p->refused = r->code;
}

/* The items that the errors' pointers name. */
static size_t
refuse_named(struct batch *b, json_object *problem)
{
	json_object	*errors = problem == NULL ? NULL : list(problem, "errors");
	size_t		 n = errors == NULL ? 0 : json_object_array_length(errors);
	size_t		 named = 0, at;

	for (size_t i = 0; i < n; i++) {
		json_object	*e = json_object_array_get_idx(errors, i);
		const char	*pointer = member(e, "pointer");
		const char	*code = member(e, "code");

		if (pointer == NULL || code == NULL ||
		    sscanf(pointer, "#/items/%zu", &at) != 1 || at >= b->n)
			continue;
		named += b->item[at]->refused == NULL;
		refuse(b->item[at], code, pointer);
	}
	return named;
}

static void
refuse_all(struct batch *b, const struct answer *a, json_object *problem)
{
	const char	*code = problem == NULL ? NULL : member(problem, "code");

	warnx("a batch of %zu: %ld %.300s", b->n, a->status, a->text);
	for (size_t i = 0; i < b->n; i++)
		refuse(b->item[i], code == NULL ? "no answer" : code, "the batch");
	b->n = 0;
}

static void
drop_refused(struct batch *b)
{
	size_t	 to = 0;

	for (size_t i = 0; i < b->n; i++)
		if (b->item[i]->refused == NULL)
			b->item[to++] = b->item[i];
	b->n = to;
}

/* The answer tells the same items in the same order. */
static void
accept_all(struct batch *b, const struct answer *a)
{
	json_object	*o = json_tokener_parse(a->text);
	json_object	*items = o == NULL ? NULL : list(o, "items");
	size_t		 n = items == NULL ? 0 : json_object_array_length(items);

	if (n != b->n) {
		warnx("%zu items sent, %zu answered", b->n, n);
		differences++;
	}
	for (size_t i = 0; i < b->n; i++) {
		const char	*sku = i >= n ? NULL :
				    member(json_object_array_get_idx(items, i), "sku");

		b->item[i]->sent = true;
		differences += i < n &&
		    (sku == NULL || strcmp(sku, b->item[i]->sku) != 0);
	}
	json_object_put(o);
}

static void
send_batch(struct api *api, struct batch *b, const struct source *src)
{
	struct answer	 a;
	json_object	*problem;

	append(b, "]}", 2);
	while (b->n > 0) {
		a = api_call(api, "POST", "/v1/products", b->body);
		if (a.status == 200 || a.status == 201) {
			accept_all(b, &a);
			break;
		}
		problem = json_tokener_parse(a.text);
		if (a.status != 422 || refuse_named(b, problem) == 0)
			refuse_all(b, &a, problem);
		json_object_put(problem);
		drop_refused(b);
		rebuild(b, src);
	}
	b->n = 0;
	open_body(b);
}

static void
print_refusals(void)
{
	for (size_t i = 0; i < 64 && refusals[i].code != NULL; i++)
		printf("refused     %zu %s, first %s\n", refusals[i].n,
		    refusals[i].code, refusals[i].example);
}

size_t
send_products(struct api *api, struct source *src)
{
	struct batch	*b = alloc(NULL, sizeof(*b));

	*b = (struct batch){ .n = 0 };
	open_body(b);
	for (size_t i = 0; i < src->n; i++) {
		if (b->n == BATCH || !append_item(b, src, &src->packages[i])) {
			send_batch(api, b, src);
			append_item(b, src, &src->packages[i]);
		}
		b->item[b->n++] = &src->packages[i];
		progress("products", i + 1, src->n);
	}
	if (b->n > 0)
		send_batch(api, b, src);
	print_refusals();
	free(b->body);
	free(b);
	return differences;
}
