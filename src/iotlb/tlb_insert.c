/* SPDX-License-Identifier: MIT */
/* The software IOTLB: serials and their age, sizes, and inserts. */
#include "tlb_parts.h"

uint64_t iomt_tlb_begin(struct iomt_tlb_space *space)
{
	learn_news(space);
	return space->stamp_ + load(changes_of(space));
}

/* Takes what is old from the group and the set whose turn it is. False when the set is locked. */
static bool age(struct iomt_tlb *tlb, uint64_t turn)
{
	struct group *group = &tlb->groups[turn & tlb->group_mask];
	struct set *set = set_at(tlb, turn * sizeof(*set));

	for (unsigned i = 0; i < SLOTS; i++) {
		uint64_t serial = load(&group->slots[i].serial);

		if (serial && turn - serial >= IDS / 4)
			store(&group->slots[i].serial, 0);
	}
	if (load(&set->lock))
		return false;
	for (unsigned i = 0; i < WAYS; i++) {
		uint64_t key = load(&set->keys[i]);
		uint64_t id = load(&set->values[i]) >> OA_BITS << LOW_BITS | (key & LOW_MASK);

		if (key && ((turn - id) & (IDS - 1)) >= IDS / 2)
			store(&set->keys[i], 0);
	}
	return true;
}

/* The slot that a space gets: its own of before, an empty one, or any. */
static struct slot *choose_slot(struct group *group, uint64_t key, uint64_t serial)
{
	struct slot *chosen = &group->slots[serial % SLOTS];

	for (unsigned i = 0; i < SLOTS; i++) {
		struct slot *slot = &group->slots[i];

		if (slot->key == key)
			return slot;
		if (!slot->serial)
			chosen = slot;
	}
	return chosen;
}

/* From here to the end nobody trusts what he remembers of slots, or learns, to be all there is. */
static void begin_change(struct iomt_tlb *tlb)
{
	raise(&tlb->changing);
	raise(&tlb->news);
}

static void end_change(struct iomt_tlb *tlb)
{
	raise(&tlb->news);
	__atomic_fetch_add(&tlb->changing, -1, __ATOMIC_SEQ_CST);
}

/*
 * Puts a space into a slot, with a new serial. The slot's old serial is news before anything else is
 * in the slot: who reads the new, or both, and acts on it knows that nobody finds entries of the old
 * one.
 */
static void take_slot(const struct iomt_tlb_space *space, uint64_t half)
{
	struct iomt_tlb *tlb = space->tlb;
	struct slot *slot = choose_slot(group_of(space), space->key_, ++tlb->serial);

	store(&slot->serial, 0);
	raise(&tlb->news);
	store(&slot->key, space->key_);
	store(&slot->stamp, space->stamp_);
	store(&slot->sizes, half);
	store(&slot->serial, tlb->serial);
}

/* Gives a space a serial, unless another thread gives one out, or a locked set is in the way. */
static void give_serial(struct iomt_tlb_space *space, uint64_t half)
{
	struct iomt_tlb *tlb = space->tlb;

	if (__atomic_exchange_n(&tlb->busy, 1, __ATOMIC_ACQUIRE))
		return;
	learn(space);
	if (!space->serial_) {
		begin_change(tlb);
		if (age(tlb, tlb->serial + 1))
			take_slot(space, half);
		end_change(tlb);
		learn(space);
	}
	__atomic_store_n(&tlb->busy, 0, __ATOMIC_RELEASE);
}

/* Entries of this size are looked for from now on; in vain by a space that took the slot meanwhile. */
static void give_size(struct iomt_tlb_space *space, uint64_t half)
{
	uint64_t serial;
	struct slot *slot;

	begin_change(space->tlb);
	slot = find(space, &serial);
	if (serial == space->serial_)
		__atomic_fetch_or(&slot->sizes, half, __ATOMIC_SEQ_CST);
	end_change(space->tlb);
	learn(space);
}

static bool prepare(struct iomt_tlb_space *space, uint64_t half)
{
	learn_news(space);
	if (!space->serial_)
		give_serial(space, half);
	if (space->serial_ && !(space->sizes_ & half))
		give_size(space, half);
	return space->sizes_ & half;
}

/* The way that an entry gets: its own of before, an empty one, or the one after the last. */
static unsigned choose_way(const struct set *set, uint64_t key, uint64_t high)
{
	unsigned last = set->version & LAST_WAY, chosen = last < WAYS - 1 ? last + 1 : 0;

	for (unsigned i = WAYS; i-- > 0;) {
		uint64_t there = load(&set->keys[i]);

		if (there == key && !((load(&set->values[i]) ^ high) >> OA_BITS))
			return i;
		if (!there)
			chosen = i;
	}
	return chosen;
}

/* Writes into a locked set: the old key goes before the version, the new one comes last. */
static void put(struct set *set, uint64_t key, uint64_t high, uint64_t value)
{
	unsigned way = choose_way(set, key, high);

	store(&set->keys[way], 0);
	store(&set->version, (set->version | LAST_WAY) + 1 + way);
	store(&set->values[way], high | value);
	store(&set->keys[way], key);
}

static bool is_insertable(uint64_t iova, const struct iomt_tlb_entry *entry)
{
	uint64_t low;

	if (entry->size_lg2 < GRANULE || entry->size_lg2 > 64 || entry->prot > IOMT_TLB_PROT_MASK)
		return false;
	low = below(1ULL << (entry->size_lg2 - 1));
	return !((iova ^ entry->oa) & low) && !((entry->oa & ~low) >> OA_BITS);
}

int iomt_tlb_insert(struct iomt_tlb_space *space, uint64_t token, uint64_t iova,
		    const struct iomt_tlb_entry *entry)
{
	uint64_t half, low, key;
	struct set *set;
	bool fresh;

	if (!is_insertable(iova, entry))
		return IOMT_EINVAL;
	half = 1ULL << (entry->size_lg2 - 1);
	low = below(half);
	if (!prepare(space, half))
		return IOMT_EAGAIN;
	key = (iova & ~low) + half + space->low_;
	set = set_of(space->tlb, key);
	if (__atomic_exchange_n(&set->lock, 1, __ATOMIC_SEQ_CST))
		return IOMT_EAGAIN;
	fresh = is_current(space) && space->stamp_ + load(changes_of(space)) == token;
	if (fresh)
		put(set, key, space->high_, (entry->oa & ~low) | entry->prot);
	store(&set->lock, 0);
	return fresh ? 0 : IOMT_EAGAIN;
}
