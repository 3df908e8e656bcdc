/* SPDX-License-Identifier: MIT */
/* Classes: an id, and the devices that have it. */
#include "pack_parts.h"

uint32_t iomt_pack_class_hash(const struct iomt_pack *pack, struct pack_map map, uint64_t fixed)
{
	const uint32_t words[4] = {map.root, map.rid, (uint32_t)fixed, (uint32_t)(fixed >> 32)};

	return pack_hash(pack, words, 4);
}

static uint32_t rehash(const struct iomt_pack *pack, uint32_t number)
{
	const struct pack_class *class = pack_class(pack, number);

	return iomt_pack_class_hash(pack, class->map, class->fixed);
}

static uint32_t *next_of(const struct iomt_pack *pack, uint32_t number)
{
	return &pack_class(pack, number)->next;
}

const struct pack_chain iomt_pack_class_chain = {rehash, next_of};

static int take_id(struct iomt_pack *pack, uint32_t *id)
{
	const struct iomt_pack_cfg *cfg = &pack->cfg;
	int err;

	if (*id != IOMT_PACK_NO_ID) {
		err = iomt_ids_alloc_at(&pack->ids, *id);
		return err == IOMT_EEXIST ? IOMT_EBUSY : err;
	}
	err = iomt_ids_alloc(&pack->ids, cfg->first_id, cfg->last_id, id);
	return err == IOMT_ENOSPC && pack->in_quarantine ? IOMT_EBUSY : err;
}

int iomt_pack_class_new(struct iomt_pack *pack, uint64_t fixed, uint32_t id, uint32_t *class)
{
	struct pack_class *fresh;
	uint32_t number;
	int err = take_id(pack, &id);

	if (err)
		return err;
	number = pack_class_of(pack, id);
	err = pack_reach(pack, &pack->classes, PACK_CLASS_LG2, number);
	if (!err && pack_isolates(pack))
		err = pack_reach(pack, &pack->loads, PACK_LOAD_LG2,
				 number * PACK_LOADS + PACK_LOADS - 1);
	if (!err && pack->shares)
		err = pack_reach(pack, &pack->tables, PACK_TABLE_LG2, number);
	if (err) {
		(void)iomt_ids_free(&pack->ids, id);
		return err;
	}
	fresh = pack_class(pack, number);
	*fresh = (struct pack_class){.fixed = fixed,
				     .after = pack->first_class,
				     .stamp = pack->stamp,
				     .flags = PACK_FRESH,
				     .used = true};
	if (fresh->after)
		pack_class(pack, fresh->after)->before = number;
	pack->first_class = number;
	for (unsigned i = 0; pack_isolates(pack) && i < PACK_LOADS; i++)
		*pack_load(pack, number, i) = (struct pack_load){0};
	pack->in_use++;
	*class = number;
	return 0;
}

bool iomt_pack_class_used(const struct iomt_pack *pack, uint32_t number)
{
	return pack_reaches(&pack->classes, number, PACK_CLASS_LG2) &&
	       pack_class(pack, number)->used;
}

/* No class in use any more. */
static void retire(struct iomt_pack *pack, uint32_t number)
{
	struct pack_class *class = pack_class(pack, number);

	class->used = false;
	if (class->before)
		pack_class(pack, class->before)->after = class->after;
	else
		pack->first_class = class->after;
	if (class->after)
		pack_class(pack, class->after)->before = class->before;
	pack->in_use--;
}

void iomt_pack_class_undo(struct iomt_pack *pack, uint32_t class)
{
	retire(pack, class);
	(void)iomt_ids_free(&pack->ids, pack_id(pack, class)); /* allocated: cannot fail */
}

void iomt_pack_class_drain(struct iomt_pack *pack, uint32_t number)
{
	struct pack_class *class = pack_class(pack, number);

	retire(pack, number);
	class->token = pack->token;
	class->next = 0;
	if (pack->last_drained)
		pack_class(pack, pack->last_drained)->next = number;
	else
		pack->first_drained = number;
	pack->last_drained = number;
	pack->in_quarantine++;
}

void iomt_pack_class_join(struct iomt_pack *pack, uint32_t number, uint32_t device)
{
	struct pack_class *class = pack_class(pack, number);
	struct pack_device *joins = pack_device(pack, device);

	joins->class = number;
	joins->previous = 0;
	joins->next = class->first;
	if (class->first)
		pack_device(pack, class->first)->previous = device;
	class->first = device;
	class->members++;
}

void iomt_pack_class_leave(struct iomt_pack *pack, uint32_t number, uint32_t device)
{
	struct pack_class *class = pack_class(pack, number);
	struct pack_device *leaves = pack_device(pack, device);

	if (leaves->previous)
		pack_device(pack, leaves->previous)->next = leaves->next;
	else
		class->first = leaves->next;
	if (leaves->next)
		pack_device(pack, leaves->next)->previous = leaves->previous;
	class->members--;
	leaves->class = 0;
}

void iomt_pack_class_stamp(struct iomt_pack *pack, uint32_t number, uint32_t goal)
{
	struct pack_class *class = pack_class(pack, number);

	if (class->stamp == pack->stamp)
		return;
	class->stamp = pack->stamp;
	class->flags = 0;
	class->touched = 0;
	class->leaving = 0;
	class->goal = goal;
}

void iomt_pack_class_note(struct iomt_pack *pack, uint32_t number)
{
	const struct pack_device *device = pack_device(pack, number), *goal;
	struct pack_class *class;

	if (!device->class)
		return;
	iomt_pack_class_stamp(pack, device->class, number);
	class = pack_class(pack, device->class);
	class->touched++;
	goal = pack_device(pack, class->goal);
	if ((device->state & PACK_GOING) || !pack_same(device->wanted, goal->wanted))
		class->flags |= PACK_SPLIT;
}
