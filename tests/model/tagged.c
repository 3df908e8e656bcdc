/* SPDX-License-Identifier: MIT */
#include "tagged.h"
#include "pasid_reader.h"
#include "test.h"

const uint32_t tagged_keys[TAGGED_KEYS] = {0, 1, 15, 16, 300, 0x1234, 0xfffff, IOMT_PACK_RID};

#define RID (TAGGED_KEYS - 1)

struct iomt_pack_leaf tagged_leaf(unsigned number)
{
	static const struct iomt_pack_leaf leaves[TAGGED_LEAVES] = {[1] = {0x1000, {0, 0}},
								    [2] = {0x1000, {0, 1ULL << 63}},
								    [3] = {0x1000, {1, 0}},
								    [4] = {1ULL << 63 | 0x1000,
									   {0, 0}},
								    [5] = {0, {UINT64_MAX, 0x20}}};

	return leaves[number];
}

unsigned tagged_number(const struct iomt_pack_leaf *leaf)
{
	for (unsigned i = 1; i < TAGGED_LEAVES; i++) {
		struct iomt_pack_leaf other = tagged_leaf(i);

		if (!memcmp(&other, leaf, sizeof(other)))
			return i;
	}
	CHECK_MSG(false, "a leaf that nobody set");
	return 0;
}

static unsigned key_number(uint32_t key)
{
	for (unsigned i = 0; i < TAGGED_KEYS; i++) {
		if (tagged_keys[i] == key)
			return i;
	}
	CHECK_MSG(false, "a key that nobody set");
	return 0;
}

static unsigned device_number(const struct tagged *hw, iomt_pack_device handle)
{
	for (unsigned i = 0; i < TAGGED_DEVICES; i++) {
		if (hw->devices[i].handle == handle)
			return i;
	}
	CHECK_MSG(false, "a device that nobody added");
	return 0;
}

void tagged_init(struct tagged *hw, uint64_t seed)
{
	*hw = (struct tagged){.random = {.state = seed, .seed = seed}};
	for (unsigned i = 0; i < TAGGED_DEVICES; i++)
		hw->devices[i].id = TAGGED_NONE;
}

void tagged_add(struct tagged *hw, unsigned device, iomt_pack_device handle, uint32_t sends,
		uint32_t flags)
{
	struct tagged_device *added = &hw->devices[device];

	CHECK_EQ(added->id, TAGGED_NONE);
	memset(added->table, 0, sizeof(added->table));
	for (unsigned i = 0; i < sizeof(added->published); i++)
		CHECK(!((const unsigned char *)added->published)[i]);
	added->handle = handle;
	added->giov = flags & IOMT_PACK_GIOV;
	added->ats = flags & IOMT_PACK_ATS;
	added->sends = sends;
}

static bool can_send(const struct tagged_device *device, unsigned key)
{
	return key == RID || tagged_keys[key] < device->sends;
}

int tagged_make(void *format, uint32_t pasid, const struct iomt_pack_leaf *leaf,
		struct iomt_pasid_entry *entry)
{
	uint64_t root = (uint64_t)tagged_number(leaf) << 12;

	CHECK(pasid < IOMT_PACK_RID);
	switch (*(enum iomt_pasid_format *)format) {
	case IOMT_PASID_TABLE_GCR3:
		entry->gcr3.root = root;
		break;
	case IOMT_PASID_TABLE_VTD:
		entry->vtd = (struct iomt_vtd_entry){
			.stages = IOMT_VTD_FIRST, .first = root, .domain = 0xffff};
		break;
	default:
		entry->cd = (struct iomt_cd){.half[0] = {.ttb = root, .used = true, .tsz = 16},
					     .asid = (uint16_t)(root >> 12)};
	}
	return 0;
}

/* What stands in the table that an entry points to. */
static unsigned read_shared(const struct tagged *hw, const struct tagged_entry *entry, unsigned key)
{
	const struct pasid_device device = {.provider = hw->provider,
					    .format = hw->format,
					    .shadow = hw->provider->mem.clean,
					    .word = {entry->word[0], entry->word[1]}};
	struct pasid_meaning meaning;

	pasid_read(&device, tagged_keys[key], &meaning);
	CHECK_MSG(meaning.state != PASID_ILLEGAL, "key %u of id %u: no table, or one that is gone",
		  key, entry->id);
	if (meaning.state == PASID_ABSENT)
		return 0;
	if (hw->format == IOMT_PASID_TABLE_VTD)
		CHECK_EQ(meaning.field[5], entry->id);
	return (unsigned)(meaning.field[hw->format == IOMT_PASID_TABLE_GCR3 ? 0 : 6] >> 12);
}

