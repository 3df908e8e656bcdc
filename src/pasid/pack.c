/* SPDX-License-Identifier: MIT */
/* The packer: its configuration, its devices, and transactions over them. */
#include "pack_parts.h"

static int wrong(struct iomt_pack_cfg_error *error, const char *field, const char *reason)
{
	if (error)
		*error = (struct iomt_pack_cfg_error){field, reason};
	return IOMT_EINVAL;
}

/* A newer caller's struct may be longer; what this library does not know must be zero. */
static bool has_size(const void *data, size_t size, size_t known)
{
	const unsigned char *bytes = data;

	for (size_t i = known; i < size; i++) {
		if (bytes[i])
			return false;
	}
	return size >= known;
}

static int check_tables(const struct iomt_pack_cfg *cfg, struct iomt_pack_cfg_error *error)
{
	const struct iomt_pack_tables_cfg *tables = cfg->tables;

	if (!has_size(tables, tables->size, sizeof(*tables)) ||
	    iomt_pasid_table_cfg_check(&tables->table, NULL))
		return wrong(error, "tables", "are none: see iomt_pasid_table_cfg_check");
	if (cfg->relation != IOMT_PACK_EQUIVALENT)
		return wrong(error, "tables", "one for each id needs equal maps");
	if (tables->table.levels || tables->table.root_changed)
		return wrong(error, "tables", "the root of a shared one does not change");
	if (tables->table.format != IOMT_PASID_TABLE_GCR3 && !tables->entry)
		return wrong(error, "tables", "entries need the hook");
	if (tables->table.format == IOMT_PASID_TABLE_VTD && cfg->bits > 16)
		return wrong(error, "tables", "an entry's domain id has 16 bits");
	if (tables->flags & ~IOMT_PACK_TAGGED_ENTRIES)
		return wrong(error, "tables", "unknown flags");
	return 0;
}

int iomt_pack_cfg_check(const struct iomt_pack_cfg *cfg, struct iomt_pack_cfg_error *error)
{
	if (!cfg || !has_size(cfg, cfg->size, sizeof(*cfg)))
		return wrong(error, "size", "is not that of struct iomt_pack_cfg");
	if (!cfg->mem)
		return wrong(error, "mem", "no memory provider");
	if (!has_size(cfg->mem, cfg->mem->size, sizeof(*cfg->mem)))
		return wrong(error, "mem", "size is not that of struct iomt_mem");
	if (!cfg->mem->alloc || !cfg->mem->free)
		return wrong(error, "mem", "alloc and free are needed");
	if (!cfg->bits || cfg->bits > IOMT_PACK_MAX_BITS)
		return wrong(error, "bits", "must be 1 to 20");
	if (cfg->last_id >= 1u << cfg->bits)
		return wrong(error, "last_id", "has more bits than ids have");
	if (cfg->first_id > cfg->last_id)
		return wrong(error, "first_id", "is larger than last_id");
	if (cfg->relation > IOMT_PACK_ISOLATING)
		return wrong(error, "relation", "unknown");
	if (cfg->merging > IOMT_PACK_COST)
		return wrong(error, "merging", "unknown");
	if (cfg->tables)
		return check_tables(cfg, error);
	return 0;
}

static void take_stamp(struct iomt_pack *pack)
{
	if (++pack->stamp)
		return;
	for (uint32_t class = pack->first_class; class; class = pack_class(pack, class)->after)
		pack_class(pack, class)->stamp = 0;
	pack->stamp = 1;
}

