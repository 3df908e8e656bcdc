/* SPDX-License-Identifier: MIT */
#include "provider.h"
#include "test.h"
#include <stdlib.h>

/* of linear providers; where pointers have 32 bits, memory may lie below 1 GiB */
#define OFFSET	 (UINTPTR_MAX > UINT32_MAX ? 0 - 0x40000000ULL : 0x40000000ULL)
#define SCRAMBLE 0x0000005500000000ULL /* of function providers */
#define LINE	 64u
#define LARGEST	 (2u << 20)

#define LOW_BYTES (1u << 23)
static _Alignas(1u << 20) char low_memory[LOW_BYTES];

/* A bump allocator is enough for the few tables of a small machine. */
static void *low_alloc(struct provider *provider, size_t bytes)
{
	uint64_t at = (provider->low_used + bytes - 1) & ~(uint64_t)(bytes - 1);

	CHECK(at + bytes <= LOW_BYTES);
	provider->low_used = at + bytes;
	return low_memory + at;
}

static size_t bucket(uintptr_t address)
{
	return (address >> 6 ^ address >> 16) % PROVIDER_BUCKETS;
}

static struct provider_page **find(struct provider *provider, const void *memory)
{
	struct provider_page **page = &provider->buckets[bucket((uintptr_t)memory)];

	while (*page && (*page)->memory != memory)
		page = &(*page)->next;
	return page;
}

/* The page that holds an address, whatever its size. */
static struct provider_page *holding(struct provider *provider, const void *address)
{
	for (uintptr_t bytes = LINE; bytes <= LARGEST; bytes *= 2) {
		struct provider_page *page =
			*find(provider, (void *)((uintptr_t)address & ~(bytes - 1)));

		if (page && (uintptr_t)address - (uintptr_t)page->memory < page->bytes)
			return page;
	}
	return NULL;
}

static void *provider_alloc(void *ctx, size_t bytes)
{
	struct provider *provider = ctx;
	struct provider_page *page;
	bool fail;

	CHECK_MSG(bytes >= LINE && bytes <= LARGEST && !(bytes & (bytes - 1)),
		  "allocation of %zu bytes", bytes);
	pthread_mutex_lock(&provider->lock);
	fail = ++provider->allocations == provider->fail_at;
	pthread_mutex_unlock(&provider->lock);
	if (fail)
		return NULL;
	page = malloc(sizeof(*page));
	CHECK(page);
	page->bytes = bytes;
	page->memory = provider->kind == PROVIDER_LOW ? low_alloc(provider, bytes)
						      : aligned_alloc(bytes, bytes);
	page->shadow = malloc(bytes);
	CHECK(page->memory && page->shadow);
	memset(page->memory, 0xa5, bytes);
	memset(page->shadow, 0x5b, bytes);
	pthread_mutex_lock(&provider->lock);
	page->next = provider->buckets[bucket((uintptr_t)page->memory)];
	provider->buckets[bucket((uintptr_t)page->memory)] = page;
	provider->live_bytes += bytes;
	provider->live_pages++;
	pthread_mutex_unlock(&provider->lock);
	return page->memory;
}

static void provider_free(void *ctx, void *memory, size_t bytes)
{
	struct provider *provider = ctx;
	struct provider_page **at, *page;

	if (provider->on_free)
		provider->on_free(provider->free_ctx,
				  (uintptr_t)memory + provider->mem.phys_offset);
	pthread_mutex_lock(&provider->lock);
	at = find(provider, memory);
	page = *at;
	if (page) {
		*at = page->next;
		provider->live_bytes -= page->bytes;
		provider->live_pages--;
	}
	pthread_mutex_unlock(&provider->lock);
	CHECK_MSG(page, "free of %p, which is not allocated", memory);
	CHECK_EQ(bytes, page->bytes);
	memset(memory, 0xde, bytes);
	if (provider->kind != PROVIDER_LOW)
		free(page->memory);
	free(page->shadow);
	free(page);
}

