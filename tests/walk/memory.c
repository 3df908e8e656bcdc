/* SPDX-License-Identifier: MIT */
/* Walkers: configurations that are wrong, memory with edges, and entries that never stand still. */
#include "guest.h"

static struct guest guest;

static struct iomt_walk_cfg usual(const struct iomt_guest_mem *mem)
{
	return (struct iomt_walk_cfg){.size = sizeof(struct iomt_walk_cfg),
				      .format = &iomt_walk_x86_64,
				      .mem = mem,
				      .root = 0x1000,
				      .levels = 4};
}

/* The field that an error names; NULL when there is none. */
static const char *field(const struct iomt_walk_cfg *cfg)
{
	struct iomt_pt_cfg_error error = {NULL, NULL};
	struct iomt_walker walker;
	int err = iomt_walker_init(&walker, cfg, &error);

	CHECK_INT(err, error.field ? IOMT_EINVAL : 0);
	CHECK(!error.field == !error.reason);
	CHECK_INT(iomt_walker_init(&walker, cfg, NULL), err);
	return error.field;
}

#define WRONG(name, change)                                   \
	do {                                                  \
		struct iomt_walk_cfg cfg = usual(&guest.mem); \
		change;                                       \
		CHECK_STR(field(&cfg), name);                 \
	} while (0)

static void fields(void)
{
	struct {
		struct iomt_walk_cfg known;
		uint64_t more;
	} newer;
	struct iomt_walk_cfg right;

	guest_open(&guest, true);
	right = usual(&guest.mem);
	CHECK(!field(&right));
	memset(&newer, 0, sizeof(newer));
	newer.known = right;
	newer.known.size = sizeof(newer);
	CHECK(!field(&newer.known));
	newer.more = 1;
	CHECK_STR(field(&newer.known), "size");
	WRONG("size", cfg.size--);
	WRONG("format", cfg.format = NULL);
	WRONG("mem", cfg.mem = NULL);
	WRONG("flags", cfg.flags = 1u << 31);
	WRONG("flags", cfg.flags = IOMT_WALK_XNX);
	WRONG("flags", cfg.flags = IOMT_WALK_DIRTY);
	WRONG("flags", cfg.flags = IOMT_WALK_EXTENDED_ACCESSED);
	WRONG("levels", cfg.levels = 3);
	WRONG("levels", cfg.levels = 6);
	WRONG("levels", cfg.levels = 0);
	WRONG("iova_bits", cfg.iova_bits = 49);
	WRONG("iova_bits", cfg.iova_bits = 31);
	WRONG("iova_bits", (cfg.levels = 5, cfg.iova_bits = 58));
	WRONG("iova_bits", (cfg.format = &iomt_walk_arm_s1_4k, cfg.iova_bits = 39));
	WRONG("oa_bits", cfg.oa_bits = 53);
	WRONG("oa_bits", cfg.oa_bits = 31);
	WRONG("oa_bits", cfg.oa_bits = 255);
	WRONG("oa_bits", (cfg.format = &iomt_walk_arm_s1_4k, cfg.oa_bits = 41));
	WRONG("deny", cfg.deny = IOMT_PRIV);
	WRONG("page_sizes", cfg.page_sizes = 1 << 21);
	WRONG("page_sizes", cfg.page_sizes = 1 << 12 | 1 << 13);
	WRONG("root", (cfg.oa_bits = 40, cfg.root = 1ULL << 40));
	WRONG("mem", guest.mem.size--);
	guest_open(&guest, true);
	WRONG("mem", guest.mem.regions = NULL);
	guest_open(&guest, true);
	WRONG("mem", guest.region.size = 0);
	guest_open(&guest, true);
	WRONG("mem", guest.region.size -= 4);
	guest_open(&guest, true);
	WRONG("mem", guest.region.base += 4);
	guest_open(&guest, true);
	WRONG("mem", guest.region.host = NULL);
	guest_open(&guest, true);
	WRONG("mem", guest.region.host = (char *)guest.words + 4);
	guest_open(&guest, true);
	WRONG("mem", guest.region.base = 0 - GUEST_BYTES + 8);
	/* the last byte of the address space is a place like any other */
	guest_open(&guest, true);
	guest.region.base = 0 - GUEST_BYTES;
	CHECK(!field(&right));
}

