/*
 * cache - lib/cache/CACHE.md as a model, for every order in which its steps can
 * happen: writers that may die or lose their connection between any two steps,
 * the database that commits when it likes, who recovers for the dead, readers
 * with an L1 of their own and one L2, a fill word, and an administrator who
 * writes behind our back and then purges.  One tag: more of them are more
 * copies of the same, and the epoch is one that every answer reads.
 *
 * Claim: no read returns a version older than any that was told to anybody
 * (as a write acknowledged, or as what another read saw) before that read
 * began; and what was written by hand is seen after the purge.
 *
 * With one of these defined a part is left out, and the claim must break:
 *	NO_BUMP			a write does not move the generation
 *	NO_PENDING		an entry is served while its tag is pending
 *	LATE_GENERATION		a fill notes the generation after its query
 *	GENERATION_FIRST	a hit looks at the generation, then at pending
 *	NO_RECOVERY_BUMP	the recoverer lowers without a bump
 *	EARLY_LIFT		the writer does not wait until its lost connection is gone
 *	EARLY_RECOVERY		neither does the recoverer
 *	NO_PURGE		the administrator does not purge
 *	LATE_EPOCH		a fill notes the epoch after its query
 *	BLIND_WAITER		who waited for a fill takes it without a look
 *	FRESH_STAMP		L1 takes an entry of L2 with today's generation
 *
 * WRITERS, READERS, READS (of each), and ADMIN, WAIT, L1 say how much of it runs.
 */
#ifndef WRITERS
#define WRITERS	2
#endif
#ifndef READERS
#define READERS	2
#endif
#ifndef READS
#define READS	2
#endif

/* A connection, as the server has it. */
#define IDLE	0
#define SENT	1	/* COMMIT is on its way or at work */
#define DONE	2	/* committed */
#define KILLED	3
#define GONE	4	/* nothing of it can commit any more */

byte db, gen, pending, epoch;
bit by_hand, hand_told;		/* the administrator's write; after its purge */
byte told;			/* the newest version anybody heard of */
byte conn[WRITERS], made[WRITERS];
bit noted[WRITERS];		/* what the file says of a writer; it outlives it */
bit dead[WRITERS], over[WRITERS];
byte filling;			/* 1 + who fills; 0 nobody */

typedef entry { bit there; byte val; bit hand; byte gen; byte epoch };
entry l2;

inline tell(v) {
	d_step { if :: v > told -> told = v :: else fi }
}

/* The server: it commits what was sent, unless it saw the KILL before. */
proctype Server(byte w)
{
	do
	:: d_step { conn[w] == SENT -> db++; made[w] = db; conn[w] = DONE }
	:: conn[w] == KILLED ->
		if		/* the KILL came too late, or in time */
		:: d_step { made[w] == 0 -> db++; made[w] = db; conn[w] = GONE }
		:: conn[w] = GONE
		fi
	:: over[w] && conn[w] != SENT && conn[w] != KILLED -> break
	od
}

/*
 * The KILL of a connection that had sent its COMMIT leaves it to the server
 * which of the two was first; the caller waits until it is gone.
 */
inline see_gone(w) {
	if
	:: d_step { conn[w] == SENT -> conn[w] = KILLED }
	:: conn[w] != SENT
	fi;
	(conn[w] != SENT && conn[w] != KILLED)
}

proctype Writer(byte w)
{
	bit lost = 0;

	/* The note and the change are as one: steps.pml. */
	d_step { pending++; noted[w] = 1 };
	if :: goto died :: skip fi;
	conn[w] = SENT;
	if
	:: goto died			/* the server may commit yet */
	:: conn[w] == DONE
	:: lost = 1			/* nobody knows */
	fi;
	if
	:: lost ->
#ifndef EARLY_LIFT
		if
		:: see_gone(w)
		:: goto died		/* leaves it to the sweep */
		fi
#endif
	:: else
	fi;
	if :: goto died :: skip fi;
#ifndef NO_BUMP
	gen++;
#endif
	if :: goto died :: skip fi;
	d_step { pending--; noted[w] = 0 };
	if
	:: lost				/* 503: nothing was promised */
	:: else -> tell(made[w])
	fi;
	goto end;
died:
	dead[w] = 1;
end:
	over[w] = 1
}

