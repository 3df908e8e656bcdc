/* SPDX-License-Identifier: MIT */
#include "stale.h"
#include "test.h"

static void complain(struct stale *stale, const char *what)
{
	const char *nothing = NULL;

	__atomic_compare_exchange_n(&stale->wrong, &nothing, what, false, __ATOMIC_RELAXED,
				    __ATOMIC_RELAXED);
}

static uint64_t granule(const struct stale *stale)
{
	return stale->of->granule;
}

static uint64_t page_iova(const struct stale *stale, uint64_t page)
{
	return stale->base + page * granule(stale);
}

static uint64_t low_bits(unsigned lg2)
{
	return lg2 > 63 ? UINT64_MAX : (1ULL << lg2) - 1;
}

/* The pages of the window that lie in [first, last]: from *begin to before *end. */
static void pages_of(const struct stale *stale, uint64_t first, uint64_t last, uint64_t *begin,
		     uint64_t *end)
{
	uint64_t top = page_iova(stale, STALE_PAGES) - 1;

	*begin = *end = 0;
	if (first > top || last < stale->base)
		return;
	first = first < stale->base ? stale->base : first;
	last = last > top ? top : last;
	*begin = (first - stale->base) / granule(stale);
	*end = (last - stale->base) / granule(stale) + 1;
}

/* One thread counts, any may ask. */
static void count(uint64_t *counter)
{
	__atomic_store_n(counter, *counter + 1, __ATOMIC_RELAXED);
}

static void remember(struct stale *stale, struct stale_leaf *cache, const struct stale_leaf *leaf,
		     uint64_t iova)
{
	uint64_t begin, end;

	pages_of(stale, leaf->first, leaf->last, &begin, &end);
	for (uint64_t page = begin; page < end; page++) {
		struct stale_leaf *to = &cache[page];

		if (to->used)
			continue; /* what is there stays: nothing evicts */
		to->level = leaf->level;
		to->first = leaf->first;
		to->last = leaf->last;
		to->oa = leaf->oa + (page_iova(stale, page) - iova);
		__atomic_store_n(&to->used, true, __ATOMIC_RELEASE);
	}
	count(&stale->fills);
}

static bool in(uint64_t first, uint64_t last, uint64_t iova)
{
	return iova >= first && iova <= last;
}

static void remember_tables(struct stale *stale, uint64_t iova, const struct walk_path *path)
{
	unsigned granule_lg2 = stale->of->kind->granule_lg2, top = 5;

	while (top && !path->table[top])
		top--;
	for (unsigned level = 0; level < top; level++) {
		uint64_t low = low_bits(granule_lg2 + (granule_lg2 - 3) * (level + 1));
		struct stale_table *free = NULL;
		bool known = !path->table[level];

		for (unsigned i = 0; i < STALE_TABLES; i++) {
			struct stale_table *table = &stale->tables[i];

			if (!table->table && !free)
				free = table;
			known |= table->table && table->level == level + 1 &&
				 in(table->first, table->last, iova);
		}
		if (known || !free)
			continue;
		free->first = iova & ~low;
		free->last = iova | low;
		free->level = level + 1;
		__atomic_store_n(&free->table, path->table[level], __ATOMIC_RELEASE);
	}
}

/* The lowest table that is remembered for an address. */
static const struct stale_table *lowest(const struct stale *stale, uint64_t iova)
{
	const struct stale_table *found = NULL;

	for (unsigned i = 0; i < STALE_TABLES; i++) {
		const struct stale_table *table = &stale->tables[i];

		if (table->table && in(table->first, table->last, iova) &&
		    (!found || table->level < found->level))
			found = table;
	}
	return found;
}

static bool walk_now(struct stale *stale, uint64_t iova, struct stale_leaf *leaf)
{
	struct walker walker = table_walker(stale->of, false);
	const struct stale_table *from = lowest(stale, iova);
	struct walk_path path;
	struct walk found;

	walker.live = true;
	found = from ? walk_from(&walker, iova, from->table, from->level, &path)
		     : walk_with_path(&walker, iova, &path);
	if (found.result == WALK_BAD)
		complain(stale, found.why);
	if (found.result == WALK_BAD)
		return false;
	remember_tables(stale, iova, &path);
	if (found.result != WALK_MAPPED)
		return false;
	*leaf = (struct stale_leaf){
		.level = (uint8_t)found.level,
		.first = iova & ~low_bits(found.size_lg2),
		.last = iova | low_bits(found.size_lg2),
		.oa = found.oa,
	};
	return true;
}

