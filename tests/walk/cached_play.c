/* SPDX-License-Identifier: MIT */
/*
 * Three devices with three spaces each: requests without a PASID, with 1, with 2. What they are:
 *
 *	AMD	0 and 1: a host table, and guest tables on it; 2: guest tables alone, without a PASID too
 *	VT-d	scalable mode: second stage, first stage, both; first, second, both; first stage in all
 *	SMMUv3	0: both stages; 1: stage 2 alone, which has no substreams; 2: stage 1 alone
 *
 * A space asks for the pages 0 to 7. Its stage 1 maps these to guest pages 0x70 to 0x77, stage 2 any page of
 * the guest's memory to itself, and the others that are asked for anywhere. Tables of stage 2 are three
 * pages at SECOND(n), tables of stage 1 four at FIRST(space).
 */
#include "cached_play.h"
#include "guest.h"

#define NONE	      IOMT_TLB_NO_PASID
#define DEVICES	      3u
#define WHICH	      3u
#define SPACES	      (DEVICES * WHICH)
#define PAGES	      8u
#define MOST_ANSWERS  24u
#define MOST_CONTEXTS 8u
#define SECOND(n)     (0x20000ULL + 0x4000 * (uint64_t)(n))
#define FIRST(space)  (0x40000ULL + 0x4000 * (uint64_t)(space))
#define DOMAIN(n)     (5 + (uint64_t)(n))
#define RIGHTS	      (3ULL << 61)

/* Stages of a space. */
static const uint8_t stages[3][SPACES] = {
	{2, 3, 3, 2, 3, 3, 1, 1, 1},
	{2, 1, 3, 1, 2, 3, 1, 1, 1},
	{3, 3, 3, 2, 0, 0, 1, 1, 1},
};

/* Parts of what a context was made of that changed, and were not named by a command yet. */
enum { DEVICE_PART = 1, PROCESS_PART = 2 };

/* What an address may be answered with: no rights are a fault. */
struct meant {
	uint64_t oa;
	uint32_t rights;
	bool global;
};

struct meant_set {
	unsigned count;
	struct meant list[MOST_ANSWERS];
};

struct space {
	struct iomt_unit_device device;
	unsigned pending;
	unsigned contexts; /* that may be cached */
	bool lost[MOST_CONTEXTS];
	struct iomt_context context[MOST_CONTEXTS];
	struct meant_set pages[PAGES];
};

static struct {
	const struct play_source *source;
	struct cached_counts *counts;
	uint64_t seed;
	enum iomt_unit_arch arch;
	unsigned hot, hot_page; /* where most happens */
	bool full;		/* a set had no room: all must be forgotten */
	struct guest guest;
	struct iomt_unit unit;
	struct iomt_unit_cache cache;
	struct space spaces[SPACES];
	_Alignas(IOMT_TLB_ALIGN) char memory[1 << 18];
} play;

static uint64_t choose(uint64_t below)
{
	return play.source->next(play.source->ctx, below);
}

/* Mostly that of the last change. */
static unsigned some_page(void)
{
	return choose(2) ? play.hot_page : (unsigned)choose(PAGES);
}

static unsigned some_space(void)
{
	return choose(2) ? play.hot : (unsigned)choose(SPACES);
}

static void put(uint64_t address, uint64_t value)
{
	*guest_word(&play.guest, address) = value;
}

static unsigned stages_of(unsigned space)
{
	return stages[play.arch][space];
}

static uint32_t pasid_of(unsigned space)
{
	return space % WHICH ? space % WHICH : NONE;
}

/* Entries of pages: a level's table, a page with rights 1 (read) or 3, and whether all processes share it. */
static uint64_t first_table(uint64_t table)
{
	return table | (play.arch == IOMT_UNIT_SMMU ? 3 : 0x27);
}

static uint64_t first_page(uint64_t page, bool write, bool global)
{
	if (play.arch == IOMT_UNIT_SMMU)
		return page << 12 | 0x443 | (write ? 0 : 0x80) | (global ? 0 : 0x800);
	return page << 12 | 0x65 | (write ? 2 : 0);
}

