/* SPDX-License-Identifier: MIT */
/* The way through the model: walks, sizes, tags, time, prefetches, and what is refused. */
#include "model_play.h"

#define NS 1000ULL

/* Four levels, each with a walk cache of 16 tables. */
static struct iomt_model_cfg walking_cfg(void)
{
	struct iomt_model_cfg cfg = plain_cfg(4, IOMT_POLICY_LRU);

	for (int level = 0; level < 3; level++)
		cfg.walk[level] = (struct iomt_cache_cfg){.sets = 1, .ways = 16};
	return cfg;
}

static struct iomt_event large(uint64_t address, uint8_t leaf_lg2)
{
	struct iomt_event event = access_at(address);

	event.leaf_lg2 = leaf_lg2;
	return event;
}

/* Each level that is new costs a read. */
static void reads_of_walks(void)
{
	struct iomt_model_cfg cfg = walking_cfg();
	struct iomt_model *model = model_open(&cfg);

	CHECK_EQ(reads_of(model, access_at(0)), 4);
	CHECK_EQ(reads_of(model, access_at(0)), 0);
	CHECK_EQ(reads_of(model, access_at(0x1000)), 1);
	CHECK_EQ(reads_of(model, access_at(1 << 21)), 2);
	CHECK_EQ(reads_of(model, access_at(1 << 30)), 3);
	CHECK_EQ(reads_of(model, access_at(1ULL << 39)), 4);
	CHECK_EQ(reads_of(model, large(2 << 21, 21)), 1);
	CHECK_EQ(reads_of(model, large(5ULL << 30, 30)), 1);
	CHECK_EQ(reads_of(model, large(7ULL << 39 | 1ULL << 30, 21)), 3);
	CHECK_EQ(stats_of(model).walks, 8);
	free(model);
}

/* Without walk caches, each walk goes all the way; the output and each entry of stage 1 cost a walk
 * of stage 2: (4 + 1) * (4 + 1) - 1. */
static void reads_of_nested_walks(void)
{
	struct iomt_model_cfg cfg = plain_cfg(4, IOMT_POLICY_LRU);
	struct iomt_model *model = model_open(&cfg);

	CHECK_EQ(reads_of(model, access_at(0)), 4);
	CHECK_EQ(reads_of(model, access_at(0x1000)), 4);
	CHECK_EQ(reads_of(model, large(0, 21)), 3);
	CHECK_EQ(reads_of(model, large(0, 30)), 2);
	free(model);
	cfg.nested = 4;
	model = model_open(&cfg);
	CHECK_EQ(reads_of(model, access_at(0)), 24);
	free(model);
	cfg = walking_cfg();
	cfg.nested = 4;
	model = model_open(&cfg);
	CHECK_EQ(reads_of(model, access_at(0)), 24);
	CHECK_EQ(reads_of(model, access_at(0x1000)), 9);
	free(model);
}

/* 16K granules have tables of 2048 entries, a 32M block a level up; 64K ones of 8192, 512M. */
static void other_granules(void)
{
	struct iomt_model_cfg cfg = walking_cfg();
	struct iomt_model *model;

	cfg.granule_lg2 = 14;
	cfg.iotlb[0].sizes = 1ULL << 14 | 1ULL << 25;
	model = model_open(&cfg);
	CHECK_EQ(reads_of(model, large(0, 14)), 4);
	CHECK_EQ(reads_of(model, large((32 << 20) - 1, 14)), 1);
	CHECK_EQ(reads_of(model, large(32 << 20, 25)), 1);
	CHECK_EQ(reads_of(model, large(1ULL << 36, 25)), 2);
	free(model);
	cfg.granule_lg2 = 16;
	cfg.levels = 3;
	cfg.iotlb[0].sizes = 1ULL << 16 | 1ULL << 29;
	model = model_open(&cfg);
	CHECK_EQ(reads_of(model, large(0, 16)), 3);
	CHECK_EQ(reads_of(model, large((512 << 20) - 1, 16)), 1);
	CHECK_EQ(reads_of(model, large(512 << 20, 29)), 1);
	free(model);
}

