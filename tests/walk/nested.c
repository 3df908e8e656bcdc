/* SPDX-License-Identifier: MIT */
/*
 * Two stages in guest memory. 48882, 2.2.6; D51397, 3.8 and 7.1.3, SFS.5 to SFS.8; IHI 0070, 3.3, 7.3;
 * RISC-V Privileged Architecture, "Two-Stage Address Translation", IOMMU specification, "Fault/Event-Queue".
 *
 * Guest pages at 0x100000 + n pages are, by stage 2, memory at 0x10000 + n pages. Stage 1 lies there:
 * its four tables are pages 0 to 3, and 0x8040603456 (slots 1, 1, 3, 3) is guest address 0x105456,
 * which is memory at 0x15456. Stage 2's tables are at 0x1000 to 0x4000: 0x100000 is slots 0, 0, 0, 0x100.
 * RISC-V's root, of 16 KiB, is at 0x8000 instead.
 */
#include "guest.h"
#include "guest_reader.h"
#include "random.h"

#define IOVA  0x8040603456ULL
#define PAGES 16u
#define AD    (IOMT_WALK_ACCESSED | IOMT_WALK_DIRTY)
#define RX    (IOMT_READ | IOMT_EXEC)
#define RWX   (RW | IOMT_EXEC)

enum pair { AMD, VTD, SMMU, RISCV, PAIRS };

/* Entries of both stages: tables of stage 2 and 1, leaves of 2 and 1, a 2M leaf of stage 1. */
static const struct {
	const struct iomt_walk_format *first, *second;
	uint64_t second_table[3]; /* at the top, below it, below that */
	uint64_t second_leaf;
	uint64_t first_table;
	uint64_t first_leaf;
	uint64_t first_large;
	uint64_t read_only;	  /* of stage 2: bits to take away */
	uint64_t second_reserved; /* a bit of stage 2 that must be 0; for Arm beyond the output */
	uint64_t accessed[2];	  /* of stage 1, of stage 2 */
	uint64_t dirty[2];	  /* toggled by a write */
	uint64_t clean[2];	  /* set in leaves that hardware may make dirty */
} pairs[PAIRS] = {
	/* x86-64 on AMD V1: PR, NextLevel, IR, IW */
	{&iomt_walk_x86_64,
	 &iomt_walk_amdv1,
	 {3ULL << 61 | 0x601, 3ULL << 61 | 0x401, 3ULL << 61 | 0x201},
	 3ULL << 61 | 1,
	 7,
	 7,
	 0x87,
	 1ULL << 62,
	 1ULL << 52,
	 {0x20, 0x20},
	 {0x40, 0x40},
	 {0, 0}},
	/* x86-64 on VT-d second stage: R, W */
	{&iomt_walk_x86_64,
	 &iomt_walk_vtd_ss,
	 {3, 3, 3},
	 3,
	 7,
	 7,
	 0x87,
	 2,
	 0x800,
	 {0x20, 0x100},
	 {0x40, 0x200},
	 {0, 0}},
	/* Arm: stage 2 S2AP, AF, MemAttr write-back; stage 1 nG, AF, AP users */
	{&iomt_walk_arm_s1_4k,
	 &iomt_walk_arm_s2_4k,
	 {3, 3, 3},
	 0x4ff,
	 3,
	 0xc43,
	 0xc41,
	 0x80,
	 1ULL << 47,
	 {0x400, 0x400},
	 {0x80, 0x80},
	 {1ULL << 51 | 0x80, 1ULL << 51}},
	/* Sv48 on Sv48x4: V, R, W, X, U, A, D */
	{&iomt_walk_riscv_s1,
	 &iomt_walk_riscv_s2,
	 {1, 1, 1},
	 0xdf,
	 1,
	 0xdf,
	 0xdf,
	 4,
	 1ULL << 54,
	 {0x40, 0x40},
	 {0x80, 0x80},
	 {0, 0}},
};

/* An address as entries have it. */
static uint64_t at(enum pair pair, uint64_t address)
{
	return pair == RISCV ? address >> 2 : address;
}

static uint64_t second_root(enum pair pair)
{
	return pair == RISCV ? 0x8000 : 0x1000;
}

struct two {
	struct guest guest;
	struct iomt_walker first, second;
	struct iomt_walk_leaf leaf;
	struct iomt_walk_fault fault;
};

static uint64_t *second_slot(struct two *two, unsigned page)
{
	return guest_word(&two->guest, 0x4800 + 8 * (uint64_t)page);
}

