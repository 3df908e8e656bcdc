/* SPDX-License-Identifier: MIT */
#include "arena.h"
#include "test.h"
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(memory, bytes)   ((void)(memory), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(memory, bytes) ((void)(memory), (void)(bytes))
#endif

#define PHYS	 (1ULL << 32) /* of the first page */
#define SCRAMBLE (1ULL << 36) /* of addresses by functions */
#define LINE	 64u
#define FRESH	 0xa5a5a5a5a5a5a5a5ULL
#define FREED	 0xdedededededededeULL

static _Thread_local bool releasing;
static _Thread_local uint64_t returned;

void arena_begin_release(void)
{
	releasing = true;
}

void arena_end_release(void)
{
	releasing = false;
}

uint64_t arena_returned(void)
{
	return returned;
}

/* Words: others may look at the same time, which is for the checks here to find, not an error of theirs. */
static void fill(void *memory, uint64_t word, size_t bytes)
{
	uint64_t *words = memory;

	for (size_t i = 0; i < bytes / sizeof(word); i++)
		__atomic_store_n(&words[i], word, __ATOMIC_RELAXED);
}

/* Pops a page; 0 when there is none. */
static uint32_t pop(struct arena *arena)
{
	uint64_t free = __atomic_load_n(&arena->free, __ATOMIC_ACQUIRE), next;

	do {
		if (!(uint32_t)free)
			return 0;
		next = __atomic_load_n(&arena->pages[(uint32_t)free - 1].next, __ATOMIC_RELAXED);
		next |= ((free >> 32) + 1) << 32;
	} while (!__atomic_compare_exchange_n(&arena->free, &free, next, false, __ATOMIC_ACQ_REL,
					      __ATOMIC_ACQUIRE));
	return (uint32_t)free;
}

static void push(struct arena *arena, uint32_t page)
{
	uint64_t free = __atomic_load_n(&arena->free, __ATOMIC_ACQUIRE), next;

	do {
		__atomic_store_n(&arena->pages[page - 1].next, (uint32_t)free, __ATOMIC_RELAXED);
		next = page | ((free >> 32) + 1) << 32;
	} while (!__atomic_compare_exchange_n(&arena->free, &free, next, false, __ATOMIC_ACQ_REL,
					      __ATOMIC_ACQUIRE));
}

static size_t page_bytes(const struct arena *arena)
{
	return (size_t)1 << arena->page_lg2;
}

/* Behind the pages comes the place for a piece that is larger than one. */
static size_t all_bytes(const struct arena *arena)
{
	return ((size_t)arena->count << arena->page_lg2) + ARENA_LARGEST;
}

static void *arena_alloc(void *ctx, size_t bytes)
{
	struct arena *arena = ctx;
	bool large = bytes > page_bytes(arena);
	uint32_t page = large ? arena->count + 1 : pop(arena);
	uint32_t none = 0;
	char *memory;
	bool got;

	if (!page)
		return NULL;
	got = __atomic_compare_exchange_n(&arena->pages[page - 1].bytes, &none, (uint32_t)bytes,
					  false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
	REQUIRE(got && bytes <= ARENA_LARGEST);
	memory = arena->memory + ((size_t)(page - 1) << arena->page_lg2);
	ASAN_UNPOISON_MEMORY_REGION(memory, bytes);
	fill(memory, FRESH, bytes);
	__atomic_fetch_add(&arena->live_bytes, bytes, __ATOMIC_RELAXED);
	__atomic_fetch_add(&arena->live_pages, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&arena->taken, 1, __ATOMIC_RELAXED);
	return memory;
}

static void arena_free(void *ctx, void *memory, size_t bytes)
{
	struct arena *arena = ctx;
	uint64_t offset = (uint64_t)((char *)memory - arena->memory);
	uint64_t page = offset >> arena->page_lg2;

	REQUIRE(offset < all_bytes(arena) && page <= arena->count);
	REQUIRE(!(offset & (page_bytes(arena) - 1)));
	/* what others could reach is freed by a gather alone */
	REQUIRE(releasing || !__atomic_load_n(&arena->pages[page].reached, __ATOMIC_ACQUIRE));
	returned += !releasing;
	fill(memory, FREED, bytes);
	__atomic_store_n(&arena->pages[page].reached, false, __ATOMIC_RELAXED);
	ASAN_POISON_MEMORY_REGION(memory, bytes);
	/* not free before, and not with another size */
	REQUIRE(__atomic_exchange_n(&arena->pages[page].bytes, 0, __ATOMIC_ACQ_REL) == bytes);
	__atomic_fetch_sub(&arena->live_bytes, bytes, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&arena->live_pages, 1, __ATOMIC_RELAXED);
	if (page < arena->count)
		push(arena, (uint32_t)page + 1);
}

static uint64_t scrambled_to_phys(void *ctx, const void *memory)
{
	const struct arena *arena = ctx;

	return (PHYS + (uint64_t)((const char *)memory - arena->memory)) ^ SCRAMBLE;
}

static void *scrambled_to_virt(void *ctx, uint64_t phys)
{
	const struct arena *arena = ctx;

	return arena->memory + ((phys ^ SCRAMBLE) - PHYS);
}

/* Lines go out one by one, each as it is then. */
static void arena_clean(void *ctx, const void *memory, size_t bytes)
{
	struct arena *arena = ctx;
	uint64_t from = (uint64_t)((const char *)memory - arena->memory) & ~(uint64_t)(LINE - 1);
	uint64_t end = (uint64_t)((const char *)memory - arena->memory) + bytes;

	REQUIRE(end <= all_bytes(arena) && end > from);
	pthread_mutex_lock(&arena->lines);
	for (uint64_t at = from; at < ((end + LINE - 1) & ~(uint64_t)(LINE - 1)); at += 8)
		__atomic_store_n((uint64_t *)(void *)(arena->shadow + at),
				 __atomic_load_n((uint64_t *)(void *)(arena->memory + at),
						 __ATOMIC_ACQUIRE),
				 __ATOMIC_RELEASE);
	pthread_mutex_unlock(&arena->lines);
}

uint64_t *arena_word(void *ctx, uint64_t phys)
{
	struct arena *arena = ctx;
	uint64_t offset, page;

	if (arena->mem.to_phys)
		phys ^= SCRAMBLE;
	offset = phys - PHYS;
	if (offset >= all_bytes(arena))
		return NULL;
	page = offset >> arena->page_lg2;
	if (page > arena->count)
		page = arena->count;
	if (offset - (page << arena->page_lg2) >=
	    __atomic_load_n(&arena->pages[page].bytes, __ATOMIC_ACQUIRE))
		return NULL;
	if (!__atomic_load_n(&arena->pages[page].reached, __ATOMIC_RELAXED))
		__atomic_store_n(&arena->pages[page].reached, true, __ATOMIC_RELEASE);
	return (uint64_t *)(void *)((arena->shadow ? arena->shadow : arena->memory) + offset);
}

static char *reserve(const struct arena *arena)
{
	size_t bytes = all_bytes(arena) + ARENA_LARGEST;
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	CHECK(memory != MAP_FAILED);
	return memory;
}

static char *aligned(char *memory)
{
	return memory + (-(uintptr_t)memory & (ARENA_LARGEST - 1));
}

void arena_init(struct arena *arena, enum arena_kind kind, unsigned page_lg2, uint32_t count)
{
	memset(arena, 0, sizeof(*arena));
	arena->page_lg2 = page_lg2;
	arena->count = count;
	CHECK(!(((uint64_t)count << page_lg2) & (ARENA_LARGEST - 1)));
	arena->reserved = reserve(arena);
	arena->memory = aligned(arena->reserved);
	if (kind == ARENA_INCOHERENT)
		arena->shadow = reserve(arena);
	arena->pages = calloc(count + 1, sizeof(*arena->pages));
	CHECK(arena->pages);
	for (uint32_t page = count; page; page--)
		push(arena, page);
	pthread_mutex_init(&arena->lines, NULL);
	arena->mem = (struct iomt_mem){
		.size = sizeof(arena->mem),
		.alloc = arena_alloc,
		.free = arena_free,
		.phys_offset = PHYS - (uint64_t)(uintptr_t)arena->memory,
		.clean = kind == ARENA_INCOHERENT ? arena_clean : NULL,
		.to_phys = kind == ARENA_FUNCTIONS ? scrambled_to_phys : NULL,
		.to_virt = kind == ARENA_FUNCTIONS ? scrambled_to_virt : NULL,
		.ctx = arena,
	};
}

void arena_destroy(struct arena *arena)
{
	size_t bytes = all_bytes(arena) + ARENA_LARGEST;

	CHECK_EQ(arena->live_pages, 0);
	CHECK_EQ(arena->live_bytes, 0);
	ASAN_UNPOISON_MEMORY_REGION(arena->memory, all_bytes(arena));
	munmap(arena->reserved, bytes);
	if (arena->shadow)
		munmap(arena->shadow, bytes);
	free(arena->pages);
	pthread_mutex_destroy(&arena->lines);
}
