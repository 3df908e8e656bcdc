/* SPDX-License-Identifier: MIT */
/* Traffic: what it is made of, that it repeats itself, and what the model makes of it. */
#include "model_play.h"
#include <iomt/traffic.h>

static struct iomt_traffic_cfg nic_cfg(void)
{
	return (struct iomt_traffic_cfg){
		.size = sizeof(struct iomt_traffic_cfg),
		.items = 1000,
		.tenants = 1,
		.flows = 1,
		.ring = 256,
		.item_bytes = 1500,
		.kind = IOMT_TRAFFIC_NIC,
		.leaf_lg2 = 12,
	};
}

static struct iomt_traffic *traffic_open(const struct iomt_traffic_cfg *cfg)
{
	size_t bytes = iomt_traffic_bytes(cfg);
	void *memory = malloc(bytes);
	struct iomt_traffic *traffic = NULL;

	CHECK(bytes && memory);
	CHECK_INT(iomt_traffic_init(&traffic, cfg, memory, bytes), 0);
	return traffic;
}

static void run(struct iomt_model *model, const struct iomt_traffic_cfg *cfg)
{
	struct iomt_traffic *traffic = traffic_open(cfg);
	struct iomt_event event;

	while (iomt_traffic_next(traffic, &event))
		play(model, event);
	free(traffic);
}

static void expect(struct iomt_traffic *traffic, uint8_t op, uint64_t address, uint64_t bytes,
		   uint8_t flags)
{
	struct iomt_event event;

	CHECK(iomt_traffic_next(traffic, &event));
	CHECK_EQ(event.op, op);
	CHECK_EQ(event.address, address);
	CHECK_EQ(event.bytes, bytes);
	CHECK_EQ(event.flags, flags);
}

/* 256 descriptors of 16 bytes are a page; so are 256 completions. Buffers take 2048 bytes each. */
static void nic(void)
{
	struct iomt_traffic_cfg cfg = nic_cfg();
	struct iomt_traffic *traffic = traffic_open(&cfg);

	for (uint64_t i = 0; i < 1000; i++) {
		expect(traffic, IOMT_EVENT_ACCESS, (1ULL << 33) + i % 256 * 16, 16, 0);
		expect(traffic, IOMT_EVENT_ACCESS, i % 256 * 2048, 1500, IOMT_EVENT_WRITE);
		expect(traffic, IOMT_EVENT_ACCESS, (1ULL << 33) + 4096 + i % 256 * 16, 16,
		       IOMT_EVENT_WRITE);
	}
	CHECK(!iomt_traffic_next(traffic, &(struct iomt_event){0}));
	free(traffic);
}

static void nic_strict(void)
{
	struct iomt_traffic_cfg cfg = nic_cfg();
	struct iomt_traffic *traffic;
	struct iomt_event event;

	cfg.mapping = IOMT_MAPPING_STRICT;
	for (unsigned flush = 0; flush < 2; flush++) {
		cfg.flags = flush ? IOMT_TRAFFIC_FLUSH : 0;
		traffic = traffic_open(&cfg);
		for (uint64_t i = 0; i < 300; i++) {
			uint64_t buffer = i % 256 << 12;

			expect(traffic, IOMT_EVENT_MAP, buffer, 4096, 0);
			for (unsigned access = 0; access < 3; access++)
				CHECK(iomt_traffic_next(traffic, &event));
			expect(traffic, IOMT_EVENT_UNMAP, buffer, 4096, 0);
			expect(traffic, IOMT_EVENT_INVALIDATE, buffer, 4096,
			       flush ? 0 : IOMT_EVENT_LEAF_ONLY);
		}
		free(traffic);
	}
}