/* Entry number "slot" of a table of stage 1, in memory. */
static uint64_t *first_slot(struct two *two, unsigned page, unsigned slot)
{
	return guest_word(&two->guest, 0x10000 + 4096 * (uint64_t)page + 8 * (uint64_t)slot);
}

static void start(struct two *two, enum pair pair, uint32_t first_flags, uint32_t second_flags)
{
	struct iomt_walk_cfg first = {.size = sizeof(first),
				      .format = pairs[pair].first,
				      .mem = &iomt_walk_by_stage_2,
				      .root = 0x100000,
				      .levels = 4,
				      .oa_bits = 44,
				      .flags = first_flags,
				      .mair = 0xff};
	struct iomt_walk_cfg second = {.size = sizeof(second),
				       .format = pairs[pair].second,
				       .mem = &two->guest.mem,
				       .root = second_root(pair),
				       .levels = 4,
				       .iova_bits = pair == SMMU ? 44 : 0,
				       .oa_bits = 44,
				       .flags = second_flags};
	struct iomt_pt_cfg_error error = {"", ""};

	CHECK_MSG(!iomt_walker_init(&two->first, &first, &error), "%s: %s", error.field,
		  error.reason);
	CHECK_MSG(!iomt_walker_init(&two->second, &second, &error), "%s: %s", error.field,
		  error.reason);
}

static struct two *make(enum pair pair, bool mapped, uint32_t first_flags, uint32_t second_flags)
{
	static struct two two;

	guest_open(&two.guest, mapped);
	for (unsigned level = 0; level < 3; level++)
		*guest_word(&two.guest, level ? 0x1000 * (level + 1) : second_root(pair)) =
			at(pair, 0x1000 * (level + 2)) | pairs[pair].second_table[level];
	for (unsigned page = 0; page < PAGES; page++)
		*second_slot(&two, page) =
			at(pair, 0x10000 + 4096 * (uint64_t)page) | pairs[pair].second_leaf;
	*first_slot(&two, 0, 1) = at(pair, 0x101000) | pairs[pair].first_table;
	*first_slot(&two, 1, 1) = at(pair, 0x102000) | pairs[pair].first_table;
	*first_slot(&two, 2, 3) = at(pair, 0x103000) | pairs[pair].first_table;
	*first_slot(&two, 3, 3) = at(pair, 0x105000) | pairs[pair].first_leaf;
	start(&two, pair, first_flags, second_flags);
	return &two;
}

static int walk(struct two *two, uint32_t access)
{
	memset(&two->leaf, 0xee, sizeof(two->leaf));
	memset(&two->fault, 0xee, sizeof(two->fault));
	return iomt_walk_nested(&two->first, &two->second, 0, IOVA, access, &two->leaf,
				&two->fault);
}

static void translates(void)
{
	for (unsigned i = 0; i < 2 * PAIRS; i++) {
		enum pair pair = (enum pair)(i / 2);
		struct two *two = make(pair, i % 2, 0, 0);

		CHECK_INT(walk(two, RW), 0);
		CHECK_EQ(two->leaf.oa, 0x15456);
		CHECK_EQ(two->leaf.size_lg2, 12);
		CHECK_EQ(two->leaf.level, 0);
		CHECK_EQ(two->leaf.entry, at(pair, 0x105000) | pairs[pair].first_leaf);
		CHECK_EQ(two->leaf.prot & RWX, pair == SMMU ? RW | IOMT_EXEC : RWX);
		/* memory that stage 2 leaves out is none for a walk of stage 1 alone */
		CHECK_INT(iomt_walk(&two->first, IOVA, IOMT_READ, &two->leaf, &two->fault),
			  IOMT_EFAULT);
		CHECK_EQ(two->fault.kind, IOMT_WALK_FAULT_TABLE);
	}
}

/* 2M of stage 1 over 4K of stage 2: 4K. 0x603456 is page 3 of the 2M from 0x600000, here 0x100000's. */
static void smaller_size(void)
{
	for (unsigned pair = 0; pair < PAIRS; pair++) {
		struct two *two = make((enum pair)pair, true, 0, 0);

		*first_slot(two, 2, 3) = pairs[pair].first_large;
		/* guest page 3: slot 3 */
		*guest_word(&two->guest, 0x4018) =
			at((enum pair)pair, 0x17000) | pairs[pair].second_leaf;
		CHECK_INT(walk(two, IOMT_READ), 0);
		CHECK_EQ(two->leaf.oa, 0x17456);
		CHECK_EQ(two->leaf.size_lg2, 12);
		CHECK_EQ(two->leaf.level, 1);
	}
}

