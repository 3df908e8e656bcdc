/* SPDX-License-Identifier: MIT */
/*
 * What the software IOTLB is made of, and who may do what in which order.
 *
 * Entries are two words, three to a set, a set to a cache line. A key is not hashed: it holds the
 * whole address, its size and 11 bits of an id; the other 12 are in the value.
 *
 * Ids stand for address spaces. A space gets a serial number when it is first inserted into, and
 * again after each invalidation of its PASID, domain or unit; the id is the low 23 bits of that.
 * These invalidations raise a counter, no more: a serial is good as long as the counters above its
 * space are what they were when it was given out, and entries of others are found by nobody.
 *
 * An id comes back after 2^23 serials. Before a serial is given out, one set and one group of slots
 * are looked at, in turn: slots older than a quarter of all ids lose their serial, entries older
 * than half of them go. With at most 2^20 sets and 2^20 groups a round is an eighth, so that nothing
 * has an id any more when it comes back.
 *
 * Whoever uses a space remembers its serial, and what "news" was before that was read. News are
 * raised after each change to counters, slots and sizes, and when a serial has left its slot, before
 * another is in it: while they are what they were, what is remembered is good for lookups and
 * inserts. A lookup asks for them once, after it has read the entry.
 *
 * Between a change and its news a thread may stand still, while some remember what was and others
 * learn what is. An invalidation of a range must find what both insert. So slots and sizes change
 * only while "changing" counts it, and not before news of that. What was learnt while nothing was
 * changing is settled: a serial, and the sizes it has, are all there is until there are news. Else
 * the invalidation learns; and where it finds no serial, it raises news itself, for those who
 * remember one, as the news of a counter may not be out yet.
 *
 * Insert and invalidation both write first and then read what the other wrote, in sequentially
 * consistent order, so that one of them at least sees the other:
 *  - an insert makes serial and size known (in the slot), locks the set, then reads news and changes,
 *    and writes only when no invalidation has come since iomt_tlb_begin;
 *  - an invalidation raises changes (or a counter and news), then reads the slot, and in each set that
 *    it looks at waits for the lock. Where that takes long it forgets the whole space instead.
 * In the same way a serial that is taken from its slot is news before another is given out, and the
 * sets are looked at after that; a set that is locked then stops serials from being given out.
 *
 * Invalidations and the round of old entries write zero to a key without the lock. Where an insert
 * writes the same way at that moment, the new entry is lost.
 */
#ifndef TLB_PARTS_H
#define TLB_PARTS_H

#include <iomt/tlb.h>

#define WAYS	3u
#define SLOTS	7u
#define UNITS	16u /* counters of units */
#define ID_BITS 23
#define IDS	(1ULL << ID_BITS)
#define OA_BITS 52
#define GRANULE 12 /* log2 of the smallest size */

/* Of the id: what is in a key, below the address; the rest is in a value, above the output. */
#define LOW_BITS 11
#define LOW_MASK ((1ULL << LOW_BITS) - 1)

#define LAST_WAY 3u /* of a version: the way that was written last */

struct set {
	iomt_word version;	/* raised by each insert, when the old key is gone; its way */
	iomt_word keys[WAYS];	/* 0: empty */
	iomt_word values[WAYS]; /* id | oa | prot */
	iomt_word lock;		/* of inserts */
};

/* What is cached of an address space. */
struct slot {
	iomt_word serial; /* 0: nothing */
	iomt_word key;
	iomt_word stamp; /* the sum of the counters above it */
	iomt_word sizes; /* half of each size that its entries have: bit 63 is 2^64 bytes */
};

struct group {
	struct slot slots[SLOTS];
	uint64_t unused[4];
};

struct reader {
	iomt_word inside; /* the phase in which it entered, or 0 */
	uint64_t unused[7];
};

struct iomt_tlb {
	struct set *sets;
	struct group *groups;
	iomt_word *changes; /* range invalidations, by a hash of unit, domain and PASID */
	iomt_word *pasids;  /* PASID invalidations, by the same */
	iomt_word *domains; /* domain invalidations, by a hash of unit and domain */
	struct reader *readers;
	uint64_t set_mask; /* of a set's place in bytes */
	uint32_t group_mask;
	uint32_t counter_mask;
	iomt_word news;
	iomt_word changing;	/* changes to slots that are under way */
	iomt_word units[UNITS]; /* unit invalidations, by number */
	/* on lines of their own, because they are written more often: the last that was given out */
	iomt_word serial __attribute__((aligned(IOMT_TLB_ALIGN)));
	iomt_word phase; /* of readers */
	uint32_t busy;	 /* a serial is being given out */
	uint32_t reader_count;
};