/* No address comes again before the invalidation that ends its last use. */
static void nic_deferred(void)
{
	for (unsigned single = 0; single < 2; single++) {
		struct iomt_traffic_cfg cfg = nic_cfg();
		static bool stale[1 << 16];
		struct iomt_traffic *traffic;
		struct iomt_event event;
		unsigned flushes = 0, unmaps = 0;

		cfg.flows = 4;
		cfg.mapping = IOMT_MAPPING_DEFERRED;
		cfg.batch = 32;
		cfg.ring = 8;
		cfg.items = 4096;
		cfg.flags = single ? IOMT_TRAFFIC_SINGLE : 0;
		memset(stale, 0, sizeof(stale));
		traffic = traffic_open(&cfg);
		while (iomt_traffic_next(traffic, &event)) {
			uint64_t page = event.address >> 12;

			if (event.op == IOMT_EVENT_MAP)
				CHECK(!stale[page]);
			if (event.op == IOMT_EVENT_UNMAP)
				stale[page] = true;
			unmaps += event.op == IOMT_EVENT_UNMAP;
			if (event.op != IOMT_EVENT_INVALIDATE)
				continue;
			CHECK_EQ(event.flags, IOMT_EVENT_ANY_PASID);
			memset(stale, 0, sizeof(stale));
			flushes++;
		}
		CHECK_EQ(unmaps, 4096);
		CHECK_EQ(flushes, 4096 / 32);
		free(traffic);
	}
}

/* 16 KiB are four pages, which need a list; 8 KiB are two, which do not. */
static void nvme(void)
{
	struct iomt_traffic_cfg cfg = nic_cfg();
	unsigned reads = 0, writes = 0;

	cfg.kind = IOMT_TRAFFIC_NVME;
	for (unsigned lists = 0; lists < 2; lists++) {
		struct iomt_traffic *traffic;
		struct iomt_event event;

		cfg.item_bytes = lists ? 16384 : 8192;
		traffic = traffic_open(&cfg);
		for (uint64_t i = 0; i < 1000; i++) {
			/* submissions, then completions, then lists, in whole pages */
			uint64_t rings = 1ULL << 33;

			expect(traffic, IOMT_EVENT_ACCESS, rings + i % 256 * 64, 64, 0);
			if (lists)
				expect(traffic, IOMT_EVENT_ACCESS,
				       rings + 0x4000 + 0x1000 + i % 256 * 32, 32, 0);
			CHECK(iomt_traffic_next(traffic, &event));
			CHECK_EQ(event.address, i % 256 * cfg.item_bytes);
			CHECK_EQ(event.bytes, cfg.item_bytes);
			reads += !event.flags;
			writes += event.flags == IOMT_EVENT_WRITE;
			expect(traffic, IOMT_EVENT_ACCESS, rings + 0x4000 + i % 256 * 16, 16,
			       IOMT_EVENT_WRITE);
		}
		free(traffic);
	}
	CHECK_EQ(reads + writes, 2000);
	CHECK(reads > 850 && writes > 850);
}

static void virtio(void)
{
	struct iomt_traffic_cfg cfg = nic_cfg();
	struct iomt_traffic *traffic;
	uint64_t rings = 1ULL << 33;

	cfg.kind = IOMT_TRAFFIC_VIRTIO;
	traffic = traffic_open(&cfg);
	expect(traffic, IOMT_EVENT_ACCESS, rings, 2, 0);
	expect(traffic, IOMT_EVENT_ACCESS, rings + 0x2000, 16, 0);
	expect(traffic, IOMT_EVENT_ACCESS, 0, 1500, IOMT_EVENT_WRITE);
	expect(traffic, IOMT_EVENT_ACCESS, rings + 0x1000, 8, IOMT_EVENT_WRITE);
	expect(traffic, IOMT_EVENT_ACCESS, rings + 2, 2, 0);
	free(traffic);
}

/* Columns of a matrix of 4 rows of 256 bytes, 64 bytes at a time. */
static void gpu(void)
{
	static const uint64_t touched[] = {0,	256, 512, 768, 64,  320, 576, 832, 128,
					   384, 640, 896, 192, 448, 704, 960, 0,   256};
	struct iomt_traffic_cfg cfg = nic_cfg();
	struct iomt_traffic *traffic;

	cfg.kind = IOMT_TRAFFIC_GPU;
	cfg.item_bytes = 64;
	cfg.stride = 256;
	cfg.span = 1024;
	traffic = traffic_open(&cfg);
	for (size_t i = 0; i < sizeof(touched) / sizeof(touched[0]); i++)
		expect(traffic, IOMT_EVENT_ACCESS, touched[i], 64, 0);
	free(traffic);
	/* a stride that leaves the span at once touches the begin alone */
	cfg.span = 64;
	cfg.stride = UINT64_MAX;
	traffic = traffic_open(&cfg);
	for (size_t i = 0; i < 3; i++)
		expect(traffic, IOMT_EVENT_ACCESS, 0, 64, 0);
	free(traffic);
}

