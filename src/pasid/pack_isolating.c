/* SPDX-License-Identifier: MIT */
/*
 * Maps that agree, one id. What a class has is the union of the maps of its devices: a tag for each
 * key, with its leaf and how many devices have it. Since any two of them agree, nothing else needs
 * to be known of who conflicts with whom.
 *
 * A key is isolated when all devices that can send it have it, or when all that can send it trust
 * one another: are in one group. Numbers in one group are all equal when n times the sum of their
 * squares is the square of their sum (Cauchy and Schwarz), so that three numbers tell.
 */
#include "pack_parts.h"
#include "product.h"

/* Whether so many senders are all of one group. */
static bool trust_each_other(uint64_t senders, uint64_t sum, uint64_t squares)
{
	return sum && product_equal(product_of(senders, squares), product_of(sum, sum));
}

static bool is_trusted(const struct pack_load *load)
{
	return trust_each_other(load->senders, load->trust, load->square);
}

/* The same with one more sender. */
static bool would_trust(const struct pack_load *load, uint32_t trust)
{
	return trust_each_other(load->senders + 1ULL, load->trust + trust,
				load->square + (uint64_t)trust * trust);
}

static void load_add(struct iomt_pack *pack, uint32_t class, const struct pack_device *device)
{
	for (unsigned width = 0; width <= PACK_RID_WIDTH; width++) {
		struct pack_load *load = pack_load(pack, class, width);

		if (!pack_sends(device, width))
			continue;
		load->senders++;
		load->trust += device->trust;
		load->square += (uint64_t)device->trust * device->trust;
	}
}

static void load_sub(struct iomt_pack *pack, uint32_t class, const struct pack_device *device)
{
	for (unsigned width = 0; width <= PACK_RID_WIDTH; width++) {
		struct pack_load *load = pack_load(pack, class, width);

		if (!pack_sends(device, width))
			continue;
		load->senders--;
		load->trust -= device->trust;
		load->square -= (uint64_t)device->trust * device->trust;
	}
}

/* One more device has this leaf. IOMT_EEXIST: others have another one there. */
static int tag_add(struct iomt_pack *pack, uint32_t class, uint32_t key, uint32_t leaf)
{
	uint32_t number = iomt_pack_tag_mark(pack, class, key);
	struct pack_tag *tag;

	if (!number)
		return IOMT_ENOMEM;
	tag = pack_tag(pack, number);
	if (tag->refs && tag->leaf != leaf)
		return IOMT_EEXIST;
	if (!tag->refs++)
		pack_load(pack, class, pack_width(key))->keys++;
	tag->leaf = leaf;
	return 0;
}

/* One less. What is marked stays until the transaction is over: taking back needs no memory. */
static void tag_sub(struct iomt_pack *pack, uint32_t class, uint32_t key)
{
	struct pack_tag *tag = pack_tag(pack, iomt_pack_tag_find(pack, class, key));

	if (!--tag->refs)
		pack_load(pack, class, pack_width(key))->keys--;
}

static bool is_isolated(const struct iomt_pack *pack, uint32_t class, uint32_t key)
{
	const struct pack_load *load = pack_load(pack, class, pack_width(key));
	uint32_t number = iomt_pack_tag_find(pack, class, key);
	uint32_t refs = number ? pack_tag(pack, number)->refs : 0;

	return !refs || refs == load->senders || is_trusted(load);
}

/* A walk over the keys that a device changes in its class. */
struct walk {
	struct iomt_pack *pack;
	uint32_t class;
	uint32_t until; /* ends before this key */
};

static int mark_key(void *ctx, uint32_t key, uint32_t before, uint32_t after)
{
	const struct walk *walk = ctx;

	(void)before;
	(void)after;
	return iomt_pack_tag_mark(walk->pack, walk->class, key) ? 0 : IOMT_ENOMEM;
}

static int drop_key(void *ctx, uint32_t key, uint32_t before, uint32_t after)
{
	const struct walk *walk = ctx;

	(void)after;
	if (before)
		tag_sub(walk->pack, walk->class, key);
	return 0;
}

static int gain_key(void *ctx, uint32_t key, uint32_t before, uint32_t after)
{
	struct walk *walk = ctx;
	int err = after ? tag_add(walk->pack, walk->class, key, after) : 0;

	(void)before;
	if (err)
		walk->until = key;
	return err;
}

