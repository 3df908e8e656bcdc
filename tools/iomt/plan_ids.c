/* SPDX-License-Identifier: MIT */
/*
 * Ids. Where tables have them (VT-d, SMMUv3) they are those of the virtual units. AMD's domain ids are
 * the devices': the packer gives them out as devices are attached, one after the other, and the solver
 * for devices at rest: docs/packing.md, docs/repacking.md.
 */
#include "planner.h"
#include <stdlib.h>
#include <string.h>

/* A unit's devices, as packer and solver know them. */
struct population {
	struct plan *plan;
	const struct plan_unit *unit;
	struct plan_place **places; /* attached, with a table; by device, then key */
	uint32_t place_count;
	struct iomt_repack_device *devices;
	struct iomt_repack_key *keys; /* of the places */
	uint32_t count;
};

static uint32_t device_of(const struct plan_place *place)
{
	return place->device->first_rid + place->rid;
}

/* As hardware tags them: without a PASID guest tables are PASID 0. */
static uint32_t key_of(const struct plan_place *place)
{
	if (place->pasid != IOMT_NO_PASID)
		return place->pasid;
	return place->domain->choice.stage == 1 ? 0 : IOMT_PACK_RID;
}

static int by_device(const void *one, const void *two)
{
	const struct plan_place *a = *(struct plan_place *const *)one,
				*b = *(struct plan_place *const *)two;

	if (device_of(a) != device_of(b))
		return device_of(a) < device_of(b) ? -1 : 1;
	return key_of(a) < key_of(b) ? -1 : key_of(a) > key_of(b);
}

static bool has_table(const struct plan_place *place)
{
	return place->attached && place->domain->machine->kind != IOMT_DOMAIN_IDENTITY;
}

/* Tenants never share: a number for each name. 0 is the host's. */
static uint64_t tenant_number(const struct machine *machine, const char *tenant)
{
	for (uint32_t i = 0; tenant && i < machine->device_count; i++) {
		const char *other = machine->devices[i].tenant;

		if (other && !strcmp(other, tenant))
			return i + 1;
	}
	return 0;
}

/*
 * What hardware lets it send: no PASID where it has none, unless GIOV makes one of none; and what keeps it from
 * others: its tenant, and whether it has a host table, which is the only one of its id (docs/packing.md).
 */
static struct iomt_repack_device describe(const struct population *all,
					  const struct plan_place *place)
{
	uint8_t unit = all->unit->machine->caps.pasid_bits, own = place->device->rids[0].pasid_bits,
		bits = own < unit ? own : unit;
	bool host = key_of(place) == IOMT_PACK_RID;

	return (struct iomt_repack_device){
		.sends = bits ? 1u << bits : 0,
		.flags = host ? 0 : IOMT_PACK_GIOV,
		.trust = place->device->trusted,
		.fixed = tenant_number(all->plan->machine, place->device->tenant) * 2 + host,
	};
}

/* Keys of one device follow each other. */
static void list_devices(struct population *all)
{
	for (uint32_t i = 0; i < all->place_count; i++) {
		const struct plan_place *place = all->places[i];
		struct iomt_repack_device *device;

		if (!i || device_of(place) != device_of(all->places[i - 1])) {
			all->devices[all->count] = describe(all, place);
			all->devices[all->count++].keys = &all->keys[i];
		}
		device = &all->devices[all->count - 1];
		device->count++;
		all->keys[i] = (struct iomt_repack_key){
			key_of(place), (uint32_t)(place->domain - all->plan->domains)};
	}
}

static bool populate(struct population *all)
{
	struct plan *plan = all->plan;
	size_t most = plan->place_count ? plan->place_count : 1;

	all->places = calloc(most, sizeof(struct plan_place *));
	all->keys = calloc(most, sizeof(*all->keys));
	all->devices = calloc(most, sizeof(*all->devices));
	if (!all->places || !all->keys || !all->devices)
		return false;
	for (uint32_t i = 0; i < plan->place_count; i++) {
		struct plan_place *place = &plan->places[i];

		if (has_table(place) && place->device->unit == all->unit->machine)
			all->places[all->place_count++] = place;
	}
	qsort(all->places, all->place_count, sizeof(struct plan_place *), by_device);
	list_devices(all);
	return true;
}

static void depopulate(struct population *all)
{
	free(all->places);
	free(all->keys);
	free(all->devices);
}

