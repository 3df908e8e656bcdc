/* SPDX-License-Identifier: MIT */
/*
 * Ids: numbers from 0 to 2^bits - 1, handed out once at a time. PASIDs (20 bits), domain ids, ASIDs
 * and VMIDs (8 to 16 bits), or anything of up to 32 bits.
 *
 *	struct iomt_ids_cfg cfg = {.size = sizeof(cfg), .mem = mem, .bits = 20};
 *	struct iomt_ids ids;
 *	uint32_t pasid;
 *
 *	iomt_ids_init(&ids, &cfg);
 *	iomt_ids_reserve(&ids, 0, 0);
 *	if (!iomt_ids_alloc(&ids, 1, device_max_pasid, &pasid))
 *		...
 *	iomt_ids_free(&ids, pasid);
 *
 * Each id is free, allocated or reserved. What is reserved is nobody's: it is neither handed out nor
 * freed, and says so. It has nothing to do with the least id that one caller may use.
 *
 * Memory: 512 bytes for each 1024 ids (aligned) of which one was ever in use, and 1 KiB for each
 * 2^16, 2^22 and 2^28 that hold such. A full space takes 0.52 bytes for each id; a reserved range
 * takes nothing but at its ends.
 *
 * Threads: all calls but init, trim and destroy may be made at any time in any thread. None takes a
 * lock, and some thread always gets on. With IOMT_IDS_SERIAL no two calls may overlap; most are
 * then two to three times as fast. What is said of single ids is linearizable: each such call takes
 * effect at one moment of its own.
 */
#ifndef IOMT_IDS_H
#define IOMT_IDS_H

#include <iomt/mem.h>

