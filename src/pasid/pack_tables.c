/* SPDX-License-Identifier: MIT */
/*
 * PASID tables of classes. One is made whole before anybody can see it, changes by steps of plans as
 * long as its id stays, and goes when its id leaves quarantine: no device can be walking it then.
 */
#include "pack_parts.h"

_Static_assert(sizeof(struct iomt_pasid_table) <= 1u << PACK_TABLE_LG2, "a table is an element");

static int make_entry(const struct iomt_pack *pack, uint32_t id, uint32_t key,
		      const struct iomt_pack_leaf *leaf, struct iomt_pasid_entry *entry)
{
	const struct iomt_pack_tables_cfg *cfg = &pack->tables_cfg;
	int err = 0;

	*entry = (struct iomt_pasid_entry){.gcr3 = {leaf->root}};
	if (cfg->entry)
		err = cfg->entry(cfg->ctx, key, leaf, entry);
	if (cfg->table.format == IOMT_PASID_TABLE_VTD)
		entry->vtd.domain = (uint16_t)id;
	return err;
}

int iomt_pack_table_fits(const struct iomt_pack *pack, uint32_t key,
			 const struct iomt_pack_leaf *leaf)
{
	const struct iomt_pasid_table *shape = &pack->shape;
	u64 words[PASID_WORDS] = {0};
	struct iomt_pasid_entry entry;
	int err;

	if (key >> shape->pasid_bits)
		return IOMT_ERANGE;
	err = make_entry(pack, pack->cfg.first_id, key, leaf, &entry);
	return err ? err : pasid_facts(shape)->encode(shape, &entry, words);
}

/* Hardware remembers nothing of a table that it does not know. */
static void forget_nothing(struct iomt_pasid_inv *inv)
{
	(void)inv;
}

struct making {
	struct iomt_pack *pack;
	uint32_t class;
};

static int put(void *ctx, uint32_t key, uint32_t before, uint32_t after)
{
	const struct making *making = ctx;
	const struct iomt_pack *pack = making->pack;
	struct iomt_pasid_table *table = pack_table(pack, making->class);
	struct iomt_pasid_inv inv = {.sync = forget_nothing};
	struct iomt_pasid_entry entry;

	(void)before;
	if (key == IOMT_PACK_RID)
		return 0;
	if (!after)
		return iomt_pasid_table_clear(table, key, &inv);
	(void)make_entry(pack, pack_id(pack, making->class), key, &pack_leaf(pack, after)->leaf,
			 &entry); /* it did when the leaf was set */
	return iomt_pasid_table_set(table, key, &entry, IOMT_PASID_BREAK, &inv);
}

/* The table of a fresh class: that of the class which this device leaves, with its changes. */
static int make(struct iomt_pack *pack, const struct pack_device *device)
{
	struct iomt_pasid_table *table = pack_table(pack, device->to);
	struct making making = {pack, device->to};
	int err;

	if (device->class)
		err = iomt_pasid_table_copy(table, pack_table(pack, device->class),
					    (uint16_t)pack_id(pack, device->to));
	else
		err = iomt_pasid_table_init(table, &pack->tables_cfg.table);
	if (err)
		return err;
	err = iomt_pack_map_compare(pack, device->map, device->wanted, put, &making);
	if (err) {
		iomt_pasid_table_destroy(table);
		return err;
	}
	pack_class(pack, device->to)->flags |= PACK_MADE;
	pack->table_count++;
	pack->table_bytes += table->bytes;
	return 0;
}

static int make_fresh(struct iomt_pack *pack)
{
	struct pack_device *device;
	int err = 0;

	PACK_EACH (pack, number, device) {
		const struct pack_class *class = device->to ? pack_class(pack, device->to) : NULL;

		if (!err && class && class->stamp == pack->stamp &&
		    (class->flags & (PACK_FRESH | PACK_MADE)) == PACK_FRESH)
			err = make(pack, device);
	}
	return err;
}

struct counting {
	const struct iomt_pasid_table *table;
	struct pasid_missing missing;
};

static int count(void *ctx, uint32_t key, uint32_t before, uint32_t after)
{
	struct counting *counting = ctx;

	(void)before;
	if (after && key != IOMT_PACK_RID)
		iomt_pasid_table_missing(counting->table, key, &counting->missing);
	return 0;
}

