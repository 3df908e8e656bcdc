/* SPDX-License-Identifier: MIT */
/*
 * Three positions move forward: places are reserved up to reserved_, commands are passed to hardware
 * up to published_, and hardware is at head_ or further.
 *
 * A batch that is written is marked in the slot where it begins. Whoever marks one then tries to be
 * the one that rings: it moves published_ over all that is marked, rings, lets go, and looks again.
 * Nobody is left behind: who finds the place taken has marked before, and its exchange stands between
 * the other's two, so that the other, which looks after its second one, sees the mark.
 *
 * A mark is the position where the batch ends. One from an earlier round of the ring ends at or
 * before the slot's position of now, so it is never taken for new.
 */
#include "ring.h"
#include <iomt/ring.h>

#define LG2_MIN 2
#define LG2_MAX 20
#define PENDING 0x80000000u /* from what a sync will store: half of all values away */

static uint64_t length(const struct iomt_ring *ring)
{
	return 1ULL << ring->cfg_.entries_lg2;
}

static size_t place(const struct iomt_ring *ring, uint64_t position)
{
	return (size_t)(position & (length(ring) - 1));
}

/* Hardware's indices: with a wrap bit they count twice as far. */
static uint32_t index_mask(const struct iomt_ring *ring)
{
	return (uint32_t)((length(ring) << ring->cfg_.kind->wrap_bit) - 1);
}

/* Hardware reads little-endian words. */
static uint64_t little(uint64_t word)
{
	return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(word) : word;
}

/* Whether a sync can store in the last of so many words; it then can in all. */
static bool is_within_reach(const struct iomt_ring_cfg *cfg)
{
	struct iomt_cmd cmds[RING_CMDS_MOST];
	uint64_t last;

	return !__builtin_add_overflow(cfg->stores_phys, (8ULL << cfg->entries_lg2) - 8, &last) &&
	       cfg->kind->sync(false, last, 0, cmds) > 0;
}

static bool valid(const struct iomt_ring_cfg *cfg)
{
	const struct iomt_ring_kind *kind = cfg->kind;

	if (cfg->size < sizeof(*cfg) || !kind || !cfg->ops || !cfg->ops->head ||
	    !cfg->ops->doorbell || !cfg->entries || !cfg->slots || !kind->sync || !kind->cmds ||
	    kind->cmds > RING_CMDS_MOST)
		return false;
	if (!cfg->stores && (kind->vendor == IOMT_VENDOR_AMD || kind->vendor == IOMT_VENDOR_VTD))
		return false;
	return cfg->entries_lg2 >= LG2_MIN && cfg->entries_lg2 <= LG2_MAX &&
	       !cfg->stores == !cfg->stores_phys &&
	       !((cfg->stores_phys | (uintptr_t)cfg->stores) & 7) &&
	       (!cfg->stores || is_within_reach(cfg));
}

int iomt_ring_init(struct iomt_ring *ring, const struct iomt_ring_cfg *cfg)
{
	if (!valid(cfg))
		return IOMT_EINVAL;
	*ring = (struct iomt_ring){.cfg_ = *cfg};
	ring->capacity_ = length(ring) - !cfg->kind->wrap_bit;
	for (uint64_t i = 0; i < length(ring); i++)
		cfg->slots[i] = (struct iomt_ring_slot){0};
	return 0;
}

/*
 * Where hardware is. Between the two loads it may have gone around any number of times: what comes
 * out is then a place that it has passed, which is as good.
 */
static int look(struct iomt_ring *ring)
{
	uint64_t known = __atomic_load_n(&ring->head_, __ATOMIC_ACQUIRE);
	uint32_t index = ring->cfg_.ops->head(ring->cfg_.ctx);
	uint64_t at = known + ((index - known) & index_mask(ring));

	if (index > index_mask(ring) || at > __atomic_load_n(&ring->published_, __ATOMIC_ACQUIRE))
		return IOMT_EIO;
	ring_raise(&ring->head_, at);
	return 0;
}