static uint64_t second_table(uint64_t table, unsigned level)
{
	if (play.arch == IOMT_UNIT_AMD)
		return table | RIGHTS | (uint64_t)level << 9 | 1;
	return table | 3;
}

static uint64_t second_page(uint64_t page, bool write)
{
	if (play.arch == IOMT_UNIT_AMD)
		return page << 12 | (write ? RIGHTS : 1ULL << 61) | 1;
	if (play.arch == IOMT_UNIT_VTD)
		return page << 12 | (write ? 3 : 1);
	return page << 12 | 0x47f | (write ? 0x80 : 0);
}

static void make_pages(void)
{
	for (unsigned n = 0; n < DEVICES; n++) {
		put(SECOND(n), second_table(SECOND(n) + 0x1000, 2));
		put(SECOND(n) + 0x1000, second_table(SECOND(n) + 0x2000, 1));
		for (uint64_t page = 0; page < 0x80; page++)
			put(SECOND(n) + 0x2000 + 8 * page, second_page(page, true));
	}
	for (unsigned space = 0; space < SPACES; space++) {
		for (uint64_t level = 0; level < 3; level++)
			put(FIRST(space) + (level << 12),
			    first_table(FIRST(space) + ((level + 1) << 12)));
		for (uint64_t page = 0; page < PAGES; page++)
			put(FIRST(space) + 0x3000 + 8 * page, first_page(0x70 + page, true, false));
	}
}

/* What a space's own entry says: GCR3 entry, PASID-table entry, context descriptor; in two tables of them. */
static uint64_t process_at(unsigned table, unsigned space)
{
	uint64_t n = space / WHICH, which = space % WHICH;

	if (play.arch == IOMT_UNIT_AMD)
		return 0x10000 + 0x2000 * n + 0x1000 * table + 8 * which + 0x1000;
	return 0x10000 + 0x2000 * n + 0x1000 * table + 64 * which + 0x1000;
}

static void make_process(unsigned table, unsigned space, uint64_t top, bool valid)
{
	uint64_t at = process_at(table, space), n = space / WHICH;

	if (play.arch == IOMT_UNIT_AMD) {
		put(at, top | valid);
	} else if (play.arch == IOMT_UNIT_VTD) {
		static const uint64_t pgtt[] = {0, 1 << 6, 2 << 6 | 1 << 2, 3 << 6 | 1 << 2};

		put(at, SECOND(n) | pgtt[stages_of(space)] | valid);
		put(at + 8, DOMAIN(n));
		put(at + 16, top);
	} else {
		put(at, 16ULL | 1 << 30 | (uint64_t)valid << 31 | 5ULL << 32 | 1ULL << 41 |
				3ULL << 45 | (0x10ULL + space) << 48);
		put(at + 8, top);
		put(at + 24, 0xff);
	}
}

/* The device's entry, with the one or the other table of processes. */
static void make_device(unsigned n, unsigned table)
{
	uint64_t processes = process_at(table, n * WHICH);

	if (play.arch == IOMT_UNIT_AMD) {
		uint64_t guest = 1ULL << 55 | (n == 2 ? 1ULL << 54 : 0);

		put(0x8000 + 32 * (n + 1), (n == 2 ? 0 : SECOND(n) | 3 << 9) | RIGHTS | 3 | guest |
						   (processes >> 12 & 7) << 58);
		put(0x8008 + 32 * (n + 1), DOMAIN(n) | (processes >> 15) << 16);
	} else if (play.arch == IOMT_UNIT_VTD) { /* root, context table, PASID directory */
		put(0x8000, 0x9001);
		put(0x9000 + 32 * (n + 1), (0xa000 + 0x1000 * (2ULL * n + table)) | 9);
		put(0xa000 + 0x1000 * (2ULL * n + table), processes | 1);
	} else {
		static const uint64_t config[] = {7, 6, 5};

		put(0x8000 + 64 * (n + 1),
		    1 | config[n] << 1 | processes | (config[n] & 1 ? 2ULL << 59 : 0));
		put(0x8008 + 64 * (n + 1), 2);
		put(0x8010 + 64 * (n + 1),
		    25ULL << 32 | 1ULL << 38 | 5ULL << 48 | 1ULL << 51 | DOMAIN(n));
		put(0x8018 + 64 * (n + 1), SECOND(n));
	}
}

