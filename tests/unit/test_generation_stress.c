/* generation: writers and readers that are killed at any time, over and over. */
#include "generation_world.h"

#ifndef STRESS_MS
#define STRESS_MS	2000
#endif
#define WRITERS		4
#define READERS		2

static void
tell(size_t tag, int64_t version)
{
	int64_t	 told = world->told[tag];

	while (told < version &&
	    !atomic_compare_exchange_weak(&world->told[tag], &told, version))
		;
}

static void
write_for_ever(unsigned seed)
{
	struct generations		*g = generation_open(path);
	struct generation_write	*e;
	struct str		 tag[2];
	char			 text[2][8];
	int64_t			 mine;
	size_t			 i;

	for (srand(seed);;) {
		i = (size_t)rand() % TAGS;
		snprintf(text[0], 8, "t%zu", i);
		snprintf(text[1], 8, "t%zu", (size_t)rand() % TAGS);
		tag[0] = str_of(text[0]);
		tag[1] = str_of(text[1]);
		if ((e = generation_begin_write(g, tag, 2, 1)) == NULL)
			_exit(1);
		mine = ++world->committed[i];
		generation_end_write(g, e, true);
		tell(i, mine);
		world->writes++;
	}
}

struct kept {
	struct generation_snapshot	 m;
	int64_t		 version;
};

static void
read_for_ever(unsigned seed)
{
	struct generations	*g = generation_open(path);
	struct kept	 kept[TAGS] = { { .version = 0 } };
	struct str	 tag;
	char		 text[8];
	int64_t		 least;
	size_t		 i;

	for (srand(seed);;) {
		i = (size_t)rand() % TAGS;
		snprintf(text, sizeof(text), "t%zu", i);
		tag = str_of(text);
		least = world->told[i];
		if (kept[i].m.n != 0 && generation_fresh(g, &kept[i].m)) {
			world->hits++;
		} else {
			if (!generation_snapshot(g, &tag, 1, &kept[i].m))
				_exit(1);
			kept[i].version = world->committed[i];
		}
		if (kept[i].version < least)
			world->wrong++;
		tell(i, kept[i].version);
	}
}

static pid_t
run_for_ever(void (*run)(unsigned), unsigned seed)
{
	pid_t	 pid = fork();

	if (pid == 0)
		run(seed);
	return pid;
}

static void
end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void
test_stress(void)
{
	struct generations	*g;
	struct generation_snapshot	 m;
	struct generation_stats s;
	pid_t		 pid[WRITERS + READERS];
	char		 text[8];
	size_t		 i, kills;

	begin();
	g = generation_open(path);
	for (i = 0; i < NELEMS(pid); i++)
		pid[i] = run_for_ever(i < WRITERS ? write_for_ever : read_for_ever,
		    (unsigned)i);
	for (kills = 0; kills < STRESS_MS / 5; kills++) {
		nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
		i = kills % WRITERS;
		end_child(pid[i]);
		pid[i] = run_for_ever(write_for_ever, (unsigned)kills);
		if (kills % 3 == 0)
			generation_sweep(g, gone, NULL);
	}
	for (i = 0; i < NELEMS(pid); i++)
		end_child(pid[i]);
	generation_sweep(g, gone, NULL);
	CHECK_INT("stale reads", world->wrong, 0);
	CHECK("some were answered from what was kept", world->hits > 1000);
	CHECK("some were written", world->writes > 1000);
	for (i = 0; i < TAGS; i++) {
		snprintf(text, sizeof(text), "t%zu", i);
		m = mark(g, text);
		CHECK("nothing is left pending", generation_fresh(g, &m));
	}
	CHECK("no slot either", generation_read_stats(path, &s) && s.owners == 0 && s.writes == 0);
	generation_close(g);
	end();
}

TESTS(generation_stress,
    { "many that are killed", test_stress })
