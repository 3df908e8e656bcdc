/* SPDX-License-Identifier: MIT */
/* Ids by hand: edges, every error, ranges, iteration, counts, and what they cost in bytes. */
#include "both.h"
#include "provider.h"
#include "test.h"
#include <iomt/hosted.h>
#include <iomt/ids.h>

static struct provider provider;

static void open_ids(struct iomt_ids *ids, uint32_t bits)
{
	struct iomt_ids_cfg cfg = {
		.size = sizeof(cfg), .mem = &provider.mem, .bits = bits, .flags = flags};

	provider_init(&provider, PROVIDER_LINEAR);
	CHECK_INT(iomt_ids_init(ids, &cfg), 0);
	CHECK_EQ(provider.live_bytes, 0);
}

static void close_ids(struct iomt_ids *ids)
{
	struct iomt_ids_stats stats;

	iomt_ids_stats(ids, &stats);
	CHECK_EQ(stats.bytes, provider.live_bytes);
	iomt_ids_destroy(ids);
	provider_check_empty(&provider);
}

static void check_counts(const struct iomt_ids *ids, uint64_t allocated, uint64_t reserved)
{
	struct iomt_ids_stats stats;

	iomt_ids_stats(ids, &stats);
	CHECK_EQ(stats.allocated, allocated);
	CHECK_EQ(stats.reserved, reserved);
	CHECK_EQ(stats.bytes, provider.live_bytes);
}

/* The next call gives this id. */
#define CHECK_ALLOC(ids, min, max, expected)                            \
	do {                                                            \
		uint32_t id_ = 0xdead;                                  \
		CHECK_INT(iomt_ids_alloc(ids, min, max, &id_), 0);      \
		CHECK_EQ(id_, expected);                                \
		CHECK_INT(iomt_ids_test(ids, id_), IOMT_IDS_ALLOCATED); \
	} while (0)

#define CHECK_NEXT(ids, min, max, after, expected)                      \
	do {                                                            \
		uint32_t id_ = after;                                   \
		CHECK_INT(iomt_ids_alloc_next(ids, min, max, &id_), 0); \
		CHECK_EQ(id_, expected);                                \
	} while (0)

#define CHECK_NO_ALLOC(ids, min, max, err)                                \
	do {                                                              \
		uint32_t id_ = 0xdead;                                    \
		CHECK_INT(iomt_ids_alloc(ids, min, max, &id_), err);      \
		CHECK_INT(iomt_ids_alloc_next(ids, min, max, &id_), err); \
		CHECK_EQ(id_, 0xdead);                                    \
	} while (0)

static void widths(void)
{
	for (uint32_t bits = 1; bits <= 32; bits++) {
		uint32_t last = (uint32_t)((1ULL << bits) - 1);
		struct iomt_ids ids;

		open_ids(&ids, bits);
		CHECK_ALLOC(&ids, 0, last, 0);
		CHECK_ALLOC(&ids, last, last, last);
		CHECK_NO_ALLOC(&ids, last, last, IOMT_ENOSPC);
		CHECK_INT(iomt_ids_free(&ids, last), 0);
		CHECK_INT(iomt_ids_alloc_at(&ids, last), 0);
		check_counts(&ids, 2, 0);
		if (bits < 32) {
			CHECK_NO_ALLOC(&ids, 0, last + 1, IOMT_ERANGE);
			CHECK_INT(iomt_ids_alloc_at(&ids, last + 1), IOMT_ERANGE);
			CHECK_INT(iomt_ids_free(&ids, last + 1), IOMT_ERANGE);
			CHECK_INT(iomt_ids_test(&ids, last + 1), IOMT_ERANGE);
			CHECK_INT(iomt_ids_reserve(&ids, 0, last + 1), IOMT_ERANGE);
			CHECK_INT(iomt_ids_release(&ids, 0, last + 1), IOMT_ERANGE);
		}
		check_counts(&ids, 2, 0);
		close_ids(&ids);
	}
}