static struct iomt_request request_of(unsigned space, uint64_t iova, uint32_t access)
{
	return (struct iomt_request){.device = space / WHICH + 1,
				     .pasid = pasid_of(space),
				     .iova = iova,
				     .access = access};
}

static void add_meant(struct meant_set *set, const struct meant *meant)
{
	for (unsigned i = 0; i < set->count; i++) {
		if (set->list[i].oa == meant->oa && set->list[i].rights == meant->rights &&
		    set->list[i].global == meant->global)
			return;
	}
	if (set->count == MOST_ANSWERS)
		play.full = true;
	else
		set->list[set->count++] = *meant;
}

/* What a context makes of a page in the memory of now. */
static struct meant ask(const struct iomt_context *context, unsigned space, unsigned page)
{
	struct meant meant = {0};

	for (uint32_t access = IOMT_READ; access <= IOMT_WRITE; access++) {
		struct iomt_request request =
			request_of(space, (uint64_t)page << 12, access | IOMT_WALK_LOOK);
		struct iomt_device_fault fault;
		struct iomt_walk_leaf leaf;

		if (iomt_context_walk(context, &request, &leaf, &fault))
			continue;
		meant.oa = leaf.oa;
		meant.rights |= access;
		meant.global = leaf.prot & IOMT_GLOBAL;
	}
	return meant;
}

/* The tables are as they are now: another thing that may be cached from now on. */
static void note(unsigned space)
{
	struct space *at = &play.spaces[space];

	for (unsigned i = 0; i < at->contexts; i++) {
		for (unsigned page = 0; page < PAGES; page++) {
			struct meant meant = {0};

			if (!at->lost[i])
				meant = ask(&at->context[i], space, page);
			add_meant(&at->pages[page], &meant);
		}
	}
}

static void note_all(void)
{
	for (unsigned space = 0; space < SPACES; space++)
		note(space);
}

static void note_context(unsigned space)
{
	struct space *at = &play.spaces[space];
	struct iomt_request request = request_of(space, 0, IOMT_READ);
	struct iomt_device_fault fault;

	if (at->contexts == MOST_CONTEXTS) {
		play.full = true;
		return;
	}
	at->lost[at->contexts] =
		iomt_unit_find(&play.unit, &request, &at->context[at->contexts], &fault);
	at->contexts++;
}

/* A command named these parts of a context. */
static void cover_context(unsigned space, unsigned parts)
{
	struct space *at = &play.spaces[space];

	at->pending &= ~parts;
	if (at->pending)
		return;
	at->contexts = 0;
	note_context(space);
}

/* And a page of a space: what was is forgotten. globals: those that are every process's too, or they alone. */
enum globals { WITH_GLOBALS, WITHOUT_GLOBALS, GLOBALS_ALONE };

static void cover_page(unsigned space, unsigned page, enum globals globals)
{
	struct meant_set *set = &play.spaces[space].pages[page];
	unsigned kept = 0;

	for (unsigned i = 0; i < set->count; i++) {
		bool global = set->list[i].global;

		if ((globals == WITHOUT_GLOBALS && global) || (globals == GLOBALS_ALONE && !global))
			set->list[kept++] = set->list[i];
	}
	set->count = kept;
}

static void cover_space(unsigned space, enum globals globals)
{
	for (unsigned page = 0; page < PAGES; page++)
		cover_page(space, page, globals);
}

static void cover_stage_1(unsigned n)
{
	for (unsigned space = n * WHICH; space < (n + 1) * WHICH; space++) {
		if (stages_of(space) & 1)
			cover_space(space, WITH_GLOBALS);
	}
}

static void cover_domain(unsigned n)
{
	for (unsigned space = n * WHICH; space < (n + 1) * WHICH; space++)
		cover_space(space, WITH_GLOBALS);
}

static void cover_everything(unsigned parts)
{
	for (unsigned n = 0; n < DEVICES; n++)
		cover_domain(n);
	for (unsigned space = 0; space < SPACES && parts; space++)
		cover_context(space, parts);
}

