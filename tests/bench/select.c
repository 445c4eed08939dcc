/*
 * select: what a careful C author would write by hand for two URLs and no
 * more: a product by its key, and the newest twenty.  No validation, no token,
 * no ETag, no cache: the limit of a program that asks the database each time.
 *
 * DB_SOCKET and DB_NAME say where; each thread has one connection and two
 * statements prepared once.
 */
#include <err.h>
#include <fcgiapp.h>
#include <mysql.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS	8
#define PAGE	20
#define COLUMNS	"SELECT p.id, p.sku, p.name, p.description, p.price_amount," \
	" p.currency, (SELECT GROUP_CONCAT(c.category_id ORDER BY c.category_id" \
	" SEPARATOR '') FROM product_categories c WHERE c.product_id = p.id)," \
	" p.attributes, p.status, COALESCE(s.on_hand - s.reserved, 0)," \
	" p.created_at, p.updated_at" \
	" FROM products p LEFT JOIN stock s ON s.product_id = p.id"

enum { ID, SKU, NAME, DESCRIPTION, AMOUNT, CURRENCY, CATEGORIES, ATTRIBUTES,
	STATUS, AVAILABLE, CREATED, UPDATED, NCOLUMNS };

static const char one_sql[] = COLUMNS " WHERE p.id = ?";
static const char page_sql[] = COLUMNS " WHERE p.status = 'active'"
	" ORDER BY p.created_at DESC, p.id DESC LIMIT 21";

static const size_t sizes[NCOLUMNS] = {
	[ID] = 16, [SKU] = 64 * 4, [NAME] = 200 * 4, [DESCRIPTION] = 80000,
	[AMOUNT] = 24, [CURRENCY] = 16, [CATEGORIES] = 16 * 10,
	[ATTRIBUTES] = 65536, [STATUS] = 96, [AVAILABLE] = 24, [CREATED] = 32,
	[UPDATED] = 32,
};

/* One thread's own: nothing is shared, nothing locked. */
struct worker {
	MYSQL		*db;
	MYSQL_STMT	*one, *page;
	MYSQL_BIND	 out[NCOLUMNS];
	char		*value[NCOLUMNS];
	unsigned long	 len[NCOLUMNS];
	my_bool		 null[NCOLUMNS];
	unsigned char	 key[16];
};

static void
put_uuid(FCGX_Stream *out, const unsigned char *b)
{
	char	 text[40];

	snprintf(text, sizeof(text), "\"%02x%02x%02x%02x-%02x%02x-%02x%02x-"
	    "%02x%02x-%02x%02x%02x%02x%02x%02x\"", b[0], b[1], b[2], b[3], b[4],
	    b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
	FCGX_PutStr(text, 38, out);
}

static void
put_text(FCGX_Stream *out, const char *s, size_t n)
{
	FCGX_PutChar('"', out);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20)
			FCGX_FPrintF(out, "\\u%04x", s[i]);
		else {
			if (s[i] == '"' || s[i] == '\\')
				FCGX_PutChar('\\', out);
			FCGX_PutChar(s[i], out);
		}
	FCGX_PutChar('"', out);
}

static void
put_member(FCGX_Stream *out, struct worker *w, const char *name, int column)
{
	FCGX_FPrintF(out, ",\"%s\":", name);
	put_text(out, w->value[column], w->len[column]);
}

/* "2026-05-01 10:00:00.000" as RFC 3339 */
static void
put_time(FCGX_Stream *out, struct worker *w, const char *name, int column)
{
	w->value[column][10] = 'T';
	FCGX_FPrintF(out, ",\"%s\":\"%.*sZ\"", name, (int)w->len[column],
	    w->value[column]);
}

static void
put_raw(FCGX_Stream *out, struct worker *w, const char *name, int column)
{
	FCGX_FPrintF(out, "%s", name);
	FCGX_PutStr(w->value[column], (int)w->len[column], out);
}

static void
put_categories(FCGX_Stream *out, struct worker *w)
{
	size_t	 n = w->null[CATEGORIES] ? 0 : w->len[CATEGORIES] / 16;

	FCGX_PutS(",\"category_ids\":[", out);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			FCGX_PutChar(',', out);
		put_uuid(out, (const unsigned char *)w->value[CATEGORIES] + i * 16);
	}
	FCGX_PutChar(']', out);
}

static void
put_product(FCGX_Stream *out, struct worker *w)
{
	FCGX_PutS("{\"id\":", out);
	put_uuid(out, (const unsigned char *)w->value[ID]);
	put_member(out, w, "sku", SKU);
	put_member(out, w, "name", NAME);
	if (!w->null[DESCRIPTION])
		put_member(out, w, "description", DESCRIPTION);
	put_raw(out, w, ",\"price\":{\"amount\":", AMOUNT);
	put_member(out, w, "currency", CURRENCY);
	FCGX_PutChar('}', out);
	put_categories(out, w);
	if (w->null[ATTRIBUTES])
		FCGX_PutS(",\"attributes\":{}", out);
	else
		put_raw(out, w, ",\"attributes\":", ATTRIBUTES);
	put_member(out, w, "status", STATUS);
	put_raw(out, w, ",\"available\":", AVAILABLE);
	put_time(out, w, "created_at", CREATED);
	put_time(out, w, "updated_at", UPDATED);
	FCGX_PutChar('}', out);
}

