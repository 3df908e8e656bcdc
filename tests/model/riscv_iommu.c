/* SPDX-License-Identifier: MIT */
/* RISC-V IOMMU specification, "Data Structures". */
#include "riscv_iommu.h"

struct asking {
	const struct riscv_iommu *iommu;
	const struct iomt_request *request;
	struct riscv_answer *answer;
	uint64_t dc[8];
	uint64_t pc[2];
	uint64_t iosatp;
	bool user, sum;
	struct reader second;
	/* of the last address of a first stage's table: what the second stage said, or that it had no memory */
	struct reader_answer inner;
	uint64_t inner_address;
};

static uint64_t field(uint64_t word, unsigned high, unsigned low)
{
	return word << (63 - high) >> (63 - high + low);
}

static bool can(const struct asking *a, unsigned bit)
{
	return field(a->iommu->capabilities, bit, bit);
}

static bool fail(struct asking *a, unsigned cause)
{
	a->answer->cause = cause;
	return false;
}

/* Cause of a fault in page tables; of what was asked for, or of a read. */
static unsigned page_cause(const struct reader_answer *walk, unsigned stage, uint32_t access)
{
	bool access_fault =
		walk->kind == IOMT_WALK_FAULT_TABLE || walk->kind == IOMT_WALK_FAULT_OUTPUT;
	unsigned kind = access & IOMT_EXEC ? 0 : access & IOMT_WRITE ? 3 : 1;

	if (access_fault)
		return kind == 0 ? 1 : kind == 1 ? 5 : 7;
	return (stage == 1 ? 12 : 20) + kind;
}

static unsigned pas(const struct asking *a)
{
	return (unsigned)field(a->iommu->capabilities, 37, 32);
}

static bool read_memory(const struct asking *a, uint64_t address, uint64_t *value)
{
	return !(address >> pas(a)) && a->iommu->read(a->iommu->ctx, address, value);
}

static bool second_memory(void *ctx, uint64_t address, uint64_t *value)
{
	const struct asking *a = ctx;

	return a->iommu->read(a->iommu->ctx, address, value);
}

static bool has_second(const struct asking *a)
{
	return field(a->dc[1], 63, 60);
}

static bool first_memory(void *ctx, uint64_t address, uint64_t *value)
{
	struct asking *a = ctx;

	a->inner = (struct reader_answer){0};
	if (!has_second(a))
		return a->iommu->read(a->iommu->ctx, address, value);
	a->inner_address = address;
	reader_walk(&a->second, address, IOMT_READ | IOMT_WALK_LOOK, &a->inner);
	return !a->inner.kind && a->iommu->read(a->iommu->ctx, a->inner.oa, value);
}

/* A word of the PDT: step 2 to 4, and 9, of "Process to locate the Process-context". */
static bool read_pdt(struct asking *a, uint64_t address, uint64_t *value)
{
	if (!has_second(a))
		return read_memory(a, address, value) || fail(a, 265);
	if (first_memory(a, address, value))
		return true;
	if (!a->inner.kind || page_cause(&a->inner, 2, IOMT_READ) < 12)
		return fail(a, 265);
	a->answer->iotval2 = (address & ~3ULL) | 1;
	return fail(a, 21);
}

/* Sv39 to Sv57 begin at bit 9 of capabilities, Sv39x4 to Sv57x4 at bit 17. */
static bool mode_fits(const struct asking *a, uint64_t atp, unsigned bit)
{
	uint64_t mode = field(atp, 63, 60);

	return mode == 0 || (mode >= 8 && mode < 11 && can(a, bit + (unsigned)mode - 8));
}

