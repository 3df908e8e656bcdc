/* SPDX-License-Identifier: MIT */
/* Damaged VT-d second stage tables, walked by QEMU's intel-iommu. */
#include "intel_driver.h"
#include "test.h"
#include "walks.h"

#define PLACE  0x4240603800ULL /* slots 265, 3, 3 of the lower levels */
#define TARGET 0x30603000ULL

static void legacy_record(const struct iomt_walk_fault *fault, struct answer *answer)
{
	answer->reason = iomt_walk_vtd_reason(fault, false);
}

static void scalable_record(const struct iomt_walk_fault *fault, struct answer *answer)
{
	answer->reason = iomt_walk_vtd_reason(fault, true);
}

/* QEMU looks for the right that is asked for in each entry, before it looks at the next. */
static bool denied_above(const struct walks *t, bool write)
{
	uint64_t right = write ? 2 : 1;

	for (unsigned i = 0; i < t->path.count; i++) {
		if (!(t->path.steps[i].entry & right))
			return true;
	}
	return false;
}

static const char *legacy_known(struct walks *t, bool write, struct answer *answer)
{
	if (t->fault.kind == IOMT_WALK_FAULT_PERMISSION ||
	    t->fault.kind == IOMT_WALK_FAULT_ABSENT || !denied_above(t, write))
		return NULL;
	answer->reason = write ? INTEL_NO_WRITE : INTEL_NO_READ;
	return "intel-iommu reports a right that an entry lacks before what is wrong with it "
	       "otherwise, or below";
}

static const char *scalable_known(struct walks *t, bool write, struct answer *answer)
{
	answer->reason = iomt_walk_vtd_reason(&t->fault, false);
	legacy_known(t, write, answer);
	return "intel-iommu has the legacy mode's reasons in scalable mode";
}

static const struct walks_kind legacy = {&iomt_walk_vtd_ss, IOMT_WALK_SNOOP, false,
					 legacy_record,	    legacy_known,    NULL};
static const struct walks_kind scalable = {&iomt_walk_vtd_ss, IOMT_WALK_SNOOP, false,
					   scalable_record,   scalable_known,  NULL};

/* A leaf of 2^lg2 bytes; the hardware's address width is that of its tables. */
static void damage_of(const struct iommu *iommu, const char *name, uint8_t bits, unsigned lg2,
		      const struct walks_kind *kind)
{
	struct witness *w = witness_start(iommu, name);
	const struct iomt_pt_cfg cfg = {.format = &iomt_vtd_ss, .iova_bits = bits, .oa_bits = 39};
	uint64_t size = 1ULL << lg2;
	static struct walks t;

	if (!w)
		return;
	witness_open(w, &cfg, 1ULL << (bits - 2));
	witness_map(w, PLACE & -size, TARGET & -size, size, IOMT_READ | IOMT_WRITE);
	walks_open(&t, w, kind, PLACE, bits);
	for (unsigned bit = bits; bit < 64; bit++)
		walks_other(&t, PLACE ^ 1ULL << bit);
	walks_bits(&t);
	walks_random(&t, 200);
	walks_close(&t, 250);
	witness_close(w);
	witness_stop(w);
}

/* The context entry points to a table where there is no memory. */
static void no_top(void)
{
	struct witness *w = witness_start(&intel_39_queue, __func__);
	const struct iomt_pt_cfg cfg = {.format = &iomt_vtd_ss, .iova_bits = 39, .oa_bits = 39};
	struct iomt_device_use use = {.domain = INTEL_DOMAIN};
	static struct walks t;
	struct answer answer;
	struct iomt_pt_hw hw;

	if (!w)
		return;
	witness_open(w, &cfg, 1ULL << 37);
	witness_map(w, PLACE & -0x1000ULL, TARGET, 0x1000, IOMT_READ | IOMT_WRITE);
	walks_open(&t, w, &legacy, PLACE, 39);
	iomt_pt_hw(&w->pt, &hw);
	hw.root = t.cfg.root = 1ULL << 36;
	use.table = &hw;
	CHECK_INT(iomt_walker_init(&t.walker, &t.cfg, NULL), 0);
	answer = walks_ask(&t, &t.walker, PLACE, IOMT_WRITE);
	CHECK(answer.recorded);
	intel_use_context(w, &use);
	witness_forget(w);
	witness_no_write(w, PLACE, t.oa, 64);
	witness_fault(w, PLACE, true, answer.reason);
	intel_set_context(w);
	witness_forget(w);
	witness_writes(w, PLACE, t.oa, 64);
	witness_close(w);
	witness_stop(w);
}

static void pages_3_levels(void)
{
	damage_of(&intel_39_queue, __func__, 39, 12, &legacy);
}

static void pages_4_levels(void)
{
	damage_of(&intel_48_queue, __func__, 48, 12, &legacy);
}

static void large_3_levels(void)
{
	damage_of(&intel_39_queue, __func__, 39, 21, &legacy);
}

static void giant_4_levels(void)
{
	damage_of(&intel_48_queue, __func__, 48, 30, &legacy);
}

static void pages_scalable(void)
{
	damage_of(&intel_48_scalable, __func__, 48, 12, &scalable);
}

TEST_SUITE(qemu_intel_faults, TEST(pages_3_levels), TEST(pages_4_levels), TEST(large_3_levels),
	   TEST(giant_4_levels), TEST(pages_scalable), TEST(no_top));
