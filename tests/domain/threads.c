/* SPDX-License-Identifier: MIT */
/* Two threads map and unmap while a third attaches and detaches, and a fourth is the hardware. */
#include "setup.h"
#include <pthread.h>
#include <sched.h>

#define MAPPERS 2
#define ROUNDS	40 /* of each thread, at least */

/* A thread that goes on until all have taken part. "inside" is odd while it uses the domain. */
struct mapper {
	pthread_t thread;
	unsigned long inside;
	unsigned long rounds;
	uint64_t iova;
};

static struct mapper mappers[MAPPERS];
static struct space space;
static bool done, off; /* for mappers; for the hardware, which ends last */

static int pass_the_time(void *ctx, uint64_t tries)
{
	(void)ctx;
	(void)tries;
	sched_yield();
	return 0;
}

static void *hardware(void *ctx)
{
	(void)ctx;
	while (!__atomic_load_n(&off, __ATOMIC_ACQUIRE)) {
		if (!unit_run(&unit))
			sched_yield();
	}
	return NULL;
}

/* Whoever has an array of targets by now has given it back when this returns. */
static void readers(void *ctx)
{
	(void)ctx;
	for (unsigned i = 0; i < MAPPERS; i++) {
		unsigned long seen = __atomic_load_n(&mappers[i].inside, __ATOMIC_ACQUIRE);

		while (seen % 2 && __atomic_load_n(&mappers[i].inside, __ATOMIC_ACQUIRE) == seen)
			sched_yield();
	}
}

static void step(unsigned long *count)
{
	__atomic_fetch_add(count, 1, __ATOMIC_ACQ_REL);
}

static bool all_took_part(void)
{
	for (unsigned i = 0; i < MAPPERS; i++) {
		if (__atomic_load_n(&mappers[i].rounds, __ATOMIC_ACQUIRE) < ROUNDS)
			return false;
	}
	return true;
}

/* Pages alone, so that no table goes. */
static void *map_and_unmap(void *ctx)
{
	struct mapper *self = ctx;

	for (uint64_t page = 0; !__atomic_load_n(&done, __ATOMIC_ACQUIRE); page++) {
		uint64_t iova = self->iova + page % 512 * 0x1000, unmapped = 0;
		struct iomt_gather gather;

		iomt_gather_init(&gather);
		step(&self->inside);
		REQUIRE(!iomt_domain_map(&space.domain, iova, 0x7000, 0x1000, IOMT_READ, &gather));
		step(&self->inside);
		step(&self->inside);
		REQUIRE(!iomt_domain_unmap(&space.domain, NULL, iova, 0x1000, 0, &unmapped,
					   &gather));
		step(&self->inside);
		REQUIRE(unmapped == 0x1000);
		step(&self->rounds);
	}
	return NULL;
}

static void open_shared(const struct iomt_pt_format *format)
{
	struct iomt_domain_table_cfg table = {.size = sizeof(table),
					      .pt = &space.pt,
					      .mem = &provider.mem,
					      .policy = iomt_plan_covers(2),
					      .readers = readers};

	open_space(&space, format);
	CHECK_INT(iomt_domain_destroy(&space.domain), 0);
	CHECK_INT(iomt_domain_table_destroy(&space.table), 0);
	CHECK_INT(iomt_domain_table_init(&space.table, &table), 0);
	CHECK_INT(iomt_domain_init(&space.domain,
				   &(struct iomt_domain_cfg){.size = sizeof(struct iomt_domain_cfg),
							     .kind = IOMT_DOMAIN_PAGING,
							     .table = &space.table}),
		  0);
}

static void play(const struct iomt_iommu_caps *of, const struct iomt_ring_kind *ring,
		 const struct iomt_pt_format *format, bool pasids)
{
	struct iomt_attachment places[3];
	struct iomt_device devices[3];
	pthread_t runs;

	open_iommu(of, ring);
	unit.ops.wait = pass_the_time;
	caps.stage[format != &iomt_x86_64].flags |= IOMT_STAGE_CACHES_ABSENT;
	open_shared(format);
	done = off = false;
	CHECK(!pthread_create(&runs, NULL, hardware, NULL));
	for (unsigned i = 0; i < 3; i++)
		add_device(&devices[i], 5 + i, 4, i ? IOMT_DEVICE_ATS : 0);
	for (unsigned i = 0; i < MAPPERS; i++) {
		mappers[i] = (struct mapper){.iova = (i + 1ULL) << 32};
		CHECK(!pthread_create(&mappers[i].thread, NULL, map_and_unmap, &mappers[i]));
	}
	for (unsigned round = 0; round < ROUNDS || !all_took_part(); round++) {
		for (unsigned i = 0; i < 3; i++)
			attach(&space.domain, &devices[i], pasids ? 1 + round % 3 : IOMT_NO_PASID,
			       &places[i]);
		for (unsigned i = 0; i < 3; i++)
			detach(&places[i]);
	}
	for (unsigned i = 0; i < 3; i++)
		remove_device(&devices[i]);
	__atomic_store_n(&done, true, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < MAPPERS; i++)
		pthread_join(mappers[i].thread, NULL);
	__atomic_store_n(&off, true, __ATOMIC_RELEASE);
	pthread_join(runs, NULL);
	close_space(&space);
	close_iommu();
}

static void amd(void)
{
	play(&iomt_iommu_amd_gio, &iomt_ring_amd, &iomt_amdv1, false);
	play(&iomt_iommu_amd_gio, &iomt_ring_amd, &iomt_x86_64, true);
}

static void vtd(void)
{
	play(&iomt_iommu_vtd_scalable, &iomt_ring_vtd, &iomt_vtd_ss, true);
}

static void smmu(void)
{
	play(&iomt_iommu_smmu, &iomt_ring_smmu, &iomt_arm_s2_4k, false);
}

TEST_SUITE(domain_threads, TEST(amd), TEST(vtd), TEST(smmu));
