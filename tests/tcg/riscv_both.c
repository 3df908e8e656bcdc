/* SPDX-License-Identifier: MIT */
/*
 * Damaged tables of both stages, walked by iomt_walk_nested and by QEMU's MMU: the same address or the same
 * cause, for the same guest physical address, of a table or not; and the same accessed and dirty bits left
 * behind in both leaves. Each bit of each entry that the page's address takes is flipped, and those of the
 * second stage under the first's last table.
 */
#include "riscv.h"
#include "test.h"
#include <stdio.h>

#define VA     0x90005800ULL
#define GPA    0x60005800ULL
#define TARGET 0x8a345800ULL /* one bit away there is neither stub nor table */
#define FLAGS  (IOMT_WALK_ACCESSED | IOMT_WALK_DIRTY | IOMT_WALK_PBMT)
#define LOOK   IOMT_WALK_LOOK
#define ALL    (IOMT_READ | IOMT_WRITE | IOMT_EXEC)

/* Words of their own for each operation. QEMU 7.2 has SUM set for loads and stores of both stages. */
static const enum riscv_op ops[] = {
	RISCV_LOAD, RISCV_STORE, RISCV_FETCH, RISCV_USER_LOAD, RISCV_USER_STORE, RISCV_USER_FETCH,
};

struct both {
	struct machine *machine;
	struct iomt_guest_region region;
	struct iomt_guest_mem mem;
	struct iomt_walker first, second;
	uint64_t leaves[2]; /* where these are, of the first stage and the second */
	bool output_fault;  /* an output of the first is none for the second */
	bool translated;    /* not all are faults: QEMU marks entries before it judges them */
};

static void make_walker(const struct riscv_table *t, const struct iomt_guest_mem *mem,
			struct iomt_walker *walker)
{
	struct iomt_walk_cfg cfg = {.size = sizeof(cfg), .mem = mem, .flags = FLAGS};
	struct iomt_pt_hw hw;

	iomt_pt_hw(&t->pt, &hw);
	cfg.format = t->config->stage2 ? &iomt_walk_riscv_s2 : &iomt_walk_riscv_s1;
	cfg.root = hw.root;
	cfg.levels = hw.levels;
	CHECK_INT(iomt_walker_init(walker, &cfg, NULL), 0);
}

static void ask(struct both *b, enum riscv_op op, uint64_t iova)
{
	static const uint32_t kinds[] = {IOMT_READ, IOMT_WRITE, IOMT_EXEC};
	uint32_t access = kinds[op & 3] | (op & RISCV_USER_LOAD ? 0 : IOMT_PRIV);
	struct iomt_walk_leaf leaf;
	struct iomt_walk_fault fault;
	struct riscv_want want = {0};

	if (iomt_walk_nested(&b->first, &b->second, 0, iova, access | LOOK, &leaf, &fault)) {
		want.fault = true;
		want.guest = fault.stage == 2;
		want.gpa = fault.input;
		want.on_table = fault.on_table;
		b->output_fault |= want.guest && !want.on_table;
		if (iomt_walk_riscv_cause(&fault) <= 7)
			return; /* QEMU 7.2 has page faults where there is no memory for tables */
	} else {
		want.oa = leaf.oa;
		if (leaf.oa < RISCV_DATA || leaf.oa >= RISCV_RAM_END)
			return;
		if (iomt_walk_nested(&b->first, &b->second, 0, iova, access, &leaf, &fault)) {
			CHECK(fault.on_update);
			return; /* QEMU 7.2 does not ask the second stage when it writes entries */
		}
		b->translated = true;
	}
	riscv_ask(b->machine, op | RISCV_VIRTUAL, iova, want);
}

/*
 * All operations; A and D are in the end what the walker made of them. QEMU sets those of the first stage
 * before it asks the second for the output.
 */
