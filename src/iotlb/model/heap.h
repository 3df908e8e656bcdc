/* SPDX-License-Identifier: MIT */
/* When each of some places is free again, as a heap: who comes takes the one that is free first. */
#ifndef MODEL_HEAP_H
#define MODEL_HEAP_H

#include <iomt/base.h>

struct heap {
	uint64_t *free_at; /* free_at[0] is the earliest */
	uint32_t count;	   /* 0: there is always a free place */
};

static inline uint64_t heap_first(const struct heap *heap)
{
	return heap->count ? heap->free_at[0] : 0;
}

/* The place that is free first is taken until then. */
static inline void heap_take(struct heap *heap, uint64_t until)
{
	uint32_t at = 0;

	if (!heap->count)
		return;
	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child + 1 < heap->count && heap->free_at[child + 1] < heap->free_at[child])
			child++;
		if (child >= heap->count || heap->free_at[child] >= until)
			break;
		heap->free_at[at] = heap->free_at[child];
		at = child;
	}
	heap->free_at[at] = until;
}

#endif
