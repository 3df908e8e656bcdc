/* SPDX-License-Identifier: MIT */
/*
 * GLib's hash table as QEMU's models of IOMMUs use it, under their mutex: a key and an entry from the
 * heap for each page, one probe for each page size, the whole table for an invalidation, and
 * everything is dropped when it is full. As its VT-d does that: the smallest size first, and a hash
 * that folds the key. As its SMMU does: from the level where walks begin down to the smallest, and
 * Jenkins' hash.
 */
#include "iotlb.h"
#include <glib.h>
#include <pthread.h>

struct key {
	uint64_t page;
	uint32_t pasid;
	uint16_t domain;
	uint8_t size_lg2;
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
	pthread_mutex_t lock;
};

static guint fold(gconstpointer pointer)
{
	const struct key *key = pointer;
	uint64_t all = key->page | (uint64_t)key->domain << 28 | (uint64_t)key->size_lg2 << 44 |
		       (uint64_t)key->pasid << 46;

	return (guint)(all >> 32 ^ all);
}

static uint32_t rotate(uint32_t x, unsigned by)
{
	return x << by | x >> (32 - by);
}

/* Bob Jenkins' lookup3 for three words. */
static guint jenkins(gconstpointer pointer)
{
	const struct key *key = pointer;
	uint32_t a = 0xdeadbeef + sizeof(*key), b = a, c = a;

	a += key->domain + key->pasid + key->size_lg2;
	b += (uint32_t)key->page;
	c += (uint32_t)(key->page >> 32);
	a = (a - c) ^ rotate(c, 4), c += b;
	b = (b - a) ^ rotate(a, 6), a += c;
	c = (c - b) ^ rotate(b, 8), b += a;
	a = (a - c) ^ rotate(c, 16), c += b;
	b = (b - a) ^ rotate(a, 19), a += c;
	c = (c - b) ^ rotate(b, 4), b += a;
	c = (c ^ b) - rotate(b, 14);
	a = (a ^ c) - rotate(c, 11);
	b = (b ^ a) - rotate(a, 25);
	c = (c ^ b) - rotate(b, 16);
	a = (a ^ c) - rotate(c, 4);
	b = (b ^ a) - rotate(a, 14);
	return (c ^ b) - rotate(b, 24);
}

static gboolean equal(gconstpointer a, gconstpointer b)
{
	const struct key *one = a, *other = b;

	return one->page == other->page && one->pasid == other->pasid &&
	       one->domain == other->domain && one->size_lg2 == other->size_lg2;
}

static void *open_ghash(unsigned entries, GHashFunc hash)
{
	struct ghash *ghash = g_new0(struct ghash, 1);

	ghash->table = g_hash_table_new_full(hash, equal, g_free, g_free);
	ghash->most = entries;
	pthread_mutex_init(&ghash->lock, NULL);
	return ghash;
}

static void *open_vtd(unsigned entries, const struct page *pages, unsigned spaces)
{
	(void)pages;
	(void)spaces;
	return open_ghash(entries, fold);
}

static void *open_smmu(unsigned entries, const struct page *pages, unsigned spaces)
{
	(void)pages;
	(void)spaces;
	return open_ghash(entries, jenkins);
}

static void close_ghash(void *cache)
{
	struct ghash *ghash = cache;

	g_hash_table_destroy(ghash->table);
	pthread_mutex_destroy(&ghash->lock);
	g_free(ghash);
}

static inline unsigned look(struct ghash *ghash, const struct page *pages, unsigned count,
			    const uint8_t *sizes)
{
	unsigned wrong = 0;

	for (unsigned i = 0; i < count; i++) {
		const struct entry *entry = NULL;

		pthread_mutex_lock(&ghash->lock);
		for (const uint8_t *size = sizes; *size && !entry; size++) {
			struct key key = {.page = pages[i].iova >> *size,
					  .pasid = pages[i].pasid,
					  .domain = (uint16_t)pages[i].domain,
					  .size_lg2 = *size};

			entry = g_hash_table_lookup(ghash->table, &key);
		}
		wrong += !entry || (entry->oa | (pages[i].iova & ~entry->mask)) != pages[i].oa;
		pthread_mutex_unlock(&ghash->lock);
	}
	return wrong;
}

static unsigned look_vtd(void *cache, unsigned thread, const struct page *pages, unsigned count)
{
	static const uint8_t sizes[] = {12, 21, 30, 0};

	(void)thread;
	return look(cache, pages, count, sizes);
}

static unsigned look_smmu(void *cache, unsigned thread, const struct page *pages, unsigned count)
{
	static const uint8_t sizes[] = {39, 30, 21, 12, 0};

	(void)thread;
	return look(cache, pages, count, sizes);
}

static void insert(void *cache, const struct page *pages, unsigned count)
{
	struct ghash *ghash = cache;

	for (unsigned i = 0; i < count; i++) {
		struct key *key = g_new(struct key, 1);
		struct entry *entry = g_new(struct entry, 1);

		if (g_hash_table_size(ghash->table) > ghash->most)
			g_hash_table_remove_all(ghash->table);
		entry->mask = ~((1ULL << pages[i].size_lg2) - 1);
		entry->page = pages[i].iova >> 12;
		entry->oa = pages[i].oa & entry->mask;
		entry->pasid = key->pasid = pages[i].pasid;
		entry->domain = key->domain = (uint16_t)pages[i].domain;
		entry->prot = IOMT_READ | IOMT_WRITE;
		key->page = pages[i].iova >> pages[i].size_lg2;
		key->size_lg2 = pages[i].size_lg2;
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

const struct iotlb iotlb_vtd = {
	{.name = "GHashTable"}, open_vtd,      close_ghash,    look_vtd, insert,
	forget_pages,		forget_pasids, forget_domains,
};

const struct iotlb iotlb_smmu = {
	{.name = "GHashTable, SMMU"},
	open_smmu,
	close_ghash,
	look_smmu,
	insert,
	forget_pages,
	forget_pasids,
	forget_domains,
};