unsigned tagged_entry(const struct tagged *hw, unsigned number, unsigned key)
{
	const struct tagged_device *device = &hw->devices[number];

	if (hw->tables == TAGGED_OWN)
		return device->table[key];
	if (device->id == TAGGED_NONE)
		return 0;
	return key == RID ? device->entry.leaf : read_shared(hw, &device->entry, key);
}

bool tagged_moving(const struct tagged *hw, unsigned device)
{
	return hw->devices[device].old_entry || hw->devices[device].old_own;
}

/* What a walk would find now: cached entries as long as they are there. */
static unsigned read_table(struct tagged_device *device, unsigned key)
{
	if (!device->cached[key])
		device->cached[key] = device->table[key];
	return device->cached[key];
}

static uint32_t read_id(struct tagged_device *device)
{
	if (!device->id_is_cached && device->id != TAGGED_NONE) {
		device->id_is_cached = true;
		device->cached_id = device->id;
		device->cached_entry = device->entry;
	}
	return device->id_is_cached ? device->cached_id : TAGGED_NONE;
}

static void got(struct tagged *hw, unsigned device, unsigned key, unsigned leaf)
{
	if (hw->devices[device].ats)
		hw->devices[device].own[key][leaf] = true;
	hw->judge(hw->ctx, device, key, leaf);
}

/* A walk ends: what it found is in the IOTLB, and somebody must know. */
static void fill(struct tagged *hw, unsigned index)
{
	const struct tagged_fill done = hw->fills[index];

	hw->fills[index] = hw->fills[--hw->filling];
	CHECK_MSG(hw->devices[done.device].published[done.id][done.key][done.leaf],
		  "id %u key %u leaf %u of device %u: nobody is told of its changes", done.id,
		  done.key, done.leaf, done.device);
	hw->iotlb[done.id][done.key][done.leaf] = true;
}

static void use_own(struct tagged *hw, unsigned device, unsigned key)
{
	for (unsigned leaf = 1; leaf < TAGGED_LEAVES; leaf++) {
		if (hw->devices[device].own[key][leaf])
			hw->judge(hw->ctx, device, key, leaf);
	}
}

static bool use_iotlb(struct tagged *hw, unsigned number, unsigned key, uint32_t id)
{
	bool hit = false;

	for (unsigned leaf = 1; leaf < TAGGED_LEAVES; leaf++) {
		if (hw->iotlb[id][key][leaf]) {
			hw->hits++;
			hit = true;
			got(hw, number, key, leaf);
		}
	}
	return hit;
}

/* A walk has found a leaf, and goes on in it. */
static void walk(struct tagged *hw, unsigned number, unsigned key, uint32_t id, unsigned leaf)
{
	hw->walks++;
	got(hw, number, key, leaf);
	if (hw->filling == TAGGED_FILLS)
		fill(hw, 0);
	hw->fills[hw->filling++] = (struct tagged_fill){number, key, leaf, id};
	if (random_below(&hw->random, 4))
		fill(hw, hw->filling - 1);
}

/* The cached entry of a key, when there is one, and the id that translations get by it. */
static unsigned *find_entry(struct tagged *hw, unsigned number, unsigned key, uint32_t *id)
{
	struct tagged_device *device = &hw->devices[number];

	if (hw->tables == TAGGED_BY_ID)
		return &hw->entries[*id][key];
	if (hw->tables == TAGGED_WITH_ID && device->cached[key])
		*id = device->entry_id[key];
	return &device->cached[key];
}

/* A walk reads the table, now. */
static void read_on(struct tagged *hw, unsigned index)
{
	const struct tagged_walk walk_ = hw->walking[index];
	uint32_t id = walk_.entry.id;
	unsigned *cached = find_entry(hw, walk_.device, walk_.key, &id);

	hw->walking[index] = hw->walking[--hw->walk_count];
	if (!*cached) {
		*cached = read_shared(hw, &walk_.entry, walk_.key);
		hw->devices[walk_.device].entry_id[walk_.key] = id;
	}
	if (*cached)
		walk(hw, walk_.device, walk_.key, id, *cached);
}