static void cover_device(unsigned n, unsigned parts)
{
	for (unsigned space = n * WHICH; space < (n + 1) * WHICH; space++)
		cover_context(space, parts);
}

/* Pages first to first + count - 1 of spaces with stage 2 alone. */
static void cover_stage_2(unsigned n, unsigned first, unsigned count)
{
	for (unsigned space = n * WHICH; space < (n + 1) * WHICH; space++) {
		for (unsigned page = first; page < first + count && stages_of(space) == 2; page++)
			cover_page(space, page, WITH_GLOBALS);
	}
}

static void cover_pages(unsigned space, unsigned first, unsigned count, enum globals globals)
{
	for (unsigned page = first; page < first + count; page++)
		cover_page(space, page, globals);
}

/* A command, and what it is about. */
struct sent {
	uint64_t low, high;
	unsigned kind, n, space, first, count; /* count: 1, 2 or 4 pages, aligned */
};

/* 48882, 2.4. S and the size in the address: the lowest zero from bit 12 on. */
static uint64_t amd_range(const struct sent *sent)
{
	uint64_t address = (uint64_t)sent->first << 12;

	return sent->count == 1 ? address : (address | ((uint64_t)(sent->count / 2 - 1) << 12)) | 1;
}

static void amd_command(struct sent *sent)
{
	uint64_t pages = 3ULL << 60 | DOMAIN(sent->n) << 32, pasid = sent->space % WHICH;
	uint64_t all = 0x7ffffffffffff001;

	switch (sent->kind) {
	case 0: /* INVALIDATE_DEVTAB_ENTRY */
		sent->low = 2ULL << 60 | (sent->n + 1);
		cover_device(sent->n, DEVICE_PART);
		break;
	case 1: /* INVALIDATE_IOMMU_PAGES: a host's, and what is nested on it */
	case 2:
		sent->low = pages;
		sent->high = amd_range(sent) | (sent->kind == 2 ? 2 : 0);
		cover_stage_2(sent->n, sent->first, sent->count);
		for (unsigned space = sent->n * WHICH; space < (sent->n + 1) * WHICH; space++) {
			if (stages_of(space) == 3)
				cover_space(space, WITH_GLOBALS);
		}
		break;
	case 3: /* GN */
	case 4: /* and PDE */
		sent->low = pages | pasid;
		sent->high = amd_range(sent) | 4 | (sent->kind == 4 ? 2 : 0);
		if (stages_of(sent->space) & 1)
			cover_pages(sent->space, sent->first, sent->count, WITH_GLOBALS);
		break;
	case 5: /* all of a PASID */
		sent->low = pages | pasid;
		sent->high = all | 6;
		if (stages_of(sent->space) & 1) {
			cover_space(sent->space, WITH_GLOBALS);
			cover_context(sent->space, PROCESS_PART);
		}
		break;
	case 6: /* all of a domain */
		sent->low = pages;
		sent->high = all | 2;
		cover_domain(sent->n);
		break;
	case 7: /* INVALIDATE_IOMMU_ALL */
		sent->low = 8ULL << 60;
		cover_everything(DEVICE_PART | PROCESS_PART);
		break;
	case 8: /* COMPLETION_WAIT */
		sent->low = 1ULL << 60;
		break;
	default: /* INVALIDATE_IOTLB_PAGES */
		sent->low = 4ULL << 60 | (sent->n + 1);
		sent->high = all;
		break;
	}
}

