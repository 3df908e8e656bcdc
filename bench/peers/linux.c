/* SPDX-License-Identifier: MIT */
/* Linux's io-pgtable as a target of the benchmarks: what its IOMMU core does around a driver. */
#include "bench.h"
#include "peers_amd.h"
#include "pool.h"
#include <sys/mman.h>

/* The kernel's side: pages, and what the AMD driver would do. */

static struct page *all_pages(void)
{
	static struct page *all;
	void *memory;

	if (all)
		return all;
	memory = mmap(NULL, (POOL_BYTES >> PAGE_SHIFT) * sizeof(*all), PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		abort();
	return all = memory;
}

struct page *peers_page_of(void *page)
{
	return &all_pages()[pool_page(page)];
}

void peers_free_list(struct list_head *pages)
{
	while (!list_empty(pages)) {
		struct page *page = container_of(pages->next, struct page, lru);

		page->lru.next->prev = pages;
		pages->next = page->lru.next;
		peers_free_pages(pool_page_at((size_t)(page - all_pages())), 0);
	}
}

void *peers_pages(unsigned order)
{
	void *pages = pool_alloc(PAGE_SIZE << order);

	return pages ? memset(pages, 0, PAGE_SIZE << order) : NULL;
}

void peers_free_pages(void *pages, unsigned order)
{
	if (pages)
		pool_free(pages, PAGE_SIZE << order);
}

int amd_iommu_gpt_level;
unsigned long amd_iommu_pgsize_bitmap = GENMASK_ULL(51, 12) & ~SZ_512G;

void amd_iommu_update_and_flush_device_table(struct protection_domain *domain)
{
	(void)domain;
}

void amd_iommu_domain_flush_pages(struct protection_domain *domain, u64 address, size_t size)
{
	(void)domain, (void)address, (void)size;
}

/* A table, and what a driver keeps around it. */
struct linux_table {
	struct protection_domain domain; /* of the AMD formats */
	struct io_pgtable *pgtable;
	const struct io_pgtable_init_fns *functions;
	size_t page_size; /* of the last mapping, which an unmap of it goes by */
};

/* The IOMMU core has one on its stack. */
static _Thread_local struct iommu_iotlb_gather pages = {.start = ~0UL};

static struct linux_table *table_of(const struct iomt_pt *pt)
{
	return (struct linux_table *)(uintptr_t)pt;
}

/* What drivers do for each page that an unmap reports: stretch the range. */
static void add_page(struct iommu_iotlb_gather *gather, unsigned long iova, size_t granule,
		     void *cookie)
{
	(void)cookie;
	gather->pgsize = granule;
	gather->start = min(gather->start, iova);
	gather->end = max(gather->end, iova + granule - 1);
}

static void flush_walk(unsigned long iova, size_t size, size_t granule, void *cookie)
{
	(void)iova, (void)size, (void)granule, (void)cookie;
}

static const struct iommu_flush_ops flushes = {.tlb_flush_walk = flush_walk,
					       .tlb_add_page = add_page};

static bool open_arm(struct linux_table *table, const struct kind *kind)
{
	bool stage2 = !strncmp(kind->name, "arm_s2", 6);
	struct io_pgtable_cfg cfg = {
		.pgsize_bitmap = 1UL << kind->granule_lg2 | 1UL << kind->block_lg2,
		.ias = kind->iova_bits,
		.oas = 48,
		.coherent_walk = true,
		.tlb = &flushes,
	};

	table->functions =
		stage2 ? &io_pgtable_arm_64_lpae_s2_init_fns : &io_pgtable_arm_64_lpae_s1_init_fns;
	table->pgtable = table->functions->alloc(&cfg, table);
	if (!table->pgtable)
		return false;
	table->pgtable->fmt = stage2 ? ARM_64_LPAE_S2 : ARM_64_LPAE_S1;
	table->pgtable->cookie = table;
	table->pgtable->cfg = cfg;
	return true;
}

static bool open_amd(struct linux_table *table, const struct kind *kind)
{
	bool v1 = kind->format == &iomt_amdv1;
	struct io_pgtable *pgtable = &table->domain.iop.pgtbl;

	amd_iommu_gpt_level = kind->iova_bits > 48 ? 5 : 4;
	pgtable->cfg.tlb = &flushes;
	pgtable->cfg.amd.nid = NUMA_NO_NODE;
	pgtable->fmt = v1 ? AMD_IOMMU_V1 : AMD_IOMMU_V2;
	table->functions =
		v1 ? &io_pgtable_amd_iommu_v1_init_fns : &io_pgtable_amd_iommu_v2_init_fns;
	table->pgtable = table->functions->alloc(&pgtable->cfg, table);
	return table->pgtable;
}

/* The largest page size that fits, and how many of it until a larger one would. */
static size_t pick(const struct linux_table *table, uint64_t iova, uint64_t oa, uint64_t length,
		   size_t *count)
{
	uint64_t sizes = table->pgtable->cfg.pgsize_bitmap, size, next;
	uint64_t fits = GENMASK_ULL(63 - __builtin_clzll(length), 0);

	*count = 1;
	if ((sizes & length) == length && !((iova | oa) & (length - 1)) && is_power_of_2(length))
		return length;
	if (iova | oa)
		fits &= GENMASK_ULL(__builtin_ctzll(iova | oa), 0);
	size = 1ULL << (63 - __builtin_clzll(sizes & fits));
	next = sizes & ~(size | (size - 1));
	next &= -next;
	if (next && !((iova ^ oa) & (next - 1))) {
		uint64_t to_next = next - (iova & (next - 1));

		if (to_next + next <= length)
			length = to_next;
	}
	*count = length >> __builtin_ctzll(size);
	return size;
}

static int linux_map(struct iomt_pt *pt, uint64_t iova, uint64_t oa, uint64_t length, uint32_t prot,
		     struct iomt_gather *gather)
{
	struct linux_table *table = table_of(pt);
	struct io_pgtable_ops *ops = &table->pgtable->ops;

