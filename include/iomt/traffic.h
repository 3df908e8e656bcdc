/* SPDX-License-Identifier: MIT */
/*
 * Traffic of devices, made up: streams of events for the model in model.h. The same configuration
 * gives the same stream on every machine.
 *
 * An item is what a device works on: a packet, a command, a request, a touch. Each begins with what
 * the driver maps, goes on with what the device reads and writes, and ends with what the driver
 * unmaps and invalidates.
 *
 *	NIC:    descriptor (read 16 bytes), packet (write), completion (write 16)
 *	NVMe:   submission (read 64), PRP list (read 8 a page, beyond two pages), data (read or
 *	        write), completion (write 16)
 *	virtio: available ring (read 2), descriptor (read 16), buffer (write), used ring (write 8)
 *	GPU:    one read at every stride; after "span" bytes again from the begin, item_bytes further
 */
#ifndef IOMT_TRAFFIC_H
#define IOMT_TRAFFIC_H

#include <iomt/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the devices are. */
enum iomt_traffic_kind {
	IOMT_TRAFFIC_NIC,    /* network cards */
	IOMT_TRAFFIC_NVME,   /* disks */
	IOMT_TRAFFIC_VIRTIO, /* virtual devices */
	IOMT_TRAFFIC_GPU,    /* processors that read memory in strides */
	IOMT_TRAFFIC_KINDS   /* how many there are */
};

/* When buffers are mapped. */
enum iomt_traffic_mapping {
	IOMT_MAPPING_PERMANENT, /* buffers are mapped once and for all, and reused in turn */
	IOMT_MAPPING_STRICT,	/* each is mapped for its item, then unmapped and invalidated */
	IOMT_MAPPING_DEFERRED,	/* each is unmapped at once; one invalidation for "batch" of them */
	IOMT_MAPPINGS		/* how many there are */
};

/* iomt_traffic_cfg.flags */
#define IOMT_TRAFFIC_PASIDS  0x1u  /* tenants share requester 0 and domain 1: a PASID each */
#define IOMT_TRAFFIC_PACKED  0x2u  /* tenants share domain 1 and one table: addresses differ */
#define IOMT_TRAFFIC_COMMON  0x4u  /* tenants use the same buffers; their rings stay apart */
#define IOMT_TRAFFIC_RANDOM  0x8u  /* tenants and flows take turns at random, not in a circle */
#define IOMT_TRAFFIC_FLUSH   0x10u /* strict invalidations drop the walk caches, too */
#define IOMT_TRAFFIC_ONE_RID 0x40u /* tenants are behind one requester, and share its TLB */
#define IOMT_TRAFFIC_SINGLE \
	0x20u /* deferred: all flows of a tenant fill one queue, not each its own */

/* What the traffic is like. */
struct iomt_traffic_cfg {
	size_t size;	  /* sizeof(struct iomt_traffic_cfg): the struct may grow */
	uint64_t seed;	  /* of what is random */
	uint64_t items;	  /* in all, 0: without end */
	uint64_t gap_ps;  /* from one item to the next, at least */
	uint64_t stride;  /* GPU: bytes from a touch to the next */
	uint64_t span;	  /* GPU: bytes of a flow, at least item_bytes, up to 2^32 */
	uint32_t tenants; /* 1..4096: tenant t has requester id t and, unless the flags say
				otherwise, domain id t + 1 and addresses as all others */
	uint32_t flows;	  /* rings of a tenant, 1..65536 */
	uint32_t ring;	  /* entries of a ring, and buffers that are mapped at a time; 1..65536 */
	uint32_t item_bytes; /* of a packet, a command's data, a touch; 1..16 MiB */
	uint32_t batch;	     /* deferred: 1..65536 */
	uint32_t burst;	     /* items before the next tenant's turn; 0 is 1 */
	uint8_t kind;	     /* enum iomt_traffic_kind */
	uint8_t mapping;     /* enum iomt_traffic_mapping; GPU: permanent */
	uint8_t leaf_lg2;    /* log2 of the pages that map buffers, 12..30 */
	uint8_t spread_lg2;  /* each flow's buffers begin at a multiple of 2^n; 0: close together */
	uint8_t flags;	     /* IOMT_TRAFFIC_* */
};

struct iomt_traffic;

/*
 * Checks a configuration: 0, or IOMT_EINVAL, or IOMT_ERANGE where a tenant's buffers take more than
 * 8 GiB, or its rings; error (may be NULL) names the field. Safe from any thread.
 */
int iomt_traffic_cfg_check(const struct iomt_traffic_cfg *cfg, struct iomt_model_error *error);

/* The bytes that such traffic needs, 0 where iomt_traffic_cfg_check refuses it. */
size_t iomt_traffic_bytes(const struct iomt_traffic_cfg *cfg);

/* Makes traffic in memory, aligned to 8. Errors: those of the check, IOMT_EINVAL for the alignment,
 * IOMT_ENOMEM for too few bytes. */
int iomt_traffic_init(struct iomt_traffic **traffic, const struct iomt_traffic_cfg *cfg,
		      void *memory, size_t bytes);

/* The next event; false when there are no more. */
bool iomt_traffic_next(struct iomt_traffic *traffic, struct iomt_event *event);

/* Items that have begun. */
uint64_t iomt_traffic_items(const struct iomt_traffic *traffic);

/* Begins anew: the same events come again, from the first on. */
void iomt_traffic_rewind(struct iomt_traffic *traffic);

#ifdef __cplusplus
}
#endif
#endif