/* Four reads a page fall to one when invalidations keep the walk caches. */
static void invalidations_and_walk_caches(void)
{
	for (unsigned leaf_only = 0; leaf_only < 2; leaf_only++) {
		struct iomt_model_cfg cfg = walking_cfg();
		struct iomt_model *model = model_open(&cfg);

		for (unsigned i = 0; i < 100; i++) {
			CHECK_EQ(reads_of(model, access_at(0x7000)), i && leaf_only ? 1 : 4);
			play(model,
			     invalidate_at(0x7000, 0x1000, leaf_only ? IOMT_EVENT_LEAF_ONLY : 0));
		}
		CHECK_EQ(stats_of(model).invalidates, 100);
		CHECK_EQ(stats_of(model).iotlb.invalidated, 100);
		CHECK_EQ(stats_of(model).walk[0].invalidated, leaf_only ? 0 : 100);
		free(model);
	}
}

/* Exactly what overlaps goes: larger entries too, and at the top of the address space. */
static void ranges(void)
{
	struct iomt_model_cfg cfg = plain_cfg(16, IOMT_POLICY_LRU);
	struct iomt_model *model = model_open(&cfg);
	uint64_t top = UINT64_MAX - 0xfff;

	play(model, large(0, 21));
	play(model, access_at(0x200000));
	play(model, access_at(top));
	play(model, invalidate_at(0x1ff000, 0x1000, 0));
	CHECK(!hits(model, large(0, 21)));
	CHECK(hits(model, access_at(0x200000)));
	play(model, invalidate_at(0x1fffff, 2, 0));
	CHECK(!hits(model, large(0, 21)));
	CHECK(!hits(model, access_at(0x200000)));
	play(model, invalidate_at(top - 1, 1, 0));
	CHECK(hits(model, access_at(top)));
	play(model, invalidate_at(UINT64_MAX, 1, 0));
	CHECK(!hits(model, access_at(top)));
	play(model, invalidate_at(0, UINT64_MAX, 0));
	CHECK(!hits(model, access_at(top)));
	CHECK(!hits(model, access_at(0x200000)));
	free(model);
}

static struct iomt_event tagged(uint16_t domain, uint32_t pasid)
{
	struct iomt_event event = access_at(0x3000);

	event.domain = domain;
	event.pasid = pasid;
	return event;
}

/* PASID 0 is not the same as none, and an invalidation has the tags that it says. */
static void tags(void)
{
	static const struct {
		uint8_t flags;
		bool hit[4];
	} cases[] = {
		{0, {false, true, true, true}},
		{IOMT_EVENT_ANY_PASID, {false, false, false, true}},
		{IOMT_EVENT_ANY_PASID | IOMT_EVENT_ANY_DOMAIN, {false, false, false, false}},
	};
	const struct iomt_event events[] = {tagged(1, IOMT_NO_PASID), tagged(1, 0),
					    tagged(1, 0xfffff), tagged(2, IOMT_NO_PASID)};
	struct iomt_model_cfg cfg = plain_cfg(16, IOMT_POLICY_LRU);

	for (size_t c = 0; c < 3; c++) {
		struct iomt_model *model = model_open(&cfg);
		struct iomt_event forget = invalidate_at(0x3000, 1, cases[c].flags);

		for (size_t i = 0; i < 4; i++)
			CHECK(!hits(model, events[i]));
		forget.domain = 1;
		play(model, forget);
		for (size_t i = 0; i < 4; i++)
			CHECK(hits(model, events[i]) == cases[c].hit[i]);
		free(model);
	}
}

/* Units have caches of their own. */
static void units(void)
{
	struct iomt_model_cfg cfg = plain_cfg(4, IOMT_POLICY_LRU);
	struct iomt_event there = access_at(0), forget;
	struct iomt_model *model;

	cfg.units = 2;
	model = model_open(&cfg);
	there.unit = 1;
	CHECK(!hits(model, access_at(0)));
	CHECK(!hits(model, there));
	forget = invalidate_at(0, 1, IOMT_EVENT_ANY_PASID | IOMT_EVENT_ANY_DOMAIN);
	play(model, forget);
	CHECK(!hits(model, access_at(0)));
	CHECK(hits(model, there));
	free(model);
}

