/* SPDX-License-Identifier: MIT */
/*
 * A driver in one thread: what it unmaps goes through strict and deferred queues of any size, over
 * rings of any vendor, to devices whose caches never evict. The driver's model
 * (tests/model/flusher.c) sees what is given back too early, and what never is.
 */
#include "flush_input.h"
#include "flusher.h"
#include "target.h"
#include "test.h"

#define MOST_STEPS 96

static const struct iomt_ring_kind *const rings[] = {
	&iomt_ring_amd, &iomt_ring_vtd, &iomt_ring_vtd_wide, &iomt_ring_smmu, &iomt_ring_riscv,
};

#define RINGS (sizeof(rings) / sizeof(rings[0]))

/* Tables in which leaves may be split without break-before-make, and that do not grow. */
static const char *const tables[] = {
	"amdv1",    "amdv1_few", "x86_64_4",   "x86_64_5",
	"vtd_ss_3", "arm_s2_4k", "arm_s1_64k", "riscv_sv39",
};

#define TABLES (sizeof(tables) / sizeof(tables[0]))

static struct flusher f;

static void begin(const struct flush_head *head)
{
	struct flusher_cfg cfg = {
		.kind = kind_named(tables[head->kind % TABLES]),
		.rings = {rings[(head->rings & 15) % RINGS], rings[(head->rings >> 4) % RINGS]},
		.policy = head->policy & 0x80 ? iomt_plan_exact((head->policy & 0x7f) + 1)
					      : iomt_plan_covers((head->policy & 0x7f) + 1),
		.age = 16,
		.ring_lg2 = (uint8_t)(2 + head->ring_lg2 % 5),
		.seed = head->kind,
	};

	for (unsigned i = 0; i < FLUSHER_QUEUES; i++)
		cfg.entries[i] = head->entries[i] % 8 ? 1u << head->entries[i] % 8 : 0;
	flusher_open(&f, &cfg);
}

static void access_pages(const struct flush_step *step)
{
	unsigned unit = step->value % FLUSHER_UNITS;

	for (unsigned i = 0; f.present[unit] && i <= step->count % 16; i++)
		stale_access(&f.units[unit], (step->page + i) % STALE_PAGES);
}

static void misbehave(const struct flush_step *step)
{
	struct unit *unit = &f.units[step->value % FLUSHER_UNITS].unit;

	if ((step->op & 15) == FLUSH_HANG) {
		unit->pace = 0;
		unit->patience = 1 + step->count % 4;
		return;
	}
	unit->refuse = unit->executed + 1 + step->count % 16;
	unit->refuse_code = IOMT_EIO;
	unit->refuse_skips = step->page & 1;
	unit->stopped = false;
}

static void play(const struct flush_step *step)
{
	unsigned queue = (step->op >> 4) % FLUSHER_QUEUES;
	unsigned page = step->page % STALE_PAGES, count = 1u + step->count;

	switch ((step->op & 15) % FLUSH_OPS) {
	case FLUSH_MAP:
		flusher_map(&f, page, count);
		break;
	case FLUSH_UNMAP:
	case FLUSH_TRIM:
		flusher_unmap(&f, queue, page, count, (step->op & 15) == FLUSH_TRIM);
		break;
	case FLUSH_ACCESS:
		access_pages(step);
		break;
	case FLUSH_TICK:
		flusher_tick(&f, queue, step->count);
		break;
	case FLUSH_TIME:
		f.now += step->count;
		break;
	case FLUSH_COMPLETE:
		for (unsigned i = 0; i <= step->count; i++)
			unit_step(&f.units[step->value % FLUSHER_UNITS].unit);
		break;
	case FLUSH_NOW:
		iomt_flush_now(&f.flush);
		break;
	case FLUSH_ATTACH:
		f.table.provider.fail_at = 0;
		flusher_attach(&f, step->value % FLUSHER_UNITS);
		break;
	case FLUSH_DETACH:
		f.table.provider.fail_at = 0;
		flusher_detach(&f, step->value % FLUSHER_UNITS);
		break;
	case FLUSH_HANG:
	case FLUSH_REFUSE:
		misbehave(step);
		break;
	default:
		f.table.provider.fail_at = f.table.provider.allocations + 1 + step->count % 8;
		break;
	}
	flusher_check(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct flush_head head;

	memset(&head, 0, sizeof(head));
	memcpy(&head, data, size < sizeof(head) ? size : sizeof(head));
	begin(&head);
	data += sizeof(head);
	for (unsigned i = 0; i < MOST_STEPS && size >= sizeof(head) + (i + 1) * 4; i++) {
		struct flush_step step;

		memcpy(&step, data + i * sizeof(step), sizeof(step));
		play(&step);
	}
	flusher_close(&f);
	return 0;
}
