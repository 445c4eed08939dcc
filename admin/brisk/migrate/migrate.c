/* brisk migrate: apply and revert migrations. */
#include <stdio.h>
#include <unistd.h>
#include "base/clock.h"
#include "cache/generation.h"
#include "migrate/migrations.h"
#include "shm/run_dir.h"

#define STATEMENT_MS	3600000	/* ALTER TABLE of a large table may take an hour */

struct invocation {
	const char	*dir, *run_dir;
	struct db_login	 account;
	bool		 retry, check;
	int64_t		 count;		/* of `down` */
	struct migrations all;
	struct db	*db;
};

static const struct {
	const char	*name;
	bool		 bad;		/* `status --check` fails on it */
} states[MIGRATION_STATES] = {
	[MIGRATION_PENDING] = { "pending", true },
	[MIGRATION_APPLIED] = { "applied", false },
	[MIGRATION_CHANGED] = { "changed", true },
	[MIGRATION_MISSING] = { "missing", true },
	[MIGRATION_RUNNING] = { "interrupted", true },
	[MIGRATION_FAILED]  = { "failed", true },
};

static bool
is_broken(const struct migration *m)
{
	return m->state == MIGRATION_FAILED || m->state == MIGRATION_RUNNING;
}

static const char *
migration_name(const struct migration *m)
{
	return m->file[0] == '\0' ? m->version : m->file;
}

static void
advice_print(const struct migration *m)
{
	(void)fprintf(stderr,
	    "Statements before the failed one may have taken effect: the database "
	    "cannot\nroll back CREATE, ALTER or DROP. Correct the file or the tables, "
	    "then run\n"
	    "  brisk migrate up --retry   runs %s again from its start, or\n"
	    "  brisk migrate down         runs its \"migrate:down\" part\n",
	    migration_name(m));
}

/* Invalidate all responses that were cached from the old tables. */
static void
cache_invalidate(const struct invocation *c)
{
	const char	*path = admin_run_path(c->run_dir, RUN_DIR_GENERATIONS);
	struct generations	*gen;

	if (access(path, F_OK) != 0)
		return;
	gen = generation_open(path);
	if (gen == NULL)
		(void)admin_error("%s: cannot invalidate cached responses", path);
	else
		generation_invalidate_all(gen);
	generation_close(gen);
}

/* Run one migration and print its duration. */
static bool
migration_step(const struct invocation *c, struct migration *m, const char *what,
    bool (*run)(struct migration *, struct db *))
{
	int64_t	 start = clock_mono_us();
	bool	 good;

	(void)printf("%-4s %-44s ", what, migration_name(m));
	(void)fflush(stdout);
	good = run(m, c->db);
	(void)printf("%s %lld ms\n", good ? "done" : "FAILED",
	    (long long)(clock_mono_us() - start) / 1000);
	cache_invalidate(c);
	if (good)
		return true;
	(void)admin_error("%s: %s", migration_name(m), m->message);
	advice_print(m);
	return false;
}

/* Refuse `up` if a file was changed after it was applied, or a migration failed. */
static bool
up_allowed(const struct invocation *c)
{
	bool	 good = true;

	for (size_t i = 0; i < c->all.n; i++) {
		const struct migration	*m = &c->all.v[i];

		if (m->state == MIGRATION_CHANGED)
			good = admin_error_false("%s: the file was changed after it was "
			    "applied; restore its text and put the change into a new "
			    "file", m->file);
		if (!is_broken(m) || c->retry)
			continue;
		good = admin_error_false("%s: %s earlier%s%s", migration_name(m),
		    states[m->state].name, m->message[0] == '\0' ? "" : ": ",
		    m->message);
		advice_print(m);
	}
	return good;
}

