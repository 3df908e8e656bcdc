/* SPDX-License-Identifier: MIT */
#include "packing.h"
#include "test.h"

#define RID (TAGGED_KEYS - 1)

static bool sends(const struct packing_device *device, unsigned key)
{
	if (key == RID)
		return !(device->cfg.flags & IOMT_PACK_GIOV);
	if (!key && (device->cfg.flags & IOMT_PACK_GIOV))
		return true;
	return tagged_keys[key] < device->cfg.sends;
}

static bool trusts(const struct packing_device *a, const struct packing_device *b)
{
	return a->cfg.trust && a->cfg.trust == b->cfg.trust;
}

static bool same_map(const struct packing_device *a, const struct packing_device *b)
{
	return a->cfg.fixed == b->cfg.fixed && !memcmp(a->map, b->map, sizeof(a->map));
}

/* The definition of isolating. */
static bool may_share(const struct packing_device *a, const struct packing_device *b)
{
	if (a->cfg.fixed != b->cfg.fixed)
		return false;
	for (unsigned key = 0; key < TAGGED_KEYS; key++) {
		if (a->map[key] && b->map[key] && a->map[key] != b->map[key])
			return false;
		if (trusts(a, b))
			continue;
		if ((a->map[key] && !b->map[key] && sends(b, key)) ||
		    (b->map[key] && !a->map[key] && sends(a, key)))
			return false;
	}
	return true;
}

/* What a device has, or had until somebody waits after the plan that took it away. */
static bool has(const struct packing *packing, unsigned device, unsigned key, unsigned leaf)
{
	const struct packing_device *of = &packing->devices[device];

	if (of->there && of->map[key] == leaf)
		return true;
	for (unsigned i = 0; i < packing->tail_count; i++) {
		const struct packing_tail *tail = &packing->tails[i];

		if (tail->had[device] && tail->before[device][key] == leaf)
			return true;
	}
	return false;
}

static void judge(void *ctx, unsigned device, unsigned key, unsigned leaf)
{
	const struct packing *packing = ctx;
	unsigned entry = tagged_entry(&packing->hw, device, key);
	bool may = has(packing, device, key, leaf);

	CHECK_MSG(!entry || leaf == entry || tagged_moving(&packing->hw, device),
		  "device %u was given leaf %u for key %u, where it has %u", device, leaf, key,
		  entry);
	for (unsigned i = 0; i < TAGGED_DEVICES && !may; i++)
		may = packing->cfg.relation == IOMT_PACK_ISOLATING &&
		      trusts(&packing->devices[device], &packing->devices[i]) &&
		      has(packing, i, key, leaf);
	CHECK_MSG(may, "device %u was given leaf %u for key %u, which its table never gave", device,
		  leaf, key);
}

void packing_share(struct packing *packing, struct iomt_pack_cfg *cfg, struct provider *provider,
		   enum tagged_tables tables, enum iomt_pasid_format format, bool giov)
{
	bool two = format == IOMT_PASID_TABLE_CD_4K || format == IOMT_PASID_TABLE_CD_64K;

	packing->tables = (struct iomt_pack_tables_cfg){
		.size = sizeof(packing->tables),
		.table = {.size = sizeof(packing->tables.table),
			  .mem = &provider->mem,
			  .format = format,
			  .pasid_bits = 20,
			  .flags = giov ? IOMT_PASID_TABLE_RID : 0},
		.entry = tagged_make,
		.ctx = &packing->hw.format,
		.flags = tables == TAGGED_BY_DEVICE ? 0 : IOMT_PACK_TAGGED_ENTRIES};
	CHECK(two || format == IOMT_PASID_TABLE_GCR3 || format == IOMT_PASID_TABLE_VTD);
	cfg->tables = &packing->tables;
	packing->hw.tables = tables;
	packing->hw.format = format;
	packing->hw.provider = provider;
}

static void freed(void *ctx, uint64_t phys)
{
	const struct packing *packing = ctx;

	tagged_freed(&packing->hw, phys);
}

