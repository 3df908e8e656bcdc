/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "test.h"
#include "tlb.h"

#define MOST 256

/* What the hardware of a table's kind is told, and how it takes that. */
struct order {
	struct reader reader;
	struct iomt_cmd cmds[MOST];
	int count;
	bool inside; /* drops what lies inside of a command alone (AMD, VT-d) */
	bool runs;   /* and contiguous runs too (errata of SMMUs) */
};

static struct iomt_plan_policy some_policy(struct random *random)
{
	uint16_t most = (uint16_t)(1 + random_below(random, 1ULL << random_below(random, 9)));

	switch (random_below(random, 3)) {
	case 0:
		return iomt_plan_covers(most);
	case 1:
		return iomt_plan_exact(most);
	default:
		return iomt_plan_cost(300, (uint32_t)random_below(random, 200), 512, most);
	}
}

static void order_amd(struct order *order, const struct iomt_gather *gather, uint32_t flags,
		      const struct iomt_plan_policy *policy)
{
	const struct iomt_amd_target target = {.flags = flags, .domain = 7};

	order->reader.vendor = VENDOR_AMD;
	order->inside = true;
	order->count = iomt_amd_gather(&target, gather, policy, order->cmds, MOST);
}

static void order_vtd(struct order *order, const struct iomt_gather *gather, uint32_t flags,
		      const struct iomt_plan_policy *policy, struct random *random)
{
	const struct iomt_vtd_target target = {
		.flags = flags, .domain = 7, .mamv = (uint8_t)random_below(random, 37)};

	order->reader.vendor = VENDOR_VTD;
	order->reader.mamv = target.mamv;
	order->inside = true;
	order->count = iomt_vtd_gather(&target, gather, policy, order->cmds, MOST);
}

static void order_smmu(struct order *order, const struct iomt_gather *gather,
		       const struct kind *kind, const struct iomt_plan_policy *policy,
		       struct random *random)
{
	struct iomt_smmu_target target = {
		.regime = kind->walk == WALK_ARM_S2 ? IOMT_SMMU_STAGE_2 : IOMT_SMMU_STAGE_1,
		.granule_lg2 = kind->granule_lg2,
	};

	if (random_below(random, 4))
		target.flags = IOMT_SMMU_RANGES | IOMT_SMMU_DS;
	if (random_below(random, 2))
		target.flags |= IOMT_SMMU_WHOLE_RUNS;
	order->reader.vendor = VENDOR_SMMU;
	order->reader.flags = target.flags & (IOMT_SMMU_RANGES | IOMT_SMMU_DS);
	order->runs = target.flags & IOMT_SMMU_WHOLE_RUNS;
	order->count = iomt_smmu_gather(&target, gather, policy, order->cmds, MOST);
}

static void order_riscv(struct order *order, const struct iomt_gather *gather,
			const struct kind *kind, const struct iomt_plan_policy *policy,
			struct random *random)
{
	struct iomt_riscv_target target = {.stage = IOMT_RISCV_SECOND, .gscid = 7};

	target.flags = (uint32_t)random_below(random, 4); /* ranges, tables by address */
	if (kind->walk == WALK_RISCV_S1) {
		target.stage =
			random_below(random, 2) ? IOMT_RISCV_GUEST_FIRST : IOMT_RISCV_HOST_FIRST;
		target.gscid = target.stage == IOMT_RISCV_GUEST_FIRST ? 7 : 0;
		target.pscid = 9;
	}
	order->reader.vendor = VENDOR_RISCV;
	order->reader.flags = target.flags;
	order->count = iomt_riscv_gather(&target, gather, policy, order->cmds, MOST);
}

/* Whether an entry for [first, last] goes, one of a leaf on its own terms. */
static bool goes(const struct meaning *m, uint64_t first, uint64_t last, bool inside)
{
	if (m->point)
		return first <= m->first && last >= m->first;
	if (inside)
		return first >= m->first && last <= m->last;
	return first <= m->last && last >= m->first;
}

static void obey(struct tlb *tlb, const struct order *order, const struct meaning *m)
{
	unsigned granule_lg2 = tlb->of->kind->granule_lg2, index_lg2 = granule_lg2 - 3;

	for (unsigned i = 0; i < TLB_LEAVES; i++) {
		struct tlb_leaf *leaf = &tlb->leaves[i];
		int level = (int)((leaf->size_lg2 - granule_lg2) / index_lg2);
		bool run = leaf->kept_lg2 != granule_lg2 + (unsigned)level * index_lg2;

		if (leaf->used && (m->level < 0 || m->level == level) &&
		    goes(m, leaf->first, leaf->last, order->inside || (order->runs && run)))
			leaf->used = false;
	}
	for (unsigned i = 0; i < TLB_TABLES; i++) {
		struct tlb_table *table = &tlb->tables[i];

		/* of a hint at leaves, the tables above them go (IHI 0070, 4.4.1.1) */
		if (table->used && m->tables && (m->level < 0 || table->level > m->level) &&
		    goes(m, table->first, table->last, order->inside))
			table->used = false;
	}
}

void tlb_obey(struct tlb *tlb, const struct iomt_gather *gather)
{
	struct iomt_plan_policy policy = some_policy(&tlb->random);
	const struct kind *kind = tlb->of->kind;
	struct order order = {.count = 0};
	struct meaning m;

	if (kind->walk == WALK_AMDV1)
		order_amd(&order, gather, 0, &policy);
	else if (kind->walk == WALK_VTD_SS)
		order_vtd(&order, gather, 0, &policy, &tlb->random);
	else if (kind->walk == WALK_RISCV_S1 || kind->walk == WALK_RISCV_S2)
		order_riscv(&order, gather, kind, &policy, &tlb->random);
	else if (kind->walk != WALK_X86_64)
		order_smmu(&order, gather, kind, &policy, &tlb->random);
	else if (random_below(&tlb->random, 2))
		order_amd(&order, gather, IOMT_AMD_GUEST, &policy);
	else
		order_vtd(&order, gather, IOMT_VTD_FIRST_STAGE, &policy, &tlb->random);
	CHECK_MSG(order.count >= 0, "%s: commands give %d", kind->name, order.count);
	for (int i = 0; i < order.count; i++) {
		meaning_of(&order.reader, &order.cmds[i], &m);
		CHECK_MSG(m.effect == EFFECT_TRANSLATIONS, "%s: a command means %d", kind->name,
			  m.effect);
		obey(tlb, &order, &m);
	}
}
