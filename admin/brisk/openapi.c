/* brisk openapi: merge the documents of the programs. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include "admin.h"
#include "enabled.h"
#include "shm/run_dir.h"

/* A place in a document, for error messages: "paths /v1/products get". */
struct place {
	const char	*file, *section, *name;
};

static bool
clash(const struct place *p, const char *key)
{
	return admin_error_false("%s: %s %s %s: differs from another document", p->file,
	    p->section, p->name, key);
}

/* Add a member, which the other document keeps, too. */
static bool
add(json_object *into, const char *key, json_object *value)
{
	return json_object_object_add(into, key, json_object_get(value)) == 0 ||
	    admin_error_false("no memory");
}

/* Merge the members of an object; common members must be equal. */
static bool
unite(json_object *into, json_object *from, const struct place *p)
{
	json_object	*mine;

	json_object_object_foreach(from, key, value) {
		if (!json_object_object_get_ex(into, key, &mine)) {
			if (!add(into, key, value))
				return false;
		} else if (!json_object_equal(mine, value)) {
			return clash(p, key);
		}
	}
	return true;
}

static const char *const methods[] = { "get", "put", "post", "delete", "options",
	"head", "patch", "trace" };

/* A method of a path must not occur in two programs, even with equal contents. */
static bool
unite_path(json_object *into, json_object *from, const struct place *p)
{
	for (size_t i = 0; i < NELEMS(methods); i++)
		if (json_object_object_get_ex(into, methods[i], NULL) &&
		    json_object_object_get_ex(from, methods[i], NULL))
			return admin_error_false("%s: %s %s: another program has it, too",
			    p->file, methods[i], p->name);
	return unite(into, from, p);
}

/* Find a member, or create it. */
static json_object *
object_of(json_object *in, const char *name)
{
	json_object	*o;

	if (json_object_object_get_ex(in, name, &o))
		return o;
	o = json_object_new_object();
	if (o != NULL && json_object_object_add(in, name, o) != 0) {
		(void)json_object_put(o);
		return NULL;
	}
	return o;
}

typedef bool	unite_fn(json_object *, json_object *, const struct place *);

/* Merge each member of a section. */
static bool
unite_section(json_object *into, json_object *from, const struct place *at,
    unite_fn *one)
{
	struct place	 p = *at;
	json_object	*mine;

	json_object_object_foreach(from, key, value) {
		p.name = key;
		mine = object_of(into, key);
		if (mine == NULL)
			return admin_error_false("no memory");
		if (!json_object_is_type(value, json_type_object))
			return admin_error_false("%s: %s %s: must be an object", p.file, p.section, key);
		if (!one(mine, value, &p))
			return false;
	}
	return true;
}

static const char *
tag_name(json_object *tag)
{
	json_object	*name = NULL;

	(void)json_object_object_get_ex(tag, "name", &name);
	return name == NULL ? "" : json_object_get_string(name);
}

static int
by_tag(const void *a, const void *b)
{
	return strcmp(tag_name(*(json_object *const *)a),
	    tag_name(*(json_object *const *)b));
}

static bool
unite_tags(json_object *into, json_object *from, const struct place *p)
{
	size_t	 n = json_object_array_length(from), had, k;

	for (size_t i = 0; i < n; i++) {
		json_object	*tag = json_object_array_get_idx(from, i), *mine;

		had = json_object_array_length(into);
		for (k = 0; k < had; k++) {
			mine = json_object_array_get_idx(into, k);
			if (strcmp(tag_name(mine), tag_name(tag)) == 0)
				break;
		}
		if (k < had && !json_object_equal(mine, tag))
			return admin_error_false("%s: tag %s: differs from another document",
			    p->file, tag_name(tag));
		if (k == had &&
		    json_object_array_add(into, json_object_get(tag)) != 0)
			return admin_error_false("no memory");
	}
	json_object_array_sort(into, by_tag);
	return true;
}

/* Merge a top-level member of a document. */
static bool
unite_member(json_object *all, const char *key, json_object *value,
    const struct place *p)
{
	json_object	*mine;

	if (!json_object_object_get_ex(all, key, &mine))
		return add(all, key, value);
	if (strcmp(key, "paths") == 0)
		return unite_section(mine, value, p, unite_path);
	if (strcmp(key, "components") == 0)
		return unite_section(mine, value, p, unite);
	if (strcmp(key, "tags") == 0)
		return unite_tags(mine, value, p);
	return json_object_equal(mine, value) ||
	    admin_error_false("%s: %s: differs from another document", p->file, key);
}

static const struct {
	const char	*key;
	json_type	 type;
} top[] = {
	{ "openapi", json_type_string },
	{ "info", json_type_object },
	{ "paths", json_type_object },
	{ "components", json_type_object },
	{ "tags", json_type_array },
};

