#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "cache/generation_private.h"

#define VERSION		2
#define BOOT_LEN	36
#define CHECK_US	1000000		/* between checks of the path */
#define YOUNG_US	(2 * CHECK_US)	/* by then every process with an old file has checked */

/* Without a key, because all programs must agree. */
static uint32_t
cell_of(struct str tag)
{
	return (uint32_t)(hash_mix(hash_str(tag)) % CELLS);
}

/* The boot id of the machine; zeros if the kernel does not report it. */
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

/* A file from before a reboot has cells that no process will ever lower. */
static bool
is_valid(const void *p, uint64_t inode)
{
	const struct file_head	*h = p;
	uint8_t			 boot[16];

	boot_id(boot);
	return h->inode == inode && h->owners == OWNERS && h->writes == WRITES &&
	    memcmp(h->boot, boot, sizeof(boot)) == 0;
}

static bool
init_new_file(void *p, uint64_t inode)
{
	struct generation_file	*f = p;
	size_t		 i;

	if (getrandom(&f->head.seed, sizeof(f->head.seed), 0) !=
	    (ssize_t)sizeof(f->head.seed))
		return false;
	f->head.owners = OWNERS;
	f->head.writes = WRITES;
	f->head.inode = inode;
	f->head.born_us = clock_mono_us();
	boot_id(f->head.boot);
	for (i = 0; i <= CELLS; i++)
		atomic_init(&f->cell[i].generation, hash_mix(f->head.seed + i));
	return true;
}

static const struct shm_file_kind	 kind = { .room = "generation", .magic = "briskgen",
	.version = VERSION, .layout = CELLS, .size = sizeof(struct generation_file),
	.is_valid = is_valid, .init = init_new_file };

/* File systems that other hosts may have mounted; magic numbers of statfs(2). */
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

struct generations *
generation_open(const char *path)
{
	struct generations	*g = calloc(1, sizeof(*g));

	if (g == NULL || (g->path = strdup(path)) == NULL || (g->file =
	    shm_file_open_with_locks(path, &kind, &g->fd)) == NULL) {
		if (g != NULL)
			free(g->path);
		free(g);
		return NULL;
	}
	g->owner = -1;
	g->due_us = clock_mono_us() + CHECK_US;
	pthread_mutex_init(&g->lock, NULL);
	if ((g->remote = is_remote(g->fd)))
		log_event(LOG_WARN, "generation", "%s is on a network file system: "
		    "nothing is cached", path);
	return g;
}

bool
generation_remote(const struct generations *g)
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
generation_unmap(struct generation_file *f)
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
generation_snapshot(struct generations *g, const struct str *tags, size_t n,
    struct generation_snapshot *m)
{
	size_t	 i;

	m->n = 0;
	if (n > GENERATION_TAGS || g->remote || generation_young_us(g) > 0 ||
	    atomic_load_explicit(&g->replaced, memory_order_relaxed))
		return false;
	m->n = generation_cells(tags, n, m->cell);
	m->cell[m->n++] = ALL;
	for (i = 0; i < m->n; i++)
		m->generation[i] = atomic_load_explicit(
		    &g->file->cell[m->cell[i]].generation, memory_order_acquire);
	return true;
}

/*
 * Check `pending` of all cells first.  A writer bumps before it lowers, so a
 * reader that sees the lowered `pending` also sees the bump.  The other order
 * would serve stale answers.
 */
bool
generation_fresh(struct generations *g, const struct generation_snapshot *m)
{
	const struct file_cell	*cell = g->file->cell;
	size_t			 i;

	/* The snapshot may come from a cache entry, so check its bounds. */
	if (m->n > NELEMS(m->cell))
		return false;
	for (i = 0; i < m->n; i++)
		if (m->cell[i] > ALL || pending_count(&cell[m->cell[i]]) != 0)
			return false;
	for (i = 0; i < m->n; i++)
		if (atomic_load_explicit(&cell[m->cell[i]].generation,
		    memory_order_acquire) != m->generation[i])
			return false;
	return true;
}

/* A cell number out of range counts as changed. */
bool
generation_changed(const struct generations *g, const uint32_t *cell,
    const uint64_t *generation, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (cell[i] > ALL || atomic_load_explicit(
		    &g->file->cell[cell[i]].generation, memory_order_acquire) !=
		    generation[i])
			return true;
	return false;
}

bool
generation_pending(const struct generations *g, const uint32_t *cell, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (cell[i] > ALL || pending_count(&g->file->cell[cell[i]]) != 0)
			return true;
	return false;
}

void
generation_invalidate(struct generations *g, const struct str *tags, size_t n)
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
generation_invalidate_all(struct generations *g)
{
	atomic_fetch_add(&g->file->cell[ALL].generation, 1);
}

int64_t
generation_young_us(const struct generations *g)
{
	int64_t	 left = g->file->head.born_us + YOUNG_US - clock_mono_us();

	return left > 0 ? left : 0;
}

bool
generation_sweep_due(struct generations *g)
{
	int64_t	 now = clock_mono_us();
	int64_t	 due = atomic_load_explicit(&g->due_us, memory_order_relaxed);

	return now >= due &&
	    atomic_compare_exchange_strong(&g->due_us, &due, now + CHECK_US);
}

bool
generation_replaced(struct generations *g)
{
	struct stat	 st;
	bool		 replaced;

	if (atomic_load(&g->replaced))
		return true;
	replaced = stat(g->path, &st) == 0 ? st.st_ino != g->file->head.inode :
	    errno == ENOENT || errno == ENOTDIR;
	if (replaced && !atomic_exchange(&g->replaced, true))
		log_event(LOG_ERROR, "generation", "%s was replaced: this process neither "
		    "caches nor writes any more", g->path);
	return replaced;
}

bool
generation_read_stats(const char *path, struct generation_stats *out)
{
	const struct generation_file	*f = shm_file_open_readonly(path, &kind);
	size_t			 i;

	*out = (struct generation_stats){ .epoch = 0 };
	if (f == NULL)
		return false;
	out->epoch = f->cell[ALL].generation;
	for (i = 0; i <= CELLS; i++)
		out->pending += pending_count(&f->cell[i]) != 0;
	for (i = 0; i < OWNERS; i++)
		out->owners += f->owner[i].used != 0;
	for (i = 0; i < OWNERS * WRITES; i++)
		out->writes += f->write[i].state != FREE;
	shm_file_close(f, &kind);
	return true;
}