void stale_access(struct stale *stale, unsigned page)
{
	uint64_t iova = page_iova(stale, page);
	struct stale_leaf leaf;

	stale->hits += stale->iotlb[page].used;
	if (stale->device_tlb && stale->device_leaves[page].used)
		return;
	if (!stale->iotlb[page].used) {
		if (!walk_now(stale, iova, &leaf))
			return;
		remember(stale, stale->iotlb, &leaf, iova);
	}
	if (stale->device_tlb)
		remember(stale, stale->device_leaves, &stale->iotlb[page], iova);
}

/* What AMD's and VT-d's hardware may keep lies in the range in part; others drop all it meets. */
static bool drops(const struct stale *stale, const struct stale_leaf *leaf,
		  const struct iomt_inv *inv)
{
	bool whole = stale->unit.kind->vendor == IOMT_VENDOR_AMD ||
		     stale->unit.kind->vendor == IOMT_VENDOR_VTD;

	if (inv->level >= 0 && leaf->level != inv->level)
		return false;
	if (whole)
		return leaf->first >= inv->first && leaf->last <= inv->last;
	return leaf->first <= inv->last && leaf->last >= inv->first;
}

static void drop_leaves(struct stale *stale, struct stale_leaf *cache, const struct iomt_inv *inv)
{
	for (unsigned page = 0; page < STALE_PAGES; page++) {
		if (!cache[page].used || !drops(stale, &cache[page], inv))
			continue;
		__atomic_store_n(&cache[page].used, false, __ATOMIC_RELEASE);
		count(&stale->dropped);
	}
}

static void drop_tables(struct stale *stale, const struct iomt_inv *inv)
{
	for (unsigned i = 0; i < STALE_TABLES; i++) {
		struct stale_table *table = &stale->tables[i];

		if (table->table && table->first <= inv->last && table->last >= inv->first)
			__atomic_store_n(&table->table, 0, __ATOMIC_RELEASE);
	}
}

static void execute(void *ctx, const struct iomt_cmd *cmd, const struct iomt_inv *inv)
{
	struct stale *stale = ctx;

	(void)cmd;
	if (!inv) {
		complain(stale, "a command that the decoder refuses");
		return;
	}
	if (inv->kind == IOMT_INV_DEVICE_TLB && inv->device == stale->device && stale->device_tlb) {
		drop_leaves(stale, stale->device_leaves, inv);
	} else if (inv->kind == IOMT_INV_IOTLB && inv->flags & stale->stage &&
		   (!(inv->flags & IOMT_INV_BY_DOMAIN) || inv->domain == stale->domain) &&
		   (!(inv->flags & IOMT_INV_BY_PROCESS) || inv->process == stale->process)) {
		drop_leaves(stale, stale->iotlb, inv);
		if (!(inv->flags & IOMT_INV_LEAVES))
			drop_tables(stale, inv);
	}
}

static void meanwhile(void *ctx)
{
	struct stale *stale = ctx;
	uint32_t wanted = __atomic_load_n(&stale->wanted, __ATOMIC_RELAXED);

	if (wanted && __atomic_load_n(&stale->attached, __ATOMIC_ACQUIRE))
		stale_access(stale, wanted - 1);
	for (unsigned i = 0; i < stale->eager; i++) {
		if (__atomic_load_n(&stale->attached, __ATOMIC_ACQUIRE))
			stale_access(stale, (unsigned)random_below(&stale->random, stale->window));
	}
}

void stale_open(struct stale *stale, struct table *of, uint64_t base,
		const struct iomt_ring_kind *kind, unsigned lg2, bool stores, uint64_t seed)
{
	memset(stale, 0, sizeof(*stale));
	unit_open(&stale->unit, kind, lg2, stores);
	stale->unit.execute = execute;
	stale->unit.meanwhile = meanwhile;
	stale->unit.ctx = stale;
	stale->of = of;
	stale->base = base;
	stale->domain = 5;
	stale->process =
		kind->vendor == IOMT_VENDOR_SMMU || kind->vendor == IOMT_VENDOR_RISCV ? 3 : 0;
	stale->stage = stale->process ? IOMT_INV_STAGE_1 : IOMT_INV_STAGE_2;
	stale->device = 0x123;
	stale->device_tlb = true;
	stale->eager = 4;
	stale->window = STALE_PAGES;
	random_init(&stale->random, seed);
}

struct iomt_target stale_target(struct stale *stale)
{
	struct iomt_target target = {.ring = &stale->unit.ring};