/* D51397, 6.5.2. AM: log2 of the pages. */
static void vtd_command(struct sent *sent)
{
	uint64_t did = DOMAIN(sent->n) << 16, pasid = (uint64_t)(sent->space % WHICH) << 32;
	uint64_t range = (uint64_t)sent->first << 12 | (sent->count >> 1);

	switch (sent->kind) {
	case 0: /* context cache, global */
		sent->low = 1 | 1 << 4;
		for (unsigned n = 0; n < DEVICES; n++)
			cover_device(n, DEVICE_PART);
		break;
	case 1: /* of a device */
		sent->low = 1 | 3 << 4 | did | (sent->n + 1ULL) << 32;
		cover_device(sent->n, DEVICE_PART);
		break;
	case 2: /* PASID cache, of a domain */
		sent->low = 7 | did;
		cover_device(sent->n, PROCESS_PART);
		break;
	case 3: /* of a PASID */
		sent->low = 7 | 1 << 4 | did | pasid;
		cover_context(sent->space, PROCESS_PART);
		break;
	case 4: /* global */
		sent->low = 7 | 3 << 4;
		for (unsigned n = 0; n < DEVICES; n++)
			cover_device(n, PROCESS_PART);
		break;
	case 5: /* IOTLB, global */
		sent->low = 2 | 1 << 4;
		cover_everything(0);
		break;
	case 6: /* of a domain */
		sent->low = 2 | 2 << 4 | did;
		cover_domain(sent->n);
		break;
	case 7: /* by address: of the second stage, and all that has a first */
	case 8: /* IH */
		sent->low = 2 | 3 << 4 | did;
		sent->high = range | (sent->kind == 8 ? 1 << 6 : 0);
		cover_stage_2(sent->n, sent->first, sent->count);
		cover_stage_1(sent->n);
		break;
	case 9: /* of a PASID */
		sent->low = 6 | 2 << 4 | did | pasid;
		if (stages_of(sent->space) & 1)
			cover_space(sent->space, WITH_GLOBALS);
		break;
	case 10: /* by its addresses */
	case 11:
		sent->low = 6 | 3 << 4 | did | pasid;
		sent->high = range | (sent->kind == 11 ? 1 << 6 : 0);
		if (stages_of(sent->space) & 1)
			cover_pages(sent->space, sent->first, sent->count, WITH_GLOBALS);
		break;
	case 12: /* device TLB */
		sent->low = 3 | (sent->n + 1ULL) << 32;
		sent->high = 0x7ffffffffffff001;
		break;
	default: /* wait */
		sent->low = 5;
		break;
	}
}

/* By an address: global pages of any process go with it, others of the process that is named. */
static void smmu_by_va(const struct sent *sent, bool all)
{
	for (unsigned space = sent->n * WHICH; space < (sent->n + 1) * WHICH; space++) {
		if (stages_of(space) & 1)
			cover_pages(space, sent->first, sent->count,
				    all || space == sent->space ? WITH_GLOBALS : GLOBALS_ALONE);
	}
}

/* IHI 0070, 4.3 and 4.4. Ranges: NUM 16:12, SCALE 24:20, TG 75:74. */
static void smmu_command(struct sent *sent)
{
	uint64_t sid = (sent->n + 1ULL) << 32, vmid = DOMAIN(sent->n) << 32;
	uint64_t asid = (0x10ULL + sent->space) << 48, ssid = (uint64_t)(sent->space % WHICH) << 12;
	uint64_t range = sent->count == 1 ? 0 : (sent->count - 1ULL) << 12;
	uint64_t va = (uint64_t)sent->first << 12 | (range ? 1 << 10 : 0);

	switch (sent->kind) {
	case 0: /* CFGI_STE */
	case 1: /* Leaf */
		sent->low = 0x03 | sid;
		sent->high = sent->kind;
		cover_device(sent->n, DEVICE_PART | PROCESS_PART);
		break;
	case 2: /* CFGI_ALL */
		sent->low = 0x04;
		sent->high = 31;
		for (unsigned n = 0; n < DEVICES; n++)
			cover_device(n, DEVICE_PART | PROCESS_PART);
		break;
	case 3: /* CFGI_CD */
	case 4:
		sent->low = 0x05 | sid | ssid;
		sent->high = sent->kind == 4;
		cover_context(sent->space, PROCESS_PART);
		break;
	case 5: /* CFGI_CD_ALL */
		sent->low = 0x06 | sid;
		cover_device(sent->n, PROCESS_PART);
		break;
	case 6: /* TLBI_NH_ALL */
		sent->low = 0x10 | vmid;
		cover_stage_1(sent->n);
		break;
	case 7: /* TLBI_NH_ASID */
		sent->low = 0x11 | vmid | asid;
		if (stages_of(sent->space) & 1)
			cover_space(sent->space, WITHOUT_GLOBALS);
		break;
	case 8: /* TLBI_NH_VA */
	case 9: /* Leaf */
		sent->low = 0x12 | vmid | asid | range;
		sent->high = va | (sent->kind == 9);
		smmu_by_va(sent, false);
		break;
	case 10: /* TLBI_NH_VAA */
		sent->low = 0x13 | vmid | range;
		sent->high = va;
		smmu_by_va(sent, true);
		break;
	case 11: /* TLBI_S12_VMALL */
		sent->low = 0x28 | vmid;
		cover_domain(sent->n);
		break;
	case 12: /* TLBI_S2_IPA */
		sent->low = 0x2a | vmid | range;
		sent->high = va;
		cover_stage_2(sent->n, sent->first, sent->count);
		break;
	case 13: /* TLBI_NSNH_ALL */
		sent->low = 0x30;
		cover_everything(0);
		break;
	case 14: /* TLBI_EL2_ALL: of other streams */
		sent->low = 0x20;
		break;
	case 15: /* ATC_INV */
		sent->low = 0x40 | sid;
		sent->high = 52;
		break;
	default: /* CMD_SYNC */
		sent->low = 0x46;
		break;
	}
}

