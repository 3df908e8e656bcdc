/* SPDX-License-Identifier: MIT */
/* Tables with their places, and domains: what is mapped, and who must be told. */
#include "caps.h"
#include "parts.h"

#define RETIRED_MOST IOMT_GATHER_INLINE_TABLES

/* For callers who give IOVA ranges back in another way. */
static void keep_range(void *ctx, uint64_t first, uint64_t last)
{
	(void)ctx;
	(void)first;
	(void)last;
}

int iomt_domain_table_init(struct iomt_domain_table *table, const struct iomt_domain_table_cfg *cfg)
{
	struct iomt_flush_cfg flush = {.size = sizeof(flush)};

	if (!cfg || !caps_has_size(cfg, cfg->size, sizeof(*cfg)) || !cfg->mem ||
	    !cfg->pt == !cfg->format)
		return IOMT_EINVAL;
	*table = (struct iomt_domain_table){.cfg = *cfg};
	if (cfg->pt)
		table->cfg.format = cfg->pt->format;
	iomt_targets_init(&table->targets, cfg->mem);
	iomt_gather_init(&table->retired);
	flush.targets = &table->targets;
	flush.mem = cfg->mem;
	flush.policy = cfg->policy;
	flush.age = cfg->age;
	flush.release = cfg->release ? cfg->release : keep_range;
	flush.readers = cfg->readers;
	flush.ctx = cfg->ctx;
	return iomt_flush_init(&table->flush, &flush);
}

/* Readers of arrays are waited for once for several of them. */
static void release_retired(struct iomt_domain_table *table)
{
	if (table->retired.tables && table->cfg.readers)
		table->cfg.readers(table->cfg.ctx);
	iomt_gather_release(&table->retired);
}

void iomt_domain_retire(struct iomt_domain_table *table)
{
	if (table->retired.tables >= RETIRED_MOST)
		release_retired(table);
}

int iomt_domain_table_destroy(struct iomt_domain_table *table)
{
	if (table->domains)
		return IOMT_EBUSY;
	release_retired(table);
	iomt_targets_destroy(&table->targets);
	return 0;
}

void iomt_domain_hw(const struct iomt_domain_table *table, struct iomt_pt_hw *hw)
{
	if (table->cfg.pt)
		iomt_pt_hw(table->cfg.pt, hw);
	else
		*hw = table->cfg.hw;
}

const struct iomt_format_facts *iomt_domain_format(const struct iomt_iommu_caps *caps,
						   const struct iomt_domain_table *table)
{
	for (size_t i = 0; i < caps->kind->count; i++) {
		const struct iomt_format_facts *facts = &caps->kind->formats[i];

		if (facts->pt == table->cfg.format &&
		    (caps->stage[facts->stage - 1].formats & IOMT_FORMAT_BIT(facts->format)))
			return facts;
	}
	return NULL;
}

int iomt_domain_init(struct iomt_domain *domain, const struct iomt_domain_cfg *cfg)
{
	bool paging;

	if (!cfg || !caps_has_size(cfg, cfg->size, sizeof(*cfg)) ||
	    (unsigned)cfg->kind > IOMT_DOMAIN_SVA ||
	    (cfg->flags & ~(IOMT_DOMAIN_NO_PASID | IOMT_DOMAIN_TRUSTED)))
		return IOMT_EINVAL;
	paging = cfg->kind == IOMT_DOMAIN_PAGING;
	if (paging || cfg->kind == IOMT_DOMAIN_SVA) {
		if (!cfg->table || !cfg->table->cfg.pt == paging)
			return IOMT_EINVAL;
	} else if (cfg->table) {
		return IOMT_EINVAL;
	}
	if (cfg->upper && (!cfg->table || !cfg->upper->cfg.pt || cfg->upper == cfg->table))
		return IOMT_EINVAL;
	if (cfg->table)
		cfg->table->domains++;
	if (cfg->upper)
		cfg->upper->domains++;
	*domain = (struct iomt_domain){
		.table = cfg->table, .upper = cfg->upper, .kind = cfg->kind, .flags = cfg->flags};
	return 0;
}

int iomt_domain_destroy(struct iomt_domain *domain)
{
	if (domain->places)
		return IOMT_EBUSY;
	if (domain->table)
		domain->table->domains--;
	if (domain->upper)
		domain->upper->domains--;
	return 0;
}

