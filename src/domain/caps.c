/* SPDX-License-Identifier: MIT */
/* Descriptions of units and devices: judged field by field. */
#include "caps.h"

#define FIELD(stage, name) ((stage) ? "stage[1]." name : "stage[0]." name)
#define STAGE_FLAGS                                                                     \
	(IOMT_STAGE_RID | IOMT_STAGE_PASID | IOMT_STAGE_ENTRIES | IOMT_STAGE_ACCESSED | \
	 IOMT_STAGE_DIRTY | IOMT_STAGE_CACHES_ABSENT | IOMT_STAGE_NX)
#define UNIT_FLAGS \
	(IOMT_IOMMU_COHERENT | IOMT_IOMMU_NESTING | IOMT_IOMMU_SVA_RID | IOMT_IOMMU_RANGES)
#define DEVICE_FLAGS (IOMT_DEVICE_ATS | IOMT_DEVICE_PRI | IOMT_DEVICE_TRUSTED)

const char *iomt_format_name(enum iomt_format format)
{
	static const char *const names[IOMT_FORMATS] = {
		[IOMT_FORMAT_AMD_V1] = "AMD V1",
		[IOMT_FORMAT_AMD_V2] = "AMD V2",
		[IOMT_FORMAT_VTD_FIRST] = "VT-d first stage",
		[IOMT_FORMAT_VTD_SECOND] = "VT-d second stage",
		[IOMT_FORMAT_ARM_S1_4K] = "Arm stage 1, 4K",
		[IOMT_FORMAT_ARM_S1_16K] = "Arm stage 1, 16K",
		[IOMT_FORMAT_ARM_S1_64K] = "Arm stage 1, 64K",
		[IOMT_FORMAT_ARM_S1_4K_LPA2] = "Arm stage 1, 4K LPA2",
		[IOMT_FORMAT_ARM_S1_16K_LPA2] = "Arm stage 1, 16K LPA2",
		[IOMT_FORMAT_ARM_S2_4K] = "Arm stage 2, 4K",
		[IOMT_FORMAT_ARM_S2_16K] = "Arm stage 2, 16K",
		[IOMT_FORMAT_ARM_S2_64K] = "Arm stage 2, 64K",
		[IOMT_FORMAT_ARM_S2_4K_LPA2] = "Arm stage 2, 4K LPA2",
		[IOMT_FORMAT_ARM_S2_16K_LPA2] = "Arm stage 2, 16K LPA2",
	};

	if ((unsigned)format >= IOMT_FORMATS || !names[format])
		return "no format";
	return names[format];
}

const struct iomt_format_facts *iomt_format_facts(const struct iomt_iommu_kind *kind,
						  enum iomt_format format)
{
	for (size_t i = 0; i < kind->count; i++) {
		if (kind->formats[i].format == format)
			return &kind->formats[i];
	}
	return NULL;
}

/* What all formats of a stage have together. */
struct stage_limits {
	uint32_t formats;
	uint64_t sizes;
	uint64_t granules;
	uint8_t levels;
};

static struct stage_limits limits_of(const struct iomt_iommu_kind *kind, unsigned stage,
				     uint32_t formats)
{
	struct stage_limits limits = {0};

	for (size_t i = 0; i < kind->count; i++) {
		const struct iomt_format_facts *f = &kind->formats[i];

		if (f->stage != stage || !(formats & IOMT_FORMAT_BIT(f->format)))
			continue;
		limits.formats |= IOMT_FORMAT_BIT(f->format);
		limits.sizes |= f->sizes;
		limits.granules |= 1ULL << f->granule_lg2;
		limits.levels |= caps_levels(f);
	}
	return limits;
}

static bool is_empty(const struct iomt_iommu_stage *s)
{
	return !s->formats && !s->flags && !s->page_sizes && !s->levels && !s->iova_bits &&
	       !s->oa_bits;
}

static int check_stage_flags(const struct iomt_iommu_caps *caps, unsigned i,
			     struct iomt_iommu_error *error)
{
	const struct iomt_iommu_stage *s = &caps->stage[i];
	enum iomt_vendor vendor = caps->kind->vendor;
	bool entries = s->flags & IOMT_STAGE_ENTRIES, pasid = s->flags & IOMT_STAGE_PASID;

