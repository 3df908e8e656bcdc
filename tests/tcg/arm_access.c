/* SPDX-License-Identifier: MIT */
/*
 * Loads, stores and instruction fetches from EL1 and EL0 through the tables, and the dirty states
 * that stores leave in them (D8.5.2).
 */
#include "arm_cases.h"
#include "test.h"

#define RW	(IOMT_READ | IOMT_WRITE)
#define SPACING 0x2000000ULL /* of mappings, and their largest leaf */
#define WINDOW	0x80000000ULL

struct place {
	uint64_t va;
	uint64_t oa;
	uint64_t size;
	uint32_t prot;
};

/* The window that the test plays in: above the stub, or the end of the upper half. */
static bool window_of(const struct arm_table *t, uint64_t *base)
{
	bool upper = t->config->flags & IOMT_PT_TTBR1;

	*base = upper ? 0 - WINDOW : WINDOW;
	return upper || t->last >= 2 * WINDOW - 1;
}

/* Tables of the upper half need one below, where the stub is. */
static void load_with_stub(struct arm_table *t, struct arm_table *stub)
{
	struct arm_config below = *t->config;

	if (!(below.flags & IOMT_PT_TTBR1)) {
		arm_map_stub(t);
		return;
	}
	below.flags &= ~IOMT_PT_TTBR1;
	below.iova_bits = 48;
	arm_open(stub, t->machine, &below);
	stub->config = t->config;
	arm_map_stub(stub);
	arm_load(t->machine, stub, t, NULL);
}

static void unload_stub(struct arm_table *t, struct arm_table *stub)
{
	if (t->config->flags & IOMT_PT_TTBR1)
		arm_close(stub);
}

static void ask_place(struct arm_table *t, const struct place *place, uint64_t offset)
{
	for (enum arm_op op = ARM_LOAD; op <= ARM_FETCH_EL0; op++) {
		uint64_t at = offset ^ (uint64_t)(op - ARM_LOAD) * 8, oa = place->oa + at;
		struct arm_want want = t->config->stage2 ? arm_want_s2(op, oa, place->prot)
							 : arm_want_s1(op, oa, place->prot);

		if (!place->prot)
			want = (struct arm_want){.result = ARM_NO_TRANSLATION,
						 .stage2 = t->config->stage2};
		arm_ask(t->machine, op, place->va + at, want);
	}
}

static void try_leaf(struct arm_table *t, const struct place *place)
{
	const struct place before = {.va = place->va - 64}, after = {.va = place->va + place->size};
	struct iomt_pt_leaf leaf;

	arm_map(t, place->va, place->oa, place->size, place->prot);
	CHECK_INT(iomt_pt_translate(&t->pt, place->va, &leaf), 0);
	CHECK_EQ(1ULL << leaf.size_lg2, place->size);
	ask_place(t, place, 0);
	ask_place(t, place, place->size / 2 + 64);
	ask_place(t, place, place->size - 64);
	ask_place(t, &before, 0);
	if (after.va)
		ask_place(t, &after, 0);
	arm_flush(t->machine);
	CHECK_INT(iomt_pt_unmap(&t->pt, place->va, place->size, NULL, &t->gather), 0);
}

static void accesses_of(struct arm_table *t)
{
	struct arm_table stub;
	uint64_t base, sizes = iomt_pt_sizes(&t->pt);

	if (!window_of(t, &base))
		return;
	load_with_stub(t, &stub);
	for (uint32_t prot = 1; prot < 0x18; prot++) {
		for (unsigned lg2 = 12; lg2 <= 25; lg2++) {
			uint64_t size = 1ULL << lg2, part = prot * 0x123457000ULL;
			struct place place = {.va = base + prot * SPACING,
					      .oa = ARM_DATA + part % ARM_DATA_BYTES / size * size,
					      .size = size,
					      .prot = prot};
			bool known = !(prot & ~(RW | IOMT_EXEC | IOMT_PRIV));

			if (!known || !(sizes >> lg2 & 1))
				continue;
			if (t->config->stage2 ? (prot & IOMT_PRIV) || (prot & 5) == IOMT_EXEC
					      : !(prot & IOMT_READ))
				continue;
			try_leaf(t, &place);
		}
	}
	unload_stub(t, &stub);
}

