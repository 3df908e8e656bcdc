/* SPDX-License-Identifier: MIT */
/* What the figures show: a function each, which plays the model and writes lines. */
#include "figure.h"
#include "play.h"
#include <stdlib.h>

#define X86    (1ULL << 12 | 1ULL << 21 | 1ULL << 30)
#define GAP_PS 61680 /* 1542 bytes at 200 Gb/s */
#define ITEMS  50000
#define RINGS  (1ULL << 33) /* traffic has buffers below, rings above */

static struct iomt_model_cfg preset(const char *name)
{
	return iomt_model_preset_find(name)->cfg;
}

/* Packets of 1500 bytes, two in a page. */
static struct iomt_traffic_cfg nic(uint32_t flows, uint32_t ring)
{
	return (struct iomt_traffic_cfg){
		.size = sizeof(struct iomt_traffic_cfg),
		.seed = 1,
		.items = ITEMS,
		.tenants = 1,
		.flows = flows,
		.ring = ring,
		.item_bytes = 1500,
		.leaf_lg2 = 12,
		.kind = IOMT_TRAFFIC_NIC,
	};
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

/* Events before the half of a stream without unmaps. */
static uint64_t warm_up(const struct iomt_traffic_cfg *traffic)
{
	return traffic->items / 2 * 3;
}

static double miss_rate(const struct iomt_model_cfg *model, const struct iomt_traffic_cfg *traffic)
{
	struct iomt_model_stats stats = play_traffic(model, traffic, warm_up(traffic));

	return percent(stats.iotlb.misses, stats.lookups);
}

/* The optimum, in two passes; the first may be of any policy. */
static double least_rate(struct iomt_model_cfg model, const struct iomt_traffic_cfg *traffic)
{
	double rate;

	model.future = make_future(4 * traffic->items, 1 << 16);
	play_traffic(&model, traffic, 0);
	iomt_future_rewind(model.future);
	model.iotlb[0].policy = IOMT_POLICY_OPTIMUM;
	rate = miss_rate(&model, traffic);
	free(model.future);
	return rate;
}

static void policies(FILE *csv)
{
	struct iomt_model_cfg model = preset("small");
	struct iomt_traffic_cfg traffic = nic(16, 64);

	traffic.flags = IOMT_TRAFFIC_RANDOM;
	fprintf(csv, "entries,LRU,tree-PLRU,FIFO,random,SRRIP,optimum\n");
	for (uint32_t entries = 4; entries <= 1024; entries *= 2) {
		model.iotlb[0] = (struct iomt_cache_cfg){.sets = 1, .ways = entries, .sizes = X86};
		fprintf(csv, "%u", entries);
		for (uint8_t policy = 0; policy < IOMT_POLICY_OPTIMUM; policy++) {
			model.iotlb[0].policy = policy;
			fprintf(csv, ",%.4g", miss_rate(&model, &traffic));
		}
		model.iotlb[0].policy = IOMT_POLICY_LRU;
		fprintf(csv, ",%.4g\n", least_rate(model, &traffic));
	}
}

static void rings(FILE *csv)
{
	struct iomt_model_cfg model = preset("neugebauer2018");
	struct iomt_traffic_cfg traffic;

	fprintf(csv, "ring,4K pages,2M pages\n");
	for (uint32_t ring = 16; ring <= 4096; ring += ring < 256 ? 8 : ring / 4) {
		traffic = nic(1, ring);
		fprintf(csv, "%u,%.4g", ring, miss_rate(&model, &traffic));
		traffic.leaf_lg2 = 21;
		fprintf(csv, ",%.4g\n", miss_rate(&model, &traffic));
	}
}

/* Table reads for each access to a buffer, rings apart. */
static double reads_a_buffer(const struct iomt_model_cfg *model_cfg,
			     const struct iomt_traffic_cfg *traffic_cfg)
{
	struct iomt_traffic *traffic = make_traffic(traffic_cfg);
	struct iomt_model *model = make_model(model_cfg);
	struct iomt_model_stats before, after;
	uint64_t reads = 0, buffers = 0;
	struct iomt_event event;

	while (iomt_traffic_next(traffic, &event)) {
		iomt_model_stats(model, &before);
		play_event(model, &event, NULL);
		iomt_model_stats(model, &after);
		if (event.op == IOMT_EVENT_ACCESS && event.address < RINGS) {
			reads += after.reads - before.reads;
			buffers++;
		}
	}
	free(model);
	free(traffic);
	return (double)reads / (double)buffers;
}

static void reads_by_flows(FILE *csv)
{
	struct iomt_model_cfg model = preset("small");

	fprintf(csv, "flows,walk caches kept,walk caches flushed\n");
	for (uint32_t flows = 1; flows <= 1024; flows *= 2) {
		struct iomt_traffic_cfg traffic = nic(flows, 64);

		traffic.mapping = IOMT_MAPPING_STRICT;
		traffic.spread_lg2 = 21;
		traffic.flags = IOMT_TRAFFIC_RANDOM;
		fprintf(csv, "%u,%.4g", flows, reads_a_buffer(&model, &traffic));
		traffic.flags |= IOMT_TRAFFIC_FLUSH;
		fprintf(csv, ",%.4g\n", reads_a_buffer(&model, &traffic));
	}
}

/* Many functions of one device, with 2M pools, as fast as the link has packets. */
static struct iomt_traffic_cfg hyper_tenant(uint32_t tenants)
{
	struct iomt_traffic_cfg traffic = nic(1, 256);