	if (s->flags & ~STAGE_FLAGS)
		return caps_wrong(error, FIELD(i, "flags"), "unknown flag");
	if (!pasid && !(s->flags & IOMT_STAGE_RID))
		return caps_wrong(error, FIELD(i, "flags"), "serves no requests at all");
	if (pasid && !entries)
		return caps_wrong(error, FIELD(i, "flags"), "PASIDs need IOMT_STAGE_ENTRIES");
	if (vendor != IOMT_VENDOR_VTD && entries != (i == 0))
		return caps_wrong(error, FIELD(i, "flags"),
				  "PASID tables name stage 1, and stage 1 alone");
	if ((s->flags & IOMT_STAGE_DIRTY) && !(s->flags & IOMT_STAGE_ACCESSED))
		return caps_wrong(error, FIELD(i, "flags"), "dirty needs accessed flags");
	if ((s->flags & IOMT_STAGE_NX) && (vendor == IOMT_VENDOR_SMMU || i))
		return caps_wrong(error, FIELD(i, "flags"), "NX is of x86-64 tables");
	if (pasid && !caps->pasid_bits)
		return caps_wrong(error, "pasid_bits", "needed by IOMT_STAGE_PASID");
	return 0;
}

static int check_stage(const struct iomt_iommu_caps *caps, unsigned i,
		       struct iomt_iommu_error *error)
{
	const struct iomt_iommu_stage *s = &caps->stage[i];
	struct stage_limits limits = limits_of(caps->kind, i + 1, s->formats);

	if (is_empty(s))
		return 0;
	if (!s->formats || s->formats != limits.formats)
		return caps_wrong(error, FIELD(i, "formats"), "not formats of this stage");
	if (s->page_sizes & ~limits.sizes)
		return caps_wrong(error, FIELD(i, "page_sizes"), "no format has such a size");
	if (s->page_sizes && (s->page_sizes & limits.granules) != limits.granules)
		return caps_wrong(error, FIELD(i, "page_sizes"), "must hold the granules");
	if (caps->kind->vendor == IOMT_VENDOR_SMMU ? s->levels : !s->levels)
		return caps_wrong(error, FIELD(i, "levels"), "0 for Arm, and for Arm alone");
	if (s->levels & ~limits.levels)
		return caps_wrong(error, FIELD(i, "levels"), "no format has such a depth");
	if (s->iova_bits < 32 || s->iova_bits > 64)
		return caps_wrong(error, FIELD(i, "iova_bits"), "must be 32 to 64");
	if (s->oa_bits < 32 || s->oa_bits > 52)
		return caps_wrong(error, FIELD(i, "oa_bits"), "must be 32 to 52");
	return check_stage_flags(caps, i, error);
}

static int check_unit(const struct iomt_iommu_caps *caps, struct iomt_iommu_error *error)
{
	const struct iomt_iommu_stage *s = caps->stage;

	if (caps->flags & ~UNIT_FLAGS)
		return caps_wrong(error, "flags", "unknown flag");
	if ((caps->flags & IOMT_IOMMU_RANGES) && caps->kind->vendor != IOMT_VENDOR_SMMU)
		return caps_wrong(error, "flags", "ranges are SMMUv3's");
	if ((caps->flags & IOMT_IOMMU_NESTING) && !(s[0].formats && s[1].formats))
		return caps_wrong(error, "flags", "nesting needs both stages");
	if ((caps->flags & IOMT_IOMMU_SVA_RID) && !(s[0].flags & IOMT_STAGE_RID))
		return caps_wrong(error, "flags", "no process' table without IOMT_STAGE_RID");
	if (caps->errata & ~caps->kind->errata)
		return caps_wrong(error, "errata", "the vendor's units have no such erratum");
	if (!s[0].formats && !s[1].formats)
		return caps_wrong(error, "stage[0].formats", "the unit walks no tables");
	return 0;
}

/* A width that the vendor has exactly with one of the stages: 8 or 16. */
static bool is_id_width(uint8_t bits, bool has)
{
	return has ? bits == 8 || bits == 16 : !bits;
}