int iomt_pack_init(struct iomt_pack *pack, const struct iomt_pack_cfg *cfg)
{
	struct iomt_ids_cfg ids = {.size = sizeof(ids), .flags = IOMT_IDS_SERIAL};
	int err = iomt_pack_cfg_check(cfg, NULL);

	if (err)
		return err;
	*pack = (struct iomt_pack){0};
	__builtin_memcpy(&pack->cfg, cfg, sizeof(pack->cfg));
	pack->shares = cfg->tables;
	if (pack->shares) {
		__builtin_memcpy(&pack->tables_cfg, cfg->tables, sizeof(pack->tables_cfg));
		iomt_pasid_table_shape(&pack->shape, &pack->tables_cfg.table);
	}
	pack->cfg.tables = NULL; /* the caller's may be gone */
	ids.mem = cfg->mem;
	ids.bits = cfg->bits;
	err = iomt_ids_init(&pack->ids, &ids);
	if (err)
		return err;
	err = iomt_pack_heads_init(pack, &pack->leaf_heads);
	if (!err)
		err = iomt_pack_heads_init(pack, &pack->node_heads);
	if (!err)
		err = iomt_pack_heads_init(pack, &pack->class_heads);
	if (!err)
		err = iomt_pack_heads_init(pack, &pack->tag_heads);
	if (err)
		iomt_pack_destroy(pack);
	return err;
}

void iomt_pack_destroy(struct iomt_pack *pack)
{
	struct iomt_pack_array *const arrays[] = {&pack->leaves,
						  &pack->leaf_refs,
						  &pack->nodes,
						  &pack->metas,
						  &pack->devices,
						  &pack->classes,
						  &pack->loads,
						  &pack->tags,
						  &pack->steps,
						  &pack->waiting,
						  &pack->marked,
						  &pack->tables,
						  &pack->leaf_heads.words,
						  &pack->node_heads.words,
						  &pack->class_heads.words,
						  &pack->tag_heads.words};

	if (pack->shares)
		iomt_pack_tables_destroy(pack);
	for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++)
		iomt_pack_drop(pack, arrays[i]);
	iomt_ids_destroy(&pack->ids);
}

/* The number of a device that is there, or 0. */
static uint32_t find(const struct iomt_pack *pack, iomt_pack_device handle)
{
	uint32_t number = (uint32_t)handle;
	const struct pack_device *device;

	if (!number || number > pack->devices.used)
		return 0;
	device = pack_device(pack, number);
	if (device->generation != handle >> 32 || !(device->state & PACK_LIVE))
		return 0;
	return number;
}

/* The same for a change. */
static int find_open(const struct iomt_pack *pack, iomt_pack_device handle, uint32_t *number)
{
	if (!pack->open)
		return IOMT_EINVAL;
	*number = find(pack, handle);
	if (!*number || (pack_device(pack, *number)->state & PACK_GOING))
		return IOMT_ESTALE;
	return 0;
}

/* The key under which a device's requests are tagged. IOMT_ERANGE: it cannot send it. */
static int canonical(const struct pack_device *device, uint32_t *key)
{
	if (*key == IOMT_PACK_RID && (device->flags & IOMT_PACK_GIOV))
		*key = 0;
	if (*key > IOMT_PACK_RID || !pack_sends(device, pack_width(*key)))
		return IOMT_ERANGE;
	return 0;
}

/* Takes a device into the transaction. */
static void touch(struct iomt_pack *pack, uint32_t number)
{
	struct pack_device *device = pack_device(pack, number);

	if (device->touched)
		return;
	device->touched = number;
	if (pack->last_touched)
		pack_device(pack, pack->last_touched)->touched = number;
	else
		pack->touched = number;
	pack->last_touched = number;
}

int iomt_pack_begin(struct iomt_pack *pack)
{
	if (pack->open || pack->table_steps)
		return IOMT_EBUSY;
	pack->open = true;
	pack->step_count = 0;
	return 0;
}

static bool is_device(const struct iomt_pack_device_cfg *cfg)
{
	return cfg && has_size(cfg, cfg->size, sizeof(*cfg)) && cfg->sends <= IOMT_PACK_RID &&
	       !(cfg->sends & (cfg->sends - 1)) && cfg->trust <= IOMT_PACK_MAX_TRUST &&
	       !(cfg->flags & ~(IOMT_PACK_GIOV | IOMT_PACK_ATS));
}

