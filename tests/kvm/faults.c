/* SPDX-License-Identifier: MIT */
/*
 * Damaged tables, walked by iomt_walk and by this machine's processor: the same translation, or the same
 * error code; and the same accessed and dirty bits. Every bit of every entry on the way is flipped, alone
 * and with others. IOMT_TEST_SEED=n repeats a run.
 */
#include "faults.h"
#include "random.h"
#include "test.h"
#include "vm.h"
#include <cpuid.h>
#include <stdio.h>

#define OWN	   0x10000ULL	/* where the guest's own pages are */
#define PLACE	   0x8040603000 /* what is tried: slots 1, 1, 3, 3, none of them on the way to OWN */
#define TARGET	   (VM_DATA + 0x603000)
#define ROUNDS	   3000u
#define MOST_STEPS 5u

struct damage {
	struct vm vm;
	struct iomt_pt pt;
	struct iomt_gather gather;
	struct iomt_guest_region region;
	struct iomt_guest_mem mem;
	struct iomt_walker walker;
	struct iomt_walk_path path; /* before any damage */
	struct random random;
	uint64_t tried;
	uint64_t faults;
};

enum access { READ, WRITE, FETCH };

static uint32_t asked(enum access access, bool user)
{
	static const uint32_t rights[] = {IOMT_READ, IOMT_WRITE, IOMT_EXEC};

	return rights[access] | (user ? 0 : IOMT_PRIV);
}

/* CPUID 8000_0008h: MAXPHYADDR; 0: the vendor, as AMD reserves a bit that Intel ignores. */
static void make_walker(struct damage *d, unsigned levels)
{
	struct iomt_pt_hw hw;
	struct iomt_walk_cfg cfg = {.size = sizeof(cfg), .format = &iomt_walk_x86_64};
	unsigned a = 0, b = 0, c = 0, e = 0;

	iomt_pt_hw(&d->pt, &hw);
	d->region = (struct iomt_guest_region){.size = VM_BYTES, .host = d->vm.memory};
	d->mem = (struct iomt_guest_mem){.size = sizeof(d->mem), .regions = &d->region, .count = 1};
	cfg.mem = &d->mem;
	cfg.root = hw.root;
	cfg.levels = (uint8_t)levels;
	cfg.flags = IOMT_WALK_SIGNED | IOMT_WALK_NX | IOMT_WALK_WP | IOMT_WALK_ACCESSED |
		    IOMT_WALK_DIRTY;
	cfg.page_sizes = d->vm.giant_leaves ? 0 : 0x201000;
	CHECK(__get_cpuid(0x80000008, &a, &b, &c, &e));
	cfg.oa_bits = a & 0xff;
	CHECK(__get_cpuid(0, &a, &b, &c, &e));
	if (b == 0x68747541) /* "Auth" */
		cfg.flags |= IOMT_WALK_TOP_GLOBAL_RESERVED;
	CHECK_INT(iomt_walker_init(&d->walker, &cfg, NULL), 0);
}

static void open_damage(struct damage *d, unsigned levels)
{
	struct iomt_pt_cfg cfg = {
		.size = sizeof(cfg),
		.format = &iomt_x86_64,
		.mem = &d->vm.pool.mem,
		.flags = IOMT_PT_SIGNED | IOMT_PT_NX | IOMT_PT_DIRTY,
		.iova_bits = levels == 5 ? 57 : 48,
		.levels = (uint8_t)levels,
	};
	struct iomt_walk_leaf leaf;
	struct iomt_walk_fault fault;

	iomt_gather_init(&d->gather);
	CHECK_INT(iomt_pt_init(&d->pt, &cfg), 0);
	vm_use(&d->vm, &d->pt, OWN, &d->gather);
	CHECK_INT(iomt_pt_map(&d->pt, PLACE, TARGET, 0x1000, IOMT_READ | IOMT_WRITE | IOMT_EXEC,
			      &d->gather),
		  0);
	make_walker(d, levels);
	CHECK_INT(iomt_walk_with_path(&d->walker, PLACE, IOMT_READ | IOMT_WALK_LOOK, &leaf, &fault,
				      &d->path),
		  0);
	CHECK_EQ(d->path.count, levels);
}

static void repair(struct damage *d)
{
	for (unsigned i = 0; i < d->path.count; i++)
		*vm_word(&d->vm, d->path.steps[i].address) = d->path.steps[i].entry;
}

static void read_entries(struct damage *d, uint64_t entries[MOST_STEPS])
{
	for (unsigned i = 0; i < d->path.count; i++)
		entries[i] = *vm_word(&d->vm, d->path.steps[i].address);
}

static struct vm_result access_now(struct damage *d, enum access access, bool user, uint64_t oa)
{
	if (access == FETCH) {
		vm_plant_code(&d->vm, oa, 0x1234567);
		return vm_fetch(&d->vm, PLACE, user);
	}
	*vm_word(&d->vm, oa) = 0x1234567;
	return access == READ ? vm_read(&d->vm, PLACE, user)
			      : vm_write(&d->vm, PLACE, 0x7654321, user);
}