void packing_open(struct packing *packing, const struct iomt_pack_cfg *cfg, uint64_t seed)
{
	const struct iomt_pack_tables_cfg tables = packing->tables;
	const struct tagged hw = packing->hw;

	memset(packing, 0, sizeof(*packing));
	packing->cfg = *cfg;
	packing->tables = tables;
	tagged_init(&packing->hw, seed);
	if (cfg->tables) {
		packing->hw.tables = hw.tables;
		packing->hw.format = hw.format;
		packing->hw.provider = hw.provider;
		packing->hw.pack = &packing->pack;
		packing->hw.provider->on_free = freed;
		packing->hw.provider->free_ctx = packing;
	}
	CHECK_INT(iomt_pack_init(&packing->pack, cfg), 0);
	packing->hw.judge = judge;
	packing->hw.ctx = packing;
}

void packing_close(struct packing *packing)
{
	if (packing->cfg.tables)
		packing->hw.provider->on_free = NULL; /* hardware is off */
	iomt_pack_destroy(&packing->pack);
}

void packing_begin(struct packing *packing)
{
	CHECK_INT(iomt_pack_begin(&packing->pack), 0);
	CHECK_INT(iomt_pack_begin(&packing->pack), IOMT_EBUSY);
	packing->open = true;
	for (unsigned i = 0; i < TAGGED_DEVICES; i++) {
		struct packing_device *device = &packing->devices[i];

		device->wanted = device->there;
		memcpy(device->next, device->map, sizeof(device->next));
	}
}

int packing_add(struct packing *packing, unsigned number, uint32_t sends_, uint32_t flags,
		uint32_t trust, uint64_t fixed)
{
	struct packing_device *device = &packing->devices[number];
	struct iomt_pack_device_cfg cfg = {.size = sizeof(cfg),
					   .sends = sends_,
					   .flags = flags,
					   .trust = trust,
					   .fixed = fixed};
	iomt_pack_device handle;
	int err;

	if (packing->cfg.tables && (packing->tables.table.flags & IOMT_PASID_TABLE_RID))
		cfg.flags |= IOMT_PACK_GIOV;
	else if (packing->cfg.tables)
		cfg.flags &= ~IOMT_PACK_GIOV;
	/* a function of hardware is one device at a time, until all is over with the last */
	if (device->there || device->wanted || device->tails)
		return IOMT_EBUSY;
	err = iomt_pack_add(&packing->pack, &cfg, &handle);
	if (err)
		return err;
	CHECK(handle != device->handle);
	if (device->handle)
		CHECK_INT(iomt_pack_remove(&packing->pack, device->handle), IOMT_ESTALE);
	*device = (struct packing_device){
		.wanted = true, .handle = handle, .cfg = cfg, .id = IOMT_PACK_NO_ID};
	return 0;
}

int packing_remove(struct packing *packing, unsigned number)
{
	struct packing_device *device = &packing->devices[number];
	int err = iomt_pack_remove(&packing->pack, device->handle);

	CHECK_INT(err, device->wanted ? 0 : IOMT_ESTALE);
	device->wanted = false;
	return err;
}

static unsigned canonical(const struct packing_device *device, unsigned key)
{
	return key == RID && (device->cfg.flags & IOMT_PACK_GIOV) ? 0 : key;
}

int packing_set(struct packing *packing, unsigned number, unsigned key, unsigned leaf)
{
	struct packing_device *device = &packing->devices[number];
	struct iomt_pack_leaf value = tagged_leaf(leaf);
	int err = iomt_pack_set(&packing->pack, device->handle, tagged_keys[key], &value);

	key = canonical(device, key);
	if (err == IOMT_ENOMEM)
		return err;
	if (!device->wanted)
		CHECK_INT(err, IOMT_ESTALE);
	else
		CHECK_INT(err, sends(device, key) ? 0 : IOMT_ERANGE);
	if (!err)
		device->next[key] = leaf;
	return err;
}

int packing_clear(struct packing *packing, unsigned number, unsigned key)
{
	struct packing_device *device = &packing->devices[number];
	int err = iomt_pack_clear(&packing->pack, device->handle, tagged_keys[key]);

	key = canonical(device, key);
	if (err == IOMT_ENOMEM)
		return err;
	if (!device->wanted)
		CHECK_INT(err, IOMT_ESTALE);
	else if (!sends(device, key))
		CHECK_INT(err, IOMT_ERANGE);
	else
		CHECK_INT(err, device->next[key] ? 0 : IOMT_ENOENT);
	if (!err)
		device->next[key] = 0;
	return err;
}