static bool fits(const struct iomt_ring *ring, uint64_t first, uint64_t count)
{
	return first + count - __atomic_load_n(&ring->head_, __ATOMIC_ACQUIRE) <= ring->capacity_;
}

static int pass_time(struct iomt_ring *ring, uint64_t tries)
{
	return ring->cfg_.ops->wait ? ring->cfg_.ops->wait(ring->cfg_.ctx, tries) : IOMT_EBUSY;
}

static int reserve(struct iomt_ring *ring, uint64_t count, uint64_t *first)
{
	uint64_t at = __atomic_load_n(&ring->reserved_, __ATOMIC_RELAXED), tries = 0;

	for (;;) {
		int err;

		if (fits(ring, at, count)) {
			if (!__atomic_compare_exchange_n(&ring->reserved_, &at, at + count, true,
							 __ATOMIC_RELAXED, __ATOMIC_RELAXED))
				continue;
			*first = at;
			return 0;
		}
		err = look(ring);
		at = __atomic_load_n(&ring->reserved_, __ATOMIC_RELAXED);
		if (!err && !fits(ring, at, count))
			err = pass_time(ring, tries++);
		if (err)
			return err;
	}
}

static void put_entry(struct iomt_ring *ring, uint64_t position, const struct iomt_cmd *cmds)
{
	const struct iomt_ring_cfg *cfg = &ring->cfg_;
	struct iomt_cmd *to = &cfg->entries[place(ring, position) * cfg->kind->cmds];

	for (unsigned i = 0; i < cfg->kind->cmds; i++) {
		to[i].word[0] = little(cmds[i].word[0]);
		to[i].word[1] = little(cmds[i].word[1]);
	}
	if (cfg->ops->clean)
		cfg->ops->clean(cfg->ctx, to, cfg->kind->cmds * sizeof(*to));
}

static void put_sync(struct iomt_ring *ring, uint64_t position)
{
	const struct iomt_ring_cfg *cfg = &ring->cfg_;
	struct iomt_cmd cmds[RING_CMDS_MOST] = {{{0}}};
	size_t at = place(ring, position);
	uint32_t end = (uint32_t)(position + 1);

	if (cfg->stores)
		__atomic_store_n(&cfg->stores[at], little(end ^ PENDING), __ATOMIC_RELAXED);
	cfg->kind->sync(false, cfg->stores ? cfg->stores_phys + 8 * at : 0, cfg->stores ? end : 0,
			cmds);
	put_entry(ring, position, cmds);
}

/* The end of what is marked from here on. */
static uint64_t marked(const struct iomt_ring *ring, uint64_t from)
{
	for (;;) {
		uint64_t end =
			__atomic_load_n(&ring->cfg_.slots[place(ring, from)].end, __ATOMIC_ACQUIRE);

		if (end <= from)
			return from;
		from = end;
	}
}

static void publish(struct iomt_ring *ring, uint64_t first, uint64_t end)
{
	__atomic_store_n(&ring->cfg_.slots[place(ring, first)].end, end, __ATOMIC_RELEASE);
	while (!__atomic_exchange_n(&ring->ringing_, 1, __ATOMIC_ACQ_REL)) {
		uint64_t from = __atomic_load_n(&ring->published_, __ATOMIC_RELAXED);
		uint64_t to = marked(ring, from);

		if (to != from) {
			__atomic_store_n(&ring->published_, to, __ATOMIC_RELEASE);
			ring->cfg_.ops->doorbell(ring->cfg_.ctx, (uint32_t)to & index_mask(ring));
		}
		__atomic_exchange_n(&ring->ringing_, 0, __ATOMIC_ACQ_REL);
		if (marked(ring, to) == to)
			return;
	}
}

int iomt_ring_put(struct iomt_ring *ring, const struct iomt_cmd *cmds, size_t count, bool sync,
		  struct iomt_ring_batch *batch)
{
	unsigned step = ring->cfg_.kind->cmds;
	uint64_t entries = count / step + sync, first;
	uint32_t faults = __atomic_load_n(&ring->faults_, __ATOMIC_ACQUIRE);
	int err;

