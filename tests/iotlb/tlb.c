/* SPDX-License-Identifier: MIT */
/* The software IOTLB in one thread: arguments, keys, sizes, each invalidation, stale inserts. */
#include "cache.h"

static void configurations(void)
{
	struct iomt_tlb_cfg good = {
		.size = sizeof(good), .entries = 100, .spaces = 10, .readers = 2};
	static _Alignas(IOMT_TLB_ALIGN) uint8_t memory[65536];
	struct iomt_tlb *tlb = NULL;
	struct iomt_tlb_cfg bad[7];

	for (size_t i = 0; i < 7; i++)
		bad[i] = good;
	bad[0].size--;
	bad[1].size++;
	bad[2].entries = 0;
	bad[3].entries = IOMT_TLB_MAX_ENTRIES + 1;
	bad[4].spaces = 0;
	bad[5].spaces = IOMT_TLB_MAX_SPACES + 1;
	bad[6].readers = IOMT_TLB_MAX_READERS + 1;
	for (size_t i = 0; i < 7; i++) {
		CHECK_EQ(iomt_tlb_bytes(&bad[i]), 0);
		CHECK_INT(iomt_tlb_init(&tlb, &bad[i], memory), IOMT_EINVAL);
	}
	CHECK_EQ(iomt_tlb_bytes(NULL), 0);
	CHECK_INT(iomt_tlb_init(&tlb, NULL, memory), IOMT_EINVAL);
	CHECK_INT(iomt_tlb_init(&tlb, &good, NULL), IOMT_EINVAL);
	CHECK_INT(iomt_tlb_init(&tlb, &good, memory + 64), IOMT_EINVAL);
	CHECK(!tlb);
	CHECK(iomt_tlb_bytes(&good) <= sizeof(memory));
	CHECK_INT(iomt_tlb_init(&tlb, &good, memory), 0);
	CHECK(tlb);
}

/* As the header says: 21 to 43 bytes an entry, 91 to 183 a space, a line a reader. */
static void bytes(void)
{
	struct iomt_tlb_cfg cfg = {.size = sizeof(cfg), .entries = 3 << 10, .spaces = 7 << 10};
	size_t least = iomt_tlb_bytes(&cfg), fixed = least - (64 + 640) * 1024;

	CHECK(fixed < 1024);
	cfg.entries++;
	CHECK_EQ(iomt_tlb_bytes(&cfg), least + 64 * 1024);
	cfg.spaces++;
	CHECK_EQ(iomt_tlb_bytes(&cfg), least + (64 + 640) * 1024);
	cfg.readers = 5;
	CHECK_EQ(iomt_tlb_bytes(&cfg), least + (64 + 640) * 1024 + 5 * 64);
	cfg.entries = IOMT_TLB_MAX_ENTRIES;
	cfg.spaces = IOMT_TLB_MAX_SPACES;
	cfg.readers = IOMT_TLB_MAX_READERS;
	CHECK_EQ(iomt_tlb_bytes(&cfg), fixed + ((64 + 640ULL) << 20) + (64 << 16));
	cfg = (struct iomt_tlb_cfg){.size = sizeof(cfg), .entries = 1, .spaces = 1};
	CHECK_EQ(iomt_tlb_bytes(&cfg), fixed + 64 + 640);
}

static void spaces(void)
{
	struct iomt_tlb_space space = {.key_ = 1}, before = space;
	struct cache c;

	cache_open(&c, 100, 10, 0);
	CHECK_INT(iomt_tlb_space_init(&space, c.tlb, 0x10000, 0, 0, 0), IOMT_EINVAL);
	CHECK_INT(iomt_tlb_space_init(&space, c.tlb, 0, 0x1000000, 0, 0), IOMT_EINVAL);
	CHECK_INT(iomt_tlb_space_init(&space, c.tlb, 0, 0, 0x100000, 0), IOMT_EINVAL);
	CHECK_INT(iomt_tlb_space_init(&space, c.tlb, 0, 0, UINT32_MAX - 1, 0), IOMT_EINVAL);
	CHECK_INT(iomt_tlb_space_init(&space, c.tlb, 0, 0, 0, 4), IOMT_EINVAL);
	CHECK(!memcmp(&space, &before, sizeof(space)));
	CHECK_INT(iomt_tlb_space_init(&space, c.tlb, 0xffff, 0xffffff, 0xfffff, 3), 0);
	CHECK_INT(iomt_tlb_space_init(&space, c.tlb, 0xffff, 0xffffff, IOMT_TLB_NO_PASID, 3), 0);
	cache_close(&c);
}

