/* SPDX-License-Identifier: MIT */
/* What the fuzz provider has beyond tests/model/provider.h. */
#ifndef FUZZ_ARENA_H
#define FUZZ_ARENA_H

#include <stdint.h>

/* Address space for the tables of one input; far more than any input can take. */
#define ARENA_BYTES (1ULL << 28)

/* Added to struct provider.fail_at: all later allocations fail too. */
#define ARENA_FAIL_FROM (1ULL << 63)

/* With the address sanitizer, memory that is not allocated cannot be touched. */
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONS 1
#endif
#endif

#ifdef ARENA_POISONS
#include <sanitizer/asan_interface.h>
#define ARENA_POISON(memory, bytes)   ASAN_POISON_MEMORY_REGION(memory, bytes)
#define ARENA_UNPOISON(memory, bytes) ASAN_UNPOISON_MEMORY_REGION(memory, bytes)
#else
#define ARENA_POISONS		      0
#define ARENA_POISON(memory, bytes)   ((void)(memory), (void)(bytes))
#define ARENA_UNPOISON(memory, bytes) ((void)(memory), (void)(bytes))
#endif

#endif