static int check_ids(const struct iomt_iommu_caps *caps, struct iomt_iommu_error *error)
{
	bool amd = caps->kind->vendor == IOMT_VENDOR_AMD;
	bool vtd = caps->kind->vendor == IOMT_VENDOR_VTD;
	bool smmu = caps->kind->vendor == IOMT_VENDOR_SMMU;
	uint8_t domain_min = amd ? 16 : 4, glx = caps->gcr3_levels;
	bool v2 = amd && caps->stage[0].formats;

	if (caps->pasid_bits > 20)
		return caps_wrong(error, "pasid_bits", "must be 0 to 20");
	if (smmu ? caps->domain_bits : caps->domain_bits < domain_min || caps->domain_bits > 16)
		return caps_wrong(error, "domain_bits", "AMD 16, VT-d 4 to 16, else 0");
	if (!is_id_width(caps->asid_bits, smmu && caps->stage[0].formats))
		return caps_wrong(error, "asid_bits", "8 or 16 for SMMUv3 with stage 1, else 0");
	if (!is_id_width(caps->vmid_bits, smmu && caps->stage[1].formats))
		return caps_wrong(error, "vmid_bits", "8 or 16 for SMMUv3 with stage 2, else 0");
	if (v2 ? glx < 1 || glx > 3 : glx)
		return caps_wrong(error, "gcr3_levels", "1 to 3 for AMD with V2, else 0");
	if (v2 && caps->pasid_bits > 9 * glx)
		return caps_wrong(error, "gcr3_levels", "too few for pasid_bits");
	if (caps->bbm > (smmu ? 2 : 0))
		return caps_wrong(error, "bbm", "0 to 2 for SMMUv3, else 0");
	if (caps->mamv > (vtd ? 52 : 0))
		return caps_wrong(error, "mamv", "0 to 52 for VT-d, else 0");
	if (caps->enc_bit && (!amd || caps->enc_bit < 32 || caps->enc_bit > 51))
		return caps_wrong(error, "enc_bit", "32 to 51 for AMD, else 0");
	return 0;
}

int iomt_iommu_caps_check(const struct iomt_iommu_caps *caps, struct iomt_iommu_error *error)
{
	int err;

	if (!caps || !caps_has_size(caps, caps->size, sizeof(*caps)))
		return caps_wrong(error, "size", "is not that of struct iomt_iommu_caps");
	if (!caps->kind)
		return caps_wrong(error, "kind", "no kind");
	err = check_stage(caps, 0, error);
	if (!err)
		err = check_stage(caps, 1, error);
	if (!err)
		err = check_unit(caps, error);
	if (!err)
		err = check_ids(caps, error);
	return err;
}

static int check_regions(const struct iomt_device_caps *device, struct iomt_iommu_error *error)
{
	if (device->region_count && !device->regions)
		return caps_wrong(error, "regions", "missing");
	for (size_t i = 0; i < device->region_count; i++) {
		if (device->regions[i].first > device->regions[i].last)
			return caps_wrong(error, "regions", "one ends before it begins");
		if ((unsigned)device->regions[i].kind > IOMT_REGION_MSI)
			return caps_wrong(error, "regions", "unknown kind");
	}
	return 0;
}

int iomt_device_caps_check(const struct iomt_device_caps *device, struct iomt_iommu_error *error)
{
	if (!device || !caps_has_size(device, device->size, sizeof(*device)))
		return caps_wrong(error, "size", "is not that of struct iomt_device_caps");
	if (iomt_iommu_caps_check(device->iommu, NULL))
		return caps_wrong(error, "iommu", "iomt_iommu_caps_check refuses it");
	if (device->id > 0xffff && device->iommu->kind->vendor != IOMT_VENDOR_SMMU)
		return caps_wrong(error, "id", "requester ids have 16 bits");
	if (device->flags & ~DEVICE_FLAGS)
		return caps_wrong(error, "flags", "unknown flag");
	if ((device->flags & IOMT_DEVICE_PRI) && !(device->flags & IOMT_DEVICE_ATS))
		return caps_wrong(error, "flags", "PRI needs ATS");
	if (device->pasid_bits > 20)
		return caps_wrong(error, "pasid_bits", "must be 0 to 20");
	return check_regions(device, error);
}