inline recover(w) {
#ifndef EARLY_RECOVERY
	see_gone(w);
#endif
#ifndef NO_RECOVERY_BUMP
	gen++;
#endif
	d_step { pending--; noted[w] = 0 }
}

#define LEFT(w)		(dead[w] && noted[w])

/* The sweep: of any process that lives. */
proctype Recoverer()
{
	do
	:: LEFT(0) -> recover(0)
#if WRITERS > 1
	:: LEFT(1) -> recover(1)
	:: over[0] && over[1] && !LEFT(0) && !LEFT(1) -> break
#else
	:: over[0] && !LEFT(0) -> break
#endif
	od
}

/* Writes with a client of its own: no mark, no bump, but a purge after it. */
proctype Admin()
{
	by_hand = 1;
#ifndef NO_PURGE
	epoch++;
#endif
	hand_told = 1
}

/* Is this entry good?  Pending first, and then, after that, the generation. */
inline judge(e) {
	hit = 0;
	if
	:: d_step { e.there -> val = e.val; hand = e.hand; g = e.gen; ep = e.epoch };
#ifdef GENERATION_FIRST
		if :: gen == g -> hit = 1 :: else fi;
		if :: hit && pending != 0 -> hit = 0 :: else fi;
#else
#ifdef NO_PENDING
		hit = 1;
#else
		if :: pending == 0 -> hit = 1 :: else fi;
#endif
		if :: hit && gen != g -> hit = 0 :: else fi;
#endif
		if :: hit && epoch != ep -> hit = 0 :: else fi
	:: else
	fi
}

inline note_marks() {
	g = gen;
	ep = epoch
}

inline query() {
	d_step { val = db; hand = by_hand }
}

inline keep(e) {
	d_step { e.there = 1; e.val = val; e.hand = hand; e.gen = g; e.epoch = ep }
}

inline fill() {
#ifdef LATE_GENERATION
	ep = epoch; query(); g = gen;
#else
#ifdef LATE_EPOCH
	g = gen; query(); ep = epoch;
#else
	note_marks(); query();
#endif
#endif
	keep(l2)
}

/* One of those who miss fills; others wait for its entry, within a bound. */
inline miss() {
#ifdef WAIT
	if
	:: d_step { filling == 0 -> filling = me + 1 };
		if
		:: fill(); filling = 0
		:: query()		/* its owner died; the word is left behind */
		fi
	:: filling != 0 ->
		if
		:: l2.there ->
#ifdef BLIND_WAITER
			d_step { val = l2.val; hand = l2.hand; g = l2.gen; ep = l2.epoch }
#else
			judge(l2);
			if :: !hit -> fill() :: else fi
#endif
		:: filling = 0; fill()	/* its time is over: taken from it */
		:: fill()		/* waited long enough */
		fi
	fi
#else
	fill()
#endif
}

proctype Reader(byte me)
{
	byte floor, val, g, ep, n = 0;
	bit hit, hand, hand_floor;
#ifdef L1
	entry mine;
#endif

	do
	:: n == READS -> break
	:: n < READS ->
		n++;
		d_step { floor = told; hand_floor = hand_told };
		hit = 0;
#ifdef L1
		judge(mine);
		if
		:: hit
		:: else ->
#endif
			judge(l2);
			if :: hit :: else -> miss() fi;
#ifdef L1
#ifdef FRESH_STAMP
			note_marks();
#endif
			keep(mine)
		fi;
#endif
		assert(val >= floor);
		assert(hand >= hand_floor);
		tell(val);
		d_step { floor = 0; hand_floor = 0; val = 0; hand = 0; g = 0; ep = 0; hit = 0 }
	od
}

init {
	byte i;

	atomic {
		for (i : 0 .. WRITERS - 1) { run Server(i); run Writer(i) }
		for (i : 0 .. READERS - 1) { run Reader(i) }
		run Recoverer();
#ifdef ADMIN
		run Admin()
#endif
	}
}