	switch (stale->unit.kind->vendor) {
	case IOMT_VENDOR_AMD:
		target.kind = &iomt_target_amd;
		target.amd.domain = (uint16_t)stale->domain;
		break;
	case IOMT_VENDOR_VTD:
		target.kind = &iomt_target_vtd;
		target.vtd.domain = (uint16_t)stale->domain;
		target.vtd.mamv = 18;
		target.vtd.flags = stale->unit.kind->cmds == 2 ? IOMT_VTD_WIDE : 0;
		break;
	case IOMT_VENDOR_SMMU:
		target.kind = &iomt_target_smmu;
		target.smmu = (struct iomt_smmu_target){
			.regime = IOMT_SMMU_STAGE_1,
			.flags = IOMT_SMMU_RANGES,
			.vmid = (uint16_t)stale->domain,
			.asid = (uint16_t)stale->process,
			.granule_lg2 = stale->of->kind->granule_lg2,
		};
		break;
	case IOMT_VENDOR_RISCV:
		target.kind = &iomt_target_riscv;
		target.riscv = (struct iomt_riscv_target){
			.stage = IOMT_RISCV_GUEST_FIRST,
			.flags = IOMT_RISCV_RANGES | IOMT_RISCV_NON_LEAF,
			.pscid = stale->process,
			.gscid = (uint16_t)stale->domain,
		};
		break;
	}
	return target;
}

struct iomt_target stale_device_target(struct stale *stale)
{
	struct iomt_target target = {.ring = &stale->unit.ring};
	uint16_t rid = (uint16_t)stale->device;

	switch (stale->unit.kind->vendor) {
	case IOMT_VENDOR_AMD:
		target.kind = &iomt_target_amd_device;
		target.amd_device.rid = target.amd_device.queue = rid;
		break;
	case IOMT_VENDOR_VTD:
		target.kind = &iomt_target_vtd_device;
		target.vtd_device.rid = rid;
		target.vtd_device.flags = stale->unit.kind->cmds == 2 ? IOMT_VTD_WIDE : 0;
		break;
	case IOMT_VENDOR_SMMU:
		target.kind = &iomt_target_smmu_device;
		target.smmu_device.stream = rid;
		break;
	case IOMT_VENDOR_RISCV:
		target.kind = &iomt_target_riscv_device;
		target.riscv_device.rid = rid;
		break;
	}
	return target;
}

void stale_attach(struct stale *stale)
{
	__atomic_store_n(&stale->attached, true, __ATOMIC_SEQ_CST);
}

void stale_detach(struct stale *stale)
{
	__atomic_store_n(&stale->attached, false, __ATOMIC_SEQ_CST);
}

bool stale_used(const struct stale *stale, uint64_t times)
{
	return __atomic_load_n(&stale->fills, __ATOMIC_RELAXED) >= times &&
	       __atomic_load_n(&stale->dropped, __ATOMIC_RELAXED) >= times;
}

bool stale_knows(const struct stale *stale, uint64_t first, uint64_t last)
{
	uint64_t begin, end;

	pages_of(stale, first, last, &begin, &end);
	for (uint64_t page = begin; page < end; page++) {
		if (__atomic_load_n(&stale->iotlb[page].used, __ATOMIC_ACQUIRE) ||
		    __atomic_load_n(&stale->device_leaves[page].used, __ATOMIC_ACQUIRE))
			return true;
	}
	return false;
}

bool stale_knows_table(const struct stale *stale, uint64_t phys)
{
	for (unsigned i = 0; i < STALE_TABLES; i++) {
		if (__atomic_load_n(&stale->tables[i].table, __ATOMIC_ACQUIRE) == phys)
			return true;
	}
	return false;
}

static void check_cache(struct stale *stale, const struct walker *walker,
			const struct stale_leaf *cache, const char *what)
{
	for (unsigned page = 0; page < STALE_PAGES; page++) {
		struct walk now;

		if (!cache[page].used)
			continue;
		now = walk(walker, page_iova(stale, page));
		CHECK_MSG(now.result == WALK_MAPPED && now.oa == cache[page].oa,
			  "seed %" PRIu64 ": %s holds page %u of 2^%u bytes, which is stale",
			  stale->random.seed, what, page,
			  63u - (unsigned)__builtin_clzll(cache[page].last - cache[page].first));
	}
}

void stale_check(struct stale *stale)
{
	struct walker walker = table_walker(stale->of, false);

	CHECK_MSG(!stale->wrong, "seed %" PRIu64 ": %s", stale->random.seed, stale->wrong);
	check_cache(stale, &walker, stale->iotlb, "the IOTLB");
	check_cache(stale, &walker, stale->device_leaves, "the device");
}
