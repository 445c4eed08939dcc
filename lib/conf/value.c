/* conf/value - parses the text of a value, by the kind of its option. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "conf/private.h"
#include "base/log.h"
#include "base/net.h"

#define RATE_SECONDS	86400

void *
conf_value_at(struct conf *c, const struct conf_option *o)
{
	return (char *)c + o->off;
}

/* Defaults are exempt from the bounds: a folder may make a path long, and the secret has none. */
static bool
value_text(const struct conf_reader *rd, const struct conf_entry *e, struct str s)
{
	const struct conf_option *o = e->option;
	struct str	 copy;

	if (e->from != FROM_DEFAULT &&
	    (s.n < (size_t)o->min || s.n > (size_t)o->max))
		return false;
	copy = arena_copy(&conf_memory, s);
	if (copy.p == NULL)
		return false;
	*(const char **)conf_value_at(rd->conf, e->option) = copy.p;
	return true;
}

static bool
set_text(const struct conf_reader *rd, const struct conf_entry *e)
{
	return value_text(rd, e, e->value);
}

static bool
set_path(const struct conf_reader *rd, const struct conf_entry *e)
{
	char		*whole;

	if (e->value.n == 0 || e->value.p[0] == '/')
		return value_text(rd, e, e->value);
	whole = arena_fmt(&conf_memory, "%s/%.*s", rd->folder, STR_ARG(e->value));
	return whole != NULL && value_text(rd, e, str_of(whole));
}

static bool
is_host_port(struct str s)
{
	struct str	 rest = s;

	(void)str_cut(&rest, ':');
	if (rest.p == NULL || rest.n == 0 || rest.n > 5)
		return false;
	for (size_t i = 0; i < rest.n; i++)
		if (!isdigit((unsigned char)rest.p[i]))
			return false;
	return memchr(s.p, '/', s.n) == NULL;
}

static bool
set_place(const struct conf_reader *rd, const struct conf_entry *e)
{
	return is_host_port(e->value) ? set_text(rd, e) : set_path(rd, e);
}

static bool
set_url(const struct conf_reader *rd, const struct conf_entry *e)
{
	if (e->value.n > 0 && !str_starts(e->value, STR("http://")) &&
	    !str_starts(e->value, STR("https://")))
		return false;
	if (str_ends(e->value, STR("/")))
		return false;
	for (size_t i = 0; i < e->value.n; i++)
		if (!isgraph((unsigned char)e->value.p[i]))
			return false;
	return set_text(rd, e);
}

static bool
set_names(const struct conf_reader *rd, const struct conf_entry *e)
{
	for (size_t i = 0; i < e->value.n; i++) {
		char	 c = e->value.p[i];

		if (!islower((unsigned char)c) && !isdigit((unsigned char)c) &&
		    c != '_' && c != ' ')
			return false;
	}
	return set_text(rd, e);
}

static bool
set_networks(const struct conf_reader *rd, const struct conf_entry *e)
{
	return net_list_valid(e->value) && set_text(rd, e);
}

/* As browsers send it (RFC 6454 6.2): scheme, host, optional port; no path, no "*". */
static bool
is_origin(struct str s)
{
	struct str	 host = str_from(s, str_starts(s, STR("https://")) ? 8 : 7);

	if (!str_starts(s, STR("https://")) && !str_starts(s, STR("http://")))
		return false;
	for (size_t i = 0; i < host.n; i++)
		if (!islower((unsigned char)host.p[i]) &&
		    !isdigit((unsigned char)host.p[i]) &&
		    strchr(".-:[]", host.p[i]) == NULL)
			return false;
	return host.n > 0;
}

static bool
set_origins(const struct conf_reader *rd, const struct conf_entry *e)
{
	struct str	 rest = e->value, origin;

	while ((origin = str_next_word(&rest)).p != NULL)
		if (!is_origin(origin))
			return false;
	return set_text(rd, e);
}

/* Keys that come over a network must come by https. */
static bool
set_source(const struct conf_reader *rd, const struct conf_entry *e)
{
	static const char *const	 here[] = { "http://127.0.0.1:",
	    "http://127.0.0.1/", "http://[::1]:", "http://[::1]/" };

	for (size_t i = 0; i < NELEMS(here); i++)
		if (str_starts(e->value, str_of(here[i])))
			return set_text(rd, e);
	if (memmem(e->value.p, e->value.n, "://", 3) == NULL)
		return set_path(rd, e);
	return str_starts(e->value, STR("https://")) && set_text(rd, e);
}

static bool
set_level(const struct conf_reader *rd, const struct conf_entry *e)
{
	return log_level_parse(e->value) != 0 && set_text(rd, e);
}

static bool
whole_number(struct str s, int64_t min, int64_t max, int64_t *v)
{
	*v = 0;
	if (s.n == 0 || s.n > 15)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!isdigit((unsigned char)s.p[i]))
			return false;
		*v = *v * 10 + (s.p[i] - '0');
	}
	return *v >= min && *v <= max;
}

static bool
set_int(const struct conf_reader *rd, const struct conf_entry *e)
{
	int64_t		 v;

	if (!whole_number(e->value, e->option->min, e->option->max, &v))
		return false;
	*(int64_t *)conf_value_at(rd->conf, e->option) = v;
	return true;
}

static bool
set_rate(const struct conf_reader *rd, const struct conf_entry *e)
{
	struct str		 rest = e->value, many = str_cut(&rest, '/');
	struct conf_rate	 r = { 0, 1 };

	if (!str_is(e->value, "off") &&
	    (!whole_number(many, e->option->min, e->option->max, &r.many) ||
	    !whole_number(rest, 1, RATE_SECONDS, &r.seconds)))
		return false;
	*(struct conf_rate *)conf_value_at(rd->conf, e->option) = r;
	return true;
}

static bool
set_switch(const struct conf_reader *rd, const struct conf_entry *e)
{
	bool	 on = str_is(e->value, "on");

	if (!on && !str_is(e->value, "off"))
		return false;
	*(bool *)conf_value_at(rd->conf, e->option) = on;
	return true;
}

static bool	(*const setters[CONF_KINDS])(const struct conf_reader *,
		    const struct conf_entry *) = {
	[CONF_TEXT] = set_text, [CONF_SECRET] = set_text,
	[CONF_PATH] = set_path, [CONF_SOURCE] = set_source, [CONF_PLACE] = set_place,
	[CONF_URL] = set_url, [CONF_NAMES] = set_names,
	[CONF_NETWORKS] = set_networks, [CONF_ORIGINS] = set_origins,
	[CONF_LEVEL] = set_level, [CONF_INT] = set_int,
	[CONF_SWITCH] = set_switch, [CONF_RATE] = set_rate,
};

bool
conf_value_parse(const struct conf_reader *rd, const struct conf_entry *e)
{
	return setters[e->option->kind](rd, e);
}
