/* SPDX-License-Identifier: MIT */
/* An entry that changes in use: what src/entry asks, said as struct iomt_pasid_inv. */
#include "table.h"

struct call {
	const struct iomt_pasid_table *table;
	struct iomt_pasid_inv *inv;
	uint32_t pasid;
};

static void ask(void *ctx, enum entry_ask ask, const u64 *before, const u64 *after)
{
	const struct call *call = ctx;
	const struct pasid_facts *f = pasid_facts(call->table);
	uint16_t tag = 0;
	uint32_t what = 0;

	if (ask != ENTRY_NOTHING && before)
		what = f->stale(before, after, &tag);
	else if (ask != ENTRY_NOTHING)
		what = f->fresh(call->table, after, &tag);
	if (ask == ENTRY_ALONE)
		what = IOMT_PASID_INV_ENTRY;
	pasid_inv_set(call->inv, what, call->pasid, tag);
}

static void sync(void *ctx)
{
	const struct call *call = ctx;

	call->inv->sync(call->inv);
}

int iomt_pasid_write(const struct iomt_pasid_table *table, u64 *entry, uint32_t pasid,
		     const u64 *target, bool may_break, struct iomt_pasid_inv *inv)
{
	struct call call = {.table = table, .inv = inv, .pasid = pasid};
	const struct entry_writer writer = {
		.mem = table->mem,
		.facts = &pasid_facts(table)->entry,
		.unit = 1,
		.may_break = may_break,
		.may_sync = inv->sync,
		.ask = ask,
		.sync = sync,
		.ctx = &call,
	};

	return iomt_entry_write(&writer, entry, target);
}
