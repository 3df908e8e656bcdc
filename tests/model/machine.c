/* SPDX-License-Identifier: MIT */
#include "machine.h"
#include "test.h"

#define NO_PASID IOMT_NO_PASID

static bool chance(struct machine *machine, unsigned of)
{
	return !random_below(&machine->random, of);
}

/* Commands that lie between two waits may be carried out in any order. */
static bool any_order(const struct machine *machine)
{
	return machine->mode == MACHINE_AMD || machine->mode == MACHINE_SMMU;
}

static bool tag_matches(const struct meaning *m, const struct machine_tag *tag)
{
	bool stage = tag->stage == 1 ? m->stage_1 || m->all_stage_1 : m->stage_2;

	if (!stage || (m->domain != ANY && m->domain != tag->domain))
		return false;
	return tag->stage == 2 || m->process == ANY || m->process == tag->process;
}

/* AMD and VT-d drop what lies inside of the range; SMMUs what it meets. */
static bool address_matches(const struct machine *machine, const struct meaning *m,
			    const struct machine_line *line)
{
	bool inside = machine->mode != MACHINE_SMMU || (machine->whole_runs && line->run);

	if (!m->by_address || (line->tag.stage == 1 && m->all_stage_1))
		return true;
	if (m->level >= 0 && m->level != line->level)
		return false;
	if (m->point)
		return line->first <= m->first && line->last >= m->first;
	if (inside)
		return line->first >= m->first && line->last <= m->last;
	return line->first <= m->last && line->last >= m->first;
}

static void drop_translations(struct machine *machine, const struct meaning *m)
{
	for (unsigned i = 0; i < MACHINE_IOTLB; i++)
		if (machine->iotlb[i].used && tag_matches(m, &machine->iotlb[i].tag) &&
		    address_matches(machine, m, &machine->iotlb[i]))
			machine->iotlb[i].used = false;
	for (unsigned i = 0; i < machine->walking;) {
		struct machine_walk *at = &machine->walks[i];

		if (tag_matches(m, &at->context.tag) &&
		    (!at->found || address_matches(machine, m, &at->line)))
			*at = machine->walks[--machine->walking];
		else
			i++;
	}
	/* 48882, 2.4.3: entries of GCR3 tables are dropped with the pages of a domain and a PASID */
	for (unsigned i = 0; machine->mode == MACHINE_AMD && i < MACHINE_ENTRIES; i++) {
		struct machine_entry *at = &machine->pasids[i];
		struct machine_tag tag = {1, at->domain, at->pasid};

		if (m->stage_1 && m->tables && !m->by_address && tag_matches(m, &tag))
			at->used = false;
	}
}

static bool is_of(const struct meaning *m, uint32_t device)
{
	return m->device == ANY || (device >= m->device && device <= m->device_last);
}

/* Pointers that are cached are those of all who are found by them (IHI 0070, 4.3.1, Leaf). */
static bool is_near(const struct meaning *m, int64_t first, int64_t last, uint32_t number,
		    const struct machine_entry *entry)
{
	if (!entry->pathless)
		return first == ANY || (number >= first && number <= last);
	return m->tables && (first == ANY || (number >> entry->span >= first >> entry->span &&
					      number >> entry->span <= last >> entry->span));
}

/* Invalidations without a PASID are of requests without one (PCIe, 10.3.8). */
static void drop_own(struct machine *machine, const struct meaning *m, bool plain)
{
	for (unsigned i = 0; i < MACHINE_IOTLB; i++) {
		struct machine_line *line = &machine->own[i];
		bool named = plain ? line->pasid == NO_PASID
				   : m->process == ANY || line->pasid == m->process;

		if (is_of(m, line->device) && named &&
		    (!m->by_address || (line->first <= m->last && line->last >= m->first)))
			line->used = false;
	}
}

/* With a device's entry goes what was found by it (48882, 2.4.2; IHI 0070, 4.3.1). */
static void drop_devices(struct machine *machine, const struct meaning *m)
{
	for (unsigned i = 0; i < MACHINE_ENTRIES; i++) {
		struct machine_entry *device = &machine->devices[i], *pasid = &machine->pasids[i];

		if (is_near(m, m->device, m->device_last, device->device, device) &&
		    (m->domain == ANY || m->domain == device->domain))
			device->used = false;
		if (is_of(m, pasid->device) && any_order(machine))
			pasid->used = false;
	}
}