static void check_map(const struct packing *packing, const struct packing_device *device,
		      const unsigned map[TAGGED_KEYS])
{
	uint32_t from = 0, at;

	for (unsigned key = 0; key < TAGGED_KEYS; key++) {
		struct iomt_pack_leaf leaf, expected = tagged_leaf(map[key]);
		int err = iomt_pack_get(&packing->pack, device->handle, tagged_keys[key], &leaf);

		if (!sends(device, key)) {
			CHECK_INT(err, key == RID ? (map[0] ? 0 : IOMT_ENOENT) : IOMT_ERANGE);
			continue;
		}
		CHECK_INT(err, map[key] ? 0 : IOMT_ENOENT);
		if (err)
			continue;
		CHECK(!memcmp(&leaf, &expected, sizeof(leaf)));
		CHECK_INT(iomt_pack_next(&packing->pack, device->handle, from, &at, &leaf), 0);
		CHECK_EQ(at, tagged_keys[key]);
		CHECK(!memcmp(&leaf, &expected, sizeof(leaf)));
		from = at + 1;
	}
	CHECK_INT(iomt_pack_next(&packing->pack, device->handle, from, &at,
				 &(struct iomt_pack_leaf){0}),
		  IOMT_ENOENT);
}

/* Nothing has changed: all ids, and what tables say. */
static void check_same(struct packing *packing)
{
	for (unsigned i = 0; i < TAGGED_DEVICES; i++) {
		const struct packing_device *device = &packing->devices[i];
		uint32_t id;

		if (!device->there)
			continue;
		CHECK_INT(iomt_pack_id(&packing->pack, device->handle, &id), 0);
		CHECK_EQ(id, device->id);
		for (unsigned key = 0; key < TAGGED_KEYS; key++)
			CHECK_EQ(tagged_entry(&packing->hw, i, key), device->map[key]);
		if (!packing->open || device->wanted)
			check_map(packing, device, packing->open ? device->next : device->map);
	}
}

void packing_abort(struct packing *packing)
{
	iomt_pack_abort(&packing->pack);
	packing->open = false;
	check_same(packing);
	for (unsigned i = 0; i < TAGGED_DEVICES; i++) {
		struct packing_device *device = &packing->devices[i];
		uint32_t id;

		if (!device->there && device->wanted)
			CHECK_INT(iomt_pack_id(&packing->pack, device->handle, &id), IOMT_ESTALE);
		device->wanted = device->there;
	}
}

static unsigned slot_of(const struct packing *packing, iomt_pack_device handle)
{
	for (unsigned i = 0; i < TAGGED_DEVICES; i++) {
		if (packing->devices[i].handle == handle)
			return i;
	}
	CHECK_MSG(false, "a step for an unknown device");
	return 0;
}

static void run_step(struct packing *packing, const struct iomt_pack_step *step,
		     unsigned before[TAGGED_DEVICES][TAGGED_KEYS])
{
	const unsigned *all = NULL;

	if (step->id != IOMT_PACK_NO_ID)
		CHECK(step->id >= packing->cfg.first_id && step->id <= packing->cfg.last_id);
	if (step->device) {
		unsigned slot = slot_of(packing, step->device);

		all = step->op == IOMT_PACK_RETRACT ? before[slot] : packing->devices[slot].map;
	}
	tagged_step(&packing->hw, step, all);
	packing->steps++;
	tagged_live(&packing->hw);
}

/* A wait is over: what these plans took away is not there any more. */
static void forget(struct packing_tail *tails, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		memset(tails[i].had, 0, sizeof(tails[i].had));
}

void packing_finish(struct packing *packing, bool tell)
{
	struct packing_tail *tail = &packing->tails[0];

	if (!packing->tail_count)
		return;
	for (unsigned i = 0; i < tail->count; i++) {
		run_step(packing, &tail->steps[i], tail->before);
		if (tail->steps[i].op == IOMT_PACK_WAIT)
			forget(packing->tails, packing->tail_count);
		if (tail->steps[i].device)
			packing->devices[slot_of(packing, tail->steps[i].device)].tails--;
	}
	packing->done = tail->token;
	packing->tail_count--;
	memmove(tail, tail + 1, packing->tail_count * sizeof(*tail));
	if (tell)
		packing_tell(packing);
}

