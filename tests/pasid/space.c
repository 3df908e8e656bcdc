/* SPDX-License-Identifier: MIT */
/* Spaces of PASIDs by hand: each call, every error, references, quarantine, and what they cost. */
#include "both.h"
#include "provider.h"
#include "test.h"
#include <iomt/hosted.h>
#include <iomt/pasid.h>

#define MOST 0xfffffu

static struct provider provider;
static struct iomt_pasid_space space;

static void open_space(uint32_t bits, uint32_t quarantine)
{
	struct iomt_pasid_cfg cfg = {.size = sizeof(cfg),
				     .mem = &provider.mem,
				     .bits = bits,
				     .flags = flags,
				     .quarantine = quarantine};

	provider_init(&provider, PROVIDER_LINEAR);
	CHECK_INT(iomt_pasid_init(&space, &cfg), 0);
	CHECK_EQ(provider.live_bytes, 0);
}

static void check_counts(uint64_t allocated, uint64_t reserved, uint64_t quarantined)
{
	struct iomt_pasid_stats stats;

	iomt_pasid_stats(&space, &stats);
	CHECK_EQ(stats.allocated, allocated);
	CHECK_EQ(stats.reserved, reserved);
	CHECK_EQ(stats.quarantined, quarantined);
	CHECK_EQ(stats.bytes, provider.live_bytes);
	CHECK_EQ(iomt_pasid_quarantined(&space), quarantined);
}

static void close_space(void)
{
	struct iomt_pasid_stats stats;

	iomt_pasid_stats(&space, &stats);
	CHECK_EQ(stats.bytes, provider.live_bytes);
	iomt_pasid_destroy(&space);
	provider_check_empty(&provider);
}

/* All that was freed until now may be used again. */
static void flush(void)
{
	CHECK_INT(iomt_pasid_quarantine_done(&space, iomt_pasid_quarantine_token(&space)), 0);
}

#define CHECK_CALL(call, expected)         \
	do {                               \
		uint32_t pasid = 0xdead;   \
		CHECK_INT(call, 0);        \
		CHECK_EQ(pasid, expected); \
	} while (0)
#define CHECK_NO_CALL(call, err)         \
	do {                             \
		uint32_t pasid = 0xdead; \
		CHECK_INT(call, err);    \
		CHECK_EQ(pasid, 0xdead); \
	} while (0)
#define CHECK_ALLOC(set, min, max, expected) \
	CHECK_CALL(iomt_pasid_alloc(&space, set, min, max, &pasid), expected)
#define CHECK_NO_ALLOC(set, min, max, err)                                                \
	do {                                                                              \
		CHECK_NO_CALL(iomt_pasid_alloc(&space, set, min, max, &pasid), err);      \
		CHECK_NO_CALL(iomt_pasid_alloc_next(&space, set, min, max, &pasid), err); \
		CHECK_NO_CALL(iomt_pasid_alloc_wide(&space, set, min, max, &pasid), err); \
	} while (0)

static void widths(void)
{
	for (uint32_t bits = 1; bits <= IOMT_PASID_BITS; bits++) {
		uint32_t last = (1u << bits) - 1;

		open_space(bits, UINT32_MAX);
		CHECK_ALLOC(NULL, 0, last, 0);
		CHECK_ALLOC(NULL, last, last, last);
		CHECK_NO_ALLOC(NULL, 0, last + 1, IOMT_ERANGE);
		CHECK_INT(iomt_pasid_alloc_at(&space, NULL, last + 1), IOMT_ERANGE);
		CHECK_INT(iomt_pasid_alloc_reserved(&space, NULL, last + 1), IOMT_ERANGE);
		CHECK_INT(iomt_pasid_get(&space, last + 1), IOMT_ERANGE);
		CHECK_INT(iomt_pasid_put(&space, last + 1), IOMT_ERANGE);
		CHECK_INT(iomt_pasid_free(&space, NULL, last + 1), IOMT_ERANGE);
		CHECK_INT(iomt_pasid_test(&space, last + 1), IOMT_ERANGE);
		CHECK_INT(iomt_pasid_reserve(&space, 0, last + 1), IOMT_ERANGE);
		CHECK_INT(iomt_pasid_release(&space, 0, last + 1), IOMT_ERANGE);
		CHECK_EQ(iomt_pasid_refs(&space, last + 1), 0);
		CHECK_INT(iomt_pasid_put(&space, last), 0);
		CHECK_INT(iomt_pasid_test(&space, last), IOMT_PASID_QUARANTINED);
		flush();
		CHECK_INT(iomt_pasid_alloc_at(&space, NULL, last), 0);
		check_counts(2, 0, 0);
		close_space();
	}
}