static int
migrate_up(struct invocation *c)
{
	size_t	 did = 0;

	if (!up_allowed(c))
		return 1;
	for (size_t i = 0; i < c->all.n; i++) {
		struct migration	*m = &c->all.v[i];

		if (!m->on || m->file[0] == '\0' ||
		    (m->state != MIGRATION_PENDING && !is_broken(m)))
			continue;
		if (!migration_step(c, m, "up", migration_up))
			return 1;
		did++;
	}
	(void)printf(did == 0 ? "everything was up to date\n" : "%zu applied\n",
	    did);
	return 0;
}

/* The migration to revert: a failed one, otherwise the last applied. */
static struct migration *
migration_last(struct migrations *all)
{
	struct migration	*found = NULL;

	for (size_t i = all->n; i-- > 0;) {
		if (is_broken(&all->v[i]))
			return &all->v[i];
		if (found == NULL && all->v[i].file[0] != '\0' &&
		    all->v[i].state != MIGRATION_PENDING)
			found = &all->v[i];
	}
	return found;
}

static int
migrate_down(struct invocation *c)
{
	struct migration	*m;

	for (int64_t i = 0; i < c->count; i++) {
		m = migration_last(&c->all);
		if (m == NULL) {
			(void)printf("no migration is left to revert\n");
			return 0;
		}
		if (m->down.sql == NULL || m->down.sql[0] == '\0')
			return admin_error("%s: cannot be reverted: the file is missing, or "
			    "its \"migrate:down\" part is empty", migration_name(m));
		if (!migration_step(c, m, "down", migration_down))
			return 1;
	}
	return 0;
}

static int
migrate_status(struct invocation *c)
{
	size_t	 bad = 0;

	(void)printf("%-8s  %-20s %s\n", "STATE", "APPLIED (UTC)", "FILE");
	for (size_t i = 0; i < c->all.n; i++) {
		const struct migration	*m = &c->all.v[i];

		if (!m->on && m->state == MIGRATION_PENDING)
			continue;
		bad += states[m->state].bad;
		(void)printf("%-8s  %-20s %s%s\n", states[m->state].name, m->at,
		    migration_name(m), m->on ? "" : "  (service switched off)");
		if (m->message[0] != '\0')
			(void)printf("%-8s  %s\n", "", m->message);
	}
	return c->check && bad > 0 ? 1 : 0;
}

static const struct {
	const char	*name;
	int		(*run)(struct invocation *);
	bool		 writes;
} verbs[] = {
	{ "up", migrate_up, true },
	{ "down", migrate_down, true },
	{ "status", migrate_status, false },
};

static int
migrate_run(struct invocation *c, size_t verb)
{
	const struct conf	*conf = admin_conf();
	bool			 writes = verbs[verb].writes;
	int			 result = 1;

	if (c->dir == NULL)
		return admin_error("there is no folder of migrations; pass it with --dir");
	if (conf == NULL || !migrations_read(&c->all, c->dir, conf))
		return 1;
	c->run_dir = conf->run_dir;
	c->db = admin_db(conf, &c->account, STATEMENT_MS);
	if (c->db == NULL)
		return 1;
	if ((!writes || (migrations_lock(c->db) && migrations_tables(c->db))) &&
	    migrations_states(&c->all, c->db))
		result = verbs[verb].run(c);
	db_close(c->db);
	return result;
}

int
cmd_migrate(int argc, char **argv)
{
	static struct invocation	 c;
	const struct flag	 flags[] = { { "dir", &c.dir, NULL },
		{ "retry", NULL, &c.retry }, { "check", NULL, &c.check },
		LOGIN_FLAGS(c.account), { NULL, NULL, NULL } };

	c.count = 1;
	argc = flags_parse(flags, argc, argv);
	if (argc < 1 || argc > (strcmp(argv[0], "down") == 0 ? 2 : 1))
		return BRISK_USAGE;
	if (argc == 2 && !number_parse("down", argv[1], 10000, &c.count))
		return BRISK_USAGE;
	if (c.dir == NULL)
		c.dir = admin_path("migrations");
	for (size_t i = 0; i < NELEMS(verbs); i++)
		if (strcmp(argv[0], verbs[i].name) == 0)
			return migrate_run(&c, i);
	return BRISK_USAGE;
}
