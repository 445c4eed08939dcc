/*
 * stack/settings - brisk.conf of a private installation.
 *
 * A marked block at its end holds what this start was given (PORT and SET).  A
 * line above the block with the same key is commented out as "#set# key = value"
 * and comes back at the next start that does not give the key.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "stack/stack.h"

#define MARK		"# --- written at each start, from PORT and SET ---"
#define COMMENTED	"#set# "
#define MAX_SETTINGS	128

struct setting {
	struct str	 key, value;
};

struct settings {
	struct setting	 v[MAX_SETTINGS];
	size_t		 n;
};

/* --- a new brisk.conf ----------------------------------------------------------- */

static const char *
random_hex(size_t n)
{
	unsigned char	 bytes[32];
	struct buf	 b;

	if (n > sizeof(bytes) || getrandom(bytes, n, 0) != (ssize_t)n)
		exit(admin_error("no random bytes: %s", strerror(errno)));
	buf_init(&b, admin_arena());
	buf_hex(&b, bytes, n);
	return buf_ok(&b) ? b.p : "";
}

/* Replace a file with a new one of mode 0600 (umask). */
static bool
settings_save(const char *path, const struct buf *text)
{
	const char	*temporary = admin_fmt("%s.new", path);
	FILE		*f = buf_ok(text) ? fopen(temporary, "we") : NULL;
	bool		 written = f != NULL && fwrite(text->p, 1, text->n, f) == text->n;

	if (f != NULL && fclose(f) != 0)
		written = false;
	return (written && rename(temporary, path) == 0) ||
	    admin_error_false("cannot write %s: %s", path, strerror(errno));
}

bool
stack_settings_create(const struct stack *s)
{
	struct buf	 b;

	if (access(s->conf, F_OK) == 0)
		return true;
	buf_init(&b, admin_arena());
	buf_fmt(&b, "# Options of this installation.\n");
	buf_fmt(&b, "services = %s\n", s->services);
	buf_fmt(&b, "database_socket = %s/db.sock\n", s->sockets);
	buf_fmt(&b, "database_user = brisk\n");
	buf_fmt(&b, "database_password = %s\n", random_hex(24));
	buf_fmt(&b, "database_name = brisk\n");
	buf_fmt(&b, "cache_socket = %s/cache.sock\n", s->sockets);
	buf_fmt(&b, "secret = %s\n", random_hex(32));
	buf_fmt(&b, "run_dir = run\n");
	return settings_save(s->conf, &b);
}

/* --- what a start was given ------------------------------------------------------- */

static struct setting *
setting_find(struct settings *all, struct str key)
{
	for (size_t i = 0; i < all->n; i++)
		if (str_eq(all->v[i].key, key))
			return &all->v[i];
	return NULL;
}

static bool
key_is_valid(struct str key)
{
	for (size_t i = 0; i < key.n; i++)
		if (key.p[i] != '_' && (key.p[i] < 'a' || key.p[i] > 'z'))
			return false;
	return key.n > 0;
}

/* "key=value"; a later one replaces an earlier one. */
static bool
settings_add(struct settings *all, struct str pair)
{
	struct str	 value = pair, key = str_cut(&value, '=');
	struct setting	*at = setting_find(all, key);

	if (value.p == NULL || !key_is_valid(key))
		return admin_error_false("SET: must be key=value: %.*s", STR_ARG(pair));
	if (at == NULL && all->n == MAX_SETTINGS)
		return admin_error_false("SET: more than %d settings", MAX_SETTINGS);
	if (at == NULL)
		at = &all->v[all->n++];
	*at = (struct setting){ key, value };
	return true;
}

static bool
settings_parse(struct settings *all, const char *text)
{
	static const char	 blanks[] = " \t\n";
	size_t			 n;

	for (text += strspn(text, blanks); *text != '\0'; text += n + strspn(text + n, blanks)) {
		n = strcspn(text, blanks);
		if (!settings_add(all, (struct str){ text, n }))
			return false;
	}
	return true;
}

static struct str
line_key(struct str line)
{
	struct str	 rest = line;

	return str_trim(str_cut(&rest, '='));
}

/* The lines above the block, then the block. */
static void
settings_print(struct buf *b, struct settings *all, struct str old)
{
	struct str	 line;

	while (old.n > 0) {
		line = str_cut(&old, '\n');
		if (str_is(line, MARK))
			break;
		if (str_starts(line, STR(COMMENTED)))
			line = str_from(line, sizeof(COMMENTED) - 1);
		buf_fmt(b, "%s%.*s\n", setting_find(all, line_key(line)) != NULL ?
		    COMMENTED : "", STR_ARG(line));
	}
	buf_puts(b, MARK "\n");
	for (size_t i = 0; i < all->n; i++)
		buf_fmt(b, "%.*s = %.*s\n", STR_ARG(all->v[i].key), STR_ARG(all->v[i].value));
}

bool
stack_settings_write(struct stack *s)
{
	static struct settings	 all;
	const char		*base = admin_fmt("base_url=http://127.0.0.1:%s", s->port);
	struct str		 old;
	struct buf		 b;

	buf_init(&b, admin_arena());
	if (!settings_add(&all, str_of(base)) || !settings_parse(&all, s->settings))
		return false;
	if ((old = admin_read_file(s->conf)).p == NULL)
		return false;
	settings_print(&b, &all, old);
	return settings_save(s->conf, &b) && (s->options = admin_conf()) != NULL;
}