#ifdef __cplusplus
extern "C" {
#endif

/* iomt_ids_cfg flags */
#define IOMT_IDS_SERIAL \
	0x1u /* the caller makes one call at a time, of one thread or under a lock */

/* How a space of ids is to be. */
struct iomt_ids_cfg {
	/* sizeof(struct iomt_ids_cfg): the struct may grow; callers built with an older one work. */
	size_t size;

	/* Where memory comes from: pieces of 512 and 1024 bytes. How hardware sees it is not asked. */
	const struct iomt_mem *mem;

	uint32_t bits;	/* 1 to 32: ids are 0 to 2^bits - 1 */
	uint32_t flags; /* IOMT_IDS_SERIAL */
};

/* What is wrong with a configuration: the field's name, and a sentence about it. */
struct iomt_ids_cfg_error {
	const char *field;  /* its name, a constant */
	const char *reason; /* what is wrong with it, a constant */
};

/*
 * 0 when iomt_ids_init would accept this configuration, IOMT_EINVAL when not; *error, unless NULL,
 * then names the field and says why. Both are constants.
 */
int iomt_ids_cfg_check(const struct iomt_ids_cfg *cfg, struct iomt_ids_cfg_error *error);

/* Private: part of a space. */
struct iomt_ids_slot {
	iomt_word full;	 /* bit i: no id of the i-th part below is free */
	uintptr_t below; /* the parts, or that none was ever used, or that all are reserved */
};

/* Private: the way to an id. */
struct iomt_ids_path {
	struct iomt_ids_slot *slot[5];
	uintptr_t below; /* the last slot */
	iomt_word *word;
	uint64_t value; /* of the word, when it was read */
	uint32_t height;
};

/* A space of ids. The fields are private; they are here so that a caller can place one anywhere. */
struct iomt_ids {
	struct iomt_ids_slot root;
	uint32_t last; /* the largest id */
	uint8_t height;
	uint8_t serial;
	const struct iomt_mem *mem;
	iomt_word bytes;
	iomt_word solids; /* whole parts that were reserved, ever */

	/* what one call at a time may remember: no id below is free; where one was allocated last */
	uint64_t low;
	uint64_t near_first;
	struct iomt_ids_path near;
};

/* Makes a space in which all ids are free; takes no memory yet. IOMT_EINVAL: see the check. */
int iomt_ids_init(struct iomt_ids *ids, const struct iomt_ids_cfg *cfg);

/* Gives all memory back. No other call at the same time, none afterwards. */
void iomt_ids_destroy(struct iomt_ids *ids);

/*
 * Allocates the smallest free id of [min, max] (both inclusive) into *id.
 *
 * IOMT_EINVAL when min > max, IOMT_ERANGE when max lies beyond the space, IOMT_ENOSPC when at some
 * moment of the call none was free, IOMT_ENOMEM. On errors nothing changes, *id included.
 *
 * It is the smallest when no other call is being made. Else it may be a larger one, where a smaller
 * is in a group (of 16 ids, 1024, 2^16, ...) whose last free id another thread is just taking, or
 * whose first it is freeing. IOMT_ENOSPC is exact all the same; with threads it costs two looks at
 * the whole range, 0.1 ms for 2^20 ids.
 */
int iomt_ids_alloc(struct iomt_ids *ids, uint32_t min, uint32_t max, uint32_t *id);

/*
 * Allocates the next free id of [min, max] after *id, or when there is none up to max, from min on.
 * *id is what the last such call gave; any value outside of the range begins at min. So an id that
 * was freed is handed out again as late as can be. Errors as above.
 *
 * Threads that allocate much should each have an *id of their own, far apart: they then do not
 * meet, where those who want the smallest all want the same.
 */
int iomt_ids_alloc_next(struct iomt_ids *ids, uint32_t min, uint32_t max, uint32_t *id);

/*
 * Allocates this id. IOMT_EEXIST when it is allocated, IOMT_EPERM when it is reserved, IOMT_ERANGE
 * when it lies beyond the space, IOMT_ENOMEM. On errors nothing changes.
 */
int iomt_ids_alloc_at(struct iomt_ids *ids, uint32_t id);

/*
 * Frees an allocated id. IOMT_ESTALE when it was freed already, IOMT_ENOENT when it was never
 * allocated (or not since it was last reserved, or trimmed), IOMT_EPERM when it is reserved,
 * IOMT_ERANGE when it lies beyond the space. On errors nothing changes. Needs no memory.
 */
int iomt_ids_free(struct iomt_ids *ids, uint32_t id);

/*
 * Reserves the ids [first, last]. IOMT_EEXIST when one of them is allocated, IOMT_EPERM when one is
 * reserved already (the lowest that is not free decides), IOMT_EINVAL, IOMT_ERANGE, IOMT_ENOMEM. On
 * errors nothing changes.
 *
 * Single ids become reserved at one moment, the range does not: other threads may find one part of
 * it reserved and the other not yet, also when the call fails and takes all back.
 */
int iomt_ids_reserve(struct iomt_ids *ids, uint32_t first, uint32_t last);

/*
 * Makes the reserved ids [first, last] free, as if they had never been allocated. IOMT_ENOENT when
 * one of them is not reserved, IOMT_EINVAL, IOMT_ERANGE; IOMT_ENOMEM where a large reserved range
 * must be divided. On errors nothing changes. Threads: as iomt_ids_reserve; where two release the
 * same range of more than 16 ids, both may succeed.
 */
int iomt_ids_release(struct iomt_ids *ids, uint32_t first, uint32_t last);

/* What an id is. */
enum iomt_ids_state {
	IOMT_IDS_FREE,	    /* nobody has it */
	IOMT_IDS_ALLOCATED, /* somebody does */
	IOMT_IDS_RESERVED,  /* nobody may */
};

/* The state of an id: an enum iomt_ids_state, or IOMT_ERANGE when it lies beyond the space. */
int iomt_ids_test(const struct iomt_ids *ids, uint32_t id);

/*
 * The smallest allocated id from "from" on, into *id. IOMT_ENOENT when there is none; *id is
 * unchanged then. To go over all:
 *
 *	for (uint64_t from = 0; !iomt_ids_next(&ids, from, &id); from = id + 1ULL)
 *
 * What is allocated all the while is met; what comes or goes meanwhile may be.
 */
int iomt_ids_next(const struct iomt_ids *ids, uint64_t from, uint32_t *id);

/* What a space holds. */
struct iomt_ids_stats {
	uint64_t allocated; /* ids */
	uint64_t reserved;  /* ids */
	uint64_t bytes;	    /* of memory, exactly */
};

/*
 * Counts: goes over all parts in use, about 40 us for 2^20 ids. Exact when no other call is being
 * made; else each group of 16 ids is counted as it is at some moment of the call.
 */
void iomt_ids_stats(const struct iomt_ids *ids, struct iomt_ids_stats *stats);

/*
 * Gives back the memory of parts in which nothing is allocated or reserved. It is forgotten, too,
 * what was ever allocated there. No other call at the same time.
 */
void iomt_ids_trim(struct iomt_ids *ids);

#ifdef __cplusplus
}
#endif
#endif
