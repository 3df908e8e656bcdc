/* SPDX-License-Identifier: MIT */
/*
 * Where things are in a tenant's address space: the buffers of its flows from 0, its rings from 8
 * GiB. Tenants that share a table lie 16 GiB apart.
 */
#include "block.h"
#include "mix.h"
#include <iomt/traffic.h>

#define TENANT_LG2  34
#define RINGS_FIRST (1ULL << 33)
#define PAGE	    4096u
#define MOST_EVENTS 8

enum place {
	RING_IN,  /* the device reads from it */
	RING_OUT, /* and reports in it */
	RING_AUX, /* descriptors of virtio, PRP lists */
	BUFFER,
};

/* One access of an item; bytes 0: as many as the item has, or its list of pages. */
struct step {
	uint8_t place;
	uint8_t bytes;
	bool write;
};

struct kind {
	struct step steps[4];
	uint8_t count;
};

static const struct kind kinds[] = {
	[IOMT_TRAFFIC_NIC] = {{{RING_IN, 16, false}, {BUFFER, 0, true}, {RING_OUT, 16, true}}, 3},
	[IOMT_TRAFFIC_NVME] = {{{RING_IN, 64, false},
				{RING_AUX, 0, false},
				{BUFFER, 0, true},
				{RING_OUT, 16, true}},
			       4},
	[IOMT_TRAFFIC_VIRTIO] = {{{RING_IN, 2, false},
				  {RING_AUX, 16, false},
				  {BUFFER, 0, true},
				  {RING_OUT, 8, true}},
				 4},
	[IOMT_TRAFFIC_GPU] = {{{BUFFER, 0, false}}, 1},
};

struct flow {
	uint64_t items;
	uint64_t offset; /* GPU: where the next touch is */
	uint64_t column; /* GPU: where this pass began */
	uint32_t unmapped;
};

struct iomt_traffic {
	struct iomt_traffic_cfg cfg;
	struct flow *flows; /* tenant by tenant */
	uint64_t *turns;    /* of each tenant */
	uint64_t random;
	uint64_t items;
	uint64_t slot_bytes, flow_bytes;
	uint32_t slots;
	uint32_t tenant, in_burst;
	struct iomt_event events[MOST_EVENTS];
	unsigned count, at;
};

static uint64_t round_up(uint64_t value, unsigned lg2)
{
	return ((value + (1ULL << lg2) - 1) >> lg2) << lg2;
}

/* What is mapped for one item has whole pages of its own; what stays mapped lies side by side. */
static uint64_t slot_bytes(const struct iomt_traffic_cfg *cfg)
{
	if (cfg->mapping != IOMT_MAPPING_PERMANENT)
		return round_up(cfg->item_bytes, cfg->leaf_lg2);
	if (cfg->item_bytes >= PAGE)
		return round_up(cfg->item_bytes, 12);
	return cfg->item_bytes > 1 ? 2ULL << (31 - __builtin_clz(cfg->item_bytes - 1)) : 1;
}

/* Addresses whose invalidation is still to come are not used again. */
static uint32_t slots(const struct iomt_traffic_cfg *cfg)
{
	uint32_t waiting = cfg->mapping == IOMT_MAPPING_DEFERRED ? cfg->batch : 0;

	return cfg->ring + waiting;
}

static uint64_t flow_bytes(const struct iomt_traffic_cfg *cfg)
{
	uint64_t bytes = slots(cfg) * slot_bytes(cfg);

	if (cfg->kind == IOMT_TRAFFIC_GPU)
		bytes = cfg->span;
	return round_up(bytes, cfg->spread_lg2 ? cfg->spread_lg2 : 12);
}

static uint64_t pages(const struct iomt_traffic_cfg *cfg)
{
	return (cfg->item_bytes + PAGE - 1) / PAGE;
}

static uint64_t step_bytes(const struct iomt_traffic_cfg *cfg, const struct step *step)
{
	if (step->bytes)
		return step->bytes;
	return step->place == BUFFER ? cfg->item_bytes : 8 * pages(cfg);
}

/* Each ring has whole pages. */
static uint64_t ring_bytes(const struct iomt_traffic_cfg *cfg, enum place place)
{
	const struct kind *kind = &kinds[cfg->kind];

	for (unsigned i = 0; i < kind->count; i++) {
		if (kind->steps[i].place == place)
			return round_up(cfg->ring * step_bytes(cfg, &kind->steps[i]), 12);
	}
	return 0;
}

