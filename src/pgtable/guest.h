/* SPDX-License-Identifier: MIT */
/* Guest memory, one aligned word at a time: the first region, other regions, callbacks. */
#ifndef PT_GUEST_H
#define PT_GUEST_H

#include "walk.h"
#include <iomt/walk.h>

/* A guest writes what it likes, what pt_load looks for in debug builds too. */
PT_INLINE u64 guest_load(const u64 *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

/* The word at a guest address in some region; NULL when it is in none. */
PT_NOINLINE const struct iomt_guest_region *guest_region(const struct iomt_guest_mem *mem,
							 u64 address, u64 **word)
{
	for (size_t i = 0; i < mem->count; i++) {
		const struct iomt_guest_region *region = &mem->regions[i];
		u64 offset = address - region->base;

		if (offset < region->size) { /* both are multiples of 8 */
			*word = (u64 *)((char *)region->host + offset);
			return region;
		}
	}
	return NULL;
}

PT_NOINLINE struct iomt_guest_word guest_word_far(const struct iomt_walker *w, u64 address)
{
	const struct iomt_guest_mem *mem = w->mem;
	u64 *word;

	if (mem->count && guest_region(mem, address, &word))
		return (struct iomt_guest_word){guest_load(word), 0};
	if (mem->read64)
		return mem->read64(mem->ctx, address);
	return (struct iomt_guest_word){0, IOMT_EIO};
}

/* Reads the word at a guest address, a multiple of 8. */
PT_INLINE struct iomt_guest_word guest_word(const struct iomt_walker *w, u64 address)
{
	u64 offset = address - w->base;

	if (pt_likely(offset <= w->last_word && w->host))
		return (struct iomt_guest_word){guest_load((const u64 *)(w->host + offset)), 0};
	return guest_word_far(w, address);
}

/* The same; false when no memory is there. */
PT_INLINE bool guest_read(const struct iomt_walker *w, u64 address, uint64_t *entry)
{
	struct iomt_guest_word word = guest_word(w, address);

	*entry = word.value;
	return !word.err;
}

/* Replaces *expected: 0, IOMT_EAGAIN when something else is there, or another error. */
PT_NOINLINE int guest_replace(const struct iomt_walker *w, u64 address, u64 expected, u64 entry)
{
	const struct iomt_guest_mem *mem = w->mem;
	const struct iomt_guest_region *region;
	u64 *word;

	region = guest_region(mem, address, &word);
	if (region) {
		if (region->read_only)
			return IOMT_EACCES;
		return pt_replace(word, &expected, entry) ? 0 : IOMT_EAGAIN;
	}
	return mem->cas64 ? mem->cas64(mem->ctx, address, &expected, entry) : IOMT_EACCES;
}

#endif
