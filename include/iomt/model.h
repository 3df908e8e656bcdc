/* SPDX-License-Identifier: MIT */
/*
 * A model of the hardware that translates: what a DMA access meets on its way, what it costs, and
 * what page sizes, invalidations and domain ids do to it.
 *
 *	device TLB (one for each requester) -> IOTLB -> walk caches, one a level -> walkers -> memory
 *
 * A model takes events one at a time, in the order in which they happen. The same configuration and
 * events give the same numbers on every machine: time is counted in picoseconds, whatever is random
 * comes from the seed, and nothing is computed in floating point.
 *
 * Nothing here is allocated: iomt_..._bytes says how much memory an object needs, iomt_..._init
 * makes it in a block of the caller's, aligned to 8 bytes. To be rid of it, forget the block.
 * Objects share nothing but what their configuration points to: any thread may use one, one thread
 * at a time.
 *
 * docs/iotlb-model.md says what is modelled and what is not. Times wrap after 213 modelled days.
 */
#ifndef IOMT_MODEL_H
#define IOMT_MODEL_H

#include <iomt/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What happens. */
enum iomt_event_op {
	IOMT_EVENT_ACCESS,     /* a device reads or writes */
	IOMT_EVENT_MAP,	       /* software maps the range: counted */
	IOMT_EVENT_UNMAP,      /* software unmaps the range: counted; hardware does not know yet */
	IOMT_EVENT_INVALIDATE, /* hardware is told to forget the range, and does */
};

/* iomt_event.flags, each for one operation */
#define IOMT_EVENT_WRITE      0x1u  /* access: the device writes */
#define IOMT_EVENT_LEAF_ONLY  0x2u  /* invalidate: walk caches are kept */
#define IOMT_EVENT_ANY_PASID  0x4u  /* invalidate: with whatever PASID, or none */
#define IOMT_EVENT_ANY_DOMAIN 0x8u  /* invalidate: of whatever domain and PASID */
#define IOMT_EVENT_ANY_DEVICE 0x10u /* invalidate: device TLBs of all requesters, not only rid's */

/* Something that happens, to hardware or to tables. */
struct iomt_event {
	uint64_t time_ps; /* it does not happen earlier; 0: as soon as it can */
	uint64_t address; /* of the first byte */
	uint64_t bytes;	  /* at least 1; address + bytes - 1 does not wrap */
	uint32_t pasid;	  /* 0..0xfffff, or IOMT_NO_PASID */
	uint16_t rid; /* requester id: bus, device, function (PCIe base specification, 2.2.4.2) */
	uint16_t domain;  /* domain id, or what tags translations there: an ASID, a VMID */
	uint8_t unit;	  /* number of the IOMMU */
	uint8_t op;	  /* enum iomt_event_op */
	uint8_t leaf_lg2; /* access: log2 of the page that maps it; others: not looked at */
	uint8_t flags;	  /* IOMT_EVENT_* */
};

/* Which entry of a full set goes. The optimum needs to know the future: see iomt_future. */
enum iomt_policy {
	IOMT_POLICY_LRU,    /* the least recently used */
	IOMT_POLICY_PLRU,   /* a tree of bits that point away from what was used; ways: 2^n */
	IOMT_POLICY_FIFO,   /* the oldest */
	IOMT_POLICY_RANDOM, /* any */
	IOMT_POLICY_SRRIP, /* two bits an entry: filled with 2, used 0, 3 goes (Jaleel et al. 2010) */
	IOMT_POLICY_OPTIMUM, /* the one that is used last from now on (Belady 1966) */
	IOMT_POLICIES	     /* how many there are */
};

/* Where in a cache an address goes. */
enum iomt_index {
	IOMT_INDEX_PAGE, /* the low bits of the page's number, pages counted in their own size */
	IOMT_INDEX_HASH, /* a hash of that, the domain id and the PASID */
	IOMT_INDEXES	 /* how many there are */
};

/* What is fetched before it is wanted. */
enum iomt_prefetch {
	IOMT_PREFETCH_NONE,   /* nothing */
	IOMT_PREFETCH_NEXT,   /* pages after one that missed, or was prefetched and is now used */
	IOMT_PREFETCH_STRIDE, /* as far on as the requester has gone twice in a row */
	IOMT_PREFETCHES	      /* how many there are */
};