void packing_tell(struct packing *packing)
{
	CHECK_INT(iomt_pack_complete(&packing->pack, packing->done), 0);
}

static void sync(struct iomt_pasid_inv *inv)
{
	tagged_live(inv->ctx);
}

/* A step of a shared table, which takes no memory. */
static void write_table(struct packing *packing, uint32_t index)
{
	const struct iomt_pack_step *step = iomt_pack_step(&packing->pack, index);
	struct iomt_pasid_inv inv = {.sync = sync, .ctx = &packing->hw};
	uint64_t allocations = packing->hw.provider->allocations;
	bool mine = !step->device &&
		    (step->op == IOMT_PACK_CLEAR_ENTRY || step->op == IOMT_PACK_WRITE_ENTRY);

	CHECK_INT(iomt_pack_table_step(&packing->pack, index, &inv), mine ? 0 : IOMT_EINVAL);
	CHECK_INT(iomt_pack_table_step(&packing->pack, index, &inv), IOMT_EINVAL);
	CHECK_EQ(packing->hw.provider->allocations, allocations);
}

/* Takes over what was committed, and carries the plan out. */
static void run_plan(struct packing *packing, const struct iomt_pack_plan *plan, bool finish)
{
	struct packing_tail *tail;

	while (packing->tail_count == PACKING_TAILS)
		packing_finish(packing, false);
	CHECK_INT(iomt_pack_complete(&packing->pack, plan->token + 1), IOMT_EINVAL);
	tail = &packing->tails[packing->tail_count++];
	memset(tail, 0, sizeof(*tail));
	tail->token = plan->token;
	CHECK(plan->count - plan->tail <= PACKING_STEPS);
	for (unsigned i = 0; i < TAGGED_DEVICES; i++) {
		struct packing_device *device = &packing->devices[i];

		if (device->there) {
			tail->had[i] = true;
			memcpy(tail->before[i], device->map, sizeof(device->map));
		} else if (device->wanted) {
			tagged_add(&packing->hw, i, device->handle, device->cfg.sends,
				   device->cfg.flags);
		}
		device->there = device->wanted;
		memcpy(device->map, device->next, sizeof(device->map));
		if (!device->there)
			memset(device->map, 0, sizeof(device->map));
	}
	for (uint32_t i = plan->tail; i < plan->count; i++) {
		const struct iomt_pack_step *step = iomt_pack_step(&packing->pack, i);

		tail->steps[tail->count++] = *step;
		if (step->device)
			packing->devices[slot_of(packing, step->device)].tails++;
	}
	for (uint32_t i = 0; i < plan->tail; i++) {
		const struct iomt_pack_step *step = iomt_pack_step(&packing->pack, i);

		if (packing->cfg.tables)
			write_table(packing, i);
		run_step(packing, step, tail->before);
		if (step->op == IOMT_PACK_WAIT)
			forget(packing->tails, packing->tail_count - 1);
	}
	if (!tail->count || tail->steps[0].op != IOMT_PACK_WAIT)
		forget(tail, 1);
	packing->plans++;
	while (finish && packing->tail_count)
		packing_finish(packing, true);
}

int packing_commit(struct packing *packing, bool finish)
{
	struct iomt_pack_plan plan;
	int err = iomt_pack_commit(&packing->pack, &plan);

	if (err) {
		check_same(packing);
		return err;
	}
	packing->open = false;
	run_plan(packing, &plan, finish);
	packing_check(packing);
	return 0;
}

static void keep_maps(struct packing *packing)
{
	for (unsigned i = 0; i < TAGGED_DEVICES; i++) {
		struct packing_device *device = &packing->devices[i];

		device->wanted = device->there;
		memcpy(device->next, device->map, sizeof(device->next));
	}
}

int packing_merge(struct packing *packing, bool finish)
{
	struct iomt_pack_stats before, after;
	struct iomt_pack_plan plan;
	int err;

	iomt_pack_stats(&packing->pack, &before);
	err = iomt_pack_merge(&packing->pack, &plan);
	if (err) {
		check_same(packing);
		return err;
	}
	keep_maps(packing);
	run_plan(packing, &plan, finish);
	iomt_pack_stats(&packing->pack, &after);
	CHECK(plan.count ? after.ids < before.ids : after.ids == before.ids);
	packing_check(packing);
	return 0;
}

