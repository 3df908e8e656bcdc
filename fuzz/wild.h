/* SPDX-License-Identifier: MIT */
/* A table whose memory is a few pages, which hold what an input says. */
#ifndef FUZZ_WILD_H
#define FUZZ_WILD_H

#include "kinds.h"

/* linear: addresses in entries lie in the arena, as they do in tables of the library's own. */
void wild_open(struct table *table, const struct kind *kind, bool linear);

/* Writes entries as the bytes say. */
void wild_fill(struct table *table, const uint8_t *data, size_t size);

/* Forgets the entries. */
void wild_close(void);

#endif
