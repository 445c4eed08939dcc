/*
 * steps - lib/cache/generation_write.c raises and lowers a cell exactly once,
 * whichever process dies between any two instructions.  cache.pml takes this as
 * one step.
 *
 * The word of a cell is {count, write, step}, changed by one compare-and-swap.
 * The record of a write counts its steps in `done`.  Before a process changes
 * the word, it counts the step that the word names.
 *
 * Claim: a cell is above 0 while a writer commits, and never below 0.  When all
 * writes have ended, or were finished for dead writers, the cell is 0.
 *
 * Each of these definitions removes one part, and the claim must fail:
 *	UNCOUNTED	the process that changes a cell next does not count the step
 *	BLIND		a process that takes over reads the count only
 *	STALE_COUNT	a process that takes over reads the count before the cell only
 */
#define WRITERS	2
#ifndef DEATHS
#define DEATHS	2	/* of writers and of processes that take over */
#endif
#ifndef WRITES
#define WRITES	1	/* per writer */
#endif
#define NOBODY	255

byte count, who = NOBODY, step;			/* the word */
byte done[WRITERS], base[WRITERS];
bit used[WRITERS], dead[WRITERS];
byte deaths, over;
bit taking[WRITERS];				/* the lock of its slot is held */

/* The process may die here, while deaths are left. */
inline may_die() {
	if
	:: d_step { deaths < DEATHS -> deaths++ }; goto died
	:: skip
	fi
}

inline counted(w, s) {
	d_step { if :: w != NOBODY && done[w] + 1 == s -> done[w]++ :: else fi }
}

/* One compare-and-swap, repeated if another process was first. */
inline take_step(w, s, raise) {
	swapped = 0;
	do
	:: swapped -> break
	:: else ->
		d_step { was_count = count; was_who = who; was_step = step };
		may_die();
#ifndef UNCOUNTED
		counted(was_who, was_step);
		may_die();
#endif
		d_step {
			if
			:: count == was_count && who == was_who && step == was_step ->
				assert(raise || count > 0);
				if :: raise -> count++ :: else -> count-- fi;
				who = w; step = s; swapped = 1
			:: else
			fi
		};
		may_die()
	od;
	counted(w, s);
	may_die()
}

proctype Writer(byte w)
{
	byte was_count, was_who, was_step, n = 0;
	bit swapped;

	do
	:: n == WRITES -> goto end
	:: n < WRITES ->
		n++;
		base[w] = done[w];
		used[w] = 1;
		may_die();
		take_step(w, base[w] + 1, 1);
		assert(count > 0);	/* COMMIT */
		take_step(w, base[w] + 2, 0);
		used[w] = 0
	od;
died:
	dead[w] = 1;
end:
	over++
}

inline forget() {
	d_step { at = 0; was_count = 0; was_who = 0; was_step = 0; swapped = 0 }
}

inline finish(w) {
	at = done[w];
	may_die();
#ifndef BLIND
	if
	:: d_step { at - base[w] < 2 && who == w && step == at + 1 };
		may_die();
		counted(w, at + 1)
	:: else
	fi;
#endif
	may_die();
#ifndef STALE_COUNT
	at = done[w];
#endif
	at = at - base[w];
	if
	:: at == 0 -> take_step(w, base[w] + 1, 1); at = 1
	:: else
	fi;
	if
	:: at == 1 -> take_step(w, base[w] + 2, 0)
	:: else
	fi;
	d_step { used[w] = 0; taking[w] = 0 };
	forget()
}

#define LEFT(w)		(dead[w] && used[w] && !taking[w])

/* Finishes the writes of dead writers.  If it dies, another one takes over. */
proctype Sweeper()
{
	byte was_count, was_who, was_step, at, whose;
	bit swapped;

	do
	:: d_step { LEFT(0) -> taking[0] = 1; whose = 0 }; finish(whose)
	:: d_step { LEFT(1) -> taking[1] = 1; whose = 1 }; finish(whose)
	:: over == WRITERS && !LEFT(0) && !LEFT(1) -> break
	:: false ->
died:		taking[whose] = 0;
		forget()
	od;
	assert(count == 0 || used[0] || used[1])
}

init {
	byte i;

	atomic {
		for (i : 0 .. WRITERS - 1) { run Writer(i) }
		run Sweeper(); run Sweeper()
	}
}