/* What a 64K leaf costs where the IOTLB has such entries, and where it has not. */
static void leaf_sizes(void)
{
	struct iomt_model_cfg cfg = plain_cfg(32, IOMT_POLICY_LRU);
	struct iomt_event event = large(0x10000, 16);
	struct iomt_model *model = model_open(&cfg);

	event.bytes = 0x10000;
	play(model, event);
	CHECK_EQ(stats_of(model).iotlb.misses, 16);
	free(model);
	cfg.iotlb[0].sizes = SIZES_AMD;
	model = model_open(&cfg);
	play(model, event);
	CHECK_EQ(stats_of(model).iotlb.misses, 1);
	/* an access that begins in one page and ends in the next */
	event.address = 0x1ffff;
	event.bytes = 2;
	play(model, event);
	CHECK_EQ(stats_of(model).iotlb.misses, 2);
	CHECK_EQ(stats_of(model).lookups, 3);
	free(model);
}

/* Large pages that have a part of their own do not push small ones out. */
static void size_classes(void)
{
	struct iomt_model_cfg cfg = plain_cfg(2, IOMT_POLICY_LRU);
	struct iomt_model *model;

	cfg.iotlb[0].sizes = 1 << 12;
	cfg.iotlb[1] =
		(struct iomt_cache_cfg){.sets = 1, .ways = 2, .sizes = 1ULL << 21 | 1ULL << 30};
	model = model_open(&cfg);
	CHECK(!hits(model, access_at(0)));
	for (uint64_t i = 0; i < 8; i++)
		CHECK(!hits(model, large(i << 30, 30)));
	CHECK(hits(model, access_at(0)));
	/* a 512G leaf is held as pages of 1G */
	CHECK(!hits(model, large(0, 39)));
	CHECK(hits(model, large(1, 39)));
	CHECK(!hits(model, large(1ULL << 30, 39)));
	free(model);
}

/* A page smaller than all that the IOTLB holds is walked each time. */
static void sizes_that_nothing_holds(void)
{
	struct iomt_model_cfg cfg = walking_cfg();
	struct iomt_model *model;

	cfg.iotlb[0].sizes = 1 << 21;
	model = model_open(&cfg);
	CHECK_EQ(reads_of(model, access_at(0)), 4);
	CHECK_EQ(reads_of(model, access_at(0)), 1);
	CHECK_EQ(stats_of(model).iotlb.misses, 0);
	free(model);
}

/* 2 ns to look, 50 ns a read, 450 ns each way. */
static struct iomt_model_cfg timed_cfg(void)
{
	struct iomt_model_cfg cfg = plain_cfg(64, IOMT_POLICY_LRU);

	cfg.iotlb[0].latency_ps = 2 * NS;
	cfg.memory_ps = 50 * NS;
	cfg.devices = 4;
	return cfg;
}

static void latencies(void)
{
	struct iomt_model_cfg cfg = timed_cfg();
	struct iomt_model *model = model_open(&cfg);
	struct iomt_event later = access_at(0);

	CHECK_EQ(play(model, access_at(0)), 202 * NS);
	later.time_ps = 1000 * NS;
	CHECK_EQ(play(model, later), 1002 * NS);
	CHECK_EQ(stats_of(model).latency_ps, 204 * NS);
	CHECK_EQ(stats_of(model).last_ps, 1002 * NS);
	free(model);
	cfg.device = (struct iomt_cache_cfg){
		.sets = 1, .ways = 8, .sizes = SIZES_X86, .latency_ps = 1 * NS};
	cfg.link_ps = 450 * NS;
	model = model_open(&cfg);
	CHECK_EQ(play(model, access_at(0)), (1 + 450 + 2 + 200 + 450) * NS);
	later.time_ps = 2000 * NS;
	CHECK_EQ(play(model, later), 2001 * NS);
	/* another device misses its own TLB and hits the IOTLB */
	later.rid = 7;
	CHECK_EQ(play(model, later), (2000 + 1 + 450 + 2 + 450) * NS);
	free(model);
}

/* Who wants what is being fetched waits for it, and walks nothing. */
static void merged_misses(void)
{
	struct iomt_model_cfg cfg = timed_cfg();
	struct iomt_model *model = model_open(&cfg);
	struct iomt_event soon = access_at(0x800);

	CHECK_EQ(play(model, access_at(0)), 202 * NS);
	soon.time_ps = 100 * NS;
	CHECK_EQ(play(model, soon), 202 * NS);
	CHECK_EQ(stats_of(model).iotlb.merged, 1);
	CHECK_EQ(stats_of(model).iotlb.misses, 1);
	CHECK_EQ(stats_of(model).reads, 4);
	free(model);
}

