/* SPDX-License-Identifier: MIT */
/*
 * DMA memory of examples/vfio, before a kernel that keeps VFIO's rules: what it maps does not overlap, what it unmaps
 * is whole, and memory that was given up is out of reach when dma_sync returns.
 */
#include "dma.h"
#include "random.h"
#include "test.h"

#define BITS  28
#define RW    (IOMT_READ | IOMT_WRITE)
#define MOST  512u
#define PAGES 1024u
#define STEPS 20000u /* of a random run */

/* What the kernel has mapped. */
struct kernel {
	struct {
		uint64_t iova, last;
		char *memory;
	} areas[MOST];
	unsigned count;
	unsigned calls;
	int err; /* of the next calls */
};

static struct kernel kernel;
static struct dma dma;
static char memory[PAGES * DMA_PAGE] __attribute__((aligned(DMA_PAGE)));

static int map(void *ctx, uint64_t iova, void *to, uint64_t length, uint32_t prot)
{
	struct kernel *k = ctx;

	CHECK(prot && length && !(iova % DMA_PAGE) && !(length % DMA_PAGE) && k->count < MOST);
	for (unsigned i = 0; i < k->count; i++)
		CHECK(iova > k->areas[i].last || iova + (length - 1) < k->areas[i].iova);
	k->calls++;
	if (k->err)
		return k->err;
	k->areas[k->count].iova = iova;
	k->areas[k->count].last = iova + (length - 1);
	k->areas[k->count++].memory = to;
	return 0;
}

static int unmap(void *ctx, uint64_t first, uint64_t last)
{
	struct kernel *k = ctx;
	unsigned before = k->count;

	k->calls++;
	if (k->err)
		return k->err;
	for (unsigned i = 0; i < k->count;) {
		if (k->areas[i].last < first || k->areas[i].iova > last) {
			i++;
			continue;
		}
		CHECK(k->areas[i].iova >= first && k->areas[i].last <= last);
		k->areas[i] = k->areas[--k->count];
	}
	CHECK(k->count < before || first == 0); /* no call for nothing, but the last */
	return 0;
}

static int dirty(void *ctx, uint64_t iova, uint64_t length, uint64_t *bitmap)
{
	const struct kernel *k = ctx;

	for (unsigned i = 0; i < k->count; i++) {
		if (k->areas[i].iova == iova && k->areas[i].last == iova + (length - 1)) {
			*bitmap = length / DMA_PAGE;
			return 0;
		}
	}
	return IOMT_EINVAL;
}

static const struct dma_backend backend = {"a model", map, unmap, dirty};

static void start(unsigned bits)
{
	memset(&kernel, 0, sizeof(kernel));
	CHECK_INT(dma_open(&dma, &backend, &kernel, bits), 0);
}

static void end(void)
{
	CHECK_INT(dma_close(&dma), 0);
	CHECK_EQ(kernel.count, 0);
}

static uint64_t mapped(unsigned page, unsigned pages)
{
	uint64_t iova = 0;

	CHECK_INT(dma_map(&dma, memory + page * DMA_PAGE, (uint64_t)pages * DMA_PAGE, RW, &iova),
		  0);
	return iova;
}

/* 28 bits: sixteen parts of 16 MiB, the second has slots of 4 KiB, the third of 16 KiB, and so on. */
static void addresses(void)
{
	uint64_t iova;

	start(BITS);
	CHECK_EQ(mapped(0, 1), 0x1000000);
	CHECK_EQ(mapped(1, 1), 0x1001000);
	CHECK_EQ(mapped(0, 2), 0x2000000);
	CHECK_EQ(mapped(0, 4), 0x2004000);
	CHECK_EQ(mapped(0, 5), 0x3000000);
	CHECK_EQ(mapped(0, 16), 0x3010000);
	CHECK_EQ(mapped(0, 1024), 0x6000000);
	for (unsigned i = 0; i < 3; i++)
		mapped(0, 1024);
	CHECK_INT(dma_map(&dma, memory, 4 << 20, RW, &iova), IOMT_ENOSPC); /* four of 4 MiB */
	CHECK_INT(dma_map(&dma, memory, (4 << 20) + DMA_PAGE, RW, &iova), IOMT_ENOSPC);
	CHECK_INT(dma_map(&dma, memory, 0, RW, &iova), IOMT_EINVAL);
	CHECK_INT(dma_map(&dma, memory, 100, RW, &iova), IOMT_EINVAL);
	CHECK_INT(dma_map(&dma, memory + 1, DMA_PAGE, RW, &iova), IOMT_EINVAL);
	CHECK_INT(dma_map(&dma, memory, DMA_PAGE, 0, &iova), IOMT_EINVAL);
	CHECK_EQ(kernel.calls, 10);
	end();
}