/* "Device-context configuration checks", in its order. */
static bool dc_fits(const struct asking *a)
{
	uint64_t tc = a->dc[0], mode = field(a->dc[3], 63, 60);
	bool ats = field(tc, 1, 1), pri = field(tc, 2, 2), t2gpa = field(tc, 3, 3),
	     pdtv = field(tc, 5, 5);

	if (field(tc, 23, 12) || field(tc, 63, 32) || field(a->dc[2], 11, 0) ||
	    field(a->dc[2], 39, 32) || field(a->dc[3], 59, 44))
		return false;
	if (!can(a, 41) && field(a->dc[2], 63, 40))
		return false;
	if (can(a, 22) && (field(a->dc[4], 59, 44) || field(a->dc[5], 63, 52) ||
			   field(a->dc[6], 63, 52) || a->dc[7]))
		return false;
	if (!can(a, 25) && (ats || pri || field(tc, 6, 6)))
		return false;
	if (!ats && (t2gpa || pri))
		return false;
	if (!pri && field(tc, 6, 6))
		return false;
	if (t2gpa && (!can(a, 26) || !has_second(a)))
		return false;
	if (pdtv && (mode > 3 || (mode && !can(a, 37 + (unsigned)mode))))
		return false;
	if (!pdtv && (!mode_fits(a, a->dc[3], 9) || field(tc, 9, 9)))
		return false;
	if (!mode_fits(a, a->dc[1], 17))
		return false;
	if (can(a, 22) && field(a->dc[4], 63, 60) > 1)
		return false;
	if (has_second(a) && field(a->dc[1], 1, 0))
		return false;
	if (!can(a, 24) && field(tc, 8, 7))
		return false;
	return !field(tc, 11, 10); /* SXL, SBE */
}

/* "Process to locate the Device-context". */
static bool locate_dc(struct asking *a)
{
	bool extended = can(a, 22);
	uint32_t id = a->request->device;
	unsigned mode = (unsigned)field(a->iommu->ddtp, 3, 0), size = extended ? 64 : 32;
	uint64_t ddi[3] = {field(id, extended ? 5 : 6, 0),
			   extended ? field(id, 14, 6) : field(id, 15, 7),
			   field(id, 23, extended ? 15 : 16)};
	uint64_t at = field(a->iommu->ddtp, 53, 10) << 12, entry;

	if ((mode < 4 && ddi[2]) || (mode < 3 && ddi[1]))
		return fail(a, 260);
	for (unsigned i = mode - 2; i; i--) {
		if (!read_memory(a, at + 8 * ddi[i], &entry))
			return fail(a, 257);
		if (!field(entry, 0, 0))
			return fail(a, 258);
		if (field(entry, 9, 1) || field(entry, 63, 54))
			return fail(a, 259);
		at = field(entry, 53, 10) << 12;
	}
	for (unsigned i = 0; i < size / 8; i++) {
		if (!read_memory(a, at + (uint64_t)size * ddi[0] + 8ULL * i, &a->dc[i]))
			return fail(a, 257);
	}
	if (!field(a->dc[0], 0, 0))
		return fail(a, 258);
	return dc_fits(a) || fail(a, 259);
}

/* "Process to locate the Process-context", "Process-context configuration checks". */
static bool locate_pc(struct asking *a, uint32_t process)
{
	uint64_t pdi[3] = {field(process, 7, 0), field(process, 16, 8), field(process, 19, 17)};
	uint64_t at = field(a->dc[3], 43, 0) << 12, entry;

	for (unsigned i = (unsigned)field(a->dc[3], 63, 60) - 1; i; i--) {
		if (!read_pdt(a, at + 8 * pdi[i], &entry))
			return false;
		if (!field(entry, 0, 0))
			return fail(a, 266);
		if (field(entry, 9, 1) || field(entry, 63, 54))
			return fail(a, 267);
		at = field(entry, 53, 10) << 12;
	}
	if (!read_pdt(a, at + 16 * pdi[0], &a->pc[0]) ||
	    !read_pdt(a, at + 16 * pdi[0] + 8, &a->pc[1]))
		return false;
	if (!field(a->pc[0], 0, 0))
		return fail(a, 266);
	if (field(a->pc[0], 11, 3) || field(a->pc[0], 63, 32) || field(a->pc[1], 59, 44) ||
	    !mode_fits(a, a->pc[1], 9))
		return fail(a, 267);
	return true;
}