/* What tells tenants apart, as the flags say. */
static void tenants(void)
{
	static const struct {
		uint8_t flags;
		uint16_t domain, rid;
		uint32_t pasid;
		uint64_t ring, buffer;
	} thirds[] = {
		{0, 3, 2, IOMT_NO_PASID, 0, 0},
		{IOMT_TRAFFIC_ONE_RID, 3, 0, IOMT_NO_PASID, 0, 0},
		{IOMT_TRAFFIC_PASIDS, 1, 0, 3, 0, 0},
		{IOMT_TRAFFIC_PACKED, 1, 2, IOMT_NO_PASID, 2ULL << 34, 2ULL << 34},
		{IOMT_TRAFFIC_COMMON, 3, 2, IOMT_NO_PASID, 2ULL << 34, 0},
		{IOMT_TRAFFIC_PACKED | IOMT_TRAFFIC_COMMON, 1, 2, IOMT_NO_PASID, 2ULL << 34, 0},
	};

	for (size_t i = 0; i < sizeof(thirds) / sizeof(thirds[0]); i++) {
		struct iomt_traffic_cfg cfg = nic_cfg();
		struct iomt_traffic *traffic;
		struct iomt_event event;

		cfg.tenants = 3;
		cfg.burst = 2;
		cfg.flags = thirds[i].flags;
		traffic = traffic_open(&cfg);
		for (unsigned skip = 0; skip < 2 * 2 * 3; skip++)
			CHECK(iomt_traffic_next(traffic, &event));
		CHECK(iomt_traffic_next(traffic, &event));
		CHECK_EQ(iomt_traffic_items(traffic), 5);
		CHECK_EQ(event.domain, thirds[i].domain);
		CHECK_EQ(event.rid, thirds[i].rid);
		CHECK_EQ(event.pasid, thirds[i].pasid);
		CHECK_EQ(event.address, (1ULL << 33) + thirds[i].ring);
		CHECK(iomt_traffic_next(traffic, &event));
		CHECK_EQ(event.address, thirds[i].buffer);
		free(traffic);
	}
}

/* FNV-1a over the members, which are the same on every machine. */
static uint64_t checksum(const struct iomt_traffic_cfg *cfg)
{
	struct iomt_traffic *traffic = traffic_open(cfg);
	uint64_t sum = 0xcbf29ce484222325;
	struct iomt_event event;

	while (iomt_traffic_next(traffic, &event)) {
		const uint64_t members[] = {event.time_ps,  event.address, event.bytes, event.pasid,
					    event.rid,	    event.domain,  event.unit,	event.op,
					    event.leaf_lg2, event.flags};

		for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
			sum = (sum ^ members[i]) * 0x100000001b3;
	}
	free(traffic);
	return sum;
}

static void repeats(void)
{
	struct iomt_traffic_cfg cfg = nic_cfg();
	struct iomt_event first, again;
	struct iomt_traffic *traffic;
	uint64_t sum;

	cfg.kind = IOMT_TRAFFIC_NVME;
	cfg.tenants = 5;
	cfg.flows = 3;
	cfg.gap_ps = 61680;
	cfg.seed = 42;
	cfg.flags = IOMT_TRAFFIC_RANDOM;
	sum = checksum(&cfg);
	CHECK_EQ(checksum(&cfg), sum);
	CHECK_EQ(sum, 0xbf7849a082f98ae6);
	cfg.seed = 43;
	CHECK(checksum(&cfg) != sum);
	traffic = traffic_open(&cfg);
	CHECK(iomt_traffic_next(traffic, &first));
	while (iomt_traffic_next(traffic, &again))
		;
	iomt_traffic_rewind(traffic);
	CHECK(iomt_traffic_next(traffic, &again));
	CHECK_EQ(again.address, first.address);
	CHECK_EQ(again.domain, first.domain);
	free(traffic);
}

