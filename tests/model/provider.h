/* SPDX-License-Identifier: MIT */
/*
 * A memory provider that knows every byte that it handed out: it fills fresh memory with garbage,
 * fails when told to, finds leaks, double frees and wrong sizes, and can play an incoherent
 * machine, whose hardware sees a shadow of each page that holds only the lines that were cleaned.
 */
#ifndef TESTS_MODEL_PROVIDER_H
#define TESTS_MODEL_PROVIDER_H

#include <iomt/mem.h>
#include <pthread.h>

enum provider_kind {
	PROVIDER_LINEAR,     /* physical addresses differ by a constant */
	PROVIDER_FUNCTIONS,  /* and by functions */
	PROVIDER_INCOHERENT, /* linear, with a clean hook */
	PROVIDER_HIGH,	     /* linear, from 10 * 2^48 on */
	PROVIDER_LOW,	     /* linear, below 2^24: the first few pages of a small machine */
};

struct provider_page {
	struct provider_page *next;
	void *memory;
	void *shadow; /* what hardware sees */
	size_t bytes;
};

#define PROVIDER_BUCKETS 4096

struct provider {
	struct iomt_mem mem;
	enum provider_kind kind;
	struct provider_page *buckets[PROVIDER_BUCKETS];
	pthread_mutex_t lock;
	uint64_t live_bytes;
	uint64_t live_pages;
	uint64_t allocations;
	uint64_t fail_at; /* allocation number, counted from 1, that fails; 0 for none */
	uint64_t cleans;
	uint64_t low_used;	     /* bytes */
	void (*on_clean)(void *ctx); /* called after each clean */
	void *clean_ctx;
	void (*on_free)(void *ctx, uint64_t phys); /* called before each free */
	void *free_ctx;
};

void provider_init(struct provider *provider, enum provider_kind kind);

/* Fails the running test when anything is still allocated. */
void provider_check_empty(struct provider *provider);

/* The 64-bit word at a physical address, or NULL where no page is: real memory, or the shadow. */
uint64_t *provider_word(struct provider *provider, uint64_t phys, bool shadow);

/* A checksum over all that is allocated: addresses, sizes and contents. */
uint64_t provider_checksum(struct provider *provider);

#endif