/* Walks in parallel, as many as there are walkers. */
static void walkers(void)
{
	static const uint64_t third[] = {[0] = 202, [1] = 602, [2] = 402, [3] = 202};

	for (uint32_t count = 0; count < 4; count++) {
		struct iomt_model_cfg cfg = timed_cfg();
		struct iomt_model *model;

		cfg.walkers = count;
		model = model_open(&cfg);
		CHECK_EQ(play(model, access_at(0)), 202 * NS);
		CHECK_EQ(play(model, access_at(0x1000)), (count == 1 ? 402 : 202) * NS);
		CHECK_EQ(play(model, access_at(0x2000)), third[count] * NS);
		free(model);
	}
}

/* A walk that needs a table that another walk is about to find waits for that alone. */
static void walks_share_tables(void)
{
	struct iomt_model_cfg cfg = timed_cfg();
	struct iomt_model *model;

	cfg.walk[0] = (struct iomt_cache_cfg){.sets = 1, .ways = 4};
	model = model_open(&cfg);
	CHECK_EQ(play(model, access_at(0)), 202 * NS);
	/* the table of level 0 is known after three reads of four */
	CHECK_EQ(play(model, access_at(0x1000)), 202 * NS);
	CHECK_EQ(stats_of(model).walk[0].merged, 1);
	CHECK_EQ(stats_of(model).reads, 5);
	free(model);
}

/* With a window of one, each waits for the one before. */
static void window(void)
{
	static const uint64_t done[] = {[0] = 202, [1] = 4 * 202, [2] = 2 * 202, [4] = 202};

	for (uint32_t places = 0; places <= 4; places += places ? places : 1) {
		struct iomt_model_cfg cfg = timed_cfg();
		struct iomt_model *model;

		cfg.window = places;
		model = model_open(&cfg);
		for (uint64_t i = 0; i < 4; i++)
			play(model, access_at(i << 12));
		CHECK_EQ(stats_of(model).last_ps, done[places] * NS);
		CHECK_EQ(stats_of(model).latency_ps, 4 * 202 * NS);
		CHECK_EQ(stats_of(model).stalled_ps, places == 1   ? (1 + 2 + 3) * 202 * NS
						     : places == 2 ? 2 * 202 * NS
								   : 0);
		free(model);
	}
}

/* Invalidations of a unit wait for each other. */
static void command_queue(void)
{
	struct iomt_model_cfg cfg = timed_cfg();
	struct iomt_model *model;
	struct iomt_event there = invalidate_at(0, 1, 0);

	cfg.invalidate_ps = 300 * NS;
	cfg.units = 2;
	model = model_open(&cfg);
	CHECK_EQ(play(model, invalidate_at(0, 1, 0)), 300 * NS);
	CHECK_EQ(play(model, invalidate_at(0, 1, 0)), 600 * NS);
	there.unit = 1;
	CHECK_EQ(play(model, there), 300 * NS);
	CHECK_EQ(stats_of(model).invalidate_ps, 1200 * NS);
	free(model);
}

static void device_tlbs(void)
{
	struct iomt_model_cfg cfg = timed_cfg();
	struct iomt_event one = access_at(0), two = access_at(0), forget = invalidate_at(0, 1, 0);
	struct iomt_model *model;

	cfg.device = (struct iomt_cache_cfg){.sets = 1, .ways = 1, .sizes = 1 << 12};
	cfg.devices = 2;
	model = model_open(&cfg);
	one.rid = 0x100;
	two.rid = 0xffff;
	play(model, one);
	play(model, two);
	forget.rid = one.rid;
	play(model, forget);
	CHECK_EQ(stats_of(model).device.invalidated, 1);
	play(model, two);
	CHECK_EQ(stats_of(model).device.misses, 2);
	forget.rid = 5; /* never seen */
	play(model, forget);
	CHECK_EQ(stats_of(model).device.invalidated, 1);
	forget.flags = IOMT_EVENT_ANY_DEVICE;
	play(model, forget);
	CHECK_EQ(stats_of(model).device.invalidated, 2);
	/* no place for a third requester: nothing changes */
	one.rid = 0x200;
	CHECK_INT(iomt_model_play(model, &one, NULL), IOMT_ENOMEM);
	CHECK_EQ(stats_of(model).accesses, 3);
	free(model);
}

