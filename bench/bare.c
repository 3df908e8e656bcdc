/* SPDX-License-Identifier: MIT */
/*
 * One page without any promise: the engine's walk and a store. No argument is checked, nothing that
 * is there is noticed, nothing is gathered. Built for each format, out of its facts, to show what
 * the promises cost.
 */
#include "entry.h"
#undef PT_FORMAT_ENTRY
#define PT_FORMAT_ENTRY(format, value)
#include BARE_FACTS
#include "bare.h"

#define PASTE(a, b, c)	a##b##c
#define NAME(format, f) PASTE(bare_, format, f)

int NAME(BARE_FORMAT, _map)(struct iomt_pt *pt, uint64_t iova, uint64_t oa, uint64_t length,
			    uint32_t prot, struct iomt_gather *gather)
{
	struct pt_stop stop = pt_walk_plain(&BARE_FORMAT, pt, iova);

	(void)length, (void)gather;
	pt_store(stop.slot, BARE_FORMAT.leaf(oa, 0, BARE_FORMAT.granule_lg2) | pt->attrs[prot]);
	return 0;
}

int NAME(BARE_FORMAT, _unmap)(struct iomt_pt *pt, uint64_t iova, uint64_t length,
			      uint64_t *unmapped, struct iomt_gather *gather)
{
	struct pt_stop stop = pt_walk_plain(&BARE_FORMAT, pt, iova);

	(void)gather;
	pt_store(stop.slot, 0);
	*unmapped = length;
	return 0;
}
