/* SPDX-License-Identifier: MIT */
/* From a decision to steps, in the order that iomt/pack.h explains. */
#include "pack_parts.h"

static int add(struct iomt_pack *pack, const struct iomt_pack_step *step)
{
	if (pack_reach(pack, &pack->steps, PACK_STEP_LG2, pack->step_count))
		return IOMT_ENOMEM;
	*(struct iomt_pack_step *)pack_at(&pack->steps, pack->step_count++, PACK_STEP_LG2) = *step;
	return 0;
}

static int flush(struct iomt_pack *pack, const struct iomt_pack_step *step)
{
	pack->pending = true;
	return add(pack, step);
}

/* Waits where there is something to wait for. */
static int wait(struct iomt_pack *pack)
{
	if (!pack->pending)
		return 0;
	pack->pending = false;
	pack->waited = true;
	return add(pack, &(struct iomt_pack_step){.op = IOMT_PACK_WAIT, .id = IOMT_PACK_NO_ID});
}

/* The same, for invalidations of earlier plans too. */
static int wait_for_all(struct iomt_pack *pack)
{
	if (!pack->waited)
		pack->pending = true;
	return wait(pack);
}

static bool moves(const struct pack_device *device)
{
	return device->class != device->to;
}

/* One step for each key of a device that changes, where "gains" or not it has a leaf. */
struct keys {
	struct iomt_pack *pack;
	struct iomt_pack_step step;
	bool gains;
	bool shared; /* PASIDs' entries are of the id's table */
};

static int each_key(void *ctx, uint32_t key, uint32_t before, uint32_t after)
{
	struct keys *keys = ctx;
	uint32_t leaf = keys->gains ? after : before;
	struct iomt_pack_step step = keys->step;

	if (before && after)
		keys->pack->must_wait = true;
	if (!leaf)
		return 0;
	step.key = key;
	step.leaf = pack_leaf(keys->pack, leaf)->leaf;
	if (keys->shared && key != IOMT_PACK_RID)
		step.device = 0;
	return add(keys->pack, &step);
}

static struct keys keys_of(struct iomt_pack *pack, uint32_t number, enum iomt_pack_op op,
			   bool gains)
{
	const struct pack_device *device = pack_device(pack, number);

	return (struct keys){.pack = pack,
			     .step = {.op = op,
				      .id = pack_id(pack, gains ? device->to : device->class),
				      .device = pack_handle(pack, number)},
			     .gains = gains};
}

static int for_keys(struct iomt_pack *pack, uint32_t number, enum iomt_pack_op op, bool gains)
{
	const struct pack_device *device = pack_device(pack, number);
	struct keys keys = keys_of(pack, number, op, gains);

	return iomt_pack_map_compare(pack, device->map, device->wanted, each_key, &keys);
}

/*
 * The same for entries of tables. One that is shared changes when all that use it stay: for the first of
 * them. Who moves finds the other table as it is.
 */
static int for_entries(struct iomt_pack *pack, uint32_t number, enum iomt_pack_op op, bool gains)
{
	const struct pack_device *device = pack_device(pack, number);
	struct pack_map before = device->map, after = device->wanted;
	struct keys keys = keys_of(pack, number, op, gains);

	if (!pack->shares)
		return for_keys(pack, number, op, gains);
	if (moves(device))
		return 0;
	keys.shared = true;
	if (pack_class(pack, device->to)->goal != number)
		before.root = after.root = 0;
	return iomt_pack_map_compare(pack, before, after, each_key, &keys);
}

/* One for all keys. */
static int for_all(struct iomt_pack *pack, uint32_t number, enum iomt_pack_op op, uint32_t class)
{
	return add(pack, &(struct iomt_pack_step){.op = op,
						  .id = pack_id(pack, class),
						  .key = IOMT_PACK_ALL,
						  .device = pack_handle(pack, number)});
}

static int publish(struct iomt_pack *pack, uint32_t number, const struct pack_device *device)
{
	if (!device->to)
		return 0;
	if (moves(device))
		return for_all(pack, number, IOMT_PACK_PUBLISH, device->to);
	return for_keys(pack, number, IOMT_PACK_PUBLISH, true);
}

