/* SPDX-License-Identifier: MIT */
/*
 * Damaged tables, walked by iomt_walk and by QEMU's MMU: the same output address, or the same fault
 * status code, level included. Each bit of each entry on the way is flipped.
 */
#include "arm_cases.h"
#include "test.h"
#include <stdio.h>

#define TARGET 0x42000000ULL

/* What an AT instruction asks for: PAR_EL1 has no place for execution. */
static uint32_t asked(enum arm_op op)
{
	uint32_t access = op & 1 ? IOMT_WRITE : IOMT_READ;

	return access | (op & 2 ? 0 : IOMT_PRIV);
}

static const struct iomt_walk_format *walk_format(const struct arm_config *config)
{
	static const struct {
		const struct iomt_pt_format *format;
		const struct iomt_walk_format *walk;
	} formats[] = {
		{&iomt_arm_s1_4k, &iomt_walk_arm_s1_4k},
		{&iomt_arm_s1_16k, &iomt_walk_arm_s1_16k},
		{&iomt_arm_s1_64k, &iomt_walk_arm_s1_64k},
		{&iomt_arm_s1_4k_lpa2, &iomt_walk_arm_s1_4k_lpa2},
		{&iomt_arm_s1_16k_lpa2, &iomt_walk_arm_s1_16k_lpa2},
		{&iomt_arm_s2_4k, &iomt_walk_arm_s2_4k},
		{&iomt_arm_s2_16k, &iomt_walk_arm_s2_16k},
		{&iomt_arm_s2_64k, &iomt_walk_arm_s2_64k},
		{&iomt_arm_s2_4k_lpa2, &iomt_walk_arm_s2_4k_lpa2},
		{&iomt_arm_s2_16k_lpa2, &iomt_walk_arm_s2_16k_lpa2},
	};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (formats[i].format == config->format)
			return formats[i].walk;
	}
	return NULL;
}

static void make_walker(const struct arm_table *t, struct iomt_guest_region *region,
			struct iomt_guest_mem *mem, struct iomt_walker *walker)
{
	struct machine *machine = t->machine;
	struct iomt_walk_cfg cfg = {.size = sizeof(cfg), .format = walk_format(t->config)};
	struct iomt_pt_cfg_error error = {"", ""};
	struct iomt_pt_hw hw;
	int err;

	iomt_pt_hw(&t->pt, &hw);
	*region = (struct iomt_guest_region){.base = machine->kind->ram_base,
					     .size = machine->kind->ram_bytes,
					     .host = machine->ram};
	*mem = (struct iomt_guest_mem){.size = sizeof(*mem), .regions = region, .count = 1};
	cfg.mem = mem;
	cfg.root = hw.root;
	cfg.levels = hw.levels;
	cfg.iova_bits = hw.iova_bits;
	cfg.oa_bits = hw.oa_bits;
	cfg.flags = t->config->flags & IOMT_PT_TTBR1 ? IOMT_WALK_UPPER : 0;
	cfg.mair = t->config->stage2 ? 0 : hw.u.arm.mair;
	err = iomt_walker_init(walker, &cfg, &error);
	CHECK_MSG(!err, "%s: %s: %s", t->config->name, error.field, error.reason);
}

/* PAR_EL1: F 0, FST 6:1, PA 51:12. */
static void judge(const struct arm_table *t, const struct iomt_walker *walker,
		  const struct trial *trial, const char *what, unsigned level, unsigned bit)
{
	struct iomt_walk_leaf leaf = {0};
	struct iomt_walk_fault fault = {0};
	int err = iomt_walk(walker, trial->address, asked((enum arm_op)trial->op), &leaf, &fault);
	uint64_t par = trial->value;

	if (err && fault.kind == IOMT_WALK_FAULT_TABLE)
		return; /* an external abort: another machine's business */
	CHECK_MSG((par & 1) == !!err,
		  "%s, %s, level %u, bit %u, op %" PRIu64 ": QEMU has 0x%" PRIx64 ", the walker %s",
		  t->config->name, what, level, bit, trial->op, par,
		  err ? iomt_walk_fault_text(fault.kind) : "no fault");
	if (err)
		CHECK_MSG((par >> 1 & 0x3f) == iomt_walk_arm_status(&fault),
			  "%s, %s, level %u, bit %u: status 0x%x, the walker's 0x%x",
			  t->config->name, what, level, bit, (unsigned)(par >> 1 & 0x3f),
			  iomt_walk_arm_status(&fault));
	else
		CHECK_MSG((par ^ leaf.oa) << 12 >> 24 == 0,
			  "%s, %s, level %u, bit %u: to 0x%" PRIx64 ", the walker to 0x%" PRIx64,
			  t->config->name, what, level, bit, par, leaf.oa);
}