/* One set-associative cache. All zero: there is none. */
struct iomt_cache_cfg {
	uint32_t sets;	     /* a power of two up to 2^20; 0: no such cache */
	uint32_t ways;	     /* 1..65536; sets * ways at most 2^24 */
	uint32_t partitions; /* a power of two, at most sets: so many equal parts, chosen by the low
				bits of the domain id; 0 is 1 */
	uint8_t policy;	     /* enum iomt_policy */
	uint8_t index;	     /* enum iomt_index */
	uint64_t sizes; /* bit k: it holds pages of 2^k bytes; a larger page takes several entries
				of the next smaller size. Of a walk cache: not looked at */
	uint64_t latency_ps; /* of a lookup, at most 2^40 */
};

/* The most IOTLBs of a unit, and the most levels of tables. */
#define IOMT_MODEL_IOTLBS 3
#define IOMT_MODEL_LEVELS 6

/* What a model may tell, and be told: below. */
struct iomt_curve;
struct iomt_future;

/* Hardware, as far as it is modelled. */
struct iomt_model_cfg {
	size_t size;   /* sizeof(struct iomt_model_cfg): the struct may grow */
	uint64_t seed; /* of random replacement */

	struct iomt_cache_cfg device; /* each requester's TLB (ATS), or none */

	/*
	 * Each unit's IOTLB, in up to three parts for different page sizes. A page goes to the part
	 * that has the largest size that is not larger than the page.
	 */
	struct iomt_cache_cfg iotlb[IOMT_MODEL_IOTLBS];

	/* Each unit's walk caches: walk[l] knows where tables of level l are. Level 0 holds leaves of
	 * one granule. */
	struct iomt_cache_cfg walk[IOMT_MODEL_LEVELS];

	uint32_t units;	  /* IOMMUs, 1..256 */
	uint32_t devices; /* requesters at most, 1..65536; only counts where they have a TLB */
	uint32_t walkers; /* table walks of a unit at the same time, 1..65536; 0: any number */
	uint32_t window; /* translations of all devices at the same time, 1..65536; 0: any number */

	uint8_t granule_lg2; /* 12, 14, 16: a table has as many bytes, an entry has 8 */
	uint8_t levels;	     /* of the table, 1..6 */
	uint8_t nested; /* reads to translate each address that stage 1 needs, 0..6; 0: one stage */
	uint8_t prefetch;	/* enum iomt_prefetch, into the IOTLB */
	uint8_t prefetch_pages; /* pages ahead, 1..16 */

	uint64_t link_ps;   /* one way between device and IOMMU, paid where the device has a TLB */
	uint64_t memory_ps; /* one read of a table */
	uint64_t invalidate_ps; /* one invalidation; those of a unit wait for each other */

	struct iomt_curve *curve;   /* told of every lookup in the IOTLB, or NULL */
	struct iomt_future *future; /* the same; where the IOTLB's policy is the optimum: asked */
};

/* What is wrong with a configuration: the field's name, and a sentence about it. */
struct iomt_model_error {
	const char *field;  /* its name, a constant */
	const char *reason; /* what is wrong with it, a constant */
};

/*
 * Checks a configuration. 0, or IOMT_EINVAL, or IOMT_EOPNOTSUPP for what cannot go together (the
 * optimum outside the IOTLB, without a recorded future, or with a prefetcher); error (may be NULL)
 * then names the first field that is wrong. Safe from any thread.
 */
int iomt_model_cfg_check(const struct iomt_model_cfg *cfg, struct iomt_model_error *error);

/* Hardware that was described in public, as far as it was; docs/iotlb-model.md has the sources. */
struct iomt_model_preset {
	const char *name;	   /* by which iomt_model_preset_find knows it */
	const char *about;	   /* a sentence */
	struct iomt_model_cfg cfg; /* ready for iomt_model_init */
};

/* All presets; the last has no name. */
const struct iomt_model_preset *iomt_model_presets(void);

/* The preset of this name, or NULL. */
const struct iomt_model_preset *iomt_model_preset_find(const char *name);

/* A model. What is in it is private. */
struct iomt_model;

/* The bytes that a model of this configuration needs, 0 where iomt_model_cfg_check refuses it. */
size_t iomt_model_bytes(const struct iomt_model_cfg *cfg);

/*
 * Makes a model in memory, all caches empty, at time 0. Errors: those of iomt_model_cfg_check;
 * IOMT_EINVAL for memory that is not aligned to 8; IOMT_ENOMEM for fewer bytes than it needs. *model
 * is unchanged then. The configuration is copied; what it points to must live as long.
 */