static uint64_t rings_bytes(const struct iomt_traffic_cfg *cfg)
{
	return ring_bytes(cfg, RING_IN) + ring_bytes(cfg, RING_OUT) + ring_bytes(cfg, RING_AUX);
}

static int refuse(struct iomt_model_error *error, int code, const char *field, const char *reason)
{
	if (error)
		*error = (struct iomt_model_error){field, reason};
	return code;
}

static int check_fields(const struct iomt_traffic_cfg *cfg, struct iomt_model_error *error)
{
	bool gpu = cfg->kind == IOMT_TRAFFIC_GPU;
	bool deferred = cfg->mapping == IOMT_MAPPING_DEFERRED;
	const struct {
		bool good;
		const char *field, *reason;
	} wants[] = {
		{cfg->size == sizeof(*cfg), "size", "it is not sizeof(struct iomt_traffic_cfg)"},
		{cfg->kind < IOMT_TRAFFIC_KINDS, "kind", "there is no such one"},
		{cfg->mapping < IOMT_MAPPINGS, "mapping", "there is no such one"},
		{!gpu || !cfg->mapping, "mapping", "a GPU's is permanent"},
		{cfg->flags < 0x80, "flags", "it has unknown bits"},
		{!(cfg->flags & IOMT_TRAFFIC_PASIDS) || !(cfg->flags & IOMT_TRAFFIC_PACKED),
		 "flags", "one table and a PASID each exclude each other"},
		{cfg->tenants && cfg->tenants <= 4096, "tenants", "it is not 1 to 4096"},
		{cfg->flows && cfg->flows <= 65536, "flows", "it is not 1 to 65536"},
		{cfg->ring && cfg->ring <= 65536, "ring", "it is not 1 to 65536"},
		{cfg->item_bytes && cfg->item_bytes <= 1u << 24, "item_bytes",
		 "it is not 1 to 2^24"},
		{!deferred || (cfg->batch && cfg->batch <= 65536), "batch", "it is not 1 to 65536"},
		{cfg->leaf_lg2 >= 12 && cfg->leaf_lg2 <= 30, "leaf_lg2", "it is not 12 to 30"},
		{!cfg->spread_lg2 || (cfg->spread_lg2 >= 12 && cfg->spread_lg2 <= 30), "spread_lg2",
		 "it is not 0, or 12 to 30"},
		{!gpu || (cfg->span >= cfg->item_bytes && cfg->span <= 1ULL << 32), "span",
		 "it is not item_bytes to 2^32"},
		{!gpu || cfg->stride, "stride", "it is 0"},
	};

	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
		if (!wants[i].good)
			return refuse(error, IOMT_EINVAL, wants[i].field, wants[i].reason);
	}
	return 0;
}

int iomt_traffic_cfg_check(const struct iomt_traffic_cfg *cfg, struct iomt_model_error *error)
{
	int err = check_fields(cfg, error);

	if (!err && cfg->flows * flow_bytes(cfg) > RINGS_FIRST)
		err = refuse(error, IOMT_ERANGE, "flows", "their buffers take more than 8 GiB");
	if (!err && cfg->flows * rings_bytes(cfg) > RINGS_FIRST)
		err = refuse(error, IOMT_ERANGE, "flows", "their rings take more than 8 GiB");
	return err;
}

static void lay(struct iomt_traffic *traffic, const struct iomt_traffic_cfg *cfg,
		struct block *block)
{
	struct flow *flows =
		block_take(block, (uint64_t)cfg->tenants * cfg->flows, sizeof(struct flow));
	uint64_t *turns = block_take(block, cfg->tenants, sizeof(uint64_t));

	if (traffic) {
		traffic->flows = flows;
		traffic->turns = turns;
	}
}

size_t iomt_traffic_bytes(const struct iomt_traffic_cfg *cfg)
{
	struct block block = {NULL, 0};

	if (iomt_traffic_cfg_check(cfg, NULL))
		return 0;
	block_take(&block, 1, sizeof(struct iomt_traffic));
	lay(NULL, cfg, &block);
	return block_size(block.used);
}

