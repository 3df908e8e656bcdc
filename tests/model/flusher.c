/* SPDX-License-Identifier: MIT */
#include "flusher.h"
#include "test.h"

#define BASE_PAGE 0x400
#define NO_MEMORY (-12)

static void complain(struct flusher *f, const char *what)
{
	const char *nothing = NULL;

	__atomic_compare_exchange_n(&f->wrong, &nothing, what, false, __ATOMIC_RELAXED,
				    __ATOMIC_RELAXED);
}

static uint64_t iova_of(const struct flusher *f, uint64_t page)
{
	return f->units[0].base + page * f->table.granule;
}

static void release(void *ctx, uint64_t first, uint64_t last)
{
	struct flusher *f = ctx;
	uint64_t begin = (first - f->units[0].base) / f->table.granule;
	uint64_t end = (last - f->units[0].base) / f->table.granule;

	for (unsigned i = 0; i < FLUSHER_UNITS; i++) {
		if (stale_knows(&f->units[i], first, last))
			complain(f, "a range is given back that a device knows");
	}
	for (uint64_t page = begin; page <= end; page++) {
		if (__atomic_exchange_n(&f->pages[page], PAGE_FREE, __ATOMIC_ACQ_REL) !=
		    PAGE_WAITING)
			complain(f, "a page is given back that was not waiting");
	}
	__atomic_fetch_add(&f->released, end - begin + 1, __ATOMIC_RELAXED);
}

static void on_free(void *ctx, uint64_t phys)
{
	struct flusher *f = ctx;

	for (unsigned i = 0; i < FLUSHER_UNITS; i++) {
		if (stale_knows_table(&f->units[i], phys))
			complain(f, "a table is freed that a device knows");
	}
}

static void readers(void *ctx)
{
	struct flusher *f = ctx;

	__atomic_fetch_add(&f->readers, 1, __ATOMIC_RELAXED);
}

void flusher_attach(struct flusher *f, unsigned unit)
{
	struct iomt_target here[] = {stale_target(&f->units[unit]),
				     stale_device_target(&f->units[unit])};
	struct iomt_gather gather;

	if (f->present[unit])
		return;
	iomt_gather_init(&gather);
	for (unsigned i = 0; i < 2; i++)
		CHECK_INT(iomt_targets_add(&f->targets, &here[i], &gather), 0);
	iomt_gather_release(&gather);
	stale_attach(&f->units[unit]);
	f->present[unit] = true;
}

static void revive(struct flusher *f)
{
	for (unsigned i = 0; i < FLUSHER_UNITS; i++) {
		f->units[i].unit.pace = 1;
		f->units[i].unit.patience = 0;
		f->units[i].unit.refuse = 0;
	}
}

void flusher_detach(struct flusher *f, unsigned unit)
{
	struct iomt_target here[] = {stale_target(&f->units[unit]),
				     stale_device_target(&f->units[unit])};
	struct iomt_plan_policy all = iomt_plan_all();
	struct iomt_gather gather;

	if (!f->present[unit])
		return;
	revive(f);
	stale_detach(&f->units[unit]);
	iomt_gather_init(&gather);
	iomt_gather_add(&gather, 0, UINT64_MAX);
	gather.table_levels = 0x3f;
	CHECK_INT(iomt_targets_invalidate(&f->targets, &gather, &all, NULL), 0);
	for (unsigned i = 0; i < 2; i++)
		CHECK_INT(iomt_targets_remove(&f->targets, &here[i], &gather), 0);
	iomt_gather_release(&gather);
	f->present[unit] = false;
}

void flusher_open(struct flusher *f, const struct flusher_cfg *cfg)
{
	struct iomt_flush_cfg flush = {
		.size = sizeof(flush),
		.targets = &f->targets,
		.mem = &f->table.provider.mem,
		.policy = cfg->policy,
		.age = cfg->age,
		.release = release,
		.readers = readers,
		.ctx = f,
	};

	memset(f, 0, sizeof(*f));
	table_open(&f->table, cfg->kind, PROVIDER_LINEAR);
	f->table.provider.on_free = on_free;
	f->table.provider.free_ctx = f;
	iomt_targets_init(&f->targets, &f->table.provider.mem);
	for (unsigned i = 0; i < FLUSHER_UNITS; i++) {
		enum iomt_vendor vendor = cfg->rings[i]->vendor;

		stale_open(&f->units[i], &f->table, table_at(&f->table, BASE_PAGE), cfg->rings[i],
			   cfg->ring_lg2, vendor != IOMT_VENDOR_RISCV, cfg->seed + i);
		f->units[i].unit.patience = 0;
		flusher_attach(f, i);
	}
	CHECK_INT(iomt_flush_init(&f->flush, &flush), 0);
	for (unsigned i = 0; i < FLUSHER_QUEUES; i++)
		CHECK_INT(iomt_flush_queue_init(&f->queues[i], &f->flush, cfg->entries[i]), 0);
}