	if (count % step)
		return IOMT_EINVAL;
	if (entries > ring->capacity_)
		return IOMT_ENOSPC;
	if (!entries)
		return 0;
	err = reserve(ring, entries, &first);
	if (err)
		return err;
	for (size_t i = 0; i < count / step; i++)
		put_entry(ring, first + i, &cmds[i * step]);
	if (sync)
		put_sync(ring, first + entries - 1);
	if (!batch->begun)
		*batch = (struct iomt_ring_batch){.first = first, .faults = faults, .begun = true};
	batch->end = first + entries;
	batch->synced = sync;
	publish(ring, first, first + entries);
	return 0;
}

/* Whether the sync that ends here is complete. Its word may hold what earlier ones stored. */
static int completed(struct iomt_ring *ring, uint64_t end)
{
	const struct iomt_ring_cfg *cfg = &ring->cfg_;

	if (__atomic_load_n(&ring->done_, __ATOMIC_ACQUIRE) >= end)
		return 0;
	if (cfg->stores) {
		const iomt_word *word = &cfg->stores[place(ring, end - 1)];
		uint32_t stored = (uint32_t)little(__atomic_load_n(word, __ATOMIC_ACQUIRE));

		if (stored - (uint32_t)end >= PENDING)
			return IOMT_EBUSY;
	} else {
		int err = look(ring);

		if (err)
			return err;
		if (__atomic_load_n(&ring->head_, __ATOMIC_ACQUIRE) < end)
			return IOMT_EBUSY;
	}
	ring_raise(&ring->done_, end);
	return 0;
}

/* The first command of the batch that was refused. */
static int refused(const struct iomt_ring *ring, struct iomt_ring_batch *batch)
{
	uint64_t count = batch->end - batch->first;

	if (__atomic_load_n(&ring->faults_, __ATOMIC_ACQUIRE) == batch->faults)
		return 0;
	for (uint64_t i = 0; i < count && i < length(ring); i++) {
		uint64_t at = batch->first + i;
		const struct iomt_ring_slot *slot = &ring->cfg_.slots[place(ring, at)];

		if (__atomic_load_n(&slot->fault, __ATOMIC_ACQUIRE) <= at)
			continue;
		batch->refused = (uint32_t)place(ring, at);
		return __atomic_load_n(&slot->code, __ATOMIC_RELAXED);
	}
	return 0;
}

int iomt_ring_done(struct iomt_ring *ring, struct iomt_ring_batch *batch)
{
	int err, fault;

	if (!batch->synced)
		return IOMT_EINVAL;
	err = completed(ring, batch->end);
	fault = refused(ring, batch);
	return fault ? fault : err;
}

int iomt_ring_wait(struct iomt_ring *ring, struct iomt_ring_batch *batch)
{
	for (uint64_t tries = 0;; tries++) {
		int err = iomt_ring_done(ring, batch);

		if (err == IOMT_EBUSY) {
			err = pass_time(ring, tries);
			if (!err)
				continue;
		}
		return err;
	}
}

int iomt_ring_fault(struct iomt_ring *ring, uint32_t index, int code, bool skip)
{
	uint64_t head = __atomic_load_n(&ring->head_, __ATOMIC_ACQUIRE);
	uint64_t at = head + ((index - head) & (length(ring) - 1));
	struct iomt_cmd cmds[RING_CMDS_MOST] = {{{0}}};
	struct iomt_ring_slot *slot = &ring->cfg_.slots[place(ring, at)];

	if (code >= 0 || code == IOMT_EBUSY)
		return IOMT_EINVAL;
	if (index > index_mask(ring) || at >= __atomic_load_n(&ring->published_, __ATOMIC_ACQUIRE))
		return IOMT_ERANGE;
	__atomic_store_n(&slot->code, code, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->fault, at + 1, __ATOMIC_RELEASE);
	__atomic_fetch_add(&ring->faults_, 1, __ATOMIC_RELEASE);
	if (skip) {
		ring->cfg_.kind->sync(false, 0, 0, cmds);
		put_entry(ring, at, cmds);
	}
	return 0;
}
