/* SPDX-License-Identifier: MIT */
/* The kernel's PASID: which domain its mode means, and kernel addresses that are copied one by one. */
#include "caps.h"
#include <iomt/kernel_dma.h>

static bool of_kind(const struct iomt_kernel_dma_cfg *cfg)
{
	enum iomt_domain_kind kind;

	if (cfg->mode == IOMT_KERNEL_IOVA)
		return !cfg->domain;
	if (!cfg->domain)
		return false;
	kind = cfg->domain->kind;
	switch (cfg->mode) {
	case IOMT_KERNEL_BYPASS:
		return kind == IOMT_DOMAIN_IDENTITY || kind == IOMT_DOMAIN_PAGING;
	case IOMT_KERNEL_KVA_FAST:
		return kind == IOMT_DOMAIN_SVA;
	case IOMT_KERNEL_KVA_STRICT:
		return kind == IOMT_DOMAIN_PAGING;
	case IOMT_KERNEL_IOVA:
		break;
	}
	return false;
}

static int check(const struct iomt_kernel_dma_cfg *cfg)
{
	bool strict;

	if (!cfg || !caps_has_size(cfg, cfg->size, sizeof(*cfg)) || !cfg->device || !of_kind(cfg))
		return IOMT_EINVAL;
	strict = cfg->mode == IOMT_KERNEL_KVA_STRICT;
	if (!cfg->to_phys == strict || cfg->pasid == IOMT_NO_PASID)
		return IOMT_EINVAL;
	if ((cfg->mode == IOMT_KERNEL_BYPASS || cfg->mode == IOMT_KERNEL_KVA_FAST) &&
	    !(cfg->device->caps.flags & IOMT_DEVICE_TRUSTED))
		return IOMT_EACCES;
	if (cfg->pasids && iomt_pasid_test(cfg->pasids, cfg->pasid) != IOMT_PASID_RESERVED)
		return IOMT_EPERM;
	return cfg->mode == IOMT_KERNEL_IOVA && !cfg->device->rid ? IOMT_ENOENT : 0;
}

int iomt_kernel_dma_enable(struct iomt_kernel_dma *dma, const struct iomt_kernel_dma_cfg *cfg)
{
	int err = check(cfg);

	if (err)
		return err;
	*dma = (struct iomt_kernel_dma){.cfg = *cfg};
	if (cfg->mode == IOMT_KERNEL_IOVA)
		dma->cfg.domain = cfg->device->rid->domain;
	err = iomt_domain_attach(dma->cfg.domain, cfg->device, cfg->pasid, 0, &dma->place);
	if (err && dma->place.device) /* hardware's */
		(void)iomt_domain_detach(&dma->place);
	return err;
}

int iomt_kernel_dma_disable(struct iomt_kernel_dma *dma)
{
	return iomt_domain_detach(&dma->place);
}

int iomt_kernel_dma_unmap(struct iomt_kernel_dma *dma, uint64_t va, uint64_t length,
			  struct iomt_gather *gather)
{
	if (dma->cfg.mode != IOMT_KERNEL_KVA_STRICT)
		return IOMT_EOPNOTSUPP;
	return iomt_domain_unmap(dma->cfg.domain, NULL, va, length, 0, NULL, gather);
}

/* Maps what goes on from "at" without a gap; *last is where it ends, or "at" - 1. */
static int map_piece(struct iomt_kernel_dma *dma, uint64_t at, uint64_t *last, uint32_t prot,
		     struct iomt_gather *gather)
{
	const struct iomt_kernel_dma_cfg *cfg = &dma->cfg;
	uint64_t end = *last, phys;
	int err = cfg->to_phys(cfg->ctx, at, &end, &phys);

	if (!err && (end < at || end > *last))
		err = IOMT_EINVAL;
	if (!err)
		err = iomt_domain_map(cfg->domain, at, phys, end - at + 1, prot, gather);
	/* after errors of the invalidation it is mapped nevertheless */
	*last = err && iomt_gather_is_empty(gather) ? at - 1 : end;
	return err;
}

int iomt_kernel_dma_map(struct iomt_kernel_dma *dma, uint64_t va, uint64_t length, uint32_t prot,
			struct iomt_gather *gather)
{
	uint64_t done = 0;
	int err = 0;

	if (dma->cfg.mode != IOMT_KERNEL_KVA_STRICT)
		return IOMT_EOPNOTSUPP;
	if (!length || va + length - 1 < va)
		return length ? IOMT_ERANGE : IOMT_EINVAL;
	if (!iomt_gather_is_empty(gather))
		return IOMT_EINVAL;
	while (!err && done < length) {
		uint64_t last = va + length - 1;

		err = map_piece(dma, va + done, &last, prot, gather);
		done = last - va + 1;
	}
	if (err && done)
		(void)iomt_kernel_dma_unmap(dma, va, done, gather);
	return err;
}