static void
fail(FCGX_Request *rq, const char *status)
{
	FCGX_FPrintF(rq->out, "Status: %s\r\nContent-Type: "
	    "application/problem+json\r\n\r\n{\"status\":%.3s}", status, status);
}

static const char json_head[] = "Content-Type: application/json\r\n\r\n";

static void
get_one(struct worker *w, FCGX_Request *rq)
{
	int	 e = mysql_stmt_execute(w->one);

	if (e == 0)
		e = mysql_stmt_fetch(w->one);
	if (e == 0) {
		FCGX_PutS(json_head, rq->out);
		put_product(rq->out, w);
	} else
		fail(rq, e == MYSQL_NO_DATA ? "404 Not Found" :
		    "503 Service Unavailable");
	mysql_stmt_free_result(w->one);
}

/* The cursor says where the last shown row stands; nobody signs it here. */
static void
get_page(struct worker *w, FCGX_Request *rq)
{
	int	 n = 0;
	char	 last[64];

	if (mysql_stmt_execute(w->page) != 0) {
		fail(rq, "503 Service Unavailable");
		return;
	}
	FCGX_PutS(json_head, rq->out);
	FCGX_PutS("{\"items\":[", rq->out);
	while (n <= PAGE && mysql_stmt_fetch(w->page) == 0 && n++ < PAGE) {
		if (n > 1)
			FCGX_PutChar(',', rq->out);
		put_product(rq->out, w);
		snprintf(last, sizeof(last), "%.23s", w->value[CREATED]);
	}
	FCGX_PutChar(']', rq->out);
	if (n > PAGE)
		FCGX_FPrintF(rq->out, ",\"next_cursor\":\"%s\"", last);
	FCGX_PutChar('}', rq->out);
	mysql_stmt_free_result(w->page);
}

static bool
read_uuid(const char *s, unsigned char *key)
{
	unsigned	 byte;
	int		 i;

	for (i = 0; i < 16; i++, s += 2) {
		s += *s == '-';
		if (sscanf(s, "%2x", &byte) != 1)
			return false;
		key[i] = (unsigned char)byte;
	}
	return *s == '\0';
}

static void
answer(struct worker *w, FCGX_Request *rq)
{
	static const char	 base[] = "/select/products";
	const char		*uri = FCGX_GetParam("REQUEST_URI", rq->envp);
	const char		*rest = "";

	if (uri != NULL && strncmp(uri, base, sizeof(base) - 1) == 0)
		rest = uri + sizeof(base) - 1;
	else
		uri = NULL;
	if (uri != NULL && rest[0] == '\0')
		get_page(w, rq);
	else if (rest[0] == '/' && read_uuid(rest + 1, w->key))
		get_one(w, rq);
	else
		fail(rq, "404 Not Found");
}

static void
bind_columns(struct worker *w)
{
	for (int i = 0; i < NCOLUMNS; i++) {
		w->value[i] = malloc(sizes[i]);
		if (w->value[i] == NULL)
			err(1, "memory");
		w->out[i] = (MYSQL_BIND){ .buffer_type = MYSQL_TYPE_STRING,
		    .buffer = w->value[i], .buffer_length = sizes[i],
		    .length = &w->len[i], .is_null = &w->null[i] };
	}
}

static MYSQL_STMT *
prepare(struct worker *w, const char *sql, size_t n)
{
	MYSQL_STMT	*st = mysql_stmt_init(w->db);

	if (st == NULL || mysql_stmt_prepare(st, sql, n) != 0 ||
	    mysql_stmt_bind_result(st, w->out))
		errx(1, "%s", mysql_error(w->db));
	return st;
}

static void
connect_db(struct worker *w)
{
	MYSQL_BIND	 in = { .buffer_type = MYSQL_TYPE_BLOB, .buffer = w->key,
			    .buffer_length = sizeof(w->key) };

	w->db = mysql_init(NULL);
	mysql_options(w->db, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	if (mysql_real_connect(w->db, NULL, "root", NULL, getenv("DB_NAME"), 0,
	    getenv("DB_SOCKET"), 0) == NULL)
		errx(1, "%s", mysql_error(w->db));
	bind_columns(w);
	w->one = prepare(w, one_sql, sizeof(one_sql) - 1);
	w->page = prepare(w, page_sql, sizeof(page_sql) - 1);
	if (mysql_stmt_bind_param(w->one, &in))
		errx(1, "%s", mysql_error(w->db));
}

static void *
serve(void *arg)
{
	struct worker	*w = arg;
	FCGX_Request	 rq;

	connect_db(w);
	FCGX_InitRequest(&rq, 0, 0);
	while (FCGX_Accept_r(&rq) == 0) {
		answer(w, &rq);
		FCGX_Finish_r(&rq);
	}
	return NULL;
}

int
main(void)
{
	static struct worker	 workers[THREADS];
	pthread_t		 thread[THREADS];

	if (FCGX_Init() != 0 || mysql_library_init(0, NULL, NULL) != 0)
		return 1;
	signal(SIGTERM, SIG_DFL);	/* libfcgi would go on waiting */
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&thread[i], NULL, serve, &workers[i]) != 0)
			return 1;
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	return 0;
}
