/* SPDX-License-Identifier: MIT */
/* What a file says of units, devices and domains. */
#include "machine.h"
#include "fields.h"
#include <iomt/formats.h>
#include <stdlib.h>
#include <string.h>

static const struct word presets[] = {
	{"amd", 0},	{"amd-gt", 1},	{"amd-gio", 2}, {"vtd-legacy", 3}, {"vtd-scalable", 4},
	{"smmu-s1", 5}, {"smmu-s2", 6}, {"smmu", 7},	{"smmu-full", 8},  {NULL, 0},
};
static const struct iomt_iommu_caps *const preset_caps[] = {
	&iomt_iommu_amd,	&iomt_iommu_amd_gt,	  &iomt_iommu_amd_gio,
	&iomt_iommu_vtd_legacy, &iomt_iommu_vtd_scalable, &iomt_iommu_smmu_s1,
	&iomt_iommu_smmu_s2,	&iomt_iommu_smmu,	  &iomt_iommu_smmu_full,
};
static const struct word unit_can[] = {
	{"coherent", IOMT_IOMMU_COHERENT},
	{"nesting", IOMT_IOMMU_NESTING},
	{"sva-rid", IOMT_IOMMU_SVA_RID},
	{"ranges", IOMT_IOMMU_RANGES},
	{NULL, 0},
};
static const struct word errata[] = {
	{"512g", IOMT_ERRATUM_512G},
	{"read-only", IOMT_ERRATUM_READ_ONLY},
	{"nesting", IOMT_ERRATUM_NESTING},
	{"whole-runs", IOMT_ERRATUM_WHOLE_RUNS},
	{NULL, 0},
};
static const struct word stage_can[] = {
	{"rid", IOMT_STAGE_RID},	 {"pasid", IOMT_STAGE_PASID},
	{"entries", IOMT_STAGE_ENTRIES}, {"accessed", IOMT_STAGE_ACCESSED},
	{"dirty", IOMT_STAGE_DIRTY},	 {"caches-absent", IOMT_STAGE_CACHES_ABSENT},
	{"nx", IOMT_STAGE_NX},		 {NULL, 0},
};
static const struct word device_has[] = {
	{"ats", IOMT_DEVICE_ATS},
	{"pri", IOMT_DEVICE_PRI},
	{NULL, 0},
};
static const struct word device_needs[] = {
	{"ats", MACHINE_NEEDS_ATS},
	{"dirty", MACHINE_NEEDS_DIRTY},
	{"sva", MACHINE_NEEDS_SVA},
	{NULL, 0},
};
static const struct word region_kinds[] = {
	{"hole", IOMT_REGION_HOLE},
	{"identity", IOMT_REGION_IDENTITY},
	{"msi", IOMT_REGION_MSI},
	{NULL, 0},
};
static const struct word domain_kinds[] = {
	{"paging", IOMT_DOMAIN_PAGING},
	{"identity", IOMT_DOMAIN_IDENTITY},
	{"sva", IOMT_DOMAIN_SVA},
	{NULL, 0},
};
static const struct word domain_needs[] = {
	{"dirty", IOMT_DOMAIN_DIRTY},
	{"coherent", IOMT_DOMAIN_COHERENT},
	{"nest-parent", IOMT_DOMAIN_NEST_PARENT},
	{"trusted", IOMT_DOMAIN_TRUSTED},
	{"no-pasid", IOMT_DOMAIN_NO_PASID},
	{NULL, 0},
};

/* Formats go by their names in every other command: a vendor has no two with one. */
static bool take_formats(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
			 void *into)
{
	const struct machine_unit *unit = fields->unit;
	uint32_t *formats = into;

	*formats = 0;
	for (uint32_t i = 0; i < fields_count(node); i++) {
		const char *name = fields_text(fields, at, fields_item(fields, node, i));
		const struct iomt_iommu_kind *kind = unit->caps.kind;
		uint32_t was = *formats;

		if (!name)
			return false;
		for (size_t k = 0; k < kind->count; k++) {
			if (!strcmp(iomt_pt_format_name(kind->formats[k].pt), name))
				*formats |= IOMT_FORMAT_BIT(kind->formats[k].format);
		}
		if (*formats == was)
			return fields_fail(fields, at, node,
					   "the unit's vendor has no format '%s', or it is there "
					   "already; 'iomt formats' lists them",
					   name);
	}
	return true;
}

