/* SPDX-License-Identifier: MIT */
/*
 * Runs every operation often, for callgrind to count (run.sh). Each figure is a dump of callgrind,
 * named after it, of what ran between two toggles; what belongs to this file, loops and provider,
 * is left out there. By itself the program only checks that the calls succeed.
 */
#include "counts.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/callgrind.h>

#define BLOCK (PAGE << 9)
#define SEGS  16u
#define RW    (IOMT_READ | IOMT_WRITE)

/* A format's own symbols, or the general handle's. */
struct calls {
	int (*map)(struct iomt_pt *pt, uint64_t iova, uint64_t oa, uint64_t length, uint32_t prot,
		   struct iomt_gather *gather);
	int (*map_sg)(struct iomt_pt *pt, uint64_t iova, const struct iomt_seg *segs, size_t count,
		      uint32_t prot, struct iomt_gather *gather);
	int (*unmap)(struct iomt_pt *pt, uint64_t iova, uint64_t length, uint64_t *unmapped,
		     struct iomt_gather *gather);
	int (*protect)(struct iomt_pt *pt, uint64_t iova, uint64_t length, uint32_t prot,
		       struct iomt_gather *gather);
	int (*translate)(const struct iomt_pt *pt, uint64_t iova, struct iomt_pt_leaf *leaf);
	int (*dirty)(struct iomt_pt *pt, uint64_t iova, uint64_t length, uint64_t page_size,
		     uint64_t *bitmap, uint32_t flags, struct iomt_gather *gather);
	size_t (*translate_many)(const struct iomt_pt *pt, const uint64_t *iovas, size_t count,
				 struct iomt_pt_leaf *leaves);
	int (*cursor_map)(struct iomt_pt_cursor *cursor, uint64_t iova, uint64_t oa,
			  uint64_t length, uint32_t prot, struct iomt_gather *gather);
	int (*cursor_unmap)(struct iomt_pt_cursor *cursor, uint64_t iova, uint64_t length,
			    uint64_t *unmapped, struct iomt_gather *gather);
	int (*cursor_translate)(struct iomt_pt_cursor *cursor, uint64_t iova,
				struct iomt_pt_leaf *leaf);
};

#define CALLS(prefix)                                                                         \
	{                                                                                     \
		prefix##_map, prefix##_map_sg, prefix##_unmap, prefix##_protect,              \
			prefix##_translate, prefix##_dirty, prefix##_translate_many,          \
			prefix##_cursor_map, prefix##_cursor_unmap, prefix##_cursor_translate \
	}

struct kind {
	const char *name;
	const struct iomt_pt_format *format;
	struct calls calls;
	uint64_t run;	       /* bytes of a leaf in many slots, or 0 */
	uint64_t dirty_bit;    /* what hardware changes on a write */
	bool dirty_when_clear; /* Arm stage 1: to zero */
	uint8_t iova_bits;
	uint8_t shift;	     /* the address stands so much lower in an entry */
	uint64_t page_sizes; /* 0: all that are usual */
	uint8_t bbm;
};

static const struct calls general = CALLS(iomt_pt);

static const struct kind kinds[] = {
	{"amdv1", &iomt_amdv1, CALLS(iomt_amdv1), 256 * PAGE, 1 << 6, false, 48, 0, 0, 0},
	{"x86_64", &iomt_x86_64, CALLS(iomt_x86_64), 0, 1 << 6, false, 48, 0, 0, 0},
	{"vtd_ss", &iomt_vtd_ss, CALLS(iomt_vtd_ss), 0, 1 << 9, false, 48, 0, 0, 0},
	{"arm_s1_4k", &iomt_arm_s1_4k, CALLS(iomt_arm_s1_4k), 16 * PAGE, 1 << 7, true, 48, 0, 0, 2},
	{"arm_s2_4k", &iomt_arm_s2_4k, CALLS(iomt_arm_s2_4k), 16 * PAGE, 1 << 7, false, 48, 0, 0,
	 2},
	{"riscv_s1", &iomt_riscv_s1, CALLS(iomt_riscv_s1), 16 * PAGE, 1 << 7, false, 47, 2,
	 0x8040211000, 0},
	{"riscv_s2", &iomt_riscv_s2, CALLS(iomt_riscv_s2), 16 * PAGE, 1 << 7, false, 50, 2,
	 0x8040211000, 0},
};

