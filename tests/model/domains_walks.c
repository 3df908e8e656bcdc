/* SPDX-License-Identifier: MIT */
/*
 * The library's walks from the device down, over structures and page tables that the library writes: an
 * emulator of these units must say what the machine says of the same memory.
 */
#include "domains.h"
#include "test.h"
#include <iomt/walk_device.h>

#define BAD_SUBSTREAM 0x08 /* SMMUv3's C_BAD_SUBSTREAMID */

static struct iomt_guest_word read64(void *ctx, uint64_t address)
{
	struct provider *provider = ctx;
	uint64_t *word = provider_word(provider, address, provider->kind == PROVIDER_INCOHERENT);

	if (!word)
		return (struct iomt_guest_word){.err = IOMT_EIO};
	return (struct iomt_guest_word){.value = __atomic_load_n(word, __ATOMIC_ACQUIRE)};
}

static uint32_t if_set(uint32_t flags, uint32_t mask, uint32_t feature)
{
	return flags & mask ? feature : 0;
}

/* What an emulator of such a unit would say that its hardware has. */
static uint32_t features(const struct iomt_iommu_caps *caps)
{
	const struct iomt_iommu_stage *first = &caps->stage[0], *second = &caps->stage[1];
	uint32_t all = first->flags | second->flags, features = IOMT_UNIT_ATS | IOMT_UNIT_PASS;

	features |= first->formats ? IOMT_UNIT_STAGE_1 : 0;
	features |= second->formats ? IOMT_UNIT_STAGE_2 : 0;
	features |= if_set(caps->flags, IOMT_IOMMU_NESTING, IOMT_UNIT_NESTED | IOMT_UNIT_GCR3_GPA);
	features |= first->levels >> 5 & 1 ? IOMT_UNIT_FIVE : 0;
	if (caps->kind == &iomt_iommu_kind_amd) {
		all = second->flags;
		features |= if_set(first->flags, IOMT_STAGE_RID, IOMT_UNIT_GIOV);
	} else if (caps->kind == &iomt_iommu_kind_vtd) {
		all = second->flags;
		features |= IOMT_UNIT_PRIV;
	}
	features |= if_set(all, IOMT_STAGE_ACCESSED, IOMT_UNIT_ACCESSED);
	features |= if_set(all, IOMT_STAGE_DIRTY, IOMT_UNIT_DIRTY);
	return features | if_set(first->flags, IOMT_STAGE_NX, IOMT_UNIT_NX);
}

static void open_unit(const struct domains_unit *unit, struct iomt_guest_mem *mem,
		      struct iomt_unit *walks)
{
	const struct iomt_iommu_caps *caps = &unit->caps;
	bool smmu = caps->kind == &iomt_iommu_kind_smmu;
	uint8_t bits[] = {caps->stage[0].oa_bits, caps->stage[1].oa_bits};
	struct iomt_pt_cfg_error error = {"", ""};
	struct iomt_unit_cfg cfg = {
		.size = sizeof(cfg),
		.mem = mem,
		.arch = smmu				     ? IOMT_UNIT_SMMU
			: caps->kind == &iomt_iommu_kind_amd ? IOMT_UNIT_AMD
							     : IOMT_UNIT_VTD,
		.features = features(caps),
		.base = unit->machine.base,
		.base_cfg = smmu ? unit->machine.cfg : 0,
		.levels = smmu ? 0 : caps->stage[1].levels,
		.oa_bits = bits[0] > bits[1] ? bits[0] : bits[1],
		.pasid_bits = caps->pasid_bits,
	};

	*mem = (struct iomt_guest_mem){
		.size = sizeof(*mem), .read64 = read64, .ctx = unit->machine.provider};
	CHECK_MSG(!iomt_unit_init(walks, &cfg, &error), "%s: %s", error.field, error.reason);
}

/*
 * A stream with stage 2 alone, or none, has no substreams: the machine is more forgiving than hardware (IHI
 * 0070, 7.3.9), as a driver may not count on the fault.
 */
static bool has_no_substreams(const struct domains_unit *unit, uint32_t pasid,
			      const struct machine_context *context)
{
	return unit->machine.mode == MACHINE_SMMU && pasid != IOMT_NO_PASID &&
	       (context->result == MACHINE_PASSED ||
		(context->result == MACHINE_TRANSLATED && context->tag.stage == 2));
}