static int lose_key(void *ctx, uint32_t key, uint32_t before, uint32_t after)
{
	const struct walk *walk = ctx;

	(void)before;
	if (key == walk->until)
		return 1;
	if (after)
		tag_sub(walk->pack, walk->class, key);
	return 0;
}

static int look_key(void *ctx, uint32_t key, uint32_t before, uint32_t after)
{
	const struct walk *walk = ctx;

	(void)before;
	(void)after;
	return !is_isolated(walk->pack, walk->class, key);
}

/* Whether the tag may be in the IOTLB with the leaf of another: of an earlier plan, or of this. */
static int wait_key(void *ctx, uint32_t key, uint32_t before, uint32_t after)
{
	const struct walk *walk = ctx;
	uint32_t number = iomt_pack_tag_find(walk->pack, walk->class, key);
	const struct pack_tag *tag = pack_tag(walk->pack, number);

	(void)before;
	return after && (tag->token > walk->pack->completed || (tag->was && tag->was != after));
}

static int over_changes(struct walk *walk, const struct pack_device *device, pack_differs differs)
{
	walk->class = device->class;
	return iomt_pack_map_compare(walk->pack, device->map, device->wanted, differs, walk);
}

static int sub_key(void *ctx, uint32_t key, uint32_t leaf)
{
	const struct walk *walk = ctx;

	(void)leaf;
	if (key == walk->until)
		return 1;
	tag_sub(walk->pack, walk->class, key);
	return 0;
}

static int add_key(void *ctx, uint32_t key, uint32_t leaf)
{
	struct walk *walk = ctx;
	int err = tag_add(walk->pack, walk->class, key, leaf);

	if (err)
		walk->until = key;
	return err;
}

static int mark_one(void *ctx, uint32_t key, uint32_t leaf)
{
	return mark_key(ctx, key, leaf, 0);
}

static int put_key(void *ctx, uint32_t key, uint32_t leaf)
{
	const struct walk *walk = ctx;
	struct pack_tag *tag =
		pack_tag(walk->pack, iomt_pack_tag_find(walk->pack, walk->class, key));

	if (!tag->refs++)
		pack_load(walk->pack, walk->class, pack_width(key))->keys++;
	tag->leaf = leaf;
	return 0;
}

/* What no device has any more is not freed before the end, so that all can be put back. */
static void sub_map(struct iomt_pack *pack, uint32_t class, struct pack_map map)
{
	struct walk walk = {pack, class, IOMT_PACK_ALL};

	(void)iomt_pack_map_each(pack, map, sub_key, &walk);
}

static int add_map(struct iomt_pack *pack, uint32_t class, struct pack_map map)
{
	struct walk walk = {pack, class, IOMT_PACK_ALL};
	int err = iomt_pack_map_each(pack, map, add_key, &walk);

	if (err)
		(void)iomt_pack_map_each(pack, map, sub_key, &walk);
	return err;
}

static int mark_map(struct iomt_pack *pack, uint32_t class, struct pack_map map)
{
	struct walk walk = {pack, class, IOMT_PACK_ALL};

	return iomt_pack_map_each(pack, map, mark_one, &walk);
}

/* As it was before the transaction: all tags are there. */
static void put_back(struct iomt_pack *pack, const struct pack_device *device)
{
	struct walk walk = {pack, device->class, IOMT_PACK_ALL};

	(void)iomt_pack_map_each(pack, device->map, put_key, &walk);
	load_add(pack, device->class, device);
}

struct common {
	struct iomt_pack *pack;
	const struct pack_device *device;
};

static int sub_common_key(void *ctx, uint32_t key, uint32_t leaf)
{
	const struct common *common = ctx;

	if (iomt_pack_map_get(common->pack, common->device->wanted, key) == leaf)
		tag_sub(common->pack, common->device->class, key);
	return 0;
}

/* Takes what is left of a device's map out of its class. */
static void sub_common(struct iomt_pack *pack, const struct pack_device *device)
{
	struct common common = {pack, device};

	(void)iomt_pack_map_each(pack, device->map, sub_common_key, &common);
}

