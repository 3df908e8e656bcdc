/* SPDX-License-Identifier: MIT */
/*
 * The silicon of this machine as witness: a processor walks tables that the library built, reads,
 * writes and executes through them, and sets their dirty bits. IOMT_TEST_SEED=n repeats a run.
 */
#include "play.h"
#include "kinds.h"
#include "model.h"
#include "random.h"
#include "test.h"
#include "vm.h"
#include <stdio.h>

#define RW     (IOMT_READ | IOMT_WRITE)
#define WINDOW (1ULL << 32) /* bytes of input that a run plays with */
#define OWN    0x10000ULL   /* the guest's own pages, above the beginning of a window */

struct run {
	struct vm vm;
	struct iomt_pt pt;
	struct iomt_gather gather;
	struct model model;
	struct random random;
	uint64_t base;
	unsigned steps;
	uint32_t flags;
};

#define EXPECT(run, condition, format, ...)                                            \
	CHECK_MSG(condition, "seed %" PRIu64 ", step %u: " format, (run)->random.seed, \
		  (run)->steps, ##__VA_ARGS__)

/* Sends what the gather holds to the processor, as a kernel would. */
static void invalidate(struct run *run)
{
	vm_tables_changed(&run->vm);
	const struct iomt_gather *gather = &run->gather;

	if (gather->first <= gather->last) {
		/* one address drops its leaf whatever its size, and all walk caches */
		if (gather->last - gather->first < 32 * 0x1000)
			for (uint64_t at = gather->first; at <= gather->last; at += 0x1000)
				vm_invalidate(&run->vm, at);
		else
			vm_flush(&run->vm);
	}
	iomt_gather_release(&run->gather);
}

static void open_run(struct run *run, unsigned levels, uint32_t flags, uint64_t base)
{
	struct iomt_pt_cfg cfg = {
		.size = sizeof(cfg),
		.format = &iomt_x86_64,
		.mem = &run->vm.pool.mem,
		.flags = flags | IOMT_PT_SIGNED | IOMT_PT_NX,
		.iova_bits = levels == 5 ? 57 : 48,
		.levels = (uint8_t)levels,
		.page_sizes = run->vm.giant_leaves ? 0x40201000 : 0x201000,
	};

	run->flags = flags;
	run->base = base;
	run->steps = 0;
	iomt_gather_init(&run->gather);
	model_init(&run->model);
	CHECK_INT(iomt_pt_init(&run->pt, &cfg), 0);
	vm_use(&run->vm, &run->pt, base + OWN, &run->gather);
}

static void close_run(struct run *run)
{
	iomt_gather_release(&run->gather);
	iomt_pt_destroy(&run->pt);
	model_destroy(&run->model);
	CHECK_EQ(run->vm.pool.live, 0);
}

enum access { READ, WRITE, FETCH };

/* The fault that an access must have by the model, or 0: SDM volume 3A, sections 4.6 and 4.7. */
static uint32_t expected_fault(const struct interval *interval, enum access access, bool user)
{
	uint32_t error = (access == WRITE ? VM_FAULT_WRITE : 0) | (user ? VM_FAULT_USER : 0) |
			 (access == FETCH ? VM_FAULT_FETCH : 0);
	bool fits;

	if (!interval)
		return error | 1u << 31; /* a fault whose code may be 0 */
	fits = access == READ || (access == WRITE && (interval->prot & IOMT_WRITE)) ||
	       (access == FETCH && (interval->prot & IOMT_EXEC));
	if (user && (interval->prot & IOMT_PRIV))
		fits = false;
	return fits ? 0 : error | VM_FAULT_PRESENT | 1u << 31;
}

static void check_fault(struct run *run, const struct vm_result *result, uint64_t at, uint32_t want)
{
	EXPECT(run, result->fault, "0x%" PRIx64 " did not fault with %x", at, want & 0xff);
	EXPECT(run, result->error == (want & ~(1u << 31)),
	       "the fault of 0x%" PRIx64 " is %x, not %x", at, result->error, want & ~(1u << 31));
	EXPECT(run, result->address == at, "CR2 is 0x%" PRIx64 ", not 0x%" PRIx64, result->address,
	       at);
}

/* One access at a random place of the page that holds "at", of every kind in turn. */
static void probe(struct run *run, uint64_t at)
{
	const struct interval *interval = model_find(&run->model, at);
	enum access access = (enum access)random_below(&run->random, 3);
	bool user = random_below(&run->random, 2);
	uint32_t want = expected_fault(interval, access, user);
	uint64_t token = random_next(&run->random), phys = 0;
	struct vm_result result;

	at &= ~7ULL;
	if (interval)
		phys = interval->oa + (at - interval->first);
	if (access == FETCH) {
		if (!want)
			vm_plant_code(&run->vm, phys, (uint32_t)token);
		result = vm_fetch(&run->vm, at, user);
		token = (uint32_t)token;
	} else if (access == WRITE) {
		result = vm_write(&run->vm, at, token, user);
		if (!want)
			result.value = *vm_word(&run->vm, phys);
	} else {
		if (!want)
			*vm_word(&run->vm, phys) = token;
		result = vm_read(&run->vm, at, user);
	}
	if (want) {
		check_fault(run, &result, at, want);
		return;
	}
	EXPECT(run, !result.fault, "0x%" PRIx64 " faulted: %x at 0x%" PRIx64, at, result.error,
	       result.address);
	EXPECT(run, result.value == token, "0x%" PRIx64 " does not lead to 0x%" PRIx64, at, phys);
	if (access == WRITE && run->flags) {
		struct iomt_pt_leaf leaf;
		uint64_t first;

		CHECK_INT(iomt_pt_translate(&run->pt, at, &leaf), 0);
		EXPECT(run, leaf.dirty, "0x%" PRIx64 " was written and is not dirty", at);
		first = at & ~((1ULL << leaf.size_lg2) - 1);
		model_set_dirty(&run->model, first, first + (1ULL << leaf.size_lg2) - 1, true);
	}
}

/* Around a random place, and at the edges of what is mapped there. */
static void probe_around(struct run *run)
{
	uint64_t at = run->base + OWN * 2 + random_below(&run->random, WINDOW - OWN * 2);
	const struct interval *interval = model_next(&run->model, at);
	uint64_t first, last;

	if (!interval || interval->first - run->base >= WINDOW) {
		probe(run, at);
		return;
	}
	/* a probe may change the model, and where its intervals are */
	first = interval->first;
	last = interval->last;
	probe(run, at);
	probe(run, first);
	if (first > run->base + OWN * 2)
		probe(run, first - 8);
	probe(run, last - 7);
	if (last + 1 - run->base < WINDOW)
		probe(run, last + 1);
	probe(run, first + random_below(&run->random, last - first));
}

static uint32_t pick_prot(struct run *run)
{
	static const uint32_t types[] = {0, 0, IOMT_TYPE_UNCACHED, IOMT_TYPE_DEVICE, IOMT_GLOBAL};

	return IOMT_READ | types[random_below(&run->random, 5)] |
	       (random_next(&run->random) & (IOMT_WRITE | IOMT_EXEC | IOMT_PRIV));
}

/* A range of the window above the guest's own pages; often aligned to 2M or 1G. */
static void pick_range(struct run *run, uint64_t *first, uint64_t *last)
{
	static const unsigned aligns[] = {12, 12, 21, 21, 30};
	uint64_t align = 1ULL << aligns[random_below(&run->random, 5)];
	uint64_t length = align * (1 + random_below(&run->random, align == 1ULL << 30 ? 2 : 40));

	*first = (run->base + random_below(&run->random, WINDOW)) & ~(align - 1);
	if (*first - run->base < 2 * OWN)
		*first = run->base + 2 * OWN;
	if (length > WINDOW - (*first - run->base))
		length = WINDOW - (*first - run->base);
	*last = *first + (length - 1);
}

static void do_map(struct run *run)
{
	uint64_t first, last, length, oa, room;
	uint32_t prot = pick_prot(run);
	int got;

	pick_range(run, &first, &last);
	length = last - first + 1;
	room = VM_BYTES - VM_DATA;
	if (length > room)
		return;
	oa = VM_DATA + random_below(&run->random, room - length + 1);
	/* in step with the input, so that large leaves happen */
	oa = random_below(&run->random, 4) ? (oa & ~0x3fffffffULL) | (first & 0x3fffffff)
					   : oa & ~0xfffULL;
	if (oa < VM_DATA || oa > VM_BYTES - length)
		return;
	got = iomt_pt_map(&run->pt, first, oa, length, prot, &run->gather);
	EXPECT(run, got == (model_is_free(&run->model, first, last) ? 0 : IOMT_EEXIST),
	       "map gave %d", got);
	if (!got)
		model_map(&run->model, first, last, oa, prot);
}

static void do_unmap(struct run *run)
{
	uint64_t first, last, bytes;

	pick_range(run, &first, &last);
	CHECK_INT(iomt_pt_unmap(&run->pt, first, last - first + 1, &bytes, &run->gather), 0);
	EXPECT(run, bytes == model_bytes(&run->model, first, last), "unmap removed %" PRIx64,
	       bytes);
	model_unmap(&run->model, first, last);
}

static void do_protect(struct run *run)
{
	const uint32_t mask = IOMT_WRITE | IOMT_EXEC | IOMT_PRIV;
	uint32_t prot = IOMT_READ | (random_next(&run->random) & mask);
	uint64_t first, last;

	pick_range(run, &first, &last);
	CHECK_INT(iomt_pt_protect(&run->pt, first, last - first + 1, prot, &run->gather), 0);
	model_protect(&run->model, first, last, mask, prot & mask);
}

/* The dirty bits that the processor set, against the model's. */
static void do_harvest(struct run *run)
{
	static uint64_t bitmap[1u << 14];
	uint64_t first, last, page = 0x1000;

	if (!run->flags)
		return;
	pick_range(run, &first, &last);
	memset(bitmap, 0, sizeof(bitmap));
	CHECK_INT(iomt_pt_dirty(&run->pt, first, last - first + 1, page, bitmap, IOMT_DIRTY_KEEP,
				&run->gather),
		  0);
	for (uint64_t i = 0; i <= (last - first) / page; i++)
		EXPECT(run,
		       (bitmap[i / 64] >> (i % 64) & 1) ==
			       model_is_dirty(&run->model, first + i * page,
					      first + i * page + page - 1),
		       "dirty state of page %" PRIu64 " of 0x%" PRIx64, i, first);
}

/* Cleared everywhere: pages are clean until the processor writes again. */
static void do_clean(struct run *run)
{
	static uint64_t bitmap[1];

	if (!run->flags)
		return;
	CHECK_INT(iomt_pt_dirty(&run->pt, run->base, WINDOW, 1ULL << 40, bitmap, 0, &run->gather),
		  0);
	model_set_dirty(&run->model, run->base, run->base + (WINDOW - 1), false);
}

static void step(struct run *run)
{
	static void (*const operations[])(struct run *) = {
		do_map, do_map, do_map, do_unmap, do_protect, do_harvest, do_clean};

	operations[random_below(&run->random, 7)](run);
	if (random_below(&run->random, 8) == 0)
		CHECK_INT(iomt_pt_trim(&run->pt, run->base, WINDOW, &run->gather), 0);
	invalidate(run);
	for (int i = 0; i < 4; i++)
		probe_around(run);
}

/* Plays in a window of the lower half and one at the end of the upper half. */
void play(unsigned levels, unsigned steps)
{
	static const struct {
		uint64_t base;
		uint32_t flags;
	} places[] = {
		{0x7f0000000000, 0},
		{0x123400000000, IOMT_PT_DIRTY},
		{0 - WINDOW, IOMT_PT_DIRTY},
	};
	static struct run run;
	const char *why;
	uint64_t before;

	memset(&run, 0, sizeof(run));
	if (!vm_open(&run.vm, levels, &why)) {
		fprintf(stderr, "SKIPPED: %u levels by silicon: %s\n", levels, why);
		return;
	}
	random_init(&run.random, levels);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		before = run.vm.accesses;
		open_run(&run, levels, places[i].flags, places[i].base);
		while (run.steps++ < steps)
			step(&run);
		CHECK(run.vm.accesses - before > steps);
		close_run(&run);
	}
	if (!run.vm.giant_leaves)
		fprintf(stderr, "silicon: no 1G leaves: this /dev/kvm does not offer them\n");
	printf("silicon: %" PRIu64 " translations of %u levels checked by %s\n", run.vm.accesses,
	       levels, run.vm.shadowed ? "KVM's walker and this processor" : "this processor");
	vm_close(&run.vm);
}