static void access_shared(struct tagged *hw, unsigned number, unsigned key)
{
	struct tagged_device *device = &hw->devices[number];
	uint32_t id = read_id(device);

	if (id == TAGGED_NONE)
		return;
	if (key == RID) {
		if (!use_iotlb(hw, number, key, id) && device->cached_entry.leaf)
			walk(hw, number, key, id, device->cached_entry.leaf);
		return;
	}
	(void)find_entry(hw, number, key, &id);
	if (use_iotlb(hw, number, key, id) && random_below(&hw->random, 2))
		return;
	if (hw->walk_count == TAGGED_FILLS)
		read_on(hw, 0);
	hw->walking[hw->walk_count++] = (struct tagged_walk){number, key, device->cached_entry};
	if (random_below(&hw->random, 4))
		read_on(hw, hw->walk_count - 1);
}

void tagged_access(struct tagged *hw, unsigned number, unsigned key)
{
	struct tagged_device *device = &hw->devices[number];
	uint32_t id;
	unsigned leaf;
	bool hit;

	if (!can_send(device, key))
		return;
	if (key == RID && device->giov)
		key = 0;
	use_own(hw, number, key);
	if (hw->tables != TAGGED_OWN) {
		access_shared(hw, number, key);
		return;
	}
	id = read_id(device);
	if (id == TAGGED_NONE)
		return;
	hit = use_iotlb(hw, number, key, id);
	leaf = read_table(device, key);
	if (!hit && leaf)
		walk(hw, number, key, id, leaf);
}

/* Walks of a device, or with any id and key, have read what they read before it is invalidated. */
static void end_walks(struct tagged *hw, unsigned device, uint32_t id, unsigned key)
{
	for (unsigned i = 0; i < hw->walk_count;) {
		const struct tagged_walk *at = &hw->walking[i];

		if (at->device == device || (at->entry.id == id && at->key == key))
			read_on(hw, i);
		else
			i++;
	}
}

static void drop_entry(struct tagged *hw, const struct iomt_pack_step *step)
{
	unsigned key = key_number(step->key);

	end_walks(hw, TAGGED_NONE, step->id, key);
	hw->entries[step->id][key] = 0;
	for (unsigned i = 0; i < TAGGED_DEVICES; i++) { /* by device: of all that have the id */
		if (hw->devices[i].id == step->id)
			hw->devices[i].cached[key] = 0;
	}
}

static void drop_device(struct tagged *hw, const struct iomt_pack_step *step, unsigned number)
{
	struct tagged_device *device = &hw->devices[number];

	if (hw->tables != TAGGED_OWN)
		end_walks(hw, number, TAGGED_NONE, 0);
	device->id_is_cached = false;
	device->entry_flushed = true;
	if (step->id == IOMT_PACK_NO_ID || hw->tables != TAGGED_OWN)
		memset(device->cached, 0, sizeof(device->cached));
}

void tagged_freed(const struct tagged *hw, uint64_t root)
{
	for (unsigned i = 0; i < TAGGED_DEVICES; i++) {
		const struct tagged_device *device = &hw->devices[i];

		CHECK_MSG(device->id == TAGGED_NONE || device->entry.root != root,
			  "the table of device %u is freed", i);
		CHECK_MSG(!device->id_is_cached || device->cached_entry.root != root,
			  "a table is freed that device %u may use", i);
	}
	for (unsigned i = 0; i < hw->walk_count; i++)
		CHECK_MSG(hw->walking[i].entry.root != root, "a table is freed under a walk");
}

static bool covers(const struct iomt_pack_step *step, uint32_t id, unsigned key)
{
	return step->id == id && (step->op == IOMT_PACK_FLUSH_ID || step->key == tagged_keys[key]);
}

