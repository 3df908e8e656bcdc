/* SPDX-License-Identifier: MIT */
/*
 * RISC-V IOMMU specification: "capabilities", "ddtp"; "Device-Directory-Table (DDT)", "Device-context
 * configuration checks"; "Process-Directory-Table (PDT)", "Process-context configuration checks"; "Process
 * to translate an IOVA", whose order this follows; causes: "Fault/Event-Queue".
 */
#include "unit.h"

/* Causes. */
#define OFF		  256 /* all inbound transactions disallowed */
#define DDT_ACCESS	  257
#define DDT_ABSENT	  258
#define DDT_MISCONFIGURED 259
#define DISALLOWED	  260 /* transaction type disallowed */
#define PDT_ACCESS	  265
#define PDT_ABSENT	  266
#define PDT_MISCONFIGURED 267

#define VALID 1ULL
/* Entries that point to directories. */
#define ENTRY_PPN      unit_mask(53, 10)
#define ENTRY_RESERVED (unit_mask(9, 1) | unit_mask(63, 54))
/* DC.tc */
#define EN_ATS	    (1ULL << 1)
#define EN_PRI	    (1ULL << 2)
#define T2GPA	    (1ULL << 3)
#define DTF	    (1ULL << 4)
#define PDTV	    (1ULL << 5)
#define PRPR	    (1ULL << 6)
#define GADE	    (1ULL << 7)
#define SADE	    (1ULL << 8)
#define DPE	    (1ULL << 9)
#define SBE	    (1ULL << 10)
#define SXL	    (1ULL << 11)
#define TC_RESERVED (unit_mask(23, 12) | unit_mask(63, 32))
/* DC.ta, without QoS ids; PC.ta */
#define DC_TA_RESERVED (unit_mask(11, 0) | unit_mask(39, 32))
#define QOS	       unit_mask(63, 40)
#define ENS	       (1ULL << 1)
#define SUM	       (1ULL << 2)
#define PC_TA_RESERVED (unit_mask(11, 3) | unit_mask(63, 32))
/* iosatp, pdtp, msiptp */
#define ATP_RESERVED unit_mask(59, 44)
#define MSI_RESERVED unit_mask(63, 52) /* of mask and pattern */

enum { TC, IOHGATP, TA, FSC, MSIPTP, MSI_MASK, MSI_PATTERN, LAST, WORDS }; /* of a DC */
enum { PC_TA, PC_FSC, PC_WORDS };
enum { MODE_OFF, MODE_BARE, MODE_1LVL, MODE_2LVL, MODE_3LVL }; /* ddtp */

static bool has(const struct find *find, u64 capability)
{
	return find->unit->cfg.capabilities & capability;
}

static unsigned mode_of(u64 atp)
{
	return (unsigned)unit_bits(atp, 63, 60);
}

static u64 address_of(u64 atp)
{
	return unit_bits(atp, 43, 0) << 12;
}

/* Modes of page tables: Bare, or 8 to 10 for three to five levels, whose capabilities begin at "first". */
static bool has_mode(const struct find *find, u64 atp, u64 first)
{
	unsigned mode = mode_of(atp);

	return !mode || (mode >= 8 && mode <= 10 && has(find, first << (mode - 8)));
}

static bool has_directory(const struct find *find, u64 pdtp)
{
	unsigned mode = mode_of(pdtp);

	return !mode || (mode <= 3 && has(find, IOMT_RISCV_CAP_PD8 << (mode - 1)));
}

static int fail_dc(const struct find *find, unsigned kind, u64 word)
{
	return iomt_find_fail(find, IOMT_AT_DEVICE, kind, DDT_MISCONFIGURED, word);
}

static int disallow(const struct find *find, unsigned at, unsigned kind, u64 word)
{
	return iomt_find_fail(find, at, kind, DISALLOWED, word);
}

/* An entry's words, at an address of the machine or of the second stage. */
static int read_words(struct find *find, const struct iomt_walker *second, unsigned at,
		      unsigned access, u64 address, u64 *words, unsigned count)
{
	int err;

	find->address = address;
	if (!second && (address & unit_beyond(find->unit, 63)))
		return iomt_find_fail(find, at, IOMT_DEVICE_FAULT_MEMORY, access, 0);
	err = iomt_find_read(find, second, at, access, address, words, count);
	/* the second stage's own access faults are the directory's */
	if (err == IOMT_EFAULT && find->fault->kind == IOMT_DEVICE_FAULT_WALK &&
	    find->fault->code < 12)
		find->fault->code = (uint16_t)access;
	return err;
}