/* Where tables are shared, what entry 0 is for is the same for all. */
static bool fits_tables(const struct iomt_pack *pack, const struct iomt_pack_device_cfg *cfg)
{
	return !pack->shares || !(cfg->flags & IOMT_PACK_GIOV) ==
					!(pack->tables_cfg.table.flags & IOMT_PASID_TABLE_RID);
}

int iomt_pack_add(struct iomt_pack *pack, const struct iomt_pack_device_cfg *cfg,
		  iomt_pack_device *handle)
{
	uint32_t sends, generation = 1, number;
	struct pack_device *device;
	bool again = pack->devices.free;

	if (!pack->open || !is_device(cfg) || !fits_tables(pack, cfg))
		return IOMT_EINVAL;
	if (pack->device_count == IOMT_PACK_DEVICES)
		return IOMT_ENOSPC;
	number = iomt_pack_take(pack, &pack->devices, PACK_DEVICE_LG2);
	if (!number)
		return IOMT_ENOMEM;
	device = pack_device(pack, number);
	if (again)
		generation = device->generation;
	sends = cfg->sends ? cfg->sends : !!(cfg->flags & IOMT_PACK_GIOV);
	*device = (struct pack_device){
		.fixed = cfg->fixed,
		.generation = generation,
		.trust = cfg->trust,
		.widths = sends ? (uint8_t)(__builtin_ctz(sends) + 1) : 0,
		.flags = (uint8_t)cfg->flags,
		.state = PACK_LIVE | PACK_ADDED,
	};
	pack->device_count++;
	pack->ats_devices += !!(cfg->flags & IOMT_PACK_ATS);
	touch(pack, number);
	*handle = (uint64_t)generation << 32 | number;
	return 0;
}

int iomt_pack_remove(struct iomt_pack *pack, iomt_pack_device handle)
{
	struct pack_device *device;
	uint32_t number;
	int err = find_open(pack, handle, &number);

	if (err)
		return err;
	device = pack_device(pack, number);
	touch(pack, number);
	iomt_pack_map_release(pack, device->wanted);
	device->wanted = (struct pack_map){0, 0};
	device->state |= PACK_GOING;
	return 0;
}

int iomt_pack_set(struct iomt_pack *pack, iomt_pack_device handle, uint32_t key,
		  const struct iomt_pack_leaf *leaf)
{
	struct pack_device *device;
	uint32_t number, fresh;
	int err = find_open(pack, handle, &number);

	if (err)
		return err;
	if (!leaf)
		return IOMT_EINVAL;
	device = pack_device(pack, number);
	err = canonical(device, &key);
	if (!err && pack->shares && key != IOMT_PACK_RID)
		err = iomt_pack_table_fits(pack, key, leaf);
	if (err)
		return err;
	fresh = iomt_pack_leaf_take(pack, leaf);
	if (!fresh)
		return IOMT_ENOMEM;
	err = iomt_pack_map_set(pack, &device->wanted, key, fresh);
	iomt_pack_leaf_release(pack, fresh);
	if (!err)
		touch(pack, number);
	return err;
}

int iomt_pack_clear(struct iomt_pack *pack, iomt_pack_device handle, uint32_t key)
{
	struct pack_device *device;
	uint32_t number;
	int err = find_open(pack, handle, &number);

	if (err)
		return err;
	device = pack_device(pack, number);
	err = canonical(device, &key);
	if (err)
		return err;
	if (!iomt_pack_map_get(pack, device->wanted, key))
		return IOMT_ENOENT;
	err = iomt_pack_map_set(pack, &device->wanted, key, 0);
	if (!err)
		touch(pack, number);
	return err;
}

static void forget(struct iomt_pack *pack, uint32_t number)
{
	struct pack_device *device = pack_device(pack, number);

	iomt_pack_map_release(pack, device->map);
	iomt_pack_map_release(pack, device->wanted);
	pack->device_count--;
	pack->ats_devices -= !!(device->flags & IOMT_PACK_ATS);
	device->state = 0;
	device->generation += device->generation == UINT32_MAX ? 2 : 1;
	iomt_pack_give(&pack->devices, PACK_DEVICE_LG2, number);
}

