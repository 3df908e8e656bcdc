/* SPDX-License-Identifier: MIT */
/*
 * A format that nobody built, small enough to be tried out completely: granules of 64 bytes, tables
 * of eight entries, three levels, 32 KiB of input addresses, and runs of four. The engine takes it
 * as it is.
 */
#include "entry.h"
#include "model.h"
#include "provider.h"
#include "test.h"

#define PRESENT	 (1ULL << 63)
#define LEAF	 (1ULL << 62)
#define RUN	 (1ULL << 61)
#define DIRTY	 (1ULL << 60)
#define ACCESS	 (3ULL << 58)
#define GRANULE	 64u
#define GRANULES 512u

PT_INLINE enum pt_kind tiny_kind(u64 entry, unsigned level)
{
	(void)level;
	return !(entry & PRESENT) ? PT_EMPTY : entry & LEAF ? PT_LEAF : PT_TABLE;
}

/* Addresses stand shifted, to show that the engine does not care. */
PT_INLINE u64 tiny_pack(u64 addr)
{
	return addr >> 4;
}

PT_INLINE u64 tiny_unpack(u64 entry)
{
	return entry << 4;
}

PT_INLINE u64 tiny_table(u64 addr, unsigned level)
{
	(void)level;
	return addr | PRESENT;
}

PT_INLINE u64 tiny_leaf(u64 oa, unsigned level, unsigned size_lg2)
{
	return tiny_pack(oa) | PRESENT | LEAF | (size_lg2 > 6 + 3 * level ? RUN : 0);
}

PT_INLINE unsigned tiny_leaf_lg2(u64 entry, unsigned level)
{
	return 6 + 3 * level + (entry & RUN ? 2 : 0);
}

PT_INLINE bool tiny_all_single(u64 all, u64 any, unsigned level)
{
	(void)level;
	return (all & PRESENT) && (all & LEAF) && !(any & RUN);
}

PT_INLINE bool tiny_encode(uint32_t prot, uint32_t flags, u64 *attrs)
{
	(void)flags;
	*attrs = (u64)(prot & 3) << 58;
	return !(prot & ~3u);
}

PT_INLINE uint32_t tiny_decode(u64 entry, uint32_t flags)
{
	(void)flags;
	return entry >> 58 & 3;
}

PT_INLINE u64 tiny_permissions(uint32_t flags)
{
	(void)flags;
	return ACCESS;
}

PT_INLINE bool tiny_none_dirty(u64 all, u64 any)
{
	(void)all;
	return !(any & DIRTY);
}

PT_INLINE bool tiny_dirty(u64 entry)
{
	return entry & DIRTY;
}

PT_INLINE u64 tiny_make_dirty(u64 entry)
{
	return entry | DIRTY;
}

PT_INLINE u64 tiny_make_clean(u64 entry)
{
	return entry & ~DIRTY;
}

static void tiny_hw(const struct iomt_pt *pt, struct iomt_pt_hw *hw)
{
	(void)pt;
	(void)hw;
}

static const struct pt_format tiny = {
	.granule_lg2 = 6,
	.index_lg2 = 3,
	.min_levels = 3,
	.max_levels = 3,
	.root_min_lg2 = 6,
	.min_iova_bits = 15,
	.max_iova_bits = 15,
	.usual_iova_bits = 15,
	.usual_oa_bits = 57,
	.oa_widths = 1ULL << 57,
	.linear_lg2 = 64,
	.sizes = 1ULL << 6 | 1ULL << 8 | 1ULL << 9 | 1ULL << 11 | 1ULL << 12,
	.resizes = true,
	.flags = IOMT_PT_DIRTY,
	.synced = 1ULL << 57,
	.attrs = ACCESS | DIRTY,
	.kind = tiny_kind,
	.pack = tiny_pack,
	.unpack = tiny_unpack,
	.table = tiny_table,
	.leaf = tiny_leaf,
	.leaf_lg2 = tiny_leaf_lg2,
	.all_single = tiny_all_single,
	.none_dirty = tiny_none_dirty,
	.encode = tiny_encode,
	.decode = tiny_decode,
	.permissions = tiny_permissions,
	.dirty = tiny_dirty,
	.make_dirty = tiny_make_dirty,
	.make_clean = tiny_make_clean,
	.hw = tiny_hw,
};

IOMT_PT_DECLARE_FORMAT(tiny);
PT_FORMAT_ENTRY(tiny, tiny);

struct tiny_table {
	struct provider provider;
	struct iomt_pt pt;
	struct iomt_gather gather;
	struct model model;
};