/* The same of AMD: without guest tables there are no PASIDs (48882, 2.2.2.1, GV). */
static bool has_no_pasids(const struct domains_unit *unit, uint32_t pasid,
			  const struct machine_context *context)
{
	return unit->machine.mode == MACHINE_AMD && pasid != IOMT_NO_PASID &&
	       context->result != MACHINE_FAULT && context->tag.stage == 2;
}

#define AGREE(condition)                                                                           \
	CHECK_MSG(condition,                                                                       \
		  "seed %" PRIu64 ", call %" PRIu64                                                \
		  ": mode %d, device 0x%x, PASID 0x%x, 0x%" PRIx64                                 \
		  ": %s (%d, code 0x%x at %u, walk "                                               \
		  "%u, 0x%" PRIx64 "; the machine: %d, 0x%" PRIx64 ", %d%d)",                      \
		  all->random.seed, all->calls, unit->machine.mode, request.device, request.pasid, \
		  iova, #condition, err, fault.code, fault.at, fault.walk.kind, leaf.oa,           \
		  want.result, want.oa, want.read, want.write)

/* One address of one device and PASID, read or written. */
static void check_access(struct domains *all, struct domains_unit *unit,
			 const struct iomt_unit *walks, uint32_t id, uint32_t pasid, uint64_t iova,
			 uint32_t access)
{
	struct iomt_request request = {
		.device = id, .pasid = pasid, .iova = iova, .access = access | IOMT_WALK_LOOK};
	struct machine_answer want = machine_read(&unit->machine, id, pasid, iova);
	struct iomt_device_fault fault = {0};
	struct machine_context entries;
	static struct iomt_context context;
	struct iomt_walk_leaf leaf = {0};
	bool allowed = access == IOMT_READ ? want.read : want.write;
	int err;

	machine_context(&unit->machine, id, pasid, &entries);
	err = iomt_unit_find(walks, &request, &context, &fault);
	if (!err)
		err = iomt_context_walk(&context, &request, &leaf, &fault);
	all->walks++;
	all->walk_faults += err != 0;
	if (has_no_substreams(unit, pasid, &entries)) {
		AGREE(err == IOMT_EFAULT && fault.code == BAD_SUBSTREAM);
		return;
	}
	if (has_no_pasids(unit, pasid, &entries)) {
		AGREE(err == IOMT_EFAULT && fault.at == IOMT_AT_DEVICE);
		return;
	}
	if (want.result == MACHINE_FAULT || !allowed) {
		AGREE(err == IOMT_EFAULT);
		AGREE(fault.code || unit->machine.mode == MACHINE_SMMU);
		return;
	}
	AGREE(!err && leaf.oa == want.oa);
	AGREE((want.result == MACHINE_PASSED) == !context.stages);
	if (want.result == MACHINE_PASSED)
		return;
	AGREE(context.ats == entries.ats);
	AGREE(context.stages == entries.tag.stage);
	AGREE(!(leaf.prot & IOMT_READ) == !want.read && !(leaf.prot & IOMT_WRITE) == !want.write);
	if (context.stages == 1)
		AGREE(context.process == entries.tag.process);
	if (context.stages == 2 || unit->machine.mode != MACHINE_SMMU)
		AGREE(context.domain == entries.tag.domain);
}

static uint64_t some_iova(struct domains *all, const struct domains_table *table)
{
	unsigned page = (unsigned)random_below(&all->looks, DOMAINS_PAGES);

	for (unsigned i = 0; i < 4 && !table->pages[page].now.oa; i++)
		page = (unsigned)random_below(&all->looks, DOMAINS_PAGES);
	return domains_iova(table, page) + random_below(&all->looks, table->granule);
}

void domains_walk(struct domains *all)
{
	struct domains_device *device = &all->devices[random_below(&all->looks, DOMAINS_DEVICES)];
	unsigned number = (unsigned)random_below(&all->looks, DOMAINS_PASIDS);
	struct domains_unit *unit = &all->units[device->unit];
	const struct domains_domain *domain = device->places[number].now;
	struct iomt_guest_mem mem;
	struct iomt_unit walks;

	if (!unit->open || !domains_can_send(all, device, domains_pasids[number]))
		return;
	open_unit(unit, &mem, &walks);
	for (unsigned i = 0; i < 2; i++) {
		const struct domains_table *table =
			domain && domain->table
				? domain->table
				: &all->tables[random_below(&all->looks, all->table_count)];

		check_access(all, unit, &walks, device->caps.id, domains_pasids[number],
			     some_iova(all, table), i ? IOMT_WRITE : IOMT_READ);
	}
}
