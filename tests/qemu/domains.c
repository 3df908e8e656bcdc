/* SPDX-License-Identifier: MIT */
/*
 * Two devices behind an IOMMU of QEMU's, every structure made by the library's domains: shared tables,
 * packed ids, and one that is taken away while the other does DMA. What counts is where bytes arrive.
 */
#include "test.h"
#include "units.h"
#include <stdio.h>

#define IOVA   0x32345000ULL
#define BYTES  256u
#define ROUNDS 50u

struct house {
	const struct unit_kind *kind;
	struct guest guest;
	struct iomt_mem structures;
	struct edu edu[2];
	struct iomt_cmd *entries;
	struct iomt_ring_slot slots[1 << UNIT_RING_LG2];
	struct iomt_ring ring;
	struct iomt_iommu_caps caps;
	struct iomt_iommu iommu;
	struct iomt_device device[2];
	struct iomt_attachment place[2];
	uint64_t commands; /* rung in */
	uint32_t tail;
	uint64_t moved; /* DMAs whose bytes were looked for */
};

struct space {
	struct iomt_pt pt;
	struct iomt_domain_table table;
	struct iomt_domain domain;
};

static struct house the_house;

static uint32_t head(void *ctx)
{
	struct house *house = ctx;

	return house->kind->head(&house->guest.qtest);
}

static void doorbell(void *ctx, uint32_t tail)
{
	struct house *house = ctx;

	house->commands += (tail - house->tail) & ((1u << UNIT_RING_LG2) - 1);
	house->tail = tail;
	house->kind->doorbell(&house->guest.qtest, tail);
}

static int wait(void *ctx, uint64_t tries)
{
	(void)ctx;
	return tries > 100000 ? IOMT_EIO : 0;
}

static const struct iomt_ring_ops ops = {.head = head, .doorbell = doorbell, .wait = wait};

static void open_ring(struct house *house, uint64_t *ring_phys)
{
	const uint64_t bytes = sizeof(struct iomt_cmd) << UNIT_RING_LG2;
	uint64_t stores = guest_structure(&house->guest, 8ULL << UNIT_RING_LG2);
	bool head_tells = house->kind->ring == &iomt_ring_smmu;
	struct iomt_ring_cfg cfg = {
		.size = sizeof(cfg),
		.kind = house->kind->ring,
		.ops = &ops,
		.ctx = house,
		.entries_lg2 = UNIT_RING_LG2,
		.slots = house->slots,
		.stores = head_tells ? NULL : guest_at(&house->guest, stores, 8),
		.stores_phys = head_tells ? 0 : stores,
	};

	*ring_phys = guest_structure(&house->guest, bytes);
	cfg.entries = guest_at(&house->guest, *ring_phys, bytes);
	CHECK_INT(iomt_ring_init(&house->ring, &cfg), 0);
}

/* NULL where QEMU is not installed, which has been said then. */
static struct house *open_house(const struct unit_kind *kind)
{
	struct house *house = &the_house;
	struct iomt_iommu_cfg cfg = {.size = sizeof(cfg),
				     .caps = &house->caps,
				     .mem = &house->structures,
				     .ring = &house->ring,
				     .flags = kind->flags,
				     .id_bits = kind->id_bits};
	struct iomt_device_table_hw hw;
	uint64_t ring;

	if (!qtest_version(kind->board->program))
		return NULL;
	house->kind = kind;
	house->commands = 0;
	house->tail = 0;
	guest_start(&house->guest, kind->board, kind->args);
	house->structures = guest_structures(&house->guest);
	kind->caps(&house->caps);
	open_ring(house, &ring);
	CHECK_INT(iomt_iommu_init(&house->iommu, &cfg), 0);
	iomt_iommu_hw(&house->iommu, &hw);
	kind->open(&house->guest.qtest, &hw, ring);
	for (unsigned i = 0; i < 2; i++) {
		struct iomt_device_caps caps = {.size = sizeof(caps), .iommu = &house->caps};

		edu_open(&house->edu[i], &house->guest, i);
		caps.id = house->edu[i].rid;
		CHECK_INT(iomt_device_add(&house->iommu, &house->device[i], &caps), 0);
	}
	return house;
}

