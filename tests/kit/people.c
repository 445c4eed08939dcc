/* people - accounts, logins and clients of the suites that need some. */
#include <stdarg.h>
#include <time.h>
#include <unistd.h>

#include "people.h"

/* Names of variables live as long as the program. */
static const char *
kept(const char *fmt, ...)
{
	static struct text { struct text *next; char *p; } *all;
	struct text	*one = malloc(sizeof(*one));
	va_list		 ap;

	va_start(ap, fmt);
	if (one == NULL || vasprintf(&one->p, fmt, ap) < 0)
		exit(2);
	va_end(ap);
	one->next = all;
	all = one;
	return one->p;
}

static const char *
fresh_name(void)
{
	static int	 n;
	char		 text[32];

	snprintf(text, sizeof(text), "w%lx_%lx_%d", (unsigned long)time(NULL) & 0xffffff,
	    (unsigned long)getpid(), n++);
	return kept("%s", text);
}

struct reply
post_form(const char *path, const char *headers, const char *form)
{
	char	 lines[4096];

	snprintf(lines, sizeof(lines), FORM "%s", headers == NULL ? "" : headers);
	return ask(&(const struct ask){ .method = "POST", .path = path,
	    .headers = lines, .body = str_of(form), .raw = true });
}

void
person_new(const char *name, const char *role)
{
	const char	*user = fresh_name();
	struct reply	 r;

	let(name, user);
	r = ask_with("POST", USERS, JSON, kept("{'email':'%s@example.org',"
	    "'username':'%s','password':'" PASSWORD "'}", user, user));
	CHECK_INT("a person registers", r.status, 201);
	let(kept("%s_id", name), reply_member(&r, "id"));
	if (role == NULL)
		return;
	let("granter", token_of("users:admin"));
	r = ask_with("PUT", filled(kept(USERS "/{%s_id}/roles/%s", name, role)),
	    "Authorization: Bearer {granter}\n", NULL);
	CHECK_INT("is given a role", r.status, 204);
}

struct reply
person_login(const char *name)
{
	struct reply	 r = post_form(TOKENS, NULL, filled(kept(LOGIN("{%s}"), name)));

	CHECK_INT("a person logs in", r.status, 200);
	let(kept("%s_token", name), reply_member(&r, "access_token"));
	let(kept("%s_refresh", name), reply_member(&r, "refresh_token"));
	return r;
}

const char *
bearer(const char *name)
{
	return filled(kept("Authorization: Bearer {%s_token}\n", name));
}

const char *
brisk(const char *words, const char *input, int *status)
{
	static char	 line[8192];
	char		 command[2048];
	FILE		*f;

	snprintf(command, sizeof(command), "printf '%%s\\n' '%s' | "
	    "BRISK_CONF=%s/brisk.conf %s/bin/brisk %s 2>&1", input == NULL ? "" : input,
	    getenv("VAR"), getenv("B"), words);
	line[0] = '\0';
	if ((f = popen(command, "r")) == NULL)
		return "";
	while (fgets(line, sizeof(line), f) != NULL)
		;
	*status = pclose(f) >> 8;
	line[strcspn(line, "\n")] = '\0';
	return line;
}

void
client_new(const char *name, const char *flags)
{
	const char	*id = fresh_name(), *said, *word;
	int		 status;

	said = brisk(kept("client add %s %s", id, flags), NULL, &status);
	CHECK_INT(said, status, 0);
	word = strrchr(said, ' ');
	let(name, id);
	let(kept("%s_secret", name), word == NULL ? "" : word + 1);
}