struct tag {
	uint32_t id, key;
};

static int by_tag(const void *one, const void *two)
{
	const struct tag *a = one, *b = two;

	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return a->key < b->key ? -1 : a->key > b->key;
}

/* How many different ones: of ids, and of tags. */
static struct plan_count count_tags(struct tag *tags, uint32_t count)
{
	struct plan_count result = {0, 0};

	qsort(tags, count, sizeof(*tags), by_tag);
	for (uint32_t i = 0; i < count; i++) {
		result.ids += !i || tags[i].id != tags[i - 1].id;
		result.tags += !i || by_tag(&tags[i - 1], &tags[i]);
	}
	return result;
}

/* Without a packer: a host table's id is its domain's, that of guest tables the device's. */
static void count_apart(const struct population *all, struct plan_unit *unit, struct tag *tags)
{
	for (uint32_t i = 0; i < all->place_count; i++) {
		const struct plan_place *place = all->places[i];
		uint32_t domain = (uint32_t)(place->domain - all->plan->domains);

		tags[i].key = key_of(place);
		tags[i].id =
			tags[i].key == IOMT_PACK_RID ? domain : MACHINE_DOMAINS + device_of(place);
	}
	unit->apart = count_tags(tags, all->place_count);
}

static int pack_commit(struct iomt_pack *pack, int err)
{
	struct iomt_pack_plan plan;

	if (!err)
		err = iomt_pack_commit(pack, &plan);
	if (err) {
		iomt_pack_abort(pack);
		return err;
	}
	return iomt_pack_complete(pack, plan.token);
}

static int pack_add(struct iomt_pack *pack, const struct iomt_repack_device *device,
		    iomt_pack_device *handle)
{
	const struct iomt_pack_device_cfg cfg = {.size = sizeof(cfg),
						 .sends = device->sends,
						 .flags = device->flags,
						 .trust = device->trust,
						 .fixed = device->fixed};
	int err = iomt_pack_begin(pack);

	return err ? err : pack_commit(pack, iomt_pack_add(pack, &cfg, handle));
}

static int pack_set(struct iomt_pack *pack, iomt_pack_device device,
		    const struct iomt_repack_key *key)
{
	const struct iomt_pack_leaf leaf = {.root = key->leaf + 1};
	int err = iomt_pack_begin(pack);

	return err ? err : pack_commit(pack, iomt_pack_set(pack, device, key->key, &leaf));
}

/* A transaction for each device, and for each thing that is attached: as iomt_iommu does it. */
static int count_packed(const struct population *all, uint32_t relation, struct tag *tags,
			struct plan_count *result)
{
	uint32_t bits = all->unit->machine->caps.domain_bits;
	const struct iomt_pack_cfg cfg = {.size = sizeof(cfg),
					  .mem = all->plan->mem,
					  .bits = bits,
					  .first_id = 1,
					  .last_id = (1u << bits) - 1,
					  .relation = relation};
	iomt_pack_device *handles = calloc(all->count + 1, sizeof(*handles));
	struct iomt_pack pack;
	int err = handles ? iomt_pack_init(&pack, &cfg) : IOMT_ENOMEM;
	uint32_t at = 0;

	if (err) {
		free(handles);
		return err;
	}
	for (uint32_t i = 0; !err && i < all->count; i++)
		err = pack_add(&pack, &all->devices[i], &handles[i]);
	for (uint32_t i = 0; !err && i < all->count; i++) {
		for (uint32_t k = 0; !err && k < all->devices[i].count; k++)
			err = pack_set(&pack, handles[i], &all->devices[i].keys[k]);
	}
	for (uint32_t i = 0; !err && i < all->count; i++) {
		uint32_t id = 0;

		err = iomt_pack_id(&pack, handles[i], &id);
		for (uint32_t k = 0; k < all->devices[i].count; k++)
			tags[at++] = (struct tag){id, all->devices[i].keys[k].key};
	}
	if (!err)
		*result = count_tags(tags, at);
	iomt_pack_destroy(&pack);
	free(handles);
	return err;
}

/*
 * The solver's ids become those of the plan, after they were checked by other means. Devices with nothing
 * in common are not put together: that would save nothing, and an invalidation by id would reach both.
 */