/* What tables that stay will lack. */
static int take_spare(struct iomt_pack *pack)
{
	struct pack_device *device;
	u64 missing = 0;
	int err;

	PACK_EACH (pack, number, device) {
		struct counting counting = {0};

		if (!device->to || device->class != device->to ||
		    pack_class(pack, device->to)->goal != number)
			continue;
		counting.table = pack_table(pack, device->to);
		(void)iomt_pack_map_compare(pack, device->map, device->wanted, count, &counting);
		missing += counting.missing.count;
	}
	err = iomt_pasid_table_spare(&pack->shape, missing);
	if (!err)
		pack->table_bytes += missing * pasid_leaf_bytes(&pack->shape);
	return err;
}

static void unmake(struct iomt_pack *pack)
{
	struct pack_device *device;

	PACK_EACH (pack, number, device) {
		struct pack_class *class = device->to ? pack_class(pack, device->to) : NULL;

		if (!class || class->stamp != pack->stamp || !(class->flags & PACK_MADE))
			continue;
		class->flags &= (uint16_t)~PACK_MADE;
		iomt_pack_table_free(pack, device->to);
	}
}

int iomt_pack_tables_make(struct iomt_pack *pack)
{
	int err = make_fresh(pack);

	if (!err)
		err = take_spare(pack);
	if (err)
		return err;
	for (uint32_t i = 0; i < pack->tail; i++)
		pack->table_steps += pack_is_table_step(iomt_pack_step(pack, i));
	pack->next_step = 0;
	return 0;
}

void iomt_pack_tables_undo(struct iomt_pack *pack)
{
	unmake(pack);
	pack->table_bytes -= iomt_pasid_table_spare_free(&pack->shape);
	pack->table_steps = 0;
}

void iomt_pack_table_free(struct iomt_pack *pack, uint32_t class)
{
	struct iomt_pasid_table *table = pack_table(pack, class);

	pack->table_count--;
	pack->table_bytes -= table->bytes;
	iomt_pasid_table_destroy(table);
}

void iomt_pack_tables_destroy(struct iomt_pack *pack)
{
	uint32_t class;

	(void)iomt_pasid_table_spare_free(&pack->shape);
	for (class = pack->first_class; class; class = pack_class(pack, class)->after)
		iomt_pack_table_free(pack, class);
	for (class = pack->first_drained; class; class = pack_class(pack, class)->next)
		iomt_pack_table_free(pack, class);
}

/* Whether it is the next of its kind. */
static bool is_next(const struct iomt_pack *pack, uint32_t index)
{
	const struct iomt_pack_step *step = iomt_pack_step(pack, index);

	if (!step || !pack_is_table_step(step) || index < pack->next_step)
		return false;
	for (uint32_t i = pack->next_step; i < index; i++) {
		if (pack_is_table_step(iomt_pack_step(pack, i)))
			return false;
	}
	return true;
}

static int write(struct iomt_pack *pack, const struct iomt_pack_step *step,
		 struct iomt_pasid_inv *inv)
{
	struct iomt_pasid_table *table = pack_table(pack, pack_class_of(pack, step->id));
	struct iomt_pasid_entry entry;
	int err;

	(void)make_entry(pack, step->id, step->key, &step->leaf, &entry);
	table->spare = pack->shape.spare;
	err = iomt_pasid_table_set(table, step->key, &entry, 0, inv);
	pack->shape.spare = table->spare;
	table->spare = NULL;
	return err;
}

int iomt_pack_table_step(struct iomt_pack *pack, uint32_t index, struct iomt_pasid_inv *inv)
{
	const struct iomt_pack_step *step = iomt_pack_step(pack, index);
	int err;

	if (!inv || !is_next(pack, index))
		return IOMT_EINVAL;
	if (step->op == IOMT_PACK_WRITE_ENTRY)
		err = write(pack, step, inv);
	else
		err = iomt_pasid_table_clear(pack_table(pack, pack_class_of(pack, step->id)),
					     step->key, inv);
	if (err)
		return err;
	pack->next_step = index + 1;
	pack->table_steps--;
	return 0;
}

const struct iomt_pasid_table *iomt_pack_table(const struct iomt_pack *pack, uint32_t id)
{
	uint32_t class = pack_class_of(pack, id);

	if (!pack->shares || !class || !pack_reaches(&pack->tables, class, PACK_TABLE_LG2) ||
	    !pack_table(pack, class)->root)
		return NULL;
	return pack_table(pack, class);
}
