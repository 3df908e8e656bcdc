/* SPDX-License-Identifier: MIT */
/* x86-64 tables of four and of five levels as the MMU of QEMU's "max" CPU reads them. */
#include "la57.h"
#include "play.h"
#include "test.h"

#define RW  (IOMT_READ | IOMT_WRITE)
#define ALL (RW | IOMT_EXEC)

/* A page comes and goes; the stub's own pages are elsewhere. */
static void pages_at(struct la57_table *t, uint64_t iova, uint64_t oa)
{
	la57_map(t, iova, oa, 0x1000, ALL);
	la57_ask_all(t, iova, oa, ALL);
	la57_ask_all(t, iova + 0xfc0, oa + 0xfc0, ALL);
	la57_flush(t);
	la57_unmap(t, iova, 0x1000);
	la57_ask_all(t, iova, 0, 0);
	la57_flush(t);
}

static void edges_of(struct la57_table *t)
{
	uint64_t upper = ~t->last;

	pages_at(t, 0, LA57_DATA);
	pages_at(t, 0x40000000, LA57_DATA + 0x1000);
	for (uint64_t at = 1 << 18; at < t->last; at *= 2)
		pages_at(t, at, LA57_DATA_END - 0x1000);
	pages_at(t, t->last - 0xfff, LA57_DATA + 0x2000);
	if (!t->upper)
		return;
	pages_at(t, upper, LA57_DATA + 0x3000);
	pages_at(t, upper + 0x123456789000, LA57_DATA + 0x4000);
	pages_at(t, 0 - 0x1000ULL, LA57_DATA + 0x5000);
	la57_ask_noncanonical(t, t->last + 1);
	la57_ask_noncanonical(t, upper - 8);
	la57_flush(t);
}

/* The first and last pages of both halves, every index bit alone, and what is no address. */
static void edges(void)
{
	la57_over_all(edges_of);
}

/* A leaf of this size with all permissions, and what surrounds it. */
static void leaf_at(struct la57_table *t, uint64_t iova, uint64_t oa, uint64_t size)
{
	static const uint32_t prots[] = {IOMT_READ,
					 RW,
					 IOMT_READ | IOMT_EXEC,
					 ALL | IOMT_GLOBAL,
					 IOMT_READ | IOMT_PRIV,
					 ALL | IOMT_PRIV,
					 RW | IOMT_TYPE_UNCACHED,
					 IOMT_READ | IOMT_TYPE_DEVICE};

	for (size_t i = 0; i < sizeof(prots) / sizeof(prots[0]); i++) {
		struct iomt_pt_leaf leaf;

		la57_map(t, iova, oa, size, prots[i]);
		CHECK_INT(iomt_pt_translate(&t->pt, iova, &leaf), 0);
		CHECK_EQ(1ULL << leaf.size_lg2, size);
		for (uint64_t at = 0; at < size; at += size / 16 + 0x40)
			la57_ask_all(t, iova + at, oa + at, prots[i]);
		la57_ask_all(t, iova + size - 0x40, oa + size - 0x40, prots[i]);
		la57_ask_all(t, iova - 0x40, 0, 0);
		if (iova + size && iova + size != t->last + 1)
			la57_ask_all(t, iova + size, 0, 0);
		la57_flush(t);
		la57_unmap(t, iova, size);
	}
}

static void leaves_of(struct la57_table *t)
{
	static const unsigned sizes[] = {12, 21, 30};

	for (size_t i = 0; i < 3; i++) {
		uint64_t size = 1ULL << sizes[i], oa = size <= 0x200000 ? LA57_DATA : 0x40000000;

		leaf_at(t, size * 4, oa, size);
		leaf_at(t, t->last - size + 1, oa, size);
		if (t->upper)
			leaf_at(t, 0 - size, oa, size);
	}
}

static void leaves(void)
{
	la57_over_all(leaves_of);
}

/* Large leaves lose a page of their middle, and give way to other sizes. */
static void splits_of(struct la57_table *t)
{
	for (unsigned lg2 = 21; lg2 <= 30; lg2 += 9) {
		uint64_t size = 1ULL << lg2, iova = 4 * size, hole = size / 2 + 0x3000;
		uint64_t oa = lg2 == 21 ? LA57_DATA : 0x40000000;

		la57_map(t, iova, oa, size, ALL);
		la57_ask_all(t, iova + hole, oa + hole, ALL);
		la57_flush(t);
		la57_unmap(t, iova + hole, 0x1000);
		la57_ask_all(t, iova, oa, ALL);
		la57_ask_all(t, iova + hole - 0x40, oa + hole - 0x40, ALL);
		la57_ask_all(t, iova + hole, 0, 0);
		la57_ask_all(t, iova + hole + 0x1000, oa + hole + 0x1000, ALL);
		la57_ask_all(t, iova + size - 0x40, oa + size - 0x40, ALL);
		la57_flush(t);
		la57_map(t, iova + hole, LA57_DATA + 0x7000, 0x1000, IOMT_READ);
		la57_ask_all(t, iova + hole, LA57_DATA + 0x7000, IOMT_READ);
		la57_flush(t);
		la57_unmap(t, iova, size);
		la57_map(t, iova, oa, size, IOMT_READ);
		la57_ask_all(t, iova + hole, oa + hole, IOMT_READ);
		la57_flush(t);
		la57_unmap(t, iova, size);
		iomt_gather_release(&t->gather);
	}
}