/* What both allow: 4K of stage 1 over a page that stage 2 has read-only. */
static void both_allow(void)
{
	for (unsigned pair = 0; pair < PAIRS; pair++) {
		struct two *two = make((enum pair)pair, true, 0, 0);

		*second_slot(two, 5) &= ~pairs[pair].read_only;
		CHECK_INT(walk(two, IOMT_READ), 0);
		CHECK_EQ(two->leaf.prot & RW, IOMT_READ);
		CHECK_INT(walk(two, RW), IOMT_EFAULT);
		CHECK_EQ(two->fault.kind, IOMT_WALK_FAULT_PERMISSION);
		CHECK_EQ(two->fault.stage, 2);
		CHECK_EQ(two->fault.denied, IOMT_WRITE);
		CHECK_EQ(two->fault.iova, IOVA);
		CHECK_EQ(two->fault.input, 0x105456);
		CHECK_EQ(two->fault.access, RW);
		CHECK(!two->fault.on_table);
		CHECK_INT(walk(two, RW | IOMT_WALK_ATS), 0);
		CHECK_EQ(two->leaf.prot & RW, IOMT_READ);
		/* the type of stage 2 is the stronger one */
		if (pair == SMMU) {
			*second_slot(two, 5) = 0x15000 | 0x4c7; /* MemAttr 1: device */
			CHECK_INT(walk(two, RW), 0);
			CHECK_EQ(two->leaf.prot & IOMT_TYPE_MASK, IOMT_TYPE_DEVICE);
		}
	}
}

/* Each entry of stage 1 in turn lies where stage 2 has nothing. */
static void on_tables(void)
{
	static const uint8_t levels[] = {3, 2, 1, 0};

	for (unsigned pair = 0; pair < PAIRS; pair++) {
		for (unsigned page = 0; page < 4; page++) {
			struct two *two = make((enum pair)pair, true, 0, 0);
			struct iomt_walk_smmu_event event;

			*second_slot(two, page) = 0;
			CHECK_INT(walk(two, RW), IOMT_EFAULT);
			CHECK_EQ(two->fault.kind, IOMT_WALK_FAULT_ABSENT);
			CHECK_EQ(two->fault.stage, 2);
			CHECK_EQ(two->fault.iova, IOVA);
			CHECK_EQ(two->fault.access, RW);
			CHECK_EQ(two->fault.input, 0x100000 + 4096 * page + (page < 2 ? 8 : 24));
			CHECK(two->fault.on_table);
			CHECK_EQ(two->fault.on_top, page == 0);
			CHECK_EQ(two->fault.level, 0);
			CHECK_EQ(iomt_walk_vtd_reason(&two->fault, true), 0x79);
			event = iomt_walk_smmu_event(&two->fault);
			CHECK_EQ(event.type, 0x10);
			CHECK_EQ(event.cls, 1);
			CHECK(event.s2);
			CHECK_EQ(event.ipa, 0x100000 + 4096 * page);
			/* that is memory, but not there: stage 1's, at the address that failed */
			*second_slot(two, page) =
				at((enum pair)pair, 0x7f0000000) | pairs[pair].second_leaf;
			CHECK_INT(walk(two, RW), IOMT_EFAULT);
			CHECK_EQ(two->fault.kind, IOMT_WALK_FAULT_TABLE);
			CHECK_EQ(two->fault.stage, 1);
			CHECK_EQ(two->fault.level, levels[page]);
			CHECK_EQ(two->fault.address, 0x7f0000000 + (page < 2 ? 8 : 24));
			CHECK_EQ(iomt_walk_vtd_reason(&two->fault, true), page ? 0x70 : 0x73);
			CHECK_EQ(iomt_walk_smmu_event(&two->fault).fetch, two->fault.address);
		}
	}
}