static void to_the_last(void)
{
	static const uint32_t widths_[] = {1, 2, 4, 5, 8, 10, 11, 16, 17};

	for (size_t i = 0; i < sizeof(widths_) / sizeof(widths_[0]); i++) {
		uint32_t last = (1u << widths_[i]) - 1;
		struct iomt_ids ids;

		open_ids(&ids, widths_[i]);
		for (uint32_t id = 0; id <= last; id++)
			CHECK_ALLOC(&ids, 0, last, id);
		CHECK_NO_ALLOC(&ids, 0, last, IOMT_ENOSPC);
		check_counts(&ids, last + 1ULL, 0);
		for (uint32_t id = 0; id <= last; id += 3) {
			CHECK_INT(iomt_ids_free(&ids, id), 0);
			CHECK_ALLOC(&ids, 0, last, id);
		}
		for (uint32_t id = 0; id <= last; id++)
			CHECK_INT(iomt_ids_free(&ids, id), 0);
		check_counts(&ids, 0, 0);
		iomt_ids_trim(&ids);
		CHECK_EQ(provider.live_bytes, 0);
		CHECK_ALLOC(&ids, 0, last, 0);
		close_ids(&ids);
	}
}

static void smallest(void)
{
	struct iomt_ids ids;

	open_ids(&ids, 20);
	CHECK_ALLOC(&ids, 0, 0xfffff, 0);
	CHECK_ALLOC(&ids, 5, 0xfffff, 5);
	CHECK_ALLOC(&ids, 0, 0xfffff, 1);
	CHECK_ALLOC(&ids, 5, 6, 6);
	CHECK_NO_ALLOC(&ids, 5, 6, IOMT_ENOSPC);
	CHECK_NO_ALLOC(&ids, 6, 5, IOMT_EINVAL);
	CHECK_ALLOC(&ids, 15, 1024, 15);
	CHECK_ALLOC(&ids, 15, 1024, 16);
	CHECK_ALLOC(&ids, 1023, 1024, 1023);
	CHECK_ALLOC(&ids, 1023, 1024, 1024);
	CHECK_NO_ALLOC(&ids, 1023, 1024, IOMT_ENOSPC);
	CHECK_ALLOC(&ids, 0xffff, 0x10000, 0xffff);
	CHECK_ALLOC(&ids, 0xffff, 0xfffff, 0x10000);
	CHECK_INT(iomt_ids_free(&ids, 0), 0);
	CHECK_INT(iomt_ids_free(&ids, 5), 0);
	CHECK_ALLOC(&ids, 1, 0xfffff, 2);
	CHECK_ALLOC(&ids, 0, 0xfffff, 0);
	CHECK_ALLOC(&ids, 0, 0xfffff, 3);
	close_ids(&ids);
}

static void next(void)
{
	struct iomt_ids ids;

	open_ids(&ids, 32);
	CHECK_NEXT(&ids, 10, 13, 0, 10);
	CHECK_NEXT(&ids, 10, 13, 10, 11);
	CHECK_INT(iomt_ids_free(&ids, 10), 0);
	CHECK_NEXT(&ids, 10, 13, 11, 12);
	CHECK_NEXT(&ids, 10, 13, 12, 13);
	CHECK_NEXT(&ids, 10, 13, 13, 10);
	CHECK_NO_ALLOC(&ids, 10, 13, IOMT_ENOSPC);
	CHECK_INT(iomt_ids_free(&ids, 12), 0);
	CHECK_NEXT(&ids, 10, 13, 12, 12);
	CHECK_NEXT(&ids, 0, UINT32_MAX, UINT32_MAX - 1, UINT32_MAX);
	CHECK_NEXT(&ids, 0, UINT32_MAX, UINT32_MAX, 0);
	CHECK_NEXT(&ids, 0, UINT32_MAX, UINT32_MAX - 1, 1);
	CHECK_NEXT(&ids, 0, 100, 1000, 2);
	close_ids(&ids);
}