/* One level down: *table is that which the entry points to. */
static int descend(struct find *find, const struct iomt_walker *second, unsigned at,
		   unsigned access, u64 *table, u64 index)
{
	u64 entry = 0;
	int err = read_words(find, second, at, access, *table + 8 * index, &entry, 1);

	if (err)
		return err;
	if (!(entry & VALID)) /* causes of a directory follow one another */
		return iomt_find_fail(find, at, IOMT_DEVICE_FAULT_ABSENT, access + 1, entry);
	if (entry & ENTRY_RESERVED)
		return iomt_find_fail(find, at, IOMT_DEVICE_FAULT_RESERVED, access + 2, entry);
	*table = (entry & ENTRY_PPN) << 2;
	return 0;
}

/* Reserved bits; the word that has one, or 0. */
static u64 reserved_dc(const struct find *find, const u64 *dc)
{
	u64 ta = DC_TA_RESERVED | (has(find, IOMT_RISCV_CAP_QOSID) ? 0 : QOS);

	if (dc[TC] & TC_RESERVED)
		return dc[TC];
	if (dc[TA] & ta)
		return dc[TA];
	if (dc[FSC] & ATP_RESERVED)
		return dc[FSC];
	if (!has(find, IOMT_RISCV_CAP_MSI_FLAT))
		return 0;
	if (dc[MSIPTP] & ATP_RESERVED)
		return dc[MSIPTP];
	if (dc[MSI_MASK] & MSI_RESERVED)
		return dc[MSI_MASK];
	return dc[MSI_PATTERN] & MSI_RESERVED ? dc[MSI_PATTERN] : dc[LAST];
}

/* Bits of tc that need others, or hardware that is not there. */
static bool is_illegal_tc(const struct find *find, u64 tc)
{
	u64 lacking = SBE | SXL;

	lacking |= has(find, IOMT_RISCV_CAP_ATS) ? 0 : EN_ATS | EN_PRI | PRPR;
	lacking |= has(find, IOMT_RISCV_CAP_T2GPA) ? 0 : T2GPA;
	lacking |= has(find, IOMT_RISCV_CAP_AMO_HWAD) ? 0 : GADE | SADE;
	if ((tc & lacking) || ((tc & (T2GPA | EN_PRI)) && !(tc & EN_ATS)))
		return true;
	return ((tc & PRPR) && !(tc & EN_PRI)) || ((tc & DPE) && !(tc & PDTV));
}

/* "Device-context configuration checks". */
static int check_dc(const struct find *find, const u64 *dc)
{
	u64 wrong = reserved_dc(find, dc);

	if (wrong)
		return fail_dc(find, IOMT_DEVICE_FAULT_RESERVED, wrong);
	if (is_illegal_tc(find, dc[TC]))
		return fail_dc(find, IOMT_DEVICE_FAULT_ILLEGAL, dc[TC]);
	if (!has_mode(find, dc[IOHGATP], IOMT_RISCV_CAP_SV39X4) ||
	    (mode_of(dc[IOHGATP]) ? address_of(dc[IOHGATP]) & 0x3fff : dc[TC] & T2GPA))
		return fail_dc(find, IOMT_DEVICE_FAULT_ILLEGAL, dc[IOHGATP]);
	if (dc[TC] & PDTV ? !has_directory(find, dc[FSC])
			  : !has_mode(find, dc[FSC], IOMT_RISCV_CAP_SV39))
		return fail_dc(find, IOMT_DEVICE_FAULT_ILLEGAL, dc[FSC]);
	if (has(find, IOMT_RISCV_CAP_MSI_FLAT) && mode_of(dc[MSIPTP]) > 1)
		return fail_dc(find, IOMT_DEVICE_FAULT_ILLEGAL, dc[MSIPTP]);
	return 0;
}

/* What both stages take from capabilities. */
static uint32_t walker_flags(const struct find *find, bool updates)
{
	return (updates ? IOMT_WALK_ACCESSED | IOMT_WALK_DIRTY : 0) |
	       (has(find, IOMT_RISCV_CAP_PBMT) ? IOMT_WALK_PBMT : 0) |
	       (has(find, IOMT_RISCV_CAP_SOFTWARE) ? IOMT_WALK_SOFTWARE : 0);
}

