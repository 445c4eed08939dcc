/* brisk user: users, their passwords and roles. */
#include <stdio.h>
#include <termios.h>
#include <unistd.h>
#include "auth/account.h"
#include "admin.h"
#include "schema/decode.h"

#define MAX_LINE	1024

static const struct field email = { .name = "EMAIL", .kind = FIELD_KIND_STR,
	.min = 3, .max = 254, .format = FORMAT_EMAIL };
static const struct field username = { .name = "USERNAME", .kind = FIELD_KIND_STR,
	.max = 30, .pattern = ACCOUNT_USERNAME };

/* A command in progress. */
struct user_work {
	const struct conf	*conf;
	struct store		 st;
	struct account_new	 made;
	struct account_identity		 person;
	const char		*role, *take;	/* to add, to remove */
	char			 phc[PASSWORD_PHC];
	bool			 last;
};

/* --- passwords ---------------------------------------------------------------- */

/* Read a line of standard input; absent at its end. */
static struct str
line_read(char line[MAX_LINE])
{
	if (fgets(line, MAX_LINE, stdin) == NULL)
		return (struct str){ NULL, 0 };
	line[strcspn(line, "\r\n")] = '\0';
	return str_of(line);
}

/* The same without echo. */
static struct str
prompt_read(const char *prompt, char line[MAX_LINE])
{
	struct termios	 was, quiet;
	struct str	 s;

	if (tcgetattr(STDIN_FILENO, &was) != 0)
		return (struct str){ NULL, 0 };
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	(void)fputs(prompt, stderr);
	s = line_read(line);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
	(void)fputc('\n', stderr);
	return s;
}

/* Prompt twice at a terminal; otherwise read the first line of standard input. */
static bool
password_take(struct user_work *w)
{
	char		 one[MAX_LINE] = "", two[MAX_LINE] = "";
	const char	*why = NULL;
	struct str	 s;
	bool		 good = true;

	if (!isatty(STDIN_FILENO)) {
		s = line_read(one);
	} else {
		s = prompt_read("Password: ", one);
		if (!str_eq(s, prompt_read("Once more: ", two)))
			good = admin_error_false("the passwords differ");
	}
	if (good && s.p == NULL)
		good = admin_error_false("no password on standard input");
	else if (good && account_password_error(w->conf, s, &why) != NULL)
		good = admin_error_false("the password %s", why);
	else if (good && password_hash(w->conf, s, w->phc) != PASSWORD_OK)
		good = admin_error_false("the password could not be hashed");
	password_wipe((struct str){ one, sizeof(one) });
	password_wipe((struct str){ two, sizeof(two) });
	return good;
}

/* --- writes ------------------------------------------------------------------- */

static int
user_report(const struct user_work *w, enum db_err err)
{
	if (err == DB_OK)
		return 0;
	if (err == DB_ABORT && w->last)
		return admin_error("the last administrator cannot be removed");
	if (err == DB_DUPLICATE)
		return admin_error("another user has this %s", db_error_detail(w->st.db));
	if (err == DB_BAD_REFERENCE)
		return admin_error("%s: no such role", w->role);
	return admin_error("%s", err == DB_NOT_FOUND ? "no such user" : db_error_message(w->st.db));
}

static enum db_err
user_audit(struct store *st, const char *action, struct uuid id)
{
	const struct audit_entry	 e = { .actor = STR("brisk"), .action = action,
					    .target = account_path(st->arena, id) };

	return audit_add(st, NULL, &e);
}

static int
user_write(struct user_work *w, struct uuid id, enum db_err (*run)(struct store *, void *))
{
	const struct str	 tags[] = { STR("users"), account_tag(w->st.arena, id),
				    account_path(w->st.arena, id) };

	return user_report(w, store_write(&w->st, tags, NELEMS(tags), run, w));
}

static enum db_err
role_add(struct store *st, struct user_work *w, struct uuid id)
{
	enum db_err	 err;

	if (w->role == NULL)
		return DB_OK;
	err = account_add_role(st, id, str_of(w->role), STR("brisk"));
	return err == DB_OK ? user_audit(st, "users.grant", id) : err;
}

static enum db_err
role_remove(struct store *st, struct user_work *w)
{
	enum db_err	 err = DB_OK;
	bool		 had;

	if (w->take == NULL)
		return DB_OK;
	if (strcmp(w->take, "admin") == 0)
		err = account_last_admin(st, w->person.id, &w->last);
	if (err == DB_OK && w->last)
		return DB_ABORT;
	if (err == DB_OK)
		err = account_remove_role(st, w->person.id, str_of(w->take), &had);
	return err == DB_OK && had ? user_audit(st, "users.ungrant", w->person.id) : err;
}

static enum db_err
user_add_tx(struct store *st, void *arg)
{
	struct user_work	*w = arg;
	enum db_err	 err = account_add(st, &w->made);

	if (err == DB_OK)
		err = user_audit(st, "users.register", w->made.id);
	return err == DB_OK ? role_add(st, w, w->made.id) : err;
}

