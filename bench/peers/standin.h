/* SPDX-License-Identifier: MIT */
/*
 * What Linux's io-pgtable files need of a kernel, in userspace: one processor's worth of locks that
 * nobody contends, physical addresses that are pointers, and pages from the benchmark's pool. Every
 * header that they include leads here. Nothing of this does less work than the kernel would.
 */
#ifndef PEERS_STANDIN_H
#define PEERS_STANDIN_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;
typedef u64 phys_addr_t, dma_addr_t;
typedef unsigned gfp_t;

#define __init
#define __packed	  __attribute__((packed))
#define likely(x)	  __builtin_expect(!!(x), 1)
#define unlikely(x)	  __builtin_expect(!!(x), 0)
#define BIT(n)		  (1UL << (n))
#define BIT_ULL(n)	  (1ULL << (n))
#define GENMASK(h, l)	  ((~0UL >> (63 - (h))) & (~0UL << (l)))
#define GENMASK_ULL(h, l) GENMASK(h, l)
#define SZ_4K		  0x1000UL
#define SZ_16K		  0x4000UL
#define SZ_64K		  0x10000UL
#define SZ_2M		  0x200000UL
#define SZ_32M		  0x2000000UL
#define SZ_512M		  0x20000000UL
#define SZ_1G		  0x40000000UL
#define SZ_64G		  0x1000000000ULL
#define SZ_512G		  0x8000000000ULL
#define PAGE_SHIFT	  12
#define PAGE_SIZE	  (1UL << PAGE_SHIFT)
#define PAGE_MASK	  (~(PAGE_SIZE - 1))
#define NUMA_NO_NODE	  (-1)
#define GFP_KERNEL	  0u
#define GFP_ATOMIC	  1u
#define __GFP_HIGHMEM	  2u

#define min(a, b)		      ((a) < (b) ? (a) : (b))
#define min_t(type, a, b)	      ((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define max(a, b)		      ((a) > (b) ? (a) : (b))
#define ARRAY_SIZE(a)		      (sizeof(a) / sizeof((a)[0]))
#define IS_ALIGNED(x, a)	      (((x) & ((a)-1)) == 0)
#define DIV_ROUND_UP(n, d)	      (((n) + (d)-1) / (d))
#define ALIGN(x, a)		      (((x) + (a)-1) & ~((__typeof__(x))(a)-1))
#define container_of(p, type, member) ((type *)(void *)((char *)(p)-offsetof(type, member)))
#define ilog2(x)		      (63 - __builtin_clzll(x))
#define __ffs(x)		      ((unsigned long)__builtin_ctzl(x))
#define ffz(x)			      __ffs(~(x))
#define __fls(x)		      (63UL - (unsigned long)__builtin_clzl(x))
#define is_power_of_2(x)	      ((x) != 0 && ((x) & ((x)-1)) == 0)
#define fallthrough		      __attribute__((fallthrough))
#define IS_ENABLED(option)	      0
#define EXPORT_SYMBOL_GPL(x)
#define subsys_initcall(f) extern int peers_no_initcall_##f

#define READ_ONCE(x)	 (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define barrier()	 __asm__ volatile("" : : : "memory")

/* as the kernel has them on x86, which orders stores by itself; elsewhere fences */
#ifdef __x86_64__
#define wmb() __asm__ volatile("sfence" : : : "memory")
#else
#define wmb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#endif
#define dma_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)
#define smp_wmb() dma_wmb()

static inline u64 peers_cmpxchg(u64 *p, u64 old, u64 new, int order)
{
	__atomic_compare_exchange_n(p, &old, new, false, order, __ATOMIC_RELAXED);
	return old;
}

#define cmpxchg64(p, old, new)	       peers_cmpxchg(p, old, new, __ATOMIC_SEQ_CST)
#define cmpxchg64_relaxed(p, old, new) peers_cmpxchg(p, old, new, __ATOMIC_RELAXED)
#define try_cmpxchg64(p, old, new) \
	__atomic_compare_exchange_n(p, old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)

static inline bool test_bit(long n, const unsigned long *p)
{
	return READ_ONCE(p[n / 64]) >> (n % 64) & 1;
}

static inline void set_bit(long n, unsigned long *p)
{
	__atomic_fetch_or(&p[n / 64], 1UL << (n % 64), __ATOMIC_RELAXED);
}

static inline bool test_and_clear_bit(long n, unsigned long *p)
{
	unsigned long bit = 1UL << (n % 64);

	return __atomic_fetch_and(&p[n / 64], ~bit, __ATOMIC_SEQ_CST) & bit;
}

#define for_each_set_bit(n, p, size)       \
	for ((n) = 0; (n) < (size); (n)++) \
		if (test_bit(n, p))

/* Messages */
#define pr_err(...)	  fprintf(stderr, __VA_ARGS__)
#define pr_warn(...)	  fprintf(stderr, __VA_ARGS__)
#define pr_info(...)	  fprintf(stderr, __VA_ARGS__)
#define dev_err(dev, ...) ((void)(dev), fprintf(stderr, __VA_ARGS__))
#define WARN_ON(x)	  peers_warn(!!(x), #x)
#define WARN_ON_ONCE(x)	  WARN_ON(x)
#define BUG_ON(x)	  (unlikely(x) ? abort() : (void)0)
#define BUG()		  abort()
#define VM_BUG_ON(x)	  ((void)(x))