/* Steps 7 to 16: which first stage. */
static bool choose_first(struct asking *a)
{
	uint32_t access = a->request->access, process = a->request->pasid;
	bool has_process = process != IOMT_TLB_NO_PASID, pdtv = field(a->dc[0], 5, 5);
	uint64_t mode = field(a->dc[3], 63, 60);

	if ((access & (IOMT_WALK_ATS | IOMT_REQUEST_TRANSLATED)) && !field(a->dc[0], 1, 1))
		return fail(a, 260);
	if (has_process &&
	    (!pdtv || (mode == 1 && process > 0xff) || (mode == 2 && process > 0x1ffff)))
		return fail(a, 260);
	a->user = !has_process;
	if (access & IOMT_REQUEST_TRANSLATED)
		return true; /* T2GPA: a guest physical address */
	if (!pdtv) {
		a->iosatp = a->dc[3];
		a->answer->pscid = (uint32_t)field(a->dc[2], 31, 12);
		return true;
	}
	if ((!has_process && !field(a->dc[0], 9, 9)) || !mode)
		return true;
	if (!locate_pc(a, has_process ? process : 0))
		return false;
	if (has_process && (access & IOMT_PRIV) && !field(a->pc[0], 1, 1))
		return fail(a, 260);
	a->sum = field(a->pc[0], 2, 2);
	a->iosatp = a->pc[1];
	a->answer->pscid = (uint32_t)field(a->pc[0], 31, 12);
	return true;
}

static struct reader stage(struct asking *a, enum reader_format format, uint64_t atp, bool updates)
{
	struct reader reader = {
		.format = format,
		.granule_lg2 = 12,
		.levels = (unsigned)field(atp, 63, 60) - 5,
		.oa_bits = pas(a),
		.root = field(atp, 43, 0) << 12,
		.page_sizes =
			1ULL << 12 | 1ULL << 16 | 1ULL << 21 | 1ULL << 30 | 1ULL << 39 | 1ULL << 48,
		.ctx = a,
	};

	reader.flags = updates ? IOMT_WALK_ACCESSED | IOMT_WALK_DIRTY : 0;
	reader.flags |= can(a, 14) ? IOMT_WALK_SOFTWARE : 0;
	reader.flags |= can(a, 15) ? IOMT_WALK_PBMT : 0;
	return reader;
}

/* Step 17: the guest physical address. */
static bool walk_first(struct asking *a, uint32_t access, uint64_t *gpa)
{
	struct reader reader = stage(a, READER_RISCV_S1, a->iosatp, field(a->dc[0], 8, 8));
	struct reader_answer walk;

	if (a->user)
		access &= ~IOMT_PRIV;
	reader.flags |= a->sum ? 0 : IOMT_WALK_PAN;
	reader.oa_bits = has_second(a) ? 56 : reader.oa_bits;
	reader.read = first_memory;
	reader_walk(&reader, *gpa, access, &walk);
	if (walk.kind == IOMT_WALK_FAULT_TABLE && a->inner.kind) {
		fail(a, page_cause(&a->inner, 2, access));
		if (a->answer->cause >= 20)
			a->answer->iotval2 = (a->inner_address & ~3ULL) | 1;
		return false;
	}
	if (walk.kind)
		return fail(a, page_cause(&walk, 1, access));
	*gpa = walk.oa;
	a->answer->rights = walk.rights;
	a->answer->size_lg2 = walk.size_lg2;
	return true;
}

/* "Process to translate addresses of MSIs". */
static bool has_file(const struct asking *a, uint64_t gpa, unsigned size_lg2)
{
	unsigned within = size_lg2 - 12;

	return can(a, 22) && field(a->dc[4], 63, 60) &&
	       (gpa >> 12 & ~a->dc[5]) >> within == (a->dc[6] & ~a->dc[5]) >> within;
}

