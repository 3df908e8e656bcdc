/* SPDX-License-Identifier: MIT */
/* Allocators of ids side by side: iomt's, Linux's, and sets of bits. */
#ifndef BENCH_IDS_H
#define BENCH_IDS_H

#include "bench.h"

/* Each call is a loop, so that the loop is compiled with what it calls. */
struct allocator {
	struct target target; /* its name */
	bool threads;	      /* calls may overlap */
	void *(*open)(unsigned bits);
	void (*close)(void *ids);
	/* allocates so many of an empty one: 0, 1, ...; returns how many failed or were others */
	unsigned (*fill)(void *ids, unsigned count);
	void (*free)(void *ids, const uint32_t *list, unsigned count);
	/* allocates and frees, so many times; *last is a thread's, for those who go on from there */
	unsigned (*pairs)(void *ids, uint32_t *last, unsigned count);
	/* frees each of a list and allocates another in its place */
	unsigned (*churn)(void *ids, uint32_t *last, uint32_t *list, unsigned count);
};

/* All loops but open and close, by two expressions that name ids, last and id; 0 is success. */
#define IDS_LOOPS(name, alloc, release)                                                         \
	static unsigned name##_fill(void *ids, unsigned count)                                  \
	{                                                                                       \
		uint32_t place = UINT32_MAX, *last = &place, id = 0;                            \
		unsigned wrong = 0;                                                             \
                                                                                                \
		for (unsigned i = 0; i < count; i++)                                            \
			wrong += (alloc) || id != i;                                            \
		(void)last;                                                                     \
		return wrong;                                                                   \
	}                                                                                       \
	static void name##_frees(void *ids, const uint32_t *list, unsigned count)               \
	{                                                                                       \
		for (unsigned i = 0; i < count; i++) {                                          \
			uint32_t id = list[i];                                                  \
                                                                                                \
			release;                                                                \
		}                                                                               \
	}                                                                                       \
	static unsigned name##_pairs(void *ids, uint32_t *last, unsigned count)                 \
	{                                                                                       \
		unsigned wrong = 0;                                                             \
		uint32_t id = 0;                                                                \
                                                                                                \
		for (unsigned i = 0; i < count; i++) {                                          \
			wrong += (alloc) != 0;                                                  \
			release;                                                                \
		}                                                                               \
		(void)last;                                                                     \
		return wrong;                                                                   \
	}                                                                                       \
	static unsigned name##_churn(void *ids, uint32_t *last, uint32_t *list, unsigned count) \
	{                                                                                       \
		unsigned wrong = 0;                                                             \
                                                                                                \
		for (unsigned i = 0; i < count; i++) {                                          \
			uint32_t id = list[i];                                                  \
                                                                                                \
			release;                                                                \
			wrong += (alloc) != 0;                                                  \
			list[i] = id;                                                           \
		}                                                                               \
		(void)last;                                                                     \
		return wrong;                                                                   \
	}

#define IDS_MEMBERS(name) name##_fill, name##_frees, name##_pairs, name##_churn

/* Linux's, where its source is installed. */
extern const struct allocator ids_linux;

/* Spaces of PASIDs: for one thread and for many, without quarantine and with it. */
extern const struct allocator spaces_serial, spaces_shared, spaces_shared_next, spaces_serial_late,
	spaces_shared_late;

#endif