static void choices(void)
{
	uint32_t last = 10;

	open_space(20, 0);
	CHECK_ALLOC(NULL, 1, MOST, 1);
	CHECK_ALLOC(NULL, 1, MOST, 2);
	CHECK_ALLOC(NULL, 5, 6, 5);
	CHECK_NO_ALLOC(NULL, 6, 5, IOMT_EINVAL);
	CHECK_INT(iomt_pasid_alloc_at(&space, NULL, 3), 0);
	CHECK_INT(iomt_pasid_alloc_at(&space, NULL, 3), IOMT_EEXIST);
	CHECK_ALLOC(NULL, 1, MOST, 4);
	CHECK_INT(iomt_pasid_put(&space, 2), 0);
	CHECK_INT(iomt_pasid_alloc_next(&space, NULL, 1, MOST, &last), 0);
	CHECK_EQ(last, 11);
	CHECK_INT(iomt_pasid_alloc_next(&space, NULL, 1, MOST, &last), 0);
	CHECK_EQ(last, 12);
	CHECK_ALLOC(NULL, 1, MOST, 2);
	CHECK_ALLOC(NULL, MOST, MOST, MOST);
	CHECK_NO_ALLOC(NULL, MOST, MOST, IOMT_ENOSPC);
	close_space();
}

/* A device of 8 bits finds room although wide ones came first. */
static void wide_from_the_top(void)
{
	open_space(20, 0);
#define CHECK_WIDE(min, max, expected) \
	CHECK_CALL(iomt_pasid_alloc_wide(&space, NULL, min, max, &pasid), expected)
	CHECK_WIDE(1, MOST, 0x80000);
	CHECK_WIDE(1, MOST, 0x80001);
	CHECK_WIDE(1, 0xffff, 0x8000);
	CHECK_WIDE(1, 0xff, 0x80);
	/* as max is no power of two less one */
	CHECK_WIDE(1, 0x81, 0x81);
	CHECK_WIDE(1, 0x81, 0x40);
	CHECK_WIDE(0, 0, 0);
	CHECK_WIDE(0, 1, 1);
	CHECK_NO_CALL(iomt_pasid_alloc_wide(&space, NULL, 0, 1, &pasid), IOMT_ENOSPC);
	/* down to the least */
	CHECK_WIDE(5, 8, 8);
	CHECK_WIDE(5, 8, 5);
	CHECK_WIDE(5, 8, 6);
	CHECK_WIDE(5, 8, 7);
	CHECK_NO_CALL(iomt_pasid_alloc_wide(&space, NULL, 5, 8, &pasid), IOMT_ENOSPC);
	CHECK_WIDE(2, 3, 2);
	CHECK_WIDE(2, 3, 3);
	CHECK_NO_CALL(iomt_pasid_alloc_wide(&space, NULL, 2, 3, &pasid), IOMT_ENOSPC);
	close_space();
}

static void references(void)
{
	open_space(20, UINT32_MAX);
	CHECK_INT(iomt_pasid_get(&space, 7), IOMT_ENOENT);
	CHECK_INT(iomt_pasid_put(&space, 7), IOMT_ENOENT);
	CHECK_INT(iomt_pasid_free(&space, NULL, 7), IOMT_ENOENT);
	CHECK_INT(iomt_pasid_alloc_at(&space, NULL, 7), 0);
	CHECK_INT(iomt_pasid_get(&space, 8), IOMT_ENOENT); /* in the same leaf */
	CHECK_INT(iomt_pasid_get(&space, 7), 0);
	CHECK_EQ(iomt_pasid_refs(&space, 7), 2);
	CHECK_INT(iomt_pasid_free(&space, NULL, 7), IOMT_EBUSY);
	CHECK_INT(iomt_pasid_put(&space, 7), 0);
	CHECK_INT(iomt_pasid_test(&space, 7), IOMT_PASID_ALLOCATED);
	CHECK_INT(iomt_pasid_put(&space, 7), 0);
	CHECK_EQ(iomt_pasid_refs(&space, 7), 0);
	for (int completed = 0; completed < 2; completed++) {
		CHECK_INT(iomt_pasid_get(&space, 7), IOMT_ESTALE);
		CHECK_INT(iomt_pasid_put(&space, 7), IOMT_ESTALE);
		CHECK_INT(iomt_pasid_free(&space, NULL, 7), IOMT_ESTALE);
		flush();
	}
	CHECK_INT(iomt_pasid_test(&space, 7), IOMT_PASID_FREE);
	CHECK_INT(iomt_pasid_alloc_at(&space, NULL, 7), 0);
	CHECK_EQ(iomt_pasid_refs(&space, 7), 1);
	CHECK_INT(iomt_pasid_free(&space, NULL, 7), 0);
	check_counts(0, 0, 1);
	close_space();
}

