/* brisk token: an access token for whoever administers the installation. */
#include <stdio.h>
#include <unistd.h>
#include "admin.h"
#include "scope.h"
#include "token.h"

#define SECONDS_MOST	31536000

static bool
scopes_known(const char *text)
{
	struct str	 rest = str_of(text);
	bool		 some = false, good = true;

	while (rest.p != NULL) {
		struct str	 one = str_cut(&rest, ' ');

		some = some || one.n > 0;
		if (one.n == 0 || scope_known(one))
			continue;
		good = tell_no("%.*s: no such scope", STR_ARG(one));
	}
	if (some && good)
		return true;
	(void)fputs("--scope is one or more of\n", stderr);
	for (const struct scope *s = scopes; s->name != NULL; s++)
		(void)fprintf(stderr, "  %-15s %s\n", s->name, s->doc);
	return false;
}

/* The key that the programs verify with; made at its first use. */
static struct ec_key *
key_ready(const char *path)
{
	struct ec_key	*key;

	if (access(path, F_OK) != 0) {
		if (!ec_key_create(path))
			return NULL;
		(void)fprintf(stderr, "made the key that signs tokens: %s\n", path);
	}
	key = ec_key_read(path);
	if (key == NULL)
		(void)tell("%s: no key to sign with", path);
	return key;
}

static bool
mint(const struct conf *c, const struct token *t, int64_t seconds, struct buf *b)
{
	struct token_keys	 keys = { .issuer = c->token_issuer,
				     .audience = c->token_audience };
	struct ec_key		*key = key_ready(c->token_key);
	bool			 good;

	keys.key = key;
	good = key != NULL && ec_key_id(key, keys.kid) &&
	    token_sign(&keys, t, seconds, b);
	ec_key_free(key);
	return good && buf_ok(b);
}

int
cmd_token(int argc, char **argv)
{
	const char	*scope = NULL, *sub = "admin", *text = "600";
	const struct conf *c;
	char		 jti[UUID_LEN + 1];
	struct token	 t;
	struct buf	 b;
	int64_t		 seconds;

	if (flags_take((const struct flag[]){ { "scope", &scope, NULL },
	    { "seconds", &text, NULL }, { "sub", &sub, NULL },
	    { NULL, NULL, NULL } }, argc, argv) != 0 || scope == NULL)
		return BRISK_USAGE;
	if (!number_take("--seconds", text, SECONDS_MOST, &seconds) ||
	    !scopes_known(scope) || (c = admin_conf()) == NULL)
		return 1;
	uuid_text(uuid_new(), jti);
	t = (struct token){ .sub = str_of(sub), .client_id = STR("brisk"),
		.scope = str_of(scope), .jti = str_of(jti) };
	buf_init(&b, admin_arena());
	if (!mint(c, &t, seconds, &b))
		return tell("no token was made");
	(void)printf("%.*s\n", STR_ARG(buf_view(&b)));
	return 0;
}
