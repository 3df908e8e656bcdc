/* SPDX-License-Identifier: MIT */
/*
 * MSI page tables of the RISC-V IOMMU: "Process to translate addresses of MSIs", and the Advanced Interrupt
 * Architecture, "MSI page tables". An entry gives the page of an interrupt file; memory-resident files
 * (MRIF) are not there.
 */
#include "unit.h"

#define INSTRUCTION_ACCESS 1
#define MSI_ACCESS	   261
#define MSI_ABSENT	   262
#define MSI_MISCONFIGURED  263

#define VALID	 1ULL
#define TYPE	 unit_mask(2, 1)
#define BASIC	 TYPE /* M of 3 */
#define PPN	 unit_mask(53, 10)
#define RESERVED (unit_mask(9, 3) | unit_mask(62, 54))
#define CUSTOM	 (1ULL << 63) /* C */
#define NAPOT	 (1ULL << 63) /* of a leaf of stage 1, whose PPN is in the same place: N, 64 KiB */

unsigned iomt_msi_apart(const struct iomt_context *context, u64 address)
{
	u64 apart = (address >> 12 ^ context->msi_pattern) & ~context->msi_mask;

	return apart ? 75 - (unsigned)__builtin_clzll(apart) : 0;
}

u64 iomt_msi_output(const struct iomt_walk_leaf *leaf, u64 iova)
{
	u64 within = unit_low(12 + 9u * leaf->level + (leaf->entry & NAPOT ? 4 : 0));

	return ((leaf->entry & PPN) << 2 & ~within) | (iova & within);
}

/* The bits of a page number that the mask has, side by side. */
static u64 file_of(u64 page, u64 mask)
{
	u64 file = 0;

	for (unsigned to = 0; mask; mask &= mask - 1, to++)
		file |= (page >> __builtin_ctzll(mask) & 1) << to;
	return file;
}

/* Kind and cause of an entry that is none; 0: it is one. */
static unsigned judge(u64 entry, unsigned *cause)
{
	*cause = MSI_MISCONFIGURED;
	if (!(entry & VALID)) {
		*cause = MSI_ABSENT;
		return IOMT_DEVICE_FAULT_ABSENT;
	}
	if ((entry & CUSTOM) || (entry & TYPE) != BASIC)
		return IOMT_DEVICE_FAULT_ILLEGAL;
	return entry & RESERVED ? IOMT_DEVICE_FAULT_RESERVED : 0;
}

int iomt_msi_translate(const struct iomt_context *context, const struct iomt_request *request,
		       u64 address, struct iomt_walk_leaf *leaf, struct iomt_device_fault *fault)
{
	u64 at = context->msi_table | file_of(address >> 12, context->msi_mask) << 4, entry = 0;
	unsigned cause = MSI_ACCESS, kind = IOMT_DEVICE_FAULT_MEMORY;

	if (!(at >> context->oa_bits) && !iomt_guest_read64(context->mem, at, &entry))
		kind = judge(entry, &cause);
	if (!kind && (request->access & IOMT_EXEC) && !(request->access & IOMT_WALK_ATS)) {
		kind = IOMT_DEVICE_FAULT_REFUSED;
		cause = INSTRUCTION_ACCESS;
	}
	if (kind) {
		*fault = (struct iomt_device_fault){
			.request = *request,
			.address = at,
			.entry = entry,
			.domain = context->domain,
			.arch = context->arch,
			.at = IOMT_AT_MSI,
			.kind = (uint8_t)kind,
			.code = (uint16_t)cause,
			.silent = context->silent,
		};
		return IOMT_EFAULT;
	}
	if (!(context->keep && (request->access & IOMT_WALK_ATS)))
		leaf->oa = (entry & PPN) << 2 | (address & 0xfff);
	leaf->prot &= ~(uint32_t)IOMT_EXEC;
	if (leaf->size_lg2 > 12)
		leaf->size_lg2 = 12;
	return 0;
}