static void asked(void)
{
	static const uint32_t wrong[] = {0, IOMT_PRIV, IOMT_WALK_ATS, IOMT_READ | IOMT_SNOOP,
					 IOMT_READ | 1u << 31};
	struct iomt_walk_cfg cfg;
	struct iomt_walker walker;

	for (unsigned i = 0; i < 10; i++) {
		struct iomt_walk_leaf leaf = {.oa = 1};
		struct iomt_walk_fault fault = {.iova = 2};
		struct iomt_walk_path path;

		guest_open(&guest, i < 5);
		cfg = usual(&guest.mem);
		CHECK_INT(iomt_walker_init(&walker, &cfg, NULL), 0);
		CHECK_INT(iomt_walk(&walker, 0x1000, wrong[i % 5], &leaf, &fault), IOMT_EINVAL);
		CHECK_INT(iomt_walk_with_path(&walker, 0, wrong[i % 5], &leaf, &fault, &path),
			  IOMT_EINVAL);
		CHECK_EQ(leaf.oa, 1);
		CHECK_EQ(fault.iova, 2);
	}
}

/* The first word behind all memory, and the last one in it. */
static void ends(void)
{
	struct iomt_walk_cfg cfg;
	struct iomt_walk_leaf leaf;
	struct iomt_walk_fault fault;
	struct iomt_walker walker;

	guest_open(&guest, true);
	guest.region.size = 0x4000;
	*guest_word(&guest, 0x1000) = 0x2007;
	*guest_word(&guest, 0x2000) = 0x3007;
	*guest_word(&guest, 0x3000) = 0x5007; /* where memory ends */
	*guest_word(&guest, 0x3008) = 0x4007;
	*guest_word(&guest, 0x4ff8) = 0xaaaa007;
	*guest_word(&guest, 0x5000) = 0xbbbb007;
	cfg = usual(&guest.mem);
	CHECK_INT(iomt_walker_init(&walker, &cfg, NULL), 0);
	CHECK_INT(iomt_walk(&walker, 0x3ff123, IOMT_READ, &leaf, &fault), 0);
	CHECK_EQ(leaf.oa, 0xaaaa123);
	CHECK_INT(iomt_walk(&walker, 0x123, IOMT_READ, &leaf, &fault), IOMT_EFAULT);
	CHECK_EQ(fault.kind, IOMT_WALK_FAULT_TABLE);
	CHECK_EQ(fault.address, 0x5000);
	/* the same for a table that is cut off */
	guest.region.size = 0x3ff8;
	CHECK_INT(iomt_walker_init(&walker, &cfg, NULL), 0);
	CHECK_INT(iomt_walk(&walker, 0x3fe123, IOMT_READ, &leaf, &fault), IOMT_EFAULT);
	CHECK_EQ(fault.kind, IOMT_WALK_FAULT_ABSENT);
	CHECK_INT(iomt_walk(&walker, 0x3ff123, IOMT_READ, &leaf, &fault), IOMT_EFAULT);
	CHECK_EQ(fault.kind, IOMT_WALK_FAULT_TABLE);
}