static const struct field stage_fields[] = {
	{"formats", take_formats, offsetof(struct iomt_iommu_stage, formats), 0, 0, NULL},
	{"can", field_words, offsetof(struct iomt_iommu_stage, flags), 0, 0, stage_can},
	{"page_sizes", field_sizes, offsetof(struct iomt_iommu_stage, page_sizes), 0, 0, NULL},
	{"levels", field_levels, offsetof(struct iomt_iommu_stage, levels), 0, 0, NULL},
	{"iova_bits", field_u8, offsetof(struct iomt_iommu_stage, iova_bits), 32, 64, NULL},
	{"oa_bits", field_u8, offsetof(struct iomt_iommu_stage, oa_bits), 32, 52, NULL},
	{NULL, NULL, 0, 0, 0, NULL},
};

/* "none", or fields. */
static bool take_stage(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		       void *into)
{
	if (node->type != YAML_SCALAR_NODE)
		return fields_read(fields, at, node, stage_fields, into);
	if (strcmp((const char *)node->data.scalar.value, "none") != 0)
		return fields_fail(fields, at, node, "it is 'none' or fields");
	*(struct iomt_iommu_stage *)into = (struct iomt_iommu_stage){0};
	return true;
}

#define UNIT(member) offsetof(struct machine_unit, caps.member)

static bool take_preset(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
			void *into)
{
	uint32_t which;

	if (!field_word(fields, at, node, &which))
		return false;
	*(struct iomt_iommu_caps *)into = *preset_caps[which];
	return true;
}

/* What "is" gives, the rest changes. */
static const struct field unit_fields[] = {
	{"is!", take_preset, offsetof(struct machine_unit, caps), 0, 0, presets},
	{"can", field_words, UNIT(flags), 0, 0, unit_can},
	{"errata", field_words, UNIT(errata), 0, 0, errata},
	{"stage1", take_stage, UNIT(stage[0]), 0, 0, NULL},
	{"stage2", take_stage, UNIT(stage[1]), 0, 0, NULL},
	{"pasid_bits", field_u8, UNIT(pasid_bits), 0, 20, NULL},
	{"domain_bits", field_u8, UNIT(domain_bits), 0, 16, NULL},
	{"asid_bits", field_u8, UNIT(asid_bits), 0, 16, NULL},
	{"vmid_bits", field_u8, UNIT(vmid_bits), 0, 16, NULL},
	{"gcr3_levels", field_u8, UNIT(gcr3_levels), 0, 3, NULL},
	{"bbm", field_u8, UNIT(bbm), 0, 2, NULL},
	{"mamv", field_u8, UNIT(mamv), 0, 52, NULL},
	{"enc_bit", field_u8, UNIT(enc_bit), 0, 51, NULL},
	{NULL, NULL, 0, 0, 0, NULL},
};

static bool take_unit(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		      void *into)
{
	struct machine_unit *unit = into;
	struct iomt_iommu_error error;

	unit->name = at->name;
	fields->unit = unit;
	if (!fields_read(fields, at, node, unit_fields, unit))
		return false;
	if (iomt_iommu_caps_check(&unit->caps, &error))
		return fields_fail(fields, at, node, "%s: %s", error.field, error.reason);
	return true;
}

