/* SPDX-License-Identifier: MIT */
/*
 * Broken rules: their report, the poison, and who writes where. Writers note their ranges in places that
 * all page tables share, without a lock: each first publishes its own and then looks at the others',
 * so that of two at least one sees the other.
 */
#include "entry/debug.h"

const char *iomt_rule_text(enum iomt_rule rule)
{
	switch (rule) {
	case IOMT_RULE_RELEASED_EARLY:
		return "a call has reached a table that was given back";
	case IOMT_RULE_RELEASED_TWICE:
		return "a table is given back that was given back already";
	case IOMT_RULE_NO_ROOM:
		return "a table was added to a gather that had no room for it";
	case IOMT_RULE_DESTROYED:
		return "a call on a page table that was destroyed";
	case IOMT_RULE_OLD_CURSOR:
		return "a cursor of a page table that was destroyed";
	case IOMT_RULE_OVERLAP:
		return "two calls write to ranges that overlap";
	}
	return "no rule";
}

#ifdef IOMT_DEBUG

static void (*report_to)(void *ctx, enum iomt_rule rule, const void *where);
static void *report_ctx;

int iomt_debug_report(void (*report)(void *ctx, enum iomt_rule rule, const void *where), void *ctx)
{
	report_to = report;
	report_ctx = ctx;
	return 0;
}

__attribute__((cold, noinline)) void iomt_debug_broken(enum iomt_rule rule, const void *where)
{
	if (!report_to)
		__builtin_trap();
	report_to(report_ctx, rule, where);
}

bool iomt_debug_poison(void *table, size_t bytes)
{
	uint64_t *words = table;
	size_t count = bytes / sizeof(*words);

	/* no format writes it; and a chain's link is in the first word alone */
	if (words[0] == IOMT_DEBUG_POISON && words[count - 1] == IOMT_DEBUG_POISON) {
		iomt_debug_broken(IOMT_RULE_RELEASED_TWICE, table);
		return false;
	}
	for (size_t i = 0; i < count; i++)
		__atomic_store_n(&words[i], IOMT_DEBUG_POISON, __ATOMIC_RELAXED);
	return true;
}

uint64_t iomt_debug_generation(void)
{
	static uint64_t generations;

	return __atomic_add_fetch(&generations, 1, __ATOMIC_RELAXED) << DEBUG_GENERATION_SHIFT;
}

#define WRITERS 64u /* further ones are not looked at */

struct debug_writer {
	uintptr_t owner; /* a page table; 0: free; 1: being written */
	uint64_t turn;	 /* counts claims */
	uint64_t first;
	uint64_t last;
} __attribute__((aligned(64)));

static struct debug_writer writers[WRITERS];
static unsigned most_writers; /* places that were ever taken: the first ones */

static bool overlaps(const struct debug_writer *a, uintptr_t owner, uint64_t first, uint64_t last)
{
	uint64_t turn = __atomic_load_n(&a->turn, __ATOMIC_SEQ_CST), a_first, a_last;

	/* with the turn read before, what is read from here on is one claim's, or the turn changes */
	if (__atomic_load_n(&a->owner, __ATOMIC_SEQ_CST) != owner)
		return false;
	a_first = __atomic_load_n(&a->first, __ATOMIC_ACQUIRE);
	a_last = __atomic_load_n(&a->last, __ATOMIC_ACQUIRE);
	/* another claim meanwhile looks at ours itself */
	if (__atomic_load_n(&a->owner, __ATOMIC_ACQUIRE) != owner ||
	    __atomic_load_n(&a->turn, __ATOMIC_ACQUIRE) != turn)
		return false;
	return a_first <= last && first <= a_last;
}

static struct debug_writer *take_place(void)
{
	for (unsigned i = 0; i < WRITERS; i++) {
		unsigned most = __atomic_load_n(&most_writers, __ATOMIC_SEQ_CST);
		uintptr_t none = 0;

		if (!__atomic_compare_exchange_n(&writers[i].owner, &none, 1, false,
						 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			continue;
		while (most <= i &&
		       !__atomic_compare_exchange_n(&most_writers, &most, i + 1, false,
						    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			continue;
		return &writers[i];
	}
	return NULL;
}

struct debug_claim iomt_debug_claim(const void *pt, uint64_t first, uint64_t length)
{
	uint64_t last = first + (length - 1);
	struct debug_writer *mine;

	if (!length || last < first)
		return (struct debug_claim){NULL};
	mine = take_place();
	if (!mine)
		return (struct debug_claim){NULL};
	__atomic_add_fetch(&mine->turn, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&mine->first, first, __ATOMIC_RELEASE);
	__atomic_store_n(&mine->last, last, __ATOMIC_RELEASE);
	__atomic_store_n(&mine->owner, (uintptr_t)pt, __ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < __atomic_load_n(&most_writers, __ATOMIC_SEQ_CST); i++) {
		if (&writers[i] != mine && overlaps(&writers[i], (uintptr_t)pt, first, last)) {
			iomt_debug_broken(IOMT_RULE_OVERLAP, pt);
			break;
		}
	}
	return (struct debug_claim){mine};
}

void iomt_debug_unclaim(struct debug_claim *claim)
{
	if (claim->writer)
		__atomic_store_n(&claim->writer->owner, 0, __ATOMIC_RELEASE);
}

#else

int iomt_debug_report(void (*report)(void *ctx, enum iomt_rule rule, const void *where), void *ctx)
{
	(void)report;
	(void)ctx;
	return IOMT_EOPNOTSUPP;
}

#endif