/* A table whose upper half is in another region, or nowhere; a region of one word. */
static void edges(void)
{
	struct iomt_guest_region regions[3];
	struct iomt_walk_cfg cfg;
	struct iomt_walk_leaf leaf;
	struct iomt_walk_fault fault;
	struct iomt_walker walker;

	guest_open(&guest, true);
	*guest_word(&guest, 0x1000) = 0x2007;
	*guest_word(&guest, 0x2000) = 0x3007;
	*guest_word(&guest, 0x3000) = 0x4007;
	*guest_word(&guest, 0x47f8) = 0xaaaa007; /* slot 255, below the cut */
	*guest_word(&guest, 0x4800) = 0xbbbb007;
	*guest_word(&guest, 0x4ff8) = 0xcccc007;
	regions[0] = (struct iomt_guest_region){0x1000, 0x3800, guest.words, false};
	regions[1] = (struct iomt_guest_region){0x4ff8, 8, guest_word(&guest, 0x4ff8), false};
	regions[2] = (struct iomt_guest_region){0x4800, 8, guest_word(&guest, 0x4800), true};
	guest.mem.regions = regions;
	guest.mem.count = 3;
	cfg = usual(&guest.mem);
	CHECK_INT(iomt_walker_init(&walker, &cfg, NULL), 0);
	CHECK_INT(iomt_walk(&walker, 0xff123, IOMT_READ, &leaf, &fault), 0);
	CHECK_EQ(leaf.oa, 0xaaaa123);
	CHECK_INT(iomt_walk(&walker, 0x100123, IOMT_READ, &leaf, &fault), 0);
	CHECK_EQ(leaf.oa, 0xbbbb123);
	CHECK_INT(iomt_walk(&walker, 0x1ff123, IOMT_READ, &leaf, &fault), 0);
	CHECK_EQ(leaf.oa, 0xcccc123);
	CHECK_INT(iomt_walk(&walker, 0x101123, IOMT_READ, &leaf, &fault), IOMT_EFAULT);
	CHECK_EQ(fault.kind, IOMT_WALK_FAULT_TABLE);
	CHECK_EQ(fault.address, 0x4808);
	CHECK_EQ(fault.entry, 0);
	CHECK(!fault.top);
	/* bits can be set but in the third */
	cfg.flags = IOMT_WALK_ACCESSED;
	CHECK_INT(iomt_walker_init(&walker, &cfg, NULL), 0);
	CHECK_INT(iomt_walk(&walker, 0x1ff123, IOMT_READ, &leaf, &fault), 0);
	CHECK_EQ(*guest_word(&guest, 0x4ff8), 0xcccc027);
	CHECK_INT(iomt_walk(&walker, 0x100123, IOMT_READ, &leaf, &fault), IOMT_EFAULT);
	CHECK_EQ(fault.kind, IOMT_WALK_FAULT_UPDATE);
	CHECK_EQ(*guest_word(&guest, 0x4800), 0xbbbb007);
	CHECK_EQ(*guest_word(&guest, 0x1000), 0x2027);
}

/*
 * Memory beyond the output address size is no place for tables, mapped or not: with 32 bits the upper
 * half of this region is beyond.
 */
static void beyond(void)
{
	struct iomt_walk_cfg cfg;
	struct iomt_walk_leaf leaf;
	struct iomt_walk_fault fault;
	struct iomt_walker walker;

	guest_open(&guest, true);
	guest.region.base = 0xffff8000;
	guest.words[0] = 0xffff9007;
	guest.words[0x1000 / 8] = 0xffffa007;
	guest.words[0x2000 / 8] = 0x100000007; /* 0x8000 into the region */
	guest.words[0x8000 / 8] = 0xabc007;
	cfg = usual(&guest.mem);
	cfg.root = 0xffff8000;
	cfg.oa_bits = 33;
	CHECK_INT(iomt_walker_init(&walker, &cfg, NULL), 0);
	CHECK_INT(iomt_walk(&walker, 0x123, IOMT_READ, &leaf, &fault), 0);
	CHECK_EQ(leaf.oa, 0xabc123);
	cfg.oa_bits = 32;
	CHECK_INT(iomt_walker_init(&walker, &cfg, NULL), 0);
	CHECK_INT(iomt_walk(&walker, 0x123, IOMT_READ, &leaf, &fault), IOMT_EFAULT);
	CHECK_EQ(fault.kind, IOMT_WALK_FAULT_RESERVED);
	CHECK_EQ(fault.level, 1);
}

/* An entry that is never the same twice: the walker gives up, and sets nothing. */
static struct iomt_guest_word restless_read(void *ctx, uint64_t address)
{
	(void)address;
	return (struct iomt_guest_word){.value = 0x2007 | (uint64_t)guest.reads++ << 52,
					.err = *(bool *)ctx ? 0 : IOMT_EIO};
}