/* "c1:00.0", with a segment in front or not, or a number: StreamIDs have more than 16 bits. */
static bool take_rid(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		     uint32_t *rid)
{
	const char *text = fields_text(fields, at, node);
	uint64_t number;

	if (!text)
		return false;
	if (!strchr(text, ':')) {
		if (!fields_number(fields, at, node, 0, UINT32_MAX, &number))
			return false;
		*rid = (uint32_t)number;
		return true;
	}
	if (tool_rid(text, rid))
		return true;
	return fields_fail(fields, at, node, "'%s' is no requester id, such as 3a:00.1", text);
}

/* A unit has one entry for each. */
static bool check_rid(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		      const struct machine_device *device, uint32_t which)
{
	const struct machine_device *other = fields->machine->devices;

	for (; other <= device; other++) {
		for (uint32_t i = 0; i < (other == device ? which : other->rid_count); i++) {
			if (other->unit == device->unit &&
			    other->rids[i].id == device->rids[which].id)
				return fields_fail(fields, at, node,
						   "it is the requester id of '%s' already; what "
						   "cannot be told apart is one device",
						   other->name);
		}
	}
	return true;
}

/* One, or a list of those that a bridge or the device itself puts into requests. */
static bool take_rids(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		      void *into)
{
	struct machine_device *device = into;
	struct machine *machine = fields->machine;
	uint32_t count = fields_count(node);

	if (!count || machine->rid_count + count > MACHINE_RIDS)
		return fields_fail(fields, at, node, "1 to %u requester ids, of all devices",
				   MACHINE_RIDS);
	device->rids = calloc(count, sizeof(*device->rids));
	if (!device->rids)
		return fields_no_memory(fields);
	for (uint32_t i = 0; i < count; i++) {
		const yaml_node_t *item = fields_item(fields, node, i);

		if (!take_rid(fields, at, item, &device->rids[i].id) ||
		    !check_rid(fields, at, item, device, i))
			return false;
	}
	device->first_rid = machine->rid_count;
	device->rid_count = count;
	machine->rid_count += count;
	return true;
}

struct region {
	uint64_t first, last;
	uint32_t kind;
};

static const struct field region_fields[] = {
	{"first!", field_u64, offsetof(struct region, first), 0, UINT64_MAX, NULL},
	{"last!", field_u64, offsetof(struct region, last), 0, UINT64_MAX, NULL},
	{"kind!", field_word, offsetof(struct region, kind), 0, 0, region_kinds},
	{NULL, NULL, 0, 0, 0, NULL},
};

static bool take_regions(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
			 void *into)
{
	struct machine_device *device = into;
	uint32_t count = fields_count(node);

	device->regions = calloc(count ? count : 1, sizeof(*device->regions));
	if (!device->regions)
		return fields_no_memory(fields);
	for (uint32_t i = 0; i < count; i++) {
		const yaml_node_t *item = fields_item(fields, node, i);
		struct region region;

		if (!fields_read(fields, at, item, region_fields, &region))
			return false;
		if (region.first > region.last)
			return fields_fail(fields, at, item, "it ends before it begins");
		device->regions[i] = (struct iomt_region){region.first, region.last,
							  (enum iomt_region_kind)region.kind};
	}
	device->rids[0].region_count = count;
	return true;
}

static bool take_unit_name(struct fields *fields, const struct field_at *at,
			   const yaml_node_t *node, void *into)
{
	struct machine_device *device = into;
	struct machine *machine = fields->machine;
	const char *name = fields_text(fields, at, node);

	for (uint32_t i = 0; name && i < machine->unit_count; i++) {
		if (!strcmp(machine->units[i].name, name)) {
			device->unit = &machine->units[i];
			return true;
		}
	}
	return name ? fields_fail(fields, at, node, "there is no unit '%s'", name) : false;
}

#define DEVICE(member) offsetof(struct machine_device, member)

static bool take_has(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		     void *into)
{
	struct machine_device *device = into;

	return field_words(fields, at, node, &device->rids[0].flags);
}

static bool take_pasid_bits(struct fields *fields, const struct field_at *at,
			    const yaml_node_t *node, void *into)
{
	struct machine_device *device = into;

	return field_u8(fields, at, node, &device->rids[0].pasid_bits);
}