	traffic.tenants = tenants;
	traffic.item_bytes = 1542;
	traffic.leaf_lg2 = 21;
	traffic.gap_ps = GAP_PS;
	traffic.flags = IOMT_TRAFFIC_ONE_RID;
	return traffic;
}

static double link_use(const struct iomt_model_cfg *model, uint32_t tenants)
{
	struct iomt_traffic_cfg traffic = hyper_tenant(tenants);
	struct iomt_model_stats stats = play_traffic(model, &traffic, 0);

	return percent(traffic.items * traffic.gap_ps, stats.last_ps);
}

static void link_by_tenants(FILE *csv)
{
	struct iomt_model_cfg one = preset("hypertrio"), many = one, parts, hashed;

	one.window = 1;
	parts = many;
	parts.device.partitions = parts.iotlb[0].partitions = 8;
	parts.walk[0].partitions = 32;
	parts.walk[1].partitions = 64;
	hashed = many;
	hashed.device.index = hashed.iotlb[0].index = IOMT_INDEX_HASH;
	hashed.walk[0].index = hashed.walk[1].index = IOMT_INDEX_HASH;
	fprintf(csv, "tenants,window of 1,window of 32,and partitioned,and hashed sets instead\n");
	for (uint32_t tenants = 1; tenants <= 1024; tenants *= 2)
		fprintf(csv, "%u,%.4g,%.4g,%.4g,%.4g\n", tenants, link_use(&one, tenants),
			link_use(&many, tenants), link_use(&parts, tenants),
			link_use(&hashed, tenants));
}

static void rate_by_window(FILE *csv)
{
	static const uint32_t tenants[] = {4, 8, 64};
	struct iomt_model_cfg model = preset("hypertrio");

	fprintf(csv, "window,4 tenants,8 tenants,64 tenants\n");
	for (uint32_t window = 1; window <= 256; window *= 2) {
		model.window = window;
		fprintf(csv, "%u", window);
		for (size_t i = 0; i < sizeof(tenants) / sizeof(tenants[0]); i++)
			fprintf(csv, ",%.4g", 2 * link_use(&model, tenants[i])); /* of 200 Gb/s */
		fprintf(csv, "\n");
	}
}

static void page_sizes(FILE *csv)
{
	static const uint32_t lengths[] = {2048, 16384}; /* 64 and 512 MiB */
	struct iomt_model_cfg amd = preset("amd"), x86 = preset("small");

	fprintf(csv, "log2 of the page,64 MiB: 4K 2M 1G,64 MiB: also 8K to 1M,512 MiB: 4K 2M 1G,"
		     "512 MiB: also 8K to 1M\n");
	for (uint8_t leaf = 12; leaf <= 30; leaf++) {
		fprintf(csv, "%u", leaf);
		for (unsigned pool = 0; pool < 2; pool++) {
			struct iomt_traffic_cfg traffic = nic(8, lengths[pool]);

			traffic.item_bytes = 4096;
			traffic.leaf_lg2 = leaf;
			traffic.flags = IOMT_TRAFFIC_RANDOM;
			fprintf(csv, ",%.4g,%.4g", miss_rate(&x86, &traffic),
				miss_rate(&amd, &traffic));
		}
		fprintf(csv, "\n");
	}
}

static void packing(FILE *csv)
{
	struct iomt_model_cfg model = preset("small");

	model.devices = 64;
	fprintf(csv, "devices,a domain id each,one domain id\n");
	for (uint32_t devices = 1; devices <= 64; devices *= 2) {
		struct iomt_traffic_cfg traffic = nic(1, 64);

		traffic.tenants = devices;
		traffic.flags = IOMT_TRAFFIC_COMMON;
		fprintf(csv, "%u,%.4g", devices, miss_rate(&model, &traffic));
		traffic.flags |= IOMT_TRAFFIC_PACKED;
		fprintf(csv, ",%.4g\n", miss_rate(&model, &traffic));
	}
}

/* Processors that map, send and unmap as fast as they can, with one IOMMU. */
#define CALLERS	     64
#define WORK_PS	     400000ULL /* a packet's other work */
#define LOCK_PS	     50000ULL  /* an entry in a queue that all share */
#define SINGLE_BATCH 32768

enum flushing {
	STRICT,
	PER_CALLER, /* 256 unmaps of its own, then a flush */
	SINGLE,	    /* 32768 unmaps of all, then a flush */
};

struct callers {
	enum flushing flushing;
	uint32_t count;
	struct iomt_model *model;
	struct iomt_traffic *traffic[CALLERS];
	struct iomt_event next[CALLERS];
	uint64_t now[CALLERS];
	uint64_t lock_free;
	uint64_t unmapped;
};

static void callers_open(struct callers *callers, enum flushing flushing, uint32_t count)
{
	struct iomt_traffic_cfg traffic = nic(1, 64);
	struct iomt_model_cfg model = preset("small");

	*callers = (struct callers){.flushing = flushing, .count = count};
	traffic.items = 0;
	traffic.mapping = flushing == STRICT ? IOMT_MAPPING_STRICT : IOMT_MAPPING_DEFERRED;
	traffic.batch = flushing == SINGLE ? 65536 : 256;
	callers->model = make_model(&model);
	for (uint32_t i = 0; i < count; i++) {
		callers->traffic[i] = make_traffic(&traffic);
		iomt_traffic_next(callers->traffic[i], &callers->next[i]);
	}
}

static void callers_close(struct callers *callers)
{
	free(callers->model);
	for (uint32_t i = 0; i < callers->count; i++)
		free(callers->traffic[i]);
}

/* A caller's turn: an item, from its map to what comes before the next one's. */
static void callers_step(struct callers *callers, uint32_t who)
{
	struct iomt_event *event = &callers->next[who];
	uint64_t done;

	do {
		event->time_ps = callers->now[who];
		if (event->bytes != UINT64_MAX)
			event->address += (uint64_t)who << 34;
		if (event->op == IOMT_EVENT_INVALIDATE && callers->flushing == SINGLE)
			continue;
		play_event(callers->model, event, &done);
		if (event->op == IOMT_EVENT_INVALIDATE)
			callers->now[who] = done;
	} while (iomt_traffic_next(callers->traffic[who], event) && event->op != IOMT_EVENT_MAP);
	callers->now[who] += WORK_PS;
	if (callers->flushing != SINGLE)
		return;
	if (callers->lock_free > callers->now[who])
		callers->now[who] = callers->lock_free;
	callers->now[who] += LOCK_PS;
	if (++callers->unmapped % SINGLE_BATCH == 0) {
		struct iomt_event flush = *event;

		flush.op = IOMT_EVENT_INVALIDATE;
		flush.flags = IOMT_EVENT_ANY_PASID;
		flush.address = 0;
		flush.bytes = UINT64_MAX;
		flush.time_ps = callers->now[who];
		play_event(callers->model, &flush, &callers->now[who]);
	}
	callers->lock_free = callers->now[who];
}

static uint32_t earliest(const struct callers *callers)
{
	uint32_t found = 0;

	for (uint32_t i = 1; i < callers->count; i++) {
		if (callers->now[i] < callers->now[found])
			found = i;
	}
	return found;
}

/* Millions of packets a second. */
static double callers_rate(enum flushing flushing, uint32_t count)
{
	const uint64_t packets = 4 * SINGLE_BATCH;
	struct callers callers;
	uint64_t end;

	callers_open(&callers, flushing, count);
	for (uint64_t i = 0; i < packets; i++)
		callers_step(&callers, earliest(&callers));
	end = callers.now[earliest(&callers)];
	callers_close(&callers);
	return 1e6 * (double)packets / (double)end;
}

static void flushes(FILE *csv)
{
	fprintf(csv, "callers,strict,deferred: a queue each,deferred: one queue\n");
	for (uint32_t callers = 1; callers <= CALLERS; callers *= 2)
		fprintf(csv, "%u,%.4g,%.4g,%.4g\n", callers, callers_rate(STRICT, callers),
			callers_rate(PER_CALLER, callers), callers_rate(SINGLE, callers));
}

static void flush_misses(FILE *csv)
{
	struct iomt_model_cfg model = preset("small");

	fprintf(csv, "unmaps for one flush,deferred,strict\n");
	for (uint32_t batch = 1; batch <= 4096; batch *= 4) {
		struct iomt_traffic_cfg traffic = nic(1, 64);
		struct iomt_model_stats deferred, strict;

		traffic.mapping = IOMT_MAPPING_DEFERRED;
		traffic.batch = batch;
		deferred = play_traffic(&model, &traffic, 0);
		traffic.mapping = IOMT_MAPPING_STRICT;
		strict = play_traffic(&model, &traffic, 0);
		fprintf(csv, "%u,%.4g,%.4g\n", batch, (double)deferred.reads / ITEMS,
			(double)strict.reads / ITEMS);
	}
}

static const struct figure figures[] = {
	{"policies", "Miss rate by entries and replacement", "entries, fully associative",
	 "% of lookups", true,
	 "16 rings of 64 packets in permanent 4K buffers, served at random: 544 pages.",
	 .play = policies},
	{"rings", "Miss rate by the length of a ring: the cliff", "entries of the ring",
	 "% of lookups", true,
	 "One ring in a 64-entry LRU IOTLB (preset neugebauer2018), two packets in a page, 4K and "
	 "2M "
	 "pools.",
	 .play = rings},
	{"reads", "Table reads a page by flows: what invalidations of leaves alone keep",
	 "flows, each in 2 MiB of its own", "reads a page", true,
	 "Strict mode, preset small: 32 entries in each walk cache.", .play = reads_by_flows},
	{"link", "Link use by tenants", "tenants", "% of 200 Gb/s", true,
	 "Functions of one device, each with its ring and a 2M pool (preset hypertrio), one packet "
	 "each in turn.",
	 .play = link_by_tenants},
	{"window", "Throughput by translations under way", "translations at the same time", "Gb/s",
	 true, "The same with windows of 1 to 256.", .play = rate_by_window},
	{"pagesize", "Miss rate by page size", "log2 of the page size", "% of lookups", false,
	 "8 rings in permanent pools of 64 and 512 MiB, served at random; 64 entries that hold 4K, "
	 "2M and 1G (preset small), or each power of two up to 2M (preset amd).",
	 .play = page_sizes},
	{"packing", "Miss rate by devices that share buffers", "devices", "% of lookups", true,
	 "Rings of their own, 32 pages of buffers in common, 64 entries (preset small): one domain "
	 "id "
	 "for each device, or one for all.",
	 .play = packing},
	{"flushes", "Packets a second by callers and flush policy", "callers",
	 "million packets a second", true,
	 "Each caller maps, sends, unmaps and has 400 ns of other work. An invalidation takes 500 "
	 "ns "
	 "and waits for those before it; a place in a shared queue takes 50 ns: figures chosen, "
	 "not "
	 "measured. A caller's own queue is flushed after 256 unmaps, a shared one after 32768.",
	 .play = flushes},
	{"batch", "Table reads a packet by the size of a flush queue", "unmaps for one flush",
	 "reads a packet", true,
	 "One ring of 64 packets, preset small. A flush forgets all of the domain, walk caches "
	 "too; a "
	 "strict invalidation one page, and no walk cache. Until a flush addresses are not used "
	 "again.",
	 .play = flush_misses},
};

static bool play(FILE *csv, const struct figure *figure)
{
	figure->play(csv);
	return true;
}

const struct chapter chapter_model = {"The IOTLB model",
				      "Made by a deterministic model of hardware, out of traffic "
				      "that is made up: the same on every "
				      "machine.",
				      play, figures, sizeof(figures) / sizeof(figures[0])};
