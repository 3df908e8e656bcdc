/* SPDX-License-Identifier: MIT */
/* RISC-V tables of both stages as the MMU of QEMU's rv64 CPU reads them. */
#include "play.h"
#include "riscv.h"
#include "test.h"
#include <stdio.h>

#define RW  (IOMT_READ | IOMT_WRITE)
#define ALL (RW | IOMT_EXEC)

/* What the machine cannot check is said once. */
static void configurations(void)
{
	struct machine *machine = riscv_machine();

	if (machine && riscv_halves(machine))
		fprintf(stderr, "tcg_riscv: no upper halves of second stages: this QEMU refuses "
				"guest physical addresses with the top bit set\n");
}

static bool is_signed(const struct riscv_table *t)
{
	return t->config->flags & IOMT_PT_SIGNED;
}

/* A page comes and goes. */
static void page_at(struct riscv_table *t, uint64_t iova, uint64_t oa)
{
	riscv_map(t, iova, oa, 0x1000, ALL);
	riscv_ask_all(t, iova, oa, ALL);
	riscv_ask_all(t, iova + 0xfc0, oa + 0xfc0, ALL);
	riscv_flush(t->machine);
	riscv_unmap(t, iova, 0x1000);
	riscv_ask_all(t, iova, 0, 0);
	riscv_flush(t->machine);
}

static void edges_of(struct riscv_table *t)
{
	unsigned oa_bits = t->config->oa_bits ? t->config->oa_bits : 56;

	page_at(t, 0, RISCV_DATA);
	for (uint64_t at = 1 << 12; at < t->last; at *= 2)
		page_at(t, at, RISCV_RAM_END - 0x1000);
	page_at(t, t->last - 0xfff, RISCV_DATA + 0x1000);
	/* nothing is there, but hardware got so far */
	page_at(t, t->last - 0xfff, (1ULL << oa_bits) - 0x1000);
	riscv_ask_all(t, t->last + 1, 0, 0);
	riscv_ask_all(t, (t->last + 1) * 2, 0, 0);
	if (is_signed(t)) {
		page_at(t, ~t->last, RISCV_DATA + 0x2000);
		page_at(t, ~t->last / 2 * 2 + 0x123456000, RISCV_DATA + 0x3000);
		page_at(t, 0 - 0x1000ULL, RISCV_DATA + 0x4000);
		riscv_ask_all(t, ~t->last - 0x40, 0, 0);
	} else {
		riscv_ask_all(t, 0 - 0x40ULL, 0, 0);
	}
	riscv_flush(t->machine);
}

/* The first and last pages, every index bit alone, and what is no address. */
static void edges(void)
{
	riscv_over_all(edges_of);
}

/* A leaf of this size with all that prot can say, and what surrounds it. */
static void leaf_at(struct riscv_table *t, uint64_t iova, uint64_t oa, uint64_t size)
{
	for (uint32_t prot = 1; prot < 0x18; prot++) {
		uint32_t types = t->config->flags & IOMT_PT_PBMT ? prot % 3 << 8 : 0;
		uint64_t inner = oa ? 0 : RISCV_DATA; /* larger than RAM: from 0 on */
		struct iomt_pt_leaf leaf;
		int err;

		if (prot & IOMT_SNOOP)
			continue;
		err = iomt_pt_map(&t->pt, iova, oa, size, prot | types, &t->gather);
		if (err) { /* W without R, no access at all, or PRIV in a second stage */
			CHECK((prot & 3) == IOMT_WRITE || !(prot & 7) || t->config->stage2);
			continue;
		}
		CHECK_INT(iomt_pt_translate(&t->pt, iova, &leaf), 0);
		CHECK_EQ(1ULL << leaf.size_lg2, size);
		for (uint64_t at = 0; at < size; at += size / 16 + (size > 0x10000 ? 0x40 : 0))
			riscv_ask_all(t, iova + at, oa + at, prot);
		riscv_ask_all(t, iova + inner + 0x40, oa + inner + 0x40, prot);
		riscv_ask_all(t, iova + size - 0x40, oa + size - 0x40, prot);
		riscv_ask_all(t, iova - 0x40, 0, 0);
		riscv_ask_all(t, iova + size, 0, 0);
		riscv_flush(t->machine);
		riscv_unmap(t, iova, size);
	}
}