static void splits(void)
{
	la57_over_all(splits_of);
}

static bool is_dirty(struct la57_table *t, uint64_t at)
{
	uint64_t bitmap = 0;

	CHECK_INT(iomt_pt_dirty(&t->pt, at, 0x1000, 0x1000, &bitmap, IOMT_DIRTY_KEEP, NULL), 0);
	return bitmap;
}

/* Reads leave a leaf clean; the CPU's write makes it dirty, again after each harvest. */
static void dirty_leaf(struct la57_table *t, uint64_t iova, uint64_t oa, uint64_t size)
{
	la57_map(t, iova, oa, size, ALL);
	for (int twice = 0; twice < 2; twice++) {
		uint64_t bitmap = 0;

		la57_ask(t, LA57_READ, iova + size / 2, oa + size / 2, ALL);
		la57_ask(t, LA57_USER_FETCH, iova + size / 2 + 8, oa + size / 2 + 8, ALL);
		la57_flush(t);
		CHECK(!is_dirty(t, iova));
		la57_ask(t, LA57_USER_WRITE, iova + size / 2, oa + size / 2, ALL);
		la57_flush(t);
		CHECK(is_dirty(t, iova));
		CHECK_INT(iomt_pt_dirty(&t->pt, iova, size, size, &bitmap, 0, &t->gather), 0);
		CHECK_EQ(bitmap, 1);
		CHECK_EQ(t->gather.leaf_sizes, size);
		iomt_gather_release(&t->gather);
	}
	la57_ask(t, LA57_WRITE, iova, oa, ALL);
	la57_flush(t);
	if (size > 0x1000) {
		la57_unmap(t, iova + size - 0x1000, 0x1000);
		CHECK(is_dirty(t, iova + size - 0x2000));
		la57_map(t, iova + size - 0x1000, oa, 0x1000, RW);
		CHECK(!is_dirty(t, iova + size - 0x1000));
	}
	la57_unmap(t, iova, size);
	iomt_gather_release(&t->gather);
}

static void dirty_of(struct la57_table *t)
{
	if (!(t->config->flags & IOMT_PT_DIRTY))
		return;
	for (unsigned lg2 = 12; lg2 <= 30; lg2 += 9) {
		uint64_t oa = lg2 == 30 ? 0x40000000 : LA57_DATA;

		dirty_leaf(t, 4ULL << lg2, oa, 1ULL << lg2);
		if (t->upper)
			dirty_leaf(t, 0 - (2ULL << lg2), oa, 1ULL << lg2);
	}
}

static void dirty(void)
{
	la57_over_all(dirty_of);
}

static void ask(void *ctx, uint64_t address, const struct interval *in)
{
	address &= ~0x3fULL;
	if (in)
		la57_ask_all(ctx, address, in->oa + (address - in->first), in->prot);
	else
		la57_ask_all(ctx, address, 0, 0);
}

static void answer(void *ctx)
{
	la57_flush(ctx);
}

static void random_between(struct la57_table *t, uint64_t first, uint64_t last)
{
	static const uint32_t with_nx[] = {
		IOMT_READ, RW, IOMT_READ | IOMT_EXEC, ALL, RW | IOMT_PRIV, ALL | IOMT_PRIV, 0};
	static const uint32_t without[] = {IOMT_READ, RW, IOMT_READ | IOMT_PRIV, RW | IOMT_PRIV, 0};
	struct play run = {
		.pt = &t->pt,
		.gather = &t->gather,
		.granule = 0x1000,
		.first = first,
		.last = last,
		.oa_first = LA57_DATA,
		.oa_last = LA57_DATA_END - 1,
		.prots = t->nx ? with_nx : without,
		.name = t->config->name,
		.ask = ask,
		.answer = answer,
		.ctx = t,
	};

	play_random(&run, 3, t->config->iova_bits, t->machine->note, sizeof(t->machine->note));
}

static void random_in(struct la57_table *t)
{
	random_between(t, 0x100000, t->last);
	if (t->upper)
		random_between(t, ~t->last, UINT64_MAX);
}

/* IOMT_TEST_SEED=n repeats a run; what fails names its seed. */
static void random_maps(void)
{
	la57_over_all(random_in);
}

TEST_SUITE(tcg_la57, TEST(edges), TEST(leaves), TEST(splits), TEST(dirty), TEST(random_maps));
