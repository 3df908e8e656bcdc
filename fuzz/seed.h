/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_SEED_H
#define FUZZ_SEED_H

#include <stddef.h>

void seed_ops(void);
void seed_exhaustion(void);
void seed_threads(void);
void seed_config(void);
void seed_translate(void);
void seed_planner(void);
void seed_flush(void);
void seed_model(void);
void seed_trace(void);
void seed_tlb(void);
void seed_ids(void);
void seed_pasid_table(void);
void seed_device_table(void);
void seed_ids_history(void);
void seed_pasid(void);
void seed_repack(void);
void seed_pack(void);
void seed_domain(void);
void seed_walk(void);
void seed_walk_device(void);
void seed_walk_cached(void);
void seed_tool(void);

/* Writes the file KIND-WHAT. */
void seed_write(const char *kind, const char *what, const void *data, size_t size);

#endif