/* A path through the guest's own pages, or to what is no memory, would try something else. */
static bool may_try(const struct damage *d, int err, const struct iomt_walk_leaf *leaf,
		    const struct iomt_walk_fault *fault, const struct iomt_walk_path *path)
{
	for (unsigned i = 0; i < path->count && i < d->path.count; i++) {
		if (path->steps[i].address != d->path.steps[i].address)
			return false;
	}
	if (err)
		return fault->kind != IOMT_WALK_FAULT_TABLE;
	return leaf->oa >= VM_DATA && leaf->oa <= VM_BYTES - 0x1000;
}

/* One access to tables as they are now, by both. */
static void try_access(struct damage *d, enum access access, bool user)
{
	uint64_t before[MOST_STEPS], ours[MOST_STEPS], theirs[MOST_STEPS];
	struct iomt_walk_leaf leaf = {0};
	struct iomt_walk_fault fault = {0};
	struct iomt_walk_path path;
	struct vm_result result;
	int err, code;

	read_entries(d, before);
	err = iomt_walk_with_path(&d->walker, PLACE, asked(access, user), &leaf, &fault, &path);
	read_entries(d, ours);
	for (unsigned i = 0; i < d->path.count; i++)
		*vm_word(&d->vm, d->path.steps[i].address) = before[i];
	if (!may_try(d, err, &leaf, &fault, &path))
		return;
	vm_tables_changed(&d->vm);
	vm_flush(&d->vm);
	result = access_now(d, access, user, err ? TARGET : leaf.oa);
	read_entries(d, theirs);
	d->tried++;
	d->faults += !!err;
	code = err ? iomt_walk_x86_error(&fault, true) : 0;
	CHECK_MSG(result.fault == !!err,
		  "seed %" PRIu64 ": access %d, user %d, entries 0x%" PRIx64 ", 0x%" PRIx64
		  ", 0x%" PRIx64 ", 0x%" PRIx64
		  ": the processor says %d (%x), the walker %s at level %u",
		  d->random.seed, access, user, before[0], before[1], before[2], before[3],
		  result.fault, result.error, iomt_walk_fault_text(fault.kind), fault.level);
	if (err) {
		CHECK_MSG(result.error == (uint32_t)code && result.address == PLACE,
			  "seed %" PRIu64 ": error code %x, the walker's is %x", d->random.seed,
			  result.error, code);
		return;
	}
	CHECK_EQ(access == WRITE ? *vm_word(&d->vm, leaf.oa) : result.value,
		 access == WRITE ? 0x7654321 : 0x1234567);
	for (unsigned i = 0; i < d->path.count; i++)
		CHECK_MSG(ours[i] == theirs[i],
			  "seed %" PRIu64 ": entry %u is 0x%" PRIx64 ", the walker's 0x%" PRIx64,
			  d->random.seed, i, theirs[i], ours[i]);
}

static void try_all(struct damage *d)
{
	for (int access = READ; access <= FETCH; access++) {
		for (int user = 0; user < 2; user++) {
			try_access(d, (enum access)access, user);
			repair(d);
		}
	}
}

/* Writing to "step" of the way, before each access. */
static void one_bit(struct damage *d, unsigned step, unsigned bit)
{
	for (int access = READ; access <= FETCH; access++) {
		for (int user = 0; user < 2; user++) {
			*vm_word(&d->vm, d->path.steps[step].address) ^= 1ULL << bit;
			try_access(d, (enum access)access, user);
			repair(d);
		}
	}
}

/* Some bits of some entries; of the low ones more often, as these say the most. */
static void some_bits(struct damage *d)
{
	unsigned count = 1 + (unsigned)random_below(&d->random, 4);

	while (count--) {
		unsigned step = (unsigned)random_below(&d->random, d->path.count);
		unsigned limit = random_below(&d->random, 3) ? 9 : 64;
		unsigned bit = (unsigned)random_below(&d->random, limit);

		*vm_word(&d->vm, d->path.steps[step].address) ^= 1ULL << bit;
	}
	try_access(d, (enum access)random_below(&d->random, 3), random_below(&d->random, 2));
	repair(d);
}

void play_faults(unsigned levels)
{
	static struct damage d;
	const char *why;

	memset(&d, 0, sizeof(d));
	if (!vm_open(&d.vm, levels, &why)) {
		fprintf(stderr, "SKIPPED: faults of %u levels by silicon: %s\n", levels, why);
		return;
	}
	random_init(&d.random, levels);
	open_damage(&d, levels);
	try_all(&d);
	CHECK_EQ(d.tried, 6);
	CHECK_EQ(d.faults, 0);
	for (unsigned step = 0; step < levels; step++) {
		for (unsigned bit = 0; bit < 64; bit++)
			one_bit(&d, step, bit);
	}
	for (unsigned i = 0; i < ROUNDS; i++)
		some_bits(&d);
	CHECK(d.faults > 1000);
	printf("silicon: %" PRIu64 " walks of damaged tables with %u levels checked by %s, %" PRIu64
	       " faults\n",
	       d.tried, levels,
	       d.vm.shadowed ? "KVM's walker and this processor" : "this processor", d.faults);
	iomt_gather_release(&d.gather);
	iomt_pt_destroy(&d.pt);
	vm_close(&d.vm);
}