/* Sequential pages: one miss, then each is there before it is wanted. */
static void prefetch_next(void)
{
	struct iomt_model_cfg cfg = plain_cfg(8, IOMT_POLICY_LRU);
	struct iomt_model *model;

	cfg.prefetch = IOMT_PREFETCH_NEXT;
	cfg.prefetch_pages = 1;
	model = model_open(&cfg);
	for (uint64_t page = 0; page < 100; page++)
		CHECK(hits(model, access_at(page << 12)) == (page > 0));
	CHECK_EQ(stats_of(model).prefetches, 100);
	CHECK_EQ(stats_of(model).prefetches_used, 99);
	/* nothing is after the last page */
	play(model, access_at(UINT64_MAX));
	CHECK_EQ(stats_of(model).prefetches, 100);
	free(model);
}

/* Every third page, down: the third access tells the stride. Pages between are not fetched. */
static void prefetch_stride(void)
{
	struct iomt_model_cfg cfg = plain_cfg(8, IOMT_POLICY_LRU);
	struct iomt_model *model;

	cfg.prefetch = IOMT_PREFETCH_STRIDE;
	cfg.prefetch_pages = 2;
	model = model_open(&cfg);
	for (uint64_t i = 0; i < 30; i++) {
		CHECK(hits(model, access_at((120 - 3 * i) << 12)) == (i > 2));
		/* the same page again changes nothing */
		CHECK(hits(model, access_at((120 - 3 * i) << 12)));
	}
	CHECK_EQ(stats_of(model).prefetches_used, 27);
	CHECK_EQ(stats_of(model).prefetches, 29);
	free(model);
}

/* Two requesters that go different ways do not confuse each other. */
static void prefetch_by_requester(void)
{
	struct iomt_model_cfg cfg = plain_cfg(16, IOMT_POLICY_LRU);
	struct iomt_model *model;

	cfg.prefetch = IOMT_PREFETCH_STRIDE;
	cfg.prefetch_pages = 1;
	model = model_open(&cfg);
	for (uint64_t i = 0; i < 20; i++) {
		struct iomt_event other = access_at((1ULL << 40) + (7 * i << 12));

		other.rid = 9;
		CHECK(hits(model, access_at(i << 12)) == (i > 2));
		CHECK(hits(model, other) == (i > 2));
	}
	free(model);
}

static void restart(void)
{
	struct iomt_model_cfg cfg = walking_cfg();
	struct iomt_model *model = model_open(&cfg);
	struct iomt_event map = access_at(0);
	struct iomt_model_stats stats;

	map.op = IOMT_EVENT_MAP;
	play(model, map);
	map.op = IOMT_EVENT_UNMAP;
	play(model, map);
	play(model, access_at(0));
	CHECK_EQ(stats_of(model).maps, 1);
	CHECK_EQ(stats_of(model).unmaps, 1);
	iomt_model_restart(model);
	play(model, access_at(0));
	stats = stats_of(model);
	CHECK_EQ(stats.iotlb.hits, 1);
	CHECK_EQ(stats.iotlb.misses + stats.walk[0].misses + stats.maps + stats.walks, 0);
	CHECK_EQ(stats.accesses, 1);
	free(model);
}

/* A member, and what it is set to. */
struct setting {
	size_t at, bytes;
	uint64_t value;
};

static void set(struct iomt_model_cfg *cfg, const struct setting *setting)
{
	memcpy((char *)cfg + setting->at, &setting->value, setting->bytes); /* low byte first */
}

#define SET(member, value)                                                    \
	{                                                                     \
		offsetof(struct iomt_model_cfg, member),                      \
			sizeof(((struct iomt_model_cfg *)0)->member), (value) \
	}

