/* SPDX-License-Identifier: MIT */
#include "invalidation.h"
#include "test.h"
#include <stdio.h>

#define MOST   256
#define GUARD  0xa5a5a5a5a5a5a5a5ULL
#define MAMV_0 53 /* MAMV is 0..52 */

uint64_t inv_commands;

/* One run: what is asked, what hardware can do, what came of it. */
struct run {
	const struct inv_case *given;
	struct iomt_gather gather;
	struct iomt_plan_policy policy;
	struct reader reader;
	unsigned per_command; /* entries */
	unsigned granule_lg2;
	unsigned cap_lg2; /* the largest cover */
	uint64_t whole;	  /* sizes of leaves that one command must hold */
	bool steps;	  /* a command names one address */
	bool tables;	  /* tables go with addresses alone */
	bool device;
	bool nested;
	bool stage_2;
	int64_t domain;
	int64_t process;
	struct iomt_cmd cmds[2 * MOST + 4];
};

static void setup(struct run *run, enum vendor vendor, uint32_t flags)
{
	run->reader = (struct reader){.vendor = vendor, .flags = flags};
	run->cap_lg2 = 64;
	run->tables = true;
}

static int amd(struct run *run, size_t n)
{
	const struct inv_case *given = run->given;
	struct iomt_amd_target target = {.domain = given->domain};

	setup(run, VENDOR_AMD, 0);
	run->cap_lg2 = 52;
	run->whole = ~0ULL;
	run->domain = given->domain;
	run->stage_2 = true;
	if (given->flags & 1)
		target.flags |= IOMT_AMD_NP_CACHE;
	if (given->hardware == HARDWARE_AMD_GUEST) {
		target.flags |= IOMT_AMD_GUEST;
		target.pasid = given->process & 0xfffff;
		run->process = target.pasid;
		run->stage_2 = false;
	}
	return iomt_amd_gather(&target, &run->gather, &run->policy, run->cmds, n);
}

static int amd_device(struct run *run, size_t n)
{
	struct iomt_amd_device device = {.rid = run->given->domain,
					 .queue = 3,
					 .max_pending = 7,
					 .flags = run->given->flags & 1 ? IOMT_AMD_GUEST : 0,
					 .pasid = run->given->process & 0xfffff};

	setup(run, VENDOR_AMD, 0);
	run->cap_lg2 = 52;
	run->whole = ~0ULL;
	run->device = true;
	run->process = device.flags ? (int64_t)device.pasid : ANY;
	return iomt_amd_device_gather(&device, &run->gather, &run->policy, run->cmds, n);
}

static int vtd(struct run *run, size_t n)
{
	const struct inv_case *given = run->given;
	struct iomt_vtd_target target = {.flags = given->flags & 1 ? IOMT_VTD_WIDE : 0,
					 .domain = given->domain,
					 .mamv = given->capacity % MAMV_0};

	setup(run, VENDOR_VTD, target.flags);
	run->reader.mamv = target.mamv;
	run->per_command = target.flags ? 2 : 1;
	run->cap_lg2 = 12u + target.mamv;
	run->whole = ~0ULL;
	run->domain = given->domain;
	run->stage_2 = true;
	if (given->hardware == HARDWARE_VTD_FIRST) {
		target.flags |= IOMT_VTD_FIRST_STAGE;
		target.pasid = given->process & 0xfffff;
		run->process = target.pasid;
		run->stage_2 = false;
	}
	return iomt_vtd_gather(&target, &run->gather, &run->policy, run->cmds, n);
}

static int vtd_device(struct run *run, size_t n)
{
	const struct inv_case *given = run->given;
	struct iomt_vtd_device device = {.flags = given->flags & 1 ? IOMT_VTD_WIDE : 0,
					 .rid = given->domain,
					 .pf_rid = 0x1238,
					 .max_pending = 31,
					 .pasid = given->process & 0xfffff};

	setup(run, VENDOR_VTD, device.flags);
	run->per_command = device.flags ? 2 : 1;
	run->device = true;
	if (given->hardware == HARDWARE_VTD_DEVICE_PASID) {
		device.flags |= IOMT_VTD_PASID;
		run->process = device.pasid;
	}
	return iomt_vtd_device_gather(&device, &run->gather, &run->policy, run->cmds, n);
}