int packing_apply(struct packing *packing, const uint32_t ids[TAGGED_DEVICES], bool finish)
{
	iomt_pack_device devices[TAGGED_DEVICES];
	uint32_t wanted[TAGGED_DEVICES], count = 0;
	struct iomt_pack_plan plan;
	int err;

	for (unsigned i = 0; i < TAGGED_DEVICES; i++) {
		if (!packing->devices[i].there)
			continue;
		devices[count] = packing->devices[i].handle;
		wanted[count++] = ids[i];
	}
	err = iomt_pack_apply(&packing->pack, devices, wanted, count, &plan);
	if (err) {
		check_same(packing);
		return err;
	}
	keep_maps(packing);
	run_plan(packing, &plan, finish);
	for (unsigned i = 0; i < TAGGED_DEVICES; i++) {
		struct packing_device *device = &packing->devices[i];
		uint32_t id, old = device->id;

		if (!device->there)
			continue;
		CHECK_INT(iomt_pack_id(&packing->pack, device->handle, &id), 0);
		CHECK(id == old || id == ids[i]);
		packing->moved += id != old;
	}
	packing_check(packing);
	return 0;
}

/* How many different maps there are. */
static unsigned contents(const struct packing *packing)
{
	unsigned count = 0;

	for (unsigned i = 0; i < TAGGED_DEVICES; i++) {
		bool first = packing->devices[i].there;

		for (unsigned j = 0; j < i && first; j++)
			first = !packing->devices[j].there ||
				!same_map(&packing->devices[i], &packing->devices[j]);
		count += first;
	}
	return count;
}

static void check_pair(const struct packing *packing, const struct packing_device *a,
		       const struct packing_device *b)
{
	if (packing->cfg.relation == IOMT_PACK_ISOLATING) {
		CHECK(a->id != b->id || may_share(a, b));
		return;
	}
	CHECK(a->id != b->id || same_map(a, b));
	if (packing->cfg.merging == IOMT_PACK_EAGER)
		CHECK(a->id == b->id || !same_map(a, b));
}

/* Going over the devices of an id finds each of them once. */
static void check_members(const struct packing *packing, const struct packing_device *device)
{
	iomt_pack_device at = 0;
	unsigned found = 0, expected = 0, mine = 0;

	while (!iomt_pack_next_device(&packing->pack, device->id, &at)) {
		found++;
		mine += at == device->handle;
	}
	for (unsigned i = 0; i < TAGGED_DEVICES; i++) {
		uint32_t id;

		if (packing->devices[i].there &&
		    !iomt_pack_id(&packing->pack, packing->devices[i].handle, &id))
			expected += id == device->id;
	}
	CHECK_EQ(found, expected);
	CHECK_EQ(mine, 1);
}

void packing_check(struct packing *packing)
{
	struct iomt_pack_stats stats;
	bool used[TAGGED_IDS] = {false};
	unsigned ids = 0;

	for (unsigned i = 0; i < TAGGED_DEVICES; i++) {
		struct packing_device *device = &packing->devices[i];

		if (!device->there)
			continue;
		CHECK_INT(iomt_pack_id(&packing->pack, device->handle, &device->id), 0);
		CHECK(device->id >= packing->cfg.first_id && device->id <= packing->cfg.last_id);
		ids += !used[device->id];
		used[device->id] = true;
		check_map(packing, device, device->map);
		check_members(packing, device);
		for (unsigned j = 0; j < i; j++) {
			if (packing->devices[j].there)
				check_pair(packing, device, &packing->devices[j]);
		}
		CHECK_EQ(packing->hw.devices[i].id, device->id);
		tagged_check(&packing->hw, i, device->map);
	}
	iomt_pack_stats(&packing->pack, &stats);
	CHECK_EQ(stats.ids, ids);
	CHECK_EQ(stats.tables, packing->cfg.tables ? stats.ids + stats.quarantine : 0);
	if (packing->cfg.relation == IOMT_PACK_EQUIVALENT &&
	    packing->cfg.merging == IOMT_PACK_EAGER)
		CHECK_EQ(ids, contents(packing));
}
