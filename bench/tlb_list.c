/* SPDX-License-Identifier: MIT */
/*
 * A list in the order of addresses that is searched from its beginning under a lock for readers, as
 * DPDK's vhost keeps what QEMU told it of a guest's IOMMU. When its pool of entries is empty, one at random goes.
 */
#include "iotlb.h"
#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>

struct entry {
	TAILQ_ENTRY(entry) next;
	uint64_t iova;
	uint64_t oa;
	uint64_t size;
	uint32_t domain;
	uint32_t pasid;
	uint8_t prot;
};

TAILQ_HEAD(entries, entry);

struct list {
	struct entries used;
	struct entries free;
	struct entry *pool;
	unsigned count;
	uint64_t random;
	pthread_rwlock_t lock;
};

static void *open_list(unsigned entries, const struct page *pages, unsigned spaces)
{
	struct list *list = malloc(sizeof(*list));

	(void)pages;
	(void)spaces;
	if (!list)
		return NULL;
	*list = (struct list){.pool = malloc(entries * sizeof(*list->pool))};
	pthread_rwlock_init(&list->lock, NULL);
	TAILQ_INIT(&list->used);
	TAILQ_INIT(&list->free);
	for (unsigned i = 0; list->pool && i < entries; i++)
		TAILQ_INSERT_TAIL(&list->free, &list->pool[i], next);
	return list;
}

static void close_list(void *cache)
{
	struct list *list = cache;

	pthread_rwlock_destroy(&list->lock);
	free(list->pool);
	free(list);
}

static const struct entry *find(struct list *list, const struct page *page)
{
	const struct entry *entry;

	TAILQ_FOREACH(entry, &list->used, next)
	{
		if (page->iova < entry->iova)
			return NULL;
		if (page->iova - entry->iova < entry->size && entry->pasid == page->pasid &&
		    entry->domain == page->domain)
			return entry;
	}
	return NULL;
}

static unsigned look(void *cache, unsigned thread, const struct page *pages, unsigned count)
{
	struct list *list = cache;
	unsigned wrong = 0;

	(void)thread;
	for (unsigned i = 0; i < count; i++) {
		const struct entry *entry;

		pthread_rwlock_rdlock(&list->lock);
		entry = find(list, &pages[i]);
		wrong += !entry || entry->oa + (pages[i].iova - entry->iova) != pages[i].oa;
		pthread_rwlock_unlock(&list->lock);
	}
	return wrong;
}

static void drop(struct list *list, struct entry *entry)
{
	TAILQ_REMOVE(&list->used, entry, next);
	TAILQ_INSERT_TAIL(&list->free, entry, next);
	list->count--;
}

static void drop_any(struct list *list)
{
	struct entry *entry = TAILQ_FIRST(&list->used);

	for (uint64_t skip = bench_random(&list->random) % list->count; skip; skip--)
		entry = TAILQ_NEXT(entry, next);
	drop(list, entry);
}

static void insert_one(struct list *list, const struct page *page)
{
	struct entry *entry, *after;

	if (TAILQ_EMPTY(&list->free))
		drop_any(list);
	entry = TAILQ_FIRST(&list->free);
	TAILQ_REMOVE(&list->free, entry, next);
	list->count++;
	entry->iova = page->iova;
	entry->oa = page->oa;
	entry->size = 1ULL << page->size_lg2;
	entry->domain = page->domain;
	entry->pasid = page->pasid;
	entry->prot = IOMT_READ | IOMT_WRITE;
	TAILQ_FOREACH(after, &list->used, next)
	{
		if (after->iova > page->iova) {
			TAILQ_INSERT_BEFORE(after, entry, next);
			return;
		}
	}
	TAILQ_INSERT_TAIL(&list->used, entry, next);
}

static void insert(void *cache, const struct page *pages, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		insert_one(cache, &pages[i]);
}

static void forget_pages(void *cache, const struct page *pages, unsigned count)
{
	struct list *list = cache;

	for (unsigned i = 0; i < count; i++) {
		uint64_t last = pages[i].iova + ((1ULL << pages[i].size_lg2) - 1);
		struct entry *entry, *next;

		for (entry = TAILQ_FIRST(&list->used); entry && entry->iova <= last; entry = next) {
			next = TAILQ_NEXT(entry, next);
			if (entry->iova + (entry->size - 1) >= pages[i].iova &&
			    entry->pasid == pages[i].pasid && entry->domain == pages[i].domain)
				drop(list, entry);
		}
	}
}

static void forget_spaces(struct list *list, const struct page *page, bool any_pasid)
{
	struct entry *entry, *next;

	for (entry = TAILQ_FIRST(&list->used); entry; entry = next) {
		next = TAILQ_NEXT(entry, next);
		if (entry->domain == page->domain && (any_pasid || entry->pasid == page->pasid))
			drop(list, entry);
	}
}

static void forget_pasids(void *cache, const struct page *pages, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		forget_spaces(cache, &pages[i], false);
}

static void forget_domains(void *cache, const struct page *pages, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		forget_spaces(cache, &pages[i], true);
}

const struct iotlb iotlb_list = {
	{.name = "list"}, open_list,	close_list,    look,
	insert,		  forget_pages, forget_pasids, forget_domains,
};