static enum db_err
password_tx(struct store *st, void *arg)
{
	struct user_work	*w = arg;
	enum db_err	 err = account_set_password(st, w->person.id, w->phc, true);

	return err == DB_OK ? user_audit(st, "users.password", w->person.id) : err;
}

static enum db_err
roles_tx(struct store *st, void *arg)
{
	struct user_work	*w = arg;
	enum db_err	 err = role_add(st, w, w->person.id);

	return err == DB_OK ? role_remove(st, w) : err;
}

/* --- commands ----------------------------------------------------------------- */

static bool
name_valid(const struct field *f, const char *text, struct str *out)
{
	struct faults	 fs;

	faults_init(&fs, admin_arena());
	if (decode_text(f, str_of(f->name), str_of(text), out, &fs))
		return true;
	return admin_error_false("%s: %s", text, fs.n > 0 ? fs.v[0].detail : "no memory");
}

static int
user_add(struct user_work *w, int argc, char **argv)
{
	int	 status;

	if (argc != 2 || w->take != NULL)
		return BRISK_USAGE;
	if (!name_valid(&email, argv[0], &w->made.email) ||
	    !name_valid(&username, argv[1], &w->made.username) || !password_take(w))
		return 1;
	w->made.id = uuid_new();
	w->made.display_name = w->made.username;
	w->made.pw_hash = str_of(w->phc);
	if ((status = user_write(w, w->made.id, user_add_tx)) == 0)
		(void)printf("%s\n", account_path(w->st.arena, w->made.id).p +
		    strlen("users/"));
	return status;
}

/* Find a user: w->person.  Returns 0, or 1, reported. */
static int
user_find(struct user_work *w, const char *name)
{
	enum db_err	 err = account_find_by_name(&w->st, str_of(name), &w->person);

	return err == DB_OK ? 0 : user_report(w, err);
}

static int
user_passwd(struct user_work *w, int argc, char **argv)
{
	if (argc != 1 || w->role != NULL || w->take != NULL)
		return BRISK_USAGE;
	if (user_find(w, argv[0]) != 0 || !password_take(w))
		return 1;
	return user_write(w, w->person.id, password_tx);
}

static int
user_roles(struct user_work *w, int argc, char **argv)
{
	struct account_roles	 p = { .roles = { NULL, 0 } };
	int		 status;

	if (argc != 1)
		return BRISK_USAGE;
	if (user_find(w, argv[0]) != 0 ||
	    (status = user_write(w, w->person.id, roles_tx)) != 0)
		return 1;
	status = user_report(w, account_load_roles(&w->st, w->person.id, &p));
	if (status == 0)
		(void)printf("%.*s\n", STR_ARG(p.roles));
	return status;
}

static int
user_list(struct user_work *w, int argc, char **argv)
{
	struct db_rows	 rows;
	enum db_err	 err;

	(void)argv;
	if (argc != 0 || w->role != NULL || w->take != NULL)
		return BRISK_USAGE;
	err = db_query(w->st.db, w->st.arena, STR("SELECT u.username, u.email,"
	    " GROUP_CONCAT(r.role ORDER BY r.role SEPARATOR ' ') FROM users u"
	    " LEFT JOIN user_roles r ON r.user_id = u.id WHERE u.state = 'active'"
	    " GROUP BY u.id, u.username, u.email ORDER BY u.username"), NULL, 0, &rows);
	for (size_t i = 0; err == DB_OK && i < rows.n; i++)
		(void)printf("%-30.*s %.*s  %.*s\n", STR_ARG(rows.v[3 * i].s),
		    STR_ARG(rows.v[3 * i + 1].s), STR_ARG(rows.v[3 * i + 2].s));
	return user_report(w, err);
}

static const struct {
	const char	*name;
	int		(*run)(struct user_work *, int, char **);
} verbs[] = {
	{ "add", user_add }, { "list", user_list }, { "passwd", user_passwd },
	{ "roles", user_roles },
};

int
cmd_user(int argc, char **argv)
{
	struct user_work	 w = { .role = NULL };
	bool		 admin = false;
	int		 status = BRISK_USAGE;

	argc = flags_parse((const struct flag[]){ { "admin", NULL, &admin },
	    { "role", &w.role, NULL }, { "remove", &w.take, NULL },
	    { NULL, NULL, NULL } }, argc, argv);
	if (argc < 1 || (admin && w.role != NULL))
		return BRISK_USAGE;
	w.role = admin ? "admin" : w.role;
	for (size_t i = 0; i < NELEMS(verbs); i++) {
		if (strcmp(argv[0], verbs[i].name) != 0)
			continue;
		if ((w.conf = admin_conf()) == NULL || !admin_store(w.conf, &w.st))
			return 1;
		status = verbs[i].run(&w, argc - 1, argv + 1);
		admin_store_close(&w.st);
	}
	return status;
}