static void ask(const struct arm_table *t, const struct iomt_walker *walker, uint64_t iova,
		const char *what, unsigned level, unsigned bit)
{
	struct mailbox *mailbox = t->machine->mailbox;
	enum arm_op first = t->config->stage2 ? ARM_AT_S12E1R : ARM_AT_S1E1R;
	uint64_t count = 4;

	for (unsigned i = 0; i < count; i++)
		mailbox->trials[i] = (struct trial){.op = first + i, .address = iova};
	mailbox->count = count;
	machine_run(t->machine);
	for (unsigned i = 0; i < count; i++) {
		/* a walk out of RAM: the stub has said so, and PAR is none */
		if (mailbox->trials[i].value != ~0ULL)
			judge(t, walker, &mailbox->trials[i], what, level, bit);
	}
}

/*
 * What QEMU does not judge: that a level but the last has no blocks (D8.3.1, table descriptors); address
 * bits above 48 of LPA2's layout where the output size is 48 bits or less.
 */
static bool unjudged(const struct arm_table *t, unsigned level, unsigned bit)
{
	unsigned granule_lg2 = t->config->granule_lg2;
	unsigned unit_lg2 = granule_lg2 + (granule_lg2 - 3) * level;

	if (bit == 1)
		return !(iomt_pt_sizes(&t->pt) >> unit_lg2 & 1);
	if (t->ds && t->pt.oa_bits <= 48)
		return bit == 8 || bit == 9 || bit == 48 || bit == 49;
	return false;
}

static void damage(const struct arm_table *t, uint64_t iova, const char *what)
{
	struct iomt_guest_region region;
	struct iomt_guest_mem mem;
	struct iomt_walker walker;
	struct iomt_walk_leaf leaf;
	struct iomt_walk_fault fault;
	struct iomt_walk_path path;

	make_walker(t, &region, &mem, &walker);
	CHECK_INT(iomt_walk_with_path(&walker, iova, IOMT_READ, &leaf, &fault, &path), 0);
	ask(t, &walker, iova, what, 0, 64);
	for (unsigned i = 0; i < path.count; i++) {
		uint64_t *word = machine_word(t->machine, path.steps[i].address);

		for (unsigned bit = 0; bit < 64; bit++) {
			if (unjudged(t, path.steps[i].level, bit))
				continue;
			*word ^= 1ULL << bit;
			ask(t, &walker, iova, what, path.steps[i].level, bit);
			*word = path.steps[i].entry;
		}
	}
	/* addresses that no table has; above 52 bits stage 1 faults though it is off */
	for (unsigned bit = t->config->iova_bits; bit < (t->config->stage2 ? 52 : 64); bit++)
		ask(t, &walker, iova ^ 1ULL << bit, "another address", 0, bit);
}

/* A page, and the smallest block. */
static void faults_of(struct arm_table *t)
{
	uint64_t block = t->granule << (t->config->granule_lg2 - 3);
	uint64_t page = t->first + 5 * t->granule, large = t->first + 4 * block;

	if (t->config->flags & IOMT_PT_DIRTY)
		return; /* the machine would write entries */
	arm_map(t, page, TARGET, t->granule, IOMT_READ | IOMT_WRITE);
	damage(t, page + 0x808, "page");
	if (t->last - t->first < 8 * block)
		return;
	arm_map(t, large, 2 * block, block, IOMT_READ | IOMT_WRITE);
	damage(t, large + 0x808, "block");
}

void arm_faults(void)
{
	arm_over_all(faults_of);
}