static void too_many_references(void)
{
	open_space(4, 0);
	CHECK_INT(iomt_pasid_alloc_at(&space, NULL, 7), 0);
	for (uint32_t i = 1; i < IOMT_PASID_MOST_REFS; i++)
		CHECK_INT(iomt_pasid_get(&space, 7), 0);
	CHECK_INT(iomt_pasid_get(&space, 7), IOMT_EOVERFLOW);
	CHECK_EQ(iomt_pasid_refs(&space, 7), IOMT_PASID_MOST_REFS);
	CHECK_INT(iomt_pasid_put(&space, 7), 0);
	CHECK_INT(iomt_pasid_get(&space, 7), 0);
	close_space();
}

/* Reserved, free, allocated and in quarantine: which error is which. */
static void reserved(void)
{
	open_space(20, UINT32_MAX);
	CHECK_INT(iomt_pasid_reserve(&space, 0, 0), 0);
	CHECK_INT(iomt_pasid_reserve(&space, 0, 3), IOMT_EPERM);
	CHECK_INT(iomt_pasid_reserve(&space, 3, 2), IOMT_EINVAL);
	CHECK_INT(iomt_pasid_release(&space, 3, 2), IOMT_EINVAL);
	CHECK_INT(iomt_pasid_release(&space, 3, 3), IOMT_ENOENT);
	CHECK_INT(iomt_pasid_test(&space, 0), IOMT_PASID_RESERVED);
	CHECK_ALLOC(NULL, 0, 1, 1);
	CHECK_NO_ALLOC(NULL, 0, 1, IOMT_ENOSPC);
	CHECK_INT(iomt_pasid_alloc_at(&space, NULL, 0), IOMT_EPERM);
	CHECK_INT(iomt_pasid_get(&space, 0), IOMT_EPERM);
	CHECK_INT(iomt_pasid_put(&space, 0), IOMT_EPERM);
	CHECK_INT(iomt_pasid_free(&space, NULL, 0), IOMT_EPERM);
	CHECK_INT(iomt_pasid_reserve(&space, 1, 9), IOMT_EEXIST);
	CHECK_INT(iomt_pasid_put(&space, 1), 0);
	CHECK_INT(iomt_pasid_reserve(&space, 1, 9), IOMT_EAGAIN);
	check_counts(0, 1, 1);
	flush();
	CHECK_INT(iomt_pasid_reserve(&space, 1, 9), 0);
	CHECK_INT(iomt_pasid_put(&space, 1), IOMT_EPERM);
	check_counts(0, 10, 0);
	CHECK_INT(iomt_pasid_release(&space, 0, 9), 0);
	check_counts(0, 0, 0);
	CHECK_ALLOC(NULL, 0, 1, 0);
	close_space();
}