static uint64_t memory_for(uint64_t size)
{
	return size <= 0x200000 ? RISCV_DATA : size == 0x40000000 ? RISCV_GIGA : 0;
}

static void leaves_of(struct riscv_table *t)
{
	for (unsigned lg2 = 12; lg2 < 56; lg2++) {
		uint64_t size = 1ULL << lg2;

		if (!(iomt_pt_sizes(&t->pt) & size) || size > t->last / 4)
			continue;
		leaf_at(t, size, memory_for(size), size);
		leaf_at(t, t->last - 2 * size + 1, memory_for(size), size);
		if (is_signed(t))
			leaf_at(t, 0 - 2 * size, memory_for(size), size);
	}
}

static void leaves(void)
{
	riscv_over_all(leaves_of);
}

/* Large leaves and runs lose a page of their middle, and give way to other sizes. */
static void splits_of(struct riscv_table *t)
{
	for (unsigned lg2 = 13; lg2 <= 30; lg2++) {
		uint64_t size = 1ULL << lg2, iova = 2 * size, hole = size / 2 + 0x3000;
		uint64_t oa = memory_for(size);

		if (!(iomt_pt_sizes(&t->pt) & size))
			continue;
		riscv_map(t, iova, oa, size, ALL);
		riscv_ask_all(t, iova + hole, oa + hole, ALL);
		riscv_flush(t->machine);
		riscv_unmap(t, iova + hole, 0x1000);
		riscv_ask_all(t, iova, oa, ALL);
		riscv_ask_all(t, iova + hole - 0x40, oa + hole - 0x40, ALL);
		riscv_ask_all(t, iova + hole, 0, 0);
		riscv_ask_all(t, iova + hole + 0x1000, oa + hole + 0x1000, ALL);
		riscv_ask_all(t, iova + size - 0x40, oa + size - 0x40, ALL);
		riscv_flush(t->machine);
		CHECK_INT(iomt_pt_protect(&t->pt, iova, size / 2, IOMT_READ, &t->gather), 0);
		riscv_ask_all(t, iova, oa, IOMT_READ);
		riscv_ask_all(t, iova + size - 0x40, oa + size - 0x40, ALL);
		riscv_flush(t->machine);
		riscv_unmap(t, iova, hole);
		riscv_unmap(t, iova + hole + 0x1000, size - hole - 0x1000);
		riscv_map(t, iova, oa, size, IOMT_READ);
		riscv_ask_all(t, iova + hole, oa + hole, IOMT_READ);
		riscv_flush(t->machine);
		riscv_unmap(t, iova, size);
		iomt_gather_release(&t->gather);
	}
}

static void splits(void)
{
	riscv_over_all(splits_of);
}

static bool is_dirty(struct riscv_table *t, uint64_t at)
{
	uint64_t bitmap = 0;

	CHECK_INT(iomt_pt_dirty(&t->pt, at, 0x1000, 0x1000, &bitmap, IOMT_DIRTY_KEEP, NULL), 0);
	return bitmap;
}

