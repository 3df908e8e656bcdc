/* SPDX-License-Identifier: MIT */
#include "world.h"
#include "test.h"
#include "tiny.h"

#define PHYS \
	(1ULL << 46) /* of the first page; far from 0, where an entry that is none would lead */
#define FRESH	(TINY_PRESENT | TINY_LEAF | 0x5a5a00u)
#define FREED	(TINY_PRESENT | TINY_LEAF | 0xdede00u)
#define PART	12u /* pages of a thread */
#define NOTHING 0u
#define LIVE	1u
#define GONE	2u

static const struct pt_format tiny = {TINY_FACTS, .min_levels = 3, .max_levels = 3,
				      .resizes = true};
static const struct pt_format tiny_grows = {TINY_FACTS, .min_levels = 1, .max_levels = 3,
					    .resizes = true, .grows = true};
static const struct pt_format tiny_breaks = {TINY_FACTS, .min_levels = 3, .max_levels = 3,
					     .held = TINY_HELD};

IOMT_PT_DECLARE_FORMAT(tiny);
IOMT_PT_DECLARE_FORMAT(tiny_grows);
IOMT_PT_DECLARE_FORMAT(tiny_breaks);
PT_FORMAT_ENTRY(tiny, tiny);
PT_FORMAT_ENTRY(tiny_grows, tiny_grows);
PT_FORMAT_ENTRY(tiny_breaks, tiny_breaks);

const struct table_kind table_kinds[KINDS + 1] = {
	[PLAIN] = {"plain", &iomt_tiny, 0, 0, false},
	[DIRTY] = {"dirty", &iomt_tiny, IOMT_PT_DIRTY, 0, false},
	[GROWS] = {"grows", &iomt_tiny_grows, 0, 2, false},
	[BREAKS] = {"breaks", &iomt_tiny_breaks, IOMT_PT_DIRTY, 0, true},
	[GROWS_TWICE] = {"grows twice", &iomt_tiny_grows, 0, 1, false},
};

_Alignas(64) struct world world;
const struct table_kind *world_kind;
uint64_t meant[GRANULES], to_mean[GRANULES];
bool breaks[GRANULES], unspecified[GRANULES];

_Static_assert(WRITTEN == TINY_DIRTY && ACCESSED == TINY_ACCESSED, "as in the format");

/* Memory */

static uint64_t garbage; /* what fresh pages hold */

static unsigned page_of(const void *memory)
{
	return (unsigned)(((const uint8_t *)memory - (const uint8_t *)world.pages) / GRANULE);
}

static void *take_page(void *ctx, size_t bytes)
{
	unsigned part = explore_thread(), page;

	(void)ctx;
	if (bytes != GRANULE) /* a gather's notes: it has room for a few tables, and that is all */
		return NULL;
	page = part * PART + world.used[part]++;
	REQUIRE(page < PAGES && (part == EXPLORE_THREADS || world.used[part] <= PART));
	world.states[page] = LIVE;
	explore_private(world.pages[page], GRANULE, garbage);
	return world.pages[page];
}

static void free_page(void *ctx, void *memory, size_t bytes)
{
	unsigned page = page_of(memory);

	(void)ctx;
	EXPECT(bytes == GRANULE && page < PAGES && world.states[page] == LIVE);
	if (explore_thread() < EXPLORE_THREADS && !world.releasing && !explore_is_private(memory))
		explore_wrong("a table that others can reach was freed without a gather");
	world.states[page] = GONE;
	for (unsigned i = 0; i < GRANULE / 8; i++)
		world.pages[page][i] = FREED;
	explore_dead(memory, GRANULE);
}

static struct iomt_mem memory = {.size = sizeof(memory), .alloc = take_page, .free = free_page};

void *world_target(uint64_t value, size_t *bytes)
{
	uint64_t base = (uintptr_t)world.pages,
		 phys = tiny_unpack(value & ~(TINY_PRESENT | TINY_ACCESSED));

	*bytes = GRANULE;
	if (value - base < sizeof(world.pages))
		return world.pages[(value - base) / GRANULE];
	if (tiny_kind(value, 1) == PT_TABLE && phys - PHYS < sizeof(world.pages))
		return world.pages[(phys - PHYS) / GRANULE];
	return NULL;
}

/* Meanings */

uint64_t meaning(uint64_t oa, uint32_t prot, bool dirty)
{
	return 1ULL << 63 | (uint64_t)dirty << 60 | (uint64_t)prot << 48 | oa;
}

static uint64_t without_dirty(uint64_t what)
{
	return what & ~WRITTEN;
}

