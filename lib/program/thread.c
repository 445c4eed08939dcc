/* thread - one thread of a program: its connections, and one request at a time. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "program/exchange.h"

struct program_thread *
program_thread_open(struct program *p)
{
	struct program_thread	*t = calloc(1, sizeof(*t));

	if (t == NULL || !arena_init(&t->arena, MAX_ARENA)) {
		free(t);
		return NULL;
	}
	t->p = p;
	t->store = (struct store){ .db = db_open(&p->database.conf), .arena = &t->arena };
	program_thread_open_cache(t);
	if (t->store.db == NULL || t->store.cache == NULL) {
		program_thread_close(t);
		return NULL;
	}
	return t;
}

void
program_thread_close(struct program_thread *t)
{
	db_close(t->store.db);
	cache_close(t->store.cache);
	arena_free(&t->arena);
	if (t->alone) {
		program_close(t->p);
		free(t->p);
	}
	free(t);
}

struct program_thread *
program_open_alone(const struct app *app, const struct conf *cf)
{
	struct program		*p = calloc(1, sizeof(*p));
	struct program_thread	*t = NULL;

	if (p == NULL)
		return NULL;
	if (program_open(p, app, cf)) {
		program_open_shared(p);
		t = program_thread_open(p);
	}
	if (t != NULL) {
		t->alone = true;
		return t;
	}
	program_close(p);
	free(p);
	return NULL;
}

bool
program_thread_idle(struct program_thread *t)
{
	return db_idle(t->store.db, false);
}

void
program_thread_count(struct program_thread *t)
{
	scoreboard_count(t->p->shared.scoreboard, &t->entry);
}

/* Capture public GETs, for rehearsals of a new build. */
static void
capture_public_get(const struct exchange *c)
{
	const struct req	*rq = &c->rq;

	if (rq->method != HTTP_GET || rq->route == NULL || c->rs.status >= 500 ||
	    strcmp(rq->route->scope, SCOPE_NONE) != 0 ||
	    req_env(rq, "HTTP_AUTHORIZATION").p != NULL)
		return;
	capture_add(c->p->shared.capture, &(struct capture_request){ .target = rq->target.uri,
	    .accept = req_env(rq, "HTTP_ACCEPT"),
	    .prefer = req_env(rq, "HTTP_PREFER") });
}

static void
exchange_begin(struct exchange *c, const struct program_request *in)
{
	struct program_thread	*t = c->t;

	req_init(&c->rq, &t->arena, in->env);
	req_strip_base(&c->rq, t->p->conf->base_path);
	log_set_request(c->rq.id);
	c->rq.store = &t->store;
	c->rq.conf = t->p->conf;
	req_set_origin(&c->rq);
	c->rq.signing = t->p->auth.keys;
	c->rq.body.bytes = in->body;
	c->rq.body.over = in->body_over;
	c->rq.body.cut = in->body_cut;
	resp_init(&c->rs, &c->rq, t->p->conf->base_url);
}

int
program_thread_serve(struct program_thread *t, const struct program_request *in,
    struct buf *out)
{
	struct exchange	 c = { .t = t, .p = t->p, .began = clock_mono_us() };

	program_thread_tick(t);
	db_counts_reset(t->store.db);
	cache_counts_reset(t->store.cache);
	t->arena.secret |= t->p->secret;
	exchange_begin(&c, in);
	exchange_run(&c);
	exchange_write(&c, out);
	exchange_log(&c);
	capture_public_get(&c);
	doc_free((struct doc *)(uintptr_t)c.rq.body.json);
	(void)db_idle(t->store.db, true);
	log_set_request("");
	return c.rs.status;
}

int
program_serve_one(struct program_thread *t, char *const *env, struct str body, struct buf *out)
{
	struct program_request	 in = { .env = env, .body = body };
	int			 status = program_thread_serve(t, &in, out);

	program_thread_count(t);
	arena_reset(&t->arena);
	return status;
}