static bool all_are(const struct flusher *f, unsigned first, unsigned count, enum page_state state)
{
	if (!count || first >= STALE_PAGES || count > STALE_PAGES - first)
		return false;
	for (unsigned i = 0; i < count; i++) {
		if (__atomic_load_n(&f->pages[first + i], __ATOMIC_ACQUIRE) != state)
			return false;
	}
	return true;
}

static void set_all(struct flusher *f, unsigned first, unsigned count, enum page_state state)
{
	for (unsigned i = 0; i < count; i++)
		__atomic_store_n(&f->pages[first + i], (uint8_t)state, __ATOMIC_RELEASE);
}

bool flusher_map(struct flusher *f, unsigned first, unsigned count)
{
	uint64_t granule = f->table.granule, oa;
	int err;

	if (!all_are(f, first, count, PAGE_FREE))
		return false;
	/* never the same output twice, on the same alignment as the input */
	oa = __atomic_add_fetch(&f->next_oa, STALE_PAGES * granule, __ATOMIC_RELAXED);
	err = iomt_pt_map(&f->table.pt, iova_of(f, first), (oa & 0xffffffffffULL) + first * granule,
			  count * granule, IOMT_READ | IOMT_WRITE, NULL);
	if (err && err != NO_MEMORY)
		complain(f, "a map failed");
	if (!err)
		set_all(f, first, count, PAGE_MAPPED);
	return !err;
}

static void give(struct flusher *f, unsigned queue, struct iomt_gather *gather, uint64_t first,
		 uint64_t last)
{
	struct iomt_gather before = *gather;
	int err = iomt_flush_add(&f->queues[queue], gather, first, last, f->now);

	if (err) {
		if (gather->first != before.first || gather->last != before.last ||
		    gather->tables != before.tables)
			complain(f, "a gather was changed though its invalidation failed");
		revive(f);
		err = iomt_flush_add(&f->queues[queue], gather, first, last, f->now);
	}
	if (err || !iomt_gather_is_empty(gather))
		complain(f, "an add failed");
}

bool flusher_unmap(struct flusher *f, unsigned queue, unsigned first, unsigned count, bool trim)
{
	uint64_t granule = f->table.granule, iova = iova_of(f, first), bytes = 0;
	struct iomt_gather gather;
	int err;

	if (!all_are(f, first, count, PAGE_MAPPED))
		return false;
	iomt_gather_init(&gather);
	err = iomt_pt_unmap(&f->table.pt, iova, count * granule, &bytes, &gather);
	if (err) {
		if (err != NO_MEMORY)
			complain(f, "an unmap failed");
		iomt_gather_release(&gather);
		return false;
	}
	if (bytes != count * granule)
		complain(f, "an unmap left something");
	if (trim)
		iomt_pt_trim(&f->table.pt, iova, count * granule, &gather);
	set_all(f, first, count, PAGE_WAITING);
	give(f, queue, &gather, iova, iova + count * granule - 1);
	return true;
}

int flusher_tick(struct flusher *f, unsigned queue, uint32_t most)
{
	int count = iomt_flush_tick(&f->queues[queue], f->now, most);

	if (count < 0) {
		revive(f);
		count = iomt_flush_tick(&f->queues[queue], f->now, most);
	}
	if (count < 0 || (uint32_t)count > most)
		complain(f, "a tick failed");
	return count;
}

void flusher_check(struct flusher *f)
{
	for (unsigned i = 0; i < FLUSHER_UNITS; i++)
		CHECK_MSG(!f->units[i].wrong, "seed %" PRIu64 ": unit %u: %s",
			  f->units[0].random.seed, i, f->units[i].wrong);
	CHECK_MSG(!f->wrong, "seed %" PRIu64 ": %s", f->units[0].random.seed, f->wrong);
}

unsigned flusher_count(const struct flusher *f, enum page_state state)
{
	unsigned count = 0;

	for (unsigned i = 0; i < STALE_PAGES; i++)
		count += __atomic_load_n(&f->pages[i], __ATOMIC_ACQUIRE) == state;
	return count;
}

void flusher_close(struct flusher *f)
{
	f->table.provider.fail_at = 0;
	revive(f);
	for (unsigned page = 0; page < STALE_PAGES; page++)
		flusher_unmap(f, page % FLUSHER_QUEUES, page, 1, false);
	flusher_check(f);
	for (unsigned i = 0; i < FLUSHER_QUEUES; i++)
		CHECK_INT(iomt_flush_queue_destroy(&f->queues[i]), 0);
	CHECK_EQ(flusher_count(f, PAGE_FREE), STALE_PAGES);
	for (unsigned i = 0; i < FLUSHER_UNITS; i++) {
		stale_check(&f->units[i]);
		flusher_detach(f, i);
	}
	flusher_check(f);
	iomt_targets_destroy(&f->targets);
	table_close(&f->table);
}