static void every_error(void)
{
	struct iomt_ids ids;

	open_ids(&ids, 20);
	CHECK_INT(iomt_ids_free(&ids, 7), IOMT_ENOENT);
	CHECK_INT(iomt_ids_alloc_at(&ids, 7), 0);
	CHECK_INT(iomt_ids_alloc_at(&ids, 7), IOMT_EEXIST);
	CHECK_INT(iomt_ids_free(&ids, 8), IOMT_ENOENT);
	CHECK_INT(iomt_ids_free(&ids, 7), 0);
	CHECK_INT(iomt_ids_free(&ids, 7), IOMT_ESTALE);
	CHECK_INT(iomt_ids_reserve(&ids, 7, 7), 0);
	CHECK_INT(iomt_ids_test(&ids, 7), IOMT_IDS_RESERVED);
	CHECK_INT(iomt_ids_free(&ids, 7), IOMT_EPERM);
	CHECK_INT(iomt_ids_alloc_at(&ids, 7), IOMT_EPERM);
	CHECK_NO_ALLOC(&ids, 7, 7, IOMT_ENOSPC);
	CHECK_INT(iomt_ids_reserve(&ids, 7, 7), IOMT_EPERM);
	CHECK_INT(iomt_ids_release(&ids, 7, 7), 0);
	CHECK_INT(iomt_ids_free(&ids, 7), IOMT_ENOENT);
	CHECK_INT(iomt_ids_release(&ids, 7, 7), IOMT_ENOENT);
	CHECK_INT(iomt_ids_reserve(&ids, 8, 7), IOMT_EINVAL);
	CHECK_INT(iomt_ids_release(&ids, 8, 7), IOMT_EINVAL);
	close_ids(&ids);
}

/* A range that cannot be had as a whole is left as it was; the lowest id in the way says why. */
static void all_or_nothing(void)
{
	struct iomt_ids ids;

	open_ids(&ids, 20);
	CHECK_INT(iomt_ids_alloc_at(&ids, 5000), 0);
	CHECK_INT(iomt_ids_reserve(&ids, 6000, 6010), 0);
	CHECK_INT(iomt_ids_reserve(&ids, 100, 9000), IOMT_EEXIST);
	CHECK_INT(iomt_ids_reserve(&ids, 5001, 9000), IOMT_EPERM);
	CHECK_INT(iomt_ids_release(&ids, 5999, 6010), IOMT_ENOENT);
	CHECK_INT(iomt_ids_release(&ids, 6000, 6011), IOMT_ENOENT);
	check_counts(&ids, 1, 11);
	CHECK_INT(iomt_ids_reserve(&ids, 100, 4999), 0);
	check_counts(&ids, 1, 4911);
	CHECK_ALLOC(&ids, 100, 9000, 5001);
	CHECK_INT(iomt_ids_release(&ids, 1000, 3000), 0);
	CHECK_ALLOC(&ids, 100, 9000, 1000);
	CHECK_INT(iomt_ids_release(&ids, 100, 4999), IOMT_ENOENT);
	check_counts(&ids, 3, 4911 - 2001);
	close_ids(&ids);
}