/* What hardware may still have is in quarantine until the plan is complete. */
static void quarantine(struct iomt_pack *pack)
{
	for (uint32_t i = 0; i < pack->tail; i++) {
		const struct iomt_pack_step *step = iomt_pack_step(pack, i);
		uint32_t class = pack_class_of(pack, step->id), number;
		bool live;

		if (step->op == IOMT_PACK_FLUSH_ATS)
			pack_device(pack, (uint32_t)step->device)->token = pack->token;
		if (step->op == IOMT_PACK_FLUSH_ID) {
			if (!pack_isolates(pack))
				iomt_pack_unlink(pack, &pack->class_heads, &iomt_pack_class_chain,
						 iomt_pack_class_chain.hash(pack, class), class);
			iomt_pack_class_drain(pack, class);
		}
		if (step->op != IOMT_PACK_FLUSH_KEY)
			continue;
		number = iomt_pack_tag_find(pack, class, step->key);
		live = pack_isolates(pack) ? pack_tag(pack, number)->refs != 0
					   : iomt_pack_map_get(pack, pack_class(pack, class)->map,
							       step->key) != 0;
		if (!live)
			iomt_pack_quarantine(pack, class, step->key);
	}
}

static void settle(struct iomt_pack *pack, uint32_t number, struct pack_device *device)
{
	if (device->class && device->class != device->to)
		iomt_pack_class_leave(pack, device->class, number);
	if (device->to && device->class != device->to)
		iomt_pack_class_join(pack, device->to, number);
	if (!pack_same(device->map, device->wanted)) {
		struct pack_map old = device->map;

		iomt_pack_map_hold(pack, device->wanted);
		device->map = device->wanted;
		iomt_pack_map_release(pack, old);
	}
}

/* Ends the transaction; devices go that are not there any more. */
static void close(struct iomt_pack *pack, enum pack_state gone)
{
	for (uint32_t number = pack->touched, next; number; number = next) {
		struct pack_device *device = pack_device(pack, number);

		next = device->touched == number ? 0 : device->touched;
		device->touched = 0;
		if (device->state & gone) {
			forget(pack, number);
			continue;
		}
		if (!pack_same(device->map, device->wanted)) {
			iomt_pack_map_hold(pack, device->map);
			iomt_pack_map_release(pack, device->wanted);
			device->wanted = device->map;
		}
		device->state = PACK_LIVE;
	}
	pack->touched = 0;
	pack->last_touched = 0;
	pack->open = false;
	pack->merge = false;
}

static void apply(struct iomt_pack *pack)
{
	struct pack_device *device;

	pack->token++;
	PACK_EACH (pack, number, device) {
		settle(pack, number, device);
	}
	quarantine(pack);
	iomt_pack_tags_settle(pack);
	close(pack, PACK_GOING);
}

/* Numbers of maps may be those of others by now. */
static void prepare(struct iomt_pack *pack)
{
	take_stamp(pack);
	pack->change = (struct iomt_pack_change){0};
	pack->must_wait = false;
	pack->step_count = 0;
}

static void find_changed(struct iomt_pack *pack)
{
	for (uint32_t number = pack->touched, next; number; number = next) {
		struct pack_device *device = pack_device(pack, number);
		uint8_t fate = device->state & (PACK_ADDED | PACK_GOING);

		next = device->touched == number ? 0 : device->touched;
		device->state &= (uint8_t)~PACK_CHANGED;
		if (fate == (PACK_ADDED | PACK_GOING))
			continue;
		if (fate || pack->merge || !pack_same(device->map, device->wanted))
			device->state |= PACK_CHANGED;
	}
}

static int decide(struct iomt_pack *pack)
{
	return pack_isolates(pack) ? iomt_pack_isolating_decide(pack)
				   : iomt_pack_equivalent_decide(pack);
}

