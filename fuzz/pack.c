/* SPDX-License-Identifier: MIT */
/*
 * A packer beside a plain model, whose plans an IOMMU carries out that forgets nothing by itself,
 * while devices access: no device is given what its table never gave; no id more than there must be;
 * a call that fails changes nothing.
 */
#include "pack_input.h"
#include "packing.h"
#include "provider.h"
#include "target.h"
#include "test.h"

#define MOST_STEPS 64u

static struct provider provider;

static uint32_t one_hash(const uint32_t *words, size_t n)
{
	(void)words;
	(void)n;
	return 0;
}

static void add(struct packing *packing, unsigned device, unsigned kind)
{
	static const uint32_t widths[] = {0, 1, 2, 16, 0x200, 1u << 16, 1u << 20, 1u << 20};

	(void)packing_add(packing, device, widths[kind % 8], kind / 8 % 4, kind / 32 % 4,
			  kind / 128);
}

static void change(struct packing *packing, const struct pack_record *record)
{
	unsigned device = record->device % TAGGED_DEVICES, key = record->key % TAGGED_KEYS;
	unsigned leaf = 1 + record->leaf % (TAGGED_LEAVES - 1);
	bool known = packing->devices[device].handle;

	if (record->operation % PACK_OPERATIONS == PACK_SET && known)
		(void)packing_set(packing, device, key, leaf);
	if (record->operation % PACK_OPERATIONS == PACK_CLEAR && known)
		(void)packing_clear(packing, device, key);
	if (record->operation % PACK_OPERATIONS == PACK_ADD)
		add(packing, device, record->kind);
	if (record->operation % PACK_OPERATIONS == PACK_REMOVE && known)
		(void)packing_remove(packing, device);
	for (unsigned i = 0;
	     record->operation % PACK_OPERATIONS == PACK_SET_ALL && i < TAGGED_DEVICES; i++) {
		if (packing->devices[i].handle)
			(void)packing_set(packing, i, key, leaf);
	}
}

static void commit(struct packing *packing, bool finish)
{
	int err = packing_commit(packing, finish);

	provider.fail_at = 0;
	if (err == IOMT_ENOMEM)
		err = packing_commit(packing, finish);
	if (err == IOMT_EBUSY) {
		while (packing->tail_count)
			packing_finish(packing, false);
		packing_tell(packing);
		err = packing_commit(packing, finish);
	}
	if (!err)
		return;
	CHECK_INT(err, IOMT_ENOSPC);
	packing_abort(packing);
}

static void step(struct packing *packing, const struct pack_record *record)
{
	if (record->fail)
		provider.fail_at = provider.allocations + record->fail;
	switch (record->operation % PACK_OPERATIONS) {
	case PACK_FINISH:
		if (record->leaf & 2)
			packing_tell(packing);
		else
			packing_finish(packing, record->leaf & 1);
		break;
	case PACK_MERGE:
		if (!packing->open)
			(void)packing_merge(packing, record->commit & 2);
		break;
	case PACK_ABORT:
		if (packing->open)
			packing_abort(packing);
		break;
	default:
		if (!packing->open)
			packing_begin(packing);
		change(packing, record);
		if (record->commit & 1)
			commit(packing, record->commit & 2);
	}
	provider.fail_at = 0;
}

/* One table for each id, for hardware that finds cached entries in one way or another. */
static void share(struct packing *packing, struct iomt_pack_cfg *cfg, unsigned kind)
{
	static const struct {
		enum tagged_tables tables;
		enum iomt_pasid_format format;
	} kinds[] = {{TAGGED_OWN, IOMT_PASID_TABLE_GCR3},
		     {TAGGED_BY_ID, IOMT_PASID_TABLE_GCR3},
		     {TAGGED_BY_DEVICE, IOMT_PASID_TABLE_GCR3},
		     {TAGGED_WITH_ID, IOMT_PASID_TABLE_VTD},
		     {TAGGED_WITH_ID, IOMT_PASID_TABLE_CD_4K}};
	unsigned which = kind % 5;

	if (which)
		packing_share(packing, cfg, &provider, kinds[which].tables, kinds[which].format,
			      kind / 5 % 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct packing packing;
	struct pack_header header = {0};
	struct pack_record record;
	struct iomt_pack_cfg cfg = {.size = sizeof(cfg), .mem = &provider.mem, .bits = 4};
	struct iomt_pack_stats stats;

	memcpy(&header, data, size < sizeof(header) ? size : sizeof(header));
	cfg.relation = header.relation % 2;
	cfg.merging = header.merging % 3;
	cfg.first_id = header.ids & 1;
	cfg.last_id = 2 + (header.ids >> 1) % 14;
	cfg.hash = header.hash % 2 ? one_hash : NULL;
	cfg.key_gain = header.gain;
	cfg.move_cost = header.cost;
	provider_init(&provider, PROVIDER_LINEAR);
	if (cfg.relation == IOMT_PACK_EQUIVALENT)
		share(&packing, &cfg, header.relation / 2);
	packing_open(&packing, &cfg, header.seed);
	for (unsigned i = 0; i < MOST_STEPS; i++) {
		size_t at = sizeof(header) + i * sizeof(record);

		if (at + sizeof(record) > size)
			break;
		memcpy(&record, data + at, sizeof(record));
		step(&packing, &record);
	}
	iomt_pack_stats(&packing.pack, &stats);
	CHECK_EQ(stats.bytes + stats.table_bytes, provider.live_bytes);
	packing_close(&packing);
	provider_check_empty(&provider);
	return 0;
}