static int find_second(struct find *find, const u64 *dc)
{
	struct iomt_walk_cfg cfg = {
		.format = &iomt_walk_riscv_s2,
		.root = address_of(dc[IOHGATP]),
		.flags = walker_flags(find, dc[TC] & GADE),
		.oa_bits = find->unit->cfg.oa_bits,
	};

	if (!mode_of(dc[IOHGATP]))
		return 0;
	cfg.levels = (uint8_t)(mode_of(dc[IOHGATP]) - 5);
	find->context->domain = (uint32_t)unit_bits(dc[IOHGATP], 59, 44);
	find->context->stages = 2;
	return iomt_find_walker(find, &find->context->second, &cfg, IOMT_AT_DEVICE,
				DDT_MISCONFIGURED, dc[IOHGATP]);
}

/* A first stage, by an iosatp of the device or the process. Its addresses have 56 bits for a second. */
static int find_first(struct find *find, const u64 *dc, u64 iosatp, u64 pscid)
{
	struct iomt_context *context = find->context;
	bool nested = context->stages & 2;
	struct iomt_walk_cfg cfg = {
		.format = &iomt_walk_riscv_s1,
		.root = address_of(iosatp),
		.flags = walker_flags(find, dc[TC] & SADE) | (context->sum ? 0 : IOMT_WALK_PAN),
		.oa_bits = nested ? 56 : find->unit->cfg.oa_bits,
		.mem = nested ? &iomt_walk_by_stage_2 : NULL,
	};

	if (!mode_of(iosatp))
		return 0;
	cfg.levels = (uint8_t)(mode_of(iosatp) - 5);
	context->process = (uint32_t)pscid;
	context->stages |= 1;
	context->used[0] = true;
	return iomt_find_walker(find, &context->first[0], &cfg, IOMT_AT_PROCESS, PDT_MISCONFIGURED,
				iosatp);
}

/* process_id: 3 bits of the root of three levels, 9 of the middle, 8 of the contexts. */
static int find_pc(struct find *find, u64 pdtp, uint32_t process, u64 *pc)
{
	const struct iomt_walker *second =
		find->context->stages & 2 ? &find->context->second : NULL;
	u64 table = address_of(pdtp);
	int err;

	for (unsigned level = mode_of(pdtp) - 1; level; level--) {
		u64 index = level == 2 ? process >> 17 : process >> 8 & 511;

		err = descend(find, second, IOMT_AT_DIRECTORY, PDT_ACCESS, &table, index);
		if (err)
			return err;
	}
	err = read_words(find, second, IOMT_AT_PROCESS, PDT_ACCESS,
			 table + 16 * (u64)(process & 255), pc, PC_WORDS);
	if (err)
		return err;
	if (!(pc[PC_TA] & VALID))
		return iomt_find_fail(find, IOMT_AT_PROCESS, IOMT_DEVICE_FAULT_ABSENT, PDT_ABSENT,
				      pc[PC_TA]);
	if ((pc[PC_TA] & PC_TA_RESERVED) || (pc[PC_FSC] & ATP_RESERVED))
		return iomt_find_fail(find, IOMT_AT_PROCESS, IOMT_DEVICE_FAULT_RESERVED,
				      PDT_MISCONFIGURED,
				      pc[pc[PC_TA] & PC_TA_RESERVED ? PC_TA : PC_FSC]);
	if (!has_mode(find, pc[PC_FSC], IOMT_RISCV_CAP_SV39))
		return iomt_find_fail(find, IOMT_AT_PROCESS, IOMT_DEVICE_FAULT_ILLEGAL,
				      PDT_MISCONFIGURED, pc[PC_FSC]);
	return 0;
}

static int find_process(struct find *find, const u64 *dc)
{
	bool has_process = find->request->pasid != IOMT_TLB_NO_PASID;
	uint32_t process = has_process ? find->request->pasid : 0;
	u64 pc[PC_WORDS] = {0};
	int err;

	if (!mode_of(dc[FSC]) || (!has_process && !(dc[TC] & DPE)))
		return 0;
	err = find_pc(find, dc[FSC], process, pc);
	if (err)
		return err;
	find->context->privileged = pc[PC_TA] & ENS;
	find->context->sum = pc[PC_TA] & SUM;
	return find_first(find, dc, pc[PC_FSC], unit_bits(pc[PC_TA], 31, 12));
}