static void undo(struct iomt_pack *pack)
{
	if (pack_isolates(pack))
		iomt_pack_isolating_undo(pack);
	else
		iomt_pack_equivalent_undo(pack);
}

/* Makes the plan of what was decided, and lets it be. On errors nothing has changed. */
static int conclude(struct iomt_pack *pack, struct iomt_pack_plan *plan)
{
	struct iomt_pack_plan made = {.token = pack->token + 1};
	int err = iomt_pack_plan_make(pack);

	made.count = pack->step_count;
	made.tail = pack->tail;
	if (!err)
		err = iomt_pack_quarantine_room(pack, pack->flushes);
	if (!err && pack->shares)
		err = iomt_pack_tables_make(pack);
	if (!err && pack->cfg.accept)
		err = pack->cfg.accept(pack->cfg.ctx, pack, &made);
	if (err) {
		if (pack->shares)
			iomt_pack_tables_undo(pack);
		undo(pack);
		pack->step_count = 0;
		return err;
	}
	apply(pack);
	*plan = made;
	return 0;
}

int iomt_pack_commit(struct iomt_pack *pack, struct iomt_pack_plan *plan)
{
	int err;

	if (!pack->open)
		return IOMT_EINVAL;
	prepare(pack);
	find_changed(pack);
	err = decide(pack);
	return err ? err : conclude(pack, plan);
}

void iomt_pack_abort(struct iomt_pack *pack)
{
	if (pack->open)
		close(pack, PACK_ADDED);
}

/* Devices of classes whose map another class has too, which is not smaller. */
static void touch_twins(struct iomt_pack *pack)
{
	for (uint32_t number = pack->first_class; number;
	     number = pack_class(pack, number)->after) {
		const struct pack_class *class = pack_class(pack, number), *other;
		uint32_t hash = iomt_pack_class_hash(pack, class->map, class->fixed), at;

		for (at = *pack_head(&pack->class_heads, hash); at; at = other->next) {
			other = pack_class(pack, at);
			if (at != number && pack_same(other->map, class->map) &&
			    other->fixed == class->fixed &&
			    (other->members > class->members ||
			     (other->members == class->members && at < number)))
				break;
		}
		for (uint32_t device = at ? class->first : 0; device;
		     device = pack_device(pack, device)->next)
			touch(pack, device);
	}
}

/* All devices of one class that can go elsewhere. */
static int merge_one(struct iomt_pack *pack, uint32_t class, struct iomt_pack_plan *plan)
{
	uint32_t device = pack_class(pack, class)->first;
	int err;

	pack->open = true;
	pack->merge = true;
	for (; device; device = pack_device(pack, device)->next)
		touch(pack, device);
	err = iomt_pack_commit(pack, plan);
	if (err)
		iomt_pack_abort(pack);
	return err;
}

static int merge_isolating(struct iomt_pack *pack, struct iomt_pack_plan *plan)
{
	for (uint32_t class = pack->first_class; class; class = pack_class(pack, class)->after) {
		int err = merge_one(pack, class, plan);

		if (err != IOMT_ENOSPC)
			return err;
	}
	pack->open = false;
	*plan = (struct iomt_pack_plan){.token = pack->token};
	return 0;
}

int iomt_pack_merge(struct iomt_pack *pack, struct iomt_pack_plan *plan)
{
	int err = iomt_pack_begin(pack);

	if (err)
		return err;
	if (pack_isolates(pack))
		return merge_isolating(pack, plan);
	pack->merge = true;
	touch_twins(pack);
	err = iomt_pack_commit(pack, plan);
	if (err)
		iomt_pack_abort(pack);
	return err;
}

static int move(struct iomt_pack *pack, uint32_t number, uint32_t id)
{
	struct pack_device *device = pack_device(pack, number);
	int err;

	if (pack_id(pack, device->class) == id || (device->state & PACK_CHANGED))
		return 0;
	err = iomt_pack_isolating_move(pack, device, id);
	if (err)
		return err == IOMT_EAGAIN ? 0 : err;
	touch(pack, number);
	device->state |= PACK_CHANGED;
	iomt_pack_class_note(pack, number);
	return 0;
}