/* Under which domain id VT-d has what is absent is not said: under any. */
static void drop_pasids(struct machine *machine, const struct meaning *m)
{
	for (unsigned i = 0; i < MACHINE_ENTRIES; i++) {
		struct machine_entry *entry = &machine->pasids[i];

		if (is_of(m, entry->device) &&
		    (m->domain == ANY || m->domain == entry->domain || !(entry->word[0] & 1)) &&
		    is_near(m, m->process, m->process, entry->pasid, entry))
			entry->used = false;
	}
}

static void execute(struct machine *machine, unsigned index)
{
	const struct meaning meaning = machine->queue[index].meaning;
	bool plain = machine->queue[index].plain;

	machine->queue[index] = machine->queue[--machine->queued];
	switch (meaning.effect) {
	case EFFECT_TRANSLATIONS:
		drop_translations(machine, &meaning);
		break;
	case EFFECT_DEVICE_TRANSLATIONS:
		drop_own(machine, &meaning, plain);
		break;
	case EFFECT_DEVICE_ENTRIES:
		drop_devices(machine, &meaning);
		break;
	case EFFECT_PROCESS_ENTRIES:
		drop_pasids(machine, &meaning);
		break;
	default:
		CHECK_MSG(false, "a command that is none");
	}
}

static void keep(struct machine *machine, struct machine_line *lines,
		 const struct machine_line *line)
{
	unsigned i;

	for (i = 0; i < MACHINE_IOTLB && lines[i].used;)
		i++;
	if (i == MACHINE_IOTLB)
		i = (unsigned)random_below(&machine->random, MACHINE_IOTLB);
	lines[i] = *line;
	lines[i].used = true;
}

static struct machine_answer answer_of(const struct machine_line *line, uint64_t iova)
{
	return (struct machine_answer){.result = line->result,
				       .oa = line->oa + (iova - line->first),
				       .read = line->read,
				       .write = line->write};
}

static void judge(struct machine *machine, uint32_t device, uint32_t pasid, uint64_t iova,
		  const struct machine_line *line)
{
	const struct machine_answer answer = answer_of(line, iova);

	if (answer.result == MACHINE_FAULT)
		machine->faults++;
	machine->judge(machine->ctx, device, pasid, iova, &answer);
}

/* What entries and tables say in this moment. */
static struct machine_line read_line(const struct machine_context *context, uint64_t iova)
{
	struct machine_line line = {.tag = context->tag,
				    .first = iova & ~0xfffULL,
				    .last = iova | 0xfff,
				    .oa = iova & ~0xfffULL,
				    .result = context->result,
				    .read = true,
				    .write = true};
	struct walk found;

	if (context->result != MACHINE_TRANSLATED)
		return line;
	found = walk(&context->walker, iova);
	CHECK_MSG(found.result != WALK_BAD, "a walk of 0x%" PRIx64 ": %s", iova, found.why);
	line.result = found.result == WALK_MAPPED ? MACHINE_TRANSLATED : MACHINE_FAULT;
	line.level = (int)found.level;
	if (found.result != WALK_MAPPED)
		return line;
	line.first = iova & ~((1ULL << found.size_lg2) - 1);
	line.last = iova | ((1ULL << found.size_lg2) - 1);
	line.oa = found.oa - (iova - line.first);
	line.read = found.read;
	line.write = found.write;
	line.run = context->walker.format >= WALK_ARM_S1 && (found.entry >> 52 & 1);
	return line;
}

static bool is_kept(const struct machine *machine, const struct machine_walk *at)
{
	if (at->context.result == MACHINE_PASSED)
		return at->context.cached;
	return at->line.result != MACHINE_FAULT || machine->caches_absent;
}