	(void)prot, (void)gather;
	while (length) {
		size_t count, size = pick(table, iova, oa, length, &count), mapped = 0;

		if (table->page_size != size) /* or threads would meet here */
			table->page_size = size;
		if (ops->map_pages(ops, iova, oa, size, count, IOMMU_READ | IOMMU_WRITE, GFP_ATOMIC,
				   &mapped))
			return IOMT_EEXIST;
		iova += mapped;
		oa += mapped;
		length -= mapped;
	}
	return 0;
}

static int linux_unmap(struct iomt_pt *pt, uint64_t iova, uint64_t length, uint64_t *unmapped,
		       struct iomt_gather *gather)
{
	struct linux_table *table = table_of(pt);
	struct io_pgtable_ops *ops = &table->pgtable->ops;
	uint64_t done = 0;

	(void)gather;
	while (done < length) {
		size_t bytes = ops->unmap_pages(ops, iova + done, table->page_size,
						(length - done) / table->page_size, &pages);

		if (!bytes)
			break;
		done += bytes;
	}
	*unmapped = done;
	return 0;
}

static int linux_oa(const struct iomt_pt *pt, uint64_t iova, uint64_t *oa)
{
	struct io_pgtable_ops *ops = &table_of(pt)->pgtable->ops;

	*oa = ops->iova_to_phys(ops, iova);
	return *oa ? 0 : IOMT_ENOENT;
}

static void linux_close(struct iomt_pt *pt)
{
	struct linux_table *table = table_of(pt);

	table->functions->free(table->pgtable);
	free(table);
}

/* V1 begins with three levels: a page far up makes it as high as its neighbour. */
static bool grow(struct iomt_pt *pt, const struct kind *kind)
{
	uint64_t far = 1ULL << (kind->iova_bits - 1), unmapped;

	return !linux_map(pt, far, far, 1ULL << kind->granule_lg2, 0, NULL) &&
	       !linux_unmap(pt, far, 1ULL << kind->granule_lg2, &unmapped, NULL);
}

static struct iomt_pt *linux_open(const struct kind *kind, uint32_t flags)
{
	struct linux_table *table = calloc(1, sizeof(*table));
	bool amd = kind->format == &iomt_amdv1 || kind->format == &iomt_x86_64;

	(void)flags;
	if (!table)
		return NULL;
	if (!(amd ? open_amd(table, kind) : open_arm(table, kind)) ||
	    !grow((struct iomt_pt *)(void *)table, kind)) {
		free(table);
		return NULL;
	}
	return (struct iomt_pt *)(void *)table;
}

const struct target linux_target = {
	.name = "linux",
	.open = linux_open,
	.close = linux_close,
	.map = linux_map,
	.unmap = linux_unmap,
	.oa = linux_oa,
};