/* A table and what a loop does with it. */
struct work {
	const struct kind *kind;
	const struct calls *calls;
	struct iomt_pt pt;
	struct iomt_pt_cursor cursor;
	struct iomt_gather gather;
	uint64_t ranges;
	uint64_t length; /* of a range */
	uint64_t oa;	 /* of the first */
	uint32_t prot;
	uint64_t bitmap[PAGES / 64];
	int err;
};

/*
 * No granule of 64K begins with it. A larger alignment would be that of the program's segments too, and
 * valgrind 3.19 finds no symbols in such programs.
 */
static _Alignas(4096) char pages[PAGE + SHELF];
static size_t used;

void *counts_shelf(void)
{
	return (uintptr_t)pages % (16 * PAGE) ? pages : pages + PAGE;
}

void counts_clear(void)
{
	used = 0;
}

static void *take(void *ctx, size_t bytes)
{
	size_t at = used + (-((uintptr_t)counts_shelf() + used) & (bytes - 1));

	(void)ctx;
	if (at + bytes > SHELF)
		return NULL;
	used = at + bytes;
	return (char *)counts_shelf() + at;
}

static void give(void *ctx, void *memory, size_t bytes)
{
	(void)ctx;
	(void)memory;
	(void)bytes;
}

const struct iomt_mem counts_mem = {sizeof(counts_mem), take, give, NULL, NULL, 0, NULL, NULL};

static void open_table(struct work *w, uint32_t flags)
{
	struct iomt_pt_cfg cfg = {
		.size = sizeof(cfg),
		.format = w->kind->format,
		.mem = &counts_mem,
		.flags = flags,
		.iova_bits = w->kind->iova_bits,
		.page_sizes = w->kind->page_sizes,
		.bbm = w->kind->bbm,
	};

	counts_clear();
	w->calls = &w->kind->calls;
	w->oa = OA;
	w->prot = RW;
	w->err = iomt_pt_init(&w->pt, &cfg);
	iomt_gather_init(&w->gather);
	memset(w->bitmap, 0, sizeof(w->bitmap));
}

void counts_loop(const char *format, const char *name, void (*loop)(void *ctx), void *ctx,
		 const int *err, uint64_t ops)
{
	char label[80];

	snprintf(label, sizeof(label), "%s %s %llu", format, name, (unsigned long long)ops);
	CALLGRIND_TOGGLE_COLLECT;
	loop(ctx);
	CALLGRIND_TOGGLE_COLLECT;
	CALLGRIND_DUMP_STATS_AT(label);
	if (*err) {
		fprintf(stderr, "%s: %s\n", label, iomt_strerror(*err));
		exit(1);
	}
}

static void count(struct work *w, const char *name, void (*loop)(void *ctx), uint64_t ops)
{
	counts_loop(w->kind->name, name, loop, w, &w->err, ops);
}

static void map_ranges(void *ctx)
{
	struct work *w = ctx;

	for (uint64_t i = 0; i < w->ranges; i++)
		w->err |= w->calls->map(&w->pt, IOVA + i * w->length, w->oa + i * w->length,
					w->length, w->prot, &w->gather);
}

static void unmap_ranges(void *ctx)
{
	struct work *w = ctx;
	uint64_t unmapped;

	for (uint64_t i = 0; i < w->ranges; i++) {
		w->err |= w->calls->unmap(&w->pt, IOVA + i * w->length, w->length, &unmapped,
					  &w->gather);
		w->err |= unmapped == w->length ? 0 : IOMT_ENOENT;
	}
}

static void protect_ranges(void *ctx)
{
	struct work *w = ctx;

	for (uint64_t i = 0; i < w->ranges; i++)
		w->err |= w->calls->protect(&w->pt, IOVA + i * w->length, w->length, w->prot,
					    &w->gather);
}