/* A leaf's, at some address in it. */
static uint64_t leaf_meaning(uint64_t entry, unsigned level, uint64_t iova)
{
	uint64_t offset = pt_low_bits(tiny_leaf_lg2(entry, level)) & ~(uint64_t)(GRANULE - 1);
	uint64_t oa = tiny_unpack(entry & pt_low_bits(48)) & ~offset;

	return meaning(oa | (iova & offset), tiny_decode(entry, 0),
		       world_kind->flags && tiny_dirty(entry));
}

void expect_map(uint64_t iova, uint64_t n, uint64_t oa, uint32_t prot)
{
	for (uint64_t i = 0; i < n; i++)
		to_mean[iova / GRANULE + i] = meaning(oa + i * GRANULE, prot, false);
}

void expect_unmap(uint64_t iova, uint64_t n)
{
	memset(&to_mean[iova / GRANULE], 0, n * sizeof(to_mean[0]));
}

void expect_protect(uint64_t iova, uint64_t n, uint32_t prot)
{
	for (uint64_t i = iova / GRANULE; i < iova / GRANULE + n; i++)
		to_mean[i] = (to_mean[i] & ~(3ULL << 48)) | (uint64_t)prot << 48;
}

/* The hardware's eyes: no code of the engine's but how an entry is read. Returns how many tables it saw. */
static unsigned look_at(const uint64_t *table, unsigned level, uint64_t base,
			void (*judge)(uint64_t iova, uint64_t seen))
{
	unsigned page = page_of(table), tables = 1;

	if (page >= PAGES || world.states[page] != LIVE) {
		explore_wrong("hardware reaches a table that was freed");
		return 0;
	}
	for (uint64_t i = 0; i < GRANULE / 8; i++) {
		uint64_t at = base + (i << (6 + 3 * level)), n = 1ULL << 3 * level;
		uint64_t entry = table[i];
		size_t bytes;

		if (at / GRANULE >= GRANULES)
			break;
		if ((entry & TINY_PRESENT) && !(entry & TINY_LEAF)) {
			tables += look_at(world_target(entry, &bytes), level - 1, at, judge);
			continue;
		}
		for (uint64_t g = 0; g < n; g++, at += GRANULE)
			judge(at, entry & TINY_PRESENT ? leaf_meaning(entry, level, at) : 0);
	}
	return tables;
}

static unsigned look_at_all(void (*judge)(uint64_t iova, uint64_t seen))
{
	unsigned level = world.root & 7;
	unsigned tables =
		look_at((const uint64_t *)(uintptr_t)(world.root & ~7ULL), level, 0, judge);

	/* what the top does not reach */
	for (uint64_t at = GRANULE << 3 * (level + 1); at / GRANULE < GRANULES; at += GRANULE)
		judge(at, 0);
	return tables;
}

void world_judge(uint64_t iova, uint64_t seen)
{
	uint64_t g = iova / GRANULE;

	if (seen == meant[g])
		return;
	seen = without_dirty(seen);
	if (seen != without_dirty(meant[g]) && seen != without_dirty(to_mean[g]) &&
	    (seen || !breaks[g]) && !unspecified[g])
		explore_wrong("an address means neither what it meant nor what it is to mean");
}

void world_look(const void *word)
{
	if (page_of(word) < PAGES || word == &world.root)
		look_at_all(world_judge);
}

static void judge_end(uint64_t iova, uint64_t seen)
{
	if (seen != to_mean[iova / GRANULE] && !unspecified[iova / GRANULE])
		explore_wrong("an address does not mean what it is to mean in the end");
}

static void remember(uint64_t iova, uint64_t seen)
{
	meant[iova / GRANULE] = to_mean[iova / GRANULE] = seen;
}

uint64_t world_walk(uint64_t iova, uint64_t **slot, uint64_t *entry)
{
	uint64_t root = __atomic_load_n(&world.root, __ATOMIC_ACQUIRE);
	uint64_t *table = (uint64_t *)(uintptr_t)(root & ~7ULL);
	unsigned level = root & 7;
	size_t bytes;

	for (;; level--) {
		if (iova >> (6 + 3 * level) >= GRANULE / 8 && level == (root & 7))
			return 0;
		*slot = &table[iova >> (6 + 3 * level) & 7];
		*entry = __atomic_load_n(*slot, __ATOMIC_ACQUIRE);
		if (!(*entry & TINY_PRESENT))
			return 0;
		if (*entry & TINY_LEAF)
			return leaf_meaning(*entry, level, iova & ~(uint64_t)(GRANULE - 1));
		table = world_target(*entry, &bytes);
		if (!table || !level) {
			explore_wrong("a device finds a table that is none");
			return 0;
		}
	}
}