/* A configuration that is good but for one thing is refused for that thing. */
static void bad_configurations(void)
{
	static const struct {
		const char *field;
		int code;
		struct setting settings[3];
	} bad[] = {
		{"size", IOMT_EINVAL, {SET(size, sizeof(struct iomt_model_cfg) - 1)}},
		{"granule_lg2", IOMT_EINVAL, {SET(granule_lg2, 13)}},
		{"levels", IOMT_EINVAL, {SET(levels, 7)}},
		{"levels", IOMT_EINVAL, {SET(levels, 0)}},
		{"nested", IOMT_EINVAL, {SET(nested, 7)}},
		{"units", IOMT_EINVAL, {SET(units, 0)}},
		{"units", IOMT_EINVAL, {SET(units, 257)}},
		{"devices", IOMT_EINVAL, {SET(devices, 0)}},
		{"devices", IOMT_EINVAL, {SET(devices, 65537)}},
		{"walkers", IOMT_EINVAL, {SET(walkers, 65537)}},
		{"window", IOMT_EINVAL, {SET(window, 65537)}},
		{"prefetch", IOMT_EINVAL, {SET(prefetch, IOMT_PREFETCHES)}},
		{"prefetch_pages", IOMT_EINVAL, {SET(prefetch, 1)}},
		{"prefetch_pages", IOMT_EINVAL, {SET(prefetch, 1), SET(prefetch_pages, 17)}},
		{"link_ps", IOMT_EINVAL, {SET(link_ps, (1ULL << 40) + 1)}},
		{"memory_ps", IOMT_EINVAL, {SET(memory_ps, UINT64_MAX)}},
		{"invalidate_ps", IOMT_EINVAL, {SET(invalidate_ps, UINT64_MAX)}},
		{"iotlb", IOMT_EINVAL, {SET(iotlb[0].sets, 3)}},
		{"iotlb", IOMT_EINVAL, {SET(iotlb[0].sets, 1 << 21)}},
		{"iotlb", IOMT_EINVAL, {SET(iotlb[0].sets, 0)}},
		{"iotlb", IOMT_EINVAL, {SET(iotlb[0].ways, 0)}},
		{"iotlb", IOMT_EINVAL, {SET(iotlb[0].ways, 65537)}},
		{"iotlb", IOMT_EINVAL, {SET(iotlb[0].sets, 1 << 20), SET(iotlb[0].ways, 17)}},
		{"iotlb", IOMT_EINVAL, {SET(iotlb[0].partitions, 2)}},
		{"iotlb", IOMT_EINVAL, {SET(iotlb[0].sets, 4), SET(iotlb[0].partitions, 3)}},
		{"iotlb", IOMT_EINVAL, {SET(iotlb[0].policy, IOMT_POLICIES)}},
		{"iotlb",
		 IOMT_EINVAL,
		 {SET(iotlb[0].policy, IOMT_POLICY_PLRU), SET(iotlb[0].ways, 6)}},
		{"iotlb", IOMT_EINVAL, {SET(iotlb[0].index, IOMT_INDEXES)}},
		{"iotlb", IOMT_EINVAL, {SET(iotlb[0].latency_ps, UINT64_MAX)}},
		{"iotlb", IOMT_EINVAL, {SET(iotlb[0].sizes, 0)}},
		{"iotlb", IOMT_EINVAL, {SET(iotlb[0].sizes, 0x1800)}},
		{"iotlb", IOMT_EINVAL, {SET(iotlb[2].ways, 1)}},
		{"device", IOMT_EINVAL, {SET(device.sets, 1)}},
		{"device", IOMT_EINVAL, {SET(device.sets, 1), SET(device.ways, 1)}},
		{"walk", IOMT_EINVAL, {SET(walk[2].sets, 1)}},
		{"walk",
		 IOMT_EOPNOTSUPP,
		 {SET(walk[0].sets, 1), SET(walk[0].ways, 1),
		  SET(walk[0].policy, IOMT_POLICY_OPTIMUM)}},
		{"future", IOMT_EOPNOTSUPP, {SET(iotlb[0].policy, IOMT_POLICY_OPTIMUM)}},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct iomt_model_cfg cfg = plain_cfg(8, IOMT_POLICY_LRU);
		struct iomt_model_error error = {NULL, NULL};
		struct iomt_model *model = NULL;
		uint64_t memory[8];

		CHECK_INT(iomt_model_cfg_check(&cfg, &error), 0);
		for (size_t k = 0; k < 3; k++)
			set(&cfg, &bad[i].settings[k]);
		CHECK_INT(iomt_model_cfg_check(&cfg, &error), bad[i].code);
		CHECK_STR(error.field, bad[i].field);
		CHECK(error.reason && *error.reason);
		CHECK_EQ(iomt_model_bytes(&cfg), 0);
		CHECK_INT(iomt_model_init(&model, &cfg, memory, sizeof(memory)), bad[i].code);
		CHECK(!model);
	}
}