/* Nothing of a device counts any more. */
static void withdraw(struct iomt_pack *pack, struct pack_device *device)
{
	switch (device->stage) {
	case PACK_WHOLE:
		sub_map(pack, device->class, device->map);
		break;
	case PACK_COMMON:
		sub_common(pack, device);
		break;
	case PACK_WANTED:
		sub_map(pack, device->class, device->wanted);
		break;
	case PACK_PLACED:
		sub_map(pack, device->to, device->wanted);
		load_sub(pack, device->to, device);
		break;
	default:
		break;
	}
	if (device->stage < PACK_NOWHERE)
		load_sub(pack, device->class, device);
	device->stage = PACK_NOWHERE;
}

/* First of all: what devices have no more, or with another leaf, counts no more. */
static int drop(struct iomt_pack *pack, struct pack_device *device)
{
	struct walk walk = {.pack = pack};
	int err;

	if (!device->class)
		return 0;
	if (device->state & PACK_GOING) {
		err = mark_map(pack, device->class, device->map);
		if (!err)
			withdraw(pack, device);
		return err;
	}
	err = over_changes(&walk, device, mark_key);
	if (err)
		return err;
	(void)over_changes(&walk, device, drop_key);
	device->stage = PACK_COMMON;
	return 0;
}

static int leave(struct iomt_pack *pack, struct pack_device *device)
{
	int err = mark_map(pack, device->class, device->map);

	if (!err)
		withdraw(pack, device);
	return err;
}

/* What a device has new counts in its class, if others have nothing else there. */
static int gain(struct iomt_pack *pack, struct pack_device *device)
{
	struct walk walk = {.pack = pack};

	if (device->stage != PACK_COMMON)
		return 0;
	if (over_changes(&walk, device, gain_key)) {
		(void)over_changes(&walk, device, lose_key);
		return leave(pack, device);
	}
	device->stage = PACK_WANTED;
	return 0;
}

/* Whether a device may stay: all that it changed must be isolated. */
static int stay(struct iomt_pack *pack, struct pack_device *device)
{
	struct walk walk = {.pack = pack};

	if (device->stage != PACK_WANTED)
		return 0;
	if (pack->merge || over_changes(&walk, device, look_key))
		return leave(pack, device);
	device->to = device->class;
	if (over_changes(&walk, device, wait_key))
		pack->must_wait = true;
	return 0;
}

/* A device that looks for a class. */
struct fitting {
	const struct iomt_pack *pack;
	uint32_t class;
	uint32_t trust;
	uint32_t common[PACK_RID_WIDTH + 1]; /* keys of both, by width */
	uint32_t all;
};

static int fit_key(void *ctx, uint32_t key, uint32_t leaf)
{
	struct fitting *fitting = ctx;
	unsigned width = pack_width(key);
	const struct pack_load *load = pack_load(fitting->pack, fitting->class, width);
	uint32_t number = iomt_pack_tag_find(fitting->pack, fitting->class, key), refs = 0;

	if (number) {
		const struct pack_tag *tag = pack_tag(fitting->pack, number);

		if (tag->refs && tag->leaf != leaf)
			return 1;
		refs = tag->refs;
		fitting->common[width] += refs != 0;
		fitting->all += refs != 0;
	}
	return refs != load->senders && !would_trust(load, fitting->trust);
}

/*
 * How many keys a device shares with a class that it may join, or -1: they agree, and what only the
 * one has the other cannot send or may see.
 */
static int64_t fit(const struct iomt_pack *pack, uint32_t class, const struct pack_device *device)
{
	struct fitting fitting = {.pack = pack, .class = class, .trust = device->trust};

	if (iomt_pack_map_each(pack, device->wanted, fit_key, &fitting))
		return -1;
	for (unsigned width = 0; width <= PACK_RID_WIDTH; width++) {
		const struct pack_load *load = pack_load(pack, class, width);

		if (pack_sends(device, width) && load->keys != fitting.common[width] &&
		    !would_trust(load, device->trust))
			return -1;
	}
	return fitting.all;
}

/*
 * A class that had no part in the transaction, or that came into being in it: what another loses in
 * this plan may be in the IOTLB still when a device comes.
 */
static bool may_be_joined(const struct iomt_pack *pack, const struct pack_class *class)
{
	return class->stamp != pack->stamp || (class->flags & PACK_FRESH);
}

/* The class that shares the most keys with a device; one that shares none only with neither. */
static uint32_t best(const struct iomt_pack *pack, const struct pack_device *device, bool any)
{
	uint32_t found = 0, keys = iomt_pack_map_keys(pack, device->wanted);
	int64_t most = any || !keys ? -1 : 0;

	for (uint32_t number = pack->first_class; number;) {
		const struct pack_class *class = pack_class(pack, number);
		int64_t common;

		if (class->fixed == device->fixed && may_be_joined(pack, class)) {
			common = fit(pack, number, device);
			if (common > most) {
				most = common;
				found = number;
			}
			if (common == keys && common)
				break;
		}
		number = class->after;
	}
	return found;
}