static int clear(struct iomt_pack *pack, uint32_t number, const struct pack_device *device)
{
	uint32_t before = pack->step_count;
	int err;

	if (!device->class || !device->to)
		return 0;
	err = for_entries(pack, number, IOMT_PACK_CLEAR_ENTRY, false);
	for (uint32_t i = before, last = pack->step_count; !err && i < last; i++) {
		struct iomt_pack_step step = *iomt_pack_step(pack, i);

		step.op = IOMT_PACK_FLUSH_ENTRY;
		err = flush(pack, &step);
	}
	return err;
}

/* From one id to another in the device-table entry; 0: none. */
static int redirect(struct iomt_pack *pack, uint32_t number, uint32_t from, uint32_t to)
{
	struct iomt_pack_step step = {.op = IOMT_PACK_WRITE_DEVICE,
				      .id = pack_id(pack, to),
				      .key = IOMT_PACK_ALL,
				      .was = pack_id(pack, from),
				      .device = pack_handle(pack, number)};
	int err = add(pack, &step);

	step.op = IOMT_PACK_FLUSH_DEVICE;
	return err ? err : flush(pack, &step);
}

/* Whether what is cached of a device's old table could come under its new id. */
static bool must_break(const struct iomt_pack *pack, const struct pack_device *device)
{
	return pack->shares && pack->tables_cfg.table.format == IOMT_PASID_TABLE_GCR3 &&
	       !(pack->tables_cfg.flags & IOMT_PACK_TAGGED_ENTRIES) && moves(device) &&
	       device->class && device->to;
}

/* No table in between. */
static int break_all(struct iomt_pack *pack)
{
	struct pack_device *device;
	bool any = false;
	int err = 0;

	PACK_EACH (pack, number, device) {
		if (!err && must_break(pack, device)) {
			err = redirect(pack, number, device->class, 0);
			any = true;
		}
	}
	return err || !any ? err : wait(pack);
}

/*
 * Whether flushes of earlier plans must be over before a device moves: of the id, whichever the key;
 * with a table that has its entries already, of the device's own TLB.
 */
static bool is_early(const struct iomt_pack *pack, const struct pack_device *device)
{
	if (!device->to)
		return false;
	return pack_class(pack, device->to)->token > pack->completed ||
	       (pack->shares && device->token > pack->completed);
}

/*
 * Nothing that was cleared may come under another id out of a cache of PASID entries, and nothing may
 * be left under that id that earlier plans have flushed.
 */
static int redirect_all(struct iomt_pack *pack)
{
	bool any = false, waiting = false;
	struct pack_device *device;
	int err;

	PACK_EACH (pack, number, device) {
		any |= moves(device);
		waiting |= moves(device) && is_early(pack, device);
	}
	if (!any)
		return 0;
	err = waiting ? wait_for_all(pack) : wait(pack);
	if (!err)
		err = break_all(pack);
	PACK_EACH (pack, number, device) {
		if (!err && moves(device))
			err = redirect(pack, number, must_break(pack, device) ? 0 : device->class,
				       device->to);
	}
	return err;
}

static int flush_key(struct iomt_pack *pack, uint32_t class, uint32_t key)
{
	pack->flushes++;
	return flush(pack, &(struct iomt_pack_step){.op = IOMT_PACK_FLUSH_KEY,
						    .id = pack_id(pack, class),
						    .key = key});
}

/* Equivalent: keys that a class loses are those of any of its devices. */
struct class_keys {
	struct iomt_pack *pack;
	uint32_t class;
};

static int flush_lost(void *ctx, uint32_t key, uint32_t before, uint32_t after)
{
	const struct class_keys *keys = ctx;

	(void)after;
	return before ? flush_key(keys->pack, keys->class, key) : 0;
}

static int flush_kept(struct iomt_pack *pack, const struct pack_device *device, bool joined)
{
	struct class_keys keys = {pack, device->class};
	struct pack_class *class;

	if (!device->class || moves(device))
		return 0;
	class = pack_class(pack, device->class);
	if ((class->flags & PACK_TOLD) || joined != !!(class->flags & PACK_JOINED))
		return 0;
	class->flags |= PACK_TOLD;
	return iomt_pack_map_compare(pack, device->map, device->wanted, flush_lost, &keys);
}