static int smmu(struct run *run, size_t n)
{
	static const uint64_t cont[] = {1ULL << 16 | 1ULL << 25 | 1ULL << 34,
					1ULL << 21 | 1ULL << 30, 1ULL << 21 | 1ULL << 34};
	const struct inv_case *given = run->given;
	struct iomt_smmu_target target = {
		.regime = (enum iomt_smmu_regime)(given->hardware - HARDWARE_SMMU_STAGE_1),
		.flags = given->flags & (IOMT_SMMU_RANGES | IOMT_SMMU_DS | IOMT_SMMU_WHOLE_RUNS),
		.granule_lg2 = (uint8_t)(12 + 2 * (given->capacity % 3)),
	};

	setup(run, VENDOR_SMMU, given->flags & (IOMT_SMMU_RANGES | IOMT_SMMU_DS));
	run->granule_lg2 = target.granule_lg2;
	run->steps = !(target.flags & IOMT_SMMU_RANGES);
	if (target.flags & IOMT_SMMU_WHOLE_RUNS && !run->steps)
		run->whole = cont[given->capacity % 3];
	run->stage_2 = target.regime == IOMT_SMMU_STAGE_2;
	if (target.regime != IOMT_SMMU_EL2)
		run->domain = target.vmid = given->domain;
	if (target.regime == IOMT_SMMU_STAGE_1 || target.regime == IOMT_SMMU_EL2)
		run->process = target.asid = (uint16_t)given->process;
	if (run->stage_2 && given->flags & IOMT_SMMU_NESTED) {
		target.flags |= IOMT_SMMU_NESTED;
		run->nested = true;
	}
	return iomt_smmu_gather(&target, &run->gather, &run->policy, run->cmds, n);
}

static int smmu_device(struct run *run, size_t n)
{
	struct iomt_smmu_device device = {.stream = run->given->domain};

	setup(run, VENDOR_SMMU, 0);
	run->device = true;
	if (run->given->flags & 1) {
		device.flags = IOMT_SMMU_SUBSTREAM;
		run->process = device.substream = run->given->process & 0xfffff;
	}
	return iomt_smmu_device_gather(&device, &run->gather, &run->policy, run->cmds, n);
}

static int riscv(struct run *run, size_t n)
{
	const struct inv_case *given = run->given;
	struct iomt_riscv_target target = {
		.stage = (enum iomt_riscv_stage)(given->hardware - HARDWARE_RISCV_HOST),
		.flags = given->flags & (IOMT_RISCV_RANGES | IOMT_RISCV_NON_LEAF),
	};

	setup(run, VENDOR_RISCV, target.flags);
	run->stage_2 = target.stage == IOMT_RISCV_SECOND;
	run->steps = !(target.flags & IOMT_RISCV_RANGES);
	run->tables = target.flags & IOMT_RISCV_NON_LEAF;
	if (target.stage != IOMT_RISCV_HOST_FIRST)
		run->domain = target.gscid = given->domain;
	if (!run->stage_2 && given->flags & 8)
		target.flags |= IOMT_RISCV_ALL_PSCIDS;
	else if (!run->stage_2)
		run->process = target.pscid = given->process & 0xfffff;
	return iomt_riscv_gather(&target, &run->gather, &run->policy, run->cmds, n);
}

static int riscv_device(struct run *run, size_t n)
{
	struct iomt_riscv_device device = {.rid = run->given->domain};

	setup(run, VENDOR_RISCV, 0);
	run->device = true;
	if (run->given->flags & 1) {
		device.flags = IOMT_RISCV_PASID;
		run->process = device.pasid = run->given->process & 0xfffff;
	}
	return iomt_riscv_device_gather(&device, &run->gather, &run->policy, run->cmds, n);
}

