#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "base/hash.h"
#include "base/clock.h"
#include "cache/generation_private.h"
#include "base/log.h"

#define VERSION		2
#define BOOT_LEN	36
#define LOOK_US		1000000		/* between looks at the path */
#define YOUNG_US	(2 * LOOK_US)	/* then who has an old file has looked */
#define OPEN_TRIES	10

static const char	 magic[8] = "briskgen";

static uint32_t
cell_of(struct str tag)
{
	return (uint32_t)(hash_mix(hash_str(tag)) % CELLS);
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
	    h->owners == OWNERS && h->entries == ENTRIES &&
	    memcmp(h->boot, boot, sizeof(boot)) == 0;
}

static bool
fill(void *p, uint64_t inode)
{
	struct file	*f = p;
	size_t		 i;

	if (getrandom(&f->head.first, sizeof(f->head.first), 0) !=
	    (ssize_t)sizeof(f->head.first))
		return false;
	memcpy(f->head.magic, magic, sizeof(magic));
	f->head.version = VERSION;
	f->head.ncells = CELLS;
	f->head.owners = OWNERS;
	f->head.entries = ENTRIES;
	f->head.inode = inode;
	f->head.born_us = clock_mono_us();
	boot_id(f->head.boot);
	for (i = 0; i <= CELLS; i++)
		atomic_init(&f->cell[i].generation, hash_mix(f->head.first + i));
	return true;
}

static const struct shm_file_kind	 kind = { "gen", sizeof(struct file), good, fill };

/* File systems that other hosts may have mounted, too (statfs(2)). */
static bool
is_remote(int fd)
{
	static const uint32_t	 types[] = { 0x6969 /* NFS */, 0x517b /* SMB */,
		0xff534d42 /* CIFS */, 0xfe534d42 /* SMB2 */, 0x5346414f /* AFS */,
		0x00c36400 /* Ceph */, 0x65735546 /* FUSE: sshfs, Gluster */,
		0x0bd00bd0 /* Lustre */, 0x01161970 /* GFS2 */,
		0x7461636f /* OCFS2 */, 0x01021997 /* 9P */, 0x73757245 /* Coda */ };
	struct statfs		 s;
	size_t			 i;

	if (fstatfs(fd, &s) != 0)
		return true;
	for (i = 0; i < NELEMS(types); i++)
		if ((uint32_t)s.f_type == types[i])
			return true;
	return false;
}

/*
 * A lock belongs to what one open() made, and lives until that is closed for
 * good; a map keeps it open.  So the locks have a description of their own:
 * of the very file that is mapped, or it was replaced between the two opens.
 */
static bool
same_file(struct gen *g)
{
	struct stat	 st;

	g->fd = open(g->path, O_RDWR | O_CLOEXEC);
	if (g->fd != -1 && fstat(g->fd, &st) == 0 && st.st_ino == g->file->head.inode)
		return true;
	if (g->fd != -1)
		close(g->fd);
	generation_unmap(g->file);
	return false;
}

static bool
attach(struct gen *g)
{
	int	 i;

	for (i = 0; i < OPEN_TRIES; i++) {
		if ((g->file = shm_file_open(g->path, &kind)) == NULL)
			return false;
		if (same_file(g))
			return true;
	}
	log_event(LOG_ERROR, "gen", "%s does not stay", g->path);
	return false;
}

struct gen *
generation_open(const char *path)
{
	struct gen	*g = calloc(1, sizeof(*g));

	if (g == NULL || (g->path = strdup(path)) == NULL || !attach(g)) {
		if (g != NULL)
			free(g->path);
		free(g);
		return NULL;
	}
	g->owner = -1;
	g->due_us = clock_mono_us() + LOOK_US;
	pthread_mutex_init(&g->lock, NULL);
	if ((g->remote = is_remote(g->fd)))
		log_event(LOG_WARN, "gen", "%s is on a network file system: "
		    "nothing is cached", path);
	return g;
}

bool
generation_remote(const struct gen *g)
{
	return g->remote;
}

bool
generation_remote_path(const char *path)
{
	int	 fd = open(path, O_PATH | O_CLOEXEC);
	bool	 remote = fd == -1 || is_remote(fd);

	if (fd != -1)
		close(fd);
	return remote;
}

void
generation_unmap(struct file *f)
{
	shm_file_close(f, &kind);
}