/* Before others join a class, what goes from it must be gone. */
static int flush_joined(struct iomt_pack *pack)
{
	struct pack_device *device;
	bool joined = false;
	int err = 0;

	if (pack_isolates(pack))
		return 0;
	PACK_EACH (pack, number, device) {
		joined |= device->to && moves(device) &&
			  pack_class(pack, device->to)->stamp == pack->stamp &&
			  (pack_class(pack, device->to)->flags & PACK_JOINED);
	}
	if (!joined)
		return 0;
	err = wait(pack);
	PACK_EACH (pack, number, device) {
		err = err ? err : flush_kept(pack, device, true);
	}
	return err;
}

static int flush_empty(struct iomt_pack *pack, const struct pack_device *device)
{
	struct pack_class *class;

	if (!device->class)
		return 0;
	class = pack_class(pack, device->class);
	if (!pack_empties(pack, class) || (class->flags & PACK_TOLD))
		return 0;
	class->flags |= PACK_TOLD;
	return flush(pack, &(struct iomt_pack_step){.op = IOMT_PACK_FLUSH_ID,
						    .id = pack_id(pack, device->class),
						    .key = IOMT_PACK_ALL});
}

static int flush_ats(struct iomt_pack *pack, uint32_t number, uint32_t class, uint32_t key)
{
	return flush(pack, &(struct iomt_pack_step){.op = IOMT_PACK_FLUSH_ATS,
						    .id = pack_id(pack, class),
						    .key = key,
						    .device = pack_handle(pack, number)});
}

/* Isolating: a tag that is not what it was before. The class, or 0. */
static uint32_t lost_tag(const struct iomt_pack *pack, uint32_t index, uint32_t *key)
{
	uint32_t number = *(uint32_t *)pack_at(&pack->marked, index, PACK_WORD_LG2);
	const struct pack_tag *tag = pack_tag(pack, number);
	uint64_t name = tag->name & ~PACK_MARKED;
	uint32_t class = (uint32_t)(name >> PACK_KEY_BITS);

	*key = name & ((1u << PACK_KEY_BITS) - 1);
	if (!tag->was || (tag->refs && tag->leaf == tag->was))
		return 0;
	return pack_empties(pack, pack_class(pack, class)) ? 0 : class;
}

static int flush_tags(struct iomt_pack *pack)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < pack->marked_count; i++) {
		uint32_t key, class = lost_tag(pack, i, &key);

		if (class)
			err = flush_key(pack, class, key);
	}
	return err;
}

static bool remains(const struct pack_device *device)
{
	return !(device->state & PACK_CHANGED) || !moves(device);
}

/* Devices that trust each other may have what is lost in their own TLBs, whoever had it. */
static int flush_peers(struct iomt_pack *pack)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < pack->marked_count; i++) {
		uint32_t key, class = lost_tag(pack, i, &key), number = 0;

		if (class)
			number = pack_class(pack, class)->first;
		while (!err && number) {
			const struct pack_device *device = pack_device(pack, number);

			if (device->trust && (device->flags & IOMT_PACK_ATS) && remains(device) &&
			    pack_sends(device, pack_width(key)))
				err = flush_ats(pack, number, class, key);
			number = device->next;
		}
	}
	return err;
}

static int lost_key(void *ctx, uint32_t key, uint32_t before, uint32_t after)
{
	struct keys *keys = ctx;

	(void)after;
	if (!before)
		return 0;
	keys->step.key = key;
	return flush(keys->pack, &keys->step);
}

static int flush_device(struct iomt_pack *pack, uint32_t number, const struct pack_device *device)
{
	struct keys keys = keys_of(pack, number, IOMT_PACK_FLUSH_ATS, false);

	if (!device->class || !(device->flags & IOMT_PACK_ATS))
		return 0;
	if (moves(device))
		return flush_ats(pack, number, device->class, IOMT_PACK_ALL);
	return iomt_pack_map_compare(pack, device->map, device->wanted, lost_key, &keys);
}

static int flush_lost_keys(struct iomt_pack *pack)
{
	struct pack_device *device;
	int err = wait(pack);

	PACK_EACH (pack, number, device) {
		if (!err && !pack_isolates(pack))
			err = flush_kept(pack, device, false);
		if (!err)
			err = flush_empty(pack, device);
	}
	return err || !pack_isolates(pack) ? err : flush_tags(pack);
}