static void entries(void)
{
	struct iomt_tlb_space space;
	struct cache c;

	cache_open(&c, 100, 10, 0);
	space = space_of(&c, 1, 2, 3, 1);
	CHECK(!hits(&space, 0x5000));
	CHECK_INT(insert(&space, 0x5000, 0x7000, RW, 11), IOMT_EINVAL);
	CHECK_INT(insert(&space, 0x5000, 0x7000, RW, 0), IOMT_EINVAL);
	CHECK_INT(insert(&space, 0x5000, 0x7000, RW, 65), IOMT_EINVAL);
	CHECK_INT(insert(&space, 0x5000, 0x7000, RW, 255), IOMT_EINVAL);
	CHECK_INT(insert(&space, 0x5000, 0x7000, 0x1000, 12), IOMT_EINVAL);
	CHECK_INT(insert(&space, 0x5000, 0x7001, RW, 12), IOMT_EINVAL);
	CHECK_INT(insert(&space, 0x205000, 0x7000, RW, 21), IOMT_EINVAL); /* not in step */
	CHECK_INT(insert(&space, 0x205000, 0x405000, RW, 21), 0);
	expect(&space, 0x200123, 0x400123, RW, 21);
	CHECK_INT(insert(&space, 0x5000, 1ULL << 52, RW, 12), IOMT_EINVAL);
	CHECK_INT(insert(&space, 0x5000, UINT64_MAX & ~0xfffULL, RW, 12), IOMT_EINVAL);
	CHECK(!hits(&space, 0x5000));
	CHECK_INT(insert(&space, 0x5000, (1ULL << 52) - 0x1000, RW, 12), 0);
	expect(&space, 0x5fff, (1ULL << 52) - 1, RW, 12);
	cache_close(&c);
}

/* Every bit of prot is kept, and a miss leaves the entry as it was. */
static void what_is_kept(void)
{
	struct iomt_tlb_entry entry = {.oa = 1, .prot = 2, .size_lg2 = 3};
	struct iomt_tlb_space space;
	struct cache c;

	cache_open(&c, 100, 10, 0);
	space = space_of(&c, 0, 0, 0, 0);
	CHECK_INT(iomt_tlb_lookup(&space, 0, &entry), IOMT_ENOENT);
	CHECK(entry.oa == 1 && entry.prot == 2 && entry.size_lg2 == 3);
	for (unsigned bit = 0; bit < 12; bit++) {
		CHECK_INT(insert(&space, 0x3000, 0x9000, 1u << bit, 12), 0);
		expect(&space, 0x3456, 0x9456, 1u << bit, 12);
	}
	CHECK_INT(insert(&space, 0x3000, 0x9000, 0, 12), 0);
	expect(&space, 0x3456, 0x9456, 0, 12);
	for (unsigned bit = 12; bit < 52; bit++) {
		CHECK_INT(insert(&space, 0x3000, 1ULL << bit, RW, 12), 0);
		expect(&space, 0x3fff, 1ULL << bit | 0xfff, RW, 12);
	}
	cache_close(&c);
}

/* No bit of an address, a size or a name is dropped. */
static void keys(void)
{
	static const uint32_t units[] = {0, 1, 16, 0xffff}, domains[] = {0, 1, 0xffffff};
	static const uint32_t pasids[] = {IOMT_TLB_NO_PASID, 0, 1, 0xfffff};
	struct iomt_tlb_space space;
	struct cache c;
	unsigned count = 4 * 3 * 4 * 4;

	cache_open(&c, 10000, 10000, 0);
	for (unsigned i = 0; i < 2 * count; i++) {
		unsigned n = i % count;

		space = space_of(&c, units[n % 4], domains[n / 4 % 3], pasids[n / 12 % 4], n / 48);
		if (i < count)
			CHECK_INT(insert(&space, 0x1000, (n + 1) << 12, RW, 12), 0);
		else
			expect(&space, 0x1000, (n + 1) << 12, RW, 12);
	}
	for (unsigned lg2 = 12; lg2 < 64; lg2++) {
		uint64_t size = 1ULL << lg2;

		iomt_tlb_invalidate_all(c.tlb);
		CHECK_INT(insert(&space, 0, 0, RW, (uint8_t)lg2), 0);
		expect(&space, size - 1, size - 1, RW, (uint8_t)lg2);
		for (uint64_t bit = size; bit; bit *= 2)
			CHECK(!hits(&space, bit) && !hits(&space, bit + size - 1));
	}
	cache_close(&c);
}

