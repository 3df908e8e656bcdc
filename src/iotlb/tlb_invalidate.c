/* SPDX-License-Identifier: MIT */
/* The software IOTLB: invalidations. */
#include "tlb_parts.h"

#define PATIENCE 256u

/* Waits for an insert into this set. False when that takes long: its thread is not running. */
static bool is_settled(const struct set *set)
{
	for (unsigned i = 0; i < PATIENCE; i++) {
		if (!load(&set->lock))
			return true;
	}
	return false;
}

/* Removes one page, and what has the same key by chance. */
static bool drop(struct set *set, uint64_t key)
{
	if (!is_settled(set))
		return false;
	for (unsigned i = 0; i < WAYS; i++) {
		if (load(&set->keys[i]) == key)
			store(&set->keys[i], 0);
	}
	return true;
}

static bool drop_pages(const struct iomt_tlb_space *space, struct tlb_size size, uint64_t first,
		       uint64_t last)
{
	for (uint64_t at = first & size.mask;; at += ~size.mask + 1) {
		if (!drop(set_of(space->tlb, at + size.tag), at + size.tag))
			return false;
		if (last - at <= ~size.mask)
			return true;
	}
}

/* Looks at every set instead. */
static bool drop_everywhere(const struct iomt_tlb_space *space, uint64_t first, uint64_t last)
{
	uint64_t bytes = space->tlb->set_mask + sizeof(struct set);

	for (uint64_t at = 0; at < bytes; at += sizeof(struct set)) {
		struct set *set = set_at(space->tlb, at);

		if (!is_settled(set))
			return false;
		for (unsigned i = 0; i < WAYS; i++) {
			uint64_t key = load(&set->keys[i]);
			uint64_t low = below(smallest(key & ~LOW_MASK));

			if (key && (key & LOW_MASK) == space->low_ && (key | low) >= first &&
			    (key & ~low) <= last)
				store(&set->keys[i], 0);
		}
	}
	return true;
}

/* The pages of all sizes of a space that overlap a range. */
static uint64_t count_pages(const struct iomt_tlb_space *space, uint64_t first, uint64_t last)
{
	uint64_t count = 0;

	for (uint64_t sizes = space->sizes_; sizes; sizes &= sizes - 1) {
		uint64_t begin = first & ~below(smallest(sizes));

		count += ((last - begin) >> __builtin_ctzll(sizes) >> 1) + 1;
	}
	return count;
}

static bool drop_range(const struct iomt_tlb_space *space, uint64_t first, uint64_t last)
{
	if (count_pages(space, first, last) > space->tlb->set_mask / sizeof(struct set))
		return drop_everywhere(space, first, last);
	for (uint64_t sizes = space->sizes_; sizes; sizes &= sizes - 1) {
		if (!drop_pages(space, size_of(space, smallest(sizes)), first, last))
			return false;
	}
	return true;
}

/* All that anybody inserts with, or finds, is learnt: see tlb_parts.h. */
static __attribute__((noinline)) void learn_all(struct iomt_tlb_space *space)
{
	learn(space);
	if (!space->serial_)
		raise(&space->tlb->news);
}

static __attribute__((noinline)) void drop_all(const struct iomt_tlb_space *space, uint64_t first,
					       uint64_t last)
{
	if (!drop_range(space, first, last))
		iomt_tlb_invalidate_pasid(space);
}

void iomt_tlb_invalidate_range(struct iomt_tlb_space *space, uint64_t first, uint64_t last)
{
	struct set *set = set_of(space->tlb, (first & space->mask_) + space->tag_);
	uint64_t key;

	if (first > last)
		return;
	__builtin_prefetch(set, 1); /* nothing is read before the count is raised */
	raise(changes_of(space));
	if (!space->settled_ || !space->serial_ || !is_current(space))
		learn_all(space);
	key = (first & space->mask_) + space->tag_;
	if (((first ^ last) & space->mask_) || (space->sizes_ & (space->sizes_ - 1)) ||
	    !drop(set_of(space->tlb, key), key))
		drop_all(space, first, last);
}

static void retire(struct iomt_tlb *tlb, iomt_word *counter)
{
	raise(counter);
	raise(&tlb->news);
}

void iomt_tlb_invalidate_pasid(const struct iomt_tlb_space *space)
{
	retire(space->tlb, pasid_of(space));
}

void iomt_tlb_invalidate_domain(const struct iomt_tlb_space *space)
{
	retire(space->tlb, domain_of(space));
}

void iomt_tlb_invalidate_unit(const struct iomt_tlb_space *space)
{
	retire(space->tlb, unit_of(space));
}

void iomt_tlb_invalidate_all(struct iomt_tlb *tlb)
{
	for (unsigned i = 0; i < UNITS; i++)
		retire(tlb, &tlb->units[i]);
}