static int flush_devices(struct iomt_pack *pack)
{
	struct pack_device *device;
	int err;

	if (!pack->ats_devices)
		return 0;
	err = wait(pack);
	PACK_EACH (pack, number, device) {
		err = err ? err : flush_device(pack, number, device);
	}
	return err || !pack_isolates(pack) ? err : flush_peers(pack);
}

/* Equivalent: keys of a class that is kept may be in quarantine still. */
static int look_waiting(void *ctx, uint32_t key, uint32_t before, uint32_t after)
{
	const struct class_keys *keys = ctx;
	uint32_t number = iomt_pack_tag_find(keys->pack, keys->class, key);

	(void)before;
	if (after && number && pack_is_waiting(keys->pack, pack_tag(keys->pack, number)))
		keys->pack->must_wait = true;
	return 0;
}

static int is_gained(void *ctx, uint32_t key, uint32_t before, uint32_t after)
{
	(void)ctx;
	(void)key;
	(void)before;
	return after != 0;
}

/*
 * A device's own TLB may have a key with another leaf: its own of an earlier plan, which was flushed
 * and not waited for; or that of devices that it trusted until it moves.
 */
static int look_own(struct iomt_pack *pack, uint32_t number, const struct pack_device *device)
{
	bool trusted = pack_isolates(pack) && device->trust && moves(device);

	(void)number;
	if (pack->shares && moves(device)) /* nothing is written for it */
		return 0;
	if (device->class && device->to && (device->flags & IOMT_PACK_ATS) &&
	    (trusted || device->token > pack->completed) &&
	    iomt_pack_map_compare(pack, device->map, device->wanted, is_gained, NULL))
		pack->must_wait = true;
	return 0;
}

static int write(struct iomt_pack *pack, uint32_t number, const struct pack_device *device)
{
	return device->to ? for_entries(pack, number, IOMT_PACK_WRITE_ENTRY, true) : 0;
}

static void look_for_quarantine(struct iomt_pack *pack)
{
	struct pack_device *device;

	if (pack->waiting_first == pack->waiting_end || pack_isolates(pack))
		return;
	PACK_EACH (pack, number, device) {
		struct class_keys keys = {pack, device->to};

		if (device->to && !moves(device))
			(void)iomt_pack_map_compare(pack, device->map, device->wanted, look_waiting,
						    &keys);
	}
}

static int retract(struct iomt_pack *pack, uint32_t number, const struct pack_device *device)
{
	if (!device->class)
		return 0;
	if (moves(device))
		return for_all(pack, number, IOMT_PACK_RETRACT, device->class);
	return for_keys(pack, number, IOMT_PACK_RETRACT, false);
}

static int each(struct iomt_pack *pack, int (*make)(struct iomt_pack *pack, uint32_t number,
						    const struct pack_device *device))
{
	struct pack_device *device;
	int err = 0;

	PACK_EACH (pack, number, device) {
		err = err ? err : make(pack, number, device);
	}
	return err;
}

int iomt_pack_plan_make(struct iomt_pack *pack)
{
	int err;

	pack->step_count = 0;
	pack->flushes = 0;
	pack->pending = false;
	pack->waited = false;
	look_for_quarantine(pack);
	err = each(pack, publish);
	if (!err)
		err = each(pack, clear);
	if (!err)
		err = flush_joined(pack);
	if (!err)
		err = redirect_all(pack);
	if (!err)
		err = flush_lost_keys(pack);
	if (!err)
		err = flush_devices(pack);
	if (!err && pack->ats_devices)
		err = each(pack, look_own);
	if (!err && pack->must_wait)
		err = wait_for_all(pack);
	if (!err)
		err = each(pack, write);
	pack->tail = pack->step_count;
	if (!err)
		err = wait(pack);
	return err ? err : each(pack, retract);
}

const struct iomt_pack_step *iomt_pack_step(const struct iomt_pack *pack, uint32_t index)
{
	return index < pack->step_count ? pack_at(&pack->steps, index, PACK_STEP_LG2) : NULL;
}