/* A device's own space, beside a global one that hands out 0x100 to 0x1ff. */
static void side_by_side(void)
{
	struct iomt_pasid_cfg cfg = {.size = sizeof(cfg),
				     .mem = &iomt_mem_heap,
				     .bits = 20,
				     .flags = flags,
				     .quarantine = UINT32_MAX};
	struct iomt_pasid_space device;
	uint32_t process, own;

	open_space(20, UINT32_MAX); /* global */
	CHECK_INT(iomt_pasid_init(&device, &cfg), 0);
	CHECK_INT(iomt_pasid_reserve(&device, 0x100, 0x1ff), 0);
	CHECK_INT(iomt_pasid_alloc(&space, NULL, 0x100, 0x1ff, &process), 0);
	CHECK_INT(iomt_pasid_alloc(&device, NULL, 0x100, MOST, &own), 0);
	CHECK_EQ(process, 0x100);
	CHECK_EQ(own, 0x200);
	CHECK_INT(iomt_pasid_alloc_at(&device, NULL, process), IOMT_EPERM);
	CHECK_INT(iomt_pasid_alloc_reserved(&device, NULL, own), IOMT_ENOENT);
	CHECK_INT(iomt_pasid_alloc_reserved(&device, NULL, process), 0);
	CHECK_INT(iomt_pasid_alloc_reserved(&device, NULL, process), IOMT_EEXIST);
	CHECK_INT(iomt_pasid_test(&device, process), IOMT_PASID_ALLOCATED);
	CHECK_INT(iomt_pasid_release(&device, 0x100, 0x1ff), IOMT_EEXIST);
	CHECK_INT(iomt_pasid_get(&device, process), 0);
	CHECK_INT(iomt_pasid_put(&device, process), 0);
	CHECK_INT(iomt_pasid_put(&device, process), 0);
	CHECK_INT(iomt_pasid_test(&device, process), IOMT_PASID_QUARANTINED);
	CHECK_INT(iomt_pasid_alloc_reserved(&device, NULL, process), IOMT_EAGAIN);
	CHECK_INT(iomt_pasid_release(&device, 0x100, 0x1ff), IOMT_EAGAIN);
	CHECK_INT(iomt_pasid_quarantine_done(&device, iomt_pasid_quarantine_token(&device)), 0);
	/* reserved again, not free */
	CHECK_INT(iomt_pasid_test(&device, process), IOMT_PASID_RESERVED);
	CHECK_INT(iomt_pasid_put(&device, process), IOMT_EPERM);
	CHECK_INT(iomt_pasid_alloc_at(&device, NULL, process), IOMT_EPERM);
	CHECK_INT(iomt_pasid_alloc_reserved(&device, NULL, process), 0);
	CHECK_INT(iomt_pasid_free(&device, NULL, process), 0);
	CHECK_INT(iomt_pasid_quarantine_done(&device, iomt_pasid_quarantine_token(&device)), 0);
	CHECK_INT(iomt_pasid_release(&device, 0x100, 0x1ff), 0);
	CHECK_INT(iomt_pasid_alloc_at(&device, NULL, process), 0);
	CHECK_INT(iomt_pasid_put(&device, process), 0);
	CHECK_INT(iomt_pasid_quarantine_done(&device, iomt_pasid_quarantine_token(&device)), 0);
	CHECK_INT(iomt_pasid_test(&device, process), IOMT_PASID_FREE); /* of the usual kind again */
	iomt_pasid_destroy(&device);
	close_space();
}

/* A PASID that nothing can have cached is free at once; what others freed waits. */
static void invalidated_already(void)
{
	open_space(2, UINT32_MAX);
	CHECK_ALLOC(NULL, 0, 3, 0);
	CHECK_ALLOC(NULL, 0, 3, 1);
	CHECK_INT(iomt_pasid_get(&space, 1), 0);
	CHECK_INT(iomt_pasid_put(&space, 0), 0);
	CHECK_INT(iomt_pasid_put_invalidated(&space, 1), 0);
	CHECK_INT(iomt_pasid_test(&space, 1), IOMT_PASID_ALLOCATED);
	CHECK_INT(iomt_pasid_put_invalidated(&space, 1), 0);
	CHECK_INT(iomt_pasid_test(&space, 1), IOMT_PASID_FREE);
	CHECK_INT(iomt_pasid_test(&space, 0), IOMT_PASID_QUARANTINED);
	check_counts(0, 0, 1);
	CHECK_INT(iomt_pasid_put_invalidated(&space, 1), IOMT_ESTALE);
	CHECK_INT(iomt_pasid_put_invalidated(&space, 0), IOMT_ESTALE);
	CHECK_ALLOC(NULL, 0, 3, 1);
	CHECK_INT(iomt_pasid_put_invalidated(&space, 1), 0);
	flush();
	close_space();
}

