/* money_client - writes that are repeated with their key, and their record. */
#include <json-c/json.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "money.h"

#define TRIES		16	/* of one write; some 25 s in all */
#define PAUSE_MOST_MS	2000
#define ODD_TOLD	20

static int64_t
wall_us(void)
{
	struct timespec	 t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

bool
client_open(struct client *c, unsigned number, const struct person *p)
{
	char	 path[512];

	*c = (struct client){ .number = number, .who = p->id, .token = p->token,
	    .wallet = all->wallet[p - people].id, .seed = (unsigned)wall_us() ^ number * 2654435761U };
	snprintf(path, sizeof(path), "%s/%u.tsv", getenv("RECORDS"), number);
	c->record = fopen(path, "ae");
	c->h = http_open();
	return c->record != NULL;
}

void
client_close(struct client *c)
{
	http_close(c->h);
	fclose(c->record);
}

size_t
any(struct client *c, size_t n)
{
	return (size_t)rand_r(&c->seed) % n;
}

void
key_new(struct client *c, char key[48])
{
	snprintf(key, 48, "%x-%u-%u", all->run, c->number, ++c->made);
}

void
odd(const char *fmt, ...)
{
	va_list	 ap;

	if (atomic_fetch_add(&all->odd, 1) >= ODD_TOLD)
		return;
	printf("  ODD: ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
}

/* --- bodies -------------------------------------------------------------------- */

static struct json_object *
member_of(struct json_object *o, const char *name)
{
	char	 part[64];
	size_t	 n = strcspn(name, ".");

	snprintf(part, sizeof(part), "%.*s", (int)n, name);
	if (json_object_is_type(o, json_type_array))
		o = json_object_array_get_idx(o, (size_t)atoi(part));
	else if (!json_object_is_type(o, json_type_object) ||
	    !json_object_object_get_ex(o, part, &o))
		o = NULL;
	if (o == NULL)
		return NULL;
	return name[n] == '.' ? member_of(o, name + n + 1) : o;
}

bool
member(const char *body, const char *name, char *out, size_t size)
{
	struct json_object	*whole = json_tokener_parse(body);
	struct json_object	*o = member_of(whole, name);

	snprintf(out, size, "%s", o == NULL ? "" : json_object_get_string(o));
	json_object_put(whole);
	return o != NULL;
}

long long
number_of(const char *body, const char *name)
{
	char	 text[32];

	return member(body, name, text, sizeof(text)) ? strtoll(text, NULL, 10) : -1;
}

long long
sum_of(const char *body, const char *name)
{
	struct json_object	*whole = json_tokener_parse(body);
	struct json_object	*items = member_of(whole, "items"), *o;
	long long		 sum = 0;

	for (size_t i = 0; items != NULL && i < json_object_array_length(items); i++)
		if ((o = member_of(json_object_array_get_idx(items, i), name)) != NULL)
			sum += json_object_get_int64(o);
	json_object_put(whole);
	return sum;
}

bool
code_is(const struct said *s, const char *code)
{
	char	 text[64];

	return member(s->body, "code", text, sizeof(text)) && strcmp(text, code) == 0;
}

/* --- requests ------------------------------------------------------------------ */

/* A field of a record: one line, no tabs. */
static void
put_field(FILE *f, const char *text, char end)
{
	for (; text != NULL && *text != '\0'; text++)
		putc((unsigned char)*text < ' ' ? ' ' : *text, f);
	putc(end, f);
}

static void
write_down(struct client *c, const struct deed *d, unsigned try, int64_t began,
    const struct answer *a)
{
	FILE	*f = c->record;

	fprintf(f, "%u\t%u\t%lld\t%lld\t%d\t%d\t", c->number, try, (long long)began,
	    (long long)wall_us(), a->status, a->replayed);
	put_field(f, d->token == NULL ? c->who : "staff", '\t');
	put_field(f, d->kind, '\t');
	put_field(f, d->method, '\t');
	put_field(f, d->path, '\t');
	put_field(f, d->key, '\t');
	put_field(f, d->body, '\t');
	put_field(f, a->body, '\n');
	fflush(f);
}

static struct answer
ask_now(struct client *c, const struct deed *d, unsigned try)
{
	int64_t		 began = wall_us();
	struct answer	 a = http_send(c->h, &(const struct ask){ .method = d->method,
			    .path = d->path, .body = d->body, .match = d->match,
			    .key = d->key, .token = d->token == NULL ? c->token : d->token });

	write_down(c, d, try, began, &a);
	atomic_fetch_add(&all->done, 1);
	/* The web server's own, for a worker that died, has no id. */
	if (a.status == 500 && a.id[0] != '\0')
		odd("%s %s: 500 by the program (%s)", d->method, d->path, a.id);
	return a;
}

static void
keep(struct said *s, const struct answer *a)
{
	s->status = a->status;
	s->replayed = a->replayed;
	snprintf(s->body, sizeof(s->body), "%s", a->body);
	snprintf(s->etag, sizeof(s->etag), "%s", a->etag);
}

static bool
answered(const struct said *s)
{
	return s->status >= 200 && s->status < 500 && s->status != 429 &&
	    !(s->status == 409 && code_is(s, "idempotency_in_progress"));
}

void
ask_once(struct client *c, const struct deed *d, struct said *s)
{
	struct answer	 a = ask_now(c, d, 0);

	keep(s, &a);
}

int
look(struct client *c, const char *kind, const char *path, struct said *s)
{
	ask_once(c, &(const struct deed){ .kind = kind, .method = "GET", .path = path }, s);
	return s->status;
}

/* What must not have an effect of its own, or not another. */
static void
mutants(struct client *c, const struct deed *d)
{
	struct deed	 other = *d;
	char		 body[2048];

	if (any(c, 8) == 0)
		(void)ask_now(c, d, 100);
	if (any(c, 24) == 0) {		/* says the same, in other bytes */
		snprintf(body, sizeof(body), "%s ", d->body);
		other.body = body;
		other.kind = "reused";
		(void)ask_now(c, &other, 100);
	}
	if (d->token == NULL && any(c, 24) == 0) {
		other = *d;
		other.kind = "foreign";
		other.token = people[any(c, npeople)].token;
		if (strcmp(other.token, c->token) != 0)
			(void)ask_now(c, &other, 100);
	}
}

bool
ask_surely(struct client *c, const struct deed *d, struct said *s)
{
	int	 pause = 50;

	for (unsigned try = 0; try < TRIES; try++) {
		struct answer	 a = ask_now(c, d, try);

		keep(s, &a);
		if (answered(s)) {
			if (d->mutants && s->status / 100 == 2)
				mutants(c, d);
			return true;
		}
		pause_ms(pause / 2 + (int)any(c, (size_t)pause));
		pause = pause * 2 > PAUSE_MOST_MS ? PAUSE_MOST_MS : pause * 2;
	}
	return false;
}
