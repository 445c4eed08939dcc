/*
 * cache - the protocol of lib/cache/CACHE.md as a model, for every order of its
 * steps.
 *
 * Processes: writers that may die or lose their connection between any two steps;
 * the database, which commits at any time after COMMIT was sent; a sweeper that
 * finishes the writes of dead writers; readers, each with an L1, and one L2;
 * a single-flight word; and an administrator who writes past the protocol and
 * then purges.  There is one tag: more tags would be copies of it, and the epoch
 * is a second generation that every answer reads.
 *
 * Claim: no read returns a version older than a version that was shown to any
 * client before the read began, by an acknowledged write or by another read.
 * After the purge every read shows the administrator's write.
 *
 * Each of these definitions removes one part, and the claim must fail:
 *	NO_BUMP			a write does not bump the generation
 *	NO_PENDING		an entry is served while its tag is pending
 *	LATE_GENERATION		a fill reads the generation after its query
 *	GENERATION_FIRST	a hit checks the generation before pending
 *	NO_RECOVERY_BUMP	the sweeper lowers without a bump
 *	EARLY_LIFT		the writer does not wait until its lost connection is gone
 *	EARLY_RECOVERY		the sweeper does not wait until the connection is gone
 *	NO_PURGE		the administrator does not purge
 *	LATE_EPOCH		a fill reads the epoch after its query
 *	BLIND_WAITER		a follower serves the answer of its leader unchecked
 *	FRESH_STAMP		L1 stores an entry of L2 with the current generation
 *
 * WRITERS, READERS, READS (per reader), ADMIN, WAIT (single flight) and L1 select
 * the size of the model.
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

/* States of a connection, in the server. */
#define IDLE	0
#define SENT	1	/* COMMIT was sent and may be in progress */
#define DONE	2	/* committed */
#define KILLED	3
#define GONE	4	/* it cannot commit any more */

byte db, gen, pending, epoch;
bit by_hand, hand_told;		/* the write of the administrator; its purge is done */
byte told;			/* the newest version shown to any client */
byte conn[WRITERS], made[WRITERS];
bit noted[WRITERS];		/* the record of a writer in the file; it outlives the writer */
bit dead[WRITERS], over[WRITERS];
byte filling;			/* 1 + the leader of the flight; 0: none */

typedef entry { bit there; byte val; bit hand; byte gen; byte epoch };
entry l2;

inline tell(v) {
	d_step { if :: v > told -> told = v :: else fi }
}

/* The server commits after COMMIT was sent, unless the KILL comes first. */
proctype Server(byte w)
{
	do
	:: d_step { conn[w] == SENT -> db++; made[w] = db; conn[w] = DONE }
	:: conn[w] == KILLED ->
		if		/* the KILL comes too late, or in time */
		:: d_step { made[w] == 0 -> db++; made[w] = db; conn[w] = GONE }
		:: conn[w] = GONE
		fi
	:: over[w] && conn[w] != SENT && conn[w] != KILLED -> break
	od
}

/*
 * Kill the connection and wait until it is gone.  If it had sent COMMIT, the
 * server decides whether COMMIT or KILL comes first.
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

	/* Record and raise are one step here; steps.pml shows why they may be. */
	d_step { pending++; noted[w] = 1 };
	if :: goto died :: skip fi;
	conn[w] = SENT;
	if
	:: goto died			/* the server may still commit */
	:: conn[w] == DONE
	:: lost = 1			/* the outcome is unknown */
	fi;
	if
	:: lost ->
#ifndef EARLY_LIFT
		if
		:: see_gone(w)
		:: goto died		/* the sweeper finishes the write */
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
	:: lost				/* 503: no version was shown */
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

/* The sweeper, in any living process. */
proctype Sweeper()
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

/* Writes with another client: raises and bumps nothing, but purges afterwards. */
proctype Admin()
{
	by_hand = 1;
#ifndef NO_PURGE
	epoch++;
#endif
	hand_told = 1
}

/* May the entry be served?  Check pending first, then the generation. */
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

/* The first reader that misses fills; others wait for its entry, within a bound. */
inline miss() {
#ifdef WAIT
	if
	:: d_step { filling == 0 -> filling = me + 1 };
		if
		:: fill(); filling = 0
		:: query()		/* the leader died; its word remains */
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
		:: filling = 0; fill()	/* the leader is late: take over */
		:: fill()		/* the wait timed out */
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
		run Sweeper();
#ifdef ADMIN
		run Admin()
#endif
	}
}
