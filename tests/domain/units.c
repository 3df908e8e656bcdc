/* SPDX-License-Identifier: MIT */
/* Descriptions of units and devices: each field out of range is named; facts are the engine's. */
#include "units.h"
#include "test.h"
#include <iomt/hosted.h>

#define NEW_FIELD_BYTES 16

static const struct iomt_iommu_kind *const vendors[] = {&iomt_iommu_kind_amd, &iomt_iommu_kind_vtd,
							&iomt_iommu_kind_smmu};

static void ready(void)
{
	struct iomt_iommu_error error = {NULL, NULL};

	for (size_t i = 0; i < UNITS; i++)
		CHECK_MSG(!iomt_iommu_caps_check(units[i], &error), "%zu: %s: %s", i, error.field,
			  error.reason);
	CHECK(!error.field);
}

static void expect_wrong(const struct iomt_iommu_caps *caps, const char *field)
{
	struct iomt_iommu_error error = {NULL, NULL};

	CHECK_INT(iomt_iommu_caps_check(caps, &error), IOMT_EINVAL);
	CHECK_STR(error.field, field);
	CHECK(error.reason && *error.reason);
	CHECK_INT(iomt_iommu_caps_check(caps, NULL), IOMT_EINVAL);
}

/* Changes one field of a good description; the check names it. */
#define WRONG(unit, field, value)                    \
	do {                                         \
		struct iomt_iommu_caps caps_ = unit; \
		caps_.field = value;                 \
		expect_wrong(&caps_, #field);        \
	} while (0)
#define WRONG_AS(unit, field, value, name)           \
	do {                                         \
		struct iomt_iommu_caps caps_ = unit; \
		caps_.field = value;                 \
		expect_wrong(&caps_, name);          \
	} while (0)

static void every_field(void)
{
	WRONG(iomt_iommu_amd, size, sizeof(struct iomt_iommu_caps) - 1);
	WRONG(iomt_iommu_amd, kind, NULL);
	WRONG(iomt_iommu_amd, flags, 1u << 31);
	WRONG(iomt_iommu_amd, flags, IOMT_IOMMU_NESTING);
	WRONG(iomt_iommu_amd, flags, IOMT_IOMMU_SVA_RID);
	WRONG(iomt_iommu_amd_gt, flags, IOMT_IOMMU_SVA_RID);
	WRONG(iomt_iommu_amd, flags, IOMT_IOMMU_RANGES);
	WRONG(iomt_iommu_vtd_scalable, flags, IOMT_IOMMU_RANGES);
	WRONG(iomt_iommu_amd, errata, IOMT_ERRATUM_NESTING);
	WRONG(iomt_iommu_vtd_legacy, errata, IOMT_ERRATUM_512G);
	WRONG(iomt_iommu_smmu, errata, IOMT_ERRATUM_READ_ONLY);
	WRONG(iomt_iommu_amd, pasid_bits, 21);
	WRONG_AS(iomt_iommu_amd_gt, pasid_bits, 0, "pasid_bits");
	WRONG_AS(iomt_iommu_amd_gt, pasid_bits, 19, "gcr3_levels");
	WRONG(iomt_iommu_amd, domain_bits, 15);
	WRONG(iomt_iommu_vtd_legacy, domain_bits, 3);
	WRONG(iomt_iommu_vtd_legacy, domain_bits, 17);
	WRONG(iomt_iommu_smmu, domain_bits, 16);
	WRONG(iomt_iommu_smmu_s1, asid_bits, 0);
	WRONG(iomt_iommu_smmu_s1, asid_bits, 12);
	WRONG(iomt_iommu_smmu_s1, vmid_bits, 8);
	WRONG(iomt_iommu_smmu_s2, vmid_bits, 0);
	WRONG(iomt_iommu_smmu_s2, asid_bits, 16);
	WRONG(iomt_iommu_amd_gio, asid_bits, 16);
	WRONG(iomt_iommu_amd, gcr3_levels, 1);
	WRONG(iomt_iommu_amd_gio, gcr3_levels, 0);
	WRONG(iomt_iommu_amd_gio, gcr3_levels, 4);
	WRONG(iomt_iommu_vtd_scalable, gcr3_levels, 1);
	WRONG(iomt_iommu_smmu, bbm, 3);
	WRONG(iomt_iommu_amd, bbm, 1);
	WRONG(iomt_iommu_vtd_legacy, mamv, 53);
	WRONG(iomt_iommu_smmu, mamv, 1);
	WRONG(iomt_iommu_amd, enc_bit, 31);
	WRONG(iomt_iommu_amd, enc_bit, 52);
	WRONG(iomt_iommu_vtd_legacy, enc_bit, 47);
}

static void every_field_of_a_stage(void)
{
	struct iomt_iommu_caps none = iomt_iommu_amd;

	WRONG(iomt_iommu_amd, stage[1].formats, IOMT_FORMAT_BIT(IOMT_FORMAT_AMD_V2));
	WRONG(iomt_iommu_amd, stage[1].formats, IOMT_FORMAT_BIT(IOMT_FORMAT_VTD_SECOND));
	WRONG(iomt_iommu_amd, stage[1].formats, 1);
	WRONG(iomt_iommu_amd, stage[1].formats, 1u << 31 | 2);
	WRONG(iomt_iommu_amd, stage[1].formats, 0);
	WRONG_AS(iomt_iommu_amd, stage[0].oa_bits, 48, "stage[0].formats");
	WRONG(iomt_iommu_amd, stage[1].flags, 0);
	WRONG(iomt_iommu_amd, stage[1].flags, IOMT_STAGE_RID | 1u << 31);
	WRONG(iomt_iommu_amd, stage[1].flags, IOMT_STAGE_RID | IOMT_STAGE_ENTRIES);
	WRONG(iomt_iommu_amd, stage[1].flags, IOMT_STAGE_RID | IOMT_STAGE_PASID);
	WRONG(iomt_iommu_amd, stage[1].flags, IOMT_STAGE_RID | IOMT_STAGE_DIRTY);
	WRONG(iomt_iommu_amd, stage[1].flags, IOMT_STAGE_RID | IOMT_STAGE_NX);
	WRONG(iomt_iommu_amd_gt, stage[0].flags, IOMT_STAGE_PASID);
	WRONG(iomt_iommu_amd_gt, stage[0].flags, IOMT_STAGE_RID);
	WRONG(iomt_iommu_vtd_scalable, stage[1].flags, IOMT_STAGE_RID | IOMT_STAGE_PASID);
	WRONG(iomt_iommu_smmu, stage[0].flags, IOMT_STAGE_RID | IOMT_STAGE_ENTRIES | IOMT_STAGE_NX);
	WRONG(iomt_iommu_amd, stage[1].page_sizes, 0x1800);
	WRONG(iomt_iommu_amd, stage[1].page_sizes, 0x200000);
	WRONG(iomt_iommu_vtd_legacy, stage[1].page_sizes, 0x3000);
	WRONG(iomt_iommu_smmu, stage[0].page_sizes, 0x1000);
	WRONG(iomt_iommu_amd, stage[1].levels, 0);
	WRONG(iomt_iommu_amd, stage[1].levels, 0x80);
	WRONG(iomt_iommu_amd, stage[1].levels, 1);
	WRONG(iomt_iommu_amd_gio, stage[0].levels, 0x38);
	WRONG(iomt_iommu_vtd_legacy, stage[1].levels, 0x40);
	WRONG(iomt_iommu_smmu, stage[1].levels, 0x10);
	WRONG(iomt_iommu_amd, stage[1].iova_bits, 31);
	WRONG(iomt_iommu_amd, stage[1].iova_bits, 65);
	WRONG(iomt_iommu_smmu, stage[0].oa_bits, 31);
	WRONG(iomt_iommu_smmu, stage[0].oa_bits, 53);
	memset(none.stage, 0, sizeof(none.stage));
	expect_wrong(&none, "stage[0].formats");
}

static void struct_sizes(void)
{
	struct {
		struct iomt_iommu_caps caps;
		unsigned char more[NEW_FIELD_BYTES];
	} newer;

	expect_wrong(NULL, "size");
	memset(&newer, 0, sizeof(newer));
	newer.caps = iomt_iommu_smmu;
	newer.caps.size = sizeof(newer);
	CHECK_INT(iomt_iommu_caps_check(&newer.caps, NULL), 0);
	newer.more[NEW_FIELD_BYTES - 1] = 1;
	expect_wrong(&newer.caps, "size");
}

static void expect_bad_device(struct iomt_device_caps device, const char *field)
{
	struct iomt_iommu_error error = {NULL, NULL};

	CHECK_INT(iomt_device_caps_check(&device, &error), IOMT_EINVAL);
	CHECK_STR(error.field, field);
	CHECK(error.reason && *error.reason);
	CHECK_INT(iomt_device_caps_check(&device, NULL), IOMT_EINVAL);
}

/* Changes one field of a good device; the check names it. */
#define BAD(field_, value)                              \
	do {                                            \
		struct iomt_device_caps device_ = good; \
		device_.field_ = value;                 \
		expect_bad_device(device_, #field_);    \
	} while (0)

static void devices(void)
{
	static const struct iomt_region fine[] = {{0, UINT64_MAX, IOMT_REGION_HOLE},
						  {0x1000, 0x1000, IOMT_REGION_MSI}};
	static const struct iomt_region backwards[] = {{0, 0, IOMT_REGION_HOLE},
						       {0x1000, 0xfff, IOMT_REGION_HOLE}};
	static const struct iomt_region unknown = {0, 0xfff, (enum iomt_region_kind)3};
	struct iomt_iommu_caps broken = iomt_iommu_smmu;
	struct iomt_device_caps good = {.size = sizeof(good),
					.iommu = &iomt_iommu_amd,
					.id = 0xffff,
					.flags = IOMT_DEVICE_ATS | IOMT_DEVICE_PRI |
						 IOMT_DEVICE_TRUSTED,
					.pasid_bits = 20,
					.dma_last = 1,
					.regions = fine,
					.region_count = 2};
	struct iomt_device_caps stream = good;

	broken.bbm = 3;
	CHECK_INT(iomt_device_caps_check(&good, NULL), 0);
	BAD(size, sizeof(good) - 1);
	BAD(iommu, NULL);
	BAD(iommu, &broken);
	BAD(id, 0x10000);
	BAD(flags, 8);
	BAD(flags, IOMT_DEVICE_PRI);
	BAD(pasid_bits, 21);
	BAD(regions, NULL);
	BAD(regions, backwards);
	good.region_count = 1;
	BAD(regions, &unknown);
	CHECK_INT(iomt_device_caps_check(NULL, NULL), IOMT_EINVAL);
	stream.iommu = &iomt_iommu_smmu;
	stream.id = UINT32_MAX;
	CHECK_INT(iomt_device_caps_check(&stream, NULL), 0);
}

/* Whether the engine makes such tables. */
static bool makes(const struct iomt_format_facts *f, struct iomt_pt_cfg cfg)
{
	cfg.size = sizeof(cfg);
	cfg.format = f->pt;
	cfg.mem = &iomt_mem_heap;
	return !iomt_pt_cfg_check(&cfg, NULL);
}

static uint8_t widest(const struct iomt_format_facts *f)
{
	return (uint8_t)(63 - __builtin_clzll(f->oa_widths));
}

/* Whether tables of so many levels can have so many bits, as the facts say it. */
static bool reaches(const struct iomt_format_facts *f, unsigned levels, unsigned bits)
{
	return levels >= f->min_levels && levels <= f->max_levels && bits >= f->min_iova_bits &&
	       bits <= f->max_iova_bits &&
	       f->granule_lg2 + f->index_lg2 * levels + f->concat_lg2 >= bits;
}

/* The fewest levels with which tables of so many bits can be made. */
static unsigned fewest(const struct iomt_format_facts *f, unsigned bits)
{
	unsigned levels = 1;

	while (levels < 8 && !reaches(f, levels, bits))
		levels++;
	return levels;
}

static void facts_of(const struct iomt_format_facts *f)
{
	uint64_t granule = 1ULL << f->granule_lg2;

	for (unsigned bits = 0; bits < 256; bits++) {
		unsigned levels = fewest(f, bits);
		struct iomt_pt_cfg cfg = {.iova_bits = (uint8_t)bits,
					  .oa_bits = widest(f),
					  .levels = (uint8_t)levels};
		bool within = bits <= widest(f) || !f->iova_within_oa;

		CHECK_EQ(bits && makes(f, cfg), within && levels < 8);
		cfg.levels--;
		CHECK(bits < f->min_iova_bits || !cfg.levels || !makes(f, cfg));
	}
	for (unsigned bits = 1; bits < 256; bits++) {
		struct iomt_pt_cfg cfg = {.iova_bits = 32, .oa_bits = (uint8_t)bits};

		CHECK_EQ(makes(f, cfg), bits < 64 && (f->oa_widths >> bits & 1));
	}
	for (unsigned bits = 0; bits < 64; bits++) {
		uint64_t size = 1ULL << bits;
		struct iomt_pt_cfg cfg = {.oa_bits = widest(f), .page_sizes = granule | size};

		CHECK_EQ(makes(f, cfg), f->sizes >> bits & 1);
		cfg.oa_bits = 48;
		CHECK_EQ(makes(f, cfg),
			 (f->sizes & ~(widest(f) > 48 && f->sizes_wide ? f->sizes_wide : 0)) >>
					 bits &
				 1);
	}
}

/* What the planner believes of formats is what the engine does. */
static void facts(void)
{
	unsigned seen = 0;

	for (size_t i = 0; i < sizeof(vendors) / sizeof(vendors[0]); i++) {
		for (size_t k = 0; k < vendors[i]->count; k++) {
			const struct iomt_format_facts *f = &vendors[i]->formats[k];

			CHECK(iomt_format_facts(vendors[i], f->format) == f);
			CHECK(f->stage == 1 || f->stage == 2);
			CHECK(f->by_walk && f->by_pasid && f->by_rid && f->by_nesting &&
			      f->by_dirty);
			CHECK(!(seen & IOMT_FORMAT_BIT(f->format)));
			seen |= IOMT_FORMAT_BIT(f->format);
			facts_of(f);
		}
	}
	CHECK_EQ(seen, IOMT_FORMAT_BIT(IOMT_FORMATS) - 2);
	CHECK(!iomt_format_facts(&iomt_iommu_kind_amd, IOMT_FORMAT_VTD_FIRST));
	CHECK(!iomt_format_facts(&iomt_iommu_kind_amd, IOMT_FORMAT_NONE));
	CHECK(!iomt_format_facts(&iomt_iommu_kind_amd, (enum iomt_format)1000));
}

static void names(void)
{
	CHECK_STR(iomt_format_name(IOMT_FORMAT_AMD_V2), "AMD V2");
	CHECK_STR(iomt_format_name(IOMT_FORMAT_NONE), "no format");
	CHECK_STR(iomt_format_name(IOMT_FORMATS), "no format");
	CHECK_STR(iomt_format_name((enum iomt_format) - 1), "no format");
	for (unsigned a = 1; a < IOMT_FORMATS; a++) {
		for (unsigned b = 0; b < a; b++)
			CHECK(strcmp(iomt_format_name((enum iomt_format)a),
				     iomt_format_name((enum iomt_format)b)) != 0);
	}
}

TEST_SUITE(domain_units, TEST(ready), TEST(every_field), TEST(every_field_of_a_stage),
	   TEST(struct_sizes), TEST(devices), TEST(facts), TEST(names));