/* Whole parts take no memory; a hole in them takes the way to it. */
static void large_ranges(void)
{
	struct iomt_ids ids;

	open_ids(&ids, 32);
	CHECK_INT(iomt_ids_reserve(&ids, 0, UINT32_MAX), 0);
	check_counts(&ids, 0, 1ULL << 32);
	CHECK_EQ(provider.live_bytes, 1024); /* the root's: 16 parts of 2^28 */
	CHECK_NO_ALLOC(&ids, 0, UINT32_MAX, IOMT_ENOSPC);
	CHECK_INT(iomt_ids_test(&ids, 1u << 31), IOMT_IDS_RESERVED);
	CHECK_INT(iomt_ids_free(&ids, 1u << 31), IOMT_EPERM);
	CHECK_INT(iomt_ids_alloc_at(&ids, 1u << 31), IOMT_EPERM);
	CHECK_INT(iomt_ids_release(&ids, 1u << 31, 1u << 31), 0);
	CHECK_EQ(provider.live_bytes, 1024 + 3 * 1024 + 512);
	check_counts(&ids, 0, (1ULL << 32) - 1);
	CHECK_ALLOC(&ids, 0, UINT32_MAX, 1u << 31);
	CHECK_NO_ALLOC(&ids, 0, UINT32_MAX, IOMT_ENOSPC);
	CHECK_INT(iomt_ids_free(&ids, (1u << 31) + 1), IOMT_EPERM);
	CHECK_INT(iomt_ids_free(&ids, 1u << 31), 0);
	CHECK_INT(iomt_ids_reserve(&ids, 1u << 31, 1u << 31), 0);
	CHECK_INT(iomt_ids_release(&ids, 0, UINT32_MAX), 0);
	check_counts(&ids, 0, 0);
	CHECK_ALLOC(&ids, 0, UINT32_MAX, 0);
	CHECK_INT(iomt_ids_free(&ids, 0), 0);
	iomt_ids_trim(&ids);
	CHECK_EQ(provider.live_bytes, 0);
	CHECK_INT(iomt_ids_free(&ids, 0), IOMT_ENOENT);
	close_ids(&ids);
}

static void iteration(void)
{
	static const uint32_t there[] = {0, 1, 15, 16, 1023, 1024, 0xffff, 0x10000, UINT32_MAX};
	size_t met = 0, count = sizeof(there) / sizeof(there[0]);
	uint32_t id = 3;
	struct iomt_ids ids;

	open_ids(&ids, 32);
	CHECK_INT(iomt_ids_next(&ids, 0, &id), IOMT_ENOENT);
	CHECK_EQ(id, 3);
	for (size_t i = count; i--;)
		CHECK_INT(iomt_ids_alloc_at(&ids, there[i]), 0);
	CHECK_INT(iomt_ids_reserve(&ids, 2, 14), 0);
	CHECK_INT(iomt_ids_reserve(&ids, 0x20000, 0x7fffffff), 0);
	for (uint64_t from = 0; !iomt_ids_next(&ids, from, &id); from = id + 1ULL) {
		CHECK(met < count);
		CHECK_EQ(id, there[met++]);
	}
	CHECK_EQ(met, count);
	CHECK_INT(iomt_ids_next(&ids, 1ULL << 32, &id), IOMT_ENOENT);
	check_counts(&ids, count, 13 + 0x7ffe0000);
	iomt_ids_trim(&ids); /* nothing of this */
	check_counts(&ids, count, 13 + 0x7ffe0000);
	CHECK_INT(iomt_ids_test(&ids, 1023), IOMT_IDS_ALLOCATED);
	close_ids(&ids);
}

/* 512 bytes for 1024 ids, 1 KiB for 2^16, 1 KiB for the root: 0.52 bytes an id. */
static void bytes(void)
{
	struct iomt_ids ids;
	uint32_t id;

	open_ids(&ids, 20);
	CHECK_ALLOC(&ids, 0, 0xfffff, 0);
	CHECK_EQ(provider.live_bytes, 1024 + 1024 + 512);
	CHECK_ALLOC(&ids, 1024, 0xfffff, 1024);
	CHECK_EQ(provider.live_bytes, 1024 + 1024 + 2 * 512);
	CHECK_ALLOC(&ids, 0x10000, 0xfffff, 0x10000);
	CHECK_EQ(provider.live_bytes, 1024 + 2 * 1024 + 3 * 512);
	while (!iomt_ids_alloc(&ids, 0, 0xfffff, &id))
		continue;
	CHECK_EQ(provider.live_bytes, 1024 + 16 * 1024 + 1024 * 512);
	check_counts(&ids, 1u << 20, 0);
	for (id = 0x10000; id < 1u << 20; id++)
		CHECK_INT(iomt_ids_free(&ids, id), 0);
	iomt_ids_trim(&ids);
	CHECK_EQ(provider.live_bytes, 1024 + 1024 + 64 * 512);
	close_ids(&ids);
}