/* The optimum is for an IOTLB whose lookups were recorded, and that nobody else fills. */
static void bad_optima(void)
{
	struct iomt_model_cfg cfg = plain_cfg(8, IOMT_POLICY_OPTIMUM);
	size_t bytes = iomt_future_bytes(8, 8);
	void *memory = malloc(bytes);
	struct iomt_model_error error;

	CHECK_INT(iomt_future_init(&cfg.future, 8, 8, memory, bytes), 0);
	CHECK_INT(iomt_model_cfg_check(&cfg, &error), IOMT_EOPNOTSUPP);
	CHECK_STR(error.field, "future");
	iomt_future_rewind(cfg.future);
	CHECK_INT(iomt_model_cfg_check(&cfg, &error), 0);
	cfg.device = cfg.iotlb[0];
	CHECK_INT(iomt_model_cfg_check(&cfg, &error), IOMT_EOPNOTSUPP);
	CHECK_STR(error.field, "device");
	cfg.device.sets = 0;
	CHECK_INT(iomt_model_cfg_check(&cfg, &error), IOMT_EINVAL);
	CHECK_STR(error.field, "device");
	cfg.device = (struct iomt_cache_cfg){0};
	cfg.prefetch = IOMT_PREFETCH_NEXT;
	cfg.prefetch_pages = 1;
	CHECK_INT(iomt_model_cfg_check(&cfg, &error), IOMT_EOPNOTSUPP);
	CHECK_STR(error.field, "prefetch");
	free(memory);
}

static void bad_memory(void)
{
	struct iomt_model_cfg cfg = plain_cfg(8, IOMT_POLICY_LRU);
	size_t bytes = iomt_model_bytes(&cfg);
	char *memory = malloc(bytes + 8);
	struct iomt_model *model = NULL;
	struct iomt_curve *curve = NULL;
	struct iomt_future *future = NULL;

	CHECK_INT(iomt_model_init(&model, &cfg, memory, bytes - 1), IOMT_ENOMEM);
	CHECK_INT(iomt_model_init(&model, &cfg, memory + 4, bytes), IOMT_EINVAL);
	CHECK_INT(iomt_model_init(&model, &cfg, NULL, bytes), IOMT_EINVAL);
	CHECK(!model);
	CHECK_EQ(iomt_curve_bytes(0), 0);
	CHECK_EQ(iomt_curve_bytes((1 << 24) + 1), 0);
	CHECK_INT(iomt_curve_init(&curve, 0, memory, bytes), IOMT_EINVAL);
	CHECK_INT(iomt_curve_init(&curve, 64, memory, iomt_curve_bytes(64) - 1), IOMT_ENOMEM);
	CHECK(!curve);
	CHECK_EQ(iomt_future_bytes(0, 1), 0);
	CHECK_EQ(iomt_future_bytes(1, 0), 0);
	CHECK_EQ(iomt_future_bytes((1ULL << 31) + 1, 1), 0);
	CHECK_INT(iomt_future_init(&future, 8, 8, memory, 8), IOMT_ENOMEM);
	CHECK(!future);
	free(memory);
}

/* A future too short for the lookups, or for the pages. */
static void short_futures(void)
{
	static const uint32_t pages[] = {2, 3};

	for (size_t i = 0; i < 2; i++) {
		size_t bytes = iomt_future_bytes(2 + (i == 0), pages[i]);
		struct iomt_model_cfg cfg = plain_cfg(8, IOMT_POLICY_LRU);
		void *memory = malloc(bytes), *stack = malloc(iomt_curve_bytes(4));
		struct iomt_event event;
		struct iomt_model *model;

		CHECK_INT(iomt_future_init(&cfg.future, 2 + (i == 0), pages[i], memory, bytes), 0);
		CHECK_INT(iomt_curve_init(&cfg.curve, 4, stack, iomt_curve_bytes(4)), 0);
		model = model_open(&cfg);
		play(model, access_at(0x1000));
		play(model, access_at(0x2000));
		event = access_at(0x3000);
		CHECK_INT(iomt_model_play(model, &event, NULL), IOMT_ENOMEM);
		CHECK_EQ(stats_of(model).lookups, 2);
		CHECK_EQ(iomt_curve_lookups(cfg.curve), 2);
		free(model);
		free(stack);
		free(memory);
	}
}