/* Loads leave a leaf clean; the CPU's store, to any page of a run, makes it dirty each time. */
static void dirty_leaf(struct riscv_table *t, uint64_t iova, uint64_t oa, uint64_t size)
{
	riscv_map(t, iova, oa, size, ALL);
	for (uint64_t at = 0; at < size; at += size / 16 < 0x1000 ? 0x1000 : size / 16) {
		uint64_t bitmap = 0;

		riscv_ask_one(t, RISCV_USER_LOAD, iova + at, oa + at, ALL);
		riscv_ask_one(t, RISCV_USER_FETCH, iova + at + 8, oa + at + 8, ALL);
		riscv_flush(t->machine);
		CHECK(!is_dirty(t, iova));
		riscv_ask_one(t, RISCV_USER_STORE, iova + at, oa + at, ALL);
		riscv_flush(t->machine);
		CHECK(is_dirty(t, iova));
		CHECK(is_dirty(t, iova + size - 0x1000));
		CHECK_INT(iomt_pt_dirty(&t->pt, iova, size, size, &bitmap, 0, &t->gather), 0);
		CHECK_EQ(bitmap, 1);
		CHECK(t->gather.leaf_sizes & size);
		iomt_gather_release(&t->gather);
	}
	riscv_ask_one(t, RISCV_USER_STORE, iova, oa, ALL);
	riscv_flush(t->machine);
	if (size > 0x1000) {
		riscv_unmap(t, iova + size - 0x1000, 0x1000);
		CHECK(is_dirty(t, iova + size - 0x2000));
		riscv_map(t, iova + size - 0x1000, oa, 0x1000, RW);
		CHECK(!is_dirty(t, iova + size - 0x1000));
	}
	riscv_unmap(t, iova, size);
	iomt_gather_release(&t->gather);
}

static void dirty_of(struct riscv_table *t)
{
	if (!(t->config->flags & IOMT_PT_DIRTY))
		return;
	for (unsigned lg2 = 12; lg2 <= 30; lg2++) {
		uint64_t size = 1ULL << lg2;

		if (!(iomt_pt_sizes(&t->pt) & size))
			continue;
		dirty_leaf(t, 4 * size, memory_for(size), size);
		if (is_signed(t))
			dirty_leaf(t, 0 - 2 * size, memory_for(size), size);
	}
}

static void dirty(void)
{
	riscv_over_all(dirty_of);
}

static void ask(void *ctx, uint64_t address, const struct interval *in)
{
	address &= ~0x3fULL;
	if (in)
		riscv_ask_all(ctx, address, in->oa + (address - in->first), in->prot);
	else
		riscv_ask_all(ctx, address, 0, 0);
}

static void answer(void *ctx)
{
	struct riscv_table *t = ctx;

	riscv_flush(t->machine);
}

static void random_between(struct riscv_table *t, uint64_t first, uint64_t last)
{
	static const uint32_t prots1[] = {
		IOMT_READ, RW, IOMT_READ | IOMT_EXEC, ALL, RW | IOMT_PRIV, ALL | IOMT_PRIV, 0};
	static const uint32_t prots2[] = {IOMT_READ, RW, IOMT_READ | IOMT_EXEC, ALL, IOMT_EXEC, 0};
	struct play run = {
		.pt = &t->pt,
		.gather = &t->gather,
		.granule = 0x1000,
		.first = first,
		.last = last,
		.oa_first = RISCV_DATA,
		.oa_last = RISCV_RAM_END - 1,
		.prots = t->config->stage2 ? prots2 : prots1,
		.one_type = !(t->config->flags & IOMT_PT_PBMT),
		.name = t->config->name,
		.ask = ask,
		.answer = answer,
		.ctx = t,
	};

	play_random(&run, 3, t->config->iova_bits, t->machine->note, sizeof(t->machine->note));
}

static void random_in(struct riscv_table *t)
{
	random_between(t, t->first, t->last);
	if (is_signed(t))
		random_between(t, ~t->last, UINT64_MAX);
}

/* IOMT_TEST_SEED=n repeats a run; what fails names its seed. */
static void random_maps(void)
{
	riscv_over_all(random_in);
}

TEST_SUITE(tcg_riscv, TEST(configurations), TEST(edges), TEST(leaves), TEST(splits), TEST(dirty),
	   TEST(random_maps), TEST(riscv_faults), TEST(riscv_nested), TEST(riscv_both));
