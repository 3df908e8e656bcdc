/* SPDX-License-Identifier: MIT */
/*
 * What a gather must know after an operation, worked out before it from the model and the walker.
 * It may know more.
 */
#ifndef FUZZ_GATHERED_H
#define FUZZ_GATHERED_H

#include "play.h"

struct owed {
	struct range range; /* empty when first > last */
	uint64_t sizes;
	uint32_t levels; /* where tables come in or go */
};

#define OWED_NOTHING ((struct owed){.range = {UINT64_MAX, 0}})

/* All of the leaves across the edges of a range, which will be split. */
void owe_cuts(struct owed *owed, const struct player *player, const struct range *range);

/* What is mapped in a range, which will be removed. */
void owe_removed(struct owed *owed, const struct player *player, const struct range *range);

/* What has other permissions. */
void owe_changed(struct owed *owed, const struct player *player, const struct range *range,
		 uint32_t mask, uint32_t prot);

/* What is dirty in a range that cuts no leaf. */
void owe_cleaned(struct owed *owed, const struct player *player, const struct range *range);

void check_owed(const struct player *player, const struct owed *owed);

/* Tables that were gathered since "before" have a range and levels. */
void check_tables(const struct player *player, const struct iomt_gather *before);

#endif