/* Every range is as many pages far apart. */
static void map_lists(void *ctx)
{
	struct work *w = ctx;
	struct iomt_seg segs[SEGS];

	for (uint64_t i = 0; i < w->ranges; i++) {
		for (uint64_t at = 0; at < SEGS; at++)
			segs[at] = (struct iomt_seg){OA + 2 * PAGE * (SEGS * i + at), PAGE};
		w->err |= w->calls->map_sg(&w->pt, IOVA + i * w->length, segs, SEGS, w->prot,
					   &w->gather);
	}
}

static void translate_pages(void *ctx)
{
	struct work *w = ctx;
	struct iomt_pt_leaf leaf = {0};

	for (uint64_t at = 0; at < PAGES * PAGE; at += PAGE) {
		w->err |= w->calls->translate(&w->pt, IOVA + at + 8, &leaf);
		w->err |= leaf.size_lg2 == 12 ? 0 : IOMT_ENOENT;
	}
}

static void iterate(void *ctx)
{
	struct work *w = ctx;
	uint64_t at = IOVA, last = IOVA + PAGES * PAGE - 1;
	struct iomt_pt_run run;

	for (; at < last; at = run.last + 1) {
		w->err |= iomt_pt_next(&w->pt, at, last, &run);
		if (w->err)
			return;
	}
}

static void harvest(void *ctx)
{
	struct work *w = ctx;
	w->err |= w->calls->dirty(&w->pt, IOVA, PAGES * PAGE, PAGE, w->bitmap, 0, &w->gather);
}

/* As large as a page, but within a block. */
static void translate_blocks(void *ctx)
{
	struct work *w = ctx;
	struct iomt_pt_leaf leaf = {0};

	for (uint64_t at = 0; at < PAGES * PAGE; at += PAGE) {
		w->err |= w->calls->translate(&w->pt, IOVA + at + 8, &leaf);
		w->err |= leaf.size_lg2 > 12 ? 0 : IOMT_ENOENT;
	}
}

static void translate_lists(void *ctx)
{
	struct work *w = ctx;
	struct iomt_pt_leaf leaves[SEGS];
	uint64_t iovas[SEGS];

	for (uint64_t at = 0; at < PAGES; at += SEGS) {
		for (uint64_t i = 0; i < SEGS; i++)
			iovas[i] = IOVA + (at + i) * PAGE + 8;
		w->err |= w->calls->translate_many(&w->pt, iovas, SEGS, leaves) == SEGS
				  ? 0
				  : IOMT_ENOENT;
	}
}

static void cursor_map_pages(void *ctx)
{
	struct work *w = ctx;

	for (uint64_t at = 0; at < PAGES * PAGE; at += PAGE)
		w->err |= w->calls->cursor_map(&w->cursor, IOVA + at, w->oa + at, PAGE, w->prot,
					       &w->gather);
}

static void cursor_unmap_pages(void *ctx)
{
	struct work *w = ctx;
	uint64_t unmapped;

	for (uint64_t at = 0; at < PAGES * PAGE; at += PAGE) {
		w->err |=
			w->calls->cursor_unmap(&w->cursor, IOVA + at, PAGE, &unmapped, &w->gather);
		w->err |= unmapped == PAGE ? 0 : IOMT_ENOENT;
	}
}

static void cursor_translate_pages(void *ctx)
{
	struct work *w = ctx;
	struct iomt_pt_leaf leaf = {0};

	for (uint64_t at = 0; at < PAGES * PAGE; at += PAGE)
		w->err |= w->calls->cursor_translate(&w->cursor, IOVA + at + 8, &leaf);
}

/* A page out of the middle of each range. */
static void unmap_middles(void *ctx)
{
	struct work *w = ctx;
	uint64_t unmapped;

	for (uint64_t i = 0; i < w->ranges; i++) {
		w->err |= w->calls->unmap(&w->pt, IOVA + i * w->length + w->length / 2, PAGE,
					  &unmapped, &w->gather);
		w->err |= unmapped == PAGE ? 0 : IOMT_ENOENT;
	}
}