static int check_moves(const struct iomt_pack *pack, const iomt_pack_device *devices,
		       const uint32_t *ids, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!find(pack, devices[i]))
			return IOMT_ESTALE;
		if (ids[i] < pack->cfg.first_id || ids[i] > pack->cfg.last_id)
			return IOMT_ERANGE;
	}
	return 0;
}

int iomt_pack_apply(struct iomt_pack *pack, const iomt_pack_device *devices, const uint32_t *ids,
		    uint32_t count, struct iomt_pack_plan *plan)
{
	int err;

	if (!pack_isolates(pack))
		return IOMT_EOPNOTSUPP;
	err = check_moves(pack, devices, ids, count);
	if (!err)
		err = iomt_pack_begin(pack);
	if (err)
		return err;
	prepare(pack);
	for (uint32_t i = 0; i < count && !err; i++)
		err = move(pack, find(pack, devices[i]), ids[i]);
	iomt_pack_isolating_moved(pack);
	if (err)
		undo(pack);
	else
		err = conclude(pack, plan);
	if (err)
		iomt_pack_abort(pack);
	return err;
}

int iomt_pack_id(const struct iomt_pack *pack, iomt_pack_device handle, uint32_t *id)
{
	uint32_t number = find(pack, handle);

	if (!number)
		return IOMT_ESTALE;
	*id = pack_id(pack, pack_device(pack, number)->class);
	return 0;
}

int iomt_pack_next_device(const struct iomt_pack *pack, uint32_t id, iomt_pack_device *device)
{
	uint32_t class = pack_class_of(pack, id), number = 0;

	if (*device) {
		number = find(pack, *device);
		if (!number || pack_device(pack, number)->class != class)
			return IOMT_ESTALE;
		number = pack_device(pack, number)->next;
	} else if (pack_reaches(&pack->classes, class, PACK_CLASS_LG2)) {
		number = pack_class(pack, class)->first;
	}
	if (!number)
		return IOMT_ENOENT;
	*device = pack_handle(pack, number);
	return 0;
}

int iomt_pack_get(const struct iomt_pack *pack, iomt_pack_device handle, uint32_t key,
		  struct iomt_pack_leaf *leaf)
{
	uint32_t number = find(pack, handle), found;
	int err;

	if (!number)
		return IOMT_ESTALE;
	err = canonical(pack_device(pack, number), &key);
	if (err)
		return err;
	found = iomt_pack_map_get(pack, pack_device(pack, number)->wanted, key);
	if (!found)
		return IOMT_ENOENT;
	*leaf = pack_leaf(pack, found)->leaf;
	return 0;
}

int iomt_pack_next(const struct iomt_pack *pack, iomt_pack_device handle, uint32_t from,
		   uint32_t *key, struct iomt_pack_leaf *leaf)
{
	uint32_t number = find(pack, handle), found, at;

	if (!number)
		return IOMT_ESTALE;
	found = iomt_pack_map_next(pack, pack_device(pack, number)->wanted, from, &at);
	if (!found)
		return IOMT_ENOENT;
	*key = at;
	*leaf = pack_leaf(pack, found)->leaf;
	return 0;
}

void iomt_pack_stats(const struct iomt_pack *pack, struct iomt_pack_stats *stats)
{
	struct iomt_ids_stats ids;

	iomt_ids_stats(&pack->ids, &ids);
	*stats = (struct iomt_pack_stats){
		.devices = pack->device_count,
		.ids = pack->in_use,
		.quarantine = pack->in_quarantine,
		.keys = pack->waiting_end - pack->waiting_first,
		.bytes = pack->bytes + ids.bytes,
		.tables = pack->table_count,
		.table_bytes = pack->table_bytes,
	};
}