static void widths(void)
{
	memset(&kernel, 0, sizeof(kernel));
	CHECK_INT(dma_open(&dma, &backend, &kernel, 19), IOMT_EINVAL);
	CHECK_INT(dma_open(&dma, &backend, &kernel, 65), IOMT_EINVAL);
	start(20); /* parts of 64 KiB: slots of 4 KiB and 16 KiB */
	CHECK_EQ(mapped(0, 1), 0x10000);
	CHECK_EQ(mapped(0, 2), 0x20000);
	end();
	start(64);
	CHECK_EQ(mapped(0, 1), 1ULL << 60);
	CHECK_EQ(mapped(0, 1024), 6ULL << 60);
	end();
}

static void one_call(void)
{
	uint64_t iovas[100];

	start(BITS);
	for (unsigned i = 0; i < 100; i++)
		iovas[i] = mapped(i, 1);
	kernel.calls = 0;
	for (unsigned i = 0; i < 100; i++) {
		if (i != 40)
			CHECK_INT(dma_unmap(&dma, iovas[99 - i]), 0);
	}
	CHECK_EQ(kernel.calls, 0);
	CHECK_INT(dma_sync(&dma), 0);
	CHECK_EQ(kernel.calls, 2); /* before and behind what is still mapped */
	CHECK_EQ(kernel.count, 1);
	CHECK_EQ(kernel.areas[0].iova, iovas[59]);
	CHECK_INT(dma_sync(&dma), 0);
	CHECK_EQ(kernel.calls, 2);
	CHECK_INT(dma_unmap(&dma, iovas[59]), 0);
	CHECK_INT(dma_sync(&dma), 0);
	CHECK_EQ(kernel.calls, 3);
	end();
}

/* Slots that are not full leave holes, which are nobody's: no call is made for those alone. */
static void holes(void)
{
	uint64_t first, second, third, fourth;

	start(BITS);
	first = mapped(0, 3);
	second = mapped(3, 3);
	third = mapped(6, 3);
	fourth = mapped(9, 4);
	CHECK_INT(dma_unmap(&dma, first), 0);
	CHECK_INT(dma_unmap(&dma, fourth), 0);
	kernel.calls = 0;
	CHECK_INT(dma_sync(&dma), 0);
	CHECK_EQ(kernel.calls, 2);
	CHECK(dma_at(&dma, second, 3 * DMA_PAGE, RW) == memory + 3 * DMA_PAGE);
	CHECK(dma_at(&dma, third, 3 * DMA_PAGE, RW) == memory + 6 * DMA_PAGE);
	end();
}

static void lookups(void)
{
	uint64_t one, two, apart;

	start(BITS);
	one = mapped(0, 1);
	two = mapped(1, 1);
	apart = mapped(7, 1);
	CHECK_EQ(two, one + DMA_PAGE);
	CHECK_EQ(apart, two + DMA_PAGE);
	CHECK(dma_at(&dma, one, 2 * DMA_PAGE, RW) ==
	      memory); /* one piece of memory, as it happens */
	CHECK(dma_at(&dma, one + 1, 2 * DMA_PAGE - 1, RW) == memory + 1);
	CHECK(!dma_at(&dma, two, 2 * DMA_PAGE, RW));
	CHECK(!dma_at(&dma, apart + 1, DMA_PAGE, RW));
	CHECK(!dma_at(&dma, apart, 0, RW));
	CHECK(!dma_at(&dma, 0, 1, RW));
	CHECK(!dma_at(&dma, UINT64_MAX, 1, RW));
	CHECK(!dma_at(&dma, UINT64_MAX, 2, RW));
	CHECK(!dma_at(&dma, one, UINT64_MAX, RW));
	CHECK(!dma_at(&dma, one, 1, RW | IOMT_EXEC));
	end();
}

