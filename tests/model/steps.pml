/*
 * steps - how lib/cache/generation_write.c raises and lowers a cell exactly once, whoever
 * dies between any two instructions.  cache.pml takes that as one step.
 *
 * A cell's word is {count, entry, step}, changed by one compare-and-swap; the
 * entry counts its steps in `done`.  Who changes the word next first counts
 * the step that it names.
 *
 * Claim: a cell is never at 0 while a writer is at its COMMIT, nor below; and
 * when all writes are over, or were finished for the dead, it is at 0.
 *
 * With one of these defined a part is left out, and the claim must break:
 *	UNCOUNTED	the next to change a cell does not count for the one before
 *	BLIND		who takes over looks at the count alone
 *	STALE_COUNT	who takes over looks at the count before the cell only
 */
#define WRITERS	2
#ifndef DEATHS
#define DEATHS	2	/* of writers and of those who take over */
#endif
#ifndef WRITES
#define WRITES	1	/* of each writer */
#endif
#define NOBODY	255

byte count, who = NOBODY, step;			/* the word */
byte done[WRITERS], base[WRITERS];
bit used[WRITERS], dead[WRITERS];
byte deaths, over;
bit taking[WRITERS];				/* the lock of its slot */

/* Each may die here, as long as some deaths are left. */
inline may_die() {
	if
	:: d_step { deaths < DEATHS -> deaths++ }; goto died
	:: skip
	fi
}

inline counted(w, s) {
	d_step { if :: w != NOBODY && done[w] + 1 == s -> done[w]++ :: else fi }
}

/* One compare-and-swap, tried again when somebody else was first. */
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

/* Finishes for the dead.  Another comes after one that died of it. */
proctype Heir()
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
		run Heir(); run Heir()
	}
}
