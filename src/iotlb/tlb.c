/* SPDX-License-Identifier: MIT */
/* The software IOTLB: its memory, names of address spaces, lookups, and readers. */
#include "tlb_parts.h"

#define COUNTERS 16ULL /* of each kind, for each group: few spaces share one */

/* The smallest power of two of rows that have room for so many. */
static uint64_t rows_for(uint32_t count, uint32_t in_each)
{
	uint64_t rows = 1;

	while (rows * in_each < count)
		rows *= 2;
	return rows;
}

static bool is_valid(const struct iomt_tlb_cfg *cfg)
{
	return cfg && cfg->size == sizeof(*cfg) && cfg->entries &&
	       cfg->entries <= IOMT_TLB_MAX_ENTRIES && cfg->spaces &&
	       cfg->spaces <= IOMT_TLB_MAX_SPACES && cfg->readers <= IOMT_TLB_MAX_READERS;
}

size_t iomt_tlb_bytes(const struct iomt_tlb_cfg *cfg)
{
	if (!is_valid(cfg))
		return 0;
	return sizeof(struct iomt_tlb) + rows_for(cfg->entries, WAYS) * sizeof(struct set) +
	       rows_for(cfg->spaces, SLOTS) *
		       (sizeof(struct group) + 3 * COUNTERS * sizeof(uint64_t)) +
	       cfg->readers * sizeof(struct reader);
}

int iomt_tlb_init(struct iomt_tlb **made, const struct iomt_tlb_cfg *cfg, void *memory)
{
	struct iomt_tlb *tlb = memory;
	uint64_t sets, groups;

	if (!is_valid(cfg) || !memory || (uintptr_t)memory % IOMT_TLB_ALIGN)
		return IOMT_EINVAL;
	__builtin_memset(memory, 0, iomt_tlb_bytes(cfg));
	sets = rows_for(cfg->entries, WAYS);
	groups = rows_for(cfg->spaces, SLOTS);
	tlb->groups = (struct group *)(tlb + 1);
	tlb->sets = (struct set *)(tlb->groups + groups);
	tlb->readers = (struct reader *)(tlb->sets + sets);
	tlb->changes = (iomt_word *)(tlb->readers + cfg->readers);
	tlb->pasids = tlb->changes + groups * COUNTERS;
	tlb->domains = tlb->pasids + groups * COUNTERS;
	tlb->set_mask = (sets - 1) * sizeof(struct set);
	tlb->group_mask = (uint32_t)groups - 1;
	tlb->counter_mask = (uint32_t)(groups * COUNTERS - 1);
	tlb->reader_count = cfg->readers;
	tlb->news = 1; /* none that a space has heard of */
	tlb->phase = 1;
	*made = tlb;
	return 0;
}

/* Each bit of it changes the whole result (splitmix64's last steps). */
static uint32_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return (uint32_t)(x ^ x >> 31);
}

int iomt_tlb_space_init(struct iomt_tlb_space *space, struct iomt_tlb *tlb, uint32_t unit,
			uint32_t domain, uint32_t pasid, uint32_t stage)
{
	uint64_t key;

	if (unit > IOMT_TLB_MAX_UNIT || domain > IOMT_TLB_MAX_DOMAIN ||
	    (pasid > IOMT_TLB_MAX_PASID && pasid != IOMT_TLB_NO_PASID) ||
	    stage > IOMT_TLB_MAX_STAGE)
		return IOMT_EINVAL;
	/* 16 bits, 24, 21 and 2; a PASID is one more than it is, so that none is 0 */
	key = (uint64_t)unit << UNIT_SHIFT | (uint64_t)domain << DOMAIN_SHIFT;
	key |= (uint64_t)(pasid + 1) << 2 | stage;
	*space = (struct iomt_tlb_space){
		.tlb = tlb,
		.tag_ = 1,		  /* the key of no entry */
		.key_ = 1ULL << 63 | key, /* that of an empty slot is 0 */
		.pasid_ = mix(key >> 2) & tlb->counter_mask,
		.domain_ = mix(key >> DOMAIN_SHIFT) & tlb->counter_mask,
	};
	return 0;
}

/*
 * The entry's value without its part of the id. The key is read after the version and before the
 * value, and the version again after that: had an insert written the value since, the key would be
 * gone or the version another.
 */
static inline bool probe(const struct set *set, uint64_t key, uint64_t high, uint64_t *value)
{
	uint64_t version = load(&set->version);

#pragma GCC unroll 3
	for (unsigned i = 0; i < WAYS; i++) {
		if (load(&set->keys[i]) != key)
			continue;
		*value = load(&set->values[i]) ^ high;
		if (!(*value >> OA_BITS))
			return load(&set->version) == version;
	}
	return false;
}

static inline bool look(const struct iomt_tlb_space *space, struct tlb_size size, uint64_t iova,
			struct iomt_tlb_entry *entry)
{
	uint64_t first = iova & size.mask, key = first + size.tag, value;

	if (!probe(set_of(space->tlb, key), key, space->high_, &value) || !is_current(space))
		return false;
	entry->oa = (value & ~(uint64_t)IOMT_TLB_PROT_MASK) + (iova - first);
	entry->prot = value & IOMT_TLB_PROT_MASK;
	entry->size_lg2 = (uint8_t)size.lg2;
	return true;
}

static bool look_for(const struct iomt_tlb_space *space, uint64_t sizes, uint64_t iova,
		     struct iomt_tlb_entry *entry)
{
	for (; sizes; sizes &= sizes - 1) {
		if (look(space, size_of(space, smallest(sizes)), iova, entry))
			return true;
	}
	return false;
}

/*
 * The sizes that are left, and all of them again if there are news. Once: where news come faster than
 * that it is a miss.
 */
static __attribute__((noinline)) int look_on(struct iomt_tlb_space *space, uint64_t iova,
					     struct iomt_tlb_entry *entry)
{
	if (look_for(space, space->sizes_ & (space->sizes_ - 1), iova, entry))
		return 0;
	if (is_current(space))
		return IOMT_ENOENT;
	learn(space);
	return look_for(space, space->sizes_, iova, entry) ? 0 : IOMT_ENOENT;
}

int iomt_tlb_lookup(struct iomt_tlb_space *space, uint64_t iova, struct iomt_tlb_entry *entry)
{
	struct tlb_size size = {space->mask_, space->tag_, space->size_lg2_};

	return look(space, size, iova, entry) ? 0 : look_on(space, iova, entry);
}

int iomt_tlb_enter(struct iomt_tlb *tlb, uint32_t reader)
{
	uint64_t phase;

	if (reader >= tlb->reader_count)
		return IOMT_EINVAL;
	/* A grace that did not see this reader inside has raised the phase, which is seen now. */
	do {
		phase = load(&tlb->phase);
		__atomic_exchange_n(&tlb->readers[reader].inside, phase, __ATOMIC_SEQ_CST);
	} while (load(&tlb->phase) != phase);
	return 0;
}

void iomt_tlb_leave(struct iomt_tlb *tlb, uint32_t reader)
{
	if (reader < tlb->reader_count)
		store(&tlb->readers[reader].inside, 0);
}

uint64_t iomt_tlb_grace(struct iomt_tlb *tlb)
{
	return __atomic_add_fetch(&tlb->phase, 1, __ATOMIC_SEQ_CST);
}

bool iomt_tlb_grace_over(const struct iomt_tlb *tlb, uint64_t grace)
{
	for (uint32_t i = 0; i < tlb->reader_count; i++) {
		uint64_t inside = load(&tlb->readers[i].inside);

		if (inside && inside < grace)
			return false;
	}
	return true;
}