static void reserve_ranges(void *ctx)
{
	struct work *w = ctx;

	for (uint64_t i = 0; i < w->ranges; i++)
		w->err |= iomt_pt_reserve(&w->pt, IOVA + i * w->length, w->length);
}

static void trim_ranges(void *ctx)
{
	struct work *w = ctx;

	for (uint64_t i = 0; i < w->ranges; i++)
		w->err |= iomt_pt_trim(&w->pt, IOVA + i * w->length, w->length, &w->gather);
}

/* Ranges of so many leaves of one size, mapped and unmapped; what one of "per" costs. */
static void count_ranges(struct work *w, const char *what, uint64_t leaf, uint64_t leaves,
			 uint64_t ranges, uint64_t per)
{
	char name[32];

	w->ranges = ranges;
	w->length = leaf * leaves;
	w->oa = OA + (leaves > 1 ? leaf : 0); /* out of step, so that no larger leaf fits */
	map_ranges(w);			      /* so that tables are in place */
	unmap_ranges(w);
	snprintf(name, sizeof(name), "map-%s", what);
	count(w, name, map_ranges, ranges * per);
	snprintf(name, sizeof(name), "unmap-%s", what);
	count(w, name, unmap_ranges, ranges * per);
}

static void count_maps(struct work *w)
{
	open_table(w, 0);
	count_ranges(w, "1", PAGE, 1, 1024, 1);
	w->calls = &general;
	count_ranges(w, "1-general", PAGE, 1, 1024, 1);
	w->calls = &w->kind->calls;
	count_ranges(w, "16", PAGE, 16, 64, 1);
	count_ranges(w, "512-each", PAGE, 512, 4, 512);
	if (w->kind->run)
		count_ranges(w, "run", w->kind->run, 1, 8, 1);
	open_table(w, 0);
	count_ranges(w, "512-blocks-each", BLOCK, 512, 4, 512);

	open_table(w, 0);
	w->prot = RW | IOMT_MMIO; /* of no use to a table in memory, but to be found */
	count_ranges(w, "1-mmio", PAGE, 1, 1024, 1);

	open_table(w, 0);
	w->ranges = 64;
	w->length = SEGS * PAGE;
	map_lists(w);
	unmap_ranges(w);
	count(w, "map-sg-16", map_lists, w->ranges);

	open_table(w, 0);
	w->ranges = 1;
	w->length = 4 * PAGES * PAGE;
	w->oa = OA + PAGE;
	count(w, "map-cold-each", map_ranges, 4 * PAGES);
}

/* Pages that are one run, and pages that are each their own. */
static void count_reads(struct work *w)
{
	open_table(w, 0);
	w->ranges = 1;
	w->length = PAGES * PAGE;
	map_ranges(w);
	count(w, "translate-block", translate_blocks, PAGES);

	open_table(w, 0);
	w->ranges = 1;
	w->length = PAGES * PAGE;
	w->oa = OA + PAGE;
	map_ranges(w);
	count(w, "translate", translate_pages, PAGES);
	count(w, "translate-many-each", translate_lists, PAGES);
	count(w, "next-joined-each", iterate, PAGES);
	unmap_ranges(w);
	w->length = PAGE;
	for (uint64_t at = 0; at < PAGES * PAGE; at += PAGE)
		w->err |= iomt_pt_map(&w->pt, IOVA + at, OA + 2 * at, PAGE, w->prot, NULL);
	count(w, "next-each", iterate, PAGES);
}

/* Where all tables are there, and the cursor moves with every 512th page. */
static void count_cursor(struct work *w)
{
	open_table(w, 0);
	w->ranges = 1;
	w->length = PAGES * PAGE;
	w->oa = OA + PAGE;
	map_ranges(w);
	unmap_ranges(w);
	iomt_pt_cursor_init(&w->cursor, &w->pt);
	count(w, "cursor-map-1", cursor_map_pages, PAGES);
	count(w, "cursor-translate", cursor_translate_pages, PAGES);
	count(w, "cursor-unmap-1", cursor_unmap_pages, PAGES);
}

