/* SPDX-License-Identifier: MIT */
/* Tables from an arena of jemalloc's. */
#include <iomt/jemalloc.h>
#include <jemalloc/jemalloc.h>
#include <stdio.h>
#include <stdlib.h>

struct iomt_jemalloc {
	struct iomt_mem mem;
	unsigned arena;
	int flags; /* of mallocx, without the alignment */
};

static void *arena_alloc(void *ctx, size_t bytes)
{
	const struct iomt_jemalloc *jemalloc = ctx;

	if (bytes < 64 || bytes > 1 << 21 || bytes & (bytes - 1))
		return NULL;
	return mallocx(bytes, jemalloc->flags | MALLOCX_ALIGN(bytes));
}

static void arena_free(void *ctx, void *memory, size_t bytes)
{
	const struct iomt_jemalloc *jemalloc = ctx;

	sdallocx(memory, bytes, jemalloc->flags | MALLOCX_ALIGN(bytes));
}

static bool tail_is_zero(const struct iomt_jemalloc_cfg *cfg)
{
	const unsigned char *bytes = (const unsigned char *)cfg;

	for (size_t i = sizeof(*cfg); i < cfg->size; i++) {
		if (bytes[i])
			return false;
	}
	return true;
}

int iomt_jemalloc_create(struct iomt_jemalloc **jemalloc, const struct iomt_jemalloc_cfg *cfg)
{
	size_t size = sizeof(unsigned);
	struct iomt_jemalloc *made;

	if (!cfg || cfg->size < sizeof(*cfg) || !tail_is_zero(cfg))
		return IOMT_EINVAL;
	made = calloc(1, sizeof(*made));
	if (!made || mallctl("arenas.create", &made->arena, &size, NULL, 0)) {
		free(made);
		return IOMT_ENOMEM;
	}
	made->flags = MALLOCX_ARENA(made->arena) | MALLOCX_TCACHE_NONE;
	made->mem = (struct iomt_mem){
		.size = sizeof(made->mem),
		.alloc = arena_alloc,
		.free = arena_free,
		.phys_offset = cfg->phys_offset,
		.ctx = made,
	};
	*jemalloc = made;
	return 0;
}

/* Does something to the arena that takes and gives no value. */
static void control(const struct iomt_jemalloc *jemalloc, const char *what)
{
	char name[64];

	snprintf(name, sizeof(name), "arena.%u.%s", jemalloc->arena, what);
	mallctl(name, NULL, NULL, NULL, 0);
}

void iomt_jemalloc_destroy(struct iomt_jemalloc *jemalloc)
{
	if (!jemalloc)
		return;
	control(jemalloc, "destroy");
	free(jemalloc);
}

const struct iomt_mem *iomt_jemalloc_mem(const struct iomt_jemalloc *jemalloc)
{
	return &jemalloc->mem;
}

void iomt_jemalloc_trim(struct iomt_jemalloc *jemalloc)
{
	control(jemalloc, "purge");
}

/* Adds one of the arena's figures to *sum. */
static bool add_figure(const struct iomt_jemalloc *jemalloc, const char *what, uint64_t *sum)
{
	size_t value, size = sizeof(value);
	char name[64];

	snprintf(name, sizeof(name), "stats.arenas.%u.%s", jemalloc->arena, what);
	if (mallctl(name, &value, &size, NULL, 0))
		return false;
	*sum += value;
	return true;
}

int iomt_jemalloc_stats(struct iomt_jemalloc *jemalloc, struct iomt_jemalloc_stats *stats)
{
	uint64_t epoch = 1, taken = 0, used = 0;

	/* figures are as of the last change of this */
	if (mallctl("epoch", NULL, NULL, &epoch, sizeof(epoch)) ||
	    !add_figure(jemalloc, "resident", &taken) ||
	    !add_figure(jemalloc, "small.allocated", &used) ||
	    !add_figure(jemalloc, "large.allocated", &used))
		return IOMT_EOPNOTSUPP;
	*stats = (struct iomt_jemalloc_stats){taken, used, taken - used, jemalloc->arena};
	return 0;
}