static const struct field device_fields[] = {
	{"unit!", take_unit_name, 0, 0, 0, NULL},
	{"rid!", take_rids, 0, 0, 0, NULL},
	{"pasid_bits", take_pasid_bits, 0, 0, 20, NULL},
	{"dma_bits", field_u8, DEVICE(dma_bits), 12, 64, NULL},
	{"has", take_has, 0, 0, 0, device_has},
	{"needs", field_words, DEVICE(needs), 0, 0, device_needs},
	{"trusted", field_bool, DEVICE(trusted), 0, 0, NULL},
	{"group", field_text, DEVICE(group), 0, 0, NULL},
	{"tenant", field_text, DEVICE(tenant), 0, 0, NULL},
	{"regions", take_regions, 0, 0, 0, NULL},
	{NULL, NULL, 0, 0, 0, NULL},
};

static bool take_device(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
			void *into)
{
	struct machine_device *device = into;
	struct iomt_iommu_error error;

	device->name = at->name;
	if (!fields_read(fields, at, node, device_fields, device))
		return false;
	for (uint32_t i = 0; i < device->rid_count; i++) {
		struct iomt_device_caps *caps = &device->rids[i];
		uint32_t id = caps->id;

		*caps = device->rids[0];
		caps->id = id;
		caps->size = sizeof(*caps);
		caps->iommu = &device->unit->caps;
		caps->regions = device->regions;
		caps->flags |= device->trusted ? IOMT_DEVICE_TRUSTED : 0;
		if (device->dma_bits && device->dma_bits < 64)
			caps->dma_last = (1ULL << device->dma_bits) - 1;
		if (iomt_device_caps_check(caps, &error))
			return fields_fail(fields, at, node, "%s: %s", error.field, error.reason);
	}
	return true;
}

static bool take_domain_devices(struct fields *fields, const struct field_at *at,
				const yaml_node_t *node, void *into)
{
	struct machine_domain *domain = into;
	struct machine *machine = fields->machine;
	uint32_t count = fields_count(node);

	domain->devices = calloc(count ? count : 1, sizeof(*domain->devices));
	if (!domain->devices)
		return fields_no_memory(fields);
	for (uint32_t i = 0; i < count; i++) {
		const yaml_node_t *item = fields_item(fields, node, i);
		const char *name = fields_text(fields, at, item);
		const struct machine_device *found = NULL;

		if (!name)
			return false;
		for (uint32_t k = 0; !found && k < machine->device_count; k++) {
			if (!strcmp(machine->devices[k].name, name))
				found = &machine->devices[k];
		}
		if (!found)
			return fields_fail(fields, at, item, "there is no device '%s'", name);
		for (uint32_t k = 0; k < i; k++) {
			if (domain->devices[k] == found)
				return fields_fail(fields, at, item, "'%s' is there twice", name);
		}
		machine->place_count += found->rid_count;
		domain->devices[domain->device_count++] = found;
	}
	if (!count || machine->place_count > MACHINE_PLACES)
		return fields_fail(fields, at, node, "1 to %u places of all domains",
				   MACHINE_PLACES);
	return true;
}

static bool take_pasid(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		       void *into)
{
	struct machine_domain *domain = into;
	const char *text = fields_text(fields, at, node);
	uint64_t number;

	if (!text)
		return false;
	domain->pasid = MACHINE_ANY_PASID;
	if (!strcmp(text, "any"))
		return true;
	if (!fields_number(fields, at, node, 1, 0xfffff, &number))
		return false;
	domain->pasid = (uint32_t)number;
	return true;
}

/* The vendor's format of this name, of the first device's unit. */
static bool take_format(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
			void *into)
{
	struct machine_domain *domain = into;
	const struct iomt_iommu_kind *kind = domain->devices[0]->unit->caps.kind;
	const char *name = fields_text(fields, at, node);

	for (size_t k = 0; name && k < kind->count; k++) {
		if (!strcmp(iomt_pt_format_name(kind->formats[k].pt), name)) {
			domain->req.format = kind->formats[k].format;
			return true;
		}
	}
	return name ? fields_fail(fields, at, node,
				  "units of '%s' have no format '%s'; 'iomt formats' lists them",
				  domain->devices[0]->name, name)
		    : false;
}

