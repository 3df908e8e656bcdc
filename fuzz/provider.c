/* SPDX-License-Identifier: MIT */
/*
 * The test provider of tests/model/provider.h for fuzzing: the same checks out of one arena, which
 * costs next to nothing to begin anew. What an input sees depends on nothing that ran before it:
 * physical addresses are the same in every run, and fresh memory is filled with garbage.
 */
#include "provider.h"
#include "arena.h"
#include "test.h"
#include <sys/mman.h>

#define FRAME	  4096u
#define FRAMES	  (ARENA_BYTES / FRAME)
#define LARGEST	  (1u << 20)
#define SMALLEST  64u
#define CLASSES	  21u
#define SHADOW	  ARENA_BYTES  /* from a page to its shadow */
#define AHEAD	  (1u << 21)   /* poisoned before it is used */
#define SCRAMBLE  0x5500000ULL /* of PROVIDER_FUNCTIONS, within the arena */
#define BASE	  (1ULL << 32) /* physical addresses of the arena */
#define BASE_LOW  (1ULL << 20)
#define BASE_HIGH (0xaULL << 48)

/* For what is done all the time and reads nothing but live blocks. */
#define UNCHECKED __attribute__((no_sanitize("address", "undefined")))

/* The memory of one table, or of what was one. Number 0 is none. */
struct block {
	char *memory;
	uint32_t bytes;
	uint32_t next; /* in the list of free ones */
	bool live;
};

static struct {
	char *memory;
	size_t used;
	size_t poisoned;
	uint32_t count;
	uint32_t free[CLASSES];
	struct block blocks[FRAMES / 2 + 1];
	uint16_t owner[FRAMES];
} arena;

static void fail_to_map(void)
{
	test_fail(__FILE__, __LINE__, "no memory for the arena");
}

/* Aligned to the largest table. Never given back. */
static void arena_map(void)
{
	size_t bytes = 2 * ARENA_BYTES + LARGEST;
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		fail_to_map();
	arena.memory = (char *)(((uintptr_t)memory + LARGEST - 1) & ~(uintptr_t)(LARGEST - 1));
}

/* Takes back all that was handed out. */
static void arena_reset(void)
{
	size_t frames = (arena.used + FRAME - 1) / FRAME;

	if (!arena.memory)
		arena_map();
	for (uint32_t i = 1; i <= arena.count; i++) {
		if (arena.blocks[i].live)
			ARENA_POISON(arena.blocks[i].memory, arena.blocks[i].bytes);
	}
	memset(arena.owner, 0, frames * sizeof(arena.owner[0]));
	memset(arena.free, 0, sizeof(arena.free));
	arena.used = 0;
	arena.count = 0;
}

/* Memory that this run has not seen, with a frame after it that stays poisoned. */
static struct block *fresh(size_t bytes)
{
	size_t frames_bytes = bytes > FRAME ? bytes : FRAME;
	size_t at = (arena.used + frames_bytes - 1) & ~(frames_bytes - 1);
	struct block *block;

	CHECK_MSG(at + frames_bytes + FRAME <= ARENA_BYTES, "the arena is too small");
	arena.used = at + frames_bytes + FRAME;
	while (arena.poisoned < arena.used) {
		ARENA_POISON(arena.memory + arena.poisoned, AHEAD);
		arena.poisoned += AHEAD;
	}
	block = &arena.blocks[++arena.count];
	/* small ones end where the frame ends, so that what follows is poisoned */
	block->memory = arena.memory + at + (frames_bytes - bytes);
	block->bytes = (uint32_t)bytes;
	for (size_t frame = at / FRAME; frame < (at + frames_bytes) / FRAME; frame++)
		arena.owner[frame] = (uint16_t)arena.count;
	return block;
}

/* The block that holds an address of the arena, or NULL. */
UNCHECKED static struct block *holding(const void *address)
{
	size_t at = (size_t)((const char *)address - arena.memory);
	struct block *block;

	if (at >= ARENA_BYTES)
		return NULL;
	block = &arena.blocks[__atomic_load_n(&arena.owner[at / FRAME], __ATOMIC_RELAXED)];
	if (!block->live || (size_t)((const char *)address - block->memory) >= block->bytes)
		return NULL;
	return block;
}

static bool must_fail(struct provider *provider)
{
	uint64_t at = provider->fail_at & ~ARENA_FAIL_FROM;
	uint64_t now = ++provider->allocations;

	return at && (now == at || (now > at && (provider->fail_at & ARENA_FAIL_FROM)));
}

/* Every other time what was freed last comes back, so that both lives of memory are played. */
static struct block *take(struct provider *provider, size_t bytes)
{
	uint32_t *head = &arena.free[__builtin_ctzll(bytes)];
	struct block *block;

	if (!*head || (provider->allocations & 1))
		return fresh(bytes);
	block = &arena.blocks[*head];
	*head = block->next;
	return block;
}

static void *provider_alloc(void *ctx, size_t bytes)
{
	struct provider *provider = ctx;
	struct block *block = NULL;

	CHECK_MSG(bytes >= SMALLEST && bytes <= LARGEST && !(bytes & (bytes - 1)),
		  "allocation of %zu bytes", bytes);
	pthread_mutex_lock(&provider->lock);
	if (!must_fail(provider)) {
		block = take(provider, bytes);
		block->live = true;
		provider->live_bytes += bytes;
		provider->live_pages++;
	}
	pthread_mutex_unlock(&provider->lock);
	if (!block)
		return NULL;
	ARENA_UNPOISON(block->memory, bytes);
	memset(block->memory, 0xa5, bytes);
	if (provider->kind == PROVIDER_INCOHERENT)
		memset(block->memory + SHADOW, 0x5b, bytes);
	return block->memory;
}

