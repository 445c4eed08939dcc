/* bare: the same rows by multi-row INSERT, with nothing between: the limit. */
#include <err.h>
#include <json-c/json.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "import.h"

#define SCRATCH		"import_scratch"
#define ROWS		1000

struct sql {
	char	*text;
	size_t	 n, room;
};

static void
add(struct sql *q, const char *text)
{
	size_t	 n = strlen(text);

	if (q->n + n + 1 > q->room) {
		q->room = (q->n + n + 1) * 2;
		q->text = alloc(q->text, q->room);
	}
	memcpy(q->text + q->n, text, n + 1);
	q->n += n;
}

static void
add_quoted(struct sql *q, MYSQL *m, const char *text)
{
	size_t	 n = strlen(text);
	char	*safe = alloc(NULL, n * 2 + 1);

	mysql_real_escape_string(m, safe, text, n);
	add(q, "'");
	add(q, safe);
	add(q, "'");
	free(safe);
}

static void
add_row(struct sql *q, MYSQL *m, const struct package *p, size_t i)
{
	json_object	*o = json_object_new_object();
	char		 head[96];

	json_object_object_add(o, "version", json_object_new_string(p->version));
	json_object_object_add(o, "maintainer",
	    json_object_new_string(p->maintainer));
	json_object_object_add(o, "architecture",
	    json_object_new_string(p->architecture));
	snprintf(head, sizeof(head), "%s(UNHEX('%032zx'),%lld,'EUR','active',",
	    q->text[q->n - 1] == ')' ? "," : "", i + 1, (long long)p->price);
	add(q, head);
	add_quoted(q, m, p->sku);
	add(q, ",");
	add_quoted(q, m, p->name);
	add(q, ",");
	if (p->description == NULL)
		add(q, "NULL");
	else
		add_quoted(q, m, p->description);
	add(q, ",");
	add_quoted(q, m, json_object_to_json_string_ext(o,
	    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	add(q, ")");
	json_object_put(o);
}

static bool
run(MYSQL *m, const char *text)
{
	if (mysql_query(m, text) == 0)
		return true;
	warnx("bare insert: %s", mysql_error(m));
	return false;
}

/* A copy of the shop's own table, its indexes too, in a database of its own. */
static bool
make_scratch(MYSQL *m)
{
	char		 text[512];
	MYSQL_RES	*found;
	MYSQL_ROW	 row;
	bool		 ok = false;

	if (!run(m, "SELECT table_schema FROM information_schema.tables "
	    "WHERE table_name = 'products' AND table_schema <> '" SCRATCH "' LIMIT 1"))
		return false;
	found = mysql_store_result(m);
	row = found == NULL ? NULL : mysql_fetch_row(found);
	if (row == NULL) {
		warnx("bare insert: no table products");
	} else {
		snprintf(text, sizeof(text),
		    "CREATE TABLE " SCRATCH ".products LIKE `%s`.products", row[0]);
		ok = run(m, "DROP DATABASE IF EXISTS " SCRATCH) &&
		    run(m, "CREATE DATABASE " SCRATCH) && run(m, text);
	}
	mysql_free_result(found);
	return ok;
}

/* What the API took, and nothing it refused. */
static bool
insert_all(MYSQL *m, const struct source *src)
{
	struct sql	 q = { 0 };
	size_t		 rows = 0;
	bool		 ok = true;

	for (size_t i = 0; ok && i < src->n; i++) {
		if (rows == 0) {
			q.n = 0;
			add(&q, "INSERT INTO " SCRATCH ".products (id,price_amount,"
			    "currency,status,sku,name,description,attributes) VALUES ");
		}
		if (src->packages[i].sent) {
			add_row(&q, m, &src->packages[i], i);
			rows++;
		}
		if (rows == ROWS || (rows > 0 && i == src->n - 1)) {
			ok = run(m, q.text);
			rows = 0;
		}
		progress("bare insert", i + 1, src->n);
	}
	free(q.text);
	return ok;
}

double
bare_insert(struct source *src, const char *socket)
{
	MYSQL	*m = mysql_init(NULL);
	double	 start, took = -1;

	if (m == NULL)
		errx(2, "memory");
	mysql_options(m, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	if (mysql_real_connect(m, NULL, "root", NULL, NULL, 0, socket, 0) == NULL)
		warnx("%s: %s", socket, mysql_error(m));
	else if (make_scratch(m)) {
		start = now();
		if (insert_all(m, src))
			took = now() - start;
		run(m, "DROP DATABASE " SCRATCH);
	}
	mysql_close(m);
	return took;
}
