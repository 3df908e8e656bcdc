/* SPDX-License-Identifier: MIT */
/* Faults of a device as architectures report them, whole. */
#include "unit.h"

/* 48882, 2.5: flags of events, where they are the same for all. */
#define AMD_GN		   (1ULL << 48)
#define AMD_INVALID_US	   (1ULL << 49) /* of INVALID_DEVICE_REQUEST (2.5.9) */
#define AMD_PR		   (1ULL << 52)
#define AMD_RW		   (1ULL << 53)
#define AMD_PE		   (1ULL << 54)
#define AMD_RZ		   (1ULL << 55)
#define AMD_TR		   (1ULL << 56)
#define AMD_TYPE(type)	   ((u64)(type) << 57)
#define AMD_CODE(code)	   ((u64)(code) << 60)
#define AMD_PAGE_FAULT	   2
#define AMD_DTE_HARDWARE   3
#define AMD_PAGES_HARDWARE 4
#define AMD_INVALID	   8
#define AMD_DEVICE_ID(id)  ((u64)(id)&0xffff)

/* The tables are a guest's, or would be: GIOV takes what has no PASID for PASID 0. */
static bool amd_is_guest(const struct iomt_device_fault *fault)
{
	if (fault->code == AMD_DTE_HARDWARE)
		return false; /* it has neither GN nor PASID (2.5.4) */
	return fault->guest || fault->request.pasid != IOMT_TLB_NO_PASID;
}

/* GN says what an event has: the PASID, or the domain where the event has one. */
static u64 amd_ids(const struct iomt_device_fault *fault)
{
	uint32_t pasid = fault->request.pasid == IOMT_TLB_NO_PASID ? 0 : fault->request.pasid;
	u64 ids = AMD_DEVICE_ID(fault->request.device);

	if (amd_is_guest(fault))
		return ids | (u64)(pasid >> 16) << 16 | (u64)(pasid & 0xffff) << 32;
	if (fault->code != AMD_PAGE_FAULT && fault->code != AMD_PAGES_HARDWARE)
		return ids;
	return ids | (u64)(fault->domain & 0xffff) << 32;
}

static u64 amd_flags(const struct iomt_device_fault *fault)
{
	uint32_t access = fault->request.access;
	u64 flags = access & IOMT_WALK_ATS ? AMD_TR : 0;

	flags |= amd_is_guest(fault) ? AMD_GN : 0;
	if (fault->code == AMD_INVALID) { /* the device's I is clear */
		flags |= (flags & AMD_GN) && !(access & IOMT_PRIV) ? AMD_INVALID_US : 0;
		return flags | AMD_TYPE(1);
	}
	if (fault->kind == IOMT_DEVICE_FAULT_RESERVED)
		flags |= AMD_RZ;
	if (fault->code == AMD_DTE_HARDWARE || fault->code == AMD_PAGES_HARDWARE)
		flags |= AMD_TYPE(1); /* master abort */
	if (fault->code != AMD_PAGE_FAULT)
		return flags | (access & IOMT_WRITE && !(access & IOMT_WALK_ATS) ? AMD_RW : 0);
	if (fault->kind == IOMT_DEVICE_FAULT_RESERVED)
		flags |= AMD_PR;
	/* IR and IW without a host table */
	if (fault->kind == IOMT_DEVICE_FAULT_REFUSED && !fault->address)
		flags |= AMD_PR | AMD_PE;
	return flags | ((flags & AMD_PR) && (access & IOMT_WRITE) ? AMD_RW : 0);
}

struct iomt_walk_amd_event iomt_device_amd_event(const struct iomt_device_fault *fault)
{
	struct iomt_walk_amd_event event = {{0, 0}};

	if (!fault->code)
		return event;
	if (fault->kind == IOMT_DEVICE_FAULT_WALK) {
		event = iomt_walk_amd_event(&fault->walk, fault->guest);
		event.word[0] |= amd_ids(fault);
		return event;
	}
	event.word[0] = AMD_CODE(fault->code) | amd_flags(fault) | amd_ids(fault);
	event.word[1] = fault->code == AMD_DTE_HARDWARE || fault->code == AMD_PAGES_HARDWARE
				? fault->address
				: fault->request.iova;
	if (fault->code == 1)
		event.word[1] &= ~3ULL; /* 2.5.1 */
	return event;
}