static void drop_iotlb(struct tagged *hw, const struct iomt_pack_step *step)
{
	for (unsigned i = 0; i < hw->filling;) {
		if (covers(step, hw->fills[i].id, hw->fills[i].key))
			hw->fills[i] = hw->fills[--hw->filling];
		else
			i++;
	}
	for (unsigned key = 0; key < TAGGED_KEYS; key++) {
		if (step->op == IOMT_PACK_FLUSH_ID)
			hw->entries[step->id][key] = 0;
		if (covers(step, step->id, key))
			memset(hw->iotlb[step->id][key], 0, sizeof(hw->iotlb[step->id][key]));
	}
}

static void invalidate(struct tagged *hw, unsigned index)
{
	const struct iomt_pack_step step = hw->queue[index];
	struct tagged_device *device = NULL;

	hw->queue[index] = hw->queue[--hw->queued];
	if (step.device)
		device = &hw->devices[device_number(hw, step.device)];
	switch (step.op) {
	case IOMT_PACK_FLUSH_DEVICE:
		drop_device(hw, &step, device_number(hw, step.device));
		break;
	case IOMT_PACK_FLUSH_ENTRY:
		if (!device)
			drop_entry(hw, &step);
		else if (hw->tables == TAGGED_OWN)
			device->cached[key_number(step.key)] = 0;
		else
			device->id_is_cached = false; /* it is in the device's entry */
		break;
	case IOMT_PACK_FLUSH_KEY:
	case IOMT_PACK_FLUSH_ID:
		drop_iotlb(hw, &step);
		break;
	case IOMT_PACK_FLUSH_ATS:
		CHECK(device->ats);
		device->own_flushed |= step.key == IOMT_PACK_ALL;
		if (step.key == IOMT_PACK_ALL)
			memset(device->own, 0, sizeof(device->own));
		else
			memset(device->own[key_number(step.key)], 0, sizeof(device->own[0]));
		break;
	default:
		CHECK_MSG(false, "not an invalidation");
	}
}

/* A cache may lose a device-table entry at any time, and what was read by it stays. */
static void evict(struct tagged *hw)
{
	hw->devices[random_below(&hw->random, TAGGED_DEVICES)].id_is_cached = false;
}

static void access_any(struct tagged *hw)
{
	tagged_access(hw, (unsigned)random_below(&hw->random, TAGGED_DEVICES),
		      (unsigned)random_below(&hw->random, TAGGED_KEYS));
}

/* A device that something happens to tries all that it can send, or does not. */
static void access_all(struct tagged *hw, iomt_pack_device handle)
{
	if (!handle || random_below(&hw->random, 2))
		return;
	for (unsigned key = 0; key < TAGGED_KEYS; key++)
		tagged_access(hw, device_number(hw, handle), key);
}

/* Devices do not wait: what one invalidation has left another access finds. */
static void wait(struct tagged *hw)
{
	while (hw->queued) {
		unsigned index = (unsigned)random_below(&hw->random, hw->queued);
		iomt_pack_device device = hw->queue[index].device;

		invalidate(hw, index);
		access_all(hw, device);
		for (uint64_t i = random_below(&hw->random, 4); i; i--)
			access_any(hw);
	}
	while (hw->walk_count)
		read_on(hw, hw->walk_count - 1);
	while (hw->filling)
		fill(hw, hw->filling - 1);
	for (unsigned i = 0; i < TAGGED_DEVICES; i++) {
		struct tagged_device *device = &hw->devices[i];

		device->old_entry &= !device->entry_flushed;
		device->old_own &= !device->own_flushed;
	}
}

void tagged_live(struct tagged *hw)
{
	for (uint64_t i = random_below(&hw->random, 6); i; i--) {
		switch (random_below(&hw->random, 24)) {
		case 3:
			evict(hw);
			break;
		case 0:
			if (hw->queued)
				invalidate(hw, (unsigned)random_below(&hw->random, hw->queued));
			break;
		case 1:
		case 2:
			if (hw->walk_count)
				read_on(hw, (unsigned)random_below(&hw->random, hw->walk_count));
			if (hw->filling)
				fill(hw, (unsigned)random_below(&hw->random, hw->filling));
			break;
		default:
			access_any(hw);
		}
	}
}

/* What is cached of a table must be somebody's, who is told of its changes. */
static void check_published(const struct tagged *hw, uint32_t id, unsigned key)
{
	for (unsigned leaf = 1; leaf < TAGGED_LEAVES; leaf++) {
		bool told = !hw->iotlb[id][key][leaf];

		for (unsigned i = 0; i < TAGGED_DEVICES && !told; i++)
			told = hw->devices[i].published[id][key][leaf];
		CHECK_MSG(told, "id %u key %u leaf %u is cached, nobody is told of its changes", id,
			  key, leaf);
	}
}