static inline bool peers_warn(bool condition, const char *text)
{
	if (unlikely(condition))
		fprintf(stderr, "peer: %s\n", text);
	return condition;
}

/* Lists */
struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD(name) struct list_head name = {&(name), &(name)}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

static inline void list_add_tail(struct list_head *item, struct list_head *head)
{
	item->prev = head->prev;
	item->next = head;
	head->prev->next = item;
	head->prev = item;
}

/* Locks that are never contended, and what an uncontended one costs */
typedef struct {
	char held;
} spinlock_t;

#define spin_lock_irqsave(lock, flags)                                           \
	do {                                                                     \
		(flags) = 0;                                                     \
		while (__atomic_test_and_set(&(lock)->held, __ATOMIC_ACQUIRE)) { \
		}                                                                \
	} while (0)
#define spin_unlock_irqrestore(lock, flags)                      \
	do {                                                     \
		(void)(flags);                                   \
		__atomic_clear(&(lock)->held, __ATOMIC_RELEASE); \
	} while (0)

typedef struct {
	unsigned sequence;
} seqcount_t;

#define seqcount_init(s) ((void)((s)->sequence = 0))

static inline unsigned read_seqcount_begin(const seqcount_t *s)
{
	unsigned sequence;

	while ((sequence = __atomic_load_n(&s->sequence, __ATOMIC_ACQUIRE)) & 1) {
	}
	return sequence;
}

static inline bool read_seqcount_retry(const seqcount_t *s, unsigned start)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&s->sequence, __ATOMIC_RELAXED) != start;
}

static inline void write_seqcount_begin(seqcount_t *s)
{
	__atomic_fetch_add(&s->sequence, 1, __ATOMIC_ACQ_REL);
}

static inline void write_seqcount_end(seqcount_t *s)
{
	__atomic_fetch_add(&s->sequence, 1, __ATOMIC_RELEASE);
}

/* Memory: physical addresses are pointers, tables come from where iomt's come from */
struct device {
	int node;
};

struct page {
	struct list_head lru;
};

#define __pa(p)		     ((phys_addr_t)(uintptr_t)(p))
#define __va(phys)	     ((void *)(uintptr_t)(phys))
#define virt_to_phys(p)	     __pa(p)
#define phys_to_virt(phys)   __va(phys)
#define __sme_set(x)	     (x)
#define __sme_clr(x)	     (x)
#define dev_to_node(dev)     ((dev) ? (dev)->node : NUMA_NO_NODE)
#define set_dev_node(dev, n) ((void)((dev)->node = (n)))
#define get_order(size)	     ((size) <= PAGE_SIZE ? 0 : ilog2((size)-1) + 1 - PAGE_SHIFT)
#define virt_to_page(p)	     peers_page_of(p)
#define kfree(p)	     free(p)
#define kmalloc(size, gfp)   ((void)(gfp), malloc(size))
#define kzalloc(size, gfp)   ((void)(gfp), calloc(1, size))

void *peers_pages(unsigned order); /* zeroed, or NULL */
void peers_free_pages(void *pages, unsigned order);
struct page *peers_page_of(void *page);
void peers_free_list(struct list_head *pages);

#define iommu_alloc_pages_node(nid, gfp, order) ((void)(nid), (void)(gfp), peers_pages(order))
#define iommu_alloc_page_node(nid, gfp)		iommu_alloc_pages_node(nid, gfp, 0)
#define iommu_alloc_page(gfp)			iommu_alloc_pages_node(NUMA_NO_NODE, gfp, 0)
#define iommu_free_pages(pages, order)		peers_free_pages(pages, order)
#define iommu_free_page(page)			peers_free_pages(page, 0)
#define iommu_put_pages_list(list)		peers_free_list(list)
#define iommu_virt_to_phys(p)			__pa(p)
#define iommu_phys_to_virt(phys)		__va(phys)

/* Walks are coherent, so these are never called; they must compile. */
#define DMA_TO_DEVICE				 1
#define dma_map_single(dev, p, size, dir)	 ((void)(dev), __pa(p))
#define dma_unmap_single(dev, dma, size, dir)	 ((void)(dev))
#define dma_mapping_error(dev, dma)		 0
#define dma_sync_single_for_device(dev, a, n, d) ((void)(dev))

/* What the IOMMU core gives to a driver */
#define IOMMU_READ	     1
#define IOMMU_WRITE	     2
#define IOMMU_CACHE	     4
#define IOMMU_NOEXEC	     8
#define IOMMU_MMIO	     16
#define IOMMU_PRIV	     32
#define IOMMU_DIRTY_NO_CLEAR 1ul

struct iommu_iotlb_gather {
	unsigned long start, end;
	size_t pgsize;
	struct list_head freelist;
	bool queued;
};

struct iommu_dirty_bitmap {
	struct iommu_iotlb_gather *gather;
};

static inline bool iommu_iotlb_gather_queued(struct iommu_iotlb_gather *gather)
{
	return gather && gather->queued;
}

static inline void iommu_dirty_bitmap_record(struct iommu_dirty_bitmap *dirty, unsigned long iova,
					     unsigned long length)
{
	(void)dirty, (void)iova, (void)length;
}

#endif
