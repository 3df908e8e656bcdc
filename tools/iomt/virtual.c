/* SPDX-License-Identifier: MIT */
#include "virtual.h"

static uint32_t head(void *ctx)
{
	const struct virtual_unit *unit = ctx;

	return unit->head;
}

static int decode(const struct virtual_unit *unit, const struct iomt_cmd *cmd, struct iomt_inv *inv)
{
	if (unit->kind->vendor == IOMT_VENDOR_AMD)
		return iomt_amd_decode(cmd, inv);
	if (unit->kind->vendor == IOMT_VENDOR_VTD)
		return iomt_vtd_decode(cmd, unit->kind->cmds == 2 ? IOMT_VTD_WIDE : 0, 52, inv);
	return iomt_smmu_decode(cmd, IOMT_SMMU_RANGES, inv);
}

/* Nothing is cached: of all commands, syncs alone do anything. */
static void doorbell(void *ctx, uint32_t tail)
{
	struct virtual_unit *unit = ctx;
	uint32_t mask = (1u << VIRTUAL_RING_LG2) - 1;

	for (uint32_t at = unit->head; (at & mask) != (tail & mask); at++) {
		struct iomt_inv inv;

		if (!decode(unit, &unit->entries[(at & mask) * unit->kind->cmds], &inv) &&
		    inv.kind == IOMT_INV_WAIT && (inv.flags & IOMT_INV_STORE))
			*(uint64_t *)(uintptr_t)inv.address = inv.data; /* NOLINT: as hardware */
	}
	unit->head = tail;
}

static int give_up(void *ctx, uint64_t tries)
{
	(void)ctx;
	(void)tries;
	return IOMT_EIO;
}

static const struct iomt_ring_ops ops = {.head = head, .doorbell = doorbell, .wait = give_up};

static const struct iomt_ring_kind *ring_of(const struct iomt_iommu_caps *caps)
{
	if (caps->kind->vendor == IOMT_VENDOR_AMD)
		return &iomt_ring_amd;
	if (caps->kind->vendor == IOMT_VENDOR_VTD)
		return caps->stage[0].formats ? &iomt_ring_vtd_wide : &iomt_ring_vtd;
	return &iomt_ring_smmu;
}

int virtual_open(struct virtual_unit *unit, const struct iomt_iommu_caps *caps,
		 const struct iomt_mem *mem)
{
	bool stores = caps->kind->vendor != IOMT_VENDOR_SMMU;
	const struct iomt_ring_cfg ring = {
		.size = sizeof(ring),
		.kind = ring_of(caps),
		.ops = &ops,
		.ctx = unit,
		.entries = unit->entries,
		.entries_lg2 = VIRTUAL_RING_LG2,
		.slots = unit->slots,
		.stores = stores ? unit->stores : NULL,
		.stores_phys = stores ? (uintptr_t)unit->stores : 0,
	};
	const struct iomt_iommu_cfg cfg = {
		.size = sizeof(cfg),
		.caps = caps,
		.mem = mem,
		.ring = &unit->ring,
		.id_bits = caps->kind->vendor == IOMT_VENDOR_VTD ? 16 : VIRTUAL_ID_BITS,
	};
	int err = iomt_ring_init(&unit->ring, &ring);

	unit->kind = ring.kind;
	return err ? err : iomt_iommu_init(&unit->iommu, &cfg);
}
