/* SPDX-License-Identifier: MIT */
/*
 * Threads that translate through the IOTLB while others change the guest's tables and say so: an answer is
 * never older than the last invalidation that was complete before it was asked for.
 *
 * Devices 1 and 2 are of domains 5 and 6, with host tables of two levels; PASID 1 of device 1 has guest tables on
 * its host table. Output addresses of pages are numbers that only grow: which version a page is at.
 */
#define _GNU_SOURCE /* processors */
#include "guest.h"
#include "random.h"
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#define NONE	    IOMT_TLB_NO_PASID
#define RIGHTS	    (3ULL << 61)
#define READERS	    3u
#define WRITERS	    3u
#define PLACES	    6u
#define ENOUGH	    30u /* other versions, for each reader in each place */
#define ROUNDS	    40000u
#define DELAY	    2000u /* turns of an empty loop */
#define LINES	    56u	  /* as many stores as a processor may still have before it, and more */
#define DEVICE_1    0x10020ULL
#define DEVICE_2    0x10040ULL
#define GCR3	    0x28000ULL
#define HOST_1	    0x20000ULL
#define HOST_2(n)   (0x24000ULL + 0x2000 * (n))
#define GUEST_TOP   0x30000ULL
#define OUTPUT(v)   (((v) + 0x100) << 12)
#define VERSION(oa) (((oa) >> 12) - 0x100)

/* A page that has versions, how to ask for it, and what to do that the next one is seen. */
static const struct place {
	uint32_t device, pasid;
	uint64_t page;
} places[PLACES] = {{1, NONE, 3}, {1, NONE, 0x1ff}, {1, 1, 4},
		    {1, 1, 5},	  {2, NONE, 6},	    {2, NONE, 7}};

static struct guest guest;
static struct iomt_unit unit;
static struct iomt_unit_cache cache;
static struct iomt_tlb *tlb;
static void *memory;
static uint64_t begun[PLACES], completed[PLACES];
static bool stop;
static uint64_t enough, seen[READERS][PLACES];

static void store(uint64_t address, uint64_t value)
{
	__atomic_store_n(guest_word(&guest, address), value, __ATOMIC_RELEASE);
}

static void send(uint64_t low, uint64_t high)
{
	struct iomt_cmd cmd = {{low, high}};
	struct iomt_inv inv;

	REQUIRE(!iomt_amd_decode(&cmd, &inv));
	iomt_unit_invalidate(&cache, &inv);
}

/* 48882, 2.4: INVALIDATE_DEVTAB_ENTRY; INVALIDATE_IOMMU_PAGES, GN 66, PDE 65, S 64. */
static void send_device(uint32_t device)
{
	send(2ULL << 60 | device, 0);
}

static void send_pages(uint32_t domain, uint64_t what)
{
	send(3ULL << 60 | (uint64_t)domain << 32, what);
}

/* A host page, by its address or by the whole domain. */
static void host_page(unsigned place, uint64_t version, struct random *random)
{
	store(HOST_1 + 0x1000 + 8 * places[place].page, OUTPUT(version) | RIGHTS | 1);
	send_pages(5, random_below(random, 8) ? places[place].page << 12 : 0x7ffffffffffff003);
}

/* A guest's page on a host's: either changes, or the GCR3 entry does. */
static void guest_page(unsigned place, uint64_t version, struct random *random)
{
	uint64_t page = places[place].page, host = HOST_1 + 0x1000 + 8 * (0x100 + page);

	if (random_below(random, 4)) {
		store(host, OUTPUT(version) | RIGHTS | 1);
		send_pages(5, (0x100 + page) << 12);
		return;
	}
	/* another guest address, which the host maps to the new version */
	store(host ^ 0x100, OUTPUT(version) | RIGHTS | 1);
	send_pages(5, ((0x100 + page) << 12) ^ 0x20000);
	store(GUEST_TOP + 0x3000 + 8 * page, (((0x100 + page) << 12) ^ 0x20000) | 0x67);
	send(3ULL << 60 | 5ULL << 32 | 1, page << 12 | 4);
	store(host, OUTPUT(version) | RIGHTS | 1);
	send_pages(5, (0x100 + page) << 12);
	store(GUEST_TOP + 0x3000 + 8 * page, (0x100 + page) << 12 | 0x67);
	send(3ULL << 60 | 5ULL << 32 | 1, 0x7ffffffffffff007);
}

/* The device's entry comes to point to other tables. Both pages of them have one writer. */
static void device_entry(uint64_t version)
{
	uint64_t table = HOST_2(version & 1);

	for (unsigned place = 4; place < 6; place++)
		store(table + 0x1000 + 8 * places[place].page, OUTPUT(version) | RIGHTS | 1);
	store(DEVICE_2, table | RIGHTS | 2 << 9 | 3);
	send_device(2);
	send_pages(6, 0x7ffffffffffff003);
}

