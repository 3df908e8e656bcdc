/* SPDX-License-Identifier: MIT */
/*
 * Damaged Arm stage 1 tables, walked by QEMU's smmuv3. Its walks are those of iomt_walk for hardware of
 * 48 bits, where the access flag does not matter and devices are privileged, but for blocks and for
 * tables that deny writes.
 */
#include "smmu_driver.h"
#include "test.h"
#include "walks.h"

#define PLACE	  0x501040603800ULL
#define TARGET	  0x60603000ULL
#define OA_BITS	  44		 /* what the model has (SMMU_IDR5.OAS) */
#define READ_ONLY (1ULL << 7)	 /* AP[2] of blocks */
#define TABLE_RO  (1ULL << 62)	 /* APTable[1] */
#define ADDRESS	  0xffffffffffff /* of 48 bits */

static void record(const struct iomt_walk_fault *fault, struct answer *answer)
{
	struct iomt_walk_smmu_event event = iomt_walk_smmu_event(fault);

	answer->reason = event.type;
	answer->iova = event.input & ~0xfffULL;
	answer->fetch = event.fetch;
	answer->cls = event.cls;
}

static void refuse(struct walks *t, struct answer *answer)
{
	*answer = (struct answer){
		.recorded = true, .reason = SMMU_F_PERMISSION, .iova = t->iova & ~0xfffULL};
}

/* QEMU has blocks at every level but the last. */
static bool is_block(const struct walks *t)
{
	return t->fault.kind == IOMT_WALK_FAULT_ABSENT && t->fault.level &&
	       (t->fault.entry & 3) == 1;
}

static void pass_block(struct walks *t, bool write, struct answer *answer)
{
	unsigned granule_lg2 = (unsigned)__builtin_ctzll(t->w->granule);
	uint64_t within = (1ULL << (granule_lg2 + (granule_lg2 - 3) * t->fault.level)) - 1;

	if (write && (t->fault.entry & READ_ONLY)) {
		refuse(t, answer);
		return;
	}
	*answer = (struct answer){.passes = true,
				  .oa = (t->fault.entry & ADDRESS & ~within) | (t->iova & within)};
}

/* A table that denies writes ends the walk, whatever is below. */
static bool table_denies(const struct walks *t)
{
	unsigned tables =
		t->fault.kind == IOMT_WALK_FAULT_TABLE ? t->path.count : t->path.count - 1;

	for (unsigned i = 0; t->path.count && i < tables; i++) {
		if (t->path.steps[i].entry & TABLE_RO)
			return true;
	}
	return false;
}

static const char *differs(unsigned kind)
{
	switch (kind) {
	case IOMT_WALK_FAULT_OUTPUT:
		return "smmuv3 does not compare addresses with the output address size";
	case IOMT_WALK_FAULT_ACCESSED:
		return "smmuv3 ignores the access flag";
	case IOMT_WALK_FAULT_PERMISSION:
		return "smmuv3 ignores which pages users may not access";
	default:
		return "smmuv3 reports a table that denies writes before what is wrong below";
	}
}

static bool same_but_class(const struct answer *a, const struct answer *b)
{
	return a->passes == b->passes && a->recorded == b->recorded && a->reason == b->reason &&
	       a->fetch == b->fetch;
}

/* What the model makes of the tables; the name of what is different in it, or NULL. */
static const char *walk_as_known(struct walks *t, bool write, struct answer *answer)
{
	struct iomt_walk_cfg cfg = t->cfg;
	struct answer said = *answer;
	struct iomt_walker walker;
	unsigned kind = t->fault.kind;
	bool block;

	cfg.oa_bits = 48;
	cfg.flags |= IOMT_WALK_NO_ACCESS_FAULT;
	CHECK_INT(iomt_walker_init(&walker, &cfg, NULL), 0);
	*answer = walks_ask(t, &walker, t->iova, (write ? IOMT_WRITE : IOMT_READ) | IOMT_PRIV);
	block = is_block(t);
	if (write && table_denies(t))
		refuse(t, answer);
	else if (block)
		pass_block(t, write, answer);
	if (same_but_class(answer, &said))
		return NULL;
	return block ? "smmuv3 takes blocks at levels that have none" : differs(kind);
}

static const char *known(struct walks *t, bool write, struct answer *answer)
{
	const char *what = NULL;

	if (answer->iova >> 48) {
		answer->recorded = false;
		return "smmuv3 sees no address above 48 bits, and reports none";
	}
	if (t->fault.kind != IOMT_WALK_FAULT_INPUT)
		what = walk_as_known(t, write, answer);
	if (!answer->recorded)
		return what;
	if (answer->reason == SMMU_F_WALK_EABT)
		return what;
	answer->cls = 0;
	return what ? what : "smmuv3 says no CLASS but in F_WALK_EABT; QEMU 9.1 does";
}

static const struct walks_kind kind_4k = {&iomt_walk_arm_s1_4k, 0, true, record, known, NULL};
static const struct walks_kind kind_16k = {&iomt_walk_arm_s1_16k, 0, true, record, known, NULL};
static const struct walks_kind kind_64k = {&iomt_walk_arm_s1_64k, 0, true, record, known, NULL};

static void damage_of(const struct iomt_pt_format *format, const struct walks_kind *kind,
		      const char *name, uint8_t iova_bits, unsigned lg2)
{
	struct witness *w = witness_start(&smmu_leaves, name);
	const struct iomt_pt_cfg cfg = {
		.format = format, .iova_bits = iova_bits, .oa_bits = OA_BITS};
	uint64_t size = 1ULL << lg2, place = PLACE & ((1ULL << iova_bits) - 1);
	static struct walks t;

	if (!w)
		return;
	witness_open(w, &cfg, 1ULL << (iova_bits - 1));
	witness_map(w, place & -size, TARGET & -size, size, IOMT_READ | IOMT_WRITE);
	walks_open(&t, w, kind, place, OA_BITS);
	for (unsigned bit = iova_bits; bit < 64; bit++)
		walks_other(&t, place ^ 1ULL << bit);
	walks_bits(&t);
	walks_random(&t, 200);
	walks_close(&t, 200);
	witness_close(w);
	witness_stop(w);
}

static void pages_4k(void)
{
	damage_of(&iomt_arm_s1_4k, &kind_4k, __func__, 48, 12);
}

static void blocks_4k(void)
{
	damage_of(&iomt_arm_s1_4k, &kind_4k, __func__, 39, 21);
}

static void pages_16k(void)
{
	damage_of(&iomt_arm_s1_16k, &kind_16k, __func__, 47, 14);
}

static void pages_64k(void)
{
	damage_of(&iomt_arm_s1_64k, &kind_64k, __func__, 48, 16);
}

TEST_SUITE(qemu_smmu_faults, TEST(pages_4k), TEST(blocks_4k), TEST(pages_16k), TEST(pages_64k));