/* The table */

/* As a driver programs hardware: the last state counts. */
static void tell(void *ctx, struct iomt_pt *pt)
{
	uint64_t told = __atomic_load_n(&world.root, __ATOMIC_ACQUIRE), root;
	struct iomt_pt_hw hw;

	(void)ctx;
	iomt_pt_hw(pt, &hw);
	root = (uintptr_t)world.pages[(hw.root - PHYS) / GRANULE] | (hw.levels - 1u);
	while ((!told || (told & 7) < (root & 7)) &&
	       !__atomic_compare_exchange_n(&world.root, &told, root, false, __ATOMIC_ACQ_REL,
					    __ATOMIC_ACQUIRE))
		continue;
}

static void no_wait(struct iomt_gather *gather)
{
	(void)gather;
}

static void map_first(uint64_t iova, uint64_t n, uint64_t oa)
{
	CHECK_INT(iomt_pt_map(&world.pt, iova, oa, n * GRANULE, RW, NULL), 0);
}

static void make_empty(uint64_t iova)
{
	map_first(iova, 1, OA);
	CHECK_INT(iomt_pt_unmap(&world.pt, iova, GRANULE, NULL, NULL), 0);
}

/* Hardware has written to each leaf here. */
static void write_first(uint64_t iova)
{
	uint64_t *slot, entry;

	CHECK(world_walk(iova, &slot, &entry));
	*slot |= TINY_DIRTY;
}

static void fill(void)
{
	map_first(SHARED_TABLE + 3 * GRANULE, 5, OA_ODD);
	if (world_kind->levels == 1)
		return;
	map_first(CUT_RUN, 4, OA);
	map_first(RUNS, 4, OA + 0x1000);
	map_first(RUNS + 4 * GRANULE, 4, OA + 0x2000);
	map_first(RUNS + 8 * GRANULE, 4, OA + 0x3000);
	map_first(LARGE, 8, OA + 0x4000);
	for (unsigned k = 0; k < 3; k++) {
		make_empty(EMPTY + k * 0x200);
		if (!world_kind->levels)
			make_empty(EMPTY_BRANCH + k * 0x1000);
	}
	if (!world_kind->flags)
		return;
	for (unsigned k = 0; k < 3; k++)
		write_first(SHARED_TABLE + (3 + k) * GRANULE);
	write_first(LARGE);
}

/* The last page is nobody's. */
void world_garbage_tables(void)
{
	garbage = tiny_pack(PHYS + (PAGES - 1) * GRANULE) | TINY_PRESENT;
}

void world_open(const struct table_kind *of)
{
	struct iomt_pt_cfg cfg = {.size = sizeof(cfg),
				  .format = of->format,
				  .mem = &memory,
				  .flags = of->flags,
				  .levels = of->levels,
				  .top_changed = of->levels ? tell : NULL};

	world_kind = of;
	garbage = FRESH;
	memset(&world, 0, sizeof(world));
	memory.phys_offset = PHYS - (uintptr_t)world.pages;
	CHECK_INT(iomt_pt_init(&world.pt, &cfg), 0);
	tell(NULL, &world.pt);
	fill();
	for (unsigned k = 0; k < EXPLORE_THREADS; k++) {
		iomt_gather_init(&world.gathers[k]);
		iomt_pt_cursor_init(&world.cursors[k], &world.pt);
		if (world_kind->breaks)
			world.gathers[k].sync = no_wait;
	}
	look_at_all(remember);
	memset(unspecified, 0, sizeof(unspecified));
	memset(breaks, 0, sizeof(breaks));
	for (unsigned g = 0; g < 8 && world_kind->breaks; g++)
		breaks[LARGE / GRANULE + g] = breaks[CUT_RUN / GRANULE + g] = true;
}

void world_end(void)
{
	struct iomt_pt_stats stats;
	unsigned tables = look_at_all(judge_end);

	iomt_pt_stats(&world.pt, &stats);
	EXPECT(stats.bytes == tables * (uint64_t)GRANULE);
	EXPECT((world.pt.top & 7) == (world.root & 7));
	EXPECT(world.pt.reach == (GRANULE << 3 * ((world.root & 7) + 1)) - 1);
	for (unsigned k = 0; k < EXPLORE_THREADS; k++)
		iomt_gather_release(&world.gathers[k]);
	iomt_pt_destroy(&world.pt);
	for (unsigned page = 0; page < PAGES; page++)
		EXPECT(world.states[page] != LIVE);
}
