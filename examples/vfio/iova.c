/* SPDX-License-Identifier: MIT */
#include "iova.h"

#define MOST_IDS_LG2 20u /* half a megabyte of bookkeeping at most, for each size */

static unsigned slot_lg2(unsigned size)
{
	return 12 + 2 * size;
}

static uint64_t part(const struct iova *iova, unsigned size)
{
	return (size + 1ULL) << iova->part_lg2;
}

int iova_open(struct iova *iova, const struct iomt_mem *mem, unsigned bits)
{
	if (bits < 20 || bits > 64)
		return IOMT_EINVAL;
	iova->part_lg2 = bits - 4;
	iova->sizes = 0;
	while (iova->sizes < IOVA_SIZES && slot_lg2(iova->sizes) < iova->part_lg2) {
		unsigned ids_lg2 = iova->part_lg2 - slot_lg2(iova->sizes);
		struct iomt_ids_cfg cfg = {.size = sizeof(cfg), .mem = mem};
		int err;

		cfg.bits = ids_lg2 < MOST_IDS_LG2 ? ids_lg2 : MOST_IDS_LG2;
		err = iomt_ids_init(&iova->slots[iova->sizes], &cfg);
		if (err)
			return err;
		iova->sizes++;
	}
	return 0;
}

void iova_close(struct iova *iova)
{
	while (iova->sizes)
		iomt_ids_destroy(&iova->slots[--iova->sizes]);
}

/* The lowest slots first, so that the tables of few addresses stay in use. */
int iova_take(struct iova *iova, uint64_t length, uint64_t *first)
{
	for (unsigned size = 0; size < iova->sizes; size++) {
		struct iomt_ids *slots = &iova->slots[size];
		uint32_t id;
		int err;

		if (length > 1ULL << slot_lg2(size))
			continue;
		err = iomt_ids_alloc(slots, 0, slots->last, &id);
		if (!err)
			*first = part(iova, size) + ((uint64_t)id << slot_lg2(size));
		return err;
	}
	return IOMT_ENOSPC;
}

/* Which size, and which of its slots. False for addresses between slots, or of none. */
static bool find(const struct iova *iova, uint64_t first, unsigned *size, uint64_t *id)
{
	uint64_t index = first >> iova->part_lg2, offset;

	if (!index || index > iova->sizes)
		return false;
	*size = (unsigned)index - 1;
	offset = first - part(iova, *size);
	*id = offset >> slot_lg2(*size);
	return *id <= iova->slots[*size].last && *id << slot_lg2(*size) == offset;
}

int iova_slot(const struct iova *iova, uint64_t first, uint64_t *last)
{
	unsigned size;
	uint64_t id;

	if (!find(iova, first, &size, &id) ||
	    iomt_ids_test(&iova->slots[size], (uint32_t)id) != IOMT_IDS_ALLOCATED)
		return IOMT_ENOENT;
	*last = first + ((1ULL << slot_lg2(size)) - 1);
	return 0;
}

void iova_give(struct iova *iova, uint64_t first)
{
	unsigned size;
	uint64_t id;

	if (find(iova, first, &size, &id))
		iomt_ids_free(&iova->slots[size], (uint32_t)id);
}