static int restless_cas(void *ctx, uint64_t address, uint64_t *expected, uint64_t desired)
{
	(void)ctx;
	(void)address;
	CHECK_EQ(desired, *expected | 0x20);
	*expected ^= 1ULL << 62;
	return IOMT_EAGAIN;
}

static void restless(void)
{
	bool there = true;
	struct iomt_guest_mem mem = {
		.size = sizeof(mem), .read64 = restless_read, .cas64 = restless_cas, .ctx = &there};
	struct iomt_walk_cfg cfg = usual(&mem);
	struct iomt_walk_leaf leaf = {.oa = 1};
	struct iomt_walk_fault fault = {.iova = 2};
	struct iomt_walker walker;

	guest.reads = 0;
	cfg.flags = IOMT_WALK_ACCESSED;
	CHECK_INT(iomt_walker_init(&walker, &cfg, NULL), 0);
	CHECK_INT(iomt_walk(&walker, 0x123, IOMT_READ, &leaf, &fault), IOMT_EAGAIN);
	CHECK_EQ(leaf.oa, 1);
	CHECK_EQ(fault.iova, 2);
	CHECK(guest.reads >= 4 && guest.reads < 1000);
	CHECK_INT(iomt_walk(&walker, 0x123, IOMT_READ | IOMT_WALK_LOOK, &leaf, &fault), 0);
	CHECK_EQ(leaf.oa, 0x2123);
	there = false;
	CHECK_INT(iomt_walk(&walker, 0x123, IOMT_READ, &leaf, &fault), IOMT_EFAULT);
	CHECK_EQ(fault.kind, IOMT_WALK_FAULT_TABLE);
}

/* Tables behind callbacks, the last in a region: it changes while the top's accessed bit is set. */
static int overtaking_cas(void *ctx, uint64_t address, uint64_t *expected, uint64_t desired)
{
	if (address == 0x1000)
		*guest_word(&guest, 0x4000) = 0xbbbb047;
	return guest_cas64(ctx, address, expected, desired);
}

static void overtaken(void)
{
	struct iomt_walk_cfg cfg;
	struct iomt_walk_leaf leaf;
	struct iomt_walk_fault fault;
	struct iomt_walker walker;

	guest_open(&guest, false);
	guest.mem.cas64 = overtaking_cas;
	guest.region.base = 0x4000;
	guest.region.size = 0x1000;
	guest.region.host = guest_word(&guest, 0x4000);
	guest.mem.regions = &guest.region;
	guest.mem.count = 1;
	*guest_word(&guest, 0x1000) = 0x2007;
	*guest_word(&guest, 0x2000) = 0x3007;
	*guest_word(&guest, 0x3000) = 0x4007;
	*guest_word(&guest, 0x4000) = 0xaaaa007;
	cfg = usual(&guest.mem);
	cfg.flags = IOMT_WALK_ACCESSED | IOMT_WALK_DIRTY;
	CHECK_INT(iomt_walker_init(&walker, &cfg, NULL), 0);
	CHECK_INT(iomt_walk(&walker, 0x123, IOMT_READ, &leaf, &fault), 0);
	CHECK_EQ(leaf.oa, 0xbbbb123);
	CHECK_EQ(leaf.entry, 0xbbbb067);
	CHECK_EQ(*guest_word(&guest, 0x4000), 0xbbbb067);
	CHECK_EQ(*guest_word(&guest, 0x3000), 0x4027);
}

/* Every kind has a text of its own. */
static void texts(void)
{
	const char *none = iomt_walk_fault_text(0);

	CHECK_STR(iomt_walk_fault_text(IOMT_WALK_FAULT_LEVEL + 1), none);
	CHECK_STR(iomt_walk_fault_text(~0u), none);
	for (unsigned a = IOMT_WALK_FAULT_INPUT; a <= IOMT_WALK_FAULT_LEVEL; a++) {
		for (unsigned b = 0; b < a; b++)
			CHECK(strcmp(iomt_walk_fault_text(a), iomt_walk_fault_text(b)));
	}
}

TEST_SUITE(walk_memory, TEST(fields), TEST(asked), TEST(ends), TEST(edges), TEST(beyond),
	   TEST(restless), TEST(overtaken), TEST(texts));