/* The same figures on every machine and in every build: random replacement, prefetches, time. */
static void model_repeats(void)
{
	struct iomt_model_cfg cfg = iomt_model_preset_find("hypertrio")->cfg;
	struct iomt_traffic_cfg stream = nic_cfg();
	struct iomt_model_stats stats, again;

	cfg.seed = 7;
	cfg.device.policy = cfg.iotlb[0].policy = IOMT_POLICY_RANDOM;
	cfg.prefetch = IOMT_PREFETCH_STRIDE;
	cfg.prefetch_pages = 2;
	stream.tenants = 40;
	stream.items = 20000;
	stream.mapping = IOMT_MAPPING_STRICT;
	stream.gap_ps = 61680;
	for (unsigned i = 0; i < 2; i++) {
		struct iomt_model *model = model_open(&cfg);

		run(model, &stream);
		iomt_model_stats(model, i ? &again : &stats);
		free(model);
	}
	CHECK(!memcmp(&stats, &again, sizeof(stats)));
	CHECK_EQ(stats.device.misses, 20080);
	CHECK_EQ(stats.iotlb.misses, 16609);
	CHECK_EQ(stats.reads, 666963);
	CHECK_EQ(stats.last_ps, 1235664080);
}

static uint64_t misses_in_thousand(const struct iomt_model_cfg *cfg,
				   const struct iomt_traffic_cfg *stream)
{
	struct iomt_model *model = model_open(cfg);
	struct iomt_model_stats stats;

	run(model, stream);
	stats = stats_of(model);
	free(model);
	return stats.iotlb.misses * 1000 / stats.lookups;
}

/*
 * A ring of 32 packets in pages of their own, its descriptors and completions: 34 pages fit into 64
 * entries. From 63 packets on LRU misses each packet, 1 of 3 lookups.
 */
static void cliff(void)
{
	static const uint32_t rings[] = {16, 32, 60, 61, 62, 63, 64, 65, 128, 256};
	struct iomt_model_cfg cfg = plain_cfg(64, IOMT_POLICY_LRU);
	struct iomt_traffic_cfg stream = nic_cfg();

	stream.item_bytes = 4096;
	stream.items = 100000;
	for (size_t i = 0; i < sizeof(rings) / sizeof(rings[0]); i++) {
		uint32_t ring = rings[i];
		uint64_t misses;

		stream.ring = ring;
		misses = misses_in_thousand(&cfg, &stream);
		CHECK_MSG(ring <= 62 ? misses == 0 : misses == 333, "ring of %u: %" PRIu64, ring,
			  misses);
	}
}

/* A pool of 16 MiB under pages of 4K, 64K, 1M and 2M: 4096, 256, 16 and 8 entries. */
static void page_sizes(void)
{
	static const struct {
		uint8_t leaf_lg2;
		uint64_t x86, amd; /* misses in a thousand lookups */
	} sizes[] = {{12, 333, 333}, {16, 333, 20}, {20, 333, 0}, {21, 0, 0}};
	struct iomt_model_cfg x86 = plain_cfg(64, IOMT_POLICY_LRU), amd = x86;
	struct iomt_traffic_cfg stream = nic_cfg();

	amd.iotlb[0].sizes = SIZES_AMD;
	stream.ring = 4096;
	stream.item_bytes = 4096;
	stream.items = 100000;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		stream.leaf_lg2 = sizes[i].leaf_lg2;
		CHECK_EQ(misses_in_thousand(&x86, &stream) / 100, sizes[i].x86 / 100);
		CHECK_EQ(misses_in_thousand(&amd, &stream) / 10, sizes[i].amd / 10);
	}
}

/* Tables read for each packet in strict mode: all four levels, or the leaf's alone. */
static void strict_reads(void)
{
	struct iomt_model_cfg cfg = plain_cfg(64, IOMT_POLICY_LRU);
	struct iomt_traffic_cfg stream = nic_cfg();

	for (int level = 0; level < 3; level++)
		cfg.walk[level] = (struct iomt_cache_cfg){.sets = 1, .ways = 16};
	stream.mapping = IOMT_MAPPING_STRICT;
	stream.items = 10000;
	for (unsigned flush = 0; flush < 2; flush++) {
		struct iomt_model *model = model_open(&cfg);
		struct iomt_model_stats stats;

		stream.flags = flush ? IOMT_TRAFFIC_FLUSH : 0;
		run(model, &stream);
		stats = stats_of(model);
		/* the root has one entry for rings and buffers; descriptors and completions stay */
		CHECK_EQ((stats.reads + 5000) / 10000, flush ? 4 : 1);
		free(model);
	}
}

