/* SPDX-License-Identifier: MIT */
/*
 * Damaged tables, walked by iomt_walk and by QEMU's MMU: the same output address or the same cause, and the
 * same accessed and dirty bits left behind. Each bit of each entry on the way is flipped.
 */
#include "riscv.h"
#include "test.h"
#include <stdio.h>

#define TARGET	0x8a345000ULL /* one bit away there is neither stub nor table */
#define TARGET8 0x8a348000ULL /* the page that would be 64K */
#define RW	(IOMT_READ | IOMT_WRITE)
#define ALL	(RW | IOMT_EXEC)

/* Words of their own for each operation, from a multiple of 64 bytes on. */
static const enum riscv_op ops[] = {
	RISCV_LOAD,	 RISCV_STORE,	   RISCV_FETCH,	     RISCV_LOAD | RISCV_LENIENT,
	RISCV_USER_LOAD, RISCV_USER_STORE, RISCV_USER_FETCH, RISCV_STORE | RISCV_LENIENT,
};

struct witness {
	struct riscv_table *table;
	struct iomt_guest_region region;
	struct iomt_guest_mem mem;
	struct iomt_walker strict;
	struct iomt_walker lenient; /* SUM */
};

static void make_walker(struct witness *w, uint32_t flags, struct iomt_walker *walker)
{
	bool stage2 = w->table->config->stage2;
	struct iomt_pt_cfg_error error = {"", ""};
	struct iomt_walk_cfg cfg = {.size = sizeof(cfg), .mem = &w->mem};
	struct iomt_pt_hw hw;
	int err;

	iomt_pt_hw(&w->table->pt, &hw);
	cfg.format = stage2 ? &iomt_walk_riscv_s2 : &iomt_walk_riscv_s1;
	cfg.root = hw.root;
	cfg.levels = hw.levels;
	cfg.flags = IOMT_WALK_ACCESSED | IOMT_WALK_DIRTY | IOMT_WALK_PBMT | (stage2 ? 0 : flags);
	err = iomt_walker_init(walker, &cfg, &error);
	CHECK_MSG(!err, "%s: %s: %s", w->table->config->name, error.field, error.reason);
}

static void open_witness(struct witness *w, struct riscv_table *t)
{
	*w = (struct witness){.table = t};
	w->region = (struct iomt_guest_region){.base = t->machine->kind->ram_base,
					       .size = t->machine->kind->ram_bytes,
					       .host = t->machine->ram};
	w->mem = (struct iomt_guest_mem){.size = sizeof(w->mem), .regions = &w->region, .count = 1};
	make_walker(w, IOMT_WALK_PAN, &w->strict);
	make_walker(w, 0, &w->lenient);
}

static uint32_t asked(enum riscv_op op)
{
	static const uint32_t access[] = {IOMT_READ, IOMT_WRITE, IOMT_EXEC};

	return access[op & 3] | (op & RISCV_USER_LOAD ? 0 : IOMT_PRIV);
}

/*
 * Asks QEMU what the walker says, and lets the walker mark entries. What leads out of the memory for
 * data is not asked for: QEMU 7.2 has page faults where there is no memory for tables.
 */
static void ask(struct witness *w, enum riscv_op op, uint64_t iova, uint64_t *leaf_address)
{
	const struct iomt_walker *walker = op & RISCV_LENIENT ? &w->lenient : &w->strict;
	bool stage2 = w->table->config->stage2;
	struct iomt_walk_leaf leaf;
	struct iomt_walk_fault fault;
	struct iomt_walk_path path;
	struct riscv_want want = {0};

	if (iomt_walk_with_path(walker, iova, asked(op) | IOMT_WALK_LOOK, &leaf, &fault, &path)) {
		bool page = iomt_walk_riscv_cause(&fault) > 7;

		CHECK(page || fault.kind == IOMT_WALK_FAULT_TABLE);
		want = (struct riscv_want){.fault = true, .guest = stage2, .gpa = fault.input};
		if (!page)
			return;
	} else {
		want.oa = leaf.oa;
		if (leaf.oa < RISCV_DATA || leaf.oa >= RISCV_RAM_END)
			return;
		*leaf_address = path.steps[path.count - 1].address;
		CHECK_INT(iomt_walk(walker, iova, asked(op), &leaf, &fault), 0);
	}
	riscv_ask(w->table->machine, op | (stage2 ? RISCV_VIRTUAL : 0), iova, want);
}

