#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>
#include "gen.h"
#include "mapped.h"

#define CELLS		65536
#define VERSION		1
#define BOOT_LEN	36

/* The layout of the file is frozen: every build reads every other's. */
struct head {
	char		 magic[8];
	uint32_t	 version, ncells;
	uint8_t		 boot[16];
	uint64_t	 inode, epoch;
	uint8_t		 unused[16];
};

struct cell {
	_Atomic uint64_t	 generation;
	_Atomic uint32_t	 pending;
	uint32_t		 unused;
	uint64_t		 published;
};

struct file {
	struct head	 head;
	struct cell	 cell[CELLS];
};

_Static_assert(sizeof(struct head) == 64, "frozen");
_Static_assert(sizeof(struct cell) == 24, "frozen");

struct gen {
	struct file	*file;
};

static const char	 magic[8] = "briskgen";

/* A good mix of all bits (the end of MurmurHash3). */
static uint64_t
mix(uint64_t h)
{
	h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
	h = (h ^ h >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ h >> 33;
}

/* FNV-1a, mixed: the same in every program, so it has no key. */
static uint32_t
cell_of(struct str tag)
{
	uint64_t	 h = UINT64_C(14695981039346656037);
	size_t		 i;

	for (i = 0; i < tag.n; i++)
		h = (h ^ (uint8_t)tag.p[i]) * UINT64_C(1099511628211);
	return (uint32_t)(mix(h) % CELLS);
}

/* This run of the machine; zeros where the kernel does not tell. */
static void
boot_id(uint8_t out[16])
{
	char	 text[BOOT_LEN];
	int	 fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	size_t	 i, n = 0;
	ssize_t	 got = fd == -1 ? -1 : read(fd, text, sizeof(text));

	if (fd != -1)
		close(fd);
	memset(out, 0, 16);
	for (i = 0; got == BOOT_LEN && i < BOOT_LEN; i++) {
		if (text[i] == '-')
			continue;
		out[n / 2] = (uint8_t)(out[n / 2] << 4 |
		    (text[i] <= '9' ? text[i] - '0' : text[i] - 'a' + 10));
		n++;
	}
}

/* After another start of the machine nobody is left to lower what is pending. */
static bool
good(const void *p, uint64_t inode)
{
	const struct head	*h = p;
	uint8_t			 boot[16];

	boot_id(boot);
	return memcmp(h->magic, magic, sizeof(magic)) == 0 &&
	    h->version == VERSION && h->ncells == CELLS && h->inode == inode &&
	    memcmp(h->boot, boot, sizeof(boot)) == 0;
}

static bool
fill(void *p, uint64_t inode)
{
	struct file	*f = p;
	size_t		 i;

	if (getrandom(&f->head.epoch, sizeof(f->head.epoch), 0) !=
	    (ssize_t)sizeof(f->head.epoch))
		return false;
	memcpy(f->head.magic, magic, sizeof(magic));
	f->head.version = VERSION;
	f->head.ncells = CELLS;
	f->head.inode = inode;
	boot_id(f->head.boot);
	for (i = 0; i < CELLS; i++)
		atomic_init(&f->cell[i].generation, mix(f->head.epoch + i));
	return true;
}

static const struct mapped_kind	 kind = { "gen", sizeof(struct file), good, fill };

struct gen *
gen_open(const char *path)
{
	struct gen	*g = malloc(sizeof(*g));

	if (g == NULL || (g->file = mapped_open(path, &kind)) == NULL) {
		free(g);
		return NULL;
	}
	return g;
}

void
gen_close(struct gen *g)
{
	if (g == NULL)
		return;
	mapped_close(g->file, &kind);
	free(g);
}

/* In rising order, each once. */
static void
insert(struct gen_mark *m, uint32_t cell)
{
	size_t	 i = m->n, k;

	while (i > 0 && m->cell[i - 1] >= cell)
		i--;
	if (i < m->n && m->cell[i] == cell)
		return;
	for (k = m->n++; k > i; k--)
		m->cell[k] = m->cell[k - 1];
	m->cell[i] = cell;
}

bool
gen_mark(struct gen *g, const struct str *tags, size_t n, struct gen_mark *m)
{
	size_t	 i;

	m->n = 0;
	if (n > GEN_TAGS)
		return false;
	for (i = 0; i < n; i++)
		insert(m, cell_of(tags[i]));
	for (i = 0; i < m->n; i++)
		m->generation[i] = atomic_load_explicit(
		    &g->file->cell[m->cell[i]].generation, memory_order_acquire);
	return true;
}

/*
 * Pending of all first: a writer bumps before it lowers, so who sees a 0 that
 * a writer left behind also sees its bump.  The other order serves stale.
 */
bool
gen_fresh(struct gen *g, const struct gen_mark *m)
{
	const struct cell	*cell = g->file->cell;
	size_t			 i;

	/* A mark may have come out of an entry. */
	if (m->n > GEN_TAGS)
		return false;
	for (i = 0; i < m->n; i++)
		if (m->cell[i] >= CELLS || atomic_load_explicit(
		    &cell[m->cell[i]].pending, memory_order_acquire) != 0)
			return false;
	for (i = 0; i < m->n; i++)
		if (atomic_load_explicit(&cell[m->cell[i]].generation,
		    memory_order_acquire) != m->generation[i])
			return false;
	return true;
}

void
gen_raise(struct gen *g, const struct gen_mark *m)
{
	size_t	 i;

	for (i = 0; i < m->n; i++)
		atomic_fetch_add(&g->file->cell[m->cell[i]].pending, 1);
}

void
gen_lower(struct gen *g, const struct gen_mark *m, bool bump)
{
	size_t	 i;

	for (i = 0; bump && i < m->n; i++)
		atomic_fetch_add(&g->file->cell[m->cell[i]].generation, 1);
	for (i = 0; i < m->n; i++)
		atomic_fetch_sub(&g->file->cell[m->cell[i]].pending, 1);
}

void
gen_bump_all(struct gen *g)
{
	size_t	 i;

	for (i = 0; i < CELLS; i++)
		atomic_fetch_add(&g->file->cell[i].generation, 1);
}
