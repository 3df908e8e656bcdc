/* SPDX-License-Identifier: MIT */
/*
 * GLib's hash table as QEMU's models of IOMMUs use it: a key and an entry from the heap for each
 * page, one probe for each page size, the whole table for an invalidation, and everything is dropped
 * when it is full.
 */
#include "iotlb.h"
#include <glib.h>
#include <pthread.h>

#define LEVELS 3u /* 4K, 2M, 1G */

struct key {
	uint64_t page;
	uint32_t pasid;
	uint16_t domain;
	uint8_t level;
};

struct entry {
	uint64_t page;
	uint64_t oa;
	uint64_t mask;
	uint32_t pasid;
	uint16_t domain;
	uint8_t prot;
};

struct ghash {
	GHashTable *table;
	unsigned most;
	bool shared;
	pthread_mutex_t lock;
};

static guint hash(gconstpointer pointer)
{
	const struct key *key = pointer;
	uint64_t all = key->page | (uint64_t)key->domain << 28 | (uint64_t)key->level << 44 |
		       (uint64_t)key->pasid << 46;

	return (guint)(all >> 32 ^ all);
}

static gboolean equal(gconstpointer a, gconstpointer b)
{
	const struct key *one = a, *other = b;

	return one->page == other->page && one->pasid == other->pasid &&
	       one->domain == other->domain && one->level == other->level;
}

static unsigned shift(unsigned level)
{
	return 12 + 9 * level;
}

static void *open_ghash(unsigned entries, const struct page *pages, unsigned spaces, bool shared)
{
	struct ghash *ghash = g_new0(struct ghash, 1);

	(void)pages;
	(void)spaces;
	ghash->table = g_hash_table_new_full(hash, equal, g_free, g_free);
	ghash->most = entries;
	ghash->shared = shared;
	pthread_mutex_init(&ghash->lock, NULL);
	return ghash;
}

static void close_ghash(void *cache)
{
	struct ghash *ghash = cache;

	g_hash_table_destroy(ghash->table);
	pthread_mutex_destroy(&ghash->lock);
	g_free(ghash);
}

static const struct entry *find(struct ghash *ghash, const struct page *page)
{
	for (unsigned level = 0; level < LEVELS; level++) {
		struct key key = {.page = page->iova >> shift(level),
				  .pasid = page->pasid,
				  .domain = (uint16_t)page->domain,
				  .level = (uint8_t)level};
		const struct entry *entry = g_hash_table_lookup(ghash->table, &key);

		if (entry)
			return entry;
	}
	return NULL;
}

static unsigned look(void *cache, unsigned thread, const struct page *pages, unsigned count)
{
	struct ghash *ghash = cache;
	unsigned wrong = 0;

	(void)thread;
	for (unsigned i = 0; i < count; i++) {
		const struct entry *entry;

		if (ghash->shared)
			pthread_mutex_lock(&ghash->lock);
		entry = find(ghash, &pages[i]);
		wrong += !entry || (entry->oa | (pages[i].iova & ~entry->mask)) != pages[i].oa;
		if (ghash->shared)
			pthread_mutex_unlock(&ghash->lock);
	}
	return wrong;
}

static void insert(void *cache, const struct page *pages, unsigned count)
{
	struct ghash *ghash = cache;

	for (unsigned i = 0; i < count; i++) {
		struct key *key = g_new(struct key, 1);
		struct entry *entry = g_new(struct entry, 1);
		unsigned level = (pages[i].size_lg2 - 12) / 9;

		if (g_hash_table_size(ghash->table) >= ghash->most)
			g_hash_table_remove_all(ghash->table);
		entry->mask = ~((1ULL << pages[i].size_lg2) - 1);
		entry->page = pages[i].iova >> 12;
		entry->oa = pages[i].oa & entry->mask;
		entry->pasid = key->pasid = pages[i].pasid;
		entry->domain = key->domain = (uint16_t)pages[i].domain;
		entry->prot = IOMT_READ | IOMT_WRITE;
		key->page = pages[i].iova >> shift(level);
		key->level = (uint8_t)level;
		g_hash_table_replace(ghash->table, key, entry);
	}
}

static gboolean is_of_domain(gpointer key, gpointer value, gpointer ctx)
{
	const struct entry *entry = value;
	const struct page *page = ctx;

	(void)key;
	return entry->domain == page->domain;
}

static gboolean is_of_pasid(gpointer key, gpointer value, gpointer ctx)
{
	const struct entry *entry = value;
	const struct page *page = ctx;

	(void)key;
	return entry->domain == page->domain && entry->pasid == page->pasid;
}

static gboolean is_of_page(gpointer key, gpointer value, gpointer ctx)
{
	const struct entry *entry = value;
	const struct page *page = ctx;

	return is_of_pasid(key, value, ctx) &&
	       (entry->page << 12 & entry->mask) == (page->iova & entry->mask);
}

static void forget(void *cache, GHRFunc match, const struct page *pages, unsigned count)
{
	struct ghash *ghash = cache;

	for (unsigned i = 0; i < count; i++) {
		struct page page = pages[i];

		g_hash_table_foreach_remove(ghash->table, match, &page);
	}
}

static void forget_pages(void *cache, const struct page *pages, unsigned count)
{
	forget(cache, is_of_page, pages, count);
}

static void forget_pasids(void *cache, const struct page *pages, unsigned count)
{
	forget(cache, is_of_pasid, pages, count);
}

static void forget_domains(void *cache, const struct page *pages, unsigned count)
{
	forget(cache, is_of_domain, pages, count);
}

const struct iotlb iotlb_ghash = {
	{.name = "GHashTable"}, open_ghash,    close_ghash,    look, insert,
	forget_pages,		forget_pasids, forget_domains,
};
