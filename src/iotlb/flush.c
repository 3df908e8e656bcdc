/* SPDX-License-Identifier: MIT */
/*
 * A queue is a ring of entries with turns: entry i is free for position p when its turn is p, holds
 * what was added there when it is p + 1, and becomes free for the next round, p + length, when it
 * was released. Adders take positions by compare-and-swap; one thread at a time drains, and who
 * finds another at it does not wait.
 *
 * Why a stamp is enough: the adder clears page-table entries, then (fence) reads begun_. The flusher
 * counts begun_ up, then (fence, in iomt_targets_get) sends its commands. If the adder did not see
 * that count, the flusher's hardware sees what the adder cleared.
 */
#include "ring.h"
#include <iomt/flush.h>

#define ADD_DRAINS 32u /* entries that an add releases at most */

struct iomt_flush_entry {
	iomt_word turn;
	uint64_t stamp;
	uint64_t added; /* time */
	uint64_t first;
	uint64_t last;
	/* the gather's tables, without the rest of it */
	struct iomt_gather_chunk *chunks;
	const struct iomt_mem *mem;
	uint32_t tables;
	uint64_t inline_[IOMT_GATHER_INLINE_TABLES];
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct iomt_flush_entry) == 128, "two lines, the second for tables alone");

int iomt_flush_init(struct iomt_flush *flush, const struct iomt_flush_cfg *cfg)
{
	if (cfg->size < sizeof(*cfg) || !cfg->targets || !cfg->mem || !cfg->release ||
	    (unsigned)cfg->policy.kind > IOMT_PLAN_COST || !cfg->policy.most)
		return IOMT_EINVAL;
	*flush = (struct iomt_flush){.cfg_ = *cfg};
	return 0;
}

int iomt_flush_queue_init(struct iomt_flush_queue *queue, struct iomt_flush *flush,
			  uint32_t entries)
{
	const struct iomt_mem *mem = flush->cfg_.mem;

	/* of a single entry, the turn of what is full is that of what is free a round later */
	if (entries == 1 || entries > IOMT_FLUSH_MOST || entries & (entries - 1))
		return IOMT_EINVAL;
	*queue = (struct iomt_flush_queue){.flush_ = flush};
	if (!entries)
		return 0;
	queue->entries_ = mem->alloc(mem->ctx, entries * sizeof(*queue->entries_));
	if (!queue->entries_)
		return IOMT_ENOMEM;
	queue->mask_ = entries - 1;
	for (uint32_t i = 0; i < entries; i++)
		queue->entries_[i].turn = i;
	return 0;
}

static void give_back(const struct iomt_flush *flush, struct iomt_gather *gather, uint64_t first,
		      uint64_t last)
{
	iomt_gather_release(gather);
	if (first <= last)
		flush->cfg_.release(flush->cfg_.ctx, first, last);
}

/* What hardware still holds now is what only a flush that begins after this drops. */
static int failed(struct iomt_flush *flush, int err)
{
	ring_raise(&flush->deferred_, __atomic_load_n(&flush->begun_, __ATOMIC_RELAXED) + 1);
	return err;
}

int iomt_flush_now(struct iomt_flush *flush)
{
	const struct iomt_flush_cfg *cfg = &flush->cfg_;
	struct iomt_plan_policy all = iomt_plan_all();
	const struct iomt_gather everything = iomt_gather_all();
	uint64_t number = __atomic_fetch_add(&flush->begun_, 1, __ATOMIC_SEQ_CST) + 1;
	int err;

	err = iomt_targets_invalidate(cfg->targets, &everything, &all, NULL);
	if (err)
		return failed(flush, err);
	if (cfg->readers)
		cfg->readers(cfg->ctx);
	ring_raise(&flush->completed_, number);
	return 0;
}

/*
 * Where a leaf was split for an unmap that is deferred, or has failed, hardware may still hold all of
 * it, and AMD's and VT-d's keep it when told of less. What was gathered since knows the parts alone.
 */
static bool must_drop_all(const struct iomt_flush *flush)
{
	return __atomic_load_n(&flush->deferred_, __ATOMIC_ACQUIRE) >
	       __atomic_load_n(&flush->completed_, __ATOMIC_ACQUIRE);
}

int iomt_flush_strict(struct iomt_flush *flush, struct iomt_gather *gather, uint64_t first,
		      uint64_t last)
{
	const struct iomt_flush_cfg *cfg = &flush->cfg_;
	bool all = gather->first <= gather->last && must_drop_all(flush);
	int err = all ? iomt_flush_now(flush)
		      : iomt_targets_invalidate(cfg->targets, gather, &cfg->policy, NULL);

	if (err)
		return failed(flush, err);
	if (!all && gather->tables && cfg->readers)
		cfg->readers(cfg->ctx);
	give_back(flush, gather, first, last);
	return 0;
}

static void take_tables(struct iomt_flush_entry *entry, struct iomt_gather *gather)
{
	entry->tables = gather->tables;
	entry->mem = gather->mem_;
	entry->chunks = gather->chunks_;
	for (uint32_t i = 0; i < gather->tables && i < IOMT_GATHER_INLINE_TABLES; i++)
		entry->inline_[i] = gather->inline_[i];
	gather->tables = 0;
	gather->chunks_ = NULL;
}

static void put_tables(const struct iomt_flush_entry *entry, struct iomt_gather *gather)
{
	iomt_gather_init(gather);
	gather->tables = entry->tables;
	gather->mem_ = entry->mem;
	gather->chunks_ = entry->chunks;
	for (uint32_t i = 0; i < entry->tables && i < IOMT_GATHER_INLINE_TABLES; i++)
		gather->inline_[i] = entry->inline_[i];
}

