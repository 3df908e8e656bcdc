/* SPDX-License-Identifier: MIT */
/* Changing permissions: from everything to everything, and nothing else of the entry. */
#include "kinds.h"
#include "test.h"

#define RW (IOMT_READ | IOMT_WRITE)

/* An entry that is protected is the entry that map would have made. */
static void all_to_all(void)
{
	for (size_t i = 0; i < kind_count; i++) {
		for (uint32_t pair = 0; pair < 256; pair++) {
			uint32_t access[] = {IOMT_READ, IOMT_WRITE, IOMT_EXEC, IOMT_PRIV};
			uint32_t from = 0, to = 0;
			struct iomt_pt_leaf leaf, fresh;
			struct table t;
			uint64_t at, other;

			for (unsigned bit = 0; bit < 4; bit++) {
				from |= pair >> bit & 1 ? access[bit] : 0;
				to |= pair >> (bit + 4) & 1 ? access[bit] : 0;
			}
			table_open(&t, &kinds[i], PROVIDER_LINEAR);
			at = table_at(&t, 3);
			other = table_at(&t, 5);
			if (!iomt_pt_map(&t.pt, at, 0, t.granule, from, NULL) &&
			    !iomt_pt_map(&t.pt, other, 0, t.granule, to, NULL)) {
				CHECK_INT(iomt_pt_protect(&t.pt, at, t.granule, to, &t.gather), 0);
				CHECK_INT(iomt_pt_translate(&t.pt, at, &leaf), 0);
				CHECK_INT(iomt_pt_translate(&t.pt, other, &fresh), 0);
				CHECK_EQ(leaf.entry, fresh.entry);
				CHECK_EQ(leaf.prot, to);
				CHECK(iomt_gather_is_empty(&t.gather) == (from == to));
			}
			table_close(&t);
		}
	}
}

/* Memory types, snoop, global and the encryption bit stay. */
static void the_rest_stays(void)
{
	static const struct {
		const char *kind;
		uint32_t keeps;
	} rows[] = {
		{"amdv1", IOMT_SNOOP},
		{"amdv1_enc", IOMT_MMIO},
		{"x86_64_4", IOMT_GLOBAL | IOMT_TYPE_UNCACHED},
		{"x86_64_enc", IOMT_MMIO | IOMT_TYPE_DEVICE},
		{"vtd_ss_5", IOMT_SNOOP},
		{"arm_s1_64k", IOMT_GLOBAL | IOMT_TYPE_DEVICE},
		{"arm_s1_4k_lpa2", IOMT_TYPE_UNCACHED},
		{"arm_s2_4k", IOMT_TYPE_DEVICE},
		{"riscv_sv57", IOMT_GLOBAL},
		{"riscv_sv48", IOMT_TYPE_UNCACHED},
		{"riscv_sv39x4", IOMT_TYPE_DEVICE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct iomt_pt_leaf leaf;
		struct table t;
		uint64_t at;

		table_open(&t, kind_named(rows[i].kind), PROVIDER_LINEAR);
		at = table_at(&t, 16);
		table_map(&t, at, 16 * t.granule, 40 * t.granule, RW | rows[i].keeps);
		CHECK_INT(iomt_pt_protect(&t.pt, at, 40 * t.granule, IOMT_READ, &t.gather), 0);
		for (uint64_t g = 0; g < 40; g++) {
			CHECK_INT(iomt_pt_translate(&t.pt, at + g * t.granule, &leaf), 0);
			CHECK_EQ(leaf.prot, IOMT_READ | rows[i].keeps);
			CHECK_EQ(leaf.oa, (16 + g) * t.granule);
		}
		table_close(&t);
	}
}

/* Holes stay holes, and leaves around the range stay what they are. */
static void holes(void)
{
	struct iomt_pt_leaf leaf;
	struct table t;

	table_open(&t, kind_named("vtd_ss_4"), PROVIDER_LINEAR);
	table_map(&t, 0x1000, 0x1000, 0x1000, RW);
	table_map(&t, 0x3000, 0x3000, 0x2000, RW);
	CHECK_INT(iomt_pt_protect(&t.pt, 0x2000, 0x2000, IOMT_WRITE, &t.gather), 0);
	table_expect_empty(&t, 0x2000);
	CHECK_INT(iomt_pt_translate(&t.pt, 0x1000, &leaf), 0);
	CHECK_EQ(leaf.prot, RW);
	CHECK_INT(iomt_pt_translate(&t.pt, 0x3000, &leaf), 0);
	CHECK_EQ(leaf.prot, IOMT_WRITE);
	CHECK_INT(iomt_pt_translate(&t.pt, 0x4000, &leaf), 0);
	CHECK_EQ(leaf.prot, RW);
	CHECK_EQ(t.gather.first, 0x3000);
	CHECK_EQ(t.gather.last, 0x3fff);
	table_close(&t);
}

TEST_SUITE(protect, TEST(all_to_all), TEST(the_rest_stays), TEST(holes));
