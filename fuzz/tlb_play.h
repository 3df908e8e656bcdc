/* SPDX-License-Identifier: MIT */
/* Bytes as calls on a software IOTLB, in lock-step with a list that forgets only what it must. */
#ifndef FUZZ_TLB_PLAY_H
#define FUZZ_TLB_PLAY_H

#include "translations.h"
#include <iomt/iomt.h>

struct tlb_header {
	uint8_t entries; /* log2, of the cache's room */
	uint8_t spaces;	 /* log2 */
	uint16_t unused;
};

/* One call. Every byte means something, whatever it is. */
struct tlb_record {
	uint8_t operation;
	uint8_t space; /* unit, domain, PASID and stage, two bits each */
	uint8_t size;
	uint8_t place; /* where "page" is counted from, and how large the steps are */
	uint16_t page;
	uint16_t offset;
	uint32_t length; /* of a range, and output of an insert */
};

struct tlb_player {
	struct iomt_tlb *tlb;
	bool alone;	     /* nobody else inserts or invalidates */
	uint8_t space_first; /* of its own spaces, when not alone */
	struct translations list;
	struct iomt_tlb_space kept[256]; /* names that live on, by number of the space */
	bool has[256];
	/* a walk that has begun, and whether its result is stale by now */
	uint64_t token;
	uint8_t token_space;
	bool walking;
	bool stale;
};

/* A cache as the header wants it. */
struct iomt_tlb *tlb_open(const struct tlb_header *header);

void tlb_start(struct tlb_player *player, struct iomt_tlb *tlb, bool alone, uint8_t space_first);
void tlb_step(struct tlb_player *player, const struct tlb_record *record);

/* Asks for both ends of all that is in the list, in every space that was used. */
void tlb_finish(struct tlb_player *player);

#endif
