/* @NAME@: notes with a title, an author and a rating. */
#include <brisk/app.h>

struct row { struct uuid id; struct str title, author; int64_t stars; };

static const struct schema schema = SCHEMA("@Schema@", struct row,
	FIELD_UUID(struct row, id, .flags = FIELD_KEY | FIELD_READONLY,
	    .doc = "Key"),
	FIELD_STR(struct row, title, .min = 1, .max = 80, .doc = "Title"),
	FIELD_STR(struct row, author, .min = 1, .max = 40, .doc = "Name of the author"),
	FIELD_INT(struct row, stars, .min = 0, .max = 5, .doc = "Rating"));

static const struct resource resource = {
	.path = "/v1/@NAME@", .table = "@NAME@", .schema = &schema,
	.read = SCOPE_NONE, .write = "ops:admin",
	.filters = FILTERS(FILTER_BY("author")),
	.sorts = SORTS(SORT_ON("title", "by_title")),
	.cached = { .ttl = 60 },
	.doc = "Notes",
};

int
main(int argc, char **argv)
{
	return app_main(argc, argv, APP("@NAME@", .service = "@NAME@",
	    .resources = RESOURCES(&resource)));
}