static void bad_events(void)
{
	struct iomt_model_cfg cfg = plain_cfg(8, IOMT_POLICY_LRU);
	struct iomt_model *model = model_open(&cfg);
	const struct {
		struct iomt_event event;
		int code;
	} bad[] = {
		{{.bytes = 1, .op = 4, .leaf_lg2 = 12}, IOMT_EINVAL},
		{{.bytes = 0, .leaf_lg2 = 12}, IOMT_EINVAL},
		{{.bytes = 1, .leaf_lg2 = 12, .flags = IOMT_EVENT_LEAF_ONLY}, IOMT_EINVAL},
		{{.bytes = 1, .op = IOMT_EVENT_MAP, .flags = IOMT_EVENT_WRITE}, IOMT_EINVAL},
		{{.bytes = 1, .op = IOMT_EVENT_INVALIDATE, .flags = 0x20}, IOMT_EINVAL},
		{{.bytes = 1, .leaf_lg2 = 11}, IOMT_EINVAL},
		{{.bytes = 1, .leaf_lg2 = 48}, IOMT_ERANGE},
		{{.bytes = 1, .leaf_lg2 = 255}, IOMT_ERANGE},
		{{.bytes = 2, .leaf_lg2 = 12, .address = UINT64_MAX}, IOMT_ERANGE},
		{{.bytes = UINT64_MAX, .leaf_lg2 = 12, .address = 2}, IOMT_ERANGE},
		{{.bytes = 65536ULL << 12 | 1, .leaf_lg2 = 12}, IOMT_ERANGE},
		{{.bytes = 1, .leaf_lg2 = 12, .unit = 1}, IOMT_ERANGE},
		{{.bytes = 1, .leaf_lg2 = 12, .pasid = 0x100000}, IOMT_ERANGE},
	};
	struct iomt_model_stats before, after;
	struct iomt_event most = access_at(0);

	before = stats_of(model);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_INT(iomt_model_play(model, &bad[i].event, NULL), bad[i].code);
	after = stats_of(model);
	CHECK(!memcmp(&before, &after, sizeof(before)));
	most.bytes = 65536ULL << 12;
	play(model, most);
	CHECK_EQ(stats_of(model).lookups, 65536);
	free(model);
}

static void presets(void)
{
	CHECK(!iomt_model_preset_find("neugebauer"));
	CHECK(!iomt_model_preset_find(""));
	for (const struct iomt_model_preset *preset = iomt_model_presets(); preset->name;
	     preset++) {
		CHECK(iomt_model_preset_find(preset->name) == preset);
		CHECK_INT(iomt_model_cfg_check(&preset->cfg, NULL), 0);
	}
}

/* What the published constants amount to: a miss from the device takes two crossings of PCIe and 24
 * reads of 50 ns. */
static void hypertrio(void)
{
	struct iomt_model *model = model_open(&iomt_model_preset_find("hypertrio")->cfg);

	CHECK_EQ(play(model, access_at(0)), (2 + 450 + 2 + 24 * 50 + 450) * NS);
	CHECK_EQ(stats_of(model).reads, 24);
	free(model);
}

/* 64 entries; a hit costs nothing, a miss 330 ns once the tables above the leaf are known. */
static void neugebauer(void)
{
	struct iomt_model *model = model_open(&iomt_model_preset_find("neugebauer2018")->cfg);
	struct iomt_event event;

	for (uint64_t i = 0; i < 64; i++)
		play(model, access_at(i << 12));
	for (uint64_t i = 0; i < 64; i++) {
		event = access_at(i << 12);
		event.time_ps = stats_of(model).last_ps + 1;
		CHECK_EQ(play(model, event), event.time_ps);
	}
	event = access_at(64 << 12);
	event.time_ps = stats_of(model).last_ps + 1;
	CHECK_EQ(play(model, event), event.time_ps + 330 * NS);
	free(model);
}

TEST_SUITE(model_path, TEST(reads_of_walks), TEST(reads_of_nested_walks), TEST(other_granules),
	   TEST(invalidations_and_walk_caches), TEST(ranges), TEST(tags), TEST(units),
	   TEST(leaf_sizes), TEST(size_classes), TEST(sizes_that_nothing_holds), TEST(latencies),
	   TEST(merged_misses), TEST(walkers), TEST(walks_share_tables), TEST(window),
	   TEST(command_queue), TEST(device_tlbs), TEST(prefetch_next), TEST(prefetch_stride),
	   TEST(prefetch_by_requester), TEST(restart), TEST(bad_configurations), TEST(bad_optima),
	   TEST(bad_memory), TEST(short_futures), TEST(bad_events), TEST(presets), TEST(hypertrio),
	   TEST(neugebauer));
