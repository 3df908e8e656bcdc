/* SPDX-License-Identifier: MIT */
/*
 * The oracle of domains: up to three units, six devices, several tables that domains share, and beside
 * them a plain map (device, PASID) -> domain -> pages. Machines (machine.h) do what hardware does with
 * what the library writes and commands, while devices access all the time; every answer must be one
 * that the map gives: in a call the old or the new one, after it the new one alone.
 *
 * What is done is drawn from random numbers, or taken from the bytes of a fuzzer.
 */
#ifndef TESTS_MODEL_DOMAINS_H
#define TESTS_MODEL_DOMAINS_H

#include "machine.h"
#include <iomt/domain.h>

#define DOMAINS_UNITS	3u
#define DOMAINS_DEVICES 6u
#define DOMAINS_TABLES	6u
#define DOMAINS_MOST	18u
#define DOMAINS_PASIDS	5u /* requests without one, and four */
#define DOMAINS_PAGES	1024u
#define DOMAINS_OLD	4u
#define DOMAINS_NONE	UINT32_MAX

/* What a page was mapped to; oa is never 0. */
struct domains_value {
	uint64_t oa;
	bool read, write;
};

struct domains_page {
	struct domains_value now;
	struct domains_value old[DOMAINS_OLD]; /* hardware may have them still */
	unsigned olds;
	bool changing; /* a call is at it: it may be absent */
	bool waiting;  /* unmapped, and not given back yet */
};

struct domains;

/* A page table, and what is in it. */
struct domains_table {
	struct domains *all;
	struct iomt_pt pt;
	struct iomt_domain_table table;
	struct iomt_flush_queue queue;
	bool foreign;  /* of a process: the library is told of changes */
	bool breaks;   /* a call may break leaves, of which parts stay (Arm) */
	bool one_each; /* one command for each target is enough */
	uint64_t granule;
	uint64_t base[2]; /* of the lower and the upper half of "pages" */
	struct domains_page pages[DOMAINS_PAGES];
};

struct domains_domain {
	struct iomt_domain domain;
	enum iomt_domain_kind kind;
	uint32_t flags;
	struct domains_table *table;
};

struct domains_place {
	struct iomt_attachment attachment;
	struct domains_domain *now, *next; /* next: while a call puts it there */
	bool changing;
};

struct domains_device {
	struct iomt_device device;
	struct iomt_device_caps caps;
	unsigned unit;
	bool present;
	bool may_fault; /* a call may break its entries */
	struct domains_place places[DOMAINS_PASIDS];
};

/* A device whose table takes an id away, and nothing else. */
struct domains_filler {
	struct iomt_pt pt;
	struct iomt_domain_table table;
	struct iomt_domain domain;
	struct iomt_device device;
	struct iomt_device_caps caps;
	struct iomt_attachment place;
};

#define DOMAINS_FILLERS 12u

struct domains_unit {
	struct domains *all;
	struct iomt_iommu iommu;
	struct iomt_iommu_caps caps;
	struct iomt_iommu_cfg cfg;
	struct machine machine;
	unsigned ids; /* that can be given out, but for those of fillers */
	struct domains_filler fillers[DOMAINS_FILLERS];
	unsigned filled;
	bool open;
};

struct domains {
	struct provider provider;
	struct random random;
	struct random looks;	    /* of domains_walk: others do not depend on it */
	const uint8_t *input, *end; /* bytes of a fuzzer, or NULL */
	struct domains_unit units[DOMAINS_UNITS];
	unsigned unit_count;
	struct domains_device devices[DOMAINS_DEVICES];
	struct domains_table tables[DOMAINS_TABLES];
	unsigned table_count;
	struct domains_domain domains[DOMAINS_MOST];
	unsigned domain_count;
	uint64_t now, mappings;
	unsigned hot; /* page that was changed last */
	bool busy;    /* an access is under way */

	/* what was reached */
	uint64_t accesses, calls, attaches, replaces, gapless, breaks, refused, exhausted, failures;
	uint64_t maps, unmaps, deferred, released;
	uint64_t walks, walk_faults;
	unsigned flushing; /* a flush is under way */
};

/* Which description a unit has: of domains_unit_kinds. */
extern const unsigned domains_unit_kinds;

/* Units, devices, tables and domains, as drawn. "kind" of the first unit. */
void domains_open(struct domains *all, unsigned kind, const uint8_t *input, size_t size,
		  uint64_t seed);
void domains_close(struct domains *all);

/* One call, whatever it is, and all checks after it. */
void domains_step(struct domains *all);

/* 0 to limit - 1. */
uint32_t domains_pick(struct domains *all, uint32_t limit);

/* The numbers of PASIDs; [0] is IOMT_NO_PASID. */
extern const uint32_t domains_pasids[DOMAINS_PASIDS];

/* domains_rules.c: errors that the rules give an attachment, a bit for each; 0: none. */
uint64_t domains_rules(const struct domains *all, const struct domains_device *device,
		       const struct domains_domain *domain, uint32_t pasid);

static inline uint64_t domains_error(int err)
{
	return 1ULL << -err % 64;
}

/* The format's facts where this unit walks it. */
const struct iomt_format_facts *domains_facts(const struct domains_unit *unit,
					      const struct iomt_pt_format *format);

/* Whether a place's table translates for every PASID of its device. */
bool domains_is_host(const struct domains_unit *unit, const struct domains_domain *domain);

/* domains_judge.c */
void domains_judge(void *ctx, uint32_t id, uint32_t pasid, uint64_t iova,
		   const struct machine_answer *answer);
/* Structures, targets and answers are as the map says. */
void domains_check(struct domains *all);
/* Whether a device may send a PASID at all. */
bool domains_can_send(const struct domains *all, const struct domains_device *device,
		      uint32_t pasid);
/* domains_walks.c: a device's address by the library's own walks from the registers down. */
void domains_walk(struct domains *all);
/* Devices access, hardware works. */
void domains_live(void *ctx);

static inline uint64_t domains_iova(const struct domains_table *table, unsigned page)
{
	return table->base[page / 512] + page % 512 * table->granule;
}

#endif