/* What is free, what waits, and for which token. */
static void quarantine(void)
{
	uint64_t first, second;

	open_space(2, UINT32_MAX);
	CHECK_INT(iomt_pasid_quarantine_done(&space, 0), IOMT_EINVAL);
	CHECK_INT(iomt_pasid_quarantine_done(&space, 1), IOMT_EINVAL);
	for (uint32_t i = 0; i < 4; i++)
		CHECK_ALLOC(NULL, 0, 3, i);
	CHECK_NO_ALLOC(NULL, 0, 3, IOMT_ENOSPC);
	CHECK_INT(iomt_pasid_put(&space, 2), 0);
	CHECK_INT(iomt_pasid_put(&space, 1), 0);
	CHECK_NO_ALLOC(NULL, 0, 3, IOMT_EAGAIN);
	CHECK_NO_ALLOC(NULL, 1, 1, IOMT_EAGAIN);
	CHECK_NO_ALLOC(NULL, 3, 3, IOMT_ENOSPC); /* of this range none waits */
	CHECK_INT(iomt_pasid_alloc_at(&space, NULL, 1), IOMT_EAGAIN);
	first = iomt_pasid_quarantine_token(&space);
	CHECK_EQ(first, 1);
	CHECK_INT(iomt_pasid_put(&space, 0), 0);
	second = iomt_pasid_quarantine_token(&space);
	CHECK_CALL(iomt_pasid_quarantine_next(&space, first, 0, &pasid), 1);
	CHECK_CALL(iomt_pasid_quarantine_next(&space, first, 2, &pasid), 2);
	CHECK_NO_CALL(iomt_pasid_quarantine_next(&space, first, 3, &pasid), IOMT_ENOENT);
	CHECK_CALL(iomt_pasid_quarantine_next(&space, second, 0, &pasid), 0);
	CHECK_INT(iomt_pasid_quarantine_done(&space, second + 1), IOMT_EINVAL);
	check_counts(1, 0, 3);
	CHECK_INT(iomt_pasid_quarantine_done(&space, first), 0);
	check_counts(1, 0, 1);
	CHECK_INT(iomt_pasid_test(&space, 0), IOMT_PASID_QUARANTINED);
	CHECK_INT(iomt_pasid_quarantine_done(&space, first), 0);
	check_counts(1, 0, 1);
	CHECK_ALLOC(NULL, 0, 3, 1);
	CHECK_INT(iomt_pasid_put(&space, 1), 0); /* after both tokens */
	CHECK_INT(iomt_pasid_quarantine_done(&space, second), 0);
	CHECK_NO_CALL(iomt_pasid_quarantine_next(&space, second, 0, &pasid), IOMT_ENOENT);
	CHECK_INT(iomt_pasid_quarantine_done(&space, first), 0); /* late, and nothing more */
	CHECK_INT(iomt_pasid_test(&space, 1), IOMT_PASID_QUARANTINED);
	CHECK_ALLOC(NULL, 0, 3, 0);
	CHECK_ALLOC(NULL, 0, 3, 2);
	CHECK_NO_ALLOC(NULL, 0, 3, IOMT_EAGAIN);
	close_space();
}

/* A later token stands for those before it. */
static void tokens_out_of_order(void)
{
	uint64_t first, second;

	open_space(2, UINT32_MAX);
	CHECK_ALLOC(NULL, 0, 3, 0);
	CHECK_ALLOC(NULL, 0, 3, 1);
	CHECK_INT(iomt_pasid_put(&space, 0), 0);
	first = iomt_pasid_quarantine_token(&space);
	CHECK_INT(iomt_pasid_put(&space, 1), 0);
	second = iomt_pasid_quarantine_token(&space);
	CHECK_INT(iomt_pasid_quarantine_done(&space, second), 0);
	check_counts(0, 0, 0);
	CHECK_INT(iomt_pasid_quarantine_done(&space, first), 0);
	check_counts(0, 0, 0);
	close_space();
}

/* With as many in quarantine as the bound says, nothing is allocated, however much is free. */
static void bound(void)
{
	open_space(20, 2);
	for (uint32_t i = 0; i < 4; i++)
		CHECK_ALLOC(NULL, 0, MOST, i);
	CHECK_INT(iomt_pasid_reserve(&space, 10, 10), 0);
	CHECK_INT(iomt_pasid_put(&space, 0), 0);
	CHECK_ALLOC(NULL, 0, MOST, 4);
	CHECK_INT(iomt_pasid_put(&space, 1), 0);
	CHECK_NO_ALLOC(NULL, 0, MOST, IOMT_EAGAIN);
	CHECK_INT(iomt_pasid_alloc_at(&space, NULL, 9), IOMT_EAGAIN);
	CHECK_INT(iomt_pasid_alloc_reserved(&space, NULL, 10), IOMT_EAGAIN);
	CHECK_INT(iomt_pasid_put(&space, 2), 0); /* but freed is what must be */
	check_counts(2, 1, 3);
	flush();
	CHECK_ALLOC(NULL, 0, MOST, 0);
	close_space();
}