static bool
is_document(json_object *o, const char *file)
{
	json_object	*member;

	for (size_t i = 0; i < NELEMS(top); i++) {
		if (!json_object_object_get_ex(o, top[i].key, &member) && i > 2)
			continue;
		if (!json_object_is_type(member, top[i].type))
			return admin_error_false("%s: \"%s\" is missing or has a wrong type",
			    file, top[i].key);
	}
	return true;
}

static bool
unite_file(json_object *all, const char *file)
{
	json_object	*o = json_object_from_file(file);
	struct place	 p = { file, "", "" };
	bool		 good;

	if (o == NULL)
		return admin_error_false("%s: cannot be read as JSON", file);
	good = is_document(o, file);
	if (good) {
		json_object_object_foreach(o, key, value) {
			p.section = key;
			good = good && unite_member(all, key, value, &p);
		}
	}
	(void)json_object_put(o);
	return good;
}

static int
by_key(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Copy an object with its members sorted by name. */
static json_object *
sorted(json_object *o)
{
	size_t		 n = (size_t)json_object_object_length(o), i = 0;
	const char	**keys = arena_array(admin_arena(), const char *, n + 1);
	json_object	*out = json_object_new_object();
	bool		 good = keys != NULL && out != NULL;

	if (good) {
		json_object_object_foreach(o, key, value) {
			(void)value;
			keys[i++] = key;
		}
		qsort(keys, n, sizeof(*keys), by_key);
	}
	for (i = 0; good && i < n; i++)
		good = add(out, keys[i], json_object_object_get(o, keys[i]));
	return good ? out : NULL;
}

static bool
sort_member(json_object *in, const char *name)
{
	json_object	*had, *by_name;

	if (!json_object_object_get_ex(in, name, &had))
		return true;
	by_name = sorted(had);
	return (by_name != NULL &&
	    json_object_object_add(in, name, by_name) == 0) || admin_error_false("no memory");
}

static const char *const sections[] = { "schemas", "responses", "parameters",
	"examples", "requestBodies", "headers", "securitySchemes", "links",
	"callbacks", "pathItems" };

static bool
sort_all(json_object *all)
{
	json_object	*components;

	if (!sort_member(all, "paths"))
		return false;
	if (!json_object_object_get_ex(all, "components", &components))
		return true;
	for (size_t i = 0; i < NELEMS(sections); i++)
		if (!sort_member(components, sections[i]))
			return false;
	return true;
}

static const char *
text_of(json_object *all)
{
	const char	*text = json_object_to_json_string_ext(all,
			    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

	return text == NULL ? "" : text;
}

/* Merge the documents of the enabled programs, and set the server to the path of
 * base_url. */
static bool
unite_installed(json_object *all, const struct conf *conf)
{
	const char	**name = enabled_names(), *part;
	json_object	*servers = json_object_new_array();
	bool		 good = name != NULL && servers != NULL &&
			    json_object_array_add(servers, json_object_new_object()) == 0;

	for (; good && *name != NULL; name++) {
		part = arena_fmt(admin_arena(), "%s/../share/openapi/%s.json",
		    admin_folder(), *name);
		good = part != NULL && unite_file(all, part);
	}
	return good && json_object_object_add(json_object_array_get_idx(servers, 0),
	    "url", json_object_new_string(conf->base_path[0] == '\0' ? "/" :
	    conf->base_path)) == 0 &&
	    json_object_object_add(all, "servers", servers) == 0;
}

/* Replace RUN_DIR/openapi.json atomically. */
static bool
write_document(json_object *all, const struct conf *conf)
{
	const char	*path = admin_run_path(conf->run_dir, RUN_DIR_OPENAPI);
	const char	*new = admin_fmt("%s.new", path);
	FILE		*f = fopen(new, "we");
	bool		 good = f != NULL && fprintf(f, "%s\n", text_of(all)) > 0;

	if (f != NULL)
		good &= fclose(f) == 0;
	return (good && rename(new, path) == 0) ||
	    admin_error_false("%s: %s", path, strerror(errno));
}

int
cmd_openapi(int argc, char **argv)
{
	json_object		*all = json_object_new_object();
	const struct conf	*conf = NULL;
	bool			 install = false, good = all != NULL;

	argc = flags_parse((const struct flag[]){ { "install", NULL, &install },
	    { NULL, NULL, NULL } }, argc, argv);
	if (argc < 0 || (argc == 0) != install) {
		(void)json_object_put(all);
		return BRISK_USAGE;
	}
	if (install)
		good = good && (conf = admin_conf()) != NULL && unite_installed(all, conf);
	for (int i = 0; i < argc && good; i++)
		good = unite_file(all, argv[i]);
	good = good && sort_all(all);
	if (good && install)
		good = write_document(all, conf);
	else if (good)
		(void)printf("%s\n", text_of(all));
	(void)json_object_put(all);
	return good ? 0 : 1;
}