/* All kinds of access to leaves of all sizes up to 32M, with all permissions. */
void arm_accesses(void)
{
	arm_over_all(accesses_of);
}

static bool is_dirty(struct arm_table *t, uint64_t at)
{
	uint64_t bitmap = 0;

	CHECK_INT(iomt_pt_dirty(&t->pt, at, t->granule, t->granule, &bitmap, IOMT_DIRTY_KEEP,
				&t->gather),
		  0);
	return bitmap;
}

static void touch(struct arm_table *t, enum arm_op op, uint64_t va, uint64_t oa)
{
	arm_ask(t->machine, op, va, (struct arm_want){.result = ARM_OK, .oa = oa});
	arm_flush(t->machine);
}

/*
 * Clean until stored to; clean again when harvested; dirty again with the next store. That AT
 * instructions for writes set dirty states as well is QEMU's own idea.
 */
static void dirty_leaf(struct arm_table *t, uint64_t va, uint64_t size)
{
	uint64_t at = size / 2 + 8;

	arm_map(t, va, ARM_DATA, size, RW);
	touch(t, ARM_LOAD, va + at, ARM_DATA + at);
	CHECK(!is_dirty(t, va));
	for (int twice = 0; twice < 2; twice++) {
		uint64_t bitmap = 0;

		touch(t, ARM_STORE, va + at, ARM_DATA + at);
		CHECK(is_dirty(t, va));
		CHECK_INT(iomt_pt_dirty(&t->pt, va, size, size, &bitmap, 0, &t->gather), 0);
		CHECK_EQ(bitmap, 1);
		CHECK(t->gather.leaf_sizes & size);
		iomt_gather_release(&t->gather);
		touch(t, ARM_LOAD, va + at, ARM_DATA + at);
		CHECK(!is_dirty(t, va));
	}
	CHECK_INT(iomt_pt_unmap(&t->pt, va, size, NULL, &t->gather), 0);
	iomt_gather_release(&t->gather);
}

/* A store through one half of a leaf; then the other half is unmapped: what stays is dirty. */
static void dirty_split(struct arm_table *t, uint64_t va, uint64_t size)
{
	uint64_t bitmap = 0;

	arm_map(t, va, ARM_DATA, size, RW);
	touch(t, ARM_STORE, va, ARM_DATA);
	CHECK_INT(iomt_pt_unmap(&t->pt, va + size / 2, size / 2, NULL, &t->gather), 0);
	touch(t, ARM_LOAD, va, ARM_DATA);
	iomt_gather_release(&t->gather);
	CHECK(is_dirty(t, va + size / 2 - t->granule));
	CHECK_INT(iomt_pt_dirty(&t->pt, va, size / 2, size, &bitmap, 0, &t->gather), 0);
	CHECK_EQ(bitmap, 1);
	touch(t, ARM_LOAD, va, ARM_DATA);
	CHECK(!is_dirty(t, va));
	touch(t, ARM_STORE, va, ARM_DATA);
	CHECK(is_dirty(t, va));
	CHECK_INT(iomt_pt_unmap(&t->pt, va, size / 2, NULL, &t->gather), 0);
	iomt_gather_release(&t->gather);
}

static void dirty_of(struct arm_table *t)
{
	struct arm_table stub;
	uint64_t base;

	if (!window_of(t, &base) || !(t->config->flags & IOMT_PT_DIRTY))
		return;
	load_with_stub(t, &stub);
	for (unsigned lg2 = 12; lg2 <= 25; lg2++) {
		if (!(iomt_pt_sizes(&t->pt) >> lg2 & 1))
			continue;
		dirty_leaf(t, base + SPACING, 1ULL << lg2);
		if (1ULL << lg2 > t->granule)
			dirty_split(t, base + SPACING, 1ULL << lg2);
	}
	unload_stub(t, &stub);
}

void arm_dirty(void)
{
	arm_over_all(dirty_of);
}
