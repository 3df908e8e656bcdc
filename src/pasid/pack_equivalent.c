/* SPDX-License-Identifier: MIT */
/*
 * Equal maps, equal ids. A class whose devices all want the same may keep its id; a device that
 * parts from others goes to the class that has its map, or to a new one. A class from which some
 * depart keeps its map, and so do those that others join, unless it is kept by all its devices: so no
 * id is left and joined for different leaves of one key in the same plan.
 */
#include "pack_parts.h"

static bool is_whole(const struct pack_class *class)
{
	return class->touched == class->members && !(class->flags & PACK_SPLIT);
}

/* Whether this class will have the map that it is found under. */
static bool is_open(const struct iomt_pack *pack, const struct pack_class *class)
{
	return class->stamp != pack->stamp || (class->flags & (PACK_KEPT | PACK_FRESH)) ||
	       class->touched < class->members;
}

static uint32_t find(const struct iomt_pack *pack, const struct pack_device *device)
{
	uint32_t hash = iomt_pack_class_hash(pack, device->wanted, device->fixed);
	uint32_t number = *pack_head(&pack->class_heads, hash);
	const struct pack_class *class;

	for (; number; number = class->next) {
		class = pack_class(pack, number);
		if (pack_same(class->map, device->wanted) && class->fixed == device->fixed &&
		    is_open(pack, class))
			break;
	}
	return number;
}

static void unlink(struct iomt_pack *pack, uint32_t number)
{
	const struct pack_class *class = pack_class(pack, number);

	iomt_pack_unlink(pack, &pack->class_heads, &iomt_pack_class_chain,
			 iomt_pack_class_hash(pack, class->map, class->fixed), number);
}

static void link(struct iomt_pack *pack, uint32_t number, struct pack_map map)
{
	struct pack_class *class = pack_class(pack, number);

	class->map = map;
	iomt_pack_link(pack, &pack->class_heads, &iomt_pack_class_chain,
		       iomt_pack_class_hash(pack, map, class->fixed), number);
}

/* Whether devices that could keep their class go to another that has their map. */
static bool pays(const struct iomt_pack *pack, const struct pack_class *from, struct pack_map map)
{
	const struct iomt_pack_cfg *cfg = &pack->cfg;

	if (pack->merge || cfg->merging == IOMT_PACK_EAGER)
		return true;
	return cfg->merging == IOMT_PACK_COST &&
	       (uint64_t)iomt_pack_map_keys(pack, map) * cfg->key_gain >=
		       (uint64_t)from->members * cfg->move_cost;
}

/* A device of a class that can be kept. */
static void keep(struct iomt_pack *pack, struct pack_device *device)
{
	struct pack_class *class = pack_class(pack, device->class);
	uint32_t other = 0;

	device->to = device->class;
	if (class->flags & PACK_KEPT)
		return;
	if (pays(pack, class, device->wanted))
		other = find(pack, device);
	if (other) {
		device->to = other;
		return;
	}
	unlink(pack, device->class);
	link(pack, device->class, device->wanted);
	class->flags |= PACK_KEPT;
}

static int place(struct iomt_pack *pack, struct pack_device *device)
{
	int err = 0;

	device->to = find(pack, device);
	if (!device->to) {
		err = iomt_pack_class_new(pack, device->fixed, IOMT_PACK_NO_ID, &device->to);
		if (!err)
			link(pack, device->to, device->wanted);
	}
	return err;
}

int iomt_pack_equivalent_decide(struct iomt_pack *pack)
{
	struct pack_device *device;
	int err = 0;

	PACK_EACH (pack, number, device) {
		device->to = 0;
		iomt_pack_class_note(pack, number);
	}
	PACK_EACH (pack, number, device) {
		if (device->class && is_whole(pack_class(pack, device->class)))
			keep(pack, device);
	}
	PACK_EACH (pack, number, device) {
		if (!err && !device->to && !(device->state & PACK_GOING))
			err = place(pack, device);
	}
	if (err) {
		iomt_pack_equivalent_undo(pack);
		return err;
	}
	PACK_EACH (pack, number, device) {
		if (device->class && device->to != device->class)
			pack_class(pack, device->class)->leaving++;
		if (device->to && device->to != device->class &&
		    (pack_class(pack, device->to)->flags & PACK_KEPT))
			pack_class(pack, device->to)->flags |= PACK_JOINED;
	}
	return 0;
}

void iomt_pack_equivalent_undo(struct iomt_pack *pack)
{
	struct pack_device *device;

	PACK_EACH (pack, number, device) {
		struct pack_class *class = device->to ? pack_class(pack, device->to) : NULL;

		if (!class || class->stamp != pack->stamp)
			continue;
		if (class->flags & PACK_FRESH) {
			unlink(pack, device->to);
			iomt_pack_class_undo(pack, device->to);
			class->flags = 0;
		} else if ((class->flags & PACK_KEPT) && device->class == device->to) {
			unlink(pack, device->to);
			link(pack, device->to, device->map);
			class->flags = 0;
		}
	}
}
