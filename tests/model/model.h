/* SPDX-License-Identifier: MIT */
/*
 * The reference model: what is mapped, as intervals sorted by address. It shares nothing with the
 * library, not even a header, and does everything the simplest way.
 */
#ifndef TESTS_MODEL_MODEL_H
#define TESTS_MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct interval {
	uint64_t first;
	uint64_t last; /* inclusive */
	uint64_t oa;   /* of first */
	uint32_t prot;
	bool dirty;
};

struct model {
	struct interval *intervals; /* sorted, disjoint */
	size_t count;
	size_t room;
};

void model_init(struct model *model);
void model_destroy(struct model *model);

/* The interval that holds the address, or NULL. */
const struct interval *model_find(const struct model *model, uint64_t address);

/* The first interval that ends at or after the address, or NULL. */
const struct interval *model_next(const struct model *model, uint64_t address);

bool model_is_free(const struct model *model, uint64_t first, uint64_t last);

/* Bytes mapped in [first, last]. */
uint64_t model_bytes(const struct model *model, uint64_t first, uint64_t last);

/* Maps a range that is free. */
void model_map(struct model *model, uint64_t first, uint64_t last, uint64_t oa, uint32_t prot);

void model_unmap(struct model *model, uint64_t first, uint64_t last);

/* Replaces the bits of "mask" in the prot of all that is mapped in the range. */
void model_protect(struct model *model, uint64_t first, uint64_t last, uint32_t mask,
		   uint32_t prot);

void model_set_dirty(struct model *model, uint64_t first, uint64_t last, bool dirty);

/* True when some dirty byte lies in the range. */
bool model_is_dirty(const struct model *model, uint64_t first, uint64_t last);

#endif
