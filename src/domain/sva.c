/* SPDX-License-Identifier: MIT */
/* Processes and devices: one PASID, counted bonds, regions that are no memory. */
#include "caps.h"
#include <iomt/sva.h>

static bool is_cfg(const struct iomt_process_cfg *cfg)
{
	return cfg && caps_has_size(cfg, cfg->size, sizeof(*cfg)) && cfg->format && cfg->mem &&
	       !(cfg->flags & ~IOMT_DOMAIN_TRUSTED) &&
	       (!cfg->max_pasid || cfg->min_pasid <= cfg->max_pasid);
}

int iomt_process_init(struct iomt_process *process, const struct iomt_process_cfg *cfg)
{
	struct iomt_domain_table_cfg table = {.size = sizeof(table)};
	struct iomt_domain_cfg domain = {.size = sizeof(domain), .kind = IOMT_DOMAIN_SVA};
	int err;

	if (!is_cfg(cfg))
		return IOMT_EINVAL;
	*process = (struct iomt_process){.cfg = *cfg, .pasid = IOMT_NO_PASID};
	table.format = cfg->format;
	table.hw = cfg->hw;
	table.mem = cfg->mem;
	table.policy = cfg->policy;
	table.readers = cfg->readers;
	table.ctx = cfg->ctx;
	err = iomt_domain_table_init(&process->table, &table);
	if (err)
		return err;
	domain.table = &process->table;
	domain.upper = cfg->upper;
	domain.flags = cfg->flags;
	return iomt_domain_init(&process->domain, &domain);
}

int iomt_process_destroy(struct iomt_process *process)
{
	int err;

	if (process->first)
		return IOMT_EBUSY;
	err = iomt_domain_destroy(&process->domain);
	return err ? err : iomt_domain_table_destroy(&process->table);
}

uint32_t iomt_process_pasid(const struct iomt_process *process)
{
	return process->pasid;
}

int iomt_process_changed(struct iomt_process *process, uint64_t first, uint64_t last,
			 uint8_t leaf_lg2, bool tables)
{
	return iomt_domain_changed(&process->table, first, last, leaf_lg2, tables);
}

/* Regions in the upper half are no process'. */
static int carve(const struct iomt_process *process, const struct iomt_device *device,
		 struct iomt_sva_conflict *conflict)
{
	const struct iomt_region *region = device->caps.regions;

	for (size_t i = 0; process->cfg.carve && i < device->caps.region_count; i++, region++) {
		int err = region->first >> 63 ? 0
					      : process->cfg.carve(process->cfg.ctx, region->first,
								   region->last);

		if (err && conflict)
			*conflict = (struct iomt_sva_conflict){*region, err};
		if (err)
			return err;
	}
	return 0;
}

static uint32_t last_pasid(const struct iomt_device *device)
{
	uint8_t unit = device->caps.iommu->pasid_bits, bits = device->caps.pasid_bits;

	return (1u << (bits < unit ? bits : unit)) - 1;
}

/* With the first bond that needs it. */
static int take_pasid(struct iomt_process *process, const struct iomt_device *device)
{
	const struct iomt_process_cfg *cfg = &process->cfg;
	uint32_t min = cfg->min_pasid ? cfg->min_pasid : 1, max = cfg->max_pasid;
	int err;

	if (process->pasid_users++)
		return 0;
	process->pasid_cached = false;
	if (!max)
		max = last_pasid(device);
	err = !cfg->pasids ? IOMT_EINVAL
	      : !max	   ? IOMT_EOPNOTSUPP
	      : min > max  ? IOMT_ERANGE
			   : iomt_pasid_alloc(cfg->pasids, cfg->set, min, max, &process->pasid);
	if (err)
		process->pasid_users--;
	return err;
}

/* Whoever detached has waited until nothing of it is cached, unless hardware failed. */
static void give_pasid(struct iomt_process *process, bool cached)
{
	struct iomt_pasid_space *pasids = process->cfg.pasids;

	process->pasid_cached |= cached;
	if (--process->pasid_users)
		return;
	if (process->pasid_cached)
		(void)iomt_pasid_put(pasids, process->pasid);
	else
		(void)iomt_pasid_put_invalidated(pasids, process->pasid);
	process->pasid = IOMT_NO_PASID;
}

