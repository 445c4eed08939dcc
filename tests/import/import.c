/*
 * import: a big real load through the API, and proof that all of it is there.
 *
 *	import [--token T] [--db SOCKET] [--lists DIR] [--limit N] [URL]
 *
 * The token comes from BRISK_TOKEN otherwise.  Ends with 0 only when each item
 * was found again exactly once and with the same bytes.
 */
#include <curl/curl.h>
#include <err.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "import.h"

struct args {
	const char	*url, *token, *db, *lists;
	size_t		 limit;
};

static const struct option options[] = {
	{ "token", required_argument, NULL, 't' },
	{ "db", required_argument, NULL, 'd' },
	{ "lists", required_argument, NULL, 'l' },
	{ "limit", required_argument, NULL, 'n' },
	{ NULL, 0, NULL, 0 },
};

double
now(void)
{
	struct timespec	 t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Drawn when it has moved: by every percent on a terminal, else by every tenth. */
void
progress(const char *what, size_t done, size_t of)
{
	static const char	 bar[] = "##################################################";
	static size_t		 last = 1000;
	bool			 tty = isatty(STDERR_FILENO) == 1;
	size_t			 percent = of == 0 ? 100 : done * 100 / of;

	if (percent == last || (!tty && percent % 10 != 0))
		return;
	last = percent;
	fprintf(stderr, "%s%-12s [%-50.*s] %zu of %zu%s", tty ? "\r" : "", what,
	    (int)(percent / 2), bar, done, of, tty && done < of ? "" : "\n");
}

static void
usage(void)
{
	fputs("usage: import [--token T] [--db SOCKET] [--lists DIR] [--limit N] [URL]\n",
	    stderr);
	exit(2);
}

static struct args
read_args(int argc, char **argv)
{
	struct args	 a = { .url = "http://localhost:8080",
			    .lists = "/var/lib/apt/lists",
			    .token = getenv("BRISK_TOKEN") };
	int		 c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case 't': a.token = optarg; break;
		case 'd': a.db = optarg; break;
		case 'l': a.lists = optarg; break;
		case 'n': a.limit = strtoul(optarg, NULL, 10); break;
		default: usage();
		}
	if (argc - optind > 1)
		usage();
	if (optind < argc)
		a.url = argv[optind];
	return a;
}

static void
print_source(const struct source *s)
{
	printf("packages    %zu read, %zu older versions left out, %zu against the rules\n",
	    s->read, s->replaced, s->unlawful);
	printf("texts       %zu long, %zu beyond ASCII; languages:%s\n",
	    s->translated, s->non_ascii,
	    s->languages[0] == '\0' ? " none installed" : s->languages);
}

static size_t
sent_of(const struct source *s)
{
	size_t	 n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->packages[i].sent;
	return n;
}

static size_t
load_and_compare(struct api *api, struct source *s, double *took)
{
	double		 start = now();
	size_t		 differences = send_products(api, s);
	struct walked	 w;

	*took = now() - start;
	printf("sent        %zu products in %.1f s, %.0f a second\n", sent_of(s),
	    *took, (double)sent_of(s) / *took);
	start = now();
	w = walk(api, s);
	printf("compared    %zu items on %zu pages in %.1f s, %zu of them not ours\n",
	    w.items, w.pages, now() - start, w.others);
	return differences + w.differences;
}

int
main(int argc, char **argv)
{
	struct args	 args = read_args(argc, argv);
	struct source	 source = { 0 };
	struct api	*api;
	double		 took, bare;
	size_t		 differences;

	setlocale(LC_CTYPE, "C.UTF-8");
	curl_global_init(CURL_GLOBAL_DEFAULT);
	source_read(&source, args.lists, args.limit);
	print_source(&source);
	api = api_open(args.url, args.token);
	if (source.n == 0 || !send_categories(api, &source))
		errx(1, "nothing could be sent");
	printf("categories  %zu\n", source.nsections);
	differences = load_and_compare(api, &source, &took);
	bare = args.db == NULL ? -1 : bare_insert(&source, args.db);
	if (bare > 0)
		printf("bare insert %.1f s; through the API %.1f times that\n", bare,
		    took / bare);
	printf("differences %zu\n", differences);
	api_close(api);
	curl_global_cleanup();
	return differences != 0 || sent_of(&source) == 0;
}
