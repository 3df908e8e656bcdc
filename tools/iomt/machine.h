/* SPDX-License-Identifier: MIT */
/*
 * A machine as a file says it: units, devices, domains. docs/plan.md describes the file, which is YAML,
 * read by libyaml; so JSON will do, too.
 */
#ifndef IOMT_TOOL_MACHINE_H
#define IOMT_TOOL_MACHINE_H

#include "tool.h"
#include <iomt/domain.h>
#include <yaml.h>

/* At most so many of each; places are (domain, requester id, PASID). */
#define MACHINE_UNITS	64u
#define MACHINE_DEVICES 4096u
#define MACHINE_DOMAINS 4096u
#define MACHINE_RIDS	4096u
#define MACHINE_PLACES	65536u

struct machine_unit {
	const char *name;
	struct iomt_iommu_caps caps;
};

/* machine_device.needs */
#define MACHINE_NEEDS_ATS   0x1u
#define MACHINE_NEEDS_DIRTY 0x2u
#define MACHINE_NEEDS_SVA   0x4u

/* A device, with every requester id that its requests may have. */
struct machine_device {
	const char *name;
	const char *group;  /* who reaches the others without a unit between; NULL: nobody */
	const char *tenant; /* NULL: the host */
	const struct machine_unit *unit;
	uint32_t needs;
	uint32_t rid_count;
	uint32_t first_rid;	       /* the number of its first among all of the machine */
	struct iomt_device_caps *rids; /* alike but for the id */
	struct iomt_region *regions;
	uint8_t dma_bits;
	bool trusted;
};

#define MACHINE_ANY_PASID (IOMT_NO_PASID - 1)

struct machine_domain {
	const char *name;
	uint32_t kind;	/* PAGING, IDENTITY or SVA of enum iomt_domain_kind */
	uint32_t pasid; /* IOMT_NO_PASID, MACHINE_ANY_PASID, or which */
	struct iomt_domain_req req;
	const struct machine_device **devices;
	uint32_t device_count;
	bool rid; /* with a PASID: requests without one, too */
};

/* Names are those of the document. */
struct machine {
	yaml_document_t document;
	bool loaded;
	struct machine_unit *units;
	struct machine_device *devices;
	struct machine_domain *domains;
	uint32_t unit_count, device_count, domain_count, rid_count, place_count;
};

/* False: tool_fail has named the file, the line and the field. To be freed in either case. */
bool machine_read(struct tool *tool, struct machine *machine, const char *path);
void machine_free(struct machine *machine);

#endif