/* One step of a walk: its table is read, or what was found comes into the IOTLB. */
static void go_on(struct machine *machine, unsigned index)
{
	struct machine_walk *at = &machine->walks[index], done;

	if (!at->found) {
		at->line = read_line(&at->context, at->iova);
		at->found = true;
		done = *at;
		judge(machine, done.device, done.pasid, done.iova, &done.line);
		return;
	}
	done = *at;
	*at = machine->walks[--machine->walking];
	if (is_kept(machine, &done))
		keep(machine, machine->iotlb, &done.line);
}

static void begin(struct machine *machine, uint32_t device, uint32_t pasid, uint64_t iova,
		  const struct machine_context *context)
{
	while (machine->walking == MACHINE_WALKS)
		go_on(machine, (unsigned)random_below(&machine->random, MACHINE_WALKS));
	machine->walked++;
	machine->walks[machine->walking++] = (struct machine_walk){
		.device = device, .pasid = pasid, .iova = iova, .context = *context};
	for (unsigned left = (unsigned)random_below(&machine->random, 4); left > 1; left--)
		go_on(machine, machine->walking - 1);
}

static const struct machine_line *find_line(struct machine *machine, const struct machine_tag *tag,
					    uint64_t iova)
{
	unsigned from = (unsigned)random_below(&machine->random, MACHINE_IOTLB);

	for (unsigned i = 0; i < MACHINE_IOTLB; i++) {
		const struct machine_line *line = &machine->iotlb[(from + i) % MACHINE_IOTLB];

		if (line->used && line->tag.stage == tag->stage &&
		    line->tag.domain == tag->domain && line->tag.process == tag->process &&
		    iova >= line->first && iova <= line->last)
			return line;
	}
	return NULL;
}

/* The device's own TLB: what it holds is used, whatever anybody says meanwhile. */
static bool use_own(struct machine *machine, uint32_t device, uint32_t pasid, uint64_t iova)
{
	for (unsigned i = 0; i < MACHINE_IOTLB; i++) {
		const struct machine_line *line = &machine->own[i];

		if (!line->used || line->device != device || line->pasid != pasid ||
		    iova < line->first || iova > line->last)
			continue;
		machine->hits++;
		judge(machine, device, pasid, iova, line);
		return true;
	}
	return false;
}

/* A device asks for a translation, gets what there is, and keeps it. */
static void ask(struct machine *machine, uint32_t device, uint32_t pasid, uint64_t iova,
		struct machine_line line)
{
	judge(machine, device, pasid, iova, &line);
	if (line.result == MACHINE_FAULT)
		return;
	line.device = device;
	line.pasid = pasid;
	keep(machine, machine->own, &line);
}

void machine_access(struct machine *machine, uint32_t device, uint32_t pasid, uint64_t iova,
		    bool ats)
{
	struct machine_context context;
	const struct machine_line *known;

	if (ats && use_own(machine, device, pasid, iova))
		return;
	machine_find(machine, device, pasid, true, &context);
	known = context.result == MACHINE_FAULT ? NULL : find_line(machine, &context.tag, iova);
	if (known && (context.result == MACHINE_TRANSLATED || context.cached)) {
		struct machine_line line = *known;

		machine->hits++;
		if (ats && context.ats)
			ask(machine, device, pasid, iova, line);
		else
			judge(machine, device, pasid, iova, &line);
	} else if (context.result == MACHINE_FAULT) {
		const struct machine_line line = {.result = MACHINE_FAULT};

		judge(machine, device, pasid, iova, &line);
	} else if (ats && context.ats) {
		machine->walked++;
		ask(machine, device, pasid, iova, read_line(&context, iova));
	} else {
		begin(machine, device, pasid, iova, &context);
	}
}

/* Entries of devices may leave their cache before what was found by them does. */
static void evict(struct machine *machine)
{
	machine->devices[random_below(&machine->random, MACHINE_ENTRIES)].used = false;
}

void machine_live(struct machine *machine)
{
	if (chance(machine, 8))
		evict(machine);
	if (machine->walking && chance(machine, 3))
		go_on(machine, (unsigned)random_below(&machine->random, machine->walking));
	if (machine->queued && chance(machine, 4))
		execute(machine, any_order(machine)
					 ? (unsigned)random_below(&machine->random, machine->queued)
					 : 0);
}