static void compare(struct both *b, uint64_t iova, const char *what, unsigned level, int bit)
{
	struct machine *machine = b->machine;
	uint64_t was[2], marked[2], early;

	b->output_fault = b->translated = false;
	snprintf(machine->note, sizeof(machine->note), "%s, level %u, bit %d", what, level, bit);
	for (unsigned i = 0; i < 2; i++)
		was[i] = *machine_word(machine, b->leaves[i]);
	for (unsigned i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		ask(b, ops[i], iova + 8 * i);
	for (unsigned i = 0; i < 2; i++) {
		marked[i] = *machine_word(machine, b->leaves[i]);
		*machine_word(machine, b->leaves[i]) = was[i];
	}
	riscv_flush(machine);
	for (unsigned i = 0; i < 2; i++) {
		early = (i == 0 && b->output_fault) || !b->translated ? 0xc0 : 0;
		CHECK_MSG((*machine_word(machine, b->leaves[i]) | early) == (marked[i] | early),
			  "%s: QEMU made 0x%" PRIx64 " of 0x%" PRIx64 " in stage %u", machine->note,
			  *machine_word(machine, b->leaves[i]), was[i], i + 1);
		*machine_word(machine, b->leaves[i]) = was[i];
	}
}

/* What of 60:54 is reserved depends on the version, and QEMU 7.2 judges none of them. */
static void damage(struct both *b, const struct iomt_walk_path *path, unsigned from,
		   const char *what)
{
	for (unsigned i = from; i < path->count; i++) {
		uint64_t *word = machine_word(b->machine, path->steps[i].address);

		for (unsigned bit = 0; bit < 64; bit++) {
			if (bit >= 54 && bit <= 60)
				continue;
			*word = path->steps[i].entry ^ 1ULL << bit;
			compare(b, VA, what, path->steps[i].level, (int)bit);
		}
		*word = path->steps[i].entry;
	}
}

static void damage_all(struct both *b)
{
	struct iomt_walk_path first, second, under;
	struct iomt_walk_leaf leaf;
	struct iomt_walk_fault fault;

	/* the first stage's tables are where the second leaves them */
	struct iomt_walker alone = b->first;

	alone.mem = &b->mem;
	alone.ctx = NULL;
	CHECK_INT(iomt_walk_with_path(&alone, VA, IOMT_READ | LOOK, &leaf, &fault, &first), 0);
	CHECK_EQ(leaf.oa, GPA);
	CHECK_INT(iomt_walk_with_path(&b->second, GPA, IOMT_READ | LOOK, &leaf, &fault, &second),
		  0);
	CHECK_EQ(leaf.oa, TARGET);
	b->leaves[0] = first.steps[first.count - 1].address;
	b->leaves[1] = second.steps[second.count - 1].address;
	CHECK_INT(iomt_walk_with_path(&b->second, b->leaves[0], IOMT_READ | LOOK, &leaf, &fault,
				      &under),
		  0);
	compare(b, VA, "both", 0, -1);
	damage(b, &first, 0, "first stage");
	damage(b, &second, 0, "second stage");
	damage(b, &under, under.count - 1, "second stage under a table");
	/* A and D clear in both */
	for (unsigned i = 0; i < 2; i++)
		*machine_word(b->machine, b->leaves[i]) &= ~0xc0ULL;
	compare(b, VA, "A and D clear", 0, -1);
	compare(b, VA ^ 1ULL << 40, "another address", 0, 40);
}

void riscv_both(void)
{
	static const char *const pairs[][2] = {{"sv39", "sv39x4"}, {"sv57", "sv48x4"}};
	struct machine *machine = riscv_machine();

	for (unsigned i = 0; machine && i < 2; i++) {
		uint64_t before = machine->checked;
		struct riscv_table s1, s2;
		struct both b = {.machine = machine};

		riscv_open(&s1, machine, riscv_config_named(pairs[i][0]));
		riscv_open(&s2, machine, riscv_config_named(pairs[i][1]));
		riscv_map(&s2, RISCV_TABLES, RISCV_TABLES, RISCV_DATA - RISCV_TABLES,
			  IOMT_READ | IOMT_WRITE);
		riscv_map(&s2, GPA & ~0xfffULL, TARGET & ~0xfffULL, 0x1000, ALL);
		riscv_map(&s1, VA & ~0xfffULL, GPA & ~0xfffULL, 0x1000, ALL);
		riscv_load(machine, &s1, &s2);
		b.region = (struct iomt_guest_region){.base = machine->kind->ram_base,
						      .size = machine->kind->ram_bytes,
						      .host = machine->ram};
		b.mem = (struct iomt_guest_mem){
			.size = sizeof(b.mem), .regions = &b.region, .count = 1};
		make_walker(&s1, &iomt_walk_by_stage_2, &b.first);
		make_walker(&s2, &b.mem, &b.second);
		damage_all(&b);
		CHECK(machine->checked > before + 1500);
		riscv_close(&s1);
		riscv_close(&s2);
		CHECK_EQ(machine->pool.live, 0);
	}
}