uint32_t
generation_cells(const struct str *tags, size_t n, uint32_t *cells)
{
	uint32_t	 cell, have = 0;
	size_t		 i, at, k;

	for (i = 0; i < n; i++) {
		cell = cell_of(tags[i]);
		for (at = have; at > 0 && cells[at - 1] >= cell; at--)
			;
		if (at < have && cells[at] == cell)
			continue;
		for (k = have++; k > at; k--)
			cells[k] = cells[k - 1];
		cells[at] = cell;
	}
	return have;
}

bool
generation_snapshot(struct gen *g, const struct str *tags, size_t n, struct generation_snapshot *m)
{
	size_t	 i;

	m->n = 0;
	if (n > GENERATION_TAGS || g->remote || generation_young_us(g) > 0 ||
	    atomic_load_explicit(&g->lost, memory_order_relaxed))
		return false;
	m->n = generation_cells(tags, n, m->cell);
	m->cell[m->n++] = ALL;
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
generation_fresh(struct gen *g, const struct generation_snapshot *m)
{
	const struct cell	*cell = g->file->cell;
	size_t			 i;

	/* A mark may have come out of an entry. */
	if (m->n > NELEMS(m->cell))
		return false;
	for (i = 0; i < m->n; i++)
		if (m->cell[i] > ALL || pending_of(&cell[m->cell[i]]) != 0)
			return false;
	for (i = 0; i < m->n; i++)
		if (atomic_load_explicit(&cell[m->cell[i]].generation,
		    memory_order_acquire) != m->generation[i])
			return false;
	return true;
}

/* Cells that there are not have always moved. */
bool
generation_changed(const struct gen *g, const uint32_t *cell, const uint64_t *generation,
    size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (cell[i] > ALL || atomic_load_explicit(
		    &g->file->cell[cell[i]].generation, memory_order_acquire) !=
		    generation[i])
			return true;
	return false;
}

bool
generation_pending(const struct gen *g, const uint32_t *cell, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (cell[i] > ALL || pending_of(&g->file->cell[cell[i]]) != 0)
			return true;
	return false;
}

void
generation_invalidate(struct gen *g, const struct str *tags, size_t n)
{
	uint32_t	 cells[GENERATION_TAGS], have, i;

	if (n > GENERATION_TAGS) {
		generation_invalidate_all(g);
		return;
	}
	have = generation_cells(tags, n, cells);
	for (i = 0; i < have; i++)
		atomic_fetch_add(&g->file->cell[cells[i]].generation, 1);
}

void
generation_invalidate_all(struct gen *g)
{
	atomic_fetch_add(&g->file->cell[ALL].generation, 1);
}

int64_t
generation_young_us(const struct gen *g)
{
	int64_t	 left = g->file->head.born_us + YOUNG_US - clock_mono_us();

	return left > 0 ? left : 0;
}

bool
generation_sweep_due(struct gen *g)
{
	int64_t	 now = clock_mono_us();
	int64_t	 due = atomic_load_explicit(&g->due_us, memory_order_relaxed);

	return now >= due &&
	    atomic_compare_exchange_strong(&g->due_us, &due, now + LOOK_US);
}

bool
generation_replaced(struct gen *g)
{
	struct stat	 st;
	bool		 lost;

	if (atomic_load(&g->lost))
		return true;
	lost = stat(g->path, &st) == 0 ? st.st_ino != g->file->head.inode :
	    errno == ENOENT || errno == ENOTDIR;
	if (lost && !atomic_exchange(&g->lost, true))
		log_event(LOG_ERROR, "gen", "%s was replaced: nothing is cached "
		    "or written any more", g->path);
	return lost;
}

bool
generation_read_stats(const char *path, struct generation_stats *out)
{
	const struct file	*f = shm_file_open_readonly(path, &kind);
	size_t			 i;

	*out = (struct generation_stats){ .epoch = 0 };
	if (f == NULL)
		return false;
	out->epoch = f->cell[ALL].generation;
	for (i = 0; i <= CELLS; i++)
		out->pending += pending_of(&f->cell[i]) != 0;
	for (i = 0; i < OWNERS; i++)
		out->owners += f->owner[i].used != 0;
	for (i = 0; i < OWNERS * ENTRIES; i++)
		out->notes += f->entry[i].state != FREE;
	shm_file_close(f, &kind);
	return true;
}