static void publish(uint64_t *counter, uint64_t version)
{
	__atomic_store_n(counter, version, __ATOMIC_RELEASE);
}

/* Each writer has two places. */
static void *write_pages(void *arg)
{
	unsigned self = (unsigned)(uintptr_t)arg;
	struct random random;

	random_init(&random, self + 20);
	for (uint64_t version = 1; !__atomic_load_n(&stop, __ATOMIC_ACQUIRE); version++) {
		for (unsigned place = 2 * self; place < 2 * self + 2; place++)
			publish(&begun[place], version);
		if (self == 2) {
			device_entry(version);
		} else {
			for (unsigned place = 2 * self; place < 2 * self + 2; place++) {
				if (self == 0)
					host_page(place, version, &random);
				else
					guest_page(place, version, &random);
			}
		}
		if (!random_below(&random, 64))
			send(8ULL << 60, 0);
		for (unsigned place = 2 * self; place < 2 * self + 2; place++)
			publish(&completed[place], version);
		sched_yield();
	}
	return NULL;
}

static bool has_enough(unsigned self)
{
	for (unsigned place = 0; place < PLACES; place++) {
		if (seen[self][place] < enough)
			return false;
	}
	return true;
}

static void *read_pages(void *arg)
{
	unsigned self = (unsigned)(uintptr_t)arg;
	uint64_t last[PLACES] = {0};
	struct iomt_unit_device *devices = calloc(PLACES, sizeof(*devices));
	struct random random;

	random_init(&random, self + 1);
	REQUIRE(devices);
	while (!has_enough(self)) {
		unsigned place = (unsigned)random_below(&random, PLACES);
		const struct place *at = &places[place];
		struct iomt_request request = {.device = at->device,
					       .pasid = at->pasid,
					       .iova = at->page << 12,
					       .access = IOMT_READ};
		uint64_t oldest = __atomic_load_n(&completed[place], __ATOMIC_ACQUIRE), newest;
		struct iomt_device_fault fault;
		struct iomt_tlb_entry entry;
		int err = iomt_unit_translate(&cache, &devices[place], &request, &entry, &fault);

		newest = __atomic_load_n(&begun[place], __ATOMIC_ACQUIRE);
		if (err == IOMT_EAGAIN)
			continue;
		REQUIRE(!err);
		REQUIRE(VERSION(entry.oa) >= oldest && VERSION(entry.oa) <= newest);
		seen[self][place] += VERSION(entry.oa) != last[place];
		last[place] = VERSION(entry.oa);
	}
	free(devices);
	return NULL;
}

static void make_tables(void)
{
	guest_open(&guest, true);
	store(DEVICE_1, HOST_1 | RIGHTS | 2 << 9 | 3 | 1ULL << 55 | (GCR3 >> 12 & 7) << 58);
	store(DEVICE_1 + 8, 5 | (GCR3 >> 15) << 16);
	store(DEVICE_2, HOST_2(0ULL) | RIGHTS | 2 << 9 | 3);
	store(DEVICE_2 + 8, 6);
	store(HOST_1, (HOST_1 + 0x1000) | RIGHTS | 1 << 9 | 1);
	for (uint64_t n = 0; n < 2; n++)
		store(HOST_2(n), (HOST_2(n) + 0x1000) | RIGHTS | 1 << 9 | 1);
	for (uint64_t page = 0; page < 4; page++) /* where the guest's tables are */
		store(HOST_1 + 0x1000 + 8 * (0x30 + page), (GUEST_TOP + (page << 12)) | RIGHTS | 1);
	store(GCR3 + 8, GUEST_TOP | 1);
	for (uint64_t level = 0; level < 3; level++)
		store(GUEST_TOP + (level << 12), (GUEST_TOP + ((level + 1) << 12)) | 0x27);
	for (unsigned place = 0; place < PLACES; place++) {
		uint64_t page = places[place].page;

		if (places[place].pasid != NONE) {
			store(GUEST_TOP + 0x3000 + 8 * page, (0x100 + page) << 12 | 0x67);
			page += 0x100;
		}
		store((places[place].device == 1 ? HOST_1 : HOST_2(0ULL)) + 0x1000 + 8 * page,
		      OUTPUT(0ULL) | RIGHTS | 1);
	}
}

static void open_unit(void)
{
	struct iomt_tlb_cfg tlb_cfg = {.size = sizeof(tlb_cfg), .entries = 64, .spaces = 16};
	struct iomt_unit_cfg cfg = {.size = sizeof(cfg),
				    .mem = &guest.mem,
				    .arch = IOMT_UNIT_AMD,
				    .features = IOMT_UNIT_STAGE_1,
				    .base = 0x10000,
				    .pasid_bits = 20};

	make_tables();
	memory = aligned_alloc(IOMT_TLB_ALIGN, (iomt_tlb_bytes(&tlb_cfg) + IOMT_TLB_ALIGN - 1) &
						       ~(IOMT_TLB_ALIGN - 1ULL));
	CHECK(memory);
	CHECK_INT(iomt_tlb_init(&tlb, &tlb_cfg, memory), 0);
	CHECK_INT(iomt_unit_init(&unit, &cfg, NULL), 0);
	CHECK_INT(iomt_unit_cache_init(&cache, &unit, tlb, 0), 0);
}