/* All operations, one after the other; A and D are in the end what the walker made of them. */
static void compare(struct witness *w, uint64_t iova, const char *what, unsigned level, int bit)
{
	struct machine *machine = w->table->machine;
	struct iomt_walk_leaf leaf;
	struct iomt_walk_fault fault;
	struct iomt_walk_path path;
	uint64_t address = 0, was = 0, marked = 0;

	snprintf(machine->note, sizeof(machine->note), "%s, %s, level %u, bit %d",
		 w->table->config->name, what, level, bit);
	iomt_walk_with_path(&w->strict, iova, IOMT_READ | IOMT_WALK_LOOK, &leaf, &fault, &path);
	if (path.count)
		was = path.steps[path.count - 1].entry;
	for (unsigned i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (!(ops[i] & RISCV_LENIENT) || !w->table->config->stage2)
			ask(w, ops[i], iova + 8 * i, &address);
	}
	if (address) {
		marked = *machine_word(machine, address);
		*machine_word(machine, address) = was;
	}
	riscv_flush(machine);
	if (address) {
		CHECK_MSG(*machine_word(machine, address) == marked,
			  "%s: QEMU made 0x%" PRIx64 " of 0x%" PRIx64 ", the walker 0x%" PRIx64,
			  machine->note, *machine_word(machine, address), was, marked);
		*machine_word(machine, address) = was;
	}
}

/* What of 60:54 is reserved depends on the version, and QEMU 7.2 judges none of them. */
static bool unjudged(unsigned bit)
{
	return bit >= 54 && bit <= 60;
}

static void damage(struct witness *w, uint64_t iova, const char *what)
{
	struct machine *machine = w->table->machine;
	struct iomt_walk_leaf leaf;
	struct iomt_walk_fault fault;
	struct iomt_walk_path path;
	unsigned width;

	CHECK_INT(iomt_walk_with_path(&w->lenient, iova, IOMT_READ | IOMT_PRIV | IOMT_WALK_LOOK,
				      &leaf, &fault, &path),
		  0);
	compare(w, iova, what, 0, -1);
	for (unsigned i = 0; i < path.count; i++) {
		uint64_t *word = machine_word(machine, path.steps[i].address);

		for (unsigned bit = 0; bit < 64; bit++) {
			if (unjudged(bit))
				continue;
			*word ^= 1ULL << bit;
			compare(w, iova, what, path.steps[i].level, (int)bit);
			*word = path.steps[i].entry;
		}
	}
	/* both A and D clear; addresses that no table has */
	*machine_word(machine, path.steps[path.count - 1].address) = leaf.entry & ~0xc0ULL;
	compare(w, iova, what, leaf.level, -2);
	*machine_word(machine, path.steps[path.count - 1].address) = leaf.entry;
	width = 12 + 9 * path.count;
	for (unsigned bit = w->table->config->stage2 ? width + 2 : width - 1; bit < 64; bit++)
		compare(w, iova ^ 1ULL << bit, "another address", 0, (int)bit);
}

static void page(struct witness *w, uint64_t iova, uint64_t oa, uint64_t size, uint32_t prot,
		 const char *what)
{
	struct riscv_table *t = w->table;

	riscv_map(t, iova, oa, size, prot);
	riscv_load(t->machine, t->config->stage2 ? NULL : t, t->config->stage2 ? t : NULL);
	damage(w, iova + 0x800, what);
}

static void faults_of(struct riscv_table *t)
{
	uint64_t before = t->machine->checked;
	struct witness w;

	open_witness(&w, t);
	page(&w, 0x5000, TARGET, 0x1000, ALL, "page");
	page(&w, 0x9000, TARGET, 0x1000, IOMT_READ, "read-only page");
	page(&w, 0x18000, TARGET8, 0x1000, ALL, "page of a run");
	page(&w, 0x400000, 0x8a200000, 0x200000, ALL, "block");
	if (iomt_pt_sizes(&t->pt) >> 16 & 1)
		page(&w, 0x30000, 0x8a340000, 0x10000, ALL, "run");
	if (!t->config->stage2)
		page(&w, 0x7000, TARGET, 0x1000, ALL | IOMT_PRIV, "privileged page");
	CHECK(t->machine->checked > before + 2000);
}

void riscv_faults(void)
{
	riscv_over_all(faults_of);
}