/* Every size, at the bottom, in the middle and at the top; removed by its first and its last byte. */
static void sizes(void)
{
	struct iomt_tlb_space space;
	struct cache c;

	cache_open(&c, 100, 10, 0);
	space = space_of(&c, 1, 1, 1, 1);
	for (unsigned i = 0; i < 53 * 6; i++) {
		uint8_t lg2 = (uint8_t)(12 + i / 6);
		uint64_t low = UINT64_MAX >> (64 - lg2), at[] = {0, 0x8765432112345678, UINT64_MAX};
		uint64_t first = at[i % 3] & ~low, edge = i % 6 < 3 ? first : first | low;
		uint64_t oa = lg2 < 52 ? first & ((1ULL << 52) - 1) : 0;

		CHECK_INT(insert(&space, edge, oa + (edge & low), RW, lg2), 0);
		expect(&space, first, oa, RW, lg2);
		expect(&space, first | low, oa + low, RW, lg2);
		CHECK(!first || !hits(&space, first - 1));
		CHECK(!~(first | low) || !hits(&space, (first | low) + 1));
		if (first)
			iomt_tlb_invalidate_range(&space, 0, first - 1);
		if (~(first | low))
			iomt_tlb_invalidate_range(&space, (first | low) + 1, UINT64_MAX);
		expect(&space, edge, oa + (edge & low), RW, lg2);
		iomt_tlb_invalidate_range(&space, edge, edge);
		CHECK(!hits(&space, first) && !hits(&space, first | low));
	}
	cache_close(&c);
}

/* [0, 2^64) inserted as one, and removed as one. */
static void everything_is_one_page(void)
{
	struct iomt_tlb_space space;
	struct cache c;

	cache_open(&c, 100, 10, 0);
	space = space_of(&c, 1, 1, IOMT_TLB_NO_PASID, 2);
	CHECK_INT(insert(&space, 0x123456789abc, 0x123456789abd, RW, 64), IOMT_EINVAL);
	CHECK_INT(insert(&space, 0x123456789abc, 0x123456789abc, RW, 64), 0);
	expect(&space, 0, 0, RW, 64);
	expect(&space, UINT64_MAX, UINT64_MAX, RW, 64);
	iomt_tlb_invalidate_range(&space, 0, UINT64_MAX);
	CHECK(!hits(&space, 0) && !hits(&space, UINT64_MAX));
	cache_close(&c);
}

/* Sizes that lie over one another: any of them is right, and all of them go. */
static void nested_sizes(void)
{
	struct iomt_tlb_space space;
	struct cache c;

	cache_open(&c, 100, 10, 0);
	space = space_of(&c, 1, 1, 1, 1);
	CHECK_INT(insert(&space, 0x40200000, 0x40200000, RW, 30), 0);
	CHECK_INT(insert(&space, 0x40200000, 0x200000, RW, 21), 0);
	CHECK_INT(insert(&space, 0x40200000, 0x1000, IOMT_READ, 12), 0);
	expect(&space, 0x40200000, 0x1000, IOMT_READ, 12);
	expect(&space, 0x40201000, 0x201000, RW, 21);
	expect(&space, 0x40400000, 0x40400000, RW, 30);
	iomt_tlb_invalidate_range(&space, 0x40201000, 0x40201000);
	expect(&space, 0x40200000, 0x1000, IOMT_READ, 12);
	CHECK(!hits(&space, 0x40201000) && !hits(&space, 0x40400000));
	iomt_tlb_invalidate_range(&space, 0x40200fff, 0x40201000);
	CHECK(!hits(&space, 0x40200000));
	cache_close(&c);
}