static void bad_configurations(void)
{
	static const struct {
		const char *field;
		int code;
		size_t at, bytes;
		uint64_t value;
	} bad[] = {
#define SET(field, code, value)                                  \
	{#field, code, offsetof(struct iomt_traffic_cfg, field), \
	 sizeof(((struct iomt_traffic_cfg *)0)->field), value}
		SET(size, IOMT_EINVAL, 8),
		SET(kind, IOMT_EINVAL, IOMT_TRAFFIC_KINDS),
		SET(mapping, IOMT_EINVAL, IOMT_MAPPINGS),
		SET(flags, IOMT_EINVAL, 0x80),
		SET(flags, IOMT_EINVAL, IOMT_TRAFFIC_PASIDS | IOMT_TRAFFIC_PACKED),
		SET(tenants, IOMT_EINVAL, 0),
		SET(tenants, IOMT_EINVAL, 4097),
		SET(flows, IOMT_EINVAL, 0),
		SET(flows, IOMT_EINVAL, 65537),
		SET(ring, IOMT_EINVAL, 0),
		SET(ring, IOMT_EINVAL, 65537),
		SET(item_bytes, IOMT_EINVAL, 0),
		SET(item_bytes, IOMT_EINVAL, (1 << 24) + 1),
		SET(leaf_lg2, IOMT_EINVAL, 11),
		SET(leaf_lg2, IOMT_EINVAL, 31),
		SET(spread_lg2, IOMT_EINVAL, 11),
		SET(spread_lg2, IOMT_EINVAL, 31),
#undef SET
	};
	struct iomt_traffic_cfg cfg = nic_cfg();
	struct iomt_model_error error;
	struct iomt_traffic *traffic = NULL;
	uint64_t memory[64];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cfg = nic_cfg();
		memcpy((char *)&cfg + bad[i].at, &bad[i].value, bad[i].bytes);
		CHECK_INT(iomt_traffic_cfg_check(&cfg, &error), bad[i].code);
		CHECK_STR(error.field, bad[i].field);
		CHECK_EQ(iomt_traffic_bytes(&cfg), 0);
		CHECK_INT(iomt_traffic_init(&traffic, &cfg, memory, sizeof(memory)), bad[i].code);
	}
	cfg = nic_cfg();
	CHECK_INT(iomt_traffic_init(&traffic, &cfg, memory, 8), IOMT_ENOMEM);
	cfg.mapping = IOMT_MAPPING_DEFERRED;
	CHECK_INT(iomt_traffic_cfg_check(&cfg, &error), IOMT_EINVAL);
	CHECK_STR(error.field, "batch");
	cfg = nic_cfg();
	cfg.item_bytes = 1 << 24;
	cfg.ring = 513;
	CHECK_INT(iomt_traffic_cfg_check(&cfg, &error), IOMT_ERANGE);
	CHECK_STR(error.field, "flows");
	cfg.ring = 512;
	CHECK_INT(iomt_traffic_cfg_check(&cfg, &error), 0);
	cfg.kind = IOMT_TRAFFIC_GPU;
	CHECK_INT(iomt_traffic_cfg_check(&cfg, &error), IOMT_EINVAL);
	CHECK_STR(error.field, "span");
	cfg.span = 1 << 24;
	CHECK_INT(iomt_traffic_cfg_check(&cfg, &error), IOMT_EINVAL);
	CHECK_STR(error.field, "stride");
	cfg.stride = 1;
	CHECK_INT(iomt_traffic_cfg_check(&cfg, &error), 0);
	cfg.mapping = IOMT_MAPPING_STRICT;
	CHECK_INT(iomt_traffic_cfg_check(&cfg, &error), IOMT_EINVAL);
	CHECK_STR(error.field, "mapping");
	CHECK(!traffic);
}

TEST_SUITE(model_traffic, TEST(nic), TEST(nic_strict), TEST(nic_deferred), TEST(nvme), TEST(virtio),
	   TEST(gpu), TEST(tenants), TEST(repeats), TEST(model_repeats), TEST(cliff),
	   TEST(page_sizes), TEST(strict_reads), TEST(bad_configurations));