static int solve(const struct population *all, struct plan_unit *unit, uint32_t *ids, void *memory,
		 size_t bytes, const struct iomt_repack_cfg *cfg)
{
	struct iomt_repack_result result;
	uint32_t device = 0;
	int err = iomt_repack_solve(cfg, all->devices, all->count, memory, bytes, ids, NULL,
				    &result, NULL);

	if (!err)
		err = iomt_repack_check(IOMT_REPACK_ISOLATING, all->devices, all->count, ids,
					memory, bytes, NULL);
	if (err)
		return err;
	for (uint32_t i = 0; i < all->place_count; i++) {
		if (i && device_of(all->places[i]) != device_of(all->places[i - 1]))
			device++;
		all->places[i]->id = ids[device];
	}
	unit->packed = (struct plan_count){result.ids, result.tags};
	unit->bound = result.bound;
	return 0;
}

static int solve_ids(const struct population *all, struct plan_unit *unit)
{
	uint32_t last = (1u << unit->machine->caps.domain_bits) - 1;
	const struct iomt_repack_cfg cfg = {.size = sizeof(cfg),
					    .first = 1,
					    .last = last,
					    .enough = last,
					    .relation = IOMT_REPACK_ISOLATING,
					    .effort = 1 << 26};
	size_t bytes = iomt_repack_bytes(&cfg, all->count),
	       check = iomt_repack_check_bytes(all->devices, all->count);
	void *memory = malloc(bytes > check ? bytes : check);
	uint32_t *ids = malloc(all->count * sizeof(*ids));
	int err = IOMT_ENOMEM;

	bytes = bytes > check ? bytes : check;
	if (memory && ids)
		err = solve(all, unit, ids, memory, bytes, &cfg);
	free(memory);
	free(ids);
	return err;
}

static int count_ways(const struct population *all, struct plan_unit *unit)
{
	struct tag *tags = calloc(all->place_count, sizeof(*tags));
	int err;

	if (!tags)
		return IOMT_ENOMEM;
	count_apart(all, unit, tags);
	err = count_packed(all, IOMT_PACK_EQUIVALENT, tags, &unit->equal);
	if (!err)
		err = count_packed(all, IOMT_PACK_ISOLATING, tags, &unit->attached);
	if (!err)
		err = solve_ids(all, unit);
	free(tags);
	return err;
}

/* Ids that tables have: by kind, which is the stage's on SMMUv3. */
static bool count_tables(struct plan *plan, struct plan_unit *unit)
{
	bool smmu = unit->machine->caps.kind->vendor == IOMT_VENDOR_SMMU;
	struct tag *tags = calloc(plan->place_count + 1, sizeof(*tags));

	if (!tags)
		return false;
	for (unsigned stage = 0; stage <= 2; stage++) {
		struct plan_count *count = !smmu	? &unit->domains
					   : stage == 1 ? &unit->asids
							: &unit->vmids;
		uint32_t used = 0;

		for (uint32_t i = 0; i < plan->place_count; i++) {
			const struct plan_place *place = &plan->places[i];

			if (place->device->unit == unit->machine && place->id != IOMT_PACK_NO_ID &&
			    (smmu ? place->domain->choice.stage == stage : !stage))
				tags[used++] = (struct tag){place->id, 0};
		}
		if (used)
			count->ids = count_tags(tags, used).ids;
	}
	free(tags);
	return true;
}

static bool plan_unit_ids(struct plan *plan, struct plan_unit *unit)
{
	struct population all = {.plan = plan, .unit = unit};
	int err = IOMT_ENOMEM;

	if (unit->machine->caps.kind->vendor != IOMT_VENDOR_AMD)
		return count_tables(plan, unit) || (tool_no_memory(plan->tool), false);
	if (populate(&all))
		err = all.count ? count_ways(&all, unit) : 0;
	depopulate(&all);
	if (err == IOMT_ENOMEM)
		tool_no_memory(plan->tool);
	else if (err)
		tool_fail(plan->tool, unit->machine->name, "its ids cannot be planned: %s",
			  iomt_strerror(err));
	return !err;
}

bool plan_ids(struct plan *plan)
{
	for (uint32_t i = 0; i < plan->machine->unit_count; i++) {
		tool_progress(plan->tool, "ids", i, plan->machine->unit_count);
		if (!plan_unit_ids(plan, &plan->units[i]))
			return false;
	}
	return true;
}