static void close_house(struct house *house)
{
	for (unsigned i = 0; i < 2; i++)
		CHECK_INT(iomt_device_remove(&house->device[i]), 0);
	CHECK_INT(iomt_iommu_destroy(&house->iommu), 0);
	CHECK_EQ(house->guest.pool_live, 0);
	guest_stop(&house->guest);
	printf("qemu_domains: %" PRIu64 " DMAs checked by QEMU %s %s\n", house->moved,
	       qtest_version(house->kind->board->program), house->kind->model);
	house->moved = 0;
}

static void open_space(struct house *house, struct space *space)
{
	struct iomt_pt_cfg cfg = {.size = sizeof(cfg),
				  .format = house->kind->format,
				  .mem = &house->guest.mem,
				  .iova_bits = house->kind->iova_bits,
				  .oa_bits = house->kind->oa_bits};
	struct iomt_domain_table_cfg table = {.size = sizeof(table),
					      .pt = &space->pt,
					      .mem = &house->structures,
					      .policy = iomt_plan_covers(2)};
	struct iomt_domain_cfg domain = {
		.size = sizeof(domain), .kind = IOMT_DOMAIN_PAGING, .table = &space->table};

	CHECK_INT(iomt_pt_init(&space->pt, &cfg), 0);
	CHECK_INT(iomt_domain_table_init(&space->table, &table), 0);
	CHECK_INT(iomt_domain_init(&space->domain, &domain), 0);
}

static void close_space(struct space *space)
{
	CHECK_INT(iomt_domain_destroy(&space->domain), 0);
	CHECK_INT(iomt_domain_table_destroy(&space->table), 0);
	iomt_pt_destroy(&space->pt);
}

static void map(struct space *space, uint64_t oa)
{
	struct iomt_gather gather;

	iomt_gather_init(&gather);
	CHECK_INT(iomt_domain_map(&space->domain, IOVA, oa, 0x1000, IOMT_READ | IOMT_WRITE,
				  &gather),
		  0);
}

static void unmap(struct space *space)
{
	struct iomt_gather gather;
	uint64_t unmapped;

	iomt_gather_init(&gather);
	CHECK_INT(iomt_domain_unmap(&space->domain, NULL, IOVA, 0x1000, 0, &unmapped, &gather), 0);
	CHECK_EQ(unmapped, 0x1000);
}

/* Bytes of the device's own buffer, which the test cannot see, are zeros; memory holds others before. */
static unsigned char *mark(struct house *house, uint64_t oa)
{
	unsigned char *memory = guest_data(&house->guest, oa, BYTES);

	CHECK(memory);
	memset(memory, 0x5a, BYTES);
	house->moved++;
	return memory;
}

static unsigned arrived(const unsigned char *memory)
{
	unsigned count = 0;

	for (unsigned i = 0; i < BYTES; i++)
		count += memory[i] == 0;
	return count;
}

static void reaches(struct house *house, unsigned number, uint64_t oa)
{
	unsigned char *memory = mark(house, oa);

	edu_write(&house->edu[number], IOVA, 0, BYTES);
	CHECK_EQ(arrived(memory), BYTES);
}

static void reaches_nothing(struct house *house, unsigned number, uint64_t oa)
{
	unsigned char *memory = mark(house, oa);

	edu_write(&house->edu[number], IOVA, 0, BYTES);
	CHECK_EQ(arrived(memory), 0);
}

static void attach(struct house *house, unsigned number, struct space *space)
{
	CHECK_INT(iomt_domain_attach(&space->domain, &house->device[number], IOMT_NO_PASID, 0,
				     &house->place[number]),
		  0);
}

/* The second device writes while the first is taken away: its bytes arrive, early or late. */
static void detach_under_way(struct house *house, uint64_t oa, bool late)
{
	unsigned char *memory = mark(house, oa);

	edu_start_write(&house->edu[1], IOVA, 0, BYTES);
	if (late)
		edu_finish(&house->edu[1]);
	CHECK_INT(iomt_domain_detach(&house->place[0]), 0);
	if (!late)
		edu_finish(&house->edu[1]);
	CHECK_EQ(arrived(memory), BYTES);
	reaches_nothing(house, 0, oa);
	reaches(house, 1, oa);
}