int iomt_traffic_init(struct iomt_traffic **traffic, const struct iomt_traffic_cfg *cfg,
		      void *memory, size_t bytes)
{
	struct block block = {memory, 0};
	int err = iomt_traffic_cfg_check(cfg, NULL);

	if (!err)
		err = block_check(memory, bytes, iomt_traffic_bytes(cfg));
	if (err)
		return err;
	*traffic = block_take(&block, 1, sizeof(struct iomt_traffic));
	(*traffic)->cfg = *cfg;
	lay(*traffic, cfg, &block);
	(*traffic)->slot_bytes = slot_bytes(cfg);
	(*traffic)->flow_bytes = flow_bytes(cfg);
	(*traffic)->slots = slots(cfg);
	iomt_traffic_rewind(*traffic);
	return 0;
}

void iomt_traffic_rewind(struct iomt_traffic *traffic)
{
	size_t flows = (size_t)traffic->cfg.tenants * traffic->cfg.flows;

	__builtin_memset(traffic->flows, 0, flows * sizeof(struct flow));
	__builtin_memset(traffic->turns, 0, traffic->cfg.tenants * sizeof(uint64_t));
	traffic->random = traffic->cfg.seed;
	traffic->items = 0;
	traffic->tenant = traffic->in_burst = 0;
	traffic->count = traffic->at = 0;
}

static void take_turns(struct iomt_traffic *traffic)
{
	const struct iomt_traffic_cfg *cfg = &traffic->cfg;
	bool random = cfg->flags & IOMT_TRAFFIC_RANDOM;

	if (!traffic->items) {
		traffic->tenant = random ? mix_below(&traffic->random, cfg->tenants) : 0;
		traffic->in_burst = 1;
	} else if (traffic->in_burst++ >= cfg->burst) {
		traffic->tenant = random ? mix_below(&traffic->random, cfg->tenants)
					 : (traffic->tenant + 1) % cfg->tenants;
		traffic->in_burst = 1;
	}
}

/* Which of its tenant's flows is next. */
static uint32_t pick_flow(struct iomt_traffic *traffic)
{
	if (traffic->cfg.flags & IOMT_TRAFFIC_RANDOM)
		return mix_below(&traffic->random, traffic->cfg.flows);
	return (uint32_t)(traffic->turns[traffic->tenant]++ % traffic->cfg.flows);
}

static struct iomt_event *put(struct iomt_traffic *traffic, enum iomt_event_op op, uint64_t address,
			      uint64_t bytes)
{
	const struct iomt_traffic_cfg *cfg = &traffic->cfg;
	bool pasids = cfg->flags & IOMT_TRAFFIC_PASIDS, packed = cfg->flags & IOMT_TRAFFIC_PACKED;
	bool one = pasids || cfg->flags & IOMT_TRAFFIC_ONE_RID;
	struct iomt_event *event = &traffic->events[traffic->count++];

	*event = (struct iomt_event){
		.time_ps = traffic->items * cfg->gap_ps,
		.address = address,
		.bytes = bytes,
		.pasid = pasids ? traffic->tenant + 1 : IOMT_NO_PASID,
		.rid = one ? 0 : (uint16_t)traffic->tenant,
		.domain = pasids || packed ? 1 : (uint16_t)(traffic->tenant + 1),
		.op = (uint8_t)op,
		.leaf_lg2 = cfg->leaf_lg2,
	};
	return event;
}

static uint64_t ring_at(struct iomt_traffic *traffic, uint32_t flow, enum place place,
			uint64_t entry, uint64_t bytes)
{
	const struct iomt_traffic_cfg *cfg = &traffic->cfg;
	bool apart = cfg->flags & (IOMT_TRAFFIC_PACKED | IOMT_TRAFFIC_COMMON);
	uint64_t at = RINGS_FIRST + flow * rings_bytes(cfg);

	for (enum place before = RING_IN; before < place; before++)
		at += ring_bytes(cfg, before);
	return at + entry * bytes + (apart ? (uint64_t)traffic->tenant << TENANT_LG2 : 0);
}

static uint64_t buffer_at(struct iomt_traffic *traffic, uint32_t number)
{
	const struct iomt_traffic_cfg *cfg = &traffic->cfg;
	bool apart = cfg->flags & IOMT_TRAFFIC_PACKED && !(cfg->flags & IOMT_TRAFFIC_COMMON);
	struct flow *flow = &traffic->flows[(size_t)traffic->tenant * cfg->flows + number];
	uint64_t at = number * traffic->flow_bytes;

	if (cfg->kind == IOMT_TRAFFIC_GPU)
		at += flow->offset;
	else
		at += flow->items % traffic->slots * traffic->slot_bytes;
	return at + (apart ? (uint64_t)traffic->tenant << TENANT_LG2 : 0);
}

