/* SPDX-License-Identifier: MIT */
/*
 * DMA of the kernel's own with a PASID: work queues that want one (ENQCMDS, shared queues), for what is no
 * process'. What its addresses are is the mode:
 *
 *	struct iomt_kernel_dma_cfg cfg = {
 *		.size = sizeof(cfg), .device = &device, .pasid = 1, .mode = IOMT_KERNEL_IOVA};
 *
 *	iomt_kernel_dma_enable(&dma, &cfg);
 *	...
 *	iomt_kernel_dma_disable(&dma);
 *
 * Threads: enabling and disabling as attaching (iomt/domain.h), maps as those of page tables.
 */
#ifndef IOMT_KERNEL_DMA_H
#define IOMT_KERNEL_DMA_H

#include <iomt/domain.h>
#include <iomt/pasid.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What an address of the kernel's DMA is. */
enum iomt_kernel_mode {
	/*
	 * Physical addresses. The domain is one of IOMT_DOMAIN_IDENTITY where the unit passes PASIDs on
	 * (VT-d in scalable mode), elsewhere one whose table maps memory one to one. Trusted devices.
	 */
	IOMT_KERNEL_BYPASS,

	/*
	 * The addresses that the device uses without a PASID: its own domain, on the PASID too. That is the
	 * one which is attached when this is enabled: disable it before another takes its place, or the
	 * PASID still reaches the old one.
	 */
	IOMT_KERNEL_IOVA,

	/* Kernel virtual addresses by the CPU's own table: a domain of IOMT_DOMAIN_SVA. Trusted devices. */
	IOMT_KERNEL_KVA_FAST,

	/* Kernel virtual addresses, of which only those work that were mapped: a table of their own. */
	IOMT_KERNEL_KVA_STRICT,
};

/* What DMA with a PASID the kernel wants. */
struct iomt_kernel_dma_cfg {
	/* sizeof(struct iomt_kernel_dma_cfg): the struct may grow. */
	size_t size;
	struct iomt_device *device; /* whose PASID */
	enum iomt_kernel_mode mode; /* what its addresses are */

	/* What is attached; of IOVA NULL. */
	struct iomt_domain *domain;

	/*
	 * The kernel's PASID, and the space in which it is reserved, lest a process get it. NULL: no
	 * space hands out PASIDs.
	 */
	uint32_t pasid;
	const struct iomt_pasid_space *pasids;

	/*
	 * KVA_STRICT: where kernel addresses are: the physical address of "va", and in *last, which is
	 * the end of what is asked for, how far it goes on without a gap. IOMT_ENOENT: nowhere.
	 */
	int (*to_phys)(void *ctx, uint64_t va, uint64_t *last, uint64_t *phys);
	void *ctx;
};

/* All fields are private. */
struct iomt_kernel_dma {
	struct iomt_kernel_dma_cfg cfg;
	struct iomt_attachment place;
};

/*
 * Attaches. IOMT_EINVAL: a field is missing, or of no use for the mode, or the domain is of another kind;
 * IOMT_EPERM: the PASID is not reserved in its space; IOMT_EACCES: the mode is for trusted devices;
 * IOMT_ENOENT: IOVA, and the device has no domain; others as iomt_domain_attach. Nothing changes then.
 */
int iomt_kernel_dma_enable(struct iomt_kernel_dma *dma, const struct iomt_kernel_dma_cfg *cfg);

/* Detaches. The device must have finished its work. Errors as iomt_domain_detach. */
int iomt_kernel_dma_disable(struct iomt_kernel_dma *dma);

/*
 * KVA_STRICT: makes [va, va + length - 1] of the kernel reachable, under the same addresses; whole pages.
 * All or nothing. IOMT_EOPNOTSUPP in other modes; IOMT_EINVAL: the gather is not empty, or to_phys went
 * beyond what it was asked for; IOMT_ENOENT, or what to_phys returned; others as iomt_domain_map. After errors
 * of the invalidation the gather has what the IOTLB may still hold.
 */
int iomt_kernel_dma_map(struct iomt_kernel_dma *dma, uint64_t va, uint64_t length, uint32_t prot,
			struct iomt_gather *gather);

/* And unreachable: when this returns, the device cannot use them. As iomt_domain_unmap, strict. */
int iomt_kernel_dma_unmap(struct iomt_kernel_dma *dma, uint64_t va, uint64_t length,
			  struct iomt_gather *gather);

#ifdef __cplusplus
}
#endif
#endif
