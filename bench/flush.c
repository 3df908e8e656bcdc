/* SPDX-License-Identifier: MIT */
/*
 * Unmapping pages with all that follows, until a page may be used again: strict, or deferred through
 * a queue of each thread's own or a large one for all. The hardware is a ring whose head is always
 * at its tail: what is measured is the software's part alone.
 */
#include "bench.h"
#include "team.h"
#include <stdlib.h>

#define PAGES	       2048u /* of each thread */
#define SIZE	       4096ULL
#define OWN	       256u
#define ONE	       IOMT_FLUSH_MOST
#define RING_LG2       8
#define MODE(param)    ((param) >> 16)
#define THREADS(param) ((param)&0xffff)

enum mode { NOTHING, STRICT, DEFERRED_OWN, DEFERRED_ONE };

struct way {
	struct iomt_flush_queue queue;
	uint64_t errors;
} __attribute__((aligned(128)));

struct flushing {
	struct round *round;
	struct team *team;
	struct iomt_pt pt;
	struct iomt_targets targets;
	struct iomt_flush flush;
	struct iomt_ring ring;
	struct iomt_cmd entries[1 << RING_LG2];
	struct iomt_ring_slot slots[1 << RING_LG2];
	__attribute__((aligned(128))) uint32_t tail; /* and head */
	struct way ways[TEAM_MOST];
};

static uint32_t head(void *ctx)
{
	struct flushing *f = ctx;

	return __atomic_load_n(&f->tail, __ATOMIC_ACQUIRE);
}

static void doorbell(void *ctx, uint32_t tail)
{
	struct flushing *f = ctx;

	__atomic_store_n(&f->tail, tail, __ATOMIC_RELEASE);
}

static int no_wait(void *ctx, uint64_t tries)
{
	(void)ctx;
	(void)tries;
	return 0;
}

static const struct iomt_ring_ops ops = {.head = head, .doorbell = doorbell, .wait = no_wait};

static void no_allocator(void *ctx, uint64_t first, uint64_t last)
{
	(void)ctx;
	(void)first;
	(void)last;
}

static uint64_t iova_of(unsigned thread, unsigned page)
{
	return BENCH_BASE + ((uint64_t)thread * 2 * PAGES + page) * SIZE;
}

/* Queue 0 is everybody's where there is one. */
static struct iomt_flush_queue *queue_of(struct flushing *f, unsigned thread)
{
	return &f->ways[MODE(f->round->bench->param) == DEFERRED_ONE ? 0 : thread].queue;
}

static void work(void *ctx, unsigned thread)
{
	struct flushing *f = ctx;
	struct iomt_flush_queue *queue = queue_of(f, thread);
	bool flushes = MODE(f->round->bench->param) != NOTHING;
	struct iomt_gather gather;
	uint64_t errors = 0;

	iomt_gather_init(&gather);
	for (unsigned i = 0; i < PAGES; i++) {
		uint64_t iova = iova_of(thread, i), bytes;

		errors += iomt_amdv1_unmap(&f->pt, iova, SIZE, &bytes, &gather) != 0;
		if (flushes)
			errors += iomt_flush_add(queue, &gather, iova, iova + SIZE - 1, 0) != 0;
	}
	f->ways[thread].errors += errors;
}

static int open_hardware(struct flushing *f)
{
	struct iomt_ring_cfg ring = {
		.size = sizeof(ring),
		.kind = &iomt_ring_smmu,
		.ops = &ops,
		.ctx = f,
		.entries = f->entries,
		.entries_lg2 = RING_LG2,
		.slots = f->slots,
	};
	struct iomt_target target = {
		.ring = &f->ring,
		.kind = &iomt_target_smmu,
		.smmu = {.flags = IOMT_SMMU_RANGES, .asid = 1, .granule_lg2 = 12},
	};
	struct iomt_gather gather;
	int err = iomt_ring_init(&f->ring, &ring);

	iomt_gather_init(&gather);
	iomt_targets_init(&f->targets, &iomt_mem_heap);
	return err ? err : iomt_targets_add(&f->targets, &target, &gather);
}