static void publish(struct tagged_device *device, const struct iomt_pack_step *step,
		    const unsigned all[TAGGED_KEYS])
{
	for (unsigned key = 0; key < TAGGED_KEYS; key++) {
		if (step->key == IOMT_PACK_ALL && all[key])
			device->published[step->id][key][all[key]]++;
		else if (step->key == tagged_keys[key])
			device->published[step->id][key][tagged_number(&step->leaf)]++;
	}
}

static void retract(struct tagged *hw, struct tagged_device *device,
		    const struct iomt_pack_step *step, const unsigned all[TAGGED_KEYS])
{
	for (unsigned key = 0; key < TAGGED_KEYS; key++) {
		unsigned leaf = all[key];

		if (step->key == tagged_keys[key])
			leaf = tagged_number(&step->leaf);
		else if (step->key != IOMT_PACK_ALL || !leaf)
			continue;
		CHECK(device->published[step->id][key][leaf]);
		device->published[step->id][key][leaf]--;
		check_published(hw, step->id, key);
	}
}

/* A device's entry gets an id, its table, and the leaf of requests without PASID, all at once. */
static void write_device(struct tagged *hw, struct tagged_device *device,
			 const struct iomt_pack_step *step, const unsigned all[TAGGED_KEYS])
{
	bool had = device->id != TAGGED_NONE;
	const struct iomt_pasid_table *table;
	struct iomt_pasid_table_hw words;

	CHECK_EQ(step->was, device->id);
	device->id = step->id;
	if (hw->tables == TAGGED_OWN)
		return;
	if (had) {
		device->old_entry = true;
		device->old_own = device->ats;
		device->entry_flushed = device->own_flushed = false;
	}
	if (step->id == IOMT_PACK_NO_ID)
		return;
	CHECK(!had || hw->tables != TAGGED_BY_DEVICE);
	table = iomt_pack_table(hw->pack, step->id);
	CHECK(table);
	iomt_pasid_table_hw(table, &words);
	device->entry = (struct tagged_entry){
		step->id, words.root, {words.word[0], words.word[1]}, all[RID]};
}

/* Entries of shared tables are written by who has the packer: here stand those of no PASID. */
static void write_entry(struct tagged *hw, struct tagged_device *device,
			const struct iomt_pack_step *step, unsigned leaf)
{
	if (hw->tables == TAGGED_OWN) {
		device->table[key_number(step->key)] = leaf;
	} else if (device) {
		CHECK_EQ(step->key, IOMT_PACK_RID);
		device->entry.leaf = leaf;
	}
}

void tagged_step(struct tagged *hw, const struct iomt_pack_step *step,
		 const unsigned all[TAGGED_KEYS])
{
	struct tagged_device *device = NULL;

	if (step->device)
		device = &hw->devices[device_number(hw, step->device)];
	switch (step->op) {
	case IOMT_PACK_PUBLISH:
		publish(device, step, all);
		break;
	case IOMT_PACK_RETRACT:
		retract(hw, device, step, all);
		break;
	case IOMT_PACK_CLEAR_ENTRY:
		write_entry(hw, device, step, 0);
		break;
	case IOMT_PACK_WRITE_ENTRY:
		write_entry(hw, device, step, tagged_number(&step->leaf));
		break;
	case IOMT_PACK_WRITE_DEVICE:
		write_device(hw, device, step, all);
		break;
	case IOMT_PACK_WAIT:
		wait(hw);
		break;
	default:
		CHECK(hw->queued < TAGGED_QUEUE);
		hw->queue[hw->queued++] = *step;
	}
	access_all(hw, step->device);
}

void tagged_check(struct tagged *hw, unsigned device, const unsigned wanted[TAGGED_KEYS])
{
	for (unsigned key = 0; key < TAGGED_KEYS; key++)
		CHECK_EQ(tagged_entry(hw, device, key), wanted[key]);
	for (unsigned key = 0; key < TAGGED_KEYS; key++)
		tagged_access(hw, device, key);
}