const unsigned cached_commands[3] = {10, 14, 17};

/* Of every kind, about anything. */
static void command(void)
{
	struct sent sent = {.kind = (unsigned)choose(cached_commands[play.arch]),
			    .space = some_space(),
			    .count = 1u << choose(3)};
	struct iomt_cmd cmd;
	struct iomt_inv inv;
	int err;

	sent.n = sent.space / WHICH;
	if (choose(2)) /* a neighbour's */
		sent.space = sent.n * WHICH + (unsigned)choose(WHICH);
	sent.first = some_page() & ~(sent.count - 1);
	if (play.arch == IOMT_UNIT_AMD)
		amd_command(&sent);
	else if (play.arch == IOMT_UNIT_VTD)
		vtd_command(&sent);
	else
		smmu_command(&sent);
	play.counts->commands[play.arch][sent.kind]++;
	cmd = (struct iomt_cmd){{sent.low, sent.high}};
	if (play.arch == IOMT_UNIT_AMD)
		err = iomt_amd_decode(&cmd, &inv);
	else if (play.arch == IOMT_UNIT_VTD)
		err = iomt_vtd_decode(&cmd, 0, 18, &inv);
	else
		err = iomt_smmu_decode(&cmd, IOMT_SMMU_RANGES, &inv);
	CHECK_MSG(!err, "seed %" PRIu64 ": 0x%" PRIx64 " 0x%" PRIx64 ": %d", play.seed, sent.low,
		  sent.high, err);
	iomt_unit_invalidate(&play.cache, &inv);
	note_all();
}

static void forget(void)
{
	iomt_unit_invalidate_all(&play.cache);
	play.full = false;
	cover_everything(DEVICE_PART | PROCESS_PART);
	note_all();
}

/* The guest changes a page or an entry, and says nothing yet. */
static void change(void)
{
	unsigned space = some_space(), n = space / WHICH;
	uint64_t page = some_page(), to = choose(16);
	bool write = choose(2), gone = !choose(8);

	play.hot = choose(4) ? space : (unsigned)choose(SPACES);
	play.hot_page = choose(4) ? (unsigned)page : (unsigned)choose(PAGES);

	play.counts->changes++;
	switch (choose(8)) {
	case 0: /* the device's entry */
		make_device(n, (unsigned)choose(2));
		for (unsigned i = n * WHICH; i < (n + 1) * WHICH; i++) {
			play.spaces[i].pending |= DEVICE_PART;
			note_context(i);
		}
		break;
	case 1: /* a PASID's */
		make_process((unsigned)choose(2), space, FIRST(n * WHICH + choose(WHICH)), !gone);
		play.spaces[space].pending |= PROCESS_PART;
		note_context(space);
		break;
	case 2:
	case 3: /* a page of stage 2 */
		put(SECOND(n) + 0x2000 + 8 * (page + (choose(2) ? 0x70 : 0)),
		    gone ? 0 : second_page(0x100 + to, write));
		break;
	default:
		put(FIRST(space) + 0x3000 + 8 * page,
		    gone ? 0 : first_page(0x70 + to % PAGES, write, choose(2)));
		break;
	}
	note_all();
}