/* 4 KiB for each 256 PASIDs, 4 KiB for 2^17, and what the bits take. */
static void bytes(void)
{
	open_space(20, 0);
	CHECK_ALLOC(NULL, 0, MOST, 0);
	CHECK_EQ(provider.live_bytes, 8192 + 2560);
	CHECK_ALLOC(NULL, 255, MOST, 255);
	CHECK_EQ(provider.live_bytes, 8192 + 2560);
	CHECK_ALLOC(NULL, 256, MOST, 256);
	CHECK_EQ(provider.live_bytes, 8192 + 2560 + 4096);
	CHECK_ALLOC(NULL, MOST, MOST, MOST);
	CHECK_EQ(provider.live_bytes, 2 * 8192 + 2560 + 4096 + 512 + 1024);
	check_counts(4, 0, 0);
	CHECK_INT(iomt_pasid_put(&space, 256), 0);
	CHECK_INT(iomt_pasid_put(&space, MOST), 0);
	iomt_pasid_trim(&space);
	CHECK_EQ(provider.live_bytes, 8192 + 2560);
	check_counts(2, 0, 0);
	CHECK_INT(iomt_pasid_put(&space, 256), IOMT_ENOENT); /* forgotten */
	CHECK_INT(iomt_pasid_put(&space, 255), 0);
	CHECK_INT(iomt_pasid_put(&space, 0), 0);
	iomt_pasid_trim(&space);
	CHECK_EQ(provider.live_bytes, 0);
	close_space();
}

/* What waits stays, with its place in the list. */
static void trim_in_quarantine(void)
{
	open_space(20, UINT32_MAX);
	CHECK_INT(iomt_pasid_alloc_at(&space, NULL, 1000), 0);
	CHECK_INT(iomt_pasid_alloc_at(&space, NULL, 5000), 0);
	CHECK_INT(iomt_pasid_put(&space, 5000), 0);
	CHECK_INT(iomt_pasid_put(&space, 1000), 0);
	iomt_pasid_trim(&space);
	check_counts(0, 0, 2);
	flush();
	check_counts(0, 0, 0);
	iomt_pasid_trim(&space);
	CHECK_EQ(provider.live_bytes, 0);
	close_space();
}

static void configurations(void)
{
	struct iomt_mem mem = iomt_mem_heap;
	struct iomt_pasid_cfg good = {.size = sizeof(good), .mem = &mem, .bits = 20}, cfg;
	struct iomt_ids_cfg_error error;

	CHECK_INT(iomt_pasid_cfg_check(&good, &error), 0);
	CHECK_INT(iomt_pasid_cfg_check(NULL, NULL), IOMT_EINVAL);
#define REFUSED(change, name)                                               \
	do {                                                                \
		cfg = good;                                                 \
		change;                                                     \
		CHECK_INT(iomt_pasid_cfg_check(&cfg, &error), IOMT_EINVAL); \
		CHECK_STR(error.field, name);                               \
		CHECK_INT(iomt_pasid_init(&space, &cfg), IOMT_EINVAL);      \
	} while (0)
	REFUSED(cfg.size--, "size");
	REFUSED(cfg.mem = NULL, "mem");
	REFUSED(cfg.bits = 0, "bits");
	REFUSED(cfg.bits = 21, "bits");
	REFUSED(cfg.flags = 2, "flags");
	REFUSED(mem.alloc = NULL, "mem");
}

BOTH(widths)
BOTH(choices)
BOTH(wide_from_the_top)
BOTH(references)
BOTH(too_many_references)
BOTH(reserved)
BOTH(side_by_side)
BOTH(invalidated_already)
BOTH(quarantine)
BOTH(tokens_out_of_order)
BOTH(bound)
BOTH(bytes)
BOTH(trim_in_quarantine)

TEST_SUITE(space, BOTH_TESTS(widths), BOTH_TESTS(choices), BOTH_TESTS(wide_from_the_top),
	   BOTH_TESTS(references), BOTH_TESTS(too_many_references), BOTH_TESTS(reserved),
	   BOTH_TESTS(side_by_side), BOTH_TESTS(invalidated_already), BOTH_TESTS(quarantine),
	   BOTH_TESTS(tokens_out_of_order), BOTH_TESTS(bound), BOTH_TESTS(bytes),
	   BOTH_TESTS(trim_in_quarantine), TEST(configurations));
