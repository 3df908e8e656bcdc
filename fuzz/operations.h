/* SPDX-License-Identifier: MIT */
/* The operations of a player, and the errors that are right. */
#ifndef FUZZ_OPERATIONS_H
#define FUZZ_OPERATIONS_H

#include "play.h"

/* Arguments of one call, spoilt perhaps. */
struct args {
	uint64_t iova;
	uint64_t oa;
	uint64_t length;
	uint32_t prot;
	struct range range; /* as it was before it was spoilt */
};

/* The errors of which a call must return one; with none it must succeed. */
struct errors {
	int codes[6];
	unsigned count;
};

void errors_add(struct errors *errors, int code);
void errors_of_range(struct errors *errors, const struct player *player, const struct args *args);
void errors_of_output(struct errors *errors, const struct player *player, uint64_t oa,
		      uint64_t length);
void errors_of_prot(struct errors *errors, const struct player *player, uint32_t prot);

/* Arguments for the record; with_output: oa and prot too. */
struct args pick_args(struct player *player, const struct record *record, bool with_output);

/* An output address that is not on the granule, or from which this much is not within the output. */
uint64_t spoilt_output(const struct player *player, const struct record *record, uint64_t oa,
		       uint64_t length);

/* IOMT_EBUSY where the range cuts a leaf that this gather forbids to break. */
void errors_of_cut(struct errors *errors, const struct player *player, const struct args *args,
		   const struct iomt_gather *gather);

/* What there was before a call; all but the first two for one that may run out of memory. */
struct before {
	struct iomt_gather gather;
	unsigned syncs;
	unsigned tops;
	uint64_t sum;
	struct iomt_pt_stats stats;
};

/* Around each call: begin arms the failure, end disarms it and judges the result. */
void call_begin(struct player *player, struct before *before);

enum outcome {
	DONE,
	REFUSED, /* and nothing changed */
	PARTLY,	 /* IOMT_ENOMEM after some of it was done: trim alone */
};
enum outcome call_end(struct player *player, const struct before *before, const char *name, int got,
		      const struct errors *errors);

void play_map(struct player *player, const struct record *record);
size_t play_map_sg(struct player *player, const struct record *records, size_t count);
void play_unmap(struct player *player, const struct record *record);
void play_protect(struct player *player, const struct record *record);
void play_dirty(struct player *player, const struct record *record);
void play_write(struct player *player, const struct record *record);
void play_reserve(struct player *player, const struct record *record);
void play_trim(struct player *player, const struct record *record);
void play_next(struct player *player, const struct record *record);

#endif