static int open_queues(struct flushing *f)
{
	struct iomt_flush_cfg flush = {
		.size = sizeof(flush),
		.targets = &f->targets,
		.mem = &iomt_mem_heap,
		.policy = iomt_plan_covers(1),
		.release = no_allocator,
	};
	static const uint32_t entries[] = {
		[STRICT] = 0, [DEFERRED_OWN] = OWN, [DEFERRED_ONE] = ONE};
	unsigned param = f->round->bench->param;
	int err = iomt_flush_init(&f->flush, &flush);

	for (unsigned i = 0; !err && i < THREADS(param); i++)
		err = iomt_flush_queue_init(&f->ways[i].queue, &f->flush, entries[MODE(param)]);
	return err;
}

static bool open_flush(struct round *round)
{
	struct iomt_pt_cfg cfg = {
		.size = sizeof(cfg), .format = &iomt_amdv1, .mem = &iomt_mem_heap};
	struct flushing *f = aligned_alloc(128, sizeof(*f));

	round->data = f;
	round->ops = PAGES;
	round->entries = 1;
	if (!f)
		return false;
	*f = (struct flushing){.round = round};
	if (iomt_pt_init(&f->pt, &cfg) || open_hardware(f) || open_queues(f))
		return false;
	f->team = team_start(THREADS(round->bench->param), work, f);
	return f->team;
}

static void map_all(struct round *round)
{
	struct flushing *f = round->data;

	for (unsigned thread = 0; thread < THREADS(round->bench->param); thread++) {
		for (unsigned i = 0; i < PAGES; i++) /* no two to one leaf */
			bench_check(round,
				    iomt_amdv1_map(&f->pt, iova_of(thread, i),
						   BENCH_OA + 2 * i * SIZE, SIZE,
						   IOMT_READ | IOMT_WRITE, NULL),
				    "map");
	}
}

static void unmap_all(struct round *round)
{
	round->disturbed = !team_work(((struct flushing *)round->data)->team);
}

/*
 * Queues stay as they are, so that rounds begin with what the last one left: adds pay for flushes and
 * releases in the long run. (No hardware looks at what is mapped again too early.)
 */
static void check(struct round *round)
{
	struct flushing *f = round->data;

	for (unsigned i = 0; i < THREADS(round->bench->param); i++)
		bench_check(round, f->ways[i].errors ? IOMT_EINVAL : 0, "unmap");
}

static void close_flush(struct round *round)
{
	struct flushing *f = round->data;

	if (!f)
		return;
	if (f->team)
		team_stop(f->team);
	for (unsigned i = 0; f->team && i < THREADS(round->bench->param); i++)
		iomt_flush_queue_destroy(&f->ways[i].queue);
	iomt_targets_destroy(&f->targets);
	if (f->team)
		iomt_pt_destroy(&f->pt);
	free(f);
}

static const struct workload workload = {open_flush, map_all, unmap_all, check, close_flush};

static void add(unsigned threads)
{
	static const struct kind column = {.name = "flush", .target = {.name = "iomt"}};
	static const char *const names[] = {
		[NOTHING] = "unmap alone",
		[STRICT] = "unmap, strict",
		[DEFERRED_OWN] = "unmap, a queue each",
		[DEFERRED_ONE] = "unmap, one queue",
	};

	for (unsigned mode = NOTHING; mode <= DEFERRED_ONE; mode++) {
		char name[64];

		snprintf(name, sizeof(name), "%s, %u thread%s", names[mode], threads,
			 threads == 1 ? "" : "s");
		bench_add_own(&column, name, &workload, mode << 16 | threads);
	}
}

void bench_flush(void)
{
	team_sizes(add);
}