static uint64_t scrambled_to_phys(void *ctx, const void *memory)
{
	(void)ctx;
	return (uintptr_t)memory ^ SCRAMBLE;
}

static void *scrambled_to_virt(void *ctx, uint64_t phys)
{
	(void)ctx;
	return (void *)(uintptr_t)(phys ^ SCRAMBLE);
}

static void provider_clean(void *ctx, const void *memory, size_t bytes)
{
	struct provider *provider = ctx;
	struct provider_page *page;
	uintptr_t from = (uintptr_t)memory & ~(uintptr_t)(LINE - 1);
	uintptr_t to = ((uintptr_t)memory + bytes + LINE - 1) & ~(uintptr_t)(LINE - 1);

	pthread_mutex_lock(&provider->lock);
	page = holding(provider, memory);
	provider->cleans++;
	for (uintptr_t at = from; page && at < to; at += 8)
		__atomic_store_n(
			(uint64_t *)((char *)page->shadow + (at - (uintptr_t)page->memory)),
			__atomic_load_n((uint64_t *)at, __ATOMIC_ACQUIRE), __ATOMIC_RELEASE);
	pthread_mutex_unlock(&provider->lock);
	CHECK_MSG(page, "clean of %p, which is not a table", memory);
	CHECK(to - (uintptr_t)page->memory <= page->bytes);
	if (provider->on_clean)
		provider->on_clean(provider->clean_ctx);
}

void provider_init(struct provider *provider, enum provider_kind kind)
{
	memset(provider, 0, sizeof(*provider));
	pthread_mutex_init(&provider->lock, NULL);
	provider->kind = kind;
	provider->mem = (struct iomt_mem){
		.size = sizeof(provider->mem),
		.alloc = provider_alloc,
		.free = provider_free,
		.phys_offset = OFFSET,
		.ctx = provider,
	};
	if (kind == PROVIDER_FUNCTIONS) {
		provider->mem.to_phys = scrambled_to_phys;
		provider->mem.to_virt = scrambled_to_virt;
	}
	if (kind == PROVIDER_HIGH)
		provider->mem.phys_offset = 0xaULL << 48;
	if (kind == PROVIDER_LOW)
		provider->mem.phys_offset = (1u << 20) - (uint64_t)(uintptr_t)low_memory;
	if (kind == PROVIDER_INCOHERENT)
		provider->mem.clean = provider_clean;
}

void provider_check_empty(struct provider *provider)
{
	CHECK_EQ(provider->live_pages, 0);
	CHECK_EQ(provider->live_bytes, 0);
	pthread_mutex_destroy(&provider->lock);
}

uint64_t *provider_word(struct provider *provider, uint64_t phys, bool shadow)
{
	void *address = provider->kind == PROVIDER_FUNCTIONS
				? scrambled_to_virt(NULL, phys)
				: (void *)(uintptr_t)(phys - provider->mem.phys_offset);
	struct provider_page *page;

	pthread_mutex_lock(&provider->lock);
	page = holding(provider, address);
	pthread_mutex_unlock(&provider->lock);
	if (!page)
		return NULL;
	if (shadow)
		address = (char *)page->shadow + ((uintptr_t)address - (uintptr_t)page->memory);
	return address;
}

uint64_t provider_checksum(struct provider *provider)
{
	uint64_t sum = provider->live_bytes;

	for (size_t i = 0; i < PROVIDER_BUCKETS; i++) {
		for (struct provider_page *page = provider->buckets[i]; page; page = page->next) {
			const uint64_t *words = page->memory;
			uint64_t hash = (uintptr_t)words ^ page->bytes;

			for (size_t w = 0; w < page->bytes / 8; w++)
				hash = (hash ^ words[w]) * 0x100000001b3ULL;
			sum += hash;
		}
	}
	return sum;
}