static void never_older(void)
{
	pthread_t readers[READERS], writers[WRITERS];

	enough = random_times(ENOUGH);
	open_unit();
	for (uintptr_t i = 0; i < WRITERS; i++)
		CHECK_INT(pthread_create(&writers[i], NULL, write_pages, (void *)i), 0);
	for (uintptr_t i = 0; i < READERS; i++)
		CHECK_INT(pthread_create(&readers[i], NULL, read_pages, (void *)i), 0);
	for (unsigned i = 0; i < READERS; i++)
		CHECK_INT(pthread_join(readers[i], NULL), 0);
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < WRITERS; i++)
		CHECK_INT(pthread_join(writers[i], NULL), 0);
	for (unsigned place = 0; place < PLACES; place++)
		CHECK(completed[place]);
	free(memory);
}

/*
 * The first walk through a guest's tables, while the host's page below changes. Its invalidation need not
 * look for what nobody has cached yet, but whose walk begins then finds the page as it is.
 */
static struct {
	uint64_t rounds;
	_Alignas(64) uint64_t started;
	_Alignas(64) uint64_t ended;
	_Alignas(64) uint64_t busy[LINES][8]; /* which the processor has to fetch before the page */
} first;

/* On the n-th processor of those that there are: on one alone the two would never meet. */
static void run_on(unsigned n)
{
	cpu_set_t all, one;

	REQUIRE(!sched_getaffinity(0, sizeof(all), &all));
	CPU_ZERO(&one);
	for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all) || n--)
			continue;
		CPU_SET(cpu, &one);
		REQUIRE(!sched_setaffinity(0, sizeof(one), &one));
	}
}

static void pass_time(uint64_t turns)
{
	for (; turns; turns--)
		__asm__ volatile("");
}

static void await(const uint64_t *counter, uint64_t value)
{
	for (unsigned tries = 1; __atomic_load_n(counter, __ATOMIC_ACQUIRE) != value; tries++) {
		if (!(tries % 4096))
			sched_yield();
	}
}

static void fill_lines(uint64_t round)
{
	for (unsigned line = 0; line < LINES; line++)
		__atomic_store_n(first.busy[line], round, __ATOMIC_RELAXED);
}

static void *change_page(void *arg)
{
	uint64_t page = 0x100 + places[2].page;
	struct iomt_cmd cmd = {{3ULL << 60 | 5ULL << 32, page << 12}};
	struct iomt_inv inv;

	(void)arg;
	run_on(1);
	REQUIRE(!iomt_amd_decode(&cmd, &inv));
	for (uint64_t round = 1; round <= first.rounds; round++) {
		await(&first.started, round);
		fill_lines(round);
		store(HOST_1 + 0x1000 + 8 * page, OUTPUT(round) | RIGHTS | 1);
		iomt_unit_invalidate(&cache, &inv);
		publish(&first.ended, round);
	}
	return NULL;
}

static uint64_t read_version(struct iomt_unit_device *device)
{
	struct iomt_request request = {
		.device = 1, .pasid = 1, .iova = places[2].page << 12, .access = IOMT_READ};
	struct iomt_device_fault fault;
	struct iomt_tlb_entry entry;

	REQUIRE(!iomt_unit_translate(&cache, device, &request, &entry, &fault));
	return VERSION(entry.oa);
}

static void *walk_first(void *arg)
{
	struct random random;

	(void)arg;
	run_on(0);
	random_init(&random, 9);
	for (uint64_t round = 1; round <= first.rounds; round++) {
		struct iomt_unit_device device = {0};

		iomt_tlb_invalidate_all(tlb);
		REQUIRE(!iomt_unit_cache_init(&cache, &unit, tlb, 0));
		fill_lines(0);
		publish(&first.started, round);
		pass_time(random_below(&random, DELAY));
		read_version(&device);
		await(&first.ended, round);
		REQUIRE(read_version(&device) == round);
	}
	return NULL;
}

static void first_walk(void)
{
	pthread_t writer, reader;

	open_unit();
	first.rounds = random_times(ROUNDS);
	first.started = first.ended = 0;
	CHECK_INT(pthread_create(&writer, NULL, change_page, NULL), 0);
	CHECK_INT(pthread_create(&reader, NULL, walk_first, NULL), 0);
	CHECK_INT(pthread_join(reader, NULL), 0);
	CHECK_INT(pthread_join(writer, NULL), 0);
	free(memory);
}

TEST_SUITE(walk_cached_threads, TEST(never_older), TEST(first_walk));