/* Ranges of few pages and of many, with ends inside of pages: what overlaps goes, the rest stays. */
static void ranges(void)
{
	struct iomt_tlb_space space, other;
	struct cache c;

	cache_open(&c, 10000, 100, 0);
	space = space_of(&c, 1, 1, 1, 1);
	other = space_of(&c, 1, 1, 2, 1);
	for (unsigned count = 1; count <= 4096; count *= 4) {
		uint64_t first = 0x1000 * 7 + 5, last = first + count * 0x1000ULL - 10;

		for (uint64_t i = 0; i < 20; i++) {
			CHECK_INT(insert(&space, i << 12, i << 12, RW, 12), 0);
			CHECK_INT(insert(&other, i << 12, i << 12, RW, 12), 0);
		}
		CHECK_INT(insert(&space, last + 0x3000, last + 0x3000, RW, 12), 0);
		CHECK_INT(insert(&space, 0xffffffffc0000000, 0, RW, 30), 0);
		iomt_tlb_invalidate_range(&space, last, first);
		CHECK(hits(&space, first));
		iomt_tlb_invalidate_range(&space, first, last);
		for (uint64_t i = 0; i < 20; i++) {
			CHECK(hits(&other, i << 12));
			CHECK(hits(&space, i << 12) == (i < 7 || i > last >> 12));
		}
		CHECK(hits(&space, last + 0x3000) && hits(&space, UINT64_MAX));
	}
	iomt_tlb_invalidate_range(&space, 0, UINT64_MAX);
	CHECK(!hits(&space, 0) && !hits(&space, UINT64_MAX) && hits(&other, 0));
	cache_close(&c);
}

/* The same where all sets are looked at: one byte of an entry is enough, at either end. */
static void range_of_more_pages_than_sets(void)
{
	struct iomt_tlb_space space;
	struct cache c;

	cache_open(&c, 48, 100, 0);
	space = space_of(&c, 1, 1, 1, 1);
	for (unsigned i = 0; i < 2; i++) {
		CHECK_INT(insert(&space, 0x2000, 0x2000, RW, 12), 0);
		CHECK_INT(insert(&space, 0x3000, 0x3000, RW, 12), 0);
		CHECK_INT(insert(&space, 0x300000, 0x300000, RW, 12), 0);
		CHECK_INT(insert(&space, 0x301000, 0x301000, RW, 12), 0);
		iomt_tlb_invalidate_range(&space, 0x3fff, 0x300000);
		CHECK(hits(&space, 0x2000) && hits(&space, 0x301000));
		CHECK(!hits(&space, 0x3000) && !hits(&space, 0x300000));
		iomt_tlb_invalidate_range(&space, 0x4000, 0x2fffff);
		CHECK(hits(&space, 0x2000) && hits(&space, 0x301000));
	}
	cache_close(&c);
}

enum kind { RANGE, PASID, DOMAIN, UNIT, ALL, KINDS };

static void invalidate(struct iomt_tlb_space *space, enum kind kind)
{
	switch (kind) {
	case RANGE:
		iomt_tlb_invalidate_range(space, 0x1000, 0x1000);
		break;
	case PASID:
		iomt_tlb_invalidate_pasid(space);
		break;
	case DOMAIN:
		iomt_tlb_invalidate_domain(space);
		break;
	case UNIT:
		iomt_tlb_invalidate_unit(space);
		break;
	default:
		iomt_tlb_invalidate_all(space->tlb);
		break;
	}
}

/* Spaces from the one that is named to those that share less and less with it. */
static void name_spaces(const struct cache *c, struct iomt_tlb_space space[KINDS + 1])
{
	space[0] = space_of(c, 1, 1, 1, 1);
	space[1] = space_of(c, 1, 1, 1, 2);
	space[2] = space_of(c, 1, 1, IOMT_TLB_NO_PASID, 1);
	space[3] = space_of(c, 1, 2, 1, 1);
	space[4] = space_of(c, 2, 1, 1, 1);
	space[5] = space[0];
}

static void scopes(void)
{
	for (enum kind kind = RANGE; kind < KINDS; kind++) {
		struct iomt_tlb_space space[KINDS + 1];
		struct cache c;

		cache_open(&c, 100, 1000, 0);
		name_spaces(&c, space);
		for (unsigned i = 0; i < KINDS; i++)
			CHECK_INT(insert(&space[i], 0x1000, 0x2000, RW, 12), 0);
		/* through a copy that has not heard of anything */
		invalidate(&space[5], kind);
		for (unsigned i = 0; i < KINDS; i++)
			CHECK(hits(&space[i], 0x1000) == (i > kind));
		for (unsigned i = 0; i < KINDS; i++)
			CHECK_INT(insert(&space[i], 0x1000, 0x3000, RW, 12), 0);
		for (unsigned i = 0; i < KINDS; i++)
			expect(&space[i], 0x1000, 0x3000, RW, 12);
		cache_close(&c);
	}
}