#define DOMAIN(member) offsetof(struct machine_domain, member)

static const struct field domain_fields[] = {
	{"devices!", take_domain_devices, 0, 0, 0, NULL},
	{"kind", field_word, DOMAIN(kind), 0, 0, domain_kinds},
	{"pasid", take_pasid, 0, 0, 0, NULL},
	{"rid", field_bool, DOMAIN(rid), 0, 0, NULL},
	{"needs", field_words, DOMAIN(req.flags), 0, 0, domain_needs},
	{"format", take_format, 0, 0, 0, NULL},
	{"page_sizes", field_sizes, DOMAIN(req.page_sizes), 0, 0, NULL},
	{"iova_bits", field_u8, DOMAIN(req.iova_bits), 12, 64, NULL},
	{"oa_bits", field_u8, DOMAIN(req.oa_bits), 12, 52, NULL},
	{"pasid_bits", field_u8, DOMAIN(req.pasid_bits), 1, 20, NULL},
	{NULL, NULL, 0, 0, 0, NULL},
};

/* What the library would call malformed is the file's mistake, not a domain's that cannot be. */
static bool take_domain(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
			void *into)
{
	struct machine_domain *domain = into;

	domain->name = at->name;
	domain->pasid = IOMT_NO_PASID;
	domain->req.size = sizeof(domain->req);
	if (!fields_read(fields, at, node, domain_fields, domain))
		return false;
	if (domain->kind == IOMT_DOMAIN_IDENTITY && domain->pasid != IOMT_NO_PASID)
		return fields_fail(fields, at, node, "an identity domain takes no pasid here");
	if (domain->pasid == IOMT_NO_PASID) {
		if (domain->rid || domain->req.pasid_bits)
			return fields_fail(fields, at, node,
					   "rid and pasid_bits belong to a pasid");
		return true;
	}
	if (domain->req.flags & IOMT_DOMAIN_NO_PASID)
		return fields_fail(fields, at, node, "it has a pasid, and needs no-pasid");
	domain->req.flags |= IOMT_DOMAIN_PASID | (domain->rid ? IOMT_DOMAIN_RID : 0);
	return true;
}

static const struct fields_table units_table = {"units", MACHINE_UNITS, sizeof(struct machine_unit),
						take_unit};
static const struct fields_table devices_table = {"devices", MACHINE_DEVICES,
						  sizeof(struct machine_device), take_device};
static const struct fields_table domains_table = {"domains", MACHINE_DOMAINS,
						  sizeof(struct machine_domain), take_domain};

bool machine_read(struct tool *tool, struct machine *machine, const char *path)
{
	struct fields fields = {
		.tool = tool, .path = path, .machine = machine, .document = &machine->document};
	bool good;

	*machine = (struct machine){.unit_count = 0};
	good = fields_load(&fields);
	machine->loaded = fields.loaded;
	return good &&
	       fields_table(&fields, &units_table, (void **)&machine->units,
			    &machine->unit_count) &&
	       fields_table(&fields, &devices_table, (void **)&machine->devices,
			    &machine->device_count) &&
	       fields_table(&fields, &domains_table, (void **)&machine->domains,
			    &machine->domain_count);
}

void machine_free(struct machine *machine)
{
	for (uint32_t i = 0; i < machine->domain_count; i++)
		free(machine->domains[i].devices);
	for (uint32_t i = 0; i < machine->device_count; i++) {
		free(machine->devices[i].rids);
		free(machine->devices[i].regions);
	}
	free(machine->domains);
	free(machine->devices);
	free(machine->units);
	if (machine->loaded)
		yaml_document_delete(&machine->document);
}