static void put_accesses(struct iomt_traffic *traffic, uint32_t flow, uint64_t buffer,
			 uint64_t entry)
{
	const struct iomt_traffic_cfg *cfg = &traffic->cfg;
	const struct kind *kind = &kinds[cfg->kind];

	for (unsigned i = 0; i < kind->count; i++) {
		const struct step *step = &kind->steps[i];
		uint64_t bytes = step_bytes(cfg, step);
		bool list = step->place == RING_AUX && !step->bytes;
		struct iomt_event *event;

		if (list && pages(cfg) <= 2) /* both fit into the command */
			continue;
		event = put(traffic, IOMT_EVENT_ACCESS,
			    step->place == BUFFER
				    ? buffer
				    : ring_at(traffic, flow, step->place, entry, bytes),
			    bytes);
		event->flags = step->write ? IOMT_EVENT_WRITE : 0;
		if (step->place != BUFFER)
			event->leaf_lg2 = 12;
		else if (cfg->kind == IOMT_TRAFFIC_NVME && mix_next(&traffic->random) & 1)
			event->flags = 0; /* half the commands write to the disk */
	}
}

/* The driver is done with a buffer. */
static void put_unmap(struct iomt_traffic *traffic, struct flow *queue, uint64_t buffer)
{
	const struct iomt_traffic_cfg *cfg = &traffic->cfg;
	uint8_t whose = cfg->flags & IOMT_TRAFFIC_PACKED ? IOMT_EVENT_ANY_DEVICE : 0;

	put(traffic, IOMT_EVENT_UNMAP, buffer, traffic->slot_bytes);
	if (cfg->mapping == IOMT_MAPPING_STRICT) {
		uint8_t kept = cfg->flags & IOMT_TRAFFIC_FLUSH ? 0 : IOMT_EVENT_LEAF_ONLY;

		put(traffic, IOMT_EVENT_INVALIDATE, buffer, traffic->slot_bytes)->flags =
			kept | whose;
	} else if (++queue->unmapped >= cfg->batch) {
		put(traffic, IOMT_EVENT_INVALIDATE, 0, UINT64_MAX)->flags =
			IOMT_EVENT_ANY_PASID | whose;
		queue->unmapped = 0;
	}
}

/* The next touch: a stride on, or at the begin of the next column. */
static void advance(const struct iomt_traffic_cfg *cfg, struct flow *flow)
{
	flow->items++;
	if (cfg->kind != IOMT_TRAFFIC_GPU)
		return;
	if (cfg->stride <= cfg->span - cfg->item_bytes - flow->offset) {
		flow->offset += cfg->stride;
		return;
	}
	flow->column += cfg->item_bytes;
	if (flow->column >= cfg->stride || flow->column > cfg->span - cfg->item_bytes)
		flow->column = 0;
	flow->offset = flow->column;
}

static void put_item(struct iomt_traffic *traffic)
{
	const struct iomt_traffic_cfg *cfg = &traffic->cfg;
	bool mapped = cfg->mapping != IOMT_MAPPING_PERMANENT;
	struct flow *flows;
	uint32_t number;
	uint64_t buffer;

	take_turns(traffic);
	number = pick_flow(traffic);
	flows = &traffic->flows[(size_t)traffic->tenant * cfg->flows];
	buffer = buffer_at(traffic, number);
	traffic->count = traffic->at = 0;
	if (mapped)
		put(traffic, IOMT_EVENT_MAP, buffer, traffic->slot_bytes);
	put_accesses(traffic, number, buffer, flows[number].items % cfg->ring);
	if (mapped)
		put_unmap(traffic, cfg->flags & IOMT_TRAFFIC_SINGLE ? flows : &flows[number],
			  buffer);
	advance(cfg, &flows[number]);
	traffic->items++;
}

bool iomt_traffic_next(struct iomt_traffic *traffic, struct iomt_event *event)
{
	if (traffic->at == traffic->count) {
		if (traffic->cfg.items && traffic->items == traffic->cfg.items)
			return false;
		put_item(traffic);
	}
	*event = traffic->events[traffic->at++];
	return true;
}

uint64_t iomt_traffic_items(const struct iomt_traffic *traffic)
{
	return traffic->items;
}