_Static_assert(sizeof(struct set) == 64 && sizeof(struct group) == 256 &&
		       sizeof(struct reader) == 64 &&
		       offsetof(struct iomt_tlb, serial) % IOMT_TLB_ALIGN == 0 &&
		       sizeof(struct iomt_tlb) % IOMT_TLB_ALIGN == 0,
	       "cache lines");

/* The strongest order: on x86 all loads have it, on Arm it costs what acquire costs. */
static inline uint64_t load(const iomt_word *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

/* Seen after all that was written before. */
static inline void store(iomt_word *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static inline void raise(iomt_word *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_SEQ_CST);
}

#define DOMAIN_SHIFT 23 /* of a space's key, above stage and PASID */
#define UNIT_SHIFT   47

static inline struct group *group_of(const struct iomt_tlb_space *space)
{
	return &space->tlb->groups[space->pasid_ & space->tlb->group_mask];
}

static inline iomt_word *changes_of(const struct iomt_tlb_space *space)
{
	return &space->tlb->changes[space->pasid_];
}

static inline iomt_word *pasid_of(const struct iomt_tlb_space *space)
{
	return &space->tlb->pasids[space->pasid_];
}

static inline iomt_word *domain_of(const struct iomt_tlb_space *space)
{
	return &space->tlb->domains[space->domain_];
}

static inline iomt_word *unit_of(const struct iomt_tlb_space *space)
{
	return &space->tlb->units[space->key_ >> UNIT_SHIFT & (UNITS - 1)];
}

/* The slot of a space, and its serial if that is good; or NULL and 0. */
static inline struct slot *find(const struct iomt_tlb_space *space, uint64_t *serial)
{
	struct group *group = group_of(space);

	for (unsigned i = 0; i < SLOTS; i++) {
		struct slot *slot = &group->slots[i];

		*serial = load(&slot->serial);
		if (*serial && load(&slot->key) == space->key_ &&
		    load(&slot->stamp) == space->stamp_)
			return slot;
	}
	*serial = 0;
	return NULL;
}

static inline bool is_current(const struct iomt_tlb_space *space)
{
	return load(&space->tlb->news) == space->news_;
}

/* Half of the smallest of some sizes. */
static inline uint64_t smallest(uint64_t sizes)
{
	return sizes & -sizes;
}

/* The bits of an address below a size. */
static inline uint64_t below(uint64_t half)
{
	return 2 * half - 1;
}

/* How entries of one size are looked for. */
struct tlb_size {
	uint64_t mask; /* of an entry's first address */
	uint64_t tag;  /* what makes that a key: a bit that tells the size, and half of the id */
	uint32_t lg2;
};

static inline struct tlb_size size_of(const struct iomt_tlb_space *space, uint64_t half)
{
	return (struct tlb_size){~below(half), half + space->low_,
				 (uint32_t)__builtin_ctzll(half) + 1};
}

/* Learns what there is to know of a space. Counters only grow: one that did changes the sum. */
static inline void learn(struct iomt_tlb_space *space)
{
	static const struct tlb_size nothing = {.tag = 1}; /* the key of no entry, and not 0 */
	const struct slot *slot;
	struct tlb_size size;

	space->news_ = load(&space->tlb->news);
	space->stamp_ = load(pasid_of(space)) + load(domain_of(space)) + load(unit_of(space));
	slot = find(space, &space->serial_);
	space->sizes_ = slot ? load(&slot->sizes) : 0;
	space->settled_ = !load(&space->tlb->changing);
	space->low_ = space->serial_ & LOW_MASK;
	space->high_ = space->serial_ >> LOW_BITS << OA_BITS;
	size = space->sizes_ ? size_of(space, smallest(space->sizes_)) : nothing;
	space->mask_ = size.mask;
	space->tag_ = size.tag;
	space->size_lg2_ = size.lg2;
}

static inline void learn_news(struct iomt_tlb_space *space)
{
	if (!is_current(space))
		learn(space);
}

static inline struct set *set_at(const struct iomt_tlb *tlb, uint64_t bytes)
{
	return (struct set *)((char *)tlb->sets + (bytes & tlb->set_mask));
}

/*
 * Bits of a product, from 44 on. Of 40000 odd numbers at random this one spreads pages that follow
 * one another best: as many as there are sets, of any size to 2^32, leave 2.5 % without a place at
 * worst, and 0.02 % on average. (2^64 divided by the golden ratio, 33 % and 0.5 %.)
 */
static inline struct set *set_of(const struct iomt_tlb *tlb, uint64_t key)
{
	return set_at(tlb, key * 0x16b15355957643d5ULL >> 38);
}

#endif