static int encode(struct run *run, size_t n)
{
	switch (run->given->hardware % HARDWARES) {
	case HARDWARE_AMD:
	case HARDWARE_AMD_GUEST:
		return amd(run, n);
	case HARDWARE_AMD_DEVICE:
		return amd_device(run, n);
	case HARDWARE_VTD:
	case HARDWARE_VTD_FIRST:
		return vtd(run, n);
	case HARDWARE_VTD_DEVICE:
	case HARDWARE_VTD_DEVICE_PASID:
		return vtd_device(run, n);
	case HARDWARE_SMMU_DEVICE:
		return smmu_device(run, n);
	case HARDWARE_RISCV_HOST:
	case HARDWARE_RISCV_GUEST:
	case HARDWARE_RISCV_SECOND:
		return riscv(run, n);
	case HARDWARE_RISCV_DEVICE:
		return riscv_device(run, n);
	default:
		return smmu(run, n);
	}
}

static const char *describe(const struct run *run)
{
	static char text[256];
	const struct inv_case *given = run->given;

	snprintf(text, sizeof(text),
		 "hardware %u flags 0x%x capacity %u, [0x%" PRIx64 ", 0x%" PRIx64
		 "] sizes 0x%" PRIx64 " levels 0x%x, policy %u most %u",
		 given->hardware, given->flags, given->capacity, given->first, given->last,
		 given->leaf_sizes, given->table_levels, (unsigned)run->policy.kind,
		 run->policy.most);
	return text;
}