static int place(struct iomt_pack *pack, struct pack_device *device)
{
	uint32_t class = best(pack, device, false);
	int err = 0;

	if (!class && pack->merge)
		return IOMT_ENOSPC;
	if (!class) {
		err = iomt_pack_class_new(pack, device->fixed, IOMT_PACK_NO_ID, &class);
		if (err == IOMT_ENOSPC || err == IOMT_EBUSY) {
			class = best(pack, device, true);
			err = class ? 0 : err;
		}
	}
	if (err)
		return err;
	device->to = class;
	err = add_map(pack, class, device->wanted);
	if (err)
		return err;
	load_add(pack, class, device);
	device->stage = PACK_PLACED;
	return 0;
}

static void count_leaving(struct iomt_pack *pack)
{
	struct pack_device *device;

	PACK_EACH (pack, number, device) {
		if (device->class && device->to != device->class)
			pack_class(pack, device->class)->leaving++;
	}
}

int iomt_pack_isolating_decide(struct iomt_pack *pack)
{
	struct pack_device *device;
	int err = 0;

	PACK_EACH (pack, number, device) {
		device->to = 0;
		device->stage = device->class ? PACK_WHOLE : PACK_NOWHERE;
		iomt_pack_class_note(pack, number);
	}
	PACK_EACH (pack, number, device) {
		err = err ? err : drop(pack, device);
	}
	PACK_EACH (pack, number, device) {
		err = err ? err : gain(pack, device);
	}
	PACK_EACH (pack, number, device) {
		err = err ? err : stay(pack, device);
	}
	PACK_EACH (pack, number, device) {
		if (!err && device->stage == PACK_NOWHERE && !(device->state & PACK_GOING))
			err = place(pack, device);
	}
	if (err)
		iomt_pack_isolating_undo(pack);
	else
		count_leaving(pack);
	return err;
}

void iomt_pack_isolating_undo(struct iomt_pack *pack)
{
	struct pack_device *device;

	PACK_EACH (pack, number, device) {
		if (device->stage != PACK_WHOLE)
			withdraw(pack, device);
	}
	PACK_EACH (pack, number, device) {
		if (device->class && device->stage == PACK_NOWHERE)
			put_back(pack, device);
		device->stage = PACK_WHOLE;
	}
	PACK_EACH (pack, number, device) {
		struct pack_class *class = device->to ? pack_class(pack, device->to) : NULL;

		if (class && class->stamp == pack->stamp && (class->flags & PACK_FRESH)) {
			iomt_pack_class_undo(pack, device->to);
			class->flags = 0;
		}
	}
	iomt_pack_tags_settle(pack);
}

/* With what it has where it is marked, so that taking it out from there needs no memory. */
static int precede(struct iomt_pack *pack, struct pack_device *device, uint32_t class)
{
	int err = mark_map(pack, device->class, device->map);

	if (!err)
		err = add_map(pack, class, device->map);
	if (err)
		return err;
	load_add(pack, class, device);
	iomt_pack_class_stamp(pack, class, 0);
	pack_class(pack, class)->flags |= PACK_JOINED;
	device->to = class;
	return 0;
}

int iomt_pack_isolating_move(struct iomt_pack *pack, struct pack_device *device, uint32_t id)
{
	uint32_t class = pack_class_of(pack, id);
	bool used = iomt_pack_class_used(pack, class);
	int err = 0;

	if (!used)
		err = iomt_pack_class_new(pack, device->fixed, id, &class);
	else if (pack_class(pack, class)->fixed != device->fixed || fit(pack, class, device) < 0)
		err = IOMT_EAGAIN;
	if (err)
		return err;
	err = precede(pack, device, class);
	if (err && !used)
		iomt_pack_class_undo(pack, class);
	return err;
}

void iomt_pack_isolating_moved(struct iomt_pack *pack)
{
	struct pack_device *device;

	PACK_EACH (pack, number, device) {
		sub_map(pack, device->class, device->map);
		load_sub(pack, device->class, device);
		device->stage = PACK_PLACED;
	}
	count_leaving(pack);
}