void iomt_device_vtd_record(const struct iomt_device_fault *fault, uint64_t record[2])
{
	const struct iomt_request *request = &fault->request;
	bool has_pasid = request->pasid != IOMT_TLB_NO_PASID;
	bool ats = request->access & IOMT_WALK_ATS, write = request->access & IOMT_WRITE;
	bool atomic = !ats && write && (request->access & IOMT_READ);

	record[0] = request->iova & ~0xfffULL; /* FI */
	record[1] = request->device & 0xffff;  /* SID */
	record[1] |= request->access & IOMT_PRIV ? 1ULL << 29 : 0;
	record[1] |= request->access & IOMT_EXEC ? 1ULL << 30 : 0;
	record[1] |= (u64)fault->code << 32;
	if (has_pasid)
		record[1] |= 1ULL << 31 | (u64)request->pasid << 40; /* PP, PV */
	record[1] |= ats ? 1ULL << 60 : 0;			     /* AT: a translation request */
	record[1] |= atomic ? 1ULL << 28 : 0;		/* T2: with T1 an atomic operation */
	record[1] |= write && !atomic ? 0 : 1ULL << 62; /* T1: alone a read */
	record[1] |= 1ULL << 63;			/* F */
}

/* IHI 0070, 7.3.7 and 7.3.9: events without SSV, of which the second always has a SubstreamID. */
#define SMMU_STREAM_DISABLED 0x06
#define SMMU_BAD_SUBSTREAM   0x08

/* PnU, InD (of reads alone), RnW. */
static u64 smmu_access(uint32_t access)
{
	u64 pnu = access & IOMT_PRIV ? 1ULL << 33 : 0;

	if (access & IOMT_WRITE)
		return pnu;
	return pnu | (access & IOMT_EXEC ? 1ULL << 34 : 0) | 1ULL << 35;
}

void iomt_device_smmu_event(const struct iomt_device_fault *fault, uint64_t record[4])
{
	const struct iomt_request *request = &fault->request;
	struct iomt_walk_smmu_event event;
	bool has_ssv = fault->code != SMMU_STREAM_DISABLED && fault->code != SMMU_BAD_SUBSTREAM;
	bool fetch = fault->kind == IOMT_DEVICE_FAULT_MEMORY;

	record[0] = fault->code | (u64)request->device << 32;
	if (request->pasid != IOMT_TLB_NO_PASID)
		record[0] |= (has_ssv ? 1ULL << 11 : 0) | (u64)request->pasid << 12;
	record[1] = 0;
	record[2] = 0;
	record[3] = fetch ? fault->address : 0; /* F_STE_FETCH, F_CD_FETCH */
	if (fault->code == 0x11 && fault->kind == IOMT_DEVICE_FAULT_RANGE) {
		record[1] = 2ULL << 40 | smmu_access(request->access);
		record[2] = request->iova;
	}
	if (fault->code == 0x05)
		record[2] = request->iova & ~0xfffULL;
	if (fault->kind != IOMT_DEVICE_FAULT_WALK)
		return;
	event = iomt_walk_smmu_event(&fault->walk);
	if (fault->at != IOMT_AT_PAGES)
		event.cls = 0; /* a context descriptor's fetch */
	record[1] = smmu_access(request->access) | (u64)event.s2 << 39 | (u64)event.cls << 40;
	record[2] = event.input;
	record[3] = event.type == 0x0b ? event.fetch : event.ipa;
}

/* RISC-V's transaction types ("Fault record TTYP field encodings"). */
static u64 riscv_ttyp(uint32_t access)
{
	u64 type = access & IOMT_EXEC ? 1 : access & IOMT_WRITE ? 3 : 2;

	if (access & IOMT_WALK_ATS)
		return 8;
	return access & IOMT_REQUEST_TRANSLATED ? type + 4 : type;
}

void iomt_device_riscv_record(const struct iomt_device_fault *fault, uint64_t record[4])
{
	const struct iomt_request *request = &fault->request;

	record[0] = fault->code | riscv_ttyp(request->access) << 34 | (u64)request->device << 40;
	if (request->pasid != IOMT_TLB_NO_PASID)
		record[0] |= (u64)request->pasid << 12 | 1ULL << 32 |
			     (request->access & IOMT_PRIV ? 1ULL << 33 : 0);
	record[1] = 0;
	record[2] = request->iova;
	record[3] = fault->kind == IOMT_DEVICE_FAULT_WALK && fault->code >= 20 && fault->code <= 23
			    ? iomt_walk_riscv_iotval2(&fault->walk)
			    : 0;
}

enum iomt_walk_completion iomt_device_riscv_completion(const struct iomt_device_fault *fault)
{
	switch (fault->code) {
	case 1:
	case 5:
	case 7:
	case 261: /* MSI and process directories: access faults, misconfigured */
	case 263:
	case 265:
	case 267:
		return IOMT_WALK_COMPLETION_ABORT;
	case 256: /* all of device directories */
	case 257:
	case 258:
	case 259:
	case 260:
		return IOMT_WALK_COMPLETION_UNSUPPORTED;
	default:
		return IOMT_WALK_COMPLETION_EMPTY;
	}
}
