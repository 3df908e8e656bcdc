/* SPDX-License-Identifier: MIT */
/* Each format's own functions do what the general ones do. */
#include "kinds.h"
#include "test.h"

#define RW (IOMT_READ | IOMT_WRITE)

struct functions {
	const struct iomt_pt_format *format;
	int (*map)(struct iomt_pt *, uint64_t, uint64_t, uint64_t, uint32_t, struct iomt_gather *);
	int (*map_sg)(struct iomt_pt *, uint64_t, const struct iomt_seg *, size_t, uint32_t,
		      struct iomt_gather *);
	int (*unmap)(struct iomt_pt *, uint64_t, uint64_t, uint64_t *, struct iomt_gather *);
	int (*protect)(struct iomt_pt *, uint64_t, uint64_t, uint32_t, struct iomt_gather *);
	int (*translate)(const struct iomt_pt *, uint64_t, struct iomt_pt_leaf *);
	int (*oa)(const struct iomt_pt *, uint64_t, uint64_t *);
	size_t (*translate_many)(const struct iomt_pt *, const uint64_t *, size_t,
				 struct iomt_pt_leaf *);
	int (*dirty)(struct iomt_pt *, uint64_t, uint64_t, uint64_t, uint64_t *, uint32_t,
		     struct iomt_gather *);
};

#define FUNCTIONS(name)                                                                     \
	{                                                                                   \
		&iomt_##name, iomt_##name##_map, iomt_##name##_map_sg, iomt_##name##_unmap, \
			iomt_##name##_protect, iomt_##name##_translate, iomt_##name##_oa,   \
			iomt_##name##_translate_many, iomt_##name##_dirty                   \
	}

static const struct functions functions[] = {
	FUNCTIONS(amdv1),	    FUNCTIONS(x86_64),		FUNCTIONS(vtd_ss),
	FUNCTIONS(arm_s1_4k),	    FUNCTIONS(arm_s1_16k),	FUNCTIONS(arm_s1_64k),
	FUNCTIONS(arm_s1_4k_lpa2),  FUNCTIONS(arm_s1_16k_lpa2), FUNCTIONS(arm_s2_4k),
	FUNCTIONS(arm_s2_16k),	    FUNCTIONS(arm_s2_64k),	FUNCTIONS(arm_s2_4k_lpa2),
	FUNCTIONS(arm_s2_16k_lpa2), FUNCTIONS(riscv_s1),	FUNCTIONS(riscv_s2),
};

static const struct functions *functions_of(const struct kind *kind)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		if (functions[i].format == kind->format)
			return &functions[i];
	}
	test_fail(__FILE__, __LINE__, "no functions for %s", kind->name);
}

/* Two tables in step, one through each door: every entry and every answer is the same. */
static void same_answers(void)
{
	for (size_t i = 0; i < kind_count; i++) {
		const struct functions *own = functions_of(&kinds[i]);
		struct iomt_pt_leaf leaf, own_leaf;
		uint64_t g, iova, bytes, own_bytes, own_oa, bitmap[1] = {0}, own_bitmap[1] = {0};
		struct table a, b;

		table_open(&a, &kinds[i], PROVIDER_LINEAR);
		table_open(&b, &kinds[i], PROVIDER_LINEAR);
		g = a.granule;
		iova = table_at(&a, 0x111);
		for (uint64_t n = 0; n < 40; n++) {
			uint64_t at = iova + n * 256 * g, length = (1 + n * n % 50) * g;
			struct iomt_seg segs[] = {{g, length}, {5 * g, 2 * g}};

			CHECK_INT(iomt_pt_map(&a.pt, at, n * g, length, RW, NULL), 0);
			CHECK_INT(own->map(&b.pt, at, n * g, length, RW, NULL), 0);
			CHECK_INT(own->map(&b.pt, at, n * g, g, RW, NULL), IOMT_EEXIST);
			at += 128 * g;
			CHECK_INT(iomt_pt_map_sg(&a.pt, at, segs, 2, IOMT_READ, NULL), 0);
			CHECK_INT(own->map_sg(&b.pt, at, segs, 2, IOMT_READ, NULL), 0);
		}
		CHECK_INT(iomt_pt_protect(&a.pt, iova, 99 * g, IOMT_READ, &a.gather), 0);
		CHECK_INT(own->protect(&b.pt, iova, 99 * g, IOMT_READ, &b.gather), 0);
		CHECK_INT(iomt_pt_unmap(&a.pt, iova + 256 * g, 9 * g, &bytes, &a.gather), 0);
		CHECK_INT(own->unmap(&b.pt, iova + 256 * g, 9 * g, &own_bytes, &b.gather), 0);
		CHECK_EQ(bytes, own_bytes);
		CHECK_EQ(a.gather.first, b.gather.first);
		CHECK_EQ(a.gather.leaf_sizes, b.gather.leaf_sizes);
		CHECK_INT(iomt_pt_dirty(&a.pt, iova, g, g, bitmap, 0, &a.gather),
			  own->dirty(&b.pt, iova, g, g, own_bitmap, 0, &b.gather));
		CHECK_EQ(bitmap[0], own_bitmap[0]);
		for (uint64_t at = iova; at < iova + 40 * 256 * g; at += g) {
			int found = iomt_pt_translate(&a.pt, at, &leaf);

			CHECK_INT(own->translate(&b.pt, at, &own_leaf), found);
			CHECK_INT(own->oa(&b.pt, at, &own_oa), found);
			if (!found) {
				CHECK_EQ(own_oa, leaf.oa);
				CHECK_EQ(own->translate_many(&b.pt, &at, 1, &own_leaf), 1);
				CHECK_EQ(own_leaf.entry, leaf.entry);
				CHECK_EQ(own_leaf.oa, leaf.oa);
				CHECK_EQ(own_leaf.prot, leaf.prot);
				CHECK_EQ(own_leaf.size_lg2, leaf.size_lg2);
			}
		}
		table_close(&a);
		table_close(&b);
	}
}

static void all_listed(void)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		CHECK(iomt_pt_formats()[i] == functions[i].format);
	CHECK(!iomt_pt_formats()[sizeof(functions) / sizeof(functions[0])]);
}

TEST_SUITE(formats, TEST(same_answers), TEST(all_listed));