/* The thread sanitizer knows no fences. */
static void fence(void)
{
#ifdef __SANITIZE_THREAD__
	unsigned here = 0;

	__atomic_fetch_add(&here, 1, __ATOMIC_SEQ_CST);
#else
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

/*
 * Only where absent entries are cached has hardware anything to forget of what was not there. A unit
 * that is not counted yet begins to walk after the fence, and finds what was mapped.
 */
static void gather_absent(const struct iomt_domain_table *table, uint64_t iova, uint64_t length,
			  struct iomt_gather *gather)
{
	fence();
	if (__atomic_load_n(&table->caches_absent, __ATOMIC_ACQUIRE))
		iomt_gather_add(gather, iova, iova + length - 1);
}

int iomt_domain_map(struct iomt_domain *domain, uint64_t iova, uint64_t oa, uint64_t length,
		    uint32_t prot, struct iomt_gather *gather)
{
	struct iomt_domain_table *table = domain->table;
	int err;

	if (domain->kind != IOMT_DOMAIN_PAGING)
		return IOMT_EPERM;
	err = iomt_pt_map(table->cfg.pt, iova, oa, length, prot, gather);
	if (err)
		return err;
	gather_absent(table, iova, length, gather);
	if (iomt_gather_is_empty(gather))
		return 0;
	return iomt_flush_strict(&table->flush, gather, 1, 0);
}

int iomt_domain_unmap(struct iomt_domain *domain, struct iomt_flush_queue *queue, uint64_t iova,
		      uint64_t length, uint64_t now, uint64_t *unmapped, struct iomt_gather *gather)
{
	struct iomt_domain_table *table = domain->table;
	int err;

	if (domain->kind != IOMT_DOMAIN_PAGING)
		return IOMT_EPERM;
	err = iomt_pt_unmap(table->cfg.pt, iova, length, unmapped, gather);
	if (err)
		return err;
	if (queue)
		return iomt_flush_add(queue, gather, iova, iova + length - 1, now);
	return iomt_flush_strict(&table->flush, gather, iova, iova + length - 1);
}

/* The addresses that a table translates: one span, or the two of sign-extended addresses. */
static unsigned spans_of(const struct iomt_pt *pt, uint64_t spans[2][2])
{
	struct iomt_pt_run run;
	struct iomt_pt_hw hw;
	uint64_t last;

	iomt_pt_hw(pt, &hw);
	last = ~0ULL >> (64 - hw.iova_bits);
	spans[0][0] = 0;
	spans[0][1] = last;
	if (iomt_pt_next(pt, 0, last, &run) != IOMT_ERANGE)
		return 1;
	spans[0][0] = ~last;
	spans[0][1] = UINT64_MAX;
	if (iomt_pt_next(pt, ~last, UINT64_MAX, &run) != IOMT_ERANGE)
		return 1;
	spans[0][0] = 0;
	spans[0][1] = last >> 1;
	spans[1][0] = ~(last >> 1);
	spans[1][1] = UINT64_MAX;
	return 2;
}

/* Calls for each run, *count of them at most, until one fails; *count is then how many it did. */
typedef int (*each_run)(struct iomt_pt *to, const struct iomt_pt_run *run);

static int copy_run(struct iomt_pt *to, const struct iomt_pt_run *run)
{
	return iomt_pt_map(to, run->iova, run->oa, run->last - run->iova + 1, run->prot, NULL);
}

static int drop_run(struct iomt_pt *to, const struct iomt_pt_run *run)
{
	return iomt_pt_unmap(to, run->iova, run->last - run->iova + 1, NULL, NULL);
}

static int for_runs(const struct iomt_pt *from, struct iomt_pt *to, each_run call, uint64_t *count)
{
	uint64_t spans[2][2], done = 0, most = *count;
	unsigned n = spans_of(from, spans);
	struct iomt_pt_run run;
	int err = 0;

	for (unsigned i = 0; i < n && !err; i++) {
		uint64_t at = spans[i][0];
		bool more = true;

		while (more && !err && done < most && !iomt_pt_next(from, at, spans[i][1], &run)) {
			err = call(to, &run);
			done += !err;
			more = run.last != spans[i][1];
			at = run.last + 1;
		}
	}
	*count = done;
	return err;
}

/* By whichever domain. */
static bool is_attached(const struct iomt_domain_table *table)
{
	const struct iomt_target_list *list = iomt_targets_get(&table->targets);

	for (size_t i = 0; list && i < list->count; i++)
		if (list->targets[i].users)
			return true;
	return false;
}

int iomt_domain_copy(struct iomt_domain *to, const struct iomt_domain *from)
{
	uint64_t count = UINT64_MAX;
	int err;

	if (to->kind != IOMT_DOMAIN_PAGING || from->kind != IOMT_DOMAIN_PAGING ||
	    is_attached(to->table))
		return IOMT_EPERM;
	err = for_runs(from->table->cfg.pt, to->table->cfg.pt, copy_run, &count);
	if (err)
		(void)for_runs(from->table->cfg.pt, to->table->cfg.pt, drop_run, &count);
	return err;
}

int iomt_domain_changed(struct iomt_domain_table *table, uint64_t first, uint64_t last,
			uint8_t leaf_lg2, bool tables)
{
	struct iomt_gather gather;

	if (first > last || leaf_lg2 < 12 || leaf_lg2 > 63)
		return IOMT_EINVAL;
	iomt_gather_init(&gather);
	iomt_gather_add(&gather, first, last);
	gather.leaf_sizes = domain_leaf_sizes(first, last, leaf_lg2);
	gather.table_levels = tables ? IOMT_GATHER_ALL_LEVELS : 0;
	return iomt_targets_invalidate(&table->targets, &gather, &table->cfg.policy, NULL);
}

void iomt_domain_top_changed(void *ctx, struct iomt_pt *pt)
{
	struct iomt_domain_table *table = ctx;

	(void)pt;
	for (struct iomt_attachment *place = table->first; place; place = place->after) {
		struct iomt_iommu *iommu = place->device->iommu;
		struct iomt_iommu_change change;
		bool lost = iommu->lost;

		iomt_change_begin(iommu, &change, place->device);
		(void)iomt_change_device(place->device);
		(void)iomt_change_end(iommu);
		iommu->lost = lost; /* no id was left */
	}
}