int iomt_model_init(struct iomt_model **model, const struct iomt_model_cfg *cfg, void *memory,
		    size_t bytes);

/*
 * Plays an event. An access is one lookup for each page that it touches. *done_ps (may be NULL) is
 * when the last translation is at the device, or when the invalidation is complete.
 * IOMT_EINVAL: an unknown operation or flag, no bytes, a page smaller than a granule.
 * IOMT_ERANGE: it wraps, touches more than 65536 pages, or names a unit, PASID or page size that
 * the configuration does not have.
 * IOMT_ENOMEM: more requesters than cfg.devices, or more lookups than the future has room for.
 * Nothing changes on an error, but that an access is played up to the lookup that the future has no
 * room for.
 */
int iomt_model_play(struct iomt_model *model, const struct iomt_event *event, uint64_t *done_ps);

/* Of a cache, or of all of its kind. */
struct iomt_cache_stats {
	uint64_t hits;	      /* the entry was there */
	uint64_t merged;      /* it was there, but still on its way: the request waited for it */
	uint64_t misses;      /* it was not there */
	uint64_t evictions;   /* entries that gave way to others */
	uint64_t invalidated; /* entries that were dropped by invalidations */
};

/* What was counted since the statistics began. */
struct iomt_model_stats {
	uint64_t accesses, bytes; /* events, and what devices read and wrote in them */
	uint64_t lookups;	  /* translations that devices wanted */
	uint64_t maps;		  /* events */
	uint64_t unmaps;	  /* events */
	uint64_t invalidates;	  /* events */
	struct iomt_cache_stats device, iotlb,
		walk[IOMT_MODEL_LEVELS]; /* of all caches of a kind */
	uint64_t walks;			 /* those of prefetches among them */
	uint64_t reads;			 /* of tables, in all walks */
	uint64_t prefetches;		 /* translations fetched in advance */
	uint64_t prefetches_used;	 /* and looked up before they went */
	uint64_t latency_ps;		 /* of all lookups together, from when they began */
	uint64_t stalled_ps;	/* that accesses waited for a place in the window, together */
	uint64_t invalidate_ps; /* from the wish to its end, of all invalidations together */
	uint64_t last_ps;	/* when all is done that was begun */
};

/* Copies the statistics since init or the last iomt_model_restart. */
void iomt_model_stats(const struct iomt_model *model, struct iomt_model_stats *stats);

/* Sets all statistics but last_ps to zero. Caches and time stay: for runs that begin warm. */
void iomt_model_restart(struct iomt_model *model);

/*
 * Misses of a fully associative LRU cache of every size, in one pass, by the distances in its stack
 * (Mattson et al. 1970). An entry that is invalidated leaves a hole, which the next entry fills, so
 * the curve is exact with invalidations too.
 */

/* Bytes for a curve up to "entries" entries, 1..2^24; 0 for others. */
size_t iomt_curve_bytes(uint32_t entries);

/* Makes an empty curve in memory. IOMT_EINVAL: entries or alignment; IOMT_ENOMEM: too few bytes. */
int iomt_curve_init(struct iomt_curve **curve, uint32_t entries, void *memory, size_t bytes);

/* Lookups so far, and those that a cache of so many entries would have missed; a cache larger than
 * the curve misses as the curve's largest, one of no entries always. */
uint64_t iomt_curve_lookups(const struct iomt_curve *curve);
uint64_t iomt_curve_misses(const struct iomt_curve *curve, uint32_t entries);

/*
 * What the optimum must know: when each page is wanted again. First play all events in a model with
 * cfg.future and any other policy, then call iomt_future_rewind, then play the same events in a
 * model whose IOTLB has IOMT_POLICY_OPTIMUM and otherwise the same configuration. A page that is
 * invalidated before it is wanted again is never wanted again.
 */

/* Bytes for so many lookups, 1..2^31, of so many different pages, 1..2^24; 0 for others. */
size_t iomt_future_bytes(uint64_t lookups, uint32_t pages);
/* Makes a future that knows nothing yet. IOMT_EINVAL: a number or alignment; IOMT_ENOMEM: too few bytes. */
int iomt_future_init(struct iomt_future **future, uint64_t lookups, uint32_t pages, void *memory,
		     size_t bytes);

/* From the first lookup again, this time to be asked. May be called again for another run. */
void iomt_future_rewind(struct iomt_future *future);

#ifdef __cplusplus
}
#endif
#endif
