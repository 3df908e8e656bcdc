/* SPDX-License-Identifier: MIT */
/*
 * Tables that the library made, walked as if they were a guest's: every kind says the same as
 * iomt_pt_translate, and what the walker marks as written is what the library finds dirty.
 */
#include "own.h"

#define LOOKS 400u

static void look(struct own *own, const struct iomt_walker *walker, uint64_t iova, uint64_t *mapped)
{
	const char *name = own->table.kind->name;
	struct iomt_pt_leaf leaf = {0}, then;
	struct iomt_walk_leaf walked = {0};
	struct iomt_walk_fault fault = {0};
	int got = iomt_pt_translate(&own->table.pt, iova, &leaf), err;
	uint32_t priv = leaf.prot & IOMT_PRIV;

	err = iomt_walk(walker, iova, IOMT_READ | IOMT_WALK_LOOK | IOMT_WALK_ATS | priv, &walked,
			&fault);
	CHECK_MSG(err == (got ? IOMT_EFAULT : 0), "%s: 0x%" PRIx64 ": %d, %s", name, iova, err,
		  iomt_walk_fault_text(fault.kind));
	if (got) {
		CHECK(fault.kind == IOMT_WALK_FAULT_ABSENT || fault.kind == IOMT_WALK_FAULT_INPUT);
		return;
	}
	++*mapped;
	CHECK_MSG(walked.oa == leaf.oa && walked.size_lg2 == leaf.size_lg2 &&
			  walked.level == leaf.level && walked.entry == leaf.entry,
		  "%s: 0x%" PRIx64 " to 0x%" PRIx64 ", 2^%u bytes; should be 0x%" PRIx64
		  ", 2^%u bytes",
		  name, iova, walked.oa, walked.size_lg2, leaf.oa, leaf.size_lg2);
	CHECK_MSG(!((walked.prot ^ leaf.prot) & own->known), "%s: prot 0x%x, mapped as 0x%x", name,
		  walked.prot, leaf.prot);
	err = iomt_walk(walker, iova, IOMT_WRITE | priv, &walked, &fault);
	if (!(leaf.prot & IOMT_WRITE)) {
		CHECK_INT(err, IOMT_EFAULT);
		CHECK_EQ(fault.kind, IOMT_WALK_FAULT_PERMISSION);
		return;
	}
	CHECK_INT(err, 0);
	CHECK_INT(iomt_pt_translate(&own->table.pt, iova, &then), 0);
	CHECK_EQ(then.dirty, !!(own->table.kind->flags & IOMT_PT_DIRTY));
	CHECK_EQ(then.prot, leaf.prot);
}

static void each_kind(void)
{
	static struct own own;
	struct iomt_walker walker;
	struct random random;

	random_init(&random, 8);
	for (size_t i = 0; i < 2 * kind_count; i++) {
		const struct kind *kind = &kinds[i / 2];
		uint64_t mapped = 0;

		if (kind->enc_bit)
			continue; /* what a memory controller takes away is no part of a guest's address */
		open_own(&own, kind, i % 2);
		map_some(&own, &random);
		walker_now(&own, &walker);
		for (unsigned k = 0; k < LOOKS; k++)
			look(&own, &walker,
			     some_place(&own, &random) + random_below(&random, own.table.granule),
			     &mapped);
		CHECK_MSG(mapped, "%s: %" PRIu64 " mapped", kind->name, mapped);
		CHECK_INT(iomt_pt_unmap(&own.table.pt, own.table.first, own.table.granule, NULL,
					&own.table.gather),
			  0);
		table_close(&own.table);
	}
}

TEST_SUITE(walk_own, TEST(each_kind));
