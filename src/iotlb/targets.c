/* SPDX-License-Identifier: MIT */
/* Arrays of targets, sorted: by ring, IOTLBs before the TLBs of devices, then by ids. */
#include "ring.h"
#include <iomt/targets.h>

#define ROOM	    128u /* commands of one unit that are put at once */
#define MEMORY_MOST (1u << 20)
#define MEMORY_MIN  64u

void iomt_targets_init(struct iomt_targets *targets, const struct iomt_mem *mem)
{
	*targets = (struct iomt_targets){.mem_ = mem};
}

const struct iomt_target_list *iomt_targets_get(const struct iomt_targets *targets)
{
	ring_fence();
	return __atomic_load_n(&targets->list_, __ATOMIC_ACQUIRE);
}

void iomt_targets_destroy(struct iomt_targets *targets)
{
	struct iomt_target_list *list = targets->list_;

	if (list)
		targets->mem_->free(targets->mem_->ctx, list, list->bytes);
	targets->list_ = NULL;
}

static int compare_words(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare(const struct iomt_target *a, const struct iomt_target *b)
{
	uint64_t of_a[2], of_b[2];
	int order = compare_words((uintptr_t)a->ring, (uintptr_t)b->ring);

	if (!order)
		order = a->kind->device - b->kind->device;
	if (order)
		return order;
	a->kind->key(a, of_a);
	b->kind->key(b, of_b);
	order = compare_words(of_a[0], of_b[0]);
	if (!order)
		order = compare_words(of_a[1], of_b[1]);
	return order ? order : a->all - b->all;
}

/* Where it is, or belongs. */
static size_t find(const struct iomt_target_list *list, const struct iomt_target *target,
		   bool *found)
{
	size_t low = 0, high = list ? list->count : 0;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare(&list->targets[middle], target);

		if (!order) {
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A list with room for so many. */
static struct iomt_target_list *make(const struct iomt_mem *mem, size_t count)
{
	size_t need = sizeof(struct iomt_target_list) + count * sizeof(struct iomt_target);
	size_t bytes = MEMORY_MIN;
	struct iomt_target_list *list;

	while (bytes < need)
		bytes *= 2;
	list = mem->alloc(mem->ctx, bytes);
	if (list)
		*list = (struct iomt_target_list){
			.count = count,
			.bytes = bytes,
			.targets = (const struct iomt_target *)(list + 1),
		};
	return list;
}

/* Those that somebody uses, but for the one at "without", and "now" before the one at "at". */
static void fill(struct iomt_target *to, const struct iomt_target_list *before, size_t at,
		 size_t without, const struct iomt_target *now)
{
	for (size_t i = 0; i <= before->count; i++) {
		if (now && i == at)
			*to++ = *now;
		if (i < before->count && i != without && before->targets[i].users)
			*to++ = before->targets[i];
	}
}

/*
 * A new array: without one target, and with "now" at a place. Whatever can fail does before anything is
 * published.
 */
static int replace(struct iomt_targets *targets, size_t at, size_t without,
		   const struct iomt_target *now, struct iomt_gather *gather)
{
	static const struct iomt_target_list none;
	struct iomt_target_list *before = targets->list_, *list;
	const struct iomt_target_list *old = before ? before : &none;
	size_t count = now ? 1 : 0;
	int err;

	for (size_t i = 0; i < old->count; i++)
		count += i != without && old->targets[i].users;
	if (count > (MEMORY_MOST - sizeof(*list)) / sizeof(struct iomt_target))
		return IOMT_ENOSPC;
	err = before ? iomt_gather_reserve(gather, targets->mem_, 1) : 0;
	if (err)
		return err;
	list = make(targets->mem_, count);
	if (!list)
		return IOMT_ENOMEM;
	fill((struct iomt_target *)(list + 1), old, at, without, now);
	if (before)
		iomt_gather_add_table(gather, before, before->bytes);
	__atomic_store_n(&targets->list_, list, __ATOMIC_RELEASE);
	return 0;
}

/* In place, so that it needs no memory. Readers pass over what has no users. */
static void set_users(struct iomt_targets *targets, size_t at, uint32_t users)
{
	struct iomt_target *all = (struct iomt_target *)(targets->list_ + 1);

	__atomic_store_n(&all[at].users, users, __ATOMIC_RELEASE);
}

/* Its ids are good if one page makes commands, and its ring if they are of the ring's size. */
static bool valid(const struct iomt_target *target)
{
	struct iomt_plan_policy policy = iomt_plan_covers(1);
	struct iomt_gather page;
	struct iomt_cmd cmds[4];
	int count;

	if (!target->ring || !target->kind ||
	    target->kind->vendor != target->ring->cfg_.kind->vendor)
		return false;
	iomt_gather_init(&page);
	iomt_gather_add(&page, 0, 0);
	count = target->kind->gather(target, &page, &policy, cmds, 4);
	return count > 0 &&
	       (target->kind->vendor != IOMT_VENDOR_VTD || count == target->ring->cfg_.kind->cmds);
}

int iomt_targets_add(struct iomt_targets *targets, const struct iomt_target *target,
		     struct iomt_gather *gather)
{
	struct iomt_target now = *target;
	bool found;
	size_t at;

	if (!valid(target))
		return IOMT_EINVAL;
	at = find(targets->list_, target, &found);
	if (found) {
		uint32_t users = targets->list_->targets[at].users;

		if (users == UINT32_MAX)
			return IOMT_ENOSPC;
		set_users(targets, at, users + 1);
		return 0;
	}
	now.users = 1;
	return replace(targets, at, SIZE_MAX, &now, gather);
}

int iomt_targets_remove(struct iomt_targets *targets, const struct iomt_target *target,
			struct iomt_gather *gather)
{
	uint32_t users;
	bool found;
	size_t at;

	if (!valid(target))
		return IOMT_EINVAL;
	at = find(targets->list_, target, &found);
	users = found ? targets->list_->targets[at].users : 0;
	if (!users)
		return IOMT_ENOENT;
	if (users > 1 || replace(targets, at, at, NULL, gather))
		set_users(targets, at, users - 1);
	return 0;
}

/* The commands of one unit on their way into its ring. */
struct unit {
	struct iomt_ring *ring;
	struct iomt_ring_batch batch;
	size_t room;
	size_t used;
	int err;
	struct iomt_cmd *cmds;
};

static void put(struct unit *unit, bool sync)
{
	if (!unit->err)
		unit->err = iomt_ring_put(unit->ring, unit->cmds, unit->used, sync, &unit->batch);
	unit->used = 0;
}

static void add_fence(struct unit *unit)
{
	const struct iomt_ring_kind *kind = unit->ring->cfg_.kind;

	if (unit->used + kind->cmds > unit->room)
		put(unit, false);
	unit->used += (size_t)kind->sync(true, 0, 0, &unit->cmds[unit->used]);
}

static int encode(const struct unit *unit, const struct iomt_target *target,
		  const struct iomt_gather *gather, const struct iomt_plan_policy *policy)
{
	const struct iomt_plan_policy all = iomt_plan_all();
	struct iomt_gather everything;

	if (!target->all)
		return target->kind->gather(target, gather, policy, &unit->cmds[unit->used],
					    unit->room - unit->used);
	everything = iomt_gather_all();
	return target->kind->gather(target, &everything, &all, &unit->cmds[unit->used],
				    unit->room - unit->used);
}

/* Whether there was anything to tell it. */
static bool add_target(struct unit *unit, const struct iomt_target *target,
		       const struct iomt_gather *gather, const struct iomt_plan_policy *policy)
{
	int count = encode(unit, target, gather, policy);

	if (count == IOMT_ENOSPC && unit->used) {
		put(unit, false);
		count = encode(unit, target, gather, policy);
	}
	if (count < 0 && !unit->err)
		unit->err = count;
	if (count > 0)
		unit->used += (size_t)count;
	return count > 0;
}

/* No policy may ask for more than fits at once; SMMUv3 may add two commands. */
static struct iomt_plan_policy limited(const struct iomt_plan_policy *policy, size_t room,
				       const struct iomt_ring_kind *kind)
{
	struct iomt_plan_policy result = *policy;
	size_t most = room / kind->cmds - (kind->vendor == IOMT_VENDOR_SMMU ? 2 : 0);

	if (most > IOMT_TARGETS_MOST)
		most = IOMT_TARGETS_MOST;
	if (result.most > most)
		result.most = (uint16_t)most;
	return result;
}

/*
 * Starts the unit that the first target belongs to; returns how many do. A fence is due between the
 * IOTLB's commands and the first for a device.
 */
static size_t start(struct unit *unit, const struct iomt_target *targets, size_t count,
		    const struct iomt_gather *gather, const struct iomt_plan_policy *policy)
{
	struct iomt_ring *ring = targets[0].ring;
	unsigned cmds = ring->cfg_.kind->cmds;
	struct iomt_cmd buffer[ROOM];
	struct iomt_plan_policy bounded;
	bool told = false, due = false;
	size_t i;

	*unit = (struct unit){.ring = ring, .cmds = buffer, .room = ROOM};
	if ((iomt_ring_capacity(ring) - 1) * cmds < ROOM)
		unit->room = (size_t)(iomt_ring_capacity(ring) - 1) * cmds;
	bounded = limited(policy, unit->room, ring->cfg_.kind);
	for (i = 0; i < count && targets[i].ring == ring; i++) {
		if (!__atomic_load_n(&targets[i].users, __ATOMIC_ACQUIRE))
			continue;
		if (targets[i].kind->device && due) {
			add_fence(unit);
			due = false;
		}
		if (add_target(unit, &targets[i], gather, &bounded)) {
			told = true;
			due |= !targets[i].kind->device;
		}
	}
	if (told)
		put(unit, true);
	unit->cmds = NULL;
	return i;
}

/* The result of all is the first error. */
static int finish(struct unit *unit, struct iomt_targets_fault *fault, int err)
{
	if (!unit->err && unit->batch.begun)
		unit->err = iomt_ring_wait(unit->ring, &unit->batch);
	if (err || !unit->err)
		return err;
	if (fault)
		*fault = (struct iomt_targets_fault){unit->ring, unit->batch.refused};
	return unit->err;
}

int iomt_targets_invalidate(const struct iomt_targets *targets, const struct iomt_gather *gather,
			    const struct iomt_plan_policy *policy, struct iomt_targets_fault *fault)
{
	const struct iomt_target_list *list = iomt_targets_get(targets);
	size_t at = 0, count = list ? list->count : 0;
	struct unit units[IOMT_TARGETS_UNITS];
	int err = 0;

	if (gather->first > gather->last)
		return 0;
	while (at < count) {
		unsigned started = 0;

		while (at < count && started < IOMT_TARGETS_UNITS)
			at += start(&units[started++], &list->targets[at], count - at, gather,
				    policy);
		for (unsigned i = 0; i < started; i++)
			err = finish(&units[i], fault, err);
	}
	return err;
}