void machine_drain(struct machine *machine)
{
	while (machine->queued) {
		execute(machine, (unsigned)random_below(&machine->random, machine->queued));
		machine->meanwhile(machine->ctx);
	}
	while (machine->walking)
		go_on(machine, machine->walking - 1);
}

static bool is_plain(const struct machine *machine, const struct iomt_cmd *cmd)
{
	switch (machine->mode) {
	case MACHINE_AMD:
		return !(cmd->word[1] >> 2 & 1); /* GN */
	case MACHINE_SMMU:
		return !(cmd->word[0] >> 11 & 1); /* SSV */
	default:
		return (cmd->word[0] & 15) == 3;
	}
}

static bool entries_wait(const struct machine *machine)
{
	for (unsigned i = 0; i < machine->queued; i++)
		if (machine->queue[i].meaning.effect == EFFECT_DEVICE_ENTRIES ||
		    machine->queue[i].meaning.effect == EFFECT_PROCESS_ENTRIES)
			return true;
	return false;
}

/* VT-d: what comes after an invalidation of entries is carried out after it. */
static void take(void *ctx, const struct iomt_cmd *cmd, const struct iomt_inv *inv)
{
	struct machine *machine = ctx;
	struct meaning meaning;

	(void)inv;
	meaning_of(&machine->reader, cmd, &meaning);
	CHECK_MSG(meaning.effect != EFFECT_NONE, "0x%016" PRIx64 " 0x%016" PRIx64 " is no command",
		  cmd->word[0], cmd->word[1]);
	machine->commands++;
	if (!any_order(machine) && meaning.effect == EFFECT_TRANSLATIONS && entries_wait(machine))
		machine_drain(machine);
	CHECK(machine->queued < MACHINE_QUEUE);
	machine->queue[machine->queued].plain = is_plain(machine, cmd);
	machine->queue[machine->queued++].meaning = meaning;
}

/* Before each command: at a wait all is done that was before it. */
static void before(void *ctx)
{
	struct machine *machine = ctx;
	struct unit *unit = &machine->unit;
	struct meaning meaning;

	machine->meanwhile(machine->ctx);
	if (unit->head == unit->tail)
		return;
	meaning_of(&machine->reader, unit_entry(unit, unit->head), &meaning);
	if (meaning.effect == EFFECT_BARRIER)
		machine_drain(machine);
}

void machine_open(struct machine *machine, enum machine_mode mode, struct provider *provider,
		  uint64_t seed)
{
	static const struct iomt_ring_kind *const rings[] = {&iomt_ring_amd, &iomt_ring_vtd,
							     &iomt_ring_vtd_wide, &iomt_ring_smmu};
	static const enum vendor vendors[] = {VENDOR_AMD, VENDOR_VTD, VENDOR_VTD, VENDOR_SMMU};

	memset(machine, 0, sizeof(*machine));
	unit_open(&machine->unit, rings[mode], 8, mode != MACHINE_SMMU);
	machine->mode = mode;
	machine->provider = provider;
	machine->reader = (struct reader){.vendor = vendors[mode], .mamv = 52};
	if (mode == MACHINE_VTD_SCALABLE)
		machine->reader.flags = IOMT_VTD_WIDE;
	if (mode == MACHINE_SMMU)
		machine->reader.flags = IOMT_SMMU_RANGES | IOMT_SMMU_DS;
	random_init(&machine->random, seed);
	machine->unit.execute = take;
	machine->unit.meanwhile = before;
	machine->unit.ctx = machine;
}

void machine_start(struct machine *machine, uint64_t base, uint32_t cfg)
{
	machine->base = base;
	machine->cfg = cfg;
}

void machine_context(struct machine *machine, uint32_t device, uint32_t pasid,
		     struct machine_context *context)
{
	machine_find(machine, device, pasid, false, context);
}

struct machine_answer machine_read(struct machine *machine, uint32_t device, uint32_t pasid,
				   uint64_t iova)
{
	struct machine_context context;
	struct machine_line line;

	machine_find(machine, device, pasid, false, &context);
	line = read_line(&context, iova);
	return answer_of(&line, iova);
}
