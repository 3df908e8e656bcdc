/* SPDX-License-Identifier: MIT */
#include "unit.h"
#include "test.h"

#define VTD_MAMV 52

static uint32_t index_mask(const struct unit *unit)
{
	return (unit->kind->wrap_bit ? 2u << unit->lg2 : 1u << unit->lg2) - 1;
}

static uint32_t read_head(void *ctx)
{
	struct unit *unit = ctx;

	return __atomic_load_n(&unit->head, __ATOMIC_ACQUIRE);
}

static void ring_doorbell(void *ctx, uint32_t tail)
{
	struct unit *unit = ctx;

	unit->doorbells++;
	__atomic_store_n(&unit->tail, tail, __ATOMIC_RELEASE);
}

static int wait(void *ctx, uint64_t tries)
{
	struct unit *unit = ctx;

	if (unit->patience && tries >= unit->patience)
		return unit->give_up;
	for (unsigned i = 0; i < unit->pace; i++)
		unit_step(unit);
	return 0;
}

void unit_open(struct unit *unit, const struct iomt_ring_kind *kind, unsigned lg2, bool stores)
{
	struct iomt_ring_cfg cfg = {
		.size = sizeof(cfg),
		.kind = kind,
		.ops = &unit->ops,
		.ctx = unit,
		.entries = unit->entries,
		.entries_lg2 = (uint8_t)lg2,
		.slots = unit->slots,
		.stores = stores ? unit->stores : NULL,
		.stores_phys = stores ? (uintptr_t)unit->stores : 0,
	};

	memset(unit, 0, sizeof(*unit));
	memset(unit->entries, 0xa5, sizeof(unit->entries));
	memset(unit->slots, 0xa5, sizeof(unit->slots));
	memset(unit->stores, 0xa5, sizeof(unit->stores));
	unit->kind = kind;
	unit->lg2 = lg2;
	unit->ops =
		(struct iomt_ring_ops){.head = read_head, .doorbell = ring_doorbell, .wait = wait};
	unit->pace = 1;
	unit->patience = 100000;
	unit->give_up = -110;
	CHECK_INT(iomt_ring_init(&unit->ring, &cfg), 0);
}

int unit_decode(const struct unit *unit, const struct iomt_cmd *cmd, struct iomt_inv *inv)
{
	switch (unit->kind->vendor) {
	case IOMT_VENDOR_AMD:
		return iomt_amd_decode(cmd, inv);
	case IOMT_VENDOR_VTD:
		return iomt_vtd_decode(cmd, unit->kind->cmds == 2 ? IOMT_VTD_WIDE : 0, VTD_MAMV,
				       inv);
	case IOMT_VENDOR_SMMU:
		return iomt_smmu_decode(cmd, IOMT_SMMU_RANGES, inv);
	case IOMT_VENDOR_RISCV:
		return iomt_riscv_decode(cmd, IOMT_RISCV_RANGES | IOMT_RISCV_NON_LEAF, inv);
	}
	return IOMT_EINVAL;
}

static void store(struct unit *unit, const struct iomt_inv *inv)
{
	uint64_t *word = (uint64_t *)(uintptr_t)inv->address; /* NOLINT: as hardware writes */

	if (unit->late_stores) {
		unit->on_the_way[unit->late].word = word;
		unit->on_the_way[unit->late++].data = inv->data;
		return;
	}
	__atomic_store_n(word, inv->data, __ATOMIC_RELEASE);
}

void unit_land(struct unit *unit, unsigned count)
{
	for (; count && unit->late; count--) {
		__atomic_store_n(unit->on_the_way[0].word, unit->on_the_way[0].data,
				 __ATOMIC_RELEASE);
		unit->late--;
		memmove(unit->on_the_way, unit->on_the_way + 1,
			unit->late * sizeof(unit->on_the_way[0]));
	}
}

/* Stops, and the driver's error handler comes at once. */
static bool refuse(struct unit *unit)
{
	if (!unit->refuse || unit->executed + 1 != unit->refuse || unit->stopped)
		return false;
	unit->stopped = true;
	iomt_ring_fault(&unit->ring, unit->head, unit->refuse_code, unit->refuse_skips);
	return !unit->refuse_skips;
}

bool unit_step(struct unit *unit)
{
	uint32_t head = unit->head;
	const struct iomt_cmd *cmd = unit_entry(unit, head);
	struct iomt_inv inv;
	int err;

	if (unit->meanwhile)
		unit->meanwhile(unit->ctx);
	if (head == __atomic_load_n(&unit->tail, __ATOMIC_ACQUIRE) || refuse(unit))
		return false;
	if (unit->executed < UNIT_LOG)
		unit->log[unit->executed] = *cmd;
	unit->executed++;
	err = unit_decode(unit, cmd, &inv);
	if (!err && inv.kind == IOMT_INV_WAIT) {
		unit->syncs++;
		if (inv.flags & IOMT_INV_STORE)
			store(unit, &inv);
	} else if (unit->execute) {
		unit->execute(unit->ctx, cmd, err ? NULL : &inv);
	}
	__atomic_store_n(&unit->head, (head + 1) & index_mask(unit), __ATOMIC_RELEASE);
	return true;
}

unsigned unit_run(struct unit *unit)
{
	unsigned count = 0;

	while (unit_step(unit))
		count++;
	return count;
}