/* D51397, SFS.5: beyond the second stage; SFS.6, SFS.7: no read; SFS.8: no write for an accessed bit. */
static void vtd_reasons(void)
{
	struct two *two = make(VTD, true, 0, 0);

	*second_slot(two, 0) = 0x10000 | 2;
	CHECK_INT(walk(two, IOMT_READ), IOMT_EFAULT);
	CHECK_EQ(iomt_walk_vtd_reason(&two->fault, true), 0x75);
	two = make(VTD, true, 0, 0);
	*second_slot(two, 2) = 0x12000 | 2;
	CHECK_INT(walk(two, IOMT_READ), IOMT_EFAULT);
	CHECK_EQ(iomt_walk_vtd_reason(&two->fault, true), 0x76);
	two = make(VTD, true, IOMT_WALK_ACCESSED, 0);
	*second_slot(two, 2) = 0x12000 | 1;
	CHECK_INT(walk(two, IOMT_READ), IOMT_EFAULT);
	CHECK_EQ(iomt_walk_vtd_reason(&two->fault, true), 0x77);
	two = make(VTD, true, 0, 0);
	two->second.va_mask = 0xfffff; /* as of a second stage of 20 bits */
	CHECK_INT(walk(two, IOMT_READ), IOMT_EFAULT);
	CHECK_EQ(iomt_walk_vtd_reason(&two->fault, true), 0x74);
	two = make(VTD, true, 0, 0);
	*second_slot(two, 3) |= pairs[VTD].second_reserved;
	CHECK_INT(walk(two, IOMT_READ), IOMT_EFAULT);
	CHECK_EQ(iomt_walk_vtd_reason(&two->fault, true), 0x7a);
	/* stage 1's own: reserved bit 51 with 44 bits of address */
	two = make(VTD, true, 0, 0);
	*first_slot(two, 3, 3) |= 1ULL << 51;
	CHECK_INT(walk(two, IOMT_READ), IOMT_EFAULT);
	CHECK_EQ(iomt_walk_vtd_reason(&two->fault, true), 0x72);
}

/* Stage 1's bits are set if both stages let the access through, and are a write for stage 2. */
static void marks(void)
{
	for (unsigned i = 0; i < 2 * PAIRS; i++) {
		enum pair pair = (enum pair)(i / 2);
		struct two *two = make(pair, i % 2, AD, AD);
		uint64_t first =
			(at(pair, 0x105000) | pairs[pair].first_leaf | pairs[pair].clean[0]) &
			~pairs[pair].accessed[0];
		uint64_t second =
			(at(pair, 0x15000) | pairs[pair].second_leaf | pairs[pair].clean[1]) &
			~pairs[pair].accessed[1];

		if (pair == RISCV)
			first &= ~pairs[pair].dirty[0];
		if (pair == SMMU || pair == RISCV)
			second &= ~0x80ULL; /* S2AP[1], D: hardware sets it */
		*first_slot(two, 3, 3) = first;
		*second_slot(two, 5) = 0;
		CHECK_INT(walk(two, RW), IOMT_EFAULT);
		CHECK_EQ(*first_slot(two, 3, 3), first);
		CHECK_EQ(*first_slot(two, 0, 1), at(pair, 0x101000) | pairs[pair].first_table);
		*second_slot(two, 5) = second;
		CHECK_INT(walk(two, RW | IOMT_WALK_LOOK), 0);
		CHECK_EQ(*first_slot(two, 3, 3), first);
		CHECK_EQ(*second_slot(two, 5), second);
		CHECK(two->leaf.clean);
		CHECK_INT(walk(two, RW), 0);
		CHECK(!two->leaf.clean);
		CHECK_EQ(*first_slot(two, 3, 3),
			 (first | pairs[pair].accessed[0]) ^ pairs[pair].dirty[0]);
		CHECK_EQ(*second_slot(two, 5),
			 (second | pairs[pair].accessed[1]) ^ pairs[pair].dirty[1]);
		/* the page of the table was written */
		if (pair != SMMU)
			CHECK(*second_slot(two, 3) & pairs[pair].dirty[1]);
		CHECK_INT(walk(two, RW), 0);
	}
}

/* STE.S2PTW: tables of stage 1 in device memory. */
static void protected_walk(void)
{
	struct two *two = make(SMMU, true, 0, 0);

	*second_slot(two, 2) = 0x12000 | 0x4c7;
	CHECK_INT(walk(two, IOMT_READ), 0);
	CHECK_INT(iomt_walk_nested(&two->first, &two->second, IOMT_NESTED_PROTECTED, IOVA,
				   IOMT_READ, &two->leaf, &two->fault),
		  IOMT_EFAULT);
	CHECK_EQ(two->fault.kind, IOMT_WALK_FAULT_PERMISSION);
	CHECK_EQ(two->fault.stage, 2);
	CHECK_EQ(two->fault.input, 0x102018);
	CHECK(two->fault.on_table);
	CHECK(!two->fault.on_top);
	CHECK_INT(iomt_walk_nested(&two->first, &two->second, 8, IOVA, IOMT_READ, &two->leaf,
				   &two->fault),
		  IOMT_EINVAL);
	CHECK_INT(walk(two, 0), IOMT_EINVAL);
}