/* A walk that an invalidation overtakes leaves nothing behind, whether its space was known or not. */
static void stale_inserts(void)
{
	const struct iomt_tlb_entry entry = {.oa = 0x2000, .prot = RW, .size_lg2 = 12};

	for (unsigned n = 0; n < 2 * KINDS; n++) {
		enum kind kind = (enum kind)(n / 2);
		struct iomt_tlb_space space[KINDS + 1];
		uint64_t tokens[KINDS];
		struct cache c;

		cache_open(&c, 100, 1000, 0);
		name_spaces(&c, space);
		for (unsigned i = 0; i < KINDS; i++) {
			if (n % 2)
				CHECK_INT(insert(&space[i], 0x8000, 0x2000, RW, 12), 0);
			tokens[i] = iomt_tlb_begin(&space[i]);
		}
		invalidate(&space[5], kind);
		for (unsigned i = 0; i < KINDS; i++) {
			int err = iomt_tlb_insert(&space[i], tokens[i], 0x1000, &entry);

			/* a range is that of one stage, but counts for the PASID */
			CHECK_INT(err, i <= kind || (kind == RANGE && i == 1) ? IOMT_EAGAIN : 0);
			CHECK(hits(&space[i], 0x1000) == !err);
			CHECK_INT(insert(&space[i], 0x1000, 0x2000, RW, 12), 0);
		}
		cache_close(&c);
	}
}

/* Copies of a name are the same address space. */
static void copies(void)
{
	struct iomt_tlb_space one, two;
	struct cache c;

	cache_open(&c, 100, 10, 0);
	one = space_of(&c, 1, 1, 1, 1);
	two = one;
	CHECK_INT(insert(&one, 0x1000, 0x2000, RW, 12), 0);
	expect(&two, 0x1000, 0x2000, RW, 12);
	CHECK_INT(insert(&two, 0x200000, 0x400000, RW, 21), 0);
	expect(&one, 0x200000, 0x400000, RW, 21);
	iomt_tlb_invalidate_range(&two, 0x200000, 0x200000);
	CHECK(!hits(&one, 0x200000) && hits(&one, 0x1000));
	iomt_tlb_invalidate_pasid(&one);
	CHECK(!hits(&two, 0x1000));
	CHECK_INT(insert(&two, 0x1000, 0x3000, RW, 12), 0);
	expect(&one, 0x1000, 0x3000, RW, 12);
	cache_close(&c);
}

/* A full cache loses old entries one by one: the newest is always there, and most of its room used. */
static void eviction(void)
{
	struct iomt_tlb_space space;
	unsigned resident = 0;
	struct cache c;

	cache_open(&c, 768, 10, 0); /* 3 * 256: exactly so many */
	space = space_of(&c, 1, 1, 1, 1);
	for (uint64_t i = 0; i < 5000; i++) {
		CHECK_INT(insert(&space, i << 12, i << 12, RW, 12), 0);
		expect(&space, i << 12, i << 12, RW, 12);
		CHECK(i < 100 || hits(&space, (i - 100) << 12));
	}
	for (uint64_t i = 0; i < 5000; i++)
		resident += hits(&space, i << 12);
	CHECK_MSG(resident > 700 && resident <= 768, "%u are resident", resident);
	cache_close(&c);
}

/* Pages that follow one another have places of their own, whatever their size. */
static void spread(void)
{
	struct iomt_tlb_space space;
	struct cache c;

	cache_open(&c, 3072, 10, 0);
	space = space_of(&c, 1, 1, 1, 1);
	for (unsigned lg2 = 12; lg2 <= 32; lg2++) {
		unsigned resident = 0;

		iomt_tlb_invalidate_all(c.tlb);
		for (uint64_t i = 0; i < 1024; i++)
			CHECK_INT(insert(&space, i << lg2, 0, RW, (uint8_t)lg2), 0);
		for (uint64_t i = 0; i < 1024; i++)
			resident += hits(&space, i << lg2);
		CHECK_MSG(resident >= 990, "%u pages of 2^%u are resident", resident, lg2);
	}
	cache_close(&c);
}

TEST_SUITE(tlb, TEST(configurations), TEST(bytes), TEST(spaces), TEST(entries), TEST(what_is_kept),
	   TEST(keys), TEST(sizes), TEST(everything_is_one_page), TEST(nested_sizes), TEST(ranges),
	   TEST(range_of_more_pages_than_sets), TEST(scopes), TEST(stale_inserts), TEST(copies),
	   TEST(eviction), TEST(spread));