static void provider_free(void *ctx, void *memory, size_t bytes)
{
	struct provider *provider = ctx;
	struct block *block;
	uint32_t *head;

	if (provider->on_free)
		provider->on_free(provider->free_ctx,
				  (uintptr_t)memory + provider->mem.phys_offset);
	pthread_mutex_lock(&provider->lock);
	block = holding(memory);
	CHECK_MSG(block && block->memory == memory, "free of %p, which is not allocated", memory);
	CHECK_EQ(bytes, block->bytes);
	if (!ARENA_POISONS)
		memset(memory, 0xde, bytes);
	ARENA_POISON(memory, bytes);
	head = &arena.free[__builtin_ctzll(bytes)];
	block->live = false;
	block->next = *head;
	*head = (uint32_t)(block - arena.blocks);
	provider->live_bytes -= bytes;
	provider->live_pages--;
	pthread_mutex_unlock(&provider->lock);
}

static uint64_t scrambled_to_phys(void *ctx, const void *memory)
{
	(void)ctx;
	return BASE + ((uint64_t)((const char *)memory - arena.memory) ^ SCRAMBLE);
}

static void *scrambled_to_virt(void *ctx, uint64_t phys)
{
	(void)ctx;
	CHECK_MSG(phys - BASE < ARENA_BYTES, "physical address 0x%" PRIx64, phys);
	return arena.memory + ((phys - BASE) ^ SCRAMBLE);
}

/* Word by word, as other threads may write to the same line. */
UNCHECKED static void copy_words(uint64_t *to, const uint64_t *from, size_t count)
{
	for (size_t i = 0; i < count; i++)
		__atomic_store_n(&to[i], __atomic_load_n(&from[i], __ATOMIC_RELAXED),
				 __ATOMIC_RELAXED);
}

/* Whole lines, as the machine does, and as there no line is older than what was written before. */
static void provider_clean(void *ctx, const void *memory, size_t bytes)
{
	struct provider *provider = ctx;
	size_t skip = (uintptr_t)memory & (SMALLEST - 1);
	char *from = (char *)(uintptr_t)memory - skip;
	struct block *block;

	bytes = (bytes + skip + SMALLEST - 1) & ~(size_t)(SMALLEST - 1);
	pthread_mutex_lock(&provider->lock);
	block = holding(memory);
	CHECK_MSG(block, "clean of %p, which is not a table", memory);
	CHECK(from + bytes <= block->memory + block->bytes);
	provider->cleans++;
	if (bytes == block->bytes) /* nobody else writes to it */
		memcpy(from + SHADOW, from, bytes);
	else
		copy_words((uint64_t *)(from + SHADOW), (uint64_t *)from, bytes / 8);
	pthread_mutex_unlock(&provider->lock);
	if (provider->on_clean)
		provider->on_clean(provider->clean_ctx);
}

static uint64_t base_of(enum provider_kind kind)
{
	return kind == PROVIDER_LOW ? BASE_LOW : kind == PROVIDER_HIGH ? BASE_HIGH : BASE;
}

void provider_init(struct provider *provider, enum provider_kind kind)
{
	const size_t unused = offsetof(struct provider, lock); /* its buckets are many */

	arena_reset();
	memset((char *)provider + unused, 0, sizeof(*provider) - unused);
	pthread_mutex_init(&provider->lock, NULL);
	provider->kind = kind;
	provider->mem = (struct iomt_mem){
		.size = sizeof(provider->mem),
		.alloc = provider_alloc,
		.free = provider_free,
		.phys_offset = base_of(kind) - (uint64_t)(uintptr_t)arena.memory,
		.ctx = provider,
	};
	if (kind == PROVIDER_FUNCTIONS) {
		provider->mem.to_phys = scrambled_to_phys;
		provider->mem.to_virt = scrambled_to_virt;
	}
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
	uint64_t at = phys - base_of(provider->kind);
	char *address;

	if (provider->mem.alloc != provider_alloc) /* a target's own memory */
		return provider->mem.to_virt(provider->mem.ctx, phys);
	if (at >= ARENA_BYTES)
		return NULL;
	address = arena.memory + (provider->kind == PROVIDER_FUNCTIONS ? at ^ SCRAMBLE : at);
	if (!holding(address))
		return NULL;
	return (uint64_t *)(address + (shadow ? SHADOW : 0));
}

/* Four at a time: exhaustion.c sums up all that is allocated, for each call. */
UNCHECKED static uint64_t sum_words(const uint64_t *words, size_t count)
{
	const uint64_t prime = 0x9e3779b97f4a7c15ULL;
	uint64_t a = 1, b = 2, c = 3, d = 4;

	for (size_t i = 0; i < count; i += 4) {
		a = (a ^ words[i]) * prime;
		b = (b ^ words[i + 1]) * prime;
		c = (c ^ words[i + 2]) * prime;
		d = (d ^ words[i + 3]) * prime;
	}
	return a ^ b << 1 ^ c << 2 ^ d << 3;
}

uint64_t provider_checksum(struct provider *provider)
{
	uint64_t sum = provider->live_bytes;

	for (uint32_t i = 1; i <= arena.count; i++) {
		const struct block *block = &arena.blocks[i];

		if (block->live)
			sum = sum * 31 + sum_words((const uint64_t *)(const void *)block->memory,
						   block->bytes / 8);
	}
	return sum;
}
