/* SPDX-License-Identifier: MIT */
/* The library, the model and the walker, asked the same. */
#ifndef FUZZ_CHECK_H
#define FUZZ_CHECK_H

#include "play.h"

/* One address. */
void check_at(const struct player *player, const struct walker *walker, uint64_t at);

/* The edges of a range, inside and outside. */
void check_edges(struct player *player, const struct range *range);

/* All runs in a range that begins and ends on granules: iomt_pt_next against the model. */
void check_runs(const struct player *player, uint64_t first, uint64_t last);

/* Every interval of the model, and that there are no runs beside them. */
void check_all(struct player *player);

/* What the provider handed out is what the statistics say, when the gather holds nothing. */
void check_memory(const struct player *player);

#endif