/* Not where somebody else has detached the device's domain, or attached another one. */
static bool is_there(const struct iomt_sva_bond *bond)
{
	if ((bond->flags & IOMT_SVA_RID) && bond->device->rid != bond->at)
		return false;
	return bond->at->device && bond->at->domain == &bond->process->domain;
}

/* As before the bond. Errors where it is still there; those of hardware else. */
static int end_place(struct iomt_sva_bond *bond)
{
	uint32_t flags = bond->flags & IOMT_SVA_BREAK ? IOMT_ATTACH_BREAK : 0;

	if (!is_there(bond))
		return 0;
	if (bond->before)
		return iomt_domain_replace(bond->at, bond->before, flags);
	return iomt_domain_detach(bond->at);
}

static int bind_pasid(struct iomt_sva_bond *bond)
{
	struct iomt_process *process = bond->process;
	int err = take_pasid(process, bond->device);
	bool cached;

	if (err)
		return err;
	bond->at = &bond->place;
	err = iomt_domain_attach(&process->domain, bond->device, process->pasid, 0, bond->at);
	cached = is_there(bond);
	if (err && cached)
		(void)end_place(bond);
	if (err)
		give_pasid(process, cached);
	return err;
}

static int bind_rid(struct iomt_sva_bond *bond)
{
	uint32_t flags = bond->flags & IOMT_SVA_BREAK ? IOMT_ATTACH_BREAK : 0;
	struct iomt_attachment *own = bond->device->rid;
	int err;

	if (own && own->domain->kind == IOMT_DOMAIN_SVA)
		return IOMT_EBUSY;
	bond->at = own ? own : &bond->place;
	bond->before = own ? own->domain : NULL;
	if (own)
		err = iomt_domain_replace(own, &bond->process->domain, flags);
	else
		err = iomt_domain_attach(&bond->process->domain, bond->device, IOMT_NO_PASID, flags,
					 bond->at);
	if (err)
		(void)end_place(bond);
	return err;
}

static struct iomt_sva_bond *find(const struct iomt_process *process,
				  const struct iomt_device *device, uint32_t flags)
{
	struct iomt_sva_bond *bond = process->first;

	while (bond && (bond->device != device || ((bond->flags ^ flags) & IOMT_SVA_RID)))
		bond = bond->next;
	return bond;
}

int iomt_sva_bind(struct iomt_process *process, struct iomt_device *device, uint32_t flags,
		  struct iomt_sva_bond *room, struct iomt_sva_bond **bond,
		  struct iomt_sva_conflict *conflict)
{
	struct iomt_sva_bond *there;
	int err;

	if (!room || !bond || (flags & ~(IOMT_SVA_RID | IOMT_SVA_BREAK)) || flags == IOMT_SVA_BREAK)
		return IOMT_EINVAL;
	there = find(process, device, flags);
	if (there) {
		if (!is_there(there))
			return IOMT_EBUSY;
		if (there->refs == UINT32_MAX)
			return IOMT_EOVERFLOW;
		there->refs++;
		*bond = there;
		return 0;
	}
	err = carve(process, device, conflict);
	if (err)
		return err;
	*room = (struct iomt_sva_bond){
		.process = process, .device = device, .refs = 1, .flags = flags};
	err = flags & IOMT_SVA_RID ? bind_rid(room) : bind_pasid(room);
	if (err)
		return err;
	if (room->before) /* it is to come back */
		room->before->places++;
	room->next = process->first;
	process->first = room;
	*bond = room;
	return 0;
}

int iomt_sva_unbind(struct iomt_sva_bond *bond)
{
	struct iomt_sva_bond **at = &bond->process->first;
	int err;

	if (bond->refs > 1) {
		bond->refs--;
		return 0;
	}
	err = end_place(bond);
	if (err && is_there(bond))
		return err;
	if (bond->before)
		bond->before->places--;
	if (!(bond->flags & IOMT_SVA_RID))
		give_pasid(bond->process, err);
	while (*at != bond)
		at = &(*at)->next;
	*at = bond->next;
	bond->refs = 0;
	return err;
}