static bool explains(const struct meant *meant, int err, const struct iomt_tlb_entry *entry,
		     uint32_t access)
{
	if (err)
		return access & ~meant->rights;
	return !(access & ~meant->rights) && (entry->oa & ~0xfffULL) == meant->oa &&
	       !(entry->prot & RW & ~meant->rights) && !(access & ~entry->prot);
}

static void translate(void)
{
	unsigned space = some_space(), page = some_page();
	struct space *at = &play.spaces[space];
	struct iomt_request request =
		request_of(space, (uint64_t)page << 12 | choose(4096), 1 + (uint32_t)choose(3));
	uint64_t reads = play.guest.reads;
	struct iomt_tlb_entry entry = {0};
	struct iomt_device_fault fault;
	struct meant now = {0};
	static struct iomt_context found;
	int err = iomt_unit_translate(&play.cache, &at->device, &request, &entry, &fault);
	bool explained = false;

	CHECK_MSG(!err || err == IOMT_EFAULT, "seed %" PRIu64 ": %d", play.seed, err);
	CHECK_MSG(err || (entry.oa & 0xfff) == (request.iova & 0xfff), "seed %" PRIu64, play.seed);
	play.counts->hits += !err && play.guest.reads == reads;
	play.counts->translated += !err;
	play.counts->faults += !!err;
	for (unsigned i = 0; i < at->pages[page].count && !explained; i++)
		explained = explains(&at->pages[page].list[i], err, &entry, request.access);
	CHECK_MSG(explained,
		  "seed %" PRIu64 ": architecture %d, space %u, page %u, access %u: %d, 0x%" PRIx64
		  ", prot 0x%x, which nothing explains (%u may be)",
		  play.seed, play.arch, space, page, request.access, err, entry.oa, entry.prot,
		  at->pages[page].count);
	if (!iomt_unit_find(&play.unit, &request, &found, &fault))
		now = ask(&found, space, page);
	play.counts->stale += !explains(&now, err, &entry, request.access);
}

static void open_unit(void)
{
	struct iomt_tlb_cfg tlb_cfg = {.size = sizeof(tlb_cfg), .entries = 512, .spaces = 64};
	struct iomt_unit_cfg cfg = {
		.size = sizeof(cfg),
		.mem = &play.guest.mem,
		.arch = play.arch,
		.features = IOMT_UNIT_STAGE_1 | IOMT_UNIT_STAGE_2 | IOMT_UNIT_NESTED |
			    IOMT_UNIT_ATS | IOMT_UNIT_GIOV,
		.base = 0x8000 | (play.arch == IOMT_UNIT_VTD ? 1 << 10 : 0),
		.base_cfg = play.arch == IOMT_UNIT_SMMU ? 4 : 0,
		.pasid_bits = 8,
	};
	struct iomt_tlb *tlb;

	CHECK(iomt_tlb_bytes(&tlb_cfg) <= sizeof(play.memory));
	CHECK_INT(iomt_tlb_init(&tlb, &tlb_cfg, play.memory), 0);
	CHECK_INT(iomt_unit_init(&play.unit, &cfg, NULL), 0);
	CHECK_INT(iomt_unit_cache_init(&play.cache, &play.unit, tlb, 1), 0);
}

void play_cached(const struct play_source *source, uint64_t seed, unsigned steps,
		 struct cached_counts *counts)
{
	memset(play.spaces, 0, sizeof(play.spaces));
	play.source = source;
	play.seed = seed;
	play.counts = counts;
	play.full = false;
	play.arch = (enum iomt_unit_arch)choose(3);
	guest_open(&play.guest, false);
	make_pages();
	for (unsigned space = 0; space < SPACES; space++) {
		make_process(0, space, FIRST(space), true);
		make_process(1, space, FIRST(space / WHICH * WHICH), true);
	}
	for (unsigned n = 0; n < DEVICES; n++)
		make_device(n, 0);
	open_unit();
	forget();
	while (steps--) {
		uint64_t what = choose(20);

		if (play.full)
			forget();
		if (what == 0)
			change();
		else if (what == 1)
			command();
		else
			translate();
	}
}