/* A free entry, and its position; NULL when the queue is full. */
static struct iomt_flush_entry *reserve(struct iomt_flush_queue *queue, uint64_t *position)
{
	uint64_t at = __atomic_load_n(&queue->tail_, __ATOMIC_RELAXED);

	for (;;) {
		struct iomt_flush_entry *entry = &queue->entries_[at & queue->mask_];
		uint64_t turn = __atomic_load_n(&entry->turn, __ATOMIC_ACQUIRE);

		if (turn < at)
			return NULL;
		if (turn > at)
			at = __atomic_load_n(&queue->tail_, __ATOMIC_RELAXED);
		else if (__atomic_compare_exchange_n(&queue->tail_, &at, at + 1, true,
						     __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
			*position = at;
			return entry;
		}
	}
}

/* The oldest entry if its flush is complete, for who drains. *late: it is not, and was to be by now. */
static struct iomt_flush_entry *oldest(const struct iomt_flush_queue *queue, uint64_t now,
				       bool *late)
{
	struct iomt_flush_entry *entry = &queue->entries_[queue->head_ & queue->mask_];
	const struct iomt_flush *flush = queue->flush_;

	if (__atomic_load_n(&entry->turn, __ATOMIC_ACQUIRE) != queue->head_ + 1)
		return NULL;
	if (__atomic_load_n(&flush->completed_, __ATOMIC_ACQUIRE) > entry->stamp)
		return entry;
	/* clocks of two processors may differ: what was added later is not late */
	*late = (int64_t)(now - entry->added) >= 0 && now - entry->added >= flush->cfg_.age;
	return NULL;
}

/* Releases at most so many entries; returns how many. */
static uint32_t drain(struct iomt_flush_queue *queue, uint32_t most, uint64_t now, bool *late)
{
	struct iomt_flush_entry *entry;
	struct iomt_gather gather;
	uint32_t count = 0;

	if (__atomic_load_n(&queue->draining_, __ATOMIC_RELAXED) ||
	    __atomic_exchange_n(&queue->draining_, 1, __ATOMIC_ACQUIRE))
		return 0;
	for (; count < most && (entry = oldest(queue, now, late)); count++) {
		uint64_t first = entry->first, last = entry->last;

		put_tables(entry, &gather);
		__atomic_store_n(&entry->turn, queue->head_ + queue->mask_ + 1, __ATOMIC_RELEASE);
		queue->head_++;
		give_back(queue->flush_, &gather, first, last);
	}
	__atomic_store_n(&queue->draining_, 0, __ATOMIC_RELEASE);
	return count;
}

/*
 * A free entry. A full queue is drained, and flushed if that did not help; NULL, and an error or
 * none, where that did not help either.
 */
static struct iomt_flush_entry *find_room(struct iomt_flush_queue *queue, uint64_t now,
					  uint64_t *position, int *err)
{
	struct iomt_flush_entry *entry = reserve(queue, position);
	bool late = false;

	*err = 0;
	for (unsigned flushed = 0; !entry && flushed < 2; flushed++) {
		if (flushed)
			*err = iomt_flush_now(queue->flush_);
		if (*err)
			return NULL;
		drain(queue, ADD_DRAINS, now, &late);
		entry = reserve(queue, position);
	}
	return entry;
}

int iomt_flush_add(struct iomt_flush_queue *queue, struct iomt_gather *gather, uint64_t first,
		   uint64_t last, uint64_t now)
{
	struct iomt_flush *flush = queue->flush_;
	struct iomt_flush_entry *entry = NULL;
	uint64_t at = 0;
	int err = 0;

	if (queue->entries_)
		entry = find_room(queue, now, &at, &err);
	if (err)
		return err;
	if (!entry)
		return iomt_flush_strict(flush, gather, first, last);
	ring_fence();
	entry->stamp = __atomic_load_n(&flush->begun_, __ATOMIC_RELAXED);
	ring_raise(&flush->deferred_, entry->stamp + 1);
	entry->added = now;
	entry->first = first;
	entry->last = last;
	take_tables(entry, gather);
	__atomic_store_n(&entry->turn, at + 1, __ATOMIC_RELEASE);
	gather->first = UINT64_MAX;
	gather->last = 0;
	gather->leaf_sizes = 0;
	gather->table_levels = 0;
	return 0;
}

int iomt_flush_tick(struct iomt_flush_queue *queue, uint64_t now, uint32_t most)
{
	bool late = false;
	uint32_t count;
	int err;

	if (!queue->entries_)
		return 0;
	if (most > IOMT_FLUSH_MOST)
		most = IOMT_FLUSH_MOST;
	count = drain(queue, most, now, &late);
	if (!late)
		return (int)count;
	err = iomt_flush_now(queue->flush_);
	if (err)
		return err;
	return (int)(count + drain(queue, most - count, now, &late));
}

int iomt_flush_queue_destroy(struct iomt_flush_queue *queue)
{
	const struct iomt_mem *mem = queue->flush_->cfg_.mem;
	bool late = false;
	int err;

	if (!queue->entries_)
		return 0;
	if (queue->head_ != queue->tail_) {
		err = iomt_flush_now(queue->flush_);
		if (err)
			return err;
		drain(queue, queue->mask_ + 1, 0, &late);
	}
	mem->free(mem->ctx, queue->entries_, (queue->mask_ + 1) * sizeof(*queue->entries_));
	queue->entries_ = NULL;
	return 0;
}
