/* SPDX-License-Identifier: MIT */
/* A plain set of ids: a byte for each. What iomt/ids.h must do, with no code of ours. */
#ifndef TESTS_PASID_IDS_MODEL_H
#define TESTS_PASID_IDS_MODEL_H

#include <iomt/ids.h>

/* The ids from "base" on; the others are not touched. */
struct ids_model {
	uint64_t base, count;
	uint32_t last; /* of the space */
	unsigned char *used;
	unsigned char *state; /* enum, and FREED */
};

enum { FREED = 3 }; /* IOMT_IDS_FREE, but it was allocated */

void model_open(struct ids_model *model, uint64_t base, uint64_t count, uint32_t bits);
void model_close(struct ids_model *model);

int model_alloc(struct ids_model *model, uint32_t min, uint32_t max, uint32_t *id);
int model_alloc_next(struct ids_model *model, uint32_t min, uint32_t max, uint32_t *id);
int model_alloc_at(struct ids_model *model, uint32_t id);
int model_free(struct ids_model *model, uint32_t id);
int model_reserve(struct ids_model *model, uint32_t first, uint32_t last);
int model_release(struct ids_model *model, uint32_t first, uint32_t last);
int model_test(const struct ids_model *model, uint32_t id);
int model_next(const struct ids_model *model, uint64_t from, uint32_t *id);

/* Counts agree, and so does what an iteration meets. */
void model_compare(const struct ids_model *model, const struct iomt_ids *ids);

#endif