static bool walk_msi(struct asking *a, uint32_t access, uint64_t *gpa)
{
	uint64_t number = 0, entry, second;
	unsigned count = 0;

	for (unsigned bit = 0; bit < 52; bit++) {
		if (field(a->dc[5], bit, bit))
			number |= field(*gpa >> 12, bit, bit) << count++;
	}
	number = (field(a->dc[4], 43, 0) << 12) | (number * 16);
	if (!read_memory(a, number, &entry) || !read_memory(a, number + 8, &second))
		return fail(a, 261);
	if (!field(entry, 0, 0))
		return fail(a, 262);
	if (field(entry, 63, 63) || field(entry, 2, 1) != 3 || field(entry, 9, 3) ||
	    field(entry, 62, 54))
		return fail(a, 263);
	if ((access & IOMT_EXEC) && !(access & IOMT_WALK_ATS))
		return fail(a, 1);
	*gpa = field(entry, 53, 10) << 12 | field(*gpa, 11, 0);
	a->answer->rights &= IOMT_READ | IOMT_WRITE;
	if (a->answer->size_lg2 > 12)
		a->answer->size_lg2 = 12;
	return true;
}

/* Step 19. */
static bool walk_second(struct asking *a, uint32_t access, uint64_t *gpa)
{
	uint32_t left = access & (~(uint32_t)7 | a->answer->rights); /* less for ATS alone */
	struct reader_answer walk;

	if (!has_second(a) || !(left & 7))
		return true;
	reader_walk(&a->second, *gpa, left, &walk);
	if (walk.kind) {
		fail(a, page_cause(&walk, 2, access));
		if (a->answer->cause >= 20)
			a->answer->iotval2 = *gpa & ~3ULL;
		return false;
	}
	*gpa = walk.oa;
	a->answer->rights &= walk.rights;
	if (walk.size_lg2 < a->answer->size_lg2)
		a->answer->size_lg2 = walk.size_lg2;
	return true;
}

static void translate(struct asking *a)
{
	uint32_t access = a->request->access;
	bool translated = access & IOMT_REQUEST_TRANSLATED, keep;
	uint64_t gpa = a->request->iova, first;

	access &= ~IOMT_REQUEST_TRANSLATED;
	a->answer->rights = IOMT_READ | IOMT_WRITE | IOMT_EXEC;
	a->answer->size_lg2 = 64;
	if (field(a->iommu->ddtp, 3, 0) != 1) {
		if (!locate_dc(a))
			return;
		a->answer->quiet = field(a->dc[0], 4, 4);
		if (has_second(a)) {
			a->second = stage(a, READER_RISCV_S2, a->dc[1], field(a->dc[0], 7, 7));
			a->second.read = second_memory;
			a->answer->gscid = (uint32_t)field(a->dc[1], 59, 44);
			a->answer->stages = 2;
		}
		if (!choose_first(a))
			return;
		if (translated && !field(a->dc[0], 3, 3)) {
			a->answer->oa = gpa;
			return;
		}
		if (field(a->iosatp, 63, 60)) {
			a->answer->stages |= 1;
			if (!walk_first(a, access, &gpa))
				return;
		}
		first = gpa;
		keep = (access & IOMT_WALK_ATS) && field(a->dc[0], 3, 3);
		if (has_file(a, gpa, 12) ? !walk_msi(a, access, &gpa)
					 : !walk_second(a, access, &gpa))
			return;
		while (!has_file(a, first, 12) && has_file(a, first, a->answer->size_lg2))
			a->answer->size_lg2--;
		gpa = keep ? first : gpa;
	}
	a->answer->oa = gpa;
}

void riscv_iommu_ask(const struct riscv_iommu *iommu, const struct iomt_request *request,
		     struct riscv_answer *answer)
{
	struct asking asking = {.iommu = iommu, .request = request, .answer = answer};
	uint64_t mode = field(iommu->ddtp, 3, 0);

	*answer = (struct riscv_answer){.pscid = IOMT_TLB_NO_PASID};
	if (mode == 0 || mode > 4)
		answer->cause = 256;
	else if (mode == 1 && (request->access & (IOMT_WALK_ATS | IOMT_REQUEST_TRANSLATED)))
		answer->cause = 260;
	else
		translate(&asking);
}