/* The output of stage 1, with the size and the rights of both; and stage 1 alone, whatever stage 2 has there. */
static void first_output(void)
{
	for (unsigned i = 0; i < 2 * PAIRS; i++) {
		enum pair pair = (enum pair)(i / 2);
		struct two *two = make(pair, i % 2, AD, AD);

		*second_slot(two, 5) &= ~pairs[pair].read_only;
		CHECK_INT(iomt_walk_nested(&two->first, &two->second, IOMT_NESTED_KEEP, IOVA,
					   IOMT_READ, &two->leaf, &two->fault),
			  0);
		CHECK_EQ(two->leaf.oa, 0x105456);
		CHECK_EQ(two->leaf.prot & RW, IOMT_READ);
		CHECK_INT(iomt_walk_nested(&two->first, &two->second, IOMT_NESTED_KEEP, IOVA, RW,
					   &two->leaf, &two->fault),
			  IOMT_EFAULT);
		*second_slot(two, 5) = 0;
		*first_slot(two, 3, 3) &= ~pairs[pair].accessed[0];
		CHECK_INT(iomt_walk_nested(&two->first, &two->second, IOMT_NESTED_FIRST, IOVA,
					   IOMT_READ, &two->leaf, &two->fault),
			  0);
		CHECK_EQ(two->leaf.oa, 0x105456);
		CHECK(*first_slot(two, 3, 3) & pairs[pair].accessed[0]);
		*second_slot(two, 3) = 0;
		CHECK_INT(iomt_walk_nested(&two->first, &two->second, IOMT_NESTED_FIRST, IOVA,
					   IOMT_READ, &two->leaf, &two->fault),
			  IOMT_EFAULT);
	}
}

static struct iomt_guest_word read_second(void *ctx, uint64_t address)
{
	struct two *two = ctx;
	struct iomt_guest_word word = {0, 0};
	struct iomt_walk_fault fault;

	word.err = iomt_walk_read64(&two->second, &two->guest.mem, address,
				    IOMT_READ | IOMT_WALK_LOOK, &word.value, &fault);
	return word;
}

/* Stage 1 alone, whose tables are read through stage 2: its own fault where stage 2 has none. */
static void over_other_memory(void)
{
	for (unsigned i = 0; i < 2 * PAIRS; i++) {
		struct two *two = make((enum pair)(i / 2), i % 2, 0, 0);
		struct iomt_guest_mem mem = {
			.size = sizeof(mem), .read64 = read_second, .ctx = two};
		struct iomt_walker over;

		if (pairs[i / 2].first == &iomt_walk_riscv_s1 ||
		    pairs[i / 2].first == &iomt_walk_arm_s1_4k)
			start(two, (enum pair)(i / 2), AD, 0);
		CHECK_INT(iomt_walker_over(&over, &two->first, &mem), 0);
		CHECK_INT(iomt_walk(&over, IOVA, IOMT_READ | IOMT_WALK_LOOK, &two->leaf,
				    &two->fault),
			  0);
		CHECK_EQ(two->leaf.oa, 0x105456);
		*second_slot(two, 2) = 0;
		CHECK_INT(iomt_walk(&over, IOVA, IOMT_READ | IOMT_WALK_LOOK, &two->leaf,
				    &two->fault),
			  IOMT_EFAULT);
		CHECK_EQ(two->fault.kind, IOMT_WALK_FAULT_TABLE);
		CHECK_EQ(two->fault.stage, 1);
		CHECK_EQ(two->fault.address, 0x102018);
	}
}

static void over_wrong_memory(void)
{
	struct two *two = make(AMD, true, 0, 0);
	struct iomt_guest_mem mem = {.size = sizeof(mem), .read64 = read_second, .ctx = two}, bad;
	struct iomt_walker over, unchanged;

	memset(&over, 0xee, sizeof(over));
	unchanged = over;
	bad = mem;
	bad.size--; /* too short */
	CHECK_INT(iomt_walker_over(&over, &two->first, &bad), IOMT_EINVAL);
	bad = mem;
	bad.read64 = NULL;
	CHECK_INT(iomt_walker_over(&over, &two->first, &bad), IOMT_EINVAL);
	bad = mem;
	bad.regions = &two->guest.region;
	bad.count = 1;
	CHECK_INT(iomt_walker_over(&over, &two->first, &bad), IOMT_EINVAL);
	CHECK_INT(iomt_walker_over(&over, &two->second, &mem), IOMT_EINVAL); /* in regions */
	CHECK(!memcmp(&over, &unchanged, sizeof(over)));
	CHECK_INT(iomt_walker_over(&over, &two->first, &mem), 0);
}

struct riscv_case {
	uint64_t *word;
	uint64_t value;
	uint32_t access;
	uint8_t cause;
	uint64_t iotval2;
};