#define HOLDS(run, condition, format, ...) \
	CHECK_MSG(condition, "%s: " format, describe(run), ##__VA_ARGS__)

static uint64_t below(unsigned bits)
{
	return bits >= 64 ? ~0ULL : (1ULL << bits) - 1;
}

/* Whose translations, and whether tables go where they must, and stay where they may. */
static void check_scope(const struct run *run, const struct meaning *m, bool all)
{
	bool changed = run->gather.table_levels;

	HOLDS(run, m->effect == (run->device ? EFFECT_DEVICE_TRANSLATIONS : EFFECT_TRANSLATIONS),
	      "means %d", m->effect);
	HOLDS(run, m->process == run->process, "process %" PRId64, m->process);
	if (run->device) {
		HOLDS(run, m->device == run->given->domain, "device %" PRId64, m->device);
		return;
	}
	HOLDS(run, m->domain == run->domain, "domain %" PRId64, m->domain);
	HOLDS(run, run->stage_2 ? m->stage_2 : m->stage_1, "the other stage");
	HOLDS(run, m->el2 == (run->given->hardware % HARDWARES == HARDWARE_SMMU_EL2), "EL2 is %d",
	      m->el2);
	HOLDS(run, !changed || m->tables, "tables that changed stay");
	HOLDS(run, changed || all || !m->tables, "tables go for nothing");
	HOLDS(run, m->level < 0 || !changed, "a level is hinted at, and tables changed");
}

/* What the gather can mean: with a leaf that the range cannot hold, the range is larger. */
static void required(const struct run *run, uint64_t *first, uint64_t *last)
{
	uint64_t sizes = run->gather.leaf_sizes & run->whole, size, at = run->gather.first;
	bool fits = true;

	*first = run->gather.first;
	*last = run->gather.last;
	if (!sizes)
		return;
	size = 1ULL << (63 - __builtin_clzll(sizes));
	/* from the first boundary on, is there room for one? */
	if (at & (size - 1)) {
		at = (at | (size - 1)) + 1;
		fits = at > *first;
	}
	if (fits && at <= *last && *last - at >= size - 1)
		return;
	*first &= ~(size - 1);
	*last |= size - 1;
}

/* Where two covers meet, no leaf that must go in one piece lies across, unless it sticks out. */
static void check_seam(const struct run *run, const struct meaning *a, const struct meaning *b)
{
	for (uint64_t sizes = run->gather.leaf_sizes & run->whole; sizes; sizes &= sizes - 1) {
		uint64_t low = (sizes & -sizes) - 1, begin = a->last & ~low, end = a->last | low;

		if (end == a->last || begin < run->gather.first || end > run->gather.last)
			continue;
		HOLDS(run, b->first <= begin && b->last >= end,
		      "[0x%" PRIx64 ", 0x%" PRIx64 "] is cut at 0x%" PRIx64, begin, end, a->last);
	}
}

static void check_covers(const struct run *run, const struct meaning *m, unsigned count)
{
	uint64_t first, last;

	required(run, &first, &last);
	HOLDS(run, m[0].first <= first && m[count - 1].last >= last,
	      "[0x%" PRIx64 ", 0x%" PRIx64 "] are covered alone", m[0].first, m[count - 1].last);
	for (unsigned i = 0; i < count; i++) {
		HOLDS(run, m[i].last - m[i].first <= below(run->cap_lg2), "a cover is too large");
		HOLDS(run, m[i].first <= m[i].last && !(m[i].first & below(run->granule_lg2)),
		      "0x%" PRIx64 " to 0x%" PRIx64, m[i].first, m[i].last);
		if (!i)
			continue;
		HOLDS(run, m[i].first <= m[i - 1].last + 1 && m[i].last > m[i - 1].last,
		      "a hole above 0x%" PRIx64, m[i - 1].last);
		check_seam(run, &m[i - 1], &m[i]);
	}
}

/* How far apart addresses may be, to meet every leaf and every table entry. */
static unsigned step_lg2(const struct run *run)
{
	unsigned index = run->granule_lg2 - 3, lg2 = run->granule_lg2;

	if (!run->gather.leaf_sizes && !run->gather.table_levels)
		return lg2;
	for (; lg2 < 63; lg2++) {
		unsigned level = (lg2 - run->granule_lg2) / index;

		if (run->gather.leaf_sizes & below(lg2 + 1))
			break;
		if (lg2 == run->granule_lg2 + level * index && level < 32 &&
		    run->gather.table_levels >> level & 1)
			break;
	}
	return lg2;
}

static void check_steps(const struct run *run, const struct meaning *m, unsigned count)
{
	unsigned step = step_lg2(run);
	uint64_t block = run->gather.first >> step;

	HOLDS(run, count == (run->gather.last >> step) - block + 1, "%u commands in steps of 2^%u",
	      count, step);
	for (unsigned i = 0; i < count; i++) {
		HOLDS(run, m[i].by_address && m[i].point, "a range, without ranges");
		HOLDS(run, m[i].first >> step == block + i, "0x%" PRIx64 " is out of step 2^%u",
		      m[i].first, step);
	}
}

/* An exact plan drops nothing beyond the range, rounded out to what commands can name. */
static void check_exact(const struct run *run, const struct meaning *m, unsigned count)
{
	uint64_t first, last;
	unsigned unit = run->granule_lg2;

	required(run, &first, &last);
	if (m[0].level > 0)
		unit += (unsigned)m[0].level * (unit - 3);
	if (run->reader.vendor == VENDOR_SMMU && !run->device &&
	    run->gather.leaf_sizes & run->whole &&
	    63u - (unsigned)__builtin_clzll(run->gather.leaf_sizes & run->whole) > unit)
		unit = 63u - (unsigned)__builtin_clzll(run->gather.leaf_sizes & run->whole);
	HOLDS(run,
	      m[0].first == (first & ~below(unit)) && m[count - 1].last == (last | below(unit)),
	      "exact is [0x%" PRIx64 ", 0x%" PRIx64 "]", m[0].first, m[count - 1].last);
}

static bool drops_all(const struct meaning *m)
{
	return !m->by_address || (!m->first && m->last == UINT64_MAX);
}

/* Everything is right when asked for; otherwise only where the hardware's covers are too small. */
static void check_all(const struct run *run)
{
	uint64_t first, last, sizes = run->gather.leaf_sizes & run->whole;
	unsigned lg2;

	if (run->policy.kind != IOMT_PLAN_COVERS || run->steps || !run->tables ||
	    (run->given->hardware <= HARDWARE_AMD_GUEST && run->given->flags & 1) ||
	    sizes & ~below(run->cap_lg2))
		return;
	required(run, &first, &last);
	for (lg2 = 12; lg2 < 64 && first >> lg2 != last >> lg2; lg2++)
		continue;
	/* ranges with multipliers reach far; what they do not reach is large */
	if (run->reader.vendor == VENDOR_SMMU && !run->device)
		HOLDS(run, (last - first) >> 46 || last >> 52, "everything, for a short range");
	else
		HOLDS(run, lg2 > run->cap_lg2 || lg2 == 64, "everything, for 2^%u bytes", lg2);
}

static void check_commands(const struct run *run, unsigned count)
{
	struct meaning m[MOST + 1];
	bool all;

	HOLDS(run, count <= run->policy.most + (run->nested ? 1u : 0u), "%u commands", count);
	for (unsigned i = 0; i < count; i++) {
		check_decoder(&run->reader, &run->cmds[i * run->per_command]);
		meaning_of(&run->reader, &run->cmds[i * run->per_command], &m[i]);
		if (m[i].point) /* of entries of a granule or more */
			m[i].last |= below(run->granule_lg2);
	}
	inv_commands += count;
	if (run->nested) {
		count--;
		HOLDS(run,
		      m[count].stage_1 && drops_all(&m[count]) && m[count].process == ANY &&
			      m[count].domain == run->domain && m[count].tables,
		      "translations from VA to PA stay");
	}
	HOLDS(run, count, "no command");
	all = count == 1 && drops_all(&m[0]);
	for (unsigned i = 0; i < count; i++)
		check_scope(run, &m[i], all);
	if (all) {
		check_all(run);
		return;
	}
	HOLDS(run, run->policy.kind != IOMT_PLAN_ALL, "not everything");
	HOLDS(run, run->tables || !run->gather.table_levels, "tables by address");
	if (run->steps) {
		check_steps(run, m, count);
		return;
	}
	check_covers(run, m, count);
	if (run->policy.kind == IOMT_PLAN_EXACT)
		check_exact(run, m, count);
}

static struct iomt_plan_policy policy_of(const struct inv_case *given)
{
	uint16_t most = (uint16_t)(1 + given->most % MOST);

	switch (given->policy % 4) {
	case 0:
		return iomt_plan_covers(most);
	case 1:
		return iomt_plan_exact(most);
	case 2:
		return iomt_plan_all();
	default:
		return iomt_plan_cost(given->command_ns, given->entry_ns, given->entries, most);
	}
}

/* Nothing is written where there is no room, and no more than was said where there is. */
static void check_room(struct run *run, size_t n)
{
	memset(run->cmds, 0xa5, (n + 1) * sizeof(run->cmds[0]));
	if (n) {
		CHECK_INT(encode(run, n - 1), IOMT_ENOSPC);
		for (size_t i = 0; i < n; i++)
			CHECK_EQ(run->cmds[i].word[0] & run->cmds[i].word[1], GUARD);
	}
	CHECK_INT(encode(run, n), (int)n);
	CHECK_EQ(run->cmds[n].word[0], GUARD);
	CHECK_EQ(run->cmds[n].word[1], GUARD);
}

void inv_check(const struct inv_case *given)
{
	struct inv_case copy = *given;
	struct run run;
	int count;

	copy.hardware %= HARDWARES;
	run.given = &copy;
	run.policy = policy_of(given);
	run.per_command = 1;
	run.granule_lg2 = 12;
	run.cap_lg2 = 64;
	run.whole = 0;
	run.steps = run.device = run.nested = run.stage_2 = false;
	run.domain = run.process = ANY;
	iomt_gather_init(&run.gather);
	run.gather.first = given->first;
	run.gather.last = given->last;
	run.gather.leaf_sizes = given->leaf_sizes;
	run.gather.table_levels = given->table_levels;
	count = encode(&run, sizeof(run.cmds) / sizeof(run.cmds[0]));
	CHECK_MSG(count >= 0, "hardware %u gives %d", copy.hardware, count);
	if (!copy.room)
		check_room(&run, (size_t)count);
	if (given->first > given->last)
		CHECK_INT(count, 0);
	else
		check_commands(&run, (unsigned)count / run.per_command);
}