static void tiny_open(struct tiny_table *t)
{
	struct iomt_pt_cfg cfg = {.size = sizeof(cfg),
				  .format = &iomt_tiny,
				  .mem = &t->provider.mem,
				  .flags = IOMT_PT_DIRTY};

	provider_init(&t->provider, PROVIDER_LOW);
	CHECK_INT(iomt_pt_init(&t->pt, &cfg), 0);
	iomt_gather_init(&t->gather);
	model_init(&t->model);
}

static void tiny_close(struct tiny_table *t)
{
	iomt_gather_release(&t->gather);
	iomt_pt_destroy(&t->pt);
	model_destroy(&t->model);
	provider_check_empty(&t->provider);
}

/* Every address against the model. */
static void compare(struct tiny_table *t)
{
	for (u64 at = 0; at < GRANULES * GRANULE; at += GRANULE) {
		const struct interval *interval = model_find(&t->model, at);
		struct iomt_pt_leaf leaf;
		int got = iomt_pt_translate(&t->pt, at + 5, &leaf);

		CHECK_INT(got, interval ? 0 : IOMT_ENOENT);
		if (got)
			continue;
		CHECK_EQ(leaf.oa, interval->oa + (at - interval->first) + 5);
		CHECK_EQ(leaf.prot, interval->prot);
		CHECK(leaf.dirty == interval->dirty);
	}
}

/* Maps every range of the first two tables and a bit, with every small misalignment. */
static void every_range(void)
{
	static struct tiny_table t;

	for (u64 from = 0; from < 20; from++) {
		for (u64 to = from + 1; to < 140; to += 1 + to / 20) {
			u64 iova = from * GRANULE, length = (to - from) * GRANULE;
			u64 oa = iova + (to % 5) * GRANULE;

			tiny_open(&t);
			CHECK_INT(iomt_pt_map(&t.pt, iova, oa, length, 3, NULL), 0);
			model_map(&t.model, iova, iova + length - 1, oa, 3);
			compare(&t);
			tiny_close(&t);
		}
	}
}

/* Unmaps and protects every range out of one mapping of the largest leaves. */
static void every_hole(void)
{
	static struct tiny_table t;
	const u64 all = GRANULES * GRANULE;

	for (u64 from = 0; from < 70; from += 1 + from / 16) {
		for (u64 to = from + 1; to <= GRANULES; to += 1 + to / 16) {
			u64 iova = from * GRANULE, length = (to - from) * GRANULE, bytes;

			tiny_open(&t);
			CHECK_INT(iomt_pt_map(&t.pt, 0, all, all, 3, NULL), 0);
			model_map(&t.model, 0, all - 1, all, 3);
			CHECK_INT(iomt_pt_protect(&t.pt, iova, length, 1, &t.gather), 0);
			model_protect(&t.model, iova, iova + length - 1, 3, 1);
			compare(&t);
			CHECK_INT(iomt_pt_unmap(&t.pt, iova,
						length / 2 / GRANULE * GRANULE + GRANULE, &bytes,
						&t.gather),
				  0);
			CHECK_EQ(bytes, length / 2 / GRANULE * GRANULE + GRANULE);
			model_unmap(&t.model, iova, iova + bytes - 1);
			compare(&t);
			tiny_close(&t);
		}
	}
}

/* Each slot of each leaf made dirty by itself, then harvested. */
static void every_dirty_slot(void)
{
	static struct tiny_table t;
	const u64 all = GRANULES * GRANULE;
	struct iomt_pt_leaf leaf;

	tiny_open(&t);
	CHECK_INT(iomt_pt_map(&t.pt, 0, 0, 100 * GRANULE, 3, NULL), 0);
	CHECK_INT(iomt_pt_map(&t.pt, 100 * GRANULE, all, all - 100 * GRANULE, 3, NULL), 0);
	for (u64 at = 0; at < all; at += GRANULE) {
		struct pt_stop stop = pt_walk_down(&tiny, &t.pt, at);
		u64 bitmap[GRANULES / 64] = {0}, first, last;

		CHECK_INT(iomt_pt_translate(&t.pt, at, &leaf), 0);
		*stop.slot |= DIRTY;
		first = at >> leaf.size_lg2 << leaf.size_lg2;
		last = first + (1ULL << leaf.size_lg2) - 1;
		CHECK_INT(iomt_pt_dirty(&t.pt, 0, all, GRANULE, bitmap, 0, &t.gather), 0);
		for (u64 g = 0; g < GRANULES; g++)
			CHECK_EQ(bitmap[g / 64] >> (g % 64) & 1,
				 g * GRANULE >= first && g * GRANULE <= last);
		CHECK_INT(iomt_pt_translate(&t.pt, at, &leaf), 0);
		CHECK(!leaf.dirty);
	}
	tiny_close(&t);
}

TEST_SUITE(tiny, TEST(every_range), TEST(every_hole), TEST(every_dirty_slot));
