/* SPDX-License-Identifier: MIT */
/*
 * Tables of entries that hardware reads: their memory, single words, and the one way to change an entry
 * in use. PASID tables and device tables are made of this; neither knows of the other.
 */
#ifndef ENTRY_H
#define ENTRY_H

#include <iomt/mem.h>

#define ENTRY_WORDS 8u /* of the longest entry */

typedef iomt_word u64;

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "hardware reads little-endian words");

static inline u64 entry_load(const u64 *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline void entry_store(u64 *word, u64 value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/* A test that looks after each store says so before it includes this. */
#ifndef ENTRY_STORED
#define ENTRY_STORED() ((void)0)
#endif

/*
 * Two words, aligned to 16 bytes, by one store. As the core calls no library, and compilers would for
 * this, it is spelt out.
 */
#if defined(__x86_64__)
#define ENTRY_HAS_WIDE true
static inline void entry_store_wide(u64 *pair, u64 low, u64 high)
{
	u64 seen_low = pair[0], seen_high = pair[1];
	bool done = false;

	do { /* NOLINT(bugprone-infinite-loop): the processor ends it */
		__asm__ volatile("lock cmpxchg16b %0"
				 : "+m"(*(u64(*)[2])pair), "+a"(seen_low), "+d"(seen_high),
				   "=@ccz"(done)
				 : "b"(low), "c"(high)
				 : "memory");
	} while (!done);
	ENTRY_STORED();
}
#elif defined(__aarch64__)
#define ENTRY_HAS_WIDE true
static inline void entry_store_wide(u64 *pair, u64 low, u64 high)
{
	u64 seen_low, seen_high;
	uint32_t failed = 0;

	do { /* NOLINT(bugprone-infinite-loop): the processor ends it */
		__asm__ volatile("ldxp %0, %1, %3\n\tstlxp %w2, %4, %5, %3"
				 : "=&r"(seen_low), "=&r"(seen_high), "=&r"(failed),
				   "+Q"(*(u64(*)[2])pair)
				 : "r"(low), "r"(high)
				 : "memory");
	} while (failed);
	ENTRY_STORED();
}
#else
#define ENTRY_HAS_WIDE false
static inline void entry_store_wide(u64 *pair, u64 low, u64 high)
{
	entry_store(&pair[0], low);
	entry_store(&pair[1], high);
}
#endif

static inline void entry_clean(const struct iomt_mem *mem, const u64 *words, size_t bytes)
{
	if (mem->clean)
		mem->clean(mem->ctx, words, bytes);
}

static inline u64 entry_phys(const struct iomt_mem *mem, const void *memory)
{
	if (mem->to_phys)
		return mem->to_phys(mem->ctx, memory);
	return (uintptr_t)memory + mem->phys_offset;
}

static inline u64 *entry_virt(const struct iomt_mem *mem, u64 phys)
{
	if (mem->to_virt)
		return mem->to_virt(mem->ctx, phys);
	return (u64 *)(uintptr_t)(phys - mem->phys_offset);
}

static inline u64 entry_bits(u64 word, unsigned high, unsigned low)
{
	return word >> low & (~0ULL >> (63 - (high - low)));
}

/* 0 for an address that an entry can hold. */
static inline int entry_check_address(u64 address, u64 align, u64 last)
{
	if (address & (align - 1))
		return IOMT_EINVAL;
	return address > last ? IOMT_ERANGE : 0;
}

/* A newer caller's struct may be longer; what this library does not know must be zero. */
bool iomt_entry_has_size(const void *data, size_t size, size_t known);

/* What is wrong with a provider, or NULL. */
const char *iomt_entry_mem_wrong(const struct iomt_mem *mem);

/* Memory whose physical address is no good counts as none. */
u64 *iomt_entry_alloc(const struct iomt_mem *mem, size_t bytes, u64 last);

/* Tables that nobody else sees yet, linked through their first words. */
struct entry_chain {
	u64 *head;
};

/* All or nothing. */
int iomt_entry_chain_fill(struct entry_chain *chain, const struct iomt_mem *mem, size_t bytes,
			  u64 last, u64 count);

/* The next one, all zeros. */
u64 *iomt_entry_chain_take(struct entry_chain *chain, size_t bytes);

/* What the writer has to know of a format's entries. */
struct entry_facts {
	unsigned words;
	u64 valid; /* the bit of the first word */
	u64 stays; /* bits of the first word that it keeps when it becomes invalid */

	/*
	 * Hardware may see a first word that is valid together with other words from before: between
	 * their stores it must forget (IHI 0070, 3.21.3.1).
	 */
	bool any_order;

	/* The bits of each word that hardware looks at, which may depend on the others. */
	void (*used)(const u64 *words, u64 *used);
};

/* What a change asks to be invalidated. */
enum entry_ask {
	ENTRY_NOTHING,
	ENTRY_ALONE, /* what hardware remembers of the entry's words */
	ENTRY_ALL,   /* and all that came of them */
};

/* Who changes entries, and how. */
struct entry_writer {
	const struct iomt_mem *mem;
	const struct entry_facts *facts;
	unsigned unit; /* words that one store holds: 1, or 2 */
	bool may_break;
	bool may_sync;
	bool look; /* only whether it can be done */

	/* Says what is to be invalidated; "before" is NULL for an entry that was not valid. */
	void (*ask)(void *ctx, enum entry_ask ask, const u64 *before, const u64 *after);

	/* Has that done, and waits. */
	void (*sync)(void *ctx);
	void *ctx;
};

/* Makes an entry that hardware can reach what "target" says. IOMT_EBUSY changes nothing. */
int iomt_entry_write(const struct entry_writer *writer, u64 *entry, const u64 *target);

#endif
