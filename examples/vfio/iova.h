/* SPDX-License-Identifier: MIT */
/*
 * IOVAs for a driver in userspace: slots of 4 KiB, 16 KiB, 64 KiB and so on, each size in a part of the address space
 * of its own, where a slot is an id of iomt/ids.h. So an address tells its slot, slots are aligned to their size
 * (which lets the IOMMU use large pages), and neither taking nor giving back looks for anything.
 *
 * The lowest and the highest sixteenth are left out: a device that was given 0 by mistake, and the window of
 * interrupts below 4 GiB, fault.
 */
#ifndef EXAMPLE_IOVA_H
#define EXAMPLE_IOVA_H

#include <iomt/iomt.h>

#define IOVA_SIZES 14u

struct iova {
	struct iomt_ids slots[IOVA_SIZES];
	unsigned part_lg2;
	unsigned sizes; /* that fit their part */
};

/* Of the addresses that have so many bits: what the device can send. 20 at least, 64 at most. */
int iova_open(struct iova *iova, const struct iomt_mem *mem, unsigned bits);
void iova_close(struct iova *iova);

/* A slot that holds so many bytes. IOMT_ENOSPC, IOMT_ENOMEM. */
int iova_take(struct iova *iova, uint64_t length, uint64_t *first);

/* The last address of a slot that was taken; IOMT_ENOENT for what is not the first of one. */
int iova_slot(const struct iova *iova, uint64_t first, uint64_t *last);

void iova_give(struct iova *iova, uint64_t first);

#endif
