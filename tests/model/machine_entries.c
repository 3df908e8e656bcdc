/* SPDX-License-Identifier: MIT */
/*
 * From the registers to what a request is translated by. 48882 (AMD): 2.2.2.1, 2.2.6, 3.4.1. D51397
 * (VT-d): 9.1 to 9.6, 11.4.5. IHI 0070 (SMMUv3): 5.1 to 5.4, 6.3.24.
 */
#include "machine.h"
#include "test.h"

#define PAGE 0x000ffffffffff000ULL

static uint64_t bits(uint64_t word, unsigned high, unsigned low)
{
	return word >> low & (~0ULL >> (63 - (high - low)));
}

static uint64_t fetch(struct machine *machine, uint64_t at)
{
	uint64_t *word = provider_word(machine->provider, at,
				       machine->provider->kind == PROVIDER_INCOHERENT);

	CHECK_MSG(word, "hardware reads 0x%" PRIx64 ", which is no table", at);
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static void fetch_words(struct machine *machine, uint64_t at, unsigned count, uint64_t *words)
{
	for (unsigned i = 0; i < count; i++)
		words[i] = fetch(machine, at + 8 * i);
}

/* A device's entry in memory; words of zeros where there is none. */
static void read_device(struct machine *machine, uint32_t id, struct machine_entry *entry)
{
	uint64_t base = machine->base & PAGE, at;
	unsigned split = (unsigned)bits(machine->cfg, 10, 6);

	switch (machine->mode) {
	case MACHINE_AMD:
		CHECK(32ULL * id < (bits(machine->base, 8, 0) + 1) * 4096);
		fetch_words(machine, base + 32ULL * id, 4, entry->word);
		return;
	case MACHINE_VTD:
		at = fetch(machine, base + 16 * (id >> 8));
		entry->pathless = !(at & 1);
		if (at & 1)
			fetch_words(machine, (at & PAGE) + 16 * (id & 255), 2, entry->word);
		entry->domain = entry->word[0] & 1 ? (uint32_t)bits(entry->word[1], 23, 8) : 0;
		return;
	case MACHINE_VTD_SCALABLE:
		CHECK_EQ(bits(machine->base, 11, 10), 1);
		at = fetch(machine, base + 16 * (id >> 8) + 8 * (id >> 7 & 1));
		entry->pathless = !(at & 1);
		if (at & 1)
			fetch_words(machine, (at & PAGE) + 32 * (id & 127), 4, entry->word);
		return;
	case MACHINE_SMMU:
		base = machine->base & 0x000fffffffffffc0ULL;
		CHECK(!(id >> bits(machine->cfg, 5, 0)));
		if (!bits(machine->cfg, 17, 16)) {
			fetch_words(machine, base + 64ULL * id, 8, entry->word);
			return;
		}
		at = fetch(machine, base + 8 * (id >> split));
		entry->pathless = !bits(at, 4, 0);
		entry->span = (uint8_t)split;
		if (bits(at, 4, 0) && !((id & ((1u << split) - 1)) >> (bits(at, 4, 0) - 1)))
			fetch_words(machine,
				    (at & 0x000fffffffffffc0ULL) + 64 * (id & ((1u << split) - 1)),
				    8, entry->word);
		return;
	}
}

static struct machine_entry *place(struct machine *machine, struct machine_entry *entries)
{
	for (unsigned i = 0; i < MACHINE_ENTRIES; i++)
		if (!entries[i].used)
			return &entries[i];
	return &entries[random_below(&machine->random, MACHINE_ENTRIES)];
}

static struct machine_entry *lookup(struct machine_entry *entries, uint32_t device, uint32_t pasid)
{
	for (unsigned i = 0; i < MACHINE_ENTRIES; i++)
		if (entries[i].used && entries[i].device == device && entries[i].pasid == pasid)
			return &entries[i];
	return NULL;
}

/* VT-d remembers absent entries in caching mode alone (6.1); AMD and SMMUv3 may always. */
static void keep(struct machine *machine, struct machine_entry *entries,
		 const struct machine_entry *entry)
{
	bool vtd = machine->mode == MACHINE_VTD || machine->mode == MACHINE_VTD_SCALABLE;

	if (!vtd || (entry->word[0] & 1) || machine->caches_absent)
		*place(machine, entries) = *entry;
}

static struct machine_entry device_entry(struct machine *machine, uint32_t device, bool cached)
{
	struct machine_entry *known = lookup(machine->devices, device, 0);
	struct machine_entry entry = {.used = true, .device = device};

	if (known && cached)
		return *known;
	read_device(machine, device, &entry);
	if (cached)
		keep(machine, machine->devices, &entry);
	return entry;
}

/* Pointers with a valid bit 0. False: the way ends here. */
static bool follow(struct machine *machine, uint64_t at, uint64_t *next)
{
	uint64_t pointer = fetch(machine, at);

	*next = pointer & PAGE;
	return pointer & 1;
}

static void read_gcr3(struct machine *machine, const uint64_t *dte, uint32_t pasid,
		      struct machine_entry *entry)
{
	uint64_t at = bits(dte[0], 60, 58) << 12 | bits(dte[1], 31, 16) << 15 |
		      bits(dte[1], 63, 43) << 31;
	unsigned levels = (unsigned)bits(dte[0], 57, 56) + 1;

	CHECK(levels <= 3);
	entry->domain = dte[1] & 0xffff;
	if (pasid >> 9 * levels)
		return;
	while (--levels)
		if (!follow(machine, at + 8 * (pasid >> 9 * levels & 511), &at))
			return;
	entry->word[0] = fetch(machine, at + 8 * (pasid & 511));
}

static void read_vtd(struct machine *machine, const uint64_t *context, uint32_t pasid,
		     struct machine_entry *entry)
{
	uint64_t at = context[0] & PAGE;

	if (pasid >> 6 >> (bits(context[0], 11, 9) + 7))
		return;
	entry->pathless = !follow(machine, at + 8 * (pasid >> 6), &at);
	if (!entry->pathless)
		fetch_words(machine, at + 64 * (pasid & 63), 8, entry->word);
	entry->domain = entry->word[0] & 1 ? (uint32_t)entry->word[1] & 0xffff : 0;
}

static void read_cd(struct machine *machine, const uint64_t *ste, uint32_t pasid,
		    struct machine_entry *entry)
{
	uint64_t at = ste[0] & 0x000fffffffffffc0ULL;
	unsigned max = (unsigned)bits(ste[0], 63, 59), fmt = (unsigned)bits(ste[0], 5, 4);
	unsigned split = fmt == 2 ? 10 : 6;

	if (max && fmt) {
		entry->pathless = !follow(machine, at + 8 * (pasid >> split), &at);
		entry->span = (uint8_t)split;
		pasid &= (1u << split) - 1;
	}
	if (!entry->pathless)
		fetch_words(machine, at + 64ULL * pasid, 8, entry->word);
}

static struct machine_entry pasid_entry(struct machine *machine, const struct machine_entry *device,
					uint32_t pasid, bool cached)
{
	struct machine_entry *known = lookup(machine->pasids, device->device, pasid);
	struct machine_entry entry = {.used = true, .device = device->device, .pasid = pasid};

	if (known && cached)
		return *known;
	if (machine->mode == MACHINE_AMD)
		read_gcr3(machine, device->word, pasid, &entry);
	else if (machine->mode == MACHINE_SMMU)
		read_cd(machine, device->word, pasid, &entry);
	else
		read_vtd(machine, device->word, pasid, &entry);
	if (cached)
		keep(machine, machine->pasids, &entry);
	return entry;
}

static struct walker walker(struct machine *machine, enum walk_format format, uint64_t root)
{
	return (struct walker){
		.format = format,
		.granule_lg2 = 12,
		.provider = machine->provider,
		.shadow = machine->provider->kind == PROVIDER_INCOHERENT,
		.live = true,
		.hw.root = root,
	};
}

/* PASIDs of devices without guest tables are taken as if there were none, but for ATS. */
static void find_amd(struct machine *machine, const struct machine_entry *device, uint32_t pasid,
		     bool cached, struct machine_context *context)
{
	const uint64_t *dte = device->word;
	bool guest = bits(dte[0], 55, 55) && (pasid != IOMT_NO_PASID || bits(dte[0], 54, 54));
	unsigned mode = (unsigned)bits(dte[0], 11, 9);
	struct machine_entry entry;

	CHECK_MSG(dte[0] & 1, "an entry without V lets everything through");
	if (!(dte[0] & 2) || !bits(dte[0], 62, 61))
		return;
	CHECK_EQ(bits(dte[0], 62, 61), 3);
	context->ats = bits(dte[1], 32, 32) && (guest || pasid == IOMT_NO_PASID);
	context->tag = (struct machine_tag){2, dte[1] & 0xffff, 0};
	if (guest) {
		CHECK_MSG(!mode, "guest tables on a host table");
		context->tag = (struct machine_tag){1, dte[1] & 0xffff,
						    pasid == IOMT_NO_PASID ? 0 : pasid};
		entry = pasid_entry(machine, device, context->tag.process, cached);
		if (!(entry.word[0] & 1))
			return;
		context->result = MACHINE_TRANSLATED;
		context->walker = walker(machine, WALK_X86_64, entry.word[0] & PAGE);
		context->walker.hw.u.x86.paging_mode = (uint8_t)bits(dte[2], 55, 54);
		return;
	}
	context->result = mode ? MACHINE_TRANSLATED : MACHINE_PASSED;
	context->walker = walker(machine, WALK_AMDV1, dte[0] & PAGE);
	context->walker.hw.u.amdv1.mode = (uint8_t)mode;
}

static void find_vtd(struct machine *machine, const struct machine_entry *device, uint32_t pasid,
		     struct machine_context *context)
{
	const uint64_t *word = device->word;
	unsigned type = (unsigned)bits(word[0], 3, 2);

	if (!(word[0] & 1) || pasid != IOMT_NO_PASID)
		return;
	CHECK(type < 3);
	context->tag = (struct machine_tag){2, (uint32_t)bits(word[1], 23, 8), 0};
	context->result = type == 2 ? MACHINE_PASSED : MACHINE_TRANSLATED;
	context->ats = type == 1;
	context->walker = walker(machine, WALK_VTD_SS, word[0] & PAGE);
	context->walker.hw.u.vtd.aw = (uint8_t)bits(word[1], 2, 0);
}

/* PGTT: 1 first stage, 2 second, 4 pass-through. */
static void find_vtd_scalable(struct machine *machine, const struct machine_entry *device,
			      uint32_t pasid, bool cached, struct machine_context *context)
{
	const uint64_t *word = device->word;
	struct machine_entry entry;
	unsigned type;

	if (!(word[0] & 1) || (pasid != IOMT_NO_PASID && !bits(word[0], 3, 3)))
		return;
	if (pasid == IOMT_NO_PASID)
		pasid = (uint32_t)bits(word[1], 19, 0);
	entry = pasid_entry(machine, device, pasid, cached);
	if (!(entry.word[0] & 1))
		return;
	type = (unsigned)bits(entry.word[0], 8, 6);
	CHECK(type == 1 || type == 2 || type == 4);
	context->ats = bits(word[0], 2, 2);
	context->tag = (struct machine_tag){type == 2 ? 2 : 1, (uint32_t)entry.word[1] & 0xffff,
					    type == 2 ? 0 : pasid};
	context->result = type == 4 ? MACHINE_PASSED : MACHINE_TRANSLATED;
	context->cached = true;
	if (type == 1) {
		context->walker = walker(machine, WALK_X86_64, entry.word[2] & PAGE);
		context->walker.hw.u.x86.paging_mode = (uint8_t)bits(entry.word[2], 3, 2);
	} else {
		context->walker = walker(machine, WALK_VTD_SS, entry.word[0] & PAGE);
		context->walker.hw.u.vtd.aw = (uint8_t)bits(entry.word[0], 4, 2);
	}
}

static const uint8_t granules[] = {12, 16, 14}; /* TG0, S2TG */

/* DDI 0487, D8.2.8: the walk of stage 1 begins where TxSZ needs it to. */
static void use_arm(struct machine_context *context, unsigned tg, unsigned tsz, bool ds)
{
	unsigned granule;

	CHECK(tg < 3);
	granule = granules[tg];
	context->walker.granule_lg2 = granule;
	context->walker.hw.u.arm.ttbr = context->walker.hw.root;
	context->walker.hw.u.arm.tsz = (uint8_t)tsz;
	context->walker.hw.u.arm.ds = ds;
	context->walker.hw.levels = (uint8_t)((64 - tsz - granule + granule - 4) / (granule - 3));
}

static void use_cd(struct machine *machine, const uint64_t *cd, struct machine_context *context)
{
	if (!bits(cd[0], 31, 31) || bits(cd[0], 14, 14))
		return;
	context->result = MACHINE_TRANSLATED;
	context->tag = (struct machine_tag){1, 0, (uint32_t)bits(cd[0], 63, 48)};
	context->walker = walker(machine, WALK_ARM_S1, cd[1] & 0x000ffffffffffff0ULL);
	use_arm(context, (unsigned)bits(cd[0], 7, 6), (unsigned)bits(cd[0], 5, 0),
		bits(cd[2], 58, 58));
}

/* S2SL0 and S2SL0_2 say at which level the walk begins. */
static void use_stage_2(struct machine *machine, const uint64_t *ste,
			struct machine_context *context)
{
	unsigned tg = (unsigned)bits(ste[2], 47, 46), sl = (unsigned)bits(ste[2], 39, 38);

	context->result = MACHINE_TRANSLATED;
	context->tag = (struct machine_tag){2, ste[2] & 0xffff, 0};
	context->walker = walker(machine, WALK_ARM_S2, ste[3] & 0x000ffffffffffff0ULL);
	use_arm(context, tg, (unsigned)bits(ste[2], 37, 32), bits(ste[3], 3, 3));
	if (bits(ste[3], 2, 2))
		context->walker.hw.levels = 5;
	else if (!tg)
		context->walker.hw.levels = (uint8_t)(sl == 3 ? 1 : sl + 2);
	else
		context->walker.hw.levels = (uint8_t)(sl + 1);
}

/*
 * Substreams of streams that bypass, or have stage 2 alone, are taken as if they had none, but for ATS: a
 * device may hope for no more (3.3.2). ATS of what bypasses is refused (3.9.1).
 */
static void find_smmu(struct machine *machine, const struct machine_entry *device, uint32_t pasid,
		      bool cached, struct machine_context *context)
{
	const uint64_t *ste = device->word;
	unsigned config = (unsigned)bits(ste[0], 3, 1), max = (unsigned)bits(ste[0], 63, 59);
	unsigned dss = max ? (unsigned)bits(ste[1], 1, 0) : 2;
	struct machine_entry entry;

	if (!(ste[0] & 1) || !config)
		return;
	context->ats = bits(ste[1], 29, 28) == 1;
	if (config == 4 || (config == 5 && pasid == IOMT_NO_PASID && dss == 1)) {
		context->result = MACHINE_PASSED;
		context->ats = false;
		return;
	}
	if (config == 6) {
		context->ats &= pasid == IOMT_NO_PASID;
		use_stage_2(machine, ste, context);
		return;
	}
	CHECK_EQ(config, 5);
	if (pasid == IOMT_NO_PASID ? dss != 2 : pasid >> max || (!pasid && dss == 2))
		return;
	entry = pasid_entry(machine, device, pasid == IOMT_NO_PASID ? 0 : pasid, cached);
	use_cd(machine, entry.word, context);
}

void machine_find(struct machine *machine, uint32_t device, uint32_t pasid, bool cached,
		  struct machine_context *context)
{
	struct machine_entry entry = device_entry(machine, device, cached);

	*context = (struct machine_context){.result = MACHINE_FAULT};
	switch (machine->mode) {
	case MACHINE_AMD:
		find_amd(machine, &entry, pasid, cached, context);
		break;
	case MACHINE_VTD:
		find_vtd(machine, &entry, pasid, context);
		break;
	case MACHINE_VTD_SCALABLE:
		find_vtd_scalable(machine, &entry, pasid, cached, context);
		break;
	case MACHINE_SMMU:
		find_smmu(machine, &entry, pasid, cached, context);
		break;
	}
}