static void refusals(void)
{
	uint64_t iova = 1, other, bitmap = 0;

	start(BITS);
	kernel.err = IOMT_ENOMEM;
	CHECK_INT(dma_map(&dma, memory, DMA_PAGE, RW, &iova), IOMT_ENOMEM);
	CHECK_EQ(iova, 1);
	CHECK(!dma_at(&dma, 0x1000000, 1, IOMT_READ));
	kernel.err = 0;
	CHECK_EQ(mapped(0, 1), 0x1000000);
	iova = mapped(0, 7);
	CHECK_EQ(iova, 0x3000000);
	CHECK_INT(dma_dirty(&dma, iova, &bitmap), 0);
	CHECK_EQ(bitmap, 7);
	CHECK_INT(dma_dirty(&dma, iova + DMA_PAGE, &bitmap), IOMT_ENOENT);
	CHECK_INT(dma_unmap(&dma, iova + DMA_PAGE), IOMT_ENOENT);
	CHECK_INT(dma_unmap(&dma, 0), IOMT_ENOENT);
	CHECK_INT(dma_unmap(&dma, UINT64_MAX), IOMT_ENOENT);
	CHECK_INT(dma_unmap(&dma, iova), 0);
	CHECK_INT(dma_unmap(&dma, iova), IOMT_ENOENT);
	CHECK_INT(dma_dirty(&dma, iova, &bitmap), IOMT_ENOENT);
	kernel.err = IOMT_EIO;
	CHECK_INT(dma_sync(&dma), IOMT_EIO);
	CHECK_INT(dma_close(&dma), IOMT_EIO);
	kernel.err = 0;
	other = mapped(0, 7);
	CHECK(other != iova); /* hardware may know it still */
	CHECK_INT(dma_sync(&dma), 0);
	CHECK_EQ(mapped(0, 7), iova);
	end();
}

/* Without a sync of the caller's, the list of what waits does not overflow. */
static void many_wait(void)
{
	start(BITS);
	for (unsigned i = 0; i < 3 * DMA_WAITING; i++)
		CHECK_INT(dma_unmap(&dma, mapped(i, 1)), 0);
	CHECK_EQ(kernel.count, DMA_WAITING);
	CHECK_INT(dma_sync(&dma), 0);
	CHECK_EQ(kernel.count, 0);
	end();
}

static void random_play(void)
{
	static struct {
		uint64_t iova;
		unsigned page, pages;
	} live[64];
	struct random random;
	uint64_t iova;
	unsigned count = 0;

	random_init(&random, 1);
	start(BITS);
	for (uint64_t steps = random_times(STEPS); steps; steps--) {
		unsigned pick = (unsigned)random_below(&random, 64);

		if (!random_below(&random, 20)) {
			CHECK_INT(dma_sync(&dma), 0);
			CHECK_EQ(kernel.count, count);
		} else if (pick < count) {
			CHECK_INT(dma_unmap(&dma, live[pick].iova), 0);
			CHECK(!dma_at(&dma, live[pick].iova, 1, IOMT_READ));
			live[pick] = live[--count];
		} else {
			live[count].pages = 1 + (unsigned)random_below(&random, 20);
			live[count].page = (unsigned)random_below(&random, PAGES - 20);
			iova = mapped(live[count].page, live[count].pages);
			live[count++].iova = iova;
		}
		for (unsigned i = 0; i < count; i++)
			CHECK(dma_at(&dma, live[i].iova, live[i].pages * DMA_PAGE, RW) ==
			      memory + live[i].page * DMA_PAGE);
	}
	end();
}

/* Lookups go on while others map and unmap: what stays is found, what comes and goes is whole or not there. */
static struct {
	uint64_t stays;
	uint64_t looked; /* by the readers, so that each has begun before all end */
	bool over;
} shared;

static void *look(void *unused)
{
	struct random random;

	(void)unused;
	random_init(&random, 2);
	while (!__atomic_load_n(&shared.over, __ATOMIC_ACQUIRE)) {
		uint64_t iova = 0x1000000 + random_below(&random, 64 * DMA_PAGE);
		char *at = dma_at(&dma, iova, 1, RW);

		REQUIRE(!at || (at >= memory && at < memory + sizeof(memory) &&
				(uintptr_t)at % DMA_PAGE == iova % DMA_PAGE));
		REQUIRE(dma_at(&dma, shared.stays, 7 * DMA_PAGE, RW) == memory);
		__atomic_fetch_add(&shared.looked, 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

static void lookups_meanwhile(void)
{
	pthread_t readers[2];
	uint64_t iovas[32];

	start(BITS);
	memset(&shared, 0, sizeof(shared));
	shared.stays = mapped(0, 7);
	for (unsigned i = 0; i < 2; i++)
		CHECK(!pthread_create(&readers[i], NULL, look, NULL));
	for (unsigned round = 0;
	     round < 200 || __atomic_load_n(&shared.looked, __ATOMIC_ACQUIRE) < 10000; round++) {
		for (unsigned i = 0; i < 32; i++)
			iovas[i] = mapped((round + i) % PAGES, 1);
		for (unsigned i = 0; i < 32; i++)
			CHECK_INT(dma_unmap(&dma, iovas[i]), 0);
		CHECK_INT(dma_sync(&dma), 0);
	}
	__atomic_store_n(&shared.over, true, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(readers[i], NULL);
	end();
}

TEST_SUITE(dma, TEST(addresses), TEST(widths), TEST(one_call), TEST(holes), TEST(lookups),
	   TEST(refusals), TEST(many_wait), TEST(random_play), TEST(lookups_meanwhile));