/* Leaves of two sizes; a page out of a block; tables in advance, and given back. */
static void count_rare(struct work *w)
{
	open_table(w, 0);
	w->ranges = 8;
	w->length = 5 * BLOCK / 2;
	map_ranges(w);
	unmap_ranges(w);
	count(w, "map-uneven", map_ranges, w->ranges);
	count(w, "unmap-uneven", unmap_ranges, w->ranges);

	open_table(w, 0);
	w->ranges = 16;
	w->length = BLOCK;
	map_ranges(w);
	count(w, "split", unmap_middles, w->ranges);
	w->err |= iomt_pt_unmap(&w->pt, IOVA, w->ranges * BLOCK, NULL, &w->gather);
	count(w, "trim", trim_ranges, w->ranges);

	open_table(w, 0);
	w->length = 4 * BLOCK;
	count(w, "reserve-4", reserve_ranges, w->ranges);
}

static void count_protect(struct work *w)
{
	open_table(w, 0);
	w->ranges = 8;
	w->length = 512 * PAGE;
	w->oa = OA + PAGE;
	map_ranges(w);
	w->prot = IOMT_READ;
	count(w, "protect-512-each", protect_ranges, w->ranges * 512);

	open_table(w, IOMT_PT_DIRTY);
	w->oa = OA + PAGE;
	map_ranges(w);
	w->prot = IOMT_READ;
	count(w, "protect-tracked-each", protect_ranges, w->ranges * 512);
}

/* Where hardware would find the entry: with this provider, physical addresses are pointers. */
static uint64_t *find_slot(const struct work *w, uint64_t iova)
{
	struct iomt_pt_hw hw;
	uint64_t *slot;

	iomt_pt_hw(&w->pt, &hw);
	slot = (uint64_t *)(uintptr_t)hw.root + (iova >> (12 + 9 * (hw.levels - 1)));
	for (unsigned level = hw.levels - 1; level-- > 0;) {
		slot = (uint64_t *)(uintptr_t)((*slot << w->kind->shift) & ((1ULL << 48) - PAGE));
		slot += iova >> (12 + 9 * level) & 511;
	}
	return slot;
}

static void count_dirty(struct work *w)
{
	unsigned dirty = 0;

	open_table(w, IOMT_PT_DIRTY);
	w->ranges = 1;
	w->length = PAGES * PAGE;
	w->oa = OA + PAGE;
	map_ranges(w);
	count(w, "dirty-none-each", harvest, PAGES);
	for (uint64_t i = 0; i < PAGES; i += 100) {
		uint64_t *slot = find_slot(w, IOVA + i * PAGE), bit = w->kind->dirty_bit;

		*slot = w->kind->dirty_when_clear ? *slot & ~bit : *slot | bit;
	}
	count(w, "dirty-1-percent-each", harvest, PAGES);
	for (unsigned i = 0; i < PAGES / 64; i++)
		dirty += (unsigned)__builtin_popcountll(w->bitmap[i]);
	if (dirty != (PAGES + 99) / 100) {
		fprintf(stderr, "%s: %u pages were dirty\n", w->kind->name, dirty);
		exit(1);
	}
}

static bool has_avx2(void)
{
#ifdef __x86_64__
	return __builtin_cpu_supports("avx2");
#else
	return false;
#endif
}

int main(void)
{
	static struct work w;

#ifdef __clang__
	printf("# compiler: clang %d\n", __clang_major__);
#else
	printf("# compiler: gcc %d\n", __GNUC__);
#endif
	printf("# flags: %s\n", COUNTS_FLAGS);
	/* the widest that valgrind knows; long ranges use what there is */
	printf("# vectors: %s\n", has_avx2() ? "avx2" : "those of the flags");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		w.kind = &kinds[i];
		count_maps(&w);
		count_reads(&w);
		count_cursor(&w);
		count_rare(&w);
		count_protect(&w);
		count_dirty(&w);
	}
	counts_walks();
	return 0;
}