static struct iomt_ids between;
static void *(*alloc_between)(void *ctx, size_t bytes);

/* A call has looked at its range and takes memory: another thread releases a part of that. */
static void *release_part(void *ctx, size_t bytes)
{
	provider.mem.alloc = alloc_between;
	CHECK_INT(iomt_ids_release(&between, 0x400, 0x7ff), 0);
	return alloc_between(ctx, bytes);
}

/* Past what others released meanwhile the call goes on, and divides nothing but its ends. */
static void released_meanwhile(void)
{
	flags = 0;
	open_ids(&between, 20);
	CHECK_INT(iomt_ids_reserve(&between, 0, 0x3fff), 0);
	alloc_between = provider.mem.alloc;
	provider.mem.alloc = release_part;
	CHECK_INT(iomt_ids_release(&between, 0, 0x3ff7), 0);
	check_counts(&between, 0, 8);
	CHECK_EQ(provider.live_bytes, 2 * 1024 + 512);
	CHECK_ALLOC(&between, 0x7ff, 0xfffff, 0x7ff);
	CHECK_INT(iomt_ids_release(&between, 0x3ff8, 0x3fff), 0);
	close_ids(&between);
}

static void configurations(void)
{
	struct {
		struct iomt_ids_cfg cfg;
		uint64_t newer;
	} longer;
	struct iomt_mem mem = iomt_mem_heap;
	struct iomt_ids_cfg good = {.size = sizeof(good), .mem = &mem, .bits = 20}, cfg;
	struct iomt_ids_cfg_error error;
	struct iomt_ids ids;

	CHECK_INT(iomt_ids_cfg_check(&good, &error), 0);
	CHECK_INT(iomt_ids_cfg_check(NULL, NULL), IOMT_EINVAL);
#define REFUSED(change, name)                                             \
	do {                                                              \
		cfg = good;                                               \
		change;                                                   \
		CHECK_INT(iomt_ids_cfg_check(&cfg, &error), IOMT_EINVAL); \
		CHECK_STR(error.field, name);                             \
		CHECK(error.reason);                                      \
		CHECK_INT(iomt_ids_init(&ids, &cfg), IOMT_EINVAL);        \
		mem = iomt_mem_heap;                                      \
	} while (0)
	REFUSED(cfg.size--, "size");
	REFUSED(cfg.mem = NULL, "mem");
	REFUSED(mem.size--, "mem");
	REFUSED(mem.alloc = NULL, "mem");
	REFUSED(mem.free = NULL, "mem");
	REFUSED(cfg.bits = 0, "bits");
	REFUSED(cfg.bits = 33, "bits");
	REFUSED(cfg.flags = 2, "flags");
	longer.cfg = good;
	longer.cfg.size = sizeof(longer);
	longer.newer = 0;
	CHECK_INT(iomt_ids_cfg_check(&longer.cfg, NULL), 0);
	longer.newer = 1;
	CHECK_INT(iomt_ids_cfg_check(&longer.cfg, NULL), IOMT_EINVAL);
}

BOTH(widths)
BOTH(to_the_last)
BOTH(smallest)
BOTH(next)
BOTH(every_error)
BOTH(all_or_nothing)
BOTH(large_ranges)
BOTH(iteration)
BOTH(bytes)

TEST_SUITE(ids, BOTH_TESTS(widths), BOTH_TESTS(to_the_last), BOTH_TESTS(smallest), BOTH_TESTS(next),
	   BOTH_TESTS(every_error), BOTH_TESTS(all_or_nothing), BOTH_TESTS(large_ranges),
	   BOTH_TESTS(iteration), BOTH_TESTS(bytes), TEST(released_meanwhile),
	   TEST(configurations));
