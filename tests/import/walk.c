/* walk: page through the whole list and compare each item with its source. */
#include <err.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "import.h"

#define SHOWN	20

static void
differ(struct walked *w, const char *sku, const char *what)
{
	if (w->differences++ < SHOWN)
		warnx("%s: %s", sku, what);
}

static json_object *
at(json_object *o, const char *name)
{
	json_object	*v = NULL;

	if (json_object_is_type(o, json_type_object))
		json_object_object_get_ex(o, name, &v);
	return v;
}

/* Byte for byte; NULL is absent. */
static bool
same_text(json_object *v, const char *want)
{
	if (v == NULL || want == NULL)
		return v == NULL && want == NULL;
	return json_object_is_type(v, json_type_string) &&
	    (size_t)json_object_get_string_len(v) == strlen(want) &&
	    strcmp(json_object_get_string(v), want) == 0;
}

static bool
same_categories(json_object *v, const char *id)
{
	return json_object_is_type(v, json_type_array) &&
	    json_object_array_length(v) == 1 &&
	    same_text(json_object_array_get_idx(v, 0), id);
}

static bool
same_amount(json_object *v, int64_t want)
{
	return json_object_is_type(v, json_type_int) &&
	    json_object_get_int64(v) == want;
}

static void
compare(struct walked *w, const struct source *src, const struct package *p,
    json_object *o)
{
	json_object	*price = at(o, "price"), *attributes = at(o, "attributes");
	const struct {
		const char	*what;
		bool		 same;
	} checks[] = {
		{ "name", same_text(at(o, "name"), p->name) },
		{ "description", same_text(at(o, "description"), p->description) },
		{ "price amount", same_amount(at(price, "amount"), p->price) },
		{ "currency", same_text(at(price, "currency"), "EUR") },
		{ "status", same_text(at(o, "status"), "active") },
		{ "category_ids", same_categories(at(o, "category_ids"),
		    src->sections[p->section].id) },
		{ "version", same_text(at(attributes, "version"), p->version) },
		{ "maintainer", same_text(at(attributes, "maintainer"),
		    p->maintainer) },
		{ "architecture", same_text(at(attributes, "architecture"),
		    p->architecture) },
		{ "other attributes", json_object_is_type(attributes,
		    json_type_object) && json_object_object_length(attributes) == 3 },
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (!checks[i].same)
			differ(w, p->sku, checks[i].what);
}

static void
meet(struct walked *w, struct source *src, json_object *o)
{
	json_object	*sku = at(o, "sku");
	struct package	*p = sku == NULL ? NULL :
			    source_find(src, json_object_get_string(sku));

	w->items++;
	if (sku == NULL)
		differ(w, "an item", "has no sku");
	if (p == NULL) {
		w->others++;
		return;
	}
	if (p->seen++ > 0)
		differ(w, p->sku, "came twice");
	if (p->sent)
		compare(w, src, p, o);
}

/* False: no more pages. */
static bool
take_page(struct walked *w, struct source *src, const char *text, char **cursor)
{
	json_object	*page = json_tokener_parse(text);
	json_object	*items = at(page, "items"), *next = at(page, "next_cursor");
	size_t		 n;

	free(*cursor);
	*cursor = next == NULL ? NULL : copy(json_object_get_string(next));
	if (!json_object_is_type(items, json_type_array)) {
		differ(w, "a page", "has no items");
		json_object_put(page);
		return false;
	}
	n = json_object_array_length(items);
	if (n == 0 && *cursor != NULL)
		differ(w, "a page", "is empty and not the last");
	for (size_t i = 0; i < n; i++)
		meet(w, src, json_object_array_get_idx(items, i));
	w->pages++;
	json_object_put(page);
	return *cursor != NULL;
}

static void
find_lost(struct walked *w, const struct source *src)
{
	for (size_t i = 0; i < src->n; i++)
		if (src->packages[i].sent && src->packages[i].seen == 0)
			differ(w, src->packages[i].sku, "is lost");
}

struct walked
walk(struct api *api, struct source *src)
{
	struct walked	 w = { 0 };
	char		*cursor = NULL, path[4096] = "/v1/products?limit=100";
	struct answer	 a;

	for (;;) {
		a = api_call(api, "GET", path, NULL);
		if (a.status != 200) {
			warnx("%s: %ld %.300s", path, a.status, a.text);
			differ(&w, "the list", "ends early");
			break;
		}
		if (!take_page(&w, src, a.text, &cursor))
			break;
		snprintf(path, sizeof(path),
		    "/v1/products?limit=100&cursor=%s", cursor);
		progress("comparing", w.items > src->n ? src->n : w.items, src->n);
	}
	free(cursor);
	find_lost(&w, src);
	return w;
}