static void two_devices(const struct unit_kind *kind)
{
	struct house *house = open_house(kind);
	static struct space shared, other;
	uint64_t here, there;

	if (!house)
		return;
	here = kind->board->data + 0x2000000;
	there = here + 0x1000000;
	open_space(house, &shared);
	open_space(house, &other);
	map(&shared, here);
	map(&other, there);
	reaches_nothing(house, 0, here);
	reaches_nothing(house, 1, here);

	for (unsigned round = 0; round < ROUNDS; round++) {
		attach(house, 0, &shared);
		if (!round)
			attach(house, 1, &shared);
		CHECK_EQ(iomt_attachment_id(&house->place[0]),
			 iomt_attachment_id(&house->place[1]));
		reaches(house, 0, here);
		reaches(house, 1, here);
		detach_under_way(house, here, round & 1);
	}

	/* one page, one id: one command and a sync, and both are told */
	attach(house, 0, &shared);
	reaches(house, 0, here);
	house->commands = 0;
	unmap(&shared);
	CHECK_EQ(house->commands, 2);
	reaches_nothing(house, 0, here);
	reaches_nothing(house, 1, here);
	map(&shared, there);
	reaches(house, 0, there);
	reaches(house, 1, there);

	/* another domain for one of them, and back */
	CHECK_INT(iomt_domain_replace(&house->place[0], &other.domain, IOMT_ATTACH_BREAK), 0);
	CHECK(iomt_attachment_id(&house->place[0]) != iomt_attachment_id(&house->place[1]));
	unmap(&shared);
	reaches(house, 0, there);
	reaches_nothing(house, 1, there);
	map(&shared, here);
	reaches(house, 1, here);
	CHECK_INT(iomt_domain_replace(&house->place[0], &shared.domain, IOMT_ATTACH_BREAK), 0);
	CHECK_EQ(iomt_attachment_id(&house->place[0]), iomt_attachment_id(&house->place[1]));
	reaches(house, 0, here);

	CHECK_INT(iomt_domain_detach(&house->place[0]), 0);
	CHECK_INT(iomt_domain_detach(&house->place[1]), 0);
	reaches_nothing(house, 0, here);
	reaches_nothing(house, 1, here);
	close_space(&other);
	close_space(&shared);
	close_house(house);
}

/* Addresses are passed on, then translated, without a gap where hardware has none; then blocked. */
static void identity_first(const struct unit_kind *kind, uint32_t flags)
{
	struct iomt_domain_cfg cfg = {.size = sizeof(cfg), .kind = IOMT_DOMAIN_IDENTITY};
	struct house *house = open_house(kind);
	struct iomt_domain identity;
	static struct space space;
	uint64_t here = kind->board->data + 0x2000000;

	if (!house)
		return;
	open_space(house, &space);
	CHECK_INT(iomt_domain_init(&identity, &cfg), 0);
	map(&space, here);
	CHECK_INT(iomt_domain_attach(&identity, &house->device[0], IOMT_NO_PASID, 0,
				     &house->place[0]),
		  0);
	if (IOVA >= kind->board->data)
		reaches(house, 0, IOVA);
	else
		reaches_nothing(house, 0, here);
	CHECK_INT(iomt_domain_replace(&house->place[0], &space.domain, flags), 0);
	reaches(house, 0, here);
	CHECK_INT(iomt_domain_replace(&house->place[0], &identity, flags), 0);
	reaches_nothing(house, 0, here);
	CHECK_INT(iomt_domain_detach(&house->place[0]), 0);
	reaches_nothing(house, 0, here);
	CHECK_INT(iomt_domain_destroy(&identity), 0);
	close_space(&space);
	close_house(house);
}

static void amd(void)
{
	two_devices(&unit_amd);
	identity_first(&unit_amd, 0);
}

static void intel(void)
{
	two_devices(&unit_intel);
	identity_first(&unit_intel, IOMT_ATTACH_BREAK);
}

static void smmu(void)
{
	two_devices(&unit_smmu);
	identity_first(&unit_smmu, 0);
}

TEST_SUITE(qemu_domains, TEST(amd), TEST(intel), TEST(smmu));