/* Causes are of what was asked for; bits 1:0 of iotval2 say: an entry of stage 1, and to be written. */
static void riscv_causes(void)
{
	struct two *two = make(RISCV, true, AD, AD);
	uint64_t *top = second_slot(two, 0), *leaf = second_slot(two, 3);
	uint64_t *page = second_slot(two, 5);
	const struct riscv_case cases[] = {
		{page, 0, IOMT_READ, 21, 0x105454},
		{page, 0, IOMT_WRITE, 23, 0x105454},
		{page, 0, RX, 20, 0x105454},
		{page, *page & ~4ULL, RW, 23, 0x105454},
		{page, *page & ~0x10ULL, IOMT_READ, 21, 0x105454},
		{page, *page | 1ULL << 54, IOMT_READ, 21, 0x105454},
		{page, *page | 1ULL << 53, IOMT_READ, 5, 0}, /* beyond 44 bits */
		{top, 0, IOMT_READ, 21, 0x100009},
		{top, 0, IOMT_WRITE, 23, 0x100009},
		{leaf, 0, RX, 20, 0x103019},
		{leaf, *leaf & ~2ULL, IOMT_WRITE, 23, 0x103019}, /* W without R */
		{leaf, *leaf & ~6ULL, IOMT_READ, 21, 0x103019},
		{leaf, *leaf & ~4ULL, IOMT_READ, 21, 0x10301b},
		{leaf, *leaf & ~4ULL, IOMT_WRITE, 23, 0x10301b},
		{top, at(RISCV, 0x7f0000000) | 0xdf, IOMT_WRITE, 7, 0},
		{first_slot(two, 3, 3), 0, IOMT_READ, 13, 0},
		{first_slot(two, 3, 3), at(RISCV, 0x105000) | 0xcf, RX, 12, 0}, /* no U */
		{first_slot(two, 0, 1), 1ULL << 53 | 1, IOMT_READ, 5, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct riscv_case *c = &cases[i];

		two = make(RISCV, true, AD, AD);
		*first_slot(two, 3, 3) &= ~0xc0ULL; /* A and D are to be set */
		*c->word = c->value;
		CHECK_INT(walk(two, c->access), IOMT_EFAULT);
		CHECK_MSG(iomt_walk_riscv_cause(&two->fault) == c->cause &&
				  iomt_walk_riscv_iotval2(&two->fault) == c->iotval2,
			  "case %zu: cause %u, 0x%" PRIx64, i, iomt_walk_riscv_cause(&two->fault),
			  iomt_walk_riscv_iotval2(&two->fault));
		CHECK(c->word == first_slot(two, 3, 3) || !(*first_slot(two, 3, 3) & 0xc0));
	}
}

/* "Svpbmt": stage 2's type takes the place of the memory's own, stage 1's that of both. */
static void riscv_types(void)
{
	static const struct {
		uint64_t first, second;
		uint32_t type;
	} cases[] = {
		{0, 0, IOMT_TYPE_WRITE_BACK}, {0, 1, IOMT_TYPE_UNCACHED}, {0, 2, IOMT_TYPE_DEVICE},
		{1, 0, IOMT_TYPE_UNCACHED},   {1, 2, IOMT_TYPE_UNCACHED}, {2, 1, IOMT_TYPE_DEVICE},
		{2, 0, IOMT_TYPE_DEVICE},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct two *two = make(RISCV, true, IOMT_WALK_PBMT, IOMT_WALK_PBMT);
		uint64_t type = cases[i].first ? cases[i].first : cases[i].second;

		*first_slot(two, 3, 3) |= cases[i].first << 61;
		*second_slot(two, 5) |= cases[i].second << 61;
		CHECK_INT(walk(two, RW), 0);
		CHECK_EQ(two->leaf.prot & IOMT_TYPE_MASK, cases[i].type);
		CHECK_EQ(two->leaf.type, type);
	}
}

/* Sv39 to Sv57 have 56 bits of guest address; Sv39x4 takes 41 of them. */
static void riscv_widths(void)
{
	struct two *two = make(RISCV, true, 0, 0);
	struct iomt_walk_cfg cfg = {.size = sizeof(cfg),
				    .format = &iomt_walk_riscv_s1,
				    .mem = &iomt_walk_by_stage_2,
				    .root = 0x100000,
				    .levels = 4};

	CHECK_INT(iomt_walker_init(&two->first, &cfg, NULL), 0);
	*first_slot(two, 3, 3) = at(RISCV, 1ULL << 50) | 0xdf;
	CHECK_INT(walk(two, IOMT_READ), IOMT_EFAULT);
	CHECK_EQ(two->fault.kind, IOMT_WALK_FAULT_INPUT);
	CHECK_EQ(iomt_walk_riscv_cause(&two->fault), 21);
	CHECK_EQ(iomt_walk_riscv_iotval2(&two->fault), 0x4000000000454);
	*first_slot(two, 0, 1) = at(RISCV, 1ULL << 55) | 1;
	CHECK_INT(walk(two, IOMT_READ), IOMT_EFAULT);
	CHECK_EQ(iomt_walk_riscv_iotval2(&two->fault), 0x80000000000009);
	cfg.root = 1ULL << 55;
	CHECK_INT(iomt_walker_init(&two->first, &cfg, NULL), 0);
	CHECK_INT(walk(two, IOMT_WRITE), IOMT_EFAULT);
	CHECK_EQ(iomt_walk_riscv_cause(&two->fault), 23);
	CHECK_EQ(iomt_walk_riscv_iotval2(&two->fault), 0x80000000000009);
	CHECK(two->fault.on_top);
}

static struct iomt_guest_word no_word(void *ctx, uint64_t address)
{
	(void)ctx;
	(void)address;
	CHECK_MSG(false, "it is not asked");
	return (struct iomt_guest_word){.err = IOMT_EIO};
}

/* A stage 1 of memory of its own would be walked beside stage 2, or its callback be given what is not its ctx. */
static void wrong_memory(void)
{
	struct two *two = make(RISCV, true, 0, 0);
	struct iomt_guest_mem copy = iomt_walk_by_stage_2, callbacks = copy;
	struct iomt_walk_cfg cfg = {.size = sizeof(cfg),
				    .format = &iomt_walk_riscv_s1,
				    .mem = two->second.mem,
				    .root = 0x100000,
				    .levels = 4};

	callbacks.read64 = no_word;
	CHECK_INT(walk(two, IOMT_READ), 0);
	CHECK_INT(iomt_walker_init(&two->first, &cfg, NULL), 0);
	CHECK_INT(walk(two, IOMT_READ), IOMT_EINVAL);
	cfg.mem = &callbacks;
	CHECK_INT(iomt_walker_init(&two->first, &cfg, NULL), 0);
	CHECK_INT(walk(two, IOMT_READ), IOMT_EINVAL);
	cfg.mem = &copy;
	CHECK_INT(iomt_walker_init(&two->first, &cfg, NULL), 0);
	CHECK_INT(walk(two, IOMT_READ), 0);
}

static void reads_words(void)
{
	struct two *two = make(AMD, true, 0, 0);
	uint64_t value = 0;

	CHECK_INT(iomt_guest_read64(&two->guest.mem, 0x1000, &value), 0);
	CHECK_EQ(value, 0x2000 | pairs[AMD].second_table[0]);
	CHECK_INT(iomt_guest_read64(&two->guest.mem, 0x1004, &value), IOMT_EINVAL);
	CHECK_INT(iomt_guest_read64(&two->guest.mem, GUEST_BASE + GUEST_BYTES, &value), IOMT_EIO);
	CHECK_INT(iomt_guest_read64(&two->guest.mem, 0xff8, &value), IOMT_EIO);
	CHECK_INT(iomt_walk_read64(&two->second, NULL, 0x103018, IOMT_READ, &value, &two->fault),
		  0);
	CHECK_EQ(value, 0x105000 | pairs[AMD].first_leaf);
	CHECK_INT(iomt_walk_read64(&two->second, NULL, 0x200000, IOMT_READ, &value, &two->fault),
		  IOMT_EFAULT);
	CHECK_INT(iomt_walk_read64(&two->second, NULL, 0x103018, IOMT_WRITE, &value, &two->fault),
		  IOMT_EINVAL);
	CHECK_INT(iomt_walk_read64(NULL, &two->guest.mem, 0x1000, IOMT_READ, &value, &two->fault),
		  0);
}

/* Random damage, against the other walker, whose memory is what it itself makes of stage 2. */

struct other {
	struct guest *guest;
	struct reader first, second;
	struct reader_answer inner; /* of the last address of stage 1's tables */
	bool absent;		    /* that one had an output without memory */
};

static bool other_memory(void *ctx, uint64_t address, uint64_t *value)
{
	struct other *other = ctx;

	if (address - GUEST_BASE >= GUEST_BYTES)
		return false;
	*value = *guest_word(other->guest, address);
	return true;
}

static bool other_table(void *ctx, uint64_t address, uint64_t *value)
{
	struct other *other = ctx;

	reader_walk(&other->second, address, IOMT_READ, &other->inner);
	other->absent = !other->inner.kind && !other_memory(ctx, other->inner.oa, value);
	return !other->inner.kind && !other->absent;
}

static void compare(struct two *two, struct other *other, uint32_t access, uint64_t seed,
		    uint64_t *counts)
{
	struct reader_answer first, second = {0};
	int err = walk(two, access);
	unsigned kind, stage = 1;
	bool on_table = false;

	reader_walk(&other->first, IOVA, access, &first);
	kind = first.kind;
	if (kind == IOMT_WALK_FAULT_TABLE && !other->absent) {
		kind = other->inner.kind;
		stage = 2;
		on_table = true;
	} else if (!kind) {
		reader_walk(&other->second, first.oa, access, &second);
		kind = second.kind;
		stage = kind ? 2 : 1;
	}
	counts[kind ? stage + on_table : 0]++;
	if (kind) {
		CHECK_MSG(err == IOMT_EFAULT && two->fault.kind == kind &&
				  two->fault.stage == stage && two->fault.on_table == on_table,
			  "seed %" PRIu64 ": %d, kind %u of stage %u, not %u of %u", seed, err,
			  two->fault.kind, two->fault.stage, kind, stage);
		return;
	}
	CHECK_MSG(!err, "seed %" PRIu64 ": %d, %s", seed, err,
		  iomt_walk_fault_text(two->fault.kind));
	CHECK_EQ(two->leaf.oa, second.oa);
	CHECK_EQ(two->leaf.prot & RWX, first.rights & second.rights);
	CHECK_EQ(two->leaf.size_lg2,
		 first.size_lg2 < second.size_lg2 ? first.size_lg2 : second.size_lg2);
}

static void random_damage(void)
{
	static const enum reader_format formats[PAIRS][2] = {{READER_X86_64, READER_AMDV1},
							     {READER_X86_64, READER_VTD_SS},
							     {READER_ARM_S1, READER_ARM_S2},
							     {READER_RISCV_S1, READER_RISCV_S2}};
	static const uint64_t slots[] = {0x1000, 0x2000, 0x3000,  0x4800,  0x4808,  0x4810,
					 0x4818, 0x4828, 0x10008, 0x11008, 0x12018, 0x13018};
	uint64_t counts[4] = {0};
	struct random random;

	random_init(&random, 1);
	for (unsigned i = 0; i < 60000; i++) {
		enum pair pair = (enum pair)random_below(&random, PAIRS);
		struct two *two = make(pair, true, 0, 0);
		uint64_t sizes = 1ULL << 12 | 1ULL << 21 | 1ULL << 30;
		struct other other = {.guest = &two->guest};

		if (pair == SMMU)
			sizes |= 1ULL << 16 | 1ULL << 25 | 1ULL << 34;
		if (pair == RISCV)
			sizes |= 1ULL << 16 | 1ULL << 39 | 1ULL << 48;
		other.first = (struct reader){.format = formats[pair][0],
					      .granule_lg2 = 12,
					      .levels = 4,
					      .iova_bits = 48,
					      .oa_bits = 44,
					      .root = 0x100000,
					      .page_sizes = sizes,
					      .mair = 0xff,
					      .read = other_table,
					      .ctx = &other};
		other.second = other.first;
		other.second.format = formats[pair][1];
		other.second.root = second_root(pair);
		other.second.read = other_memory;
		if (pair == AMD)
			other.second.page_sizes = (1ULL << 53) - (1ULL << 12);
		if (pair == SMMU)
			other.second.iova_bits = 44;
		for (uint64_t n = random_below(&random, 3); n; n--) {
			uint64_t slot = slots[random_below(&random, 12)];

			if (slot == 0x1000)
				slot = second_root(pair);
			*guest_word(&two->guest, slot) ^= 1ULL << random_below(&random, 64);
			if (!random_below(&random, 8))
				*guest_word(&two->guest, slot) = random_next(&random);
		}
		compare(two, &other, 1 + (uint32_t)random_below(&random, 3), random.state, counts);
	}
	/* translations, faults of stage 1, of stage 2, and of it on tables */
	for (unsigned i = 0; i < 4; i++)
		CHECK_MSG(counts[i] > 1000, "%u: %" PRIu64, i, counts[i]);
}

TEST_SUITE(walk_nested, TEST(translates), TEST(smaller_size), TEST(both_allow), TEST(on_tables),
	   TEST(vtd_reasons), TEST(marks), TEST(protected_walk), TEST(first_output),
	   TEST(over_other_memory), TEST(over_wrong_memory), TEST(riscv_causes), TEST(riscv_types),
	   TEST(riscv_widths), TEST(wrong_memory), TEST(reads_words), TEST(random_damage));
