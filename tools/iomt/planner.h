/* SPDX-License-Identifier: MIT */
/*
 * A machine, planned: a table for each domain, a PASID where any will do, every place tried on virtual
 * units, ids. What cannot be is a finding, and the rest is planned all the same.
 */
#ifndef IOMT_TOOL_PLANNER_H
#define IOMT_TOOL_PLANNER_H

#include "virtual.h"
#include <iomt/hosted.h>
#include <iomt/repack.h>

/* A domain with its table, on virtual units. */
struct plan_domain {
	const struct machine_domain *machine;
	const struct iomt_device_caps **rids; /* of all its devices */
	uint32_t rid_count;
	uint32_t pasid; /* the number that it got; IOMT_NO_PASID */
	struct iomt_domain_req req;
	struct iomt_domain_choice choice; /* no format: there is none, or it needs none */
	bool has_pt, has_table, has_domain;
	struct iomt_pt pt;
	struct iomt_domain_table table;
	struct iomt_domain domain;
};

/* A requester id, or one of its PASIDs. */
struct plan_place {
	struct plan_domain *domain;
	const struct machine_device *device;
	uint32_t rid;	/* of the device's */
	uint32_t pasid; /* or IOMT_NO_PASID */
	uint32_t id;	/* the tag, IOMT_PACK_NO_ID: none */
	bool attached;
	struct iomt_attachment at;
};

struct plan_finding {
	bool conflict;		     /* else a note */
	const char *domain, *device; /* NULL: it is about none */
	char *text;
	char *advice; /* NULL: none is known */
};

/* Ids, and (id, key) pairs: what the IOTLB may hold of one page, and what invalidations must name. */
struct plan_count {
	uint32_t ids;
	uint64_t tags;
};

/* Ids of a unit. AMD, where devices have ids, knows different ways to give them out. */
struct plan_unit {
	const struct machine_unit *machine;
	bool by_device;
	bool solved;		    /* "packed" and what follows is known */
	struct plan_count apart;    /* one for each domain, and for each device with PASIDs */
	struct plan_count equal;    /* the packer: equal maps alone */
	struct plan_count attached; /* the packer: isolating, in the order of the file */
	struct plan_count packed;   /* the solver: isolating, at rest */
	uint32_t bound;		    /* no answer has fewer */
	struct plan_count domains, asids, vmids; /* by table: VT-d; SMMUv3 */
};

struct plan {
	struct tool *tool;
	const struct machine *machine;
	struct iomt_pool *pool;
	const struct iomt_mem *mem;
	struct virtual_unit *virtuals;
	struct iomt_device *devices; /* of each requester id */
	struct plan_domain *domains;
	struct plan_place *places;
	struct plan_unit *units;
	struct plan_finding *findings;
	uint32_t place_count, finding_count;
	bool conflicts;
};

/* False: tool_fail has said why (no memory). To be closed in either case. */
bool plan_make(struct plan *plan, struct tool *tool, const struct machine *machine);
void plan_close(struct plan *plan);

/* Adds a finding; advice may be NULL. */
__attribute__((format(printf, 5, 6))) bool plan_find(struct plan *plan, bool conflict,
						     const char *domain, const char *device,
						     const char *format, ...);
/* What to do about the last one. */
__attribute__((format(printf, 2, 3))) bool plan_advise(struct plan *plan, const char *format, ...);

/* Its table and what belongs to it, as chosen. Errors of the library. */
int plan_open_domain(struct plan *plan, struct plan_domain *domain);
void plan_close_domain(struct plan_domain *domain);

struct iomt_device *plan_device(struct plan *plan, const struct plan_place *place);

/* plan_advice.c: what would have to be otherwise, found by trying. */
bool plan_advise_choice(struct plan *plan, const struct plan_domain *domain);
bool plan_advise_place(struct plan *plan, struct plan_place *place);

/* plan_check.c: groups, tenants, needs of devices. */
bool plan_check(struct plan *plan);

/* plan_ids.c */
bool plan_ids(struct plan *plan);

#endif