/* What a device context lets through, before any process context is looked for. */
static bool is_allowed(const struct find *find, const u64 *dc)
{
	static const uint8_t widths[] = {20, 8, 17, 20}; /* of pdtp.MODE */
	uint32_t process = find->request->pasid;

	if ((find->request->access & (IOMT_WALK_ATS | IOMT_REQUEST_TRANSLATED)) &&
	    !(dc[TC] & EN_ATS))
		return false;
	if (process == IOMT_TLB_NO_PASID)
		return true;
	return (dc[TC] & PDTV) && !(process >> widths[mode_of(dc[FSC])]);
}

static int find_stages(struct find *find, const u64 *dc)
{
	struct iomt_context *context = find->context;
	int err;

	context->silent = dc[TC] & DTF;
	context->ats = dc[TC] & EN_ATS;
	context->keep = dc[TC] & T2GPA;
	if (has(find, IOMT_RISCV_CAP_MSI_FLAT) && mode_of(dc[MSIPTP])) {
		context->msi = true;
		context->msi_table = address_of(dc[MSIPTP]);
		context->msi_mask = dc[MSI_MASK];
		context->msi_pattern = dc[MSI_PATTERN];
	}
	err = find_second(find, dc);
	if (err)
		return err;
	if (!is_allowed(find, dc))
		return disallow(find, IOMT_AT_DEVICE, IOMT_DEVICE_FAULT_REFUSED, dc[TC]);
	if (find->request->access & IOMT_REQUEST_TRANSLATED) {
		context->translated = true;
		return 0;
	}
	if (dc[TC] & PDTV)
		return find_process(find, dc);
	return find_first(find, dc, dc[FSC], unit_bits(dc[TA], 31, 12));
}

/* device_id: DDI[0] has a page of contexts, DDI[1] nine bits, DDI[2] the rest of 24. */
static int find_dc(struct find *find, unsigned levels)
{
	unsigned words = has(find, IOMT_RISCV_CAP_MSI_FLAT) ? 8 : 4;
	unsigned bits = words == 8 ? 6 : 7;
	uint32_t id = find->request->device;
	u64 table = (find->unit->cfg.base & ENTRY_PPN) << 2, dc[WORDS] = {0};
	int err;

	if (levels < 3 && id >> (levels == 1 ? bits : bits + 9))
		return disallow(find, IOMT_AT_REGISTER, IOMT_DEVICE_FAULT_RANGE, 0);
	for (unsigned level = levels - 1; level; level--) {
		u64 index = level == 2 ? id >> (bits + 9) : id >> bits & 511;

		err = descend(find, NULL, IOMT_AT_ROOT, DDT_ACCESS, &table, index);
		if (err)
			return err;
	}
	err = read_words(find, NULL, IOMT_AT_DEVICE, DDT_ACCESS,
			 table + 8ULL * words * (id & unit_low(bits)), dc, words);
	if (err)
		return err;
	if (!(dc[TC] & VALID))
		return iomt_find_fail(find, IOMT_AT_DEVICE, IOMT_DEVICE_FAULT_ABSENT, DDT_ABSENT,
				      dc[TC]);
	err = check_dc(find, dc);
	return err ? err : find_stages(find, dc);
}

static int find_riscv(struct find *find)
{
	unsigned mode = (unsigned)unit_bits(find->unit->cfg.base, 3, 0);

	find->context->user = find->request->pasid == IOMT_TLB_NO_PASID;
	if (mode >= MODE_1LVL && mode <= MODE_3LVL)
		return find_dc(find, mode - MODE_BARE);
	if (mode != MODE_BARE)
		return iomt_find_fail(find, IOMT_AT_REGISTER, IOMT_DEVICE_FAULT_REFUSED, OFF, 0);
	if (find->request->access & (IOMT_WALK_ATS | IOMT_REQUEST_TRANSLATED))
		return disallow(find, IOMT_AT_REGISTER, IOMT_DEVICE_FAULT_REFUSED, 0);
	return 0;
}

static unsigned walk_code(const struct iomt_walk_fault *fault, bool scalable)
{
	(void)scalable;
	return iomt_walk_riscv_cause(fault);
}

const struct unit_facts iomt_unit_riscv = {
	.find = find_riscv,
	.walk_code = walk_code,
	.refused_ats = DISALLOWED,
	.refused_priv = DISALLOWED,
};
